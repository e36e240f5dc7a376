//! Hyperlinks: how records store them, and how responses and callbacks write them.
//!
//! Records contain links with a placeholder for the address of the API, because the address depends on the request.

use bytes::Bytes;

/// Stands in stored links for the address of the API. It is on a host that cannot exist.
pub(crate) const LINK_BASE: &str = "https://links.cwpsa-sim.invalid/apis/3.0";

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

/// Replaces the placeholder in a text with the base of links.
pub(crate) fn with_base(text: Bytes, base: &str) -> Bytes {
    let mut positions = memchr::memmem::find_iter(&text, LINK_BASE).peekable();
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

/// Replaces the placeholder in all strings of a JSON value with the base of links.
pub(crate) fn value_with_base(value: &mut serde_json::Value, base: &str) {
    match value {
        serde_json::Value::String(text) if text.contains(LINK_BASE) => *text = text.replace(LINK_BASE, base),
        serde_json::Value::Array(values) => values.iter_mut().for_each(|value| value_with_base(value, base)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|value| value_with_base(value, base)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_get_the_base_of_the_request() {
        let link = href("/service/boards/1");
        let text = format!(r#"[{{"a":"{link}","b":"{link}/statuses"}}]"#);
        let base = response_base("http://127.0.0.1:80");
        let expected = r#"[{"a":"http://127.0.0.1:80/v4_6_release/apis/3.0//service/boards/1","b":"http://127.0.0.1:80/v4_6_release/apis/3.0//service/boards/1/statuses"}]"#;
        assert_eq!(with_base(text.clone().into(), &base), expected);
        let mut value = serde_json::from_str(&text).unwrap();
        value_with_base(&mut value, &base);
        assert_eq!(value.to_string(), expected);
        assert_eq!(with_base("[]".into(), &base), "[]");
        assert_eq!(callback_base("https://h", "v2025_1"), "https://h/v2025_1//apis/3.0");
    }
}
