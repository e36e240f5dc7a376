//! Normalises paths and hyperlinks, and rejects URLs of other servers.

use url::{Url, form_urlencoded};

use crate::discovery::site::is_cloud_host;

/// The path of the API in hyperlinks. What follows it in a hyperlink is the path of an endpoint.
const API_PATH: &str = "/apis/3.0/";

/// Where a raw request is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The path: below the base URL, or of the whole server.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Whether the path starts at the root of the server, outside the API.
    pub(crate) outside_api: bool,
}

/// Splits a path or hyperlink into the path below the base URL and the query parameters. A URL must name the server of
/// the base URL. The error is a clause that continues the name of the parameter.
pub(crate) fn target(text: &str, base: &Url) -> Result<Target, String> {
    let text = text.trim();
    if !is_url(text) {
        return Ok(below_the_api(text));
    }
    let url = base.join(text).map_err(|error| format!("is not a valid URL: {error}"))?;
    if !is_own(&url, base) {
        // Only the origin, because the rest can contain secrets.
        let (other, own) = (url.origin().ascii_serialization(), base.origin().ascii_serialization());
        return Err(format!(
            "is a URL of {other}, but this client sends requests only to {own}; pass only the path if the record is there"
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("is a URL with a user or a password; leave them out".to_owned());
    }
    if url.path().to_ascii_lowercase().contains(API_PATH) {
        return Ok(below_the_api(text));
    }
    let query = url.query_pairs().into_owned().collect();
    Ok(Target { path: url.path().to_owned(), query, outside_api: true })
}

/// Returns whether a text is a URL with a host. A path is not, even if a value in its query is.
fn is_url(text: &str) -> bool {
    text.starts_with("//")
        || text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        })
}

/// Returns whether a URL is on the server of the base URL. Observed on live servers: hyperlinks of the cloud name the host
/// that members log in to (`na.myconnectwise.net`), not the host of the API (`api-na.myconnectwise.net`).
fn is_own(url: &Url, base: &Url) -> bool {
    if url.origin() == base.origin() {
        return true;
    }
    let without_prefix = |url: &Url| {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        host.strip_prefix("api-").map_or(host.clone(), str::to_owned)
    };
    url.scheme() == base.scheme()
        && url.port_or_known_default() == base.port_or_known_default()
        && base.host_str().is_some_and(is_cloud_host)
        && without_prefix(url) == without_prefix(base)
}

fn below_the_api(text: &str) -> Target {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let lower = path.to_ascii_lowercase();
    // Everything up to `/apis/3.0/` is removed from a URL, and from a path that starts with a code base (`/v2025_1`) or
    // with `/apis/3.0/` itself.
    let path = match lower.find(API_PATH) {
        Some(at) if is_url(path) || lower.starts_with("/v") || lower.starts_with('v') || at == 0 => {
            path.get(at + API_PATH.len()..).unwrap_or_default()
        }
        _ => path,
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Target { path, query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(), outside_api: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUD: &str = "https://api-na.myconnectwise.net/v4_6_release/apis/3.0";
    const OWN: &str = "https://psa.example:8443/v4_6_release/apis/3.0";

    #[test]
    fn paths_and_hyperlinks_become_paths_below_the_base_url() {
        for (base, text, path, query) in [
            (OWN, "/service/tickets/5", "/service/tickets/5", ""),
            (OWN, "service/tickets", "/service/tickets", ""),
            (
                OWN,
                " /service/tickets?conditions=a+%3d+%22b%26c%22&page=2 ",
                "/service/tickets",
                "conditions=a = \"b&c\";page=2",
            ),
            (
                CLOUD,
                "https://na.myconnectwise.net/v2025_1//apis/3.0/company/contacts/57961/notes",
                "/company/contacts/57961/notes",
                "",
            ),
            (
                OWN,
                "https://PSA.example:8443/v4_6_release/APIs/3.0/service/tickets?pageId=7",
                "/service/tickets",
                "pageId=7",
            ),
            (OWN, "//psa.example:8443/v4_6_release/apis/3.0/a", "/a", ""),
            (OWN, "/v4_6_release/apis/3.0/service/tickets", "/service/tickets", ""),
            (OWN, "/test?url=https://x", "/test", "url=https://x"),
            (OWN, "a/b://c", "/a/b://c", ""),
            // Not the path of the API.
            (OWN, "apis/3.0x", "/apis/3.0x", ""),
            (OWN, "/service/tickets?flag", "/service/tickets", "flag="),
        ] {
            let found = target(text, &base.parse().unwrap()).unwrap();
            let pairs: Vec<_> = found.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!((found.path.as_str(), pairs.join(";").as_str()), (path, query), "{text}");
            assert!(!found.outside_api, "{text}");
        }
    }

    #[test]
    fn paths_outside_the_api_are_those_of_the_whole_server() {
        for (base, text, path) in [
            (OWN, "https://psa.example:8443/v4_6_release/inline/images/5?a=b", "/v4_6_release/inline/images/5"),
            (CLOUD, "https://na.myconnectwise.net/key", "/key"),
        ] {
            let found = target(text, &base.parse().unwrap()).unwrap();
            assert_eq!((found.path.as_str(), found.outside_api), (path, true), "{text}");
        }
    }

    #[test]
    fn urls_of_other_servers_are_rejected() {
        for (base, text) in [
            (OWN, "https://evil.example/v4_6_release/apis/3.0/service/tickets"),
            (OWN, "https://evil.example/service/tickets"),
            (OWN, "//evil.example/v4_6_release/apis/3.0/service/tickets"),
            (OWN, "https://psa.example/v4_6_release/apis/3.0/a"),
            (OWN, "http://psa.example:8443/v4_6_release/apis/3.0/a"),
            (OWN, "https://api-psa.example:8443/v4_6_release/apis/3.0/a"),
            (OWN, "https://user:hunter2@psa.example:8443/v4_6_release/apis/3.0/a"),
            (OWN, "file:///etc/passwd"),
            (OWN, "https://"),
            (CLOUD, "https://eu.myconnectwise.net/v2025_1/apis/3.0/a"),
            (CLOUD, "https://na.myconnectwise.net.evil.example/v2025_1/apis/3.0/a"),
        ] {
            let error = target(text, &base.parse().unwrap()).unwrap_err();
            assert!(error.starts_with("is ") && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
