//! What is logged on one thread, at the finest level, by everybody: tests run on many threads, and each listens to its
//! own.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    static SINK: RefCell<Option<Box<dyn Write>>> = const { RefCell::new(None) };
}

/// Writes to the sink of the thread, if there is one.
struct Here;

impl Write for Here {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        SINK.with_borrow_mut(|sink| sink.as_mut().map_or(Ok(bytes.len()), |sink| sink.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Here {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("log {} {} {}\n", record.level(), record.target(), record.args());
        Self.write_all(line.as_bytes()).unwrap();
    }

    fn flush(&self) {}
}

/// Ends the listening when it is dropped.
pub(crate) struct Listening;

impl Drop for Listening {
    fn drop(&mut self) {
        SINK.set(None);
    }
}

/// Writes everything that this thread logs, through `tracing` and `log`, into a sink.
pub(crate) fn listen(sink: impl Write + 'static) -> Listening {
    static ONCE: Once = Once::new();
    // For all threads: with subscribers of single threads, what one thread does not want may be lost to another.
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false);
        tracing::subscriber::set_global_default(subscriber.with_writer(|| Here).finish()).unwrap();
        log::set_logger(&Here).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    SINK.set(Some(Box::new(sink)));
    Listening
}

/// Collects what is written through a subscriber.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
