//! Time and expense entries: what they are charged to has to be there, and gives them their company.

use serde_json::{Map, Value, json};

use crate::access::{reference, reference_id};
use crate::api_error::{ApiError, FieldError};
use crate::records::JsonObject;
use crate::records::check::parse_timestamp;
use crate::records::references::integer;
use crate::schema::type_of;
use crate::server_state::RequestContext;

/// Something that an entry is charged to.
pub(crate) struct Charge {
    /// The word for its kind.
    kind: &'static str,
    pub(crate) list: &'static str,
    /// The member that refers to it.
    pub(crate) member: Option<&'static str>,
    pub(crate) id: i64,
}

/// What entries can be charged to: the word for it, its list, and the member that refers to it.
const CHARGES: &[(&str, &str, Option<&str>)] = &[
    ("ServiceTicket", "service/tickets", Some("ticket")),
    ("ProjectTicket", "project/tickets", Some("ticket")),
    ("ChargeCode", "time/chargecodes", None),
    ("Activity", "sales/activities", Some("activity")),
    ("Company", "company/companies", Some("company")),
];

/// The type of the records of a list of entries.
pub(crate) fn type_of_entries(key: &str) -> Option<&'static str> {
    match key {
        "time/entries" => Some("TimeEntry"),
        "expense/entries" => Some("ExpenseEntry"),
        _ => None,
    }
}

/// What an entry says that it is charged to.
pub(crate) fn charge_of(entry: &JsonObject) -> Option<Charge> {
    let id = entry.get("chargeToId").and_then(integer).filter(|id| *id > 0)?;
    let said = entry.get("chargeToType")?.as_str()?;
    let (kind, list, member) = CHARGES.iter().find(|(kind, ..)| kind.eq_ignore_ascii_case(said))?;
    Some(Charge { kind, list, member: *member, id })
}

/// Refuses an entry for what is not there.
pub(crate) fn check(ctx: &RequestContext<'_>, type_name: &str, entry: &JsonObject) -> Result<(), ApiError> {
    match charge_of(entry) {
        // What is not simulated as records has no say.
        Some(Charge { kind, list, id, .. })
            if ctx.state.records.collection(list).is_some() && !ctx.state.records.contains(list, id) =>
        {
            let resource = crate::records::resource_name(type_name);
            let error = FieldError::new("NotFound", format!("{kind} {id} not found"), &resource, "chargeToId");
            Err(ApiError::invalid_object(&resource, vec![error]))
        }
        _ => Ok(()),
    }
}

/// Hours that were counted for another beginning or end are counted anew.
pub(crate) fn invalidate_derived(before: &JsonObject, entry: &mut JsonObject) {
    let differs = |name: &str| before.get(name) != entry.get(name);
    if (differs("timeStart") || differs("timeEnd")) && !differs("actualHours") {
        entry.remove("actualHours");
    }
}

/// What follows from what an entry is charged to, and from its beginning and end.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, type_name: &'static str, entry: &mut JsonObject) {
    if let Some(charge) = charge_of(entry)
        && let Some(record) = ctx.state.records.node(charge.list, charge.id)
    {
        let has = |name: &str| type_of(type_name).is_some_and(|schema| schema.fields.contains_key(name));
        if let Some(member) = charge.member.filter(|member| has(member))
            && reference_id(entry, member) != Some(charge.id)
            && let Ok(found) = reference(ctx, type_name, member, charge.id, &Map::new())
        {
            entry.insert(member.to_owned(), found);
            // It was charged to something else, whose company it had.
            if member != "company" {
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
    let at = |name: &str| parse_timestamp(entry.get(name).and_then(Value::as_str)?);
    if let (Some(start), Some(end)) = (at("timeStart"), at("timeEnd"))
        && !entry.contains_key("actualHours")
    {
        let hours = (end - start).num_minutes() as f64 / 60.0;
        entry.insert("actualHours".to_owned(), json!(hours));
    }
}
