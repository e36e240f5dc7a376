//! The three ways in which a record changes: actions and operations write through them, so that derived fields, the
//! audit trail and callbacks never miss a change. Only what moves a record without changing it, as the conversion of a
//! ticket does, goes to the store directly.

use crate::records::JsonObject;
use crate::rules::{self, communications};
use crate::server_state::RequestContext;
use crate::store::{Change, new_info, touch};

/// Adds a record with what the server adds to it.
pub(crate) fn insert(ctx: &mut RequestContext<'_>, key: &str, mut record: JsonObject) -> i64 {
    record.insert("_info".to_owned(), new_info(ctx.now, &ctx.caller.member));
    communications::number_items(ctx, key, &mut record);
    rules::derive_fields(ctx, key, &mut record);
    let id = ctx.state.records.insert(key, record, None);
    ctx.record_change(key, id, Change::Added);
    id
}

/// Replaces a record by its changed form.
pub(crate) fn update(ctx: &mut RequestContext<'_>, list: &str, id: i64, mut record: JsonObject) {
    touch(&mut record, ctx.now, &ctx.caller.member);
    communications::number_items(ctx, list, &mut record);
    rules::derive_fields(ctx, list, &mut record);
    ctx.state.records.put(list, id, record);
    ctx.record_change(list, id, Change::Updated);
}

/// Deletes a record, with the lists under it.
pub(crate) fn remove(ctx: &mut RequestContext<'_>, list: &str, id: i64) {
    if let Some(before) = ctx.state.records.remove(list, id) {
        ctx.record_change_of(list, id, Change::Deleted, before);
    }
}
