//! `cwpsa call`: several items, rejected requests, dry runs, files.

use std::net::TcpListener;

use connectwise_psa_sim::{Fault, Sim};
use serde_json::{Value, json};

use crate::program::Program;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const NOTES: &str = r#"[{"text":"first","internalAnalysisFlag":true},{"text":"second","internalAnalysisFlag":true},
    {"text":"third","internalAnalysisFlag":true}]"#;

const CREATE_NOTES: [&str; 7] =
    ["call", "service.create_ticket_note", "--param", "parentId=5", "--json", "--input", NOTES];

#[tokio::test(flavor = "multi_thread")]
async fn several_items_have_one_result_each() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let finished = program.run(&CREATE_NOTES);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    let results = json(&finished.stdout);
    for (index, text) in ["first", "second", "third"].into_iter().enumerate() {
        let result = &results[index];
        assert_eq!((&result["index"], &result["status"]), (&index.into(), &201.into()), "{result}");
        assert_eq!(result["result"]["text"], text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_fail_do_not_hide_the_others() {
    let sim = Sim::builder().start().await.unwrap();
    sim.inject(Fault::next(1).on("POST", "/service/tickets/5/notes").after(1).with_status(400));
    let program = Program::of_sim(&sim);
    let finished = program.run(&CREATE_NOTES);
    assert_eq!(finished.code, Some(9), "{finished:?}");
    let results = json(&finished.stdout);
    assert_eq!(
        (&results[0]["status"], &results[1]["status"], &results[2]["status"]),
        (&201.into(), &400.into(), &201.into())
    );
    assert_eq!(results[1]["error"]["kind"], "rejected");
    assert!(finished.stderr.contains("requests: 2 succeeded, 1 failed"), "{finished:?}");

    sim.inject(Fault::next(1).on("POST", "/service/tickets/5/notes").with_status(400));
    let finished = program.run(&[&CREATE_NOTES[..], &["--no-fail"]].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_response_nothing_more_is_sent() {
    let sim = Sim::builder().start().await.unwrap();
    sim.inject(Fault::next(1).on("POST", "/service/tickets/5/notes").after(1).with_lost_response());
    let finished = Program::of_sim(&sim).run(&CREATE_NOTES);
    assert_eq!(finished.code, Some(9), "{finished:?}");
    let results = json(&finished.stdout);
    let error = &results[1]["error"];
    assert_eq!((&error["sent"], &error["mayHaveChanged"]), (&true.into(), &true.into()), "{error}");
    assert_eq!(results[2], json!({ "index": 2, "skipped": true }));
    let notes = sim.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(notes, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_request_can_be_a_value() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let get = ["call", "service.get_ticket", "-p", "id=999999", "--json"];
    let finished = program.run(&get);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(5), ""), "{finished:?}");
    assert_eq!(json(&finished.stderr)["error"]["http"], 404);
    let finished = program.run(&[&get[..], &["--no-fail"]].concat());
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    let value = json(&finished.stdout);
    assert_eq!((&value["status"], &value["body"]["code"]), (&404.into(), &"NotFound".into()), "{value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_needs_a_confirmation() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let created = json(&program.run(&CREATE_NOTES).stdout);
    let id = format!("id={}", created[0]["result"]["id"]);
    let before = sim.requests().len();
    let delete = ["call", "service.delete_ticket_note", "-p", "parentId=5", "-p", &id, "--json"];
    let finished = program.run(&delete);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains("--yes"), "{finished:?}");
    assert_eq!(sim.requests().len(), before);
    let finished = program.run(&[&delete[..], &["--yes"]].concat());
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "[]\n"), "{finished:?}");
}

#[test]
fn a_dry_run_opens_no_connection() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let program = Program::new()
        .with("CW_SITE", &url)
        .with("CW_COMPANY", "acme")
        .with("CW_PUBLIC_KEY", "public-secret")
        .with("CW_PRIVATE_KEY", "private-secret")
        .with("CW_CLIENT_ID", "client-secret");
    let body = r#"{"text":"it's","internalAnalysisFlag":true}"#;
    let note = ["call", "service.create_ticket_note", "-p", "parentId=5", "--input", body, "--dry-run"];
    let list = ["call", "service.list_tickets", "--all", "--dry-run"];
    for arguments in [&note[..], &list, &[&note[..], &["--json"]].concat(), &[&list[..], &["--json"]].concat()] {
        let finished = program.run(arguments);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
        assert!(!finished.stdout.contains("-secret"), "{finished:?}");
        assert!(finished.stdout.contains(&url), "{finished:?}");
    }
    let printed = json(&program.run(&[&note[..], &["--json"]].concat()).stdout);
    assert_eq!((&printed[0]["method"], &printed[0]["body"]), (&"POST".into(), &json(body)), "{printed}");
    assert!(printed[0]["curl"].as_str().unwrap().contains(r"it'\''s"), "{printed}");
    let connection = server.accept();
    assert!(connection.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_and_received() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "some text").unwrap();
    let fields = r#"{"recordType":"Ticket","recordId":5,"title":"A file"}"#;
    let upload = ["call", "system.upload_document", "--file", file.to_str().unwrap(), "--input", fields, "--json"];
    let planned = json(&program.run(&[&upload[..], &["--dry-run"]].concat()).stdout);
    assert!(planned[0]["curl"].as_str().unwrap().contains("--form-string 'recordType=Ticket'"), "{planned}");
    assert!(sim.requests().is_empty());
    let finished = program.run(&upload);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let id = format!("id={}", json(&finished.stdout)[0]["id"]);

    let download = ["call", "system.download_document", "--param", &id];
    let finished = program.run(&download);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    let finished = program.run(&[&download[..], &["--output", "-"]].concat());
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "some text"), "{finished:?}");
    let target = folder.path().join("b.txt");
    let to_file = [&download[..], &["--output", target.to_str().unwrap()]].concat();
    assert_eq!(program.run(&to_file).code, Some(0));
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "some text");
    std::fs::write(&target, "mine").unwrap();
    let finished = program.run(&to_file);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
    assert_eq!(program.run(&[&to_file[..], &["--yes"]].concat()).code, Some(0));
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "some text");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_sent_with_each_item() {
    let sim = Sim::builder().start().await.unwrap();
    let finished = Program::of_sim(&sim).run(&[&CREATE_NOTES[..], &["--header", "x-trace: 7", "--dry-run"]].concat());
    let requests = json(&finished.stdout);
    let traced = |request: &Value| request["headers"]["x-trace"] == "7";
    assert!(requests.as_array().unwrap().len() == 3 && requests.as_array().unwrap().iter().all(traced), "{requests}");
}
