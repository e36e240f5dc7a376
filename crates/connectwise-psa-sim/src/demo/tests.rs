//! Tests of all demo data: it conforms to the OpenAPI document, it is consistent, and it is reproducible.

mod links;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectwise_psa::catalogue;
use connectwise_psa::catalogue::ResponseKind;
use serde_json::{Map, Value};

use super::seed;
use crate::records::completion::complete;
use crate::records::links::href;
use crate::records::references::{reference_fields, resolve_path};
use crate::schema::{FieldType, is_list, link_of, target_of, type_of};
use crate::store::format::LINK_BASE;
use crate::store::table::Table;
use crate::store::{Records, key};

/// A Wednesday, in working hours.
fn now() -> DateTime<Utc> {
    "2026-06-10T18:00:00Z".parse().unwrap()
}

fn seeded(scale: usize, now: DateTime<Utc>) -> Records {
    let mut records = Records::default();
    records.complete_with(complete);
    seed(&mut records, scale, now);
    records
}

/// Returns the records as the demo data states them. All have four timestamps.
fn seeded_without_completion(scale: usize, now: DateTime<Utc>) -> Records {
    let mut records = Records::default();
    seed(&mut records, scale, now);
    records
}

/// Returns all lists, sorted by key.
fn lists(records: &Records) -> BTreeMap<&str, &Table> {
    records.collections().map(|(key, collection)| (key, &collection.records)).collect()
}

/// Returns a path in lower case with `{}` in place of ids and parameters.
fn template(path: &str) -> String {
    let plain = |segment: &str| {
        if segment.starts_with('{') || segment.parse::<i64>().is_ok() {
            "{}".to_owned()
        } else {
            segment.to_ascii_lowercase()
        }
    };
    path.trim_matches('/').split('/').map(plain).collect::<Vec<_>>().join("/")
}

/// Returns the type of the records of a list.
fn type_of_list(list: &str) -> Option<&'static str> {
    catalogue::all()
        .filter(|operation| is_list(operation))
        .find(|operation| template(operation.path) == template(list))
        .and_then(|operation| match operation.response {
            ResponseKind::Many(name) => Some(name),
            _ => None,
        })
}

#[test]
fn lists_have_the_expected_sizes_and_some_tickets_are_open_and_some_were_entered_this_week() {
    let records = seeded(1, now());
    for (list, count) in [
        ("company/companies", 25),
        ("company/contacts", 120),
        ("system/members", 8),
        ("service/boards", 4),
        ("service/tickets", 400),
        ("company/configurations", 300),
        ("finance/agreements", 30),
        ("sales/opportunities", 40),
        ("project/projects", 10),
        ("finance/invoices", 60),
        ("procurement/catalog", 80),
        ("sales/activities", 25),
        ("procurement/purchaseorders", 15),
    ] {
        assert_eq!(records.collection(list).map(|collection| collection.records.len()), Some(count), "{list}");
    }
    let tickets = records.collection("service/tickets").unwrap();
    let open = tickets.records.values().filter(|ticket| ticket["closedFlag"] == false).count();
    assert!((30..120).contains(&open), "{open}");
    let monday = "2026-06-08T00:00:00Z";
    let this_week =
        tickets.records.values().filter(|ticket| ticket["_info"]["dateEntered"].as_str().unwrap() >= monday).count();
    assert!((3..30).contains(&this_week), "{this_week}");
    for list in ["time/entries", "schedule/entries"] {
        assert!(records.collection(list).unwrap().records.len() > 20, "{list}");
    }
}

#[test]
fn scale_multiplies_the_customers_and_their_records() {
    let (one, three) = (seeded(1, now()), seeded(3, now()));
    for list in [
        "company/companies",
        "company/contacts",
        "service/tickets",
        "company/configurations",
        "finance/agreements",
        "project/projects",
    ] {
        assert_eq!(
            three.collection(list).unwrap().records.len(),
            3 * one.collection(list).unwrap().records.len(),
            "{list}"
        );
    }
    // At scale 0, the provider's own records are left.
    assert!(lists(&seeded(0, now())).contains_key("system/members"));
}

