//! `Psa::check` against a small server: what is right, each thing that can be wrong, and that no secret gets into the
//! report.

use std::net::TcpListener;
use std::time::Duration;

use connectwise_psa::check::{CheckOutcome, CheckReport, CheckSubject};
use connectwise_psa::dependencies::reqwest;
use connectwise_psa::dependencies::reqwest::redirect::Policy;
use connectwise_psa::{Discovery, Psa, PsaBuilder};
use httpmock::{Mock, MockServer};

const API: &str = "/v4_6_release/apis/3.0";
const READINGS: [&str; 6] = [
    "/system/members/count",
    "/company/companies/count",
    "/company/contacts/count",
    "/service/tickets/count",
    "/service/boards/count",
    "/time/entries/count",
];
const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const PRIVATE: &str = "Sesame-27-Sesame";
/// base64 of `acme+public:Sesame-27-Sesame`.
const AUTHORIZATION: &str = "Basic YWNtZStwdWJsaWM6U2VzYW1lLTI3LVNlc2FtZQ==";
const INFO: &str = r#"{"version":"v2025.1.98765","isCloud":true,"serverTimeZone":"Eastern Standard Time"}"#;
const FORBIDDEN: &str = "{\r\n  \"code\": \"Security\",\r\n  \"message\": \"You do not have security permission to perform this action.\"\r\n}";
const REFUSED: &str = r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#;
const GONE: &str = r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#;
const KEYS: &str = r#"{"publicKey":"minted","privateKey":"Open-28-Open-28","expiration":"2099-01-01T00:00:00Z"}"#;

/// What this machine's proxies would do is no part of the tests.
fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().redirect(Policy::none())
}

fn settings(host: &str) -> PsaBuilder {
    Psa::builder()
        .host(host)
        .company("acme")
        .keys("public", PRIVATE)
        .client_id(GUID)
        .http_client(client().build().unwrap())
}

async fn get<'a>(server: &'a MockServer, path: &str, status: u16, body: &str) -> Mock<'a> {
    server
        .mock_async(|when, then| {
            when.method("GET").path(path);
            then.status(status).header("content-type", "application/json; charset=utf-8").body(body);
        })
        .await
}

/// Answers everything under the API alike, but for the facts about the server where they are given.
async fn all(server: &MockServer, info: Option<&str>, status: u16, body: &str) {
    get(server, &format!("{API}/system/info"), info.map_or(status, |_| 200), info.unwrap_or(body)).await;
    for path in READINGS {
        get(server, &format!("{API}{path}"), status, body).await;
    }
}

/// Tells where the API of the company is, as the cloud does.
async fn lookup(server: &MockServer, body: &str) {
    let body = body.replace("HOST", &server.address().to_string());
    get(server, "/login/companyinfo/acme", 200, &body).await;
}

const CLOUD: &str = r#"{"CompanyName":"Acme Inc.","CompanyID":"acme","Codebase":"v4_6_release/","VersionCode":"v2025.1","IsCloud":true,"SiteUrl":"HOST"}"#;

/// Subject and outcome of all but the rights, and the outcomes of the rights.
fn outcomes(report: &CheckReport) -> (String, Vec<CheckOutcome>) {
    let (rights, others): (Vec<_>, Vec<_>) =
        report.checks().iter().partition(|check| check.subject == CheckSubject::Right);
    let others: Vec<_> = others.iter().map(|check| format!("{} {}", check.subject, check.outcome)).collect();
    let rights: Vec<_> = rights.iter().map(|check| check.outcome).collect();
    assert_eq!(rights.len(), READINGS.len(), "{report}");
    assert_eq!(report.is_ok(), report.checks().iter().all(|check| check.outcome == CheckOutcome::Ok));
    assert_eq!(report.to_string().lines().count(), report.checks().len());
    let whole = format!("{report}\n{report:?}");
    for secret in [PRIVATE, AUTHORIZATION, AUTHORIZATION.trim_start_matches("Basic "), "Open-28", GUID] {
        assert!(!whole.contains(secret), "{whole}");
    }
    (others.join(", "), rights)
}

/// Asserts that the subjects end as they should, that none of the rights is known, and that the text is in the report.
fn assert_open(report: &CheckReport, expected: &str, text: &str) {
    let (others, rights) = outcomes(report);
    assert_eq!(others, expected, "{report}");
    assert!(rights.iter().all(|outcome| *outcome == CheckOutcome::Unknown) && !report.is_ok(), "{report}");
    assert!(report.to_string().contains(text), "{text}\n{report}");
}

const ALL_OK: &str = "host ok, company ok, keys ok, client id ok";

