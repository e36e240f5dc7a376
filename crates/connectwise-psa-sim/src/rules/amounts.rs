//! Amounts. Those of a line follow its quantity, and sums follow their lines: the hours of a ticket its time entries,
//! the total of an invoice its products and payments. Amounts and hours have two decimals.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::related::{owner_of, target};
use crate::access::list_all;
use crate::data_table::Table;
use crate::records::{JsonObject, into_object};
use crate::schema::{path_pattern, record_type};
use crate::server_state::RequestContext;
use crate::store::Key;

/// The sums, as CSV: the list of the lines, the field of a line that refers to the record with the sum (`owner` for the
/// record that the list is under), the field of the line, and the field with the sum.
static SUMS: LazyLock<Table<3>> = LazyLock::new(|| Table::read(include_str!("../../data/sums.csv")));

struct Sum {
    lines: &'static str,
    parent: &'static str,
    value: &'static str,
    sum: &'static str,
}

static ROWS: LazyLock<Vec<Sum>> =
    LazyLock::new(|| SUMS.lines().map(|(lines, [parent, value, sum])| Sum { lines, parent, value, sum }).collect());

/// Returns the number in a field. A number in a text counts.
pub(crate) fn number(record: &JsonObject, field: &str) -> Option<f64> {
    match record.get(field)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Returns an amount or hours, rounded to two decimals, so that sums have no binary fractions.
pub(crate) fn cents(value: f64) -> Value {
    let rounded = (value * 100.0).round() / 100.0;
    // -0.0 is not equal to 0.0 in text.
    json!(if rounded == 0.0 { 0.0 } else { rounded })
}

/// Sets the amounts that follow from other fields of the same record.
pub(crate) fn derive_fields(list: &str, record: &mut JsonObject) {
    let value = |field: &str| number(record, field).unwrap_or_default();
    let derived = match path_pattern(list).as_str() {
        "finance/agreements/*/additions" => {
            let billed = (value("quantity") - value("lessIncluded")).max(0.0);
            let (cost, price) = (billed * value("unitCost"), billed * value("unitPrice"));
            vec![("billedQuantity", billed), ("extCost", cost), ("extPrice", price), ("margin", price - cost)]
        }
        "procurement/products" => {
            let quantity = (value("quantity") - value("quantityCancelled")).max(0.0);
            let (cost, price) = (quantity * value("cost"), quantity * value("price"));
            vec![("extCost", cost), ("extPrice", price), ("margin", price - cost)]
        }
        "procurement/purchaseorders/*/lineitems" => vec![("extCost", value("quantity") * value("unitCost"))],
        "procurement/purchaseorders" => {
            let parts = ["subTotal", "salesTax", "freightCost", "freightTaxTotal"];
            vec![("total", parts.into_iter().map(value).sum())]
        }
        "sales/orders" => vec![("total", value("subTotal") + value("taxTotal"))],
        "finance/invoices" => derived_of_invoice(record),
        _ => return,
    };
    for (field, amount) in derived {
        record.insert(field.to_owned(), cents(amount));
    }
}

/// The parts of the subtotal of an invoice.
const INVOICE_PARTS: [&str; 5] =
    ["serviceTotal", "productTotal", "expenseTotal", "agreementAmount", "serviceAdjustmentAmount"];

/// Returns the sums of an invoice. An invoice may have a subtotal without parts.
fn derived_of_invoice(invoice: &JsonObject) -> Vec<(&'static str, f64)> {
    let value = |field: &str| number(invoice, field).unwrap_or_default();
    let parts = INVOICE_PARTS.into_iter().filter_map(|part| number(invoice, part));
    let has_parts = parts.clone().any(|part| part != 0.0);
    let subtotal = number(invoice, "subtotal").unwrap_or_else(|| {
        if has_parts { parts.sum() } else { number(invoice, "total").map_or(0.0, |total| total - value("salesTax")) }
    });
    let total = subtotal + value("salesTax");
    vec![("subtotal", subtotal), ("total", total), ("balance", total - value("payments") - value("credits"))]
}

/// Removes the subtotal of a changed invoice if a part of it has changed, unless the request changed the subtotal too,
/// so that it is calculated again.
pub(crate) fn invalidate_derived(list: &str, before: &JsonObject, record: &mut JsonObject) {
    let differs = |name: &str| before.get(name) != record.get(name);
    if list == "finance/invoices" && INVOICE_PARTS.into_iter().any(differs) && !differs("subtotal") {
        record.remove("subtotal");
    }
}

/// Returns whether the records of a list are lines of a sum.
pub(crate) fn are_lines(list: &str) -> bool {
    let pattern = path_pattern(list);
    ROWS.iter().any(|row| row.lines == pattern)
}

/// A change of a sum.
#[derive(Debug, PartialEq)]
struct Difference {
    list: Key,
    id: i64,
    sum: &'static str,
    amount: f64,
}

/// Changes the sums of which a line is part, after the line was added, changed, moved or deleted. Live servers may
/// update `lastUpdated` of the record with the sum and send callbacks for it; whether they do is not known.
pub(crate) fn update_sums(
    ctx: &mut RequestContext<'_>,
    list: &str,
    before: Option<&JsonObject>,
    after: Option<&JsonObject>,
) {
    let pattern = path_pattern(list);
    let mut differences: Vec<Difference> = Vec::new();
    for row in ROWS.iter().filter(|row| row.lines == pattern) {
        for (line, sign) in [(before, -1.0), (after, 1.0)] {
            if let Some(line) = line
                && let Some((list, id)) = parent_of(ctx, list, line, row.parent)
            {
                let amount = sign * value_of(&pattern, line, row.value);
                match differences.iter_mut().find(|other| other.list == list && other.id == id && other.sum == row.sum)
                {
                    Some(other) => other.amount += amount,
                    None => differences.push(Difference { list, id, sum: row.sum, amount }),
                }
            }
        }
    }
    for Difference { list, id, sum, amount } in differences.into_iter().filter(|difference| difference.amount != 0.0) {
        let Some(mut record) = ctx.state.records.get(&list, id).map(into_object) else { continue };
        // A record that was written to the store with its lines, but without the sum.
        if !record.contains_key(sum) && amount < 0.0 {
            continue;
        }
        let total = number(&record, sum).unwrap_or_default() + amount;
        record.insert(sum.to_owned(), cents(total));
        derive_fields(&list, &mut record);
        ctx.state.records.put(&list, id, record);
    }
}

/// Subtracts the lines of the record `id` of a list from the sums of its copy. Lines that are copied later are added to
/// the copy again.
pub(crate) fn subtract_lines(ctx: &RequestContext<'_>, list: &str, id: i64, copy: &mut JsonObject) {
    for row in ROWS.iter() {
        if !copy.contains_key(row.sum) {
            continue;
        }
        let lines = match row.lines.split_once("/*/") {
            Some((owner, rest)) if owner == list => format!("{list}/{id}/{rest}"),
            Some(_) => continue,
            None => row.lines.to_owned(),
        };
        let is_line = |line: &JsonObject| {
            parent_of(ctx, &lines, line, row.parent).is_some_and(|(of, parent)| of == list && parent == id)
        };
        let lines = list_all(ctx, &lines).into_iter().map(|(_, line)| line).filter(is_line);
        let total: f64 = lines.map(|line| value_of(row.lines, &line, row.value)).sum();
        if total != 0.0 {
            let rest = number(copy, row.sum).unwrap_or_default() - total;
            copy.insert(row.sum.to_owned(), cents(rest));
        }
    }
}

/// Returns the list and the id of the record with the sum.
fn parent_of(ctx: &RequestContext<'_>, list: &str, line: &JsonObject, parent: &str) -> Option<(Key, i64)> {
    if parent == "owner" {
        return owner_of(list).map(|(list, id)| (list.to_owned(), id));
    }
    target(ctx, record_type(list)?, line, parent)
}

/// Returns the value of a line. Cancelled lines do not count.
fn value_of(lines: &str, line: &JsonObject, field: &str) -> f64 {
    let is_cancelled = match lines {
        "finance/agreements/*/additions" => line.get("agreementStatus").and_then(Value::as_str) == Some("Cancelled"),
        "procurement/products" => line.get("cancelledFlag") == Some(&Value::Bool(true)),
        _ => false,
    };
    if is_cancelled { 0.0 } else { number(line, field).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{FieldType, type_of};

    #[test]
    fn the_data_names_lists_and_fields() {
        for row in ROWS.iter() {
            let line = record_type(&row.lines.replace('*', "1")).and_then(type_of).unwrap();
            assert!(line.fields.contains_key(row.value), "{} {}", row.lines, row.value);
            let parent = match line.fields.get(row.parent).map(|field| &field.field_type) {
                Some(FieldType::Reference(name)) => name.trim_end_matches("Reference"),
                _ => {
                    assert_eq!(row.parent, "owner", "{}", row.lines);
                    record_type(owner_of(&row.lines.replace('*', "1")).unwrap().0).unwrap()
                }
            };
            let parent = match parent {
                "SalesOrder" => "Order",
                other => other,
            };
            let schema = type_of(parent).unwrap_or_else(|| panic!("{} {}: no type {parent}", row.lines, row.parent));
            assert!(schema.fields.contains_key(row.sum), "{parent}.{}", row.sum);
        }
    }

    #[test]
    fn amounts_have_two_decimals() {
        for (value, expected) in [(0.1 + 0.2, "0.3"), (19.99 * 3.0, "59.97"), (-0.001, "0.0"), (2.0 / 3.0, "0.67")] {
            assert_eq!(cents(value).to_string(), expected);
        }
    }

    #[test]
    fn amounts_of_records_follow_their_other_fields() {
        for (list, record, expected) in [
            (
                "finance/agreements/1/additions",
                json!({"quantity": 3, "lessIncluded": 1, "unitPrice": 19.99, "unitCost": "10.1", "extPrice": 1}),
                json!({"billedQuantity": 2.0, "extPrice": 39.98, "extCost": 20.2, "margin": 19.78}),
            ),
            (
                "procurement/products",
                json!({"quantity": 3, "price": 0.1, "cost": 0.2}),
                json!({"extPrice": 0.3, "extCost": 0.6, "margin": -0.3}),
            ),
            (
                "procurement/purchaseorders/1/lineitems",
                json!({"quantity": 2, "unitCost": 1.25}),
                json!({"extCost": 2.5}),
            ),
            (
                "procurement/purchaseorders",
                json!({"subTotal": 10, "salesTax": 1.5, "freightCost": 2}),
                json!({"total": 13.5}),
            ),
            ("sales/orders", json!({"subTotal": 10, "taxTotal": 2}), json!({"total": 12.0})),
            (
                "finance/invoices",
                json!({"serviceTotal": 10, "productTotal": 5.5, "salesTax": 1, "payments": 6}),
                json!({"subtotal": 15.5, "total": 16.5, "balance": 10.5}),
            ),
            ("finance/invoices", json!({"salesTax": 2}), json!({"subtotal": 0.0, "total": 2.0})),
            ("finance/invoices", json!({"total": 20}), json!({"subtotal": 20.0, "total": 20.0, "balance": 20.0})),
            ("finance/invoices", json!({"subtotal": 20, "serviceTotal": 5}), json!({"subtotal": 20.0, "total": 20.0})),
        ] {
            let mut derived = into_object(record.clone());
            derive_fields(list, &mut derived);
            for (field, value) in expected.as_object().unwrap() {
                assert_eq!(derived.get(field), Some(value), "{list} {record}: {field}");
            }
        }
    }
}
