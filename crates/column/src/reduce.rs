//! Reductions of a column to one value.

use std::cmp::Ordering;

use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::number::{Native, Number};
use crate::scalar::Scalar;
use crate::sums::{chunked_sum, masked_sum, sum_by};
use crate::values::{Values, for_number};

/// Between which values a quantile that falls between two rows lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum Interpolation {
    #[default]
    Linear,
    Lower,
    Higher,
    Midpoint,
    Nearest,
}

impl Column {
    /// Number of present values.
    #[must_use]
    pub fn count(&self) -> usize {
        self.len() - self.missing_count()
    }

    /// Sum (pandas' `Series.sum`). Integers and booleans wrap in 64 bits; floats add by numpy's
    /// pairwise tree; strings concatenate. With `skip_missing` a missing value counts as 0, else it
    /// makes the sum missing. Fewer than `min_count` values: missing.
    ///
    /// # Errors
    /// `TypeError` for datetimes, categories and mixed objects.
    pub fn sum(&self, skip_missing: bool, min_count: usize) -> Result<Scalar> {
        let count = self.count();
        if count < min_count || (!skip_missing && count < self.len()) {
            return Ok(self.missing_result());
        }
        if self.is_empty() && self.dtype().is_float() {
            return Ok(Scalar::Float(0.0));
        }
        match self.values() {
            Values::Bool(bits) => Ok(Scalar::Int(bits.count_ones() as i64)),
            Values::Float64(values) if self.dtype().is_nullable() => {
                Ok(Scalar::Float(masked_sum(values.len(), self.validity(), |i| values[i])))
            }
            Values::Float64(values) => Ok(Scalar::Float(sum_by(values.len(), |i| zero_if_nan(values[i])))),
            Values::Float32(values) => {
                let sum = sum_by(values.len(), |i| if values[i].is_nan() { 0.0 } else { values[i] });
                Ok(Scalar::Float(f64::from(sum)))
            }
            Values::Text(text) if count > 0 => Ok(Scalar::from(text.iter().collect::<String>())),
            Values::Text(_) => Ok(if self.dtype() == DType::Str { Scalar::str("") } else { Scalar::Int(0) }),
            Values::Category(_) | Values::Interval(_) => Err(self.no_reduction("sum")),
            Values::Object(scalars) => {
                use crate::arithmetic::Arithmetic;
                let present: Vec<&Scalar> = scalars.iter().filter(|scalar| !scalar.is_missing()).collect();
                let Some((first, rest)) = present.split_first() else { return Ok(Scalar::Int(0)) };
                rest.iter().try_fold((*first).clone(), |sum, scalar| {
                    crate::scalar_arithmetic::scalar_arithmetic(Arithmetic::Add, &sum, scalar)
                })
            }
            Values::Int64(ticks) => match self.dtype() {
                DType::Datetime(_) | DType::Zoned(..) => Err(Error::type_error(format!(
                    "'DatetimeArray' with dtype {} does not support operation 'sum'",
                    self.dtype()
                ))),
                DType::Timedelta(unit) => {
                    let present = ticks.iter().filter(|&&tick| tick != i64::MIN);
                    Ok(Scalar::Timedelta(present.fold(0i64, |sum, &tick| sum.wrapping_add(tick)), unit))
                }
                _ => Ok(Scalar::Int(ticks.iter().fold(0i64, |sum, &value| sum.wrapping_add(value)))),
            },
            Values::UInt64(values) => {
                Ok(Scalar::from(values.iter().fold(0u64, |sum, &value| sum.wrapping_add(value))))
            }
            numbers => Ok(for_number!(
                numbers,
                values => Scalar::Int(values.iter().fold(0i64, |sum, value| sum.wrapping_add(value.to_i128() as i64))),
                _ => Scalar::Int(0)
            )),
        }
    }

    /// Product in row order (pandas' `Series.prod`), with the same rules as [`Column::sum`].
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn prod(&self, skip_missing: bool, min_count: usize) -> Result<Scalar> {
        self.expect_numbers("prod")?;
        let count = self.count();
        if count < min_count || (!skip_missing && count < self.len()) {
            return Ok(self.missing_result());
        }
        if self.dtype().is_float() {
            let values = self.floats();
            return Ok(Scalar::Float(values.iter().filter(|value| !value.is_nan()).fold(1.0, |a, b| a * b)));
        }
        let values = self.iter().filter(|scalar| !scalar.is_missing()).filter_map(|scalar| scalar.as_i128());
        Ok(Scalar::Int(values.fold(1i64, |product, value| product.wrapping_mul(value as i64))))
    }

