//! What a planned change would do, in a form that a person or an agent can confirm: the request, and for changed records the
//! current values.

use connectwise_psa::Method;
use connectwise_psa::Psa;
use connectwise_psa::catalogue::{self, Operation};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::calls::Input;
use crate::mcp::failure::Failure;
use crate::mcp::json::{field, set};
use crate::mcp::policy::{Access, Need};
use crate::mcp::shape::Shape;
use crate::operations::id;

/// The characters of a text in a plan.
const TEXT_LENGTH: usize = 300;
/// The characters of a text in the question that a user confirms: the most that let the whole question fit.
const QUESTION_TEXT_LENGTHS: [usize; 4] = [TEXT_LENGTH, 100, 40, 15];
/// The characters of the question.
const QUESTION_LENGTH: usize = 3_000;

/// A change that was not sent yet.
#[derive(Debug)]
pub(crate) struct Change {
    /// What a person or an agent confirms.
    description: Value,
}

impl Change {
    /// Describes a change. Sends nothing except the request for the current record.
    pub(crate) async fn describe(psa: &Psa, operation: &'static Operation, input: &Input) -> Result<Self, Failure> {
        let request = input.request(psa, operation).dry_run()?;
        let mut description = json!({
            "operation": id::name(operation),
            "effect": effect(operation),
            "request": format!("{} {}", request.method, request.url),
        });
        if let Some(body) = request.body {
            set(&mut description, "body", serde_json::from_str(&body).unwrap_or(Value::String(body)));
        }
        let is_update = matches!(operation.method, Method::Patch | Method::Put | Method::Delete);
        if is_update && let Some(current) = current(psa, operation, input).await {
            let body: Option<Value> = input.body.as_ref().and_then(|body| serde_json::from_str(body.get()).ok());
            match body {
                Some(body) => set(&mut description, "changes", changes(&current, &body)),
                None => set(&mut description, "record", summary(&current)),
            }
        }
        Ok(Self { description })
    }

    /// Returns the description for an agent.
    pub(crate) fn to_json(&self) -> Value {
        self.shortened(TEXT_LENGTH)
    }

    fn shortened(&self, text_length: usize) -> Value {
        Shape { fields: None, text_length, text_start: 0 }.shorten(&self.description)
    }

    /// Returns the question for a person. It has every changed field: only values are shortened. Fails if even then it is
    /// too long to be read.
    pub(crate) fn question(&self) -> Result<String, Failure> {
        let questions = QUESTION_TEXT_LENGTHS.into_iter().map(|length| Self::question_of(&self.shortened(length)));
        let mut fitting = questions.filter(|question| question.chars().count() <= QUESTION_LENGTH);
        fitting.next().ok_or_else(|| {
            Failure::usage(
                "The change has too many fields for a user to confirm at once. Nothing was sent. Send it in parts.",
            )
        })
    }

    fn question_of(description: &Value) -> String {
        let mut text = String::from("Send this change to ConnectWise PSA?\n");
        // The changes of an update show the body too.
        let is_update = field(description, "changes").is_array();
        for name in ["effect", "request", "changes", "record", "body"] {
            if name == "body" && is_update {
                continue;
            }
            let shown = match field(description, name) {
                Value::Null => continue,
                Value::String(value) => value.clone(),
                value => value.to_string(),
            };
            text.push_str(&format!("\n{name}: {shown}"));
        }
        // Text from records must not look like text of this program.
        text.chars().filter(|c| *c == '\n' || !(c.is_control() || changes_direction(*c))).collect()
    }
}

/// Returns whether a character is invisible, or changes the order in which others are shown.
const fn changes_direction(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns what an operation does in one sentence.
fn effect(operation: &Operation) -> String {
    let title = catalogue::summary(operation);
    match Need::of(operation).access {
        Access::Delete => format!("{title} (this cannot be undone)"),
        _ => title.to_owned(),
    }
}

/// Returns the record that a change is about; `None` if there is no operation that reads it, or it fails. A failure becomes
/// visible when the change is sent.
async fn current(psa: &Psa, operation: &Operation, input: &Input) -> Option<Value> {
    let get = catalogue::all().find(|other| other.method == Method::Get && other.path == operation.path)?;
    let mut input = Input { parameters: input.parameters.clone(), body: None };
    input.parameters.retain(|name, _| get.parameters.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(name)));
    let record = input.request(psa, get).await.ok()?.into_json().ok()?;
    record.is_object().then_some(record)
}

