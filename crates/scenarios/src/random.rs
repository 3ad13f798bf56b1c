//! Numbers that a seed decides (SplitMix64, as published by Steele, Lea and Flood).

use rlm::Digest;

/// A source of numbers; equal seeds give equal numbers everywhere.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// A source that a text decides.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(
            Digest::of(text.as_bytes())
                .as_bytes()
                .first_chunk()
                .map_or(0, |eight| u64::from_le_bytes(*eight)),
        )
    }

    /// The next number.
    #[expect(
        clippy::should_implement_trait,
        reason = "it never ends, and an iterator's methods are of no use"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `end`; 0 where `end` is.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True that many times of a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of them.
    ///
    /// # Panics
    ///
    /// Where there is none to pick.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        match from.get(self.below(from.len() as u64) as usize) {
            Some(one) => one,
            None => panic!("nothing to pick from"),
        }
    }
}
