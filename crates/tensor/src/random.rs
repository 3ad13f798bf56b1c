//! Random tensors: PyTorch's draws, bit for bit.

use crate::create::check_sizes;
use crate::element::with_element;
use crate::layout::element_count;
use crate::storage::reserve;
use crate::vectors::{Loop, widest};
use crate::{DType, Error, Generator, Result, Scalar, Tensor};

fn require_float(operator: &'static str, dtype: DType) -> Result<()> {
    if dtype.is_float() {
        return Ok(());
    }
    Err(Error::not_implemented(
        operator,
        format!("\"{operator}\" not implemented for '{}'", dtype.scalar_name()),
    )
    .dtypes(&[dtype]))
}

impl Tensor {
    /// Uniform in [0, 1).
    ///
    /// # Errors
    /// `RuntimeError` for a negative size; `NotImplementedError` for integers.
    pub fn rand(sizes: &[i64], dtype: DType, generator: &Generator) -> Result<Tensor> {
        Self::uniform(sizes, 0.0, 1.0, dtype, generator)
    }

    /// Uniform in [from, to).
    ///
    /// # Errors
    /// As [`Tensor::rand`].
    pub fn uniform(sizes: &[i64], from: f64, to: f64, dtype: DType, generator: &Generator) -> Result<Tensor> {
        require_float("check_uniform_bounds", dtype)?;
        let sizes = check_sizes("rand", sizes)?;
        let count = element_count(&sizes)?;
        if dtype == DType::F32 {
            let (from, to) = (from as f32, to as f32);
            let mut values: Vec<f32> = reserve("rand", count)?;
            generator.uniforms_f32(count, &mut values);
            widest(|| values.iter_mut().for_each(|x| *x = x.mul_add(to - from, from)));
            Tensor::from_vec(values, &sizes)
        } else {
            let mut values: Vec<f64> = reserve("rand", count)?;
            generator.uniforms_f64(count, &mut values);
            widest(|| values.iter_mut().for_each(|x| *x = x.mul_add(to - from, from)));
            Tensor::from_vec(values, &sizes)
        }
    }

    /// Standard normal. From 16 elements on, blocks of 16 uniform draws are transformed at once.
    ///
    /// # Errors
    /// As [`Tensor::rand`].
    pub fn randn(sizes: &[i64], dtype: DType, generator: &Generator) -> Result<Tensor> {
        require_float("normal_kernel_cpu", dtype)?;
        let sizes = check_sizes("randn", sizes)?;
        let count = element_count(&sizes)?;
        if count < 16 {
            let values: Vec<f64> = (0..count).map(|_| generator.normal_f64()).collect();
            return Tensor::from_vec(values, &sizes)?.to_dtype(dtype);
        }
        if dtype == DType::F32 {
            let mut values: Vec<f32> = reserve("randn", count)?;
            generator.uniforms_f32(count, &mut values);
            widest(Normal { values: &mut values, generator });
            Tensor::from_vec(values, &sizes)
        } else {
            let mut values: Vec<f64> = reserve("randn", count)?;
            generator.uniforms_f64(count, &mut values);
            fill_normal(&mut values, || generator.uniform_f64(), block_f64);
            Tensor::from_vec(values, &sizes)
        }
    }

