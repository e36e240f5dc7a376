//! Tests that sums agree with what they are made of.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{now, seeded};
use crate::store::Records;

/// Returns the sum of a field of the records of a list, by the id of the record that another field refers to.
fn sums(records: &Records, list: &str, field: &str, by: &str) -> BTreeMap<i64, f64> {
    let mut sums = BTreeMap::new();
    for record in records.collection(list).unwrap().records.values() {
        if let Some(id) = record[by]["id"].as_i64() {
            *sums.entry(id).or_default() += record[field].as_f64().unwrap();
        }
    }
    sums
}

/// Returns a field of the records of a list, by their ids.
fn fields(records: &Records, list: &str, field: &str) -> BTreeMap<i64, f64> {
    let records = records.collection(list).unwrap().records.values();
    records.map(|record| (record["id"].as_i64().unwrap(), record[field].as_f64().unwrap())).collect()
}

/// Asserts that two maps have the same keys, and the same values to a thousandth.
fn assert_equal(found: &BTreeMap<i64, f64>, expected: &BTreeMap<i64, f64>) {
    assert!(!expected.is_empty() && found.keys().eq(expected.keys()), "{found:?} {expected:?}");
    assert!(found.iter().all(|(id, value)| (value - expected[id]).abs() < 0.001), "{found:?} {expected:?}");
}

#[test]
fn sheets_and_reports_have_the_sums_and_the_status_of_their_entries() {
    let records = seeded(2, now());
    for (sheets, sum, entries, part, field) in [
        ("time/sheets", "hours", "time/entries", "actualHours", "timeSheet"),
        ("expense/reports", "total", "expense/entries", "amount", "expenseReport"),
    ] {
        assert_equal(&fields(&records, sheets, sum), &sums(&records, entries, part, field));
        for entry in records.collection(entries).unwrap().records.values() {
            let sheet = records.get(sheets, entry[field]["id"].as_i64().unwrap()).unwrap();
            assert_eq!(
                (&entry["status"], &entry["member"]["id"]),
                (&sheet["status"], &sheet["member"]["id"]),
                "{entry}"
            );
            let date = entry.get("timeEnd").or(entry.get("date")).and_then(Value::as_str).unwrap();
            assert!(sheet["dateStart"].as_str().unwrap() <= date, "{entry}");
            assert!(date.get(..10) <= sheet["dateEnd"].as_str().unwrap().get(..10), "{entry}");
        }
        let statuses: Vec<_> =
            records.collection(sheets).unwrap().records.values().map(|sheet| sheet["status"].clone()).collect();
        for status in ["Open", "PendingApproval", "ApprovedByTierOne"] {
            assert!(statuses.iter().any(|found| found == status), "{sheets}: {status}");
        }
    }
}

#[test]
fn sales_orders_have_the_sums_and_the_ids_of_their_products() {
    let records = seeded(2, now());
    let products = sums(&records, "procurement/products", "extPrice", "salesOrder");
    assert_equal(&fields(&records, "sales/orders", "subTotal"), &products);
    assert_equal(&fields(&records, "sales/orders", "total"), &products);
    for order in records.collection("sales/orders").unwrap().records.values() {
        let ids: Vec<i64> = order["productIds"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect();
        assert_eq!(ids.len(), 2, "{order}");
        for id in ids {
            let product = records.get("procurement/products", id).unwrap();
            assert_eq!(product["salesOrder"]["id"], order["id"]);
            assert_eq!(product["opportunity"]["id"], order["opportunity"]["id"]);
        }
    }
    for product in records.collection("procurement/products").unwrap().records.values() {
        let amount = |field: &str| product[field].as_f64().unwrap();
        for (ext, each) in [("extPrice", "price"), ("extCost", "cost")] {
            assert!((amount(ext) - amount(each) * amount("quantity")).abs() < 0.001, "{product}");
        }
        assert!((amount("margin") - amount("extPrice") + amount("extCost")).abs() < 0.001, "{product}");
        let owners = ["opportunity", "ticket", "project"];
        assert_eq!(owners.iter().filter(|field| product.get(**field).is_some()).count(), 1, "{product}");
    }
}

#[test]
fn projects_and_phases_have_the_hours_of_their_time_entries() {
    let records = seeded(1, now());
    let worked = sums(&records, "time/entries", "actualHours", "project");
    assert_equal(&fields(&records, "project/projects", "actualHours"), &worked);
    let of_phases = sums(&records, "time/entries", "actualHours", "phase");
    for project in worked.keys() {
        for phase in records.collection(&format!("project/projects/{project}/phases")).unwrap().records.values() {
            let hours = of_phases.get(&phase["id"].as_i64().unwrap()).copied().unwrap_or_default();
            assert_eq!(phase["actualHours"].as_f64(), Some(hours), "{phase}");
        }
    }
    let of_tickets = sums(&records, "time/entries", "actualHours", "ticket");
    for (ticket, hours) in fields(&records, "project/tickets", "actualHours") {
        assert_eq!(hours, of_tickets.get(&ticket).copied().unwrap_or_default(), "{ticket}");
    }
}
