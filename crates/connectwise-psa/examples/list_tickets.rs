//! Lists open tickets as a table: from your server if the `CW_*` variables are set, otherwise from a mock server in
//! this program.
//!
//! `cargo run -p connectwise-psa --no-default-features --features rustls,service --example list_tickets`

#![allow(clippy::print_stdout, reason = "an example prints")]

use connectwise_psa::types::Ticket;
use connectwise_psa::{Error, Psa};
use httpmock::MockServer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // If only some of the variables are set, the program fails with an error that names the missing variable.
    if ["CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "CW_CLIENT_ID"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        let psa = Psa::from_env()?;
        println!("Open tickets at {}", psa.base_url().await?);
        return list(&psa).await;
    }
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.method("GET")
                .path("/v4_6_release/apis/3.0/service/tickets")
                .query_param("conditions", "closedFlag=false")
                .header_exists("clientid");
            then.status(200).header("content-type", "application/json; charset=utf-8").body(TICKETS);
        })
        .await;
    println!("No CW_* variable is set: open tickets of a mock server in this program, at {}", server.base_url());
    list(&Psa::builder().host(server.base_url()).company("demo").keys("public", "private").client_id("demo").build()?)
        .await
}

async fn list(psa: &Psa) -> Result<(), Error> {
    let open =
        psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).sort(|ticket| ticket.id().desc());
    let tickets: Vec<Ticket> = open.take(25).all().await?;
    println!("{:>7}  {:<40}  {:<22}  {:<14}  {:<12}  updated", "id", "summary", "company", "status", "severity");
    for ticket in &tickets {
        println!("{}", row(ticket));
    }
    println!(
        "{} tickets{}",
        tickets.len(),
        if tickets.len() == 25 { "; there may be more: `.stream()` without `.take(25)` reads all" } else { "" }
    );
    Ok(())
}

/// Returns a ticket as a line of the table. Any field may be missing, even if the OpenAPI document says it is required.
fn row(ticket: &Ticket) -> String {
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let id = ticket.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let company = ticket.company.as_ref().and_then(|company| company.name.as_deref().or(company.identifier.as_deref()));
    let status = ticket.status.as_ref().and_then(|status| status.name.as_deref());
    let severity = ticket.severity.as_ref().map(|severity| severity.as_str());
    let updated = ticket.info().and_then(|info| info.last_updated()).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    format!(
        "{id:>7}  {:<40}  {:<22}  {:<14}  {:<12}  {}",
        text(ticket.summary.as_deref()),
        text(company),
        text(status),
        text(severity),
        text(updated.as_deref())
    )
}

/// Tickets in the format of live servers: with missing fields and null, an empty reference, an integer with a decimal
/// point, and a severity and a field that are not in the OpenAPI document.
const TICKETS: &str = r#"[
  {"id": 7612, "summary": "Printer on fire", "recordType": "ServiceTicket", "board": {"id": 1, "name": "Help Desk", "_info": {"board_href": "https://na.example.invalid/v2025_1//apis/3.0/service/boards/1"}},
   "status": {"id": 17, "name": "New", "Sort": 0}, "company": {"id": 250, "identifier": "Harbour", "name": "Harbour Bakery"}, "site": {}, "contact": null, "severity": "High", "impact": "High",
   "budgetHours": 1.5, "closedFlag": false, "customFields": null, "_info": {"lastUpdated": "2026-06-09T21:59:49Z", "updatedBy": "jdoe"}},
  {"id": 7609.0, "summary": "Backup of SRV-02 failed twice", "status": {"id": 18, "name": "In Progress"}, "company": {"id": 251, "identifier": "Lindgren", "name": "Lindgren & Sons"}, "severity": "Catastrophic",
   "closedFlag": false, "newInNextRelease": {"a": [1]}, "_info": {"lastUpdated": "2026-06-09T08:12:00Z"}},
  {"id": 7588, "summary": "Onboard two new colleagues", "status": {"id": 20, "name": "Waiting"}, "company": {"id": 252, "identifier": "OakSt", "name": "Oak Street Clinic"}, "severity": "Low", "closedFlag": false}
]"#;
