//! What formulas compute with: plain tensors, or recorded variables where a gradient of the gradient is wanted.
//!
//! A formula is written once. Its operations run the kernel directly on plain values, at no cost beside it; as soon
//! as one operand is recorded they go through the dispatcher as any operator does, so that what the formula computed
//! has a graph of its own. What no operator expresses is a linear map with its transpose, or ends the graph in a node
//! whose gradient is an error that names it ([`Value::once`]).

mod arithmetic;
mod factors;
mod place;
mod shape;
mod slide;

pub(crate) use slide::Sliding;

use std::sync::Arc;

use tensor::{Arg, DType, Error, Result, Scalar, Tensor};

use crate::dispatch::call_one;
use crate::graph::{Edge, Function, Node, Shape};
use crate::mode::is_grad_enabled;
use crate::variable::Variable;

/// A tensor of a formula.
#[derive(Clone)]
pub(crate) enum Value {
    /// Nothing that a gradient flows to.
    Plain(Tensor),
    /// Part of a graph.
    Recorded(Variable),
}

/// A linear map of one tensor.
type Map = Arc<dyn Fn(&Tensor) -> Result<Tensor> + Send + Sync>;

/// The right-hand side of an operation.
#[derive(Clone, Copy)]
pub(crate) enum Other<'a> {
    Value(&'a Value),
    Scalar(Scalar),
}

impl<'a> From<&'a Value> for Other<'a> {
    fn from(value: &'a Value) -> Self {
        Other::Value(value)
    }
}
impl<S: Into<Scalar>> From<S> for Other<'_> {
    fn from(number: S) -> Self {
        Other::Scalar(number.into())
    }
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Value {
        Value::Plain(tensor)
    }
}

impl From<Variable> for Value {
    fn from(variable: Variable) -> Value {
        if variable.requires_grad() { Value::Recorded(variable) } else { Value::Plain(variable.into_data()) }
    }
}

impl Value {
    pub fn data(&self) -> &Tensor {
        match self {
            Value::Plain(t) => t,
            Value::Recorded(v) => v.data(),
        }
    }
    pub fn into_data(self) -> Tensor {
        match self {
            Value::Plain(t) => t,
            Value::Recorded(v) => v.into_data(),
        }
    }
    pub fn to_variable(&self) -> Variable {
        match self {
            Value::Plain(t) => t.clone().into(),
            Value::Recorded(v) => v.clone(),
        }
    }
    pub fn into_variable(self) -> Variable {
        match self {
            Value::Plain(t) => t.into(),
            Value::Recorded(v) => v,
        }
    }
    pub fn is_recorded(&self) -> bool {
        matches!(self, Value::Recorded(_))
    }
    pub(crate) fn arg(&self) -> Arg<Variable> {
        Arg::Tensor(self.to_variable())
    }

    pub fn sizes(&self) -> &[usize] {
        self.data().sizes()
    }
    pub fn dtype(&self) -> DType {
        self.data().dtype()
    }
    pub fn dim(&self) -> usize {
        self.data().dim()
    }
    pub fn numel(&self) -> usize {
        self.data().numel()
    }
    pub fn size(&self, dim: i64) -> Result<usize> {
        self.data().size(dim)
    }

    pub fn zeros(sizes: &[i64], dtype: DType) -> Result<Value> {
        Tensor::zeros(sizes, dtype).map(Value::Plain)
    }
    pub fn ones(sizes: &[i64], dtype: DType) -> Result<Value> {
        Tensor::ones(sizes, dtype).map(Value::Plain)
    }
    pub fn eye(n: i64, m: i64, dtype: DType) -> Result<Value> {
        Tensor::eye(n, m, dtype).map(Value::Plain)
    }
    pub fn scalar(value: Scalar, dtype: DType) -> Value {
        Value::Plain(Tensor::scalar(value, dtype))
    }
    /// A constant like this value.
    pub fn full_like(&self, value: Scalar) -> Result<Value> {
        self.data().full_like(value).map(Value::Plain)
    }
    pub fn zeros_like(&self) -> Result<Value> {
        self.data().zeros_like().map(Value::Plain)
    }

    /// What operators that pass no gradient on make of values.
    pub fn constant(f: impl FnOnce() -> Result<Tensor>) -> Result<Value> {
        f().map(Value::Plain)
    }

    /// Runs an operator of the registry.
    pub(crate) fn called(operator: &str, args: Vec<Arg<Variable>>) -> Result<Value> {
        call_one(operator, args).map(Value::from)
    }

    /// Results computed by `function`'s operation, recorded with the backward that it gives.
    pub(crate) fn recorded(
        name: &'static str,
        inputs: &[&Value],
        result: Tensor,
        backward: impl Fn(&Value) -> Result<Vec<Option<Value>>> + Send + Sync + 'static,
    ) -> Value {
        if !is_grad_enabled() || !inputs.iter().any(|v| v.is_recorded()) {
            return Value::Plain(result);
        }
        let edge = |v: &&Value| match v {
            Value::Recorded(v) => v.edge(),
            Value::Plain(_) => None,
        };
        let (next, shapes) = (inputs.iter().map(edge).collect(), inputs.iter().map(|v| Shape::of(v.data())));
        let function: Function = Box::new(move |_, grads| match grads.first() {
            Some(Some(grad)) => backward(grad),
            _ => Err(Error::runtime("backward", "internal: a function ran without a gradient")),
        });
        let outputs = vec![Shape::of(&result)];
        let node = Arc::new(Node::function(name, function, next, shapes.collect(), outputs));
        Value::Recorded(Variable::computed(result, Edge { node, output: 0 }))
    }

    /// A value that cannot be differentiated by `inputs`: doing so is an error that names `name`.
    pub fn once(name: &'static str, inputs: &[&Value], result: Tensor) -> Value {
        Value::recorded(name, inputs, result, move |_| Err(not_twice(name)))
    }

    /// A linear map and its transpose, one the gradient of the other to any order.
    pub fn linear(
        &self,
        name: &'static str,
        forward: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
        transposed: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Result<Value> {
        match self {
            Value::Plain(t) => forward(t).map(Value::Plain),
            Value::Recorded(_) => self.mapped(name, Arc::new(forward), Arc::new(transposed)),
        }
    }

    fn mapped(&self, name: &'static str, forward: Map, transposed: Map) -> Result<Value> {
        let result = forward(self.data())?;
        Ok(Value::recorded(name, &[self], result, move |g| {
            Ok(vec![Some(g.mapped(name, Arc::clone(&transposed), Arc::clone(&forward))?)])
        }))
    }
}

/// The error of a gradient that has none itself.
pub(crate) fn not_twice(name: &str) -> Error {
    Error::not_implemented(
        "backward",
        format!(
            "derivative for {name} is not implemented: its gradient was computed with create_graph=True, but cannot be \
             differentiated itself"
        ),
    )
}
