//! The database file and its folder: made for their owner alone. Several processes may have it open; the
//! opening itself, which makes and changes things, is done by one at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::OpenError;

/// A file that is there, and the exclusive right to open it, which ends when this is dropped.
pub(crate) struct Prepared {
    /// Its absolute path: SQLite reads other spellings, such as `:memory:` or `file:…`, as something else.
    pub(crate) path: String,
    _folder: File,
}

/// Makes the folder (mode 0700) and the file (mode 0600), or looks at the ones that are there. The journal files get
/// the mode of the database from SQLite.
pub(crate) fn prepare(path: &Path) -> Result<Prepared, OpenError> {
    let path = std::path::absolute(path)?;
    let (Some(folder), Some(text)) = (path.parent(), path.to_str()) else {
        return Err(OpenError::Path);
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let lock = lock(folder)?;
    match fs::metadata(&path) {
        Ok(found) if found.permissions().mode() & 0o007 != 0 => return Err(OpenError::WorldAccessible),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Prepared { path: text.to_owned(), _folder: lock })
}

/// Instances that start at once make, switch to WAL and migrate one after the other. The lock is on the folder, since
/// a process that opens and closes the *file* by other means than SQLite loses SQLite's own locks on it (a trap of
/// POSIX): the file is opened here only while nobody can have it open.
fn lock(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    match folder.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            tracing::info!("waiting for another instance that is opening the database");
            folder.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("is there").permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_file_belong_to_their_owner_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("a/b/tessera.db");
        drop(prepare(&path).expect("prepared"));
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
    }

    #[test]
    fn a_file_that_everybody_can_read_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("tessera.db");
        drop(prepare(&path).expect("prepared"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        assert!(matches!(prepare(&path), Err(OpenError::WorldAccessible)));
    }
}
