//! Words with a typing error: the nearest known word.

use crate::search::glossary::Glossary;
use crate::search::index::Index;

/// Returns the known word that a word was probably meant to be; both are stems. Short words are not corrected: too many
/// are alike. Of several equally near words, the first in the alphabet.
pub(crate) fn correct(word: &str, glossary: &Glossary, index: &Index) -> Option<String> {
    let limit = match word.chars().count() {
        0..=3 => return None,
        4..=7 => 1,
        _ => 2,
    };
    glossary
        .words()
        .chain(index.words())
        .filter(|known| can_be(known, word, limit))
        .map(|known| (strsim::osa_distance(known, word), known))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, known)| known.to_owned())
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
        for (typed, meant) in [("tikcet", "ticket"), ("agreemnt", "agreement"), ("opportunty", "opportunity")] {
            assert_eq!(correct(&stem(typed), &glossary, &index), Some(stem(meant)));
        }
        for unknown in ["zebra", "abc", "xylophone"] {
            assert_eq!(correct(&stem(unknown), &glossary, &index), None);
        }
    }
}
