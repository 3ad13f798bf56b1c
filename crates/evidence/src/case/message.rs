//! The words of an error.

use std::fmt;

/// What a message must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// These words.
    Exact(String),
    /// Words of this shape, where the reference's contain an address, a path or a version.
    Pattern(Pattern),
}

impl Message {
    /// Whether a message is such.
    pub fn matches(&self, message: &str) -> bool {
        match self {
            Message::Exact(text) => text == message,
            Message::Pattern(pattern) => pattern.matches(message),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Exact(text) => f.write_str(text),
            Message::Pattern(pattern) => f.write_str(pattern.text()),
        }
    }
}

/// A text in which `*` stands for any run of characters, the empty one too, and `\*` for a star, `\\` for a backslash.
/// It matches a whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// What stands between the stars.
    parts: Vec<String>,
}

impl Pattern {
    /// Reads a pattern.
    pub fn new(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let literal = match c {
                '*' => {
                    parts.push(String::new());
                    continue;
                }
                '\\' => chars.next().unwrap_or('\\'),
                other => other,
            };
            if let Some(last) = parts.last_mut() {
                last.push(literal);
            }
        }
        Pattern { text: text.to_string(), parts }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says more than that there is a text.
    pub fn is_specific(&self) -> bool {
        self.parts.iter().any(|part| !part.is_empty())
    }

    /// Whether the whole text has this shape.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
        let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
        // The earliest place for each part leaves the most for those after it.
        for part in middle {
            match left.split_once(part.as_str()) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}
