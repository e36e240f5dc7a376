//! The data files of the rules: CSV files without quotes. The first column of most is a record type, or `*` for all types.

use std::collections::HashMap;

/// The first column of a line that applies to all types.
pub(crate) const ALL_TYPES: &str = "*";

/// The lines of a data file. Each has `N` columns after the first one; the last one may contain commas.
pub(crate) struct Table<const N: usize> {
    lines: Vec<(&'static str, [&'static str; N])>,
    /// The lines by their first column.
    by_key: HashMap<&'static str, Vec<[&'static str; N]>>,
}

impl<const N: usize> Table<N> {
    /// Reads a data file. Its first line is a header. A missing column is empty.
    pub(crate) fn read(text: &'static str) -> Self {
        let mut table = Self { lines: Vec::new(), by_key: HashMap::new() };
        for line in text.lines().skip(1) {
            let mut columns = line.splitn(N + 1, ',');
            let key = columns.next().unwrap_or_default();
            let rest = std::array::from_fn(|_| columns.next().unwrap_or_default());
            table.lines.push((key, rest));
            table.by_key.entry(key).or_default().push(rest);
        }
        table
    }

    /// Returns the lines for all types, followed by those for one type, each in the order of the file.
    pub(crate) fn of(&self, type_name: &str) -> impl Iterator<Item = &[&'static str; N]> {
        [ALL_TYPES, type_name].into_iter().filter_map(|name| self.by_key.get(name)).flatten()
    }

    /// Returns all lines in the order of the file, with their first columns.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&'static str, &[&'static str; N])> {
        self.lines.iter().map(|(key, line)| (*key, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_fixed_number_of_columns() {
        let table: Table<2> = Table::read("type,a,b\n*,all,1\nTicket,x,y,z\nTicket,w\n");
        assert_eq!(table.of("Ticket").collect::<Vec<_>>(), [&["all", "1"], &["x", "y,z"], &["w", ""]]);
        assert_eq!(table.of("Board").collect::<Vec<_>>(), [&["all", "1"]]);
        let keys: Vec<_> = table.lines().map(|(key, _)| key).collect();
        assert_eq!(keys, ["*", "Ticket", "Ticket"]);
    }
}
