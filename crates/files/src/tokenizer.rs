//! Bytes into records of fields, as pandas' C tokenizer cuts them.
//!
//! A quote opens only at the start of a field; inside quotes a doubled quote is one quote; text after
//! the closing quote belongs to the field. Lines end with LF, CRLF or CR. Nothing is copied but fields
//! whose quotes or escapes must go.

use std::ops::Range;

use crate::delimiters::Delimiters;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{ReadCsv, SkipRows};
use crate::repair::Defect;

/// More fields than this in one record are refused: 1 GiB of separators must not become a table.
const FIELDS_MAX: usize = 1 << 20;

/// Where a field's bytes are.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    /// In `scratch` instead of the input.
    rewritten: bool,
}

/// The fields of one record.
#[derive(Debug, Default)]
pub(crate) struct Record {
    spans: Vec<Span>,
    scratch: Vec<u8>,
    /// Line (from 1) and byte offset at which the record starts.
    pub line: usize,
    pub offset: usize,
    /// pandas' count of lines up to this record, which takes a record with quoted line ends as one.
    pub number: usize,
}

impl Record {
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    #[inline]
    pub(crate) fn get<'a>(&'a self, input: &'a [u8], i: usize) -> Option<&'a [u8]> {
        let span = self.spans.get(i)?;
        let from = if span.rewritten { &self.scratch[..] } else { input };
        from.get(span.start..span.end)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Tokenizer<'a> {
    input: &'a [u8],
    at: usize,
    /// No record starts here or later.
    end: usize,
    delimiters: Delimiters,
    line: usize,
    number: usize,
    sep: u8,
    quote: Option<u8>,
    comment: Option<u8>,
    skip_space: bool,
    skip_blank: bool,
    skiprows: SkipRows,
    /// Set where fields are cut byte by byte, by rules that most files do not need.
    rules: Option<Rules>,
}

/// Options beyond separators, quotes and comments.
#[derive(Clone, Copy, Debug)]
struct Rules {
    whitespace: bool,
    doublequote: bool,
    escape: Option<u8>,
    line_end: Option<u8>,
}

impl Rules {
    fn of(options: &ReadCsv) -> Option<Self> {
        let rules = Self {
            whitespace: options.whitespace,
            doublequote: options.doublequote,
            escape: options.escapechar,
            line_end: options.lineterminator,
        };
        let plain =
            !rules.whitespace && rules.doublequote && rules.escape.is_none() && rules.line_end.is_none();
        (!plain).then_some(rules)
    }
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(input: &'a [u8], options: &ReadCsv) -> Self {
        Self {
            input,
            at: 0,
            end: input.len(),
            delimiters: Delimiters::new([options.sep, options.comment.unwrap_or(options.sep)]),
            line: 1,
            number: 0,
            sep: options.sep,
            quote: options.quotechar,
            comment: options.comment,
            skip_space: options.skipinitialspace,
            skip_blank: options.skip_blank_lines,
            skiprows: options.skiprows.clone(),
            rules: Rules::of(options),
        }
    }

    fn ends_line(&self, byte: u8) -> bool {
        match self.rules.and_then(|rules| rules.line_end) {
            Some(end) => byte == end,
            None => matches!(byte, b'\n' | b'\r'),
        }
    }

    /// Where the next record starts.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The line of that place.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// The records that start in `range`, with lines counted from `line`; a record starts at the range's.
    pub(crate) fn within(&self, range: Range<usize>, line: usize) -> Self {
        Self { at: range.start, end: range.end, line, ..self.clone() }
    }

    /// The bytes of the record that starts at `offset`, without its line end; none where no record can be cut.
    pub(crate) fn record_at(mut self, offset: usize) -> &'a [u8] {
        self.at = offset.min(self.end);
        let start = self.at;
        if self.cut(&mut Record::default()).is_err() {
            return &[];
        }
        match &self.input[start..self.at] {
            [record @ .., b'\r', b'\n'] | [record @ .., b'\r' | b'\n'] => record,
            record => record,
        }
    }

