//! Elementwise operations, comparisons, reductions and products.

use tensor::{Arg, DType, Operand, Result, Rounding, Scalar, Tensor};

use super::{Other, Value};

impl Other<'_> {
    fn is_recorded(&self) -> bool {
        matches!(self, Other::Value(Value::Recorded(_)))
    }
    fn arg(&self) -> Arg<crate::Variable> {
        match self {
            Other::Value(v) => v.arg(),
            Other::Scalar(s) => Arg::Scalar(*s),
        }
    }
    fn overload(&self) -> &'static str {
        match self {
            Other::Value(_) => "Tensor",
            Other::Scalar(_) => "Scalar",
        }
    }
}

impl<'a> From<Other<'a>> for Operand<'a> {
    fn from(other: Other<'a>) -> Self {
        match other {
            Other::Value(v) => Operand::Tensor(v.data()),
            Other::Scalar(s) => Operand::Scalar(s),
        }
    }
}

macro_rules! arithmetic {
    ($($name:ident($($extra:expr),*);)*) => {
        impl Value {$(
            pub fn $name<'a>(&self, other: impl Into<Other<'a>>) -> Result<Value> {
                let other = other.into();
                if let Value::Plain(t) = self && !other.is_recorded() {
                    return t.$name(Operand::from(other)).map(Value::Plain);
                }
                let name = concat!(stringify!($name), ".");
                Value::called(&format!("{name}{}", other.overload()), vec![self.arg(), other.arg(), $($extra.into()),*])
            }
        )*}
    };
}
arithmetic! {
    add(1i64);
    sub(1i64);
    mul();
    div();
}

macro_rules! compared {
    ($($name:ident)*) => {
        impl Value {$(
            pub fn $name<'a>(&self, other: impl Into<Other<'a>>) -> Result<Value> {
                self.data().$name(Operand::from(other.into())).map(Value::Plain)
            }
        )*}
    };
}
compared!(eq lt gt ge);

macro_rules! unary {
    ($($name:ident)*) => {
        impl Value {$(
            pub fn $name(&self) -> Result<Value> {
                match self {
                    Value::Plain(t) => t.$name().map(Value::Plain),
                    Value::Recorded(_) => Value::called(stringify!($name), vec![self.arg()]),
                }
            }
        )*}
    };
}
unary!(neg abs exp exp2 log square sqrt rsqrt sigmoid sin cos sinh cosh deg2rad rad2deg);

