//! Windows for spectral analysis: `torch.signal.windows`. They are computed in float64 and rounded once.

use std::f64::consts::{PI, SQRT_2};

use tensor::special::bessel_i0;
use tensor::{Arg, Args, DType, Error, Result, Tensor};

use super::one;
use crate::composite::Composite;
use crate::variable::Variable;

/// What every window takes.
struct Window {
    name: &'static str,
    len: i64,
    symmetric: bool,
    dtype: DType,
}

impl Window {
    /// Reads length, symmetry, dtype, layout and device. `sym` stands at the given position; the others follow.
    fn new(a: &Args<'_, Variable>, name: &'static str, sym: usize) -> Result<Window> {
        let (len, dtype) = (a.int(0)?, a.dtype(sym + 1)?.unwrap_or(DType::F32));
        let refuse = |text: String| Err(Error::value(name, text));
        if len < 0 {
            return refuse(format!("{name} requires non-negative window length, got M={len}"));
        }
        match a.value(sym + 2) {
            Arg::None => {}
            Arg::Str(layout) if layout.trim_start_matches("torch.") == "strided" => {}
            _ => return refuse(format!("{name} is implemented for strided tensors only")),
        }
        if !dtype.is_float() {
            return refuse(format!("{name} expects float32 or float64 dtypes, got: torch.{}", dtype.name()));
        }
        a.cpu(sym + 3)?;
        Ok(Window { name, len, symmetric: a.bool(sym)?, dtype })
    }

    /// The number of steps that a period takes.
    fn period(&self) -> f64 {
        (if self.symmetric { self.len - 1 } else { self.len }) as f64
    }

    /// As [`Window::period`], where a window of one point counts as symmetric.
    fn span(&self) -> f64 {
        (if !self.symmetric && self.len > 1 { self.len } else { self.len - 1 }) as f64
    }

    /// The window from its value at each point.
    fn of(&self, value: impl Fn(f64) -> f64) -> Result<Vec<Variable>> {
        let values: Vec<f64> = (0..self.len).map(|k| value(k as f64)).collect();
        one(Ok(Variable::from(Tensor::from_vec(values, &[self.len as usize])?.to_dtype(self.dtype)?)))
    }

    /// Cosines of the multiples of a period, weighted with alternating signs.
    fn of_cosines(&self, weights: &[f64]) -> Result<Vec<Variable>> {
        if weights.is_empty() {
            return Err(Error::value(self.name, "Coefficients cannot be empty"));
        }
        if self.len == 1 {
            return self.of(|_| 1.0);
        }
        let step = 2.0 * PI / self.period();
        self.of(|k| {
            let term = |(i, w): (usize, &f64)| {
                let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
                sign * w * libm::cos(i as f64 * step * k)
            };
            weights.iter().enumerate().map(term).sum()
        })
    }
}

fn exponential(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let w = Window::new(a, "exponential", 3)?;
    let (center, tau) = (a.scalar_or_none(1)?, a.float(2)?);
    if tau <= 0.0 {
        return Err(Error::value(w.name, format!("Tau must be positive, got: {tau} instead.")));
    }
    if w.symmetric && center.is_some() {
        return Err(Error::value(w.name, "Center must be None for symmetric windows"));
    }
    let center = center.map_or(w.span() / 2.0, tensor::Scalar::to_f64);
    w.of(|k| libm::exp(-((k - center) / tau).abs()))
}

fn gaussian(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let (w, deviation) = (Window::new(a, "gaussian", 2)?, a.float(1)?);
    if deviation <= 0.0 {
        let text = format!("Standard deviation must be positive, got: {deviation} instead.");
        return Err(Error::value(w.name, text));
    }
    w.of(|k| {
        let x = (k - w.span() / 2.0) / (deviation * SQRT_2);
        libm::exp(-x * x)
    })
}

