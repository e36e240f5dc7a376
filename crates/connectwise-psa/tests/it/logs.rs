//! Captures the logs of one thread at the level TRACE, from all crates. Tests run on several threads; each test
//! captures the logs of its own thread.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    static SINK: RefCell<Option<Box<dyn Write>>> = const { RefCell::new(None) };
}

/// Writes to the sink of the current thread, if there is one.
struct ThreadSink;

impl Write for ThreadSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        SINK.with_borrow_mut(|sink| sink.as_mut().map_or(Ok(bytes.len()), |sink| sink.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for ThreadSink {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("log {} {} {}\n", record.level(), record.target(), record.args());
        Self.write_all(line.as_bytes()).unwrap();
    }

    fn flush(&self) {}
}

/// Ends the capture when it is dropped.
pub(crate) struct CaptureGuard;

impl Drop for CaptureGuard {
    fn drop(&mut self) {
        SINK.set(None);
    }
}

/// Writes all logs of this thread, through `tracing` and `log`, to a sink.
pub(crate) fn capture(sink: impl Write + 'static) -> CaptureGuard {
    static ONCE: Once = Once::new();
    // One subscriber for all threads: `tracing` caches which events are of interest, so per-thread subscribers could
    // lose events of other threads.
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false);
        tracing::subscriber::set_global_default(subscriber.with_writer(|| ThreadSink).finish()).unwrap();
        log::set_logger(&ThreadSink).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    SINK.set(Some(Box::new(sink)));
    CaptureGuard
}

/// A buffer that collects logs.
#[derive(Clone, Default)]
pub(crate) struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogBuffer {
    /// Returns the logs so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
