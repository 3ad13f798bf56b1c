//! What the command line may say.

pub mod answer;
pub mod conformance;
pub mod store;

use std::num::{NonZeroU32, NonZeroUsize};

use clap::{Args, Parser, Subcommand, ValueEnum};

use answer::{AnswerOptions, Form};

/// The flight recorder for data and AI work: every number in a report can be traced, replayed bit for bit, and proved.
#[derive(Parser, Debug)]
#[command(name = "lumen", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 the answer is no (diagnostics, a failed test, a difference); 2 usage or unreadable input; \
3 not evaluated; 4 damaged or altered data; 5 input/output or internal; 6 program fault; 7 refused; 130 interrupted, resumable.";

const CI_CODES: &str =
    "Exit code: the sum of 1 check, 2 lint, 4 test, 8 doc, 16 something could not be read.";

#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Write a small project with real, licensed data
    #[command(visible_alias = "init")]
    New(NewOptions),
    /// Run a document or source, record every effect, write the report
    Run(RunOptions),
    /// Run a plain Python script on Lumen's pandas and PyTorch fronts, and record what it reads, makes and writes
    Record(RecordOptions),
    /// Run a file, and again each time it or what it reads changes
    Watch(WatchOptions),
    /// Finish a run that was killed, without repeating an effect that completed
    Resume(ResumeOptions),
    /// Walk from a number or result back to the log, the intent and the inputs
    Why(WhyOptions),
    /// Ask a question over a long text, which a model answers by writing code against it
    Ask(AskOptions),
    /// The calls of models in a run: what they were asked, took and cost
    Calls(CallsOptions),
    /// What a run's durable state holds, held at a seq, and why
    State(StateOptions),
    /// Replay a run or bundle; every result must be the same
    Verify(VerifyOptions),
    /// What changed between two runs: numbers in the prose first
    Diff(DiffOptions),
    /// Pack a run in one file that verifies anywhere
    Bundle(BundleOptions),
    /// Hold the engines against pandas, PyTorch and CPython
    Conformance(conformance::ConformanceOptions),
    /// Tell other programs of a run in the interop form, an envelope a line; or check such lines
    Export(ExportOptions),
    /// Mend a damaged bundle, or any file with a sidecar beside it
    Repair(RepairOptions),
    /// What a store's log tells: intents, histories, earlier states, figures
    Store(store::StoreOptions),
    /// Check documents and sources without running them
    Check(CheckOptions),
    /// Find what is not wrong and reads as if it were
    Lint(LintOptions),
    /// Run the tests of documents and sources, and hold their fences to what they promise
    Test(TestOptions),
    /// Check, lint, test, and try the examples of documentation; the exit code says by bits what failed
    #[command(after_help = CI_CODES)]
    Ci(CiOptions),
    /// Format documents and sources
    Fmt(FmtOptions),
    /// Serve an editor: the language server, over standard input and output
    Lsp(LspOptions),
    /// Serve another program: runs, their results and confined Python, over standard input and output
    Serve(ServeOptions),
    /// Enter a program piece by piece, each carried out at once
    Repl(ReplOptions),
    /// What a builtin, a method, a type or a code is
    Docs(DocsOptions),
    /// What a file declares, as its own documentation says
    Doc(DocOptions),
    /// A run's log, entry by entry
    Trace(TraceOptions),
    /// The bytecode of a file, as text
    Emit(EmitOptions),
    /// The language on two pages, for programs that write it
    AgentCard,
    /// Explain a code such as E0200, or list all
    Explain(ExplainOptions),
    /// Write the record that fits a table file, or what the tools of a server take and give
    Schema(SchemaOptions),
    /// What works on this machine, and how to mend what does not
    Doctor(DoctorOptions),
    /// What Lumen keeps outside of projects and can make again
    Cache(CacheOptions),
    /// Print a completion script for a shell
    Completions(CompletionOptions),
}

