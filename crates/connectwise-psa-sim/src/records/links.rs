//! Hyperlinks: how records store them, and how responses and callbacks write them.
//!
//! Records contain links with a placeholder for the address of the API, because the address depends on the request.

use bytes::Bytes;

use crate::store::format::{LINK_BASE, LINK_FIELD_END};

/// Returns the stored link to a path below the base URL.
pub(crate) fn href(path: &str) -> String {
    [LINK_BASE, "/", path.trim_start_matches('/')].concat()
}

/// Returns the base of links in the bodies of responses. Observed on live servers: the links name the requested host,
/// the alias of the release, and have a double slash.
pub(crate) fn response_base(origin: &str) -> String {
    format!("{origin}/v4_6_release/apis/3.0/")
}

/// Returns the base of links in callback messages. Observed on live servers: these links name the release.
pub(crate) fn callback_base(origin: &str, code_base: &str) -> String {
    format!("{origin}/{code_base}//apis/3.0")
}

/// Replaces the placeholder in the links of a JSON text with the base of links. Other texts keep it: they come from
/// users.
pub(crate) fn with_base(text: Bytes, base: &str) -> Bytes {
    let mut positions = memchr::memmem::find_iter(&text, LINK_BASE).filter(|at| is_link(&text, *at)).peekable();
    if positions.peek().is_none() {
        drop(positions);
        return text;
    }
    let mut replaced = Vec::with_capacity(text.len() + text.len() / 8);
    let mut rest = 0;
    for position in positions {
        replaced.extend_from_slice(text.get(rest..position).unwrap_or_default());
        replaced.extend_from_slice(base.as_bytes());
        rest = position + LINK_BASE.len();
    }
    replaced.extend_from_slice(text.get(rest..).unwrap_or_default());
    replaced.into()
}

/// Returns whether the value of a field with a link begins at a place in a JSON text. A quotation mark inside of a string
/// has a backslash before it, so strings never look like such a field.
fn is_link(text: &[u8], at: usize) -> bool {
    let name = text.get(..at).and_then(|before| before.strip_suffix(b"\""));
    let name = name.and_then(|before| before.trim_ascii_end().strip_suffix(b":"));
    name.and_then(|before| before.strip_suffix(b"\"")).is_some_and(|name| name.ends_with(LINK_FIELD_END.as_bytes()))
}

/// Replaces the placeholder in all links of a JSON value with the base of links.
pub(crate) fn value_with_base(value: &mut serde_json::Value, base: &str) {
    match value {
        serde_json::Value::Array(values) => values.iter_mut().for_each(|value| value_with_base(value, base)),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    serde_json::Value::String(link) if name.ends_with(LINK_FIELD_END) => {
                        if let Some(path) = link.strip_prefix(LINK_BASE) {
                            *link = [base, path].concat();
                        }
                    }
                    other => value_with_base(other, base),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_get_the_base_of_the_request() {
        let link = href("/service/boards/1");
        let text = format!(r#"[{{"a_href":"{link}","b_href":"{link}/statuses"}}]"#);
        let base = response_base("http://127.0.0.1:80");
        let expected = r#"[{"a_href":"http://127.0.0.1:80/v4_6_release/apis/3.0//service/boards/1","b_href":"http://127.0.0.1:80/v4_6_release/apis/3.0//service/boards/1/statuses"}]"#;
        assert_eq!(with_base(text.clone().into(), &base), expected);
        let mut value = serde_json::from_str(&text).unwrap();
        value_with_base(&mut value, &base);
        assert_eq!(value.to_string(), expected);
        assert_eq!(with_base("[]".into(), &base), "[]");
        // Texts of users stay as they are, even if they look like fields with links.
        let texts = serde_json::json!({"summary": link, "text": format!("see {link}"), "note": format!(r#""x_href":"{link}""#)});
        assert_eq!(with_base(texts.to_string().into(), &base), texts.to_string());
        let mut value = texts.clone();
        value_with_base(&mut value, &base);
        assert_eq!(value, texts);
        assert_eq!(callback_base("https://h", "v2025_1"), "https://h/v2025_1//apis/3.0");
    }
}
