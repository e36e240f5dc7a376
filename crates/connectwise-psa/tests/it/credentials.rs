//! Credentials in requests. For calls as a member, the client mints keys: it requests API keys that the server creates
//! for the member. The clones of a client share a member's keys. If the server rejects them, the client mints new ones.
//! Errors say why keys cannot be minted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use connectwise_psa::{CallOptions, Error, Psa, Value};
use futures_util::future::join_all;
use serde_json::json;

use crate::server::{
    Action, BASIC, CLIENT_ID, RecordedRequest, Server, closed_port, json_response, rate_limited, ticket,
};

async fn read(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

/// Returns whether a request mints keys.
fn is_mint(request: &RecordedRequest) -> bool {
    request.target.ends_with("/tokens")
}

/// Returns the response to a request that mints keys. For the number 1, the public key is `m1` and the private key
/// `s1`.
fn minted(number: usize) -> Action {
    json_response(200, json!({"publicKey": format!("m{number}"), "privateKey": format!("s{number}"), "expiration": "2999-01-01T00:00:00Z"}).to_string())
}

/// The `Authorization` headers with the first and the second minted keys: base64 of `acme+m1:s1` and of `acme+m2:s2`.
const MINTED: [&str; 2] = ["Basic YWNtZSttMTpzMQ==", "Basic YWNtZSttMjpzMg=="];

/// The `Authorization` header with the integrator login `robot`: base64 of `acme+robot:secret`.
const ROBOT: &str = "Basic YWNtZStyb2JvdDpzZWNyZXQ=";

/// Returns a server that mints numbered keys and responds to other requests with a ticket.
async fn minting_server() -> Server {
    let mut number = 0;
    Server::new(move |request| {
        if is_mint(request) {
            number += 1;
            minted(number)
        } else {
            ticket()
        }
    })
    .await
}

#[tokio::test]
async fn each_kind_of_credentials_has_its_headers() {
    let server = Server::always(ticket()).await;
    // The builder, and the expected headers `authorization`, `x-cw-usertype` and `cookie`.
    let kinds = [
        (server.builder(), BASIC, None, None),
        // The public key may have the company in front, as other programs store it.
        (server.builder().company("").keys("acme+public", "private"), BASIC, None, None),
        (server.builder().integrator("robot", "secret"), ROBOT, Some("integrator"), None),
        // The header is base64 of `acme+7:abc`.
        (
            server.builder().member_hash("7", "abc"),
            "Basic YWNtZSs3OmFiYw==",
            None,
            Some("companyName=acme; memberHash=abc; memberId=7; memberContext=web"),
        ),
    ];
    for (number, (builder, authorization, user_type, cookie)) in kinds.into_iter().enumerate() {
        read(&builder.build().unwrap()).await.unwrap();
        let request = &server.requests()[number];
        assert_eq!(request.header("authorization"), Some(authorization));
        assert_eq!(request.header("clientid"), Some(CLIENT_ID));
        assert_eq!((request.header("x-cw-usertype"), request.header("cookie")), (user_type, cookie));
        assert!(request.header("user-agent").unwrap().starts_with("connectwise-psa/"));
    }
}

#[tokio::test]
async fn without_a_client_id_its_header_is_not_sent() {
    let server = Server::always(ticket()).await;
    let psa = Psa::builder()
        .host(format!("http://{}", server.address))
        .company("acme")
        .keys("public", "private")
        .build()
        .unwrap();
    read(&psa).await.unwrap();
    assert_eq!(
        (server.requests()[0].header("clientid"), server.request_lines()),
        (None, vec!["GET /service/tickets/5".to_owned()])
    );
}

#[tokio::test]
async fn keys_of_a_member_are_minted_once_for_all_clones() {
    let server = minting_server().await;
    let psa = server.builder().integrator("robot", "secret").build().unwrap();
    // Whitespace around an identifier is ignored.
    let (first, second, third) =
        (psa.as_member("jdoe"), psa.clone().as_member(" jdoe "), psa.as_member("jdoe").clone());
    let all: Vec<_> = [&first, &second, &third, &first, &second].into_iter().map(read).collect();
    assert!(join_all(all).await.iter().all(Result::is_ok));
    let requests = server.requests();
    let (mints, calls): (Vec<_>, Vec<_>) = requests.iter().partition(|request| is_mint(request));
    assert_eq!((mints.len(), calls.len()), (1, 5));
    assert_eq!(mints[0].short_line(), "POST /system/members/jdoe/tokens");
    assert_eq!(mints[0].body, r#"{"memberIdentifier":"jdoe"}"#);
    assert_eq!(mints[0].header("x-cw-usertype"), Some("integrator"));
    assert_eq!(mints[0].header("authorization"), Some(ROBOT));
    assert_eq!(
        (mints[0].header("clientid"), mints[0].header("content-type")),
        (Some(CLIENT_ID), Some("application/json; charset=utf-8"))
    );
    for call in calls {
        assert_eq!(
            (call.header("authorization"), call.header("x-cw-usertype"), call.header("clientid")),
            (Some(MINTED[0]), Some("member"), Some(CLIENT_ID))
        );
    }
}

#[tokio::test]
async fn members_have_their_own_keys_and_the_client_keeps_its_credentials() {
    let server = minting_server().await;
    let psa = server.psa();
    for psa in [psa.as_member("a"), psa.as_member("b"), psa.clone(), psa.as_member("a")] {
        read(&psa).await.unwrap();
    }
    let headers: Vec<_> = server
        .requests()
        .iter()
        .map(|request| {
            (request.header("authorization").unwrap().to_owned(), request.header("x-cw-usertype").map(str::to_owned))
        })
        .collect();
    let member = Some("member".to_owned());
    // Keys for `a` are minted, `a` calls, keys for `b` are minted, `b` calls, the client calls, `a` calls again.
    // Minting uses the client's own keys, but also needs the user type.
    let expected: Vec<_> = [
        (BASIC, &member),
        (MINTED[0], &member),
        (BASIC, &member),
        (MINTED[1], &member),
        (BASIC, &None),
        (MINTED[0], &member),
    ]
    .into_iter()
    .map(|(header, user_type)| (header.to_owned(), user_type.clone()))
    .collect();
    assert_eq!(headers, expected);
}

#[tokio::test]
async fn rejected_keys_are_renewed_once_in_a_call() {
    let unauthorized = || json_response(401, r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#);
    let server = Server::with_actions([
        // The first call renews the keys.
        minted(1),
        unauthorized(),
        minted(2),
        ticket(),
        // The second call succeeds.
        ticket(),
        // The third call renews the keys, and the server rejects the new ones as well.
        unauthorized(),
        minted(3),
        unauthorized(),
    ])
    .await;
    let member = server.psa().as_member("jdoe");
    read(&member).await.unwrap();
    assert_eq!(
        server.request_lines(),
        [
            "POST /system/members/jdoe/tokens",
            "GET /service/tickets/5",
            "POST /system/members/jdoe/tokens",
            "GET /service/tickets/5"
        ]
    );
    assert_eq!(server.requests()[3].header("authorization"), Some(MINTED[1]));
    read(&member).await.unwrap();
    // The keys are renewed for a POST as well, because a request whose keys were rejected has done nothing. They are
    // not renewed a second time.
    let error = member.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_unauthenticated() && !error.is_ambiguous(), "{error}");
    assert_eq!((server.count(), error.attempts()), (8, Some(2)));
}

#[tokio::test]
async fn a_late_401_for_old_keys_does_not_discard_new_keys() {
    // Four calls are sent with the first keys, and all of them get a 401. The first 401 causes the second minting. If a
    // later one discarded the second keys, there would be a third minting.
    let mints = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&mints);
    let server = Server::new(move |request| {
        if is_mint(request) {
            return minted(counted.fetch_add(1, Ordering::SeqCst) + 1);
        }
        if request.header("authorization") == Some(MINTED[0]) {
            json_response(401, "{}").after(Duration::from_millis(20))
        } else {
            ticket()
        }
    })
    .await;
    let member = server.psa().as_member("jdoe");
    assert!(join_all((0..4).map(|_| read(&member))).await.iter().all(Result::is_ok));
    assert_eq!(mints.load(Ordering::SeqCst), 2);
}

/// Returns the error of the request for keys that a call failed with.
#[track_caller]
fn minting_error(error: &Error) -> &Error {
    assert!(error.is_preparation() && error.is_unsent() && !error.is_ambiguous(), "{error}");
    assert!(error.status().is_none() && error.to_string().contains("could not be created"), "{error}");
    std::error::Error::source(error).unwrap().downcast_ref().unwrap()
}

#[tokio::test]
async fn a_403_for_minting_names_the_member_and_the_right() {
    let server = Server::always(json_response(
        403,
        r#"{"code":"Unauthorized","message":"You do not have security permission to perform this action."}"#,
    ))
    .await;
    let error = read(&server.psa().as_member("jdoe")).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("\"jdoe\"") && text.contains("Member Impersonation"), "{text}");
    assert!(minting_error(&error).is_permission_denied() && !error.is_permission_denied(), "{text}");
    assert_eq!(server.request_lines(), ["POST /system/members/jdoe/tokens"]);
}

