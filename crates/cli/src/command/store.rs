//! `lumen store`: what a store's log tells, asked of its folder. Nothing here writes a store or takes its lock.

mod derived;
mod metrics;

use std::path::Path;

use plan::Change;
use report::format::counted;
use serde_json::{Value, json};
use store::{Directory, Filter, Past, Reader, Snapshot, Touch};

use crate::args::store::{
    BlameOptions, FilterOptions, HeatOptions, HistoryOptions, IntentsOptions, ReplayOptions, StoreAsked,
    StoreOptions, StoreVerb, TraceOptions,
};
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn store(options: &StoreOptions, terminal: &Terminal) -> Result<u8, Failure> {
    match &options.verb {
        StoreVerb::Verify(asked) => verify(asked, terminal),
        StoreVerb::Kept(asked) => kept(asked, terminal),
        StoreVerb::Intents(options) => intents(options, terminal),
        StoreVerb::History(options) => history(options, terminal),
        StoreVerb::Blame(options) => blame(options, terminal),
        StoreVerb::Replay(options) => replay(options, terminal),
        StoreVerb::Derived(options) => derived::derived(options, terminal),
        StoreVerb::Heat(options) => heat(options, terminal),
        StoreVerb::Trace(options) => trace(options, terminal),
        StoreVerb::Metrics(options) => metrics::metrics(options, terminal),
    }
}

/// The folder that is meant: a store's own, or that of a run of this project.
fn folder(named: &str) -> Result<Directory, Failure> {
    let path = Path::new(named);
    if path.join("FORMAT").is_file() {
        return Ok(Directory::new(path));
    }
    match Project::find().run(Some(named)) {
        Ok(run) => Ok(Directory::new(run.path)),
        Err(_) => Err(Failure::usage(format!("there is no store in `{named}`, and no run of that name"))
            .code("E0703")
            .help("A store's folder has a file FORMAT; a run is named by its number or its id.")),
    }
}

fn reader(named: &str) -> Result<Reader, Failure> {
    Reader::open(std::sync::Arc::new(folder(named)?)).map_err(failure)
}

/// What a store says, as this binary says it.
fn failure(error: store::Error) -> Failure {
    let message = error.to_string();
    if error.kind() == store::ErrorKind::SeqTooOld {
        return Failure::new(1, message).help(
            "`lumen store kept` says what is left, `lumen store intents` who wanted what at any time, and `--since` and \
             `--from` begin later.",
        );
    }
    match error.kind().category() {
        store::Category::Caller => Failure::usage(message),
        _ => recorder::Error::from(error).into(),
    }
}

fn print(terminal: &Terminal, kind: &str, mut answer: Value) {
    answer["schema"] = json!(format!("lumen.store.{kind}"));
    answer["schema_version"] = json!(1);
    terminal.out(&format!("{answer:#}\n"));
}

