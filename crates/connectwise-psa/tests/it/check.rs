//! Tests `Psa::check` against a mock server, with valid settings and with each invalid setting. Reports must not
//! contain secrets.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use connectwise_psa::check::{CheckOutcome, CheckReport, CheckSubject};
use connectwise_psa::{CallOptions, Discovery, Psa, PsaBuilder, RetryPolicy};
use futures_util::FutureExt as _;
use httpmock::{Mock, MockServer};

use crate::server::{Action, Server, json_response, rate_limited};

const API: &str = "/v4_6_release/apis/3.0";
/// The counts that a check requests to find out which records can be read.
const PROBED_COUNTS: [&str; 6] = [
    "/system/members/count",
    "/company/companies/count",
    "/company/contacts/count",
    "/service/tickets/count",
    "/service/boards/count",
    "/time/entries/count",
];
/// The client id.
const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
/// The private key.
const PRIVATE: &str = "Sesame-27-Sesame";
/// base64 of `acme+public:Sesame-27-Sesame`.
const AUTHORIZATION: &str = "Basic YWNtZStwdWJsaWM6U2VzYW1lLTI3LVNlc2FtZQ==";
/// The response of `/system/info`.
const INFO: &str = r#"{"version":"v2025.1.98765","isCloud":true,"serverTimeZone":"Eastern Standard Time"}"#;
const FORBIDDEN: &str = "{\r\n  \"code\": \"Security\",\r\n  \"message\": \"You do not have security permission to perform this action.\"\r\n}";
const UNAUTHENTICATED: &str = r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#;
const NO_ENDPOINT: &str = r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#;
/// The response to a request that mints keys.
const KEYS: &str = r#"{"publicKey":"minted","privateKey":"Open-28-Open-28","expiration":"2099-01-01T00:00:00Z"}"#;

fn settings(host: &str) -> PsaBuilder {
    Psa::builder().host(host).company("acme").keys("public", PRIVATE).client_id(GUID)
}

/// Adds a response to GET requests for a path.
async fn mock_get<'a>(server: &'a MockServer, path: &str, status: u16, body: &str) -> Mock<'a> {
    server
        .mock_async(|when, then| {
            when.method("GET").path(path);
            then.status(status).header("content-type", "application/json; charset=utf-8").body(body);
        })
        .await
}

/// Adds the same response to all requests of a check to the API. If `info` is given, `/system/info` responds with it
/// instead.
async fn mock_all(server: &MockServer, info: Option<&str>, status: u16, body: &str) {
    mock_get(server, &format!("{API}/system/info"), info.map_or(status, |_| 200), info.unwrap_or(body)).await;
    for path in PROBED_COUNTS {
        mock_get(server, &format!("{API}{path}"), status, body).await;
    }
}

/// Adds a response to the lookup of the company information. `HOST` in the body is replaced by the server's address.
async fn mock_lookup(server: &MockServer, body: &str) {
    let body = body.replace("HOST", &server.address().to_string());
    mock_get(server, "/login/companyinfo/acme", 200, &body).await;
}

/// The company information of the cloud. `HOST` stands for the server's address.
const CLOUD: &str = r#"{"CompanyName":"Acme Inc.","CompanyID":"acme","Codebase":"v4_6_release/","VersionCode":"v2025.1","IsCloud":true,"SiteUrl":"HOST"}"#;

/// Returns the subjects and outcomes of all checks except the rights, and the outcomes of the rights. Asserts that the
/// report has no secrets.
fn outcomes(report: &CheckReport) -> (String, Vec<CheckOutcome>) {
    let (rights, others): (Vec<_>, Vec<_>) =
        report.checks().iter().partition(|check| check.subject == CheckSubject::Right);
    let others: Vec<_> = others.iter().map(|check| format!("{} {}", check.subject, check.outcome)).collect();
    let rights: Vec<_> = rights.iter().map(|check| check.outcome).collect();
    assert_eq!(rights.len(), PROBED_COUNTS.len(), "{report}");
    assert_eq!(report.is_ok(), report.checks().iter().all(|check| check.outcome == CheckOutcome::Ok));
    assert_eq!(report.to_string().lines().count(), report.checks().len());
    let whole = format!("{report}\n{report:?}");
    for secret in [PRIVATE, AUTHORIZATION, AUTHORIZATION.trim_start_matches("Basic "), "Open-28", GUID] {
        assert!(!whole.contains(secret), "{whole}");
    }
    (others.join(", "), rights)
}

