//! Registration of callbacks.

use serde_json::Value;
use url::Url;

use super::{LIST, TYPES, normalized_object_id, object_id, string_field};
use crate::api_error::FieldError;
use crate::records::JsonObject;
use crate::records::references::integer;
use crate::server_state::RequestContext;
use crate::store::record::Node;

/// Returns the errors of a new or changed callback. `id` is its id, if it has one already. Missing fields are reported
/// by the checks that apply to all types.
pub(crate) fn errors(ctx: &RequestContext<'_>, id: Option<i64>, callback: &JsonObject) -> Vec<FieldError> {
    let (url, callback_type, level) = (
        string_field(callback, "url"),
        string_field(callback, "type").to_ascii_lowercase(),
        string_field(callback, "level").to_ascii_lowercase(),
    );
    let mut errors = Vec::new();
    let mut reject =
        |code, message: &str, field: &str| errors.push(FieldError::new(code, message, "callbackEntry", field));
    if !url.is_empty() && !is_web_address(url) {
        reject("InvalidField", "Invalid URL", "url");
    }
    match TYPES.iter().find(|(name, ..)| *name == callback_type) {
        None if callback_type.is_empty() => {}
        None => reject("InvalidObject", "Unrecognized type", "type"),
        Some((_, _, levels)) if level.is_empty() || levels.is_empty() || levels.contains(&level.as_str()) => {}
        Some(_) => reject(
            "InvalidObject",
            "Unrecognized level for type, see documentation for supported levels for each type",
            "level",
        ),
    }
    let object = normalized_object_id(object_id(callback), &level);
    let is_same = |(other, entry): (i64, Node<'_>)| {
        let equals = |name: &str, value: &str| entry.text(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
        let other_object = entry.get("objectId").and_then(|id| integer(&id.value())).unwrap_or_default();
        Some(other) != id
            && entry.text("url").is_some_and(|text| text == url)
            && equals("type", &callback_type)
            && equals("level", &level)
            && normalized_object_id(other_object, &level) == object
    };
    let callbacks = ctx.state.records.collection(LIST);
    if errors.is_empty() && callbacks.is_some_and(|callbacks| callbacks.records.iter().any(is_same)) {
        let message = "A matching callback entry already exists";
        errors.push(FieldError::new("ObjectExists", message, "callbackEntry", "objectId"));
    }
    errors
}

/// Returns whether a text is a URL that messages can be sent to.
fn is_web_address(text: &str) -> bool {
    // The parser accepts spaces, and URLs without slashes.
    let is_written_out = text.contains("://") && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    is_written_out && Url::parse(text).is_ok_and(is_web)
}

/// Sets the object id that the server stores for a registration.
pub(crate) fn derive_fields(record: &mut JsonObject) {
    let level = string_field(record, "level").to_ascii_lowercase();
    let object = normalized_object_id(object_id(record), &level);
    record.insert("objectId".to_owned(), Value::from(object));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_callbacks_are_parsed() {
        for url in ["http://h/?recordId=", "HTTP://H", "https://[::1]:8080/x", "https://h/a?b=%20&recordId="] {
            assert!(is_web_address(url), "{url}");
        }
        for other in [
            "http://",
            "http://[::1/",
            "http:h",
            "http:/h",
            "ftp://h",
            "h",
            "http://h/a b",
            " http://h",
            "http://h:99999",
        ] {
            assert!(!is_web_address(other), "{other}");
        }
    }
}
