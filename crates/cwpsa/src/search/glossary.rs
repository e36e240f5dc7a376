//! The words that people use, as data: which words of the catalogue they mean, and which verb they ask for.
//! `data/glossary.csv` explains its columns.

use std::collections::HashMap;

use crate::search::verb::Verb;
use crate::search::words::{split, stem};

/// The data, one row for each word or phrase.
const DATA: &str = include_str!("../../data/glossary.csv");

/// The maximum number of words in a phrase.
pub(crate) const MAXIMUM_WORDS: usize = 5;

/// The maximum number of words of a query that can be a phrase: articles do not count.
pub(crate) const LONGEST_PHRASE: usize = 7;

/// Stems of articles and the like. "Stop my timer" and "stop the timer" mean the same.
const ARTICLES: &[&str] =
    &["a", "an", "her", "his", "its", "my", "our", "the", "their", "thes", "this", "thos", "your"];

/// Stems of numbers as words.
const NUMBERS: &[&str] = &[
    "eight", "eleven", "fifteen", "five", "four", "hundr", "hundred", "nine", "seven", "six", "ten", "thre", "thirti",
    "three", "twelv", "twenti", "two",
];

/// What a word or phrase means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// What it asks for as a verb, the most likely first.
    pub(crate) cues: Vec<Cue>,
    /// What it can name, the most likely first. Empty for a word that names nothing.
    pub(crate) alternatives: Vec<Alternative>,
}

/// What the verb of a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// Operations with this verb.
    Verb(Verb),
    /// Something that no operation does, such as to print, if it is the verb of a query.
    Nothing,
    /// Something that no operation is about, such as the weather, anywhere in a query.
    Never,
}

/// One thing that a word can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alternative {
    /// Collections with these words, as stems.
    Words(Vec<String>),
    /// The collection with this path, without parameters: `/system/members/accruals`.
    Path(&'static str),
}

/// All words and phrases, by their stems with a space between.
pub(crate) struct Glossary {
    meanings: HashMap<String, Meaning>,
}

impl Glossary {
    /// Reads the data of the program.
    pub(crate) fn new() -> Self {
        let mut meanings = HashMap::new();
        let mut without_articles = Vec::new();
        for (phrase, verb, means) in rows() {
            let stems: Vec<_> = split(phrase).iter().map(|word| stem(word)).collect();
            let meaning = Meaning { cues: cues(verb), alternatives: alternatives(means) };
            without_articles.extend(plain(&stems).map(|plain| (plain, meaning.clone())));
            meanings.insert(stems.join(" "), meaning);
        }
        for (plain, meaning) in without_articles {
            meanings.entry(plain).or_insert(meaning);
        }
        Self { meanings }
    }

    /// Returns the meaning of a phrase of a query, with or without its articles. Numbers are "some".
    pub(crate) fn meaning_of(&self, stems: &[String]) -> Option<&Meaning> {
        let exact = if stems.len() <= MAXIMUM_WORDS { self.meanings.get(&stems.join(" ")) } else { None };
        exact.or_else(|| plain(stems).and_then(|plain| self.meanings.get(&plain)))
    }

    /// Returns the meaning of a phrase, which is stems with a space between.
    pub(crate) fn meaning(&self, stems: &str) -> Option<&Meaning> {
        self.meanings.get(stems)
    }

    /// Returns the memory of the glossary in bytes, about.
    pub(crate) fn size(&self) -> usize {
        let size = |meaning: &Meaning| size_of::<Meaning>() + size_of::<Alternative>() * meaning.alternatives.len();
        self.meanings.iter().map(|(phrase, meaning)| phrase.len() + size(meaning)).sum()
    }

    /// Returns all words of the phrases, as stems, and whether each is a verb by itself.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, bool)> {
        self.meanings.iter().flat_map(|(phrase, meaning)| {
            let is_verb = !meaning.cues.is_empty() && !phrase.contains(' ');
            phrase.split(' ').map(move |word| (word, is_verb))
        })
    }
}

