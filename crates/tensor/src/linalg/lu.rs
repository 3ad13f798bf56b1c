//! Gaussian elimination with rows exchanged, and the inverse, determinant and solution that follow.

use super::{Matrices, check_float, check_info, numbers};
use crate::layout::broadcast_sizes;
use crate::matmul::{Matrix, multiply_band};
use crate::vectors::{Loop, widest};
use crate::{Error, Result, Tensor};

/// Columns that are eliminated before the rest of the matrix sees them.
const PANEL: usize = 32;

/// Eliminates in place: U on and above the diagonal, L below it without its ones. Gives the rows exchanged at each step,
/// counted from 1, and the first step without a pivot, or 0. The columns behind a panel see it as one product of matrices.
pub(crate) fn eliminate(a: &mut [f64], rows: usize, columns: usize) -> Result<(Vec<i32>, i32)> {
    let mut info = 0;
    let steps = rows.min(columns);
    let mut pivots = Vec::with_capacity(steps);
    // A panel's rows stand together while it is eliminated: those of the matrix may lie a page apart.
    let mut panel: Vec<f64> = Vec::new();
    for first in (0..steps).step_by(PANEL) {
        let end = steps.min(first + PANEL);
        let width = end - first;
        panel.clear();
        panel.extend((first..rows).flat_map(|i| &a[i * columns + first..i * columns + end]));
        for k in 0..width {
            let size = |i: usize| panel[i * width + k].abs();
            let pivot = (k..rows - first).fold(k, |best, i| if size(i) > size(best) { i } else { best });
            pivots.push((first + pivot) as i32 + 1);
            exchange(&mut panel, width, k, pivot);
            exchange(a, columns, first + k, first + pivot);
            if panel[k * width + k] == 0.0 {
                info = if info == 0 { (first + k) as i32 + 1 } else { info };
                continue;
            }
            widest(Step { panel: &mut panel, width, k });
        }
        for (i, row) in panel.chunks_exact(width).enumerate() {
            a[(first + i) * columns + first..][..width].copy_from_slice(row);
        }
        let (behind, below) = (columns - end, rows - end);
        if behind == 0 {
            continue;
        }
        // Rows of the panel, behind it.
        for k in first..end {
            for i in k + 1..end {
                let factor = a[i * columns + k];
                let (upper, lower) = a.split_at_mut(i * columns);
                let known = &upper[k * columns + end..(k + 1) * columns];
                subtract(&mut lower[end..columns], known, factor);
            }
        }
        if below == 0 {
            continue;
        }
        let left: Vec<f64> =
            (end..rows).flat_map(|i| a[i * columns + first..i * columns + end].iter().map(|x| -x)).collect();
        let above: Vec<f64> =
            (first..end).flat_map(|k| a[k * columns + end..(k + 1) * columns].iter().copied()).collect();
        let left = Matrix { values: &left, start: 0, row_step: width, column_step: 1 };
        let above = Matrix { values: &above, start: 0, row_step: behind, column_step: 1 };
        multiply_band(&mut a[end * columns + end..], columns, left, above, [below, width, behind])?;
    }
    Ok((pivots, info))
}

/// Exchanges two rows, of which `k` is not behind the other.
fn exchange(rows: &mut [f64], len: usize, k: usize, other: usize) {
    if k != other {
        let (upper, lower) = rows.split_at_mut(other * len);
        upper[k * len..(k + 1) * len].swap_with_slice(&mut lower[..len]);
    }
}

/// One step of elimination within a panel.
struct Step<'a> {
    panel: &'a mut [f64],
    width: usize,
    k: usize,
}

impl Loop for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Step { panel, width, k } = self;
        let (upper, lower) = panel.split_at_mut((k + 1) * width);
        let Some((&divisor, known)) = upper[k * width + k..].split_first() else { return };
        for row in lower.chunks_exact_mut(width) {
            let factor = row[k] / divisor;
            row[k] = factor;
            row[k + 1..].iter_mut().zip(known).for_each(|(x, &y)| *x -= factor * y);
        }
    }
}

