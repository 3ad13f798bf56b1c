//! `+ - * / // % **` of pandas.

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::number::{Native, Number};
use crate::number_arithmetic::NumberArithmetic;
use crate::operand::{Operand, Side, both_valid, map_sides, row_count, side};
use crate::promote::promote_numbers;
use crate::scalar::Scalar;
use crate::scalar_arithmetic::{repeat_text, scalar_arithmetic};
use crate::text::TextBuilder;
use crate::values::with_native;

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

impl Arithmetic {
    /// The operator as Python writes it.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
            Self::Power => "** or pow()",
        }
    }

    /// The method pandas' messages name.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "sub",
            Self::Multiply => "mul",
            Self::Divide => "truediv",
            Self::FloorDivide => "floordiv",
            Self::Remainder => "mod",
            Self::Power => "pow",
        }
    }

    fn ufunc(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::FloorDivide => "floor_divide",
            Self::Remainder => "remainder",
            Self::Power => "power",
        }
    }
}

impl Column {
    /// `left op right`, row by row; at least one side is a column, columns have equal length.
    ///
    /// Dtypes promote as in pandas; a Python number (a scalar) takes the column's dtype if it can.
    /// Integer division or remainder by zero gives float64 with inf and NaN (nullable integers give
    /// 0); integers wrap.
    ///
    /// # Errors
    /// pandas' class and text: `TypeError` for dtypes without the operation, `OverflowError` for a
    /// Python integer outside the dtype, `ValueError` for negative integer powers.
    pub fn arithmetic<'a>(
        op: Arithmetic,
        left: impl Into<Operand<'a>>,
        right: impl Into<Operand<'a>>,
    ) -> Result<Self> {
        Self::operate(op, left.into(), right.into(), objects_present)
    }

    /// As [`Column::arithmetic`], but missing objects are not passed over, so that `None + 1` raises: what pandas'
    /// methods `add`, `sub` … do of two series.
    ///
    /// # Errors
    /// As [`Column::arithmetic`].
    pub fn arithmetic_of_all<'a>(
        op: Arithmetic,
        left: impl Into<Operand<'a>>,
        right: impl Into<Operand<'a>>,
    ) -> Result<Self> {
        Self::operate(op, left.into(), right.into(), objects)
    }

    fn operate(
        op: Arithmetic,
        left: Operand<'_>,
        right: Operand<'_>,
        objects: impl FnOnce(Arithmetic, usize, Operand<'_>, Operand<'_>) -> Result<Self>,
    ) -> Result<Self> {
        let len = row_count(left, right)?;
        let either = |test: fn(DType) -> bool| left.is(test) || right.is(test);
        if either(|dtype| dtype == DType::Category) {
            return Err(category_refusal(op, left, right));
        }
        if either(|dtype| matches!(dtype, DType::Interval(..))) {
            return Err(interval_refusal(op, left, right));
        }
        if either(DType::is_text) {
            return texts(op, len, left, right);
        }
        let is_opaque = |operand: Operand<'_>| matches!(operand, Operand::Scalar(scalar) if matches!(scalar, Scalar::Opaque(_)));
        if either(|dtype| dtype == DType::Object) || is_opaque(left) || is_opaque(right) {
            return objects(op, len, left, right);
        }
        let is_time = |operand: Operand<'_>| match operand {
            Operand::Column(column) => column.dtype().is_time(),
            Operand::Scalar(scalar) => {
                matches!(
                    scalar,
                    Scalar::Datetime(..) | Scalar::Zoned(..) | Scalar::Timedelta(..) | Scalar::NaT
                )
            }
        };
        if is_time(left) || is_time(right) {
            return crate::time_arithmetic::times(op, len, left, right);
        }
        numbers(op, len, left, right)
    }
}

fn objects(op: Arithmetic, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    let rows =
        (0..len).map(|i| scalar_arithmetic(op, &left.get(i), &right.get(i)).map_err(|error| error.at(i)));
    Ok(Column::object(rows.collect::<Result<_>>()?))
}

