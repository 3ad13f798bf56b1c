//! Damage on purpose, to see a repair before one is needed.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::error::Result;
use crate::geometry::Block;
use crate::header::PROLOGUE_BYTES;
use crate::survey::Survey;

/// Where damage strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Neighbouring symbols of the payload, all their bytes.
    Burst,
    /// Single bytes of symbols anywhere in payload and sidecar.
    Scattered,
    /// The payload's first symbols, and the sidecar's header in front.
    First,
    /// The payload's last symbols, and the sidecar's header behind.
    Last,
    /// Repair symbols, and the sidecar's header in front.
    Sidecar,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Pattern; 5] =
        [Pattern::Burst, Pattern::Scattered, Pattern::First, Pattern::Last, Pattern::Sidecar];

    /// The pattern's name.
    pub fn name(self) -> &'static str {
        match self {
            Pattern::Burst => "burst",
            Pattern::Scattered => "scattered",
            Pattern::First => "first",
            Pattern::Last => "last",
            Pattern::Sidecar => "sidecar",
        }
    }

    /// The encoding ids that it strikes in a block. What does not fit on its own side spills over to the other.
    fn strike(self, block: Block, count: u32, random: &mut Random) -> BTreeSet<u32> {
        let (source, all) = (block.source, block.source + block.repair);
        let count = count.min(all);
        match self {
            Pattern::Burst => {
                let start = random.below(source.saturating_sub(count) + 1);
                (start..start + count).collect()
            }
            Pattern::Scattered => {
                let mut struck = BTreeSet::new();
                while struck.len() < count as usize {
                    struck.insert(random.below(all));
                }
                struck
            }
            Pattern::First => (0..count).collect(),
            Pattern::Last => {
                let end = source.max(count);
                (end - count..end).collect()
            }
            Pattern::Sidecar => {
                let start = source.min(all - count);
                (start..start + count).collect()
            }
        }
    }
}

/// Byte ranges of a payload and its sidecar in which every byte is to become another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Of the payload.
    pub payload: Vec<Range<u64>>,
    /// Of the sidecar.
    pub sidecar: Vec<Range<u64>>,
}

impl Damage {
    /// Damage to so many symbols of each block, of payload and sidecar together; a seed gives the same one again.
    /// `count` gets each block, so that the budget can be met and exceeded.
    ///
    /// # Errors
    /// Those of [`Survey::new`], which reads the cut from the sidecar.
    pub fn new(sidecar: &[u8], pattern: Pattern, count: impl Fn(Block) -> u32, seed: u64) -> Result<Damage> {
        let survey = Survey::new(&[], sidecar)?;
        let mut random = Random(seed);
        let mut damage = Damage::default();
        for losses in &survey.blocks {
            for id in pattern.strike(losses.block, count(losses.block), &mut random) {
                let mut place = survey.place(losses, id);
                if pattern == Pattern::Scattered {
                    let at = place.start + u64::from(random.below((place.end - place.start) as u32));
                    place = at..at + 1;
                }
                let side = if id < losses.block.source { &mut damage.payload } else { &mut damage.sidecar };
                side.push(place);
            }
        }
        let (size, header) = (
            survey.prologue.geometry.sidecar_bytes(),
            (PROLOGUE_BYTES + survey.prologue.geometry.sheets_bytes()) as u64,
        );
        match pattern {
            Pattern::First | Pattern::Sidecar => damage.sidecar.push(0..header),
            Pattern::Last => damage.sidecar.push(size - header..size),
            Pattern::Burst | Pattern::Scattered => {}
        }
        Ok(damage)
    }

    /// Makes every byte in the ranges another one; what lies beyond an end is not there to be struck.
    pub fn strike(&self, payload: &mut [u8], sidecar: &mut [u8]) {
        for (bytes, ranges) in [(payload, &self.payload), (sidecar, &self.sidecar)] {
            let end = bytes.len() as u64;
            for range in ranges {
                let struck = range.start.min(end) as usize..range.end.min(end) as usize;
                bytes.get_mut(struck).into_iter().flatten().for_each(|byte| *byte ^= 0xff);
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): a seed gives the same drill on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below a bound above zero.
    fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u32
    }
}
