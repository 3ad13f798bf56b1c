//! `== != < <= > >=` of pandas.

use std::cmp::Ordering;

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::number::{Native, Number};
use crate::operand::{Operand, row_count, side, test_sides};
use crate::promote::promote_numbers;
use crate::scalar::Scalar;
use crate::values::with_native;

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    /// The operator as Python writes it.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    /// The operator with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            same => same,
        }
    }

    fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }

    /// Whether the operator holds for two values in that order; `None` is "not comparable", as NaN.
    pub(crate) fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Self::Equal => ordering == Some(Ordering::Equal),
            Self::NotEqual => ordering != Some(Ordering::Equal),
            Self::Less => ordering == Some(Ordering::Less),
            Self::LessEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => ordering == Some(Ordering::Greater),
            Self::GreaterEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl Column {
    /// `left op right`, row by row: `bool`, or `boolean` if a side is nullable.
    ///
    /// A missing value compares false (`!=` true); in `boolean` results it is `<NA>`. Strings compare
    /// by code points, a string against datetimes is parsed, categories compare by their order.
    ///
    /// # Errors
    /// `TypeError` with pandas' text for dtypes without an order between them; `ValueError` for
    /// columns of different length.
    pub fn compare<'a>(
        op: Comparison,
        left: impl Into<Operand<'a>>,
        right: impl Into<Operand<'a>>,
    ) -> Result<Self> {
        let (left, right) = (left.into(), right.into());
        let len = row_count(left, right)?;
        match (left, right) {
            (Operand::Scalar(_), Operand::Column(column)) => with_operand(op.mirrored(), len, column, left),
            (Operand::Column(column), _) => with_operand(op, len, column, right),
            _ => Err(Error::type_error("one side must be a column")),
        }
    }
}

fn with_operand(op: Comparison, len: usize, column: &Column, other: Operand<'_>) -> Result<Column> {
    let this = Operand::Column(column);
    let intervals = |dtype: DType| matches!(dtype, DType::Interval(..));
    if intervals(column.dtype()) && matches!(other, Operand::Scalar(Scalar::NA)) {
        return Ok(Column::missing(DType::Boolean, len));
    }
    // Intervals have no third truth, whatever stands beside them.
    let nullable = (column.dtype().is_nullable() || other.is(DType::is_nullable))
        && !intervals(column.dtype())
        && !other.is(intervals);
    if let Operand::Scalar(scalar) = other
        && scalar.is_missing()
        && column.dtype() != DType::Object
    {
        let unknown = nullable && (column.dtype().is_text() || matches!(scalar, Scalar::NA));
        return Ok(match (unknown, nullable) {
            (true, _) => Column::missing(DType::Boolean, len),
            (false, true) => finish(Bitmap::filled(op == Comparison::NotEqual, len), this, other, true),
            (false, false) => Bitmap::filled(op == Comparison::NotEqual, len).into(),
        });
    }
    let bits = match compare_bits(op, len, column, other)? {
        Some(bits) => bits,
        // No common ground: nothing is equal, and there is no order.
        None if op.is_equality() => Bitmap::filled(op == Comparison::NotEqual, len),
        None => return Err(no_order(column, other)),
    };
    Ok(finish(bits, this, other, nullable))
}

fn no_order(column: &Column, other: Operand<'_>) -> Error {
    // Where only one side is of times, it is the one that refuses.
    let (own, with) = match other {
        Operand::Column(other) if other.dtype().is_time() && !column.dtype().is_time() => {
            (other, array_name(column))
        }
        Operand::Column(other) if column.dtype().is_time() => (column, array_name(other)),
        Operand::Column(other) => (column, format!("dtype={}", other.dtype())),
        Operand::Scalar(scalar) => (column, scalar.type_name().to_owned()),
    };
    Error::type_error(format!("Invalid comparison between dtype={} and {with}", own.dtype()))
}

