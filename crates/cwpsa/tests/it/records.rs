//! The everyday commands: names of references, types of values, minimal patches, filters, dry runs, time, and closing.

use std::net::TcpListener;

use connectwise_psa_sim::{Fault, Sim};
use serde_json::{Value, json};

use crate::program::{Finished, Program};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Returns the JSON that a successful run has printed.
fn printed(finished: &Finished) -> Value {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    json(&finished.stdout)
}

/// Returns the number of requests that change something.
fn changes(sim: &Sim) -> usize {
    sim.requests().iter().filter(|request| request.method != "GET").count()
}

/// A server that accepts no connection, and the program with it as its site.
struct Silent {
    server: TcpListener,
    program: Program,
}

impl Silent {
    fn start() -> Self {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let program = Program::new()
            .with("CW_SITE", format!("http://{}", server.local_addr().unwrap()))
            .with("CW_COMPANY", "demo")
            .with("CW_PUBLIC_KEY", "public-secret")
            .with("CW_PRIVATE_KEY", "private-secret")
            .with("CW_CLIENT_ID", "client-secret");
        Self { server, program }
    }

    /// Returns the requests of a dry run.
    fn requests(&self, arguments: &[&str]) -> Value {
        let finished = self.program.run(&[arguments, &["--dry-run", "--json"]].concat());
        assert!(!finished.stdout.contains("-secret"), "{finished:?}");
        printed(&finished)
    }

