//! Values of the plane to the engine's tables and back. Nothing is computed here.

use column::{Column, DType, Scalar, TimeUnit};
use evidence::json::Json;
use evidence::place::Place;
use evidence::value::{self, Cell, Index as Labels, IndexType, Unit, Value};
use frame::{ErrorKind, Frame, Index, Series};

use crate::call::Failure;

impl From<frame::Error> for Failure {
    fn from(error: frame::Error) -> Failure {
        // What the engine lacks is not pandas' error of the same class.
        match error.message().strip_prefix("lumen.pandas: ") {
            Some(feature) if error.kind() == ErrorKind::NotImplementedError => Failure::unsupported(feature),
            _ => Failure::raised(qualified(error.kind().class()), error.message()),
        }
    }
}

impl From<column::Error> for Failure {
    fn from(error: column::Error) -> Failure {
        frame::Error::from(error).into()
    }
}

/// The class with the module that Python's tracebacks show; builtins stand without one.
pub(crate) fn qualified(class: &str) -> String {
    let module = match class {
        "MergeError"
        | "InvalidIndexError"
        | "UnsortedIndexError"
        | "DataError"
        | "IntCastingNaNError"
        | "IndexingError"
        | "OutOfBoundsDatetime"
        | "OutOfBoundsTimedelta"
        | "Pandas4Warning" => "pandas.errors.",
        "DateParseError" => "pandas._libs.tslibs.parsing.",
        "UFuncTypeError" => "numpy._core._exceptions.",
        "ArrowInvalid" => "pyarrow.lib.",
        "PatternError" => "re.",
        _ => "",
    };
    format!("{module}{class}")
}

/// A cell of dtype `object`, a name or a label.
pub(crate) fn to_scalar(cell: &Cell) -> Result<Scalar, Failure> {
    Ok(match cell {
        Cell::None => Scalar::None,
        Cell::Na => Scalar::NA,
        Cell::Nat => Scalar::NaT,
        Cell::Bool(value) => Scalar::Bool(*value),
        Cell::Integer(value) => Scalar::from(*value),
        Cell::Float(value) => Scalar::Float(*value),
        Cell::Text(text) => Scalar::str(text),
        Cell::Datetime(text) => match value::parse_instant(text, Unit::Us, false) {
            Some(ticks) => Scalar::Datetime(ticks, TimeUnit::Micro),
            None => {
                return Err(Failure::unsupported(format!("a point in time like {text} in an object column")));
            }
        },
        Cell::Timedelta(ticks) => Scalar::Timedelta(*ticks, TimeUnit::Micro),
        Cell::Tuple(items) => Scalar::Tuple(items.iter().map(to_scalar).collect::<Result<_, _>>()?),
        Cell::List(items) => Scalar::List(items.iter().map(to_scalar).collect::<Result<_, _>>()?),
        Cell::Missing | Cell::Ticks(_) => {
            return Err(Failure::Malformed(format!("{cell:?} has no meaning without a dtype")));
        }
    })
}

/// A parameter that is a cell: JSON as in a column of dtype `object`; `null` is `None`.
pub(crate) fn cell_of_json(json: &Json) -> Result<Scalar, Failure> {
    if json.is_null() {
        return Ok(Scalar::None);
    }
    let spec = serde_json::json!({"kind": "column", "dtype": "object", "values": [json]});
    let read = Value::from_json(&spec, &Place::file("params"));
    match read.map_err(|malformed| Failure::Malformed(malformed.to_string()))? {
        Value::Column(column) => match column.values() {
            [cell] => to_scalar(cell),
            _ => Err(Failure::Malformed("a parameter without a cell".into())),
        },
        _ => Err(Failure::Malformed("a parameter that is no cell".into())),
    }
}

