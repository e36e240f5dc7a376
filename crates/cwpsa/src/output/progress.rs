//! The progress of long work, on standard error.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Short work has no progress bar.
const DELAY: Duration = Duration::from_secs(2);

/// Shows how many records were read, how fast, and how long the rest will take.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    done: u64,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    is_shown: bool,
}

impl Progress {
    /// Starts. Nothing is shown if standard error is not a terminal, or if the user does not want it.
    pub(crate) fn new(wanted: bool) -> Self {
        let is_shown = wanted && io::stderr().is_terminal();
        Self { start: Instant::now(), done: 0, total: None, bar: None, is_shown }
    }

    /// Sets the number of records, if it is known.
    pub(crate) const fn set_total(&mut self, total: Option<u64>) {
        self.total = total;
    }

    /// Returns whether a person sees it.
    pub(crate) const fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Counts a record.
    pub(crate) fn increment(&mut self) {
        self.done += 1;
        if !self.is_shown {
            return;
        }
        if self.bar.is_none() && self.start.elapsed() >= DELAY {
            self.bar = Some(bar(self.total).with_elapsed(self.start.elapsed()));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }
}

/// The bar disappears when the work ends.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{bar:30} {human_pos} of {human_len} records, {per_sec}, {eta} left"),
        None => (ProgressBar::no_length(), "{spinner} {human_pos} records, {per_sec}"),
    };
    // The templates are valid; the default style is not wrong either.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
