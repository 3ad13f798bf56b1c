//! What stores, tools and runs say of themselves.

use super::Value;
use std::collections::BTreeMap;

/// A store's state: `{"kind":"state","hash":text,"seq":n,"refusals":[text...]}`.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The state's hash.
    pub hash: String,
    /// The last sequence number.
    pub seq: u64,
    /// The codes of what was refused, in order.
    pub refusals: Vec<String>,
}

/// One diagnostic: `{"code","span":[start,end],"severity","fix":text or null,"message"}` in the `items` of
/// `{"kind":"diagnostics"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The code, such as `E0301`.
    pub code: String,
    /// Byte offsets: start, end.
    pub span: (u64, u64),
    /// `error`, `warning` ...
    pub severity: String,
    /// What a fix would write there.
    pub fix: Option<String>,
    /// What it says; a difference is a matter of wording.
    pub message: String,
}

/// How a run ended: `{"kind":"outcome","status":text,"outputs":{name:Value},"calls":n,"ledger":{name:n}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The status.
    pub status: String,
    /// The outputs by name.
    pub outputs: BTreeMap<String, Value>,
    /// How many calls were made.
    pub calls: u64,
    /// Totals by name.
    pub ledger: BTreeMap<String, u64>,
}
