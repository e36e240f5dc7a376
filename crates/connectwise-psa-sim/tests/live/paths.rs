//! The paths of the fields of a record: `company`, `company.id`, `customFields[].caption`, `_info.notes_href`.

use std::collections::BTreeSet;

use connectwise_psa::Value;

/// Returns the paths of all fields of a record.
pub(crate) fn paths(record: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(record, "", &mut found);
    found
}

fn collect(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                collect(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, &format!("{prefix}[]"), found)),
        _ => {}
    }
}

/// Returns the paths that all records have.
pub(crate) fn common(records: &[Value]) -> BTreeSet<String> {
    let mut all = records.iter().map(paths);
    let first = all.next().unwrap_or_default();
    all.fold(first, |common, other| common.intersection(&other).cloned().collect())
}

#[test]
fn paths_name_nested_fields_and_elements() {
    let record = serde_json::json!({"id": 1, "company": {"id": 2}, "types": [{"id": 3}, {"name": "x"}], "tags": []});
    let expected = ["company", "company.id", "id", "tags", "types", "types[].id", "types[].name"];
    assert!(paths(&record).iter().eq(expected), "{:?}", paths(&record));
    assert!(common(&[record, serde_json::json!({"id": 1, "tags": [1]})]).iter().eq(["id", "tags"]));
}
