//! JSON Schemas of every type, taken from the description itself when they are asked for: no derives, nothing compiled
//! into programs that do not ask.
//!
//! Nothing is required and enums are open, as on the wire; what a creation needs is in `x-required-on-create`,
//! `maxLength` is the server's limit.

use std::sync::OnceLock;

use connectwise_psa_core::checker::CheckError;
use connectwise_psa_core::operation::{Operation, QueryKind, ResponseKind};
use connectwise_psa_core::query::ListQuery;
use schemars::Schema;
use schemars::generate::SchemaGenerator;
use serde_json::{Map, Value, json};

const REFERENCE: &str = "#/$defs/";

/// All schemas by the vendor's names, parsed at the first use.
fn all() -> &'static Map<String, Value> {
    static ALL: OnceLock<Map<String, Value>> = OnceLock::new();
    // The file is written by the generator; a test holds that it parses.
    ALL.get_or_init(|| serde_json::from_str(include_str!("generated/schemas.json")).unwrap_or_default())
}

/// The JSON Schema of a type by the vendor's name, complete: whatever it refers to is in its `$defs`. `None` for a name
/// that the description does not have.
///
/// ```
/// let ticket = connectwise_psa_bindings::schemas::get("Ticket").expect("the description has tickets");
/// assert_eq!(ticket["properties"]["summary"]["maxLength"], 100);
/// assert!(ticket["$defs"]["BoardReference"].is_object());
/// ```
#[must_use]
pub fn get(name: &str) -> Option<Value> {
    let mut schema = all().get(name)?.clone();
    let mut definitions = Map::new();
    collect(&schema, &mut definitions);
    if !definitions.is_empty()
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Some(schema)
}

/// The JSON Schema of an operation's body; `None` when it has none or the description does not give it a shape.
#[must_use]
pub fn for_body(operation: &Operation) -> Option<Value> {
    let body = operation.body.as_ref()?;
    if body.many { array_of(body.type_name) } else { get(body.type_name) }
}

/// The JSON Schema of an operation's answer; `None` when it is empty, bytes, or JSON of no described shape.
#[must_use]
pub fn for_response(operation: &Operation) -> Option<Value> {
    match operation.response {
        ResponseKind::One(name) => get(name),
        ResponseKind::Many(name) => array_of(name),
        _ => None,
    }
}

/// The description of a record by the vendor's name, for checking conditions, orders and field lists that come as text.
/// `None` for a name that the description does not have.
///
/// ```
/// let contact = connectwise_psa_bindings::schemas::schema("Contact").expect("the description has contacts");
/// let error = contact.check_conditions("type/id=2").unwrap_err();
/// assert_eq!(error.findings()[0].hint.as_deref(), Some("`types` is a list: use childConditions: types/id=2"));
/// contact.check_child_conditions("types/id=2")?;
/// # Ok::<(), connectwise_psa_core::checker::CheckError>(())
/// ```
#[must_use]
pub fn schema(name: &str) -> Option<connectwise_psa_core::checker::Schema<'static>> {
    connectwise_psa_core::checker::Schema::find(all(), name)
}

/// The description of the records that an operation lists, gets or counts; `None` when the description does not say
/// what they are.
#[must_use]
pub fn for_records(operation: &Operation) -> Option<connectwise_psa_core::checker::Schema<'static>> {
    match (operation.query, operation.response) {
        (QueryKind::Count(records), _) => schema(records?),
        (_, ResponseKind::One(name) | ResponseKind::Many(name)) => schema(name),
        _ => None,
    }
}

/// Checks a query against the records that an operation lists, gets or counts. Operations whose records the description
/// does not give pass.
///
/// # Errors
///
/// Everything that does not fit, with its place in the text and what was probably meant. The server may know fields and
/// values that the description does not.
///
/// ```
/// # #[cfg(feature = "service")]
/// # {
/// use connectwise_psa_bindings::{catalogue, schemas};
/// use connectwise_psa_core::query::ListQuery;
///
/// let list = catalogue::find("service", "list_tickets").expect("an operation");
/// let error = schemas::check(list, &ListQuery::new().conditions("boardId = 1")).unwrap_err();
/// assert_eq!(error.to_string(), "conditions: `Ticket` has no field `boardId`\n  boardId = 1\n  ^^^^^^^\nhint: write board/id=1");
/// # }
/// ```
pub fn check(operation: &Operation, query: &ListQuery) -> Result<(), CheckError> {
    for_records(operation).map_or(Ok(()), |records| records.check_query(query))
}

