//! The proof that adapters compute nothing: with the named reference function replaced by one that raises, every case of
//! the row must change to that error.

use std::collections::BTreeMap;

use evidence::case::{Expect, Source};
use evidence::json::Json;
use serde_json::json;

use super::{NOT_EVALUATED, PASS, Problem, RED, Session};
use crate::live::Workers;
use crate::registry;
use crate::runner::{Live, LiveAsk};

/// What poisoning every row gave.
#[derive(Default)]
pub struct Poisoned {
    /// Cases that changed to the poison's error.
    pub reached: u64,
    /// Cases that answered without their reference function, and why each row is under suspicion.
    pub unreached: Vec<String>,
    /// Cases that could not be asked.
    pub open: Vec<String>,
}

impl Poisoned {
    /// 1 before 3. Nothing asked is nothing shown.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Poisoned { unreached, .. } if !unreached.is_empty() => RED,
            Poisoned { reached: 0, .. } => NOT_EVALUATED,
            Poisoned { open, .. } if !open.is_empty() => NOT_EVALUATED,
            _ => PASS,
        }
    }

    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.evidence.poison", "schema_version": 1, "reached": self.reached,
            "unreached": self.unreached, "open": self.open,
        })
    }
}

/// Poisons up to `limit` cases of each row that a live reference attests.
pub fn poison(session: &Session, limit: usize) -> Result<Poisoned, Problem> {
    let mut workers = Workers::new(session.python.clone());
    let mut asked: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut found = Poisoned::default();
    for id in session.library.packets().keys() {
        for case in session.library.load(id)?.cases {
            let Some(row) = registry::find(&case.op).filter(|row| row.reference.is_live()) else { continue };
            // A call that the reference refuses before the named function is reached proves nothing either way.
            let attested = matches!(case.source, Source::Oracle { .. })
                && matches!(case.expect.answer, Expect::Value(_));
            let count = asked.entry(row.op).or_default();
            if !attested || *count >= limit {
                continue;
            }
            *count += 1;
            let inputs = case.values("").map_err(|why| Problem::usage(format!("{id}/{}: {why}", case.id)))?;
            match workers.poison(&LiveAsk { row, inputs: &inputs, params: &case.params }) {
                Ok(true) => found.reached += 1,
                Ok(false) => {
                    let subject = row.reference.subject();
                    found
                        .unreached
                        .push(format!("{id}/{}: {} answers although {subject} raises", case.id, row.op));
                }
                Err(why) => found.open.push(format!("{id}/{}: {why}", case.id)),
            }
        }
    }
    Ok(found)
}
