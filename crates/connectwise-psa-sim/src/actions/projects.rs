//! Projects and their templates: a plan that is applied, a plan that is taken from a project, and the plan as it is shown.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::changes::{all, body, checked_in, checking, keep, lacks, read, referred, those};
use super::{Done, answer_with, owner};
use crate::exchange::{Answer, Asked};
use crate::facts::type_of;
use crate::operations::insert;
use crate::problem::Problem;
use crate::records::Members;
use crate::records::list::select;
use crate::records::references::integer;
use crate::router::Route;
use crate::world::Scene;

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
pub(super) fn apply(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (_, template) = owner(route)?;
    apply_all(scene, route, &[template])
}

/// The same with the templates of the body, one after the other.
pub(super) fn apply_each(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let Ok(Value::Array(templates)) = serde_json::from_slice(&asked.body) else {
        return Err(Problem::bad("InvalidObject", "projectTemplate object is invalid"));
    };
    let ids = templates.iter().map(|template| template.get("id").and_then(integer).ok_or_else(|| lacks("ProjectTemplate", "id")));
    apply_all(scene, route, &ids.collect::<Result<Vec<_>, _>>()?)
}

fn apply_all(scene: &mut Scene<'_>, route: &Route, templates: &[i64]) -> Done {
    let project = route.value("parentId").and_then(|id| id.parse().ok()).ok_or_else(Problem::no_endpoint)?;
    let mut record = read(scene, PROJECTS, project)?;
    templates.iter().try_for_each(|template| read(scene, TEMPLATES, *template).map(|_| ()))?;
    // What a template holds is checked before anything is made of it.
    let plans = templates.iter().map(|template| plan(scene, *template, project, &record)).collect::<Result<Vec<_>, _>>()?;
    for plan in plans {
        carry_out(scene, project, plan);
    }
    if let Some(last) = templates.last() {
        record.insert("projectTemplateId".to_owned(), Value::from(*last));
        keep(scene, PROJECTS, project, record);
    }
    Ok(Answer::json(http::StatusCode::CREATED, &workplan_of(scene, project)))
}

/// What is made of a template: phases by their numbers in the template, each with that of the phase it is in; and tickets with that of their phase.
struct Plan {
    phases: Vec<(i64, Option<i64>, Members)>,
    tickets: Vec<(Option<i64>, Members)>,
}

fn plan(scene: &Scene<'_>, template: i64, project: i64, record: &Members) -> Result<Plan, Problem> {
    let mut phases = Vec::new();
    for (id, phase) in all(scene, &template_list(template, "projecttemplatephases")) {
        let mut made = checking(scene, "ProjectPhase", |checker| checker.members(&renamed(&phase, OF_PHASES)))?;
        made.insert("projectId".to_owned(), Value::from(project));
        let parent = phase.get("parentPhase").or_else(|| phase.get("parentId")).and_then(integer);
        phases.push((id, parent, made));
    }
    let mut tickets = Vec::new();
    for (_, ticket) in all(scene, &template_list(template, "projecttemplatetickets")) {
        let mut given = renamed(&ticket, OF_TICKETS);
        given.insert("project".to_owned(), json!({ "id": project }));
        for name in ["company", "board"] {
            if let Some(value) = record.get(name) {
                given.insert(name.to_owned(), value.clone());
            }
        }
        let made = checked_in(scene, "ProjectTicket", &Members::new(), &given)?;
        tickets.push((ticket.get("projectTemplatePhaseId").and_then(integer), made));
    }
    Ok(Plan { phases, tickets })
}

fn carry_out(scene: &mut Scene<'_>, project: i64, plan: Plan) {
    let list = format!("{PROJECTS}/{project}/phases");
    let mut numbers = HashMap::new();
    let mut under = Vec::new();
    for (id, parent, phase) in plan.phases {
        let made = insert(scene, &list, phase);
        numbers.insert(id, made);
        under.extend(parent.map(|parent| (made, parent)));
    }
    // A phase may have been made before the one it is under.
    for (made, parent) in under {
        let parent = numbers.get(&parent).and_then(|parent| phase_reference(scene, "ProjectPhase", "parentPhase", project, *parent));
        if let (Some(parent), Ok(mut phase)) = (parent, read(scene, &list, made)) {
            phase.insert("parentPhase".to_owned(), parent);
            scene.world.records.put(&list, made, phase);
        }
    }
    for (phase, mut ticket) in plan.tickets {
        if let Some(value) = phase.and_then(|phase| phase_reference(scene, "ProjectTicket", "phase", project, *numbers.get(&phase)?)) {
            ticket.insert("phase".to_owned(), value);
        }
        ticket.extend([("isIssueFlag".to_owned(), Value::Bool(false)), ("closedFlag".to_owned(), Value::Bool(false))]);
        insert(scene, TICKETS, ticket);
    }
}

