//! `accept`: records one packet again from its live oracle, shows the difference, updates the lock.
//!
//! Our engine's answer is never stored as an expectation: what no oracle attests stays as its author wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use evidence::case::{CaseFile, Expect, Expectation, Source};
use evidence::json::Json;
use evidence::lock::{Lock, PacketEntry};
use evidence::report::Lane;
use serde_json::json;

use super::run::{Options, execute};
use super::{Problem, Session};
use crate::library::Library;
use crate::live::Workers;
use crate::registry;
use crate::runner::{Live, LiveAsk};
use crate::store::write_file;

/// What accepting changed.
pub struct Accepted {
    pub packet: String,
    pub reason: String,
    /// Cases whose expectation the oracle answered otherwise: id, before, after.
    pub changed: Vec<(String, Json, Json)>,
    /// Lines of the lock that changed, for the reader.
    pub lock: Vec<String>,
}

impl Accepted {
    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        let changed: Vec<Json> = self
            .changed
            .iter()
            .map(|(id, before, after)| json!({"case": id, "before": before, "after": after}))
            .collect();
        json!({
            "schema": "lumen.evidence.accept", "schema_version": 1, "packet": self.packet, "reason": self.reason,
            "changed": changed, "lock": self.lock,
        })
    }
}

/// Records a packet again. A packet whose oracle cannot be asked is left as it is, lock included.
pub fn accept(session: &Session, packet: &str, reason: &str, options: &Options) -> Result<Accepted, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::usage("a reason is wanted: `--reason TEXT`"));
    }
    let folder = session.cases_folder()?;
    let mut workers = Workers::new(session.python.clone());
    let changed = record(session, folder, packet, &mut workers)?;
    // The lock is computed from the files as they lie on disk now.
    let library = Library::open(folder)?;
    let fresh = Session {
        library,
        lock: session.lock.clone(),
        store: session.store.clone(),
        python: session.python.clone(),
        checkout: crate::Checkout::around(folder),
        engine: session.engine.clone(),
        command: session.command.clone(),
        now: session.now,
        elapsed: session.elapsed,
    };
    let lock = update_lock(&fresh, &BTreeSet::from([packet.to_string()]), reason, options, &mut workers)?;
    if let Some(fault) = workers.finish().first() {
        return Err(Problem::damaged(format!("the oracle said more than it was asked: {fault}")));
    }
    Ok(Accepted { packet: packet.into(), reason: reason.into(), changed, lock })
}

/// Asks the oracle for every case that names one, and writes the answers into the case files.
fn record(
    session: &Session,
    folder: &Path,
    packet: &str,
    workers: &mut Workers,
) -> Result<Vec<(String, Json, Json)>, Problem> {
    let loaded = session.library.load(packet)?;
    let mut asked = Vec::new();
    for case in &loaded.cases {
        let row = registry::find(&case.op)
            .ok_or_else(|| Problem::usage(format!("case {}: no operation {:?}", case.id, case.op)))?;
        let by_oracle = matches!(case.source, Source::Oracle { .. }) && row.reference.can_answer();
        if by_oracle && case.retired.is_none() && !matches!(case.expect.answer, Expect::Live) {
            let inputs = case.values("").map_err(|why| Problem::usage(format!("case {}: {why}", case.id)))?;
            asked.push((case, row, inputs));
        }
    }
    let asks: Vec<LiveAsk<'_>> =
        asked.iter().map(|(case, row, inputs)| LiveAsk { row, inputs, params: &case.params }).collect();
    let answers = workers.ask(&asks);
    let mut expectations: BTreeMap<&str, (Expectation, String)> = BTreeMap::new();
    let store = crate::store::Store::open(&session.store);
    for ((case, row, _), answer) in asked.iter().zip(answers) {
        let answer = answer.map_err(|why| Problem {
            exit: super::NOT_EVALUATED,
            ..Problem::usage(format!("case {}: {why}; nothing was written", case.id))
        })?;
        let mut expectation = Expectation::from(answer);
        if case.recipes().next().is_some()
            && let Expect::Value(value) = &expectation.answer
        {
            expectation.answer = if row.rule.is_exact() {
                Expect::Digest(value.digest())
            } else {
                let store = store.as_ref().map_err(|error| Problem::damaged(error.to_string()))?;
                Expect::Blob(store.put(value.canonical().as_bytes())?)
            };
        }
        let name = workers.name(row.reference).map_err(Problem::damaged)?;
        expectations.insert(&case.id, (expectation, name));
    }
    let mut changed = Vec::new();
    // What stands in Markdown or in a source has no oracle.
    let names: BTreeSet<&String> = loaded.file_of.values().filter(|name| name.ends_with(".json")).collect();
    for name in names {
        let path = folder.join(&loaded.area).join(packet).join(name);
        let unreadable = |why: String| Problem::damaged(format!("{}: {why}", path.display()));
        let bytes = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
        let mut file = CaseFile::parse(name, &bytes)?;
        let before = file.clone();
        for case in &mut file.cases {
            let Some((expectation, name)) = expectations.remove(case.id.as_str()) else { continue };
            if expectation != case.expect && !equivalent(&case.expect, &expectation) {
                changed.push((case.id.clone(), case.expect.to_json(), expectation.to_json()));
                case.expect = expectation;
            }
            if let Source::Oracle { name: recorded, .. } = &mut case.source {
                *recorded = name;
            }
        }
        // The author's order and bytes stay where nothing changed.
        if file != before {
            write_file(&path, file.to_text().as_bytes())?;
        }
    }
    Ok(changed)
}

