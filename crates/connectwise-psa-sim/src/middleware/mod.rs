//! What runs before every operation: the choice of the target, and the checks of TLS, credentials, client id, rate
//! limit, version and rights.

pub(crate) mod authentication;
pub(crate) mod rate_limit;
pub(crate) mod target;

use http::StatusCode;

use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::settings::Settings;

/// The result of a check; the error is the error response.
pub(crate) type MiddlewareResult<T> = Result<T, Box<Response>>;

/// Checks that TLS is used, if the settings require it. Observed on live servers: the message; the status is not known.
pub(crate) fn tls(settings: &Settings, is_used: bool) -> MiddlewareResult<()> {
    if is_used || !settings.require_tls {
        return Ok(());
    }
    Err(Box::new(ApiError::new(StatusCode::FORBIDDEN, "Security", "SSL is required.").response()))
}

/// Checks the client id. Observed on live servers: every request needs one. Sources disagree on the status without one.
pub(crate) fn client_id(settings: &Settings, request: &Request) -> MiddlewareResult<()> {
    let given = request.header("clientid").is_some_and(|id| !id.trim().is_empty());
    if given || !settings.client_id_required {
        return Ok(());
    }
    let message = "The clientId header is missing or invalid.";
    Err(Box::new(ApiError::new(settings.missing_client_id_status, "ConnectWiseApi", message).response()))
}

/// Checks the API version. Observed on live servers: the version is a parameter of the first media type in `Accept`,
/// and an unknown version is rejected.
pub(crate) fn version(settings: &Settings, request: &Request) -> MiddlewareResult<()> {
    let accept = request.header("accept").unwrap_or_default();
    let first = accept.split(',').next().unwrap_or_default();
    let parameter = first
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("version"));
    let Some((_, version)) = parameter else { return Ok(()) };
    let numbers = |text: &str| {
        text.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()
    };
    // The versions up to that of the server, and all versions of its year.
    let known = numbers(version)
        .zip(numbers(&settings.version))
        .is_some_and(|(request, own)| request <= own || request.first() == own.first());
    if known || settings.ignore_version {
        return Ok(());
    }
    let message = format!(
        "The HTTP resource that matches the request URI '{}' does not support the API version '{}'.",
        request.path,
        version.trim()
    );
    Err(Box::new(ApiError::bad("ConnectWiseApi", message).response()))
}

/// Checks that the settings deny no right that the operation needs. Observed on live servers: the message.
pub(crate) fn rights(settings: &Settings, method: &str, path: &str) -> MiddlewareResult<()> {
    let is_denied = connectwise_psa::check::rights(method, path).iter().any(|right| {
        let entry = format!("{} > {}", right.area, right.entry);
        settings.denied_rights.iter().any(|denied| *denied == entry || *denied == right.to_string())
    });
    if is_denied {
        let message = "You do not have security permission to perform this action.";
        return Err(Box::new(ApiError::new(StatusCode::FORBIDDEN, "Security", message).response()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    use super::authentication::{MintedKeys, authenticate};
    use super::rate_limit::{MINUTE, RateLimit};
    use super::target::{Target, target};
    use crate::api_error::too_many_requests;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, Method};

    fn request(headers: &[(&str, &str)]) -> Request {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), value.parse().unwrap()));
        Request::new(Method::GET, "/x", HeaderMap::from_iter(headers), Bytes::new())
    }

    #[test]
    fn paths_lead_to_their_targets() {
        for (path, expected) in [
            ("/v4_6_release/apis/3.0/service/tickets", "api /service/tickets"),
            ("/V2025_1/APIS/3.0/service/tickets/", "api /service/tickets/"),
            ("/v2025_1//apis/3.0/company/contacts/5", "api /company/contacts/5"),
            ("/v2024_1/apis/3.0/service/tickets", "unrouted"),
            ("/v4_6_release/apis/3.0/apis/3.0/service/tickets", "unrouted"),
            ("/apis/3.0/service/tickets", "unrouted"),
            ("/login/CompanyInfo/acme%20x", "company acme x"),
            ("/v2025_1//system/callbackkey/index.rails", "key"),
            ("/v4_6_release/ConnectWise.aspx", "page"),
            ("/", "page"),
        ] {
            let found = match target(path, "v2025_1") {
                Target::CompanyInfo(company) => format!("company {company}"),
                Target::Api(path) => format!("api {path}"),
                Target::CallbackKey => "key".to_owned(),
                Target::Unrouted => "unrouted".to_owned(),
                Target::Page => "page".to_owned(),
            };
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn callers_are_identified_by_their_credentials() {
        let settings = Settings {
            integrators: vec![("int".into(), "pw".into())],
            member_hashes: vec![("7".into(), "hash".into())],
            ..Settings::default()
        };
        let now = Instant::now();
        let minted = vec![MintedKeys {
            member: "jdoe".into(),
            public_key: "mp".into(),
            private_key: "ms".into(),
            expires: now + MINUTE,
        }];
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (text, cookie, at, expected) in [
            ("demo+public:private", "", now, "ApiKeys api"),
            ("demo+int:pw", "", now, "Integrator int"),
            ("demo+7:hash", "memberHash=hash; memberId=7", now, "MemberHash 7"),
            ("demo+7:hash", "", now, "401"),
            ("demo+mp:ms", "", now, "MintedKeys jdoe"),
            ("demo+mp:ms", "", now + MINUTE, "401"),
            ("demo+public:wrong", "", now, "401"),
            // The gateway cannot route a request for an unknown company.
            ("other+public:private", "", now, "400"),
            ("public:private", "", now, "401"),
        ] {
            let (header, mut headers) = (header(text), Vec::new());
            headers.push(("authorization", header.as_str()));
            if !cookie.is_empty() {
                headers.push(("cookie", cookie));
            }
            let found = match authenticate(&settings, &minted, &request(&headers), at) {
                Ok(caller) => format!("{:?} {}", caller.credentials, caller.member),
                Err(response) => response.status.as_u16().to_string(),
            };
            assert_eq!(found, expected, "{text}");
        }
        assert!(authenticate(&settings, &minted, &request(&[]), now).is_err());
    }

    #[test]
    fn versions_and_client_ids_are_checked() {
        let settings = Settings::default();
        for (accept, is_valid) in [
            ("application/json", true),
            ("application/vnd.connectwise.com+json", true),
            ("application/vnd.connectwise.com+json; version=2025.8", true),
            ("application/vnd.connectwise.com+json;version=2022.1, */*", true),
            // Only the version of the first media type counts.
            ("*/*, application/vnd.connectwise.com+json; version=3000.1", true),
            ("application/vnd.connectwise.com+json; version=3000.1", false),
            ("application/vnd.connectwise.com+json; version=new", false),
        ] {
            assert_eq!(version(&settings, &request(&[("accept", accept)])).is_ok(), is_valid, "{accept}");
        }
        assert!(client_id(&settings, &request(&[("clientid", "x")])).is_ok());
        assert_eq!(client_id(&settings, &request(&[])).unwrap_err().status, StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn the_rate_limit_is_per_minute() {
        let (mut limit, now) = (RateLimit::default(), Instant::now());
        let mut admit =
            |seconds| limit.admit(Some(2), Duration::from_secs(7), now + Duration::from_secs(seconds)).is_ok();
        // Rejected requests do not count. After 60 seconds, only the request at second 1 is left of the last minute.
        assert_eq!(
            [admit(0), admit(1), admit(2), admit(60), admit(60), admit(61)],
            [true, true, false, true, false, true]
        );
        assert_eq!(too_many_requests(Duration::from_secs(7)).headers["retry-after"], "7");
    }
}
