//! Makes one ticket of all alerts with the same key: a repeated alert adds a note, a recovery closes the ticket with a note
//! and time.
//!
//! `cargo run --example alert_to_ticket`
//!
//! The server is a simulator inside this program.

#![allow(clippy::print_stdout, reason = "an example prints")]

use connectwise_psa::tickets::{NewTicket, Note};
use connectwise_psa::types::ServiceStatusReference;
use connectwise_psa::{DateTime, Decimal, Psa};
use connectwise_psa_sim::Sim;

/// The company and the board of the tickets.
const COMPANY: i32 = 5;
const BOARD: i32 = 2;

type Failure = Box<dyn std::error::Error>;

/// An event of a monitoring system.
pub(crate) enum Event {
    /// Something is wrong, or still wrong.
    Alert { text: &'static str },
    /// It is right again; checking it took some hours.
    Recovery { text: &'static str, at: DateTime, hours: Decimal },
}

/// Handles an event of one device and check, and returns a line about it. The key must be the same each time.
pub(crate) async fn handle(psa: &Psa, key: &str, event: &Event) -> Result<String, Failure> {
    let tickets = psa.tickets();
    match event {
        Event::Alert { text } => {
            let new = NewTicket::new(summary(key), COMPANY).board(BOARD).description(*text);
            // Only open tickets count: an alert after the recovery gets a new ticket.
            let found = tickets.find_or_create_open(key, new).await?;
            let id = found.record.id.ok_or("the ticket has no id")?;
            for duplicate in &found.duplicates {
                println!("  another process created ticket {duplicate} for {key}");
            }
            if found.created {
                return Ok(format!("created ticket {id}"));
            }
            // Without `notify`, no e-mail is sent.
            tickets.add_note(id, Note::internal(*text)).await?;
            Ok(format!("added a note to ticket {id}"))
        }
        Event::Recovery { text, at, hours } => {
            let Some(ticket) = tickets.find_open(key).await?.into_iter().next() else {
                return Ok("no open ticket".to_owned());
            };
            let id = ticket.id.ok_or("the ticket has no id")?;
            let close = tickets.close(id).status(ServiceStatusReference::by_name("Closed"));
            let closed = close.note(Note::resolution(*text)).time(*at, *hours).send().await?;
            Ok(if closed.was_closed { "no open ticket".to_owned() } else { format!("closed ticket {id}") })
        }
    }
}

/// Returns a summary of at most 100 characters.
fn summary(key: &str) -> String {
    format!("Alert: {key}").chars().take(100).collect()
}

/// Returns a day of a monitoring system.
pub(crate) fn events() -> Result<Vec<(&'static str, Event)>, Failure> {
    let at = "2026-03-02T09:15:00Z".parse()?;
    Ok(vec![
        ("SRV1-disk", Event::Alert { text: "C: is 95 % full." }),
        ("SRV1-disk", Event::Alert { text: "C: is 97 % full." }),
        ("SRV2-ping", Event::Alert { text: "No response for 5 minutes." }),
        ("SRV1-disk", Event::Recovery { text: "C: is 60 % full.", at, hours: Decimal::new(25, 2) }),
        ("SRV1-disk", Event::Recovery { text: "C: is 60 % full.", at, hours: Decimal::new(25, 2) }),
        ("SRV1-disk", Event::Alert { text: "C: is 96 % full." }),
    ])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let sim = Sim::builder().start().await?;
    let psa = sim.psa();
    for (key, event) in events()? {
        println!("{key}: {}", handle(&psa, key, &event).await?);
    }
    Ok(())
}
