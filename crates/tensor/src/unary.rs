//! Elementwise operators of one operand.

use crate::arithmetic::{float_dtype, kernel_missing};
use crate::element::{Element, Float, Number, Signed, with_element, with_float, with_signed};
use crate::pointwise::{Operand, common_dtype, map, map_vectors, map_vectors_where};
use crate::vectors::{Step, step};
use crate::{DType, Error, Result, ResultType, Scalar, Tensor, math};

/// Which formula [`Tensor::gelu`] uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gelu {
    /// x Φ(x).
    Exact,
    /// The approximation with tanh.
    Tanh,
}

macro_rules! float_functions {
    ($($(#[$doc:meta])* $name:ident => $f:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Integers give float32.
            ///
            /// # Errors
            /// `RuntimeError` when memory cannot be had.
            pub fn $name(&self) -> Result<Tensor> {
                self.in_float(stringify!($name), $f)
            }
        )*}
    };
}

float_functions! {
    /// log(1 + x), accurate near 0.
    log1p => libm::log1p;
    /// e^x - 1, accurate near 0.
    expm1 => libm::expm1;
    /// Tangent.
    tan => libm::tan;
}

/// Functions whose loop over f32 goes by vectors.
macro_rules! vector_functions {
    ($($(#[$doc:meta])* $name:ident => $narrow:path, $wide:path;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// Integers give float32.
            ///
            /// # Errors
            /// `RuntimeError` when memory cannot be had.
            pub fn $name(&self) -> Result<Tensor> {
                let t = self.to_dtype(float_dtype(self.dtype()))?;
                match t.dtype() {
                    DType::F32 => map_vectors(stringify!($name), &t, step!($narrow: f32 => f32)),
                    _ => map(stringify!($name), &t, $wide),
                }
            }
        )*}
    };
}

vector_functions! {
    /// e^x.
    exp => math::exp_f32, libm::exp;
    /// Natural logarithm.
    log => math::log_f32, libm::log;
    /// Logarithm to base 2.
    log2 => math::log2_f32, libm::log2;
    /// Logarithm to base 10.
    log10 => math::log10_f32, libm::log10;
    /// 1 / (1 + e^-x).
    sigmoid => math::sigmoid_f32, math::sigmoid;
    /// Hyperbolic tangent.
    tanh => math::tanh_f32, libm::tanh;
    /// Error function.
    erf => math::erf_f32, libm::erf;
}

