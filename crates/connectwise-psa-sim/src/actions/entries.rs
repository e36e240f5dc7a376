//! Time and expense entries: what they are charged to has to be there, and gives them their company.

use serde_json::{Map, Value, json};

use super::changes::{self, reference};
use crate::problem::{FieldProblem, Problem};
use crate::records::Members;
use crate::records::references::integer;
use crate::world::Scene;

/// What an entry can be charged to, by the word for it, and the member that refers to it.
const CHARGED: &[(&str, &str, Option<&str>)] = &[
    ("ServiceTicket", "service/tickets", Some("ticket")),
    ("ProjectTicket", "project/tickets", Some("ticket")),
    ("ChargeCode", "time/chargecodes", None),
    ("Activity", "sales/activities", Some("activity")),
];

/// The type of the records of a list of entries.
pub(super) fn type_of_entries(key: &str) -> Option<&'static str> {
    match key {
        "time/entries" => Some("TimeEntry"),
        "expense/entries" => Some("ExpenseEntry"),
        _ => None,
    }
}

fn charged(entry: &Members) -> Option<(&'static str, &'static str, Option<&'static str>, i64)> {
    let member = |name: &str| entry.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let id = member("chargeToId").and_then(integer).filter(|id| *id > 0)?;
    let kind = member("chargeToType")?.as_str()?;
    CHARGED.iter().find(|(word, ..)| word.eq_ignore_ascii_case(kind)).map(|(word, list, name)| (*word, *list, *name, id))
}

/// Refuses an entry for what is not there.
pub(super) fn check(scene: &Scene<'_>, type_name: &str, entry: &Members) -> Result<(), Problem> {
    match charged(entry) {
        // What is not simulated as records has no say.
        Some((word, list, _, id)) if scene.world.records.collection(list).is_some() && !scene.world.records.contains(list, id) => {
            let resource = crate::records::resource(type_name);
            let error = FieldProblem::new("NotFound", format!("{word} {id} not found"), &resource, "chargeToId");
            Err(Problem::invalid_object(&resource, vec![error]))
        }
        _ => Ok(()),
    }
}

/// What follows from what an entry is charged to, and from its beginning and end.
pub(super) fn settle(scene: &Scene<'_>, type_name: &'static str, entry: &mut Members) {
    if let Some((_, list, name, id)) = charged(entry)
        && let Some(record) = scene.world.records.node(list, id)
    {
        let facts = crate::facts::type_of(type_name);
        let has = |name: &str| facts.is_some_and(|facts| facts.members.contains_key(name));
        if let Some(name) = name.filter(|name| has(name))
            && changes::referred(entry, name) != Some(id)
            && let Ok(found) = reference(scene, type_name, name, id, &Map::new())
        {
            entry.insert(name.to_owned(), found);
        }
        if let Some(company) = record.get("company").map(crate::packed::Node::value).filter(|_| has("company") && !entry.contains_key("company")) {
            entry.insert("company".to_owned(), company);
        }
    }
    if let (Some(start), Some(end)) = (moment(entry, "timeStart"), moment(entry, "timeEnd"))
        && !entry.contains_key("actualHours")
    {
        let hours = (end - start).num_minutes() as f64 / 60.0;
        entry.insert("actualHours".to_owned(), json!(hours));
    }
}

fn moment(record: &Members, name: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    crate::records::check::moment(record.get(name).and_then(Value::as_str)?)
}
