//! What records a server begins with.

use serde_json::Value;

use crate::facts::{Kind, record_type, type_of};
use crate::records::Members;
use crate::records::check::Checker;
use crate::records::references::Links;
use crate::settings::Settings;
use crate::store::{Key, Records, key, new_info};
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
    /// Records by the path of their list: `{"/service/tickets": [{…}, …], …}`. References are completed where what they lead to is among them, by its id,
    /// identifier or name; nothing else is checked or added.
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
            Self::Records(lists) => plant_records(world, settings, lists),
        }
    }
}

fn plant_records(world: &mut World, settings: &Settings, lists: Value) -> Result<(), connectwise_psa::Error> {
    let refuse = |name: &str, why: &str| Err(connectwise_psa::Error::invalid_input(format!("seed {name}").trim(), why));
    let Value::Object(lists) = lists else { return refuse("", "is no object of lists by their paths") };
    for (path, records) in lists {
        let (shown, list) = (format!("{path:?}"), key(&path));
        if record_type(&list).is_none() {
            return refuse(&shown, "is the path of no list; one is \"/service/boards\", without the API's base");
        }
        let Value::Array(records) = records else { return refuse(&shown, "is no list of records") };
        for record in records {
            let Value::Object(mut record) = record else { return refuse(&shown, "holds something that is no record") };
            let id = match record.get("id") {
                None => None,
                Some(id) => match id.as_i64().filter(|id| *id > 0) {
                    Some(id) if world.records.contains(&list, id) => return refuse(&shown, &format!("holds two records with the id {id}")),
                    Some(id) => Some(id),
                    None => return refuse(&shown, &format!("holds a record with the id {id}, which is no number above 0")),
                },
            };
            record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "seed"));
            world.records.insert(&list, record, id);
        }
    }
    complete_all(world, &settings.link_base());
    Ok(())
}

/// Completes the references of all records, now that what they lead to is there.
fn complete_all(world: &mut World, base: &str) {
    let lists: Vec<Key> = world.records.collections().map(|(list, _)| list.to_owned()).collect();
    for list in lists {
        let records: Vec<_> = world.records.collection(&list).into_iter().flat_map(|list| list.records.values()).map(members).collect();
        for mut record in records {
            if let (true, Some(id)) = (complete(&world.records, base, &list, &mut record), record.get("id").and_then(Value::as_i64)) {
                world.records.put(&list, id, record);
            }
        }
    }
}

/// Completes the references of a record by what they lead to, as the server writes them, and says whether any was. What leads nowhere stays as it is.
pub(crate) fn complete(records: &Records, base: &str, list: &str, record: &mut Members) -> bool {
    let Some(type_name) = record_type(list) else { return false };
    let checker = Checker { records, links: &Links { base }, type_name };
    let mut is_changed = false;
    for (name, member) in type_of(type_name).into_iter().flat_map(|facts| &facts.members) {
        let Kind::Reference(reference) = &member.kind else { continue };
        let given = record.get(name).filter(|given| given.get("_info").is_none()).cloned();
        if let Some(given) = given
            && let Ok(found) = checker.reference(name, reference, &given, record)
            && found.get("_info").is_some()
        {
            record.insert(name.clone(), found);
            is_changed = true;
        }
    }
    is_changed
}
