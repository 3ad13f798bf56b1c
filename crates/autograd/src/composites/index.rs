//! Subscripts, and elements by index or mask.

use tensor::{Arg, DType, Error, Result, Scalar, Tensor};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// A subscript as Python writes it: views for numbers, slices, `None` and `...`, then one gather for what is left.
fn subscript(x: &Variable, words: &Arg<Variable>) -> Result<Variable> {
    let single = std::slice::from_ref(words);
    let items = match words {
        Arg::List(items) => items.as_slice(),
        _ => single,
    };
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
    if !gathered.is_empty() {
        return call_one("index.Tensor", vec![(&view).into(), Arg::Tensors(gathered)]);
    }
    // Even the subscript that takes everything is another tensor.
    if items.iter().all(|item| matches!(item, Arg::Ellipsis)) {
        return call_one("view", vec![(&view).into(), signed(view.sizes()).as_slice().into()]);
    }
    Ok(view)
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

fn take_along_dim(x: &Variable, indices: &Variable, dim: Option<i64>) -> Result<Variable> {
    const NAME: &str = "take_along_dim";
    if indices.dtype() != DType::I64 && indices.dtype() != DType::I32 {
        let text = format!(
            "torch.take_along_dim(): dtype of indices should be Long but got {}",
            indices.dtype().scalar_name()
        );
        return Err(Error::runtime(NAME, text).dtypes(&[indices.dtype()]));
    }
    let Some(dim) = dim else {
        return x.reshape(&[-1])?.gather(0, &indices.reshape(&[-1])?);
    };
    if x.dim() != indices.dim() {
        let text = format!(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} dimensions \
             for input, and {} dimensions for indices",
            x.dim(),
            indices.dim()
        );
        return Err(Error::runtime(NAME, text).shapes(&[x.sizes(), indices.sizes()]));
    }
    let d = tensor::wrap_dim(NAME, dim, x.dim())?;
    // Both broadcast in the dimensions that are not indexed.
    let with = |own: &Variable, other: &Variable| {
        let mut sizes = own.sizes().to_vec();
        if let (Some(slot), Some(&size)) = (sizes.get_mut(d), other.sizes().get(d)) {
            *slot = size;
        }
        sizes
    };
    let of_indices = tensor::broadcast_sizes(NAME, indices.sizes(), &with(x, indices))?;
    let of_input = tensor::broadcast_sizes(NAME, x.sizes(), &with(indices, x))?;
    x.expand(&signed(&of_input))?.gather(dim, &indices.expand(&signed(&of_indices))?)
}

/// The elements at indices, and a number where the mask does not hold; indices there may be outside.
fn masked_index(
    x: &Variable,
    mask: &Variable,
    indices: &[Option<Variable>],
    fill: Scalar,
) -> Result<Variable> {
    let inside = clamped(x, indices)?;
    let found = call_one("index.Tensor", vec![x.into(), Arg::Tensors(inside)])?;
    found.masked_fill(&logical_not(mask)?, fill)
}

fn logical_not(mask: &Variable) -> Result<Variable> {
    call_one("logical_not", vec![mask.into()])
}

fn clamped(x: &Variable, indices: &[Option<Variable>]) -> Result<Vec<Option<Variable>>> {
    let inside = |(index, &size): (&Option<Variable>, &usize)| {
        let clamp =
            |index: &Variable| index.clamp(Some((-(size as i64)).into()), Some((size as i64 - 1).into()));
        index.as_ref().map(clamp).transpose()
    };
    indices.iter().zip(x.sizes()).map(inside).collect()
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "__getitem__(Tensor self, Any index) -> Tensor",
        body: |a| one(subscript(a.tensor(0)?, a.value(1))),
    },
    Composite {
        schema: "take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
        body: |a| one(take_along_dim(a.tensor(0)?, a.tensor(1)?, a.int_or_none(2)?)),
    },
    Composite { schema: "argwhere(Tensor self) -> Tensor", body: |a| call("nonzero", a.values().to_vec()) },
    Composite {
        schema: "where(Tensor condition) -> Tensor[]",
        body: |a| {
            let x = a.tensor(0)?;
            let places =
                call_one("nonzero", vec![(&if x.dim() == 0 { x.unsqueeze(0)? } else { x.clone() }).into()])?;
            call("unbind.int", vec![(&places).into(), 1i64.into()])
        },
    },
    Composite {
        schema: "_unsafe_masked_index(Tensor self, Tensor mask, Tensor?[] indices, Scalar fill) -> Tensor",
        body: |a| one(masked_index(a.tensor(0)?, a.tensor(1)?, a.tensors_or_none(2)?, a.scalar(3)?)),
    },
    Composite {
        schema: "_unsafe_masked_index_put_accumulate(Tensor self, Tensor mask, Tensor?[] indices, Tensor values) -> Tensor",
        body: |a| {
            let (x, mask) = (a.tensor(0)?, a.tensor(1)?);
            let inside = clamped(x, a.tensors_or_none(2)?)?;
            let values = a.tensor(3)?.masked_fill(&logical_not(mask)?, 0i64)?;
            one(call_one("index_put", vec![x.into(), Arg::Tensors(inside), (&values).into(), true.into()]))
        },
    },
];
