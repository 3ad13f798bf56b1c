//! Calling an operator by name: the kernel runs, and a node records the call if a gradient is wanted.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use tensor::{Arg, Error, Operator, Result, Tensor};

use crate::formula::{Formula, Gradient, formulas};
use crate::graph::{Edge, Node, Saved, SavedArg, SavedTensor, Shape};
use crate::mode::is_grad_enabled;
use crate::variable::Variable;

/// An operator and its gradient.
struct Entry {
    operator: &'static Operator,
    formula: Option<&'static Formula>,
    /// The first argument is written.
    in_place: bool,
    /// Results share the first argument's storage.
    view: bool,
}

fn entries() -> &'static HashMap<&'static str, Entry> {
    static ENTRIES: OnceLock<HashMap<&'static str, Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut by_operator: HashMap<&'static str, &'static Formula> = HashMap::new();
        for formula in formulas() {
            by_operator.extend(formula.operators.iter().map(|&name| (name, formula)));
        }
        tensor::operators()
            .iter()
            .map(|operator| {
                let entry = Entry {
                    operator,
                    formula: by_operator.get(operator.name).copied(),
                    in_place: operator.schema.contains("(a!)"),
                    view: operator.schema.contains("(a)") || operator.schema.contains("(a -> *)"),
                };
                (operator.name, entry)
            })
            .collect()
    })
}

/// Runs an operator on arguments in its schema's order; omitted ones take their defaults.
///
/// # Errors
/// The operator's; `NotImplementedError` for an unknown operator or one without a gradient formula.
pub fn call(name: &str, args: Vec<Arg<Variable>>) -> Result<Vec<Variable>> {
    call_named(name, args, Vec::new())
}

/// As [`call`] with arguments by name after the positional ones.
///
/// # Errors
/// As [`call`]; `TypeError` for arguments that do not match the schema.
pub fn call_named(
    name: &str,
    args: Vec<Arg<Variable>>,
    named: Vec<(String, Arg<Variable>)>,
) -> Result<Vec<Variable>> {
    let entry = entries().get(name).ok_or_else(|| tensor::unknown_operator(name))?;
    let operator = entry.operator;
    let args = if args.len() == operator.params.len() && named.is_empty() {
        args
    } else {
        tensor::bind(operator.name, &operator.params, args, named)?
    };
    let inputs: Vec<&Variable> = args.iter().flat_map(Arg::tensors).collect();
    if inputs.iter().any(|v| v.is_stale_view()) {
        return Err(Error::not_implemented(
            operator.name,
            "using a view whose base was written in place after the view was made is not implemented where a gradient \
             is wanted; make the view again after the write",
        ));
    }
    let wanted = is_grad_enabled() && inputs.iter().any(|v| v.requires_grad());
    let target = if entry.in_place { inputs.first().copied() } else { None };
    if let Some(target) = target {
        check_write(operator.name, target, wanted)?;
    }
    let gradient = match (wanted, entry.formula) {
        (false, _) => None,
        (true, Some(Formula { gradient: Gradient::None(_), .. })) => None,
        (true, Some(formula)) => Some(formula),
        (true, None) => {
            return Err(Error::not_implemented(
                operator.name,
                format!("derivative for {name} is not implemented"),
            ));
        }
    };
    let raw: Vec<Arg> = args.iter().map(|a| a.map(|v| v.data().clone())).collect();
    let Some(Formula { gradient: Gradient::Formula { args: kept, results: kept_results, backward }, .. }) =
        gradient
    else {
        return Ok(match target {
            Some(target) => {
                operator.call(&raw)?;
                vec![target.clone()]
            }
            None => operator.call(&raw)?.into_iter().map(|t| plain_result(entry, &inputs, t)).collect(),
        });
    };
    // Edges and saved arguments are taken before the kernel runs, which may overwrite one of them.
    let next: Vec<Option<Edge>> = inputs.iter().map(|v| v.edge()).collect();
    let shapes = inputs.iter().map(|v| Shape::of(v.data())).collect();
    let saved_args = save_args(&args, kept, entry.in_place)?;
    let outputs = operator.call(&raw)?;
    let Some(formula) = gradient else { return Ok(Vec::new()) };
    let results = kept_results
        .iter()
        .filter_map(|&k| outputs.get(k).map(|t| SavedTensor::new(t.clone(), Some((formula.node, k)))))
        .collect();
    let saved = Saved { args: saved_args, results };
    let out_shapes = outputs.iter().map(Shape::of).collect();
    let node = Arc::new(Node::operator(formula, backward.0, saved, next, shapes, out_shapes));
    if let Some(target) = target {
        target.rebase(Edge { node, output: 0 });
        return Ok(vec![target.clone()]);
    }
    Ok(outputs
        .into_iter()
        .enumerate()
        .map(|(output, t)| {
            if !t.dtype().is_float() || formula.constants.contains(&output) {
                return Variable::from(t);
            }
            let result = Variable::computed(t, Edge { node: Arc::clone(&node), output });
            mark_view(entry, &inputs, &result);
            result
        })
        .collect())
}

/// A result without a node; views stay marked.
fn plain_result(entry: &Entry, inputs: &[&Variable], t: Tensor) -> Variable {
    let result = Variable::from(t);
    mark_view(entry, inputs, &result);
    result
}

fn mark_view(entry: &Entry, inputs: &[&Variable], result: &Variable) {
    if let Some(base) = inputs.first().filter(|base| entry.view && base.data().shares_storage(result.data()))
    {
        result.mark_view(base);
    }
}

/// As [`call`], for an operator with one result.
///
/// # Errors
/// As [`call`].
pub fn call_one(name: &str, args: Vec<Arg<Variable>>) -> Result<Variable> {
    let mut results = call(name, args)?;
    match results.len() {
        1 => Ok(results.remove(0)),
        n => Err(Error::type_error("dispatch", format!("{name} has {n} results, not 1"))),
    }
}

pub(crate) fn check_write(operator: &'static str, target: &Variable, wanted: bool) -> Result<()> {
    if !wanted {
        return Ok(());
    }
    if target.is_view_of_leaf() {
        let text = "a view of a leaf Variable that requires grad is being used in an in-place operation.";
        return Err(Error::runtime(operator, text));
    }
    if target.requires_grad() && target.is_leaf() {
        let text = "a leaf Variable that requires grad is being used in an in-place operation.";
        return Err(Error::runtime(operator, text));
    }
    if target.is_view() {
        return Err(Error::not_implemented(
            operator,
            "a write in place through a view is not implemented where a gradient is wanted",
        ));
    }
    Ok(())
}

fn save_args(args: &[Arg<Variable>], kept: &[usize], in_place: bool) -> Result<Vec<SavedArg>> {
    let mut saved = Vec::with_capacity(args.len());
    for (k, arg) in args.iter().enumerate() {
        let has_tensor = matches!(arg, Arg::Tensor(_) | Arg::Tensors(_));
        if has_tensor && !kept.contains(&k) {
            saved.push(SavedArg { value: Arg::None, skipped: arg.tensors().count() });
            continue;
        }
        // The value before the write is what the formula needs.
        if in_place
            && k == 0
            && let Arg::Tensor(v) = arg
        {
            saved.push(SavedArg { value: Arg::Tensor(SavedTensor::new(v.data().copy()?, None)), skipped: 0 });
            continue;
        }
        let value = arg.map(|v| {
            let origin = v.origin().map(|edge| (edge.node.name(), edge.output));
            SavedTensor::new(v.data().clone(), origin)
        });
        saved.push(SavedArg { value, skipped: 0 });
    }
    Ok(saved)
}
