//! The state file: keeps the records when the server stops, is killed or loses power.
//!
//! The file has a header line, a line with a snapshot of all records, and a line for each later group of changes. A
//! line is flushed to the disk before the responses to its requests are sent, and before the next line is written.
//! Therefore only the last line can be incomplete or damaged, and no client has received a response that depends on it:
//! it is removed. When the changes are longer than the snapshot and than 4 MiB, a new file is written under another
//! name and then replaces the old one.

use std::borrow::Cow;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use connectwise_psa::Error;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::server_state::ServerState;
use crate::store::record::Packed;
use crate::store::{Edit, Records};
use crate::sync::{lock, recover};

/// The program name in the header line.
const PROGRAM: &str = "cwpsa-sim";

/// The version of the file format.
const FORMAT_VERSION: u64 = 1;

/// The file is not rewritten while its changes are shorter than this, in bytes.
const MIN_REWRITE_BYTES: u64 = 4 * 1024 * 1024;

/// An open state file, locked against other servers.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// The lock file, which is locked as long as it is open. The state file itself cannot be locked, because it is
    /// replaced from time to time.
    _lock: File,
    /// `None` before the first snapshot is written.
    file: Option<File>,
    /// The length of the file in bytes.
    length: u64,
    /// The length of the header and the snapshot in bytes.
    snapshot_length: u64,
}

impl StateFile {
    /// Opens and locks a state file, and reads its records. Returns no records if the file is missing or empty.
    ///
    /// # Errors
    ///
    /// Another server uses the file, it is not a state file of this format version, it is damaged, or it cannot be
    /// opened, read or locked. The file is not changed.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<Records>), Error> {
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
        let mut state = Self { path, _lock: lock, file: None, length: 0, snapshot_length: 0 };
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
        let contents = read(&file).map_err(|error| match error {
            ReadError::Io(error) => failed("cannot be read", error),
            ReadError::Invalid(why) => {
                Error::invalid_input("state", format!("{shown} {why}. The file was not changed"))
            }
        })?;
        if contents.incomplete > 0 {
            tracing::warn!(
                file = %shown,
                bytes = contents.incomplete,
                "removing the incomplete last line of the state file, which was being written when the server stopped"
            );
            truncate(&state.path, contents.length)
                .map_err(|error| failed("has an incomplete last line, which cannot be removed", error))?;
        }
        (state.length, state.snapshot_length, state.file) = (contents.length, contents.snapshot_length, Some(file));
        Ok((state, Some(contents.records)))
    }

    /// Replaces the file with a snapshot of all records.
    pub(crate) fn replace(&mut self, records: &Records) -> Result<(), Error> {
        let result = snapshot(records).and_then(|text| self.rewrite(&text));
        result.map_err(|error| {
            Error::invalid_input_from("state", format!("{} cannot be written: {error}", self.path.display()), error)
        })
    }

    fn rewrite(&mut self, text: &[u8]) -> io::Result<()> {
        // The lock covers this file, too. The content that a crashed server may have left in it is not needed.
        let new = with_suffix(&self.path, ".new");
        let failed =
            |action: String| move |error: io::Error| io::Error::new(error.kind(), format!("{action}: {error}"));
        let mut file = File::create(&new).map_err(failed(format!("cannot create {}", new.display())))?;
        if let Ok(old) = fs::metadata(&self.path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        drop(file);
        // Closed, because some systems cannot replace an open file.
        self.file = None;
        let renaming = format!("cannot rename {} to {}", new.display(), self.path.display());
        fs::rename(&new, &self.path).map_err(failed(renaming))?;
        // Flushes the new directory entry, on systems that can flush directories.
        #[cfg(unix)]
        File::open(self.path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
            .sync_all()?;
        self.file = Some(File::options().append(true).open(&self.path)?);
        self.length = text.len() as u64;
        self.snapshot_length = self.length;
        Ok(())
    }

    /// Appends a line of changes, and waits until it is on the disk.
    fn append(&mut self, edits: &str) -> io::Result<()> {
        let line = format!("[{edits}]\n");
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("the file is not open"))?;
        let result = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if result.is_err() {
            // No response reports these changes, so the part of the line that was written is removed if possible.
            let _ = truncate(&self.path, self.length);
        } else {
            self.length += line.len() as u64;
        }
        result
    }

    /// Returns whether the file is due for a rewrite, which limits its growth.
    const fn needs_rewrite(&self) -> bool {
        let changes = self.length - self.snapshot_length;
        changes > MIN_REWRITE_BYTES && changes > self.snapshot_length
    }
}

