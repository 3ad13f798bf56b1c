//! What a column holds, in pandas' spelling.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::interval::{Closed, Ends};
use crate::number::Number;
use crate::zone::Zone;

/// Resolution of datetimes and timedeltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TimeUnit {
    Second,
    Milli,
    Micro,
    Nano,
}

impl TimeUnit {
    /// `s`, `ms`, `us` or `ns`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Milli => "ms",
            Self::Micro => "us",
            Self::Nano => "ns",
        }
    }

    /// Ticks in one second.
    #[must_use]
    pub fn per_second(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Milli => 1_000,
            Self::Micro => 1_000_000,
            Self::Nano => 1_000_000_000,
        }
    }

    fn parse_name(name: &str) -> Option<Self> {
        [Self::Second, Self::Milli, Self::Micro, Self::Nano].into_iter().find(|unit| unit.name() == name)
    }
}

/// The type of a column's values and of its missing value.
///
/// `Display` and `FromStr` use pandas' spelling: `int64` is [`DType::INT64`], `Int64` its nullable
/// sibling [`DType::NULLABLE_INT64`], `str` reads a missing value as NaN and `string` as `<NA>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// `bool`: cannot be missing.
    Bool,
    /// `int8` … `float64`: integers cannot be missing, floats are missing as NaN.
    Number(Number),
    /// `boolean`: missing is `<NA>`.
    Boolean,
    /// `Int8` … `Float64`: missing is `<NA>`.
    Nullable(Number),
    /// `str`: missing reads as NaN.
    Str,
    /// `string`: missing is `<NA>`.
    String,
    /// `category`: codes into a column of categories; missing reads as NaN.
    Category,
    /// `datetime64[unit]` without zone: missing is NaT.
    Datetime(TimeUnit),
    /// `datetime64[unit, zone]`: points in time, as ticks in UTC, that read in local time; missing is NaT.
    Zoned(TimeUnit, Zone),
    /// `timedelta64[unit]`: missing is NaT.
    Timedelta(TimeUnit),
    /// `interval[ends, closed]`: pairs of ends; missing reads as NaN.
    Interval(Ends, Closed),
    /// `object`: any scalars, a host's values among them; None, NaN, NA and NaT stay apart.
    Object,
}

#[allow(missing_docs)]
impl DType {
    pub const INT8: Self = Self::Number(Number::Int8);
    pub const INT16: Self = Self::Number(Number::Int16);
    pub const INT32: Self = Self::Number(Number::Int32);
    pub const INT64: Self = Self::Number(Number::Int64);
    pub const UINT8: Self = Self::Number(Number::UInt8);
    pub const UINT16: Self = Self::Number(Number::UInt16);
    pub const UINT32: Self = Self::Number(Number::UInt32);
    pub const UINT64: Self = Self::Number(Number::UInt64);
    pub const FLOAT32: Self = Self::Number(Number::Float32);
    pub const FLOAT64: Self = Self::Number(Number::Float64);
    pub const NULLABLE_INT64: Self = Self::Nullable(Number::Int64);
    pub const NULLABLE_FLOAT64: Self = Self::Nullable(Number::Float64);
    pub const DATETIME_US: Self = Self::Datetime(TimeUnit::Micro);
    pub const TIMEDELTA_US: Self = Self::Timedelta(TimeUnit::Micro);
}

impl DType {
    /// The number type of a numeric dtype, nullable or not.
    #[must_use]
    pub fn number(self) -> Option<Number> {
        match self {
            Self::Number(number) | Self::Nullable(number) => Some(number),
            _ => None,
        }
    }

