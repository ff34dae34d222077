//! Mails as files, for development: whoever works on an installation reads there what it would have sent.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tessera_services::ports::{Mail, MailError, Mailer};

use super::FromAddress;
use super::message::compose;

/// Writes each mail into a folder: a file `<id>.eml` that is complete or not there, and readable by its owner alone, since
/// the link in it works. Ids sort by time, and a mail that is written again replaces the file.
#[derive(Debug)]
pub struct FolderMailer {
    folder: PathBuf,
    from: FromAddress,
}

impl FolderMailer {
    /// One that writes into `folder`, which is made when it is needed.
    pub fn new(folder: PathBuf, from: FromAddress) -> Self {
        Self { folder, from }
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from)?.formatted();
        let path = self.folder.join(format!("{}.eml", mail.id));
        let file = path.clone();
        let written = tokio::task::spawn_blocking(move || write(&path, &message)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|error| MailError::Failed(format!("{} cannot be written: {error}", file.display())))?;
        // Its name, never what is in it: the log is read by more people than the folder.
        tracing::info!(file = %file.display(), "a mail was written");
        Ok(())
    }
}

fn write(path: &Path, message: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(folder)?.sync_all()
}
