//! `grant` lines: known effects and known keys.

use std::collections::BTreeMap;

use syntax::Diagnostic;
use syntax::ast::{Element, Expr, ExprKind, Grant, ItemKind, Name};

use crate::Type;
use crate::checked::ToolDef;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::effects::{EFFECTS, covers};
use crate::nearest::did_you_mean;
use crate::tool::effects_of;

/// The effects of tools with their keys.
type Tools = BTreeMap<String, Vec<(String, Type)>>;

/// What bounds the calls of any effect.
pub const LIMITS: &[&str] = &["timeout_ms", "max_calls", "max_in_flight", "retries"];

/// How far Python is confined.
const LEVELS: &[&str] = &["strict", "standard", "none"];

/// Whether the limit bounds anything of the effect's calls: how often any is made is counted, and what the program waits
/// for while it goes on can be late, in flight beside others, and tried again. A Python cell has its time.
fn is_held(effect: &str, limit: &str) -> bool {
    match effect {
        "fs" | "fs.read" | "fs.write" | "env" | "stdin" | "random" | "state" => limit == "max_calls",
        "python" => matches!(limit, "max_calls" | "timeout_ms"),
        _ => true,
    }
}

/// The keys of an effect's grant, beside the limits.
fn keys_of(effect: &str) -> &'static [&'static str] {
    match effect {
        "fs" | "fs.read" | "fs.write" => &["path", "max_bytes"],
        "http" => &["domain", "allowed_domains", "methods"],
        "env" | "state" => &["name"],
        "process" => &["program"],
        "model" => &["max_tokens", "max_cost"],
        "python" => &["level", "memory", "max_output", "packages"],
        _ => &[],
    }
}

impl<'a> Checker<'a> {
    /// Every `grant` of every file names an effect and keys that exist.
    pub(crate) fn check_grant_lines(&mut self) {
        for module in 0..self.program.modules.len() {
            for item in self.items(module) {
                match &item.kind {
                    ItemKind::Grant(grant) => self.check_grant_line(grant),
                    ItemKind::Record(record) => {
                        record.grants.iter().for_each(|grant| self.check_grant_line(grant));
                    }
                    _ => {}
                }
            }
        }
    }

    fn check_grant_line(&mut self, grant: &'a Grant) {
        let effect = grant.target.dotted();
        let tools = self.tool_effects();
        if let Some(unknown) = unknown_effect(&effect, grant, &tools) {
            return self.report(unknown);
        }
        for (key, value) in &grant.keys {
            if tools.get(&effect).is_some_and(|keys| keys.iter().any(|(name, _)| *name == key.text)) {
                if let Some(wrong) = misfit(&effect, key, value, &tools) {
                    self.report(wrong);
                }
                continue;
            }
            if effect == "python" && key.text == "level" {
                let wrong = misfit(&effect, key, value, &tools).or_else(|| unconfined(grant));
                wrong.into_iter().for_each(|wrong| self.report(wrong));
                continue;
            }
            let found = self.infer(value, None);
            let wanted = value_of(key);
            let one = wanted == Type::list(Type::String) && matches!(value.kind, ExprKind::Str(_));
            if !one && !self.accepts(&found, &wanted) {
                self.mismatch(value, &found, &wanted);
            }
        }
        grant
            .keys
            .iter()
            .filter_map(|(key, _)| unknown_key(&effect, key, &tools))
            .for_each(|d| self.report(d));
    }
}

fn value_of(key: &Name) -> Type {
    match key.text.as_str() {
        "max_cost" => Type::Float,
        "max_bytes" | "max_tokens" | "memory" | "max_output" => Type::Int,
        limit if LIMITS.contains(&limit) => Type::Int,
        "level" => Type::String,
        _ => Type::list(Type::String),
    }
}

/// What is wrong with a grant that stands in front matter or on a command line: an effect or key that does not exist,
/// or a key's value that is no literal of its type. Otherwise it would be a limit that nobody holds.
pub fn check_grant(grant: &Grant, tools: &[ToolDef]) -> Vec<Diagnostic> {
    let effect = grant.target.dotted();
    let tools = effects_of(tools);
    if let Some(unknown) = unknown_effect(&effect, grant, &tools) {
        return vec![unknown];
    }
    grant
        .keys
        .iter()
        .filter_map(|(key, value)| {
            unknown_key(&effect, key, &tools).or_else(|| misfit(&effect, key, value, &tools))
        })
        .collect()
}

