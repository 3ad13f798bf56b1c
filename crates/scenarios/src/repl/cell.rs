//! Runs the statements of one cell as far as the host's answers go.

use super::reader::{Expression, Statement};
use crate::generate::paired;
use rlm::{Answer, Blob, Errors, Failure, HostCall, Submission, SubmitResult};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What ends a cell early.
pub(super) enum Stop {
    Ask(Box<HostCall>),
    Raise(String, String),
    Refused,
    Exit,
    Die,
    Loop,
}

type Eval<T> = Result<T, Stop>;

pub(super) struct Cell<'a> {
    names: Vec<(String, Value)>,
    answers: std::slice::Iter<'a, Answer>,
    blobs: &'a mut BTreeMap<String, String>,
    out: String,
}

/// The arguments of a call.
struct Arguments {
    positional: Vec<Value>,
    keywords: Map<String, Value>,
}

impl Arguments {
    fn at(&self, n: usize) -> Eval<&Value> {
        let absent = || raised("TypeError", format!("argument {n} is missing"));
        self.positional.get(n).ok_or_else(absent)
    }

    fn text(&self, n: usize) -> Eval<String> {
        text(self.at(n)?)
    }

    fn list(&self, n: usize) -> Eval<Vec<Value>> {
        let value = self.at(n)?;
        value
            .as_array()
            .cloned()
            .ok_or_else(|| raised("TypeError", format!("expected a list, found {value}")))
    }

    fn texts(&self, n: usize) -> Eval<Vec<String>> {
        self.list(n)?.iter().map(text).collect()
    }

    /// Takes a keyword; `None` is as good as none.
    fn taken(&mut self, key: &str) -> Option<Value> {
        self.keywords.remove(key).filter(|value| !value.is_null())
    }

    fn taken_text(&mut self, key: &str) -> Eval<Option<String>> {
        self.taken(key).as_ref().map(text).transpose()
    }

    fn errors(&mut self) -> Errors {
        match self.taken("errors") {
            Some(Value::String(text)) if text == "return" => Errors::Return,
            _ => Errors::Raise,
        }
    }
}

fn raised(exception: &str, message: String) -> Stop {
    Stop::Raise(exception.into(), message)
}

fn text(value: &Value) -> Eval<String> {
    let other = || raised("TypeError", format!("expected a str, found {value}"));
    value.as_str().map(str::to_string).ok_or_else(other)
}

impl<'a> Cell<'a> {
    pub(super) fn new(
        names: Vec<(String, Value)>,
        answers: &'a [Answer],
        blobs: &'a mut BTreeMap<String, String>,
    ) -> Self {
        Self { names, answers: answers.iter(), blobs, out: String::new() }
    }

    /// The variables and what was printed.
    pub(super) fn left(self) -> (Vec<(String, Value)>, String) {
        (self.names, self.out)
    }

