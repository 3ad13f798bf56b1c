//! Calling an operator as Python does: by its public name, with arguments whose types choose the overload.

use std::collections::HashMap;
use std::sync::OnceLock;

use autograd::{Arg, Composite, Error, Result, Scalar, Variable, composites};
use tensor::{Operator, Param, operators, parse_schema, unknown_operator};

use crate::binding::{Mismatch, bind};
use crate::functional;
use crate::variants;

/// What a call gave.
pub struct Answer {
    /// The results in order.
    pub values: Vec<Variable>,
    /// What the schema of the overload says of them: `Tensor`, `bool`, `(Tensor values, Tensor indices)`, `Tensor[]`.
    pub returns: &'static str,
}

/// An overload that may answer a call.
struct Candidate {
    name: &'static str,
    returns: &'static str,
    params: Vec<Param>,
    /// `None` for an operator of the tables of [`tensor`].
    composite: Option<&'static Composite>,
}

/// Namespaces of PyTorch whose functions keep a name of their own here.
const NAMESPACES: [&str; 7] =
    ["nn.functional.", "linalg.", "special.", "fft.", "masked.", "signal.windows.", "Tensor."];

/// Public names that PyTorch gives to an operator beside its own.
const ALIASES: &[(&str, &str)] = &[
    ("absolute", "abs"),
    ("arccos", "acos"),
    ("arccosh", "acosh"),
    ("arcsin", "asin"),
    ("arcsinh", "asinh"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("arctanh", "atanh"),
    ("clip", "clamp"),
    ("concat", "cat"),
    ("concatenate", "cat"),
    ("divide", "div"),
    ("fix", "trunc"),
    ("ger", "outer"),
    ("greater", "gt"),
    ("greater_equal", "ge"),
    ("less", "lt"),
    ("less_equal", "le"),
    ("moveaxis", "movedim"),
    ("multiply", "mul"),
    ("negative", "neg"),
    ("not_equal", "ne"),
    ("row_stack", "vstack"),
    ("special_digamma", "digamma"),
    ("special_expit", "sigmoid"),
    ("special_gammainc", "igamma"),
    ("special_gammaincc", "igammac"),
    ("special_gammaln", "lgamma"),
    ("special_multigammaln", "mvlgamma"),
    ("special_psi", "digamma"),
    ("subtract", "sub"),
    ("swapaxes", "transpose"),
    ("swapdims", "transpose"),
    ("true_divide", "div"),
];

/// The name without its overload, `add` of `add.Tensor`.
pub(crate) fn base_name(name: &str) -> &str {
    let skipped = NAMESPACES.iter().find(|space| name.starts_with(**space)).map_or(0, |space| space.len());
    let end = name.get(skipped..).and_then(|rest| rest.find('.')).map_or(name.len(), |dot| skipped + dot);
    name.get(..end).unwrap_or(name)
}

impl Candidate {
    fn run(&self, bound: Vec<Arg<Variable>>) -> Result<Answer> {
        let values = match self.composite {
            Some(composite) => composite.call(bound, Vec::new()),
            None => autograd::call(self.name, bound),
        }?;
        Ok(Answer { values, returns: self.returns })
    }
}

/// The text behind a schema's arrow.
fn returns(schema: &'static str) -> &'static str {
    schema.rsplit_once(" -> ").map_or("Tensor", |(_, returns)| returns)
}

/// Every overload, in the tables' order, by base name. Composites are what Python calls, so they come first.
fn candidates() -> &'static HashMap<&'static str, Vec<Candidate>> {
    static ALL: OnceLock<HashMap<&'static str, Vec<Candidate>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: HashMap<&'static str, Vec<Candidate>> = HashMap::new();
        for composite in functional::composites().chain(composites()) {
            // A malformed row is left out here and reported by the test that counts rows.
            if let Ok((name, params)) = parse_schema(composite.schema) {
                let returns = returns(composite.schema);
                let candidate = Candidate { name, returns, params, composite: Some(composite) };
                all.entry(base_name(name)).or_default().push(candidate);
            }
        }
        for Operator { name, params, schema, .. } in operators() {
            let candidate =
                Candidate { name, returns: returns(schema), params: params.clone(), composite: None };
            all.entry(base_name(name)).or_default().push(candidate);
        }
        all
    })
}

