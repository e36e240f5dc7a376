//! Restarts of the server: the simulator stops and starts again with its records from a file. Confirmed changes are
//! kept, and clients continue.

use std::path::Path;
use std::time::Duration;

use connectwise_psa::Discovery;
use connectwise_psa::types::{CallbackEntry, Ticket};
use connectwise_psa::{Bookmark, CallOptions, Patch, Psa, RetryPolicy, Value};
use connectwise_psa_sim::{Fault, Sim, SimBuilder};

use crate::setup::{FEW_TICKETS, few_records, ids, quick_retries, request_count};

const TICKETS: &str = "/service/tickets";

/// Returns settings for a simulator that keeps its records in a file.
fn with_state(file: &Path) -> SimBuilder {
    Sim::builder().seed(few_records()).state(file).integrator("robot", "secret")
}

/// Starts a simulator after another one was dropped. Waits until the port and the file are free again.
async fn restart(builder: impl Fn() -> SimBuilder, port: u16) -> Sim {
    let attempts = async {
        loop {
            match builder().port(port).start().await {
                Ok(sim) => return sim,
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), attempts).await.expect("the simulator did not start within 20 s")
}

fn port(sim: &Sim) -> u16 {
    sim.url().rsplit_once(':').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn a_list_can_be_resumed_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let sim = with_state(&file).start().await.unwrap();
    let (port, psa) = (port(&sim), sim.psa().with(quick_retries()));
    let list =
        || psa.service().list_tickets().filter(|ticket| ticket.board().id().ne(2)).page_size(10).decode_as::<Value>();
    let mut pages = list().pages();
    let mut read = Vec::new();
    for _ in 0..4 {
        read.extend(pages.next().await.unwrap().unwrap().items);
    }
    let created = psa
        .service()
        .create_ticket(&Ticket { board: Some(1.into()), ..Ticket::new("Before the restart", 5) })
        .await
        .unwrap()
        .id
        .unwrap();
    drop(sim);
    // One page was requested in advance. The connection for the page after it may fail or may break: this depends
    // on timing. In both cases, a read can be retried.
    let error = loop {
        match pages.next().await.unwrap() {
            Ok(page) => read.extend(page.items),
            Err(error) => break error,
        }
    };
    assert!(error.is_transport() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    let bookmark: Bookmark = pages.bookmark().unwrap().to_string().parse().unwrap();

    let sim = restart(|| with_state(&file), port).await;
    read.extend(list().resume(bookmark).all().await.unwrap());
    let expected: Vec<Value> =
        sim.store().list(TICKETS).into_iter().filter(|ticket| ticket["board"]["id"] != 2).collect();
    assert_eq!(ids(&read), ids(&expected));
    assert_eq!((*ids(&read).last().unwrap(), request_count(&sim, "GET", TICKETS) > 1), (i64::from(created), true));
}

#[tokio::test]
async fn confirmed_changes_are_kept_and_ids_are_not_reused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let sim = with_state(&file).start().await.unwrap();
    let psa = sim.psa().with(quick_retries());
    let new = |summary: &str| Ticket::new(summary, 5);
    let deleted = psa.service().create_ticket(&new("Deleted")).await.unwrap().id.unwrap();
    psa.service().delete_ticket(deleted).await.unwrap();
    psa.service()
        .update_ticket(3, &Patch::new().replace("summary", "Größe · 盘\u{2028}").custom_field(2, 0.1))
        .await
        .unwrap();
    sim.inject(Fault::next(1).on("POST", TICKETS).with_lost_response());
    assert!(psa.service().create_ticket(&new("Lost")).await.unwrap_err().is_ambiguous());
    psa.system().create_callback(&CallbackEntry::new("http://127.0.0.1:9/?id=", 1, "ticket", "owner")).await.unwrap();
    // Links contain the address of the server, which changes.
    let stored = |sim: &Sim| {
        let lists = [sim.store().list(TICKETS), sim.store().list("/system/callbacks")];
        lists.map(|records| Value::from(records).to_string().replace(&sim.url(), ""))
    };
    let before = stored(&sim);
    drop(sim);
    let sim = restart(|| with_state(&file), 0).await;
    assert_eq!(stored(&sim), before);
    let psa = sim.psa();
    // The server has carried out the request with the lost response. Listing finds the ticket.
    let lost = psa.service().list_tickets().filter(|ticket| ticket.summary().eq("Lost")).all().await.unwrap();
    assert_eq!(lost.len(), 1);
    let next = psa.service().create_ticket(&new("Next")).await.unwrap().id.unwrap();
    assert!(next > lost[0].id.unwrap() && next > deleted);
}

#[tokio::test]
async fn a_create_request_is_retried_until_the_server_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let sim = with_state(&file).start().await.unwrap();
    let port = port(&sim);
    // This client has no open connection yet. If an open connection broke, the outcome would be ambiguous.
    let psa = sim.psa().with(
        CallOptions::new()
            .retry(RetryPolicy::none().max_attempts(2000).backoff(Duration::from_millis(5), Duration::from_millis(5))),
    );
    drop(sim);
    let no_retries = psa.with(CallOptions::new().retry(RetryPolicy::none()));
    let connect_error = async {
        loop {
            // While the server shuts down, it responds or closes the connection.
            match no_retries.service().get_ticket(1).await {
                Err(error) if error.is_connect() => return error,
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(20), connect_error).await.unwrap();
    assert!(
        error.is_retryable() && !error.is_ambiguous() && error.to_string().contains("the request was not sent"),
        "{error}"
    );
    let new = Ticket::new("Patient", 5);
    let (created, sim) = tokio::join!(async { psa.service().create_ticket(&new).await }, async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        restart(|| with_state(&file), port).await
    });
    assert_eq!(
        (created.unwrap().summary.as_deref(), sim.store().count(TICKETS), request_count(&sim, "POST", TICKETS)),
        (Some("Patient"), FEW_TICKETS + 1, 1)
    );
}

#[tokio::test]
async fn minted_keys_are_renewed_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let sim = with_state(&file).start().await.unwrap();
    let port = port(&sim);
    let robot = Psa::builder()
        .host(sim.url())
        .company("demo")
        .integrator("robot", "secret")
        .client_id("x")
        .options(quick_retries())
        .build()
        .unwrap();
    let bob = robot.as_member("bob");
    bob.service().update_ticket(1, &Patch::new().replace("summary", "First")).await.unwrap();
    drop(sim);
    let sim = restart(|| with_state(&file), port).await;
    // The old connection may break once. The client then retries, because an update of one field is repeatable.
    bob.service().update_ticket(1, &Patch::new().replace("summary", "Second")).await.unwrap();
    let ticket = sim.store().get(TICKETS, 1).unwrap();
    assert_eq!((&ticket["summary"], &ticket["_info"]["updatedBy"]), (&Value::from("Second"), &Value::from("bob")));
    assert_eq!(request_count(&sim, "POST", "/system/members/bob/tokens"), 1);
}

