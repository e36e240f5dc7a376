//! The service desk: boards with statuses, types, subtypes, items and teams, and the choices of tickets.

use serde_json::{Value, json};

use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder};
use crate::records::into_object;

/// What tickets refer to.
pub(super) struct ServiceDesk {
    pub(super) boards: Vec<Board>,
    pub(super) project_board: Option<Board>,
    pub(super) priorities: Vec<SeededRecord>,
    pub(super) sources: Vec<SeededRecord>,
    pub(super) places: Vec<SeededRecord>,
    pub(super) sla: SeededRecord,
    pub(super) task_codes: Vec<SeededRecord>,
    pub(super) schedule_types: Vec<SeededRecord>,
    pub(super) schedule_statuses: Vec<SeededRecord>,
}

/// A board with what belongs to it.
#[derive(Clone)]
pub(super) struct Board {
    pub(super) named: SeededRecord,
    pub(super) statuses: Vec<Status>,
    pub(super) kinds: Vec<SeededRecord>,
    pub(super) subtypes: Vec<SeededRecord>,
    pub(super) items: Vec<SeededRecord>,
    pub(super) teams: Vec<SeededRecord>,
}

#[derive(Clone)]
pub(super) struct Status {
    pub(super) named: SeededRecord,
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
    Plan {
        name: "Monitoring",
        project: false,
        kinds: &["Alert", "Maintenance"],
        subtypes: &["Server", "Backup", "Network"],
        items: &["Check", "Restart"],
    },
    Plan {
        name: "Field Work",
        project: false,
        kinds: &["Visit", "Delivery"],
        subtypes: &["Cabling", "Hardware"],
        items: &["Install", "Replace"],
    },
    Plan {
        name: "Projects",
        project: true,
        kinds: &["Task", "Milestone"],
        subtypes: &["Plan", "Build"],
        items: &["Document", "Configure"],
    },
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

pub(super) fn seed(to: &mut Seeder<'_>, organisation: &Organisation) -> ServiceDesk {
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
    let sources =
        ["Phone", "E-mail", "Portal", "Monitoring"].map(|name| json!({"name": name, "defaultFlag": name == "Phone"}));
    let sources = to.choices("ServiceSourceReference", "/service/sources", sources);
    for list in ["/service/severities", "/service/impacts"] {
        to.choices(
            "",
            list,
            ["Low", "Medium", "High"]
                .map(|name| json!({"name": name, "description": name, "defaultFlag": name == "Medium"})),
        );
    }
    let places = [("Remote", "Remote"), ("On-site", "OnSite"), ("In house", "InHouse")];
    let places = places.map(|(name, place)| json!({"name": name, "where": place, "defaultFlag": name == "Remote"}));
    let places = to.choices("ServiceLocationReference", "/service/locations", places);
    let sla = json!({
        "name": "Working hours", "basedOn": "MyCalendar", "defaultFlag": true, "respondHours": 2.0, "planWithin": 8.0, "resolutionHours": 24.0, "respondPercent": 90,
        "planWithinPercent": 90, "resolutionPercent": 90,
    });
    let sla = to.add_named("SLAReference", "/service/SLAs", sla, RecordInfo::new(to.began(), "api"));
    let codes = [("CALL", "Call the customer"), ("DOC", "Write it down"), ("TEST", "Test with the customer")];
    let codes = codes.map(|(name, description)| json!({"name": name, "description": description}));
    let task_codes = to.choices("ServiceCodeReference", "/service/codes", codes);
    let types = [("S", "Service"), ("P", "Project"), ("C", "Sales Activity")];
    let types = types.map(|(identifier, name)| json!({"identifier": identifier, "name": name, "systemFlag": true}));
    let schedule_types = to.choices("ScheduleTypeReference", "/schedule/types", types);
    let statuses = [("Firm", false), ("Tentative", true)]
        .map(|(name, tentative)| json!({"name": name, "defaultFlag": !tentative, "showAsTentativeFlag": tentative}));
    let schedule_statuses = to.choices("ScheduleStatusReference", "/schedule/statuses", statuses);
    let boards: Vec<Board> = PLANS.iter().map(|plan| seed_board(to, organisation, plan)).collect();
    let mut boards = boards.into_iter();
    let service = boards.by_ref().take(PLANS.len() - 1).collect();
    ServiceDesk {
        boards: service,
        project_board: boards.next(),
        priorities,
        sources,
        places,
        sla,
        task_codes,
        schedule_types,
        schedule_statuses,
    }
}

fn seed_board(to: &mut Seeder<'_>, organisation: &Organisation, plan: &Plan) -> Board {
    let mut board = into_object(json!({
        "name": plan.name, "projectFlag": plan.project, "inactiveFlag": false, "billTime": "Billable", "billExpense": "Billable", "billProduct": "Billable",
        "notifyEmailFrom": "desk@lanternfold-it.example", "notifyEmailFromName": "Lanternfold IT", "sendToContactFlag": true, "sendToResourceFlag": true,
    }));
    let department = organisation.departments.get(usize::from(plan.project));
    for (field, named) in [
        ("location", organisation.locations.first()),
        ("department", department),
        ("workType", organisation.work_types.first()),
    ] {
        if let Some(named) = named {
            to.link(&mut board, &[(field, named)]);
        }
    }
    let began = to.began();
    let board = to.add_named("BoardReference", "/service/boards", Value::Object(board), RecordInfo::new(began, "api"));
    let under = |list: &str| format!("/service/boards/{}/{list}", board.id);
    let mut with_board = |list: &str, reference: &str, records: Vec<Value>| {
        let records: Vec<Value> = records
            .into_iter()
            .map(|record| {
                let mut record = into_object(record);
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
    let statuses =
        statuses.into_iter().zip(STATUSES).map(|(named, (_, closed, _))| Status { named, closed: *closed }).collect();
    let category = |at: usize| if at == 0 { "Reactive" } else { "Proactive" };
    let kinds = plan.kinds.iter().enumerate();
    let kinds =
        kinds.map(|(at, name)| json!({"name": name, "category": category(at), "defaultFlag": at == 0, "inactiveFlag": false, "requestForChangeFlag": false}));
    let kinds = with_board("types", "ServiceTypeReference", kinds.collect());
    let kind_ids: Vec<i64> = kinds.iter().map(|kind| kind.id).collect();
    let subtypes =
        plan.subtypes.iter().map(|name| json!({"name": name, "inactiveFlag": false, "typeAssociationIds": kind_ids}));
    let subtypes = with_board("subtypes", "ServiceSubTypeReference", subtypes.collect());
    let items = with_board(
        "items",
        "ServiceItemReference",
        plan.items.iter().map(|name| json!({"name": name, "inactiveFlag": false})).collect(),
    );
    for kind in &kinds {
        for subtype in &subtypes {
            for item in &items {
                let mut association = into_object(json!({}));
                to.link(&mut association, &[("board", &board), ("type", kind), ("subType", subtype), ("item", item)]);
                to.add(&under("typeSubTypeItemAssociations"), association, RecordInfo::new(began, "api"));
            }
        }
    }
    let teams = [("Front", 0, [0, 1, 2]), ("Second Line", 3, [3, 4, 5])].map(|(name, leader, people)| {
        let ids: Vec<i64> = people.iter().filter_map(|at: &usize| organisation.engineers.get(*at)).map(|member| member.named.id).collect();
        let mut team = into_object(json!({"name": name, "defaultFlag": name == "Front", "boardId": board.id, "members": ids, "notifyOnTicketDelete": false}));
        if let Some(leader) = organisation.engineers.get(leader) {
            to.link(&mut team, &[("teamLeader", &leader.named)]);
        }
        Value::Object(team)
    });
    let teams = to.choices("ServiceTeamReference", &under("teams"), teams);
    Board { named: board, statuses, kinds, subtypes, items, teams }
}
