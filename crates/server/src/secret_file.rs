//! The secret that development makes for itself: once, in a file that only its owner can read.
//!
//! Two instances that start at once must agree on it. Each writes its own proposal beside the file and links it into
//! place; a link never replaces what is there, so the first one stays, and whoever reads the file reads all of it.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use tessera_services::ports::{SecretSource, random};

/// The bits that let others than the owner at a file.
const OTHERS: u32 = 0o077;
/// The secret is 32 random bytes in hexadecimal; less than that is not a file of ours.
const CHARS: usize = 64;

/// The secret in the file at `path`, made there first if need be. It blocks for a few milliseconds.
pub fn find_or_create(path: &Path, secrets: &dyn SecretSource) -> io::Result<SecretString> {
    match read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path, secrets)?;
            read(path)
        }
        found => found,
    }
}

/// The secret in the file at `path`, which has to be there. It blocks for a moment.
pub fn read(path: &Path) -> io::Result<SecretString> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(io::Error::other("it can be read by others; make it private (chmod 600)"));
    }
    let text = SecretString::from(fs::read_to_string(path)?);
    if text.expose_secret().trim().len() < CHARS {
        return Err(io::Error::other("it is damaged; restore it from a backup"));
    }
    Ok(text.expose_secret().trim().into())
}

fn create(path: &Path, secrets: &dyn SecretSource) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let proposal = folder.join(format!(".secret_key.{}", hex(&random::<8>(secrets))));
    let linked = write(&proposal, secrets).and_then(|()| fs::hard_link(&proposal, path));
    let removed = fs::remove_file(&proposal);
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => removed.and_then(|()| File::open(folder)?.sync_all()),
    }
}

fn write(path: &Path, secrets: &dyn SecretSource) -> io::Result<()> {
    let secret = SecretString::from(hex(&random::<{ CHARS / 2 }>(secrets)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", secret.expose_secret())?;
    file.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use tessera_adapters::OsSecrets;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("is there").permissions().mode() & 0o777
    }

    #[test]
    fn is_made_once_and_for_its_owner_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("data/secret_key");
        let first = find_or_create(&path, &OsSecrets).expect("made");
        let second = find_or_create(&path, &OsSecrets).expect("found");
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(first.expose_secret().len(), CHARS);
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
    }

    #[test]
    fn instances_that_start_at_once_agree() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("data/secret_key");
        let start = Barrier::new(8);
        let secrets: Vec<_> = thread::scope(|scope| {
            let instance = || {
                start.wait();
                find_or_create(&path, &OsSecrets).expect("made or found")
            };
            let instances: Vec<_> = (0..8).map(|_| scope.spawn(instance)).collect();
            instances.into_iter().map(|instance| instance.join().expect("no panic")).collect()
        });
        let first = secrets.first().expect("eight");
        assert!(secrets.iter().all(|secret| secret.expose_secret() == first.expose_secret()));
        let left: Vec<_> = fs::read_dir(path.parent().expect("a folder")).expect("readable").collect();
        assert_eq!(left.len(), 1, "no proposal is left behind");
    }

    #[test]
    fn a_file_that_others_can_read_or_that_is_damaged_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("secret_key");
        find_or_create(&path, &OsSecrets).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        assert!(find_or_create(&path, &OsSecrets).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        fs::write(&path, "short\n").expect("written");
        let error = find_or_create(&path, &OsSecrets).expect_err("refused").to_string();
        assert!(error.contains("damaged") && !error.contains("short"), "{error}");
    }
}