/// `row -= factor * known`.
fn subtract(row: &mut [f64], known: &[f64], factor: f64) {
    widest(|| row.iter_mut().zip(known).for_each(|(x, &y)| *x -= factor * y));
}

/// Solves `P L U x = b` in place for every column of `b`.
pub(crate) fn substitute(lu: &[f64], pivots: &[i32], n: usize, b: &mut [f64], columns: usize) {
    for (k, pivot) in pivots.iter().enumerate() {
        let other = *pivot as usize - 1;
        if other != k {
            for j in 0..columns {
                b.swap(k * columns + j, other * columns + j);
            }
        }
    }
    if columns > 0 {
        widest(Triangles { lu, n, b, columns });
    }
}

/// Takes the lower triangle, whose diagonal is 1, and then the upper one from every column of `b`.
struct Triangles<'a> {
    lu: &'a [f64],
    n: usize,
    b: &'a mut [f64],
    columns: usize,
}

impl Loop for Triangles<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Triangles { lu, n, b, columns } = self;
        for i in 0..n {
            let (known, row) = b.split_at_mut(i * columns);
            for (known, &factor) in known.chunks_exact(columns).zip(&lu[i * n..]) {
                row.iter_mut().zip(known).for_each(|(x, &y)| *x -= factor * y);
            }
        }
        for i in (0..n).rev() {
            let (row, known) = b[i * columns..].split_at_mut(columns);
            for (known, &factor) in known.chunks_exact(columns).zip(&lu[i * n + i + 1..(i + 1) * n]) {
                row.iter_mut().zip(known).for_each(|(x, &y)| *x -= factor * y);
            }
            row.iter_mut().for_each(|x| *x /= lu[i * n + i]);
        }
    }
}

/// The identity.
fn identity(out: &mut [f64], n: usize) {
    for i in 0..n {
        out[i * n + i] = 1.0;
    }
}

/// Every matrix of a batch eliminated.
struct Eliminated {
    lu: Matrices,
    pivots: Vec<i32>,
    info: Vec<i32>,
}

impl Eliminated {
    fn of(mut lu: Matrices) -> Result<Eliminated> {
        let (mut pivots, mut info) = (Vec::new(), Vec::new());
        let (rows, columns) = (lu.rows, lu.columns);
        for k in 0..lu.count() {
            let (rows_exchanged, first) = eliminate(lu.at(k), rows, columns)?;
            pivots.extend(rows_exchanged);
            info.push(first);
        }
        Ok(Eliminated { lu, pivots, info })
    }

    fn pivots_of(&self, k: usize) -> &[i32] {
        let steps = self.lu.rows.min(self.lu.columns);
        &self.pivots[k * steps..(k + 1) * steps]
    }

    /// The product of the diagonal with the sign of the exchanges, as a sign and factors.
    fn diagonal(&self, k: usize) -> (f64, impl Iterator<Item = f64> + '_) {
        let n = self.lu.rows;
        let exchanges =
            self.pivots_of(k).iter().enumerate().filter(|(i, pivot)| **pivot as usize != i + 1).count();
        let sign = if exchanges % 2 == 0 { 1.0 } else { -1.0 };
        let matrix = self.lu.get(k);
        (sign, (0..n).map(move |i| matrix[i * n + i]))
    }

    /// LU, pivots and info as tensors.
    fn tensors(self, like: &Tensor) -> Result<[Tensor; 3]> {
        let mut sizes = self.lu.batch.clone();
        let info = Tensor::from_vec(self.info, &sizes)?;
        sizes.push(self.lu.rows.min(self.lu.columns));
        let pivots = Tensor::from_vec(self.pivots, &sizes)?;
        Ok([self.lu.into_tensor(like.dtype())?, pivots, info])
    }
}

/// The text of PyTorch for a singular matrix.
fn singular(task: &str) -> impl Fn(i32) -> String + '_ {
    move |info| {
        format!(
            "The diagonal element {info} is zero, the {task} could not be completed because the input matrix is singular."
        )
    }
}

