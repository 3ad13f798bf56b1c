//! Storage of strings: one run of UTF-8 and the offsets into it.

use std::ops::Range;

use crate::bitmap::Bitmap;
use crate::buffer::Buffer;

/// Bytes up to which strings are copied in one piece.
const SHORT: usize = 32;

/// Bytes of a key that holds a string and its length.
const SHORT_KEY: usize = 16;

/// Bytes put together from runs of others.
///
/// A short run is copied as a piece of fixed length with whatever stands behind it, which the next one overwrites: that
/// needs no call.
struct Runs<'a> {
    from: &'a [u8],
    out: Vec<u8>,
    end: usize,
}

impl<'a> Runs<'a> {
    fn with_room(from: &'a [u8], bytes: usize) -> Self {
        Self { from, out: vec![0; bytes + SHORT], end: 0 }
    }

    #[inline]
    fn push(&mut self, start: usize, len: usize) {
        let room = self.out.get_mut(self.end..self.end + SHORT);
        match (self.from.get(start..start + SHORT), room) {
            (Some(source), Some(room)) if len <= SHORT => room.copy_from_slice(source),
            _ => self.out[self.end..self.end + len].copy_from_slice(&self.from[start..start + len]),
        }
        self.end += len;
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.truncate(self.end);
        self.out
    }
}

/// A shared, immutable run of strings. Offsets are absolute into `bytes`.
///
/// Every way to make one sees to it that the bytes from the first offset to the last are UTF-8 and that each offset
/// stands on the boundary of a character.
#[derive(Clone, Debug)]
pub struct Text {
    offsets: Buffer<i64>,
    bytes: Buffer<u8>,
}

impl Text {
    /// Number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are no strings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// String `i`; positions past the end read as empty.
    #[must_use]
    #[inline]
    pub fn get(&self, i: usize) -> &str {
        match (self.offsets.get(i), self.offsets.get(i + 1)) {
            (Some(&start), Some(&end)) => match self.bytes.get(start as usize..end as usize) {
                // SAFETY: between two offsets stands UTF-8, as the type says.
                Some(bytes) => unsafe { std::str::from_utf8_unchecked(bytes) },
                None => "",
            },
            _ => "",
        }
    }

    /// The strings in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }

