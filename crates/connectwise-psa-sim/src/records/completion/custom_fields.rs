//! The custom fields of records. Observed on live servers: a record lists all custom fields of its screen, and those
//! without a value have the value null.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::guid::guid;
use super::table::Table;
use crate::records::JsonObject;
use crate::schema::type_of;
use crate::store::Records;
use crate::store::record::Node;

/// The screens that show custom fields, as CSV: record type, screen id, pod id, pod, descriptions of the pod and of the
/// screen. A pod is an area of a screen. Observed on live servers: the screen of contacts. Those of other types are
/// invented.
static SCREENS: LazyLock<Table<5>> = LazyLock::new(|| Table::read(include_str!("../../../data/screens.csv")));

/// The screen that shows the custom fields of a record type. Observed on live servers: a definition has the id of the
/// pod, a value in a record has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) id: &'static str,
    pub(crate) description: &'static str,
    pub(crate) pod_id: i64,
    pub(crate) pod_description: &'static str,
    pod: &'static str,
}

/// Returns the screen of a record type.
pub(crate) fn screen_of(type_name: &str) -> Option<Screen> {
    let [id, pod_id, pod, pod_description, description] = *SCREENS.of(type_name).next()?;
    Some(Screen { id, description, pod_id: pod_id.parse().ok()?, pod_description, pod })
}

const DEFINITIONS: &str = "system/userdefinedfields";
const FIELD: &str = "customFields";

/// Returns the definitions of the custom fields of a type, with their ids.
pub(crate) fn definitions<'r>(records: &'r Records, type_name: &str) -> impl Iterator<Item = (i64, Node<'r>)> {
    let screen = screen_of(type_name).map(|screen| screen.id);
    let all = records.collection(DEFINITIONS).into_iter().flat_map(|list| list.records.iter());
    all.filter(move |(_, definition)| screen.is_some() && definition.text("screenId").as_deref() == screen)
}

/// Adds the descriptions of its screen to the definition of a custom field.
pub(super) fn describe_screen(type_name: &str, definition: &mut JsonObject) {
    let screen = definition.get("screenId").and_then(Value::as_str).filter(|_| type_name == "UserDefinedField");
    let Some(screen) = screen.and_then(|id| SCREENS.lines().find(|(_, line)| line[0] == id)) else { return };
    let (_, [_, pod_id, _, pod_description, description]) = screen;
    for (field, value) in [
        ("podId", pod_id.parse::<i64>().map(Value::from).unwrap_or_default()),
        ("podDescription", Value::from(*pod_description)),
        ("screenDescription", Value::from(*description)),
    ] {
        definition.entry(field).or_insert(value);
    }
}

/// Returns the element of `customFields` for a definition, with the value null.
pub(crate) fn element(type_name: &str, id: i64, definition: Node<'_>) -> JsonObject {
    let pod = screen_of(type_name).map_or("", |screen| screen.pod);
    let field = |name: &str| definition.get(name).map(Node::value).unwrap_or_default();
    Map::from_iter([
        ("id".to_owned(), Value::from(id)),
        ("caption".to_owned(), field("caption")),
        ("type".to_owned(), field("fieldTypeIdentifier")),
        ("entryMethod".to_owned(), field("entryTypeIdentifier")),
        ("numberOfDecimals".to_owned(), field("numberDecimals")),
        ("value".to_owned(), Value::Null),
        ("connectWiseId".to_owned(), Value::from(guid(DEFINITIONS, id, "record"))),
        ("rowNum".to_owned(), json!(id)),
        ("userDefinedFieldRecId".to_owned(), json!(id)),
        ("podId".to_owned(), json!(pod)),
    ])
}

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
    use super::*;
    use crate::records::into_object;

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

    #[test]
    fn exactly_the_types_with_custom_fields_have_a_screen_of_their_own() {
        super::super::table::check(&SCREENS, |_| Some(FIELD));
        let mut screens = Vec::new();
        for list in connectwise_psa::catalogue::all().filter(|operation| crate::schema::is_list(operation)) {
            let connectwise_psa::catalogue::ResponseKind::Many(name) = list.response else { continue };
            let has_custom_fields = type_of(name).is_some_and(|schema| schema.fields.contains_key(FIELD));
            assert_eq!(screen_of(name).is_some(), has_custom_fields, "{name}");
            screens.extend(screen_of(name).map(|screen| (name, screen)));
        }
        let types: HashSet<_> = screens.iter().map(|(name, _)| name).collect();
        let ids: HashSet<_> = screens.iter().map(|(_, screen)| screen.id).collect();
        let pods: HashSet<_> = screens.iter().map(|(_, screen)| screen.pod_id).collect();
        assert_eq!([ids.len(), pods.len()], [types.len(); 2]);
        let contact = screen_of("Contact").unwrap();
        assert_eq!((contact.id, contact.pod_id, contact.pod), ("ct300", 4, "contact_overview"));
    }
}
