//! The file of refused rows: as they were, to be mended and imported.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::private_file::PrivateFile;

/// The file, as it is being written.
pub struct Rejects {
    file: PrivateFile,
    shown: String,
}

impl Rejects {
    /// Begins the file that will be at `path`, with the heading of the rows if they have one.
    pub fn create(path: &Path, heading: Option<&[u8]>) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let file = PrivateFile::create(path).with_context(|| format!("{shown} cannot be written"))?;
        let mut rejects = Self { file, shown };
        if let Some(heading) = heading {
            rejects.add(heading)?;
        }
        Ok(rejects)
    }

    /// Adds a row. One that is too long was not kept, and is not written.
    pub fn add(&mut self, row: &[u8]) -> anyhow::Result<()> {
        if row.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(row).and_then(|()| self.file.write_all(b"\n"));
        written.with_context(|| format!("{} cannot be written", self.shown))
    }

    /// Puts the file in its place.
    pub fn finish(self) -> anyhow::Result<()> {
        self.file.finish().with_context(|| format!("{} cannot be written", self.shown))
    }
}