    /// Arithmetic mean (pandas' `Series.mean`); NaN (NA) without values. Datetimes and timedeltas have
    /// a mean of their own kind.
    ///
    /// # Errors
    /// `TypeError` with pandas' text for strings and categories.
    pub fn mean(&self, skip_missing: bool) -> Result<Scalar> {
        let count = self.count();
        if let (true, Some(ticks)) = (self.dtype().is_time(), self.as_i64()) {
            if count == 0 || (!skip_missing && count < self.len()) {
                return Ok(Scalar::NaT);
            }
            let sum = chunked_sum(ticks.len(), |i| if ticks[i] == i64::MIN { 0.0 } else { ticks[i] as f64 });
            return Ok(self.time_scalar((sum / count as f64) as i64));
        }
        self.expect_numbers("mean")?;
        if count == 0 || (!skip_missing && count < self.len()) {
            return Ok(self.missing_result());
        }
        Ok(Scalar::Float(match self.values() {
            Values::Float64(values) if self.dtype().is_nullable() => {
                masked_sum(values.len(), self.validity(), |i| values[i]) / count as f64
            }
            Values::Float64(values) => sum_by(values.len(), |i| zero_if_nan(values[i])) / count as f64,
            Values::Float32(values) => {
                let sum = sum_by(values.len(), |i| if values[i].is_nan() { 0.0 } else { values[i] });
                f64::from(sum / count as f32)
            }
            Values::Bool(bits) => bits.count_ones() as f64 / count as f64,
            _ if self.dtype().is_nullable() => self.sum(true, 0)?.as_f64().unwrap_or(f64::NAN) / count as f64,
            numbers => {
                for_number!(numbers, values => chunked_sum(values.len(), |i| values[i].to_f64()) / count as f64, _ => f64::NAN)
            }
        }))
    }

