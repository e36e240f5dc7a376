//! The state file: records that outlive the server, however it ends.
//!
//! The file has a line that says what it is, a line with all records as they were, and a line for each group of changes
//! since. A line is written as a whole and flushed to the disk before the answers leave that tell of its changes; the
//! next one begins only then. So a line that is torn can only be the last one, and nobody has been told of what is in
//! it: it is cut off. When the changes have become more than the records, the file is written anew under another name
//! and put in the old one's place.

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

/// What the first line names.
const PROGRAM: &str = "cwpsa-sim";

/// The form of the file. Another form gets another number.
const FORM: u64 = 1;

/// How long the changes in the file may be at least before it is written anew, in bytes.
const LEAST_CHANGES: u64 = 4 * 1024 * 1024;

/// An open state file, which no other server can have.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// Locked as long as it is open. A file of its own, for the state's is replaced now and then.
    _lock: File,
    /// None before the first state is written.
    file: Option<File>,
    /// How long the file is, in bytes.
    length: u64,
    /// How long it was before any changes.
    length_of_records: u64,
}

impl StateFile {
    /// Opens a state file, and reads the records when there are any.
    ///
    /// # Errors
    ///
    /// When another server has it, it is no state file of this form, it is damaged, or it cannot be read. It is left as
    /// it is then.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<Records>), Error> {
        let shown = path.display();
        let failed = |what: &str, error: io::Error| {
            Error::invalid_input_from("state", format!("{shown} {what}: {error}"), error)
        };
        if path.is_dir() {
            return Err(Error::invalid_input("state", format!("{shown} is a folder")));
        }
        // A link stays one: what it leads to is replaced.
        let path = if path.exists() {
            fs::canonicalize(path).map_err(|error| failed("cannot be read", error))?
        } else {
            path.to_owned()
        };
        let lock = File::options().create(true).truncate(false).write(true).open(beside(&path, ".lock"));
        let lock = lock.map_err(|error| failed("cannot be locked", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::invalid_input("state", format!("{shown} is in use by another server")));
            }
            Err(TryLockError::Error(error)) => return Err(failed("cannot be locked", error)),
        }
        let mut state = Self { path, _lock: lock, file: None, length: 0, length_of_records: 0 };
        match fs::metadata(&state.path) {
            // An empty file holds nothing that could be lost.
            Ok(found) if found.len() > 0 => {}
            Ok(_) => return Ok((state, None)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((state, None)),
            Err(error) => return Err(failed("cannot be read", error)),
        }
        let file = File::options()
            .read(true)
            .append(true)
            .open(&state.path)
            .map_err(|error| failed("cannot be read", error))?;
        let found = read(&file).map_err(|error| match error {
            Unreadable::Lost(error) => failed("cannot be read", error),
            Unreadable::Unfit(why) => Error::invalid_input("state", format!("{shown} {why}; it was left as it is")),
        })?;
        if found.torn > 0 {
            tracing::warn!(file = %shown, bytes = found.torn, "the last line of the state was cut off: it was being written when the server ended");
            cut(&state.path, found.length).map_err(|error| failed("cannot be written", error))?;
        }
        (state.length, state.length_of_records, state.file) = (found.length, found.length_of_records, Some(file));
        Ok((state, Some(found.records)))
    }

    /// Writes all records, in place of what is there.
    pub(crate) fn replace(&mut self, records: &Records) -> Result<(), Error> {
        let written = whole(records).and_then(|text| self.write_anew(&text));
        written.map_err(|error| {
            Error::invalid_input_from("state", format!("{} cannot be written: {error}", self.path.display()), error)
        })
    }

    fn write_anew(&mut self, text: &[u8]) -> io::Result<()> {
        // The lock makes the name ours, and what is there of a server that has crashed is of no use.
        let new = beside(&self.path, ".new");
        let mut file = File::create(&new)?;
        if let Ok(old) = fs::metadata(&self.path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        drop(file);
        // Some systems replace no file that is open.
        self.file = None;
        fs::rename(&new, &self.path)?;
        // The new name has to be on the disk as well, where folders can be flushed.
        #[cfg(unix)]
        File::open(self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
            .sync_all()?;
        self.file = Some(File::options().append(true).open(&self.path)?);
        self.length = text.len() as u64;
        self.length_of_records = self.length;
        Ok(())
    }

    /// Adds a line of changes, and waits until it is on the disk.
    fn append(&mut self, edits: &str) -> io::Result<()> {
        let line = format!("[{edits}]\n");
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("it is not open"))?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            // Nobody is told of these changes, so they go where that is possible.
            let _ = cut(&self.path, self.length);
        } else {
            self.length += line.len() as u64;
        }
        written
    }

    /// Whether it is time to write the file anew, so that it does not grow for ever.
    const fn has_grown(&self) -> bool {
        let changes = self.length - self.length_of_records;
        changes > LEAST_CHANGES && changes > self.length_of_records
    }
}

