//! The custom fields of records. Observed on live servers: a record lists all custom fields of its screen, and those
//! without a value have the value null.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::records::JsonObject;
use crate::records::screens::{FIELD, definitions, element};
use crate::schema::type_of;
use crate::store::Records;

/// Adds the custom fields that a record lacks, and completes those that it has.
pub(super) fn complete(records: &Records, type_name: &str, record: &mut JsonObject) {
    if type_of(type_name).is_none_or(|schema| !schema.fields.contains_key(FIELD)) {
        return;
    }
    let given = match record.remove(FIELD) {
        Some(Value::Array(given)) => given,
        _ => Vec::new(),
    };
    let id_of = |element: &Value| element.get("id").and_then(Value::as_i64);
    let mut by_id: HashMap<i64, &JsonObject> = HashMap::new();
    for element in &given {
        if let (Some(id), Value::Object(element)) = (id_of(element), element) {
            by_id.entry(id).or_insert(element);
        }
    }
    let (mut fields, mut defined) = (Vec::new(), HashSet::new());
    for (id, definition) in definitions(records, type_name) {
        let mut field = element(type_name, id, definition);
        let given = by_id.get(&id).copied().into_iter().flatten().filter(|(_, value)| !value.is_null());
        field.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        fields.push(Value::Object(field));
        defined.insert(id);
    }
    fields.extend(given.into_iter().filter(|given| id_of(given).is_none_or(|id| !defined.contains(&id))));
    record.insert(FIELD.to_owned(), Value::Array(fields));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;
    use crate::records::screens::DEFINITIONS;

    #[test]
    fn records_list_all_custom_fields_of_their_screen() {
        let mut records = Records::default();
        for (screen, caption) in [("ct300", "Door Badge"), ("other", "Region"), ("ct300", "Approver")] {
            let definition = json!({"screenId": screen, "caption": caption, "fieldTypeIdentifier": "Text",
                "entryTypeIdentifier": "EntryField", "numberDecimals": 0});
            records.insert(DEFINITIONS, into_object(definition), None);
        }
        let mut contact = into_object(json!({"customFields": [{"id": 3, "value": "yes"}, {"id": 9, "value": "old"}]}));
        complete(&records, "Contact", &mut contact);
        let fields = contact["customFields"].as_array().unwrap();
        let shown: Vec<_> = fields.iter().map(|field| (&field["id"], &field["caption"], &field["value"])).collect();
        assert_eq!(
            shown,
            [
                (&json!(1), &json!("Door Badge"), &Value::Null),
                (&json!(3), &json!("Approver"), &json!("yes")),
                (&json!(9), &Value::Null, &json!("old")),
            ]
        );
        assert_eq!((&fields[0]["type"], &fields[0]["podId"]), (&json!("Text"), &json!("contact_overview")));
        let mut board = JsonObject::new();
        complete(&records, "Board", &mut board);
        assert!(board.is_empty(), "boards have no custom fields");
        let mut activity = JsonObject::new();
        complete(&records, "Activity", &mut activity);
        assert_eq!(activity["customFields"], json!([]));
    }
}
