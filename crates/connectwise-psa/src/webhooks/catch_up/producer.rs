//! Finds the events of a catch-up, one part after the other, with little memory: a page of records at a time, and the ids
//! of one type as packed sets.

use std::collections::VecDeque;

use connectwise_psa_core::calls::{List, PageStream};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{DateTime, RecordInfo};
use connectwise_psa_core::operation::Method;
use serde_json::Value;

use crate::client::Psa;
use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::catch_up::checkpoint::Checkpoint;
use crate::webhooks::catch_up::error::CatchUpError;
use crate::webhooks::catch_up::known_ids::KnownIds;
use crate::webhooks::catch_up::options::{CatchUpOptions, Deletions};
use crate::webhooks::catch_up::sources::{PROJECT_TICKETS, lists};
use crate::webhooks::catch_up::state::CatchUpState;
use crate::webhooks::entity::Entity;
use crate::webhooks::event::{Action, Event};

/// How many records are read by their ids at a time.
const CHUNK: usize = 200;

/// What a producer has found.
pub(crate) enum Found {
    /// Events of one type, at least one.
    Events(VecDeque<Event>),
    /// All events of a type have been returned. The checkpoint can be stored after they were handled.
    Done(CallbackType, Checkpoint),
    /// A type could not be caught up; the next call continues with the next type.
    Failed(CatchUpError),
    /// There are no more types.
    End,
}

/// Finds the events of several types.
pub(crate) struct Producer<S> {
    pub(crate) psa: Psa,
    pub(crate) state: S,
    pub(crate) options: CatchUpOptions,
    /// The types that are not begun.
    pub(crate) waiting: VecDeque<CallbackType>,
    pub(crate) running: Option<Box<Running>>,
}

/// A type that is being caught up.
pub(crate) struct Running {
    callback_type: CallbackType,
    lists: &'static [&'static str],
    /// The checkpoint to store at the end; its ids are those that the lists contained.
    next: Checkpoint,
    /// The ids of the last checkpoint; `None` in the first catch-up.
    known: Option<KnownIds>,
    /// Changes since then are returned; all records if there was no record before.
    since: Option<DateTime>,
    /// The ids of the records that were returned as added or updated.
    changed: KnownIds,
    phase: Phase,
}

enum Phase {
    /// Reads the changes of a list, from the first page on.
    Changes(usize, Option<Box<PageStream<Value>>>),
    /// Reads the records that are listed, and were neither known nor changed: the API member could not see them before.
    Appeared(KnownIds),
    /// Confirms for records that are missing from the lists that they do not exist.
    Missing(KnownIds),
}

