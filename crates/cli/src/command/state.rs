//! `lumen state`

use recorder::history::History;
use recorder::state::tell::{self, Told, Wanted};
use recorder::why::{LINES_MAX, cut, fit};
use report::format::counted;
use serde_json::json;

use crate::args::StateOptions;
use crate::project::{Project, RunFolder};
use crate::terminal::{Failure, Terminal, clean};

pub fn state(options: &StateOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let project = Project::find();
    let newest = project.run(options.run.as_deref())?;
    let history = newest.history()?;
    let answer = match (options.diff.as_deref(), &options.intents) {
        _ if options.history => past(&project, newest, history, options.name.as_deref())?,
        (Some([from, to]), _) => differences(&history, *from, *to)?,
        (_, Some(filter)) => intents(&history, options.name.as_deref(), filter)?,
        _ => listing(&history, options.at, options.name.as_deref())?,
    };
    if options.json {
        terminal.out(&format!("{:#}\n", answer.json));
        return Ok(0);
    }
    let lines: Vec<String> = answer.lines.iter().map(|line| clean(line)).collect();
    for line in fit(&lines, terminal.width, LINES_MAX) {
        terminal.tell(&format!("{line}\n"));
    }
    Ok(0)
}

/// The same answer for a person and for a program.
struct Answer {
    lines: Vec<String>,
    json: serde_json::Value,
}

fn listing(history: &History, at: Option<u64>, name: Option<&str>) -> Result<Answer, Failure> {
    let listing = tell::list(history, at, name)?;
    let lines = match listing.entries.as_slice() {
        [] => vec![format!("No durable state at seq {}.", listing.seq)],
        [only] if name.is_some_and(|name| only.entry.key.is_none() || name != only.entry.state) => {
            alone(only)
        }
        entries => {
            let width = |text: fn(&Told) -> String| {
                entries.iter().map(|told| text(told).chars().count()).max().unwrap_or_default().min(30)
            };
            let (name, value) = (width(|told| told.entry.shown()), width(|told| told.form.shown()));
            let rows = entries.iter().map(|told| {
                let because = told.reason().map_or("", |(because, _)| because);
                let (entry, shown) = (cut(&told.entry.shown(), 30), cut(&told.form.shown(), 30));
                format!("{entry:<name$}  {shown:<value$}  {because}, {}", place(told))
            });
            let count = counted(entries.len(), "entry").replace("entrys", "entries");
            rows.chain([format!("{count} at seq {}, state hash {}", listing.seq, listing.state_hash)])
                .collect()
        }
    };
    let json = json!({
        "schema": "lumen.state.1",
        "run": listing.run,
        "seq": listing.seq,
        "state_hash": listing.state_hash,
        "entries": listing.entries.iter().map(Told::json).collect::<Vec<_>>(),
    });
    Ok(Answer { lines, json })
}

/// One entry, with who changed it last and why.
fn alone(told: &Told) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", told.entry.shown(), told.form.shown())];
    lines.push(format!("  log      {}", place(told)));
    lines.extend(told.reason().map(|(because, intent)| format!("  because  {because} {intent}")));
    lines.extend(told.author().map(|author| format!("  author   {author}")));
    lines
}

/// Where its last change is on record.
fn place(told: &Told) -> String {
    match &told.origin {
        Some(origin) => format!("seq {} of run {}", origin.seq, origin.run),
        None => format!("seq {}", told.version),
    }
}

