//! Schedule entries. The type of an entry determines what it schedules: a ticket or an activity, which must exist.

use serde_json::Value;

use crate::records::JsonObject;
use crate::records::references::integer;
use crate::server_state::RequestContext;

/// What entries of a type schedule.
struct Subject {
    /// The id of the schedule type. Observed on live servers: the same on each.
    type_id: i64,
    /// The identifier of the schedule type.
    identifier: &'static str,
    lists: &'static [&'static str],
    /// The field with the name of a scheduled record.
    name_field: &'static str,
}

const SUBJECTS: &[Subject] = &[
    Subject { type_id: 1, identifier: "C", lists: &["sales/activities"], name_field: "name" },
    Subject { type_id: 4, identifier: "S", lists: &["service/tickets", "project/tickets"], name_field: "summary" },
];

/// Returns what an entry schedules; `None` if its type is another one, such as a meeting. A type of a seed without
/// identifiers is recognized by its id.
fn subject_of(entry: &JsonObject) -> Option<&'static Subject> {
    let entry_type = entry.get("type")?;
    match entry_type.get("identifier").and_then(Value::as_str) {
        Some(identifier) => SUBJECTS.iter().find(|subject| subject.identifier.eq_ignore_ascii_case(identifier)),
        None => SUBJECTS.iter().find(|subject| entry_type.get("id").and_then(integer) == Some(subject.type_id)),
    }
}

/// Sets the name of an entry that has none. Observed on live servers: the company and the name of what is scheduled.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, entry: &mut JsonObject) {
    if entry.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty()) {
        return;
    }
    let Some((subject, id)) = subject_of(entry).zip(entry.get("objectId").and_then(integer)) else { return };
    let Some(record) = subject.lists.iter().find_map(|list| ctx.state.records.node(list, id)) else { return };
    let company = record.get("company").and_then(|company| company.text("name")).unwrap_or_default();
    let name = [company, record.text(subject.name_field).unwrap_or_default()];
    let name = name.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ");
    if !name.is_empty() {
        entry.insert("name".to_owned(), Value::from(name));
    }
}
