//! One sample on our side.

use std::panic::{AssertUnwindSafe, catch_unwind};

use autograd::{Arg, ErrorKind, Generator, Result, Variable};

use crate::build::{Known, Unbuilt, argument, variables};
use crate::compare::{self, Expected, Reference, leaves};
use crate::status::{Outcome, Status};
use crate::words::{Answer, Entry, Sample};

/// The seed before every call, as the exporter sets it.
pub(crate) const SEED: u64 = 42;

/// Positional arguments, and those by name.
pub(crate) type Arguments = (Vec<Arg<Variable>>, Vec<(String, Arg<Variable>)>);

/// Builds the arguments of a call.
pub(crate) fn arguments<'a>(
    args: &[serde_json::Value],
    kwargs: impl IntoIterator<Item = (&'a String, &'a serde_json::Value)>,
    known: &Known<'_>,
) -> std::result::Result<Arguments, Unbuilt> {
    let args = args.iter().map(|words| argument(words, known)).collect::<std::result::Result<_, _>>()?;
    let named = kwargs
        .into_iter()
        .map(|(name, words)| Ok((name.clone(), argument(words, known)?)))
        .collect::<std::result::Result<_, Unbuilt>>()?;
    Ok((args, named))
}

/// Calls under the seed.
pub(crate) fn call(name: &str, (args, named): Arguments) -> Result<Vec<Variable>> {
    seeded(|| nn::call_public(name, args, named))
}

fn seeded<R>(body: impl FnOnce() -> R) -> R {
    Generator::new(SEED).with_default(body)
}

