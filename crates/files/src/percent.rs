//! Python's `%` format of one float: `%.2f`, `%10.3e`, `%g`, `%d`, with text around it.

use std::fmt::Write;

use crate::error::{Error, Result};

/// A format that holds exactly one conversion of a float.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloatFormat {
    before: String,
    after: String,
    width: usize,
    precision: usize,
    conversion: char,
    left: bool,
    zeros: bool,
    sign: Option<char>,
}

/// Fields wider than this are refused.
const WIDTH_MAX: usize = 1_000;

impl FloatFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// `NotImplementedError` for a format that does not hold exactly one conversion by `d e f g` or their capitals.
    pub fn new(format: &str) -> Result<Self> {
        Self::parse(format).ok_or_else(|| Error::not_implemented(format!("float_format='{format}'")))
    }

    fn parse(format: &str) -> Option<Self> {
        let (before, rest) = literal(format)?;
        let mut rest = rest.chars().peekable();
        let (mut left, mut zeros, mut sign) = (false, false, None);
        while let Some(flag) = rest.next_if(|c| matches!(c, '-' | '0' | '+' | ' ')) {
            match flag {
                '-' => left = true,
                '0' => zeros = true,
                '+' => sign = Some('+'),
                _ => sign = sign.or(Some(' ')),
            }
        }
        let mut number = || {
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            digits
        };
        let width = number().parse().unwrap_or(0);
        let mut precision = None;
        if rest.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            precision = Some(digits.parse().unwrap_or(0));
        }
        let conversion = rest.next().filter(|c| matches!(c, 'd' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G'))?;
        let tail: String = rest.collect();
        let after = match literal(&tail) {
            Some(_) => return None,
            None => tail.replace("%%", "%"),
        };
        let precision = precision.unwrap_or(6);
        (width <= WIDTH_MAX && precision <= WIDTH_MAX).then_some(Self {
            before,
            after,
            width,
            precision,
            conversion,
            left,
            zeros: zeros && !left,
            sign,
        })
    }

    /// Appends a float that is not NaN.
    pub(crate) fn write(&self, out: &mut String, value: f64) {
        let mut digits = String::new();
        let magnitude = value.abs();
        let precision = self.precision;
        let _ = match self.conversion {
            _ if magnitude.is_infinite() => write!(digits, "inf"),
            'd' => write!(digits, "{}", magnitude.trunc()),
            'f' | 'F' => write!(digits, "{magnitude:.precision$}"),
            'e' | 'E' => write!(digits, "{}", exponent(magnitude, precision)),
            _ => write!(digits, "{}", general(magnitude, precision.max(1))),
        };
        if self.conversion.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
        }
        let negative = value.is_sign_negative() && !(self.conversion == 'd' && magnitude < 1.0);
        let sign = if negative { Some('-') } else { self.sign };
        let len = digits.len() + usize::from(sign.is_some());
        let fill = self.width.saturating_sub(len);
        out.push_str(&self.before);
        if !self.left && !self.zeros {
            out.extend(std::iter::repeat_n(' ', fill));
        }
        out.extend(sign);
        if self.zeros {
            out.extend(std::iter::repeat_n('0', fill));
        }
        out.push_str(&digits);
        if self.left {
            out.extend(std::iter::repeat_n(' ', fill));
        }
        out.push_str(&self.after);
    }
}

/// The text before a conversion, with `%%` as `%`, and what follows its percent sign.
fn literal(format: &str) -> Option<(String, &str)> {
    let mut rest = format;
    let mut text = String::new();
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('%') {
            Some(after) => {
                text.push('%');
                rest = after;
            }
            None => return Some((text, rest)),
        }
    }
    None
}

fn exponent(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    match text.split_once('e') {
        Some((mantissa, power)) => match power.strip_prefix('-') {
            Some(power) => format!("{mantissa}e-{power:0>2}"),
            None => format!("{mantissa}e+{power:0>2}"),
        },
        None => text,
    }
}

fn general(value: f64, precision: usize) -> String {
    let decimals = precision - 1;
    let rounded = format!("{value:.decimals$e}");
    let power = rounded.split_once('e').and_then(|(_, power)| power.parse::<i64>().ok()).unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if power < -4 || power >= precision as i64 {
        let text = exponent(value, decimals);
        return match text.split_once('e') {
            Some((mantissa, power)) => format!("{}e{power}", trimmed(mantissa)),
            None => text,
        };
    }
    let decimals = usize::try_from(decimals as i64 - power).unwrap_or(0);
    trimmed(&format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// oracle: Python's `%`.
    #[test]
    fn floats_look_as_python_formats_them() {
        let text = |format: &str, value: f64| {
            let mut out = String::new();
            FloatFormat::new(format).unwrap().write(&mut out, value);
            out
        };
        assert_eq!(text("%.2f", 1.5), "1.50");
        assert_eq!(text("%.0f", 2.5), "2");
        assert_eq!(text("%10.1f|", -1.25), "      -1.2|");
        assert_eq!(text("%-8.1f|", 1.25), "1.2     |");
        assert_eq!(text("%08.2f", -2.71), "-0002.71");
        assert_eq!(text("%+.1e", 12345.678), "+1.2e+04");
        assert_eq!(text("%g", 1e-5), "1e-05");
        assert_eq!(text("%g", 123456789.0), "1.23457e+08");
        assert_eq!(text("%g", 0.0001), "0.0001");
        assert_eq!(text("%.3G", 1e22), "1E+22");
        assert_eq!(text("%d%%", 1.9), "1%");
        assert_eq!(text("$%.1f", f64::NEG_INFINITY), "$-inf");
        for bad in ["x", "%s", "%.2f %.2f", "%"] {
            assert!(FloatFormat::new(bad).is_err(), "{bad}");
        }
    }
}
