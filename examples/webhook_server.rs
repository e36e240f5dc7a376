//! Receives webhooks: verifies each message, stores it in a file before PSA gets its response, and handles it.
//!
//! `cargo run --example webhook_server`
//!
//! The server is a simulator inside this program. For your own server, use its client in place of `sim.psa()`, an
//! address that PSA can reach in place of the loopback address, and a fixed path for the file.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::path::Path;

use connectwise_psa::webhooks::{Event, FileStore, Receiver, Registration, RegistrationSet, TicketLevel, Verifier};
use connectwise_psa::{Patch, Psa};
use connectwise_psa_sim::Sim;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The ticket that is changed.
const TICKET: i32 = 42;

type Failure = Box<dyn std::error::Error>;

/// Describes an event. A real handler reads the record again and does its work; it must be able to do so twice.
pub(crate) fn describe(event: &Event) -> String {
    let member = event.member.as_deref().unwrap_or("somebody");
    format!("{:?} {} {} by {member}", event.action, event.callback_type, event.id)
}

/// Receives the messages about all tickets, changes one, and returns the first event.
pub(crate) async fn receive(psa: &Psa, journal: &Path) -> Result<Event, Failure> {
    // Messages that an earlier run has stored and not handled are in the file, too.
    let store = FileStore::open(journal).await?;
    for line in store.damaged_lines() {
        println!("{line}");
    }
    let receiver = Receiver::new(Verifier::new(psa)?, store);

    // Handles stored messages: at least once, and again if the handler fails.
    let (events, mut first) = mpsc::unbounded_channel();
    let handling = receiver.clone();
    let handled = tokio::spawn(async move {
        let handler = move |event: Event| {
            println!("handled: {}", describe(&event));
            std::future::ready(events.send(event))
        };
        handling.run(handler).await;
    });

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/psa", listener.local_addr()?);
    let app = receiver.clone().into_router("/psa");
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });

    // The callback is registered only when messages can arrive.
    let set = RegistrationSet::below(&url)?.with(Registration::tickets(TicketLevel::Owner, &url));
    let report = psa.callbacks().reconcile(&set).await?;
    println!("registered {} callback", report.created.len());

    let patch = Patch::new().replace("summary", "Printer still on fire");
    psa.service().update_ticket(TICKET, &patch).await?;
    let event = first.recv().await.ok_or("the handler has ended")?;

    // `run` returns when the running handlers have ended.
    receiver.shutdown();
    handled.await?;
    serving.abort();
    Ok(event)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let sim = Sim::builder().start().await?;
    let folder = tempfile::tempdir()?;
    let event = receive(&sim.psa(), &folder.path().join("messages.journal")).await?;
    println!("the record in the message: {:?}", event.entity);
    Ok(())
}
