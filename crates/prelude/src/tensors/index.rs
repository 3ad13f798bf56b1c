//! `t[...]`: positions, ranges, lists, masks and tuples of them.

use autograd::{Arg, Scalar, Tensor, Variable};
use vm::{Fault, Value};

use super::value::{TensorValue, fault, refused, tensor_value};
use crate::convert::items;

const OPERATION: &str = "index";

/// What one entry of an index asks of its dimension.
enum Entry {
    Position(i64),
    Slice(Option<i64>, Option<i64>),
    Tensor(Variable),
}

pub(super) fn index(x: &Variable, key: &Value) -> Result<Value, Fault> {
    let entries = match key {
        Value::Tuple(keys) => keys.iter().map(entry).collect::<Result<Vec<Entry>, Fault>>()?,
        key => vec![entry(key)?],
    };
    apply(x, entries)
}

/// A slice without a step, `null` for an open end.
pub(super) fn slice(x: &Variable, start: &Value, end: &Value) -> Result<Value, Fault> {
    apply(x, vec![Entry::Slice(bound(start)?, bound(end)?)])
}

fn bound(value: &Value) -> Result<Option<i64>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::Int(at) => Ok(Some(*at)),
        other => {
            let text = format!("slice indices must be integers or None, found {}", other.type_name());
            Err(fault(OPERATION, "TypeError", &text))
        }
    }
}

fn entry(key: &Value) -> Result<Entry, Fault> {
    if let Some(tensor) = key.downcast::<TensorValue>() {
        return Ok(Entry::Tensor(tensor.variable()));
    }
    match key {
        Value::Int(at) => Ok(Entry::Position(*at)),
        Value::Range(range) => {
            let end = if range.inclusive { range.end.saturating_add(1) } else { range.end };
            // `..=-1` reaches the last entry.
            Ok(Entry::Slice(Some(range.start), Some(end).filter(|_| !(range.inclusive && end == 0))))
        }
        Value::List(_) => list(key).map(Entry::Tensor),
        other => {
            let text = format!("a {} is no index of a tensor", other.type_name());
            Err(fault(OPERATION, "IndexError", &text)
                .help("an index is an Int, a range, a list of Int or Bool, a Tensor, or a tuple of them"))
        }
    }
}

/// A list of positions, or a mask.
fn list(key: &Value) -> Result<Variable, Fault> {
    let values = items(key).unwrap_or_default();
    let sizes = [values.len()];
    let bools: Option<Vec<bool>> =
        values.iter().map(|v| if let Value::Bool(b) = v { Some(*b) } else { None }).collect();
    let ints: Option<Vec<i64>> =
        values.iter().map(|v| if let Value::Int(i) = v { Some(*i) } else { None }).collect();
    let tensor = match (ints, bools) {
        (Some(positions), _) => Tensor::from_vec(positions, &sizes),
        (None, Some(mask)) => Tensor::from_vec(mask, &sizes),
        (None, None) => {
            return Err(fault(OPERATION, "IndexError", "a list of an index holds Ints alone or Bools alone"));
        }
    };
    tensor.map(Variable::from).map_err(refused(OPERATION))
}

fn apply(x: &Variable, entries: Vec<Entry>) -> Result<Value, Fault> {
    if entries.len() > x.dim() {
        let text = format!("too many indices for tensor of dimension {}", x.dim());
        return Err(fault(OPERATION, "IndexError", &text));
    }
    let mut result = x.clone();
    let mut tensors: Vec<Option<Variable>> = Vec::new();
    let mut dim = 0;
    // The dimension of `x` itself, for the messages: a position takes its dimension away from the result.
    let mut axis = 0;
    for entry in entries {
        axis += 1;
        match entry {
            Entry::Position(at) => {
                // `select` would say it in other words than `[ ]` does.
                let size = result.data().size(dim).map_err(refused(OPERATION))? as i64;
                if at >= size || at < -size {
                    let text =
                        format!("index {at} is out of bounds for dimension {} with size {size}", axis - 1);
                    return Err(fault(OPERATION, "IndexError", &text));
                }
                result = call("select.int", vec![(&result).into(), dim.into(), at.into()])?;
                continue;
            }
            Entry::Slice(start, end) => {
                let number = |at: Option<i64>| Arg::from(at.map(Scalar::Int));
                let args = vec![(&result).into(), dim.into(), number(start), number(end), 1i64.into()];
                result = call("slice.Tensor", args)?;
                tensors.push(None);
                dim += 1;
            }
            Entry::Tensor(index) => {
                // A mask of several dimensions takes as many.
                let taken = if index.dtype() == autograd::DType::Bool { index.dim().max(1) } else { 1 };
                dim += taken as i64;
                axis += taken as i64 - 1;
                tensors.push(Some(index));
            }
        }
    }
    if tensors.iter().any(Option::is_some) {
        result = call("index.Tensor", vec![(&result).into(), Arg::Tensors(tensors)])?;
    }
    Ok(tensor_value(result))
}

fn call(name: &str, args: Vec<Arg<Variable>>) -> Result<Variable, Fault> {
    autograd::call_one(name, args).map_err(refused(OPERATION))
}
