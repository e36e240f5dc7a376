//! Companies and their contacts: merging companies, validating portal credentials, clearing company pickers.

use serde_json::{Value, json};

use super::redirect::Replacement;
use super::{ActionResult, documents, owner};
use crate::access::{body, child_lists, id_field, list_all, matching, missing_field, read, reference_id};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::placeholders::success;
use crate::records::JsonObject;
use crate::router::Route;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::writes::{remove, update};

const COMPANIES: &str = "company/companies";

/// Fields of a merge request that choose which company's values are kept, with the company fields that they control.
/// `From` copies the values of the merged company.
const FIELD_CHOICES: &[(&str, &[&str])] = &[
    ("accountNumber", &["accountNumber"]),
    ("billingAddress", &["billingSite"]),
    ("billingContact", &["billingContact"]),
    ("billingTerms", &["billingTerms"]),
    ("dateAcquired", &["dateAcquired"]),
    ("fax", &["faxNumber"]),
    ("identifier", &["identifier"]),
    ("market", &["market"]),
    ("name", &["name"]),
    ("numberOfEmployees", &["numberOfEmployees"]),
    ("phone", &["phoneNumber"]),
    ("primaryAddress", &["site", "addressLine1", "addressLine2", "city", "state", "zip", "country"]),
    ("primaryContact", &["defaultContact"]),
    ("revenue", &["annualRevenue"]),
    ("revenueYear", &["revenueYear"]),
    ("sicCode", &["sicCode"]),
    ("sourceList", &["leadSource"]),
    ("status", &["status"]),
    ("taxCode", &["taxCode"]),
    ("territory", &["territory"]),
    ("timeZone", &["timeZoneSetup"]),
    ("type", &["types"]),
    ("website", &["website"]),
    ("userDefinedField1", &["userDefinedField1"]),
    ("userDefinedField2", &["userDefinedField2"]),
    ("userDefinedField3", &["userDefinedField3"]),
    ("userDefinedField4", &["userDefinedField4"]),
    ("userDefinedField5", &["userDefinedField5"]),
    ("userDefinedField6", &["userDefinedField6"]),
    ("userDefinedField7", &["userDefinedField7"]),
    ("userDefinedField8", &["userDefinedField8"]),
    ("userDefinedField9", &["userDefinedField9"]),
    ("userDefinedField10", &["userDefinedField10"]),
];

/// Fields of a merge request that choose whether the merged company's records are kept, with the lists of these
/// records. `Discard` deletes them.
const LIST_CHOICES: &[(&str, &str)] = &[
    ("activities", "sales/activities"),
    ("contacts", "company/contacts"),
    ("opportunities", "sales/opportunities"),
    ("projects", "project/tickets"),
    ("projects", "project/projects"),
    ("services", "service/tickets"),
];

/// Merges the company in the path into the one that the body names, and deletes the former. Its lists move to the other
/// company, and references to it become references to the other, except for records that the body says to discard.
pub(super) fn merge(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, from) = owner(route)?;
    let body = body(ctx, request, "CompanyMerge")?;
    let to =
        body.get("toCompanyId").and_then(Value::as_i64).ok_or_else(|| missing_field("CompanyMerge", "toCompanyId"))?;
    let (old, mut company) = (read(ctx, COMPANIES, from)?, read(ctx, COMPANIES, to)?);
    if from == to {
        return Err(ApiError::bad("InvalidObject", format!("Company {from} cannot be merged into itself")));
    }
    let chooses = |name: &str, wanted: &str| {
        body.get(name).and_then(Value::as_str).is_some_and(|choice| choice.eq_ignore_ascii_case(wanted))
    };
    for (_, fields) in FIELD_CHOICES.iter().filter(|(name, _)| chooses(name, "From")) {
        for field in *fields {
            match old.get(*field) {
                Some(value) => _ = company.insert((*field).to_owned(), value.clone()),
                None => _ = company.remove(*field),
            }
        }
    }
    for (_, list) in LIST_CHOICES.iter().filter(|(name, _)| chooses(name, "Discard")) {
        for (id, _) in matching(ctx, list, |record| record.reference_id("company") == Some(from)) {
            remove(ctx, list, id);
        }
    }
    let replacement = Replacement { from: (COMPANIES, from), to: (COMPANIES, to), record: &company.clone() };
    replacement.redirect(COMPANIES, &mut company);
    for list in child_lists(ctx, COMPANIES, from) {
        let name = list.rsplit('/').next().unwrap_or_default();
        if !chooses(name, "Discard") {
            move_list(ctx, (&list, from), (&format!("{COMPANIES}/{to}/{name}"), to));
        }
    }
    if chooses("documents", "Discard") {
        documents::delete_attached(ctx, ("Company", from));
    } else {
        documents::reattach(ctx, ("Company", from), ("Company", to));
    }
    remove(ctx, COMPANIES, from);
    update(ctx, COMPANIES, to, company);
    replacement.redirect_all(ctx);
    Ok(success())
}

