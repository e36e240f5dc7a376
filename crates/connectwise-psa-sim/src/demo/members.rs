//! The settings of members that refer to lists that are added after the members, such as boards.

use serde_json::{Value, json};

use super::documents::photo_id;
use super::seeder::Seeder;
use crate::records::into_object;
use crate::store::timestamp;

/// Sets the remaining fields of all members.
pub(super) fn complete(seeder: &mut Seeder<'_>) {
    let members = seeder.records.collection("system/members");
    let members: Vec<(i64, String)> = members
        .into_iter()
        .flat_map(|members| members.records.iter())
        .map(|(id, member)| (id, member.text("identifier").unwrap_or_default().into_owned()))
        .collect();
    for (number, (id, identifier)) in members.into_iter().enumerate() {
        let is_api = identifier == "api";
        let login = seeder.calendar.before(i64::try_from(number).unwrap_or_default() * 37);
        seeder.amend("/system/members", id, settings(id, is_api, &timestamp(login)));
    }
}

/// Returns the settings of a member who last logged in at a time. References contain only a name or an id.
fn settings(id: i64, is_api: bool, login: &str) -> Value {
    let (location, department) = (json!({"id": 1}), json!({"id": 1}));
    let teams: Vec<i64> = if id <= 3 { vec![1, 3, 5] } else { vec![2, 4, 6] };
    let mut settings = into_object(json!({
        "structureLevel": {"name": "Corporate"}, "securityLocation": location, "timeZone": {"name": "US Eastern"}, "calendar": {"name": "Working Hours"},
        "country": {"id": 1}, "serviceDefaultBoard": {"name": "Help Desk"}, "serviceDefaultLocation": location, "serviceDefaultDepartment": department,
        "projectDefaultBoard": {"name": "Projects"}, "projectDefaultLocation": location, "projectDefaultDepartment": {"name": "Projects"},
        "scheduleDefaultLocation": location, "scheduleDefaultDepartment": department, "salesDefaultLocation": location, "serviceLocation": {"name": "Remote"},
        "warehouse": {"name": "Workshop"}, "warehouseBin": {"name": "Shelf A"}, "reportCard": {"name": "Engineers"}, "ldapConfiguration": {"name": "Office"}, "photo": {"id": photo_id(id)},
    }));
    settings.extend(into_object(json!({
        "serviceBoardTeamIds": teams, "teams": teams,
        "excludedServiceBoardIds": [], "excludedProjectBoardIds": [], "memberPersonas": [], "agreementInvoicingDisplayOptions": "RemainOnInvoicingScreen",
        "invoicingDisplayOptions": "RemainOnInvoicingScreen", "invoiceScreenDefaultTabFormat": "ShowInvoicingTab", "invoiceTimeTabFormat": "SummaryList",
        "companyActivityTabFormat": "SummaryList", "phoneIntegrationType": "NONE", "globalSearchDefaultTicketFilter": "OpenRecords",
        "globalSearchDefaultSort": "None", "minimumHours": 0.0, "scheduleCapacity": 8.0, "hourlyRate": 110.0, "billableForecast": 75.0, "daysTolerance": 0,
        "requireTimeSheetEntryFlag": !is_api, "requireExpenseEntryFlag": !is_api, "lastLogin": login, "employeeIdentifer": format!("E{id:03}"),
    })));
    if id > 1 {
        for field in ["timeApprover", "expenseApprover", "reportsTo"] {
            settings.insert(field.to_owned(), json!({"identifier": "ann"}));
        }
    }
    Value::Object(settings)
}
