//! What a drive writes to the run's log, by way of the program's thread.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use rlm::{Digest, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::hash::{Fields, id_hex};
use crate::python::Calling;

/// One entry below an effect in a run's log: below a question, or below a Python cell that asks models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// What runs the cells, before the first of them.
    Worker(Identity),
    /// What happened in the tree.
    Record(Box<Record>),
    /// A Python cell is about to ask a model: the number of its question, and which of its prompts.
    Asked { number: u64, item: u64, prompt: Json },
    /// What the model replied.
    Told { number: u64, item: u64, reply: Json },
    /// A Python cell is about to call a tool: the number of its question, the effect of the call, which tool with which
    /// arguments of the code's, those that the grants make of them, and the grants.
    Called { number: u64, effect: String, asked: Json, sent: Json, grant: String },
    /// What the tool answered: `value`, or `error` with `code` and `message`.
    Answered { number: u64, answer: Json },
    /// What stands below a question that a Python cell asks by recursion, by its number and item.
    Below { number: u64, item: u64, entry: Box<Entry> },
}

/// What decides how cells run, beside their code and the answers that they are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The interpreter's version and build.
    pub python: String,
    /// The hash of the worker's own text.
    pub text: String,
    /// The version of the worker's protocol.
    pub protocol: u32,
    /// The level and the layers that hold the cells.
    pub sandbox: String,
}

impl Identity {
    /// Whether cells run the same way under both; how they are confined does not matter to that.
    pub(crate) fn runs_as(&self, other: &Identity) -> bool {
        (&self.python, &self.text, self.protocol) == (&other.python, &other.text, other.protocol)
    }
}

impl Entry {
    /// The entry's id in the log of a run, below its effect.
    pub(crate) fn id(&self, effect: u128) -> u128 {
        let fields = Fields::new("call").text(&id_hex(effect));
        match self {
            Entry::Below { number, item, entry } => {
                entry.id(fields.text("below").number(*number).number(*item).id())
            }
            Entry::Worker(_) => fields.text("worker").id(),
            Entry::Asked { number, item, .. } => fields.text("asked").number(*number).number(*item).id(),
            Entry::Told { number, item, .. } => fields.text("told").number(*number).number(*item).id(),
            Entry::Called { number, .. } => fields.text("called").number(*number).id(),
            Entry::Answered { number, .. } => fields.text("answered").number(*number).id(),
            Entry::Record(record) => {
                let kind = serde_json::to_string(&record.body.kind()).unwrap_or_default();
                fields.text(&record.id.to_string()).text(&kind).id()
            }
        }
    }
}

/// Entries that a drive waits to be durable.
pub(crate) struct Keep {
    pub(crate) entries: Vec<Entry>,
    pub(crate) told: Sender<Result<(), String>>,
}

/// What a drive wants of the thread of the program.
pub(crate) enum Wish {
    Keep(Keep),
    /// A Python cell calls a tool.
    Tool(Calling),
}

/// The way of a drive to the log, and to what only the thread of the program may do.
#[derive(Clone)]
pub(crate) struct Outlet(Arc<dyn Fn(Wish) -> bool + Send + Sync>);

impl Outlet {
    /// `send` says whether anybody listens.
    pub(crate) fn new(send: impl Fn(Wish) -> bool + Send + Sync + 'static) -> Outlet {
        Outlet(Arc::new(send))
    }

    /// The way of a question that a Python cell asks.
    pub(crate) fn below(&self, number: u64, item: u64) -> Outlet {
        let above = self.clone();
        let wrapped = move |entry| Entry::Below { number, item, entry: Box::new(entry) };
        Outlet::new(move |wish| match wish {
            Wish::Keep(Keep { entries, told }) => {
                (above.0)(Wish::Keep(Keep { entries: entries.into_iter().map(wrapped).collect(), told }))
            }
            // A question has no tools.
            Wish::Tool(_) => false,
        })
    }

    /// Keeps entries in order; they are durable when it returns.
    ///
    /// # Errors
    /// Why they are not.
    pub(crate) fn keep(&self, entries: Vec<Entry>) -> Result<(), String> {
        let (told, answer) = channel();
        let over = || "nobody waits for the question any more".to_string();
        if !(self.0)(Wish::Keep(Keep { entries, told })) {
            return Err(over());
        }
        answer.recv().map_err(|_| over())?
    }

    /// Hands a tool's call over; says whether anybody listens.
    pub(crate) fn call(&self, calling: Calling) -> bool {
        (self.0)(Wish::Tool(calling))
    }
}

/// The digest by which equal questions of a program are told apart, and the same one is known again.
pub(crate) fn run_digest(request: &serde_json::Value, lane: u64) -> Digest {
    Digest::of_json(&serde_json::json!(["question", request, lane]))
}