impl<S: CatchUpState> Producer<S> {
    /// Returns the next events.
    pub(crate) async fn next(&mut self) -> Found {
        loop {
            let Some(running) = &mut self.running else {
                let Some(callback_type) = self.waiting.pop_front() else { return Found::End };
                match self.begin(&callback_type).await {
                    Ok(Begun::Running(running)) => self.running = Some(running),
                    Ok(Begun::First(checkpoint)) => return Found::Done(callback_type, checkpoint),
                    Err(error) => return Found::Failed(error),
                }
                continue;
            };
            match running.next(&self.psa).await {
                Ok(events) if !events.is_empty() => return Found::Events(events),
                Ok(_) if running.is_done() => {
                    if let Some(running) = self.running.take() {
                        return running.finish();
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let callback_type = running.callback_type.clone();
                    self.running = None;
                    return Found::Failed(CatchUpError::Call(callback_type, error));
                }
            }
        }
    }

    /// Reads the checkpoint and the ids of a type.
    async fn begin(&mut self, callback_type: &CallbackType) -> Result<Begun, CatchUpError> {
        let call = |error| CatchUpError::Call(callback_type.clone(), error);
        let lists = lists(callback_type)?;
        let previous = self.state.load(callback_type).await;
        let previous = previous.map_err(|error| CatchUpError::State(callback_type.clone(), error))?;
        let company = self.psa.pipeline().shared.company.clone();
        if let Some(previous) = previous.as_ref().filter(|previous| !previous.company.eq_ignore_ascii_case(&company)) {
            let company = previous.company.clone();
            return Err(CatchUpError::OtherCompany { callback_type: callback_type.clone(), company });
        }
        // A record with a time in the future, for example from a wrong clock, must not hide the changes until then. If the
        // clock of this machine is late, more changes are returned again.
        let not_in_the_future = |time: DateTime| time.min(DateTime::from(std::time::SystemTime::now()));
        let (known, previous_time) = match previous {
            Some(previous) => (Some(previous.known), previous.time.map(not_in_the_future)),
            None => (None, None),
        };
        // The time is that of the last change before the lists are read. A record that changes while they are read has
        // a later time, so the next catch-up returns it.
        let mut time = previous_time;
        for list in lists {
            time = time.max(last_change(&self.psa, list).await.map_err(call)?.map(not_in_the_future));
        }
        let (overlap, earliest) = (self.options.overlap, self.options.since);
        let keeps_ids = self.options.deletions == Deletions::Ignored;
        let current = match &known {
            Some(known) if keeps_ids => known.clone(),
            _ => current_ids(&self.psa, lists).await.map_err(call)?,
        };
        let next = Checkpoint { company, time, known: current };
        let since = match (&known, earliest) {
            // The first catch-up has nothing to compare with.
            (None, None) => return Ok(Begun::First(next)),
            (None, Some(earliest)) => Some(earliest),
            (Some(_), earliest) => previous_time.map(|time| {
                let time = time.checked_sub_signed(overlap_delta(overlap)).unwrap_or(DateTime::MIN_UTC);
                earliest.map_or(time, |earliest| earliest.min(time))
            }),
        };
        if let Some(known) = &known {
            let missing = known.iter().filter(|id| !next.known.contains(*id)).count();
            if !self.options.deletions.allows(missing, known.len()) {
                let (callback_type, known) = (callback_type.clone(), known.len());
                return Err(CatchUpError::ManyDeleted { callback_type, known, missing });
            }
        }
        Ok(Begun::Running(Box::new(Running {
            callback_type: callback_type.clone(),
            lists,
            next,
            known,
            since,
            changed: KnownIds::new(),
            phase: Phase::Changes(0, None),
        })))
    }
}

/// How a type begins.
enum Begun {
    Running(Box<Running>),
    /// This is the first catch-up of the type: the checkpoint is stored, and there are no events.
    First(Checkpoint),
}

impl Running {
    /// Returns the next events; none if a phase has ended.
    async fn next(&mut self, psa: &Psa) -> Result<VecDeque<Event>, Error> {
        match &mut self.phase {
            Phase::Changes(index, pages) => {
                let Some(list) = self.lists.get(*index) else {
                    // A list with a since-filter has returned all of them. Without the ids of a checkpoint, nothing can
                    // have appeared or be missing.
                    let appeared = match &self.known {
                        Some(known) => self.next.known.without(&[known, &self.changed]),
                        None => KnownIds::new(),
                    };
                    self.phase = Phase::Appeared(appeared);
                    return Ok(VecDeque::new());
                };
                let pages = pages.get_or_insert_with(|| Box::new(changes(psa, list, self.since).pages()));
                match pages.next().await.transpose()? {
                    Some(page) => page.items.into_iter().map(|record| self.changed(list, record)).collect(),
                    None => {
                        self.phase = Phase::Changes(*index + 1, None);
                        Ok(VecDeque::new())
                    }
                }
            }
            Phase::Appeared(ids) => {
                let chunk = ids.take_lowest(CHUNK);
                if chunk.is_empty() {
                    let missing = match &self.known {
                        Some(known) => known.without(&[&self.next.known, &self.changed]),
                        None => KnownIds::new(),
                    };
                    self.phase = Phase::Missing(missing);
                    return Ok(VecDeque::new());
                }
                self.appeared(psa, &chunk).await
            }
            Phase::Missing(ids) => {
                let chunk = ids.take_lowest(CHUNK);
                if chunk.is_empty() { Ok(VecDeque::new()) } else { self.missing(psa, &chunk).await }
            }
        }
    }

    fn is_done(&self) -> bool {
        matches!(&self.phase, Phase::Missing(ids) if ids.is_empty())
    }

    fn finish(mut self) -> Found {
        self.next.known.extend(self.changed.iter());
        Found::Done(self.callback_type, self.next)
    }

    /// Returns the event of a changed record.
    fn changed(&mut self, list: &str, record: Value) -> Result<Event, Error> {
        let id = id_of(&record)?;
        let is_new = match &self.known {
            Some(known) => !known.contains(id),
            None => {
                let entered = info(&record).and_then(|info| info.date_entered());
                entered.is_some_and(|entered| self.since.is_none_or(|since| entered >= since))
            }
        };
        self.changed.insert(id);
        let entity = entity(&self.callback_type, list, record);
        Ok(self.event(if is_new { Action::Added } else { Action::Updated }, id, Some(entity)))
    }

