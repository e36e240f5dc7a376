//! Writing: a file or a folder is replaced as a whole or not at all, and only when its content differs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Failure;

/// Texts by path relative to a folder.
pub(crate) type Files = BTreeMap<String, String>;

/// Prints a long text; a reader that has seen enough (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Puts `text` in the place of the file; says whether it differed.
pub(crate) fn replace_file(path: &Path, text: &str) -> Result<bool, Failure> {
    if fs::read_to_string(path).is_ok_and(|existing| existing == text) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    // In a folder of its own, so that the file has the mode of any other file.
    let staging = staging_in(folder)?;
    let new = staging.path().join("new");
    fs::write(&new, text).map_err(|error| named(path, &error))?;
    fs::rename(&new, path).map_err(|error| named(path, &error))?;
    Ok(true)
}

/// Puts a folder with exactly these files in the place of the one at `path`; says whether it differed.
pub(crate) fn replace_folder(path: &Path, files: &Files) -> Result<bool, Failure> {
    if read_folder(path)? == *files {
        return Ok(false);
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    // Beside the old one, so that the exchange is two renames on one file system.
    let staging = staging_in(parent)?;
    let (new, old) = (staging.path().join("new"), staging.path().join("old"));
    for (name, text) in files {
        let file = new.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
        }
        fs::write(&file, text).map_err(|error| named(&file, &error))?;
    }
    let existed = path.exists();
    if existed {
        fs::rename(path, &old).map_err(|error| named(path, &error))?;
    }
    if let Err(error) = fs::rename(&new, path) {
        if existed {
            fs::rename(&old, path).map_err(|error| named(path, &error))?;
        }
        return Err(named(path, &error));
    }
    Ok(true)
}

/// A fresh folder in `folder`, which is made when it is missing and rid of what runs that were killed have left.
fn staging_in(folder: &Path) -> Result<tempfile::TempDir, Failure> {
    const PREFIX: &str = ".regen-";
    fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
    for entry in fs::read_dir(folder).map_err(|error| named(folder, &error))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder).map_err(|error| named(folder, &error))
}

/// The texts of a folder; none when it does not exist.
pub(crate) fn read_folder(path: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    let mut pending = vec![path.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry: PathBuf = entry.map_err(|error| named(&folder, &error))?.path();
            if entry.is_dir() {
                pending.push(entry);
            } else {
                let name = entry.strip_prefix(path).unwrap_or(&entry).to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&entry).map_err(|error| named(&entry, &error))?);
            }
        }
    }
    Ok(files)
}

fn named(path: &Path, error: &std::io::Error) -> Failure {
    format!("{}: {error}", path.display()).into()
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
        assert_eq!(fs::read_dir(base.path().join("a")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_is_replaced_only_when_it_differs() {
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
    fn what_killed_runs_have_left_goes_away() {
        let base = tempfile::tempdir().unwrap();
        for (left, write) in [(".regen-folder", true), (".regen-file", false)] {
            fs::create_dir_all(base.path().join(left).join("old")).unwrap();
            if write {
                replace_folder(&base.path().join("generated"), &files(&[("mod.rs", "1")])).unwrap();
            } else {
                replace_file(&base.path().join("psa.json"), "a").unwrap();
            }
            assert!(!base.path().join(left).exists(), "{left}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_names_itself() {
        let base = tempfile::tempdir().unwrap();
        let blocked = base.path().join("file");
        fs::write(&blocked, "").unwrap();
        assert!(replace_folder(&blocked.join("x"), &files(&[("a", "b")])).unwrap_err().to_string().contains("file"));
    }
}