/// A column of the engine. A dtype that the engine lacks is unsupported, by name.
pub(crate) fn to_column(column: &value::Column) -> Result<Column, Failure> {
    let name = column.dtype().name();
    if let Some(categories) = column.categories() {
        let code = |cell: &Cell| match cell {
            Cell::Integer(code) => i32::try_from(*code).unwrap_or(-1),
            _ => -1,
        };
        let codes = column.values().iter().map(code).collect();
        return Ok(Column::category(codes, to_column(&categories.values)?, categories.ordered)?);
    }
    let dtype: DType = name.parse().map_err(|_| Failure::unsupported(format!("dtype {name}")))?;
    let cells = column.values();
    let ticks = || {
        let tick = |cell: &Cell| match cell {
            Cell::Ticks(ticks) => *ticks,
            _ => i64::MIN,
        };
        cells.iter().map(tick).collect()
    };
    let floats = || {
        let float = |cell: &Cell| match cell {
            Cell::Float(value) => *value,
            _ => f64::NAN,
        };
        cells.iter().map(float).collect::<Vec<f64>>()
    };
    let integers = || {
        let integer = |cell: &Cell| match cell {
            Cell::Integer(value) => i64::try_from(*value).ok(),
            _ => None,
        };
        cells.iter().map(integer).collect::<Option<Vec<i64>>>()
    };
    // The two dtypes of large generated inputs are built without a detour.
    match dtype {
        DType::FLOAT64 => return Ok(Column::from(floats())),
        DType::INT64 => {
            return integers()
                .map(Column::from)
                .ok_or_else(|| Failure::Malformed("an int64 column with another cell".into()));
        }
        DType::Datetime(unit) => return Ok(Column::datetime(ticks(), unit)),
        DType::Zoned(unit, zone) => return Ok(Column::zoned(ticks(), unit, zone)),
        DType::Timedelta(unit) => return Ok(Column::timedelta(ticks(), unit)),
        _ => {}
    }
    let missing = match dtype {
        DType::String | DType::Boolean | DType::Nullable(_) => Scalar::NA,
        _ => Scalar::NAN,
    };
    let scalar = |cell: &Cell| if *cell == Cell::Missing { Ok(missing.clone()) } else { to_scalar(cell) };
    let scalars = Column::object(cells.iter().map(scalar).collect::<Result<_, _>>()?);
    if dtype == DType::Object { Ok(scalars) } else { Ok(scalars.cast(dtype)?) }
}

/// Row or column labels.
pub(crate) fn to_index(labels: &Labels) -> Result<Index, Failure> {
    match labels {
        Labels::Range { start, stop, step, name } => {
            let range = Index::range_of(*start, labels.len(), *step).rebased(*start, *stop, *step);
            let range = range.ok_or_else(|| Failure::unsupported("a range beyond the limits of int64"))?;
            Ok(range.with_name(to_scalar(name)?))
        }
        Labels::Flat { values, name, freq, .. } => {
            let step = freq.as_deref().map(str::parse).transpose()?;
            Ok(Index::from_column(to_column(values)?).with_name(to_scalar(name)?).with_frequency(step))
        }
        Labels::Multi { arrays, names } => {
            let arrays = arrays.iter().map(to_column).collect::<Result<_, _>>()?;
            Ok(Index::from_arrays(arrays, names.iter().map(to_scalar).collect::<Result<_, _>>()?))
        }
    }
}

pub(crate) fn to_series(series: &value::Series) -> Result<Series, Failure> {
    let (values, index) = (to_column(series.values())?, to_index(series.index())?);
    Ok(Series::new(values, index, to_scalar(series.name())?)?)
}

pub(crate) fn to_frame(frame: &value::Frame) -> Result<Frame, Failure> {
    let data = frame.data().iter().map(to_column).collect::<Result<_, _>>()?;
    Ok(Frame::new(to_index(frame.columns())?, data, to_index(frame.index())?)?)
}

/// A scalar as a cell of dtype `object`, a name or a label.
pub(crate) fn from_scalar(scalar: &Scalar) -> Cell {
    match scalar {
        Scalar::None => Cell::None,
        Scalar::NA => Cell::Na,
        Scalar::NaT => Cell::Nat,
        Scalar::Bool(value) => Cell::Bool(*value),
        Scalar::Int(value) => Cell::Integer(i128::from(*value)),
        Scalar::UInt(value) => Cell::Integer(i128::from(*value)),
        // Beyond 128 bits there is no cell for it; its digits then differ from any integer.
        Scalar::Big(digits) => digits.parse().map_or_else(|_| Cell::Text(digits.to_string()), Cell::Integer),
        Scalar::Float(value) => Cell::Float(*value),
        Scalar::Str(text) => Cell::Text(text.to_string()),
        Scalar::Datetime(ticks, unit) => {
            Cell::Datetime(value::instant_text(*ticks, plane_unit(*unit), false))
        }
        Scalar::Zoned(ticks, unit, _) => Cell::Datetime(value::instant_text(*ticks, plane_unit(*unit), true)),
        Scalar::Timedelta(ticks, unit) => Cell::Timedelta(micros(*ticks, *unit)),
        Scalar::Tuple(items) => Cell::Tuple(items.iter().map(from_scalar).collect()),
        Scalar::List(items) => Cell::List(items.iter().map(from_scalar).collect()),
        // The plane has no cell for intervals; their text says all of them.
        Scalar::Interval(interval) => Cell::Text(interval.to_string()),
        Scalar::Opaque(value) => Cell::Text(value.get().repr()),
    }
}

