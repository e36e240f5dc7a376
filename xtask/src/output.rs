//! Output of the tasks: prints text, and replaces generated files and folders if their content differs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Failure;

/// File contents by path relative to a folder.
pub(crate) type Files = BTreeMap<String, String>;

/// Prints text to standard output. A closed pipe (`| head`) is not an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Replaces the content of a file with `text` in one step. Returns whether the content differed, so that it was
/// written.
pub(crate) fn replace_file(path: &Path, text: &str) -> Result<bool, Failure> {
    if fs::read_to_string(path).is_ok_and(|existing| existing == text) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    // The new file is written into a temporary folder, not as a temporary file: a temporary file would have stricter
    // permissions than other files.
    let staging = staging_in(folder)?;
    let new = staging.path().join("new");
    fs::write(&new, text).map_err(|error| failed("write the new content of", path, &error))?;
    fs::rename(&new, path).map_err(|error| failed("replace", path, &error))?;
    Ok(true)
}

/// Replaces the folder at `path` with one that has exactly these files. Returns whether the content differed, so that
/// it was written.
///
/// The replacement takes two renames. If the second one fails, the old folder is restored. If the process ends between
/// them, the folder is missing, and the next run writes it again.
pub(crate) fn replace_folder(path: &Path, files: &Files) -> Result<bool, Failure> {
    if read_folder(path)? == *files {
        return Ok(false);
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    // Next to the old folder, because a rename works only within one file system.
    let staging = staging_in(parent)?;
    let (new, old) = (staging.path().join("new"), staging.path().join("old"));
    for (name, text) in files {
        let file = new.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| failed("create", folder, &error))?;
        }
        fs::write(&file, text).map_err(|error| failed("write", &file, &error))?;
    }
    let existed = path.exists();
    if existed {
        fs::rename(path, &old).map_err(|error| failed("move the old", path, &error))?;
    }
    if let Err(error) = fs::rename(&new, path) {
        if existed {
            fs::rename(&old, path).map_err(|error| failed("restore", path, &error))?;
        }
        return Err(failed("replace", path, &error));
    }
    Ok(true)
}

/// The first characters of the names of temporary folders. `.gitignore` has them.
const PREFIX: &str = ".regen-";

/// Creates a temporary folder in `folder`. Creates `folder` if it is missing.
fn staging_in(folder: &Path) -> Result<tempfile::TempDir, Failure> {
    fs::create_dir_all(folder).map_err(|error| failed("create", folder, &error))?;
    tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(folder)
        .map_err(|error| failed("create a temporary folder in", folder, &error))
}

/// Removes the temporary folders that interrupted runs have left in a folder, or in the folders inside it.
pub(crate) fn remove_leftovers(path: &Path) -> Result<(), Failure> {
    let mut pending = vec![path.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            // Links are not followed.
            if !entry.file_type().is_ok_and(|file_type| file_type.is_dir()) {
                continue;
            }
            let name = entry.file_name();
            if name.to_string_lossy().starts_with(PREFIX) {
                fs::remove_dir_all(entry.path()).map_err(|error| failed("remove", &entry.path(), &error))?;
            } else if name != ".git" && name != "target" {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Takes the only right to write to a repository: two runs at the same time would remove each other's temporary
/// folders. The right ends with the returned file, or with the process.
pub(crate) fn lock(repository: &Path) -> Result<fs::File, Failure> {
    let manifest = repository.join("Cargo.toml");
    let file = fs::File::open(&manifest).map_err(|error| failed("open", &manifest, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            Err("another `cargo xtask regen` writes to this repository: wait until it is done".into())
        }
        Err(fs::TryLockError::Error(error)) => Err(failed("lock", &manifest, &error)),
    }
}

/// Reads all files of a folder. Skips folders that are missing or cannot be listed.
pub(crate) fn read_folder(path: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    let mut pending = vec![path.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry: PathBuf = entry.map_err(|error| failed("list", &folder, &error))?.path();
            if entry.is_dir() {
                pending.push(entry);
            } else {
                let name = entry.strip_prefix(path).unwrap_or(&entry).to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&entry).map_err(|error| failed("read", &entry, &error))?);
            }
        }
    }
    Ok(files)
}

/// Adds the action and the path to an I/O error.
fn failed(action: &str, path: &Path, error: &std::io::Error) -> Failure {
    format!("cannot {action} {}: {error}", path.display()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_folder_is_replaced_as_a_whole_and_only_when_it_differs() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("a/generated");
        let first = files(&[("mod.rs", "1"), ("x/y.rs", "2")]);
        assert!(replace_folder(&target, &first).unwrap());
        assert!(!replace_folder(&target, &first).unwrap());
        let second = files(&[("mod.rs", "3")]);
        assert!(replace_folder(&target, &second).unwrap());
        assert_eq!(read_folder(&target).unwrap(), second);
        assert_eq!(fs::read_dir(base.path().join("a")).unwrap().count(), 1, "the temporary folder is removed");
    }

    #[test]
    fn a_file_is_replaced_only_when_it_differs_and_has_the_usual_permissions() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("deep/psa.json");
        assert!(replace_file(&file, "a").unwrap());
        assert!(!replace_file(&file, "a").unwrap());
        assert!(replace_file(&file, "b").unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "b");
        let plain = base.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions(), fs::metadata(&plain).unwrap().permissions());
    }

    #[test]
    fn leftovers_of_interrupted_runs_are_removed_wherever_they_are() {
        let base = tempfile::tempdir().unwrap();
        let folder = |name: &str| base.path().join(name);
        for name in
            [".regen-1/old", "openapi/.regen-2", "crates/a/src/.regen-3/new/deep", "target/.regen-4", "src/regen-5"]
        {
            fs::create_dir_all(folder(name)).unwrap();
        }
        fs::write(folder(".regen-6"), "a file").unwrap();
        remove_leftovers(base.path()).unwrap();
        assert!(![".regen-1", "openapi/.regen-2", "crates/a/src/.regen-3"].iter().any(|name| folder(name).exists()));
        assert!(["openapi", "crates/a/src", "target/.regen-4", "src/regen-5"].iter().all(|name| folder(name).exists()));
        remove_leftovers(&folder("missing")).unwrap();
    }

    #[test]
    fn only_one_run_writes_to_a_repository() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("Cargo.toml"), "").unwrap();
        let first = lock(base.path()).unwrap();
        assert!(lock(base.path()).unwrap_err().to_string().contains("another `cargo xtask regen`"));
        drop(first);
        assert!(lock(base.path()).is_ok());
    }

    #[test]
    fn the_error_names_the_file_that_is_in_place_of_a_folder() {
        let base = tempfile::tempdir().unwrap();
        let blocked = base.path().join("blocked");
        fs::write(&blocked, "").unwrap();
        assert!(replace_folder(&blocked.join("x"), &files(&[("a", "b")])).unwrap_err().to_string().contains("blocked"));
    }
}
