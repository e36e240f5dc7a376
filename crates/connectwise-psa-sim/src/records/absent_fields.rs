//! Adds absent fields to records, as some live servers do.

use serde_json::{Map, Value};

use crate::schema::{FieldType, type_of};

/// How absent fields are written. Observed on live servers: newer ones omit them, older ones write null, and some write
/// absent references as `{}`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AbsentFields {
    pub(crate) as_null: bool,
    pub(crate) references_as_empty: bool,
}

impl AbsentFields {
    /// Adds the absent fields to a record of a type, or to each record of an array.
    pub(crate) fn write(self, type_name: &str, value: &mut Value) {
        match value {
            Value::Array(records) => records.iter_mut().for_each(|record| self.write(type_name, record)),
            Value::Object(record) => self.write_record(type_name, record),
            _ => {}
        }
    }

    fn write_record(self, type_name: &str, record: &mut Map<String, Value>) {
        for (name, field) in type_of(type_name).into_iter().flat_map(|schema| &schema.fields) {
            if name == "_info" || record.contains_key(name) {
                continue;
            }
            match field.field_type {
                FieldType::Reference(_) if self.references_as_empty => {
                    _ = record.insert(name.clone(), Value::Object(Map::new()))
                }
                _ if self.as_null => _ = record.insert(name.clone(), Value::Null),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_fields_are_written_as_the_settings_say() {
        for (as_null, references_as_empty, site, severity) in [
            (false, false, None, None),
            (true, false, Some(json!(null)), Some(json!(null))),
            (false, true, Some(json!({})), None),
            (true, true, Some(json!({})), Some(json!(null))),
        ] {
            let mut records = json!([{"id": 1, "company": {"id": 5}}]);
            AbsentFields { as_null, references_as_empty }.write("Ticket", &mut records);
            assert_eq!(
                (records[0].get("site"), records[0].get("severity"), &records[0]["company"]),
                (site.as_ref(), severity.as_ref(), &json!({"id": 5}))
            );
            assert!(records[0].get("_info").is_none());
        }
    }
}
