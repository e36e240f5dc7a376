//! A record that a POST creates has every field that all seeded records of its list have.

use std::collections::BTreeSet;

use crate::exceptions::Exceptions;
use crate::lists::{CreatableList, demo, read};
use crate::paths::{common, paths};

#[tokio::test]
async fn created_records_have_the_fields_of_seeded_ones() {
    let (sim, psa) = demo().await;
    let mut differences = BTreeSet::new();
    let (mut compared, mut fields, mut empty) = (0, 0, 0);
    for list in CreatableList::all() {
        let Some(path) = list.path_with_records(&sim.store()) else {
            empty += 1;
            continue;
        };
        let seeded = read(&psa, &path).await;
        let created = match list.create(&psa, &path, &seeded[0]).await {
            Ok(created) => paths(&created),
            Err(error) => {
                differences.insert((list.type_name.to_owned(), format!("* {error}")));
                continue;
            }
        };
        compared += 1;
        for field in common(&seeded) {
            fields += 1;
            if !created.contains(&field) {
                differences.insert((list.type_name.to_owned(), field));
            }
        }
    }
    println!("{compared} lists, {fields} fields compared; {empty} lists have no demo records");
    Exceptions::of("like-seeded").check(&differences);
}
