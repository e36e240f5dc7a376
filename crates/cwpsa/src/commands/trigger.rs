//! `cwpsa trigger`: sends a signed webhook of the simulator.

use std::time::Duration;

use clap::Args;
use connectwise_psa::dependencies::chrono::Utc;
use connectwise_psa::dependencies::reqwest::StatusCode;
use connectwise_psa::webhooks::{Action, CallbackType, Message};
use connectwise_psa_sim::Sim;
use serde_json::json;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::text::{print, print_value};
use crate::webhooks::event_filter::{ACTIONS, EventFilter, action_name, type_name};
use crate::webhooks::forwarder::{Attempt, Forwarder};
use crate::webhooks::received::Received;
use crate::webhooks::report::Report;
use crate::webhooks::simulator::simulator_settings;
use crate::webhooks::target::Target;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The event: a type, such as ticket, or a type and an action, such as ticket.updated
    #[arg(required_unless_present = "list")]
    event: Option<EventFilter>,
    /// Send the message to this http or https URL; its query is kept
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    forward_to: Option<Target>,
    /// The id of a record of the demo data; by default the one with the lowest id
    #[arg(long, value_name = "N")]
    id: Option<i64>,
    /// The company that sends the message
    #[arg(long, value_name = "NAME", default_value = "demo")]
    company: String,
    /// The port of the simulator, where the receiver requests the key; 0 for a free one
    #[arg(long, value_name = "N", default_value_t = 8799)]
    port: u16,
    /// The seconds that the target has for a response
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// List the events
    #[arg(long, conflicts_with_all = ["event", "forward_to"])]
    list: bool,
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        match (&self.event, &self.forward_to) {
            (Some(event), Some(target)) if !self.list => context.block_on(self.send(context, event, target))?,
            _ => list(context),
        }
    }

    async fn send(&self, context: &Context, event: &EventFilter, target: &Target) -> Outcome {
        let forwarder = Forwarder::new(target.clone(), Duration::from_secs(self.timeout))?;
        let sim = Sim::builder().company(&self.company).port(self.port).start().await?;
        let type_name = type_name(&event.callback_type);
        let event = format!("{type_name}.{}", action_name(event.action.unwrap_or(Action::Updated)));
        let none = || CommandError::usage(format!("the demo data has no record of the type {type_name}"));
        let id = match self.id {
            Some(id) => id,
            None => sim.callback_record_ids(&type_name)?.into_iter().min().ok_or_else(none)?,
        };
        let signed = sim.signed_message(&self.company, &event, id)?;
        let message = Message::parse(&signed.body)
            .map_err(|error| CommandError::failure(format!("the message of the simulator: {error}")))?;
        let received = Received::new(message, signed.body.into(), signed.signature);

        context.output().note(&format!(
            "The receiver must be set up for the simulator:\n  {}",
            simulator_settings(&sim.url(), &self.company)
        ));
        // The simulator runs until the response has arrived: meanwhile the receiver requests the key.
        let attempt = forwarder.attempt(&received.forward).await;
        let report = Report::Forwarded { received: &received, attempt: &attempt, number: 1, retry_after_seconds: None };
        if context.global.is_json() {
            let mut value = report.json(Utc::now());
            value.insert("forwardTo".to_owned(), json!(target.to_string()));
            value.insert("simulator".to_owned(), json!({"url": sim.url(), "company": self.company}));
            print_value(&context.output(), &value)?;
        } else {
            print(&report.text(Utc::now()))?;
        }
        Ok(exit_of(&attempt))
    }
}

/// Lists the events.
fn list(context: &Context) -> Outcome {
    let of_type =
        |callback_type: CallbackType| ACTIONS.map(|(action, _)| format!("{}.{action}", type_name(&callback_type)));
    let events: Vec<String> = CallbackType::KNOWN.into_iter().flat_map(of_type).collect();
    if context.global.is_json() {
        print_value(&context.output(), &json!(events))?;
    } else {
        print(&events.join("\n"))?;
    }
    Ok(Exit::Success)
}

/// Returns the exit code for the response of the target.
fn exit_of(attempt: &Attempt) -> Exit {
    let Ok(response) = &attempt.result else { return Exit::Network };
    match response.status {
        status if status.is_success() => Exit::Success,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Exit::Authentication,
        StatusCode::NOT_FOUND => Exit::NotFound,
        StatusCode::TOO_MANY_REQUESTS => Exit::RateLimited,
        status if status.is_client_error() => Exit::Rejected,
        _ => Exit::Failure,
    }
}