impl Verb {
    /// Whether a program reads the answer.
    pub fn answers_json(&self) -> bool {
        match self {
            Verb::Run(options) => options.json,
            Verb::Record(options) => options.json,
            Verb::Resume(options) => options.json,
            Verb::Why(options) => options.json,
            Verb::Ask(options) => options.json,
            Verb::Calls(options) => options.json,
            Verb::State(options) => options.json,
            Verb::Verify(options) => options.json,
            Verb::Diff(options) => options.json,
            Verb::Conformance(options) => options.place.json,
            Verb::Repair(options) => options.json,
            Verb::Store(options) => options.verb.answers_json(),
            Verb::Check(options) => options.answer.form() == Form::Json,
            Verb::Lint(options) => options.answer.form() == Form::Json,
            Verb::Test(options) => options.answer.form() == Form::Json,
            Verb::Doc(options) => options.format == DocForm::Json,
            Verb::Trace(TraceOptions { verb: TraceVerb::Show(options) }) => options.json,
            Verb::Docs(options) => options.json,
            Verb::Doctor(options) => options.json,
            Verb::Ci(options) => options.json,
            Verb::New(_)
            | Verb::Bundle(_)
            | Verb::Export(_)
            | Verb::Fmt(_)
            | Verb::Lsp(_)
            | Verb::Serve(_)
            | Verb::Repl(_)
            | Verb::Emit(_)
            | Verb::AgentCard
            | Verb::Explain(_)
            | Verb::Schema(_)
            | Verb::Watch(_)
            | Verb::Cache(_)
            | Verb::Completions(_) => false,
        }
    }
}

#[derive(Args, Debug)]
pub struct ThreadOptions {
    /// Threads that the engines share, by default LUMEN_THREADS or all cores; results do not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Args, Debug)]
pub struct NewOptions {
    /// penguins, weather or blank
    pub template: String,
    /// The folder to make; by default the template's name
    pub folder: Option<String>,
}

#[derive(Args, Debug)]
pub struct RunOptions {
    /// A .lm.md document or .lm source
    pub file: String,
    /// Call this cell instead of `main`; it takes nothing
    #[arg(long, value_name = "NAME")]
    pub cell: Option<String>,
    /// Give an input of the front matter another value
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub inputs: Vec<String>,
    /// Grant an effect, as in the language: 'fs.read path "data/*"'
    #[arg(long = "grant", value_name = "GRANT")]
    pub grants: Vec<String>,
    /// Compute everything anew
    #[arg(long)]
    pub fresh: bool,
    /// Compute a result, or all with an effect of this kind, anew
    #[arg(long = "refresh", value_name = "NAME|EFFECT")]
    pub refresh: Vec<String>,
    /// Write what fences give to the output fences behind them
    #[arg(long)]
    pub update: bool,
    /// Stop with a fault after so much work
    #[arg(long)]
    pub fuel: Option<u64>,
    /// Warnings that hide mistakes are errors
    #[arg(long)]
    pub strict: bool,
    /// Show the value of `main`, or of the cell
    #[arg(long)]
    pub print_result: bool,
    #[command(flatten)]
    pub models: ModelOptions,
    #[command(flatten)]
    pub threads: ThreadOptions,
    /// Keep nothing: run without a log
    #[arg(long, conflicts_with_all = ["fresh", "refresh"])]
    pub no_record: bool,
    /// Print run.json instead of tables
    #[arg(long)]
    pub json: bool,
    /// Arguments of the program
    #[arg(last = true)]
    pub arguments: Vec<String>,
}

#[derive(Args, Debug)]
pub struct RecordOptions {
    /// A Python script
    pub script: String,
    /// The interpreter, which has the package `lumen`; by default LUMEN_PYTHON, or python3 on the path
    #[arg(long, value_name = "PROGRAM")]
    pub python: Option<String>,
    #[command(flatten)]
    pub threads: ThreadOptions,
    /// Print run.json instead of the names and what the script prints
    #[arg(long)]
    pub json: bool,
    /// Arguments of the script
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// Who answers for models.
#[derive(Args, Debug, Default)]
pub struct ModelOptions {
    /// A file with what models said, instead of the one that the front matter names
    #[arg(long, value_name = "FILE")]
    pub cassette: Option<String>,
    /// What the cassette is for: to answer (the default), to be written, both, or nothing
    #[arg(long, value_name = "MODE", value_parser = ["replay", "record", "cache", "off"])]
    pub cassette_mode: Option<String>,
}

#[derive(Args, Debug)]
pub struct AskOptions {
    /// The text, or `-` for standard input
    pub file: String,
    /// What is asked
    pub question: String,
    /// Who writes the code: a model of lumen.toml, openai/MODEL or anthropic/MODEL
    #[arg(long, value_name = "ALIAS", default_value = "default")]
    pub model: String,
    /// Whom the code asks, by default the same
    #[arg(long, value_name = "ALIAS")]
    pub sub: Option<String>,
    /// 0: the code asks no model; 1: it does; 2 to 4: it asks questions of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=4))]
    pub depth: u32,
    /// Turns of one call
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub turns: u32,
    /// Calls of models in all
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..))]
    pub max_calls: u32,
    /// Tokens of all prompts and replies
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// Tokens of one reply
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    pub reply_tokens: u32,
    /// Dollars in all; a model without a price is refused then
    #[arg(long, value_name = "DOLLARS")]
    pub max_cost: Option<f64>,
    /// How the code is confined
    #[arg(long, value_name = "LEVEL", default_value = "strict", value_parser = ["strict", "standard"])]
    pub level: String,
    /// Ask anew what was asked before
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub models: ModelOptions,
    #[command(flatten)]
    pub threads: ThreadOptions,
    /// Print the answer and its tree as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct CallsOptions {
    /// The run; by default the last one
    pub run: Option<String>,
    /// Print the answer as JSON, with prompts and replies
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct WatchOptions {
    /// A .lm.md document or .lm source
    pub file: String,
    /// End after so many runs, with the exit code of the last
    #[arg(long, value_name = "N")]
    pub times: Option<NonZeroU32>,
    /// Options of `lumen run`
    #[arg(last = true, value_name = "RUN-OPTIONS")]
    pub run: Vec<String>,
}

