//! The thread that writes a journal. It writes what has collected since its last write at once, so that messages that
//! arrive together share one fsync.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

use crate::folder::sync_folder;
use crate::sync::lock;
use crate::webhooks::store::journal;
use crate::webhooks::store::lock_file::LockFile;
use crate::webhooks::store::message_store::{Acceptance, StoreError};
use crate::webhooks::store::messages::NewMessage;
use crate::webhooks::store::state::{Batch, Change, State, now};

/// How many commands are written at once at most.
const MAX_BATCH: usize = 256;

/// How many bytes of a compacted journal are collected before they are written.
const CHUNK: usize = 1 << 20;

/// Computes changes from the state.
pub(super) type Plan = Box<dyn FnOnce(&mut State) -> Vec<Change> + Send>;

/// What the thread is to do.
pub(super) enum Command {
    Accept(NewMessage, oneshot::Sender<Result<Acceptance, StoreError>>),
    /// Makes changes, and returns their number.
    Change(Plan, oneshot::Sender<Result<usize, StoreError>>),
}

/// The journal, and the state that it leads to.
pub(super) struct Writer {
    path: PathBuf,
    /// `None` after a compaction failed between the old and the new file.
    file: Option<File>,
    length: u64,
    state: Arc<Mutex<State>>,
    /// The length above which the journal is compacted.
    compact_above: u64,
    min_compaction: u64,
    _lock: LockFile,
}

/// A response that is sent after the batch is written.
enum Response {
    Accept(Acceptance, oneshot::Sender<Result<Acceptance, StoreError>>),
    Change(usize, oneshot::Sender<Result<usize, StoreError>>),
}

impl Response {
    /// Sends the response. Nobody receives it if the caller has dropped its future; the change is made nevertheless.
    fn send(self, result: Result<(), &StoreError>) {
        match self {
            Self::Accept(acceptance, sender) => drop(sender.send(result.map(|()| acceptance).map_err(Clone::clone))),
            Self::Change(count, sender) => drop(sender.send(result.map(|()| count).map_err(Clone::clone))),
        }
    }
}

impl Writer {
    /// Opens the file of a journal that has been read. `length` is its length without an incomplete last line.
    pub(super) fn open(
        path: PathBuf,
        length: u64,
        state: Arc<Mutex<State>>,
        min_compaction: u64,
        lock: LockFile,
    ) -> io::Result<Self> {
        let file = append(&path)?;
        if file.metadata()?.len() > length {
            file.set_len(length)?;
        }
        let mut writer =
            Self { path, file: Some(file), length, state, compact_above: min_compaction, min_compaction, _lock: lock };
        if length == 0 {
            let mut version = Vec::new();
            journal::write_version(&mut version);
            writer.write(&version, true)?;
            sync_folder(&writer.path)?;
        }
        Ok(writer)
    }

    /// Carries out commands until every sender is dropped.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(first) = commands.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH
                && let Ok(next) = commands.try_recv()
            {
                batch.push(next);
            }
            self.carry_out(batch);
            if self.length > self.compact_above {
                self.compact();
            }
        }
    }

    fn carry_out(&mut self, batch: Vec<Command>) {
        let (changes, responses) = plan(&mut lock(&self.state), batch);
        let mut lines = Vec::new();
        changes.iter().for_each(|change| journal::write_change(&mut lines, change));
        // Other changes may be lost when the machine loses power. Then messages are handled again.
        let must_sync = changes.iter().any(|change| matches!(change, Change::Accepted { .. }));
        let result = self.write(&lines, must_sync).map_err(StoreError::new);
        if result.is_ok() {
            let mut state = lock(&self.state);
            changes.into_iter().for_each(|change| state.apply(change));
        }
        for response in responses {
            response.send(result.as_ref().copied());
        }
    }

    /// Appends bytes to the file. If that fails, removes what was written, as far as possible.
    fn write(&mut self, bytes: &[u8], must_sync: bool) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => append(&self.path)?,
        };
        let file = self.file.insert(file);
        let result = file.write_all(bytes).and_then(|()| if must_sync { file.sync_data() } else { Ok(()) });
        match &result {
            Ok(()) => self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Err(_) => drop(file.set_len(self.length)),
        }
        result
    }

    /// Replaces the journal with one that has only what is needed for the current state.
    fn compact(&mut self) {
        match self.try_compact() {
            Ok(length) => {
                tracing::debug!(length, "compacted the journal of messages");
                self.compact_above = self.min_compaction.max(length.saturating_mul(2));
            }
            Err(error) => {
                tracing::error!(%error, path = %self.path.display(), "could not compact the journal of messages");
                // It would take the space that the disk may lack.
                let _ = remove_if_exists(&unfinished(&self.path));
                // The journal has the same messages as before. The next attempt is made when it has grown further.
                self.compact_above = self.length.saturating_mul(2);
            }
        }
    }

    fn try_compact(&mut self) -> io::Result<u64> {
        let new_path = unfinished(&self.path);
        let length = self.write_compacted(&new_path)?;
        // Some systems do not replace a file that is open.
        self.file = None;
        fs::rename(&new_path, &self.path)?;
        // The file has this length now, whether or not its folder is synced.
        self.length = length;
        sync_folder(&self.path)?;
        Ok(length)
    }

    fn write_compacted(&self, path: &Path) -> io::Result<u64> {
        remove_if_exists(path)?;
        let mut file = append(path)?;
        let mut chunk = Vec::new();
        let mut length = 0;
        journal::write_version(&mut chunk);
        let mut flush = |chunk: &mut Vec<u8>| {
            length += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            file.write_all(chunk)?;
            chunk.clear();
            io::Result::Ok(())
        };
        // Collected, so that the state is not locked while the file is written. Bodies are shared, not copied.
        let changes: Vec<Change> = lock(&self.state).snapshot().collect();
        for change in changes {
            journal::write_change(&mut chunk, &change);
            if chunk.len() >= CHUNK {
                flush(&mut chunk)?;
            }
        }
        flush(&mut chunk)?;
        file.sync_all()?;
        Ok(length)
    }
}

/// Returns the changes of a batch, and the responses to send when they are written.
fn plan(state: &mut State, batch: Vec<Command>) -> (Vec<Change>, Vec<Response>) {
    state.expire(now());
    let mut changes = Vec::new();
    let mut responses = Vec::new();
    let mut accepted = Batch::default();
    for command in batch {
        match command {
            Command::Accept(message, sender) => {
                let acceptance = state.acceptance(&message, &mut accepted);
                if acceptance == Acceptance::Accepted {
                    let sequence = state.next_sequence();
                    let NewMessage { key, record, body } = message;
                    changes.push(Change::Accepted { sequence, attempts: 0, key, record, body });
                }
                responses.push(Response::Accept(acceptance, sender));
            }
            Command::Change(plan, sender) => {
                let planned = plan(state);
                responses.push(Response::Change(planned.len(), sender));
                changes.extend(planned);
            }
        }
    }
    (changes, responses)
}

/// Opens a file to append to it. Messages contain customers' data, so that only the program's user can read the file.
fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Returns the name of a compacted journal until it is complete.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Removes a file, if it exists.
pub(super) fn remove_if_exists(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
