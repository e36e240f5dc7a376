//! The tools `search` and `describe`: which operation, and what it needs.

use connectwise_psa::{Method, catalogue};
use rmcp::model::CallToolResult;
use serde_json::{Map, Value, json};

use crate::mcp::arguments::ToolArguments;
use crate::mcp::budget::{Budget, tokens};
use crate::mcp::failure::Failure;
use crate::mcp::guides;
use crate::mcp::json::{field, set};
use crate::mcp::policy::{Access, Need};
use crate::mcp::state::AgentServer;
use crate::operations::description::Description;
use crate::operations::id;

/// The results of a search, unless the agent asks for another number, and at most.
const RESULTS: usize = 8;
const MAX_RESULTS: usize = 50;
/// What a short description has. The examples and names for people are left out.
const SHORT_FIELDS: [&str; 10] =
    ["id", "title", "about", "tool", "notAllowed", "parameters", "inputSchema", "outputSchema", "related", "guide"];
/// The body of an update.
const PATCH_BODY: &str = "an object of the fields to set, named as in outputSchema; or a list of JSON Patch operations";
/// Explains the short form of schemas.
const SHORT_SCHEMAS: &str = "Schemas are short: name: type, with ! if required. A …Reference is an object with id or name. \
     `full` returns JSON Schemas.";

/// Runs the tool `search`.
pub(crate) fn search(server: &AgentServer, arguments: &ToolArguments) -> Result<CallToolResult, Failure> {
    let query = arguments.required_text("query")?;
    let limit = arguments.number("limit")?.unwrap_or(RESULTS).min(MAX_RESULTS);
    let found = crate::search::search(query, limit);
    let results: Vec<Value> = found
        .results
        .iter()
        .map(|hit| {
            let mut result = json!({
                "id": id::name(hit.operation),
                "title": catalogue::summary(hit.operation),
                "tool": tool(hit.operation),
            });
            if let Some(missing) = server.policy.missing(hit.operation) {
                set(&mut result, "notAllowed", missing);
            }
            result
        })
        .collect();
    let mut result = json!({ "confident": found.confident, "results": results });
    if !found.confident {
        set(&mut result, "hint", "No operation fits well. PSA may not be able to do this.");
    }
    Ok(CallToolResult::structured(result))
}

/// Returns the tool that calls an operation.
fn tool(operation: &catalogue::Operation) -> &'static str {
    match Need::of(operation).access {
        Access::Read if operation.related.count.is_some() => "read, count",
        Access::Read => "read",
        Access::Write(_) => "write",
        Access::Delete => "delete",
        Access::Never => "none",
    }
}

/// Runs the tool `describe`.
pub(crate) fn describe(server: &AgentServer, arguments: &ToolArguments) -> Result<CallToolResult, Failure> {
    let operation = arguments.operation()?;
    let full = arguments.boolean("full")?;
    let mut description = serde_json::to_value(Description::of(operation))
        .map_err(|error| Failure::usage(format!("the description cannot be shown: {error}")))?;
    set(&mut description, "tool", tool(operation));
    if let Some(missing) = server.policy.missing(operation) {
        set(&mut description, "notAllowed", missing);
    }
    if let Some(name) = field(&description, "guide").as_str().map(str::to_owned) {
        set(&mut description, "guide", format!("{}{name}", guides::PREFIX));
    }
    if !full {
        shorten(&mut description, operation);
    }
    fit(&mut description, server.budget);
    Ok(CallToolResult::structured(description))
}

/// Makes a description short: without examples and names for people, and with short schemas.
fn shorten(description: &mut Value, operation: &catalogue::Operation) {
    if let Value::Object(fields) = description {
        fields.retain(|name, value| SHORT_FIELDS.contains(&name.as_str()) && !value.is_null());
    }
    let parameters = short_parameters(field(description, "parameters"));
    set(description, "parameters", parameters);
    for name in ["inputSchema", "outputSchema"] {
        if let Some(schema) = description.get_mut(name).filter(|schema| schema.is_object()) {
            *schema = compact(schema);
        }
    }
    let output = field(description, "outputSchema");
    if operation.method == Method::Patch {
        set(description, "inputSchema", PATCH_BODY);
    } else if output.is_object() && *output == without_marks(field(description, "inputSchema")) {
        set(description, "outputSchema", "the same as inputSchema");
    }
    set(description, "hint", SHORT_SCHEMAS);
}

