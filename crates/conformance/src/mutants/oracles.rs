//! Faults of a live reference.

use evidence::case::{Answer, Raised};
use evidence::report::Lane;
use evidence::value::Value;

use super::Mutant;
use super::toy::{Faithful, Toy};
use crate::row::Reference;
use crate::runner::{Live, LiveAsk};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant { name: "oracle.absent", plant: || asked(None) },
    Mutant {
        name: "oracle.other-version",
        plant: || with(|_| vec![Err("oracle_stale: pandas: expected 3.1.1, found 3.0.0".into())]),
    },
    Mutant {
        name: "oracle.killed",
        plant: || with(|answers| answers.into_iter().map(|_| Err("oracle_died: twice".into())).collect()),
    },
    Mutant {
        name: "oracle.adapter-error",
        plant: || {
            with(|answers| answers.into_iter().map(|_| Err("oracle_adapter: KeyError".into())).collect())
        },
    },
    Mutant {
        name: "oracle.answer-for-another-id",
        plant: || {
            with(|mut answers| {
                answers.rotate_left(1);
                answers
            })
        },
    },
    Mutant {
        name: "oracle.one-case-skipped",
        plant: || {
            with(|mut answers| {
                answers.pop();
                answers
            })
        },
    },
    Mutant {
        name: "oracle.file-is-stale",
        plant: || {
            with(|mut answers| {
                if let Some(first) = answers.first_mut() {
                    *first = Ok(Answer { result: Ok(Value::Text("new".into())), warnings: Vec::new() });
                }
                answers
            })
        },
    },
    Mutant {
        name: "oracle.error-of-another-class",
        plant: || {
            with(|answers| {
                let raised = Raised { class: "TypeError".into(), message: "planted".into() };
                let other = |answer: Result<Answer, String>| {
                    answer.map(|answer| match answer.result {
                        Err(_) => Answer { result: Err(raised.clone()), warnings: Vec::new() },
                        Ok(_) => answer,
                    })
                };
                answers.into_iter().map(other).collect()
            })
        },
    },
    Mutant {
        name: "oracle.adapter-answers-itself",
        plant: || {
            let answers_itself = Bent { bend: |answers| answers, reached: false };
            let mut toy = Toy::new();
            toy.live = Some(Box::new(answers_itself));
            let first = unpoisoned(toy.live.as_mut()?.as_mut());
            first.map(|op| format!("{op} answers although its reference raises"))
        },
    },
];

type Answers = Vec<Result<Answer, String>>;

/// A reference that answers right and then bends the answers.
struct Bent {
    bend: fn(Answers) -> Answers,
    /// Whether the poisoned function was reached.
    reached: bool,
}

impl Live for Bent {
    fn name(&self, reference: Reference) -> Result<String, String> {
        Faithful.name(reference)
    }

    fn ask(&mut self, asks: &[LiveAsk<'_>]) -> Vec<Result<Answer, String>> {
        (self.bend)(Faithful.ask(asks))
    }

    fn poison(&mut self, _: &LiveAsk<'_>) -> Result<bool, String> {
        Ok(self.reached)
    }
}

/// An operation whose answer does not change when its reference raises, if there is one.
fn unpoisoned(live: &mut dyn Live) -> Option<String> {
    let row = crate::registry::rows().find(|row| row.reference.is_live())?;
    let ask = LiveAsk { row, inputs: &Default::default(), params: &Default::default() };
    match live.poison(&ask) {
        Ok(true) => None,
        Ok(false) | Err(_) => Some(row.op.to_string()),
    }
}

fn with(bend: fn(Answers) -> Answers) -> Option<String> {
    asked(Some(Box::new(Bent { bend, reached: true })))
}

fn asked(live: Option<Box<dyn Live>>) -> Option<String> {
    let mut toy = Toy::new();
    toy.lane = Lane::Live;
    toy.live = live;
    toy.red()
}

/// A reference that answers right is green, and its poison is reached.
pub(super) fn ground() -> Option<String> {
    asked(Some(Box::new(Faithful))).or_else(|| unpoisoned(&mut Faithful))
}
