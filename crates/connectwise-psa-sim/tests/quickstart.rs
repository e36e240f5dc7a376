//! The quickstart does what it says: the example's own code, against a simulated server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa_sim::{Seed, Sim};

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../examples/quickstart.rs"]
mod quickstart;

/// What is told about a server, as one text.
async fn told(sim: &Sim, may_write: bool) -> String {
    let mut told = String::new();
    let tell = |line: String| {
        told.push_str(&line);
        told.push('\n');
    };
    quickstart::tour(&quickstart::client(sim).unwrap(), may_write.then_some(sim), may_write, tell).await.unwrap();
    told
}

#[tokio::test]
async fn every_step_is_taken() {
    let sim = Sim::builder().start().await.unwrap();
    let told = told(&sim, true).await;
    for step in 1..=8 {
        assert!(told.contains(&format!("{step}. ")), "{step} is missing in {told}");
    }
    assert!(told.contains("/v2025_1/apis/3.0") && told.contains("the server answered 429, then 200."), "{told}");
    assert!(!told.contains(" 0 are open") && !told.contains(" 0 in all") && told.contains("Next:"), "{told}");
    let tickets = sim.store().list("/service/tickets");
    let created = tickets.last().unwrap();
    assert_eq!(
        (tickets.len(), created["summary"].as_str(), created["status"]["name"].as_str()),
        (401, Some("Printer extinguished"), Some("New"))
    );
    assert_eq!(sim.store().count(&format!("/service/tickets/{}/notes", created["id"])), 1);
    // Nothing is wider than a screen, and a minute is enough to read it.
    assert!(told.lines().all(|line| line.chars().count() <= 130) && told.lines().count() < 60, "{told}");
}

#[tokio::test]
async fn nothing_is_created_where_that_is_not_wanted() {
    let sim = Sim::builder().start().await.unwrap();
    let before = sim.store().list("/service/tickets");
    let told = told(&sim, false).await;
    assert!(
        told.contains("CW_WRITE=yes") && told.contains("POST http://") && told.contains("Printer on fire"),
        "{told}"
    );
    assert!(!told.contains("private"), "{told}");
    assert_eq!(sim.store().list("/service/tickets"), before);
    assert!(sim.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn what_is_wrong_is_said_and_ends_it() {
    let sim = Sim::builder().seed(Seed::Empty).deny_right("Service Desk > Service Tickets").start().await.unwrap();
    let told = told(&sim, true).await;
    assert!(
        told.contains("Service Desk > Service Tickets")
            && told.contains("Mend what is said above")
            && !told.contains("3. "),
        "{told}"
    );
    let empty = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    assert!(self::told(&empty, true).await.contains("There is no company to go on with."));
}
