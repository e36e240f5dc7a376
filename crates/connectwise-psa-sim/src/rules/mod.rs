//! Rules of single types of records: what is refused, what is filled in, and what follows from other members whenever a
//! record is stored.
//!
//! A request that writes passes them in this order; only the last one applies to every write, the others to requests
//! that create or change one record:
//!
//! | rule | when |
//! |---|---|
//! | [`check_create_request`] | before a new record's members are looked at |
//! | [`defaults::defaults`] | under the members that a new record has, or one that is replaced |
//! | [`check_record`] | when all members are known, new or changed |
//! | [`invalidate_derived`] | a changed record loses what was derived from what has changed |
//! | [`fill_defaults`] | a new record gets what it lacks to be stored |
//! | [`derive_fields`] | in `writes`, whenever a record is stored |

pub(crate) mod communications;
pub(crate) mod defaults;
pub(crate) mod entries;
mod tickets;

use connectwise_psa_core::text::member_ignoring_case;
use serde_json::Value;

use crate::api_error::{ApiError, FieldError};
use crate::callbacks::registration;
use crate::records::JsonObject;
use crate::schema::type_of;
use crate::server_state::RequestContext;
use crate::store::record::Node;
use crate::store::timestamp;

/// What the server refuses before it looks at the members of a new record.
pub(crate) fn check_create_request(ctx: &RequestContext<'_>, key: &str, body: &JsonObject) -> Result<(), ApiError> {
    if key == "system/callbacks" {
        return registration::check(ctx, body);
    }
    if key == "finance/invoices" {
        refuse_agreement_invoice(body)?;
    }
    let is_set = |name: &str| member_ignoring_case(body, name) == Some(&Value::Bool(true));
    // facts: a ticket's note has to say where it is shown.
    if key.starts_with("service/tickets/")
        && key.ends_with("/notes")
        && !["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"].iter().any(|flag| is_set(flag))
    {
        let error = FieldError::new(
            "InvalidField",
            "Please choose where to display the notes",
            "ticketNote",
            "detailDescriptionFlag",
        );
        return Err(ApiError::invalid_object("ticketNote", vec![error]));
    }
    // facts: members of a contact that are required are not described as such.
    if key == "company/contacts"
        && member_ignoring_case(body, "firstName").and_then(Value::as_str).is_none_or(str::is_empty)
    {
        let error = FieldError::new("MissingRequiredField", "The firstName field is required.", "contact", "firstName");
        return Err(ApiError::invalid_object("contact", vec![error]));
    }
    Ok(())
}

/// Refuses a record, with the id it has already, that cannot be beside the others.
pub(crate) fn check_record(
    ctx: &RequestContext<'_>,
    key: &str,
    id: Option<i64>,
    record: &JsonObject,
) -> Result<(), ApiError> {
    if let Some(type_name) = entries::type_of_entries(key) {
        entries::check(ctx, type_name, record)?;
    }
    let identifier = record
        .get("identifier")
        .and_then(Value::as_str)
        .filter(|_| matches!(key, "company/companies" | "system/members" | "procurement/catalog"));
    let Some(identifier) = identifier else { return Ok(()) };
    let is_taken = |(other, record): (i64, Node<'_>)| {
        Some(other) != id && record.text("identifier").is_some_and(|text| text.eq_ignore_ascii_case(identifier))
    };
    if ctx.state.records.collection(key).is_some_and(|collection| collection.records.iter().any(is_taken)) {
        let resource = key.rsplit('/').next().unwrap_or_default();
        let error = FieldError::new(
            "ObjectExists",
            format!("A record with the identifier {identifier} already exists"),
            resource,
            "identifier",
        );
        return Err(ApiError::invalid_object(resource, vec![error]));
    }
    Ok(())
}

/// What of a changed record was derived from what has changed, and goes.
pub(crate) fn invalidate_derived(key: &str, before: &JsonObject, record: &mut JsonObject) {
    if entries::type_of_entries(key).is_some() {
        entries::invalidate_derived(before, record);
    }
}

/// What a new record lacks to be kept, when it has been checked.
pub(crate) fn fill_defaults(
    ctx: &RequestContext<'_>,
    key: &str,
    type_name: &'static str,
    record: &mut JsonObject,
) -> Result<(), ApiError> {
    // Who wrote a note, and when.
    if key.ends_with("/notes") {
        let has = |name: &str| type_of(type_name).is_some_and(|schema| schema.fields.contains_key(name));
        for (name, value) in [("createdBy", ctx.caller.member.clone()), ("dateCreated", timestamp(ctx.now))] {
            if has(name) {
                record.entry(name).or_insert(Value::from(value));
            }
        }
    }
    if key == "service/tickets" {
        tickets::assign_team(ctx, record)?;
        tickets::add_contact_details(ctx, record);
        defaults::add_defaults(ctx, type_name, record);
    }
    Ok(())
}

/// What follows from the members of a record whenever it is kept.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, key: &str, record: &mut JsonObject) {
    if key == "system/callbacks" {
        registration::derive_fields(record);
        record.entry("_by").or_insert_with(|| Value::from(ctx.caller.member.clone()));
    }
    if matches!(key, "service/tickets" | "project/tickets") {
        tickets::derive_fields(ctx, record);
    }
    if let Some(type_name) = entries::type_of_entries(key) {
        entries::derive_fields(ctx, type_name, record);
    }
    if communications::contact_of(key).is_some() {
        communications::derive_fields(ctx, record);
    }
    if key == "company/contacts" {
        communications::derive_all(ctx, record);
    }
}

/// facts: an agreement's invoice is not made as others are.
fn refuse_agreement_invoice(body: &JsonObject) -> Result<(), ApiError> {
    let kind = member_ignoring_case(body, "type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Agreement")) {
        return Err(ApiError::bad("InvalidObject", "Cannot create agreement invoices through the Invoicing API"));
    }
    Ok(())
}
