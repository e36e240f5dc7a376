//! The fields of a type of record that matter most: the columns of tables, and what agents get by default.

/// Returns the fields of a type of record, by its name in the schemas (`Ticket`), as paths such as `board/name`. The
/// first is the id.
pub(crate) fn fields(type_name: &str) -> Vec<String> {
    let Some(schema) = connectwise_psa::schemas::schema(type_name) else { return Vec::new() };
    schema.fields().take(6).map(str::to_owned).collect()
}
