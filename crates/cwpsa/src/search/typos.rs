//! Words with a typing error: the nearest known word.

use crate::search::glossary::Glossary;
use crate::search::index::Index;

/// Returns the known word that a word was probably meant to be; both are stems. Short words are not corrected: too many
/// are alike. Of several equally near words, one that people use rather than one of the catalogue, then the first in the
/// alphabet.
pub(crate) fn correct(word: &str, glossary: &Glossary, index: &Index) -> Option<String> {
    let limit = match word.chars().count() {
        0..=3 => return None,
        4..=7 => 1,
        _ => 2,
    };
    let of_people = glossary.words().map(|(known, is_verb)| (if is_verb { 0 } else { 1 }, known));
    let of_catalogue = index.words().map(|(known, names)| (if names { 2 } else { 3 }, known));
    of_people
        .chain(of_catalogue)
        .filter(|(_, known)| can_be(known, word, limit))
        .map(|(kind, known)| (strsim::osa_distance(known, word), kind, known))
        .filter(|(distance, ..)| *distance <= limit)
        .min()
        .map(|(.., known)| known.to_owned())
}

/// Returns whether a known word is worth a comparison: about as long, with the same first letter.
fn can_be(known: &str, word: &str, limit: usize) -> bool {
    known.len() >= 4 && known.len().abs_diff(word.len()) <= limit && known.as_bytes().first() == word.as_bytes().first()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words::stem;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let (glossary, index) = (Glossary::new(), Index::new());
        for (typed, meant) in
            [("tikcet", "ticket"), ("agreemnt", "agreement"), ("opportunty", "opportunity"), ("delte", "delete")]
        {
            assert_eq!(correct(&stem(typed), &glossary, &index), Some(stem(meant)));
        }
        for unknown in ["zebra", "abc", "xylophone"] {
            assert_eq!(correct(&stem(unknown), &glossary, &index), None);
        }
    }
}