/// Writes changes to the file on a separate thread. Changes that arrive during a write share the next line.
#[derive(Debug)]
pub(crate) struct Journal {
    queue: Arc<Queue>,
    progress: watch::Receiver<Progress>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Queue {
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    /// Changes in the format of the file, separated by commas.
    text: String,
    /// The number of groups of changes so far, written and pending.
    groups: u64,
    /// Whether changes are no longer accepted.
    closed: bool,
}

/// The progress of the writer.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// The number of groups of changes that are on the disk.
    groups: u64,
    /// Why the file can no longer be written.
    failure: Option<String>,
}

impl Journal {
    /// Starts the writer. The records of the server state must already collect their edits.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub(crate) fn start(file: StateFile, server: Arc<Mutex<ServerState>>) -> Result<Self, Error> {
        let queue = Arc::new(Queue::default());
        let (report, progress) = watch::channel(Progress::default());
        let writer = std::thread::Builder::new().name("state file".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            move || run_writer(file, &server, &queue, &report)
        });
        let writer = writer.map_err(|error| {
            Error::invalid_input_from(
                "state",
                format!("cannot be written, because its thread cannot be started: {error}"),
                error,
            )
        })?;
        Ok(Self { queue, progress, writer: Mutex::new(Some(writer)) })
    }

    /// Queues the changes of one request. The file gets all of them or none. The caller must hold the lock of the
    /// server state, which keeps the changes in order.
    pub(crate) fn add(&self, edits: &[Edit<'_>]) {
        if edits.is_empty() {
            return;
        }
        let mut pending = lock(&self.queue.pending);
        // Counted even if they are not accepted, so that `flushed` does not report them as written.
        pending.groups += 1;
        if pending.closed {
            return;
        }
        for edit in edits {
            let comma = if pending.text.is_empty() { "" } else { "," };
            let text = format!("{comma}{}", EditText(edit));
            pending.text.push_str(&text);
        }
        self.queue.changed.notify_one();
    }

    /// Waits until all queued changes are on the disk.
    ///
    /// # Errors
    ///
    /// The reason why they cannot be written.
    pub(crate) async fn flushed(&self) -> Result<(), String> {
        let wanted = lock(&self.queue.pending).groups;
        let mut progress = self.progress.clone();
        match progress.wait_for(|progress| progress.failure.is_some() || progress.groups >= wanted).await {
            Ok(progress) => progress.failure.clone().map_or(Ok(()), Err),
            Err(_) => Err("the server is stopping".to_owned()),
        }
    }

    /// Waits until the file can no longer be written, and returns the reason. Never returns while it can be written.
    pub(crate) async fn failed(&self) -> String {
        let mut progress = self.progress.clone();
        match progress.wait_for(|progress| progress.failure.is_some()).await {
            Ok(progress) => progress.failure.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Writes the pending changes and closes the file.
    pub(crate) fn close(&self) {
        lock(&self.queue.pending).closed = true;
        self.queue.changed.notify_one();
        if let Some(writer) = lock(&self.writer).take() {
            // A writer that panicked has already closed the file.
            let _ = writer.join();
        }
    }
}

/// Writes queued changes until the journal is closed or the file cannot be written.
fn run_writer(mut file: StateFile, server: &Mutex<ServerState>, queue: &Queue, report: &watch::Sender<Progress>) {
    loop {
        let (text, mut groups, closed) = {
            let pending = lock(&queue.pending);
            let is_idle = |pending: &mut Pending| pending.text.is_empty() && !pending.closed;
            let mut pending = recover(queue.changed.wait_while(pending, is_idle));
            (std::mem::take(&mut pending.text), pending.groups, pending.closed)
        };
        let result = if text.is_empty() {
            Ok(())
        } else if file.needs_rewrite() {
            let snapshot = {
                let server = lock(server);
                let mut pending = lock(&queue.pending);
                // The records already contain the changes in `text` and the pending ones.
                pending.text.clear();
                groups = pending.groups;
                snapshot(&server.records)
            };
            snapshot.and_then(|snapshot| file.rewrite(&snapshot))
        } else {
            file.append(&text)
        };
        match result {
            Ok(()) => _ = report.send_replace(Progress { groups, failure: None }),
            Err(error) => {
                let failure = format!("The state file {} cannot be written: {error}", file.path.display());
                tracing::error!("{failure}");
                lock(&queue.pending).closed = true;
                report.send_replace(Progress { groups: 0, failure: Some(failure) });
                return;
            }
        }
        if closed {
            return;
        }
    }
}

/// Truncates a file. Opens it again, because some systems cannot truncate a file that is open for appending.
fn truncate(path: &Path, length: u64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Returns a path with a suffix appended to the file name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Returns the content of a file with these records and no later changes.
fn snapshot(records: &Records) -> io::Result<Vec<u8>> {
    let mut text = json!({"program": PROGRAM, "state": FORMAT_VERSION}).to_string().into_bytes();
    text.extend_from_slice(b"\n[");
    for (index, edit) in records.snapshot().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write!(text, "{}", EditText(&edit))?;
    }
    text.extend_from_slice(b"]\n");
    Ok(text)
}

/// Displays a change in the format of the file.
struct EditText<'a>(&'a Edit<'a>);

impl std::fmt::Display for EditText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = |text: &str| Value::from(text);
        match self.0 {
            Edit::Put { list, id, record } => write!(f, r#"{{"put":{},"id":{id},"record":{record}}}"#, quoted(list)),
            Edit::Remove { list, id } => write!(f, r#"{{"remove":{},"id":{id}}}"#, quoted(list)),
            Edit::Single { key, value } => write!(f, r#"{{"single":{},"value":{value}}}"#, quoted(key)),
            Edit::LastId { sequence, id } => write!(f, r#"{{"last":{},"id":{id}}}"#, quoted(sequence)),
            Edit::List { list } => write!(f, r#"{{"list":{}}}"#, quoted(list)),
        }
    }
}

/// Parses a change; `None` if the value is not a change.
fn parse_edit(mut value: Value) -> Option<Edit<'static>> {
    let fields = value.as_object_mut()?;
    let id = fields.get("id").and_then(Value::as_i64);
    let mut take_string = |name: &str| match fields.remove(name) {
        Some(Value::String(value)) => Some(Cow::Owned(value)),
        _ => None,
    };
    if let Some(list) = take_string("put") {
        let record = fields.remove("record").filter(Value::is_object)?;
        return Some(Edit::Put { list, id: id?, record: Cow::Owned(Packed::from(&record)) });
    }
    if let Some(list) = take_string("remove") {
        return Some(Edit::Remove { list, id: id? });
    }
    if let Some(sequence) = take_string("last") {
        return Some(Edit::LastId { sequence, id: id? });
    }
    if let Some(list) = take_string("list") {
        return Some(Edit::List { list });
    }
    let key = take_string("single")?;
    Some(Edit::Single { key, value: Cow::Owned(fields.remove("value")?) })
}

/// Parses the changes of a line; `None` if the line is incomplete or damaged.
fn parse_edits(line: &[u8]) -> Option<Vec<Edit<'static>>> {
    let line = line.strip_suffix(b"\n")?;
    let Ok(Value::Array(edits)) = serde_json::from_slice(line) else { return None };
    edits.into_iter().map(parse_edit).collect()
}

/// The contents of a state file.
struct Contents {
    records: Records,
    /// The length of the valid lines in bytes.
    length: u64,
    /// The length of the header and the snapshot in bytes.
    snapshot_length: u64,
    /// The length in bytes of a last line that is incomplete or damaged; 0 if there is none.
    incomplete: u64,
}

/// Why a state file cannot be used.
#[derive(Debug)]
enum ReadError {
    Io(io::Error),
    /// The content is not a usable state. The string continues a sentence that starts with the file name.
    Invalid(String),
}

fn read(file: &File) -> Result<Contents, ReadError> {
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    // Limited, because the file of another program may be one very long line.
    io::Read::take(&mut lines, 200).read_until(b'\n', &mut line).map_err(ReadError::Io)?;
    let header: Value = serde_json::from_slice(&line).unwrap_or_default();
    if header.get("program").and_then(Value::as_str) != Some(PROGRAM) {
        return Err(ReadError::Invalid(format!("is not a state file of {PROGRAM}")));
    }
    match header.get("state").and_then(Value::as_u64) {
        Some(FORMAT_VERSION) => {}
        version => {
            let version = version.map_or_else(
                || "an unknown format version".to_owned(),
                |version| format!("the format version {version}"),
            );
            return Err(ReadError::Invalid(format!(
                "has {version}, but this {PROGRAM} reads only version {FORMAT_VERSION}"
            )));
        }
    }
    let mut contents =
        Contents { records: Records::default(), length: line.len() as u64, snapshot_length: 0, incomplete: 0 };
    for number in 2_u64.. {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(ReadError::Io)? as u64;
        if contents.incomplete > 0 && length > 0 {
            return Err(ReadError::Invalid(format!("is damaged in line {}", number - 1)));
        }
        if length == 0 {
            break;
        }
        match parse_edits(&line) {
            Some(edits) => {
                edits.into_iter().for_each(|edit| contents.records.apply(edit));
                contents.length += length;
            }
            None => contents.incomplete = length,
        }
        if number == 2 && contents.incomplete == 0 {
            contents.snapshot_length = contents.length;
        }
    }
    // A server that stopped cannot have left such a file: it gives a file its name only after the snapshot is on the
    // disk.
    if contents.snapshot_length == 0 {
        return Err(ReadError::Invalid("is damaged in line 2".to_owned()));
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "{\"program\":\"cwpsa-sim\",\"state\":1}\n";

    #[test]
    fn files_are_read_repaired_or_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let records = "[{\"last\":\"a/b\",\"id\":9},{\"put\":\"a/b\",\"id\":5,\"record\":{\"id\":5}},{\"list\":\"a/c\"},{\"single\":\"s\",\"value\":1}]\n";
        let valid = format!("{HEADER}{records}");
        let change = "[{\"remove\":\"a/b\",\"id\":5}]\n";
        for (text, expected) in [
            // Record 5 of the list `a/b` is left unless `change` was applied, which removes it.
            (valid.clone(), "1 left"),
            (format!("{valid}{change}"), "0 left"),
            (format!("{valid}{}", &change[..change.len() - 1]), "1 left"),
            (format!("{valid}{}", &change[..9]), "1 left"),
            (format!("{valid}\0\0\0\0\0\n"), "1 left"),
            (format!("{valid}{{}}\n"), "1 left"),
            (format!("{valid}[{{\"put\":\"a/b\"}}]\n"), "1 left"),
            (format!("{valid}[{{\n{change}"), "is damaged in line 3. The file was not changed"),
            (format!("{HEADER}[{{"), "is damaged in line 2. The file was not changed"),
            (HEADER.to_owned(), "is damaged in line 2. The file was not changed"),
            (
                HEADER.replace(":1", ":2"),
                "has the format version 2, but this cwpsa-sim reads only version 1. The file was not changed",
            ),
            (
                HEADER.replace("state", "x"),
                "has an unknown format version, but this cwpsa-sim reads only version 1. The file was not changed",
            ),
            ("{\"a\": 1}".to_owned(), "is not a state file of cwpsa-sim. The file was not changed"),
            ("x".repeat(3000), "is not a state file of cwpsa-sim. The file was not changed"),
            ("\u{0}\u{1}\n".to_owned(), "is not a state file of cwpsa-sim. The file was not changed"),
            (String::new(), "nothing"),
        ] {
            fs::write(&path, &text).unwrap();
            let found = match StateFile::open(&path) {
                Ok((_, None)) => "nothing".to_owned(),
                Ok((file, Some(mut records))) => {
                    assert_eq!(fs::metadata(&path).unwrap().len(), file.length, "{text}");
                    // The highest id so far was 9. The new record does not count as left.
                    assert_eq!(records.insert("a/b", serde_json::Map::new(), None), 10);
                    format!("{} left", records.collection("a/b").unwrap().records.len() - 1)
                }
                Err(error) => {
                    assert_eq!(fs::read_to_string(&path).unwrap(), text);
                    error.message().unwrap().replace(&format!("{} ", path.display()), "")
                }
            };
            assert_eq!(found, expected, "{text}");
        }
        assert!(StateFile::open(folder.path()).unwrap_err().to_string().contains("is a directory"));
        assert!(StateFile::open(&folder.path().join("no/where")).unwrap_err().to_string().contains("cannot be locked"));
    }

    #[tokio::test]
    async fn every_waiting_request_gets_the_write_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut file, _) = StateFile::open(&path).unwrap();
        file.replace(&Records::default()).unwrap();
        // Opened for reading only, so that writes fail.
        file.file = Some(File::open(&path).unwrap());
        let journal = Journal::start(file, Arc::default()).unwrap();
        assert_eq!(journal.flushed().await, Ok(()));
        journal.add(&[Edit::Remove { list: "a".into(), id: 1 }]);
        let why = journal.flushed().await.unwrap_err();
        assert!(why.contains("cannot be written"), "{why}");
        journal.add(&[Edit::Remove { list: "a".into(), id: 2 }]);
        assert_eq!((journal.flushed().await.unwrap_err(), journal.failed().await), (why.clone(), why));
        journal.close();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEADER}[]\n"));
    }
}
