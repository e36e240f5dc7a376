//! Service tickets with notes, tasks, time and schedule entries.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::finance::Agreements;
use super::organisation::{Member, Organisation};
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, position, wrapping_get};
use super::service_desk::{Board, ServiceDesk, Status};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// Number of tickets at scale 1.
const TICKETS: usize = 400;
/// Maximum age of a ticket, in working days.
const DAYS: f64 = 120.0;

/// A typical customer problem, from which tickets are created.
struct Scenario {
    /// Indexes into the lists of the service desk.
    board: usize,
    ticket_type: usize,
    subtype: usize,
    item: usize,
    priority: usize,
    summary: &'static str,
    description: &'static str,
    resolution: &'static str,
    /// In quarter-hours.
    effort: i64,
}

const fn scenario(
    [board, ticket_type, subtype, item, priority]: [usize; 5],
    effort: i64,
    summary: &'static str,
    description: &'static str,
    resolution: &'static str,
) -> Scenario {
    Scenario { board, ticket_type, subtype, item, priority, summary, description, resolution, effort }
}

/// The numbers are the indexes of board, type, subtype, item and priority, and the effort. Placeholders in the texts:
/// `{who}` is the name of a contact, `{where}` the town.
const SCENARIOS: &[Scenario] = &[
    scenario(
        [0, 0, 1, 0, 2],
        2,
        "Printer at the front desk jams",
        "Every third page gets stuck since this morning.",
        "Cleaned the rollers, printed twenty pages.",
    ),
    scenario(
        [0, 0, 1, 0, 2],
        3,
        "Labels print upside down",
        "Since the update labels come out turned around.",
        "Put the old driver back.",
    ),
    scenario(
        [0, 0, 0, 0, 1],
        5,
        "Computer of {who} does not start",
        "The screen stays black, the fan runs.",
        "Replaced the memory module.",
    ),
    scenario(
        [0, 0, 0, 0, 2],
        3,
        "Laptop of {who} is slow",
        "It takes ten minutes until anything opens.",
        "Removed two programs that started by themselves.",
    ),
    scenario(
        [0, 0, 2, 0, 2],
        2,
        "{who} gets no e-mail",
        "Nothing has come in since yesterday.",
        "The mailbox was full; raised the limit.",
    ),
    scenario(
        [0, 0, 2, 2, 2],
        1,
        "Suspicious e-mail to {who}",
        "Looks like an invoice, nobody here has ordered anything.",
        "Deleted it for everybody and blocked the sender.",
    ),
    scenario(
        [0, 1, 2, 1, 3],
        2,
        "Shared mailbox for the workshop",
        "Three people should see the same mail.",
        "Made the mailbox and gave the three their rights.",
    ),
    scenario(
        [0, 0, 3, 0, 1],
        1,
        "{who} is locked out",
        "Too many tries after the holidays.",
        "Unlocked the account after calling back.",
    ),
    scenario(
        [0, 1, 3, 1, 3],
        2,
        "Access to the finance folder for {who}",
        "Needs to read and write from Monday.",
        "Added to the group; approved by the manager.",
    ),
    scenario(
        [0, 1, 3, 1, 2],
        8,
        "New colleague starts on Monday",
        "Please prepare account, laptop and phone.",
        "All set up, first login done together.",
    ),
    scenario(
        [0, 1, 3, 2, 3],
        4,
        "{who} leaves at the end of the month",
        "Mail should go to the team afterwards.",
        "Account closed, mail forwarded for ninety days.",
    ),
    scenario(
        [0, 0, 4, 0, 1],
        3,
        "Calls drop after a minute",
        "Inside calls are fine, outside ones break off.",
        "The provider had changed a setting; changed ours.",
    ),
    scenario([0, 1, 4, 1, 3], 2, "Move a phone to the other office", "Desk two goes to {where}.", "Moved and tested."),
    scenario([0, 1, 0, 1, 3], 4, "Second screen for {who}", "For the drawing program.", "Delivered and set up."),
    scenario(
        [0, 1, 0, 2, 3],
        1,
        "How to share a calendar",
        "{who} would like the team to see it.",
        "Showed it in a remote session.",
    ),
    scenario(
        [1, 0, 1, 0, 1],
        2,
        "Backup of the file server failed",
        "The job ended with an error last night.",
        "The disk was full; removed old sets and ran it again.",
    ),
    scenario(
        [1, 0, 1, 0, 2],
        1,
        "Backup is older than a day",
        "No restore point since yesterday.",
        "Ran by hand, finished.",
    ),
    scenario(
        [1, 0, 0, 1, 1],
        2,
        "Server does not answer",
        "No reply for five minutes.",
        "The update needed a restart; restarted at noon.",
    ),
    scenario(
        [1, 0, 0, 0, 2],
        2,
        "Disk of the server is 92 % full",
        "Less than forty gigabytes are left.",
        "Moved old projects to the archive.",
    ),
    scenario(
        [1, 0, 2, 1, 0],
        4,
        "Internet in {where} is down",
        "The firewall has lost its line.",
        "The provider mended a cable; watched it for an hour.",
    ),
    scenario(
        [1, 0, 2, 0, 2],
        2,
        "Access point restarts by itself",
        "Three times since midnight.",
        "Updated its system; stable since.",
    ),
    scenario(
        [1, 1, 0, 0, 3],
        6,
        "Monthly updates of the servers",
        "As agreed, in the evening.",
        "All servers updated and restarted.",
    ),
    scenario(
        [1, 1, 1, 0, 3],
        3,
        "Test of a restore",
        "As agreed, once a quarter.",
        "Restored a folder and compared it.",
    ),
    scenario(
        [2, 0, 0, 0, 3],
        10,
        "Two network sockets for the meeting room",
        "Before the end of the month, if possible.",
        "Cable drawn, sockets labelled and measured.",
    ),
    scenario(
        [2, 0, 1, 1, 1],
        6,
        "Replace the power supply of the switch",
        "It hums and smells.",
        "Replaced; the old one is taken along.",
    ),
    scenario(
        [2, 0, 1, 0, 2],
        8,
        "New access point for the hall",
        "Scanners lose their connection at the far end.",
        "Mounted and measured in all corners.",
    ),
    scenario([2, 1, 1, 0, 3], 3, "Deliver four monitors", "To the reception in {where}.", "Delivered and unpacked."),
];

