//! What a call of an engine costs beside its place in the code: fuel by the sizes of what it is given and of the shape
//! that it is to make.
//!
//! 1 for each cell of a frame or series and each element of a tensor, as for the machine's own values. A matrix product
//! takes each row of the one with each column of the other. What an effect brings is not known before, and is not
//! charged; neither are the rows that a join makes of more than one match.

use vm::{HostCall, Value};

use crate::frames::{FrameValue, SeriesValue};
use crate::tensors::TensorValue;

/// The call's cost; nothing more is counted once that is above what is left.
pub(crate) fn cost(call: &HostCall<'_>, left: u64) -> u64 {
    let given: u64 = call.args.iter().fold(0, |sum, arg| sum.saturating_add(size(arg, left)));
    given.saturating_add(made(call))
}

fn size(value: &Value, left: u64) -> u64 {
    if let Some(FrameValue(frame)) = value.downcast() {
        let (rows, columns) = frame.shape();
        return (rows as u64).saturating_mul(columns as u64);
    }
    if let Some(SeriesValue(series)) = value.downcast() {
        return series.len() as u64;
    }
    match value.downcast::<TensorValue>() {
        Some(tensor) => product(tensor.leaf().sizes().iter().map(|size| *size as u64)),
        None => vm::size(value, left),
    }
}

fn product(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(1, u64::saturating_mul)
}

/// What it makes beside what it is given.
fn made(call: &HostCall<'_>) -> u64 {
    let number = |at: usize| match call.args.get(at) {
        Some(Value::Int(number)) => *number as f64,
        Some(Value::Float(number)) => *number,
        _ => 0.0,
    };
    let ints = |value: &Value| match value {
        Value::Int(number) => vec![u64::try_from(*number).unwrap_or(0)],
        Value::List(items) => items.iter().filter_map(|item| whole(&item)).collect(),
        Value::Tuple(items) => items.iter().filter_map(whole).collect(),
        _ => Vec::new(),
    };
    match call.name {
        "Tensor.zeros" | "Tensor.ones" | "Tensor.rand" | "Tensor.randn" | "Tensor.full"
        | "Tensor.randint" => {
            // The sizes are the one list among the arguments, or all numbers.
            let listed = call.args.iter().find(|arg| matches!(arg, Value::List(_) | Value::Tuple(_)));
            match listed {
                Some(listed) => product(ints(listed).into_iter()),
                None => product(call.args.iter().flat_map(ints)),
            }
        }
        "Tensor.eye" => product([number(0) as u64, number(0) as u64].into_iter()),
        "Tensor.randperm" => number(0) as u64,
        "Tensor.linspace" => number(2) as u64,
        "Tensor.arange" => {
            let step = if call.args.len() > 2 { number(2) } else { 1.0 };
            // Beyond u64, and where the step is 0, it saturates.
            ((number(1) - number(0)) / step).abs() as u64
        }
        "Tensor.expand" => product(call.args.iter().skip(1).flat_map(ints)),
        "Tensor.matmul" | "Tensor.mm" | "Tensor.bmm" => {
            let other = call.args.get(1).and_then(|other| other.downcast::<TensorValue>());
            let columns = other.and_then(|other| other.leaf().sizes().get(1..)?.last().copied()).unwrap_or(1);
            let rows = call.args.first().map_or(0, |one| size(one, u64::MAX));
            rows.saturating_mul(columns as u64)
        }
        _ => 0,
    }
}

fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bytecode::Span;

    use super::*;

    fn of(name: &str, args: &[Value]) -> u64 {
        cost(&HostCall { name, site: 0, args, names: &[], types: &[], span: Span::default() }, 1_000_000)
    }

    #[test]
    fn a_shape_costs_its_elements() {
        // The list, its two numbers, and what they make.
        assert_eq!(of("Tensor.zeros", &[Value::ints(vec![300, 200])]), 3 + 60_000);
        assert_eq!(of("Tensor.eye", &[Value::Int(1000)]), 1 + 1_000_000);
        assert_eq!(of("Tensor.arange", &[Value::Int(2), Value::Int(12), Value::Float(0.5)]), 3 + 20);
        assert_eq!(of("Tensor.zeros", &[Value::ints(vec![i64::MAX, i64::MAX])]), u64::MAX);
    }
}
