//! Examples of calls: as a command line, with curl, and in Rust.

use std::fmt::Write as _;

use connectwise_psa::catalogue::{BodyEncoding, Operation, ParameterKind, ParameterLocation, ResponseKind};
use connectwise_psa::schemas;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::operations::id;
use crate::operations::value_type::{self, Types};

/// The same call in three forms.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Examples {
    pub(crate) cwpsa: String,
    pub(crate) curl: String,
    /// Rust for an asynchronous function that has the client as `psa`.
    pub(crate) rust: String,
}

/// Fields that make good examples of changes, the best first.
const TEXT_FIELDS: [&str; 8] = ["summary", "name", "firstName", "title", "description", "text", "subject", "notes"];

/// Returns examples of the call of an operation.
pub(crate) fn examples(operation: &'static Operation) -> Examples {
    let parameters = parameters(operation);
    let body = body(operation);
    Examples {
        cwpsa: cwpsa(operation, &parameters, body.as_ref()),
        curl: curl(operation, &parameters, body.as_ref()),
        rust: rust(operation, &parameters, body.as_ref()),
    }
}

/// Returns a value for each required parameter.
fn parameters(operation: &Operation) -> Vec<(&'static str, ParameterLocation, Value)> {
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    required
        .map(|parameter| {
            let value = match parameter.kind {
                ParameterKind::Integer => json!(1),
                ParameterKind::Number => json!(1.5),
                ParameterKind::Boolean => json!(true),
                ParameterKind::Enumeration(name) => schemas::get(name)
                    .and_then(|schema| schema.pointer("/examples/0").cloned())
                    .unwrap_or_else(|| json!("example")),
                _ => json!("example"),
            };
            (parameter.name, parameter.location, value)
        })
        .collect()
}

/// Returns a body with the required fields, or one that changes a text.
fn body(operation: &Operation) -> Option<Value> {
    let spec = operation.body.as_ref().filter(|spec| spec.encoding == BodyEncoding::Json)?;
    if spec.type_name == "PatchOperation" {
        let field = match operation.response {
            ResponseKind::One(name) => schemas::get(name).and_then(|schema| text_field(&schema)),
            _ => None,
        };
        let field = field.unwrap_or("name");
        return Some(json!([{"op": "replace", "path": field, "value": "Example text"}]));
    }
    let Some(schema) = schemas::get(spec.type_name) else { return Some(json!({})) };
    let types = Types::new(spec.type_name, &schema);
    let mut names: Vec<&str> = schema
        .get("x-required-on-create")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() {
        names.extend(text_field(&schema));
    }
    let members: Map<String, Value> = names
        .into_iter()
        .filter_map(|name| {
            Some((name.to_owned(), value_type::example(&types, schema.get("properties")?.get(name)?, name)))
        })
        .collect();
    Some(if spec.many { json!([members]) } else { json!(members) })
}

/// Returns the field of a type whose text people recognise.
fn text_field(schema: &Value) -> Option<&'static str> {
    let is_text =
        |name: &&str| schema.pointer(&format!("/properties/{name}/type")).and_then(Value::as_str) == Some("string");
    TEXT_FIELDS.into_iter().find(|name| is_text(name))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cwpsa(operation: &Operation, parameters: &[(&str, ParameterLocation, Value)], body: Option<&Value>) -> String {
    let mut line = format!("cwpsa call {}", id::name(operation));
    for (name, _, value) in parameters {
        let _ = write!(line, " --param {name}={}", plain(value));
    }
    if let Some(body) = body {
        let _ = write!(line, " --input '{body}'");
    }
    if matches!(operation.response, ResponseKind::Bytes(_)) {
        line.push_str(" --output FILE");
    }
    line
}

