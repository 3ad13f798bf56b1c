//! Eigenvalues of symmetric matrices by Jacobi's rotations.

use super::Matrices;
use crate::{DType, Error, Result, Tensor};

/// Sweeps over all pairs; a few suffice, since convergence is quadratic.
const SWEEPS_MAX: usize = 64;

/// Eigenvalues, ascending, and the eigenvectors as columns. The matrix is overwritten.
pub(crate) fn eigen(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for _ in 0..SWEEPS_MAX {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = a[p * n + q];
                if off.abs() <= f64::EPSILON * 1e-2 * (a[p * n + p].abs() * a[q * n + q].abs()).sqrt()
                    || off == 0.0
                {
                    continue;
                }
                rotated = true;
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
                let t = 1f64.copysign(theta) / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                rotate(a, n, p, q, c, t * c);
                for k in 0..n {
                    let (x, y) = (vectors[k * n + p], vectors[k * n + q]);
                    vectors[k * n + p] = c * x - t * c * y;
                    vectors[k * n + q] = t * c * x + c * y;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[i * n + i].total_cmp(&a[j * n + j]));
    let values = order.iter().map(|&i| a[i * n + i]).collect();
    let sorted = (0..n * n).map(|at| vectors[at / n * n + order[at % n]]).collect();
    (values, sorted)
}

/// Rotates rows and columns p and q.
fn rotate(a: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    for k in 0..n {
        let (x, y) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for k in 0..n {
        let (x, y) = (a[p * n + k], a[q * n + k]);
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
    (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
}

impl Tensor {
    /// Eigenvalues, ascending, and eigenvectors as columns, of symmetric matrices of which one triangle, `L` or `U`, is
    /// read. Each eigenvector's sign is arbitrary.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square.
    pub fn eigh(&self, triangle: &str) -> Result<[Tensor; 2]> {
        const OPERATOR: &str = "_linalg_eigh";
        let source = match triangle.to_ascii_uppercase().as_str() {
            "L" => self.clone(),
            "U" if self.dim() >= 2 => self.transpose(-2, -1)?,
            "U" => self.clone(),
            _ => {
                let text = format!("Expected UPLO argument to be 'L' or 'U', but got {triangle}");
                return Err(Error::runtime(OPERATOR, text));
            }
        };
        let mut a = Matrices::square(OPERATOR, "linalg.eigh", &source)?;
        let n = a.rows;
        let mut vectors = Matrices::zeros(&a.batch, n, n);
        let mut values = Vec::new();
        for k in 0..a.count() {
            let matrix = a.at(k);
            for i in 0..n {
                for j in i + 1..n {
                    matrix[i * n + j] = matrix[j * n + i];
                }
            }
            let (found, columns) = eigen(matrix, n);
            values.extend(found);
            vectors.at(k).copy_from_slice(&columns);
        }
        let mut sizes = a.batch;
        sizes.push(n);
        Ok([Tensor::from_vec(values, &sizes)?.to_dtype(self.dtype())?, vectors.into_tensor(self.dtype())?])
    }

    /// The positive square root of symmetric positive matrices, of which the lower triangle is read.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square.
    pub fn matrix_sqrth(&self) -> Result<Tensor> {
        let [values, vectors] = self.to_dtype(DType::F64)?.eigh("L")?;
        let turned = vectors.transpose(-2, -1)?;
        vectors.mul(&values.sqrt()?.unsqueeze(-2)?)?.matmul(&turned)?.to_dtype(self.dtype())
    }
}