#[derive(Args, Debug)]
pub struct CacheOptions {
    #[command(subcommand)]
    pub verb: CacheVerb,
}

#[derive(Subcommand, Debug)]
pub enum CacheVerb {
    /// Remove the reference environments of `conformance`; runs are records and stay
    Clear,
}

#[derive(Args, Debug)]
pub struct ResumeOptions {
    /// The run; by default the last one
    pub run: Option<String>,
    /// Do effects again whose outcome is unknown
    #[arg(long)]
    pub repeat: bool,
    #[command(flatten)]
    pub models: ModelOptions,
    #[command(flatten)]
    pub threads: ThreadOptions,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct WhyOptions {
    /// A result, a number as the report prints it or its id such as n3, or an entry of the state
    pub name: String,
    /// The run; by default the last one
    #[arg(long)]
    pub run: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct StateOptions {
    /// A state, or one entry such as 'reviews[17]'; by default all
    pub name: Option<String>,
    /// The run; by default the last one
    #[arg(long)]
    pub run: Option<String>,
    /// As it was at this place of the run's log
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["diff", "intents"])]
    pub at: Option<u64>,
    /// What changed between two places of the run's log
    #[arg(long, num_args = 2, value_names = ["SEQ", "SEQ"], conflicts_with_all = ["name", "intents"])]
    pub diff: Option<Vec<u64>>,
    /// Who changed it and why, what was refused too: all, or author=A,schema=S,entry=E
    #[arg(long, value_name = "FILTER")]
    pub intents: Option<String>,
    /// All changes of the entry NAME, in this run and those before
    #[arg(long, requires = "name", conflicts_with_all = ["at", "diff", "intents"])]
    pub history: bool,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct VerifyOptions {
    /// A run or a bundle; by default the last run
    pub target: Option<String>,
    /// Run the code of its Python cells once more, with the recorded inputs, and compare
    #[arg(long)]
    pub reexecute_python: bool,
    #[command(flatten)]
    pub threads: ThreadOptions,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct DiffOptions {
    /// The older run; by default the last but one
    pub a: Option<String>,
    /// The newer run; by default the last one
    pub b: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct BundleOptions {
    /// The run; by default the last one
    pub run: Option<String>,
    /// The file to write; by default NAME.lumen-bundle in this folder
    #[arg(long, short)]
    pub output: Option<String>,
    /// Write FILE.rq too, with this much redundancy for `lumen repair`; 0 writes none
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=400))]
    pub sidecar: u32,
}

#[derive(Args, Debug)]
pub struct ExportOptions {
    /// The run; by default the last one
    pub run: Option<String>,
    /// What to tell: where values come from, what a verification finds, the model calls
    #[arg(long, value_enum, value_name = "KIND", required_unless_present = "check")]
    pub interop: Option<InteropKind>,
    /// The file to write; by default standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<String>,
    /// Read envelopes, from whomever they are, and say what they are
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "interop", "output"])]
    pub check: Option<String>,
    #[command(flatten)]
    pub threads: ThreadOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InteropKind {
    Provenance,
    Verification,
    Trajectory,
}

