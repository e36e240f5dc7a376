//! Schedule entries: what they schedule, their names and their hours.

use serde_json::{Value, json};

use super::amounts::cents;
use super::related::{name_of, referred};
use crate::records::check::parse_timestamp;
use crate::records::references::{integer, record_name};
use crate::records::{JsonObject, into_object};
use crate::schema::record_type;
use crate::server_state::RequestContext;

pub(crate) const ENTRIES: &str = "schedule/entries";

/// The identifier of a schedule type, and the list of the records that its entries schedule.
const TARGETS: &[(&str, &str)] = &[("S", "service/tickets"), ("P", "project/tickets"), ("C", "sales/activities")];

/// What a schedule entry schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScheduleTarget {
    /// The list of the record.
    pub(crate) list: &'static str,
    pub(crate) id: i64,
    /// Whether the record exists.
    pub(crate) exists: bool,
}

/// Returns the record that a schedule entry schedules: its type determines the list, and `objectId` is the id. `None`
/// for types that schedule no record, such as holidays. Service and project tickets share one id sequence, and entries
/// of the type Service may schedule both.
pub(crate) fn schedule_target(ctx: &RequestContext<'_>, entry: &JsonObject) -> Option<ScheduleTarget> {
    let id = entry.get("objectId").and_then(integer)?;
    let schedule_type = referred(ctx, "ScheduleEntry", entry, "type")?;
    let identifier = schedule_type.get("identifier")?.as_str()?.trim();
    let (_, list) = TARGETS.iter().find(|(other, _)| other.eq_ignore_ascii_case(identifier))?;
    let has = |list: &str| ctx.state.records.contains(list, id);
    let list =
        if *list == "service/tickets" && !has(list) && has("project/tickets") { "project/tickets" } else { list };
    Some(ScheduleTarget { list, id, exists: has(list) })
}

/// Sets the name of an entry, "company / summary" of the record that it schedules, and its hours, where it has none.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, entry: &mut JsonObject) {
    if !entry.contains_key("name")
        && let Some(target) = schedule_target(ctx, entry)
        && let Some(record) = ctx.state.records.get(target.list, target.id).map(into_object)
    {
        let company = record_type(target.list).and_then(|type_name| name_of(ctx, type_name, &record, "company"));
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
