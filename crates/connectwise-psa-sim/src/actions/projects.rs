//! Projects and their templates: a plan that is applied, a plan that is taken from a project, and the plan as it is
//! shown.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{ActionResult, owner, respond_with};
use crate::access::{body, checked_fields, list_all, matching, missing_field, read, reference_id, with_checker};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::records::JsonObject;
use crate::records::list::select;
use crate::records::references::integer;
use crate::router::Route;
use crate::schema::type_of;
use crate::server_state::RequestContext;
use crate::store::record::RecordNode as _;
use crate::writes::{insert, update};

const PROJECTS: &str = "project/projects";
const TICKETS: &str = "project/tickets";
const TEMPLATES: &str = "project/projecttemplates";

/// Members of the phases of templates, and what they are called in those of projects.
const OF_PHASES: &[(&str, &str)] = &[
    ("description", "description"),
    ("notes", "notes"),
    ("wbsCode", "wbsCode"),
    ("budgetHours", "budgetHours"),
    ("markAsMilestone", "markAsMilestoneFlag"),
    ("phaseBilledSeparately", "billSeparatelyFlag"),
];

/// Members of the tickets of templates, and what they are called in those of projects.
const OF_TICKETS: &[(&str, &str)] = &[
    ("description", "summary"),
    ("notes", "initialDescription"),
    ("internalAnalysis", "initialInternalAnalysis"),
    ("resolution", "initialResolution"),
    ("wbsCode", "wbsCode"),
    ("budgetHours", "budgetHours"),
    ("duration", "duration"),
    ("lagDays", "lagDays"),
    ("lagNonworkingDaysFlag", "lagNonworkingDaysFlag"),
    ("priority", "priority"),
    ("source", "source"),
    ("workRole", "workRole"),
    ("workType", "workType"),
];

fn template_list(template: i64, name: &str) -> String {
    format!("{TEMPLATES}/{template}/{name}")
}

/// Phases and tickets as a template has them become those of the project that the path names.
pub(super) fn apply(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (_, template) = owner(route)?;
    apply_all(ctx, route, &[template])
}

/// The same with the templates of the body, one after the other.
pub(super) fn apply_each(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let Ok(Value::Array(templates)) = serde_json::from_slice(&request.body) else {
        return Err(ApiError::bad("InvalidObject", "projectTemplate object is invalid"));
    };
    let ids = templates
        .iter()
        .map(|template| template.get("id").and_then(integer).ok_or_else(|| missing_field("ProjectTemplate", "id")));
    apply_all(ctx, route, &ids.collect::<Result<Vec<_>, _>>()?)
}

fn apply_all(ctx: &mut RequestContext<'_>, route: &Route, templates: &[i64]) -> ActionResult {
    let project = route.value("parentId").and_then(|id| id.parse().ok()).ok_or_else(ApiError::no_endpoint)?;
    let mut record = read(ctx, PROJECTS, project)?;
    templates.iter().try_for_each(|template| read(ctx, TEMPLATES, *template).map(|_| ()))?;
    // What a template holds is checked before anything is made of it.
    let plans =
        templates.iter().map(|template| plan(ctx, *template, project, &record)).collect::<Result<Vec<_>, _>>()?;
    for plan in plans {
        carry_out(ctx, project, plan);
    }
    if let Some(last) = templates.last() {
        record.insert("projectTemplateId".to_owned(), Value::from(*last));
        update(ctx, PROJECTS, project, record);
    }
    Ok(Response::json(http::StatusCode::CREATED, &workplan_of(ctx, project)))
}

/// What is made of a template: phases by their numbers in the template, each with that of the phase it is in; and
/// tickets with that of their phase.
struct Plan {
    phases: Vec<(i64, Option<i64>, JsonObject)>,
    tickets: Vec<(Option<i64>, JsonObject)>,
}

fn plan(ctx: &RequestContext<'_>, template: i64, project: i64, record: &JsonObject) -> Result<Plan, ApiError> {
    let mut phases = Vec::new();
    for (id, phase) in list_all(ctx, &template_list(template, "projecttemplatephases")) {
        let mut made = with_checker(ctx, "ProjectPhase", |checker| checker.fields(&renamed(&phase, OF_PHASES)))?;
        made.insert("projectId".to_owned(), Value::from(project));
        let parent = phase.get("parentPhase").or_else(|| phase.get("parentId")).and_then(integer);
        phases.push((id, parent, made));
    }
    let mut tickets = Vec::new();
    for (_, ticket) in list_all(ctx, &template_list(template, "projecttemplatetickets")) {
        let mut given = renamed(&ticket, OF_TICKETS);
        given.insert("project".to_owned(), json!({ "id": project }));
        for name in ["company", "board"] {
            if let Some(value) = record.get(name) {
                given.insert(name.to_owned(), value.clone());
            }
        }
        let made = checked_fields(ctx, "ProjectTicket", &JsonObject::new(), &given)?;
        tickets.push((ticket.get("projectTemplatePhaseId").and_then(integer), made));
    }
    Ok(Plan { phases, tickets })
}

