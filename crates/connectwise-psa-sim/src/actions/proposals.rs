//! Records as the server would propose them before they are made: from what the request names and from what is marked as a default. Nothing is kept.

use serde_json::{Value, json};

use super::changes::{body, checking, lacks, read, reference, those};
use super::{Done, entries};
use crate::exchange::{Answer, Asked};
use crate::facts::{Kind, kind_of_path, record_type, target_of, type_of};
use crate::packed::Node;
use crate::problem::Problem;
use crate::records::Members;
use crate::records::list::select;
use crate::records::references::integer;
use crate::router::Route;
use crate::store::{key, text};
use crate::world::Scene;

/// What a time entry has of that which it is charged to.
const OF_CHARGE: &[&str] = &["company", "agreement", "project", "phase", "workRole", "workType"];

/// The address of a company, which is that of its contacts.
const ADDRESS: &[&str] = &["addressLine1", "addressLine2", "city", "state", "zip", "country"];

/// A record with nothing but the defaults of its references.
pub(super) fn plain(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let type_name = route.record_type().unwrap_or_default();
    propose(scene, type_name, asked, Members::new())
}

/// facts: without a company the question makes no sense.
pub(super) fn contact(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let company = named(asked, "companyId").ok_or_else(|| lacks("Contact", "companyId"))?;
    let record = read(scene, "company/companies", company)?;
    let mut given = Members::from_iter([("company".to_owned(), json!({ "id": company })), ("inactiveFlag".to_owned(), Value::Bool(false))]);
    given.extend(common("Company", "Contact", &record, &[ADDRESS, &["site"]].concat()));
    propose(scene, "Contact", asked, given)
}

pub(super) fn opportunity(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let mut given = Members::from_iter([("dateBecameLead".to_owned(), Value::from(text(scene.now)))]);
    if let Some((member, _)) = caller(scene) {
        given.insert("primarySalesRep".to_owned(), json!({ "id": member }));
    }
    propose(scene, "Opportunity", asked, given)
}

/// What is sent back: of a ticket, the company that has it is known as well.
pub(super) fn rma_tag(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let mut given = Members::new();
    for (parameter, member) in
        [("productId", "product"), ("ticketId", "serviceTicket"), ("projectId", "project"), ("salesOrderId", "salesOrder"), ("companyId", "returnedCompany")]
    {
        if let Some(id) = named(asked, parameter) {
            given.insert(member.to_owned(), json!({ "id": id }));
        }
    }
    if let Some(product) = named(asked, "productId") {
        let product = read(scene, "procurement/catalog", product)?;
        for (from, to) in [("description", "productDescription"), ("price", "unitPrice")] {
            if let Some(value) = product.get(from) {
                given.insert(to.to_owned(), value.clone());
            }
        }
    }
    if let Some(ticket) = named(asked, "ticketId") {
        let ticket = read(scene, "service/tickets", ticket)?;
        for (from, to) in [("company", "returnedCompany"), ("contact", "returnedContact")] {
            if let Some(value) = ticket.get(from) {
                given.entry(to).or_insert_with(|| value.clone());
            }
        }
    }
    propose(scene, "RmaTag", asked, given)
}

/// A time entry of the caller for what the body charges it to.
pub(super) fn time_entry(scene: &mut Scene<'_>, _: &Route, asked: &Asked) -> Done {
    let mut given = body(scene, asked, "TimeEntry")?;
    given.remove("id");
    let member = caller(scene);
    if let Some((id, _)) = &member {
        given.entry("member").or_insert_with(|| json!({ "id": id }));
    }
    let charged = charged(scene, &mut given)?;
    let of_charge = charged.map(|(type_name, record)| common(type_name, "TimeEntry", &record, OF_CHARGE)).unwrap_or_default();
    let of_member = member.map(|(_, record)| common("Member", "TimeEntry", &record, &["workRole", "workType"])).unwrap_or_default();
    for (name, value) in of_charge.into_iter().chain(of_member) {
        given.entry(name).or_insert(value);
    }
    let now = text(scene.now);
    for (name, value) in [
        ("timeStart", json!(now)),
        ("dateEntered", json!(now)),
        ("enteredBy", json!(scene.caller.member)),
        ("status", json!("Open")),
        ("billableOption", json!("Billable")),
    ] {
        given.entry(name).or_insert(value);
    }
    super::settle(scene, "time/entries", &mut given);
    propose(scene, "TimeEntry", asked, given)
}

