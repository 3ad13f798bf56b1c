//! What a program may do: the grants of its root, and the check of each request against them.

use std::sync::Arc;

use checker::ToolDef;
use prelude::effects::Ask;
use prelude::python::{Bounds, Level};
use serde_json::Value as Json;
use syntax::ast::{Element, Expr, ExprKind, Grant};
use syntax::document::InputValue;
use vm::{Fault, FaultKind};

use crate::door::place;
use crate::error::{Error, Result as RunResult};
use crate::model::{self, Budget};
use crate::program::Program;
use crate::record::EffectOutcome;
use crate::waiting::Limits;
use crate::world::World;

/// The authority of a run.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    rules: Vec<Rule>,
    /// How often each rule was used, for `max_calls`.
    used: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// `fs.read`, or `fs` for both.
    target: String,
    /// As a reader knows it: the grant's text, or `inputs.NAME`.
    text: String,
    /// Whether it is a file that the document names as its input, wherever that leads.
    input: bool,
    /// Globs over paths, programs or names; any where the grant names none.
    allowed: Option<Vec<String>>,
    max_calls: Option<u64>,
    max_bytes: Option<u64>,
    limits: Limits,
    /// How often a model is asked again, and what its calls may cost together.
    retries: Option<u32>,
    budget: Option<Arc<Budget>>,
    /// How far Python is confined, and what it may use.
    python: PythonKeys,
    /// What arguments of a tool must be, each one of these.
    bound: Vec<(String, Vec<Json>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct PythonKeys {
    level: Option<Level>,
    memory: Option<u64>,
    max_output: Option<u64>,
}

/// What allows a request.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The grant's text, or `inputs.NAME`.
    pub text: String,
    pub limits: Limits,
    /// How often a model is asked again, where the grant says.
    pub(crate) retries: Option<u32>,
    /// What the calls of the grant may cost together.
    pub(crate) budget: Option<Arc<Budget>>,
    /// Which of the equal prompts of its run a call is.
    pub(crate) lane: u64,
}

impl Allowed {
    /// What something may do that needs no more than these words.
    fn by(text: &str, limits: Limits) -> Allowed {
        Allowed { text: text.to_string(), limits, retries: None, budget: None, lane: 0 }
    }

    /// A call that this run made before it was killed.
    pub(crate) fn spend(&self, outcome: &EffectOutcome) {
        if let (Some(budget), Some(reply)) = (&self.budget, outcome.answer.get("reply")) {
            budget.spend(model::spent(reply));
        }
    }
}

impl Grants {
    /// The grants of front matter, command line and source, and the files among the inputs.
    ///
    /// # Errors
    /// A key that a grant does not have.
    pub fn of(program: &Program) -> RunResult<Grants> {
        let mut rules = Vec::new();
        for (name, value) in &program.inputs {
            if let InputValue::File(path) = value {
                rules.push(Rule {
                    target: "fs.read".to_string(),
                    text: format!("inputs.{name}"),
                    input: true,
                    allowed: Some(vec![path.clone()]),
                    max_calls: None,
                    max_bytes: None,
                    limits: Limits::default(),
                    retries: None,
                    budget: None,
                    python: PythonKeys::default(),
                    bound: Vec::new(),
                });
            }
        }
        for grant in &program.grants {
            rules.push(rule(grant, &program.checked.tools)?);
        }
        let used = vec![0; rules.len()];
        Ok(Grants { rules, used })
    }

    /// A call that was allowed before, by the grant with this text, counts in this run too.
    pub(crate) fn count(&mut self, text: &str) {
        // All that allow a Python cell count it.
        if text.starts_with("grant python") {
            let of_python = |rule: &Rule| rule.target == "python";
            let rules = self.rules.iter().zip(self.used.iter_mut());
            return rules.filter(|(rule, _)| of_python(rule)).for_each(|(_, used)| *used += 1);
        }
        let mut rules = self.rules.iter().zip(self.used.iter_mut());
        let allowed =
            rules.find(|(rule, used)| rule.text == text && rule.max_calls.is_none_or(|max| **used < max));
        if let Some((_, used)) = allowed {
            *used += 1;
        }
    }

    /// A call that this run made before it was killed, by the grant with this text.
    pub(crate) fn spend(&self, text: &str, outcome: &EffectOutcome) {
        let budget = self.rules.iter().find(|rule| rule.text == text).and_then(|rule| rule.budget.as_ref());
        if let (Some(budget), Some(reply)) = (budget, outcome.answer.get("reply")) {
            budget.spend(model::spent(reply));
        }
    }

