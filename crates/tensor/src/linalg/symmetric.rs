//! Eigenvalues of symmetric matrices by Jacobi's rotations.

use super::Matrices;
use super::svd::{dot, orthogonalise};
use crate::{DType, Error, Result, Tensor};

/// Eigenvalues, ascending, and the eigenvectors as columns. One-sided rotations find those of a matrix whose eigenvalues are
/// all above 0, which this one has once enough is added to its diagonal.
pub(crate) fn eigen(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let bound = a.chunks_exact(n.max(1)).map(|row| row.iter().map(|x| x.abs()).sum()).fold(0.0, f64::max);
    // Squares of the scaled elements stay within the numbers' range.
    let scale = if bound > 0.0 { bound } else { 1.0 };
    let mut rows: Vec<f64> = a.iter().map(|x| x / scale).collect();
    for i in 0..n {
        rows[i * n + i] += 2.0;
    }
    orthogonalise(&mut rows, &mut [], [n, n, 0], f64::EPSILON);
    // Rayleigh's quotients, which know nothing of the shift.
    let mut found: Vec<(f64, Vec<f64>)> = rows
        .chunks_exact(n.max(1))
        .map(|row| {
            let size = dot(row, row).sqrt();
            let vector: Vec<f64> = row.iter().map(|x| x / size).collect();
            let products: Vec<f64> = a.chunks_exact(n).map(|row| dot(row, &vector)).collect();
            (dot(&vector, &products), vector)
        })
        .collect();
    found.sort_by(|x, y| x.0.total_cmp(&y.0));
    let vectors = (0..n * n).map(|at| found[at % n].1[at / n]).collect();
    (found.into_iter().map(|(value, _)| value).collect(), vectors)
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