fn plane_unit(unit: TimeUnit) -> Unit {
    match unit {
        TimeUnit::Second => Unit::S,
        TimeUnit::Milli => Unit::Ms,
        TimeUnit::Micro => Unit::Us,
        TimeUnit::Nano => Unit::Ns,
    }
}

pub(crate) fn engine_unit(unit: Unit) -> TimeUnit {
    match unit {
        Unit::S => TimeUnit::Second,
        Unit::Ms => TimeUnit::Milli,
        Unit::Us => TimeUnit::Micro,
        Unit::Ns => TimeUnit::Nano,
    }
}

fn micros(ticks: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => ticks.saturating_mul(1_000_000),
        TimeUnit::Milli => ticks.saturating_mul(1_000),
        TimeUnit::Micro => ticks,
        TimeUnit::Nano => ticks.div_euclid(1_000),
    }
}

/// A column with the dtype that the engine gave it.
pub(crate) fn from_column(column: &Column) -> Result<value::Column, Failure> {
    if let (Some(codes), Some(categories)) = (column.codes(), column.categories()) {
        let code = |code: &i32| if *code < 0 { Cell::Missing } else { Cell::Integer(i128::from(*code)) };
        let codes = codes.iter().map(code).collect();
        return Ok(value::Column::category(codes, from_column(categories)?, column.is_ordered())?);
    }
    let is_object = column.dtype() == DType::Object;
    let cell = |row: usize| match column.get(row).unwrap_or(Scalar::None) {
        scalar if is_object => from_scalar(&scalar),
        _ if column.is_missing(row) => Cell::Missing,
        Scalar::Datetime(ticks, _) | Scalar::Zoned(ticks, ..) | Scalar::Timedelta(ticks, _) => {
            Cell::Ticks(ticks)
        }
        scalar => from_scalar(&scalar),
    };
    Ok(value::Column::new(&column.dtype().to_string(), (0..column.len()).map(cell).collect())?)
}

/// Labels with the class that the engine gave them.
pub(crate) fn from_index(index: &Index) -> Result<Labels, Failure> {
    if let Some((start, stop, step)) = index.as_range() {
        return Ok(Labels::Range { start, stop, step, name: from_scalar(&index.name()) });
    }
    let level = |level: usize| match index.level_values(level) {
        Some(values) => from_column(&values),
        None => Err(Failure::Malformed(format!("an index without level {level}"))),
    };
    if index.is_multi() {
        let arrays = (0..index.nlevels()).map(level).collect::<Result<_, _>>()?;
        return Ok(Labels::Multi { arrays, names: index.names().iter().map(from_scalar).collect() });
    }
    let class = IndexType::parse(index.class())
        .ok_or_else(|| Failure::Malformed(format!("an index of class {}", index.class())))?;
    let freq = index.frequency().map(ToString::to_string);
    Ok(Labels::Flat { class, values: level(0)?, name: from_scalar(&index.name()), freq })
}

pub(crate) fn from_series(series: &Series) -> Result<Value, Failure> {
    let (index, values) = (from_index(series.index())?, from_column(series.values())?);
    Ok(Value::Series(value::Series::new(from_scalar(series.name()), index, values)?))
}

pub(crate) fn from_frame(frame: &Frame) -> Result<Value, Failure> {
    let data = frame.data().iter().map(from_column).collect::<Result<_, _>>()?;
    Ok(Value::Frame(value::Frame::new(from_index(frame.index())?, from_index(frame.columns())?, data)?))
}
