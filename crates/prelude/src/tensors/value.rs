//! Tensors and dtypes as values of the language, and reading them from arguments.

use std::any::Any;
use std::cell::Cell;

use autograd::{Arg, DType, Error, Scalar, Tensor, Variable};
use vm::{Fault, Opaque, Value};

use super::bytes::{Reader, Writer};
use crate::args::Args;
use crate::convert::items;

/// A tensor. Once frozen it is a constant: nothing that another node computes from it reaches back to it.
pub(crate) struct TensorValue {
    variable: Variable,
    frozen: Cell<bool>,
}

impl TensorValue {
    pub fn new(variable: Variable) -> TensorValue {
        TensorValue { variable, frozen: Cell::new(false) }
    }

    /// For arithmetic.
    pub fn variable(&self) -> Variable {
        if self.frozen.get() { self.variable.detach() } else { self.variable.clone() }
    }

    /// The variable itself, for its gradient and flags.
    pub fn leaf(&self) -> &Variable {
        &self.variable
    }

    pub fn is_frozen(&self) -> bool {
        self.frozen.get()
    }

    pub fn freeze(&self) {
        self.frozen.set(true);
    }

    /// What is left of the tensor when its node is over: graphs are not stored.
    fn settled(&self) -> Variable {
        if self.frozen.get() && !self.variable.is_leaf() {
            self.variable.detach()
        } else {
            self.variable.clone()
        }
    }

    pub fn summary(&self) -> String {
        let sizes: Vec<String> = self.variable.sizes().iter().map(usize::to_string).collect();
        format!("[{}] {}", sizes.join(", "), self.variable.dtype().name())
    }

    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let mut reader = Reader::new(bytes);
        let variable = reader.variable()?;
        reader.end()?;
        Ok(tensor_value(variable))
    }
}

impl Opaque for TensorValue {
    fn type_name(&self) -> &'static str {
        "Tensor"
    }

    fn display(&self) -> String {
        self.settled().to_string()
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.variable(&self.variable);
        out.finish()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, _: &dyn Opaque) -> Result<bool, String> {
        Err("`==` on tensors compares element by element; `.all()` makes one of it".to_string())
    }
}

pub(crate) struct DTypeValue(pub DType);

impl DTypeValue {
    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let name = std::str::from_utf8(bytes).map_err(|_| "a dtype's name is text".to_string())?;
        let dtype = DType::ALL.into_iter().find(|d| d.name() == name);
        dtype.map(dtype_value).ok_or_else(|| format!("`{name}` is no dtype"))
    }
}

impl Opaque for DTypeValue {
    fn type_name(&self) -> &'static str {
        "DType"
    }

    fn display(&self) -> String {
        format!("torch.{}", self.0.name())
    }

    fn encode(&self) -> Vec<u8> {
        self.0.name().as_bytes().to_vec()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.as_any().downcast_ref::<DTypeValue>().is_some_and(|o| o.0 == self.0))
    }
}

pub(crate) fn tensor_value(variable: Variable) -> Value {
    Value::opaque(TensorValue::new(variable))
}

pub(crate) fn dtype_value(dtype: DType) -> Value {
    Value::opaque(DTypeValue(dtype))
}

/// The name of a DType value, which pandas and torch share.
pub(crate) fn dtype_name(value: &Value) -> Option<String> {
    value.downcast::<DTypeValue>().map(|d| d.0.name().to_string())
}

/// What the engine refuses, as torch says it.
pub(crate) fn refused(operation: &str) -> impl Fn(Error) -> Fault + '_ {
    move |error| {
        let mut text = format!("{operation}: {}: {}", error.kind().class(), error.message());
        if !error.operand_shapes().is_empty() {
            let shapes: Vec<String> = error.operand_shapes().iter().map(|s| format!("{s:?}")).collect();
            text += &format!(" (shapes {})", shapes.join(" and "));
        }
        if !error.operand_dtypes().is_empty() {
            let dtypes: Vec<&str> = error.operand_dtypes().iter().map(|d| d.name()).collect();
            text += &format!(" (dtypes {})", dtypes.join(" and "));
        }
        Fault::new("R0405", text)
    }
}

/// A fault in torch's words that the bindings themselves find.
pub(crate) fn fault(operation: &str, class: &str, message: &str) -> Fault {
    Fault::new("R0405", format!("{operation}: {class}: {message}"))
}

pub(crate) fn missing(operation: &str, what: &str) -> Fault {
    Fault::new("R0126", format!("{operation}: {what} is not built yet"))
}

