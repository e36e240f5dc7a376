//! The Rust examples of `ops show` compile: each is also a function of this file.

use connectwise_psa::types::{Company, Contact, Ticket};
use connectwise_psa::{Patch, Psa};
use serde_json::{Value, json};

use crate::program::Program;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The operations, in the order of the functions.
const IDS: [&str; 12] = [
    "service.list_tickets",
    "service.get_ticket",
    "service.count_tickets",
    "service.create_ticket",
    "service.update_ticket",
    "service.delete_ticket",
    "service.list_ticket_notes",
    "company.create_company",
    "company.create_contact",
    "company.update_contact",
    "finance.download_invoice_pdf",
    "service.merge_ticket",
];

/// Compiled, but not called.
#[expect(dead_code, reason = "only its compilation is a test")]
#[rustfmt::skip]
async fn examples(psa: &Psa) -> Outcome {
    psa.service().list_tickets().all().await?;
    psa.service().get_ticket(1).await?;
    psa.service().count_tickets().await?;
    let record: Ticket = serde_json::from_value(json!({"company":{"id":1},"summary":"Example text"}))?;
    psa.service().create_ticket(&record).await?;
    psa.service().update_ticket(1, &Patch::new().replace("summary", "Example text")).await?;
    psa.service().delete_ticket(1).await?;
    psa.service().list_ticket_notes(1).all().await?;
    let record: Company = serde_json::from_value(json!({"identifier":"Example","name":"Example text"}))?;
    psa.company().create_company(&record).await?;
    let record: Contact = serde_json::from_value(json!({"firstName":"Example text"}))?;
    psa.company().create_contact(&record).await?;
    psa.company().update_contact(1, &Patch::new().replace("firstName", "Example text")).await?;
    psa.operation("finance.download_invoice_pdf").parameters(&json!({"id":1})).download().await?;
    psa.operation("service.merge_ticket").parameters(&json!({"parentId":1})).json(&json!({"mergeTicketIds":[],"status":{"id":1}})).await?;
    Ok(())
}

#[test]
fn the_examples_are_those_that_compile() {
    let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
    let source = without_spaces(include_str!("examples.rs"));
    let program = Program::new();
    let mut rest = source.as_str();
    for id in IDS {
        let shown = program.run(&["ops", "show", id, "--json"]);
        let description: Value = serde_json::from_str(&shown.stdout).unwrap();
        let example = description["examples"]["rust"].as_str().unwrap();
        let Some((_, after)) = rest.split_once(&without_spaces(example)) else { panic!("{id}: {example}") };
        rest = after;
    }
}
