//! The service desk: boards with statuses, types, subtypes, items and teams, and the choices of tickets.

use serde_json::{Value, json};

use super::office::Office;
use super::{Named, Planter, Stamp};
use crate::world::members;

/// What tickets refer to.
pub(super) struct Desk {
    pub(super) boards: Vec<Board>,
    pub(super) project_board: Option<Board>,
    pub(super) priorities: Vec<Named>,
    pub(super) sources: Vec<Named>,
    pub(super) places: Vec<Named>,
    pub(super) sla: Named,
    pub(super) task_codes: Vec<Named>,
    pub(super) schedule_types: Vec<Named>,
    pub(super) schedule_statuses: Vec<Named>,
}

/// A board with what belongs to it.
#[derive(Clone)]
pub(super) struct Board {
    pub(super) named: Named,
    pub(super) statuses: Vec<Status>,
    pub(super) kinds: Vec<Named>,
    pub(super) subtypes: Vec<Named>,
    pub(super) items: Vec<Named>,
    pub(super) teams: Vec<Named>,
}

#[derive(Clone)]
pub(super) struct Status {
    pub(super) named: Named,
    pub(super) closed: bool,
}

/// A board as it is planned: name, whether for projects, types, subtypes, items.
struct Plan {
    name: &'static str,
    project: bool,
    kinds: &'static [&'static str],
    subtypes: &'static [&'static str],
    items: &'static [&'static str],
}

/// The places in these lists are what `tickets` and `projects` choose by.
const PLANS: &[Plan] = &[
    Plan {
        name: "Help Desk",
        project: false,
        kinds: &["Incident", "Request"],
        subtypes: &["Computer", "Printing", "E-mail", "Access", "Phone"],
        items: &["Repair", "Set up", "Advice"],
    },
    Plan { name: "Monitoring", project: false, kinds: &["Alert", "Maintenance"], subtypes: &["Server", "Backup", "Network"], items: &["Check", "Restart"] },
    Plan { name: "Field Work", project: false, kinds: &["Visit", "Delivery"], subtypes: &["Cabling", "Hardware"], items: &["Install", "Replace"] },
    Plan { name: "Projects", project: true, kinds: &["Task", "Milestone"], subtypes: &["Plan", "Build"], items: &["Document", "Configure"] },
];

/// Name, whether tickets are closed in it, what it means for promises to customers.
const STATUSES: &[(&str, bool, &str)] = &[
    ("New", false, "NotResponded"),
    ("Assigned", false, "Responded"),
    ("In Progress", false, "ResolutionPlan"),
    ("Waiting on Customer", false, "ResolutionPlan"),
    ("Waiting on Parts", false, "ResolutionPlan"),
    ("Scheduled", false, "ResolutionPlan"),
    ("Closed", true, "Resolved"),
    ("Cancelled", true, "Resolved"),
];

pub(super) fn plant(to: &mut Planter<'_>, office: &Office) -> Desk {
    let priorities = [
        ("1 Business stopped", "Red", "Critical"),
        ("2 Work hindered", "Orange", "High"),
        ("3 Normal", "Blue", "Medium"),
        ("4 When convenient", "Green", "Low"),
    ];
    let priorities = (1..).zip(priorities).map(|(order, (name, color, level)): (i64, _)| {
        json!({"name": name, "color": color, "level": level, "sortOrder": order, "urgencySortOrder": order.to_string(), "defaultFlag": order == 3})
    });
    let priorities = to.choices("PriorityReference", "/service/priorities", priorities);
    let sources = ["Phone", "E-mail", "Portal", "Monitoring"].map(|name| json!({"name": name, "defaultFlag": name == "Phone"}));
    let sources = to.choices("ServiceSourceReference", "/service/sources", sources);
    for list in ["/service/severities", "/service/impacts"] {
        to.choices("", list, ["Low", "Medium", "High"].map(|name| json!({"name": name, "description": name, "defaultFlag": name == "Medium"})));
    }
    let places = [("Remote", "Remote"), ("On-site", "OnSite"), ("In house", "InHouse")];
    let places = places.map(|(name, place)| json!({"name": name, "where": place, "defaultFlag": name == "Remote"}));
    let places = to.choices("ServiceLocationReference", "/service/locations", places);
    let sla = json!({
        "name": "Working hours", "basedOn": "MyCalendar", "defaultFlag": true, "respondHours": 2.0, "planWithin": 8.0, "resolutionHours": 24.0, "respondPercent": 90,
        "planWithinPercent": 90, "resolutionPercent": 90,
    });
    let sla = to.add_named("SLAReference", "/service/SLAs", sla, Stamp::new(to.began(), "api"));
    let codes = [("CALL", "Call the customer"), ("DOC", "Write it down"), ("TEST", "Test with the customer")];
    let codes = codes.map(|(name, description)| json!({"name": name, "description": description}));
    let task_codes = to.choices("ServiceCodeReference", "/service/codes", codes);
    let types = [("S", "Service"), ("P", "Project"), ("C", "Sales Activity")];
    let types = types.map(|(identifier, name)| json!({"identifier": identifier, "name": name, "systemFlag": true}));
    let schedule_types = to.choices("ScheduleTypeReference", "/schedule/types", types);
    let statuses =
        [("Firm", false), ("Tentative", true)].map(|(name, tentative)| json!({"name": name, "defaultFlag": !tentative, "showAsTentativeFlag": tentative}));
    let schedule_statuses = to.choices("ScheduleStatusReference", "/schedule/statuses", statuses);
    let boards: Vec<Board> = PLANS.iter().map(|plan| plant_board(to, office, plan)).collect();
    let mut boards = boards.into_iter();
    let service = boards.by_ref().take(PLANS.len() - 1).collect();
    Desk { boards: service, project_board: boards.next(), priorities, sources, places, sla, task_codes, schedule_types, schedule_statuses }
}

