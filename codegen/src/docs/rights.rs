//! The table of the rights of security roles. The client reads the same table: after a 403, it names the rights that the
//! request may lack.

use serde::Deserialize;

use crate::model::{Api, Operation};
use crate::problem::Problems;

const FILE: &str = "crates/connectwise-psa/data/security-roles.csv";

/// The rows of the table.
#[derive(Clone, Debug, Default)]
pub struct Rights(Vec<Row>);

/// A right that operations below a path may need.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The path. `{}` matches any segment.
    path: String,
    /// The module of the security role: `Service Desk`.
    area: String,
    /// The entry in the module: `Service Tickets`.
    entry: String,
}

/// Reads the table.
pub fn read(text: &str, problems: &mut Problems) -> Rights {
    let mut rows = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => problems.add(FILE, format!("the row cannot be read: {error}"), "correct the row"),
        }
    }
    Rights(rows)
}

impl Rights {
    /// Removes the rows that name something which the API does not have.
    pub fn retain_existing(&mut self, api: &Api) {
        self.0.retain(|row| {
            let mut problems = Problems::default();
            Rights(vec![row.clone()]).check(api, &mut problems);
            problems.0.is_empty()
        });
    }

    /// Reports the rows whose path is not the beginning of an operation's path.
    pub fn check(&self, api: &Api, problems: &mut Problems) {
        for row in &self.0 {
            if !api.operations.iter().any(|operation| row.matches(&operation.path)) {
                problems.add(FILE, format!("no operation is at {}", row.path), "correct or remove the row");
            }
        }
    }

    /// Returns the rights that an operation may need: `Service Desk > Service Tickets (Inquire)`. The longest paths in
    /// the table that match decide.
    #[must_use]
    pub fn of(&self, operation: &Operation) -> Vec<String> {
        let level = match operation.method.as_str() {
            "post" if operation.path.trim_end_matches('/').to_lowercase().ends_with("/search") => "Inquire",
            "post" => "Add",
            "put" | "patch" => "Edit",
            "delete" => "Delete",
            _ => "Inquire",
        };
        let matching = || self.0.iter().filter(|row| row.matches(&operation.path));
        let longest = matching().map(Row::length).max();
        matching()
            .filter(|row| Some(row.length()) == longest)
            // The entries for closing records do not affect reading.
            .filter(|row| !(level == "Inquire" && row.entry.starts_with("Close ")))
            .map(|row| format!("{} > {} ({level})", row.area, row.entry))
            .collect()
    }
}

impl Row {
    fn length(&self) -> usize {
        self.path.split('/').count()
    }

    fn matches(&self, path: &str) -> bool {
        let mut segments = path.trim_matches('/').split('/');
        self.path.trim_matches('/').split('/').all(|expected| {
            segments.next().is_some_and(|segment| expected == "{}" || segment.eq_ignore_ascii_case(expected))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::summary::tests::operation_named;

    const TABLE: &str = "path,area,entry\n/service/tickets,Service Desk,Service Tickets\n/service/tickets,Service Desk,Close Service Tickets\n/service/tickets/{}/merge,Service Desk,Merge Tickets\n";

    fn operation(method: &str, path: &str) -> Operation {
        Operation { method: method.into(), path: path.into(), ..operation_named("x") }
    }

    #[test]
    fn the_longest_matching_path_and_the_method_determine_the_rights() {
        let mut problems = Problems::default();
        let rights = read(TABLE, &mut problems);
        assert_eq!(problems, Problems::default());
        for (method, path, expected) in [
            ("get", "/service/tickets/{id}", &["Service Desk > Service Tickets (Inquire)"][..]),
            ("post", "/service/tickets/search", &["Service Desk > Service Tickets (Inquire)"]),
            (
                "patch",
                "/Service/Tickets/{id}",
                &["Service Desk > Service Tickets (Edit)", "Service Desk > Close Service Tickets (Edit)"],
            ),
            ("post", "/service/tickets/{parentId}/merge", &["Service Desk > Merge Tickets (Add)"]),
            ("delete", "/service/ticketsX/{id}", &[]),
        ] {
            assert_eq!(rights.of(&operation(method, path)), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_row_without_an_operation_is_a_problem() {
        let mut problems = Problems::default();
        let rights = read(TABLE, &mut problems);
        let operations = vec![operation("get", "/service/tickets/{id}/notes")];
        rights.check(&Api { version: String::new(), operations, schemas: [].into() }, &mut problems);
        assert_eq!(problems.0.len(), 1);
        assert!(problems.to_string().contains("/service/tickets/{}/merge"), "{problems}");
        let mut problems = Problems::default();
        read("path,area\n/a,b\n", &mut problems);
        assert_eq!(problems.0.len(), 1);
    }
}
