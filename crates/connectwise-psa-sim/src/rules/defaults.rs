//! The values that a new record takes from other records: from the records that it refers to, from the caller, and from
//! the default records of setup lists. A table contains them; values that follow from several fields are in the modules
//! of their record types.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Value, json};

use super::related::{default_of, list_of, owner_of, project_of_phase, referred};
use crate::access::{caller, reference_id, with_checker};
use crate::data_table::Table;
use crate::records::references::integer;
use crate::records::{JsonObject, into_object};
use crate::schema::{FieldType, type_of};
use crate::server_state::RequestContext;
use crate::store::timestamp;

/// The table: record type, field, and sources. The first source that has a value applies. A later line may use the
/// field of an earlier one. `data/new_records.csv` has the constants; here are only the numbers that the rules for
/// amounts need in a new record. Sources, separated by `|`:
///
/// | source | value |
/// |---|---|
/// | `default` | the default record of the list that the field refers to |
/// | `first` | the first record of this list |
/// | `caller` | the member who makes the request |
/// | `now`, `today` | the time of the request; midnight of its day |
/// | `project_of_phase` | the project that has the phase in the field `phase` |
/// | `=x` | the number `x` |
/// | `a` | the value of the field `a` of the new record |
/// | `a.b` | the field `b` of the record in the reference field `a`; `caller` and `owner`, the record that the list is under, are also possible as `a` |
/// | `a.b.c` | the field `c` of the value of `a.b`; of its first element if it is a list |
static TABLE: LazyLock<Table<2>> = LazyLock::new(|| Table::read(include_str!("../../data/defaults.csv")));

/// References that the lists of other references depend on: the statuses of a ticket are those of its board.
const OWNERS: [&str; 3] = ["project", "company", "board"];

/// A field with a default value.
struct Row {
    field: &'static str,
    sources: Vec<Source>,
}

#[derive(Debug, PartialEq)]
enum Source {
    Default,
    First,
    Caller,
    Now,
    Today,
    ProjectOfPhase,
    Number(i64),
    Path(Vec<&'static str>),
}

static ROWS: LazyLock<HashMap<&'static str, Vec<Row>>> = LazyLock::new(|| {
    let mut rows: HashMap<_, Vec<Row>> = HashMap::new();
    for (type_name, [field, sources]) in TABLE.lines() {
        let sources = sources.split('|').map(parse_source).collect();
        rows.entry(type_name).or_default().push(Row { field, sources });
    }
    rows
});

fn parse_source(text: &'static str) -> Source {
    match text {
        "default" => Source::Default,
        "first" => Source::First,
        "caller" => Source::Caller,
        "now" => Source::Now,
        "today" => Source::Today,
        "project_of_phase" => Source::ProjectOfPhase,
        _ => match text.strip_prefix('=').and_then(|number| number.parse().ok()) {
            Some(number) => Source::Number(number),
            None => Source::Path(text.split('.').collect()),
        },
    }
}

/// Adds the fields of the table that a new record of a list lacks.
pub(crate) fn add_defaults(ctx: &RequestContext<'_>, list: &str, type_name: &'static str, record: &mut JsonObject) {
    let sources = Sources::new(ctx, list, type_name);
    for row in ROWS.get(type_name).into_iter().flatten() {
        sources.add(row, record);
    }
}

/// Adds the board, company and project that a new record lacks, so that its other references can be found in their
/// lists. `body` is the body of the request, whose other references may not be in `record` yet.
pub(crate) fn add_owners(
    ctx: &RequestContext<'_>,
    list: &str,
    type_name: &'static str,
    body: &JsonObject,
    record: &mut JsonObject,
) {
    let mut known = record.clone();
    if let Some(phase) = field_ignoring_case(body, "phase") {
        known.entry("phase").or_insert_with(|| phase.clone());
    }
    let sources = Sources::new(ctx, list, type_name);
    for row in ROWS.get(type_name).into_iter().flatten().filter(|row| OWNERS.contains(&row.field)) {
        sources.add(row, &mut known);
        if let Some(value) = known.get(row.field) {
            record.entry(row.field).or_insert_with(|| value.clone());
        }
    }
}

/// What the sources of a new record's values have in common.
struct Sources<'a, 'c> {
    ctx: &'a RequestContext<'c>,
    list: &'a str,
    type_name: &'static str,
    caller: OnceCell<Option<(i64, JsonObject)>>,
    owner: OnceCell<Option<JsonObject>>,
}

impl<'a, 'c> Sources<'a, 'c> {
    const fn new(ctx: &'a RequestContext<'c>, list: &'a str, type_name: &'static str) -> Self {
        Self { ctx, list, type_name, caller: OnceCell::new(), owner: OnceCell::new() }
    }

    fn caller(&self) -> Option<&(i64, JsonObject)> {
        self.caller.get_or_init(|| caller(self.ctx)).as_ref()
    }

