//! The values of an `object` column.
//!
//! Most are scalars. Lists of parts of texts, which `str.split` gives by the million, are held as places in the texts
//! that they were cut from, as Arrow holds lists: what only counts or takes the parts apart reads the places, and the
//! lists become scalars when somebody looks at them as such.

use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use crate::bitmap::Bitmap;
use crate::buffer::Buffer;
use crate::factorize::hash_of;
use crate::scalar::Scalar;
use crate::text::{Text, TextBuilder};

/// Scalars, or lists that become scalars when they are read as a slice.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Objects {
    held: Held,
}

#[derive(Clone, Debug)]
enum Held {
    Scalars(Buffer<Scalar>),
    Lists(Arc<Lists>, Range<usize>),
}

/// Parts of texts, a list a row.
#[derive(Debug)]
pub(crate) struct Lists {
    text: Text,
    /// Parts up to each row and, at last, of all rows.
    offsets: Vec<usize>,
    /// Where each part starts and ends in its row's text.
    parts: Vec<(u32, u32)>,
    /// Rows that have a list.
    valid: Option<Bitmap>,
    /// What the other rows hold.
    missing: Scalar,
    scalars: OnceLock<Vec<Scalar>>,
}

impl Lists {
    /// Cuts each text that is present: `cut` appends the places of a range of rows' parts, and calls its second argument
    /// at the end of each row. `None` where a text is longer than places reach.
    pub(crate) fn cut(
        text: &Text,
        valid: Option<&Bitmap>,
        missing: Scalar,
        cut: impl Fn(Range<usize>) -> Cuts + Sync,
    ) -> Option<Self> {
        let (ends, _) = text.parts();
        if !ends.windows(2).all(|pair| u32::try_from(pair[1] - pair[0]).is_ok()) {
            return None;
        }
        let pieces = threads::map_pieces(text.len(), cut);
        let mut offsets = Vec::with_capacity(text.len() + 1);
        let mut parts = Vec::with_capacity(pieces.iter().map(|piece| piece.parts.len()).sum());
        offsets.push(0);
        for piece in pieces {
            let before = parts.len();
            offsets.extend(piece.ends.iter().map(|end| before + end));
            parts.extend_from_slice(&piece.parts);
        }
        Some(Self {
            text: text.clone(),
            offsets,
            parts,
            valid: valid.cloned(),
            missing,
            scalars: OnceLock::new(),
        })
    }

    /// The parts of a row; none of a row without a list.
    fn row(&self, row: usize) -> impl ExactSizeIterator<Item = &str> + '_ {
        let text = self.text.get(row);
        let range = match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        };
        let parts = self.parts.get(range).unwrap_or(&[]);
        parts.iter().map(move |&(start, end)| text.get(start as usize..end as usize).unwrap_or(""))
    }

    fn is_valid(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|bits| bits.get(row))
    }

    /// Parts of the longest list.
    pub(crate) fn width(&self) -> usize {
        self.offsets.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }

    /// The parts at one place of every list, and which lists have one.
    pub(crate) fn column(&self, place: usize) -> (Text, Bitmap) {
        let len = self.text.len();
        let has = |row: usize| self.offsets[row + 1] - self.offsets[row] > place;
        let part = |row: usize| if has(row) { self.row(row).nth(place).unwrap_or("") } else { "" };
        let mut text = TextBuilder::with_capacity(len, (0..len).map(|row| part(row).len()).sum());
        (0..len).for_each(|row| text.push(part(row)));
        (text.finish(), Bitmap::from_fn(len, has))
    }

    fn scalars(&self) -> &[Scalar] {
        self.scalars.get_or_init(|| {
            let mut words = Words::new();
            let mut list = |row: usize| match self.is_valid(row) {
                true => Scalar::List(self.row(row).map(|part| words.scalar(part)).collect()),
                false => self.missing.clone(),
            };
            (0..self.text.len()).map(&mut list).collect()
        })
    }
}

