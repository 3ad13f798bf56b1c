//! Tensors joined, raised to more dimensions, combined and repeated.

use tensor::{Arg, DType, Error, Result, Tensor, wrap_dim};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

fn at_least(x: &Variable, dims: usize) -> Result<Variable> {
    match (dims, x.dim()) {
        (_, 0) => x.reshape(&vec![1; dims]),
        (2 | 3, 1) => {
            let row = x.unsqueeze(0)?;
            if dims == 3 { row.unsqueeze(-1) } else { Ok(row) }
        }
        (3, 2) => x.unsqueeze(-1),
        _ => Ok(x.clone()),
    }
}

fn all_at_least(tensors: &[Variable], dims: usize) -> Result<Vec<Variable>> {
    tensors.iter().map(|t| at_least(t, dims)).collect()
}

fn hstack(tensors: &[Variable]) -> Result<Variable> {
    let raised = all_at_least(tensors, 1)?;
    let dim = if raised.first().is_none_or(|first| first.dim() == 1) { 0 } else { 1 };
    Variable::cat(&raised, dim)
}

fn not_empty(name: &'static str, tensors: &[Variable]) -> Result<()> {
    if tensors.is_empty() {
        return Err(Error::runtime(name, format!("{name} expects a non-empty TensorList")));
    }
    Ok(())
}

fn zeros(sizes: &[i64], dtype: DType) -> Result<Variable> {
    Ok(Tensor::zeros(sizes, dtype)?.into())
}

/// Matrices along the diagonal of a matrix of zeros.
fn block_diag(tensors: &[Variable]) -> Result<Variable> {
    let mut blocks = Vec::with_capacity(tensors.len());
    for (at, t) in tensors.iter().enumerate() {
        if t.dim() > 2 {
            let text = format!(
                "block_diag: Input tensors must have 2 or fewer dimensions. Input {at} has {} dimensions",
                t.dim()
            );
            return Err(Error::runtime("block_diag", text).shapes(&[t.sizes()]));
        }
        blocks.push(at_least(t, 2)?);
    }
    let columns = |block: &Variable| block.sizes().last().map_or(0, |&size| size as i64);
    let total: i64 = blocks.iter().map(columns).sum();
    let mut rows = Vec::with_capacity(blocks.len());
    let mut before = 0;
    for block in &blocks {
        let height = block.sizes().first().map_or(0, |&size| size as i64);
        let after = total - before - columns(block);
        let row = [
            zeros(&[height, before], block.dtype())?,
            block.clone(),
            zeros(&[height, after], block.dtype())?,
        ];
        rows.push(Variable::cat(&row, 1)?);
        before += columns(block);
    }
    if rows.is_empty() { zeros(&[1, 0], DType::F32) } else { Variable::cat(&rows, 0) }
}

/// Grids over vectors: each varies along a dimension of its own. `xy` exchanges the first two dimensions.
fn meshgrid(tensors: &[Variable], indexing: &str) -> Result<Vec<Variable>> {
    const NAME: &str = "meshgrid";
    not_empty(NAME, tensors)?;
    if let Some(odd) = tensors.iter().find(|t| t.dim() > 1) {
        let text =
            format!("torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {}D", odd.dim());
        return Err(Error::runtime(NAME, text).shapes(&[odd.sizes()]));
    }
    if tensors.windows(2).any(|pair| matches!(pair, [a, b] if a.dtype() != b.dtype())) {
        return Err(Error::runtime(NAME, "torch.meshgrid expects all tensors to have the same dtype"));
    }
    let exchanged = match indexing {
        "ij" => false,
        "xy" => tensors.len() >= 2,
        other => {
            let text =
                format!("torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}");
            return Err(Error::runtime(NAME, text).found(other));
        }
    };
    let mut vectors = tensors.to_vec();
    if exchanged {
        vectors.swap(0, 1);
    }
    let sizes: Vec<i64> = vectors.iter().map(|v| v.numel() as i64).collect();
    let mut grids = Vec::with_capacity(vectors.len());
    for (d, vector) in vectors.iter().enumerate() {
        let mut own = vec![1; vectors.len()];
        if let Some(slot) = own.get_mut(d) {
            *slot = vector.numel() as i64;
        }
        let grid = call_one("view", vec![vector.into(), own.as_slice().into()])?.expand(&sizes)?;
        grids.push(grid);
    }
    if exchanged {
        grids.swap(0, 1);
    }
    Ok(grids)
}

fn cartesian_prod(tensors: &[Variable]) -> Result<Variable> {
    if let Some(odd) = tensors.iter().find(|t| t.dim() != 1) {
        let text = format!("Expect a 1D vector, but got shape {:?}", odd.sizes());
        return Err(Error::runtime("cartesian_prod", text).shapes(&[odd.sizes()]));
    }
    if let [only] = tensors {
        return Ok(only.clone());
    }
    let columns: Vec<Variable> =
        meshgrid(tensors, "ij")?.iter().map(|grid| grid.flatten(0, -1)).collect::<Result<_>>()?;
    stack(&columns, 1)
}

