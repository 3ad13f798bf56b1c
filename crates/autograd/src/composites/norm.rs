//! Norms of matrices, and what is read off their singular values.

use tensor::{Arg, Args, DType, Error, Result, Scalar, Tensor};

use super::linalg::svd;
use super::statistics::vector_norm;
use super::terms::{constant, front, one};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// Which norm of a matrix.
#[derive(Clone, Copy)]
enum Order<'a> {
    Number(f64),
    Word(&'a str),
}

fn order<'a>(a: &Args<'a, Variable>, at: usize) -> Result<Option<Order<'a>>> {
    Ok(match a.value(at) {
        Arg::None => None,
        Arg::Str(word) => Some(Order::Word(word)),
        _ => Some(Order::Number(a.float(at)?)),
    })
}

fn extreme(x: &Variable, dim: i64, keepdim: bool, largest: bool) -> Result<Variable> {
    let name = if largest { "amax" } else { "amin" };
    call_one(name, vec![x.into(), Arg::Ints(vec![dim]), keepdim.into()])
}

/// The singular values of the matrices in two dimensions, last.
fn singular_values(x: &Variable, rows: usize, columns: usize) -> Result<Variable> {
    let mut dims: Vec<i64> = (0..x.dim()).filter(|d| *d != rows && *d != columns).map(|d| d as i64).collect();
    dims.extend([rows as i64, columns as i64]);
    let [_, s, _] = svd(&x.permute(&dims)?, false)?;
    Ok(s)
}

