//! The server under load and attack: other clients are served, and memory is limited.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use connectwise_psa_sim::{Seed, Sim};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const BASE: &str = "/v4_6_release/apis/3.0";

/// The credentials of the API member, and a client id, as lines of a request head.
const CREDENTIALS: &str = "clientId: x\r\nAuthorization: Basic ZGVtbytwdWJsaWM6cHJpdmF0ZQ==\r\n";

/// Starts a simulator with company 5 and 100 tickets.
async fn started() -> Sim {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    sim.store().insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
    for number in 1..=100 {
        let text = format!("{number} ").repeat(10);
        sim.store().insert("/service/tickets", json!({ "summary": text, "company": {"id": 5, "name": "Acme"} }));
    }
    sim
}

fn request(sim: &Sim, method: Method, path: &str) -> RequestBuilder {
    // Another package of the workspace enables gzip in reqwest, which would decompress the responses.
    let client = Client::builder().no_gzip().build().unwrap();
    let request = client.request(method, format!("{}{BASE}{path}", sim.url()));
    request.basic_auth("demo+public", Some("private")).header("clientId", "x")
}

async fn send(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

fn address(sim: &Sim) -> SocketAddr {
    sim.url().rsplit("//").next().unwrap().parse().unwrap()
}

/// Sends a text to the server and returns what it sends until it closes the connection.
async fn exchange(sim: &Sim, text: &str) -> String {
    let mut stream = TcpStream::connect(address(sim)).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    String::from_utf8(response).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_do_not_wait_for_changes() {
    let sim = started().await;
    let store = sim.store();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (begun, begin) = std::sync::mpsc::channel::<()>();
    // This change takes until the end of the test.
    let change = std::thread::spawn(move || {
        store.update("/service/tickets", 1, |ticket| {
            begun.send(()).unwrap();
            wait.recv_timeout(Duration::from_secs(60)).unwrap();
            ticket.insert("summary".to_owned(), json!("changed"));
        })
    });
    begin.recv().unwrap();
    for (method, path, body) in [
        (Method::GET, "/service/tickets/1", Value::Null),
        (Method::GET, "/service/tickets?conditions=id<3", Value::Null),
        (Method::GET, "/service/tickets/count", Value::Null),
        (Method::POST, "/service/tickets/search", json!({"conditions": "id > 2"})),
    ] {
        let response =
            tokio::time::timeout(Duration::from_secs(20), send(request(&sim, method, path).body(body.to_string())));
        assert_eq!(response.await.expect(path).0, 200, "{path}");
    }
    assert_ne!(sim.store().get("/service/tickets", 1).unwrap()["summary"], "changed");
    release.send(()).unwrap();
    change.join().unwrap().unwrap();
    // A read after the change sees it.
    assert_eq!(send(request(&sim, Method::GET, "/service/tickets/1")).await.1["summary"], "changed");
}

#[tokio::test]
async fn long_requests_are_limited_and_other_clients_are_served_meanwhile() {
    let sim = started().await;
    let patterns = |count: usize| {
        let patterns: Vec<_> = (0..count).map(|number| format!("summary like '%1%2%3%{number}%x'")).collect();
        json!({ "conditions": patterns.join(" or ") })
    };
    let operations = |count: usize| json!(vec![json!({"op": "replace", "path": "summary", "value": "x"}); count]);
    let search = |count| request(&sim, Method::POST, "/service/tickets/search").body(patterns(count).to_string());
    let patch = |count| request(&sim, Method::PATCH, "/service/tickets/1").body(operations(count).to_string());
    for (long, expected) in [
        (search(2000), "The condition has 2000 comparisons, but at most 1000 are allowed."),
        (patch(2000), "patchOperations object has more than 1000 operations"),
        (patch(50_000), "The request object has more than 100000 values."),
    ] {
        let (status, error) = send(long).await;
        assert_eq!((status, error["message"].as_str()), (400, Some(expected)));
    }
    assert_eq!(send(patch(1000)).await.0, 200);
    let start = Instant::now();
    let long = tokio::spawn(send(search(1000)));
    let (mut served, mut longest) = (0, Duration::ZERO);
    let get = request(&sim, Method::GET, "/service/tickets/2");
    while !long.is_finished() {
        let start = Instant::now();
        assert_eq!(send(get.try_clone().unwrap()).await.0, 200);
        longest = longest.max(start.elapsed());
        served += 1;
    }
    assert_eq!(long.await.unwrap().0, 200);
    println!("{served} requests in {:.1?}, the longest {longest:.1?}", start.elapsed());
    // The runtime of the test has one thread: a server that searches on it serves nothing meanwhile.
    assert!(served > 3, "{served} requests in {:.1?}, the longest {longest:.1?}", start.elapsed());
}

#[tokio::test]
async fn credentials_are_checked_before_the_body_is_read() {
    const LENGTH: usize = 60_000_000;
    let sim = started().await;
    let wrong = "clientId: x\r\nAuthorization: Basic ZGVtbytwdWJsaWM6d3Jvbmc=\r\n";
    for (credentials, expected, is_read) in [("", 401, false), (wrong, 401, false), (CREDENTIALS, 413, true)] {
        let mut stream = TcpStream::connect(address(&sim)).await.unwrap();
        let head =
            format!("POST {BASE}/service/tickets HTTP/1.1\r\nHost: x\r\n{credentials}Content-Length: {LENGTH}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // Fails when the server closes the connection.
        let mut sent = 0;
        while sent < LENGTH && stream.write_all(&[b' '; 100_000]).await.is_ok() {
            sent += 100_000;
        }
        assert_eq!(sent == LENGTH, is_read, "{sent}");
        assert!(is_read || sent < 20_000_000, "{sent}");
        if is_read {
            // A client that has credentials can read why its body was rejected.
            let mut response = Vec::new();
            stream.read_to_end(&mut response).await.unwrap();
            assert!(response.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&response));
        }
        assert_eq!(sim.requests().last().unwrap().status, Some(expected));
    }
    // A client that sends a short body can read the response, and use the connection for the next request.
    let rejected = format!("POST {BASE}/service/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}");
    let accepted =
        format!("GET {BASE}/service/tickets/1 HTTP/1.1\r\nHost: x\r\n{CREDENTIALS}Connection: close\r\n\r\n");
    let responses = exchange(&sim, &format!("{rejected}{accepted}")).await;
    assert!(responses.starts_with("HTTP/1.1 401 ") && responses.contains("HTTP/1.1 200 "), "{responses}");
}

#[tokio::test]
async fn pipelined_requests_are_served_in_order_and_large_heads_are_rejected() {
    let sim = started().await;
    let get = |id: u32, close: &str| {
        format!("GET {BASE}/service/tickets/{id}?fields=id HTTP/1.1\r\nHost: x\r\n{CREDENTIALS}{close}\r\n")
    };
    let requests: String = (1..=20).map(|id| get(id, "")).chain([get(21, "Connection: close\r\n")]).collect();
    let responses = exchange(&sim, &requests).await;
    let ids: Vec<_> =
        responses.match_indices("{\"id\":").map(|(at, _)| responses[at + 6..].split('}').next().unwrap()).collect();
    assert_eq!(ids, (1..=21).map(|id| id.to_string()).collect::<Vec<_>>());
    let response = exchange(&sim, &get(1, &format!("x: {}\r\n", "y".repeat(300_000)))).await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
}

#[tokio::test]
async fn a_silent_callback_receiver_does_not_delay_others() {
    let sim = started().await;
    // One receiver accepts connections and never responds; the other one responds.
    let (silent, other) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    for receiver in [&silent, &other] {
        let url = format!("http://{}/?recordId=", receiver.local_addr().unwrap());
        let callback = json!({"url": url, "type": "ticket", "level": "owner", "objectId": 1});
        assert_eq!(send(request(&sim, Method::POST, "/system/callbacks").body(callback.to_string())).await.0, 201);
    }
    let connections = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(Ok((stream, _))) = tokio::time::timeout(Duration::from_secs(2), silent.accept()).await {
            connections.push(stream);
        }
        connections.len()
    });
    for id in 1..=40 {
        sim.store().update("/service/tickets", id, |ticket| _ = ticket.insert("summary".to_owned(), json!("new")));
    }
    for _ in 0..40 {
        let accepted = tokio::time::timeout(Duration::from_secs(4), other.accept()).await;
        let (mut stream, _) = accepted.expect("a message arrives before the silent receiver times out").unwrap();
        let mut head = [0; 1];
        stream.read_exact(&mut head).await.unwrap();
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(response).await.unwrap();
    }
    assert_eq!(connections.await.unwrap(), 8, "so many messages are sent to a receiver at the same time");
}

