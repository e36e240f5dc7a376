//! Service tickets with notes, tasks, time and schedule entries.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::companies::Customer;
use super::finance::Agreements;
use super::organisation::{Member, Organisation};
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, nth, share};
use super::service_desk::{Board, ServiceDesk, Status};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// At scale 1.
const TICKETS: usize = 400;
/// How far back they go, in working days.
const DAYS: f64 = 120.0;

/// Something that happens at customers: how tickets about it look.
struct Case {
    /// Places in the lists of the desk.
    board: usize,
    kind: usize,
    subtype: usize,
    item: usize,
    priority: usize,
    summary: &'static str,
    description: &'static str,
    resolution: &'static str,
    /// Quarters of an hour.
    effort: i64,
}

const fn case(
    [board, kind, subtype, item, priority]: [usize; 5],
    effort: i64,
    summary: &'static str,
    description: &'static str,
    resolution: &'static str,
) -> Case {
    Case { board, kind, subtype, item, priority, summary, description, resolution, effort }
}

/// What customers call about. `{who}` is a contact, `{where}` the town.
const CASES: &[Case] = &[
    case(
        [0, 0, 1, 0, 2],
        2,
        "Printer at the front desk jams",
        "Every third page gets stuck since this morning.",
        "Cleaned the rollers, printed twenty pages.",
    ),
    case(
        [0, 0, 1, 0, 2],
        3,
        "Labels print upside down",
        "Since the update labels come out turned around.",
        "Put the old driver back.",
    ),
    case(
        [0, 0, 0, 0, 1],
        5,
        "Computer of {who} does not start",
        "The screen stays black, the fan runs.",
        "Replaced the memory module.",
    ),
    case(
        [0, 0, 0, 0, 2],
        3,
        "Laptop of {who} is slow",
        "It takes ten minutes until anything opens.",
        "Removed two programs that started by themselves.",
    ),
    case(
        [0, 0, 2, 0, 2],
        2,
        "{who} gets no e-mail",
        "Nothing has come in since yesterday.",
        "The mailbox was full; raised the limit.",
    ),
    case(
        [0, 0, 2, 2, 2],
        1,
        "Suspicious e-mail to {who}",
        "Looks like an invoice, nobody here has ordered anything.",
        "Deleted it for everybody and blocked the sender.",
    ),
    case(
        [0, 1, 2, 1, 3],
        2,
        "Shared mailbox for the workshop",
        "Three people should see the same mail.",
        "Made the mailbox and gave the three their rights.",
    ),
    case(
        [0, 0, 3, 0, 1],
        1,
        "{who} is locked out",
        "Too many tries after the holidays.",
        "Unlocked the account after calling back.",
    ),
    case(
        [0, 1, 3, 1, 3],
        2,
        "Access to the finance folder for {who}",
        "Needs to read and write from Monday.",
        "Added to the group; approved by the manager.",
    ),
    case(
        [0, 1, 3, 1, 2],
        8,
        "New colleague starts on Monday",
        "Please prepare account, laptop and phone.",
        "All set up, first login done together.",
    ),
    case(
        [0, 1, 3, 2, 3],
        4,
        "{who} leaves at the end of the month",
        "Mail should go to the team afterwards.",
        "Account closed, mail forwarded for ninety days.",
    ),
    case(
        [0, 0, 4, 0, 1],
        3,
        "Calls drop after a minute",
        "Inside calls are fine, outside ones break off.",
        "The provider had changed a setting; changed ours.",
    ),
    case([0, 1, 4, 1, 3], 2, "Move a phone to the other office", "Desk two goes to {where}.", "Moved and tested."),
    case([0, 1, 0, 1, 3], 4, "Second screen for {who}", "For the drawing program.", "Delivered and set up."),
    case(
        [0, 1, 0, 2, 3],
        1,
        "How to share a calendar",
        "{who} would like the team to see it.",
        "Showed it in a remote session.",
    ),
    case(
        [1, 0, 1, 0, 1],
        2,
        "Backup of the file server failed",
        "The job ended with an error last night.",
        "The disk was full; removed old sets and ran it again.",
    ),
    case(
        [1, 0, 1, 0, 2],
        1,
        "Backup is older than a day",
        "No restore point since yesterday.",
        "Ran by hand, finished.",
    ),
    case(
        [1, 0, 0, 1, 1],
        2,
        "Server does not answer",
        "No reply for five minutes.",
        "The update needed a restart; restarted at noon.",
    ),
    case(
        [1, 0, 0, 0, 2],
        2,
        "Disk of the server is 92 % full",
        "Less than forty gigabytes are left.",
        "Moved old projects to the archive.",
    ),
    case(
        [1, 0, 2, 1, 0],
        4,
        "Internet in {where} is down",
        "The firewall has lost its line.",
        "The provider mended a cable; watched it for an hour.",
    ),
    case(
        [1, 0, 2, 0, 2],
        2,
        "Access point restarts by itself",
        "Three times since midnight.",
        "Updated its system; stable since.",
    ),
    case(
        [1, 1, 0, 0, 3],
        6,
        "Monthly updates of the servers",
        "As agreed, in the evening.",
        "All servers updated and restarted.",
    ),
    case([1, 1, 1, 0, 3], 3, "Test of a restore", "As agreed, once a quarter.", "Restored a folder and compared it."),
    case(
        [2, 0, 0, 0, 3],
        10,
        "Two network sockets for the meeting room",
        "Before the end of the month, if possible.",
        "Cable drawn, sockets labelled and measured.",
    ),
    case(
        [2, 0, 1, 1, 1],
        6,
        "Replace the power supply of the switch",
        "It hums and smells.",
        "Replaced; the old one is taken along.",
    ),
    case(
        [2, 0, 1, 0, 2],
        8,
        "New access point for the hall",
        "Scanners lose their connection at the far end.",
        "Mounted and measured in all corners.",
    ),
    case([2, 1, 1, 0, 3], 3, "Deliver four monitors", "To the reception in {where}.", "Delivered and unpacked."),
];

