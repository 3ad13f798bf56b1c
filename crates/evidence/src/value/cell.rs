//! One cell: what it holds, how it is read and written under a dtype.

use super::dtype::{Dtype, Kind, Missing};
use super::time::{instant_text, normal_instant, parse_instant};
use crate::json::{INTEGER_MAX, Json};
use crate::place::{Malformed, Place};

/// What stands in one place of a column. Which variants may stand there is the dtype's business; [`Cell::None`],
/// [`Cell::Na`], [`Cell::Nat`] and the tagged ones occur in dtype `object` alone.
#[derive(Clone, Debug)]
pub enum Cell {
    /// The dtype's own missing value, text `null`. A float column of numpy holds `Float(NaN)` instead.
    Missing,
    /// Python's `None`; text `{"$":"None"}`, or `null` where a name stands.
    None,
    /// `pandas.NA`; text `{"$":"NA"}`.
    Na,
    /// `pandas.NaT`; text `{"$":"NaT"}`.
    Nat,
    /// `true` or `false`.
    Bool(bool),
    /// An integer, or a category's code. Beyond 2^53 a string; in `object` `{"$int":"..."}`.
    Integer(i128),
    /// A float. Text of NaN, infinities and negative zero: `"NaN"`, `"inf"`, `"-inf"`, `"-0.0"`, in `object` under the
    /// tag `$`. A whole float in `object` is `{"$float":1}`, for `1` is an integer there.
    Float(f64),
    /// A text.
    Text(String),
    /// In a column of points in time or durations: how many units of the dtype, in UTC where it has a zone.
    Ticks(i64),
    /// In `object`: a `pandas.Timestamp` as ISO 8601 text, `{"$datetime":"..."}`. Fitting and reading bring it to one
    /// form: a fraction of 3, 6 or 9 digits where there is one, an offset as `+HH:MM`.
    Datetime(String),
    /// In `object`: a `pandas.Timedelta` in microseconds, `{"$timedelta":n}`.
    Timedelta(i64),
    /// In `object`: a tuple, `{"$tuple":[...]}`.
    Tuple(Vec<Cell>),
    /// In `object`: a list, `[...]`.
    List(Vec<Cell>),
}

