//! `openapi/known_values.csv`: the values of string properties that servers are known to accept, although the OpenAPI
//! document does not list them.

use serde::Deserialize;

use crate::document::escape;
use crate::model::Api;
use crate::problem::Problems;

const FILE: &str = "openapi/known_values.csv";

/// The rows of the file.
#[derive(Clone, Debug, Default)]
pub struct KnownValues(Vec<Row>);

/// The known values of one property.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The schema: `CallbackEntry`.
    #[serde(rename = "type")]
    schema: String,
    /// The JSON name of the property: `level`.
    field: String,
    /// The values, separated by `|`.
    values: String,
    /// The value of another property with which these values are accepted: `type=Ticket`. Empty if they are always
    /// accepted.
    when: String,
}

/// The known values of a property, for one value of another property or for all records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    /// The JSON name and the value of the other property.
    pub when: Option<(&'a str, &'a str)>,
    /// The values.
    pub values: Vec<&'a str>,
}

/// Reads the file.
pub fn read(text: &str, problems: &mut Problems) -> KnownValues {
    let mut rows: Vec<Row> = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => problems.add(FILE, format!("the row cannot be read: {error}"), "correct the row"),
        }
    }
    KnownValues(rows)
}

impl KnownValues {
    /// Removes the rows that name something which the API does not have.
    pub fn retain_existing(&mut self, api: &Api) {
        self.0.retain(|row| {
            let mut problems = Problems::default();
            KnownValues(vec![row.clone()]).check(api, &mut problems);
            problems.0.is_empty()
        });
    }

    /// Reports rows that name a type or field that does not exist, that is not a string, or without values.
    pub fn check(&self, api: &Api, problems: &mut Problems) {
        for row in &self.0 {
            let at = format!("{FILE}: {}.{}", row.schema, row.field);
            let property = |name: &str| {
                api.schemas.get(&row.schema).and_then(|schema| schema.pointer(&format!("/properties/{}", escape(name))))
            };
            match property(&row.field) {
                None => problems.add(&at, "the API has no such field", "correct or remove the row"),
                Some(schema) if schema.get("type").and_then(serde_json::Value::as_str) != Some("string") => {
                    problems.add(&at, "the field is not a string", "correct or remove the row");
                }
                Some(_) => {}
            }
            let other = row.known().when;
            if !row.when.is_empty() && other.is_none_or(|(name, _)| property(name).is_none()) {
                problems.add(&at, format!("`{}` is not a field and its value", row.when), "write FIELD=VALUE");
            }
            if row.known().values.iter().any(|value| value.is_empty()) {
                problems.add(&at, "a value is empty", "correct the row");
            }
        }
    }

    /// Returns the known values of a property.
    pub fn of<'a>(&'a self, schema: &str, field: &str) -> Vec<Known<'a>> {
        let rows = self.0.iter().filter(|row| row.schema == schema && row.field == field);
        rows.map(Row::known).collect()
    }

    /// Returns all known values of a property, each once.
    pub fn all<'a>(&'a self, schema: &str, field: &str) -> Vec<&'a str> {
        let mut all = Vec::new();
        for value in self.of(schema, field).into_iter().flat_map(|known| known.values) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        all
    }
}

impl Row {
    fn known(&self) -> Known<'_> {
        Known { when: self.when.split_once('='), values: self.values.split('|').collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_can_depend_on_another_field() {
        let mut problems = Problems::default();
        let values = read(
            "type,field,values,when\nEntry,level,Owner|Status,type=Ticket\nEntry,level,Owner,type=Time\n",
            &mut problems,
        );
        assert_eq!(problems, Problems::default());
        assert_eq!(
            values.of("Entry", "level"),
            [
                Known { when: Some(("type", "Ticket")), values: vec!["Owner", "Status"] },
                Known { when: Some(("type", "Time")), values: vec!["Owner"] }
            ]
        );
        assert_eq!(values.all("Entry", "level"), ["Owner", "Status"]);
        assert_eq!(values.all("Entry", "type"), Vec::<&str>::new());
    }

    #[test]
    fn rows_that_name_nothing_are_problems() {
        let schema = json!({"properties": {"level": {"type": "string"}, "id": {"type": "integer"}}});
        let api =
            Api { version: String::new(), operations: Vec::new(), schemas: [("Entry".to_owned(), schema)].into() };
        for (row, expected) in [
            ("Entry,level,Owner,", None),
            ("Entry,none,Owner,", Some("no such field")),
            ("Other,level,Owner,", Some("no such field")),
            ("Entry,id,1,", Some("not a string")),
            ("Entry,level,Owner,kind=x", Some("`kind=x` is not a field and its value")),
            ("Entry,level,Owner,level", Some("`level` is not a field and its value")),
            ("Entry,level,Owner|,", Some("empty")),
            ("Entry,level", Some("cannot be read")),
        ] {
            let mut problems = Problems::default();
            read(&format!("type,field,values,when\n{row}\n"), &mut problems).check(&api, &mut problems);
            match expected {
                None => assert_eq!(problems, Problems::default()),
                Some(expected) => assert!(problems.to_string().contains(expected), "{problems}"),
            }
        }
    }
}
