//! Elements by index or mask.

use tensor::{Arg, DType, Error, Result, Scalar, Tensor};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

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
    // Indices count modulo the size, from either end.
    let size = x.sizes().get(d).copied().unwrap_or(1).max(1) as i64;
    let indices = indices.remainder(size)?;
    x.expand(&signed(&of_input))?.gather(dim, &indices.expand(&signed(&of_indices))?)
}

/// The positions of the elements that are not zero, one vector for each dimension.
fn by_dimension(x: &Variable) -> Result<Vec<Variable>> {
    let raised = if x.dim() == 0 { x.unsqueeze(0)? } else { x.clone() };
    let places = call_one("nonzero", vec![(&raised).into()])?;
    call("unbind.int", vec![(&places).into(), 1i64.into()])
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

/// The coordinates of flat positions in a tensor of the given sizes: a view for each dimension.
fn unravelled(indices: &Variable, sizes: &[i64]) -> Result<Vec<Variable>> {
    const NAME: &str = "unravel_index";
    if indices.dtype().is_float() || indices.dtype() == DType::Bool {
        let text =
            format!("expected 'indices' to be integer dtype, but got torch.{}", indices.dtype().name());
        return Err(Error::type_error(NAME, text).dtypes(&[indices.dtype()]));
    }
    let shown = match sizes {
        [one] => format!("({one},)"),
        _ => format!("({})", sizes.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")),
    };
    if sizes.iter().any(|&size| size < 0) {
        return Err(Error::value(NAME, format!("'shape' cannot have negative values, but got {shown}")));
    }
    if sizes.contains(&0) && indices.numel() > 0 {
        let text =
            format!("'shape' cannot have zero dimensions when 'indices' is non-empty, but got {shown}");
        return Err(Error::value(NAME, text));
    }
    let mut steps = vec![1i64; sizes.len()];
    for d in (1..sizes.len()).rev() {
        steps[d - 1] = steps[d].wrapping_mul(sizes[d]);
    }
    let row = |numbers: Vec<i64>| Tensor::from_vec(numbers, &[sizes.len()]).map(Variable::from);
    let whole = call_one("floor_divide", vec![(&indices.unsqueeze(-1)?).into(), (&row(steps)?).into()])?;
    let found = whole.remainder(&row(sizes.to_vec())?)?;
    call("unbind.int", vec![(&found).into(), (-1i64).into()])
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "unravel_index(Tensor indices, int[1] shape) -> Tensor[]",
        body: |a| unravelled(a.tensor(0)?, &a.ints(1)?),
    },
    Composite {
        schema: "take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
        body: |a| one(take_along_dim(a.tensor(0)?, a.tensor(1)?, a.int_or_none(2)?)),
    },
    Composite {
        schema: "nonzero(Tensor input, *, bool as_tuple=False) -> Any",
        body: |a| {
            if a.bool(1)? { by_dimension(a.tensor(0)?) } else { call("nonzero", vec![a.value(0).clone()]) }
        },
    },
    Composite { schema: "argwhere(Tensor self) -> Tensor", body: |a| call("nonzero", a.values().to_vec()) },
    Composite { schema: "where(Tensor condition) -> Tensor[]", body: |a| by_dimension(a.tensor(0)?) },
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
