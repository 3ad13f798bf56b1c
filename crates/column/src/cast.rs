//! pandas' `astype`.

use crate::bitmap::Bitmap;
use crate::calendar;
use crate::column::Column;
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::float_text::{write_float, write_float32};
use crate::number::{Native, Number};
use crate::python_number::{parse_float, parse_int};
use crate::scalar::Scalar;
use crate::text::TextBuilder;
use crate::values::{Values, for_number, with_native};
use crate::warning::Conditions;

impl Column {
    /// The column as `dtype`, by the rules of pandas' `Series.astype(dtype, errors='raise')`.
    ///
    /// # Errors
    /// pandas' class and text: `IntCastingNaNError` for NaN to integer, `ValueError` for a string
    /// that is no number, `TypeError` where no conversion exists.
    pub fn cast(&self, dtype: DType) -> Result<Self> {
        let source = self.dtype();
        if source == dtype {
            return Ok(self.clone());
        }
        match (source, dtype) {
            (_, DType::Category) => self.categorize(false),
            (DType::Category, _) => self.cast_category(dtype),
            (_, DType::Object) => Ok(Self::object(self.iter().collect())),
            (DType::Str | DType::String, DType::Str | DType::String) => {
                Ok(Self::new(dtype, self.values().clone(), self.validity().cloned()))
            }
            (_, DType::Str | DType::String) => Ok(self.cast_to_text(dtype)),
            (DType::Interval(..), DType::Interval(ends, closed)) => self.cast_intervals(ends, closed),
            (DType::Interval(..), _) => Err(no_cast(source, dtype)),
            (DType::Str | DType::String, _) => self.cast_text(dtype),
            (DType::Object, _) => self.cast_object(dtype),
            (source, _) if source.is_time() => self.cast_times(dtype),
            _ => self.cast_numbers(dtype),
        }
    }

    fn cast_category(&self, dtype: DType) -> Result<Self> {
        let missing = self.missing_count() > 0;
        if let Some(categories) = self.categories() {
            let refused = matches!(dtype, DType::Number(_)) || dtype.is_time();
            match dtype {
                DType::Number(number) if missing && !number.is_float() => {
                    return Err(Error::value_error("Cannot convert float NaN to integer"));
                }
                _ if refused && categories.dtype().is_text() && categories.cast(dtype).is_err() => {
                    return Err(Error::value_error(format!(
                        "Cannot cast {} dtype to {dtype}",
                        categories.dtype()
                    )));
                }
                DType::Bool if missing => {
                    let truth = categories.cast(DType::Bool)?;
                    let codes = self.codes().unwrap_or(&[]);
                    let scalars = codes.iter().map(|&code| match usize::try_from(code) {
                        Ok(at) => truth.get(at).unwrap_or(Scalar::NAN),
                        Err(_) => Scalar::NAN,
                    });
                    return Ok(Self::object(scalars.collect()));
                }
                _ => {}
            }
        }
        let plain = self.decategorized();
        match dtype {
            DType::Nullable(_) if plain.dtype().is_text() => plain.cast(DType::Object)?.cast(dtype),
            _ => plain.cast(dtype),
        }
    }

    // --- to text ---------------------------------------------------------------------------------

    fn cast_to_text(&self, dtype: DType) -> Self {
        let mut text = TextBuilder::with_capacity(self.len(), 8 * self.len());
        let valid = self.valid();
        let format = self.time_format();
        for i in 0..self.len() {
            if valid.as_ref().is_some_and(|bits| !bits.get(i)) {
                text.push("");
                continue;
            }
            text.push_with(|out| match self.values() {
                Values::Float64(buffer) => write_float(out, buffer[i]),
                Values::Float32(buffer) => write_float32(out, buffer[i]),
                _ => {
                    if let Some(scalar) = self.get(i) {
                        write_scalar_text(out, &scalar, format);
                    }
                }
            });
        }
        Self::text(dtype, text.finish(), valid)
    }

    /// pandas formats times by the whole column: midnight is dropped only if all rows have it, a
    /// fraction is shown in all rows if one has it.
    fn time_format(&self) -> TimeFormat {
        let (DType::Datetime(unit) | DType::Timedelta(unit)) = self.dtype() else {
            return TimeFormat::Seconds;
        };
        let ticks = || self.as_i64().unwrap_or(&[]).iter().filter(|&&tick| tick != i64::MIN);
        let multiple_of = |span: i64| ticks().all(|tick| tick % span == 0);
        match unit.per_second() {
            second if multiple_of(second * 86_400) => TimeFormat::Days,
            second if multiple_of(second) => TimeFormat::Seconds,
            1_000_000_000 if !multiple_of(1_000) => TimeFormat::Digits(9),
            _ => TimeFormat::Digits(6),
        }
    }

