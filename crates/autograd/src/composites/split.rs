//! Tensors cut along a dimension, at numpy's places.

use tensor::{Arg, Args, Error, Result, wrap_dim};

use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// Cut before each index; an index may count from the back, and one before the last cut gives an empty piece.
fn at_indices(x: &Variable, indices: &[i64], dim: i64) -> Result<Vec<Variable>> {
    let size = dimension(x, dim)?.1;
    let mut pieces = Vec::with_capacity(indices.len() + 1);
    let mut start = 0;
    for &end in indices {
        pieces.push(piece(x, dim, start, end)?);
        start = end;
    }
    pieces.push(piece(x, dim, start, size)?);
    Ok(pieces)
}

fn piece(x: &Variable, dim: i64, start: i64, end: i64) -> Result<Variable> {
    call_one("slice.Tensor", vec![x.into(), dim.into(), start.into(), end.into(), 1i64.into()])
}

/// The dimension and its size.
fn dimension(x: &Variable, dim: i64) -> Result<(i64, i64)> {
    if x.dim() == 0 {
        let text = "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims";
        return Err(Error::runtime("tensor_split", text));
    }
    let d = wrap_dim("tensor_split", dim, x.dim())?;
    Ok((d as i64, x.sizes().get(d).map_or(0, |&size| size as i64)))
}

/// As many pieces as asked; the first ones are longer by one where the size leaves a rest.
fn in_sections(x: &Variable, sections: i64, dim: i64) -> Result<Vec<Variable>> {
    let (d, size) = dimension(x, dim)?;
    if sections <= 0 {
        let text = format!("number of sections must be larger than 0, got {sections}");
        return Err(Error::runtime("tensor_split", text).found(sections.to_string()));
    }
    let (least, longer) = (size / sections, size % sections);
    let mut start = 0;
    let lengths = (0..sections).map(|k| least + i64::from(k < longer));
    lengths
        .map(|length| {
            let end = start + length;
            let cut = piece(x, d, start, end);
            start = end;
            cut
        })
        .collect()
}

fn by_tensor(x: &Variable, places: &Variable, dim: i64) -> Result<Vec<Variable>> {
    let places = places.data();
    if places.dtype() != tensor::DType::I64 {
        let text = format!(
            "tensor_split expected tensor_indices_or_sections to have dtype of long, but got {}",
            places.dtype().scalar_name()
        );
        return Err(Error::runtime("tensor_split", text).dtypes(&[places.dtype()]));
    }
    match places.dim() {
        0 => in_sections(x, places.item()?.to_i64(), dim),
        1 => at_indices(x, &places.to_vec::<i64>()?, dim),
        n => {
            let text = format!(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, \
                 but got a tensor with {n} dims"
            );
            Err(Error::runtime("tensor_split", text).shapes(&[places.sizes()]))
        }
    }
}

/// numpy's three: which dimension they cut, and how many the tensor must have at least.
struct Axis {
    name: &'static str,
    dim: i64,
    least: usize,
}

const DEPTH: Axis = Axis { name: "dsplit", dim: 2, least: 3 };
const ROWS_OF_MATRIX: Axis = Axis { name: "vsplit", dim: 0, least: 2 };

fn columns(x: &Variable) -> Axis {
    Axis { name: "hsplit", dim: if x.dim() == 1 { 0 } else { 1 }, least: 1 }
}

fn along(a: &Args<'_, Variable>, axis: Axis) -> Result<Vec<Variable>> {
    let x = a.tensor(0)?;
    let Axis { name, dim, least } = axis;
    if x.dim() < least {
        let text = format!(
            "torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {} dimensions!",
            x.dim()
        );
        return Err(Error::runtime(name, text).shapes(&[x.sizes()]));
    }
    if matches!(a.value(1), Arg::Ints(_)) {
        return at_indices(x, &a.ints(1)?, dim);
    }
    let sections = a.int(1)?;
    let (d, size) = dimension(x, dim)?;
    if sections <= 0 || size % sections != 0 {
        let text = format!(
            "torch.{name} attempted to split along dimension {d}, but the size of the dimension {size} is not divisible \
             by the split_size {sections}!"
        );
        return Err(Error::runtime(name, text).found(sections.to_string()));
    }
    in_sections(x, sections, dim)
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]",
        body: |a| in_sections(a.tensor(0)?, a.int(1)?, a.int(2)?),
    },
    Composite {
        schema: "tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]",
        body: |a| at_indices(a.tensor(0)?, &a.ints(1)?, a.int(2)?),
    },
    Composite {
        schema: "tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor tensor_indices_or_sections, int dim=0) -> Tensor(a)[]",
        body: |a| by_tensor(a.tensor(0)?, a.tensor(1)?, a.int(2)?),
    },
    Composite {
        schema: "hsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",
        body: |a| along(a, columns(a.tensor(0)?)),
    },
    Composite {
        schema: "hsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]",
        body: |a| along(a, columns(a.tensor(0)?)),
    },
    Composite {
        schema: "vsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",
        body: |a| along(a, ROWS_OF_MATRIX),
    },
    Composite {
        schema: "vsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]",
        body: |a| along(a, ROWS_OF_MATRIX),
    },
    Composite {
        schema: "dsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]",
        body: |a| along(a, DEPTH),
    },
    Composite {
        schema: "dsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]",
        body: |a| along(a, DEPTH),
    },
    Composite {
        schema: "split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]",
        body: |a| call("split_with_sizes", a.values().to_vec()),
    },
    // The pieces may be written without regard to each other; no rule of ours depends on that.
    Composite {
        schema: "unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]",
        body: |a| call("split.Tensor", a.values().to_vec()),
    },
    Composite {
        schema: "unsafe_split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]",
        body: |a| call("split_with_sizes", a.values().to_vec()),
    },
    Composite {
        schema: "unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]",
        body: |a| call("chunk", a.values().to_vec()),
    },
];
