//! `validate`: recomputes everything that evidence claims about itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evidence::gate::{GateResult, Subject};
use evidence::json::Json;
use evidence::report::Report;
use evidence::run::{Completion, RunRecord};
use evidence::typed;
use serde_json::json;

use super::{DAMAGED, MALFORMED, PASS, Problem, RED, Session, evidence_files};
use crate::registry;
use crate::runner::{covers, row_of};
use crate::store::Store;

/// What was recomputed and what did not agree.
#[derive(Default)]
pub struct Validation {
    /// How many things were looked at, by kind.
    pub counted: BTreeMap<&'static str, u64>,
    /// Malformed files of the tree.
    pub malformed: Vec<String>,
    /// Lock entries that are not what the tree gives.
    pub red: Vec<String>,
    /// Stored evidence that is damaged or altered.
    pub damaged: Vec<String>,
    /// Runs that did not come to their end.
    pub incomplete: Vec<String>,
}

impl Validation {
    /// 4 before 2 before 1.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Validation { damaged, .. } if !damaged.is_empty() => DAMAGED,
            Validation { malformed, .. } if !malformed.is_empty() => MALFORMED,
            Validation { red, .. } if !red.is_empty() => RED,
            _ => PASS,
        }
    }

    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.evidence.validate", "schema_version": 1, "counted": self.counted,
            "malformed": self.malformed, "red": self.red, "damaged": self.damaged, "incomplete": self.incomplete,
        })
    }

    fn count(&mut self, what: &'static str) {
        *self.counted.entry(what).or_default() += 1;
    }
}

/// Recomputes hashes, counts, gates, the chain, the schemas, and reads every file of the tree.
pub fn validate(session: &Session) -> Result<Validation, Problem> {
    let mut found = Validation::default();
    tree(session, &mut found);
    let store = session.store()?;
    let (ledger, mut faults) = store.ledger()?;
    let head = session.lock.as_ref().and_then(|lock| lock.head.as_ref());
    faults.extend(ledger.inspect(head));
    found.damaged.extend(faults.iter().map(ToString::to_string));
    for row in ledger.rows() {
        found.count("ledger rows");
        for digest in [&row.entry.report, &row.entry.gate] {
            match store.get(digest) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    found.damaged.push(format!("ledger row {}: object {digest} is not in the store", row.seq))
                }
                Err(error) => found.damaged.push(format!("ledger row {}: {error}", row.seq)),
            }
        }
    }
    objects(&store, &mut found)?;
    let known: BTreeSet<&str> = ledger.rows().iter().map(|row| row.entry.run.as_str()).collect();
    for id in store.runs()? {
        found.count("runs");
        match store.record(&id) {
            Ok(record) if record.completion == Completion::Incomplete => found.incomplete.push(id),
            Ok(record) => {
                if !record.verdicts.is_empty() && !known.contains(id.as_str()) {
                    found.damaged.push(format!("run {id} has no row in the ledger"));
                }
                stored_run(session, &store, &record, &mut found);
            }
            Err(error) => found.damaged.push(format!("run {id}: {error}")),
        }
    }
    Ok(found)
}

/// The files in git: packets against the registry, gates, allowlist, matrix, lock.
fn tree(session: &Session, found: &mut Validation) {
    for id in session.library.packets().keys() {
        found.count("packets");
        match session.library.load(id) {
            Ok(loaded) => {
                let gaps = covers(&loaded, &|op| registry::find(op));
                found.malformed.extend(gaps.err().map(|trouble| trouble.to_string()));
                for case in &loaded.cases {
                    found.count("cases");
                    let row = row_of(id, case, &|op| registry::find(op));
                    found.malformed.extend(row.err().map(|trouble| trouble.to_string()));
                }
                match loaded.gate.as_deref().map(evidence::gate::Gate::parse) {
                    None => found.malformed.push(format!("packet {id}: there is no gate.yaml")),
                    Some(Err(malformed)) => found.malformed.push(format!("packet {id}: {malformed}")),
                    Some(Ok(gate)) if gate.packet != *id => {
                        found.malformed.push(format!("packet {id}: its gate is for {}", gate.packet));
                    }
                    Some(Ok(_)) => found.count("gates"),
                }
                if let Some(lanes) = session.lock.as_ref().and_then(|lock| lock.packets.get(id)) {
                    for (lane, entry) in lanes {
                        found.count("lock entries");
                        if entry.cases != loaded.digest {
                            found.red.push(format!(
                                "evidence.lock: packets/{id}/{lane}/cases is not the digest of the files"
                            ));
                        }
                    }
                }
            }
            Err(trouble) => found.malformed.push(trouble.to_string()),
        }
    }
    if let Err(problem) = evidence_files::allowlist(&session.library) {
        found.malformed.push(problem.to_string());
    }
    if let Err(problem) = evidence_files::matrix(&session.library) {
        found.malformed.push(problem.to_string());
    }
    match &session.lock {
        None => found.red.push(format!("there is no {}", evidence::lock::FILE)),
        Some(lock) => {
            let schemas = lock.schema_differences(&evidence::schema::entries());
            found.red.extend(schemas.iter().map(ToString::to_string));
            for (suite, sum) in super::accept::denominators(session, lock) {
                if lock.denominators.get(&suite) != Some(&sum) {
                    found.red.push(format!("evidence.lock: denominators/{suite}: expected {sum}"));
                }
            }
        }
    }
}