/// Changes on their way into the file. A thread of its own writes them: those of all requests that came while it was
/// writing as one line.
#[derive(Debug)]
pub(crate) struct Journal {
    queue: Arc<Queue>,
    saved: watch::Receiver<Saved>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Changes as the file has them, with commas between.
    text: String,
    /// How many groups of changes there have been.
    groups: u64,
    /// Nothing is written any more after this.
    closed: bool,
}

/// How far the file is.
#[derive(Clone, Debug, Default)]
struct Saved {
    groups: u64,
    failure: Option<String>,
}

impl Journal {
    /// Begins to write: changes are to be collected in the records of the server state from now on.
    ///
    /// # Errors
    ///
    /// When the system has no thread for it.
    pub(crate) fn begin(file: StateFile, server: Arc<Mutex<ServerState>>) -> Result<Self, Error> {
        let queue = Arc::new(Queue::default());
        let (report, saved) = watch::channel(Saved::default());
        let writer = std::thread::Builder::new().name("state file".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            move || write(file, &server, &queue, &report)
        });
        let writer =
            writer.map_err(|error| Error::invalid_input_from("state", format!("cannot be written: {error}"), error))?;
        Ok(Self { queue, saved, writer: Mutex::new(Some(writer)) })
    }

    /// Takes the changes of one request; all of them get into the file, or none. To be called while the server state is
    /// locked, so that they keep their order.
    pub(crate) fn add(&self, edits: &[Edit<'_>]) {
        if edits.is_empty() {
            return;
        }
        let mut waiting = lock(&self.queue.waiting);
        waiting.groups += 1;
        if waiting.closed {
            return;
        }
        for edit in edits {
            let comma = if waiting.text.is_empty() { "" } else { "," };
            let text = format!("{comma}{}", EditText(edit));
            waiting.text.push_str(&text);
        }
        self.queue.arrived.notify_one();
    }

    /// Waits until every change so far is in the file.
    ///
    /// # Errors
    ///
    /// Why it will never be.
    pub(crate) async fn saved(&self) -> Result<(), String> {
        let wanted = lock(&self.queue.waiting).groups;
        let mut saved = self.saved.clone();
        match saved.wait_for(|saved| saved.failure.is_some() || saved.groups >= wanted).await {
            Ok(saved) => saved.failure.clone().map_or(Ok(()), Err),
            Err(_) => Err("the server is being stopped".to_owned()),
        }
    }

    /// Waits until the file cannot be written any more, and says why; for ever as long as it can.
    pub(crate) async fn failed(&self) -> String {
        let mut saved = self.saved.clone();
        match saved.wait_for(|saved| saved.failure.is_some()).await {
            Ok(saved) => saved.failure.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Writes what is waiting, and gives the file free.
    pub(crate) fn close(&self) {
        lock(&self.queue.waiting).closed = true;
        self.queue.arrived.notify_one();
        if let Some(writer) = lock(&self.writer).take() {
            // A writer that has panicked has nothing open any more.
            let _ = writer.join();
        }
    }
}

/// Writes what arrives until the journal is closed, or the file cannot be written.
fn write(mut file: StateFile, server: &Mutex<ServerState>, queue: &Queue, report: &watch::Sender<Saved>) {
    loop {
        let (text, mut groups, closed) = {
            let waiting = lock(&queue.waiting);
            let is_idle = |waiting: &mut Waiting| waiting.text.is_empty() && !waiting.closed;
            let mut waiting = recover(queue.arrived.wait_while(waiting, is_idle));
            (std::mem::take(&mut waiting.text), waiting.groups, waiting.closed)
        };
        let written = if text.is_empty() {
            Ok(())
        } else if file.has_grown() {
            let whole = {
                let server = lock(server);
                let mut waiting = lock(&queue.waiting);
                // The records have all that has been taken and all that waits.
                waiting.text.clear();
                groups = waiting.groups;
                whole(&server.records)
            };
            whole.and_then(|whole| file.write_anew(&whole))
        } else {
            file.append(&text)
        };
        match written {
            Ok(()) => _ = report.send_replace(Saved { groups, failure: None }),
            Err(error) => {
                let failure = format!("The state file {} cannot be written: {error}", file.path.display());
                tracing::error!("{failure}");
                lock(&queue.waiting).closed = true;
                report.send_replace(Saved { groups: 0, failure: Some(failure) });
                return;
            }
        }
        if closed {
            return;
        }
    }
}

/// Ends a file after so many bytes. On some systems, one that is open for appending cannot be cut itself.
fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// A file's name with something at its end.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What a file with these records and no changes holds.
fn whole(records: &Records) -> io::Result<Vec<u8>> {
    let mut text = json!({"program": PROGRAM, "state": FORM}).to_string().into_bytes();
    text.extend_from_slice(b"\n[");
    for (number, edit) in records.whole().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        write!(text, "{}", EditText(&edit))?;
    }
    text.extend_from_slice(b"]\n");
    Ok(text)
}

/// A change as the file has it.
struct EditText<'a>(&'a Edit<'a>);

impl std::fmt::Display for EditText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |text: &str| Value::from(text);
        match self.0 {
            Edit::Put { list, id, record } => write!(f, r#"{{"put":{},"id":{id},"record":{record}}}"#, text(list)),
            Edit::Remove { list, id } => write!(f, r#"{{"remove":{},"id":{id}}}"#, text(list)),
            Edit::Single { key, value } => write!(f, r#"{{"single":{},"value":{value}}}"#, text(key)),
            Edit::Last { kind, id } => write!(f, r#"{{"last":{},"id":{id}}}"#, text(kind)),
            Edit::List { list } => write!(f, r#"{{"list":{}}}"#, text(list)),
        }
    }
}

/// A change of the file; none when it is no change.
fn edit(mut value: Value) -> Option<Edit<'static>> {
    let members = value.as_object_mut()?;
    let id = members.get("id").and_then(Value::as_i64);
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) => Some(Cow::Owned(text)),
        _ => None,
    };
    if let Some(list) = text("put") {
        let record = members.remove("record").filter(Value::is_object)?;
        return Some(Edit::Put { list, id: id?, record: Cow::Owned(Packed::from(&record)) });
    }
    if let Some(list) = text("remove") {
        return Some(Edit::Remove { list, id: id? });
    }
    if let Some(kind) = text("last") {
        return Some(Edit::Last { kind, id: id? });
    }
    if let Some(list) = text("list") {
        return Some(Edit::List { list });
    }
    let key = text("single")?;
    Some(Edit::Single { key, value: Cow::Owned(members.remove("value")?) })
}

/// The changes of a line; none when it is torn.
fn edits(line: &[u8]) -> Option<Vec<Edit<'static>>> {
    let line = line.strip_suffix(b"\n")?;
    let Ok(Value::Array(edits)) = serde_json::from_slice(line) else { return None };
    edits.into_iter().map(edit).collect()
}

