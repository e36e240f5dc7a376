//! Tables for people: one line for each record, cut to the width of the terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Row, Table, presets};
use serde_json::value::RawValue;

use crate::error::CommandError;
use crate::output::cell;
use crate::output::stdout::Stdout;

/// The most characters of a cell, if the output is not a terminal, which would cut it.
const CELL_LENGTH: usize = 100;
/// The width of a terminal that reports less than the minimum.
const DEFAULT_WIDTH: u16 = 80;
const MINIMUM_WIDTH: u16 = 20;
/// The columns of records whose fields are not known in advance.
const MAX_COLUMNS: usize = 7;

/// Returns the columns of a record whose fields are not known in advance.
pub(crate) fn columns_of(record: &RawValue, all: bool) -> Vec<String> {
    let names = cell::fields(record).into_iter().map(|(name, _)| name.into_owned());
    names
        .filter(|name| all || (name != "_info" && name != "customFields"))
        .take(if all { usize::MAX } else { MAX_COLUMNS })
        .collect()
}

/// Writes rows, and the header if they are the first.
pub(crate) fn rows(
    columns: &[String],
    records: &[Box<RawValue>],
    with_header: bool,
    stdout: &mut Stdout,
) -> Result<(), CommandError> {
    let mut table = empty_table();
    if with_header {
        table.set_header(columns.iter().map(|path| Cell::new(header(path))));
    }
    for record in records {
        let mut row = Row::new();
        for path in columns {
            row.add_cell(cell::at(record, path).map_or_else(|| Cell::new(""), table_cell));
        }
        row.max_height(1);
        table.add_row(row);
    }
    print(&table, stdout)
}

/// Writes the fields of one record, one on each line: these first, then the others. Empty fields are left out.
pub(crate) fn record(record: &RawValue, first: &[String], stdout: &mut Stdout) -> Result<(), CommandError> {
    let fields = cell::fields(record);
    let position =
        |name: &str| first.iter().position(|path| path.split('/').next() == Some(name)).unwrap_or(usize::MAX);
    let mut shown: Vec<_> = fields
        .iter()
        .filter(|(name, value)| name != "_info" && value.get() != "{}" && !cell::readable(value).is_empty())
        .collect();
    shown.sort_by_key(|(name, _)| position(name));
    let mut table = empty_table();
    for (name, value) in shown {
        let mut row = Row::new();
        row.add_cell(Cell::new(cell::printable(name)));
        row.add_cell(Cell::new(reference_with_id(value)));
        table.add_row(row);
    }
    print(&table, stdout)
}

/// Returns the text of a value; for a reference, with the id.
fn reference_with_id(value: &RawValue) -> String {
    let text = cell::readable(value);
    match cell::at(value, "id").map(cell::text) {
        Some(id) if id != text => format!("{text} ({id})"),
        _ => text,
    }
}

fn empty_table() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_truncation_indicator("…");
    // Some terminals have no width, or report 0.
    if table.width().is_some_and(|width| width < MINIMUM_WIDTH) {
        table.set_width(DEFAULT_WIDTH);
    }
    if !Stdout::is_terminal() {
        // As wide as the content, on any machine.
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

fn header(path: &str) -> String {
    path.strip_suffix("/name").or_else(|| path.strip_suffix("/identifier")).unwrap_or(path).to_owned()
}

fn table_cell(value: &RawValue) -> Cell {
    let text = cell::readable(value);
    let is_number = value.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let cut = match text.char_indices().nth(CELL_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    };
    Cell::new(cut).set_alignment(if is_number { CellAlignment::Right } else { CellAlignment::Left })
}

/// Writes a table without the spaces at the ends of its lines.
fn print(table: &Table, stdout: &mut Stdout) -> Result<(), CommandError> {
    for line in table.lines() {
        stdout.line(line.trim_end())?;
    }
    Ok(())
}