#[tokio::test]
async fn responses_are_compressed_when_the_request_accepts_it() {
    let sim = started().await;
    let get = async |path: &str, accept: &str| {
        let request = request(&sim, Method::GET, path).header("accept-encoding", accept);
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let headers = (header("content-encoding"), header("vary"), header("content-length"));
        (headers, response.bytes().await.unwrap())
    };
    let vary = Some("Accept-Encoding".to_owned());
    let (headers, plain) = get("/service/tickets?pageSize=200", "identity").await;
    assert_eq!(headers, (None, vary.clone(), Some(plain.len().to_string())));
    for accept in ["gzip", "br, gzip;q=0.5"] {
        let (headers, compressed) = get("/service/tickets?pageSize=200", accept).await;
        assert_eq!(headers, (Some("gzip".to_owned()), vary.clone(), Some(compressed.len().to_string())), "{accept}");
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut text).unwrap();
        assert!(text == plain && compressed.len() * 4 < plain.len(), "{} {}", compressed.len(), plain.len());
    }
    let (headers, _) = get("/service/tickets?pageSize=200", "gzip;q=0, *").await;
    assert_eq!(headers.0, None);
    let (headers, _) = get("/service/tickets/1?fields=id", "gzip").await;
    assert_eq!((headers.0, headers.1), (None, None), "a short body");
    let (headers, _) = get("/system/documents/1/thumbnail", "gzip").await;
    assert_eq!(headers.0, None);
}

