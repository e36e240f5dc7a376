//! A state of catch-ups that survives a restart: a folder with two files for each type of record.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::folder::{folder_of, sync_folder};
use crate::sync::lock;
use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::catch_up::checkpoint::Checkpoint;
use crate::webhooks::catch_up::state::{CatchUpState, TypeState};
use crate::webhooks::event::{Action, Event};

/// The size above which the log of observed ids is folded into the checkpoint, in bytes.
const MAX_LOG: u64 = 1024 * 1024;

/// A state of catch-ups in a folder. It survives a restart of the program. Only one process at a time may use the
/// folder.
///
/// Each type has a file with its checkpoint (`ticket.ids`), which is replaced as a whole, and a log of the ids that were
/// observed since (`ticket.log`). The log is written before `observe` returns, and survives the end of the process; a
/// power failure can lose its last lines. Damaged files are errors, not empty states.
///
/// ```no_run
/// # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
/// use connectwise_psa::webhooks::{CallbackType, CatchUpOptions, FileState};
///
/// let state = FileState::open("/var/lib/hooks/state")?;
/// let mut missed = psa.callbacks().catch_up([CallbackType::Ticket], &state, CatchUpOptions::new())?;
/// while let Some(event) = missed.next().await {
///     let event = event?;
///     println!("{:?} {} {}", event.action, event.callback_type, event.id);
/// }
/// missed.commit().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileState {
    folder: Arc<Path>,
    types: Arc<Mutex<HashMap<CallbackType, OpenType>>>,
}

/// The state of a type whose files have been read.
#[derive(Debug)]
struct OpenType {
    state: TypeState,
    checkpoint_file: PathBuf,
    log_file: PathBuf,
    /// The log, opened for appending.
    log: File,
    log_size: u64,
    /// The size at which the log is folded.
    max_log: u64,
}

impl FileState {
    /// Opens the state in a folder, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// The folder cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self { folder: folder.into(), types: Arc::default() })
    }

    /// Runs a function with the state of a type on a thread for blocking work.
    async fn with_type<T: Send + 'static>(
        &self,
        callback_type: &CallbackType,
        work: impl FnOnce(&mut OpenType) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (this, callback_type) = (self.clone(), callback_type.clone());
        let work = move || {
            let mut types = lock(&this.types);
            let mut open = match types.remove(&callback_type) {
                Some(open) => open,
                None => OpenType::open(&this.folder, &callback_type)?,
            };
            let result = work(&mut open);
            // After an error, the files may differ from the memory: they are read again next time.
            if result.is_ok() {
                types.insert(callback_type, open);
            }
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }
}

