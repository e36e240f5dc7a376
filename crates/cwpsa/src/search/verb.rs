//! What an operation does with its records, and which words of a query ask for it.

use connectwise_psa::catalogue::Operation;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    List,
    Get,
    Count,
    Create,
    Update,
    Replace,
    Delete,
    /// Any other, such as `merge`: the first word of the operation's id.
    Special(&'static str),
}

impl Verb {
    /// Returns the verb of an operation.
    pub(crate) fn of(operation: &'static Operation) -> Self {
        let id = operation.id.strip_prefix("bulk_").unwrap_or(operation.id);
        Self::named(id.split('_').next().unwrap_or(id))
    }

    /// Returns the verb with a name: `list`, `merge`.
    pub(crate) fn named(name: &'static str) -> Self {
        match name {
            "list" => Self::List,
            "get" => Self::Get,
            "count" => Self::Count,
            "create" => Self::Create,
            "update" => Self::Update,
            "replace" => Self::Replace,
            "delete" => Self::Delete,
            special => Self::Special(special),
        }
    }

    /// Returns whether the verb changes nothing.
    pub(crate) const fn reads(self) -> bool {
        matches!(self, Self::List | Self::Get | Self::Count)
    }

    /// Returns how well an operation with the verb `offered` does what this verb asks for, from 0 to 1.
    pub(crate) fn fits(self, offered: Self) -> f64 {
        if self == offered {
            return 1.0;
        }
        let (Self::Special(wanted), Self::Special(offered_name)) = (self, offered) else {
            return self.fits_another_kind(offered);
        };
        SIMILAR.iter().find(|&&(a, b, _)| (a, b) == (wanted, offered_name)).map_or(0.1, |&(_, _, fit)| fit)
    }

    fn fits_another_kind(self, offered: Self) -> f64 {
        match (self, offered) {
            (Self::List, Self::Get) | (Self::Get, Self::List) => 0.9,
            (Self::Update, Self::Replace) | (Self::Replace, Self::Update) => 0.92,
            (Self::Count, Self::List) => 0.75,
            (Self::Count, Self::Get) => 0.6,
            (Self::List | Self::Get, Self::Count) => 0.6,
            (Self::List | Self::Get, Self::Special(name)) => of_table(READING, name),
            (Self::Create, Self::Special(name)) => of_table(CREATING, name),
            (Self::Update | Self::Replace, Self::Special(name)) => of_table(CHANGING, name),
            (Self::Delete, Self::Special(name)) => of_table(REMOVING, name),
            // Without an operation of its own, most actions are changes of a field.
            (Self::Special(name), other) => {
                let table = if other == Self::Update { 0.6 } else { 0.1 };
                match (name, other) {
                    ("upload" | "generate" | "register" | "request" | "submit" | "import", Self::Create) => 0.8,
                    ("search" | "download" | "calculate" | "resolve" | "export", Self::List) => 0.85,
                    ("search" | "download" | "calculate" | "resolve" | "export", Self::Get) => 0.8,
                    ("detach" | "unlink" | "clear" | "deactivate", Self::Delete) => 0.8,
                    ("attach" | "link", Self::Create) => 0.85,
                    ("mark" | "deactivate" | "change", Self::Update) => 0.9,
                    _ => table,
                }
            }
            (Self::Delete, Self::Update) => 0.5,
            (Self::Update, Self::Create | Self::Delete) => 0.45,
            (Self::Create, Self::Update) => 0.45,
            _ => 0.25,
        }
    }
}

/// How well special operations serve a query that asks to read.
const READING: &[(&str, f64)] = &[
    ("search", 0.95),
    ("download", 0.95),
    ("calculate", 0.75),
    ("resolve", 0.7),
    ("test", 0.3),
    ("validate", 0.5),
    ("export", 0.5),
];

/// How well special operations serve a query that asks to create.
const CREATING: &[(&str, f64)] = &[
    ("upload", 0.95),
    ("generate", 0.7),
    ("register", 0.8),
    ("request", 0.7),
    ("import", 0.5),
    ("copy", 0.3),
    ("attach", 0.5),
    ("link", 0.6),
    ("submit", 0.4),
    ("convert", 0.5),
    ("apply", 0.4),
    ("run", 0.4),
];

/// How well special operations serve a query that asks to change.
const CHANGING: &[(&str, f64)] = &[
    ("change", 0.9),
    ("mark", 0.95),
    ("convert", 0.6),
    ("reset", 0.6),
    ("recalculate", 0.5),
    ("link", 0.5),
    ("merge", 0.3),
    ("deactivate", 0.6),
    ("apply", 0.4),
    ("request", 0.4),
    ("attach", 0.4),
];

/// How well special operations serve a query that asks to remove.
const REMOVING: &[(&str, f64)] =
    &[("clear", 0.85), ("detach", 0.8), ("unlink", 0.9), ("deactivate", 0.85), ("reset", 0.4), ("unbatch", 0.5)];

/// How well one special operation serves a query that asks for another.
const SIMILAR: &[(&str, &str, f64)] = &[
    ("attach", "link", 0.7),
    ("calculate", "recalculate", 0.8),
    ("clear", "reset", 0.8),
    ("detach", "unlink", 0.8),
    ("detach", "unbatch", 0.6),
    ("execute", "run", 0.9),
    ("export", "download", 0.7),
    ("import", "upload", 0.7),
    ("link", "attach", 0.8),
    ("merge", "attach", 0.5),
    ("recalculate", "calculate", 0.8),
    ("reset", "clear", 0.85),
    ("run", "execute", 0.9),
    ("run", "test", 0.7),
    ("reverse", "reject", 0.6),
    ("test", "validate", 0.85),
    ("unlink", "detach", 0.8),
    ("upload", "import", 0.7),
    ("validate", "test", 0.85),
    ("generate", "apply", 0.6),
    ("apply", "generate", 0.6),
    ("submit", "approve", 0.3),
    ("reject", "reverse", 0.6),
    ("export", "approve", 0.1),
];

fn of_table(table: &[(&str, f64)], name: &str) -> f64 {
    table.iter().find(|&&(other, _)| other == name).map_or(0.2, |&(_, fit)| fit)
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue;

    use super::*;

    #[test]
    fn verbs_come_from_the_ids() {
        let verb = |section, id| Verb::of(catalogue::find(section, id).expect("an operation"));
        assert_eq!(verb("service", "list_tickets"), Verb::List);
        assert_eq!(verb("service", "merge_ticket"), Verb::Special("merge"));
        assert_eq!(verb("company", "bulk_create_configurations"), Verb::Create);
    }

    #[test]
    fn the_same_verb_fits_best() {
        let verbs: Vec<_> = catalogue::all().map(Verb::of).collect();
        for wanted in &verbs {
            assert!((wanted.fits(*wanted) - 1.0).abs() < f64::EPSILON);
            assert!(verbs.iter().all(|other| other == wanted || wanted.fits(*other) < 1.0), "{wanted:?}");
        }
    }
}
