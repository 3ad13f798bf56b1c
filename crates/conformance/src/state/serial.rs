//! Clients that move amounts between pages at once, and readers beside them: one order by seq must explain all of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use evidence::compare::Rule;
use evidence::value::{Outcome as Counted, Value};
use plan::{DeltaSpec, Expr, FieldType, Intent, PageRef, Query, Read, UpsertPlan};
use serde::Deserialize;
use store::{Body, Create, Edit, Memory, Mutation, Outcome, Snapshot, Store};

use super::log::options;
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(crate) const ROWS: &[Row] = &[Row {
    op: "store.serial",
    reference: Reference::Spec(
        "the state bus: writes and upserts are strictly serialisable, a snapshot is consistent",
    ),
    inputs: &[],
    params: Params::of::<Transfers>(),
    run: serial,
    rule: Rule::Exact,
    hardened: &[],
    api: &[
        "store::Upsert::submit(plan)",
        "store::Query::snapshot",
        "store::Store::scan(from_seq)",
        "store::Past::replay(to_seq)",
    ],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfers {
    /// Threads that move amounts.
    clients: u64,
    /// Pages with an amount each.
    pages: u32,
    /// Transfers of each client; one that read what is no longer true is tried again.
    transfers: u64,
}

const AMOUNT: u64 = 10_000;
const FIELD: FieldType = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };
/// Snapshots that are held against a replay of their seq.
const HELD_MAX: usize = 64;

/// A committed transaction: what it says it read, page and version, and which pages it wrote.
#[derive(Clone)]
struct Entry {
    seq: u64,
    reads: Vec<(u64, u64)>,
    writes: Vec<u64>,
}

/// What readers saw.
#[derive(Default)]
struct Seen {
    /// Snapshots whose amounts do not add up.
    torn: u64,
    /// Snapshots older than one before.
    backwards: u64,
    held: Vec<Snapshot>,
}

fn failed(error: store::Error) -> Failure {
    Failure::raised("store.Error", error.to_string())
}

fn serial(call: &Call<'_>) -> Result<Value, Failure> {
    let Transfers { clients, pages, transfers } = call.params()?;
    if clients == 0 || pages < 2 {
        return Err(Failure::Malformed("params: a transfer needs a client and two pages".into()));
    }
    let store = Store::open(Arc::new(Memory::new()), options().create(Create::New)).map_err(failed)?;
    let edits = (0..pages)
        .flat_map(|number| [Edit::create(number, 8, None), Edit::write_new(number, 0, AMOUNT.to_le_bytes())])
        .collect();
    store.mutate().commit(&Mutation { edits, ..Mutation::default() }).map_err(failed)?;
    let is_over = AtomicBool::new(false);
    let (acknowledged, seen) = thread::scope(|scope| {
        let reader = scope.spawn(|| read(&store, u64::from(pages) * AMOUNT, &is_over));
        let writers: Vec<_> = (0..clients)
            .map(|client| {
                let store = &store;
                scope.spawn(move || {
                    (0..transfers).try_fold(0u64, |count, at| {
                        let from = 1 + (at + client) % u64::from(pages);
                        let to = 1 + (at + client + 1 + at % (u64::from(pages) - 1)) % u64::from(pages);
                        let id = u128::from(client + 1) << 64 | u128::from(at) << 32;
                        transfer(store, id, from, to).map(|()| count + 1)
                    })
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Release);
        (results, reader.join())
    });
    let lost = || Failure::raised("store.Panicked", "a client panicked");
    let mut promised = 0;
    for count in acknowledged {
        promised += count.map_err(|_| lost())?.map_err(failed)?;
    }
    let seen = seen.map_err(|_| lost())?.map_err(failed)?;
    let past = store.past();
    let mut unexplained = 0;
    for snapshot in &seen.held {
        let replayed = past.replay(snapshot.seq()).map_err(failed)?;
        unexplained += u64::from(replayed.state_hash() != snapshot.state_hash());
    }
    let history = history(&store).map_err(failed)?;
    let anomalies = u64::from(anomaly(&history));
    // The first transaction made the pages.
    let missing = promised.abs_diff(history.len().saturating_sub(1) as u64);
    let status = match anomalies + missing + seen.torn + seen.backwards + unexplained {
        _ if !finds_planted(&history) => "blind",
        0 => "serial",
        _ => "broken",
    };
    let ledger = [
        ("anomalies", anomalies),
        ("missing", missing),
        ("torn", seen.torn),
        ("backwards", seen.backwards),
        ("unexplained", unexplained),
    ];
    Ok(Value::Outcome(Counted {
        status: status.into(),
        outputs: BTreeMap::new(),
        calls: 0,
        ledger: ledger.into_iter().map(|(name, count)| (name.to_string(), count)).collect(),
    }))
}

fn amount(snapshot: &Snapshot, page: u64) -> store::Result<(u64, u64)> {
    let page = snapshot.expect_page(page)?;
    let bytes = page.bytes().first_chunk().copied().unwrap_or_default();
    Ok((u64::from_le_bytes(bytes), page.version()))
}

/// Moves 1 by constants: only the read set keeps it from losing what others moved meanwhile.
fn transfer(store: &Store, mut id: u128, from: u64, to: u64) -> store::Result<()> {
    if from == to {
        return transfer(store, id, from, if to == 1 { 2 } else { 1 });
    }
    loop {
        id += 1;
        let snapshot = store.query().snapshot();
        let ((taken, taken_version), (given, given_version)) =
            (amount(&snapshot, from)?, amount(&snapshot, to)?);
        let write = |page: u64, amount: u64| DeltaSpec::Write {
            page: PageRef::Existing(page),
            offset: 0,
            field_type: FIELD,
            value: Expr::Constant(plan::Value::Int(i128::from(amount))),
        };
        let plan = UpsertPlan {
            intent: Intent {
                id,
                parent: 0,
                author: "client".into(),
                schema: "transfer".into(),
                schema_version: 1,
                body: "{}".into(),
            },
            reads: vec![
                Read::Version { page: from, version: taken_version },
                Read::Version { page: to, version: given_version },
            ],
            guard: None,
            deltas: vec![write(from, taken.wrapping_sub(1)), write(to, given.wrapping_add(1))],
            clients: Vec::new(),
            query: Query { pages: vec![from, to], ..Query::default() },
        };
        if let Outcome::Committed { .. } = store.upsert().submit(&plan.sorted())? {
            return Ok(());
        }
    }
}

fn read(store: &Store, total: u64, is_over: &AtomicBool) -> store::Result<Seen> {
    let (mut seen, mut last) = (Seen::default(), 0);
    loop {
        let ends = is_over.load(Ordering::Acquire);
        let snapshot = store.query().snapshot();
        let mut sum = 0u64;
        for page in snapshot.iter()? {
            sum = sum.wrapping_add(amount(&snapshot, page?.0)?.0);
        }
        seen.torn += u64::from(sum != total);
        seen.backwards += u64::from(snapshot.seq() < last);
        if snapshot.seq() > last && seen.held.len() < HELD_MAX {
            seen.held.push(snapshot.clone());
        }
        last = last.max(snapshot.seq());
        if ends {
            return Ok(seen);
        }
        thread::yield_now();
    }
}

fn history(store: &Store) -> store::Result<Vec<Entry>> {
    let mut history = Vec::new();
    for record in store.scan(0) {
        let record = record?;
        let Body::Transaction { decision, deltas, .. } = record.body else { continue };
        let reads = decision.iter().flat_map(|decision| decision.reads.iter());
        let reads = reads.filter_map(|read| match read {
            Read::Version { page, version } => Some((*page, *version)),
            Read::Range { .. } => None,
        });
        let writes = deltas.iter().map(|delta| delta.page).collect();
        history.push(Entry { seq: record.seq, reads: reads.collect(), writes });
    }
    Ok(history)
}

/// Whether a transaction read other versions than the order of the log gave it. A version is the seq of the last change.
fn anomaly(history: &[Entry]) -> bool {
    let mut versions: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in history {
        if entry.reads.iter().any(|(page, version)| versions.get(page) != Some(version)) {
            return true;
        }
        versions.extend(entry.writes.iter().map(|page| (*page, entry.seq)));
    }
    false
}

/// Whether a lost update and a transaction before one that it depends on would have been found, of each that read
/// something. Where none did, nothing was looked at, and nothing would have been found.
fn finds_planted(history: &[Entry]) -> bool {
    let mut planted = history.iter().enumerate().filter(|(_, entry)| !entry.reads.is_empty()).peekable();
    planted.peek().is_some()
        && planted.all(|(place, entry)| finds_stale(history, place) && finds_early(history, place, entry))
}

/// Whether it is seen that the transaction at a place read a version before the one that it read.
fn finds_stale(history: &[Entry], place: usize) -> bool {
    let mut stale = history.to_vec();
    let version = stale.get_mut(place).and_then(|entry| entry.reads.first_mut()).map(|(_, version)| version);
    let Some(version) = version else { return false };
    *version -= 1;
    anomaly(&stale)
}

/// Whether it is seen that the transaction at a place stands before the newest one whose writes it read.
fn finds_early(history: &[Entry], place: usize, entry: &Entry) -> bool {
    let newest = entry.reads.iter().map(|(_, version)| *version).max();
    let Some(source) = history.iter().position(|other| Some(other.seq) == newest) else { return false };
    let mut early = history.to_vec();
    let moved = early.remove(place);
    early.insert(source, moved);
    anomaly(&early)
}

#[cfg(test)]
mod tests;
