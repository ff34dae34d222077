//! A file that only its owner can read, and that is there complete or not at all.
//!
//! It is written beside its place under another name, and takes its place when all of it is on the disk. Whatever ends the
//! program before that leaves what was there before.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is being written.
pub struct PrivateFile {
    proposal: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl PrivateFile {
    /// Begins a file that will be at `path`, in the place of what is there. A device or a pipe cannot be replaced.
    pub fn create(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => return Err(io::Error::other("it is there, and is no regular file")),
            _ => {}
        }
        // Made for its owner alone (0600).
        let proposal = tempfile::Builder::new().prefix(".tessera-").tempfile_in(folder(path))?;
        Ok(Self { proposal: BufWriter::new(proposal), path: path.to_owned() })
    }

    /// Puts the file in its place.
    pub fn finish(self) -> io::Result<()> {
        let proposal = self.proposal.into_inner()?;
        proposal.as_file().sync_all()?;
        proposal.persist(&self.path)?;
        File::open(folder(&self.path))?.sync_all()
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.proposal.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.proposal.flush()
    }
}

/// The folder of a file; of a bare name, the one that the program works in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("readable");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn takes_its_place_complete_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("users.jsonl");
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let mut file = PrivateFile::create(&path).expect("begun");
        file.write_all(b"new").expect("written");
        assert_eq!(fs::read(&path).expect("readable"), b"old");
        file.finish().expect("finished");
        assert_eq!(fs::read(&path).expect("readable"), b"new");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["users.jsonl"]);
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = PrivateFile::create(&folder.path().join("users.jsonl")).expect("begun");
        file.write_all(&vec![b'x'; 100_000]).expect("written");
        drop(file);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_device_is_not_replaced() {
        assert!(PrivateFile::create(Path::new("/dev/null")).is_err());
    }
}
