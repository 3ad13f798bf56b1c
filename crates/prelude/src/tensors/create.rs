//! Tensors made from numbers, sizes and generators.

use autograd::{Arg, DType, Scalar, Tensor, Variable};
use tensor::Generator;
use vm::{Fault, Value};

use super::value::{
    TensorValue, dtype_of, dtype_value, fault, fresh, one, operand_of, refused, required_float, scalar_of,
    tensor_of, tensor_value, tensors_of,
};
use crate::args::Args;
use crate::convert::items;
use crate::host::{Context, Table};
use crate::random::with;

/// Nested lists, flattened: sizes from the outermost list inward, and the numbers in order.
#[derive(Default)]
struct Nested {
    sizes: Vec<usize>,
    numbers: Vec<Scalar>,
}

impl Nested {
    fn read(&mut self, operation: &str, value: &Value, depth: usize) -> Result<(), Fault> {
        if let Some(number) = scalar_of(value) {
            if depth != self.sizes.len() {
                return Err(fault(operation, "ValueError", "only lists of one depth make a tensor"));
            }
            self.numbers.push(number);
            return Ok(());
        }
        let Some(list) = items(value) else {
            let text = format!("a tensor is made of numbers, found {}", value.type_name());
            return Err(fault(operation, "TypeError", &text));
        };
        match self.sizes.get(depth) {
            None if !self.numbers.is_empty() || depth == tensor::DIM_MAX => {
                return Err(fault(operation, "ValueError", "only lists of one depth make a tensor"));
            }
            None => self.sizes.push(list.len()),
            Some(&expected) if expected != list.len() => {
                let text =
                    format!("expected sequence of length {expected} at dim {depth} (got {})", list.len());
                return Err(fault(operation, "ValueError", &text));
            }
            Some(_) => {}
        }
        list.iter().try_for_each(|item| self.read(operation, item, depth + 1))
    }

    /// The dtype that holds all numbers: of bool, int64 and float32 the least.
    fn dtype(&self) -> DType {
        let dtypes = self.numbers.iter().map(|n| n.default_dtype());
        dtypes.reduce(DType::promote).unwrap_or(DType::F32)
    }

    fn tensor(self, dtype: Option<DType>) -> autograd::Result<Tensor> {
        let dtype = dtype.unwrap_or_else(|| self.dtype());
        if dtype.is_float() {
            let numbers: Vec<f64> = self.numbers.iter().map(|n| n.to_f64()).collect();
            return Tensor::from_vec(numbers, &self.sizes)?.to_dtype(dtype);
        }
        let numbers: Vec<i64> = self.numbers.iter().map(|n| n.to_i64()).collect();
        Tensor::from_vec(numbers, &self.sizes)?.to_dtype(dtype)
    }
}

/// `torch.tensor`: nested lists of numbers, or a copy of a tensor.
fn tensor(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let data = args.required("data")?;
    let dtype = dtype_of(args, "dtype")?;
    let wanted = args.flag("requires_grad", false)?;
    let table = matches!(data.type_name(), "Frame" | "Series");
    let made = match data.downcast::<TensorValue>() {
        _ if table => {
            let text = format!("a tensor is made of numbers, found {}", data.type_name());
            let help = "Tensor.from_frame and Tensor.from_series make tensors of tables";
            return Err(fault(operation, "TypeError", &text).help(help));
        }
        Some(tensor) => {
            let copy = tensor.leaf().data().copy().and_then(|t| t.to_dtype(dtype.unwrap_or(t.dtype())));
            copy.map_err(refused(operation))?
        }
        None => {
            let mut nested = Nested::default();
            nested.read(operation, data, 0)?;
            nested.tensor(dtype).map_err(refused(operation))?
        }
    };
    let variable = Variable::from(made);
    variable.requires_grad_(wanted).map_err(refused(operation))?;
    Ok(tensor_value(variable))
}

/// A tensor of one number; the dtype is the default one unless given.
fn filled(args: &mut Args<'_>, value: Option<f64>) -> Result<Value, Fault> {
    let sizes = args.ints("size")?;
    let scalar = match value {
        Some(value) => Scalar::Float(value),
        None => {
            let value = args.required("value")?;
            scalar_of(value).ok_or_else(|| args.wrong("value", "a number", value))?
        }
    };
    let dtype = dtype_of(args, "dtype")?;
    fresh(args.operation(), Tensor::full(&sizes, scalar, dtype))
}

