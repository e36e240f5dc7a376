//! Runs the code of the example that uploads files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use connectwise_psa_sim::Sim;

#[allow(dead_code, unreachable_pub, reason = "its main is not called here")]
#[path = "../examples/upload_to_ticket.rs"]
mod upload_to_ticket;

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
