//! Formats with one line for each record: JSON lines and CSV.

use serde_json::value::RawValue;

use crate::error::CommandError;
use crate::output::cell;
use crate::output::stdout::Stdout;

/// Writes a record as a line of JSON. The text of a record can have line breaks, which are outside of its strings.
pub(crate) fn json_line(record: &RawValue, stdout: &mut Stdout) -> Result<(), CommandError> {
    if record.get().contains(['\n', '\r']) {
        return stdout.line(&record.get().replace(['\n', '\r'], ""));
    }
    stdout.line(record.get())
}

/// Writes the header of CSV.
pub(crate) fn csv_header(columns: &[String], stdout: &mut Stdout) -> Result<(), CommandError> {
    csv_line(columns.iter().cloned(), stdout)
}

/// Writes a record as a line of CSV.
pub(crate) fn csv_record(record: &RawValue, columns: &[String], stdout: &mut Stdout) -> Result<(), CommandError> {
    let text = |path: &String| cell::at(record, path).map(cell::text).unwrap_or_default();
    // A terminal would obey the control characters of a record.
    if Stdout::is_terminal() {
        return csv_line(columns.iter().map(|path| cell::printable(&text(path))), stdout);
    }
    csv_line(columns.iter().map(text), stdout)
}

fn csv_line(cells: impl Iterator<Item = String>, stdout: &mut Stdout) -> Result<(), CommandError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells).map_err(|error| CommandError::stdout(error.into()));
    written?;
    let line = writer.into_inner().map_err(|error| CommandError::stdout(error.into_error()))?;
    stdout.copy(&mut line.as_slice())
}
