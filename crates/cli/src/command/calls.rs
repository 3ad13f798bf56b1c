//! `lumen calls`: what a run asked of models.

use recorder::model::ModelCall;
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
    for call in &calls {
        terminal.out(&format!("{}\n", clean(&line(call))));
    }
    let failed = calls.iter().filter(|call| call.status != "ok").count();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} without a value") };
    terminal.say(&format!("{}{failed}", counted(calls.len(), "call")));
    Ok(0)
}

fn line(call: &ModelCall) -> String {
    let number = |number: Option<u64>| number.map_or("-".to_string(), |number| number.to_string());
    let model = call.model.as_deref().unwrap_or("-");
    let source = if call.from_cassette { "cassette".to_string() } else { counted(call.attempts, "attempt") };
    let resent = if call.resent { ", sent again" } else { "" };
    format!(
        "{:>6}  {:<16} {:<12} {:<14} {model}, {source}{resent}, {} in, {} out, {} nano-dollars  {}",
        call.seq,
        call.node,
        call.cell,
        call.status,
        number(call.input_tokens),
        number(call.output_tokens),
        number(call.cost_nanodollars),
        call.request_sha256.get(..12).unwrap_or_default()
    )
}
