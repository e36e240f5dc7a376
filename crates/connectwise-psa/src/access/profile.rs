//! Named sets of rights: what integration products tell their users to grant.

use std::fmt;

use crate::access::level::Level;

/// A CSV table of the rights that each profile needs, in the order of the Security Roles screen.
const TABLE: &str = include_str!("../../data/access-profiles.csv");

/// A named set of rights: what an integration product tells its users to grant to its API member. Use it as a starting
/// point for a program that does the same work. The products can change their lists (these are from November 2026).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    name: &'static str,
}

/// The right of a profile.
pub(crate) struct ProfileRight {
    pub(crate) area: &'static str,
    pub(crate) entry: &'static str,
    /// The levels in the order of [`Permission::ALL`](crate::access::Permission::ALL).
    pub(crate) levels: [Level; 4],
    /// The entries to allow in the customisation of Table Setup.
    pub(crate) table_setup: Vec<&'static str>,
}

impl Profile {
    /// Returns all profiles.
    ///
    /// ```
    /// use connectwise_psa::access::Profile;
    ///
    /// let names: Vec<_> = Profile::all().iter().map(Profile::name).collect();
    /// assert_eq!(names, ["Rewst", "Thread"]);
    /// ```
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut names: Vec<_> = rows().filter_map(|cells| cells.first().copied()).collect();
        names.dedup();
        names.into_iter().map(|name| Self { name }).collect()
    }

    /// Returns the profile with this name, in any letter case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|profile| profile.name.eq_ignore_ascii_case(name))
    }

    /// Returns the name, such as `Thread`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn rights(self) -> impl Iterator<Item = ProfileRight> {
        rows().filter_map(move |cells| match cells.as_slice() {
            [name, area, entry, add, edit, delete, inquire, table_setup] if *name == self.name => {
                let level = |text: &str| Level::from_text(text).unwrap_or(Level::None);
                Some(ProfileRight {
                    area,
                    entry,
                    levels: [level(add), level(edit), level(delete), level(inquire)],
                    table_setup: table_setup.split(';').filter(|entry| !entry.is_empty()).collect(),
                })
            }
            _ => None,
        })
    }
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE.lines().skip(1).map(|line| line.split(',').collect())
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_in_a_known_area() {
        for line in TABLE.lines().skip(1) {
            let cells: Vec<_> = line.split(',').collect();
            assert_eq!(cells.len(), 8, "{line}");
            assert!(cells[3..7].iter().all(|level| Level::from_text(level).is_some()), "{line}");
            assert!(crate::access::needs::AREAS.contains(&cells[1]), "{line}");
        }
        let count: usize = Profile::all().into_iter().map(|profile| profile.rights().count()).sum();
        assert_eq!(count, TABLE.lines().count() - 1);
    }

    #[test]
    fn profiles_have_levels_and_entries_of_table_setup() {
        let thread = Profile::named("thread").unwrap();
        let setup = thread.rights().find(|right| right.entry == "Table Setup").unwrap();
        assert_eq!(setup.levels, [Level::All, Level::All, Level::None, Level::All]);
        assert!(setup.table_setup.contains(&"Service Board") && setup.table_setup.len() == 11);
        assert_eq!(Profile::named("unknown"), None);
    }
}
