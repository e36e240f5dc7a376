//! Decides by the ids of its records whether a page has new records.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::calls::record_id::RecordId;
use crate::calls::records::RecordIds;

/// How many pages are remembered. The memory for them is at most a few megabytes.
const MAX_REMEMBERED_PAGES: usize = 1 << 16;

/// The most consecutive pages with the same content that are accepted if their records have no ids.
const MAX_EQUAL_PAGES: u32 = 10;

/// The most consecutive pages with the content of any earlier page that are accepted if their records have no ids.
const MAX_KNOWN_PAGES: u32 = 100;

/// What identifies the records of a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Identity {
    Unchecked,
    /// Each record has an id of its own.
    Ids(Vec<RecordId>),
    /// Records without ids, or several with the same id: a hash of their JSON.
    Content(u64),
}

impl Identity {
    pub(crate) fn new(ids: &RecordIds, body: &[u8]) -> Self {
        if ids.is_empty() {
            return Self::Unchecked;
        }
        let complete: Option<Vec<RecordId>> = ids.iter().cloned().collect();
        match complete.filter(|ids| ids.iter().collect::<HashSet<_>>().len() == ids.len()) {
            Some(ids) => Self::Ids(ids),
            None => Self::Content(hash(&body)),
        }
    }
}

/// Returns the integer ids.
pub(crate) fn integers(ids: &RecordIds) -> Vec<i64> {
    ids.iter().filter_map(|id| id.as_ref()?.integer()).collect()
}

/// Returns the first id that is not greater than the one before it, with that one. The first id must be greater than
/// `after`.
pub(crate) fn first_out_of_order(after: i64, ids: &[i64]) -> Option<(i64, i64)> {
    let before = std::iter::once(after).chain(ids.iter().copied());
    before.zip(ids.iter().copied()).find(|(before, id)| id <= before)
}

/// Why a page has no new record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Repetition {
    /// All its records were on the previous page.
    Previous,
    /// It has the same records as an earlier page.
    Earlier,
    /// Its records have no ids, and it equals the previous page. Different records can be equal if few fields are
    /// selected.
    Content,
    /// Its records have no ids, and it equals an earlier page, as many pages before it did.
    EarlierContent,
}

/// The pages up to now.
#[derive(Default)]
pub(crate) struct Progress {
    /// The ids of the previous page.
    previous: HashSet<RecordId>,
    /// The hash of the previous page, if its records have no ids.
    content: Option<u64>,
    /// How many consecutive pages up to now had that content.
    equal_pages: u32,
    /// How many consecutive pages up to now had the content of an earlier page.
    known_pages: u32,
    /// A hash of each page: of its ids or, if its records have none, of its content.
    pages: HashSet<u64>,
}

impl Progress {
    /// Returns which records were on the previous page already; empty if none was. An empty page is accepted.
    pub(crate) fn check(&self, page: &Identity) -> Result<Vec<bool>, Repetition> {
        match page {
            Identity::Unchecked => Ok(Vec::new()),
            Identity::Content(content) if self.content == Some(*content) => Err(Repetition::Content),
            Identity::Content(content) if self.known_pages >= MAX_KNOWN_PAGES && self.pages.contains(content) => {
                Err(Repetition::EarlierContent)
            }
            Identity::Content(_) => Ok(Vec::new()),
            Identity::Ids(ids) => {
                let repeated: Vec<bool> = ids.iter().map(|id| self.previous.contains(id)).collect();
                if repeated.iter().all(|repeated| *repeated) {
                    Err(Repetition::Previous)
                } else if self.pages.contains(&hash_of_ids(ids)) {
                    Err(Repetition::Earlier)
                } else if repeated.contains(&true) {
                    Ok(repeated)
                } else {
                    Ok(Vec::new())
                }
            }
        }
    }

    /// Returns whether so many pages were equal that the next equal one is not accepted, even if the server links to
    /// it.
    pub(crate) fn has_too_many_equal_pages(&self) -> bool {
        self.equal_pages >= MAX_EQUAL_PAGES
    }

    /// Remembers a page that is returned. An empty page changes nothing.
    pub(crate) fn remember(&mut self, page: Identity) {
        match page {
            Identity::Unchecked => {}
            Identity::Content(content) => {
                self.equal_pages = if self.content == Some(content) { self.equal_pages + 1 } else { 1 };
                self.content = Some(content);
                self.known_pages = if self.add(content) { 0 } else { self.known_pages + 1 };
                self.previous.clear();
            }
            Identity::Ids(ids) => {
                self.add(hash_of_ids(&ids));
                self.known_pages = 0;
                self.previous = ids.into_iter().collect();
                self.content = None;
            }
        }
    }
}