    /// Returns the events of records that the API member could not see before.
    async fn appeared(&mut self, psa: &Psa, ids: &[i32]) -> Result<VecDeque<Event>, Error> {
        let mut events = VecDeque::new();
        let mut gone: KnownIds = ids.iter().copied().collect();
        for list in self.lists {
            for record in by_ids(psa, list, ids).all().await? {
                let id = id_of(&record)?;
                gone.remove(id);
                let entity = entity(&self.callback_type, list, record);
                events.push_back(self.event(Action::Added, id, Some(entity)));
            }
        }
        // Deleted since the ids were read. They were never reported, so their deletion is not reported either.
        for id in gone.iter() {
            self.next.known.remove(id);
        }
        Ok(events)
    }

    /// Returns the events of deleted records, without those that exist although their list did not contain them.
    async fn missing(&mut self, psa: &Psa, ids: &[i32]) -> Result<VecDeque<Event>, Error> {
        let mut deleted: KnownIds = ids.iter().copied().collect();
        for list in self.lists {
            for record in by_ids(psa, list, ids).select_text("id").all().await? {
                let id = id_of(&record)?;
                deleted.remove(id);
                self.next.known.insert(id);
            }
        }
        Ok(deleted.iter().map(|id| self.event(Action::Deleted, id, None)).collect())
    }

    fn event(&self, action: Action, id: i32, entity: Option<Entity>) -> Event {
        Event { callback_type: self.callback_type.clone(), action, id, entity, member: None, message_id: None }
    }
}

/// Reads a record of a list. Observed on live servers: project tickets in messages have a `recordType`, and those in
/// lists do not.
fn entity(callback_type: &CallbackType, list: &str, record: Value) -> Entity {
    if list != PROJECT_TICKETS || record.get("recordType").is_some() {
        return Entity::new(callback_type, record);
    }
    let mut marked = record.clone();
    if let Some(fields) = marked.as_object_mut() {
        fields.insert("recordType".to_owned(), Value::from("ProjectTicket"));
    }
    match Entity::new(callback_type, marked) {
        Entity::Other(_) => Entity::Other(record),
        entity => entity,
    }
}

fn overlap_delta(overlap: std::time::Duration) -> connectwise_psa_core::chrono::TimeDelta {
    let seconds = i64::try_from(overlap.as_secs()).unwrap_or(i64::MAX);
    connectwise_psa_core::chrono::TimeDelta::try_seconds(seconds)
        .unwrap_or(connectwise_psa_core::chrono::TimeDelta::MAX)
}

fn records(psa: &Psa, list: &str) -> List<Value> {
    psa.request(Method::Get, list).list()
}

/// Returns when a record of a list was last changed.
async fn last_change(psa: &Psa, list: &str) -> Result<Option<DateTime>, Error> {
    let newest = records(psa, list).sort_text("lastUpdated desc").select_text("id,_info/lastUpdated").first().await?;
    Ok(newest.as_ref().and_then(info).and_then(|info| info.last_updated()))
}

/// Returns the ids of all records of some lists.
async fn current_ids(psa: &Psa, lists: &[&str]) -> Result<KnownIds, Error> {
    let mut ids = KnownIds::new();
    for list in lists {
        let mut pages = records(psa, list).select_text("id").pages();
        while let Some(page) = pages.next().await.transpose()? {
            for record in &page.items {
                ids.insert(id_of(record)?);
            }
        }
    }
    Ok(ids)
}

/// The records of a list that changed since a time.
fn changes(psa: &Psa, list: &str, since: Option<DateTime>) -> List<Value> {
    let records = records(psa, list);
    match since {
        // Rounded down to the second.
        Some(since) => records.filter_text(format!("lastUpdated>=[{}]", since.format("%Y-%m-%dT%H:%M:%SZ")).as_str()),
        None => records,
    }
}

/// The records of a list with some ids.
fn by_ids(psa: &Psa, list: &str, ids: &[i32]) -> List<Value> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    records(psa, list).filter_text(format!("id in ({})", ids.join(",")).as_str())
}

fn info(record: &Value) -> Option<RecordInfo> {
    serde_json::from_value(record.get("_info")?.clone()).ok()
}

/// Returns the id of a record.
fn id_of(record: &Value) -> Result<i32, Error> {
    let id = match record.get("id") {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let id = id.and_then(|id| i32::try_from(id).ok());
    id.ok_or_else(|| Error::unexpected_because("a record of the list does not have an id of 32 bits"))
}
