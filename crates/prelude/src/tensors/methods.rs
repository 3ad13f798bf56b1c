//! The methods and properties of `Tensor`, and `no_grad`.

use autograd::{Arg, DType, Scalar, Variable};
use vm::{Fault, Value};

use super::frozen;
use super::value::{
    TensorValue, dtype_of, dtype_value, fault, many, missing, one, operand_of, refused, required_float,
    scalar_of, tensor_of, tensor_value,
};
use crate::args::Args;
use crate::host::{Context, Table};

/// The receiver, with its identity.
fn this<'a>(args: &mut Args<'a>) -> Result<(&'a Value, &'a TensorValue), Fault> {
    let value = args.required("self")?;
    match value.downcast() {
        Some(tensor) => Ok((value, tensor)),
        None => Err(args.wrong("self", "a Tensor", value)),
    }
}

/// An operator of the receiver alone.
fn unary(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    one(args.operation(), name, vec![(&x).into()])
}

/// An operator of the receiver and another tensor.
fn binary(args: &mut Args<'_>, name: &str, parameter: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let y = tensor_of(args, parameter)?;
    one(args.operation(), name, vec![(&x).into(), (&y).into()])
}

/// An operator of the receiver, a dimension and a tensor.
fn along(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let dim = args.required_int("dim")?;
    let index = tensor_of(args, "index")?;
    one(args.operation(), name, vec![(&x).into(), dim.into(), (&index).into()])
}

/// An operator of the receiver and one Int.
fn with_int(args: &mut Args<'_>, name: &str, parameter: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let number = args.required_int(parameter)?;
    one(args.operation(), name, vec![(&x).into(), number.into()])
}

/// An operator of the receiver and a list of Int.
fn with_ints(args: &mut Args<'_>, name: &str, parameter: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let numbers = args.ints(parameter)?;
    one(args.operation(), name, vec![(&x).into(), numbers.as_slice().into()])
}

/// A reduction of all elements, or along one dimension.
fn reduced(args: &mut Args<'_>, whole: &str, along: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let dim = args.optional_int("dim")?;
    let keepdim = args.flag("keepdim", false)?;
    match dim {
        None if !keepdim => one(args.operation(), whole, vec![(&x).into()]),
        None => {
            let all: Vec<i64> = (0..x.dim() as i64).collect();
            one(args.operation(), along, vec![(&x).into(), all.as_slice().into(), true.into()])
        }
        Some(dim) => one(args.operation(), along, vec![(&x).into(), [dim].as_slice().into(), keepdim.into()]),
    }
}

/// Variance or its root, with torch's default correction.
fn spread(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let dims = match args.optional_int("dim")? {
        Some(dim) => [dim].as_slice().into(),
        None => Arg::None,
    };
    let keepdim = args.flag("keepdim", false)?;
    one(args.operation(), name, vec![(&x).into(), dims, 1i64.into(), keepdim.into()])
}

fn extreme(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let dim = args.optional_int("dim")?;
    let keepdim = args.flag("keepdim", false)?;
    one(args.operation(), name, vec![(&x).into(), dim.into(), keepdim.into()])
}

fn parts(args: &mut Args<'_>, name: &str, parameter: &str) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let count = args.required_int(parameter)?;
    let dim = args.int("dim", 0)?;
    many(args.operation(), name, vec![(&x).into(), count.into(), dim.into()])
}

fn converted(args: &mut Args<'_>, dtype: Option<DType>) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let dtype = match dtype {
        Some(dtype) => dtype,
        None => dtype_of(args, "dtype")?.unwrap_or(x.dtype()),
    };
    x.to_dtype(dtype).map(tensor_value).map_err(refused(args.operation()))
}

/// A number between bounds, either of which may be missing.
fn clamp(args: &mut Args<'_>) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let mut bound = |name: &str| match args.optional(name) {
        None => Ok(None),
        Some(value) => scalar_of(value).map(Some).ok_or_else(|| args.wrong(name, "a number", value)),
    };
    let (min, max) = (bound("min")?, bound("max")?);
    one(args.operation(), "clamp", vec![(&x).into(), min.into(), max.into()])
}

/// All elements of a vector as Floats.
fn to_list(args: &mut Args<'_>) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    match x.dim() {
        1 => x.data().to_vec_as::<f64>().map(Value::floats).map_err(refused(args.operation())),
        0 => Err(fault(args.operation(), "TypeError", "a 0-d tensor is a number").help("`item()` gives it")),
        dim => Err(missing(args.operation(), &format!("a list of a tensor with {dim} dimensions"))
            .help("`flatten()` first, or index a row")),
    }
}

fn item(args: &mut Args<'_>) -> Result<Value, Fault> {
    let (_, x) = this(args)?;
    let scalar = x.leaf().data().item().map_err(refused(args.operation()))?;
    Ok(Value::Float(scalar.to_f64()))
}

