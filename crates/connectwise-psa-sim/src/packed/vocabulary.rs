//! The words that packed records share: names of members as numbers, and what links begin with.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, OnceLock};

use crate::schema::{FieldKind, types};

/// Stands where a name follows as text, because no type has it.
pub(super) const UNKNOWN: u16 = u16::MAX;

/// Members that records have though no type describes them: those of `_info`, and the simulator's own.
const MORE: &[&str] = &["_info", "dateEntered", "enteredBy", "lastUpdated", "updatedBy", "_attached", "_audited", "_by", "_content", "recordType", "recordId"];

/// The names that types give their members.
struct Vocabulary {
    /// In the order of their bytes, each with the text that begins a member in JSON.
    names: Vec<(&'static str, String)>,
    numbers: HashMap<&'static str, u16>,
    /// The names that differ by letter case alone from one in small letters.
    folded: HashMap<String, Vec<u16>>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    static LINKS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let members = types().flat_map(|schema| &schema.fields);
        members.filter(|(_, member)| matches!(member.kind, FieldKind::Reference(_) | FieldKind::Object(_))).map(|(name, _)| format!("{name}_href")).collect()
    });
    let described = types().flat_map(|schema| schema.fields.keys()).chain(LINKS.iter()).map(String::as_str);
    let names: BTreeSet<&'static str> = described.chain(MORE.iter().copied()).collect();
    let names: Vec<_> = names.into_iter().map(|name| (name, format!("\"{name}\":"))).collect();
    let numbers: HashMap<_, _> = names.iter().zip(0..UNKNOWN).map(|((name, _), number)| (*name, number)).collect();
    let mut folded: HashMap<String, Vec<u16>> = HashMap::new();
    for ((name, _), number) in names.iter().zip(0..UNKNOWN) {
        folded.entry(name.to_ascii_lowercase()).or_default().push(number);
    }
    Vocabulary { names, numbers, folded }
});

/// The number of a name; none when no type has it.
pub(super) fn number_of(name: &str) -> Option<u16> {
    VOCABULARY.numbers.get(name).copied()
}

/// The name with a number.
pub(super) fn name_of(number: u16) -> &'static str {
    VOCABULARY.names.get(usize::from(number)).map(|(name, _)| *name).unwrap_or_default()
}

/// The name with a number as JSON has it, with its colon.
pub(super) fn written(number: u16) -> &'static str {
    VOCABULARY.names.get(usize::from(number)).map(|(_, written)| written.as_str()).unwrap_or_default()
}

/// A name to look for.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// Its own number.
    pub(super) exact: Option<u16>,
    /// The numbers of those that differ by letter case alone.
    pub(super) alike: Vec<u16>,
    pub(super) text: String,
    /// Where it was in the table of the last record: the next one is often alike.
    pub(super) place: Cell<usize>,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        let exact = number_of(text);
        let alike = VOCABULARY.folded.get(&text.to_ascii_lowercase()).into_iter().flatten().copied().filter(|number| Some(*number) != exact);
        Self { exact, alike: alike.collect(), text: text.to_owned(), place: Cell::default() }
    }
}

/// What links begin with, each once and for as long as the program runs: mostly there are as many as servers with different hosts.
static PREFIXES: [OnceLock<Box<str>>; 64] = [const { OnceLock::new() }; 64];

/// Parts a link into what many begin with, by its number, and the rest; none for other texts, and where too many beginnings are known.
pub(super) fn split_link(text: &str) -> Option<(u8, &str)> {
    const END: &str = "/apis/3.0/";
    /// A host, a release and what is around them; prose that holds a link is no link.
    const LONGEST: usize = 120;
    let head = text.get(..text.len().min(LONGEST)).filter(|head| head.starts_with("http"))?;
    let (prefix, rest) = text.split_at_checked(head.find(END)? + END.len())?;
    if prefix.contains(char::is_whitespace) {
        return None;
    }
    let at = PREFIXES.iter().position(|known| **known.get_or_init(|| prefix.into()) == *prefix)?;
    Some((u8::try_from(at).ok()?, rest))
}

/// The prefix with a number.
pub(super) fn prefix(number: u8) -> &'static str {
    PREFIXES.get(usize::from(number)).and_then(OnceLock::get).map(|text| &**text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_come_back() {
        assert!(VOCABULARY.names.len() > 1000 && VOCABULARY.names.len() < usize::from(UNKNOWN), "{}", VOCABULARY.names.len());
        for (name, written) in &VOCABULARY.names {
            let number = number_of(name).unwrap();
            assert_eq!((name_of(number), super::written(number)), (*name, written.as_str()));
            assert_eq!(serde_json::to_string(name).unwrap(), written.trim_end_matches(':'), "no name needs an escape");
        }
        assert_eq!((number_of("no such member"), name_of(UNKNOWN)), (None, ""));
        for name in ["summary", "board_href", "_info", "lastUpdated"] {
            assert_eq!(Name::new(&name.to_uppercase()).alike, [number_of(name).unwrap()]);
            assert_eq!((Name::new(name).exact, Name::new(name).alike.len()), (number_of(name), 0));
        }
        let link = "https://h/v1//apis/3.0/service/boards/5";
        let (number, rest) = split_link(link).unwrap();
        assert_eq!((format!("{}{rest}", prefix(number)), rest), (link.to_owned(), "service/boards/5"));
        assert_eq!(split_link(link), Some((number, rest)));
        assert_eq!((split_link("ftp://h/apis/3.0/x"), split_link("https://h/x"), split_link("https at h/apis/3.0/x")), (None, None, None));
        assert_eq!(split_link(&format!("https://{}/apis/3.0/x", "h".repeat(200))), None);
    }
}