/// A time or schedule entry. Entries are added after all tickets, sorted by date, because ids ascend with the dates.
/// The record is built only when it is added, to save memory.
struct DeferredRecord<'a> {
    entered: DateTime<Utc>,
    by: &'static str,
    build: Box<dyn FnOnce(&Seeder<'_>) -> JsonObject + 'a>,
}

pub(super) fn seed(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    service_desk: &ServiceDesk,
    companies: &[SeededCompany],
    agreements: &Agreements,
    scale: usize,
) {
    let mut random = Random::from_name("tickets");
    let callers: Vec<usize> = (0..companies.len())
        .filter(|at| companies.get(*at).is_some_and(|company| company.is_active_client && !company.contacts.is_empty()))
        .collect();
    let count = TICKETS * scale;
    let (mut time_entries, mut schedule_entries) = (Vec::with_capacity(count), Vec::new());
    for number in 0..count {
        let Some(at) = callers.get(random.below(callers.len())).copied() else { return };
        let (Some(customer), Some(scenario)) = (companies.get(at), SCENARIOS.get(random.below(SCENARIOS.len()))) else {
            continue;
        };
        let Some(board) = service_desk.boards.get(scenario.board) else { continue };
        let progress = position(number, count, random.fraction());
        let age = DAYS * (1.0 - progress);
        let Some(owner) = organisation.engineers.get(random.below(organisation.engineers.len())) else { return };
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
        ticket(
            seeder,
            organisation,
            service_desk,
            plan,
            agreements,
            at,
            &mut random,
            &mut time_entries,
            &mut schedule_entries,
        );
    }
    for (path, mut deferred) in [("/time/entries", time_entries), ("/schedule/entries", schedule_entries)] {
        deferred.sort_by_key(|deferred| deferred.entered);
        for deferred in deferred {
            let record = (deferred.build)(seeder);
            seeder.add(path, record, RecordInfo::new(deferred.entered, deferred.by));
        }
    }
}

/// The choices that determine a ticket.
#[derive(Clone, Copy)]
struct TicketPlan<'a> {
    scenario: &'a Scenario,
    board: &'a Board,
    customer: &'a SeededCompany,
    owner: &'a Member,
    status: &'a Status,
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

