//! The records that a server starts with.

use serde_json::Value;

use crate::json_limits::MAX_RECORD_DEPTH;
use crate::records::into_object;
use crate::records::references::complete_references;
use crate::schema::record_type;
use crate::store::{Key, MAX_ID, Records, key, new_info};

/// The records that a server starts with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Seed {
    /// No records.
    Empty,
    /// A small managed-service provider. The records are the same at each start, except for their dates, which are
    /// relative to the start. `scale` multiplies the customers with their contacts, devices and agreements, and the
    /// tickets.
    Demo {
        /// The size: 1 is 25 companies and 400 tickets in about 3 MB of memory; 250 is 100,000 tickets in 1.1 GB.
        scale: usize,
    },
    /// Records by the path of their list: `{"/service/tickets": [{…}, …], …}`. A reference to another of these
    /// records needs only its id, identifier or name: the server adds the other fields. It also adds missing ids,
    /// `_info`, and the fields that live servers always return. The fields of the records are not checked.
    Records(Value),
}

impl Seed {
    pub(crate) fn add_to(self, records: &mut Records) -> Result<(), connectwise_psa::Error> {
        match self {
            Self::Empty => {}
            Self::Demo { scale } => crate::demo::seed(records, scale, chrono::Utc::now()),
            Self::Records(lists) => add_records(records, lists)?,
        }
        if records.take_cut() {
            let why = format!("contains a record that is nested more than {MAX_RECORD_DEPTH} levels deep");
            return Err(connectwise_psa::Error::invalid_input("seed", why));
        }
        Ok(())
    }
}

fn add_records(records: &mut Records, lists: Value) -> Result<(), connectwise_psa::Error> {
    let reject = |name: &str, why: &str| Err(connectwise_psa::Error::invalid_input(format!("seed {name}").trim(), why));
    let Value::Object(lists) = lists else {
        return reject("", "is not a JSON object that maps list paths to arrays of records");
    };
    for (path, value) in lists {
        let (shown, list) = (format!("{path:?}"), key(&path));
        if record_type(&list).is_none() {
            return reject(
                &shown,
                "is not the path of a list. Write it without the base URL, as in \"/service/boards\"",
            );
        }
        let Value::Array(elements) = value else { return reject(&shown, "is not an array of records") };
        for element in elements {
            let Value::Object(mut record) = element else {
                return reject(&shown, "contains an element that is not a JSON object");
            };
            let id = match record.get("id") {
                None => None,
                Some(id) => match id.as_i64().filter(|id| (1..=MAX_ID).contains(id)) {
                    Some(id) if records.contains(&list, id) => {
                        return reject(&shown, &format!("contains two records with the id {id}"));
                    }
                    Some(id) => Some(id),
                    None => {
                        return reject(
                            &shown,
                            &format!(
                                "contains a record with the id {id}, which is not a whole number from 1 to {MAX_ID}"
                            ),
                        );
                    }
                },
            };
            record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "seed"));
            records.insert(&list, record, id);
        }
    }
    complete_all(records);
    Ok(())
}

/// Completes the references of all records. All records must have been added before, because they may refer to each
/// other.
fn complete_all(records: &mut Records) {
    let lists: Vec<Key> = records.collections().map(|(list, _)| list.to_owned()).collect();
    for list in lists {
        let found: Vec<_> =
            records.collection(&list).into_iter().flat_map(|list| list.records.values()).map(into_object).collect();
        for mut record in found {
            if let (true, Some(id)) =
                (complete_references(records, &list, &mut record), record.get("id").and_then(Value::as_i64))
            {
                records.put(&list, id, record);
            }
        }
    }
}
