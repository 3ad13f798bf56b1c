//! Python's own objects as values of an `object` column.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use ::column::{Arithmetic, Error, Foreign, Logic, Operator, Result, Scalar};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString};

use crate::scalar::{from_python, to_python};

/// One object, kept alive.
pub struct Held(pub Py<PyAny>);

/// What Python raised, to go through the engine whole.
fn raised(py: Python<'_>, error: PyErr) -> Error {
    Error::foreign(error.value(py).to_string(), Arc::new(error))
}

fn held(other: &dyn Foreign) -> Option<&Held> {
    other.as_any().downcast_ref::<Held>()
}

/// Names of classes, each kept once: there are few.
fn class_name(name: String) -> &'static str {
    static NAMES: Mutex<Option<HashMap<String, &'static str>>> = Mutex::new(None);
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if let Some(kept) = names.get(&name) {
        return kept;
    }
    let kept: &'static str = Box::leak(name.clone().into_boxed_str());
    names.insert(name, kept);
    kept
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.repr())
    }
}

impl Held {
    /// Calls Python with both objects; its exception goes through.
    fn with<T>(&self, work: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T> {
        Python::attach(|py| work(self.0.bind(py)).map_err(|error| raised(py, error)))
    }
}

impl Foreign for Held {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_same(&self, other: &dyn Foreign) -> bool {
        held(other).is_some_and(|other| self.0.is(&other.0))
    }

    fn equals(&self, other: &Scalar) -> Result<bool> {
        self.with(|this| this.eq(to_python(this.py(), other)?))
    }

    fn order(&self, other: &Scalar) -> Option<Ordering> {
        self.with(|this| this.compare(to_python(this.py(), other)?)).ok()
    }

    fn hash(&self) -> Option<u64> {
        self.with(|this| this.hash()).ok().map(|hash| hash.cast_unsigned() as u64)
    }

    fn repr(&self) -> String {
        self.with(|this| Ok(this.repr()?.to_string())).unwrap_or_else(|_| "<object>".to_owned())
    }

    fn text(&self) -> String {
        self.with(|this| Ok(this.str()?.to_string())).unwrap_or_else(|_| "<object>".to_owned())
    }

    fn type_name(&self) -> &'static str {
        class_name(
            self.with(|this| Ok(this.get_type().name()?.to_string())).unwrap_or_else(|_| "object".to_owned()),
        )
    }

    fn truth(&self) -> Result<bool> {
        self.with(|this| this.is_truthy())
    }

    fn is_missing(&self) -> bool {
        // `Decimal('NaN')` and numpy's own: the only missing values that equal nothing, themselves included.
        self.with(|this| {
            let class = this.get_type().name()?;
            Ok(class.to_str()? == "Decimal" && this.call_method0("is_nan")?.is_truthy()?)
        })
        .unwrap_or(false)
    }

    fn float(&self) -> Result<f64> {
        self.with(|this| this.py().get_type::<PyFloat>().call1((this,))?.extract())
    }

    fn int(&self) -> Result<Scalar> {
        self.with(|this| from_python(&this.py().get_type::<pyo3::types::PyInt>().call1((this,))?))
    }

    fn operate(&self, op: Operator, other: &Scalar, reflected: bool) -> Result<Scalar> {
        let name = match op {
            Operator::Arithmetic(op) => match op {
                Arithmetic::Add => "add",
                Arithmetic::Subtract => "sub",
                Arithmetic::Multiply => "mul",
                Arithmetic::Divide => "truediv",
                Arithmetic::FloorDivide => "floordiv",
                Arithmetic::Remainder => "mod",
                Arithmetic::Power => "pow",
            },
            Operator::Logic(op) => match op {
                Logic::And => "and_",
                Logic::Or => "or_",
                Logic::Xor => "xor",
            },
        };
        self.with(|this| {
            let py = this.py();
            let other = to_python(py, other)?;
            let function = py.import("operator")?.getattr(PyString::intern(py, name))?;
            let (left, right) = if reflected { (other.bind(py), this) } else { (this, other.bind(py)) };
            from_python(&function.call1((left, right))?)
        })
    }

    fn unary(&self, method: &str) -> Result<Scalar> {
        let name = match method {
            "__abs__" => "abs",
            "__invert__" => "invert",
            "__pos__" => "pos",
            _ => "neg",
        };
        self.with(|this| from_python(&this.py().import("operator")?.getattr(name)?.call1((this,))?))
    }
}
