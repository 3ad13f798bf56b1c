//! Values of a host that the engine cannot look into.

use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::arithmetic::Arithmetic;
use crate::error::{Error, Result};
use crate::logic::Logic;
use crate::scalar::Scalar;

/// An operator between two values, one of which is the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Arithmetic(Arithmetic),
    Logic(Logic),
}

impl Operator {
    /// The operator as Python's messages write it.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Arithmetic(op) => op.symbol(),
            Self::Logic(op) => op.symbol(),
        }
    }
}

/// What a host answers for one of its values. The engine itself never makes such a value; it keeps those that a host put
/// into an `object` column and asks the host wherever a result depends on them.
///
/// An error of the host passes through the engine whole: see [`Error::foreign`].
pub trait Foreign: fmt::Debug + Send + Sync {
    /// The value as the host's own type.
    fn as_any(&self) -> &dyn Any;

    /// Whether both are one object (Python's `is`).
    fn is_same(&self, other: &dyn Foreign) -> bool;

    /// Python's `==`, read as a truth.
    ///
    /// # Errors
    /// The host's.
    fn equals(&self, other: &Scalar) -> Result<bool>;

    /// Python's order; `None` where it refuses.
    fn order(&self, other: &Scalar) -> Option<Ordering> {
        let _ = other;
        None
    }

    /// A hash in accord with [`Foreign::equals`]; `None` for what cannot be a key.
    fn hash(&self) -> Option<u64>;

    /// Python's `repr`.
    fn repr(&self) -> String;

    /// Python's `str`.
    fn text(&self) -> String {
        self.repr()
    }

    /// Name of the class, as messages write it. There are few classes: a host keeps each name for good.
    fn type_name(&self) -> &'static str;

    /// Python's `bool`.
    ///
    /// # Errors
    /// The host's.
    fn truth(&self) -> Result<bool> {
        Ok(true)
    }

    /// Whether pandas takes the value for a missing one (`Decimal('NaN')`).
    fn is_missing(&self) -> bool {
        false
    }

    /// Python's `float`.
    ///
    /// # Errors
    /// `TypeError` where the class has none.
    fn float(&self) -> Result<f64> {
        Err(Error::type_error(format!(
            "float() argument must be a string or a real number, not '{}'",
            self.type_name()
        )))
    }

    /// Python's `int`.
    ///
    /// # Errors
    /// `TypeError` where the class has none.
    fn int(&self) -> Result<Scalar> {
        Err(Error::type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            self.type_name()
        )))
    }

    /// `self op other`, or `other op self` if `reflected`.
    ///
    /// # Errors
    /// `TypeError` where the classes have no such operation, and the host's own.
    fn operate(&self, op: Operator, other: &Scalar, reflected: bool) -> Result<Scalar> {
        let (own, other) = (self.type_name(), other.type_name());
        let (left, right) = if reflected { (other, own) } else { (own, other) };
        let message = format!("unsupported operand type(s) for {}: '{left}' and '{right}'", op.symbol());
        Err(Error::type_error(message))
    }

    /// `-x`, `+x`, `~x` or `abs(x)`, by Python's method name.
    ///
    /// # Errors
    /// `TypeError` where the class has no such operation, and the host's own.
    fn unary(&self, method: &str) -> Result<Scalar> {
        Err(Error::type_error(match method {
            "__abs__" => format!("bad operand type for abs(): '{}'", self.type_name()),
            "__invert__" => format!("bad operand type for unary ~: '{}'", self.type_name()),
            "__pos__" => format!("bad operand type for unary +: '{}'", self.type_name()),
            _ => format!("bad operand type for unary -: '{}'", self.type_name()),
        }))
    }
}

/// A host's value in an `object` column. Cloning shares it.
#[derive(Clone)]
pub struct Opaque(Arc<dyn Foreign>);

impl Opaque {
    /// Keeps a host's value.
    #[must_use]
    pub fn new(value: impl Foreign + 'static) -> Self {
        Self(Arc::new(value))
    }

    /// What the host answers.
    #[must_use]
    pub fn get(&self) -> &dyn Foreign {
        &*self.0
    }

    /// Identity, else equality; a host that fails to compare has said no.
    fn is_equal(&self, other: &Self) -> bool {
        self.0.is_same(&*other.0) || self.0.equals(&Scalar::Opaque(other.clone())).unwrap_or(false)
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.repr())
    }
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.is_equal(other)
    }
}

impl Eq for Opaque {}

impl std::hash::Hash for Opaque {
    /// What has no hash shares one: its equality still decides.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash().unwrap_or(0).hash(state);
    }
}
