//! Decompositions of matrices: Giles, "An extended collection of matrix derivative results" (2008), and for LU and QR of
//! matrices that are not square Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms" (2020).

use tensor::{DType, Result, Tensor, Triangle};

use super::Grads;
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["linalg_inv_ex"], "LinalgInvExBackward0", &[], &[0], |c| {
        let turned = adjoint(c.result()?)?;
        Ok(vec![Some(turned.matmul(&c.grad()?)?.matmul(&turned)?.neg()?)])
    }),
    row(&["_linalg_det"], "LinalgDetBackward0", &[0], &[0, 1, 2], |c| {
        let slope = c.grad()?.mul(saved(c, 0)?)?;
        if slope.is_recorded() {
            return Ok(vec![Some(scaled_solution(c.args.tensor(0)?, &slope)?)]);
        }
        Ok(vec![Some(scaled_inverse(saved(c, 1)?, saved(c, 2)?, &slope)?)])
    }),
    row(&["_linalg_slogdet"], "LinalgSlogdetBackward0", &[0], &[2, 3], |c| {
        let a = c.args.tensor(0)?;
        if a.is_recorded() {
            return Ok(vec![Some(scaled_solution(a, &c.grad_of(1)?)?)]);
        }
        Ok(vec![Some(scaled_inverse(saved(c, 0)?, saved(c, 1)?, &c.grad_of(1)?)?)])
    }),
    row(&["linalg_lu_factor_ex"], "LinalgLuFactorExBackward0", &[], &[0, 1], |c| {
        Ok(vec![Some(lu(&c.grad()?, saved(c, 0)?, saved(c, 1)?)?)])
    }),
    row(&["_linalg_solve_ex"], "LinalgSolveExBackward0", &[0, 1], &[0], solve),
    row(&["linalg_solve_triangular"], "LinalgSolveTriangularBackward0", &[0], &[0], solve_triangular),
    row(&["linalg_cholesky_ex"], "LinalgCholeskyExBackward0", &[], &[0], cholesky),
    row(&["cholesky_inverse"], "CholeskyInverseBackward0", &[0], &[0], |c| {
        let (factor, inverse) = (c.args.tensor(0)?, c.result()?);
        let both = inverse.matmul(&symmetric_sum(&c.grad()?)?.matmul(inverse)?)?;
        Ok(vec![Some(through_factor(factor, &both, c.args.bool(1)?)?)])
    }),
    row(&["cholesky_solve"], "CholeskySolveBackward0", &[1], &[0], |c| {
        let (factor, upper) = (c.args.tensor(1)?, c.args.bool(2)?);
        let for_b = c.grad()?.cholesky_solve(factor, upper)?;
        let both = symmetric_sum(&for_b.matmul(&adjoint(c.result()?)?)?)?;
        Ok(vec![Some(for_b), Some(through_factor(factor, &both, upper)?)])
    }),
    row(&["linalg_matrix_sqrth"], "LinalgMatrixSqrthBackward0", &[], &[0], |c| {
        let [values, vectors] = c.result()?.eigh()?;
        let turned = adjoint(&vectors)?;
        let inner = turned.matmul(&symmetric_sum(&c.grad()?)?.mul(0.5)?)?.matmul(&vectors)?;
        let sums = values.unsqueeze(-1)?.add(&values.unsqueeze(-2)?)?;
        Ok(vec![Some(vectors.matmul(&inner.div(&sums)?)?.matmul(&turned)?)])
    }),
    row(&["linalg_pinv.atol_rtol_tensor"], "LinalgPinvBackward0", &[0], &[0], pinv),
    none(&["geqrf"], "PyTorch has none"),
    row(&["linalg_qr"], "LinalgQrBackward0", &[], &[0, 1], qr),
    row(&["_linalg_eigh"], "LinalgEighBackward0", &[], &[0, 1], eigh),
    row(&["_linalg_svd"], "LinalgSvdBackward0", &[], &[0, 1, 2], svd),
];

fn adjoint(t: &Value) -> Result<Value> {
    t.transpose(-2, -1)
}

fn saved<'a>(c: &'a Context<'_>, k: usize) -> Result<&'a Value> {
    c.results.get(k).ok_or_else(|| tensor::Error::runtime("backward", "a result was not saved"))
}

fn diagonal(t: &Value) -> Result<Value> {
    t.diagonal(0, -2, -1)
}

fn embedded(t: &Value) -> Result<Value> {
    t.diag_embed(0, -2, -1)
}

fn size(t: &Value, dim: i64) -> Result<i64> {
    Ok(t.size(dim)? as i64)
}

fn symmetric_sum(t: &Value) -> Result<Value> {
    t.add(&adjoint(t)?)
}