impl Value {
    /// An operator of one operand by its name, where only a recorded value needs it.
    pub fn unary(&self, operator: &str) -> Result<Value> {
        Value::called(operator, vec![self.arg()])
    }
    pub fn rsub(&self, number: impl Into<Scalar>) -> Result<Value> {
        let number = number.into();
        match self {
            Value::Plain(t) => t.rsub(number).map(Value::Plain),
            Value::Recorded(_) => Value::called("rsub.Scalar", vec![self.arg(), number.into(), 1i64.into()]),
        }
    }
    pub fn pow<'a>(&self, exponent: impl Into<Other<'a>>) -> Result<Value> {
        let exponent = exponent.into();
        if let Value::Plain(t) = self
            && !exponent.is_recorded()
        {
            return t.pow(Operand::from(exponent)).map(Value::Plain);
        }
        Value::called(&format!("pow.Tensor_{}", exponent.overload()), vec![self.arg(), exponent.arg()])
    }
    pub fn polygamma(&self, order: i64) -> Result<Value> {
        match self {
            Value::Plain(t) => t.polygamma(order).map(Value::Plain),
            Value::Recorded(_) => Value::called("polygamma", vec![order.into(), self.arg()]),
        }
    }
    /// -1, 0 or 1: constant wherever it has a derivative.
    pub fn sign(&self) -> Result<Value> {
        self.data().sign().map(Value::Plain)
    }
    pub fn div_rounded(&self, other: &Value, rounding: Rounding) -> Result<Value> {
        self.data().div_rounded(other.data(), rounding).map(Value::Plain)
    }
    pub fn isnan(&self) -> Result<Value> {
        self.data().isnan().map(Value::Plain)
    }
    pub fn logical_and(&self, other: &Value) -> Result<Value> {
        self.data().logical_and(other.data()).map(Value::Plain)
    }
    pub fn logical_or(&self, other: &Value) -> Result<Value> {
        self.data().logical_or(other.data()).map(Value::Plain)
    }
    pub fn logical_not(&self) -> Result<Value> {
        self.data().logical_not().map(Value::Plain)
    }
    pub fn to_dtype(&self, dtype: DType) -> Result<Value> {
        match self {
            Value::Plain(t) => t.to_dtype(dtype).map(Value::Plain),
            Value::Recorded(v) => v.to_dtype(dtype).map(Value::from),
        }
    }
    /// `a` where the condition holds, else `b`.
    pub fn where_<'a, 'b>(
        condition: &Value,
        a: impl Into<Other<'a>>,
        b: impl Into<Other<'b>>,
    ) -> Result<Value> {
        let (a, b) = (a.into(), b.into());
        if !a.is_recorded() && !b.is_recorded() {
            return Tensor::where_(condition.data(), Operand::from(a), Operand::from(b)).map(Value::Plain);
        }
        let operator = match (a, b) {
            (Other::Scalar(_), _) => "where.ScalarSelf",
            (_, Other::Scalar(_)) => "where.ScalarOther",
            _ => "where.self",
        };
        Value::called(operator, vec![condition.arg(), a.arg(), b.arg()])
    }
    pub fn masked_fill(&self, mask: &Value, value: Scalar) -> Result<Value> {
        match self {
            Value::Plain(t) => t.masked_fill(mask.data(), value).map(Value::Plain),
            Value::Recorded(_) => {
                Value::called("masked_fill.Scalar", vec![self.arg(), mask.arg(), value.into()])
            }
        }
    }

    /// `f` of both operands in f64, rounded once; recorded operands are taken through `recorded`.
    pub fn fused(
        &self,
        name: &'static str,
        other: &Value,
        f: impl Fn(f64, f64) -> f64 + Sync,
        recorded: impl FnOnce(&Value, &Value) -> Result<Value>,
    ) -> Result<Value> {
        match (self, other) {
            (Value::Plain(a), Value::Plain(b)) => a.zip_float(name, b, f).map(Value::Plain),
            _ => recorded(self, other),
        }
    }
    /// `f` in f64, rounded once; a recorded value is taken through `recorded`.
    pub fn computed(
        &self,
        name: &'static str,
        f: impl Fn(f64) -> f64 + Sync,
        recorded: impl FnOnce(&Value) -> Result<Value>,
    ) -> Result<Value> {
        match self {
            Value::Plain(t) => t.map_float(name, f).map(Value::Plain),
            Value::Recorded(_) => recorded(self),
        }
    }
    /// The gradient `self` scaled or cut by `f` according to another value, of which the factor is a step function:
    /// a linear map of the gradient that is its own transpose.
    pub fn cut(
        &self,
        name: &'static str,
        by: &Value,
        f: impl Fn(f64, f64) -> f64 + Send + Sync + Clone + 'static,
    ) -> Result<Value> {
        if let Value::Plain(g) = self {
            return g.zip_float(name, by.data(), f).map(Value::Plain);
        }
        let (x, again, back) = (by.data().clone(), by.data().clone(), f.clone());
        self.linear(name, move |g| g.zip_float(name, &x, &f), move |g| g.zip_float(name, &again, &back))
    }

    pub fn sum(&self, dtype: Option<DType>) -> Result<Value> {
        match self {
            Value::Plain(t) => t.sum(dtype).map(Value::Plain),
            Value::Recorded(_) => Value::called("sum", vec![self.arg(), dtype.into()]),
        }
    }
    pub fn sum_dims(&self, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Value> {
        match self {
            Value::Plain(t) => t.sum_dims(dims, keepdim, dtype).map(Value::Plain),
            Value::Recorded(_) => {
                Value::called("sum.dim_IntList", vec![self.arg(), dims.into(), keepdim.into(), dtype.into()])
            }
        }
    }
    pub fn mean_dims(&self, dims: &[i64], keepdim: bool, dtype: Option<DType>) -> Result<Value> {
        match self {
            Value::Plain(t) => t.mean_dims(dims, keepdim, dtype).map(Value::Plain),
            Value::Recorded(_) => {
                Value::called("mean.dim", vec![self.arg(), dims.into(), keepdim.into(), dtype.into()])
            }
        }
    }
    /// Summed over the dimensions that broadcasting to this value's sizes had added or widened.
    pub fn sum_to_size(&self, sizes: &[usize]) -> Result<Value> {
        match self {
            Value::Plain(t) => t.sum_to_size(sizes).map(Value::Plain),
            Value::Recorded(v) if v.sizes() == sizes => Ok(self.clone()),
            Value::Recorded(v) => {
                let lead = v.dim().saturating_sub(sizes.len());
                let widened = |d: &usize| {
                    *d < lead || (sizes.get(*d - lead) == Some(&1) && v.sizes().get(*d) != Some(&1))
                };
                let dims: Vec<i64> = (0..v.dim()).filter(widened).map(|d| d as i64).collect();
                let sizes: Vec<i64> = sizes.iter().map(|&n| n as i64).collect();
                if dims.is_empty() {
                    return self.reshape(&sizes);
                }
                self.sum_dims(&dims, true, None)?.reshape(&sizes)
            }
        }
    }
    pub fn cumsum(&self, dim: i64, dtype: Option<DType>) -> Result<Value> {
        match self {
            Value::Plain(t) => t.cumsum(dim, dtype).map(Value::Plain),
            Value::Recorded(_) => Value::called("cumsum", vec![self.arg(), dim.into(), dtype.into()]),
        }
    }
    pub fn cumprod(&self, dim: i64) -> Result<Value> {
        Value::called("cumprod", vec![self.arg(), dim.into(), Arg::None])
    }
    pub fn logcumsumexp(&self, dim: i64) -> Result<Value> {
        match self {
            Value::Plain(t) => t.logcumsumexp(dim).map(Value::Plain),
            Value::Recorded(_) => Value::called("logcumsumexp", vec![self.arg(), dim.into()]),
        }
    }
}

macro_rules! products {
    ($($name:ident)*) => {
        impl Value {$(
            pub fn $name(&self, other: &Value) -> Result<Value> {
                match (self, other) {
                    (Value::Plain(a), Value::Plain(b)) => a.$name(b).map(Value::Plain),
                    _ => Value::called(stringify!($name), vec![self.arg(), other.arg()]),
                }
            }
        )*}
    };
}
products!(mm bmm matmul);
