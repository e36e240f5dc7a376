//! Endpoints that do not follow the generic behaviour of lists. Each is a small function; two tables map methods and
//! paths to the functions. Rules for specific record types are in `rules`.

pub(crate) mod all_notes;
mod billing;
mod bulk;
mod bundles;
pub(crate) mod communications;
mod companies;
mod conversions;
mod copies;
mod defaults;
mod documents;
mod members;
mod projects;
mod redirect;
mod reports;
mod tickets;
mod timesheets;
pub(crate) mod type_associations;

use connectwise_psa::Method;
use connectwise_psa::catalogue::ResponseKind;
use http::StatusCode;
use serde_json::{Value, json};

use crate::access::{raw_body, read, with_checker};
use crate::api_error::ApiError;
use crate::crud::{page, set_single};
use crate::http::{Request, Response};
use crate::placeholders::success;
use crate::records::list::ListRequest;
use crate::records::patch;
use crate::records::views::public;
use crate::rights;
use crate::router::{self, Route, RouteMatch};
use crate::server_state::RequestContext;
use crate::store::Key;
use crate::writes::update;

type ActionResult = Result<Response, ApiError>;
type Action = fn(&mut RequestContext<'_>, &Route, &Request) -> ActionResult;
/// A function that carries out a request within another request.
pub(crate) type Dispatch = Action;
type BatchAction = fn(&mut RequestContext<'_>, &Route, &Request, Dispatch) -> ActionResult;

/// Method, path and function of each action.
const ACTIONS: &[(Method, &str, Action)] = &[
    (Method::Get, "/system/info", info),
    (Method::Get, "/system/mySecurity", my_security),
    (Method::Post, "/service/tickets/search", search),
    (Method::Post, "/project/tickets/search", search),
    (Method::Post, "/service/tickets/{parentId}/merge", tickets::merge),
    (Method::Post, "/service/tickets/{parentId}/attachChildren", tickets::attach_children),
    (Method::Post, "/service/tickets/{parentId}/convert", tickets::convert_to_project),
    (Method::Post, "/project/tickets/{parentId}/convert", tickets::convert_from_project),
    (Method::Post, "/service/tickets/{id}/copy", copies::copy_by_path),
    (Method::Post, "/service/surveys/{id}/copy", copies::copy_by_path),
    (Method::Post, "/service/surveys/{parentId}/questions/{id}/copy", copies::copy_by_path),
    (Method::Post, "/system/surveys/{id}/copy", copies::copy_by_path),
    (Method::Post, "/system/workflows/{id}/copy", copies::copy_by_path),
    (Method::Post, "/system/workflows/{parentId}/events/{id}/copy", copies::copy_by_path),
    (Method::Post, "/finance/agreements/{parentId}/copy", copies::copy_by_path),
    (Method::Post, "/finance/agreements/types/{id}/copy", copies::copy_by_path),
    (Method::Post, "/finance/taxCodes/{id}/copy", copies::copy_by_path),
    (Method::Post, "/procurement/catalog/{id}/copy", copies::copy_by_path),
    (Method::Post, "/procurement/purchaseorders/{id}/copy", copies::copy_by_path),
    (Method::Post, "/sales/opportunities/{parentId}/forecast/copy/{id}", copies::copy_by_path),
    (Method::Post, "/schedule/calendars/{id}/copy", copies::copy_by_path),
    (Method::Post, "/service/boards/copy", copies::copy_by_body),
    (Method::Post, "/company/configurations/types/copy", copies::copy_by_body),
    (Method::Post, "/company/portalConfigurations/copy", copies::copy_by_body),
    (Method::Post, "/schedule/holidayLists/copy", copies::copy_by_body),
    (Method::Post, "/system/members/{memberIdentifier}/tokens", members::mint_keys),
    (Method::Post, "/system/members/{id}/deactivate", members::deactivate),
    (Method::Post, "/system/members/{ssoid}/deactivateIamMember", members::deactivate_by_sso_user),
    (Method::Post, "/system/members/{id}/linkSsoUser", members::link),
    (Method::Post, "/system/members/{id}/unlinkSsoUser", members::unlink),
    (Method::Delete, "/system/members/{id}/unusedTimeSheets", timesheets::delete_unused),
    (Method::Get, "/system/myMembers", members::current_member),
    (Method::Get, "/system/myMembers/info", members::current_member),
    (Method::Get, "/company/companies/default", defaults::reference_defaults),
    (Method::Get, "/system/apiMembers/default", defaults::reference_defaults),
    (Method::Get, "/company/contacts/default", defaults::contact),
    (Method::Get, "/sales/opportunities/default", defaults::opportunity),
    (Method::Get, "/procurement/rmaTags/default", defaults::rma_tag),
    (Method::Post, "/time/entries/defaults", defaults::time_entry),
    (Method::Post, "/sales/opportunities/{id}/convertToSalesOrder", conversions::to_order),
    (Method::Post, "/sales/opportunities/{id}/convertToProject", conversions::to_project),
    (Method::Post, "/sales/opportunities/{id}/convertToServiceTicket", conversions::to_ticket),
    (Method::Post, "/sales/opportunities/{id}/convertToAgreement", conversions::to_agreement),
    (Method::Post, "/sales/orders/{id}/convertToProject", conversions::to_project),
    (Method::Post, "/sales/orders/{id}/convertToServiceTicket", conversions::to_ticket),
    (Method::Post, "/company/companies/{id}/merge", companies::merge),
    (Method::Post, "/company/contacts/validatePortalCredentials", companies::validate_portal_credentials),
    (Method::Post, "/company/companyPickerItems/clear", companies::clear_picker),
    (Method::Patch, "/company/configurations/{id}/changeType", change_type),
    (Method::Post, "/project/projects/{parentId}/applyTemplate/{id}", projects::apply_template),
    (Method::Post, "/project/projects/{parentId}/applyTemplates", projects::apply_templates),
    (Method::Post, "/project/projectTemplates/createFromProject/{id}", projects::create_template),
    (Method::Get, "/project/projects/{id}/projectWorkplan", projects::workplan),
    (Method::Get, "/project/projectTemplates/{id}/workplan", projects::template_workplan),
    (Method::Post, "/finance/agreements/{id}/invoice", billing::invoice_agreement),
    (Method::Get, "/finance/invoices/{id}/pdf", billing::invoice_pdf),
    (Method::Post, "/procurement/catalog/{id}/pricing", billing::price),
    (Method::Get, "/procurement/catalog/{catalogItemIdentifier}/quantityOnHand", billing::quantity_on_hand),
    (Method::Post, "/procurement/products/{id}/detach", billing::detach_product),
    (Method::Post, "/time/entries/{id}/detach", billing::detach_time_entry),
    (Method::Post, "/time/sheets/{id}/submit", timesheets::change_status),
    (Method::Post, "/time/sheets/{id}/approve", timesheets::change_status),
    (Method::Post, "/time/sheets/{id}/reject", timesheets::change_status),
    (Method::Post, "/time/sheets/{id}/reverse", timesheets::change_status),
    (Method::Post, "/expense/reports/{id}/submit", timesheets::change_status),
    (Method::Post, "/expense/reports/{id}/approve", timesheets::change_status),
    (Method::Post, "/expense/reports/{id}/reject", timesheets::change_status),
    (Method::Post, "/expense/reports/{id}/reverse", timesheets::change_status),
    (Method::Post, "/system/documents", documents::upload),
    (Method::Post, "/system/documents/{id}", documents::replace_file),
    (Method::Get, "/system/documents/{id}/download", documents::download),
    (Method::Get, "/system/documents/{id}/thumbnail", documents::thumbnail),
    (Method::Post, "/service/knowledgebasesettings", set_single),
    (Method::Post, "/schedule/colors/{id}/clear", clear_color),
    (Method::Get, "/system/workflows/{parentId}/events/{id}/test", test_workflow_event),
    (Method::Get, "/system/reports", reports::list),
    (Method::Get, "/system/reports/{reportName}", reports::rows),
    (Method::Get, "/system/reports/{reportName}/columns", reports::columns),
    (Method::Get, "/system/reports/{reportName}/count", reports::count),
];

/// Method, path and function of each action that carries out several requests.
const BATCHES: &[(Method, &str, BatchAction)] = &[
    (Method::Post, "/system/bundles", bundles::run),
    (Method::Post, "/system/bundles/count", bundles::count),
    (Method::Post, "/company/configurations/bulk", bulk::create),
    (Method::Put, "/company/configurations/bulk", bulk::replace),
    (Method::Delete, "/company/configurations/bulk", bulk::delete),
    (Method::Post, "/procurement/purchaseorders/{parentId}/lineitems/bulk", bulk::create),
    (Method::Put, "/procurement/purchaseorders/{parentId}/lineitems/bulk", bulk::replace),
    (Method::Delete, "/procurement/purchaseorders/{parentId}/lineitems/bulk", bulk::delete),
    (Method::Put, "/system/members/{parentId}/managedDeviceAccounts/bulk", bulk::replace),
    (Method::Delete, "/system/members/{parentId}/managedDeviceAccounts/bulk", bulk::delete),
];

/// Runs the action of an operation, or returns `None` if the operation has none. `dispatch` carries out the requests
/// within a batch.
pub(crate) fn run(
    ctx: &mut RequestContext<'_>,
    route: &Route,
    request: &Request,
    dispatch: Dispatch,
) -> Option<ActionResult> {
    if let Some((.., batch)) = BATCHES.iter().find(|(method, path, _)| route.is(*method, path)) {
        return Some(batch(ctx, route, request, dispatch));
    }
    let action = ACTIONS.iter().find(|(method, path, _)| route.is(*method, path)).map(|(.., action)| action)?;
    Some(action(ctx, route, request))
}

/// The build number in the version of the server. Observed on live servers: five digits.
const BUILD: u32 = 98_765;

/// The licensed parts of the product. Observed on live servers: 22 of them. Their names are invented.
const LICENSE_BITS: [&str; 22] = [
    "Accounting",
    "Agreements",
    "Billing",
    "Campaigns",
    "Companies",
    "Configurations",
    "Contacts",
    "CustomFields",
    "CustomerPortal",
    "Dispatch",
    "EmailConnector",
    "Expenses",
    "Inventory",
    "KnowledgeBase",
    "Mobile",
    "Opportunities",
    "Procurement",
    "Projects",
    "Reports",
    "Service",
    "Time",
    "Workflows",
];

fn info(ctx: &mut RequestContext<'_>, _: &Route, _: &Request) -> ActionResult {
    let licensed = LICENSE_BITS.iter().map(|name| json!({"name": name, "activeFlag": true}));
    Ok(Response::ok(&json!({
        "version": format!("{}.{BUILD}", ctx.settings.version), "isCloud": true, "serverTimeZone": "Eastern Standard Time",
        "licenseBits": licensed.collect::<Vec<_>>(), "cloudRegion": "NA",
    })))
}

/// Lists the rights of the caller's security role.
fn my_security(ctx: &mut RequestContext<'_>, _: &Route, _: &Request) -> ActionResult {
    Ok(Response::ok(&Value::Array(rights::granted(&ctx.settings.denied_rights))))
}

/// Removes the colour value of a schedule colour.
fn clear_color(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let mut color = read(ctx, &list, id)?;
    color.remove("color");
    update(ctx, &list, id, color);
    respond_with(ctx, route, &list, id)
}

/// Tests a workflow event. Workflows are not simulated, so the result is always empty.
fn test_workflow_event(_: &mut RequestContext<'_>, _: &Route, _: &Request) -> ActionResult {
    Ok(Response::ok(&json!([])))
}

/// Applies the patch in the body to the configuration in the path. The endpoint is meant for changing
/// the type.
fn change_type(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let before = read(ctx, &list, id)?;
    let after = with_checker(ctx, "CompanyConfiguration", |checker| {
        patch::apply(checker, &before, &request.body, ctx.settings.patch_rules)
    })?;
    update(ctx, &list, id, after);
    respond_with(ctx, route, &list, id)
}

/// Lists records like a GET of the list. Conditions and order are in the body, the other parameters in the query.
fn search(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let ResponseKind::Many(type_name) = route.operation.response else { return Err(ApiError::no_endpoint()) };
    let list_request = ListRequest::from_search(&raw_body(request)?, request, type_name, ctx.settings.list_rules)?;
    let list = route.operation.path.trim_end_matches("/search");
    let method = http::Method::GET;
    let RouteMatch::Route(list) = router::find(&method, list) else { return Err(ApiError::no_endpoint()) };
    page(ctx, &list, request, type_name, &list_request)
}

/// Actions for which [`respond_with`] returns 201, as in the OpenAPI document, instead of 200.
const CREATED_ACTIONS: &[&str] =
    &["/finance/agreements/{parentId}/copy", "/service/surveys/{parentId}/questions/{id}/copy"];

/// Returns a record as the response of an action.
fn respond_with(ctx: &RequestContext<'_>, route: &Route, list: &str, id: i64) -> ActionResult {
    if route.operation.response == ResponseKind::One("SuccessResponse") {
        return Ok(success());
    }
    let record = ctx.state.records.get(list, id).map(public).unwrap_or_default();
    let status = if CREATED_ACTIONS.iter().any(|path| route.is(Method::Post, path)) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(Response::json(status, &record))
}

/// Returns the list and the id of the record that an action works on.
fn owner(route: &Route) -> Result<(Key, i64), ApiError> {
    route.owner().ok_or_else(ApiError::no_endpoint)
}
