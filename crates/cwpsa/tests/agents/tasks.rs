//! The tasks of tasks.toml, with the values that later calls take from the results of earlier ones.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    task: Vec<Task>,
}

/// What a user wants, and the calls that do it.
#[derive(Deserialize)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) calls: Vec<Call>,
    /// Values of the last result, by JSON pointer.
    expect: BTreeMap<String, Value>,
}

/// A call of a tool.
#[derive(Deserialize)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) arguments: Value,
}

/// Returns all tasks.
pub(crate) fn all() -> Vec<Task> {
    let file: File = toml::from_str(include_str!("tasks.toml")).expect("tasks.toml is valid");
    file.task
}

/// Replaces `{{N/POINTER}}` in arguments by a value of the result of call N.
pub(crate) fn fill(arguments: &Value, results: &[Value]) -> Value {
    match arguments {
        Value::String(text) => match text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}")) {
            Some(path) => {
                let (call, pointer) = path.split_once('/').expect("a call and a pointer");
                let call: usize = call.parse().expect("the number of a call");
                let value = results[call].pointer(&format!("/{pointer}"));
                value.unwrap_or_else(|| panic!("{text} is not in {}", results[call])).clone()
            }
            None => arguments.clone(),
        },
        Value::Array(elements) => elements.iter().map(|element| fill(element, results)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), fill(value, results))).collect())
        }
        other => other.clone(),
    }
}

/// Checks the last result of a task.
pub(crate) fn check(task: &Task, results: &[Value]) {
    let last = results.last().expect("a task has calls");
    for (pointer, expected) in &task.expect {
        let found = last.pointer(pointer).unwrap_or_else(|| panic!("{}: {pointer} is not in {last}", task.name));
        if expected != "*" {
            assert_eq!(found, &fill(expected, results), "{}: {pointer} in {last}", task.name);
        }
    }
}