/// The sample's call, or the calls of the wrapper that makes it; the last of them with a further argument by name.
pub(crate) fn called(
    entry: &Entry,
    sample: &Sample,
    inputs: &[Variable],
    further: Option<(String, Arg<Variable>)>,
) -> std::result::Result<Result<Vec<Variable>>, Unbuilt> {
    let mut known = Known { inputs, earlier: &[] };
    let (Some(steps), Some(answer)) = (&sample.steps, &sample.answer) else {
        let (args, mut named) = arguments(&sample.args, &sample.kwargs, &known)?;
        named.extend(further);
        return Ok(call(public_name(entry), (args, named)));
    };
    let mut earlier: Vec<Vec<Variable>> = Vec::new();
    let stopped = seeded(|| -> std::result::Result<_, Unbuilt> {
        for (k, step) in steps.iter().enumerate() {
            let known = Known { inputs, earlier: &earlier };
            let (args, mut named) = arguments(&step.args, &step.kwargs, &known)?;
            if k + 1 == steps.len() {
                named.extend(further.clone());
            }
            match nn::call_public(&step.callable, args, named) {
                Ok(results) => earlier.push(results),
                Err(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    })?;
    if let Some(error) = stopped {
        return Ok(Err(error));
    }
    let missing = || Unbuilt::Malformed("the answer is none of the steps'".into());
    known.earlier = &earlier;
    Ok(Ok(match answer {
        Answer::Whole(step) => earlier.get(*step).ok_or_else(missing)?.clone(),
        Answer::Parts(parts) => {
            let part = |words| match argument(words, &known)? {
                Arg::Tensor(tensor) => Ok(tensor),
                _ => Err(missing()),
            };
            parts.iter().map(part).collect::<std::result::Result<_, Unbuilt>>()?
        }
    }))
}

/// The body's outcome, or that it panicked.
pub(crate) fn contained(body: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without a text");
        Outcome::of(Status::Crash, text)
    })
}

/// The public name under which an operator is called here.
pub(crate) fn public_name(entry: &Entry) -> &str {
    if !nn::is_known(&entry.operator) && nn::is_known(&entry.callable) {
        return &entry.callable;
    }
    &entry.operator
}

pub(crate) fn unbuilt(problem: Unbuilt) -> Outcome {
    match problem {
        Unbuilt::Missing(text) => Outcome::of(Status::Unimplemented, text),
        Unbuilt::Malformed(text) => Outcome::of(Status::Unimplemented, format!("malformed corpus: {text}")),
    }
}

pub(crate) fn refusal(error: &autograd::Error) -> Outcome {
    let text = format!("{}: {}", error.kind().class(), error.message());
    let missing = error.kind() == ErrorKind::NotImplemented;
    Outcome::of(if missing { Status::Unimplemented } else { Status::Raised }, text)
}

/// What becomes of a sample.
pub(crate) fn replay(entry: &Entry, sample: &Sample, blob: &[u8]) -> Outcome {
    contained(|| attempt(entry, sample, blob))
}

fn attempt(entry: &Entry, sample: &Sample, blob: &[u8]) -> Outcome {
    if let Some(reason) = &sample.undescribed {
        return Outcome::of(Status::Unimplemented, format!("not in the corpus: {reason}"));
    }
    let inputs = match variables(&sample.storages, &sample.tensors, blob, true) {
        Ok(inputs) => inputs,
        Err(problem) => return unbuilt(problem),
    };
    let answer = match called(entry, sample, &inputs, None) {
        Ok(answer) => answer,
        Err(problem) => return unbuilt(problem),
    };
    match (answer, &sample.result, &sample.raised) {
        (Err(error), Some(_), _) => refusal(&error),
        // A call that the reference refuses is no less refused for a missing feature, but then nothing is known.
        (Err(error), None, Some(_)) if error.kind() == ErrorKind::NotImplemented => refusal(&error),
        (Err(_), None, Some(_)) => Outcome::pass(),
        (Ok(_), None, Some(raised)) => {
            Outcome::of(Status::NotRaised, format!("expected {}: {}", raised.class, raised.text))
        }
        (Ok(results), Some(expected), _) => {
            let mut wanted = Vec::new();
            leaves(expected, &mut wanted);
            let theirs = match Reference::new(&sample.result_storages, &sample.result_tensors, blob) {
                Ok(theirs) => theirs,
                Err(problem) => return unbuilt(problem),
            };
            judge(entry, sample, &inputs, &results, &wanted, &theirs)
        }
        (_, None, None) => Outcome::of(Status::Unimplemented, "malformed corpus: neither result nor error"),
    }
}

fn judge(
    entry: &Entry,
    sample: &Sample,
    inputs: &[Variable],
    results: &[Variable],
    wanted: &[Expected],
    theirs: &Reference<'_>,
) -> Outcome {
    if results.len() != wanted.len() {
        let text = format!("expected {} results, found {}", wanted.len(), results.len());
        return Outcome::of(Status::Value, text);
    }
    let tolerance = (!entry.undefined).then_some(entry.tolerance);
    let mut tensors: Vec<&Variable> = Vec::new();
    for (k, (ours, expected)) in results.iter().zip(wanted).enumerate() {
        let what = format!("result {k}");
        let outcome = match expected {
            Expected::Tensor(at) => {
                tensors.push(ours);
                match theirs.words.get(*at) {
                    Some(words) => {
                        compare::tensors(&what, ours.data(), words, theirs.tensor(*at), tolerance, true)
                    }
                    None => Outcome::of(Status::Unimplemented, "malformed corpus: a tensor too few"),
                }
            }
            Expected::Number(number) => compare::number(&what, ours, *number, entry.tolerance),
            Expected::Other(value) => {
                Outcome::of(Status::Unimplemented, format!("{what}: {value} is no result of ours"))
            }
        };
        if outcome.status != Status::Pass {
            return outcome;
        }
    }
    let views = view_flags(sample, inputs, &tensors);
    if views.status != Status::Pass {
        return views;
    }
    gradients(entry, sample, inputs, &tensors, theirs)
}

/// Whether each result shares the storage that it shares in the reference, and no other.
fn view_flags(sample: &Sample, inputs: &[Variable], results: &[&Variable]) -> Outcome {
    for (k, (ours, expected)) in results.iter().zip(&sample.view_of).enumerate() {
        // The storage of nothing is nobody's.
        if ours.data().storage_len() == 0 {
            continue;
        }
        let found = inputs.iter().position(|input| input.data().shares_storage(ours.data()));
        let same = match (found, expected) {
            (None, None) => true,
            (Some(_), Some(at)) => {
                inputs.get(*at).is_some_and(|input| input.data().shares_storage(ours.data()))
            }
            _ => false,
        };
        if !same {
            let said = |view: Option<usize>| {
                view.map_or("storage of its own".to_string(), |at| format!("a view of input tensor {at}"))
            };
            let text = format!("result {k}: expected {}, found {}", said(*expected), said(found));
            return Outcome::of(Status::Stride, text);
        }
    }
    Outcome::pass()
}

fn gradients(
    entry: &Entry,
    sample: &Sample,
    inputs: &[Variable],
    results: &[&Variable],
    theirs: &Reference<'_>,
) -> Outcome {
    let failed = |text: String| Outcome::of(Status::Gradient, text);
    for (k, result) in results.iter().enumerate() {
        let expected = sample.roots.contains(&k);
        if result.requires_grad() != expected {
            let (want, have) = if expected { ("a gradient", "none") } else { ("no gradient", "one") };
            return failed(format!("result {k}: expected {want} to be wanted, found {have}"));
        }
    }
    let roots: Vec<&Variable> = sample.roots.iter().filter_map(|k| results.get(*k).copied()).collect();
    if roots.is_empty() || (sample.gradients.is_empty() && sample.gradient_raised.is_none()) {
        return Outcome::pass();
    }
    let wanted: Vec<&Variable> = match &sample.gradient_raised {
        Some(_) => inputs.iter().filter(|input| input.requires_grad()).collect(),
        None => sample.gradients.iter().filter_map(|(k, _)| inputs.get(*k)).collect(),
    };
    let mut cotangents = Vec::new();
    for at in &sample.cotangents {
        match theirs.tensor(*at) {
            Ok(cotangent) => cotangents.push(Some(cotangent)),
            Err(problem) => return unbuilt(problem),
        }
    }
    if sample.gradient_raised.is_some() {
        cotangents = roots.iter().map(|root| root.data().full_like(1i64.into()).ok()).collect();
    }
    let found =
        Generator::new(SEED).with_default(|| autograd::grad(&roots, &wanted, &cotangents, false, true));
    let found = match (found, &sample.gradient_raised) {
        (Ok(found), None) => found,
        (Err(_), Some(_)) => return Outcome::pass(),
        (Ok(_), Some(raised)) => return failed(format!("expected {}: {}", raised.class, raised.text)),
        (Err(error), None) => {
            return failed(format!("{}: {}", error.kind().class(), error.message()));
        }
    };
    for ((k, expected), found) in sample.gradients.iter().zip(found) {
        let what = format!("gradient of input tensor {k}");
        let outcome = match (expected, found) {
            (None, None) => continue,
            // No gradient and one of zeros mean the same.
            (None, Some(found)) => zeros(&what, &found),
            (Some(at), None) => match theirs.tensor(*at) {
                Ok(expected) => zeros(&what, &expected),
                Err(problem) => unbuilt(problem),
            },
            (Some(at), Some(found)) => match theirs.words.get(*at) {
                Some(words) => {
                    compare::tensors(&what, &found, words, theirs.tensor(*at), Some(entry.tolerance), false)
                }
                None => Outcome::of(Status::Unimplemented, "malformed corpus: a gradient too few"),
            },
        };
        if outcome.status != Status::Pass {
            return failed(outcome.message);
        }
    }
    Outcome::pass()
}

fn zeros(what: &str, gradient: &tensor::Tensor) -> Outcome {
    match gradient.to_vec_as::<f64>() {
        Ok(values) if values.iter().all(|x| *x == 0.0) => Outcome::pass(),
        _ => Outcome::of(Status::Gradient, format!("{what}: one side has none, the other is not zero")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_outcome() {
        let outcome = contained(|| panic!("planted"));
        assert_eq!(outcome, Outcome::of(Status::Crash, "planted"));
    }
}
