//! Decides which part of the server a path belongs to: the API, the discovery endpoint, the endpoint for callback
//! signing keys, or the web site.

use connectwise_psa_core::text::decode_path_segment;
use http::StatusCode;
use serde_json::json;

use crate::http::Response;
use crate::settings::Settings;

/// The part of the server that a path belongs to.
pub(crate) enum Target {
    /// The discovery endpoint `/login/companyinfo/{company}`.
    CompanyInfo(String),
    /// The endpoint for callback signing keys.
    CallbackKey,
    /// A path below the base URL.
    Api(String),
    /// A path that the gateway cannot route.
    Unrouted,
    /// A page of the web site.
    Page,
}

/// Returns the target of a path. Observed on live servers: the alias `v4_6_release` leads to the tenant's own release;
/// other releases, and paths that contain `apis` twice, are not routed.
pub(crate) fn target(path: &str, code_base: &str) -> Target {
    let trimmed = path.trim_start_matches('/');
    let segments: Vec<&str> = trimmed.split('/').filter(|segment| !segment.is_empty()).collect();
    let is = |index: usize, expected: &str| {
        segments.get(index).is_some_and(|segment| segment.eq_ignore_ascii_case(expected))
    };
    if is(0, "login") && is(1, "companyinfo") {
        let company = segments.get(2).copied().unwrap_or_default();
        return Target::CompanyInfo(decode_path_segment(company).into_owned());
    }
    if is(1, "system") && is(2, "callbackkey") {
        return Target::CallbackKey;
    }
    let is_base = is(1, "apis") && is(2, "3.0");
    if !is_base {
        return if segments.iter().any(|segment| segment.eq_ignore_ascii_case("apis")) {
            Target::Unrouted
        } else {
            Target::Page
        };
    }
    let routed = is(0, "v4_6_release") || is(0, code_base);
    let doubled = segments.get(3..).is_some_and(|rest| rest.iter().any(|segment| segment.eq_ignore_ascii_case("apis")));
    if !routed || doubled {
        return Target::Unrouted;
    }
    let slash = if path.ends_with('/') { "/" } else { "" };
    Target::Api(format!("/{}{slash}", segments.get(3..).unwrap_or_default().join("/")))
}

/// The response to a path or a company that cannot be routed. Observed on live servers: the gateway responds in plain
/// text.
pub(crate) fn unrouted() -> Response {
    Response::text(StatusCode::BAD_REQUEST, "Cannot route. Codebase/company is invalid")
}

/// Returns the release that the discovery endpoint reports. Observed on live servers: it agrees with the code base of
/// the cloud, `v2025_1`. An on-premise code base does not name a release.
fn version_code(settings: &Settings) -> String {
    let release = settings.code_base.replace('_', ".");
    let is_release =
        release.strip_prefix('v').is_some_and(|numbers| numbers.split('.').all(|part| part.parse::<u32>().is_ok()));
    if is_release { release } else { settings.version.clone() }
}

/// The response of the discovery endpoint. Observed on live servers: field names are in Pascal case, and the body is
/// null for an unknown company.
pub(crate) fn company_info(settings: &Settings, company: &str, site_url: &str) -> Response {
    if !company.eq_ignore_ascii_case(&settings.company) {
        return Response::ok(&serde_json::Value::Null);
    }
    Response::ok(&json!({
        "CompanyName": settings.company, "Codebase": format!("{}/", settings.code_base),
        "VersionCode": version_code(settings), "VersionNumber": "v4.6.98765", "CompanyID": settings.company, "IsCloud": true,
        "SiteUrl": site_url, "AllowedOrigins": [],
    }))
}