    /// Variance with `ddof` degrees of freedom taken off (pandas' default is 1), in two pairwise
    /// passes; missing with too few values.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn var(&self, skip_missing: bool, ddof: usize) -> Result<Scalar> {
        self.spread("var", skip_missing, ddof, |variance| variance)
    }

    /// Square root of [`Column::var`]; of datetimes and timedeltas a timedelta.
    ///
    /// # Errors
    /// As [`Column::var`].
    pub fn std(&self, skip_missing: bool, ddof: usize) -> Result<Scalar> {
        if let (Some(unit), Some(ticks)) = (self.dtype().time_unit(), self.as_i64()) {
            if !skip_missing && self.missing_count() > 0 {
                return Ok(Scalar::NaT);
            }
            let float = |&tick: &i64| if tick == i64::MIN { f64::NAN } else { tick as f64 };
            let floats: Self = ticks.iter().map(float).collect::<Vec<f64>>().into();
            return Ok(match floats.std(true, ddof)? {
                Scalar::Float(std) if !std.is_nan() => Scalar::Timedelta(std as i64, unit),
                _ => Scalar::NaT,
            });
        }
        self.spread("std", skip_missing, ddof, f64::sqrt)
    }

    fn spread(&self, name: &str, skip_missing: bool, ddof: usize, of: fn(f64) -> f64) -> Result<Scalar> {
        self.expect_numbers(name)?;
        let count = self.count();
        if count <= ddof || (!skip_missing && count < self.len()) {
            return Ok(self.missing_result());
        }
        let values = self.floats();
        let nullable = self.dtype().is_nullable();
        let sum = |at: &dyn Fn(usize) -> f64| match nullable {
            true => masked_sum(values.len(), self.validity(), at),
            false => sum_by(values.len(), |i| if values[i].is_nan() { 0.0 } else { at(i) }),
        };
        let mean = sum(&|i| values[i]) / count as f64;
        let squares = sum(&|i| (mean - values[i]) * (mean - values[i]));
        let variance = of(squares / (count - ddof) as f64);
        let single = self.dtype().number() == Some(Number::Float32);
        Ok(Scalar::Float(if single { f64::from(variance as f32) } else { variance }))
    }

    /// Smallest value; missing without values.
    ///
    /// # Errors
    /// `TypeError` for unordered categories and for objects that Python does not order.
    pub fn min(&self, skip_missing: bool) -> Result<Scalar> {
        self.extreme("min", skip_missing, Ordering::Less)
    }

    /// Largest value; missing without values.
    ///
    /// # Errors
    /// As [`Column::min`].
    pub fn max(&self, skip_missing: bool) -> Result<Scalar> {
        self.extreme("max", skip_missing, Ordering::Greater)
    }

    fn extreme(&self, name: &str, skip_missing: bool, wanted: Ordering) -> Result<Scalar> {
        if self.dtype() == DType::Category && !self.is_ordered() {
            return Err(Error::type_error(format!(
                "Categorical is not ordered for operation {name}\nyou can use .as_ordered() to change the Categorical to an ordered one\n"
            )));
        }
        let count = self.count();
        if count == 0 || (!skip_missing && count < self.len()) {
            return Ok(self.missing_result());
        }
        Ok(self.extreme_row(wanted)?.and_then(|row| self.get(row)).unwrap_or_else(|| self.missing_result()))
    }

    /// First row of the smallest (`Less`) or largest (`Greater`) value; `None` without values.
    ///
    /// # Errors
    /// `TypeError` for objects that Python does not order.
    pub fn extreme_row(&self, wanted: Ordering) -> Result<Option<usize>> {
        let valid = self.valid();
        let mut best: Option<usize> = None;
        for row in (0..self.len()).filter(|&row| valid.as_ref().is_none_or(|bits| bits.get(row))) {
            match best {
                Some(at) if self.compare_rows(row, at)? != wanted => {}
                _ => best = Some(row),
            }
        }
        Ok(best)
    }

    /// Order of two present rows.
    pub(crate) fn compare_rows(&self, a: usize, b: usize) -> Result<Ordering> {
        fn natives<T: Native>(values: &[T], a: usize, b: usize) -> Ordering {
            values[a].partial_cmp(&values[b]).unwrap_or(Ordering::Equal)
        }
        Ok(match self.values() {
            Values::Bool(bits) => bits.get(a).cmp(&bits.get(b)),
            Values::Text(text) => text.get(a).cmp(text.get(b)),
            Values::Category(category) => category.codes[a].cmp(&category.codes[b]),
            Values::Object(scalars) => scalars[a].compare(&scalars[b]).ok_or_else(|| {
                let (a, b) = (scalars[a].type_name(), scalars[b].type_name());
                Error::type_error(format!("'<' not supported between instances of '{a}' and '{b}'"))
            })?,
            Values::Interval(ends) => ends.get(a).compare(&ends.get(b)).unwrap_or(Ordering::Equal),
            numbers => for_number!(numbers, values => natives(values, a, b), _ => Ordering::Equal),
        })
    }

    /// Whether any present value is true (not zero, not empty).
    ///
    /// # Errors
    /// `TypeError` for datetimes.
    pub fn any(&self) -> Result<bool> {
        Ok(self.truths("any")?.into_iter().any(|truth| truth))
    }

    /// Whether all present values are true (not zero, not empty).
    ///
    /// # Errors
    /// `TypeError` for datetimes.
    pub fn all(&self) -> Result<bool> {
        Ok(self.truths("all")?.into_iter().all(|truth| truth))
    }

    fn truths(&self, name: &str) -> Result<Vec<bool>> {
        match self.dtype() {
            DType::Datetime(_) | DType::Zoned(..) => {
                let message = format!(
                    "'{name}' with datetime64 dtypes is not supported. Use (obj != pd.Timestamp(0)).{name}() instead."
                );
                return Err(Error::type_error(message));
            }
            DType::Category | DType::Interval(..) => return Err(self.no_reduction(name)),
            _ => {}
        }
        let truth = |scalar: Scalar| match scalar {
            Scalar::Str(text) => !text.is_empty(),
            Scalar::Timedelta(ticks, _) => ticks != 0,
            other => other.as_f64() != Some(0.0),
        };
        Ok(self.iter().filter(|scalar| !scalar.is_missing()).map(truth).collect())
    }

    /// Median: the middle value, or the mean of the two in the middle.
    ///
    /// # Errors
    /// As [`Column::mean`].
    pub fn median(&self, skip_missing: bool) -> Result<Scalar> {
        let time = self.dtype().is_time();
        if !time {
            self.expect_numbers("median")?;
        }
        if self.count() == 0 || (!skip_missing && self.missing_count() > 0) {
            return Ok(self.missing_result());
        }
        let sorted = self.sorted_floats();
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        };
        Ok(if time { self.time_scalar(median as i64) } else { Scalar::Float(median) })
    }

    /// Quantile `q` of the present values (pandas' `Series.quantile`).
    ///
    /// # Errors
    /// `ValueError` for `q` outside 0 to 1; `TypeError` for strings and categories.
    pub fn quantile(&self, q: f64, interpolation: Interpolation) -> Result<Scalar> {
        if !(0.0..=1.0).contains(&q) {
            return Err(Error::value_error("percentiles should all be in the interval [0, 1]"));
        }
        let time = self.dtype().is_time();
        if !time {
            self.expect_numbers("quantile")?;
        }
        if self.dtype().is_bool() {
            return Err(Error::type_error(
                "numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or \
                 the logical_xor function instead.",
            ));
        }
        let sorted = self.sorted_floats();
        let Some(last) = sorted.len().checked_sub(1) else { return Ok(self.missing_result()) };
        let position = q * last as f64;
        let low = (position.floor() as usize).min(last);
        let high = (position.ceil() as usize).min(last);
        let share = position - low as f64;
        let (a, b) = (sorted[low], sorted[high]);
        let value = match interpolation {
            // numpy's lerp, exact at both ends.
            Interpolation::Linear if share >= 0.5 => b - (b - a) * (1.0 - share),
            Interpolation::Linear => a + (b - a) * share,
            Interpolation::Lower => a,
            Interpolation::Higher => b,
            Interpolation::Midpoint if low == high => a,
            Interpolation::Midpoint => a + (b - a) * 0.5,
            Interpolation::Nearest => sorted[(position.round_ties_even() as usize).min(last)],
        };
        let exact = !matches!(interpolation, Interpolation::Linear | Interpolation::Midpoint);
        Ok(match time {
            true => self.time_scalar(value as i64),
            false if exact && self.dtype().is_integer() => Scalar::Int(value as i64),
            // A nullable integer stays one where the quantile is whole.
            false if self.dtype().is_integer() && self.dtype().is_nullable() && value.fract() == 0.0 => {
                Scalar::Int(value as i64)
            }
            false if self.dtype().number() == Some(Number::Float32) => Scalar::Float(f64::from(value as f32)),
            false => Scalar::Float(value),
        })
    }

    fn sorted_floats(&self) -> Vec<f64> {
        let mut values: Vec<f64> = match self.as_i64() {
            Some(ticks) if !self.dtype().is_nullable() => {
                let time = !self.dtype().is_numeric();
                ticks.iter().filter(|&&tick| !time || tick != i64::MIN).map(|&tick| tick as f64).collect()
            }
            _ => self.floats().into_iter().filter(|value| !value.is_nan()).collect(),
        };
        values.sort_by(f64::total_cmp);
        values
    }

    /// The values as f64, NaN where missing; empty for columns that are no numbers.
    #[must_use]
    pub fn floats(&self) -> Vec<f64> {
        match self.values() {
            Values::Text(_) | Values::Category(_) | Values::Interval(_) | Values::Object(_) => {
                self.iter().map(|scalar| scalar.as_f64().unwrap_or(f64::NAN)).collect()
            }
            _ => self.to_natives(f64::NAN, |value| value),
        }
    }

    fn time_scalar(&self, ticks: i64) -> Scalar {
        match self.dtype() {
            DType::Datetime(unit) => Scalar::Datetime(ticks, unit),
            DType::Zoned(unit, zone) => Scalar::Zoned(ticks, unit, zone),
            DType::Timedelta(unit) => Scalar::Timedelta(ticks, unit),
            _ => Scalar::Int(ticks),
        }
    }

    fn missing_result(&self) -> Scalar {
        self.missing_scalar()
    }

    fn expect_numbers(&self, name: &str) -> Result<()> {
        match self.dtype() {
            DType::Bool | DType::Boolean | DType::Number(_) | DType::Nullable(_) => Ok(()),
            DType::Object if self.iter().all(|scalar| scalar.is_missing() || scalar.as_f64().is_some()) => {
                Ok(())
            }
            _ => Err(self.no_reduction(name)),
        }
    }

    fn no_reduction(&self, name: &str) -> Error {
        match self.dtype() {
            DType::Str | DType::String if name != "quantile" => {
                Error::type_error(format!("Cannot perform reduction '{name}' with string dtype"))
            }
            DType::Category => Error::type_error(format!(
                "'Categorical' with dtype category does not support operation '{name}'"
            )),
            dtype @ DType::Interval(..) => Error::type_error(format!(
                "'IntervalArray' with dtype {dtype} does not support operation '{name}'"
            )),
            dtype if dtype.is_time() => {
                let class = if dtype.is_datetime() { "DatetimeArray" } else { "TimedeltaArray" };
                Error::type_error(format!("'{class}' with dtype {dtype} does not support operation '{name}'"))
            }
            _ => Error::type_error(format!("Could not perform reduction '{name}' on dtype {}", self.dtype())),
        }
    }
}

fn zero_if_nan(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}
