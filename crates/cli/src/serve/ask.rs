//! Questions that an agent asks models: each is a small document that is run and recorded like any other.

use recorder::model::{ModelCall, calls};
use recorder::run::Request;
use recorder::world::Cancel;
use sandbox::ErrorKind;
use serde_json::{Value, json};

use super::message::Problem;
use super::params::Params;
use super::runs::{Client, Runs, Work};
use crate::args::{AskOptions, ModelOptions, ThreadOptions};
use crate::command::ask;
use crate::execution::Asked;
use crate::project::Project;
use crate::world::fresh_entropy;

/// Where the document of a batch stands; no file needs to be there.
pub const BATCH: &str = "prompts.lm.md";
/// Prompts of one call.
const PROMPTS_MAX: usize = 10_000;

/// A question over a text.
pub fn question(
    mut params: Params,
    runs: &Runs,
    end: &Cancel,
    client: &mut dyn Client,
) -> Result<Value, Problem> {
    let small = |number: Option<u64>, or: u32| number.map_or(or, |n| u32::try_from(n).unwrap_or(u32::MAX));
    let (file, question) = (params.required_text("file"), params.required_text("question"));
    let options = AskOptions {
        file: file.clone(),
        question: question.clone(),
        model: params.text("model").unwrap_or_else(|| "default".to_string()),
        sub: params.text("sub"),
        depth: small(params.number("depth", 0), 1),
        turns: small(params.number("turns", 1), 20),
        max_calls: small(params.number("max_calls", 2), 200),
        max_tokens: params.number("max_tokens", 1),
        reply_tokens: small(params.number("reply_tokens", 1), 4096),
        max_cost: params.decimal("max_cost"),
        level: level(&mut params),
        fresh: params.flag("fresh"),
        models: ModelOptions::default(),
        threads: ThreadOptions { threads: None },
        json: true,
    };
    // A number beyond these is a fault of the program that is written.
    if options.depth > 4 {
        params.refuse("depth", "expected an integer up to 4");
    }
    if options.turns > 200 {
        params.refuse("turns", "expected an integer up to 200");
    }
    params.finish()?;
    let inputs = vec![("text".to_string(), file), ("question".to_string(), question)];
    let written = ask::document(&options)?;
    let request = Request { inputs, entropy: fresh_entropy(), ..Request::default() };
    let (file, written) = (ask::DOCUMENT.to_string(), Some(written));
    let asked = Asked { file, written, request, fresh: options.fresh, no_record: false };
    let told = run(asked, (runs, end, client))?;
    let first = told.calls.first();
    let failed = first.filter(|call| !call.has_value()).map(|call| call.reply.clone());
    Ok(json!({
        "answer": first.filter(|call| call.has_value()).map(|call| &call.reply),
        "error": failed.or(told.fault.clone()),
        "status": first.map(|call| call.status.as_str()),
        "run": told.name,
        "exit_code": told.exit_code,
        "usage": usage(&told.calls),
    }))
}

