//! Inserting, updating and removing records. Actions and operations write through these functions, which maintain
//! derived fields, the audit trail and callbacks. Changes that are part of another change are written to the store
//! directly: moving a converted ticket or the lists of a merged company, attaching documents to another record, setting
//! the parents of new phases.

use crate::records::JsonObject;
use crate::rules::{self, communications};
use crate::server_state::RequestContext;
use crate::store::{Change, new_info, touch};

/// Inserts a record, with `_info` and derived fields, and returns its id.
pub(crate) fn insert(ctx: &mut RequestContext<'_>, list: &str, mut record: JsonObject) -> i64 {
    record.insert("_info".to_owned(), new_info(ctx.now, &ctx.caller.member));
    communications::number_items(ctx, list, &mut record);
    rules::derive_fields(ctx, list, &mut record);
    let id = ctx.state.records.insert(list, record, None);
    ctx.record_change(list, id, Change::Added);
    id
}

/// Stores the new version of a record, with updated `_info` and derived fields.
pub(crate) fn update(ctx: &mut RequestContext<'_>, list: &str, id: i64, mut record: JsonObject) {
    touch(&mut record, ctx.now, &ctx.caller.member);
    communications::number_items(ctx, list, &mut record);
    rules::derive_fields(ctx, list, &mut record);
    ctx.state.records.put(list, id, record);
    ctx.record_change(list, id, Change::Updated);
}

/// Deletes a record and the lists under it.
pub(crate) fn remove(ctx: &mut RequestContext<'_>, list: &str, id: i64) {
    if let Some(before) = ctx.state.records.remove(list, id) {
        ctx.record_change_of(list, id, Change::Deleted, before);
    }
}
