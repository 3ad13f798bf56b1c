//! Decompositions of matrices and what follows from them. Elements are computed in f64 whatever their dtype, one matrix
//! after another, so that results depend on nothing but the matrix. Results lie in memory column by column, as LAPACK
//! leaves them in PyTorch.

mod cholesky;
mod lu;
mod qr;
mod svd;
mod symmetric;
mod triangular;

pub use triangular::Triangle;

use crate::{DType, Error, ErrorKind, Result, Tensor};

/// Matrices of equal size, each row by row.
pub(crate) struct Matrices {
    pub values: Vec<f64>,
    /// Sizes of the dimensions before the last two.
    pub batch: Vec<usize>,
    pub rows: usize,
    pub columns: usize,
}

impl Matrices {
    /// The matrices in the last two dimensions; `name` is the public function in errors.
    pub fn read(operator: &'static str, name: &str, t: &Tensor) -> Result<Matrices> {
        let &[ref batch @ .., rows, columns] = t.sizes() else {
            let text = format!("{name}: The input tensor A must have at least 2 dimensions.");
            return Err(Error::runtime(operator, text).shapes(&[t.sizes()]));
        };
        check_float(operator, name, t)?;
        Ok(Matrices { values: t.to_vec_as::<f64>()?, batch: batch.to_vec(), rows, columns })
    }

    /// As [`Matrices::read`], only square ones.
    pub fn square(operator: &'static str, name: &str, t: &Tensor) -> Result<Matrices> {
        let read = Self::read(operator, name, t)?;
        if read.rows == read.columns {
            return Ok(read);
        }
        let text = format!(
            "{name}: A must be batches of square matrices, but they are {} by {} matrices",
            read.rows, read.columns
        );
        Err(Error::runtime(operator, text).shapes(&[t.sizes()]))
    }

    pub fn zeros(batch: &[usize], rows: usize, columns: usize) -> Matrices {
        let count = batch.iter().product::<usize>() * rows * columns;
        Matrices { values: vec![0.0; count], batch: batch.to_vec(), rows, columns }
    }

    pub fn count(&self) -> usize {
        self.batch.iter().product()
    }

    /// The k-th matrix.
    pub fn at(&mut self, k: usize) -> &mut [f64] {
        let len = self.rows * self.columns;
        &mut self.values[k * len..(k + 1) * len]
    }

    /// The k-th matrix, to read.
    pub fn get(&self, k: usize) -> &[f64] {
        let len = self.rows * self.columns;
        &self.values[k * len..(k + 1) * len]
    }

    /// A tensor that lies column by column.
    pub fn into_tensor(self, dtype: DType) -> Result<Tensor> {
        let turned = transposed(&self.values, self.rows, self.columns);
        let mut sizes = self.batch;
        sizes.extend([self.columns, self.rows]);
        Tensor::from_vec(turned, &sizes)?.to_dtype(dtype)?.transpose(-2, -1)
    }
}

/// Every matrix of a batch transposed.
pub(crate) fn transposed(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let len = rows * columns;
    let mut turned = Vec::with_capacity(values.len());
    for matrix in values.chunks_exact(len.max(1)) {
        for j in 0..columns {
            turned.extend((0..rows).map(|i| matrix[i * columns + j]));
        }
    }
    turned
}

/// One number a matrix.
pub(crate) fn numbers(values: Vec<f64>, batch: &[usize], dtype: DType) -> Result<Tensor> {
    Tensor::from_vec(values, batch)?.to_dtype(dtype)
}

fn check_float(operator: &'static str, name: &str, t: &Tensor) -> Result<()> {
    if t.dtype().is_float() {
        return Ok(());
    }
    let found = t.dtype().scalar_name();
    let text = format!("{name}: Expected a floating point or complex tensor as input. Got {found}");
    Err(Error::runtime(operator, text).dtypes(&[t.dtype()]))
}

/// The error of the first matrix whose `info` is not 0; `what` says what such a number means.
pub(crate) fn check_info(
    operator: &'static str,
    name: &str,
    batched: bool,
    info: &[i32],
    what: impl Fn(i32) -> String,
) -> Result<()> {
    let Some((at, info)) = info.iter().enumerate().find(|(_, info)| **info != 0) else { return Ok(()) };
    let place = if batched { format!("(Batch element {at}): ") } else { String::new() };
    Err(Error::new(ErrorKind::LinAlg, operator, format!("{name}: {place}{}", what(*info))))
}