#[tokio::test]
async fn a_server_of_ones_own_is_all_right_without_a_lookup() {
    let server = MockServer::start_async().await;
    let signed = server
        .mock_async(|when, then| {
            when.path(format!("{API}/service/tickets/count"))
                .query_param("conditions", "id=0")
                .header("authorization", AUTHORIZATION)
                .header("clientid", GUID);
            then.status(200).body(r#"{"count":0}"#);
        })
        .await;
    all(&server, Some(INFO), 200, r#"{"count":7}"#).await;
    let report = settings(&server.base_url()).build().unwrap().check().await;
    let (others, rights) = outcomes(&report);
    assert_eq!((others.as_str(), report.is_ok()), (ALL_OK, true), "{report}");
    assert!(rights.iter().all(|outcome| *outcome == CheckOutcome::Ok));
    assert_eq!(signed.calls_async().await, 1);
    let text = report.to_string();
    let host = server.address();
    for line in [
        format!("ok  host: {host} answers (release v2025.1.98765)\n"),
        "ok  company: \"acme\" is right, since the server accepts the login\n".to_owned(),
        "ok  keys: the server accepts them\n".to_owned(),
        "ok  client id: the server accepts it\n".to_owned(),
        "ok  right: members can be read\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{text}");
    }
}

#[tokio::test]
async fn the_cloud_is_all_right_with_a_lookup() {
    let server = MockServer::start_async().await;
    lookup(&server, CLOUD).await;
    all(&server, Some(INFO), 200, r#"{"count":7}"#).await;
    let psa = settings(&server.base_url()).code_base_discovery(Discovery::Always);
    let report = psa.build().unwrap().check().await;
    assert_eq!((outcomes(&report).0.as_str(), report.is_ok()), (ALL_OK, true), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("answers (release v2025.1)\n") && text.contains("\"acme\" is known there (Acme Inc.)"),
        "{text}"
    );
}

#[tokio::test]
async fn each_wrong_setting_is_named() {
    let keys = "host ok, company unknown, keys FAILED, client id unknown";
    let host = "host FAILED, company unknown, keys unknown, client id unknown";
    let client_id = "host ok, company unknown, keys unknown, client id FAILED";
    for (status, body, expected, text) in [
        (
            401,
            REFUSED,
            keys,
            "the server refuses them (401 Unauthorized, ConnectWiseApi: UserNotAuthenticated) — Check the public and the private key",
        ),
        (400, r#"{"code":"A","message":"Incorrect public/private key"}"#, keys, "Check the company too"),
        (
            400,
            r#"{"code":"A","message":"A clientId is required."}"#,
            client_id,
            "Check it in the vendor's developer portal",
        ),
        (401, r#"{"code":"A","message":"Unknown ClientID"}"#, client_id, "Unknown ClientID"),
        (403, r#"{"code":"A","message":"The client id is not valid"}"#, client_id, "403 Forbidden"),
        (404, GONE, host, "has nothing of the API at http://127.0.0.1"),
        (200, "<!DOCTYPE html><title>Sign in</title>", host, "answers with an HTML page"),
        (404, "<html><title>No such page</title></html>", host, "No such page"),
        (302, "", host, "leads elsewhere (302 Found)"),
        (403, r#"{"code":"Security","message":"SSL is required.","errors":null}"#, host, "SSL is required"),
        (
            400,
            "Cannot route. Codebase/company is invalid",
            "host unknown, company FAILED, keys unknown, client id unknown",
            "Check the company, the region",
        ),
        (
            500,
            r#"{"code":"ConnectWiseApi","message":"It broke."}"#,
            "host ok, company unknown, keys unknown, client id unknown",
            "check again later",
        ),
        (429, "", "host unknown, company unknown, keys unknown, client id unknown", "Send fewer requests at a time"),
    ] {
        let server = MockServer::start_async().await;
        all(&server, None, status, body).await;
        // A server without the lookup: that proves nothing.
        get(&server, "/login/companyinfo/acme", 500, "").await;
        let report = settings(&server.base_url()).build().unwrap().check().await;
        assert_open(&report, expected, text);
    }
}

#[tokio::test]
async fn facts_that_everybody_is_told_do_not_hide_wrong_keys() {
    let server = MockServer::start_async().await;
    all(&server, Some(INFO), 401, REFUSED).await;
    lookup(&server, CLOUD).await;
    let report = settings(&server.base_url()).build().unwrap().check().await;
    assert_open(
        &report,
        "host ok, company ok, keys FAILED, client id unknown",
        "cannot be told while the keys are wrong",
    );
    let error = report.checks()[2].error.as_ref().unwrap();
    assert!(error.is_unauthenticated());
}

#[tokio::test]
async fn the_cloud_has_its_own_signs() {
    let keys = "host ok, company ok, keys FAILED, client id unknown";
    let no_client_id = "host ok, company ok, keys unknown, client id FAILED";
    for (client_id, status, body, expected, text) in [
        (Some(GUID), 401, REFUSED, keys, "Check the public and the private key"),
        (Some(GUID), 404, GONE, keys, "which is how it can answer wrong keys"),
        (Some("not-a-guid"), 401, REFUSED, keys, "It does not look like one"),
        (None, 401, REFUSED, no_client_id, "none is set, and the cloud refuses calls without one"),
        (None, 403, "", no_client_id, "Set the client id that the vendor gives to programs"),
        (
            Some(GUID),
            400,
            "Cannot route. Codebase/company is invalid",
            "host ok, company FAILED, keys unknown, client id unknown",
            "no way leads to \"acme\"",
        ),
        (
            None,
            400,
            "Cannot route. Codebase/company is invalid",
            "host ok, company FAILED, keys unknown, client id FAILED",
            "no way leads to \"acme\"",
        ),
    ] {
        let server = MockServer::start_async().await;
        lookup(&server, CLOUD).await;
        all(&server, None, status, body).await;
        let psa = Psa::builder()
            .host(server.base_url())
            .company("acme")
            .keys("public", PRIVATE)
            .code_base_discovery(Discovery::Always)
            .http_client(client().build().unwrap());
        let psa = client_id.into_iter().fold(psa, PsaBuilder::client_id).build().unwrap();
        assert_open(&psa.check().await, expected, text);
    }
}

#[tokio::test]
async fn a_lookup_that_fails_ends_the_check() {
    let company = "host unknown, company FAILED, keys unknown, client id unknown";
    let host = "host FAILED, company unknown, keys unknown, client id unknown";
    for (status, body, expected, text) in [
        (200, "null", company, "\"acme\" is unknown at 127.0.0.1"),
        (404, "", company, "Check its spelling and letter case, and the region"),
        (200, "<html>", host, "it is no PSA server"),
        (301, "", host, "redirects (301"),
        (503, "", host, "does not tell where the API is (503"),
    ] {
        let server = MockServer::start_async().await;
        get(&server, "/login/companyinfo/acme", status, body).await;
        let signed = server
            .mock_async(|when, then| {
                when.path_prefix(API);
                then.status(200).body(r#"{"count":1}"#);
            })
            .await;
        let psa = settings(&server.base_url()).code_base_discovery(Discovery::Always).build().unwrap();
        assert_open(&psa.check().await, expected, text);
        assert_eq!(signed.calls_async().await, 0, "the keys are not sent to what may be another host");
    }
}

#[tokio::test]
async fn a_host_that_is_not_reached_is_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Connections wait in the queue of a listener that takes none.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (silent.local_addr().unwrap(), silent);
    let plain = MockServer::start_async().await;
    for (host, text) in [
        ("no-such-host.invalid".to_owned(), "there is no host of the name no-such-host.invalid"),
        (format!("http://{free}"), "refuses connections"),
        (format!("http://{}", silent.0), "gives no answer in time"),
        (format!("https://{}", plain.address()), "does not speak TLS"),
    ] {
        for discovery in [Discovery::Never, Discovery::Always] {
            let impatient = client().read_timeout(Duration::from_millis(150)).build().unwrap();
            let psa = settings(&host).http_client(impatient).code_base_discovery(discovery).build().unwrap();
            let report = psa.check().await;
            assert_open(&report, "host FAILED, company unknown, keys unknown, client id unknown", text);
            assert!(report.to_string().contains("while the host cannot be reached"), "{report}");
            assert!(report.checks()[0].error.as_ref().is_some_and(|error| error.is_transport()));
        }
    }
}

#[tokio::test]
async fn rights_are_reported_one_by_one() {
    // The one at the place has another status.
    for (missing, status, body, expected) in [
        (&[0, 3][..], 403, FORBIDDEN, CheckOutcome::Failed),
        (&[0, 1, 2, 3, 4, 5], 403, FORBIDDEN, CheckOutcome::Failed),
        (&[5], 500, "{}", CheckOutcome::Unknown),
        (&[0], 404, GONE, CheckOutcome::Unknown),
        (&[2], 403, "<html>blocked</html>", CheckOutcome::Unknown),
    ] {
        let server = MockServer::start_async().await;
        get(&server, &format!("{API}/system/info"), 200, INFO).await;
        for (position, path) in READINGS.into_iter().enumerate() {
            let (status, body) = if missing.contains(&position) { (status, body) } else { (200, r#"{"count":0}"#) };
            get(&server, &format!("{API}{path}"), status, body).await;
        }
        let report = settings(&server.base_url()).build().unwrap().check().await;
        let (others, rights) = outcomes(&report);
        assert_eq!((others.as_str(), report.is_ok()), (ALL_OK, false), "{report}");
        for (position, outcome) in rights.into_iter().enumerate() {
            assert_eq!(outcome, if missing.contains(&position) { expected } else { CheckOutcome::Ok }, "{report}");
        }
        for check in report.checks().iter().filter(|check| check.outcome == CheckOutcome::Failed) {
            let right = check.rights[0].to_string();
            assert!(
                check.advice.as_ref().unwrap().contains(&right) && check.error.as_ref().unwrap().is_permission_denied(),
                "{check}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_asked_on() {
    let server = MockServer::start_async().await;
    get(&server, &format!("{API}/system/info"), 200, INFO).await;
    get(&server, &format!("{API}{}", READINGS[0]), 200, r#"{"count":0}"#).await;
    get(&server, &format!("{API}{}", READINGS[1]), 429, "").await;
    let rest = get(&server, &format!("{API}{}", READINGS[2]), 200, r#"{"count":0}"#).await;
    let report = settings(&server.base_url()).build().unwrap().check().await;
    let (others, rights) = outcomes(&report);
    assert_eq!(
        (others.as_str(), rights[0], rights[1], rights[2]),
        (ALL_OK, CheckOutcome::Ok, CheckOutcome::Unknown, CheckOutcome::Unknown),
        "{report}"
    );
    assert_eq!(rest.calls_async().await, 0);
}

#[tokio::test]
async fn a_member_is_checked_with_its_own_keys() {
    let ok = "host ok, company ok, keys ok, client id ok, member ok";
    let failed = "host ok, company ok, keys ok, client id ok, member FAILED";
    for (status, body, expected, text) in [
        (200, KEYS, ok, "\"jdoe\" can be called as"),
        (403, FORBIDDEN, failed, "Member Impersonation"),
        (401, REFUSED, failed, "Member Impersonation"),
        (404, r#"{"code":"NotFound","message":"Member jdoe not found"}"#, failed, "Member jdoe not found"),
        (200, "{}", failed, "no usable keys"),
    ] {
        let server = MockServer::start_async().await;
        get(&server, &format!("{API}/system/info"), 200, INFO).await;
        server
            .mock_async(|when, then| {
                when.method("POST")
                    .path(format!("{API}/system/members/jdoe/tokens"))
                    .header("authorization", AUTHORIZATION);
                then.status(status).body(body);
            })
            .await;
        for path in READINGS {
            server
                .mock_async(|when, then| {
                    when.method("GET").path(format!("{API}{path}")).header("authorization", AUTHORIZATION);
                    then.status(403).body(FORBIDDEN);
                })
                .await;
            server
                .mock_async(|when, then| {
                    when.method("GET").path(format!("{API}{path}")).header("x-cw-usertype", "member");
                    then.status(200).body(r#"{"count":3}"#);
                })
                .await;
        }
        let psa = settings(&server.base_url()).integrator("public", PRIVATE).build().unwrap();
        let report = psa.as_member("jdoe").check().await;
        let (others, rights) = outcomes(&report);
        assert_eq!(others, expected, "{report}");
        let right = if expected == ok { CheckOutcome::Ok } else { CheckOutcome::Unknown };
        assert!(rights.iter().all(|outcome| *outcome == right) && report.to_string().contains(text), "{report}");
        // The login itself may read none of it.
        assert!(outcomes(&psa.check().await).1.iter().all(|outcome| *outcome == CheckOutcome::Failed));
    }
}

#[tokio::test]
async fn answers_that_repeat_the_credentials_are_withheld() {
    for (status, body) in [
        (401, format!("your request was\r\nAuthorization: {AUTHORIZATION}")),
        (403, format!(r#"{{"code":"A","message":"{PRIVATE} is forbidden"}}"#)),
        (400, format!("<html><title>{AUTHORIZATION}</title></html>")),
        (200, format!(r#"{{"headers":{{"authorization":"{AUTHORIZATION}"}},"version":"{PRIVATE}"}}"#)),
    ] {
        let server = MockServer::start_async().await;
        all(&server, None, status, &body).await;
        // What it holds is looked at there.
        outcomes(&settings(&server.base_url()).build().unwrap().check().await);
    }
}
