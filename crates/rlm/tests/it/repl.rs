//! A stand-in for the REPL: it reads the few Python statements that the scripted policies write.
//!
//! A cell is run from its start with the answers so far each time the host answers, which is what blocking looks like
//! from outside. Pure functions beside Python's own stand for what real policies define in their first cell.

use rlm::{
    Answer, Blob, CellEnd, Ending, ErrorKind, Errors, Failure, HostCall, Submission, SubmitResult, Variable,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The state of one worker.
#[derive(Clone, Debug, Default)]
pub struct Repl {
    names: Vec<(String, Value)>,
    code: String,
    answers: Vec<Answer>,
}

/// Where a cell got to.
#[derive(Clone, Debug)]
pub enum Progress {
    Asks(HostCall),
    Ended(CellEnd),
    Died(Failure),
    /// It computes for ever.
    Busy,
}

/// What ends a cell early.
enum Stop {
    Ask(Box<HostCall>),
    Raise(String, String),
    Refused,
    Exit,
    Die,
    Loop,
}

type Eval<T> = Result<T, Stop>;

impl Repl {
    pub fn new(inputs: Vec<(String, Value)>) -> Self {
        Self { names: inputs, ..Self::default() }
    }

    pub fn run(&mut self, code: &str, blobs: &mut BTreeMap<String, String>) -> Progress {
        self.code = code.into();
        self.answers.clear();
        self.go(blobs)
    }

    pub fn answer(&mut self, answer: Answer, blobs: &mut BTreeMap<String, String>) -> Progress {
        self.answers.push(answer);
        self.go(blobs)
    }

    fn go(&mut self, blobs: &mut BTreeMap<String, String>) -> Progress {
        let statements = match statements(&self.code) {
            Ok(statements) => statements,
            Err((line, message)) => {
                let ending = Ending::NotCompiled { line, column: 1, message };
                return Progress::Ended(CellEnd { ending, ..CellEnd::default() });
            }
        };
        let mut cell =
            Cell { names: self.names.clone(), answers: self.answers.iter(), blobs, out: String::new() };
        let mut ending = Ending::Done;
        for statement in &statements {
            match cell.execute(statement) {
                Ok(()) => {}
                Err(Stop::Ask(call)) => return Progress::Asks(*call),
                Err(Stop::Die) => {
                    return Progress::Died(Failure::new(
                        ErrorKind::Memory,
                        "the worker was killed for its memory",
                    ));
                }
                Err(Stop::Loop) => return Progress::Busy,
                Err(Stop::Exit) => return Progress::Busy,
                Err(Stop::Refused) => {
                    ending = Ending::Raised { exception: "SubmitRejected".into(), traceback: String::new() };
                    break;
                }
                Err(Stop::Raise(exception, message)) => {
                    ending = Ending::Raised { traceback: format!("{exception}: {message}"), exception };
                    break;
                }
            }
        }
        let (names, out) = (cell.names, cell.out);
        self.names = names;
        let variables = self.names.iter().map(|(name, value)| Variable::input(name, value)).collect();
        let stdout = out.as_str().into();
        let (active_ms, wall_ms) = (5, 7);
        Progress::Ended(CellEnd { ending, stdout, variables, active_ms, wall_ms, ..CellEnd::default() })
    }
}

/// A line, and whether what it raises is swallowed.
struct Statement {
    target: Option<String>,
    expression: Expression,
    swallows: bool,
}

#[derive(Clone, Debug)]
enum Expression {
    Literal(Value),
    Name(String),
    List(Vec<Expression>),
    Call(String, Vec<Expression>, Vec<(String, Expression)>),
}

fn statements(code: &str) -> Result<Vec<Statement>, (u32, String)> {
    let mut out = Vec::new();
    let mut lines = code.lines().enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        let wrong = |message: String| (n as u32 + 1, message);
        let mut text = line.trim();
        if text.is_empty() {
            continue;
        }
        let swallows = text.starts_with("try: ");
        if let Some(rest) = text.strip_prefix("try: ") {
            text = rest;
            if lines.next().is_none_or(|(_, next)| next.trim() != "except BaseException: pass") {
                return Err(wrong("expected 'except'".into()));
            }
        }
        let (target, text) = match text.split_once(" = ") {
            Some((name, rest)) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                (Some(name.to_string()), rest)
            }
            _ => (None, text),
        };
        let mut reader = Reader { text: text.as_bytes(), at: 0 };
        let expression = reader.expression().map_err(wrong)?;
        reader.blank();
        if reader.at < reader.text.len() {
            return Err(wrong("invalid syntax".into()));
        }
        out.push(Statement { target, expression, swallows });
    }
    Ok(out)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_ascii_alphanumeric() || b"_-.".contains(c)) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.blank();
        match self.text.get(self.at) {
            Some(b'"' | b'{') => {
                let mut stream =
                    serde_json::Deserializer::from_slice(&self.text[self.at..]).into_iter::<Value>();
                let value = stream.next().ok_or("unterminated")?.map_err(|error| error.to_string())?;
                self.at += stream.byte_offset();
                Ok(Expression::Literal(value))
            }
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.eat(b']') {
                    items.push(self.expression()?);
                    self.eat(b',');
                }
                Ok(Expression::List(items))
            }
            Some(c) if c.is_ascii_digit() || *c == b'-' => {
                let word = self.word();
                serde_json::from_str(&word).map(Expression::Literal).map_err(|error| error.to_string())
            }
            Some(c) if c.is_ascii_alphabetic() || *c == b'_' => {
                let word = self.word();
                match word.as_str() {
                    "True" => return Ok(Expression::Literal(true.into())),
                    "False" => return Ok(Expression::Literal(false.into())),
                    "None" => return Ok(Expression::Literal(Value::Null)),
                    _ => {}
                }
                if !self.eat(b'(') {
                    return Ok(Expression::Name(word));
                }
                let (mut positional, mut named) = (Vec::new(), Vec::new());
                while !self.eat(b')') {
                    self.blank();
                    let before = self.at;
                    let name = self.word();
                    if !name.is_empty() && self.eat(b'=') {
                        named.push((name, self.expression()?));
                    } else {
                        self.at = before;
                        positional.push(self.expression()?);
                    }
                    if !self.eat(b',') && self.text.get(self.at) != Some(&b')') {
                        return Err("'(' was never closed".into());
                    }
                }
                Ok(Expression::Call(word, positional, named))
            }
            _ => Err("invalid syntax".into()),
        }
    }
}

