//! Seeded and created records have the fields that records of live servers have.

use std::collections::{BTreeMap, BTreeSet};

use crate::exceptions::Exceptions;
use crate::lists::{CreatableList, demo, path_with_records, read};
use crate::paths::{common, paths};

/// The fields of records of live servers, as CSV: type, path of the list, presence, path of the field. The presence is
///
/// - `always`: every record that was observed has the field
/// - `sometimes`: some have it
/// - `shape`: clients that were generated from responses of live servers have it; how often is not known
/// - `never`: no record that was observed has it
const FIELDS: &str = include_str!("fields.csv");

/// The lines of [`FIELDS`] for each list, with presence and field.
fn fields() -> BTreeMap<(&'static str, &'static str), Vec<(&'static str, &'static str)>> {
    let mut lists: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in FIELDS.lines().skip(1) {
        let columns: Vec<_> = line.split(',').collect();
        let [type_name, list, presence, field] = columns[..] else { panic!("{line}") };
        lists.entry((type_name, list)).or_default().push((presence, field));
    }
    lists
}

#[tokio::test]
async fn records_have_the_fields_of_live_servers() {
    let (sim, psa) = demo().await;
    let mut differences = BTreeSet::new();
    for ((type_name, list), expected) in fields() {
        let path = path_with_records(&sim.store(), list).unwrap_or_else(|| list.to_owned());
        let records = read(&psa, &path).await;
        let (always, ever) = (common(&records), records.iter().flat_map(paths).collect::<BTreeSet<_>>());
        let mut matches = 0;
        for (presence, field) in &expected {
            let holds = match *presence {
                "always" => always.contains(*field),
                "sometimes" | "shape" => ever.contains(*field),
                "never" => !ever.contains(*field),
                other => panic!("{other}"),
            };
            if holds {
                matches += 1;
            } else {
                differences.insert((type_name.to_owned(), (*field).to_owned()));
            }
        }
        println!("{list}: {} records, {matches} of {} fields match", records.len(), expected.len());
    }
    Exceptions::of("seeded").check(&differences);
}

#[tokio::test]
async fn created_records_have_the_fields_of_live_servers() {
    let (sim, psa) = demo().await;
    let lists: Vec<_> = CreatableList::all().collect();
    let mut differences = BTreeSet::new();
    for ((type_name, _), expected) in fields() {
        let Some(list) = lists.iter().find(|list| list.type_name == type_name) else { continue };
        let Some(path) = list.path_with_records(&sim.store()) else { continue };
        let seeded = read(&psa, &path).await;
        let created = match list.create(&psa, &path, &seeded[0]).await {
            Ok(created) => created,
            Err(error) => panic!("{path}: {error}"),
        };
        let found = paths(&created);
        let mut matches = 0;
        for (_, field) in expected.iter().filter(|(presence, _)| *presence == "always") {
            if found.contains(*field) {
                matches += 1;
            } else {
                differences.insert((type_name.to_owned(), (*field).to_owned()));
            }
        }
        println!("POST {path}: {matches} fields match");
    }
    Exceptions::of("created").check(&differences);
}
