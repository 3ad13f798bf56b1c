//! Storage of strings: one run of UTF-8 and the offsets into it.

use std::ops::Range;

use crate::buffer::Buffer;

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
