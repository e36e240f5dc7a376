//! Words of queries and of the catalogue in one form, so that "Entries" and "entry" are the same word.

use std::cell::RefCell;
use std::collections::HashMap;

/// British spellings that a suffix does not explain, and the form that the catalogue uses.
const SPELLINGS: &[(&str, &str)] = &[
    ("cancelled", "cancel"),
    ("cancelling", "cancel"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("colour", "color"),
    ("dialogue", "dialog"),
    ("grey", "gray"),
    ("labelled", "label"),
    ("labelling", "label"),
    ("labour", "labor"),
    ("licence", "license"),
    ("licences", "license"),
    ("modelled", "model"),
    ("programme", "program"),
    ("travelled", "travel"),
    ("travelling", "travel"),
];

/// Words whose last letters are not a suffix.
const WHOLE: &[&str] = &[
    "accounting",
    "address",
    "always",
    "analysis",
    "as",
    "atlas",
    "aws",
    "basis",
    "booking",
    "bring",
    "building",
    "bus",
    "business",
    "cis",
    "dns",
    "during",
    "feed",
    "gas",
    "gis",
    "gps",
    "has",
    "his",
    "holding",
    "ios",
    "is",
    "its",
    "king",
    "mailing",
    "mapping",
    "meeting",
    "meetings",
    "nas",
    "need",
    "news",
    "opening",
    "picking",
    "pricing",
    "process",
    "rating",
    "ring",
    "routing",
    "sas",
    "seed",
    "series",
    "setting",
    "shipping",
    "sms",
    "speed",
    "spring",
    "string",
    "thing",
    "this",
    "unsubscribed",
    "ups",
    "us",
    "used",
    "uses",
    "was",
    "yes",
];

/// The most stems that a thread keeps. The catalogue and the glossary have fewer words.
const MAX_STEMS: usize = 20_000;

thread_local! {
    static STEMS: RefCell<HashMap<String, String>> = RefCell::default();
}

/// Splits text into lower-case words: at every character that is not a letter or a digit, and inside `camelCase`.
/// Apostrophes are dropped with the `s` after them.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = match text.contains(['\u{2019}', '`', '\'']) {
        true => text.replace(['\u{2019}', '`'], "'").replace("'s", "").replace('\'', "").chars().collect(),
        false => text.chars().collect(),
    };
    for (index, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            finish(&mut word, &mut words);
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(index + 1);
        let starts_word = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase())
                || (before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase())
                    // Plurals of abbreviations: "SLAs".
                    && !(after == Some(&'s') && characters.get(index + 2).is_none_or(|next| !next.is_lowercase()))));
        if starts_word {
            finish(&mut word, &mut words);
        }
        word.extend(character.to_lowercase());
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Returns the form of a lower-case word that words of the same meaning share: without the endings of plurals and verbs,
/// in American spelling. It need not be a word.
///
/// The stems of a thread are kept, because the catalogue and the glossary repeat their words many times.
pub(crate) fn stem(word: &str) -> String {
    STEMS.with_borrow_mut(|stems| {
        if let Some(stem) = stems.get(word) {
            return stem.clone();
        }
        let stem = compute_stem(word);
        if stems.len() < MAX_STEMS {
            stems.insert(word.to_owned(), stem.clone());
        }
        stem
    })
}

fn compute_stem(word: &str) -> String {
    if let Ok(index) = SPELLINGS.binary_search_by_key(&word, |&(british, _)| british) {
        return SPELLINGS.get(index).map_or_else(|| word.to_owned(), |&(_, american)| compute_stem(american));
    }
    if !word.is_ascii() || word.len() < 3 || WHOLE.binary_search(&word).is_ok() {
        return word.to_owned();
    }
    if word.len() == 3 {
        // "POs", but not "SSS".
        return word.strip_suffix('s').filter(|start| !start.ends_with('s')).unwrap_or(word).to_owned();
    }
    let singular = without_plural(word);
    let bare = if WHOLE.binary_search(&singular.as_str()).is_ok() { singular } else { without_verb_ending(&singular) };
    // The same end for words with and without an e, such as "close" and "closing", and for "entry" and "entries".
    let bare = match bare.strip_suffix('e') {
        Some(start) if start.len() >= 4 => start.to_owned(),
        _ => bare,
    };
    let american = match bare.strip_suffix("is") {
        Some(start) if start.len() >= 5 && !start.ends_with('s') => format!("{start}iz"),
        _ => bare.replace("colour", "color"),
    };
    match american.strip_suffix('y') {
        Some(start) if start.len() >= 3 => format!("{start}i"),
        _ => american,
    }
}

fn without_plural(word: &str) -> String {
    if let Some(start) = word.strip_suffix("ies") {
        return format!("{start}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "zes", "uses"] {
        if word.ends_with(ending) {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(start) if !start.ends_with(['s', 'u', 'i']) => start.to_owned(),
        _ => word.to_owned(),
    }
}

fn without_verb_ending(word: &str) -> String {
    for ending in ["ing", "ed"] {
        let Some(start) = word.strip_suffix(ending) else { continue };
        if start.len() < 3 || !start.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
            continue;
        }
        let mut last = start.chars().rev();
        return match (last.next(), last.next()) {
            // "stopped", but not "billed".
            (Some(last), Some(before)) if last == before && !matches!(last, 'l' | 's' | 'z' | 'd') => {
                start.strip_suffix(last).unwrap_or(start).to_owned()
            }
            // "moving", but not "adding".
            (Some(last), Some(before))
                if start.len() == 3 && "aeiou".contains(before) && !"aeiouwxy".contains(last) =>
            {
                format!("{start}e")
            }
            _ => start.to_owned(),
        };
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_at_signs_and_inside_camel_case() {
        assert_eq!(split("Company's time-sheets, 2 SLAs"), ["company", "time", "sheets", "2", "slas"]);
        assert_eq!(split("glEntries"), ["gl", "entries"]);
        assert_eq!(split("RMADispositions"), ["rma", "dispositions"]);
        assert_eq!(split("SLAsInfo"), ["slas", "info"]);
        assert_eq!(split("  "), [""; 0]);
    }

    #[test]
    fn forms_of_one_word_have_one_stem() {
        for forms in [
            &["entry", "entries"][..],
            &["close", "closes", "closed", "closing"],
            &["bill", "bills", "billed", "billing"],
            &["stop", "stopped", "stopping"],
            &["colour", "colours", "color", "colors"],
            &["synchronise", "synchronize", "synchronising"],
            &["status", "statuses"],
            &["licence", "license", "licenses"],
            &["category", "categories"],
            &["copy", "copies", "copied", "copying"],
            &["move", "moved", "moving"],
            &["setting", "settings"],
        ] {
            let stems: Vec<_> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{stems:?}");
        }
        for different in [["site", "sit"], ["note", "not"], ["address", "add"], ["team", "tea"], ["setting", "set"]] {
            assert_ne!(stem(different[0]), stem(different[1]));
        }
    }

    #[test]
    fn the_tables_are_sorted() {
        assert!(SPELLINGS.is_sorted_by_key(|&(british, _)| british));
        assert!(WHOLE.is_sorted());
    }
}
