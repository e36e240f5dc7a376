//! The `cwpsa-sim` program: its options, its output, TLS, and a state file that survives a killed program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

const BASE: &str = "/v4_6_release/apis/3.0";

/// The program, running on a free port. Dropping it kills the program.
struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    url: String,
    client: Client,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut out, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
        out.read_line(&mut line).unwrap();
        let Some(url) = line.strip_prefix("cwpsa-sim listens on ") else {
            let mut error = String::new();
            child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            panic!("{line}{error}");
        };
        Self { child, out, url: url.trim().to_owned(), client: Client::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        request(&self.client, &self.url, method, path)
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Returns the output after the line with the address.
    fn greeting(&mut self) -> String {
        let mut text = String::new();
        // The output ends with the client id, which consists of zeros.
        while !text.ends_with("000000'\n\n") {
            assert!(self.out.read_line(&mut text).unwrap() > 0, "{text}");
        }
        text
    }

    /// Ends the program with a signal, and returns its exit code and its error output.
    fn end(&mut self, signal: &str) -> (Option<i32>, String) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (code, text)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cwpsa-sim"));
    command.args(["--port", "0"]).args(arguments).stdin(Stdio::null());
    command
}

/// Runs the program with invalid arguments.
fn run_rejected(arguments: &[&str]) -> Output {
    let output = program(arguments).output().unwrap();
    assert!(output.stdout.is_empty());
    output
}

fn request(client: &Client, url: &str, method: Method, path: &str) -> RequestBuilder {
    client
        .request(method, format!("{url}{BASE}{path}"))
        .basic_auth("demo+public", Some("private"))
        .header("clientId", "x")
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn seed(folder: &TempDir) -> String {
    let records = json!({"/company/companies": [{"id": 5, "identifier": "acme", "name": "Acme"}], "/service/boards": [{"id": 1, "name": "Help Desk"}]});
    file(folder, "seed.json", &records.to_string())
}

#[cfg(unix)]
#[tokio::test]
async fn it_prints_how_to_connect_serves_requests_and_ends_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let (seed, state) = (seed(&folder), folder.path().join("state").to_str().unwrap().to_owned());
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&["--seed", &seed, "--state", &state, "--integrator", "int:p:w"]);
        let greeting = server.greeting();
        for expected in [
            "public key   public\n",
            "private key  private\n",
            "integrator   int with password p:w\n",
            &format!("state        {state}\n"),
            "curl --user 'demo+public:private' --header 'clientId: 0000",
            &format!(
                "export CW_SITE='{}'\nexport CW_COMPANY='demo'\nexport CW_PUBLIC_KEY='public'\nexport CW_PRIVATE_KEY='private'\nexport CW_CLIENT_ID=",
                server.url
            ),
        ] {
            assert!(greeting.contains(expected), "{expected}: {greeting}");
        }
        let created = server
            .request(Method::POST, "/service/tickets")
            .body(r#"{"summary": "x", "company": {"id": 5}}"#)
            .send()
            .await
            .unwrap();
        assert_eq!(created.status(), 201);
        assert_eq!(server.get("/service/tickets?pageSize=3").await.status(), 200);
        let (code, log) = server.end(signal);
        assert_eq!(code, Some(0), "{log}");
        let lines: Vec<_> = log.lines().collect();
        assert!(
            lines[0].starts_with("POST /v4_6_release/apis/3.0/service/tickets 201 ") && lines[0].ends_with('s'),
            "{log}"
        );
        assert!(
            lines[1].starts_with("GET /v4_6_release/apis/3.0/service/tickets?pageSize=3 200 ") && lines.len() == 2,
            "{log}"
        );
    }
    let mut quiet = Server::start(&["--state", &state, "--quiet"]);
    // Each of the two programs above created a ticket.
    assert_eq!(json_of(quiet.get("/service/tickets/count").await).await, json!({"count": 2}));
    assert_eq!(quiet.end("-TERM"), (Some(0), String::new()));
}

