//! Calls that must be refused.

use autograd::ErrorKind;
use regex::Regex;

use crate::build::{Known, variables};
use crate::replay::{arguments, call, contained, public_name};
use crate::status::{Outcome, Status};
use crate::words::{Entry, Refused};

/// How far our refusal is the reference's; each implies the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusals {
    pub total: usize,
    /// Refused, and not for a missing feature.
    pub raised: usize,
    /// With the same class of exception.
    pub class: usize,
    /// With a text that the pattern finds.
    pub text: usize,
}

impl Refusals {
    pub fn add(&mut self, other: Refusals) {
        self.total += other.total;
        self.raised += other.raised;
        self.class += other.class;
        self.text += other.text;
    }
}

/// What becomes of every call that must be refused, and the first difference.
pub(crate) fn refusals(entry: &Entry, blob: &[u8]) -> (Refusals, Vec<Outcome>) {
    let mut found = Refusals { total: entry.errors.len(), ..Refusals::default() };
    let mut outcomes = Vec::new();
    for refused in &entry.errors {
        let mut grade = Refusals::default();
        let outcome = contained(|| attempt(entry, refused, blob, &mut grade));
        found.add(grade);
        outcomes.push(outcome);
    }
    (found, outcomes)
}

fn attempt(entry: &Entry, refused: &Refused, blob: &[u8], grade: &mut Refusals) -> Outcome {
    if let Some(reason) = &refused.undescribed {
        return Outcome::of(Status::Unimplemented, format!("not in the corpus: {reason}"));
    }
    let built = variables(&refused.storages, &refused.tensors, blob, true).and_then(|inputs| {
        arguments(&refused.args, &refused.kwargs, &Known { inputs: &inputs, earlier: &[] })
    });
    let given = match built {
        Ok(given) => given,
        Err(problem) => return crate::replay::unbuilt(problem),
    };
    let expected = refused.classes.join(" or ");
    let error = match call(public_name(entry), given) {
        Ok(_) => return Outcome::of(Status::NotRaised, format!("expected {expected}: {}", refused.pattern)),
        Err(error) => error,
    };
    let class = error.kind().class();
    let named = refused.classes.iter().any(|wanted| wanted == class);
    if error.kind() == ErrorKind::NotImplemented && !named {
        return Outcome::of(Status::Unimplemented, error.message());
    }
    grade.raised += 1;
    let difference = format!("expected {expected}: {}; found {class}: {}", refused.pattern, error.message());
    if !named && !refused.classes.iter().any(|wanted| wanted == "Exception") {
        return Outcome::of(Status::Raised, difference);
    }
    grade.class += 1;
    if !holds(&refused.pattern, error.message()) {
        return Outcome::of(Status::Value, difference);
    }
    grade.text += 1;
    Outcome::pass()
}

/// Whether the text holds the pattern; one that this language of patterns cannot read is taken word for word.
fn holds(pattern: &str, text: &str) -> bool {
    match Regex::new(pattern) {
        Ok(regex) => regex.is_match(text),
        Err(_) => text.contains(pattern),
    }
}