#[test]
fn records_are_reproducible_and_dates_follow_now() {
    let (first, second) = (seeded(1, now()), seeded(1, now()));
    assert_eq!(lists(&first), lists(&second));
    let later = seeded(1, now() + chrono::Duration::days(7));
    let summaries = |records: &Records| {
        records
            .collection("service/tickets")
            .unwrap()
            .records
            .values()
            .map(|ticket| ticket["summary"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(summaries(&first), summaries(&later));
    assert_ne!(first.get("service/tickets", 1).unwrap()["_info"], later.get("service/tickets", 1).unwrap()["_info"]);
}

#[test]
fn records_conform_to_the_openapi_document() {
    for scale in [1, 2] {
        let records = seeded(scale, now());
        for (list, records) in lists(&records) {
            let name = type_of_list(list).unwrap_or_else(|| panic!("{list} is not a list of the catalogue"));
            for record in records.values() {
                check(list, name, record.as_object().unwrap());
                for required in &type_of(name).unwrap().required {
                    assert!(
                        record.get(required).is_some_and(|value| !value.is_null() && *value != ""),
                        "{list}: {required} is missing in {record}"
                    );
                }
            }
        }
    }
}

fn check(list: &str, type_name: &str, record: &Map<String, Value>) {
    let schema = type_of(type_name).unwrap_or_else(|| panic!("{type_name}"));
    for (name, value) in record {
        // Fields of the simulator start with an underscore too.
        if name.starts_with('_') {
            continue;
        }
        // `Sort` of a status is the only name in another letter case.
        let document_name = if name == "Sort" { "sort" } else { name };
        let field = schema.fields.get(document_name).unwrap_or_else(|| panic!("{list}: {type_name} has no {name}"));
        if let (Some(text), Some(max)) = (value.as_str(), field.max_length) {
            assert!(text.encode_utf16().count() <= max, "{list}: {name} is longer than {max}: {text}");
        }
        check_value(list, name, &field.field_type, value);
    }
}

fn check_value(list: &str, name: &str, field_type: &FieldType, value: &Value) {
    let is_valid = match field_type {
        FieldType::String | FieldType::Enumeration(_) => value.is_string(),
        FieldType::Date => value.as_str().is_some_and(|text| text.parse::<chrono::NaiveDate>().is_ok()),
        FieldType::DateTime => value.as_str().is_some_and(|text| text.parse::<DateTime<Utc>>().is_ok()),
        FieldType::Integer => value.is_i64() || value.is_u64(),
        FieldType::Number => value.is_number(),
        FieldType::Boolean => value.is_boolean(),
        FieldType::Any => true,
        FieldType::Reference(type_name) | FieldType::Object(type_name) => {
            check(list, type_name, value.as_object().unwrap_or_else(|| panic!("{list}: {name}")));
            true
        }
        FieldType::List(element_type) => {
            value
                .as_array()
                .unwrap_or_else(|| panic!("{list}: {name}"))
                .iter()
                .for_each(|element| check_value(list, name, element_type, element));
            true
        }
    };
    assert!(is_valid, "{list}: {name} is not of type {field_type:?}: {value}");
}

#[test]
fn references_match_the_records_that_they_refer_to() {
    let records = seeded(2, now());
    let mut followed = BTreeSet::new();
    for (list, table) in lists(&records) {
        let schema = type_of(type_of_list(list).unwrap()).unwrap();
        for record in table.values() {
            let owner = record.as_object().unwrap();
            for (name, value) in owner {
                let field_type = schema.fields.get(name).map(|field| &field.field_type);
                match field_type {
                    Some(FieldType::Reference(reference)) => {
                        follow(&records, list, name, reference, value, owner, &mut followed)
                    }
                    Some(FieldType::List(element_type)) => {
                        for element in value.as_array().unwrap() {
                            match &**element_type {
                                FieldType::Reference(reference) => {
                                    follow(&records, list, name, reference, element, owner, &mut followed)
                                }
                                FieldType::Object(inner) => {
                                    for (name, value) in element.as_object().unwrap() {
                                        if let Some(FieldType::Reference(reference)) =
                                            type_of(inner).unwrap().fields.get(name).map(|field| &field.field_type)
                                        {
                                            follow(&records, list, name, reference, value, owner, &mut followed);
                                        }
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    // The types of the references that were checked.
    assert!(followed.len() > 40, "{followed:?}");
}

/// Reference types whose records no endpoint lists.
const WITHOUT_LIST: [&str; 5] = [
    "CurrencyCodeReference",
    "DocumentTypeReference",
    "LocaleReference",
    "OpportunityPriorityReference",
    "SicCodeReference",
];

/// Checks that a reference names an existing record, and has its fields and its link.
fn follow<'a>(
    records: &Records,
    list: &str,
    name: &str,
    reference: &'a str,
    value: &Value,
    owner: &Map<String, Value>,
    followed: &mut BTreeSet<&'a str>,
) {
    // Observed on live servers: some references without a value are `{}`.
    if value == &Value::Object(Map::new()) {
        return;
    }
    let Some(target) = target_of(reference) else {
        assert!(WITHOUT_LIST.contains(&reference), "{list}: the list that {name} refers to is unknown: {reference}");
        return;
    };
    // The id in the path is in a field of the owner, in the path of its list, or is the owner's own id (company sites).
    // Otherwise the link tells: the site of a purchase order's vendor is one of the vendor.
    let linked = || {
        let link = value["_info"][link_of(reference)?].as_str()?.strip_prefix(LINK_BASE)?;
        link.rsplit_once('/').map(|(list, _)| list.to_owned())
    };
    let path = resolve_path(target, owner)
        .or_else(|| target_path(target, &format!("{list}/{}", owner["id"])))
        .or_else(linked)
        .unwrap_or_else(|| panic!("{list}: {name}: {owner:?}"));
    let id = value["id"].as_i64().unwrap();
    // Service tickets and project tickets have one type of reference.
    let is_project_ticket = reference == "TicketReference" && records.contains("project/tickets", id);
    let path = if is_project_ticket { "/project/tickets".to_owned() } else { path };
    let record = records
        .get(&key(&path), id)
        .unwrap_or_else(|| panic!("{list}: {name} refers to a record that does not exist: {value}"));
    let mut fields = value.as_object().unwrap().clone();
    let info = fields.remove("_info");
    if let Some(link) = link_of(reference) {
        assert_eq!(info.unwrap()[link], href(&format!("{}/{id}", path.trim_end_matches('/'))), "{list}: {name}");
    }
    assert_eq!(fields, reference_fields(reference, id, record.as_object().unwrap()), "{list}: {name}");
    followed.insert(reference);
}

/// Returns `/company/companies/5/sites` for `/company/companies/{company}/sites` and a list under
/// `company/companies/5`.
fn target_path(target: &str, list: &str) -> Option<String> {
    let (start, end) = (target.find('{')?, target.find('}')?);
    let id = list.strip_prefix(target.get(1..start)?)?.split('/').next()?;
    Some(format!("{}{id}{}", target.get(..start)?, target.get(end + 1..)?))
}

#[test]
fn exactly_the_tickets_with_a_closed_status_are_closed_and_have_a_closing_date() {
    let records = seeded(1, now());
    for list in ["service/tickets", "project/tickets"] {
        for ticket in records.collection(list).unwrap().records.values() {
            let status = records
                .get(
                    &format!("service/boards/{}/statuses", ticket["board"]["id"]),
                    ticket["status"]["id"].as_i64().unwrap(),
                )
                .unwrap();
            assert_eq!(status["closedStatus"], ticket["closedFlag"], "{ticket}");
            assert_eq!(ticket.get("closedDate").is_some(), ticket["closedFlag"] == true, "{ticket}");
        }
    }
}

#[test]
fn ids_ascend_with_the_entry_dates_and_nothing_has_happened_in_the_future() {
    // At night, on a weekend, and one minute after the start of a working day.
    for now in ["2026-06-10T02:00:00Z", "2026-06-14T18:00:00Z", "2026-06-10T13:01:00Z"] {
        let now: DateTime<Utc> = now.parse().unwrap();
        let records = seeded_without_completion(1, now);
        for (list, records) in lists(&records) {
            // Lists of references have the ids of other lists.
            if type_of_list(list).unwrap().ends_with("Reference") {
                continue;
            }
            let mut last = String::new();
            for (id, record) in records.iter().map(|(id, record)| (id, record.value())) {
                let date = |name: &str| {
                    record["_info"][name].as_str().unwrap_or_else(|| panic!("{list}: {name} is missing")).to_owned()
                };
                let (entered, updated) = (date("dateEntered"), date("lastUpdated"));
                assert!(entered >= last, "{list}: {id} was entered at {entered}, but an earlier id at {last}");
                assert!(
                    updated >= entered && updated.parse::<DateTime<Utc>>().unwrap() <= now,
                    "{list}: {id}: {entered} {updated}"
                );
                assert!(!date("enteredBy").is_empty() && !date("updatedBy").is_empty());
                last = entered;
            }
        }
        for ticket in records.collection("service/tickets").unwrap().records.values() {
            for name in ["closedDate", "dateResponded"] {
                if let Some(date) = ticket.get(name).and_then(Value::as_str) {
                    assert!(
                        date >= ticket["_info"]["dateEntered"].as_str().unwrap()
                            && date.parse::<DateTime<Utc>>().unwrap() <= now,
                        "{name} {ticket}"
                    );
                }
            }
        }
    }
}

#[test]
fn ticket_hours_are_the_sum_of_the_time_entries() {
    let records = seeded(1, now());
    let mut worked: BTreeMap<i64, f64> = BTreeMap::new();
    for entry in records.collection("time/entries").unwrap().records.values() {
        *worked.entry(entry["chargeToId"].as_i64().unwrap()).or_default() += entry["actualHours"].as_f64().unwrap();
    }
    for ticket in records.collection("service/tickets").unwrap().records.values() {
        let id = ticket["id"].as_i64().unwrap();
        assert_eq!(ticket["actualHours"].as_f64(), Some(worked.get(&id).copied().unwrap_or_default()), "{id}");
    }
}
