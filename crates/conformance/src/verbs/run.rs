//! Running packets and writing what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use evidence::gate::{Gate, SuiteCount, Verdict};
use evidence::ledger::Entry;
use evidence::lock::LockFault;
use evidence::mismatch::{self, Mismatch};
use evidence::report::{Lane, Mode, Status};
use evidence::run::{Completion, FileEntry, RunRecord};
use evidence::snapshot::{LedgerView, PacketCard, RunHeader, SCHEMA, SidecarView, Snapshot, TrendPoint};
use evidence::typed;
use evidence::value::Value;
use sidecar::{Block, Damage, Health, Overhead, Pattern};

use super::{DAMAGED, MALFORMED, NOT_EVALUATED, PASS, Pace, Problem, RED, Session, evidence_files};
use crate::environment::{environment, instruction_set};
use crate::library::Loaded;
use crate::live::Workers;
use crate::registry;
use crate::runner::{Live, PacketRun, Run, Settings, in_parallel};
use crate::store::{Recording, Store, StoreError};

/// What to run and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Packets by id; all of them where empty.
    pub packets: Vec<String>,
    /// Only packets of this folder of `cases/`.
    pub area: Option<String>,
    /// Only packets that a release waits for.
    pub blocking: bool,
    pub lane: Lane,
    pub modes: Vec<Mode>,
    /// Who set the modes: `flag`, `project file` or `default`.
    pub modes_from: String,
    pub threads: Vec<usize>,
    pub jobs: usize,
    /// The longest a call may take.
    pub limit: Duration,
}

/// A run with its place in the store.
pub struct Outcome {
    pub snapshot: Snapshot,
    /// The run's folder.
    pub folder: PathBuf,
    /// Packets that were not selected.
    pub left_out: usize,
    /// How long it took.
    pub pace: Pace,
    pub run: Run,
}

impl Outcome {
    /// The exit status: 4 before 2 before 1 before 3.
    #[must_use]
    pub fn exit(&self, lenient: bool) -> u8 {
        exit(&self.snapshot, lenient)
    }
}

/// The exit status of what a snapshot shows.
#[must_use]
pub fn exit(snapshot: &Snapshot, lenient: bool) -> u8 {
    let threat = |verdict| snapshot.threats.iter().any(|threat| threat.verdict == verdict);
    let red = snapshot.verdict == Verdict::Fail
        || !snapshot.lock_faults.is_empty()
        || !snapshot.allowlist_faults.is_empty()
        || threat(Verdict::Fail);
    if !snapshot.ledger.faults.is_empty() {
        DAMAGED
    } else if !snapshot.malformed.is_empty() {
        MALFORMED
    } else if red {
        RED
    } else if snapshot.verdict == Verdict::NotEvaluated && !lenient {
        NOT_EVALUATED
    } else {
        PASS
    }
}

/// The packets that the options name. An unknown name is an error.
pub(crate) fn select(session: &Session, options: &Options) -> Result<BTreeSet<String>, Problem> {
    let known = session.library.packets();
    let mut selected = BTreeSet::new();
    for packet in &options.packets {
        if !known.contains_key(packet) {
            return Err(Problem::usage(format!("there is no packet {packet}"))
                .help("`lumen conformance list` names them all."));
        }
        selected.insert(packet.clone());
    }
    if options.packets.is_empty() {
        selected.extend(known.keys().cloned());
    }
    if let Some(area) = &options.area {
        if !known.values().any(|known| known == area) {
            let areas: BTreeSet<&String> = known.values().collect();
            let areas: Vec<&str> = areas.into_iter().map(String::as_str).collect();
            return Err(Problem::usage(format!(
                "there is no area {area}; the areas are {}",
                areas.join(", ")
            )));
        }
        selected.retain(|packet| known.get(packet) == Some(area));
    }
    if options.packets.is_empty() {
        // A packet that is judged in another lane alone has nothing to say in this one.
        selected.retain(|packet| {
            let gate = known.get(packet).and_then(|area| session.library.file(&gate_path(area, packet)));
            gate.and_then(|text| Gate::parse(text).ok()).is_none_or(|gate| gate.lanes.contains(&options.lane))
        });
    }
    if options.blocking {
        selected.retain(|packet| {
            let gate = known.get(packet).and_then(|area| session.library.file(&gate_path(area, packet)));
            evidence::gate::blocks_release(gate)
        });
    }
    Ok(selected)
}

