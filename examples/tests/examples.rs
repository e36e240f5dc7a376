//! Runs the code of the examples against the simulator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../access_report.rs"]
mod access_report;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../alert_to_ticket.rs"]
mod alert_to_ticket;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../custom_fields.rs"]
mod custom_fields;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../sync_members.rs"]
mod sync_members;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../upload_to_ticket.rs"]
mod upload_to_ticket;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../webhook_server.rs"]
mod webhook_server;

use std::sync::{Arc, Mutex};

use connectwise_psa::access::AccessSource;
use connectwise_psa_sim::Sim;

#[tokio::test]
async fn the_access_report_names_the_missing_rights() {
    let sim = access_report::server().await.unwrap();
    let report = access_report::report(&sim.psa()).await.unwrap();
    assert_eq!(report.source(), AccessSource::MySecurity);
    let missing: Vec<_> = report.missing().map(|finding| (finding.entry, finding.permission.as_str())).collect();
    assert_eq!(missing, [("Service Tickets", "Add")]);
    assert!(report.unknown_operations().is_empty());
    let text = report.to_string();
    assert!(text.contains("Service Tickets: Add All (has None)"), "{text}");

    let report = access_report::profile_report(&sim.psa()).await.unwrap();
    let missing: Vec<_> = report.missing().map(|finding| (finding.entry, finding.permission.as_str())).collect();
    assert_eq!(
        missing,
        [
            ("Service Tickets", "Add"),
            ("Time Entry", "Add"),
            ("Time Entry", "Edit"),
            ("Time Entry", "Delete"),
            ("Time Entry", "Inquire")
        ]
    );
}

#[tokio::test]
async fn members_are_synchronised_incrementally() {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    let mut members = sync_members::Members::default();
    let count = sim.store().count("/system/members");
    assert_eq!(members.sync(&psa).await.unwrap().len(), count);
    assert!(members.sync(&psa).await.unwrap().is_empty());
    sync_members::change(&psa).await.unwrap();
    let lines = members.sync(&psa).await.unwrap();
    assert!(lines.len() == 2 && lines[0].starts_with("changed") && lines[1].starts_with("deactivated"), "{lines:?}");
}

#[tokio::test]
async fn alerts_with_one_key_become_one_ticket() {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    let before = sim.store().count("/service/tickets");
    let mut lines = Vec::new();
    for (key, event) in alert_to_ticket::events().unwrap() {
        lines.push(alert_to_ticket::handle(&psa, key, &event).await.unwrap());
    }
    let starts = ["created", "added a note", "created", "closed", "no open ticket", "created"];
    assert!(lines.len() == 6 && lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{lines:?}");
    assert_eq!(sim.store().count("/service/tickets"), before + 3);
    let first = &sim.store().list("/service/tickets")[before];
    assert_eq!((&first["closedFlag"], &first["externalXRef"]), (&true.into(), &"SRV1-disk".into()));
    assert_eq!(sim.store().count(&format!("/service/tickets/{}/notes", first["id"])), 3);
}

#[tokio::test]
async fn custom_fields_are_read_checked_and_changed() {
    let sim = Sim::builder().start().await.unwrap();
    let lines = custom_fields::steps(&sim.psa(), 42).await.unwrap();
    assert!(lines.iter().any(|line| line.starts_with("rejected") && line.contains("offers")), "{lines:?}");
    assert!(lines.iter().any(|line| line == "the distance is Some(12.5)"), "{lines:?}");
    let stored = sim.store().get("/service/tickets", 42).unwrap();
    assert_eq!(stored["customFields"][0]["value"], "Network");
}

#[tokio::test]
async fn a_webhook_is_received_and_handled() {
    let sim = Sim::builder().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("messages.journal");
    let event = webhook_server::receive(&sim.psa(), &journal).await.unwrap();
    assert_eq!((event.id, webhook_server::describe(&event).starts_with("Updated Ticket 42 by ")), (42, true));
    // The message was in the file, and is marked as handled.
    let lines = std::fs::read_to_string(&journal).unwrap();
    assert!(lines.contains(" accepted 1 ") && lines.contains(" done 1 "), "{lines}");
}

#[tokio::test]
async fn a_ticket_gets_a_link_and_a_file_which_is_saved_again() {
    let sim = Sim::builder().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let output = Arc::clone(&lines);
    let print = move |line: String| output.lock().unwrap().push(line);
    upload_to_ticket::upload_and_download(&sim.psa(), folder.path(), print).await.unwrap();
    let output = lines.lock().unwrap().join("\n");
    for line in [
        "link: \"Manual of the router\"",
        "uploaded 100 % of the file",
        "file: 1500000 bytes",
        "document \"Manual of the router\" is a link",
        "document \"Log of the router\" is saved as router (1).log: 1500000 bytes",
    ] {
        assert!(output.contains(line), "{line} is missing in {output}");
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("router.log") == read("router (1).log"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
