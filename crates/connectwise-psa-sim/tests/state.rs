//! The state file: records survive the end of the simulator, however it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use connectwise_psa::types::Ticket;
use connectwise_psa::{Error, Method, Patch};
use connectwise_psa_sim::{Fault, Seed, Sim};
use serde_json::{Value, json};

async fn start(path: &Path) -> Result<Sim, Error> {
    let records = json!({
        "/company/companies": [{"id": 5, "identifier": "acme", "name": "Acme"}],
        "/service/boards": [{"id": 1, "name": "Help Desk"}],
        "/service/boards/1/statuses": [{"id": 17, "name": "New", "defaultFlag": true}, {"id": 18, "name": "Closed", "closedStatus": true}],
        "/system/members": [{"id": 3, "identifier": "jdoe"}],
    });
    Sim::builder().seed(Seed::Records(records)).integrator("int", "pw").state(path).start().await
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Returns the lists that are compared before and after a restart.
/// Returns the records of some lists. Their links do not contain the address of the server.
fn compared_lists(sim: &Sim) -> Vec<(&'static str, Vec<Value>)> {
    let lists = [
        "/company/companies",
        "/service/boards/1/statuses",
        "/service/tickets",
        "/service/tickets/1/notes",
        "/project/tickets",
        "/system/audittrail",
    ];
    let without_address = |list| {
        let text = Value::from(sim.store().list(list)).to_string().replace(&sim.url(), "");
        serde_json::from_str(&text).unwrap()
    };
    lists.map(|list| (list, without_address(list))).into()
}

#[tokio::test]
async fn a_new_simulator_continues_from_the_state_of_the_last_one() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    let psa = sim.psa();
    for number in 1..=4 {
        psa.service().create_ticket(&Ticket::new(format!("Ticket {number}"), 5)).await.unwrap();
    }
    // Line breaks in values must not end a line of the file.
    psa.service().update_ticket(2, &Patch::new().replace("summary", "Zweites · 2 \u{2028}\n")).await.unwrap();
    psa.request(Method::Post, "/service/tickets/1/notes")
        .json(&json!({"text": "note", "detailDescriptionFlag": true}))
        .await
        .unwrap();
    psa.request(Method::Post, "/service/tickets/1/merge")
        .json(&json!({"mergeTicketIds": [2], "status": {"id": 18}}))
        .await
        .unwrap();
    // The reference to project 8 is not checked, because the list of projects is empty.
    psa.request(Method::Post, "/service/tickets/3/convert").json(&json!({"project": {"id": 8}})).await.unwrap();
    psa.service().delete_ticket(4).await.unwrap();
    sim.inject(Fault::next(1).on("POST", "/service/tickets").with_lost_response());
    psa.service().create_ticket(&Ticket::new("lost", 5)).await.unwrap_err();
    // `huge` is larger than `i64::MAX`.
    sim.store().insert("/system/plain", json!({"amount": 0.1, "huge": 12345678901234567890_u64, "none": null}));
    let before = compared_lists(&sim);
    // Five tickets were created, the third was converted to a project ticket, and the fourth was deleted. The audit
    // trail has ten entries: one for each of five create requests, an update, a conversion and a deletion, and two for
    // the merge.
    assert_eq!(before.iter().map(|(_, list)| list.len()).collect::<Vec<_>>(), [1, 2, 3, 1, 1, 10]);
    drop(sim);

    let sim = start(&path).await.unwrap();
    assert_eq!(compared_lists(&sim), before);
    assert_eq!(sim.store().get("/system/plain", 1).unwrap()["huge"], json!(12345678901234567890_u64));
    let psa = sim.psa();
    psa.service().delete_ticket(5).await.unwrap();
    drop(sim);
    let sim = start(&path).await.unwrap();
    let next = sim.psa().service().create_ticket(&Ticket::new("next", 5)).await.unwrap();
    assert_eq!(next.id, Some(6), "ids are never reused");
    let gone = sim.psa().request(Method::Get, "/service/tickets/5/notes").await.unwrap_err();
    assert!(gone.is_not_found());
}

