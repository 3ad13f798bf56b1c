//! Draws from distributions: PyTorch's streams, on hosts without Intel's MKL generator for the exponential one.

use crate::element::{Element, with_element};
use crate::layout::element_count;
use crate::storage::reserve;
use crate::{DType, Error, Generator, Result, Tensor};

/// The parameter that a distribution refuses.
fn refuse<T>(operator: &'static str, text: String) -> Result<T> {
    Err(Error::runtime(operator, text))
}

fn require_float(operator: &'static str, name: &str, dtype: DType) -> Result<()> {
    if dtype.is_float() {
        return Ok(());
    }
    let text = format!(
        "{name} distribution is a continuous probability distribution. dtype must be a floating point but you \
         specified {}",
        dtype.scalar_name()
    );
    Err(Error::runtime(operator, text).dtypes(&[dtype]))
}

impl Tensor {
    /// Numbers in this tensor's sizes, dtype and memory order, drawn along memory.
    fn drawn(&self, operator: &'static str, mut draw: impl FnMut() -> f64) -> Result<Tensor> {
        let count = element_count(self.sizes())?;
        with_element!(self.dtype(), T => {
            let mut values: Vec<T> = reserve(operator, count)?;
            values.extend((0..count).map(|_| T::from_scalar(draw().into())));
            Tensor::from_vec(values, &[count])?.as_strided(self.sizes(), &self.kept_strides(), 0)
        })
    }

    /// Normal numbers. From 16 elements on, blocks of 16 uniform draws are transformed at once.
    ///
    /// # Errors
    /// `RuntimeError` for a negative deviation or size; `NotImplementedError` for integers.
    pub fn normal(sizes: &[i64], mean: f64, std: f64, dtype: DType, generator: &Generator) -> Result<Tensor> {
        if std < 0.0 || std.is_nan() {
            return refuse("normal", format!("normal expects std >= 0.0, but found std {std}"));
        }
        let standard =
            Tensor::randn(sizes, if element_count_of(sizes) < 16 { DType::F64 } else { dtype }, generator)?;
        if !dtype.is_float() {
            return Err(crate::arithmetic::kernel_missing("normal", "normal_kernel_cpu", dtype));
        }
        if standard.dtype() == DType::F64 {
            return standard.mul(std)?.add(mean)?.to_dtype(dtype);
        }
        // Fused, as in PyTorch's vectorised transformation.
        let (mean, std) = (mean as f32, std as f32);
        let values = standard.to_vec::<f32>()?.into_iter().map(|z| z.mul_add(std, mean)).collect();
        Tensor::from_vec::<f32>(values, standard.sizes())
    }

    /// Uniform numbers in [from, to), in this tensor's sizes, dtype and memory order.
    ///
    /// # Errors
    /// `RuntimeError` for bounds that descend; `NotImplementedError` for integers.
    pub fn uniform_like(&self, from: f64, to: f64, generator: &Generator) -> Result<Tensor> {
        if from > to {
            let text =
                format!("uniform_ expects to return a [from, to) range, but found from={from} > to={to}");
            return refuse("uniform_", text);
        }
        let flat = Tensor::uniform(&[self.numel() as i64], from, to, self.dtype(), generator)?;
        flat.as_strided(self.sizes(), &self.kept_strides(), 0)
    }

    /// Exponential numbers of a rate, in this tensor's sizes, dtype and memory order.
    ///
    /// # Errors
    /// `RuntimeError` for integers or a rate that is not positive.
    pub fn exponential_like(&self, rate: f64, generator: &Generator) -> Result<Tensor> {
        require_float("exponential_", "Exponential", self.dtype())?;
        if rate <= 0.0 {
            return refuse(
                "exponential_",
                format!("exponential_ expects lambda > 0.0, but found lambda={rate}"),
            );
        }
        self.drawn("exponential_", || -1.0 / rate * libm::log1p(-generator.uniform_f64()))
    }

    /// Cauchy numbers, in this tensor's sizes, dtype and memory order.
    ///
    /// # Errors
    /// `RuntimeError` for integers or a scale that is not positive.
    pub fn cauchy_like(&self, median: f64, sigma: f64, generator: &Generator) -> Result<Tensor> {
        require_float("cauchy_", "Cauchy", self.dtype())?;
        if sigma <= 0.0 {
            return refuse("cauchy_", format!("cauchy_ expects sigma > 0.0, but found sigma={sigma}"));
        }
        self.drawn("cauchy_", || {
            let u = generator.uniform_f64().clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            median + sigma * libm::tan(std::f64::consts::PI * (u - 0.5))
        })
    }

    /// The numbers of trials until a first success, in this tensor's sizes, dtype and memory order.
    ///
    /// # Errors
    /// `RuntimeError` for a probability outside (0, 1).
    pub fn geometric_like(&self, p: f64, generator: &Generator) -> Result<Tensor> {
        if !(p > 0.0 && p < 1.0) {
            return refuse("geometric_", format!("geometric_ expects p to be in (0, 1), but got p={p}"));
        }
        self.drawn("geometric_", || libm::ceil(libm::log(generator.uniform_f64()) / libm::log1p(-p)))
    }

