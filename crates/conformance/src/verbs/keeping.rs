//! `ledger`, `rerun`, `gc`: what is kept, whether it comes out again, what may go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use evidence::case::Expect;
use evidence::gate::Verdict;
use evidence::json::Json;
use evidence::ledger::Head;
use evidence::lock::{self, Lock};
use evidence::run::Completion;
use evidence::snapshot::{LedgerView, Snapshot};
use evidence::typed;
use serde_json::json;

use super::run::{Options, execute, ledger_view};
use super::{DAMAGED, PASS, Problem, RED, Session};
use crate::environment::environment;
use crate::live::Workers;
use crate::store::{Store, io_error, write_file};

/// The last rows and everything wrong with the chain.
pub fn ledger(session: &Session) -> Result<(LedgerView, u8), Problem> {
    let view = ledger_view(&session.store()?, session, None)?;
    let exit = if view.faults.is_empty() { PASS } else { DAMAGED };
    Ok((view, exit))
}

/// Writes the ledger's head into the lock, so that a tail that is cut from then on shows. A damaged ledger is refused.
pub fn anchor(session: &Session) -> Result<Head, Problem> {
    let (ledger, mut faults) = session.store()?.ledger()?;
    let mut lock = session.lock.clone().unwrap_or_default();
    faults.extend(ledger.inspect(lock.head.as_ref()));
    if let Some(fault) = faults.first() {
        return Err(Problem::damaged(fault.to_string()));
    }
    let head = ledger.head().ok_or_else(|| Problem::usage("the ledger is empty"))?;
    lock.head = Some(head.clone());
    write_file(&session.lock_path()?, lock.text().as_bytes())?;
    Ok(head)
}

/// The snapshot of a run, by default of the last one that came to its end, with the ledger as it is now.
pub fn snapshot(session: &Session, run: Option<&str>) -> Result<Snapshot, Problem> {
    let store = session.store()?;
    let complete =
        |id: &String| store.record(id).is_ok_and(|record| record.completion == Completion::Complete);
    let id =
        match run {
            Some(id) => {
                expect_run(&store, id)?;
                id.to_string()
            }
            None => store.runs()?.into_iter().rev().find(complete).ok_or_else(|| {
                Problem::usage("no run is stored yet").help("`lumen conformance` makes one.")
            })?,
        };
    let path = store.run_path(&id).join("snapshot.json");
    let bytes = std::fs::read(&path).map_err(io_error(&path))?;
    let mut snapshot: Snapshot = typed::read(&path.display().to_string(), &bytes)?;
    snapshot.ledger = ledger_view(&store, session, None)?;
    Ok(snapshot)
}

/// A run that is not stored is an error with the last ones that are.
fn expect_run(store: &Store, run: &str) -> Result<(), Problem> {
    let runs = store.runs()?;
    if runs.iter().any(|known| known == run) {
        return Ok(());
    }
    let last: Vec<&str> = runs.iter().rev().take(5).map(String::as_str).collect();
    let help = match last.as_slice() {
        [] => "`lumen conformance` makes one.".to_string(),
        last => format!("The last runs are {}.", last.join(", ")),
    };
    Err(Problem::usage(format!("there is no run {run}")).help(help))
}

/// What a repeated run gave otherwise.
pub struct Rerun {
    pub run: String,
    /// Environment, cases or lock files that are not as they were.
    pub circumstances: Vec<String>,
    /// Outputs with another digest.
    pub differences: Vec<String>,
    /// Outputs with the same digest.
    pub equal: u64,
}

impl Rerun {
    /// 1 if something came out otherwise.
    #[must_use]
    pub fn exit(&self) -> u8 {
        if self.differences.is_empty() && self.equal > 0 { PASS } else { RED }
    }

    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.evidence.rerun", "schema_version": 1, "run": self.run,
            "circumstances": self.circumstances, "differences": self.differences, "equal": self.equal,
        })
    }
}

/// Repeats a run with its own settings and compares reports, gate results and golden results. Nothing is stored.
pub fn rerun(session: &Session, run: &str, options: &Options) -> Result<Rerun, Problem> {
    let store = session.store()?;
    expect_run(&store, run)?;
    let record = store.record(run)?;
    let options = Options {
        lane: record.lane,
        modes: record.modes.clone(),
        threads: record.environment.threads.clone(),
        limit: options.limit.max(Duration::from_secs(60)),
        ..options.clone()
    };
    let mut circumstances = Vec::new();
    let now = typed::to_json(&environment(&options.threads));
    let then = typed::to_json(&record.environment);
    for (name, value) in then.as_object().into_iter().flatten() {
        if now.get(name) != Some(value) {
            let found = now.get(name).unwrap_or(&Json::Null);
            circumstances.push(format!("environment/{name}: then {value}, now {found}"));
        }
    }
    for file in &record.inputs {
        let digest = session.library.file(&file.path).map(typed::digest);
        if digest.as_deref() != Some(file.digest.as_str()) {
            circumstances.push(format!(
                "cases/{}: {}",
                file.path,
                digest.map_or("gone", |_| "another digest")
            ));
        }
    }
    let selected: BTreeSet<String> = record.verdicts.keys().cloned().collect();
    let mut workers = Workers::new(session.python.clone());
    let found = execute(session, &options, &selected, &store, &mut workers)?;
    let mut digests = BTreeMap::new();
    for packet in &found.packets {
        let name = |file: &str| format!("packets/{}/{file}.json", packet.packet);
        digests.insert(name("report"), typed::digest(&typed::file_bytes(&packet.report)));
        digests.insert(name("gate"), typed::digest(&typed::file_bytes(&packet.gate)));
        digests.insert(name("golden"), typed::digest(&typed::file_bytes(&packet.golden)));
    }
    let mut outcome = Rerun { run: run.into(), circumstances, differences: Vec::new(), equal: 0 };
    outcome.differences.extend(found.troubles.iter().map(|(_, trouble)| trouble.to_string()));
    for output in record.outputs.iter().filter(|output| digests.contains_key(&output.path)) {
        if digests.get(&output.path) == Some(&output.digest) {
            outcome.equal += 1;
        } else {
            outcome.differences.push(format!("{}: another digest", output.path));
        }
    }
    Ok(outcome)
}

