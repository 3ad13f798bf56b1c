//! Where in which file something malformed stands.

use crate::json::{Json, brief};
use std::fmt;

/// A path from the root of a file to one of its parts. Built on the way down, on the stack: a column of 100,000 cells
/// costs no allocation.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    above: Above<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Above<'a> {
    File(&'a str),
    Key(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    /// The root of a file.
    pub fn file(name: &'a str) -> Self {
        Place { above: Above::File(name) }
    }

    /// The entry of an object.
    pub fn key(&'a self, key: &'a str) -> Place<'a> {
        Place { above: Above::Key(self, key) }
    }

    /// The item of an array.
    pub fn item(&'a self, position: usize) -> Place<'a> {
        Place { above: Above::Item(self, position) }
    }

    /// The file's name.
    pub fn file_name(&self) -> &'a str {
        match self.above {
            Above::File(name) => name,
            Above::Key(place, _) | Above::Item(place, _) => place.file_name(),
        }
    }

    /// How many containers stand around it.
    pub fn depth(&self) -> usize {
        match self.above {
            Above::File(_) => 0,
            Above::Key(place, _) | Above::Item(place, _) => 1 + place.depth(),
        }
    }

    /// The JSON pointer (RFC 6901); empty for the root.
    pub fn pointer(&self) -> String {
        match self.above {
            Above::File(_) => String::new(),
            Above::Key(place, key) => {
                format!("{}/{}", place.pointer(), key.replace('~', "~0").replace('/', "~1"))
            }
            Above::Item(place, position) => format!("{}/{position}", place.pointer()),
        }
    }

    /// The error that something else was expected here.
    pub fn malformed(&self, expected: impl Into<String>, found: impl Into<String>) -> Malformed {
        Malformed {
            file: self.file_name().to_string(),
            pointer: self.pointer(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The same with the text of a JSON value as what was found, cut where it is long.
    pub fn unexpected(&self, expected: impl Into<String>, found: &Json) -> Malformed {
        self.malformed(expected, brief(found))
    }
}

/// Text that is not what its format says. Nothing is ever made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The file's name, as the reader was given it.
    pub file: String,
    /// JSON pointer into the file; empty for its root.
    pub pointer: String,
    /// What the format wants there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Malformed { file, pointer, expected, found } = self;
        write!(f, "{}#{}: ", escape(file), escape(pointer))?;
        write!(f, "expected {}, found {}", escape(expected), escape(found))
    }
}

impl std::error::Error for Malformed {}

/// The text with every control character, and every character that turns the writing direction, written as an escape:
/// text from a case can neither move a terminal's cursor nor reorder a line.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                out.push_str(&format!("\\u{{{:x}}}", c as u32));
            }
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}
