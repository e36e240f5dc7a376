//! A PUT of a record as it was read changes nothing.

use std::collections::BTreeSet;

use connectwise_psa::{Method, Value, catalogue};

use crate::exceptions::Exceptions;
use crate::lists::{demo, path_with_records, read};

/// The fields of `_info` that every change sets.
const CHANGED: [&str; 2] = ["lastUpdated", "updatedBy"];

/// Returns a record without the fields that every change sets.
fn comparable(mut record: Value) -> Value {
    if let Some(info) = record.get_mut("_info").and_then(Value::as_object_mut) {
        info.retain(|name, _| !CHANGED.contains(&name.as_str()) && name != "image_href");
    }
    record
}

#[tokio::test]
async fn a_replacement_by_the_record_itself_changes_nothing() {
    let (sim, psa) = demo().await;
    let mut differences = BTreeSet::new();
    let mut replaced = 0;
    for operation in catalogue::all().filter(|operation| operation.method == Method::Put) {
        let catalogue::ResponseKind::One(type_name) = operation.response else { continue };
        let Some((list, _)) = operation.path.rsplit_once("/{") else { continue };
        let Some(list) = path_with_records(&sim.store(), list) else { continue };
        // Other records of a list may lack optional fields.
        for before in read(&psa, &list).await.into_iter().take(3) {
            let path = format!("{list}/{}", before["id"]);
            let Ok(before) = psa.request(Method::Get, &path).await else { continue };
            let before: Value = before.into_json().unwrap();
            replaced += 1;
            match psa.request(Method::Put, &path).json(&before).await {
                Ok(after) => {
                    let (before, after) = (comparable(before), comparable(after.into_json().unwrap()));
                    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
                    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                    for name in names.into_iter().filter(|name| before.get(*name) != after.get(*name)) {
                        println!("{path} {name}: {:?} -> {:?}", before.get(name), after.get(name));
                        differences.insert((type_name.to_owned(), name.clone()));
                    }
                }
                Err(error) => {
                    println!("{path}: {error}");
                    let field = error.field_errors().first().and_then(|error| error.field.clone());
                    differences.insert((type_name.to_owned(), format!("rejected: {}", field.unwrap_or_default())));
                }
            }
        }
    }
    println!("{replaced} records replaced");
    assert!(replaced > 100, "{replaced}");
    Exceptions::of("replaced").check(&differences);
}