    fn assert_no_connection(&self) {
        let connection = self.server.accept();
        assert!(connection.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_become_ids_within_the_scope_of_the_record() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let create = ["tickets", "create", "--set", "summary=x", "--set", "company=quillbrook dental", "--json"];
    // Each board has statuses of its own with the same names.
    for (board, status) in [("Help Desk", 1), ("Monitoring", 9)] {
        let board = format!("board={board}");
        let names = ["--set", "status=new", "--set", &board, "--set", "owner=ANN", "--set", "contact=Dilan Lindelow"];
        let ticket = printed(&program.run(&[&create[..], &names].concat()));
        assert_eq!(ticket["status"]["id"], status, "{ticket}");
        // Another company has a contact with this name.
        assert_eq!((&ticket["company"]["id"], &ticket["contact"]["id"]), (&2.into(), &8.into()), "{ticket}");
        assert_eq!(ticket["owner"]["identifier"], "ann", "{ticket}");
        // The board of the ticket is read, because it is not among the arguments.
        let update = program.run(&["tickets", "update", &ticket["id"].to_string(), "--set", "status=Closed", "--json"]);
        assert_eq!(printed(&update)["status"]["id"], status + 6);
    }
    // The status is one of the board that the ticket moves to.
    let moved = ["tickets", "update", "72", "--set", "status=New", "--set", "board=Monitoring", "--json"];
    assert_eq!(printed(&program.run(&moved))["status"]["id"], 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_those_of_the_company_of_their_role() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    // Two companies have a contact with this name.
    for (company, contact) in [(2, 8), (23, 108)] {
        let id = company.to_string();
        let update = ["companies", "update", &id, "--set", "defaultContact=Dilan Lindelow", "--json"];
        assert_eq!(printed(&program.run(&update))["defaultContact"]["id"], contact);
        let bill_to = format!("billToCompany={id}");
        let update = ["opportunities", "update", "1", "--set", &bill_to, "--set", "billToContact=dilan lindelow"];
        let opportunity = printed(&program.run(&[&update[..], &["--json"]].concat()));
        assert_eq!(opportunity["billToContact"]["id"], contact, "{opportunity}");
    }
    let before = changes(&sim);
    let other = program.run(&["companies", "update", "5", "--set", "defaultContact=Dilan Lindelow"]);
    assert_eq!((other.code, other.stdout.as_str()), (Some(2), ""), "{other:?}");
    let new = ["companies", "create", "--set", "name=A", "--set", "identifier=A", "--set", "defaultContact=Ann Lee"];
    let new = program.run(&new);
    assert!(new.code == Some(2) && new.stderr.contains("create the company first"), "{new:?}");
    assert_eq!(changes(&sim), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_not_clear_change_nothing() {
    let sim = Sim::builder().start().await.unwrap();
    for inactive in [false, true] {
        let record = json!({ "name": "Acme", "identifier": format!("Acme{inactive}"), "deletedFlag": false });
        sim.store().insert("/company/companies", record);
    }
    let program = Program::of_sim(&sim);
    let create = ["tickets", "create", "--set", "summary=x"];
    let update = ["tickets", "update", "72"];
    for (command, set, expected) in [
        (&create[..], "company=acme", &["2 records have the name \"acme\"", "Acmefalse", "Acmetrue"][..]),
        (&create, "company=Quillbrok Dental", &["no record has the name", "2  QuillbrookDent, Quillbrook Dental"]),
        (&create, "status=New", &["the record has no board", "set the board too"]),
        (&update, "status=Nw", &["no record has the name", "there are:", "1  New"]),
        (&update, "owner=carl", &["similar are:", "carla"]),
        (&update, "company/identifier=", &["set the id, the identifier or the name"]),
    ] {
        let arguments = [command, &["--set", set]].concat();
        let finished = program.run(&arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
        for expected in expected {
            assert!(finished.stderr.contains(expected), "{set}: {}", finished.stderr);
        }
        let finished = program.run(&[&arguments[..], &["--json"]].concat());
        let error = json(&finished.stderr);
        assert_eq!((finished.code, &error["error"]["kind"]), (Some(2), &"usage".into()), "{error}");
    }
    assert_eq!(changes(&sim), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_only_the_fields_that_are_set() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let before = sim.store().get("/company/companies", 5).unwrap();
    let update = ["companies", "update", "5", "--set", "website=https://x.example", "--set", "faxNumber=", "--json"];
    printed(&program.run(&update));
    let after = sim.store().get("/company/companies", 5).unwrap();
    assert_eq!(after["website"], "https://x.example");
    let differs = |name: &&String| before.get(name.as_str()) != after.get(name.as_str());
    let changed: Vec<&String> = after.as_object().unwrap().keys().filter(differs).collect();
    let allowed = ["website", "faxNumber", "_info"];
    assert!(changed.iter().all(|name| allowed.contains(&name.as_str())), "{changed:?}");
    assert_eq!(sim.requests().len(), 1, "nothing is read for an update without names");
}

#[test]
fn dry_runs_with_ids_open_no_connection() {
    let silent = Silent::start();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "line 1\nline \"2\"").unwrap();
    let summary = format!("summary=@{}", file.path().display());
    let requests = silent.requests(&[
        "tickets",
        "update",
        "72",
        "73",
        "--set",
        "status=4",
        "--set",
        "board/name=Help Desk",
        "--set",
        &summary,
        "--set",
        "requiredDate=2026-01-31",
        "--set",
        "customerUpdatedFlag=no",
        "--set",
        "contact=",
        "--set",
        "siteName=",
        "--set",
        "budgetHours=12345678901234567.10",
    ]);
    let patch = json!([
        {"op": "replace", "path": "board", "value": {"name": "Help Desk"}},
        {"op": "replace", "path": "budgetHours", "value": 0},
        {"op": "remove", "path": "contact"},
        {"op": "replace", "path": "customerUpdatedFlag", "value": false},
        {"op": "replace", "path": "requiredDate", "value": "2026-01-31T00:00:00Z"},
        {"op": "replace", "path": "siteName", "value": ""},
        {"op": "replace", "path": "status", "value": {"id": 4}},
        {"op": "replace", "path": "summary", "value": "line 1\nline \"2\""},
    ]);
    for (index, id) in ["72", "73"].into_iter().enumerate() {
        let mut request = requests[index].clone();
        assert!(request["curl"].as_str().unwrap().contains("12345678901234567.10"), "{request}");
        request["body"][1]["value"] = 0.into();
        assert_eq!((&request["method"], &request["body"]), (&"PATCH".into(), &patch), "{request}");
        assert!(request["url"].as_str().unwrap().ends_with(&format!("/service/tickets/{id}")), "{request}");
    }

    let create = ["companies", "create", "-i", r#"[{"name":"A","identifier":"A"},{"name":"B","identifier":"B"}]"#];
    let requests = silent.requests(&[&create[..], &["--set", "market=3", "--set", "website="]].concat());
    assert_eq!(requests[1]["body"], json!({"name": "B", "identifier": "B", "market": {"id": 3}}), "{requests}");

    for arguments in [
        &["tickets", "list", "--board", "Help Desk"][..],
        &["tickets", "get", "5"],
        &["contacts", "get", "5", "6"],
        &["tickets", "note", "5", "text"],
    ] {
        assert_eq!(silent.requests(arguments).as_array().unwrap().len(), 1);
    }
    let named = silent.program.run(&["tickets", "update", "5", "--set", "status=New", "--dry-run"]);
    assert_eq!((named.code, named.stdout.as_str()), (Some(2), ""), "{named:?}");
    assert!(named.stderr.contains("a dry run sends nothing"), "{named:?}");
    silent.assert_no_connection();
}

#[test]
fn wrong_values_are_found_before_anything_is_sent() {
    let silent = Silent::start();
    for (set, expected) in [
        ("sumary=x", "did you mean summary?"),
        ("budgetHours=1,5", "is not a number"),
        ("requiredDate=31.1.2026", "is not a date"),
        ("customerUpdatedFlag=perhaps", "is not true or false"),
        ("summary/id=5", "is not a reference"),
        ("summary=@/no/such/file", "write @@ for a text that starts with @"),
    ] {
        let finished = silent.program.run(&["tickets", "update", "72", "--set", set]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
        assert!(finished.stderr.contains(expected), "{set}: {}", finished.stderr);
    }
    for arguments in [
        &["tickets", "update", "72"][..],
        &["tickets", "update", "0", "--set", "summary=x"],
        &["tickets", "create"],
        &["tickets", "create", "--input", "{"],
        &["tickets", "create", "--input", "5"],
        &["tickets", "note", "72", " "],
        &["tickets", "note", "72", "@/no/such/file"],
        &["tickets", "list", "--conditions", "summary = "],
        &["time", "create", "--ticket", "72", "--hours", "25h"],
    ] {
        let finished = silent.program.run(arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{arguments:?}: {finished:?}");
    }
    silent.assert_no_connection();
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_names_with_quotes() {
    let sim = Sim::builder().start().await.unwrap();
    for name in ["Joe's Bar", r#"The "Old" Mill"#] {
        sim.store().insert("/company/companies", json!({ "name": name, "identifier": "x" }));
    }
    let program = Program::of_sim(&sim);
    for (name, expected) in [
        ("Joe's Bar", 1),
        (r#"The "Old" Mill"#, 1),
        (r#"The "Old"*"#, 1),
        (r#"x" or id>0 or name=""#, 0),
        ("' or id>0 or name='", 0),
    ] {
        let finished = program.run(&["companies", "list", "--name", name, "--json"]);
        assert_eq!(printed(&finished).as_array().unwrap().len(), expected, "{name}");
    }
    let before = sim.requests().len();
    let finished = program.run(&["companies", "list", "--name", r#"Joe's "Bar""#]);
    assert_eq!((finished.code, sim.requests().len()), (Some(2), before), "{finished:?}");
    assert!(finished.stderr.contains("both single and double quotes"), "{finished:?}");
    // The filters and the conditions apply together, whatever is in the conditions.
    let list = ["tickets", "list", "--board", "Help Desk", "--conditions", "id=1 or id=2", "--json"];
    assert_eq!(printed(&program.run(&[&list[..], &["--jq", "map(.id)"]].concat())), json!([1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_do_not_exist_are_reported() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let some = program.run(&["tickets", "get", "2", "999999", "1", "--json"]);
    assert_eq!(some.code, Some(9), "{some:?}");
    let ids: Vec<i64> =
        json(&some.stdout).as_array().unwrap().iter().filter_map(|ticket| ticket["id"].as_i64()).collect();
    assert_eq!(ids, [2, 1], "in the order of the arguments");
    assert!(some.stderr.contains("do not exist: 999999"), "{some:?}");
    for ids in [&["999999"][..], &["999998", "999999"]] {
        let none = program.run(&[&["tickets", "get"][..], ids, &["--json"]].concat());
        assert_eq!((none.code, none.stdout.as_str()), (Some(5), ""), "{none:?}");
        assert_eq!(json(&none.stderr)["error"]["kind"], "not_found", "{none:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_records_are_updated_after_a_confirmation() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let update = ["tickets", "update", "72", "73", "--set", "summary=Same", "--json"];
    let finished = program.run(&update);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains("--yes") && changes(&sim) == 0, "{finished:?}");
    sim.inject(Fault::next(1).on("PATCH", "/service/tickets/72").with_status(400));
    let finished = program.run(&[&update[..], &["--yes"]].concat());
    assert_eq!(finished.code, Some(9), "{finished:?}");
    let results = json(&finished.stdout);
    assert_eq!((&results[0]["status"], &results[1]["status"]), (&400.into(), &200.into()), "{results}");
    assert_eq!(results[1]["result"]["summary"], "Same");
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_fields_have_captions_and_types() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let update = ["tickets", "update", "72", "--json", "--set"];
    let value = |ticket: &Value| ticket["customFields"][1]["value"].clone();
    let ticket = printed(&program.run(&[&update[..], &["customField:travel distance=12.5"]].concat()));
    assert_eq!(value(&ticket).as_f64(), Some(12.5), "{ticket}");
    let ticket = printed(&program.run(&[&update[..], &["customField:Travel Distance="]].concat()));
    assert_eq!(value(&ticket), Value::Null, "{ticket}");
    let before = changes(&sim);
    for (set, expected) in
        [("customField:Travel Distance=far", "is not a number"), ("customField:Distance=1", "there is no custom field")]
    {
        let finished = program.run(&[&update[..], &[set]].concat());
        assert!(finished.code == Some(2) && finished.stderr.contains(expected), "{finished:?}");
    }
    let twice = ["customField:Travel Distance=1", "--set", "customField:travel distance=2"];
    let finished = program.run(&[&update[..], &twice].concat());
    assert!(finished.code == Some(2) && finished.stderr.contains("is set twice"), "{finished:?}");
    assert_eq!(changes(&sim), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_ends_now_or_starts_as_given() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let create = ["time", "create", "--ticket", "72", "--hours", "1h30m", "--notes", "Fixed", "--json"];
    let entry = printed(&program.run(&[&create[..], &["--set", "member=ann"]].concat()));
    assert_eq!(
        (&entry["chargeToId"], &entry["chargeToType"], &entry["notes"]),
        (&72.into(), &"ServiceTicket".into(), &"Fixed".into())
    );
    assert_eq!((entry["actualHours"].as_f64(), &entry["member"]["identifier"]), (Some(1.5), &"ann".into()), "{entry}");
    let input = r#"{"timeStart":"2026-07-01T08:00:00Z"}"#;
    for start in [&["--set", "timeStart=2026-07-01 08:00"][..], &["--input", input]] {
        let requests = printed(&program.run(&[&create[..], start, &["--dry-run"]].concat()));
        assert_eq!(requests[0]["body"]["timeStart"], "2026-07-01T08:00:00Z", "{requests}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_can_be_a_file_or_start_with_an_at_sign() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from a file").unwrap();
    let path = format!("@{}", file.path().display());
    for (text, options, expected) in [
        (path.as_str(), &[][..], ("from a file", "detailDescriptionFlag")),
        ("@@ann please look", &["--internal"], ("@ann please look", "internalAnalysisFlag")),
        ("it's \"done\"", &["--resolution"], ("it's \"done\"", "resolutionFlag")),
    ] {
        let note = printed(&program.run(&[&["tickets", "note", "72", text, "--json"][..], options].concat()));
        assert_eq!((&note["text"], &note[expected.1]), (&expected.0.into(), &true.into()), "{note}");
    }
    let finished = program.run(&["tickets", "note", "999999", "text"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(5), ""), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_closed_with_a_note_and_time() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    for (status, expected) in [(&[][..], "several closed statuses: Closed (7)"), (&["--status", "New"], "not a closed")]
    {
        let finished = program.run(&[&["tickets", "close", "72"][..], status].concat());
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
        assert_eq!(finished.stderr.matches("nothing was changed").count(), 1, "{finished:?}");
    }
    assert_eq!(changes(&sim), 0);
    let close = ["tickets", "close", "72", "--status", "Closed", "--json"];
    let closed = printed(&program.run(&[&close[..], &["--note", "Replaced", "--time", "30m"]].concat()));
    assert_eq!(sim.store().get("/service/tickets", 72).unwrap()["status"]["name"], "Closed");
    let entry = sim.store().get("/time/entries", closed["timeEntryId"].as_i64().unwrap()).unwrap();
    assert_eq!((&entry["chargeToId"], entry["actualHours"].as_f64()), (&72.into(), Some(0.5)), "{entry}");
    assert!(closed["noteId"].is_i64(), "{closed}");
    let before = changes(&sim);
    assert_eq!(printed(&program.run(&close))["wasClosed"], true);
    let csv = program.run(&["tickets", "close", "72", "--status", "Closed", "--csv"]);
    assert!(csv.code == Some(0) && csv.stdout.contains("72"), "{csv:?}");
    assert_eq!(changes(&sim), before);
    assert_eq!(program.run(&["tickets", "close", "999999"]).code, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_close_says_what_was_done() {
    let sim = Sim::builder().start().await.unwrap();
    sim.inject(Fault::next(1).on("PATCH", "/service/tickets/72").with_status(400));
    let close = ["tickets", "close", "72", "--status", "Closed", "--time", "30m", "--json"];
    let finished = Program::of_sim(&sim).run(&close);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(6), ""), "{finished:?}");
    let error = json(&finished.stderr);
    let next_step = error["error"]["nextStep"].as_str().unwrap();
    assert!(next_step.contains("time entry") && next_step.contains("was added"), "{error}");
}

#[test]
fn a_field_is_set_once() {
    let program = Program::new();
    for arguments in [
        &["--sim", "tickets", "update", "35", "--set", "summary=a", "--input", r#"{"Summary":"b"}"#, "--dry-run"][..],
        &["--sim", "tickets", "create", "--set", "company=2", "--input", r#"{"summary":"b","company":3}"#, "--dry-run"],
        &["--sim", "tickets", "update", "35", "35", "--set", "summary=a", "--dry-run"],
        &["--sim", "tickets", "update", "35", "--set", "id=36", "--dry-run"],
        &["--sim", "call", "service.delete_ticket", "-p", "id=35", "-p", "ID=36", "--dry-run"],
        &["--sim", "call", "service.list_tickets", "-p", "page=2", "--all", "--dry-run"],
        &["--sim", "call", "service.list_tickets", "--file", "photo.png", "--dry-run"],
    ] {
        let finished = program.run(arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{arguments:?}: {finished:?}");
    }
}
