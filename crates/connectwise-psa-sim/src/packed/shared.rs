//! Objects that occur in many packed values, such as the reference to a status. They are stored once.
//!
//! The objects live as long as the program, so their number and their size are limited. An object that does not fit is
//! stored in every value that contains it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{LazyLock, Mutex, OnceLock};

use crate::sync::lock;

/// The number of objects that can be shared.
const CAPACITY: u16 = 16_384;

/// The lengths of the objects that are shared, in bytes. A shorter object would not save memory.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=1024;

/// The number of values with an object from which on it is shared.
const MIN_OCCURRENCES: u8 = 8;

/// The maximum number of objects whose occurrences are counted at a time.
const MAX_COUNTED: usize = 100_000;

static OBJECTS: [OnceLock<Box<[u8]>>; CAPACITY as usize] = [const { OnceLock::new() }; CAPACITY as usize];

#[derive(Default)]
struct Index {
    numbers: HashMap<&'static [u8], u16>,
    /// The occurrences of objects that are not shared yet, by their hash.
    occurrences: HashMap<u64, u8>,
}

static INDEX: LazyLock<Mutex<Index>> = LazyLock::new(Mutex::default);

/// Returns the number of a shared object; `None` if the object has not occurred often enough, or cannot be shared.
pub(super) fn number_of(object: &[u8]) -> Option<u16> {
    if !LENGTHS.contains(&object.len()) {
        return None;
    }
    let mut index = lock(&INDEX);
    if let Some(number) = index.numbers.get(object) {
        return Some(*number);
    }
    let number = u16::try_from(index.numbers.len()).ok().filter(|number| *number < CAPACITY)?;
    let mut hasher = DefaultHasher::new();
    object.hash(&mut hasher);
    let hash = hasher.finish();
    let occurrences = index.occurrences.entry(hash).or_default();
    *occurrences += 1;
    if *occurrences < MIN_OCCURRENCES {
        if index.occurrences.len() > MAX_COUNTED {
            index.occurrences.clear();
        }
        return None;
    }
    index.occurrences.remove(&hash);
    let stored = OBJECTS.get(usize::from(number))?.get_or_init(|| object.into());
    index.numbers.insert(stored, number);
    Some(number)
}

/// Returns the shared object with a number; nothing if there is none.
pub(super) fn object(number: u16) -> &'static [u8] {
    OBJECTS.get(usize::from(number)).and_then(OnceLock::get).map(|object| &**object).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_shared_when_it_has_occurred_often() {
        let frequent = [7; 40];
        let numbers: Vec<_> = (0..10).map(|_| number_of(&frequent)).collect();
        assert!(numbers[..7].iter().all(Option::is_none), "{numbers:?}");
        let number = numbers[7].unwrap();
        assert_eq!((numbers[9], object(number)), (Some(number), &frequent[..]));
        for unsuitable in [&[7; 15][..], &[7; 1025]] {
            assert!((0..10).all(|_| number_of(unsuitable).is_none()));
        }
        assert!(object(u16::MAX).is_empty());
    }
}
