//! The request to end the program: Ctrl-C, and on Unix the signal of `kill`.

use tokio::sync::mpsc;

use crate::error::CommandError;

/// Receives requests to end the program, from the start on. Without it, the first one would end the program at once.
#[derive(Debug)]
pub(crate) struct Interrupt(mpsc::UnboundedReceiver<()>);

impl Interrupt {
    /// Starts to receive.
    pub(crate) fn new() -> Result<Self, CommandError> {
        let (sender, receiver) = mpsc::unbounded_channel();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
                let mut signals =
                    signal(kind).map_err(|error| CommandError::failure(format!("cannot receive signals: {error}")))?;
                let sender = sender.clone();
                tokio::spawn(async move { while signals.recv().await.is_some() && sender.send(()).is_ok() {} });
            }
        }
        #[cfg(not(unix))]
        tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && sender.send(()).is_ok() {} });
        Ok(Self(receiver))
    }

    /// Waits for the next request.
    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}
