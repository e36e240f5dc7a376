//! `cwpsa mcp` as a process: both versions of the protocol on standard input and output.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use connectwise_psa_sim::{Seed, Sim};
use serde_json::{Value, json};

use crate::program::Program;

/// A running server, which a test sends messages.
struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(program: &Program, arguments: &[&str]) -> Self {
        let mut command = program.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, stdin, stdout: BufReader::new(stdout) }
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
    }

    /// Sends a request and returns its result.
    fn request(&mut self, id: u32, method: &str, parameters: Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}));
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let response: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(response["id"], id, "{response}");
        response["result"].clone()
    }

    /// Closes standard input, after which the server ends.
    fn end(mut self) {
        drop(self.stdin);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.stdout.read_line(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing but responses goes to standard output");
    }
}

async fn simulator() -> (Sim, Program) {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    sim.store().insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
    let program = Program::of_sim(&sim);
    (sim, program)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_initialize_is_served() {
    let (_sim, program) = simulator().await;
    let mut server = Server::start(&program, &["mcp"]);
    let client = json!({"name": "test", "version": "1"});
    let parameters = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    let initialized = server.request(1, "initialize", parameters);
    assert_eq!(initialized["protocolVersion"], "2025-11-25");
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let tools = server.request(2, "tools/list", json!({}));
    assert_eq!(tools["tools"].as_array().unwrap().len(), 4);
    let call = json!({"name": "count", "arguments": {"id": "company.list_companies"}});
    let result = server.request(3, "tools/call", call);
    assert_eq!(result["structuredContent"], json!({"count": 1}));
    server.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_sessions_is_served() {
    let (_sim, program) = simulator().await;
    let options = ["mcp", "--allow", "company", "--allow-verbs", "update", "--allow-deletes"];
    let mut server = Server::start(&program, &options);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let discovered = server.request(1, "server/discover", json!({"_meta": meta}));
    assert!(discovered["supportedVersions"].to_string().contains("2026-07-28"), "{discovered}");
    let tools = server.request(2, "tools/list", json!({"_meta": meta}));
    assert_eq!(tools["tools"].as_array().unwrap().len(), 6);
    let call = json!({
        "name": "write",
        "arguments": {"id": "company.update_company", "parameters": {"id": 5}, "body": {"name": "Acme Ltd"}},
        "_meta": meta,
    });
    let plan = server.request(3, "tools/call", call.clone());
    let mut confirmed = call;
    confirmed["arguments"]["handle"] = plan["structuredContent"]["handle"].clone();
    let result = server.request(4, "tools/call", confirmed);
    assert_eq!(result["structuredContent"]["sent"], true, "{result}");
    server.end();
}
