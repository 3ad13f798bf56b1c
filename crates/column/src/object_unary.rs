//! Unary operations of `object` values as Python does them.

use crate::column::Column;
use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// A unary operation of Python.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Unary {
    Negative,
    Absolute,
    Invert,
}

impl Unary {
    fn method(self) -> &'static str {
        match self {
            Self::Negative => "__neg__",
            Self::Absolute => "__abs__",
            Self::Invert => "__invert__",
        }
    }

    fn refusal(self, scalar: &Scalar) -> Error {
        let name = scalar.type_name();
        Error::type_error(match self {
            Self::Negative => format!("bad operand type for unary -: '{name}'"),
            Self::Absolute => format!("bad operand type for abs(): '{name}'"),
            Self::Invert => format!("bad operand type for unary ~: '{name}'"),
        })
    }

    fn scalar(self, scalar: &Scalar) -> Result<Scalar> {
        Ok(match (self, scalar) {
            (_, Scalar::Opaque(value)) => value.get().unary(self.method())?,
            (_, Scalar::NA | Scalar::NaT) => scalar.clone(),
            (Self::Negative, Scalar::Float(value)) => Scalar::Float(-value),
            (Self::Absolute, Scalar::Float(value)) => Scalar::Float(value.abs()),
            (Self::Negative, Scalar::Timedelta(ticks, unit)) => {
                Scalar::Timedelta(ticks.wrapping_neg(), *unit)
            }
            (Self::Absolute, Scalar::Timedelta(ticks, unit)) => {
                Scalar::Timedelta(ticks.wrapping_abs(), *unit)
            }
            (_, number) => match number.as_i128() {
                None => return Err(self.refusal(scalar)),
                Some(value) => Scalar::from(match self {
                    Self::Negative => value.wrapping_neg(),
                    Self::Absolute => value.wrapping_abs(),
                    Self::Invert => !value,
                }),
            },
        })
    }
}

impl Column {
    /// The operation on each object.
    pub(crate) fn object_unary(&self, op: Unary) -> Result<Self> {
        let rows = self.iter().enumerate().map(|(i, scalar)| op.scalar(&scalar).map_err(|error| error.at(i)));
        Ok(Self::object(rows.collect::<Result<_>>()?))
    }
}
