//! `cwpsa trigger`: a receiver can verify the message with the key of the simulator.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use connectwise_psa::Psa;
use connectwise_psa::webhooks::{Action, SIGNATURE_HEADER, Verifier};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::program::Program;
use crate::target::Target;

type Events = Arc<Mutex<Vec<(Action, i32)>>>;

/// A receiver that verifies messages of the company `acme` with the server that it learns.
async fn receive(
    State((mut site, events)): State<(watch::Receiver<String>, Events)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let site = site.wait_for(|site| !site.is_empty()).await.unwrap().clone();
    let psa = Psa::builder().host(site).company("acme").keys("public", "private").client_id("x").build().unwrap();
    let signature = headers.get(SIGNATURE_HEADER).map(|value| value.to_str().unwrap());
    match Verifier::new(&psa).unwrap().verify(signature, &body).await {
        Ok(message) => {
            let event = message.into_event();
            events.lock().unwrap().push((event.action, event.id));
            StatusCode::NO_CONTENT
        }
        Err(rejection) => rejection.status(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_verifies_the_message() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/psa", listener.local_addr().unwrap());
    let (site, learned) = watch::channel(String::new());
    let events = Events::default();
    let router = Router::new().route("/psa", post(receive)).with_state((learned, Arc::clone(&events)));
    tokio::spawn(async move { axum::serve(listener, router).await });

    // The receiver requests the key while the program waits for its response.
    let program = Program::new();
    for (company, code, status) in [("acme", 0, 204), ("other", 4, 401)] {
        site.send_replace(String::new());
        let running = program.start(&[
            "trigger",
            "ticket.deleted",
            "--id",
            "5",
            "--company",
            company,
            "--port",
            "0",
            "--json",
            "--forward-to",
            &url,
        ]);
        let settings = running.note_with("CW_SITE=");
        assert!(settings.contains(&format!("CW_COMPANY={company} ")), "{settings}");
        let learned = settings.split_whitespace().find_map(|word| word.strip_prefix("CW_SITE=")).unwrap();
        site.send_replace(learned.to_owned());
        let finished = running.wait();
        assert_eq!(finished.code, Some(code), "{finished:?}");
        let result: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(result["status"], status, "{result}");
        assert_eq!(result["simulator"]["company"], company);
        assert_eq!(result["simulator"]["url"], learned);
    }
    assert_eq!(*events.lock().unwrap(), [(Action::Deleted, 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_is_that_of_the_response() {
    let program = Program::new();
    for (status, code) in [(200, 0), (302, 1), (403, 4), (404, 5), (422, 6), (429, 7), (503, 1)] {
        let target = Target::start(status, "body").await;
        let finished = program.run(&["trigger", "ticket", "--port", "0", "--forward-to", &target.url]);
        assert_eq!(finished.code, Some(code), "{finished:?}");
        assert!(finished.stdout.contains(&format!(": {status} ")), "{finished:?}");
        assert!(finished.stdout.ends_with("\n          body\n"), "{finished:?}");
        // One attempt, and no redirect.
        assert_eq!(target.delivered().len(), 1);
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let finished = program.run(&["trigger", "ticket", "--port", "0", "--forward-to", &format!("http://{closed}/")]);
    assert_eq!(finished.code, Some(8), "{finished:?}");
    assert!(finished.stdout.contains("failed: cannot connect"), "{finished:?}");
}

#[test]
fn records_and_events_must_exist() {
    let program = Program::new();
    for (arguments, expected) in [
        (&["trigger", "robot", "--forward-to", "http://h/"][..], "is not a type of webhooks"),
        (&["trigger", "ticket.closed", "--forward-to", "http://h/"], "is not an action"),
        (&["trigger", "ticket"], "--forward-to <URL>"),
        (
            &["trigger", "ticket", "--id", "999999", "--port", "0", "--forward-to", "http://127.0.0.1:9/"],
            "no such ticket",
        ),
    ] {
        let finished = program.run(arguments);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
    }
}
