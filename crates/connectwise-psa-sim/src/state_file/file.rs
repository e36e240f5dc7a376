//! The file itself: opening, locking, repairing, replacing and appending.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use connectwise_psa::Error;

use super::damage::StateDamage;
use super::format::{Contents, ReadError, Written, push_line, read, write_snapshot};
use crate::store::Records;

/// The file is not rewritten while its changes are shorter than this, in bytes.
const MIN_REWRITE_BYTES: u64 = 4 * 1024 * 1024;

/// What a state file contained.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) records: Records,
    /// What was lost; `None` if the file was intact.
    pub(crate) damage: Option<StateDamage>,
}

/// An open state file, locked against other servers.
#[derive(Debug)]
pub(crate) struct StateFile {
    pub(super) path: PathBuf,
    /// The lock file, which is locked as long as it is open. The state file itself cannot be locked, because it is
    /// replaced from time to time.
    _lock: File,
    /// `None` before the first snapshot is written.
    pub(super) file: Option<File>,
    /// The length of the file in bytes.
    length: u64,
    /// The number of its lines.
    lines: u64,
    /// The length of the header and the snapshot in bytes.
    snapshot_length: u64,
}

impl StateFile {
    /// Opens and locks a state file, and reads its records. Returns nothing if the file is missing or empty. If lines of
    /// the file are damaged, it is copied and rewritten without them.
    ///
    /// # Errors
    ///
    /// Another server uses the file, it is not a state file of this format version, or it cannot be opened, read or
    /// locked. The file is not changed.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<Loaded>), Error> {
        let shown = path.display();
        let failed = |what: &str, error: io::Error| {
            Error::invalid_input_from("state", format!("{shown} {what}: {error}"), error)
        };
        if path.is_dir() {
            return Err(Error::invalid_input("state", format!("{shown} is a directory; name a file")));
        }
        // Follows symbolic links, so that replacing the file replaces the target and not the link.
        let path = if path.exists() {
            fs::canonicalize(path).map_err(|error| failed("cannot be read", error))?
        } else {
            path.to_owned()
        };
        let lock = File::options().create(true).truncate(false).write(true).open(with_suffix(&path, ".lock"));
        let lock =
            lock.map_err(|error| failed("cannot be locked: the file with the suffix `.lock` cannot be opened", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::invalid_input("state", format!("{shown} is in use by another server")));
            }
            Err(TryLockError::Error(error)) => return Err(failed("cannot be locked", error)),
        }
        let mut state = Self { path, _lock: lock, file: None, length: 0, lines: 0, snapshot_length: 0 };
        match fs::metadata(&state.path) {
            // An empty file counts as a new one.
            Ok(found) if found.len() > 0 => {}
            Ok(_) => return Ok((state, None)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((state, None)),
            Err(error) => return Err(failed("cannot be read", error)),
        }
        let file = File::options()
            .read(true)
            .append(true)
            .open(&state.path)
            .map_err(|error| failed("cannot be opened for reading and writing", error))?;
        let contents = read(BufReader::new(&file)).map_err(|error| match error {
            ReadError::Io(error) => failed("cannot be read", error),
            ReadError::Invalid(why) => {
                Error::invalid_input("state", format!("{shown} {why}. The file was not changed"))
            }
        })?;
        let Contents { records, length, lines, snapshot_length, incomplete, lacks_line_break, damaged } = contents;
        if !damaged.is_empty() {
            drop(file);
            let copy = state.copy().map_err(|error| failed("has damaged lines, and cannot be copied", error))?;
            let damage = StateDamage::new(&state.path, copy, damaged);
            tracing::warn!("{damage}");
            state.replace(&records)?;
            return Ok((state, Some(Loaded { records, damage: Some(damage) })));
        }
        if incomplete > 0 {
            tracing::warn!(
                file = %shown,
                bytes = incomplete,
                "removing the incomplete last line of the state file, which was being written when the server stopped"
            );
            truncate(&state.path, length)
                .map_err(|error| failed("has an incomplete last line, which cannot be removed", error))?;
        }
        (state.length, state.lines, state.snapshot_length, state.file) = (length, lines, snapshot_length, Some(file));
        if lacks_line_break {
            tracing::warn!(file = %shown, "adding a line break to the last line of the state file, which is complete");
            state
                .add_line_break()
                .map_err(|error| failed("has no line break at its end, and cannot be written", error))?;
        }
        // A server that stopped meanwhile may have left it.
        let _ = fs::remove_file(with_suffix(&state.path, ".new"));
        Ok((state, Some(Loaded { records, damage: None })))
    }

    /// Copies the file next to itself, as `FILE.damaged`, or with a number if another file has that name. Returns the path
    /// of the copy, or of an earlier copy with the same content.
    fn copy(&self) -> io::Result<PathBuf> {
        let mut number = 1;
        let copy = loop {
            let suffix = if number == 1 { ".damaged".to_owned() } else { format!(".damaged.{number}") };
            let copy = with_suffix(&self.path, &suffix);
            if fs::symlink_metadata(&copy).is_err() {
                break copy;
            }
            if is_same(&copy, &self.path).unwrap_or(false) {
                return Ok(copy);
            }
            number += 1;
        };
        self.write_new(&copy, |file| io::copy(&mut File::open(&self.path)?, file))?;
        Ok(copy)
    }

    /// Writes a file that appears under its name only when it is complete, and with the permissions of the state file.
    fn write_new<T>(&self, path: &Path, write: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        // The lock covers this file, too. The content that a crashed server may have left in it is not needed.
        let new = with_suffix(&self.path, ".new");
        let failed =
            |action: String| move |error: io::Error| io::Error::new(error.kind(), format!("{action}: {error}"));
        let mut file = File::create(&new).map_err(failed(format!("cannot create {}", new.display())))?;
        let complete = || -> io::Result<T> {
            if let Ok(old) = fs::metadata(&self.path) {
                file.set_permissions(old.permissions())?;
            }
            let written = write(&mut file)?;
            file.sync_all()?;
            // Closed, because some systems cannot rename an open file.
            drop(file);
            fs::rename(&new, path).map_err(failed(format!("cannot rename {} to {}", new.display(), path.display())))?;
            Ok(written)
        };
        let written = complete().inspect_err(|_| _ = fs::remove_file(&new))?;
        // Flushes the new directory entry, on systems that can flush directories.
        #[cfg(unix)]
        File::open(path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
            .sync_all()?;
        Ok(written)
    }

    /// Replaces the file with a snapshot of all records.
    pub(crate) fn replace(&mut self, records: &Records) -> Result<(), Error> {
        self.rewrite(records).map_err(|error| {
            Error::invalid_input_from("state", format!("{} cannot be written: {error}", self.path.display()), error)
        })
    }

    pub(super) fn rewrite(&mut self, records: &Records) -> io::Result<()> {
        // Closed, because some systems cannot replace an open file.
        self.file = None;
        let Written { length, lines } = self.write_new(&self.path, |file| {
            let mut buffered = BufWriter::with_capacity(1024 * 1024, file);
            let written = write_snapshot(records, &mut buffered)?;
            buffered.flush()?;
            Ok(written)
        })?;
        self.file = Some(File::options().append(true).open(&self.path)?);
        (self.length, self.lines, self.snapshot_length) = (length, lines, length);
        Ok(())
    }

    /// Appends a line for each content, and waits until they are on the disk.
    pub(super) fn append(&mut self, contents: impl IntoIterator<Item = String>) -> io::Result<()> {
        let mut text = String::new();
        let mut lines = self.lines;
        for content in contents {
            lines += 1;
            push_line(&mut text, lines, &content);
        }
        self.append_text(&text)?;
        self.lines = lines;
        Ok(())
    }

    fn append_text(&mut self, text: &str) -> io::Result<()> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("the file is not open"))?;
        let result = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        if result.is_err() {
            // No response reports these changes, so what was written of the lines is removed if possible.
            let _ = truncate(&self.path, self.length);
        } else {
            self.length += text.len() as u64;
        }
        result
    }

    /// Adds the line break of the last line, in the place of what follows the line.
    fn add_line_break(&mut self) -> io::Result<()> {
        truncate(&self.path, self.length)?;
        self.append_text("\n")
    }

    /// Returns whether the file is due for a rewrite, which limits its growth.
    pub(super) const fn needs_rewrite(&self) -> bool {
        let changes = self.length.saturating_sub(self.snapshot_length);
        changes > MIN_REWRITE_BYTES && changes > self.snapshot_length
    }
}

