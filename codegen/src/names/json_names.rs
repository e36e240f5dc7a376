//! Gives the names of a JSON object or enum their Rust names, and resolves clashes.
//!
//! A name of `openapi/names.toml` wins. A name by rule that several JSON names share goes to the one that is written as
//! the vendor writes names; each other one gets a number. All names that are not written so, and all numbered names, are
//! added to names.toml. A name that a later version adds can therefore not take the Rust name of an older one.

use std::collections::{BTreeMap, BTreeSet};

use super::FILE;
use crate::problem::Problems;

/// How the Rust names of fields, variants or arguments are made.
#[derive(Clone, Copy)]
pub(super) struct Convention {
    /// The table of names.toml.
    pub(super) table: &'static str,
    /// The rule.
    pub(super) rule: fn(&str) -> String,
    /// How the vendor writes such names.
    pub(super) usual: fn(&str) -> String,
    /// Whether a name by hand is valid.
    pub(super) is_valid: fn(&str) -> bool,
    /// Names that generated code uses itself.
    pub(super) reserved: &'static [&'static str],
    /// What separates a name from the number that resolves a clash.
    pub(super) separator: &'static str,
}

/// The Rust names of one object, and what is wrong with the names by hand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The Rust name of each JSON name.
    pub(super) names: BTreeMap<String, String>,
    /// The names that names.toml has to keep.
    pub(super) kept: BTreeMap<String, String>,
    /// JSON names whose name in names.toml is not valid or belongs to another one.
    pub(super) rejected: Vec<String>,
}

/// Returns the Rust names of the JSON names of one object. `by_hand` has the names of names.toml.
pub(super) fn resolve<'a>(
    convention: Convention,
    json_names: impl IntoIterator<Item = &'a str>,
    by_hand: impl Fn(&str) -> Option<String>,
) -> Resolved {
    let json_names: BTreeSet<&str> = json_names.into_iter().collect();
    let mut resolved = Resolved::default();
    let mut taken: BTreeSet<String> = convention.reserved.iter().map(|name| (*name).to_owned()).collect();
    for json_name in &json_names {
        let Some(name) = by_hand(json_name) else { continue };
        if (convention.is_valid)(&name) && taken.insert(name.clone()) {
            resolved.names.insert((*json_name).to_owned(), name.clone());
            resolved.kept.insert((*json_name).to_owned(), name);
        } else {
            resolved.rejected.push((*json_name).to_owned());
        }
    }
    let mut others: Vec<&str> =
        json_names.into_iter().filter(|json_name| !resolved.names.contains_key(*json_name)).collect();
    others.sort_by_key(|json_name| (*json_name != "_info", !is_usual(convention, json_name), *json_name));
    for json_name in others {
        let rule = (convention.rule)(json_name);
        let numbered = (2_u32..).map(|number| format!("{rule}{}{number}", convention.separator));
        let free = std::iter::once(rule.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
        let name = free.unwrap_or_else(|| rule.clone());
        if name != rule || !is_usual(convention, json_name) {
            resolved.kept.insert(json_name.to_owned(), name.clone());
        }
        resolved.names.insert(json_name.to_owned(), name);
    }
    resolved
}

/// Reports the names of names.toml that cannot be used.
pub(super) fn report(convention: Convention, owner: &str, resolved: &Resolved, problems: &mut Problems) {
    for json_name in &resolved.rejected {
        let rule = resolved.names.get(json_name).cloned().unwrap_or_default();
        let key = format!("{owner}.{json_name}");
        problems.add(
            format!("{FILE}, [{}] \"{key}\"", convention.table),
            "the name is not valid in Rust, or another one already has it",
            format!("choose another name, for example {rule}"),
        );
    }
}

/// Returns whether a JSON name is written as the vendor writes names, so that no other JSON name written so has the same
/// Rust name: `closedFlag`, not `ClosedFlag`.
fn is_usual(convention: Convention, json_name: &str) -> bool {
    json_name == "_info" || (convention.usual)(json_name) == json_name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust_names;

    const FIELDS: Convention = Convention {
        table: "fields",
        rule: rust_names::field,
        usual: |name| heck::ToLowerCamelCase::to_lower_camel_case(name),
        is_valid: rust_names::is_snake_case,
        reserved: &[],
        separator: "_",
    };

    fn names(json_names: &[&str], by_hand: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let by_hand: BTreeMap<&str, &str> = by_hand.iter().copied().collect();
        let resolved = resolve(FIELDS, json_names.iter().copied(), |json_name| {
            by_hand.get(json_name).map(|name| (*name).to_owned())
        });
        (resolved.names.iter().map(|(json, rust)| format!("{json} {rust}")).collect(), resolved.rejected)
    }

    #[test]
    fn the_name_that_is_written_as_the_vendor_writes_names_keeps_the_rule() {
        assert_eq!(
            names(&["FooBar", "fooBar", "foo_bar"], &[]).0,
            ["FooBar foo_bar_2", "fooBar foo_bar", "foo_bar foo_bar_3"]
        );
        assert_eq!(names(&["info", "_info"], &[]).0, ["_info info", "info info_2"]);
    }

    #[test]
    fn a_later_name_cannot_take_the_name_of_an_older_one() {
        let older = resolve(FIELDS, ["FooBar"], |_| None);
        assert_eq!(older.kept["FooBar"], "foo_bar");
        let newer = resolve(FIELDS, ["FooBar", "fooBar"], |json_name| older.kept.get(json_name).cloned());
        assert_eq!((newer.names["FooBar"].as_str(), newer.names["fooBar"].as_str()), ("foo_bar", "foo_bar_2"));
    }

    #[test]
    fn a_name_by_hand_wins_over_the_rule() {
        assert_eq!(names(&["FooBar", "fooBar"], &[("FooBar", "foo_bar")]).0, ["FooBar foo_bar", "fooBar foo_bar_2"]);
    }

    #[test]
    fn an_invalid_or_repeated_name_by_hand_is_rejected() {
        assert_eq!(names(&["a"], &[("a", "Not Valid")]), (vec!["a a".to_owned()], vec!["a".to_owned()]));
        assert_eq!(names(&["a", "b"], &[("a", "x"), ("b", "x")]).1, ["b"]);
    }
}
