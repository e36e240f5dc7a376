//! Blocking calls: the calling thread waits for the result of a call or the next item of a stream.
//!
//! The first blocking call starts a Tokio runtime, which all blocking calls of the program share. A program that uses
//! async does not need this module.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # fn run() -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::Psa;
//! use connectwise_psa::blocking::{Blocking as _, BlockingStream as _};
//!
//! let psa = Psa::from_env()?;
//! let ticket = psa.service().get_ticket(42).blocking()?;
//! let updated = psa.service().get_ticket(42).edit(|ticket| ticket.summary = Some("Printer".into())).blocking()?;
//! let open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false));
//! for ticket in open.stream().blocking_iter() {
//!     println!("{:?}", ticket?.summary);
//! }
//! # Ok(())
//! # }
//! ```

use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use connectwise_psa_core::error::Error;
use futures_core::Stream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::coop::poll_proceed;

/// The runtime that all blocking calls share, or the error of starting it.
static RUNTIME: LazyLock<Result<Runtime, String>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("connectwise-psa")
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
});

fn runtime() -> Result<&'static Runtime, Error> {
    if is_async_context() {
        return Err(Error::invalid_input(
            "blocking",
            "was called in async code and would block its runtime; await the call instead, or use \
             `tokio::task::spawn_blocking`",
        ));
    }
    RUNTIME
        .as_ref()
        .map_err(|reason| Error::invalid_input("blocking", format!("cannot start its Tokio runtime: {reason}")))
}

/// Returns whether the current code runs in an async task, where waiting would panic or block the runtime. In
/// `spawn_blocking` and `block_in_place`, it may wait.
///
/// Tokio does not say this directly. But it lets an async task do only a limited number of operations before the task has
/// to yield, and does not limit code that may block. So if an operation is not allowed at some point, this is a task. The
/// operations are then given back.
fn is_async_context() -> bool {
    // Tokio's limit is 128.
    const MORE_THAN_THE_LIMIT: usize = 1024;
    let mut context = Context::from_waker(Waker::noop());
    let mut taken = Vec::new();
    let is_limited = (0..MORE_THAN_THE_LIMIT).any(|_| match poll_proceed(&mut context) {
        Poll::Ready(operation) => {
            taken.push(operation);
            false
        }
        Poll::Pending => true,
    });
    // Each operation that is dropped restores the state before it, so the first one must be dropped last.
    while taken.pop().is_some() {}
    is_limited
}

/// Wakes a thread that waits for a future.
struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future whose timers and connections belong to the runtime. Unlike [`Runtime::block_on`], it does not panic
/// if the thread belongs to another runtime, which [`is_async_context`] does not notice in `tokio::task::unconstrained`.
fn block_on<F: Future>(runtime: &Runtime, future: F) -> F::Output {
    let _guard = runtime.enter();
    let waker = Waker::from(Arc::new(ThreadWaker(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A thread that has been woken meanwhile does not wait.
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Blocking execution of a call.
pub trait Blocking<T, E = Error> {
    /// Sends the call and waits for its result.
    ///
    /// # Errors
    ///
    /// Returns the errors of the call. In async code it returns an invalid-input error, because waiting would block the
    /// runtime. Inside `tokio::task::spawn_blocking` and `tokio::task::block_in_place`, it works.
    fn blocking(self) -> Result<T, E>;
}

impl<T, E: From<Error>, F: IntoFuture<Output = Result<T, E>>> Blocking<T, E> for F {
    fn blocking(self) -> Result<T, E> {
        block_on(runtime()?, self.into_future())
    }
}

/// Blocking iteration over a stream.
pub trait BlockingStream<T> {
    /// Returns an iterator that waits for each item of the stream.
    fn blocking_iter(self) -> BlockingIter<T>;
}

impl<T, S: Stream<Item = Result<T, Error>> + Send + 'static> BlockingStream<T> for S {
    fn blocking_iter(self) -> BlockingIter<T> {
        BlockingIter { stream: Some(Box::pin(self)) }
    }
}

type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

/// An iterator over the items of a stream; see [`BlockingStream`]. It ends when the stream ends, for example after an
/// error.
pub struct BlockingIter<T> {
    stream: Option<BoxStream<T>>,
}

impl<T> Iterator for BlockingIter<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        match runtime() {
            Ok(runtime) => block_on(runtime, std::future::poll_fn(|context| stream.as_mut().poll_next(context))),
            Err(error) => {
                self.stream = None;
                Some(Err(error))
            }
        }
    }
}

impl<T> std::fmt::Debug for BlockingIter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlockingIter")
    }
}
