//! Companies and their contacts: one company merged into another, the portal's passwords, the list of companies to pick
//! from.

use serde_json::{Value, json};

use super::redirect::Replacement;
use super::{ActionResult, documents, owner};
use crate::access::{body, child_lists, id_member, list_all, matching, missing_field, read, reference_id};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::placeholders::success;
use crate::records::JsonObject;
use crate::router::Route;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::writes::{remove, update};

const COMPANIES: &str = "company/companies";

/// Members of a merge that choose whose value stays, and the members of a company that they are about.
const VALUES: &[(&str, &[&str])] = &[
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

/// Members of a merge that say whether records go along, and the lists these are in.
const LISTS: &[(&str, &str)] = &[
    ("activities", "sales/activities"),
    ("contacts", "company/contacts"),
    ("opportunities", "sales/opportunities"),
    ("projects", "project/tickets"),
    ("projects", "project/projects"),
    ("services", "service/tickets"),
];

/// The company of the path goes into the one that the body names: what is under it and what refers to it is the other's
/// then, unless it is to be discarded.
pub(super) fn merge(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, from) = owner(route)?;
    let body = body(ctx, request, "CompanyMerge")?;
    let to =
        body.get("toCompanyId").and_then(Value::as_i64).ok_or_else(|| missing_field("CompanyMerge", "toCompanyId"))?;
    let (old, mut company) = (read(ctx, COMPANIES, from)?, read(ctx, COMPANIES, to)?);
    if from == to {
        return Err(ApiError::bad("InvalidObject", format!("Company {from} cannot be merged into itself")));
    }
    let says = |name: &str, wanted: &str| {
        body.get(name).and_then(Value::as_str).is_some_and(|said| said.eq_ignore_ascii_case(wanted))
    };
    for (_, members) in VALUES.iter().filter(|(name, _)| says(name, "From")) {
        for member in *members {
            match old.get(*member) {
                Some(value) => _ = company.insert((*member).to_owned(), value.clone()),
                None => _ = company.remove(*member),
            }
        }
    }
    for (_, list) in LISTS.iter().filter(|(name, _)| says(name, "Discard")) {
        for (id, _) in matching(ctx, list, |record| record.reference_id("company") == Some(from)) {
            remove(ctx, list, id);
        }
    }
    let replacement = Replacement { from: (COMPANIES, from), to: (COMPANIES, to), record: &company.clone() };
    replacement.redirect(ctx.link_base, COMPANIES, &mut company);
    for list in child_lists(ctx, COMPANIES, from) {
        let name = list.rsplit('/').next().unwrap_or_default();
        if !says(name, "Discard") {
            move_list(ctx, (&list, from), (&format!("{COMPANIES}/{to}/{name}"), to));
        }
    }
    if says("documents", "Discard") {
        documents::discard(ctx, ("Company", from));
    } else {
        documents::reattach(ctx, ("Company", from), ("Company", to));
    }
    remove(ctx, COMPANIES, from);
    update(ctx, COMPANIES, to, company);
    replacement.redirect_all(ctx);
    Ok(success())
}

/// Moves the records of a list under a company to that of another, with the lists under them. They keep their numbers
/// where those are free; what refers to one follows it to its new number.
fn move_list(ctx: &mut RequestContext<'_>, (from, company): (&str, i64), (to, other): (&str, i64)) {
    let member = id_member(COMPANIES);
    for (id, mut record) in list_all(ctx, from) {
        record.remove("id");
        if record.get(&member).and_then(Value::as_i64) == Some(company) {
            record.insert(member.clone(), Value::from(other));
        }
        let free = (!ctx.state.records.contains(to, id)).then_some(id);
        let under: Vec<_> =
            child_lists(ctx, from, id).into_iter().map(|list| (list.clone(), list_all(ctx, &list))).collect();
        ctx.state.records.remove(from, id);
        let moved = ctx.state.records.insert(to, record.clone(), free);
        for (list, records) in under {
            let target = list.replacen(&format!("{from}/{id}/"), &format!("{to}/{moved}/"), 1);
            records.into_iter().for_each(|(inner, record)| _ = ctx.state.records.insert(&target, record, Some(inner)));
        }
        if moved != id {
            Replacement { from: (from, id), to: (to, moved), record: &record }.redirect_all(ctx);
        }
    }
}

/// Whether a contact logs in to the portal with an address and a password.
pub(super) fn validate_portal(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let body = body(ctx, request, "ValidatePortalRequest")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (email, password) = (text("email"), text("password"));
    let has_address = |contact: Node<'_>| {
        let mut items = contact.get("communicationItems").into_iter().flat_map(Node::elements);
        items.any(|item| item.text("value").is_some_and(|value| value.eq_ignore_ascii_case(email)))
    };
    let is_let_in = |contact: Node<'_>| {
        !password.is_empty()
            && contact.text("portalPassword").as_deref() == Some(password)
            && contact.boolean("disablePortalLoginFlag") != Some(true)
            && contact.boolean("inactiveFlag") != Some(true)
            && has_address(contact)
    };
    Ok(Response::ok(&match matching(ctx, "company/contacts", is_let_in).first() {
        Some((id, _)) => json!({"contactId": id, "success": true}),
        None => json!({"success": false}),
    }))
}

/// Empties the list of companies, or of vendors, that a member picks from.
pub(super) fn clear_picker(ctx: &mut RequestContext<'_>, _: &Route, request: &Request) -> ActionResult {
    let body = body(ctx, request, "ClearPickerRequest")?;
    let vendors = body.get("type").and_then(Value::as_str).map(|kind| kind.eq_ignore_ascii_case("Vendor"));
    let member = reference_id(&body, "member");
    let is_meant = |item: &JsonObject| {
        member.is_none_or(|member| reference_id(item, "member") == Some(member))
            && vendors.is_none_or(|vendors| (item.get("vendorPickerFlag") == Some(&Value::Bool(true))) == vendors)
    };
    for (id, _) in list_all(ctx, "company/companypickeritems").into_iter().filter(|(_, item)| is_meant(item)) {
        remove(ctx, "company/companypickeritems", id);
    }
    Ok(Response::no_content())
}
