//! String methods with a pattern, literal or regular expression.

use std::ops::Range;

use regex::{Captures, Regex, RegexBuilder};

use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::objects::{Cuts, Lists};
use crate::text::{Text, TextBuilder};
use crate::values::Values;

/// What to look for in a text.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// Set where the pattern is plain text in its own case.
    literal: Option<String>,
    is_regex: bool,
}

impl Pattern {
    /// Plain text.
    ///
    /// # Errors
    /// `ValueError` for a text too long to be compiled.
    pub fn literal(text: &str, case_sensitive: bool) -> Result<Self> {
        let literal = case_sensitive.then(|| text.to_owned());
        Ok(Self { literal, is_regex: false, ..Self::regex(&regex::escape(text), case_sensitive)? })
    }

    /// A regular expression in the syntax that Python's `re` and the `regex` crate share.
    ///
    /// # Errors
    /// `PatternError` naming what cannot be compiled; look-around and back-references are not
    /// supported.
    pub fn regex(text: &str, case_sensitive: bool) -> Result<Self> {
        let built = RegexBuilder::new(text).case_insensitive(!case_sensitive).build();
        match built {
            Ok(regex) => Ok(Self { regex, literal: None, is_regex: true }),
            Err(error) => {
                // The crate's message draws the pattern over several lines; its last says why.
                let shown = error.to_string();
                let reason = shown.lines().last().unwrap_or("").trim_start_matches("error: ");
                Err(Error::new(ErrorKind::Pattern, format!("cannot use pattern {text:?}: {reason}")))
            }
        }
    }
}

/// A part of a replacement in Python's syntax.
enum Piece {
    Text(String),
    Group(usize),
    Named(String),
}