fn phase_reference(scene: &Scene<'_>, type_name: &'static str, member: &str, project: i64, phase: i64) -> Option<Value> {
    let owner = Members::from_iter([("project".to_owned(), json!({ "id": project }))]);
    let body = Members::from_iter([(member.to_owned(), json!({ "id": phase }))]);
    let links = crate::records::references::Links { base: scene.link_base };
    let resolved =
        crate::records::references::resolve(&scene.world.records, &links, "ProjectPhaseReference", body.get(member)?.as_object()?, &owner, type_name, member);
    resolved.ok()
}

/// A template with the phases and tickets of the project that the path names.
pub(super) fn template_of(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, project) = owner(route)?;
    let record = read(scene, PROJECTS, project)?;
    let mut template = body(scene, asked, "ProjectTemplate")?;
    template.remove("id");
    for name in ["name", "type", "description"] {
        if let Some(value) = record.get(name) {
            template.entry(name).or_insert_with(|| value.clone());
        }
    }
    checking(scene, "ProjectTemplate", |checker| checker.complete(&template))?;
    let made = insert(scene, TEMPLATES, template);
    let (mut numbers, mut under, phases) = (HashMap::new(), Vec::new(), template_list(made, "projecttemplatephases"));
    for (id, phase) in all(scene, &format!("{PROJECTS}/{project}/phases")) {
        let mut copy = renamed_back(&phase, OF_PHASES);
        copy.insert("templateRecId".to_owned(), Value::from(made));
        let copy = insert(scene, &phases, copy);
        numbers.insert(id, copy);
        under.extend(referred(&phase, "parentPhase").map(|parent| (copy, parent)));
    }
    for (copy, parent) in under {
        if let (Some(parent), Ok(mut phase)) = (numbers.get(&parent), read(scene, &phases, copy)) {
            phase.insert("parentPhase".to_owned(), Value::from(*parent));
            scene.world.records.put(&phases, copy, phase);
        }
    }
    for (_, ticket) in those(scene, TICKETS, |ticket| ticket.referred("project") == Some(project)) {
        let mut copy = renamed_back(&ticket, OF_TICKETS);
        copy.insert("projectTemplateId".to_owned(), Value::from(made));
        if let Some(phase) = referred(&ticket, "phase").and_then(|phase| numbers.get(&phase)) {
            copy.insert("projectTemplatePhaseId".to_owned(), Value::from(*phase));
        }
        insert(scene, &template_list(made, "projecttemplatetickets"), copy);
    }
    answer_with(scene, route, TEMPLATES, made)
}

fn renamed(record: &Members, names: &[(&str, &str)]) -> Members {
    names.iter().filter_map(|(from, to)| Some(((*to).to_owned(), record.get(*from)?.clone()))).collect()
}

fn renamed_back(record: &Members, names: &[(&str, &str)]) -> Members {
    names.iter().filter_map(|(from, to)| Some(((*from).to_owned(), record.get(*to)?.clone()))).collect()
}

/// The phases of a project as one value.
pub(super) fn workplan(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, project) = owner(route)?;
    read(scene, PROJECTS, project)?;
    Ok(Answer::ok(&select(asked, "ProjectWorkplan", scene.settings.strict, workplan_of(scene, project))?))
}

fn workplan_of(scene: &Scene<'_>, project: i64) -> Value {
    let phases = all(scene, &format!("{PROJECTS}/{project}/phases"));
    json!({"projectId": project, "phases": phases.into_iter().map(|(_, phase)| reduced(phase, "ProjectWorkplanProjectPhase")).collect::<Vec<_>>()})
}

/// The phases of a template: a list with one plan.
pub(super) fn template_workplan(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (_, template) = owner(route)?;
    read(scene, TEMPLATES, template)?;
    let phases = all(scene, &template_list(template, "projecttemplatephases"));
    let phases: Vec<Value> = phases
        .into_iter()
        .map(|(_, mut phase)| {
            for (from, to) in [("markAsMilestone", "markAsMilestoneFlag"), ("phaseBilledSeparately", "billPhaseSeparately"), ("templateRecId", "templateId")] {
                if let Some(value) = phase.remove(from) {
                    phase.insert(to.to_owned(), value);
                }
            }
            phase.remove("parentPhase");
            reduced(phase, "TemplatePhase")
        })
        .collect();
    Ok(Answer::ok(&json!([{"templateId": template, "phases": phases}])))
}

/// Those members of a record that a type has.
fn reduced(mut record: Members, type_name: &str) -> Value {
    if let Some(facts) = type_of(type_name) {
        record.retain(|name, _| facts.members.contains_key(name));
    }
    Value::Object(record)
}
