//! What stands in front of every operation: the address, the login, the client id, the version, the limits, the rights.
#![allow(clippy::result_large_err, reason = "a refusal is the answer itself, made once and sent at once")]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::json;

use crate::exchange::{Answer, Asked};
use crate::problem::Problem;
use crate::settings::Settings;

/// What may go on, or the answer that ends it.
pub(crate) type Refused<T> = Result<T, Box<Answer>>;

const MINUTE: Duration = Duration::from_secs(60);

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The member whose name changes carry.
    pub(crate) member: String,
    pub(crate) kind: CallerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerKind {
    Keys,
    Integrator,
    MemberHash,
    Minted,
}

/// Keys minted for a member.
#[derive(Clone, Debug)]
pub(crate) struct Minted {
    pub(crate) member: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    pub(crate) until: Instant,
}

/// Where a path leads before anybody looks at operations.
pub(crate) enum Address {
    /// The public facts about a company.
    CompanyInfo(String),
    /// The key that a message of a callback is signed with.
    CallbackKey,
    /// A path under the API base.
    Api(String),
    /// The gateway has no way for it.
    Unrouted,
    /// A page of the web site.
    Page,
}

/// facts: the alias leads to the tenant's own release; another release is not routed; a doubled path neither.
pub(crate) fn address(path: &str, code_base: &str) -> Address {
    let trimmed = path.trim_start_matches('/');
    let segments: Vec<&str> = trimmed.split('/').filter(|segment| !segment.is_empty()).collect();
    let is = |at: usize, expected: &str| segments.get(at).is_some_and(|segment| segment.eq_ignore_ascii_case(expected));
    if is(0, "login") && is(1, "companyinfo") {
        let company = segments.get(2).copied().unwrap_or_default();
        return Address::CompanyInfo(percent_encoding::percent_decode_str(company).decode_utf8_lossy().into_owned());
    }
    if is(1, "system") && is(2, "callbackkey") {
        return Address::CallbackKey;
    }
    let is_base = is(1, "apis") && is(2, "3.0");
    if !is_base {
        return if segments.iter().any(|segment| segment.eq_ignore_ascii_case("apis")) { Address::Unrouted } else { Address::Page };
    }
    let routed = is(0, "v4_6_release") || is(0, code_base);
    let doubled = segments.get(3..).is_some_and(|rest| rest.iter().any(|segment| segment.eq_ignore_ascii_case("apis")));
    if !routed || doubled {
        return Address::Unrouted;
    }
    let slash = if path.ends_with('/') { "/" } else { "" };
    Address::Api(format!("/{}{slash}", segments.get(3..).unwrap_or_default().join("/")))
}

/// facts: the gateway answers in plain text.
pub(crate) fn unrouted() -> Answer {
    Answer::text(StatusCode::BAD_REQUEST, "Cannot route. Codebase/company is invalid")
}

/// facts: in Pascal case, and null for a company that is unknown.
pub(crate) fn company_info(settings: &Settings, company: &str, site_url: &str) -> Answer {
    if !company.eq_ignore_ascii_case(&settings.company) {
        return Answer::ok(&serde_json::Value::Null);
    }
    Answer::ok(&json!({
        "CompanyName": settings.company, "Codebase": format!("{}/", settings.code_base), "VersionCode": settings.version,
        "VersionNumber": "v4.6.98765", "CompanyID": settings.company, "IsCloud": true, "SiteUrl": site_url, "AllowedOrigins": [],
    }))
}

