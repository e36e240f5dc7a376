//! The tools `write` and `delete`: allowed changes, which are confirmed before they are sent.

use std::time::Instant;

use connectwise_psa::Method;
use connectwise_psa::catalogue::{BodyEncoding, Operation};
use rmcp::model::{CallToolResponse, CallToolResult};
use serde_json::{Value, json};

use crate::calls::Input;
use crate::mcp::arguments::ToolArguments;
use crate::mcp::budget::tokens;
use crate::mcp::change::{Change, patch_body};
use crate::mcp::checked::{checked_input, input};
use crate::mcp::confirm::{Confirming, Decision, Way};
use crate::mcp::failure::Failure;
use crate::mcp::json::{field, set};
use crate::mcp::plans::{Confirmation, Rejected};
use crate::mcp::policy::{Access, Need};
use crate::mcp::read::{DATA_NOTE, json_of};
use crate::mcp::seal::Fingerprint;
use crate::mcp::shape::Shape;
use crate::mcp::state::AgentServer;
use crate::operations::id;

/// The tool that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Write,
    Delete,
}

/// Runs the tool.
pub(crate) async fn change(
    server: &AgentServer,
    tool: Tool,
    arguments: &ToolArguments,
    confirming: Confirming<'_>,
) -> Result<CallToolResponse, Failure> {
    let operation = arguments.operation()?;
    check_allowed(server, tool, operation)?;
    if operation.body.is_some_and(|body| body.encoding == BodyEncoding::Multipart) {
        return Err(Failure::usage(format!("{} takes a file, which agents cannot send", id::name(operation))));
    }
    let mut input = input(arguments)?;
    if operation.method == Method::Patch {
        input.body = input.body.as_deref().map(patch_body).transpose()?;
    }
    checked_input(operation, &input)?;
    let call = Fingerprint::of(&json!([id::name(operation), input.parameters, input.body]))
        .ok_or_else(|| Failure::usage("the arguments cannot be read"))?;

    // The second call of a change, with the handle of the first.
    if let Some((handle, confirmation)) = confirming.handle(arguments.text("handle")?) {
        server.plans.check(handle, call, confirmation, Instant::now())?;
        let take = || server.plans.take(handle, call, confirmation, Instant::now());
        if confirmation == Confirmation::Client
            && let Err(reason) = confirming.response()
        {
            take()?;
            return Err(Failure::rejected("not_confirmed", reason));
        }
        return send(server, operation, &input, take).await;
    }

    let change = Change::describe(&server.psa, operation, &input).await?;
    match confirming.way(server.always_plan) {
        Way::Plan => {
            let handle = server.plans.issue(call, Confirmation::Handle, Instant::now())?;
            Ok(plan(&change, &handle).into())
        }
        Way::InputRequired => {
            let handle = server.plans.issue(call, Confirmation::Client, Instant::now())?;
            Ok(confirming.input_required(&change.question()?, handle)?.into())
        }
        Way::Elicitation => match confirming.elicit(&change.question()?).await? {
            Decision::Accepted => send(server, operation, &input, || Ok(())).await,
            Decision::Declined => {
                Err(Failure::rejected("not_confirmed", "The user did not confirm the change. Nothing was sent."))
            }
        },
    }
}

fn check_allowed(server: &AgentServer, tool: Tool, operation: &Operation) -> Result<(), Failure> {
    let name = id::name(operation);
    let right_tool = match Need::of(operation).access {
        Access::Read => "read",
        Access::Write(_) => "write",
        Access::Delete => "delete",
        Access::Never => "no tool",
    };
    if let Some(missing) = server.policy.missing(operation) {
        return Err(Failure::forbidden(format!("{name} is not allowed: {missing}")));
    }
    match (tool, right_tool) {
        (Tool::Write, "write") | (Tool::Delete, "delete") => Ok(()),
        _ => Err(Failure::usage(format!("use {right_tool} for {name}"))),
    }
}

fn plan(change: &Change, handle: &str) -> CallToolResult {
    let mut plan = change.to_json();
    set(&mut plan, "handle", handle);
    let next =
        "Nothing was sent. To send it, repeat the call with the same arguments and this handle within 5 minutes.";
    set(&mut plan, "next", next);
    CallToolResult::structured(plan)
}

/// Sends a change. `confirm` uses the confirmation up.
async fn send(
    server: &AgentServer,
    operation: &'static Operation,
    input: &Input,
    confirm: impl FnOnce() -> Result<(), Rejected>,
) -> Result<CallToolResponse, Failure> {
    server.write_limit.count(Instant::now()).map_err(|wait| {
        let seconds = wait.as_secs().max(1);
        Failure::rejected(
            "write_limit",
            format!("Too many changes in one minute. Nothing was sent. Wait {seconds} seconds."),
        )
    })?;
    confirm()?;
    let response = input.request(&server.psa, operation).await?;
    let status = response.status.as_u16();
    let record = json_of(response)?;
    let mut result = json!({ "sent": true, "status": status });
    if !record.is_null() {
        set(&mut result, "record", shown(input, &record));
        set(&mut result, "note", DATA_NOTE);
    }
    Ok(CallToolResult::structured(result).into())
}

/// Returns what is shown of the record that the server returned: the fields that identify it, and those that were sent.
fn shown(input: &Input, record: &Value) -> Value {
    const WHOLE: usize = 300;
    let all = Shape { fields: None, text_length: 300, text_start: 0 };
    let whole = all.apply(record).record;
    if tokens(&whole) <= WHOLE {
        return whole;
    }
    let identifying = ["id", "identifier", "name", "summary", "status/name", "board/name", "company/name"];
    let mut fields = identifying.map(str::to_owned).to_vec();
    let body: Option<Value> = input.body.as_ref().and_then(|body| serde_json::from_str(body.get()).ok());
    match body {
        Some(Value::Object(sent)) => fields.extend(sent.keys().cloned()),
        Some(Value::Array(operations)) => fields.extend(
            operations
                .iter()
                .filter_map(|operation| Some(field(operation, "path").as_str()?.trim_start_matches('/').to_owned())),
        ),
        _ => {}
    }
    Shape { fields: Some(fields), ..all }.apply(record).record
}