    // --- from numbers and booleans ----------------------------------------------------------------

    fn cast_numbers(&self, dtype: DType) -> Result<Self> {
        match dtype {
            DType::Number(number) => self.numbers_to_number(number),
            DType::Nullable(number) => self.numbers_to_nullable(number),
            DType::Bool => {
                if self.validity().is_some() {
                    return Err(Error::value_error("cannot convert float NaN to bool"));
                }
                Ok(self.truth().into())
            }
            DType::Boolean => {
                let bool_like = self.dtype().is_nullable()
                    || self.dtype() == DType::Bool
                    || self
                        .iter()
                        .all(|scalar| scalar.is_missing() || matches!(scalar.as_f64(), Some(0.0 | 1.0)));
                if !bool_like {
                    return Err(Error::type_error("Need to pass bool-like values"));
                }
                let all = || Bitmap::filled(true, self.len());
                Ok(Self::boolean(self.truth(), self.valid().unwrap_or_else(all)))
            }
            _ if dtype.is_time() => {
                // NaN is NaT; masked columns are converted without a word.
                let range = -(2f64.powi(63))..2f64.powi(63);
                let fits = |value: &f64| value.is_nan() || range.contains(value);
                let invalid =
                    !self.dtype().is_nullable() && self.dtype().is_float() && !self.floats().iter().all(fits);
                Conditions { invalid, ..Conditions::default() }.warn("cast");
                let ticks = self.to_natives::<i64>(i64::MIN, |value| match range.contains(&value) {
                    true => value as i64,
                    false => i64::MIN,
                });
                Ok(Self::times(dtype, ticks.into()))
            }
            _ => Err(no_cast(self.dtype(), dtype)),
        }
    }

    /// Bits of "is not zero"; NaN is true as in numpy.
    fn truth(&self) -> Bitmap {
        match self.values() {
            Values::Bool(bits) => bits.clone(),
            numbers => {
                for_number!(numbers, buffer => buffer.iter().map(|value| !is_zero(*value)).collect(), _ => Bitmap::filled(false, 0))
            }
        }
    }

    /// Values converted one by one: integers keep their low bits, floats pass `from_float`, missing
    /// slots become `missing`.
    pub(crate) fn to_natives<T: Native>(&self, missing: T, from_float: impl Fn(f64) -> T) -> Vec<T> {
        let mut values: Vec<T> = match self.values() {
            Values::Bool(bits) => bits.iter().map(|bit| T::from_i128(i128::from(bit))).collect(),
            Values::Float32(buffer) => buffer.iter().map(|&value| from_float(f64::from(value))).collect(),
            Values::Float64(buffer) => buffer.iter().map(|&value| from_float(value)).collect(),
            numbers => {
                for_number!(numbers, buffer => buffer.iter().map(|&value| convert(value)).collect(), _ => Vec::new())
            }
        };
        if let Some(valid) = self.validity() {
            crate::build::mask_slots(&mut values, valid, missing);
        }
        values
    }

    fn numbers_to_number(&self, number: Number) -> Result<Self> {
        if number.is_float() {
            return Ok(with_native!(number, T => self.to_natives(T::from_f64(f64::NAN), T::from_f64).into()));
        }
        if self.validity().is_some() {
            return Err(Error::value_error("cannot convert NA to integer"));
        }
        if let Some(position) = self.float_position(|value| !value.is_finite()) {
            return Err(int_casting_nan().at(position));
        }
        if number.is_unsigned()
            && let Some(position) = self.float_position(|value| value < 0.0)
        {
            let message = format!("Cannot losslessly cast from {} to {}", self.dtype(), number.name());
            return Err(Error::value_error(message).at(position));
        }
        Ok(with_native!(number, T => self.to_natives(T::ZERO, truncate).into()))
    }

