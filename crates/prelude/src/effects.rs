//! The door that every effect of a program goes through.
//!
//! The prelude says what is to be done; whoever implements [`Effects`] asks the grant, keeps the intent, does it or
//! answers from a log, and keeps the outcome.

use bytecode::Span;
use vm::{Fault, FaultKind, Value};

use crate::python::{Job, Ran};
use crate::state::Request;

/// One thing that a program asks of the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The whole content of a file, as [`Answer::Bytes`].
    ReadFile { path: String },
    /// Replaces a file's content atomically; [`Answer::Done`].
    WriteFile { path: String, bytes: Vec<u8> },
    /// [`Answer::Bool`]
    Exists { path: String },
    /// Paths that match, sorted; [`Answer::Texts`].
    Glob { pattern: String },
    /// [`Answer::Done`]
    MakeDirectory { path: String },
    /// Removes a file, or a folder that is empty; [`Answer::Done`].
    Remove { path: String },
    /// Microseconds since 1970-01-01T00:00:00Z, as [`Answer::Int`].
    Now,
    /// Nanoseconds of a clock that only goes forward, as [`Answer::Int`].
    Ticks,
    /// [`Answer::Done`]
    Sleep { ms: i64 },
    /// [`Answer::Bytes`]
    Entropy { count: usize },
    /// [`Answer::Text`]; `None` where the variable is not set.
    Environment { name: String },
    /// Time that a task is given; [`Answer::Done`] when it is over.
    Timer { ms: i64 },
    /// A line of standard input, as [`Answer::Text`]; `None` at its end.
    ReadLine,
    /// Standard output of a program that ended with 0, as [`Answer::Bytes`].
    Execute { program: String, args: Vec<String> },
    /// What a server answers to a request whose URL names the host, as [`Answer::Bytes`].
    Http { method: String, url: String, host: String, headers: Vec<(String, String)>, body: String },
    /// What a tool gives for its arguments, JSON both, as [`Answer::Text`].
    Tool { effect: String, tool: String, arguments: String },
    /// What a model replies to a prompt, JSON both, as [`Answer::Reply`]. A prompt is an object with `alias`, `cell`,
    /// `messages` (`role`, `content`), `max_tokens`, and where they are given `temperature`, `schema` and `wrapped`. One
    /// with `recursion` instead of `messages` (`prompt`, `context`, and how far its tree may go) is a question that the
    /// model answers by writing code over the context.
    Model { prompt: String },
    /// Many such prompts at once, as [`Answer::Replies`] in their order: each is an effect of its own, and so many at
    /// most are on their way.
    Models { prompts: Vec<String>, in_flight: Option<u64> },
    /// Keeps the program as it waits in this call, for a run that is killed after it; [`Answer::Done`].
    Checkpoint { name: String, image: Vec<u8> },
    /// A cell in another language, as [`Answer::Python`].
    Python(Box<Job>),
}

impl Ask {
    /// The effect's name in rows and grants.
    pub fn effect(&self) -> &str {
        match self {
            Ask::ReadFile { .. } | Ask::Exists { .. } | Ask::Glob { .. } => "fs.read",
            Ask::WriteFile { .. } | Ask::MakeDirectory { .. } | Ask::Remove { .. } => "fs.write",
            Ask::Now | Ask::Ticks | Ask::Sleep { .. } => "clock",
            Ask::Timer { .. } => "timeout",
            Ask::Entropy { .. } => "random",
            Ask::Environment { .. } => "env",
            Ask::ReadLine => "stdin",
            Ask::Checkpoint { .. } => "checkpoint",
            Ask::Execute { .. } => "process",
            Ask::Http { .. } => "http",
            Ask::Tool { effect, .. } => effect,
            Ask::Model { .. } | Ask::Models { .. } => "model",
            Ask::Python(_) => "python",
        }
    }

    /// Whether other tasks run until the answer is there.
    pub fn waits(&self) -> bool {
        matches!(
            self,
            Ask::Sleep { .. }
                | Ask::Timer { .. }
                | Ask::Execute { .. }
                | Ask::Http { .. }
                | Ask::Tool { .. }
                | Ask::Model { .. }
                | Ask::Models { .. }
                | Ask::Python(_)
        )
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done,
    Bool(bool),
    Int(i64),
    Bytes(Vec<u8>),
    Text(Option<String>),
    Texts(Vec<String>),
    /// JSON: `value`, or `error` with `code`, `kind` and `message`, beside what the call cost.
    Reply(String),
    Replies(Vec<String>),
    Python(Box<Ran>),
}

/// Carries out effects, and gives what else comes from outside the program.
pub trait Effects {
    /// `operation` is the builtin that asks (`read_csv`), `site` its place in the module. What [waits](Ask::waits) may
    /// answer [`Fault::waiting`]; the same task then asks the same again, and is told once [`next`](Effects::next) has
    /// named it. A builtin that asks such a thing asks nothing else.
    ///
    /// # Errors
    /// A fault for a refused grant, a failed operation or a divergence from the recording.
    fn perform(&mut self, operation: &str, site: u32, span: Span, ask: Ask) -> Result<Answer, Fault>;

    /// What is asked next comes from within these processes, by their places among those that the machine watches.
    fn within(&mut self, _processes: &[usize]) {}

    /// The task that asks from now on: its number, and its place in the tree of tasks.
    fn enter(&mut self, _number: u64, _place: &[u32]) {}

    /// Waits for an answer; the number of the task that it is for.
    ///
    /// # Errors
    /// As [`perform`](Effects::perform), of what ends the whole run.
    fn next(&mut self) -> Result<u64, Fault> {
        Err(Fault::new("R0999", "every effect is answered at once here").kind(FaultKind::Internal))
    }

    /// Asked every so often of a machine that is watched: whether the run goes on.
    ///
    /// # Errors
    /// What ends the whole run.
    fn pause(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// What the task asked for and was not told of is not needed any more.
    fn leave(&mut self, _number: u64) {}

    /// Reads or changes durable state, the effect `state`. `operation` is the call's name (`state.get`).
    ///
    /// # Errors
    /// As [`perform`](Effects::perform); R0126 where no state is kept.
    fn state(&mut self, operation: &str, site: u32, span: Span, request: Request) -> Result<Value, Fault> {
        let _ = (site, span, request);
        Err(Fault::new("R0126", format!("no state is kept here, which `{operation}` asks for")))
    }

    /// What the program prints.
    fn print(&mut self, to: vm::Print, text: &str);

    /// Where the default generator of the running node starts: the same in every run with the same `seed`.
    fn seed(&mut self) -> u64;

    /// What the command line gave the program.
    fn arguments(&self) -> Vec<String>;

    /// `<trace:RUN:SEQ>` of the last record.
    fn trace_reference(&self) -> String;

    /// The document's line for a line of a Python cell at `cell`, or of one of the preludes before it; 0 is the line that
    /// opens the fence. `None` where that is not known.
    fn python_line(&self, _cell: Span, _prelude: Option<usize>, _line: u32) -> Option<Span> {
        None
    }

    /// Said once for each table read: rows and columns, for the reader of the run.
    fn table_read(&mut self, site: u32, rows: usize, columns: usize);
}