/// As [`objects`]; where that raises `TypeError`, rows with a missing object are NaN and only the others count.
fn objects_present(op: Arithmetic, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    let error = match objects(op, len, left, right) {
        Err(error) if error.kind() == ErrorKind::Type => error,
        result => return result,
    };
    let is_absent = |operand: Operand<'_>, i: usize| match operand {
        Operand::Column(column) => column.get(i).is_some_and(|scalar| scalar.is_missing()),
        Operand::Scalar(_) => false,
    };
    let absent: Vec<bool> = (0..len).map(|i| is_absent(left, i) || is_absent(right, i)).collect();
    if !absent.contains(&true) {
        return Err(error);
    }
    let rows = absent.into_iter().enumerate().map(|(i, absent)| match absent {
        true => Ok(Scalar::NAN),
        false => scalar_arithmetic(op, &left.get(i), &right.get(i)).map_err(|error| error.at(i)),
    });
    Ok(Column::object(rows.collect::<Result<_>>()?))
}

fn interval_refusal(op: Arithmetic, left: Operand<'_>, right: Operand<'_>) -> Error {
    let class = |operand: Operand<'_>| match operand {
        Operand::Column(column) => match column.dtype() {
            DType::Interval(..) => Some("IntervalArray"),
            dtype if dtype.is_text() => Some("ArrowStringArray"),
            _ => None,
        },
        Operand::Scalar(scalar) => Some(scalar.type_name()),
    };
    match (class(left), class(right)) {
        (Some(left), Some(right)) => Error::type_error(format!(
            "unsupported operand type(s) for {}: '{left}' and '{right}'",
            op.symbol()
        )),
        // pandas moves interval by interval here.
        _ => Error::not_implemented(format!(
            "lumen.pandas: arithmetic '{}' of intervals with an array",
            op.symbol()
        )),
    }
}

fn category_refusal(op: Arithmetic, left: Operand<'_>, right: Operand<'_>) -> Error {
    if left.is(DType::is_text) || right.is(DType::is_text) {
        return text_refusal(op, left, right);
    }
    let class = |operand: Operand<'_>| match operand {
        Operand::Column(column) => match column.dtype() {
            DType::Category => Some("Categorical"),
            DType::Datetime(_) | DType::Zoned(..) => Some("DatetimeArray"),
            DType::Timedelta(_) => Some("TimedeltaArray"),
            _ => None,
        },
        Operand::Scalar(scalar) => Some(scalar.type_name()),
    };
    Error::type_error(match (class(left), class(right)) {
        (Some("str"), Some(right)) if op == Arithmetic::Add => {
            format!("can only concatenate str (not \"{right}\") to str")
        }
        (Some(left), Some(right)) => {
            format!("unsupported operand type(s) for {}: '{left}' and '{right}'", op.symbol())
        }
        _ => format!("Object with dtype category cannot perform the numpy op {}", op.ufunc()),
    })
}

fn texts(op: Arithmetic, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    let is_text = |operand: Operand<'_>| match operand {
        Operand::Column(column) => column.dtype().is_text() || column.dtype() == DType::Object,
        Operand::Scalar(scalar) => scalar.as_str().is_some() || scalar.is_missing(),
    };
    let dtype = match left.dtype().filter(|dtype| dtype.is_text()).or(right.dtype()) {
        Some(dtype) => dtype,
        None => DType::Str,
    };
    if op == Arithmetic::Multiply {
        return repeat_texts(dtype, len, left, right);
    }
    if op != Arithmetic::Add || !is_text(left) || !is_text(right) {
        return Err(text_refusal(op, left, right));
    }
    let at = |operand: &Operand<'_>, i: usize| operand.get(i).as_str().map(str::to_owned);
    // Among objects there may be others than texts.
    if let Some(i) = (0..len).find(|&i| !(is_string(left, i) && is_string(right, i))) {
        return scalar_arithmetic(op, &left.get(i), &right.get(i)).and(Err(text_refusal(op, left, right)));
    }
    let mut text = TextBuilder::with_capacity(len, 0);
    let valid = Bitmap::from_fn(len, |i| {
        let pair = at(&left, i).zip(at(&right, i));
        text.push_with(|out| {
            if let Some((a, b)) = &pair {
                out.push_str(a);
                out.push_str(b);
            }
        });
        pair.is_some()
    });
    Ok(Column::text(dtype, text.finish(), Some(valid)))
}

