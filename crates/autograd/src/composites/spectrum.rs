//! Discrete Fourier transforms whose results are real, and spectra turned so that frequency 0 stands in the middle.
//! There are no complex tensors: a spectrum is a pair of real ones here, its transform a product with a matrix of
//! cosines and one of sines, computed in float64.

use std::f64::consts::PI;

use tensor::{Args, DType, Error, Result, Tensor};

use super::terms::{front, len};
use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

/// Turns dimensions, all of them without a list, by a part of their length.
fn shifted(a: &Args<'_, Variable>, by: fn(i64) -> i64) -> Result<Variable> {
    let x = a.tensor(0)?;
    let dims = a.ints_or_none(1)?.unwrap_or_else(|| (0..x.dim() as i64).collect());
    let mut shifts = Vec::with_capacity(dims.len());
    for &dim in &dims {
        front("fft_fftshift", x, dim)?;
        shifts.push(by(len(x, dim)?));
    }
    call_one("roll", vec![x.into(), shifts.as_slice().into(), dims.as_slice().into()])
}

/// Which way a transform goes: the sign of its exponent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    Back,
}

/// Cut or filled up with zeros to a length.
fn fitted(x: &Variable, dim: usize, wanted: i64) -> Result<Variable> {
    let found = len(x, dim as i64)?;
    if wanted <= found {
        return x.narrow(dim as i64, 0, wanted);
    }
    let mut sizes = signed(x.sizes());
    sizes[dim] = wanted - found;
    Variable::cat(&[x.clone(), Tensor::zeros(&sizes, x.dtype())?.into()], dim as i64)
}

/// A product with a matrix along a dimension. The others keep their order in memory, and this one becomes the
/// innermost, as PyTorch's transforms leave it.
fn along(x: &Variable, dim: usize, matrix: &Variable) -> Result<Variable> {
    let strides = x.data().strides();
    let mut order: Vec<usize> = (0..x.dim()).filter(|&d| d != dim).collect();
    order.sort_by_key(|&d| std::cmp::Reverse(strides[d]));
    order.push(dim);
    let mut back = vec![0i64; order.len()];
    for (at, &d) in order.iter().enumerate() {
        back[d] = at as i64;
    }
    let order: Vec<i64> = order.iter().map(|&d| d as i64).collect();
    x.permute(&order)?.matmul(matrix)?.permute(&back)
}

/// `value(k, n)` for rows `k` and columns `n`.
fn matrix(rows: i64, columns: i64, value: impl Fn(i64, i64) -> f64) -> Result<Variable> {
    let values =
        (0..rows).flat_map(|k| (0..columns).map(move |n| (k, n))).map(|(k, n)| value(k, n)).collect();
    Ok(Tensor::from_vec(values, &[rows as usize, columns as usize])?.into())
}

/// The angle of the k-th frequency at place n, reduced before it is multiplied.
fn angle(k: i64, n: i64, period: i64) -> f64 {
    2.0 * PI * ((k * n) % period) as f64 / period as f64
}