fn array_of(name: &str) -> Option<Value> {
    let mut items = get(name)?;
    let definitions = items.as_object_mut().and_then(|items| items.remove("$defs"));
    let mut array = json!({"type": "array", "items": items});
    if let (Some(definitions), Some(array)) = (definitions, array.as_object_mut()) {
        array.insert("$defs".to_owned(), definitions);
    }
    Some(array)
}

/// Adds every schema that `schema` refers to, directly or not.
fn collect(schema: &Value, into: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) =
                members.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(REFERENCE))
                && !into.contains_key(name)
                && let Some(found) = all().get(name)
            {
                into.insert(name.to_owned(), found.clone());
                collect(found, into);
            }
            members.values().for_each(|member| collect(member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

/// The schema of a type for `schemars`, its definitions added to the generator's.
pub(crate) fn describe(name: &str, generator: &mut SchemaGenerator) -> Schema {
    let path = format!("#{}/", generator.settings().definitions_path);
    let mut schema = all().get(name).cloned().unwrap_or_default();
    let mut definitions = Map::new();
    collect(&schema, &mut definitions);
    for (name, mut definition) in definitions {
        point_to(&path, &mut definition);
        generator.definitions_mut().entry(name).or_insert(definition);
    }
    point_to(&path, &mut schema);
    Schema::try_from(schema).unwrap_or_default()
}

fn point_to(path: &str, schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                *reference = reference.replace(REFERENCE, path);
            }
            members.values_mut().for_each(|member| point_to(path, member));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point_to(path, item)),
        _ => {}
    }
}

/// `schemars::JsonSchema` for generated types, from the description.
macro_rules! json_schema {
    ($($type:ident: $name:literal),* $(,)?) => {
        $(impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(generator: &mut schemars::generate::SchemaGenerator) -> schemars::Schema {
                crate::schemas::describe($name, generator)
            }
        })*
    };
}
pub(crate) use json_schema;

#[cfg(test)]
mod tests {
    use connectwise_psa_core::operation::Method;

    use super::*;

    #[test]
    fn the_file_parses_and_every_reference_is_resolved() {
        assert!(!all().is_empty());
        for name in all().keys() {
            let text = get(name).unwrap().to_string();
            for reference in text.split(REFERENCE).skip(1) {
                let name = reference.split('"').next().unwrap();
                assert!(all().contains_key(name), "{name}");
            }
        }
    }

    #[test]
    fn bodies_and_answers_of_every_operation_have_a_schema() {
        for operation in crate::catalogue::all() {
            if let ResponseKind::One(_) | ResponseKind::Many(_) = operation.response {
                assert!(for_response(operation).is_some(), "{}", operation.vendor_id);
            }
            if operation.body.as_ref().is_some_and(|body| !body.type_name.is_empty()) {
                assert!(for_body(operation).is_some(), "{}", operation.vendor_id);
            }
        }
    }

    #[test]
    fn almost_every_list_and_count_is_checked() {
        let catalogue = crate::catalogue::all;
        let lists =
            || catalogue().filter(|operation| operation.query == QueryKind::List && operation.method == Method::Get);
        let counts = || catalogue().filter(|operation| matches!(operation.query, QueryKind::Count(_)));
        let unknown = |operations: &mut dyn Iterator<Item = &'static Operation>| {
            operations.filter(|operation| for_records(operation).is_none()).count()
        };
        assert!(unknown(&mut lists()) <= 2, "a report's columns, a workflow's test");
        assert!(unknown(&mut counts()) * 50 <= counts().count(), "{} of {}", unknown(&mut counts()), counts().count());
    }

    #[cfg(feature = "service")]
    #[test]
    fn schemars_gets_the_description() {
        let schema = schemars::schema_for!(crate::types::Ticket);
        assert_eq!(schema.pointer("/properties/summary/maxLength"), Some(&json!(100)));
        assert_eq!(schema.pointer("/properties/board/$ref"), Some(&json!("#/$defs/BoardReference")));
        assert!(schema.pointer("/$defs/BoardReference/properties/name").is_some());
        assert_eq!(schema.get("title"), Some(&json!("Ticket")));
    }
}
