//! No secret is printed: not in the logs of any crate at the level TRACE, and not by `Debug` or `Display` of any type.

use std::error::Error as _;
use std::fmt::Debug;
use std::fs::File;
use std::time::Duration;

use crate::logs::capture;
use crate::server::{
    Action, Server, closed_port, cut_off, json_response, quick_retries, rate_limited, response, ticket,
};
use connectwise_psa::check::rights;
use connectwise_psa::transport::{Request, RequestBody};
use connectwise_psa::{CallOptions, Discovery, Error, Method, Patch, Psa, Region, RetryPolicy, Upload};
use serde_json::json;

/// The texts that must not be printed, each with its name: the secrets, the pairs of company and user name, and the
/// encoded `Authorization` headers.
const SECRETS: [(&str, &str); 15] = [
    ("private key", "tKqVxPrivateKeyOne"),
    ("pair of the keys", "acme+PubKeyOne"),
    ("header of the keys", "YWNtZStQdWJLZXlPbmU6dEtxVnhQcml2YXRlS2V5T25l"),
    ("integrator's password", "zHtWqRobotPassword"),
    ("pair of the integrator", "acme+RobotUser"),
    ("header of the integrator", "YWNtZStSb2JvdFVzZXI6ekh0V3FSb2JvdFBhc3N3b3Jk"),
    ("member hash", "mWzQeMemberHashSeven"),
    ("pair of the member", "acme+777123"),
    ("header of the member", "YWNtZSs3NzcxMjM6bVd6UWVNZW1iZXJIYXNoU2V2ZW4="),
    ("minted private key", "qPlMnMintedPrivate"),
    ("pair of the minted keys", "acme+MintedPublic"),
    ("header of the minted keys", "YWNtZStNaW50ZWRQdWJsaWM6cVBsTW5NaW50ZWRQcml2YXRl"),
    ("client id", "5b1d7a52-client-4c1e-id00-9f3f6f0c7b11"),
    ("session of the server", "cKbRsSessionCookie"),
    ("password in an address", "hUnTerInAnAddress"),
];

fn secret(name: &str) -> &'static str {
    SECRETS.iter().find(|(other, _)| *other == name).unwrap().1
}

/// Returns the names of the secrets that a text contains, ignoring letter case.
fn secrets_in(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    SECRETS.iter().filter(|(_, secret)| text.contains(&secret.to_lowercase())).map(|(name, _)| *name).collect()
}

/// The collected `Debug` and `Display` output.
#[derive(Default)]
struct Printed(String);

