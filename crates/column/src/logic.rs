//! `& | ^ ~` of pandas.

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::number::{Native, Number};
use crate::object_unary::Unary;
use crate::operand::{Operand, both_valid, map_sides, row_count, side};
use crate::promote::promote_numbers;
use crate::scalar::Scalar;
use crate::values::{Values, for_number, with_native};

/// A logical operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Logic {
    And,
    Or,
    Xor,
}

impl Logic {
    /// The operator as Python writes it.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::And => "and_",
            Self::Or => "or_",
            Self::Xor => "xor",
        }
    }

    fn bits(self, a: &Bitmap, b: &Bitmap) -> Bitmap {
        match self {
            Self::And => a.and(b),
            Self::Or => a.or(b),
            Self::Xor => a.xor(b),
        }
    }

    fn integers(self, a: i64, b: i64) -> i64 {
        match self {
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
        }
    }
}

/// Truth of a side: known bits, and which are known.
struct Truth {
    bits: Bitmap,
    known: Option<Bitmap>,
}

impl Column {
    /// `left op right` on `bool` and `boolean` (Kleene's three-valued logic: `False & NA` is False,
    /// `True | NA` is True), bitwise on integers. In `object` sides a missing value is false.
    ///
    /// # Errors
    /// `TypeError` with pandas' text for other dtypes and scalars.
    pub fn logic<'a>(op: Logic, left: impl Into<Operand<'a>>, right: impl Into<Operand<'a>>) -> Result<Self> {
        let (left, right) = (left.into(), right.into());
        let len = row_count(left, right)?;
        if is_of_times(left) || is_of_times(right) {
            return Err(Error::type_error(format!(
                "operation '{}' not supported for {} with {}",
                op.method(),
                shown(left),
                shown(right)
            )));
        }
        let integer = |operand: Operand<'_>| match operand {
            Operand::Column(column) => column.dtype().is_integer(),
            Operand::Scalar(scalar) => matches!(scalar, Scalar::Int(_)),
        };
        let boolean = left.is(|dtype| dtype == DType::Boolean) || right.is(|dtype| dtype == DType::Boolean);
        if integer(left) && integer(right) {
            return bitwise(op, len, left, right);
        }
        let (a, b) = (truth(op, len, left, right)?, truth(op, len, right, left)?);
        if !boolean {
            let bits = op.bits(&a.bits, &b.bits);
            // A missing object on the left fails in Python, which pandas reads as false.
            return Ok(match left {
                Operand::Column(column) if column.dtype() == DType::Object => {
                    bits.and(&column.valid().unwrap_or_else(|| Bitmap::filled(true, len))).into()
                }
                _ => bits.into(),
            });
        }
        Ok(kleene(op, len, &a, &b))
    }

    /// `~`: not for booleans (NA stays NA), all bits flipped for integers.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn invert(&self) -> Result<Self> {
        match self.values() {
            Values::Bool(bits) if self.dtype() == DType::Bool => Ok(bits.negated().into()),
            Values::Bool(bits) => {
                let valid = self.valid().unwrap_or_else(|| Bitmap::filled(true, bits.len()));
                Ok(Self::boolean(bits.negated(), valid))
            }
            numbers if self.dtype().is_integer() => Ok(for_number!(
                numbers,
                buffer => self.with_numbers(buffer.iter().map(|&value| flip(value)).collect()),
                _ => self.clone()
            )),
            _ if self.dtype() == DType::Object => self.object_unary(Unary::Invert),
            _ if self.dtype().is_text() => {
                Err(Error::type_error(format!("unary '~' not supported for dtype '{}'", self.dtype())))
            }
            _ => Err(Error::type_error(
                "ufunc 'invert' not supported for the input types, and the inputs could not be safely coerced to any \
                 supported types according to the casting rule ''safe''",
            )),
        }
    }

    /// A number column of the same kind (numpy or nullable, same missing rows) over new values.
    pub(crate) fn with_numbers<T: Native>(&self, values: Vec<T>) -> Self {
        match self.dtype() {
            DType::Nullable(_) => {
                let valid = self.validity().cloned().unwrap_or_else(|| Bitmap::filled(true, values.len()));
                Self::nullable(values, valid)
            }
            _ => values.into(),
        }
    }
}

/// All bits of an integer.
fn flip<T: Native>(value: T) -> T {
    T::from_i128(!value.to_i128())
}

fn kleene(op: Logic, len: usize, a: &Truth, b: &Truth) -> Column {
    let all = || Bitmap::filled(true, len);
    let (known_a, known_b) = (a.known.clone().unwrap_or_else(all), b.known.clone().unwrap_or_else(all));
    let (bits_a, bits_b) = (a.bits.and(&known_a), b.bits.and(&known_b));
    let both = known_a.and(&known_b);
    let decided = match op {
        // A known false decides `&`, a known true decides `|`.
        Logic::And => known_a.and(&bits_a.negated()).or(&known_b.and(&bits_b.negated())),
        Logic::Or => bits_a.or(&bits_b),
        Logic::Xor => Bitmap::filled(false, len),
    };
    Column::boolean(op.bits(&bits_a, &bits_b), both.or(&decided))
}

