//! Creating, reading, updating and deleting records in the way that is common to all lists. Endpoints that behave
//! differently are in `actions`.

use std::collections::HashSet;
use std::sync::LazyLock;

use connectwise_psa::Method;
use connectwise_psa::catalogue::{QueryKind, ResponseKind};
use connectwise_psa_core::text::field_ignoring_case;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api_error::{ApiError, FieldError};
use crate::http::{Request, Response};
use crate::records::check::{Checked, Checker};
use crate::records::list::{ListRequest, ListRules, select};
use crate::records::record_names::{field_in, name_in, name_of, resource_of};
use crate::records::references::{SELECTORS, check_kinds, completed, integer};
use crate::records::{JsonObject, into_object, links, patch, views};
use crate::router::Route;
use crate::rules::checks::{self, Proposal};
use crate::schema::{FieldType, type_of};
use crate::server_state::RequestContext;
use crate::store::MAX_ID;
use crate::store::format::LINK_BASE;
use crate::store::record::{Node, Packed, Writer};
use crate::store::{Change, touch};
use crate::{listing, placeholders, rules, schema, store, writes};

const COMPANIES: &str = "company/companies";

/// The paths of lists, in lower case.
static LIST_PATHS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    connectwise_psa::catalogue::all()
        .filter(|operation| schema::is_list(operation))
        .map(|operation| normalized(operation.path))
        .collect()
});

fn normalized(path: &str) -> String {
    path.trim_end_matches('/').to_ascii_lowercase()
}

/// Returns whether the path of an operation is that of a list. A POST to such a path creates a record.
pub(crate) fn is_list_path(route: &Route) -> bool {
    LIST_PATHS.contains(&normalized(route.operation.path))
}

pub(crate) fn is_usages(route: &Route) -> bool {
    normalized(route.operation.path).split('/').any(|segment| segment == "usages")
}

fn not_found_error(route: &Route, type_name: &str) -> ApiError {
    ApiError::not_found(&name_of(type_name), route.last_value().unwrap_or_default())
}

/// Returns the id of the record that the path names by id, identifier or name.
fn record_id(ctx: &RequestContext<'_>, route: &Route, type_name: &str) -> Result<i64, ApiError> {
    let key = route.list_key();
    let wanted = route.last_value().unwrap_or_default();
    let collection = ctx.state.records.collection(&key);
    let found = match wanted.parse::<i64>() {
        Ok(id) => Some(id).filter(|id| collection.is_some_and(|collection| collection.records.contains(*id))),
        Err(_) => collection.and_then(|collection| {
            let is_named = |record: Node<'_>| {
                ["identifier", "name"]
                    .iter()
                    .any(|name| record.text(name).is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
            };
            collection.records.iter().find(|(_, record)| is_named(*record)).map(|(id, _)| id)
        }),
    };
    found.ok_or_else(|| not_found_error(route, type_name))
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
    page(ctx, route, request, type_name, &list_request)
}

/// Returns a function that says whether an endpoint shows a field of its records.
fn shown_fields<'a>(route: &Route, type_name: &'a str) -> impl Fn(&str) -> bool + 'a {
    let is_info = route.is_info();
    move |field| if is_info { views::has_field(type_name, field) } else { views::is_public(field) }
}

/// Returns a reference of the given type to a record of a list.
fn as_reference(list: &str, reference: &str, record: Node<'_>) -> Value {
    completed(reference, list, record.integer("id").unwrap_or_default(), &record.value())
}

/// The maximum memory that is reserved for the body of a page in advance, in bytes. Bodies may be longer.
const MAX_RESERVED_BYTES: usize = 16 * 1024 * 1024;

/// Returns a page of a list as a response.
pub(crate) fn page(
    ctx: &RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &str,
    list_request: &ListRequest,
) -> Result<Response, ApiError> {
    let key = listing::list_key(route);
    let filter = listing::predicate(route, request);
    // Some endpoints show records of another list as references.
    let shows_references = type_name.ends_with("Reference") && key != route.list_key();
    let page = list_request.page(&ctx.state.records, &key, &filter)?;
    let is_shown = shown_fields(route, type_name);
    // The response to a part of a bundle becomes a part of another response, with which its links are written.
    let has_links = !request.origin.is_empty();
    let link_start = if has_links { links::response_base(&request.origin) } else { LINK_BASE.to_owned() };
    let mut text = b"[".to_vec();
    for (at, record) in page.records.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        if at == 1 {
            // The records of a list have similar sizes.
            text.reserve(page.records.len().saturating_mul(text.len()).min(MAX_RESERVED_BYTES));
        }
        let mut writer = Writer::new(&mut text, &link_start);
        if shows_references {
            let reference = as_reference(&key, type_name, *record);
            writer.write(Packed::from(&list_request.select(reference)).node());
        } else {
            list_request.write(*record, &is_shown, &mut writer);
        }
    }
    text.push(b']');
    let response = Response { has_links, ..Response::json_text(StatusCode::OK, text) };
    Ok(match page.link(request) {
        Some(link) => response.with_header("link", &link),
        None => response,
    })
}

