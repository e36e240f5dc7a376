//! The folders of files.

use std::io;
use std::path::Path;

/// Returns the folder of a file. A path without a folder is in the current one.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in the folder of a file durable. Windows does so by itself. Some file systems cannot do this.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(folder_of(file))?.sync_all()?;
    let _ = file;
    Ok(())
}