#[test]
fn invalid_values_are_rejected_with_an_explanation() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(&folder, "text.txt", "no json");
    let records = file(&folder, "records.json", r#"{"/service/tickets": {"id": 1}}"#);
    let faults = file(&folder, "faults.json", r#"[{"with": "truncated-body"}, {"with": "cat"}]"#);
    // The exit code is 2 if an argument is invalid by itself, and 1 if the simulator cannot start with it.
    for (code, arguments, expected) in [
        (2, &["--port", "70000"][..], "--port"),
        (2, &["--listen", "localhost"], "--listen"),
        (2, &["--company", "a+b"], "--company"),
        (2, &["--company", ""], "--company"),
        (2, &["--keys", "public"], "--keys"),
        (2, &["--keys", "demo+public:private"], "--keys"),
        (2, &["--keys", "same:same"], "the public and the private key are the same"),
        (2, &["--integrator", ":pw"], "--integrator"),
        (2, &["--seed", "nowhere.json"], "must be demo, empty or a file name"),
        (2, &["--seed", &text], "the file is not valid JSON"),
        (1, &["--seed", &records], "--seed"),
        (2, &["--scale", "0"], "--scale"),
        (2, &["--seed", "empty", "--scale", "2"], "--scale requires --seed demo"),
        (1, &["--seed", "empty", "--state", &text], "--state: "),
        (1, &["--seed", "empty", "--state", "/"], "is a directory"),
        (2, &["--latency", "50"], "--latency"),
        (2, &["--latency", "soon"], "--latency"),
        (2, &["--rate-limit", "0"], "--rate-limit"),
        (2, &["--max-body", "0"], "--max-body"),
        (2, &["--max-body", "5X"], "--max-body"),
        (2, &["--faults", "nowhere.json"], "--faults"),
        (2, &["--faults", &text], "--faults"),
        (2, &["--faults", &faults], r#"entry 2 of the file: "with" is "cat"; it can be {"status": 503}"#),
        (2, &["--code-base", "v2025/1"], "--code-base"),
        (1, &["--deny-right", "Service Tickets"], "Service Desk > Service Tickets"),
        (2, &["--switch", "nothing"], "[possible values: absent-as-null, absent-references-as-empty"),
        (2, &["--host", "psa.test"], "--tls"),
        (2, &["--tls-ca", "ca.pem"], "--tls"),
        (
            1,
            &["--seed", "empty", "--tls", "--tls-ca", "/nowhere/ca.pem"],
            "--tls-ca: /nowhere/ca.pem cannot be written",
        ),
        (
            1,
            &["--seed", "empty", "--tls", "--host", "https://psa.test"],
            "--host: \"https://psa.test\" is neither a host name",
        ),
        (2, &["--nothing"], "--nothing"),
        (2, &["file"], "file"),
    ] {
        let output = run_rejected(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(code) && error.contains(expected),
            "{arguments:?}: {} {error}",
            output.status
        );
        if code == 1 {
            assert!(error.starts_with("error: --") && error.lines().count() == 1, "{error}");
        }
    }
    // The program did not overwrite the file that `--state` named.
    assert_eq!(fs::read_to_string(&text).unwrap(), "no json");
    // A port that is in use.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output =
        Command::new(env!("CARGO_BIN_EXE_cwpsa-sim")).args(["--seed", "empty", "--port", &port]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let expected = format!("error: --port: 127.0.0.1:{port} cannot be bound");
    assert!(output.status.code() == Some(1) && error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn options_for_faults_switches_rights_credentials_and_limits_take_effect() {
    let folder = tempfile::tempdir().unwrap();
    let faults = file(
        &folder,
        "faults.json",
        r#"[{"next": 2, "method": "GET", "path": "/service", "after": 1, "with": {"status": 503}}, {"path": "/sales", "with": {"429": "7s"}}, {"path": "/time", "with": "html"}]"#,
    );
    let server = Server::start(&[
        "--seed",
        &seed(&folder),
        "--faults",
        &faults,
        "--switch",
        "reject-unknown-fields",
        "--switch",
        "optional-client-id",
        "--deny-right",
        "Finance > Agreements (Inquire)",
    ]);
    // The fault applies to two GET requests below `/service`, after the first one.
    let mut statuses = Vec::new();
    for path in ["/service/tickets", "/company/companies", "/service/tickets", "/service/boards", "/service/tickets"] {
        statuses.push(server.get(path).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 503, 503, 200]);
    assert_eq!(server.get("/sales/activities").await.headers()["retry-after"], "7");
    assert!(server.get("/time/entries").await.text().await.unwrap().contains("<html>"));
    assert_eq!(server.get("/service/tickets?fields=nothing").await.status(), 400);
    assert_eq!(server.get("/finance/agreements").await.status(), 403);
    let without_client_id =
        server.client.get(format!("{}{BASE}/service/tickets", server.url)).basic_auth("demo+public", Some("private"));
    assert_eq!(without_client_id.send().await.unwrap().status(), 200);

    let other = Server::start(&[
        "--seed",
        "empty",
        "--company",
        "acme",
        "--keys",
        "a'b:c d",
        "--code-base",
        "v2026_2",
        "--rate-limit",
        "2",
        "--latency",
        "60ms",
    ]);
    let (url, start) = (format!("{}/v2026_2/apis/3.0/service/tickets", other.url), Instant::now());
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = other.client.get(&url).basic_auth("acme+a'b", Some("c d")).header("clientId", "x");
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    // Three times the latency.
    assert!(start.elapsed() >= Duration::from_millis(180));
}

#[tokio::test]
async fn the_largest_upload_is_an_option() {
    for (limit, size, status) in [("2K", 1000, 201), ("2K", 3000, 413), ("1M", 900_000, 201)] {
        let folder = TempDir::new().unwrap();
        let server = Server::start(&["--seed", &seed(&folder), "--max-body", limit]);
        let part = |name: &str, text: &str| format!("--b\r\ncontent-disposition: form-data; {name}\r\n\r\n{text}\r\n");
        let fields = [part("name=\"recordType\"", "Company"), part("name=\"recordId\"", "5")].concat();
        let file = part("name=\"file\"; filename=\"a.txt\"", &"x".repeat(size));
        let body = format!("{fields}{file}--b--\r\n");
        let request = server.request(Method::POST, "/system/documents");
        let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{limit} {size}: {}", response.text().await.unwrap());
    }
}

#[tokio::test]
async fn the_switches_match_the_documentation_and_can_be_combined() {
    let help = Command::new(env!("CARGO_BIN_EXE_cwpsa-sim")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let names: Vec<_> = help
        .split("--switch")
        .nth(1)
        .unwrap()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    let document = include_str!("../../../docs/simulator.md");
    let section = document.split("## Switches").nth(1).unwrap().split("\n## ").next().unwrap();
    let documented: Vec<_> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name).collect();
    assert_eq!(names, documented);
    let folder = tempfile::tempdir().unwrap();
    let seed = seed(&folder);
    let mut arguments = vec!["--seed", &seed];
    for name in names.into_iter().filter(|name| *name != "require-tls") {
        arguments.extend(["--switch", name]);
    }
    let server = Server::start(&arguments);
    // `absent-references-as-empty`.
    assert_eq!(json_of(server.get("/company/companies/5").await).await["site"], json!({}));
    // `ignore-reference-patches`.
    let patch = server
        .request(Method::PATCH, "/company/companies/5")
        .body(r#"[{"op": "replace", "path": "market/name", "value": "x"}]"#);
    assert_eq!(patch.send().await.unwrap().status(), 200);
    // `public-system-info`.
    assert_eq!(server.client.get(format!("{}{BASE}/system/info", server.url)).send().await.unwrap().status(), 200);
    // `invalid-credentials-404`.
    let wrong =
        server.client.get(format!("{}{BASE}/service/tickets", server.url)).basic_auth("demo+public", Some("wrong"));
    assert_eq!(wrong.send().await.unwrap().status(), 404);
    let plain = Server::start(&["--seed", "empty", "--switch", "require-tls"]);
    assert_eq!(plain.get("/service/tickets").await.status(), 403);
}

#[tokio::test]
async fn only_clients_that_trust_the_certificate_can_connect() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    let mut server =
        Server::start(&["--seed", "empty", "--tls", "--tls-ca", authority.to_str().unwrap(), "--host", "psa.test"]);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let greeting = server.greeting();
    assert!(greeting.contains(&format!("curl --cacert '{}' --user", authority.display())), "{greeting}");
    assert!(greeting.contains("export NODE_EXTRA_CA_CERTS="), "{greeting}");
    let address = server.url.trim_start_matches("https://").parse::<std::net::SocketAddr>().unwrap();
    let pem = fs::read(&authority).unwrap();
    assert!(!String::from_utf8_lossy(&pem).contains("PRIVATE"));
    let trusting = || Client::builder().tls_certs_only([Certificate::from_pem(&pem).unwrap()]);
    let client = trusting().resolve("psa.test", address).resolve("other.test", address).build().unwrap();
    for host in ["127.0.0.1", "localhost", "psa.test"] {
        let url = format!("https://{host}:{}", address.port());
        assert_eq!(
            request(&client, &url, Method::GET, "/service/tickets").send().await.unwrap().status(),
            200,
            "{host}"
        );
    }
    assert!(
        request(&client, &format!("https://other.test:{}", address.port()), Method::GET, "/service/tickets")
            .send()
            .await
            .is_err()
    );
    assert!(
        server.request(Method::GET, "/service/tickets").send().await.is_err(),
        "a client that does not trust the certificate"
    );
    let plain = server.url.replace("https", "http");
    assert!(request(&client, &plain, Method::GET, "/service/tickets").send().await.is_err());
    let info = client.get(format!("{}/login/companyinfo/demo", server.url)).send().await.unwrap();
    assert_eq!(json_of(info).await["SiteUrl"], address.to_string());
}

/// The expected state of a ticket that a writer has created.
#[derive(Clone, Debug, Default)]
struct Expected {
    id: i64,
    /// The `budgetHours` of the last update that was sent, whether it was confirmed or not.
    sent_hours: i64,
    /// The `budgetHours` of the last update that was confirmed, that is, got its response.
    confirmed_hours: i64,
    /// Whether the request that merges the ticket was sent.
    merge_sent: bool,
    merge_confirmed: bool,
    /// The other ticket that the same request merges.
    twin: Option<i64>,
}

type ExpectedTickets = Arc<Mutex<Vec<Expected>>>;

/// The value of a custom field that is nested as deep as a request body may be: the value is in a custom field, in the
/// list of them, in an operation and in the patch.
fn deep_value() -> Value {
    (0..60).fold(json!("x"), |inner, _| json!([inner]))
}

/// Writes until the program no longer responds.
async fn write(client: Client, url: String, tickets: ExpectedTickets) {
    let send = async |method: Method, path: &str, body: Value| -> Option<Value> {
        let response = request(&client, &url, method, path).body(body.to_string()).send().await.ok()?;
        assert!(response.status().is_success(), "{}", response.status());
        serde_json::from_slice(&response.bytes().await.ok()?).ok()
    };
    let create = async || {
        let created =
            send(Method::POST, "/service/tickets", json!({"summary": "x", "company": {"id": 5}, "budgetHours": 0}))
                .await?;
        let ticket = Expected { id: created["id"].as_i64().unwrap(), ..Expected::default() };
        tickets.lock().unwrap().push(ticket.clone());
        Some(ticket.id)
    };
    let change = |id: i64, change: &dyn Fn(&mut Expected)| {
        tickets.lock().unwrap().iter_mut().filter(|ticket| ticket.id == id).for_each(change)
    };
    // Large enough for the file to be rewritten several times.
    let text = "x".repeat(40_000);
    let fields =
        json!([{"id": 1, "caption": "deep", "value": deep_value()}, {"id": 2, "caption": "long", "value": text}]);
    let work = async || -> Option<()> {
        loop {
            let ids = [create().await?, create().await?, create().await?];
            for hours in 1..=3 {
                change(ids[0], &|ticket| ticket.sent_hours = hours);
                let patch = json!([{"op": "replace", "path": "budgetHours", "value": hours}, {"op": "replace", "path": "customFields", "value": fields}]);
                send(Method::PATCH, &format!("/service/tickets/{}", ids[0]), patch).await?;
                change(ids[0], &|ticket| ticket.confirmed_hours = hours);
            }
            for (id, twin) in [(ids[1], ids[2]), (ids[2], ids[1])] {
                change(id, &|ticket| (ticket.merge_sent, ticket.twin) = (true, Some(twin)));
            }
            send(
                Method::POST,
                &format!("/service/tickets/{}/merge", ids[0]),
                json!({"mergeTicketIds": [ids[1], ids[2]]}),
            )
            .await?;
            for id in [ids[1], ids[2]] {
                change(id, &|ticket| ticket.merge_confirmed = true);
            }
        }
    };
    work().await;
}

/// Compares the stored tickets with the expected ones. Returns the number of confirmed changes.
fn check(tickets: &[Expected], records: &Value, audited: impl Fn(i64) -> usize) -> i64 {
    let stored = |id: i64| records.as_array().unwrap().iter().find(|record| record["id"] == id);
    let is_merged = |id: i64| stored(id).unwrap().get("mergedParentTicket").is_some();
    let mut confirmed = 0;
    for ticket in tickets {
        let record = stored(ticket.id).unwrap_or_else(|| panic!("{ticket:?} was confirmed, but is lost"));
        #[allow(clippy::cast_possible_truncation, reason = "small whole numbers")]
        let hours = record["budgetHours"].as_f64().unwrap() as i64;
        assert!(hours == ticket.confirmed_hours || hours == ticket.sent_hours, "{ticket:?}: {hours}");
        assert!(hours == 0 || record["customFields"][0]["value"] == deep_value(), "{ticket:?}");
        let merged = is_merged(ticket.id);
        assert!((merged || !ticket.merge_confirmed) && (!merged || ticket.merge_sent), "{ticket:?}: {merged}");
        assert!(ticket.twin.is_none_or(|twin| is_merged(twin) == merged), "{ticket:?}: half of a merge");
        // A record and its entries in the audit trail are written together: one for the create request, one for each
        // update (the hours count them), and one for a merge, on both sides.
        let parent = record["hasMergedChildTicketFlag"] == true;
        assert_eq!(
            audited(ticket.id),
            usize::try_from(1 + hours).unwrap() + usize::from(merged) + usize::from(parent),
            "{ticket:?}"
        );
        confirmed += 1 + ticket.confirmed_hours + i64::from(ticket.merge_confirmed);
    }
    confirmed
}

/// Set `CWPSA_SIM_KILLS` to the number of kills; the default keeps the test short.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_changes_survive_a_kill() {
    const WRITERS: usize = 50;
    let rounds: usize = std::env::var("CWPSA_SIM_KILLS").map_or(8, |kills| kills.parse().expect("a number of kills"));
    let folder = tempfile::tempdir().unwrap();
    let (seed, state) = (seed(&folder), folder.path().join("state"));
    let begin = Instant::now();
    let (mut ids, mut confirmed, mut incomplete, mut rewritten, mut interrupted) = (HashSet::new(), 0, 0, 0, 0);
    let mut length = 0;
    let start = || Server::start(&["--seed", &seed, "--state", state.to_str().unwrap(), "--quiet"]);
    let mut server = start();
    for _ in 0..rounds {
        let tickets = ExpectedTickets::default();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| tokio::spawn(write(server.client.clone(), server.url.clone(), Arc::clone(&tickets))))
            .collect();
        let lifetime = 50 + uuid::Uuid::new_v4().as_u128() % 1000;
        tokio::time::sleep(Duration::from_millis(u64::try_from(lifetime).unwrap())).await;
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        incomplete += usize::from(!fs::read(&state).unwrap().ends_with(b"\n"));
        interrupted += usize::from(new_file(&state).exists());
        let now = fs::metadata(&state).unwrap().len();
        rewritten += usize::from(now < length);
        length = now;

        let tickets = tickets.lock().unwrap().clone();
        server = start();
        // A program that is killed very early has confirmed nothing.
        let Some(first) = tickets.iter().map(|ticket| ticket.id).min() else { continue };
        let mut records = Vec::new();
        for page in 1.. {
            let path = format!("/service/tickets?conditions=id%20%3E=%20{first}&pageSize=1000&page={page}");
            let found = json_of(server.get(&path).await).await.as_array().unwrap().clone();
            if found.is_empty() {
                break;
            }
            records.extend(found);
        }
        let records = Value::from(records);
        let mut audited = std::collections::HashMap::new();
        for ticket in &tickets {
            assert!(ids.insert(ticket.id), "{ticket:?}: an id was used twice");
            let path = format!("/system/audittrail?type=Ticket&id={}&pageSize=1000", ticket.id);
            audited.insert(ticket.id, json_of(server.get(&path).await).await.as_array().unwrap().len());
        }
        confirmed += check(&tickets, &records, |id| audited[&id]);
        // Each writer had at most one unconfirmed create request.
        let count = records.as_array().unwrap().iter().filter(|record| record["id"].as_i64().unwrap() >= first).count();
        assert!((tickets.len()..=tickets.len() + WRITERS).contains(&count), "{count}");
    }
    println!(
        "{rounds} kills in {:.1?}: {confirmed} confirmed changes stored, {incomplete} incomplete lines, file rewritten in {rewritten} rounds, interrupted while rewriting {interrupted} times",
        begin.elapsed()
    );
    assert!(confirmed > 100, "{confirmed}");
}

/// Returns the path of the file that the program writes before it replaces the state file.
fn new_file(state: &Path) -> std::path::PathBuf {
    state.with_extension("new")
}

/// At the limit of open files, connections are served, others wait, and the program neither uses the CPU nor fills the
/// log.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_limit_of_open_files_does_not_stop_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 60; exec \"$0\" --port 0 --seed empty --quiet", env!("CARGO_BIN_EXE_cwpsa-sim")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("cwpsa-sim listens on ").unwrap().to_owned();
    let server = Server { child, out, url, client: Client::new() };
    assert_eq!(server.get("/service/tickets").await.status(), 200);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let idle: Vec<_> = (0..100).map(|_| std::net::TcpStream::connect(&address).unwrap()).collect();
    // User and system time are the 14th and 15th field, in hundredths of a second.
    let cpu_time = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ').map(|field| field.parse::<u64>().unwrap_or(0));
        fields.skip(11).take(2).sum::<u64>()
    };
    let before = cpu_time();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let used = cpu_time() - before;
    assert!(used < 50, "{used} hundredths of a second in 2 seconds");
    assert_eq!(server.get("/service/tickets").await.status(), 200, "the client's open connection is served");
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains("cannot accept connections") && log.lines().count() < 5, "{log}");
    drop(idle);
    let other = request(&Client::new(), &server.url, Method::GET, "/service/tickets").send();
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), other).await.unwrap().unwrap().status(), 200);
}
