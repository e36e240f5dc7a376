//! Every call without async: a thread waits for what a future gives.
//!
//! One runtime for the whole program is started with the first call. A program that has a runtime of its own needs none
//! of this.
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
//! for ticket in psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream().blocking_iter() {
//!     println!("{:?}", ticket?.summary);
//! }
//! # Ok(())
//! # }
//! ```

use std::pin::Pin;
use std::sync::LazyLock;

use connectwise_psa_core::error::Error;
use futures_core::Stream;
use tokio::runtime::{Builder, Handle, Runtime};

/// The runtime of all waiting threads, or why there is none.
static RUNTIME: LazyLock<Result<Runtime, String>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("connectwise-psa")
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
});

fn runtime() -> Result<&'static Runtime, Error> {
    if Handle::try_current().is_ok() {
        return Err(Error::invalid_input(
            "blocking",
            "was called inside an async runtime, which it would block; await the call instead",
        ));
    }
    RUNTIME.as_ref().map_err(|why| Error::invalid_input("blocking", format!("cannot start its runtime: {why}")))
}

/// Waits for a call.
pub trait Blocking<T> {
    /// Waits until the call has ended.
    ///
    /// # Errors
    ///
    /// Those of the call; and an invalid-input error inside an async runtime, where waiting would block it.
    fn blocking(self) -> Result<T, Error>;
}

impl<T, F: IntoFuture<Output = Result<T, Error>>> Blocking<T> for F {
    fn blocking(self) -> Result<T, Error> {
        runtime()?.block_on(self.into_future())
    }
}

/// Waits for what a stream gives, piece by piece.
pub trait BlockingStream<T> {
    /// An iterator that waits for each piece.
    fn blocking_iter(self) -> BlockingIter<T>;
}

impl<T, S: Stream<Item = Result<T, Error>> + Send + 'static> BlockingStream<T> for S {
    fn blocking_iter(self) -> BlockingIter<T> {
        BlockingIter { stream: Some(Box::pin(self)) }
    }
}

/// A stream of any kind.
type Pieces<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

/// The pieces of a stream; see [`BlockingStream`]. It ends after an error that ends the stream.
pub struct BlockingIter<T> {
    stream: Option<Pieces<T>>,
}

impl<T> Iterator for BlockingIter<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        match runtime() {
            Ok(runtime) => runtime.block_on(std::future::poll_fn(|context| stream.as_mut().poll_next(context))),
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
