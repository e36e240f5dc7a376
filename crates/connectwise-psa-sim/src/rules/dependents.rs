//! The records that depend on a deleted record: some are deleted with it, and others no longer name it.

use super::checks::PARENTS;
use super::{documents, schedule};
use crate::access::matching;
use crate::listing::is_attached;
use crate::records::JsonObject;
use crate::schema::{path_pattern, record_type, target_of};
use crate::server_state::RequestContext;
use crate::store::{self, DOCUMENTS, Key};

/// Returns the list and the ids of the records that are deleted with a record: its schedule entries and documents.
pub(crate) fn owned(ctx: &RequestContext<'_>, list: &str, id: i64) -> Vec<(&'static str, i64)> {
    let is_scheduled =
        |entry: &JsonObject| schedule::scheduled_lists(ctx, entry).is_some_and(|lists| lists.contains(&list));
    let entries = matching(ctx, schedule::ENTRIES, |entry| entry.integer("objectId") == Some(id));
    let entries = entries.into_iter().filter(|(_, entry)| is_scheduled(entry));
    let text = id.to_string();
    let documents = documents::types_of(list).flat_map(|record_type| {
        matching(ctx, DOCUMENTS, |document| is_attached(document, Some(record_type), Some(&text)))
    });
    let entries = entries.map(|(entry, _)| (schedule::ENTRIES, entry));
    entries.chain(documents.map(|(document, _)| (DOCUMENTS, document))).collect()
}

/// Removes a deleted record from the lists of references that contain it, and from the records whose parent it was.
pub(crate) fn release(ctx: &mut RequestContext<'_>, list: &str, id: i64) {
    for key in lists_of_references(ctx, list) {
        ctx.state.records.remove(&key, id);
    }
    // A record that a reference names as a parent cannot be deleted.
    for parent in PARENTS.iter().filter(|parent| parent.names(list)) {
        for (child, mut record) in matching(ctx, parent.list, |child| child.integer(parent.field) == Some(id)) {
            record.remove(parent.field);
            ctx.state.records.put(parent.list, child, record);
        }
    }
}

/// Returns the lists that contain references to records of a list, such as the configurations of tickets.
fn lists_of_references(ctx: &RequestContext<'_>, list: &str) -> Vec<Key> {
    // References refer to records of lists that are not under another record.
    if path_pattern(list).contains('*') {
        return Vec::new();
    }
    let name = list.rsplit('/').next().unwrap_or_default();
    let contains_references = |key: &str| {
        let target = record_type(key).filter(|name| name.ends_with("Reference")).and_then(target_of);
        target.is_some_and(|path| store::key(path) == list)
    };
    let keys = ctx.state.records.collections().map(|(key, _)| key);
    // The names are compared first: there may be many lists.
    let keys = keys.filter(|key| *key != list && key.rsplit('/').next() == Some(name));
    keys.filter(|key| contains_references(key)).map(str::to_owned).collect()
}