/// All changes of an entry, back over the runs that are here.
fn past(
    project: &Project,
    mut folder: RunFolder,
    mut history: History,
    name: Option<&str>,
) -> Result<Answer, Failure> {
    let (entry, _) = tell::entry(&history, name.unwrap_or_default())?;
    let (mut lines, mut changes) = (Vec::new(), Vec::new());
    let first = loop {
        for change in tell::own_changes(&history, &entry)?.into_iter().rev() {
            let (value, because, intent) = (change.form.shown(), &change.intent.schema, &change.intent.body);
            lines.push(format!("{value}: {because} {intent}"));
            lines.push(format!("  seq {} of run {}", change.seq, folder.name));
            changes.push(json!({
                "run": folder.name, "seq": change.seq, "value": change.form.json(), "because": because,
                "intent": tell::json_text(intent), "author": change.intent.author,
            }));
        }
        let Some(parent) = tell::parent(&history)? else { break None };
        // A run that is not here any more ends the way back, and is named.
        let before = project.run(Some(&parent)).ok().filter(|before| before.number < folder.number);
        let Some((before, told)) = before.and_then(|run| run.history().ok().map(|told| (run, told))) else {
            break Some(parent);
        };
        (folder, history) = (before, told);
    };
    let count = counted(changes.len(), "change");
    lines.push(match &first {
        Some(gone) => format!("{count} of {}; the run {gone} is not here.", entry.shown()),
        None => format!("{count} of {}, the last one first.", entry.shown()),
    });
    let json = json!({
        "schema": "lumen.state.1", "entry": entry.shown(), "changes": changes, "gone": first,
    });
    Ok(Answer { lines, json })
}

fn differences(history: &History, from: u64, to: u64) -> Result<Answer, Failure> {
    let found = tell::differences(history, from, to)?;
    let shown = |form: &Option<recorder::state::form::Form>| {
        form.as_ref().map_or("(absent)".to_string(), |form| form.shown())
    };
    let mut lines: Vec<String> = found
        .iter()
        .map(|d| format!("{}: {} -> {}", d.entry.shown(), shown(&d.old), shown(&d.new)))
        .collect();
    lines.push(format!("{} changed from seq {from} to seq {to}.", found.len()));
    let changes: Vec<_> = found
        .iter()
        .map(|d| {
            let value = |form: &Option<recorder::state::form::Form>| form.as_ref().map(|form| form.json());
            json!({"entry": d.entry.shown(), "old": value(&d.old), "new": value(&d.new)})
        })
        .collect();
    let json = json!({"schema": "lumen.state.1", "run": history.start.run, "from": from, "to": to, "changes": changes});
    Ok(Answer { lines, json })
}

fn intents(history: &History, name: Option<&str>, filter: &str) -> Result<Answer, Failure> {
    let mut wanted = Wanted::parse(filter)?;
    wanted.entries.extend(name.map(str::to_string));
    let found = tell::intents(history, &wanted)?;
    let effect = |id: u128| history.effect(id).map(|effect| &effect.intent);
    let mut lines = Vec::new();
    for stated in &found {
        let refused = stated.refusal.as_ref().map_or(String::new(), |refusal| format!("  {refusal}"));
        lines.push(format!("seq {:<5} {} {}{refused}", stated.seq, stated.intent.schema, stated.intent.body));
        lines.extend(effect(stated.intent.parent).map(|intent| format!("          {}", intent.reason)));
    }
    let refused = found.iter().filter(|stated| stated.refusal.is_some()).count();
    lines.push(format!("{}, {refused} refused.", counted(found.len(), "intent")));
    let list: Vec<_> = found
        .iter()
        .map(|stated| {
            json!({
                "seq": stated.seq,
                "id": format!("{:032x}", stated.intent.id),
                "author": stated.intent.author,
                "schema": stated.intent.schema,
                "schema_version": stated.intent.schema_version,
                "intent": tell::json_text(&stated.intent.body),
                "plan": stated.plan.to_string(),
                "refused": stated.refusal.as_ref().map(|refusal| refusal.cause.name()),
                "reason": effect(stated.intent.parent).map(|intent| &intent.reason),
                "line": effect(stated.intent.parent).map(|intent| intent.line),
            })
        })
        .collect();
    let json = json!({"schema": "lumen.state.1", "run": history.start.run, "intents": list});
    Ok(Answer { lines, json })
}