fn kaiser(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let (w, beta) = (Window::new(a, "kaiser", 2)?, a.float(1)?);
    if beta < 0.0 {
        return Err(Error::value(w.name, format!("beta must be non-negative, got: {beta} instead.")));
    }
    if w.len == 1 {
        return w.of(|_| 1.0);
    }
    let step = 2.0 * beta / w.period();
    w.of(|k| {
        let x = (k * step - beta).min(beta);
        bessel_i0((beta * beta - x * x).max(0.0).sqrt()) / bessel_i0(beta)
    })
}

fn bartlett(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let w = Window::new(a, "bartlett", 1)?;
    if w.len == 1 {
        return w.of(|_| 1.0);
    }
    let step = 2.0 / w.period();
    w.of(|k| 1.0 - (k * step - 1.0).abs())
}

fn cosine(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let w = Window::new(a, "cosine", 1)?;
    let step = PI / (w.span() + 1.0);
    w.of(|k| libm::sin((k + 0.5) * step))
}

/// The coefficients, whichever kind of list they came in.
fn coefficients(a: &Args<'_, Variable>, at: usize) -> Result<Vec<f64>> {
    Ok(a.floats_or_none(at)?.unwrap_or_default())
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "signal.windows.exponential(int M, *, float? center=None, float tau=1.0, bool sym=True, ScalarType? \
                 dtype=None, Layout? layout=None, Device? device=None, bool requires_grad=False) -> Tensor",
        body: exponential,
    },
    Composite {
        schema: "signal.windows.gaussian(int M, *, float std=1.0, bool sym=True, ScalarType? dtype=None, Layout? \
                 layout=None, Device? device=None, bool requires_grad=False) -> Tensor",
        body: gaussian,
    },
    Composite {
        schema: "signal.windows.kaiser(int M, *, float beta=12.0, bool sym=True, ScalarType? dtype=None, Layout? \
                 layout=None, Device? device=None, bool requires_grad=False) -> Tensor",
        body: kaiser,
    },
    Composite {
        schema: "signal.windows.bartlett(int M, *, bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? \
                 device=None, bool requires_grad=False) -> Tensor",
        body: bartlett,
    },
    Composite {
        schema: "signal.windows.cosine(int M, *, bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? \
                 device=None, bool requires_grad=False) -> Tensor",
        body: cosine,
    },
    Composite {
        schema: "signal.windows.hann(int M, *, bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? \
                 device=None, bool requires_grad=False) -> Tensor",
        body: |a| Window::new(a, "general_cosine", 1)?.of_cosines(&[0.5, 0.5]),
    },
    Composite {
        schema: "signal.windows.hamming(int M, *, bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? \
                 device=None, bool requires_grad=False) -> Tensor",
        body: |a| Window::new(a, "general_cosine", 1)?.of_cosines(&[0.54, 1.0 - 0.54]),
    },
    Composite {
        schema: "signal.windows.blackman(int M, *, bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? \
                 device=None, bool requires_grad=False) -> Tensor",
        body: |a| Window::new(a, "blackman", 1)?.of_cosines(&[0.42, 0.5, 0.08]),
    },
    Composite {
        schema: "signal.windows.nuttall(int M, *, bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? \
                 device=None, bool requires_grad=False) -> Tensor",
        body: |a| {
            let weights = [0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1];
            Window::new(a, "general_cosine", 1)?.of_cosines(&weights)
        },
    },
    Composite {
        schema: "signal.windows.general_hamming(int M, *, float alpha=0.54, bool sym=True, ScalarType? dtype=None, \
                 Layout? layout=None, Device? device=None, bool requires_grad=False) -> Tensor",
        body: |a| {
            let alpha = a.float(1)?;
            Window::new(a, "general_cosine", 2)?.of_cosines(&[alpha, 1.0 - alpha])
        },
    },
    Composite {
        schema: "signal.windows.general_cosine(int M, *, float[] a, bool sym=True, ScalarType? dtype=None, Layout? \
                 layout=None, Device? device=None, bool requires_grad=False) -> Tensor",
        body: |a| Window::new(a, "general_cosine", 2)?.of_cosines(&coefficients(a, 1)?),
    },
];
