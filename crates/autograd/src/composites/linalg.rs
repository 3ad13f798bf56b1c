//! Equations and decompositions of matrices, made of those that have kernels.

use tensor::{Arg, Args, DType, Error, Result, Tensor};

use super::terms::{constant, kept, len};
use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::formulas::permutation;
use crate::variable::Variable;

pub(super) fn adjoint(x: &Variable) -> Result<Variable> {
    x.transpose(-2, -1)
}

fn lower(x: &Variable, shift: i64) -> Result<Variable> {
    call_one("tril", vec![x.into(), shift.into()])
}

fn upper(x: &Variable, shift: i64) -> Result<Variable> {
    call_one("triu", vec![x.into(), shift.into()])
}

fn row_major(x: &Variable) -> Result<Variable> {
    call_one("clone", vec![x.into(), tensor::MemoryFormat::Contiguous.into()])
}

/// A copy whose last two dimensions lie column by column.
fn column_major(x: &Variable) -> Result<Variable> {
    adjoint(&row_major(&adjoint(x)?)?)
}

/// The first results of an operator.
fn first<const N: usize>(name: &'static str, args: Vec<Arg<Variable>>) -> Result<[Variable; N]> {
    let mut results = call(name, args)?;
    results.truncate(N);
    <[Variable; N]>::try_from(results)
        .map_err(|_| Error::type_error("linalg", format!("{name} has fewer than {N} results")))
}

/// The identity with the batches of `x`.
fn identity(x: &Variable, n: i64) -> Result<Variable> {
    let mut sizes = signed(x.sizes());
    sizes.truncate(x.dim().saturating_sub(2));
    sizes.extend([n, n]);
    constant(Tensor::eye(n, n, x.dtype())?.expand(&sizes))
}

/// Which triangle is read, on which side it stands, and whether its diagonal counts as ones.
fn triangular(a: &Variable, b: &Variable, upper: bool, left: bool, unit: bool) -> Result<Variable> {
    call_one("linalg_solve_triangular", vec![a.into(), b.into(), upper.into(), left.into(), unit.into()])
}

fn unpacked(lu: &Variable, pivots: &Variable) -> Result<[Variable; 3]> {
    if lu.dim() < 2 {
        let text = format!(
            "torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {:?} instead",
            lu.sizes()
        );
        return Err(Error::runtime("lu_unpack", text).shapes(&[lu.sizes()]));
    }
    if pivots.dtype() != DType::I32 {
        let text = "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this \
                    function is intended to be used with the output produced by torch.linalg.lu_factor";
        return Err(Error::runtime("lu_unpack", text).dtypes(&[pivots.dtype()]));
    }
    let (m, n) = (len(lu, -2)?, len(lu, -1)?);
    let k = m.min(n);
    let p = constant(permutation(pivots.data(), m)?.to_dtype(lu.dtype()))?;
    let ones = constant(Tensor::eye(m, k, lu.dtype()))?;
    let l = row_major(&lower(&lu.narrow(-1, 0, k)?, -1)?.add(&ones)?)?;
    let u = row_major(&upper(&lu.narrow(-2, 0, k)?, 0)?)?;
    Ok([p, l, u])
}

/// Factors P, L and U of `a`.
fn lu(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let [lu, pivots] = first("linalg_lu_factor_ex", vec![a.tensor(0)?.into(), a.bool(1)?.into()])?;
    Ok(unpacked(&lu, &pivots)?.into())
}

fn lu_unpack(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let (data, permuted) = (a.bool(2)?, a.bool(3)?);
    let [p, l, u] = unpacked(a.tensor(0)?, a.tensor(1)?)?;
    let nothing = || constant(Tensor::zeros(&[0], p.dtype()));
    Ok(vec![
        if permuted { p.clone() } else { nothing()? },
        if data { l } else { nothing()? },
        if data { u } else { nothing()? },
    ])
}

/// Solves `A x = b` from the factors of A; `x A = b` if not `left`, and with Aᵀ if `turned`.
fn lu_solve(lu: &Variable, pivots: &Variable, b: &Variable, left: bool, turned: bool) -> Result<Variable> {
    let [p, l, u] = unpacked(lu, pivots)?;
    if !left {
        // X A = B is Aᵀ Xᵀ = Bᵀ.
        return adjoint(&lu_solve(lu, pivots, &adjoint(b)?, true, !turned)?);
    }
    let x = if turned {
        let y = triangular(&adjoint(&u)?, b, false, true, false)?;
        p.matmul(&triangular(&adjoint(&l)?, &y, true, true, true)?)?
    } else {
        let y = triangular(&l, &adjoint(&p)?.matmul(b)?, false, true, true)?;
        triangular(&u, &y, true, true, false)?
    };
    column_major(&x)
}

