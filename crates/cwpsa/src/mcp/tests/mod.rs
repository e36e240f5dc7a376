//! Tests with a client of the official SDK, over a connection in memory, against the simulator.

mod changing;
mod http;
mod protocol;
mod reading;
mod schemas;
mod size;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connectwise_psa_sim::{Seed, Sim};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, ErrorData, Implementation, ProtocolVersion, ReadResourceRequestParams, ReadResourceResult,
};
use rmcp::service::{RequestContext, RunningService, ServiceError};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient, ServiceExt as _};
use serde_json::{Value, json};

use crate::mcp::handler::Handler;
use crate::mcp::policy::{Policy, Verb};
use crate::mcp::state::{AgentServer, Settings};

/// A server for the tests, and what it sent to the simulator.
struct Fixture {
    sim: Sim,
    server: Arc<AgentServer>,
}

fn read_only() -> Settings {
    Settings { policy: Policy::default(), budget: 6_000, writes_per_minute: 30, always_plan: false }
}

/// Settings that allow changes and deletes in two sections.
fn writing() -> Settings {
    let policy = Policy {
        sections: ["service".to_owned(), "company".to_owned()].into(),
        verbs: [Verb::Create, Verb::Update, Verb::Action].into(),
        deletes: true,
        ..Policy::default()
    };
    Settings { policy, ..read_only() }
}

impl Fixture {
    async fn new(settings: Settings) -> Self {
        let fixture = Self::with_seed(settings, Seed::Empty).await;
        fixture.sim.store().insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
        fixture
    }

    async fn with_seed(settings: Settings, seed: Seed) -> Self {
        let sim = Sim::builder().seed(seed).start().await.unwrap();
        let server = Arc::new(AgentServer::new(sim.psa(), settings).unwrap());
        Self { sim, server }
    }

    /// Adds a ticket and returns its id.
    fn ticket(&self, fields: Value) -> i64 {
        let mut ticket = json!({"summary": "Printer on fire", "company": {"id": 5, "name": "Acme"}});
        let (Value::Object(ticket_fields), Value::Object(fields)) = (&mut ticket, fields) else { panic!("an object") };
        ticket_fields.extend(fields);
        self.sim.store().insert("/service/tickets", ticket)
    }

    /// Returns the methods and paths of the requests that may change records.
    fn changes(&self) -> Vec<String> {
        let requests = self.sim.requests();
        let changes = requests.iter().filter(|request| request.method != "GET");
        changes.map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    async fn client(&self) -> Client {
        self.client_of(User::default(), ProtocolVersion::V_2025_11_25).await
    }

    /// Connects a client that speaks a version of the protocol.
    async fn client_of(&self, user: User, version: ProtocolVersion) -> Client {
        let (server_end, client_end) = tokio::io::duplex(1 << 20);
        let handler = Handler::new(Arc::clone(&self.server));
        tokio::spawn(async move { handler.serve(server_end).await.unwrap().waiting().await });
        let lifecycle = if version == ProtocolVersion::V_2026_07_28 {
            ClientLifecycleMode::Discover { preferred_versions: vec![version] }
        } else {
            ClientLifecycleMode::Initialize
        };
        Client(user.serve_with_lifecycle(client_end, lifecycle).await.unwrap())
    }
}

/// A user, who decides whether a change is sent. Without a decision, the client cannot ask the user.
#[derive(Clone, Default)]
struct User {
    decision: Option<ElicitationAction>,
    questions: Arc<AtomicUsize>,
}

impl User {
    fn who(decision: ElicitationAction) -> Self {
        Self { decision: Some(decision), questions: Arc::default() }
    }
}

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let capabilities = match self.decision {
            Some(_) => ClientCapabilities::builder().enable_elicitation().build(),
            None => ClientCapabilities::default(),
        };
        ClientConfig::new(capabilities, Implementation::new("test", "1"))
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        Ok(ElicitResult::new(self.decision.clone().unwrap_or(ElicitationAction::Cancel)))
    }
}

/// A connected client.
struct Client(RunningService<RoleClient, User>);

impl Client {
    async fn call(&self, tool: &'static str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        self.0.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await
    }

    /// Calls a tool that succeeds.
    async fn result(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.call(tool, arguments.clone()).await.unwrap();
        assert_ne!(result.is_error, Some(true), "{tool} {arguments}: {:?}", result.content);
        result.structured_content.unwrap()
    }

    /// Calls a tool that fails, and returns the error.
    async fn error(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.call(tool, arguments.clone()).await.unwrap();
        assert_eq!(result.is_error, Some(true), "{tool} {arguments}: {:?}", result.structured_content);
        let text = &result.content[0].as_text().unwrap().text;
        serde_json::from_str::<Value>(text).unwrap()["error"].clone()
    }

    async fn resource(&self, uri: &str) -> Result<ReadResourceResult, ServiceError> {
        self.0.read_resource(ReadResourceRequestParams::new(uri)).await
    }
}
