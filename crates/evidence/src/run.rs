//! What a run leaves beside its reports: the run record and the golden results.

use crate::report::{Lane, Mode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format this crate writes and reads.
pub const VERSION: u32 = 1;

/// Where and with what a run took place. Two runs with equal environments must give equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The processor's name.
    pub cpu: String,
    /// The instruction set that the kernels may use.
    pub isa: String,
    /// The operating system's kernel.
    pub kernel: String,
    /// The C library the program is linked with.
    pub libc: String,
    /// The compiler.
    pub rustc: String,
    /// `debug` or `release`.
    pub profile: String,
    /// Digest of the program.
    pub binary: String,
    /// Thread counts of the run.
    pub threads: Vec<usize>,
    /// What `LC_ALL` or `LANG` says.
    pub locale: String,
}

/// A file that went in or came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Relative to the cases for what went in, to the run for what came out.
    pub path: String,
    /// BLAKE3 of its bytes.
    pub digest: String,
    /// Its size.
    pub size_bytes: u64,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// Started and not finished: killed, interrupted, or the disk was full.
    Incomplete,
    /// Finished; its outputs are all there.
    Complete,
}

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// The format's version.
    pub run: u32,
    /// Its folder's name.
    pub id: String,
    /// How far it came.
    pub completion: Completion,
    /// The arguments, without the program's path.
    pub command: Vec<String>,
    /// Seconds since 1970, UTC.
    pub started: u64,
    /// The same at its end.
    pub finished: Option<u64>,
    /// The commit's hash; `unknown` outside a checkout.
    pub commit: String,
    /// Whether the tree had changes.
    pub dirty: bool,
    /// The lane.
    pub lane: Lane,
    /// The modes.
    pub modes: Vec<Mode>,
    /// Who set the mode: `flag`, `project file` or `default`.
    pub modes_from: String,
    /// Where it took place.
    pub environment: Environment,
    /// Every file that went in.
    pub inputs: Vec<FileEntry>,
    /// Every file that came out.
    pub outputs: Vec<FileEntry>,
    /// Digests of lock files by name.
    pub lockfiles: BTreeMap<String, String>,
    /// Every packet that was selected and its verdict.
    pub verdicts: BTreeMap<String, crate::gate::Verdict>,
}

/// `golden.json`: the digest of every result, `CASE/MODE` to BLAKE3 of its canonical text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// The format's version.
    pub golden: u32,
    /// The packet.
    pub packet: String,
    /// The instruction set they hold for, or `portable`.
    pub machine: String,
    /// Digest by check.
    pub results: BTreeMap<String, String>,
}