    fn numbers_to_nullable(&self, number: Number) -> Result<Self> {
        let valid = self.valid().unwrap_or_else(|| Bitmap::filled(true, self.len()));
        if let (Some(range), false) = (number.integer_range(), self.dtype().is_nullable()) {
            self.check_exact(number, range)?;
        }
        let nullable = with_native!(number, T => {
            let from_float: fn(f64) -> T = if number.is_float() { T::from_f64 } else { truncate };
            Self::nullable(self.to_natives(T::ZERO, from_float), valid)
        });
        Ok(nullable)
    }

    /// pandas refuses to round or wrap when a numpy column becomes a nullable integer.
    fn check_exact(&self, number: Number, (low, high): (i128, i128)) -> Result<()> {
        for (position, scalar) in self.iter().enumerate() {
            let exact = match scalar {
                Scalar::Float(value) if value.is_nan() => true,
                Scalar::Float(value) if value.is_infinite() => {
                    return Err(Error::overflow("cannot convert float infinity to integer").at(position));
                }
                Scalar::Float(value) => {
                    value.fract() == 0.0 && value.abs() < 1.7e38 && (low..=high).contains(&(value as i128))
                }
                other => other.as_i128().is_none_or(|value| (low..=high).contains(&value)),
            };
            if !exact {
                let from =
                    if self.dtype().is_float() { "object".to_owned() } else { self.dtype().to_string() };
                let message = format!("cannot safely cast non-equivalent {from} to {}", number.name());
                return Err(Error::type_error(message).at(position));
            }
        }
        Ok(())
    }

    fn float_position(&self, is_bad: impl Fn(f64) -> bool) -> Option<usize> {
        match self.values() {
            Values::Float32(buffer) => buffer.iter().position(|&value| is_bad(f64::from(value))),
            Values::Float64(buffer) => buffer.iter().position(|&value| is_bad(value)),
            _ => None,
        }
    }

    // --- from text ------------------------------------------------------------------------------

    fn cast_text(&self, dtype: DType) -> Result<Self> {
        let rows = || (0..self.len()).map(|i| self.str_at(i));
        match dtype {
            DType::Number(number) if number.is_float() => {
                let value = |(i, string): (usize, Option<&str>)| match string {
                    None => Ok(f64::NAN),
                    Some(string) => parse_float(string).ok_or_else(|| bad_float(string).at(i)),
                };
                let floats = rows().enumerate().map(value).collect::<Result<Vec<f64>>>()?;
                Self::from(floats).cast(dtype)
            }
            DType::Number(_) => {
                let from_string = self.dtype() == DType::String;
                let value = |(i, string): (usize, Option<&str>)| match string {
                    None if from_string => Err(Error::type_error(
                        "int() argument must be a string, a bytes-like object or a real number, not 'NAType'",
                    )
                    .at(i)),
                    None => Err(Error::value_error("cannot convert float NaN to integer").at(i)),
                    Some(string) => match parse_int(string) {
                        Some(scalar) => fit_integer(&scalar, dtype).map_err(|error| error.at(i)),
                        None => Err(bad_int(string).at(i)),
                    },
                };
                Self::from_integers(rows().enumerate().map(value).collect::<Result<_>>()?, dtype)
            }
            DType::Bool if self.dtype() == DType::String && self.validity().is_some() => {
                Err(Error::type_error("boolean value of NA is ambiguous"))
            }
            DType::Bool => {
                Ok(Bitmap::from_fn(self.len(), |i| self.str_at(i).is_none_or(|s| !s.is_empty())).into())
            }
            DType::Boolean => self.text_to_boolean(),
            DType::Nullable(number) => self.text_to_nullable(number),
            DType::Datetime(unit) => crate::time::parse_column(self, unit),
            DType::Zoned(unit, zone) => crate::time::parse_zoned_column(self, unit, zone),
            DType::Timedelta(unit) => self.to_timedelta(None, false)?.as_unit(unit),
            _ => Err(no_cast(self.dtype(), dtype)),
        }
    }

    pub(crate) fn from_integers(values: Vec<i128>, dtype: DType) -> Result<Self> {
        match dtype.number() {
            Some(number) => Ok(with_native!(number, T => {
                values.into_iter().map(T::from_i128).collect::<Vec<T>>().into()
            })),
            None => Err(no_cast(DType::INT64, dtype)),
        }
    }

    fn text_to_boolean(&self) -> Result<Self> {
        match self.count() {
            0 => Ok(Self::missing(DType::Boolean, self.len())),
            _ => Err(Error::type_error("Need to pass bool-like values")),
        }
    }