/// What an entry is charged to, which it may name as a ticket or by kind and number: its type and the record.
fn charged(scene: &Scene<'_>, entry: &mut Members) -> Result<Option<(&'static str, Members)>, Problem> {
    if let Some(ticket) = super::changes::referred(entry, "ticket") {
        let is_of_project = scene.world.records.get("project/tickets", ticket).is_some();
        entry.entry("chargeToId").or_insert(Value::from(ticket));
        entry.entry("chargeToType").or_insert(json!(if is_of_project { "ProjectTicket" } else { "ServiceTicket" }));
    }
    entries::check(scene, "TimeEntry", entry)?;
    // What is not simulated as records has no say.
    let Some((charge, record)) = entries::charge_of(entry).and_then(|charge| read(scene, charge.list, charge.id).ok().map(|record| (charge, record))) else {
        return Ok(None);
    };
    if let Some(member) = charge.member {
        entry.entry(member).or_insert(json!({ "id": charge.id }));
    }
    Ok(Some((record_type(charge.list).unwrap_or_default(), record)))
}

fn named(asked: &Asked, parameter: &str) -> Option<i64> {
    asked.parameter(parameter).and_then(|id| integer(&Value::from(id))).filter(|id| *id != 0)
}

/// The record of the member who asks; logins of integrators and API members may have none.
pub(super) fn caller(scene: &Scene<'_>) -> Option<(i64, Members)> {
    let is_caller = |member: Node<'_>| member.text("identifier").is_some_and(|identifier| identifier.eq_ignore_ascii_case(&scene.caller.member));
    those(scene, "system/members", is_caller).into_iter().next()
}

/// Those of the named members of a record that another type has too, and that mean the same there: their kinds are the same.
pub(super) fn common(from: &str, to: &str, record: &Members, names: &[&str]) -> Members {
    let (from, to) = (type_of(from), type_of(to));
    let kind = |of: Option<&'static crate::facts::Type>, name: &str| of.and_then(|facts| facts.members.get(name)).map(|member| &member.kind);
    let is_common = |name: &str| kind(to, name).is_some() && (kind(from, name).is_none() || kind(from, name) == kind(to, name));
    let members = record.iter().filter(|(name, _)| names.contains(&name.as_str()) && is_common(name));
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn propose(scene: &Scene<'_>, type_name: &'static str, asked: &Asked, given: Members) -> Done {
    let mut record = checking(scene, type_name, |checker| checker.members(&given))?;
    record.retain(|_, value| !value.is_null());
    add_defaults(scene, type_name, &mut record);
    Ok(Answer::ok(&select(asked, type_name, scene.settings.strict, Value::Object(record))?))
}

/// References to what is marked as the default of its list, where there is none.
pub(super) fn add_defaults(scene: &Scene<'_>, type_name: &'static str, record: &mut Members) {
    for (name, member) in type_of(type_name).into_iter().flat_map(|facts| &facts.members) {
        let Kind::Reference(target) = &member.kind else { continue };
        let Some(list) = target_of(target).filter(|_| !record.contains_key(name)) else { continue };
        if let Some(id) = default_of(scene, list)
            && let Ok(value) = reference(scene, type_name, name, id, record)
        {
            record.insert(name.clone(), value);
        }
    }
}

/// The record that a list marks as its default. That of contacts is the default of its company.
fn default_of(scene: &Scene<'_>, path: &str) -> Option<i64> {
    let marks = ["defaultFlag", "overallDefaultFlag"];
    let facts = record_type(&kind_of_path(path)).and_then(type_of)?;
    let mark = marks.iter().find(|mark| facts.members.contains_key(**mark)).filter(|_| !path.ends_with("/contacts"))?;
    those(scene, &key(path), |record| record.flag(mark) == Some(true)).first().map(|(id, _)| *id)
}