/// The real transform of a spectrum of which the last dimension holds the frequencies that are not negative.
fn real_transform(
    x: &Variable,
    sizes: Option<Vec<i64>>,
    dims: Option<Vec<i64>>,
    norm: Option<&str>,
    way: Way,
) -> Result<Variable> {
    const OPERATOR: &str = "fft";
    let refuse = |text: String| Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    let lead = sizes.as_ref().map_or(x.dim(), Vec::len);
    if lead > x.dim() {
        return refuse(format!(
            "Got shape with {lead} values but input tensor only has {} dimensions.",
            x.dim()
        ));
    }
    let dims = dims.unwrap_or_else(|| (x.dim() - lead..x.dim()).map(|d| d as i64).collect());
    if sizes.as_ref().is_some_and(|s| s.len() != dims.len()) {
        return refuse("When given, dim and shape arguments must have the same length".to_string());
    }
    let mut places = Vec::with_capacity(dims.len());
    for &dim in &dims {
        let d = front(OPERATOR, x, dim)?;
        if places.contains(&d) {
            return refuse("FFT dims must be unique".to_string());
        }
        places.push(d);
    }
    let Some((&last, others)) = places.split_last() else {
        return refuse("at least one dimension must be transformed".to_string());
    };
    if x.dim() == 0 {
        let text = format!("Dimension specified as {} but tensor has no dimensions", dims[0]);
        return Err(Error::index(OPERATOR, text));
    }
    let asked = |k: usize| sizes.as_ref().and_then(|s| s.get(k)).copied().filter(|&size| size != -1);
    let period = asked(places.len() - 1).map_or_else(|| Ok(2 * (len(x, last as i64)? - 1)), Ok)?;
    let mut lengths = Vec::with_capacity(others.len());
    for (k, &d) in others.iter().enumerate() {
        lengths.push(asked(k).map_or_else(|| len(x, d as i64), Ok)?);
    }
    if let Some(wrong) = lengths.iter().chain([&period]).find(|&&size| size < 1) {
        return refuse(format!("Invalid number of data points ({wrong}) specified"));
    }
    let total = lengths.iter().product::<i64>() as f64 * period as f64;
    let scale = match (norm.unwrap_or("backward"), way) {
        ("ortho", _) => 1.0 / total.sqrt(),
        ("backward", Way::Back) | ("forward", Way::Forward) => 1.0 / total,
        ("backward", Way::Forward) | ("forward", Way::Back) => 1.0,
        (word, _) => return refuse(format!("Invalid normalization mode: \"{word}\"")),
    };
    let dtype = if x.dtype().is_float() { x.dtype() } else { DType::F32 };
    let sign = if way == Way::Back { 1.0 } else { -1.0 };
    let mut real = x.to_dtype(DType::F64)?;
    let mut imaginary: Option<Variable> = None;
    for (&d, &size) in others.iter().zip(&lengths) {
        let cosines = matrix(size, size, |k, n| libm::cos(angle(k, n, size)))?;
        let sines = matrix(size, size, |k, n| sign * libm::sin(angle(k, n, size)))?;
        real = fitted(&real, d, size)?;
        let (mut even, mut odd) = (along(&real, d, &cosines)?, along(&real, d, &sines)?);
        if let Some(part) = imaginary {
            let part = fitted(&part, d, size)?;
            even = even.sub(&along(&part, d, &sines)?)?;
            odd = odd.add(&along(&part, d, &cosines)?)?;
        }
        (real, imaginary) = (even, Some(odd));
    }
    // Frequencies stand for themselves and their negatives, but for 0 and the highest of an even period.
    let half = period / 2 + 1;
    let weight = |k: i64| if k == 0 || 2 * k == period { scale } else { 2.0 * scale };
    let cosines = matrix(half, period, |k, n| weight(k) * libm::cos(angle(k, n, period)))?;
    let mut found = along(&fitted(&real, last, half)?, last, &cosines)?;
    if let Some(part) = imaginary {
        let sines = matrix(half, period, |k, n| -sign * weight(k) * libm::sin(angle(k, n, period)))?;
        found = found.add(&along(&fitted(&part, last, half)?, last, &sines)?)?;
    }
    found.to_dtype(dtype)
}

fn in_one(a: &Args<'_, Variable>, way: Way) -> Result<Vec<Variable>> {
    let sizes = a.int_or_none(1)?.map(|n| vec![n]);
    one(real_transform(a.tensor(0)?, sizes, Some(vec![a.int(2)?]), a.text(3)?, way))
}

fn in_several(a: &Args<'_, Variable>, way: Way) -> Result<Vec<Variable>> {
    one(real_transform(a.tensor(0)?, a.ints_or_none(1)?, a.ints_or_none(2)?, a.text(3)?, way))
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "fft_fftshift(Tensor self, int[1]? dim=None) -> Tensor",
        body: |a| one(shifted(a, |len| len / 2)),
    },
    Composite {
        schema: "fft_ifftshift(Tensor self, int[1]? dim=None) -> Tensor",
        body: |a| one(shifted(a, |len| (len + 1) / 2)),
    },
    Composite {
        schema: "fft_irfft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor",
        body: |a| in_one(a, Way::Back),
    },
    Composite {
        schema: "fft_hfft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor",
        body: |a| in_one(a, Way::Forward),
    },
    Composite {
        schema: "fft_irfft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
        body: |a| in_several(a, Way::Back),
    },
    Composite {
        schema: "fft_hfft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
        body: |a| in_several(a, Way::Forward),
    },
    Composite {
        schema: "fft_irfftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
        body: |a| in_several(a, Way::Back),
    },
    Composite {
        schema: "fft_hfftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
        body: |a| in_several(a, Way::Forward),
    },
];
