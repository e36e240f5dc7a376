//! Compares the rights of the API member with what a program needs, and prints what to grant.
//!
//! `cargo run --example access_report`
//!
//! The server is a simulator inside this program, whose API member lacks some rights.

#![allow(clippy::print_stdout, reason = "an example prints")]

use connectwise_psa::access::{AccessReport, Needs, Permission, Profile};
use connectwise_psa::{Error, Psa};
use connectwise_psa_sim::Sim;

/// The operations of an imaginary program that turns alerts into tickets.
const OPERATIONS: [&str; 5] = [
    "service.list_tickets",
    "service.create_ticket",
    "service.update_ticket",
    "service.create_ticket_note",
    "company.list_companies",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sim = server().await?;
    let psa = sim.psa();

    println!("The program needs {}:\n", OPERATIONS.join(", "));
    println!("{}\n", report(&psa).await?);

    println!("The same for the rights of a known integration product:\n");
    println!("{}", profile_report(&psa).await?);
    Ok(())
}

/// Starts a simulator whose API member lacks two rights.
pub(crate) async fn server() -> Result<Sim, Error> {
    let sim =
        Sim::builder().deny_right("Service Desk > Service Tickets (Add)").deny_right("Time & Expense > Time Entry");
    sim.start().await
}

/// Compares the rights with the operations of the program.
pub(crate) async fn report(psa: &Psa) -> Result<AccessReport, Error> {
    let report = psa.access().compare(&Needs::new().operations(OPERATIONS)?).await?;
    // A program can also decide on single findings.
    let can_create = report.missing().all(|finding| finding.permission != Permission::Add);
    if !can_create {
        println!("The program could read tickets, but not create any.\n");
    }
    Ok(report)
}

/// Compares the rights with those that an integration product tells its users to grant.
pub(crate) async fn profile_report(psa: &Psa) -> Result<AccessReport, Error> {
    let needs = Profile::named("Thread").map_or_else(Needs::new, |profile| Needs::new().profile(profile));
    psa.access().compare(&needs).await
}
