//! Copies of records: a record like another, with a number of its own and copies of the lists under it.

use serde_json::Value;

use super::changes::{all, body, id_member, lacks, lists_under, read};
use super::redirect::Replacement;
use super::{Done, answer_with, owner};
use crate::exchange::Asked;
use crate::operations::insert;
use crate::problem::Problem;
use crate::records::Members;
use crate::records::references::integer;
use crate::router::Route;
use crate::store::key;
use crate::world::Scene;

/// What is true of one record and not of its copy.
const OWN: &[&str] = &["mergedParentTicket", "hasMergedChildTicketFlag", "hasChildTicket", "connectWiseId", "mobileGuid"];

/// A copy of the record that the path names.
pub(super) fn of_path(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let list = list.trim_end_matches("/copy");
    let id = copy(scene, list, id, Members::new())?;
    answer_with(scene, route, list, id)
}

/// A copy of the record that the body names by its `id`; the other members of the body are those of the copy.
pub(super) fn of_body(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let type_name = route.operation.body.map(|body| body.type_name).unwrap_or_default();
    let mut members = body(scene, asked, type_name)?;
    let id = members.remove("id").as_ref().and_then(integer).ok_or_else(|| lacks(type_name, "id"))?;
    let list = key(route.operation.path.trim_end_matches("/copy"));
    let id = copy(scene, &list, id, members)?;
    answer_with(scene, route, &list, id)
}

fn copy(scene: &mut Scene<'_>, list: &str, id: i64, members: Members) -> Result<i64, Problem> {
    let mut record = read(scene, list, id)?;
    record.retain(|name, _| name != "id" && !OWN.contains(&name.as_str()));
    if record.contains_key("defaultFlag") {
        record.insert("defaultFlag".to_owned(), Value::Bool(false));
    }
    record.extend(members);
    if let Some(identifier) = record.get("identifier").and_then(Value::as_str) {
        let free = free_identifier(scene, list, identifier);
        record.insert("identifier".to_owned(), Value::from(free));
    }
    let copy = insert(scene, list, record);
    copy_lists(scene, (list, id), (list, copy));
    Ok(copy)
}

/// Identifiers are taken once: that of a copy is the first that is free. What the server chooses is not known.
fn free_identifier(scene: &Scene<'_>, list: &str, identifier: &str) -> String {
    let taken: Vec<String> = all(scene, list).iter().filter_map(|(_, record)| record.get("identifier")?.as_str().map(str::to_ascii_lowercase)).collect();
    let candidates = std::iter::once(identifier.to_owned()).chain((2..=taken.len() + 2).map(|number| format!("{identifier}-{number}")));
    candidates.into_iter().find(|candidate| !taken.contains(&candidate.to_ascii_lowercase())).unwrap_or_default()
}

/// Copies the lists under a record, and those under their records. What refers to the record refers to its copy then.
fn copy_lists(scene: &mut Scene<'_>, from: (&str, i64), to: (&str, i64)) {
    let Ok(record) = read(scene, to.0, to.1) else { return };
    let replacement = Replacement { from, to, record: &record };
    let member = id_member(from.0);
    for list in lists_under(scene, from.0, from.1) {
        let Some(rest) = list.strip_prefix(&format!("{}/{}/", from.0, from.1)) else { continue };
        let target = format!("{}/{}/{rest}", to.0, to.1);
        for (id, mut inner) in all(scene, &list) {
            inner.remove("id");
            if inner.get(&member).and_then(Value::as_i64) == Some(from.1) {
                inner.insert(member.clone(), Value::from(to.1));
            }
            replacement.follow(scene.link_base, &list, &mut inner);
            let copy = insert(scene, &target, inner);
            copy_lists(scene, (&list, id), (&target, copy));
        }
    }
}
