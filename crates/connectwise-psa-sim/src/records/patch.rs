//! Patches: changes to members of a record, by the rules the server is seen to follow.

use serde_json::{Map, Value};

use super::check::Checker;
use super::{JsonObject, resource};
use crate::api_error::{ApiError, FieldError};
use crate::schema::{FieldKind, type_of};

/// One change of a patch.
struct Change<'a> {
    op: Op,
    path: &'a str,
    value: &'a Value,
}

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Set,
    Remove,
}

/// Where servers differ in what they take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PatchRules {
    /// A change of a member of a reference is taken, and changes nothing. facts: sources disagree, and it may depend on
    /// the endpoint.
    pub(crate) ignore_reference_patches: bool,
    /// A record with custom fields is not changed without any in the patch. facts: of some objects, on some servers.
    pub(crate) require_custom_fields: bool,
}

/// Applies a patch to a record; nothing of it is kept when one change is refused.
pub(crate) fn apply(
    checker: &Checker<'_>,
    record: &JsonObject,
    body: &[u8],
    rules: PatchRules,
) -> Result<JsonObject, ApiError> {
    let invalid = |why: &str| ApiError::bad("InvalidObject", why.to_owned());
    let changes: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad("ConnectWiseApi", format!("Invalid JSON: {error}")))?;
    // facts: a plain object of members is no patch.
    let Value::Array(changes) = &changes else { return Err(invalid("patchOperations object is invalid")) };
    let changes = changes
        .iter()
        .map(read)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| invalid("patchOperations object is invalid"))?;
    let has_fields = record.get("customFields").and_then(Value::as_array).is_some_and(|fields| !fields.is_empty());
    if rules.require_custom_fields
        && has_fields
        && !changes.iter().any(|change| change.path.starts_with("customFields"))
    {
        let resource = resource(checker.type_name);
        let error =
            FieldError::new("MissingRequiredField", "The customFields field is required.", &resource, "customFields");
        return Err(ApiError::invalid_object(&resource, vec![error]));
    }
    let mut patched = record.clone();
    for change in &changes {
        step(checker, &mut patched, change, rules)?;
    }
    checker.complete(&patched)?;
    Ok(patched)
}

fn read(change: &Value) -> Option<Change<'_>> {
    static NULL: Value = Value::Null;
    // facts: `op` is taken in any letter case, and `add` sets what is there.
    let op = match change.get("op")?.as_str()?.to_ascii_lowercase().as_str() {
        "add" | "replace" => Op::Set,
        "remove" => Op::Remove,
        _ => return None,
    };
    Some(Change {
        op,
        path: change.get("path")?.as_str()?.trim_matches('/'),
        value: change.get("value").unwrap_or(&NULL),
    })
}

