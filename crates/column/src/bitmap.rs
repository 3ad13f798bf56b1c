//! Packed bits: the values of `bool` columns and the validity of every column that has one.

use std::ops::Range;
use std::sync::Arc;

const WORD_BITS: usize = u64::BITS as usize;

/// A shared, immutable run of bits, least significant bit first.
#[derive(Clone, Debug)]
pub struct Bitmap {
    words: Arc<Vec<u64>>,
    start: usize,
    len: usize,
}

impl Bitmap {
    /// `len` bits, all equal to `bit`.
    #[must_use]
    pub fn filled(bit: bool, len: usize) -> Self {
        let word = if bit { u64::MAX } else { 0 };
        Self { words: Arc::new(vec![word; len.div_ceil(WORD_BITS)]), start: 0, len }
    }

    /// `len` bits, bit `i` being `bit(i)`.
    #[must_use]
    pub fn from_fn(len: usize, mut bit: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0u64; len.div_ceil(WORD_BITS)];
        for (w, word) in words.iter_mut().enumerate() {
            let first = w * WORD_BITS;
            let last = (first + WORD_BITS).min(len);
            for i in first..last {
                *word |= u64::from(bit(i)) << (i - first);
            }
        }
        Self { words: Arc::new(words), start: 0, len }
    }

    /// A bit for each value. A word at a time without branches: quicker than [`Bitmap::from_fn`].
    pub(crate) fn of_values<T: Copy>(values: &[T], bit: impl Fn(T) -> bool) -> Self {
        let word =
            |values: &[T]| values.iter().rev().fold(0, |word, &value| word << 1 | u64::from(bit(value)));
        Self { words: Arc::new(values.chunks(WORD_BITS).map(word).collect()), start: 0, len: values.len() }
    }

    /// The first `len` bits of `words`, which hold as many and no set bit behind them.
    pub(crate) fn from_words(words: Vec<u64>, len: usize) -> Self {
        debug_assert_eq!(words.len(), len.div_ceil(WORD_BITS));
        Self { words: Arc::new(words), start: 0, len }
    }

    /// Number of bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bit `i`; positions past the end read as unset.
    #[must_use]
    #[inline]
    pub fn get(&self, i: usize) -> bool {
        if i >= self.len {
            return false;
        }
        let bit = self.start + i;
        self.words.get(bit / WORD_BITS).is_some_and(|word| word >> (bit % WORD_BITS) & 1 == 1)
    }

    /// The bits in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = bool> + '_ {
        (0..self.len).map(|i| self.get(i))
    }

    /// The bits as words from bit 0 on; bits past the end are zero.
    pub fn words(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
        (0..self.len.div_ceil(WORD_BITS)).map(|w| self.word(w))
    }

    fn word(&self, w: usize) -> u64 {
        let bit = self.start + w * WORD_BITS;
        let (at, shift) = (bit / WORD_BITS, bit % WORD_BITS);
        let low = self.words.get(at).copied().unwrap_or(0) >> shift;
        let high = match shift {
            0 => 0,
            _ => self.words.get(at + 1).copied().unwrap_or(0) << (WORD_BITS - shift),
        };
        let kept = (self.len - w * WORD_BITS).min(WORD_BITS);
        (low | high) & (u64::MAX >> (WORD_BITS - kept))
    }

    /// Number of set bits.
    #[must_use]
    pub fn count_ones(&self) -> usize {
        self.words().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether every bit is set.
    #[must_use]
    pub fn all(&self) -> bool {
        self.count_ones() == self.len
    }

    /// Positions of the set bits, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words().enumerate().flat_map(|(w, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.checked_sub(1)?;
                Some(w * WORD_BITS + bit)
            })
        })
    }

    /// Ranges of set bits that stand next to each other, ascending; one may go on in the next where a word ends.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.words().enumerate().flat_map(|(w, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let start = rest.trailing_zeros();
                let len = (rest >> start).trailing_ones();
                // Adding the run's lowest bit carries through the run.
                rest &= rest.wrapping_add(1 << start);
                let start = w * WORD_BITS + start as usize;
                Some(start..start + len as usize)
            })
        })
    }

    /// The bits of `range`, sharing memory; positions past the end are cut off.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let start = range.start.min(self.len);
        let end = range.end.clamp(start, self.len);
        Self { words: Arc::clone(&self.words), start: self.start + start, len: end - start }
    }

    /// Bitwise `self & other`; the shorter length wins.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.zip_words(other, |a, b| a & b)
    }

    /// Bitwise `self | other`; the shorter length wins.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.zip_words(other, |a, b| a | b)
    }

    /// Bitwise `self ^ other`; the shorter length wins.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        self.zip_words(other, |a, b| a ^ b)
    }

    fn zip_words(&self, other: &Self, op: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.words().zip(other.words()).map(|(a, b)| op(a, b)).collect();
        Self { words: Arc::new(words), start: 0, len: self.len.min(other.len) }
    }

    /// The bits at the positions of the set bits of `mask`, in order; the shorter length wins.
    #[must_use]
    pub fn filter(&self, mask: &Self) -> Self {
        let (mut words, mut word, mut len) = (Vec::with_capacity(mask.count_ones() / WORD_BITS + 1), 0, 0);
        for (own, chosen) in self.words().zip(mask.slice(0..self.len).words()) {
            let mut rest = chosen;
            while rest != 0 {
                word |= (own >> rest.trailing_zeros() & 1) << (len % WORD_BITS);
                rest &= rest - 1;
                len += 1;
                if len % WORD_BITS == 0 {
                    words.push(std::mem::take(&mut word));
                }
            }
        }
        if len % WORD_BITS != 0 {
            words.push(word);
        }
        Self { words: Arc::new(words), start: 0, len }
    }

    /// Every bit flipped.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { words: Arc::new(self.words().map(|word| !word).collect()), start: 0, len: self.len }
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut words = Vec::new();
        let mut len = 0;
        for bit in bits {
            if len % WORD_BITS == 0 {
                words.push(0);
            }
            if let Some(word) = words.last_mut() {
                *word |= u64::from(bit) << (len % WORD_BITS);
            }
            len += 1;
        }
        Self { words: Arc::new(words), start: 0, len }
    }
}

impl PartialEq for Bitmap {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.words().eq(other.words())
    }
}

impl Eq for Bitmap {}