/// What a file holds.
struct Read {
    records: Records,
    /// How much of it is good, in bytes.
    length: u64,
    length_of_records: u64,
    /// How much of it is not, in bytes.
    torn: u64,
}

/// Why a file cannot be used.
#[derive(Debug)]
enum Unreadable {
    Lost(io::Error),
    /// It holds something else; the text continues a sentence after its name.
    Unfit(String),
}

fn read(file: &File) -> Result<Read, Unreadable> {
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    // The beginning of another program's file may be one very long line.
    io::Read::take(&mut lines, 200).read_until(b'\n', &mut line).map_err(Unreadable::Lost)?;
    let head: Value = serde_json::from_slice(&line).unwrap_or_default();
    if head.get("program").and_then(Value::as_str) != Some(PROGRAM) {
        return Err(Unreadable::Unfit(format!("is no state of {PROGRAM}")));
    }
    match head.get("state").and_then(Value::as_u64) {
        Some(FORM) => {}
        form => {
            let form = form.map_or_else(|| "unknown".to_owned(), |form| form.to_string());
            return Err(Unreadable::Unfit(format!(
                "is a state of the form {form}, and this version of {PROGRAM} knows the form {FORM}"
            )));
        }
    }
    let mut found = Read { records: Records::default(), length: line.len() as u64, length_of_records: 0, torn: 0 };
    for number in 2_u64.. {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(Unreadable::Lost)? as u64;
        if found.torn > 0 && length > 0 {
            return Err(Unreadable::Unfit(format!("is damaged in line {}", number - 1)));
        }
        if length == 0 {
            break;
        }
        match edits(&line) {
            Some(edits) => {
                edits.into_iter().for_each(|edit| found.records.apply(edit));
                found.length += length;
            }
            None => found.torn = length,
        }
        if number == 2 && found.torn == 0 {
            found.length_of_records = found.length;
        }
    }
    // The line of all records is never torn: the file gets its name when it is on the disk.
    if found.length_of_records == 0 {
        return Err(Unreadable::Unfit("is damaged in line 2".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "{\"program\":\"cwpsa-sim\",\"state\":1}\n";

    #[test]
    fn files_are_read_cut_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let records = "[{\"last\":\"a/b\",\"id\":9},{\"put\":\"a/b\",\"id\":5,\"record\":{\"id\":5}},{\"list\":\"a/c\"},{\"single\":\"s\",\"value\":1}]\n";
        let good = format!("{HEAD}{records}");
        let change = "[{\"remove\":\"a/b\",\"id\":5}]\n";
        for (text, expected) in [
            (good.clone(), "1 left"),
            (format!("{good}{change}"), "0 left"),
            (format!("{good}{}", &change[..change.len() - 1]), "1 left"),
            (format!("{good}{}", &change[..9]), "1 left"),
            (format!("{good}\0\0\0\0\0\n"), "1 left"),
            (format!("{good}{{}}\n"), "1 left"),
            (format!("{good}[{{\"put\":\"a/b\"}}]\n"), "1 left"),
            (format!("{good}[{{\n{change}"), "is damaged in line 3; it was left as it is"),
            (format!("{HEAD}[{{"), "is damaged in line 2; it was left as it is"),
            (HEAD.to_owned(), "is damaged in line 2; it was left as it is"),
            (
                HEAD.replace(":1", ":2"),
                "is a state of the form 2, and this version of cwpsa-sim knows the form 1; it was left as it is",
            ),
            (
                HEAD.replace("state", "x"),
                "is a state of the form unknown, and this version of cwpsa-sim knows the form 1; it was left as it is",
            ),
            ("{\"a\": 1}".to_owned(), "is no state of cwpsa-sim; it was left as it is"),
            ("x".repeat(3000), "is no state of cwpsa-sim; it was left as it is"),
            ("\u{0}\u{1}\n".to_owned(), "is no state of cwpsa-sim; it was left as it is"),
            (String::new(), "nothing"),
        ] {
            fs::write(&path, &text).unwrap();
            let found = match StateFile::open(&path) {
                Ok((_, None)) => "nothing".to_owned(),
                Ok((file, Some(mut records))) => {
                    assert_eq!(fs::metadata(&path).unwrap().len(), file.length, "{text}");
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
        assert!(StateFile::open(folder.path()).unwrap_err().to_string().contains("is a folder"));
        assert!(StateFile::open(&folder.path().join("no/where")).unwrap_err().to_string().contains("cannot be locked"));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_told_to_everyone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut file, _) = StateFile::open(&path).unwrap();
        file.replace(&Records::default()).unwrap();
        // One that can only be read.
        file.file = Some(File::open(&path).unwrap());
        let journal = Journal::begin(file, Arc::default()).unwrap();
        assert_eq!(journal.saved().await, Ok(()));
        journal.add(&[Edit::Remove { list: "a".into(), id: 1 }]);
        let why = journal.saved().await.unwrap_err();
        assert!(why.contains("cannot be written"), "{why}");
        journal.add(&[Edit::Remove { list: "a".into(), id: 2 }]);
        assert_eq!((journal.saved().await.unwrap_err(), journal.failed().await), (why.clone(), why));
        journal.close();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEAD}[]\n"));
    }
}