/// Asserts the outcomes of the subjects, that all rights are unknown, and that the report contains the text.
fn assert_rights_unknown(report: &CheckReport, expected: &str, text: &str) {
    let (others, rights) = outcomes(report);
    assert_eq!(others, expected, "{report}");
    assert!(rights.iter().all(|outcome| *outcome == CheckOutcome::Unknown) && !report.is_ok(), "{report}");
    assert!(report.to_string().contains(text), "{text}\n{report}");
}

const ALL_OK: &str = "host ok, company ok, keys ok, client id ok";

#[tokio::test]
async fn a_self_hosted_server_is_ok_without_a_lookup() {
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
    mock_all(&server, Some(INFO), 200, r#"{"count":7}"#).await;
    let report = settings(&server.base_url()).build().unwrap().check().await;
    let (others, rights) = outcomes(&report);
    assert_eq!((others.as_str(), report.is_ok()), (ALL_OK, true), "{report}");
    assert!(rights.iter().all(|outcome| *outcome == CheckOutcome::Ok));
    assert_eq!(signed.calls_async().await, 1);
    let text = report.to_string();
    let host = server.address();
    for line in [
        format!("ok  host: {host} responds (release v2025.1.98765)\n"),
        "ok  company: \"acme\" is correct, because the server accepts the credentials\n".to_owned(),
        "ok  keys: the server accepts them\n".to_owned(),
        "ok  client id: the server accepts it\n".to_owned(),
        "ok  right: members can be read\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{text}");
    }
}

