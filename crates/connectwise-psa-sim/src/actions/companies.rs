//! Companies and their contacts: one company merged into another, the portal's passwords, the list of companies to pick from.

use serde_json::{Value, json};

use super::changes::{all, body, keep, lacks, lists_under, read, referred, remove};
use super::redirect::Heir;
use super::{Done, documents, owner, succeeded};
use crate::exchange::{Answer, Asked};
use crate::problem::Problem;
use crate::records::Members;
use crate::router::Route;
use crate::world::Scene;

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

/// The company of the path goes into the one that the body names: what is under it and what refers to it is the other's then, unless it is to be discarded.
pub(super) fn merge(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, from) = owner(route)?;
    let body = body(scene, asked, "CompanyMerge")?;
    let to = body.get("toCompanyId").and_then(Value::as_i64).ok_or_else(|| lacks("CompanyMerge", "toCompanyId"))?;
    let (old, mut company) = (read(scene, COMPANIES, from)?, read(scene, COMPANIES, to)?);
    if from == to {
        return Err(Problem::bad("InvalidObject", format!("Company {from} cannot be merged into itself")));
    }
    let says = |name: &str, wanted: &str| body.get(name).and_then(Value::as_str).is_some_and(|said| said.eq_ignore_ascii_case(wanted));
    for (_, members) in VALUES.iter().filter(|(name, _)| says(name, "From")) {
        for member in *members {
            match old.get(*member) {
                Some(value) => _ = company.insert((*member).to_owned(), value.clone()),
                None => _ = company.remove(*member),
            }
        }
    }
    for (_, list) in LISTS.iter().filter(|(name, _)| says(name, "Discard")) {
        for (id, _) in all(scene, list).into_iter().filter(|(_, record)| referred(record, "company") == Some(from)) {
            remove(scene, list, id);
        }
    }
    let heir = Heir { from: (COMPANIES, from), to: (COMPANIES, to), record: &company.clone() };
    heir.follow(scene.link_base, COMPANIES, &mut company);
    for list in lists_under(scene, COMPANIES, from) {
        let name = list.rsplit('/').next().unwrap_or_default();
        if !says(name, "Discard") {
            move_list(scene, &list, &format!("{COMPANIES}/{to}/{name}"));
        }
    }
    if says("documents", "Discard") {
        documents::discard(scene, ("Company", from));
    } else {
        documents::reattach(scene, ("Company", from), ("Company", to));
    }
    remove(scene, COMPANIES, from);
    keep(scene, COMPANIES, to, company);
    heir.follow_everywhere(scene);
    Ok(succeeded())
}

/// Moves the records of a list, which keep their numbers where those are free.
fn move_list(scene: &mut Scene<'_>, from: &str, to: &str) {
    for (id, mut record) in all(scene, from) {
        record.remove("id");
        let free = scene.world.records.get(to, id).is_none().then_some(id);
        scene.world.records.remove(from, id);
        scene.world.records.insert(to, record, free);
    }
}

/// Whether a contact logs in to the portal with an address and a password.
pub(super) fn validate_portal(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let body = body(scene, asked, "ValidatePortalRequest")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (email, password) = (text("email"), text("password"));
    let has_address = |contact: &Members| {
        let items = contact.get("communicationItems").and_then(Value::as_array);
        items.into_iter().flatten().any(|item| item.get("value").and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(email)))
    };
    let is_let_in = |contact: &Members| {
        contact.get("portalPassword").and_then(Value::as_str) == Some(password)
            && contact.get("disablePortalLoginFlag") != Some(&Value::Bool(true))
            && contact.get("inactiveFlag") != Some(&Value::Bool(true))
            && has_address(contact)
    };
    let found = all(scene, "company/contacts").into_iter().find(|(_, contact)| !password.is_empty() && is_let_in(contact));
    Ok(Answer::ok(&match found {
        Some((id, _)) => json!({"contactId": id, "success": true}),
        None => json!({"success": false}),
    }))
}

/// Empties the list of companies, or of vendors, that a member picks from.
pub(super) fn clear_picker(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let body = body(scene, asked, "ClearPickerRequest")?;
    let vendors = body.get("type").and_then(Value::as_str).map(|kind| kind.eq_ignore_ascii_case("Vendor"));
    let member = referred(&body, "member");
    let is_meant = |item: &Members| {
        member.is_none_or(|member| referred(item, "member") == Some(member))
            && vendors.is_none_or(|vendors| (item.get("vendorPickerFlag") == Some(&Value::Bool(true))) == vendors)
    };
    for (id, _) in all(scene, "company/companypickeritems").into_iter().filter(|(_, item)| is_meant(item)) {
        remove(scene, "company/companypickeritems", id);
    }
    Ok(Answer::no_content())
}
