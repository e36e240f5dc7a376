//! Notes: who wrote them, and where they are shown.

use serde_json::{Map, Value};

use crate::access::{caller, reference};
use crate::records::JsonObject;
use crate::schema::type_of;
use crate::server_state::RequestContext;
use crate::store::timestamp;

/// The boolean fields that say where a ticket note is shown.
pub(crate) const SHOWN_IN: [&str; 3] = ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"];

/// Adds the author of a new note and the time. A note of a contact has no member.
pub(crate) fn add_defaults(ctx: &RequestContext<'_>, type_name: &'static str, note: &mut JsonObject) {
    let has = |name: &str| type_of(type_name).is_some_and(|schema| schema.fields.contains_key(name));
    for (name, value) in [("createdBy", ctx.caller.member.clone()), ("dateCreated", timestamp(ctx.now))] {
        if has(name) {
            note.entry(name).or_insert(Value::from(value));
        }
    }
    if has("member")
        && !note.contains_key("member")
        && !note.contains_key("contact")
        && let Some((id, _)) = caller(ctx)
        && let Ok(member) = reference(ctx, type_name, "member", id, &Map::new())
    {
        note.insert("member".to_owned(), member);
    }
    // The notes that were observed on live servers have both (one source). Not observed: what the requests set.
    for field in ["internalFlag", "externalFlag"] {
        if has(field) {
            note.entry(field).or_insert(Value::Bool(true));
        }
    }
}
