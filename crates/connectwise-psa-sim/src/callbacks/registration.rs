//! Which callbacks can be registered, and what the server makes of a registration.

use serde_json::Value;

use super::{LIST, TYPES, normal, object_id, text};
use crate::api_error::{ApiError, FieldError};
use crate::records::{JsonObject, into_object};
use crate::server_state::RequestContext;

/// Refuses a registration that cannot be.
pub(crate) fn check(ctx: &RequestContext<'_>, body: &JsonObject) -> Result<(), ApiError> {
    let refuse = |code, message: &str, field: &str| {
        Err(ApiError::invalid_object("callbackEntry", vec![FieldError::new(code, message, "callbackEntry", field)]))
    };
    let (url, kind, level) =
        (text(body, "url"), text(body, "type").to_ascii_lowercase(), text(body, "level").to_ascii_lowercase());
    for (name, value) in [("url", url), ("type", &kind), ("level", &level)] {
        if value.is_empty() {
            return refuse("MissingRequiredField", &format!("The {name} field is required."), name);
        }
    }
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace) {
        return refuse("InvalidField", "Invalid URL", "url");
    }
    let Some((_, _, levels)) = TYPES.iter().find(|(name, ..)| *name == kind) else {
        return refuse("InvalidObject", "Unrecognized type", "type");
    };
    if !levels.contains(&level.as_str()) {
        return refuse(
            "InvalidObject",
            "Unrecognized level for type, see documentation for supported levels for each type",
            "level",
        );
    }
    let same = |other: Value| {
        let other = into_object(other);
        text(&other, "url") == url
            && text(&other, "type").eq_ignore_ascii_case(&kind)
            && text(&other, "level").eq_ignore_ascii_case(&level)
            && normal(object_id(&other), &level) == normal(object_id(body), &level)
    };
    if ctx.state.records.collection(LIST).is_some_and(|callbacks| callbacks.records.values().any(same)) {
        return refuse("ObjectExists", "A matching callback entry already exists", "objectId");
    }
    Ok(())
}

/// What the server makes of a registration.
pub(crate) fn derive_fields(record: &mut JsonObject) {
    let level = text(record, "level").to_ascii_lowercase();
    let object = normal(object_id(record), &level);
    record.insert("objectId".to_owned(), Value::from(object));
}
