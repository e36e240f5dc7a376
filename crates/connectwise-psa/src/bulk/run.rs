//! Many calls, some of them at the same time, with a result for each.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use connectwise_psa_core::error::Error;

/// How many calls run at the same time, unless another number is set.
const CONCURRENCY: usize = 8;

/// The largest number of calls that run at the same time.
const MAX_CONCURRENCY: usize = 100;

/// The options of [`run`].
#[derive(Clone)]
#[must_use = "options do nothing until `run` takes them"]
pub struct BulkOptions {
    concurrency: usize,
    stops_at_first_error: bool,
    on_progress: Option<Arc<dyn Fn(BulkProgress) + Send + Sync>>,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self { concurrency: CONCURRENCY, stops_at_first_error: false, on_progress: None }
    }
}

impl BulkOptions {
    /// Creates options: 8 calls at the same time, and no stop at an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many calls run at the same time: 1 to 100; other numbers are set to the nearest of these. The client's own limits on concurrent requests and on
    /// requests per minute apply as well. 1 sends the calls one after the other.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Starts no further call after the first error. Calls that have started run to their end; the others are
    /// [`NotSent`](ItemOutcome::NotSent).
    pub fn stop_at_first_error(mut self) -> Self {
        self.stops_at_first_error = true;
        self
    }

    /// Calls `on_progress` after each call.
    pub fn on_progress(mut self, on_progress: impl Fn(BulkProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }
}

impl fmt::Debug for BulkOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkOptions")
            .field("concurrency", &self.concurrency)
            .field("stops_at_first_error", &self.stops_at_first_error)
            .finish_non_exhaustive()
    }
}

/// How many calls have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkProgress {
    /// The number of calls that have ended.
    pub done: usize,
    /// How many of them failed.
    pub failed: usize,
    /// The number of all calls; `None` if the iterator does not know it.
    pub total: Option<usize>,
}

/// The results of [`run`].
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkReport<T> {
    /// A result for each call, in the order of the calls.
    pub items: Vec<BulkItem<T>>,
}

/// The result of one call.
#[derive(Debug)]
#[non_exhaustive]
pub struct BulkItem<T> {
    /// The index of the call, counted from 0.
    pub index: usize,
    /// What happened to it.
    pub outcome: ItemOutcome<T>,
}

/// What happened to a call.
#[derive(Debug)]
#[non_exhaustive]
pub enum ItemOutcome<T> {
    /// The call returned a value.
    Ok(T),
    /// The call failed.
    Err(Error),
    /// The call was not started, because an earlier one failed.
    NotSent,
}

impl<T> BulkItem<T> {
    /// Returns whether the call succeeded.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self.outcome, ItemOutcome::Ok(_))
    }

    /// Returns whether the server may have carried out the change although the call failed: the error is
    /// [ambiguous](Error::is_ambiguous), or a [decode error](Error::is_decode) of a successful response. Such a call has
    /// not been repeated: check what the server has before you repeat it.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.error().is_some_and(|error| error.is_ambiguous() || error.is_decode())
    }

    /// Returns the error, if the call failed.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match &self.outcome {
            ItemOutcome::Err(error) => Some(error),
            _ => None,
        }
    }
}

impl<T> BulkReport<T> {
    /// Returns whether every call succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.items.iter().all(BulkItem::is_ok)
    }

    /// Splits the results into the values, each with the index of its call, and the calls that failed or were not
    /// started.
    #[must_use]
    pub fn split(self) -> (Vec<(usize, T)>, Vec<BulkItem<T>>) {
        let (mut values, mut others) = (Vec::new(), Vec::new());
        for item in self.items {
            match item.outcome {
                ItemOutcome::Ok(value) => values.push((item.index, value)),
                outcome => others.push(BulkItem { index: item.index, outcome }),
            }
        }
        (values, others)
    }
}