#[tokio::test]
async fn minting_is_retried_and_its_failure_is_not_ambiguous() {
    let server = Server::with_actions([Action::Reset, json_response(503, ""), minted(1), ticket()]).await;
    read(&server.psa().as_member("jdoe")).await.unwrap();
    assert_eq!(server.count(), 4);
    for action in [Action::Reset, Action::Silence, json_response(503, "")] {
        let server = Server::always(action).await;
        let quick = CallOptions::new().timeout(Duration::from_millis(200));
        let error = server
            .psa()
            .with(quick)
            .as_member("jdoe")
            .service()
            .create_ticket(&json!({"summary": "a"}))
            .await
            .unwrap_err();
        assert!(!error.is_ambiguous() && error.is_retryable(), "{error}");
        assert!(server.request_lines().iter().all(|line| line.ends_with("/tokens")));
    }
}

#[tokio::test]
async fn a_minting_response_without_keys_is_an_error() {
    for body in ["{}", "null", "[]", "no JSON", ""] {
        let server = Server::always(json_response(200, body)).await;
        let error = read(&server.psa().as_member("jdoe")).await.unwrap_err();
        assert!(minting_error(&error).is_unexpected_response(), "{body}: {error}");
        assert!(error.to_string().contains("the response has no usable keys"), "{body}: {error}");
    }
}

