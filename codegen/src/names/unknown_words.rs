//! Reports the words of paths that names.toml does not know. Each asks for a decision the first time, because the names
//! that are made from it can never change later.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;

use super::Lexicon;
use super::operations::Unnamed;
use super::words::{WordClass, singular};
use crate::paste::Paste;
use crate::problem::{Problem, Problems};

/// Path segments that the rules know.
const STRUCTURE: &[&str] = &["bulk", "count", "get", "info", "list"];

/// A word that names.toml does not know.
struct Unknown {
    /// The first operation with the word.
    operation: String,
    /// The number of operations with the word.
    operations: usize,
    /// The path segment with the word.
    segment: String,
    /// Whether a segment at the end of a path begins with the word.
    may_be_verb: bool,
}

/// Reports each unknown word in the paths of operations that have no name yet, once, with the lines for names.toml. Two
/// sorts of words have to be known: a segment of one lower-case word, which can be a compound, and the first word of the
/// last segment of an operation that writes, which can be a verb. A lexicon without nouns has no list of words: then
/// nothing is reported.
pub(super) fn check(operations: &[Unnamed], lexicon: &Lexicon, problems: &mut Problems) {
    if !lexicon.words.iter().any(|(_, class)| class == WordClass::Noun) {
        return;
    }
    let known = Known::new(lexicon);
    let mut unknown: BTreeMap<String, Unknown> = BTreeMap::new();
    for Unnamed { path, method, label } in operations {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let Some((section, rest)) = segments.split_first() else { continue };
        let names: Vec<&str> =
            rest.iter().copied().filter(|name| !name.starts_with('{') && !name.eq_ignore_ascii_case("info")).collect();
        let replaced = lexicon.section_words(section, &names).map_or(0, |(count, _)| count);
        let mut seen = BTreeSet::new();
        for (index, segment) in names.iter().enumerate().skip(replaced) {
            let is_last = index + 1 == names.len();
            let Some(word) = word_to_know(segment, is_last && method != "get", lexicon) else { continue };
            if known.contains(&word) {
                continue;
            }
            let entry = unknown.entry(word.clone()).or_insert_with(|| Unknown {
                operation: label.clone(),
                operations: 0,
                segment: (*segment).to_owned(),
                may_be_verb: false,
            });
            entry.operations += usize::from(seen.insert(word));
            entry.may_be_verb |= is_last;
        }
    }
    for (word, unknown) in unknown {
        let others = match unknown.operations {
            1 => String::new(),
            2 => " and one other operation".to_owned(),
            count => format!(" and {} other operations", count - 1),
        };
        let fix = "decide what it is, because the names that are made from it can never change later";
        problems.0.push(
            Problem::new(
                format!("{}{others}", unknown.operation),
                format!("the word `{word}` of the path is unknown"),
                fix,
            )
            .with(lines_to_paste(&word, &unknown, &known)),
        );
    }
}

/// Returns the word of a segment that has to be known. `None` if the segment is a compound of the lexicon, or if the
/// vendor has separated its words.
fn word_to_know(segment: &str, may_be_verb: bool, lexicon: &Lexicon) -> Option<String> {
    if lexicon.compounds.contains_key(&segment.to_ascii_lowercase()) {
        return None;
    }
    let words = segment.to_snake_case();
    let first = words.split('_').next().unwrap_or_default();
    let is_one_word = first == words && segment.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (is_one_word || may_be_verb).then(|| first.to_owned())
}

/// The words that names.toml knows.
struct Known<'a>(BTreeSet<&'a str>);

impl<'a> Known<'a> {
    fn new(lexicon: &'a Lexicon) -> Self {
        let phrases = lexicon.words.iter().map(|(phrase, _)| phrase);
        let in_sections = lexicon.sections.values().flat_map(BTreeMap::values);
        let others = lexicon.compounds.values().chain(in_sections).map(String::as_str);
        Self(phrases.chain(others).flat_map(str::split_whitespace).chain(STRUCTURE.iter().copied()).collect())
    }

    fn contains(&self, word: &str) -> bool {
        self.0.contains(word) || self.0.contains(singular(word).as_str())
    }

    /// Returns the fewest known words that a compound consists of. If there are none, the longest known word at its
    /// beginning or end, and the rest.
    fn parts_of(&self, compound: &str) -> Option<Vec<String>> {
        let mut best: Vec<Option<Vec<String>>> = vec![Some(Vec::new())];
        for end in 1..=compound.len() {
            let ways = (0..end).filter_map(|start| {
                let part = compound.get(start..end).filter(|part| part.len() > 1 && self.contains(part))?;
                let mut parts = best.get(start)?.clone()?;
                parts.push(part.to_owned());
                Some(parts)
            });
            best.push(ways.min_by_key(Vec::len));
        }
        best.pop().flatten().or_else(|| {
            // Short words such as `is` are in too many compounds.
            let length = compound.len();
            let splits = (3..length.saturating_sub(2)).filter_map(|at| compound.split_at_checked(at));
            splits
                .filter_map(|(before, after)| {
                    let known = [before, after].into_iter().filter(|part| self.contains(part)).map(str::len).max()?;
                    Some((known, vec![before.to_owned(), after.to_owned()]))
                })
                .max_by_key(|(known, _)| *known)
                .map(|(_, parts)| parts)
        })
    }
}

