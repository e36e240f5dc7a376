//! Tests of the ids in plain fields, and of the lists that integrations read.

use serde_json::Value;

use super::{lists, now, seeded};
use crate::store::Records;

/// Returns the records of a list.
fn all(records: &Records, list: &str) -> Vec<Value> {
    records.collection(list).unwrap_or_else(|| panic!("{list}")).records.values().collect()
}

fn id(record: &Value, field: &str) -> i64 {
    record[field].as_i64().unwrap_or_else(|| panic!("{field} of {record}"))
}

#[test]
fn ids_in_plain_fields_name_existing_records() {
    let records = seeded(2, now());
    for list in ["time/entries", "expense/entries"] {
        for entry in all(&records, list) {
            let charged = if entry["chargeToType"] == "ProjectTicket" { "project/tickets" } else { "service/tickets" };
            let ticket = records.get(charged, id(&entry, "chargeToId")).unwrap();
            assert_eq!((&ticket["id"], &ticket["company"]["id"]), (&entry["ticket"]["id"], &entry["company"]["id"]));
        }
    }
    for entry in all(&records, "schedule/entries") {
        let (list, name) = if entry["type"]["identifier"] == "C" {
            ("sales/activities", "name")
        } else {
            ("service/tickets", "summary")
        };
        let scheduled = records.get(list, id(&entry, "objectId")).unwrap();
        assert!(entry["name"].as_str().unwrap().ends_with(scheduled[name].as_str().unwrap()), "{entry}");
    }
    for document in all(&records, "system/documents") {
        let attached = &document["_attached"];
        let list = match attached["recordType"].as_str().unwrap() {
            "Ticket" => "service/tickets",
            "Company" => "company/companies",
            "Member" => "system/members",
            "Opportunity" => "sales/opportunities",
            "Project" => "project/projects",
            "ServiceBoard" => "service/boards",
            other => panic!("{other}"),
        };
        assert!(records.contains(list, attached["recordId"].as_str().unwrap().parse().unwrap()), "{document}");
    }
    for setup in all(&records, "system/connectwisehostedsetups") {
        assert!(records.contains("system/connectwisehostedscreens", id(&setup, "screenId")));
    }
    for member in all(&records, "system/members") {
        let photo = records.get("system/documents", member["photo"]["id"].as_i64().unwrap()).unwrap();
        assert_eq!(photo["_attached"]["recordId"], member["id"].to_string());
        for team in member["serviceBoardTeamIds"].as_array().unwrap() {
            assert!(records.contains("service/teams", team.as_i64().unwrap()), "{member}");
        }
    }
}

#[test]
fn devices_of_tickets_belong_to_the_company_of_the_ticket() {
    let records = seeded(1, now());
    let mut count = 0;
    for (list, devices) in lists(&records).into_iter().filter(|(list, _)| list.ends_with("/configurations")) {
        let Some(ticket) = list.strip_prefix("service/tickets/") else { continue };
        let ticket = records.get("service/tickets", ticket.split('/').next().unwrap().parse().unwrap()).unwrap();
        for device in devices.values() {
            let configuration = records.get("company/configurations", id(&device, "id")).unwrap();
            assert_eq!(configuration["company"]["id"], ticket["company"]["id"]);
            assert_eq!(configuration["deviceIdentifier"], device["deviceIdentifier"]);
            assert_eq!(configuration["name"], device["_info"]["name"]);
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn teams_have_the_same_ids_in_both_lists() {
    let records = seeded(1, now());
    let teams = all(&records, "service/teams");
    assert_eq!(teams.len(), 8);
    let mut of_boards =
        lists(&records).into_iter().filter(|(list, _)| list.starts_with("service/boards/") && list.ends_with("/teams"));
    assert!(of_boards.all(|(_, list)| {
        list.values()
            .all(|team| teams.iter().any(|other| (&other["id"], &other["name"]) == (&team["id"], &team["name"])))
    }));
}

#[test]
fn lists_that_integrations_read_have_records() {
    let records = seeded(1, now());
    for list in [
        "company/addressformats",
        "company/companies/5/notes",
        "company/companies/5/teams",
        "company/contacts/relationships",
        "company/entitytypes",
        "company/notetypes",
        "company/ownershiptypes",
        "company/portalsecuritylevels",
        "company/states",
        "company/teamroles",
        "expense/classifications",
        "expense/entries",
        "expense/paymenttypes",
        "expense/reports",
        "expense/types",
        "finance/billingsetups",
        "finance/deliverymethods",
        "finance/invoiceemailtemplates",
        "finance/invoicetemplates",
        "marketing/campaigns",
        "marketing/campaigns/statuses",
        "marketing/campaigns/subtypes",
        "marketing/campaigns/types",
        "marketing/groups",
        "procurement/products",
        "procurement/rmaactions",
        "procurement/rmadispositions",
        "procurement/rmastatuses",
        "procurement/shipmentmethods",
        "procurement/warehousebins",
        "procurement/warehouses",
        "project/projects/1/teammembers",
        "project/securityroles",
        "project/statusindicators",
        "sales/opportunities/1/notes",
        "sales/orders",
        "sales/orders/statuses",
        "sales/roles",
        "schedule/calendars",
        "schedule/holidaylists",
        "schedule/holidaylists/1/holidays",
        "schedule/remindertimes",
        "schedule/types",
        "service/emailtemplates",
        "service/knowledgebasearticles",
        "service/surveys",
        "service/teams",
        "service/templates",
        "system/connectwisehostedscreens",
        "system/connectwisehostedsetups",
        "system/cwtimezones",
        "system/documents",
        "system/mycompany/corporatestructure",
        "system/mycompany/corporatestructurelevels",
        "system/mycompany/crm",
        "system/mycompany/documents",
        "system/mycompany/other",
        "system/mycompany/reportingservices",
        "system/mycompany/services",
        "system/mycompany/timeexpense",
        "system/skills",
        "system/standardnotes",
        "system/timezonesetups",
        "time/chargecodes",
        "time/sheets",
        "time/timeperiodsetups",
        "time/timeperiodsetups/1/periods",
    ] {
        assert!(records.collection(list).is_some_and(|list| list.records.len() > 0), "{list}");
    }
    for list in ["project/projects", "sales/activities", "sales/opportunities", "service/tickets", "company/companies"]
    {
        for record in all(&records, list) {
            assert!(record["customFields"].as_array().is_some_and(|fields| !fields.is_empty()), "{list}: {record}");
        }
        let first = all(&records, list);
        assert!(first.iter().any(|record| !record["customFields"][0]["value"].is_null()), "{list}");
    }
    let types = all(&records, "schedule/types");
    let names: Vec<_> = types.iter().map(|entry| (id(entry, "id"), entry["identifier"].as_str().unwrap())).collect();
    assert!(names.contains(&(1, "C")) && names.contains(&(4, "S")), "{names:?}");
    assert!(
        all(&records, "company/communicationtypes")
            .iter()
            .any(|communication_type| communication_type["faxFlag"] == true)
    );
}
