//! The list of tools. Its size counts in each conversation, so names, descriptions and schemas are written by hand.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::mcp::policy::Policy;

/// The hints of a tool: whether it only reads, whether it may destroy, and whether a repeated call changes nothing more.
struct Hints {
    read_only: bool,
    destructive: bool,
    idempotent: bool,
    /// Whether it works with anything outside this program.
    open_world: bool,
}

/// Returns the tools that the policy allows.
pub(crate) fn allowed(policy: &Policy) -> Vec<Tool> {
    let mut tools = vec![search(), describe(), read(), count()];
    tools.extend(policy.allows_writes().then(write));
    tools.extend(policy.allows_deletes().then(delete));
    tools
}

/// Returns the names of the arguments of a tool. `None` if there is no such tool.
pub(crate) fn argument_names(tools: &[Tool], name: &str) -> Option<Vec<String>> {
    let tool = tools.iter().find(|tool| tool.name == name)?;
    let properties = tool.input_schema.get("properties")?.as_object()?;
    Some(properties.keys().cloned().collect())
}

const LOCAL: Hints = Hints { read_only: true, destructive: false, idempotent: true, open_world: false };
const READING: Hints = Hints { read_only: true, destructive: false, idempotent: true, open_world: true };
const WRITING: Hints = Hints { read_only: false, destructive: true, idempotent: false, open_world: true };
const DELETING: Hints = Hints { read_only: false, destructive: true, idempotent: true, open_world: true };

fn search() -> Tool {
    let description = "Find ConnectWise PSA operations in plain words, e.g. \"close a ticket\"";
    let input = json!({
        "query": { "type": "string" },
        "limit": { "type": "integer", "minimum": 1, "maximum": 50 },
    });
    let output = json!({ "confident": { "type": "boolean" }, "results": { "type": "array" } });
    tool("search", description, object(input, &["query"]), output, LOCAL)
}

fn describe() -> Tool {
    let description = "Parameters, body and result of an operation. Call before read or write";
    let input = json!({
        "id": { "type": "string", "description": "Operation id, e.g. service.list_tickets" },
        "full": { "type": "boolean", "description": "JSON Schemas instead of short ones" },
    });
    let output = json!({ "id": { "type": "string" }, "tool": { "type": "string" } });
    tool("describe", description, object(input, &["id"]), output, LOCAL)
}

fn read() -> Tool {
    let parameters = "Path and query parameters; lists: conditions (status/name=\"New\" and id>5), orderBy, pageSize";
    let fields = "Paths to return, e.g. board/name; * for all";
    let input = json!({
        "id": { "type": "string" },
        "parameters": { "type": "object", "description": parameters },
        "fields": { "type": "array", "items": { "type": "string" }, "description": fields },
        "cursor": { "type": "string", "description": "From the last result, to continue the same call" },
        "body": { "type": "object", "description": "For searches" },
    });
    let output = json!({
        "record": { "type": "object" },
        "records": { "type": "array" },
        "cursor": { "type": "string" },
        "file": { "type": "object" },
    });
    tool("read", "Call an operation that reads", object(input, &["id"]), output, READING)
}

fn count() -> Tool {
    let input = json!({
        "id": { "type": "string", "description": "A list operation" },
        "parameters": { "type": "object" },
    });
    let output = json!({ "count": { "type": "integer" } });
    tool("count", "Count the records of a list", object(input, &["id"]), output, READING)
}

fn write() -> Tool {
    let description = "Create, update or act. The user confirms, or the first call returns a plan with a handle";
    let body = json!({ "description": "For PATCH: an object of the fields to set" });
    change("write", description, &body, WRITING)
}

fn delete() -> Tool {
    change("delete", "Delete records; confirmed like write", &json!({}), DELETING)
}

fn change(name: &'static str, description: &'static str, body: &Value, hints: Hints) -> Tool {
    let input = json!({
        "id": { "type": "string" },
        "parameters": { "type": "object" },
        "body": body,
        "handle": { "type": "string", "description": "From the plan, to send it" },
    });
    let output = json!({ "sent": { "type": "boolean" }, "handle": { "type": "string" } });
    tool(name, description, object(input, &["id"]), output, hints)
}

/// Returns the schema of an object that has only these properties.
fn object(properties: Value, required: &[&str]) -> JsonObject {
    let mut schema = open_object(properties);
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}

/// Returns the schema of an object that has these properties, and may have others.
fn open_object(properties: Value) -> JsonObject {
    JsonObject::from_iter([("type".to_owned(), "object".into()), ("properties".to_owned(), properties)])
}

fn tool(name: &'static str, description: &'static str, input: JsonObject, output: Value, hints: Hints) -> Tool {
    Tool::new(name, description, Arc::new(input))
        .with_raw_output_schema(Arc::new(open_object(output)))
        .with_annotations(
            ToolAnnotations::new()
                .read_only(hints.read_only)
                .destructive(hints.destructive)
                .idempotent(hints.idempotent)
                .open_world(hints.open_world),
        )
}