fn gate_path(area: &str, packet: &str) -> String {
    format!("{area}/{packet}/{}", evidence::gate::FILE)
}

/// Runs the selected packets, writes everything to the store, then says what came of it.
pub fn run(session: &Session, options: &Options) -> Result<Outcome, Problem> {
    let store = session.store()?;
    let selected = select(session, options)?;
    let mut recording = store.begin(record(session, options, &selected))?;
    let mut workers = Workers::timed(session.python.clone(), session.elapsed);
    let began = (session.elapsed)();
    let mut run = execute(session, options, &selected, &store, &mut workers)?;
    let pace = Pace::of(&run, (session.elapsed)().saturating_sub(began), &workers);
    let oracles = workers.identities();
    let spoken = workers.finish();
    if let Some(first) = spoken.first() {
        // An answer that nobody asked for makes every answer of that worker doubtful.
        run.troubles.push((
            "live oracle".into(),
            crate::Trouble::Unfit { packet: "live oracle".into(), reason: first.clone() },
        ));
    }
    let everything = options.packets.is_empty() && options.area.is_none() && !options.blocking;
    let list = evidence_files::allowlist(&session.library)?;
    let allowlist_faults = evidence_files::unproved(&list, &run, &options.modes);
    let threats = match evidence_files::matrix(&session.library)? {
        Some(matrix) => {
            let planted = evidence_files::planted(&matrix, everything);
            evidence_files::threats(&matrix, &run, everything, &planted)
        }
        None => Vec::new(),
    };
    let written = in_parallel(options.jobs, run.packets.len(), |n| {
        run.packets.get(n).map(|packet| write_packet(&recording, packet)).transpose()
    });
    let mut log = String::new();
    let (mut entries, mut sidecars) = (Vec::new(), Vec::new());
    let (commit, dirty) = commit(session);
    for (packet, written) in run.packets.iter().zip(written) {
        let Some(written) = written? else { continue };
        log.extend(packet.log.iter().map(evidence::log::LogRow::line));
        entries.push(Entry {
            run: recording.id().into(),
            commit: commit.clone(),
            dirty,
            packet: packet.packet.clone(),
            lane: run.lane,
            counts: packet.report.counts.all(),
            verdict: packet.gate.verdict,
            report: written.report,
            gate: written.gate,
        });
        sidecars.push(written.sidecar);
        recording.note(written.files);
        recording.record().verdicts.insert(packet.packet.clone(), packet.gate.verdict);
    }
    let written = recording.write("log.jsonl", log.as_bytes())?;
    recording.note([written]);
    let id = recording.id().to_string();
    let head = session.lock.as_ref().and_then(|lock| lock.head.as_ref());
    // A damaged chain takes no row and shows in the view; a disk that fails is an error.
    let refused = match store.append(entries, head) {
        Ok(_) => None,
        Err(StoreError::Damaged(why)) => Some(why),
        Err(error) => return Err(error.into()),
    };
    let ledger = ledger_view(&store, session, refused)?;
    let snapshot = Snapshot {
        schema: SCHEMA.into(),
        schema_version: evidence::snapshot::VERSION,
        verdict: run.verdict(),
        run: header(recording.record(), options),
        oracles: oracles.iter().map(|(name, entry)| (name.clone(), version(name, entry))).collect(),
        packets: run.packets.iter().map(|packet| card(packet, run.lane, &id, &ledger)).collect(),
        malformed: run.troubles.iter().map(|(id, trouble)| (id.clone(), trouble.to_string())).collect(),
        suites: suites(session, &run),
        lock_faults: lock_faults(session, &run, &oracles),
        allowlist_faults,
        threats,
        ledger,
        sidecars,
    };
    let written = recording.write("snapshot.json", &typed::file_bytes(&snapshot))?;
    recording.note([written]);
    recording.finish((session.now)())?;
    let left_out = session.library.packets().len() - selected.len();
    Ok(Outcome { snapshot, folder: store.run_path(&id), left_out, pace, run })
}