fn triangular_solve(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let (b, matrix) = (a.tensor(0)?, a.tensor(1)?);
    let (mut is_upper, turned, unit) = (a.bool(2)?, a.bool(3)?, a.bool(4)?);
    let mut read = matrix.clone();
    if turned {
        (read, is_upper) = (adjoint(matrix)?, !is_upper);
    }
    let x = triangular(&read, b, is_upper, true, unit)?;
    let mut sizes = signed(x.sizes());
    sizes.truncate(x.dim() - 2);
    sizes.extend([len(matrix, -2)?, len(matrix, -1)?]);
    Ok(vec![x, column_major(&matrix.expand(&sizes)?)?])
}

/// Applies reflections `I - τ v vᵀ`, whose vectors lie below the diagonal of `x`, to `b`: the product of all of them, or
/// its transpose.
fn reflected(x: &Variable, tau: &Variable, b: &Variable, turned: bool) -> Result<Variable> {
    let (m, k) = (len(x, -2)?, len(tau, -1)?);
    let vectors = lower(&x.narrow(-1, 0, k)?, -1)?.add(&constant(Tensor::eye(m, k, x.dtype()))?)?;
    let mut result = b.clone();
    if k == 0 {
        // The result depends on nothing, yet belongs to the graph.
        let nowhere = constant(Tensor::zeros(&[], DType::Bool))?;
        return result.add(&kept(&nowhere, x, 0i64.into())?.sum_dims(&[-2, -1], true)?);
    }
    let order: Vec<i64> = if turned { (0..k).collect() } else { (0..k).rev().collect() };
    for i in order {
        let v = vectors.narrow(-1, i, 1)?;
        let factor = tau.narrow(-1, i, 1)?.unsqueeze(-1)?;
        let change = v.matmul(&adjoint(&v)?.matmul(&result)?)?.mul(&factor)?;
        result = result.sub(&change)?;
    }
    Ok(result)
}

fn householder_product(x: &Variable, tau: &Variable) -> Result<Variable> {
    let text = if x.dim() < 2 {
        "torch.linalg.householder_product: input must have at least 2 dimensions."
    } else if len(x, -2)? < len(x, -1)? {
        "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]"
    } else if len(x, -1)? < len(tau, -1)? {
        "torch.linalg.householder_product: input.shape[-1] must be greater than or equal to tau.shape[-1]"
    } else if x.dim() != tau.dim() + 1 {
        "torch.linalg.householder_product: Expected tau to have one dimension less than input"
    } else {
        ""
    };
    if !text.is_empty() {
        return Err(Error::runtime("linalg_householder_product", text).shapes(&[x.sizes(), tau.sizes()]));
    }
    let (m, n) = (len(x, -2)?, len(x, -1)?);
    let start = identity(x, m)?.narrow(-1, 0, n)?;
    column_major(&reflected(x, tau, &start, false)?)
}

fn ormqr(x: &Variable, tau: &Variable, b: &Variable, left: bool, turned: bool) -> Result<Variable> {
    if left {
        return column_major(&reflected(x, tau, b, turned)?);
    }
    column_major(&adjoint(&reflected(x, tau, &adjoint(b)?, !turned)?)?)
}

