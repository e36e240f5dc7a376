//! The thread that writes changes to the file, and the queue in front of it.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use connectwise_psa::Error;
use tokio::sync::watch;

use super::file::StateFile;
use super::format::edits_text;
use crate::server_state::ServerState;
use crate::store::Edit;
use crate::sync::{lock, recover};

/// Writes changes to the file on a separate thread. Changes that arrive during a write share the next write.
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
    /// Groups of changes. The writer turns them into text, so that requests do not wait for that.
    edits: Vec<Vec<Edit<'static>>>,
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
    pub(crate) fn add(&self, edits: Vec<Edit<'static>>) {
        if edits.is_empty() {
            return;
        }
        let mut pending = lock(&self.queue.pending);
        // Counted even if they are not accepted, so that `flushed` does not report them as written.
        pending.groups += 1;
        if pending.closed {
            return;
        }
        pending.edits.push(edits);
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
        let (edits, mut groups, closed) = {
            let pending = lock(&queue.pending);
            let is_idle = |pending: &mut Pending| pending.edits.is_empty() && !pending.closed;
            let mut pending = recover(queue.changed.wait_while(pending, is_idle));
            (std::mem::take(&mut pending.edits), pending.groups, pending.closed)
        };
        let result = if edits.is_empty() {
            Ok(())
        } else if file.needs_rewrite() {
            let records = {
                let server = lock(server);
                let mut pending = lock(&queue.pending);
                // The records already contain the changes in `edits` and the pending ones.
                pending.edits.clear();
                groups = pending.groups;
                // The copy shares memory. It is written without the lock.
                server.records.clone()
            };
            file.rewrite(&records)
        } else {
            file.append(edits.iter().map(|group| edits_text(group)))
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

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::store::Records;

    #[tokio::test]
    async fn every_waiting_request_gets_the_write_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (mut file, _) = StateFile::open(&path).unwrap();
        file.replace(&Records::default()).unwrap();
        let before = fs::read_to_string(&path).unwrap();
        // Opened for reading only, so that writes fail.
        file.file = Some(File::open(&path).unwrap());
        let journal = Journal::start(file, Arc::default()).unwrap();
        assert_eq!(journal.flushed().await, Ok(()));
        journal.add(vec![Edit::Remove { list: "a".into(), id: 1 }]);
        let why = journal.flushed().await.unwrap_err();
        assert!(why.contains("cannot be written"), "{why}");
        journal.add(vec![Edit::Remove { list: "a".into(), id: 2 }]);
        assert_eq!((journal.flushed().await.unwrap_err(), journal.failed().await), (why.clone(), why));
        journal.close();
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }
}
