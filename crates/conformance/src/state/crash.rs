//! The power goes at every call of a workload: what was acknowledged is there, what is there was asked for, the log
//! goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::compare::Rule;
use evidence::value::{Outcome, Value};
use serde::Deserialize;
use store::{
    Body, ClientEntry, Create, Durability, ErrorKind, Kind as EntryKind, Memory, Namespace, Options, Store,
    Transaction, Vfs,
};

use super::disk::{Disk, Survival};
use super::log::options;
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(crate) const ROWS: &[Row] = &[
    Row {
        op: "store.crash",
        reference: Reference::Spec("the state bus: levels, opening; every acknowledged transaction survives"),
        inputs: &[],
        params: Params::of::<Workload>(),
        run: crash,
        rule: Rule::Exact,
        hardened: &[],
        api: &["store::Store::append(transaction)", "store::Store::put_blob", "store::Store::close"],
    },
    Row {
        op: "store.crash.lying",
        reference: Reference::Spec("the state bus: opening; a disk that lies costs commits, never order"),
        inputs: &[],
        params: Params::of::<Lied>(),
        run: lied_to,
        rule: Rule::Exact,
        hardened: &[],
        api: &["store::Store::append(transaction)", "store::Store::scan(from_seq)"],
    },
];

/// A workload on a disk whose syncs lie from some call on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lied {
    /// The body of each transaction, in bytes.
    sizes: Vec<usize>,
    /// Transactions that name a blob of 3,000 bytes, by place.
    blobs: Vec<usize>,
    durability: Level,
    /// The power is cut at every call after the first lie, so many calls apart.
    stride: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workload {
    /// The body of each transaction, in bytes.
    sizes: Vec<usize>,
    /// Transactions that name a blob of 3,000 bytes, by place.
    blobs: Vec<usize>,
    /// Behind so many transactions the store is closed and opened again; absent for never.
    reopen_after: Option<usize>,
    durability: Level,
    /// How many mixtures of synced and lost sectors are tried at each point.
    mixtures: u64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Durable,
    Buffered,
    Memory,
}

/// What the workload was told before the power went.
#[derive(Default)]
struct Told {
    acknowledged: usize,
    durable: usize,
}

/// What an opening after a cut must never show, counted over all of them.
#[derive(Default)]
struct Broken {
    /// Acknowledged, and not there.
    lost: u64,
    /// There, and never asked for, or in another order.
    invented: u64,
    /// The store cannot be opened.
    refused: u64,
    /// It takes nothing more.
    stuck: u64,
    /// A named blob is not there.
    blobs: u64,
}

/// Fewer points would show little.
const POINTS_MIN: u64 = 20;

fn crash(call: &Call<'_>) -> Result<Value, Failure> {
    let workload: Workload = call.params()?;
    let whole = Disk::default();
    workload
        .run(&whole, &mut Told::default())
        .map_err(|error| Failure::raised("store.Error", error.to_string()))?;
    let points = whole.calls();
    let mut broken = Broken::default();
    for point in 0..=points {
        let (disk, mut told) = (Disk::cut_at(point), Told::default());
        // It fails where the power goes; what counts is what it was told before.
        let _ = workload.run(&disk, &mut told);
        let mixtures = (0..workload.mixtures).map(|seed| Survival::Some(seed * 1_000 + point));
        for survival in [Survival::Everything, Survival::Synced].into_iter().chain(mixtures) {
            let died_alone = matches!(survival, Survival::Everything);
            let at_least = if died_alone { told.acknowledged } else { told.durable };
            workload.check(&disk.after(survival), at_least, &mut broken);
        }
    }
    let Broken { lost, invented, refused, stuck, blobs } = broken;
    let status = match lost + invented + refused + stuck + blobs {
        _ if points < POINTS_MIN => "too few points",
        0 => "kept",
        _ => "broken",
    };
    let ledger =
        [("lost", lost), ("invented", invented), ("refused", refused), ("stuck", stuck), ("blobs", blobs)];
    Ok(Value::Outcome(Outcome {
        status: status.into(),
        outputs: BTreeMap::new(),
        calls: 0,
        ledger: ledger.into_iter().map(|(name, count)| (name.to_string(), count)).collect(),
    }))
}