    /// Integers and floats, nullable or not.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        self.number().is_some()
    }

    /// Integers of any width and sign, nullable or not.
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.number().is_some_and(|number| !number.is_float())
    }

    /// Floats, nullable or not.
    #[must_use]
    pub fn is_float(self) -> bool {
        self.number().is_some_and(Number::is_float)
    }

    /// `bool` or `boolean`.
    #[must_use]
    pub fn is_bool(self) -> bool {
        matches!(self, Self::Bool | Self::Boolean)
    }

    /// `str` or `string`.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Str | Self::String)
    }

    /// Points in time, naive or zoned.
    #[must_use]
    pub fn is_datetime(self) -> bool {
        matches!(self, Self::Datetime(_) | Self::Zoned(..))
    }

    /// Points in time and differences of them: values are ticks in an `i64`, missing is NaT.
    #[must_use]
    pub fn is_time(self) -> bool {
        self.time_unit().is_some()
    }

    /// The resolution of a datetime or timedelta dtype.
    #[must_use]
    pub fn time_unit(self) -> Option<TimeUnit> {
        match self {
            Self::Datetime(unit) | Self::Zoned(unit, _) | Self::Timedelta(unit) => Some(unit),
            _ => None,
        }
    }

    /// The same kind of time in another resolution; any other dtype as it is.
    #[must_use]
    pub fn with_time_unit(self, unit: TimeUnit) -> Self {
        match self {
            Self::Datetime(_) => Self::Datetime(unit),
            Self::Zoned(_, zone) => Self::Zoned(unit, zone),
            Self::Timedelta(_) => Self::Timedelta(unit),
            other => other,
        }
    }

    /// The zone of a zoned datetime dtype.
    #[must_use]
    pub fn zone(self) -> Option<Zone> {
        match self {
            Self::Zoned(_, zone) => Some(zone),
            _ => None,
        }
    }

    /// A dtype whose missing value is `<NA>` and whose comparisons give `boolean`.
    #[must_use]
    pub fn is_nullable(self) -> bool {
        matches!(self, Self::Nullable(_) | Self::Boolean | Self::String)
    }

    /// Whether a column of this dtype can hold a missing value.
    #[must_use]
    pub fn can_be_missing(self) -> bool {
        match self {
            Self::Bool => false,
            Self::Number(number) | Self::Interval(Ends::Number(number), _) => number.is_float(),
            _ => true,
        }
    }

    /// The dtype a column takes when a missing value enters it (pandas' `reindex`, `shift`):
    /// integers and the ends of intervals of them become `float64`, `bool` becomes `object`, all others stay.
    #[must_use]
    pub fn with_missing(self) -> Self {
        match self {
            Self::Bool => Self::Object,
            Self::Number(number) if !number.is_float() => Self::FLOAT64,
            Self::Interval(ends, closed) => Self::Interval(ends.with_missing(), closed),
            other => other,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Number(number) => number.name(),
            Self::Boolean => "boolean",
            Self::Nullable(number) => number.nullable_name(),
            Self::Str => "str",
            Self::String => "string",
            Self::Category => "category",
            Self::Datetime(unit) => return write!(f, "datetime64[{}]", unit.name()),
            Self::Zoned(unit, zone) => return write!(f, "datetime64[{}, {zone}]", unit.name()),
            Self::Timedelta(unit) => return write!(f, "timedelta64[{}]", unit.name()),
            Self::Interval(ends, closed) => {
                return write!(f, "interval[{}, {}]", ends.dtype(), closed.name());
            }
            Self::Object => "object",
        })
    }
}

impl FromStr for DType {
    type Err = Error;

    /// Reads pandas' spelling, with the aliases `int`, `float` and `O`.
    ///
    /// # Errors
    /// `TypeError` as in pandas for a name that is no dtype; `NotImplementedError` for dtypes of
    /// pandas that this crate does not hold (periods, complex and half floats).
    fn from_str(name: &str) -> Result<Self, Error> {
        let simple = match name {
            "bool" => Some(Self::Bool),
            "boolean" => Some(Self::Boolean),
            "str" => Some(Self::Str),
            "string" => Some(Self::String),
            "category" => Some(Self::Category),
            "object" | "O" => Some(Self::Object),
            "int" => Some(Self::INT64),
            "float" => Some(Self::FLOAT64),
            _ => None,
        };
        let numeric = || {
            Number::ALL.into_iter().find_map(|number| match name {
                _ if name == number.name() => Some(Self::Number(number)),
                _ if name == number.nullable_name() => Some(Self::Nullable(number)),
                _ => None,
            })
        };
        if let Some(dtype) = simple.or_else(numeric) {
            return Ok(dtype);
        }
        if let Some((kind, unit)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            if let ("datetime64" | "M8", Some((unit, zone))) = (kind, unit.split_once(','))
                && let (Some(unit), Ok(zone)) = (TimeUnit::parse_name(unit.trim()), zone.trim().parse())
            {
                return Ok(Self::Zoned(unit, zone));
            }
            if let ("interval", Some((ends, closed))) = (kind, unit.rsplit_once(',')) {
                let ends = Ends::of(ends.trim().parse()?);
                let interval = ends.zip(Closed::parse_name(closed.trim()));
                return interval.map(|(ends, closed)| Self::Interval(ends, closed)).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Type,
                        "category, object, and string subtypes are not supported for IntervalDtype",
                    )
                });
            }
            match (kind, TimeUnit::parse_name(unit)) {
                ("datetime64" | "M8", Some(unit)) => return Ok(Self::Datetime(unit)),
                ("timedelta64" | "m8", Some(unit)) => return Ok(Self::Timedelta(unit)),
                ("datetime64" | "M8", _) => {
                    let message = format!("Invalid datetime unit in metadata string \"[{unit}]\"");
                    return Err(Error::new(ErrorKind::Type, message));
                }
                ("period" | "Sparse", _) => return Err(not_held(name)),
                _ => {}
            }
        }
        match name {
            "float16" | "complex64" | "complex128" => Err(not_held(name)),
            _ => Err(Error::new(ErrorKind::Type, format!("data type '{name}' not understood"))),
        }
    }
}

fn not_held(name: &str) -> Error {
    Error::new(ErrorKind::NotImplemented, format!("dtype '{name}' is not supported"))
}
