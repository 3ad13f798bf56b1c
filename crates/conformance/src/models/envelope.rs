//! What a reader of interop envelopes makes of those of other releases and other programs.

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::Value;
use recorder::ErrorKind;
use recorder::interop::Envelope;
use serde::Deserialize;

use super::outcome::ended;
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[Row {
    op: "models.envelope",
    reference: Reference::Spec("docs/formats/interop.md"),
    inputs: &[],
    params: Params::of::<Enveloped>(),
    run,
    rule: Rule::Exact,
    hardened: &[],
    api: &["recorder::interop::Envelope::parse(bytes)", "recorder::interop::Envelope::json()"],
}];

/// An envelope as it comes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enveloped {
    envelope: Json,
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let Enveloped { envelope } = call.params()?;
    let outcome = match Envelope::parse(envelope.to_string().as_bytes()) {
        Ok(read) => {
            let mut accepted = ended("accepted");
            accepted.outputs.insert("kind".into(), Value::Text(read.kind.name().into()));
            accepted.outputs.insert("version".into(), Value::Text(read.version.to_string()));
            // With all that this release does not know.
            accepted.ledger.insert("comes_back".into(), u64::from(read.json() == envelope));
            accepted
        }
        // What a later release may read, and what nobody may.
        Err(error) if error.kind() == ErrorKind::Storage => ended("newer"),
        Err(error) if error.kind() == ErrorKind::Damaged => ended("refused"),
        Err(error) => return Err(Failure::raised("recorder.Error", error.to_string())),
    };
    Ok(Value::Outcome(outcome))
}
