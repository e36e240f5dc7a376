//! Setup lists whose records depend on nothing that is generated: states, note types, expense types, the settings of the
//! provider under `/system/mycompany`. The data file contains them.

use serde_json::Value;

use super::seeder::{RecordInfo, Seeder};

/// The records as JSON: for each phase, the lists in the order in which they are added. A reference contains only an id,
/// an identifier or a name.
const LISTS: &str = include_str!("../../data/demo_lists.json");

/// When lists are added.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// After the members, before the companies and boards.
    BeforeCompanies,
    /// After the companies and boards, to which these lists refer.
    AfterCompanies,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::BeforeCompanies => "before companies",
            Self::AfterCompanies => "after companies",
        }
    }
}

/// Adds the lists of a phase.
pub(super) fn seed(seeder: &mut Seeder<'_>, phase: Phase) {
    let info = RecordInfo::new(seeder.system_start(), "api");
    let lists: Value = serde_json::from_str(LISTS).unwrap_or_default();
    for list in lists.get(phase.name()).and_then(Value::as_array).into_iter().flatten() {
        let path = list.get("list").and_then(Value::as_str).unwrap_or_default();
        for record in list.get("records").and_then(Value::as_array).into_iter().flatten() {
            seeder.add_completed(path, record.clone(), info);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_the_data_file_has_records() {
        let lists: Value = serde_json::from_str(LISTS).unwrap();
        assert_eq!(lists.as_object().unwrap().len(), 2);
        for phase in [Phase::BeforeCompanies, Phase::AfterCompanies] {
            for list in lists[phase.name()].as_array().unwrap() {
                assert!(list["list"].as_str().unwrap().starts_with('/'), "{list}");
                assert!(!list["records"].as_array().unwrap().is_empty(), "{list}");
            }
        }
    }
}
