//! Hardened reading: three defects that [`read_csv`](crate::read_csv) refuses, repaired within bounds and told.
//!
//! The strict reader comes first and always decides: only its own error starts a repair, and an input with more of one
//! defect than [`REPAIRS_MAX`] or a thousandth of its rows, whichever is more, gets that error.

use std::borrow::Cow;

use crate::decompress::plain;
use crate::error::{Error, Result};
use crate::options::{OnBadLines, ReadCsv};
use crate::read::{check_options, read_plain};
use crate::table::Table;
use crate::tokenizer::Tokenizer;

/// The most repairs of one defect, unless a thousandth of the rows is more.
pub const REPAIRS_MAX: usize = 100;

/// What is repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// A sequence that is not UTF-8 becomes U+FFFD.
    BadUtf8,
    /// A row with more fields than the table is set aside.
    ExtraFields,
    /// A quote that is never closed is closed at the end of the input.
    OpenQuote,
}

impl Defect {
    /// The category in logs and in the list of repairs.
    #[must_use]
    pub fn category(self) -> &'static str {
        match self {
            Self::BadUtf8 => "csv_bad_utf8",
            Self::ExtraFields => "csv_extra_fields",
            Self::OpenQuote => "csv_open_quote",
        }
    }
}

/// One repair. Line and offset are those of the text that was read: where UTF-8 was repaired too, of the repaired text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What was wrong.
    pub defect: Defect,
    /// Line from 1.
    pub line: usize,
    /// Byte from the start of the decompressed text.
    pub offset: usize,
    /// The bytes that were replaced, set aside or taken into quotes.
    pub bytes: Vec<u8>,
    /// How many the bound counts: lines inside the quotes, else 1.
    pub count: usize,
}

/// A table and what was repaired to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The table.
    pub table: Table,
    /// Every repair, in the order of the defects' discovery, then of the text. Empty where the strict reader had none.
    pub repairs: Vec<Repair>,
}

/// Reads CSV like [`read_csv`](crate::read_csv), repairing what [`Defect`] lists.
///
/// ```
/// use files::{Defect, ReadCsv, read_csv_hardened};
///
/// let read = read_csv_hardened(b"a,b\n1,2\n3,4,5\n", &ReadCsv::default())?;
/// assert_eq!(read.table.row_count, 1);
/// assert_eq!((read.repairs[0].defect, read.repairs[0].line), (Defect::ExtraFields, 3));
/// # Ok::<(), files::Error>(())
/// ```
///
/// # Errors
/// The strict reader's, for any other defect and beyond the bound.
pub fn read_csv_hardened(bytes: &[u8], options: &ReadCsv) -> Result<Repaired> {
    check_options(options)?;
    let mut text: Cow<'_, [u8]> = plain(bytes, options)?;
    let strict = match read_plain(&text, options) {
        Ok(table) => return Ok(Repaired { table, repairs: Vec::new() }),
        Err(error) => error,
    };
    let (mut options, mut repairs, mut seen) = (options.clone(), Vec::new(), Vec::new());
    let mut error = strict.clone();
    let table = loop {
        let Some(defect) = error.defect().filter(|defect| !seen.contains(defect)) else { return Err(strict) };
        seen.push(defect);
        match defect {
            Defect::BadUtf8 => match with_utf8(&text, &mut repairs) {
                Some(repaired) => text = Cow::Owned(repaired),
                None => return Err(strict),
            },
            Defect::ExtraFields => options.on_bad_lines = OnBadLines::Skip,
            Defect::OpenQuote => text = Cow::Owned(closed(&text, &options, &error, &mut repairs)),
        }
        match read_plain(&text, &options) {
            Ok(table) => break table,
            Err(next) => error = next,
        }
    };
    let bound = bound(table.row_count + table.skipped_lines.len());
    let count = |defect| -> usize {
        repairs.iter().filter(|repair| repair.defect == defect).map(|repair| repair.count).sum()
    };
    if seen.iter().any(|&defect| count(defect) > bound) {
        return Err(strict);
    }
    if seen.contains(&Defect::ExtraFields) {
        if table.skipped_lines.len() > bound {
            return Err(strict);
        }
        let set_aside = |&(line, offset): &(usize, usize)| set_aside(&text, &options, line, offset);
        repairs.extend(table.skipped_lines.iter().map(set_aside));
    }
    Ok(Repaired { table, repairs })
}

/// Repairs of one defect that a table of so many rows may have.
fn bound(rows: usize) -> usize {
    REPAIRS_MAX.max(rows / 1_000)
}

/// `None` for more repairs than a table of as many rows as there are lines may have: there can be as many as bytes.
fn with_utf8(text: &[u8], repairs: &mut Vec<Repair>) -> Option<Vec<u8>> {
    let bound = bound(memchr::memchr2_iter(b'\n', b'\r', text).count() + 1);
    let (mut out, mut line, mut count) = (Vec::with_capacity(text.len()), 1, 0);
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        line += memchr::memchr_iter(b'\n', chunk.valid().as_bytes()).count();
        if !chunk.invalid().is_empty() {
            count += 1;
            if count > bound {
                return None;
            }
            let (offset, bytes) = (out.len(), chunk.invalid().to_vec());
            repairs.push(Repair { defect: Defect::BadUtf8, line, offset, bytes, count: 1 });
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    Some(out)
}

fn closed(text: &[u8], options: &ReadCsv, error: &Error, repairs: &mut Vec<Repair>) -> Vec<u8> {
    let (line, offset) = error.place().map_or((0, text.len()), |place| (place.line, place.offset));
    let inside = text.get(offset..).unwrap_or(&[]);
    let count = memchr::memchr_iter(b'\n', inside).count() + 1;
    repairs.push(Repair { defect: Defect::OpenQuote, line, offset, bytes: inside.to_vec(), count });
    let mut out = text.to_vec();
    out.extend(options.quotechar);
    out
}

/// The whole record that starts at `offset`; a quoted field may hold line ends.
fn set_aside(text: &[u8], options: &ReadCsv, line: usize, offset: usize) -> Repair {
    let record = Tokenizer::new(text, options).record_at(offset);
    Repair { defect: Defect::ExtraFields, line, offset, bytes: record.to_vec(), count: 1 }
}
