//! Amounts. Those of a line follow its quantity, and sums follow their lines: the hours of a ticket its time entries,
//! the total of an invoice its products and payments. Amounts and hours have two decimals.
//!
//! A sum is calculated from all its lines whenever one of them changes, and is rounded once. A request cannot set the sum
//! of a record that has lines.

use std::sync::LazyLock;

use connectwise_psa_core::rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::related::{list_of, owner_of, target};
use crate::data_table::Table;
use crate::records::{JsonObject, into_object};
use crate::schema::{FieldType, path_pattern, record_type, target_of, type_of};
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::store::{Key, id_sequence};

/// The sums, as CSV: the list of the lines, the field of a line that refers to the record with the sum (`owner` for the
/// record that the list is under), the field of the line, the field with the sum, and whether requests may set the sum
/// of a record without lines.
static SUMS: LazyLock<Table<4>> = LazyLock::new(|| Table::read(include_str!("../../data/sums.csv")));

/// The lines that do not count: the list, a field, and its values.
const NOT_COUNTED: [(&str, &str, &[&str]); 4] = [
    ("finance/agreements/*/additions", "agreementStatus", &["Cancelled"]),
    ("finance/agreements/*/additions", "billCustomer", &["DoNotBill", "NoCharge"]),
    ("procurement/products", "cancelledFlag", &["true"]),
    ("procurement/products", "billableOption", &["DoNotBill", "NoCharge"]),
];

/// The highest amount, about the highest one of the type `money` of databases. Higher amounts count as this one, so sums
/// never overflow.
const LIMIT: f64 = 1e15;

const INVOICES: &str = "finance/invoices";

struct Sum {
    lines: &'static str,
    parent: &'static str,
    value: &'static str,
    sum: &'static str,
    is_settable: bool,
    /// The pattern of the lists of the records with the sum.
    parents: String,
}

static ROWS: LazyLock<Vec<Sum>> = LazyLock::new(|| {
    let row = |(lines, [parent, value, sum, settable]): (&'static str, &[&'static str; 4])| {
        Some(Sum { lines, parent, value, sum, is_settable: *settable == "yes", parents: parents_of(lines, parent)? })
    };
    SUMS.lines().filter_map(row).collect()
});

/// Returns the pattern of the lists that a field of lines refers to.
fn parents_of(lines: &str, parent: &str) -> Option<String> {
    if parent == "owner" {
        return lines.rsplit_once("/*/").map(|(owners, _)| owners.to_owned());
    }
    match &type_of(record_type(lines)?)?.fields.get(parent)?.field_type {
        FieldType::Reference(reference) => target_of(reference).map(path_pattern),
        _ => None,
    }
}

/// Returns the number in a field. A number in a text counts.
pub(crate) fn number(record: &JsonObject, field: &str) -> Option<f64> {
    number_in(record.get(field)?)
}

fn number_in(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Returns an amount or hours, rounded to two decimals, so that sums have no binary fractions.
pub(crate) fn cents(value: f64) -> Value {
    rounded(decimal(value))
}

/// Returns the decimal that a number is the nearest binary fraction of, within the limits of amounts.
fn decimal(value: f64) -> Decimal {
    let bounded = if value.is_nan() { 0.0 } else { value.clamp(-LIMIT, LIMIT) };
    bounded.to_string().parse().unwrap_or_default()
}

fn rounded(amount: Decimal) -> Value {
    let text = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).to_string();
    let number = text.parse().unwrap_or(0.0_f64).clamp(-LIMIT, LIMIT);
    // -0.0 is not equal to 0.0 in text.
    json!(if number == 0.0 { 0.0 } else { number })
}

/// Sets the amounts that follow from other fields of the same record.
pub(crate) fn derive_fields(list: &str, record: &mut JsonObject) {
    let value = |field: &str| number(record, field).unwrap_or_default();
    let derived = match path_pattern(list).as_str() {
        "finance/agreements/*/additions" => {
            let billed = remaining(value("quantity"), value("lessIncluded"));
            let (cost, price) = (billed * value("unitCost"), billed * value("unitPrice"));
            vec![("billedQuantity", billed), ("extCost", cost), ("extPrice", price), ("margin", price - cost)]
        }
        "procurement/products" => {
            let quantity = remaining(value("quantity"), value("quantityCancelled"));
            let (cost, price) = (quantity * value("cost"), quantity * value("price"));
            vec![("extCost", cost), ("extPrice", price), ("margin", price - cost)]
        }
        "procurement/purchaseorders/*/lineitems" => vec![("extCost", value("quantity") * value("unitCost"))],
        "procurement/purchaseorders" => {
            let parts = ["subTotal", "salesTax", "freightCost", "freightTaxTotal"];
            vec![("total", parts.into_iter().map(value).sum())]
        }
        "sales/orders" => vec![("total", value("subTotal") + value("taxTotal"))],
        INVOICES => derived_of_invoice(record),
        _ => return,
    };
    for (field, amount) in derived {
        record.insert(field.to_owned(), cents(amount));
    }
}

