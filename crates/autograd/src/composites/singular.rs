//! What is read off singular values: condition, rank, and the inverse of what has none.

use tensor::{Arg, Args, DType, Error, Result, Scalar, Tensor};

use super::linalg::svd;
use super::norm::{Order, matrix_norm};
use super::one;
use super::terms::constant;
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

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