impl Tensor {
    /// Sine. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn sin(&self) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        let far = |x: f32| libm::sin(f64::from(x)) as f32;
        match t.dtype() {
            DType::F32 => {
                let holds = step!(math::turns_few: f32 => bool);
                map_vectors_where("sin", &t, step!(math::sin_f32: f32 => f32), holds, far)
            }
            _ => map("sin", &t, libm::sin),
        }
    }

    /// Cosine. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn cos(&self) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        let far = |x: f32| libm::cos(f64::from(x)) as f32;
        match t.dtype() {
            DType::F32 => {
                let holds = step!(math::turns_few: f32 => bool);
                map_vectors_where("cos", &t, step!(math::cos_f32: f32 => f32), holds, far)
            }
            _ => map("cos", &t, libm::cos),
        }
    }

    /// Applies a function of f64, in the float dtype of this tensor.
    pub(crate) fn in_float(&self, operator: &'static str, f: fn(f64) -> f64) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        with_float!(t.dtype(), T => map::<T, T>(operator, &t, |x| T::of(f(x.wide()))), else =>
            Err(kernel_missing(operator, operator, t.dtype())))
    }

    /// Square root. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn sqrt(&self) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        with_float!(t.dtype(), T => map::<T, T>("sqrt", &t, T::root), else => Err(kernel_missing("sqrt", "sqrt", t.dtype())))
    }

    /// 1 / √x. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn rsqrt(&self) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        with_float!(t.dtype(), T => map::<T, T>("rsqrt", &t, |x| T::ONE.over(x.root())), else =>
            Err(kernel_missing("rsqrt", "rsqrt", t.dtype())))
    }

    /// 1 / x. Integers give float32.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn reciprocal(&self) -> Result<Tensor> {
        let t = self.to_dtype(float_dtype(self.dtype()))?;
        with_float!(t.dtype(), T => map::<T, T>("reciprocal", &t, |x| T::ONE.over(x)), else =>
            Err(kernel_missing("reciprocal", "reciprocal", t.dtype())))
    }

    /// x².
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn square(&self) -> Result<Tensor> {
        self.pow(Scalar::Int(2))
    }

    /// -x.
    ///
    /// # Errors
    /// `RuntimeError` for bool.
    pub fn neg(&self) -> Result<Tensor> {
        with_signed!(self.dtype(), T => map::<T, T>("neg", self, T::negate), else => Err(Error::not_implemented(
            "neg",
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use \
             the `~` or `logical_not()` operator instead.",
        )))
    }

    /// |x|.
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn abs(&self) -> Result<Tensor> {
        with_signed!(self.dtype(), T => map::<T, T>("abs", self, T::magnitude), else =>
            Err(kernel_missing("abs", "abs_cpu", DType::Bool)))
    }

    /// -1, 0 or 1; NaN gives 0.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn sign(&self) -> Result<Tensor> {
        with_signed!(self.dtype(), T => map::<T, T>("sign", self, T::signum_zero), else => self.copy())
    }

    fn rounded(
        &self,
        operator: &'static str,
        kernel: &str,
        narrow: impl Step<f32, f32>,
        wide: impl Step<f64, f64>,
    ) -> Result<Tensor> {
        match self.dtype() {
            DType::F32 => map_vectors(operator, self, narrow),
            DType::F64 => map_vectors(operator, self, wide),
            DType::Bool => Err(kernel_missing(operator, kernel, DType::Bool)),
            _ => self.copy(),
        }
    }

    /// Rounded toward minus infinity; integers as they are.
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn floor(&self) -> Result<Tensor> {
        self.rounded("floor", "floor_vml_cpu", step!(f32::floor: f32 => f32), step!(f64::floor: f64 => f64))
    }
    /// Rounded toward infinity; integers as they are.
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn ceil(&self) -> Result<Tensor> {
        self.rounded("ceil", "ceil_vml_cpu", step!(f32::ceil: f32 => f32), step!(f64::ceil: f64 => f64))
    }
    /// Rounded toward zero; integers as they are.
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn trunc(&self) -> Result<Tensor> {
        self.rounded("trunc", "trunc_vml_cpu", step!(f32::trunc: f32 => f32), step!(f64::trunc: f64 => f64))
    }
    /// Rounded to the nearest integer, halves to even; integers as they are.
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn round(&self) -> Result<Tensor> {
        self.rounded(
            "round",
            "round_vml_cpu",
            step!(f32::round_ties_even: f32 => f32),
            step!(f64::round_ties_even: f64 => f64),
        )
    }

    /// max(x, 0).
    ///
    /// # Errors
    /// `NotImplementedError` for bool.
    pub fn relu(&self) -> Result<Tensor> {
        with_signed!(self.dtype(), T => {
            let zero = T::ZERO;
            map::<T, T>("relu", self, |x| if x < zero { zero } else { x })
        }, else => Err(Error::not_implemented("relu", "Boolean inputs not supported for relu")))
    }

    /// Gaussian error linear unit.
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn gelu(&self, kind: Gelu) -> Result<Tensor> {
        match (kind, self.dtype()) {
            (Gelu::Exact, DType::F32) => map_vectors("gelu", self, step!(math::gelu_f32: f32 => f32)),
            (Gelu::Tanh, DType::F32) => map_vectors("gelu", self, step!(math::gelu_tanh_f32: f32 => f32)),
            (Gelu::Exact, _) => self.only_float("gelu", "GeluKernelImpl", |x| x * math::normal_cdf(x)),
            (Gelu::Tanh, _) => self.only_float("gelu", "GeluKernelImpl", |x| {
                let beta = std::f64::consts::SQRT_2 * std::f64::consts::FRAC_2_SQRT_PI * 0.5;
                0.5 * x * (1.0 + libm::tanh(beta * (x + 0.044_715 * x * x * x)))
            }),
        }
    }

    fn only_float(
        &self,
        operator: &'static str,
        kernel: &str,
        f: impl Fn(f64) -> f64 + Sync,
    ) -> Result<Tensor> {
        with_float!(self.dtype(), T => map::<T, T>(operator, self, |x| T::of(f(x.wide()))), else =>
            Err(kernel_missing(operator, kernel, self.dtype())))
    }

    /// x where positive, `negative_slope * x` elsewhere.
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn leaky_relu(&self, negative_slope: f64) -> Result<Tensor> {
        with_float!(self.dtype(), T => {
            let slope = T::of(negative_slope);
            map::<T, T>("leaky_relu", self, |x| if x > T::ZERO { x } else { x.times(slope) })
        }, else => Err(kernel_missing("leaky_relu", "leaky_relu_cpu", self.dtype())))
    }

    /// log(1 + e^(beta x)) / beta; x itself where `beta x > threshold`.
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn softplus(&self, beta: f64, threshold: f64) -> Result<Tensor> {
        self.only_float("softplus", "softplus_cpu", |x| {
            if x * beta > threshold { x } else { libm::log1p(libm::exp(x * beta)) / beta }
        })
    }

    /// x σ(x).
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn silu(&self) -> Result<Tensor> {
        if self.dtype() == DType::F32 {
            return map_vectors("silu", self, step!(math::silu_f32: f32 => f32));
        }
        self.only_float("silu", "silu_cpu", |x| x / (1.0 + libm::exp(-x)))
    }

    /// log σ(x), without overflow.
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn log_sigmoid(&self) -> Result<Tensor> {
        self.contiguous()?
            .only_float("log_sigmoid", "log_sigmoid_cpu", |x| x.min(0.0) - libm::log1p(libm::exp(-x.abs())))
    }

    /// -(t log x + (1 - t) log(1 - x)) for each element, logarithms bounded by -100.
    ///
    /// # Errors
    /// `RuntimeError` for elements outside [0, 1], integers, or a target of another dtype.
    pub fn binary_cross_entropy(&self, target: &Tensor) -> Result<Tensor> {
        if !self.dtype().is_float() {
            return Err(kernel_missing("binary_cross_entropy", "binary_cross_entropy", self.dtype()));
        }
        if target.dtype() != self.dtype() {
            let text = format!(
                "Found dtype {} but expected {}",
                target.dtype().scalar_name(),
                self.dtype().scalar_name()
            );
            return Err(Error::runtime("binary_cross_entropy", text).dtypes(&[self.dtype(), target.dtype()]));
        }
        if self.to_vec_as::<f64>()?.iter().any(|x| !(0.0..=1.0).contains(x)) {
            return Err(Error::runtime(
                "binary_cross_entropy",
                "all elements of input should be between 0 and 1",
            ));
        }
        self.zip_float("binary_cross_entropy", target, |x, t| {
            (t - 1.0) * libm::log1p(-x).max(-100.0) - t * libm::log(x).max(-100.0)
        })
    }

    /// `scale x` where positive, `scale alpha (e^(input_scale x) - 1)` elsewhere.
    ///
    /// # Errors
    /// `NotImplementedError` for integers.
    pub fn elu(&self, alpha: f64, scale: f64, input_scale: f64) -> Result<Tensor> {
        self.only_float("elu", "elu_cpu", |x| {
            if x > 0.0 { x * scale } else { scale * alpha * libm::expm1(x * input_scale) }
        })
    }

    /// Bounded from below and above; NaN stays, and where min > max the result is max.
    ///
    /// # Errors
    /// `RuntimeError` if neither bound is given.
    pub fn clamp(&self, min: Option<Scalar>, max: Option<Scalar>) -> Result<Tensor> {
        if min.is_none() && max.is_none() {
            return Err(Error::runtime(
                "clamp",
                "torch.clamp: At least one of 'min' or 'max' must not be None",
            ));
        }
        let mut types = ResultType::new().tensor(self.dtype(), self.dim());
        for bound in [min, max].into_iter().flatten() {
            types = Operand::Scalar(bound).promote(types);
        }
        let t = self.to_dtype(types.finish())?;
        with_signed!(t.dtype(), T => {
            let (low, high) = (min.map(T::from_scalar), max.map(T::from_scalar));
            // A NaN bound makes every element NaN.
            if let Some(bound) = [low, high].into_iter().flatten().find(|b| b.is_nan()) {
                return map::<T, T>("clamp", &t, |_| bound);
            }
            map::<T, T>("clamp", &t, |x| {
                let x = low.map_or(x, |l| if x < l { l } else { x });
                high.map_or(x, |h| if x > h { h } else { x })
            })
        }, else => Err(kernel_missing("clamp", "clamp_scalar_cpu", DType::Bool)))
    }

    /// Where elements are NaN.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isnan(&self) -> Result<Tensor> {
        with_element!(self.dtype(), T => map::<T, bool>("isnan", self, T::is_nan))
    }
    /// Where elements are infinite.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isinf(&self) -> Result<Tensor> {
        with_element!(self.dtype(), T => map::<T, bool>("isinf", self, |x| x.to_scalar().to_f64().is_infinite()))
    }
    /// Where elements are neither NaN nor infinite.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn isfinite(&self) -> Result<Tensor> {
        with_element!(self.dtype(), T => map::<T, bool>("isfinite", self, |x| x.to_scalar().to_f64().is_finite()))
    }
    /// Where elements are zero.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn logical_not(&self) -> Result<Tensor> {
        with_element!(self.dtype(), T => map::<T, bool>("logical_not", self, |x| !x.to_scalar().to_bool()))
    }

    /// The dtype this tensor and an operand promote to.
    pub fn result_type<'a>(&self, other: impl Into<Operand<'a>>) -> DType {
        common_dtype(self, other.into())
    }
}