/// Whether a cell of an operand of texts, or of objects, is a text or missing.
fn is_string(operand: Operand<'_>, i: usize) -> bool {
    match operand {
        Operand::Column(column) if column.dtype() == DType::Object => {
            column.get(i).is_none_or(|scalar| scalar.as_str().is_some() || scalar.is_missing())
        }
        _ => true,
    }
}

fn repeat_texts(dtype: DType, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    let (strings, times) = match left {
        Operand::Column(column) if column.dtype().is_text() => (column, right),
        _ => match right {
            Operand::Column(column) => (column, left),
            Operand::Scalar(_) => return Err(text_refusal(Arithmetic::Multiply, left, right)),
        },
    };
    let integer = match times {
        Operand::Column(column) if column.dtype() == DType::Object => {
            column.iter().all(|scalar| matches!(scalar, Scalar::Int(_)) || scalar.is_missing())
        }
        Operand::Column(column) => column.dtype().is_integer(),
        Operand::Scalar(scalar) => matches!(scalar, Scalar::Int(_)),
    };
    if !integer {
        return Err(Error::type_error("Can only string multiply by an integer."));
    }
    let rows = (0..len).map(|i| {
        let pair = strings.str_at(i).zip(times.get(i).as_i128());
        pair.map(|(string, count)| repeat_text(string, count)).transpose()
    });
    let rows: Vec<Option<String>> = rows.collect::<Result<_>>()?;
    rows.iter().map(Option::as_deref).collect::<Column>().cast(dtype)
}

fn text_refusal(op: Arithmetic, left: Operand<'_>, right: Operand<'_>) -> Error {
    let (text, other, prefix) = if left.is(DType::is_text) { (left, right, "") } else { (right, left, "r") };
    let with = match (other, other.dtype()) {
        // On the right of a masked column pandas meets the numbers under the mask.
        (_, Some(DType::Boolean)) if prefix == "r" => "dtype 'bool'".to_owned(),
        (_, Some(DType::Nullable(number))) if prefix == "r" => format!("dtype '{}'", number.name()),
        (Operand::Column(column), _) => format!("dtype '{}'", column.dtype()),
        (Operand::Scalar(scalar), _) => format!("object of type <class '{}'>", scalar.qualified_type_name()),
    };
    let text = text.type_text();
    Error::type_error(format!(
        "operation '{prefix}{}' not supported for dtype '{text}' with {with}",
        op.method()
    ))
}

/// What a side contributes to numeric promotion.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Bool,
    Number(Number),
    WeakInteger,
    WeakFloat,
}

fn kind(op: Arithmetic, operand: Operand<'_>, other: Operand<'_>) -> Result<Kind> {
    match operand {
        Operand::Column(column) => Ok(column.dtype().number().map_or(Kind::Bool, Kind::Number)),
        Operand::Scalar(scalar) => match scalar {
            Scalar::Bool(_) => Ok(Kind::Bool),
            Scalar::Int(_) | Scalar::UInt(_) | Scalar::Big(_) => Ok(Kind::WeakInteger),
            Scalar::Float(_) | Scalar::NA => Ok(Kind::WeakFloat),
            Scalar::Str(_) => Err(string_refusal(op, other)),
            scalar => {
                let element = match other {
                    Operand::Column(column) if column.dtype().is_float() => "float",
                    Operand::Column(column) if column.dtype().is_bool() => "bool",
                    _ => "int",
                };
                let message = format!(
                    "unsupported operand type(s) for {}: '{element}' and '{}'",
                    op.symbol(),
                    scalar.type_name()
                );
                Err(Error::type_error(message))
            }
        },
    }
}

