//! A one-minute tour: looks up the base URL, checks the settings, lists tickets, creates one, adds a note and a file, edits it,
//! streams contacts, recovers from a rejected request, and receives a webhook.
//!
//! `cargo run --example quickstart`
//!
//! The server is a simulator inside this program, unless `CW_SITE`, `CW_COMPANY`, `CW_PUBLIC_KEY`, `CW_PRIVATE_KEY` or
//! `CW_CLIENT_ID` is set. Then it is your own server, and nothing is created on it without `CW_WRITE=yes`.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::time::{Duration, Instant};

use connectwise_psa::Discovery;
use connectwise_psa::documents::FileSource;
use connectwise_psa::types::{Contact, DocumentRecordType, ServiceNote, SeverityLevel, Ticket};
use connectwise_psa::webhooks::{MemoryStore, Receiver, Registration, TicketLevel, Verifier};
use connectwise_psa::{Error, Patch, Psa};
use connectwise_psa_sim::{Fault, Sim};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let print = |line: String| println!("{line}");
    // If only some of the variables are set, `from_env` returns an error that names the missing ones.
    if ["CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "CW_CLIENT_ID"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        let may_write = std::env::var("CW_WRITE").is_ok_and(|value| value == "yes");
        return tour(&Psa::from_env()?, None, may_write, print).await;
    }
    println!("No CW_* variable is set. This program starts a simulator with the data of an invented company.\n");
    let sim = Sim::builder().start().await?;
    tour(&client(&sim)?, Some(&sim), true, print).await
}

/// Returns a client of the simulator. It looks up the base URL, as a client of ConnectWise's cloud does. It does not
/// limit its requests per minute: otherwise the 429 response in step 8 would slow it down for a minute.
pub(crate) fn client(sim: &Sim) -> Result<Psa, Error> {
    let psa =
        Psa::builder().host(sim.url()).code_base_discovery(Discovery::Always).company("demo").keys("public", "private");
    psa.client_id("00000000-0000-0000-0000-000000000000").unlimited_requests_per_minute().build()
}

/// Runs the tour and passes each line of its output to `print`. Creates a ticket only if `may_write` is set. `sim` is
/// the simulator, if the server is one.
pub(crate) async fn tour(
    psa: &Psa,
    sim: Option<&Sim>,
    may_write: bool,
    mut print: impl FnMut(String),
) -> Result<(), Error> {
    print("1. The base URL of the API, looked up on the server:".into());
    print(format!("   {}", psa.base_url().await?));

    print("\n2. A check of the settings:".into());
    let report = psa.check().await;
    for line in report.to_string().lines() {
        print(format!("   {line}"));
    }
    if !report.is_ok() {
        print("\nFix the problems above and run this example again.".into());
        return Ok(());
    }

    print("\n3. The newest open tickets. Filters use typed fields, so a misspelt field name does not compile:".into());
    let open =
        psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).sort(|ticket| ticket.id().desc());
    let tickets: Vec<Ticket> = open.take(8).all().await?;
    print(format!("   {:>7}  {:<36}  {:<30}  {:<20}  entered", "id", "summary", "company", "status"));
    for ticket in &tickets {
        print(format!("   {}", row(ticket)));
    }
    let open = psa.service().count_tickets().filter(|ticket| ticket.closed_flag().eq(false)).await?;
    let severe = psa
        .service()
        .count_tickets()
        .filter(|ticket| ticket.closed_flag().eq(false) & ticket.severity().eq(SeverityLevel::High))
        .await?;
    print(format!("   {open} tickets are open, {severe} of them with high severity."));

    let Some(company) = company(psa, &tickets).await? else {
        print("\nThe server has no company, so the tour ends here.".into());
        return Ok(());
    };
    if may_write {
        write(psa, company, &mut print).await?;
    } else {
        print(
            "\n4. - 6. Nothing is created on your server without CW_WRITE=yes. The request for a new ticket would be:"
                .into(),
        );
        let ticket = Ticket::new("Printer on fire", company);
        let request = psa.service().create_ticket(&ticket).dry_run()?;
        for line in request.to_string().lines() {
            print(format!("   {line}"));
        }
    }

    print("\n7. All contacts of the ticket's company, read page by page:".into());
    let mut contacts = psa.company().list_contacts().filter(|contact| contact.company().id().eq(company)).stream();
    let mut count = 0;
    while let Some(contact) = contacts.next().await {
        count += 1;
        if count <= 5 {
            print(format!("   {}", contact_line(&contact?)));
        } else {
            contact?;
        }
    }
    print(format!("   {count} contacts in total."));

    if let Some(sim) = sim {
        print(
            "\n8. The server rejects the next request: too many requests, retry after one second (429). The client retries:"
                .into(),
        );
        sim.inject(Fault::next(1).with_429(Duration::from_secs(1)));
        let start = Instant::now();
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
        print(format!(
            "   {members} members, counted after {:.1} s. The server responded with {}.",
            start.elapsed().as_secs_f64(),
            statuses.join(", then ")
        ));
    }

    if sim.is_some() {
        print(
            "\n9. A webhook: the server sends a signed message about a changed ticket, which is verified and stored:"
                .into(),
        );
        print(format!("   {}", webhook(psa, &tickets).await?));
    }

    print("\nNext:".into());
    if sim.is_some() {
        print("   - your own server: set CW_SITE, CW_COMPANY, CW_PUBLIC_KEY, CW_PRIVATE_KEY and CW_CLIENT_ID, and run this again".into());
        print("   - your own tests: Sim::builder().start().await?, then sim.psa(); sim.inject(Fault::…) makes requests fail".into());
        print(
            "   - programs in other languages: cargo run -p connectwise-psa-sim --bin cwpsa-sim, see docs/simulator.md"
                .into(),
        );
    }
    print("   - the conditions language: docs/conditions.md".into());
    print("   - everything else: README.md and cargo doc -p connectwise-psa --open".into());
    Ok(())
}

