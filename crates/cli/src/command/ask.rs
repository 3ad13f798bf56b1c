//! `lumen ask`: a question over a text, as a small document that is written, run and recorded like any other.

use std::io::Read;

use recorder::model::{ModelCall, calls};
use recorder::run::{Finished, Request};
use report::format::counted;
use serde_json::{Value as Json, json};

use crate::args::AskOptions;
use crate::command::run::{Watcher, report_diagnostics, show_fault};
use crate::execution::{self, Asked};
use crate::models;
use crate::project::{Project, RunFolder};
use crate::terminal::{Failure, Terminal, clean};
use crate::workers;
use crate::world::{self, System, fresh_entropy};

/// Where the document stands that says what is asked; no file needs to be there.
pub const DOCUMENT: &str = "question.lm.md";
/// A text beyond this is refused before it is read.
const TEXT_BYTES_MAX: u64 = 1 << 30;

pub fn ask(options: &AskOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    let text = match options.file.as_str() {
        "-" => stdin()?,
        file => file.to_string(),
    };
    let asked = Asked {
        file: DOCUMENT.to_string(),
        written: Some(document(options)?),
        request: Request {
            inputs: vec![
                ("text".to_string(), text.clone()),
                ("question".to_string(), options.question.clone()),
            ],
            entropy: fresh_entropy(),
            ..Request::default()
        },
        fresh: options.fresh,
        no_record: false,
    };
    let program = asked.program()?;
    if !report_diagnostics(&program, terminal) {
        return Ok(1);
    }
    let mut system = System::new().answering(models::of(&program, &options.models)?);
    let mut watcher = Watcher::new(terminal, true);
    let ready = asked.ready(&program)?;
    let folder = ready.folder()?;
    let finished = ready.recorded(&folder, &mut system, &mut watcher)?;
    let told = calls(&folder.history()?).into_iter().next();
    match options.json {
        true => {
            terminal.out(&format!("{:#}\n", answer_json(options, &text, &finished, &folder, told.as_ref())))
        }
        false => show(&finished, told.as_ref(), terminal),
    }
    Ok(execution::exit_code(&finished))
}

/// Standard input, kept beside the runs: what was asked can be looked at later.
fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(TEXT_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")).code("E0701"))?;
    if text.len() as u64 > TEXT_BYTES_MAX {
        let what = format!("standard input has more than {TEXT_BYTES_MAX} bytes");
        return Err(Failure::usage(what).code("E0701").help("Ask about a part of it."));
    }
    let folder = Project::find().asked_folder()?;
    let hash = rlm::Digest::of(text.as_bytes()).to_string();
    let path = folder.join(format!("{}.txt", hash.get(..16).unwrap_or(&hash)));
    world::save(&path, text.as_bytes())?;
    Ok(path.display().to_string())
}

/// An alias as the front matter has it.
///
/// # Errors
/// It is none, whatever is configured.
pub fn alias(name: &str, given: &str) -> Result<String, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    match !given.is_empty() && given.chars().all(plain) {
        true => Ok(serde_json::Value::from(given).to_string()),
        false => Err(Failure::usage(format!("--{name} names no model: `{given}`"))
            .code("E0702")
            .help("A name of `[models.NAME]` in lumen.toml, `openai/MODEL` or `anthropic/MODEL`.")),
    }
}

/// The grant of models.
pub fn grant(max_calls: u64, max_tokens: Option<u64>, max_cost: Option<f64>) -> String {
    let mut grant = format!("model max_calls {max_calls}");
    if let Some(tokens) = max_tokens {
        grant.push_str(&format!(" max_tokens {tokens}"));
    }
    if let Some(dollars) = max_cost {
        grant.push_str(&format!(" max_cost {dollars:?}"));
    }
    grant
}

/// The document. What is asked comes as its inputs, so that no text of a question is taken for code.
///
/// # Errors
/// A model's alias that is none.
pub fn document(options: &AskOptions) -> Result<String, Failure> {
    let root = alias("model", &options.model)?;
    let sub = alias("sub", options.sub.as_ref().unwrap_or(&options.model))?;
    let grant = grant(u64::from(options.max_calls), options.max_tokens, options.max_cost);
    let (depth, turns, calls) = (options.depth, options.turns, options.max_calls);
    let (reply, level) = (options.reply_tokens, &options.level);
    Ok(format!(
        "---
title: A question over a text
inputs:
  text: {{file: text}}
  question: \"\"
grants: [{grant}, python level \"{level}\"]
providers: {{asked: {root}, helper: {sub}}}
---

# A question over a text

```lumen ask
let answer = rlm_query(
  inputs.question,
  context: read_text(inputs.text),
  model: \"asked\",
  sub: \"helper\",
  depth: {depth},
  turns: {turns},
  max_calls: {calls},
  max_tokens: {reply},
)
```
"
    ))
}

/// The value of the one result.
fn answer(finished: &Finished) -> Option<&str> {
    let values = finished.outcome.nodes.iter().flat_map(|node| &node.values);
    values.filter(|(name, _)| name.as_str() == "answer").find_map(|(_, value)| value.as_str())
}

fn show(finished: &Finished, told: Option<&ModelCall>, terminal: &Terminal) {
    if let Some(answer) = answer(finished) {
        terminal.out(&format!("{}\n", clean(answer).trim_end()));
    }
    if let Some((record, fault)) = &finished.outcome.fault {
        show_fault(finished, &record.node, fault, terminal);
    }
    if let Some(told) = told {
        let nodes = told.tree.as_ref().map_or(&[][..], |tree| &tree.nodes);
        let turns: u64 = nodes.iter().map(|node| node.turns).sum();
        let asked: u64 = nodes.iter().map(|node| node.model_calls).sum();
        let cost = told.cost_nanodollars.map_or(String::new(), |cost| format!(", {cost} nano-dollars"));
        terminal.say(&format!(
            "\n{}: {}, {turns} turns, {asked} calls of models, {} tokens in, {} out{cost}",
            told.status,
            counted(nodes.len(), "call"),
            told.input_tokens.unwrap_or_default(),
            told.output_tokens.unwrap_or_default(),
        ));
        terminal.say("`lumen calls` shows the tree, `lumen why answer` the way from here to the text.");
    }
}

fn answer_json(
    options: &AskOptions,
    text: &str,
    finished: &Finished,
    folder: &RunFolder,
    told: Option<&ModelCall>,
) -> Json {
    let fault = finished.outcome.fault.as_ref();
    json!({
        "schema": "lumen.ask.1",
        "run": folder.name,
        "text": text,
        "question": options.question,
        "answer": answer(finished),
        "error": fault.map(|(_, fault)| json!({"code": fault.code, "message": fault.message, "help": fault.help})),
        "call": told,
    })
}