/// A record for a list whose ids follow the dates, not the tickets. It is made when its turn has come: all at once
/// would take much memory.
struct Later<'a> {
    entered: DateTime<Utc>,
    by: &'static str,
    make: Box<dyn FnOnce(&Seeder<'_>) -> JsonObject + 'a>,
}

pub(super) fn seed(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    service_desk: &ServiceDesk,
    customers: &[Customer],
    agreements: &Agreements,
    scale: usize,
) {
    let mut random = Random::named("tickets");
    let callers: Vec<usize> = (0..customers.len())
        .filter(|at| customers.get(*at).is_some_and(|customer| customer.is_client && !customer.contacts.is_empty()))
        .collect();
    let count = TICKETS * scale;
    let (mut times, mut entries) = (Vec::with_capacity(count), Vec::new());
    for number in 0..count {
        let Some(at) = callers.get(random.below(callers.len())).copied() else { return };
        let (Some(customer), Some(case)) = (customers.get(at), CASES.get(random.below(CASES.len()))) else { continue };
        let Some(board) = service_desk.boards.get(case.board) else { continue };
        let progress = share(number, count, random.fraction());
        let age = DAYS * (1.0 - progress);
        let Some(owner) = organisation.engineers.get(random.below(organisation.engineers.len())) else { return };
        let Some(status) = status(board, age, case.board == 2, &mut random) else { continue };
        let plan =
            Plan { case, board, customer, owner, status, entered: to.calendar.between(DAYS, 0.0, progress), age };
        ticket(to, organisation, service_desk, plan, agreements, at, &mut random, &mut times, &mut entries);
    }
    for (path, mut later) in [("/time/entries", times), ("/schedule/entries", entries)] {
        later.sort_by_key(|later| later.entered);
        for later in later {
            let record = (later.make)(to);
            to.add(path, record, RecordInfo::new(later.entered, later.by));
        }
    }
}

