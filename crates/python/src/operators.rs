//! Operators by the names of Python's `operator` module.

use ::column::{Arithmetic, Comparison, Logic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

fn unknown(kind: &str, name: &str) -> PyErr {
    PyValueError::new_err(format!("expected an operator of {kind}, found {name}"))
}

/// `add`, `sub`, `mul`, `truediv`, `floordiv`, `mod`, `pow`.
pub fn arithmetic(name: &str) -> PyResult<Arithmetic> {
    Ok(match name {
        "add" => Arithmetic::Add,
        "sub" => Arithmetic::Subtract,
        "mul" => Arithmetic::Multiply,
        "truediv" => Arithmetic::Divide,
        "floordiv" => Arithmetic::FloorDivide,
        "mod" => Arithmetic::Remainder,
        "pow" => Arithmetic::Power,
        other => return Err(unknown("arithmetic", other)),
    })
}

/// `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
pub fn comparison(name: &str) -> PyResult<Comparison> {
    Ok(match name {
        "eq" => Comparison::Equal,
        "ne" => Comparison::NotEqual,
        "lt" => Comparison::Less,
        "le" => Comparison::LessEqual,
        "gt" => Comparison::Greater,
        "ge" => Comparison::GreaterEqual,
        other => return Err(unknown("comparison", other)),
    })
}

/// `and`, `or`, `xor`.
pub fn logic(name: &str) -> PyResult<Logic> {
    Ok(match name {
        "and" => Logic::And,
        "or" => Logic::Or,
        "xor" => Logic::Xor,
        other => return Err(unknown("logic", other)),
    })
}

/// Python's `pow` with three arguments has no meaning here.
pub fn refuse_modulo(modulo: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    match modulo {
        Some(given) if !given.is_none() => Err(PyTypeError::new_err("pow() takes no modulus here")),
        _ => Ok(()),
    }
}

/// The operators of a class by the names of Python's slots.
macro_rules! slots {
    ($class:ty { $($forward:ident $backward:ident $kind:literal $op:literal),* }) => {
        #[pymethods]
        impl $class {
            $(
                fn $forward(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
                    operate(slf, other, $kind, $op, false)
                }

                fn $backward(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
                    operate(slf, other, $kind, $op, true)
                }
            )*

            fn __pow__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, modulo: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
                $crate::operators::refuse_modulo(modulo)?;
                operate(slf, other, "arithmetic", "pow", false)
            }

            fn __rpow__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, modulo: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
                $crate::operators::refuse_modulo(modulo)?;
                operate(slf, other, "arithmetic", "pow", true)
            }
        }
    };
}

pub(crate) use slots;
