//! A task with everything that stands for its models, and what is right.

use crate::policy::Policy;
use crate::running::Cells;
use crate::world::World;
use rlm::{Finished, Status, Task};
use serde_json::Value;

/// What scores of scenarios are called wherever they are printed.
pub const SCORE: &str = "orchestrator score, scripted models";

/// A run over generated text.
#[derive(Clone)]
pub struct Scenario {
    /// Which one, and how large.
    pub name: String,
    /// What is asked.
    pub task: Task,
    /// The values of the task's inputs.
    pub inputs: Vec<(String, Value)>,
    /// The models.
    pub policy: Policy,
    /// The answer that the text was made for.
    pub truth: Value,
    /// A plain reduction of what the sub-model says: the only right answer of the orchestrator.
    pub reduced: Value,
}

/// How an answer compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Whether the answer equals the reduction, so that nothing was lost, doubled or misplaced.
    pub is_exact: bool,
    /// Right answers among `of`, by the truth.
    pub right: u64,
    /// How many answers the truth has.
    pub of: u64,
}

impl Scenario {
    /// A world of the run's own.
    #[must_use]
    pub fn world<C: Cells>(&self, cells: C) -> World<C> {
        World::of((self.task.clone(), self.inputs.clone()), Vec::new(), self.policy.clone(), cells)
    }

    /// Holds a finished run against what is right. A run that did not submit has no right answer.
    #[must_use]
    pub fn score(&self, finished: &Finished) -> Score {
        let absent = Value::Null;
        let answer = match finished.closing.status {
            Status::Submitted => finished.closing.outputs.get("answer").unwrap_or(&absent),
            _ => &absent,
        };
        let (right, of) = agreement(answer, &self.truth);
        Score { is_exact: *answer == self.reduced, right, of }
    }
}

/// How many parts of the truth the answer has: members by name, items by place, else the whole.
fn agreement(answer: &Value, truth: &Value) -> (u64, u64) {
    match truth {
        Value::Object(members) => {
            let right = members.iter().filter(|(name, value)| answer.get(name) == Some(value)).count();
            (right as u64, members.len() as u64)
        }
        Value::Array(items) => {
            let right = items.iter().enumerate().filter(|(at, item)| answer.get(at) == Some(item)).count();
            (right as u64, items.len() as u64)
        }
        _ => (u64::from(answer == truth), 1),
    }
}