/// Moves the records of a list under a company to the same list under another company, with the lists under them.
/// Records keep their ids if these are free; references to a record with a new id are updated.
fn move_list(ctx: &mut RequestContext<'_>, (from, company): (&str, i64), (to, other): (&str, i64)) {
    let field = id_field(COMPANIES);
    for (id, mut record) in list_all(ctx, from) {
        record.remove("id");
        if record.get(&field).and_then(Value::as_i64) == Some(company) {
            record.insert(field.clone(), Value::from(other));
        }
        let free_id = (!ctx.state.records.contains(to, id)).then_some(id);
        let under: Vec<_> =
            child_lists(ctx, from, id).into_iter().map(|list| (list.clone(), list_all(ctx, &list))).collect();
        ctx.state.records.remove(from, id);
        let moved = ctx.state.records.insert(to, record.clone(), free_id);
        for (list, records) in under {
            let target = list.replacen(&format!("{from}/{id}/"), &format!("{to}/{moved}/"), 1);
            records.into_iter().for_each(|(inner, record)| _ = ctx.state.records.insert(&target, record, Some(inner)));
        }
        if moved != id {
            Replacement { from: (from, id), to: (to, moved), record: &record }.redirect_all(ctx);
        }
    }
}

/// Checks whether a contact with the e-mail address and the portal password may log in, and returns its id.
pub(super) fn validate_portal_credentials(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let body = body(ctx, request, "ValidatePortalRequest")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (email, password) = (text("email"), text("password"));
    let has_address = |contact: Node<'_>| {
        let mut items = contact.get("communicationItems").into_iter().flat_map(Node::elements);
        items.any(|item| item.text("value").is_some_and(|value| value.eq_ignore_ascii_case(email)))
    };
    let may_log_in = |contact: Node<'_>| {
        !password.is_empty()
            && contact.text("portalPassword").as_deref() == Some(password)
            && contact.boolean("disablePortalLoginFlag") != Some(true)
            && contact.boolean("inactiveFlag") != Some(true)
            && has_address(contact)
    };
    Ok(Response::ok(&match matching(ctx, "company/contacts", may_log_in).first() {
        Some((id, _)) => json!({"contactId": id, "success": true}),
        None => json!({"success": false}),
    }))
}

/// Deletes company picker items. The body may select a member and one type of items, companies or vendors; without
/// these fields, the items of all members and of both types are deleted.
pub(super) fn clear_picker(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let body = body(ctx, request, "ClearPickerRequest")?;
    let vendors = body.get("type").and_then(Value::as_str).map(|picker| picker.eq_ignore_ascii_case("Vendor"));
    let member = reference_id(&body, "member");
    let is_selected = |item: &JsonObject| {
        member.is_none_or(|member| reference_id(item, "member") == Some(member))
            && vendors.is_none_or(|vendors| (item.get("vendorPickerFlag") == Some(&Value::Bool(true))) == vendors)
    };
    for (id, _) in list_all(ctx, "company/companypickeritems").into_iter().filter(|(_, item)| is_selected(item)) {
        remove(ctx, "company/companypickeritems", id);
    }
    Ok(Response::no_content())
}
