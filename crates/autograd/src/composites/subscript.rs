//! Subscripts, `x[1, ..., None, 2:5, mask]`, read and written, as Python's binding of PyTorch takes them apart.

use tensor::{Arg, Args, Error, Result, Scalar, Tensor};

use crate::composite::Composite;
use crate::dispatch::{call, call_one};
use crate::variable::Variable;

/// What a key leaves to do: a view, and the tensors that index its dimensions.
struct Taken {
    view: Variable,
    indices: Vec<Option<Variable>>,
}

/// The parts of a key: a list is a tuple of them, anything else one.
fn parts(key: &Arg<Variable>) -> Vec<Arg<Variable>> {
    match key {
        Arg::List(items) => items.clone(),
        Arg::Ints(items) => items.iter().map(|&i| Arg::from(i)).collect(),
        Arg::Tensors(items) => items.iter().map(|item| item.clone().map_or(Arg::None, Arg::Tensor)).collect(),
        one => vec![one.clone()],
    }
}

/// How many dimensions of the tensor a part takes.
fn consumed(part: &Arg<Variable>) -> usize {
    match part {
        Arg::None | Arg::Ellipsis | Arg::Scalar(Scalar::Bool(_)) => 0,
        Arg::Tensor(mask) if matches!(mask.dtype(), tensor::DType::Bool | tensor::DType::U8) => mask.dim(),
        _ => 1,
    }
}

fn named(name: &str, args: Vec<Arg<Variable>>) -> Result<Variable> {
    call_one(name, args)
}

/// A sequence of numbers inside a key is a tensor of them.
fn sequence(items: &[Arg<Variable>]) -> Result<Variable> {
    let scalar = |item: &Arg<Variable>| match item {
        Arg::Scalar(number @ (Scalar::Int(_) | Scalar::Bool(_))) => Ok(*number),
        _ => Err(Error::index("__getitem__", "a sequence in a subscript holds integers or bools alone")),
    };
    let numbers: Vec<Scalar> = items.iter().map(scalar).collect::<Result<_>>()?;
    let count = numbers.len();
    if !numbers.is_empty() && numbers.iter().all(|number| matches!(number, Scalar::Bool(_))) {
        let values: Vec<bool> = numbers.iter().map(|number| number.to_i64() != 0).collect();
        return Tensor::from_vec(values, &[count]).map(Variable::from);
    }
    let values: Vec<i64> = numbers.iter().map(|number| number.to_i64()).collect();
    Tensor::from_vec(values, &[count]).map(Variable::from)
}

fn take(target: &Variable, key: &Arg<Variable>) -> Result<Taken> {
    let parts = parts(key);
    let wanted: usize = parts.iter().map(consumed).sum();
    if wanted > target.dim() {
        let text = format!("too many indices for tensor of dimension {}", target.dim());
        return Err(Error::index("__getitem__", text).shapes(&[target.sizes()]).found(wanted.to_string()));
    }
    let mut view = target.clone();
    let mut indices: Vec<Option<Variable>> = Vec::new();
    let mut dim = 0i64;
    let mut index_at = |dim: &mut i64, index: Variable| {
        indices.resize(*dim as usize, None);
        *dim += 1;
        indices.push(Some(index));
    };
    let mut seen = 0usize;
    for part in &parts {
        seen += consumed(part);
        match part {
            Arg::Ellipsis => dim = view.dim() as i64 - (wanted - seen) as i64,
            Arg::None => {
                view = named("unsqueeze", vec![Arg::Tensor(view), dim.into()])?;
                dim += 1;
            }
            Arg::Scalar(Scalar::Int(at)) => {
                view = named("select.int", vec![Arg::Tensor(view), dim.into(), (*at).into()])?;
            }
            Arg::Scalar(Scalar::Bool(kept)) => {
                view = named("unsqueeze", vec![Arg::Tensor(view), dim.into()])?;
                index_at(&mut dim, Tensor::from_vec(vec![*kept], &[1])?.into());
            }
            Arg::Slice([start, stop, step]) => {
                let step = step.unwrap_or(1);
                if step <= 0 {
                    return Err(
                        Error::value("__getitem__", "step must be greater than zero").found(step.to_string())
                    );
                }
                let bound = |bound: &Option<i64>| bound.map_or(Arg::None, Arg::from);
                let args = vec![Arg::Tensor(view), dim.into(), bound(start), bound(stop), step.into()];
                view = named("slice.Tensor", args)?;
                dim += 1;
            }
            Arg::Tensor(index) if index.dim() == 0 && index.dtype().is_integral() => {
                match index.data().item()? {
                    Scalar::Int(at) => {
                        view = named("select.int", vec![Arg::Tensor(view), dim.into(), at.into()])?;
                    }
                    kept => {
                        view = named("unsqueeze", vec![Arg::Tensor(view), dim.into()])?;
                        index_at(&mut dim, Tensor::from_vec(vec![kept.to_i64() != 0], &[1])?.into());
                    }
                }
            }
            Arg::Tensor(index) => {
                let further = consumed(part).saturating_sub(1) as i64;
                index_at(&mut dim, index.clone());
                dim += further;
            }
            Arg::List(items) => index_at(&mut dim, sequence(items)?),
            Arg::Ints(items) => {
                let items: Vec<Arg<Variable>> = items.iter().map(|&i| Arg::from(i)).collect();
                index_at(&mut dim, sequence(&items)?);
            }
            _ => {
                let text = "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices";
                return Err(Error::index("__getitem__", text));
            }
        }
    }
    Ok(Taken { view, indices })
}

fn read(args: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let Taken { view, indices } = take(args.tensor(0)?, args.value(1))?;
    if indices.is_empty() {
        // `x[...]` is another tensor over the same storage.
        let sizes = view.sizes().iter().map(|&size| size as i64).collect();
        return if view.is(args.tensor(0)?) {
            call("expand", vec![Arg::Tensor(view), Arg::Ints(sizes), false.into()])
        } else {
            Ok(vec![view])
        };
    }
    call("index.Tensor", vec![Arg::Tensor(view), Arg::Tensors(indices)])
}

fn write(args: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let target = args.tensor(0)?;
    let value = match args.value(2) {
        Arg::Tensor(value) => value.clone(),
        Arg::Scalar(number) => Variable::from(Tensor::scalar(*number, target.dtype())),
        _ => {
            return Err(Error::type_error(
                "__setitem__",
                "can't assign this to a tensor: expected a tensor or a number",
            ));
        }
    };
    let Taken { view, indices } = take(target, args.value(1))?;
    // Dimensions of size 1 in front say nothing.
    let mut value = value;
    while value.dim() > view.dim() && value.sizes().first() == Some(&1) {
        value = named("select.int", vec![Arg::Tensor(value), 0i64.into(), 0i64.into()])?;
    }
    if indices.is_empty() {
        call("copy_", vec![Arg::Tensor(view), Arg::Tensor(value)])?;
    } else {
        let value = if value.dtype() == view.dtype() { value } else { value.to_dtype(view.dtype())? };
        let args = vec![Arg::Tensor(view), Arg::Tensors(indices), Arg::Tensor(value), false.into()];
        call("index_put_", args)?;
    }
    Ok(vec![target.clone()])
}

pub(super) const ROWS: &[Composite] = &[
    Composite { schema: "__getitem__(Tensor self, Any key) -> Tensor", body: read },
    Composite { schema: "__setitem__(Tensor(a!) self, Any key, Any value) -> Tensor(a!)", body: write },
];
