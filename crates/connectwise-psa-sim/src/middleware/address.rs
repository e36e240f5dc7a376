//! Where a path leads before anybody looks at operations: the web site, the discovery endpoint, the key of callbacks,
//! or the API.

use connectwise_psa_core::text::decode_path_segment;
use http::StatusCode;
use serde_json::json;

use crate::http::Response;
use crate::settings::Settings;

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
        return Address::CompanyInfo(decode_path_segment(company).into_owned());
    }
    if is(1, "system") && is(2, "callbackkey") {
        return Address::CallbackKey;
    }
    let is_base = is(1, "apis") && is(2, "3.0");
    if !is_base {
        return if segments.iter().any(|segment| segment.eq_ignore_ascii_case("apis")) {
            Address::Unrouted
        } else {
            Address::Page
        };
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
pub(crate) fn unrouted() -> Response {
    Response::text(StatusCode::BAD_REQUEST, "Cannot route. Codebase/company is invalid")
}

/// facts: in Pascal case, and null for a company that is unknown.
pub(crate) fn company_info(settings: &Settings, company: &str, site_url: &str) -> Response {
    if !company.eq_ignore_ascii_case(&settings.company) {
        return Response::ok(&serde_json::Value::Null);
    }
    Response::ok(&json!({
        "CompanyName": settings.company, "Codebase": format!("{}/", settings.code_base), "VersionCode": settings.version,
        "VersionNumber": "v4.6.98765", "CompanyID": settings.company, "IsCloud": true, "SiteUrl": site_url, "AllowedOrigins": [],
    }))
}
