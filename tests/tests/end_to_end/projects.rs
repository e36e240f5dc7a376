//! Projects: a project with phases and project tickets. Project tickets are counted and searched like service tickets.

use connectwise_psa::types::{BillableOption, BillingMethod, Project, ProjectPhase, ProjectTicket};
use connectwise_psa::{DateTime, Patch, Reference, Value};
use serde_json::json;

use crate::setup::{changed_fields, demo, ids, request_count};

fn timestamp(text: &str) -> DateTime {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_project_is_planned_with_phases_and_tickets() {
    let (sim, psa) = demo().await;
    let (start, end) = (timestamp("2026-03-02T00:00:00Z"), timestamp("2026-06-30T00:00:00Z"));
    let project = Project::new(
        BillingMethod::FixedFee,
        Reference::by_name("Projects"),
        Reference::by_identifier("LanternfoldIT"),
        end,
        start,
        "Move",
    );
    let project = psa.project().create_project(&project).await.unwrap();
    let id = project.id.unwrap();
    // In the demo data, this company has the id 1, and this board the id 4.
    assert_eq!(
        (project.company.unwrap().id, project.board.unwrap().id, project.estimated_start),
        (Some(1), Some(4), Some(start))
    );
    let mut phases = Vec::new();
    for (number, name) in (1..).zip(["Plan", "Pack", "Drive"]) {
        let phase = ProjectPhase {
            wbs_code: Some(number.to_string()),
            bill_time: Some(BillableOption::NoCharge),
            ..ProjectPhase::new(name)
        };
        phases.push(psa.project().create_project_phase(id, &phase).await.unwrap().id.unwrap());
    }
    let ticket = ProjectTicket {
        project: Some(id.into()),
        company: Some(1.into()),
        ..ProjectTicket::new("Rent a van", phases[2])
    };
    let ticket = psa.project().create_ticket(&ticket).await.unwrap();
    assert_eq!(
        (ticket.phase.as_ref().unwrap().name.as_deref(), ticket.project.unwrap().name.as_deref()),
        (Some("Drive"), Some("Move"))
    );
    let stored = sim.store().get("/project/tickets", ticket.id.unwrap().into()).unwrap();
    assert_eq!(
        (stored["phase"]["id"].as_i64(), stored["summary"].as_str()),
        (Some(phases[2].into()), Some("Rent a van"))
    );
    // Service tickets and project tickets share one number sequence, so an id belongs to only one ticket.
    assert!(psa.service().get_ticket(ticket.id.unwrap()).await.unwrap_err().is_not_found());

    let listed: Vec<ProjectPhase> =
        psa.project().list_project_phases(id).sort(|phase| phase.wbs_code().desc()).all().await.unwrap();
    assert_eq!(
        listed.iter().map(|phase| phase.description.as_deref().unwrap()).collect::<Vec<_>>(),
        ["Drive", "Pack", "Plan"]
    );
    // A phase that contains tickets cannot be deleted. An empty one can.
    let error = psa.project().delete_project_phase(id, phases[2]).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(409), "{error}");
    psa.project().delete_project_phase(id, phases[1]).await.unwrap();
    assert_eq!(
        ids(&sim.store().list(&format!("/project/projects/{id}/phases"))),
        [phases[0], phases[2]].map(i64::from)
    );
}

#[tokio::test]
async fn moving_a_ticket_to_another_phase_changes_nothing_else() {
    let (sim, psa) = demo().await;
    let ticket = sim.store().list("/project/tickets").into_iter().find(|ticket| ticket["closedFlag"] == false).unwrap();
    let (id, project) = (
        i32::try_from(ticket["id"].as_i64().unwrap()).unwrap(),
        i32::try_from(ticket["project"]["id"].as_i64().unwrap()).unwrap(),
    );
    let phases: Vec<ProjectPhase> = psa.project().list_project_phases(project).all().await.unwrap();
    let other = phases.iter().find(|phase| phase.id.map(i64::from) != ticket["phase"]["id"].as_i64()).unwrap();
    psa.project().get_ticket(id).edit(|ticket| ticket.phase = other.id.map(Into::into)).await.unwrap();
    let moved = sim.store().get("/project/tickets", id.into()).unwrap();
    assert_eq!(
        (changed_fields(&ticket, &moved), moved["phase"]["id"].as_i64()),
        (vec!["phase".to_owned()], other.id.map(i64::from))
    );
    // The server rejects a phase of another project.
    let foreign = sim
        .store()
        .list("/project/projects/1/phases")
        .into_iter()
        .chain(sim.store().list("/project/projects/2/phases"));
    let foreign = foreign
        .map(|phase| phase["id"].clone())
        .find(|id| !phases.iter().any(|phase| phase.id.map(i64::from) == id.as_i64()))
        .unwrap();
    let error =
        psa.project().update_ticket(id, &Patch::new().replace("phase", json!({"id": foreign}))).await.unwrap_err();
    assert_eq!(error.field_errors()[0].field.as_deref(), Some("phase/id"), "{error}");
    assert_eq!(sim.store().get("/project/tickets", id.into()).unwrap()["phase"], moved["phase"]);
}

#[tokio::test]
async fn project_tickets_are_counted_and_searched() {
    let (sim, psa) = demo().await;
    let stored = sim.store().list("/project/tickets");
    let open: Vec<Value> = psa
        .project()
        .list_tickets()
        .filter(|ticket| ticket.closed_flag().eq(false))
        .page_size(9)
        .decode_as()
        .all()
        .await
        .unwrap();
    let expected: Vec<_> = stored.iter().filter(|ticket| ticket["closedFlag"] == false).cloned().collect();
    assert!(!open.is_empty() && open == expected);
    assert_eq!(
        psa.project().count_tickets().filter(|ticket| ticket.closed_flag().eq(false)).await.unwrap(),
        i64::try_from(open.len()).unwrap()
    );
    let first = ids(&stored)[0];
    // The ids that no ticket has make the filter too long for a URL.
    let wanted: Vec<i64> = (first..first + 30).chain(60_000..60_300).collect();
    let searched: Vec<Value> =
        psa.project().list_tickets().filter(|ticket| ticket.id().is_in(wanted)).decode_as().all().await.unwrap();
    assert_eq!(
        searched,
        stored
            .iter()
            .filter(|ticket| (first..first + 30).contains(&ticket["id"].as_i64().unwrap()))
            .cloned()
            .collect::<Vec<_>>()
    );
    assert_eq!(request_count(&sim, "POST", "/project/tickets/search"), 1);
}
