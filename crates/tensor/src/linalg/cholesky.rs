//! Cholesky's factor of a positive definite matrix.

use super::svd::dot;
use super::{Matrices, Triangle, check_info};
use crate::vectors::{Loop, widest};
use crate::{DType, Error, Result, Tensor};

/// The lower factor of a matrix whose lower triangle is read; the order of the first minor that is not positive, or 0.
fn factor(a: &[f64], out: &mut [f64], n: usize) -> i32 {
    for j in 0..n {
        let known = out[j * n..j * n + j].to_vec();
        let rest = a[j * n + j] - dot(&known, &known);
        if rest.is_nan() || rest <= 0.0 {
            return j as i32 + 1;
        }
        let root = rest.sqrt();
        out[j * n + j] = root;
        widest(Column { a, out, n, j, known: &known, root });
    }
    0
}

/// The elements of a column below the diagonal.
struct Column<'a> {
    a: &'a [f64],
    out: &'a mut [f64],
    n: usize,
    j: usize,
    known: &'a [f64],
    root: f64,
}

impl Loop for Column<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Column { a, out, n, j, known, root } = self;
        for (row, source) in out.chunks_exact_mut(n).zip(a.chunks_exact(n)).skip(j + 1) {
            row[j] = (source[j] - dot(&row[..j], known)) / root;
        }
    }
}

impl Tensor {
    /// L with `self = L Lᵀ`, or its transpose where `upper`, and for each matrix the order of the first minor that is not
    /// positive, or 0.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square; `LinAlgError` for one that is not positive definite if that is to
    /// be checked.
    pub fn cholesky(&self, upper: bool, check_errors: bool) -> Result<[Tensor; 2]> {
        const OPERATOR: &str = "linalg_cholesky_ex";
        let source = if upper && self.dim() >= 2 { self.transpose(-2, -1)? } else { self.clone() };
        let a = Matrices::square(OPERATOR, "linalg.cholesky", &source)?;
        let n = a.rows;
        let mut factors = Matrices::zeros(&a.batch, n, n);
        let info: Vec<i32> = (0..a.count()).map(|k| factor(a.get(k), factors.at(k), n)).collect();
        if check_errors {
            check_info(OPERATOR, "linalg.cholesky", self.dim() > 2, &info, |order| {
                format!(
                    "The factorization could not be completed because the input is not positive-definite (the leading \
                     minor of order {order} is not positive-definite)."
                )
            })?;
        }
        if upper {
            factors.values = super::transposed(&factors.values, n, n);
        }
        let info = Tensor::from_vec(info, &a.batch)?;
        Ok([factors.into_tensor(self.dtype())?, info])
    }

    /// The inverse of `L Lᵀ` for the lower triangle L of this matrix, or of `Uᵀ U` for the upper one.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square.
    pub fn cholesky_inverse(&self, upper: bool) -> Result<Tensor> {
        let mut identity = Matrices::square("cholesky_inverse", "cholesky_inverse", self)?;
        let n = identity.rows;
        identity.values.fill(0.0);
        for k in 0..identity.count() {
            (0..n).for_each(|i| identity.at(k)[i * n + i] = 1.0);
        }
        identity.into_tensor(self.dtype())?.cholesky_solve(self, upper)
    }

    /// The solution x of `L Lᵀ x = self` for the lower triangle L of a matrix, or of `Uᵀ U x = self` for the upper one.
    ///
    /// # Errors
    /// `RuntimeError` for matrices that are not square or do not fit.
    pub fn cholesky_solve(&self, factor: &Tensor, upper: bool) -> Result<Tensor> {
        for (name, t) in [("b", self), ("u", factor)] {
            if t.dim() < 2 {
                let text = format!(
                    "{name} should have at least 2 dimensions, but has {} dimensions instead",
                    t.dim()
                );
                return Err(Error::runtime("cholesky_solve", text).shapes(&[t.sizes()]));
            }
        }
        let wide = |t: &Tensor| t.to_dtype(DType::F64);
        let lower = if upper { wide(factor)?.transpose(-2, -1)? } else { wide(factor)? };
        let first = Triangle { upper: false, left: true, unitriangular: false };
        let y = lower.solve_triangular(&wide(self)?, first)?;
        let second = Triangle { upper: true, ..first };
        lower.transpose(-2, -1)?.solve_triangular(&y, second)?.to_dtype(self.dtype())
    }
}
