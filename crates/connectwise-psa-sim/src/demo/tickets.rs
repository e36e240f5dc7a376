//! Service tickets with notes, tasks and configurations.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::devices::Devices;
use super::finance::Agreements;
use super::organisation::{Member, Organisation};
use super::random::Random;
use super::scenarios::{SCENARIOS, Scenario};
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, position, wrapping_get};
use super::service_desk::{Board, ServiceDesk, Status};
use super::ticket_work::TicketWork;
use super::time_sheets::PlannedTime;
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// Number of tickets at scale 1.
const TICKETS: usize = 400;
/// Returns whether the ticket with an id has a document.
pub(super) const fn has_document(ticket: i64) -> bool {
    ticket % 8 == 1
}

/// Maximum age of a ticket, in working days.
const DAYS: f64 = 120.0;

/// A schedule entry before it is added. Entries are added after all tickets, sorted by date, because ids ascend with the
/// dates. The record is built only when it is added, to save memory.
pub(super) struct PlannedSchedule<'a> {
    pub(super) entered: DateTime<Utc>,
    pub(super) by: &'static str,
    pub(super) build: Box<dyn FnOnce(&Seeder<'_>) -> JsonObject + 'a>,
}

/// The work on tickets that is added later.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub(super) time: Vec<PlannedTime<'a>>,
    pub(super) schedule: Vec<PlannedSchedule<'a>>,
}

/// A ticket to which documents and expenses refer.
pub(super) struct SeededTicket {
    pub(super) id: i64,
    /// The index of the company.
    pub(super) customer: usize,
    pub(super) owner: &'static str,
    pub(super) summary: String,
    pub(super) entered: DateTime<Utc>,
    /// The end of the first work, or else the last change.
    pub(super) worked: DateTime<Utc>,
    /// Whether an engineer was on site.
    pub(super) was_visited: bool,
}

impl SeededTicket {
    /// Returns the ticket as the target of references.
    pub(super) fn reference(&self) -> SeededRecord {
        ticket_reference(self.id, &self.summary)
    }
}

/// Returns a service ticket as the target of references.
pub(super) fn ticket_reference(id: i64, summary: &str) -> SeededRecord {
    let fields = into_object(json!({"id": id, "summary": summary}));
    SeededRecord { reference: "TicketReference".into(), path: "/service/tickets".into(), id, fields }
}

/// What tickets refer to.
#[derive(Clone, Copy)]
pub(super) struct TicketContext<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) service_desk: &'a ServiceDesk,
    pub(super) companies: &'a [SeededCompany],
    pub(super) agreements: &'a Agreements,
    pub(super) devices: &'a Devices,
}

/// Adds the tickets. Returns those to which documents and expenses may refer, and adds the work on them to `work`.
pub(super) fn seed<'a>(
    seeder: &mut Seeder<'_>,
    context: TicketContext<'a>,
    work: &mut Work<'a>,
    scale: usize,
) -> Vec<SeededTicket> {
    let TicketContext { organisation, service_desk, companies, .. } = context;
    let mut seeded = Vec::new();
    let mut random = Random::from_name("tickets");
    let callers: Vec<usize> = (0..companies.len())
        .filter(|at| companies.get(*at).is_some_and(|company| company.is_active_client && !company.contacts.is_empty()))
        .collect();
    let count = TICKETS * scale;
    for number in 0..count {
        let Some(at) = callers.get(random.below(callers.len())).copied() else { break };
        let (Some(customer), Some(scenario)) = (companies.get(at), SCENARIOS.get(random.below(SCENARIOS.len()))) else {
            continue;
        };
        let Some(board) = service_desk.boards.get(scenario.board) else { continue };
        let progress = position(number, count, random.fraction());
        let age = DAYS * (1.0 - progress);
        let Some(owner) = organisation.engineers.get(random.below(organisation.engineers.len())) else { break };
        let Some(status) = status(board, age, scenario.board == 2, &mut random) else { continue };
        let plan = TicketPlan {
            scenario,
            board,
            customer,
            owner,
            status,
            entered: seeder.calendar.between(DAYS, 0.0, progress),
            age,
        };
        let Some(ticket) = ticket(seeder, context, plan, at, &mut random, work) else { continue };
        if ticket.was_visited || has_document(ticket.id) {
            seeded.push(ticket);
        }
    }
    seeded
}

/// Adds the schedule entries, sorted by date.
pub(super) fn seed_schedule(seeder: &mut Seeder<'_>, mut schedule: Vec<PlannedSchedule<'_>>) {
    schedule.sort_by_key(|entry| entry.entered);
    for entry in schedule {
        let record = (entry.build)(seeder);
        seeder.add("/schedule/entries", record, RecordInfo::new(entry.entered, entry.by));
    }
}

