//! Between bytes and an editor's lines and columns, and between paths and URIs.

use std::str::FromStr;

use lsp_types::{Position, Range, Uri};
use syntax::Span;

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// UTF-16 code units, unless both sides agree on another.
    Utf16,
    Bytes,
}

/// The places of one text.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    columns: Columns,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str, columns: Columns) -> Lines<'a> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts, columns }
    }

    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = self.text.get(self.starts[line]..offset).unwrap_or_default();
        let column = match self.columns {
            Columns::Utf16 => before.chars().map(char::len_utf16).sum(),
            Columns::Bytes => before.len(),
        };
        Position::new(line as u32, column as u32)
    }

    pub fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.start), self.position(span.end))
    }

    /// The byte of a position; behind a line's end it is the line's end, behind the last line the text's.
    pub fn offset(&self, position: Position) -> u32 {
        let Some(start) = self.starts.get(position.line as usize) else { return self.text.len() as u32 };
        let line = self.text.get(*start..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut left = position.character as usize;
        let mut offset = *start;
        for c in line.chars() {
            let width = if self.columns == Columns::Utf16 { c.len_utf16() } else { c.len_utf8() };
            if width > left {
                break;
            }
            left -= width;
            offset += c.len_utf8();
        }
        offset as u32
    }
}

/// The path of a `file:` URI.
pub fn path_of(uri: &Uri) -> Option<String> {
    let text = uri.as_str().strip_prefix("file://")?;
    let path = text.get(text.find('/')?..)?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The URI of an absolute path.
pub fn uri_of(path: &str) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte))
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    Uri::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_what_was_agreed() {
        // One, two, and two UTF-16 units in four bytes.
        let text = "aé😀z\r\nnext\n";
        for (columns, z) in [(Columns::Utf16, 4), (Columns::Bytes, 7)] {
            let lines = Lines::new(text, columns);
            assert_eq!(lines.position(7), Position::new(0, z));
            assert_eq!(lines.offset(Position::new(0, z)), 7);
            assert_eq!(lines.offset(Position::new(0, 99)), 8, "the line's end");
            assert_eq!(lines.offset(Position::new(1, 2)), 12);
            assert_eq!(lines.offset(Position::new(9, 0)), text.len() as u32);
            assert_eq!(lines.position(99), Position::new(2, 0));
            for offset in
                (0..text.len()).filter(|at| text.is_char_boundary(*at) && text.as_bytes()[*at] != b'\n')
            {
                assert_eq!(lines.offset(lines.position(offset as u32)), offset as u32);
            }
        }
    }

    #[test]
    fn paths_survive_their_uri() {
        for path in ["/a/b c/é%.lm", "/plain.lm.md"] {
            assert_eq!(path_of(&uri_of(path).unwrap()).as_deref(), Some(path));
        }
        assert_eq!(path_of(&Uri::from_str("file://host/a.lm").unwrap()).as_deref(), Some("/a.lm"));
        assert_eq!(path_of(&Uri::from_str("untitled:a").unwrap()), None);
    }
}