pub(crate) fn count(ctx: &RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let type_name = match route.operation.query {
        QueryKind::Count(Some(name)) => name,
        _ => "",
    };
    let list_request =
        ListRequest::from_query(request, type_name, ListRules { forward_only: false, ..ctx.settings.list_rules })?;
    let list = listing::list_key(route);
    let count = list_request.count(&ctx.state.records, &list, &listing::predicate(route, request))?;
    Ok(Response::ok(&json!({ "count": count })))
}

pub(crate) fn get(
    ctx: &RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &str,
) -> Result<Response, ApiError> {
    let id = record_id(ctx, route, type_name)?;
    let record = ctx.state.records.node(&route.list_key(), id).ok_or_else(|| not_found_error(route, type_name))?;
    let record = record.part(&shown_fields(route, type_name));
    Ok(record_response(StatusCode::OK, &select(request, type_name, ctx.settings.list_rules, record)?))
}

/// Returns the value of an endpoint that has one value instead of a list: the value that was set, or a placeholder.
pub(crate) fn single(ctx: &RequestContext<'_>, route: &Route) -> Response {
    match ctx.state.records.single(&route.list_key()) {
        Some(value) => Response::ok(value),
        None => placeholders::empty_success(route),
    }
}

pub(crate) fn set_single(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let type_name = route.record_type().unwrap_or_default();
    let key = route.list_key();
    let before = ctx.state.records.single(&key).cloned().map(into_object).unwrap_or_default();
    let checker = Checker { records: &ctx.state.records, type_name };
    let mut after = if route.operation.method == Method::Patch {
        patch::apply(&checker, &before, &request.body, ctx.settings.patch_rules)?
    } else {
        checker.fields(&checker.object(&request.body)?)?
    };
    after.extend(before.get("_info").map(|info| ("_info".to_owned(), info.clone())));
    touch(&mut after, ctx.now, &ctx.caller.member);
    ctx.state.records.set_single(&key, Value::Object(after));
    Ok(single(ctx, route))
}

/// Carries out a PATCH or PUT of the path of a list, such as the forecast of an opportunity: updates or replaces the
/// first record, or creates it if the list is empty.
pub(crate) fn set_only_record(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &'static str,
) -> Result<Response, ApiError> {
    let key = route.list_key();
    let existing = ctx.state.records.collection(&key).and_then(|collection| collection.records.ids().next());
    let before = existing.and_then(|id| ctx.state.records.get(&key, id)).map(into_object).unwrap_or_default();
    let checker = Checker { records: &ctx.state.records, type_name };
    let checked = if route.operation.method == Method::Patch {
        patch::checked(&checker, &before, &request.body, ctx.settings.patch_rules)?
    } else {
        checker.checked_record(&checker.object(&request.body)?, &Map::new())?
    };
    match existing {
        Some(id) => store_changed(ctx, route, &key, (id, &before), None, (type_name, checked)),
        None => {
            let mut after = checked.into_result(type_name)?;
            number_elements(type_name, &mut after);
            let id = writes::insert(ctx, &key, after);
            Ok(Response::ok(&ctx.state.records.get(&key, id).map(views::public).unwrap_or_default()))
        }
    }
}

/// Deletes all records of a list, or the one whose id the query names.
pub(crate) fn clear(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let key = route.list_key();
    let wanted = request
        .parameter("id")
        .map(|id| id.parse::<i64>().map_err(|_| ApiError::not_found(&name_in(&key), id)))
        .transpose()?;
    let ids: Vec<i64> =
        ctx.state.records.collection(&key).map(|collection| collection.records.ids().collect()).unwrap_or_default();
    if let Some(id) = wanted.filter(|id| !ids.contains(id)) {
        return Err(ApiError::not_found(&name_in(&key), &id.to_string()));
    }
    for id in ids.into_iter().filter(|id| wanted.is_none_or(|wanted| wanted == *id)) {
        writes::remove(ctx, &key, id);
    }
    Ok(Response::no_content())
}

/// Returns a response with a record, in the form that lists have: the order of the fields, and the digits of amounts.
fn record_response(status: StatusCode, record: &Value) -> Response {
    Response::json_text(status, Packed::from(record).to_string())
}

