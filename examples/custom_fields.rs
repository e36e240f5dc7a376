//! Reads and changes custom fields by caption, with values that are checked against their definitions.
//!
//! `cargo run --example custom_fields`
//!
//! The server is a simulator inside this program.

#![allow(clippy::print_stdout, reason = "an example prints")]

use connectwise_psa::custom_fields::{CustomFieldChanges, CustomFields};
use connectwise_psa::{Decimal, Error, Psa};
use connectwise_psa_sim::Sim;

/// Reads and changes the custom fields of a ticket, and returns a line for each step.
pub(crate) async fn steps(psa: &Psa, ticket_id: i32) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let ticket = psa.service().get_ticket(ticket_id).await?;
    for field in CustomFields::of(&ticket.custom_fields).all() {
        let (id, caption) = (field.id.unwrap_or_default(), field.caption.as_deref().unwrap_or_default());
        lines.push(format!("field {id} is {caption:?}: {:?}", CustomFields::of(&ticket.custom_fields).value(id)?));
    }

    // The definitions are read once. A wrong value is an error before anything is sent.
    let wrong = CustomFieldChanges::new().set("Root Cause", "The moon");
    if let Err(error) = psa.custom_fields().patch(&ticket.custom_fields, &wrong).await {
        lines.push(format!("rejected: {error}"));
    }

    let changes = CustomFieldChanges::new().set("Root Cause", "Network").set("Travel Distance", Decimal::new(125, 1));
    let patch = psa.custom_fields().patch(&ticket.custom_fields, &changes).await?;
    let ticket = psa.service().update_ticket(ticket_id, &patch).await?;
    let distance = CustomFields::of(&ticket.custom_fields).get::<Decimal>("Travel Distance")?;
    lines.push(format!("the distance is {distance:?}"));

    let found = psa
        .service()
        .list_tickets()
        .filter_custom_fields(|field| field.caption().eq("Root Cause") & field.value().eq("Network"))
        .all()
        .await?;
    lines.push(format!("{} tickets have this cause", found.len()));
    Ok(lines)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sim = Sim::builder().start().await?;
    steps(&sim.psa(), 42).await?.iter().for_each(|line| println!("{line}"));
    Ok(())
}