/// A recorded pattern that the new words still match is kept: it was written on purpose.
fn equivalent(recorded: &Expectation, fresh: &Expectation) -> bool {
    use evidence::case::Message;
    match (&recorded.answer, &fresh.answer) {
        (Expect::Error(old), Expect::Error(new)) => match (&old.message, &new.message) {
            (Message::Pattern(pattern), Message::Exact(text)) => {
                old.class == new.class && pattern.matches(text) && recorded.warnings == fresh.warnings
            }
            _ => false,
        },
        _ => false,
    }
}

/// Computes the lock anew for every packet, from the files as they lie. No case file changes.
pub fn lock(session: &Session, reason: &str, options: &Options) -> Result<Vec<String>, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::usage("a reason is wanted: `--reason TEXT`"));
    }
    let packets = session.library.packets().into_keys().collect();
    let mut workers = Workers::new(session.python.clone());
    let changed = update_lock(session, &packets, reason, options, &mut workers)?;
    match workers.finish().first() {
        Some(fault) => Err(Problem::damaged(format!("the oracle said more than it was asked: {fault}"))),
        None => Ok(changed),
    }
}

/// Runs packets in the lanes their gates name and writes what they gave into the lock. A lane whose reference cannot be
/// asked keeps its entry. Gives the lines of the lock that are new.
fn update_lock(
    session: &Session,
    packets: &BTreeSet<String>,
    reason: &str,
    options: &Options,
    workers: &mut Workers,
) -> Result<Vec<String>, Problem> {
    let store = session.store()?;
    let mut lock = session.lock.clone().unwrap_or_default();
    let before = lock.text();
    lock.schemas = evidence::schema::entries();
    for lane in [Lane::Recorded, Lane::Live] {
        // Packets whose gates ask for the same thread counts run together.
        let mut by_threads: BTreeMap<Vec<usize>, BTreeSet<String>> = BTreeMap::new();
        for packet in packets {
            let loaded = session.library.load(packet)?;
            let gate = loaded.gate.as_deref();
            let gate = gate.ok_or_else(|| Problem::usage(format!("packet {packet} has no gate.yaml")))?;
            let gate = evidence::gate::Gate::parse(gate)?;
            if gate.lanes.contains(&lane) {
                by_threads.entry(gate.threads).or_default().insert(packet.clone());
            }
        }
        for (threads, packets) in by_threads {
            let modes = evidence::report::Mode::ALL.to_vec();
            let options = Options { lane, modes, threads, ..options.clone() };
            let run = execute(session, &options, &packets, &store, workers)?;
            if let Some((_, trouble)) = run.troubles.into_iter().next() {
                return Err(trouble.into());
            }
            for one in run.packets {
                let tally = one.report.counts.all();
                if lane == Lane::Live && tally.not_evaluated == tally.total {
                    continue;
                }
                let lanes = lock.packets.entry(one.packet).or_default();
                let entry = PacketEntry { reason: reason.into(), ..one.entry };
                lanes.insert(lane, lanes.get(&lane).map_or(entry.clone(), |known| merged(known, entry)));
            }
        }
    }
    lock.oracles.extend(workers.identities());
    lock.packets.retain(|packet, _| session.library.packets().contains_key(packet));
    lock.denominators = denominators(session, &lock);
    let text = lock.text();
    let path = session.lock_path()?;
    if text != before || !path.exists() {
        write_file(&path, text.as_bytes())?;
    }
    let known: BTreeSet<&str> = before.lines().collect();
    Ok(text.lines().filter(|line| !known.contains(line)).map(|line| line.trim().to_string()).collect())
}

/// A fresh entry with what stays true of the known one: golden results of other machines while the cases are the same,
/// and the reason where nothing changed.
fn merged(known: &PacketEntry, mut fresh: PacketEntry) -> PacketEntry {
    if known.cases == fresh.cases {
        for (machine, digest) in &known.golden {
            fresh.golden.entry(machine.clone()).or_insert_with(|| digest.clone());
        }
        if known.report == fresh.report && known.gate == fresh.gate {
            fresh.reason.clone_from(&known.reason);
        }
    }
    fresh
}

/// The sum of the locked packets' checks, by suite and lane.
pub(crate) fn denominators(session: &Session, lock: &Lock) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (packet, lanes) in &lock.packets {
        let Ok(loaded) = session.library.load(packet) else { continue };
        for (lane, entry) in lanes {
            *sums.entry(format!("{}/{lane}", loaded.packet.suite)).or_insert(0) += entry.counts.all().total;
        }
    }
    sums
}