    /// pandas hands this to Arrow's parser, which strips nothing and reports the last bad string.
    fn text_to_nullable(&self, number: Number) -> Result<Self> {
        let mut failed = None;
        let mut parse = |i: usize, string: &str| {
            let strict = string.trim() == string && !string.contains('_');
            let parsed = match (strict, number.is_float()) {
                (false, _) => None,
                (true, true) => parse_float(string).map(Scalar::Float),
                (true, false) => {
                    parse_int(string).filter(|value| fit_integer(value, DType::Number(number)).is_ok())
                }
            };
            if parsed.is_none() {
                failed = Some((i, string.to_owned()));
            }
            parsed.unwrap_or(Scalar::NA)
        };
        let scalars: Vec<Scalar> =
            (0..self.len()).map(|i| self.str_at(i).map_or(Scalar::NA, |string| parse(i, string))).collect();
        if let Some((i, string)) = failed {
            let name = match number {
                Number::Float64 => "double",
                Number::Float32 => "float",
                other => other.name(),
            };
            let message = format!("Failed to parse string: '{string}' as a scalar of type {name}");
            return Err(Error::new(ErrorKind::ArrowInvalid, message).at(i));
        }
        Ok(nullable_from(&scalars, number))
    }

    // --- from object ----------------------------------------------------------------------------

    fn cast_object(&self, dtype: DType) -> Result<Self> {
        let scalars = self.as_object().unwrap_or(&[]);
        let each = || scalars.iter().enumerate();
        match dtype {
            DType::Number(number) if number.is_float() => {
                let floats = each()
                    .map(|(i, scalar)| python_float(scalar).map_err(|error| error.at(i)))
                    .collect::<Result<Vec<f64>>>()?;
                Self::from(floats).cast(dtype)
            }
            DType::Number(_) => {
                let integers = each()
                    .map(|(i, scalar)| python_int(scalar, dtype).map_err(|error| error.at(i)))
                    .collect::<Result<_>>()?;
                Self::from_integers(integers, dtype)
            }
            DType::Interval(..) => match Self::intervals_of(scalars) {
                Some(intervals) => intervals.cast(dtype),
                None => Err(no_cast(self.dtype(), dtype)),
            },
            DType::Bool => {
                let bits = each().map(|(i, scalar)| scalar.truth().map_err(|error| error.at(i)));
                Ok(bits.collect::<Result<Vec<bool>>>()?.into())
            }
            DType::Boolean => {
                let bool_like = |scalar: &Scalar| scalar.is_missing() || matches!(scalar, Scalar::Bool(_));
                if !scalars.iter().all(bool_like) {
                    return Err(Error::type_error("Need to pass bool-like values"));
                }
                let values = scalars.iter().map(|scalar| *scalar == Scalar::Bool(true)).collect();
                Ok(Self::boolean(values, scalars.iter().map(|scalar| !scalar.is_missing()).collect()))
            }
            DType::Nullable(number) => {
                let present: Vec<Scalar> =
                    scalars.iter().filter(|scalar| !scalar.is_missing()).cloned().collect();
                let mut numbers = Self::infer(present);
                if matches!(numbers.dtype(), DType::Object | DType::Str) {
                    let target = if number.is_float() { DType::FLOAT64 } else { DType::INT64 };
                    numbers = numbers.cast(target)?;
                }
                let numbers = numbers.cast(dtype)?;
                let mut next = numbers.iter();
                let spread: Vec<Scalar> = scalars
                    .iter()
                    .map(
                        |scalar| {
                            if scalar.is_missing() { Scalar::NA } else { next.next().unwrap_or(Scalar::NA) }
                        },
                    )
                    .collect();
                Ok(nullable_from(&spread, number))
            }
            DType::Datetime(unit) => crate::time::object_to_datetime(scalars, unit),
            DType::Zoned(unit, zone) => crate::time::object_to_zoned(scalars, unit, zone),
            DType::Timedelta(unit) => {
                let ticks = each().map(|(i, scalar)| match scalar {
                    Scalar::Timedelta(ticks, from) => {
                        rescale(*ticks, *from, unit).ok_or_else(|| out_of_bounds(dtype).at(i))
                    }
                    Scalar::Int(ticks) => Ok(*ticks),
                    Scalar::Float(ticks) if ticks.is_finite() => Ok(*ticks as i64),
                    scalar if scalar.is_missing() => Ok(i64::MIN),
                    Scalar::Str(text) => {
                        let read = Self::from(vec![&**text]).to_timedelta(None, false)?.as_unit(unit)?;
                        Ok(read.as_i64().and_then(|ticks| ticks.first().copied()).unwrap_or(i64::MIN))
                    }
                    other => {
                        let message =
                            format!("Invalid type for timedelta scalar: <class '{}'>", other.type_name());
                        Err(Error::type_error(message).at(i))
                    }
                });
                Ok(Self::timedelta(ticks.collect::<Result<_>>()?, unit))
            }
            _ => Err(no_cast(self.dtype(), dtype)),
        }
    }