/// A packet's files on disk.
struct Written {
    files: Vec<FileEntry>,
    /// Digests for the ledger.
    report: String,
    gate: String,
    sidecar: SidecarView,
}

fn write_packet(recording: &Recording<'_>, packet: &PacketRun) -> Result<Written, Problem> {
    let folder = format!("packets/{}", packet.packet);
    let bytes = typed::file_bytes(&packet.report);
    let name = format!("{folder}/report.json");
    let report = recording.write(&name, &bytes)?;
    let gate = recording.write(&format!("{folder}/gate.json"), &typed::file_bytes(&packet.gate))?;
    let digests = (report.digest.clone(), gate.digest.clone());
    let mut files = vec![report, gate];
    files.push(recording.write(&format!("{folder}/golden.json"), &typed::file_bytes(&packet.golden))?);
    if !packet.mismatches.is_empty() {
        let lines: String = packet.mismatches.iter().map(|one| typed::canonical(one) + "\n").collect();
        files.push(recording.write(&format!("{folder}/mismatches.jsonl"), lines.as_bytes())?);
    }
    let sidecar = protect(recording, &name, &bytes, &mut files)?;
    Ok(Written { files, report: digests.0, gate: digests.1, sidecar })
}

/// Writes an artifact's repair symbols, loses as many symbols as they promise to bring back, and writes the proof that
/// they did.
fn protect(
    recording: &Recording<'_>,
    name: &str,
    bytes: &[u8],
    files: &mut Vec<FileEntry>,
) -> Result<SidecarView, Problem> {
    let fault = |error: sidecar::Error| Problem::damaged(format!("{name}: {error}"));
    let repair = sidecar::encode(bytes, Overhead::default()).map_err(fault)?;
    files.push(recording.write(&format!("{name}.rq"), &repair)?);
    let damage = Damage::new(&repair, Pattern::Burst, Block::promise, 1).map_err(fault)?;
    let mut lossy = bytes.to_vec();
    damage.strike(&mut lossy, &mut []);
    let proof = sidecar::repair(name, &lossy, &repair).map_err(fault)?.proof;
    files.push(recording.write(&format!("{name}.proof.json"), format!("{}\n", proof.to_json()).as_bytes())?);
    let health = sidecar::scrub(bytes, &repair).map_err(fault)?.payload;
    Ok(SidecarView {
        artifact: name.into(),
        status: match health {
            Health::Ok => "ok",
            Health::Repairable { .. } => "repairable",
            Health::Lost { .. } => "lost",
        }
        .into(),
        proof: match proof.status {
            sidecar::Status::Recovered => "recovered",
            sidecar::Status::Failed => "failed",
            sidecar::Status::NotAttempted => "not_attempted",
        }
        .into(),
        proof_digest: proof.digest,
    })
}

/// Repeats one check and gives its mismatch, or none where it passes. Nothing is stored.
pub fn replay(session: &Session, key: &str, lane: Lane, options: &Options) -> Result<Replayed, Problem> {
    let (packet, case, mode) = mismatch::parse_key(key).map_err(Problem::usage)?;
    let mut loaded = session.library.load(packet)?;
    loaded.cases.retain(|found| found.id == case);
    if loaded.cases.is_empty() {
        return Err(Problem::usage(format!("packet {packet} has no case {case}")));
    }
    let options = Options { lane, modes: vec![mode], ..options.clone() };
    let list = evidence_files::allowlist(&session.library)?;
    let store = Store::open(&session.store).ok();
    let blob = |digest: &str| stored_value(store.as_ref()?, digest);
    let settings = settings(session, &options, list, &blob);
    let mut workers = Workers::new(session.python.clone());
    let live: Option<&mut dyn Live> = if lane == Lane::Live { Some(&mut workers) } else { None };
    let mut found = crate::runner::run_loaded(&loaded, &settings, live)?;
    let check = found.report.checks.pop().ok_or_else(|| Problem::damaged("the case gave no check"))?;
    Ok(Replayed { check, mismatch: found.mismatches.pop() })
}

