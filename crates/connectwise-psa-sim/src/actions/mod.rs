//! Endpoints that differ: what no rule for lists covers. Each is a small function; the table says which path it is. Rules of single types are in `rules`.

mod billing;
mod bulk;
mod bundles;
pub(crate) mod callbacks;
mod changes;
pub(crate) mod communications;
mod companies;
mod conversions;
mod copies;
mod documents;
mod entries;
pub(crate) mod files;
mod members;
mod projects;
mod proposals;
mod redirect;
mod reports;
mod rules;
mod sheets;
mod tickets;

pub(crate) use changes::{keep, remove};
use connectwise_psa::{Answer as Answered, Method};
use http::StatusCode;
pub(crate) use rules::{before_creation, check, complete, defaults, follow, settle};
use serde_json::{Map, Value, json};

use crate::exchange::{Answer, Asked};
use crate::operations::{self, page};
use crate::packed::Node;
use crate::problem::Problem;
use crate::records::Members;
use crate::records::list::{Only, Wanted};
use crate::records::views::public;
use crate::router::Route;
use crate::store::Key;
use crate::world::Scene;

type Done = Result<Answer, Problem>;
type Action = fn(&mut Scene<'_>, &Route, &Asked) -> Done;

/// Method and path of the endpoints that differ.
const TABLE: &[(Method, &str, Action)] = &[
    (Method::Get, "/system/info", info),
    (Method::Get, "/system/mySecurity", my_security),
    (Method::Post, "/service/tickets/search", search),
    (Method::Post, "/project/tickets/search", search),
    (Method::Post, "/service/tickets/{parentId}/merge", tickets::merge),
    (Method::Post, "/service/tickets/{parentId}/attachChildren", tickets::attach_children),
    (Method::Post, "/service/tickets/{parentId}/convert", tickets::to_project),
    (Method::Post, "/project/tickets/{parentId}/convert", tickets::of_project_to),
    (Method::Post, "/service/tickets/{id}/copy", copies::of_path),
    (Method::Post, "/service/surveys/{id}/copy", copies::of_path),
    (Method::Post, "/service/surveys/{parentId}/questions/{id}/copy", copies::of_path),
    (Method::Post, "/system/surveys/{id}/copy", copies::of_path),
    (Method::Post, "/system/workflows/{id}/copy", copies::of_path),
    (Method::Post, "/system/workflows/{parentId}/events/{id}/copy", copies::of_path),
    (Method::Post, "/finance/agreements/{parentId}/copy", copies::of_path),
    (Method::Post, "/finance/agreements/types/{id}/copy", copies::of_path),
    (Method::Post, "/finance/taxCodes/{id}/copy", copies::of_path),
    (Method::Post, "/procurement/catalog/{id}/copy", copies::of_path),
    (Method::Post, "/procurement/purchaseorders/{id}/copy", copies::of_path),
    (Method::Post, "/sales/opportunities/{parentId}/forecast/copy/{id}", copies::of_path),
    (Method::Post, "/schedule/calendars/{id}/copy", copies::of_path),
    (Method::Post, "/service/boards/copy", copies::of_body),
    (Method::Post, "/company/configurations/types/copy", copies::of_body),
    (Method::Post, "/company/portalConfigurations/copy", copies::of_body),
    (Method::Post, "/schedule/holidayLists/copy", copies::of_body),
    (Method::Post, "/system/members/{memberIdentifier}/tokens", members::mint),
    (Method::Post, "/system/members/{id}/deactivate", members::deactivate),
    (Method::Post, "/system/members/{ssoid}/deactivateIamMember", members::deactivate_linked),
    (Method::Post, "/system/members/{id}/linkSsoUser", members::link),
    (Method::Post, "/system/members/{id}/unlinkSsoUser", members::unlink),
    (Method::Delete, "/system/members/{id}/unusedTimeSheets", sheets::delete_unused),
    (Method::Get, "/system/myMembers", members::myself),
    (Method::Get, "/system/myMembers/info", members::myself),
    (Method::Get, "/company/companies/default", proposals::plain),
    (Method::Get, "/system/apiMembers/default", proposals::plain),
    (Method::Get, "/company/contacts/default", proposals::contact),
    (Method::Get, "/sales/opportunities/default", proposals::opportunity),
    (Method::Get, "/procurement/rmaTags/default", proposals::rma_tag),
    (Method::Post, "/time/entries/defaults", proposals::time_entry),
    (Method::Post, "/sales/opportunities/{id}/convertToSalesOrder", conversions::to_order),
    (Method::Post, "/sales/opportunities/{id}/convertToProject", conversions::to_project),
    (Method::Post, "/sales/opportunities/{id}/convertToServiceTicket", conversions::to_ticket),
    (Method::Post, "/sales/opportunities/{id}/convertToAgreement", conversions::to_agreement),
    (Method::Post, "/sales/orders/{id}/convertToProject", conversions::to_project),
    (Method::Post, "/sales/orders/{id}/convertToServiceTicket", conversions::to_ticket),
    (Method::Post, "/company/companies/{id}/merge", companies::merge),
    (Method::Post, "/company/contacts/validatePortalCredentials", companies::validate_portal),
    (Method::Post, "/company/companyPickerItems/clear", companies::clear_picker),
    (Method::Patch, "/company/configurations/{id}/changeType", change_type),
    (Method::Post, "/project/projects/{parentId}/applyTemplate/{id}", projects::apply),
    (Method::Post, "/project/projects/{parentId}/applyTemplates", projects::apply_each),
    (Method::Post, "/project/projectTemplates/createFromProject/{id}", projects::template_of),
    (Method::Get, "/project/projects/{id}/projectWorkplan", projects::workplan),
    (Method::Get, "/project/projectTemplates/{id}/workplan", projects::template_workplan),
    (Method::Post, "/finance/agreements/{id}/invoice", billing::invoice_agreement),
    (Method::Post, "/procurement/catalog/{id}/pricing", billing::price),
    (Method::Get, "/procurement/catalog/{catalogItemIdentifier}/quantityOnHand", billing::on_hand),
    (Method::Post, "/procurement/products/{id}/detach", billing::detach_product),
    (Method::Post, "/time/entries/{id}/detach", billing::detach_time),
    (Method::Post, "/time/sheets/{id}/submit", sheets::move_sheet),
    (Method::Post, "/time/sheets/{id}/approve", sheets::move_sheet),
    (Method::Post, "/time/sheets/{id}/reject", sheets::move_sheet),
    (Method::Post, "/time/sheets/{id}/reverse", sheets::move_sheet),
    (Method::Post, "/expense/reports/{id}/submit", sheets::move_sheet),
    (Method::Post, "/expense/reports/{id}/approve", sheets::move_sheet),
    (Method::Post, "/expense/reports/{id}/reject", sheets::move_sheet),
    (Method::Post, "/expense/reports/{id}/reverse", sheets::move_sheet),
    (Method::Post, "/system/documents", documents::upload),
    (Method::Post, "/system/documents/{id}", documents::replace_content),
    (Method::Get, "/system/documents/{id}/download", documents::download),
    (Method::Get, "/system/documents/{id}/thumbnail", documents::thumbnail),
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
    (Method::Post, "/service/knowledgebasesettings", operations::set_single),
    (Method::Post, "/schedule/colors/{id}/clear", clear_color),
    (Method::Get, "/system/workflows/{parentId}/events/{id}/test", no_findings),
    (Method::Get, "/system/reports", reports::list),
    (Method::Get, "/system/reports/{reportName}", reports::rows),
    (Method::Get, "/system/reports/{reportName}/columns", reports::columns),
    (Method::Get, "/system/reports/{reportName}/count", reports::count),
];

/// Does what a single endpoint does, if it is one of those that differ.
pub(crate) fn run(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Option<Done> {
    let action = TABLE.iter().find(|(method, path, _)| route.is(*method, path)).map(|(.., action)| action)?;
    Some(action(scene, route, asked))
}

/// The list that an endpoint shows: some show the same records.
pub(crate) fn list_key(route: &Route) -> Key {
    let key = route.list_key();
    match key.strip_suffix("/allnotes") {
        Some(owner) => format!("{owner}/notes"),
        None if documents::owner_of(&key).is_some() => "system/documents".to_owned(),
        None => tickets::view_of(&key).map_or(key, |(list, ..)| list.to_owned()),
    }
}

/// Records of a list that an endpoint shows because of its own parameters.
pub(crate) fn filter<'a>(route: &Route, asked: &'a Asked) -> Only<'a> {
    if list_key(route) == "system/audittrail" {
        let (kind, id) = (asked.parameter("type"), asked.parameter("id"));
        return Some(Box::new(move |record: Node<'_>| {
            let about = record.get("_audited");
            let kind_of = || about.and_then(|about| about.text("type"));
            let id_of = || about.and_then(|about| about.integer("id"));
            kind.is_none_or(|kind| kind_of().is_some_and(|found| found.eq_ignore_ascii_case(kind)))
                && id.is_none_or(|id| id_of().is_some_and(|found| found.to_string() == id))
        }));
    }
    if list_key(route) == "system/documents" {
        return documents::filter(route, asked);
    }
    tickets::view_of(&route.list_key()).map(|(_, member, id)| -> Box<dyn Fn(Node<'_>) -> bool> {
        Box::new(move |record: Node<'_>| record.referred(member) == Some(id) || record.integer(member) == Some(id))
    })
}

