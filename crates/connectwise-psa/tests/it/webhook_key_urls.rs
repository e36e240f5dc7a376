//! Key URLs that a stranger writes into a message: a character more anywhere, another server, another query. None of
//! them causes a request, although the message has a valid signature.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectwise_psa::webhooks::{Rejection, Verifier};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::server::{Server, json_response};

/// The path of signing keys.
const KEY_PATH: &str = "/v2025_1//system/callbackkey/index.rails";

/// The signing key that both servers return.
const SIGNING_KEY: &str = "test-signing-key";

async fn key_server() -> Server {
    Server::always(json_response(200, json!({"signing_key": SIGNING_KEY}).to_string())).await
}

fn sign(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(SIGNING_KEY)).unwrap();
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns the body of a message about a ticket.
fn body(key_url: &str) -> String {
    json!({
        "Action": "updated", "CompanyId": "acme", "Entity": r#"{"id":5}"#, "ID": 5, "MessageId": "1",
        "Metadata": {"key_url": key_url}, "Type": "ticket",
    })
    .to_string()
}

/// Returns more than a thousand changes of a key URL that make it another one than the server's.
fn other_key_urls(url: &str, trap: SocketAddr) -> Vec<String> {
    let end = url.find("&id=").unwrap() + "&id=".len();
    let mut urls: Vec<String> = (0..end)
        .flat_map(|at| {
            let insert = move |text: &str| format!("{}{text}{}", &url[..at], &url[at..]);
            ["@", "#", "\\", "^", "%00", "%2f", "/", "?", "&", " ", "\r\n", "x@", "\u{e9}"].map(insert)
        })
        .collect();
    let (server, rest) = url.split_at(url.find("/v2025_1").unwrap());
    let host = server.trim_start_matches("http://");
    for other in [
        format!("http://{trap}"),
        format!("https://{host}"),
        format!("http://acme:x@{host}"),
        format!("http://{host}@{trap}"),
        format!("http://{trap}#{host}"),
        format!("http://{trap}\\@{host}"),
        format!("http://localhost:{}", trap.port()),
        format!("http://{host}.{trap}"),
        format!("http://{}", host.replace("127.0.0.1", "0x7f000001")),
        format!("http://{}", host.replace("127.0.0.1", "2130706433")),
        format!("http://{}", host.replace("127.0.0.1", "127.1")),
        format!("http://{}", host.replace("127.0.0.1", "[::ffff:127.0.0.1]")),
        format!("//{trap}"),
        format!("file://{host}"),
    ] {
        urls.push(format!("{other}{rest}"));
    }
    for (from, to) in [
        ("companyName=acme", "companyName=acme&companyName=other"),
        ("companyName=acme", "companyName=other&companyName=acme"),
        ("companyName=acme", "companyName=acm%65x"),
        ("?companyName", "?next=http://evil.example&companyName"),
        ("index.rails", "index.rails/../../../login"),
        ("callbackkey", "callbackkey/%2e%2e/callbackkey"),
    ] {
        assert!(url.contains(from));
        urls.push(url.replacen(from, to, 1));
    }
    urls.push(format!("{url}{}", "0".repeat(5000)));
    urls
}

#[tokio::test]
async fn more_than_a_thousand_other_key_urls_cause_no_request() {
    let (server, trap) = (key_server().await, key_server().await);
    let verifier = Verifier::new(&server.psa()).unwrap();
    let own = format!("http://{}{KEY_PATH}?companyName=acme&id=1", server.address);
    let urls = other_key_urls(&own, trap.address);
    assert!(urls.len() >= 1000, "{}", urls.len());
    for url in urls {
        let body = body(&url);
        let outcome = verifier.verify(Some(&sign(&body)), body.as_bytes()).await;
        assert!(matches!(outcome, Err(Rejection::KeyUrl(_))), "{url:?}: {outcome:?}");
        assert_eq!((server.count(), trap.count()), (0, 0), "{url:?}");
    }
    // The URL that they were made from is accepted.
    let body = body(&own);
    verifier.verify(Some(&sign(&body)), body.as_bytes()).await.unwrap();
    assert_eq!((server.count(), trap.count()), (1, 0));
}
