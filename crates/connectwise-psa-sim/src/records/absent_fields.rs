//! Members that a record does not have, as servers write them that do not leave them out.

use serde_json::{Map, Value};

use crate::schema::{FieldKind, type_of};

/// What is written for members that are absent. facts: newer servers leave them out, older ones write nulls, and some
/// write references as empty objects.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AbsentFields {
    pub(crate) as_null: bool,
    pub(crate) references_as_empty: bool,
}

impl AbsentFields {
    /// Writes what a record of a type, or each of a list of them, does not have.
    pub(crate) fn write(self, type_name: &str, value: &mut Value) {
        match value {
            Value::Array(records) => records.iter_mut().for_each(|record| self.write(type_name, record)),
            Value::Object(record) => self.write_record(type_name, record),
            _ => {}
        }
    }

    fn write_record(self, type_name: &str, record: &mut Map<String, Value>) {
        for (name, member) in type_of(type_name).into_iter().flat_map(|schema| &schema.fields) {
            if name == "_info" || record.contains_key(name) {
                continue;
            }
            match member.kind {
                FieldKind::Reference(_) if self.references_as_empty => {
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
    fn what_is_absent_is_written_as_asked() {
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