/// `\1`, `\g<1>`, `\g<name>`, `\n`, `\t` and `\\` as `re.sub` reads them.
fn replacement(template: &str) -> Result<Vec<Piece>> {
    let bad = |what: &str| Error::new(ErrorKind::Pattern, format!("bad replacement {template:?}: {what}"));
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let piece = match chars.next() {
            Some('\\') => {
                text.push('\\');
                continue;
            }
            Some('n') => {
                text.push('\n');
                continue;
            }
            Some('t') => {
                text.push('\t');
                continue;
            }
            Some('g') if chars.next_if_eq(&'<').is_some() => {
                let name: String = std::iter::from_fn(|| chars.next_if(|&c| c != '>')).collect();
                if chars.next().is_none() {
                    return Err(bad("missing >"));
                }
                name.parse().map_or(Piece::Named(name), Piece::Group)
            }
            Some(digit) if digit.is_ascii_digit() => {
                let mut number = digit.to_string();
                number.extend(chars.next_if(char::is_ascii_digit));
                Piece::Group(number.parse().map_err(|_| bad("invalid group reference"))?)
            }
            Some(other) if other.is_ascii_alphabetic() => return Err(bad(&format!("bad escape \\{other}"))),
            other => {
                text.push('\\');
                text.extend(other);
                continue;
            }
        };
        pieces.push(Piece::Text(std::mem::take(&mut text)));
        pieces.push(piece);
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

fn write_pieces(pieces: &[Piece], found: &Captures<'_>, out: &mut String) {
    for piece in pieces {
        out.push_str(match piece {
            Piece::Text(text) => text,
            Piece::Group(at) => found.get(*at).map_or("", |group| group.as_str()),
            Piece::Named(name) => found.name(name).map_or("", |group| group.as_str()),
        });
    }
}

impl Column {
    /// `str.contains`; `na` stands for missing rows.
    ///
    /// # Errors
    /// `AttributeError` for columns that hold no strings, as all methods here.
    pub fn str_contains(&self, pattern: &Pattern, na: Option<bool>) -> Result<Self> {
        let source = self.expect_text()?;
        if let (Some(part), Some(text)) = (&pattern.literal, source.as_text()) {
            let found = text.find_each(part);
            // Missing rows hold empty text, in which only the empty text stands.
            let bits = match source.validity() {
                None => found,
                Some(valid) if na == Some(true) => found.or(&valid.negated()),
                Some(valid) => found.and(valid),
            };
            return Ok(source.tested(bits, na));
        }
        source.test_text(na, |text| pattern.regex.is_match(text))
    }

    /// `str.match`: the pattern at the start of the text; with `full`, `str.fullmatch`: on all of it.
    ///
    /// # Errors
    /// As [`Column::str_contains`].
    pub fn str_match(&self, pattern: &Pattern, full: bool, na: Option<bool>) -> Result<Self> {
        let end = if full { r")\z" } else { ")" };
        let anchored = format!(r"\A(?:{}{end}", pattern.regex.as_str());
        let anchored = Pattern::regex(&anchored, true)?;
        self.test_text(na, |text| anchored.regex.is_match(text))
    }

    /// `str.count`: matches that do not overlap.
    ///
    /// # Errors
    /// As [`Column::str_contains`].
    pub fn str_count(&self, pattern: &Pattern) -> Result<Self> {
        self.count_text(|text| pattern.regex.find_iter(text).count() as i64)
    }

    /// `str.find`: position of the first match in code points, −1 if there is none.
    ///
    /// # Errors
    /// As [`Column::str_contains`].
    pub fn str_find(&self, needle: &str) -> Result<Self> {
        self.count_text(|text| match text.find(needle) {
            Some(at) => text.get(..at).map_or(0, |before| before.chars().count() as i64),
            None => -1,
        })
    }

    /// `str.replace`: the first `count` matches, or all. A regular expression's replacement may refer to
    /// groups as Python does (`\1`, `\g<name>`); a literal's is taken as it stands.
    ///
    /// # Errors
    /// `PatternError` for a replacement that cannot be read; as [`Column::str_contains`].
    pub fn str_replace(&self, pattern: &Pattern, with: &str, count: Option<usize>) -> Result<Self> {
        let count = count.unwrap_or(usize::MAX);
        let pieces = if pattern.is_regex { replacement(with)? } else { vec![Piece::Text(with.to_owned())] };
        let groups = pattern.regex.captures_len();
        for piece in &pieces {
            let known = match piece {
                Piece::Text(_) => true,
                Piece::Group(at) => *at < groups,
                Piece::Named(name) => pattern.regex.capture_names().flatten().any(|known| known == name),
            };
            if !known {
                return Err(Error::new(
                    ErrorKind::Pattern,
                    format!("bad replacement {with:?}: invalid group reference"),
                ));
            }
        }
        self.map_text(|text, out| {
            let mut end = 0;
            for found in pattern.regex.captures_iter(text).take(count) {
                let Some(whole) = found.get(0) else { break };
                out.push_str(text.get(end..whole.start()).unwrap_or(""));
                write_pieces(&pieces, &found, out);
                end = whole.end();
            }
            out.push_str(text.get(end..).unwrap_or(""));
            Some(())
        })
    }

    /// `str.extract`: for each group its name, if it has one, and its text in the first match.
    ///
    /// # Errors
    /// `ValueError` for a pattern without groups; as [`Column::str_contains`].
    pub fn str_extract(&self, pattern: &Pattern) -> Result<Vec<(Option<String>, Self)>> {
        if pattern.regex.captures_len() < 2 {
            return Err(Error::value_error("pattern contains no capture groups"));
        }
        let names = pattern.regex.capture_names().enumerate().skip(1);
        names
            .map(|(group, name)| {
                let column = self.map_text(|text, out| {
                    out.push_str(pattern.regex.captures(text)?.get(group)?.as_str());
                    Some(())
                })?;
                Ok((name.map(str::to_owned), column))
            })
            .collect()
    }

    /// `str.split(separator, n=limit)` into lists, as `object`; without a separator at runs of blanks.
    ///
    /// # Errors
    /// `ValueError` for an empty separator; as [`Column::str_contains`].
    pub fn str_split(&self, separator: Option<&str>, limit: Option<usize>) -> Result<Self> {
        if separator == Some("") {
            return Err(Error::value_error("empty separator"));
        }
        let source = self.expect_text()?;
        let lists = source.cut_texts(separator, limit);
        Ok(Self::new(DType::Object, Values::Object(lists?.into()), None))
    }

    /// `str.split(expand=True)`: one column for each part of the longest row; absent parts are missing.
    ///
    /// # Errors
    /// As [`Column::str_split`].
    pub fn str_split_columns(&self, separator: Option<&str>, limit: Option<usize>) -> Result<Vec<Self>> {
        if separator == Some("") {
            return Err(Error::value_error("empty separator"));
        }
        let source = self.expect_text()?;
        let lists = source.cut_texts(separator, limit)?;
        let dtype = if source.dtype() == DType::String { DType::String } else { DType::Str };
        Ok(threads::map(lists.width(), source.len(), |place| {
            let (text, valid) = lists.column(place);
            Self::text(dtype, text, Some(valid))
        }))
    }

    /// The parts of each text of a column of texts.
    fn cut_texts(&self, separator: Option<&str>, limit: Option<usize>) -> Result<Lists> {
        let empty = TextBuilder::with_capacity(0, 0).finish();
        let text = self.as_text().unwrap_or(&empty);
        let valid = |row: usize| self.validity().is_none_or(|bits| bits.get(row));
        let lists = Lists::cut(text, self.validity(), self.missing_scalar(), |rows| {
            match separator.map(str::as_bytes) {
                Some(&[byte]) if limit.is_none() => cut_at(text, byte, rows, valid),
                _ => {
                    let mut cuts = Cuts::with_capacity(rows.len());
                    for row in rows {
                        let whole = text.get(row);
                        let found = if valid(row) { parts(whole, separator, limit) } else { Vec::new() };
                        for part in found {
                            let start = part.as_ptr() as usize - whole.as_ptr() as usize;
                            cuts.push(start, start + part.len());
                        }
                        cuts.close();
                    }
                    cuts
                }
            }
        });
        lists.ok_or_else(|| Error::value_error("a text of more than 4 GiB cannot be split"))
    }
}

/// Texts cut at every such byte. The bytes of the rows are searched as one run.
fn cut_at(text: &Text, byte: u8, rows: Range<usize>, valid: impl Fn(usize) -> bool) -> Cuts {
    let mut cuts = Cuts::with_capacity(rows.len());
    let (offsets, bytes) = text.parts();
    let end_of = |row: usize| offsets.get(row).map_or(0, |&offset| offset as usize);
    let first = end_of(rows.start);
    let run = bytes.get(first..end_of(rows.end)).unwrap_or(&[]);
    let mut found = memchr::memchr_iter(byte, run).peekable();
    for row in rows {
        if valid(row) {
            let (start, end) = (end_of(row) - first, end_of(row + 1) - first);
            let mut from = start;
            while let Some(at) = found.next_if(|&at| at < end) {
                cuts.push(from - start, at - start);
                from = at + 1;
            }
            cuts.push(from - start, end - start);
        }
        cuts.close();
    }
    cuts
}

fn parts<'a>(text: &'a str, separator: Option<&str>, limit: Option<usize>) -> Vec<&'a str> {
    let limit = limit.filter(|&limit| limit > 0).map_or(usize::MAX, |limit| limit.saturating_add(1));
    match separator {
        Some(separator) => text.splitn(limit, separator).collect(),
        None => {
            let mut rest = text.trim_start();
            let mut parts = Vec::new();
            while !rest.is_empty() {
                let end = match parts.len() + 1 < limit {
                    true => rest.find(char::is_whitespace).unwrap_or(rest.len()),
                    false => rest.len(),
                };
                parts.push(rest.get(..end).unwrap_or(rest));
                rest = rest.get(end..).unwrap_or("").trim_start();
            }
            parts
        }
    }
}
