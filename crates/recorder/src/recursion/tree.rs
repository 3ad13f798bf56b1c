//! The tree of a question, as a fold of what its run's log has below it.

use rlm::{Body, Digest, Kind, Record, fold};
use serde::Serialize;
use std::collections::BTreeMap;

use super::outlet::Entry;
use crate::history::History;

/// One call of a tree: a model's turns over one text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Its id in the tree.
    pub id: String,
    /// The call whose code asked it; none for the question itself.
    pub parent: Option<String>,
    /// How many calls are above it.
    pub depth: u32,
    /// The alias of the model of its turns.
    pub model: String,
    pub instructions: String,
    pub turns: u64,
    /// Calls of models by its turns, its code and its extraction, without those of its children.
    pub model_calls: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub nano_dollars: u64,
    /// `submitted`, `extracted` or `failed`; `open` where the log does not know its end.
    pub status: String,
    /// Why its turns ended without an answer, where they did.
    pub fallback: Option<String>,
}

/// The tree of a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tree {
    /// Its calls, each behind the one that asked it.
    pub nodes: Vec<Node>,
    /// Every call of a model, in the order of the outcomes.
    pub steps: Vec<fold::Step>,
}

/// The records of a question that a Python cell asks, by its number and item.
pub(crate) fn calls_below(history: &History, effect: u128, place: (u64, u64)) -> Vec<Record> {
    let records = history.entries(effect).iter().filter_map(|entry| match entry {
        Entry::Below { number, item, entry } if (*number, *item) == place => match &**entry {
            Entry::Record(record) => Some((**record).clone()),
            _ => None,
        },
        _ => None,
    });
    records.collect()
}

/// The records of a question.
pub(crate) fn calls_of(history: &History, effect: u128) -> Vec<Record> {
    let records = history.entries(effect).iter().filter_map(|entry| match entry {
        Entry::Record(record) => Some((**record).clone()),
        _ => None,
    });
    records.collect()
}

impl Tree {
    /// The tree that records tell; nothing where they tell of no call.
    #[must_use]
    pub fn of(records: &[Record]) -> Option<Tree> {
        let steps = fold::trajectory(records);
        let mut nodes: Vec<Node> = Vec::new();
        let mut children: BTreeMap<Option<Digest>, Vec<Digest>> = BTreeMap::new();
        let mut known: BTreeMap<Digest, Node> = BTreeMap::new();
        for record in records {
            match &record.body {
                Body::CallOpened { caller, model, instructions, .. } => {
                    children.entry(*caller).or_default().push(record.id);
                    let node = Node {
                        id: record.id.to_string(),
                        parent: caller.map(|caller| caller.to_string()),
                        depth: 0,
                        model: model.clone(),
                        instructions: instructions.clone(),
                        turns: 0,
                        model_calls: 0,
                        input_tokens: 0,
                        output_tokens: 0,
                        nano_dollars: 0,
                        status: "open".to_string(),
                        fallback: None,
                    };
                    known.insert(record.id, node);
                }
                Body::CallClosed { closing, .. } => {
                    if let Some(node) = known.get_mut(&record.id) {
                        node.status = word(&closing.status);
                        node.fallback = closing.fallback.as_ref().map(word);
                    }
                }
                _ => {}
            }
        }
        let turns: BTreeMap<Digest, bool> = records
            .iter()
            .filter(|record| record.body.kind() == Kind::ModelOutcome)
            .map(|record| (record.id, record.place.site == "turn"))
            .collect();
        for step in &steps {
            let Some(node) = known.get_mut(&step.call) else { continue };
            node.model_calls += 1;
            node.turns += u64::from(turns.get(&step.id).copied().unwrap_or_default());
            node.input_tokens += step.booked.input_tokens;
            node.output_tokens += step.booked.output_tokens;
            node.nano_dollars += step.booked.nano_dollars;
        }
        let mut next: Vec<(Digest, u32)> = Vec::new();
        let below = |parent: Option<Digest>, depth: u32| {
            children.get(&parent).into_iter().flatten().rev().map(move |id| (*id, depth))
        };
        next.extend(below(None, 0));
        while let Some((id, depth)) = next.pop() {
            let Some(mut node) = known.remove(&id) else { continue };
            node.depth = depth;
            nodes.push(node);
            next.extend(below(Some(id), depth + 1));
        }
        (!nodes.is_empty()).then_some(Tree { nodes, steps })
    }
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_string)).unwrap_or_default()
}