/// What an action answers that is not simulated: success, and nothing else.
pub(crate) fn nothing_more(route: &Route) -> Answer {
    match route.operation.answer {
        Answered::None => Answer::no_content(),
        Answered::Many(_) => Answer::ok(&json!([])),
        Answered::One("SuccessResponse") => succeeded(),
        Answered::Bytes(media_type) => files::file(media_type),
        Answered::One(_) | Answered::Any => Answer::ok(&json!({})),
    }
}

fn info(scene: &mut Scene<'_>, _: &Route, _: &Asked) -> Done {
    Ok(Answer::ok(&json!({
        "version": scene.settings.version, "isCloud": true, "serverTimeZone": "Eastern Standard Time", "licenseBits": [], "cloudRegion": "NA",
    })))
}

fn my_security(scene: &mut Scene<'_>, _: &Route, _: &Asked) -> Done {
    let forbidden = scene
        .settings
        .forbidden
        .iter()
        .map(|entry| json!({"moduleDescription": entry, "addLevel": "None", "editLevel": "None", "deleteLevel": "None", "inquireLevel": "None"}));
    Ok(Answer::ok(&forbidden.collect()))
}

/// A colour of the schedule becomes none.
fn clear_color(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut color = changes::read(scene, &list, id)?;
    color.remove("color");
    keep(scene, &list, id, color);
    answer_with(scene, route, &list, id)
}

