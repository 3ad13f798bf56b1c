//! Models: a call's prompt, and the reply as a value of the cell's type.

use bytecode::TypeDesc;
use serde_json::{Map, Value as Json, json};
use vm::{Fault, FaultKind, Value, from_json, repr, to_json};

use crate::args::Args;
use crate::effects::{Answer, Ask};
use crate::host::{Context, Table, record};

pub(crate) const TABLE: Table = &[
    ("llm_query", query),
    ("rlm_query", recursion),
    ("rlm_batch", recursions),
    ("op.model", ask),
    ("op.model_batch", ask_many),
    ("op.model_turn", turn),
];

/// What all calls of a model cell share.
struct Shared {
    alias: Json,
    cell: String,
    instructions: String,
    /// Names of the parameters, in order.
    params: Vec<String>,
    /// What the process says before the instructions, and before the arguments.
    system: Option<String>,
    asked: Option<String>,
    tools: Vec<Tool>,
    /// `max_tokens`, and where they are given `temperature`, `schema` and `wrapped`.
    others: Map<String, Json>,
}

/// What a model may call: its name, what the model is told of it, and the names of its parameters.
struct Tool {
    name: String,
    about: String,
    params: Vec<String>,
}

/// Turns of a model that calls tools and does not answer.
const TURNS_MAX: usize = 16;

impl Shared {
    fn read(text: &str) -> Result<Shared, Fault> {
        let damaged = || Fault::new("R0999", "a model cell is described wrongly").kind(FaultKind::Internal);
        let Ok(Json::Object(mut fields)) = serde_json::from_str(text) else { return Err(damaged()) };
        let mut take = |name: &str| fields.remove(name);
        let text = |field: Option<Json>| match field {
            Some(Json::String(text)) => Ok(text),
            _ => Err(damaged()),
        };
        let alias = take("alias").ok_or_else(damaged)?;
        let (cell, instructions) = (text(take("cell"))?, text(take("instructions"))?);
        let texts = |field: Option<Json>| match field {
            Some(Json::Array(names)) => names.into_iter().map(|name| text(Some(name))).collect(),
            _ => Err(damaged()),
        };
        let params = texts(take("params"))?;
        let mut optional = |name: &str| take(name).map(|found| text(Some(found))).transpose();
        let (system, asked) = (optional("system")?, optional("prompt")?);
        let tools = match take("tools") {
            None => Vec::new(),
            Some(Json::Array(tools)) => {
                let tool = |tool: Json| match tool {
                    Json::Object(mut tool) => Ok(Tool {
                        name: text(tool.remove("name"))?,
                        about: text(tool.remove("about"))?,
                        params: texts(tool.remove("params"))?,
                    }),
                    _ => Err(damaged()),
                };
                tools.into_iter().map(tool).collect::<Result<_, _>>()?
            }
            Some(_) => return Err(damaged()),
        };
        Ok(Shared { alias, cell, instructions, params, system, asked, tools, others: fields })
    }

    /// One that no program declares.
    fn plain(alias: Json, cell: &str, others: Map<String, Json>) -> Shared {
        Shared {
            alias,
            cell: cell.to_string(),
            instructions: String::new(),
            params: Vec::new(),
            system: None,
            asked: None,
            tools: Vec::new(),
            others,
        }
    }

    /// What the model is told of its tools.
    fn told_of_tools(&self) -> Option<String> {
        if self.tools.is_empty() {
            return None;
        }
        let tools: Vec<String> = self.tools.iter().map(|tool| format!("- {}", tool.about)).collect();
        Some(format!(
            "Before you answer you may call tools, one in each reply: {{\"call\": {{NAME: ARGUMENTS}}, \"answer\": null}}, \
             with null for the others. What it gives is the next message. Once you know the answer, reply \
             {{\"call\": null, \"answer\": {{\"value\": ...}}}}. The tools:\n{}",
            tools.join("\n")
        ))
    }

