//! QR by Householder's reflections, with LAPACK's signs: a reflection makes the diagonal's sign the opposite of what it
//! was.

use super::Matrices;
use crate::vectors::{Loop, widest};
use crate::{Error, Result, Tensor};

/// Reflects in place: R on and above the diagonal, below it the reflections' vectors without their leading ones. Gives
/// the reflections' factors.
pub(crate) fn reflect(a: &mut [f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut factors = Vec::with_capacity(rows.min(columns));
    for k in 0..rows.min(columns) {
        let head = a[k * columns + k];
        let tail: f64 = (k + 1..rows).map(|i| a[i * columns + k].powi(2)).sum();
        if tail == 0.0 {
            factors.push(0.0);
            continue;
        }
        let beta = -(head * head + tail).sqrt().copysign(head);
        let tau = (beta - head) / beta;
        for i in k + 1..rows {
            a[i * columns + k] /= head - beta;
        }
        a[k * columns + k] = beta;
        let vector: Vec<f64> =
            std::iter::once(1.0).chain((k + 1..rows).map(|i| a[i * columns + k])).collect();
        widest(Reflection { vector: &vector, tau, a: &mut a[k * columns..], columns, from: k + 1 });
        factors.push(tau);
    }
    factors
}

/// The first `width` columns of the product of the reflections.
pub(crate) fn product(
    a: &[f64],
    factors: &[f64],
    rows: usize,
    columns: usize,
    out: &mut [f64],
    width: usize,
) {
    for i in 0..rows.min(width) {
        out[i * width + i] = 1.0;
    }
    for (k, &tau) in factors.iter().enumerate().rev() {
        let vector: Vec<f64> =
            std::iter::once(1.0).chain((k + 1..rows).map(|i| a[i * columns + k])).collect();
        if width > 0 {
            widest(Reflection { vector: &vector, tau, a: &mut out[k * width..], columns: width, from: 0 });
        }
    }
}

/// `a -= tau v (vᵀ a)` for the columns behind `from` of some rows, which are passed through in order.
struct Reflection<'a> {
    vector: &'a [f64],
    tau: f64,
    a: &'a mut [f64],
    columns: usize,
    from: usize,
}

impl Loop for Reflection<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Reflection { vector, tau, a, columns, from } = self;
        let mut dots = vec![0.0; columns - from];
        for (&v, row) in vector.iter().zip(a.chunks_exact(columns)) {
            dots.iter_mut().zip(&row[from..]).for_each(|(dot, &x)| *dot += v * x);
        }
        for (&v, row) in vector.iter().zip(a.chunks_exact_mut(columns)) {
            let factor = tau * v;
            row[from..].iter_mut().zip(&dots).for_each(|(x, &dot)| *x -= factor * dot);
        }
    }
}

impl Tensor {
    /// The reflections below the diagonal with R on and above it, and the reflections' factors.
    ///
    /// # Errors
    /// `RuntimeError` for fewer than two dimensions or elements that are not floats.
    pub fn geqrf(&self) -> Result<[Tensor; 2]> {
        let mut a = Matrices::read("geqrf", "torch.geqrf", self)?;
        let (rows, columns) = (a.rows, a.columns);
        let factors: Vec<f64> = (0..a.count()).flat_map(|k| reflect(a.at(k), rows, columns)).collect();
        let mut sizes = a.batch.clone();
        sizes.push(rows.min(columns));
        let tau = Tensor::from_vec(factors, &sizes)?.to_dtype(self.dtype())?;
        Ok([a.into_tensor(self.dtype())?, tau])
    }

    /// Q and R; the mode is `reduced`, `complete`, or `r` for an empty Q.
    ///
    /// # Errors
    /// `RuntimeError` for another mode, fewer than two dimensions or elements that are not floats.
    pub fn qr(&self, mode: &str) -> Result<[Tensor; 2]> {
        const OPERATOR: &str = "linalg_qr";
        let mut a = Matrices::read(OPERATOR, "linalg.qr", self)?;
        let (rows, columns) = (a.rows, a.columns);
        let least = rows.min(columns);
        let (width, wanted) = match mode {
            "reduced" => (least, true),
            "complete" => (rows, true),
            "r" => (least, false),
            _ => {
                let text = format!(
                    "qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
                );
                return Err(Error::runtime(OPERATOR, text));
            }
        };
        let mut r = Matrices::zeros(&a.batch, width, columns);
        let mut q = Matrices::zeros(&a.batch, rows, width);
        for k in 0..a.count() {
            let factors = reflect(a.at(k), rows, columns);
            for i in 0..width.min(rows) {
                for j in i..columns {
                    r.at(k)[i * columns + j] = a.get(k)[i * columns + j];
                }
            }
            product(a.get(k), &factors, rows, columns, q.at(k), width);
        }
        let q = if wanted { q.into_tensor(self.dtype())? } else { Tensor::zeros(&[0], self.dtype())? };
        Ok([q, r.into_tensor(self.dtype())?])
    }
}
