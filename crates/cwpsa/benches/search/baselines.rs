//! What the search is compared with: plain BM25 over all operations, and substring matching.

use std::collections::HashMap;

use connectwise_psa::catalogue::{self, Operation};

use crate::text;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Plain BM25: each operation is a document.
pub(crate) struct Bm25 {
    documents: Vec<(&'static Operation, usize)>,
    /// For each word, the documents that have it, and how often.
    postings: HashMap<String, Vec<(usize, usize)>>,
    average_length: f64,
}

#[expect(clippy::cast_precision_loss, reason = "there are few thousand documents with few words")]
impl Bm25 {
    pub(crate) fn new() -> Self {
        let mut documents = Vec::new();
        let mut postings: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (number, operation) in catalogue::all().enumerate() {
            let words = words(&text(operation));
            documents.push((operation, words.len()));
            let mut counts: HashMap<String, usize> = HashMap::new();
            for word in words {
                *counts.entry(word).or_default() += 1;
            }
            for (word, count) in counts {
                postings.entry(word).or_default().push((number, count));
            }
        }
        let total: usize = documents.iter().map(|(_, length)| length).sum();
        let average_length = total as f64 / documents.len() as f64;
        Self { documents, postings, average_length }
    }

    pub(crate) fn search(&self, query: &str, limit: usize) -> Vec<&'static Operation> {
        let mut scores = vec![0.0; self.documents.len()];
        for word in words(query) {
            let Some(postings) = self.postings.get(&word) else { continue };
            let (all, having) = (self.documents.len() as f64, postings.len() as f64);
            let rarity = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
            for &(document, count) in postings {
                let length = self.documents[document].1 as f64 / self.average_length;
                let count = count as f64;
                scores[document] += rarity * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length));
            }
        }
        best(scores.into_iter().enumerate().map(|(document, score)| (self.documents[document].0, score)), limit)
    }
}

/// Substring matching: the operations that contain the most words of the query, the shortest text first.
pub(crate) fn substring(query: &str, limit: usize) -> Vec<&'static Operation> {
    let words = words(query);
    best(
        catalogue::all().map(|operation| {
            let text = text(operation).to_lowercase();
            let matches = words.iter().filter(|word| text.contains(*word)).count();
            let (matches, length) = (u32::try_from(matches).unwrap_or(0), u32::try_from(text.len()).unwrap_or(0));
            (operation, if matches == 0 { 0.0 } else { f64::from(matches) - f64::from(length) / 1e6 })
        }),
        limit,
    )
}

fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn best(scored: impl Iterator<Item = (&'static Operation, f64)>, limit: usize) -> Vec<&'static Operation> {
    let mut scored: Vec<_> = scored.filter(|(_, score)| *score > 0.0).collect();
    scored.sort_by(|(a, a_score), (b, b_score)| {
        b_score.total_cmp(a_score).then_with(|| (a.section, a.id).cmp(&(b.section, b.id)))
    });
    scored.into_iter().take(limit).map(|(operation, _)| operation).collect()
}