#[tokio::test]
async fn the_cloud_is_ok_with_a_lookup() {
    let server = MockServer::start_async().await;
    mock_lookup(&server, CLOUD).await;
    mock_all(&server, Some(INFO), 200, r#"{"count":7}"#).await;
    let psa = settings(&server.base_url()).code_base_discovery(Discovery::Always);
    let report = psa.build().unwrap().check().await;
    assert_eq!((outcomes(&report).0.as_str(), report.is_ok()), (ALL_OK, true), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("responds (release v2025.1)\n") && text.contains("the server knows \"acme\" (Acme Inc.)"),
        "{text}"
    );
}

#[tokio::test]
async fn error_responses_show_which_setting_is_invalid_if_any() {
    let keys = "host ok, company unknown, keys FAILED, client id unknown";
    let host = "host FAILED, company unknown, keys unknown, client id unknown";
    let client_id = "host ok, company unknown, keys unknown, client id FAILED";
    for (status, body, expected, text) in [
        (
            401,
            UNAUTHENTICATED,
            keys,
            "the server rejects them (401 Unauthorized, ConnectWiseApi: UserNotAuthenticated) — Check the public and the private key",
        ),
        (400, r#"{"code":"A","message":"Incorrect public/private key"}"#, keys, "Check the company too"),
        (
            400,
            r#"{"code":"A","message":"A clientId is required."}"#,
            client_id,
            "Check it in ConnectWise's developer portal",
        ),
        (401, r#"{"code":"A","message":"Unknown ClientID"}"#, client_id, "Unknown ClientID"),
        (403, r#"{"code":"A","message":"The client id is not valid"}"#, client_id, "403 Forbidden"),
        (404, NO_ENDPOINT, host, "does not have the API at http://127.0.0.1"),
        (200, "<!DOCTYPE html><title>Sign in</title>", host, "responds with an HTML page"),
        (404, "<html><title>No such page</title></html>", host, "No such page"),
        (302, "", host, "redirects to another URL (302 Found)"),
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
        mock_all(&server, None, status, body).await;
        // The lookup of the company fails, so only the responses of the API show what is wrong.
        mock_get(&server, "/login/companyinfo/acme", 500, "").await;
        let report = settings(&server.base_url()).build().unwrap().check().await;
        assert_rights_unknown(&report, expected, text);
    }
}

#[tokio::test]
async fn public_server_information_does_not_hide_wrong_keys() {
    let server = MockServer::start_async().await;
    mock_all(&server, Some(INFO), 401, UNAUTHENTICATED).await;
    mock_lookup(&server, CLOUD).await;
    let report = settings(&server.base_url()).build().unwrap().check().await;
    assert_rights_unknown(
        &report,
        "host ok, company ok, keys FAILED, client id unknown",
        "cannot be checked because the keys are wrong",
    );
    // The third check is that of the keys.
    let error = report.checks()[2].error.as_ref().unwrap();
    assert!(error.is_unauthenticated());
}

#[tokio::test]
async fn error_responses_of_the_cloud_show_which_setting_is_invalid() {
    let keys = "host ok, company ok, keys FAILED, client id unknown";
    let no_client_id = "host ok, company ok, keys unknown, client id FAILED";
    for (client_id, status, body, expected, text) in [
        (Some(GUID), 401, UNAUTHENTICATED, keys, "Check the public and the private key"),
        (Some(GUID), 404, NO_ENDPOINT, keys, "as it may for wrong keys"),
        (Some("not-a-guid"), 401, UNAUTHENTICATED, keys, "It does not look like a client id"),
        (None, 401, UNAUTHENTICATED, no_client_id, "not set, and the cloud rejects requests without one"),
        (None, 403, "", no_client_id, "Set the client id that ConnectWise issues"),
        (
            Some(GUID),
            400,
            "Cannot route. Codebase/company is invalid",
            "host ok, company FAILED, keys unknown, client id unknown",
            "cannot route requests for \"acme\"",
        ),
        (
            None,
            400,
            "Cannot route. Codebase/company is invalid",
            "host ok, company FAILED, keys unknown, client id FAILED",
            "cannot route requests for \"acme\"",
        ),
    ] {
        let server = MockServer::start_async().await;
        mock_lookup(&server, CLOUD).await;
        mock_all(&server, None, status, body).await;
        let psa = Psa::builder()
            .host(server.base_url())
            .company("acme")
            .keys("public", PRIVATE)
            .code_base_discovery(Discovery::Always);
        let psa = client_id.into_iter().fold(psa, PsaBuilder::client_id).build().unwrap();
        assert_rights_unknown(&psa.check().await, expected, text);
    }
}

#[tokio::test]
async fn a_failed_lookup_ends_the_check() {
    let company = "host unknown, company FAILED, keys unknown, client id unknown";
    let host = "host FAILED, company unknown, keys unknown, client id unknown";
    for (status, body, expected, text) in [
        (200, "null", company, "\"acme\" is unknown at 127.0.0.1"),
        (404, "", company, "Check its spelling and letter case, and the region"),
        (200, "<html>", host, "it is not a PSA server"),
        (301, "", host, "redirects (301"),
        (503, "", host, "does not return the base URL of the API (503"),
    ] {
        let server = MockServer::start_async().await;
        mock_get(&server, "/login/companyinfo/acme", status, body).await;
        let signed = server
            .mock_async(|when, then| {
                when.path_prefix(API);
                then.status(200).body(r#"{"count":1}"#);
            })
            .await;
        let psa = settings(&server.base_url()).code_base_discovery(Discovery::Always).build().unwrap();
        assert_rights_unknown(&psa.check().await, expected, text);
        assert_eq!(signed.calls_async().await, 0, "the keys are not sent to a host that may be wrong");
    }
}

#[tokio::test]
async fn causes_of_unreachable_hosts_are_reported() {
    // Nobody listens on this port. The socket reserves it, so no server of another test gets it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let free = socket.local_addr().unwrap();
    // This listener does not accept connections, so they wait in its queue.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (silent.local_addr().unwrap(), silent);
    let plain = MockServer::start_async().await;
    for (host, text) in [
        ("no-such-host.invalid".to_owned(), "the host name no-such-host.invalid cannot be resolved"),
        (format!("http://{free}"), "refuses connections"),
        (format!("http://{}", silent.0), "does not respond in time"),
        (format!("https://{}", plain.address()), "the TLS handshake with"),
    ] {
        for discovery in [Discovery::Never, Discovery::Always] {
            let psa = settings(&host)
                .read_timeout(Duration::from_millis(150))
                .code_base_discovery(discovery)
                .build()
                .unwrap();
            let report = psa.check().await;
            assert_rights_unknown(&report, "host FAILED, company unknown, keys unknown, client id unknown", text);
            assert!(report.to_string().contains("because the host cannot be reached"), "{report}");
            assert!(report.checks()[0].error.as_ref().is_some_and(|error| error.is_transport()));
        }
    }
}

#[tokio::test]
async fn rights_are_reported_one_by_one() {
    // The counts at these positions of `PROBED_COUNTS` get this status and body, and their rights the expected outcome.
    // The other counts succeed.
    for (positions, status, body, expected) in [
        (&[0, 3][..], 403, FORBIDDEN, CheckOutcome::Failed),
        (&[0, 1, 2, 3, 4, 5], 403, FORBIDDEN, CheckOutcome::Failed),
        (&[5], 500, "{}", CheckOutcome::Unknown),
        (&[0], 404, NO_ENDPOINT, CheckOutcome::Unknown),
        (&[2], 403, "<html>blocked</html>", CheckOutcome::Unknown),
    ] {
        let server = MockServer::start_async().await;
        mock_get(&server, &format!("{API}/system/info"), 200, INFO).await;
        for (position, path) in PROBED_COUNTS.into_iter().enumerate() {
            let (status, body) = if positions.contains(&position) { (status, body) } else { (200, r#"{"count":0}"#) };
            mock_get(&server, &format!("{API}{path}"), status, body).await;
        }
        let report = settings(&server.base_url()).build().unwrap().check().await;
        let (others, rights) = outcomes(&report);
        assert_eq!((others.as_str(), report.is_ok()), (ALL_OK, false), "{report}");
        for (position, outcome) in rights.into_iter().enumerate() {
            assert_eq!(outcome, if positions.contains(&position) { expected } else { CheckOutcome::Ok }, "{report}");
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
async fn a_busy_server_gets_no_further_requests() {
    let server = MockServer::start_async().await;
    mock_get(&server, &format!("{API}/system/info"), 200, INFO).await;
    mock_get(&server, &format!("{API}{}", PROBED_COUNTS[0]), 200, r#"{"count":0}"#).await;
    mock_get(&server, &format!("{API}{}", PROBED_COUNTS[1]), 429, "").await;
    let rest = mock_get(&server, &format!("{API}{}", PROBED_COUNTS[2]), 200, r#"{"count":0}"#).await;
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
        (200, KEYS, ok, "\"jdoe\" can be impersonated"),
        (403, FORBIDDEN, failed, "Member Impersonation"),
        (401, UNAUTHENTICATED, failed, "Member Impersonation"),
        (404, r#"{"code":"NotFound","message":"Member jdoe not found"}"#, failed, "Member jdoe not found"),
        (200, "{}", failed, "no usable keys"),
    ] {
        let server = MockServer::start_async().await;
        mock_get(&server, &format!("{API}/system/info"), 200, INFO).await;
        server
            .mock_async(|when, then| {
                when.method("POST")
                    .path(format!("{API}/system/members/jdoe/tokens"))
                    .header("authorization", AUTHORIZATION);
                then.status(status).body(body);
            })
            .await;
        for path in PROBED_COUNTS {
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
        // `AUTHORIZATION` is the header of this login as well, because it has the name and the secret of the keys.
        let psa = settings(&server.base_url()).integrator("public", PRIVATE).build().unwrap();
        let report = psa.as_member("jdoe").check().await;
        let (others, rights) = outcomes(&report);
        assert_eq!(others, expected, "{report}");
        let right = if expected == ok { CheckOutcome::Ok } else { CheckOutcome::Unknown };
        assert!(rights.iter().all(|outcome| *outcome == right) && report.to_string().contains(text), "{report}");
        // The integrator login itself may not read any of the lists.
        assert!(outcomes(&psa.check().await).1.iter().all(|outcome| *outcome == CheckOutcome::Failed));
    }
}

#[tokio::test]
async fn credentials_in_responses_are_not_reported() {
    for (status, body) in [
        (401, format!("your request was\r\nAuthorization: {AUTHORIZATION}")),
        (403, format!(r#"{{"code":"A","message":"{PRIVATE} is forbidden"}}"#)),
        (400, format!("<html><title>{AUTHORIZATION}</title></html>")),
        (200, format!(r#"{{"headers":{{"authorization":"{AUTHORIZATION}"}},"version":"{PRIVATE}"}}"#)),
    ] {
        let server = MockServer::start_async().await;
        mock_all(&server, None, status, &body).await;
        // `outcomes` asserts that the report has no secrets.
        outcomes(&settings(&server.base_url()).build().unwrap().check().await);
    }
}

#[tokio::test]
async fn a_check_is_not_more_patient_than_the_client() {
    let silent = Server::always(Action::Silence).await;
    // Minting is silent; everything else succeeds.
    let only_minting = Server::new(|request| match request.target.as_str() {
        target if target.ends_with("/tokens") => Action::Silence,
        target if target.contains("/count") => json_response(200, r#"{"count":0}"#),
        _ => json_response(200, INFO),
    })
    .await;
    let options = CallOptions::new().timeout(Duration::from_millis(300));
    for (server, discovery, member) in [
        (&silent, Discovery::Never, None),
        (&silent, Discovery::Always, None),
        (&silent, Discovery::Never, Some("jdoe")),
        (&only_minting, Discovery::Never, Some("jdoe")),
    ] {
        let psa = server.builder().options(options.clone()).code_base_discovery(discovery).build().unwrap();
        let psa = member.map_or(psa.clone(), |member| psa.as_member(member));
        let started = Instant::now();
        let report = psa.check().await;
        // Without the client's timeout, the check would wait 20 seconds for each request.
        assert!(!report.is_ok() && started.elapsed() < Duration::from_secs(15), "{:?}: {report}", started.elapsed());
    }
}

/// A check whose requests are not sent shows nothing about the host.
#[tokio::test]
async fn a_check_that_sends_nothing_does_not_say_that_the_host_responds() {
    let within =
        |milliseconds| CallOptions::new().retry(RetryPolicy::none()).timeout(Duration::from_millis(milliseconds));
    let paused = Server::always(rate_limited("3600")).await;
    let paused_client = paused.psa().with(within(500));
    assert!(paused_client.service().get_ticket(5).await.is_err());
    let busy = Server::always(Action::Silence).await;
    let busy_client = busy.builder().max_concurrent_requests(1).build().unwrap();
    let occupying = busy_client.clone();
    let occupying = tokio::spawn(async move { occupying.service().get_ticket(5).await });
    busy.wait_for_requests(1).await;
    let idle = Server::always(json_response(200, r#"{"count":0}"#)).await;
    for discovery in [Discovery::Never, Discovery::Always] {
        let idle_client = idle.builder().code_base_discovery(discovery).build().unwrap();
        let without_runtime = idle_client.clone();
        let report = std::thread::spawn(move || without_runtime.check().now_or_never().unwrap()).join().unwrap();
        assert!(report.to_string().contains("host: cannot be checked: runtime is missing"), "{report}");
        for (server, client) in
            [(&paused, &paused_client), (&busy, &busy_client.with(within(200))), (&idle, &idle_client.with(within(0)))]
        {
            let before = server.count();
            let report = client.check().await;
            assert!(report.to_string().contains("host: cannot be checked: the request was not sent"), "{report}");
            assert!(!report.to_string().contains("responds") && !report.is_ok(), "{report}");
            assert_eq!(server.count(), before);
        }
    }
    occupying.abort();
}

/// A long response is not the expected one, and its end is not searched for secrets.
#[tokio::test]
async fn a_check_of_a_server_with_long_responses_is_fast() {
    let server = Server::always(json_response(200, format!("[\"{}\"]", "x".repeat(20 << 20)))).await;
    let started = Instant::now();
    let report = server.psa().check().await;
    assert!(!report.is_ok() && started.elapsed() < Duration::from_secs(10), "{:?}: {report}", started.elapsed());
}

#[tokio::test]
async fn a_check_retries_no_more_than_the_client() {
    for (policy, attempts) in [(RetryPolicy::none(), 1), (RetryPolicy::default(), 3)] {
        let server = Server::always(json_response(503, "")).await;
        let psa = server.builder().options(CallOptions::new().retry(policy)).build().unwrap();
        psa.check().await;
        let first = server.requests().iter().filter(|request| request.target.ends_with("/system/info")).count();
        assert_eq!(first, attempts);
    }
}