fn carry_out(ctx: &mut RequestContext<'_>, project: i64, plan: Plan) {
    let list = format!("{PROJECTS}/{project}/phases");
    let mut numbers = HashMap::new();
    let mut under = Vec::new();
    for (id, parent, phase) in plan.phases {
        let made = insert(ctx, &list, phase);
        numbers.insert(id, made);
        under.extend(parent.map(|parent| (made, parent)));
    }
    // A phase may have been made before the one it is under.
    for (made, parent) in under {
        let parent = numbers
            .get(&parent)
            .and_then(|parent| phase_reference(ctx, "ProjectPhase", "parentPhase", project, *parent));
        if let (Some(parent), Ok(mut phase)) = (parent, read(ctx, &list, made)) {
            phase.insert("parentPhase".to_owned(), parent);
            ctx.state.records.put(&list, made, phase);
        }
    }
    for (phase, mut ticket) in plan.tickets {
        if let Some(value) =
            phase.and_then(|phase| phase_reference(ctx, "ProjectTicket", "phase", project, *numbers.get(&phase)?))
        {
            ticket.insert("phase".to_owned(), value);
        }
        ticket.extend([("isIssueFlag".to_owned(), Value::Bool(false)), ("closedFlag".to_owned(), Value::Bool(false))]);
        insert(ctx, TICKETS, ticket);
    }
}

fn phase_reference(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    member: &str,
    project: i64,
    phase: i64,
) -> Option<Value> {
    let owner = JsonObject::from_iter([("project".to_owned(), json!({ "id": project }))]);
    let body = JsonObject::from_iter([(member.to_owned(), json!({ "id": phase }))]);
    let links = crate::records::references::Links { base: ctx.link_base };
    let resolved = crate::records::references::resolve(
        &ctx.state.records,
        &links,
        "ProjectPhaseReference",
        body.get(member)?.as_object()?,
        &owner,
        type_name,
        member,
    );
    resolved.ok()
}

/// A template with the phases and tickets of the project that the path names.
pub(super) fn create_template(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, project) = owner(route)?;
    let record = read(ctx, PROJECTS, project)?;
    let mut template = body(ctx, request, "ProjectTemplate")?;
    template.remove("id");
    for name in ["name", "type", "description"] {
        if let Some(value) = record.get(name) {
            template.entry(name).or_insert_with(|| value.clone());
        }
    }
    with_checker(ctx, "ProjectTemplate", |checker| checker.check_required(&template))?;
    let made = insert(ctx, TEMPLATES, template);
    let (mut numbers, mut under, phases) = (HashMap::new(), Vec::new(), template_list(made, "projecttemplatephases"));
    for (id, phase) in list_all(ctx, &format!("{PROJECTS}/{project}/phases")) {
        let mut copy = renamed_back(&phase, OF_PHASES);
        copy.insert("templateRecId".to_owned(), Value::from(made));
        let copy = insert(ctx, &phases, copy);
        numbers.insert(id, copy);
        under.extend(reference_id(&phase, "parentPhase").map(|parent| (copy, parent)));
    }
    for (copy, parent) in under {
        if let (Some(parent), Ok(mut phase)) = (numbers.get(&parent), read(ctx, &phases, copy)) {
            phase.insert("parentPhase".to_owned(), Value::from(*parent));
            ctx.state.records.put(&phases, copy, phase);
        }
    }
    for (_, ticket) in matching(ctx, TICKETS, |ticket| ticket.reference_id("project") == Some(project)) {
        let mut copy = renamed_back(&ticket, OF_TICKETS);
        copy.insert("projectTemplateId".to_owned(), Value::from(made));
        if let Some(phase) = reference_id(&ticket, "phase").and_then(|phase| numbers.get(&phase)) {
            copy.insert("projectTemplatePhaseId".to_owned(), Value::from(*phase));
        }
        insert(ctx, &template_list(made, "projecttemplatetickets"), copy);
    }
    respond_with(ctx, route, TEMPLATES, made)
}

fn renamed(record: &JsonObject, names: &[(&str, &str)]) -> JsonObject {
    names.iter().filter_map(|(from, to)| Some(((*to).to_owned(), record.get(*from)?.clone()))).collect()
}

fn renamed_back(record: &JsonObject, names: &[(&str, &str)]) -> JsonObject {
    names.iter().filter_map(|(from, to)| Some(((*from).to_owned(), record.get(*to)?.clone()))).collect()
}

/// The phases of a project as one value.
pub(super) fn workplan(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, project) = owner(route)?;
    read(ctx, PROJECTS, project)?;
    Ok(Response::ok(&select(request, "ProjectWorkplan", ctx.settings.list_rules, workplan_of(ctx, project))?))
}

fn workplan_of(ctx: &RequestContext<'_>, project: i64) -> Value {
    let phases = list_all(ctx, &format!("{PROJECTS}/{project}/phases"));
    json!({"projectId": project, "phases": phases.into_iter().map(|(_, phase)| reduced(phase, "ProjectWorkplanProjectPhase")).collect::<Vec<_>>()})
}

/// The phases of a template: a list with one plan.
pub(super) fn template_workplan(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (_, template) = owner(route)?;
    read(ctx, TEMPLATES, template)?;
    let phases = list_all(ctx, &template_list(template, "projecttemplatephases"));
    let phases: Vec<Value> = phases
        .into_iter()
        .map(|(_, mut phase)| {
            for (from, to) in [
                ("markAsMilestone", "markAsMilestoneFlag"),
                ("phaseBilledSeparately", "billPhaseSeparately"),
                ("templateRecId", "templateId"),
            ] {
                if let Some(value) = phase.remove(from) {
                    phase.insert(to.to_owned(), value);
                }
            }
            phase.remove("parentPhase");
            reduced(phase, "TemplatePhase")
        })
        .collect();
    Ok(Response::ok(&json!([{"templateId": template, "phases": phases}])))
}

/// Those members of a record that a type has.
fn reduced(mut record: JsonObject, type_name: &str) -> Value {
    if let Some(schema) = type_of(type_name) {
        record.retain(|name, _| schema.fields.contains_key(name));
    }
    Value::Object(record)
}