    /// Returns the record that the list is under.
    fn owner(&self) -> Option<&JsonObject> {
        let read = || {
            let (list, id) = owner_of(self.list)?;
            self.ctx.state.records.get(list, id).map(into_object)
        };
        self.owner.get_or_init(read).as_ref()
    }

    /// Sets the field of a row, if the record lacks it and a source has a value.
    fn add(&self, row: &Row, record: &mut JsonObject) {
        if record.get(row.field).is_some_and(|value| !value.is_null()) {
            return;
        }
        let values = row.sources.iter().filter_map(|source| self.value(source, row.field, record));
        let value = values.filter(|value| !value.is_null()).find_map(|value| self.stored(row.field, value, record));
        if let Some(value) = value {
            record.insert(row.field.to_owned(), value);
        }
    }

    fn value(&self, source: &Source, field: &str, record: &JsonObject) -> Option<Value> {
        let records = &self.ctx.state.records;
        let reference = |id: i64| json!({ "id": id });
        match source {
            Source::Default => default_of(self.ctx, &list_of(self.type_name, record, field)?).map(reference),
            Source::First => {
                records.collection(&list_of(self.type_name, record, field)?)?.records.ids().next().map(reference)
            }
            Source::Caller => self.caller().map(|(id, _)| reference(*id)),
            Source::Now => Some(Value::from(timestamp(self.ctx.now))),
            Source::Today => Some(Value::from(self.ctx.now.format("%Y-%m-%dT00:00:00Z").to_string())),
            Source::ProjectOfPhase => {
                let phase = reference_id(record, "phase")?;
                project_of_phase(self.ctx, phase).map(reference)
            }
            Source::Number(number) => Some(Value::from(*number)),
            Source::Path(steps) => self.value_at(steps, record),
        }
    }

    fn value_at(&self, steps: &[&str], record: &JsonObject) -> Option<Value> {
        let (first, rest) = steps.split_first()?;
        let is_reference = || {
            type_of(self.type_name)
                .and_then(|schema| schema.fields.get(*first))
                .is_some_and(|field| matches!(field.field_type, FieldType::Reference(_)))
        };
        let (start, rest) = match (*first, rest.split_first()) {
            ("caller", Some((field, rest))) => (self.caller()?.1.get(*field)?.clone(), rest),
            ("owner", Some((field, rest))) => (self.owner()?.get(*field)?.clone(), rest),
            // The id and the name are also in the reference itself.
            (first, Some((field, rest))) if is_reference() && !["id", "name"].contains(field) => {
                (referred(self.ctx, self.type_name, record, first)?.remove(*field)?, rest)
            }
            (first, _) => (record.get(first)?.clone(), rest),
        };
        let element = |value: &Value| value.as_array().and_then(|list| list.first()).unwrap_or(value).clone();
        rest.iter().try_fold(start, |value, step| element(&value).get(*step).cloned())
    }

    /// Returns a value as a field stores it, or `None` if it does not fit.
    fn stored(&self, field: &str, value: Value, record: &JsonObject) -> Option<Value> {
        let schema = &type_of(self.type_name)?.fields.get(field)?.field_type;
        let resolved = |name: &str, value: &Value| {
            let id = json!({"id": value.get("id")?});
            let found = with_checker(self.ctx, self.type_name, |checker| checker.reference(field, name, &id, record));
            // A reference to a list that is not simulated stays as it is.
            let found = found.ok()?;
            Some(if found.get("name").is_some() || found.get("_info").is_some() { found } else { value.clone() })
        };
        match schema {
            FieldType::Reference(name) => resolved(name, &value),
            FieldType::List(element) => match &**element {
                FieldType::Reference(name) if !value.is_array() => Some(json!([resolved(name, &value)?])),
                _ => Some(value),
            },
            FieldType::Integer => integer(&value).map(Value::from),
            _ => Some(value).filter(|value| !value.is_object() && !value.is_array()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_fields_of_types() {
        let mut without_list = Vec::new();
        for (type_name, rows) in ROWS.iter() {
            let schema = type_of(type_name).unwrap_or_else(|| panic!("{type_name}"));
            for row in rows {
                assert!(schema.fields.contains_key(row.field), "{type_name}.{}", row.field);
                for source in &row.sources {
                    match source {
                        Source::Default | Source::First
                            if list_of(type_name, &JsonObject::new(), row.field).is_none() =>
                        {
                            without_list.push(format!("{type_name}.{}", row.field));
                        }
                        Source::Path(steps) => {
                            let is_known =
                                ["caller", "owner"].contains(&steps[0]) || schema.fields.contains_key(steps[0]);
                            assert!(is_known, "{type_name}.{}: {source:?}", row.field);
                        }
                        _ => {}
                    }
                }
            }
        }
        assert!(without_list.is_empty(), "{without_list:?}");
    }
}
