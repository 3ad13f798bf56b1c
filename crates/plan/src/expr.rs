//! The language of guards and derived values: total, without floats, loops or closures.
//!
//! Integers are those of 64 bits, signed or not; arithmetic that leaves them refuses the upsert. A type error is
//! found here, before anything is evaluated.

use crate::malformed::{Malformation, Malformed};
use crate::query::PAGE_LEN_MAX;
use crate::wire::{Decoder, Encoder};

/// The most nodes of one expression.
pub const STEPS_MAX: usize = 4096;
/// The deepest nesting.
pub const DEPTH_MAX: usize = 64;
/// The most bytes that constants and fields of one expression cover.
pub const BYTES_MAX: usize = 1 << 20;

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// From -2^63 to 2^64 - 1.
    Int(i128),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Truth.
    Bool(bool),
}

/// How bytes of a page are read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// An integer of 1, 2, 4 or 8 bytes.
    Int {
        /// Its width.
        width_bytes: u8,
        /// Two's complement.
        signed: bool,
        /// Most significant byte first.
        big_endian: bool,
    },
    /// So many bytes as they are.
    Bytes(u32),
}

/// An operation of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operator {
    /// Checked sum.
    Add = 16,
    /// Checked difference.
    Sub = 17,
    /// Checked product.
    Mul = 18,
    /// Equal, for two of a type.
    Eq = 24,
    /// Not equal, for two of a type.
    Ne = 25,
    /// Less, for integers and, by first difference, for bytes.
    Lt = 26,
    /// Less or equal.
    Le = 27,
    /// Greater.
    Gt = 28,
    /// Greater or equal.
    Ge = 29,
    /// Both.
    And = 32,
    /// At least one.
    Or = 33,
}

/// An expression over the state before the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A constant.
    Constant(Value),
    /// Bytes of a page.
    Field {
        /// The page.
        page: u64,
        /// The first byte.
        offset: u32,
        /// How they are read.
        field_type: FieldType,
    },
    /// The seq of the page's last change.
    Version(u64),
    /// Whether the page exists.
    Exists(u64),
    /// The page's size in bytes.
    Length(u64),
    /// The first 16 bytes of the BLAKE3 of the page's bytes.
    Hash(u64),
    /// An operation.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// Negation.
    Not(Box<Expr>),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Integer.
    Int,
    /// Bytes.
    Bytes,
    /// Truth.
    Bool,
}

impl FieldType {
    /// How many bytes it covers.
    pub fn len_bytes(self) -> u32 {
        match self {
            FieldType::Int { width_bytes, .. } => u32::from(width_bytes),
            FieldType::Bytes(len) => len,
        }
    }

    /// The type of its value.
    pub fn value_type(self) -> Type {
        match self {
            FieldType::Int { .. } => Type::Int,
            FieldType::Bytes(_) => Type::Bytes,
        }
    }

    /// Checks the width, and that the bytes from `offset` on lie in a page of the greatest size.
    pub(crate) fn validate(self, offset: u32) -> Result<(), Malformed> {
        let refuse = |code| Err(Malformed::new(code, "field", 0));
        match self {
            // One byte has no order: its one form is the little-endian one.
            FieldType::Int { width_bytes: 1, big_endian: true, .. } => return refuse(Malformation::Range),
            FieldType::Int { width_bytes: 1 | 2 | 4 | 8, .. } => {}
            FieldType::Bytes(1..) => {}
            _ => return refuse(Malformation::Range),
        }
        match offset.checked_add(self.len_bytes()) {
            Some(end) if end <= PAGE_LEN_MAX => Ok(()),
            _ => refuse(Malformation::OutOfPage),
        }
    }

