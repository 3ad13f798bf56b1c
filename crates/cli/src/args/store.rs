//! What `lumen store` may be told.

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub struct StoreOptions {
    #[command(subcommand)]
    pub verb: StoreVerb,
}

#[derive(Subcommand, Debug)]
pub enum StoreVerb {
    /// Check every byte: segments, records, checkpoints, blobs
    Verify(StoreAsked),
    /// What of the log is left, and the oldest seq that can be asked for
    Kept(StoreAsked),
    /// The intents that were committed, and with --refused those that were not
    Intents(IntentsOptions),
    /// The changes of a page, oldest first
    History(HistoryOptions),
    /// Who wrote a byte of a page, and why
    Blame(BlameOptions),
    /// Make the state of a seq again from the log, whole or of a part of it
    Replay(ReplayOptions),
    /// The derived pages: what each is made from, and as of when its bytes are
    Derived(DerivedOptions),
    /// How often each page changed
    Heat(HeatOptions),
    /// A transaction's way through derived pages, as JSON for Chrome's trace viewer
    Trace(TraceOptions),
    /// Figures in Prometheus' text format
    Metrics(MetricsOptions),
}

impl StoreVerb {
    /// Whether a program reads the answer.
    pub fn answers_json(&self) -> bool {
        match self {
            StoreVerb::Verify(asked) | StoreVerb::Kept(asked) => asked.json,
            StoreVerb::Intents(options) => options.asked.json,
            StoreVerb::History(options) => options.asked.json,
            StoreVerb::Blame(options) => options.asked.json,
            StoreVerb::Replay(options) => options.asked.json,
            StoreVerb::Derived(options) => options.asked.json,
            StoreVerb::Heat(_) | StoreVerb::Trace(_) | StoreVerb::Metrics(_) => false,
        }
    }
}

/// What is asked, and for whom the answer is.
#[derive(Args, Debug)]
pub struct StoreAsked {
    /// A store's folder, or a run
    pub store: String,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which records are meant: what is given twice may be either, what is given at all must hold.
#[derive(Args, Debug)]
pub struct FilterOptions {
    /// Intents of this author
    #[arg(long = "author", value_name = "NAME")]
    pub authors: Vec<String>,
    /// Intents of this schema
    #[arg(long = "schema", value_name = "NAME")]
    pub schemas: Vec<String>,
    /// The intent with this id, up to 32 hexadecimal digits
    #[arg(long = "intent", value_name = "ID", value_parser = parse_id)]
    pub intents: Vec<u128>,
    /// What changes this page
    #[arg(long = "page", value_name = "ID")]
    pub pages: Vec<u64>,
    /// From this seq on
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    /// Up to this seq; by default to the end
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
    /// All others instead
    #[arg(long)]
    pub invert: bool,
}

fn parse_id(text: &str) -> Result<u128, String> {
    u128::from_str_radix(text, 16).map_err(|_| "expected up to 32 hexadecimal digits".to_string())
}

#[derive(Args, Debug)]
pub struct IntentsOptions {
    #[command(flatten)]
    pub asked: StoreAsked,
    #[command(flatten)]
    pub filter: FilterOptions,
    /// Refused ones too
    #[arg(long)]
    pub refused: bool,
}

#[derive(Args, Debug)]
pub struct HistoryOptions {
    #[command(flatten)]
    pub asked: StoreAsked,
    /// The page: its id, or the name that it has at the end
    pub page: String,
    /// Only the changes behind this seq
    #[arg(long, value_name = "SEQ")]
    pub since: Option<u64>,
}

#[derive(Args, Debug)]
pub struct BlameOptions {
    #[command(flatten)]
    pub asked: StoreAsked,
    /// The page: its id, or the name that it has then
    pub page: String,
    /// The byte, from 0
    #[arg(default_value_t = 0)]
    pub offset: u32,
    /// As the page is at this seq; by default at the end
    #[arg(long, value_name = "SEQ")]
    pub at: Option<u64>,
}

#[derive(Args, Debug)]
pub struct ReplayOptions {
    #[command(flatten)]
    pub asked: StoreAsked,
    #[command(flatten)]
    pub filter: FilterOptions,
    /// Ask every recorded guard again, too
    #[arg(long)]
    pub audit: bool,
}

#[derive(Args, Debug)]
pub struct DerivedOptions {
    #[command(flatten)]
    pub asked: StoreAsked,
    /// Only those that do not have all of their inputs yet
    #[arg(long)]
    pub stale: bool,
    /// As the pages are at this seq; by default at the end
    #[arg(long, value_name = "SEQ")]
    pub at: Option<u64>,
}

#[derive(Args, Debug)]
pub struct HeatOptions {
    /// A store's folder, or a run
    pub store: String,
    /// A picture in one page of HTML instead of lines `page,changes,bytes`
    #[arg(long)]
    pub html: bool,
    /// Lines `page,changes,bytes`, which is what comes without an option
    #[arg(long, conflicts_with = "html")]
    pub csv: bool,
    /// From this seq on; by default from the oldest record that is left
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    /// Up to this seq; by default to the end
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
}

#[derive(Args, Debug)]
pub struct TraceOptions {
    /// A store's folder, or a run
    pub store: String,
    /// The transaction
    pub seq: u64,
}

#[derive(Args, Debug)]
pub struct MetricsOptions {
    /// A store's folder, or a run
    pub store: String,
    /// Answer http://127.0.0.1:PORT/metrics until it is interrupted, anew each time; 0 takes any free port
    #[arg(long, value_name = "PORT")]
    pub serve: Option<u16>,
}