fn curl(operation: &Operation, parameters: &[(&str, ParameterLocation, Value)], body: Option<&Value>) -> String {
    let mut path = operation.path.to_owned();
    let mut query = String::new();
    for (name, location, value) in parameters {
        match location {
            ParameterLocation::Path => path = path.replace(&format!("{{{name}}}"), &plain(value)),
            _ => {
                let _ = write!(query, "{}{name}={}", if query.is_empty() { '?' } else { '&' }, plain(value));
            }
        }
    }
    let method = match operation.method.as_str() {
        "GET" => String::new(),
        method => format!("-X {method} "),
    };
    let mut line = format!(
        "curl {method}\"https://$CW_SITE/v4_6_release/apis/3.0{path}{query}\" \\\n  \
         -u \"$CW_COMPANY+$CW_PUBLIC_KEY:$CW_PRIVATE_KEY\" -H \"clientId: $CW_CLIENT_ID\""
    );
    if let Some(body) = body {
        let _ = write!(line, " \\\n  -H 'Content-Type: application/json' -d '{body}'");
    }
    if operation.body.is_some_and(|spec| spec.encoding == BodyEncoding::Multipart) {
        line.push_str(" \\\n  -F file=@FILE");
    }
    if matches!(operation.response, ResponseKind::Bytes(_)) {
        line.push_str(" -o FILE");
    }
    line
}

/// Returns Rust: with the typed client where the call has a usual form, otherwise as a raw request.
fn rust(operation: &Operation, parameters: &[(&str, ParameterLocation, Value)], body: Option<&Value>) -> String {
    typed(operation, parameters, body).unwrap_or_else(|| raw(operation, parameters, body))
}

/// Returns the call of the typed client. `None` for calls with other arguments than ids and a record or a patch.
fn typed(
    operation: &Operation,
    parameters: &[(&str, ParameterLocation, Value)],
    body: Option<&Value>,
) -> Option<String> {
    let is_id = |(_, location, value): &(&str, ParameterLocation, Value)| {
        *location == ParameterLocation::Path && value.is_i64()
    };
    // Operations with query parameters have arguments of their own.
    if !parameters.iter().all(is_id) || parameters.len() != operation.parameters.len() {
        return None;
    }
    let mut arguments: Vec<String> = parameters.iter().map(|(_, _, value)| plain(value)).collect();
    let mut before = String::new();
    match (operation.body.as_ref(), body) {
        (None, _) => {}
        (Some(spec), Some(Value::Array(steps))) if spec.type_name == "PatchOperation" => {
            let field = steps.first()?.get("path")?;
            arguments.push(format!("&Patch::new().replace({field}, \"Example text\")"));
        }
        (Some(spec), Some(Value::Object(members)))
            if spec.required && !spec.many && is_record(operation, spec.type_name) =>
        {
            before = format!("let record: {} = serde_json::from_value(json!({}))?;\n", spec.type_name, json!(members));
            arguments.push("&record".to_owned());
        }
        _ => return None,
    }
    let all = match operation.response {
        ResponseKind::Many(_) if operation.method.as_str() == "GET" && operation.body.is_none() => ".all()",
        ResponseKind::One(_) | ResponseKind::None => "",
        _ => return None,
    };
    let (section, name) = (operation.section, operation.id);
    Some(format!("{before}psa.{section}().{name}({}){all}.await?;", arguments.join(", ")))
}

/// Returns whether a body is the record that the operation creates or replaces. Its type has the vendor's name.
fn is_record(operation: &Operation, type_name: &str) -> bool {
    matches!(operation.response, ResponseKind::One(name) if name == type_name)
}

fn raw(operation: &Operation, parameters: &[(&str, ParameterLocation, Value)], body: Option<&Value>) -> String {
    let mut call = format!("psa.operation({:?})", id::name(operation));
    if !parameters.is_empty() {
        let values: Map<String, Value> =
            parameters.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())).collect();
        let _ = write!(call, ".parameters(&json!({}))", json!(values));
    }
    if let Some(body) = body {
        let _ = write!(call, ".json(&json!({body}))");
    }
    if matches!(operation.response, ResponseKind::Bytes(_)) {
        call.push_str(".download()");
    }
    format!("{call}.await?;")
}