/// What is decided about a ticket before it is written.
#[derive(Clone, Copy)]
struct Plan<'a> {
    case: &'a Case,
    board: &'a Board,
    customer: &'a Customer,
    owner: &'a Member,
    status: &'a Status,
    entered: DateTime<Utc>,
    /// In working days.
    age: f64,
}

/// The older, the more probably closed.
fn status<'a>(board: &'a Board, age: f64, visits: bool, random: &mut Random) -> Option<&'a Status> {
    let open_of_hundred = match age {
        age if age < 1.0 => 85,
        age if age < 5.0 => 60,
        age if age < 20.0 => 22,
        _ => 3,
    };
    let at = if !random.percent(open_of_hundred) {
        if random.percent(96) { 6 } else { 7 }
    } else if age < 3.0 && random.percent(60) {
        0
    } else if visits && random.percent(50) {
        5
    } else {
        let drawn = random.below(9);
        [1, 1, 2, 2, 2, 3, 3, 4, 5].get(drawn).copied().unwrap_or(1)
    };
    board.statuses.get(at)
}

#[allow(clippy::too_many_arguments, reason = "what a ticket is made of comes from many areas")]
fn ticket<'a>(
    to: &mut Seeder<'_>,
    organisation: &'a Organisation,
    service_desk: &'a ServiceDesk,
    plan: Plan<'a>,
    agreements: &'a Agreements,
    customer_at: usize,
    random: &mut Random,
    times: &mut Vec<Later<'a>>,
    entries: &mut Vec<Later<'a>>,
) {
    let Plan { case, board, customer, owner, status, entered, age } = plan;
    let Some(caller) = customer.contacts.get(random.below(customer.contacts.len())) else { return };
    let fill = |text: &str| text.replace("{who}", &caller.name).replace("{where}", customer.address.city);
    let second = random
        .percent(25)
        .then(|| nth(&organisation.engineers, random.below(organisation.engineers.len())))
        .flatten()
        .filter(|other| other.identifier != owner.identifier);
    let is_new = status.named.name() == "New";
    let cancelled = status.named.name() == "Cancelled";
    // Nobody has worked on what is new or was cancelled.
    let visits = if is_new || cancelled { 0 } else { 1 + i64::from(random.percent(30)) };
    let effort = (case.effort + random.between(-1, 2)).max(1);
    let quarters: Vec<i64> = (0..visits).map(|visit| if visit == 0 { effort } else { random.between(1, 3) }).collect();
    let hours = quarters.iter().sum::<i64>() as f64 / 4.0;
    // Work is done within two days, and never later than now.
    let worked = |to: &Seeder<'_>, visit: usize| {
        let days = age - (0.2 + visit as f64 * 0.9).min(age * (visit + 1) as f64 / (visits + 2) as f64);
        to.calendar.between(days, 0.0, 0.0)
    };
    let last = quarters.len().checked_sub(1).map_or(entered, |last| worked(to, last));
    let touched =
        if status.closed { to.calendar.between((age - 2.1).max(age / 5.0), 0.0, 0.0).max(last) } else { last }
            .max(entered);
    let (severity, impact) = match case.priority {
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
    let place = if case.board == 2 { 1 } else { 0 };
    let source = if case.board == 1 { 3 } else { random.below(3) };
    let mut record = into_object(json!({
        "summary": fill(case.summary), "recordType": "ServiceTicket", "severity": severity, "impact": impact, "closedFlag": status.closed, "approved": true,
        "siteName": customer.site.name(), "addressLine1": customer.address.street, "city": customer.address.city, "stateIdentifier": customer.address.state,
        "zip": customer.address.zip, "contactName": caller.name, "contactPhoneNumber": caller.phone, "contactEmailAddress": caller.email,
        "budgetHours": (effort + 1) as f64 / 4.0, "actualHours": hours, "requiredDate": timestamp(entered + Duration::days(i64::try_from(case.priority).unwrap_or(3) * 2 + 1)),
        "automaticEmailContactFlag": false, "automaticEmailResourceFlag": false, "automaticEmailCcFlag": false, "customerUpdatedFlag": false,
        "allowAllClientsPortalView": false, "hasChildTicket": false, "hasMergedChildTicketFlag": false, "isInSla": true,
        "billTime": "Billable", "billExpenses": "Billable", "billProducts": "Billable",
    }));
    if !resources.is_empty() {
        record.insert("resources".to_owned(), Value::from(resources.join(", ")));
        record.insert(
            "dateResponded".to_owned(),
            Value::from(timestamp(quarters.first().map_or(touched, |_| worked(to, 0)))),
        );
        record.insert("respondedBy".to_owned(), Value::from(owner.identifier));
        to.link(&mut record, &[("owner", &owner.named)]);
    }
    if status.closed {
        for (member, value) in [
            ("closedDate", timestamp(touched)),
            ("dateResolved", timestamp(touched)),
            ("closedBy", owner.identifier.into()),
            ("resolvedBy", owner.identifier.into()),
        ] {
            record.insert(member.to_owned(), Value::from(value));
        }
    }
    to.link(
        &mut record,
        &[("board", &board.named), ("status", &status.named), ("company", &customer.named), ("site", &customer.site)],
    );
    to.link(&mut record, &[("contact", &caller.named), ("sla", &service_desk.sla)]);
    let agreement = agreements.first_for(customer_at).filter(|_| case.priority != 3);
    let team = usize::from(case.board > 0);
    let links = [
        ("type", board.kinds.get(case.kind)),
        ("subType", board.subtypes.get(case.subtype)),
        ("item", board.items.get(case.item)),
        ("team", board.teams.get(team)),
        ("priority", service_desk.priorities.get(case.priority)),
        ("source", service_desk.sources.get(source)),
        ("serviceLocation", service_desk.places.get(place)),
        ("location", organisation.locations.first()),
        ("department", organisation.departments.first()),
        ("agreement", agreement.map(|agreement| &agreement.named)),
    ];
    for (field, named) in links {
        if let Some(named) = named {
            to.link(&mut record, &[(field, named)]);
        }
    }
    if let Some(agreement) = agreement {
        record.insert("agreementType".to_owned(), Value::from(agreement.kind));
    }
    let cause = if status.closed && !cancelled {
        Value::from(random.word(&["User", "Hardware", "Software", "Network", "Supplier"]))
    } else {
        Value::Null
    };
    let distance = if place == 1 { Value::from(random.between(20, 600) as f64 / 10.0) } else { Value::Null };
    record.insert("customFields".to_owned(), custom_fields(&organisation.ticket_fields, [cause, distance]));
    let summary = fill(case.summary);
    let by = if case.board == 1 {
        "api"
    } else {
        nth(&organisation.engineers, random.below(3)).map_or("api", |member| member.identifier)
    };
    let id = to.add(
        "/service/tickets",
        record,
        RecordInfo::new(entered, by).changed(touched, if is_new { by } else { owner.identifier }),
    );

    let notes = format!("/service/tickets/{id}/notes");
    let mut error = note(id, &fill(case.description), "detailDescriptionFlag", entered, by);
    if case.board == 1 {
        to.add(&notes, error, RecordInfo::new(entered, by));
    } else {
        to.link(&mut error, &[("contact", &caller.named)]);
        to.add(&notes, error, RecordInfo::new(entered, by));
    }
    if status.closed && !cancelled {
        let mut solution = note(id, case.resolution, "resolutionFlag", touched, owner.identifier);
        to.link(&mut solution, &[("member", &owner.named)]);
        to.add(&notes, solution, RecordInfo::new(touched, owner.identifier));
    }
    if effort >= 8 {
        for (order, code) in (1..).zip(&service_desk.task_codes) {
            let order: i64 = order;
            let mut task = into_object(
                json!({"ticketId": id, "notes": code.name(), "priority": order, "closedFlag": status.closed, "summary": summary}),
            );
            to.link(&mut task, &[("code", code), ("member", &owner.named)]);
            to.add(&format!("/service/tickets/{id}/tasks"), task, RecordInfo::new(entered, by));
        }
    }
    for (visit, quarters) in quarters.iter().copied().enumerate() {
        let (end, summary) = (worked(to, visit), summary.clone());
        let make = move |to: &Seeder<'_>| {
            let ticket = SeededRecord {
                path: "/service/tickets".into(),
                id,
                members: into_object(json!({"id": id, "summary": summary})),
            };
            time(to, organisation, &plan, &ticket, agreement.map(|agreement| &agreement.named), place, (end, quarters))
        };
        times.push(Later { entered: end, by: owner.identifier, make: Box::new(make) });
    }
    if matches!(status.named.name(), "Scheduled") || (place == 1 && !is_new && !cancelled) {
        let start = if status.closed {
            touched - Duration::hours(2)
        } else {
            to.calendar.due(random.between(0, 4)) - Duration::hours(random.between(2, 9))
        };
        let make = move |to: &Seeder<'_>| {
            let mut entry = into_object(json!({
                "objectId": id, "name": format!("{} / {}", customer.named.name(), summary), "dateStart": timestamp(start), "dateEnd": timestamp(start + Duration::minutes(effort * 15)),
                "hours": effort as f64 / 4.0, "doneFlag": status.closed, "acknowledgedFlag": true, "meetingFlag": false, "ownerFlag": true,
                "allowScheduleConflictsFlag": false, "notificationSent": false,
            }));
            to.link(&mut entry, &[("member", &owner.named)]);
            for (field, named) in [
                ("type", service_desk.schedule_types.first()),
                ("status", service_desk.schedule_statuses.first()),
                ("where", service_desk.places.get(place)),
            ] {
                if let Some(named) = named {
                    to.link(&mut entry, &[(field, named)]);
                }
            }
            entry
        };
        entries.push(Later { entered: last, by: owner.identifier, make: Box::new(make) });
    }
}

