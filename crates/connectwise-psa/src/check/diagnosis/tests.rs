//! Tests of the diagnosis.

use http::{HeaderMap, StatusCode};

use super::*;
use crate::check::probe::Expected;

const FORBIDDEN: &str =
    r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#;
const UNAUTHENTICATED: &str = r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#;
const NO_ENDPOINT: &str = r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#;

/// Returns the diagnosis for a server that sends the same response to every request.
fn diagnosis(is_cloud: bool, client_id: ClientId, status: u16, body: &str) -> Diagnosis {
    let result = |expected| {
        ProbeResult::from_response(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes(), expected)
    };
    let mut own_results = vec![result(Expected::Release)];
    own_results.extend((0..PROBED_COUNTS.len()).map(|_| result(Expected::Count)));
    let (host, base) = ("psa.example".to_owned(), "https://psa.example/v4_6_release/apis/3.0".to_owned());
    Diagnosis {
        host,
        base,
        is_cloud,
        is_discovered: false,
        company: "acme".to_owned(),
        credential_kind: CredentialKind::Keys,
        client_id,
        company_info: None,
        own_results,
        member: None,
    }
}

/// Returns the outcomes as `ok`, `no` and `?`: those of host, company, keys, client id, the member if there is one,
/// and the rights. Equal outcomes of rights are listed once.
fn outcomes(diagnosis: &Diagnosis) -> String {
    let short = |check: &Check| match check.outcome {
        CheckOutcome::Ok => "ok",
        CheckOutcome::Failed => "no",
        CheckOutcome::Unknown => "?",
    };
    let report = diagnosis.report();
    let mut texts: Vec<_> =
        report.checks().iter().filter(|check| check.subject != CheckSubject::Right).map(short).collect();
    let mut rights: Vec<_> =
        report.checks().iter().filter(|check| check.subject == CheckSubject::Right).map(short).collect();
    assert_eq!(rights.len(), PROBED_COUNTS.len());
    rights.dedup();
    texts.extend(rights);
    texts.join(" ")
}