/// Who a request says it is, and whether that is true.
pub(crate) fn caller(settings: &Settings, minted: &[Minted], asked: &Asked, now: Instant) -> Refused<Caller> {
    let refused_with = |status| Box::new(Problem::new(status, "ConnectWiseApi", "UserNotAuthenticated").answer());
    let unauthenticated = || refused_with(settings.wrong_keys_status);
    let Some((company, name, secret)) = basic(asked) else { return Err(refused_with(StatusCode::UNAUTHORIZED)) };
    if company != settings.company {
        return Err(Box::new(unrouted()));
    }
    let is = |pairs: &[(String, String)]| pairs.iter().any(|(other, password)| *other == name && *password == secret);
    let caller = |member: &str, kind| Ok(Caller { member: member.to_owned(), kind });
    if name == settings.public_key && secret == settings.private_key {
        return caller("api", CallerKind::Keys);
    }
    if is(&settings.integrators) {
        return caller(&name, CallerKind::Integrator);
    }
    if is(&settings.member_hashes) {
        let cookies = asked.header("cookie").unwrap_or_default();
        let has = |name: &str, value: &str| cookies.split(';').any(|cookie| cookie.trim() == format!("{name}={value}"));
        // facts: a hosted page sends the session's cookies beside the header.
        return if has("memberHash", &secret) && has("memberId", &name) { caller(&name, CallerKind::MemberHash) } else { Err(unauthenticated()) };
    }
    match minted.iter().find(|minted| minted.public_key == name && minted.private_key == secret && minted.until > now) {
        Some(minted) => caller(&minted.member, CallerKind::Minted),
        None => Err(unauthenticated()),
    }
}

/// Who asks without saying who it is, where that is allowed.
pub(crate) fn anonymous(settings: &Settings, path: &str) -> Option<Caller> {
    let is_public = settings.public_info && path.trim_end_matches('/').eq_ignore_ascii_case("/system/info");
    is_public.then(|| Caller { member: String::new(), kind: CallerKind::Keys })
}

/// facts: the words; the status is not known.
pub(crate) fn tls(settings: &Settings, is_there: bool) -> Refused<()> {
    if is_there || !settings.needs_tls {
        return Ok(());
    }
    Err(Box::new(Problem::new(StatusCode::FORBIDDEN, "Security", "SSL is required.").answer()))
}

/// Company, name and secret of the header.
fn basic(asked: &Asked) -> Option<(String, String, String)> {
    let (scheme, encoded) = asked.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, secret) = text.split_once(':')?;
    let (company, name) = user.split_once('+')?;
    Some((company.to_owned(), name.to_owned(), secret.to_owned()))
}

/// facts: every call carries a client id; what a missing one gives differs by source.
pub(crate) fn client_id(settings: &Settings, asked: &Asked) -> Refused<()> {
    let given = asked.header("clientid").is_some_and(|id| !id.trim().is_empty());
    if given || !settings.needs_client_id {
        return Ok(());
    }
    let message = "The clientId header is missing or invalid.";
    Err(Box::new(Problem::new(settings.client_id_status, "ConnectWiseApi", message).answer()))
}

/// facts: the version stands in the first media type of Accept; one that the server does not have is refused.
pub(crate) fn version(settings: &Settings, asked: &Asked) -> Refused<()> {
    let accept = asked.header("accept").unwrap_or_default();
    let first = accept.split(',').next().unwrap_or_default();
    let named = first.split(';').skip(1).filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("version"));
    let Some((_, version)) = named else { return Ok(()) };
    let numbers = |text: &str| text.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>();
    let known = numbers(version).zip(numbers(&settings.version)).is_some_and(|(asked, own)| asked <= own || asked.first() == own.first());
    if known || settings.any_version {
        return Ok(());
    }
    let message = format!("The HTTP resource that matches the request URI '{}' does not support the API version '{}'.", asked.path, version.trim());
    Err(Box::new(Problem::bad("ConnectWiseApi", message).answer()))
}

/// The limit of requests in a minute.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    admitted: VecDeque<Instant>,
}

impl RateLimit {
    /// facts: the limiter's body has `error` where others have `code`.
    pub(crate) fn admit(&mut self, per_minute: Option<usize>, retry_after: Duration, now: Instant) -> Refused<()> {
        let Some(most) = per_minute else { return Ok(()) };
        while self.admitted.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            self.admitted.pop_front();
        }
        if self.admitted.len() >= most {
            return Err(Box::new(too_many(retry_after)));
        }
        self.admitted.push_back(now);
        Ok(())
    }
}

pub(crate) fn too_many(retry_after: Duration) -> Answer {
    let seconds = retry_after.as_secs();
    let body = json!({"error": "ConnectWiseAPI", "message": format!("Too many requests. Please try again in {seconds} seconds.")});
    Answer::json(StatusCode::TOO_MANY_REQUESTS, &body).with_header("retry-after", &seconds.to_string())
}