/// Lies from every call on, cuts after each: what is found must be a first part of what was asked for, or `Corrupt`.
fn lied_to(call: &Call<'_>) -> Result<Value, Failure> {
    let Lied { sizes, blobs, durability, stride } = call.params()?;
    let workload = Workload { sizes, blobs, reopen_after: None, durability, mixtures: 0 };
    let whole = Disk::default();
    workload
        .run(&whole, &mut Told::default())
        .map_err(|error| Failure::raised("store.Error", error.to_string()))?;
    let (mut opened, mut refused, mut invented, mut unnamed) = (0u64, 0u64, 0u64, 0u64);
    for lie in 0..whole.calls() {
        for cut in (lie..whole.calls()).step_by(stride.max(1)) {
            let disk = Disk::cut_at(cut).lying_from(lie);
            // It fails where the power goes.
            let _ = workload.run(&disk, &mut Told::default());
            for survival in [Survival::Synced, Survival::Some(cut)] {
                match workload.bodies(&disk.after(survival)) {
                    Ok(found) => {
                        opened += 1;
                        let asked = (0..found.len()).map(|place| workload.body(place));
                        invented += u64::from(!found.iter().cloned().eq(asked));
                    }
                    Err(error) if error.kind() == ErrorKind::Corrupt => refused += 1,
                    Err(_) => unnamed += 1,
                }
            }
        }
    }
    let status = match invented + unnamed {
        _ if opened < POINTS_MIN || refused == 0 => "too few points",
        0 => "in order",
        _ => "broken",
    };
    let ledger = [("invented", invented), ("unnamed", unnamed)];
    Ok(Value::Outcome(Outcome {
        status: status.into(),
        outputs: BTreeMap::new(),
        calls: 0,
        ledger: ledger.into_iter().map(|(name, count)| (name.to_string(), count)).collect(),
    }))
}

impl Workload {
    /// The body of every transaction that an opening finds.
    fn bodies(&self, disk: &Memory) -> store::Result<Vec<Vec<u8>>> {
        let store = self.open(Arc::new(disk.clone()))?;
        let mut found = Vec::new();
        for record in store.scan(0) {
            if let Body::Transaction { clients, .. } = record?.body {
                found.extend(clients.into_iter().map(|client| client.body));
            }
        }
        Ok(found)
    }

    fn options(&self) -> Options {
        let durability = match self.durability {
            Level::Durable => Durability::Durable,
            Level::Buffered => Durability::Buffered { sync_after_ms: 1_000_000 },
            Level::Memory => Durability::Memory,
        };
        let mut options = options().create(Create::IfAbsent).durability(durability);
        options.segment_bytes_min = 8 << 10;
        options
    }

    fn open(&self, disk: Arc<dyn Vfs>) -> store::Result<Store> {
        let store = Store::open(disk, self.options())?;
        let kind = EntryKind { number: 1, name: "entry".into(), version: 1, must_understand: false };
        store.register(&Namespace { name: "run".into(), kinds: vec![kind] })?;
        Ok(store)
    }

    fn body(&self, place: usize) -> Vec<u8> {
        let byte = u8::try_from(place % 250).unwrap_or_default() + 1;
        vec![byte; self.sizes.get(place).copied().unwrap_or_default()]
    }

    fn transaction(&self, store: &Store, place: usize) -> store::Result<Transaction> {
        let namespace = plan::NamespaceId(1);
        let id = place as u128 + 1;
        let entry = ClientEntry { namespace, kind: 1, version: 1, id, parent: 0, body: self.body(place) };
        let blobs = match self.blobs.contains(&place) {
            true => vec![store.put_blob_as("table", &[place as u8; 3_000])?],
            false => Vec::new(),
        };
        Ok(Transaction { clients: vec![entry], blobs })
    }

    fn run(&self, disk: &Disk, told: &mut Told) -> store::Result<()> {
        let mut store = self.open(Arc::new(disk.clone()))?;
        for place in 0..self.sizes.len() {
            if self.reopen_after == Some(place) {
                store.close()?;
                told.durable = place;
                store = self.open(Arc::new(disk.clone()))?;
            }
            store.append(&self.transaction(&store, place)?)?;
            told.acknowledged = place + 1;
            // The first seq is the namespace's.
            let durable = usize::try_from(store.durable_seq()).unwrap_or_default();
            told.durable = told.durable.max(durable.saturating_sub(1));
        }
        // The process dies here: nothing is closed, not even by a destructor.
        std::mem::forget(store);
        Ok(())
    }

    /// Opens what a cut left and holds it against the promise.
    fn check(&self, disk: &Memory, at_least: usize, broken: &mut Broken) {
        let Ok(store) = self.open(Arc::new(disk.clone())) else {
            broken.refused += 1;
            return;
        };
        let (mut found, mut is_readable) = (Vec::new(), true);
        for record in store.scan(0) {
            match record.map(|record| record.body) {
                Ok(Body::Transaction { clients, blobs, .. }) => {
                    found.extend(clients.into_iter().map(|client| client.body));
                    let is_there = |blob: &store::BlobRef| store.get_blob(&blob.hash).is_ok();
                    broken.blobs += blobs.iter().filter(|blob| !is_there(blob)).count() as u64;
                }
                Ok(_) => {}
                Err(_) => is_readable = false,
            }
        }
        broken.refused += u64::from(!is_readable);
        broken.lost += at_least.saturating_sub(found.len()) as u64;
        let asked = (0..found.len()).map(|place| self.body(place));
        broken.invented += u64::from(!found.iter().cloned().eq(asked));
        let more = Transaction {
            clients: vec![ClientEntry {
                namespace: plan::NamespaceId(1),
                kind: 1,
                version: 1,
                id: u128::MAX,
                parent: 0,
                body: b"goes on".to_vec(),
            }],
            blobs: Vec::new(),
        };
        let seq = store.append(&more).map(|commit| commit.seq);
        broken.stuck += u64::from(seq.ok() != Some(found.len() as u64 + 2));
    }
}