fn matrix_norm(
    x: &Variable,
    order: Order<'_>,
    dims: &[i64],
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Variable> {
    const OPERATOR: &str = "linalg_matrix_norm";
    let &[rows, columns] = dims else {
        let text = format!("linalg.matrix_norm: dim must be a 2-tuple. Got {}", spelled(dims));
        return Err(Error::runtime(OPERATOR, text));
    };
    if x.dim() < 2 {
        let text = "linalg.matrix_norm: The input tensor A must have at least 2 dimensions.";
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    let (row, column) = (front(OPERATOR, x, rows)?, front(OPERATOR, x, columns)?);
    if row == column {
        let text = format!("linalg.matrix_norm: dims must be different. Got ({rows}, {columns})");
        return Err(Error::runtime(OPERATOR, text));
    }
    let unknown = |what: String| {
        Err(Error::runtime(OPERATOR, format!("linalg.matrix_norm: Order {what} not supported.")))
    };
    let x = match dtype {
        Some(dtype) => x.to_dtype(dtype)?,
        None => x.clone(),
    };
    let (row, column) = (row as i64, column as i64);
    let spread = |reduced: Variable| {
        if !keepdim {
            return Ok(reduced);
        }
        reduced.unsqueeze(row.min(column))?.unsqueeze(row.max(column))
    };
    match order {
        Order::Word("fro") => vector_norm(&x, 2.0, &[row, column], keepdim, None),
        Order::Word("nuc") => {
            spread(singular_values(&x, row as usize, column as usize)?.sum_dims(&[-1], false)?)
        }
        Order::Word(word) => unknown(word.to_string()),
        Order::Number(p) if p.abs() == 2.0 => {
            spread(extreme(&singular_values(&x, row as usize, column as usize)?, -1, false, p > 0.0)?)
        }
        Order::Number(p) if p.abs() == 1.0 || p.is_infinite() => {
            // The largest or least sum of sizes along columns or rows.
            let (summed, kept) = if p.is_infinite() { (column, row) } else { (row, column) };
            let sums = vector_norm(&x, 1.0, &[summed], keepdim, None)?;
            let place = if !keepdim && kept > summed { kept - 1 } else { kept };
            extreme(&sums, place, keepdim, p > 0.0)
        }
        Order::Number(p) => unknown(format!("{p}")),
    }
}

/// The sum of the singular values of the matrices in two dimensions.
pub(super) fn nuclear(x: &Variable, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Variable> {
    matrix_norm(x, Order::Word("nuc"), dims, keepdim, dtype)
}

fn spelled(dims: &[i64]) -> String {
    dims.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

fn norm(a: &Args<'_, Variable>) -> Result<Variable> {
    const OPERATOR: &str = "linalg_norm";
    let x = a.tensor(0)?;
    let (order, dims, keepdim, dtype) = (order(a, 1)?, a.ints_or_none(2)?, a.bool(3)?, a.dtype(4)?);
    if let Some(dims) = &dims
        && !matches!(dims.len(), 1 | 2)
    {
        let text =
            format!("linalg.norm: If dim is specified, it must be of length 1 or 2. Got {}", spelled(dims));
        return Err(Error::runtime(OPERATOR, text));
    }
    let Some(order) = order else {
        return vector_norm(x, 2.0, &dims.unwrap_or_default(), keepdim, dtype);
    };
    if dims.is_none() && !matches!(x.dim(), 1 | 2) {
        let text = "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ";
        return Err(Error::runtime(OPERATOR, format!("{text}{}D.", x.dim())).shapes(&[x.sizes()]));
    }
    let dims = dims.unwrap_or_else(|| (0..x.dim() as i64).collect());
    match (order, dims.len()) {
        (Order::Number(p), 1) => vector_norm(x, p, &dims, keepdim, dtype),
        (Order::Word(word), 1) => {
            let text = format!("linalg.norm: Order '{word}' is not a norm of vectors");
            Err(Error::runtime(OPERATOR, text))
        }
        (order, _) => matrix_norm(x, order, &dims, keepdim, dtype),
    }
}

fn cond(x: &Variable, order: Option<Order<'_>>) -> Result<Variable> {
    const OPERATOR: &str = "linalg_cond";
    if x.dim() < 2 {
        let text = "linalg.cond: The input tensor A must have at least 2 dimensions.";
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    let order = order.unwrap_or(Order::Number(2.0));
    if let Order::Number(p) = order
        && p.abs() == 2.0
    {
        let [_, s, _] = svd(x, false)?;
        let (large, small) = (extreme(&s, -1, false, true)?, extreme(&s, -1, false, false)?);
        return if p > 0.0 { large.div(&small) } else { small.div(&large) };
    }
    let mut results = call("linalg_inv_ex", vec![x.into()])?;
    let inverse = results.swap_remove(0);
    matrix_norm(x, order, &[-2, -1], false, None)?.mul(&matrix_norm(&inverse, order, &[-2, -1], false, None)?)
}

/// A tolerance as a number or a tensor.
fn tolerance(a: &Args<'_, Variable>, at: usize) -> Result<Option<Tensor>> {
    Ok(match a.value(at) {
        Arg::None => None,
        Arg::Tensor(t) => Some(t.data().clone()),
        _ => Some(Tensor::scalar(Scalar::Float(a.float(at)?), DType::F64)),
    })
}

fn matrix_rank(
    x: &Variable,
    atol: Option<&Tensor>,
    rtol: Option<&Tensor>,
    hermitian: bool,
) -> Result<Variable> {
    if x.dim() < 2 {
        let text = "torch.linalg.matrix_rank: The input tensor A must have at least 2 dimensions.";
        return Err(Error::runtime("linalg_matrix_rank", text).shapes(&[x.sizes()]));
    }
    let wide = x.data().to_dtype(DType::F64)?;
    let s = if hermitian {
        let [values, _] = wide.eigh("L")?;
        let sizes = values.abs()?;
        let (sorted, _) = sizes.sort(-1, true)?;
        sorted
    } else {
        let [_, s, _] = wide.svd(false)?;
        s
    };
    let bound = x.data().rank_bound(&s, atol, rtol)?;
    constant(s.gt(&bound.unsqueeze(-1)?)?.sum_dims(&[-1], false, Some(DType::I64)))
}

fn pinv(
    a: &Args<'_, Variable>,
    atol: Option<Tensor>,
    rtol: Option<Tensor>,
    hermitian: bool,
) -> Result<Vec<Variable>> {
    let given = |t: Option<Tensor>| t.map_or(Arg::None, |t| Arg::Tensor(Variable::from(t)));
    let args = vec![a.tensor(0)?.into(), given(atol), given(rtol), hermitian.into()];
    one(call_one("linalg_pinv.atol_rtol_tensor", args))
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
        body: |a| {
            let word = Order::Word(a.text(1)?.unwrap_or("fro"));
            one(matrix_norm(a.tensor(0)?, word, &a.ints(2)?, a.bool(3)?, a.dtype(4)?))
        },
    },
    Composite {
        schema: "linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? \
                 dtype=None) -> Tensor",
        body: |a| one(norm(a)),
    },
    Composite {
        schema: "linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) \
                 -> Tensor",
        body: |a| one(norm(a)),
    },
    Composite {
        schema: "nuclear_norm(Tensor self, bool keepdim=False) -> Tensor",
        body: |a| one(matrix_norm(a.tensor(0)?, Order::Word("nuc"), &[-2, -1], a.bool(1)?, None)),
    },
    Composite {
        schema: "linalg_cond(Tensor self, Scalar? p=None) -> Tensor",
        body: |a| one(cond(a.tensor(0)?, order(a, 1)?)),
    },
    Composite {
        schema: "linalg_cond.p_str(Tensor self, str p) -> Tensor",
        body: |a| one(cond(a.tensor(0)?, order(a, 1)?)),
    },
    Composite {
        schema: "linalg_matrix_rank.atol_rtol_tensor(Tensor input, *, Tensor? atol=None, Tensor? rtol=None, bool \
                 hermitian=False) -> Tensor",
        body: |a| {
            let (atol, rtol) = (tolerance(a, 1)?, tolerance(a, 2)?);
            one(matrix_rank(a.tensor(0)?, atol.as_ref(), rtol.as_ref(), a.bool(3)?))
        },
    },
    Composite {
        schema: "linalg_matrix_rank.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool \
                 hermitian=False) -> Tensor",
        body: |a| {
            let (atol, rtol) = (tolerance(a, 1)?, tolerance(a, 2)?);
            one(matrix_rank(a.tensor(0)?, atol.as_ref(), rtol.as_ref(), a.bool(3)?))
        },
    },
    Composite {
        schema: "linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor",
        body: |a| {
            let none = Tensor::scalar(0.0.into(), DType::F64);
            one(matrix_rank(a.tensor(0)?, tolerance(a, 1)?.as_ref(), Some(&none), a.bool(2)?))
        },
    },
    Composite {
        schema: "linalg_pinv.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool hermitian=False) -> \
                 Tensor",
        body: |a| pinv(a, tolerance(a, 1)?, tolerance(a, 2)?, a.bool(3)?),
    },
    Composite {
        schema: "linalg_pinv(Tensor self, float rcond, bool hermitian=False) -> Tensor",
        body: |a| pinv(a, None, tolerance(a, 1)?, a.bool(2)?),
    },
    Composite {
        schema: "linalg_pinv.rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False) -> Tensor",
        body: |a| pinv(a, None, tolerance(a, 1)?, a.bool(2)?),
    },
    Composite {
        schema: "pinverse(Tensor self, float rcond=1.0000000000000001e-15) -> Tensor",
        body: |a| pinv(a, None, tolerance(a, 1)?, false),
    },
];
