//! What an operation does by its form: create, read, update and delete, the same for every list of records. What
//! differs for single endpoints is in `actions`.

use std::collections::HashSet;
use std::sync::LazyLock;

use connectwise_psa::Method;
use connectwise_psa::catalogue::{QueryKind, ResponseKind};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::check::Checker;
use crate::records::list::{LinkBase, ListRequest, ListRules, select};
use crate::records::references::{Links, reference_fields, reference_with_link};
use crate::records::{self, JsonObject, display_name, into_object, patch, views};
use crate::router::Route;
use crate::schema::{FieldType, type_of};
use crate::server_state::RequestContext;
use crate::store::record::Node;
use crate::{listing, placeholders, rules, store, writes};

/// The paths of lists, in small letters.
static LIST_PATHS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    connectwise_psa::catalogue::all()
        .filter(|operation| crate::schema::is_list(operation))
        .map(|operation| folded(operation.path))
        .collect()
});

fn folded(path: &str) -> String {
    path.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether records are made by a POST to the path: it lists them as well.
pub(crate) fn is_list_path(route: &Route) -> bool {
    LIST_PATHS.contains(&folded(route.operation.path))
}

pub(crate) fn is_usages(route: &Route) -> bool {
    folded(route.operation.path).split('/').any(|segment| segment == "usages")
}

fn missing(route: &Route, type_name: &str) -> ApiError {
    ApiError::not_found(type_name, route.last_value().unwrap_or_default())
}

/// The id of the record that the path names, by number or by identifier.
fn record_id(ctx: &RequestContext<'_>, route: &Route, type_name: &str) -> Result<i64, ApiError> {
    let key = route.list_key();
    let named = route.last_value().unwrap_or_default();
    let collection = ctx.state.records.collection(&key);
    let found = match named.parse::<i64>() {
        Ok(id) => Some(id).filter(|id| collection.is_some_and(|collection| collection.records.contains(*id))),
        Err(_) => collection.and_then(|collection| {
            let is_named = |record: Node<'_>| {
                ["identifier", "name"]
                    .iter()
                    .any(|name| record.text(name).is_some_and(|text| text.eq_ignore_ascii_case(named)))
            };
            collection.records.iter().find(|(_, record)| is_named(*record)).map(|(id, _)| id)
        }),
    };
    found.ok_or_else(|| missing(route, type_name))
}

pub(crate) fn list(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &str,
) -> Result<Response, ApiError> {
    let mut rules = ctx.settings.list_rules;
    rules.forward_only &= route.operation.paging == connectwise_psa::catalogue::Paging::PageOrForward;
    let list_request = ListRequest::from_query(request, type_name, rules)?;
    Ok(page(ctx, route, request, type_name, &list_request))
}

/// Whether an endpoint shows a member of its records.
fn is_shown(route: &Route, type_name: &str, member: &str) -> bool {
    if route.is_info() { views::has_field(type_name, member) } else { views::is_public(member) }
}

/// A record of a list as a type of reference shows it.
fn as_reference(ctx: &RequestContext<'_>, list: &str, reference: &str, record: Node<'_>) -> Value {
    let (id, members) = (record.integer("id").unwrap_or_default(), into_object(record.value()));
    reference_with_link(
        ctx.link_base,
        reference_fields(reference, id, &members),
        &format!("/{list}"),
        id,
        &records::resource_name(reference.trim_end_matches("Reference")),
    )
}

/// A page of a list as an answer.
pub(crate) fn page(
    ctx: &RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &str,
    list_request: &ListRequest,
) -> Response {
    let link = LinkBase { url: format!("{}/{}", ctx.link_base, route.path()), request };
    let key = listing::list_key(route);
    let only = listing::predicate(route, request);
    // Some endpoints refer to records of another list.
    let is_view = type_name.ends_with("Reference") && key != route.list_key();
    let page = list_request.page(ctx.state.records.collection(&key), &only);
    let mut text = b"[".to_vec();
    for (at, record) in page.records.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        if is_view {
            let reference = as_reference(ctx, &key, type_name, *record);
            text.extend_from_slice(list_request.select(reference).to_string().as_bytes());
        } else {
            list_request.write(*record, &|member| is_shown(route, type_name, member), &mut text);
        }
    }
    text.push(b']');
    let response = Response::json_text(StatusCode::OK, text);
    match page.link(&link) {
        Some(link) => response.with_header("link", &link),
        None => response,
    }
}

