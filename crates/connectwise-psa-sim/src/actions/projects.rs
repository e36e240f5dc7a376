//! Projects and their templates: applying a template, creating a template from a project, and work plans.

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

/// Field names of template phases, with the field names of project phases.
const PHASE_FIELDS: &[(&str, &str)] = &[
    ("description", "description"),
    ("notes", "notes"),
    ("wbsCode", "wbsCode"),
    ("budgetHours", "budgetHours"),
    ("markAsMilestone", "markAsMilestoneFlag"),
    ("phaseBilledSeparately", "billSeparatelyFlag"),
];

/// Field names of template tickets, with the field names of project tickets.
const TICKET_FIELDS: &[(&str, &str)] = &[
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

/// Adds the phases and tickets of a template to the project in the path.
pub(super) fn apply_template(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (_, template) = owner(route)?;
    apply_all(ctx, route, &[template])
}

/// Applies the templates in the body, in order.
pub(super) fn apply_templates(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
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
    // All templates are checked before any record is created.
    let plans =
        templates.iter().map(|template| plan(ctx, *template, project, &record)).collect::<Result<Vec<_>, _>>()?;
    for plan in plans {
        create_records(ctx, project, plan);
    }
    if let Some(last) = templates.last() {
        record.insert("projectTemplateId".to_owned(), Value::from(*last));
        update(ctx, PROJECTS, project, record);
    }
    Ok(Response::json(http::StatusCode::CREATED, &workplan_of(ctx, project)))
}

/// The phases and tickets to create from a template.
struct Plan {
    /// Id of the template phase, id of its parent phase in the template, and the new phase.
    phases: Vec<(i64, Option<i64>, JsonObject)>,
    /// Id of the template phase, and the new ticket.
    tickets: Vec<(Option<i64>, JsonObject)>,
}

fn plan(ctx: &RequestContext<'_>, template: i64, project: i64, record: &JsonObject) -> Result<Plan, ApiError> {
    let mut phases = Vec::new();
    for (id, phase) in list_all(ctx, &template_list(template, "projecttemplatephases")) {
        let mut new_phase =
            with_checker(ctx, "ProjectPhase", |checker| checker.fields(&renamed(&phase, PHASE_FIELDS)))?;
        new_phase.insert("projectId".to_owned(), Value::from(project));
        let parent = phase.get("parentPhase").or_else(|| phase.get("parentId")).and_then(integer);
        phases.push((id, parent, new_phase));
    }
    let mut tickets = Vec::new();
    for (_, ticket) in list_all(ctx, &template_list(template, "projecttemplatetickets")) {
        let mut fields = renamed(&ticket, TICKET_FIELDS);
        fields.insert("project".to_owned(), json!({ "id": project }));
        for name in ["company", "board"] {
            if let Some(value) = record.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        let new_ticket = checked_fields(ctx, "ProjectTicket", &JsonObject::new(), &fields)?;
        tickets.push((ticket.get("projectTemplatePhaseId").and_then(integer), new_ticket));
    }
    Ok(Plan { phases, tickets })
}

/// Creates the phases and tickets of a plan.
fn create_records(ctx: &mut RequestContext<'_>, project: i64, plan: Plan) {
    let list = format!("{PROJECTS}/{project}/phases");
    let mut ids = HashMap::new();
    let mut parents = Vec::new();
    for (id, parent, phase) in plan.phases {
        let new_id = insert(ctx, &list, phase);
        ids.insert(id, new_id);
        parents.extend(parent.map(|parent| (new_id, parent)));
    }
    // Parents are set afterwards, because a phase may be created before its parent.
    for (id, parent) in parents {
        let parent =
            ids.get(&parent).and_then(|parent| phase_reference(ctx, "ProjectPhase", "parentPhase", project, *parent));
        if let (Some(parent), Ok(mut phase)) = (parent, read(ctx, &list, id)) {
            phase.insert("parentPhase".to_owned(), parent);
            ctx.state.records.put(&list, id, phase);
        }
    }
    for (phase, mut ticket) in plan.tickets {
        if let Some(value) =
            phase.and_then(|phase| phase_reference(ctx, "ProjectTicket", "phase", project, *ids.get(&phase)?))
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
    field: &str,
    project: i64,
    phase: i64,
) -> Option<Value> {
    let owner = JsonObject::from_iter([("project".to_owned(), json!({ "id": project }))]);
    let body = JsonObject::from_iter([(field.to_owned(), json!({ "id": phase }))]);
    let resolved = crate::records::references::resolve(
        &ctx.state.records,
        "ProjectPhaseReference",
        body.get(field)?.as_object()?,
        &owner,
        type_name,
        field,
    );
    resolved.ok()
}

/// Creates a template with the phases and tickets of the project in the path.
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
    let template_id = insert(ctx, TEMPLATES, template);
    let (mut ids, mut parents, phases) =
        (HashMap::new(), Vec::new(), template_list(template_id, "projecttemplatephases"));
    for (id, phase) in list_all(ctx, &format!("{PROJECTS}/{project}/phases")) {
        let mut copy = renamed_back(&phase, PHASE_FIELDS);
        copy.insert("templateRecId".to_owned(), Value::from(template_id));
        let copy = insert(ctx, &phases, copy);
        ids.insert(id, copy);
        parents.extend(reference_id(&phase, "parentPhase").map(|parent| (copy, parent)));
    }
    for (copy, parent) in parents {
        if let (Some(parent), Ok(mut phase)) = (ids.get(&parent), read(ctx, &phases, copy)) {
            phase.insert("parentPhase".to_owned(), Value::from(*parent));
            ctx.state.records.put(&phases, copy, phase);
        }
    }
    for (_, ticket) in matching(ctx, TICKETS, |ticket| ticket.reference_id("project") == Some(project)) {
        let mut copy = renamed_back(&ticket, TICKET_FIELDS);
        copy.insert("projectTemplateId".to_owned(), Value::from(template_id));
        if let Some(phase) = reference_id(&ticket, "phase").and_then(|phase| ids.get(&phase)) {
            copy.insert("projectTemplatePhaseId".to_owned(), Value::from(*phase));
        }
        insert(ctx, &template_list(template_id, "projecttemplatetickets"), copy);
    }
    respond_with(ctx, route, TEMPLATES, template_id)
}

/// Returns the fields whose names are first in a pair, under the second name.
fn renamed(record: &JsonObject, names: &[(&str, &str)]) -> JsonObject {
    names.iter().filter_map(|(from, to)| Some(((*to).to_owned(), record.get(*from)?.clone()))).collect()
}

/// Returns the fields whose names are second in a pair, under the first name.
fn renamed_back(record: &JsonObject, names: &[(&str, &str)]) -> JsonObject {
    names.iter().filter_map(|(from, to)| Some(((*from).to_owned(), record.get(*to)?.clone()))).collect()
}

/// Returns the work plan of a project: its phases in one object.
pub(super) fn workplan(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, project) = owner(route)?;
    read(ctx, PROJECTS, project)?;
    Ok(Response::ok(&select(request, "ProjectWorkplan", ctx.settings.list_rules, workplan_of(ctx, project))?))
}

fn workplan_of(ctx: &RequestContext<'_>, project: i64) -> Value {
    let phases = list_all(ctx, &format!("{PROJECTS}/{project}/phases"));
    json!({"projectId": project, "phases": phases.into_iter().map(|(_, phase)| fields_of_type(phase, "ProjectWorkplanProjectPhase")).collect::<Vec<_>>()})
}

/// Returns the work plan of a template: a list with one plan.
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
            fields_of_type(phase, "TemplatePhase")
        })
        .collect();
    Ok(Response::ok(&json!([{"templateId": template, "phases": phases}])))
}

/// Returns only those fields of a record that a type has.
fn fields_of_type(mut record: JsonObject, type_name: &str) -> Value {
    if let Some(schema) = type_of(type_name) {
        record.retain(|name, _| schema.fields.contains_key(name));
    }
    Value::Object(record)
}