#[test]
fn equal_responses_to_all_requests_are_diagnosed() {
    use ClientId::{Guid, Missing, NotAGuid};
    let count = r#"{"count":1}"#;
    for (is_cloud, client_id, status, body, expected, text) in [
        (true, Guid, 200, count, "ok ok ok ok ok", "psa.example responds"),
        (true, NotAGuid, 200, count, "ok ok ok ok ok", "It does not look like a client id"),
        (true, Missing, 200, count, "ok ok ok ok ok", "ConnectWise requires a client id"),
        (false, Missing, 200, count, "ok ok ok ok ok", "the server does not require one"),
        (true, Guid, 403, FORBIDDEN, "ok ok ok ok no", "System > Member Maintenance (Inquire)"),
        (true, Missing, 403, FORBIDDEN, "ok ok ok ok no", "members cannot be read (403 Forbidden, Security"),
        (true, Missing, 403, "", "ok ? ? no ?", "not set, and the cloud"),
        (false, Missing, 403, "", "? ? ? no ?", "not set, and the server rejects the requests"),
        (false, Guid, 403, "", "ok ok ok ok no", "companies cannot be read"),
        (true, Guid, 401, UNAUTHENTICATED, "ok ? no ? ?", "Check the public and the private key"),
        (true, Missing, 401, UNAUTHENTICATED, "ok ? ? no ?", "not set, and the cloud"),
        (
            false,
            Missing,
            401,
            UNAUTHENTICATED,
            "ok ? no ? ?",
            "whether the server requires one is unknown because the keys are wrong",
        ),
        (false, Guid, 401, "", "? ? no ? ?", "the responses do not show whether it is a PSA server"),
        (
            false,
            NotAGuid,
            401,
            UNAUTHENTICATED,
            "ok ? no ? ?",
            "cannot be checked because the keys are wrong — It does not look like a client id",
        ),
        (true, Guid, 400, r#"{"message":"clientId is missing"}"#, "ok ? ? no ?", "the server rejects it"),
        (
            false,
            NotAGuid,
            401,
            r#"{"code":"A","message":"clientId is unknown"}"#,
            "ok ? ? no ?",
            "It does not look like a client id",
        ),
        (false, Missing, 401, r#"{"code":"A","message":"clientId is missing"}"#, "ok ? ? no ?", "Set the client id"),
        (
            true,
            Guid,
            400,
            "Cannot route. Codebase/company is invalid",
            "ok no ? ? ?",
            "Check the company, the region, and the code base",
        ),
        (true, Guid, 404, NO_ENDPOINT, "ok ? no ? ?", "as it may for wrong keys"),
        (
            false,
            Guid,
            404,
            NO_ENDPOINT,
            "no ? ? ? ?",
            "does not have the API at https://psa.example/v4_6_release/apis/3.0",
        ),
        (false, Guid, 404, "<html>", "no ? ? ? ?", "an HTML page"),
        (true, Missing, 200, "<html>", "no ? ? no ?", "psa.example responds with an HTML page"),
        (true, Guid, 403, r#"{"code":"Security","message":"SSL is required."}"#, "no ? ? ? ?", "SSL is required"),
        (true, Guid, 301, "", "no ? ? ? ?", "redirects to another URL"),
        (true, Guid, 429, "", "ok ? ? ? ?", "check again in a minute"),
        (false, Guid, 503, "", "? ? ? ? ?", "cannot be checked: 503 Service Unavailable"),
        (
            false,
            Guid,
            400,
            r#"{"code":"A","message":"it does not support the API version"}"#,
            "ok ? ? ? ?",
            "set another version or none",
        ),
    ] {
        let diagnosis = diagnosis(is_cloud, client_id, status, body);
        let report = diagnosis.report().to_string();
        assert_eq!(outcomes(&diagnosis), expected, "{status} {body}\n{report}");
        assert!(report.contains(text), "{status} {body}\n{report}");
    }
}

#[test]
fn public_server_information_does_not_prove_the_keys() {
    let info = |status: u16, body: &str| {
        ProbeResult::from_response(
            StatusCode::from_u16(status).unwrap(),
            &HeaderMap::new(),
            body.as_bytes(),
            Expected::Release,
        )
    };
    let mut rejected = diagnosis(false, ClientId::Guid, 401, UNAUTHENTICATED);
    rejected.own_results[0] = info(200, r#"{"version":"v2025.1"}"#);
    assert_eq!(outcomes(&rejected), "ok ? no ? ?");
    assert!(rejected.report().to_string().contains("responds (release v2025.1)"));
    let mut only_info = diagnosis(false, ClientId::Guid, 404, NO_ENDPOINT);
    only_info.own_results[0] = info(200, "{}");
    assert_eq!(outcomes(&only_info), "no ? ? ? ?");
    // Nor does a 404 for the information disprove them.
    let mut valid = diagnosis(false, ClientId::Guid, 200, r#"{"count":1}"#);
    valid.own_results[0] = info(404, NO_ENDPOINT);
    assert_eq!(outcomes(&valid), "ok ok ok ok ok");
}

#[test]
fn the_company_information_is_part_of_the_diagnosis() {
    let company = || CompanyInfo {
        company_id: Some("Acme".to_owned()),
        company_name: Some("Acme Inc.".to_owned()),
        ..CompanyInfo::default()
    };
    let unknown = || Error::invalid_input("company", "\"acme\" is unknown at psa.example");
    for (is_discovered, lookup, expected, text) in [
        (true, Err(unknown()), "ok no ? ? ?", "Check its spelling"),
        (true, Err(Error::invalid_input("host", "psa.example redirects")), "no ? ? ? ?", "psa.example redirects"),
        (true, Err(Error::connect("dns error")), "no ? ? ? ?", "the host name psa.example cannot be resolved"),
        (
            true,
            Err(Error::from_response(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"")),
            "no ? ? ? ?",
            "does not return the base URL of the API (502",
        ),
        (
            true,
            Err(Error::timeout_because("waited 20s for one of 4 concurrent requests to end").not_sent()),
            "? ? ? ? ?",
            "host: cannot be checked: the request was not sent because of the client's own limits",
        ),
        (true, Ok(company()), "ok ok no ? ?", "the server knows \"acme\" (Acme Inc.) — The server spells it \"Acme\""),
        (true, Ok(CompanyInfo::default()), "ok ? no ? ?", "Check the company too"),
        (false, Ok(company()), "ok ok no ? ?", "the server knows \"acme\""),
        // If the base URL is not discovered, a failed lookup proves nothing.
        (false, Err(unknown()), "ok ? no ? ?", "does not confirm that it knows \"acme\""),
        (false, Err(Error::connect("dns error")), "ok ? no ? ?", "cannot be checked because the keys are wrong"),
    ] {
        let mut diagnosis = diagnosis(true, ClientId::Guid, 401, UNAUTHENTICATED);
        diagnosis.is_discovered = is_discovered;
        diagnosis.company_info = Some(lookup.map_err(Arc::new));
        let report = diagnosis.report().to_string();
        assert_eq!(outcomes(&diagnosis), expected, "{report}");
        assert!(report.contains(text), "{report}");
    }
}

#[test]
fn a_member_is_checked_with_its_keys() {
    let result = |status: u16, body: &str| {
        ProbeResult::from_response(
            StatusCode::from_u16(status).unwrap(),
            &HeaderMap::new(),
            body.as_bytes(),
            Expected::Count,
        )
    };
    let six = |status: u16, body: &str| (0..6).map(|_| result(status, body)).collect::<Vec<_>>();
    for (minted, results, expected, text) in [
        (Ok(()), six(200, r#"{"count":1}"#), "ok ok ok ok ok ok", "\"jdoe\" can be impersonated"),
        (Ok(()), six(403, FORBIDDEN), "ok ok ok ok ok no", "the security role of the member \"jdoe\""),
        (
            Ok(()),
            vec![result(401, UNAUTHENTICATED)],
            "ok ok ok ok no ?",
            "the server rejects the API keys that it created for \"jdoe\"",
        ),
        (Err(result(403, FORBIDDEN)), vec![], "ok ok ok ok no ?", "Member Impersonation"),
        (Err(result(401, UNAUTHENTICATED)), vec![], "ok ok ok ok no ?", "Member Impersonation"),
        (Err(result(404, NO_ENDPOINT)), vec![], "ok ok ok ok no ?", "an active member has this identifier"),
        (Err(result(503, "")), vec![], "ok ok ok ok ? ?", "Check again later"),
    ] {
        let mut diagnosis = diagnosis(true, ClientId::Guid, 200, r#"{"count":1}"#);
        diagnosis.member = Some(MemberDiagnosis { identifier: "jdoe".to_owned(), minted: Some(minted), results });
        let report = diagnosis.report().to_string();
        assert_eq!(outcomes(&diagnosis), expected, "{report}");
        assert!(report.contains(text), "{report}");
    }
}

#[test]
fn only_hyphenated_guids_are_recognised_as_client_ids() {
    for (text, expected) in [
        (None, ClientId::Missing),
        (Some("0f8fad5b-d9cb-469f-a165-70867728950e"), ClientId::Guid),
        (Some("0F8FAD5B-D9CB-469F-A165-70867728950E"), ClientId::Guid),
        (Some("0f8fad5bd9cb469fa16570867728950e"), ClientId::NotAGuid),
        (Some("0f8fad5b-d9cb-469f-a165-70867728950g"), ClientId::NotAGuid),
        (Some("{0f8fad5b-d9cb-469f-a165-70867728950e}"), ClientId::NotAGuid),
        (Some("urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e"), ClientId::NotAGuid),
        (Some("0f8fad5b-d9cb-469f-a165-7086772895-e"), ClientId::NotAGuid),
        (Some("demo"), ClientId::NotAGuid),
    ] {
        assert_eq!(ClientId::new(text.map(str::as_bytes)), expected, "{text:?}");
    }
}
