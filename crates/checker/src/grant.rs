//! `grant` lines: known effects and known keys.

use syntax::Diagnostic;
use syntax::ast::{ExprKind, Grant, ItemKind, Name};

use crate::Type;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::effects::EFFECTS;
use crate::nearest::did_you_mean;

/// Limits that every grant can have.
const LIMITS: &[&str] = &["timeout_ms", "max_calls", "max_in_flight", "retries"];

/// The keys of an effect's grant, beside the limits.
fn keys_of(effect: &str) -> &'static [&'static str] {
    match effect {
        "fs" | "fs.read" | "fs.write" => &["path", "max_bytes"],
        "http" => &["domain", "allowed_domains", "methods"],
        "env" | "state" => &["name"],
        "process" => &["program"],
        "model" => &["max_tokens", "max_cost"],
        "python" => &["level"],
        _ => &[],
    }
}

impl<'a> Checker<'a> {
    /// Every `grant` of every file names an effect and keys that exist.
    pub(crate) fn check_grant_lines(&mut self) {
        for module in 0..self.program.modules.len() {
            for item in self.items(module) {
                if let ItemKind::Grant(grant) = &item.kind {
                    self.check_grant_line(grant);
                }
            }
        }
    }

    fn check_grant_line(&mut self, grant: &'a Grant) {
        let effect = grant.target.dotted();
        if effect != "fs" && !EFFECTS.contains(&effect.as_str()) {
            let mut diagnostic = Diagnostic::error(
                "E0108",
                grant.target.span,
                format!("There is no effect `{effect}` to grant."),
            );
            diagnostic.help = Some(
                did_you_mean(&effect, EFFECTS.iter().copied())
                    .unwrap_or_else(|| format!("There are {}.", list_of(EFFECTS))),
            );
            self.report(diagnostic);
            return;
        }
        for (key, value) in &grant.keys {
            let found = self.infer(value, None);
            let wanted = match key.text.as_str() {
                "max_cost" => Type::Float,
                "max_bytes" | "max_tokens" => Type::Int,
                limit if LIMITS.contains(&limit) => Type::Int,
                _ => Type::list(Type::String),
            };
            let one = wanted == Type::list(Type::String) && matches!(value.kind, ExprKind::Str(_));
            self.check_key(&effect, key);
            if !one && !self.accepts(&found, &wanted) {
                self.mismatch(value, &found, &wanted);
            }
        }
    }

    fn check_key(&mut self, effect: &str, key: &Name) {
        let known: Vec<&str> = keys_of(effect).iter().chain(LIMITS).copied().collect();
        if known.contains(&key.text.as_str()) {
            return;
        }
        let mut diagnostic =
            Diagnostic::error("E0131", key.span, format!("A grant of `{effect}` has no key `{}`.", key.text));
        diagnostic.help = Some(
            did_you_mean(&key.text, known.iter().copied())
                .unwrap_or_else(|| format!("It has {}.", list_of(&known))),
        );
        self.report(diagnostic);
    }
}
