//! Matrix products. Floats go through the `gemm` crate, one thread a call, in slices of 512 along the inner
//! dimension that are added in order, so that cache sizes cannot change the bits. Large products are cut into bands of
//! rows by their sizes alone, also where one thread takes all of them.

use gemm::Parallelism;

use crate::dots;
use crate::element::{Element, Number, with_element};
use crate::spread::each_task;
use crate::storage::filled;
use crate::{DType, Error, Result, Scalar, Tensor};

const INNER_SLICE: usize = 512;

/// A matrix operand: its storage, where it starts, and its steps between rows and columns.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    pub values: &'a [T],
    pub start: usize,
    pub row_step: usize,
    pub column_step: usize,
}

impl<T> Matrix<'_, T> {
    /// Whether every element of a `rows` by `columns` matrix lies in the storage.
    fn fits(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || self.start + (rows - 1) * self.row_step + (columns - 1) * self.column_step < self.values.len()
    }
}

/// `out += a b` for an `out` of `m` by `n`, whose rows lie `step` apart.
pub(crate) fn multiply<T: Number>(
    out: &mut [T],
    step: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    [m, k, n]: [usize; 3],
) {
    debug_assert!(a.fits(m, k) && b.fits(k, n));
    for i in 0..m {
        for p in 0..k {
            let factor = a.values[a.start + i * a.row_step + p * a.column_step];
            for (j, sum) in out[i * step..i * step + n].iter_mut().enumerate() {
                *sum = sum.plus(factor.times(b.values[b.start + p * b.row_step + j * b.column_step]));
            }
        }
    }
}

/// Multiplications below which a product is one band: starting a thread costs as much.
const BAND_WORK_MIN: usize = 1 << 22;
/// Rows beyond which columns that lie in rows are turned for `gemm`: half a thousand cost as much as turning.
const TURNED_ROWS: usize = 512;
/// Bands of a large product at most.
const BANDS_MAX: usize = 8;
/// Rows for each band. The last band is shorter, but longer than what takes `gemm`'s kernels for small shapes.
const BAND_ROWS_MIN: usize = 32;

/// Rows of a band of an `m` by `n` product over `k`.
fn band_rows(m: usize, k: usize, n: usize) -> usize {
    let small = m.saturating_mul(k).saturating_mul(n) < BAND_WORK_MIN;
    let bands = if small { 1 } else { (m / BAND_ROWS_MIN).clamp(1, BANDS_MAX) };
    m.div_ceil(bands)
}

/// As [`multiply_band`], in bands that threads share.
fn multiply_float<T: Number>(
    out: &mut [T],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    m: usize,
    k: usize,
    n: usize,
) -> Result<()> {
    let lies_so = a.column_step == 1 && b.row_step == 1 && dots::suits([m, k, n]);
    let dots = T::ADD_DOTS.filter(|_| lies_so && a.fits(m, k) && b.fits(k, n));
    let columns: Vec<&[T]> = match dots {
        Some(_) => (0..n).map(|j| &b.values[b.start + j * b.column_step..][..k]).collect(),
        None => Vec::new(),
    };
    // The bits of scalar products do not depend on bands.
    let rows = match dots {
        Some(_) if m.saturating_mul(k).saturating_mul(n) < 4 * BAND_WORK_MIN => m,
        Some(_) => dots::rows_together(k).min(m.div_ceil(2).next_multiple_of(4)),
        None => band_rows(m, k, n),
    };
    let band = |out: &mut [T], a: Matrix<'_, T>, m: usize| match dots {
        Some(add) => {
            let rows: Vec<&[T]> = (0..m).map(|i| &a.values[a.start + i * a.row_step..][..k]).collect();
            add(out, &rows, &columns);
            Ok(())
        }
        None => multiply_band(out, n, a, b, [m, k, n]),
    };
    if rows >= m {
        return band(out, a, m);
    }
    each_task(out.chunks_mut(rows * n).enumerate(), |(number, out)| {
        let a = Matrix { start: a.start + number * rows * a.row_step, ..a };
        let m = out.len() / n;
        band(out, a, m)
    })
}

