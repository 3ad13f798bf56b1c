//! Bytes and texts in other forms: base64 (RFC 4648), hex, percent-encoding (RFC 3986), CSV (RFC 4180).

use super::args::unexpected;
use super::output::hex;
use super::{Args, Builtin};
use crate::access;
use crate::fault::Fault;
use crate::iterate::elements;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("base64_encode", Builtin::Pure(|a| Ok(Value::str(base64(a.bytes(0)?))))),
    ("base64_decode", Builtin::Pure(|a| Ok(decoded(from_base64(a.str(0)?), "base64")))),
    ("hex_encode", Builtin::Pure(|a| Ok(Value::str(hex(a.bytes(0)?))))),
    ("hex_decode", Builtin::Pure(|a| Ok(decoded(from_hex(a.str(0)?), "hex")))),
    ("url_encode", Builtin::Pure(|a| Ok(Value::str(percent(a.str(0)?))))),
    ("url_decode", Builtin::Pure(url_decode)),
    ("csv_parse", Builtin::Pure(csv_parse)),
    ("csv_encode", Builtin::Pure(csv_encode)),
    ("bytes_len", Builtin::Pure(|a| Ok(Value::Int(a.bytes(0)?.len() as i64)))),
    ("bytes_slice", Builtin::Pure(|a| access::slice(a.value(0), Some(a.int(1)?), Some(a.int(2)?), false))),
    ("bytes_concat", Builtin::Pure(|a| Ok(Value::bytes([a.bytes(0)?, a.bytes(1)?].concat())))),
];

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for i in 0..4 {
            if i <= group.len() {
                let digit = (bits >> (18 - 6 * i)) & 63;
                out.push(char::from(ALPHABET[digit as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// Padding is optional; anything else outside the alphabet is refused.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() % 4 == 1 || text.len() - digits.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let mut bits = 0u32;
        for digit in group {
            bits = bits << 6 | ALPHABET.iter().position(|a| a == digit)? as u32;
        }
        bits <<= 6 * (4 - group.len());
        let [_, bytes @ ..] = bits.to_be_bytes();
        out.extend_from_slice(bytes.get(..group.len() - 1)?);
    }
    Some(out)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let digit = |b: u8| char::from(b).to_digit(16);
            Some((digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?) as u8)
        })
        .collect()
}

fn decoded(bytes: Option<Vec<u8>>, form: &str) -> Value {
    match bytes {
        Some(bytes) => Value::ok(Value::bytes(bytes)),
        None => Value::err(Value::str(format!("not {form}"))),
    }
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn url_decode(args: Args<'_>) -> Result<Value, Fault> {
    let mut bytes = Vec::new();
    let mut rest = args.str(0)?.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let byte = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok()).and_then(from_hex);
        match byte {
            Some(byte) => bytes.extend(byte),
            None => return Ok(Value::err(Value::str("`%` without two hex digits"))),
        }
        rest = tail.get(2..).unwrap_or_default();
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Value::ok(Value::str(text)),
        Err(_) => Value::err(Value::str("not UTF-8")),
    })
}

/// Rows of fields; a quoted field may hold commas, line ends, and quotes doubled.
fn csv_parse(args: Args<'_>) -> Result<Value, Fault> {
    let mut rows = Vec::new();
    let mut row: Vec<Value> = Vec::new();
    let mut field = String::new();
    let (mut quoted, mut any) = (false, false);
    let mut chars = args.str(0)?.chars().peekable();
    while let Some(c) = chars.next() {
        any = true;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => row.push(Value::str(std::mem::take(&mut field))),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(Value::str(std::mem::take(&mut field)));
                rows.push(Value::list(std::mem::take(&mut row)));
                any = false;
            }
            c => field.push(c),
        }
    }
    if any {
        row.push(Value::str(field));
        rows.push(Value::list(row));
    }
    Ok(Value::list(rows))
}

fn csv_encode(args: Args<'_>) -> Result<Value, Fault> {
    let mut out = String::new();
    for row in elements(args.value(0))? {
        for (i, field) in elements(&row)?.iter().enumerate() {
            let text = field.as_str().ok_or_else(|| unexpected("String", field))?;
            if i > 0 {
                out.push(',');
            }
            if text.contains([',', '"', '\n', '\r']) {
                out.push('"');
                out.push_str(&text.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(text);
            }
        }
        out.push('\n');
    }
    Ok(Value::str(out))
}