    /// The prompt for some arguments: what the process says, the instructions, the `role` lines, and the arguments as one
    /// JSON object, so that no text among them can pass for something else. Behind it stands what was said since.
    fn prompt(&self, joined: &[Json], args: &[Value], since: Vec<Json>) -> Result<String, Fault> {
        let mut given = Vec::new();
        for (name, value) in self.params.iter().zip(args) {
            given.push(format!("{}:{}", Json::from(name.as_str()), to_json(value)?));
        }
        let mut messages = Vec::new();
        messages.extend(self.system.as_deref().map(|text| message("system", text)));
        messages.extend(self.told_of_tools().map(|text| message("system", &text)));
        messages.push(message("system", &self.instructions));
        messages.extend(self.asked.as_deref().map(|text| message("user", text)));
        messages.extend(joined.iter().cloned());
        messages.push(message("user", &format!("{{{}}}", given.join(","))));
        messages.extend(since);
        Ok(self.request(messages))
    }

    fn request(&self, messages: Vec<Json>) -> String {
        let mut request = self.others.clone();
        request.insert("alias".to_string(), self.alias.clone());
        request.insert("cell".to_string(), Json::from(self.cell.as_str()));
        request.insert("messages".to_string(), Json::Array(messages));
        Json::Object(request).to_string()
    }
}

fn message(role: &str, content: &str) -> Json {
    json!({"role": role, "content": content})
}

/// What `role` lines said.
fn joined(value: &Value) -> Result<Vec<Json>, Fault> {
    let Value::List(lines) = value else { return Ok(Vec::new()) };
    let wrong = || Fault::new("R0999", "a `role` line is no message").kind(FaultKind::Internal);
    let line = |line: &Value| {
        let read: Json = serde_json::from_str(&to_json(line)?).map_err(|_| wrong())?;
        let text = |name: &str| read.get(name).and_then(Json::as_str).ok_or_else(wrong);
        Ok(message(text("role")?, text("text")?))
    };
    lines.to_values().iter().map(line).collect()
}

/// `llm_query(prompt, model, max_tokens)`
fn query(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let prompt = args.required_text("prompt")?;
    let alias = args.text("model", "default")?;
    let max_tokens = args.int("max_tokens", 1024)?;
    if !(1..=i64::from(u32::MAX)).contains(&max_tokens) {
        let what = format!("llm_query(max_tokens:) is a number of tokens from 1 on, found {max_tokens}");
        return Err(Fault::new("R0203", what));
    }
    let mut messages = joined(args.find("with").unwrap_or(&Value::Null))?;
    messages.push(message("user", &prompt));
    let others = Map::from_iter([("max_tokens".to_string(), Json::from(max_tokens))]);
    let shared = Shared::plain(Json::from(alias), "llm_query", others);
    let reply = reply_of(context.ask(Ask::Model { prompt: shared.request(messages) })?)?;
    take(context, &shared, &Value::Null, &reply).map_err(|failure| failure.tell(context))
}

/// What all questions of a call have, without their texts.
struct Recursion {
    alias: String,
    cell: &'static str,
    max_tokens: i64,
    /// How far the tree may go, by the names that the prompt has them under.
    limits: Vec<(&'static str, Json)>,
    /// What the answer is to be, where it is no text.
    schema: Option<Json>,
    /// Reads an answer; null for texts, which nothing reads any further.
    reader: Value,
}

impl Recursion {
    /// `model`, `sub`, `depth`, `turns`, `max_calls`, `max_tokens`, `tokens`
    fn read(cell: &'static str, args: &mut Args<'_>) -> Result<Recursion, Fault> {
        let within = |name: &str, found: i64, least: i64, most: i64| match (least..=most).contains(&found) {
            true => Ok(Json::from(found)),
            false => {
                let what = format!("{cell}({name}:) is a number from {least} to {most}, found {found}");
                Err(Fault::new("R0203", what))
            }
        };
        let alias = args.text("model", "default")?;
        let mut limits = Vec::new();
        if let Some(Value::Str(sub)) = args.find("sub") {
            limits.push(("sub", Json::from(sub.as_str())));
        }
        limits.push(("depth", within("depth", args.int("depth", 1)?, 0, 4)?));
        limits.push(("turns", within("turns", args.int("turns", 20)?, 1, 200)?));
        limits.push(("max_calls", within("max_calls", args.int("max_calls", 1000)?, 2, i64::MAX)?));
        let max_tokens = args.int("max_tokens", 4096)?;
        within("max_tokens", max_tokens, 1, i64::from(u32::MAX))?;
        if let Some(Value::Int(tokens)) = args.find("tokens") {
            limits.push(("tokens", within("tokens", *tokens, 1, i64::MAX)?));
        }
        Ok(Recursion { alias, cell, max_tokens, limits, schema: None, reader: Value::Null })
    }

