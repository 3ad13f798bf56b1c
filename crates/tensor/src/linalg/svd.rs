//! Singular values by one-sided Jacobi rotations, which make the columns orthogonal.

use super::{Matrices, transposed};
use crate::vectors::{Loop, widest};
use crate::{DType, Result, Tensor};

/// Sweeps over all pairs of columns; a few suffice, since convergence is quadratic.
const SWEEPS_MAX: usize = 64;

/// U (`m` by `n`), S descending and V (`n` by `n`) of an `m` by `n` matrix with `m >= n`. Columns of U beside a singular
/// value of 0 are zeros; the cosine between two others is at most `tolerance`.
fn decompose(a: &[f64], m: usize, n: usize, tolerance: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    // Columns stand as rows here.
    let mut u = transposed(a, m, n);
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    orthogonalise(&mut u, &mut v, [n, m, n], tolerance);
    let sizes: Vec<f64> = u.chunks_exact(m.max(1)).take(n).map(|row| dot(row, row).sqrt()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| sizes[j].total_cmp(&sizes[i]));
    let largest = order.first().map_or(0.0, |&p| sizes[p]);
    let (mut left, mut right) = (vec![0.0; m * n], vec![0.0; n * n]);
    for (to, &from) in order.iter().enumerate() {
        // What is left of a column by rounding is no direction.
        if sizes[from] > largest * f64::EPSILON * m as f64 {
            for k in 0..m {
                left[k * n + to] = u[from * m + k] / sizes[from];
            }
        }
        for k in 0..n {
            right[k * n + to] = v[from * n + k];
        }
    }
    (left, order.iter().map(|&p| sizes[p]).collect(), right)
}

/// Turns the `n` rows of `u` until the cosine between two is at most `tolerance`, and those of `v` with them. `m` and `width`
/// are the lengths of their rows.
pub(super) fn orthogonalise(u: &mut [f64], v: &mut [f64], [n, m, width]: [usize; 3], tolerance: f64) {
    for _ in 0..SWEEPS_MAX {
        if !widest(Sweep { u, v, m, n, width, tolerance }) {
            break;
        }
    }
}

/// A turn of every pair of rows of `u` that is not orthogonal, and of the same rows of `v`. Gives whether there was one.
struct Sweep<'a> {
    u: &'a mut [f64],
    v: &'a mut [f64],
    m: usize,
    n: usize,
    width: usize,
    tolerance: f64,
}

impl Loop for Sweep<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let Sweep { u, v, m, n, width, tolerance } = self;
        let mut rotated = false;
        // Squares of the sizes, which a turn changes in a known way; each sweep begins with those of the rows.
        let mut squares: Vec<f64> = u.chunks_exact(m.max(1)).map(|row| dot(row, row)).collect();
        for p in 0..n {
            for q in p + 1..n {
                let (x, y) = pair(u, m, p, q);
                let (alpha, beta, gamma) = (squares[p], squares[q], dot(x, y));
                if gamma == 0.0 || gamma.abs() <= tolerance * (alpha * beta).sqrt() {
                    continue;
                }
                rotated = true;
                let zeta = (beta - alpha) / (2.0 * gamma);
                let t = 1f64.copysign(zeta) / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                turn(x, y, c, t * c);
                // Rounding may take what is left of one below 0.
                (squares[p], squares[q]) = ((alpha - t * gamma).max(0.0), (beta + t * gamma).max(0.0));
                let (x, y) = pair(v, width, p, q);
                turn(x, y, c, t * c);
            }
        }
        rotated
    }
}

/// Rows p and q, of which p is the first.
#[inline(always)]
fn pair(rows: &mut [f64], len: usize, p: usize, q: usize) -> (&mut [f64], &mut [f64]) {
    let (upper, lower) = rows.split_at_mut(q * len);
    (&mut upper[p * len..(p + 1) * len], &mut lower[..len])
}

/// The scalar product, in lanes that are added in pairs: as many as several vectors have, since a sum waits for the one
/// before it.
#[inline(always)]
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 32;
    let mut lanes = [0.0; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let last: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in xs.zip(ys) {
        for k in 0..LANES {
            lanes[k] += x[k] * y[k];
        }
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0] + last
}