/// The choices that determine a ticket.
#[derive(Clone, Copy)]
pub(super) struct TicketPlan<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) board: &'a Board,
    pub(super) customer: &'a SeededCompany,
    pub(super) owner: &'a Member,
    pub(super) status: &'a Status,
    entered: DateTime<Utc>,
    /// In working days.
    age: f64,
}

/// Returns a random status. Older tickets are more likely to be closed.
fn status<'a>(board: &'a Board, age: f64, is_field_work: bool, random: &mut Random) -> Option<&'a Status> {
    let percent_open = match age {
        age if age < 1.0 => 85,
        age if age < 5.0 => 60,
        age if age < 20.0 => 22,
        _ => 3,
    };
    // Indexes into the statuses of `service_desk`: 0 is New, 5 Scheduled, 6 Closed, 7 Cancelled.
    let at = if !random.percent(percent_open) {
        if random.percent(96) { 6 } else { 7 }
    } else if age < 3.0 && random.percent(60) {
        0
    } else if is_field_work && random.percent(50) {
        5
    } else {
        let drawn = random.below(9);
        [1, 1, 2, 2, 2, 3, 3, 4, 5].get(drawn).copied().unwrap_or(1)
    };
    board.statuses.get(at)
}

/// Adds a ticket with its notes, tasks and configurations, and the work on it to `work`.
fn ticket<'a>(
    seeder: &mut Seeder<'_>,
    context: TicketContext<'a>,
    plan: TicketPlan<'a>,
    customer_at: usize,
    random: &mut Random,
    work: &mut Work<'a>,
) -> Option<SeededTicket> {
    let TicketContext { organisation, service_desk, agreements, .. } = context;
    let TicketPlan { scenario, board, customer, owner, status, entered, age } = plan;
    let caller = customer.contacts.get(random.below(customer.contacts.len()))?;
    let fill = |text: &str| text.replace("{who}", &caller.name).replace("{where}", customer.address.city);
    let second = random
        .percent(25)
        .then(|| wrapping_get(&organisation.engineers, random.below(organisation.engineers.len())))
        .flatten()
        .filter(|other| other.identifier != owner.identifier);
    let is_new = status.record.name() == "New";
    let cancelled = status.record.name() == "Cancelled";
    // New and cancelled tickets have no time entries.
    let visits = if is_new || cancelled { 0 } else { 1 + i64::from(random.percent(30)) };
    let effort = (scenario.effort + random.between(-1, 2)).max(1);
    let quarters: Vec<i64> = (0..visits).map(|visit| if visit == 0 { effort } else { random.between(1, 3) }).collect();
    let hours = quarters.iter().sum::<i64>() as f64 / 4.0;
    // The work is done within two days, and not later than now.
    let worked = |seeder: &Seeder<'_>, visit: usize| {
        let days = age - (0.2 + visit as f64 * 0.9).min(age * (visit + 1) as f64 / (visits + 2) as f64);
        seeder.calendar.between(days, 0.0, 0.0)
    };
    let last = quarters.len().checked_sub(1).map_or(entered, |last| worked(seeder, last));
    let touched =
        if status.closed { seeder.calendar.between((age - 2.1).max(age / 5.0), 0.0, 0.0).max(last) } else { last }
            .max(entered);
    let (severity, impact) = match scenario.priority {
        0 => ("High", "High"),
        1 => ("High", "Medium"),
        2 => ("Medium", "Medium"),
        _ => ("Low", "Low"),
    };
    let resources = if is_new {
        Vec::new()
    } else {
        [Some(owner.identifier), second.map(|member| member.identifier)].into_iter().flatten().collect::<Vec<_>>()
    };
    // The board at index 1 is Monitoring, the one at index 2 is Field Work.
    let location = if scenario.board == 2 { 1 } else { 0 };
    let source = if scenario.board == 1 { 3 } else { random.below(3) };
    let mut record = into_object(json!({
        "summary": fill(scenario.summary), "recordType": "ServiceTicket", "severity": severity, "impact": impact, "closedFlag": status.closed, "approved": true,
        "siteName": customer.site.name(), "addressLine1": customer.address.street, "city": customer.address.city, "stateIdentifier": customer.address.state,
        "zip": customer.address.zip, "contactName": caller.name, "contactPhoneNumber": caller.phone, "contactEmailAddress": caller.email,
        "budgetHours": (effort + 1) as f64 / 4.0, "actualHours": hours, "requiredDate": timestamp(entered + Duration::days(i64::try_from(scenario.priority).unwrap_or(3) * 2 + 1)),
        "automaticEmailContactFlag": false, "automaticEmailResourceFlag": false, "automaticEmailCcFlag": false, "customerUpdatedFlag": false,
        "allowAllClientsPortalView": false, "hasChildTicket": false, "hasMergedChildTicketFlag": false, "isInSla": true,
        "billTime": "NoDefault", "billExpenses": "NoDefault", "billProducts": "NoDefault", "billingMethod": "ActualRates", "subBillingMethod": "ActualRates",
    }));
    for name in ["Expense", "Product", "Time"] {
        record.insert(format!("estimated{name}Cost"), json!(0.0));
        record.insert(format!("estimated{name}Revenue"), json!(0.0));
    }
    let responded = (!is_new).then(|| quarters.first().map_or(touched, |_| worked(seeder, 0)));
    let resolved = status.closed.then_some(touched);
    record.extend(service_level(entered, responded, resolved, scenario.priority));
    if !resources.is_empty() {
        record.insert("resources".to_owned(), Value::from(resources.join(", ")));
        for field in ["respondedBy", "resplanBy"] {
            record.insert(field.to_owned(), Value::from(owner.identifier));
        }
        seeder.link(&mut record, &[("owner", &owner.record)]);
    }
    if status.closed {
        for (field, value) in [
            ("closedDate", timestamp(touched)),
            ("closedBy", owner.identifier.into()),
            ("resolvedBy", owner.identifier.into()),
        ] {
            record.insert(field.to_owned(), Value::from(value));
        }
    }
    seeder.link(
        &mut record,
        &[
            ("board", &board.record),
            ("status", &status.record),
            ("company", &customer.record),
            ("site", &customer.site),
        ],
    );
    seeder.link(
        &mut record,
        &[("contact", &caller.record), ("sla", &service_desk.sla), ("currency", &organisation.currency)],
    );
    let agreement = agreements.first_of_customer(customer_at).filter(|_| scenario.priority != 3);
    let team = usize::from(scenario.board > 0);
    let links = [
        ("type", board.types.get(scenario.ticket_type)),
        ("subType", board.subtypes.get(scenario.subtype)),
        ("item", board.items.get(scenario.item)),
        ("team", board.teams.get(team)),
        ("priority", service_desk.priorities.get(scenario.priority)),
        ("source", service_desk.sources.get(source)),
        ("serviceLocation", service_desk.locations.get(location)),
        ("location", organisation.locations.first()),
        ("department", organisation.departments.first()),
        ("agreement", agreement.map(|agreement| &agreement.record)),
    ];
    for (field, target) in links {
        if let Some(target) = target {
            seeder.link(&mut record, &[(field, target)]);
        }
    }
    if location == 1 {
        seeder.link_known(&mut record, &[("workRole", organisation.work_roles.get(1))]);
        record.insert("estimatedStartDate".to_owned(), Value::from(timestamp(entered)));
        record.insert("duration".to_owned(), Value::from(1));
    }
    if !customer.address.suite.is_empty() {
        record.insert("addressLine2".to_owned(), Value::from(customer.address.suite));
    }
    if let Some(agreement) = agreement {
        record.insert("agreementType".to_owned(), Value::from(agreement.type_name));
    }
    let cause = if status.closed && !cancelled {
        Value::from(random.word(&["User", "Hardware", "Software", "Network", "Supplier"]))
    } else {
        Value::Null
    };
    let distance = if location == 1 { Value::from(random.between(20, 600) as f64 / 10.0) } else { Value::Null };
    record.insert("customFields".to_owned(), custom_fields(&organisation.ticket_fields, [cause, distance]));
    let summary = fill(scenario.summary);
    let by = if scenario.board == 1 {
        "api"
    } else {
        wrapping_get(&organisation.engineers, random.below(3)).map_or("api", |member| member.identifier)
    };
    let id = seeder.add(
        "/service/tickets",
        record,
        RecordInfo::new(entered, by).changed(touched, if is_new { by } else { owner.identifier }),
    );

    let notes = format!("/service/tickets/{id}/notes");
    let mut problem = note(id, &fill(scenario.description), "detailDescriptionFlag", entered, by);
    if scenario.board == 1 {
        seeder.add(&notes, problem, RecordInfo::new(entered, by));
    } else {
        seeder.link(&mut problem, &[("contact", &caller.record)]);
        seeder.add(&notes, problem, RecordInfo::new(entered, by));
    }
    if status.closed && !cancelled {
        let mut solution = note(id, scenario.resolution, "resolutionFlag", touched, owner.identifier);
        seeder.link(&mut solution, &[("member", &owner.record)]);
        seeder.add(&notes, solution, RecordInfo::new(touched, owner.identifier));
    }
    if effort >= 8 {
        for (order, code) in (1..).zip(&service_desk.task_codes) {
            let order: i64 = order;
            let mut task = into_object(
                json!({"ticketId": id, "notes": code.name(), "priority": order, "closedFlag": status.closed, "summary": summary}),
            );
            seeder.link(&mut task, &[("code", code), ("member", &owner.record)]);
            seeder.add(&format!("/service/tickets/{id}/tasks"), task, RecordInfo::new(entered, by));
        }
    }
    if id % 3 == 1 {
        attach_device(seeder, context.devices, customer.record.id, id);
    }
    let ticket_work = TicketWork { context, plan, id, summary: summary.clone(), agreement, location };
    for (visit, quarters) in quarters.iter().copied().enumerate() {
        work.time.push(ticket_work.time_entry(worked(seeder, visit), quarters));
    }
    if matches!(status.record.name(), "Scheduled") || (location == 1 && !is_new && !cancelled) {
        let start = if status.closed {
            touched - Duration::hours(2)
        } else {
            seeder.calendar.due(random.between(0, 4)) - Duration::hours(random.between(2, 9))
        };
        work.schedule.push(ticket_work.schedule_entry(last, (start, effort)));
    } else if id % 4 == 1 && !is_new {
        // Remote work is scheduled less often.
        work.schedule.push(ticket_work.schedule_entry(last, (last, effort)));
    }
    Some(SeededTicket {
        id,
        customer: customer_at,
        owner: owner.identifier,
        summary,
        entered,
        worked: responded.unwrap_or(touched),
        was_visited: location == 1 && visits > 0,
    })
}