/// As [`multiply`], for f32 and f64.
pub(crate) fn multiply_band<T: Number>(
    out: &mut [T],
    step: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    [m, k, n]: [usize; 3],
) -> Result<()> {
    let into = Matrix { values: &*out, start: 0, row_step: step, column_step: 1 };
    if step < n || !into.fits(m, n) || !a.fits(m, k) || !b.fits(k, n) {
        return Err(Error::runtime("mm", "OutOfStorage: a matrix leaves its storage"));
    }
    let mut from = 0;
    while from < k {
        let len = INNER_SLICE.min(k - from);
        // SAFETY: `fits` bounds every index i * row_step + p * column_step of both operands below the length of
        // their storage for all i < m, p < k, j < n, and every index i * step + j of `out` below its length; rows
        // of `out` do not overlap, and it is borrowed for writing, so it does not overlap the operands.
        // Steps fit isize because storages are smaller than isize::MAX bytes.
        unsafe {
            gemm::gemm(
                m,
                n,
                len,
                out.as_mut_ptr(),
                1,
                step as isize,
                true,
                a.values.as_ptr().add(a.start + from * a.column_step),
                a.column_step as isize,
                a.row_step as isize,
                b.values.as_ptr().add(b.start + from * b.row_step),
                b.column_step as isize,
                b.row_step as isize,
                T::ONE,
                T::ONE,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
        from += len;
    }
    Ok(())
}

pub(crate) fn same_dtype(operator: &'static str, a: &Tensor, b: &Tensor) -> Result<()> {
    if a.dtype() == b.dtype() {
        return Ok(());
    }
    Err(Error::runtime(
        operator,
        format!(
            "expected m1 and m2 to have the same dtype, but got: {} != {}",
            a.dtype().cpp_name(),
            b.dtype().cpp_name()
        ),
    )
    .dtypes(&[a.dtype(), b.dtype()]))
}

/// `batch` products of `[m, k]` and `[k, n]` matrices, one after another.
fn batched(operator: &'static str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (batch, m, k, n) = (a.sizes()[0], a.sizes()[1], a.sizes()[2], b.sizes()[2]);
    let count = crate::layout::element_count(&[batch, m, n])?;
    if a.dtype() == DType::Bool {
        return Err(crate::arithmetic::kernel_missing(operator, "addmm_impl_cpu_", DType::Bool));
    }
    let b = b.apart_from(a)?;
    // Many rows pay for columns that are turned before.
    let is_turned = b.strides()[1] == 1 && b.strides()[2] > 1;
    let b = if is_turned && m > TURNED_ROWS && b.dtype().is_float() { b.contiguous()? } else { b };
    with_element!(a.dtype(), T => {
        let mut values = filled(operator, count, T::ZERO)?;
        let (x, y) = (a.read_storage::<T>()?, b.read_storage::<T>()?);
        if count > 0 && k > 0 {
            // Small products together, so that a thread has something to do.
            let together = (BAND_WORK_MIN / m.saturating_mul(k).saturating_mul(n).max(1)).max(1);
            each_task(values.chunks_mut(together.saturating_mul(m * n)).enumerate(), |(number, products)| {
                for (i, out) in products.chunks_exact_mut(m * n).enumerate() {
                    let operand = |t: &Tensor| t.layout().offset() + (number * together + i) * t.strides()[0];
                    let left = Matrix { values: &x, start: operand(a), row_step: a.strides()[1], column_step: a.strides()[2] };
                    let right = Matrix { values: &y, start: operand(&b), row_step: b.strides()[1], column_step: b.strides()[2] };
                    if <T as Element>::DTYPE.is_float() {
                        multiply_float(out, left, right, m, k, n)?;
                    } else {
                        multiply(out, n, left, right, [m, k, n]);
                    }
                }
                Ok(())
            })?;
        }
        Ok(Tensor::from_rows(values, &[batch, m, n]))
    })
}

impl Tensor {
    /// Product of two matrices.
    ///
    /// # Errors
    /// `RuntimeError` unless both are matrices of one dtype whose inner sizes agree.
    pub fn mm(&self, other: &Tensor) -> Result<Tensor> {
        for (name, t) in [("self", self), ("mat2", other)] {
            if t.dim() != 2 {
                let text = format!("mm: {name} must be a matrix, got {}-D tensor", t.dim());
                return Err(Error::runtime("mm", text).shapes(&[self.sizes(), other.sizes()]));
            }
        }
        self.check_inner("mm", other)?;
        batched("mm", &self.unsqueeze(0)?, &other.unsqueeze(0)?)?.select(0, 0)
    }

    fn check_inner(&self, operator: &'static str, other: &Tensor) -> Result<()> {
        let ([m, k], [k2, n]) = (self.sizes(), other.sizes()) else {
            return Err(Error::runtime(operator, format!("{operator}: expected matrices")));
        };
        if k != k2 {
            return Err(Error::runtime(
                operator,
                format!("{operator}: mat1 and mat2 shapes cannot be multiplied ({m}x{k} and {k2}x{n})"),
            )
            .shapes(&[self.sizes(), other.sizes()])
            .expected(k.to_string())
            .found(k2.to_string()));
        }
        same_dtype(operator, self, other)
    }

    /// Products of two batches of matrices.
    ///
    /// # Errors
    /// `RuntimeError` unless both have three dimensions, one dtype, and fitting sizes.
    pub fn bmm(&self, other: &Tensor) -> Result<Tensor> {
        if self.dim() != 3 {
            return Err(
                Error::runtime("bmm", "batch1 must be a 3D tensor").shapes(&[self.sizes(), other.sizes()])
            );
        }
        if other.dim() != 3 {
            return Err(
                Error::runtime("bmm", "batch2 must be a 3D tensor").shapes(&[self.sizes(), other.sizes()])
            );
        }
        if self.sizes()[0] != other.sizes()[0] || self.sizes()[2] != other.sizes()[1] {
            return Err(Error::runtime(
                "bmm",
                format!(
                    "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].",
                    self.sizes()[0],
                    self.sizes()[2],
                    other.sizes()[0],
                    other.sizes()[1]
                ),
            )
            .shapes(&[self.sizes(), other.sizes()]));
        }
        same_dtype("bmm", self, other)?;
        batched("bmm", self, other)
    }

    /// Scalar product of two vectors.
    ///
    /// # Errors
    /// `RuntimeError` unless both are vectors of one dtype and length.
    pub fn dot(&self, other: &Tensor) -> Result<Tensor> {
        if self.dim() != 1 || other.dim() != 1 {
            return Err(Error::runtime(
                "dot",
                format!("1D tensors expected, but got {}D and {}D tensors", self.dim(), other.dim()),
            ));
        }
        if self.dtype() != other.dtype() {
            return Err(Error::runtime(
                "dot",
                format!(
                    "dot : expected both vectors to have same dtype, but found {} and {}",
                    self.dtype().scalar_name(),
                    other.dtype().scalar_name()
                ),
            ));
        }
        if self.numel() != other.numel() {
            return Err(Error::runtime(
                "dot",
                format!(
                    "inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements, \
                     but got {} and {} elements respectively",
                    self.numel(),
                    other.numel(),
                    self.numel(),
                    other.numel()
                ),
            ));
        }
        self.mul(other)?.sum(Some(self.dtype()))
    }

    /// Product of a matrix and a vector.
    ///
    /// # Errors
    /// `RuntimeError` unless the sizes fit.
    pub fn mv(&self, vector: &Tensor) -> Result<Tensor> {
        if self.dim() != 2 || vector.dim() != 1 {
            return Err(Error::runtime(
                "mv",
                format!("vector + matrix @ vector expected, got 1, {}, {}", self.dim(), vector.dim()),
            ));
        }
        if self.sizes()[1] != vector.sizes()[0] {
            return Err(Error::runtime(
                "mv",
                format!(
                    "size mismatch, got input ({}), mat ({}x{}), vec ({})",
                    self.sizes()[0],
                    self.sizes()[0],
                    self.sizes()[1],
                    vector.sizes()[0]
                ),
            )
            .shapes(&[self.sizes(), vector.sizes()]));
        }
        self.mm(&vector.unsqueeze(1)?)?.squeeze_dims(&[1])
    }

    /// Product with NumPy's rules for vectors and batches.
    ///
    /// # Errors
    /// `RuntimeError` for 0-dim operands or sizes that do not fit.
    pub fn matmul(&self, other: &Tensor) -> Result<Tensor> {
        match (self.dim(), other.dim()) {
            (0, _) | (_, 0) => Err(Error::runtime(
                "matmul",
                format!(
                    "both arguments to matmul need to be at least 1D, but they are {}D and {}D",
                    self.dim(),
                    other.dim()
                ),
            )
            .shapes(&[self.sizes(), other.sizes()])),
            (1, 1) => self.dot(other),
            (2, 1) => self.mv(other),
            (1, 2) => self.unsqueeze(0)?.mm(other)?.squeeze_dims(&[0]),
            (2, 2) => self.mm(other),
            (d, 2) if d > 2 => {
                let rows = self.flatten(0, -2)?;
                let mut sizes = self.sizes()[..d - 1].to_vec();
                sizes.push(other.sizes()[1]);
                rows.mm(other)?.reshape_to(&sizes)
            }
            _ => self.matmul_batched(other),
        }
    }

    fn matmul_batched(&self, other: &Tensor) -> Result<Tensor> {
        let left = if self.dim() == 1 { self.unsqueeze(0)? } else { self.clone() };
        let right = if other.dim() == 1 { other.unsqueeze(1)? } else { other.clone() };
        let (la, lb) = (left.sizes().split_at(left.dim() - 2), right.sizes().split_at(right.dim() - 2));
        let batch = crate::layout::broadcast_sizes("matmul", la.0, lb.0)?;
        let count = crate::layout::element_count(&batch)?;
        let spread = |t: &Tensor, matrix: &[usize]| -> Result<Tensor> {
            let sizes: Vec<i64> = batch.iter().chain(matrix).map(|&s| s as i64).collect();
            t.expand(&sizes)?.reshape_to(&[count, matrix[0], matrix[1]])
        };
        let product = spread(&left, la.1)?.bmm(&spread(&right, lb.1)?)?;
        let mut sizes = batch.clone();
        if self.dim() > 1 {
            sizes.push(la.1[0]);
        }
        if other.dim() > 1 {
            sizes.push(lb.1[1]);
        }
        product.reshape_to(&sizes)
    }

    /// `beta * self + alpha * (a b)`; `self` broadcasts, and is not read if beta is 0.
    ///
    /// # Errors
    /// As [`Tensor::mm`]; `RuntimeError` if `self` does not broadcast to the product.
    pub fn addmm(&self, a: &Tensor, b: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
        if a.dim() != 2 || b.dim() != 2 {
            let (which, t) = if a.dim() != 2 { ("mat1", a) } else { ("mat2", b) };
            return Err(Error::runtime(
                "addmm",
                format!("{which} must be a matrix, got {}-D tensor", t.dim()),
            ));
        }
        a.check_inner("addmm", b)?;
        if self.dtype() != a.dtype() {
            return Err(Error::runtime(
                "addmm",
                format!(
                    "self and mat2 must have the same dtype, but got {} and {}",
                    self.dtype().scalar_name(),
                    b.dtype().scalar_name()
                ),
            ));
        }
        let product = batched("addmm", &a.unsqueeze(0)?, &b.unsqueeze(0)?)?.select(0, 0)?;
        let product = if alpha.to_f64() == 1.0 { product } else { product.mul(alpha)? };
        let wanted: Vec<i64> = product.sizes().iter().map(|&s| s as i64).collect();
        let addend = self.expand(&wanted)?;
        match beta.to_f64() {
            0.0 => Ok(product),
            1.0 => product.add(&addend),
            _ => product.add(&addend.mul(beta)?),
        }
    }

    /// `self weightᵀ + bias`: a fully connected layer over the last dimension.
    ///
    /// # Errors
    /// As [`Tensor::matmul`].
    pub fn linear(&self, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        if bias.is_some() && self.dim() == 2 && weight.dim() == 2 {
            self.check_inner("addmm", &weight.t()?)?;
        }
        let product = self.matmul(&weight.t()?)?;
        let Some(bias) = bias else { return Ok(product) };
        // The product is fresh, so the bias can be added in its memory.
        if bias.dim() == 1
            && product.dim() > 0
            && bias.dtype() == product.dtype()
            && bias.sizes().last() == product.sizes().last()
            && product.is_contiguous()
            && bias.is_contiguous()
        {
            with_element!(product.dtype(), T => {
                let addend = bias.read::<T>()?;
                let columns = addend.len().max(1);
                crate::update::rows_mut::<T>(&product, columns, |row| {
                    for (x, &b) in row.iter_mut().zip(addend.iter()) {
                        *x = x.plus(b);
                    }
                })?;
            });
            return Ok(product);
        }
        product.add(bias)
    }
}
