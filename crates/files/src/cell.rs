//! What one cell says: integer, float, bool or text, by the rules of pandas' C parser.

/// An integer cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Integer {
    Small(i64),
    /// Digits beyond `i64`, whatever their length.
    Large,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberStyle {
    pub thousands: Option<u8>,
    pub decimal: u8,
}

fn trim(cell: &[u8]) -> &[u8] {
    let is_inked = |byte: Option<&u8>| byte.is_some_and(|&byte| byte > b' ');
    if is_inked(cell.first()) && is_inked(cell.last()) { cell } else { cell.trim_ascii() }
}

/// Digits that fit `i64` whatever they are.
const DIGITS_MAX: usize = 18;

/// Blanks, a sign and digits; thousands separators anywhere between digits.
#[inline]
pub(crate) fn integer(cell: &[u8], style: NumberStyle) -> Option<Integer> {
    let cell = trim(cell);
    let (negative, digits) = match cell.first()? {
        b'-' => (true, cell.get(1..)?),
        b'+' => (false, cell.get(1..)?),
        _ => (false, cell),
    };
    if !digits.first()?.is_ascii_digit() {
        return None;
    }
    if digits.len() <= DIGITS_MAX && style.thousands.is_none() {
        let mut value = 0;
        for &byte in digits {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + i64::from(byte - b'0');
        }
        return Some(Integer::Small(if negative { -value } else { value }));
    }
    let mut value: i64 = 0;
    let mut large = false;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            if style.thousands == Some(byte) {
                continue;
            }
            return None;
        }
        let digit = i64::from(byte - b'0');
        let next = value.checked_mul(10).and_then(|value| match negative {
            true => value.checked_sub(digit),
            false => value.checked_add(digit),
        });
        match next {
            Some(next) => value = next,
            None => large = true,
        }
    }
    Some(if large { Integer::Large } else { Integer::Small(value) })
}

/// Blanks and a decimal number or infinity, correctly rounded. `nan` is no number here: it is one of the
/// words for a missing value, or text.
#[inline]
pub(crate) fn float(cell: &[u8], style: NumberStyle) -> Option<f64> {
    let cell = trim(cell);
    if style.decimal != b'.' || style.thousands.is_some() {
        let plain: Vec<u8> = cell
            .iter()
            .filter(|&&byte| Some(byte) != style.thousands)
            .map(|&byte| if byte == style.decimal { b'.' } else { byte })
            .collect();
        let foreign_point = style.decimal != b'.' && style.thousands != Some(b'.') && cell.contains(&b'.');
        return if foreign_point { None } else { plain_float(&plain) };
    }
    plain_float(cell)
}

fn plain_float(cell: &[u8]) -> Option<f64> {
    let after_sign = if matches!(cell.first()?, b'-' | b'+') { *cell.get(1)? } else { *cell.first()? };
    if !after_sign.is_ascii_digit() && !matches!(after_sign, b'.' | b'i' | b'I') {
        return None;
    }
    short_decimal(cell).or_else(|| std::str::from_utf8(cell).ok()?.parse().ok())
}

/// Powers of ten that f64 holds exactly.
const TENS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Sign, digits, point, digits. Up to 15 digits and their power of ten are exact as f64, so that one division rounds
/// correctly (Clinger, "How to read floating point numbers accurately", 1990). `None` for anything longer or else.
fn short_decimal(cell: &[u8]) -> Option<f64> {
    let (negative, digits) = match cell {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut mantissa = 0u64;
    let mut decimals = None;
    // A point and 15 digits.
    if digits.len() > TENS.len() {
        return None;
    }
    for (place, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if decimals.is_none() => decimals = Some(digits.len() - place - 1),
            _ => return None,
        }
    }
    let count = digits.len() - usize::from(decimals.is_some());
    if count == 0 || count >= TENS.len() {
        return None;
    }
    let value = mantissa as f64 / TENS[decimals.unwrap_or(0)];
    Some(if negative { -value } else { value })
}

/// A word for true or false.
pub(crate) fn boolean(cell: &[u8], more_true: &[String], more_false: &[String]) -> Option<bool> {
    match cell {
        b"True" | b"TRUE" | b"true" => Some(true),
        b"False" | b"FALSE" | b"false" => Some(false),
        _ if more_true.iter().any(|word| word.as_bytes() == cell) => Some(true),
        _ if more_false.iter().any(|word| word.as_bytes() == cell) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: NumberStyle = NumberStyle { thousands: None, decimal: b'.' };

    #[test]
    fn numbers_read_as_pandas_reads_them() {
        // oracle: pandas.read_csv of one such cell
        assert_eq!(integer(b" +5 ", PLAIN), Some(Integer::Small(5)));
        assert_eq!(integer(b"-9223372036854775808", PLAIN), Some(Integer::Small(i64::MIN)));
        assert_eq!(integer(b"9223372036854775808", PLAIN), Some(Integer::Large));
        assert_eq!(integer(b"0x10", PLAIN), None);
        assert_eq!(integer(b"-", PLAIN), None);
        assert_eq!(float(b".5", PLAIN), Some(0.5));
        assert_eq!(float(b"1.", PLAIN), Some(1.0));
        assert_eq!(float(b"Infinity", PLAIN), Some(f64::INFINITY));
        assert_eq!(float(b"nan", PLAIN), None);
        assert_eq!(float(b"1_000", PLAIN), None);
        for text in
            ["0.1", "-0", "+7.25", "474.7785", "999999999999999", ".000000000000001", "123456789012345.", "."]
        {
            // hand: the standard library rounds correctly whatever the length
            let judge = text.parse::<f64>().ok().map(f64::to_bits);
            assert_eq!(short_decimal(text.as_bytes()).map(f64::to_bits), judge, "{text}");
        }
        assert_eq!(short_decimal(b"1234567890123456"), None);
        let german = NumberStyle { thousands: Some(b'.'), decimal: b',' };
        assert_eq!(float(b"1.000,5", german), Some(1000.5));
        assert_eq!(integer(b"1.000", german), Some(Integer::Small(1000)));
    }
}