#[tokio::test]
async fn bundles_and_bulk_operations_are_limited() {
    let sim = started().await;
    let text = "x".repeat(100_000);
    for _ in 0..100 {
        sim.store().insert("/company/companies", json!({ "name": text }));
    }
    let bundle = |resource: &str, count: usize, size: usize| {
        let read = json!({"resourceType": resource, "apiRequest": {"page": {"pageSize": size}}});
        request(&sim, Method::POST, "/system/bundles").body(json!({ "requests": vec![read; count] }).to_string())
    };
    let (status, results) = send(bundle("Ticket", 100, 10)).await;
    assert_eq!((status, results["results"].as_array().unwrap().len()), (200, 100));
    let bulk = |count: usize| {
        let body = json!({ "ids": vec![7; count] });
        request(&sim, Method::DELETE, "/company/configurations/bulk").body(body.to_string())
    };
    assert_eq!(send(bulk(1000)).await.0, 207);
    for (long, expected) in [
        (bundle("Ticket", 101, 10), "bundleRequestsCollection object has more than 100 requests"),
        (bundle("Company", 2, 1000), "The records of the bundle have more than 16777216 bytes."),
        (bulk(1001), "The request object has more than 1000 records."),
    ] {
        let (status, error) = send(long).await;
        assert_eq!((status, error["message"].as_str()), (400, Some(expected)));
    }
}

#[tokio::test]
async fn only_valid_hosts_are_used_in_links() {
    let sim = started().await;
    let get = async |target: &str, head: &str| {
        exchange(&sim, &format!("GET {target} HTTP/1.1\r\n{head}{CREDENTIALS}Connection: close\r\n\r\n")).await
    };
    let path = format!("{BASE}/service/tickets?pageSize=1");
    for host in
        ["h\"x", "h\\x", "h\tx", "h>; rel=\"next\", <http://evil", "u:p@h", "a b", "h/path?x#", "", "https://evil"]
    {
        let response = get(&path, &format!("Host: {host}\r\n")).await;
        assert!(response.starts_with("HTTP/1.1 400 ") && response.ends_with("\r\n\r\nBad Request"), "{response}");
        assert_eq!(sim.requests().last().unwrap().status, Some(400));
    }
    for head in ["", "Host: a\r\nHost: b\r\n"] {
        assert!(get(&path, head).await.starts_with("HTTP/1.1 400 "), "{head}");
    }
    for (target, host, origin) in [
        (path.clone(), "[::1]:80", "http://[::1]:80"),
        (path.clone(), "h", "http://h"),
        (format!("http://other:99{path}"), "h", "http://other:99"),
    ] {
        let response = get(&target, &format!("Host: {host}\r\n")).await;
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        assert!(response.contains(&format!("link: <{origin}{BASE}/service/tickets/?")), "{response}");
        assert!(response.contains(&format!("\"{origin}{BASE}/")), "{response}");
    }
    let old = exchange(&sim, &format!("GET {path} HTTP/1.0\r\n{CREDENTIALS}\r\n")).await;
    assert!(old.contains(&format!("link: <{}{BASE}/", sim.url())), "{old}");
}

#[tokio::test]
async fn methods_that_a_path_does_not_have_are_rejected_with_those_it_has() {
    let sim = started().await;
    for (method, target, allowed) in [
        ("CONNECT", "h:80", "GET, HEAD, POST"),
        ("OPTIONS", "*", "GET, HEAD, POST"),
        ("DELETE", "/", "GET, HEAD, POST"),
        ("PUT", &format!("{BASE}/service/tickets"), "GET, POST"),
        ("OPTIONS", &format!("{BASE}/service/tickets"), "GET, POST"),
    ] {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n{CREDENTIALS}Connection: close\r\n\r\n");
        let response = exchange(&sim, &request).await;
        assert!(response.starts_with("HTTP/1.1 405 "), "{method} {target}: {response}");
        assert!(response.contains(&format!("allow: {allowed}\r\n")), "{method} {target}: {response}");
    }
}