/// Attaches a file to a ticket. Returns a line of output.
async fn attach(psa: &Psa, ticket: i32) -> Result<String, Error> {
    let file = FileSource::bytes("alarm.txt", "09:12 smoke in the printer room\n");
    let document = psa.documents().upload(DocumentRecordType::Ticket, ticket, file).title("Alarm").await?;
    let (id, size) = (document.id.unwrap_or_default(), document.size.unwrap_or_default());
    Ok(format!("   {id:>7}  {}, {size} bytes", document.file_name.unwrap_or_default()))
}

/// Registers a callback, changes a ticket, and describes the message about it. The example `webhook_server` stores
/// messages in a file.
async fn webhook(psa: &Psa, tickets: &[Ticket]) -> Result<String, Error> {
    let Some(id) = tickets.iter().find_map(|ticket| ticket.id) else {
        return Ok("There is no ticket to change.".into());
    };
    let receiver = Receiver::new(Verifier::new(psa)?, MemoryStore::new());
    let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else { return Ok("No port is free.".into()) };
    let Ok(address) = listener.local_addr() else { return Ok("The port has no address.".into()) };
    let app = receiver.clone().into_router("/psa");
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let url = format!("http://{address}/psa");
    let callback = psa.callbacks().create(&Registration::tickets(TicketLevel::Owner, url)).await?;
    psa.service().update_ticket(id, &Patch::new().replace("summary", "Printer cooled down")).await?;

    let (events, mut received) = mpsc::unbounded_channel();
    let handling = receiver.run(move |event| std::future::ready(events.send(event)));
    let event = tokio::select! {
        event = received.recv() => event,
        () = handling => None,
    };
    serving.abort();
    psa.callbacks().delete(callback.id).await?;
    Ok(event.map_or_else(String::new, |event| format!("{:?}: {} {}", event.action, event.callback_type, event.id)))
}

/// Creates a ticket, adds a note and a file to it, and edits it.
async fn write(psa: &Psa, company: i32, print: &mut impl FnMut(String)) -> Result<(), Error> {
    print("\n4. A new ticket. It needs a summary and a company; the server fills in the rest:".into());
    let created = psa.service().create_ticket(&Ticket::new("Printer on fire", company)).await?;
    print(format!("   {}", row(&created)));
    let Some(id) = created.id else { return Ok(()) };

    print("\n5. A note and a file on the ticket:".into());
    let note = ServiceNote {
        text: Some("The fire brigade is on its way.".into()),
        detail_description_flag: Some(true),
        ..ServiceNote::default()
    };
    let note = psa.service().create_ticket_note(id, &note).await?;
    print(format!("   {:>7}  {}", note.id.map(|id| id.to_string()).unwrap_or_default(), note.text.unwrap_or_default()));
    print(attach(psa, id).await?);

    print("\n6. An edit: the ticket is read, and only the changed field is sent back:".into());
    let edited =
        psa.service().get_ticket(id).edit(|ticket| ticket.summary = Some("Printer extinguished".into())).await?;
    print(format!("   {}", row(&edited)));
    Ok(())
}

/// Returns the id of the company of the first ticket that has one, or else of the first company.
async fn company(psa: &Psa, tickets: &[Ticket]) -> Result<Option<i32>, Error> {
    let ticket_company = tickets.iter().find_map(|ticket| ticket.company.as_ref()?.id);
    match ticket_company {
        Some(id) => Ok(Some(id)),
        None => {
            let first: Vec<_> = psa.company().list_companies().select(|company| company.id()).take(1).all().await?;
            Ok(first.first().and_then(|company| company.id))
        }
    }
}

/// Formats a ticket as a line of the table. Every field may be missing, even those that the OpenAPI document requires.
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

/// Pads or truncates a text to a width.
fn cell(text: Option<&str>, width: usize) -> String {
    let text = text.unwrap_or("-");
    let cut = if text.chars().count() > width {
        format!("{}…", text.chars().take(width - 1).collect::<String>())
    } else {
        text.to_owned()
    };
    format!("{cut:<width$}")
}

/// Formats a contact as a line.
fn contact_line(contact: &Contact) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{} {}, {}", text(&contact.first_name), text(&contact.last_name), text(&contact.title))
}