fn backward(args: &mut Args<'_>) -> Result<Value, Fault> {
    let (_, x) = this(args)?;
    if x.is_frozen() {
        return Err(frozen(args.operation()));
    }
    let refuse = refused(args.operation());
    x.leaf().backward().map_err(|error| {
        let fault = refuse(error);
        if fault.message.contains("does not require grad") {
            return fault.help(
                "nothing in this value asks for a gradient; what another result made is a constant here, and is \
                 trained in the fence that makes it",
            );
        }
        fault
    })?;
    Ok(Value::Null)
}

fn requires_grad_(args: &mut Args<'_>) -> Result<Value, Fault> {
    let (value, x) = this(args)?;
    let wanted = args.flag("requires_grad", true)?;
    if x.is_frozen() && wanted != x.leaf().requires_grad() {
        return Err(frozen(args.operation()));
    }
    x.leaf().requires_grad_(wanted).map_err(refused(args.operation()))?;
    Ok(value.clone())
}

/// Calls the body without recording gradients.
fn no_grad(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let body = args.required("body")?;
    autograd::no_grad(|| context.call(body, &[]))
}

fn equal(args: &mut Args<'_>) -> Result<Value, Fault> {
    let x = tensor_of(args, "self")?;
    let other = operand_of(args, "other")?;
    let name = if matches!(other, Arg::Tensor(_)) { "eq.Tensor" } else { "eq.Scalar" };
    one(args.operation(), name, vec![(&x).into(), other])
}

fn sizes(x: &Variable) -> Vec<i64> {
    x.sizes().iter().map(|&size| size as i64).collect()
}

