//! A set of record ids that takes little memory: at most about four bytes for each id, and an eighth of a byte where most
//! ids exist.

use std::collections::BTreeMap;
use std::fmt;

/// The ids up to which a chunk is a sorted list; a chunk with more ids is a bitmap of the same size.
const MAX_SPARSE: usize = 4096;

/// The words of a bitmap of 65,536 bits.
const WORDS: usize = 1024;

/// A set of record ids.
///
/// Ids are stored in chunks of 65,536, each as a sorted list or as a bitmap. A million ids take between 0.13 and 4 MB. Ids
/// below 1 do not exist in PSA and are not stored.
///
/// ```
/// use connectwise_psa::webhooks::KnownIds;
///
/// let ids: KnownIds = [5, 7, 5].into_iter().collect();
/// assert_eq!((ids.len(), ids.contains(5), ids.contains(6)), (2, true, false));
/// assert_eq!(ids.iter().collect::<Vec<_>>(), [5, 7]);
/// ```
#[derive(Clone, Default)]
pub struct KnownIds {
    /// The chunks by the upper 16 bits of their ids.
    chunks: BTreeMap<u16, Chunk>,
    len: usize,
}

/// The lower 16 bits of the ids of a chunk.
#[derive(Clone)]
enum Chunk {
    Sparse(Vec<u16>),
    Dense(Box<[u64; WORDS]>),
}

/// Splits an id into its upper and its lower 16 bits; `None` for an id below 1.
fn split(id: i32) -> Option<(u16, u16)> {
    if id < 1 {
        return None;
    }
    let [a, b, c, d] = id.to_be_bytes();
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

fn join(upper: u16, lower: u16) -> i32 {
    let ([a, b], [c, d]) = (upper.to_be_bytes(), lower.to_be_bytes());
    i32::from_be_bytes([a, b, c, d])
}

/// Returns the index of the word and the bit of an id in a bitmap.
fn bit(lower: u16) -> (usize, u64) {
    (usize::from(lower / 64), 1 << (lower % 64))
}

impl Chunk {
    fn insert(&mut self, lower: u16) -> bool {
        if let Self::Sparse(ids) = self {
            let Err(at) = ids.binary_search(&lower) else { return false };
            if ids.len() < MAX_SPARSE {
                ids.insert(at, lower);
                return true;
            }
            let mut dense = Box::new([0; WORDS]);
            for id in ids.iter() {
                let (index, mask) = bit(*id);
                if let Some(word) = dense.get_mut(index) {
                    *word |= mask;
                }
            }
            *self = Self::Dense(dense);
        }
        let Self::Dense(words) = self else { return false };
        let (index, mask) = bit(lower);
        let Some(word) = words.get_mut(index) else { return false };
        let is_new = *word & mask == 0;
        *word |= mask;
        is_new
    }

    fn remove(&mut self, lower: u16) -> bool {
        match self {
            Self::Sparse(ids) => match ids.binary_search(&lower) {
                Ok(at) => {
                    ids.remove(at);
                    true
                }
                Err(_) => false,
            },
            Self::Dense(words) => {
                let (index, mask) = bit(lower);
                let Some(word) = words.get_mut(index) else { return false };
                let was_present = *word & mask != 0;
                *word &= !mask;
                was_present
            }
        }
    }

    fn contains(&self, lower: u16) -> bool {
        match self {
            Self::Sparse(ids) => ids.binary_search(&lower).is_ok(),
            Self::Dense(words) => {
                let (index, mask) = bit(lower);
                words.get(index).is_some_and(|word| word & mask != 0)
            }
        }
    }

    fn iter(&self) -> Box<dyn Iterator<Item = u16> + Send + '_> {
        match self {
            Self::Sparse(ids) => Box::new(ids.iter().copied()),
            Self::Dense(_) => Box::new((0..=u16::MAX).filter(|lower| self.contains(*lower))),
        }
    }
}

impl KnownIds {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an id. Returns whether it was not in the set before.
    pub fn insert(&mut self, id: i32) -> bool {
        let Some((upper, lower)) = split(id) else { return false };
        let is_new = self.chunks.entry(upper).or_insert_with(|| Chunk::Sparse(Vec::new())).insert(lower);
        self.len += usize::from(is_new);
        is_new
    }