/// The gradient of a Cholesky factor from that of minus the matrix, doubled. As in PyTorch it is not cut to the triangle.
fn through_factor(factor: &Value, both: &Value, upper: bool) -> Result<Value> {
    if upper { factor.matmul(both)?.neg() } else { both.matmul(factor)?.neg() }
}

/// With the diagonal halved.
fn half_diagonal(t: &Value) -> Result<Value> {
    t.sub(&embedded(&diagonal(t)?.mul(0.5)?)?)
}

const LOWER: Triangle = Triangle { upper: false, left: true, unitriangular: false };
const UPPER: Triangle = Triangle { upper: true, left: true, unitriangular: false };

/// A⁻ᵀ scaled matrix by matrix, from LU with its exchanges. A pivot of 0 counts as the least one that is not: with a
/// determinant of 0 the scale is 0 too.
fn scaled_inverse(lu: &Value, pivots: &Value, scale: &Value) -> Result<Value> {
    let pivot = diagonal(lu)?;
    let epsilon = if lu.dtype() == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let zero = pivot.eq(0.0)?.to_dtype(lu.dtype())?.mul(epsilon)?;
    let lu = lu.add(&embedded(&zero)?)?;
    let n = size(&lu, -1)?;
    let eye = embedded(&scale.unsqueeze(-1)?.expand(&joined(scale, &[n])?)?)?;
    // (P L U)ᵀ X = s I is Uᵀ Lᵀ Pᵀ X = s I.
    let y = adjoint(&lu)?.solve_triangular(&eye, LOWER)?;
    let z = adjoint(&lu)?.solve_triangular(&y, Triangle { unitriangular: true, ..UPPER })?;
    exchanged(pivots, n, z.dtype())?.matmul(&z)
}

/// As [`scaled_inverse`], from the matrix itself: its factors are results through which no gradient flows.
fn scaled_solution(a: &Value, scale: &Value) -> Result<Value> {
    let n = size(a, -1)?;
    let eye = embedded(&scale.unsqueeze(-1)?.expand(&joined(scale, &[n])?)?)?;
    adjoint(a)?.solve(&eye, true)
}

fn joined(t: &Value, more: &[i64]) -> Result<Vec<i64>> {
    Ok(t.sizes().iter().map(|&s| s as i64).chain(more.iter().copied()).collect())
}

/// P of `P L U` from the rows exchanged at each step.
pub(crate) fn permutation(pivots: &Tensor, rows: i64) -> Result<Tensor> {
    let steps = pivots.size(-1)?;
    let (mut sizes, n) = (pivots.sizes().to_vec(), rows as usize);
    sizes.truncate(sizes.len() - 1);
    let count: usize = sizes.iter().product();
    let exchanged = pivots.to_vec_as::<i64>()?;
    let mut values = vec![0f32; count * n * n];
    for (k, matrix) in values.chunks_exact_mut((n * n).max(1)).enumerate() {
        let mut order: Vec<usize> = (0..n).collect();
        for (i, pivot) in exchanged.iter().skip(k * steps).take(steps).enumerate() {
            let other = usize::try_from(*pivot - 1).ok().filter(|&other| other < n).ok_or_else(|| {
                let text =
                    "lu_unpack: LU_pivots must hold the exchanges of lu_factor, from 1 to the number of rows";
                tensor::Error::runtime("lu_unpack", text).found(pivot.to_string())
            })?;
            order.swap(i, other);
        }
        for (place, &row) in order.iter().enumerate() {
            matrix[row * n + place] = 1.0;
        }
    }
    sizes.extend([n, n]);
    Tensor::from_vec(values, &sizes)
}

fn exchanged(pivots: &Value, rows: i64, dtype: DType) -> Result<Value> {
    permutation(pivots.data(), rows)?.to_dtype(dtype).map(Value::from)
}