/// What may be deleted.
pub struct Garbage {
    pub runs: Vec<String>,
    pub objects: Vec<String>,
    pub size_bytes: u64,
    /// What stays, in bytes.
    pub kept_bytes: u64,
    pub deleted: bool,
}

/// How many runs stay whatever they say.
const RUNS_KEPT: usize = 20;
/// How long a red run stays.
const RED_SECONDS: u64 = 90 * 86_400;
/// Beyond this a warning is due.
pub const SIZE_WARNED: u64 = 2 << 30;

impl Garbage {
    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.evidence.gc", "schema_version": 1, "runs": self.runs, "objects": self.objects,
            "size_bytes": self.size_bytes, "kept_bytes": self.kept_bytes, "deleted": self.deleted,
        })
    }
}

/// Lists, and with `delete` removes, runs and objects that nothing names: not the last runs, not red runs of 90 days,
/// not a lock (the tree's or any tag's), not a case.
///
/// # Errors
/// A run's record that cannot be read: its objects are not known, so none is garbage.
pub fn gc(session: &Session, delete: bool) -> Result<Garbage, Problem> {
    let store = session.store()?;
    let runs = store.runs()?;
    let now = (session.now)();
    let recent = runs.len().saturating_sub(RUNS_KEPT);
    let (mut old, mut kept) = (Vec::new(), named(session));
    for (n, id) in runs.iter().enumerate() {
        // What an unreadable record named cannot be told from what nothing names: then nothing goes.
        let record = store.record(id)?;
        let red = record.verdicts.values().any(|verdict| *verdict == Verdict::Fail)
            && now.saturating_sub(record.started) < RED_SECONDS;
        if n >= recent || red {
            kept.extend(record.outputs.into_iter().map(|output| output.digest));
        } else {
            old.push(id.clone());
        }
    }
    let mut garbage =
        Garbage { runs: old, objects: Vec::new(), size_bytes: 0, kept_bytes: 0, deleted: delete };
    for (digest, size) in store.objects()? {
        if kept.contains(&digest) {
            garbage.kept_bytes += size;
        } else {
            garbage.size_bytes += size;
            garbage.objects.push(digest);
        }
    }
    if delete {
        remove(&store, &garbage)?;
    }
    Ok(garbage)
}

fn remove(store: &Store, garbage: &Garbage) -> Result<(), Problem> {
    for run in &garbage.runs {
        let path = store.run_path(run);
        std::fs::remove_dir_all(&path).map_err(io_error(&path))?;
    }
    for digest in &garbage.objects {
        let path = store.object_path(digest);
        std::fs::remove_file(&path).map_err(io_error(&path))?;
    }
    Ok(())
}

/// Digests that locks and cases name.
fn named(session: &Session) -> BTreeSet<String> {
    let mut digests = BTreeSet::new();
    let root = session.checkout.as_ref().map(|checkout| checkout.root.clone());
    let locks = session.lock.clone().into_iter().chain(root.iter().flat_map(|root| tagged_locks(root)));
    for lock in locks {
        for entry in lock.packets.values().flat_map(BTreeMap::values) {
            digests.extend([entry.report.clone(), entry.gate.clone()]);
            digests.extend(entry.golden.values().cloned());
        }
        digests.extend(lock.corpora.values().map(|corpus| corpus.digest.clone()));
    }
    for id in session.library.packets().keys() {
        for case in session.library.load(id).into_iter().flat_map(|loaded| loaded.cases) {
            let hardened = case.hardened.map(|hardened| hardened.expect.answer);
            for expect in [Some(case.expect.answer), hardened].into_iter().flatten() {
                if let Expect::Blob(digest) = expect {
                    digests.insert(digest);
                }
            }
        }
    }
    digests
}

fn tagged_locks(root: &Path) -> Vec<Lock> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    let tags = git(&["tag"]).unwrap_or_default();
    let tags = String::from_utf8_lossy(&tags).into_owned();
    let lock = |tag: &str| Lock::parse(&git(&["show", &format!("{tag}:{}", lock::FILE)])?).ok();
    tags.lines().filter_map(lock).collect()
}