/// Sends many calls, some of them at the same time, and returns a result for each, in their order.
///
/// `calls` can be lazy: a call is taken from it when it is started. Each call has its own retries, limits and timeout,
/// which starts with the call. A change that is ambiguous is not repeated, unless the call itself has the option
/// `retry_non_idempotent`: its result [`is_ambiguous`](BulkItem::is_ambiguous).
///
/// If the future is dropped, the running calls end like any call that is dropped: the server may carry them out.
///
/// ```no_run
/// # #[cfg(feature = "service")]
/// # async fn run(psa: connectwise_psa::Psa) {
/// use connectwise_psa::Patch;
/// use connectwise_psa::bulk::{self, BulkOptions};
/// use connectwise_psa::types::Ticket;
///
/// let patch = Patch::new().set(Ticket::fields().summary(), "Closed by the import");
/// let calls = [4, 5, 6].map(|id| psa.service().update_ticket(id, &patch));
/// let report = bulk::run(calls, BulkOptions::new().concurrency(4)).await;
/// let (updated, failed) = report.split();
/// println!("{} updated, {} failed", updated.len(), failed.len());
/// # }
/// ```
pub async fn run<T, C>(calls: impl IntoIterator<Item = C>, options: BulkOptions) -> BulkReport<T>
where
    C: IntoFuture<Output = Result<T, Error>>,
{
    let mut calls = calls.into_iter().enumerate();
    let total = match calls.size_hint() {
        (least, Some(most)) if least == most => Some(most),
        _ => None,
    };
    let mut outcomes: Vec<Option<ItemOutcome<T>>> = Vec::new();
    let mut running: Vec<(usize, Pin<Box<C::IntoFuture>>)> = Vec::new();
    let (mut done, mut failed) = (0, 0);
    loop {
        let may_start = failed == 0 || !options.stops_at_first_error;
        while may_start && running.len() < options.concurrency {
            let Some((index, call)) = calls.next() else { break };
            outcomes.push(None);
            running.push((index, Box::pin(call.into_future())));
        }
        if running.is_empty() {
            break;
        }
        let (index, outcome) = next_of(&mut running).await;
        done += 1;
        failed += usize::from(outcome.is_err());
        if let Some(slot) = outcomes.get_mut(index) {
            *slot = Some(match outcome {
                Ok(value) => ItemOutcome::Ok(value),
                Err(error) => ItemOutcome::Err(error),
            });
        }
        if let Some(on_progress) = &options.on_progress {
            on_progress(BulkProgress { done, failed, total });
        }
    }
    let started = outcomes.into_iter().map(|outcome| outcome.unwrap_or(ItemOutcome::NotSent));
    let not_started = calls.map(|_| ItemOutcome::NotSent);
    let items = started.chain(not_started).enumerate().map(|(index, outcome)| BulkItem { index, outcome });
    BulkReport { items: items.collect() }
}

/// Waits for the first of the running calls, and removes it.
async fn next_of<T, F: Future<Output = T>>(running: &mut Vec<(usize, Pin<Box<F>>)>) -> (usize, T) {
    poll_fn(|context| {
        for position in 0..running.len() {
            let Some((index, call)) = running.get_mut(position) else { break };
            if let Poll::Ready(output) = call.as_mut().poll(context) {
                let index = *index;
                drop(running.remove(position));
                return Poll::Ready((index, output));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    /// Returns a call that takes longer the smaller its number is, and fails for the given numbers.
    async fn call(number: u64, fails: &[u64], running: &AtomicUsize, most: &AtomicUsize) -> Result<u64, Error> {
        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100 - number * 10)).await;
        running.fetch_sub(1, Ordering::SeqCst);
        if fails.contains(&number) { Err(Error::timeout_because("no")) } else { Ok(number * 10) }
    }

    #[tokio::test(start_paused = true)]
    async fn results_are_in_the_order_of_the_calls() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let progress = Arc::clone(&seen);
        let options = BulkOptions::new().concurrency(3);
        let options = options.on_progress(move |p| progress.lock().unwrap().push((p.done, p.failed, p.total)));
        let report = run((0..6).map(|number| call(number, &[2], &running, &most)), options).await;
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert!(report.items.iter().enumerate().all(|(index, item)| item.index == index));
        assert!(!report.is_ok() && report.items[2].is_ambiguous());
        let (values, others) = report.split();
        assert_eq!(values, [(0, 0), (1, 10), (3, 30), (4, 40), (5, 50)]);
        assert_eq!((others.len(), others[0].index), (1, 2));
        let seen = seen.lock().unwrap();
        assert_eq!((seen.len(), seen.last()), (6, Some(&(6, 1, Some(6)))));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_after_the_first_error_are_reported_as_not_sent() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let started = AtomicUsize::new(0);
        let calls = (0..9).map(|number| {
            started.fetch_add(1, Ordering::SeqCst);
            call(number, &[1], &running, &most)
        });
        let report = run(calls, BulkOptions::new().concurrency(2).stop_at_first_error()).await;
        let shown: Vec<_> = report
            .items
            .iter()
            .map(|item| match &item.outcome {
                ItemOutcome::Ok(_) => "ok",
                ItemOutcome::Err(_) => "error",
                ItemOutcome::NotSent => "not sent",
            })
            .collect();
        assert_eq!(shown[..2], ["ok", "error"]);
        assert!(shown.len() == 9 && shown[3..].iter().all(|outcome| *outcome == "not sent"), "{shown:?}");
    }

    #[tokio::test]
    async fn no_calls_have_no_results() {
        let report = run(Vec::<std::future::Ready<Result<u8, Error>>>::new(), BulkOptions::new()).await;
        assert!(report.items.is_empty() && report.is_ok());
    }
}
