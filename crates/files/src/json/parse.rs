//! JSON text into values, by the rules of pandas' decoder as observed from outside: a comma may end an object,
//! `NaN` and `Infinity` are numbers, a number may lack its digits, and a double is put together from its integer part
//! and at most fifteen decimals unless `precise` asks for correct rounding.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::error::{Error, Result};

/// Nested arrays and objects at most, as in pandas.
const DEPTH_MAX: usize = 1024;
/// Decimals that count.
const DECIMALS_MAX: usize = 15;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond `i64`.
    UInt(u64),
    Float(f64),
    Str(Arc<str>),
    Array(Vec<Json>),
    Object(IndexMap<Arc<str>, Json>),
}

/// The one value of a text.
///
/// # Errors
/// `ValueError` with pandas' words and the byte it points at.
pub(super) fn parse(text: &str, precise: bool) -> Result<Json> {
    let mut parser = Parser { bytes: text.as_bytes(), text, at: 0, depth: 0, precise };
    let value = parser.value()?;
    parser.blank();
    if parser.at < parser.bytes.len() {
        return Err(parser.error("Trailing data"));
    }
    Ok(value)
}

struct Parser<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    depth: usize,
    precise: bool,
}

impl Parser<'_> {
    /// pandas points one byte before where it stands, and nowhere at the start.
    fn error(&self, message: &str) -> Error {
        match self.at.checked_sub(1) {
            Some(position) => {
                let line =
                    1 + memchr::memchr_iter(b'\n', &self.bytes[..self.at.min(self.bytes.len())]).count();
                Error::value(format!("{message} at position {position}")).at(line, position)
            }
            None => Error::value(message).at(1, 0),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte; the place moves on even at the end, as the error's position counts it.
    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Json> {
        self.blank();
        match self.peek() {
            Some(b'"') => Ok(Json::Str(self.string()?)),
            Some(b'[') => self.nested(Self::array),
            Some(b'{') => self.nested(Self::object),
            Some(b't') => self.word(b"true", Json::Bool(true)),
            Some(b'f') => self.word(b"false", Json::Bool(false)),
            Some(b'n') => self.word(b"null", Json::Null),
            Some(b'N') => self.word(b"NaN", Json::Float(f64::NAN)),
            Some(b'I') => self.word(b"Infinity", Json::Float(f64::INFINITY)),
            Some(b'-') if self.bytes.get(self.at + 1) == Some(&b'I') => {
                self.word(b"-Infinity", Json::Float(f64::NEG_INFINITY))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.error("Expected object or value")),
        }
    }

    fn word(&mut self, word: &[u8], value: Json) -> Result<Json> {
        if !self.bytes[self.at..].starts_with(word) {
            let word = String::from_utf8_lossy(word);
            return Err(self.error(&format!("Unexpected character found when decoding '{word}'")));
        }
        self.at += word.len();
        Ok(value)
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Json>) -> Result<Json> {
        if self.depth >= DEPTH_MAX {
            return Err(self.error("Reached object decoding depth limit"));
        }
        self.depth += 1;
        self.at += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Json> {
        let mut items = Vec::new();
        loop {
            self.blank();
            if self.peek() == Some(b']') {
                if items.is_empty() {
                    self.at += 1;
                    return Ok(Json::Array(items));
                }
                return Err(self.error("Unexpected character found when decoding array value (1)"));
            }
            items.push(self.value()?);
            self.blank();
            match self.bump() {
                Some(b']') => return Ok(Json::Array(items)),
                Some(b',') => {}
                _ => return Err(self.error("Unexpected character found when decoding array value (2)")),
            }
        }
    }

    fn object(&mut self) -> Result<Json> {
        let mut members = IndexMap::new();
        loop {
            self.blank();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Json::Object(members));
            }
            let Json::Str(key) = self.value()? else {
                return Err(self.error("Key name of object must be 'string' when decoding 'object'"));
            };
            self.blank();
            if self.bump() != Some(b':') {
                return Err(self.error("No ':' found when decoding object value"));
            }
            members.insert(key, self.value()?);
            self.blank();
            match self.bump() {
                Some(b'}') => return Ok(Json::Object(members)),
                Some(b',') => {}
                _ => return Err(self.error("Unexpected character found when decoding object value")),
            }
        }
    }

    fn string(&mut self) -> Result<Arc<str>> {
        self.at += 1;
        let start = self.at;
        let rest = &self.bytes[start..];
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(len) if rest[len] == b'"' => {
                self.at = start + len + 1;
                Ok(self.text[start..start + len].into())
            }
            _ => self.escaped(start),
        }
    }

    /// A string with escapes, which starts at `start`; errors point at its quote.
    fn escaped(&mut self, start: usize) -> Result<Arc<str>> {
        let mut out = String::new();
        let mut at = start;
        loop {
            let rest = &self.bytes[at..];
            let Some(len) = memchr::memchr2(b'"', b'\\', rest) else {
                return Err(self.error("Unmatched ''\"' when when decoding 'string'"));
            };
            out.push_str(&self.text[at..at + len]);
            at += len + 1;
            if rest[len] == b'"' {
                self.at = at;
                return Ok(out.into());
            }
            let escape = self.bytes.get(at).copied();
            at += 1;
            match escape {
                Some(byte @ (b'"' | b'\\' | b'/')) => out.push(char::from(byte)),
                Some(b'b') => out.push('\u{8}'),
                Some(b'f') => out.push('\u{c}'),
                Some(b'n') => out.push('\n'),
                Some(b'r') => out.push('\r'),
                Some(b't') => out.push('\t'),
                Some(b'u') => {
                    let first = self.unit(at)?;
                    at += 4;
                    let pair = self.bytes[at.min(self.bytes.len())..].starts_with(b"\\u");
                    if (0xd800..0xdc00).contains(&first) && pair {
                        let second = self.unit(at + 2)?;
                        at += 6;
                        out.extend(char::decode_utf16([first, second]).map_while(Result::ok));
                    } else {
                        // Half a pair stands for nothing.
                        out.extend(char::from_u32(u32::from(first)));
                    }
                }
                _ => return Err(self.error("Unrecognized escape sequence when decoding 'string'")),
            }
        }
    }

    /// The four hexadecimal digits at `at`.
    fn unit(&self, at: usize) -> Result<u16> {
        let digits = self.bytes.get(at..at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let unit = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        unit.and_then(|digits| u16::from_str_radix(digits, 16).ok()).ok_or_else(|| {
            self.error("Unexpected character in unicode escape sequence when decoding 'string'")
        })
    }

    fn digits(&self, from: usize) -> usize {
        self.bytes[from.min(self.bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn number(&mut self) -> Result<Json> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        let digits = start + usize::from(negative);
        let mut end = digits + self.digits(digits);
        let mut whole: u64 = 0;
        for &byte in &self.bytes[digits..end] {
            let next = whole.checked_mul(10).and_then(|whole| whole.checked_add(u64::from(byte - b'0')));
            let fits = |value: &u64| !negative || *value <= i64::MIN.unsigned_abs();
            whole = next.filter(fits).ok_or_else(|| {
                self.error(if negative { "Value is too small" } else { "Value is too big!" })
            })?;
        }
        let mut decimals = "";
        let mut is_float = false;
        if self.bytes.get(end) == Some(&b'.') {
            let len = self.digits(end + 1);
            decimals = &self.text[end + 1..end + 1 + len];
            end += 1 + len;
            is_float = true;
        }
        let mut exponent: i32 = 0;
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = self.bytes.get(end + 1).copied();
            let from = end + 1 + usize::from(matches!(sign, Some(b'-' | b'+')));
            let len = self.digits(from);
            // Beyond the largest exponent every double is 0 or infinite.
            let power =
                self.text[from..from + len].parse::<i32>().unwrap_or(if len == 0 { 0 } else { 99_999 });
            exponent = if sign == Some(b'-') { -power } else { power };
            end = from + len;
            is_float = true;
        }
        self.at = end;
        if !is_float {
            return Ok(match i64::try_from(whole) {
                _ if negative => Json::Int(0i64.wrapping_sub_unsigned(whole)),
                Ok(value) => Json::Int(value),
                Err(_) => Json::UInt(whole),
            });
        }
        if self.precise
            && let Some(value) = column::parse_float(&self.text[start..end])
        {
            return Ok(Json::Float(value));
        }
        let kept = &decimals[..decimals.len().min(DECIMALS_MAX)];
        let fraction: f64 = kept.parse::<u64>().map_or(0.0, |digits| digits as f64);
        let magnitude = whole as f64 + fraction * NEGATIVE_TENS[kept.len()];
        let scaled = if exponent == 0 { magnitude } else { magnitude * libm::pow(10.0, f64::from(exponent)) };
        Ok(Json::Float(if negative { -scaled } else { scaled }))
    }
}

/// 10⁰ to 10⁻¹⁵.
const NEGATIVE_TENS: [f64; DECIMALS_MAX + 1] =
    [1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15];

#[cfg(test)]
mod tests {
    use super::*;

    /// oracle: pandas.read_json of these texts.
    #[test]
    fn errors_are_those_of_pandas() {
        let message = |text: &str| parse(text, false).unwrap_err().message().to_owned();
        assert_eq!(message(""), "Expected object or value");
        assert_eq!(message("{'a':1}"), "Expected object or value at position 0");
        assert_eq!(
            message("{\"a\":1"),
            "Unexpected character found when decoding object value at position 6"
        );
        assert_eq!(message("[{\"a\":1}]x"), "Trailing data at position 8");
        assert_eq!(message("[{\"a\":18446744073709551616}]"), "Value is too big! at position 5");
        assert_eq!(message("[{\"a\":-9223372036854775809}]"), "Value is too small at position 5");
        assert_eq!(message("{\"a\":tru}"), "Unexpected character found when decoding 'true' at position 4");
        assert_eq!(message("{\"a\":\"x"), "Unmatched ''\"' when when decoding 'string' at position 5");
        assert_eq!(message("{\"a\" 1}"), "No ':' found when decoding object value at position 5");
        assert_eq!(message("[1,2"), "Unexpected character found when decoding array value (2) at position 4");
        assert_eq!(message("[1,]"), "Unexpected character found when decoding array value (1) at position 2");
        assert_eq!(message("[\"\\x\"]"), "Unrecognized escape sequence when decoding 'string' at position 1");
        assert_eq!(
            message("[--1]"),
            "Unexpected character found when decoding array value (2) at position 2"
        );
        assert_eq!(
            message("{1:2}"),
            "Key name of object must be 'string' when decoding 'object' at position 1"
        );
        assert_eq!(message(&"[".repeat(2000)), "Reached object decoding depth limit at position 1023");
        assert_eq!(message("nul"), "Unexpected character found when decoding 'null'");
    }

    /// oracle: pandas.read_json of these numbers.
    #[test]
    fn numbers_are_those_of_pandas() {
        let number = |text: &str| match parse(text, false).unwrap() {
            Json::Float(value) => value,
            Json::Int(value) => value as f64,
            other => panic!("{other:?}"),
        };
        assert_eq!(number("0.1234567890123456789"), 0.12345678901234501);
        assert_eq!(number("0.9999999999999999"), 0.9999999999999991);
        assert_eq!(number("1e400"), f64::INFINITY);
        assert_eq!((number("1."), number("01"), number("-"), number("1e")), (1.0, 1.0, 0.0, 1.0));
        assert_eq!((number("1E+5"), number("1e-2")), (1e5, 0.01));
        let precise = parse("0.1234567890123456789", true).unwrap();
        assert_eq!(precise, Json::Float(0.12345678901234568));
    }
}
