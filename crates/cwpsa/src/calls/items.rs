//! Items: several inputs of one operation, and a result as an array.

use connectwise_psa::Method;
use connectwise_psa::catalogue::Operation;
use connectwise_psa::raw::{RawBody, RawResponse};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::calls::Input;
use crate::error::CommandError;

/// The most items of one command.
const MAX_ITEMS: usize = 100_000;

/// Returns the inputs of an operation: one for each item of `json`, or one without a body if there is none.
///
/// - A body that is one object takes an array or lines of objects: one request each. A body that is an array is one
///   request; an array of arrays is one request each.
/// - An object with the members `parameters` and `body` only has parameters of its own.
/// - For an operation without a body, an item is an object of parameters: `{"id": 5}`.
pub(crate) fn inputs(
    operation: &Operation,
    parameters: &Map<String, Value>,
    json: Option<&str>,
) -> Result<Vec<Input>, CommandError> {
    let Some(json) = json else { return Ok(vec![Input { parameters: parameters.clone(), body: None }]) };
    let documents = documents(json)?;
    let takes_array = operation.body.is_some_and(|body| body.many || operation.method == Method::Patch);
    let mut items = Vec::new();
    for document in documents {
        let elements: Option<Vec<Box<RawValue>>> =
            document.get().starts_with('[').then(|| serde_json::from_str(document.get()).unwrap_or_default());
        match elements {
            Some(elements) if !takes_array || elements.iter().any(|element| is_array_or_wrapped(element)) => {
                items.extend(elements);
            }
            _ => items.push(document),
        }
    }
    if items.len() > MAX_ITEMS {
        return Err(CommandError::usage(format!(
            "the input has {} items; at most {MAX_ITEMS} are accepted",
            items.len()
        )));
    }
    items.into_iter().enumerate().map(|(index, item)| input(operation, parameters, item, index)).collect()
}

/// Parses one JSON document, or several that follow each other.
fn documents(json: &str) -> Result<Vec<Box<RawValue>>, CommandError> {
    let json = json.trim_start_matches('\u{feff}');
    let documents: Result<Vec<Box<RawValue>>, _> = serde_json::Deserializer::from_str(json).into_iter().collect();
    match documents {
        Ok(documents) if documents.is_empty() => Err(CommandError::usage("the input is empty")),
        Ok(documents) => Ok(documents),
        Err(error) => Err(CommandError::usage(format!("the input is not valid JSON: {error}"))),
    }
}

/// Returns whether an element of an array is a request of its own.
fn is_array_or_wrapped(element: &RawValue) -> bool {
    element.get().starts_with('[') || wrapped(element).is_some()
}

/// An item with parameters of its own.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    parameters: Map<String, Value>,
    body: Option<Box<RawValue>>,
}

fn wrapped(item: &RawValue) -> Option<Wrapped> {
    serde_json::from_str(item.get()).ok()
}

fn input(
    operation: &Operation,
    common: &Map<String, Value>,
    item: Box<RawValue>,
    index: usize,
) -> Result<Input, CommandError> {
    let mut parameters = common.clone();
    if let Some(wrapped) = wrapped(&item) {
        parameters.extend(wrapped.parameters);
        return Ok(Input { parameters, body: wrapped.body });
    }
    if operation.body.is_some() {
        return Ok(Input { parameters, body: Some(item) });
    }
    let fields: Map<String, Value> = serde_json::from_str(item.get()).map_err(|_| {
        CommandError::usage(format!(
            "item {index} of the input is not an object of parameters, and the operation takes no body"
        ))
    })?;
    parameters.extend(fields);
    Ok(Input { parameters, body: None })
}

/// Returns the items of a response: the elements of an array, one for any other JSON, and none for an empty body. A body
/// that is not JSON is a string.
pub(crate) fn items(response: &RawResponse) -> Vec<Box<RawValue>> {
    if let Some(json) = response.json_text() {
        return match json.get() {
            "null" => Vec::new(),
            text if text.starts_with('[') => serde_json::from_str(text).unwrap_or_default(),
            _ => vec![json.to_owned()],
        };
    }
    match &response.body {
        RawBody::Bytes(bytes) => to_raw_value(&String::from_utf8_lossy(bytes)).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Returns the JSON of a response; null for an empty one.
pub(crate) fn json_of(response: &RawResponse) -> Result<Box<RawValue>, CommandError> {
    match response.json_text() {
        Some(json) => Ok(json.to_owned()),
        None => match items(response).into_iter().next() {
            Some(text) => Ok(text),
            None => to_raw_value(&Value::Null).map_err(CommandError::unwritable),
        },
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue;
    use serde_json::json;

    use super::*;

    fn bodies(id: &str, json: &str) -> Vec<String> {
        let (section, id) = id.split_once('.').expect("an id");
        let operation = catalogue::find(section, id).expect("an operation");
        let inputs = inputs(operation, &Map::new(), Some(json)).expect("valid input");
        inputs
            .into_iter()
            .map(|input| {
                let body = input.body.map_or_else(String::new, |body| body.get().to_owned());
                if input.parameters.is_empty() { body } else { format!("{} {body}", json!(input.parameters)) }
            })
            .collect()
    }

    #[test]
    fn each_item_is_one_request() {
        assert_eq!(bodies("service.create_ticket", r#"{"summary":"a"}"#), [r#"{"summary":"a"}"#]);
        assert_eq!(bodies("service.create_ticket", r#"[{"a":1.0},{"b":2}]"#), [r#"{"a":1.0}"#, r#"{"b":2}"#]);
        assert_eq!(bodies("service.create_ticket", "{\"a\":1}\n{\"b\":2}\n"), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(bodies("service.create_ticket", "[]"), [""; 0]);
        let patch = r#"[{"op":"replace","path":"summary","value":"x"}]"#;
        assert_eq!(bodies("service.update_ticket", patch), [patch]);
        assert_eq!(bodies("service.update_ticket", &format!("[{patch},{patch}]")), [patch, patch]);
        let wrapped = format!(r#"[{{"parameters":{{"id":5}},"body":{patch}}}]"#);
        assert_eq!(bodies("service.update_ticket", &wrapped), [format!(r#"{{"id":5}} {patch}"#)]);
        assert_eq!(bodies("service.delete_ticket", r#"[{"id":5},{"id":6}]"#), [r#"{"id":5} "#, r#"{"id":6} "#]);
    }

    #[test]
    fn wrong_input_is_an_error() {
        let operation = catalogue::find("service", "delete_ticket").expect("an operation");
        for json in ["", "{", "[5]", "5"] {
            assert!(inputs(operation, &Map::new(), Some(json)).is_err(), "{json}");
        }
    }
}