/// Rotates two rows.
#[inline(always)]
fn turn(x: &mut [f64], y: &mut [f64], c: f64, s: f64) {
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

/// Completes the first columns that are not zero to `width` orthonormal ones, by Gram and Schmidt on the unit vectors.
fn completed(u: &[f64], m: usize, n: usize, width: usize) -> Vec<f64> {
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(width);
    let mut units = 0..m;
    for j in 0..width {
        let given: Vec<f64> = if j < n { (0..m).map(|i| u[i * n + j]).collect() } else { vec![0.0; m] };
        if given.iter().any(|x| *x != 0.0) {
            columns.push(given);
            continue;
        }
        // The columns behind are orthogonal to the new one only if they are known to it.
        let behind: Vec<Vec<f64>> = (j + 1..n).map(|k| (0..m).map(|i| u[i * n + k]).collect()).collect();
        for unit in units.by_ref() {
            let mut new = vec![0.0; m];
            new[unit] = 1.0;
            // Twice, for what rounding leaves.
            for column in columns.iter().chain(&behind).chain(&columns).chain(&behind) {
                let dot: f64 = new.iter().zip(column).map(|(a, b)| a * b).sum();
                new.iter_mut().zip(column).for_each(|(a, b)| *a -= dot * b);
            }
            let size = new.iter().map(|x| x * x).sum::<f64>().sqrt();
            if size > 0.1 / (m as f64).sqrt() {
                columns.push(new.iter().map(|x| x / size).collect());
                break;
            }
        }
    }
    let mut out = vec![0.0; m * width];
    for (j, column) in columns.iter().enumerate() {
        for (i, x) in column.iter().enumerate() {
            out[i * width + j] = *x;
        }
    }
    out
}

impl Tensor {
    /// U, S descending, and Vᵀ. Each pair of singular vectors has an arbitrary sign.
    ///
    /// # Errors
    /// `RuntimeError` for fewer than two dimensions or elements that are not floats.
    pub fn svd(&self, full_matrices: bool) -> Result<[Tensor; 3]> {
        let mut a = Matrices::read("_linalg_svd", "linalg.svd", self)?;
        let wide = a.rows < a.columns;
        let (rows, columns) = (a.rows, a.columns);
        if wide {
            a.values = transposed(&a.values, rows, columns);
        }
        let (m, n) = (rows.max(columns), rows.min(columns));
        let width = if full_matrices { m } else { n };
        let mut long = Matrices::zeros(&a.batch, m, width);
        let mut short = Matrices::zeros(&a.batch, n, n);
        let mut values = Vec::new();
        // Far below what the elements resolve: the next turn would leave nothing in them.
        let tolerance = if self.dtype() == DType::F64 { f64::EPSILON } else { 1e-10 };
        for k in 0..a.count() {
            let (left, found, right) = decompose(a.get(k), m, n, tolerance);
            long.at(k).copy_from_slice(&completed(&left, m, n, width));
            short.at(k).copy_from_slice(&right);
            values.extend(found);
        }
        let mut sizes = a.batch;
        sizes.push(n);
        let values = Tensor::from_vec(values, &sizes)?.to_dtype(self.dtype())?;
        // A = U S Vᵀ, and Aᵀ = V S Uᵀ.
        let (u, mut v) = if wide { (short, long) } else { (long, short) };
        v.values = transposed(&v.values, v.rows, v.columns);
        (v.rows, v.columns) = (v.columns, v.rows);
        Ok([u.into_tensor(self.dtype())?, values, v.into_tensor(self.dtype())?])
    }

    /// Moore and Penrose's inverse: singular values count that exceed `max(atol, rtol s₁)`, where `rtol` is by default
    /// the larger side times the dtype's epsilon unless there is an `atol`. Of symmetric matrices, where `hermitian`, the
    /// lower triangle is read.
    ///
    /// # Errors
    /// `RuntimeError` for fewer than two dimensions, elements that are not floats, or symmetric matrices that are not
    /// square.
    pub fn pinv(&self, atol: Option<&Tensor>, rtol: Option<&Tensor>, hermitian: bool) -> Result<Tensor> {
        const OPERATOR: &str = "linalg_pinv";
        let source = if hermitian {
            Matrices::square(OPERATOR, "linalg.pinv", self)?;
            let lower = self.tril(0)?;
            lower.add(&self.tril(-1)?.transpose(-2, -1)?)?
        } else {
            self.clone()
        };
        let wide = source.to_dtype(DType::F64)?;
        let [u, s, vh] = wide.svd(false)?;
        let least = self.rank_bound(&s, atol, rtol)?;
        let counts = s.gt(&least.unsqueeze(-1)?)?;
        let ones = Tensor::full(&[], 1.0.into(), Some(DType::F64))?;
        let zeros = Tensor::full(&[], 0.0.into(), Some(DType::F64))?;
        let inverse = Tensor::where_(&counts, &ones, &zeros)?.div(&Tensor::where_(&counts, &s, &ones)?)?;
        let left = vh.transpose(-2, -1)?.mul(&inverse.unsqueeze(-2)?)?;
        left.matmul(&u.transpose(-2, -1)?)?.to_dtype(self.dtype())
    }

    /// For each matrix the bound above which a singular value counts; `s` are its singular values, descending.
    ///
    /// # Errors
    /// `RuntimeError` for tolerances that do not broadcast.
    pub fn rank_bound(&self, s: &Tensor, atol: Option<&Tensor>, rtol: Option<&Tensor>) -> Result<Tensor> {
        let largest = if s.sizes().last() == Some(&0) {
            let sizes: Vec<i64> = s.sizes().iter().rev().skip(1).rev().map(|&n| n as i64).collect();
            Tensor::zeros(&sizes, s.dtype())?
        } else {
            s.select(-1, 0)?
        };
        let epsilon = if self.dtype() == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
        let side = self.size(-1)?.max(self.size(-2)?) as f64;
        let relative = match rtol {
            Some(rtol) => largest.mul(rtol)?,
            None => {
                let usual = largest.mul(side * epsilon)?;
                match atol {
                    Some(atol) => {
                        let none = Tensor::full(&[], 0.0.into(), Some(s.dtype()))?;
                        Tensor::where_(&atol.gt(0.0)?, &none, &usual)?
                    }
                    None => usual,
                }
            }
        };
        match atol {
            Some(atol) => {
                let atol = atol.to_dtype(relative.dtype())?;
                Tensor::where_(&relative.gt(&atol)?, &relative, &atol)
            }
            None => Ok(relative),
        }
    }
}