/// The exit status of one check.
#[must_use]
pub fn status_exit(status: Status) -> u8 {
    match status {
        Status::Pass | Status::Allowed => PASS,
        Status::Fail => RED,
        Status::NotEvaluated | Status::Retired => NOT_EVALUATED,
    }
}

/// One check, repeated.
pub struct Replayed {
    pub check: evidence::report::Check,
    pub mismatch: Option<Mismatch>,
}

pub(crate) fn execute(
    session: &Session,
    options: &Options,
    selected: &BTreeSet<String>,
    store: &Store,
    workers: &mut Workers,
) -> Result<Run, Problem> {
    let list = evidence_files::allowlist(&session.library)?;
    let blob = |digest: &str| stored_value(store, digest);
    let settings = settings(session, options, list, &blob);
    let live: Option<&mut dyn Live> = if options.lane == Lane::Live { Some(workers) } else { None };
    Ok(Run::of(&session.library, selected, &settings, live))
}

fn stored_value(store: &Store, digest: &str) -> Option<Value> {
    let bytes = store.get(digest).ok().flatten()?;
    Value::parse(digest, &bytes).ok()
}

pub(crate) fn settings<'a>(
    session: &Session,
    options: &Options,
    allowlist: evidence::hardened::Allowlist,
    blob: &'a (dyn Fn(&str) -> Option<Value> + Sync),
) -> Settings<'a> {
    Settings {
        lane: options.lane,
        modes: options.modes.clone(),
        threads: options.threads.clone(),
        jobs: options.jobs,
        limit: options.limit,
        allowlist,
        commit: commit(session).0,
        command: format!("lumen conformance --oracle {}", options.lane),
        engine: session.engine.clone(),
        environment: typed::digest(typed::canonical(&environment(&options.threads)).as_bytes()),
        machine: instruction_set().into(),
        registry: &|op| registry::find(op),
        blob,
    }
}

fn commit(session: &Session) -> (String, bool) {
    session
        .checkout
        .as_ref()
        .map_or_else(|| ("unknown".into(), true), |checkout| (checkout.commit.clone(), checkout.dirty))
}

fn record(session: &Session, options: &Options, selected: &BTreeSet<String>) -> RunRecord {
    let (commit, dirty) = commit(session);
    let started = (session.now)();
    let wanted = |path: &str| {
        let mut parts = path.split('/');
        let (_, second) = (parts.next(), parts.next());
        second.is_none_or(|packet| selected.contains(packet))
    };
    let files = session.library.files().filter(|(path, _)| wanted(path));
    RunRecord {
        run: evidence::run::VERSION,
        // The time makes ids sort; the process keeps two runs of one second apart.
        id: format!("{}-{:x}", crate::store::stamp(started), std::process::id()),
        completion: Completion::Incomplete,
        command: session.command.clone(),
        started,
        finished: None,
        commit,
        dirty,
        lane: options.lane,
        modes: options.modes.clone(),
        modes_from: options.modes_from.clone(),
        environment: environment(&options.threads),
        inputs: files
            .map(|(path, bytes)| FileEntry {
                path: path.into(),
                digest: typed::digest(bytes),
                size_bytes: bytes.len() as u64,
            })
            .collect(),
        outputs: Vec::new(),
        lockfiles: session.checkout.as_ref().map(crate::Checkout::lockfiles).unwrap_or_default(),
        verdicts: BTreeMap::new(),
    }
}

fn header(record: &RunRecord, options: &Options) -> RunHeader {
    RunHeader {
        id: record.id.clone(),
        started: record.started,
        commit: record.commit.clone(),
        dirty: record.dirty,
        lane: record.lane,
        modes: record.modes.clone(),
        modes_from: record.modes_from.clone(),
        threads: options.threads.clone(),
        command: record.command.clone(),
    }
}