/// Identity: floats by their bits, NaN equal to NaN.
impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Cell::Missing, Cell::Missing)
            | (Cell::None, Cell::None)
            | (Cell::Na, Cell::Na)
            | (Cell::Nat, Cell::Nat) => true,
            (Cell::Bool(a), Cell::Bool(b)) => a == b,
            (Cell::Integer(a), Cell::Integer(b)) => a == b,
            (Cell::Float(a), Cell::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Cell::Text(a), Cell::Text(b)) | (Cell::Datetime(a), Cell::Datetime(b)) => a == b,
            (Cell::Ticks(a), Cell::Ticks(b)) | (Cell::Timedelta(a), Cell::Timedelta(b)) => a == b,
            (Cell::Tuple(a), Cell::Tuple(b)) | (Cell::List(a), Cell::List(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Cell {}

impl Cell {
    /// Whether it is missing in any sense: `isna` of pandas.
    pub fn is_missing(&self) -> bool {
        match self {
            Cell::Missing | Cell::None | Cell::Na | Cell::Nat => true,
            Cell::Float(value) => value.is_nan(),
            _ => false,
        }
    }

    /// The cell as a column of the dtype holds it, or the cell that such a column cannot hold: the one rule for
    /// readers and for code that builds columns.
    pub fn fit(self, dtype: &Dtype) -> Result<Cell, Cell> {
        let all = |items: Vec<Cell>| items.into_iter().map(|item| item.fit(dtype)).collect::<Result<_, _>>();
        match (dtype.kind(), self) {
            (Kind::Object, cell @ (Cell::Missing | Cell::Ticks(_))) => Err(cell),
            (Kind::Object, Cell::Datetime(text)) => match normal_instant(&text) {
                Some(text) => Ok(Cell::Datetime(text)),
                None => Err(Cell::Datetime(text)),
            },
            (Kind::Object, Cell::Tuple(items)) => all(items).map(Cell::Tuple),
            (Kind::Object, Cell::List(items)) => all(items).map(Cell::List),
            (Kind::Object, cell) => Ok(cell),
            (_, Cell::Missing) => match dtype.missing() {
                Missing::Refused => Err(Cell::Missing),
                Missing::Nan => Ok(Cell::Float(f64::NAN)),
                Missing::Own => Ok(Cell::Missing),
            },
            (Kind::Bool, cell @ Cell::Bool(_)) | (Kind::Text, cell @ Cell::Text(_)) => Ok(cell),
            (Kind::Nothing, Cell::None) => Ok(Cell::None),
            (Kind::Integer { min, max }, Cell::Integer(value)) if min <= value && value <= max => {
                Ok(Cell::Integer(value))
            }
            (Kind::Float(format), Cell::Float(value)) => {
                format.round(value).map(Cell::Float).ok_or(Cell::Float(value))
            }
            (Kind::Datetime { .. } | Kind::Timedelta { .. }, cell @ Cell::Ticks(_)) => Ok(cell),
            (Kind::Category, Cell::Integer(code)) if code >= 0 => Ok(Cell::Integer(code)),
            (_, cell) => Err(cell),
        }
    }

    pub(super) fn read(json: &Json, dtype: &Dtype, place: &Place<'_>) -> Result<Cell, Malformed> {
        let cell = match dtype.kind() {
            Kind::Object => {
                return read_object(json, place).and_then(|cell| {
                    cell.fit(dtype).map_err(|_| place.unexpected("a cell of dtype object", json))
                });
            }
            Kind::Nothing => json.is_null().then_some(Cell::None),
            _ if json.is_null() => Some(Cell::Missing),
            Kind::Bool => json.as_bool().map(Cell::Bool),
            Kind::Integer { .. } | Kind::Category => parse_integer(json).map(Cell::Integer),
            Kind::Float(_) => parse_float(json).map(Cell::Float),
            Kind::Text => json.as_str().map(|text| Cell::Text(text.to_string())),
            Kind::Datetime { unit, zoned } => {
                json.as_str().and_then(|text| parse_instant(text, unit, zoned)).map(Cell::Ticks)
            }
            Kind::Timedelta { .. } => {
                parse_integer(json).and_then(|ticks| i64::try_from(ticks).ok()).map(Cell::Ticks)
            }
        };
        cell.and_then(|cell| cell.fit(dtype).ok()).ok_or_else(|| place.unexpected(expected(dtype), json))
    }

    /// Reads a cell of dtype `object`, such as a parameter that pandas takes any scalar for.
    pub fn from_json(json: &Json, place: &Place<'_>) -> Result<Cell, Malformed> {
        read_object(json, place)
    }

    /// The cell as JSON, as in a column of dtype `object`.
    pub fn to_json(&self) -> Json {
        self.write_object()
    }

    /// A name of an index or a series: a cell of dtype `object`, where `null` says that there is none.
    pub(crate) fn read_name(json: &Json, place: &Place<'_>) -> Result<Cell, Malformed> {
        if json.is_null() { Ok(Cell::None) } else { read_object(json, place) }
    }

    pub(crate) fn write_name(&self) -> Json {
        if *self == Cell::None { Json::Null } else { self.write_object() }
    }

    pub(crate) fn write(&self, dtype: &Dtype) -> Json {
        match (self, dtype.kind()) {
            (cell, Kind::Object) => cell.write_object(),
            (Cell::None, Kind::Nothing) => Json::Null,
            (Cell::Float(value), _) if value.is_nan() && dtype.missing() == Missing::Nan => Json::Null,
            (Cell::Float(value), kind) => write_float(*value, kind),
            (Cell::Ticks(ticks), Kind::Datetime { unit, zoned }) => {
                Json::String(instant_text(*ticks, unit, zoned))
            }
            (Cell::Ticks(ticks), _) => write_integer(i128::from(*ticks)),
            (Cell::Integer(value), _) => write_integer(*value),
            (cell, _) => cell.write_object(),
        }
    }

    pub(crate) fn write_object(&self) -> Json {
        let tagged = |tag: &str, value: Json| Json::Object([(tag.to_string(), value)].into_iter().collect());
        let list = |items: &[Cell]| Json::Array(items.iter().map(Cell::write_object).collect());
        match self {
            Cell::Missing => Json::Null,
            Cell::None => tagged("$", "None".into()),
            Cell::Na => tagged("$", "NA".into()),
            Cell::Nat => tagged("$", "NaT".into()),
            Cell::Bool(value) => Json::Bool(*value),
            Cell::Integer(value) => match write_integer(*value) {
                text @ Json::String(_) => tagged("$int", text),
                number => number,
            },
            Cell::Float(value) => match write_float(*value, Kind::Object) {
                text @ Json::String(_) => tagged("$", text),
                number if value.fract() == 0.0 => tagged("$float", number),
                number => number,
            },
            Cell::Text(text) => Json::String(text.clone()),
            Cell::Ticks(ticks) => write_integer(i128::from(*ticks)),
            Cell::Datetime(text) => tagged("$datetime", text.clone().into()),
            Cell::Timedelta(microseconds) => tagged("$timedelta", write_integer(i128::from(*microseconds))),
            Cell::Tuple(items) => tagged("$tuple", list(items)),
            Cell::List(items) => list(items),
        }
    }
}

/// What a dtype's cell looks like, for errors.
fn expected(dtype: &Dtype) -> String {
    let what = match dtype.kind() {
        Kind::Bool => "true or false",
        Kind::Integer { .. } => "an integer in range, as a string beyond 2^53",
        Kind::Float(_) => "a number of that format, \"NaN\", \"inf\", \"-inf\" or \"-0.0\"",
        Kind::Text => "a text",
        Kind::Object => "a cell",
        Kind::Datetime { zoned: false, .. } => {
            "an ISO 8601 date and time without offset, no finer than the unit"
        }
        Kind::Datetime { zoned: true, .. } => "an ISO 8601 date and time with offset, no finer than the unit",
        Kind::Timedelta { .. } => "a count of the unit",
        Kind::Category => "a code",
        Kind::Nothing => "null",
    };
    let missing = if dtype.missing() == Missing::Refused { "" } else { ", or null" };
    format!("{what}{missing} ({dtype})")
}

fn parse_integer(json: &Json) -> Option<i128> {
    match json {
        Json::Number(number) => {
            let value = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))?;
            (value.unsigned_abs() <= u128::from(INTEGER_MAX)).then_some(value)
        }
        // One text for one integer: no sign before a positive one, no leading zero, none that fits a number.
        Json::String(text) => {
            let value: i128 = text.parse().ok()?;
            (value.unsigned_abs() > u128::from(INTEGER_MAX) && value.to_string() == *text).then_some(value)
        }
        _ => None,
    }
}