    /// Cuts the next record into `record`; false at the end.
    pub(crate) fn next(&mut self, record: &mut Record) -> Result<bool> {
        loop {
            record.spans.clear();
            record.scratch.clear();
            if self.at >= self.end {
                return Ok(false);
            }
            (record.line, record.offset) = (self.line, self.at);
            let skipped = match &self.skiprows {
                SkipRows::First(count) => self.number < *count,
                SkipRows::Lines(lines) => lines.contains(&self.number),
            };
            let blank = self.skip_blank && self.is_blank_line();
            let comment = self.comment.is_some() && self.input.get(self.at).copied() == self.comment;
            if !skipped && (blank || comment) {
                self.skip_line();
                self.number += 1;
                continue;
            }
            self.cut(record)?;
            self.number += 1;
            record.number = self.number;
            if !skipped {
                return Ok(true);
            }
        }
    }

    fn is_blank_line(&self) -> bool {
        if self.rules.is_none() && self.input.get(self.at).is_some_and(|&byte| byte > b' ') {
            return false;
        }
        let mut rest = self.input[self.at..].iter().copied();
        let first = rest.find(|byte| !matches!(byte, b' ' | b'\t') || *byte == self.sep);
        first.is_none_or(|byte| self.ends_line(byte))
    }

    fn skip_line(&mut self) {
        let rest = &self.input[self.at..];
        let end = match self.rules.and_then(|rules| rules.line_end) {
            Some(end) => memchr::memchr(end, rest),
            None => memchr::memchr2(b'\n', b'\r', rest),
        };
        self.at += end.unwrap_or(rest.len());
        self.line_end();
    }

    /// Steps over a line end, if one stands here.
    fn line_end(&mut self) {
        match self.input.get(self.at) {
            Some(&byte) if self.rules.is_some_and(|rules| rules.line_end == Some(byte)) => {
                self.at += 1;
                self.line += 1;
            }
            _ if self.rules.is_some_and(|rules| rules.line_end.is_some()) => {}
            Some(b'\r') => {
                self.at += if self.input.get(self.at + 1) == Some(&b'\n') { 2 } else { 1 };
                self.line += 1;
            }
            Some(b'\n') => {
                self.at += 1;
                self.line += 1;
            }
            _ => {}
        }
    }

    fn cut(&mut self, record: &mut Record) -> Result<()> {
        if let Some(rules) = self.rules {
            return self.cut_by(rules, record);
        }
        loop {
            if record.spans.len() >= FIELDS_MAX {
                let message = format!("line {} has more than {FIELDS_MAX} fields", record.line);
                return Err(Error::new(ErrorKind::Limit, message).at(record.line, record.offset));
            }
            if self.skip_space {
                while self.input.get(self.at) == Some(&b' ') && self.sep != b' ' {
                    self.at += 1;
                }
            }
            let start = self.at;
            if self.quote.is_some() && self.input.get(start).copied() == self.quote {
                self.cut_quoted(record)?;
            } else {
                let end = self.delimiters.next(self.input, start);
                record.spans.push(Span { start, end, rewritten: false });
                self.at = end;
            }
            match self.input.get(self.at) {
                Some(&byte) if byte == self.sep => self.at += 1,
                Some(&byte) if Some(byte) == self.comment => {
                    self.skip_line();
                    return Ok(());
                }
                _ => {
                    self.line_end();
                    return Ok(());
                }
            }
        }
    }

    /// A field that starts with a quote.
    fn cut_quoted(&mut self, record: &mut Record) -> Result<()> {
        let quote = self.quote.unwrap_or(b'"');
        let (number, line, open) = (self.number, self.line, self.at);
        let unclosed = || {
            let message =
                format!("Error tokenizing data. C error: EOF inside string starting at row {number}");
            Error::new(ErrorKind::Parser, message).at(line, open).of(Defect::OpenQuote)
        };
        self.at += 1;
        let start = self.at;
        let close = self.find_quote(quote).ok_or_else(unclosed)?;
        self.at = close + 1;
        if self.at_field_end() {
            record.spans.push(Span { start, end: close, rewritten: false });
            return Ok(());
        }
        let first = record.scratch.len();
        record.scratch.extend_from_slice(&self.input[start..close]);
        // Outside the quotes now; a second quote here means a literal one and goes back inside.
        loop {
            if self.input.get(self.at) == Some(&quote) {
                record.scratch.push(quote);
                self.at += 1;
                let start = self.at;
                let close = self.find_quote(quote).ok_or_else(unclosed)?;
                record.scratch.extend_from_slice(&self.input[start..close]);
                self.at = close + 1;
            } else if self.at_field_end() {
                break;
            } else {
                // Text after the closing quote: from here on quotes are ordinary.
                while !self.at_field_end() {
                    record.scratch.push(self.input[self.at]);
                    self.at += 1;
                }
                break;
            }
        }
        record.spans.push(Span { start: first, end: record.scratch.len(), rewritten: true });
        Ok(())
    }

