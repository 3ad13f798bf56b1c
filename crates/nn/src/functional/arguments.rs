//! What the Python functions' arguments mean.

use autograd::{Arg, Error, Result, Tensor, Variable, call_one};
use tensor::Args;

use super::Reduction;

/// Arguments of a composite.
pub(super) type Given<'a> = Args<'a, Variable>;

/// The reduction named by an argument.
pub(super) fn reduction(a: &Given<'_>, at: usize) -> Result<Reduction> {
    match a.text(at)? {
        Some("none") => Ok(Reduction::None),
        Some("mean") => Ok(Reduction::Mean),
        Some("sum") => Ok(Reduction::Sum),
        other => {
            let text = format!("{} is not a valid value for reduction", other.unwrap_or("None"));
            Err(Error::value("loss", text).expected("none, mean, sum"))
        }
    }
}

/// The reduction named by an argument, unless one of the two older flags is given.
pub(super) fn reduction_or_flags(a: &Given<'_>, [named, average, reduce]: [usize; 3]) -> Result<Reduction> {
    let flag = |at: usize| -> Result<Option<bool>> { Ok(a.scalar_or_none(at)?.map(|flag| flag.to_bool())) };
    let (average, reduce) = (flag(average)?, flag(reduce)?);
    if average.is_none() && reduce.is_none() {
        return reduction(a, named);
    }
    Ok(match (average.unwrap_or(true), reduce.unwrap_or(true)) {
        (_, false) => Reduction::None,
        (true, true) => Reduction::Mean,
        (false, true) => Reduction::Sum,
    })
}

/// Gives the result, or writes it into the first argument where the flag says so.
pub(super) fn maybe_in_place(
    a: &Given<'_>,
    flag: usize,
    f: impl FnOnce(&Variable) -> Result<Variable>,
) -> Result<Vec<Variable>> {
    let x = a.tensor(0)?;
    if !a.bool(flag)? {
        return Ok(vec![f(x)?]);
    }
    // What the formulas keep must outlive the write.
    let kept = call_one("clone", vec![x.into(), Arg::None])?;
    Ok(vec![call_one("copy_", vec![x.into(), (&f(&kept)?).into(), false.into()])?])
}

/// Elements of `a` where the condition holds, of `b` elsewhere.
pub(super) fn choose<'a>(
    condition: &Tensor,
    a: impl Into<autograd::Input<'a>>,
    b: impl Into<autograd::Input<'a>>,
) -> Result<Variable> {
    use autograd::Input;
    let condition = Arg::Tensor(Variable::from(condition.clone()));
    let operand = |input: Input<'a>| -> Arg<Variable> {
        match input {
            Input::Variable(v) => v.into(),
            Input::Scalar(s) => Arg::Scalar(s),
        }
    };
    let (a, b) = (a.into(), b.into());
    let name = match (&a, &b) {
        (Input::Variable(_), Input::Variable(_)) => "where.self",
        (Input::Scalar(_), Input::Variable(_)) => "where.ScalarSelf",
        (Input::Variable(_), Input::Scalar(_)) => "where.ScalarOther",
        (Input::Scalar(_), Input::Scalar(_)) => "where.Scalar",
    };
    call_one(name, vec![condition, operand(a), operand(b)])
}

/// Sizes as signed numbers.
pub(super) fn signed(sizes: &[usize]) -> Vec<i64> {
    sizes.iter().map(|&size| size as i64).collect()
}
