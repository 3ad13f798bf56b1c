//! Texts on their way into a column: bytes that are checked to be UTF-8 all at once.

use column::Text;

use crate::error::{Error, ErrorKind, Result};

#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Where each text ends.
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl Texts {
    /// This many empty texts.
    pub(crate) fn empty(count: usize) -> Self {
        Self { ends: vec![0; count], bytes: Vec::new() }
    }

    pub(crate) fn reserve(&mut self, count: usize) {
        // The rest is expected to be as long as what there is.
        let bytes =
            self.bytes.len().checked_div(self.ends.len()).map_or(0, |each| (each + 1).saturating_mul(count));
        self.ends.reserve(count);
        self.bytes.reserve(bytes);
    }

    #[inline]
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn push_empty(&mut self, count: usize) {
        self.ends.resize(self.ends.len() + count, self.bytes.len());
    }

    pub(crate) fn append(&mut self, next: &Self) {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&next.bytes);
        self.ends.extend(next.ends.iter().map(|end| before + end));
    }

    /// Whether each text for itself is UTF-8.
    pub(crate) fn are_utf8(&self) -> bool {
        self.bytes.is_ascii()
            || std::str::from_utf8(&self.bytes)
                .is_ok_and(|whole| self.ends.iter().all(|&end| whole.is_char_boundary(end)))
    }

    /// # Errors
    /// `UnicodeDecodeError` where [`Texts::are_utf8`] does not hold.
    pub(crate) fn finish(self) -> Result<Text> {
        let offsets = std::iter::once(0).chain(self.ends).map(|end| end as i64).collect();
        let text = String::from_utf8(self.bytes).ok().and_then(|bytes| Text::from_parts(offsets, bytes));
        text.ok_or_else(|| Error::new(ErrorKind::UnicodeDecode, "texts are not UTF-8"))
    }
}
