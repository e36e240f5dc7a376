//! What actions have in common: records read, bodies checked, records changed, and the lists under a record. Everything is checked before anything is changed, so
//! that a refusal leaves the records as they were.

use serde_json::{Value, json};

use crate::exchange::Asked;
use crate::operations::spoken;
use crate::packed::Node;
use crate::problem::{FieldProblem, Problem};
use crate::records::check::Checker;
use crate::records::references::Links;
use crate::records::{Members, resource};
use crate::store::{Change, Key, touch};
use crate::world::{Scene, members};

/// A record, as something to work with.
pub(super) fn read(scene: &Scene<'_>, list: &str, id: i64) -> Result<Members, Problem> {
    let record = scene.world.records.get(list, id);
    record.map(members).ok_or_else(|| Problem::not_found(&spoken(list), &id.to_string()))
}

/// The records of a list, with their ids.
pub(super) fn all(scene: &Scene<'_>, list: &str) -> Vec<(i64, Members)> {
    those(scene, list, |_| true)
}

/// The records of a list for which a test holds, with their ids. The test reads them in place: most of many records are never made into JSON.
pub(super) fn those(scene: &Scene<'_>, list: &str, test: impl Fn(Node<'_>) -> bool) -> Vec<(i64, Members)> {
    let records = scene.world.records.collection(list).into_iter().flat_map(|collection| collection.records.iter());
    records.filter(|(_, record)| test(*record)).map(|(id, record)| (id, members(record.value()))).collect()
}

/// Works with what checks members of a type.
pub(super) fn checking<T>(scene: &Scene<'_>, type_name: &'static str, work: impl FnOnce(&Checker<'_>) -> T) -> T {
    let links = Links { base: scene.link_base };
    work(&Checker { records: &scene.world.records, links: &links, type_name })
}

/// The members of a body, of which none has to be there; no body is one without members.
pub(super) fn body(scene: &Scene<'_>, asked: &Asked, type_name: &'static str) -> Result<Members, Problem> {
    let given = super::body(asked)?;
    let mut checked = checking(scene, type_name, |checker| checker.members(&given))?;
    checked.retain(|_, value| !value.is_null());
    Ok(checked)
}

/// The refusal of a body that lacks a member.
pub(super) fn lacks(type_name: &str, name: &str) -> Problem {
    let resource = resource(type_name);
    Problem::invalid_object(&resource, vec![FieldProblem::new("MissingRequiredField", format!("The {name} field is required."), &resource, name)])
}

/// A reference to a record, as a member of a type has it.
pub(super) fn reference(scene: &Scene<'_>, type_name: &'static str, member: &str, id: i64, owner: &Members) -> Result<Value, Problem> {
    let body = Members::from_iter([(member.to_owned(), json!({ "id": id }))]);
    checked_in(scene, type_name, owner, &body).map(|mut checked| checked.remove(member).unwrap_or_default())
}

/// Members as a record of a type would have them: where a reference is looked up may depend on those that are there.
pub(super) fn checked_in(scene: &Scene<'_>, type_name: &'static str, record: &Members, body: &Members) -> Result<Members, Problem> {
    let mut changed = record.clone();
    checking(scene, type_name, |checker| crate::records::patch::set(checker, &mut changed, body))?;
    Ok(changed)
}

/// Keeps a changed record.
pub(crate) fn keep(scene: &mut Scene<'_>, list: &str, id: i64, mut record: Members) {
    touch(&mut record, scene.now, &scene.caller.member);
    super::communications::number(scene, list, &mut record);
    super::settle(scene, list, &mut record);
    scene.world.records.put(list, id, record);
    scene.happened(list, id, Change::Updated);
}

/// Deletes a record, with the lists under it.
pub(crate) fn remove(scene: &mut Scene<'_>, list: &str, id: i64) {
    if let Some(before) = scene.world.records.remove(list, id) {
        scene.happened_to(list, id, Change::Deleted, &before);
    }
}

/// The lists directly under a record: their paths.
pub(super) fn lists_under(scene: &Scene<'_>, list: &str, id: i64) -> Vec<Key> {
    let under = format!("{list}/{id}/");
    let is_direct = |key: &&str| key.strip_prefix(&under).is_some_and(|rest| !rest.split('/').any(|segment| segment.parse::<i64>().is_ok()));
    let mut lists: Vec<Key> = scene.world.records.collections().map(|(key, _)| key).filter(is_direct).map(str::to_owned).collect();
    lists.sort();
    lists
}

/// The id of the record that a member refers to.
pub(super) fn referred(record: &Members, member: &str) -> Option<i64> {
    record.get(member)?.get("id")?.as_i64()
}

/// The name of the member that holds the id of a record of a list: `ticketId` for `service/tickets`.
pub(super) fn id_member(list: &str) -> String {
    format!("{}Id", resource(&spoken(list)))
}
