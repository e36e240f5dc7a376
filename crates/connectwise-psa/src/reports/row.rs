//! A row of a report: its cells by name and by position, and its conversion to a type of the program.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::reports::cell::decode;
use crate::reports::column::ReportColumn;

/// A row of a report. Its cells belong to the columns by their position.
///
/// A row is also a map in the order of the columns: [`iter`](Self::iter) returns the names and values, and serializing a
/// row writes an object.
#[derive(Clone)]
pub struct ReportRow {
    number: u64,
    columns: Arc<[ReportColumn]>,
    cells: Vec<Box<RawValue>>,
}

impl ReportRow {
    /// Creates a row from its cells, which must be as many as the columns. The error is a clause that continues
    /// `the response `.
    pub(crate) fn new(number: u64, columns: &Arc<[ReportColumn]>, cells: Vec<Box<RawValue>>) -> Result<Self, String> {
        if cells.len() == columns.len() {
            Ok(Self { number, columns: Arc::clone(columns), cells })
        } else {
            Err(format!("has {} values in row {number}, but {} columns", cells.len(), columns.len()))
        }
    }

    /// Returns the number of the row in the report, counted from 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the columns, in their order.
    #[must_use]
    pub fn columns(&self) -> &[ReportColumn] {
        &self.columns
    }

    /// Returns the value of a column by its unique [`name`](ReportColumn::name), in any letter case; `None` if there is
    /// no such column. Numbers with a fraction keep about 15 digits; [`decode`](Self::decode) keeps all of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        let index = self.columns.iter().position(|column| column.name == name);
        let index = index.or_else(|| {
            let lower = name.to_lowercase();
            self.columns.iter().position(|column| column.name.to_lowercase() == lower)
        });
        self.value(index?)
    }

    /// Returns the value at a position, counted from 0; `None` if there are fewer columns.
    #[must_use]
    pub fn value(&self, index: usize) -> Option<Value> {
        self.cells.get(index).map(|cell| value(cell))
    }

    /// Returns the unique names of the columns and the values, in the order of the columns.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value)> {
        self.columns.iter().zip(&self.cells).map(|(column, cell)| (column.name.as_str(), value(cell)))
    }

    /// Converts the row to a type of the program, by the names of its fields; a name in another letter case matches too.
    /// Columns without a field are ignored.
    ///
    /// Numbers, booleans and dates are read as leniently as the fields of records: `"13"` is a number, `"True"` and 1
    /// are booleans, and a date may lack its offset. A missing value needs an [`Option`].
    ///
    /// # Errors
    ///
    /// A text that names the row and the column.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, String> {
        decode(&self.columns, &self.cells).map_err(|problem| format!("row {}: {problem}", self.number))
    }
}

fn value(cell: &RawValue) -> Value {
    // The text is JSON already.
    serde_json::from_str(cell.get()).unwrap_or_default()
}

impl Serialize for ReportRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.cells.len()))?;
        for (column, cell) in self.columns.iter().zip(&self.cells) {
            map.serialize_entry(&column.name, cell)?;
        }
        map.end()
    }
}

/// Shows the number and the names of the columns, but no values.
impl fmt::Debug for ReportRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.columns.iter().map(|column| &column.name).collect();
        f.debug_struct("ReportRow").field("number", &self.number).field("columns", &names).finish_non_exhaustive()
    }
}
