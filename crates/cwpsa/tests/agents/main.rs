//! Tasks of users that an agent does with `cwpsa mcp`, by a fixed caller, on the demo data of the simulator. Counts the
//! calls and tokens of each task: `cargo test -p cwpsa --test agents -- --nocapture`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test prints its figures, and fails by panicking"
)]

mod program;
mod tasks;
mod tokens;

use serde_json::{Value, json};

use crate::program::AgentServer;
use crate::tasks::{Task, check, fill};
use crate::tokens::tokens;

/// The options that let an agent do all tasks.
const ALLOWED: [&str; 6] = [
    "--allow=company,finance,sales,schedule,service,time",
    "--allow-verbs=create,update,action",
    "--confirm=plan",
    "--writes-per-minute=1000",
    "--budget=6000",
    "-q",
];

/// What a task cost.
struct Cost {
    calls: usize,
    sent: usize,
    received: usize,
}

#[test]
fn an_agent_does_the_tasks_of_users() {
    let mut server = AgentServer::start(&ALLOWED);
    println!("{:<55} {:>5} {:>6} {:>9}", "task", "calls", "tokens", "of these, results");
    let mut total = Cost { calls: 0, sent: 0, received: 0 };
    for task in tasks::all() {
        let cost = run(&mut server, &task);
        println!("{:<55} {:>5} {:>6} {:>9}", task.name, cost.calls, cost.sent + cost.received, cost.received);
        total.calls += cost.calls;
        total.sent += cost.sent;
        total.received += cost.received;
    }
    println!("{:<55} {:>5} {:>6} {:>9}", "all", total.calls, total.sent + total.received, total.received);
}

/// Does a task and checks its result.
fn run(server: &mut AgentServer, task: &Task) -> Cost {
    let mut cost = Cost { calls: 0, sent: 0, received: 0 };
    let mut results: Vec<Value> = Vec::new();
    for call in &task.calls {
        let mut arguments = fill(&call.arguments, &results);
        let mut result = send(server, &call.tool, &arguments, &mut cost, &task.name);
        if let Some(handle) = result.get("handle").cloned() {
            arguments["handle"] = handle;
            result = send(server, &call.tool, &arguments, &mut cost, &task.name);
        }
        results.push(result);
    }
    check(task, &results);
    cost
}

fn send(server: &mut AgentServer, tool: &str, arguments: &Value, cost: &mut Cost, task: &str) -> Value {
    let result = server.request("tools/call", &json!({ "name": tool, "arguments": arguments }));
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    assert_ne!(result["isError"], json!(true), "{task}: {tool} {arguments}: {text}");
    cost.calls += 1;
    cost.sent += tokens(tool) + tokens(&arguments.to_string());
    cost.received += tokens(text);
    let largest = tokens(text);
    assert!(largest <= 6_000, "{task}: {tool} {arguments}: {largest} tokens");
    result["structuredContent"].clone()
}

#[test]
fn the_list_of_tools_is_short() {
    let tools = AgentServer::start(&ALLOWED).request("tools/list", &json!({}));
    let all = AgentServer::start(&[&ALLOWED[..], &["--allow-deletes"]].concat()).request("tools/list", &json!({}));
    let list = tokens(&all["tools"].to_string());
    println!(
        "tokens of the list of tools: {} without, {list} with the tool that deletes",
        tokens(&tools["tools"].to_string())
    );
    assert!(list <= 1_000, "{list} tokens");
    assert!(all["tools"].as_array().is_some_and(|tools| tools.len() <= 6));
}