impl Tensor {
    /// LU with rows exchanged, the exchanges counted from 1 (int32), and for each matrix the first zero pivot or 0.
    ///
    /// # Errors
    /// `RuntimeError` for fewer than two dimensions or elements that are not floats; `LinAlgError` for a zero pivot if
    /// that is to be checked.
    pub fn lu_factor(&self, check_errors: bool) -> Result<[Tensor; 3]> {
        const OPERATOR: &str = "linalg_lu_factor_ex";
        let eliminated = Eliminated::of(Matrices::read(OPERATOR, "torch.lu_factor", self)?)?;
        if check_errors {
            let what = |info| {
                format!(
                    "U[{info},{info}] is zero and using it on lu_solve would result in a division by zero. If you still want \
                     to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
                )
            };
            check_info(OPERATOR, "torch.linalg.lu_factor", self.dim() > 2, &eliminated.info, what)?;
        }
        eliminated.tensors(self)
    }

    /// Inverses, and for each matrix the first zero pivot or 0.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square; `LinAlgError` for a singular one if that is to be checked.
    pub fn inverse(&self, check_errors: bool) -> Result<[Tensor; 2]> {
        const OPERATOR: &str = "linalg_inv_ex";
        let eliminated = Eliminated::of(Matrices::square(OPERATOR, "linalg.inv", self)?)?;
        if check_errors {
            check_info(OPERATOR, "linalg.inv", self.dim() > 2, &eliminated.info, singular("inversion"))?;
        }
        let n = eliminated.lu.rows;
        let mut inverse = Matrices::zeros(&eliminated.lu.batch, n, n);
        for k in 0..inverse.count() {
            identity(inverse.at(k), n);
            substitute(eliminated.lu.get(k), eliminated.pivots_of(k), n, inverse.at(k), n);
        }
        let [_, _, info] = eliminated.tensors(self)?;
        Ok([inverse.into_tensor(self.dtype())?, info])
    }

    /// Determinants, with LU and its exchanges.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square.
    pub fn det(&self) -> Result<[Tensor; 3]> {
        let eliminated = Eliminated::of(Matrices::square("_linalg_det", "linalg.det", self)?)?;
        let count = eliminated.lu.count();
        let values = (0..count).map(|k| {
            let (sign, factors) = eliminated.diagonal(k);
            factors.fold(sign, |product, factor| product * factor)
        });
        let det = numbers(values.collect(), &eliminated.lu.batch, self.dtype())?;
        let [lu, pivots, _] = eliminated.tensors(self)?;
        Ok([det, lu, pivots])
    }

    /// Signs and logarithms of the determinants, with LU and its exchanges.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square.
    pub fn slogdet(&self) -> Result<[Tensor; 4]> {
        let eliminated = Eliminated::of(Matrices::square("_linalg_slogdet", "linalg.slogdet", self)?)?;
        let (mut signs, mut logs) = (Vec::new(), Vec::new());
        for k in 0..eliminated.lu.count() {
            let (mut sign, mut log) = (0.0, 0.0);
            let (start, factors) = eliminated.diagonal(k);
            sign += start;
            for factor in factors {
                sign *= if factor == 0.0 { 0.0 } else { factor.signum() };
                log += factor.abs().ln();
            }
            signs.push(sign);
            logs.push(log);
        }
        let batch = &eliminated.lu.batch;
        let sign = numbers(signs, batch, self.dtype())?;
        let log = numbers(logs, batch, self.dtype())?;
        let [lu, pivots, _] = eliminated.tensors(self)?;
        Ok([sign, log, lu, pivots])
    }