    pub(super) fn execute(&mut self, statement: &Statement) -> Eval<()> {
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
                found.ok_or_else(|| raised("NameError", format!("name '{name}' is not defined")))
            }
            Expression::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Expression::Call(name, positional, named) => {
                let positional = positional.iter().map(|item| self.value(item)).collect::<Eval<_>>()?;
                let mut keywords = Map::new();
                for (key, item) in named {
                    keywords.insert(key.clone(), self.value(item)?);
                }
                self.call(name, Arguments { positional, keywords })
            }
        }
    }

    fn call(&mut self, name: &str, mut with: Arguments) -> Eval<Value> {
        match name {
            "print" => {
                let shown = |each: &Value| each.as_str().map_or_else(|| each.to_string(), Into::into);
                let line: Vec<String> = with.positional.iter().map(shown).collect();
                self.out.push_str(&line.join(" "));
                self.out.push('\n');
                Ok(Value::Null)
            }
            "fail" => Err(raised("ValueError", with.text(0)?)),
            "die" => Err(Stop::Die),
            "loop" => Err(Stop::Loop),
            "forks" => Err(raised("PermissionError", "a fork is refused".into())),
            "llm_query" => {
                let context = self.context(&mut with)?;
                let (schema, model) = (with.taken("schema"), with.taken_text("model")?);
                let max_tokens = with.taken("max_tokens").and_then(|value| value.as_u64());
                self.ask(HostCall::LlmQuery { prompt: with.text(0)?, context, schema, model, max_tokens })
            }
            "llm_batch" => {
                let (errors, schema, model) =
                    (with.errors(), with.taken("schema"), with.taken_text("model")?);
                self.ask(HostCall::LlmBatch { prompts: with.texts(0)?, schema, model, errors })
            }
            "rlm_query" => {
                let context = self.context(&mut with)?;
                let schema = with.taken("schema");
                self.ask(HostCall::RlmQuery { prompt: with.text(0)?, context, schema })
            }
            "rlm_batch" => {
                let (errors, schema) = (with.errors(), with.taken("schema"));
                let contexts = match with.taken("contexts") {
                    Some(Value::Array(contexts)) => contexts.iter().map(text).collect::<Eval<Vec<_>>>()?,
                    _ => Vec::new(),
                };
                let mut contexts =
                    contexts.iter().map(|context| self.blob(context)).collect::<Vec<_>>().into_iter();
                let prompts = with.texts(0)?.into_iter().map(|prompt| (prompt, contexts.next())).collect();
                self.ask(HostCall::RlmBatch { prompts, schema, errors })
            }
            "search" => {
                let found = self.ask(HostCall::Search { pattern: with.text(0)?, limit: 100, start: 0 })?;
                Ok(found.get("matches").cloned().unwrap_or_default())
            }
            "budget" => self.ask(HostCall::Budget),
            "tool" => self.ask(HostCall::Tool { name: with.text(0)?, arguments: with.keywords }),
            "SUBMIT" => self.ask(HostCall::Submit { submission: Submission::of(with.keywords) }),
            _ => pure(name, &with),
        }
    }

    fn context(&mut self, with: &mut Arguments) -> Eval<Option<Blob>> {
        Ok(with.taken_text("context")?.map(|text| self.blob(&text)))
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

/// The functions of the prelude, and those of Python's own that cells write.
fn pure(name: &str, with: &Arguments) -> Eval<Value> {
    match name {
        "lines" => Ok(with.text(0)?.lines().collect()),
        "chunks" => {
            let size = with.at(1)?.as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
            let text = with.text(0)?;
            let lines: Vec<&str> = text.lines().collect();
            Ok(lines.chunks(size.max(1)).map(|chunk| chunk.join("\n")).collect())
        }
        "prefixed" => {
            let prefix = with.text(0)?;
            Ok(with.texts(1)?.iter().map(|each| format!("{prefix}{each}")).collect())
        }
        "find" => {
            let (haystack, marker) = (with.text(0)?, with.text(1)?);
            let rest = haystack.split_once(&marker).map(|(_, rest)| rest).unwrap_or_default();
            Ok(rest.split_whitespace().next().unwrap_or_default().into())
        }
        "tallied" => {
            let mut counts = BTreeMap::<String, u64>::new();
            with.texts(0)?.into_iter().for_each(|label| *counts.entry(label).or_default() += 1);
            Ok(json!(counts))
        }
        "get" => Ok(with.at(0)?.get(with.text(1)?).cloned().unwrap_or(json!(0))),
        "paired" => Ok(paired(&with.texts(0)?, &with.texts(1)?, &with.text(2)?).into()),
        "sum" => Ok(with.list(0)?.iter().filter_map(Value::as_i64).sum::<i64>().into()),
        "plus" => {
            let number = |n: usize| Ok(with.at(n)?.as_i64().unwrap_or_default());
            Ok(number(0)?.saturating_add(number(1)?).into())
        }
        "int" => {
            let text = with.text(0)?;
            let wrong = || raised("ValueError", format!("invalid literal for int() with base 10: '{text}'"));
            text.trim().parse::<i64>().map(Into::into).map_err(|_| wrong())
        }
        "joined" => Ok(with.texts(0)?.join(&with.text(1)?).into()),
        "repeated" => {
            let count =
                with.at(1)?.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
            Ok(with.text(0)?.repeat(count).into())
        }
        "texts" => Ok(with.list(0)?.iter().filter_map(|found| found.get(3).cloned()).collect()),
        "first" => Ok(with.list(0)?.into_iter().next().unwrap_or_else(|| "".into())),
        "told" => Ok(with.at(0)?.clone()),
        "chosen" => {
            let (values, choices) = (with.list(0)?, with.list(1)?);
            let letter = |(value, choices): (&Value, &Value)| {
                let letters = ["A", "B", "C", "D"].into_iter();
                let mut lettered = letters.zip(choices.as_array().into_iter().flatten());
                Value::from(
                    lettered.find(|(_, choice)| *choice == value).map_or("none", |(letter, _)| letter),
                )
            };
            Ok(values.iter().zip(&choices).map(letter).collect())
        }
        _ => Err(raised("NameError", format!("name '{name}' is not defined"))),
    }
}
