//! The requests that a program reads from standard input, and the lines that it prints for them.

use std::io::{self, BufRead as _, Write as _};

use serde_json::json;

/// The outcome of one measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Seconds for a time, bytes for memory.
    pub value: f64,
    /// How many records were processed. All variants of a measurement process the same number.
    pub records: usize,
}

/// Reads requests until standard input ends, and prints one line for each: `{"value": 0.25, "records": 1000}`, or
/// `{"error": "…"}`.
///
/// # Errors
///
/// Fails if standard input cannot be read, or standard output cannot be written.
pub fn serve(mut measure: impl FnMut(&[&str]) -> Result<Measured, String>) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let outcome = match measure(&words) {
            Ok(measured) => json!({"value": measured.value, "records": measured.records}),
            Err(error) => json!({"error": error}),
        };
        let mut output = io::stdout().lock();
        writeln!(output, "{outcome}")?;
        output.flush()?;
    }
    Ok(())
}

/// Returns the error for a request that a program does not know.
pub(crate) fn unknown(request: &[&str]) -> String {
    format!("unknown request `{}`", request.join(" "))
}
