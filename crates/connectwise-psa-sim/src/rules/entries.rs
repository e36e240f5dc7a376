//! Time and expense entries. The record that an entry is charged to must exist and determines the entry's company.

use serde_json::{Map, Value, json};

use crate::access::{reference, reference_id};
use crate::api_error::FieldError;
use crate::records::JsonObject;
use crate::records::check::parse_timestamp;
use crate::records::record_names::{name_in, resource_of};
use crate::records::references::integer;
use crate::schema::type_of;
use crate::server_state::RequestContext;

/// The record that an entry is charged to.
pub(crate) struct ChargeTarget {
    pub(crate) list: &'static str,
    /// The field of the entry that refers to it, if entries have one.
    pub(crate) field: Option<&'static str>,
    pub(crate) id: i64,
}

/// What entries can be charged to: the value of `chargeToType`, the list, and the field that refers to the record.
const CHARGE_TYPES: &[(&str, &str, Option<&str>)] = &[
    ("ServiceTicket", "service/tickets", Some("ticket")),
    ("ProjectTicket", "project/tickets", Some("ticket")),
    ("ChargeCode", "time/chargecodes", None),
    ("Activity", "sales/activities", Some("activity")),
    ("Company", "company/companies", Some("company")),
];

/// Returns the record type of a list, if it is a list of entries.
pub(crate) fn entry_type(key: &str) -> Option<&'static str> {
    match key {
        "time/entries" => Some("TimeEntry"),
        "expense/entries" => Some("ExpenseEntry"),
        _ => None,
    }
}

/// Returns the record that an entry is charged to, according to its fields. It may not exist.
pub(crate) fn charge_target(entry: &JsonObject) -> Option<ChargeTarget> {
    let id = entry.get("chargeToId").and_then(integer).filter(|id| *id > 0)?;
    let wanted = entry.get("chargeToType")?.as_str()?;
    let (_, list, field) = CHARGE_TYPES.iter().find(|(charge_type, ..)| charge_type.eq_ignore_ascii_case(wanted))?;
    Some(ChargeTarget { list, field: *field, id })
}

/// Returns the error of an entry that is charged to a record that does not exist.
pub(crate) fn errors(ctx: &RequestContext<'_>, type_name: &str, entry: &JsonObject) -> Vec<FieldError> {
    match charge_target(entry) {
        // A list that never contained a record does not exist in the store, and is not checked.
        Some(ChargeTarget { list, id, .. })
            if ctx.state.records.collection(list).is_some() && !ctx.state.records.contains(list, id) =>
        {
            let message = format!("{} {id} not found", name_in(list));
            vec![FieldError::new("NotFound", message, &resource_of(type_name), "chargeToId")]
        }
        _ => Vec::new(),
    }
}

/// Removes `actualHours` if the start or the end of the entry has changed but `actualHours` has not, so that
/// [`derive_fields`] calculates it again.
pub(crate) fn invalidate_derived(before: &JsonObject, entry: &mut JsonObject) {
    let differs = |name: &str| before.get(name) != entry.get(name);
    if (differs("timeStart") || differs("timeEnd")) && !differs("actualHours") {
        entry.remove("actualHours");
    }
}

/// Sets the fields that are derived from the charged record, and derives missing hours from the start and the end.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, type_name: &'static str, entry: &mut JsonObject) {
    if let Some(target) = charge_target(entry)
        && let Some(record) = ctx.state.records.node(target.list, target.id)
    {
        let has = |name: &str| type_of(type_name).is_some_and(|schema| schema.fields.contains_key(name));
        if let Some(field) = target.field.filter(|field| has(field))
            && reference_id(entry, field) != Some(target.id)
            && let Ok(value) = reference(ctx, type_name, field, target.id, &Map::new())
        {
            entry.insert(field.to_owned(), value);
            // The company was that of the record that the entry was charged to before.
            if field != "company" {
                entry.remove("company");
            }
        }
        if let Some(company) = record
            .get("company")
            .map(crate::store::record::Node::value)
            .filter(|_| has("company") && !entry.contains_key("company"))
        {
            entry.insert("company".to_owned(), company);
        }
    }
    let time = |name: &str| parse_timestamp(entry.get(name).and_then(Value::as_str)?);
    if let (Some(start), Some(end)) = (time("timeStart"), time("timeEnd"))
        && !entry.contains_key("actualHours")
    {
        let hours = (end - start).num_minutes() as f64 / 60.0;
        entry.insert("actualHours".to_owned(), json!(hours));
    }
}