    /// A record byte by byte; every field is rewritten.
    fn cut_by(&mut self, rules: Rules, record: &mut Record) -> Result<()> {
        let (number, line, open) = (self.number, self.line, self.at);
        let blank = |byte: u8| rules.whitespace && matches!(byte, b' ' | b'\t');
        let mut quoted = false;
        let mut fresh = true;
        let mut start = record.scratch.len();
        let end_field = |record: &mut Record, start: &mut usize| {
            record.spans.push(Span { start: *start, end: record.scratch.len(), rewritten: true });
            *start = record.scratch.len();
        };
        while let Some(&byte) = self.input.get(self.at) {
            if record.spans.len() >= FIELDS_MAX {
                let message = format!("line {} has more than {FIELDS_MAX} fields", record.line);
                return Err(Error::new(ErrorKind::Limit, message).at(record.line, record.offset));
            }
            if rules.escape == Some(byte) {
                if let Some(&escaped) = self.input.get(self.at + 1) {
                    record.scratch.push(escaped);
                    self.line += usize::from(escaped == b'\n');
                }
                self.at = (self.at + 2).min(self.input.len());
                fresh = false;
            } else if quoted {
                self.at += 1;
                if Some(byte) != self.quote {
                    self.line += usize::from(byte == b'\n');
                    record.scratch.push(byte);
                } else if rules.doublequote && self.input.get(self.at).copied() == self.quote {
                    self.at += 1;
                    record.scratch.push(byte);
                } else {
                    quoted = false;
                }
            } else if self.ends_line(byte) {
                break;
            } else if Some(byte) == self.comment {
                if !(rules.whitespace && fresh) {
                    end_field(record, &mut start);
                }
                self.skip_line();
                return Ok(());
            } else if blank(byte) {
                if !fresh {
                    end_field(record, &mut start);
                }
                while self.input.get(self.at).is_some_and(|&byte| blank(byte)) {
                    self.at += 1;
                }
                fresh = true;
            } else if !rules.whitespace && byte == self.sep {
                self.at += 1;
                end_field(record, &mut start);
                fresh = true;
            } else if fresh && Some(byte) == self.quote {
                self.at += 1;
                (quoted, fresh) = (true, false);
            } else if fresh && self.skip_space && byte == b' ' {
                self.at += 1;
            } else {
                self.at += 1;
                record.scratch.push(byte);
                fresh = false;
            }
        }
        if quoted {
            let message =
                format!("Error tokenizing data. C error: EOF inside string starting at row {number}");
            return Err(Error::new(ErrorKind::Parser, message).at(line, open).of(Defect::OpenQuote));
        }
        // Blanks at the end of a line stand before no field.
        if !(rules.whitespace && fresh && !record.spans.is_empty()) {
            end_field(record, &mut start);
        }
        self.line_end();
        Ok(())
    }

    /// The next quote; counts the line ends before it.
    fn find_quote(&mut self, quote: u8) -> Option<usize> {
        let rest = &self.input[self.at..];
        let len = memchr::memchr(quote, rest)?;
        // Most fields are too short for a search to pay.
        self.line += rest[..len].iter().filter(|&&byte| byte == b'\n').count();
        Some(self.at + len)
    }

    fn at_field_end(&self) -> bool {
        match self.input.get(self.at) {
            None | Some(b'\n' | b'\r') => true,
            Some(&byte) => byte == self.sep || Some(byte) == self.comment,
        }
    }
}