fn step(
    checker: &Checker<'_>,
    record: &mut JsonObject,
    change: &Change<'_>,
    rules: PatchRules,
) -> Result<(), ApiError> {
    let resource = resource(checker.type_name);
    let unknown = || {
        ApiError::invalid_object(
            &resource,
            vec![FieldError::new(
                "InvalidField",
                format!("The path {} is invalid.", change.path),
                &resource,
                change.path,
            )],
        )
    };
    let mut steps = change.path.split('/');
    let first = steps.next().filter(|first| !first.is_empty()).ok_or_else(unknown)?;
    let rest: Vec<&str> = steps.collect();
    let schema = type_of(checker.type_name);
    // facts: paths are case-sensitive.
    let kind = match schema {
        Some(schema) => &schema.fields.get(first).ok_or_else(unknown)?.kind,
        None => &FieldKind::Any,
    };
    if first == "id" || first == "_info" {
        return Err(unknown());
    }
    match (rest.as_slice(), kind) {
        ([], _) if change.op == Op::Remove => _ = record.remove(first),
        ([], _) if first == "customFields" => merge_custom_fields(record, change.value).ok_or_else(unknown)?,
        ([], _) => {
            let body = Map::from_iter([(first.to_owned(), change.value.clone())]);
            set(checker, record, &body)?;
        }
        ([_], FieldKind::Reference(_)) if rules.ignore_reference_patches => {}
        // A member of a reference chooses another record.
        ([member], FieldKind::Reference(_)) => {
            if change.op == Op::Remove {
                record.remove(first);
            } else {
                let body = Map::from_iter([(
                    first.to_owned(),
                    Value::Object(Map::from_iter([((*member).to_owned(), change.value.clone())])),
                )]);
                set(checker, record, &body)?;
            }
        }
        ([index, inside @ ..], FieldKind::List(of)) => {
            let mut elements = match record.get(first) {
                Some(Value::Array(elements)) => elements.clone(),
                _ => Vec::new(),
            };
            element(checker, first, of, &mut elements, index, inside, change).ok_or_else(unknown)??;
            record.insert(first.to_owned(), Value::Array(elements));
        }
        ([member], FieldKind::Object(_) | FieldKind::Any) => {
            let inner = record.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            let inner = inner.as_object_mut().ok_or_else(unknown)?;
            match change.op {
                Op::Remove => _ = inner.remove(*member),
                Op::Set => _ = inner.insert((*member).to_owned(), change.value.clone()),
            }
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Sets checked members; null empties.
pub(crate) fn set(checker: &Checker<'_>, record: &mut JsonObject, body: &JsonObject) -> Result<(), ApiError> {
    // Where a reference is looked up may depend on another that is there already.
    let mut whole = Map::new();
    if let Some(board) = record.get("board") {
        whole.insert("board".to_owned(), board.clone());
    }
    for name in ["company", "project"] {
        if let Some(value) = record.get(name) {
            whole.insert(name.to_owned(), value.clone());
        }
    }
    whole.extend(body.clone());
    let known = |name: &String| type_of(checker.type_name).is_none_or(|schema| schema.field(name).is_some());
    whole.retain(|name, _| body.contains_key(name) || known(name));
    let checked = checker.members(&whole)?;
    for name in body.keys() {
        match checked.get(name).filter(|value| !value.is_null()) {
            Some(value) => _ = record.insert(name.clone(), value.clone()),
            None => _ = record.remove(name),
        }
    }
    Ok(())
}

/// facts: a partial array touches only the fields it names; leaving some out, or an empty array, clears nothing.
fn merge_custom_fields(record: &mut JsonObject, value: &Value) -> Option<()> {
    let given = match value {
        Value::Array(given) => given,
        Value::Null => return Some(()),
        _ => return None,
    };
    let fields = record.entry("customFields").or_insert_with(|| Value::Array(Vec::new())).as_array_mut()?;
    for field in given {
        let same = |other: &&mut Value| {
            let by =
                |name: &str| field.get(name).is_some_and(|value| !value.is_null() && other.get(name) == Some(value));
            by("id") || (field.get("id").is_none_or(Value::is_null) && by("caption"))
        };
        let value = field.get("value").cloned().unwrap_or_default();
        match fields.iter_mut().find(same).and_then(Value::as_object_mut) {
            Some(there) => _ = there.insert("value".to_owned(), value),
            None => fields.push(field.clone()),
        }
    }
    Some(())
}

/// A change of an element of a list: by its index. facts: adding at any index appends; `defaultFlag` of an added item
/// is ignored; what stands behind a removed one moves up. None is a path that leads nowhere.
fn element(
    checker: &Checker<'_>,
    name: &str,
    of: &FieldKind,
    elements: &mut Vec<Value>,
    index: &str,
    inside: &[&str],
    change: &Change<'_>,
) -> Option<Result<(), ApiError>> {
    let at: Option<usize> = if index == "-" { Some(elements.len()) } else { index.parse().ok() };
    let at = at?;
    match (inside, change.op) {
        ([], Op::Remove) => {
            if at >= elements.len() {
                return None;
            }
            elements.remove(at);
        }
        ([], Op::Set) => {
            let mut value = match checker.value(name, of, None, change.value) {
                Ok(Ok(value)) => value,
                Ok(Err(error)) => {
                    return Some(Err(ApiError::invalid_object(&resource(checker.type_name), vec![error])));
                }
                Err(error) => return Some(Err(error)),
            };
            match elements.get_mut(at).filter(|_| change.op == Op::Set && index != "-" && !is_new(change.value)) {
                Some(element) => *element = value,
                None => {
                    if let Some(members) = value.as_object_mut() {
                        members.remove("defaultFlag");
                    }
                    elements.push(value);
                }
            }
        }
        ([member], _) => {
            let element = elements.get_mut(at)?.as_object_mut()?;
            match change.op {
                Op::Remove => _ = element.remove(*member),
                Op::Set => _ = element.insert((*member).to_owned(), change.value.clone()),
            }
        }
        _ => return None,
    }
    Some(Ok(()))
}

/// Whether an element has no id, so that it is a new one.
fn is_new(value: &Value) -> bool {
    value.is_object() && value.get("id").is_none_or(Value::is_null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::records::into_object;
    use crate::records::references::Links;
    use crate::store::Records;

    fn patched(type_name: &'static str, record: Value, patch: Value) -> Result<Value, ApiError> {
        let mut records = Records::default();
        records.insert("company/companies", into_object(json!({"name": "Acme", "identifier": "acme"})), Some(5));
        records.insert("company/companies", into_object(json!({"name": "Beta", "identifier": "beta"})), Some(6));
        records.insert("service/boards", into_object(json!({"name": "Help"})), Some(1));
        records.insert("service/boards/1/statuses", into_object(json!({"name": "New"})), Some(17));
        let links = Links { base: "https://h" };
        let checker = Checker { records: &records, links: &links, type_name };
        apply(&checker, &into_object(record), patch.to_string().as_bytes(), PatchRules::default()).map(Value::Object)
    }

    #[test]
    fn tickets_are_patched_by_the_rules() {
        let ticket = json!({"id": 1, "summary": "x", "company": {"id": 5, "name": "Acme"}, "board": {"id": 1}, "site": {"id": 2},
            "customFields": [{"id": 1, "caption": "a", "value": "1"}, {"id": 2, "caption": "b", "value": "2"}]});
        for (patch, pointer, expected) in [
            (json!([{"op": "replace", "path": "summary", "value": "y"}]), "/summary", json!("y")),
            (json!([{"op": "Add", "path": "/summary", "value": "y"}]), "/summary", json!("y")),
            (json!([{"op": "replace", "path": "company", "value": {"identifier": "beta"}}]), "/company/id", json!(6)),
            (json!([{"op": "replace", "path": "company/id", "value": 6}]), "/company/name", json!("Beta")),
            (json!([{"op": "replace", "path": "status/name", "value": "New"}]), "/status/id", json!(17)),
            (json!([{"op": "remove", "path": "site"}]), "/site", Value::Null),
            (json!([{"op": "replace", "path": "site", "value": null}]), "/site", Value::Null),
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
        for index in ["2", "0", "-"] {
            let added = items(json!([{"op": "add", "path": format!("communicationItems/{index}"), "value": {"value": "n", "defaultFlag": true}}])).unwrap();
            assert_eq!(added[2], json!({"value": "n"}), "{index}");
        }
        assert!(items(json!([{"op": "remove", "path": "communicationItems/5"}])).is_err());
    }
}
