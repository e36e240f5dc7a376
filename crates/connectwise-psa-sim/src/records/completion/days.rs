//! Calendar days. Observed on live servers: a field that means a day has the time 00:00:00 when it is read. Not observed:
//! what happens to another time in a request. It is removed here. Fields of the few types that the OpenAPI document
//! declares as dates have no time.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::data_table::Table;
use crate::records::JsonObject;
use crate::schema::{Field, FieldType, Type};

/// The fields that mean a day, as CSV: type, field.
static DAYS: LazyLock<Table<1>> = LazyLock::new(|| Table::read(include_str!("../../../data/calendar_days.csv")));

/// How a field writes a calendar day.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Day {
    /// `2026-11-30`
    Date,
    /// `2026-11-30T00:00:00Z`
    Midnight,
}

/// The fields that mean a calendar day, by type.
static BY_TYPE: LazyLock<HashMap<&'static str, HashMap<&'static str, Day>>> = LazyLock::new(|| {
    let fields = |(name, schema): (&'static str, &'static Type)| {
        let listed: HashSet<_> = DAYS.of(name).map(|[field]| *field).collect();
        let day = |(field, definition): (&'static String, &'static Field)| match definition.field_type {
            FieldType::Date => Some((field.as_str(), Day::Date)),
            _ => listed.contains(field.as_str()).then_some((field.as_str(), Day::Midnight)),
        };
        (name, schema.fields.iter().filter_map(day).collect())
    };
    crate::schema::named_types().map(fields).collect()
});

/// Removes the time from all calendar days of a record, or sets it to midnight.
pub(super) fn truncate(type_name: &str, record: &mut JsonObject) {
    let Some(days) = BY_TYPE.get(type_name) else { return };
    for (name, value) in record.iter_mut() {
        let (Some(form), Value::String(text)) = (days.get(name.as_str()), value) else { continue };
        let Some(day) = text.get(..10).filter(|day| day.parse::<chrono::NaiveDate>().is_ok()) else { continue };
        *text = match form {
            Day::Date => day.to_owned(),
            Day::Midnight => format!("{day}T00:00:00Z"),
        };
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
            ("Holiday", "date", "2026-11-30"),
            ("TimePeriodSetup", "firstPeriodEndDate", "2026-11-30"),
            ("RmaTag", "shippingDate", "2026-11-30"),
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
        crate::schema::check_table(&DAYS, |[field]| Some(field));
    }
}
