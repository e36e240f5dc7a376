//! `cwpsa listen`: messages of a simulator arrive at a local target, and nothing else does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use connectwise_psa::dependencies::reqwest::Client;
use connectwise_psa::webhooks::{Registration, TicketLevel, Verifier};
use connectwise_psa::{Patch, Psa};
use connectwise_psa_sim::fixtures::SignedMessage;
use connectwise_psa_sim::{Fault, Sim};
use serde_json::Value;

use crate::program::{Program, Running};
use crate::target::Target;

/// Returns the URL that the program listens on.
fn listening_url(running: &Running) -> String {
    let line = running.note_with("Listening on ");
    line.split(['\u{20}', ',']).find(|word| word.starts_with("http://")).unwrap().to_owned()
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Sends a message as PSA does. Returns the status.
async fn send(url: &str, message: &SignedMessage) -> u16 {
    send_parts(url, &message.signature, message.body.clone()).await
}

async fn send_parts(url: &str, signature: &str, body: Vec<u8>) -> u16 {
    let request = Client::new().post(url).header("x-content-signature", signature);
    request.body(body).send().await.unwrap().status().as_u16()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_the_simulator_arrives_at_the_target() {
    let target = Target::start(202, "thanks\nfor it").await;
    let program = Program::new();
    let forward_to = format!("{}?a=b", target.url);
    let running =
        program.start(&["listen", "--sim", "--json", "--events", "ticket.updated", "--forward-to", &forward_to]);
    let url = listening_url(&running);
    let settings = running.note_with("CW_SITE=");
    let site = settings.split_whitespace().find_map(|word| word.strip_prefix("CW_SITE=")).unwrap();
    running.note_with("Stop with Ctrl-C");
    let psa = Psa::builder().host(site).company("demo").keys("public", "private").client_id("x").build().unwrap();
    psa.service().update_ticket(5, &Patch::new().replace("summary", "Fire")).await.unwrap();

    let line = json(&running.line());
    assert_eq!(line["event"], "ticket.updated", "{line}");
    assert_eq!(
        (&line["id"], &line["status"], &line["result"]),
        (&5.into(), &202.into(), &"forwarded".into()),
        "{line}"
    );
    assert_eq!(line["body"], "thanks\nfor it");
    let delivered = target.delivered();
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0].query, "a=b&recordId=5&action=updated");
    // The target can verify the message itself.
    let verifier = Verifier::new(&psa).unwrap();
    verifier.verify(Some(&delivered[0].signature), &delivered[0].body).await.unwrap();

    // A forged message, and one that was changed, are not forwarded.
    let mut changed = delivered[0].body.to_vec();
    let at = changed.windows(4).position(|part| part == b"Fire").unwrap();
    changed[at..at + 4].copy_from_slice(b"Rain");
    for (signature, body) in
        [("", delivered[0].body.to_vec()), ("AAAA", delivered[0].body.to_vec()), (&delivered[0].signature, changed)]
    {
        assert_eq!(send_parts(&url, signature, body).await, 401);
        let line = json(&running.line());
        assert_eq!((&line["result"], &line["status"]), (&"rejected".into(), &401.into()), "{line}");
        assert!(line["reason"].as_str().unwrap().contains("signature"), "{line}");
    }
    assert_eq!(target.delivered().len(), 1);

    running.interrupt();
    let finished = running.wait();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    assert!(finished.stderr.contains("Deleted callbacks: 1"), "{finished:?}");
}