fn matrix_power(x: &Variable, n: i64) -> Result<Variable> {
    const OPERATOR: &str = "linalg_matrix_power";
    if x.dim() < 2 {
        let text = "linalg.matrix_power: The input tensor A must have at least 2 dimensions.";
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    if len(x, -1)? != len(x, -2)? {
        let text = format!(
            "linalg.matrix_power: A must be batches of square matrices, but they are {} by {} matrices",
            len(x, -2)?,
            len(x, -1)?
        );
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    if n == 0 {
        // The result depends on nothing, yet belongs to the graph.
        let nowhere = constant(Tensor::zeros(&[], DType::Bool))?;
        return kept(&nowhere, x, 0i64.into())?.add(&identity(x, len(x, -1)?)?);
    }
    let mut square =
        if n < 0 { first::<1>("linalg_inv_ex", vec![x.into(), true.into()])?[0].clone() } else { x.clone() };
    let mut left = n.unsigned_abs();
    if left == 1 {
        return if n < 0 { Ok(square) } else { call_one("clone", vec![x.into()]) };
    }
    let mut product: Option<Variable> = None;
    loop {
        if left % 2 == 1 {
            product = Some(match product {
                Some(product) => product.matmul(&square)?,
                None => square.clone(),
            });
        }
        left /= 2;
        match product {
            Some(product) if left == 0 => return Ok(product),
            _ => square = square.matmul(&square)?,
        }
    }
}

fn tensorinv(x: &Variable, ind: i64) -> Result<Variable> {
    const OPERATOR: &str = "linalg_tensorinv";
    let split = usize::try_from(ind)
        .ok()
        .filter(|&k| k > 0)
        .ok_or_else(|| Error::runtime(OPERATOR, "Expected a strictly positive integer for 'ind'"))?;
    let (lead, tail) = x.sizes().split_at(split.min(x.dim()));
    let (rows, columns) = (lead.iter().product::<usize>() as i64, tail.iter().product::<usize>() as i64);
    if rows != columns {
        let text = format!(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got {columns} \
             != {rows}"
        );
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    let sizes: Vec<i64> = tail.iter().chain(lead).map(|&s| s as i64).collect();
    let [inverse] = first("linalg_inv_ex", vec![(&x.reshape(&[rows, columns])?).into(), true.into()])?;
    inverse.reshape(&sizes)
}

fn tensorsolve(x: &Variable, b: &Variable, dims: Option<&[i64]>) -> Result<Variable> {
    const OPERATOR: &str = "linalg_tensorsolve";
    let mut x = x.clone();
    if let Some(dims) = dims {
        let to: Vec<i64> = (x.dim() as i64 - dims.len() as i64..x.dim() as i64).collect();
        let mut order: Vec<i64> = (0..x.dim() as i64).filter(|d| !dims.contains(d)).collect();
        order.extend(dims.iter().take(to.len()));
        x = x.permute(&order)?;
    }
    let sizes = signed(x.sizes().get(b.dim()..).unwrap_or_default());
    let count: i64 = sizes.iter().product();
    if count != b.numel() as i64 {
        let text = "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim])";
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes(), b.sizes()]));
    }
    let [found] = first(
        "_linalg_solve_ex",
        vec![(&x.reshape(&[count, count])?).into(), (&b.reshape(&[-1])?).into(), true.into(), true.into()],
    )?;
    found.reshape(&sizes)
}

/// Least squares by the pseudo-inverse. Which further results there are depends on the driver, as in LAPACK.
fn lstsq(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    const OPERATOR: &str = "linalg_lstsq";
    let (x, b, driver) = (a.tensor(0)?, a.tensor(1)?, a.text(3)?.unwrap_or("gelsy"));
    let refused = |text: &str| Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes(), b.sizes()]));
    if x.dim() < 2 {
        return refused("torch.linalg.lstsq: input must have at least 2 dimensions.");
    }
    if b.dim() < 1 {
        return refused("torch.linalg.lstsq: other must have at least 1 dimension.");
    }
    if !matches!(driver, "gels" | "gelsy" | "gelsd" | "gelss") {
        return refused(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)",
        );
    }
    let vector = x.dim() == b.dim() + 1 && x.sizes().starts_with(b.sizes());
    let right = if vector { b.unsqueeze(-1)? } else { b.clone() };
    if right.dim() < 2 || len(&right, -2)? != len(x, -2)? {
        return refused("torch.linalg.lstsq: input.size(-2) should match other.size(-2)");
    }
    let (m, n) = (len(x, -2)?, len(x, -1)?);
    let rcond = a.scalar_or_none(2)?.map(|r| Tensor::scalar(r, DType::F64));
    let tolerance = rcond.clone().map_or(Arg::None, |r| Arg::Tensor(Variable::from(r)));
    let inverse = call_one("linalg_pinv.atol_rtol_tensor", vec![x.into(), Arg::None, tolerance])?;
    let solution = inverse.matmul(&right)?;
    let [_, s, _] = x.data().svd(false)?;
    let bound = x.data().rank_bound(&s, None, rcond.as_ref())?;
    let rank = s.gt(&bound.unsqueeze(-1)?)?.sum_dims(&[-1], false, Some(DType::I64))?;
    let full = driver == "gels" || rank.to_vec::<i64>()?.iter().all(|&rank| rank == n);
    let residuals = if m > n && full && driver != "gelsy" {
        let rest = x.matmul(&solution)?.sub(&right)?;
        rest.mul(&rest)?.sum_dims(&[-2], false)?
    } else {
        solution.reshape(&[-1])?.narrow(0, 0, 0)?
    };
    // LAPACK leaves the solution in the first rows of what was the right side.
    let rows = if m > n {
        let mut sizes = signed(solution.sizes());
        sizes.truncate(solution.dim() - 2);
        sizes.extend([m - n, len(&solution, -1)?]);
        let below = constant(Tensor::zeros(&sizes, solution.dtype()))?;
        column_major(&Variable::cat(&[solution, below], -2)?)?.narrow(-2, 0, n)?
    } else {
        column_major(&solution)?
    };
    let rows = if vector { rows.squeeze_dim(-1)? } else { rows };
    let rank = if driver == "gels" { Tensor::zeros(&[0], DType::I64)? } else { rank };
    let values = if matches!(driver, "gelsd" | "gelss") { s } else { Tensor::zeros(&[0], x.dtype())? };
    Ok(vec![rows, residuals, Variable::from(rank), Variable::from(values)])
}