/// Returns a created or changed record as the response. Some endpoints return it in a list.
fn change_response(route: &Route, status: StatusCode, record: Value) -> Response {
    match route.operation.response {
        ResponseKind::Many(_) => record_response(status, &Value::Array(vec![record])),
        _ => record_response(status, &record),
    }
}

/// Returns the type of the record that a body describes.
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
    let checker = Checker { records: &ctx.state.records, type_name };
    let body = checker.object(&request.body)?;
    rules::check_create_request(&key, &body)?;
    if type_name.ends_with("Reference") {
        return attach(ctx, route, &key, type_name, &body);
    }
    let mut checked = checked_record(ctx, &key, type_name, &body)?;
    let proposal = Proposal { list: &key, before: None, replacement: None, record: &checked.fields };
    let errors = checks::errors(ctx, &proposal);
    checked.add_errors(errors);
    let mut record = checked.into_result(type_name)?;
    number_elements(type_name, &mut record);
    if key == "service/tickets" {
        rules::tickets::assign_team(ctx, &mut record)?;
    }
    let id = writes::insert(ctx, &key, record);
    let record = ctx.state.records.get(&key, id).map(views::public).unwrap_or_default();
    // Observed on live servers: the `fields` parameter also applies to create requests.
    Ok(change_response(route, StatusCode::CREATED, select(request, type_name, ctx.settings.list_rules, record)?))
}

/// Returns the fields of a new record, or of one that replaces another: those of the body, the owner that the path
/// names, and the default values of the others.
fn checked_record(
    ctx: &RequestContext<'_>,
    key: &str,
    type_name: &'static str,
    body: &JsonObject,
) -> Result<Checked, ApiError> {
    let checker = Checker { records: &ctx.state.records, type_name };
    let owner_fields = owner_fields(&checker, key);
    let add_owners = |record: &mut JsonObject| rules::defaults::add_owners(ctx, key, type_name, body, record);
    let mut checked = checker.checked_fields_of(body, &owner_fields, &add_owners)?;
    checked.fields.remove("id");
    // The path determines the owner, whatever the body says.
    checked.fields.extend(owner_fields);
    rules::write_only::set_references(ctx, type_name, &mut checked.fields)?;
    rules::add_defaults(ctx, key, type_name, &mut checked.fields);
    Ok(checker.with_record_errors(checked))
}

/// References by a field other than the id: the type of the references, and the field of the record that they name.
/// Observed on live servers: a configuration can be added to a ticket by its `deviceIdentifier`.
const REFERENCED_BY: &[(&str, &str)] = &[("ConfigurationReference", "deviceIdentifier")];

/// Adds a record to a list of references. The record stays in its own list and keeps its id; adding it again
/// replaces the reference.
fn attach(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    key: &str,
    type_name: &'static str,
    body: &JsonObject,
) -> Result<Response, ApiError> {
    check_kinds(body)?;
    let record = into_object(attached(ctx, type_name, body).map_err(|error| {
        let resource = error.resource.clone();
        ApiError::invalid_object(&resource, vec![error])
    })?);
    let id = record.get("id").and_then(Value::as_i64);
    ctx.state.records.insert(key, record.clone(), id);
    Ok(change_response(route, StatusCode::CREATED, Value::Object(record)))
}

