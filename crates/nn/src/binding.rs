//! Fitting untyped arguments to the typed parameters of one schema, by the rules of PyTorch's argument parser.

use std::fmt;

use autograd::{Arg, Scalar, Variable};
use tensor::{Param, default};

/// Why a schema does not take the arguments.
#[derive(Debug)]
pub(crate) struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names that PyTorch takes for a parameter beside its own: Python's `input`, numpy's spellings.
const SPELLINGS: &[(&str, &str)] = &[
    ("input", "self"),
    ("self", "input"),
    ("x", "self"),
    ("a", "self"),
    ("x1", "self"),
    ("x2", "other"),
    ("axis", "dim"),
    ("keepdims", "keepdim"),
];

/// The arguments in the schema's order, each of the parameter's type.
pub(crate) fn bind(
    operator: &'static str,
    params: &[Param],
    args: &[Arg<Variable>],
    named: &[(String, Arg<Variable>)],
) -> Result<Vec<Arg<Variable>>, Mismatch> {
    let mut values: Vec<Option<Arg<Variable>>> = vec![None; params.len()];
    let positional = params.iter().filter(|param| !param.keyword_only).count();
    let packed = packed(operator, params, args);
    let args = packed.as_deref().unwrap_or(args);
    if args.len() > positional {
        return Err(Mismatch(format!(
            "takes {positional} positional arguments but {} were given",
            args.len()
        )));
    }
    for (k, ((slot, param), arg)) in values.iter_mut().zip(params).zip(args).enumerate() {
        *slot = Some(fit(param, arg).ok_or_else(|| {
            Mismatch(format!(
                "argument '{}' (position {}) must be {}, not {}",
                param.name,
                k + 1,
                python_type(param.ty),
                type_name(arg)
            ))
        })?);
    }
    for (name, arg) in named {
        let at = position(params, name)
            .ok_or_else(|| Mismatch(format!("got an unexpected keyword argument '{name}'")))?;
        let (Some(param), Some(slot)) = (params.get(at), values.get_mut(at)) else { continue };
        if slot.is_some() {
            return Err(Mismatch(format!("got multiple values for argument '{name}'")));
        }
        *slot = Some(fit(param, arg).ok_or_else(|| {
            Mismatch(format!("argument '{name}' must be {}, not {}", python_type(param.ty), type_name(arg)))
        })?);
    }
    values
        .into_iter()
        .zip(params)
        .map(|(value, param)| match value {
            Some(Arg::None) if param.ty == "Generator?" => Ok(default(operator, param)),
            Some(value) => Ok(Ok(value)),
            None => Ok(default(operator, param)),
        })
        .map(|value| value.and_then(|value| value.map_err(|error| Mismatch(error.to_string()))))
        .collect()
}

fn position(params: &[Param], name: &str) -> Option<usize> {
    let own = |name: &str| params.iter().position(|param| param.name == name);
    own(name).or_else(|| SPELLINGS.iter().filter(|(other, _)| *other == name).find_map(|(_, used)| own(used)))
}

/// Functions that take their tensors or shapes one by one as well as in a list.
const SPREAD: &[&str] = &[
    "atleast_1d.Sequence",
    "atleast_2d.Sequence",
    "atleast_3d.Sequence",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "meshgrid",
    "meshgrid.indexing",
];

/// A list that stands alone among the positional parameters, but for the tensor itself, may be spread over the arguments.
fn packed(operator: &str, params: &[Param], args: &[Arg<Variable>]) -> Option<Vec<Arg<Variable>>> {
    if SPREAD.contains(&operator) {
        let is_list =
            matches!(args, [Arg::List(items)] if items.iter().any(|item| matches!(item, Arg::Tensor(_))));
        return (!is_list && !args.is_empty()).then(|| vec![Arg::List(args.to_vec())]);
    }
    let at = usize::from(params.first().is_some_and(|param| param.ty.starts_with("Tensor")));
    let param = params.get(at).filter(|param| element(param.ty).1 && is_int(element(param.ty).0))?;
    // Where other parameters stand behind it, more integers fill those.
    if params.get(at + 1).is_some_and(|next| !next.keyword_only) {
        return None;
    }
    let tail = args.get(at..)?;
    let whole = |arg: &Arg<Variable>| match arg {
        Arg::Scalar(Scalar::Int(i)) => Some(*i),
        _ => None,
    };
    let ints: Vec<i64> = tail.iter().map(whole).collect::<Option<_>>()?;
    // Where one integer suffices, it stands for the whole list.
    if ints.is_empty() || param.ty.contains("[1]") {
        return None;
    }
    let mut packed = args.get(..at)?.to_vec();
    packed.push(Arg::Ints(ints));
    Some(packed)
}

fn is_int(element: &str) -> bool {
    matches!(element, "int" | "SymInt")
}

/// The element's type, whether it is a list, whether one element counts as a list, and whether it may be absent.
fn element(ty: &str) -> (&str, bool, bool, bool) {
    let (ty, optional) = ty.strip_suffix('?').map_or((ty, false), |ty| (ty, true));
    let Some((element, count)) = ty.rsplit_once('[') else { return (bare(ty), false, false, optional) };
    (bare(element), true, count.len() > 1, optional)
}

