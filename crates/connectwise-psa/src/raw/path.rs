//! Paths and hyperlinks as people and servers write them, and the operations of the catalogue that they are of.

use connectwise_psa_bindings::catalogue;
use connectwise_psa_core::operation::{Method, Operation};
use url::form_urlencoded;

/// The path of the API in hyperlinks: what stands behind it is the path of an endpoint.
const API_PATH: &str = "/apis/3.0/";

/// The path under the API base, and the query, of a path or hyperlink as a person or the server writes it.
pub(crate) fn anchored(text: &str) -> (String, Vec<(String, String)>) {
    let text = text.trim();
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let lower = path.to_ascii_lowercase();
    let path = match lower.find(API_PATH) {
        Some(at) if path.contains("://") || lower.starts_with("/v") || lower.starts_with('v') || at == 0 => path.get(at + API_PATH.len()..).unwrap_or_default(),
        _ => path,
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    (path, form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// The operation of the catalogue that a path is one of: that with the most segments in common where several fit.
pub(crate) fn matching(method: Method, path: &str) -> Option<&'static Operation> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let literal = |template: &str| -> Option<usize> {
        let template: Vec<&str> = template.trim_matches('/').split('/').collect();
        if template.len() != segments.len() {
            return None;
        }
        let mut literals = 0;
        for (expected, segment) in template.iter().zip(&segments) {
            if expected.eq_ignore_ascii_case(segment) {
                literals += 1;
            } else if !expected.contains('{') {
                return None;
            }
        }
        Some(literals)
    };
    let fitting = catalogue::all().filter(|operation| operation.method == method).filter_map(|operation| Some((literal(operation.path)?, operation)));
    fitting.max_by_key(|(literals, _)| *literals).map(|(_, operation)| operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_hyperlinks_are_anchored() {
        for (text, path, query) in [
            ("/service/tickets/5", "/service/tickets/5", ""),
            ("service/tickets", "/service/tickets", ""),
            (" /service/tickets?conditions=a+%3d+%22b%26c%22&page=2 ", "/service/tickets", "conditions=a = \"b&c\";page=2"),
            ("https://na.myconnectwise.net/v2025_1//apis/3.0/company/contacts/57961/notes", "/company/contacts/57961/notes", ""),
            ("https://evil.example/v4_6_release/APIs/3.0/service/tickets?pageId=7", "/service/tickets", "pageId=7"),
            ("/v4_6_release/apis/3.0/service/tickets", "/service/tickets", ""),
            ("apis/3.0x", "/apis/3.0x", ""),
            ("/service/tickets?flag", "/service/tickets", "flag="),
        ] {
            let (found, pairs) = anchored(text);
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!((found.as_str(), pairs.join(";").as_str()), (path, query), "{text}");
        }
    }

    #[cfg(feature = "service")]
    #[test]
    fn a_path_finds_its_operation() {
        for (method, path, id) in [
            (Method::Get, "/service/tickets", Some("list_tickets")),
            (Method::Get, "/Service/Tickets/", Some("list_tickets")),
            (Method::Get, "/service/tickets/5", Some("get_ticket")),
            (Method::Get, "/service/tickets/count", Some("count_tickets")),
            (Method::Patch, "/service/tickets/5", Some("update_ticket")),
            (Method::Get, "/service/tickets/5/notes", Some("list_ticket_notes")),
            (Method::Get, "/service/unknown", None),
        ] {
            assert_eq!(matching(method, path).map(|operation| operation.id), id, "{path}");
        }
    }
}
