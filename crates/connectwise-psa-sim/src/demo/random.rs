//! Numbers that look random and are the same each time: SplitMix64, so that demo data needs no dependency and no seed
//! from outside.

/// A generator. Areas of the data have one each, so that one more draw in one area does not change the others.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A generator whose numbers depend on the name alone.
    pub(super) fn named(area: &str) -> Self {
        Self(
            area.bytes().fold(0x05ee_d0f0_ff1c_e000, |state, byte| {
                (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            }),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number under `end`; 0 when that is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// A number from `first` to `last`, both included.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        let span = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or_default();
        first.saturating_add(i64::try_from(self.below(span)).unwrap_or_default())
    }

    /// From 0 to 1, without 1.
    pub(super) fn fraction(&mut self) -> f64 {
        // 53 bits are what a double holds.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    /// One of some words.
    pub(super) fn word(&mut self, of: &[&'static str]) -> &'static str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_splitmix64_and_the_same_each_time() {
        let mut random = Random(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        let draws = |area: &str| {
            let mut random = Random::named(area);
            (0..1000).map(|_| random.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(draws("tickets"), draws("tickets"));
        assert_ne!(draws("tickets"), draws("notes"));
        assert!((0..10).all(|number| draws("tickets").iter().filter(|draw| **draw == number).count() > 60));
    }

    #[test]
    fn limits_are_kept() {
        let mut random = Random::named("limits");
        for _ in 0..1000 {
            assert!((-3..=4).contains(&random.between(-3, 4)));
            assert!((0.0..1.0).contains(&random.fraction()));
        }
        assert_eq!((random.below(0), random.word(&[])), (0, ""));
        assert!(!random.percent(0) && random.percent(100));
    }
}