/// Returns the parameters as an object of name and type with meaning: `{"conditions": "string: which records"}`.
fn short_parameters(schema: &Value) -> Value {
    let mut short = compact(schema);
    if let (Some(fields), Some(properties)) = (short.as_object_mut(), field(schema, "properties").as_object()) {
        for (name, kind) in fields {
            let meaning = properties.get(name.trim_end_matches('!')).and_then(|property| property.get("description"));
            if let (Value::String(kind), Some(meaning)) = (kind, meaning.and_then(Value::as_str)) {
                *kind = format!("{kind}: {meaning}");
            }
        }
    }
    short
}

/// Returns a short schema without the marks of required fields.
fn without_marks(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    Value::Object(fields.iter().map(|(name, kind)| (name.trim_end_matches('!').to_owned(), kind.clone())).collect())
}

/// Leaves out what does not fit the budget: first the schema of the result, then the examples, then the full schema of the
/// body.
fn fit(description: &mut Value, budget: Budget) {
    let is_too_large = |description: &Value| tokens(description) > budget.for_records();
    for name in ["outputSchema", "examples"] {
        if is_too_large(description)
            && let Some(fields) = description.as_object_mut()
            && fields.remove(name).is_some()
        {
            set(description, "cut", "The description was cut to fit: read one record to see the fields of the result.");
        }
    }
    if is_too_large(description) {
        let short = compact(field(description, "inputSchema"));
        set(description, "inputSchema", short);
        set(description, "hint", SHORT_SCHEMAS);
    }
}

/// Returns the fields of a schema as an object of name and type: `{"summary!": "string, at most 100 characters"}`. For a
/// list, it is the list of such an object.
fn compact(schema: &Value) -> Value {
    compact_below(schema, schema)
}

fn compact_below(schema: &Value, root: &Value) -> Value {
    let schema = reference_name(schema).map_or(schema, |name| field(field(root, "$defs"), name));
    if field(schema, "type") == "array" {
        return json!([compact_below(field(schema, "items"), root)]);
    }
    let required: Vec<&str> =
        field(schema, "required").as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let Some(properties) = field(schema, "properties").as_object() else { return compact_type(schema, root) };
    let fields: Map<String, Value> = properties
        .iter()
        .filter(|(name, property)| *name != "_info" && field(property, "readOnly") != true)
        .map(|(name, property)| {
            let mark = if required.contains(&name.as_str()) { "!" } else { "" };
            (format!("{name}{mark}"), compact_type(property, root))
        })
        .collect();
    Value::Object(fields)
}

/// Returns the type of a property in short.
fn compact_type(property: &Value, root: &Value) -> Value {
    let mut property = property;
    if let Some(name) = reference_name(property) {
        let target = field(field(root, "$defs"), name);
        if !field(target, "enum").is_array() {
            return name.into();
        }
        property = target;
    }
    if let Some(values) = field(property, "enum").as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", values.join(" | ")).into();
    }
    let kind = match field(property, "type") {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("any").to_owned()
        }
        _ => "any".to_owned(),
    };
    let text = match (kind.as_str(), field(property, "maxLength"), field(property, "format")) {
        ("array", ..) => return json!([compact_type(field(property, "items"), root)]),
        (kind, Value::Number(length), _) => format!("{kind}, at most {length} characters"),
        (kind, _, Value::String(format)) => format!("{kind} ({format})"),
        (kind, ..) => kind.to_owned(),
    };
    text.into()
}

/// Returns the name of the type that a property refers to.
fn reference_name(property: &Value) -> Option<&str> {
    let direct = property["$ref"].as_str();
    let nested = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|name| field(property, name).as_array())
        .flatten()
        .find_map(|alternative| alternative["$ref"].as_str());
    direct.or(nested)?.rsplit('/').next()
}