#[tokio::test]
async fn the_file_contains_the_seed_and_one_line_per_write_and_an_incomplete_line_is_ignored() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    let lines = || fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let seeded = lines().len();
    // The header, a line for each record, list and id sequence, and the end: the seed has five records in four lists.
    assert_eq!(seeded, 1 + 5 + 4 + 4 + 1);
    let psa = sim.psa();
    for _ in 0..3 {
        psa.service().create_ticket(&Ticket::new("x", 5)).await.unwrap();
    }
    psa.request(Method::Post, "/service/tickets/1/merge").json(&json!({"mergeTicketIds": [2, 3]})).await.unwrap();
    psa.service().list_tickets().page(1).await.unwrap();
    let lines = lines();
    assert_eq!(lines.len(), seeded + 4, "three new tickets and a merge; the GET changes nothing");
    let last = lines.last().unwrap();
    // The checksum and the number of the line precede the changes.
    let merge: Value = serde_json::from_str(last.splitn(3, ' ').nth(2).unwrap()).unwrap();
    let edits: Vec<_> = merge
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| format!("{} {}", edit["put"].as_str().unwrap(), edit["id"]))
        .collect();
    assert_eq!(
        edits,
        [
            "service/tickets 2",
            "system/audittrail 4",
            "service/tickets 3",
            "system/audittrail 5",
            "service/tickets 1",
            "system/audittrail 6"
        ]
    );
    // If the last line is incomplete, the merge is undone. The cuts remove from two bytes, one of them the line break, to
    // all bytes of the line but one.
    drop(sim);
    let text = fs::read_to_string(&path).unwrap();
    for cut in [2, 3, last.len() / 2, last.len()] {
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        let sim = start(&path).await.unwrap();
        let tickets = sim.store().list("/service/tickets");
        assert_eq!(tickets.iter().filter(|ticket| ticket.get("mergedParentTicket").is_some()).count(), 0, "{cut}");
        assert_eq!((tickets.len(), sim.store().count("/system/audittrail")), (3, 3));
        sim.psa().service().create_ticket(&Ticket::new("after", 5)).await.unwrap();
        drop(sim);
        let sim = start(&path).await.unwrap();
        assert_eq!(sim.store().count("/service/tickets"), 4, "{cut}");
    }
}

#[tokio::test]
async fn foreign_files_files_in_use_and_invalid_seeds_are_rejected() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    let error = start(&path).await.unwrap_err().to_string();
    assert!(error.contains("state ") && error.contains("is in use by another server"), "{error}");
    // The first simulator still works. When it has ended, another one can use the file.
    sim.psa().service().list_tickets().page(1).await.unwrap();
    drop(sim);
    drop(start(&path).await.unwrap());
    for (text, expected) in [
        ("[{\"summary\": \"x\"}]", "is not a state file of cwpsa-sim"),
        ("a,b\n1,2\n", "is not a state file of cwpsa-sim"),
        ("{\"program\":\"cwpsa-sim\",\"state\":77}\n[]\n", "has the format version 77"),
        (
            "{\"program\":\"cwpsa-sim\",\"state\":1}\n[]\n",
            "has the format version 1, but this cwpsa-sim reads only version 3",
        ),
    ] {
        let foreign = folder.path().join("foreign");
        fs::write(&foreign, text).unwrap();
        let error = start(&foreign).await.unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("The file was not changed"), "{error}");
        assert_eq!(fs::read_to_string(&foreign).unwrap(), text);
    }
    // An invalid seed leaves no state file. With a state file, the corrected seed would be ignored.
    let unseeded = folder.path().join("unseeded");
    Sim::builder().seed(Seed::Records(json!(1))).state(&unseeded).start().await.unwrap_err();
    assert!(!unseeded.exists());
}

