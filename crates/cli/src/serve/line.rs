//! Lines of bounded length.

use std::io::{self, BufRead};

/// A longer line is no message; what it holds is passed over.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// What comes of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    TooLong,
    /// The input ended in its middle.
    Cut,
    End,
}

/// Reads up to the next line feed.
///
/// # Errors
/// The input cannot be read.
pub fn read(from: &mut impl BufRead, len_max: usize) -> io::Result<Line> {
    let (mut line, mut is_long) = (Vec::new(), false);
    loop {
        let piece = match from.fill_buf() {
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if piece.is_empty() {
            return Ok(if line.is_empty() && !is_long { Line::End } else { Line::Cut });
        }
        let end = piece.iter().position(|byte| *byte == b'\n');
        let part = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
        is_long |= line.len() + part.len() > len_max;
        if is_long {
            line.clear();
        } else {
            line.extend_from_slice(part);
        }
        let read = end.map_or(piece.len(), |end| end + 1);
        from.consume(read);
        if end.is_some() {
            return Ok(if is_long { Line::TooLong } else { Line::Whole(line) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        // A buffer smaller than the lines, so that each comes in pieces.
        let mut from = io::BufReader::with_capacity(3, text.as_bytes());
        let mut lines = Vec::new();
        loop {
            let line = read(&mut from, 8).expect("bytes are read");
            let ends = matches!(line, Line::End | Line::Cut);
            lines.push(line);
            if ends {
                return lines;
            }
        }
    }

    #[test]
    fn a_long_line_is_passed_over_and_a_cut_one_is_told() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        assert_eq!(lines("12345678\n\nabc\n"), [whole("12345678"), whole(""), whole("abc"), Line::End]);
        assert_eq!(lines("123456789\nabc\n"), [Line::TooLong, whole("abc"), Line::End]);
        assert_eq!(lines("abc\nde"), [whole("abc"), Line::Cut]);
        assert_eq!(lines("123456789"), [Line::Cut]);
    }
}
