//! JSON Patch requests, by the rules observed on live servers.

use serde_json::{Map, Value};

use super::JsonObject;
use super::check::{Checked, Checker};
use super::custom_fields;
use super::record_names::resource_of;
use super::references::SELECTORS;
use crate::api_error::{ApiError, FieldError};
use crate::schema::{FieldType, type_of};

/// The maximum number of operations in a patch. The limit of live servers is not known. Other changes wait while a patch
/// is applied.
const MAX_OPERATIONS: usize = 1000;

/// An operation of a patch.
struct PatchOperation<'a> {
    op: Op,
    path: &'a str,
    value: &'a Value,
}

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Set,
    Remove,
}

/// The choices between behaviours of live servers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PatchRules {
    /// Whether a patch of a field inside a reference is accepted and ignored. Sources disagree, and the behaviour may
    /// depend on the endpoint.
    pub(crate) ignore_reference_patches: bool,
    /// Whether a patch must contain `customFields` if the record has custom fields. Observed on some live servers for
    /// some record types.
    pub(crate) require_custom_fields: bool,
}

/// Applies a patch to a record, and returns the patched record. If an operation fails, none is applied.
pub(crate) fn apply(
    checker: &Checker<'_>,
    record: &JsonObject,
    body: &[u8],
    rules: PatchRules,
) -> Result<JsonObject, ApiError> {
    checked(checker, record, body, rules)?.into_result(checker.type_name)
}

/// Does the same as [`apply`], and returns the errors of all operations.
pub(crate) fn checked(
    checker: &Checker<'_>,
    record: &JsonObject,
    body: &[u8],
    rules: PatchRules,
) -> Result<Checked, ApiError> {
    let invalid = |why: &str| ApiError::bad("InvalidObject", why.to_owned());
    let operations: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad("ConnectWiseApi", format!("Invalid JSON: {error}")))?;
    // Observed on live servers: a JSON object in place of the array is rejected.
    let Value::Array(operations) = &operations else { return Err(invalid("patchOperations object is invalid")) };
    if operations.len() > MAX_OPERATIONS {
        return Err(invalid(&format!("patchOperations object has more than {MAX_OPERATIONS} operations")));
    }
    let operations = operations
        .iter()
        .map(parse_operation)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| invalid("patchOperations object is invalid"))?;
    let has_custom_fields =
        record.get("customFields").and_then(Value::as_array).is_some_and(|fields| !fields.is_empty());
    if rules.require_custom_fields
        && has_custom_fields
        && !operations.iter().any(|operation| operation.path.starts_with("customFields"))
    {
        let resource = resource_of(checker.type_name);
        let error =
            FieldError::new("MissingRequiredField", "The customFields field is required.", &resource, "customFields");
        return Err(ApiError::invalid_object(&resource, vec![error]));
    }
    let mut patched = Checked { fields: record.clone(), errors: Vec::new() };
    for operation in &operations {
        match apply_operation(checker, &mut patched.fields, operation, rules) {
            Ok(()) => {}
            // The errors of fields are reported together, other errors alone.
            Err(error) if error.errors.is_empty() => return Err(error),
            Err(error) => patched.errors.extend(error.errors),
        }
    }
    let errors = checker.update_errors(record, &patched.fields)?;
    patched.add_errors(errors);
    Ok(patched)
}

fn parse_operation(operation: &Value) -> Option<PatchOperation<'_>> {
    static NULL: Value = Value::Null;
    // Observed on live servers: `op` is accepted in any letter case, and `add` replaces an existing value.
    let op = match operation.get("op")?.as_str()?.to_ascii_lowercase().as_str() {
        "add" | "replace" => Op::Set,
        "remove" => Op::Remove,
        _ => return None,
    };
    Some(PatchOperation {
        op,
        path: operation.get("path")?.as_str()?.trim_matches('/'),
        value: operation.get("value").unwrap_or(&NULL),
    })
}

