//! The words of paths, from `[words]` of names.toml, and the singular and plural of English nouns.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The known words and phrases of the vendor's paths, each with its class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Words(BTreeMap<String, WordClass>);

/// What a word of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordClass {
    /// A word that does not begin an action, in the singular. Also a phrase that begins with a verb, but does not name
    /// an action: `change orders`.
    Noun,
    /// A word or phrase whose singular and plural are the same.
    Invariant,
    /// A word that names an action if a last path segment begins with it: `convertToProject`, `testConnection`.
    Verb,
    /// A last path segment that describes the segment before it: `contacts/default`.
    Adjective,
    /// A word that follows the noun that it describes: `emailsOpened`.
    AfterNoun,
}

/// Words after which a phrase only describes the noun before them: `units of measure`, `members with sso`.
const PREPOSITIONS: &[&str] = &["by", "for", "from", "in", "of", "on", "to", "with", "without"];

/// Returns whether a path segment with these words describes the segment before it: `members/withSso`.
#[must_use]
pub fn begins_with_preposition(words: &[String]) -> bool {
    words.first().is_some_and(|first| PREPOSITIONS.contains(&first.as_str()))
}

impl Words {
    /// Returns whether a word or phrase has this class.
    #[must_use]
    pub fn is(&self, phrase: &str, class: WordClass) -> bool {
        self.0.get(phrase) == Some(&class)
    }

    /// Returns all words and phrases with their classes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, WordClass)> {
        self.0.iter().map(|(phrase, class)| (phrase.as_str(), *class))
    }

    /// Returns the phrase with its noun in the singular: `units of measure` -> `unit of measure`.
    #[must_use]
    pub fn singular(&self, phrase: &[String]) -> Vec<String> {
        self.inflect(phrase, singular)
    }

    /// Returns the phrase with its noun in the plural. Accepts a noun in the singular or in the plural.
    #[must_use]
    pub fn plural(&self, phrase: &[String]) -> Vec<String> {
        self.inflect(phrase, |noun| plural(&singular(noun)))
    }

    fn inflect(&self, phrase: &[String], inflected: impl Fn(&str) -> String) -> Vec<String> {
        let noun = self.noun(phrase);
        let mut words = phrase.to_vec();
        if let Some(word) = words.get_mut(noun)
            && !self.is_invariant(phrase.get(..=noun).unwrap_or_default())
        {
            *word = inflected(word);
        }
        words
    }

    /// Returns the index of the noun that has a singular and a plural.
    fn noun(&self, phrase: &[String]) -> usize {
        if let Some(at) = phrase.iter().position(|word| PREPOSITIONS.contains(&word.as_str()))
            && at > 0
        {
            return at - 1;
        }
        let last = phrase.len().saturating_sub(1);
        let describes = phrase.last().is_some_and(|word| self.is(word, WordClass::AfterNoun));
        if describes { last.saturating_sub(1) } else { last }
    }

    fn is_invariant(&self, phrase: &[String]) -> bool {
        (0..phrase.len())
            .filter_map(|start| phrase.get(start..))
            .any(|words| self.is(&words.join(" "), WordClass::Invariant))
    }
}

/// Returns the singular of an English plural, by its ending. Supports the words of the vendor's paths.
#[must_use]
pub fn singular(word: &str) -> String {
    let cut = |count: usize| word.get(..word.len() - count).unwrap_or(word).to_owned();
    if ["ss", "us", "sis"].iter().any(|ending| word.ends_with(ending)) || word.len() < 3 {
        return word.to_owned();
    }
    if word == "indices" {
        return "index".to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return if stem.len() > 1 { format!("{stem}y") } else { cut(1) };
    }
    for ending in ["sses", "shes", "ches", "xes", "zes", "uses"] {
        // "uses" as in "statuses", not as in "houses" and "causes".
        if word.ends_with(ending) && !word.ends_with("auses") && !word.ends_with("ouses") {
            return cut(2);
        }
    }
    if word.ends_with('s') { cut(1) } else { word.to_owned() }
}

/// Returns the plural of a singular English noun, by its ending.
#[must_use]
pub fn plural(word: &str) -> String {
    let vowel_before_y =
        word.len() > 1 && word.get(word.len() - 2..word.len() - 1).is_some_and(|c| "aeiou".contains(c));
    if word.ends_with('y') && !vowel_before_y {
        return format!("{}ies", word.get(..word.len() - 1).unwrap_or(word));
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_convert_between_singular_and_plural() {
        for (many, one) in [
            ("tickets", "ticket"),
            ("companies", "company"),
            ("statuses", "status"),
            ("status", "status"),
            ("addresses", "address"),
            ("address", "address"),
            ("analysis", "analysis"),
            ("taxes", "tax"),
            ("searches", "search"),
            ("types", "type"),
            ("warehouses", "warehouse"),
            ("slas", "sla"),
            ("kpis", "kpi"),
            ("causes", "cause"),
            ("info", "info"),
            ("entries", "entry"),
        ] {
            assert_eq!(singular(many), one);
        }
        for (one, many) in
            [("ticket", "tickets"), ("company", "companies"), ("key", "keys"), ("status", "statuses"), ("box", "boxes")]
        {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn only_the_noun_of_a_phrase_is_inflected() {
        let words = [
            ("inventory", WordClass::Invariant),
            ("base settings", WordClass::Invariant),
            ("opened", WordClass::AfterNoun),
        ];
        let words = Words(words.map(|(word, class)| (word.to_owned(), class)).into());
        for (one, many) in [
            ("work role", "work roles"),
            ("unit of measure", "units of measure"),
            ("member with sso", "members with sso"),
            ("email opened", "emails opened"),
            ("opened", "openeds"),
            ("catalog inventory", "catalog inventory"),
            ("inventory on hand", "inventory on hand"),
            ("knowledge base settings", "knowledge base settings"),
        ] {
            let phrase = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words.singular(&phrase(many)).join(" "), one);
            assert_eq!(words.plural(&phrase(one)).join(" "), many);
            assert_eq!(words.plural(&phrase(many)).join(" "), many);
        }
    }
}
