//! Tensors: the bindings of `Tensor`, `nn`, `optim` and `data`.

use vm::Value;

use crate::host::Table;

pub(crate) const TABLES: &[Table] = &[];

pub(crate) fn decode(_type_name: &str, _bytes: &[u8]) -> Option<Result<Value, String>> {
    None
}

/// Ends the time in which a handle may change.
pub(crate) fn freeze(_value: &Value) {}

/// A tensor's or module's shape in a phrase.
pub(crate) fn summary(_value: &Value) -> Option<String> {
    None
}

/// An operator on tensors, modules and loaders; `None` when no operand is one.
pub(crate) fn operator(_symbol: &str, _operands: &[Value]) -> Option<Result<Value, vm::Fault>> {
    None
}

/// The name of a DType value.
pub(crate) fn dtype_name(_value: &Value) -> Option<String> {
    None
}
