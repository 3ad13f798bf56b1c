//! Norms of vectors and matrices.

use tensor::{Arg, Args, DType, Error, Result, Scalar};

use super::one;
use super::terms::front;
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// The p-norm over dimensions, all of them for an empty list.
pub(super) fn vector_norm(
    x: &Variable,
    p: f64,
    dims: &[i64],
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Variable> {
    let args = vec![x.into(), p.into(), dims.into(), keepdim.into(), dtype.into()];
    call_one("linalg_vector_norm", args)
}

/// The order of a matrix norm.
#[derive(Clone, Copy)]
pub(super) enum Order<'a> {
    Number(f64),
    Word(&'a str),
}

/// Elements of the matrices' singular values combined.
fn of_singular_values(
    x: &Variable,
    dims: [usize; 2],
    keepdim: bool,
    combine: impl Fn(&Variable) -> Result<Variable>,
) -> Result<Variable> {
    let mut order: Vec<i64> = (0..x.dim() as i64).collect();
    order.retain(|&d| d != dims[0] as i64 && d != dims[1] as i64);
    order.extend([dims[0] as i64, dims[1] as i64]);
    let args = vec![(&x.permute(&order)?).into(), false.into(), true.into(), Arg::None];
    let factors = call("_linalg_svd", args)?;
    let Some(values) = factors.get(1) else {
        return Err(Error::runtime("_linalg_svd", "a decomposition without singular values"));
    };
    let mut found = combine(values)?;
    if keepdim {
        for d in [dims[0].min(dims[1]), dims[0].max(dims[1])] {
            found = found.unsqueeze(d as i64)?;
        }
    }
    Ok(found)
}

fn extreme(operator: &str, x: &Variable, dim: i64, keepdim: bool) -> Result<Variable> {
    call_one(operator, vec![x.into(), [dim].as_slice().into(), keepdim.into()])
}

/// The norm of the matrices in two dimensions.
pub(super) fn matrix_norm(
    x: &Variable,
    order: Order<'_>,
    dims: &[i64],
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Variable> {
    const OPERATOR: &str = "linalg_matrix_norm";
    if !x.dtype().is_float() {
        let text = format!(
            "linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {}",
            x.dtype().scalar_name()
        );
        return Err(Error::runtime(OPERATOR, text).dtypes(&[x.dtype()]));
    }
    if x.dim() < 2 {
        let text = "linalg.matrix_norm: The input tensor A must have at least 2 dimensions.";
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    let &[first, second] = dims else {
        let text = format!("linalg.matrix_norm: dim must be a 2-tuple. Got {dims:?}");
        return Err(Error::runtime(OPERATOR, text));
    };
    let (row, column) = (front(OPERATOR, x, first)?, front(OPERATOR, x, second)?);
    if row == column {
        let text = format!("linalg.matrix_norm: dims must be different. Got ({first}, {second})");
        return Err(Error::runtime(OPERATOR, text));
    }
    let x = match dtype {
        Some(dtype) => x.to_dtype(dtype)?,
        None => x.clone(),
    };
    let p = match order {
        Order::Word("fro") => return vector_norm(&x, 2.0, &[row as i64, column as i64], keepdim, None),
        Order::Word("nuc") => {
            return of_singular_values(&x, [row, column], keepdim, |s| s.sum_dims(&[-1], false));
        }
        Order::Word(word) => {
            let text = format!("linalg.matrix_norm: Order {word} not supported.");
            return Err(Error::runtime(OPERATOR, text).expected("fro or nuc").found(word));
        }
        Order::Number(p) => p,
    };
    let operator = if p > 0.0 { "amax" } else { "amin" };
    if p.abs() == 2.0 {
        return of_singular_values(&x, [row, column], keepdim, |s| extreme(operator, s, -1, false));
    }
    let (summed, mut chosen) = if p.abs() == 1.0 {
        (row, column)
    } else if p.is_infinite() {
        (column, row)
    } else {
        let text = format!("linalg.matrix_norm: Order {p} not supported.");
        return Err(Error::runtime(OPERATOR, text)
            .expected("1, 2, inf, -1, -2 or -inf")
            .found(p.to_string()));
    };
    let sums = x.abs()?.sum_dims(&[summed as i64], keepdim)?;
    if !keepdim && chosen > summed {
        chosen -= 1;
    }
    extreme(operator, &sums, chosen as i64, keepdim)
}

/// A vector's or a matrix' norm, by how many dimensions there are.
fn linalg_norm(
    x: &Variable,
    order: Option<Order<'_>>,
    dims: Option<Vec<i64>>,
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Variable> {
    let refuse = |text: String| Err(Error::runtime("linalg_norm", text).shapes(&[x.sizes()]));
    if let Some(dims) = &dims
        && !(1..=2).contains(&dims.len())
    {
        return refuse(format!(
            "linalg.norm: If dim is specified, it must be of length 1 or 2. Got {dims:?}"
        ));
    }
    let Some(order) = order else {
        return vector_norm(x, 2.0, &dims.unwrap_or_default(), keepdim, dtype);
    };
    if dims.is_none() && !(1..=2).contains(&x.dim()) {
        return refuse(format!(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {}D.",
            x.dim()
        ));
    }
    let dims = dims.unwrap_or_else(|| (0..x.dim() as i64).collect());
    match (order, dims.len()) {
        (Order::Number(p), 1) => vector_norm(x, p, &dims, keepdim, dtype),
        (Order::Word(word), 1) => refuse(format!(
            "linalg.norm: Order {word} can only be used with a matrix, but dim names one dimension"
        )),
        _ => matrix_norm(x, order, &dims, keepdim, dtype),
    }
}

/// PyTorch's older function, where the order may be a word.
fn norm(a: &Args<'_, Variable>) -> Result<Variable> {
    let (x, dims, keepdim, dtype) = (a.tensor(0)?, a.ints(2)?, a.bool(3)?, a.dtype(5)?);
    a.refuse(4, "out")?;
    match a.value(1) {
        Arg::Str(word) if word == "nuc" => {
            let dims = if dims.is_empty() { (0..x.dim() as i64).collect() } else { dims };
            matrix_norm(x, Order::Word("nuc"), &dims, keepdim, dtype)
        }
        Arg::None => vector_norm(x, 2.0, &dims, keepdim, dtype),
        Arg::Str(word) if word == "fro" => vector_norm(x, 2.0, &dims, keepdim, dtype),
        Arg::Str(word) => {
            Err(Error::runtime("norm", format!("only valid string values are 'fro' and 'nuc', found {word}")))
        }
        _ => vector_norm(x, a.float(1)?, &dims, keepdim, dtype),
    }
}

fn word<'a>(a: &Args<'a, Variable>, at: usize) -> Result<Order<'a>> {
    Ok(Order::Word(a.text(at)?.unwrap_or("fro")))
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? \
                 dtype=None) -> Tensor",
        body: |a| {
            one(matrix_norm(a.tensor(0)?, Order::Number(a.float(1)?), &a.ints(2)?, a.bool(3)?, a.dtype(4)?))
        },
    },
    Composite {
        schema: "linalg_matrix_norm.str_ord(Tensor self, str ord=\"fro\", int[] dim=[-2, -1], bool keepdim=False, *, \
                 ScalarType? dtype=None) -> Tensor",
        body: |a| one(matrix_norm(a.tensor(0)?, word(a, 1)?, &a.ints(2)?, a.bool(3)?, a.dtype(4)?)),
    },
    Composite {
        schema: "linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? \
                 dtype=None) -> Tensor",
        body: |a| {
            let order = a.scalar_or_none(1)?.map(Scalar::to_f64).map(Order::Number);
            one(linalg_norm(a.tensor(0)?, order, a.ints_or_none(2)?, a.bool(3)?, a.dtype(4)?))
        },
    },
    Composite {
        schema: "linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? \
                 dtype=None) -> Tensor",
        body: |a| {
            one(linalg_norm(a.tensor(0)?, Some(word(a, 1)?), a.ints_or_none(2)?, a.bool(3)?, a.dtype(4)?))
        },
    },
    Composite {
        schema: "norm(Tensor input, Any p=\"fro\", int[1]? dim=None, bool keepdim=False, Tensor? out=None, ScalarType? \
                 dtype=None) -> Tensor",
        body: |a| one(norm(a)),
    },
    Composite {
        schema: "dist(Tensor self, Tensor other, Scalar p=2) -> Tensor",
        body: |a| one(vector_norm(&a.tensor(0)?.sub(a.tensor(1)?)?, a.float(2)?, &[], false, None)),
    },
];
