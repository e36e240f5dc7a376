//! Companies and their contacts: one company merged into another, the portal's passwords, the list of companies to pick from.

use serde_json::{Value, json};

use super::changes::{all, body, id_member, keep, lacks, lists_under, read, referred, remove, those};
use super::redirect::Replacement;
use super::{Done, documents, owner, succeeded};
use crate::exchange::{Answer, Asked};
use crate::packed::Node;
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
        for (id, _) in those(scene, list, |record| record.referred("company") == Some(from)) {
            remove(scene, list, id);
        }
    }
    let replacement = Replacement { from: (COMPANIES, from), to: (COMPANIES, to), record: &company.clone() };
    replacement.follow(scene.link_base, COMPANIES, &mut company);
    for list in lists_under(scene, COMPANIES, from) {
        let name = list.rsplit('/').next().unwrap_or_default();
        if !says(name, "Discard") {
            move_list(scene, (&list, from), (&format!("{COMPANIES}/{to}/{name}"), to));
        }
    }
    if says("documents", "Discard") {
        documents::discard(scene, ("Company", from));
    } else {
        documents::reattach(scene, ("Company", from), ("Company", to));
    }
    remove(scene, COMPANIES, from);
    keep(scene, COMPANIES, to, company);
    replacement.follow_everywhere(scene);
    Ok(succeeded())
}

/// Moves the records of a list under a company to that of another, with the lists under them. They keep their numbers where those are free; what refers to one
/// follows it to its new number.
fn move_list(scene: &mut Scene<'_>, (from, company): (&str, i64), (to, other): (&str, i64)) {
    let member = id_member(COMPANIES);
    for (id, mut record) in all(scene, from) {
        record.remove("id");
        if record.get(&member).and_then(Value::as_i64) == Some(company) {
            record.insert(member.clone(), Value::from(other));
        }
        let free = (!scene.world.records.contains(to, id)).then_some(id);
        let under: Vec<_> = lists_under(scene, from, id).into_iter().map(|list| (list.clone(), all(scene, &list))).collect();
        scene.world.records.remove(from, id);
        let moved = scene.world.records.insert(to, record.clone(), free);
        for (list, records) in under {
            let target = list.replacen(&format!("{from}/{id}/"), &format!("{to}/{moved}/"), 1);
            records.into_iter().for_each(|(inner, record)| _ = scene.world.records.insert(&target, record, Some(inner)));
        }
        if moved != id {
            Replacement { from: (from, id), to: (to, moved), record: &record }.follow_everywhere(scene);
        }
    }
}

/// Whether a contact logs in to the portal with an address and a password.
pub(super) fn validate_portal(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let body = body(scene, asked, "ValidatePortalRequest")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (email, password) = (text("email"), text("password"));
    let has_address = |contact: Node<'_>| {
        let mut items = contact.get("communicationItems").into_iter().flat_map(Node::elements);
        items.any(|item| item.text("value").is_some_and(|value| value.eq_ignore_ascii_case(email)))
    };
    let is_let_in = |contact: Node<'_>| {
        !password.is_empty()
            && contact.text("portalPassword").as_deref() == Some(password)
            && contact.flag("disablePortalLoginFlag") != Some(true)
            && contact.flag("inactiveFlag") != Some(true)
            && has_address(contact)
    };
    Ok(Answer::ok(&match those(scene, "company/contacts", is_let_in).first() {
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
