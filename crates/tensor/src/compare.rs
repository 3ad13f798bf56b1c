//! Comparisons, logic and choice.

use crate::element::{Element, with_element};
use crate::pointwise::{Operand, choose, common_dtype, map, zip};
use crate::{DType, Error, Result, ResultType, Tensor};

/// How two elements compare, one bit each, so that all comparisons share one loop a dtype.
const LESS: u8 = 1;
const EQUAL: u8 = 2;
const GREATER: u8 = 4;
const UNORDERED: u8 = 8;

fn order<T: Element>(x: T, y: T) -> u8 {
    if x < y {
        LESS
    } else if x == y {
        EQUAL
    } else if x > y {
        GREATER
    } else {
        UNORDERED
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $holds:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// `RuntimeError` if sizes do not broadcast.
            pub fn $name<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Tensor> {
                self.compare(stringify!($name), other.into(), $holds)
            }
        )*}
    };
}

comparisons! {
    /// `self == other`, in the common dtype.
    eq => EQUAL;
    /// `self != other`, in the common dtype.
    ne => LESS | GREATER | UNORDERED;
    /// `self < other`, in the common dtype.
    lt => LESS;
    /// `self <= other`, in the common dtype.
    le => LESS | EQUAL;
    /// `self > other`, in the common dtype.
    gt => GREATER;
    /// `self >= other`, in the common dtype.
    ge => GREATER | EQUAL;
}

impl Tensor {
    fn compare(&self, operator: &'static str, other: Operand<'_>, holds: u8) -> Result<Tensor> {
        let dtype = common_dtype(self, other);
        let (a, b) = (self.to_dtype(dtype)?, other.to_tensor(dtype)?);
        let orders = with_element!(dtype, T => zip::<T, u8>(operator, &a, &b, order))?;
        map::<u8, bool>(operator, &orders, |found| found & holds != 0)
    }

    fn logical(&self, operator: &'static str, other: &Tensor, f: fn(bool, bool) -> bool) -> Result<Tensor> {
        zip::<bool, bool>(operator, &self.to_dtype(DType::Bool)?, &other.to_dtype(DType::Bool)?, f)
    }
    /// Where both are not zero.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn logical_and(&self, other: &Tensor) -> Result<Tensor> {
        self.logical("logical_and", other, |x, y| x & y)
    }
    /// Where either is not zero.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn logical_or(&self, other: &Tensor) -> Result<Tensor> {
        self.logical("logical_or", other, |x, y| x | y)
    }
    /// Where exactly one is not zero.
    ///
    /// # Errors
    /// `RuntimeError` if sizes do not broadcast.
    pub fn logical_xor(&self, other: &Tensor) -> Result<Tensor> {
        self.logical("logical_xor", other, |x, y| x ^ y)
    }

    /// Elements of `a` where `condition` holds, of `b` elsewhere, in the common dtype of `a` and `b`.
    ///
    /// # Errors
    /// `RuntimeError` unless the condition is bool or uint8 and sizes broadcast.
    pub fn where_<'a, 'b>(
        condition: &Tensor,
        a: impl Into<Operand<'a>>,
        b: impl Into<Operand<'b>>,
    ) -> Result<Tensor> {
        if !matches!(condition.dtype(), DType::Bool | DType::U8) {
            return Err(Error::runtime(
                "where",
                format!(
                    "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
                    condition.dtype().scalar_name()
                ),
            )
            .dtypes(&[condition.dtype()])
            .expected("bool")
            .found(condition.dtype().name()));
        }
        let (a, b) = (a.into(), b.into());
        let dtype = b.promote(a.promote(ResultType::new())).finish();
        let condition = condition.to_dtype(DType::Bool)?;
        let (a, b) = (a.to_tensor(dtype)?, b.to_tensor(dtype)?);
        with_element!(dtype, T => choose::<T>(&condition, &a, &b))
    }

    /// A copy with a number where the mask holds.
    ///
    /// # Errors
    /// `RuntimeError` unless the mask is bool, sizes broadcast and the number's category fits.
    pub fn masked_fill(&self, mask: &Tensor, value: crate::Scalar) -> Result<Tensor> {
        if mask.dtype() != DType::Bool {
            return Err(Error::runtime(
                "masked_fill",
                format!(
                    "masked_fill_ only supports boolean masks, but got mask with dtype {}",
                    mask.dtype().cpp_name()
                ),
            )
            .dtypes(&[mask.dtype()]));
        }
        let value = value.check_fits("masked_fill", self.dtype())?;
        let fill = Tensor::scalar(value, self.dtype());
        // Row-major whatever the order of the operands.
        with_element!(self.dtype(), T => choose::<T>(mask, &fill, self))?.contiguous()
    }

    /// Whether both have the same sizes, dtype and elements; NaN differs from itself.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn equal(&self, other: &Tensor) -> Result<bool> {
        if self.sizes() != other.sizes() || self.dtype() != other.dtype() {
            return Ok(false);
        }
        with_element!(self.dtype(), T => Ok(self.to_vec::<T>()? == other.to_vec::<T>()?))
    }
}
