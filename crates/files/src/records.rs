//! From records to builders, in pieces that may be read at once.
//!
//! The input is cut behind line ends, about a MiB apart whatever the number of threads. Such a line end may stand
//! inside quotes: only the piece before it can tell, and where that piece ends somewhere else the next is read again
//! from there. Whatever fails in pieces is read once more from front to back, which finds the first error in the
//! file's order and its place.

use std::ops::Range;

use column::DType;

use crate::builder::{Builder, Want, bad_utf8};
use crate::error::{Error, ErrorKind, Result};
use crate::options::{IndexCol, OnBadLines, SkipRows};
use crate::read::Reader;
use crate::repair::Defect;
use crate::tokenizer::Record;

/// Bytes that stand for a row where pieces of rows become pieces of bytes.
const BYTES_A_ROW: usize = 16;

/// Short records are filled up to the table's width; beyond this many filled cells a file must have
/// real ones too.
const FILLED_MAX: usize = 100_000_000;

/// What was read of consecutive records.
pub(crate) struct Read<'a> {
    /// In the order of the reader's targets.
    pub builders: Vec<Builder<'a>>,
    pub row_count: usize,
    pub skipped_lines: Vec<(usize, usize)>,
    pub skipped_fields: Vec<usize>,
    filled: usize,
    /// Where the next record starts, and line ends up to there.
    end: usize,
    lines: usize,
}

/// Whether texts are checked cell by cell, so that the first bad one is found, or all at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    Cells,
    Whole,
}

