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

    /// Fails if a difference is not covered by an exception, or an exception covers none. A difference is a type and the
    /// path of a field; an exception also covers the fields inside its field.
    pub(crate) fn check(&self, differences: &BTreeSet<(String, String)>) {
        let mut used = BTreeSet::new();
        let mut unexpected = Vec::new();
        for (type_name, field) in differences {
            let is_covered_by = |exception: &&(&'static str, &'static str)| {
                let rest = field.strip_prefix(exception.1);
                exception.0 == type_name && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            match self.0.iter().find(is_covered_by) {
                Some(exception) => _ = used.insert(*exception),
                None => unexpected.push(format!("{type_name},{field}")),
            }
        }
        let obsolete: Vec<_> = self.0.difference(&used).map(|(name, field)| format!("{name},{field}")).collect();
        assert!(
            unexpected.is_empty() && obsolete.is_empty(),
            "not listed:\n{}\n\nno longer there:\n{}",
            unexpected.join("\n"),
            obsolete.join("\n")
        );
    }
}
