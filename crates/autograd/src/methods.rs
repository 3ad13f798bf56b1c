//! Operators as methods of [`Variable`].

use tensor::{Arg, DType, Generator, Result, Scalar, Tensor};

use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// The right-hand side of a binary operator.
pub enum Input<'a> {
    /// A variable.
    Variable(&'a Variable),
    /// A plain number.
    Scalar(Scalar),
}

impl<'a> From<&'a Variable> for Input<'a> {
    fn from(v: &'a Variable) -> Self {
        Input::Variable(v)
    }
}
impl<S: Into<Scalar>> From<S> for Input<'_> {
    fn from(s: S) -> Self {
        Input::Scalar(s.into())
    }
}

impl From<&Variable> for Arg<Variable> {
    fn from(v: &Variable) -> Self {
        Arg::Tensor(v.clone())
    }
}
fn with_operand(base: &str, x: &Variable, other: Input<'_>, rest: Vec<Arg<Variable>>) -> Result<Variable> {
    let (overload, operand) = match other {
        Input::Variable(v) => ("Tensor", v.into()),
        Input::Scalar(s) => ("Scalar", Arg::Scalar(s)),
    };
    let mut args = vec![x.into(), operand];
    args.extend(rest);
    call_one(&format!("{base}.{overload}"), args)
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl Variable {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// The operator's.
            pub fn $name(&self) -> Result<Variable> {
                call_one(stringify!($name), vec![self.into()])
            }
        )*}
    };
}

unary! {
    /// -x.
    neg;
    /// |x|.
    abs;
    /// e^x.
    exp;
    /// Natural logarithm.
    log;
    /// log(1 + x).
    log1p;
    /// e^x - 1.
    expm1;
    /// Square root.
    sqrt;
    /// 1 / √x.
    rsqrt;
    /// x².
    square;
    /// 1 / x.
    reciprocal;
    /// 1 / (1 + e^-x).
    sigmoid;
    /// Hyperbolic tangent.
    tanh;
    /// max(x, 0).
    relu;
    /// x σ(x).
    silu;
    /// Error function.
    erf;
    /// Sine.
    sin;
    /// Cosine.
    cos;
    /// Sum of all elements.
    sum;
    /// Mean of all elements.
    mean;
    /// Largest element.
    max;
    /// Smallest element.
    min;
    /// Transpose of a matrix.
    t;
    /// Without dimensions of size 1.
    squeeze;
    /// Where elements are NaN.
    isnan;
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident($($extra:expr),*);)*) => {
        impl Variable {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// The operator's.
            pub fn $name<'a>(&self, other: impl Into<Input<'a>>) -> Result<Variable> {
                with_operand(stringify!($name), self, other.into(), vec![$($extra.into()),*])
            }
        )*}
    };
}

binary! {
    /// Sum.
    add(1i64);
    /// Difference.
    sub(1i64);
    /// Product.
    mul();
    /// Quotient.
    div();
    /// Remainder with the divisor's sign.
    remainder();
    /// Equal.
    eq();
    /// Not equal.
    ne();
    /// Less.
    lt();
    /// Less or equal.
    le();
    /// Greater.
    gt();
    /// Greater or equal.
    ge();
}

impl Variable {
    /// The gradients of this variable, added to the `.grad` of every leaf below it.
    ///
    /// # Errors
    /// As [`crate::backward`].
    pub fn backward(&self) -> Result<()> {
        crate::backward(&[self], &[], false)
    }

    /// As [`Variable::backward`] from a given gradient, keeping the graph if asked.
    ///
    /// # Errors
    /// As [`crate::backward`].
    pub fn backward_with(&self, grad: Option<Tensor>, retain_graph: bool) -> Result<()> {
        crate::backward(&[self], &[grad], retain_graph)
    }

