//! `cwpsa diff` and `cwpsa apply`: files of records, confirmation, minimal changes, conflicts, and failures.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use connectwise_psa_sim::{Fault, Sim};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::program::{Finished, Program};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A file with some text.
struct Records(NamedTempFile);

impl Records {
    fn new(text: impl ToString) -> Self {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text.to_string()).unwrap();
        Self(file)
    }

    /// Runs a command with the file.
    fn run(&self, program: &Program, command: &str, options: &[&str]) -> Finished {
        program.run(&[&[command, self.0.path().to_str().unwrap()], options].concat())
    }
}

/// Returns the number of requests that change something.
fn changes(sim: &Sim) -> usize {
    sim.requests().iter().filter(|request| request.method != "GET").count()
}

fn ticket(fields: &Value) -> Value {
    json!({ "type": "tickets", "id": 72, "fields": fields })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_shown_and_nothing_is_changed() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let before = sim.store().get("/service/tickets", 72).unwrap();
    let file = Records::new(ticket(&json!({ "summary": before["summary"], "status": "New", "board": "help desk" })));
    let shown = file.run(&program, "diff", &["--json"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let difference = &json(&shown.stdout)[0];
    assert_eq!(difference["patch"], json!([{ "op": "replace", "path": "status", "value": { "id": 1 } }]));
    assert_eq!(difference["changes"][0]["to"], json!({ "id": 1, "name": "New" }), "{difference}");
    assert_eq!(file.run(&program, "diff", &["--exit-code", "--json"]).code, Some(10));
    let same = Records::new(ticket(&json!({ "summary": before["summary"] })));
    let shown = same.run(&program, "diff", &["--exit-code", "--json"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), "[]\n"), "{shown:?}");
    assert_eq!((changes(&sim), sim.store().get("/service/tickets", 72)), (0, Some(before)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_applied_once() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let company = json!({ "type": "companies", "id": 5, "fields": { "website": "https://x.example" } });
    let fields = json!({
        "summary": "From the file", "requiredDate": "2026-12-24", "contact": null,
        "customFields": { "Travel Distance": "12.5" }
    });
    let file = Records::new(format!("{}\n{company}", ticket(&fields)));
    let before = sim.store().get("/service/tickets", 72).unwrap();

    let finished = file.run(&program, "apply", &["--json"]);
    assert_eq!((finished.code, finished.stdout.as_str(), changes(&sim)), (Some(2), "", 0), "{finished:?}");
    assert!(
        finished.stderr.contains("--yes") && finished.stderr.contains("differences in 2 of 2 records"),
        "{finished:?}"
    );

    let finished = file.run(&program, "apply", &["--yes", "--json"]);
    assert_eq!((finished.code, changes(&sim)), (Some(0), 2), "{finished:?}");
    let results = json(&finished.stdout);
    assert_eq!((&results[0]["result"]["id"], &results[1]["result"]["id"]), (&72.into(), &5.into()), "{results}");
    let after = sim.store().get("/service/tickets", 72).unwrap();
    assert_eq!((&after["summary"], &after["requiredDate"]), (&fields["summary"], &"2026-12-24T00:00:00Z".into()));
    assert!(after.get("contact").is_none_or(Value::is_null), "{after}");
    assert_eq!(after["customFields"][1]["value"].as_f64(), Some(12.5), "{after}");
    for name in ["board", "status", "company", "owner", "priority", "budgetHours"] {
        assert_eq!(before[name], after[name], "{name}");
    }

    let finished = file.run(&program, "apply", &["--json"]);
    assert_eq!((finished.code, finished.stdout.as_str(), changes(&sim)), (Some(0), "[]\n", 2), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_without_an_id_are_created_only_on_request() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let fields = json!({ "summary": "New here", "board": "Monitoring", "status": "New", "company": "QuillbrookDent" });
    let file = Records::new(json!([{ "type": "ticket", "fields": fields }]));
    let finished = file.run(&program, "apply", &["--yes", "--json"]);
    assert_eq!((finished.code, sim.requests().len()), (Some(2), 0), "{finished:?}");
    assert!(finished.stderr.contains("--create"), "{finished:?}");
    let finished = file.run(&program, "apply", &["--yes", "--json", "--create"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let ticket = &json(&finished.stdout)[0]["result"];
    assert_eq!((&ticket["status"]["id"], &ticket["company"]["id"]), (&9.into(), &2.into()), "{ticket}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_updated_in_between_is_not_changed() {
    static STORE: OnceLock<connectwise_psa_sim::Store> = OnceLock::new();
    static READS: AtomicUsize = AtomicUsize::new(0);
    let update = |request: &connectwise_psa_sim::RecordedRequest| {
        let is_first = request.path.ends_with("/service/tickets/72") && READS.fetch_add(1, Ordering::SeqCst) == 0;
        if let (true, Some(store)) = (is_first, STORE.get()) {
            store.update("/service/tickets", 72, |ticket| {
                ticket.insert("summary".to_owned(), "From somebody else".into());
                ticket["_info"]["lastUpdated"] = "2026-08-01T00:00:00Z".into();
            });
        }
    };
    let sim = Sim::builder().on_request(update).start().await.unwrap();
    assert!(STORE.set(sim.store()).is_ok());
    let file = Records::new(ticket(&json!({ "summary": "From the file" })));
    let finished = file.run(&Program::of_sim(&sim), "apply", &["--yes", "--json"]);
    assert_eq!((finished.code, changes(&sim)), (Some(1), 0), "{finished:?}");
    assert!(
        json(&finished.stdout)[0]["error"]["message"].as_str().unwrap().contains("was updated after"),
        "{finished:?}"
    );
    assert_eq!(sim.store().get("/service/tickets", 72).unwrap()["summary"], "From somebody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_change_does_not_hide_the_others() {
    let sim = Sim::builder().start().await.unwrap();
    let records: Vec<Value> = [72, 73, 74]
        .into_iter()
        .map(|id| json!({ "type": "tickets", "id": id, "fields": { "summary": "Same" } }))
        .collect();
    let file = Records::new(Value::from(records));
    sim.inject(Fault::next(1).on("PATCH", "/service/tickets/73").with_status(400));
    let finished = file.run(&Program::of_sim(&sim), "apply", &["--yes", "--json"]);
    assert_eq!(finished.code, Some(9), "{finished:?}");
    let results = json(&finished.stdout);
    let statuses = [&results[0]["status"], &results[1]["status"], &results[2]["status"]];
    assert_eq!(statuses, [200, 400, 200], "{results}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_compared_stops_all_changes() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let right = ticket(&json!({ "summary": "x" }));
    for (wrong, code, expected) in [
        (json!({ "type": "tickets", "id": 999_999, "fields": { "summary": "x" } }), 5, "ticket 999999"),
        (json!({ "type": "tickets", "id": 73, "fields": { "status": "Burnt" } }), 2, "ticket 73: status"),
        (json!({ "type": "tickets", "id": 73, "fields": { "customFields": { "Nope": 1 } } }), 2, "custom field"),
    ] {
        let finished = Records::new(json!([right, wrong])).run(&program, "apply", &["--yes", "--json"]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(code), ""), "{finished:?}");
        assert!(json(&finished.stderr)["error"]["message"].as_str().unwrap().contains(expected), "{finished:?}");
    }
    assert_eq!(changes(&sim), 0);
}

#[test]
fn dry_runs_and_wrong_files_open_no_connection() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let program = Program::new()
        .with("CW_SITE", format!("http://{}", server.local_addr().unwrap()))
        .with("CW_COMPANY", "demo")
        .with("CW_PUBLIC_KEY", "public-secret")
        .with("CW_PRIVATE_KEY", "private-secret")
        .with("CW_CLIENT_ID", "client-secret");
    let file = Records::new(r#"{"type":"tickets","id":72,"fields":{"status":4,"budgetHours":12345678901234567.10}}"#);
    let finished = file.run(&program, "apply", &["--dry-run", "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("12345678901234567.10") && !finished.stdout.contains("-secret"), "{finished:?}");
    let request = &json(&finished.stdout)[0];
    assert_eq!((&request["method"], &request["body"][1]["value"]), (&"PATCH".into(), &json!({ "id": 4 })), "{request}");
    let needs_reading = [
        r#"{"type":"tickets","id":72,"fields":{"status":"New"}}"#,
        r#"{"type":"tickets","id":72,"fields":{"customFields":{"Floor":3}}}"#,
    ];
    let wrong = [
        r#"{"type":"tickets","id":72,"fields":{"sumary":"x"}}"#,
        r#"{"type":"invoices","id":72,"fields":{"summary":"x"}}"#,
        "{",
        "",
    ];
    for (texts, option) in [(&needs_reading[..], "--dry-run"), (&wrong[..], "--dry-run"), (&wrong, "--json")] {
        for text in texts {
            let finished = Records::new(text).run(&program, "apply", &[option, "--yes"]);
            assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{text}: {finished:?}");
        }
    }
    assert_eq!(program.run(&["diff", "/no/such/file"]).code, Some(2));
    let connection = server.accept();
    assert!(connection.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
}