    pub(crate) fn encode_to(self, encoder: &mut Encoder) {
        match self {
            FieldType::Int { width_bytes, signed, big_endian } => {
                encoder.byte(width_bytes | u8::from(signed) << 4 | u8::from(big_endian) << 5);
            }
            FieldType::Bytes(len) => {
                encoder.byte(0);
                encoder.varint(u64::from(len));
            }
        }
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<FieldType, Malformed> {
        let byte = decoder.byte("field type")?;
        let (width_bytes, signed, big_endian) = (byte & 0x0f, byte & 0x10 != 0, byte & 0x20 != 0);
        match width_bytes {
            0 if byte == 0 => {
                Ok(FieldType::Bytes(decoder.varint_up_to(u64::from(PAGE_LEN_MAX), "field length")? as u32))
            }
            1 | 2 | 4 | 8 if byte & 0xc0 == 0 && !(width_bytes == 1 && big_endian) => {
                Ok(FieldType::Int { width_bytes, signed, big_endian })
            }
            _ => Err(decoder.malformed(Malformation::UnknownTag, "field type")),
        }
    }
}

const OPERATORS: [Operator; 11] = {
    use Operator::*;
    [Add, Sub, Mul, Eq, Ne, Lt, Le, Gt, Ge, And, Or]
};

mod op {
    pub(super) const NONNEGATIVE: u8 = 1;
    pub(super) const NEGATIVE: u8 = 2;
    pub(super) const BYTES: u8 = 3;
    pub(super) const FALSE: u8 = 4;
    pub(super) const TRUE: u8 = 5;
    pub(super) const FIELD: u8 = 8;
    pub(super) const VERSION: u8 = 9;
    pub(super) const EXISTS: u8 = 10;
    pub(super) const LENGTH: u8 = 11;
    pub(super) const HASH: u8 = 12;
    pub(super) const NOT: u8 = 34;
}

/// What is left of an expression's budgets.
struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    fn new() -> Budget {
        Budget { steps: STEPS_MAX, bytes: BYTES_MAX }
    }

    fn step(&mut self, depth: usize) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        (depth < DEPTH_MAX).then_some(())
    }

    fn take(&mut self, bytes: usize) -> Option<()> {
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }
}

impl Expr {
    /// Its type, if it has one and keeps the budgets.
    ///
    /// # Errors
    /// `Type`, `Budget`, `Range`, `OutOfPage`.
    pub fn value_type(&self) -> Result<Type, Malformed> {
        self.check(0, &mut Budget::new())
    }