fn note(ticket: i64, words: &str, shown: &str, at: DateTime<Utc>, by: &str) -> JsonObject {
    let mut note = into_object(json!({
        "ticketId": ticket, "text": words, "dateCreated": timestamp(at), "createdBy": by, "internalFlag": false, "externalFlag": true, "customerUpdatedFlag": false,
    }));
    for flag in ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"] {
        note.insert(flag.to_owned(), Value::Bool(flag == shown));
    }
    note
}

fn time(
    to: &Seeder<'_>,
    organisation: &Organisation,
    plan: &Plan<'_>,
    ticket: &SeededRecord,
    agreement: Option<&SeededRecord>,
    place: usize,
    (end, quarters): (DateTime<Utc>, i64),
) -> JsonObject {
    let hours = quarters as f64 / 4.0;
    let mut record = into_object(json!({
        "chargeToId": ticket.id, "chargeToType": "ServiceTicket", "timeStart": timestamp(end - Duration::minutes(quarters * 15)), "timeEnd": timestamp(end), "actualHours": hours,
        "hoursBilled": if agreement.is_some() { 0.0 } else { hours }, "hoursDeduct": 0.0, "billableOption": if agreement.is_some() { "NoCharge" } else { "Billable" },
        "hourlyRate": 110.0, "notes": plan.case.resolution, "status": if plan.age > 10.0 { "ApprovedByTierOne" } else { "Open" }, "enteredBy": plan.owner.identifier,
        "dateEntered": timestamp(end), "addToDetailDescriptionFlag": false, "addToInternalAnalysisFlag": false, "addToResolutionFlag": false, "invoiceFlag": true,
        "ticketBoard": plan.board.named.name(), "ticketStatus": plan.status.named.name(),
    }));
    to.link(&mut record, &[("company", &plan.customer.named), ("member", &plan.owner.named), ("ticket", ticket)]);
    for (field, named) in [
        ("workType", organisation.work_types.get(place)),
        ("workRole", organisation.work_roles.first()),
        ("agreement", agreement),
    ] {
        if let Some(named) = named {
            to.link(&mut record, &[(field, named)]);
        }
    }
    record
}
