//! Derived pages whose inputs went on without them.

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed};
use xxhash_rust::xxh3::xxh3_128;

use super::tree::Tree;

/// How far a page lags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lag {
    /// Its bytes are those that its function makes of its parents as they were at this seq; 0 where it was not
    /// computed yet.
    pub(crate) watermark: u64,
    /// Whether a task is to compute it, not only who asks.
    pub(crate) due: bool,
}

impl Lag {
    pub(crate) fn encode_to(self, encoder: &mut Encoder) {
        encoder.varint(self.watermark);
        encoder.byte(u8::from(self.due));
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Lag, Malformed> {
        Ok(Lag { watermark: decoder.varint("watermark")?, due: decoder.boolean("due")? })
    }

    /// What it adds to the state hash: XXH3-128 over the page and itself as a checkpoint has them.
    fn hash(self, page: u64) -> u128 {
        let mut encoder = Encoder::new();
        encoder.varint(page);
        self.encode_to(&mut encoder);
        xxh3_128(encoder.as_slice())
    }
}

/// All that lag in one state.
#[derive(Clone, Default)]
pub(crate) struct Lags {
    tree: Tree<Lag>,
    len: u64,
    hash: u128,
}

impl Lags {
    pub(crate) fn get(&self, page: u64) -> Option<Lag> {
        self.tree.get(page).copied()
    }

    /// From a page on, ascending.
    pub(crate) fn iter_from(&self, first: u64) -> impl Iterator<Item = (u64, Lag)> {
        self.tree.iter_from(first).map(|(page, lag)| (page, *lag))
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// What they add to the state hash.
    pub(super) fn hash(&self) -> u128 {
        self.hash
    }

    /// What is as it was is not copied.
    pub(super) fn set(&mut self, page: u64, lag: Option<Lag>) {
        let before = self.get(page);
        if before == lag {
            return;
        }
        let hash = |lag: Option<Lag>| lag.map_or(0, |lag| lag.hash(page));
        self.hash = self.hash.wrapping_sub(hash(before)).wrapping_add(hash(lag));
        self.len = self.len + u64::from(lag.is_some()) - u64::from(before.is_some());
        *self.tree.slot(page) = lag;
    }
}

/// Up to where the inputs of a page are in it, as a transaction says that computed it on its own account: one that
/// follows in the commit of a change is as new as that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// The page.
    pub page: u64,
    /// The seq of the state that it was computed from.
    pub seq: u64,
}

impl Watermark {
    /// The payload of a WATERMARK entry. As everywhere, the seq stands as its distance from that of the record.
    pub(crate) fn encode(self, seq: u64) -> Vec<u8> {
        let mut encoder = Encoder::new();
        encoder.varint(self.page);
        encoder.varint(seq.saturating_sub(self.seq));
        encoder.finish()
    }

    /// Reads it from the record with this seq.
    pub(crate) fn decode(payload: &[u8], seq: u64) -> Result<Watermark, Malformed> {
        let mut decoder = Decoder::new(payload);
        let (page, age) = (decoder.varint("page of the watermark")?, decoder.varint("age of the watermark")?);
        decoder.finish("watermark")?;
        let seq = seq.checked_sub(age).filter(|seq| *seq > 0);
        let seq = seq.ok_or(Malformed::new(Malformation::Range, "age of the watermark", 0))?;
        Ok(Watermark { page, seq })
    }
}
