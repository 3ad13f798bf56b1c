//! The drift ledger: one row a packet, lane and run, append-only and chained by hash.
//!
//! A row's hash covers the row and the hash before it. Whoever edits, drops, swaps or forks rows breaks the chain at a
//! place that [`inspect`] names. A tail that was cut leaves a chain that is whole in itself, so the lock in git keeps
//! the head, and the head must be in the chain.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gate::Verdict;
use crate::report::{Lane, Tally};
use crate::typed;

/// The format this crate writes and reads.
pub const VERSION: u32 = 1;

/// The file's name in the store.
pub const FILE: &str = "ledger.jsonl";

/// The hash before the first row of a ledger that continues no other.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a row says; [`Ledger::append`] adds its place in the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The run's id.
    pub run: String,
    /// The commit it ran on.
    pub commit: String,
    /// Whether the tree had changes; then it is never release evidence.
    pub dirty: bool,
    /// The packet.
    pub packet: String,
    /// The lane.
    pub lane: Lane,
    /// Both modes' checks, counted.
    pub counts: Tally,
    /// The gate's verdict.
    pub verdict: Verdict,
    /// Digests of the report and of the gate result.
    pub report: String,
    /// Digest of the gate result.
    pub gate: String,
}

/// One line of `ledger.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The format's version.
    pub ledger: u32,
    /// Its place, from 1.
    pub seq: u64,
    /// Hash of the row before.
    pub previous: String,
    /// What it says.
    pub entry: Entry,
    /// BLAKE3 of the canonical text of this row without this field.
    pub hash: String,
}

impl Row {
    fn sealed(seq: u64, previous: &str, entry: Entry) -> Row {
        let mut row = Row { ledger: VERSION, seq, previous: previous.into(), entry, hash: String::new() };
        row.hash = row.computed();
        row
    }

    /// The hash that the row's content has.
    #[must_use]
    pub fn computed(&self) -> String {
        let mut row = typed::to_json(self);
        if let Some(fields) = row.as_object_mut() {
            fields.remove("hash");
        }
        typed::digest(typed::canonical(&row).as_bytes())
    }
}

/// The place in the chain that the lock remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its place, from 1.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// What is wrong with a ledger. Rows are named by `seq`; `Display` says what each field means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a variant's documentation names its fields")]
pub enum Fault {
    /// A line that is no row: its number from 1 and the reason.
    Malformed { line: usize, reason: String },
    /// The last line has no end: a writer was killed. It was never acknowledged.
    Torn { line: usize },
    /// The row's content does not have the row's hash.
    Edited { seq: u64 },
    /// Rows are missing before this one.
    Dropped { after: u64, found: u64 },
    /// A row stands behind one that comes after it.
    Swapped { seq: u64, after: u64 },
    /// Two rows continue the same row, or a row continues one that is not there.
    Forked { seq: u64 },
    /// The lock's head is beyond the last row.
    Cut { last: Option<u64>, head: u64 },
    /// The chain reaches the head's place with another row.
    Rewritten { head: u64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Malformed { line, reason } => write!(f, "ledger line {line} is no row: {reason}"),
            Fault::Torn { line } => write!(f, "ledger line {line} was not finished: its writer was stopped"),
            Fault::Edited { seq } => write!(f, "ledger row {seq} was edited: its content has another hash"),
            Fault::Dropped { after, found } => {
                write!(f, "ledger rows are missing: row {found} stands after row {after}")
            }
            Fault::Swapped { seq, after } => {
                write!(f, "ledger rows were swapped: row {seq} stands after row {after}")
            }
            Fault::Forked { seq } => {
                write!(f, "the ledger forks at row {seq}: it does not continue the row before it")
            }
            Fault::Cut { last: Some(last), head } => {
                write!(f, "the ledger's tail was cut: it ends at row {last}, the lock knows row {head}")
            }
            Fault::Cut { last: None, head } => {
                write!(f, "the ledger's tail was cut: it is empty, the lock knows row {head}")
            }
            Fault::Rewritten { head } => {
                write!(f, "the ledger was rewritten: row {head} is not the one that the lock knows")
            }
        }
    }
}

