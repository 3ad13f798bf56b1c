//! The in-place and `out=` variants of a sample.

use autograd::{Arg, ErrorKind, Variable};
use serde_json::Value;
use tensor::{DType, Scalar, Tensor};

use crate::build::{Known, variables};
use crate::compare::{self, Expected, Reference, leaves};
use crate::replay::{arguments, call, called, contained, public_name, refusal, unbuilt};
use crate::status::{Outcome, Status};
use crate::words::{Entry, Sample, Variant};

/// What `out` holds before the call, as the exporter fills it.
const BEFORE: Scalar = Scalar::Int(7);

/// What becomes of the in-place variant, if the sample has one.
pub(crate) fn in_place(entry: &Entry, sample: &Sample, blob: &[u8]) -> Option<Outcome> {
    let variant = sample.in_place.as_ref()?;
    Some(contained(|| attempt(entry, sample, variant, blob, false)))
}

/// What becomes of the call with `out=`, if the sample has one.
pub(crate) fn into_out(entry: &Entry, sample: &Sample, blob: &[u8]) -> Option<Outcome> {
    let variant = sample.out.as_ref()?;
    Some(contained(|| attempt(entry, sample, variant, blob, true)))
}

fn attempt(entry: &Entry, sample: &Sample, variant: &Variant, blob: &[u8], out: bool) -> Outcome {
    let inputs = match variables(&sample.storages, &sample.tensors, blob, false) {
        Ok(inputs) => inputs,
        Err(problem) => return unbuilt(problem),
    };
    let answer = if out {
        let targets = variant.result.as_ref().map_or(Some(Vec::new()), |result| targets(result, variant));
        let Some(targets) = targets else {
            return Outcome::of(Status::Unimplemented, "out= of a dtype that is not implemented");
        };
        let targets = Arg::Tensors(targets.into_iter().map(Some).collect());
        called(entry, sample, &inputs, Some(("out".to_string(), targets)))
    } else {
        let given = arguments(&sample.args, &sample.kwargs, &Known { inputs: &inputs, earlier: &[] });
        given.map(|given| call(&format!("{}_", public_name(entry)), given))
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) => return unbuilt(problem),
    };
    match (answer, &variant.result, &variant.raised) {
        (Err(error), Some(_), _) => refusal(&error),
        (Err(error), None, Some(_)) if error.kind() == ErrorKind::NotImplemented => refusal(&error),
        (Err(_), None, Some(_)) => Outcome::pass(),
        (Ok(_), None, Some(raised)) => {
            Outcome::of(Status::NotRaised, format!("expected {}: {}", raised.class, raised.text))
        }
        (Ok(results), Some(expected), _) => judge(entry, variant, expected, &results, blob),
        (_, None, None) => Outcome::of(Status::Unimplemented, "malformed corpus: neither result nor error"),
    }
}

/// Tensors like those of the result, before they are written.
fn targets(result: &Value, variant: &Variant) -> Option<Vec<Variable>> {
    let mut wanted = Vec::new();
    leaves(result, &mut wanted);
    let target = |expected: &Expected| {
        let Expected::Tensor(at) = expected else { return None };
        let words = variant.tensors.get(*at)?;
        let sizes: Vec<i64> = words.sizes.iter().map(|&size| size as i64).collect();
        Some(Variable::from(Tensor::full(&sizes, BEFORE, Some(DType::parse(&words.dtype).ok()?)).ok()?))
    };
    wanted.iter().map(target).collect()
}

fn judge(entry: &Entry, variant: &Variant, expected: &Value, results: &[Variable], blob: &[u8]) -> Outcome {
    let mut wanted = Vec::new();
    leaves(expected, &mut wanted);
    let theirs = match Reference::new(&variant.storages, &variant.tensors, blob) {
        Ok(theirs) => theirs,
        Err(problem) => return unbuilt(problem),
    };
    if wanted.len() != results.len() {
        let text = format!("expected {} results, found {}", wanted.len(), results.len());
        return Outcome::of(Status::Value, text);
    }
    let tolerance = (!entry.undefined).then_some(entry.tolerance);
    for (k, (ours, expected)) in results.iter().zip(&wanted).enumerate() {
        let Expected::Tensor(at) = expected else {
            return Outcome::of(Status::Unimplemented, format!("result {k} is no tensor"));
        };
        let Some(words) = theirs.words.get(*at) else {
            return Outcome::of(Status::Unimplemented, "malformed corpus: a tensor too few");
        };
        let what = format!("result {k}");
        let outcome = compare::tensors(&what, ours.data(), words, theirs.tensor(*at), tolerance, true);
        if outcome.status != Status::Pass {
            return outcome;
        }
    }
    Outcome::pass()
}
