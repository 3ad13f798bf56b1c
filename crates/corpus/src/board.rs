//! The score: per operator, never per sample.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::errors::Refusals;
use crate::status::{Outcome, Status};

/// What became of one operator.
#[derive(Clone, Debug)]
pub struct OperatorScore {
    /// Name and variant.
    pub name: String,
    /// Whether PyTorch has a gradient for the corpus' dtype.
    pub differentiable: bool,
    /// Each sample's outcome, in order.
    pub samples: Vec<Outcome>,
    pub(crate) in_place: Vec<Outcome>,
    pub(crate) out: Vec<Outcome>,
    pub(crate) refusals: Refusals,
    pub(crate) refused: Vec<Outcome>,
    /// Samples too large for the corpus.
    pub left_out: usize,
}

impl OperatorScore {
    /// Whether there are samples and every one passed.
    pub fn passed(&self) -> bool {
        !self.samples.is_empty() && self.passing() == self.samples.len()
    }

    fn passing(&self) -> usize {
        passing(&self.samples)
    }

    /// The status that the operator is shown with: that of the first sample that failed.
    pub fn status(&self) -> Status {
        self.first_failure().map_or(Status::Pass, |(_, outcome)| outcome.status)
    }

    fn first_failure(&self) -> Option<(usize, &Outcome)> {
        self.samples.iter().enumerate().find(|(_, outcome)| outcome.status != Status::Pass)
    }

    /// One line; with `messages` also the first difference of each kind of call.
    fn line(&self, messages: bool) -> String {
        let samples = format!("{}/{}", self.passing(), self.samples.len());
        let status = if self.samples.is_empty() { "no samples" } else { self.status().name() };
        let mut text = format!("{:<48} {samples:>9} {status}", self.name);
        if !messages {
            return text;
        }
        if let Some((k, outcome)) = self.first_failure() {
            let _ = write!(text, "\n    sample {k}: {}", outcome.message);
        }
        for (what, outcomes) in
            [("in place", &self.in_place), ("out=", &self.out), ("refused call", &self.refused)]
        {
            let failure = outcomes.iter().enumerate().find(|(_, o)| o.status != Status::Pass);
            if let Some((k, outcome)) = failure {
                let _ = write!(text, "\n    {what} {k}: {}: {}", outcome.status, outcome.message);
            }
        }
        text
    }

    fn to_json(&self) -> Value {
        let failures: Vec<Value> = self
            .samples
            .iter()
            .enumerate()
            .filter(|(_, outcome)| outcome.status != Status::Pass)
            .map(|(k, outcome)| {
                json!({"sample": k, "status": outcome.status.name(), "message": outcome.message})
            })
            .collect();
        json!({
            "operator": self.name,
            "passed": self.passed(),
            "differentiable": self.differentiable,
            "samples": self.samples.len(),
            "left_out": self.left_out,
            "failures": failures,
            "in_place": [passing(&self.in_place), self.in_place.len()],
            "out": [passing(&self.out), self.out.len()],
            "errors": {
                "total": self.refusals.total,
                "raised": self.refusals.raised,
                "class": self.refusals.class,
                "text": self.refusals.text,
            },
        })
    }
}

fn passing(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.status == Status::Pass).count()
}

/// What became of every operator of a corpus, in the order of their names.
#[derive(Clone, Debug)]
pub struct Board {
    /// The corpus' dtype.
    pub dtype: String,
    /// One score an operator.
    pub operators: Vec<OperatorScore>,
}

impl Board {
    /// One line an operator.
    pub fn lines(&self, messages: bool) -> String {
        self.operators.iter().map(|operator| operator.line(messages) + "\n").collect()
    }

    /// Counts by status and the shares; the last line is the score.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        let samples: Vec<&Outcome> = self.operators.iter().flat_map(|operator| &operator.samples).collect();
        let _ = writeln!(text, "{:<14} {:>9} {:>8}", "status", "operators", "samples");
        for status in Status::ALL {
            let operators =
                self.operators.iter().filter(|o| !o.samples.is_empty() && o.status() == status).count();
            let count = samples.iter().filter(|outcome| outcome.status == status).count();
            let _ = writeln!(text, "{status:<14} {operators:>9} {count:>8}");
        }
        let empty = self.operators.iter().filter(|operator| operator.samples.is_empty()).count();
        let left_out: usize = self.operators.iter().map(|operator| operator.left_out).sum();
        let _ = writeln!(
            text,
            "operators without a sample: {empty}; samples left out for their size: {left_out}"
        );
        let variants = |of: fn(&OperatorScore) -> &Vec<Outcome>| {
            let all = self.operators.iter().flat_map(of);
            all.fold((0, 0), |(right, total), outcome| {
                (right + usize::from(outcome.status == Status::Pass), total + 1)
            })
        };
        let (in_place, out) = (variants(|o| &o.in_place), variants(|o| &o.out));
        let _ = writeln!(text, "in place {}/{}; out= {}/{}", in_place.0, in_place.1, out.0, out.1);
        let mut refusals = Refusals::default();
        self.operators.iter().for_each(|operator| refusals.add(operator.refusals));
        let Refusals { total, raised, class, text: words } = refusals;
        let _ = writeln!(text, "errors raised {raised}/{total}; class {class}/{total}; text {words}/{total}");
        let _ = writeln!(text, "mean share of samples: {}", self.mean_share());
        text + &self.score() + "\n"
    }

    /// `N/673 operators, G/548 with gradients`: those that pass, among all and among those PyTorch differentiates.
    pub fn score(&self) -> String {
        let count = |wanted: &dyn Fn(&OperatorScore) -> bool| {
            self.operators.iter().filter(|operator| wanted(operator)).count()
        };
        format!(
            "{}/{} operators, {}/{} with gradients",
            count(&OperatorScore::passed),
            self.operators.len(),
            count(&|operator| operator.differentiable && operator.passed()),
            count(&|operator| operator.differentiable)
        )
    }

    /// How many operators pass.
    pub fn passed(&self) -> usize {
        self.operators.iter().filter(|operator| operator.passed()).count()
    }

    /// The mean over operators of the share of samples that pass, in percent with two decimals.
    fn mean_share(&self) -> String {
        let shares = self.operators.iter().map(|operator| {
            let total = operator.samples.len().max(1);
            operator.passing() as f64 / total as f64
        });
        format!("{:.2} %", 100.0 * shares.sum::<f64>() / self.operators.len().max(1) as f64)
    }

    /// Everything, for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "dtype": self.dtype,
            "score": self.score(),
            "operators": self.operators.iter().map(OperatorScore::to_json).collect::<Vec<_>>(),
        })
    }
}