/// Returns what remains of a quantity. A negative quantity is a credit, of which nothing is subtracted.
fn remaining(quantity: f64, subtracted: f64) -> f64 {
    if quantity < 0.0 { quantity } else { (quantity - subtracted).max(0.0) }
}

/// The parts of the subtotal of an invoice.
const INVOICE_PARTS: [&str; 5] =
    ["serviceTotal", "productTotal", "expenseTotal", "agreementAmount", "serviceAdjustmentAmount"];

/// Returns the sum of the parts of an invoice.
fn sum_of_parts(invoice: &JsonObject) -> f64 {
    INVOICE_PARTS.into_iter().filter_map(|part| number(invoice, part)).sum()
}

/// Returns the sums of an invoice. An invoice without parts may have a subtotal, or a total only.
fn derived_of_invoice(invoice: &JsonObject) -> Vec<(&'static str, f64)> {
    let value = |field: &str| number(invoice, field).unwrap_or_default();
    let subtotal = if INVOICE_PARTS.into_iter().any(|part| value(part) != 0.0) {
        sum_of_parts(invoice)
    } else {
        number(invoice, "subtotal")
            .or_else(|| number(invoice, "total").map(|total| total - value("salesTax")))
            .unwrap_or_default()
    };
    let total = subtotal + value("salesTax");
    vec![("subtotal", subtotal), ("total", total), ("balance", total - value("payments") - value("credits"))]
}

/// Calculates the subtotal of a changed invoice again if a part of it has changed, unless the request changed the
/// subtotal too.
pub(crate) fn invalidate_derived(list: &str, before: &JsonObject, record: &mut JsonObject) {
    let differs = |name: &str| before.get(name) != record.get(name);
    if list == INVOICES && INVOICE_PARTS.into_iter().any(differs) && !differs("subtotal") {
        record.insert("subtotal".to_owned(), cents(sum_of_parts(record)));
    }
}

/// Returns whether the records of a list have sums, or are lines of one.
pub(crate) fn are_concerned(list: &str) -> bool {
    let (lines, parents) = (path_pattern(list), id_sequence(list));
    ROWS.iter().any(|row| row.lines == lines || row.parents == parents)
}

/// A sum of one record that must be calculated.
struct SumOf {
    row: &'static Sum,
    list: Key,
    id: i64,
}

/// Calculates the sums of which a line is part, after the line was added, changed, moved or deleted. Live servers may
/// update `lastUpdated` of the record with the sum and send callbacks for it; whether they do is not known.
pub(crate) fn update_sums(
    ctx: &mut RequestContext<'_>,
    list: &str,
    before: Option<&JsonObject>,
    after: Option<&JsonObject>,
) {
    let changed = changed_sums(ctx, list, before, after);
    if changed.is_empty() {
        return;
    }
    let totals = totals(ctx, list, &changed);
    for (SumOf { row, list, id }, total) in changed.into_iter().zip(totals) {
        let Some(mut record) = ctx.state.records.get(&list, id).map(into_object) else { continue };
        let total = rounded(total.unwrap_or_default());
        if record.get(row.sum) == Some(&total) {
            continue;
        }
        record.insert(row.sum.to_owned(), total);
        if list == INVOICES && INVOICE_PARTS.contains(&row.sum) {
            record.insert("subtotal".to_owned(), cents(sum_of_parts(&record)));
        }
        derive_fields(&list, &mut record);
        ctx.state.records.put(&list, id, record);
    }
}

/// Returns the sums to which a line contributes differently than before.
fn changed_sums(
    ctx: &RequestContext<'_>,
    list: &str,
    before: Option<&JsonObject>,
    after: Option<&JsonObject>,
) -> Vec<SumOf> {
    let pattern = path_pattern(list);
    let mut changed: Vec<SumOf> = Vec::new();
    for row in ROWS.iter().filter(|row| row.lines == pattern) {
        let contribution = |line: Option<&JsonObject>| {
            let (list, id) = parent_of(ctx, list, line?, row.parent)?;
            Some((list, id, value_of(row, |field| line?.get(field).cloned())))
        };
        let (before, after) = (contribution(before), contribution(after));
        if before == after {
            continue;
        }
        for (list, id, _) in before.into_iter().chain(after) {
            if !changed.iter().any(|other| other.row.sum == row.sum && other.list == list && other.id == id) {
                changed.push(SumOf { row, list, id });
            }
        }
    }
    changed
}

