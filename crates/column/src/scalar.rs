//! One value, and its identity as a key.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::calendar;
use crate::dtype::TimeUnit;
use crate::error::{Error, Result};
use crate::float_text::float_repr;
use crate::foreign::Opaque;
use crate::interval::{Closed, Interval};
use crate::zone::{Zone, offset_text};

/// One value of a column, or a label. The four missing values of pandas stay apart: [`Scalar::None`],
/// NaN (a [`Scalar::Float`]), [`Scalar::NA`] and [`Scalar::NaT`].
///
/// `==` compares what the value is: NaN equals NaN, `1` and `1.0` differ, −0.0 and 0.0 differ. For
/// Python's equality of keys (`1`, `1.0` and `True` are one) use [`Scalar::key`].
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Scalar {
    None,
    NA,
    NaT,
    Bool(bool),
    Int(i64),
    /// Only above `i64::MAX`; smaller values are [`Scalar::Int`].
    UInt(u64),
    /// An integer beyond 64 bits as canonical decimal digits.
    Big(Arc<str>),
    Float(f64),
    Str(Arc<str>),
    /// Ticks since 1970-01-01 00:00.
    Datetime(i64, TimeUnit),
    /// Ticks since 1970-01-01 00:00 in UTC, read in local time.
    Zoned(i64, TimeUnit, Zone),
    Timedelta(i64, TimeUnit),
    /// Ends and which of them belong to it.
    Interval(Arc<Interval>),
    Tuple(Arc<[Scalar]>),
    List(Arc<[Scalar]>),
    /// A value of the host.
    Opaque(Opaque),
}

impl Scalar {
    /// NaN.
    pub const NAN: Self = Self::Float(f64::NAN);

    /// A string.
    #[must_use]
    pub fn str(text: impl AsRef<str>) -> Self {
        Self::Str(Arc::from(text.as_ref()))
    }