/// pandas' class of the array of a column.
fn array_name(column: &Column) -> String {
    let name = match column.dtype() {
        DType::Datetime(_) | DType::Zoned(..) => "DatetimeArray",
        DType::Timedelta(_) => "TimedeltaArray",
        DType::Category => "Categorical",
        DType::Interval(..) => "IntervalArray",
        DType::Str | DType::String => "ArrowStringArray",
        DType::Boolean => "BooleanArray",
        DType::Nullable(number) if number.is_float() => "FloatingArray",
        DType::Nullable(_) => "IntegerArray",
        DType::Bool | DType::Number(_) | DType::Object => "ndarray",
    };
    name.to_owned()
}

/// Missing rows are `<NA>` in nullable results; elsewhere the tests already made them false.
fn finish(bits: Bitmap, left: Operand<'_>, right: Operand<'_>, nullable: bool) -> Column {
    match nullable {
        true => {
            let len = bits.len();
            let present = |operand: Operand<'_>| match operand {
                Operand::Column(column) => column.valid(),
                Operand::Scalar(_) => None,
            };
            let valid = match (present(left), present(right)) {
                (Some(a), Some(b)) => Some(a.and(&b)),
                (valid, None) | (None, valid) => valid,
            };
            Column::boolean(bits, valid.unwrap_or_else(|| Bitmap::filled(true, len)))
        }
        false => bits.into(),
    }
}

/// The bits of the comparison, or `None` where the two have no common ground.
fn compare_bits(op: Comparison, len: usize, column: &Column, other: Operand<'_>) -> Result<Option<Bitmap>> {
    let numeric = |dtype: DType| dtype.is_numeric() || dtype.is_bool();
    if let Some(ends) = column.as_intervals()
        && !other.is(|dtype| dtype == DType::Category)
    {
        let comparable = match other {
            Operand::Scalar(Scalar::Interval(other)) => other.closed == ends.closed,
            Operand::Scalar(_) => false,
            Operand::Column(other) => match other.as_intervals() {
                Some(others) => others.closed == ends.closed,
                None => other.dtype() == DType::Object,
            },
        };
        return match comparable {
            true => objects(op, len, Operand::Column(column), other).map(Some),
            false => Ok(None),
        };
    }
    if column.dtype() == DType::Object || other.is(|dtype| dtype == DType::Object) {
        return objects(op, len, Operand::Column(column), other).map(Some);
    }
    match (column.dtype(), other) {
        (DType::Category, _) => categories(op, len, column, other),
        (_, Operand::Column(other)) if other.dtype() == DType::Category => {
            categories(op.mirrored(), len, other, Operand::Column(column))
        }
        (dtype, Operand::Column(other)) if numeric(dtype) && numeric(other.dtype()) => {
            numbers(op, len, column, other).map(Some)
        }
        (dtype, Operand::Scalar(scalar)) if numeric(dtype) => number_scalar(op, len, column, scalar),
        (DType::Str | DType::String, Operand::Column(other)) if other.dtype().is_text() => {
            Ok(Some(Bitmap::from_fn(len, |i| strings(op, column.str_at(i), other.str_at(i)))))
        }
        (DType::Str | DType::String, Operand::Scalar(Scalar::Str(text))) => {
            Ok(Some(Bitmap::from_fn(len, |i| strings(op, column.str_at(i), Some(text)))))
        }
        (DType::Datetime(_), Operand::Scalar(Scalar::Str(text))) => {
            Ok(crate::time::parse_timestamp(text)
                .map(|scalar| times(op, len, column, Operand::Scalar(&scalar))))
        }
        (DType::Timedelta(_), Operand::Scalar(Scalar::Str(text))) => {
            Ok(crate::timedelta::parse_timedelta(text)
                .map(|scalar| times(op, len, column, Operand::Scalar(&scalar))))
        }
        (DType::Zoned(_, zone), Operand::Scalar(Scalar::Str(text))) => {
            Ok(crate::time::parse_zoned_timestamp(text, zone)
                .map(|scalar| times(op, len, column, Operand::Scalar(&scalar))))
        }
        (DType::Zoned(..), Operand::Column(b)) if matches!(b.dtype(), DType::Zoned(..)) => {
            Ok(Some(times(op, len, column, other)))
        }
        (DType::Zoned(..), Operand::Scalar(Scalar::Zoned(..))) => Ok(Some(times(op, len, column, other))),
        (DType::Datetime(_), Operand::Column(b)) if matches!(b.dtype(), DType::Datetime(_)) => {
            Ok(Some(times(op, len, column, other)))
        }
        (DType::Timedelta(_), Operand::Column(b)) if matches!(b.dtype(), DType::Timedelta(_)) => {
            Ok(Some(times(op, len, column, other)))
        }
        (DType::Datetime(_), Operand::Scalar(Scalar::Datetime(..)))
        | (DType::Timedelta(_), Operand::Scalar(Scalar::Timedelta(..))) => {
            Ok(Some(times(op, len, column, other)))
        }
        _ => Ok(None),
    }
}

