//! What an operation does, by its form: the same for every list of records. What differs for single endpoints is in `actions`.

use std::collections::HashSet;
use std::sync::LazyLock;

use connectwise_psa::{Answer as Answered, Location, Method, QueryKind};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::actions;
use crate::exchange::{Answer, Asked};
use crate::facts::{Kind, type_of};
use crate::packed::Node;
use crate::problem::Problem;
use crate::records::check::Checker;
use crate::records::list::{LinkBase, Wanted, select};
use crate::records::references::{Links, linked, shown};
use crate::records::{self, Members, patch, views};
use crate::router::Route;
use crate::store::{self, Change, new_info};
use crate::world::{Scene, members};

/// Does what is asked.
pub(crate) fn run(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Result<Answer, Problem> {
    owners_exist(scene, route)?;
    is_asked_whole(route, asked)?;
    is_json(route, asked)?;
    let key = route.list_key();
    let is_held_elsewhere = actions::communications::show(scene, &key)?;
    let answer = dispatch(scene, route, asked);
    if is_held_elsewhere && answer.is_ok() && route.operation.method != Method::Get {
        actions::communications::keep_in_contact(scene, &key);
    }
    scene.world.records.hide();
    answer
}

/// Does it by what the operation is, or by what its form is.
fn dispatch(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Result<Answer, Problem> {
    if let Some(done) = actions::run(scene, route, asked) {
        return done;
    }
    let of_record = route.is_of_record();
    match (route.operation.method, route.operation.answer) {
        (Method::Get, Answered::Many(type_name)) if is_usages(route) => usages(scene, route, type_name),
        (Method::Get, Answered::Many(type_name)) => list(scene, route, asked, type_name),
        (Method::Get, _) if matches!(route.operation.query, QueryKind::Count(_)) => count(scene, route, asked),
        (Method::Get, Answered::One(type_name)) if of_record => get(scene, route, asked, type_name),
        (Method::Get, Answered::Bytes(media_type)) => Ok(actions::files::file(media_type)),
        (Method::Get, _) => Ok(single(scene, route)),
        (Method::Post, _) if is_list_path(route) => create(scene, route, asked),
        (Method::Put, Answered::One(type_name) | Answered::Many(type_name)) if of_record => replace(scene, route, asked, type_name),
        (Method::Patch, Answered::One(type_name) | Answered::Many(type_name)) if of_record => update(scene, route, asked, type_name),
        (Method::Delete, _) if of_record => delete(scene, route),
        (Method::Delete, _) if is_list_path(route) => clear(scene, route, asked),
        (Method::Put | Method::Patch, Answered::One(type_name)) if is_list_path(route) => set_only(scene, route, asked, type_name),
        (Method::Put | Method::Patch, Answered::One(_)) => set_single(scene, route, asked),
        _ => Ok(actions::nothing_more(route)),
    }
}

/// The paths of lists, in small letters.
static LIST_PATHS: LazyLock<HashSet<String>> =
    LazyLock::new(|| connectwise_psa::catalogue::all().filter(|operation| crate::facts::is_list(operation)).map(|operation| folded(operation.path)).collect());

fn folded(path: &str) -> String {
    path.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether records are made by a POST to the path: it lists them as well.
fn is_list_path(route: &Route) -> bool {
    LIST_PATHS.contains(&folded(route.operation.path))
}

fn is_usages(route: &Route) -> bool {
    folded(route.operation.path).split('/').any(|segment| segment == "usages")
}

/// The records that the path stands under have to be there.
fn owners_exist(scene: &Scene<'_>, route: &Route) -> Result<(), Problem> {
    let key = route.list_key();
    let segments: Vec<&str> = key.split('/').collect();
    for (at, segment) in segments.iter().enumerate() {
        let Ok(id) = segment.parse::<i64>() else { continue };
        let list = segments.get(..at).unwrap_or_default().join("/");
        // What is not simulated as records has no say.
        if scene.world.records.collection(&list).is_some() && !scene.world.records.contains(&list, id) {
            return Err(Problem::not_found(&spoken(&list), &id.to_string()));
        }
    }
    Ok(())
}

/// Refuses the form of web pages where JSON belongs, which some programs send unless told otherwise.
fn is_json(route: &Route, asked: &Asked) -> Result<(), Problem> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let media_type = asked.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let wants_json = route.operation.body.is_some_and(|body| body.media == connectwise_psa::Media::Json);
    if wants_json && media_type.starts_with(FORM) {
        return Err(Problem::media_type("ConnectWiseApi", FORM));
    }
    Ok(())
}

/// Refuses a query that lacks what is needed: a deletion of one record is never one of all.
fn is_asked_whole(route: &Route, asked: &Asked) -> Result<(), Problem> {
    let mut needed = route.operation.parameters.iter().filter(|parameter| parameter.required && parameter.location == Location::Query);
    match needed.find(|parameter| asked.parameter(parameter.name).is_none_or(|value| value.trim().is_empty())) {
        Some(missing) => Err(Problem::bad("InvalidObject", format!("{} is required", missing.name))),
        None => Ok(()),
    }
}

/// `Ticket` for `service/tickets`.
pub(crate) fn spoken(list: &str) -> String {
    let last = list.rsplit('/').next().unwrap_or_default();
    let singular = match (last.strip_suffix("ies"), last.strip_suffix("uses")) {
        (Some(stem), _) => format!("{stem}y"),
        (_, Some(stem)) => format!("{stem}us"),
        _ => last.strip_suffix('s').unwrap_or(last).to_owned(),
    };
    let mut characters = singular.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn missing(route: &Route, type_name: &str) -> Problem {
    Problem::not_found(type_name, route.last_value().unwrap_or_default())
}

/// The id of the record that the path names, by number or by identifier.
fn record_id(scene: &Scene<'_>, route: &Route, type_name: &str) -> Result<i64, Problem> {
    let key = route.list_key();
    let named = route.last_value().unwrap_or_default();
    let collection = scene.world.records.collection(&key);
    let found = match named.parse::<i64>() {
        Ok(id) => Some(id).filter(|id| collection.is_some_and(|collection| collection.records.contains(*id))),
        Err(_) => collection.and_then(|collection| {
            let is_named = |record: Node<'_>| ["identifier", "name"].iter().any(|name| record.text(name).is_some_and(|text| text.eq_ignore_ascii_case(named)));
            collection.records.iter().find(|(_, record)| is_named(*record)).map(|(id, _)| id)
        }),
    };
    found.ok_or_else(|| missing(route, type_name))
}

fn list(scene: &mut Scene<'_>, route: &Route, asked: &Asked, type_name: &str) -> Result<Answer, Problem> {
    let forward_only = scene.settings.forward_only && route.operation.paging == connectwise_psa::Paging::PageOrForward;
    let wanted = Wanted::read(asked, type_name, forward_only, scene.settings.strict)?;
    Ok(page(scene, route, asked, type_name, &wanted))
}

/// Whether an endpoint shows a member of its records.
fn is_shown(route: &Route, type_name: &str, member: &str) -> bool {
    if route.is_info() { views::is_of(type_name, member) } else { views::is_public(member) }
}

/// A record of a list as a type of reference shows it.
fn as_reference(scene: &Scene<'_>, list: &str, reference: &str, record: Node<'_>) -> Value {
    let (id, members) = (record.integer("id").unwrap_or_default(), members(record.value()));
    linked(scene.link_base, shown(reference, id, &members), &format!("/{list}"), id, &records::resource(reference.trim_end_matches("Reference")))
}

/// A page of a list as an answer.
pub(crate) fn page(scene: &Scene<'_>, route: &Route, asked: &Asked, type_name: &str, wanted: &Wanted) -> Answer {
    let link = LinkBase { url: format!("{}/{}", scene.link_base, route.path()), asked };
    let key = actions::list_key(route);
    let only = actions::filter(route, asked);
    // Some endpoints refer to records of another list.
    let is_view = type_name.ends_with("Reference") && key != route.list_key();
    let page = wanted.page(scene.world.records.collection(&key), &only);
    let mut text = b"[".to_vec();
    for (at, record) in page.records.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        if is_view {
            let reference = as_reference(scene, &key, type_name, *record);
            text.extend_from_slice(wanted.select(reference).to_string().as_bytes());
        } else {
            wanted.write(*record, &|member| is_shown(route, type_name, member), &mut text);
        }
    }
    text.push(b']');
    let answer = Answer::json_text(StatusCode::OK, text);
    match page.link(&link) {
        Some(link) => answer.with_header("link", &link),
        None => answer,
    }
}

fn count(scene: &Scene<'_>, route: &Route, asked: &Asked) -> Result<Answer, Problem> {
    let type_name = match route.operation.query {
        QueryKind::Count(Some(name)) => name,
        _ => "",
    };
    let wanted = Wanted::read(asked, type_name, false, scene.settings.strict)?;
    let count = wanted.count(scene.world.records.collection(&actions::list_key(route)), &actions::filter(route, asked));
    Ok(Answer::ok(&json!({ "count": count })))
}

fn get(scene: &Scene<'_>, route: &Route, asked: &Asked, type_name: &str) -> Result<Answer, Problem> {
    let id = record_id(scene, route, type_name)?;
    let record = scene.world.records.node(&route.list_key(), id).ok_or_else(|| missing(route, type_name))?;
    let record = record.part(&|member| is_shown(route, type_name, member));
    Ok(Answer::ok(&select(asked, type_name, scene.settings.strict, record)?))
}

/// An endpoint with one value: what was set, or nothing.
fn single(scene: &Scene<'_>, route: &Route) -> Answer {
    match scene.world.records.single(&route.list_key()) {
        Some(value) => Answer::ok(value),
        None => actions::nothing_more(route),
    }
}

pub(crate) fn set_single(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Result<Answer, Problem> {
    let type_name = route.record_type().unwrap_or_default();
    let links = Links { base: scene.link_base };
    let key = route.list_key();
    let before = scene.world.records.single(&key).cloned().map(members).unwrap_or_default();
    let checker = Checker { records: &scene.world.records, links: &links, type_name };
    let after = if route.operation.method == Method::Patch {
        patch::apply(&checker, &before, &asked.body, scene.settings.patches)?
    } else {
        checker.members(&checker.object(&asked.body)?)?
    };
    let value = Value::Object(after);
    scene.world.records.set_single(&key, value.clone());
    Ok(Answer::ok(&value))
}

/// A list that is changed as a whole has one record: it is changed, and made where there is none.
fn set_only(scene: &mut Scene<'_>, route: &Route, asked: &Asked, type_name: &'static str) -> Result<Answer, Problem> {
    let key = route.list_key();
    let only = scene.world.records.collection(&key).and_then(|collection| collection.records.ids().next());
    let before = only.and_then(|id| scene.world.records.get(&key, id)).map(members).unwrap_or_default();
    let links = Links { base: scene.link_base };
    let checker = Checker { records: &scene.world.records, links: &links, type_name };
    let mut after = if route.operation.method == Method::Patch {
        patch::apply(&checker, &before, &asked.body, scene.settings.patches)?
    } else {
        checker.new_record(&checker.object(&asked.body)?, &Map::new())?
    };
    number_elements(type_name, &mut after);
    match only {
        Some(id) => keep_changed(scene, route, &key, id, &before, after),
        None => {
            let id = insert(scene, &key, after);
            Ok(Answer::ok(&scene.world.records.get(&key, id).map(views::public).unwrap_or_default()))
        }
    }
}

/// Deletes the records of a list: all, or the one that the query names.
fn clear(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Result<Answer, Problem> {
    let key = route.list_key();
    let named = asked.parameter("id").map(|id| id.parse::<i64>().map_err(|_| Problem::not_found(&spoken(&key), id))).transpose()?;
    let ids: Vec<i64> = scene.world.records.collection(&key).map(|collection| collection.records.ids().collect()).unwrap_or_default();
    if let Some(id) = named.filter(|id| !ids.contains(id)) {
        return Err(Problem::not_found(&spoken(&key), &id.to_string()));
    }
    for id in ids.into_iter().filter(|id| named.is_none_or(|named| named == *id)) {
        actions::remove(scene, &key, id);
    }
    Ok(Answer::no_content())
}

/// A record as a change of it is answered: some endpoints answer a list of one.
fn changed(route: &Route, status: StatusCode, record: Value) -> Answer {
    match route.operation.answer {
        Answered::Many(_) => Answer::json(status, &Value::Array(vec![record])),
        _ => Answer::json(status, &record),
    }
}

/// The type of record that a body makes.
fn body_type(route: &Route) -> &'static str {
    route.operation.body.map(|body| body.type_name).filter(|name| !name.is_empty()).or_else(|| route.record_type()).unwrap_or_default()
}

fn create(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Result<Answer, Problem> {
    let type_name = body_type(route);
    let key = route.list_key();
    let links = Links { base: scene.link_base };
    let checker = Checker { records: &scene.world.records, links: &links, type_name };
    let body = checker.object(&asked.body)?;
    actions::before_creation(scene, &key, &body)?;
    if type_name.ends_with("Reference") {
        return attach(scene, route, &key, type_name, &body);
    }
    let mut defaults = actions::defaults(scene, &key, &body);
    let of_owner = of_owner(&checker, &key);
    defaults.extend(of_owner.clone());
    let mut record = checker.new_record(&body, &defaults)?;
    record.remove("id");
    // Whatever the body says, it is where it was made.
    record.extend(of_owner);
    number_elements(type_name, &mut record);
    actions::check(scene, &key, None, &record)?;
    actions::complete(scene, &key, type_name, &mut record)?;
    let id = insert(scene, &key, record);
    let record = scene.world.records.get(&key, id).map(views::public).unwrap_or_default();
    // facts: fields can be chosen for a creation as well.
    Ok(changed(route, StatusCode::CREATED, select(asked, type_name, scene.settings.strict, record)?))
}

/// A list of references holds records that are elsewhere: under their own ids, and each once.
fn attach(scene: &mut Scene<'_>, route: &Route, key: &str, type_name: &'static str, body: &Members) -> Result<Answer, Problem> {
    let links = Links { base: scene.link_base };
    let checker = Checker { records: &scene.world.records, links: &links, type_name };
    let called = records::resource(type_name.trim_end_matches("Reference"));
    let resolved = checker.reference(&called, type_name, &Value::Object(body.clone()), &Map::new());
    let record = members(resolved.map_err(|problem| Problem::invalid_object(&called, vec![problem]))?);
    let id = record.get("id").and_then(Value::as_i64).ok_or_else(|| Problem::bad("InvalidObject", format!("The {called}/id field is required.")))?;
    scene.world.records.insert(key, record.clone(), Some(id));
    Ok(changed(route, StatusCode::CREATED, Value::Object(record)))
}

/// What a record in a list under another one says of that: its id, a reference to it, or both.
fn of_owner(checker: &Checker<'_>, key: &str) -> Members {
    let mut members = Map::new();
    let Some((list, id)) = owner_of(key) else { return members };
    let Some(facts) = type_of(checker.type_name) else { return members };
    let called = records::resource(&spoken(list));
    let by_number = format!("{called}Id");
    if facts.members.get(&by_number).is_some_and(|member| member.kind == Kind::Integer) {
        members.insert(by_number, Value::from(id));
    }
    if let Some(Kind::Reference(reference)) = facts.members.get(&called).map(|member| &member.kind)
        && crate::facts::target_of(reference).is_some_and(|path| store::key(path) == list)
        && let Ok(owner) = checker.reference(&called, reference, &json!({ "id": id }), &Map::new())
    {
        members.insert(called, owner);
    }
    members
}

/// The list and the id of the record that a list is directly under.
fn owner_of(key: &str) -> Option<(&str, i64)> {
    let (owner, _) = key.rsplit_once('/')?;
    let (list, id) = owner.rsplit_once('/')?;
    Some((list, id.parse().ok()?))
}

/// Adds a record with what the server adds to it.
pub(crate) fn insert(scene: &mut Scene<'_>, key: &str, mut record: Members) -> i64 {
    record.insert("_info".to_owned(), new_info(scene.now, &scene.caller.member));
    actions::communications::number(scene, key, &mut record);
    actions::settle(scene, key, &mut record);
    let id = scene.world.records.insert(key, record, None);
    scene.happened(key, id, Change::Added);
    id
}

/// Ids for the elements of lists whose types have one. Those of contacts are numbered together, when the contact is kept.
fn number_elements(type_name: &str, record: &mut Members) {
    for (name, member) in type_of(type_name).into_iter().flat_map(|facts| &facts.members) {
        if name == "communicationItems" {
            continue;
        }
        let Kind::List(of) = &member.kind else { continue };
        let Kind::Object(element_type) = &**of else { continue };
        if type_of(element_type).is_none_or(|facts| !facts.members.contains_key("id")) {
            continue;
        }
        if let Some(Value::Array(elements)) = record.get_mut(name) {
            let mut next = elements.iter().filter_map(|element| element.get("id")?.as_i64()).max().unwrap_or(0);
            let mut taken = HashSet::from([0]);
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                if !element.get("id").and_then(Value::as_i64).is_some_and(|id| taken.insert(id)) {
                    next += 1;
                    element.insert("id".to_owned(), Value::from(next));
                }
            }
        }
    }
}

fn replace(scene: &mut Scene<'_>, route: &Route, asked: &Asked, type_name: &'static str) -> Result<Answer, Problem> {
    let (key, id) = (route.list_key(), record_id(scene, route, type_name)?);
    let before = scene.world.records.get(&key, id).map(members).unwrap_or_default();
    let links = Links { base: scene.link_base };
    let checker = Checker { records: &scene.world.records, links: &links, type_name: body_type(route) };
    let body = checker.object(&asked.body)?;
    let mut defaults = actions::defaults(scene, &key, &body);
    defaults.extend(of_owner(&checker, &key));
    let mut after = checker.new_record(&body, &defaults)?;
    // facts: replacing leaves the custom fields alone; what is the simulator's own nobody can replace.
    after.extend(before.iter().filter(|(name, _)| *name == "customFields" || !views::is_public(name)).map(|(name, value)| (name.clone(), value.clone())));
    number_elements(type_name, &mut after);
    keep_changed(scene, route, &key, id, &before, after)
}

fn update(scene: &mut Scene<'_>, route: &Route, asked: &Asked, type_name: &'static str) -> Result<Answer, Problem> {
    let (key, id) = (route.list_key(), record_id(scene, route, type_name)?);
    let before = scene.world.records.get(&key, id).map(members).unwrap_or_default();
    let links = Links { base: scene.link_base };
    let checker = Checker { records: &scene.world.records, links: &links, type_name };
    let mut after = patch::apply(&checker, &before, &asked.body, scene.settings.patches)?;
    number_elements(type_name, &mut after);
    keep_changed(scene, route, &key, id, &before, after)
}

/// Keeps a record that a request has changed, and answers it.
fn keep_changed(scene: &mut Scene<'_>, route: &Route, key: &str, id: i64, before: &Members, mut after: Members) -> Result<Answer, Problem> {
    after.insert("id".to_owned(), Value::from(id));
    after.insert("_info".to_owned(), before.get("_info").cloned().unwrap_or_else(|| json!({})));
    actions::check(scene, key, Some(id), &after)?;
    actions::follow(key, before, &mut after);
    actions::keep(scene, key, id, after);
    Ok(changed(route, StatusCode::OK, scene.world.records.get(key, id).map(views::public).unwrap_or_default()))
}

fn delete(scene: &mut Scene<'_>, route: &Route) -> Result<Answer, Problem> {
    let key = route.list_key();
    let id = record_id(scene, route, &spoken(&key))?;
    if views::is_used(&scene.world.records, &key, id) {
        return Err(Problem::new(StatusCode::CONFLICT, "ConnectWiseApi", format!("{} {id} is in use and cannot be deleted.", spoken(&key))));
    }
    let before = scene.world.records.get(&key, id).unwrap_or_default();
    actions::remove(scene, &key, id);
    // A few deletions answer what has gone.
    Ok(match route.operation.answer {
        Answered::One(_) => Answer::ok(&views::public(before)),
        _ => Answer::no_content(),
    })
}

fn usages(scene: &Scene<'_>, route: &Route, type_name: &str) -> Result<Answer, Problem> {
    let (key, id) = route.owner().ok_or_else(Problem::no_endpoint)?;
    if !scene.world.records.contains(&key, id) {
        return Err(Problem::not_found(&spoken(&key), &id.to_string()));
    }
    let usages = views::usages(&scene.world.records, &key, id);
    let reduced = |usage: Value| members(usage).into_iter().filter(|(member, _)| views::is_of(type_name, member)).collect::<Value>();
    Ok(Answer::ok(&usages.into_iter().map(reduced).collect()))
}