#[tokio::test]
async fn member_identifiers_are_encoded_in_the_path() {
    // The identifier, and the expected path of the request that mints keys, or `None` if the client sends nothing.
    for (name, path) in [
        ("j doe", Some("/system/members/j%20doe/tokens")),
        ("a/b?c#d", Some("/system/members/a%2Fb%3Fc%23d/tokens")),
        ("é\r\nx: y", Some("/system/members/%C3%A9%0D%0Ax%3A%20y/tokens")),
        ("..", None),
        ("", None),
    ] {
        let server = minting_server().await;
        let outcome = read(&server.psa().as_member(name)).await;
        match path {
            Some(path) => {
                outcome.unwrap();
                assert_eq!(server.request_lines(), [format!("POST {path}"), "GET /service/tickets/5".to_owned()]);
                assert_eq!(
                    serde_json::from_str::<Value>(&server.requests()[0].body).unwrap()["memberIdentifier"],
                    name
                );
            }
            None => {
                assert!(outcome.unwrap_err().is_invalid_input(), "{name:?}");
                assert_eq!(server.count(), 0, "{name:?}");
            }
        }
    }
}

#[tokio::test]
async fn headers_of_a_request_do_not_replace_those_of_the_client() {
    use connectwise_psa::Method;
    use connectwise_psa::transport::Request;
    let server = minting_server().await;
    let psa = server.psa();
    for psa in [psa.clone(), psa.as_member("jdoe")] {
        let mut request = Request::new(Method::Get, "/service/tickets/5");
        for (name, value) in
            [("authorization", "Basic x"), ("cookie", "a=b"), ("clientid", "other"), ("x-cw-usertype", "integrator")]
        {
            request.headers.insert(name, value.parse().unwrap());
        }
        psa.connection().send(request).await.unwrap();
    }
    let requests = server.requests();
    let parts = |request: &RecordedRequest| {
        ["authorization", "clientid", "cookie"].map(|name| request.header(name).map(str::to_owned))
    };
    // The requests are: the call of the client, the minting, the call as the member.
    assert!(requests.len() == 3 && is_mint(&requests[1]));
    assert_eq!(parts(&requests[0]), [Some(BASIC.to_owned()), Some(CLIENT_ID.to_owned()), None]);
    assert_eq!(parts(&requests[2]), [Some(MINTED[0].to_owned()), Some(CLIENT_ID.to_owned()), None]);
    // The client sets `x-cw-usertype` only for integrators and members. With API keys, it would keep the given one.
    assert_eq!(requests[2].header("x-cw-usertype"), Some("member"));
}

