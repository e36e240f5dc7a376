//! Results of many records, in any format.

use serde_json::value::RawValue;

use std::io::Read as _;

use crate::error::CommandError;
use crate::output::jq::Filter;
use crate::output::progress::Progress;
use crate::output::spool::Spool;
use crate::output::stdout::Stdout;
use crate::output::{Format, lines, table};

/// The rows of a table whose widths are computed together.
const TABLE_ROWS: usize = 1_000;

/// Writes a result of many records.
///
/// JSON and the results of filters are printed by [`finish`](Self::finish), so that after a failure standard output has
/// no part of them. Lines of JSON, CSV and tables are printed while the records are read.
pub(crate) struct RecordWriter {
    sink: Sink,
    columns: Vec<String>,
    progress: Progress,
}

enum Sink {
    /// One JSON document, for a filter or as it is.
    Document {
        spool: Spool,
        filter: Option<String>,
        raw: bool,
    },
    JsonLines(Stdout),
    Csv {
        stdout: Stdout,
        with_header: bool,
    },
    Table {
        rows: Vec<Box<RawValue>>,
        with_header: bool,
    },
}

impl RecordWriter {
    pub(super) fn new(format: Format, jq: Option<&str>, raw: bool, columns: &[String], quiet: bool) -> Self {
        let document =
            |filter: Option<&str>| Sink::Document { spool: Spool::new(), filter: filter.map(str::to_owned), raw };
        let sink = match (jq, format) {
            (Some(program), _) => document(Some(program)),
            (None, Format::Json) => document(None),
            (None, Format::JsonLines) => Sink::JsonLines(Stdout::lock()),
            (None, Format::Csv) => Sink::Csv { stdout: Stdout::lock(), with_header: true },
            (None, Format::Table) => Sink::Table { rows: Vec::new(), with_header: true },
        };
        // Lines on a terminal show the progress themselves.
        let wanted = !quiet && (matches!(sink, Sink::Document { .. }) || !Stdout::is_terminal());
        Self { sink, columns: columns.to_vec(), progress: Progress::new(wanted) }
    }

    /// Sets the number of records, if it is known, for the progress.
    pub(crate) const fn set_total(&mut self, total: Option<u64>) {
        self.progress.set_total(total);
    }

    /// Returns whether a person sees the progress.
    pub(crate) const fn shows_progress(&self) -> bool {
        self.progress.is_shown()
    }

    /// Adds a record.
    pub(crate) fn write(&mut self, record: &RawValue) -> Result<(), CommandError> {
        self.progress.increment();
        if self.columns.is_empty() {
            self.columns = table::columns_of(record, matches!(self.sink, Sink::Csv { .. }));
        }
        match &mut self.sink {
            Sink::Document { spool, .. } => spool.push(record.get()),
            Sink::JsonLines(stdout) => lines::json_line(record, stdout),
            Sink::Csv { stdout, with_header } => {
                if std::mem::take(with_header) {
                    lines::csv_header(&self.columns, stdout)?;
                }
                lines::csv_record(record, &self.columns, stdout)
            }
            Sink::Table { rows, with_header } => {
                rows.push(record.to_owned());
                if rows.len() < TABLE_ROWS {
                    return Ok(());
                }
                table::rows(&self.columns, &std::mem::take(rows), std::mem::take(with_header), &mut Stdout::lock())
            }
        }
    }

    /// Ends the result.
    pub(crate) fn finish(mut self) -> Result<(), CommandError> {
        match self.sink {
            Sink::Document { spool, filter: None, .. } => {
                let mut document = spool.finish()?;
                let mut stdout = Stdout::lock();
                stdout.copy(&mut document)?;
                stdout.line("")?;
                stdout.flush()
            }
            Sink::Document { spool, filter: Some(program), raw } => {
                let mut document = Vec::new();
                spool.finish()?.read_to_end(&mut document).map_err(|error| {
                    CommandError::failure(format!("the temporary file of the result cannot be read: {error}"))
                })?;
                Filter::new(&program)?.run(&document, raw, &mut Stdout::lock())
            }
            Sink::JsonLines(mut stdout) => stdout.flush(),
            Sink::Csv { ref mut stdout, with_header } => {
                if with_header && !self.columns.is_empty() {
                    lines::csv_header(&self.columns, stdout)?;
                }
                stdout.flush()
            }
            Sink::Table { rows, with_header } => {
                let mut stdout = Stdout::lock();
                if !rows.is_empty() {
                    table::rows(&self.columns, &rows, with_header, &mut stdout)?;
                }
                stdout.flush()
            }
        }
    }
}
