//! JSON Patch requests, by the rules observed on live servers.

use serde_json::{Map, Value};

use super::JsonObject;
use super::check::{Checked, Checker};
use super::custom_fields::CustomFields;
use super::record_names::resource_of;
use super::references::{SELECTORS, integer};
use super::screens;
use crate::api_error::{ApiError, FieldError};
use crate::records::into_object;
use crate::schema::{FieldType, static_type_name, type_of};

/// The maximum number of operations in a patch. The limit of live servers is not known. Other changes wait while a patch
/// is applied.
const MAX_OPERATIONS: usize = 1000;

/// An operation of a patch.
struct PatchOperation<'a> {
    op: Op,
    path: &'a str,
    value: &'a Value,
}

impl<'a> PatchOperation<'a> {
    fn steps(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.path.split('/')
    }

    /// Returns the error for a path that does not exist.
    fn unknown_path(&self, checker: &Checker<'_>) -> ApiError {
        let message = format!("The path {} is invalid.", self.path);
        field_errors(
            checker,
            vec![FieldError::new("InvalidField", message, &resource_of(checker.type_name), self.path)],
        )
    }
}

fn field_errors(checker: &Checker<'_>, errors: Vec<FieldError>) -> ApiError {
    ApiError::invalid_object(&resource_of(checker.type_name), errors)
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
    let operations: Value = serde_json::from_slice(body).map_err(|error| ApiError::malformed_json(&error))?;
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
    // Taken out of the record for the whole patch, so that a patch with many operations indexes a long list once.
    let mut custom_fields = None;
    for operation in &operations {
        let applied = if operation.steps().next() == Some(screens::FIELD) && has_custom_fields_in(checker) {
            let fields = custom_fields.get_or_insert_with(|| taken_custom_fields(checker, &mut patched.fields));
            apply_to_custom_fields(checker, fields, operation)
        } else {
            apply_operation(checker, &mut patched.fields, operation, rules)
        };
        match applied {
            Ok(()) => {}
            // The errors of fields are reported together, other errors alone.
            Err(error) if error.errors.is_empty() => return Err(error),
            Err(error) => patched.errors.extend(error.errors),
        }
    }
    if let Some(fields) = custom_fields {
        patched.fields.insert(screens::FIELD.to_owned(), fields.into_value());
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
    let unknown = || operation.unknown_path(checker);
    let mut steps = operation.steps();
    let first = steps.next().filter(|first| !first.is_empty()).ok_or_else(unknown)?;
    let rest: Vec<&str> = steps.collect();
    let schema = type_of(checker.type_name);
    // Observed on live servers: paths are case-sensitive.
    let field_type = match schema {
        Some(schema) => &schema.fields.get(first).ok_or_else(unknown)?.field_type,
        None => &FieldType::Any,
    };
    if READ_ONLY.contains(&first) {
        return if is_unchanged(record, operation) { Ok(()) } else { Err(unknown()) };
    }
    match (rest.as_slice(), field_type) {
        ([], _) if operation.op == Op::Remove => _ = record.remove(first),
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
            set_inner_field(checker, field_type, inner, (first, field), operation)?;
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Fields that no request changes.
const READ_ONLY: [&str; 2] = ["id", "_info"];

/// Returns whether an operation sets a value that the record has. Clients that send all fields of a record send its id
/// too.
fn is_unchanged(record: &JsonObject, operation: &PatchOperation<'_>) -> bool {
    let mut steps = operation.steps();
    let first = steps.next().and_then(|first| record.get(first));
    let existing = first.and_then(|first| steps.try_fold(first, |value, step| value.get(step)));
    let is_same = |existing: &Value| {
        existing == operation.value
            || integer(existing).is_some_and(|existing| integer(operation.value) == Some(existing))
    };
    operation.op == Op::Set && existing.is_some_and(is_same)
}

/// Returns whether records of the checked type have custom fields.
fn has_custom_fields_in(checker: &Checker<'_>) -> bool {
    type_of(checker.type_name).is_some_and(|schema| schema.fields.contains_key(screens::FIELD))
}

fn taken_custom_fields<'r>(checker: &Checker<'r>, record: &mut JsonObject) -> CustomFields<'r> {
    let fields = match record.remove(screens::FIELD) {
        Some(Value::Array(fields)) => fields,
        _ => Vec::new(),
    };
    CustomFields::new(checker.records, checker.type_name, fields)
}

/// Applies an operation to the custom fields: to all, to the one at an index, or to its value. The other fields of a
/// custom field follow from its definition and do not change.
fn apply_to_custom_fields(
    checker: &Checker<'_>,
    fields: &mut CustomFields<'_>,
    operation: &PatchOperation<'_>,
) -> Result<(), ApiError> {
    let unknown = || operation.unknown_path(checker);
    let steps: Vec<&str> = operation.steps().skip(1).collect();
    let index = |step: &str| step.parse::<usize>().ok();
    let changed = match (steps.as_slice(), operation.op) {
        ([], Op::Set) => fields.merge(operation.value),
        ([], Op::Remove) => {
            fields.clear();
            Ok(())
        }
        (["-"], Op::Set) => fields.set_at(None, operation.value),
        ([at], Op::Set) => fields.set_at(Some(index(at).ok_or_else(unknown)?), operation.value),
        ([at, "value"], Op::Set) => {
            let at = index(at).filter(|at| fields.exists_at(*at)).ok_or_else(unknown)?;
            let given = Map::from_iter([("value".to_owned(), operation.value.clone())]);
            fields.set_at(Some(at), &Value::Object(given))
        }
        ([at] | [at, "value"], Op::Remove) => {
            index(at).and_then(|at| fields.clear_at(at)).ok_or_else(unknown)?;
            Ok(())
        }
        ([at, field], _) => {
            let is_known = type_of("CustomFieldValue").is_none_or(|schema| schema.fields.contains_key(*field));
            index(at).filter(|at| is_known && fields.exists_at(*at)).ok_or_else(unknown)?;
            Ok(())
        }
        _ => return Err(unknown()),
    };
    changed.map_err(|error| field_errors(checker, vec![error]))
}

/// Sets or removes a field of a nested object or of a list element. `name` is the field that contains the object, and
/// the field of the object.
fn set_inner_field(
    checker: &Checker<'_>,
    inner_type: &FieldType,
    inner: &mut JsonObject,
    (name, field): (&str, &str),
    operation: &PatchOperation<'_>,
) -> Result<(), ApiError> {
    let type_name = match inner_type {
        FieldType::Object(type_name) => static_type_name(type_name),
        FieldType::Reference(_) => {
            if operation.op == Op::Remove || !SELECTORS.contains(&field) {
                return Err(operation.unknown_path(checker));
            }
            let given = Value::Object(Map::from_iter([(field.to_owned(), operation.value.clone())]));
            let found = checker.value(name, inner_type, None, &given)?;
            *inner = into_object(found.map_err(|errors| field_errors(checker, errors))?);
            return Ok(());
        }
        _ => None,
    };
    match (operation.op, type_name) {
        (Op::Remove, _) => _ = inner.remove(field),
        (Op::Set, Some(type_name)) if type_of(type_name).is_some_and(|schema| schema.fields.contains_key(field)) => {
            let nested = Checker { records: checker.records, type_name };
            let body = Map::from_iter([(field.to_owned(), operation.value.clone())]);
            set_fields(&nested, inner, &body)?;
        }
        (Op::Set, Some(_)) => return Err(operation.unknown_path(checker)),
        (Op::Set, None) => _ = inner.insert(field.to_owned(), operation.value.clone()),
    }
    Ok(())
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
            return Some(set_inner_field(checker, element_type, element, (name, field), operation));
        }
        _ => return None,
    }
    Some(Ok(()))
}

