//! Fields that requests set and responses never contain.

use std::sync::LazyLock;

use crate::data_table::Table;

/// The fields, as CSV: record type or `*` for all types, field, effect. The effects:
///
/// - `references x`: the ids in the field become the references in the field `x`
/// - `note x`: the text becomes a note of a new record, whose field `x` is true
/// - `none`
static FIELDS: LazyLock<Table<2>> = LazyLock::new(|| Table::read(include_str!("../../data/write_only.csv")));

/// Returns the fields of a type that are never returned, with their effects.
pub(crate) fn effects(type_name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.of(type_name).map(|[field, effect]| (*field, *effect))
}

/// Returns whether responses contain a field of a record or reference type.
pub(crate) fn is_returned(type_name: &str, field: &str) -> bool {
    effects(type_name).all(|(name, _)| name != field)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::schema::check_table;
    use crate::schema::type_of;

    #[test]
    fn the_data_has_all_write_only_fields_of_the_document() {
        check_table(&FIELDS, |[field, _]| Some(field));
        for (type_name, [_, effect]) in FIELDS.lines() {
            match effect.split_once(' ') {
                Some(("references", target)) => assert!(type_of(type_name).unwrap().fields.contains_key(target)),
                Some(("note", shown_in)) => assert!(type_of("ServiceNote").unwrap().fields.contains_key(shown_in)),
                _ => assert_eq!(*effect, "none", "{type_name}"),
            }
        }
        let mut checked = 0;
        for (name, _) in crate::schema::named_types() {
            let schema = connectwise_psa::schemas::get(name).unwrap_or_default();
            for (field, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if property.get("writeOnly") == Some(&Value::Bool(true)) {
                    assert!(!is_returned(name, field), "{name}.{field}");
                    checked += 1;
                }
            }
        }
        assert!(checked >= 7, "{checked}");
    }

    #[test]
    fn a_field_has_one_effect() {
        assert!(!is_returned("MemberReference", "dailyCapacity") && is_returned("MemberReference", "name"));
        for (name, _) in crate::schema::named_types() {
            let mut fields: Vec<_> = effects(name).map(|(field, _)| field).collect();
            fields.sort_unstable();
            let all = fields.len();
            fields.dedup();
            assert_eq!(fields.len(), all, "{name}");
        }
    }
}
