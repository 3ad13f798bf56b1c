//! JSON with one form of bytes for each value: RFC 8785, the JSON Canonicalization Scheme.

use serde_json::{Number, Value as Json};

use crate::error::{Error, ErrorKind, Result};

/// A value's canonical form: no spaces, members sorted by the UTF-16 code units of their names, numbers as ECMAScript
/// writes the double that they are, texts with the fewest escapes.
///
/// # Errors
/// Of the class `invalid_request`, for an integer that no double holds: it would share its form with another one. The
/// RFC's data model, I-JSON, has no such number.
pub fn canonical(value: &Json) -> Result<String> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Json, out: &mut String) -> Result<()> {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(n) => number(double(n)?, out),
        Json::String(s) => text(s, out),
        Json::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<(Vec<u16>, &String, &Json)> =
                members.iter().map(|(name, value)| (name.encode_utf16().collect(), name, value)).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            out.push('{');
            for (n, (_, name, value)) in members.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                text(name, out);
                out.push(':');
                write(value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn double(n: &Number) -> Result<f64> {
    let value = n.as_f64().filter(|value| value.is_finite());
    // Both ways, and through a wider type: the cast of a double beyond the integers would saturate.
    let is_exact = value.is_some_and(|value| match (n.as_u64(), n.as_i64()) {
        (Some(integer), _) => value as u128 == u128::from(integer),
        (None, Some(integer)) => value as i128 == i128::from(integer),
        (None, None) => true,
    });
    value.filter(|_| is_exact).ok_or_else(|| {
        let what = format!("the number {n} has no canonical form: no double holds it; write it as a text");
        Error::new(ErrorKind::InvalidRequest, what)
    })
}

/// ECMAScript's Number::toString for radix 10.
fn number(value: f64, out: &mut String) {
    if value == 0.0 {
        // Negative zero has no sign.
        return out.push('0');
    }
    let (digits, exponent) = shortest(value.abs());
    let count = digits.len() as i32;
    // The place of the point, counted from the first digit: the standard's n.
    let point = exponent + 1;
    if value < 0.0 {
        out.push('-');
    }
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or(0).min(digits.len()));
    if count <= point && point <= 21 {
        out.push_str(&digits);
        out.extend((count..point).map(|_| '0'));
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = split(point);
        out.push_str(&format!("{whole}.{fraction}"));
    } else if -6 < point && point <= 0 {
        out.push_str("0.");
        out.extend((point..0).map(|_| '0'));
        out.push_str(&digits);
    } else {
        let (first, rest) = split(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let sign = if point > 0 { "+" } else { "-" };
        out.push_str(&format!("{first}{dot}{rest}e{sign}{}", (point - 1).abs()));
    }
}

/// The fewest digits that are read back as the value, and the exponent of the first. Of as many digits, the standard
/// wants the nearest, and of two as near the even one; Rust's shortest form may be the other.
fn shortest(value: f64) -> (String, i32) {
    let shortest = format!("{value:e}");
    let count = shortest.split('e').next().unwrap_or_default().chars().filter(char::is_ascii_digit).count();
    let nearest = format!("{value:.*e}", count.saturating_sub(1));
    let chosen = if nearest.parse() == Ok(value) { nearest } else { shortest };
    let (mantissa, exponent) = chosen.split_once('e').unwrap_or((&chosen, "0"));
    (mantissa.chars().filter(char::is_ascii_digit).collect(), exponent.parse().unwrap_or(0))
}

fn text(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        canonical(&serde_json::from_str(json).unwrap()).unwrap()
    }

    /// RFC 8785, sections 3.2.2 to 3.2.4: the example and its canonical form, byte by byte.
    #[test]
    fn the_rfcs_example_has_the_rfcs_bytes() {
        let example = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        let expected = "
            7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72
            75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a
            5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31
            65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37
            5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30
            30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d";
        let found: Vec<String> = of(example).bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, expected.split_whitespace().collect::<Vec<_>>());
    }

    /// RFC 8785, section 3.2.3: the order of names.
    #[test]
    fn names_are_sorted_by_their_code_units() {
        let example = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let found = of(example);
        let order = [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ];
        let places: Vec<usize> = order.iter().map(|name| found.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{found}");
    }

    /// RFC 8785, appendix B: the bits of a double and its form.
    #[test]
    fn numbers_have_the_forms_of_appendix_b() {
        let table = [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ];
        for (bits, expected) in table {
            let mut found = String::new();
            number(f64::from_bits(bits), &mut found);
            assert_eq!(found, expected, "{bits:016x}");
        }
    }

    #[test]
    fn integers_that_no_double_holds_are_refused() {
        assert_eq!(of("[9007199254740992, -9007199254740992, 18446744073709549568]").len(), 57);
        for number in ["9007199254740993", "-9007199254740993", "18446744073709551615", "9223372036854775807"]
        {
            let error = canonical(&serde_json::from_str(number).unwrap()).unwrap_err();
            assert!(error.message().contains(number), "{error}");
        }
    }
}