/// So many of something, as a store counts.
fn many(count: u64, noun: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

fn verify(asked: &StoreAsked, terminal: &Terminal) -> Result<u8, Failure> {
    let found = store::verify(&folder(&asked.store)?).map_err(failure)?;
    if asked.json {
        let torn = found
            .torn
            .map(|torn| json!({"segment": torn.segment, "offset": torn.offset, "len_bytes": torn.len_bytes}));
        print(
            terminal,
            "verify",
            json!({
                "last_seq": found.end.last_seq, "oldest_seq": found.oldest_seq, "segment_count": found.end.segment_count,
                "log_bytes": found.end.log_bytes, "record_count": found.record_count,
                "blob_count": found.blob_count, "size_bytes": found.size_bytes,
                "recovery_count": found.recoveries.len(), "torn": torn,
            }),
        );
        return Ok(0);
    }
    terminal.tell(&format!(
        "Verified: {} up to seq {} in {}, {}, {}.\n",
        many(found.record_count, "record"),
        found.end.last_seq,
        many(found.end.segment_count, "segment"),
        many(found.blob_count, "blob"),
        many(found.size_bytes, "byte")
    ));
    if let Some(torn) = found.torn {
        terminal.tell(&format!(
            "Torn: {} behind the last whole record, in segment {}; its writer died or is at work.\n",
            many(torn.len_bytes, "byte"),
            torn.segment
        ));
    }
    Ok(0)
}

fn kept(asked: &StoreAsked, terminal: &Terminal) -> Result<u8, Failure> {
    let found = reader(&asked.store)?.kept().map_err(failure)?;
    let store::Kept { oldest_seq, last_seq, segments, dropped, remnants, checkpoint_seqs } = found;
    if asked.json {
        print(
            terminal,
            "kept",
            json!({
                "oldest_seq": oldest_seq, "last_seq": last_seq,
                "segment_count": segments.0, "log_bytes": segments.1,
                "dropped_segment_count": dropped.0, "dropped_bytes": dropped.1,
                "remnant_count": remnants.0, "remnant_bytes": remnants.1,
                "checkpoint_seqs": checkpoint_seqs,
            }),
        );
        return Ok(0);
    }
    let mut lines = format!(
        "States can be asked for from seq {oldest_seq} to {last_seq}, records from seq {} on.\n\
         In the log: {}, {}. Checkpoints: {}.\n",
        oldest_seq + 1,
        many(segments.0, "segment"),
        many(segments.1, "byte"),
        if checkpoint_seqs.is_empty() {
            "none".to_string()
        } else {
            checkpoint_seqs.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
        }
    );
    if dropped.0 > 0 {
        lines.push_str(&format!(
            "Dropped: {}, {}. The oldest state and the answers to {} take {}.\n",
            many(dropped.0, "segment"),
            many(dropped.1, "byte"),
            many(remnants.0, "request"),
            many(remnants.1, "byte")
        ));
    }
    terminal.tell(&lines);
    Ok(0)
}

/// The filter that options describe, up to `to`.
fn filter(options: &FilterOptions, to: Option<u64>, refused: bool) -> Filter {
    let seqs = (options.from.is_some() || to.is_some())
        .then(|| options.from.unwrap_or_default()..=to.unwrap_or(u64::MAX));
    Filter {
        intents: options.intents.clone(),
        authors: options.authors.clone(),
        schemas: options.schemas.clone(),
        seqs,
        pages: options.pages.clone(),
        refused,
        inverted: options.invert,
        ..Filter::default()
    }
}

fn intents(options: &IntentsOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let filter = filter(&options.filter, options.filter.to, options.refused);
    let found = reader(&options.asked.store)?.past().intents(&filter).map_err(failure)?;
    if options.asked.json {
        let rows: Vec<Value> = found
            .iter()
            .map(|stated| {
                let mut row = intent_json(&stated.intent);
                row["seq"] = json!(stated.seq);
                row["time_ns"] = json!(stated.time_ns);
                row["plan"] = json!(stated.plan.to_string());
                row["refused"] = json!(stated.refusal.as_ref().map(
                    |refusal| json!({"cause": refusal.cause.name(), "page": refusal.page, "detail": refusal.detail})
                ));
                row
            })
            .collect();
        print(terminal, "intents", json!({ "intents": rows }));
        return Ok(0);
    }
    for stated in &found {
        let answer = stated.refusal.as_ref().map_or("committed".to_string(), ToString::to_string);
        let intent = &stated.intent;
        let line = format!(
            "seq {:<6} {} by {}: {answer}\n           {}\n",
            stated.seq, intent.schema, intent.author, intent.body
        );
        terminal.tell(&clean(&line));
    }
    terminal.say(&counted(found.len(), "intent"));
    Ok(0)
}

fn intent_json(intent: &plan::Intent) -> Value {
    // What is kept byte for byte is shown as it is; a program parses the text.
    json!({
        "id": format!("{:032x}", intent.id), "parent": format!("{:032x}", intent.parent), "author": intent.author,
        "intent_schema": intent.schema, "intent_schema_version": intent.schema_version, "body": intent.body,
    })
}

/// A page by its id, or by the name that it has in a state.
fn page(named: &str, state: &Snapshot) -> Result<u64, Failure> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    let found = state.find(named).map_err(failure)?;
    found.ok_or_else(|| {
        Failure::usage(format!("no page is called `{named}` at seq {}", state.seq()))
            .help("A page is named by its id or its name; `lumen store heat` lists the pages that changed.")
    })
}

fn history(options: &HistoryOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let reader = reader(&options.asked.store)?;
    let page = page(&options.page, &reader.snapshot())?;
    let past = reader.past();
    let touches = match options.since {
        Some(seq) => past.history_since(page, seq),
        None => past.history(page),
    }
    .map_err(failure)?;
    if options.asked.json {
        let rows: Vec<Value> = touches.iter().map(touch_json).collect();
        print(terminal, "history", json!({"page": page, "changes": rows}));
    } else {
        touches.iter().for_each(|touch| show(touch, terminal));
        terminal.say(&format!("{} of page {page}", counted(touches.len(), "change")));
    }
    Ok(u8::from(touches.is_empty()))
}

