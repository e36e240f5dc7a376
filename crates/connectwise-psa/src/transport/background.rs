//! Tasks that run while nobody polls their futures.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use connectwise_psa_core::transport::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

/// Runs a task on the current runtime, in the current span. Dropping the returned future cancels the task. Without a
/// runtime, the task is returned as it is; it then returns the error of a call without a runtime.
pub(crate) fn spawn(task: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    match Handle::try_current() {
        Ok(runtime) => Box::pin(Background(runtime.spawn(task.in_current_span()))),
        Err(_) => task,
    }
}

/// The future of a task.
struct Background(JoinHandle<()>);

impl Future for Background {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Err(error) = ready!(Pin::new(&mut self.0).poll(context))
            && error.is_panic()
        {
            // As if the task had not run in the background.
            resume_unwind(error.into_panic());
        }
        Poll::Ready(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}