    /// Solves `self x = b`, or `x self = b` where `left` is false, over batches broadcast together; with LU, its
    /// exchanges and for each matrix the first zero pivot or 0. `b` may be a vector for each matrix.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square or do not fit; `LinAlgError` for a singular one if that is to be
    /// checked.
    pub fn solve(&self, b: &Tensor, left: bool, check_errors: bool) -> Result<[Tensor; 4]> {
        const OPERATOR: &str = "_linalg_solve_ex";
        const NAME: &str = "linalg.solve";
        let a = Matrices::square(OPERATOR, NAME, self)?;
        check_float(OPERATOR, NAME, b)?;
        if self.dtype() != b.dtype() {
            let text = format!(
                "linalg.solve: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
                self.dtype().scalar_name(),
                b.dtype().scalar_name()
            );
            return Err(Error::runtime(OPERATOR, text).dtypes(&[self.dtype(), b.dtype()]));
        }
        let vector = is_vector(self, b);
        if vector && !left {
            let text = "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this \
                        case linalg.solve is equivalent to B / A.squeeze(-1)";
            return Err(Error::runtime(OPERATOR, text).shapes(&[self.sizes(), b.sizes()]));
        }
        let n = a.rows;
        let right = if vector { b.unsqueeze(-1)? } else { b.clone() };
        let &[ref right_batch @ .., rows, columns] = right.sizes() else {
            let text = "linalg.solve: The input tensor B must have at least 2 dimensions.";
            return Err(Error::runtime(OPERATOR, text).shapes(&[b.sizes()]));
        };
        if n != if left { rows } else { columns } {
            let text = format!(
                "linalg.solve: Incompatible shapes of A and B for the equation {} ({n}x{n} and {rows}x{columns})",
                if left { "AX = B" } else { "XA = B" }
            );
            return Err(Error::runtime(OPERATOR, text).shapes(&[self.sizes(), b.sizes()]));
        }
        let batch = broadcast_sizes(OPERATOR, &a.batch, right_batch)?;
        // X A = B is Aᵀ Xᵀ = Bᵀ.
        let spread = |t: &Tensor, rows: usize, columns: usize| -> Result<Matrices> {
            let sizes: Vec<i64> = batch.iter().chain(&[rows, columns]).map(|&s| s as i64).collect();
            let t = t.expand(&sizes)?;
            Matrices::read(OPERATOR, NAME, &if left { t } else { t.transpose(-2, -1)? })
        };
        // What is solved is what was eliminated, unless it is turned or repeated.
        let turned = if left && batch == a.batch { None } else { Some(Eliminated::of(spread(self, n, n)?)?) };
        let own = Eliminated::of(a)?;
        let wide = turned.as_ref().unwrap_or(&own);
        if check_errors {
            check_info(OPERATOR, "torch.linalg.solve", self.dim() > 2, &own.info, |_| {
                "The solver failed because the input matrix is singular.".into()
            })?;
        }
        let mut x = spread(&right, rows, columns)?;
        let columns = x.columns;
        for k in 0..x.count() {
            substitute(wide.lu.get(k), wide.pivots_of(k), n, x.at(k), columns);
        }
        let solution = if left {
            x.into_tensor(b.dtype())?
        } else {
            let turned = super::transposed(&x.values, x.rows, x.columns);
            let (rows, columns) = (x.columns, x.rows);
            Matrices { values: turned, rows, columns, ..x }.into_tensor(b.dtype())?
        };
        let solution = if vector { laid_by_columns(&solution.squeeze_dims(&[-1])?)? } else { solution };
        let [lu, pivots, info] = own.tensors(self)?;
        Ok([solution, lu, pivots, info])
    }
}

/// Whether the right side of an equation holds a vector, not a matrix, for each matrix: numpy's old rule.
fn is_vector(a: &Tensor, b: &Tensor) -> bool {
    b.dim() == 1 || (a.dim() == b.dim() + 1 && a.sizes().starts_with(b.sizes()))
}

/// A copy whose last two dimensions lie column by column.
fn laid_by_columns(t: &Tensor) -> Result<Tensor> {
    if t.dim() < 2 {
        return t.contiguous();
    }
    t.transpose(-2, -1)?.contiguous()?.transpose(-2, -1)
}
