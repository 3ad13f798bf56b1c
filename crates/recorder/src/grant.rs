//! What a program may do: the grants of its root, and the check of each request against them.

use std::collections::BTreeMap;
use std::sync::Arc;

use checker::ToolDef;
use prelude::effects::Ask;
use prelude::python::{Bounds, Level};
use serde_json::Value as Json;
use syntax::Span;
use syntax::ast::{Element, Expr, ExprKind, Grant, ItemKind};
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
    /// Where the declarations of processes with grants stand.
    processes: Vec<bytecode::Span>,
    /// What calls of models may cost together.
    budget: Option<Arc<Budget>>,
    /// Calls that questions on their way may make beside the one that each is: the rules that they count in, by effect.
    held: BTreeMap<u128, (Vec<usize>, u64, u64)>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// `fs.read`, or `fs` for both.
    target: String,
    /// As a reader knows it: the grant's text, or `inputs.NAME`.
    text: String,
    /// Whether it is a file that the document names as its input, wherever that leads.
    input: bool,
    /// The process whose cells it narrows, by its place among those with grants.
    within: Option<usize>,
    /// Globs over paths, programs or names; any where the grant names none.
    allowed: Option<Vec<String>>,
    /// Methods of requests to servers; any where the grant names none.
    methods: Option<Vec<String>>,
    max_calls: Option<u64>,
    max_bytes: Option<u64>,
    limits: Limits,
    /// How often a model is asked again, and what its calls may cost together.
    retries: Option<u32>,
    bounds: model::Bounds,
    /// How far Python is confined, and what it may use.
    python: PythonKeys,
    /// What arguments of a tool must be, each one of these.
    bound: Vec<(String, Vec<Json>)>,
}

#[derive(Clone, Debug, Default)]
struct PythonKeys {
    packages: Vec<String>,
    level: Option<Level>,
    memory: Option<u64>,
    max_output: Option<u64>,
}

/// What allows a request.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The texts of the grants that do, or `inputs.NAME`.
    pub text: String,
    pub limits: Limits,
    /// How often a model is asked again, where a grant says.
    pub(crate) retries: Option<u32>,
    /// What the calls of the grants may cost together.
    pub(crate) budget: Option<Arc<Budget>>,
    /// Which of the equal prompts of its run a call is.
    pub(crate) lane: u64,
    /// How the Python of a question is confined.
    pub(crate) python: Option<Bounds>,
    /// How many calls of models a question may make, where a grant says.
    pub(crate) calls: Option<u64>,
    /// Among how many questions what is left of the budget is divided, this one and those behind it.
    pub(crate) share: u64,
}

impl Allowed {
    /// What something may do that needs no more than these words.
    fn by(text: &str, limits: Limits) -> Allowed {
        Allowed {
            text: text.to_string(),
            limits,
            retries: None,
            budget: None,
            lane: 0,
            python: None,
            calls: None,
            share: 1,
        }
    }

    /// A call that this run made before it was killed.
    pub(crate) fn spend(&self, outcome: &EffectOutcome) {
        if let (Some(budget), Some(reply)) = (&self.budget, outcome.answer.get("reply")) {
            budget.spend(model::spent(reply));
        }
        let asked = outcome.answer.get("python").and_then(|python| python.get("asked"));
        if let (Some(budget), Some(asked)) = (&self.budget, asked) {
            budget.spend(model::spent_by_python(asked));
        }
    }
}

/// What one rule has against a request.
enum Against {
    /// A limit of it is reached.
    Limit(String),
    /// It is not about that.
    Other(String),
}

