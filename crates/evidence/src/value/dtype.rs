//! Dtypes in the reference's own spelling.

use std::fmt;

/// A dtype: its spelling, as pandas, numpy, PyTorch or CPython writes it, and what its cells are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dtype {
    name: String,
    kind: Kind,
    missing: Missing,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer of a range, both ends included.
    Integer {
        /// The smallest.
        min: i128,
        /// The largest.
        max: i128,
    },
    /// A binary floating-point number.
    Float(FloatFormat),
    /// A text.
    Text,
    /// Anything, tagged where JSON cannot tell.
    Object,
    /// A point in time, counted from 1970-01-01 in a unit; in UTC where the dtype has a time zone.
    Datetime {
        /// What is counted.
        unit: Unit,
        /// Whether the dtype has a time zone.
        zoned: bool,
    },
    /// A duration, counted in a unit.
    Timedelta {
        /// What is counted.
        unit: Unit,
    },
    /// A code into categories.
    Category,
    /// Nothing but `None`: CPython's `NoneType`, for scalars.
    Nothing,
}

/// The format of a floating-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// IEEE binary16.
    F16,
    /// The upper half of a binary32.
    Bf16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

/// What `null` means in a column of the dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is no missing value: `null` is malformed.
    Refused,
    /// It is NaN: numpy's floats.
    Nan,
    /// It is a value beside all others: NA or NaT.
    Own,
}

/// The resolution of a point in time or a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

impl Unit {
    /// How many make a second.
    pub fn per_second(self) -> i64 {
        match self {
            Unit::S => 1,
            Unit::Ms => 1_000,
            Unit::Us => 1_000_000,
            Unit::Ns => 1_000_000_000,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "s" => Unit::S,
            "ms" => Unit::Ms,
            "us" => Unit::Us,
            "ns" => Unit::Ns,
            _ => return None,
        })
    }
}

/// CPython's integers have no end; what a value can hold does.
const PYTHON_INT: Kind = Kind::Integer { min: i128::MIN, max: i128::MAX };

impl Dtype {
    /// Every spelling that is known, for errors.
    pub const KNOWN: &str = "bool, int8..int64, uint8..uint64, float16..float64, boolean, Int8..Int64, \
        UInt8..UInt64, Float32, Float64, str, string, object, category, datetime64[UNIT], datetime64[UNIT, ZONE], \
        timedelta64[UNIT], int, float, NoneType, torch.bool, torch.int8..int64, torch.uint8..uint64, \
        torch.float16..float64, torch.bfloat16";

    /// The dtype of a spelling; `None` for one that is not known.
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, missing) = match name {
            "object" => (Kind::Object, Missing::Refused),
            "category" => (Kind::Category, Missing::Own),
            "str" | "string" => (Kind::Text, Missing::Own),
            "int" => (PYTHON_INT, Missing::Refused),
            "float" => (Kind::Float(FloatFormat::F64), Missing::Refused),
            "NoneType" => (Kind::Nothing, Missing::Refused),
            "boolean" => (Kind::Bool, Missing::Own),
            "Float32" => (Kind::Float(FloatFormat::F32), Missing::Own),
            "Float64" => (Kind::Float(FloatFormat::F64), Missing::Own),
            "torch.bfloat16" => (Kind::Float(FloatFormat::Bf16), Missing::Refused),
            _ => parse_family(name)?,
        };
        Some(Dtype { name: name.to_string(), kind, missing })
    }

    /// The spelling.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its cells hold.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What `null` means in it.
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// Whether it is one of PyTorch's.
    pub fn is_torch(&self) -> bool {
        self.name.starts_with("torch.")
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn parse_family(name: &str) -> Option<(Kind, Missing)> {
    if let Some(inner) = name.strip_prefix("torch.") {
        // PyTorch has no missing values.
        return parse_number(inner).map(|kind| (kind, Missing::Refused));
    }
    if let Some(inner) = name.strip_prefix("datetime64[").and_then(|rest| rest.strip_suffix(']')) {
        let (unit, zone) = match inner.split_once(", ") {
            None => (inner, None),
            Some((unit, zone)) => (unit, Some(zone)),
        };
        if zone.is_some_and(str::is_empty) {
            return None;
        }
        return Some((Kind::Datetime { unit: Unit::parse(unit)?, zoned: zone.is_some() }, Missing::Own));
    }
    if let Some(inner) = name.strip_prefix("timedelta64[").and_then(|rest| rest.strip_suffix(']')) {
        return Some((Kind::Timedelta { unit: Unit::parse(inner)? }, Missing::Own));
    }
    if name.starts_with(['I', 'U']) {
        let lower = name.strip_prefix("UInt").map(|bits| format!("uint{bits}"));
        let lower = lower.or_else(|| name.strip_prefix("Int").map(|bits| format!("int{bits}")))?;
        return parse_number(&lower).map(|kind| (kind, Missing::Own));
    }
    let kind = parse_number(name)?;
    let missing = if matches!(kind, Kind::Float(_)) { Missing::Nan } else { Missing::Refused };
    Some((kind, missing))
}

fn parse_number(name: &str) -> Option<Kind> {
    let signed = |bits: u32| Kind::Integer { min: -(1i128 << (bits - 1)), max: (1i128 << (bits - 1)) - 1 };
    let unsigned = |bits: u32| Kind::Integer { min: 0, max: (1i128 << bits) - 1 };
    Some(match name {
        "bool" => Kind::Bool,
        "int8" => signed(8),
        "int16" => signed(16),
        "int32" => signed(32),
        "int64" => signed(64),
        "uint8" => unsigned(8),
        "uint16" => unsigned(16),
        "uint32" => unsigned(32),
        "uint64" => unsigned(64),
        "float16" => Kind::Float(FloatFormat::F16),
        "float32" => Kind::Float(FloatFormat::F32),
        "float64" => Kind::Float(FloatFormat::F64),
        _ => return None,
    })
}

impl FloatFormat {
    /// The number in this format, if it is one: exactly for the half formats, rounded for `F32`, whose numbers are
    /// often written with the nine digits that suffice. `None` where rounding would overflow or a half is inexact.
    pub fn round(self, value: f64) -> Option<f64> {
        if !value.is_finite() || value == 0.0 {
            return Some(value);
        }
        match self {
            FloatFormat::F64 => Some(value),
            FloatFormat::F32 => {
                let narrow = value as f32;
                narrow.is_finite().then_some(f64::from(narrow))
            }
            FloatFormat::F16 => on_grid(value, 11, -14, 65_504.0),
            FloatFormat::Bf16 => on_grid(value, 8, -126, 3.3895313892515355e38),
        }
    }
}

/// The value, if a format of that many significant bits, smallest normal exponent and largest number holds it.
fn on_grid(value: f64, precision: i32, exponent_min: i32, max: f64) -> Option<f64> {
    let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let step_exponent = exponent.max(exponent_min) - (precision - 1);
    let step = f64::from_bits(((step_exponent + 1023).max(1) as u64) << 52);
    ((value / step).fract() == 0.0 && value.abs() <= max).then_some(value)
}