    /// Power.
    ///
    /// # Errors
    /// The operator's.
    pub fn pow<'a>(&self, exponent: impl Into<Input<'a>>) -> Result<Variable> {
        match exponent.into() {
            Input::Variable(e) => call_one("pow.Tensor_Tensor", vec![self.into(), e.into()]),
            Input::Scalar(e) => call_one("pow.Tensor_Scalar", vec![self.into(), e.into()]),
        }
    }

    /// `number - self`.
    ///
    /// # Errors
    /// The operator's.
    pub fn rsub(&self, number: impl Into<Scalar>) -> Result<Variable> {
        call_one("rsub.Scalar", vec![self.into(), number.into().into(), 1i64.into()])
    }

    /// Matrix product.
    ///
    /// # Errors
    /// The operator's.
    pub fn matmul(&self, other: &Variable) -> Result<Variable> {
        call_one("matmul", vec![self.into(), other.into()])
    }

    /// Sum over dimensions.
    ///
    /// # Errors
    /// The operator's.
    pub fn sum_dims(&self, dims: &[i64], keepdim: bool) -> Result<Variable> {
        call_one("sum.dim_IntList", vec![self.into(), dims.into(), keepdim.into(), Arg::None])
    }

    /// Mean over dimensions.
    ///
    /// # Errors
    /// The operator's.
    pub fn mean_dims(&self, dims: &[i64], keepdim: bool) -> Result<Variable> {
        call_one("mean.dim", vec![self.into(), dims.into(), keepdim.into(), Arg::None])
    }

    /// Variance over dimensions.
    ///
    /// # Errors
    /// The operator's.
    pub fn var(&self, dims: &[i64], correction: i64, keepdim: bool) -> Result<Variable> {
        call_one("var.correction", vec![self.into(), dims.into(), correction.into(), keepdim.into()])
    }

    /// Softmax along a dimension.
    ///
    /// # Errors
    /// The operator's.
    pub fn softmax(&self, dim: i64) -> Result<Variable> {
        call_one("softmax.int", vec![self.into(), dim.into(), Arg::None])
    }

    /// Log-softmax along a dimension.
    ///
    /// # Errors
    /// The operator's.
    pub fn log_softmax(&self, dim: i64) -> Result<Variable> {
        call_one("log_softmax.int", vec![self.into(), dim.into(), Arg::None])
    }

    /// Largest values along a dimension and their positions.
    ///
    /// # Errors
    /// The operator's.
    pub fn max_dim(&self, dim: i64, keepdim: bool) -> Result<Vec<Variable>> {
        call("max.dim", vec![self.into(), dim.into(), keepdim.into()])
    }

    /// Bounded from below and above.
    ///
    /// # Errors
    /// The operator's.
    pub fn clamp(&self, min: Option<Scalar>, max: Option<Scalar>) -> Result<Variable> {
        call_one("clamp", vec![self.into(), min.into(), max.into()])
    }

    /// The same elements under other sizes, copied where no view exists.
    ///
    /// # Errors
    /// The operator's.
    pub fn reshape(&self, sizes: &[i64]) -> Result<Variable> {
        call_one("reshape", vec![self.into(), sizes.into()])
    }

    /// Dimensions in another order.
    ///
    /// # Errors
    /// The operator's.
    pub fn permute(&self, dims: &[i64]) -> Result<Variable> {
        call_one("permute", vec![self.into(), dims.into()])
    }

    /// Two dimensions swapped.
    ///
    /// # Errors
    /// The operator's.
    pub fn transpose(&self, dim0: i64, dim1: i64) -> Result<Variable> {
        call_one("transpose.int", vec![self.into(), dim0.into(), dim1.into()])
    }

    /// A new dimension of size 1.
    ///
    /// # Errors
    /// The operator's.
    pub fn unsqueeze(&self, dim: i64) -> Result<Variable> {
        call_one("unsqueeze", vec![self.into(), dim.into()])
    }

    /// Without one dimension, if its size is 1.
    ///
    /// # Errors
    /// The operator's.
    pub fn squeeze_dim(&self, dim: i64) -> Result<Variable> {
        call_one("squeeze.dim", vec![self.into(), dim.into()])
    }

    /// Dimensions merged into one.
    ///
    /// # Errors
    /// The operator's.
    pub fn flatten(&self, start: i64, end: i64) -> Result<Variable> {
        call_one("flatten.using_ints", vec![self.into(), start.into(), end.into()])
    }

    /// Dimensions of size 1 repeated.
    ///
    /// # Errors
    /// The operator's.
    pub fn expand(&self, sizes: &[i64]) -> Result<Variable> {
        call_one("expand", vec![self.into(), sizes.into(), false.into()])
    }

    /// One entry of a dimension.
    ///
    /// # Errors
    /// The operator's.
    pub fn select(&self, dim: i64, index: i64) -> Result<Variable> {
        call_one("select.int", vec![self.into(), dim.into(), index.into()])
    }

    /// A range of a dimension.
    ///
    /// # Errors
    /// The operator's.
    pub fn narrow(&self, dim: i64, start: i64, length: i64) -> Result<Variable> {
        call_one("narrow", vec![self.into(), dim.into(), start.into(), length.into()])
    }

    /// Entries of a dimension by index.
    ///
    /// # Errors
    /// The operator's.
    pub fn index_select(&self, dim: i64, index: &Variable) -> Result<Variable> {
        call_one("index_select", vec![self.into(), dim.into(), index.into()])
    }

    /// Elements by index along a dimension.
    ///
    /// # Errors
    /// The operator's.
    pub fn gather(&self, dim: i64, index: &Variable) -> Result<Variable> {
        call_one("gather", vec![self.into(), dim.into(), index.into(), false.into()])
    }

    /// A copy with a number where the mask holds.
    ///
    /// # Errors
    /// The operator's.
    pub fn masked_fill(&self, mask: &Variable, value: impl Into<Scalar>) -> Result<Variable> {
        call_one("masked_fill.Scalar", vec![self.into(), mask.into(), value.into().into()])
    }

    /// Converted to a dtype.
    ///
    /// # Errors
    /// The operator's.
    pub fn to_dtype(&self, dtype: DType) -> Result<Variable> {
        if dtype == self.dtype() {
            return Ok(self.clone());
        }
        call_one("to.dtype", vec![self.into(), dtype.into()])
    }

    /// Tensors one after another along a dimension.
    ///
    /// # Errors
    /// The operator's.
    pub fn cat(variables: &[Variable], dim: i64) -> Result<Variable> {
        call_one("cat", vec![Arg::Tensors(variables.iter().cloned().map(Some).collect()), dim.into()])
    }

    /// Zeroes elements with probability `p` and scales the others by 1 / (1 - p), drawing from the generator.
    ///
    /// # Errors
    /// `ValueError` for a probability outside [0, 1].
    pub fn dropout(&self, p: f64, generator: &Generator) -> Result<Variable> {
        if !(0.0..=1.0).contains(&p) {
            return Err(tensor::Error::value(
                "dropout",
                format!("dropout probability has to be between 0 and 1, but got {}", Scalar::Float(p)),
            )
            .expected("[0, 1]")
            .found(p.to_string()));
        }
        if p == 0.0 || self.numel() == 0 {
            return Ok(self.clone());
        }
        if p == 1.0 {
            return self.mul(&Variable::from(self.data().zeros_like()?));
        }
        let kept = Tensor::bernoulli_p(self.sizes(), 1.0 - p, self.dtype(), generator)?;
        self.mul(&Variable::from(kept.div(1.0 - p)?))
    }
}