    /// Numbers whose logarithm is normal, in this tensor's sizes, dtype and memory order.
    ///
    /// # Errors
    /// `RuntimeError` for integers or a deviation that is not positive.
    pub fn log_normal_like(&self, mean: f64, std: f64, generator: &Generator) -> Result<Tensor> {
        require_float("log_normal_", "LogNormal", self.dtype())?;
        if std <= 0.0 {
            return refuse("log_normal_", format!("log_normal_ expects std > 0.0, but found std={std}"));
        }
        self.drawn("log_normal_", || libm::exp(generator.normal_f64() * std + mean))
    }

    /// Positions drawn with each row's weights: without replacement by dividing them by exponential numbers, with it by
    /// search among the sums.
    ///
    /// # Errors
    /// `RuntimeError` for other than one or two dimensions, integers, too many draws, or rows that are no weights.
    pub fn multinomial(&self, count: i64, replacement: bool, generator: &Generator) -> Result<Tensor> {
        const NAME: &str = "multinomial";
        let categories = match self.sizes() {
            [size] | [_, size] => *size,
            _ => return Err(Error::runtime(NAME, "prob_dist must be 1 or 2 dim").shapes(&[self.sizes()])),
        };
        if !self.dtype().is_float() {
            let text = format!(
                "multinomial only supports floating-point dtypes for input, got: {}",
                self.dtype().scalar_name()
            );
            return Err(Error::runtime(NAME, text).dtypes(&[self.dtype()]));
        }
        if count <= 0 {
            return refuse(NAME, "cannot sample n_sample <= 0 samples".to_string());
        }
        if !replacement && count > categories as i64 {
            return refuse(
                NAME,
                "cannot sample n_sample > prob_dist.size(-1) samples without replacement".to_string(),
            );
        }
        if categories >= 1 << 24 {
            return refuse(NAME, "number of categories cannot exceed 2^24".to_string());
        }
        if self.numel() == 0 {
            let mut sizes: Vec<i64> = self.sizes().iter().map(|&size| size as i64).collect();
            if let Some(last) = sizes.last_mut() {
                *last = count;
            }
            return Tensor::zeros(&sizes, DType::I64);
        }
        if replacement && count > 1 {
            return self.with_replacement(count as usize, categories, generator);
        }
        let weights = self.to_vec_as::<f64>()?;
        if weights.iter().any(|w| !(w.is_finite() && *w >= 0.0)) {
            return refuse(
                NAME,
                "probability tensor contains either `inf`, `nan` or element < 0".to_string(),
            );
        }
        if weights.chunks(categories).any(|row| row.iter().all(|&w| w == 0.0)) {
            return refuse(NAME, "invalid multinomial distribution (sum of probabilities <= 0)".to_string());
        }
        let waits = self.contiguous()?.exponential_like(1.0, generator)?;
        Ok(self.div(&waits)?.topk(count, -1, true)?.1)
    }

    fn with_replacement(&self, count: usize, categories: usize, generator: &Generator) -> Result<Tensor> {
        const NAME: &str = "multinomial";
        let mut places: Vec<i64> = Vec::new();
        for row in self.to_vec_as::<f64>()?.chunks(categories) {
            let mut sums = Vec::with_capacity(categories);
            let mut sum = 0.0;
            for &weight in row {
                if weight.is_nan() || weight < 0.0 {
                    let text = "invalid multinomial distribution (encountering probability entry < 0)";
                    return refuse(NAME, text.to_string());
                }
                if !weight.is_finite() {
                    let text =
                        "invalid multinomial distribution (encountering probability entry = infinity or NaN)";
                    return refuse(NAME, text.to_string());
                }
                // The sums have the tensor's precision.
                sum = rounded(sum + weight, self.dtype());
                sums.push(sum);
            }
            if sum <= 0.0 {
                return refuse(
                    NAME,
                    "invalid multinomial distribution (sum of probabilities <= 0)".to_string(),
                );
            }
            let shares: Vec<f64> = sums.iter().map(|&part| rounded(part / sum, self.dtype())).collect();
            let last = categories.saturating_sub(1);
            places.extend((0..count).map(|_| {
                let drawn = generator.uniform_f64();
                shares.iter().take(last).position(|&share| share >= drawn).unwrap_or(last) as i64
            }));
        }
        let mut sizes = self.sizes().to_vec();
        if let Some(size) = sizes.last_mut() {
            *size = count;
        }
        Tensor::from_vec(places, &sizes)
    }
}

fn rounded(x: f64, dtype: DType) -> f64 {
    if dtype == DType::F32 { f64::from(x as f32) } else { x }
}

/// The count of elements; that of sizes without meaning is refused where they are used.
fn element_count_of(sizes: &[i64]) -> i64 {
    sizes.iter().fold(1i64, |product, &size| product.saturating_mul(size))
}
