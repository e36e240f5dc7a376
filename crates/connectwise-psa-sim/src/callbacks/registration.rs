//! Registration of callbacks.

use serde_json::Value;

use super::{LIST, TYPES, normalized_object_id, object_id, string_field};
use crate::access::caller;
use crate::api_error::{ApiError, FieldError};
use crate::records::{JsonObject, into_object};
use crate::server_state::RequestContext;

/// Checks a registration.
pub(crate) fn check(ctx: &RequestContext<'_>, body: &JsonObject) -> Result<(), ApiError> {
    let reject = |code, message: &str, field: &str| {
        Err(ApiError::invalid_object("callbackEntry", vec![FieldError::new(code, message, "callbackEntry", field)]))
    };
    let (url, callback_type, level) = (
        string_field(body, "url"),
        string_field(body, "type").to_ascii_lowercase(),
        string_field(body, "level").to_ascii_lowercase(),
    );
    for (name, value) in [("url", url), ("type", &callback_type), ("level", &level)] {
        if value.is_empty() {
            return reject("MissingRequiredField", &format!("The {name} field is required."), name);
        }
    }
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace) {
        return reject("InvalidField", "Invalid URL", "url");
    }
    let Some((_, _, levels)) = TYPES.iter().find(|(name, ..)| *name == callback_type) else {
        return reject("InvalidObject", "Unrecognized type", "type");
    };
    if !levels.contains(&level.as_str()) {
        return reject(
            "InvalidObject",
            "Unrecognized level for type, see documentation for supported levels for each type",
            "level",
        );
    }
    let same = |other: Value| {
        let other = into_object(other);
        string_field(&other, "url") == url
            && string_field(&other, "type").eq_ignore_ascii_case(&callback_type)
            && string_field(&other, "level").eq_ignore_ascii_case(&level)
            && normalized_object_id(object_id(&other), &level) == normalized_object_id(object_id(body), &level)
    };
    if ctx.state.records.collection(LIST).is_some_and(|callbacks| callbacks.records.values().any(same)) {
        return reject("ObjectExists", "A matching callback entry already exists", "objectId");
    }
    Ok(())
}

/// Sets the object id that the server stores for a registration, and the member who registered the callback.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, record: &mut JsonObject) {
    record.entry("_by").or_insert_with(|| Value::from(ctx.caller.member.clone()));
    if !record.contains_key("memberId")
        && let Some((member, _)) = caller(ctx)
    {
        record.insert("memberId".to_owned(), Value::from(member));
    }
    let level = string_field(record, "level").to_ascii_lowercase();
    let object = normalized_object_id(object_id(record), &level);
    record.insert("objectId".to_owned(), Value::from(object));
}
