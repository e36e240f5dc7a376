//! The columns of a report.

use std::collections::HashSet;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Map, Value};

/// A column of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportColumn {
    /// The name that is unique in the report. If several columns have the same name, it has a number from the second one
    /// on: `Name`, `Name_2`.
    pub name: String,
    /// The name as the server sends it.
    pub server_name: String,
    /// The data type as the server names it, such as `Text`, `Numeric`, `Boolean` or `DateTime`; empty if it is not
    /// given.
    pub data_type: String,
    /// Whether a value can be missing; `None` if the server does not say.
    pub is_nullable: Option<bool>,
    /// Whether the column has the ids of the rows; `None` if the server does not say.
    pub is_identity: Option<bool>,
}

/// A column as the server sends it: an object with one field, the name.
pub(crate) type Definition = Map<String, Value>;

/// The properties of a column.
#[derive(Default)]
struct Schema {
    data_type: String,
    is_nullable: Option<bool>,
    is_identity: Option<bool>,
}

impl Schema {
    /// Reads the properties; `None` if one does not have its type.
    fn read(schema: &Value) -> Option<Self> {
        let fields = match schema {
            Value::Null => return Some(Self::default()),
            Value::Object(fields) => fields,
            _ => return None,
        };
        // Observed on live servers: older ones have `DataType`.
        let data_type = ["type", "DataType"].iter().find_map(|name| field_ignoring_case(fields, name));
        let flag = |name| match field_ignoring_case(fields, name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Bool(flag)) => Some(Some(*flag)),
            Some(_) => None,
        };
        let data_type = match data_type {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(name)) => name.clone(),
            Some(_) => return None,
        };
        Some(Self { data_type, is_nullable: flag("isNullable")?, is_identity: flag("identityColumn")? })
    }
}

/// Reads the columns. The error is a clause that continues `the response `.
pub(crate) fn read(definitions: Vec<Definition>) -> Result<Vec<ReportColumn>, String> {
    let mut columns = Vec::with_capacity(definitions.len());
    let mut taken: HashSet<String> = HashSet::new();
    // The server's own names have precedence over numbered ones.
    let own: HashSet<String> =
        definitions.iter().filter_map(|definition| definition.keys().next()).map(|name| name.to_lowercase()).collect();
    for (index, definition) in definitions.into_iter().enumerate() {
        let position = index + 1;
        let mut fields = definition.into_iter();
        let (Some((server_name, schema)), None) = (fields.next(), fields.next()) else {
            return Err(format!("has a definition of column {position} that does not have exactly one name"));
        };
        let schema = Schema::read(&schema)
            .ok_or_else(|| format!("has a definition of column {position} ({server_name:?}) that cannot be read"))?;
        let name = unique(&server_name, &taken, &own);
        taken.insert(name.to_lowercase());
        columns.push(ReportColumn {
            name,
            server_name,
            data_type: schema.data_type,
            is_nullable: schema.is_nullable,
            is_identity: schema.is_identity,
        });
    }
    Ok(columns)
}

/// Returns a name that no earlier column has, and that no other column has as its own.
fn unique(name: &str, taken: &HashSet<String>, own: &HashSet<String>) -> String {
    if !taken.contains(&name.to_lowercase()) {
        return name.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let candidate = format!("{name}_{number}");
        let lower = candidate.to_lowercase();
        if !taken.contains(&lower) && !own.contains(&lower) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns(definitions: Value) -> Result<Vec<ReportColumn>, String> {
        read(serde_json::from_value(definitions).unwrap())
    }

    #[test]
    fn columns_of_new_and_old_servers_are_read() {
        let found = columns(json!([
            {"id": {"type": "Numeric", "isNullable": false, "identityColumn": true}},
            {"Old": {"DataType": "Text"}},
            {"None": null},
            {"Other": {"type": "DateTime", "unknown": 1}},
        ]))
        .unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|column| (column.name.as_str(), column.data_type.as_str(), column.is_nullable, column.is_identity))
            .collect();
        assert_eq!(
            shown,
            [
                ("id", "Numeric", Some(false), Some(true)),
                ("Old", "Text", None, None),
                ("None", "", None, None),
                ("Other", "DateTime", None, None)
            ]
        );
    }

    #[test]
    fn repeated_names_get_numbers_that_no_column_has() {
        let found =
            columns(json!([{"Name": {}}, {"name": {}}, {"Name_2": {}}, {"Name": {}}, {"": {}}, {"": {}}])).unwrap();
        let names: Vec<_> = found.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["Name", "name_3", "Name_2", "Name_4", "", "_2"]);
        assert_eq!(found[3].server_name, "Name");
    }

    #[test]
    fn definitions_without_exactly_one_name_are_errors() {
        for definitions in [json!([{}]), json!([{"a": {}, "b": {}}]), json!([{"a": 5}]), json!([{"a": {"type": 5}}])] {
            assert!(columns(definitions.clone()).unwrap_err().contains("column 1"), "{definitions}");
        }
    }
}
