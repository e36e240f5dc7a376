//! Records as the server would propose them before they are made: from what the request names and from what is marked
//! as a default. Nothing is kept.

use serde_json::{Value, json};

use super::ActionResult;
use crate::access::{body, caller, missing_field, read, with_checker};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::JsonObject;
use crate::records::list::select;
use crate::records::references::integer;
use crate::router::Route;
use crate::rules::{self, defaults::add_defaults, entries};
use crate::schema::{record_type, type_of};
use crate::server_state::RequestContext;
use crate::store::timestamp;

/// What a time entry has of that which it is charged to.
const OF_CHARGE: &[&str] = &["company", "agreement", "project", "phase", "workRole", "workType"];

/// The address of a company, which is that of its contacts.
const ADDRESS: &[&str] = &["addressLine1", "addressLine2", "city", "state", "zip", "country"];

/// A record with nothing but the defaults of its references.
pub(super) fn plain(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let type_name = route.record_type().unwrap_or_default();
    propose(ctx, type_name, request, JsonObject::new())
}

/// facts: without a company the question makes no sense.
pub(super) fn contact(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let company = named(request, "companyId").ok_or_else(|| missing_field("Contact", "companyId"))?;
    let record = read(ctx, "company/companies", company)?;
    let mut given = JsonObject::from_iter([
        ("company".to_owned(), json!({ "id": company })),
        ("inactiveFlag".to_owned(), Value::Bool(false)),
    ]);
    given.extend(common("Company", "Contact", &record, &[ADDRESS, &["site"]].concat()));
    propose(ctx, "Contact", request, given)
}

pub(super) fn opportunity(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let mut given = JsonObject::from_iter([("dateBecameLead".to_owned(), Value::from(timestamp(ctx.now)))]);
    if let Some((member, _)) = caller(ctx) {
        given.insert("primarySalesRep".to_owned(), json!({ "id": member }));
    }
    propose(ctx, "Opportunity", request, given)
}

/// What is sent back: of a ticket, the company that has it is known as well.
pub(super) fn rma_tag(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let mut given = JsonObject::new();
    for (parameter, member) in [
        ("productId", "product"),
        ("ticketId", "serviceTicket"),
        ("projectId", "project"),
        ("salesOrderId", "salesOrder"),
        ("companyId", "returnedCompany"),
    ] {
        if let Some(id) = named(request, parameter) {
            given.insert(member.to_owned(), json!({ "id": id }));
        }
    }
    if let Some(product) = named(request, "productId") {
        let product = read(ctx, "procurement/catalog", product)?;
        for (from, to) in [("description", "productDescription"), ("price", "unitPrice")] {
            if let Some(value) = product.get(from) {
                given.insert(to.to_owned(), value.clone());
            }
        }
    }
    if let Some(ticket) = named(request, "ticketId") {
        let ticket = read(ctx, "service/tickets", ticket)?;
        for (from, to) in [("company", "returnedCompany"), ("contact", "returnedContact")] {
            if let Some(value) = ticket.get(from) {
                given.entry(to).or_insert_with(|| value.clone());
            }
        }
    }
    propose(ctx, "RmaTag", request, given)
}

/// A time entry of the caller for what the body charges it to.
pub(super) fn time_entry(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let mut given = body(ctx, request, "TimeEntry")?;
    given.remove("id");
    let member = caller(ctx);
    if let Some((id, _)) = &member {
        given.entry("member").or_insert_with(|| json!({ "id": id }));
    }
    let charged = charged(ctx, &mut given)?;
    let of_charge =
        charged.map(|(type_name, record)| common(type_name, "TimeEntry", &record, OF_CHARGE)).unwrap_or_default();
    let of_member =
        member.map(|(_, record)| common("Member", "TimeEntry", &record, &["workRole", "workType"])).unwrap_or_default();
    for (name, value) in of_charge.into_iter().chain(of_member) {
        given.entry(name).or_insert(value);
    }
    let now = timestamp(ctx.now);
    for (name, value) in [
        ("timeStart", json!(now)),
        ("dateEntered", json!(now)),
        ("enteredBy", json!(ctx.caller.member)),
        ("status", json!("Open")),
        ("billableOption", json!("Billable")),
    ] {
        given.entry(name).or_insert(value);
    }
    rules::derive_fields(ctx, "time/entries", &mut given);
    propose(ctx, "TimeEntry", request, given)
}

/// What an entry is charged to, which it may name as a ticket or by kind and number: its type and the record.
fn charged(ctx: &RequestContext<'_>, entry: &mut JsonObject) -> Result<Option<(&'static str, JsonObject)>, ApiError> {
    if let Some(ticket) = crate::access::reference_id(entry, "ticket") {
        let is_of_project = ctx.state.records.get("project/tickets", ticket).is_some();
        entry.entry("chargeToId").or_insert(Value::from(ticket));
        entry.entry("chargeToType").or_insert(json!(if is_of_project { "ProjectTicket" } else { "ServiceTicket" }));
    }
    entries::check(ctx, "TimeEntry", entry)?;
    // What is not simulated as records has no say.
    let Some((charge, record)) = entries::charge_of(entry)
        .and_then(|charge| read(ctx, charge.list, charge.id).ok().map(|record| (charge, record)))
    else {
        return Ok(None);
    };
    if let Some(member) = charge.member {
        entry.entry(member).or_insert(json!({ "id": charge.id }));
    }
    Ok(Some((record_type(charge.list).unwrap_or_default(), record)))
}

fn named(request: &Request, parameter: &str) -> Option<i64> {
    request.parameter(parameter).and_then(|id| integer(&Value::from(id))).filter(|id| *id != 0)
}

/// Those of the named members of a record that another type has too, and that mean the same there: their kinds are the
/// same.
pub(super) fn common(from: &str, to: &str, record: &JsonObject, names: &[&str]) -> JsonObject {
    let (from, to) = (type_of(from), type_of(to));
    let kind = |of: Option<&'static crate::schema::Type>, name: &str| {
        of.and_then(|schema| schema.fields.get(name)).map(|member| &member.field_type)
    };
    let is_common =
        |name: &str| kind(to, name).is_some() && (kind(from, name).is_none() || kind(from, name) == kind(to, name));
    let members = record.iter().filter(|(name, _)| names.contains(&name.as_str()) && is_common(name));
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn propose(ctx: &RequestContext<'_>, type_name: &'static str, request: &Request, given: JsonObject) -> ActionResult {
    let mut record = with_checker(ctx, type_name, |checker| checker.fields(&given))?;
    record.retain(|_, value| !value.is_null());
    add_defaults(ctx, type_name, &mut record);
    Ok(Response::ok(&select(request, type_name, ctx.settings.list_rules, Value::Object(record))?))
}