/// Returns the lines for names.toml, one for each class of word. The first is the most likely one.
fn lines_to_paste(word: &str, unknown: &Unknown, known: &Known) -> Vec<Paste> {
    let segment = unknown.segment.to_ascii_lowercase();
    let noun = Paste::name("words", &singular(word), "noun");
    let parts = if segment == word {
        known.parts_of(word)
    } else {
        Some(unknown.segment.to_snake_case().split('_').map(str::to_owned).collect())
    };
    let compound = |parts: &[String]| Paste::name("compounds", &segment, &parts.join(" "));
    let mut lines = match &parts {
        Some(parts) if segment == word => vec![compound(parts), noun],
        Some(parts) => vec![noun, compound(parts)],
        None => vec![noun, compound(&["WORD".to_owned(), "WORD".to_owned()])],
    };
    if unknown.may_be_verb {
        lines.push(Paste::name("words", word, "verb"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(paths: &[(&str, &str)]) -> Vec<(String, String, String)> {
        let lexicon = super::super::read(
            "[words]\nticket = \"noun\"\nnote = \"noun\"\norder = \"noun\"\nline = \"noun\"\nconvert = \"verb\"\n\
             [compounds]\nlineitems = \"line items\"\n[sections.a]\n\"x/yyy\" = \"ex why\"",
        )
        .unwrap();
        let operations: Vec<Unnamed> = paths
            .iter()
            .enumerate()
            .map(|(index, (method, path))| Unnamed {
                path: (*path).to_owned(),
                method: (*method).to_owned(),
                label: format!("{} {path} (op{index})", method.to_uppercase()),
            })
            .collect();
        let mut problems = Problems::default();
        check(&operations, &lexicon, &mut problems);
        let lines = |problem: &Problem| {
            let pastes = problem
                .paste
                .iter()
                .map(|paste| format!("[{}] {}", paste.table.as_deref().unwrap_or_default(), paste.lines));
            pastes.collect::<Vec<_>>().join(" | ")
        };
        problems.0.iter().map(|problem| (problem.location.clone(), problem.message.clone(), lines(problem))).collect()
    }

    #[test]
    fn known_words_ask_nothing() {
        let known = [
            ("get", "/a/tickets/{id}/lineitems"),
            ("get", "/a/ticketTypes/{id}/info"),
            ("post", "/a/tickets/{id}/convertToFoo"),
            ("post", "/a/tickets/bulk"),
            ("get", "/a/x/{id}/yyy/count"),
            ("get", "/a/tickets/{id}/unknownButSeparated"),
        ];
        assert_eq!(problems_of(&known), []);
    }

    #[test]
    fn an_unknown_compound_asks_once_with_a_guess_of_its_parts() {
        let paths =
            [("get", "/a/ticketnotes"), ("post", "/a/ticketnotes"), ("get", "/a/ticketnotes/{id}/orderlineitems")];
        let problems = problems_of(&paths);
        assert_eq!(problems.len(), 2);
        let (location, message, fix) = &problems[0];
        assert_eq!(location, "GET /a/ticketnotes/{id}/orderlineitems (op2)");
        assert_eq!(message, "the word `orderlineitems` of the path is unknown");
        let expected = "[compounds] orderlineitems = \"order line items\" | [words] orderlineitem = \"noun\" | [words] orderlineitems = \"verb\"";
        assert_eq!(fix, expected);
        let (location, _, fix) = &problems[1];
        assert_eq!(location, "GET /a/ticketnotes (op0) and 2 other operations");
        assert!(fix.starts_with("[compounds] ticketnotes = \"ticket notes\""), "{fix}");
    }

    #[test]
    fn an_unknown_first_word_at_the_end_of_an_operation_that_writes_asks() {
        let problems = problems_of(&[("post", "/a/tickets/{id}/archiveTicket"), ("get", "/a/fooBar")]);
        let [(_, message, fix)] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(message, "the word `archive` of the path is unknown");
        assert_eq!(
            fix,
            "[words] archive = \"noun\" | [compounds] archiveticket = \"archive ticket\" | [words] archive = \"verb\""
        );
    }

    #[test]
    fn a_part_that_is_not_known_is_separated_from_the_known_part() {
        let [(_, _, fix)] = &problems_of(&[("get", "/a/ticketgizmos")])[..] else { panic!() };
        assert!(fix.contains("ticketgizmos = \"ticket gizmos\""), "{fix}");
    }
}