/// The gradient of A from that of L below the diagonal and U on and above it.
fn lu(g: &Value, lu: &Value, pivots: &Value) -> Result<Value> {
    let (m, n) = (size(lu, -2)?, size(lu, -1)?);
    let k = m.min(n);
    let (left, right) = (lu.narrow(-1, 0, k)?, lu.narrow(-2, 0, k)?);
    let (head_l, head_u) = (left.narrow(-2, 0, k)?, right.narrow(-1, 0, k)?);
    let (l1, u1) = (head_l.tril(-1)?.add(&Value::eye(k, k, lu.dtype())?)?, head_u.triu(0)?);
    let g1 = g.narrow(-2, 0, k)?.narrow(-1, 0, k)?;
    let mut for_l = adjoint(&l1)?.matmul(&g1.tril(-1)?)?;
    let mut for_u = g1.triu(0)?.matmul(&adjoint(&u1)?)?;
    if m > n {
        let rest = g.narrow(-2, k, m - k)?;
        for_u = for_u.sub(&adjoint(&left.narrow(-2, k, m - k)?)?.matmul(&rest)?)?;
    }
    if m < n {
        let rest = g.narrow(-1, k, n - k)?;
        for_l = for_l.sub(&rest.matmul(&adjoint(&right.narrow(-1, k, n - k)?)?)?)?;
    }
    let middle = for_l.tril(-1)?.add(&for_u.triu(0)?)?;
    let unit = Triangle { unitriangular: true, ..UPPER };
    let solved = adjoint(&u1)?.solve_triangular(&middle, Triangle { left: false, ..LOWER })?;
    let mut whole = adjoint(&l1)?.solve_triangular(&solved, unit)?;
    if m > n {
        let rest = g.narrow(-2, k, m - k)?;
        let below = adjoint(&u1)?.solve_triangular(&rest, Triangle { left: false, ..LOWER })?;
        whole = Value::cat(&[whole, below], -2)?;
    }
    if m < n {
        let beside = adjoint(&l1)?.solve_triangular(&g.narrow(-1, k, n - k)?, unit)?;
        whole = Value::cat(&[whole, beside], -1)?;
    }
    exchanged(pivots, m, lu.dtype())?.matmul(&whole)
}

fn solve(c: &Context<'_>) -> Grads {
    let (a, b, x) = (c.args.tensor(0)?, c.args.tensor(1)?, c.result()?);
    let left = c.args.bool(2)?;
    let vector = b.dim() == 1 || (a.dim() == b.dim() + 1 && a.sizes().starts_with(b.sizes()));
    let columns = |t: &Value| if vector { t.unsqueeze(-1) } else { Ok(t.clone()) };
    let (g, x) = (columns(&c.grad()?)?, columns(x)?);
    let for_b = adjoint(a)?.solve(&g, left)?;
    let for_a = if left { for_b.matmul(&adjoint(&x)?)? } else { adjoint(&x)?.matmul(&for_b)? };
    let for_b = if vector { for_b.squeeze_dims(&[-1])? } else { for_b };
    Ok(vec![Some(for_a.neg()?), Some(for_b)])
}

fn solve_triangular(c: &Context<'_>) -> Grads {
    let (a, x) = (c.args.tensor(0)?, c.result()?);
    let (upper, left, unitriangular) = (c.args.bool(2)?, c.args.bool(3)?, c.args.bool(4)?);
    let turned = Triangle { upper: !upper, left, unitriangular };
    let for_b = adjoint(a)?.solve_triangular(&c.grad()?, turned)?;
    let full = if left { for_b.matmul(&adjoint(x)?)? } else { adjoint(x)?.matmul(&for_b)? };
    let shift = i64::from(unitriangular);
    let for_a = if upper { full.triu(shift)? } else { full.tril(-shift)? };
    Ok(vec![Some(for_a.neg()?), Some(for_b)])
}

fn cholesky(c: &Context<'_>) -> Grads {
    let upper = c.args.bool(1)?;
    let turned = |t: &Value| if upper { adjoint(t) } else { Ok(t.clone()) };
    let (l, g) = (turned(c.result()?)?, turned(&c.grad()?)?);
    let phi = adjoint(&l)?.matmul(&g)?.tril(0)?;
    let phi = half_diagonal(&phi)?;
    let phi = phi.add(&adjoint(&phi)?)?.mul(0.5)?;
    let left = adjoint(&l)?.solve_triangular(&phi, UPPER)?;
    Ok(vec![Some(l.solve_triangular(&left, Triangle { left: false, ..LOWER })?)])
}

fn qr(c: &Context<'_>) -> Grads {
    let (mode, q, r) = (c.args.text(1)?.unwrap_or("reduced"), saved(c, 0)?, saved(c, 1)?);
    let (gq, gr) = (c.grad_of(0)?, c.grad_of(1)?);
    let refused = |text: &str| Err(tensor::Error::runtime("linalg_qr", text));
    if mode == "r" {
        return refused(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use \
             linalg.qr(A, mode='reduced') if you are going to require gradients",
        );
    }
    let (m, n) = (size(q, -2)?, size(r, -1)?);
    if mode == "complete" && m > n {
        return refused("The QR decomposition is not differentiable when mode='complete' and nrows > ncols");
    }
    // R₂ = Qᵀ A₂ carries its gradient to A₂ and to Q.
    let k = m.min(n);
    let (r1, g1) = (r.narrow(-1, 0, k)?, gr.narrow(-1, 0, k)?);
    let (mut gq, mut beside) = (gq, None);
    if m < n {
        let (r2, g2) = (r.narrow(-1, k, n - k)?, gr.narrow(-1, k, n - k)?);
        gq = gq.add(&q.matmul(&r2)?.matmul(&adjoint(&g2)?)?)?;
        beside = Some(q.matmul(&g2)?);
    }
    let inner = g1.matmul(&adjoint(&r1)?)?.sub(&adjoint(q)?.matmul(&gq)?)?.triu(0)?;
    let inner = inner.add(&adjoint(&inner.triu(1)?)?)?;
    let right = adjoint(&r1)?;
    let mut whole =
        right.solve_triangular(&q.matmul(&inner)?.add(&gq)?, Triangle { left: false, ..LOWER })?;
    if let Some(beside) = beside {
        whole = Value::cat(&[whole, beside], -1)?;
    }
    Ok(vec![Some(whole)])
}

