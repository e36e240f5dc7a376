//! What records a server begins with.

use serde_json::Value;

use crate::settings::Settings;
use crate::store::{key, new_info};
use crate::world::{World, members};

/// What records a server begins with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Seed {
    /// None.
    Empty,
    /// A small managed-service provider, the same each time, with dates that lie before the start. `scale` multiplies its customers, their contacts, devices
    /// and agreements, and the tickets.
    Demo {
        /// How many times as large; 1 is 25 companies and 400 tickets, and takes some 3 MB of memory; 250 is 100,000 tickets, and takes 0.7 GB.
        scale: usize,
    },
    /// Records by the path of their list: `{"/service/tickets": [{…}, …], …}`.
    Records(Value),
}

impl Seed {
    pub(crate) fn plant(self, world: &mut World, settings: &Settings) -> Result<(), connectwise_psa::Error> {
        match self {
            Self::Empty => Ok(()),
            Self::Demo { scale } => {
                crate::demo::plant(&mut world.records, &settings.link_base(), scale, chrono::Utc::now());
                Ok(())
            }
            Self::Records(lists) => plant_records(world, lists),
        }
    }
}

fn plant_records(world: &mut World, lists: Value) -> Result<(), connectwise_psa::Error> {
    let refuse = |name: &str, why: &str| Err(connectwise_psa::Error::invalid_input(format!("seed {name}"), why));
    let Value::Object(lists) = lists else { return refuse("", "is no object of lists by their paths") };
    for (path, records) in lists {
        let Value::Array(records) = records else { return refuse(&format!("{path:?}"), "is no list of records") };
        for record in records {
            if !record.is_object() {
                return refuse(&format!("{path:?}"), "holds something that is no record");
            }
            let mut record = members(record);
            let id = record.get("id").and_then(Value::as_i64);
            record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "seed"));
            world.records.insert(&key(&path), record, id);
        }
    }
    Ok(())
}