/// Returns a phrase without articles and with "some" for its numbers, or nothing if that is the same or the phrase starts
/// or ends with one.
fn plain(stems: &[String]) -> Option<String> {
    let is_article = |stem: &String| ARTICLES.contains(&stem.as_str());
    let is_number = |stem: &str| NUMBERS.contains(&stem) || stem.chars().all(|character| character.is_ascii_digit());
    let starts = stems.first().is_none_or(|stem| is_article(stem) || is_number(stem));
    if starts || stems.last().is_none_or(is_article) {
        return None;
    }
    let plain: Vec<_> = stems.iter().filter(|stem| !is_article(stem)).map(String::as_str).collect();
    let plain: Vec<_> = plain.into_iter().map(|stem| if is_number(stem) { "some" } else { stem }).collect();
    let changed = plain.len() != stems.len() || plain.contains(&"some");
    (changed && (2..=MAXIMUM_WORDS).contains(&plain.len())).then(|| plain.join(" "))
}

/// Returns the columns phrase, verb and meaning of each row. The last column may have any characters except a comma.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    DATA.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1).map(|line| {
        let mut columns = line.split(',').map(str::trim);
        (columns.next().unwrap_or(""), columns.next().unwrap_or(""), columns.next().unwrap_or(""))
    })
}

fn cues(verbs: &'static str) -> Vec<Cue> {
    let verbs = verbs.split('|').map(str::trim).filter(|verb| !verb.is_empty());
    verbs
        .map(|verb| match verb {
            "none" => Cue::Nothing,
            "never" => Cue::Never,
            verb => Cue::Verb(Verb::named(verb)),
        })
        .collect()
}

fn alternatives(means: &'static str) -> Vec<Alternative> {
    let alternatives = means.split('|').map(str::trim).filter(|alternative| !alternative.is_empty());
    alternatives
        .map(|alternative| {
            if alternative.starts_with('/') {
                Alternative::Path(alternative)
            } else {
                Alternative::Words(split(alternative).iter().map(|word| stem(word)).collect())
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use connectwise_psa::catalogue;

    use super::*;
    use crate::search::index::Index;

    #[test]
    fn each_row_has_three_columns_and_each_phrase_one_row() {
        let (mut phrases, mut twice) = (HashSet::new(), Vec::new());
        for line in DATA.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            assert_eq!(line.matches(',').count(), 2, "{line}");
        }
        for (phrase, ..) in rows() {
            let stems: Vec<_> = split(phrase).iter().map(|word| stem(word)).collect();
            assert!((1..=MAXIMUM_WORDS).contains(&stems.len()), "{phrase:?}");
            if !phrases.insert(stems.join(" ")) {
                twice.push(phrase);
            }
        }
        assert!(twice.is_empty(), "two rows: {twice:?}");
    }

    #[test]
    fn meanings_name_what_the_catalogue_has() {
        let index = Index::new();
        let verbs: HashSet<_> =
            catalogue::all().map(|operation| format!("{:?}", Cue::Verb(Verb::of(operation)))).collect();
        let mut unknown = Vec::new();
        for (phrase, verb, means) in rows() {
            for cue in cues(verb) {
                let known = matches!(cue, Cue::Nothing | Cue::Never) || verbs.contains(&format!("{cue:?}"));
                assert!(known, "{phrase:?} asks for {cue:?}");
            }
            for alternative in alternatives(means) {
                match alternative {
                    Alternative::Path(path) if index.has_path(path) => {}
                    Alternative::Path(path) => unknown.push((phrase, path.to_owned())),
                    Alternative::Words(words) => {
                        let words = words.into_iter().filter(|word| index.token(word).is_none());
                        unknown.extend(words.map(|word| (phrase, word)));
                    }
                }
            }
        }
        assert!(unknown.is_empty(), "phrases with meanings that no collection has: {unknown:?}");
    }
}
