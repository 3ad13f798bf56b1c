//! A run: packets in one lane, each judged by its gate.
//!
//! Packets run in parallel; their results stand in the order of their ids, so the output has equal bytes for any
//! number of jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evidence::case::{Answer, Case, Expect};
use evidence::gate::{GateResult, Subject, Verdict};
use evidence::hardened::Allowlist;
use evidence::lock::PacketEntry;
use evidence::log::{CONTRACT, LogRow};
use evidence::mismatch::{self, Mismatch};
use evidence::report::{Lane, Mode, Report};
use evidence::run::Golden;
use evidence::typed;
use evidence::value::Value;
use serde_json::json;

use crate::contained::Program;
use crate::coverage;
use crate::execute::Bench;
use crate::judge::{Bar, Judged, Trial};
use crate::library::{Library, Loaded, Trouble};
use crate::row::{Input, Reference, Row};

/// What answers live: inputs and parameters of an operation to the reference's answer, or why there is none.
pub trait Live: Send {
    /// Name and version: `pandas 3.1.1`. None where the reference cannot be reached, with the reason.
    fn name(&self, reference: Reference) -> Result<String, String>;

    /// Answers in the order of the questions.
    fn ask(&mut self, asks: &[LiveAsk<'_>]) -> Vec<Result<Answer, String>>;

    /// Asks with the row's reference function replaced by one that raises. True if that very error came back, so that
    /// the answer can only come from the reference.
    fn poison(&mut self, ask: &LiveAsk<'_>) -> Result<bool, String>;
}

/// One question.
pub struct LiveAsk<'a> {
    pub row: &'a Row,
    pub inputs: &'a BTreeMap<String, Value>,
    pub params: &'a serde_json::Map<String, evidence::json::Json>,
}

/// How a run is done.
pub struct Settings<'a> {
    pub lane: Lane,
    pub modes: Vec<Mode>,
    pub threads: Vec<usize>,
    /// How many packets at once.
    pub jobs: usize,
    /// The longest a call may take.
    pub limit: Duration,
    pub allowlist: Allowlist,
    /// The commit, for inputs that take their seed from it.
    pub commit: String,
    /// What the lock writes beside a packet.
    pub command: String,
    /// What runs the calls in processes of their own; in this one where there is none.
    pub engine: Option<Program>,
    /// Digest of the environment, for the log.
    pub environment: String,
    /// The instruction set that golden results hold for.
    pub machine: String,
    /// The operations; mutants bring their own.
    pub registry: &'a (dyn Fn(&str) -> Option<&'a Row> + Sync),
    /// Looks up a stored value by its digest.
    pub blob: &'a (dyn Fn(&str) -> Option<Value> + Sync),
}

impl<'a> Settings<'a> {
    /// The recorded lane in both modes with 1, 2 and 4 threads, one packet at a time, without repairs or stored values.
    #[must_use]
    pub fn new(registry: &'a (dyn Fn(&str) -> Option<&'a Row> + Sync)) -> Settings<'a> {
        Settings {
            lane: Lane::Recorded,
            modes: Mode::ALL.to_vec(),
            threads: vec![1, 2, 4],
            jobs: 1,
            limit: Duration::from_secs(60),
            allowlist: Allowlist::default(),
            commit: String::new(),
            command: String::new(),
            engine: None,
            environment: String::new(),
            machine: String::new(),
            registry,
            blob: &|_| None,
        }
    }
}

/// One packet in one lane, judged.
pub struct PacketRun {
    pub area: String,
    pub packet: String,
    pub suite: String,
    pub title: String,
    pub release_blocking: bool,
    pub report: Report,
    pub gate: GateResult,
    pub golden: Golden,
    pub mismatches: Vec<Mismatch>,
    pub log: Vec<LogRow>,
    /// What the lock keeps of it.
    pub entry: PacketEntry,
}

