//! Runs the code of the examples against the simulator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../../examples/access_report.rs"]
mod access_report;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../../examples/sync_members.rs"]
mod sync_members;

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