struct Cell<'a> {
    names: Vec<(String, Value)>,
    answers: std::slice::Iter<'a, Answer>,
    blobs: &'a mut BTreeMap<String, String>,
    out: String,
}

impl Cell<'_> {
    fn execute(&mut self, statement: &Statement) -> Eval<()> {
        match self.value(&statement.expression) {
            Ok(value) => {
                if let Some(name) = &statement.target {
                    self.names.retain(|(each, _)| each != name);
                    self.names.push((name.clone(), value));
                }
                Ok(())
            }
            Err(Stop::Refused | Stop::Raise(..)) if statement.swallows => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    fn value(&mut self, expression: &Expression) -> Eval<Value> {
        match expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Name(name) => {
                let found = self.names.iter().find(|(each, _)| each == name).map(|(_, value)| value.clone());
                found.ok_or_else(|| Stop::Raise("NameError".into(), format!("name '{name}' is not defined")))
            }
            Expression::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Expression::Call(name, positional, named) => {
                let positional: Vec<Value> =
                    positional.iter().map(|item| self.value(item)).collect::<Eval<_>>()?;
                let mut keywords = Map::new();
                for (key, item) in named {
                    keywords.insert(key.clone(), self.value(item)?);
                }
                self.call(name, &positional, keywords)
            }
        }
    }

    fn call(&mut self, name: &str, positional: &[Value], mut keywords: Map<String, Value>) -> Eval<Value> {
        let text = |n: usize| positional.get(n).and_then(Value::as_str).unwrap_or_default().to_string();
        let list = |n: usize| positional.get(n).and_then(Value::as_array).cloned().unwrap_or_default();
        let texts = |items: Vec<Value>| {
            items.iter().filter_map(Value::as_str).map(str::to_string).collect::<Vec<_>>()
        };
        let mut taken = |key: &str| keywords.remove(key).filter(|value| !value.is_null());
        let raised = |errors: Option<Value>| match errors {
            Some(Value::String(text)) if text == "return" => Errors::Return,
            _ => Errors::Raise,
        };
        match name {
            "print" => {
                let line: Vec<String> = positional
                    .iter()
                    .map(|each| each.as_str().map_or_else(|| each.to_string(), Into::into))
                    .collect();
                self.out.push_str(&line.join(" "));
                self.out.push('\n');
                Ok(Value::Null)
            }
            "lines" => Ok(text(0).lines().collect()),
            "chunks" => {
                let size = positional[1].as_u64().unwrap() as usize;
                let lines: Vec<String> = text(0).lines().map(str::to_string).collect();
                Ok(lines.chunks(size).map(|chunk| chunk.join("\n")).collect())
            }
            "prefixed" => Ok(texts(list(1)).iter().map(|each| format!("{}{each}", text(0))).collect()),
            "find" => {
                let (haystack, marker) = (text(0), text(1));
                let rest = haystack.split_once(&marker).map(|(_, rest)| rest).unwrap_or_default();
                Ok(rest.split_whitespace().next().unwrap_or_default().into())
            }
            "tallied" => {
                let mut counts = BTreeMap::<String, u64>::new();
                texts(list(0)).into_iter().for_each(|label| *counts.entry(label).or_default() += 1);
                Ok(json!(counts))
            }
            "get" => Ok(positional[0].get(text(1)).cloned().unwrap_or(json!(0))),
            "paired" => Ok(paired(&texts(list(0)), &texts(list(1)), &text(2)).into()),
            "sum" => Ok(list(0).iter().filter_map(Value::as_i64).sum::<i64>().into()),
            "int" => Ok(text(0).trim().parse::<i64>().unwrap_or(-1).into()),
            "joined" => Ok(texts(list(0)).join(&text(1)).into()),
            "zipped" => Ok(list(0).into_iter().zip(list(1)).map(|(a, b)| json!([a, b])).collect()),
            "fail" => Err(Stop::Raise("ValueError".into(), text(0))),
            "die" => Err(Stop::Die),
            "loop" => Err(Stop::Loop),
            "llm_query" => {
                let context = taken("context").map(|value| self.blob(value.as_str().unwrap()));
                let model = taken("model").and_then(|value| value.as_str().map(str::to_string));
                let max_tokens = taken("max_tokens").and_then(|value| value.as_u64());
                self.ask(HostCall::LlmQuery {
                    prompt: text(0),
                    context,
                    schema: taken("schema"),
                    model,
                    max_tokens,
                })
            }
            "llm_batch" => {
                let errors = raised(taken("errors"));
                let model = taken("model").and_then(|value| value.as_str().map(str::to_string));
                self.ask(HostCall::LlmBatch {
                    prompts: texts(list(0)),
                    schema: taken("schema"),
                    model,
                    errors,
                })
            }
            "rlm_query" => {
                let context = taken("context").map(|value| self.blob(value.as_str().unwrap()));
                self.ask(HostCall::RlmQuery { prompt: text(0), context, schema: taken("schema") })
            }
            "rlm_batch" => {
                let errors = raised(taken("errors"));
                let schema = taken("schema");
                let pairs = list(0);
                let prompts = pairs
                    .iter()
                    .map(|pair| {
                        (pair[0].as_str().unwrap().into(), Some(self.blob(pair[1].as_str().unwrap())))
                    })
                    .collect();
                self.ask(HostCall::RlmBatch { prompts, schema, errors })
            }
            "search" => self.ask(HostCall::Search { pattern: text(0), limit: 100, start: 0 }),
            "budget" => self.ask(HostCall::Budget),
            "tool" => self.ask(HostCall::Tool { name: text(0), arguments: keywords }),
            "SUBMIT" => self.ask(HostCall::Submit { submission: Submission::of(keywords) }),
            _ => Err(Stop::Raise("NameError".into(), format!("name '{name}' is not defined"))),
        }
    }

    fn blob(&mut self, text: &str) -> Blob {
        let blob = Blob::of(text);
        self.blobs.insert(blob.digest.to_string(), text.into());
        blob
    }

    fn ask(&mut self, call: HostCall) -> Eval<Value> {
        match self.answers.next() {
            None => Err(Stop::Ask(Box::new(call))),
            Some(Answer::Value(value)) => Ok(value.clone()),
            Some(Answer::Failure(failure)) => {
                Err(Stop::Raise(format!("{:?}", failure.kind), failure.message.clone()))
            }
            Some(Answer::Batch { results, errors: Errors::Raise }) => results
                .iter()
                .cloned()
                .collect::<Result<Value, Failure>>()
                .map_err(|failure| Stop::Raise("BatchError".into(), failure.message)),
            Some(Answer::Batch { results, .. }) => {
                let each = |result: &Result<Value, Failure>| match result {
                    Ok(value) => json!({"ok": value}),
                    Err(failure) => json!({"err": failure.kind}),
                };
                Ok(results.iter().map(each).collect())
            }
            Some(Answer::Submit(SubmitResult::Success { .. })) => Err(Stop::Exit),
            Some(Answer::Submit(_)) => Err(Stop::Refused),
        }
    }
}

/// Pairs of lines' first words whose labels are both the wanted one.
pub fn paired(lines: &[String], labels: &[String], wanted: &str) -> Vec<String> {
    let chosen: Vec<&str> = lines
        .iter()
        .zip(labels)
        .filter(|(_, label)| *label == wanted)
        .filter_map(|(line, _)| line.split_whitespace().next())
        .collect();
    let mut pairs = Vec::new();
    for (n, first) in chosen.iter().enumerate() {
        pairs.extend(chosen[n + 1..].iter().map(|second| format!("{first}-{second}")));
    }
    pairs
}
