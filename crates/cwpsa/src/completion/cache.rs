//! The names of records that completion shows: one file for each connection and list.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::connection::choice::Choice;
use crate::connection::folders::cache_folder;

/// How long a list is used before it is read again.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// How many records of a list are kept.
const MAX_ENTRIES: usize = 500;

/// The longest name that is kept, in characters.
const MAX_NAME: usize = 120;

/// The largest file that is read, in bytes: more than the largest that is written.
const MAX_SIZE: u64 = 1 << 20;

/// A record as completion shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// The records of a list that were read earlier.
#[derive(Debug)]
pub(crate) struct Cached {
    pub(crate) entries: Vec<Entry>,
    /// Whether they are too old to use without another read.
    pub(crate) is_old: bool,
}

/// Keeps the records of a list in its file, and returns them. Names are `None` for records without one. A failure has no
/// effect: the next completion reads the list again.
pub(crate) fn store_file(file: &Path, records: impl IntoIterator<Item = (i64, Option<String>)>) -> Vec<Entry> {
    let entries: Vec<_> = records.into_iter().take(MAX_ENTRIES).map(|(id, name)| entry(id, name.as_deref())).collect();
    let _ = write(file, &entries);
    entries
}

/// Makes an entry with a name on one line.
fn entry(id: i64, name: Option<&str>) -> Entry {
    let name = name.unwrap_or_default();
    let printable = name.chars().map(|character| if character.is_control() { ' ' } else { character });
    Entry { id, name: printable.take(MAX_NAME).collect() }
}

/// Returns the file of a list, by the id of the operation that lists the records: `service.list_boards`. Names of companies are confidential, so the folder of a connection has no name that tells
/// whose it is.
pub(crate) fn file(connection: &Choice, list: &str) -> Option<PathBuf> {
    if !list.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_') {
        return None;
    }
    let digest = Sha256::digest(connection.identity());
    let folder: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Some(cache_folder().ok()?.join("names").join(folder).join(format!("{list}.json")))
}

/// Returns the records that are kept in a file, if there are any.
pub(crate) fn load_file(path: &Path, now: SystemTime) -> Option<Cached> {
    let file = fs::File::open(path).ok()?;
    let written = file.metadata().and_then(|metadata| metadata.modified()).ok()?;
    let mut text = String::new();
    file.take(MAX_SIZE).read_to_string(&mut text).ok()?;
    let entries = serde_json::from_str(&text).ok()?;
    // The clock of the file system may differ a little, or the clock may have been set.
    let age = now.duration_since(written).unwrap_or_else(|error| error.duration());
    let is_old = age > MAX_AGE;
    Some(Cached { entries, is_old })
}

fn write(path: &Path, entries: &[Entry]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)?;
    // Temporary files are for their owner only. Another process sees the old or the new file.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(entries)?)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_back_until_it_is_old() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/list.json");
        assert!(load_file(&path, SystemTime::now()).is_none());
        let entries = [entry(1, Some("Help\tDesk")), entry(2, None)];
        write(&path, &entries).unwrap();
        let cached = load_file(&path, SystemTime::now()).unwrap();
        assert_eq!(cached.entries, [Entry { id: 1, name: "Help Desk".into() }, Entry { id: 2, name: String::new() }]);
        assert!(!cached.is_old);
        assert!(load_file(&path, SystemTime::now() + MAX_AGE + Duration::from_secs(5)).unwrap().is_old);
        fs::write(&path, "damaged").unwrap();
        assert!(load_file(&path, SystemTime::now()).is_none());
    }

    #[test]
    fn connections_have_folders_of_their_own() {
        let list = "service.list_boards";
        let paths = [file(&Choice::Sim, list), file(&Choice::Environment, list)];
        assert_ne!(paths[0], paths[1]);
        assert_eq!(file(&Choice::Sim, "../x"), None);
    }
}
