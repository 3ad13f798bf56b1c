//! Reading and writing the text of a format.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Currency, Format, FormatError, quantity};

pub(super) const NAMES: &str = "one of fixed percent sig sci thousands money date ordinal bytes duration";

/// More digits than any `f64` holds are a slip of the keyboard.
const DIGITS_MAX: u8 = 30;

impl Format {
    /// Reads what stands behind the bar of a binding: `percent(1)`, `thousands`, `money("USD")`.
    ///
    /// # Errors
    /// [`FormatError::UnknownName`] with the nearest name; [`FormatError::Argument`] for a missing, superfluous or
    /// unusable argument; [`FormatError::Pattern`] for an unknown date conversion.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let text = text.trim();
        let (name, argument) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => {
                let inner = rest.trim_end().strip_suffix(')').ok_or_else(|| FormatError::Argument {
                    format: "format",
                    expected: "a closing parenthesis",
                    found: text.to_owned(),
                })?;
                (name.trim_end(), Some(inner.trim()))
            }
        };
        let digits = |format, range| digits(format, range, argument);
        match name {
            "fixed" => digits("fixed", 0..=DIGITS_MAX).map(Self::Fixed),
            "percent" => digits("percent", 0..=DIGITS_MAX).map(Self::Percent),
            "sig" => digits("sig", 1..=DIGITS_MAX).map(Self::Significant),
            "sci" => digits("sci", 0..=DIGITS_MAX).map(Self::Scientific),
            "thousands" => alone("thousands", argument, Self::Thousands),
            "ordinal" => alone("ordinal", argument, Self::Ordinal),
            "bytes" => alone("bytes", argument, Self::Bytes),
            "duration" => alone("duration", argument, Self::Duration),
            "money" => {
                let expected = "a currency code of ISO 4217 in quotes, such as \"USD\"";
                let code = quoted(argument);
                code.as_deref().and_then(Currency::from_code).map(Self::Money).ok_or_else(|| {
                    FormatError::Argument {
                        format: "money",
                        expected,
                        found: argument.unwrap_or("").to_owned(),
                    }
                })
            }
            "date" => {
                let pattern = quoted(argument).ok_or_else(|| FormatError::Argument {
                    format: "date",
                    expected: "a pattern in quotes, such as \"%Y-%m-%d\"",
                    found: argument.unwrap_or("").to_owned(),
                })?;
                quantity::date(0, &pattern)?;
                Ok(Self::Date(pattern))
            }
            _ => Err(FormatError::UnknownName { found: name.to_owned(), closest: closest(name) }),
        }
    }
}

fn digits(
    format: &'static str,
    range: std::ops::RangeInclusive<u8>,
    argument: Option<&str>,
) -> Result<u8, FormatError> {
    let found = argument.unwrap_or("");
    let plain = !found.is_empty() && found.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| found.parse().ok()).flatten().filter(|d| range.contains(d)).ok_or_else(|| {
        let expected =
            if *range.start() == 0 { "a digit count from 0 to 30" } else { "a digit count from 1 to 30" };
        FormatError::Argument { format, expected, found: found.to_owned() }
    })
}

fn alone(format: &'static str, argument: Option<&str>, value: Format) -> Result<Format, FormatError> {
    match argument {
        None | Some("") => Ok(value),
        Some(found) => {
            Err(FormatError::Argument { format, expected: "no argument", found: found.to_owned() })
        }
    }
}

/// The content of a string literal with the language's escapes `\"` and `\\`.
fn quoted(argument: Option<&str>) -> Option<String> {
    let inner = argument?.strip_prefix('"')?.strip_suffix('"')?;
    let mut content = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => match chars.next()? {
                escaped @ ('"' | '\\') => content.push(escaped),
                _ => return None,
            },
            _ => content.push(c),
        }
    }
    Some(content)
}

fn closest(found: &str) -> Option<&'static str> {
    NAMES
        .split_ascii_whitespace()
        .skip(2)
        .map(|name| (edit_distance(found, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 2 && *distance < name.len())
        .map(|(_, name)| name)
}

/// Levenshtein's distance, one row at a time.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (cb, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(ca != *cb)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(d) => write!(f, "fixed({d})"),
            Self::Percent(d) => write!(f, "percent({d})"),
            Self::Significant(d) => write!(f, "sig({d})"),
            Self::Scientific(d) => write!(f, "sci({d})"),
            Self::Thousands => f.write_str("thousands"),
            Self::Money(currency) => write!(f, "money(\"{}\")", currency.code()),
            Self::Date(pattern) => {
                write!(f, "date(\"{}\")", pattern.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Self::Ordinal => f.write_str("ordinal"),
            Self::Bytes => f.write_str("bytes"),
            Self::Duration => f.write_str("duration"),
        }
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