    // --- from times -----------------------------------------------------------------------------

    fn cast_times(&self, dtype: DType) -> Result<Self> {
        let source = self.dtype();
        let class = if source.is_datetime() { "DatetimeArray" } else { "TimedeltaArray" };
        let ticks = self.as_i64().unwrap_or(&[]);
        match (source, dtype) {
            (_, DType::INT64) => Ok(ticks.to_vec().into()),
            (_, DType::Number(number)) if !number.is_float() => Err(Error::type_error(format!(
                "Converting from {source} to {dtype} is not supported. Do obj.astype('int64').astype(dtype) instead"
            ))),
            (_, DType::Bool) => Ok(Bitmap::from_fn(ticks.len(), |i| ticks[i] != 0).into()),
            (_, DType::Nullable(number)) => {
                let kind = if number.is_float() { "FloatingDtype" } else { "IntegerDtype" };
                Err(Error::type_error(format!("{source} cannot be converted to {kind}")))
            }
            (_, DType::Boolean) => Err(Error::type_error("Need to pass bool-like values")),
            (DType::Zoned(..), DType::Datetime(_)) => Err(Error::type_error(
                "Cannot use .astype to convert from timezone-aware dtype to timezone-naive dtype. Use \
                 obj.tz_localize(None) or obj.tz_convert('UTC').tz_localize(None) instead.",
            )),
            (DType::Datetime(_), DType::Zoned(..)) => Err(Error::type_error(
                "Cannot use .astype to convert from timezone-naive dtype to timezone-aware dtype. Use obj.tz_localize \
                 instead or series.dt.tz_localize instead",
            )),
            (DType::Datetime(from), DType::Datetime(to))
            | (DType::Zoned(from, _), DType::Zoned(to, _))
            | (DType::Timedelta(from), DType::Timedelta(to)) => {
                let scaled = ticks.iter().enumerate().map(|(i, &tick)| match tick {
                    i64::MIN => Ok(tick),
                    _ => rescale(tick, from, to).ok_or_else(|| bound_error(tick, from, dtype).at(i)),
                });
                Ok(Self::times(dtype, scaled.collect::<Result<Vec<_>>>()?.into()))
            }
            _ => Err(Error::type_error(format!("Cannot cast {class} to dtype {dtype}"))),
        }
    }
}

/// How finely a column of times is written.
#[derive(Clone, Copy, PartialEq)]
enum TimeFormat {
    Days,
    Seconds,
    Digits(usize),
}

fn write_scalar_text(out: &mut String, scalar: &Scalar, format: TimeFormat) {
    let shown = scalar.to_string();
    let cut = if format == TimeFormat::Days { shown.rfind(' ') } else { None };
    out.push_str(shown.get(..cut.unwrap_or(shown.len())).unwrap_or(&shown));
    let digits = shown.rfind('.').map_or(0, |point| shown.len() - point - 1);
    match format {
        TimeFormat::Digits(wanted) if digits < wanted => {
            out.push_str(if digits == 0 { "." } else { "" });
            (digits..wanted).for_each(|_| out.push('0'));
        }
        _ => {}
    }
}

/// Ticks in another unit, rounded down; `None` beyond 64 bits.
pub(crate) fn rescale(ticks: i64, from: TimeUnit, to: TimeUnit) -> Option<i64> {
    let (from, to) = (from.per_second(), to.per_second());
    if to >= from { ticks.checked_mul(to / from) } else { Some(ticks.div_euclid(from / to)) }
}

fn bound_error(ticks: i64, from: TimeUnit, dtype: DType) -> Error {
    match dtype {
        DType::Datetime(to) | DType::Zoned(to, _) => {
            let shown = calendar::datetime_text(ticks, from, ' ');
            let message = format!("Out of bounds {} timestamp: {shown}", long_name(to));
            Error::new(ErrorKind::OutOfBoundsDatetime, message)
        }
        _ => out_of_bounds(dtype),
    }
}

