//! Evaluating a plan's expressions over one state: total, checked, without side effects.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, Range};
use std::sync::Arc;

use plan::expr::BYTES_MAX;
use plan::{Expr, FieldType, Malformation, Malformed, Operator, Value};

use crate::error::{Error, Result};
use crate::pages::{Entry, Pages};
use crate::validate::unknown_page;

/// A value.
pub(crate) enum Found {
    Int(i128),
    Bytes(Bytes),
    Bool(bool),
}

/// Bytes of an expression, or a range of a page's.
pub(crate) enum Bytes {
    Own(Vec<u8>),
    OfPage(Arc<[u8]>, Range<usize>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Own(bytes) => bytes,
            Bytes::OfPage(page, range) => page.get(range.clone()).unwrap_or_default(),
        }
    }
}

/// Why an expression has no value. A type error cannot come this far.
#[derive(Debug)]
pub(crate) enum NoValue {
    /// An integer left 64 bits: the request is refused.
    Overflow,
    /// The expression does not fit the state, although its shape was checked.
    Misfit,
    /// A page that is not in memory could not be read.
    Unread(Box<Error>),
}

impl From<Error> for NoValue {
    fn from(error: Error) -> NoValue {
        NoValue::Unread(Box::new(error))
    }
}

/// The state that expressions are evaluated over.
pub(crate) struct Evaluation<'a> {
    pages: &'a Pages,
    /// A page is hashed once, however often a plan asks.
    hashes: RefCell<BTreeMap<u64, [u8; 16]>>,
}

/// The integers of expressions.
const INTS: std::ops::RangeInclusive<i128> = i64::MIN as i128..=u64::MAX as i128;

impl<'a> Evaluation<'a> {
    pub(crate) fn new(pages: &'a Pages) -> Evaluation<'a> {
        Evaluation { pages, hashes: RefCell::default() }
    }

    fn expect(&self, page: u64) -> Result<&'a Entry> {
        self.pages.get(page).ok_or_else(|| unknown_page(page))
    }

    /// Whether every page that the expression reads bytes of is there and large enough.
    ///
    /// # Errors
    /// `UnknownPage`; `Malformed` for a field outside its page.
    pub(crate) fn check_shape(&self, expr: &Expr) -> Result<()> {
        match expr {
            Expr::Constant(_) | Expr::Version(_) | Expr::Exists(_) => Ok(()),
            Expr::Length(page) | Expr::Hash(page) => self.expect(*page).map(drop),
            Expr::Field { page, offset, field_type } => {
                let size = self.expect(*page)?.size_bytes() as u64;
                let end = u64::from(*offset) + u64::from(field_type.len_bytes());
                if end <= size {
                    return Ok(());
                }
                Err(Error::malformed(Malformed::new(Malformation::OutOfPage, "field", 0))
                    .on_page(*page)
                    .expected(format!("at most {size} bytes"))
                    .found(format!("byte {}", end - 1)))
            }
            Expr::Not(operand) => self.check_shape(operand),
            Expr::Binary(_, left, right) => {
                self.check_shape(left)?;
                self.check_shape(right)
            }
        }
    }

    /// Holds the pages that an expression hashes, each once, against the budget of bytes that constants and fields
    /// have in the plan.
    ///
    /// # Errors
    /// `LimitExceeded`, `UnknownPage`.
    pub(crate) fn check_budget(&self, expr: &Expr) -> Result<()> {
        let mut hashed = BTreeSet::new();
        let bytes = self.cost_bytes(expr, &mut hashed)?;
        if hashed.is_empty() || bytes <= BYTES_MAX {
            return Ok(());
        }
        Err(Error::malformed(Malformed::new(Malformation::Budget, "expression", 0))
            .expected(format!("at most {BYTES_MAX} bytes of constants, fields and hashed pages"))
            .found(format!("{bytes} bytes")))
    }

    fn cost_bytes(&self, expr: &Expr, hashed: &mut BTreeSet<u64>) -> Result<usize> {
        Ok(match expr {
            Expr::Constant(Value::Bytes(bytes)) => bytes.len(),
            Expr::Field { field_type, .. } => field_type.len_bytes() as usize,
            Expr::Hash(page) if hashed.insert(*page) => self.expect(*page)?.size_bytes(),
            Expr::Constant(_) | Expr::Hash(_) | Expr::Version(_) | Expr::Exists(_) | Expr::Length(_) => 0,
            Expr::Not(operand) => self.cost_bytes(operand, hashed)?,
            Expr::Binary(_, left, right) => {
                self.cost_bytes(left, hashed)?.saturating_add(self.cost_bytes(right, hashed)?)
            }
        })
    }

