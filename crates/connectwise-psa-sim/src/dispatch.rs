//! Dispatches a request: checks that apply to every operation, then the operation's own action or the generic behaviour
//! of its method.

use connectwise_psa::Method;
use connectwise_psa::catalogue::{ParameterLocation, QueryKind, ResponseKind};

use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::record_names::name_in;
use crate::router::Route;
use crate::server_state::RequestContext;
use crate::{actions, crud, placeholders};

/// The paths of the requests that only read, although their method is POST.
const READING_POSTS: &[&str] =
    &["/service/tickets/search", "/project/tickets/search", "/system/bundles", "/system/bundles/count"];

/// Returns whether an operation only reads records.
pub(crate) fn is_read(route: &Route) -> bool {
    route.operation.method == Method::Get || READING_POSTS.iter().any(|path| route.is(Method::Post, path))
}

/// Checks and carries out a request.
pub(crate) fn run(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    carry_out(ctx, route, request).map_err(|error| error.located_in(&request.body))
}

fn carry_out(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    let project_route = route_of_project_notes(ctx, route);
    let route = project_route.as_ref().unwrap_or(route);
    require_owners(ctx, route)?;
    require_query_parameters(route, request)?;
    reject_form_encoding(route, request)?;
    let key = route.list_key();
    let is_communications_list = actions::communications::show(ctx, &key)?;
    let is_type_associations_list = actions::type_associations::complete(ctx, &key, is_read(route));
    actions::all_notes::show(ctx, &key);
    let response = dispatch(ctx, route, request);
    if is_communications_list && response.is_ok() && route.operation.method != Method::Get {
        actions::communications::store_in_contact(ctx, &key);
    }
    if is_type_associations_list && response.is_ok() && route.operation.method != Method::Get {
        actions::type_associations::store_in_contact(ctx, &key);
    }
    ctx.state.records.hide_virtual_list();
    response
}

/// Runs the operation's own action if it has one, otherwise the generic behaviour for its method and response.
fn dispatch(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> Result<Response, ApiError> {
    if let Some(result) = actions::run(ctx, route, request, run) {
        return result;
    }
    let of_record = route.is_of_record();
    match (route.operation.method, route.operation.response) {
        (Method::Get, ResponseKind::Many(type_name)) if crud::is_usages(route) => crud::usages(ctx, route, type_name),
        (Method::Get, ResponseKind::Many(type_name)) => crud::list(ctx, route, request, type_name),
        (Method::Get, _) if matches!(route.operation.query, QueryKind::Count(_)) => crud::count(ctx, route, request),
        (Method::Get, ResponseKind::One(type_name)) if of_record => crud::get(ctx, route, request, type_name),
        (Method::Get, ResponseKind::Bytes(media_type)) => Ok(placeholders::files::placeholder_file(media_type)),
        (Method::Get, _) => Ok(crud::single(ctx, route)),
        (Method::Post, _) if crud::is_list_path(route) => crud::create(ctx, route, request),
        (Method::Put, ResponseKind::One(type_name) | ResponseKind::Many(type_name)) if of_record => {
            crud::replace(ctx, route, request, type_name)
        }
        (Method::Patch, ResponseKind::One(type_name) | ResponseKind::Many(type_name)) if of_record => {
            crud::update(ctx, route, request, type_name)
        }
        (Method::Delete, _) if of_record => crud::delete(ctx, route),
        (Method::Delete, _) if crud::is_list_path(route) => crud::clear(ctx, route, request),
        (Method::Put | Method::Patch, ResponseKind::One(type_name)) if crud::is_list_path(route) => {
            crud::set_only_record(ctx, route, request, type_name)
        }
        (Method::Put | Method::Patch, ResponseKind::One(_)) => crud::set_single(ctx, route, request),
        _ => Ok(placeholders::empty_success(route)),
    }
}

/// Returns the route below `/project/tickets` for a request to the notes of a project ticket below `/service/tickets`, if
/// the settings allow it.
fn route_of_project_notes(ctx: &RequestContext<'_>, route: &Route) -> Option<Route> {
    let is_of_notes = route.operation.path.starts_with("/service/tickets/{parentId}/notes");
    if !ctx.settings.service_path_of_project_notes || !is_of_notes {
        return None;
    }
    let ticket = route.value("parentId")?.parse().ok()?;
    let records = &ctx.state.records;
    let is_project_ticket = records.contains("project/tickets", ticket) && !records.contains("service/tickets", ticket);
    is_project_ticket.then(|| route.moved("service", "project"))?
}

/// Checks that each owner in the path exists: ticket 5 for `/service/tickets/5/notes`.
fn require_owners(ctx: &RequestContext<'_>, route: &Route) -> Result<(), ApiError> {
    let key = route.list_key();
    let segments: Vec<&str> = key.split('/').collect();
    for (at, segment) in segments.iter().enumerate() {
        let Ok(id) = segment.parse::<i64>() else { continue };
        let list = segments.get(..at).unwrap_or_default().join("/");
        // A list that never contained a record does not exist in the store, and is not checked.
        if ctx.state.records.collection(&list).is_some() && !ctx.state.records.contains(&list, id) {
            return Err(ApiError::not_found(&name_in(&list), &id.to_string()));
        }
    }
    Ok(())
}

/// Rejects form-encoded bodies where JSON is expected. Some HTTP clients send that content type by default.
fn reject_form_encoding(route: &Route, request: &Request) -> Result<(), ApiError> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let media_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let wants_json =
        route.operation.body.is_some_and(|body| body.encoding == connectwise_psa::catalogue::BodyEncoding::Json);
    if wants_json && media_type.starts_with(FORM) {
        return Err(ApiError::media_type("ConnectWiseApi", FORM));
    }
    Ok(())
}

/// Rejects a query without a required parameter. Otherwise a DELETE without the `id` of the record would delete the
/// whole list.
fn require_query_parameters(route: &Route, request: &Request) -> Result<(), ApiError> {
    let mut required = route
        .operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required && parameter.location == ParameterLocation::Query);
    match required.find(|parameter| request.parameter(parameter.name).is_none_or(|value| value.trim().is_empty())) {
        Some(missing) => Err(ApiError::bad("InvalidObject", format!("{} is required", missing.name))),
        None => Ok(()),
    }
}
