//! Service tickets.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Member;
use super::random::Random;
use super::scenarios::{SCENARIOS, Scenario};
use super::seeder::{RecordInfo, Seeder, custom_fields, position, wrapping_get};
use super::service_desk::{Board, Status};
use super::ticket_content::{TicketContent, service_level};
use super::ticket_work::TicketWork;
use super::work::{SeededTicket, TicketContext, Work, has_document};
use crate::records::into_object;
use crate::store::timestamp;

/// Number of tickets at scale 1.
const TICKETS: usize = 400;
/// Maximum age of a ticket, in working days.
const DAYS: f64 = 120.0;

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

/// The choices that determine a ticket.
#[derive(Clone, Copy)]
pub(super) struct TicketPlan<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) board: &'a Board,
    pub(super) customer: &'a SeededCompany,
    pub(super) owner: &'a Member,
    pub(super) status: &'a Status,
    pub(super) entered: DateTime<Utc>,
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
    }));
    let responded = (!is_new).then(|| quarters.first().map_or(touched, |_| worked(seeder, 0)));
    let resolved = status.closed.then_some(touched);
    record.extend(service_level(entered, responded, resolved, (scenario.priority, seeder.calendar.now)));
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
        &[
            ("contact", &caller.record),
            ("sla", &service_desk.sla),
            ("currency", &organisation.currency),
            ("country", &organisation.country),
        ],
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
    if scenario.priority == 0 {
        record.insert("automaticEmailCcFlag".to_owned(), Value::from(true));
        record.insert("automaticEmailCc".to_owned(), Value::from(caller.email.as_str()));
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

    let content = TicketContent {
        id,
        summary: &summary,
        problem: &fill(scenario.description),
        // The sources at these indexes are e-mail and portal.
        writer: matches!(source, 1 | 2).then_some(&caller.record),
        by,
        touched,
        has_tasks: effort >= 8,
    };
    content.add(seeder, context, &plan);
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
    } else if id % 10 == 1 && !is_new {
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
