//! What a cell printed: the beginning, the end and the true count of bytes.

use std::collections::VecDeque;

/// Printed text: head, tail and how many bytes there were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// The beginning; all of it if nothing was left out.
    pub head: String,
    /// The end, where the middle was left out; else empty.
    pub tail: String,
    /// How many bytes were printed.
    pub bytes: u64,
}

impl Output {
    /// Whether the middle was left out.
    pub fn is_cut(&self) -> bool {
        !self.tail.is_empty()
    }
}

/// Collects printed bytes in bounded memory.
pub(crate) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    bytes: u64,
    half: usize,
}

impl Capture {
    /// Keeps at most `kept` bytes.
    pub fn new(kept: usize) -> Capture {
        Capture { head: Vec::new(), tail: VecDeque::new(), bytes: 0, half: (kept / 2).max(1) }
    }

    pub fn push(&mut self, part: &[u8]) {
        self.bytes += part.len() as u64;
        let room = self.half.saturating_sub(self.head.len()).min(part.len());
        let (first, rest) = part.split_at(room);
        self.head.extend_from_slice(first);
        let rest = rest.get(rest.len().saturating_sub(self.half)..).unwrap_or(rest);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was printed since the last call.
    pub fn take(&mut self) -> Output {
        let (mut head, tail, bytes) =
            (std::mem::take(&mut self.head), std::mem::take(&mut self.tail), std::mem::take(&mut self.bytes));
        let kept = (head.len() + tail.len()) as u64;
        if kept == bytes {
            head.extend(tail);
            return Output { head: String::from_utf8_lossy(&head).into_owned(), tail: String::new(), bytes };
        }
        // A character that the cut divides is left out, not shown broken.
        let cut = match std::str::from_utf8(&head) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => head.len(),
        };
        head.truncate(cut);
        let tail: Vec<u8> = tail.into();
        let begin = tail.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
        let tail = tail.get(begin..).unwrap_or(&[]);
        Output {
            head: String::from_utf8_lossy(&head).into_owned(),
            tail: String::from_utf8_lossy(tail).into_owned(),
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_whole() {
        let mut capture = Capture::new(8);
        capture.push(b"abcdef");
        assert_eq!(capture.take(), Output { head: "abcdef".into(), tail: String::new(), bytes: 6 });
        assert_eq!(capture.take().bytes, 0);
    }

    #[test]
    fn long_text_keeps_head_and_tail_and_the_count() {
        let mut capture = Capture::new(8);
        for byte in b'a'..=b'z' {
            capture.push(&[byte]);
        }
        assert_eq!(capture.take(), Output { head: "abcd".into(), tail: "wxyz".into(), bytes: 26 });
    }

    #[test]
    fn no_character_is_cut() {
        let mut capture = Capture::new(6);
        // Two bytes each: head and tail of three bytes end inside one.
        capture.push("äöüßéè".as_bytes());
        assert_eq!(capture.take(), Output { head: "ä".into(), tail: "è".into(), bytes: 12 });
    }
}