#[tokio::test]
async fn the_file_is_rewritten_when_it_has_grown() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    let psa = sim.psa();
    // All rounds together write 18 MB.
    let (text, mut longest, mut shrunk) = ("x".repeat(300_000), 0, 0);
    for round in 0..60 {
        sim.store().insert("/system/large", json!({"id": 1, "round": round, "text": text}));
        // Waits until the file contains the record: a response is sent after all earlier changes were written.
        psa.service().list_tickets().page(1).await.unwrap();
        let length = fs::metadata(&path).unwrap().len();
        shrunk += u32::from(length < longest);
        longest = longest.max(length);
    }
    assert!(shrunk > 1 && longest < 6_000_000, "{shrunk} {longest}");
    assert!(!folder.path().join("state.new").exists());
    drop(sim);
    // An incomplete new file is ignored.
    fs::write(folder.path().join("state.new"), "{\"program\":").unwrap();
    let sim = start(&path).await.unwrap();
    assert_eq!(sim.store().get("/system/large", 1).unwrap()["round"], 59);
    assert_eq!(sim.store().count("/company/companies"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writes_are_all_stored() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    let seeded = fs::read_to_string(&path).unwrap().lines().count();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let psa = sim.psa();
            tokio::spawn(async move {
                for number in 0..25 {
                    let created =
                        psa.service().create_ticket(&Ticket::new(format!("{writer}-{number}"), 5)).await.unwrap();
                    psa.service()
                        .update_ticket(created.id.unwrap(), &Patch::new().replace("budgetHours", number))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    // There are 400 changes: 200 tickets are created and updated. Each has a line.
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), seeded + 400);
    let before = compared_lists(&sim);
    drop(sim);
    let sim = start(&path).await.unwrap();
    assert_eq!(
        (compared_lists(&sim), sim.store().count("/service/tickets"), sim.store().count("/system/audittrail")),
        (before, 200, 400)
    );
}

#[tokio::test]
async fn minted_keys_and_faults_are_not_stored() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    // Were the fault stored, it would also fail all retries of the request below.
    sim.inject(Fault::next(9).with_status(503));
    drop(sim);
    let sim = start(&path).await.unwrap();
    let builder =
        connectwise_psa::Psa::builder().host(sim.url()).company("demo").integrator("int", "pw").client_id("x");
    let member = builder.build().unwrap().as_member("jdoe");
    assert!(member.service().list_tickets().page(1).await.unwrap().is_empty());
    // Neither `privateKey` nor `PrivateKey`.
    assert!(!fs::read_to_string(&path).unwrap().contains("rivate"));
}

#[cfg(unix)]
#[tokio::test]
async fn symbolic_links_and_permissions_are_preserved() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder();
    let (path, link) = (folder.path().join("state"), folder.path().join("link"));
    drop(start(&path).await.unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&path, &link).unwrap();
    let sim = start(&link).await.unwrap();
    assert!(start(&path).await.unwrap_err().to_string().contains("in use"));
    let text = "x".repeat(3_000_000);
    for _ in 0..4 {
        sim.store().insert("/system/large", json!({"id": 1, "text": text}));
        sim.psa().service().list_tickets().page(1).await.unwrap();
    }
    drop(sim);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        fs::metadata(&path).unwrap().len() < 7_000_000,
        "the file was rewritten, so it has less than the 12 MB inserted"
    );
}

/// Returns a value that is nested this deep.
fn nested(depth: usize) -> Value {
    (1..depth).fold(json!([]), |inner, _| json!([inner]))
}

/// Returns the depth of the deepest array or object.
fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(elements) => elements.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

#[tokio::test]
async fn only_values_that_can_be_read_back_are_stored() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    let psa = sim.psa();
    let ticket = psa.service().create_ticket(&Ticket::new("x", 5)).await.unwrap().id.unwrap();
    let ticket = format!("/service/tickets/{ticket}");
    // The value is in the array of the patch and in an operation. The limit of a body is 64.
    let patch = |value: Value| json!([{"op": "add", "path": "customFields", "value": [{"id": 1, "value": value}]}]);
    psa.request(Method::Patch, &ticket).json(&patch(nested(60))).await.unwrap();
    let create =
        |value: Value| json!({"summary": "x", "company": {"id": 5}, "customFields": [{"id": 1, "value": value}]});
    psa.request(Method::Post, "/service/tickets").json(&create(nested(61))).await.unwrap();
    let single = "/service/knowledgebasesettings";
    for depth in [62, 90, 110, 125, 126, 1000] {
        for (method, path, body) in [
            (Method::Patch, ticket.as_str(), patch(nested(depth))),
            (Method::Post, "/service/tickets", create(nested(depth))),
            (Method::Post, "/service/tickets/search", json!({ "conditions": nested(depth + 2) })),
            (Method::Post, single, json!({ "x": nested(depth + 2) })),
        ] {
            let error = psa.request(method, path).json(&body).await.unwrap_err();
            assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{path} {depth}");
            assert!(error.to_string().contains("is nested more than 64 levels deep"), "{error}");
        }
    }
    assert_eq!(sim.store().count("/service/tickets"), 2);
    // The store rejects nothing: it replaces what is too deep. Both records have the fields in a further level.
    let deep = sim.store().insert("/system/plain", json!({ "value": nested(125) }));
    assert_eq!(depth(&sim.store().get("/system/plain", deep).unwrap()), 96);
    sim.store().update("/system/plain", deep, |record| _ = record.insert("other".to_owned(), nested(300))).unwrap();
    let before = sim.store().list("/system/plain");
    assert_eq!(depth(&before[0]), 96);
    let custom_fields = |sim: &Sim| -> Vec<Value> {
        sim.store().list("/service/tickets").into_iter().map(|ticket| ticket["customFields"].clone()).collect()
    };
    let tickets = custom_fields(&sim);
    drop((psa, sim));
    let sim = start(&path).await.unwrap();
    assert_eq!(sim.state_damage(), None);
    assert_eq!((sim.store().list("/system/plain"), custom_fields(&sim)), (before, tickets));
    // Every response can be parsed, too.
    let read = sim.psa().request(Method::Get, "/service/tickets").await.unwrap().into_json().unwrap();
    assert!(depth(&read) > 60);
    let seed = json!({"/service/boards": [{"id": 1, "name": nested(125)}]});
    let error = Sim::builder().seed(Seed::Records(seed)).start().await.unwrap_err().to_string();
    assert!(error.contains("nested more than 96 levels deep"), "{error}");
}