fn stack(tensors: &[Variable], dim: i64) -> Result<Variable> {
    call_one("stack", vec![Arg::Tensors(tensors.iter().cloned().map(Some).collect()), dim.into()])
}

/// The positions of each combination of `r` elements out of `n`, ascending.
fn chosen(n: usize, r: usize, again: bool) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..r {
        found = found
            .into_iter()
            .flat_map(|head| {
                let from = head.last().map_or(0, |&last| if again { last } else { last + 1 });
                (from..n).map(move |next| head.iter().copied().chain([next]).collect())
            })
            .collect();
    }
    found
}

fn combinations(x: &Variable, r: i64, again: bool) -> Result<Variable> {
    const NAME: &str = "combinations";
    if x.dim() != 1 {
        let text = format!("Expect a 1D vector, but got shape {:?}", x.sizes());
        return Err(Error::runtime(NAME, text).shapes(&[x.sizes()]));
    }
    let count = usize::try_from(r)
        .map_err(|_| Error::runtime(NAME, format!("Expect a non-negative number, but got {r}")))?;
    if count == 0 {
        return zeros(&[0], x.dtype());
    }
    let rows = chosen(x.numel(), count, again);
    let places: Vec<i64> = rows.iter().flatten().map(|&place| place as i64).collect();
    let picked = x.index_select(0, &Tensor::from_vec(places, &[rows.len() * count])?.into())?;
    picked.reshape(&[rows.len() as i64, r])
}

/// Entries repeated, each as often as its count says; without a dimension those of the flattened tensor.
fn repeat_interleave(
    x: &Variable,
    counts: &Tensor,
    dim: Option<i64>,
    total: Option<i64>,
) -> Result<Variable> {
    const NAME: &str = "repeat_interleave";
    let (source, dim) = match dim {
        Some(dim) => (x.clone(), dim),
        None => (x.flatten(0, -1)?, 0),
    };
    let d = wrap_dim(NAME, dim, source.dim())?;
    let len = source.sizes().get(d).copied().unwrap_or(1) as i64;
    let counts = if counts.numel() == 1 && counts.dim() <= 1 {
        counts.reshape(&[1])?.expand(&[len])?
    } else {
        counts.clone()
    };
    if counts.dim() != 1 {
        return Err(Error::runtime(NAME, "repeats must be 0-dim or 1-dim tensor").shapes(&[counts.sizes()]));
    }
    if counts.numel() as i64 != len {
        let text = format!(
            "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({dim}) = {len}",
            counts.numel()
        );
        return Err(Error::runtime(NAME, text).shapes(&[counts.sizes(), source.sizes()]));
    }
    source.index_select(dim, &counts.repeat_interleave(total)?.into())
}

/// Pads each tensor to a multiple of the number of chunks, cuts it, and joins the chunks of one number.
fn chunk_cat(tensors: &[Variable], dim: i64, chunks: i64) -> Result<Variable> {
    const NAME: &str = "_chunk_cat";
    let Some(first) = tensors.first() else {
        return Err(Error::runtime(NAME, "_chunk_cat expects a non-empty input tensor list"));
    };
    if chunks < 1 {
        return Err(Error::runtime(NAME, "_chunk_cat expects positive num_chunks"));
    }
    if dim < 0 && tensors.iter().any(|t| t.dim() != first.dim()) {
        let text = "_chunk_cat expects non-negative dim when input tensors have different ndims";
        return Err(Error::runtime(NAME, text));
    }
    let d = wrap_dim(NAME, dim, first.dim())?;
    if let Some(odd) = tensors.iter().find(|t| t.numel() == 0) {
        let text = "_chunk_cat expects non-empty tensor";
        return Err(Error::runtime(NAME, text).shapes(&[odd.sizes()]));
    }
    if let Some(odd) = tensors.iter().find(|t| t.dim() <= d) {
        let text = "_chunk_cat expects dim < ndim for all input tensors";
        return Err(Error::runtime(NAME, text).shapes(&[odd.sizes()]));
    }
    let mut cut = Vec::with_capacity(tensors.len());
    for t in tensors {
        if t.sizes().get(..d) != first.sizes().get(..d) {
            let text = "_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors";
            return Err(Error::runtime(NAME, text).shapes(&[first.sizes(), t.sizes()]));
        }
        let (Some(&size), Some(lead)) = (t.sizes().get(d), t.sizes().get(..d)) else {
            return Err(Error::runtime(NAME, "_chunk_cat expects non-zero-dimensional tensors"));
        };
        let length = (size as i64).div_euclid(chunks) + i64::from(size as i64 % chunks != 0);
        let mut padding = signed(t.sizes());
        if let Some(slot) = padding.get_mut(d) {
            *slot = length * chunks - size as i64;
        }
        let full = Variable::cat(&[t.clone(), zeros(&padding, t.dtype())?], dim)?;
        let mut sizes = signed(lead);
        sizes.extend([chunks, full.numel() as i64 / (lead.iter().product::<usize>() as i64 * chunks).max(1)]);
        cut.push(full.reshape(&sizes)?);
    }
    Variable::cat(&cut, d as i64 + 1)
}

