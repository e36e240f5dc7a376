//! A first look in a minute: finds the server, checks the settings, lists, creates, notes, edits, streams, and gets
//! over a refusal.
//!
//! `cargo run -p connectwise-psa-sim --example quickstart`
//!
//! The server is a simulated one inside this program, unless any of `CW_SITE`, `CW_COMPANY`, `CW_PUBLIC_KEY`,
//! `CW_PRIVATE_KEY` and `CW_CLIENT_ID` is set: then it is yours, and nothing is created there without `CW_WRITE=yes`.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::time::{Duration, Instant};

use connectwise_psa::Discovery;
use connectwise_psa::types::{Contact, ServiceNote, SeverityLevel, Ticket};
use connectwise_psa::{Error, Psa};
use connectwise_psa_sim::{Fault, Sim};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let print = |line: String| println!("{line}");
    // Only the variables decide: a half-set environment is an error that names what is missing, not a silent
    // demonstration.
    if ["CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "CW_CLIENT_ID"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        let may_write = std::env::var("CW_WRITE").is_ok_and(|value| value == "yes");
        return tour(&Psa::from_env()?, None, may_write, print).await;
    }
    println!(
        "No CW_* variable is set: this is a simulated server inside this program, with the data of an invented company.\n"
    );
    let sim = Sim::builder().start().await?;
    tour(&client(&sim)?, Some(&sim), true, print).await
}

/// A client of a simulated server that looks its place up, as it does for the vendor's cloud. How many requests it
/// makes in a minute is not limited: after the refusal below it would make so few that a minute of waiting went by.
pub(crate) fn client(sim: &Sim) -> Result<Psa, Error> {
    let psa =
        Psa::builder().host(sim.url()).code_base_discovery(Discovery::Always).company("demo").keys("public", "private");
    psa.client_id("00000000-0000-0000-0000-000000000000").unlimited_requests_per_minute().build()
}

/// The whole of it, told line by line. With `may_write` tickets are created; `sim` is the server when it is a simulated
/// one.
pub(crate) async fn tour(
    psa: &Psa,
    sim: Option<&Sim>,
    may_write: bool,
    mut tell: impl FnMut(String),
) -> Result<(), Error> {
    tell("1. Where the API is, asked of the server:".into());
    tell(format!("   {}", psa.base_url().await?));

    tell("\n2. Whether the settings are right:".into());
    let report = psa.check().await;
    for line in report.to_string().lines() {
        tell(format!("   {line}"));
    }
    if !report.is_ok() {
        tell("\nMend what is said above, and come back.".into());
        return Ok(());
    }

    tell("\n3. The newest open tickets. Conditions are made of the record's own fields, so a misspelt one does not compile:".into());
    let open =
        psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).sort(|ticket| ticket.id().desc());
    let tickets: Vec<Ticket> = open.take(8).all().await?;
    tell(format!("   {:>7}  {:<36}  {:<30}  {:<20}  entered", "id", "summary", "company", "status"));
    for ticket in &tickets {
        tell(format!("   {}", row(ticket)));
    }
    let open = psa.service().count_tickets().filter(|ticket| ticket.closed_flag().eq(false)).await?;
    let severe = psa
        .service()
        .count_tickets()
        .filter(|ticket| ticket.closed_flag().eq(false) & ticket.severity().eq(SeverityLevel::High))
        .await?;
    tell(format!("   {open} are open, {severe} of them of high severity."));

    let Some(company) = company(psa, &tickets).await? else {
        tell("\nThere is no company to go on with.".into());
        return Ok(());
    };
    if may_write {
        write(psa, company, &mut tell).await?;
    } else {
        tell("\n4. - 6. Nothing is created on your server; CW_WRITE=yes lets this example do so. A new ticket would be sent as:".into());
        let ticket = Ticket::new("Printer on fire", company);
        let request = psa.service().create_ticket(&ticket).dry_run()?;
        for line in request.to_string().lines() {
            tell(format!("   {line}"));
        }
    }

    tell("\n7. All contacts of its company, page after page:".into());
    let mut contacts = psa.company().list_contacts().filter(|contact| contact.company().id().eq(company)).stream();
    let mut count = 0;
    while let Some(contact) = contacts.next().await {
        count += 1;
        if count <= 5 {
            tell(format!("   {}", named(&contact?)));
        } else {
            contact?;
        }
    }
    tell(format!("   {count} in all."));

    if let Some(sim) = sim {
        tell(
            "\n8. The server refuses the next request: asked too much, come back in a second (429). The client does:"
                .into(),
        );
        sim.inject(Fault::next(1).with_429(Duration::from_secs(1)));
        let begun = Instant::now();
        let members = psa.system().count_members().await?;
        let statuses: Vec<_> = sim
            .requests()
            .iter()
            .rev()
            .take(2)
            .rev()
            .filter_map(|request| request.status)
            .map(|status| status.to_string())
            .collect();
        tell(format!(
            "   {members} members, counted after {:.1} s; the server answered {}.",
            begun.elapsed().as_secs_f64(),
            statuses.join(", then ")
        ));
    }

    tell("\nNext:".into());
    if sim.is_some() {
        tell("   - your own server: set CW_SITE, CW_COMPANY, CW_PUBLIC_KEY, CW_PRIVATE_KEY and CW_CLIENT_ID, and run this again".into());
        tell("   - your own tests: Sim::builder().start().await?, then sim.psa(); sim.inject(Fault::…) makes requests fail".into());
        tell(
            "   - scripts in other languages: cargo run -p connectwise-psa-sim --bin cwpsa-sim, and docs/simulator.md"
                .into(),
        );
    }
    tell("   - the conditions language: docs/conditions.md".into());
    tell("   - everything else: README.md, and cargo doc -p connectwise-psa --open".into());
    Ok(())
}

