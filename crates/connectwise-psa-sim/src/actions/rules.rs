//! Rules of single types of records: what is refused, what is filled in, and what follows from other members whenever a record is kept.

use serde_json::{Map, Value, json};

use super::changes::reference;
use super::{billing, callbacks, communications, entries, proposals, tickets};
use crate::facts::type_of;
use crate::packed::Node;
use crate::problem::{FieldProblem, Problem};
use crate::records::Members;
use crate::store::text;
use crate::world::Scene;

/// What the server refuses before it looks at the members of a new record.
pub(crate) fn before_creation(scene: &Scene<'_>, key: &str, body: &Members) -> Result<(), Problem> {
    if key == "system/callbacks" {
        return callbacks::check(scene, body);
    }
    if key == "finance/invoices" {
        billing::refuse_agreement_invoice(body)?;
    }
    let is_set = |name: &str| body.iter().any(|(other, value)| other.eq_ignore_ascii_case(name) && *value == Value::Bool(true));
    // facts: a ticket's note has to say where it is shown.
    if key.starts_with("service/tickets/")
        && key.ends_with("/notes")
        && !["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"].iter().any(|flag| is_set(flag))
    {
        let error = FieldProblem::new("InvalidField", "Please choose where to display the notes", "ticketNote", "detailDescriptionFlag");
        return Err(Problem::invalid_object("ticketNote", vec![error]));
    }
    // facts: members of a contact that are required are not described as such.
    if key == "company/contacts" && body.iter().all(|(name, value)| !name.eq_ignore_ascii_case("firstName") || value.as_str().is_none_or(str::is_empty)) {
        let error = FieldProblem::new("MissingRequiredField", "The firstName field is required.", "contact", "firstName");
        return Err(Problem::invalid_object("contact", vec![error]));
    }
    Ok(())
}

/// Refuses a record, with the id it has already, that cannot be beside the others.
pub(crate) fn check(scene: &Scene<'_>, key: &str, id: Option<i64>, record: &Members) -> Result<(), Problem> {
    if let Some(type_name) = entries::type_of_entries(key) {
        entries::check(scene, type_name, record)?;
    }
    let identifier = record.get("identifier").and_then(Value::as_str).filter(|_| matches!(key, "company/companies" | "system/members" | "procurement/catalog"));
    let Some(identifier) = identifier else { return Ok(()) };
    let is_taken = |(other, record): (i64, Node<'_>)| Some(other) != id && record.text("identifier").is_some_and(|text| text.eq_ignore_ascii_case(identifier));
    if scene.world.records.collection(key).is_some_and(|collection| collection.records.iter().any(is_taken)) {
        let resource = key.rsplit('/').next().unwrap_or_default();
        let error = FieldProblem::new("ObjectExists", format!("A record with the identifier {identifier} already exists"), resource, "identifier");
        return Err(Problem::invalid_object(resource, vec![error]));
    }
    Ok(())
}

/// What of a changed record was derived from what has changed, and goes.
pub(crate) fn follow(key: &str, before: &Members, record: &mut Members) {
    if entries::type_of_entries(key).is_some() {
        entries::follow(before, record);
    }
}

/// What a new record lacks to be kept, when it has been checked.
pub(crate) fn complete(scene: &Scene<'_>, key: &str, type_name: &'static str, record: &mut Members) -> Result<(), Problem> {
    // Who wrote a note, and when.
    if key.ends_with("/notes") {
        let has = |name: &str| type_of(type_name).is_some_and(|facts| facts.members.contains_key(name));
        for (name, value) in [("createdBy", scene.caller.member.clone()), ("dateCreated", text(scene.now))] {
            if has(name) {
                record.entry(name).or_insert(Value::from(value));
            }
        }
    }
    if key == "service/tickets" {
        tickets::give_to_team(scene, record)?;
        tickets::name_contact(scene, record);
        proposals::add_defaults(scene, type_name, record);
    }
    Ok(())
}

/// What the server fills in where a new record says nothing.
pub(crate) fn defaults(scene: &Scene<'_>, key: &str, body: &Members) -> Members {
    let first = |list: &str| scene.world.records.collection(list).and_then(|collection| collection.records.ids().next());
    let has = |name: &str| body.keys().any(|other| other.eq_ignore_ascii_case(name));
    let mut defaults = Map::new();
    match key {
        "service/tickets" => {
            defaults.insert("closedFlag".to_owned(), Value::Bool(false));
            defaults.insert("recordType".to_owned(), json!("ServiceTicket"));
            if !has("board")
                && let Some(id) = first("service/boards")
                && let Ok(board) = reference(scene, "Ticket", "board", id, &Map::new())
            {
                defaults.insert("board".to_owned(), board);
            }
        }
        "project/tickets" => {
            defaults.insert("closedFlag".to_owned(), Value::Bool(false));
        }
        "company/contacts" => {
            defaults.insert("inactiveFlag".to_owned(), Value::Bool(false));
        }
        "system/callbacks" => {
            defaults.insert("payloadVersion".to_owned(), json!("3.0.0"));
            defaults.insert("inactiveFlag".to_owned(), Value::Bool(false));
            defaults.insert("isSoapCallbackFlag".to_owned(), Value::Bool(false));
            defaults.insert("isSelfSuppressedFlag".to_owned(), Value::Bool(false));
        }
        "time/entries" => {
            defaults.insert("status".to_owned(), json!("Open"));
            if let Some((id, member)) = proposals::caller(scene).filter(|_| !has("member")) {
                let href = format!("{}/system/members/{id}", scene.link_base);
                let identifier = member.get("identifier").cloned().unwrap_or_default();
                defaults.insert("member".to_owned(), json!({"id": id, "identifier": identifier, "_info": {"member_href": href}}));
            }
        }
        _ => {}
    }
    defaults
}

/// What follows from the members of a record whenever it is kept.
pub(crate) fn settle(scene: &Scene<'_>, key: &str, record: &mut Members) {
    if key == "system/callbacks" {
        callbacks::settle(record);
        record.entry("_by").or_insert_with(|| Value::from(scene.caller.member.clone()));
    }
    if matches!(key, "service/tickets" | "project/tickets") {
        tickets::settle(scene, record);
    }
    if let Some(type_name) = entries::type_of_entries(key) {
        entries::settle(scene, type_name, record);
    }
    if communications::contact_of(key).is_some() {
        communications::settle(scene, record);
    }
    if key == "company/contacts" {
        communications::settle_all(scene, record);
    }
}