fn string_refusal(op: Arithmetic, column: Operand<'_>) -> Error {
    let dtype = match column.dtype() {
        Some(dtype) => dtype.number().map_or("bool", Number::name),
        None => "object",
    };
    match op {
        Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply => Error::new(
            ErrorKind::UFuncType,
            format!(
                "ufunc '{}' did not contain a loop with signature matching types (dtype('{dtype}'), dtype('<U1')) -> None",
                op.ufunc()
            ),
        ),
        _ => Error::type_error(format!(
            "ufunc '{}' not supported for the input types, and the inputs could not be safely coerced to any \
             supported types according to the casting rule ''safe''",
            op.ufunc()
        )),
    }
}

fn numbers(op: Arithmetic, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    let nullable = left.is(DType::is_nullable) || right.is(DType::is_nullable);
    let kinds = (kind(op, left, right)?, kind(op, right, left)?);
    let is_na = |operand: Operand<'_>| matches!(operand, Operand::Scalar(Scalar::NA));
    if is_na(left) || is_na(right) {
        return with_na(op, len, left, right, nullable);
    }
    if kinds == (Kind::Bool, Kind::Bool) {
        return bools(op, len, left, right, nullable);
    }
    let number = common_number(op, kinds, left, right)?;
    let number = if op == Arithmetic::Divide && !number.is_float() { Number::Float64 } else { number };
    // pandas computes this one in float64, since it fills in the quotients by False.
    let widens = op == Arithmetic::FloorDivide
        && left.is(|dtype| dtype == DType::Nullable(Number::Float32))
        && right.is(DType::is_bool);
    let number = if widens { Number::Float64 } else { number };
    with_native!(number, T => typed::<T>(op, len, left, right, nullable))
}

/// The number type both sides are computed in.
fn common_number(
    op: Arithmetic,
    kinds: (Kind, Kind),
    left: Operand<'_>,
    right: Operand<'_>,
) -> Result<Number> {
    Ok(match kinds {
        (Kind::Number(a), Kind::Number(b)) => promote_numbers(a, b),
        (Kind::Number(number), Kind::Bool) | (Kind::Bool, Kind::Number(number)) => number,
        (Kind::Number(number), Kind::WeakFloat) | (Kind::WeakFloat, Kind::Number(number)) => {
            if number.is_float() { number } else { Number::Float64 }
        }
        (Kind::Number(number), Kind::WeakInteger) | (Kind::WeakInteger, Kind::Number(number))
            if op == Arithmetic::Divide && !number.is_float() =>
        {
            Number::Float64
        }
        (Kind::Number(number), Kind::WeakInteger) => weak_integer(number, right)?,
        (Kind::WeakInteger, Kind::Number(number)) => weak_integer(number, left)?,
        (Kind::WeakFloat, _) | (_, Kind::WeakFloat) => Number::Float64,
        _ => Number::Int64,
    })
}

/// A Python integer takes the column's dtype, or is refused.
fn weak_integer(number: Number, scalar: Operand<'_>) -> Result<Number> {
    if !number.is_float() {
        crate::cast::fit_integer(&scalar.get(0), DType::Number(number))?;
    }
    Ok(number)
}