/// Truncates a file. Opens it again, because some systems cannot truncate a file that is open for appending.
fn truncate(path: &Path, length: u64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Returns whether two files have the same content.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    if fs::metadata(one)?.len() != fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(File::open(one)?).bytes(), BufReader::new(File::open(other)?).bytes());
    loop {
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, other) if one == other => {}
            _ => return Ok(false),
        }
    }
}

/// Returns a path with a suffix appended to the file name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a line with its checksum and number.
    fn line(number: usize, content: &str) -> String {
        let mut text = String::new();
        push_line(&mut text, number as u64, content);
        text
    }

    /// Returns the lines with their checksums and numbers.
    fn file(lines: &[&str]) -> String {
        lines.iter().enumerate().map(|(at, content)| line(at + 1, content)).collect()
    }

    const HEADER: &str = r#"{"program":"cwpsa-sim","snapshot":4,"state":3}"#;
    const SNAPSHOT: [&str; 6] = [
        HEADER,
        r#"[{"last":"a/b","id":9}]"#,
        r#"[{"put":"a/b","id":5,"record":{"id":5}}]"#,
        r#"[{"put":"a/b","id":6,"record":{"id":6}}]"#,
        r#"[{"single":"s","value":1}]"#,
        r#"{"end":4}"#,
    ];
    const VERSION_2: &str = r#"{"program":"cwpsa-sim","snapshot":0,"state":2}"#;
    const CHANGE: &str = r#"[{"remove":"a/b","id":5}]"#;

    /// Opens a file with a text. Returns the ids of the records of `a/b` and the lost lines, or the error.
    fn open(path: &Path, text: &[u8]) -> Result<(Vec<i64>, Vec<String>), String> {
        fs::write(path, text).unwrap();
        match StateFile::open(path) {
            Ok((_, None)) => Ok((Vec::new(), vec!["nothing".to_owned()])),
            Ok((file, Some(Loaded { records, damage }))) => {
                assert_eq!(fs::metadata(path).unwrap().len(), file.length);
                let lost = damage.into_iter().flat_map(|damage| damage.lines);
                let lost = lost.map(|line| format!("{}: {}", line.number, line.lost)).collect();
                Ok((records.collection("a/b").map_or_else(Vec::new, |list| list.records.ids().collect()), lost))
            }
            Err(error) => {
                assert_eq!(fs::read(path).unwrap(), text, "the file was not changed");
                Err(error.message().unwrap().replace(&format!("{} ", path.display()), ""))
            }
        }
    }

    #[test]
    fn files_are_read_repaired_or_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let snapshot = file(&SNAPSHOT);
        let change = line(7, CHANGE);
        let again = r#"[{"put":"a/b","id":5,"record":{"id":5}}]"#;
        let without = |number: usize| {
            let lines = snapshot.lines().enumerate().filter(|(at, _)| at + 1 != number);
            lines.map(|(_, line)| format!("{line}\n")).collect::<String>()
        };
        let long = line(7, &format!(r#"[{{"put":"a/b","id":7,"record":{{"x":"{}"}}}}]"#, "x".repeat(200_000)));
        let open = |text: &str| open(&path, text.as_bytes());
        let read = |ids: &[i64], lost: &[&str]| {
            Ok((ids.to_vec(), lost.iter().map(|lost| (*lost).to_owned()).collect::<Vec<_>>()))
        };
        let rejected = |why: &str| Err(format!("{why}. The file was not changed"));
        for (text, expected) in [
            (snapshot.clone(), read(&[5, 6], &[])),
            (format!("{snapshot}{change}"), read(&[6], &[])),
            (format!("{snapshot}{long}"), read(&[5, 6, 7], &[])),
            // The last line was being written.
            (format!("{snapshot}{}", &change[..change.len() - 3]), read(&[5, 6], &[])),
            (format!("{snapshot}{}", &change[..9]), read(&[5, 6], &[])),
            (format!("{snapshot}\0\0\0"), read(&[5, 6], &[])),
            // Only the line break is missing or damaged.
            (format!("{snapshot}{}", change.trim_end()), read(&[6], &[])),
            (format!("{snapshot}{}x", change.trim_end()), read(&[6], &[])),
            (format!("{snapshot}{}\r", change.trim_end()), read(&[6], &[])),
            (format!("{snapshot}{change}").replace('\n', "\r\n"), read(&[6], &[])),
            // Damaged lines.
            (format!("{snapshot}\0\0\0\n"), read(&[5, 6], &["7: cannot be read"])),
            (
                format!("{snapshot}{}{}", change.replace("a/b", "a/c"), line(8, CHANGE)),
                read(&[6], &["7: removal of a/c 5"]),
            ),
            (snapshot.replace(r#"{"id":6}"#, r#"{"id":7}"#), read(&[5], &["4: a/b 6"])),
            (snapshot.replace("program", "progran"), read(&[5, 6], &["1: the header"])),
            (snapshot.replacen('\n', "x", 1), read(&[5, 6], &["1: the header", "2: missing"])),
            (format!("{snapshot}{}", long.replacen(' ', "x", 1)), read(&[5, 6], &["7: a/b 7"])),
            (format!("{}{}", "\0".repeat(100), &snapshot[70..]), read(&[5, 6], &["1: the header", "2: missing"])),
            (format!("{}{}", "\0".repeat(100_000), &snapshot[70..]), read(&[5, 6], &["1: the header", "2: missing"])),
            (file(&SNAPSHOT[..3]), read(&[5], &["4: the end of the snapshot: 3 lines"])),
            (file(&SNAPSHOT[..5]), read(&[5, 6], &["6: the end of the snapshot: 1 lines"])),
            (
                file(&SNAPSHOT[..5]).replace("program", "progran"),
                read(&[5, 6], &["1: the header", "6: the end of the snapshot"]),
            ),
            (file(&[HEADER]), read(&[], &["2: the end of the snapshot: 5 lines"])),
            // Missing lines.
            (without(1), read(&[5, 6], &["1: missing"])),
            (without(4), read(&[5], &["4: missing"])),
            (without(6), read(&[5, 6], &["6: the end of the snapshot: 1 lines"])),
            (format!("{snapshot}{}", line(8, CHANGE)), read(&[6], &["7: missing"])),
            (format!("{snapshot}{}", line(10, CHANGE)), read(&[6], &["7: the first of 3 missing lines"])),
            // Repeated lines, and lines in the wrong order, are not applied.
            (format!("{snapshot}{change}{}", line(3, again)), read(&[6], &["3: repeated or out of order: a/b 5"])),
            (
                format!("{snapshot}{}{change}{}", line(8, "[]"), line(9, "[]")),
                read(&[5, 6], &["7: missing", "7: repeated or out of order: removal of a/b 5"]),
            ),
            // The checksum is right, but this is not a list of changes.
            (format!("{snapshot}{}", line(7, "{}")), read(&[5, 6], &["7: cannot be read"])),
            (format!("{snapshot}{}", line(7, r#"[{"put":"a/b"}]"#)), read(&[5, 6], &["7: a/b"])),
            // Other files.
            (
                "{\"program\":\"cwpsa-sim\",\"state\":1}\n[]\n".to_owned(),
                rejected("has the format version 1, but this cwpsa-sim reads only version 3"),
            ),
            (
                format!("{:08x} {}\n", crc32fast::hash(VERSION_2.as_bytes()), VERSION_2),
                rejected("has the format version 2, but this cwpsa-sim reads only version 3"),
            ),
            (
                file(&[r#"{"program":"cwpsa-sim","state":4}"#]),
                rejected("has the format version 4, but this cwpsa-sim reads only version 3"),
            ),
            (
                file(&[r#"{"program":"cwpsa-sim"}"#]),
                rejected("has an unknown format version, but this cwpsa-sim reads only version 3"),
            ),
            ("{\"a\": 1}".to_owned(), rejected("is not a state file of cwpsa-sim")),
            ("a,b\n1,2\n".to_owned(), rejected("is not a state file of cwpsa-sim")),
            ("x".repeat(300_000), rejected("is not a state file of cwpsa-sim")),
            ("\u{0}\u{1}\n".to_owned(), rejected("is not a state file of cwpsa-sim")),
            (String::new(), read(&[], &["nothing"])),
        ] {
            assert_eq!(open(&text), expected, "{}", text.chars().take(2000).collect::<String>());
            if expected.is_ok() && !text.is_empty() {
                let (_, loaded) = StateFile::open(&path).unwrap();
                assert_eq!(loaded.unwrap().damage, None, "the file is intact now");
            }
        }
        let other = |path: &Path| StateFile::open(path).map(|_| ()).unwrap_err().to_string();
        assert!(other(folder.path()).contains("is a directory"));
        assert!(other(&folder.path().join("no/where")).contains("cannot be locked"));
    }

    #[test]
    fn a_damaged_byte_costs_one_line_and_the_damaged_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let text = file(&SNAPSHOT).into_bytes();
        let line_breaks = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        for at in (0..text.len()).step_by(7).chain(line_breaks) {
            let mut damaged = text.clone();
            damaged[at] ^= 1;
            let (ids, lost) = open(&path, &damaged).unwrap();
            if at + 1 == text.len() {
                assert_eq!((ids, lost), (vec![5, 6], vec![]), "only the last line break is damaged");
                continue;
            }
            // A damaged line break joins two lines.
            let lines = if text[at] == b'\n' { 2 } else { 1 };
            assert!(ids.len() >= 2 - lines && (1..=2).contains(&lost.len()), "{at}: {ids:?} {lost:?}");
            let copy = with_suffix(&path, ".damaged");
            assert_eq!(fs::read(&copy).unwrap(), damaged, "{at}");
            fs::remove_file(copy).unwrap();
            // The rewritten file is intact.
            let (_, loaded) = StateFile::open(&path).unwrap();
            assert_eq!(loaded.unwrap().damage, None, "{at}");
        }
        // A copy does not replace another one, and there is one copy of a content.
        for number in [1, 2, 3, 3, 1] {
            open(&path, &[&text[..], format!("damaged {number}\n").as_bytes()].concat()).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["state", "state.damaged", "state.damaged.2", "state.damaged.3", "state.lock"]);
    }

    #[test]
    fn a_file_that_cannot_be_completed_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (state, _) = StateFile::open(&path).unwrap();
        let full = |file: &mut File| {
            file.write_all(b"the beginning")?;
            Err::<(), _>(io::ErrorKind::StorageFull.into())
        };
        assert!(state.write_new(&path, full).is_err());
        // The name of the target belongs to a directory.
        fs::create_dir(&path).unwrap();
        assert!(state.write_new(&path, |file| file.write_all(b"all")).is_err());
        fs::remove_dir(&path).unwrap();
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["state.lock"]);
    }
}
