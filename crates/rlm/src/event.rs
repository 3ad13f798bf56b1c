//! What the machine is told, and what it asks to be done.

use crate::amounts::Amounts;
use crate::cell::{CellEnd, Closing};
use crate::digest::Digest;
use crate::failure::Failure;
use crate::record::Record;
use crate::request::{AttemptError, Blob, Reply, Request};
use crate::submission::{Submission, SubmitResult};
use crate::variable::Variable;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A worker, as the machine numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WorkerId(pub u64);

/// A timer, as the machine numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerId(pub u64);

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// All appended batches up to this one are durable.
    Appended {
        /// The number of [`Action::Append`].
        batch: u64,
    },
    /// A batch could not be made durable; the run stops where the log ends.
    AppendFailed {
        /// What the log says.
        message: String,
    },
    /// A model answered, or an attempt failed.
    Replied {
        /// The id of [`Action::Ask`].
        ask: Digest,
        /// The attempt that this is about.
        attempt: u32,
        /// The answer.
        result: Result<Reply, AttemptError>,
    },
    /// A tool or a search returned.
    ToolReturned {
        /// The id of [`Action::CallTool`] or [`Action::Search`].
        id: Digest,
        /// What.
        result: Result<Value, Failure>,
    },
    /// A cell calls the host and waits.
    HostCalled {
        /// From which worker.
        worker: WorkerId,
        /// The worker's number of the call.
        number: u64,
        /// What it asks.
        call: HostCall,
        /// How long the cell has computed.
        active_ms: u64,
        /// How long the cell has lasted.
        wall_ms: u64,
    },
    /// A cell ended.
    CellEnded {
        /// In which worker.
        worker: WorkerId,
        /// How.
        end: CellEnd,
    },
    /// A worker is gone, or did not start.
    WorkerDied {
        /// Which.
        worker: WorkerId,
        /// Why.
        failure: Failure,
    },
    /// A timer ran out.
    Timer {
        /// Which.
        timer: TimerId,
    },
    /// The user wants an answer now, from what there is.
    WrapUp,
    /// The user wants no answer any more.
    Cancelled {
        /// Why.
        message: String,
    },
}

/// What a cell may ask of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum HostCall {
    /// One model call.
    LlmQuery {
        /// What to ask.
        prompt: String,
        /// A text that goes with it, fenced.
        context: Option<Blob>,
        /// What the answer must fit; a text without one.
        schema: Option<Value>,
        /// Another model than that of the role.
        model: Option<String>,
        /// The most that it may write.
        max_tokens: Option<u64>,
    },
    /// Model calls whose answers come in the order of the prompts.
    LlmBatch {
        /// What to ask.
        prompts: Vec<String>,
        /// What each answer must fit.
        schema: Option<Value>,
        /// Another model than that of the role.
        model: Option<String>,
        /// What a failing item does.
        errors: Errors,
    },
    /// One child call.
    RlmQuery {
        /// What to ask.
        prompt: String,
        /// The text that the child's `context` is.
        context: Option<Blob>,
        /// What the answer must fit.
        schema: Option<Value>,
    },
    /// Child calls whose answers come in the order of the prompts.
    RlmBatch {
        /// What to ask, each with the text that the child's `context` is.
        prompts: Vec<(String, Option<Blob>)>,
        /// What each answer must fit.
        schema: Option<Value>,
        /// What a failing item does.
        errors: Errors,
    },
    /// A regular expression over the context.
    Search {
        /// The pattern.
        pattern: String,
        /// At most so many matches.
        limit: u64,
        /// From this byte.
        start: u64,
    },
    /// What is left.
    Budget,
    /// A granted tool.
    Tool {
        /// Its name.
        name: String,
        /// What with.
        arguments: Map<String, Value>,
    },
    /// An answer.
    Submit {
        /// Its fields.
        submission: Submission,
    },
}

/// What a failing item of a batch does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errors {
    /// The batch raises `BatchError`, which has all results.
    #[default]
    Raise,
    /// The batch returns all results as `Ok` and `Err`.
    Return,
}

/// What a waiting cell is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The call's value.
    Value(Value),
    /// An exception.
    Failure(Failure),
    /// The results of a batch, in the order of its prompts.
    Batch {
        /// Each.
        results: Vec<Result<Value, Failure>>,
        /// What a failing item does.
        errors: Errors,
    },
    /// The verdict over a `SUBMIT`.
    Submit(SubmitResult),
}

/// How far a cell may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellLimits {
    /// Milliseconds in which it may compute.
    pub active_ms: u64,
    /// Milliseconds that it may last.
    pub wall_ms: u64,
    /// Bytes of output that are kept.
    pub output_bytes: u64,
}

/// Something to do. What follows an [`Action::Append`] in effect is given out once that is durable, so whoever drives
/// the machine does at once what it is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Make records durable, in order, then say [`Event::Appended`].
    Append {
        /// Counts from one.
        batch: u64,
        /// The records.
        records: Vec<Record>,
    },
    /// Ask a model. The id is the idempotency key of all attempts.
    Ask {
        /// The id.
        id: Digest,
        /// Counts from zero.
        attempt: u32,
        /// The request.
        request: Request,
        /// How long the answer may take.
        timeout_ms: u64,
        /// How long the provider asked to wait before this attempt.
        retry_after_ms: Option<u64>,
        /// Whether it was perhaps sent before an interruption.
        resent: bool,
    },
    /// Nobody waits for a model's answer any more.
    Abandon {
        /// The id.
        id: Digest,
    },
    /// Start a worker whose REPL has the inputs. Its randomness comes from the call's id.
    StartWorker {
        /// Its number.
        worker: WorkerId,
        /// For which call.
        call: Digest,
        /// Its variables.
        inputs: Vec<Variable>,
    },
    /// Run a cell. One worker runs one at a time, in order.
    RunCell {
        /// In which worker.
        worker: WorkerId,
        /// The cell's id.
        cell: Digest,
        /// Its code.
        code: String,
        /// How far it may go.
        limits: CellLimits,
        /// Whether it ran before and its host calls are answered from the log.
        again: bool,
    },
    /// Answer a waiting cell.
    AnswerHost {
        /// In which worker.
        worker: WorkerId,
        /// The worker's number of the call.
        number: u64,
        /// What.
        answer: Answer,
    },
    /// Call a granted tool.
    CallTool {
        /// The id, also its idempotency key.
        id: Digest,
        /// Its name.
        name: String,
        /// What with.
        arguments: Map<String, Value>,
    },
    /// Search a call's context.
    Search {
        /// The id.
        id: Digest,
        /// Whose context.
        call: Digest,
        /// The pattern.
        pattern: String,
        /// At most so many matches.
        limit: u64,
        /// From this byte.
        start: u64,
    },
    /// Say [`Event::Timer`] after a while.
    SetTimer {
        /// Its number.
        timer: TimerId,
        /// The while.
        after_ms: u64,
    },
    /// End a worker.
    Kill {
        /// Which.
        worker: WorkerId,
    },
    /// The run is over.
    Finish {
        /// How.
        finished: Finished,
    },
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// How the first call ended.
    pub closing: Closing,
    /// What the run spent, as far as anyone reported.
    pub spent: Amounts,
    /// Model calls and tools that an interruption may have made twice.
    pub resent: Vec<Digest>,
}
