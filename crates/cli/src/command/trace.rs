//! `lumen trace`: a run's log, entry by entry.

use recorder::history::History;
use serde_json::{Value, json};

use crate::args::{TraceOptions, TraceVerb};
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn trace(options: &TraceOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let TraceVerb::Show(options) = &options.verb;
    let history = Project::find().run(options.run.as_deref())?.history()?;
    let events = events(&history);
    if options.json {
        let value = json!({"schema": "lumen.trace.1", "run": history.start.run, "events": events});
        terminal.out(&format!("{value:#}\n"));
        return Ok(0);
    }
    for event in &events {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let seq = event.get("seq").and_then(Value::as_u64).map_or(String::new(), |seq| seq.to_string());
        let line = format!("{seq:>6}  {:<8} {:<34} {}", text("kind"), text("id"), text("what"));
        terminal.tell(&format!("{}\n", clean(line.trim_end())));
    }
    Ok(0)
}

/// The entries that the log tells of, in its order. Ids are the log's own, so that two runs of the same work name the
/// same things alike.
fn events(history: &History) -> Vec<Value> {
    let mut events: Vec<(u64, Value)> = Vec::new();
    for effect in &history.effects {
        let intent = &effect.intent;
        let outcome = effect.outcome.as_ref().map(|outcome| {
            json!({"ok": outcome.ok, "answer": outcome.answer, "blob": outcome.blob, "size_bytes": outcome.size_bytes})
        });
        let done = match &effect.outcome {
            Some(outcome) if outcome.ok => "done",
            Some(outcome) if outcome.answer.get("cancelled").is_some() => "cancelled",
            Some(_) => "failed",
            None => "nobody knows how it ended",
        };
        events.push((
            effect.seq,
            json!({
                "seq": effect.seq, "kind": "effect", "id": format!("{:032x}", effect.id),
                "what": format!("{}: {done}", intent.reason),
                "node": intent.node, "task": intent.task, "site": intent.site, "sequence": intent.sequence,
                "operation": intent.operation, "effect": intent.effect, "request": intent.request,
                "grant": intent.grant, "line": intent.line, "outcome": outcome,
                "outcome_seq": effect.outcome.as_ref().and_then(|_| history.arrival(effect.id)),
            }),
        ));
    }
    for (seq, node) in &history.nodes {
        let values: Vec<Value> = node
            .values
            .iter()
            .map(|value| json!({"name": value.name, "type": value.type_name, "hash": value.hash, "summary": value.summary}))
            .collect();
        let how = if node.recorded { "recorded" } else { "computed" };
        events.push((
            *seq,
            json!({
                "seq": seq, "kind": "result", "id": node.key.get(..32).unwrap_or(&node.key),
                "what": format!("`{}` in `{}`: {how}", node.name, node.cell),
                "node": node.name, "cell": node.cell, "recorded": node.recorded, "values": values,
                "effects": node.effects, "reads": node.reads,
            }),
        ));
    }
    for (seq, number) in &history.numbers {
        events.push((
            *seq,
            json!({
                "seq": seq, "kind": "number", "id": format!("n{}", number.number),
                "what": format!("{} = {}", number.expression, number.text),
                "text": number.text, "line": number.line, "reads": number.reads,
            }),
        ));
    }
    events.sort_by_key(|(seq, _)| *seq);
    let start = json!({
        "seq": null, "kind": "start", "id": history.start.run, "what": history.start.document,
        "engine": history.start.engine, "seed": history.start.seed, "arguments": history.start.arguments,
    });
    let end = history.end.as_ref().map(|end| {
        json!({
            "seq": null, "kind": "end", "id": end.trace_hash, "what": end.status,
            "trace_hash": end.trace_hash, "results_hash": end.results_hash, "state_hash": end.state_hash,
        })
    });
    std::iter::once(start).chain(events.into_iter().map(|(_, event)| event)).chain(end).collect()
}