/// Returns the changed fields with their current and new values.
fn changes(current: &Value, body: &Value) -> Value {
    let pairs: Vec<(String, Value)> = match body {
        Value::Array(operations) => operations
            .iter()
            .map(|operation| {
                let path = field(operation, "path").as_str().unwrap_or_default().trim_start_matches('/').to_owned();
                (path, operation.get("value").cloned().unwrap_or(Value::Null))
            })
            .collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        _ => Vec::new(),
    };
    let changed = pairs.into_iter().map(|(path, to)| {
        let from = path.split('/').fold(current, |value, name| value.get(name).unwrap_or(&Value::Null));
        json!({ "field": path, "from": named(from), "to": to })
    });
    changed.collect()
}

/// Returns a value, or only id and name of a reference.
fn named(value: &Value) -> Value {
    match (value.get("id"), value.get("name")) {
        (Some(id), Some(name)) => json!({ "id": id, "name": name }),
        _ => value.clone(),
    }
}

/// Returns the fields that tell people which record it is.
fn summary(record: &Value) -> Value {
    const FIELDS: [&str; 6] = ["id", "identifier", "name", "summary", "company/name", "status/name"];
    let fields = Some(FIELDS.map(str::to_owned).to_vec());
    Shape { fields, text_length: TEXT_LENGTH, text_start: 0 }.apply(record).record
}

/// Returns the body of a PATCH. An object of fields becomes the list of operations that sets them.
pub(crate) fn patch_body(body: &RawValue) -> Result<Box<RawValue>, Failure> {
    let fields: Result<std::collections::BTreeMap<String, Box<RawValue>>, _> = serde_json::from_str(body.get());
    let Ok(fields) = fields else { return Ok(body.to_owned()) };
    let operations: Vec<PatchOperation> =
        fields.into_iter().map(|(path, value)| PatchOperation { op: "replace", path, value }).collect();
    serde_json::value::to_raw_value(&operations).map_err(|error| Failure::usage(format!("body: {error}")))
}

#[derive(serde::Serialize)]
struct PatchOperation {
    op: &'static str,
    path: String,
    value: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_fields_becomes_a_patch() {
        let body = RawValue::from_string(r#"{"summary": "x", "budgetHours": 1.10}"#.to_owned()).unwrap();
        let patch = patch_body(&body).unwrap();
        assert_eq!(
            patch.get(),
            r#"[{"op":"replace","path":"budgetHours","value":1.10},{"op":"replace","path":"summary","value":"x"}]"#
        );
        assert_eq!(patch_body(&patch).unwrap().get(), patch.get());
    }

    #[test]
    fn a_question_has_every_changed_field_or_fails() {
        let change = |fields: usize, length: usize| {
            let changes: Vec<Value> = (0..fields)
                .map(|index| json!({ "field": format!("field{index}"), "from": null, "to": "x".repeat(length) }))
                .collect();
            Change { description: json!({ "effect": "Updates.", "request": "PATCH /x", "changes": changes }) }
        };
        let question = change(20, 2_000).question().unwrap();
        assert!((0..20).all(|index| question.contains(&format!("\"field{index}\""))), "{question}");
        assert!(question.chars().count() <= QUESTION_LENGTH);
        assert!(question.contains("\"from\":null"), "{question}");
        assert!(change(200, 10).question().is_err());
    }

    #[test]
    fn changes_show_current_and_new_values() {
        let current = json!({"summary": "old", "status": {"id": 1, "name": "New", "_info": {}}, "id": 5});
        let patch = json!([
            {"op": "replace", "path": "summary", "value": "new"},
            {"op": "replace", "path": "/status/id", "value": 2},
            {"op": "replace", "path": "status", "value": {"id": 3}},
            {"op": "replace", "path": "id", "value": 5},
        ]);
        assert_eq!(
            changes(&current, &patch),
            json!([
                {"field": "summary", "from": "old", "to": "new"},
                {"field": "status/id", "from": 1, "to": 2},
                {"field": "status", "from": {"id": 1, "name": "New"}, "to": {"id": 3}},
                {"field": "id", "from": 5, "to": 5},
            ])
        );
    }
}