fn write_integer(value: i128) -> Json {
    match i64::try_from(value) {
        Ok(small) if small.unsigned_abs() <= INTEGER_MAX => small.into(),
        _ => Json::String(value.to_string()),
    }
}

fn parse_float(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            "-0.0" => Some(-0.0),
            _ => None,
        },
        _ => None,
    }
}

fn write_float(value: f64, kind: Kind) -> Json {
    let text = |text: &str| Json::String(text.to_string());
    if value.is_nan() {
        return text("NaN");
    }
    if value.is_infinite() {
        return text(if value > 0.0 { "inf" } else { "-inf" });
    }
    if value == 0.0 && value.is_sign_negative() {
        return text("-0.0");
    }
    // The digits that suffice for a binary32 are fewer than those of the double it equals.
    let short = match kind {
        Kind::Float(super::FloatFormat::F32) => (value as f32).to_string().parse().unwrap_or(value),
        _ => value,
    };
    serde_json::Number::from_f64(short).map_or(Json::Null, Json::Number)
}

fn read_object(json: &Json, place: &Place<'_>) -> Result<Cell, Malformed> {
    let list = |items: &[Json], place: &Place<'_>| -> Result<Vec<Cell>, Malformed> {
        items.iter().enumerate().map(|(position, item)| read_object(item, &place.item(position))).collect()
    };
    match json {
        Json::Null => Err(place.malformed("None, NaN, NA or NaT by its tag: {\"$\":\"None\"}", "null")),
        Json::Bool(value) => Ok(Cell::Bool(*value)),
        Json::String(text) => Ok(Cell::Text(text.clone())),
        Json::Array(items) => list(items, place).map(Cell::List),
        Json::Number(number) => match (parse_integer(json), number.as_f64()) {
            (Some(value), _) => Ok(Cell::Integer(value)),
            (None, Some(value)) if number.is_f64() => Ok(Cell::Float(value)),
            _ => Err(place.unexpected("an integer beyond 2^53 as {\"$int\":\"...\"}", json)),
        },
        Json::Object(map) => {
            let mut entries = map.iter();
            let (Some((tag, value)), None) = (entries.next(), entries.next()) else {
                return Err(place.unexpected("an object of one tag", json));
            };
            let inner = place.key(tag);
            let cell = match (tag.as_str(), value) {
                ("$", Json::String(text)) => match text.as_str() {
                    "None" => Some(Cell::None),
                    "NA" => Some(Cell::Na),
                    "NaT" => Some(Cell::Nat),
                    _ => parse_float(value).map(Cell::Float),
                },
                ("$int", Json::String(_)) => parse_integer(value).map(Cell::Integer),
                ("$float", Json::Number(_)) => parse_float(value).map(Cell::Float),
                ("$datetime", Json::String(text)) => normal_instant(text).map(Cell::Datetime),
                ("$timedelta", _) => {
                    parse_integer(value).and_then(|n| i64::try_from(n).ok()).map(Cell::Timedelta)
                }
                ("$tuple", Json::Array(items)) => Some(Cell::Tuple(list(items, &inner)?)),
                _ => None,
            };
            cell.ok_or_else(|| {
                let known = "{\"$\": None, NaN, NA, NaT, inf, -inf or -0.0}, $int, $float, $datetime, $timedelta or $tuple";
                inner.unexpected(known, value)
            })
        }
    }
}
