//! Normalises paths and hyperlinks.

use url::form_urlencoded;

/// The path of the API in hyperlinks. What follows it in a hyperlink is the path of an endpoint.
const API_PATH: &str = "/apis/3.0/";

/// Splits a path or hyperlink into the path below the base URL and the query parameters.
pub(crate) fn path_and_query(text: &str) -> (String, Vec<(String, String)>) {
    let text = text.trim();
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let lower = path.to_ascii_lowercase();
    // Everything up to `/apis/3.0/` is removed from a URL, and from a path that starts with a code base (`/v2025_1`) or
    // with `/apis/3.0/` itself.
    let path = match lower.find(API_PATH) {
        Some(at) if path.contains("://") || lower.starts_with("/v") || lower.starts_with('v') || at == 0 => {
            path.get(at + API_PATH.len()..).unwrap_or_default()
        }
        _ => path,
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    (path, form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_hyperlinks_become_paths_below_the_base_url() {
        for (text, path, query) in [
            ("/service/tickets/5", "/service/tickets/5", ""),
            ("service/tickets", "/service/tickets", ""),
            (
                " /service/tickets?conditions=a+%3d+%22b%26c%22&page=2 ",
                "/service/tickets",
                "conditions=a = \"b&c\";page=2",
            ),
            (
                "https://na.myconnectwise.net/v2025_1//apis/3.0/company/contacts/57961/notes",
                "/company/contacts/57961/notes",
                "",
            ),
            ("https://evil.example/v4_6_release/APIs/3.0/service/tickets?pageId=7", "/service/tickets", "pageId=7"),
            ("/v4_6_release/apis/3.0/service/tickets", "/service/tickets", ""),
            // Not the path of the API.
            ("apis/3.0x", "/apis/3.0x", ""),
            ("/service/tickets?flag", "/service/tickets", "flag="),
        ] {
            let (found, pairs) = path_and_query(text);
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!((found.as_str(), pairs.join(";").as_str()), (path, query), "{text}");
        }
    }
}
