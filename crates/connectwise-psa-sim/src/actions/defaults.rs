//! Proposals for new records: fields that follow from the request, and default references. Nothing is stored.

use serde_json::{Value, json};

use super::ActionResult;
use crate::access::{body, caller, missing_field, read, with_checker};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::JsonObject;
use crate::records::list::select;
use crate::records::record_names::resource_of;
use crate::records::references::integer;
use crate::router::Route;
use crate::rules::{self, defaults::add_defaults, entries};
use crate::schema::{record_type, type_of};
use crate::server_state::RequestContext;
use crate::store::timestamp;

/// Fields that a time entry takes from the record that it is charged to.
const CHARGE_FIELDS: &[&str] = &["company", "agreement", "project", "phase", "workRole", "workType"];

/// Address fields that a contact takes from its company.
const ADDRESS_FIELDS: &[&str] = &["addressLine1", "addressLine2", "city", "state", "zip", "country"];

/// Proposes a record with only its default references.
pub(super) fn reference_defaults(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let type_name = route.record_type().unwrap_or_default();
    propose(ctx, type_name, request, JsonObject::new())
}

/// Proposes a contact of a company. Observed on live servers: `companyId` is required.
pub(super) fn contact(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let company = id_parameter(request, "companyId").ok_or_else(|| missing_field("Contact", "companyId"))?;
    let record = read(ctx, "company/companies", company)?;
    let mut fields = JsonObject::from_iter([
        ("company".to_owned(), json!({ "id": company })),
        ("inactiveFlag".to_owned(), Value::Bool(false)),
    ]);
    fields.extend(shared_fields("Company", "Contact", &record, &[ADDRESS_FIELDS, &["site"]].concat()));
    propose(ctx, "Contact", request, fields)
}

pub(super) fn opportunity(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let mut fields = JsonObject::from_iter([("dateBecameLead".to_owned(), Value::from(timestamp(ctx.now)))]);
    if let Some((member, _)) = caller(ctx) {
        fields.insert("primarySalesRep".to_owned(), json!({ "id": member }));
    }
    propose(ctx, "Opportunity", request, fields)
}

/// Proposes an RMA tag. A ticket also determines the company and the contact that return the product.
pub(super) fn rma_tag(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let mut fields = JsonObject::new();
    for (parameter, field) in [
        ("productId", "product"),
        ("ticketId", "serviceTicket"),
        ("projectId", "project"),
        ("salesOrderId", "salesOrder"),
        ("companyId", "returnedCompany"),
    ] {
        if let Some(id) = id_parameter(request, parameter) {
            fields.insert(field.to_owned(), json!({ "id": id }));
        }
    }
    if let Some(product) = id_parameter(request, "productId") {
        let product = read(ctx, "procurement/catalog", product)?;
        for (from, to) in [("description", "productDescription"), ("price", "unitPrice")] {
            if let Some(value) = product.get(from) {
                fields.insert(to.to_owned(), value.clone());
            }
        }
    }
    if let Some(ticket) = id_parameter(request, "ticketId") {
        let ticket = read(ctx, "service/tickets", ticket)?;
        for (from, to) in [("company", "returnedCompany"), ("contact", "returnedContact")] {
            if let Some(value) = ticket.get(from) {
                fields.entry(to).or_insert_with(|| value.clone());
            }
        }
    }
    propose(ctx, "RmaTag", request, fields)
}

/// Proposes a time entry of the caller, charged to the record that the body names.
pub(super) fn time_entry(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let mut fields = body(ctx, request, "TimeEntry")?;
    fields.remove("id");
    let member = caller(ctx);
    if let Some((id, _)) = &member {
        fields.entry("member").or_insert_with(|| json!({ "id": id }));
    }
    let charged = charged_record(ctx, &mut fields)?;
    let charge_fields = charged
        .map(|(type_name, record)| shared_fields(type_name, "TimeEntry", &record, CHARGE_FIELDS))
        .unwrap_or_default();
    let member_fields = member
        .map(|(_, record)| shared_fields("Member", "TimeEntry", &record, &["workRole", "workType"]))
        .unwrap_or_default();
    for (name, value) in charge_fields.into_iter().chain(member_fields) {
        fields.entry(name).or_insert(value);
    }
    let now = timestamp(ctx.now);
    for (name, value) in [
        ("timeStart", json!(now)),
        ("dateEntered", json!(now)),
        ("enteredBy", json!(ctx.caller.member)),
        ("status", json!("Open")),
        ("billableOption", json!("Billable")),
    ] {
        fields.entry(name).or_insert(value);
    }
    rules::derive_fields(ctx, "time/entries", &mut fields);
    propose(ctx, "TimeEntry", request, fields)
}

/// Returns the record that an entry is charged to, and its type. The entry names the record by `ticket`, or by
/// `chargeToType` and `chargeToId`; the missing ones of these fields are added to the entry.
fn charged_record(
    ctx: &RequestContext<'_>,
    entry: &mut JsonObject,
) -> Result<Option<(&'static str, JsonObject)>, ApiError> {
    if let Some(ticket) = crate::access::reference_id(entry, "ticket") {
        let is_project_ticket = ctx.state.records.get("project/tickets", ticket).is_some();
        entry.entry("chargeToId").or_insert(Value::from(ticket));
        entry.entry("chargeToType").or_insert(json!(if is_project_ticket { "ProjectTicket" } else { "ServiceTicket" }));
    }
    let errors = entries::errors(ctx, "TimeEntry", entry);
    if !errors.is_empty() {
        return Err(ApiError::invalid_object(&resource_of("TimeEntry"), errors));
    }
    // A list that never contained a record is not checked, so the record may not exist.
    let Some((target, record)) = entries::charge_target(entry)
        .and_then(|target| read(ctx, target.list, target.id).ok().map(|record| (target, record)))
    else {
        return Ok(None);
    };
    if let Some(field) = target.field {
        entry.entry(field).or_insert(json!({ "id": target.id }));
    }
    Ok(Some((record_type(target.list).unwrap_or_default(), record)))
}

fn id_parameter(request: &Request, parameter: &str) -> Option<i64> {
    request.parameter(parameter).and_then(|id| integer(&Value::from(id))).filter(|id| *id != 0)
}

/// Returns the fields of a record that are in `names` and that another type also has, with the same field type.
pub(super) fn shared_fields(from: &str, to: &str, record: &JsonObject, names: &[&str]) -> JsonObject {
    let (from, to) = (type_of(from), type_of(to));
    let field_type = |schema: Option<&'static crate::schema::Type>, name: &str| {
        schema.and_then(|schema| schema.fields.get(name)).map(|field| &field.field_type)
    };
    let is_shared = |name: &str| {
        field_type(to, name).is_some()
            && (field_type(from, name).is_none() || field_type(from, name) == field_type(to, name))
    };
    let fields = record.iter().filter(|(name, _)| names.contains(&name.as_str()) && is_shared(name));
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn propose(ctx: &RequestContext<'_>, type_name: &'static str, request: &Request, fields: JsonObject) -> ActionResult {
    let mut record = with_checker(ctx, type_name, |checker| checker.fields(&fields))?;
    record.retain(|_, value| !value.is_null());
    add_defaults(ctx, type_name, &mut record);
    Ok(Response::ok(&select(request, type_name, ctx.settings.list_rules, Value::Object(record))?))
}
