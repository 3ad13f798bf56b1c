//! Histories of concurrent clients, held against the order that a log claims.
//!
//! A history says what each client asked, between which two ticks of a common counter it had its answer, and the seq
//! that it was given. Every value is written once, so that a value tells its writer. If the log's order is the serial
//! order, each operation read what the operations before its seq left, and whoever asks after an answer stands behind
//! it. [`anomalies`] names what does not fit, by the field's names (Adya, "Weak Consistency", 1999; Berenson et al.,
//! "A Critique of ANSI SQL Isolation Levels", 1995). It knows nothing of the store whose history it is.

use std::collections::{BTreeMap, BTreeSet};

/// What a client asked and was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who asked, one thing after the other.
    pub client: u64,
    /// The tick at which it asked.
    pub invoked: u64,
    /// The tick at which it had the answer.
    pub answered: u64,
    /// Its place in the order; of an operation that writes nothing, the last seq of the state that it looked at.
    pub seq: u64,
    /// Whether its writes took effect.
    pub committed: bool,
    /// Keys, and the values that it found.
    pub reads: Vec<(u64, u64)>,
    /// Keys, and the values that it gave them.
    pub writes: Vec<(u64, u64)>,
}

/// What no serial order explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anomaly {
    /// It read a value that nobody committed.
    DirtyRead,
    /// It replaced a value that it never saw, while it claims to have read the key.
    LostUpdate,
    /// It wrote on the ground of a value that had been replaced before its place in the order.
    WriteSkew,
    /// What it read is not the state at its seq.
    InconsistentRead,
    /// Its seq lies before one that the same client had been given.
    ReadYourWrites,
    /// Its seq lies before one that another client had been given.
    StaleSnapshot,
    /// Two writers have one seq.
    SharedSeq,
}

impl Operation {
    fn takes_effect(&self) -> bool {
        self.committed && !self.writes.is_empty()
    }
}

/// Everything that does not fit, with the operation's index.
pub fn anomalies(history: &[Operation]) -> Vec<(usize, Anomaly)> {
    let mut found = out_of_order(history);
    let written: BTreeSet<(u64, u64)> =
        history.iter().filter(|op| op.takes_effect()).flat_map(|op| op.writes.iter().copied()).collect();
    let mut order: Vec<usize> = (0..history.len()).collect();
    // Who looks at the state of a seq stands behind its writer.
    order.sort_by_key(|at| history.get(*at).map(|op| (op.seq, !op.takes_effect())));
    let mut values: BTreeMap<u64, u64> = BTreeMap::new();
    let mut last_seq = None;
    for at in order {
        let Some(op) = history.get(at) else { continue };
        // A refused request took no value for true.
        let reads = if op.committed { op.reads.as_slice() } else { &[] };
        for (key, value) in reads {
            if values.get(key) == Some(value) {
                continue;
            }
            let anomaly = if !written.contains(&(*key, *value)) {
                Anomaly::DirtyRead
            } else if op.writes.is_empty() {
                Anomaly::InconsistentRead
            } else if op.writes.iter().any(|(written, _)| written == key) {
                Anomaly::LostUpdate
            } else {
                Anomaly::WriteSkew
            };
            found.push((at, anomaly));
        }
        if op.takes_effect() {
            if last_seq == Some(op.seq) {
                found.push((at, Anomaly::SharedSeq));
            }
            last_seq = Some(op.seq);
            values.extend(op.writes.iter().copied());
        }
    }
    found
}

/// Operations whose seq lies before one that was given before they were asked.
fn out_of_order(history: &[Operation]) -> Vec<(usize, Anomaly)> {
    let invoked = history.iter().enumerate().map(|(at, op)| (op.invoked, at, op, true));
    let answered = history.iter().enumerate().map(|(at, op)| (op.answered, at, op, false));
    let mut ticks: Vec<_> = invoked.chain(answered).collect();
    ticks.sort_by_key(|(tick, ..)| *tick);
    let (mut newest, mut newest_of) = (0, BTreeMap::<u64, u64>::new());
    let mut found = Vec::new();
    for (_, at, op, is_invocation) in ticks {
        let own = newest_of.entry(op.client).or_default();
        if is_invocation && op.seq < *own {
            found.push((at, Anomaly::ReadYourWrites));
        } else if is_invocation && op.seq < newest {
            found.push((at, Anomaly::StaleSnapshot));
        } else if !is_invocation {
            *own = op.seq.max(*own);
            newest = op.seq.max(newest);
        }
    }
    found
}