/// The base names under which an operator of this public name may stand, the most special first.
fn readings(name: &str) -> Vec<String> {
    let bare = name.strip_prefix("torch.").unwrap_or(name);
    let bare = bare.strip_prefix("ops.aten.").map_or(bare, base_name);
    let bare = bare.strip_prefix("Tensor.").unwrap_or(bare);
    let bare = match bare.strip_prefix("aten.") {
        Some(own) => base_name(own),
        None => bare,
    };
    let spaces = ["_C._nn.", "functional.", "_VariableFunctionsClass."];
    let bare = spaces.iter().find_map(|space| bare.strip_prefix(space)).unwrap_or(bare);
    let bare = bare.strip_suffix(".__get__").unwrap_or(bare);
    let mut found = vec![bare.to_string()];
    if let Some(own) = bare.strip_prefix("nn.functional.") {
        found.push(own.to_string());
    }
    for space in ["linalg", "special", "fft"] {
        if let Some(own) = bare.strip_prefix(space).and_then(|rest| rest.strip_prefix('.')) {
            found.push(format!("{space}_{own}"));
            if space == "special" {
                found.push(own.to_string());
            }
        }
    }
    let aliases: Vec<String> = found
        .iter()
        .filter_map(|name| ALIASES.iter().find(|(alias, _)| alias == name))
        .map(|(_, own)| (*own).to_string())
        .collect();
    found.extend(aliases);
    found
}

/// Whether an operator of this public name exists, in any overload.
pub fn is_known(name: &str) -> bool {
    let known = |name: &str| candidates().contains_key(name);
    readings(name).iter().any(|reading| {
        known(reading) || reading.strip_suffix('_').filter(|own| !own.ends_with('_')).is_some_and(known)
    })
}

/// Calls an operator by its public name, `add`, `linalg.det`, `nn.functional.relu`, `Tensor.add_`: of its overloads
/// the first whose parameters take the arguments. A name with all its overload, `add.Tensor`, means that one alone.
///
/// An in-place variant without a kernel of its own computes the result and writes it; so does `out=`.
///
/// # Errors
/// `TypeError` if no overload takes the arguments, `NotImplementedError` for a name that nobody knows; the
/// operator's own.
pub fn call_public(
    name: &str,
    args: Vec<Arg<Variable>>,
    named: Vec<(String, Arg<Variable>)>,
) -> Result<Vec<Variable>> {
    call_answered(name, args, named).map(|answer| answer.values)
}

/// As [`call_public`], with what the overload's schema says of the results.
///
/// # Errors
/// As [`call_public`].
pub fn call_answered(
    name: &str,
    args: Vec<Arg<Variable>>,
    mut named: Vec<(String, Arg<Variable>)>,
) -> Result<Answer> {
    if let Some(at) = named.iter().position(|(name, _)| name == "out") {
        let (_, out) = named.remove(at);
        if !matches!(out, Arg::None) {
            return variants::into_out(name, args, named, &out).map(of_tensors);
        }
    }
    if let Some(at) = named.iter().position(|(name, _)| name == "requires_grad") {
        return with_gradient(name, args, named, at);
    }
    for reading in readings(name) {
        let overloads = candidates().get(reading.as_str()).map(Vec::as_slice).unwrap_or_default();
        let refused = match fitting(overloads, &args, &named) {
            Ok((candidate, bound)) => return candidate.run(bound),
            Err(refused) => refused,
        };
        // A kernel that writes may be there for some overloads alone.
        let functional = reading.strip_suffix('_').filter(|own| !own.ends_with('_'));
        if let Some(own) = functional.filter(|own| candidates().contains_key(own)) {
            return variants::in_place(own, args, named).map(of_tensors);
        }
        if !refused.is_empty() {
            return Err(no_overload(&reading, &refused, &args, &named));
        }
    }
    Err(unknown_operator(name))
}