/// The run that sends prompts, each by itself. Its result `results` has, in their order, a `value` or an `error` for each.
pub fn prompts(mut params: Params) -> Result<Asked, Problem> {
    let prompts = params.texts("prompts");
    if prompts.is_empty() || prompts.len() > PROMPTS_MAX {
        params.refuse("prompts", format!("expected 1 to {PROMPTS_MAX} texts, found {}", prompts.len()));
    }
    let model = params.text("model").unwrap_or_else(|| "default".to_string());
    let reply_tokens = params.number("reply_tokens", 1).unwrap_or(1024);
    if u32::try_from(reply_tokens).is_err() {
        params.refuse("reply_tokens", "expected an integer of 32 bits");
    }
    let in_flight = params.number("in_flight", 1).unwrap_or(16);
    let (max_tokens, max_cost) = (params.number("max_tokens", 1), params.decimal("max_cost"));
    let fresh = params.flag("fresh");
    params.finish()?;
    let alias = ask::alias("model", &model)?;
    let grant = ask::grant(prompts.len() as u64, max_tokens, max_cost);
    // The prompts come as an input, so that no text of one is taken for code.
    let written = format!(
        "---
title: Prompts to a model
inputs:
  prompts: \"[]\"
grants: [{grant}]
providers: {{asked: {alias}}}
---

# Prompts to a model

```lumen ask
@model(\"asked\", max_tokens: {reply_tokens})
cell reply(prompt: String) -> String
  \"\"\"Do what the prompt asks, and reply with the answer alone.\"\"\"
end
let prompts = validate[list[String]](json_parse(inputs.prompts).unwrap()).unwrap()
let replies = llm_batch(reply, prompts, in_flight: {in_flight})
record Refused(code: String, kind: String, message: String)
record Told(value: String?, error: Refused?)
cell told(came: result[String, ModelError]) -> Told
  match came
    ok(text) -> Told(value: text, error: null)
    err(why) -> Told(value: null, error: Refused(code: why.code, kind: why.kind, message: why.message))
  end
end
let results = [told(came) for came in replies]
```
"
    );
    let inputs = vec![("prompts".to_string(), json!(prompts).to_string())];
    let request = Request { inputs, entropy: fresh_entropy(), ..Request::default() };
    Ok(Asked { file: BATCH.to_string(), written: Some(written), request, fresh, no_record: false })
}

/// A reply to each prompt, in their order.
pub fn batch(params: Params, runs: &Runs, end: &Cancel, client: &mut dyn Client) -> Result<Value, Problem> {
    let told = run(prompts(params)?, (runs, end, client))?;
    let each = |call: &ModelCall| match call.has_value() {
        true => json!({"value": call.reply}),
        false => json!({"error": call.reply}),
    };
    Ok(json!({
        "results": told.calls.iter().map(each).collect::<Vec<_>>(),
        "error": told.fault,
        "run": told.name,
        "exit_code": told.exit_code,
        "usage": usage(&told.calls),
    }))
}

/// What a run came to.
struct Told {
    name: String,
    exit_code: Value,
    fault: Option<Value>,
    calls: Vec<ModelCall>,
}

fn run(asked: Asked, (runs, end, client): (&Runs, &Cancel, &mut dyn Client)) -> Result<Told, Problem> {
    let ended = runs.carry_out(Work::Start(Box::new(asked)), end, client)?;
    let name = ended["run"].as_str().unwrap_or_default().to_string();
    let history = Project::find().run(Some(&name))?.history()?;
    let fault = ended.get("fault").filter(|fault| !fault.is_null()).cloned();
    Ok(Told { calls: calls(&history), exit_code: ended["exit_code"].clone(), fault, name })
}

/// What servers counted; what nobody counted or priced is absent.
pub fn usage(calls: &[ModelCall]) -> Value {
    let sum = |part: fn(&ModelCall) -> Option<u64>| {
        let known: Vec<u64> = calls.iter().filter_map(part).collect();
        (!known.is_empty()).then(|| known.iter().sum::<u64>())
    };
    let attempts: usize = calls.iter().map(|call| call.attempts).sum();
    json!({
        "attempts": attempts,
        "input_tokens": sum(|call| call.input_tokens),
        "output_tokens": sum(|call| call.output_tokens),
        "nano_dollars": sum(|call| call.cost_nanodollars),
    })
}

fn level(params: &mut Params) -> String {
    let level = params.text("level").unwrap_or_else(|| "strict".to_string());
    if !matches!(level.as_str(), "strict" | "standard") {
        params.refuse("level", "expected strict or standard");
    }
    level
}

/// Whether a call came to nothing.
pub fn is_failed(value: &Value) -> Result<bool, Problem> {
    match value["exit_code"].as_i64() {
        Some(code) => Ok(code != 0),
        None => Err(Problem::of(ErrorKind::InternalError, "a run ended without an exit code")),
    }
}