/// The rows that could be read, in their order in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    rows: Vec<Row>,
}

impl Ledger {
    /// Reads every line that is a row, and names every one that is none.
    #[must_use]
    pub fn parse(text: &str) -> (Ledger, Vec<Fault>) {
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (n, line) in lines.iter().enumerate() {
            let number = n + 1;
            let Some(whole) = line.strip_suffix('\n') else {
                faults.push(Fault::Torn { line: number });
                continue;
            };
            match typed::read::<Row>(FILE, whole.as_bytes()) {
                Ok(row) if row.ledger != VERSION => faults.push(Fault::Malformed {
                    line: number,
                    reason: format!("expected version {VERSION}, found {}", row.ledger),
                }),
                Ok(row) => rows.push(row),
                Err(why) => faults.push(Fault::Malformed { line: number, reason: why.to_string() }),
            }
        }
        (Ledger { rows }, faults)
    }

    /// The rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The last row's place.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.rows.last().map(|row| Head { seq: row.seq, hash: row.hash.clone() })
    }

    /// Adds a row and returns its line. An empty ledger continues `start`, the lock's head, or begins at row 1.
    pub fn append(&mut self, entry: Entry, start: Option<&Head>) -> String {
        let last = self.head().or_else(|| start.cloned());
        let (seq, previous) = match &last {
            Some(head) => (head.seq.saturating_add(1), head.hash.as_str()),
            None => (1, GENESIS),
        };
        let row = Row::sealed(seq, previous, entry);
        let line = typed::canonical(&row) + "\n";
        self.rows.push(row);
        line
    }

    /// Everything wrong with the chain, given the head that the lock knows.
    #[must_use]
    pub fn inspect(&self, head: Option<&Head>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for row in &self.rows {
            if row.computed() != row.hash {
                faults.push(Fault::Edited { seq: row.seq });
            }
        }
        let mut continued: BTreeMap<&str, u64> = BTreeMap::new();
        for pair in self.rows.windows(2) {
            let [before, row] = pair else { continue };
            if row.seq <= before.seq {
                let twice = row.seq == before.seq || continued.contains_key(row.previous.as_str());
                faults.push(match twice {
                    true => Fault::Forked { seq: row.seq },
                    false => Fault::Swapped { seq: row.seq, after: before.seq },
                });
            } else if row.seq > before.seq + 1 {
                // A row that is further down was moved, not dropped.
                let elsewhere = self.rows.iter().any(|other| other.seq == before.seq + 1);
                if !elsewhere {
                    faults.push(Fault::Dropped { after: before.seq, found: row.seq });
                }
            } else if row.previous != before.hash {
                faults.push(Fault::Forked { seq: row.seq });
            }
            continued.insert(before.previous.as_str(), before.seq);
        }
        if let Some(first) = self.rows.first() {
            // A ledger begins by itself or continues the lock's head.
            let begins = first.seq == 1 && first.previous == GENESIS;
            let continues = head.is_some_and(|head| first.previous == head.hash && first.seq == head.seq + 1);
            if !begins && !continues {
                faults.push(Fault::Dropped { after: 0, found: first.seq });
            }
            faults.extend(head.and_then(|head| self.missing_head(head, continues)));
        }
        faults
    }

    fn missing_head(&self, head: &Head, continues: bool) -> Option<Fault> {
        if continues || self.rows.iter().any(|row| row.hash == head.hash && row.seq == head.seq) {
            return None;
        }
        let last = self.rows.iter().map(|row| row.seq).max();
        Some(match last {
            Some(last) if last >= head.seq => Fault::Rewritten { head: head.seq },
            last => Fault::Cut { last, head: head.seq },
        })
    }
}

#[cfg(test)]
mod tests;