impl OpenType {
    fn open(folder: &Path, callback_type: &CallbackType) -> io::Result<Self> {
        if matches!(callback_type, CallbackType::Other(_)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no catch-up for unknown types"));
        }
        let name = callback_type.as_str().to_ascii_lowercase();
        let (checkpoint_file, log_file) = (folder.join(format!("{name}.ids")), folder.join(format!("{name}.log")));
        let checkpoint = match fs::read(&checkpoint_file) {
            Ok(bytes) => Some(Checkpoint::from_bytes(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let log = OpenOptions::new().append(true).create(true).open(&log_file)?;
        let mut state = TypeState { checkpoint, ..TypeState::default() };
        let text = fs::read_to_string(&log_file)?;
        // The process can have ended in the middle of the last line.
        let complete = text.rfind('\n').map_or("", |end| text.get(..=end).unwrap_or_default());
        for line in complete.lines() {
            let (id, exists) = read_line(line)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the log of observed ids is damaged"))?;
            state.observed.note(id, exists);
        }
        let log_size = complete.len() as u64;
        log.set_len(log_size)?;
        Ok(Self { state, checkpoint_file, log_file, log, log_size, max_log: MAX_LOG.max(log_size.saturating_mul(2)) })
    }

    fn observe(&mut self, id: i32, exists: bool) -> io::Result<()> {
        let line = log_line(id, exists);
        self.log.write_all(line.as_bytes())?;
        self.state.observed.note(id, exists);
        self.log_size += line.len() as u64;
        if self.log_size > self.max_log { self.fold() } else { Ok(()) }
    }

    fn save(&mut self, checkpoint: Checkpoint) -> io::Result<()> {
        self.state.save(checkpoint);
        self.write_checkpoint()?;
        self.replace_log("")
    }

    /// Makes the log shorter, and keeps all observed ids. They are still needed when a running catch-up is saved.
    fn fold(&mut self) -> io::Result<()> {
        if let Some(checkpoint) = &mut self.state.checkpoint {
            self.state.observed.apply_to(&mut checkpoint.known);
            self.write_checkpoint()?;
        }
        let lines: String = self.state.observed.iter().map(|(id, exists)| log_line(id, exists)).collect();
        self.replace_log(&lines)
    }

    fn write_checkpoint(&self) -> io::Result<()> {
        let Some(checkpoint) = &self.state.checkpoint else { return Ok(()) };
        replace_file(&self.checkpoint_file, &checkpoint.to_bytes())
    }

    fn replace_log(&mut self, lines: &str) -> io::Result<()> {
        replace_file(&self.log_file, lines.as_bytes())?;
        self.log = OpenOptions::new().append(true).open(&self.log_file)?;
        self.log_size = lines.len() as u64;
        self.max_log = MAX_LOG.max(self.log_size.saturating_mul(2));
        Ok(())
    }
}

fn log_line(id: i32, exists: bool) -> String {
    format!("{}{id}\n", if exists { '+' } else { '-' })
}

fn read_line(line: &str) -> Option<(i32, bool)> {
    let exists = match line.as_bytes().first()? {
        b'+' => true,
        b'-' => false,
        _ => return None,
    };
    Some((line.get(1..)?.parse().ok()?, exists))
}

/// Replaces a file as a whole: after a crash, it has either its old or its new content.
fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // Where this is not possible, the new name is stored later.
    let _ = sync_folder(path);
    Ok(())
}

impl CatchUpState for FileState {
    async fn load(&self, callback_type: &CallbackType) -> io::Result<Option<Checkpoint>> {
        self.with_type(callback_type, |open| Ok(open.state.load())).await
    }

    async fn save(&self, callback_type: &CallbackType, checkpoint: Checkpoint) -> io::Result<()> {
        self.with_type(callback_type, |open| open.save(checkpoint)).await
    }

    async fn observe(&self, event: &Event) -> io::Result<()> {
        if matches!(event.callback_type, CallbackType::Other(_)) {
            return Ok(());
        }
        let (id, exists) = (event.id, event.action != Action::Deleted);
        self.with_type(&event.callback_type, move |open| open.observe(id, exists)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::catch_up::known_ids::KnownIds;

    fn event(id: i32, action: Action) -> Event {
        let callback_type = CallbackType::Ticket;
        Event { callback_type, action, id, entity: None, member: None, message_id: None }
    }

    fn checkpoint(ids: impl IntoIterator<Item = i32>) -> Checkpoint {
        Checkpoint { company: "acme".to_owned(), time: None, known: ids.into_iter().collect() }
    }

    async fn known(state: &impl CatchUpState) -> Vec<i32> {
        let checkpoint = state.load(&CallbackType::Ticket).await.unwrap();
        checkpoint
            .map(|checkpoint| checkpoint.known)
            .as_ref()
            .map_or_else(Vec::new, |ids| KnownIds::iter(ids).collect())
    }

    #[tokio::test]
    async fn checkpoints_and_observed_ids_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let state = FileState::open(folder.path()).unwrap();
        assert!(state.load(&CallbackType::Ticket).await.unwrap().is_none());
        state.observe(&event(9, Action::Added)).await.unwrap();
        state.save(&CallbackType::Ticket, checkpoint([1, 2, 3])).await.unwrap();
        state.observe(&event(4, Action::Added)).await.unwrap();
        state.observe(&event(2, Action::Deleted)).await.unwrap();
        let state = FileState::open(folder.path()).unwrap();
        assert_eq!(known(&state).await, [1, 3, 4, 9]);
        // Another type has a state of its own.
        assert!(state.load(&CallbackType::Contact).await.unwrap().is_none());
        let other = CallbackType::Other("../x".into());
        assert!(state.save(&other, checkpoint([1])).await.is_err());
        state.observe(&Event { callback_type: other, ..event(1, Action::Added) }).await.unwrap();
    }

    async fn keeps_ids_of_the_running_catch_up(state: impl CatchUpState) {
        state.save(&CallbackType::Ticket, checkpoint([1, 2])).await.unwrap();
        let loaded = state.load(&CallbackType::Ticket).await.unwrap().unwrap();
        // Messages arrive while the catch-up runs.
        state.observe(&event(3, Action::Added)).await.unwrap();
        state.observe(&event(1, Action::Deleted)).await.unwrap();
        state.save(&CallbackType::Ticket, loaded).await.unwrap();
        assert_eq!(known(&state).await, [2, 3]);
    }

    #[tokio::test]
    async fn ids_that_are_observed_during_a_catch_up_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        keeps_ids_of_the_running_catch_up(FileState::open(folder.path()).unwrap()).await;
        keeps_ids_of_the_running_catch_up(crate::webhooks::catch_up::state::MemoryState::new()).await;
    }

    #[tokio::test]
    async fn a_torn_last_line_is_ignored_and_other_damage_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (ids, log) = (folder.path().join("ticket.ids"), folder.path().join("ticket.log"));
        FileState::open(folder.path()).unwrap().save(&CallbackType::Ticket, checkpoint([1])).await.unwrap();
        fs::write(&log, "+5\n+12").unwrap();
        let state = FileState::open(folder.path()).unwrap();
        state.observe(&event(6, Action::Added)).await.unwrap();
        assert_eq!(known(&FileState::open(folder.path()).unwrap()).await, [1, 5, 6]);
        fs::write(&log, "+5\nnonsense\n+6\n").unwrap();
        let error = FileState::open(folder.path()).unwrap().load(&CallbackType::Ticket).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        fs::remove_file(&log).unwrap();
        fs::write(&ids, "nonsense").unwrap();
        let error = FileState::open(folder.path()).unwrap().load(&CallbackType::Ticket).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_long_log_is_folded_without_loss() {
        let folder = tempfile::tempdir().unwrap();
        let mut open = OpenType::open(folder.path(), &CallbackType::Ticket).unwrap();
        open.save(checkpoint([1])).unwrap();
        open.max_log = 100;
        for id in 2..60 {
            // The same id again and again does not make the folded log longer.
            for _ in 0..5 {
                open.observe(id % 10 + 1, id % 3 != 0).unwrap();
            }
        }
        assert!(open.log_size <= MAX_LOG && fs::metadata(&open.log_file).unwrap().len() == open.log_size);
        let mut reopened = OpenType::open(folder.path(), &CallbackType::Ticket).unwrap();
        assert_eq!(reopened.state.load(), open.state.load());
    }
}
