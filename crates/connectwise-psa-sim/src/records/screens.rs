//! The screens of record types, and the definitions of the custom fields that they show.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::JsonObject;
use super::guid::guid;
use crate::data_table::Table;
use crate::store::Records;
use crate::store::record::Node;

/// The screens that show custom fields, as CSV: record type, screen id, pod id, pod, descriptions of the pod and of the
/// screen. A pod is an area of a screen. Observed on live servers: the screen of contacts. Those of other types are
/// invented.
static SCREENS: LazyLock<Table<5>> = LazyLock::new(|| Table::read(include_str!("../../data/screens.csv")));

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

/// The list of the definitions of custom fields.
pub(crate) const DEFINITIONS: &str = "system/userdefinedfields";
/// The field of records that contains their custom fields.
pub(crate) const FIELD: &str = "customFields";

/// Returns the definitions of the custom fields of a type, with their ids.
pub(crate) fn definitions<'r>(records: &'r Records, type_name: &str) -> impl Iterator<Item = (i64, Node<'r>)> {
    let screen = screen_of(type_name).map(|screen| screen.id);
    let all = records.collection(DEFINITIONS).into_iter().flat_map(|list| list.records.iter());
    all.filter(move |(_, definition)| screen.is_some() && definition.text("screenId").as_deref() == screen)
}

/// Adds the descriptions of its screen to the definition of a custom field.
pub(crate) fn describe_screen(type_name: &str, definition: &mut JsonObject) {
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

/// The fields of a definition, and what they are called in records.
pub(crate) const COMPLETED: [(&str, &str); 4] = [
    ("caption", "caption"),
    ("fieldTypeIdentifier", "type"),
    ("entryTypeIdentifier", "entryMethod"),
    ("numberDecimals", "numberOfDecimals"),
];

/// Returns the element of `customFields` for a definition, with the value null.
pub(crate) fn element(type_name: &str, id: i64, definition: Node<'_>) -> JsonObject {
    let pod = screen_of(type_name).map_or("", |screen| screen.pod);
    let field = |name: &str| definition.get(name).map(Node::value).unwrap_or_default();
    let mut element: JsonObject = COMPLETED.map(|(from, to)| (to.to_owned(), field(from))).into_iter().collect();
    element.extend([
        ("id".to_owned(), Value::from(id)),
        ("value".to_owned(), Value::Null),
        ("connectWiseId".to_owned(), Value::from(guid(DEFINITIONS, id, "record"))),
        ("rowNum".to_owned(), json!(id)),
        ("userDefinedFieldRecId".to_owned(), json!(id)),
        ("podId".to_owned(), json!(pod)),
    ]);
    element
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::type_of;

    #[test]
    fn exactly_the_types_with_custom_fields_have_a_screen_of_their_own() {
        use std::collections::HashSet;

        crate::schema::check_table(&SCREENS, |_| Some(FIELD));
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