fn strings(op: Comparison, a: Option<&str>, b: Option<&str>) -> bool {
    op.holds(a.zip(b).map(|(a, b)| a.cmp(b)))
}

fn native<T: Native>(op: Comparison) -> fn(T, T) -> bool {
    match op {
        Comparison::Equal => |a, b| a == b,
        Comparison::NotEqual => |a, b| a != b,
        Comparison::Less => |a, b| a < b,
        Comparison::LessEqual => |a, b| a <= b,
        Comparison::Greater => |a, b| a > b,
        Comparison::GreaterEqual => |a, b| a >= b,
    }
}

fn typed<T: Native>(op: Comparison, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Bitmap> {
    let (a, b) = (side::<T>(left)?, side::<T>(right)?);
    Ok(match op {
        Comparison::Equal => test_sides(len, &a, &b, |x, y| x == y),
        Comparison::Less => test_sides(len, &a, &b, |x, y| x < y),
        Comparison::Greater => test_sides(len, &a, &b, |x, y| x > y),
        _ => test_sides(len, &a, &b, native::<T>(op)),
    })
}

fn numbers(op: Comparison, len: usize, a: &Column, b: &Column) -> Result<Bitmap> {
    let number = |column: &Column| column.dtype().number().unwrap_or(Number::UInt8);
    let (x, y) = (number(a), number(b));
    let (left, right) = (Operand::Column(a), Operand::Column(b));
    let common = match (a.dtype().is_bool(), b.dtype().is_bool()) {
        (true, false) => y,
        (false, true) => x,
        _ => promote_numbers(x, y),
    };
    if common.is_float() && !x.is_float() && !y.is_float() {
        // uint64 beside a signed integer: exact.
        let at = |column: &Column, i: usize| column.get(i).and_then(|scalar| scalar.as_i128());
        return Ok(Bitmap::from_fn(len, |i| op.holds(at(a, i).zip(at(b, i)).map(|(x, y)| x.cmp(&y)))));
    }
    with_native!(common, T => typed::<T>(op, len, left, right))
}

fn number_scalar(op: Comparison, len: usize, column: &Column, scalar: &Scalar) -> Result<Option<Bitmap>> {
    let (left, right) = (Operand::Column(column), Operand::Scalar(scalar));
    let Some(value) = scalar.as_f64() else { return Ok(None) };
    let number = column.dtype().number().unwrap_or(Number::Int64);
    let bits = match (number.integer_range(), scalar.as_i128()) {
        // A Python integer outside the dtype lies beyond every value.
        (Some((low, _)), Some(integer)) if integer < low => {
            Bitmap::filled(op.holds(Some(Ordering::Greater)), len)
        }
        (Some((_, high)), Some(integer)) if integer > high => {
            Bitmap::filled(op.holds(Some(Ordering::Less)), len)
        }
        (Some(_), Some(_)) => with_native!(number, T => typed::<T>(op, len, left, right)?),
        (Some(_), None) => typed::<f64>(op, len, left, Operand::Scalar(&Scalar::Float(value)))?,
        (None, _) => with_native!(number, T => typed::<T>(op, len, left, right)?),
    };
    Ok(Some(bits))
}

fn times(op: Comparison, len: usize, column: &Column, other: Operand<'_>) -> Bitmap {
    let same_unit = match other {
        Operand::Column(other) => other.dtype().time_unit() == column.dtype().time_unit(),
        Operand::Scalar(
            Scalar::Datetime(_, unit) | Scalar::Zoned(_, unit, _) | Scalar::Timedelta(_, unit),
        ) => column.dtype().time_unit() == Some(*unit),
        Operand::Scalar(_) => false,
    };
    let ticks = column.as_i64().unwrap_or(&[]);
    let not_equal = op == Comparison::NotEqual;
    match other {
        Operand::Scalar(Scalar::Datetime(tick, _) | Scalar::Zoned(tick, ..) | Scalar::Timedelta(tick, _))
            if same_unit =>
        {
            Bitmap::from_fn(len, |i| {
                if ticks[i] == i64::MIN { not_equal } else { op.holds(Some(ticks[i].cmp(tick))) }
            })
        }
        Operand::Column(other) if same_unit => {
            let others = other.as_i64().unwrap_or(&[]);
            Bitmap::from_fn(len, |i| match (ticks[i], others[i]) {
                (i64::MIN, _) | (_, i64::MIN) => not_equal,
                (a, b) => op.holds(Some(a.cmp(&b))),
            })
        }
        _ => Bitmap::from_fn(len, |i| op.holds(column.get(i).and_then(|value| value.compare(&other.get(i))))),
    }
}

fn objects(op: Comparison, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Bitmap> {
    let mut bits = Vec::with_capacity(len);
    for i in 0..len {
        let (a, b) = (left.get(i), right.get(i));
        bits.push(match (a.is_missing() || b.is_missing(), op.is_equality()) {
            (true, _) => op == Comparison::NotEqual,
            (false, true) => a.equals(&b).map_err(|error| error.at(i))? == (op == Comparison::Equal),
            (false, false) => match a.compare(&b) {
                Some(ordering) => op.holds(Some(ordering)),
                None => {
                    let message = format!(
                        "'{}' not supported between instances of '{}' and '{}'",
                        op.symbol(),
                        a.type_name(),
                        b.type_name()
                    );
                    return Err(Error::type_error(message).at(i));
                }
            },
        });
    }
    Ok(bits.into_iter().collect())
}

fn categories(op: Comparison, len: usize, column: &Column, other: Operand<'_>) -> Result<Option<Bitmap>> {
    let (Some(codes), Some(categories)) = (column.codes(), column.categories()) else { return Ok(None) };
    if !op.is_equality() && !column.is_ordered() {
        return Err(Error::type_error("Unordered Categoricals can only compare equality or not"));
    }
    let by_code = |code: i32, with: i32| op.holds((code >= 0 && with >= 0).then(|| code.cmp(&with)));
    match other {
        Operand::Scalar(scalar) => {
            let key = scalar.key();
            let found = categories.iter().position(|category| category.key() == key);
            match found.and_then(|at| i32::try_from(at).ok()) {
                Some(with) => Ok(Some(Bitmap::from_fn(len, |i| by_code(codes[i], with)))),
                None => Ok(None),
            }
        }
        Operand::Column(other) => match other.as_category() {
            None => {
                let plain = column.decategorized();
                Ok(Some(
                    Column::compare(op, &plain, other)?
                        .as_bool()
                        .cloned()
                        .unwrap_or_else(|| Bitmap::filled(false, len)),
                ))
            }
            Some(with) if *with.categories == *categories && with.ordered == column.is_ordered() => {
                Ok(Some(Bitmap::from_fn(len, |i| by_code(codes[i], with.codes[i]))))
            }
            Some(with) => {
                let same_set = !column.is_ordered() && !with.ordered && {
                    let keys = |column: &Column| column.iter().map(|scalar| scalar.key()).collect::<Vec<_>>();
                    let (a, b) = (keys(categories), keys(&with.categories));
                    a.len() == b.len() && a.iter().all(|key| b.contains(key))
                };
                if !same_set {
                    return Err(Error::type_error(
                        "Categoricals can only be compared if 'categories' are the same.",
                    ));
                }
                let (a, b) = (column.decategorized(), other.decategorized());
                objects(op, len, Operand::Column(&a), Operand::Column(&b)).map(Some)
            }
        },
    }
}
