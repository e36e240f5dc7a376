//! The words that people use, as data: which words of the catalogue they mean, and which verb they ask for.
//! `data/glossary.csv` explains its columns.

use std::collections::HashMap;

use crate::search::verb::Verb;
use crate::search::words::{split, stem};

/// The data, one row for each word or phrase.
const DATA: &str = include_str!("../../data/glossary.csv");

/// The maximum number of words in a phrase.
pub(crate) const MAXIMUM_WORDS: usize = 5;

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
        let meanings = rows()
            .map(|(phrase, verb, means)| {
                let stems: Vec<_> = split(phrase).iter().map(|word| stem(word)).collect();
                (stems.join(" "), Meaning { cues: cues(verb), alternatives: alternatives(means) })
            })
            .collect();
        Self { meanings }
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
        let mut phrases = HashSet::new();
        for line in DATA.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            assert_eq!(line.matches(',').count(), 2, "{line}");
        }
        for (phrase, ..) in rows() {
            let stems: Vec<_> = split(phrase).iter().map(|word| stem(word)).collect();
            assert!((1..=MAXIMUM_WORDS).contains(&stems.len()), "{phrase:?}");
            assert!(phrases.insert(stems.join(" ")), "{phrase:?} has two rows");
        }
    }

    #[test]
    fn meanings_name_what_the_catalogue_has() {
        let index = Index::new();
        let verbs: HashSet<_> =
            catalogue::all().map(|operation| format!("{:?}", Cue::Verb(Verb::of(operation)))).collect();
        for (phrase, verb, means) in rows() {
            for cue in cues(verb) {
                let known = matches!(cue, Cue::Nothing | Cue::Never) || verbs.contains(&format!("{cue:?}"));
                assert!(known, "{phrase:?} asks for {cue:?}");
            }
            for alternative in alternatives(means) {
                match alternative {
                    Alternative::Path(path) => assert!(index.has_path(path), "{phrase:?} means {path}"),
                    Alternative::Words(words) => {
                        for word in words {
                            assert!(index.token(&word).is_some(), "{phrase:?} means {word:?}");
                        }
                    }
                }
            }
        }
    }
}
