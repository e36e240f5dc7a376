//! Where the records of references are listed, if the names do not say it. The simulator reads the same table: it fills
//! in the names of references from these lists.

use serde::Deserialize;

use crate::model::Api;
use crate::problem::Problems;

const FILE: &str = "crates/connectwise-psa-sim/data/references.csv";

/// The rows of the table.
#[derive(Clone, Debug, Default)]
pub struct ReferencePaths(Vec<Row>);

/// The list of the records that a type of references names.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    /// The schema of the reference: `ServiceStatusReference`.
    #[serde(rename = "type")]
    schema: String,
    /// The path of the list, or nothing: `/service/boards/{board}/statuses`.
    path: String,
}

/// Reads the table.
pub fn read(text: &str, problems: &mut Problems) -> ReferencePaths {
    let mut rows = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => problems.add(FILE, format!("the row cannot be read: {error}"), "correct the row"),
        }
    }
    ReferencePaths(rows)
}

impl ReferencePaths {
    /// Removes the rows that name something which the API does not have.
    pub fn retain_existing(&mut self, api: &Api) {
        self.0.retain(|row| {
            let mut problems = Problems::default();
            ReferencePaths(vec![row.clone()]).check(api, &mut problems);
            problems.0.is_empty()
        });
    }

    /// Reports paths at which no operation lists records.
    pub fn check(&self, api: &Api, problems: &mut Problems) {
        for row in self.0.iter().filter(|row| !row.path.is_empty()) {
            let is_list = |path: &str| has_same_segments(path, &row.path);
            if !api.operations.iter().any(|operation| operation.method == "get" && is_list(&operation.path)) {
                problems.add(FILE, format!("{}: no operation lists {}", row.schema, row.path), "correct the row");
            }
        }
    }

    /// Returns the path of the list whose records a reference names.
    #[must_use]
    pub fn of(&self, schema: &str) -> Option<&str> {
        self.0.iter().find(|row| row.schema == schema && !row.path.is_empty()).map(|row| row.path.as_str())
    }
}

/// Returns whether two path templates differ only in letter case and in the names of their parameters.
#[must_use]
pub fn has_same_segments(a: &str, b: &str) -> bool {
    let segments = |path: &str| -> Vec<String> {
        let path = path.trim_matches('/').split('/');
        path.map(|segment| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_lowercase() }).collect()
    };
    segments(a) == segments(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Operation;
    use crate::render::summary::tests::operation_named;

    #[test]
    fn each_path_is_a_list() {
        let mut problems = Problems::default();
        let paths = read("type,path,link\nStatusReference,/a/{b}/c,\nOther,/a/x,\nNone,,y\n", &mut problems);
        assert_eq!((paths.of("StatusReference"), paths.of("None")), (Some("/a/{b}/c"), None));
        let list = Operation { method: "get".into(), path: "/A/{parentId}/c/".into(), ..operation_named("list_c") };
        let api = Api { version: String::new(), operations: vec![list], schemas: [].into() };
        paths.check(&api, &mut problems);
        assert_eq!(problems.0.len(), 1);
        assert!(problems.to_string().contains("Other: no operation lists /a/x"), "{problems}");
    }
}