/// A tensor of random numbers, from the generator given or the node's own.
fn drawn(
    context: &mut Context<'_>,
    args: &mut Args<'_>,
    draw: impl FnOnce(&Generator) -> autograd::Result<Tensor>,
) -> Result<Value, Fault> {
    let operation = args.operation();
    with(context, args, |g| fresh(operation, draw(g)))
}

fn joined(args: &mut Args<'_>, name: &str) -> Result<Value, Fault> {
    let values = tensors_of(args, "tensors")?;
    let tensors = values.iter().filter_map(Value::downcast::<TensorValue>).map(|t| Some(t.variable()));
    let tensors = Arg::Tensors(tensors.collect());
    let dim = args.int("dim", 0)?;
    one(args.operation(), name, vec![tensors, dim.into()])
}

/// A number among the bounds of a range, Int or Float as written.
fn bound(args: &mut Args<'_>, name: &str) -> Result<Scalar, Fault> {
    let value = args.required(name)?;
    scalar_of(value).ok_or_else(|| args.wrong(name, "a number", value))
}

fn choose(args: &mut Args<'_>) -> Result<Value, Fault> {
    let condition = tensor_of(args, "condition")?;
    let input = operand_of(args, "input")?;
    let other = operand_of(args, "other")?;
    let name = match (&input, &other) {
        (Arg::Tensor(_), Arg::Tensor(_)) => "where.self",
        (Arg::Tensor(_), _) => "where.ScalarOther",
        (_, Arg::Tensor(_)) => "where.ScalarSelf",
        _ => "where.Scalar",
    };
    one(args.operation(), name, vec![Arg::Tensor(condition), input, other])
}

pub(crate) const TABLE: Table = &[
    ("Tensor.arange", |_, a| {
        let (start, stop) = (bound(a, "start")?, bound(a, "stop")?);
        let step = match a.optional("step") {
            None => Scalar::Int(1),
            Some(value) => scalar_of(value).ok_or_else(|| a.wrong("step", "a number", value))?,
        };
        let dtype = dtype_of(a, "dtype")?;
        fresh(a.operation(), Tensor::arange(start, stop, step, dtype))
    }),
    ("Tensor.cat", |_, a| joined(a, "cat")),
    ("Tensor.eye", |_, a| {
        let n = a.required_int("n")?;
        fresh(a.operation(), Tensor::eye(n, n, DType::F32))
    }),
    ("Tensor.full", |_, a| filled(a, None)),
    ("Tensor.linspace", |_, a| {
        let (start, stop) = (required_float(a, "start")?, required_float(a, "stop")?);
        let steps = a.required_int("steps")?;
        fresh(a.operation(), Tensor::linspace(start, stop, steps, None))
    }),
    ("Tensor.ones", |_, a| filled(a, Some(1.0))),
    ("Tensor.rand", |c, a| {
        let sizes = a.ints("size")?;
        drawn(c, a, |g| Tensor::rand(&sizes, DType::F32, g))
    }),
    ("Tensor.randint", |c, a| {
        let (low, high) = (a.required_int("low")?, a.required_int("high")?);
        let sizes = a.ints("size")?;
        drawn(c, a, |g| Tensor::randint(low, high, &sizes, DType::I64, g))
    }),
    ("Tensor.randn", |c, a| {
        let sizes = a.ints("size")?;
        drawn(c, a, |g| Tensor::randn(&sizes, DType::F32, g))
    }),
    ("Tensor.randperm", |c, a| {
        let n = a.required_int("n")?;
        drawn(c, a, |g| Tensor::randperm(n, DType::I64, g))
    }),
    ("Tensor.stack", |_, a| joined(a, "stack")),
    ("Tensor.where", |_, a| choose(a)),
    ("Tensor.zeros", |_, a| filled(a, Some(0.0))),
    ("f32", |_, _| Ok(dtype_value(DType::F32))),
    ("f64", |_, _| Ok(dtype_value(DType::F64))),
    ("i32", |_, _| Ok(dtype_value(DType::I32))),
    ("i64", |_, _| Ok(dtype_value(DType::I64))),
    ("tensor", |_, a| tensor(a)),
    ("u8", |_, _| Ok(dtype_value(DType::U8))),
];
