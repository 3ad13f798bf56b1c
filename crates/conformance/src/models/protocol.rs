//! What a worker and its host say to each other, and what each does with a frame that is none.

use evidence::compare::Rule;
use evidence::value::Value;
use sandbox::{Cell, PROTOCOL};
use serde::Deserialize;
use serde_json::json;

use super::confined::{Deaf, unconfined, worker};
use super::outcome::{ended, text};
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "models.protocol",
    reference: Reference::Spec("the model runtime: Worker protocol; JSON-RPC 2.0, sections 4 and 5"),
    inputs: &[],
    params: Params::of::<Said>(),
    run: said,
    rule: Rule::Exact,
    hardened: &[],
    api: &["sandbox::Client::request(method, params)", "sandbox::Worker::exec(cell, host)"],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    who: Who,
    /// The body of a frame as it is, or the code of a cell.
    says: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    /// Nobody beyond the greeting.
    Nobody,
    /// The host, to a worker that waits.
    Host,
    /// Code of a cell that writes to its worker's socket.
    Cell,
}

fn said(call: &Call<'_>) -> Result<Value, Failure> {
    let Said { who, says } = call.params()?;
    let mut python = worker(&unconfined()?)?;
    let mut outcome = ended("");
    match who {
        Who::Nobody => {
            outcome.status = "ready".into();
            outcome.ledger.insert("protocol".into(), u64::from(python.identity().protocol == PROTOCOL));
        }
        Who::Host => match python.client().raw(says.as_bytes()) {
            Ok(value) => {
                outcome.status = "answered".into();
                outcome.outputs.insert("result".into(), text(&value));
            }
            Err(failure) => {
                outcome.status = failure.kind.name().into();
                outcome.ledger.insert("code".into(), failure.kind.code().unsigned_abs());
            }
        },
        Who::Cell => {
            let ended = python.exec(&Cell { code: &says, seed: "00" }, &mut Deaf);
            let ended = ended.map_err(|failure| Failure::raised("sandbox.Failure", failure.to_string()))?;
            outcome.status = ended.error.map_or("done", |failure| failure.kind.name()).into();
        }
    }
    outcome.ledger.insert("worker_lives".into(), u64::from(python.dead().is_none()));
    let after = python.client().request("status", &json!({}));
    outcome.ledger.insert("worker_answers".into(), u64::from(after.is_ok()));
    Ok(Value::Outcome(outcome))
}
