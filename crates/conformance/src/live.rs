//! The live references: one Python worker a reference, started when it is first asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use evidence::case::{Answer, Raised};
use evidence::json::Json;
use evidence::lock::OracleEntry;
use evidence::typed;
use oracle::{Ask, Identity, Oracle as _, Origin, Process, Setup};

use crate::registry;
use crate::row::Reference;
use crate::runner::{Live, LiveAsk};

/// The workers of a run.
pub struct Workers {
    python: Option<PathBuf>,
    processes: BTreeMap<&'static str, Result<Process, String>>,
    clock: fn() -> Duration,
    /// Questions so far, and the time from them to their answers.
    asked: (u64, Duration),
}

impl Workers {
    /// Workers of the given interpreter, else of the environment's.
    #[must_use]
    pub fn new(python: Option<PathBuf>) -> Workers {
        Workers::timed(python, || Duration::ZERO)
    }

    /// As [`Workers::new`], with a clock that says how long the references take to answer.
    #[must_use]
    pub fn timed(python: Option<PathBuf>, clock: fn() -> Duration) -> Workers {
        Workers { python, processes: BTreeMap::new(), clock, asked: (0, Duration::ZERO) }
    }

    /// How many questions were asked, and how long their answers took without the start of the workers.
    #[must_use]
    pub fn asked(&self) -> (u64, Duration) {
        self.asked
    }

    /// The worker of a reference, started if it is not there yet.
    pub fn worker(&mut self, reference: Reference) -> Result<&mut Process, String> {
        let python = self.python.as_deref();
        let process = self.processes.entry(reference.name()).or_insert_with(|| start(python, reference));
        process.as_mut().map_err(|why| why.clone())
    }

    /// Who answered, as the lock keeps it.
    #[must_use]
    pub fn identities(&self) -> BTreeMap<String, OracleEntry> {
        let started =
            self.processes.iter().filter_map(|(name, process)| Some((name, process.as_ref().ok()?)));
        started.map(|(name, process)| ((*name).to_string(), entry(process.identity()))).collect()
    }

    /// Ends every worker. One that still had something to say is named.
    pub fn finish(self) -> Vec<String> {
        let ended = self.processes.into_values().filter_map(Result::ok).map(Process::finish);
        ended.filter_map(|end| end.err().map(|fault| fault.to_string())).collect()
    }
}

/// Adds to `time` what `work` takes.
fn timed<T>(clock: fn() -> Duration, time: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = clock();
    let done = work();
    *time += clock().saturating_sub(began);
    done
}

/// The adapters' module of a reference.
fn adapters(reference: Reference) -> &'static str {
    match reference {
        Reference::Torch(_) => "tensors",
        Reference::CPython(_) => "numbers",
        _ => "frames",
    }
}

fn start(python: Option<&std::path::Path>, reference: Reference) -> Result<Process, String> {
    let python = oracle::interpreter(python).map_err(|fault| fault.to_string())?;
    let mut setup = Setup::new(python);
    setup.registry = registry::digest();
    setup.adapters = vec![adapters(reference).to_string()];
    let same = |row: &&crate::row::Row| row.reference.is_live() && row.reference.name() == reference.name();
    setup.ops = registry::rows().filter(same).map(|row| row.op.to_string()).collect();
    Process::start(setup).map_err(|fault| fault.to_string())
}

fn entry(identity: &Identity) -> OracleEntry {
    OracleEntry {
        interpreter: identity.python.clone(),
        packages: identity.packages.clone(),
        requirements: typed::digest(oracle::REQUIREMENTS.as_bytes()),
    }
}

impl Live for Workers {
    fn name(&self, reference: Reference) -> Result<String, String> {
        if matches!(reference, Reference::Naive(_)) {
            return Ok("naive 1".into());
        }
        let process = match self.processes.get(reference.name()) {
            Some(process) => process.as_ref().map_err(|why| why.clone())?,
            None => return Err(format!("oracle_unavailable: {} was not asked", reference.name())),
        };
        let identity = process.identity();
        let version = identity.packages.get(reference.name()).unwrap_or(&identity.python);
        Ok(format!("{} {version}", reference.name()))
    }

    fn ask(&mut self, asks: &[LiveAsk<'_>]) -> Vec<Result<Answer, String>> {
        let mut answers: Vec<Option<Result<Answer, String>>> = asks.iter().map(|_| None).collect();
        let mut by_reference: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (n, ask) in asks.iter().enumerate() {
            by_reference.entry(ask.row.reference.name()).or_default().push(n);
        }
        for places in by_reference.into_values() {
            let Some(first) = places.first().and_then(|n| asks.get(*n)) else { continue };
            if let Reference::Naive(_) = first.row.reference {
                for n in places {
                    if let (Some(slot), Some(ask)) = (answers.get_mut(n), asks.get(n)) {
                        *slot = naive(ask).map(Ok);
                    }
                }
                continue;
            }
            let questions: Vec<Ask> = places.iter().filter_map(|n| asks.get(*n)).map(question).collect();
            let clock = self.clock;
            let mut asking = None;
            let given = match self.worker(first.row.reference) {
                Ok(process) => timed(clock, asking.insert(Duration::ZERO), || process.ask_all(&questions))
                    .into_iter()
                    .map(|given| match given {
                        Ok(answer) => attested(answer),
                        Err(fault) => Err(fault.to_string()),
                    })
                    .collect(),
                Err(why) => vec![Err(why); questions.len()],
            };
            // Who could not be started was asked nothing.
            if let Some(time) = asking {
                self.asked.0 += questions.len() as u64;
                self.asked.1 += time;
            }
            for (n, answer) in places.into_iter().zip(given) {
                if let Some(slot) = answers.get_mut(n) {
                    *slot = Some(answer);
                }
            }
        }
        let missing = || Err("oracle_protocol: no answer to this question".to_string());
        answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect()
    }

    fn poison(&mut self, ask: &LiveAsk<'_>) -> Result<bool, String> {
        let subject = ask.row.reference.subject();
        let question = Ask { poison: vec![subject.into()], ..question(ask) };
        let answer = self.worker(ask.row.reference)?.ask(&question).map_err(|fault| fault.to_string())?;
        Ok(answer.poisoned_by() == Some(subject))
    }
}

/// What a naive model says: it stands in this program, so it is always there.
fn naive(ask: &LiveAsk<'_>) -> Option<Answer> {
    let Reference::Naive(model) = ask.row.reference else { return None };
    let result = model(ask.inputs, &Json::Object(ask.params.clone()));
    Some(Answer { result, warnings: Vec::new() })
}

fn question(ask: &LiveAsk<'_>) -> Ask {
    Ask { op: ask.row.op.into(), inputs: ask.inputs.clone(), params: ask.params.clone(), poison: Vec::new() }
}

/// What the reference itself did. An exception of anybody else attests nothing.
fn attested(answer: oracle::Answer) -> Result<Answer, String> {
    let warnings = answer.warnings.into_iter();
    let warnings =
        warnings.map(|warning| Raised { class: warning.class, message: warning.message }).collect();
    let result = match answer.result {
        Ok(value) => Ok(value),
        Err(failure) if failure.origin == Origin::Reference => {
            Err(Raised { class: failure.class, message: failure.message })
        }
        Err(failure) => {
            let text = format!("oracle_{}: {}: {}", failure.origin.name(), failure.class, failure.message);
            return Err(evidence::place::escape(&text));
        }
    };
    Ok(Answer { result, warnings })
}
