//! Evaluating a plan's expressions over one state: total, checked, without side effects.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use plan::{Expr, FieldType, Malformation, Malformed, Operator, Value};

use crate::error::{Error, Result};
use crate::pages::{Page, Pages};
use crate::validate::unknown_page;

/// A value whose bytes may be those of a page.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'a> {
    Int(i128),
    Bytes(Cow<'a, [u8]>),
    Bool(bool),
}

/// Why an expression has no value. Both refuse the request; a type error cannot come this far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// An integer left 64 bits.
    Overflow,
    /// The expression does not fit the state, although its shape was checked.
    Misfit,
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

    fn expect(&self, page: u64) -> Result<&'a Page> {
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
                let size = self.expect(*page)?.bytes().len() as u64;
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

    /// The value of an expression whose types and shape were checked. `and` and `or` look at their right side only
    /// when the left one does not decide.
    pub(crate) fn value(&self, expr: &Expr) -> std::result::Result<Found<'a>, NoValue> {
        Ok(match expr {
            Expr::Constant(Value::Int(int)) => Found::Int(*int),
            Expr::Constant(Value::Bytes(bytes)) => Found::Bytes(Cow::Owned(bytes.clone())),
            Expr::Constant(Value::Bool(truth)) => Found::Bool(*truth),
            Expr::Field { page, offset, field_type } => {
                let bytes = self.pages.get(*page).ok_or(NoValue::Misfit)?.bytes();
                let field = bytes
                    .get(*offset as usize..)
                    .and_then(|rest| rest.get(..field_type.len_bytes() as usize))
                    .ok_or(NoValue::Misfit)?;
                match field_type {
                    FieldType::Bytes(_) => Found::Bytes(Cow::Borrowed(field)),
                    field_type => Found::Int(field_type.read_int(field).map_err(|_| NoValue::Misfit)?),
                }
            }
            Expr::Version(page) => Found::Int(i128::from(self.pages.get(*page).map_or(0, Page::version))),
            Expr::Exists(page) => Found::Bool(self.pages.get(*page).is_some()),
            Expr::Length(page) => {
                Found::Int(self.pages.get(*page).ok_or(NoValue::Misfit)?.bytes().len() as i128)
            }
            Expr::Hash(page) => Found::Bytes(Cow::Owned(self.hash(*page)?.to_vec())),
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
            Found::Bytes(bytes) if bytes.len() == len => Ok(bytes.into_owned()),
            _ => Err(NoValue::Misfit),
        }
    }

    fn hash(&self, page: u64) -> std::result::Result<[u8; 16], NoValue> {
        if let Some(hash) = self.hashes.borrow().get(&page) {
            return Ok(*hash);
        }
        let hash = content_hash(self.pages.get(page).ok_or(NoValue::Misfit)?.bytes());
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

fn binary<'a>(
    operator: Operator,
    left: Found<'a>,
    right: Found<'a>,
) -> std::result::Result<Found<'a>, NoValue> {
    use Operator::*;
    let compared = match (&left, &right) {
        (Found::Int(left), Found::Int(right)) => left.cmp(right),
        (Found::Bytes(left), Found::Bytes(right)) => left.cmp(right),
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
