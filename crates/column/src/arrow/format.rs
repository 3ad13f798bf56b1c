//! Format strings of the interface: the types of Arrow.

use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::zone::Zone;

/// A type of Arrow that columns can be made from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Format {
    Null,
    Bool,
    Number(Number),
    /// Texts with 32-bit offsets.
    Text,
    /// Texts with 64-bit offsets.
    LargeText,
    /// Texts as views.
    TextView,
    Bytes,
    LargeBytes,
    /// Bytes of one width.
    FixedBytes(usize),
    Timestamp(TimeUnit, Option<Zone>),
    Duration(TimeUnit),
    /// Days since 1970.
    Date32,
    /// Milliseconds since 1970.
    Date64,
    /// Time of day.
    Time32(TimeUnit),
    Time64(TimeUnit),
    /// 128 bits, and the digits behind the point.
    Decimal {
        scale: i32,
    },
    List,
    LargeList,
    Struct,
}

impl Format {
    /// Reads a format string.
    ///
    /// # Errors
    /// `NotImplementedError` for a type that is not held, by its format string.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let unit = |letter: &str| {
            Some(match letter {
                "s" => TimeUnit::Second,
                "m" => TimeUnit::Milli,
                "u" => TimeUnit::Micro,
                "n" => TimeUnit::Nano,
                _ => return None,
            })
        };
        let unsupported =
            || Error::not_implemented(format!("lumen.pandas: from_arrow of the Arrow format '{text}'"));
        if let Some((letter, zone)) = text.strip_prefix("ts").and_then(|rest| rest.split_once(':')) {
            let zone = if zone.is_empty() { None } else { Some(zone.parse()?) };
            return Ok(Self::Timestamp(unit(letter).ok_or_else(unsupported)?, zone));
        }
        if let Some(letter) = text.strip_prefix("tD") {
            return unit(letter).map(Self::Duration).ok_or_else(unsupported);
        }
        if let Some(width) = text.strip_prefix("w:") {
            return width.parse().map(Self::FixedBytes).map_err(|_| unsupported());
        }
        if let Some(digits) = text.strip_prefix("d:") {
            let parts: Vec<&str> = digits.split(',').collect();
            return match parts[..] {
                [_, scale] | [_, scale, "128"] => {
                    let scale = scale.parse().ok().filter(|scale| (-38..=38).contains(scale));
                    scale.map(|scale| Self::Decimal { scale }).ok_or_else(unsupported)
                }
                _ => Err(unsupported()),
            };
        }
        Ok(match text {
            "n" => Self::Null,
            "b" => Self::Bool,
            "c" => Self::Number(Number::Int8),
            "C" => Self::Number(Number::UInt8),
            "s" => Self::Number(Number::Int16),
            "S" => Self::Number(Number::UInt16),
            "i" => Self::Number(Number::Int32),
            "I" => Self::Number(Number::UInt32),
            "l" => Self::Number(Number::Int64),
            "L" => Self::Number(Number::UInt64),
            "f" => Self::Number(Number::Float32),
            "g" => Self::Number(Number::Float64),
            "u" => Self::Text,
            "U" => Self::LargeText,
            "vu" => Self::TextView,
            "z" => Self::Bytes,
            "Z" => Self::LargeBytes,
            "tdD" => Self::Date32,
            "tdm" => Self::Date64,
            "tts" => Self::Time32(TimeUnit::Second),
            "ttm" => Self::Time32(TimeUnit::Milli),
            "ttu" => Self::Time64(TimeUnit::Micro),
            "ttn" => Self::Time64(TimeUnit::Nano),
            "+l" => Self::List,
            "+L" => Self::LargeList,
            "+s" => Self::Struct,
            _ => return Err(unsupported()),
        })
    }

    /// Buffers that an array of this type has.
    pub(super) fn buffer_count(&self) -> i64 {
        match self {
            Self::Null => 0,
            Self::Struct => 1,
            Self::Text | Self::LargeText | Self::Bytes | Self::LargeBytes => 3,
            _ => 2,
        }
    }
}

/// The format string that a dtype is exported under; indices of a category are those of its codes.
pub(super) fn format_of(dtype: DType) -> Option<String> {
    let number = |number: Number| match number {
        Number::Int8 => "c",
        Number::UInt8 => "C",
        Number::Int16 => "s",
        Number::UInt16 => "S",
        Number::Int32 => "i",
        Number::UInt32 => "I",
        Number::Int64 => "l",
        Number::UInt64 => "L",
        Number::Float32 => "f",
        Number::Float64 => "g",
    };
    let unit = |unit: TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Milli => "m",
        TimeUnit::Micro => "u",
        TimeUnit::Nano => "n",
    };
    Some(match dtype {
        DType::Bool | DType::Boolean => "b".to_owned(),
        DType::Number(kind) | DType::Nullable(kind) => number(kind).to_owned(),
        DType::Str | DType::String => "U".to_owned(),
        DType::Datetime(resolution) => format!("ts{}:", unit(resolution)),
        DType::Zoned(resolution, zone) => {
            let name = zone.name();
            // Arrow names offsets without Python's `UTC` in front.
            let offset = zone.fixed_offset_seconds().is_some() && name != "UTC";
            format!("ts{}:{}", unit(resolution), if offset { name.trim_start_matches("UTC") } else { name })
        }
        DType::Timedelta(resolution) => format!("tD{}", unit(resolution)),
        DType::Category | DType::Interval(..) | DType::Object => return None,
    })
}