    /// Integers from 0 to the greatest that the dtype holds exactly.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn random(sizes: &[usize], dtype: DType, generator: &Generator) -> Result<Tensor> {
        let count = element_count(sizes)?;
        let mut values: Vec<i64> = reserve("random_", count)?;
        let small = |bound: u64| (u64::from(generator.random()) % bound) as i64;
        let wide = |bound: u64| (generator.random64() % bound) as i64;
        values.extend((0..count).map(|_| match dtype {
            DType::Bool => i64::from(generator.random() & 1),
            DType::U8 => small(1 << 8),
            DType::I8 => small(1 << 7),
            DType::I16 => small(1 << 15),
            DType::I32 => small(1 << 31),
            DType::I64 => wide(1 << 63),
            DType::F32 => small((1 << 24) + 1),
            DType::F64 => wide((1 << 53) + 1),
        }));
        with_element!(dtype, T => {
            let values = values.into_iter().map(|v| <T as crate::Element>::from_scalar(Scalar::Int(v))).collect();
            Tensor::from_vec::<T>(values, sizes)
        })
    }

    /// Integers in [low, high).
    ///
    /// # Errors
    /// `RuntimeError` for an empty range or a negative size.
    pub fn randint(
        low: i64,
        high: i64,
        sizes: &[i64],
        dtype: DType,
        generator: &Generator,
    ) -> Result<Tensor> {
        if low >= high {
            return Err(Error::runtime(
                "randint",
                format!("random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"),
            )
            .expected(format!("more than {low}"))
            .found(high.to_string()));
        }
        let sizes = check_sizes("randint", sizes)?;
        let count = element_count(&sizes)?;
        let range = high.wrapping_sub(low) as u64;
        let mut values: Vec<i64> = reserve("randint", count)?;
        values.extend((0..count).map(|_| {
            let drawn = if range >= 1 << 28 { generator.random64() } else { u64::from(generator.random()) };
            low.wrapping_add((drawn % range) as i64)
        }));
        with_element!(dtype, T => {
            let values = values.into_iter().map(|v| <T as crate::Element>::from_scalar(Scalar::Int(v))).collect();
            Tensor::from_vec::<T>(values, &sizes)
        })
    }

    /// A random order of 0 to n - 1.
    ///
    /// # Errors
    /// `RuntimeError` for a negative count.
    pub fn randperm(n: i64, dtype: DType, generator: &Generator) -> Result<Tensor> {
        let count = check_sizes("randperm", &[n])?.iter().product();
        element_count(&[count])?;
        let mut order: Vec<i64> = reserve("randperm", count)?;
        order.extend(0..n);
        for i in 0..count.saturating_sub(1) {
            let left = count - i;
            let drawn =
                if left as u64 >= 1 << 32 { generator.random64() } else { u64::from(generator.random()) };
            order.swap(i, i + (drawn % left as u64) as usize);
        }
        Tensor::from_vec(order, &[count])?.to_dtype(dtype)
    }

    /// 1 with each element's probability, else 0; 24 bits a draw.
    ///
    /// # Errors
    /// `RuntimeError` for a probability outside [0, 1] or an integer tensor.
    pub fn bernoulli(&self, generator: &Generator) -> Result<Tensor> {
        require_float("bernoulli_tensor_cpu_self_", self.dtype())?;
        let probabilities = self.to_vec_as::<f64>()?;
        if probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::runtime(
                "bernoulli",
                "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, \
                 please report an enhancement request to PyTorch.)",
            ));
        }
        let draws = probabilities
            .iter()
            .map(|&p| {
                if self.dtype() == DType::F32 {
                    generator.uniform_f32() < p as f32
                } else {
                    generator.uniform_f64() < p
                }
            })
            .collect();
        Tensor::from_vec::<bool>(draws, self.sizes())?.to_dtype(self.dtype())
    }

    /// 1 with probability `p`, else 0, in these sizes and dtype; 53 bits a draw.
    ///
    /// This is the stream of PyTorch on hosts without Intel's MKL generator, so that a run does not depend on the
    /// processor's vendor.
    ///
    /// # Errors
    /// `RuntimeError` for a probability outside [0, 1].
    pub fn bernoulli_p(sizes: &[usize], p: f64, dtype: DType, generator: &Generator) -> Result<Tensor> {
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::runtime(
                "bernoulli_",
                format!("bernoulli_ expects p to be in [0, 1], but got p={p}"),
            )
            .expected("[0, 1]")
            .found(p.to_string()));
        }
        let count = element_count(sizes)?;
        let mut draws: Vec<bool> = reserve("bernoulli", count)?;
        draws.extend((0..count).map(|_| generator.uniform_f64() < p));
        Tensor::from_vec(draws, sizes)?.to_dtype(dtype)
    }
}

/// Uniform draws become normal ones, as [`fill_normal`] does it.
struct Normal<'a> {
    values: &'a mut [f32],
    generator: &'a Generator,
}

