//! What `lumen conformance` takes.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub struct ConformanceOptions {
    /// Packets such as FP-P2C-001; all of them if none is named
    #[arg(value_name = "PACKET")]
    pub packets: Vec<String>,
    #[command(flatten)]
    pub run: RunSettings,
    #[command(flatten)]
    pub place: Place,
    /// Which versions of its surfaces the model runtime speaks, each with the cases that show it
    #[arg(long)]
    pub models: bool,
    #[command(subcommand)]
    pub verb: Option<ConformanceVerb>,
}

const EXIT_CODES: &str = "Exit codes: 0 all selected packets pass; 1 a gate, mutant, threat row or lock entry is red; \
2 usage, or a malformed case, gate or packet; 3 something was not evaluated; 4 evidence is damaged or altered; \
5 input/output or internal.";

#[derive(Args, Debug)]
pub struct RunSettings {
    /// Only packets of this folder of the cases
    #[arg(long, global = true)]
    pub area: Option<String>,
    /// Only packets that a release waits for
    #[arg(long, global = true)]
    pub release_blocking: bool,
    /// Compare with the case files, which is the default, or ask the live reference too
    #[arg(long, global = true, value_enum)]
    pub oracle: Option<LaneName>,
    /// Which modes run; by default what lumen.toml says, else both
    #[arg(long, global = true, value_enum)]
    pub mode: Option<ModeName>,
    /// Thread counts that every check runs with, by default 1,2,4
    #[arg(long, global = true, value_delimiter = ',', value_name = "N,…")]
    pub threads: Vec<usize>,
    /// Packets at once; by default one a core, or LUMEN_EVIDENCE_JOBS
    #[arg(long, global = true, value_name = "N")]
    pub jobs: Option<usize>,
    /// The longest a call of an engine may take, by default 60
    #[arg(long, global = true, value_name = "SECONDS")]
    pub limit_seconds: Option<u64>,
    /// What was not evaluated is printed and no failure
    #[arg(long, global = true)]
    pub lenient: bool,
}

#[derive(Args, Debug)]
pub struct Place {
    /// Where evidence is kept, outside every checkout
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<String>,
    /// A folder of cases instead of those in the program
    #[arg(long, global = true, value_name = "DIR")]
    pub cases: Option<String>,
    /// The interpreter with the references
    #[arg(long, global = true, value_name = "FILE")]
    pub python: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneName {
    Recorded,
    Live,
}

/// Which modes run.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeName {
    Strict,
    Hardened,
    Both,
}

#[derive(Subcommand, Debug)]
pub enum ConformanceVerb {
    /// Answer calls of the engines; `lumen conformance` starts it
    #[command(hide = true)]
    Engine,
    /// Every packet with its title and number of cases
    List,
    /// A packet's scope, anchors, contract and risks
    Show { packet: String },
    /// Repeat one check
    Replay {
        /// PACKET/CASE/MODE
        key: String,
        /// Ask the live reference for the smallest inputs that still fail, and print them as a case
        #[arg(long)]
        shrink: bool,
    },
    /// Record a packet again from its live oracle and update the lock
    Accept(AcceptOptions),
    /// Compute evidence.lock anew for every packet, from the files as they lie
    Lock {
        /// Why the results change
        #[arg(long)]
        reason: String,
    },
    /// Recompute everything that the evidence claims about itself
    Validate,
    /// The last run as a dashboard to go through by keys, or as a folder of offline pages with its JSON
    Dash(DashOptions),
    /// The last run's pages and JSON for a browser on this machine
    Serve(ServeOptions),
    /// The ledger's last rows and everything wrong with its chain
    Ledger {
        /// How many rows
        #[arg(long, default_value_t = 20)]
        rows: usize,
        /// Write the ledger's head into evidence.lock
        #[arg(long)]
        anchor: bool,
    },
    /// Show that every adapter asks its reference: with the function replaced by one that raises, answers must fail
    Poison {
        /// Cases of each operation
        #[arg(long, default_value_t = 3)]
        cases_each: usize,
    },
    /// Plant a fault for each guard; one that survives fails
    Mutants,
    /// Case, engine, oracle, gate, ledger, sidecar and repair, with a log
    E2e {
        /// Where the log goes, one JSON row a line
        #[arg(long, value_name = "FILE")]
        out: String,
    },
    /// Repeat a stored run and list what comes out otherwise
    Rerun { run: String },
    /// The state of a run's artifacts and their repair symbols
    Scrub {
        /// By default the last run
        run: Option<String>,
    },
    /// Mend a run's damaged artifacts
    Repair {
        /// By default the last run
        run: Option<String>,
    },
    /// Damage copies of a run's artifacts on disk and mend them in a fresh process
    Drill {
        /// By default the last run
        run: Option<String>,
    },
    /// Judge paired measurements: checksums, noise, regressions
    Bench {
        /// A JSON array of measurements
        file: String,
    },
    /// Write the evidence to a folder that another machine can import
    Export { folder: String },
    /// Take in what `export` wrote
    Import { folder: String },
    /// List what nothing names any more
    Gc {
        /// Delete it
        #[arg(long)]
        yes: bool,
    },
}

impl ConformanceVerb {
    /// The settings of a run that the verb heeds; another one is refused, not ignored.
    pub fn heeds(&self) -> &'static [&'static str] {
        match self {
            ConformanceVerb::Replay { shrink: false, .. } => &["--oracle", "--threads", "--limit-seconds"],
            ConformanceVerb::Replay { shrink: true, .. } => &["--limit-seconds"],
            ConformanceVerb::Dash(_) => &["--threads", "--limit-seconds"],
            ConformanceVerb::Accept(_) | ConformanceVerb::Lock { .. } | ConformanceVerb::Rerun { .. } => {
                &["--jobs", "--limit-seconds"]
            }
            ConformanceVerb::E2e { .. } => &[
                "--area",
                "--release-blocking",
                "--oracle",
                "--mode",
                "--threads",
                "--jobs",
                "--limit-seconds",
            ],
            _ => &[],
        }
    }
}

impl RunSettings {
    /// The settings that the command line gives, by name.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            ("--area", self.area.is_some()),
            ("--release-blocking", self.release_blocking),
            ("--oracle", self.oracle.is_some()),
            ("--mode", self.mode.is_some()),
            ("--threads", !self.threads.is_empty()),
            ("--jobs", self.jobs.is_some()),
            ("--limit-seconds", self.limit_seconds.is_some()),
            ("--lenient", self.lenient),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name)
    }
}

#[derive(Args, Debug)]
pub struct DashOptions {
    /// A run of the store; by default the last one
    #[arg(value_name = "RUN")]
    pub of: Option<String>,
    /// Write the pages here; a reader starts at conformance.html
    #[arg(long, value_name = "DIR")]
    pub html: Option<String>,
}

#[derive(Args, Debug)]
pub struct ServeOptions {
    /// A run of the store; by default the last one
    #[arg(value_name = "RUN")]
    pub of: Option<String>,
    /// The port on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "N", default_value_t = 4180)]
    pub port: u16,
}

#[derive(Args, Debug)]
pub struct AcceptOptions {
    pub packet: String,
    /// Why the expectation changes
    #[arg(long)]
    pub reason: String,
}