#[allow(clippy::too_many_arguments, reason = "a ticket refers to records of many lists")]
fn ticket<'a>(
    seeder: &mut Seeder<'_>,
    organisation: &'a Organisation,
    service_desk: &'a ServiceDesk,
    plan: TicketPlan<'a>,
    agreements: &'a Agreements,
    customer_at: usize,
    random: &mut Random,
    time_entries: &mut Vec<DeferredRecord<'a>>,
    schedule_entries: &mut Vec<DeferredRecord<'a>>,
) {
    let TicketPlan { scenario, board, customer, owner, status, entered, age } = plan;
    let Some(caller) = customer.contacts.get(random.below(customer.contacts.len())) else { return };
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
        "billTime": "Billable", "billExpenses": "Billable", "billProducts": "Billable",
    }));
    if !resources.is_empty() {
        record.insert("resources".to_owned(), Value::from(resources.join(", ")));
        record.insert(
            "dateResponded".to_owned(),
            Value::from(timestamp(quarters.first().map_or(touched, |_| worked(seeder, 0)))),
        );
        record.insert("respondedBy".to_owned(), Value::from(owner.identifier));
        seeder.link(&mut record, &[("owner", &owner.record)]);
    }
    if status.closed {
        for (field, value) in [
            ("closedDate", timestamp(touched)),
            ("dateResolved", timestamp(touched)),
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
    seeder.link(&mut record, &[("contact", &caller.record), ("sla", &service_desk.sla)]);
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
    for (visit, quarters) in quarters.iter().copied().enumerate() {
        let (end, summary) = (worked(seeder, visit), summary.clone());
        let build = move |seeder: &Seeder<'_>| {
            let ticket = SeededRecord {
                reference: "TicketReference".into(),
                path: "/service/tickets".into(),
                id,
                fields: into_object(json!({"id": id, "summary": summary})),
            };
            time_entry(
                seeder,
                organisation,
                &plan,
                &ticket,
                agreement.map(|agreement| &agreement.record),
                location,
                (end, quarters),
            )
        };
        time_entries.push(DeferredRecord { entered: end, by: owner.identifier, build: Box::new(build) });
    }
    if matches!(status.record.name(), "Scheduled") || (location == 1 && !is_new && !cancelled) {
        let start = if status.closed {
            touched - Duration::hours(2)
        } else {
            seeder.calendar.due(random.between(0, 4)) - Duration::hours(random.between(2, 9))
        };
        let build = move |seeder: &Seeder<'_>| {
            let mut entry = into_object(json!({
                "objectId": id, "name": format!("{} / {}", customer.record.name(), summary), "dateStart": timestamp(start), "dateEnd": timestamp(start + Duration::minutes(effort * 15)),
                "hours": effort as f64 / 4.0, "doneFlag": status.closed, "acknowledgedFlag": true, "meetingFlag": false, "ownerFlag": true,
                "allowScheduleConflictsFlag": false, "notificationSent": false,
            }));
            seeder.link(&mut entry, &[("member", &owner.record)]);
            for (field, target) in [
                ("type", service_desk.schedule_types.first()),
                ("status", service_desk.schedule_statuses.first()),
                ("where", service_desk.locations.get(location)),
            ] {
                if let Some(target) = target {
                    seeder.link(&mut entry, &[(field, target)]);
                }
            }
            entry
        };
        schedule_entries.push(DeferredRecord { entered: last, by: owner.identifier, build: Box::new(build) });
    }
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

fn time_entry(
    seeder: &Seeder<'_>,
    organisation: &Organisation,
    plan: &TicketPlan<'_>,
    ticket: &SeededRecord,
    agreement: Option<&SeededRecord>,
    location: usize,
    (end, quarters): (DateTime<Utc>, i64),
) -> JsonObject {
    let hours = quarters as f64 / 4.0;
    let mut record = into_object(json!({
        "chargeToId": ticket.id, "chargeToType": "ServiceTicket", "timeStart": timestamp(end - Duration::minutes(quarters * 15)), "timeEnd": timestamp(end), "actualHours": hours,
        "hoursBilled": if agreement.is_some() { 0.0 } else { hours }, "hoursDeduct": 0.0, "billableOption": if agreement.is_some() { "NoCharge" } else { "Billable" },
        "hourlyRate": 110.0, "notes": plan.scenario.resolution, "status": if plan.age > 10.0 { "ApprovedByTierOne" } else { "Open" }, "enteredBy": plan.owner.identifier,
        "dateEntered": timestamp(end), "addToDetailDescriptionFlag": false, "addToInternalAnalysisFlag": false, "addToResolutionFlag": false, "invoiceFlag": true,
        "ticketBoard": plan.board.record.name(), "ticketStatus": plan.status.record.name(),
    }));
    seeder.link(&mut record, &[("company", &plan.customer.record), ("member", &plan.owner.record), ("ticket", ticket)]);
    for (field, target) in [
        ("workType", organisation.work_types.get(location)),
        ("workRole", organisation.work_roles.first()),
        ("agreement", agreement),
    ] {
        if let Some(target) = target {
            seeder.link(&mut record, &[(field, target)]);
        }
    }
    record
}