fn out_of_bounds(dtype: DType) -> Error {
    Error::new(ErrorKind::OutOfBoundsTimedelta, format!("Cannot convert to {dtype} without overflow"))
}

pub(crate) fn long_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "second",
        TimeUnit::Milli => "millisecond",
        TimeUnit::Micro => "microsecond",
        TimeUnit::Nano => "nanosecond",
    }
}

fn is_zero<T: Native>(value: T) -> bool {
    value == T::ZERO
}

/// Between two number types: integers keep their low bits; to a float, the nearest.
fn convert<S: Native, T: Native>(value: S) -> T {
    if T::NUMBER.is_float() { T::from_f64(value.to_f64()) } else { T::from_i128(value.to_i128()) }
}

/// Float to integer as x86 does it: beyond 64 bits the lowest `int64`, then the low bits.
fn truncate<T: Native>(value: f64) -> T {
    let whole = value.trunc();
    let fits = (-9_223_372_036_854_775_808.0..18_446_744_073_709_551_616.0).contains(&whole);
    T::from_i128(if fits { whole as i128 } else { i128::from(i64::MIN) })
}

fn nullable_from(scalars: &[Scalar], number: Number) -> Column {
    with_native!(number, T => {
        let value = |scalar: &Scalar| match (scalar.as_i128(), scalar.as_f64()) {
            (Some(value), _) if !number.is_float() => T::from_i128(value),
            (_, Some(value)) => T::from_f64(value),
            _ => T::ZERO,
        };
        let valid = scalars.iter().map(|scalar| !scalar.is_missing()).collect();
        Column::nullable(scalars.iter().map(value).collect(), valid)
    })
}

fn python_float(scalar: &Scalar) -> Result<f64> {
    match scalar {
        Scalar::Str(string) => parse_float(string).ok_or_else(|| bad_float(string)),
        Scalar::None => Ok(f64::NAN),
        Scalar::Opaque(value) => value.get().float(),
        other => other.as_f64().ok_or_else(|| {
            Error::type_error(format!(
                "float() argument must be a string or a real number, not '{}'",
                other.type_name()
            ))
        }),
    }
}

fn python_int(scalar: &Scalar, dtype: DType) -> Result<i128> {
    match scalar {
        Scalar::Str(string) => fit_integer(&parse_int(string).ok_or_else(|| bad_int(string))?, dtype),
        Scalar::Float(value) if value.is_nan() => {
            Err(Error::value_error("cannot convert float NaN to integer"))
        }
        Scalar::Float(value) if value.is_infinite() => {
            Err(Error::overflow("cannot convert float infinity to integer"))
        }
        Scalar::Float(value) => fit_integer(&Scalar::from(value.trunc() as i128), dtype),
        Scalar::Opaque(value) => fit_integer(&value.get().int()?, dtype),
        other if other.as_i128().is_some() || matches!(other, Scalar::Big(_)) => fit_integer(other, dtype),
        other => Err(Error::type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            other.type_name()
        ))),
    }
}

/// The integer if `dtype` holds it.
pub(crate) fn fit_integer(scalar: &Scalar, dtype: DType) -> Result<i128> {
    let range = dtype.number().and_then(Number::integer_range).unwrap_or((0, 0));
    match scalar.as_i128() {
        Some(value) if (range.0..=range.1).contains(&value) => Ok(value),
        Some(value) if i64::try_from(value).is_ok() => {
            Err(Error::overflow(format!("Python integer {value} out of bounds for {dtype}")))
        }
        _ => Err(Error::overflow("Python int too large to convert to C long")),
    }
}

fn int_casting_nan() -> Error {
    Error::new(
        ErrorKind::IntCastingNan,
        "Cannot convert non-finite values (NA or inf) to integer. Replace or remove non-finite values or cast to an \
         integer type that supports these values (e.g. 'Int64')",
    )
}

fn bad_int(string: &str) -> Error {
    Error::value_error(format!("invalid literal for int() with base 10: {}", Scalar::str(string).repr()))
}

fn bad_float(string: &str) -> Error {
    Error::value_error(format!("could not convert string to float: {}", Scalar::str(string).repr()))
}

fn no_cast(from: DType, to: DType) -> Error {
    Error::type_error(format!("Cannot cast {from} to dtype {to}"))
}