/// What a workflow would act on; workflows are not carried out, so nothing.
fn no_findings(_: &mut Scene<'_>, _: &Route, _: &Asked) -> Done {
    Ok(Answer::ok(&json!([])))
}

/// A patch of the configuration that the path names.
fn change_type(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let before = changes::read(scene, &list, id)?;
    let after =
        changes::checking(scene, "CompanyConfiguration", |checker| crate::records::patch::apply(checker, &before, &asked.body, scene.settings.patches))?;
    keep(scene, &list, id, after);
    answer_with(scene, route, &list, id)
}

fn body(asked: &Asked) -> Result<Members, Problem> {
    match serde_json::from_slice(&asked.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ if asked.body.trim_ascii().is_empty() => Ok(Map::new()),
        _ => Err(Problem::bad("InvalidObject", "The request object is invalid")),
    }
}

fn search(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let Answered::Many(type_name) = route.operation.answer else { return Err(Problem::no_endpoint()) };
    let wanted = Wanted::of_search(&body(asked)?, asked, type_name, scene.settings.forward_only, scene.settings.strict)?;
    let list = route.operation.path.trim_end_matches("/search");
    let method = http::Method::GET;
    let crate::router::Found::Route(list) = crate::router::find(&method, list) else { return Err(Problem::no_endpoint()) };
    Ok(page(scene, &list, asked, type_name, &wanted))
}

/// What an action answers that has no more to say.
fn succeeded() -> Answer {
    Answer::ok(&json!({"success": true}))
}

/// Actions that the description answers with 201; the others have 200.
const CREATES: &[&str] = &["/finance/agreements/{parentId}/copy", "/service/surveys/{parentId}/questions/{id}/copy"];

/// A record as an action answers it.
fn answer_with(scene: &Scene<'_>, route: &Route, list: &str, id: i64) -> Done {
    if route.operation.answer == Answered::One("SuccessResponse") {
        return Ok(succeeded());
    }
    let record = scene.world.records.get(list, id).map(public).unwrap_or_default();
    let status = if CREATES.iter().any(|path| route.is(Method::Post, path)) { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Answer::json(status, &record))
}

fn owner(route: &Route) -> Result<(Key, i64), Problem> {
    route.owner().ok_or_else(Problem::no_endpoint)
}