pub(super) fn svd(x: &Variable, full: bool) -> Result<[Variable; 3]> {
    first("_linalg_svd", vec![x.into(), full.into()])
}

fn spectrum(x: &Variable, triangle: &str) -> Result<[Variable; 2]> {
    first("_linalg_eigh", vec![x.into(), triangle.into()])
}

/// `A = U H` of orthonormal columns and a positive matrix.
fn polar(x: &Variable) -> Result<Vec<Variable>> {
    let [w, s, vh] = svd(x, false)?;
    let positive = adjoint(&vh)?.mul(&s.unsqueeze(-2)?)?.matmul(&vh)?;
    Ok(vec![row_major(&w.matmul(&vh)?)?, row_major(&positive)?])
}

/// The old function: V itself, not its transpose; without vectors these are zeros.
fn old_svd(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let x = a.tensor(0)?;
    let [u, s, vh] = svd(x, !a.bool(1)? && a.bool(2)?)?;
    if a.bool(2)? {
        return Ok(vec![u, s, adjoint(&vh)?]);
    }
    let batch = |n: i64| -> Result<Variable> {
        let mut sizes = signed(x.sizes());
        sizes.truncate(x.dim() - 2);
        sizes.extend([n, n]);
        constant(Tensor::zeros(&sizes, x.dtype()))
    };
    Ok(vec![batch(len(x, -2)?)?, s, batch(len(x, -1)?)?])
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "linalg_inv(Tensor A) -> Tensor",
        body: |a| Ok(first::<1>("linalg_inv_ex", vec![a.tensor(0)?.into(), true.into()])?.into()),
    },
    Composite {
        schema: "inverse(Tensor self) -> Tensor",
        body: |a| Ok(first::<1>("linalg_inv_ex", vec![a.tensor(0)?.into(), true.into()])?.into()),
    },
    Composite {
        schema: "linalg_det(Tensor A) -> Tensor",
        body: |a| Ok(first::<1>("_linalg_det", vec![a.tensor(0)?.into()])?.into()),
    },
    Composite {
        schema: "det(Tensor self) -> Tensor",
        body: |a| Ok(first::<1>("_linalg_det", vec![a.tensor(0)?.into()])?.into()),
    },
    Composite {
        schema: "linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)",
        body: |a| Ok(first::<2>("_linalg_slogdet", vec![a.tensor(0)?.into()])?.into()),
    },
    Composite {
        schema: "slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)",
        body: |a| Ok(first::<2>("_linalg_slogdet", vec![a.tensor(0)?.into()])?.into()),
    },
    Composite {
        schema: "logdet(Tensor self) -> Tensor",
        body: |a| {
            let [sign, size] = first("_linalg_slogdet", vec![a.tensor(0)?.into()])?;
            one(kept(&constant(sign.data().ne(-1.0))?, &size, f64::NAN.into()))
        },
    },
    Composite {
        schema: "linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)",
        body: |a| {
            let args = vec![a.tensor(0)?.into(), a.bool(1)?.into(), true.into()];
            Ok(first::<2>("linalg_lu_factor_ex", args)?.into())
        },
    },
    Composite {
        schema: "linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)",
        body: lu,
    },
    Composite {
        schema: "lu(Tensor A, bool pivot=True, bool get_infos=False) -> (Tensor LU, Tensor pivots, Tensor infos)",
        body: |a| {
            let infos = a.bool(2)?;
            let args = vec![a.tensor(0)?.into(), a.bool(1)?.into(), (!infos).into()];
            let mut results = call("linalg_lu_factor_ex", args)?;
            results.truncate(if infos { 3 } else { 2 });
            Ok(results)
        },
    },
    Composite {
        schema: "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> (Tensor P, \
                 Tensor L, Tensor U)",
        body: lu_unpack,
    },
    Composite {
        schema: "linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False) -> Tensor",
        body: |a| one(lu_solve(a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.bool(3)?, a.bool(4)?)),
    },
    Composite {
        schema: "lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor",
        body: |a| one(lu_solve(a.tensor(1)?, a.tensor(2)?, a.tensor(0)?, true, false)),
    },
    Composite {
        schema: "linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor",
        body: |a| {
            let args = vec![a.tensor(0)?.into(), a.tensor(1)?.into(), a.bool(2)?.into(), true.into()];
            Ok(first::<1>("_linalg_solve_ex", args)?.into())
        },
    },
    Composite {
        schema: "linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor \
                 info)",
        body: |a| {
            let args = vec![a.tensor(0)?.into(), a.tensor(1)?.into(), a.bool(2)?.into(), a.bool(3)?.into()];
            let [result, _, _, info] = first("_linalg_solve_ex", args)?;
            Ok(vec![result, info])
        },
    },
    Composite {
        schema: "triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) \
                 -> (Tensor solution, Tensor cloned_coefficient)",
        body: triangular_solve,
    },
    Composite {
        schema: "linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor",
        body: |a| {
            let args = vec![a.tensor(0)?.into(), a.bool(1)?.into(), true.into()];
            Ok(first::<1>("linalg_cholesky_ex", args)?.into())
        },
    },
    Composite {
        schema: "cholesky(Tensor self, bool upper=False) -> Tensor",
        body: |a| {
            let args = vec![a.tensor(0)?.into(), a.bool(1)?.into(), true.into()];
            Ok(first::<1>("linalg_cholesky_ex", args)?.into())
        },
    },
    Composite {
        schema: "linalg_householder_product(Tensor input, Tensor tau) -> Tensor",
        body: |a| one(householder_product(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "orgqr(Tensor self, Tensor input2) -> Tensor",
        body: |a| one(householder_product(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor",
        body: |a| one(ormqr(a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.bool(3)?, a.bool(4)?)),
    },
    Composite {
        schema: "linalg_matrix_power(Tensor self, int n) -> Tensor",
        body: |a| one(matrix_power(a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "matrix_power(Tensor self, int n) -> Tensor",
        body: |a| one(matrix_power(a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "linalg_tensorinv(Tensor self, int ind=2) -> Tensor",
        body: |a| one(tensorinv(a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor",
        body: |a| one(tensorsolve(a.tensor(0)?, a.tensor(1)?, a.ints_or_none(2)?.as_deref())),
    },
    Composite {
        schema: "linalg_eigh(Tensor self, str UPLO=\"L\") -> (Tensor eigenvalues, Tensor eigenvectors)",
        body: |a| Ok(spectrum(a.tensor(0)?, a.text(1)?.unwrap_or("L"))?.into()),
    },
    Composite {
        schema: "linalg_eigvalsh(Tensor self, str UPLO=\"L\") -> Tensor",
        body: |a| {
            let [values, _] = spectrum(a.tensor(0)?, a.text(1)?.unwrap_or("L"))?;
            Ok(vec![values])
        },
    },
    Composite {
        schema: "linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)",
        body: |a| {
            no_driver("linalg.svd", a, 2)?;
            Ok(svd(a.tensor(0)?, a.bool(1)?)?.into())
        },
    },
    Composite {
        schema: "linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor",
        body: |a| {
            no_driver("linalg.svd", a, 1)?;
            let [_, s, _] = svd(a.tensor(0)?, false)?;
            Ok(vec![s])
        },
    },
    Composite {
        schema: "svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)",
        body: old_svd,
    },
    Composite {
        schema: "linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, Tensor                  residuals, Tensor rank, Tensor singular_values)",
        body: lstsq,
    },
    Composite { schema: "linalg_polar(Tensor A) -> (Tensor U, Tensor H)", body: |a| polar(a.tensor(0)?) },
];

/// Only CUDA has more than one way to compute singular values.
fn no_driver(name: &str, a: &Args<'_, Variable>, at: usize) -> Result<()> {
    match a.text(at)? {
        None => Ok(()),
        Some(_) => {
            let text = format!(
                "torch.{name}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
            );
            Err(Error::runtime("linalg_svd", text))
        }
    }
}