impl Grants {
    /// The grants of front matter, command line and source, the files among the inputs, and what narrows processes.
    ///
    /// # Errors
    /// A key that a grant does not have.
    pub fn of(program: &Program) -> RunResult<Grants> {
        let mut rules = Vec::new();
        for (name, value) in &program.inputs {
            if let InputValue::File(path) = value {
                rules.push(Rule {
                    input: true,
                    allowed: Some(vec![path.clone()]),
                    ..Rule::of("fs.read".to_string(), format!("inputs.{name}"))
                });
            }
        }
        for grant in &program.grants {
            rules.push(rule(grant, &program.checked.tools)?);
        }
        let mut processes = Vec::new();
        for item in program.modules.iter().flat_map(|module| &module.items) {
            let ItemKind::Record(process) = &item.kind else { continue };
            for grant in &process.grants {
                let rule = rule(grant, &program.checked.tools)?;
                let text = format!("{} in {}", rule.text, process.name.text);
                if !rule.bounds.is_none() {
                    let what =
                        format!("`{text}`: `max_tokens` and `max_cost` of a process are not built yet");
                    return Err(Error::usage(what)
                        .code("E0131")
                        .help("Give them to the program: the grant stands outside of the process then."));
                }
                rules.push(Rule { text, within: Some(processes.len()), ..rule });
            }
            if !process.grants.is_empty() {
                let Span { file, start, end } = item.span;
                processes.push(bytecode::Span { file: file.0, start, end });
            }
        }
        let used = vec![0; rules.len()];
        let budget = budget(&rules);
        Ok(Grants { rules, used, processes, budget, held: BTreeMap::new() })
    }

    /// The declarations of processes with grants: a request names those that it comes from by their places here.
    pub fn processes(&self) -> &[bytecode::Span] {
        &self.processes
    }

    /// A call that was allowed before, by the grants with this text, counts in this run too.
    pub(crate) fn count(&mut self, effect: &str, text: &str, outcome: Option<&EffectOutcome>) {
        let calls = outcome.map_or(1, model::calls_made);
        for (rule, used) in self.rules.iter().zip(self.used.iter_mut()) {
            // What a Python cell asked counts where the program's grants bound it.
            if effect == "python" && rule.is_for("model", &[]) {
                *used += calls;
            } else if rule.names(effect) && text.contains(&rule.text) {
                *used += if effect == "python" { 1 } else { calls };
            }
        }
    }

    /// An effect that may make many calls, of which so many are counted already, takes those that are left: an equal part
    /// of them among so many such effects, at most as many as it wants. Nothing where no grant bounds them.
    pub(crate) fn hold_calls(
        &mut self,
        id: u128,
        within: &[usize],
        (counted, share): (u64, u64),
        most: u64,
    ) -> Option<u64> {
        let bounded = |rule: &Rule| rule.is_for("model", within) && rule.max_calls.is_some();
        let rules = self.rules.iter().zip(&self.used).enumerate().filter(|(_, (rule, _))| bounded(rule));
        let rules: Vec<(usize, u64)> = rules
            .map(|(at, (rule, used))| (at, rule.max_calls.unwrap_or_default().saturating_sub(*used)))
            .collect();
        // Those behind it are counted when they come.
        let left = rules.iter().map(|(_, left)| *left).min()?.saturating_add(counted);
        let part = (left / share.max(1)).clamp(counted, most.max(counted));
        let places: Vec<usize> = rules.into_iter().map(|(at, _)| at).collect();
        for at in &places {
            if let Some(used) = self.used.get_mut(*at) {
                *used += part - counted;
            }
        }
        self.held.insert(id, (places, part - counted, counted));
        Some(part)
    }

    /// A question is answered: what it took of its calls counts, and the others are free again.
    pub(crate) fn release_calls(&mut self, id: u128, outcome: &EffectOutcome) {
        let Some((places, held, counted)) = self.held.remove(&id) else { return };
        let made = model::calls_made(outcome).saturating_sub(counted);
        for at in places {
            if let Some(used) = self.used.get_mut(at) {
                *used = used.saturating_sub(held).saturating_add(made);
            }
        }
    }