/// `<NA>` on one side: all missing, but `1 ** NA` and `NA ** 0` are 1.
fn with_na(
    op: Arithmetic,
    len: usize,
    left: Operand<'_>,
    right: Operand<'_>,
    nullable: bool,
) -> Result<Column> {
    let ((Operand::Column(column), _) | (_, Operand::Column(column))) = (left, right) else {
        return Err(Error::type_error("one side must be a column"));
    };
    if !nullable {
        return Ok(Column::object(vec![Scalar::NA; len]));
    }
    if column.dtype() == DType::Boolean
        && matches!(op, Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Power)
    {
        let reflected = if matches!(left, Operand::Column(_)) { "" } else { "r" };
        let message = format!("operator '{reflected}{}' not implemented for bool dtypes", op.method());
        return Err(Error::not_implemented(message));
    }
    let dtype = match (column.dtype(), op) {
        (DType::Nullable(number), Arithmetic::Divide) if !number.is_float() => DType::NULLABLE_FLOAT64,
        (DType::Boolean, Arithmetic::Remainder) => DType::Nullable(Number::Int8),
        (dtype, _) => dtype,
    };
    let is_left = matches!(left, Operand::Column(_));
    let one = match (op, is_left) {
        (Arithmetic::Power, true) => Some(1.0),
        (Arithmetic::Power, false) => Some(0.0),
        _ => None,
    };
    let (Some(neutral), DType::Nullable(number)) = (one, dtype) else {
        return Ok(Column::missing(dtype, len));
    };
    let known = Bitmap::from_fn(len, |i| column.get(i).and_then(|scalar| scalar.as_f64()) == Some(neutral));
    Ok(with_native!(number, T => Column::nullable(vec![T::from_i128(1); len], known)))
}

fn bools(
    op: Arithmetic,
    len: usize,
    left: Operand<'_>,
    right: Operand<'_>,
    nullable: bool,
) -> Result<Column> {
    let (a, b) = (bits(left, len), bits(right, len));
    let values = match op {
        Arithmetic::Add => a.or(&b),
        Arithmetic::Multiply => a.and(&b),
        Arithmetic::Subtract => {
            return Err(Error::type_error(
                "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, \
                 or the logical_xor function instead.",
            ));
        }
        // Only zeros can come out: x % True is 0, and numpy defines x % False as 0.
        Arithmetic::Remainder => {
            let zeros = vec![0i8; len];
            return Ok(match nullable {
                true => Column::nullable(
                    zeros,
                    both_valid(left, right).unwrap_or_else(|| Bitmap::filled(true, len)),
                ),
                false => zeros.into(),
            });
        }
        _ => {
            let message = format!("operator '{}' not implemented for bool dtypes", op.method());
            return Err(Error::not_implemented(message));
        }
    };
    Ok(match nullable {
        true => Column::boolean(values, both_valid(left, right).unwrap_or_else(|| Bitmap::filled(true, len))),
        false => values.into(),
    })
}

fn bits(operand: Operand<'_>, len: usize) -> Bitmap {
    match operand {
        Operand::Column(column) => column.as_bool().cloned().unwrap_or_else(|| Bitmap::filled(false, len)),
        Operand::Scalar(scalar) => Bitmap::filled(matches!(scalar, Scalar::Bool(true)), len),
    }
}

fn typed<T: NumberArithmetic>(
    op: Arithmetic,
    len: usize,
    left: Operand<'_>,
    right: Operand<'_>,
    nullable: bool,
) -> Result<Column> {
    let (a, b) = (side::<T>(left)?, side::<T>(right)?);
    let map = |f: fn(T, T) -> T| map_sides(len, &a, &b, f);
    let integer = !T::NUMBER.is_float();
    if fills_zeros(op, integer, left, right) && any(&b, len, |value| value == T::ZERO) {
        let values = by_zero(op, len, &a, &b);
        let valid = || both_valid(left, right).unwrap_or_else(|| Bitmap::filled(true, len));
        return Ok(if nullable { Column::nullable(values, valid()) } else { values.into() });
    }
    let values = match op {
        Arithmetic::Add => map(T::add),
        Arithmetic::Subtract => map(T::subtract),
        Arithmetic::Multiply => map(T::multiply),
        Arithmetic::Divide => map(T::divide),
        Arithmetic::FloorDivide => map(T::floor_divide),
        Arithmetic::Remainder => map(T::remainder),
        Arithmetic::Power => {
            if integer && any(&b, len, |value| value < T::ZERO) {
                return Err(Error::value_error("Integers to negative integer powers are not allowed."));
            }
            powers(len, &a, &b)
        }
    };
    if !nullable {
        return Ok(values.into());
    }
    let Some(valid) = both_valid(left, right) else {
        return Ok(Column::nullable(values, Bitmap::filled(true, len)));
    };
    if op != Arithmetic::Power {
        return Ok(Column::nullable(values, valid));
    }
    // 1 ** NA and NA ** 0 are known.
    let present = |operand: Operand<'_>, i: usize| operand.validity().is_none_or(|bits| bits.get(i));
    let one = T::from_i128(1);
    let known =
        |i: usize| (present(left, i) && a.get(i) == one) || (present(right, i) && b.get(i) == T::ZERO);
    let values = (0..len).map(|i| if known(i) { one } else { values[i] }).collect();
    Ok(Column::nullable(values, Bitmap::from_fn(len, |i| valid.get(i) || known(i))))
}

