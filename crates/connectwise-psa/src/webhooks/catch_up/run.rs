//! The stream of the events of a catch-up, and the call that stores how far it has come.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use connectwise_psa_core::transport::BoxFuture;
use futures_core::Stream;

use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::callbacks::Callbacks;
use crate::webhooks::catch_up::checkpoint::Checkpoint;
use crate::webhooks::catch_up::error::CatchUpError;
use crate::webhooks::catch_up::options::CatchUpOptions;
use crate::webhooks::catch_up::producer::{Found, Producer};
use crate::webhooks::catch_up::sources::lists;
use crate::webhooks::catch_up::state::CatchUpState;
use crate::webhooks::event::Event;

/// The events of a catch-up, as a stream; see [`Callbacks::catch_up`].
///
/// [`commit`](Self::commit) stores how far it has come. Events that are not followed by a commit are returned again by
/// the next catch-up, so none is lost if the program ends before it has handled them.
#[must_use = "a catch-up does nothing until it is read"]
pub struct CatchUp<S> {
    state: S,
    /// `None` while `search` runs.
    producer: Option<Box<Producer<S>>>,
    search: Option<Search<S>>,
    events: VecDeque<Event>,
    /// The checkpoints of the types whose events have all been returned.
    finished: Vec<(CallbackType, Checkpoint)>,
}

/// A running search for the next events.
type Search<S> = BoxFuture<'static, (Box<Producer<S>>, Found)>;

impl Callbacks {
    /// Finds the changes of records whose messages were lost, for example because the receiver was down.
    ///
    /// The first catch-up of a type stores which records exist, and returns no events. Each later one compares the lists
    /// of the server with that state, and returns
    ///
    /// - the records whose `lastUpdated` is not older than the last catch-up, minus an
    ///   [overlap](CatchUpOptions::overlap), as updated, or as added if their ids were not known;
    /// - records that were neither known nor changed, as added: the API member may see them only now;
    /// - the known ids that the lists no longer contain, as deleted, within the limits of
    ///   [`Deletions`](crate::webhooks::Deletions). A second request confirms each of them.
    ///
    /// The records of a type are compared as a whole, whatever the levels of the registered callbacks are, and without the
    /// [condition for lists of companies](crate::PsaBuilder::company_condition). Several
    /// changes of a record are one event. A record that was created and deleted between two catch-ups is not seen.
    /// Times are those of the server's clock.
    ///
    /// It sends one request for 1,000 ids, one for 1,000 changed records, and one for each list. It needs at most about
    /// 20 bytes of memory for each id of a type, and a page of records.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](CatchUpError::Unsupported) for types without a list ([`Site`](CallbackType::Site)), unknown types,
    /// and types whose section is not compiled. The stream returns the other errors. Each is about one type; the stream
    /// then continues with the next type.
    pub fn catch_up<S: CatchUpState>(
        &self,
        types: impl IntoIterator<Item = CallbackType>,
        state: &S,
        options: CatchUpOptions,
    ) -> Result<CatchUp<S>, CatchUpError> {
        let mut waiting = VecDeque::new();
        for callback_type in types {
            if !options.excluded.contains(&callback_type) && !waiting.contains(&callback_type) {
                lists(&callback_type)?;
                waiting.push_back(callback_type);
            }
        }
        // A company that no longer fits the condition of the client's lists would seem to be deleted.
        let psa = self.psa.without_company_condition();
        let producer = Producer { psa, state: state.clone(), options, waiting, running: None };
        Ok(CatchUp {
            state: state.clone(),
            producer: Some(Box::new(producer)),
            search: None,
            events: VecDeque::new(),
            finished: Vec::new(),
        })
    }
}

impl<S: CatchUpState> CatchUp<S> {
    /// Returns the next event; `None` after the last one.
    ///
    /// # Errors
    ///
    /// An error about one type of record. The next call continues with the next type.
    pub async fn next(&mut self) -> Option<Result<Event, CatchUpError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Stores the checkpoints of the types whose events have all been returned. Call it when they are handled, best after
    /// [`next`](Self::next) has returned `None`.
    ///
    /// # Errors
    ///
    /// A state error. The checkpoints that were not stored are kept for another call.
    pub async fn commit(&mut self) -> Result<(), CatchUpError> {
        while let Some((callback_type, checkpoint)) = self.finished.last().cloned() {
            self.state
                .save(&callback_type, checkpoint)
                .await
                .map_err(|error| CatchUpError::State(callback_type, error))?;
            self.finished.pop();
        }
        Ok(())
    }
}

// No field is structurally pinned.
impl<S> Unpin for CatchUp<S> {}

impl<S: CatchUpState> Stream for CatchUp<S> {
    type Item = Result<Event, CatchUpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if let Some(mut producer) = self.producer.take() {
                self.search = Some(Box::pin(async move {
                    let found = producer.next().await;
                    (producer, found)
                }));
            }
            let Some(search) = &mut self.search else { return Poll::Ready(None) };
            let (producer, found) = ready!(search.as_mut().poll(context));
            self.search = None;
            self.producer = Some(producer);
            match found {
                Found::Events(events) => self.events = events,
                Found::Done(callback_type, checkpoint) => self.finished.push((callback_type, checkpoint)),
                Found::Failed(error) => return Poll::Ready(Some(Err(error))),
                Found::End => return Poll::Ready(None),
            }
        }
    }
}

impl<S> fmt::Debug for CatchUp<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CatchUp")
    }
}
