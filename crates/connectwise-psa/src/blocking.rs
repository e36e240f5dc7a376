//! Every call without async: a thread waits for what a future gives.
//!
//! One runtime for the whole program is started with the first call. A program that has a runtime of its own needs none of this.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # fn run() -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::Psa;
//! use connectwise_psa::blocking::{Wait as _, WaitEach as _};
//!
//! let psa = Psa::from_env()?;
//! let ticket = psa.service().get_ticket(42).wait()?;
//! let updated = psa.service().get_ticket(42).edit(|ticket| ticket.summary = Some("Printer".into())).wait()?;
//! for ticket in psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream().wait_each() {
//!     println!("{:?}", ticket?.summary);
//! }
//! # Ok(())
//! # }
//! ```

use std::pin::Pin;
use std::sync::LazyLock;

use futures_core::Stream;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::Error;

/// The runtime of all waiting threads, or why there is none.
static RUNTIME: LazyLock<Result<Runtime, String>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).thread_name("connectwise-psa").enable_all().build().map_err(|error| error.to_string()));

fn runtime() -> Result<&'static Runtime, Error> {
    if Handle::try_current().is_ok() {
        return Err(Error::invalid_input("wait", "was called inside an async runtime, which it would block; await the call instead"));
    }
    RUNTIME.as_ref().map_err(|why| Error::invalid_input("wait", format!("cannot start its runtime: {why}")))
}

/// Waits for a call.
pub trait Wait<T> {
    /// Waits until the call has ended.
    ///
    /// # Errors
    ///
    /// Those of the call; and an invalid-input error inside an async runtime, where waiting would block it.
    fn wait(self) -> Result<T, Error>;
}

impl<T, F: IntoFuture<Output = Result<T, Error>>> Wait<T> for F {
    fn wait(self) -> Result<T, Error> {
        runtime()?.block_on(self.into_future())
    }
}

/// Waits for what a stream gives, piece by piece.
pub trait WaitEach<T> {
    /// An iterator that waits for each piece.
    fn wait_each(self) -> Each<T>;
}

impl<T, S: Stream<Item = Result<T, Error>> + Send + 'static> WaitEach<T> for S {
    fn wait_each(self) -> Each<T> {
        Each { stream: Some(Box::pin(self)) }
    }
}

/// A stream of any kind.
type Pieces<T> = Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>;

/// The pieces of a stream; see [`WaitEach`]. It ends after an error that ends the stream.
pub struct Each<T> {
    stream: Option<Pieces<T>>,
}

impl<T> Iterator for Each<T> {
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

impl<T> std::fmt::Debug for Each<T> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Each")
    }
}
