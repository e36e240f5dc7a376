//! What the API member may do, as far as it is known.

use std::collections::HashMap;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::Value;

use crate::access::level::{Level, Permission};

/// Other names of entries, as the server and ConnectWise's help pages write them.
const OTHER_NAMES: [(&str, &[&str]); 2] = [
    ("Manage Attachments", &["Manage Documents", "Manage Documents/Attachments"]),
    ("CRM/Sales Activities", &["Sales Activities", "Activities"]),
];

/// How the rights were determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessSource {
    /// The server listed the rights of the member: `/system/mySecurity`.
    MySecurity,
    /// The server does not list them for this member, so harmless reads were tried. They show whether a member may read;
    /// they do not show whether it may read all records or only its own, and nothing about the other permissions.
    Probes,
}

/// What the API member may do, as far as it is known.
#[derive(Clone, Debug)]
pub struct Granted {
    source: AccessSource,
    /// The levels, in the order of [`Permission::ALL`], by the compared forms of area and entry.
    levels: HashMap<(String, String), [Option<Level>; 4]>,
}

impl Granted {
    pub(crate) fn new(source: AccessSource) -> Self {
        Self { source, levels: HashMap::new() }
    }

    /// Reads the records of `/system/mySecurity`. Returns `None` if none of them has the level of a right.
    pub(crate) fn from_my_security(records: &[Value]) -> Option<Self> {
        let mut granted = Self::new(AccessSource::MySecurity);
        for record in records.iter().filter_map(Value::as_object) {
            let text = |name: &str| {
                field_ignoring_case(record, name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
            };
            let level = |name: &str| text(name).and_then(Level::from_text);
            let levels = [level("addLevel"), level("editLevel"), level("deleteLevel"), level("inquireLevel")];
            if levels.iter().all(Option::is_none) {
                continue;
            }
            let texts = |names: [&str; 3]| names.into_iter().filter_map(text).map(compared).collect::<Vec<_>>();
            for area in texts(["moduleName", "moduleDescription", "moduleIdentifier"]) {
                for entry in texts(["moduleFunctionName", "moduleFunctionDescription", "moduleFunctionIdentifier"]) {
                    granted.add((area.clone(), entry), levels);
                }
            }
        }
        (!granted.levels.is_empty()).then_some(granted)
    }

    /// Adds levels. If an entry occurs twice, the lower levels count, so that the report promises nothing.
    fn add(&mut self, key: (String, String), levels: [Option<Level>; 4]) {
        let known = self.levels.entry(key).or_insert(levels);
        for (known, level) in known.iter_mut().zip(levels) {
            *known = match (*known, level) {
                (Some(known), Some(level)) => Some(known.min(level)),
                (known, level) => known.or(level),
            };
        }
    }

    /// Adds the result of a probe, which shows whether the member may read.
    pub(crate) fn add_probe(&mut self, area: &str, entry: &str, level: Option<Level>) {
        self.add((compared(area), compared(entry)), [None, None, None, level]);
    }

    /// Returns how the rights were determined.
    #[must_use]
    pub const fn source(&self) -> AccessSource {
        self.source
    }

    /// Returns the level of a right by the names on the Security Roles screen; `None` if it is not known. With
    /// [`AccessSource::Probes`], [`Level::My`] means "at least the member's own records".
    #[must_use]
    pub fn level(&self, area: &str, entry: &str, permission: Permission) -> Option<Level> {
        let others = OTHER_NAMES
            .iter()
            .filter(|(name, _)| compared(name) == compared(entry))
            .flat_map(|(_, others)| others.iter().copied());
        let area = compared(area);
        let levels =
            std::iter::once(entry).chain(others).find_map(|entry| self.levels.get(&(area.clone(), compared(entry))))?;
        levels.get(permission.index()).copied().flatten()
    }
}

/// Returns the form in which names are compared: lower-case letters and digits, without a plural `s`. Sources write
/// `Project` and `Projects`, `Close Service Tickets` and `Close Service Ticket`.
fn compared(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric()).map(|word| {
        let word = word.to_lowercase();
        word.strip_suffix('s').map(ToOwned::to_owned).unwrap_or(word)
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_are_found_by_any_of_their_names() {
        let records = [
            json!({"moduleName": "Service Desk", "moduleFunctionName": "Service Tickets", "addLevel": "All", "editLevel": "My", "deleteLevel": "None", "inquireLevel": "all"}),
            json!({"ModuleDescription": "Projects", "moduleFunctionDescription": "Project Ticket", "inquireLevel": "All"}),
            json!({"moduleIdentifier": "Companies", "moduleFunctionName": "Manage Documents", "addLevel": "My"}),
            json!({"moduleName": "Sales", "moduleFunctionName": "Opportunity"}),
            json!("not a record"),
        ];
        let granted = Granted::from_my_security(&records).unwrap();
        for (area, entry, permission, expected) in [
            ("Service Desk", "Service Tickets", Permission::Add, Some(Level::All)),
            ("Service Desk", "Service Tickets", Permission::Edit, Some(Level::My)),
            ("Service Desk", "Service Tickets", Permission::Delete, Some(Level::None)),
            ("Service Desk", "Service Tickets", Permission::Inquire, Some(Level::All)),
            ("Project", "Project Tickets", Permission::Inquire, Some(Level::All)),
            ("Project", "Project Tickets", Permission::Add, None),
            ("Companies", "Manage Attachments", Permission::Add, Some(Level::My)),
            ("Sales", "Opportunity", Permission::Inquire, None),
            ("Service Desk", "Merge Tickets", Permission::Add, None),
        ] {
            assert_eq!(granted.level(area, entry, permission), expected, "{area} {entry} {permission}");
        }
        assert!(Granted::from_my_security(&[json!({}), json!([])]).is_none());
    }

    #[test]
    fn the_lower_level_of_a_repeated_entry_counts() {
        let record = |level: &str| json!({"moduleName": "A", "moduleFunctionName": "B", "addLevel": level});
        let granted = Granted::from_my_security(&[record("All"), record("None"), record("My")]).unwrap();
        assert_eq!(granted.level("A", "B", Permission::Add), Some(Level::None));
    }
}