    /// None, NaN, NA or NaT.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self {
            Self::None | Self::NA | Self::NaT => true,
            Self::Float(value) => value.is_nan(),
            Self::Opaque(value) => value.get().is_missing(),
            _ => false,
        }
    }

    /// The string inside.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number inside as `f64`; booleans count as 0 and 1.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Int(value) => Some(*value as f64),
            Self::UInt(value) => Some(*value as f64),
            Self::Big(digits) => digits.parse().ok(),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer inside; booleans count as 0 and 1, floats are no integers.
    #[must_use]
    pub fn as_i128(&self) -> Option<i128> {
        match self {
            Self::Bool(value) => Some(i128::from(*value)),
            Self::Int(value) => Some(i128::from(*value)),
            Self::UInt(value) => Some(i128::from(*value)),
            Self::Big(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The Python class of the value as error messages name it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::NA => "NAType",
            Self::NaT => "NaTType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::UInt(_) | Self::Big(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Datetime(..) | Self::Zoned(..) => "Timestamp",
            Self::Timedelta(..) => "Timedelta",
            Self::Interval(_) => "Interval",
            Self::Tuple(_) => "tuple",
            Self::List(_) => "list",
            Self::Opaque(value) => value.get().type_name(),
        }
    }

    /// The class as `repr(type(value))` names it.
    pub(crate) fn qualified_type_name(&self) -> &'static str {
        match self {
            Self::NA => "pandas.api.typing.NAType",
            Self::NaT => "pandas.api.typing.NaTType",
            Self::Datetime(..) | Self::Zoned(..) => "pandas.Timestamp",
            Self::Timedelta(..) => "pandas.Timedelta",
            Self::Interval(_) => "pandas.Interval",
            other => other.type_name(),
        }
    }

    /// The value as a hash key with Python's equality.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(match self {
            Self::None => KeyPart::None,
            Self::NA => KeyPart::NA,
            Self::NaT => KeyPart::NaT,
            Self::Bool(value) => KeyPart::Int(i128::from(*value)),
            Self::Int(value) => KeyPart::Int(i128::from(*value)),
            Self::UInt(value) => KeyPart::Int(i128::from(*value)),
            Self::Big(digits) => match digits.parse() {
                Ok(value) => KeyPart::Int(value),
                Err(_) => KeyPart::Big(Arc::clone(digits)),
            },
            Self::Float(value) => float_key(*value),
            Self::Str(text) => KeyPart::Str(Arc::clone(text)),
            Self::Datetime(ticks, unit) => KeyPart::Datetime(nanoseconds(*ticks, *unit)),
            Self::Timedelta(ticks, unit) => KeyPart::Timedelta(nanoseconds(*ticks, *unit)),
            Self::Interval(interval) => KeyPart::Interval(Box::new(interval.key())),
            Self::Tuple(items) => KeyPart::Tuple(items.iter().map(Self::key).collect()),
            Self::List(items) => KeyPart::List(items.iter().map(Self::key).collect()),
            Self::Zoned(ticks, unit, _) => KeyPart::Zoned(nanoseconds(*ticks, *unit)),
            Self::Opaque(value) => KeyPart::Opaque(value.clone()),
        })
    }

    /// Refuses what Python's dictionaries refuse as a key.
    ///
    /// # Errors
    /// `TypeError`: unhashable type.
    pub fn expect_hashable(&self) -> Result<()> {
        match self {
            Self::Tuple(items) => items.iter().try_for_each(Self::expect_hashable),
            Self::Opaque(value) if value.get().hash().is_some() => Ok(()),
            Self::List(_) | Self::Opaque(_) => {
                Err(Error::type_error(format!("unhashable type: '{}'", self.type_name())))
            }
            _ => Ok(()),
        }
    }

    /// Python's `==`, read as a truth: `1`, `1.0` and `True` are equal, NaN and NaT equal nothing; a host's value answers
    /// for itself.
    ///
    /// # Errors
    /// The host's.
    pub fn equals(&self, other: &Self) -> Result<bool> {
        match (self, other) {
            (Self::Opaque(value), other) | (other, Self::Opaque(value)) => value.get().equals(other),
            (Self::Float(value), _) | (_, Self::Float(value)) if value.is_nan() => Ok(false),
            (Self::NaT, _) | (_, Self::NaT) => Ok(false),
            _ => Ok(self.key() == other.key()),
        }
    }

    /// Python's `bool`: zero, what is empty and None are false.
    ///
    /// # Errors
    /// `TypeError` for NA; the host's.
    pub fn truth(&self) -> Result<bool> {
        Ok(match self {
            Self::None => false,
            Self::NA => return Err(Error::type_error("boolean value of NA is ambiguous")),
            Self::Str(text) => !text.is_empty(),
            Self::Tuple(items) | Self::List(items) => !items.is_empty(),
            Self::Timedelta(ticks, _) => *ticks != 0,
            Self::Opaque(value) => value.get().truth()?,
            other => other.as_f64() != Some(0.0),
        })
    }

    /// Python's order of two values; `None` where Python refuses to compare, or a value is missing.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => Some(a.cmp(b)),
            (Self::Datetime(a, unit_a), Self::Datetime(b, unit_b))
            | (Self::Timedelta(a, unit_a), Self::Timedelta(b, unit_b)) => {
                Some(nanoseconds(*a, *unit_a).cmp(&nanoseconds(*b, *unit_b)))
            }
            (Self::Zoned(a, unit_a, _), Self::Zoned(b, unit_b, _)) => {
                Some(nanoseconds(*a, *unit_a).cmp(&nanoseconds(*b, *unit_b)))
            }
            (Self::Interval(a), Self::Interval(b)) => a.compare(b),
            (Self::Opaque(value), other) => value.get().order(other),
            (other, Self::Opaque(value)) => value.get().order(other).map(Ordering::reverse),
            (Self::Tuple(a), Self::Tuple(b)) | (Self::List(a), Self::List(b)) => {
                for (x, y) in a.iter().zip(b.iter()) {
                    match x.compare(y)? {
                        Ordering::Equal => {}
                        unequal => return Some(unequal),
                    }
                }
                Some(a.len().cmp(&b.len()))
            }
            _ => match (self.as_i128(), other.as_i128()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => self.as_f64()?.partial_cmp(&other.as_f64()?),
            },
        }
    }

    /// Python's `repr`: strings quoted, floats in shortest form.
    #[must_use]
    pub fn repr(&self) -> String {
        match self {
            Self::Str(text) => quote(text),
            Self::Opaque(value) => value.get().repr(),
            other => other.to_string(),
        }
    }
}

fn nanoseconds(ticks: i64, unit: TimeUnit) -> i128 {
    i128::from(ticks) * i128::from(1_000_000_000 / unit.per_second())
}

/// Ticks of the clock on the wall.
pub(crate) fn local_ticks(ticks: i64, unit: TimeUnit, zone: Zone) -> i64 {
    let offset = i64::from(zone.offset_seconds(ticks.div_euclid(unit.per_second())));
    ticks.saturating_add(offset * unit.per_second())
}

