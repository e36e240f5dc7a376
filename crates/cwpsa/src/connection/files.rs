//! Files that only their owner can read, written at once or not at all, and the lock that lets one process change them at
//! a time.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::error::CommandError;

/// Largest file that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Creates a folder that only its owner can enter. An existing folder keeps its mode.
pub(crate) fn create_private_folder(folder: &Path) -> Result<(), CommandError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|error| failure(folder, "cannot be created", &error))
}

/// Replaces a file, or creates it. Only its owner can read it. Another process sees the old or the new file, never a part
/// of one.
pub(crate) fn write(path: &Path, text: &[u8]) -> Result<(), CommandError> {
    let failed = |error: io::Error| failure(path, "cannot be written", &error);
    let folder = path.parent().unwrap_or(Path::new("."));
    // Temporary files have mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Reads a file; `None` if it does not exist.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CommandError> {
    match File::open(path) {
        Ok(file) => read_from(path, file).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure(path, "cannot be read", &error)),
    }
}

/// Reads a file with a secret; `None` if it does not exist. A file or a folder that others can use is rejected.
pub(crate) fn read_private(path: &Path) -> Result<Option<String>, CommandError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failure(path, "cannot be read", &error)),
    };
    // The mode of the open file: another file could be at the path by now.
    check_private(path, file.metadata(), "600")?;
    if let Some(folder) = path.parent() {
        check_private(folder, fs::metadata(folder), "700")?;
    }
    read_from(path, file).map(Some)
}

#[cfg(unix)]
fn check_private(path: &Path, metadata: io::Result<fs::Metadata>, mode: &str) -> Result<(), CommandError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = metadata.map_err(|error| failure(path, "cannot be read", &error))?;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(CommandError::authentication(format!("{path} holds a private key, and other users can read it"))
        .with_next_step(format!("Run: chmod {mode} '{path}'. If others may have read the key, replace it in PSA.")))
}

/// Windows: the user's folder has an access list that excludes other users.
#[cfg(not(unix))]
fn check_private(_: &Path, _: io::Result<fs::Metadata>, _: &str) -> Result<(), CommandError> {
    Ok(())
}

fn read_from(path: &Path, file: File) -> Result<String, CommandError> {
    let mut text = String::new();
    let read =
        file.take(MAX_SIZE + 1).read_to_string(&mut text).map_err(|error| failure(path, "cannot be read", &error))?;
    if read as u64 > MAX_SIZE {
        return Err(CommandError::failure(format!("{} is larger than 1 MiB", path.display())));
    }
    Ok(text)
}

/// Removes a file. Success if it does not exist.
pub(crate) fn remove(path: &Path) -> Result<(), CommandError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failure(path, "cannot be removed", &error)),
        _ => Ok(()),
    }
}

/// Holds a lock until it is dropped. Waits for other processes that hold it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock file.
    pub(crate) fn wait(path: &Path) -> Result<Self, CommandError> {
        let failed = |error: io::Error| failure(path, "cannot be locked", &error);
        let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn failure(path: &Path, what: &str, error: &io::Error) -> CommandError {
    CommandError::failure(format!("{} {what}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn files_and_folders_are_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        create_private_folder(&folder).unwrap();
        let path = folder.join("key");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read_private(&path).unwrap_err().to_string().contains("chmod 600"));
        write(&path, b"new").unwrap();
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        assert_eq!(read_private(&path).unwrap().as_deref(), Some("new"));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(read_private(&path).unwrap_err().to_string().contains("chmod 700"));
    }

    #[test]
    fn absent_files_are_not_errors() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("absent");
        assert_eq!(read(&path).unwrap(), None);
        assert_eq!(read_private(&path).unwrap(), None);
        remove(&path).unwrap();
    }
}
