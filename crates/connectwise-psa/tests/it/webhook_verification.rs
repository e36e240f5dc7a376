//! Verification of webhooks: only signed messages of the configured company are accepted, and nothing that a stranger
//! posts causes requests to other servers, or many requests.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectwise_psa::webhooks::{Entity, KeyFailure, KeyUrlProblem, Rejection, Verifier};
use connectwise_psa::{Psa, Value};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::logs::{LogBuffer, capture};
use crate::server::{Action, BASIC, CLIENT_ID, Server, closed_port, endless, json_response, response, stalled};

/// The text of the signing key that [`KeyServer`] returns for an id.
fn key_text(id: &str) -> String {
    format!("sEcReTkEy-{id}-qzx")
}

fn key_response(id: &str) -> Action {
    json_response(200, json!({"signing_key": key_text(id)}).to_string())
}

fn sign(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(key)).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns the id in the target of a key URL.
fn id_of(target: &str) -> String {
    target.rsplit_once("id=").map(|(_, id)| id.to_owned()).unwrap_or_default()
}

/// A server that returns a key for every id.
async fn key_server() -> Server {
    Server::new(|request| key_response(&id_of(&request.target))).await
}

fn key_url(server: &Server, company: &str, id: &str) -> String {
    format!("http://{}/v2025_1//system/callbackkey/index.rails?companyName={company}&id={id}", server.address)
}

/// Returns the body of a message, as a live server writes it.
fn body(company: &str, key_url: &str) -> String {
    json!({
        "Action": "updated", "CallbackObjectRecId": 26604, "CompanyId": company, "Entity": r#"{"id":57961,"summary":"Printer"}"#,
        "FromUrl": "na.myconnectwise.net", "ID": 57961, "MemberId": "jdoe", "MessageId": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "Metadata": {"key_url": key_url}, "PartnerId": "ab", "ProductInstanceId": "cd", "Type": "ticket",
    })
    .to_string()
}

/// A delivery with a valid signature.
struct Delivery {
    body: String,
    signature: String,
}

impl Delivery {
    fn new(server: &Server, id: &str) -> Self {
        Self::signed(body("acme", &key_url(server, "acme", id)), &key_text(id))
    }

    fn signed(body: String, key: &str) -> Self {
        Self { signature: sign(key, body.as_bytes()), body }
    }

    async fn verify(&self, verifier: &Verifier) -> Result<connectwise_psa::webhooks::Message, Rejection> {
        verifier.verify(Some(&self.signature), self.body.as_bytes()).await
    }
}

/// A sequence of numbers that are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn verifier(psa: &Psa) -> Verifier {
    Verifier::new(psa).unwrap()
}

#[tokio::test]
async fn a_signed_message_is_accepted_and_its_key_is_requested_once_without_credentials() {
    let server = key_server().await;
    let verifier = verifier(&server.psa().as_member("jdoe"));
    for _ in 0..3 {
        let message = Delivery::new(&server, "k1").verify(&verifier).await.unwrap();
        let event = message.into_event();
        assert_eq!((event.id, event.member.as_deref()), (57961, Some("jdoe")));
        match event.entity {
            Some(Entity::Ticket(ticket)) => assert_eq!(ticket.summary.as_deref(), Some("Printer")),
            other => panic!("unexpected: {other:?}"),
        }
    }
    let requests = server.requests();
    let expected = "GET /v2025_1//system/callbackkey/index.rails?companyName=acme&id=k1";
    assert_eq!(requests.iter().map(|request| request.request_line()).collect::<Vec<_>>(), [expected]);
    assert!(requests[0].has_no_credentials());
}

