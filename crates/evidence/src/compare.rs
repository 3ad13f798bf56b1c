//! What differs between two values, by one rule for every lane.
//!
//! The comparison is over columns, not cells alone: dtype, class of index, name, frequency, order, kind of missing,
//! strides and aliasing count as much as numbers. Each difference is a [`Drift`] that says what, where and how grave.

mod answer;
mod cells;
mod drift;
mod factors;
mod labelled;
mod rule;
mod tensors;

pub use self::answer::{Incomparable, compare_answers};
pub use self::drift::{Category, Drift, LOCATIONS_MAX, Level};
pub use self::rule::{Factors, Rule, TORCH_TOLERANCES, Tolerance};

use self::tensors::Aliases;
use crate::value::{Cell, Diagnostic, Outcome, State, Tree, Value};
use std::cmp::Reverse;

/// Every difference of `found` from `expected` under a row's rule, the gravest first; empty if there is none. Of
/// differences of one category and level the first [`LOCATIONS_MAX`] are kept.
///
/// ```
/// use evidence::compare::{Category, Rule, compare};
/// use evidence::value::Value;
///
/// let scalar = |dtype: &str| {
///     let text = format!(r#"{{"kind":"scalar","dtype":"{dtype}","value":1}}"#);
///     Value::parse("a.json", text.as_bytes()).unwrap()
/// };
/// let drifts = compare("series.sum", &scalar("int64"), &scalar("float64"), &Rule::Exact);
/// assert_eq!(drifts[0].category, Category::Dtype);
/// assert_eq!(drifts[0].to_string(), "series.sum.dtype (critical) at value: expected \"int64\", found \"float64\"");
/// ```
pub fn compare(op: &str, expected: &Value, found: &Value, rule: &Rule) -> Vec<Drift> {
    let mut comparison = Comparison::new(op, rule);
    comparison.aliases = Aliases::of(expected, found);
    comparison.values("", expected, found);
    comparison.finish()
}

/// A comparison under way.
struct Comparison<'a> {
    op: &'a str,
    rule: &'a Rule,
    drifts: Vec<Drift>,
    aliases: Aliases,
    /// Inside gradients every difference is one of the gradient.
    in_gradients: bool,
}

impl<'a> Comparison<'a> {
    fn new(op: &'a str, rule: &'a Rule) -> Self {
        Comparison { op, rule, drifts: Vec::new(), aliases: Aliases::default(), in_gradients: false }
    }

    /// The gravest first, else in the order of the value: who shows a few of them shows what counts.
    fn finish(mut self) -> Vec<Drift> {
        self.drifts.sort_by_key(|drift| Reverse(drift.level));
        self.drifts
    }

    /// Notes a difference, unless enough of its sort are known.
    fn drift(
        &mut self,
        category: Category,
        level: Level,
        location: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        if !self.is_full(category, level) {
            let category = self.category(category);
            self.drifts.push(Drift::new(self.op, category, level, location, &expected.into(), &found.into()));
        }
    }

    fn category(&self, category: Category) -> Category {
        if self.in_gradients { Category::Gradient } else { category }
    }

    /// Whether enough differences of a sort are known.
    fn is_full(&self, category: Category, level: Level) -> bool {
        let category = self.category(category);
        let known = self.drifts.iter().filter(|drift| drift.category == category && drift.level == level);
        known.count() >= LOCATIONS_MAX
    }

    fn critical(
        &mut self,
        category: Category,
        location: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.drift(category, Level::Critical, location, expected, found);
    }

    /// Notes a difference of two texts, if there is one.
    fn texts(&mut self, category: Category, location: &str, expected: &str, found: &str) {
        if expected != found {
            self.critical(category, location, format!("{expected:?}"), format!("{found:?}"));
        }
    }

    fn counts(&mut self, category: Category, location: &str, expected: u64, found: u64) {
        if expected != found {
            self.critical(category, location, expected.to_string(), found.to_string());
        }
    }