/// Every selected packet.
pub struct Run {
    pub lane: Lane,
    /// Sorted by packet.
    pub packets: Vec<PacketRun>,
    /// Packets that could not be read, sorted by id.
    pub troubles: Vec<(String, Trouble)>,
}

impl Run {
    /// Runs packets. `live` is asked in the live lane alone.
    pub fn of(
        library: &Library,
        packets: &BTreeSet<String>,
        settings: &Settings<'_>,
        live: Option<&mut dyn Live>,
    ) -> Run {
        let ids: Vec<&String> = packets.iter().collect();
        let live = Mutex::new(live);
        let results = in_parallel(settings.jobs, ids.len(), |n| {
            let id = ids.get(n).copied().cloned().unwrap_or_default();
            let mut bench = Bench::new(settings.limit, settings.engine.as_ref());
            let result = library.load(&id).and_then(|loaded| {
                covers(&loaded, settings.registry)?;
                run_packet(&loaded, settings, &live, &mut bench)
            });
            (id, result)
        });
        let mut run = Run { lane: settings.lane, packets: Vec::new(), troubles: Vec::new() };
        for (id, result) in results {
            match result {
                Ok(packet) => run.packets.push(packet),
                Err(trouble) => run.troubles.push((id, trouble)),
            }
        }
        run
    }

    /// The worst verdict; nothing at all is not evaluated.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::worst(self.packets.iter().map(|packet| packet.gate.verdict))
    }
}

/// The results of tasks `0..count` in that order, so many at once.
pub(crate) fn in_parallel<T: Send>(jobs: usize, count: usize, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN);
    let setting = threads::Setting { threads, rows_a_piece: NonZeroUsize::MIN };
    threads::with(setting, || threads::map(count, count, task))
}

/// Refuses a packet whose `api` is not what its cases ask.
pub(crate) fn covers<'r>(loaded: &Loaded, registry: &dyn Fn(&str) -> Option<&'r Row>) -> Result<(), Trouble> {
    match coverage::gaps(loaded, registry).as_slice() {
        [] => Ok(()),
        [first, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(" ({} more)", others.len()) };
            Err(Trouble::Unfit { packet: loaded.packet.id.clone(), reason: format!("{first}{more}") })
        }
    }
}

/// A case whose operation, inputs and parameters fit the registry.
struct Fitted<'a> {
    case: &'a Case,
    row: &'a Row,
    inputs: Arc<BTreeMap<String, Value>>,
    /// In decimal digits; empty where nothing was generated.
    seed: String,
}

/// Runs one packet that was read already, perhaps with fewer cases.
pub fn run_loaded(
    loaded: &Loaded,
    settings: &Settings<'_>,
    live: Option<&mut dyn Live>,
) -> Result<PacketRun, Trouble> {
    run_packet(loaded, settings, &Mutex::new(live), &mut Bench::new(settings.limit, settings.engine.as_ref()))
}

fn run_packet(
    loaded: &Loaded,
    settings: &Settings<'_>,
    live: &Mutex<Option<&mut dyn Live>>,
    bench: &mut Bench,
) -> Result<PacketRun, Trouble> {
    let id = loaded.packet.id.as_str();
    // Everything is fitted before anything runs: of a packet with one malformed case, nothing runs.
    let fitted: Vec<Fitted<'_>> =
        loaded.cases_in(settings.lane).map(|case| fit(id, case, settings)).collect::<Result<_, _>>()?;
    let mut answers = ask_live(&fitted, settings, live);
    let bar = Bar {
        lane: settings.lane,
        modes: &settings.modes,
        threads: &settings.threads,
        allowlist: &settings.allowlist,
        blob: settings.blob,
    };
    let mut judged: Vec<(String, &Row, Judged)> = Vec::new();
    for (n, fitted) in fitted.iter().enumerate() {
        let (oracle, answer) = answers.remove(&n).unwrap_or_else(|| (attester(fitted), None));
        let trial = Trial {
            packet: id,
            case: fitted.case,
            row: fitted.row,
            inputs: Arc::clone(&fitted.inputs),
            live: answer,
            oracle,
        };
        judged.extend(
            bar.judge(&trial, bench).into_iter().map(|check| (fitted.seed.clone(), fitted.row, check)),
        );
    }
    Ok(conclude(loaded, settings, judged))
}

