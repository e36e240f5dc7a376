//! The service desk: boards with statuses, types, subtypes, items and teams, and the choice lists of tickets.

use serde_json::{Value, json};

use super::documents::icon_id;
use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// Records to which tickets refer.
pub(super) struct ServiceDesk {
    pub(super) boards: Vec<Board>,
    pub(super) project_board: Option<Board>,
    pub(super) priorities: Vec<SeededRecord>,
    pub(super) sources: Vec<SeededRecord>,
    pub(super) locations: Vec<SeededRecord>,
    pub(super) sla: SeededRecord,
    pub(super) task_codes: Vec<SeededRecord>,
    /// The schedule type of tickets.
    pub(super) service_entries: SeededRecord,
    /// The schedule type of activities.
    pub(super) sales_entries: SeededRecord,
    pub(super) schedule_statuses: Vec<SeededRecord>,
    /// The default reminder of schedule entries.
    pub(super) reminder: Option<SeededRecord>,
}

/// A board with its lists.
#[derive(Clone)]
pub(super) struct Board {
    pub(super) record: SeededRecord,
    pub(super) statuses: Vec<Status>,
    pub(super) types: Vec<SeededRecord>,
    pub(super) subtypes: Vec<SeededRecord>,
    pub(super) items: Vec<SeededRecord>,
    pub(super) teams: Vec<SeededRecord>,
    is_for_projects: bool,
}

#[derive(Clone)]
pub(super) struct Status {
    pub(super) record: SeededRecord,
    pub(super) closed: bool,
}

/// The definition of a board.
struct BoardPlan {
    name: &'static str,
    is_for_projects: bool,
    types: &'static [&'static str],
    subtypes: &'static [&'static str],
    items: &'static [&'static str],
}

/// `tickets` and `projects` refer to the elements of these lists by index.
const BOARDS: &[BoardPlan] = &[
    BoardPlan {
        name: "Help Desk",
        is_for_projects: false,
        types: &["Incident", "Request"],
        subtypes: &["Computer", "Printing", "E-mail", "Access", "Phone"],
        items: &["Repair", "Set up", "Advice"],
    },
    BoardPlan {
        name: "Monitoring",
        is_for_projects: false,
        types: &["Alert", "Maintenance"],
        subtypes: &["Server", "Backup", "Network"],
        items: &["Check", "Restart"],
    },
    BoardPlan {
        name: "Field Work",
        is_for_projects: false,
        types: &["Visit", "Delivery"],
        subtypes: &["Cabling", "Hardware"],
        items: &["Install", "Replace"],
    },
    BoardPlan {
        name: "Projects",
        is_for_projects: true,
        types: &["Task", "Milestone"],
        subtypes: &["Plan", "Build"],
        items: &["Document", "Configure"],
    },
];

/// Name, whether tickets with it are closed, escalation status (SLA).
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

pub(super) fn seed(seeder: &mut Seeder<'_>, organisation: &Organisation) -> ServiceDesk {
    let priorities = [
        ("1 Business stopped", "Red", "Critical"),
        ("2 Work hindered", "Orange", "High"),
        ("3 Normal", "Blue", "Medium"),
        ("4 When convenient", "Green", "Low"),
    ];
    let priorities = (1..).zip(priorities).map(|(order, (name, color, level)): (i64, _)| {
        json!({"name": name, "color": color, "level": level, "sortOrder": order, "urgencySortOrder": order.to_string(), "defaultFlag": order == 3})
    });
    let priorities = seeder.add_choices("PriorityReference", "/service/priorities", priorities);
    let entered = timestamp(seeder.system_start());
    let sources = ["Phone", "E-mail", "Portal", "Monitoring"]
        .map(|name| json!({"name": name, "defaultFlag": name == "Phone", "dateEntered": entered, "enteredBy": "api"}));
    let sources = seeder.add_choices("ServiceSourceReference", "/service/sources", sources);
    for list in ["/service/severities", "/service/impacts"] {
        seeder.add_choices(
            "",
            list,
            ["Low", "Medium", "High"]
                .map(|name| json!({"name": name, "description": name, "defaultFlag": name == "Medium"})),
        );
    }
    let locations = [("Remote", "Remote"), ("On-site", "OnSite"), ("In house", "InHouse")];
    let locations =
        locations.map(|(name, location)| json!({"name": name, "where": location, "defaultFlag": name == "Remote"}));
    let locations = seeder.add_choices("ServiceLocationReference", "/service/locations", locations);
    let sla = json!({
        "name": "Working hours", "basedOn": "MyCalendar", "defaultFlag": true, "respondHours": 2.0, "planWithin": 8.0, "resolutionHours": 24.0, "respondPercent": 90,
        "planWithinPercent": 90, "resolutionPercent": 90,
    });
    let sla =
        seeder.add_referenced("SLAReference", "/service/SLAs", sla, RecordInfo::new(seeder.system_start(), "api"));
    let codes = [("CALL", "Call the customer"), ("DOC", "Write it down"), ("TEST", "Test with the customer")];
    let codes = codes.map(
        |(name, description)| json!({"name": name, "description": description, "locationId": 1, "businessUnitId": 1}),
    );
    let task_codes = seeder.add_choices("ServiceCodeReference", "/service/codes", codes);
    let [sales_entries, service_entries] = seed_schedule_types(seeder);
    let statuses = [("Firm", false), ("Tentative", true)]
        .map(|(name, tentative)| json!({"name": name, "defaultFlag": !tentative, "showAsTentativeFlag": tentative}));
    let schedule_statuses = seeder.add_choices("ScheduleStatusReference", "/schedule/statuses", statuses);
    let boards: Vec<Board> = BOARDS.iter().map(|plan| seed_board(seeder, organisation, plan)).collect();
    seed_teams(seeder, organisation, &boards);
    let mut boards = boards.into_iter();
    let service = boards.by_ref().take(BOARDS.len() - 1).collect();
    ServiceDesk {
        boards: service,
        project_board: boards.next(),
        priorities,
        sources,
        locations,
        sla,
        task_codes,
        service_entries,
        sales_entries,
        schedule_statuses,
        reminder: seeder.find("ReminderReference", "/schedule/reminderTimes", 2),
    }
}