/// Returns a port that is free now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts the program with the callbacks of a simulator, below a public URL.
fn start_registered(program: &Program, target: &Target) -> Running {
    let port = free_port().to_string();
    let public_url = format!("http://127.0.0.1:{port}");
    let arguments = ["listen", "--port", &port, "--public-url", &public_url, "--forward-to", &target.url];
    let running = program.start(&[&arguments[..], &["--events", "ticket,company"]].concat());
    running.note_with("Stop with Ctrl-C");
    running
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_callbacks_are_deleted() {
    let sim = Sim::builder().start().await.unwrap();
    let target = Target::start(200, "").await;
    let callbacks = sim.psa().callbacks();
    let other = Registration::tickets(TicketLevel::Owner, "http://127.0.0.1:9/other");
    let other = callbacks.create(&other).await.unwrap();
    let running = start_registered(&Program::of_sim(&sim), &target);
    let registered = callbacks.list().await.unwrap();
    assert_eq!(registered.len(), 3, "{registered:?}");

    sim.trigger("company.deleted", 2).unwrap();
    let line = running.line();
    assert!(line.contains("company.deleted 2 by sim  forwarded: 200 OK"), "{line}");
    running.interrupt();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(callbacks.list().await.unwrap(), [other]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn callbacks_that_remain_are_named() {
    let sim = Sim::builder().start().await.unwrap();
    let target = Target::start(200, "").await;
    let running = start_registered(&Program::of_sim(&sim), &target);
    let ids: Vec<String> =
        sim.psa().callbacks().list().await.unwrap().iter().map(|callback| callback.id.to_string()).collect();
    sim.inject(Fault::next(1_000).on("DELETE", "/system/callbacks").with_status(403));
    running.interrupt();
    let finished = running.wait();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains(&format!("with the ids {}", ids.join(", "))), "{finished:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_during_the_registration_leaves_no_callbacks() {
    let sim = Sim::builder().start().await.unwrap();
    let slow = Fault::next(2).on("POST", "/system/callbacks").with_latency(Duration::from_secs(1));
    sim.inject(slow);
    let port = free_port().to_string();
    let running = Program::of_sim(&sim).start(&[
        "listen",
        "--port",
        &port,
        "--public-url",
        &format!("http://127.0.0.1:{port}"),
        "--forward-to",
        "http://127.0.0.1:9/",
        "--events",
        "ticket,company",
    ]);
    running.note_with("Listening on ");
    running.interrupt();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("Deleted callbacks: 2"), "{finished:?}");
    assert_eq!(sim.psa().callbacks().list().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_nobody_reads_its_output() {
    let sim = Sim::builder().start().await.unwrap();
    let target = Target::start(200, "").await;
    let port = free_port().to_string();
    let public_url = format!("http://127.0.0.1:{port}");
    let program = Program::of_sim(&sim);
    let mut command =
        program.command(&["listen", "--port", &port, "--public-url", &public_url, "--forward-to", &target.url]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut notes = stderr.lines().map(Result::unwrap);
    assert!(notes.any(|line| line.contains("Stop with Ctrl-C")));
    sim.trigger("ticket", 5).unwrap();
    let notes: Vec<String> = notes.collect();
    assert_eq!(notes, ["Deleted callbacks: 15"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(sim.psa().callbacks().list().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down_gets_three_attempts() {
    let sim = Sim::builder().start().await.unwrap();
    let forward_to = format!("http://127.0.0.1:{}/hook", free_port());
    let running = Program::of_sim(&sim).start(&[
        "listen",
        "--no-register",
        "--json",
        "--count",
        "1",
        "--forward-to",
        &forward_to,
    ]);
    let url = listening_url(&running);
    assert_eq!(send(&url, &sim.signed_message("demo", "ticket", 5).unwrap()).await, 200);
    for (number, retry) in [(1, Some(2)), (2, Some(4)), (3, None)] {
        let line = json(&running.line());
        assert_eq!((&line["attempt"], &line["result"]), (&number.into(), &"failed".into()), "{line}");
        assert_eq!(line["retryAfterSeconds"].as_u64(), retry, "{line}");
        assert!(line["error"].as_str().unwrap().contains("cannot connect"), "{line}");
    }
    let finished = running.wait();
    assert_eq!(finished.code, Some(9), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_never_responds_does_not_delay_the_acknowledgement() {
    let sim = Sim::builder().start().await.unwrap();
    // The connection is accepted by the operating system. Nobody reads from it.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let forward_to = format!("http://{}/hook", silent.local_addr().unwrap());
    let running = Program::of_sim(&sim).start(&[
        "listen",
        "--no-register",
        "--json",
        "--timeout",
        "5",
        "--count",
        "1",
        "--forward-to",
        &forward_to,
    ]);
    let url = listening_url(&running);
    let message = sim.signed_message("demo", "ticket", 5).unwrap();
    // Each of them is acknowledged while the target has not responded.
    assert_eq!(send(&url, &message).await, 200);
    assert_eq!(send(&url, &message).await, 200);
    assert_eq!(json(&running.line())["result"], "duplicate");
    // Another company has signed it correctly.
    assert_eq!(send(&url, &sim.signed_message("other", "ticket", 5).unwrap()).await, 401);
    assert_eq!(json(&running.line())["result"], "rejected");
    let line = json(&running.line());
    assert_eq!((&line["result"], &line["error"]), (&"failed".into(), &"no response within 5 s".into()), "{line}");
    assert_eq!(running.wait().code, Some(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_chosen_events_are_forwarded_and_redirects_are_not_followed() {
    let sim = Sim::builder().start().await.unwrap();
    let target = Target::start(302, "elsewhere").await;
    let running = Program::of_sim(&sim).start(&[
        "listen",
        "--no-register",
        "--count",
        "1",
        "--events",
        "ticket.deleted",
        "--forward-to",
        &target.url,
    ]);
    let url = listening_url(&running);
    assert_eq!(send(&url, &sim.signed_message("demo", "ticket.updated", 5).unwrap()).await, 200);
    let line = running.line();
    assert!(line.contains("ticket.updated 5 by sim  not forwarded: not one of --events"), "{line}");
    assert_eq!(send(&format!("{url}/any/path"), &sim.signed_message("demo", "ticket.deleted", 5).unwrap()).await, 200);
    let line = running.line();
    assert!(line.contains("ticket.deleted 5 by sim  failed: 302 Found in "), "{line}");
    assert!(line.ends_with("not repeated"), "{line}");
    assert_eq!(running.line().trim(), "elsewhere");
    assert_eq!(target.delivered().len(), 1);
    assert_eq!(running.wait().code, Some(9));
}

/// Sends the head of a message whose body never arrives.
fn begin_message(address: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n").unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn only_some_messages_are_received_at_once() {
    let sim = Sim::builder().start().await.unwrap();
    let target = Target::start(200, "").await;
    let running = Program::of_sim(&sim).start(&["listen", "--no-register", "--forward-to", &target.url]);
    let url = listening_url(&running);
    let message = sim.signed_message("demo", "ticket", 5).unwrap();
    assert_eq!(send(&url, &message).await, 200);

    // The program waits four seconds for the rest of a message. A slow machine may send the next message later than
    // that, so there are several rounds.
    let address = url.trim_start_matches("http://");
    let mut unfinished = Vec::new();
    let mut is_rejected = false;
    for _ in 0..5 {
        unfinished = (0..64).map(|_| begin_message(address)).collect();
        is_rejected = send(&url, &message).await == 429;
        if is_rejected {
            break;
        }
    }
    assert!(is_rejected, "every message is received");
    drop(unfinished);
    let started = Instant::now();
    while send(&url, &message).await != 200 {
        assert!(started.elapsed() < Duration::from_secs(30), "no message is received");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn nothing_starts_with_wrong_arguments() {
    let program = Program::new();
    for (arguments, expected) in [
        (&["--forward-to", "http://h/"][..], "PSA cannot reach this machine without a URL"),
        (&["--forward-to", "ftp://h/", "--sim"], "is not http or https"),
        (&["--forward-to", "http://h/", "--sim", "--events", "robot"], "is not a type of webhooks"),
        (&["--forward-to", "http://h/", "--sim", "--jq", "."], "without --jq"),
        (&["--forward-to", "http://h/", "--sim", "--public-url", "http://h/"], "cannot be used with"),
        (&["--sim"], "--forward-to <URL>"),
    ] {
        let finished = program.run(&[&["listen"], arguments].concat());
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
    }
}
