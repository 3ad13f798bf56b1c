//! `torch.signal.windows`: tapers for signals.

use tensor::{Args, DType, Error, Result, Tensor};

use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

const PI: f64 = std::f64::consts::PI;

/// What every window takes: its length, whether it is symmetric, and its dtype.
struct Window {
    length: i64,
    symmetric: bool,
    dtype: DType,
}

impl Window {
    /// Options stand from `at` on: `sym`, dtype, layout and device.
    fn of(a: &Args<'_, Variable>, at: usize, name: &str) -> Result<Window> {
        const NAME: &str = "signal.windows";
        let (length, symmetric) = (a.int(0)?, a.bool(at)?);
        let dtype = a.dtype(at + 1)?.unwrap_or(DType::F32);
        a.refuse(at + 2, "layout")?;
        a.cpu(at + 3)?;
        if length < 0 {
            let text = format!("{name} requires non-negative window length, got M={length}");
            return Err(Error::value(NAME, text).found(length.to_string()));
        }
        if !dtype.is_float() {
            let text = format!("{name} expects float32 or float64 dtypes, got: {dtype}");
            return Err(Error::value(NAME, text).dtypes(&[dtype]));
        }
        Ok(Window { length, symmetric, dtype })
    }

    /// The length of the period, where a window that is not symmetric leaves out its last number.
    fn period(&self) -> f64 {
        (if self.symmetric { self.length - 1 } else { self.length }) as f64
    }

    fn line(&self, start: f64, end: f64) -> Result<Tensor> {
        Tensor::linspace(start, end, self.length, Some(self.dtype))
    }

    fn ones(&self) -> Result<Tensor> {
        Tensor::ones(&[self.length], self.dtype)
    }

    fn last(&self) -> f64 {
        (self.length - 1) as f64
    }

    fn cosines(&self, weights: &[f64]) -> Result<Tensor> {
        if self.length < 2 {
            return self.ones();
        }
        if weights.is_empty() {
            return Err(Error::value("signal.windows", "Coefficients cannot be empty"));
        }
        let k = self.line(0.0, self.last() * (2.0 * PI / self.period()))?;
        let rows = weights.iter().enumerate().map(|(i, &weight)| {
            let signed = if i % 2 == 0 { weight } else { -weight };
            let number = Tensor::scalar((i as f64).into(), self.dtype);
            k.mul(&number)?.cos()?.mul(&Tensor::scalar(signed.into(), self.dtype))
        });
        Tensor::stack(&rows.collect::<Result<Vec<_>>>()?, 0)?.sum_dims(&[0], false, None)
    }

    fn cosine(&self) -> Result<Tensor> {
        let period = if self.symmetric || self.length < 2 { self.length } else { self.length + 1 };
        let step = PI / period as f64;
        self.line(0.5 * step, (0.5 + self.last()) * step)?.sin()
    }

    fn bartlett(&self) -> Result<Tensor> {
        if self.length < 2 {
            return self.ones();
        }
        self.line(-1.0, -1.0 + self.last() * (2.0 / self.period()))?.abs()?.neg()?.add(1.0)
    }

    /// Half of the last position, of one more where a window of several numbers is not symmetric.
    fn middle(&self) -> f64 {
        (if self.symmetric || self.length < 2 { self.length - 1 } else { self.length }) as f64 / 2.0
    }

    fn gaussian(&self, std: f64) -> Result<Tensor> {
        if std <= 0.0 {
            let text = format!("Standard deviation must be positive, got: {std} instead.");
            return Err(Error::value("signal.windows", text).found(std.to_string()));
        }
        let (start, scale) = (-self.middle(), 1.0 / (std * 2.0f64.sqrt()));
        self.line(start * scale, (start + self.last()) * scale)?.square()?.neg()?.exp()
    }

    fn exponential(&self, center: Option<f64>, tau: f64) -> Result<Tensor> {
        if tau <= 0.0 {
            let text = format!("Tau must be positive, got: {tau} instead.");
            return Err(Error::value("signal.windows", text).found(tau.to_string()));
        }
        if self.symmetric && center.is_some() {
            return Err(Error::value("signal.windows", "Center must be None for symmetric windows"));
        }
        let (center, scale) = (center.unwrap_or(self.middle()), 1.0 / tau);
        self.line(-center * scale, (-center + self.last()) * scale)?.abs()?.neg()?.exp()
    }

    fn kaiser(&self, beta: f64) -> Result<Tensor> {
        if beta < 0.0 {
            let text = format!("beta must be non-negative, got: {beta} instead.");
            return Err(Error::value("signal.windows", text).found(beta.to_string()));
        }
        if self.length < 2 {
            return self.ones();
        }
        let bessel = |t: Tensor| -> Result<Tensor> {
            Ok(call_one("i0", vec![(&Variable::from(t)).into()])?.into_data())
        };
        let end = beta.min(-beta + self.last() * (2.0 * beta / self.period()));
        let beta = Tensor::scalar(beta.into(), self.dtype);
        let k = self.line(beta.neg()?.item()?.to_f64(), end)?;
        bessel(beta.square()?.sub(&k.square()?)?.sqrt()?)?.div(&bessel(beta)?)
    }
}

fn found(window: Result<Tensor>) -> Result<Vec<Variable>> {
    Ok(vec![window?.into()])
}

fn general_hamming(a: &Args<'_, Variable>, at: usize, name: &str, alpha: f64) -> Result<Vec<Variable>> {
    found(Window::of(a, at, name)?.cosines(&[alpha, 1.0 - alpha]))
}

macro_rules! window {
    ($name:literal, $own:literal, $body:expr) => {
        Composite {
            schema: concat!(
                "signal.windows.",
                $name,
                "(int M, *",
                $own,
                ", bool sym=True, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool \
                 requires_grad=False) -> Tensor"
            ),
            body: $body,
        }
    };
}

pub(super) const ROWS: &[Composite] = &[
    window!("hann", "", |a| general_hamming(a, 1, "general_cosine", 0.5)),
    window!("hamming", "", |a| general_hamming(a, 1, "general_cosine", 0.54)),
    window!("general_hamming", ", float alpha=0.54", |a| general_hamming(
        a,
        2,
        "general_cosine",
        a.float(1)?
    )),
    window!("general_cosine", ", float[] a", |a| {
        let weights = a.floats_or_none(1)?.unwrap_or_default();
        found(Window::of(a, 2, "general_cosine")?.cosines(&weights))
    }),
    window!("blackman", "", |a| found(Window::of(a, 1, "blackman")?.cosines(&[0.42, 0.5, 0.08]))),
    window!("nuttall", "", |a| {
        found(Window::of(a, 1, "general_cosine")?.cosines(&[0.3635819, 0.4891775, 0.1365995, 0.0106411]))
    }),
    window!("bartlett", "", |a| found(Window::of(a, 1, "bartlett")?.bartlett())),
    window!("cosine", "", |a| found(Window::of(a, 1, "cosine")?.cosine())),
    window!("gaussian", ", float std=1.0", |a| found(Window::of(a, 2, "gaussian")?.gaussian(a.float(1)?))),
    window!("exponential", ", float? center=None, float tau=1.0", |a| {
        let center = a.scalar_or_none(1)?.map(tensor::Scalar::to_f64);
        found(Window::of(a, 3, "exponential")?.exponential(center, a.float(2)?))
    }),
    window!("kaiser", ", float beta=12.0", |a| found(Window::of(a, 2, "kaiser")?.kaiser(a.float(1)?))),
];