/// A ticket is created, gets a note, and is edited.
async fn write(psa: &Psa, company: i32, tell: &mut impl FnMut(String)) -> Result<(), Error> {
    tell("\n4. A new ticket. Summary and company are what it needs; the server fills in the rest:".into());
    let created = psa.service().create_ticket(&Ticket::new("Printer on fire", company)).await?;
    tell(format!("   {}", row(&created)));
    let Some(id) = created.id else { return Ok(()) };

    tell("\n5. A note on it:".into());
    let note = ServiceNote {
        text: Some("The fire brigade is on its way.".into()),
        detail_description_flag: Some(true),
        ..ServiceNote::default()
    };
    let note = psa.service().create_ticket_note(id, &note).await?;
    tell(format!("   {:>7}  {}", note.id.map(|id| id.to_string()).unwrap_or_default(), note.text.unwrap_or_default()));

    tell("\n6. Read, changed, and sent back: only what was changed:".into());
    let edited =
        psa.service().get_ticket(id).edit(|ticket| ticket.summary = Some("Printer extinguished".into())).await?;
    tell(format!("   {}", row(&edited)));
    Ok(())
}

/// The company of the first ticket that names one, or else the first company.
async fn company(psa: &Psa, tickets: &[Ticket]) -> Result<Option<i32>, Error> {
    let of_ticket = tickets.iter().find_map(|ticket| ticket.company.as_ref()?.id);
    match of_ticket {
        Some(id) => Ok(Some(id)),
        None => {
            let first: Vec<_> = psa.company().list_companies().select(|company| company.id()).take(1).all().await?;
            Ok(first.first().and_then(|company| company.id))
        }
    }
}

/// Every member may be missing, whatever the vendor's document calls required.
fn row(ticket: &Ticket) -> String {
    let id = ticket.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
    let company = ticket.company.as_ref().and_then(|company| company.name.as_deref().or(company.identifier.as_deref()));
    let status = ticket.status.as_ref().and_then(|status| status.name.as_deref());
    let entered = ticket.info().and_then(|info| info.date_entered()).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    format!(
        "{id:>7}  {}  {}  {}  {}",
        cell(ticket.summary.as_deref(), 36),
        cell(company, 30),
        cell(status, 20),
        entered.as_deref().unwrap_or("-")
    )
}

/// A text of just this width.
fn cell(text: Option<&str>, width: usize) -> String {
    let text = text.unwrap_or("-");
    let cut = if text.chars().count() > width {
        format!("{}…", text.chars().take(width - 1).collect::<String>())
    } else {
        text.to_owned()
    };
    format!("{cut:<width$}")
}

fn named(contact: &Contact) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{} {}, {}", text(&contact.first_name), text(&contact.last_name), text(&contact.title))
}
