//! Stores objects that many packed values contain, such as the reference to a status, only once. The values contain the
//! number of the object. The JSON text of an object is also written only once, and then copied.
//!
//! A stored object is never removed, so the number and the length of these objects are limited. An object beyond the
//! limits stays in every value that contains it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, OnceLock};

use super::names::Format;
use super::node::Node;
use super::write::Writer;
use crate::sync::lock;

/// The number of objects that can be shared.
const CAPACITY: u16 = 16_384;

/// The lengths of the objects that are shared, in bytes. A shorter object would not save memory.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=1024;

/// The number of values with an object from which on it is shared.
const MIN_OCCURRENCES: u8 = 8;

/// The maximum number of objects whose occurrences are counted at a time.
const MAX_COUNTED: usize = 100_000;

/// The objects that many values of a format contain.
#[derive(Debug)]
pub(crate) struct SharedObjects {
    objects: Box<[OnceLock<SharedObject>]>,
    index: Mutex<Index>,
}

#[derive(Debug)]
struct SharedObject {
    packed: Box<[u8]>,
    /// Set when the object is first written.
    json: OnceLock<LinkedText>,
}

#[derive(Debug, Default)]
struct Index {
    numbers: HashMap<&'static [u8], u16>,
    /// The occurrences of objects that are not shared yet, by their hash.
    occurrences: HashMap<u64, u8>,
}

/// JSON text without the start of its links, which differs between requests.
#[derive(Debug)]
struct LinkedText {
    text: Box<[u8]>,
    /// The positions in the text where links start.
    links: Box<[usize]>,
}

impl LinkedText {
    /// Stands in JSON text for the start of a link. JSON text contains no such byte.
    const MARK: u8 = 0;

    fn new<F: Format>(object: Node<'_, F>) -> Self {
        let mut marked = Vec::new();
        Writer::new(&mut marked, "\0").write(object);
        let marks = marked.iter().enumerate().filter(|(_, byte)| **byte == Self::MARK);
        // Each link starts further to the left by the number of the marks before it.
        let links = marks.enumerate().map(|(count, (at, _))| at - count).collect();
        marked.retain(|byte| *byte != Self::MARK);
        Self { text: marked.into(), links }
    }

    fn write(&self, to: &mut Vec<u8>, link_start: &str) {
        let mut from = 0;
        for at in &self.links {
            to.extend_from_slice(self.text.get(from..*at).unwrap_or_default());
            to.extend_from_slice(link_start.as_bytes());
            from = *at;
        }
        to.extend_from_slice(self.text.get(from..).unwrap_or_default());
    }
}

impl Default for SharedObjects {
    fn default() -> Self {
        Self { objects: (0..CAPACITY).map(|_| OnceLock::new()).collect(), index: Mutex::default() }
    }
}

impl SharedObjects {
    /// Returns the number of a shared object; `None` if the object has not occurred often enough, or cannot be shared.
    pub(super) fn number_of(&'static self, object: &[u8]) -> Option<u16> {
        if !LENGTHS.contains(&object.len()) {
            return None;
        }
        let mut index = lock(&self.index);
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
        let unused = self.objects.get(usize::from(number))?;
        let stored = unused.get_or_init(|| SharedObject { packed: object.into(), json: OnceLock::new() });
        index.numbers.insert(&stored.packed, number);
        Some(number)
    }

    fn get(&self, number: u16) -> Option<&SharedObject> {
        self.objects.get(usize::from(number))?.get()
    }

    /// Returns the shared object with a number; nothing if there is none.
    pub(super) fn object(&self, number: u16) -> &[u8] {
        self.get(number).map(|object| &*object.packed).unwrap_or_default()
    }

    /// Appends the JSON text of the shared object with a number. Returns `None` if there is none.
    pub(super) fn write<F: Format>(&self, number: u16, to: &mut Vec<u8>, link_start: &str) -> Option<()> {
        let object = self.get(number)?;
        object.json.get_or_init(|| LinkedText::new(Node::<F>::new(&object.packed))).write(to, link_start);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_shared_when_it_has_occurred_often() {
        let shared: &'static SharedObjects = Box::leak(Box::default());
        let frequent = [7; 40];
        let numbers: Vec<_> = (0..10).map(|_| shared.number_of(&frequent)).collect();
        assert!(numbers[..7].iter().all(Option::is_none), "{numbers:?}");
        let number = numbers[7].unwrap();
        assert_eq!((numbers[9], shared.object(number)), (Some(number), &frequent[..]));
        for unsuitable in [&[7; 15][..], &[7; 1025]] {
            assert!((0..10).all(|_| shared.number_of(unsuitable).is_none()));
        }
        assert!(shared.object(u16::MAX).is_empty());
    }
}
