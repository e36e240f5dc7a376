//! The names in the `_info` of references are those of live servers.

use std::collections::BTreeSet;

use connectwise_psa::Value;

use crate::lists::{demo, path_with_records, read};

/// The links of references, as CSV: path of the list, path of the reference, names in its `_info`. Without a name, such
/// references have no `_info`.
const LINKS: &str = include_str!("links.csv");

/// Returns the references at a path of a record: a field, or the elements of a field.
fn references<'a>(record: &'a Value, field: &str) -> Vec<&'a Value> {
    match field.strip_suffix("[]") {
        Some(list) => record.get(list).and_then(Value::as_array).into_iter().flatten().collect(),
        None => record.get(field).into_iter().collect(),
    }
}

#[tokio::test]
async fn references_have_the_links_of_live_servers() {
    let (sim, psa) = demo().await;
    for line in LINKS.lines().skip(1) {
        let columns: Vec<_> = line.split(',').collect();
        let [list, field, names] = columns[..] else { panic!("{line}") };
        let expected: BTreeSet<&str> = names.split_whitespace().collect();
        let path = path_with_records(&sim.store(), list).unwrap_or_else(|| panic!("{list} is empty"));
        let records = read(&psa, &path).await;
        let found: Vec<_> = records.iter().flat_map(|record| references(record, field)).collect();
        let found = found.iter().filter(|reference| reference.get("id").is_some());
        let infos: Vec<BTreeSet<&str>> = found
            .map(|reference| {
                reference["_info"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
            })
            .collect();
        // All have the link; a name that says something about the record may be absent, as for project tickets.
        let all: BTreeSet<&str> = infos.iter().flatten().copied().collect();
        let link = names.split_whitespace().next();
        let is_linked = |info: &BTreeSet<&str>| link.is_none_or(|link| info.contains(link));
        assert!(
            !infos.is_empty() && all == expected && infos.iter().all(is_linked),
            "{list} {field}: {infos:?}, expected {expected:?}"
        );
    }
}