/// Adds the schedule types and returns those of activities and tickets. Observed on live servers: the ids of these two.
/// The others are invented.
fn seed_schedule_types(seeder: &mut Seeder<'_>) -> [SeededRecord; 2] {
    let types =
        [(1, "C", "Sales"), (2, "M", "Meeting"), (3, "V", "Vacation"), (4, "S", "Service"), (5, "H", "Holiday")];
    let info = RecordInfo::new(seeder.system_start(), "api");
    let mut add = |(id, identifier, name)| {
        let record = json!({"identifier": identifier, "name": name, "systemFlag": matches!(id, 1 | 4)});
        let seeded = SeededRecord::new("ScheduleTypeReference", "/schedule/types", id, &into_object(record.clone()));
        seeder.add_with_id("/schedule/types", id, record, info);
        seeded
    };
    let [sales, _, _, service, _] = types.map(&mut add);
    [sales, service]
}

/// Adds the list of the teams of all boards. A team has the same id there and in the list of its board.
fn seed_teams(seeder: &mut Seeder<'_>, organisation: &Organisation, boards: &[Board]) {
    let info = RecordInfo::new(seeder.system_start(), "api");
    for (board, team) in boards.iter().flat_map(|board| board.teams.iter().map(move |team| (board, team))) {
        let mut record = into_object(json!({"name": team.name()}));
        let leader = organisation.engineers.get(if team.name() == "Front" { 0 } else { 3 });
        let department = organisation.departments.get(usize::from(board.is_for_projects));
        seeder.link_known(
            &mut record,
            &[
                ("leader", leader.map(|leader| &leader.record)),
                ("location", organisation.locations.first()),
                ("department", department),
            ],
        );
        seeder.add_with_id("/service/teams", team.id, Value::Object(record), info);
    }
}

