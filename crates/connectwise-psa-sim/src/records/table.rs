//! The data files about record types: CSV files whose first column is a record type, or `*` for all types.

use std::collections::HashMap;

/// The type column of a line that applies to all types.
const ALL_TYPES: &str = "*";

/// The lines of a data file by type. Each line has `N` columns after the type; the last one may contain commas.
pub(crate) struct Table<const N: usize>(HashMap<&'static str, Vec<[&'static str; N]>>);

impl<const N: usize> Table<N> {
    /// Reads a data file. Its first line is a header.
    pub(crate) fn read(text: &'static str) -> Self {
        let mut lines: HashMap<_, Vec<_>> = HashMap::new();
        for line in text.lines().skip(1) {
            let mut columns = line.splitn(N + 1, ',');
            let type_name = columns.next().unwrap_or_default();
            lines.entry(type_name).or_default().push(std::array::from_fn(|_| columns.next().unwrap_or_default()));
        }
        Self(lines)
    }

    /// Returns the lines for all types, followed by those for one type.
    pub(crate) fn of(&self, type_name: &str) -> impl Iterator<Item = &[&'static str; N]> {
        [ALL_TYPES, type_name].into_iter().filter_map(|name| self.0.get(name)).flatten()
    }

    /// Returns all lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&'static str, &[&'static str; N])> {
        self.0.iter().flat_map(|(name, lines)| lines.iter().map(|line| (*name, line)))
    }
}

/// Checks that the types and fields of a data file exist.
#[cfg(test)]
pub(crate) fn check<const N: usize>(table: &Table<N>, field: impl Fn(&[&'static str; N]) -> Option<&'static str>) {
    use crate::schema::{type_of, types};

    for (type_name, line) in table.lines() {
        let Some(field) = field(line) else { continue };
        let is_known = if type_name == ALL_TYPES {
            types().any(|schema| schema.fields.contains_key(field))
        } else {
            type_of(type_name).is_some_and(|schema| schema.fields.contains_key(field))
        };
        assert!(is_known, "{type_name},{line:?}");
    }
}