    fn values(&mut self, at: &str, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::Column(a), Value::Column(b)) => self.columns(at, a, b, None),
            (Value::Index(a), Value::Index(b)) => self.indexes(at, a, b),
            (Value::Series(a), Value::Series(b)) => self.series(at, a, b),
            (Value::Frame(a), Value::Frame(b)) => self.frames(at, a, b),
            (Value::Tensor(a), Value::Tensor(b)) => self.tensors(at, a, b),
            (Value::Scalar(a), Value::Scalar(b)) => self.scalars(at, a, b),
            (Value::Tree(a), Value::Tree(b)) => self.trees(at, a, b),
            (Value::Text(a), Value::Text(b)) => self.texts(Category::Value, at, a, b),
            (Value::Bytes(a), Value::Bytes(b)) => self.bytes(at, a, b),
            (Value::State(a), Value::State(b)) => self.states(at, a, b),
            (Value::Diagnostics(a), Value::Diagnostics(b)) => self.diagnostics(at, a, b),
            (Value::Outcome(a), Value::Outcome(b)) => self.outcomes(at, a, b),
            _ => {
                self.critical(
                    Category::Shape,
                    at,
                    format!("a {}", expected.kind()),
                    format!("a {}", found.kind()),
                );
            }
        }
    }

    fn trees(&mut self, at: &str, expected: &Tree, found: &Tree) {
        match (expected, found) {
            (Tree::Items(a), Tree::Items(b)) => {
                if a.len() != b.len() {
                    self.critical(
                        Category::Shape,
                        at,
                        format!("{} items", a.len()),
                        format!("{} items", b.len()),
                    );
                    return;
                }
                if let Rule::Reconstruction(factors, tolerances) = self.rule {
                    return self.reconstruction(at, a, b, *factors, tolerances);
                }
                for (position, (a, b)) in a.iter().zip(b).enumerate() {
                    self.values(&format!("{at}[{position}]"), a, b);
                }
            }
            (Tree::Entries(a), Tree::Entries(b)) => {
                let keys = |entries: &[(Cell, Value)]| -> Vec<String> {
                    entries.iter().map(|(key, _)| cells::shown(key)).collect()
                };
                let (expected, found) = (keys(a), keys(b));
                if expected != found {
                    let (mut sorted_expected, mut sorted_found) = (expected.clone(), found.clone());
                    sorted_expected.sort();
                    sorted_found.sort();
                    let category =
                        if sorted_expected == sorted_found { Category::Order } else { Category::Shape };
                    return self.critical(
                        category,
                        at,
                        format!("keys {expected:?}"),
                        format!("keys {found:?}"),
                    );
                }
                for ((key, a), ((_, b), name)) in a.iter().zip(b.iter().zip(&expected)) {
                    let outside = self.in_gradients;
                    self.in_gradients |= matches!(key, Cell::Text(key) if key == "grads");
                    self.values(&format!("{at}[{name}]"), a, b);
                    self.in_gradients = outside;
                }
            }
            _ => self.critical(Category::Shape, at, tree_form(expected), tree_form(found)),
        }
    }

    fn bytes(&mut self, at: &str, expected: &[u8], found: &[u8]) {
        if expected != found {
            let first = expected.iter().zip(found).position(|(a, b)| a != b);
            let first = first.unwrap_or(expected.len().min(found.len()));
            let show = |bytes: &[u8]| match bytes.get(first) {
                Some(byte) => format!("byte 0x{byte:02x} of {}", bytes.len()),
                None => format!("the end of {} bytes", bytes.len()),
            };
            self.critical(Category::Value, &format!("{at} offset {first}"), show(expected), show(found));
        }
    }

    fn states(&mut self, at: &str, expected: &State, found: &State) {
        self.texts(Category::State, &format!("{at} hash"), &expected.hash, &found.hash);
        self.counts(Category::State, &format!("{at} seq"), expected.seq, found.seq);
        if expected.refusals != found.refusals {
            let (expected, found) = (format!("{:?}", expected.refusals), format!("{:?}", found.refusals));
            self.critical(Category::State, &format!("{at} refusals"), expected, found);
        }
    }

    fn outcomes(&mut self, at: &str, expected: &Outcome, found: &Outcome) {
        self.texts(Category::State, &format!("{at} status"), &expected.status, &found.status);
        self.counts(Category::Effect, &format!("{at} calls"), expected.calls, found.calls);
        if expected.ledger != found.ledger {
            let (expected, found) = (format!("{:?}", expected.ledger), format!("{:?}", found.ledger));
            self.critical(Category::Effect, &format!("{at} ledger"), expected, found);
        }
        let names = |outcome: &Outcome| outcome.outputs.keys().cloned().collect::<Vec<_>>();
        if names(expected) != names(found) {
            let (expected, found) = (format!("{:?}", names(expected)), format!("{:?}", names(found)));
            return self.critical(Category::Shape, &format!("{at} outputs"), expected, found);
        }
        for ((name, a), b) in expected.outputs.iter().zip(found.outputs.values()) {
            self.values(&format!("{at} outputs[{name:?}]"), a, b);
        }
    }

    fn diagnostics(&mut self, at: &str, expected: &[Diagnostic], found: &[Diagnostic]) {
        let category = Category::Diagnostic;
        let codes = |items: &[Diagnostic]| items.iter().map(|item| item.code.clone()).collect::<Vec<_>>();
        if expected.len() != found.len() {
            let (expected, found) = (format!("{:?}", codes(expected)), format!("{:?}", codes(found)));
            return self.critical(category, at, expected, found);
        }
        for (position, (a, b)) in expected.iter().zip(found).enumerate() {
            let at = |part: &str| format!("{at}[{position}] {part}");
            self.texts(category, &at("code"), &a.code, &b.code);
            self.texts(category, &at("severity"), &a.severity, &b.severity);
            if a.span != b.span {
                self.critical(category, &at("span"), format!("{:?}", a.span), format!("{:?}", b.span));
            }
            if a.fix != b.fix {
                self.critical(category, &at("fix"), format!("{:?}", a.fix), format!("{:?}", b.fix));
            }
            if a.message != b.message {
                let (expected, found) = (format!("{:?}", a.message), format!("{:?}", b.message));
                self.drift(category, Level::Minor, &at("message"), expected, found);
            }
        }
    }
}

fn tree_form(tree: &Tree) -> &'static str {
    match tree {
        Tree::Items(_) => "a tree of items",
        Tree::Entries(_) => "a tree of entries",
    }
}

#[cfg(test)]
mod tests;