pub(crate) fn count(ctx: &RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let type_name = match route.operation.query {
        QueryKind::Count(Some(name)) => name,
        _ => "",
    };
    let list_request =
        ListRequest::from_query(request, type_name, ListRules { forward_only: false, ..ctx.settings.list_rules })?;
    let count = list_request
        .count(ctx.state.records.collection(&listing::list_key(route)), &listing::predicate(route, request));
    Ok(Response::ok(&json!({ "count": count })))
}

pub(crate) fn get(
    ctx: &RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &str,
) -> Result<Response, ApiError> {
    let id = record_id(ctx, route, type_name)?;
    let record = ctx.state.records.node(&route.list_key(), id).ok_or_else(|| missing(route, type_name))?;
    let record = record.part(&|member| is_shown(route, type_name, member));
    Ok(Response::ok(&select(request, type_name, ctx.settings.list_rules, record)?))
}

/// An endpoint with one value: what was set, or nothing.
pub(crate) fn single(ctx: &RequestContext<'_>, route: &Route) -> Response {
    match ctx.state.records.single(&route.list_key()) {
        Some(value) => Response::ok(value),
        None => placeholders::empty_success(route),
    }
}

pub(crate) fn set_single(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let type_name = route.record_type().unwrap_or_default();
    let links = Links { base: ctx.link_base };
    let key = route.list_key();
    let before = ctx.state.records.single(&key).cloned().map(into_object).unwrap_or_default();
    let checker = Checker { records: &ctx.state.records, links: &links, type_name };
    let after = if route.operation.method == Method::Patch {
        patch::apply(&checker, &before, &request.body, ctx.settings.patch_rules)?
    } else {
        checker.fields(&checker.object(&request.body)?)?
    };
    let value = Value::Object(after);
    ctx.state.records.set_single(&key, value.clone());
    Ok(Response::ok(&value))
}

/// A list that is changed as a whole has one record: it is changed, and made where there is none.
pub(crate) fn set_only(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &'static str,
) -> Result<Response, ApiError> {
    let key = route.list_key();
    let only = ctx.state.records.collection(&key).and_then(|collection| collection.records.ids().next());
    let before = only.and_then(|id| ctx.state.records.get(&key, id)).map(into_object).unwrap_or_default();
    let links = Links { base: ctx.link_base };
    let checker = Checker { records: &ctx.state.records, links: &links, type_name };
    let mut after = if route.operation.method == Method::Patch {
        patch::apply(&checker, &before, &request.body, ctx.settings.patch_rules)?
    } else {
        checker.new_record(&checker.object(&request.body)?, &Map::new())?
    };
    number_elements(type_name, &mut after);
    match only {
        Some(id) => store_changed(ctx, route, &key, id, &before, after),
        None => {
            let id = writes::insert(ctx, &key, after);
            Ok(Response::ok(&ctx.state.records.get(&key, id).map(views::public).unwrap_or_default()))
        }
    }
}

/// Deletes the records of a list: all, or the one that the query names.
pub(crate) fn clear(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let key = route.list_key();
    let named = request
        .parameter("id")
        .map(|id| id.parse::<i64>().map_err(|_| ApiError::not_found(&display_name(&key), id)))
        .transpose()?;
    let ids: Vec<i64> =
        ctx.state.records.collection(&key).map(|collection| collection.records.ids().collect()).unwrap_or_default();
    if let Some(id) = named.filter(|id| !ids.contains(id)) {
        return Err(ApiError::not_found(&display_name(&key), &id.to_string()));
    }
    for id in ids.into_iter().filter(|id| named.is_none_or(|named| named == *id)) {
        writes::remove(ctx, &key, id);
    }
    Ok(Response::no_content())
}