impl<'a> Reader<'a> {
    /// Reads all records, and the columns again whose first texts turned out to be needed.
    pub(crate) fn read(&self) -> Result<Read<'a>> {
        let first = |at: usize| Builder::new(self.targets[at].want, self.options);
        let all: Vec<usize> = (0..self.targets.len()).collect();
        let mut read = self.pass(&all, &first)?;
        let again: Vec<usize> = all.into_iter().filter(|&at| read.builders[at].needs_second_pass()).collect();
        if !again.is_empty() {
            let texts = self.pass(&again, &|_| Builder::again(self.options))?;
            for (at, builder) in again.into_iter().zip(texts.builders) {
                read.builders[at] = builder;
            }
        }
        Ok(read)
    }

    /// One pass over the records for the targets at `wanted`, each with a builder made by `builder`.
    fn pass(&self, wanted: &[usize], builder: &(dyn Fn(usize) -> Builder<'a> + Sync)) -> Result<Read<'a>> {
        let pieces = self.pieces();
        let piece = |range: Range<usize>, line, check| {
            let builders = wanted.iter().map(|&at| builder(at)).collect();
            self.piece(range, line, wanted, builders, check)
        };
        let apart = || -> Result<Vec<Read<'a>>> {
            // A single piece counts as one row here.
            let rows = if pieces.len() > 1 { usize::MAX } else { 1 };
            let read =
                threads::map(pieces.len(), rows, |number| piece(pieces[number].clone(), 0, Check::Whole));
            let mut parts: Vec<Read<'a>> = Vec::with_capacity(read.len());
            let mut at = self.start.position();
            for (range, part) in pieces.iter().zip(read) {
                let part = match range.start == at {
                    true => part?,
                    false => piece(at..range.end.max(at), 0, Check::Whole)?,
                };
                at = part.end;
                parts.push(part);
            }
            Ok(parts)
        };
        match apart().ok().and_then(|parts| joined(parts, self.start.line())) {
            Some(read) if !self.is_too_short(read.filled) => Ok(read),
            _ => piece(self.start.position()..self.input.len(), self.start.line(), Check::Cells),
        }
    }

    /// Where pieces start and end; a single one where a record's meaning depends on how many came before it.
    fn pieces(&self) -> Vec<Range<usize>> {
        let (start, len) = (self.start.position(), self.input.len());
        let options = self.options;
        // A format of datetimes is guessed from the first one.
        let guesses =
            |want: Want| matches!(want, Want::Typed(DType::Datetime(_))) && options.date_format.is_none();
        let whole = options.nrows.is_some()
            || options.lineterminator.is_some()
            || options.skiprows != SkipRows::First(0)
            || !(options.true_values.is_empty() && options.false_values.is_empty())
            || self.targets.iter().any(|target| guesses(target.want));
        let size = match whole {
            true => usize::MAX,
            false => threads::current().rows_a_piece.get().saturating_mul(BYTES_A_ROW),
        };
        let mut pieces = Vec::new();
        let mut at = start;
        while at < len || pieces.is_empty() {
            let rest = self.input.get(at.saturating_add(size)..).unwrap_or(&[]);
            let end = memchr::memchr(b'\n', rest).map_or(len, |line_end| at + size + line_end + 1);
            pieces.push(at..end);
            at = end;
        }
        pieces
    }

    /// The records that start in `range`.
    fn piece(
        &self,
        range: Range<usize>,
        line: usize,
        wanted: &[usize],
        builders: Vec<Builder<'a>>,
        check: Check,
    ) -> Result<Read<'a>> {
        let mut tokenizer = self.start.within(range, line);
        let mut record = Record::default();
        let mut read = Read {
            builders,
            row_count: 0,
            skipped_lines: Vec::new(),
            skipped_fields: Vec::new(),
            filled: 0,
            end: 0,
            lines: 0,
        };
        let mut bad = None;
        let cut_off = self.options.usecols.is_some() || self.options.index_col == IndexCol::Never;
        while read.row_count < self.options.nrows.unwrap_or(usize::MAX) && tokenizer.next(&mut record)? {
            let len = record.len();
            if len > self.width && !cut_off {
                if self.options.on_bad_lines == OnBadLines::Skip {
                    read.skipped_lines.push((record.line, record.offset));
                    read.skipped_fields.push(len);
                    continue;
                }
                let message = format!(
                    "Error tokenizing data. C error: Expected {} fields in line {}, saw {len}\n",
                    self.width, record.number
                );
                let error = Error::new(ErrorKind::Parser, message).at(record.line, record.offset);
                return Err(error.of(Defect::ExtraFields));
            }
            read.filled += self.width.saturating_sub(len);
            if self.is_too_short(read.filled) {
                let filled = read.filled;
                let message = format!("line {}: short records stand for {filled} missing cells", record.line);
                return Err(Error::new(ErrorKind::Limit, message).at(record.line, record.offset));
            }
            let at = (record.line, record.offset);
            for (&target, builder) in wanted.iter().zip(&mut read.builders) {
                let target = &self.targets[target];
                let (cell, is_missing) = match record.get(self.input, target.field) {
                    Some(cell) => (cell, target.words.contains(cell)),
                    None => (&b""[..], true),
                };
                builder.push(cell, is_missing, at);
                if check == Check::Cells && !is_missing && builder.keeps_text() {
                    // The whole text is cut into records before any cell is read, so that its errors come first.
                    bad = bad.or_else(|| {
                        let error = std::str::from_utf8(cell).err()?;
                        Some(bad_utf8(cell, error).at(at.0, at.1).in_column(target.name()))
                    });
                }
            }
            read.row_count += 1;
        }
        if let Some(bad) = bad {
            return Err(bad);
        }
        if !read.builders.iter().all(Builder::is_utf8) {
            return Err(Error::new(ErrorKind::UnicodeDecode, "a piece is not UTF-8"));
        }
        (read.end, read.lines) = (tokenizer.position(), tokenizer.line());
        Ok(read)
    }

    fn is_too_short(&self, filled: usize) -> bool {
        filled > FILLED_MAX && filled / 64 > self.input.len()
    }
}

/// Parts that follow each other as one; the first starts at `line`. `None` of no parts.
fn joined(parts: Vec<Read<'_>>, line: usize) -> Option<Read<'_>> {
    let row_count = parts.iter().map(|part| part.row_count).sum();
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    whole.shift(line);
    whole.builders.iter_mut().for_each(|builder| builder.reserve(row_count));
    for mut part in parts {
        let line = whole.lines;
        part.shift(line);
        for (builder, next) in whole.builders.iter_mut().zip(part.builders) {
            builder.append(next);
        }
        whole.skipped_lines.append(&mut part.skipped_lines);
        whole.skipped_fields.append(&mut part.skipped_fields);
        whole.filled += part.filled;
        (whole.row_count, whole.end, whole.lines) = (whole.row_count + part.row_count, part.end, part.lines);
    }
    Some(whole)
}

impl Read<'_> {
    /// Where the next record starts, and on which line.
    pub(crate) fn next(&self) -> (usize, usize) {
        (self.end, self.lines)
    }

    /// Moves line numbers on.
    fn shift(&mut self, lines: usize) {
        self.lines += lines;
        self.skipped_lines.iter_mut().for_each(|(line, _)| *line += lines);
        self.builders.iter_mut().for_each(|builder| builder.shift(lines));
    }
}
