//! The regular expressions of `pattern`: what ECMA-262 and Rust's `regex` mean alike.

use regex::Regex;
use std::fmt;

/// A pattern that was compiled at registration. It may match anywhere in a text, as JSON Schema has it.
#[derive(Clone)]
pub(crate) struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern; what the two languages read differently is refused.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let regex = Regex::new(&translated(source)?)
            .map_err(|error| format!("the pattern does not compile: {}", last_line(&error.to_string())))?;
        Ok(Self { source: source.into(), regex })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// `\d`, `\w` and `\b` are ASCII in ECMA-262 and Unicode in Rust; the rest of what is let through agrees.
fn translated(source: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let Some(escaped) = chars.next() else { return Err("the pattern ends in `\\`".into()) };
                match escaped {
                    'd' => out.push_str("[0-9]"),
                    'D' => out.push_str("[^0-9]"),
                    'w' => out.push_str("[0-9A-Za-z_]"),
                    'W' => out.push_str("[^0-9A-Za-z_]"),
                    'b' if !class => out.push_str("(?-u:\\b)"),
                    's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' | 'x' | 'u' | 'p' | 'P' => {
                        out.push('\\');
                        out.push(escaped);
                    }
                    other if other.is_ascii_punctuation() && !matches!(other, '<' | '>') => {
                        out.push('\\');
                        out.push(other);
                    }
                    other => return Err(format!("the pattern's `\\{other}` is not in the subset")),
                }
            }
            '[' if class => return Err("the pattern has a bare `[` inside a class; write `\\[`".into()),
            '[' => {
                class = true;
                out.push('[');
            }
            ']' => {
                class = false;
                out.push(']');
            }
            '&' | '~' | '-' if class && chars.peek() == Some(&c) => {
                return Err(format!(
                    "the pattern has `{c}{c}` inside a class, which Rust reads as an operator"
                ));
            }
            '(' if !class && chars.peek() == Some(&'?') => {
                let mut ahead = chars.clone();
                ahead.next();
                match (ahead.next(), ahead.next()) {
                    (Some(':'), _) => out.push('('),
                    (Some('<'), Some(name)) if name.is_alphabetic() || name == '_' => out.push('('),
                    _ => return Err("the pattern has a group other than `(`, `(?:` and `(?<name>`".into()),
                }
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default().trim()
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
