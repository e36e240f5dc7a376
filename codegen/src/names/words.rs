//! The words of paths, from `[words]` of names.toml, and the singular and plural of English nouns.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The known words of the vendor's paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Words {
    /// Words that name an action if a last path segment begins with them: `convertToProject`, `testConnection`.
    #[serde(default)]
    pub verbs: BTreeSet<String>,
    /// All other single words of paths. A word that is neither here nor elsewhere in names.toml asks for a decision.
    #[serde(default)]
    pub nouns: BTreeSet<String>,
    /// Phrases that begin with a verb, but are nouns: `change orders`.
    #[serde(default)]
    pub noun_phrases: BTreeSet<String>,
    /// Words and phrases whose singular and plural are the same.
    #[serde(default)]
    pub invariant: BTreeSet<String>,
    /// Last path segments that describe the segment before them: `contacts/default`.
    #[serde(default)]
    pub adjectives: BTreeSet<String>,
    /// Words that follow the noun that they describe: `emailsOpened`.
    #[serde(default)]
    pub after_nouns: BTreeSet<String>,
}

/// Words after which a phrase only describes the noun before them: `units of measure`, `members with sso`.
const PREPOSITIONS: &[&str] = &["by", "for", "from", "in", "of", "on", "to", "with", "without"];

/// Returns whether a path segment with these words describes the segment before it: `members/withSso`.
#[must_use]
pub fn begins_with_preposition(words: &[String]) -> bool {
    words.first().is_some_and(|first| PREPOSITIONS.contains(&first.as_str()))
}

impl Words {
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
        let describes = phrase.last().is_some_and(|word| self.after_nouns.contains(word));
        if describes { last.saturating_sub(1) } else { last }
    }

    fn is_invariant(&self, phrase: &[String]) -> bool {
        (0..phrase.len()).filter_map(|start| phrase.get(start..)).any(|words| self.invariant.contains(&words.join(" ")))
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
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let words = Words {
            invariant: set(&["inventory", "base settings"]),
            after_nouns: set(&["opened"]),
            ..Words::default()
        };
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