impl Progress {
    /// Remembers the hash of a page. Returns whether it is new.
    fn add(&mut self, page: u64) -> bool {
        if self.pages.len() >= MAX_REMEMBERED_PAGES {
            self.pages.clear();
        }
        self.pages.insert(page)
    }
}

/// Returns a hash that does not depend on the order of the ids.
fn hash_of_ids(ids: &[RecordId]) -> u64 {
    ids.iter().fold(0, |sum: u64, id| sum.wrapping_add(hash(id)))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: impl IntoIterator<Item = i64>) -> Identity {
        let ids = ids.into_iter().map(|id| Some(RecordId::Integer(id))).collect();
        Identity::new(&ids, b"")
    }

    #[test]
    fn a_page_needs_a_record_that_was_not_on_the_previous_page() {
        let mut progress = Progress::default();
        progress.remember(page([1, 2, 3]));
        assert_eq!(progress.check(&page([4, 5])), Ok(vec![]));
        assert_eq!(progress.check(&page([3, 4])), Ok(vec![true, false]));
        assert_eq!(progress.check(&page([2, 3])), Err(Repetition::Previous));
        assert_eq!(progress.check(&page([3, 1, 2])), Err(Repetition::Previous));
        assert_eq!(progress.check(&page([])), Ok(vec![]));
        progress.remember(page([]));
        assert_eq!(progress.check(&page([1, 2, 3])), Err(Repetition::Previous));
        progress.remember(page([4, 5]));
        assert_eq!(progress.check(&page([1, 2, 3])), Err(Repetition::Earlier));
    }

    #[test]
    fn pages_without_usable_ids_are_compared_as_a_whole() {
        let identity = |ids: &[Option<i64>], body: &str| {
            Identity::new(&ids.iter().map(|id| id.map(RecordId::Integer)).collect(), body.as_bytes())
        };
        assert_eq!(identity(&[None, Some(1)], "a"), identity(&[Some(2), Some(2)], "a"));
        assert_ne!(identity(&[None], "a"), identity(&[None], "b"));
        let mut progress = Progress::default();
        for _ in 0..MAX_EQUAL_PAGES {
            assert!(!progress.has_too_many_equal_pages());
            progress.remember(identity(&[None], "a"));
        }
        assert_eq!(progress.check(&identity(&[None], "a")), Err(Repetition::Content));
        assert_eq!(progress.check(&identity(&[None], "b")), Ok(vec![]));
        assert!(progress.has_too_many_equal_pages());
        progress.remember(identity(&[None], "b"));
        assert!(!progress.has_too_many_equal_pages());
    }

    #[test]
    fn pages_without_ids_that_were_sent_before_are_accepted_only_for_a_while() {
        let page = |body: &str| Identity::new(&vec![None], body.as_bytes());
        let mut progress = Progress::default();
        progress.remember(page("a"));
        progress.remember(page("b"));
        for number in 0..MAX_KNOWN_PAGES {
            let page = page(if number % 2 == 0 { "a" } else { "b" });
            assert_eq!(progress.check(&page), Ok(vec![]), "{number}");
            progress.remember(page);
        }
        assert_eq!(progress.check(&page("a")), Err(Repetition::EarlierContent));
        assert_eq!(progress.check(&page("c")), Ok(vec![]));
        progress.remember(page("c"));
        assert_eq!(progress.check(&page("a")), Ok(vec![]));
    }

    #[test]
    fn ids_must_increase() {
        assert_eq!(first_out_of_order(0, &[1, 5, 9]), None);
        assert_eq!(first_out_of_order(5, &[]), None);
        assert_eq!(first_out_of_order(5, &[5, 6]), Some((5, 5)));
        assert_eq!(first_out_of_order(0, &[1, 3, 3]), Some((3, 3)));
        assert_eq!(first_out_of_order(0, &[1, 3, 2]), Some((3, 2)));
    }

    #[test]
    fn the_memory_for_pages_is_bounded() {
        let mut progress = Progress::default();
        for id in 0..2 * i64::try_from(MAX_REMEMBERED_PAGES).unwrap() + 10 {
            progress.remember(page([id]));
        }
        assert!(progress.pages.len() <= MAX_REMEMBERED_PAGES);
        assert_eq!(progress.previous.len(), 1);
    }
}