/// Returns the reference to the record that the body names.
fn attached(ctx: &RequestContext<'_>, type_name: &'static str, body: &JsonObject) -> Result<Value, FieldError> {
    let resource = resource_of(type_name);
    let other_field = REFERENCED_BY.iter().find(|(name, _)| *name == type_name).map(|(_, field)| *field);
    let has_id = field_ignoring_case(body, "id").and_then(integer).is_some_and(|id| id != 0);
    let text = other_field.and_then(|field| field_ignoring_case(body, field)?.as_str()).map(str::trim);
    let mut body: JsonObject = body
        .iter()
        .filter(|(name, _)| SELECTORS.iter().any(|other| other.eq_ignore_ascii_case(name)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let (false, Some(field), Some(text)) = (has_id, other_field, text.filter(|text| !text.is_empty())) {
        let target = schema::target_of(type_name).map(store::key).unwrap_or_default();
        let is_named = |record: Node<'_>| record.text(field).is_some_and(|other| other.eq_ignore_ascii_case(text));
        let mut records = ctx.state.records.collection(&target).into_iter().flat_map(|list| list.records.iter());
        let Some((id, _)) = records.find(|(_, record)| is_named(*record)) else {
            let message = format!("{} {text} not found", name_of(type_name));
            return Err(FieldError::new("NotFound", message, &resource, field));
        };
        body = Map::from_iter([("id".to_owned(), Value::from(id))]);
    }
    let checker = Checker { records: &ctx.state.records, type_name };
    let resolved = checker.reference("", type_name, &Value::Object(body), &Map::new());
    // The body is the reference, so `field` is a field of the body.
    let resolved = resolved.map_err(|error| FieldError { field: error.field.trim_matches('/').to_owned(), ..error })?;
    if resolved.get("id").and_then(Value::as_i64).is_some() {
        return Ok(resolved);
    }
    let message = match other_field {
        Some(other) => format!("id or {other} is required."),
        None => "The id field is required.".to_owned(),
    };
    Err(FieldError::new("MissingRequiredField", message, &resource, "id"))
}

/// Returns the fields that name the owner of a record, if its list is under another record: depending on the record's
/// type, the owner's id, a reference to it, both or none.
fn owner_fields(checker: &Checker<'_>, key: &str) -> JsonObject {
    let mut fields = Map::new();
    let Some((list, id)) = owner_of(key) else { return fields };
    let Some(schema) = type_of(checker.type_name) else { return fields };
    let reference_field = field_in(list);
    let id_field = format!("{reference_field}Id");
    if schema.fields.get(&id_field).is_some_and(|field| field.field_type == FieldType::Integer) {
        fields.insert(id_field, Value::from(id));
    }
    if let Some(FieldType::Reference(reference)) = schema.fields.get(&reference_field).map(|field| &field.field_type)
        && schema::target_of(reference).is_some_and(|path| store::key(path) == list)
        && let Ok(owner) = checker.reference(&reference_field, reference, &json!({ "id": id }), &Map::new())
    {
        fields.insert(reference_field, owner);
    }
    fields
}

/// Returns the list and the id of the record that a list is directly under.
fn owner_of(key: &str) -> Option<(&str, i64)> {
    let (owner, _) = key.rsplit_once('/')?;
    let (list, id) = owner.rsplit_once('/')?;
    Some((list, id.parse().ok()?))
}

/// Assigns ids to the elements of a record's nested lists that have none, a duplicate one, or one outside of the range of
/// ids, if their type has an `id`.
/// Communication items are skipped: they share one numbering across all contacts, which `writes` applies when it stores
/// the contact.
fn number_elements(type_name: &str, record: &mut JsonObject) {
    for (name, field) in type_of(type_name).into_iter().flat_map(|schema| &schema.fields) {
        if name == "communicationItems" {
            continue;
        }
        let FieldType::List(element) = &field.field_type else { continue };
        let FieldType::Object(element_type) = &**element else { continue };
        if type_of(element_type).is_none_or(|schema| !schema.fields.contains_key("id")) {
            continue;
        }
        if let Some(Value::Array(elements)) = record.get_mut(name) {
            renumber(elements);
        }
    }
}

/// Assigns ids to elements without a valid id of their own: the ids after the highest one or, if there are none left, the
/// lowest free ones.
fn renumber(elements: &mut [Value]) {
    let id_of = |element: &Value| element.get("id").and_then(Value::as_i64).filter(|id| (1..=MAX_ID).contains(id));
    let given: HashSet<i64> = elements.iter().filter_map(id_of).collect();
    let highest = given.iter().copied().max().unwrap_or_default();
    let mut free = (highest + 1..=MAX_ID).chain((1..highest).filter(|id| !given.contains(id)));
    let mut taken = HashSet::new();
    for element in elements {
        if !id_of(element).is_some_and(|id| taken.insert(id))
            && let (Some(fields), Some(id)) = (element.as_object_mut(), free.next())
        {
            fields.insert("id".to_owned(), Value::from(id));
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
    let checker = Checker { records: &ctx.state.records, type_name: body_type(route) };
    let body = checker.object(&request.body)?;
    let mut checked = checked_record(ctx, &key, body_type(route), &body)?;
    // Observed on live servers: PUT does not change custom fields. The simulator's internal fields cannot be replaced.
    checked.fields.extend(
        before
            .iter()
            .filter(|(name, _)| *name == "customFields" || !views::is_public(name))
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    keep_unresolved(&before, &mut checked.fields);
    store_changed(ctx, route, &key, (id, &before), Some(&body), (type_name, checked))
}

pub(crate) fn update(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    type_name: &'static str,
) -> Result<Response, ApiError> {
    let (key, id) = (route.list_key(), record_id(ctx, route, type_name)?);
    let before = ctx.state.records.get(&key, id).map(into_object).unwrap_or_default();
    let checker = Checker { records: &ctx.state.records, type_name };
    let mut checked = patch::checked(&checker, &before, &request.body, ctx.settings.patch_rules)?;
    rules::write_only::set_references(ctx, type_name, &mut checked.fields)?;
    store_changed(ctx, route, &key, (id, &before), None, (type_name, checked))
}

/// Restores the references of a replaced record that still refer to the same record but could not be completed: those
/// to the statuses of a board in the board itself, and those to lists that are not simulated.
fn keep_unresolved(before: &JsonObject, record: &mut JsonObject) {
    for (name, value) in record.iter_mut() {
        let Some(known) = before.get(name).filter(|known| known.get("_info").is_some()) else { continue };
        let is_same = value.get("id").is_some() && value.get("id") == known.get("id");
        if is_same && value.get("_info").is_none() {
            *value = known.clone();
        }
    }
}

/// Checks and stores a changed record of a type and returns it as the response. `replacement` is the body of a
/// replacement.
fn store_changed(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    key: &str,
    (id, before): (i64, &JsonObject),
    replacement: Option<&JsonObject>,
    (type_name, mut checked): (&'static str, Checked),
) -> Result<Response, ApiError> {
    // The path determines the owner, whatever the request says.
    checked.fields.extend(owner_fields(&Checker { records: &ctx.state.records, type_name }, key));
    checked.fields.insert("id".to_owned(), Value::from(id));
    checked.fields.insert("_info".to_owned(), before.get("_info").cloned().unwrap_or_else(|| json!({})));
    let proposal = Proposal { list: key, before: Some((id, before)), replacement, record: &checked.fields };
    let errors = checks::errors(ctx, &proposal);
    checked.add_errors(errors);
    let mut after = checked.into_result(type_name)?;
    number_elements(type_name, &mut after);
    rules::invalidate_derived(ctx, key, before, &mut after);
    writes::update(ctx, key, id, after);
    Ok(change_response(route, StatusCode::OK, ctx.state.records.get(key, id).map(views::public).unwrap_or_default()))
}

pub(crate) fn delete(ctx: &mut RequestContext<'_>, route: &Route) -> Result<Response, ApiError> {
    let key = route.list_key();
    let id = record_id(ctx, route, schema::record_type(&key).unwrap_or(route.record_type().unwrap_or_default()))?;
    if views::is_referenced(&ctx.state.records, &key, id) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "ConnectWiseApi",
            format!("{} {id} is in use and cannot be deleted.", name_in(&key)),
        ));
    }
    let before = ctx.state.records.get(&key, id).unwrap_or_default();
    if ctx.settings.keep_deleted_companies && key == COMPANIES {
        let mut company = into_object(before.clone());
        company.insert("deletedFlag".to_owned(), Value::Bool(true));
        touch(&mut company, ctx.now, &ctx.caller.member);
        ctx.state.records.put(&key, id, company);
        ctx.record_change_of(&key, id, Change::Deleted, before.clone());
    } else {
        writes::remove(ctx, &key, id);
    }
    // Some DELETE operations return the deleted record.
    Ok(match route.operation.response {
        ResponseKind::One(_) => Response::ok(&views::public(before)),
        _ => Response::no_content(),
    })
}

pub(crate) fn usages(ctx: &RequestContext<'_>, route: &Route, type_name: &str) -> Result<Response, ApiError> {
    let (key, id) = route.owner().ok_or_else(ApiError::no_endpoint)?;
    if !ctx.state.records.contains(&key, id) {
        return Err(ApiError::not_found(&name_in(&key), &id.to_string()));
    }
    let usages = views::usages(&ctx.state.records, &key, id);
    let visible_fields = |usage: Value| {
        into_object(usage).into_iter().filter(|(field, _)| views::has_field(type_name, field)).collect::<Value>()
    };
    Ok(Response::ok(&usages.into_iter().map(visible_fields).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_without_a_valid_id_get_a_free_one() {
        for (given, expected) in [
            (json!([{"id": 4}, {}, {"id": 4}, {"id": 0}]), json!([4, 5, 6, 7])),
            (json!([{"id": i64::MAX}, {}, {"id": -3}]), json!([1, 2, 3])),
            (json!([{"id": MAX_ID}, {}, {"id": 1}, {"id": MAX_ID + 1}]), json!([MAX_ID, 2, 1, 3])),
        ] {
            let mut elements = given.as_array().cloned().unwrap();
            renumber(&mut elements);
            assert_eq!(elements.iter().map(|element| element["id"].clone()).collect::<Value>(), expected, "{given}");
        }
    }
}
