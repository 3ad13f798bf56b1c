//! A plain number: the third kind of operand beside tensors with and without dimensions.

use std::fmt;

use crate::{DType, Error, Result};

/// A number that is not a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Float(f64),
}

impl Scalar {
    /// The dtype a tensor made of this number has: bool, int64 or the default float32.
    pub fn default_dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I64,
            Scalar::Float(_) => DType::F32,
        }
    }

    /// The value as f64, integers rounded to nearest.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(b) => f64::from(u8::from(b)),
            Scalar::Int(i) => i as f64,
            Scalar::Float(f) => f,
        }
    }

    /// The value as i64 with the conversions of x86: toward zero, out of range and NaN give the minimum.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(b) => i64::from(b),
            Scalar::Int(i) => i,
            Scalar::Float(f) => {
                if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) {
                    f as i64
                } else {
                    i64::MIN
                }
            }
        }
    }

    /// The number itself if a dtype can hold its magnitude; unsigned types take negative numbers that wrap.
    ///
    /// # Errors
    /// `RuntimeError` for a number beyond the dtype's range.
    pub(crate) fn check_fits(self, operator: &'static str, dtype: DType) -> Result<Scalar> {
        let value = self.to_f64();
        let (low, high, name) = match dtype {
            DType::Bool | DType::F64 => return Ok(self),
            DType::U8 => (-255.0, 255.0, "uint8_t"),
            DType::I8 => (-128.0, 127.0, "int8_t"),
            DType::I16 => (-32_768.0, 32_767.0, "int16_t"),
            DType::I32 => (-2_147_483_648.0, 2_147_483_647.0, "int"),
            DType::I64 => (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_807.0, "int64_t"),
            DType::F32 if !value.is_finite() => return Ok(self),
            DType::F32 => (-f64::from(f32::MAX), f64::from(f32::MAX), "float"),
        };
        if (low..=high).contains(&value) {
            return Ok(self);
        }
        Err(Error::runtime(operator, format!("value cannot be converted to type {name} without overflow"))
            .dtypes(&[dtype])
            .expected(format!("{low} to {high}"))
            .found(self.to_string()))
    }

    /// Whether the number is not zero; NaN is true.
    pub fn to_bool(self) -> bool {
        match self {
            Scalar::Bool(b) => b,
            Scalar::Int(i) => i != 0,
            Scalar::Float(f) => f != 0.0,
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => f.write_str(if *b { "True" } else { "False" }),
            Scalar::Int(i) => write!(f, "{i}"),
            Scalar::Float(x) => f.write_str(&crate::display::python_float(*x)),
        }
    }
}

impl From<bool> for Scalar {
    fn from(b: bool) -> Self {
        Scalar::Bool(b)
    }
}
impl From<i64> for Scalar {
    fn from(i: i64) -> Self {
        Scalar::Int(i)
    }
}
impl From<i32> for Scalar {
    fn from(i: i32) -> Self {
        Scalar::Int(i64::from(i))
    }
}
impl From<f64> for Scalar {
    fn from(f: f64) -> Self {
        Scalar::Float(f)
    }
}