/// What is wrong with a grant in a document that takes all confinement from Python: only who starts the run says that.
pub fn unconfined(grant: &Grant) -> Option<Diagnostic> {
    let is_none = |value: &Expr| matches!(&value.kind, ExprKind::Str(level) if level == "none");
    let (_, value) = grant.keys.iter().find(|(key, value)| key.text == "level" && is_none(value))?;
    let is_python = grant.target.dotted() == "python";
    is_python.then(|| {
        Diagnostic::error("E0131", value.span, "A document does not take the confinement from its own code.")
            .help("Who starts the run may: leave the grant out of the document, and run it with --grant 'python level \"none\"'.")
    })
}

fn unknown_effect(effect: &str, grant: &Grant, tools: &Tools) -> Option<Diagnostic> {
    // `fs` is about `fs.read`, a declared effect about its operations.
    if effect == "fs" || EFFECTS.contains(&effect) || tools.keys().any(|known| covers(effect, known)) {
        return None;
    }
    let message = format!("There is no effect `{effect}` to grant.");
    let mut diagnostic = Diagnostic::error("E0108", grant.target.span, message);
    diagnostic.help = Some(
        did_you_mean(effect, EFFECTS.iter().copied().chain(tools.keys().map(String::as_str)))
            .unwrap_or_else(|| format!("There are {}.", list_of(EFFECTS))),
    );
    Some(diagnostic)
}

/// A value that its key cannot hold.
fn misfit(effect: &str, key: &Name, value: &Expr, tools: &Tools) -> Option<Diagnostic> {
    let keys = tools.get(effect).map_or(&[][..], Vec::as_slice);
    if let Some((_, ty)) = keys.iter().find(|(name, _)| *name == key.text) {
        let fits = |value: &Expr| {
            matches!(
                (&value.kind, ty),
                (ExprKind::Str(_), Type::String)
                    | (ExprKind::Int(_), Type::Int | Type::Float)
                    | (ExprKind::Float(_), Type::Float)
                    | (ExprKind::Bool(_), Type::Bool)
            )
        };
        let fits = match &value.kind {
            ExprKind::List(items) => items.iter().all(|e| matches!(e, Element::Value(e) if fits(e))),
            _ => fits(value),
        };
        let message = format!("`{}` of a grant expects what the tool takes, or a list of such.", key.text);
        return (!fits).then(|| {
            Diagnostic::error("E0131", value.span, message)
                .help("A grant can bind texts, numbers and truth values, each written out.")
        });
    }
    let text = |e: &Expr| matches!(e.kind, ExprKind::Str(_));
    let (fits, expected, example) = match value_of(key) {
        Type::Int => (matches!(value.kind, ExprKind::Int(_)), "a whole number", "max_calls 10"),
        Type::Float => {
            (matches!(value.kind, ExprKind::Int(_) | ExprKind::Float(_)), "a number", "max_cost 0.5")
        }
        Type::String => {
            let fits = matches!(&value.kind, ExprKind::Str(level) if LEVELS.contains(&level.as_str()));
            (fits, "one of `strict`, `standard` and `none`, as a text", "level \"strict\"")
        }
        _ => {
            let list = match &value.kind {
                ExprKind::List(items) => items.iter().all(|e| matches!(e, Element::Value(e) if text(e))),
                _ => text(value),
            };
            (list, "a text or a list of texts", "path \"data/*\"")
        }
    };
    let message = format!("`{}` of a grant expects {expected}.", key.text);
    (!fits).then(|| Diagnostic::error("E0131", value.span, message).help(format!("Such as `{example}`.")))
}

fn unknown_key(effect: &str, key: &Name, tools: &Tools) -> Option<Diagnostic> {
    let own = tools.get(effect).map_or(&[][..], Vec::as_slice).iter().map(|(name, _)| name.as_str());
    let limits = LIMITS.iter().copied().filter(|limit| is_held(effect, limit));
    let known: Vec<&str> = own.chain(keys_of(effect).iter().copied()).chain(limits).collect();
    if known.contains(&key.text.as_str()) {
        return None;
    }
    if LIMITS.contains(&key.text.as_str()) {
        let message = match key.text.as_str() {
            "max_in_flight" => {
                format!("`max_in_flight` says nothing of `{effect}`: its calls are made one by one.")
            }
            limit => format!(
                "`{limit}` says nothing of `{effect}`: the program does nothing else while a call is made, and a failed one would fail again."
            ),
        };
        return Some(Diagnostic::error("E0131", key.span, message).help(format!(
            "Take it out: a limit that nobody counts would only seem to hold. `{effect}` has {}.",
            list_of(&known)
        )));
    }
    let mut diagnostic =
        Diagnostic::error("E0131", key.span, format!("A grant of `{effect}` has no key `{}`.", key.text));
    diagnostic.help = Some(
        did_you_mean(&key.text, known.iter().copied())
            .unwrap_or_else(|| format!("It has {}.", list_of(&known))),
    );
    Some(diagnostic)
}
