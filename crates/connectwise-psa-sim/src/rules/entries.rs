//! Time and expense entries. The record that an entry is charged to must exist and determines the entry's company; the
//! hours, the rate and the option for billing determine the amounts.

use serde_json::{Map, Value, json};

use super::amounts::{cents, number};
use super::related::{referred, referred_name};
use crate::access::{reference, reference_id};
use crate::api_error::FieldError;
use crate::records::charge_types::{self, ChargeType};
use crate::records::check::parse_timestamp;
use crate::records::record_names::{name_in, resource_of};
use crate::records::references::integer;
use crate::records::tickets::{SERVICE, list_of_referred};
use crate::records::{JsonObject, into_object};
use crate::schema::{record_type, type_of};
use crate::server_state::RequestContext;
use crate::store::record::Node;

/// The record that an entry is charged to.
pub(crate) struct ChargeTarget {
    /// The value of `chargeToType`.
    charge_type: &'static str,
    pub(crate) list: &'static str,
    /// The field of the entry that refers to it, if entries have one.
    pub(crate) field: Option<&'static str>,
    pub(crate) id: i64,
}

/// The fields of an entry that refer to nothing but the record that it is charged to.
const TARGET_FIELDS: [&str; 2] = ["ticket", "activity"];

/// Derived fields, and the fields that they are derived from.
const DERIVED: &[(&str, &[&str])] = &[
    ("actualHours", &["timeStart", "timeEnd"]),
    ("hoursBilled", &["actualHours", "timeStart", "timeEnd", "hoursDeduct", "billableOption"]),
    ("billAmount", &["amount", "billableOption"]),
];

/// Fields of a time entry that follow from its ticket: the field of the ticket, whose name is shown.
const TICKET_TEXTS: &[(&str, &str)] =
    &[("ticketBoard", "board"), ("ticketStatus", "status"), ("ticketType", "type"), ("ticketSubType", "subType")];

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
    let ChargeType { name, list, field } = charge_type(entry)?;
    Some(ChargeTarget { charge_type: name, list, field: *field, id })
}

/// Returns the line of the table for the `chargeToType` of an entry.
fn charge_type(entry: &JsonObject) -> Option<&'static ChargeType> {
    let wanted = entry.get("chargeToType")?.as_str()?;
    charge_types::named(wanted)
}

/// Makes the ticket of a changed entry, the activity, and the record that it is charged to agree: the one that changed
/// determines the others. If several changed, the record that the entry is charged to determines them.
fn follow_target(ctx: &RequestContext<'_>, before: &JsonObject, entry: &mut JsonObject) {
    let charges_other = ["chargeToId", "chargeToType"].iter().any(|field| before.get(*field) != entry.get(*field));
    let refers_to_other = |entry: &JsonObject, field: &str| reference_id(before, field) != reference_id(entry, field);
    if charges_other {
        let kept = charge_target(entry).and_then(|target| target.field);
        for field in TARGET_FIELDS.into_iter().filter(|field| Some(*field) != kept) {
            entry.remove(field);
        }
    } else if refers_to_other(entry, "ticket") {
        entry.remove("chargeToId");
        entry.remove("chargeToType");
        charge_to_ticket(ctx, entry);
    } else {
        return;
    }
    if !refers_to_other(entry, "company") {
        entry.remove("company");
    }
}

/// Charges an entry that names only a ticket to this ticket.
pub(crate) fn charge_to_ticket(ctx: &RequestContext<'_>, entry: &mut JsonObject) {
    if let Some(ticket) = reference_id(entry, "ticket").filter(|_| !entry.contains_key("chargeToId")) {
        let list = list_of_referred(&ctx.state.records, SERVICE, ticket);
        entry.insert("chargeToId".to_owned(), Value::from(ticket));
        if let Some(charge_type) = charge_types::for_list(list) {
            entry.entry("chargeToType").or_insert_with(|| json!(charge_type.name));
        }
    }
}

/// Adds the references to the record that a new entry is charged to, and its company.
pub(crate) fn add_target(ctx: &RequestContext<'_>, type_name: &'static str, entry: &mut JsonObject) {
    if matches!(type_name, "TimeEntry" | "ExpenseEntry") {
        charge_to_ticket(ctx, entry);
        derive_target(ctx, type_name, entry);
    }
}

/// Adds the option for billing and the rate of a new time entry. The ticket decides, unless it leaves the decision to
/// the work type.
pub(crate) fn add_rate(ctx: &RequestContext<'_>, type_name: &str, entry: &mut JsonObject) {
    if type_name != "TimeEntry" {
        return;
    }
    let of = |field: &str| referred(ctx, type_name, entry, field).unwrap_or_default();
    let (ticket, work_type, work_role) = (of("ticket"), of("workType"), of("workRole"));
    let option = [ticket.get("billTime"), work_type.get("billTime")]
        .into_iter()
        .flatten()
        .find(|option| option.as_str() != Some("NoDefault"))
        .cloned()
        .unwrap_or_else(|| json!("Billable"));
    let rate = number(&work_role, "hourlyRate").unwrap_or_default();
    let rate = match (work_type.get("rateType").and_then(Value::as_str), number(&work_type, "rate")) {
        (Some("Multiplier"), Some(factor)) => rate * factor,
        (Some("Custom"), Some(fixed)) => fixed,
        (Some("AdjAmount"), Some(difference)) => rate + difference,
        _ => rate,
    };
    entry.entry("billableOption").or_insert(option);
    entry.entry("hourlyRate").or_insert_with(|| cents(rate));
}

