//! What a program needs: rights from operations and profiles, in the order of the Security Roles screen.

use std::collections::BTreeMap;

use connectwise_psa_bindings::catalogue;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::operation::Operation;

use crate::access::level::{Level, Permission};
use crate::access::profile::Profile;
use crate::raw::suggestion::unknown_name;
use crate::rights::rights;

/// The areas (modules) in the order of the Security Roles screen.
pub(crate) const AREAS: [&str; 9] = [
    "Companies",
    "Finance",
    "Marketing",
    "Procurement",
    "Project",
    "Sales",
    "Service Desk",
    "System",
    "Time & Expense",
];

/// What a program needs to do, as operations and profiles. [`Access::compare`](crate::access::Access::compare) compares it
/// with the rights of the API member.
///
/// ConnectWise does not publish which right an operation needs. The rights of operations come from the same table as the
/// advice after a 403 ([`check::rights`](crate::check::rights)), so they are hints.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The needed rights, by position of the area and name of the entry, which is the order of the screen.
    pub(crate) rights: BTreeMap<(usize, &'static str), Need>,
    /// The operations whose rights are not known.
    pub(crate) unknown: Vec<String>,
}

/// A needed right.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) area: &'static str,
    pub(crate) levels: [Level; 4],
    /// The operations and profiles that need it, by permission.
    pub(crate) needed_for: [Vec<String>; 4],
    /// The entries to allow in the customisation of Table Setup.
    pub(crate) table_setup: Vec<&'static str>,
}

impl Needs {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an operation by name: `service.create_ticket`, or the name in ConnectWise's OpenAPI document
    /// (`postServiceTickets`). It is assumed to work with all records, not only with the member's own.
    ///
    /// # Errors
    ///
    /// Invalid input if there is no operation with this name, or if the feature of its section is off.
    pub fn operation(mut self, name: &str) -> Result<Self, Error> {
        let found = match name.split_once('.') {
            Some((section, id)) => catalogue::find(section, id),
            None => catalogue::find_by_vendor_id(name),
        };
        let operation = found.ok_or_else(|| Error::invalid_input(format!("operation {name:?}"), unknown_name(name)))?;
        self.add_operation(operation);
        Ok(self)
    }

    /// Adds operations by name; see [`operation`](Self::operation).
    ///
    /// # Errors
    ///
    /// Invalid input for the first name without an operation.
    pub fn operations<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        names.into_iter().try_fold(self, Self::operation)
    }

    /// Adds the rights of a profile.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        for right in profile.rights() {
            let need = self.need(right.area, right.entry);
            for (permission, level) in Permission::ALL.into_iter().zip(right.levels) {
                need.raise(permission, level, &format!("profile {}", profile.name()));
            }
            for entry in right.table_setup {
                if !need.table_setup.contains(&entry) {
                    need.table_setup.push(entry);
                }
            }
        }
        self
    }

    /// Adds a right by the names on the Security Roles screen.
    ///
    /// ```
    /// use connectwise_psa::access::{Level, Needs, Permission};
    ///
    /// let needs = Needs::new().right("Service Desk", "Service Tickets", Permission::Edit, Level::My)?;
    /// assert!(Needs::new().right("Service", "Service Tickets", Permission::Edit, Level::My).is_err());
    /// # Ok::<(), connectwise_psa::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Invalid input if there is no such area.
    pub fn right(
        mut self,
        area: &str,
        entry: &'static str,
        permission: Permission,
        level: Level,
    ) -> Result<Self, Error> {
        let Some(known) = AREAS.iter().find(|known| known.eq_ignore_ascii_case(area)) else {
            let problem = format!("is not an area of the Security Roles screen: {}", AREAS.join(", "));
            return Err(Error::invalid_input(format!("area {area:?}"), problem));
        };
        self.need(known, entry).raise(permission, level, "the program");
        Ok(self)
    }

    fn add_operation(&mut self, operation: &'static Operation) {
        let name = format!("{}.{}", operation.section, operation.id);
        let rights = rights(operation.method.as_str(), operation.path);
        if rights.is_empty() && !self.unknown.contains(&name) {
            self.unknown.push(name.clone());
        }
        for right in rights {
            let permission = Permission::ALL.into_iter().find(|permission| permission.as_str() == right.level);
            if let Some(permission) = permission {
                self.need(right.area, right.entry).raise(permission, Level::All, &name);
            }
        }
    }

    fn need(&mut self, area: &'static str, entry: &'static str) -> &mut Need {
        let position = AREAS.iter().position(|known| *known == area).unwrap_or(AREAS.len());
        self.rights.entry((position, entry)).or_insert_with(|| Need {
            area,
            levels: [Level::None; 4],
            needed_for: Default::default(),
            table_setup: Vec::new(),
        })
    }
}

impl Need {
    fn raise(&mut self, permission: Permission, level: Level, needed_for: &str) {
        let index = permission.index();
        let (Some(needed), Some(reasons)) = (self.levels.get_mut(index), self.needed_for.get_mut(index)) else {
            return;
        };
        *needed = level.max(*needed);
        if level > Level::None && !reasons.iter().any(|reason| reason == needed_for) {
            reasons.push(needed_for.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "service")]
    fn operations_and_profiles_are_merged_in_the_order_of_the_screen() {
        let needs = Needs::new()
            .profile(Profile::named("Rewst").unwrap())
            .operations(["service.delete_ticket", "service.list_tickets", "getServiceTickets", "service.list_surveys"])
            .unwrap();
        let entries: Vec<_> = needs.rights.keys().copied().collect();
        assert!(entries.is_sorted() && entries.len() > 10);
        let tickets = &needs.rights[&(6, "Service Tickets")];
        assert_eq!(tickets.levels, [Level::All; 4]);
        assert_eq!(tickets.needed_for[Permission::Delete.index()], ["service.delete_ticket"]);
        assert_eq!(tickets.needed_for[Permission::Inquire.index()], ["profile Rewst", "service.list_tickets"]);
        assert_eq!(needs.unknown, ["service.list_surveys"]);
    }

    #[test]
    fn unknown_operations_are_rejected() {
        let error = Needs::new().operation("service.list_tikets").unwrap_err().to_string();
        assert!(error.contains("service.list_tikets"), "{error}");
    }

    #[test]
    fn every_area_of_the_table_of_rights_is_an_area_of_the_screen() {
        let table = include_str!("../../data/security-roles.csv");
        for line in table.lines().skip(1) {
            let area = line.split(',').nth(1).unwrap();
            assert!(AREAS.contains(&area), "{line}");
        }
    }
}
