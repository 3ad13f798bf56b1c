//! Operations on each value alone.

use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::number::Native;
use crate::object_unary::Unary;
use crate::values::{Values, for_number};
use crate::warning::Conditions;

impl Column {
    /// `-`: numbers and timedeltas negated (unsigned integers wrap), booleans inverted.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn negate(&self) -> Result<Self> {
        match self.dtype() {
            DType::Bool | DType::Boolean => self.invert(),
            DType::Timedelta(unit) => Ok(Self::timedelta(self.each_tick(i64::wrapping_neg), unit)),
            DType::Number(_) | DType::Nullable(_) => Ok(self.map_numbers(|value| -value, i128::wrapping_neg)),
            DType::Object => self.object_unary(Unary::Negative),
            _ => Err(self.no_unary("-", "negative")),
        }
    }

    /// Absolute value of numbers and timedeltas; booleans as they are.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn abs(&self) -> Result<Self> {
        match self.dtype() {
            DType::Bool | DType::Boolean => Ok(self.clone()),
            DType::Timedelta(unit) => Ok(Self::timedelta(self.each_tick(i64::wrapping_abs), unit)),
            DType::Number(_) | DType::Nullable(_) => Ok(self.map_numbers(f64::abs, i128::wrapping_abs)),
            DType::Object => self.object_unary(Unary::Absolute),
            _ => Err(Error::type_error(format!("bad operand type for abs(): '{}'", self.dtype()))),
        }
    }

    /// Rounds half to even at `digits` decimal places, as numpy: scale, round, scale back. Integers
    /// round only for negative `digits`.
    ///
    /// # Errors
    /// `TypeError` for strings and times.
    pub fn round(&self, digits: i32) -> Result<Self> {
        match self.dtype() {
            DType::Bool | DType::Boolean => Ok(self.clone()),
            DType::Number(number) | DType::Nullable(number) => {
                let scale = 10f64.powi(digits.abs());
                if !number.is_float() && digits >= 0 {
                    return Ok(self.clone());
                }
                let integer = |value: i128| match 10i128.checked_pow(digits.unsigned_abs()) {
                    Some(unit) => round_to_unit(value, unit),
                    None => 0,
                };
                let float = |value: f64| match digits {
                    0 => value.round_ties_even(),
                    1.. => (value * scale).round_ties_even() / scale,
                    _ => (value / scale).round_ties_even() * scale,
                };
                Ok(self.map_numbers(float, integer))
            }
            _ => Err(Error::type_error(format!("Expected numeric dtype, got {} instead.", self.dtype()))),
        }
    }

    /// Largest integer at or below each value, as a float; integers stay.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn floor(&self) -> Result<Self> {
        if self.dtype().is_integer() {
            Ok(self.clone())
        } else {
            self.float_kernel("floor", f64::floor, |_| ())
        }
    }

    /// Smallest integer at or above each value, as a float; integers stay.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn ceil(&self) -> Result<Self> {
        if self.dtype().is_integer() {
            Ok(self.clone())
        } else {
            self.float_kernel("ceil", f64::ceil, |_| ())
        }
    }

    /// Square root; negative values give NaN.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn sqrt(&self) -> Result<Self> {
        self.float_kernel("sqrt", f64::sqrt, |_| ())
    }

    /// Natural logarithm; zero gives −inf, negative values NaN.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn ln(&self) -> Result<Self> {
        self.float_kernel("log", f64::ln, |met| met.divide = true)
    }

    /// Exponential function.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    pub fn exp(&self) -> Result<Self> {
        self.float_kernel("exp", f64::exp, |met| met.overflow = true)
    }

    /// `kernel` on each value as float64 (float32 stays); missing stays missing. `name` is numpy's
    /// name of the function, for messages; `infinite` notes what it is that a finite value becomes infinite.
    ///
    /// # Errors
    /// `TypeError` for anything but numbers and booleans.
    fn float_kernel(
        &self,
        name: &str,
        kernel: impl Fn(f64) -> f64,
        infinite: impl Fn(&mut Conditions),
    ) -> Result<Self> {
        let target = match self.dtype() {
            dtype if dtype.is_float() => dtype,
            DType::Bool | DType::Number(_) => DType::FLOAT64,
            DType::Boolean | DType::Nullable(_) => DType::NULLABLE_FLOAT64,
            _ => return Err(self.no_ufunc(name)),
        };
        let argument = self.cast(target)?;
        let result = argument.map_numbers(kernel, |value| value);
        let mut met = Conditions::default();
        let valid = argument.valid();
        let before = argument.floats();
        for (row, (x, y)) in before.into_iter().zip(result.floats()).enumerate() {
            if !valid.as_ref().is_none_or(|bits| bits.get(row)) {
                continue;
            }
            met.invalid |= y.is_nan() && !x.is_nan();
            if y.is_infinite() && x.is_finite() {
                infinite(&mut met);
            }
        }
        met.warn(name);
        Ok(result)
    }

    fn each_tick(&self, op: impl Fn(i64) -> i64) -> Vec<i64> {
        let ticks = self.as_i64().unwrap_or(&[]);
        ticks.iter().map(|&tick| if tick == i64::MIN { tick } else { op(tick) }).collect()
    }

    /// Numbers of the same dtype through one of two functions.
    fn map_numbers(&self, float: impl Fn(f64) -> f64, integer: impl Fn(i128) -> i128) -> Self {
        fn one<T: Native>(value: T, float: impl Fn(f64) -> f64, integer: impl Fn(i128) -> i128) -> T {
            match T::NUMBER.is_float() {
                true => T::from_f64(float(value.to_f64())),
                false => T::from_i128(integer(value.to_i128())),
            }
        }
        for_number!(
            self.values(),
            values => self.with_numbers(values.iter().map(|&value| one(value, &float, &integer)).collect()),
            _ => self.clone()
        )
    }

    fn no_unary(&self, symbol: &str, ufunc: &str) -> Error {
        match self.values() {
            Values::Interval(_) => {
                Error::type_error(format!("bad operand type for unary {symbol}: 'IntervalArray'"))
            }
            Values::Text(_) => {
                Error::type_error(format!("unary '{symbol}' not supported for dtype '{}'", self.dtype()))
            }
            _ => self.no_ufunc(ufunc),
        }
    }

    fn no_ufunc(&self, ufunc: &str) -> Error {
        Error::type_error(format!(
            "ufunc '{ufunc}' not supported for the input types, and the inputs could not be safely coerced to any \
             supported types according to the casting rule ''safe''"
        ))
    }
}

/// To a multiple of `unit`, ties to the even multiple.
fn round_to_unit(value: i128, unit: i128) -> i128 {
    let (quotient, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    let up = match (2 * rest).cmp(&unit) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    (quotient + i128::from(up)) * unit
}
