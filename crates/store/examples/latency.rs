//! How long an intent takes to the disk, to readers and to who follows the log, beside an append and a sync of as many
//! bytes without a store.
//!
//! Shows the stopwatch of the options, whose readings become histograms of the store's figures, and a follower that waits
//! for what comes. Intents and plain appends take turns on one disk, so that both meet the same weather.
//!
//!     cargo run --release -p store --example latency INTENTS FOLDER

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, UpsertPlan, Value};
use store::{
    Create, Directory, Edit, Filter, Mutation, OpenMode, Options, Outcome, Store, Subscription, Vfs,
};

const U64: FieldType = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };
/// The stages whose histograms the store keeps.
const STAGES: [&str; 3] = ["durable", "visible", "delivered"];

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many took at most so long, for each bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// What was timed.
    pub name: String,
    /// Seconds and the count up to there; the last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// The least bound that this part of all keep.
    pub fn bound_of(&self, part: f64) -> f64 {
        let all = self.buckets.last().map_or(0, |(_, count)| *count) as f64;
        let kept = self.buckets.iter().find(|(_, count)| *count as f64 >= part * all);
        kept.map_or(f64::INFINITY, |(bound, _)| *bound)
    }
}

/// Adds 1 to the counter.
fn count(id: u128) -> UpsertPlan {
    let field = || Box::new(Expr::Field { page: 1, offset: 0, field_type: U64 });
    let one = Box::new(Expr::Constant(Value::Int(1)));
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: "latency".to_owned(),
            schema: "count".to_owned(),
            schema_version: 1,
            body: "{}".to_owned(),
        },
        reads: vec![],
        guard: Some(Expr::Exists(1)),
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(1),
            offset: 0,
            field_type: U64,
            value: Expr::Binary(Operator::Add, field(), one),
        }],
        clients: vec![],
        query: Query { pages: vec![1], ..Query::default() },
    }
}

/// Takes so many records as they come.
fn follow(mut subscription: Subscription<'_>, count: u64) -> Result<()> {
    let mut taken = 0;
    while taken < count {
        match subscription.poll()? {
            Some(_) => taken += 1,
            None => subscription.wait()?,
        }
    }
    Ok(())
}

/// So many intents in a new store, and as many plain appends of a record's length to a prepared file beside it. Returns the
/// histogram of the appends, then those of the stages.
///
/// # Errors
/// Those of the store and of the file.
#[expect(clippy::disallowed_methods, reason = "an example that measures itself")]
pub fn measure(folder: &Path, intents: u64) -> Result<Vec<Histogram>> {
    let start = Instant::now();
    let elapsed_ns = move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let options = Options::new(move || elapsed_ns() + 1, || [7; 16]).create(Create::New);
    let store = Store::open_dir(folder.join("store"), options.stopwatch(elapsed_ns))?;
    let edits = vec![Edit::create(0, 8, None)];
    store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
    // The first is for the length of a record; nobody follows it yet.
    store.upsert().submit(&count(1))?;
    let len = store.scan(2).next().ok_or("no record")??.len_bytes;

    let plain = Directory::new(folder);
    let file = plain.open("plain", OpenMode::Create)?;
    let write = |at: u64, byte: u8| -> Result<()> {
        let written = file.write_at(&vec![byte; len as usize], at * len)?;
        if written as u64 == len { Ok(()) } else { Err("a short write".into()) }
    };
    // As the store's log: the file has its length before anything counts.
    (0..intents).try_for_each(|at| write(at, 0))?;
    file.sync()?;

    let mut plain_ns = Vec::new();
    std::thread::scope(|scope| {
        let subscription = store.subscribe(2, Filter::default());
        let follower = scope.spawn(move || follow(subscription, intents));
        for number in 0..intents {
            match store.upsert().submit(&count(2 + u128::from(number)))? {
                Outcome::Committed { .. } => {}
                Outcome::Refused { refusal, .. } => return Err(refusal.to_string().into()),
            }
            let begun = elapsed_ns();
            write(number, 1)?;
            file.sync()?;
            plain_ns.push(elapsed_ns() - begun);
        }
        follower.join().map_err(|_| "the follower panicked")?
    })?;

    let text = store.metrics().render();
    let stages: Vec<Histogram> = STAGES.iter().map(|stage| stage_of(&text, stage)).collect::<Result<_>>()?;
    let bounds = stages.first().map_or(&[][..], |stage| stage.buckets.as_slice());
    let within = |bound: f64| plain_ns.iter().filter(|ns| **ns as f64 <= bound * 1e9).count() as u64;
    let buckets = bounds.iter().map(|(bound, _)| (*bound, within(*bound))).collect();
    Ok([vec![Histogram { name: "plain append".to_owned(), buckets }], stages].concat())
}

/// A stage's histogram from the text of the figures.
fn stage_of(text: &str, stage: &str) -> Result<Histogram> {
    let start = format!("lumen_store_commit_seconds_bucket{{stage=\"{stage}\",le=\"");
    let bucket = |rest: &str| -> Option<(f64, u64)> {
        let (bound, count) = rest.split_once("\"} ")?;
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
        Some((bound, count.parse().ok()?))
    };
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    let buckets = lines.map(|rest| bucket(rest).ok_or_else(|| format!("no bucket: {rest}").into()));
    Ok(Histogram { name: stage.to_owned(), buckets: buckets.collect::<Result<_>>()? })
}

/// The example: prints how many came how far within each bound.
pub fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let intents: u64 = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let folder = arguments.next().ok_or("expected INTENTS and a FOLDER that is not there yet")?;
    let folder = Path::new(&folder);
    Directory::new(folder).create_dir("")?;
    let histograms = measure(folder, intents)?;
    print!("{:>10}", "within");
    histograms.iter().for_each(|histogram| print!("{:>14}", histogram.name));
    println!();
    for (at, (bound, _)) in histograms.first().map_or(&[][..], |first| &first.buckets).iter().enumerate() {
        print!("{:>10}", if bound.is_finite() { format!("{} us", bound * 1e6) } else { "all".to_owned() });
        for histogram in &histograms {
            print!("{:>14}", histogram.buckets.get(at).map_or(0, |(_, count)| *count));
        }
        println!();
    }
    for histogram in &histograms {
        let [half, most] = [0.5, 0.99].map(|part| histogram.bound_of(part) * 1e6);
        println!("{}: half within {half} us, 99 of 100 within {most} us", histogram.name);
    }
    Ok(())
}