    /// A call that this run made before it was killed.
    pub(crate) fn spend(&self, effect: &str, outcome: &EffectOutcome) {
        let budget = self.budget.as_ref().filter(|_| effect == "model");
        if let (Some(budget), Some(reply)) = (budget, outcome.answer.get("reply")) {
            budget.spend(model::spent(reply));
        }
        let asked = outcome.answer.get("python").and_then(|python| python.get("asked"));
        if let (Some(budget), Some(asked)) = (&self.budget, asked) {
            budget.spend(model::spent_by_python(asked));
        }
    }

    /// The text of all grants, for the keys of results.
    pub fn fingerprint(&self) -> String {
        self.rules.iter().map(|r| format!("{};", r.text)).collect()
    }

    /// The grants that allow a request, which comes from within these processes.
    ///
    /// # Errors
    /// R0106 with the grant that would allow it; R0907 when a limit is used up.
    pub fn allow(
        &mut self,
        ask: &Ask,
        within: &[usize],
        folder: &str,
        world: Option<&mut (dyn World + '_)>,
    ) -> Result<Allowed, Fault> {
        let effect = ask.effect();
        // To give a task less time reaches nothing outside, nor does what the run's own log keeps.
        if let Ask::Timer { .. } | Ask::Checkpoint { .. } = ask {
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
        let bytes = match ask {
            Ask::WriteFile { bytes, .. } => bytes.len() as u64,
            _ => 0,
        };
        self.pass(effect, subject.as_deref(), within, |rule, used| {
            if !rule.covers(subject.as_deref(), resolved.as_ref()) {
                let what = subject.as_deref().unwrap_or(effect);
                return Some(Against::Other(format!("`{}` is not about `{what}`", rule.text)));
            }
            if let (Some(methods), Ask::Http { method, .. }) = (&rule.methods, ask)
                && !methods.iter().any(|allowed| allowed.eq_ignore_ascii_case(method))
            {
                return Some(Against::Other(format!("`{}` does not allow {method}", rule.text)));
            }
            if let Some(max) = rule.max_bytes.filter(|max| bytes > *max) {
                let what = format!("`{}` allows {max} bytes, the file has {bytes}", rule.text);
                return Some(Against::Limit(what));
            }
            rule.spent(used)
        })
    }

    /// The grants that allow to read a state or, where it is counted, to change it.
    ///
    /// # Errors
    /// As [`Grants::allow`].
    pub fn allow_state(&mut self, name: &str, within: &[usize], is_counted: bool) -> Result<String, Fault> {
        let before = self.used.clone();
        let allowed =
            self.pass("state", Some(name), within, |rule, used| match rule.covers(Some(name), None) {
                false => Some(Against::Other(format!("`{}` is not about `{name}`", rule.text))),
                true if is_counted => rule.spent(used),
                true => None,
            });
        if !is_counted {
            self.used = before;
        }
        allowed.map(|allowed| allowed.text)
    }

    /// The grants that allow a tool's call. What they bind and the call leaves out is put into the arguments.
    ///
    /// # Errors
    /// As [`Grants::allow`].
    pub fn allow_tool(
        &mut self,
        effect: &str,
        within: &[usize],
        arguments: &mut String,
    ) -> Result<Allowed, Fault> {
        let mut given = match serde_json::from_str(arguments) {
            Ok(Json::Object(given)) => given,
            _ => {
                return Err(Fault::new("R0999", "a tool's arguments are no object").kind(FaultKind::Internal));
            }
        };
        for rule in self.rules.iter().filter(|rule| rule.is_for(effect, within)) {
            for (name, values) in &rule.bound {
                if let [only] = values.as_slice() {
                    given.entry(name.clone()).or_insert_with(|| only.clone());
                }
            }
        }
        let allowed = self.pass(effect, None, within, |rule, used| {
            let misfit = rule.bound.iter().find(|(name, values)| match given.get(name) {
                Some(found) => !values.iter().any(|value| same(value, found)),
                None => true,
            });
            if let Some((name, _)) = misfit {
                let found = given.get(name).map_or("nothing".to_string(), Json::to_string);
                let what = format!("`{}` does not allow {found} as `{name}`", rule.text);
                return Some(Against::Other(what));
            }
            rule.spent(used)
        })?;
        *arguments = Json::Object(given).to_string();
        Ok(allowed)
    }

    /// The grants that allow a Python cell, all together: the narrowest of each bound holds.
    ///
    /// # Errors
    /// As [`Grants::allow`].
    pub fn allow_python(&mut self, within: &[usize], bounds: &mut Bounds) -> Result<Allowed, Fault> {
        bounds.model = self.rules.iter().any(|rule| rule.is_for("model", within));
        let allowed = self.pass("python", None, within, |rule, used| rule.spent(used))?;
        let of_python = || self.rules.iter().filter(|rule| rule.is_for("python", within));
        let least = |bound: fn(&Rule) -> Option<u64>| of_python().filter_map(bound).min();
        bounds.level = of_python().filter_map(|rule| rule.python.level).max().unwrap_or(bounds.level);
        bounds.timeout_ms = least(|rule| rule.limits.timeout_ms).unwrap_or(bounds.timeout_ms);
        bounds.memory = least(|rule| rule.python.memory).unwrap_or(bounds.memory);
        bounds.max_output = least(|rule| rule.python.max_output).unwrap_or(bounds.max_output);
        // Those that every grant names: one without any grants none.
        let mut named = of_python().map(|rule| &rule.python.packages);
        let mut packages = named.next().cloned().unwrap_or_default();
        named.for_each(|others| packages.retain(|package| others.contains(package)));
        packages.sort();
        packages.dedup();
        bounds.packages = packages;
        // The worker holds its own time, so nothing else has to; the limits are those of models that the cell asks.
        let mut of_models = Allowed::by(&allowed.text, Limits::default());
        for rule in self.rules.iter().filter(|rule| bounds.model && rule.is_for("model", within)) {
            of_models.limits = of_models.limits.narrowed(rule.limits);
            of_models.retries = of_models.retries.into_iter().chain(rule.retries).min();
        }
        of_models.budget = self.budget.clone().filter(|_| bounds.model);
        Ok(of_models)
    }

    /// Asks every grant that names the effect, of the program and of the processes that the request comes from: one of
    /// the program and one of each such process must be about the request, and of all that are, every limit holds. A file
    /// among the inputs needs no grant of the program.
    fn pass(
        &mut self,
        effect: &str,
        subject: Option<&str>,
        within: &[usize],
        against: impl Fn(&Rule, u64) -> Option<Against>,
    ) -> Result<Allowed, Fault> {
        let is_input =
            |(rule, used): (&Rule, &u64)| rule.input && rule.names(effect) && against(rule, *used).is_none();
        let input = self.rules.iter().zip(&self.used).position(is_input);
        let mut passed: Vec<usize> = input.into_iter().collect();
        let mut granted: Vec<Option<usize>> = input.iter().map(|_| None).collect();
        let mut other: Vec<(Option<usize>, String)> = Vec::new();
        for (at, (rule, used)) in self.rules.iter().zip(&self.used).enumerate() {
            if rule.input || !rule.is_for(effect, within) || (input.is_some() && rule.within.is_none()) {
                continue;
            }
            match against(rule, *used) {
                None => {
                    passed.push(at);
                    granted.push(rule.within);
                }
                Some(Against::Limit(what)) => {
                    return Err(Fault::new("R0907", format!("a grant's limit is reached: {what}"))
                        .help("Raise the limit in the grant, if that many are meant.")
                        .kind(FaultKind::Effect));
                }
                Some(Against::Other(what)) => other.push((rule.within, what)),
            }
        }
        let has_grants = |process: &usize| self.rules.iter().any(|rule| rule.within == Some(*process));
        let scopes = std::iter::once(None).chain(within.iter().filter(|p| has_grants(p)).copied().map(Some));
        for scope in scopes {
            if granted.contains(&scope) {
                continue;
            }
            if let Some((_, what)) = other.iter().find(|(of, _)| *of == scope) {
                return Err(refused(effect, subject, what));
            }
            let of = |rule: &&Rule| rule.within == scope && scope.is_some();
            let Some(only) = self.rules.iter().find(of) else { return Err(ungranted(effect, subject)) };
            let what = format!("a process that this comes from has only `{}`", only.text);
            return Err(refused(effect, subject, &what));
        }
        let (mut texts, mut limits) = (Vec::new(), Limits::default());
        let mut retries = None;
        let mut first = true;
        for at in passed {
            let (Some(rule), Some(used)) = (self.rules.get(at), self.used.get_mut(at)) else { continue };
            *used += 1;
            texts.push(rule.text.as_str());
            limits = if first { rule.limits } else { limits.narrowed(rule.limits) };
            retries = [retries, rule.retries].into_iter().flatten().min();
            first = false;
        }
        let budget = self.budget.clone().filter(|_| effect == "model");
        Ok(Allowed { retries, budget, ..Allowed::by(&texts.join("; "), limits) })
    }
}

/// What the program's calls of models may cost, by the narrowest of its grants.
fn budget(rules: &[Rule]) -> Option<Arc<Budget>> {
    let bounded: Vec<&Rule> = rules.iter().filter(|rule| !rule.bounds.is_none()).collect();
    let texts: Vec<&str> = bounded.iter().map(|rule| rule.text.as_str()).collect();
    let bounds = model::Bounds {
        tokens: bounded.iter().filter_map(|rule| rule.bounds.tokens).min(),
        nanodollars: bounded.iter().filter_map(|rule| rule.bounds.nanodollars).min(),
    };
    (!bounds.is_none()).then(|| Budget::new(&texts.join("; "), bounds))
}

/// No grant of the program names the effect.
fn ungranted(effect: &str, subject: Option<&str>) -> Fault {
    let what = subject.map_or(String::new(), |subject| format!(" of `{subject}`"));
    let key = match (effect, subject) {
        ("fs.read" | "fs.write", Some(path)) => format!(" path \"{path}\""),
        ("env" | "state", Some(name)) => format!(" name \"{name}\""),
        ("http", Some(domain)) => format!(" domain \"{domain}\""),
        ("process", Some(program)) => format!(" program \"{program}\""),
        ("python", _) => " level \"strict\"".to_string(),
        _ => String::new(),
    };
    Fault::new("R0106", format!("no grant allows `{effect}`{what}"))
        .help(format!("Add `grant {effect}{key}` to the document, or run with --grant '{effect}{key}'."))
        .kind(FaultKind::Effect)
}

/// A grant names the effect and does not allow this.
fn refused(effect: &str, subject: Option<&str>, why: &str) -> Fault {
    let what = subject.map_or(String::new(), |subject| format!(" of `{subject}`"));
    Fault::new("R0106", format!("no grant allows `{effect}`{what}: {why}"))
        .help("Widen that grant, or add another, if this is meant.")
        .kind(FaultKind::Effect)
}

impl Rule {
    fn of(target: String, text: String) -> Rule {
        Rule {
            target,
            text,
            input: false,
            within: None,
            allowed: None,
            methods: None,
            max_calls: None,
            max_bytes: None,
            limits: Limits::default(),
            retries: None,
            bounds: model::Bounds::default(),
            python: PythonKeys::default(),
            bound: Vec::new(),
        }
    }

    /// Whether it is about the effect: `fs` is about `fs.read`.
    fn names(&self, effect: &str) -> bool {
        effect.strip_prefix(&self.target).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether it has a say in a request of the effect from within these processes.
    fn is_for(&self, effect: &str, within: &[usize]) -> bool {
        self.names(effect) && self.within.is_none_or(|process| within.contains(&process))
    }

    /// Whether all its calls are made.
    fn spent(&self, used: u64) -> Option<Against> {
        let max = self.max_calls.filter(|max| used >= *max)?;
        let calls = report::format::counted(usize::try_from(max).unwrap_or(usize::MAX), "call");
        Some(Against::Limit(format!("`{}` allows {calls}", self.text)))
    }

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
    let mut rule = Rule::of(target.clone(), format!("grant {target}"));
    // `Search` is about `Search.query` too.
    let is_tool = tools.iter().any(|tool| rule.names(&tool.effect));
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
            "domain" | "allowed_domains" => {
                let names: Vec<String> = texts()?.iter().map(|name| name.to_ascii_lowercase()).collect();
                let shown = names.join(" ");
                rule.allowed.get_or_insert_default().extend(names);
                shown
            }
            "methods" => rule.methods.insert(texts()?).join(" "),
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
            "packages" if target == "python" => {
                let names = texts()?;
                let is_name = |name: &String| {
                    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
                    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_word)
                };
                if let Some(odd) = names.iter().find(|name| !is_name(name)) {
                    return Err(wrong(
                        format!("`packages` names {odd:?}, which no package is called"),
                        "Write the name that it is installed by: `packages \"pandas\"`.",
                    ));
                }
                rule.python.packages.extend(names.iter().cloned());
                names.join(" ")
            }
            "memory" if target == "python" => {
                let bytes = between(number()?, 64 << 20, 64 << 30).map_err(|why| {
                    wrong(
                        format!("`memory` is {why}"),
                        "The interpreter itself needs 64 MiB: `memory 1073741824`.",
                    )
                })?;
                rule.python.memory.insert(bytes).to_string()
            }
            "max_output" if target == "python" => {
                let bytes = between(number()?, 0, 64 << 20).map_err(|why| {
                    wrong(format!("`max_output` is {why}"), "It counts bytes: `max_output 100000`.")
                })?;
                rule.python.max_output.insert(bytes).to_string()
            }
            "timeout_ms" if target == "python" => {
                let ms = between(number()?, 1, 3_600_000).map_err(|why| {
                    wrong(
                        format!("`timeout_ms` is {why}"),
                        "A cell works for an hour at most: `timeout_ms 30000`.",
                    )
                })?;
                rule.limits.timeout_ms.insert(ms).to_string()
            }
            "timeout_ms" | "retries" | "max_in_flight" if !is_tool && !WAIT.contains(&target.as_str()) => {
                let what = format!("the key `{}` says nothing of `{target}`", key.text);
                return Err(wrong(
                    what,
                    "It bounds what a program waits for: clock, http, process, model and tools.",
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
            "max_tokens" if target == "model" => rule.bounds.tokens.insert(number()?).to_string(),
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
                rule.bounds.nanodollars = Some((dollars * 1e9).round() as u64);
                dollars.to_string()
            }
            "retries" => rule.limits.retries.insert(number()?).to_string(),
            unbuilt => {
                let keys = "The keys that are built are path, name, program, domain, methods, timeout_ms, retries, \
                            max_in_flight, max_calls, max_bytes, of model max_tokens and max_cost, and of python \
                            level, memory, max_output and packages.";
                return Err(wrong(format!("the key `{unbuilt}` is not built yet"), keys));
            }
        };
        rule.text.push_str(&format!(" {} {shown}", key.text));
    }
    Ok(rule)
}

fn between(number: u64, least: u64, most: u64) -> Result<u64, String> {
    match (least..=most).contains(&number) {
        true => Ok(number),
        false => Err(format!("from {least} to {most}, found {number}")),
    }
}

/// Effects that run while the program goes on.
const WAIT: &[&str] = &["clock", "http", "process", "model"];

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
        | Ask::MakeDirectory { path }
        | Ask::Remove { path } => Some(path.clone()),
        Ask::Glob { pattern } => Some(pattern.clone()),
        Ask::Environment { name } => Some(name.clone()),
        Ask::Execute { program, .. } => Some(program.clone()),
        Ask::Http { host, .. } => Some(host.clone()),
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