impl Loop for Normal<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let count = self.values.len();
        let (blocks, rest) = self.values.as_chunks_mut::<16>();
        for block in blocks {
            block_f32(block);
        }
        if rest.is_empty() {
            return;
        }
        if let Some(last) = self.values[..count].last_chunk_mut::<16>() {
            last.iter_mut().for_each(|x| *x = self.generator.uniform_f32());
            block_f32(last);
        }
    }
}

/// Transforms uniform draws in blocks of 16; what is left over is drawn again as the last 16.
fn fill_normal<T: Copy>(values: &mut [T], mut draw: impl FnMut() -> T, block: impl Fn(&mut [T])) {
    let count = values.len();
    values.chunks_exact_mut(16).for_each(&block);
    if !count.is_multiple_of(16) {
        let last = &mut values[count - 16..];
        last.iter_mut().for_each(|x| *x = draw());
        block(last);
    }
}

fn block_f64(values: &mut [f64]) {
    let (first, second) = values.split_at_mut(8);
    for (a, b) in first.iter_mut().zip(second) {
        let radius = (-2.0 * libm::log(1.0 - *a)).sqrt();
        let angle = 2.0 * std::f64::consts::PI * *b;
        (*a, *b) = (radius * libm::cos(angle), radius * libm::sin(angle));
    }
}

#[inline(always)]
fn block_f32(values: &mut [f32; 16]) {
    for k in 0..8 {
        let (a, b) = (values[k], values[k + 8]);
        let radius = (-2.0 * cephes_log(1.0 - a)).sqrt();
        let (sin, cos) = cephes_sincos(2.0 * std::f32::consts::PI * b);
        (values[k], values[k + 8]) = (radius * cos, radius * sin);
    }
}

#[expect(clippy::excessive_precision, reason = "constants as published")]
/// Cephes' single precision logarithm for positive normal numbers, with the fused operations of the build
/// that defines the stream.
#[inline(always)]
fn cephes_log(x: f32) -> f32 {
    let bits = x.max(f32::MIN_POSITIVE).to_bits();
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    let small = m < std::f32::consts::FRAC_1_SQRT_2;
    let e = (bits >> 23) as i32 as f32 - 126.0 - if small { 1.0 } else { 0.0 };
    let m = (m - 1.0) + if small { m } else { 0.0 };
    let z = m * m;
    let mut y = 7.037_683_629_2e-2f32;
    for c in [
        -1.151_461_031_0e-1f32,
        1.167_699_874_0e-1,
        -1.242_014_084_6e-1,
        1.424_932_278_7e-1,
        -1.666_805_766_5e-1,
        2.000_071_476_5e-1,
        -2.499_999_399_3e-1,
        3.333_333_117_4e-1,
    ] {
        y = y.mul_add(m, c);
    }
    y = (y * m) * z;
    y = e.mul_add(-2.121_944_40e-4, y);
    y = z.mul_add(-0.5, y);
    e.mul_add(0.693_359_375, m + y)
}

#[expect(clippy::excessive_precision, reason = "constants as published")]
/// Cephes' single precision sine and cosine of a number that is not negative.
#[inline(always)]
fn cephes_sincos(x: f32) -> (f32, f32) {
    let octant = ((x * 1.273_239_544_735_16) as i32 + 1) & !1;
    let y = octant as f32;
    let x = y.mul_add(-0.785_156_25, x);
    let x = y.mul_add(-2.418_756_484_985_351_6e-4, x);
    let x = y.mul_add(-3.774_894_977_445_941e-8, x);
    let z = x * x;
    let cosine = 2.443_315_711_809_948e-5f32
        .mul_add(z, -1.388_731_625_493_765e-3)
        .mul_add(z, 4.166_664_568_298_827e-2);
    let cosine = z.mul_add(-0.5, (cosine * z) * z) + 1.0;
    let sine = (-1.951_529_589_1e-4f32).mul_add(z, 8.332_160_873_6e-3).mul_add(z, -1.666_665_461_1e-1);
    let sine = (sine * z).mul_add(x, x);
    let (sin, cos) = if octant & 2 == 0 { (sine, cosine) } else { (cosine, sine) };
    let sin = if octant & 4 != 0 { -sin } else { sin };
    let cos = if (octant - 2) & 4 == 0 { -cos } else { cos };
    (sin, cos)
}