fn objects(store: &Store, found: &mut Validation) -> Result<(), Problem> {
    for (digest, _) in store.objects()? {
        found.count("objects");
        if let Err(error) = store.get(&digest) {
            found.damaged.push(error.to_string());
        }
    }
    Ok(())
}

/// A run's files against its manifest, its reports against their counts, its gates against its reports.
fn stored_run(session: &Session, store: &Store, record: &RunRecord, found: &mut Validation) {
    let folder = store.run_path(&record.id);
    let mut files = BTreeMap::new();
    for output in &record.outputs {
        let path = folder.join(&output.path);
        match std::fs::read(&path) {
            Ok(bytes) if typed::digest(&bytes) == output.digest => {
                files.insert(output.path.as_str(), bytes);
            }
            Ok(_) => found.damaged.push(format!("{}: altered since it was written", path.display())),
            Err(error) => found.damaged.push(format!("{}: {error}", path.display())),
        }
    }
    for (path, bytes) in &files {
        let Some(packet) = path.strip_prefix("packets/").and_then(|path| path.strip_suffix("/report.json"))
        else {
            continue;
        };
        found.count("reports");
        let report: Report = match typed::read(path, bytes) {
            Ok(report) => report,
            Err(malformed) => {
                found.damaged.push(format!("run {}: {malformed}", record.id));
                continue;
            }
        };
        found.damaged.extend(report.faults().into_iter().map(|fault| format!("run {}: {fault}", record.id)));
        let gate = files.get(format!("packets/{packet}/gate.json").as_str());
        let gate: Option<GateResult> = gate.and_then(|bytes| typed::read("gate.json", bytes).ok());
        let Some(gate) = gate else {
            found.damaged.push(format!("run {}: packet {packet} has no gate result", record.id));
            continue;
        };
        let digest = typed::digest(bytes);
        if gate.report != digest {
            found.damaged.push(format!("run {}: the gate of {packet} judged another report", record.id));
        }
        proof(&files, &folder, path, bytes, found);
        // The gate can be evaluated again where the tree still holds the packet as it ran.
        if let Ok(loaded) = session.library.load(packet)
            && loaded.gate.as_deref().map(typed::digest) == gate.gate
            && same_cases(record, &loaded.area, packet, session)
        {
            let ids = loaded.ids_in(report.lane);
            let subject = Subject {
                packet,
                suite: &loaded.packet.suite,
                cases: &ids,
                report: &report,
                threads: &record.environment.threads,
            };
            if GateResult::of(loaded.gate.as_deref(), &subject, &digest) != gate {
                found.damaged.push(format!("run {}: the gate of {packet} gives another result", record.id));
            }
        }
    }
}

/// Repeats the loss and the decoding that a report's proof tells of.
fn proof(files: &BTreeMap<&str, Vec<u8>>, folder: &Path, name: &str, report: &[u8], found: &mut Validation) {
    let file = |end: &str| files.get(format!("{name}.{end}").as_str());
    let (Some(repair), Some(proof)) = (file("rq"), file("proof.json")) else {
        found.damaged.push(format!("{}: it has no repair symbols or no proof", folder.join(name).display()));
        return;
    };
    found.count("proofs");
    let checked = sidecar::Proof::from_json(String::from_utf8_lossy(proof).trim_end())
        .and_then(|proof| proof.check(report, repair));
    if let Err(error) = checked {
        found.damaged.push(format!("{}: {error}", folder.join(name).display()));
    }
}

/// Whether the tree holds a packet's files as they went into the run.
fn same_cases(record: &RunRecord, area: &str, packet: &str, session: &Session) -> bool {
    let prefix = format!("{area}/{packet}/");
    let ran: BTreeMap<&str, &str> = record
        .inputs
        .iter()
        .filter(|file| file.path.starts_with(&prefix))
        .map(|file| (file.path.as_str(), file.digest.as_str()))
        .collect();
    let now = session.library.files().filter(|(path, _)| path.starts_with(&prefix));
    let mut count = 0;
    let same = now.fold(true, |same, (path, bytes)| {
        count += 1;
        same && ran.get(path).is_some_and(|digest| *digest == typed::digest(bytes))
    });
    same && count == ran.len()
}
