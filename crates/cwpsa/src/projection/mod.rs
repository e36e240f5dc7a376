//! The fields of a type of record that matter most: the columns of tables, and what agents get by default.

mod rule;

/// The fields of the types that people work with most; the first is the id.
const FIELDS: &str = include_str!("../../data/columns.csv");

/// Returns the fields of a type of record, by its name in the schemas (`Ticket`), as paths such as `board/name`. The
/// first is the id, if the type has one. Empty for an unknown type.
pub(crate) fn fields(type_name: &str) -> Vec<String> {
    match listed().find(|(listed, _)| *listed == type_name) {
        Some((_, fields)) => fields.split(' ').map(str::to_owned).collect(),
        None => connectwise_psa::schemas::get(type_name).map(|schema| rule::fields(&schema)).unwrap_or_default(),
    }
}

/// Returns the types with a list of their own, and their fields.
fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.lines().skip(1).filter_map(|line| line.split_once(','))
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue::{self, ResponseKind};
    use connectwise_psa::schemas;

    use super::*;

    #[test]
    fn the_listed_fields_exist() {
        for (name, fields) in listed() {
            let schema = schemas::schema(name).unwrap_or_else(|| panic!("there is no type {name}"));
            assert!(fields.starts_with("id "), "{name}");
            for field in fields.split(' ') {
                schema.check_fields(field).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }

    #[test]
    fn each_list_has_columns_that_exist() {
        for operation in catalogue::all() {
            let ResponseKind::Many(name) = operation.response else { continue };
            let (Some(schema), fields) = (schemas::schema(name), fields(name)) else { continue };
            assert!(!fields.is_empty() && fields.len() <= 7, "{name}: {fields:?}");
            for field in &fields {
                schema.check_fields(field.as_str()).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(!field.starts_with('_') && field != "customFields", "{name}: {field}");
            }
        }
    }
}
