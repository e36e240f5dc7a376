//! Rules for specific record types: which records are rejected, which fields get defaults, and which fields are derived
//! from others when a record is stored.
//!
//! An insert or update through `writes` applies the last rules. Each of the others applies to some of the requests that
//! create or change a record. The order is:
//!
//! | rule | purpose |
//! |---|---|
//! | [`check_create_request`] | rejects create requests before their fields are checked |
//! | [`defaults::add_owners`] | adds the board, company and project, on which the checks of other fields depend |
//! | [`add_defaults`] | adds the other fields that a new or replaced record lacks |
//! | [`checks::errors`] | the errors of a new or changed record when all its fields are known |
//! | [`invalidate_derived`] | removes derived fields of a changed record whose sources have changed |
//! | [`prepare`] | takes out what is stored elsewhere, and creates the records that a record belongs to |
//! | [`derive_fields`] | sets derived fields; called for every record that `writes` inserts or updates |
//! | [`follow`] | changes the records that depend on an inserted, updated or removed record |

mod agreements;
pub(crate) mod amounts;
pub(crate) mod checks;
pub(crate) mod communications;
mod companies;
pub(crate) mod defaults;
pub(crate) mod dependents;
pub(crate) mod documents;
pub(crate) mod entries;
mod forecasts;
mod invoices;
mod notes;
mod related;
mod resources;
pub(crate) mod schedule;
pub(crate) mod tickets;
mod time_sheets;
pub(crate) mod write_only;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::Value;

use crate::access::caller;
use crate::api_error::ApiError;
use crate::callbacks::registration;
use crate::records::JsonObject;
use crate::schema::record_type;
use crate::server_state::RequestContext;

/// Rejects create requests that the server rejects before it checks the fields.
pub(crate) fn check_create_request(key: &str, body: &JsonObject) -> Result<(), ApiError> {
    if key == invoices::INVOICES { reject_agreement_invoice(body) } else { Ok(()) }
}

/// Removes derived fields of a changed record whose sources have changed, unless the request changed them too.
pub(crate) fn invalidate_derived(ctx: &RequestContext<'_>, key: &str, before: &JsonObject, record: &mut JsonObject) {
    if entries::entry_type(key).is_some() {
        entries::invalidate_derived(ctx, before, record);
        time_sheets::invalidate(key, before, record);
    }
    if key == schedule::ENTRIES {
        schedule::invalidate_derived(before, record);
    }
    if tickets::is_list(key)
        && let Some(type_name) = record_type(key)
    {
        tickets::update_details(ctx, type_name, before, record);
    }
    agreements::invalidate_derived(key, before, record);
    invoices::invalidate_derived(key, before, record);
    amounts::invalidate_derived(key, before, record);
}

/// Adds the fields that a new or replaced record lacks and that follow from other records.
pub(crate) fn add_defaults(ctx: &RequestContext<'_>, key: &str, type_name: &'static str, record: &mut JsonObject) {
    entries::add_target(ctx, type_name, record);
    defaults::add_defaults(ctx, key, type_name, record);
    entries::add_rate(ctx, type_name, record);
    agreements::add_effective_date(ctx, key, record);
    if key.ends_with("/notes") {
        notes::add_defaults(ctx, type_name, record);
    }
    if tickets::is_list(key) {
        tickets::add_contact_details(ctx, record);
        tickets::add_site_details(ctx, type_name, record);
        if !record.contains_key("resources") {
            resources::follow_owner(ctx, &JsonObject::new(), record);
        }
    }
}

/// What [`prepare`] returns.
#[derive(Default)]
pub(crate) struct Prepared {
    /// A record that must be stored before the prepared one, with its list. After that, the record must be prepared
    /// again.
    pub(crate) missing: Option<(&'static str, JsonObject)>,
    /// The first notes of a new ticket.
    pub(crate) notes: Vec<JsonObject>,
}

/// Takes the fields out of a record that are not stored in it.
pub(crate) fn prepare(ctx: &RequestContext<'_>, key: &str, record: &mut JsonObject) -> Prepared {
    Prepared { missing: time_sheets::assign(ctx, key, record), notes: write_only::take(ctx, key, record) }
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
    invoices::derive_fields(ctx, key, record);
    if tickets::is_list(key) {
        tickets::derive_fields(ctx, record);
    }
    if let Some(type_name) = entries::entry_type(key) {
        entries::derive_fields(ctx, type_name, record);
    }
    if let Some(contact) = communications::contact_of(key) {
        communications::derive_fields(ctx, record);
        communications::show_in_list(ctx, contact, record);
    }
    if key == communications::CONTACTS {
        communications::derive_all(ctx, record);
        communications::derive_phone(ctx, record);
    }
    if key == companies::COMPANIES {
        companies::derive_fields(ctx, record);
    }
    if key == schedule::ENTRIES {
        schedule::derive_fields(ctx, record);
    }
    agreements::derive_fields(ctx, key, record);
    forecasts::derive_fields(ctx, key, record);
    amounts::derive_fields(key, record);
}

/// Changes the records that depend on a record, after it was inserted, updated or removed. They are part of the same
/// change: they get no callbacks and audit trail entries of their own.
pub(crate) fn follow(
    ctx: &mut RequestContext<'_>,
    key: &str,
    id: i64,
    before: Option<&JsonObject>,
    after: Option<&JsonObject>,
) {
    if key == companies::COMPANIES {
        match (before, after) {
            (None, Some(_)) => companies::complete_new(ctx, id),
            (Some(before), Some(after)) => communications::follow_company(ctx, id, before, after),
            _ => {}
        }
    }
    if key == agreements::AGREEMENTS && after.is_some() {
        agreements::update_additions(ctx, id);
    }
    if key == schedule::ENTRIES {
        resources::follow_entry(ctx, before, after);
    }
    amounts::update_sums(ctx, key, before, after);
}

/// Returns whether [`follow`] has an effect for the records of a list. Only these are unpacked for it.
pub(crate) fn are_followed(key: &str) -> bool {
    matches!(key, companies::COMPANIES | schedule::ENTRIES | agreements::AGREEMENTS) || amounts::are_concerned(key)
}

/// Observed on live servers: a create request for an agreement invoice is rejected.
fn reject_agreement_invoice(body: &JsonObject) -> Result<(), ApiError> {
    let invoice_type = field_ignoring_case(body, "type").and_then(Value::as_str);
    if invoice_type.is_some_and(|invoice_type| invoice_type.eq_ignore_ascii_case("Agreement")) {
        return Err(ApiError::bad("InvalidObject", "Cannot create agreement invoices through the Invoicing API"));
    }
    Ok(())
}