#[tokio::test]
async fn credentials_are_sent_if_the_program_says_so() {
    let server = Server::new(|request| match request.header("authorization") {
        Some(BASIC) if request.header("clientid") == Some(CLIENT_ID) => key_response(&id_of(&request.target)),
        _ => json_response(401, "{}"),
    })
    .await;
    let delivery = Delivery::new(&server, "k1");
    let rejection = delivery.verify(&verifier(&server.psa())).await.unwrap_err();
    assert!(matches!(rejection, Rejection::KeyUnavailable(KeyFailure::Status(status)) if status == 401), "{rejection}");
    // A member's keys would have to be minted: the client's own credentials are enough.
    for psa in [server.psa(), server.psa().as_member("jdoe")] {
        let verifier = Verifier::builder(&psa).with_credentials().build().unwrap();
        delivery.verify(&verifier).await.unwrap();
    }
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn signed_messages_of_another_company_are_rejected_without_a_request() {
    let server = key_server().await;
    let verifier = verifier(&server.psa());
    // The other company's key verifies these signatures. The server would return it to anyone.
    let (own, other) = (key_url(&server, "acme", "theirs"), key_url(&server, "other", "theirs"));
    for (company, url, expected) in [
        ("acme", &other, "KeyUrl(OtherCompany)"),
        ("other", &other, "OtherCompany"),
        ("other", &own, "OtherCompany"),
        ("acme ltd", &own, "OtherCompany"),
    ] {
        let delivery = Delivery::signed(body(company, url), &key_text("theirs"));
        let rejection = delivery.verify(&verifier).await.unwrap_err();
        assert!(format!("{rejection:?}").starts_with(expected), "{company} {url}: {rejection:?}");
        assert_eq!(rejection.status(), 401);
    }
    let mut without: Value = serde_json::from_str(&body("acme", &own)).unwrap();
    without.as_object_mut().unwrap().remove("CompanyId");
    let rejection = Delivery::signed(without.to_string(), &key_text("theirs")).verify(&verifier).await.unwrap_err();
    assert!(matches!(rejection, Rejection::OtherCompany { .. }), "{rejection}");
    assert_eq!(server.count(), 0);
}

/// Returns a body and a signature, one of which differs from the valid ones, or whose key URL does.
fn mutated(numbers: &mut Numbers, server: &Server, evil: &Server) -> (String, String) {
    let good = Delivery::new(server, "k1");
    let url = key_url(server, "acme", "k1");
    let (host, evil_host) = (server.address.to_string(), evil.address.to_string());
    match numbers.below(3) {
        0 => {
            // A byte of the body is replaced, inserted or removed. The signature no longer matches.
            let mut changed = good.body.clone().into_bytes();
            let at = numbers.below(changed.len());
            match numbers.below(3) {
                0 => changed[at] = if changed[at] == b'7' { b'8' } else { b'7' },
                1 => changed.insert(at, b" \"{}:0a"[numbers.below(7)]),
                _ => drop(changed.remove(at)),
            }
            (String::from_utf8(changed).unwrap(), good.signature)
        }
        1 => {
            let mut changed = good.signature.clone().into_bytes();
            let at = numbers.below(changed.len());
            match numbers.below(3) {
                0 => changed[at] = if changed[at] == b'A' { b'B' } else { b'A' },
                1 => changed.insert(at, b"Az09+/=-"[numbers.below(8)]),
                _ => drop(changed.remove(at)),
            }
            (good.body, String::from_utf8(changed).unwrap())
        }
        _ => {
            // The URL is changed before the message is signed, so the signature is valid under the known key.
            let changes = [
                (host.as_str(), evil_host.clone()),
                (&host, format!("{evil_host}#{host}")),
                (&host, format!("{evil_host}/?{host}")),
                (&host, format!("{host}@{evil_host}")),
                (&host, format!("acme:x@{host}")),
                (&host, format!("{evil_host}\\{host}")),
                (&host, format!("{host}.")),
                (&host, format!("{host}:80")),
                (&host, "127.0.0.1".to_owned()),
                (&host, format!("localhost:{}", server.address.port())),
                (&host, format!("127.1:{}", server.address.port())),
                (&host, format!("0x7f000001:{}", server.address.port())),
                (&host, format!("[::ffff:127.0.0.1]:{}", server.address.port())),
                (&host, format!("%31{}", &host[1..])),
                ("http:", "https:".to_owned()),
                ("http:", "file:".to_owned()),
                ("http:", "\thttp:".to_owned()),
                ("v2025_1", "v2025_1/../login".to_owned()),
                ("v2025_1", "login".to_owned()),
                ("v2025_1//", format!("/{evil_host}//")),
                ("index.rails", "index%2erails".to_owned()),
                ("index.rails", "index.rails/../other".to_owned()),
                ("companyName=acme", "companyName=other".to_owned()),
                ("companyName=acme", "companyName=acme&companyName=other".to_owned()),
                ("companyName=acme", "company%4eame=acme".to_owned()),
                ("companyName=acme", "companyName=acme&redirect=1".to_owned()),
                ("companyName=acme", "companyName=".to_owned()),
                ("id=k1", "id=".to_owned()),
                ("id=k1", "id=k1&id=k2".to_owned()),
                ("id=k1", "id=k1#".to_owned()),
                ("id=k1", "id=k1\r\nhost: evil".to_owned()),
                ("id=k1", format!("id={}", "k".repeat(600))),
            ];
            let (from, to) = &changes[numbers.below(changes.len())];
            assert!(url.contains(from));
            let changed = url.replacen(from, to, 1);
            let delivery = Delivery::signed(body("acme", &changed), &key_text("k1"));
            (delivery.body, delivery.signature)
        }
    }
}

#[tokio::test]
async fn mutated_bodies_headers_and_key_urls_are_rejected_without_other_requests() {
    let (server, evil) = (key_server().await, key_server().await);
    let verifier = Verifier::builder(&server.psa()).key_fetches_per_minute(10_000).build().unwrap();
    let (mut numbers, mut kinds) = (Numbers(16), HashSet::new());
    for round in 0..1000 {
        let (body, signature) = mutated(&mut numbers, &server, &evil);
        let before = server.count();
        let rejection = match verifier.verify(Some(&signature), body.as_bytes()).await {
            Ok(_) => panic!("accepted in round {round}: {signature} {body}"),
            Err(rejection) => rejection,
        };
        if matches!(rejection, Rejection::KeyUrl(_) | Rejection::OtherCompany { .. } | Rejection::Malformed(_)) {
            assert_eq!(server.count(), before, "round {round}: {rejection}: {body}");
        }
        kinds.insert(std::mem::discriminant(&rejection));
    }
    assert_eq!(evil.count(), 0);
    assert!(kinds.len() >= 4, "the mutations have several kinds of rejections");
    // Every request was for a key of the configured company.
    for request in server.requests() {
        assert!(request.target.starts_with("/v"), "{}", request.target);
        assert!(request.target.contains("/system/callbackkey/index.rails?companyName=acme&id="), "{}", request.target);
    }
    Delivery::new(&server, "k1").verify(&verifier).await.unwrap();
}

#[tokio::test]
async fn ten_thousand_forged_deliveries_cause_no_more_key_requests_than_the_limit() {
    let server = key_server().await;
    let verifier = verifier(&server.psa());
    Delivery::new(&server, "genuine").verify(&verifier).await.unwrap();
    let mut statuses = HashSet::new();
    for round in 0..10_000 {
        let forged = match round % 3 {
            0 => Delivery::signed(body("acme", &key_url(&server, "acme", "genuine")), "guessed"),
            1 => Delivery::signed(body("acme", &key_url(&server, "acme", &format!("id-{round}"))), "guessed"),
            _ => Delivery::signed(body("acme", &key_url(&server, "acme", "same")), "guessed"),
        };
        statuses.insert(forged.verify(&verifier).await.unwrap_err().status().as_u16());
    }
    assert_eq!(server.count(), 300);
    assert_eq!(statuses, HashSet::from([401, 429]));
    // Messages with a known key are still accepted.
    Delivery::new(&server, "genuine").verify(&verifier).await.unwrap();
    assert_eq!(server.count(), 300);
}

#[tokio::test]
async fn a_replaced_key_is_requested_again() {
    let key = Arc::new(Mutex::new("first".to_owned()));
    let current = Arc::clone(&key);
    let server = Server::new(move |_| key_response(&current.lock().unwrap())).await;
    let verifier = verifier(&server.psa());
    let body = body("acme", &key_url(&server, "acme", "k1"));
    Delivery::signed(body.clone(), &key_text("first")).verify(&verifier).await.unwrap();
    *key.lock().unwrap() = "second".to_owned();
    let second = Delivery::signed(body.clone(), &key_text("second"));
    second.verify(&verifier).await.unwrap();
    assert_eq!(server.count(), 2);
    // The old key no longer verifies, and wrong signatures cause no more requests within a minute.
    for _ in 0..100 {
        let rejection = Delivery::signed(body.clone(), &key_text("first")).verify(&verifier).await.unwrap_err();
        assert!(matches!(rejection, Rejection::WrongSignature), "{rejection}");
    }
    second.verify(&verifier).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn concurrent_deliveries_with_the_same_key_cause_one_request() {
    let server = Server::new(|request| key_response(&id_of(&request.target)).after(Duration::from_millis(100))).await;
    let verifier = verifier(&server.psa());
    let delivery = Delivery::new(&server, "k1");
    let outcomes = futures_util::future::join_all((0..200).map(|_| delivery.verify(&verifier))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_key_server_that_does_not_return_a_key_makes_psa_try_again() {
    let evil = key_server().await;
    let key = json!({"signing_key": key_text("k1")}).to_string();
    let padded = format!("{key}{}", " ".repeat(100_000));
    let redirect = |status| json_response(status, &*key).header("location", key_url(&evil, "acme", "k1"));
    for (action, expected) in [
        (redirect(302), "status 302"),
        (redirect(308), "status 308"),
        (json_response(401, &*key), "status 401"),
        (json_response(404, "{}"), "status 404"),
        (json_response(500, &*key), "status 500"),
        (response(200, "text/html", &format!("<html>{key}</html>")), "contains no signing key"),
        (json_response(200, "{}"), "contains no signing key"),
        (json_response(200, r#"{"signing_key":""}"#), "contains no signing key"),
        (json_response(200, r#"{"signing_key":["x"]}"#), "contains no signing key"),
        (json_response(200, "null"), "contains no signing key"),
        (json_response(200, padded), "longer than 64 KiB"),
        (endless(200, &" ".repeat(1000)), "longer than 64 KiB"),
        (Action::Reset, "response"),
    ] {
        let server = Server::always(action).await;
        let verifier = verifier(&server.psa());
        let rejection = Delivery::new(&server, "k1").verify(&verifier).await.unwrap_err();
        assert!(rejection.to_string().contains(expected) || expected == "response", "{rejection}");
        assert!(matches!(rejection, Rejection::KeyUnavailable(_)), "{rejection:?}");
        assert_eq!((rejection.status().as_u16(), server.count()), (429, 1), "{rejection}");
        assert!(!format!("{rejection} {rejection:?}").contains("sEcReTkEy"), "{rejection:?}");
    }
    assert_eq!(evil.count(), 0);
}

#[tokio::test]
async fn a_slow_key_server_is_given_up_before_psa_gives_up() {
    for action in [Action::Silence, stalled(200, r#"{"signing_key":"x"}"#), stalled(500, "some text")] {
        let server = Server::always(action).await;
        let verifier = verifier(&server.psa());
        let delivery = Delivery::new(&server, "k1");
        let started = Instant::now();
        let (first, second) = tokio::join!(delivery.verify(&verifier), delivery.verify(&verifier));
        // The timeout is 3.5 seconds. Without it, the client would wait for a minute. The limit allows for a busy
        // machine.
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        for rejection in [first.unwrap_err(), second.unwrap_err()] {
            assert!(matches!(rejection, Rejection::KeyUnavailable(_)), "{rejection}");
        }
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn any_media_type_of_the_key_is_accepted_and_cookies_are_not_sent_back() {
    let server = Server::new(|request| {
        let key = json!({"Signing_Key": key_text(&id_of(&request.target))});
        response(200, "text/html", &format!("\u{feff}{key}")).header("set-cookie", "session=1; Path=/")
    })
    .await;
    let verifier = verifier(&server.psa());
    for id in ["k1", "k2"] {
        Delivery::new(&server, id).verify(&verifier).await.unwrap();
    }
    assert!(server.requests().iter().all(|request| request.has_no_credentials()));
}

#[tokio::test]
async fn deliveries_that_cannot_be_checked_cause_no_request() {
    let server = key_server().await;
    let verifier = Verifier::builder(&server.psa()).max_body_size(2000).build().unwrap();
    assert_eq!(verifier.max_body_size(), 2000);
    let good = Delivery::new(&server, "k1");
    let long = format!("{}{}", good.body, " ".repeat(2000));
    let without_url = good.body.replace("key_url", "other_url");
    let cases: [(Option<&str>, &str, &str, u16); 7] = [
        (None, &good.body, "the signature is missing", 401),
        (Some(" "), &good.body, "the signature is missing", 401),
        (Some("x"), &good.body, "the signature does not match the body", 401),
        (Some(&good.signature), &long, "the body is longer than 2000 bytes", 413),
        (Some(&good.signature), "", "the body is not complete JSON", 400),
        (Some(&good.signature), r#"{"Action":"x"}"#, "the field `Action` is \"x\", which is unknown", 400),
        (Some(&good.signature), &without_url, "the key URL is missing", 401),
    ];
    for (signature, body, expected, status) in cases {
        let rejection = verifier.verify(signature, body.as_bytes()).await.unwrap_err();
        assert_eq!((rejection.to_string().as_str(), rejection.status().as_u16()), (expected, status));
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn keys_of_another_server_are_accepted_only_if_it_is_set() {
    let (server, proxy) = (key_server().await, key_server().await);
    let delivery = Delivery::new(&proxy, "k1");
    let rejection = delivery.verify(&verifier(&server.psa())).await.unwrap_err();
    assert!(matches!(rejection, Rejection::KeyUrl(KeyUrlProblem::OtherServer)), "{rejection}");
    assert_eq!(proxy.count(), 0);
    let builder = Verifier::builder(&server.psa()).key_server(format!("http://{}", proxy.address));
    delivery.verify(&builder.build().unwrap()).await.unwrap();
    assert_eq!((proxy.count(), server.count()), (1, 0));
}

#[tokio::test]
async fn invalid_settings_are_errors() {
    let psa = Psa::builder().host("psa.example").company("acme").keys("public", "private").build().unwrap();
    let builder = || Verifier::builder(&psa);
    for (builder, expected) in [
        (builder().max_body_size(0), "max_body_size"),
        (builder().max_body_size(usize::MAX), "max_body_size"),
        (builder().key_fetches_per_minute(0), "key_fetches_per_minute"),
        (builder().key_server(""), "key_server"),
        (builder().key_server("https://user:x@psa.example"), "key_server"),
        (builder().key_server("http://psa.example"), "key_server"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.parameter(), Some(expected), "{error}");
    }
    builder().keep_keys_for(Duration::MAX).key_server("keys.example:8443").build().unwrap();
}

#[tokio::test]
async fn keys_and_their_ids_are_not_printed() {
    let logs = LogBuffer::default();
    let capture = capture(logs.clone());
    let server = Server::new(|request| match id_of(&request.target).as_str() {
        "uNkNoWnId" => json_response(500, json!({"signing_key": key_text("uNkNoWnId")}).to_string()),
        "hTmLiD" => response(200, "text/html", &format!("<p>{}</p>", key_text("hTmLiD"))),
        id => key_response(id),
    })
    .await;
    let verifier = Verifier::builder(&server.psa()).build().unwrap();
    let mut printed = format!("{verifier:?} {:?}", Verifier::builder(&server.psa()));
    let good = Delivery::new(&server, "kNoWnId");
    printed += &format!("{:?}", good.verify(&verifier).await.unwrap().into_event());
    for delivery in [
        Delivery::signed(good.body.clone(), "guessed"),
        Delivery::new(&server, "uNkNoWnId"),
        Delivery::new(&server, "hTmLiD"),
        Delivery::signed(good.body.replace("acme", "acme ltd").replace("0f8fad5b", &"x".repeat(100)), "guessed"),
        Delivery::signed(good.body.replace("updated", &"long ".repeat(40)), "guessed"),
    ] {
        let rejection = delivery.verify(&verifier).await.unwrap_err();
        printed += &format!("{rejection} {rejection:?}");
    }
    let port = closed_port().await;
    let psa = server.builder().base_url(format!("http://127.0.0.1:{port}/v4_6_release/apis/3.0")).build().unwrap();
    let address = server.address.port().to_string();
    let nowhere = Delivery::signed(good.body.replace(&address, &port.to_string()), "guessed");
    let rejection = nowhere.verify(&Verifier::new(&psa).unwrap()).await.unwrap_err();
    printed += &format!("{rejection} {rejection:?}");
    drop(capture);
    let text = logs.text() + &printed;
    for reason in [
        "the signature does not match the body",
        "the server responded with status 500",
        "contains no signing key",
        r#"is about the company "acme ltd", which"#,
        "which is unknown",
    ] {
        assert!(text.contains(reason), "{reason} is missing: {text}");
    }
    for secret in ["sEcReTkEy", "kNoWnId", "uNkNoWnId", "hTmLiD", "guessed", &good.signature] {
        let line = text.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "{secret} is printed");
    }
    assert!(!text.contains(&"long ".repeat(20)), "texts of messages are shortened");
}