fn conclude(loaded: &Loaded, settings: &Settings<'_>, judged: Vec<(String, &Row, Judged)>) -> PacketRun {
    let (id, suite) = (loaded.packet.id.as_str(), loaded.packet.suite.as_str());
    let (mut checks, mut mismatches, mut log, mut results) =
        (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
    // A seed from the commit gives other values with each commit: nothing to keep for the next.
    let fleeting: BTreeSet<&str> = loaded
        .cases_in(settings.lane)
        .filter(|case| matches!(case.expect.answer, Expect::Live))
        .map(|case| case.id.as_str())
        .collect();
    for (seed, row, Judged { check, result, mismatch }) in judged {
        log.push(log_row(loaded, settings, &seed, row, &check));
        let kept = result.filter(|_| !fleeting.contains(check.case.as_str()));
        results.extend(kept.map(|digest| (format!("{}/{}", check.case, check.mode), digest)));
        mismatches.extend(mismatch);
        checks.push(check);
    }
    let report = Report::new(id, suite, settings.lane, checks);
    let report_digest = typed::digest(&typed::file_bytes(&report));
    let golden = Golden {
        golden: evidence::run::VERSION,
        packet: id.into(),
        machine: settings.machine.clone(),
        results,
    };
    let gate_text = loaded.gate.as_deref();
    let subject = Subject {
        packet: id,
        suite,
        cases: &loaded.ids_in(settings.lane),
        report: &report,
        threads: &settings.threads,
    };
    let gate = GateResult::of(gate_text, &subject, &report_digest);
    let golden_digest = typed::digest(&typed::file_bytes(&golden));
    let entry = PacketEntry {
        cases: loaded.digest.clone(),
        report: report_digest,
        gate: gate.gate.clone().unwrap_or_default(),
        golden: [(settings.machine.clone(), golden_digest)].into(),
        counts: report.counts.clone(),
        command: settings.command.clone(),
        reason: String::new(),
    };
    PacketRun {
        area: loaded.area.clone(),
        packet: id.into(),
        suite: suite.into(),
        title: loaded.packet.title.clone(),
        release_blocking: evidence::gate::blocks_release(gate_text),
        report,
        gate,
        golden,
        mismatches,
        log,
        entry,
    }
}

/// Holds a case against its row: operation, inputs by name and kind, parameters.
pub(crate) fn row_of<'r>(
    packet: &str,
    case: &Case,
    registry: &dyn Fn(&str) -> Option<&'r Row>,
) -> Result<&'r Row, Trouble> {
    let unfit = |reason: String| unfit(packet, case, &reason);
    let row = registry(&case.op)
        .ok_or_else(|| unfit(format!("expected an operation of the registry, found {:?}", case.op)))?;
    row.params.check(&case.params).map_err(unfit)?;
    for (name, input) in &case.inputs {
        let known = row.inputs.iter().find(|known| known.name == name);
        let known = known.ok_or_else(|| unfit(format!("{} has no input {name:?}", row.op)))?;
        if !known.kinds.iter().any(|kind| kind.accepts(input.kind())) {
            let kinds: Vec<&str> = known.kinds.iter().map(|kind| kind.name()).collect();
            let (expected, found) = (kinds.join(" or "), input.kind());
            return Err(unfit(format!("input {name}: expected {expected}, found {found}")));
        }
    }
    let is_missing = |input: &&Input| !input.optional && !case.inputs.contains_key(input.name);
    match row.inputs.iter().find(is_missing) {
        Some(missing) => Err(unfit(format!("{} needs the input {:?}", row.op, missing.name))),
        None => Ok(row),
    }
}

