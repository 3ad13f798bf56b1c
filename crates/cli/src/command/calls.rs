//! `lumen calls`: what a run asked of models.

use recorder::model::ModelCall;
use recorder::recursion::Node;
use report::format::counted;
use serde_json::json;

use crate::args::CallsOptions;
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn calls(options: &CallsOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let history = Project::find().run(options.run.as_deref())?.history()?;
    let calls = recorder::model::calls(&history);
    if options.json {
        let value = json!({"schema": "lumen.calls.1", "run": history.start.run, "calls": calls});
        terminal.out(&format!("{value:#}\n"));
        return Ok(0);
    }
    let width =
        |of: fn(&ModelCall) -> &str| calls.iter().map(|call| of(call).chars().count()).max().unwrap_or(0);
    let (node, cell) = (width(|call| &call.node), width(|call| &call.cell));
    let status = width(|call| &call.status);
    for call in &calls {
        let (seq, told) = (call.seq, told(call));
        let line =
            format!("{seq:>4}  {:node$}  {:cell$}  {:status$}  {told}", call.node, call.cell, call.status);
        terminal.tell(&format!("{}\n", clean(line.trim_end())));
        for node in call.tree.iter().flat_map(|tree| &tree.nodes) {
            terminal.tell(&format!("{}\n", clean(&branch(node))));
        }
    }
    let failed = calls.iter().filter(|call| !call.has_value()).count();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} without a value") };
    terminal.say(&format!("{}{failed}", counted(calls.len(), "call")));
    Ok(0)
}

/// A call of a question's tree, as deep as it stands.
fn branch(node: &Node) -> String {
    const ASKED_CHARS: usize = 60;
    let mut asked = node.instructions.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = asked.char_indices().nth(ASKED_CHARS) {
        asked.truncate(cut);
        asked.push('…');
    }
    let cost = match node.nano_dollars {
        0 => String::new(),
        cost => format!(", {cost} nano-dollars"),
    };
    let because = node.fallback.as_ref().map_or(String::new(), |cause| format!(" ({cause})"));
    format!(
        "{:6}{:indent$}{}  {}{because}  {}, {} of models, {} in, {} out{cost}  {asked}",
        "",
        "",
        node.model,
        node.status,
        counted(usize::try_from(node.turns).unwrap_or(usize::MAX), "turn"),
        counted(usize::try_from(node.model_calls).unwrap_or(usize::MAX), "call"),
        node.input_tokens,
        node.output_tokens,
        indent = 2 * usize::try_from(node.depth).unwrap_or_default().min(8),
    )
}

/// Who answered, and what is known of how: a cassette knows no attempts, and some servers count nothing.
fn told(call: &ModelCall) -> String {
    let mut parts: Vec<String> = call.model.iter().cloned().collect();
    match (call.from_cassette, call.attempts) {
        (true, _) => parts.push("cassette".to_string()),
        (false, 0) => {}
        (false, attempts) => parts.push(counted(attempts, "attempt")),
    }
    parts.extend(call.resent.then(|| "sent again".to_string()));
    parts.extend(call.input_tokens.map(|tokens| format!("{tokens} in")));
    parts.extend(call.output_tokens.map(|tokens| format!("{tokens} out")));
    parts.extend(call.cost_nanodollars.map(|cost| format!("{cost} nano-dollars")));
    parts.join(", ")
}