/// Returns the errors of an entry that is charged to a record that does not exist, or that ends before it starts. The
/// text of live servers for the latter is not known.
pub(crate) fn errors(ctx: &RequestContext<'_>, type_name: &str, entry: &JsonObject) -> Vec<FieldError> {
    let resource = resource_of(type_name);
    let mut errors = Vec::new();
    if let Some(id) = entry.get("chargeToId").and_then(integer).filter(|id| *id < 0) {
        let name = charge_type(entry).map_or_else(|| "Charge To".to_owned(), |charge_type| name_in(charge_type.list));
        errors.push(FieldError::new("NotFound", format!("{name} {id} not found"), &resource, "chargeToId"));
    }
    // A list that never contained a record does not exist in the store, and is not checked.
    if let Some(ChargeTarget { list, id, .. }) = charge_target(entry)
        && ctx.state.records.collection(list).is_some()
        && !ctx.state.records.contains(list, id)
    {
        let message = format!("{} {id} not found", name_in(list));
        errors.push(FieldError::new("NotFound", message, &resource, "chargeToId"));
    }
    if let (Some(start), Some(end)) = (time(entry, "timeStart"), time(entry, "timeEnd"))
        && end <= start
    {
        errors.push(FieldError::new("InvalidField", "timeEnd must be later than timeStart.", &resource, "timeEnd"));
    }
    errors
}

fn time(entry: &JsonObject, field: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    parse_timestamp(entry.get(field).and_then(Value::as_str)?)
}

/// Removes derived fields whose sources have changed, unless the request changed them too, so that [`derive_fields`]
/// calculates them again.
pub(crate) fn invalidate_derived(ctx: &RequestContext<'_>, before: &JsonObject, entry: &mut JsonObject) {
    follow_target(ctx, before, entry);
    let differs = |entry: &JsonObject, name: &str| before.get(name) != entry.get(name);
    let stale: Vec<&str> = DERIVED
        .iter()
        .filter(|(derived, sources)| !differs(entry, derived) && sources.iter().any(|source| differs(entry, source)))
        .map(|(derived, _)| *derived)
        .collect();
    stale.into_iter().for_each(|derived| _ = entry.remove(derived));
}

/// Sets the fields that are derived from the charged record and from other fields.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, type_name: &'static str, entry: &mut JsonObject) {
    derive_target(ctx, type_name, entry);
    if type_name == "TimeEntry" {
        derive_hours(entry);
        derive_ticket_texts(ctx, entry);
    } else {
        derive_amounts(entry);
    }
}

fn derive_target(ctx: &RequestContext<'_>, type_name: &'static str, entry: &mut JsonObject) {
    let Some(target) = charge_target(entry) else { return };
    let Some(record) = ctx.state.records.node(target.list, target.id) else { return };
    let has = |name: &str| type_of(type_name).is_some_and(|schema| schema.fields.contains_key(name));
    entry.insert("chargeToType".to_owned(), json!(target.charge_type));
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
    if let Some(company) =
        record.get("company").map(Node::value).filter(|_| has("company") && !entry.contains_key("company"))
    {
        entry.insert("company".to_owned(), company);
    }
}

/// Sets the hours, and the amounts that are billed for them.
fn derive_hours(entry: &mut JsonObject) {
    if let (Some(start), Some(end)) = (time(entry, "timeStart"), time(entry, "timeEnd"))
        && !entry.contains_key("actualHours")
    {
        entry.insert("actualHours".to_owned(), cents((end - start).num_seconds() as f64 / 3600.0));
    }
    let Some(hours) = number(entry, "actualHours") else {
        ["invoiceHours", "extendedInvoiceAmount"].iter().for_each(|amount| _ = entry.remove(*amount));
        return;
    };
    let is_billed = entry.get("billableOption").and_then(Value::as_str).is_none_or(|option| option == "Billable");
    let billed = if is_billed { (hours - number(entry, "hoursDeduct").unwrap_or_default()).max(0.0) } else { 0.0 };
    entry.entry("hoursBilled").or_insert_with(|| cents(billed));
    let billed = number(entry, "hoursBilled").unwrap_or_default();
    let rate = number(entry, "hourlyRate").unwrap_or_default();
    entry.insert("invoiceHours".to_owned(), cents(billed));
    entry.insert("extendedInvoiceAmount".to_owned(), cents(if is_billed { billed * rate } else { 0.0 }));
}

fn derive_ticket_texts(ctx: &RequestContext<'_>, entry: &mut JsonObject) {
    let Some(target) = charge_target(entry).filter(|target| target.field == Some("ticket")) else { return };
    let (Some(ticket), Some(type_name)) =
        (ctx.state.records.get(target.list, target.id).map(into_object), record_type(target.list))
    else {
        return;
    };
    for (text, field) in TICKET_TEXTS {
        match referred_name(ctx, type_name, &ticket, field) {
            Some(name) => _ = entry.insert((*text).to_owned(), json!(name)),
            None => _ = entry.remove(*text),
        }
    }
}

/// Sets the amount that is billed for an expense.
fn derive_amounts(entry: &mut JsonObject) {
    let is_billed = entry.get("billableOption").and_then(Value::as_str).is_none_or(|option| option == "Billable");
    let amount = number(entry, "amount").filter(|_| is_billed).unwrap_or_default();
    entry.entry("billAmount").or_insert_with(|| cents(amount));
    let billed = number(entry, "billAmount").unwrap_or_default();
    entry.insert("invoiceAmount".to_owned(), cents(billed));
}
