//! The words that packed values share: names of members as numbers, and what links begin with.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::OnceLock;

/// Stands where a name follows as text, because it has no number.
pub(super) const UNKNOWN: u16 = u16::MAX;

/// What the packed values of one kind have in common. It says how they are read, so it must not change while there are
/// any.
pub(crate) trait Format: Copy + Debug + Eq + 'static {
    /// What ends the part of a link that many links share.
    const LINK_END: &'static str;

    /// The names that have numbers.
    fn names() -> &'static Names;
}

/// Names of members, by number.
#[derive(Debug)]
pub(crate) struct Names {
    /// In the order of their bytes, each with the text that begins a member in JSON.
    names: Vec<(&'static str, String)>,
    numbers: HashMap<&'static str, u16>,
    /// The names that differ by letter case alone from one in small letters.
    folded: HashMap<String, Vec<u16>>,
}

impl Names {
    /// Gives each name a number. No name may need an escape in JSON; those beyond 65,535 get none.
    pub(crate) fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        let names: BTreeSet<&'static str> = names.into_iter().collect();
        let names: Vec<_> = names.into_iter().map(|name| (name, format!("\"{name}\":"))).collect();
        let numbers: HashMap<_, _> = names.iter().zip(0..UNKNOWN).map(|((name, _), number)| (*name, number)).collect();
        let mut folded: HashMap<String, Vec<u16>> = HashMap::new();
        for ((name, _), number) in names.iter().zip(0..UNKNOWN) {
            folded.entry(name.to_ascii_lowercase()).or_default().push(number);
        }
        Self { names, numbers, folded }
    }

    /// The number of a name; none when it has none.
    pub(crate) fn number_of(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }

    /// The name with a number.
    pub(crate) fn name_of(&self, number: u16) -> &'static str {
        self.names.get(usize::from(number)).map(|(name, _)| *name).unwrap_or_default()
    }

    /// The name with a number as JSON has it, with its colon.
    pub(crate) fn written(&self, number: u16) -> &str {
        self.names.get(usize::from(number)).map(|(_, written)| written.as_str()).unwrap_or_default()
    }

    /// All names in the order of their numbers.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.names.iter().map(|(name, _)| *name)
    }
}

/// A name to look for.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// Its own number.
    pub(crate) exact: Option<u16>,
    /// The numbers of those that differ by letter case alone.
    pub(crate) alike: Vec<u16>,
    pub(super) text: String,
    /// Where it was in the table of the last record: the next one is often alike.
    pub(super) place: Cell<usize>,
}

impl Name {
    pub(crate) fn new(text: &str, names: &Names) -> Self {
        let exact = names.number_of(text);
        let alike = names
            .folded
            .get(&text.to_ascii_lowercase())
            .into_iter()
            .flatten()
            .copied()
            .filter(|number| Some(*number) != exact);
        Self { exact, alike: alike.collect(), text: text.to_owned(), place: Cell::default() }
    }
}

/// What links begin with, each once and for as long as the program runs: mostly there are as many as servers with
/// different hosts.
static PREFIXES: [OnceLock<Box<str>>; 64] = [const { OnceLock::new() }; 64];

/// Parts a link into what many begin with, up to and with `end`, by its number, and the rest; none for other texts, and
/// where too many beginnings are known.
pub(crate) fn split_link<'t>(text: &'t str, end: &str) -> Option<(u8, &'t str)> {
    /// A host, a release and what is around them; prose that holds a link is no link.
    const LONGEST: usize = 120;
    let head = text.get(..text.len().min(LONGEST)).filter(|head| head.starts_with("http"))?;
    let (prefix, rest) = text.split_at_checked(head.find(end)? + end.len())?;
    if prefix.contains(char::is_whitespace) {
        return None;
    }
    let at = PREFIXES.iter().position(|known| **known.get_or_init(|| prefix.into()) == *prefix)?;
    Some((u8::try_from(at).ok()?, rest))
}

/// The prefix with a number.
pub(crate) fn prefix(number: u8) -> &'static str {
    PREFIXES.get(usize::from(number)).and_then(OnceLock::get).map(|text| &**text).unwrap_or_default()
}