/// Places of the parts of consecutive rows' texts.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    /// Parts up to the end of each row.
    ends: Vec<usize>,
    parts: Vec<(u32, u32)>,
}

impl Cuts {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { ends: Vec::with_capacity(rows), parts: Vec::with_capacity(2 * rows) }
    }

    /// A part of the current row.
    #[inline]
    pub(crate) fn push(&mut self, start: usize, end: usize) {
        self.parts.push((start as u32, end as u32));
    }

    /// Ends the current row.
    #[inline]
    pub(crate) fn close(&mut self) {
        self.ends.push(self.parts.len());
    }
}

impl Objects {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match &self.held {
            Held::Scalars(scalars) => scalars.len(),
            Held::Lists(_, rows) => rows.len(),
        }
    }

    /// Whether value `i` is missing; values past the end are.
    pub(crate) fn is_missing(&self, i: usize) -> bool {
        match &self.held {
            Held::Scalars(scalars) => scalars.get(i).is_none_or(Scalar::is_missing),
            Held::Lists(lists, rows) => i >= rows.len() || !lists.is_valid(rows.start + i),
        }
    }

    /// Which values are present.
    pub(crate) fn valid(&self) -> Bitmap {
        match &self.held {
            Held::Scalars(scalars) => scalars.iter().map(|scalar| !scalar.is_missing()).collect(),
            Held::Lists(lists, rows) => match &lists.valid {
                Some(bits) => bits.slice(rows.clone()),
                None => Bitmap::filled(true, rows.len()),
            },
        }
    }

    /// The values of `range`, sharing memory; positions past the end are cut off.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let held = match &self.held {
            Held::Scalars(scalars) => Held::Scalars(scalars.slice(range)),
            Held::Lists(lists, rows) => {
                let start = range.start.min(rows.len());
                let end = range.end.clamp(start, rows.len());
                Held::Lists(Arc::clone(lists), rows.start + start..rows.start + end)
            }
        };
        Self { held }
    }

    /// Items of each list, where the values are such lists.
    pub(crate) fn list_lens(&self) -> Option<impl Iterator<Item = Option<i64>> + '_> {
        match &self.held {
            Held::Scalars(_) => None,
            Held::Lists(lists, rows) => {
                Some(rows.clone().map(|row| lists.is_valid(row).then(|| lists.row(row).len() as i64)))
            }
        }
    }
}

impl Deref for Objects {
    type Target = [Scalar];

    fn deref(&self) -> &[Scalar] {
        match &self.held {
            Held::Scalars(scalars) => scalars,
            Held::Lists(lists, rows) => lists.scalars().get(rows.clone()).unwrap_or(&[]),
        }
    }
}

impl From<Vec<Scalar>> for Objects {
    fn from(scalars: Vec<Scalar>) -> Self {
        Self { held: Held::Scalars(scalars.into()) }
    }
}

impl FromIterator<Scalar> for Objects {
    fn from_iter<I: IntoIterator<Item = Scalar>>(scalars: I) -> Self {
        scalars.into_iter().collect::<Vec<Scalar>>().into()
    }
}

impl From<Lists> for Objects {
    fn from(lists: Lists) -> Self {
        let rows = 0..lists.text.len();
        Self { held: Held::Lists(Arc::new(lists), rows) }
    }
}

/// Texts made a short while ago, by a few bits of their hash: parts of texts repeat, and a text that is shared costs no
/// allocation.
struct Words {
    recent: Vec<Option<Arc<str>>>,
}

impl Words {
    fn new() -> Self {
        Self { recent: vec![None; 1 << 8] }
    }

    fn scalar(&mut self, text: &str) -> Scalar {
        let place = hash_of(text.as_bytes()) as usize % self.recent.len();
        let held = &mut self.recent[place];
        match held {
            Some(known) if **known == *text => Scalar::Str(Arc::clone(known)),
            _ => Scalar::Str(Arc::clone(held.insert(Arc::from(text)))),
        }
    }
}
