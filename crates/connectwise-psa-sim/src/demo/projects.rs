//! Projects with phases and tickets.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::project_work::ProjectWork;
use super::random::Random;
use super::sales::Opportunity;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, position, wrapping_get};
use super::work::{TicketContext, Work, ticket_reference};
use crate::records::into_object;
use crate::store::timestamp;

/// Number of projects at scale 1.
const PROJECTS: usize = 10;

/// The positions of the engineers who work on projects: the last three.
const PROJECT_ENGINEERS: std::ops::Range<usize> = 3..6;

/// The name of a phase, and the summaries and the effort of its tickets in quarter-hours.
type Phase = (&'static str, &'static [(&'static str, i64)]);

/// Phases, each with the summaries and the effort of its tickets in quarter-hours.
const PHASES: &[Phase] = &[
    ("Plan", &[("Walk through the site", 8), ("Write the plan", 12)]),
    ("Build", &[("Order the hardware", 4), ("Set up in the workshop", 24), ("Install at the customer", 32)]),
    ("Hand over", &[("Train the users", 8), ("Write the documentation", 10)]),
];

const SUBJECTS: &[&str] = &["Server replacement", "Office move", "New wireless", "Mail migration", "Backup redesign"];

/// A project to which products and documents refer.
pub(super) struct Project {
    pub(super) record: SeededRecord,
    /// The index of the company.
    pub(super) customer: usize,
    pub(super) entered: DateTime<Utc>,
}

/// Adds the projects, and the work on their tickets to `work`.
pub(super) fn seed<'a>(
    seeder: &mut Seeder<'_>,
    context: TicketContext<'a>,
    opportunities: &[Opportunity],
    work: &mut Work<'a>,
    scale: usize,
) -> Vec<Project> {
    let TicketContext { organisation, service_desk, companies, .. } = context;
    let mut seeded = Vec::new();
    let Some(board) = &service_desk.project_board else { return seeded };
    let mut random = Random::from_name("projects");
    let statuses = [("Open", false), ("On Hold", false), ("Closed", true)];
    let statuses =
        statuses.map(|(name, closed)| json!({"name": name, "closedFlag": closed, "defaultFlag": name == "Open", "inactiveFlag": false, "noTimeFlag": closed}));
    let statuses = seeder.add_choices("ProjectStatusReference", "/project/statuses", statuses);
    let phase_statuses = [("Open", false), ("Done", true)].map(
        |(name, closed)| json!({"name": name, "closedFlag": closed, "defaultFlag": !closed, "inactiveFlag": false}),
    );
    let phase_statuses = seeder.add_choices("PhaseStatusReference", "/project/phaseStatuses", phase_statuses);
    let types = ["Installation", "Migration"]
        .map(|name| json!({"name": name, "defaultFlag": name == "Installation", "inactiveFlag": false}));
    let types = seeder.add_choices("ProjectTypeReference", "/project/projectTypes", types);
    let count = PROJECTS * scale;
    for number in 0..count {
        let Some(opportunity) = wrapping_get(opportunities, number * 2) else { break };
        let (Some(customer), Some(manager)) = (companies.get(opportunity.customer), organisation.engineers.last())
        else {
            continue;
        };
        let Some(contact) = customer.contacts.first() else { continue };
        let progress = position(number, count, 0.0);
        let entered = seeder.calendar.between(100.0, 2.0, progress);
        let info = RecordInfo::new(entered, manager.identifier);
        let done = progress < 0.4;
        let hours = |quarters: i64| quarters as f64 / 4.0;
        let quarters_of = |phases: &[Phase]| {
            phases.iter().flat_map(|(_, tickets)| *tickets).map(|(_, quarters)| quarters).sum::<i64>()
        };
        let quarters = quarters_of(PHASES);
        // The tickets of a closed project are closed, else those of its first phase.
        let worked = if done { quarters } else { quarters_of(PHASES.get(..1).unwrap_or_default()) };
        let mut record = into_object(json!({
            "name": format!("{} {}", customer.record.name(), random.word(SUBJECTS)), "billingMethod": if number % 2 == 0 { "FixedFee" } else { "ActualRates" },
            "billingAmount": hours(quarters) * 165.0, "estimatedStart": timestamp(entered), "estimatedEnd": timestamp(entered + Duration::days(60)), "estimatedHours": hours(quarters),
            "budgetHours": hours(quarters), "closedFlag": done, "percentComplete": if done { 1.0 } else { 0.35 }, "billTime": "Billable", "billExpenses": "Billable",
            "billProducts": "Billable", "description": "", "budgetFlag": true, "budgetAnalysis": "ActualHours", "actualHours": hours(worked), "actualStart": timestamp(entered),
            "scheduledHours": hours(quarters), "scheduledStart": timestamp(entered), "scheduledEnd": timestamp(entered + Duration::days(60)), "billingRateType": "WorkRole",
            "estimatedTimeRevenue": hours(quarters) * 165.0, "estimatedTimeCost": hours(quarters) * 42.5, "estimatedExpenseCost": 0.0, "estimatedExpenseRevenue": 0.0,
            "estimatedProductCost": 0.0, "estimatedProductRevenue": 0.0, "downpayment": 0.0,
        }));
        if done {
            record.insert(
                "actualEnd".to_owned(),
                Value::from(timestamp((entered + Duration::days(40)).min(seeder.calendar.now))),
            );
        }
        seeder.link(
            &mut record,
            &[
                ("board", &board.record),
                ("company", &customer.record),
                ("contact", &contact.record),
                ("site", &customer.site),
            ],
        );
        seeder.link(
            &mut record,
            &[("manager", &manager.record), ("currency", &organisation.currency), ("opportunity", &opportunity.record)],
        );
        let status = if done { 2 } else { 0 };
        let links = [
            ("status", statuses.get(status)),
            ("type", wrapping_get(&types, number)),
            ("location", organisation.locations.first()),
            ("department", organisation.departments.get(1)),
            ("billingTerms", organisation.terms.get(1)),
            ("billToCompany", Some(&customer.record)),
            ("billToContact", Some(&contact.record)),
            ("billToSite", Some(&customer.site)),
            ("taxCode", Some(&organisation.tax_code)),
            ("timeApprover", Some(&manager.record)),
            ("expenseApprover", Some(&manager.record)),
        ];
        for (field, target) in links {
            if let Some(target) = target {
                seeder.link(&mut record, &[(field, target)]);
            }
        }
        let window = wrapping_get(&["Evenings", "Weekends", "Any time"], number).map(|window| json!(window));
        record.insert(
            "customFields".to_owned(),
            custom_fields(&organisation.project_fields, [window.unwrap_or_default(), Value::from(done)]),
        );
        let project = seeder.add_referenced("ProjectReference", "/project/projects", Value::Object(record), info);
        seed_team(seeder, organisation, &project, info);
        for (at, (name, tickets)) in PHASES.iter().enumerate() {
            // The first phase of every project is closed.
            let closed = done || at == 0;
            let phase_hours = hours(tickets.iter().map(|(_, quarters)| quarters).sum());
            let mut phase = into_object(json!({
                "description": name, "projectId": project.id, "wbsCode": format!("{}", at + 1), "billTime": "Billable", "billExpenses": "Billable", "billProducts": "Billable",
                "markAsMilestoneFlag": at == 2, "scheduledHours": phase_hours, "budgetHours": phase_hours, "actualHours": if closed { phase_hours } else { 0.0 },
                "scheduledStart": timestamp(entered), "scheduledEnd": timestamp(entered + Duration::days(60)), "locationId": 1, "businessUnitId": 2,
            }));
            seeder.link_known(
                &mut phase,
                &[
                    ("board", Some(&board.record)),
                    ("department", organisation.billing_units.get(1)),
                    ("currency", Some(&organisation.currency)),
                ],
            );
            if let Some(status) = phase_statuses.get(usize::from(closed)) {
                seeder.link(&mut phase, &[("status", status)]);
            }
            let path = format!("/project/projects/{}/phases", project.id);
            let phase = seeder.add_referenced("ProjectPhaseReference", &path, Value::Object(phase), info);
            for (order, (summary, quarters)) in tickets.iter().enumerate() {
                let ticket = Ticket {
                    project: &project,
                    phase: &phase,
                    summary,
                    quarters: *quarters,
                    closed,
                    wbs: format!("{}.{}", at + 1, order + 1),
                };
                seed_ticket(seeder, context, customer, &ticket, info, &mut random, work);
            }
        }
        seeded.push(Project { record: project, customer: opportunity.customer, entered });
    }
    seeded
}

/// Adds the team of a project: the engineers who work on its tickets.
fn seed_team(seeder: &mut Seeder<'_>, organisation: &Organisation, project: &SeededRecord, info: RecordInfo<'_>) {
    let role = |id| seeder.find("ProjectRoleReference", "/project/securityRoles", id);
    let roles = [role(1), role(2)];
    for (number, member) in
        organisation.engineers.iter().skip(PROJECT_ENGINEERS.start).take(PROJECT_ENGINEERS.len()).enumerate()
    {
        let mut record = into_object(json!({
            "projectId": project.id, "hours": 20.0, "startDate": timestamp(info.entered), "endDate": timestamp(info.entered + Duration::days(60)),
        }));
        // The last one manages the project.
        let is_manager = number + 1 == PROJECT_ENGINEERS.len();
        seeder.link_known(
            &mut record,
            &[
                ("member", Some(&member.record)),
                ("projectRole", roles.get(usize::from(!is_manager)).and_then(Option::as_ref)),
                ("workRole", organisation.work_roles.get(2)),
            ],
        );
        seeder.add(&format!("/project/projects/{}/teamMembers", project.id), record, info);
    }
}

struct Ticket<'a> {
    project: &'a SeededRecord,
    phase: &'a SeededRecord,
    summary: &'a str,
    quarters: i64,
    closed: bool,
    wbs: String,
}

fn seed_ticket<'a>(
    seeder: &mut Seeder<'_>,
    context: TicketContext<'a>,
    customer: &'a SeededCompany,
    ticket: &Ticket<'_>,
    info: RecordInfo<'_>,
    random: &mut Random,
    work: &mut Work<'a>,
) {
    let TicketContext { organisation, service_desk, .. } = context;
    let (Some(board), Some(contact)) = (&service_desk.project_board, customer.contacts.first()) else { return };
    let engineer = PROJECT_ENGINEERS.start + random.below(PROJECT_ENGINEERS.len());
    let Some(owner) = wrapping_get(&organisation.engineers, engineer) else { return };
    let wanted = if ticket.closed { "Closed" } else { "New" };
    let Some(status) = board.statuses.iter().find(|status| status.record.name() == wanted) else { return };
    let hours = ticket.quarters as f64 / 4.0;
    let mut record = into_object(json!({
        "summary": ticket.summary, "isIssueFlag": false, "closedFlag": status.closed, "wbsCode": ticket.wbs, "budgetHours": hours,
        "actualHours": if status.closed { hours } else { 0.0 }, "siteName": customer.site.name(), "addressLine1": customer.address.street, "city": customer.address.city,
        "stateIdentifier": customer.address.state, "zip": customer.address.zip, "contactName": contact.name, "contactPhoneNumber": contact.phone,
        "contactEmailAddress": contact.email, "resources": owner.identifier, "requiredDate": timestamp(info.entered + Duration::days(45)), "billTime": "NoDefault",
        "billExpenses": "NoDefault", "billProducts": "NoDefault", "approved": true, "subBillingMethod": "ActualRates", "scheduleStartDate": timestamp(info.entered),
        "scheduleEndDate": timestamp(info.entered + Duration::days(45)),
    }));
    seeder.link(
        &mut record,
        &[("project", ticket.project), ("phase", ticket.phase), ("board", &board.record), ("status", &status.record)],
    );
    seeder.link(
        &mut record,
        &[
            ("company", &customer.record),
            ("site", &customer.site),
            ("contact", &contact.record),
            ("owner", &owner.record),
        ],
    );
    let links = [
        ("type", board.types.first()),
        ("subType", wrapping_get(&board.subtypes, random.below(2))),
        ("item", board.items.first()),
        ("priority", service_desk.priorities.get(2)),
        ("serviceLocation", service_desk.locations.first()),
        ("currency", Some(&organisation.currency)),
        ("country", Some(&organisation.country)),
        ("source", service_desk.sources.get(1)),
        ("location", organisation.locations.first()),
        ("department", organisation.departments.get(1)),
    ];
    for (field, target) in links {
        if let Some(target) = target {
            seeder.link(&mut record, &[(field, target)]);
        }
    }
    let closed = (info.entered + Duration::days(9)).min(seeder.calendar.now);
    if status.closed {
        record.insert("closedDate".to_owned(), Value::from(timestamp(closed)));
        record.insert("closedBy".to_owned(), Value::from(owner.identifier));
    }
    let id = seeder.add("/project/tickets", record, info);
    if status.closed {
        let project_work = ProjectWork {
            organisation,
            customer,
            owner,
            project: ticket.project.clone(),
            phase: ticket.phase.clone(),
            ticket: ticket_reference(id, ticket.summary).in_list("/project/tickets"),
            status: status.record.name(),
        };
        work.time.push(project_work.time_entry(closed, hours));
    }
}