/// Whether an operand is a column of dates or durations, or of categories that are: they have no truth.
fn is_of_times(operand: Operand<'_>) -> bool {
    match operand {
        Operand::Column(column) => {
            column.dtype().is_time() || column.categories().is_some_and(|held| held.dtype().is_time())
        }
        Operand::Scalar(_) => false,
    }
}

fn shown(operand: Operand<'_>) -> String {
    match operand {
        Operand::Column(column) => format!("dtype '{}'", column.dtype()),
        Operand::Scalar(scalar) => format!("object of type {}", scalar.type_name()),
    }
}

fn truth(op: Logic, len: usize, operand: Operand<'_>, other: Operand<'_>) -> Result<Truth> {
    let other_boolean = other.is(|dtype| dtype == DType::Boolean);
    match operand {
        Operand::Column(column) => match column.values() {
            Values::Bool(bits) => Ok(Truth { bits: bits.clone(), known: column.validity().cloned() }),
            Values::Object(scalars) => {
                let truthy = |scalar: &Scalar| !scalar.is_missing() && scalar.as_f64() != Some(0.0);
                Ok(Truth { bits: scalars.iter().map(truthy).collect(), known: None })
            }
            _ if column.dtype().is_integer() => {
                let bits = column.cast(DType::Boolean).or_else(|_| column.cast(DType::Bool))?;
                // numpy computes `bool & int` on integers and reads the result as truth: the lowest bit decides `&`.
                let odd =
                    |i: usize| column.get(i).and_then(|scalar| scalar.as_i128()).is_some_and(|v| v & 1 == 1);
                let bits = match op {
                    Logic::And => Bitmap::from_fn(len, odd),
                    _ => bits.as_bool().cloned().unwrap_or_else(|| Bitmap::filled(false, len)),
                };
                Ok(Truth { bits, known: column.validity().cloned() })
            }
            _ if column.dtype().is_text() => Err(Error::type_error(format!(
                "operation '{}' not supported for dtype '{}' with dtype '{}'",
                op.method(),
                column.dtype(),
                other.type_text()
            ))),
            _ => Err(Error::type_error(format!(
                "unsupported operand type(s) for {}: '{}' and '{}'",
                op.symbol(),
                element(operand),
                element(other)
            ))),
        },
        Operand::Scalar(Scalar::Bool(bit)) => Ok(Truth { bits: Bitmap::filled(*bit, len), known: None }),
        Operand::Scalar(Scalar::NA) => {
            Ok(Truth { bits: Bitmap::filled(false, len), known: Some(Bitmap::filled(false, len)) })
        }
        Operand::Scalar(scalar) if other_boolean => Err(Error::type_error(format!(
            "'other' should be pandas.NA or a bool. Got {} instead.",
            scalar.type_name()
        ))),
        Operand::Scalar(Scalar::Int(value)) => {
            let bit = if op == Logic::And { value & 1 == 1 } else { *value != 0 };
            Ok(Truth { bits: Bitmap::filled(bit, len), known: None })
        }
        Operand::Scalar(scalar) => Err(Error::type_error(format!(
            "Cannot perform '{}' with a dtyped [{}] array and scalar of type [{}]",
            op.method(),
            other.type_text(),
            scalar.type_name()
        ))),
    }
}

fn element(operand: Operand<'_>) -> String {
    match operand {
        Operand::Column(column) if column.dtype().is_float() => "float".into(),
        Operand::Column(column) if column.dtype().is_bool() => "bool".into(),
        Operand::Column(column) if column.dtype().is_integer() => "int".into(),
        other => other.type_text(),
    }
}

fn bitwise(op: Logic, len: usize, left: Operand<'_>, right: Operand<'_>) -> Result<Column> {
    let number = |operand: Operand<'_>| operand.dtype().and_then(DType::number);
    let common = match (number(left), number(right)) {
        (Some(a), Some(b)) => promote_numbers(a, b),
        (Some(number), None) | (None, Some(number)) => number,
        (None, None) => Number::Int64,
    };
    let values = map_sides(len, &side::<i64>(left)?, &side::<i64>(right)?, |a, b| op.integers(a, b));
    let nullable = left.is(DType::is_nullable) || right.is(DType::is_nullable);
    Ok(with_native!(common, T => {
        let values: Vec<T> = values.into_iter().map(|value| T::from_i128(i128::from(value))).collect();
        match nullable {
            true => Column::nullable(values, both_valid(left, right).unwrap_or_else(|| Bitmap::filled(true, len))),
            false => values.into(),
        }
    }))
}
