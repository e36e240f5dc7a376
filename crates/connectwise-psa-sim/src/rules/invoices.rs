//! Invoices: their numbers and when they are due. How live servers number invoices is not known; that the billing terms
//! determine the date follows from their field `dueDays`.

use chrono::Duration;
use serde_json::Value;

use super::amounts::number;
use super::related::referred;
use crate::records::JsonObject;
use crate::records::check::parse_timestamp;
use crate::server_state::RequestContext;
use crate::store::timestamp;

pub(super) const INVOICES: &str = "finance/invoices";
const DUE: &str = "dueDate";

/// Sets the number of a new invoice, one more than the highest number of the others, and the date on which an invoice
/// is due, where it has none.
pub(super) fn derive_fields(ctx: &RequestContext<'_>, list: &str, invoice: &mut JsonObject) {
    if list != INVOICES {
        return;
    }
    if !invoice.contains_key("invoiceNumber") {
        invoice.insert("invoiceNumber".to_owned(), Value::from(next_number(ctx)));
    }
    let date = invoice.get("date").and_then(Value::as_str).and_then(parse_timestamp);
    let days = referred(ctx, "Invoice", invoice, "billingTerms").and_then(|terms| number(&terms, "dueDays"));
    let due = date.zip(days).and_then(|(date, days)| date.checked_add_signed(Duration::try_days(days as i64)?));
    if let Some(due) = due.filter(|_| !invoice.contains_key(DUE)) {
        invoice.insert(DUE.to_owned(), Value::from(timestamp(due)));
    }
}

/// Removes the date on which a changed invoice is due if its date or its billing terms have changed, unless the request
/// changed it too, so that it is calculated again.
pub(super) fn invalidate_derived(list: &str, before: &JsonObject, invoice: &mut JsonObject) {
    let differs = |name: &str| before.get(name) != invoice.get(name);
    if list == INVOICES && ["date", "billingTerms"].into_iter().any(differs) && !differs(DUE) {
        invoice.remove(DUE);
    }
}

fn next_number(ctx: &RequestContext<'_>) -> String {
    let invoices = ctx.state.records.collection(INVOICES);
    let numbers = invoices.into_iter().flat_map(|list| list.records.iter());
    let highest = numbers.filter_map(|(_, invoice)| invoice.text("invoiceNumber")?.parse::<u64>().ok()).max();
    highest.unwrap_or_default().saturating_add(1).to_string()
}
