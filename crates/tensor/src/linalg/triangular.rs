//! Equations with a triangular matrix.

use super::Matrices;
use crate::layout::broadcast_sizes;
use crate::{Error, Result, Tensor};

/// Which equation with a triangular matrix is meant.
#[derive(Clone, Copy, Debug)]
pub struct Triangle {
    /// Only the upper triangle is read, else only the lower.
    pub upper: bool,
    /// `A x = b`, else `x A = b`.
    pub left: bool,
    /// The diagonal counts as ones and is not read.
    pub unitriangular: bool,
}

/// Solves `a x = b` in place for every column of `b`.
fn substitute(a: &[f64], n: usize, b: &mut [f64], columns: usize, upper: bool, unit: bool) {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        let known = if upper { i + 1..n } else { 0..i };
        for k in known {
            let factor = a[i * n + k];
            for j in 0..columns {
                b[i * columns + j] -= factor * b[k * columns + j];
            }
        }
        if !unit {
            for j in 0..columns {
                b[i * columns + j] /= a[i * n + i];
            }
        }
    }
}

impl Tensor {
    /// The solution of an equation with this triangular matrix, over batches broadcast together.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square or do not fit.
    pub fn solve_triangular(&self, b: &Tensor, triangle: Triangle) -> Result<Tensor> {
        const OPERATOR: &str = "linalg_solve_triangular";
        const NAME: &str = "linalg.solve_triangular";
        let a = Matrices::square(OPERATOR, NAME, self)?;
        if self.dtype() != b.dtype() {
            let text = format!(
                "linalg.solve_triangular: Expected A and B to have the same dtype, but found A of type {} and B of type {} \
                 instead",
                self.dtype().scalar_name(),
                b.dtype().scalar_name()
            );
            return Err(Error::runtime(OPERATOR, text).dtypes(&[self.dtype(), b.dtype()]));
        }
        let &[ref right_batch @ .., rows, columns] = b.sizes() else {
            let text = "linalg.solve_triangular: The input tensor B must have at least 2 dimensions.";
            return Err(Error::runtime(OPERATOR, text).shapes(&[b.sizes()]));
        };
        let Triangle { upper, left, unitriangular } = triangle;
        let n = a.rows;
        if n != if left { rows } else { columns } {
            let text = format!(
                "linalg.solve_triangular: Incompatible shapes of A and B for the equation {} ({n}x{n} and {rows}x{columns})",
                if left { "AX = B" } else { "XA = B" }
            );
            return Err(Error::runtime(OPERATOR, text).shapes(&[self.sizes(), b.sizes()]));
        }
        let batch = broadcast_sizes(OPERATOR, &a.batch, right_batch)?;
        // X A = B is Aᵀ Xᵀ = Bᵀ, and Aᵀ is the other triangle.
        let spread = |t: &Tensor, rows: usize, columns: usize| -> Result<Matrices> {
            let sizes: Vec<i64> = batch.iter().chain(&[rows, columns]).map(|&s| s as i64).collect();
            let t = t.expand(&sizes)?;
            Matrices::read(OPERATOR, NAME, &if left { t } else { t.transpose(-2, -1)? })
        };
        let a = spread(self, n, n)?;
        let mut x = spread(b, rows, columns)?;
        let columns = x.columns;
        for k in 0..x.count() {
            substitute(a.get(k), n, x.at(k), columns, upper == left, unitriangular);
        }
        if !left {
            let turned = super::transposed(&x.values, x.rows, x.columns);
            (x.rows, x.columns, x.values) = (x.columns, x.rows, turned);
        }
        x.into_tensor(b.dtype())
    }
}