/// Returns whether an element is new, that is, an object without an id.
fn is_new(value: &Value) -> bool {
    value.is_object() && value.get("id").is_none_or(Value::is_null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        let ticket = json!({"id": 1, "_info": {"updatedBy": "jo"}, "severity": "Low", "closedFlag": true, "summary": "x", "company": {"id": 5, "name": "Acme"}, "board": {"id": 1}, "site": {"id": 2},
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
            (json!([{"op": "replace", "path": "closedFlag", "value": ""}]), "/closedFlag", Value::Null),
            (json!([{"op": "replace", "path": "severity", "value": ""}]), "/severity", Value::Null),
            (json!([{"op": "replace", "path": "poNumber", "value": ""}]), "/poNumber", json!("")),
            (json!([{"op": "replace", "path": "id", "value": 1}]), "/id", json!(1)),
            (json!([{"op": "replace", "path": "id", "value": "1"}]), "/id", json!(1)),
            (
                json!([{"op": "replace", "path": "_info/updatedBy", "value": "jo"}]),
                "/_info",
                json!({"updatedBy": "jo"}),
            ),
            (json!([{"op": "replace", "path": "_info", "value": {"updatedBy": "jo"}}]), "/id", json!(1)),
            (
                json!([{"op": "replace", "path": "customFields/1/value", "value": "z"}]),
                "/customFields/1/value",
                json!("z"),
            ),
            (
                json!([{"op": "add", "path": "customFields/1", "value": {"value": "z"}}]),
                "/customFields/1/value",
                json!("z"),
            ),
            (json!([{"op": "remove", "path": "customFields/0"}]), "/customFields/0/value", Value::Null),
            (
                json!([{"op": "replace", "path": "customFields/0/caption", "value": "z"}]),
                "/customFields/0/caption",
                json!("a"),
            ),
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
            json!([{"op": "remove", "path": "id"}]),
            json!([{"op": "replace", "path": "_info/updatedBy", "value": "me"}]),
            json!([{"op": "replace", "path": "_info/new", "value": null}]),
            json!([{"op": "replace", "path": "customFields/5/value", "value": "x"}]),
            json!([{"op": "replace", "path": "customFields/0/colour", "value": "x"}]),
            json!([{"op": "replace", "path": "customFields/x", "value": {"value": "x"}}]),
            json!([{"op": "replace", "path": "summary", "value": "x".repeat(101)}]),
            json!([{"op": "replace", "path": "company", "value": {"id": 7}}]),
            json!([{"op": "remove", "path": "summary"}]),
        ] {
            let error = patched("Ticket", ticket.clone(), patch.clone()).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code), (400, "InvalidObject"), "{patch}");
        }
    }

    #[test]
    fn single_custom_fields_are_checked_like_whole_lists() {
        let mut records = Records::default();
        let definition = json!({"screenId": "ct300", "caption": "Distance", "fieldTypeIdentifier": "Number"});
        records.insert("system/userdefinedfields", into_object(definition), Some(4));
        let contact = into_object(
            json!({"id": 1, "firstName": "A", "customFields": [{"id": 4, "caption": "Distance", "value": null}]}),
        );
        let checker = Checker { records: &records, type_name: "Contact" };
        let patched = |path: &str, value: Value| {
            let patch = json!([{"op": "replace", "path": path, "value": value}]).to_string();
            apply(&checker, &contact, patch.as_bytes(), PatchRules::default())
                .map(|contact| contact["customFields"].clone())
        };
        for (path, value, expected) in [
            ("customFields", json!([{"id": 4, "value": "1.5"}]), json!(1.5)),
            ("customFields/0", json!({"caption": "Distance", "value": "1.5"}), json!(1.5)),
            ("customFields/0", json!({"value": "1.5"}), json!(1.5)),
            ("customFields/-", json!({"id": 4, "value": 2}), json!(2)),
            ("customFields/0/value", json!("1.5"), json!(1.5)),
            ("customFields/0/value", json!(""), Value::Null),
        ] {
            let fields = patched(path, value.clone()).unwrap_or_else(|error| panic!("{path} {value}: {error:?}"));
            assert_eq!((fields.as_array().unwrap().len(), &fields[0]["value"]), (1, &expected), "{path} {value}");
        }
        for (path, value, code) in [
            ("customFields/0/value", json!("far"), "InvalidField"),
            ("customFields/0", json!({"value": true}), "InvalidField"),
            ("customFields/0", json!({"id": 5, "value": 1}), "NotFound"),
            ("customFields/1", json!({"value": 1}), "NotFound"),
        ] {
            assert_eq!(patched(path, value.clone()).unwrap_err().errors[0].code, code, "{path} {value}");
        }
    }

    #[test]
    fn a_patch_with_many_operations_on_long_lists_takes_linear_time() {
        let field = |id: i64, value: &str| json!({"id": id, "caption": format!("c{id}"), "value": value});
        let long: Vec<Value> = (1..=20_000).map(|id| field(id, "a")).collect();
        let contact = into_object(json!({"id": 1, "firstName": "A", "customFields": long}));
        let operations: Vec<Value> = (1..=i64::try_from(MAX_OPERATIONS).unwrap())
            .map(|id| json!({"op": "replace", "path": "customFields", "value": [field(20_001 - id, "b")]}))
            .collect();
        let records = Records::default();
        let checker = Checker { records: &records, type_name: "Contact" };
        let patch = Value::Array(operations).to_string();
        let started = std::time::Instant::now();
        let patched = apply(&checker, &contact, patch.as_bytes(), PatchRules::default()).unwrap();
        let changed = patched["customFields"].as_array().unwrap().iter().filter(|field| field["value"] == "b").count();
        assert_eq!(changed, MAX_OPERATIONS);
        // Copying the list for each operation takes longer, even on a fast machine.
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }

    #[test]
    fn fields_of_list_elements_are_checked() {
        let contact = json!({"id": 1, "firstName": "A", "communicationItems": [{"id": 10, "value": "a"}]});
        let patched = |path: &str, value: Value| {
            patched("Contact", contact.clone(), json!([{"op": "replace", "path": path, "value": value}]))
        };
        assert_eq!(
            patched("communicationItems/0/defaultFlag", json!("True")).unwrap()["communicationItems"][0]["defaultFlag"],
            true
        );
        assert_eq!(patched("communicationItems/0/defaultFlag", json!("maybe")).unwrap_err().status, 500);
        assert_eq!(patched("communicationItems/0/colour", json!("x")).unwrap_err().status, 400);
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
