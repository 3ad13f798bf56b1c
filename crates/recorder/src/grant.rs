//! What a program may do: the grants of its root, and the check of each request against them.

use prelude::effects::Ask;
use syntax::ast::Grant;
use syntax::document::InputValue;
use vm::{Fault, FaultKind};

use crate::door::place;
use crate::program::{Program, grant_texts};
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
    /// Globs over paths, programs or names; empty means any.
    allowed: Vec<String>,
    max_calls: Option<u64>,
    max_bytes: Option<u64>,
}

impl Grants {
    /// The grants of front matter, command line and source, and the files among the inputs.
    ///
    /// # Errors
    /// A key that a grant does not have.
    pub fn of(program: &Program) -> crate::error::Result<Grants> {
        let mut rules = Vec::new();
        for (name, value) in &program.inputs {
            if let InputValue::File(path) = value {
                rules.push(Rule {
                    target: "fs.read".to_string(),
                    text: format!("inputs.{name}"),
                    allowed: vec![path.clone()],
                    max_calls: None,
                    max_bytes: None,
                });
            }
        }
        for grant in &program.grants {
            rules.push(rule(grant)?);
        }
        let used = vec![0; rules.len()];
        Ok(Grants { rules, used })
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
    ) -> Result<String, Fault> {
        let effect = ask.effect();
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
            let covers = rule.allowed.is_empty()
                || subject.as_ref().is_some_and(|s| {
                    let plain = rule.allowed.iter().any(|glob| matches(glob, s));
                    let stays = resolved.as_ref().is_none_or(|(real, root)| {
                        let root = if root.is_empty() || root.ends_with('/') {
                            root.clone()
                        } else {
                            format!("{root}/")
                        };
                        let relative = real.strip_prefix(&root).unwrap_or(real);
                        rule.text.starts_with("inputs.")
                            || rule.allowed.iter().any(|glob| matches(glob, relative) || matches(glob, real))
                    });
                    plain
                        && stays
                        && !s.split('/').any(|part| part == "..") | rule.text.starts_with("inputs.")
                });
            if !covers {
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
            return Ok(rule.text.clone());
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

fn rule(grant: &Grant) -> crate::error::Result<Rule> {
    let target = grant.target.dotted();
    let mut rule = Rule {
        text: format!("grant {target}"),
        target,
        allowed: Vec::new(),
        max_calls: None,
        max_bytes: None,
    };
    for (key, value) in &grant.keys {
        let texts = grant_texts(value);
        rule.text.push_str(&format!(" {} {}", key.text, texts.join(" ")));
        let number = || texts.first().and_then(|t| t.parse().ok());
        match key.text.as_str() {
            "path" | "name" | "program" => rule.allowed = texts,
            "max_calls" => rule.max_calls = number(),
            "max_bytes" => rule.max_bytes = number(),
            unknown => {
                let keys = ["path", "name", "program", "max_calls", "max_bytes"];
                let near = syntax::suggest::nearest(unknown, keys);
                return Err(crate::error::Error::usage(format!(
                    "`{}` has no key `{unknown}` (E0131)",
                    rule.target
                ))
                .help(near.map_or(
                    "The keys that are built are path, name, program, max_calls and max_bytes.".to_string(),
                    |n| format!("Did you mean `{n}`?"),
                )));
            }
        }
    }
    Ok(rule)
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

/// `*` stands for any characters but `/`, `**` for any, `?` for one.
pub fn matches(glob: &str, text: &str) -> bool {
    fn go(glob: &[u8], text: &[u8]) -> bool {
        match glob {
            [] => text.is_empty(),
            [b'*', b'*', rest @ ..] => (0..=text.len()).any(|i| go(rest, &text[i..])),
            [b'*', rest @ ..] => {
                let limit = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
                (0..=limit).any(|i| go(rest, &text[i..]))
            }
            [b'?', rest @ ..] => matches!(text, [c, more @ ..] if *c != b'/' && go(rest, more)),
            [c, rest @ ..] => matches!(text, [d, more @ ..] if c == d && go(rest, more)),
        }
    }
    go(glob.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stays_in_its_folder() {
        assert!(matches("data/*.csv", "data/a.csv"));
        assert!(!matches("data/*", "data/x/a.csv"));
        assert!(matches("data/**", "data/x/a.csv"));
        assert!(!matches("data/*", "other/a.csv"));
    }
}