    /// The text of all grants, for the keys of results.
    pub fn fingerprint(&self) -> String {
        self.rules.iter().map(|r| format!("{};", r.text)).collect()
    }

    /// The grant that allows a request.
    ///
    /// # Errors
    /// R0106 with the grant that would allow it; R0907 when a limit is used up.
    pub fn allow(
        &mut self,
        ask: &Ask,
        folder: &str,
        world: Option<&mut (dyn World + '_)>,
    ) -> Result<Allowed, Fault> {
        let effect = ask.effect();
        // To give a task less time reaches nothing outside.
        if let Ask::Timer { .. } = ask {
            return Ok(Allowed::by("none is needed", Limits::default()));
        }
        let subject = subject(ask);
        // A link must not lead out of what is granted.
        let resolved = match (&subject, world) {
            (Some(path), Some(world)) if effect.starts_with("fs.") => {
                let full = place(folder, path);
                let real = world.resolve(&full);
                let root = world.resolve(folder);
                Some((real, root))
            }
            _ => None,
        };
        let mut limit = None;
        for (rule, used) in self.rules.iter().zip(self.used.iter_mut()) {
            let named = rule.target == effect
                || effect.strip_prefix(&rule.target).is_some_and(|r| r.starts_with('.'));
            if !named {
                continue;
            }
            if !rule.covers(subject.as_deref(), resolved.as_ref()) {
                continue;
            }
            if let Ask::WriteFile { bytes, .. } = ask
                && rule.max_bytes.is_some_and(|max| bytes.len() as u64 > max)
            {
                limit = Some(format!(
                    "`{}` allows {} bytes, the file has {}",
                    rule.text,
                    rule.max_bytes.unwrap_or(0),
                    bytes.len()
                ));
                continue;
            }
            if rule.max_calls.is_some_and(|max| *used >= max) {
                limit = Some(format!("`{}` allows {} calls", rule.text, rule.max_calls.unwrap_or(0)));
                continue;
            }
            *used += 1;
            let (retries, budget) = (rule.retries, rule.budget.clone());
            return Ok(Allowed { retries, budget, ..Allowed::by(&rule.text, rule.limits) });
        }
        if let Some(limit) = limit {
            return Err(Fault::new("R0907", format!("a grant's limit is reached: {limit}"))
                .help("Raise the limit in the grant, if that many are meant.")
                .kind(FaultKind::Effect));
        }
        let subject = subject.unwrap_or_default();
        let key = match effect {
            "fs.read" | "fs.write" => format!(" path \"{subject}\""),
            "env" => format!(" name \"{subject}\""),
            "process" => format!(" program \"{subject}\""),
            _ => String::new(),
        };
        Err(Fault::new(
            "R0106",
            format!(
                "no grant allows `{effect}`{}",
                if subject.is_empty() { String::new() } else { format!(" of `{subject}`") }
            ),
        )
        .help(format!("Add `grant {effect}{key}` to the document, or run with --grant '{effect}{key}'."))
        .kind(FaultKind::Effect))
    }
}

impl Grants {
    /// The grant that allows to read a state or, where it is counted, to change it.
    ///
    /// # Errors
    /// As [`Grants::allow`].
    pub fn allow_state(&mut self, name: &str, is_counted: bool) -> Result<String, Fault> {
        let mut limit = None;
        for (rule, used) in self.rules.iter().zip(self.used.iter_mut()) {
            if rule.target != "state" || !rule.covers(Some(name), None) {
                continue;
            }
            match rule.max_calls.filter(|max| is_counted && *used >= *max) {
                Some(max) => limit = Some(format!("`{}` allows {max} calls", rule.text)),
                None => {
                    *used += u64::from(is_counted);
                    return Ok(rule.text.clone());
                }
            }
        }
        Err(match limit {
            Some(limit) => Fault::new("R0907", format!("a grant's limit is reached: {limit}"))
                .help("Raise the limit in the grant, if that many are meant."),
            None => Fault::new("R0106", format!("no grant allows `state` of `{name}`")).help(format!(
                "Add `grant state name \"{name}\"` to the document, or run with --grant 'state name \"{name}\"'."
            )),
        }
        .kind(FaultKind::Effect))
    }
}

impl Grants {
    /// The grant that allows a tool's call. What it binds and the call leaves out is put into the arguments.
    ///
    /// # Errors
    /// As [`Grants::allow`].
    pub fn allow_tool(&mut self, effect: &str, arguments: &mut String) -> Result<Allowed, Fault> {
        let mut given = match serde_json::from_str(arguments) {
            Ok(Json::Object(given)) => given,
            _ => {
                return Err(Fault::new("R0999", "a tool's arguments are no object").kind(FaultKind::Internal));
            }
        };
        let (mut limit, mut other) = (None, None);
        for (rule, used) in self.rules.iter().zip(self.used.iter_mut()) {
            if rule.target != effect {
                continue;
            }
            let misfit = rule.bound.iter().find(|(name, values)| match given.get(name) {
                Some(found) => !values.iter().any(|value| same(value, found)),
                None => values.len() != 1,
            });
            if let Some((name, _)) = misfit {
                let found = given.get(name).map_or("nothing".to_string(), Json::to_string);
                other = Some(format!("`{}` does not allow {found} as `{name}`", rule.text));
                continue;
            }
            if rule.max_calls.is_some_and(|max| *used >= max) {
                limit = Some(format!("`{}` allows {} calls", rule.text, rule.max_calls.unwrap_or(0)));
                continue;
            }
            *used += 1;
            for (name, values) in &rule.bound {
                if let [only] = values.as_slice() {
                    given.entry(name.clone()).or_insert_with(|| only.clone());
                }
            }
            *arguments = Json::Object(given).to_string();
            return Ok(Allowed::by(&rule.text, rule.limits));
        }
        Err(match (limit, other) {
            (Some(limit), _) => Fault::new("R0907", format!("a grant's limit is reached: {limit}"))
                .help("Raise the limit in the grant, if that many are meant."),
            (None, Some(other)) => Fault::new("R0106", format!("no grant allows this call: {other}"))
                .help("Call the tool as the grant says, or grant more."),
            (None, None) => Fault::new("R0106", format!("no grant allows `{effect}`"))
                .help(format!("Add `grant {effect}` to the document, or run with --grant '{effect}'.")),
        }
        .kind(FaultKind::Effect))
    }
}

impl Grants {
    /// The grants that allow a Python cell, all together: the narrowest of each bound holds.
    ///
    /// # Errors
    /// As [`Grants::allow`].
    pub fn allow_python(&mut self, bounds: &mut Bounds) -> Result<Allowed, Fault> {
        let Grants { rules, used } = self;
        bounds.model = rules.iter().any(|rule| rule.target == "model");
        let mut texts: Vec<&str> = Vec::new();
        let mut stated: [Option<u64>; 3] = [None; 3];
        let mut level: Option<Level> = None;
        let of_python = |rule: &Rule| rule.target == "python";
        for (rule, used) in rules.iter().zip(used.iter()).filter(|(rule, _)| of_python(rule)) {
            if let Some(max) = rule.max_calls.filter(|max| used >= max) {
                let message = format!("a grant's limit is reached: `{}` allows {max} calls", rule.text);
                return Err(Fault::new("R0907", message)
                    .help("Raise the limit in the grant, if that many are meant.")
                    .kind(FaultKind::Effect));
            }
            texts.push(&rule.text);
            level = level.max(rule.python.level);
            let found = [rule.limits.timeout_ms, rule.python.memory, rule.python.max_output];
            for (known, found) in stated.iter_mut().zip(found) {
                *known = match (*known, found) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
        }
        if texts.is_empty() {
            let help = "Add `grant python level \"strict\"` to the document, or run with --grant 'python level \"strict\"'.";
            return Err(Fault::new("R0106", "no grant allows `python`").help(help).kind(FaultKind::Effect));
        }
        let text = texts.join("; ");
        let [timeout_ms, memory, max_output] = stated;
        bounds.level = level.unwrap_or(bounds.level);
        bounds.timeout_ms = timeout_ms.unwrap_or(bounds.timeout_ms);
        bounds.memory = memory.unwrap_or(bounds.memory);
        bounds.max_output = max_output.unwrap_or(bounds.max_output);
        rules
            .iter()
            .zip(used.iter_mut())
            .filter(|(rule, _)| of_python(rule))
            .for_each(|(_, used)| *used += 1);
        Ok(Allowed::by(&text, Limits::default()))
    }
}

impl Rule {
    /// Whether it allows a request about `subject`, which stands at the first path of `resolved` when links are
    /// followed; the second is the document's folder.
    fn covers(&self, subject: Option<&str>, resolved: Option<&(String, String)>) -> bool {
        let Some(allowed) = &self.allowed else { return true };
        let Some(subject) = subject else { return false };
        let among = |path: &str| allowed.iter().any(|glob| matches(glob, path));
        if !among(subject) {
            return false;
        }
        let stays = resolved.is_none_or(|(real, root)| {
            let rest = real.strip_prefix(root.trim_end_matches('/'));
            let inside = rest.and_then(|rest| rest.strip_prefix('/'));
            among(real) || inside.is_some_and(among)
        });
        self.input || (stays && !subject.split('/').any(|part| part == ".."))
    }
}

/// # Errors
/// A key that is not built or a limit that is no literal: a limit that nobody holds would allow everything.
fn rule(grant: &Grant, tools: &[ToolDef]) -> RunResult<Rule> {
    let target = grant.target.dotted();
    let params = |name: &str| {
        let of_effect = tools.iter().filter(|tool| tool.effect == target);
        of_effect.flat_map(|tool| &tool.schema.params).any(|param| param.name == name)
    };
    let is_tool = tools.iter().any(|tool| tool.effect == target);
    let mut rule = Rule {
        text: format!("grant {target}"),
        target: target.clone(),
        input: false,
        allowed: None,
        max_calls: None,
        max_bytes: None,
        limits: Limits::default(),
        retries: None,
        budget: None,
        python: PythonKeys::default(),
        bound: Vec::new(),
    };
    let mut bounds = model::Bounds::default();
    for (key, value) in &grant.keys {
        let wrong = |what: String, help: &str| {
            Error::usage(format!("`grant {target}`: {what}")).code("E0131").help(help)
        };
        let texts = || {
            literals(value).ok_or_else(|| {
                let what = format!("`{}` expects a text or a list of texts as they stand", key.text);
                wrong(what, "Write it out, such as `path \"data/*\"`.")
            })
        };
        let number = || match value.kind {
            ExprKind::Int(number) if number >= 0 => Ok(number as u64),
            _ => {
                let what = format!("`{}` expects a number from 0 on as it stands", key.text);
                Err(wrong(what, "Write it out, such as `max_calls 10`."))
            }
        };
        let shown = match key.text.as_str() {
            name if params(name) && !checker::LIMITS.contains(&name) => {
                let values = constants(value).ok_or_else(|| {
                    let what = format!("`{name}` expects values as they stand");
                    wrong(what, "Write it out, such as `kind \"news\"`.")
                })?;
                let shown: Vec<String> = values.iter().map(Json::to_string).collect();
                rule.bound.push((name.to_string(), values));
                shown.join(" ")
            }
            "path" | "name" | "program" => rule.allowed.insert(texts()?).join(" "),
            "max_calls" => rule.max_calls.insert(number()?).to_string(),
            "max_bytes" => rule.max_bytes.insert(number()?).to_string(),
            "level" if target == "python" => {
                let level = match &value.kind {
                    ExprKind::Str(name) => Level::named(name),
                    _ => None,
                };
                let level = level.ok_or_else(|| {
                    wrong(
                        "`level` is one of `strict`, `standard` and `none`".to_string(),
                        "Write it as a text: `level \"strict\"`.",
                    )
                })?;
                rule.python.level = Some(level);
                level.name().to_string()
            }
            "memory" if target == "python" => {
                let bytes = within(number()?, 64 << 20, 64 << 30).map_err(|why| {
                    wrong(
                        format!("`memory` is {why}"),
                        "The interpreter itself needs 64 MiB: `memory 1073741824`.",
                    )
                })?;
                rule.python.memory.insert(bytes).to_string()
            }
            "max_output" if target == "python" => {
                let bytes = within(number()?, 0, 64 << 20).map_err(|why| {
                    wrong(format!("`max_output` is {why}"), "It counts bytes: `max_output 100000`.")
                })?;
                rule.python.max_output.insert(bytes).to_string()
            }
            "timeout_ms" if target == "python" => {
                let ms = within(number()?, 1, 3_600_000).map_err(|why| {
                    wrong(
                        format!("`timeout_ms` is {why}"),
                        "A cell works for an hour at most: `timeout_ms 30000`.",
                    )
                })?;
                rule.limits.timeout_ms.insert(ms).to_string()
            }
            "timeout_ms" | "retries" | "max_in_flight" if !is_tool && !WAIT.contains(&target.as_str()) => {
                let what = format!("the key `{}` is not built for `{target}`", key.text);
                return Err(wrong(
                    what,
                    "It is built for what a program waits for: clock, process, model and tools.",
                ));
            }
            "timeout_ms" => rule.limits.timeout_ms.insert(number()?).to_string(),
            "max_in_flight" => match number()? {
                0 => {
                    let what = "`max_in_flight` is at least 1, found 0".to_string();
                    return Err(wrong(what, "To allow no call, leave the grant out."));
                }
                number => rule.limits.max_in_flight.insert(number).to_string(),
            },
            "retries" if target == "model" => {
                let retries = u32::try_from(number()?).unwrap_or(u32::MAX);
                rule.retries.insert(retries).to_string()
            }
            "max_tokens" if target == "model" => bounds.tokens.insert(number()?).to_string(),
            "max_cost" if target == "model" => {
                let dollars = match value.kind {
                    ExprKind::Int(number) => number as f64,
                    ExprKind::Float(number) => number,
                    _ => -1.0,
                };
                // Whole nano-dollars from here on.
                if !(0.0..=1e9).contains(&dollars) {
                    let what = "`max_cost` expects dollars from 0 to 1000000000 as they stand".to_string();
                    return Err(wrong(what, "Write it out, such as `max_cost 0.50`."));
                }
                bounds.nanodollars = Some((dollars * 1e9).round() as u64);
                dollars.to_string()
            }
            "retries" => {
                rule.limits.retries = number()?;
                rule.limits.retries.to_string()
            }
            unbuilt => {
                let keys = "The keys that are built are path, name, program, timeout_ms, retries, \
                            max_in_flight, max_calls, max_bytes, of model max_tokens and max_cost, and of python \
                            level, memory and max_output.";
                return Err(wrong(format!("the key `{unbuilt}` is not built yet"), keys));
            }
        };
        rule.text.push_str(&format!(" {} {shown}", key.text));
    }
    if !bounds.is_none() {
        rule.budget = Some(Budget::new(&rule.text, bounds));
    }
    Ok(rule)
}

fn within(number: u64, least: u64, most: u64) -> Result<u64, String> {
    match (least..=most).contains(&number) {
        true => Ok(number),
        false => Err(format!("from {least} to {most}, found {number}")),
    }
}

/// Effects that run while the program goes on.
const WAIT: &[&str] = &["clock", "process", "model"];

/// The value of a grant's key for a tool, or the values of its list.
fn constants(value: &Expr) -> Option<Vec<Json>> {
    let one = |value: &Expr| match &value.kind {
        ExprKind::Str(text) => Some(Json::from(text.as_str())),
        ExprKind::Int(number) => Some(Json::from(*number)),
        ExprKind::Float(number) => Some(Json::from(*number)),
        ExprKind::Bool(truth) => Some(Json::from(*truth)),
        _ => None,
    };
    match &value.kind {
        ExprKind::List(items) => items
            .iter()
            .map(|item| match item {
                Element::Value(value) => one(value),
                _ => None,
            })
            .collect(),
        _ => one(value).map(|value| vec![value]),
    }
}

/// Whether two values are the same for a tool: numbers by value.
fn same(one: &Json, other: &Json) -> bool {
    one == other || (one.is_number() && one.as_f64() == other.as_f64())
}

/// The texts of a grant's key.
fn literals(value: &Expr) -> Option<Vec<String>> {
    match &value.kind {
        ExprKind::Str(text) => Some(vec![text.clone()]),
        ExprKind::List(items) => items
            .iter()
            .map(|item| match item {
                Element::Value(Expr { kind: ExprKind::Str(text), .. }) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn subject(ask: &Ask) -> Option<String> {
    match ask {
        Ask::ReadFile { path }
        | Ask::WriteFile { path, .. }
        | Ask::Exists { path }
        | Ask::MakeDirectory { path } => Some(path.clone()),
        Ask::Glob { pattern } => Some(pattern.clone()),
        Ask::Environment { name } => Some(name.clone()),
        Ask::Execute { program, .. } => Some(program.clone()),
        _ => None,
    }
}

/// `*` stands for any characters but `/`, `**` for any, `?` for one. Costs at most the product of both lengths.
pub fn matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let mut glob = glob.as_slice();
    // For each start of the text, whether the glob so far matches it.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    while let [first, rest @ ..] = glob {
        let (any, rest) = match (first, rest) {
            ('*', ['*', rest @ ..]) => (Some(true), rest),
            ('*', rest) => (Some(false), rest),
            (_, rest) => (None, rest),
        };
        let mut before = false;
        for (at, reached) in reached.iter_mut().enumerate() {
            let found = at.checked_sub(1).and_then(|i| text.get(i));
            let was = *reached;
            *reached = match any {
                Some(folders) => was || (before && (folders || found != Some(&'/'))),
                None => before && found.is_some_and(|c| if *first == '?' { *c != '/' } else { c == first }),
            };
            before = if any.is_some() { *reached } else { was };
        }
        glob = rest;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests;