fn unfit(packet: &str, case: &Case, reason: &str) -> Trouble {
    Trouble::Unfit { packet: packet.into(), reason: format!("case {}: {reason}", case.id) }
}

/// A case with its row and its inputs, generated ones made.
fn fit<'c, 'r: 'c>(packet: &str, case: &'c Case, settings: &Settings<'r>) -> Result<Fitted<'c>, Trouble> {
    let row = row_of(packet, case, settings.registry)?;
    let commit = settings.commit.as_str();
    let inputs = case.values(commit).map_err(|why| unfit(packet, case, &why.to_string()))?;
    let seed = case.recipes().last().map(|recipe| recipe.seed.number(commit).to_string());
    Ok(Fitted { case, row, inputs: Arc::new(inputs), seed: seed.unwrap_or_default() })
}

/// Who attests a case where no live reference is asked.
fn attester(fitted: &Fitted<'_>) -> String {
    match &fitted.case.source {
        evidence::case::Source::Oracle { name, .. } => name.clone(),
        other => other.name().to_string(),
    }
}

type LiveAnswers = BTreeMap<usize, (String, Option<Result<Answer, String>>)>;

/// Asks for every case that a live reference attests, all of a packet at once.
fn ask_live(
    fitted: &[Fitted<'_>],
    settings: &Settings<'_>,
    live: &Mutex<Option<&mut dyn Live>>,
) -> LiveAnswers {
    let mut answers = LiveAnswers::new();
    if settings.lane != Lane::Live {
        return answers;
    }
    let attested = |fitted: &Fitted<'_>| {
        let by_oracle = matches!(fitted.case.source, evidence::case::Source::Oracle { .. })
            || matches!(fitted.case.expect.answer, Expect::Live);
        fitted.row.reference.can_answer() && by_oracle && fitted.case.retired.is_none()
    };
    let wanted: Vec<(usize, &Fitted<'_>)> =
        fitted.iter().enumerate().filter(|(_, case)| attested(case)).collect();
    let mut live = live.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(live) = live.as_mut() else {
        let why = || Some(Err("oracle_unavailable: no live reference was started".to_string()));
        return wanted.iter().map(|(n, case)| (*n, (attester(case), why()))).collect();
    };
    let asks: Vec<LiveAsk<'_>> = wanted
        .iter()
        .map(|(_, fitted)| LiveAsk { row: fitted.row, inputs: &fitted.inputs, params: &fitted.case.params })
        .collect();
    let mut given = live.ask(&asks).into_iter();
    for (n, fitted) in wanted {
        let answer =
            given.next().unwrap_or_else(|| Err("oracle_protocol: no answer to this question".into()));
        let name = live.name(fitted.row.reference).unwrap_or_else(|why| why);
        answers.insert(n, (name, Some(answer)));
    }
    answers
}

fn log_row(
    loaded: &Loaded,
    settings: &Settings<'_>,
    seed: &str,
    row: &Row,
    check: &evidence::report::Check,
) -> LogRow {
    let packet = loaded.packet.id.as_str();
    LogRow {
        contract: CONTRACT.into(),
        version: evidence::log::VERSION,
        suite: loaded.packet.suite.clone(),
        packet: packet.into(),
        case: check.case.clone(),
        mode: check.mode,
        lane: settings.lane,
        seed: seed.into(),
        environment: settings.environment.clone(),
        outcome: check.status,
        reason: check.reason.clone().unwrap_or_default(),
        drift: check.drift.clone(),
        artifacts: vec![format!("packets/{packet}/report.json")],
        replay: mismatch::replay_command(packet, &check.case, check.mode, settings.lane),
        fields: [
            ("op".to_string(), json!(row.op)),
            ("result".to_string(), json!(check.outcome)),
            ("threads".to_string(), json!(settings.threads)),
        ]
        .into(),
    }
}

#[cfg(test)]
mod tests;