#[tokio::test]
async fn an_unreachable_server_is_not_an_invalid_member() {
    let psa = Psa::builder()
        .host(format!("http://127.0.0.1:{}", closed_port().await))
        .company("acme")
        .keys("public", "private");
    let once = CallOptions::new().retry(connectwise_psa::RetryPolicy::none());
    let error = read(&psa.options(once).build().unwrap().as_member("jdoe")).await.unwrap_err();
    assert!(minting_error(&error).is_connect() && error.is_retryable() && error.parameter().is_none(), "{error}");
}

#[tokio::test]
async fn an_unknown_member_is_not_a_missing_record() {
    for status in [400, 404, 409] {
        let server = Server::always(json_response(status, r#"{"code":"NotFound","message":"no such member"}"#)).await;
        let error = server.psa().as_member("typo").service().get_ticket(5).await.unwrap_err();
        assert_eq!(minting_error(&error).status().map(|status| status.as_u16()), Some(status));
        assert!(!error.is_not_found() && !error.is_retryable() && error.to_string().contains("\"typo\""), "{error}");
        assert!(error.to_string().contains("no such member"), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn an_error_object_in_place_of_the_keys_is_an_error() {
    let server = Server::always(json_response(200, r#"{"code":"Security","message":"SSL is required."}"#)).await;
    let error = read(&server.psa().as_member("jdoe")).await.unwrap_err();
    assert_eq!(minting_error(&error).code(), Some("Security"));
    assert!(error.to_string().contains("SSL is required"), "{error}");
    // The texts of other objects are not shown, because they may be keys.
    let server = Server::always(json_response(200, r#"{"id":5,"privateKey":"hunter2-hunter2"}"#)).await;
    let error = read(&server.psa().as_member("jdoe")).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

/// The member's keys are rejected, and the minting of new ones would have to wait until after the timeout of the call.
#[tokio::test]
async fn minting_behind_a_pause_fails_at_once() {
    let server = Server::new(move |request| match request.target.as_str() {
        _ if is_mint(request) => minted(1),
        target if target.ends_with("/9") => rate_limited("3"),
        _ => json_response(401, "{}").after(Duration::from_millis(1500)),
    })
    .await;
    let psa = server.psa();
    let within = |milliseconds| CallOptions::new().timeout(Duration::from_millis(milliseconds));
    let (member, other) = (psa.as_member("jdoe").with(within(2700)), psa.with(within(1000)));
    let pause = async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        other.service().get_ticket(9).await
    };
    let (outcome, other) = tokio::join!(read(&member), pause);
    assert!(other.is_err());
    let error = outcome.unwrap_err();
    let failure: &Error = std::error::Error::source(&error).unwrap().downcast_ref().unwrap();
    assert!(error.is_preparation() && failure.is_rate_limited(), "{error} {failure}");
}

/// The server received and rejected the request, although the last attempt was not sent.
#[tokio::test]
async fn a_request_that_was_sent_before_minting_fails_is_not_unsent() {
    let minting = AtomicUsize::new(0);
    let server = Server::new(move |request| match is_mint(request) {
        true if minting.fetch_add(1, Ordering::SeqCst) == 0 => minted(1),
        true => json_response(404, r#"{"code":"NotFound","message":"no such member"}"#),
        false => json_response(401, "{}"),
    })
    .await;
    let psa = server.psa().as_member("jdoe");
    let error = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_preparation() && !error.is_unsent() && !error.is_ambiguous(), "{error}");
    assert!(error.to_string().contains("the last attempt was not sent"), "{error}");
}
