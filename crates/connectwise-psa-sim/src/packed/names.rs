//! The strings that packed values share: numbered field names and link prefixes.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::OnceLock;

use super::shared::SharedObjects;

/// The number of a field name that has no number; the name follows as a string.
pub(super) const UNNUMBERED: u16 = u16::MAX;

/// The properties that packed values of one format share. They must not change while packed values exist, because they
/// determine how the values are read.
pub(crate) trait Format: Copy + Debug + Eq + 'static {
    /// The end of the prefix that many links share.
    const LINK_PREFIX_END: &'static str;

    /// The start of the links for which JSON text may have another start.
    const LINK_START: &'static str;

    /// The end of the names of the fields that have such links.
    const LINK_FIELD_END: &'static str;

    /// Returns the field names that have numbers.
    fn names() -> &'static Names;

    /// Returns the objects that many values contain.
    fn shared() -> &'static SharedObjects;
}

/// A field name that has a number.
#[derive(Debug)]
pub(crate) struct NumberedName {
    pub(crate) text: &'static str,
    /// The name in quotation marks, between a comma and a colon, as JSON text has it.
    pub(crate) separated: String,
    /// Whether the name ends with [`Format::LINK_FIELD_END`].
    pub(crate) is_link: bool,
}

/// Numbered field names.
#[derive(Debug)]
pub(crate) struct Names {
    /// In the order of their numbers.
    names: Vec<NumberedName>,
    numbers: HashMap<&'static str, u16>,
    /// The numbers of all names with the same lower-case form.
    by_lower_case: HashMap<String, Vec<u16>>,
}

impl Names {
    /// Numbers the names of the format `F`. Fields are written in the order of their numbers: by rank, then by name. No
    /// name may need an escape in JSON. Only the first 65,535 names get a number.
    pub(crate) fn new<F: Format>(names: impl IntoIterator<Item = &'static str>, rank: impl Fn(&str) -> u8) -> Self {
        let names: BTreeSet<(u8, &'static str)> = names.into_iter().map(|name| (rank(name), name)).collect();
        let numbered = |(_, text): (u8, &'static str)| NumberedName {
            text,
            separated: format!(",\"{text}\":"),
            is_link: text.ends_with(F::LINK_FIELD_END),
        };
        let names: Vec<_> = names.into_iter().take(usize::from(UNNUMBERED)).map(numbered).collect();
        let numbers: HashMap<_, _> = names.iter().zip(0..).map(|(name, number)| (name.text, number)).collect();
        let mut by_lower_case: HashMap<String, Vec<u16>> = HashMap::new();
        for (name, number) in names.iter().zip(0..) {
            by_lower_case.entry(name.text.to_ascii_lowercase()).or_default().push(number);
        }
        Self { names, numbers, by_lower_case }
    }

    /// Returns the number of a name; `None` if it has none.
    pub(crate) fn number_of(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }

    /// Returns the name with a number; an empty string if there is none.
    pub(crate) fn name_at(&self, number: u16) -> &'static str {
        self.get(number).map(|name| name.text).unwrap_or_default()
    }

    /// Returns the name with a number and its properties.
    pub(crate) fn get(&self, number: u16) -> Option<&NumberedName> {
        self.names.get(usize::from(number))
    }

    /// Returns all names, ordered by number.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.names.iter().map(|name| name.text)
    }
}

/// A field name to look up.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// The number of the exact name; `None` if it has none.
    pub(crate) exact: Option<u16>,
    /// The numbers of the names that differ only in letter case.
    pub(crate) case_variants: Vec<u16>,
    pub(super) text: String,
    /// The index where the name was in the offset table of the previous record. The next record often has the same
    /// layout.
    pub(super) last_index: Cell<usize>,
}

impl Name {
    pub(crate) fn new(text: &str, names: &Names) -> Self {
        let exact = names.number_of(text);
        let case_variants = names
            .by_lower_case
            .get(&text.to_ascii_lowercase())
            .into_iter()
            .flatten()
            .copied()
            .filter(|number| Some(*number) != exact);
        Self { exact, case_variants: case_variants.collect(), text: text.to_owned(), last_index: Cell::default() }
    }
}

/// The link prefixes, which live as long as the program. Each server host and code base has one.
static PREFIXES: [OnceLock<Box<str>>; 64] = [const { OnceLock::new() }; 64];

/// Splits a link into the number of its prefix, which ends with `prefix_end`, and the rest. Returns `None` if the text
/// is not such a link, or if there are already 64 other prefixes.
pub(crate) fn split_link<'t>(text: &'t str, prefix_end: &str) -> Option<(u8, &'t str)> {
    /// The maximum length of a prefix, which excludes prose that contains a link.
    const MAX_PREFIX: usize = 120;
    let head = text.get(..text.len().min(MAX_PREFIX)).filter(|head| head.starts_with("http"))?;
    let (prefix, rest) = text.split_at_checked(head.find(prefix_end)? + prefix_end.len())?;
    if prefix.contains(char::is_whitespace) {
        return None;
    }
    let number = PREFIXES.iter().position(|known| **known.get_or_init(|| prefix.into()) == *prefix)?;
    Some((u8::try_from(number).ok()?, rest))
}

/// Returns the prefix with a number.
pub(crate) fn prefix(number: u8) -> &'static str {
    PREFIXES.get(usize::from(number)).and_then(OnceLock::get).map(|text| &**text).unwrap_or_default()
}
