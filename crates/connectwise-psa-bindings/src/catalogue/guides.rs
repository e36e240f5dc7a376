//! Short guides to the records that people work with most.

use connectwise_psa_core::operation::Operation;

use crate::generated::guides::GUIDES;

/// A guide: the fields that matter, recipes, and usual mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guide {
    /// The name: `tickets`.
    pub name: &'static str,
    /// The heading: `Tickets`.
    pub title: &'static str,
    /// The paths of the collections that it is about, with everything below them: `/service/tickets`.
    pub paths: &'static [&'static str],
    /// Markdown. The code blocks are command lines of `cwpsa`.
    pub text: &'static str,
}

impl Guide {
    /// Returns the length of the path that an operation is at or below.
    fn matches(&self, operation: &Operation) -> Option<usize> {
        let is_below = |path: &&&str| {
            operation.path.strip_prefix(**path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.iter().filter(is_below).map(|path| path.len()).max()
    }
}

/// Returns all guides, by name.
pub fn guides() -> impl Iterator<Item = Guide> {
    GUIDES.iter().map(|&(name, title, paths, text)| Guide { name, title, paths, text })
}

/// Returns the guide to the records of an operation: the one with the longest path that the operation is below. `None`
/// if there is none.
///
/// ```
/// # #[cfg(feature = "service")]
/// # {
/// use connectwise_psa_bindings::catalogue;
///
/// let operation = catalogue::find("service", "list_ticket_notes").expect("an operation");
/// assert_eq!(catalogue::guide(operation).expect("a guide").name, "tickets");
/// # }
/// ```
#[must_use]
pub fn guide(operation: &Operation) -> Option<Guide> {
    guides()
        .filter_map(|guide| Some((guide.matches(operation)?, guide)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, guide)| guide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_are_short_and_have_paths() {
        let names: Vec<_> = guides().map(|guide| guide.name).collect();
        let expected =
            ["agreements", "companies", "configurations", "contacts", "invoices", "projects", "tickets", "time"];
        assert_eq!(names, expected);
        for guide in guides() {
            let words = guide.text.split_whitespace().count();
            assert!((100..=350).contains(&words), "{}: {words} words", guide.name);
            assert!(!guide.paths.is_empty() && guide.text.contains("$ cwpsa "), "{}", guide.name);
        }
    }
}