    /// The strings of `range`, sharing memory.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let start = range.start.min(self.len());
        let end = range.end.clamp(start, self.len());
        Self { offsets: self.offsets.slice(start..end + 1), bytes: self.bytes.clone() }
    }

    /// Offsets that start at zero and the bytes they cover.
    pub(crate) fn rebased(&self) -> (impl Iterator<Item = i64> + '_, &[u8]) {
        let first = self.offsets.first().copied().unwrap_or(0);
        let last = self.offsets.last().copied().unwrap_or(0);
        let bytes = self.bytes.get(first as usize..last as usize).unwrap_or(&[]);
        (self.offsets.iter().map(move |offset| offset - first), bytes)
    }

    /// Checks foreign parts: offsets start at 0, never fall, end at the text's length and stand on
    /// character boundaries. `None` if they do not.
    #[must_use]
    pub fn from_parts(offsets: Vec<i64>, bytes: String) -> Option<Self> {
        let ordered = offsets.first() == Some(&0)
            && offsets.last().is_some_and(|&last| usize::try_from(last) == Ok(bytes.len()))
            && offsets.is_sorted();
        let whole = ordered && offsets.iter().all(|&at| bytes.is_char_boundary(at as usize));
        whole.then(|| Self { offsets: offsets.into(), bytes: bytes.into_bytes().into() })
    }

    /// The strings at `rows`, which are `count` and inside.
    pub(crate) fn gather(&self, count: usize, rows: impl Iterator<Item = usize>) -> Self {
        let from = &*self.offsets;
        let (mut offsets, mut starts) = (Vec::with_capacity(count + 1), Vec::with_capacity(count));
        offsets.push(0);
        let mut end = 0;
        // Where rows are far apart, their offsets are fetched once.
        rows.for_each(|row| {
            let (start, stop) = (from[row], from[row + 1]);
            end += stop - start;
            starts.push(start as usize);
            offsets.push(end);
        });
        let mut out = Runs::with_room(&self.bytes, end as usize);
        for (start, pair) in starts.into_iter().zip(offsets.windows(2)) {
            out.push(start, (pair[1] - pair[0]) as usize);
        }
        Self { offsets: offsets.into(), bytes: out.finish().into() }
    }

    /// The strings whose bit is set in a mask of the same length.
    pub(crate) fn filter(&self, mask: &Bitmap) -> Self {
        let from = &*self.offsets;
        let bytes: i64 = mask.runs().map(|rows| from[rows.end] - from[rows.start]).sum();
        let mut out = Runs::with_room(&self.bytes, bytes as usize);
        let mut offsets = Vec::with_capacity(mask.count_ones() + 1);
        offsets.push(0);
        for rows in mask.runs() {
            let moved = out.end as i64 - from[rows.start];
            out.push(from[rows.start] as usize, (from[rows.end] - from[rows.start]) as usize);
            offsets.extend(from[rows.start + 1..=rows.end].iter().map(|end| end + moved));
        }
        Self { offsets: offsets.into(), bytes: out.finish().into() }
    }

    /// Whether each string is short enough for [`Text::short_key`].
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.offsets.windows(2).fold(true, |short, pair| short & (pair[1] - pair[0] < SHORT_KEY as i64))
    }

    /// String `i` as a number that no other string has: its bytes, and its length in the last one. Only where
    /// [`Text::is_short`] holds.
    #[must_use]
    #[inline]
    pub fn short_key(&self, i: usize) -> u128 {
        let (start, end) = match (self.offsets.get(i), self.offsets.get(i + 1)) {
            (Some(&start), Some(&end)) => (start as usize, end as usize),
            _ => return 0,
        };
        let len = end - start;
        let kept = (1u128 << (8 * (len % SHORT_KEY))) - 1;
        let bytes = match self.bytes.get(start..start + SHORT_KEY) {
            Some(bytes) => bytes.try_into().unwrap_or_default(),
            None => {
                let mut bytes = [0; SHORT_KEY];
                let own = self.bytes.get(start..end).unwrap_or(&[]);
                own.iter().zip(&mut bytes).for_each(|(byte, slot)| *slot = *byte);
                bytes
            }
        };
        u128::from_le_bytes(bytes) & kept | (len as u128) << 120
    }

    /// The strings with each byte mapped by `map`, where all are ASCII, which `map` keeps; else `None`. The offsets
    /// are shared.
    pub(crate) fn map_ascii(&self, map: fn(&[u8]) -> Vec<u8>) -> Option<Self> {
        let first = *self.offsets.first()?;
        let covered = self.bytes.get(first as usize..*self.offsets.last()? as usize)?;
        if !covered.is_ascii() {
            return None;
        }
        let bytes = map(covered);
        debug_assert!(bytes.is_ascii() && bytes.len() == covered.len());
        let offsets = match first {
            0 => self.offsets.clone(),
            _ => self.offsets.iter().map(|offset| offset - first).collect(),
        };
        Some(Self { offsets, bytes: bytes.into() })
    }

    /// Which strings hold `part`. The bytes are searched as one run, which is left at the end of each string that has
    /// been found; an occurrence that reaches beyond the end of its string is none.
    pub(crate) fn find_each(&self, part: &str) -> Bitmap {
        let len = self.len();
        if part.is_empty() {
            return Bitmap::filled(true, len);
        }
        let finder = memchr::memmem::Finder::new(part);
        let mut words = vec![0u64; len.div_ceil(64)];
        let (offsets, bytes) = (&*self.offsets, &*self.bytes);
        let end = offsets.last().map_or(0, |&last| last as usize);
        let (mut row, mut at) = (0, offsets.first().map_or(0, |&first| first as usize));
        while let Some(found) = bytes.get(at..end).and_then(|rest| finder.find(rest)) {
            let start = at + found;
            while offsets[row + 1] as usize <= start {
                row += 1;
            }
            let stop = offsets[row + 1] as usize;
            at = if start + part.len() <= stop {
                words[row / 64] |= 1 << (row % 64);
                stop
            } else {
                start + 1
            };
        }
        Bitmap::from_words(words, len)
    }

    /// Offsets, and the bytes that they point into.
    pub(crate) fn parts(&self) -> (&[i64], &[u8]) {
        (&self.offsets, &self.bytes)
    }

    /// Checks foreign parts as they are: offsets never fall and stay inside `bytes`, the bytes between the first and the
    /// last are UTF-8, and each offset stands on a character boundary. `None` if not.
    pub(crate) fn from_buffers(offsets: Buffer<i64>, bytes: Buffer<u8>) -> Option<Self> {
        let (first, last) = (*offsets.first()?, *offsets.last()?);
        let (start, end) = (usize::try_from(first).ok()?, usize::try_from(last).ok()?);
        if !offsets.is_sorted() {
            return None;
        }
        let text = std::str::from_utf8(bytes.get(start..end)?).ok()?;
        let bounded = offsets.iter().all(|&at| text.is_char_boundary(at as usize - start));
        bounded.then_some(Self { offsets, bytes })
    }
}

impl<'a> FromIterator<&'a str> for Text {
    fn from_iter<I: IntoIterator<Item = &'a str>>(strings: I) -> Self {
        let strings = strings.into_iter();
        let mut builder = TextBuilder::with_capacity(strings.size_hint().0, 0);
        strings.for_each(|string| builder.push(string));
        builder.finish()
    }
}

/// Grows a [`Text`].
#[derive(Debug)]
pub struct TextBuilder {
    offsets: Vec<i64>,
    bytes: String,
}

impl TextBuilder {
    /// Room for `strings` strings of `bytes` bytes together.
    #[must_use]
    pub fn with_capacity(strings: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(strings + 1);
        offsets.push(0);
        Self { offsets, bytes: String::with_capacity(bytes) }
    }

    /// Appends a string.
    pub fn push(&mut self, string: &str) {
        self.bytes.push_str(string);
        self.close();
    }

    /// Appends the string that `write` adds to the end of the text.
    pub fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.bytes);
        self.close();
    }

    /// Appends the strings of a run, each ending where `ends` says, the last at the run's end. False, and nothing is
    /// appended, where the ends fall, or miss the boundary of a character or the run's end.
    pub fn push_run(&mut self, run: &str, ends: impl Iterator<Item = usize>) -> bool {
        let (strings, start) = (self.offsets.len(), self.bytes.len());
        self.bytes.push_str(run);
        let (mut last, mut whole) = (0, true);
        self.offsets.extend(ends.map(|end| {
            whole &= last <= end && run.is_char_boundary(end);
            last = end;
            (start + end) as i64
        }));
        whole &= last == run.len();
        if !whole {
            self.offsets.truncate(strings);
            self.bytes.truncate(start);
        }
        whole
    }

    fn close(&mut self) {
        self.offsets.push(self.bytes.len() as i64);
    }

    /// Strings so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The finished strings.
    #[must_use]
    pub fn finish(self) -> Text {
        Text { offsets: self.offsets.into(), bytes: self.bytes.into_bytes().into() }
    }
}