    fn check(&self, depth: usize, budget: &mut Budget) -> Result<Type, Malformed> {
        let refuse = |code| Malformed::new(code, "expression", 0);
        budget.step(depth).ok_or_else(|| refuse(Malformation::Budget))?;
        match self {
            Expr::Constant(Value::Int(int)) => {
                let fits = (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(int);
                if fits { Ok(Type::Int) } else { Err(refuse(Malformation::Range)) }
            }
            Expr::Constant(Value::Bytes(bytes)) => {
                budget.take(bytes.len()).ok_or_else(|| refuse(Malformation::Budget))?;
                Ok(Type::Bytes)
            }
            Expr::Constant(Value::Bool(_)) | Expr::Exists(_) => Ok(Type::Bool),
            Expr::Field { offset, field_type, .. } => {
                field_type.validate(*offset)?;
                budget.take(field_type.len_bytes() as usize).ok_or_else(|| refuse(Malformation::Budget))?;
                Ok(field_type.value_type())
            }
            Expr::Version(_) | Expr::Length(_) => Ok(Type::Int),
            Expr::Hash(_) => Ok(Type::Bytes),
            Expr::Not(operand) => match operand.check(depth + 1, budget)? {
                Type::Bool => Ok(Type::Bool),
                _ => Err(refuse(Malformation::Type)),
            },
            Expr::Binary(operator, left, right) => {
                let operands = (left.check(depth + 1, budget)?, right.check(depth + 1, budget)?);
                use Operator::*;
                match (operator, operands) {
                    (Add | Sub | Mul, (Type::Int, Type::Int)) => Ok(Type::Int),
                    (Eq | Ne, (left, right)) if left == right => Ok(Type::Bool),
                    (Lt | Le | Gt | Ge, (Type::Int, Type::Int) | (Type::Bytes, Type::Bytes)) => {
                        Ok(Type::Bool)
                    }
                    (And | Or, (Type::Bool, Type::Bool)) => Ok(Type::Bool),
                    _ => Err(refuse(Malformation::Type)),
                }
            }
        }
    }

    /// Whether a value of this expression can stand in a field: its type, and its size where that is known before
    /// evaluation.
    pub(crate) fn fits(&self, field: FieldType) -> Result<bool, Malformed> {
        if self.value_type()? != field.value_type() {
            return Ok(false);
        }
        Ok(match (self, field) {
            (Expr::Constant(Value::Int(int)), FieldType::Int { .. }) => {
                field.int_range().is_some_and(|range| range.contains(int))
            }
            (Expr::Constant(Value::Bytes(bytes)), FieldType::Bytes(len)) => bytes.len() == len as usize,
            (Expr::Field { field_type: FieldType::Bytes(from), .. }, FieldType::Bytes(len)) => *from == len,
            (Expr::Hash(_), FieldType::Bytes(len)) => len == 16,
            _ => true,
        })
    }

    /// Calls `visit` with every page it reads.
    pub(crate) fn pages(&self, visit: &mut dyn FnMut(u64)) {
        match self {
            Expr::Constant(_) => {}
            Expr::Field { page, .. }
            | Expr::Version(page)
            | Expr::Exists(page)
            | Expr::Length(page)
            | Expr::Hash(page) => visit(*page),
            Expr::Not(operand) => operand.pages(visit),
            Expr::Binary(_, left, right) => {
                left.pages(visit);
                right.pages(visit);
            }
        }
    }

    /// Appends its bytes: operation first, then operands. The expression must have a type.
    pub fn encode_to(&self, encoder: &mut Encoder) {
        match self {
            Expr::Constant(Value::Int(int)) if *int >= 0 => {
                encoder.byte(op::NONNEGATIVE);
                encoder.varint(*int as u64);
            }
            Expr::Constant(Value::Int(int)) => {
                encoder.byte(op::NEGATIVE);
                encoder.varint((-1 - int) as u64);
            }
            Expr::Constant(Value::Bytes(bytes)) => {
                encoder.byte(op::BYTES);
                encoder.bytes(bytes);
            }
            Expr::Constant(Value::Bool(truth)) => encoder.byte(if *truth { op::TRUE } else { op::FALSE }),
            Expr::Field { page, offset, field_type } => {
                encoder.byte(op::FIELD);
                encoder.varint(*page);
                encoder.varint(u64::from(*offset));
                field_type.encode_to(encoder);
            }
            Expr::Version(page) => of_page(encoder, op::VERSION, *page),
            Expr::Exists(page) => of_page(encoder, op::EXISTS, *page),
            Expr::Length(page) => of_page(encoder, op::LENGTH, *page),
            Expr::Hash(page) => of_page(encoder, op::HASH, *page),
            Expr::Binary(operator, left, right) => {
                encoder.byte(*operator as u8);
                left.encode_to(encoder);
                right.encode_to(encoder);
            }
            Expr::Not(operand) => {
                encoder.byte(op::NOT);
                operand.encode_to(encoder);
            }
        }
    }

    /// Reads the bytes of one expression.
    ///
    /// # Errors
    /// Those of [`Decoder`]; `UnknownTag`, `Budget`.
    pub fn decode(decoder: &mut Decoder<'_>) -> Result<Expr, Malformed> {
        Expr::decode_within(decoder, 0, &mut Budget::new())
    }

    fn decode_within(
        decoder: &mut Decoder<'_>,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<Expr, Malformed> {
        let over = decoder.malformed(Malformation::Budget, "expression");
        budget.step(depth).ok_or(over)?;
        let unknown = decoder.malformed(Malformation::UnknownTag, "expression");
        Ok(match decoder.byte("expression")? {
            op::NONNEGATIVE => Expr::Constant(Value::Int(i128::from(decoder.varint("integer")?))),
            op::NEGATIVE => {
                let int = decoder.varint_up_to(i64::MAX as u64, "integer")?;
                Expr::Constant(Value::Int(-1 - i128::from(int)))
            }
            op::BYTES => Expr::Constant(Value::Bytes(decoder.bytes(BYTES_MAX, "constant")?.to_vec())),
            op::FALSE => Expr::Constant(Value::Bool(false)),
            op::TRUE => Expr::Constant(Value::Bool(true)),
            op::FIELD => Expr::Field {
                page: decoder.varint("page id")?,
                offset: decoder.varint_up_to(u64::from(PAGE_LEN_MAX), "field offset")? as u32,
                field_type: FieldType::decode(decoder)?,
            },
            op::VERSION => Expr::Version(decoder.varint("page id")?),
            op::EXISTS => Expr::Exists(decoder.varint("page id")?),
            op::LENGTH => Expr::Length(decoder.varint("page id")?),
            op::HASH => Expr::Hash(decoder.varint("page id")?),
            op::NOT => Expr::Not(Box::new(Expr::decode_within(decoder, depth + 1, budget)?)),
            byte => {
                let operator =
                    OPERATORS.into_iter().find(|operator| *operator as u8 == byte).ok_or(unknown)?;
                let left = Expr::decode_within(decoder, depth + 1, budget)?;
                let right = Expr::decode_within(decoder, depth + 1, budget)?;
                Expr::Binary(operator, Box::new(left), Box::new(right))
            }
        })
    }
}

fn of_page(encoder: &mut Encoder, operation: u8, page: u64) {
    encoder.byte(operation);
    encoder.varint(page);
}
