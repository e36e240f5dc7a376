//! Checks of the bodies of updates: arrays of operations, each with `op`, `path` and `value`.

use connectwise_psa::catalogue::{Operation, ResponseKind};
use connectwise_psa::schemas;
use serde_json::{Map, Value, json};

use crate::operations::value_type::{self, Types, unknown_member};

/// Returns a body of an update for messages.
pub(crate) fn example() -> Value {
    json!([{"op": "replace", "path": "summary", "value": "Example text"}])
}

/// Returns what is wrong with the body of an update.
pub(crate) fn problems(operation: &Operation, body: &Value) -> Vec<String> {
    let Some(steps) = body.as_array() else {
        let form = match body.as_object().filter(|object| !object.is_empty()) {
            Some(object) if !object.contains_key("op") => from_members(object),
            Some(_) => json!([body]),
            None => example(),
        };
        return vec![format!("the body of an update is an array of operations: write {form}")];
    };
    if steps.is_empty() {
        return vec![format!("the body of an update has no operations: write {}", example())];
    }
    let record = match operation.response {
        ResponseKind::One(name) => schemas::get(name).map(|schema| (name, schema)),
        _ => None,
    };
    steps.iter().enumerate().flat_map(|(index, step)| step_problems(record.as_ref(), index, step)).collect()
}

/// Returns the operations that replace the members of an object.
fn from_members(object: &Map<String, Value>) -> Value {
    object.iter().map(|(name, value)| json!({"op": "replace", "path": name, "value": value})).collect()
}

fn step_problems(record: Option<&(&'static str, Value)>, index: usize, step: &Value) -> Vec<String> {
    let Some(step) = step.as_object() else {
        return vec![format!("[{index}] is {}: write an object with op, path and value", value_type::name(step))];
    };
    let mut problems: Vec<String> = step
        .keys()
        .filter(|name| !["op", "path", "value"].contains(&name.as_str()))
        .map(|name| format!("[{index}] has the member `{name}`: write only op, path and value"))
        .collect();
    let op = step.get("op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if !["add", "replace", "remove"].contains(&op.as_str()) {
        let op = step.get("op").unwrap_or(&Value::Null);
        problems.push(format!("[{index}] has the op {op}: write add, replace or remove"));
    }
    if op != "remove" && !step.contains_key("value") {
        problems.push(format!("[{index}] has no value: add \"value\", or write the op remove"));
    }
    let Some(path) = step.get("path").and_then(Value::as_str) else {
        problems.push(format!("[{index}] has no path: add \"path\", such as \"summary\""));
        return problems;
    };
    if let Some((name, schema)) = record {
        problems.extend(path_problems(name, schema, path, step.get("value")));
    }
    problems
}

/// Returns what is wrong with a path, and with the value for it.
fn path_problems(type_name: &str, schema: &Value, path: &str, value: Option<&Value>) -> Vec<String> {
    let types = Types::new(type_name, schema);
    let mut current = schema;
    for segment in path.trim_start_matches('/').split('/') {
        let resolved = types.resolve(current);
        if let Some(items) = resolved.get("items") {
            // An index, or `-` for the end.
            current = items;
            continue;
        }
        // What the document does not describe is not checked.
        let Some(members) = resolved.get("properties").and_then(Value::as_object) else { return Vec::new() };
        if let Some(problem) = unknown_member(members, type_name, segment) {
            return vec![format!("path {path:?}: {problem}")];
        }
        let Some(property) = members.get(segment) else { return Vec::new() };
        current = property;
    }
    match value {
        // The whole list can be replaced, and one element can be added to it.
        Some(value)
            if (types.resolve(current).get("items").is_none() || value.is_array())
                && !value.as_str().is_some_and(str::is_empty) =>
        {
            value_type::problems(&types, current, value, path)
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::id::find;

    fn found(body: &Value) -> Vec<String> {
        problems(find("service.update_ticket").unwrap(), body)
    }

    #[test]
    fn each_problem_has_the_right_form() {
        for (body, expected) in [
            (
                json!({"board": {"id": 5}}),
                "the body of an update is an array of operations: write [{\"op\":\"replace\",\"path\":\"board\",\"value\":{\"id\":5}}]",
            ),
            (
                json!({"op": "replace", "path": "summary", "value": "A"}),
                "the body of an update is an array of operations: write [{\"op\":\"replace\",\"path\":\"summary\",\"value\":\"A\"}]",
            ),
            (json!("A"), "the body of an update is an array"),
            (json!([]), "the body of an update has no operations"),
            (json!([5]), "[0] is a number: write an object"),
            (
                json!([{"op": "set", "path": "summary", "value": "A"}]),
                "[0] has the op \"set\": write add, replace or remove",
            ),
            (json!([{"op": "replace", "path": "summary"}]), "[0] has no value"),
            (json!([{"op": "replace", "value": 5}]), "[0] has no path"),
            (json!([{"op": "remove", "path": "summary", "from": "a"}]), "[0] has the member `from`"),
            (
                json!([{"op": "replace", "path": "/sumary", "value": "A"}]),
                "path \"/sumary\": `Ticket` has no member `sumary`: write `summary`",
            ),
            (json!([{"op": "replace", "path": "board", "value": 5}]), "`board` is a reference: write {\"id\":5}"),
            (
                json!([{"op": "replace", "path": "board/idd", "value": 5}]),
                "path \"board/idd\": `Ticket` has no member `idd`",
            ),
        ] {
            let found = found(&body);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{body}: {found:?}");
        }
    }

    #[test]
    fn right_updates_have_no_problems() {
        for body in [
            json!([{"op": "replace", "path": "summary", "value": "A"}, {"op": "remove", "path": "/contact"}]),
            json!([{"op": "Replace", "path": "status/id", "value": 5}]),
            json!([{"op": "replace", "path": "contact", "value": ""}, {"op": "replace", "path": "owner", "value": null}]),
            json!([{"op": "add", "path": "/customFields/0/value", "value": true}]),
            json!([{"op": "replace", "path": "customFields", "value": [{"id": 1, "value": "x"}]}]),
        ] {
            assert_eq!(found(&body), [""; 0], "{body}");
        }
    }
}