fn version(name: &str, entry: &evidence::lock::OracleEntry) -> String {
    entry.packages.get(name).unwrap_or(&entry.interpreter).clone()
}

/// A packet with the ledger's rows of the runs before `run`, which has its own row there by now.
fn card(packet: &PacketRun, lane: Lane, run: &str, ledger: &LedgerView) -> PacketCard {
    let mine = |entry: &Entry| entry.packet == packet.packet && entry.lane == lane && entry.run != run;
    let rows = ledger.rows.iter().filter(|row| mine(&row.entry));
    PacketCard {
        packet: packet.packet.clone(),
        area: packet.area.clone(),
        suite: packet.suite.clone(),
        title: packet.title.clone(),
        lane,
        release_blocking: packet.release_blocking,
        verdict: packet.gate.verdict,
        rules: packet.gate.rules.clone(),
        counts: packet.report.counts.clone(),
        checks: packet.report.checks.clone(),
        mismatches: packet.mismatches.clone(),
        trend: rows
            .map(|row| TrendPoint {
                seq: row.seq,
                commit: row.entry.commit.clone(),
                failed: row.entry.counts.failed,
                minor: row.entry.counts.minor,
                not_evaluated: row.entry.counts.not_evaluated,
                total: row.entry.counts.total,
                verdict: row.entry.verdict,
            })
            .collect(),
    }
}

/// The last rows and everything wrong with the chain, the lock's head included.
pub(crate) fn ledger_view(
    store: &Store,
    session: &Session,
    refused: Option<String>,
) -> Result<LedgerView, Problem> {
    const ROWS_SHOWN: usize = 2000;
    let (ledger, mut faults) = store.ledger()?;
    let head = session.lock.as_ref().and_then(|lock| lock.head.as_ref());
    faults.extend(ledger.inspect(head));
    let rows = ledger.rows();
    Ok(LedgerView {
        rows: rows.iter().skip(rows.len().saturating_sub(ROWS_SHOWN)).cloned().collect(),
        faults: faults.iter().map(ToString::to_string).chain(refused).collect(),
    })
}

fn suites(session: &Session, run: &Run) -> BTreeMap<String, SuiteCount> {
    let none = BTreeMap::new();
    let denominators = session.lock.as_ref().map_or(&none, |lock| &lock.denominators);
    let suffix = format!("/{}", run.lane);
    let of_lane = denominators
        .iter()
        .filter_map(|(name, count)| Some((name.strip_suffix(&suffix)?.to_string(), *count)));
    SuiteCount::of(run.packets.iter().map(|packet| &packet.report), &of_lane.collect())
}

/// Everything in which a run differs from the lock.
fn lock_faults(
    session: &Session,
    run: &Run,
    oracles: &BTreeMap<String, evidence::lock::OracleEntry>,
) -> Vec<String> {
    let Some(lock) = &session.lock else {
        return vec![format!("there is no {}; `lumen conformance accept` writes it", evidence::lock::FILE)];
    };
    let mut faults = lock.schema_differences(&evidence::schema::entries());
    for packet in &run.packets {
        let open = packet.gate.verdict == Verdict::NotEvaluated;
        // What was not evaluated cannot give the locked report; its files must still be the locked ones.
        let of_files = |fault: &LockFault| fault.place.ends_with("/cases") || fault.place.ends_with("/gate");
        let found = lock.differences(&packet.packet, run.lane, &packet.entry).into_iter();
        faults.extend(found.filter(|fault| !open || of_files(fault)));
    }
    for (name, found) in oracles {
        if lock.oracles.get(name) != Some(found) {
            let locked = lock.oracles.get(name).map_or("none".into(), |entry| version(name, entry));
            faults.push(LockFault::new(format!("oracles/{name}"), locked, version(name, found)));
        }
    }
    faults.iter().map(ToString::to_string).collect()
}

/// What a packet's files and cases are, for verbs that only look.
pub(crate) fn loaded(session: &Session, packet: &str) -> Result<Loaded, Problem> {
    Ok(session.library.load(packet)?)
}