    /// `schema` and `where`, behind all that the program says.
    fn typed(mut self, args: &mut Args<'_>) -> Result<Recursion, Fault> {
        if let Some(Value::Str(schema)) = args.find("schema") {
            let wrong = |_| Fault::new("R0999", "an answer's schema is no JSON").kind(FaultKind::Internal);
            self.schema = Some(serde_json::from_str(schema.as_str()).map_err(wrong)?);
            self.reader = args.find("where").cloned().unwrap_or(Value::Null);
        }
        Ok(self)
    }

    fn prompt(&self, prompt: &str, context: &str) -> String {
        let mut recursion = Map::new();
        recursion.insert("prompt".to_string(), Json::from(prompt));
        recursion.insert("context".to_string(), Json::from(context));
        for (name, value) in &self.limits {
            recursion.insert((*name).to_string(), value.clone());
        }
        let mut asked = json!({
            "alias": self.alias,
            "cell": self.cell,
            "max_tokens": self.max_tokens,
            "recursion": recursion,
        });
        if let (Some(schema), Some(asked)) = (&self.schema, asked.as_object_mut()) {
            asked.insert("schema".to_string(), schema.clone());
        }
        asked.to_string()
    }

    fn shared(&self) -> Shared {
        Shared::plain(Json::from(self.alias.as_str()), self.cell, Map::new())
    }
}

/// `rlm_query(prompt, context, ...)`
fn recursion(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let (prompt, text) = (args.required_text("prompt")?, args.required_text("context")?);
    let recursion = Recursion::read("rlm_query", args)?.typed(args)?;
    let reply = reply_of(context.ask(Ask::Model { prompt: recursion.prompt(&prompt, &text) })?)?;
    take(context, &recursion.shared(), &recursion.reader, &reply).map_err(|failure| failure.tell(context))
}

/// `rlm_batch(questions, ...)`: a result for each pair of prompt and context.
fn recursions(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let questions = args.required("questions")?.clone();
    let in_flight = match args.find("in_flight") {
        Some(Value::Int(n)) if *n >= 1 => Some(n.cast_unsigned()),
        None | Some(Value::Null) => None,
        Some(other) => {
            let found = repr(other).unwrap_or_default();
            return Err(Fault::new("R0203", format!("rlm_batch(in_flight:) is at least 1, found {found}")));
        }
    };
    let recursion = Recursion::read("rlm_batch", args)?.typed(args)?;
    let wrong = || Fault::new("R0999", "rlm_batch without pairs of texts").kind(FaultKind::Internal);
    let Value::List(pairs) = &questions else { return Err(wrong()) };
    let pairs = pairs.to_values();
    let prompts = pairs.iter().map(|pair| match pair {
        Value::Tuple(parts) => match &parts[..] {
            [Value::Str(prompt), Value::Str(text)] => Ok(recursion.prompt(prompt.as_str(), text.as_str())),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    });
    let prompts: Vec<String> = prompts.collect::<Result<_, _>>()?;
    let Answer::Replies(replies) = context.ask(Ask::Models { prompts, in_flight })? else {
        return Err(Fault::new("R0999", "models answered otherwise").kind(FaultKind::Internal));
    };
    let shared = recursion.shared();
    let mut results = Vec::with_capacity(replies.len());
    for reply in &replies {
        results.push(match take(context, &shared, &recursion.reader, reply) {
            Ok(value) => Value::ok(value),
            Err(Failure::Reply(error)) => Value::err(error.value()),
            Err(Failure::Fault(fault)) => return Err(fault),
        });
    }
    Ok(Value::list(results))
}

/// (what all calls share, reader of the reply, `role` lines, arguments...)
fn ask(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let shared = Shared::read(&args.required_text("shared")?)?;
    let reader = args.required("reader")?.clone();
    let joined = joined(args.required("joined")?)?;
    let prompt = shared.prompt(&joined, args.rest(), Vec::new())?;
    let reply = reply_of(context.ask(Ask::Model { prompt })?)?;
    take(context, &shared, &reader, &reply).map_err(|failure| failure.tell(context))
}

/// (what all turns share, reader of the answer, what was said and came of it so far, arguments...): (a tool, its
/// arguments, what the model said), (-1, the answer, null), or (-2, what is wrong, what the model said).
fn turn(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let shared = Shared::read(&args.required_text("shared")?)?;
    let reader = args.required("reader")?.clone();
    let Value::List(so_far) = args.required("so_far")? else {
        return Err(Fault::new("R0999", "a model's turns are no list").kind(FaultKind::Internal));
    };
    let so_far = so_far.to_values();
    if so_far.len() / 2 >= TURNS_MAX {
        let message = format!("`{}` called tools in {TURNS_MAX} turns and did not answer", shared.cell);
        let error = ReplyError { code: "R0701".to_string(), kind: "turns".to_string(), message };
        return Err(Failure::Reply(error).tell(context));
    }
    let mut since = Vec::new();
    for pair in so_far.chunks(2) {
        let [said, outcome] = pair else { continue };
        since.push(message("assistant", said.as_str().unwrap_or_default()));
        let (name, value) = match outcome {
            Value::Result(outcome) if outcome.is_ok => ("result", to_json(&outcome.value)?),
            Value::Result(outcome) => ("error", to_json(&outcome.value)?),
            other => ("error", to_json(other)?),
        };
        since.push(message("user", &format!("{{\"{name}\":{value}}}")));
    }
    let prompt = shared.prompt(&[], args.rest(), since)?;
    let reply = reply_of(context.ask(Ask::Model { prompt })?)?;
    let said = value_of(&reply).map_err(|failure| failure.tell(context))?;
    let of = |name: &str| said.get(name).filter(|found| !found.is_null());
    let calls: Vec<(&String, &Json)> = match of("call") {
        Some(Json::Object(calls)) => calls.iter().filter(|(_, given)| !given.is_null()).collect(),
        _ => Vec::new(),
    };
    let three = |which: i64, value: Value, said: Value| Value::tuple(vec![Value::Int(which), value, said]);
    match (calls.as_slice(), of("answer").and_then(|answer| answer.get("value"))) {
        ([], Some(answer)) => {
            let answer =
                read_value(context, &shared, &reader, answer).map_err(|failure| failure.tell(context))?;
            Ok(three(-1, answer, Value::Null))
        }
        ([(name, given)], None)
            if let Some(which) = shared.tools.iter().position(|tool| tool.name == **name) =>
        {
            let params = shared.tools.get(which).map_or(&[][..], |tool| tool.params.as_slice());
            let given = params.iter().map(|name| match given.get(name) {
                Some(given) => from_json(&given.to_string()).map_err(|why| Fault::new("R0999", why)),
                None => Ok(Value::Null),
            });
            let given: Vec<Value> = given.collect::<Result<_, _>>()?;
            Ok(three(which as i64, Value::list(given), Value::str(said.to_string())))
        }
        _ => {
            let wrong = "Reply with the call of one tool, or with an answer.";
            Ok(three(-2, Value::err(Value::str(wrong)), Value::str(said.to_string())))
        }
    }
}

/// (what all calls share, reader of the reply, `role` lines, items, how many at once): a result for each item.
fn ask_many(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let shared = Shared::read(&args.required_text("shared")?)?;
    let reader = args.required("reader")?.clone();
    let joined = joined(args.required("joined")?)?;
    let items = args.required("items")?;
    let in_flight = match args.required("in_flight")? {
        Value::Null => None,
        Value::Int(n) if *n >= 1 => Some(n.cast_unsigned()),
        other => {
            let found = repr(other).unwrap_or_default();
            return Err(Fault::new("R0203", format!("llm_batch(in_flight:) is at least 1, found {found}")));
        }
    };
    let items = match items {
        Value::List(list) => list.to_values().to_vec(),
        other => match crate::frames::operators::iterate(&mut Args::new(
            "llm_batch",
            std::slice::from_ref(other),
            &[],
        ))? {
            Value::List(list) => list.to_values().to_vec(),
            _ => return Err(Fault::new("R0999", "llm_batch without items").kind(FaultKind::Internal)),
        },
    };
    let prompts = items.iter().map(|item| shared.prompt(&joined, std::slice::from_ref(item), Vec::new()));
    let prompts: Vec<String> = prompts.collect::<Result<_, _>>()?;
    let Answer::Replies(replies) = context.ask(Ask::Models { prompts, in_flight })? else {
        return Err(Fault::new("R0999", "models answered otherwise").kind(FaultKind::Internal));
    };
    let mut results = Vec::with_capacity(replies.len());
    for reply in &replies {
        results.push(match take(context, &shared, &reader, reply) {
            Ok(value) => Value::ok(value),
            Err(Failure::Reply(error)) => Value::err(error.value()),
            Err(Failure::Fault(fault)) => return Err(fault),
        });
    }
    Ok(Value::list(results))
}

fn reply_of(answer: Answer) -> Result<String, Fault> {
    match answer {
        Answer::Reply(reply) => Ok(reply),
        _ => Err(Fault::new("R0999", "a model answered otherwise").kind(FaultKind::Internal)),
    }
}

/// Why a call gave no value.
enum Failure {
    /// The model, or what it said.
    Reply(ReplyError),
    /// The program itself.
    Fault(Fault),
}

struct ReplyError {
    code: String,
    kind: String,
    message: String,
}

impl ReplyError {
    fn value(&self) -> Value {
        record(
            "ModelError",
            &[("code", TypeDesc::String), ("kind", TypeDesc::String), ("message", TypeDesc::String)],
            vec![Value::str(&*self.code), Value::str(&*self.kind), Value::str(&*self.message)],
        )
    }
}

impl Failure {
    /// The fault of a call, whose tried twin gives what it says.
    fn tell(self, context: &mut Context<'_>) -> Fault {
        match self {
            Failure::Fault(fault) => fault,
            Failure::Reply(error) => {
                context.error = Some(error.value());
                let help = match error.code.as_str() {
                    "R0704" => "Say in the instructions what is wanted, or take the failure with `.try`.",
                    _ => "`.try` gives the failure as a result.",
                };
                Fault::new(&error.code, error.message).help(help).kind(FaultKind::Effect)
            }
        }
    }
}

/// The value of a reply.
fn take(context: &mut Context<'_>, shared: &Shared, reader: &Value, reply: &str) -> Result<Value, Failure> {
    read_value(context, shared, reader, &value_of(reply)?)
}

fn kept_wrongly(why: &str) -> Failure {
    let message = format!("a model's reply was kept wrongly: {why}");
    Failure::Fault(Fault::new("R0999", message).kind(FaultKind::Internal))
}

/// What a model said, as the log has it.
fn value_of(reply: &str) -> Result<Json, Failure> {
    let mut reply: Json = serde_json::from_str(reply).map_err(|why| kept_wrongly(&why.to_string()))?;
    if let Some(error) = reply.get("error") {
        let text = |name: &str| error.get(name).and_then(Json::as_str).unwrap_or_default().to_string();
        let error = ReplyError { code: text("code"), kind: text("kind"), message: text("message") };
        // A budget that is used up ends the run, whoever asked.
        return Err(match error.kind.as_str() {
            "budget" => Failure::Fault(
                Fault::new(&error.code, error.message)
                    .help("Raise the limit in the grant, if that much is meant.")
                    .kind(FaultKind::Effect),
            ),
            _ => Failure::Reply(error),
        });
    }
    reply.get_mut("value").map(Json::take).ok_or_else(|| kept_wrongly("it has no value"))
}

/// The same as a value of the program, which the reader makes of it.
fn read_value(
    context: &mut Context<'_>,
    shared: &Shared,
    reader: &Value,
    value: &Json,
) -> Result<Value, Failure> {
    let value = from_json(&value.to_string()).map_err(|why| kept_wrongly(&why))?;
    if reader.is_null() {
        return Ok(value);
    }
    let Value::Result(read) = context.call(reader, &[value]).map_err(Failure::Fault)? else {
        return Err(kept_wrongly("its reader gives no result"));
    };
    if read.is_ok {
        return Ok(read.value.clone());
    }
    let problems = match &read.value {
        Value::List(problems) => {
            problems.to_values().iter().filter_map(|p| p.as_str().map(str::to_string)).collect()
        }
        _ => Vec::new(),
    };
    let message = format!("the reply for `{}` does not fit: {}", shared.cell, problems.join("; "));
    Err(Failure::Reply(ReplyError { code: "R0704".to_string(), kind: "misfit".to_string(), message }))
}
