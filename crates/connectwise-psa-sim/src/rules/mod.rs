//! Rules for specific record types: which records are rejected, which fields get defaults, and which fields are derived
//! from others when a record is stored.
//!
//! An insert or update through `writes` applies the last rule. Each of the others applies to some of the requests that
//! create or change a record. The order is:
//!
//! | rule | purpose |
//! |---|---|
//! | [`check_create_request`] | rejects create requests before their fields are checked |
//! | [`defaults::defaults`] | provides fields that the body of a create request or replacement lacks |
//! | [`checks::errors`] | the errors of a new or changed record when all its fields are known |
//! | [`invalidate_derived`] | removes derived fields of a changed record whose sources have changed |
//! | [`fill_defaults`] | fills in missing fields of a new record before it is stored |
//! | [`derive_fields`] | sets derived fields; called for every record that `writes` inserts or updates |

pub(crate) mod checks;
pub(crate) mod communications;
pub(crate) mod defaults;
pub(crate) mod entries;
mod schedule;
mod tickets;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::Value;

use crate::access::caller;
use crate::api_error::ApiError;
use crate::callbacks::registration;
use crate::records::JsonObject;
use crate::schema::type_of;
use crate::server_state::RequestContext;
use crate::store::timestamp;

/// Rejects create requests that the server rejects before it checks the fields.
pub(crate) fn check_create_request(key: &str, body: &JsonObject) -> Result<(), ApiError> {
    if key == "finance/invoices" { reject_agreement_invoice(body) } else { Ok(()) }
}

/// Removes derived fields of a changed record whose sources have changed.
pub(crate) fn invalidate_derived(key: &str, before: &JsonObject, record: &mut JsonObject) {
    if entries::entry_type(key).is_some() {
        entries::invalidate_derived(before, record);
    }
}

/// Fills in missing fields of a new record before it is stored.
pub(crate) fn fill_defaults(
    ctx: &RequestContext<'_>,
    key: &str,
    type_name: &'static str,
    record: &mut JsonObject,
) -> Result<(), ApiError> {
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

/// Sets the fields that are derived from other fields. `writes::insert` and `writes::update` call it; seeds and records
/// that are written to the store directly keep the fields that they have.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, key: &str, record: &mut JsonObject) {
    if key == "system/callbacks" {
        registration::derive_fields(record);
        // The member who registered the callback.
        record.entry("_by").or_insert_with(|| Value::from(ctx.caller.member.clone()));
        if !record.contains_key("memberId")
            && let Some((member, _)) = caller(ctx)
        {
            record.insert("memberId".to_owned(), Value::from(member));
        }
    }
    if key == "finance/invoices" && !record.contains_key("invoiceNumber") {
        record.insert("invoiceNumber".to_owned(), Value::from(next_invoice_number(ctx)));
    }
    if matches!(key, "service/tickets" | "project/tickets") {
        tickets::derive_fields(ctx, record);
    }
    if let Some(type_name) = entries::entry_type(key) {
        entries::derive_fields(ctx, type_name, record);
    }
    if key == "schedule/entries" {
        schedule::derive_fields(ctx, record);
    }
    if communications::contact_of(key).is_some() {
        communications::derive_fields(ctx, record);
    }
    if key == "company/contacts" {
        communications::derive_all(ctx, record);
    }
}

/// Returns the number of a new invoice: one more than the highest number of the other invoices.
fn next_invoice_number(ctx: &RequestContext<'_>) -> String {
    let invoices = ctx.state.records.collection("finance/invoices");
    let numbers = invoices.into_iter().flat_map(|list| list.records.iter());
    let highest = numbers.filter_map(|(_, invoice)| invoice.text("invoiceNumber")?.parse::<u64>().ok()).max();
    highest.unwrap_or_default().saturating_add(1).to_string()
}

/// Observed on live servers: a create request for an agreement invoice is rejected.
fn reject_agreement_invoice(body: &JsonObject) -> Result<(), ApiError> {
    let invoice_type = field_ignoring_case(body, "type").and_then(Value::as_str);
    if invoice_type.is_some_and(|invoice_type| invoice_type.eq_ignore_ascii_case("Agreement")) {
        return Err(ApiError::bad("InvalidObject", "Cannot create agreement invoices through the Invoicing API"));
    }
    Ok(())
}