pub(crate) const TABLE: Table = &[
    ("Tensor.T", |_, a| {
        let x = tensor_of(a, "self")?;
        let reversed: Vec<i64> = (0..x.dim() as i64).rev().collect();
        one(a.operation(), "permute", vec![(&x).into(), reversed.as_slice().into()])
    }),
    ("Tensor.abs", |_, a| unary(a, "abs")),
    ("Tensor.all", |_, a| unary(a, "all")),
    ("Tensor.any", |_, a| unary(a, "any")),
    ("Tensor.argmax", |_, a| extreme(a, "argmax")),
    ("Tensor.argmin", |_, a| extreme(a, "argmin")),
    ("Tensor.argsort", |_, a| {
        let x = tensor_of(a, "self")?;
        let dim = a.int("dim", -1)?;
        let descending = a.flag("descending", false)?;
        one(a.operation(), "argsort", vec![(&x).into(), dim.into(), descending.into()])
    }),
    ("Tensor.backward", |_, a| backward(a)),
    ("Tensor.bmm", |_, a| binary(a, "bmm", "other")),
    ("Tensor.ceil", |_, a| unary(a, "ceil")),
    ("Tensor.chunk", |_, a| parts(a, "chunk", "chunks")),
    ("Tensor.clamp", |_, a| clamp(a)),
    ("Tensor.clone", |_, a| unary(a, "clone")),
    ("Tensor.contiguous", |_, a| unary(a, "contiguous")),
    ("Tensor.cos", |_, a| unary(a, "cos")),
    ("Tensor.cumsum", |_, a| with_int(a, "cumsum", "dim")),
    ("Tensor.detach", |_, a| Ok(tensor_value(tensor_of(a, "self")?.detach()))),
    ("Tensor.double", |_, a| converted(a, Some(DType::F64))),
    ("Tensor.dtype", |_, a| Ok(dtype_value(tensor_of(a, "self")?.dtype()))),
    ("Tensor.eq", |_, a| equal(a)),
    ("Tensor.exp", |_, a| unary(a, "exp")),
    ("Tensor.expand", |_, a| with_ints(a, "expand", "size")),
    ("Tensor.flatten", |_, a| {
        let x = tensor_of(a, "self")?;
        let (start, end) = (a.int("start_dim", 0)?, a.int("end_dim", -1)?);
        one(a.operation(), "flatten.using_ints", vec![(&x).into(), start.into(), end.into()])
    }),
    ("Tensor.float", |_, a| converted(a, Some(DType::F32))),
    ("Tensor.floor", |_, a| unary(a, "floor")),
    ("Tensor.gather", |_, a| along(a, "gather")),
    ("Tensor.grad", |_, a| {
        let (_, x) = this(a)?;
        Ok(match x.leaf().grad() {
            // Later passes add to the gradient in place; a value stays what it was.
            Some(grad) => tensor_value(grad.copy().map_err(refused(a.operation()))?.into()),
            None => Value::Null,
        })
    }),
    ("Tensor.index_select", |_, a| along(a, "index_select")),
    ("Tensor.isnan", |_, a| unary(a, "isnan")),
    ("Tensor.item", |_, a| item(a)),
    ("Tensor.log", |_, a| unary(a, "log")),
    ("Tensor.log1p", |_, a| unary(a, "log1p")),
    ("Tensor.log_softmax", |_, a| with_int(a, "log_softmax.int", "dim")),
    ("Tensor.logsumexp", |_, a| {
        let x = tensor_of(a, "self")?;
        let dim = a.required_int("dim")?;
        let keepdim = a.flag("keepdim", false)?;
        one(a.operation(), "logsumexp", vec![(&x).into(), [dim].as_slice().into(), keepdim.into()])
    }),
    ("Tensor.long", |_, a| converted(a, Some(DType::I64))),
    ("Tensor.masked_select", |_, a| binary(a, "masked_select", "mask")),
    ("Tensor.matmul", |_, a| binary(a, "matmul", "other")),
    ("Tensor.max", |_, a| unary(a, "max")),
    ("Tensor.maximum", |_, a| binary(a, "maximum", "other")),
    ("Tensor.mean", |_, a| reduced(a, "mean", "mean.dim")),
    ("Tensor.min", |_, a| unary(a, "min")),
    ("Tensor.minimum", |_, a| binary(a, "minimum", "other")),
    ("Tensor.mm", |_, a| binary(a, "mm", "other")),
    ("Tensor.narrow", |_, a| {
        let x = tensor_of(a, "self")?;
        let (dim, start, length) =
            (a.required_int("dim")?, a.required_int("start")?, a.required_int("length")?);
        one(a.operation(), "narrow", vec![(&x).into(), dim.into(), start.into(), length.into()])
    }),
    ("Tensor.ndim", |_, a| Ok(Value::Int(tensor_of(a, "self")?.dim() as i64))),
    ("Tensor.neg", |_, a| unary(a, "neg")),
    ("Tensor.norm", |_, a| unary(a, "linalg_vector_norm")),
    ("Tensor.numel", |_, a| Ok(Value::Int(tensor_of(a, "self")?.numel() as i64))),
    ("Tensor.permute", |_, a| with_ints(a, "permute", "dims")),
    ("Tensor.pow", |_, a| {
        let x = tensor_of(a, "self")?;
        let exponent = required_float(a, "exponent")?;
        one(a.operation(), "pow.Tensor_Scalar", vec![(&x).into(), Scalar::Float(exponent).into()])
    }),
    ("Tensor.relu", |_, a| unary(a, "relu")),
    ("Tensor.requires_grad", |_, a| Ok(Value::Bool(this(a)?.1.leaf().requires_grad()))),
    ("Tensor.requires_grad_", |_, a| requires_grad_(a)),
    ("Tensor.reshape", |_, a| with_ints(a, "reshape", "shape")),
    ("Tensor.round", |_, a| unary(a, "round")),
    ("Tensor.rsqrt", |_, a| unary(a, "rsqrt")),
    ("Tensor.select", |_, a| {
        let x = tensor_of(a, "self")?;
        let (dim, index) = (a.required_int("dim")?, a.required_int("index")?);
        one(a.operation(), "select.int", vec![(&x).into(), dim.into(), index.into()])
    }),
    ("Tensor.shape", |_, a| Ok(Value::ints(sizes(&tensor_of(a, "self")?)))),
    ("Tensor.sigmoid", |_, a| unary(a, "sigmoid")),
    ("Tensor.sign", |_, a| unary(a, "sign")),
    ("Tensor.sin", |_, a| unary(a, "sin")),
    ("Tensor.size", |_, a| {
        let x = tensor_of(a, "self")?;
        let dim = a.required_int("dim")?;
        x.data().size(dim).map(|n| Value::Int(n as i64)).map_err(refused(a.operation()))
    }),
    ("Tensor.softmax", |_, a| with_int(a, "softmax.int", "dim")),
    ("Tensor.split", |_, a| parts(a, "split.Tensor", "split_size")),
    ("Tensor.sqrt", |_, a| unary(a, "sqrt")),
    ("Tensor.squeeze", |_, a| {
        let x = tensor_of(a, "self")?;
        match a.optional_int("dim")? {
            None => one(a.operation(), "squeeze", vec![(&x).into()]),
            Some(dim) => one(a.operation(), "squeeze.dim", vec![(&x).into(), dim.into()]),
        }
    }),
    ("Tensor.std", |_, a| spread(a, "std.correction")),
    ("Tensor.sum", |_, a| reduced(a, "sum", "sum.dim_IntList")),
    ("Tensor.t", |_, a| unary(a, "t")),
    ("Tensor.tanh", |_, a| unary(a, "tanh")),
    ("Tensor.to", |_, a| converted(a, None)),
    ("Tensor.to_list", |_, a| to_list(a)),
    ("Tensor.tolist", |_, a| to_list(a)),
    ("Tensor.transpose", |_, a| {
        let x = tensor_of(a, "self")?;
        let (dim0, dim1) = (a.required_int("dim0")?, a.required_int("dim1")?);
        one(a.operation(), "transpose.int", vec![(&x).into(), dim0.into(), dim1.into()])
    }),
    ("Tensor.unsqueeze", |_, a| with_int(a, "unsqueeze", "dim")),
    ("Tensor.var", |_, a| spread(a, "var.correction")),
    ("Tensor.view", |_, a| with_ints(a, "view", "shape")),
    ("no_grad", no_grad),
];