fn seed_board(seeder: &mut Seeder<'_>, organisation: &Organisation, plan: &BoardPlan) -> Board {
    let mut board = into_object(json!({
        "name": plan.name, "projectFlag": plan.is_for_projects, "inactiveFlag": false, "billTime": "Billable", "billExpense": "Billable", "billProduct": "Billable",
        "notifyEmailFrom": "desk@lanternfold-it.example", "notifyEmailFromName": "Lanternfold IT", "sendToContactFlag": true, "sendToResourceFlag": true,
        "allSort": "Descending", "problemSort": "Descending", "resolutionSort": "Descending", "internalAnalysisSort": "Descending", "percentageCalculation": "ActualHours",
        "emailConnectorReopenDaysLimit": 30, "autoAssignLimitAmount": 0, "timeEntryDiscussionFlag": false, "timeEntryResolutionFlag": true,
        "dispatchMember": {"identifier": "bob"}, "dutyManagerMember": {"identifier": "ann"}, "oncallMember": {"identifier": "deniz"},
        "serviceManagerMember": {"identifier": "ann"}, "signOffTemplate": {"id": 1},
    }));
    seeder.complete("/service/boards", &mut board);
    let department = organisation.departments.get(usize::from(plan.is_for_projects));
    for (field, target) in [
        ("location", organisation.locations.first()),
        ("department", department),
        ("workType", organisation.work_types.first()),
        ("workRole", organisation.work_roles.first()),
    ] {
        if let Some(target) = target {
            seeder.link(&mut board, &[(field, target)]);
        }
    }
    let start = seeder.system_start();
    let board =
        seeder.add_referenced("BoardReference", "/service/boards", Value::Object(board), RecordInfo::new(start, "api"));
    let under = |list: &str| format!("/service/boards/{}/{list}", board.id);
    let mut with_board = |list: &str, reference: &str, records: Vec<Value>| {
        let records: Vec<Value> = records
            .into_iter()
            .map(|record| {
                let mut record = into_object(record);
                seeder.link(&mut record, &[("board", &board)]);
                Value::Object(record)
            })
            .collect();
        seeder.add_choices(reference, &under(list), records)
    };
    let statuses = STATUSES.iter().enumerate().map(|(at, (name, closed, escalation))| {
        json!({
            "name": name, "closedStatus": closed, "sortOrder": at, "displayOnBoard": !closed, "inactive": false, "defaultFlag": at == 0, "escalationStatus": escalation,
            "timeEntryNotAllowed": *name == "Cancelled", "customerPortalFlag": true, "customerPortalDescription": name,
        })
    });
    let statuses = with_board("statuses", "ServiceStatusReference", statuses.collect());
    let statuses =
        statuses.into_iter().zip(STATUSES).map(|(record, (_, closed, _))| Status { record, closed: *closed }).collect();
    let category = |at: usize| if at == 0 { "Reactive" } else { "Proactive" };
    let types = plan.types.iter().enumerate();
    let types =
        types.map(|(at, name)| json!({"name": name, "category": category(at), "defaultFlag": at == 0, "inactiveFlag": false, "requestForChangeFlag": false}));
    let types = with_board("types", "ServiceTypeReference", types.collect());
    let type_ids: Vec<i64> = types.iter().map(|ticket_type| ticket_type.id).collect();
    let subtypes =
        plan.subtypes.iter().map(|name| json!({"name": name, "inactiveFlag": false, "typeAssociationIds": type_ids}));
    let subtypes = with_board("subtypes", "ServiceSubTypeReference", subtypes.collect());
    let items = with_board(
        "items",
        "ServiceItemReference",
        plan.items.iter().map(|name| json!({"name": name, "inactiveFlag": false})).collect(),
    );
    for ticket_type in &types {
        for subtype in &subtypes {
            for item in &items {
                let mut association = into_object(json!({}));
                seeder.link(
                    &mut association,
                    &[("board", &board), ("type", ticket_type), ("subType", subtype), ("item", item)],
                );
                seeder.add(&under("typeSubTypeItemAssociations"), association, RecordInfo::new(start, "api"));
            }
        }
    }
    let teams = [("Front", 0, [0, 1, 2]), ("Second Line", 3, [3, 4, 5])].map(|(name, leader, members)| {
        let ids: Vec<i64> = members.iter().filter_map(|at: &usize| organisation.engineers.get(*at)).map(|member| member.record.id).collect();
        let mut team = into_object(json!({"name": name, "defaultFlag": name == "Front", "boardId": board.id, "members": ids, "notifyOnTicketDelete": false, "locationId": 1, "businessUnitId": 1}));
        if let Some(leader) = organisation.engineers.get(leader) {
            seeder.link(&mut team, &[("teamLeader", &leader.record)]);
        }
        Value::Object(team)
    });
    let teams = seeder.add_choices("ServiceTeamReference", &under("teams"), teams);
    let board = Board { record: board, statuses, types, subtypes, items, teams, is_for_projects: plan.is_for_projects };
    complete_board(seeder, &board);
    board
}

/// Sets the e-mail templates of the statuses of the first board, which are added after the boards.
pub(super) fn link_email_templates(seeder: &mut Seeder<'_>, service_desk: &ServiceDesk) {
    let Some(board) = service_desk.boards.first() else { return };
    let path = format!("/service/boards/{}/statuses", board.record.id);
    for (status, template) in [("New", 1), ("Closed", 2)] {
        if let Some(status) = board.statuses.iter().find(|known| known.record.name() == status) {
            seeder.amend(&path, status.record.id, json!({"emailTemplate": {"id": template}}));
        }
    }
}

/// Sets the fields of a board that refer to its statuses.
fn complete_board(seeder: &mut Seeder<'_>, board: &Board) {
    let named =
        |name: &str| board.statuses.iter().find(|status| status.record.name() == name).map(|status| &status.record);
    let mut fields = JsonObject::new();
    seeder.link_known(
        &mut fields,
        &[("autoCloseStatus", named("Closed")), ("emailConnectorReopenStatus", named("In Progress"))],
    );
    if board.record.id == 1 {
        fields.insert("boardIcon".to_owned(), json!({"id": icon_id()}));
    }
    seeder.amend("/service/boards", board.record.id, Value::Object(fields));
}