/// A number or truth value of the language.
pub(crate) fn scalar_of(value: &Value) -> Option<Scalar> {
    Some(match value {
        Value::Int(x) => Scalar::Int(*x),
        Value::Float(x) => Scalar::Float(*x),
        Value::Bool(x) => Scalar::Bool(*x),
        _ => return None,
    })
}

/// Runs an operator that has one result.
pub(crate) fn one(operation: &str, name: &str, args: Vec<Arg<Variable>>) -> Result<Value, Fault> {
    autograd::call_one(name, args).map(tensor_value).map_err(refused(operation))
}

/// Runs an operator that has several results.
pub(crate) fn many(operation: &str, name: &str, args: Vec<Arg<Variable>>) -> Result<Value, Fault> {
    let parts = autograd::call(name, args).map_err(refused(operation))?;
    Ok(Value::list(parts.into_iter().map(tensor_value).collect()))
}

/// A tensor without history.
pub(crate) fn fresh(operation: &str, made: autograd::Result<Tensor>) -> Result<Value, Fault> {
    made.map(|t| tensor_value(t.into())).map_err(refused(operation))
}

/// The next argument, which is a tensor.
pub(crate) fn tensor_of(args: &mut Args<'_>, name: &str) -> Result<Variable, Fault> {
    let value = args.required(name)?;
    match value.downcast::<TensorValue>() {
        Some(tensor) => Ok(tensor.variable()),
        None => Err(args.wrong(name, "a Tensor", value)),
    }
}

pub(crate) fn optional_tensor(args: &mut Args<'_>, name: &str) -> Result<Option<Variable>, Fault> {
    match args.optional(name) {
        None => Ok(None),
        Some(value) => match value.downcast::<TensorValue>() {
            Some(tensor) => Ok(Some(tensor.variable())),
            None => Err(args.wrong(name, "a Tensor", value)),
        },
    }
}

/// A tensor of bytes.
pub(crate) fn bytes_tensor(operation: &str, bytes: Vec<u8>) -> Result<Value, Fault> {
    let sizes = [bytes.len()];
    fresh(operation, Tensor::from_vec(bytes, &sizes))
}

/// The bytes of a tensor of bytes.
pub(crate) fn tensor_bytes(args: &Args<'_>, name: &str, value: &Value) -> Result<Vec<u8>, Fault> {
    match value.downcast::<TensorValue>() {
        // PyTorch's text.
        Some(tensor) if tensor.leaf().dtype() != DType::U8 => {
            Err(fault(args.operation(), "TypeError", "RNG state must be a torch.ByteTensor"))
        }
        Some(tensor) => tensor.leaf().data().to_vec::<u8>().map_err(refused(args.operation())),
        None => Err(args.wrong(name, "a Tensor", value)),
    }
}

/// A list of tensors, as values: training needs their identity.
pub(crate) fn tensors_of(args: &mut Args<'_>, name: &str) -> Result<Vec<Value>, Fault> {
    let value = args.required(name)?;
    let list = items(value).ok_or_else(|| args.wrong(name, "a list of Tensor", value))?;
    match list.iter().find(|item| item.downcast::<TensorValue>().is_none()) {
        Some(other) => Err(args.wrong(name, "a list of Tensor", other)),
        None => Ok(list),
    }
}

pub(crate) fn dtype_of(args: &mut Args<'_>, name: &str) -> Result<Option<DType>, Fault> {
    match args.optional(name) {
        None => Ok(None),
        Some(value) => match value.downcast::<DTypeValue>() {
            Some(dtype) => Ok(Some(dtype.0)),
            None => Err(args.wrong(name, "a DType", value)),
        },
    }
}

pub(crate) fn required_float(args: &mut Args<'_>, name: &str) -> Result<f64, Fault> {
    let value = args.required(name)?;
    value.as_number().ok_or_else(|| args.wrong(name, "a number", value))
}

/// A tensor, or a number in its place.
pub(crate) fn operand_of(args: &mut Args<'_>, name: &str) -> Result<Arg<Variable>, Fault> {
    let value = args.required(name)?;
    match (value.downcast::<TensorValue>(), scalar_of(value)) {
        (Some(tensor), _) => Ok(Arg::Tensor(tensor.variable())),
        (None, Some(scalar)) => Ok(Arg::Scalar(scalar)),
        (None, None) => Err(args.wrong(name, "a Tensor or a number", value)),
    }
}
