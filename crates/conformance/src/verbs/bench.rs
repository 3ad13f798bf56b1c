//! `bench`: the rule over paired measurements that a harness wrote.

use evidence::bench::{Judgement, Measurement, VERSION};
use evidence::gate::Verdict;
use evidence::json::Json;
use evidence::typed;
use serde_json::json;

use super::{NOT_EVALUATED, PASS, Problem, RED};

/// Every measurement, judged.
pub struct Benched {
    pub judgements: Vec<Judgement>,
}

impl Benched {
    /// 1 before 3; no measurement is nothing measured.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match Verdict::worst(self.judgements.iter().map(|judgement| judgement.verdict)) {
            Verdict::Pass => PASS,
            Verdict::NotEvaluated => NOT_EVALUATED,
            Verdict::Fail => RED,
        }
    }

    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        let judgements = typed::to_json(&self.judgements);
        json!({"schema": "lumen.evidence.bench", "schema_version": 1, "judgements": judgements})
    }
}

/// Judges a file of measurements, a JSON array.
pub fn bench(name: &str, text: &[u8]) -> Result<Benched, Problem> {
    let measurements: Vec<Measurement> = typed::read(name, text)?;
    if let Some(foreign) = measurements.iter().find(|one| one.measurement != VERSION) {
        let found = foreign.measurement;
        return Err(Problem::usage(format!("{name}: expected measurement version {VERSION}, found {found}")));
    }
    Ok(Benched { judgements: measurements.iter().map(Measurement::judge).collect() })
}