fn apply_operation(
    checker: &Checker<'_>,
    record: &mut JsonObject,
    operation: &PatchOperation<'_>,
    rules: PatchRules,
) -> Result<(), ApiError> {
    let resource = resource_of(checker.type_name);
    let unknown = || {
        ApiError::invalid_object(
            &resource,
            vec![FieldError::new(
                "InvalidField",
                format!("The path {} is invalid.", operation.path),
                &resource,
                operation.path,
            )],
        )
    };
    let mut steps = operation.path.split('/');
    let first = steps.next().filter(|first| !first.is_empty()).ok_or_else(unknown)?;
    let rest: Vec<&str> = steps.collect();
    let schema = type_of(checker.type_name);
    // Observed on live servers: paths are case-sensitive.
    let field_type = match schema {
        Some(schema) => &schema.fields.get(first).ok_or_else(unknown)?.field_type,
        None => &FieldType::Any,
    };
    if first == "id" || first == "_info" {
        return Err(unknown());
    }
    match (rest.as_slice(), field_type) {
        ([], _) if operation.op == Op::Remove || clears(operation.value, field_type) => _ = record.remove(first),
        ([], _) if first == custom_fields::FIELD => merge_custom_fields(checker, record, operation.value)?,
        ([], _) => {
            let body = Map::from_iter([(first.to_owned(), operation.value.clone())]);
            set_fields(checker, record, &body)?;
        }
        ([_], FieldType::Reference(_)) if rules.ignore_reference_patches => {}
        // The other fields of a reference are those of the record that it names.
        ([field], FieldType::Reference(_)) if !SELECTORS.contains(field) => return Err(unknown()),
        // A new value of a field inside a reference selects another record.
        ([field], FieldType::Reference(_)) => {
            if operation.op == Op::Remove {
                record.remove(first);
            } else {
                let body = Map::from_iter([(
                    first.to_owned(),
                    Value::Object(Map::from_iter([((*field).to_owned(), operation.value.clone())])),
                )]);
                set_fields(checker, record, &body)?;
            }
        }
        ([index, rest @ ..], FieldType::List(element_type)) => {
            // Taken and not copied: a patch may have many operations on a long list. If one fails, the record is discarded.
            let mut elements = match record.get_mut(first) {
                Some(Value::Array(elements)) => std::mem::take(elements),
                _ => Vec::new(),
            };
            apply_to_element(checker, first, element_type, &mut elements, index, rest, operation)
                .ok_or_else(unknown)??;
            record.insert(first.to_owned(), Value::Array(elements));
        }
        ([field], FieldType::Object(_) | FieldType::Any) => {
            let inner = record.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            let inner = inner.as_object_mut().ok_or_else(unknown)?;
            match operation.op {
                Op::Remove => _ = inner.remove(*field),
                Op::Set => set_inside(checker, (first, field_type), inner, field, operation.value)?,
            }
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Returns whether a value clears a field. Observed on live servers: an empty text clears a reference, date or number.
fn clears(value: &Value, field_type: &FieldType) -> bool {
    value.as_str() == Some("")
        && matches!(
            field_type,
            FieldType::Reference(_) | FieldType::Date | FieldType::DateTime | FieldType::Integer | FieldType::Number
        )
}

/// Checks fields and sets them; null removes a field.
pub(crate) fn set_fields(checker: &Checker<'_>, record: &mut JsonObject, body: &JsonObject) -> Result<(), ApiError> {
    // The record's own board, company and project may determine the list in which a reference in the body is looked up.
    let is_owner = |name: &str| ["board", "company", "project"].contains(&name) && !body.contains_key(name);
    let owners = record.iter().filter(|(name, _)| is_owner(name));
    let owners = owners.map(|(name, value)| (name.clone(), value.clone())).collect();
    let checked = checker.checked_fields_of(body, &owners, &|_| ())?.into_result(checker.type_name)?;
    for name in body.keys() {
        match checked.get(name).filter(|value| !value.is_null()) {
            Some(value) => _ = record.insert(name.clone(), value.clone()),
            None => _ = record.remove(name),
        }
    }
    Ok(())
}

/// Merges custom fields. Observed on live servers: only the custom fields in the array change; omitted ones and an
/// empty array clear nothing.
fn merge_custom_fields(checker: &Checker<'_>, record: &mut JsonObject, given: &Value) -> Result<(), ApiError> {
    let fields = record.entry(custom_fields::FIELD).or_insert_with(|| Value::Array(Vec::new()));
    let existing = fields.as_array().map(Vec::as_slice).unwrap_or_default();
    let merged = custom_fields::checked(checker.records, checker.type_name, existing, given)
        .map_err(|error| ApiError::invalid_object(&resource_of(checker.type_name), vec![error]))?;
    if !merged.is_null() {
        *fields = merged;
    }
    Ok(())
}

/// Applies an operation to an element of a list by index. Returns `None` if the path does not exist. Observed on live
/// servers: an element without an id is appended, at whatever index it is added; its `defaultFlag` is ignored; elements
/// after a removed one move up.
fn apply_to_element(
    checker: &Checker<'_>,
    name: &str,
    element_type: &FieldType,
    elements: &mut Vec<Value>,
    index: &str,
    rest: &[&str],
    operation: &PatchOperation<'_>,
) -> Option<Result<(), ApiError>> {
    let at: usize = if index == "-" { elements.len() } else { index.parse().ok()? };
    match (rest, operation.op) {
        ([], Op::Remove) => {
            if at >= elements.len() {
                return None;
            }
            elements.remove(at);
        }
        ([], Op::Set) => {
            let mut value = match checker.value(name, element_type, None, operation.value) {
                Ok(Ok(value)) => value,
                Ok(Err(errors)) => {
                    return Some(Err(ApiError::invalid_object(&resource_of(checker.type_name), errors)));
                }
                Err(error) => return Some(Err(error)),
            };
            match elements.get_mut(at).filter(|_| operation.op == Op::Set && index != "-" && !is_new(operation.value)) {
                Some(element) => *element = value,
                None => {
                    if let Some(fields) = value.as_object_mut() {
                        fields.remove("defaultFlag");
                    }
                    elements.push(value);
                }
            }
        }
        ([field], _) => {
            let element = elements.get_mut(at)?.as_object_mut()?;
            let is_reference = matches!(element_type, FieldType::Reference(_));
            match operation.op {
                _ if is_reference && !SELECTORS.contains(field) => return None,
                Op::Remove => _ = element.remove(*field),
                Op::Set => return Some(set_inside(checker, (name, element_type), element, field, operation.value)),
            }
        }
        _ => return None,
    }
    Some(Ok(()))
}

/// Checks and sets a field of a nested object, which has a name and a type. A field of a reference selects another
/// record.
fn set_inside(
    checker: &Checker<'_>,
    (name, object_type): (&str, &FieldType),
    object: &mut JsonObject,
    field: &str,
    value: &Value,
) -> Result<(), ApiError> {
    let body = Value::Object(Map::from_iter([(field.to_owned(), value.clone())]));
    let checked = checker.value(name, object_type, None, &body)?;
    let checked = checked.map_err(|errors| ApiError::invalid_object(&resource_of(checker.type_name), errors))?;
    match (object_type, checked) {
        (FieldType::Reference(_), Value::Object(reference)) => *object = reference,
        (_, mut checked) => match checked.get_mut(field).map(Value::take).filter(|value| !value.is_null()) {
            Some(value) => _ = object.insert(field.to_owned(), value),
            None => _ = object.remove(field),
        },
    }
    Ok(())
}

/// Returns whether an element is new, that is, an object without an id.
fn is_new(value: &Value) -> bool {
    value.is_object() && value.get("id").is_none_or(Value::is_null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::records::into_object;
    use crate::store::Records;

    fn patched(type_name: &'static str, record: Value, patch: Value) -> Result<Value, ApiError> {
        let mut records = Records::default();
        records.insert("company/companies", into_object(json!({"name": "Acme", "identifier": "acme"})), Some(5));
        records.insert("company/companies", into_object(json!({"name": "Beta", "identifier": "beta"})), Some(6));
        records.insert("service/boards", into_object(json!({"name": "Help"})), Some(1));
        records.insert("service/boards/1/statuses", into_object(json!({"name": "New"})), Some(17));
        let checker = Checker { records: &records, type_name };
        apply(&checker, &into_object(record), patch.to_string().as_bytes(), PatchRules::default()).map(Value::Object)
    }

    #[test]
    fn patches_change_tickets_or_are_rejected() {
        let ticket = json!({"id": 1, "summary": "x", "company": {"id": 5, "name": "Acme"}, "board": {"id": 1}, "site": {"id": 2},
            "requiredDate": "2026-01-02T00:00:00Z", "budgetHours": 2.5, "parentTicketId": 3, "poNumber": "7",
            "customFields": [{"id": 1, "caption": "a", "value": "1"}, {"id": 2, "caption": "b", "value": "2"}]});
        for (patch, pointer, expected) in [
            (json!([{"op": "replace", "path": "summary", "value": "y"}]), "/summary", json!("y")),
            (json!([{"op": "Add", "path": "/summary", "value": "y"}]), "/summary", json!("y")),
            (json!([{"op": "replace", "path": "company", "value": {"identifier": "beta"}}]), "/company/id", json!(6)),
            (json!([{"op": "replace", "path": "company/id", "value": 6}]), "/company/name", json!("Beta")),
            (json!([{"op": "replace", "path": "status/name", "value": "New"}]), "/status/id", json!(17)),
            (json!([{"op": "remove", "path": "site"}]), "/site", Value::Null),
            (json!([{"op": "replace", "path": "site", "value": null}]), "/site", Value::Null),
            (json!([{"op": "replace", "path": "site", "value": ""}]), "/site", Value::Null),
            (json!([{"op": "replace", "path": "site/id", "value": ""}]), "/site", Value::Null),
            (json!([{"op": "replace", "path": "site", "value": {"id": 0}}]), "/site", Value::Null),
            (json!([{"op": "replace", "path": "requiredDate", "value": ""}]), "/requiredDate", Value::Null),
            (json!([{"op": "replace", "path": "budgetHours", "value": ""}]), "/budgetHours", Value::Null),
            (json!([{"op": "replace", "path": "parentTicketId", "value": ""}]), "/parentTicketId", Value::Null),
            (json!([{"op": "replace", "path": "poNumber", "value": ""}]), "/poNumber", json!("")),
            (
                json!([{"op": "replace", "path": "customFields", "value": [{"id": 2, "value": "z"}]}]),
                "/customFields",
                json!([{"id": 1, "caption": "a", "value": "1"}, {"id": 2, "caption": "b", "value": "z"}]),
            ),
            (json!([{"op": "replace", "path": "customFields", "value": []}]), "/customFields/0/value", json!("1")),
            (json!([]), "/summary", json!("x")),
        ] {
            let patched =
                patched("Ticket", ticket.clone(), patch.clone()).unwrap_or_else(|error| panic!("{patch}: {error:?}"));
            assert_eq!(patched.pointer(pointer).cloned().unwrap_or_default(), expected, "{patch}");
        }
        for patch in [
            json!({"summary": "y"}),
            json!([{"op": "move", "path": "summary"}]),
            json!([{"op": "replace", "path": "Summary", "value": "y"}]),
            json!([{"op": "replace", "path": "colour", "value": "y"}]),
            json!([{"op": "replace", "path": "/", "value": "y"}]),
            json!([{"op": "replace", "path": "id", "value": 7}]),
            json!([{"op": "replace", "path": "summary", "value": "x".repeat(101)}]),
            json!([{"op": "replace", "path": "company", "value": {"id": 7}}]),
            json!([{"op": "remove", "path": "summary"}]),
        ] {
            let error = patched("Ticket", ticket.clone(), patch.clone()).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, "InvalidObject"), "{patch}");
        }
    }

    #[test]
    fn communication_items_are_addressed_by_index() {
        let contact = json!({"id": 1, "firstName": "A", "communicationItems": [{"id": 10, "value": "a"}, {"id": 11, "value": "b"}]});
        let items = |patch: Value| {
            patched("Contact", contact.clone(), patch).map(|contact| contact["communicationItems"].clone())
        };
        assert_eq!(
            items(json!([{"op": "replace", "path": "/communicationItems/1/value", "value": "c"}])).unwrap()[1]["value"],
            "c"
        );
        assert_eq!(
            items(json!([{"op": "remove", "path": "communicationItems/0"}])).unwrap(),
            json!([{"id": 11, "value": "b"}])
        );
        // A new item is appended, whatever its index, and its `defaultFlag` is ignored.
        for index in ["2", "0", "-"] {
            let added = items(json!([{"op": "add", "path": format!("communicationItems/{index}"), "value": {"value": "n", "defaultFlag": true}}])).unwrap();
            assert_eq!(added[2], json!({"value": "n"}), "{index}");
        }
        assert!(items(json!([{"op": "remove", "path": "communicationItems/5"}])).is_err());
    }
}
