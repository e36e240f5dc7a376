//! The JSON Schemas of all types, and checks of queries against them. The first use parses the schemas.
//!
//! No property is required and enums are open, because responses omit properties and contain new values.
//! `x-required-on-create` lists what is required when creating. `maxLength` is the server's limit.

use std::sync::OnceLock;

use connectwise_psa_core::checker::CheckError;
use connectwise_psa_core::operation::{Operation, QueryKind, ResponseKind};
use connectwise_psa_core::query::ListQuery;
use schemars::Schema;
use schemars::generate::SchemaGenerator;
use serde_json::{Map, Value, json};

const REFERENCE: &str = "#/$defs/";

/// Returns all schemas by the vendor's names. Parses them at the first use.
fn all() -> &'static Map<String, Value> {
    static ALL: OnceLock<Map<String, Value>> = OnceLock::new();
    // The generator writes the file, and a test checks that it parses.
    ALL.get_or_init(|| serde_json::from_str(include_str!("generated/schemas.json")).unwrap_or_default())
}

/// Returns the JSON Schema of a type by the vendor's name. Its `$defs` has all schemas that it refers to. `None` for an
/// unknown name.
///
/// ```
/// let ticket = connectwise_psa_bindings::schemas::get("Ticket").expect("a schema");
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

/// Returns the JSON Schema of an operation's request body. `None` if it has no body, or the document does not describe
/// it.
#[must_use]
pub fn for_body(operation: &Operation) -> Option<Value> {
    let body = operation.body.as_ref()?;
    if body.many { array_of(body.type_name) } else { get(body.type_name) }
}

/// Returns the JSON Schema of an operation's response body. `None` if it is empty, bytes, or JSON that the document
/// does not describe.
#[must_use]
pub fn for_response(operation: &Operation) -> Option<Value> {
    match operation.response {
        ResponseKind::One(name) => get(name),
        ResponseKind::Many(name) => array_of(name),
        _ => None,
    }
}

/// Returns the schema of a record by the vendor's name, to check conditions, orders and field lists as text. `None` for
/// an unknown name.
///
/// ```
/// let contact = connectwise_psa_bindings::schemas::schema("Contact").expect("a schema");
/// let error = contact.check_conditions("type/id=2").unwrap_err();
/// assert_eq!(error.findings()[0].hint.as_deref(), Some("`types` is a list: use childConditions: types/id=2"));
/// contact.check_child_conditions("types/id=2")?;
/// # Ok::<(), connectwise_psa_core::checker::CheckError>(())
/// ```
#[must_use]
pub fn schema(name: &str) -> Option<connectwise_psa_core::checker::Schema<'static>> {
    connectwise_psa_core::checker::Schema::find(all(), name)
}

/// Returns the schema of the records that an operation lists, gets or counts. `None` if the document does not describe
/// them.
#[must_use]
pub fn for_records(operation: &Operation) -> Option<connectwise_psa_core::checker::Schema<'static>> {
    match (operation.query, operation.response) {
        (QueryKind::Count(records), _) => schema(records?),
        (_, ResponseKind::One(name) | ResponseKind::Many(name)) => schema(name),
        _ => None,
    }
}

/// Checks a query against the records that an operation lists, gets or counts. Succeeds if the document does not
/// describe the records.
///
/// # Errors
///
/// Fails with all findings, each with its position in the text and a suggestion. The server can support fields and
/// values that the document does not contain.
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

/// Adds all schemas that `schema` refers to, directly or indirectly.
fn collect(schema: &Value, into: &mut Map<String, Value>) {
    match schema {
        Value::Object(object) => {
            if let Some(name) =
                object.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(REFERENCE))
                && !into.contains_key(name)
                && let Some(found) = all().get(name)
            {
                into.insert(name.to_owned(), found.clone());
                collect(found, into);
            }
            object.values().for_each(|value| collect(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

/// Returns the schema of a type for `schemars`, and adds its definitions to the generator.
pub(crate) fn json_schema_of(name: &str, generator: &mut SchemaGenerator) -> Schema {
    let prefix = format!("#{}/", generator.settings().definitions_path);
    let mut schema = all().get(name).cloned().unwrap_or_default();
    let mut definitions = Map::new();
    collect(&schema, &mut definitions);
    for (name, mut definition) in definitions {
        set_reference_prefix(&prefix, &mut definition);
        generator.definitions_mut().entry(name).or_insert(definition);
    }
    set_reference_prefix(&prefix, &mut schema);
    Schema::try_from(schema).unwrap_or_default()
}

fn set_reference_prefix(prefix: &str, schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                *reference = reference.replace(REFERENCE, prefix);
            }
            object.values_mut().for_each(|value| set_reference_prefix(prefix, value));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set_reference_prefix(prefix, item)),
        _ => {}
    }
}

/// Implements `schemars::JsonSchema` for generated types.
macro_rules! json_schema {
    ($($type:ident: $name:literal),* $(,)?) => {
        $(impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(generator: &mut schemars::generate::SchemaGenerator) -> schemars::Schema {
                crate::schemas::json_schema_of($name, generator)
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
    fn the_schemas_parse_and_all_references_resolve() {
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
    fn all_named_bodies_have_a_schema() {
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
    fn almost_all_lists_and_counts_can_be_checked() {
        let catalogue = crate::catalogue::all;
        let lists =
            || catalogue().filter(|operation| operation.query == QueryKind::List && operation.method == Method::Get);
        let counts = || catalogue().filter(|operation| matches!(operation.query, QueryKind::Count(_)));
        let unknown = |operations: &mut dyn Iterator<Item = &'static Operation>| {
            operations.filter(|operation| for_records(operation).is_none()).count()
        };
        assert!(unknown(&mut lists()) <= 2, "only the columns of a report and the test of a workflow event");
        // At most 2 % of the counts have no list at their path.
        assert!(unknown(&mut counts()) * 50 <= counts().count(), "{} of {}", unknown(&mut counts()), counts().count());
    }

    #[cfg(feature = "service")]
    #[test]
    fn schemars_returns_the_same_schema() {
        let schema = schemars::schema_for!(crate::types::Ticket);
        assert_eq!(schema.pointer("/properties/summary/maxLength"), Some(&json!(100)));
        assert_eq!(schema.pointer("/properties/board/$ref"), Some(&json!("#/$defs/BoardReference")));
        assert!(schema.pointer("/$defs/BoardReference/properties/name").is_some());
        assert_eq!(schema.get("title"), Some(&json!("Ticket")));
    }
}
