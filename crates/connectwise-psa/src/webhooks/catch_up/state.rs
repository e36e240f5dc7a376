//! Where checkpoints are kept between two catch-ups: a trait, and a state in memory.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};

use crate::sync::lock;
use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::catch_up::checkpoint::Checkpoint;
use crate::webhooks::catch_up::known_ids::KnownIds;
use crate::webhooks::event::{Action, Event};

/// The state of catch-ups: one [`Checkpoint`] for each type of record. It must not be shared by processes that run at
/// the same time.
///
/// A clone is the same state. [`FileState`](crate::webhooks::FileState) survives a restart,
/// [`MemoryState`] does not. To store checkpoints in a database, implement this trait with [`Checkpoint::to_bytes`].
pub trait CatchUpState: Clone + Send + Sync + 'static {
    /// Returns the checkpoint of a type; `None` before its first catch-up.
    fn load(&self, callback_type: &CallbackType) -> impl Future<Output = io::Result<Option<Checkpoint>>> + Send;

    /// Stores the checkpoint of a type, as a whole or not at all. Ids that were observed since the last `load` of the
    /// type must not be lost: they are added to it.
    fn save(&self, callback_type: &CallbackType, checkpoint: Checkpoint)
    -> impl Future<Output = io::Result<()>> + Send;

    /// Notes that a message was handled: its record exists, or was deleted. Call it for each message, after it was
    /// handled.
    ///
    /// Without it, a record that is created after one catch-up and deleted before the next would never be reported as
    /// deleted if the message about its deletion is lost.
    fn observe(&self, event: &Event) -> impl Future<Output = io::Result<()>> + Send;
}

/// The records that messages were about since a checkpoint was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    existing: KnownIds,
    deleted: KnownIds,
}

impl Observed {
    pub(crate) fn note(&mut self, id: i32, exists: bool) {
        let (to, from) =
            if exists { (&mut self.existing, &mut self.deleted) } else { (&mut self.deleted, &mut self.existing) };
        to.insert(id);
        from.remove(id);
    }

    pub(crate) fn apply_to(&self, known: &mut KnownIds) {
        known.extend(self.existing.iter());
        for id in self.deleted.iter() {
            known.remove(id);
        }
    }

    /// Returns the ids, each with whether its record exists.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i32, bool)> + '_ {
        self.existing.iter().map(|id| (id, true)).chain(self.deleted.iter().map(|id| (id, false)))
    }
}

/// The state of one type of record.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeState {
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) observed: Observed,
}

impl TypeState {
    /// Returns the checkpoint with all ids that were observed, and begins to collect those of the next catch-up.
    pub(crate) fn load(&mut self) -> Option<Checkpoint> {
        let checkpoint = self.checkpoint.as_mut()?;
        std::mem::take(&mut self.observed).apply_to(&mut checkpoint.known);
        Some(checkpoint.clone())
    }

    /// Replaces the checkpoint, and adds the ids that were observed since the last `load`.
    pub(crate) fn save(&mut self, mut checkpoint: Checkpoint) {
        std::mem::take(&mut self.observed).apply_to(&mut checkpoint.known);
        self.checkpoint = Some(checkpoint);
    }
}

/// A state in memory, which is lost when the process ends: for tests, and for programs that catch up only while they
/// run.
#[derive(Clone, Debug, Default)]
pub struct MemoryState(Arc<Mutex<HashMap<CallbackType, TypeState>>>);

impl MemoryState {
    /// Creates a state without checkpoints.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl CatchUpState for MemoryState {
    async fn load(&self, callback_type: &CallbackType) -> io::Result<Option<Checkpoint>> {
        Ok(lock(&self.0).entry(callback_type.clone()).or_default().load())
    }

    async fn save(&self, callback_type: &CallbackType, checkpoint: Checkpoint) -> io::Result<()> {
        lock(&self.0).entry(callback_type.clone()).or_default().save(checkpoint);
        Ok(())
    }

    async fn observe(&self, event: &Event) -> io::Result<()> {
        // Types that this crate does not know have no catch-up, and there is no bound on their names.
        if !matches!(event.callback_type, CallbackType::Other(_)) {
            let mut types = lock(&self.0);
            let state = types.entry(event.callback_type.clone()).or_default();
            state.observed.note(event.id, event.action != Action::Deleted);
        }
        Ok(())
    }
}
