//! How a change is confirmed: by the user in the client, if protocol and client can, or with a handle.

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
    InputRequest, InputRequests, InputRequiredResult, ProtocolVersion,
};
use rmcp::service::RequestContext;

use crate::mcp::failure::Failure;
use crate::mcp::plans::Confirmation;

/// The name of the question among the input requests of a call.
const QUESTION: &str = "confirm";

/// How a change is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The agent gets a plan, and repeats the call with its handle.
    Plan,
    /// The client asks the user and repeats the call (protocol 2026-07-28).
    InputRequired,
    /// The server sends the client a request during the call (protocols before 2026-07-28).
    Elicitation,
}

/// What the user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Accepted,
    Declined,
}

/// What a call says about its confirmation.
#[derive(Clone, Copy)]
pub(crate) struct Confirming<'a> {
    pub(crate) request: &'a CallToolRequestParams,
    pub(crate) context: &'a RequestContext<RoleServer>,
}

impl<'a> Confirming<'a> {
    /// Returns the handle of a second call, and who confirms with it.
    pub(crate) fn handle(&self, argument: Option<&'a str>) -> Option<(&'a str, Confirmation)> {
        match (&self.request.request_state, argument) {
            (Some(state), _) => Some((state, Confirmation::Client)),
            (None, Some(handle)) => Some((handle, Confirmation::Handle)),
            (None, None) => None,
        }
    }

    /// Checks that the user accepted. Returns the reason otherwise.
    pub(crate) fn response(&self) -> Result<(), &'static str> {
        let response = self.request.input_responses.as_ref().and_then(|responses| responses.get(QUESTION));
        let response = response.and_then(|response| serde_json::from_value::<ElicitResult>(response.clone()).ok());
        match response.map(|response| response.action) {
            Some(ElicitationAction::Accept) => Ok(()),
            Some(_) => Err("The user did not confirm the change. Nothing was sent."),
            None => Err("The client did not send the user's decision. Nothing was sent."),
        }
    }

    /// Returns how a change is confirmed.
    pub(crate) fn way(&self, always_plan: bool) -> Way {
        let can_ask = self
            .context
            .client_capabilities()
            .and_then(|capabilities| capabilities.elicitation)
            // A client that names no mode has forms, which are older than addresses.
            .is_some_and(|modes| modes.form.is_some() || modes.url.is_none());
        let version = self.context.protocol_version();
        match (can_ask && !always_plan, version) {
            (true, Some(version)) if version.as_str() >= ProtocolVersion::V_2026_07_28.as_str() => Way::InputRequired,
            (true, Some(_)) => Way::Elicitation,
            _ => Way::Plan,
        }
    }

    /// Returns the result that has the client ask the user and repeat the call.
    pub(crate) fn input_required(&self, question: &str, handle: String) -> Result<InputRequiredResult, Failure> {
        let request = InputRequest::Elicitation(ElicitRequest::new(form(question)?));
        let requests = InputRequests::from([(QUESTION.to_owned(), request)]);
        Ok(InputRequiredResult::new(Some(requests), Some(handle)))
    }

    /// Has the client ask the user, and waits for the decision.
    pub(crate) async fn elicit(&self, question: &str) -> Result<Decision, Failure> {
        let result = self.context.peer.create_elicitation(form(question)?).await;
        match result {
            Ok(result) if result.action == ElicitationAction::Accept => Ok(Decision::Accepted),
            Ok(_) => Ok(Decision::Declined),
            Err(error) => Err(Failure::rejected(
                "not_confirmed",
                format!("The client could not ask the user: {error}. Nothing was sent."),
            )),
        }
    }
}

/// Returns a form without fields: the user accepts or declines.
fn form(question: &str) -> Result<ElicitRequestParams, Failure> {
    let requested_schema = ElicitationSchema::builder()
        .build()
        .map_err(|error| Failure::usage(format!("the form cannot be made: {error}")))?;
    Ok(ElicitRequestParams::FormElicitationParams { meta: None, message: question.to_owned(), requested_schema })
}