/// A record as a change of it is answered: some endpoints answer a list of one.
fn changed(route: &Route, status: StatusCode, record: Value) -> Response {
    match route.operation.response {
        ResponseKind::Many(_) => Response::json(status, &Value::Array(vec![record])),
        _ => Response::json(status, &record),
    }
}

/// The type of record that a body makes.
fn body_type(route: &Route) -> &'static str {
    route
        .operation
        .body
        .map(|body| body.type_name)
        .filter(|name| !name.is_empty())
        .or_else(|| route.record_type())
        .unwrap_or_default()
}

pub(crate) fn create(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let type_name = body_type(route);
    let key = route.list_key();
    let links = Links { base: ctx.link_base };
    let checker = Checker { records: &ctx.state.records, links: &links, type_name };
    let body = checker.object(&request.body)?;
    rules::check_create_request(ctx, &key, &body)?;
    if type_name.ends_with("Reference") {
        return attach(ctx, route, &key, type_name, &body);
    }
    let mut defaults = rules::defaults::defaults(ctx, &key, &body);
    let owner_fields = owner_fields(&checker, &key);
    defaults.extend(owner_fields.clone());
    let mut record = checker.new_record(&body, &defaults)?;
    record.remove("id");
    // Whatever the body says, it is where it was made.
    record.extend(owner_fields);
    number_elements(type_name, &mut record);
    rules::check_record(ctx, &key, None, &record)?;
    rules::fill_defaults(ctx, &key, type_name, &mut record)?;
    let id = writes::insert(ctx, &key, record);
    let record = ctx.state.records.get(&key, id).map(views::public).unwrap_or_default();
    // facts: fields can be chosen for a creation as well.
    Ok(changed(route, StatusCode::CREATED, select(request, type_name, ctx.settings.list_rules, record)?))
}

/// A list of references holds records that are elsewhere: under their own ids, and each once.
fn attach(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    key: &str,
    type_name: &'static str,
    body: &JsonObject,
) -> Result<Response, ApiError> {
    let links = Links { base: ctx.link_base };
    let checker = Checker { records: &ctx.state.records, links: &links, type_name };
    let called = records::resource_name(type_name.trim_end_matches("Reference"));
    let resolved = checker.reference(&called, type_name, &Value::Object(body.clone()), &Map::new());
    let record = into_object(resolved.map_err(|error| ApiError::invalid_object(&called, vec![error]))?);
    let id = record
        .get("id")
        .and_then(Value::as_i64)
        .ok_or_else(|| ApiError::bad("InvalidObject", format!("The {called}/id field is required.")))?;
    ctx.state.records.insert(key, record.clone(), Some(id));
    Ok(changed(route, StatusCode::CREATED, Value::Object(record)))
}

