//! A store in a file, which survives a restart of the program and a loss of power.

use std::error::Error as StdError;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use connectwise_psa_core::bytes::Bytes;
use connectwise_psa_core::transport::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::sync::lock;
use crate::webhooks::store::journal::{self, LineProblem};
use crate::webhooks::store::limits::StoreLimits;
use crate::webhooks::store::lock_file::LockFile;
use crate::webhooks::store::message_store::{Acceptance, MessageStore, StoreError};
use crate::webhooks::store::messages::{FailedMessage, NewMessage, UnhandledMessage};
use crate::webhooks::store::state::{Change, State, now};
use crate::webhooks::store::writer::{Command, Writer, remove_if_exists, unfinished};

/// How many commands wait for the thread that writes, at most.
const WAITING: usize = 1024;

/// Keeps messages in a file, and in memory.
///
/// - A message is in the file, and the file is synchronised with the disk (fsync), before
///   [`accept`](MessageStore::accept) returns. Messages that arrive together share one fsync.
/// - The file is a journal: each change appends a line with a checksum. A line that was not written completely is
///   ignored. A damaged line costs only itself, and is reported by [`damaged_lines`](Self::damaged_lines).
/// - That a message was handled is written at once, but not synchronised: after a loss of power, a message may be
///   handled again.
/// - When the file has grown enough, it is replaced with a shorter one, at once (rename). For this the store uses the
///   name of the file with `.new` at the end.
/// - A lock on a second file, with `.lock` at the end of the name, keeps other processes out. The system releases it
///   when the process ends. The lock may not work on a network drive.
///
/// Only the user of the program can read the file (on Unix): it contains customers' data.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use connectwise_psa::webhooks::FileStore;
///
/// let store = FileStore::open("messages.journal").await?;
/// for line in store.damaged_lines() {
///     eprintln!("{line}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileStore {
    state: Arc<Mutex<State>>,
    commands: mpsc::Sender<Command>,
    damaged: Vec<DamagedLine>,
}

/// Opens a [`FileStore`] with other settings than the default.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `open`"]
pub struct FileStoreBuilder {
    path: PathBuf,
    limits: StoreLimits,
    lock_wait: Duration,
    min_compaction: u64,
}

impl FileStore {
    /// Opens the file, or creates it. Its folder must exist.
    ///
    /// # Errors
    ///
    /// As [`FileStoreBuilder::open`].
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        Self::builder(path).open().await
    }

    /// Starts to set the store up.
    pub fn builder(path: impl Into<PathBuf>) -> FileStoreBuilder {
        FileStoreBuilder {
            path: path.into(),
            limits: StoreLimits::default(),
            lock_wait: Duration::from_secs(5),
            min_compaction: 8 << 20,
        }
    }

    /// Returns the damaged lines that were found when the file was opened, at most the first 1,000. What they said is
    /// lost: a message, or that a message was handled, which is then handled again.
    #[must_use]
    pub fn damaged_lines(&self) -> &[DamagedLine] {
        &self.damaged
    }

    /// Sends a command to the thread and waits for its response.
    async fn send<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Command,
    ) -> Result<T, StoreError> {
        let ended = || StoreError::new("the thread that writes the file has ended");
        let (sender, response) = oneshot::channel();
        self.commands.send(command(sender)).await.map_err(|_| ended())?;
        response.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Makes the changes that `plan` computes from the state, and returns their number.
    fn change(
        &self,
        plan: impl FnOnce(&mut State) -> Vec<Change> + Send + 'static,
    ) -> BoxFuture<'_, Result<usize, StoreError>> {
        Box::pin(self.send(|sender| Command::Change(Box::new(plan), sender)))
    }

    /// Returns a part of the state.
    fn view<T: Send + 'static>(
        &self,
        view: impl FnOnce(&State) -> T + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        Box::pin(async move { Ok(view(&lock(&self.state))) })
    }
}

