//! Schedule entries: what they schedule, their names and their hours.

use serde_json::{Value, json};

use super::amounts::cents;
use super::related::referred_name;
use crate::access::reference_id;
use crate::records::check::parse_timestamp;
use crate::records::references::{integer, record_name};
use crate::records::{JsonObject, into_object};
use crate::schema::record_type;
use crate::server_state::RequestContext;

pub(crate) const ENTRIES: &str = "schedule/entries";

/// What the types of schedule entries schedule: the identifier and the id of the type, and the lists of the records.
/// Observed on live servers: 4 is the type of services, 1 that of sales activities.
const SCHEDULED: &[(&str, i64, &[&str])] =
    &[("S", 4, &["service/tickets", "project/tickets"]), ("C", 1, &["sales/activities"])];

/// Returns the lists of the records that an entry may schedule, according to its type; `None` for types that schedule
/// no record, such as meetings. A type of a seed without identifiers is recognized by its id.
pub(crate) fn scheduled_lists(ctx: &RequestContext<'_>, entry: &JsonObject) -> Option<&'static [&'static str]> {
    let entry_type = reference_id(entry, "type")?;
    let identifier = ctx.state.records.node("schedule/types", entry_type).and_then(|found| found.text("identifier"));
    let is_of_type = |(name, id, _): &&(&str, i64, &[&str])| match &identifier {
        Some(identifier) => identifier.eq_ignore_ascii_case(name),
        None => entry_type == *id,
    };
    SCHEDULED.iter().find(is_of_type).map(|(_, _, lists)| *lists)
}

/// Returns the list and the id of the record that an entry schedules, if it exists.
pub(crate) fn schedule_target(ctx: &RequestContext<'_>, entry: &JsonObject) -> Option<(&'static str, i64)> {
    let id = entry.get("objectId").and_then(integer)?;
    let list = scheduled_lists(ctx, entry)?.iter().find(|list| ctx.state.records.contains(list, id))?;
    Some((*list, id))
}

/// Sets the name of an entry, "company / summary" of the record that it schedules, and its hours, where it has none.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, entry: &mut JsonObject) {
    if entry.get("name").and_then(Value::as_str).is_none_or(str::is_empty)
        && let Some((list, id)) = schedule_target(ctx, entry)
        && let Some(record) = ctx.state.records.get(list, id).map(into_object)
    {
        let company = record_type(list).and_then(|type_name| referred_name(ctx, type_name, &record, "company"));
        let name = [company, record_name(&record)].into_iter().flatten().collect::<Vec<_>>().join(" / ");
        entry.insert("name".to_owned(), json!(name));
    }
    let time = |name: &str| parse_timestamp(entry.get(name).and_then(Value::as_str)?);
    if let (Some(start), Some(end)) = (time("dateStart"), time("dateEnd"))
        && !entry.contains_key("hours")
    {
        entry.insert("hours".to_owned(), cents((end - start).num_seconds() as f64 / 3600.0));
    }
}

/// Removes the name and the hours of a changed entry whose sources have changed, unless the request changed them too.
pub(crate) fn invalidate_derived(before: &JsonObject, entry: &mut JsonObject) {
    for (derived, sources) in [("name", ["objectId", "type"]), ("hours", ["dateStart", "dateEnd"])] {
        let differs = |name: &str| before.get(name) != entry.get(name);
        if sources.into_iter().any(differs) && !differs(derived) {
            entry.remove(derived);
        }
    }
}