#[derive(Args, Debug)]
pub struct RepairOptions {
    /// A bundle, or any file with a sidecar; it need not be there any more
    pub file: String,
    /// The sidecar; by default FILE.rq
    #[arg(long)]
    pub sidecar: Option<String>,
    /// Say what is damaged and change nothing
    #[arg(long, conflicts_with = "proof")]
    pub check: bool,
    /// Write the decode proof, also of a repair that fails
    #[arg(long, value_name = "FILE")]
    pub proof: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct CheckOptions {
    /// Documents, sources and folders; by default all below this folder
    pub files: Vec<String>,
    /// Apply all safe fixes
    #[arg(long)]
    pub fix: bool,
    /// Warnings that hide mistakes are errors
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub answer: AnswerOptions,
}

#[derive(Args, Debug)]
pub struct LintOptions {
    /// Documents, sources and folders; by default all below this folder
    pub files: Vec<String>,
    /// Apply all safe fixes
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub answer: AnswerOptions,
}

#[derive(Args, Debug)]
pub struct CiOptions {
    /// Documents, sources and folders; by default all below this folder
    pub paths: Vec<String>,
    /// Files that are tested at once; by default as many as there are cores
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Print the steps with their answers as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct DocOptions {
    /// A document or source
    pub file: String,
    /// Markdown, one page of HTML, or JSON
    #[arg(long, value_enum, default_value_t = DocForm::Md, value_name = "FORMAT")]
    pub format: DocForm,
    /// What is not `pub`, too
    #[arg(long)]
    pub private: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocForm {
    Md,
    Html,
    Json,
}

#[derive(Args, Debug)]
pub struct TraceOptions {
    #[command(subcommand)]
    pub verb: TraceVerb,
}

#[derive(Subcommand, Debug)]
pub enum TraceVerb {
    /// Effects, results and numbers with their ids, in the order of the log
    Show(TraceShowOptions),
}

#[derive(Args, Debug)]
pub struct TraceShowOptions {
    /// The run; by default the last one
    pub run: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct EmitOptions {
    /// A document or source
    pub file: String,
}

#[derive(Args, Debug)]
pub struct TestOptions {
    /// Documents, sources and folders; by default all below this folder
    pub paths: Vec<String>,
    /// Only tests whose name holds this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Write what fences give to the output fences behind them
    #[arg(long)]
    pub update: bool,
    /// Ask the world what tests ask, and keep what it says in FILE.cassette; without it they are told from there
    #[arg(long)]
    pub record: bool,
    /// Files that are tested at once; by default as many as there are cores
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// List the tests that pass, too
    #[arg(long, short)]
    pub verbose: bool,
    /// Warnings that hide mistakes are errors
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub answer: AnswerOptions,
}

#[derive(Args, Debug)]
pub struct FmtOptions {
    /// Documents, sources and folders; by default all below this folder
    pub files: Vec<String>,
    /// Say what would change and change nothing
    #[arg(long)]
    pub check: bool,
    /// Format standard input to standard output
    #[arg(long)]
    pub stdin: bool,
}

#[derive(Args, Debug)]
pub struct LspOptions {
    /// Over standard input and output, which is what comes without an option
    #[arg(long)]
    pub stdio: bool,
}

#[derive(Args, Debug)]
#[group(id = "protocol", required = true, multiple = false, args = ["stdio", "mcp"])]
pub struct ServeOptions {
    /// JSON-RPC 2.0, one object a line
    #[arg(long)]
    pub stdio: bool,
    /// The Model Context Protocol, for agents
    #[arg(long)]
    pub mcp: bool,
    #[command(flatten)]
    pub threads: ThreadOptions,
}

#[derive(Args, Debug)]
pub struct ReplOptions {
    /// Grant an effect, as in the language: 'fs.read path "data/*"'
    #[arg(long = "grant", value_name = "GRANT")]
    pub grants: Vec<String>,
    /// Stop a piece with a fault after so much work
    #[arg(long)]
    pub fuel: Option<u64>,
    /// Warnings that hide mistakes are errors
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub threads: ThreadOptions,
    /// Arguments of the program
    #[arg(last = true)]
    pub arguments: Vec<String>,
}

#[derive(Args, Debug)]
pub struct DocsOptions {
    /// A name such as `map`, `Series.mean`, `Frame` or E0200; without one, all are listed
    pub symbol: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct ExplainOptions {
    /// The code; without one, all are listed
    pub code: Option<String>,
}

#[derive(Args, Debug)]
pub struct SchemaOptions {
    /// A .csv or .csv.gz file
    #[arg(required_unless_present = "server")]
    pub file: Option<String>,
    /// The record's name
    #[arg(long, default_value = "Row")]
    pub name: String,
    /// Ask this server of lumen.toml which tools it has, and write what they take and give to the file that its
    /// `schema` names, or else to standard output
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "name"])]
    pub server: Option<String>,
}

#[derive(Args, Debug)]
pub struct DoctorOptions {
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct CompletionOptions {
    /// bash, elvish, fish, powershell or zsh
    pub shell: clap_complete::Shell,
}