    /// The value of an expression whose types and shape were checked. `and` and `or` look at their right side only
    /// when the left one does not decide.
    pub(crate) fn value(&self, expr: &Expr) -> std::result::Result<Found, NoValue> {
        Ok(match expr {
            Expr::Constant(Value::Int(int)) => Found::Int(*int),
            Expr::Constant(Value::Bytes(bytes)) => Found::Bytes(Bytes::Own(bytes.clone())),
            Expr::Constant(Value::Bool(truth)) => Found::Bool(*truth),
            Expr::Field { page, offset, field_type } => {
                let bytes = self.pages.bytes_of(self.pages.get(*page).ok_or(NoValue::Misfit)?)?;
                let start = *offset as usize;
                let range = start..start + field_type.len_bytes() as usize;
                let field = bytes.get(range.clone()).ok_or(NoValue::Misfit)?;
                match field_type {
                    FieldType::Bytes(_) => Found::Bytes(Bytes::OfPage(bytes, range)),
                    field_type => Found::Int(field_type.read_int(field).map_err(|_| NoValue::Misfit)?),
                }
            }
            Expr::Version(page) => Found::Int(i128::from(self.pages.get(*page).map_or(0, Entry::version))),
            Expr::Exists(page) => Found::Bool(self.pages.get(*page).is_some()),
            Expr::Length(page) => {
                Found::Int(self.pages.get(*page).ok_or(NoValue::Misfit)?.size_bytes() as i128)
            }
            Expr::Hash(page) => Found::Bytes(Bytes::Own(self.hash(*page)?.to_vec())),
            Expr::Not(operand) => Found::Bool(!self.truth(operand)?),
            Expr::Binary(Operator::And, left, right) => Found::Bool(self.truth(left)? && self.truth(right)?),
            Expr::Binary(Operator::Or, left, right) => Found::Bool(self.truth(left)? || self.truth(right)?),
            Expr::Binary(operator, left, right) => binary(*operator, self.value(left)?, self.value(right)?)?,
        })
    }

    /// The value of an expression of truth.
    pub(crate) fn truth(&self, expr: &Expr) -> std::result::Result<bool, NoValue> {
        match self.value(expr)? {
            Found::Bool(truth) => Ok(truth),
            _ => Err(NoValue::Misfit),
        }
    }

    /// The bytes that a write of the expression puts into a field.
    pub(crate) fn field_bytes(&self, expr: &Expr, field: FieldType) -> std::result::Result<Vec<u8>, NoValue> {
        let len = field.len_bytes() as usize;
        match self.value(expr)? {
            Found::Int(int) => {
                let mut bytes = vec![0; len];
                field.write_int(int, &mut bytes).map_err(|_| NoValue::Overflow)?;
                Ok(bytes)
            }
            Found::Bytes(bytes) if bytes.len() == len => Ok(bytes.to_vec()),
            _ => Err(NoValue::Misfit),
        }
    }

    fn hash(&self, page: u64) -> std::result::Result<[u8; 16], NoValue> {
        if let Some(hash) = self.hashes.borrow().get(&page) {
            return Ok(*hash);
        }
        let entry = self.pages.get(page).ok_or(NoValue::Misfit)?;
        let hash = content_hash(&self.pages.bytes_of(entry)?);
        self.hashes.borrow_mut().insert(page, hash);
        Ok(hash)
    }
}

/// The first 16 bytes of the BLAKE3.
pub(crate) fn content_hash(bytes: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    hash
}

fn binary(operator: Operator, left: Found, right: Found) -> std::result::Result<Found, NoValue> {
    use Operator::*;
    let compared = match (&left, &right) {
        (Found::Int(left), Found::Int(right)) => left.cmp(right),
        (Found::Bytes(left), Found::Bytes(right)) => (**left).cmp(&**right),
        (Found::Bool(left), Found::Bool(right)) => left.cmp(right),
        _ => return Err(NoValue::Misfit),
    };
    Ok(match (operator, &left, &right) {
        (Add | Sub | Mul, Found::Int(left), Found::Int(right)) => {
            let result = match operator {
                Add => left.checked_add(*right),
                Sub => left.checked_sub(*right),
                _ => left.checked_mul(*right),
            };
            Found::Int(result.filter(|int| INTS.contains(int)).ok_or(NoValue::Overflow)?)
        }
        (Eq, ..) => Found::Bool(compared.is_eq()),
        (Ne, ..) => Found::Bool(compared.is_ne()),
        (Lt, ..) => Found::Bool(compared.is_lt()),
        (Le, ..) => Found::Bool(compared.is_le()),
        (Gt, ..) => Found::Bool(compared.is_gt()),
        (Ge, ..) => Found::Bool(compared.is_ge()),
        _ => return Err(NoValue::Misfit),
    })
}
