//! The time sheets and expense reports to which entries belong. An entry without one is put on that of its member and
//! week, which is created if it does not exist.

use chrono::{DateTime, Datelike as _, Duration, NaiveTime, Utc};
use serde_json::{Map, Value, json};

use crate::access::{matching, reference, reference_id};
use crate::records::JsonObject;
use crate::records::check::parse_timestamp;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::store::timestamp;

/// Where the entries of a list belong.
struct Sheets {
    entries: &'static str,
    entry_type: &'static str,
    /// The field of an entry that determines the week.
    date: &'static str,
    /// The field of an entry that refers to its sheet.
    field: &'static str,
    list: &'static str,
    sheet_type: &'static str,
    /// The field of a sheet with the day until which it must be submitted.
    deadline: &'static str,
    /// The field of a sheet with the sum of its entries.
    sum: &'static str,
}

const SHEETS: [Sheets; 2] = [
    Sheets {
        entries: "time/entries",
        entry_type: "TimeEntry",
        date: "timeStart",
        field: "timeSheet",
        list: "time/sheets",
        sheet_type: "TimeSheet",
        deadline: "deadline",
        sum: "hours",
    },
    Sheets {
        entries: "expense/entries",
        entry_type: "ExpenseEntry",
        date: "date",
        field: "expenseReport",
        list: "expense/reports",
        sheet_type: "ExpenseReport",
        deadline: "dueDate",
        sum: "total",
    },
];

/// Takes a changed entry off its sheet if its member or date has changed, unless the request changed the sheet too.
pub(crate) fn invalidate(list: &str, before: &JsonObject, entry: &mut JsonObject) {
    let Some(sheets) = SHEETS.iter().find(|sheets| sheets.entries == list) else { return };
    let day = |entry: &JsonObject| date(entry, sheets).map(|date| date.date_naive());
    let has_moved = day(before) != day(entry) || reference_id(before, "member") != reference_id(entry, "member");
    if has_moved && before.get(sheets.field) == entry.get(sheets.field) {
        entry.remove(sheets.field);
    }
}

fn date(entry: &JsonObject, sheets: &Sheets) -> Option<DateTime<Utc>> {
    parse_timestamp(entry.get(sheets.date)?.as_str()?)
}

/// Puts an entry on the sheet of its member and week, if it has none. If this sheet does not exist, returns it with its
/// list. The caller creates the sheet and calls this function again, which puts the entry on it.
pub(crate) fn assign(
    ctx: &RequestContext<'_>,
    list: &str,
    entry: &mut JsonObject,
) -> Option<(&'static str, JsonObject)> {
    let sheets = SHEETS.iter().find(|sheets| sheets.entries == list)?;
    if entry.contains_key(sheets.field) {
        return None;
    }
    let (date, member) = (date(entry, sheets)?, reference_id(entry, "member")?);
    let is_of_week = |sheet: Node<'_>| {
        let limit = |field: &str| sheet.text(field).and_then(|text| parse_timestamp(&text)).map(|day| day.date_naive());
        sheet.reference_id("member") == Some(member)
            && limit("dateStart").is_some_and(|first| first <= date.date_naive())
            && limit("dateEnd").is_some_and(|last| date.date_naive() <= last)
    };
    let Some((id, sheet)) = matching(ctx, sheets.list, is_of_week).into_iter().next() else {
        return Some((sheets.list, new_sheet(ctx, sheets, member, date)));
    };
    if let Ok(Value::Object(mut reference)) = reference(ctx, sheets.entry_type, sheets.field, id, &Map::new()) {
        let day =
            |field: &str| sheet.get(field).and_then(Value::as_str).and_then(|text| text.get(..10)).unwrap_or_default();
        reference.insert("name".to_owned(), json!(format!("{} to {}", day("dateStart"), day("dateEnd"))));
        entry.insert(sheets.field.to_owned(), Value::Object(reference));
    }
    None
}

/// Returns a sheet for the week of a date, from Monday to Sunday.
fn new_sheet(ctx: &RequestContext<'_>, sheets: &Sheets, member: i64, date: DateTime<Utc>) -> JsonObject {
    let monday = date.date_naive() - Duration::days(i64::from(date.weekday().num_days_from_monday()));
    let day = |days: i64| json!(timestamp((monday + Duration::days(days)).and_time(NaiveTime::MIN).and_utc()));
    let week = date.iso_week();
    let member = reference(ctx, sheets.sheet_type, "member", member, &Map::new());
    let mut sheet = JsonObject::new();
    for (field, value) in [
        ("member", member.unwrap_or_default()),
        ("year", json!(week.year())),
        ("period", json!(week.week())),
        ("dateStart", day(0)),
        ("dateEnd", day(6)),
        (sheets.deadline, day(8)),
        ("status", json!("Open")),
        (sheets.sum, json!(0.0)),
    ] {
        sheet.insert(field.to_owned(), value);
    }
    sheet
}
