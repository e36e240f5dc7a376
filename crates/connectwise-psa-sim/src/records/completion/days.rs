//! Calendar days. Observed on live servers: a field that means a day has the time 00:00:00 when it is
//! read. Not observed: what happens to another time in a request. It is removed here.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::records::JsonObject;
use crate::records::table::Table;

/// The fields that mean a day, as CSV: type, field.
static DAYS: LazyLock<Table<1>> = LazyLock::new(|| Table::read(include_str!("../../../data/calendar_days.csv")));

/// The same by type, for the types of which a record was stored.
static BY_TYPE: LazyLock<HashMap<&'static str, HashSet<&'static str>>> = LazyLock::new(|| {
    let fields = |(name, schema): (&'static str, &'static crate::schema::Type)| {
        let days = DAYS.of(name).map(|[field]| *field).filter(|field| schema.fields.contains_key(*field)).collect();
        (name, days)
    };
    crate::schema::named_types().map(fields).collect()
});

/// Returns whether a field of a type means a calendar day.
fn is_day(type_name: &str, field: &str) -> bool {
    BY_TYPE.get(type_name).is_some_and(|fields| fields.contains(field))
}

/// Sets the time of all calendar days of a record to midnight.
pub(super) fn truncate(type_name: &str, record: &mut JsonObject) {
    for (name, value) in record.iter_mut().filter(|(name, _)| is_day(type_name, name)) {
        let Value::String(text) = value else { continue };
        let day = text.get(..10).filter(|day| day.parse::<chrono::NaiveDate>().is_ok());
        if let Some(midnight) = day.map(|day| format!("{day}T00:00:00Z")).filter(|midnight| midnight != text) {
            tracing::trace!(type_name, name, "a calendar day has no time");
            *text = midnight;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    #[test]
    fn days_are_at_midnight_and_instants_keep_their_time() {
        for (type_name, field, expected) in [
            ("Ticket", "requiredDate", "2026-11-30T00:00:00Z"),
            ("Ticket", "closedDate", "2026-11-30T15:20:00Z"),
            ("Agreement", "billStartDate", "2026-11-30T00:00:00Z"),
            ("Invoice", "date", "2026-11-30T00:00:00Z"),
            ("Invoice", "dueDate", "2026-11-30T00:00:00Z"),
            ("Company", "dateAcquired", "2026-11-30T15:20:00Z"),
            ("ScheduleEntry", "dateStart", "2026-11-30T15:20:00Z"),
            ("TimeSheet", "dateStart", "2026-11-30T00:00:00Z"),
        ] {
            let mut record = into_object(json!({field: "2026-11-30T15:20:00Z"}));
            truncate(type_name, &mut record);
            assert_eq!(record[field], expected, "{type_name} {field}");
        }
        let mut record = into_object(json!({"requiredDate": "soon"}));
        truncate("Ticket", &mut record);
        assert_eq!(record["requiredDate"], "soon");
    }

    #[test]
    fn the_data_names_fields() {
        crate::records::table::check(&DAYS, |[field]| Some(field));
    }
}
