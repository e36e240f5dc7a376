//! Finds the scheme, host and port that a request names. Links in responses start with them, so only a valid host is
//! accepted.

use std::net::Ipv6Addr;

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Uri, Version};

/// Returns the scheme, host and port that a request names: those of its target, otherwise those of the header `Host`,
/// otherwise the server's own, which HTTP/1.0 allows. Returns `None` if they are not valid.
pub(super) fn origin(scheme: &str, own: &str, version: Version, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => Some(own),
        (Some(host), None) => host.to_str().ok().filter(|host| is_host(host)),
        // None, or several.
        _ => None,
    }?;
    let host = match uri.authority() {
        Some(target) => Some(target.as_str()).filter(|host| is_host(host))?,
        None => host,
    };
    Some(format!("{scheme}://{host}"))
}

/// Returns whether a text is a host name or address, with or without a port.
fn is_host(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let host = authority.host();
    let is_name = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    let is_valid = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_name(host),
    };
    // A text with a user name does not start with the host.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_valid
        && text.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_host_with_or_without_a_port_is_accepted() {
        for host in ["h", "na.example.com", "h:8080", "127.0.0.1:1", "[::1]", "[::1]:443", "my_service", "xn--a-b"] {
            assert!(is_host(host), "{host}");
        }
        for other in [
            "",
            ":80",
            "h\"x",
            "h\\x",
            "h\tx",
            "h>; rel=\"next\", <http://evil",
            "u:p@h",
            "u@h:1",
            "h@h",
            "a b",
            "h/path?x#",
            "https://evil",
            "a,b",
            "h;x",
            "h:",
            "h:x",
            "h:+1",
            "h:99999",
            "[::1",
            "::1",
            "[]",
            "[h]",
            "[::1]x",
            "%41",
            "é",
        ] {
            assert!(!is_host(other), "{other}");
        }
    }

    #[test]
    fn the_target_precedes_the_header_and_the_header_precedes_the_address_of_the_server() {
        for (version, target, hosts, expected) in [
            (Version::HTTP_11, "/", &["h:1"][..], Some("http://h:1")),
            (Version::HTTP_11, "http://other:99/a", &["h:1"], Some("http://other:99")),
            (Version::HTTP_11, "http://u@other/a", &["h:1"], None),
            (Version::HTTP_11, "http://other/a", &["a b"], None),
            (Version::HTTP_11, "/", &["h", "i"], None),
            (Version::HTTP_11, "/", &[], None),
            (Version::HTTP_10, "/", &[], Some("http://own:2")),
            (Version::HTTP_10, "/", &["h:1"], Some("http://h:1")),
            (Version::HTTP_10, "/", &[""], None),
        ] {
            let mut headers = HeaderMap::new();
            hosts.iter().for_each(|host| _ = headers.append(HOST, HeaderValue::from_static(host)));
            let found = origin("http", "own:2", version, &target.parse().unwrap(), &headers);
            assert_eq!(found.as_deref(), expected, "{target} {hosts:?}");
        }
    }
}
