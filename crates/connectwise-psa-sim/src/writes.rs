//! Inserting, updating and removing records. Actions and operations write through these functions, which maintain
//! derived fields, the audit trail and callbacks. Changes that are part of another change are written to the store
//! directly: moving a converted ticket or the lists of a merged company, attaching documents to another record, setting
//! the parents of new phases.

use serde_json::Value;

use crate::records::{JsonObject, into_object};
use crate::rules::{self, amounts, communications, dependents};
use crate::server_state::RequestContext;
use crate::store::{Change, new_info, touch};

/// Inserts a record, with `_info` and derived fields, and the records that it needs and describes. Returns its id.
pub(crate) fn insert(ctx: &mut RequestContext<'_>, list: &str, mut record: JsonObject) -> i64 {
    record.insert("_info".to_owned(), new_info(ctx.now, &ctx.caller.member));
    communications::number_items(ctx, list, None, &mut record);
    let notes = prepare(ctx, list, &mut record);
    amounts::set_sums(ctx, list, None, None, &mut record);
    rules::derive_fields(ctx, list, &mut record);
    let id = ctx.state.records.insert(list, record, None);
    follow(ctx, list, id, None);
    ctx.record_change(list, id, Change::Added);
    for mut note in notes {
        note.insert("ticketId".to_owned(), Value::from(id));
        insert(ctx, &format!("{list}/{id}/notes"), note);
    }
    id
}

/// Stores the new version of a record, with updated `_info` and derived fields.
pub(crate) fn update(ctx: &mut RequestContext<'_>, list: &str, id: i64, mut record: JsonObject) {
    let before = followed(ctx, list, id);
    touch(&mut record, ctx.now, &ctx.caller.member);
    communications::number_items(ctx, list, Some(id), &mut record);
    // The texts of the first notes of a ticket have no effect later.
    prepare(ctx, list, &mut record);
    amounts::set_sums(ctx, list, Some(id), before.as_ref(), &mut record);
    rules::derive_fields(ctx, list, &mut record);
    ctx.state.records.put(list, id, record);
    follow(ctx, list, id, before.as_ref());
    ctx.record_change(list, id, Change::Updated);
}

/// Returns a stored record if other records follow the records of its list.
fn followed(ctx: &RequestContext<'_>, list: &str, id: i64) -> Option<JsonObject> {
    if rules::are_followed(list) { ctx.state.records.get(list, id).map(into_object) } else { None }
}

/// Changes the records that depend on a record that was inserted or updated.
fn follow(ctx: &mut RequestContext<'_>, list: &str, id: i64, before: Option<&JsonObject>) {
    if let Some(after) = followed(ctx, list, id) {
        rules::follow(ctx, list, id, before, Some(&after));
    }
}

/// Takes the fields out of a record that are not stored in it, and creates the record that it belongs to, if there is
/// none. Returns the notes that the record describes.
fn prepare(ctx: &mut RequestContext<'_>, list: &str, record: &mut JsonObject) -> Vec<JsonObject> {
    let prepared = rules::prepare(ctx, list, record);
    if let Some((list_of_missing, missing)) = prepared.missing {
        insert(ctx, list_of_missing, missing);
        rules::prepare(ctx, list, record);
    }
    prepared.notes
}

/// Deletes a record, the lists under it, and the records that belong to it. Other records no longer name it as their
/// parent.
pub(crate) fn remove(ctx: &mut RequestContext<'_>, list: &str, id: i64) {
    if let Some(before) = ctx.state.records.remove(list, id) {
        for (list, id) in dependents::owned(ctx, list, id) {
            remove(ctx, list, id);
        }
        dependents::release(ctx, list, id);
        if rules::are_followed(list) {
            rules::follow(ctx, list, id, Some(&into_object(before.clone())), None);
        }
        ctx.record_change_of(list, id, Change::Deleted, before);
    }
}