fn blame(options: &BlameOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let past = reader(&options.asked.store)?.past();
    let at = options.at.unwrap_or(past.last_seq());
    let page = page(&options.page, &past.snapshot_at(at).map_err(failure)?)?;
    let Some(touch) = past.blame(page, options.offset, at).map_err(failure)? else {
        let what = format!("page {page} has no byte {} at seq {at}", options.offset);
        return Err(Failure::new(1, what).help("It did not exist then, or is not so long."));
    };
    if options.asked.json {
        print(
            terminal,
            "blame",
            json!({"page": page, "offset": options.offset, "at": at, "change": touch_json(&touch)}),
        );
    } else {
        show(&touch, terminal);
    }
    Ok(0)
}

fn what(touch: &Touch) -> &'static str {
    match touch.delta.change {
        Change::Write(_) => "write",
        Change::Create { .. } => "create",
        Change::Delete => "delete",
        Change::Metadata(_) => "metadata",
    }
}

fn touch_json(touch: &Touch) -> Value {
    let entries: Vec<String> = touch.entries.iter().map(|id| format!("{id:032x}")).collect();
    json!({
        "seq": touch.seq, "time_ns": touch.time_ns, "page": touch.delta.page, "change": what(touch),
        "base": touch.delta.base, "function": touch.function, "entries": entries,
        "intent": touch.intent.as_ref().map(intent_json),
    })
}

fn show(touch: &Touch, terminal: &Terminal) {
    let mut lines = format!("seq {:<6} {} of page {}", touch.seq, what(touch), touch.delta.page);
    if let Some(function) = &touch.function {
        lines.push_str(&format!(", computed by {function}"));
    }
    match &touch.intent {
        Some(intent) => lines.push_str(&format!(
            "\n           {} by {}, intent {:032x}\n           {}\n",
            intent.schema, intent.author, intent.id, intent.body
        )),
        None => lines.push_str(", without an intent\n"),
    }
    for entry in &touch.entries {
        lines.push_str(&format!("           beside entry {entry:032x}\n"));
    }
    terminal.tell(&clean(&lines));
}

fn replay(options: &ReplayOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let past = reader(&options.asked.store)?.past();
    let to = options.filter.to.unwrap_or(past.last_seq());
    let filter = filter(&options.filter, None, false);
    let mut answer = json!({});
    let mut lines = String::new();
    let state = if filter == Filter::default() {
        past.replay(to).map_err(failure)?
    } else {
        let partial = past.replay_only(&filter, to).map_err(failure)?;
        answer["applied"] = json!(partial.applied);
        lines.push_str(&format!("Selected: {}.\n", many(partial.applied, "transaction")));
        let mut rows = Vec::new();
        for dangling in &partial.dangling {
            let version =
                |version: Option<u64>| version.map_or("none".to_string(), |version| version.to_string());
            lines.push_str(&format!(
                "seq {:<6} stood on page {} at version {}, found {}\n",
                dangling.seq,
                dangling.page,
                version(dangling.expected),
                version(dangling.found)
            ));
            rows.push(json!({
                "seq": dangling.seq, "intent": dangling.intent.map(|id| format!("{id:032x}")),
                "page": dangling.page, "expected": dangling.expected, "found": dangling.found,
            }));
        }
        answer["dangling"] = json!(rows);
        partial.state
    };
    lines.push_str(&format!(
        "Replayed to seq {to}: {}, state hash {:032x}.\n",
        many(state.page_count(), "page"),
        state.state_hash()
    ));
    answer["seq"] = json!(to);
    answer["page_count"] = json!(state.page_count());
    answer["state_hash"] = json!(format!("{:032x}", state.state_hash()));
    if options.audit {
        let (found, line) = audit(&past)?;
        answer["audit"] = found;
        lines.push_str(&line);
    }
    if options.asked.json {
        print(terminal, "replay", answer);
    } else {
        terminal.tell(&lines);
    }
    Ok(0)
}

fn audit(past: &Past) -> Result<(Value, String), Failure> {
    let found = past.audit().map_err(failure)?;
    let line = format!(
        "Audited: {} and {}; {} and {} agree.\n",
        many(found.committed, "committed intent"),
        many(found.refused, "refused intent"),
        many(found.guards, "guard"),
        many(found.reads, "read")
    );
    let answer = json!({
        "committed": found.committed, "refused": found.refused, "guards": found.guards, "reads": found.reads,
    });
    Ok((answer, line))
}

fn heat(options: &HeatOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let past = reader(&options.store)?.past();
    let (from, to) = (options.from.unwrap_or(past.oldest_seq() + 1), options.to.unwrap_or(past.last_seq()));
    let heat = past.heat(from..=to).map_err(failure)?;
    terminal.out(&if options.html { heat.to_html() } else { heat.to_csv() });
    Ok(0)
}

fn trace(options: &TraceOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let json = reader(&options.store)?.past().trace(options.seq).map_err(failure)?;
    terminal.out(&format!("{json}\n"));
    Ok(0)
}
