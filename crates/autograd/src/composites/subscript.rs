//! Subscripts as Python writes them, `x[1, ..., None, 2:5, mask]`, read and written.

use tensor::{Arg, DType, Error, Result, Scalar, Tensor};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// The parts of a subscript: a list is several, anything else one.
fn parts(words: &Arg<Variable>) -> &[Arg<Variable>] {
    match words {
        Arg::List(items) => items.as_slice(),
        _ => std::slice::from_ref(words),
    }
}

/// What a subscript means: the view of its numbers, slices, `None` and `...`, and the tensors that then index the
/// view's dimensions.
fn taken(x: &Variable, words: &Arg<Variable>) -> Result<(Variable, Vec<Option<Variable>>)> {
    let items = parts(words);
    let named: usize = items.iter().map(dims_named).sum();
    if named > x.dim() {
        let text = format!("too many indices for tensor of dimension {}", x.dim());
        return Err(Error::index("__getitem__", text).shapes(&[x.sizes()]));
    }
    let mut view = x.clone();
    let mut dim = 0usize;
    let mut gathered: Vec<Option<Variable>> = Vec::new();
    for item in items {
        let d = dim as i64;
        match item {
            Arg::Scalar(Scalar::Int(at)) => view = at_number(&view, d, *at)?,
            Arg::Slice([start, end, step]) => {
                let step = step.unwrap_or(1);
                if step <= 0 {
                    return Err(
                        Error::value("__getitem__", "step must be greater than zero").found(step.to_string())
                    );
                }
                let bounds = [(*start).into(), (*end).into(), step.into()];
                view = call_one("slice.Tensor", [vec![(&view).into(), d.into()], bounds.to_vec()].concat())?;
                dim += 1;
            }
            Arg::Ellipsis => dim += x.dim() - named,
            Arg::None => {
                view = view.unsqueeze(d)?;
                dim += 1;
            }
            Arg::Scalar(Scalar::Bool(held)) => {
                view = view.unsqueeze(d)?;
                place(&mut gathered, dim, truth(*held)?);
                dim += 1;
            }
            other => {
                let index = index_tensor(other)?;
                let is_number = index.dim() == 0 && !matches!(index.dtype(), DType::Bool | DType::U8);
                if is_number {
                    view = at_number(&view, d, index.data().item()?.to_i64())?;
                    continue;
                }
                if index.dim() == 0 {
                    view = view.unsqueeze(d)?;
                    place(&mut gathered, dim, truth(index.data().item()?.to_bool())?);
                    dim += 1;
                    continue;
                }
                let spans = if matches!(index.dtype(), DType::Bool | DType::U8) { index.dim() } else { 1 };
                place(&mut gathered, dim, index);
                dim += spans;
            }
        }
    }
    Ok((view, gathered))
}

fn read(x: &Variable, words: &Arg<Variable>) -> Result<Variable> {
    let (view, gathered) = taken(x, words)?;
    if !gathered.is_empty() {
        return call_one("index.Tensor", vec![(&view).into(), Arg::Tensors(gathered)]);
    }
    // Even the subscript that takes everything is another tensor.
    if parts(words).iter().all(|item| matches!(item, Arg::Ellipsis)) {
        return call_one("view", vec![(&view).into(), signed(view.sizes()).as_slice().into()]);
    }
    Ok(view)
}

/// Numbers and tensors, broadcast, into what the subscript takes.
fn write(x: &Variable, words: &Arg<Variable>, value: &Arg<Variable>) -> Result<()> {
    let mut value = match value {
        Arg::Tensor(value) => value.clone(),
        Arg::Scalar(number) => Tensor::scalar(*number, x.dtype()).into(),
        _ => {
            let text = "can't assign this to a tensor: expected a tensor or a number";
            return Err(Error::type_error("__setitem__", text));
        }
    };
    let (view, gathered) = taken(x, words)?;
    // Dimensions of size 1 in front say nothing.
    while value.dim() > view.dim() && value.sizes().first() == Some(&1) {
        value = value.select(0, 0)?;
    }
    if gathered.is_empty() {
        call("copy_", vec![(&view).into(), (&value).into()])?;
    } else {
        let value = value.to_dtype(view.dtype())?;
        call("index_put_", vec![(&view).into(), Arg::Tensors(gathered), (&value).into(), false.into()])?;
    }
    Ok(())
}

fn at_number(x: &Variable, d: i64, at: i64) -> Result<Variable> {
    let size = x.sizes().get(d as usize).map_or(0, |&size| size as i64);
    if at < -size || at >= size {
        let text = format!("index {at} is out of bounds for dimension {d} with size {size}");
        return Err(Error::index("__getitem__", text).shapes(&[x.sizes()]).found(at.to_string()));
    }
    x.select(d, at)
}

/// The dimensions of the tensor that a part of a subscript speaks of.
fn dims_named(item: &Arg<Variable>) -> usize {
    match item {
        Arg::None | Arg::Ellipsis | Arg::Scalar(Scalar::Bool(_)) => 0,
        Arg::Tensor(t) if matches!(t.dtype(), DType::Bool | DType::U8) => t.dim(),
        _ => 1,
    }
}

/// A mask over the new dimension of size 1.
fn truth(held: bool) -> Result<Variable> {
    Ok(Tensor::from_vec(vec![held], &[1])?.into())
}

fn place(gathered: &mut Vec<Option<Variable>>, dim: usize, index: Variable) {
    gathered.resize_with(gathered.len().max(dim), || None);
    gathered.push(Some(index));
}

/// A tensor, or a list of numbers as one.
fn index_tensor(words: &Arg<Variable>) -> Result<Variable> {
    let wrong = || {
        let text = "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices";
        Error::index("__getitem__", text)
    };
    match words {
        Arg::Tensor(t) => Ok(t.clone()),
        Arg::Ints(list) => Ok(Tensor::from_vec(list.clone(), &[list.len()])?.into()),
        Arg::List(items) => {
            let numbers: Vec<Scalar> = items
                .iter()
                .map(|item| match item {
                    Arg::Scalar(number) => Ok(*number),
                    _ => Err(wrong()),
                })
                .collect::<Result<_>>()?;
            let count = numbers.len();
            if count > 0 && numbers.iter().all(|number| matches!(number, Scalar::Bool(_))) {
                return Ok(Tensor::from_vec(numbers.iter().map(|b| b.to_bool()).collect(), &[count])?.into());
            }
            if numbers.iter().any(|number| matches!(number, Scalar::Float(_))) {
                return Err(Error::index(
                    "__getitem__",
                    "tensors used as indices must be long, int, byte or bool tensors",
                ));
            }
            Ok(Tensor::from_vec(numbers.iter().map(|i| i.to_i64()).collect(), &[count])?.into())
        }
        _ => Err(wrong()),
    }
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "__getitem__(Tensor self, Any index) -> Tensor",
        body: |a| one(read(a.tensor(0)?, a.value(1))),
    },
    Composite {
        schema: "__setitem__(Tensor(a!) self, Any index, Any value) -> Tensor(a!)",
        body: |a| {
            write(a.tensor(0)?, a.value(1), a.value(2))?;
            one(Ok(a.tensor(0)?.clone()))
        },
    },
];