fn float_key(value: f64) -> KeyPart {
    // 2^127 bounds the floats that are exact in i128.
    if value.is_nan() {
        KeyPart::Nan
    } else if value.fract() == 0.0 && value.abs() < 1.7e38 {
        KeyPart::Int(value as i128)
    } else {
        KeyPart::Float(value.to_bits())
    }
}

/// Python's quoting: single quotes unless the text holds one and no double quote.
fn quote(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == mark => {
                out.push('\\');
                out.push(c);
            }
            _ if c.is_control() && (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push(mark);
    out
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) | (Self::NA, Self::NA) | (Self::NaT, Self::NaT) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Self::Big(a), Self::Big(b)) | (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Datetime(a, unit_a), Self::Datetime(b, unit_b))
            | (Self::Timedelta(a, unit_a), Self::Timedelta(b, unit_b)) => a == b && unit_a == unit_b,
            (Self::Zoned(a, unit_a, zone_a), Self::Zoned(b, unit_b, zone_b)) => {
                a == b && unit_a == unit_b && zone_a == zone_b
            }
            (Self::Tuple(a), Self::Tuple(b)) | (Self::List(a), Self::List(b)) => a == b,
            (Self::Interval(a), Self::Interval(b)) => a == b,
            (Self::Opaque(a), Self::Opaque(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Scalar {}

/// A scalar's identity in hash tables and labels: `1`, `1.0` and `True` are one key, NaN equals NaN,
/// and None, NaN, NA and NaT are four keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(KeyPart);

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyPart {
    None,
    Nan,
    NA,
    NaT,
    Int(i128),
    Big(Arc<str>),
    Float(u64),
    Str(Arc<str>),
    Datetime(i128),
    Zoned(i128),
    Timedelta(i128),
    Interval(Box<(Key, Key, Closed)>),
    Tuple(Box<[Key]>),
    List(Box<[Key]>),
    Opaque(Opaque),
}

impl Hash for KeyPart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::None | Self::Nan | Self::NA | Self::NaT => {}
            Self::Int(value) | Self::Datetime(value) | Self::Zoned(value) | Self::Timedelta(value) => {
                value.hash(state);
            }
            Self::Interval(parts) => parts.hash(state),
            Self::Opaque(value) => value.hash(state),
            Self::Big(text) | Self::Str(text) => text.hash(state),
            Self::Float(bits) => bits.hash(state),
            Self::Tuple(keys) | Self::List(keys) => keys.hash(state),
        }
    }
}

impl fmt::Display for Scalar {
    /// Python's `str`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::NA => f.write_str("<NA>"),
            Self::NaT => f.write_str("NaT"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Big(digits) => f.write_str(digits),
            Self::Float(value) => f.write_str(&float_repr(*value)),
            Self::Str(text) => f.write_str(text),
            Self::Datetime(ticks, unit) => f.write_str(&calendar::datetime_text(*ticks, *unit, ' ')),
            Self::Zoned(ticks, unit, zone) => {
                let offset = zone.offset_seconds(ticks.div_euclid(unit.per_second()));
                f.write_str(&calendar::datetime_text(local_ticks(*ticks, *unit, *zone), *unit, ' '))?;
                f.write_str(&offset_text(offset, true))
            }
            Self::Timedelta(ticks, unit) => f.write_str(&calendar::timedelta_text(*ticks, *unit)),
            Self::Interval(interval) => interval.fmt(f),
            Self::Opaque(value) => f.write_str(&value.get().text()),
            Self::Tuple(items) => {
                let inner: Vec<String> = items.iter().map(Self::repr).collect();
                write!(f, "({}{})", inner.join(", "), if inner.len() == 1 { "," } else { "" })
            }
            Self::List(items) => {
                let inner: Vec<String> = items.iter().map(Self::repr).collect();
                write!(f, "[{}]", inner.join(", "))
            }
        }
    }
}

macro_rules! from_value {
    ($($type:ty, $value:ident => $scalar:expr;)*) => {
        $(impl From<$type> for Scalar {
            fn from($value: $type) -> Self {
                $scalar
            }
        })*
    };
}

from_value! {
    bool, value => Self::Bool(value);
    i32, value => Self::Int(i64::from(value));
    i64, value => Self::Int(value);
    u64, value => i64::try_from(value).map_or(Self::UInt(value), Self::Int);
    f64, value => Self::Float(value);
    &str, value => Self::str(value);
    String, value => Self::Str(value.into());
    i128, value => match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => Self::Int(value),
        (_, Ok(value)) => Self::UInt(value),
        _ => Self::Big(value.to_string().into()),
    };
}