/// Sets the sums of a record before it is stored: those of its lines, whatever the request says. Without lines, a request
/// may set some of them; the others keep the values that they have.
pub(crate) fn set_sums(
    ctx: &RequestContext<'_>,
    list: &str,
    id: Option<i64>,
    before: Option<&JsonObject>,
    record: &mut JsonObject,
) {
    let parents = id_sequence(list);
    for row in ROWS.iter().filter(|row| row.parents == parents) {
        let stored = before.and_then(|before| before.get(row.sum));
        if record.get(row.sum) == stored {
            continue;
        }
        let total = id.and_then(|id| {
            let lines = match row.lines.strip_prefix(&parents).and_then(|rest| rest.strip_prefix("/*/")) {
                Some(rest) => format!("{list}/{id}/{rest}"),
                None => row.lines.to_owned(),
            };
            totals(ctx, &lines, &[SumOf { row, list: list.to_owned(), id }]).pop().flatten()
        });
        match total {
            Some(total) => _ = record.insert(row.sum.to_owned(), rounded(total)),
            None if row.is_settable => {}
            None => _ = record.insert(row.sum.to_owned(), stored.cloned().unwrap_or_else(|| json!(0.0))),
        }
    }
}

/// Returns each sum of lines of a list, exactly; `None` if it has no lines. Reads the lines once for all sums, without
/// unpacking those of other records.
fn totals(ctx: &RequestContext<'_>, lines: &str, sums: &[SumOf]) -> Vec<Option<Decimal>> {
    let type_name = record_type(lines).unwrap_or_default();
    // Whether the id alone decides: a project ticket may have the id of a service ticket, and a phase that of a phase of
    // another project.
    let is_unique = |sum: &SumOf| {
        sum.row.parent == "owner"
            || list_of(type_name, &JsonObject::new(), sum.row.parent).as_deref() == Some(&*sum.list)
    };
    let mut found: Vec<(&SumOf, bool, Option<Decimal>)> = sums.iter().map(|sum| (sum, is_unique(sum), None)).collect();
    let collection = ctx.state.records.collection(lines);
    for (_, line) in collection.into_iter().flat_map(|collection| collection.records.iter()) {
        for (sum, is_unique, total) in &mut found {
            if !refers_to(ctx, lines, line, sum, *is_unique) {
                continue;
            }
            let value = value_of(sum.row, |field| line.get(field).map(Node::value));
            *total = Some(total.unwrap_or_default().saturating_add(value));
        }
    }
    found.into_iter().map(|(.., total)| total).collect()
}

/// Returns whether a line is part of a sum.
fn refers_to(ctx: &RequestContext<'_>, lines: &str, line: Node<'_>, sum: &SumOf, is_unique: bool) -> bool {
    if sum.row.parent == "owner" {
        return true;
    }
    if line.reference_id(sum.row.parent) != Some(sum.id) {
        return false;
    }
    is_unique
        || parent_of(ctx, lines, &into_object(line.value()), sum.row.parent)
            .is_some_and(|(list, id)| list == sum.list && id == sum.id)
}

/// Returns the list and the id of the record with the sum.
fn parent_of(ctx: &RequestContext<'_>, list: &str, line: &JsonObject, parent: &str) -> Option<(Key, i64)> {
    if parent == "owner" {
        return owner_of(list).map(|(list, id)| (list.to_owned(), id));
    }
    target(ctx, record_type(list)?, line, parent)
}

/// Returns what a line with the given fields contributes to a sum.
fn value_of(row: &Sum, field: impl Fn(&str) -> Option<Value>) -> Decimal {
    let is_one_of = |name: &str, values: &[&str]| match field(name) {
        Some(Value::String(text)) => values.iter().any(|value| value.eq_ignore_ascii_case(&text)),
        Some(Value::Bool(flag)) => values.contains(&if flag { "true" } else { "false" }),
        _ => false,
    };
    if NOT_COUNTED.iter().any(|(lines, name, values)| *lines == row.lines && is_one_of(name, values)) {
        return Decimal::ZERO;
    }
    field(row.value).as_ref().and_then(number_in).map(decimal).unwrap_or_default()
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
        for (value, expected) in [
            (0.1 + 0.2, "0.3"),
            (19.99 * 3.0, "59.97"),
            (-0.001, "0.0"),
            (2.0 / 3.0, "0.67"),
            (1.005, "1.01"),
            (1e308, "1000000000000000.0"),
            (f64::NAN, "0.0"),
        ] {
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
            ("finance/invoices", json!({"subtotal": 20, "serviceTotal": 5}), json!({"subtotal": 5.0, "total": 5.0})),
            (
                "finance/agreements/1/additions",
                json!({"quantity": -5, "lessIncluded": 1, "unitPrice": 2}),
                json!({"billedQuantity": -5.0, "extPrice": -10.0}),
            ),
            ("procurement/products", json!({"quantity": 1e308, "price": 1e308}), json!({"extPrice": 1e15})),
        ] {
            let mut derived = into_object(record.clone());
            derive_fields(list, &mut derived);
            for (field, value) in expected.as_object().unwrap() {
                assert_eq!(derived.get(field), Some(value), "{list} {record}: {field}");
            }
        }
    }
}