/// Golub and Pereyra, "The differentiation of pseudo-inverses" (1973), for matrices whose rank stays.
fn pinv(c: &Context<'_>) -> Grads {
    let (a, p, g) = (c.args.tensor(0)?, c.result()?, adjoint(&c.grad()?)?);
    let turned = adjoint(p)?;
    let whole = if size(a, -2)? <= size(a, -1)? {
        let k = g.matmul(p)?;
        let wide = k.matmul(&turned)?;
        let inside = a.matmul(p)?.matmul(&wide)?;
        let outside = turned.matmul(p)?.matmul(&g.sub(&k.matmul(a)?)?)?;
        wide.sub(&inside)?.add(&outside)?.sub(&adjoint(&p.matmul(&k)?)?)?
    } else {
        let k = p.matmul(&g)?;
        let tall = turned.matmul(&k)?;
        let inside = tall.matmul(p)?.matmul(a)?;
        let outside = g.sub(&a.matmul(&k)?)?.matmul(p)?.matmul(&turned)?;
        tall.sub(&inside)?.add(&outside)?.sub(&adjoint(&k.matmul(p)?)?)?
    };
    Ok(vec![Some(whole)])
}

fn eigh(c: &Context<'_>) -> Grads {
    let (values, v) = (saved(c, 0)?, saved(c, 1)?);
    let mut inner = embedded(&c.grad_of(0)?)?;
    if c.arrived(1) {
        let gaps = values.unsqueeze(-2)?.sub(&values.unsqueeze(-1)?)?;
        let ones = embedded(&values.mul(0.0)?.add(1.0)?)?;
        let off = adjoint(v)?.matmul(&c.grad_of(1)?)?.div(&gaps.add(&ones)?)?;
        inner = inner.add(&off)?.sub(&embedded(&diagonal(&off)?)?)?;
    }
    // The matrix is symmetric, and so is its gradient.
    let inner = symmetric_sum(&inner)?.mul(0.5)?;
    Ok(vec![Some(v.matmul(&inner)?.matmul(&adjoint(v)?)?)])
}

fn svd(c: &Context<'_>) -> Grads {
    let (s, k) = (saved(c, 1)?, size(saved(c, 1)?, -1)?);
    let (u, vh) = (saved(c, 0)?.narrow(-1, 0, k)?, saved(c, 2)?.narrow(-2, 0, k)?);
    let mut inner = embedded(&c.grad_of(1)?)?;
    let (row, column) = (s.unsqueeze(-2)?, s.unsqueeze(-1)?);
    let ones = embedded(&s.mul(0.0)?.add(1.0)?)?;
    let gaps = row.sub(&column)?.mul(&row.add(&column)?)?.add(&ones)?;
    let skew = |t: Value| t.sub(&adjoint(&t)?);
    let gu = if c.arrived(0) { Some(c.grad_of(0)?.narrow(-1, 0, k)?) } else { None };
    let gv = if c.arrived(2) { Some(c.grad_of(2)?.narrow(-2, 0, k)?) } else { None };
    if let Some(gu) = &gu {
        inner = inner.add(&skew(adjoint(&u)?.matmul(gu)?)?.div(&gaps)?.mul(&row)?)?;
    }
    if let Some(gv) = &gv {
        inner = inner.add(&skew(vh.matmul(&adjoint(gv)?)?)?.div(&gaps)?.mul(&column)?)?;
    }
    let mut whole = u.matmul(&inner)?.matmul(&vh)?;
    // What lies outside the span of the vectors.
    if let (Some(gu), true) = (&gu, size(&u, -2)? > k) {
        let scaled = gu.div(&row)?;
        let outside = scaled.sub(&u.matmul(&adjoint(&u)?.matmul(&scaled)?)?)?;
        whole = whole.add(&outside.matmul(&vh)?)?;
    }
    if let (Some(gv), true) = (&gv, size(&vh, -1)? > k) {
        let scaled = gv.div(&column)?;
        let outside = scaled.sub(&scaled.matmul(&adjoint(&vh)?)?.matmul(&vh)?)?;
        whole = whole.add(&u.matmul(&outside)?)?;
    }
    Ok(vec![Some(whole)])
}
