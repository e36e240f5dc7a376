//! What records a server begins with.

use serde_json::Value;

use crate::records::into_object;
use crate::records::references::complete_references;
use crate::schema::record_type;
use crate::settings::Settings;
use crate::store::{Key, Records, key, new_info};

/// What records a server begins with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Seed {
    /// None.
    Empty,
    /// A small managed-service provider, the same each time, with dates that lie before the start. `scale` multiplies
    /// its customers, their contacts, devices and agreements, and the tickets.
    Demo {
        /// How many times as large; 1 is 25 companies and 400 tickets, and takes some 3 MB of memory; 250 is 100,000
        /// tickets, and takes 0.7 GB.
        scale: usize,
    },
    /// Records by the path of their list: `{"/service/tickets": [{…}, …], …}`. References are completed where what they
    /// lead to is among them, by its id, identifier or name; nothing else is checked or added.
    Records(Value),
}

impl Seed {
    pub(crate) fn add_to(self, records: &mut Records, settings: &Settings) -> Result<(), connectwise_psa::Error> {
        match self {
            Self::Empty => Ok(()),
            Self::Demo { scale } => {
                crate::demo::seed(records, &settings.link_base(), scale, chrono::Utc::now());
                Ok(())
            }
            Self::Records(lists) => add_records(records, settings, lists),
        }
    }
}

fn add_records(records: &mut Records, settings: &Settings, lists: Value) -> Result<(), connectwise_psa::Error> {
    let refuse = |name: &str, why: &str| Err(connectwise_psa::Error::invalid_input(format!("seed {name}").trim(), why));
    let Value::Object(lists) = lists else { return refuse("", "is no object of lists by their paths") };
    for (path, given) in lists {
        let (shown, list) = (format!("{path:?}"), key(&path));
        if record_type(&list).is_none() {
            return refuse(&shown, "is the path of no list; one is \"/service/boards\", without the API's base");
        }
        let Value::Array(given) = given else { return refuse(&shown, "is no list of records") };
        for record in given {
            let Value::Object(mut record) = record else { return refuse(&shown, "holds something that is no record") };
            let id = match record.get("id") {
                None => None,
                Some(id) => match id.as_i64().filter(|id| *id > 0) {
                    Some(id) if records.contains(&list, id) => {
                        return refuse(&shown, &format!("holds two records with the id {id}"));
                    }
                    Some(id) => Some(id),
                    None => {
                        return refuse(&shown, &format!("holds a record with the id {id}, which is no number above 0"));
                    }
                },
            };
            record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "seed"));
            records.insert(&list, record, id);
        }
    }
    complete_all(records, &settings.link_base());
    Ok(())
}

/// Completes the references of all records, now that what they lead to is there.
fn complete_all(records: &mut Records, base: &str) {
    let lists: Vec<Key> = records.collections().map(|(list, _)| list.to_owned()).collect();
    for list in lists {
        let found: Vec<_> =
            records.collection(&list).into_iter().flat_map(|list| list.records.values()).map(into_object).collect();
        for mut record in found {
            if let (true, Some(id)) =
                (complete_references(records, base, &list, &mut record), record.get("id").and_then(Value::as_i64))
            {
                records.put(&list, id, record);
            }
        }
    }
}