    /// Removes an id. Returns whether it was in the set.
    pub fn remove(&mut self, id: i32) -> bool {
        let Some((upper, lower)) = split(id) else { return false };
        let was_present = self.chunks.get_mut(&upper).is_some_and(|chunk| chunk.remove(lower));
        self.len -= usize::from(was_present);
        was_present
    }

    /// Returns whether an id is in the set.
    #[must_use]
    pub fn contains(&self, id: i32) -> bool {
        split(id).is_some_and(|(upper, lower)| self.chunks.get(&upper).is_some_and(|chunk| chunk.contains(lower)))
    }

    /// Returns the number of ids.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the set contains no ids.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i32> + Send + '_ {
        self.chunks.iter().flat_map(|(upper, chunk)| chunk.iter().map(|lower| join(*upper, lower)))
    }

    /// Removes and returns the lowest ids, at most `count`.
    pub(crate) fn take_lowest(&mut self, count: usize) -> Vec<i32> {
        let mut lowest = Vec::new();
        while lowest.len() < count {
            let Some(mut chunk) = self.chunks.first_entry() else { break };
            let upper = *chunk.key();
            let taken: Vec<u16> = chunk.get().iter().take(count - lowest.len()).collect();
            if taken.is_empty() {
                chunk.remove();
                continue;
            }
            for lower in &taken {
                chunk.get_mut().remove(*lower);
            }
            self.len -= taken.len();
            lowest.extend(taken.into_iter().map(|lower| join(upper, lower)));
        }
        lowest
    }

    /// Returns the ids of this set that are in none of the others.
    pub(crate) fn without(&self, others: &[&Self]) -> Self {
        self.iter().filter(|id| !others.iter().any(|other| other.contains(*id))).collect()
    }
}

impl Extend<i32> for KnownIds {
    fn extend<I: IntoIterator<Item = i32>>(&mut self, ids: I) {
        for id in ids {
            self.insert(id);
        }
    }
}

impl FromIterator<i32> for KnownIds {
    fn from_iter<I: IntoIterator<Item = i32>>(ids: I) -> Self {
        let mut set = Self::new();
        set.extend(ids);
        set
    }
}

impl PartialEq for KnownIds {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl Eq for KnownIds {}

/// Shows the number of ids.
impl fmt::Debug for KnownIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownIds({})", self.len)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_set_behaves_like_a_set_of_the_standard_library() {
        let (mut set, mut expected) = (KnownIds::new(), BTreeSet::new());
        // A linear congruential sequence: the same ids in each run. Ids within two chunks, so that both become dense.
        let mut number: u32 = 1;
        for step in 0..60_000_u32 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let id = i32::try_from(number >> 15).unwrap();
            if step % 5 == 4 {
                assert_eq!(set.remove(id), expected.remove(&id));
            } else if id > 0 {
                assert_eq!(set.insert(id), expected.insert(id));
            }
        }
        assert!(set.chunks.values().any(|chunk| matches!(chunk, Chunk::Dense(_))));
        assert_eq!(set.len(), expected.len());
        assert!(set.iter().eq(expected.iter().copied()));
        assert!((0..140_000).all(|id| set.contains(id) == expected.contains(&id)));
        let lowest = set.take_lowest(5_000);
        assert!(lowest.iter().copied().eq(expected.iter().copied().take(5_000)));
        assert_eq!(set.len(), expected.len() - 5_000);
    }

    #[test]
    fn ids_at_the_limits_are_kept_and_impossible_ids_are_not() {
        let ids = [1, 65_535, 65_536, i32::MAX];
        let mut set: KnownIds = ids.into_iter().chain([0, -1, i32::MIN]).collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), ids);
        assert_eq!(set.without(&[&[1].into_iter().collect(), &[i32::MAX].into_iter().collect()]).len(), 2);
        assert_eq!(set.take_lowest(10), ids);
        assert!(set.is_empty() && set.take_lowest(1).is_empty());
        assert_eq!(set, KnownIds::new());
    }
}
