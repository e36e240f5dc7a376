//! Agreements and their additions. Observed on live servers: the status follows from the dates, and an addition without
//! a cancellation date has no end (one source).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::amounts::update_sums;
use super::related::owner_of;
use crate::access::list_all;
use crate::records::JsonObject;
use crate::records::check::parse_timestamp;
use crate::schema::path_pattern;
use crate::server_state::RequestContext;

pub(crate) const AGREEMENTS: &str = "finance/agreements";
const ADDITIONS: &str = "finance/agreements/*/additions";
const NO_END: &str = "noEndingDateFlag";

/// Sets `agreementStatus` of an agreement or an addition.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, list: &str, record: &mut JsonObject) {
    let status = if list == AGREEMENTS {
        if !record.contains_key(NO_END) {
            let has_no_end = record.get("endDate").is_none_or(Value::is_null);
            record.insert(NO_END.to_owned(), Value::Bool(has_no_end));
        }
        status_of_agreement(record, ctx.now).to_owned()
    } else if path_pattern(list) == ADDITIONS {
        let agreement = owner_of(list).and_then(|(list, id)| ctx.state.records.node(list, id));
        let status = agreement.and_then(|agreement| Some(agreement.text("agreementStatus")?.into_owned()));
        status_of_addition(record, status.as_deref().unwrap_or("Active"), ctx.now).to_owned()
    } else {
        return;
    };
    record.insert("agreementStatus".to_owned(), json!(status));
}

/// Removes `noEndingDateFlag` if the end of a changed agreement has changed, unless the request
/// changed it too.
pub(crate) fn invalidate_derived(list: &str, before: &JsonObject, agreement: &mut JsonObject) {
    let differs = |name: &str| before.get(name) != agreement.get(name);
    if list == AGREEMENTS && differs("endDate") && !differs(NO_END) {
        agreement.remove(NO_END);
    }
}

/// Adds the day on which a new addition begins: the day of the request, or that from which the agreement is billed if it
/// is later.
pub(crate) fn add_effective_date(ctx: &RequestContext<'_>, list: &str, addition: &mut JsonObject) {
    if path_pattern(list) != ADDITIONS || addition.contains_key("effectiveDate") {
        return;
    }
    let agreement = owner_of(list).and_then(|(list, id)| ctx.state.records.node(list, id));
    let billed_from = agreement.and_then(|agreement| parse_timestamp(&agreement.text("billStartDate")?));
    let day = billed_from.map_or(ctx.now, |billed_from| billed_from.max(ctx.now)).date_naive();
    addition.insert("effectiveDate".to_owned(), json!(format!("{day}T00:00:00Z")));
}

fn has_passed(record: &JsonObject, field: &str, now: DateTime<Utc>) -> bool {
    record.get(field).and_then(Value::as_str).and_then(parse_timestamp).is_some_and(|date| date <= now)
}

fn status_of_agreement(agreement: &JsonObject, now: DateTime<Utc>) -> &'static str {
    let is_set = |field: &str| agreement.get(field) == Some(&Value::Bool(true));
    let start = agreement.get("startDate").and_then(Value::as_str).and_then(parse_timestamp);
    if is_set("cancelledFlag") || has_passed(agreement, "dateCancelled", now) {
        "Cancelled"
    } else if !is_set(NO_END) && has_ended(agreement, now) {
        "Expired"
    } else if start.is_some_and(|start| start > now) {
        "Inactive"
    } else {
        "Active"
    }
}

/// Returns whether the last day of an agreement is over.
fn has_ended(agreement: &JsonObject, now: DateTime<Utc>) -> bool {
    let end = agreement.get("endDate").and_then(Value::as_str).and_then(parse_timestamp);
    end.is_some_and(|end| end.date_naive() < now.date_naive())
}

fn status_of_addition<'a>(addition: &JsonObject, agreement: &'a str, now: DateTime<Utc>) -> &'a str {
    if has_passed(addition, "cancelledDate", now) { "Cancelled" } else { agreement }
}

/// Changes the status of the additions of a changed agreement, and thereby the sum of the agreement.
pub(crate) fn update_additions(ctx: &mut RequestContext<'_>, agreement: i64) {
    let list = format!("{AGREEMENTS}/{agreement}/additions");
    for (id, before) in list_all(ctx, &list) {
        let mut after = before.clone();
        derive_fields(ctx, &list, &mut after);
        if after != before {
            ctx.state.records.put(&list, id, after.clone());
            update_sums(ctx, &list, Some(&before), Some(&after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::into_object;

    #[test]
    fn the_status_follows_from_the_dates() {
        let now = parse_timestamp("2026-05-10T12:00:00Z").unwrap();
        for (agreement, expected) in [
            (json!({}), "Active"),
            (json!({"startDate": "2026-05-10T00:00:00Z", "noEndingDateFlag": true}), "Active"),
            (json!({"startDate": "2026-05-11T00:00:00Z"}), "Inactive"),
            (json!({"endDate": "2026-05-10T00:00:00Z", "noEndingDateFlag": false}), "Active"),
            (json!({"endDate": "2026-05-09T00:00:00Z", "noEndingDateFlag": false}), "Expired"),
            (json!({"endDate": "2026-05-09T00:00:00Z", "noEndingDateFlag": true}), "Active"),
            (json!({"endDate": "2026-05-09T00:00:00Z", "cancelledFlag": true}), "Cancelled"),
            (json!({"dateCancelled": "2026-05-10T00:00:00Z", "noEndingDateFlag": true}), "Cancelled"),
            (json!({"dateCancelled": "2026-06-10T00:00:00Z", "noEndingDateFlag": true}), "Active"),
        ] {
            assert_eq!(status_of_agreement(&into_object(agreement.clone()), now), expected, "{agreement}");
        }
        for (addition, expected) in [
            (json!({}), "Expired"),
            (json!({"cancelledDate": "2026-05-01T00:00:00Z"}), "Cancelled"),
            (json!({"cancelledDate": "2026-06-01T00:00:00Z"}), "Expired"),
        ] {
            assert_eq!(status_of_addition(&into_object(addition.clone()), "Expired", now), expected, "{addition}");
        }
    }
}