/// Without alias marks.
fn bare(ty: &str) -> &str {
    ty.split('(').next().unwrap_or(ty)
}

/// The argument as the parameter's type, if it has it.
fn fit(param: &Param, arg: &Arg<Variable>) -> Option<Arg<Variable>> {
    let (ty, list, single, optional) = element(param.ty);
    // A subscript may hold anything, nothing included.
    if ty == "Any" {
        return Some(arg.clone());
    }
    if matches!(arg, Arg::None) {
        return optional.then_some(Arg::None);
    }
    if !list {
        return scalar(ty, arg);
    }
    match arg {
        Arg::List(items) => listed(ty, items),
        Arg::Tensors(items) if ty == "Tensor?" || (ty == "Tensor" && items.iter().all(Option::is_some)) => {
            Some(arg.clone())
        }
        Arg::Ints(_) if is_int(ty) => Some(arg.clone()),
        Arg::Ints(ints) => {
            let items: Vec<Arg<Variable>> = ints.iter().map(|&i| Arg::from(i)).collect();
            listed(ty, &items)
        }
        Arg::Scalars(numbers) => {
            let items: Vec<Arg<Variable>> = numbers.iter().map(|&n| Arg::Scalar(n)).collect();
            listed(ty, &items)
        }
        one if single => listed(ty, std::slice::from_ref(one)),
        _ => None,
    }
}

fn listed(ty: &str, items: &[Arg<Variable>]) -> Option<Arg<Variable>> {
    if let Some(tensor) = ty.strip_prefix("Tensor") {
        let one = |item: &Arg<Variable>| match item {
            Arg::Tensor(t) => Some(Some(t.clone())),
            Arg::None if tensor == "?" => Some(None),
            _ => None,
        };
        return items.iter().map(one).collect::<Option<_>>().map(Arg::Tensors);
    }
    let numbers = items.iter().map(|item| match scalar(ty, item) {
        Some(Arg::Scalar(number)) => Some(number),
        _ => None,
    });
    let numbers: Vec<Scalar> = numbers.collect::<Option<_>>()?;
    if !is_int(ty) {
        return Some(Arg::Scalars(numbers));
    }
    let ints = numbers.into_iter().map(|number| match number {
        Scalar::Int(i) => Some(i),
        _ => None,
    });
    ints.collect::<Option<_>>().map(Arg::Ints)
}

/// One value as a type that is no list.
fn scalar(ty: &str, arg: &Arg<Variable>) -> Option<Arg<Variable>> {
    // A 0-dim tensor outside the graph is as good as its number.
    if let Arg::Tensor(v) = arg
        && ty != "Tensor"
    {
        let number = (v.dim() == 0 && !v.requires_grad()).then(|| v.data().item().ok()).flatten()?;
        return match number {
            Scalar::Float(_) if is_int(ty) => None,
            Scalar::Bool(_) if ty != "bool" && ty != "Scalar" => None,
            number => scalar(ty, &Arg::Scalar(number)),
        };
    }
    let fits = match (ty, arg) {
        ("Tensor", Arg::Tensor(_)) => true,
        ("int" | "SymInt", Arg::Scalar(number)) => matches!(number, Scalar::Int(_)),
        ("float" | "Scalar", Arg::Scalar(_)) => true,
        ("bool", Arg::Scalar(number)) => matches!(number, Scalar::Bool(_)),
        ("str" | "Device" | "Layout", Arg::Str(_)) => true,
        ("ScalarType", Arg::DType(_)) => true,
        ("Generator", Arg::Generator(_)) => true,
        ("MemoryFormat", Arg::MemoryFormat(_)) => true,
        _ => false,
    };
    match arg {
        // The one layout there is, by name or by silence.
        Arg::Str(layout) if ty == "Layout" && layout == "strided" => Some(Arg::None),
        _ => fits.then(|| arg.clone()),
    }
}

/// PyTorch's word for a parameter's type in its errors.
fn python_type(ty: &str) -> String {
    let (element, list, ..) = element(ty);
    let one = match element {
        "SymInt" => "int",
        "Scalar" => "Number",
        "ScalarType" => "torch.dtype",
        "Device" => "torch.device",
        "MemoryFormat" => "torch.memory_format",
        other => other,
    };
    if list { format!("tuple of {one}s") } else { one.to_string() }
}

/// The Python class of an argument.
pub(crate) fn type_name(arg: &Arg<Variable>) -> String {
    match arg {
        Arg::None => "NoneType",
        Arg::Tensor(_) => "Tensor",
        Arg::Scalar(Scalar::Bool(_)) => "bool",
        Arg::Scalar(Scalar::Int(_)) => "int",
        Arg::Scalar(Scalar::Float(_)) => "float",
        Arg::Tensors(_) | Arg::Ints(_) | Arg::Scalars(_) | Arg::List(_) => "tuple",
        Arg::Str(_) => "str",
        Arg::DType(_) => "torch.dtype",
        Arg::Generator(_) => "torch.Generator",
        Arg::MemoryFormat(_) => "torch.memory_format",
        Arg::Slice(_) => "slice",
        Arg::Ellipsis => "ellipsis",
    }
    .to_string()
}
