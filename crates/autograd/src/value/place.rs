//! Elements by index, and what is written or added at an index.

use tensor::{Arg, Combine, Result, Scalar, Tensor};

use super::Value;
use crate::variable::Variable;

fn list(indices: &[Option<Tensor>]) -> Arg<Variable> {
    Arg::Tensors(indices.iter().map(|index| index.clone().map(Variable::from)).collect())
}

fn place(index: &Value) -> Arg<Variable> {
    Arg::Tensor(index.data().clone().into())
}

impl Value {
    pub fn index(&self, indices: &[Option<Tensor>]) -> Result<Value> {
        match self {
            Value::Plain(t) => t.index(indices).map(Value::Plain),
            Value::Recorded(_) => Value::called("index.Tensor", vec![self.arg(), list(indices)]),
        }
    }
    pub fn index_put(&self, indices: &[Option<Tensor>], values: &Value, accumulate: bool) -> Result<Value> {
        match (self, values) {
            (Value::Plain(t), Value::Plain(values)) => {
                t.index_put(indices, values, accumulate).map(Value::Plain)
            }
            _ => Value::called("index_put", vec![self.arg(), list(indices), values.arg(), accumulate.into()]),
        }
    }
    pub fn index_select(&self, dim: i64, index: &Value) -> Result<Value> {
        match self {
            Value::Plain(t) => t.index_select(dim, index.data()).map(Value::Plain),
            Value::Recorded(_) => Value::called("index_select", vec![self.arg(), dim.into(), place(index)]),
        }
    }
    pub fn gather(&self, dim: i64, index: &Value) -> Result<Value> {
        match self {
            Value::Plain(t) => t.gather(dim, index.data()).map(Value::Plain),
            Value::Recorded(_) => {
                Value::called("gather", vec![self.arg(), dim.into(), place(index), false.into()])
            }
        }
    }
    pub fn scatter_add(&self, dim: i64, index: &Value, source: &Value) -> Result<Value> {
        match (self, source) {
            (Value::Plain(t), Value::Plain(source)) => {
                t.scatter_add(dim, index.data(), source).map(Value::Plain)
            }
            _ => Value::called("scatter_add", vec![self.arg(), dim.into(), place(index), source.arg()]),
        }
    }
    pub fn scatter(
        &self,
        dim: i64,
        index: &Value,
        source: &Value,
        how: Combine,
        include_self: bool,
    ) -> Result<Value> {
        let result = self.data().scatter(dim, index.data(), source.data(), how, include_self)?;
        Ok(Value::once("ScatterReduceBackward0", &[self, source], result))
    }
    /// Zero at an index.
    pub fn scatter_zero(&self, dim: i64, index: &Value) -> Result<Value> {
        match self {
            Value::Plain(t) => {
                t.scatter_value(dim, index.data(), Scalar::Int(0), Combine::Replace).map(Value::Plain)
            }
            Value::Recorded(_) => {
                Value::called("scatter.value", vec![self.arg(), dim.into(), place(index), 0i64.into()])
            }
        }
    }
    /// Zero at the entries that a vector of indices names.
    pub fn index_zero(&self, dim: i64, index: &Value) -> Result<Value> {
        match self {
            Value::Plain(t) => {
                let zero = Tensor::scalar(Scalar::Int(0), t.dtype());
                t.index_fill(dim, index.data(), &zero).map(Value::Plain)
            }
            Value::Recorded(_) => Value::called(
                "index_fill.int_Scalar",
                vec![self.arg(), dim.into(), place(index), 0i64.into()],
            ),
        }
    }
    pub fn index_combine(
        &self,
        operator: &'static str,
        dim: i64,
        index: &Value,
        source: &Value,
        how: Combine,
        include_self: bool,
    ) -> Result<Value> {
        let result =
            self.data().index_combine(operator, dim, index.data(), source.data(), how, include_self)?;
        Ok(Value::once("IndexReduceBackward0", &[self, source], result))
    }
    pub fn take(&self, index: &Value) -> Result<Value> {
        match self {
            Value::Plain(t) => t.take(index.data()).map(Value::Plain),
            Value::Recorded(_) => Value::called("take", vec![self.arg(), place(index)]),
        }
    }
    pub fn put(&self, index: &Value, source: &Value, accumulate: bool) -> Result<Value> {
        match (self, source) {
            (Value::Plain(t), Value::Plain(source)) => {
                t.put(index.data(), source, accumulate).map(Value::Plain)
            }
            _ => Value::called("put", vec![self.arg(), place(index), source.arg(), accumulate.into()]),
        }
    }
    pub fn masked_select(&self, mask: &Value) -> Result<Value> {
        match self {
            Value::Plain(t) => t.masked_select(mask.data()).map(Value::Plain),
            Value::Recorded(_) => Value::called("masked_select", vec![self.arg(), place(mask)]),
        }
    }
}
