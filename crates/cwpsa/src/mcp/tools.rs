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

fn search() -> Tool {
    let properties = json!({
        "query": { "type": "string" },
        "limit": { "type": "integer", "minimum": 1, "maximum": 50 },
    });
    tool(
        "search",
        "Find ConnectWise PSA operations in plain words, e.g. \"close a ticket\"",
        properties,
        &["query"],
        LOCAL,
    )
}

fn describe() -> Tool {
    let properties = json!({
        "id": { "type": "string", "description": "Operation id, e.g. service.list_tickets" },
        "full": { "type": "boolean", "description": "JSON Schemas instead of short ones" },
    });
    tool(
        "describe",
        "Parameters, body and result of an operation. Call before read or write",
        properties,
        &["id"],
        LOCAL,
    )
}

fn read() -> Tool {
    let properties = json!({
        "id": { "type": "string" },
        "parameters": {
            "type": "object",
            "description": "Path and query parameters; lists: conditions (status/name=\"New\" and id>5), orderBy, pageSize"
        },
        "fields": {
            "type": "array",
            "items": { "type": "string" },
            "description": "Paths to return, e.g. board/name; * for all"
        },
        "cursor": { "type": "string", "description": "From the last result, to continue the same call" },
        "body": { "type": "object", "description": "For searches" },
    });
    tool("read", "Call an operation that reads", properties, &["id"], READING)
}

fn count() -> Tool {
    let properties = json!({
        "id": { "type": "string", "description": "A list operation" },
        "parameters": { "type": "object" },
    });
    tool("count", "Count the records of a list", properties, &["id"], READING)
}

fn write() -> Tool {
    let properties = json!({
        "id": { "type": "string" },
        "parameters": { "type": "object" },
        "body": { "description": "For PATCH: an object of the fields to set" },
        "handle": { "type": "string", "description": "From the plan, to send it" },
    });
    let description = "Create, update or act. The user confirms, or the first call returns a plan with a handle";
    let hints = Hints { read_only: false, destructive: true, idempotent: false, open_world: true };
    tool("write", description, properties, &["id"], hints)
}

fn delete() -> Tool {
    let properties = json!({
        "id": { "type": "string" },
        "parameters": { "type": "object" },
        "body": {},
        "handle": { "type": "string", "description": "From the plan, to send it" },
    });
    let hints = Hints { read_only: false, destructive: true, idempotent: true, open_world: true };
    tool("delete", "Delete records; confirmed like write", properties, &["id"], hints)
}

fn tool(name: &'static str, description: &'static str, properties: Value, required: &[&str], hints: Hints) -> Tool {
    let schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    let Value::Object(schema) = schema else { unreachable!("the literal is an object") };
    let schema: Arc<JsonObject> = Arc::new(schema);
    Tool::new(name, description, schema).with_annotations(
        ToolAnnotations::new()
            .read_only(hints.read_only)
            .destructive(hints.destructive)
            .idempotent(hints.idempotent)
            .open_world(hints.open_world),
    )
}
