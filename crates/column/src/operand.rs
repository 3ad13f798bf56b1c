//! The two sides of an element-wise operation.

use std::borrow::Cow;

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::number::Native;
use crate::scalar::Scalar;

/// One side of an element-wise operation: a column, or a scalar met by every row of the other side.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Operand<'a> {
    Column(&'a Column),
    Scalar(&'a Scalar),
}

impl<'a> From<&'a Column> for Operand<'a> {
    fn from(column: &'a Column) -> Self {
        Self::Column(column)
    }
}

impl<'a> From<&'a Scalar> for Operand<'a> {
    fn from(scalar: &'a Scalar) -> Self {
        Self::Scalar(scalar)
    }
}

impl Operand<'_> {
    /// The dtype of a column.
    pub(crate) fn dtype(&self) -> Option<DType> {
        match self {
            Self::Column(column) => Some(column.dtype()),
            Self::Scalar(_) => None,
        }
    }

    pub(crate) fn is(&self, test: impl Fn(DType) -> bool) -> bool {
        self.dtype().is_some_and(test)
    }

    pub(crate) fn validity(&self) -> Option<&Bitmap> {
        match self {
            Self::Column(column) => column.validity(),
            Self::Scalar(_) => None,
        }
    }

    /// Row `i` as pandas reads it.
    pub(crate) fn get(&self, i: usize) -> Scalar {
        match self {
            Self::Column(column) => column.get(i).unwrap_or(Scalar::None),
            Self::Scalar(scalar) => (*scalar).clone(),
        }
    }

    /// How error messages name this side.
    pub(crate) fn type_text(&self) -> String {
        match self {
            Self::Column(column) => column.dtype().to_string(),
            Self::Scalar(scalar) => scalar.type_name().to_owned(),
        }
    }
}

/// The number of rows of an operation.
///
/// # Errors
/// `ValueError` as numpy for columns of different length; `TypeError` for two scalars.
pub(crate) fn row_count(left: Operand<'_>, right: Operand<'_>) -> Result<usize> {
    match (left, right) {
        (Operand::Column(a), Operand::Column(b)) if a.len() != b.len() => Err(Error::value_error(format!(
            "operands could not be broadcast together with shapes ({},) ({},) ",
            a.len(),
            b.len()
        ))),
        (Operand::Column(column), _) | (_, Operand::Column(column)) => Ok(column.len()),
        (Operand::Scalar(_), Operand::Scalar(_)) => Err(Error::type_error("one side must be a column")),
    }
}

/// Rows present on both sides, where either keeps a validity bitmap.
pub(crate) fn both_valid(left: Operand<'_>, right: Operand<'_>) -> Option<Bitmap> {
    match (left.validity(), right.validity()) {
        (Some(a), Some(b)) => Some(a.and(b)),
        (Some(bits), None) | (None, Some(bits)) => Some(bits.clone()),
        (None, None) => None,
    }
}

/// Typed values of one side.
pub(crate) enum Side<'a, T: Clone> {
    Rows(Cow<'a, [T]>),
    One(T),
}

impl<T: Native> Side<'_, T> {
    #[inline]
    pub(crate) fn get(&self, i: usize) -> T {
        match self {
            Self::Rows(rows) => rows[i],
            Self::One(value) => *value,
        }
    }
}

/// `op` over rows; the match stands outside the loops so that they vectorise.
pub(crate) fn map_sides<T: Native, R>(
    len: usize,
    left: &Side<'_, T>,
    right: &Side<'_, T>,
    op: impl Fn(T, T) -> R,
) -> Vec<R> {
    match (left, right) {
        (Side::Rows(a), Side::Rows(b)) => a.iter().zip(b.iter()).map(|(&x, &y)| op(x, y)).collect(),
        (Side::Rows(a), Side::One(y)) => a.iter().map(|&x| op(x, *y)).collect(),
        (Side::One(x), Side::Rows(b)) => b.iter().map(|&y| op(*x, y)).collect(),
        (Side::One(x), Side::One(y)) => (0..len).map(|_| op(*x, *y)).collect(),
    }
}

/// As [`map_sides`], into bits.
pub(crate) fn test_sides<T: Native>(
    len: usize,
    left: &Side<'_, T>,
    right: &Side<'_, T>,
    op: impl Fn(T, T) -> bool,
) -> Bitmap {
    match (left, right) {
        (Side::Rows(a), Side::Rows(b)) => Bitmap::from_fn(len, |i| op(a[i], b[i])),
        (Side::Rows(a), Side::One(y)) => Bitmap::from_fn(len, |i| op(a[i], *y)),
        (Side::One(x), Side::Rows(b)) => Bitmap::from_fn(len, |i| op(*x, b[i])),
        (Side::One(x), Side::One(y)) => Bitmap::from_fn(len, |_| op(*x, *y)),
    }
}

/// One side as `T`: a column converted as numpy promotes, a scalar by value.
pub(crate) fn side<'a, T: Native>(operand: Operand<'a>) -> Result<Side<'a, T>> {
    match operand {
        Operand::Scalar(scalar) => Ok(Side::One(match (scalar.as_i128(), scalar.as_f64()) {
            (Some(value), _) if !T::NUMBER.is_float() => T::from_i128(value),
            (_, Some(value)) => T::from_f64(value),
            _ => T::ZERO,
        })),
        Operand::Column(column) => match column.native::<T>() {
            Some(rows) => Ok(Side::Rows(Cow::Borrowed(rows))),
            None => Ok(Side::Rows(Cow::Owned(column.to_natives(T::ZERO, T::from_f64)))),
        },
    }
}