/// Returns the fields that say when a ticket was responded to, planned and resolved, and what comes next. A ticket is
/// planned when it is responded to.
fn service_level(
    entered: DateTime<Utc>,
    responded: Option<DateTime<Utc>>,
    resolved: Option<DateTime<Utc>>,
    priority: usize,
) -> JsonObject {
    let minutes = |until: Option<DateTime<Utc>>| until.map_or(0, |until| (until - entered).num_minutes());
    let hours = |until: Option<DateTime<Utc>>| (minutes(until) as f64 / 0.6).round() / 100.0;
    let goal = Duration::hours(i64::try_from(priority).unwrap_or(3) * 8 + 4);
    let by = |verb: &str, hours: Duration| format!("{verb} by {} UTC", (entered + hours).format("%a %m/%d %-I:%M %p"));
    let status = match (responded, resolved) {
        (_, Some(_)) => "Resolved".to_owned(),
        (Some(_), None) => by("Resolve", goal * 3),
        (None, None) => by("Respond", goal / 2),
    };
    let mut fields = into_object(json!({
        "slaStatus": status, "respondMinutes": minutes(responded), "resPlanMinutes": minutes(responded), "resolveMinutes": minutes(resolved),
        "respondedHours": hours(responded), "resplanHours": hours(responded), "resolutionHours": hours(resolved), "escalationStartDateUTC": timestamp(entered),
        "escalationLevel": 0, "minutesBeforeWaiting": 0, "minutesWaiting": 0, "respondedSkippedMinutes": 0, "resplanSkippedMinutes": 0,
    }));
    for (name, date) in [("dateResponded", responded), ("dateResplan", responded), ("dateResolved", resolved)] {
        if let Some(date) = date {
            fields.insert(name.to_owned(), Value::from(timestamp(date)));
        }
    }
    fields
}

/// Attaches one of the customer's devices to a ticket.
fn attach_device(seeder: &mut Seeder<'_>, devices: &Devices, company: i64, ticket: i64) {
    let known = devices.get(&company).map(Vec::as_slice).unwrap_or_default();
    let Some(device) = usize::try_from(ticket / 3).ok().and_then(|at| wrapping_get(known, at)) else { return };
    let mut reference = Seeder::reference_to(&device.record);
    // Observed on live servers: the reference has the name only here.
    if let Some(info) = reference.get_mut("_info").and_then(Value::as_object_mut) {
        info.insert("name".to_owned(), Value::from(device.name.as_str()));
    }
    seeder.attach(&format!("/service/tickets/{ticket}/configurations"), device.record.id, reference);
}

fn note(ticket: i64, text: &str, shown_as: &str, at: DateTime<Utc>, by: &str) -> JsonObject {
    let mut note = into_object(json!({
        "ticketId": ticket, "text": text, "dateCreated": timestamp(at), "createdBy": by, "internalFlag": false, "externalFlag": true, "customerUpdatedFlag": false,
    }));
    for flag in ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"] {
        note.insert(flag.to_owned(), Value::Bool(flag == shown_as));
    }
    note
}