/// Whether pandas replaces the results of zero divisors, which makes them float64: for `//` always, for
/// `%` by integers; never where a nullable integer column stands on the left.
fn fills_zeros(op: Arithmetic, integer: bool, left: Operand<'_>, right: Operand<'_>) -> bool {
    if left.is(|dtype| dtype.is_nullable() && dtype != DType::Boolean) {
        return false;
    }
    let bool_divisor = match right {
        Operand::Column(column) => column.dtype().is_bool(),
        Operand::Scalar(scalar) => matches!(scalar, Scalar::Bool(_)),
    };
    match op {
        Arithmetic::FloorDivide => true,
        Arithmetic::Remainder => integer && !bool_divisor,
        _ => false,
    }
}

fn any<T: NumberArithmetic>(side: &Side<'_, T>, len: usize, test: impl Fn(T) -> bool) -> bool {
    (0..len.min(if matches!(side, Side::One(_)) { 1 } else { len })).any(|i| test(side.get(i)))
}

/// `//` and `%` with a zero somewhere in the divisor: float64, zero divisors give signed infinity or
/// NaN (`//`), NaN (`%`).
fn by_zero<T: NumberArithmetic>(op: Arithmetic, len: usize, a: &Side<'_, T>, b: &Side<'_, T>) -> Vec<f64> {
    let quotient = |x: T, y: T| match (op, y == T::ZERO) {
        (Arithmetic::Remainder, true) => f64::NAN,
        (Arithmetic::Remainder, false) => x.remainder(y).to_f64(),
        (_, true) => x.to_f64() / y.to_f64(),
        (_, false) => x.floor_divide(y).to_f64(),
    };
    map_sides(len, a, b, quotient)
}

/// numpy squares, inverts and takes roots directly for those exponents.
fn powers<T: NumberArithmetic>(len: usize, a: &Side<'_, T>, b: &Side<'_, T>) -> Vec<T> {
    if let (Side::Rows(rows), Side::One(exponent)) = (a, b) {
        let special: Option<fn(T) -> T> = match exponent.to_f64() {
            1.0 => Some(|x| x),
            2.0 => Some(|x| x.multiply(x)),
            0.5 if T::NUMBER.is_float() => Some(|x| T::from_f64(x.to_f64().sqrt())),
            -1.0 => Some(|x| T::from_i128(1).divide(x)),
            _ => None,
        };
        if let Some(f) = special {
            return rows.iter().map(|&x| f(x)).collect();
        }
    }
    map_sides(len, a, b, T::power)
}

/// `NotImplementedError` for a time operation that exists in pandas but not here.
pub(crate) fn unsupported(op: Arithmetic, left: Operand<'_>, right: Operand<'_>) -> Error {
    let name = |operand: Operand<'_>| match operand {
        Operand::Column(column) => match column.dtype() {
            DType::Datetime(_) | DType::Zoned(..) => "DatetimeArray".to_owned(),
            DType::Timedelta(_) => "TimedeltaArray".to_owned(),
            _ => "numpy.ndarray".to_owned(),
        },
        Operand::Scalar(scalar) => scalar.type_name().to_owned(),
    };
    let message =
        format!("unsupported operand type(s) for {}: '{}' and '{}'", op.symbol(), name(left), name(right));
    Error::new(ErrorKind::Type, message)
}