/// What a record in a list under another one says of that: its id, a reference to it, or both.
fn owner_fields(checker: &Checker<'_>, key: &str) -> JsonObject {
    let mut members = Map::new();
    let Some((list, id)) = owner_of(key) else { return members };
    let Some(schema) = type_of(checker.type_name) else { return members };
    let called = records::resource_name(&display_name(list));
    let by_number = format!("{called}Id");
    if schema.fields.get(&by_number).is_some_and(|member| member.field_type == FieldType::Integer) {
        members.insert(by_number, Value::from(id));
    }
    if let Some(FieldType::Reference(reference)) = schema.fields.get(&called).map(|member| &member.field_type)
        && crate::schema::target_of(reference).is_some_and(|path| store::key(path) == list)
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

/// Ids for the elements of lists whose types have one. Those of contacts are numbered together, when the contact is
/// kept.
fn number_elements(type_name: &str, record: &mut JsonObject) {
    for (name, member) in type_of(type_name).into_iter().flat_map(|schema| &schema.fields) {
        if name == "communicationItems" {
            continue;
        }
        let FieldType::List(of) = &member.field_type else { continue };
        let FieldType::Object(element_type) = &**of else { continue };
        if type_of(element_type).is_none_or(|schema| !schema.fields.contains_key("id")) {
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

pub(crate) fn replace(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &'static str,
) -> Result<Response, ApiError> {
    let (key, id) = (route.list_key(), record_id(ctx, route, type_name)?);
    let before = ctx.state.records.get(&key, id).map(into_object).unwrap_or_default();
    let links = Links { base: ctx.link_base };
    let checker = Checker { records: &ctx.state.records, links: &links, type_name: body_type(route) };
    let body = checker.object(&request.body)?;
    let mut defaults = rules::defaults::defaults(ctx, &key, &body);
    defaults.extend(owner_fields(&checker, &key));
    let mut after = checker.new_record(&body, &defaults)?;
    // facts: replacing leaves the custom fields alone; what is the simulator's own nobody can replace.
    after.extend(
        before
            .iter()
            .filter(|(name, _)| *name == "customFields" || !views::is_public(name))
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    number_elements(type_name, &mut after);
    store_changed(ctx, route, &key, id, &before, after)
}

pub(crate) fn update(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &'static str,
) -> Result<Response, ApiError> {
    let (key, id) = (route.list_key(), record_id(ctx, route, type_name)?);
    let before = ctx.state.records.get(&key, id).map(into_object).unwrap_or_default();
    let links = Links { base: ctx.link_base };
    let checker = Checker { records: &ctx.state.records, links: &links, type_name };
    let mut after = patch::apply(&checker, &before, &request.body, ctx.settings.patch_rules)?;
    number_elements(type_name, &mut after);
    store_changed(ctx, route, &key, id, &before, after)
}

/// Keeps a record that a request has changed, and answers it.
fn store_changed(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    key: &str,
    id: i64,
    before: &JsonObject,
    mut after: JsonObject,
) -> Result<Response, ApiError> {
    after.insert("id".to_owned(), Value::from(id));
    after.insert("_info".to_owned(), before.get("_info").cloned().unwrap_or_else(|| json!({})));
    rules::check_record(ctx, key, Some(id), &after)?;
    rules::invalidate_derived(key, before, &mut after);
    writes::update(ctx, key, id, after);
    Ok(changed(route, StatusCode::OK, ctx.state.records.get(key, id).map(views::public).unwrap_or_default()))
}

pub(crate) fn delete(ctx: &mut RequestContext<'_>, route: &Route) -> Result<Response, ApiError> {
    let key = route.list_key();
    let id = record_id(ctx, route, &display_name(&key))?;
    if views::is_referenced(&ctx.state.records, &key, id) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "ConnectWiseApi",
            format!("{} {id} is in use and cannot be deleted.", display_name(&key)),
        ));
    }
    let before = ctx.state.records.get(&key, id).unwrap_or_default();
    writes::remove(ctx, &key, id);
    // A few deletions answer what has gone.
    Ok(match route.operation.response {
        ResponseKind::One(_) => Response::ok(&views::public(before)),
        _ => Response::no_content(),
    })
}

pub(crate) fn usages(ctx: &RequestContext<'_>, route: &Route, type_name: &str) -> Result<Response, ApiError> {
    let (key, id) = route.owner().ok_or_else(ApiError::no_endpoint)?;
    if !ctx.state.records.contains(&key, id) {
        return Err(ApiError::not_found(&display_name(&key), &id.to_string()));
    }
    let usages = views::usages(&ctx.state.records, &key, id);
    let reduced = |usage: Value| {
        into_object(usage).into_iter().filter(|(member, _)| views::has_field(type_name, member)).collect::<Value>()
    };
    Ok(Response::ok(&usages.into_iter().map(reduced).collect()))
}
