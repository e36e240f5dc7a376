//! The known differences, with their reasons.

use std::collections::BTreeSet;

/// As CSV: the test, the record type, the path of the field, the reason.
const EXCEPTIONS: &str = include_str!("exceptions.csv");

/// The exceptions of one test.
pub(crate) struct Exceptions(BTreeSet<(&'static str, &'static str)>);

impl Exceptions {
    /// Reads the exceptions of a test.
    pub(crate) fn of(test: &str) -> Self {
        let lines = EXCEPTIONS.lines().skip(1).filter_map(|line| {
            let mut columns = line.splitn(4, ',');
            let (of, type_name, field) = (columns.next()?, columns.next()?, columns.next()?);
            assert!(columns.next().is_some_and(|reason| reason.len() > 10), "a reason is missing: {line}");
            (of == test).then_some((type_name, field))
        });
        Self(lines.collect())
    }

    /// Fails if the differences are not exactly the exceptions. A difference is a type and a field.
    pub(crate) fn check(&self, differences: &BTreeSet<(String, String)>) {
        let found: BTreeSet<_> = differences.iter().map(|(name, field)| (name.as_str(), field.as_str())).collect();
        let text = |pairs: Vec<&(&str, &str)>| {
            pairs.iter().map(|(name, field)| format!("{name},{field}")).collect::<Vec<_>>().join("\n")
        };
        let unexpected = text(found.difference(&self.0).collect());
        let obsolete = text(self.0.difference(&found).collect());
        assert!(
            unexpected.is_empty() && obsolete.is_empty(),
            "not listed:\n{unexpected}\n\nno longer there:\n{obsolete}"
        );
    }
}
