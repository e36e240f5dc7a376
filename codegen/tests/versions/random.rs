//! A small deterministic generator of random numbers (SplitMix64): the same seed makes the same documents everywhere.

/// A sequence of random numbers.
pub(crate) struct Random(u64);

impl Random {
    /// Starts the sequence of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Returns a number that is less than `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count).unwrap()).unwrap()
    }

    /// Returns one of the elements, or `None` if there are none.
    pub(crate) fn pick<T: Clone>(&mut self, elements: &[T]) -> Option<T> {
        if elements.is_empty() { None } else { elements.get(self.below(elements.len())).cloned() }
    }
}