#[tokio::test]
async fn a_new_code_base_is_found_by_clients_that_look_it_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let sim = with_state(&file).code_base("v2025_1").start().await.unwrap();
    let port = port(&sim);
    let settings = || {
        Psa::builder().host(sim.url()).company("demo").keys("public", "private").client_id("x").options(quick_retries())
    };
    let (discovering, by_alias) =
        (settings().code_base_discovery(Discovery::Always).build().unwrap(), settings().build().unwrap());
    let pinned = settings().base_url(format!("{}/v2025_1/apis/3.0", sim.url())).build().unwrap();
    for psa in [&discovering, &by_alias, &pinned] {
        psa.service().get_ticket(1).await.unwrap();
    }
    assert!(discovering.base_url().await.unwrap().ends_with("/v2025_1/apis/3.0"));
    drop(sim);
    let sim = restart(|| with_state(&file).code_base("v2026_1"), port).await;
    // The client looks up the code base at most once per minute.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let created = discovering.service().create_ticket(&Ticket::new("New release", 5)).await.unwrap();
    assert_eq!(
        by_alias.service().get_ticket(created.id.unwrap()).await.unwrap().summary.as_deref(),
        Some("New release")
    );
    assert!(discovering.base_url().await.unwrap().ends_with("/v2026_1/apis/3.0"));
    assert_eq!(sim.store().count(TICKETS), FEW_TICKETS + 1);
    let error = pinned.service().get_ticket(1).await.unwrap_err();
    assert!(error.to_string().contains("Check the code base in the base URL"), "{error}");
}
