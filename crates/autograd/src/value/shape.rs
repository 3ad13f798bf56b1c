//! Views, joins and other arrangements.

use tensor::{Arg, Result, Scalar, Tensor};

use super::Value;

/// Methods of one tensor whose arguments are the operator's in order.
macro_rules! arranged {
    ($($name:ident($($arg:ident: $ty:ty),*) => $operator:literal $(+ $extra:expr)?;)*) => {
        impl Value {$(
            pub fn $name(&self, $($arg: $ty),*) -> Result<Value> {
                match self {
                    Value::Plain(t) => t.$name($($arg),*).map(Value::Plain),
                    Value::Recorded(_) => {
                        Value::called($operator, vec![self.arg(), $($arg.into(),)* $($extra.into())?])
                    }
                }
            }
        )*}
    };
}
arranged! {
    reshape(sizes: &[i64]) => "reshape";
    permute(dims: &[i64]) => "permute";
    transpose(dim0: i64, dim1: i64) => "transpose.int";
    t() => "t";
    narrow(dim: i64, start: i64, length: i64) => "narrow";
    select(dim: i64, index: i64) => "select.int";
    squeeze_dims(dims: &[i64]) => "squeeze.dims";
    unsqueeze(dim: i64) => "unsqueeze";
    expand(sizes: &[i64]) => "expand" + false;
    flatten(start: i64, end: i64) => "flatten.using_ints";
    diagonal(offset: i64, dim1: i64, dim2: i64) => "diagonal";
    diag_embed(offset: i64, dim1: i64, dim2: i64) => "diag_embed";
    tril(diagonal: i64) => "tril";
    triu(diagonal: i64) => "triu";
    flip(dims: &[i64]) => "flip";
    roll(shifts: &[i64], dims: &[i64]) => "roll";
    constant_pad(pad: &[i64], value: Scalar) => "constant_pad_nd";
}

impl Value {
    /// Itself where the elements lie row by row, else a copy in which they do.
    pub fn contiguous(&self) -> Result<Value> {
        match self {
            Value::Plain(t) => t.contiguous().map(Value::Plain),
            Value::Recorded(v) if v.data().is_contiguous() => Ok(self.clone()),
            Value::Recorded(_) => self.copy(),
        }
    }
    pub fn copy(&self) -> Result<Value> {
        match self {
            Value::Plain(t) => t.copy().map(Value::Plain),
            Value::Recorded(_) => Value::called("clone", vec![self.arg(), Arg::None]),
        }
    }
    pub fn unbind(&self, dim: i64) -> Result<Vec<Value>> {
        match self {
            Value::Plain(t) => Ok(t.unbind(dim)?.into_iter().map(Value::Plain).collect()),
            Value::Recorded(v) => {
                let count = v.data().size(dim)? as i64;
                (0..count).map(|k| self.select(dim, k)).collect()
            }
        }
    }
    pub fn cat(values: &[Value], dim: i64) -> Result<Value> {
        if values.iter().any(Value::is_recorded) {
            let list = values.iter().map(|v| Some(v.to_variable())).collect();
            return Value::called("cat", vec![Arg::Tensors(list), dim.into()]);
        }
        let tensors: Vec<Tensor> = values.iter().map(|v| v.data().clone()).collect();
        Tensor::cat(&tensors, dim).map(Value::Plain)
    }

    /// Zeros of the given sizes, and this value where `view` looks.
    pub fn placed(
        &self,
        name: &'static str,
        sizes: &[i64],
        view: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + Clone + 'static,
    ) -> Result<Value> {
        let (sizes, dtype, back) = (sizes.to_vec(), self.dtype(), view.clone());
        let forward = move |t: &Tensor| {
            let zeros = Tensor::zeros(&sizes, dtype)?;
            view(&zeros)?.copy_(t)?;
            Ok(zeros)
        };
        self.linear(name, forward, move |t| back(t)?.copy())
    }

    /// A copy with zeros where `view` looks.
    pub fn without(
        &self,
        name: &'static str,
        view: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + Clone + 'static,
    ) -> Result<Value> {
        let cleared = move |t: &Tensor| {
            let own = t.copy()?;
            view(&own)?.fill_(Scalar::Int(0))?;
            Ok(own)
        };
        self.linear(name, cleared.clone(), cleared)
    }

    /// What `view` sees of this value, as a copy.
    pub fn seen(
        &self,
        name: &'static str,
        view: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + Clone + 'static,
    ) -> Result<Value> {
        let (dtype, back) = (self.dtype(), view.clone());
        let sizes: Vec<i64> = self.sizes().iter().map(|&n| n as i64).collect();
        let transposed = move |t: &Tensor| {
            let zeros = Tensor::zeros(&sizes, dtype)?;
            back(&zeros)?.copy_(t)?;
            Ok(zeros)
        };
        self.linear(name, move |t| view(t)?.copy(), transposed)
    }
}