fn plant_board(to: &mut Planter<'_>, office: &Office, plan: &Plan) -> Board {
    let mut board = members(json!({
        "name": plan.name, "projectFlag": plan.project, "inactiveFlag": false, "billTime": "Billable", "billExpense": "Billable", "billProduct": "Billable",
        "notifyEmailFrom": "desk@lanternfold-it.example", "notifyEmailFromName": "Lanternfold IT", "sendToContactFlag": true, "sendToResourceFlag": true,
    }));
    let department = office.departments.get(usize::from(plan.project));
    for (field, named) in [("location", office.locations.first()), ("department", department), ("workType", office.work_types.first())] {
        if let Some(named) = named {
            to.link(&mut board, &[(field, named)]);
        }
    }
    let began = to.began();
    let board = to.add_named("BoardReference", "/service/boards", Value::Object(board), Stamp::new(began, "api"));
    let under = |list: &str| format!("/service/boards/{}/{list}", board.id);
    let mut with_board = |list: &str, reference: &str, records: Vec<Value>| {
        let records: Vec<Value> = records
            .into_iter()
            .map(|record| {
                let mut record = members(record);
                to.link(&mut record, &[("board", &board)]);
                Value::Object(record)
            })
            .collect();
        to.choices(reference, &under(list), records)
    };
    let statuses = STATUSES.iter().enumerate().map(|(at, (name, closed, escalation))| {
        json!({
            "name": name, "closedStatus": closed, "sortOrder": at, "displayOnBoard": !closed, "inactive": false, "defaultFlag": at == 0, "escalationStatus": escalation,
            "timeEntryNotAllowed": *name == "Cancelled", "customerPortalFlag": true, "customerPortalDescription": name,
        })
    });
    let statuses = with_board("statuses", "ServiceStatusReference", statuses.collect());
    let statuses = statuses.into_iter().zip(STATUSES).map(|(named, (_, closed, _))| Status { named, closed: *closed }).collect();
    let category = |at: usize| if at == 0 { "Reactive" } else { "Proactive" };
    let kinds = plan.kinds.iter().enumerate();
    let kinds =
        kinds.map(|(at, name)| json!({"name": name, "category": category(at), "defaultFlag": at == 0, "inactiveFlag": false, "requestForChangeFlag": false}));
    let kinds = with_board("types", "ServiceTypeReference", kinds.collect());
    let kind_ids: Vec<i64> = kinds.iter().map(|kind| kind.id).collect();
    let subtypes = plan.subtypes.iter().map(|name| json!({"name": name, "inactiveFlag": false, "typeAssociationIds": kind_ids}));
    let subtypes = with_board("subtypes", "ServiceSubTypeReference", subtypes.collect());
    let items = with_board("items", "ServiceItemReference", plan.items.iter().map(|name| json!({"name": name, "inactiveFlag": false})).collect());
    for kind in &kinds {
        for subtype in &subtypes {
            for item in &items {
                let mut association = members(json!({}));
                to.link(&mut association, &[("board", &board), ("type", kind), ("subType", subtype), ("item", item)]);
                to.add(&under("typeSubTypeItemAssociations"), association, Stamp::new(began, "api"));
            }
        }
    }
    let teams = [("Front", 0, [0, 1, 2]), ("Second Line", 3, [3, 4, 5])].map(|(name, leader, people)| {
        let ids: Vec<i64> = people.iter().filter_map(|at: &usize| office.engineers.get(*at)).map(|member| member.named.id).collect();
        let mut team = members(json!({"name": name, "defaultFlag": name == "Front", "boardId": board.id, "members": ids, "notifyOnTicketDelete": false}));
        if let Some(leader) = office.engineers.get(leader) {
            to.link(&mut team, &[("teamLeader", &leader.named)]);
        }
        Value::Object(team)
    });
    let teams = to.choices("ServiceTeamReference", &under("teams"), teams);
    Board { named: board, statuses, kinds, subtypes, items, teams }
}
