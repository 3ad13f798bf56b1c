//! The formats of a number bound in prose: `` `{lumen} rate | percent(1)` ``.
//!
//! A format works on the *exact* value and rounds half to even; nothing depends on a locale.

mod currency;
mod decimal;
mod parse;
mod quantity;

use crate::format::currency::Currency;
use crate::format::decimal::Decimal;
pub use crate::format::decimal::counted;
pub(crate) use crate::format::decimal::grouped;

#[cfg(test)]
mod tests;

/// A value that prose may show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Int(i64),
    Float(f64),
    /// An instant, microseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// A span of time in microseconds.
    Duration(i64),
}

impl Value {
    fn type_name(self) -> &'static str {
        match self {
            Self::Int(_) => "Int",
            Self::Float(_) => "Float",
            Self::DateTime(_) => "DateTime",
            Self::Duration(_) => "Duration",
        }
    }
}

/// How a number is written. [`Format::parse`] reads the text behind the bar, `Display` writes it back.
///
/// | format | `1234.5` gives |
/// |---|---|
/// | `fixed(1)` | `1234.5` |
/// | `percent(1)` | `123450.0%` |
/// | `sig(2)` | `1200` |
/// | `sci(2)` | `1.23e+3` (a tie, so to even) |
/// | `thousands` | `1,234` |
/// | `money("USD")` | `USD 1,234.50` |
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Digits behind the point.
    Fixed(u8),
    /// A hundredfold, with digits behind the point and a percent sign.
    Percent(u8),
    /// Significant digits, never an exponent.
    Significant(u8),
    /// One digit, a point, digits, and the exponent as Python writes it: `1.5e+3`.
    Scientific(u8),
    /// A whole number in groups of three.
    Thousands,
    /// ISO 4217 code and the minor digits that standard gives the currency.
    Money(Currency),
    /// `strftime` conversions of an instant in UTC, English names.
    Date(String),
    /// `1st`, `2nd`, `3rd`, `11th`.
    Ordinal,
    /// A size in binary units: `1.5 MiB`.
    Bytes,
    /// The two largest units of a span: `2 h 3 min`; an Int counts seconds.
    Duration,
}

/// Why a format could not be read or applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("unknown format `{found}`; expected {}{}", parse::NAMES, suggestion(.closest))]
    UnknownName { found: String, closest: Option<&'static str> },
    #[error("format `{format}` expects {expected}, found `{found}`")]
    Argument { format: &'static str, expected: &'static str, found: String },
    #[error("format `{format}` expects {expected}, found {found}")]
    Type { format: String, expected: &'static str, found: String },
    #[error("date pattern `{pattern}` is not understood: {reason}")]
    Pattern { pattern: String, reason: String },
    #[error("{microseconds} microseconds since 1970 lie outside the calendar (years -9999 to 9999)")]
    Calendar { microseconds: i64 },
}

fn suggestion(closest: &Option<&'static str>) -> String {
    closest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Writes `value` as `format` says.
///
/// NaN and the infinities read `NaN`, `inf` and `-inf` in the formats of a plain number and are refused by the
/// others. A result that rounds to zero carries no sign.
///
/// ```
/// use report::format::{Format, Value, format_number};
/// let percent = Format::parse("percent(1)")?;
/// assert_eq!(format_number(Value::Float(0.10625), &percent)?, "10.6%");
/// # Ok::<(), report::format::FormatError>(())
/// ```
///
/// # Errors
/// [`FormatError::Type`] when the format does not apply to the value's type, and [`FormatError::Calendar`] for an
/// instant no calendar date exists for.
pub fn format_number(value: Value, format: &Format) -> Result<String, FormatError> {
    let refused = |expected| FormatError::Type {
        format: format.to_string(),
        expected,
        found: match value {
            Value::Float(x) if !x.is_finite() => format!("Float {}", not_finite(x)),
            _ => value.type_name().to_owned(),
        },
    };
    match format {
        Format::Date(pattern) => match value {
            Value::DateTime(us) => quantity::date(us, pattern),
            _ => Err(refused("DateTime")),
        },
        Format::Ordinal => match value {
            Value::Int(n) => Ok(quantity::ordinal(n)),
            _ => Err(refused("Int")),
        },
        Format::Bytes => match value {
            Value::Int(n) => Ok(quantity::bytes(n)),
            _ => Err(refused("Int")),
        },
        Format::Duration => match value {
            Value::Duration(us) => Ok(quantity::duration(us.into())),
            Value::Int(seconds) => Ok(quantity::duration(i128::from(seconds) * 1_000_000)),
            _ => Err(refused("Duration, or Int seconds")),
        },
        Format::Money(currency) => match exact(value) {
            Some(Ok(amount)) => Ok(money(amount, currency)),
            _ => Err(refused("a finite Int or Float")),
        },
        Format::Fixed(_)
        | Format::Percent(_)
        | Format::Significant(_)
        | Format::Scientific(_)
        | Format::Thousands => match exact(value) {
            Some(Ok(number)) => Ok(plain(number, format)),
            Some(Err(x)) => Ok(not_finite(x).to_owned()),
            None => Err(refused("Int or Float")),
        },
    }
}

/// The exact decimal value; the float itself where it has none; `None` for what is no number.
fn exact(value: Value) -> Option<Result<Decimal, f64>> {
    match value {
        Value::Int(n) => Some(Ok(Decimal::from_int(n))),
        Value::Float(x) => Some(Decimal::from_float(x).ok_or(x)),
        Value::DateTime(_) | Value::Duration(_) => None,
    }
}

fn not_finite(x: f64) -> &'static str {
    if x.is_nan() {
        "NaN"
    } else if x > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn plain(number: Decimal, format: &Format) -> String {
    match format {
        Format::Percent(places) => fixed(number.scaled(2), i32::from(*places)) + "%",
        Format::Fixed(places) => fixed(number, i32::from(*places)),
        Format::Significant(count) => {
            let rounded = number.rounded_to_significant(i32::from(*count));
            let places = i32::from(*count) - 1 - rounded.exponent();
            format!("{}{}{}", rounded.sign(), rounded.whole(), rounded.fraction(places))
        }
        Format::Scientific(places) => {
            let rounded = number.rounded_to_significant(i32::from(*places) + 1);
            let exponent = rounded.exponent();
            format!("{}e{exponent:+}", fixed(rounded.scaled(-exponent), i32::from(*places)))
        }
        _ => {
            let rounded = number.rounded_to_places(0);
            format!("{}{}", rounded.sign(), grouped(&rounded.whole()))
        }
    }
}

fn fixed(number: Decimal, places: i32) -> String {
    let rounded = number.rounded_to_places(places);
    format!("{}{}{}", rounded.sign(), rounded.whole(), rounded.fraction(places))
}

fn money(amount: Decimal, currency: &Currency) -> String {
    let places = currency.minor_digits();
    let rounded = amount.rounded_to_places(places);
    let (sign, whole) = (rounded.sign(), grouped(&rounded.whole()));
    format!("{} {sign}{whole}{}", currency.code(), rounded.fraction(places))
}
