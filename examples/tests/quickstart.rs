//! Runs the code of the quickstart example against the simulator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa_sim::{Seed, Sim};

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../quickstart.rs"]
mod quickstart;

/// Runs the tour and returns its output. Without `may_write`, the tour treats the simulator as the user's own server.
async fn output(sim: &Sim, may_write: bool) -> String {
    let mut output = String::new();
    let print = |line: String| {
        output.push_str(&line);
        output.push('\n');
    };
    quickstart::tour(&quickstart::client(sim).unwrap(), may_write.then_some(sim), may_write, print).await.unwrap();
    output
}

#[tokio::test]
async fn the_tour_runs_every_step() {
    let sim = Sim::builder().start().await.unwrap();
    let output = output(&sim, true).await;
    for step in 1..=9 {
        assert!(output.contains(&format!("{step}. ")), "{step} is missing in {output}");
    }
    assert!(
        output.contains("/v2025_1/apis/3.0")
            && output.contains("The server responded with 429, then 200.")
            && output.contains("Updated: Ticket "),
        "{output}"
    );
    assert!(
        !output.contains(" 0 tickets are open") && !output.contains(" 0 contacts in total") && output.contains("Next:"),
        "{output}"
    );
    let tickets = sim.store().list("/service/tickets");
    let created = tickets.last().unwrap();
    // The 400 tickets of the demo data and the new one.
    assert_eq!(
        (tickets.len(), created["summary"].as_str(), created["status"]["name"].as_str()),
        (401, Some("Printer extinguished"), Some("New"))
    );
    assert_eq!(sim.store().count(&format!("/service/tickets/{}/notes", created["id"])), 1);
    assert!(output.contains("alarm.txt, 32 bytes"), "{output}");
    assert_eq!(sim.store().list("/system/documents").last().unwrap()["title"], "Alarm");
    // The output fits a screen in width and can be read in a minute.
    assert!(output.lines().all(|line| line.chars().count() <= 130) && output.lines().count() < 60, "{output}");
}

#[tokio::test]
async fn nothing_is_created_unless_the_tour_may_write() {
    let sim = Sim::builder().start().await.unwrap();
    let before = sim.store().list("/service/tickets");
    let output = output(&sim, false).await;
    assert!(
        output.contains("CW_WRITE=yes") && output.contains("POST http://") && output.contains("Printer on fire"),
        "{output}"
    );
    // `private` is the private key.
    assert!(!output.contains("private"), "{output}");
    assert_eq!(sim.store().list("/service/tickets"), before);
    assert!(sim.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn the_tour_ends_at_a_failed_check_and_at_a_server_without_companies() {
    let sim = Sim::builder().seed(Seed::Empty).deny_right("Service Desk > Service Tickets").start().await.unwrap();
    let output = output(&sim, true).await;
    assert!(
        output.contains("Service Desk > Service Tickets")
            && output.contains("Fix the problems above")
            && !output.contains("3. "),
        "{output}"
    );
    let empty = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    assert!(self::output(&empty, true).await.contains("The server has no company, so the tour ends here."));
}