impl FileStoreBuilder {
    /// Sets the limits of the store.
    pub fn limits(mut self, limits: StoreLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how long `open` waits for another process, such as the one that this one replaces, to end. The default is
    /// five seconds.
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    /// Sets the length in bytes below which the file is never replaced with a shorter one. Above it, the file is
    /// replaced when it has doubled since the last time. The default is 8 MiB.
    pub fn compact_above(mut self, bytes: u64) -> Self {
        self.min_compaction = bytes;
        self
    }

    /// Opens the file, or creates it. Its folder must exist. The file is read in a thread for blocking work.
    ///
    /// # Errors
    ///
    /// Another process uses the file, a newer version of this crate has written it, it is not a journal, or it cannot be
    /// read or written.
    ///
    /// # Panics
    ///
    /// Panics outside of a Tokio runtime.
    pub async fn open(self) -> Result<FileStore, OpenError> {
        let path = self.path.clone();
        let opened = tokio::task::spawn_blocking(move || self.open_blocking()).await;
        opened.unwrap_or_else(|error| Err(OpenError::Io { path, error: io::Error::other(error) }))
    }

    fn open_blocking(self) -> Result<FileStore, OpenError> {
        let path = self.path;
        let fail = |error| OpenError::Io { path: path.clone(), error };
        let lock_file = LockFile::lock(&lock_path(&path), self.lock_wait).map_err(fail)?;
        let Some(lock_file) = lock_file else { return Err(OpenError::InUse { path }) };
        remove_if_exists(&unfinished(&path)).map_err(fail)?;
        let mut state = State::new(self.limits);
        let journal = match File::open(&path) {
            Ok(file) => journal::read(BufReader::new(file), |change| state.apply(change)).map_err(fail)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => journal::Journal::default(),
            Err(error) => return Err(fail(error)),
        };
        if !journal.is_journal() {
            return Err(OpenError::NotAJournal { path });
        }
        if !journal.is_supported() {
            return Err(OpenError::UnsupportedVersion { path });
        }
        if journal.damaged_count > 0 {
            let (lines, path) = (journal.damaged_count, path.display());
            tracing::error!(lines, %path, "the journal of messages has damaged lines, which are ignored");
        }
        state.expire(now());
        let state = Arc::new(Mutex::new(state));
        let writer = Writer::open(path.clone(), journal.length, state.clone(), self.min_compaction, lock_file);
        let writer = writer.map_err(fail)?;
        let (commands, receiver) = mpsc::channel(WAITING);
        thread::Builder::new().name("webhook-store".to_owned()).spawn(move || writer.run(receiver)).map_err(fail)?;
        let damaged = journal.damaged.into_iter().map(|(line, problem)| DamagedLine { line, problem }).collect();
        Ok(FileStore { state, commands, damaged })
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

impl MessageStore for FileStore {
    fn accept(&self, message: NewMessage) -> BoxFuture<'_, Result<Acceptance, StoreError>> {
        Box::pin(self.send(|sender| Command::Accept(message, sender)))
    }

    fn unhandled(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<UnhandledMessage>, StoreError>> {
        self.view(move |state| state.unhandled(after, limit))
    }

    fn body(&self, sequence: u64) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        self.view(move |state| state.body(sequence))
    }

    fn handled(&self, sequence: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        let changed = self.change(move |_| vec![Change::Done { sequence, at: now() }]);
        Box::pin(async move { changed.await.map(drop) })
    }

    fn attempt_failed(&self, sequence: u64, error: String, give_up: bool) -> BoxFuture<'_, Result<(), StoreError>> {
        let changed = self.change(move |state| vec![state.failure(sequence, error, give_up)]);
        Box::pin(async move { changed.await.map(drop) })
    }

    fn failed(&self) -> BoxFuture<'_, Result<Vec<FailedMessage>, StoreError>> {
        self.view(State::failed)
    }

    fn retry_failed(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.change(State::requeue)
    }

    fn discard_failed(&self, sequence: u64) -> BoxFuture<'_, Result<bool, StoreError>> {
        let discard = move |state: &mut State| {
            if state.has_failed(sequence) { vec![Change::Done { sequence, at: now() }] } else { Vec::new() }
        };
        let changed = self.change(discard);
        Box::pin(async move { Ok(changed.await? > 0) })
    }
}

/// A line of a journal that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedLine {
    line: u64,
    problem: LineProblem,
}

impl DamagedLine {
    /// Returns the number of the line. The first one is 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }
}

impl fmt::Display for DamagedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            LineProblem::Checksum => "its checksum is wrong",
            LineProblem::Content => "its content is unknown",
        };
        write!(f, "line {} of the journal of messages is ignored: {problem}", self.line)
    }
}

/// A [`FileStore`] could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another store of this process, uses the file.
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this crate has written the file.
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
    },
    /// The file contains something else. It is not changed.
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { path } => write!(f, "another store uses the file {}", path.display()),
            Self::UnsupportedVersion { path } => {
                write!(f, "a newer version of this program has written the file {}", path.display())
            }
            Self::NotAJournal { path } => write!(f, "the file {} is not a journal of messages", path.display()),
            Self::Io { path, error } => write!(f, "the file {} cannot be used: {error}", path.display()),
        }
    }
}

impl StdError for OpenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::InUse { .. } | Self::UnsupportedVersion { .. } | Self::NotAJournal { .. } => None,
        }
    }
}
