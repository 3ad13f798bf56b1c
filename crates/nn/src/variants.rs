//! The variants of an operator that write: in place, and into `out=`. Where no kernel writes by itself, the result is
//! computed and then copied, under the rules that PyTorch checks before it writes.

use autograd::{Arg, Error, Result, Tensor, Variable, is_grad_enabled};

use crate::call::call_public;

/// `name_(self, …)`: the result written into `self`.
pub(crate) fn in_place(
    name: &str,
    args: Vec<Arg<Variable>>,
    named: Vec<(String, Arg<Variable>)>,
) -> Result<Vec<Variable>> {
    const OPERATOR: &str = "in_place";
    let Some(Arg::Tensor(target)) = args.first().cloned() else {
        return Err(Error::type_error(OPERATOR, format!("{name}_(): argument 'self' must be Tensor")));
    };
    // Refused before anything is computed, as `copy_` refuses it.
    if is_grad_enabled() && target.requires_grad() && target.is_leaf() {
        let text = "a leaf Variable that requires grad is being used in an in-place operation.";
        return Err(Error::runtime(OPERATOR, text));
    }
    let results = call_public(name, args, named)?;
    let [result] = &results[..] else {
        let text = format!("{name}_(): an in-place variant of {} results is not implemented", results.len());
        return Err(Error::not_implemented(OPERATOR, text));
    };
    if result.sizes() != target.sizes() {
        let text = format!(
            "output with shape {:?} doesn't match the broadcast shape {:?}",
            target.sizes(),
            result.sizes()
        );
        return Err(Error::runtime(OPERATOR, text).shapes(&[target.sizes(), result.sizes()]));
    }
    check_cast(OPERATOR, result.data(), target.data())?;
    autograd::call("copy_", vec![Arg::Tensor(target.clone()), Arg::Tensor(result.clone())])?;
    Ok(vec![target])
}

/// `name(…, out=out)`: the results written into the given tensors.
pub(crate) fn into_out(
    name: &str,
    args: Vec<Arg<Variable>>,
    named: Vec<(String, Arg<Variable>)>,
    out: &Arg<Variable>,
) -> Result<Vec<Variable>> {
    const OPERATOR: &str = "out";
    let targets: Vec<Variable> = out.tensors().cloned().collect();
    let wanted = {
        let tensors = args.iter().chain(named.iter().map(|(_, value)| value)).flat_map(Arg::tensors);
        tensors.chain(&targets).any(Variable::requires_grad)
    };
    if is_grad_enabled() && wanted {
        let text = format!(
            "{name}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments \
             requires grad."
        );
        return Err(Error::runtime(OPERATOR, text));
    }
    let results = call_public(name, args, named)?;
    if results.len() != targets.len() {
        let text = format!("{name}(): expected {} tensors in out, found {}", results.len(), targets.len());
        return Err(Error::type_error(OPERATOR, text));
    }
    for (result, target) in results.iter().zip(&targets) {
        check_cast(OPERATOR, result.data(), target.data())?;
        if result.sizes() != target.sizes() {
            let text = format!(
                "{name}(): resizing out= from {:?} to {:?} is not implemented",
                target.sizes(),
                result.sizes()
            );
            return Err(Error::not_implemented(OPERATOR, text));
        }
        target.data().copy_(result.data())?;
    }
    Ok(targets)
}

fn check_cast(operator: &'static str, result: &Tensor, target: &Tensor) -> Result<()> {
    if result.dtype().can_cast(target.dtype()) {
        return Ok(());
    }
    let text = format!(
        "result type {} can't be cast to the desired output type {}",
        result.dtype().scalar_name(),
        target.dtype().scalar_name()
    );
    Err(Error::runtime(operator, text).dtypes(&[result.dtype(), target.dtype()]))
}
