//! The entries that a run writes to its log: the namespaces `run` and `result`.
//!
//! Bodies are JSON with the fields below in this order; what is larger than a line of text is a blob, named by its
//! BLAKE3 hash in hexadecimal. No entry holds a time: the log's own record does.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::{Kind, Namespace, NamespaceId};

use crate::state::Look;

/// The version of all entries' forms.
pub const VERSION: u32 = 1;

/// The numbers of the two namespaces, which every run's log registers first and in this order.
pub const RUN: NamespaceId = NamespaceId(1);
pub const RESULT: NamespaceId = NamespaceId(2);

/// Kinds of the namespace `run`.
pub mod run {
    pub const START: u32 = 1;
    pub const EFFECT_INTENT: u32 = 2;
    pub const EFFECT_OUTCOME: u32 = 3;
    pub const NUMBER: u32 = 4;
    pub const END: u32 = 5;
    pub const CALL: u32 = 6;
}

/// Kinds of the namespace `result`.
pub mod result {
    pub const NODE: u32 = 1;
}

/// The two namespaces, as every run's log registers them.
pub fn namespaces() -> [Namespace; 2] {
    let kind =
        |number, name: &str| Kind { number, name: name.to_string(), version: VERSION, must_understand: true };
    [
        Namespace {
            name: "run".to_string(),
            kinds: vec![
                kind(run::START, "start"),
                kind(run::EFFECT_INTENT, "effect intent"),
                kind(run::EFFECT_OUTCOME, "effect outcome"),
                kind(run::NUMBER, "number"),
                kind(run::END, "end"),
                kind(run::CALL, "call"),
            ],
        },
        Namespace { name: "result".to_string(), kinds: vec![kind(result::NODE, "node")] },
    ]
}

/// Stands for a body of more than 64 KiB, which an entry cannot hold: the name of the blob that does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    pub body: String,
}

/// What a run starts from; all that replay needs beside the effects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// 128 bits in hexadecimal over sources, arguments and engine.
    pub run: String,
    pub engine: String,
    /// The root source's path, as the user gave it.
    pub document: String,
    /// The root first, then imports, each with its text as blob.
    pub sources: Vec<SourceRef>,
    /// What replaces front matter's `inputs`: `--input name=value`.
    pub inputs: Vec<(String, String)>,
    /// `--grant` texts.
    pub grants: Vec<String>,
    pub arguments: Vec<String>,
    /// The cell that was called instead of `main`: `--cell`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// Where generators start when the document has no `seed`.
    pub seed: u64,
    pub strict: bool,
    /// The directory name of the run whose results this one may take.
    pub previous: Option<String>,
    /// Of a Python script: the interpreter and the packages that ran it, as they name themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRef {
    pub name: String,
    pub blob: String,
}

/// The logged promise of an effect, durable before it is carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectIntent {
    /// The node of the results graph that asks.
    pub node: String,
    /// Which of its tasks asks, by place in the tree of tasks: `0.2` is the third that the first one spawned. Empty for
    /// the node itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task: String,
    pub site: u32,
    /// How many effects this node, or task, had before.
    pub sequence: u32,
    /// The builtin: `read_csv`.
    pub operation: String,
    /// The effect's name in grants: `fs.read`.
    pub effect: String,
    pub request: Json,
    /// What allows it: `inputs.strikes_csv`, or the grant's text.
    pub grant: String,
    /// In words, for a reader.
    pub reason: String,
    pub line: u32,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectOutcome {
    pub ok: bool,
    /// The answer, or the fault's code and message.
    pub answer: Json,
    /// The blob that holds the answer's bytes.
    pub blob: Option<String>,
    /// SHA-256 of those bytes, the digest people compare.
    pub sha256: Option<String>,
    pub size_bytes: Option<u64>,
}

/// One value of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueRef {
    /// The result's name; empty for a value that is only shown.
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    /// BLAKE3 of the canonical bytes.
    pub hash: String,
    /// Small values stand here, in hexadecimal; others are the blob named by the hash. A value with neither has no
    /// bytes (a function): it is named by what made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blob: bool,
    /// One short phrase: `10,000 rows x 14 columns`.
    pub summary: String,
}

/// A node of the results graph that completed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRecord {
    pub index: usize,
    pub name: String,
    /// The name of the fence, or its place.
    pub cell: String,
    /// Hash over code closure, inputs, grants and engine.
    pub key: String,
    /// Whether an earlier run's values were taken.
    pub recorded: bool,
    pub values: Vec<ValueRef>,
    pub shown: Option<ValueRef>,
    /// The printed text's blob.
    pub printed: Option<String>,
    /// Ids of its effects in order, in hexadecimal.
    pub effects: Vec<String>,
    /// Names of the results it reads.
    pub reads: Vec<String>,
    /// Tables it read: site, rows, columns.
    pub tables: Vec<(u32, u64, u64)>,
    /// What it saw of the durable state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<Look>,
    /// Of a script's: its first and last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(u32, u32)>,
}

/// A value bound in prose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRecord {
    /// Its place among the document's bound values, from 1.
    pub number: usize,
    /// `rate | percent(1)`
    pub expression: String,
    pub text: String,
    pub value: ValueRef,
    pub reads: Vec<String>,
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// `complete` or `failed`.
    pub status: String,
    pub fault: Option<FaultRecord>,
    /// Over all effects in tree order: ids, requests, outcomes.
    pub trace_hash: String,
    /// Over names, types and hashes of all results and numbers. Logs of before there was a durable state have it under
    /// the name of that one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results_hash: Option<String>,
    /// The store's hash over the pages of the durable state.
    pub state_hash: String,
    /// BLAKE3 of the report's bytes.
    pub report_hash: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRecord {
    pub node: String,
    pub code: String,
    pub message: String,
}