#[tokio::test]
async fn a_damaged_line_costs_itself() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    for number in 1..=20 {
        sim.psa().service().create_ticket(&Ticket::new(format!("Ticket {number}"), 5)).await.unwrap();
    }
    drop(sim);
    // The line of ticket 7 is damaged in the changes, then one of the snapshot: the file was rewritten.
    for (lost, left) in [("\"put\":\"service/tickets\",\"id\":7,", 19), ("\"put\":\"service/tickets\",\"id\":9,", 18)] {
        let text = fs::read_to_string(&path).unwrap();
        let number = text.lines().position(|line| line.contains(lost)).unwrap();
        let damaged: Vec<_> = text
            .lines()
            .enumerate()
            .map(|(at, line)| if at == number { line.replace("Ticket ", "Zicket ") } else { line.to_owned() })
            .collect();
        let damaged = damaged.join("\n") + "\n";
        fs::write(&path, &damaged).unwrap();
        let sim = start(&path).await.unwrap();
        let found = sim.state_damage().unwrap();
        assert_eq!(found.lines.len(), 1, "{found}");
        assert_eq!(found.lines[0].number, number as u64 + 1, "{found}");
        assert!(found.lines[0].lost.starts_with(&lost[7..].replace("\",\"id\":", " ").replace(',', "")), "{found}");
        assert_eq!(fs::read_to_string(&found.copy).unwrap(), damaged, "a copy of the damaged file is kept");
        assert_eq!(sim.store().count("/service/tickets"), left);
        // The audit trail entry of the first was in the same line.
        assert_eq!(
            sim.psa().service().create_ticket(&Ticket::new("x", 5)).await.unwrap().id.map(|id| id > 20),
            Some(true)
        );
        let last = sim.store().list("/service/tickets").pop().unwrap()["id"].as_i64().unwrap();
        sim.psa().service().delete_ticket(i32::try_from(last).unwrap()).await.unwrap();
        drop(sim);
        assert_eq!(start(&path).await.unwrap().state_damage(), None, "the file is intact again");
    }
}

#[tokio::test]
async fn missing_and_repeated_lines_are_reported() {
    let folder = folder();
    let path = folder.path().join("state");
    let sim = start(&path).await.unwrap();
    for summary in ["first", "second"] {
        sim.psa().service().create_ticket(&Ticket::new(summary, 5)).await.unwrap();
    }
    sim.psa().service().update_ticket(1, &Patch::new().replace("summary", "changed")).await.unwrap();
    drop(sim);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let find = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    let (company, ticket) = (find("\"put\":\"company/companies\""), find("\"summary\":\"first\""));
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();
    for (damaged, number, lost, companies, tickets, summary) in [
        (without(company), company, "missing", 0, 2, "changed"),
        (without(find("\"summary\":\"second\"")), find("\"summary\":\"second\""), "missing", 1, 1, "changed"),
        (format!("{text}{}", lines[ticket]), ticket, "repeated or out of order: service/tickets 1, ", 1, 2, "changed"),
        (text.replacen('\n', "\u{b}", 1), 0, "the header", 1, 2, "changed"),
        (format!("{}{}", "\0".repeat(512), &text[512..]), 0, "the header", 0, 2, "changed"),
    ] {
        fs::write(&path, &damaged).unwrap();
        let sim = start(&path).await.unwrap();
        let found = sim.state_damage().unwrap();
        assert_eq!(found.lines[0].number, number as u64 + 1, "{found}");
        assert!(found.lines[0].lost.starts_with(lost), "{found}");
        assert_eq!(sim.store().count("/company/companies"), companies, "{found}");
        assert_eq!(sim.store().count("/service/tickets"), tickets, "{found}");
        assert_eq!(sim.store().get("/service/tickets", 1).unwrap()["summary"], summary, "{found}");
    }
    // With the line ends of another system, or without the last one, everything is there.
    for whole in [text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
        fs::write(&path, whole).unwrap();
        for _ in 0..2 {
            let sim = start(&path).await.unwrap();
            assert_eq!(sim.state_damage(), None);
            sim.psa().service().update_ticket(2, &Patch::new().replace("summary", "again")).await.unwrap();
            assert_eq!(sim.store().get("/service/tickets", 1).unwrap()["summary"], "changed");
        }
    }
}