/// What was written, which is one tensor or several.
fn of_tensors(values: Vec<Variable>) -> Answer {
    let returns = if values.len() == 1 { "Tensor" } else { "Tensor[]" };
    Answer { values, returns }
}

/// Python's functions that make tensors take `requires_grad`, which no schema has.
fn with_gradient(
    name: &str,
    args: Vec<Arg<Variable>>,
    mut named: Vec<(String, Arg<Variable>)>,
    at: usize,
) -> Result<Answer> {
    let (_, wanted) = named.remove(at);
    let Arg::Scalar(Scalar::Bool(wanted)) = wanted else {
        let found = crate::binding::type_name(&wanted);
        let text = format!("{name}(): argument 'requires_grad' must be bool, not {found}");
        return Err(Error::type_error("call", text));
    };
    let makes =
        readings(name).iter().filter_map(|reading| candidates().get(reading.as_str())).any(|overloads| {
            let makes = |param: &Param| matches!(param.name, "pin_memory" | "requires_grad");
            overloads.iter().any(|overload| overload.params.iter().any(makes))
        });
    if !makes && is_known(name) {
        let text = format!("{name}() got an unexpected keyword argument 'requires_grad'");
        return Err(Error::type_error("call", text));
    }
    let results = call_answered(name, args, named)?;
    if wanted {
        results.values.iter().try_for_each(|result| result.requires_grad_(true))?;
    }
    Ok(results)
}

/// The first overload whose parameters take the arguments, and these in its order; or why each does not.
#[expect(clippy::type_complexity, reason = "a pair that is taken apart where it is made")]
fn fitting<'a>(
    overloads: &'a [Candidate],
    args: &[Arg<Variable>],
    named: &[(String, Arg<Variable>)],
) -> std::result::Result<(&'a Candidate, Vec<Arg<Variable>>), Vec<(&'a Candidate, Mismatch)>> {
    let mut refused = Vec::new();
    let mut found: Option<(&Candidate, Vec<Arg<Variable>>)> = None;
    for candidate in overloads {
        match bind(candidate.name, &candidate.params, args, named) {
            // A 0-dim tensor can stand for a number, but where an overload takes it as a tensor, it is one.
            Ok(bound) if !all_tensors_kept(args, &bound) => {
                found.get_or_insert((candidate, bound));
            }
            Ok(bound) => return Ok((candidate, bound)),
            Err(mismatch) => refused.push((candidate, mismatch)),
        }
    }
    found.ok_or(refused)
}

/// Whether the tensors among the positional arguments are tensors still.
fn all_tensors_kept(args: &[Arg<Variable>], bound: &[Arg<Variable>]) -> bool {
    let mut pairs = args.iter().zip(bound);
    pairs.all(|(given, bound)| !matches!(given, Arg::Tensor(_)) || !matches!(bound, Arg::Scalar(_)))
}

fn no_overload(
    public: &str,
    refused: &[(&Candidate, Mismatch)],
    args: &[Arg<Variable>],
    named: &[(String, Arg<Variable>)],
) -> Error {
    const OPERATOR: &str = "call";
    if let [(_, only)] = refused {
        return Error::type_error(OPERATOR, format!("{public}(): {only}"));
    }
    let mut types: Vec<String> = args.iter().map(crate::binding::type_name).collect();
    types.extend(named.iter().map(|(name, value)| format!("{name}={}", crate::binding::type_name(value))));
    let mut text = format!(
        "{public}() received an invalid combination of arguments - got ({}), but expected one of:",
        types.join(", ")
    );
    for (candidate, mismatch) in refused {
        let params: Vec<String> =
            candidate.params.iter().map(|param| format!("{} {}", param.ty, param.name)).collect();
        text.push_str(&format!("\n * ({})\n      {mismatch}", params.join(", ")));
    }
    Error::type_error(OPERATOR, text).found(types.join(", "))
}