impl Printed {
    fn debug(&mut self, value: &impl Debug) {
        self.0.push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    fn error(&mut self, error: &Error) {
        self.debug(error);
        self.0.push_str(&format!(
            "{error}\n{:?}\n{:?}\n{:?}\n",
            error.message(),
            error.raw_value(),
            error.field_errors()
        ));
        let mut next = error.source();
        while let Some(source) = next {
            self.0.push_str(&format!("{source}\n{source:?}\n"));
            next = source.source();
        }
    }

    fn outcome<T: Debug>(&mut self, outcome: Result<T, Error>) {
        match outcome {
            Ok(value) => self.debug(&value),
            Err(error) => self.error(&error),
        }
    }
}

fn minted() -> Action {
    json_response(200, json!({"publicKey": "MintedPublic", "privateKey": secret("minted private key"), "expiration": "2999-01-01T00:00:00Z"}).to_string())
}

/// Returns a server that cycles through many different responses and failures. Minting and lookups always succeed.
async fn cycling_server() -> Server {
    let mut actions = [
        ticket().header("set-cookie", format!("session={}; HttpOnly", secret("session of the server"))),
        json_response(401, r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#),
        ticket(),
        json_response(503, ""),
        ticket(),
        json_response(200, r#"{"id":{"privateKey":"x"}}"#),
        Action::Reset,
        cut_off(200, r#"{"id":5,"summary":"aaaaaaaaaaaaaaaaa"}"#),
        response(200, "text/html", "<html><title>Log in</title></html>"),
        json_response(
            403,
            r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#,
        ),
        json_response(500, r#"{"code":"ConnectWiseApi","message":"A timeout has occured. Please try again."}"#),
        json_response(302, "").header("location", "https://evil.example/"),
    ]
    .into_iter()
    .cycle();
    Server::new(move |request| {
        if request.target.ends_with("/tokens") {
            minted()
        } else if request.target.starts_with("/login/companyinfo") {
            json_response(200, r#"{"CompanyName":"Acme","Codebase":"v2025_1/","IsCloud":true,"SiteUrl":"127.0.0.1"}"#)
        } else {
            actions.next().unwrap()
        }
    })
    .await
}

/// Makes a call of each type several times and prints the outcomes.
async fn print_calls(psa: &Psa, printed: &mut Printed) {
    printed.debug(psa);
    printed.debug(psa.connection());
    let service = psa.service();
    for _ in 0..3 {
        printed.outcome(service.get_ticket(5).await);
        printed.outcome(service.list_tickets().page(1).await);
        printed.outcome(service.create_ticket(&json!({"summary": "a"})).await);
        printed.outcome(service.update_ticket(5, &Patch::new().replace("summary", "a")).await);
        printed.outcome(psa.system().download_document(5).await);
        printed.outcome(
            psa.system()
                .upload_menu_entry_image(5, &json!({"title": "a"}), Some(Upload::from_bytes("a.txt", "bytes")))
                .await,
        );
    }
    let mut request = Request::new(Method::Post, "/service/tickets");
    request.headers.insert("authorization", format!("Basic {}", secret("header of the keys")).parse().unwrap());
    request.body = RequestBody::Json(json!({"password": secret("private key")}).to_string().into());
    printed.debug(&request);
    // More calls than the server has actions.
    for _ in 0..13 {
        printed.outcome(psa.connection().send(request.try_clone().unwrap()).await);
    }
}

/// Prints builders with missing or invalid settings, and their errors.
fn print_invalid_builders(printed: &mut Printed) {
    let key = secret("private key");
    let base =
        || Psa::builder().host("psa.example").company("acme").keys("PubKeyOne", key).client_id(secret("client id"));
    for builder in [
        base().keys("PubKeyOne", format!("{key}\n")),
        base().keys("PubKeyOne", format!("\"{key}\"")),
        base().keys(key, key),
        base().keys("acme+PubKeyOne:x", key),
        base().company("other").keys("acme+PubKeyOne", key),
        base().company("ac+me"),
        base().integrator("Robot:User", secret("integrator's password")),
        base().member_hash("777123", format!("{};", secret("member hash"))),
        base().client_id(format!("{}\u{7f}", secret("client id"))),
        base().client_id(format!(" {}", secret("client id"))),
        base().host(format!("https://user:{}@psa.example", secret("password in an address"))),
        base().base_url(format!("https://user:{}@psa.example/x", secret("password in an address"))),
        base().host(format!("https://psa.example:{}", secret("password in an address"))),
        base().max_concurrent_requests(0),
    ] {
        printed.debug(&builder);
        // Some of them are valid.
        printed.outcome(builder.build());
    }
}

/// Runs a session with every kind of credentials. Writes the logs to `file` and returns everything that was printed.
async fn session(file: &File) -> String {
    let _capture = capture(file.try_clone().unwrap());
    let mut printed = Printed::default();
    print_invalid_builders(&mut printed);
    let server = cycling_server().await;
    let options = CallOptions::new().retry(quick_retries()).timeout(Duration::from_millis(500));
    let base = || {
        Psa::builder()
            .host(format!("http://{}", server.address))
            .company("acme")
            .client_id(secret("client id"))
            .unlimited_requests_per_minute()
            .options(options.clone())
    };
    for builder in [
        base().code_base_discovery(Discovery::Always).keys("PubKeyOne", secret("private key")),
        base().keys("acme+PubKeyOne", secret("private key")),
        base().integrator("RobotUser", secret("integrator's password")),
        base().member_hash("777123", secret("member hash")),
    ] {
        printed.debug(&builder);
        let psa = builder.build().unwrap();
        printed.outcome(psa.company_info().await);
        print_calls(&psa, &mut printed).await;
        let member = psa.as_member("jdoe");
        print_calls(&member, &mut printed).await;
        let token = psa.system().create_member_token("jdoe", None).await;
        printed.outcome(token);
    }
    print_unusable_tokens(&mut printed).await;
    // A client is slow after a 429, so this one is used only here.
    let limited = Server::with_actions([rate_limited("0"), ticket(), rate_limited("60")]).await;
    let limited = limited
        .builder()
        .company("acme")
        .keys("PubKeyOne", secret("private key"))
        .client_id(secret("client id"))
        .build()
        .unwrap();
    printed.outcome(limited.service().get_ticket(5).await);
    printed.outcome(limited.service().get_ticket(5).await);

    let nowhere = base()
        .base_url(format!("http://127.0.0.1:{}/v4_6_release/apis/3.0", closed_port().await))
        .keys("PubKeyOne", secret("private key"));
    let nowhere = nowhere.build().unwrap();
    printed.outcome(nowhere.service().get_ticket(5).await);
    printed.outcome(nowhere.as_member("jdoe").service().get_ticket(5).await);
    // TLS to a server without TLS, to include the logs of the TLS library.
    let tls = base()
        .base_url(format!("https://{}/v4_6_release/apis/3.0", server.address))
        .keys("PubKeyOne", secret("private key"));
    printed.outcome(tls.build().unwrap().service().get_ticket(5).await);
    printed.debug(&options);
    printed.debug(&RetryPolicy::background());
    printed.debug(&Region::ALL);
    printed.debug(&rights("GET", "/service/tickets/5"));
    printed.0
}

/// Prints the errors of unusable responses to minting requests, sent by the client and by the operation.
async fn print_unusable_tokens(printed: &mut Printed) {
    let key = secret("minted private key");
    for action in [
        json_response(200, format!(r#"{{"publicKey":"MintedPublic","privateKey":"{key}","expiration":5"#)),
        json_response(200, format!(r#"{{"publicKey":"Minted:Public","privateKey":"{key}"}}"#)),
        json_response(200, format!(r#"{{"publicKey":{{"privateKey":"{key}"}},"privateKey":"{key}"}}"#)),
        json_response(200, format!(r#"{{"publicKey":"MintedPublic","privateKey":["{key}"]}}"#)),
        json_response(200, format!(r#"[{{"privateKey":"{key}"}}]"#)),
        response(200, "text/html", &format!(r#"{{"privateKey":"{key}","publicKey":"MintedPublic"}}"#)),
        response(200, "text/plain", &format!(r#"OK {{"privateKey":"{key}"}}"#)),
        cut_off(200, &format!(r#"{{"privateKey":"{key}","publicKey":"MintedPublic","x":"{0}{0}"}}"#, "x".repeat(50))),
    ] {
        let server = Server::always(action).await;
        let psa = server
            .builder()
            .company("acme")
            .keys("PubKeyOne", secret("private key"))
            .client_id(secret("client id"))
            .build()
            .unwrap();
        printed.outcome(psa.as_member("jdoe").service().get_ticket(5).await);
        printed.outcome(psa.system().create_member_token("jdoe", None).await);
    }
}

#[tokio::test]
async fn a_session_prints_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("everything.log");
    let file = File::create(&path).unwrap();
    let printed = session(&file).await;
    let logs = std::fs::read_to_string(&path).unwrap();

    // The logs and the printed texts contain what the session produces. Otherwise, the search would prove nothing.
    for part in [
        "psa.request",
        "attempt=2",
        "retrying the request",
        "discovered the base URL",
        "starting new connection",
        "hyper_util",
        "log TRACE",
    ] {
        assert!(logs.contains(part), "{part} is missing");
    }
    for part in [
        "PsaBuilder",
        "CallOptions",
        "UserNotAuthenticated",
        "ConnectionRefused",
        "ConnectionReset",
        "private key",
        "[redacted]",
        "jdoe",
    ] {
        assert!(printed.contains(part), "{part} is missing");
    }
    let leaks: Vec<_> = logs
        .lines()
        .chain(printed.lines())
        .map(|line| (secrets_in(line), line))
        .filter(|(found, _)| !found.is_empty())
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");

    // The search finds each secret if it is logged.
    let _capture = capture(file);
    let last = || std::fs::read_to_string(&path).unwrap().lines().last().unwrap_or_default().to_owned();
    for (name, secret) in SECRETS {
        tracing::trace!(planted = secret, "here");
        assert_eq!(secrets_in(&last()), [name], "{}", last());
        log::trace!("{secret}");
        assert!(last().starts_with("log TRACE") && secrets_in(&last()) == [name], "{}", last());
    }
}

/// The headers in [`SECRETS`] must be correct: otherwise, the other test would search for the wrong texts.
#[tokio::test]
async fn the_listed_headers_are_those_that_are_sent() {
    let server = Server::new(|request| if request.target.ends_with("/tokens") { minted() } else { ticket() }).await;
    let base = || server.builder().company("acme").client_id(secret("client id"));
    for (builder, name) in [
        (base().keys("PubKeyOne", secret("private key")), "header of the keys"),
        (base().integrator("RobotUser", secret("integrator's password")), "header of the integrator"),
        (base().member_hash("777123", secret("member hash")), "header of the member"),
    ] {
        let psa = builder.build().unwrap();
        psa.service().get_ticket(5).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(request.header("authorization"), Some(format!("Basic {}", secret(name)).as_str()));
        assert_eq!(request.header("clientid"), Some(secret("client id")));
        psa.as_member("jdoe").service().get_ticket(5).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(
            request.header("authorization"),
            Some(format!("Basic {}", secret("header of the minted keys")).as_str())
        );
    }
}
