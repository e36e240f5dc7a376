//! The tool `count`: the number of records of a list.

use connectwise_psa::Psa;
use connectwise_psa::catalogue::{Operation, Paging, QueryKind};
use rmcp::model::CallToolResult;
use serde_json::{Map, Value, json};

use crate::calls::Input;
use crate::mcp::arguments::ToolArguments;
use crate::mcp::checked::checked_input;
use crate::mcp::failure::Failure;
use crate::mcp::policy::{Access, Need};
use crate::mcp::state::AgentServer;
use crate::operations::id;

/// The parameters that choose records. A count takes no others besides those of the path and the query.
const PAGE_PARAMETERS: [&str; 5] = ["fields", "orderBy", "page", "pageId", "pageSize"];

/// Runs the tool.
pub(crate) async fn count(server: &AgentServer, arguments: &ToolArguments) -> Result<CallToolResult, Failure> {
    let operation = arguments.operation()?;
    let count = count_of(operation).ok_or_else(|| {
        Failure::usage(format!("the records of {} cannot be counted: read them", id::name(operation)))
    })?;
    let input = Input { parameters: arguments.object("parameters")?, body: None };
    checked_input(count, &input)?;
    let number = number(&server.psa, count, input).await?;
    Ok(CallToolResult::structured(json!({ "count": number })))
}

/// Returns the operation that counts the records of a list.
fn count_of(operation: &'static Operation) -> Option<&'static Operation> {
    let is_count = matches!(operation.query, QueryKind::Count(_)) && Need::of(operation).access == Access::Read;
    if is_count { Some(operation) } else { operation.related.count }
}

/// Returns the number of records of a list. `None` if it cannot be counted, or counting fails, because the list is worth
/// having without it.
pub(crate) async fn total(psa: &Psa, list: &'static Operation, parameters: &Map<String, Value>) -> Option<u64> {
    if list.paging == Paging::None {
        return None;
    }
    let count = list.related.count?;
    let mut parameters = parameters.clone();
    parameters.retain(|name, _| !PAGE_PARAMETERS.iter().any(|other| other.eq_ignore_ascii_case(name)));
    number(psa, count, Input { parameters, body: None }).await.ok()
}

async fn number(psa: &Psa, count: &'static Operation, input: Input) -> Result<u64, Failure> {
    let response = input.request(psa, count).await?.into_json()?;
    let number = response.get("count").and_then(Value::as_u64).or_else(|| response.as_u64());
    number.ok_or_else(|| Failure::usage("the server returned no count"))
}