/// facts: the words for a right that is missing.
pub(crate) fn rights(settings: &Settings, method: &str, path: &str) -> Refused<()> {
    let forbidden = connectwise_psa::rights(method, path).iter().any(|right| {
        let entry = format!("{} > {}", right.area, right.entry);
        settings.forbidden.iter().any(|forbidden| *forbidden == entry || *forbidden == right.to_string())
    });
    if forbidden {
        let message = "You do not have security permission to perform this action.";
        return Err(Box::new(Problem::new(StatusCode::FORBIDDEN, "Security", message).answer()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, Method};

    fn asked(headers: &[(&str, &str)]) -> Asked {
        let headers = headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), value.parse().unwrap()));
        Asked::new(Method::GET, "/x", HeaderMap::from_iter(headers), Bytes::new())
    }

    #[test]
    fn addresses_are_told_apart() {
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
            let found = match address(path, "v2025_1") {
                Address::CompanyInfo(company) => format!("company {company}"),
                Address::Api(path) => format!("api {path}"),
                Address::CallbackKey => "key".to_owned(),
                Address::Unrouted => "unrouted".to_owned(),
                Address::Page => "page".to_owned(),
            };
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn callers_are_known_by_their_credentials() {
        let settings = Settings { integrators: vec![("int".into(), "pw".into())], member_hashes: vec![("7".into(), "hash".into())], ..Settings::default() };
        let now = Instant::now();
        let minted = vec![Minted { member: "jdoe".into(), public_key: "mp".into(), private_key: "ms".into(), until: now + MINUTE }];
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for (text, cookie, at, expected) in [
            ("demo+public:private", "", now, "Keys api"),
            ("demo+int:pw", "", now, "Integrator int"),
            ("demo+7:hash", "memberHash=hash; memberId=7", now, "MemberHash 7"),
            ("demo+7:hash", "", now, "401"),
            ("demo+mp:ms", "", now, "Minted jdoe"),
            ("demo+mp:ms", "", now + MINUTE, "401"),
            ("demo+public:wrong", "", now, "401"),
            ("other+public:private", "", now, "400"),
            ("public:private", "", now, "401"),
        ] {
            let (header, mut headers) = (header(text), Vec::new());
            headers.push(("authorization", header.as_str()));
            if !cookie.is_empty() {
                headers.push(("cookie", cookie));
            }
            let found = match caller(&settings, &minted, &asked(&headers), at) {
                Ok(caller) => format!("{:?} {}", caller.kind, caller.member),
                Err(answer) => answer.status.as_u16().to_string(),
            };
            assert_eq!(found, expected, "{text}");
        }
        assert!(caller(&settings, &minted, &asked(&[]), now).is_err());
    }

    #[test]
    fn versions_and_client_ids_are_looked_at() {
        let settings = Settings::default();
        for (accept, fine) in [
            ("application/json", true),
            ("application/vnd.connectwise.com+json", true),
            ("application/vnd.connectwise.com+json; version=2025.8", true),
            ("application/vnd.connectwise.com+json;version=2022.1, */*", true),
            ("*/*, application/vnd.connectwise.com+json; version=3000.1", true),
            ("application/vnd.connectwise.com+json; version=3000.1", false),
            ("application/vnd.connectwise.com+json; version=new", false),
        ] {
            assert_eq!(version(&settings, &asked(&[("accept", accept)])).is_ok(), fine, "{accept}");
        }
        assert!(client_id(&settings, &asked(&[("clientid", "x")])).is_ok());
        assert_eq!(client_id(&settings, &asked(&[])).unwrap_err().status, StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn the_limit_counts_a_minute() {
        let (mut limit, now) = (RateLimit::default(), Instant::now());
        let mut admit = |seconds| limit.admit(Some(2), Duration::from_secs(7), now + Duration::from_secs(seconds)).is_ok();
        assert_eq!([admit(0), admit(1), admit(2), admit(60), admit(60), admit(61)], [true, true, false, true, false, true]);
        assert_eq!(too_many(Duration::from_secs(7)).headers["retry-after"], "7");
    }
}