fn tile(x: &Variable, counts: &[i64]) -> Result<Variable> {
    let mut all = vec![1; x.dim().saturating_sub(counts.len())];
    all.extend(counts);
    call_one("repeat", vec![x.into(), all.as_slice().into()])
}

pub(super) const ROWS: &[Composite] = &[
    Composite { schema: "atleast_1d(Tensor self) -> Tensor", body: |a| one(at_least(a.tensor(0)?, 1)) },
    Composite { schema: "atleast_2d(Tensor self) -> Tensor", body: |a| one(at_least(a.tensor(0)?, 2)) },
    Composite { schema: "atleast_3d(Tensor self) -> Tensor", body: |a| one(at_least(a.tensor(0)?, 3)) },
    Composite {
        schema: "atleast_1d.Sequence(Tensor[] tensors) -> Tensor[]",
        body: |a| all_at_least(&a.tensors(0)?, 1),
    },
    Composite {
        schema: "atleast_2d.Sequence(Tensor[] tensors) -> Tensor[]",
        body: |a| all_at_least(&a.tensors(0)?, 2),
    },
    Composite {
        schema: "atleast_3d.Sequence(Tensor[] tensors) -> Tensor[]",
        body: |a| all_at_least(&a.tensors(0)?, 3),
    },
    Composite {
        schema: "hstack(Tensor[] tensors) -> Tensor",
        body: |a| {
            not_empty("hstack", &a.tensors(0)?)?;
            one(hstack(&a.tensors(0)?))
        },
    },
    Composite {
        schema: "vstack(Tensor[] tensors) -> Tensor",
        body: |a| {
            not_empty("vstack", &a.tensors(0)?)?;
            one(Variable::cat(&all_at_least(&a.tensors(0)?, 2)?, 0))
        },
    },
    Composite {
        schema: "dstack(Tensor[] tensors) -> Tensor",
        body: |a| {
            not_empty("dstack", &a.tensors(0)?)?;
            one(Variable::cat(&all_at_least(&a.tensors(0)?, 3)?, 2))
        },
    },
    Composite {
        schema: "column_stack(Tensor[] tensors) -> Tensor",
        body: |a| {
            let tensors = a.tensors(0)?;
            not_empty("column_stack", &tensors)?;
            let column =
                |t: &Variable| if t.dim() <= 1 { t.reshape(&[t.numel() as i64, 1]) } else { Ok(t.clone()) };
            let columns: Vec<Variable> = tensors.iter().map(column).collect::<Result<_>>()?;
            one(hstack(&columns))
        },
    },
    Composite { schema: "block_diag(Tensor[] tensors) -> Tensor", body: |a| one(block_diag(&a.tensors(0)?)) },
    Composite { schema: "meshgrid(Tensor[] tensors) -> Tensor[]", body: |a| meshgrid(&a.tensors(0)?, "ij") },
    Composite {
        schema: "meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]",
        body: |a| meshgrid(&a.tensors(0)?, a.text(1)?.unwrap_or_default()),
    },
    Composite {
        schema: "cartesian_prod(Tensor[] tensors) -> Tensor",
        body: |a| one(cartesian_prod(&a.tensors(0)?)),
    },
    Composite {
        schema: "combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor",
        body: |a| one(combinations(a.tensor(0)?, a.int(1)?, a.bool(2)?)),
    },
    Composite {
        schema: "repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor",
        body: |a| {
            one(repeat_interleave(a.tensor(0)?, a.tensor(1)?.data(), a.int_or_none(2)?, a.int_or_none(3)?))
        },
    },
    Composite {
        schema: "repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor",
        body: |a| {
            let counts = Tensor::scalar(a.int(1)?.into(), DType::I64);
            one(repeat_interleave(a.tensor(0)?, &counts, a.int_or_none(2)?, a.int_or_none(3)?))
        },
    },
    Composite {
        schema: "_chunk_cat(Tensor[] tensors, int dim, int num_chunks) -> Tensor",
        body: |a| one(chunk_cat(&a.tensors(0)?, a.int(1)?, a.int(2)?)),
    },
    Composite {
        schema: "tile(Tensor self, SymInt[] dims) -> Tensor",
        body: |a| one(tile(a.tensor(0)?, &a.ints(1)?)),
    },
];
