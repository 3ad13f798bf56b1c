//! The YAML block at a document's head.

use serde_json::Value;

use crate::ast::{Attr, Grant, ItemKind, NodeIds};
use crate::diagnostic::Diagnostic;
use crate::parser::{DIRECTIVES, parse_part};
use crate::text::{FileId, Span};

const KEYS: &[&str] = &["title", "inputs", "grants", "providers", "cassette", "seed", "given", "lumen"];

#[derive(Clone, Debug, Default)]
pub struct FrontMatter {
    pub title: Option<String>,
    pub inputs: Vec<Input>,
    pub grants: Vec<Grant>,
    /// Model alias to provider.
    pub providers: Vec<(String, String)>,
    /// A file with what models said, from the document's folder: they are not asked then.
    pub cassette: Option<String>,
    pub seed: Option<u64>,
    pub given: Vec<Given>,
    /// What stands under `lumen`, as if at the head of the first code.
    pub directives: Vec<Attr>,
    /// The whole block, fences included; empty when there is none.
    pub span: Span,
}

/// An entry of `inputs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub name: String,
    pub value: InputValue,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InputValue {
    /// A file, by its path from the document's folder; granted for reading.
    File(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
}

/// A number in prose that somebody gave: `given: {"42": FAA}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    pub source: String,
}

/// Front matter, the offset behind it, and what is wrong with it.
pub(super) fn read(file: FileId, text: &str, ids: &mut NodeIds) -> (FrontMatter, usize, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut front = FrontMatter { span: Span::new(file, 0, 0), ..FrontMatter::default() };
    let Some((yaml_start, yaml_end, body)) = bounds(text) else {
        if text.starts_with("---\n") || text.starts_with("---\r\n") {
            let span = Span::new(file, 0, 3);
            diagnostics.push(
                Diagnostic::error("E0604", span, "The front matter is not closed.")
                    .help("It ends with a line of three dashes."),
            );
        }
        return (front, 0, diagnostics);
    };
    front.span = Span::new(file, 0, body);
    let yaml = &text[yaml_start..yaml_end];
    if yaml.trim().is_empty() {
        return (front, body, diagnostics);
    }
    let value: Value = match serde_saphyr::from_str(yaml) {
        Ok(value) => value,
        Err(error) => {
            let message = error.without_snippet().to_string();
            let first = message.lines().next().unwrap_or("it is not YAML");
            let reason = first.trim_start_matches("error: ");
            let reason = reason.rsplit_once(" at line ").map_or(reason, |(reason, _)| reason);
            // The reader counts lines from the first one behind the dashes.
            let reason = match reason.split_once(": ") {
                Some((place, reason)) if place.starts_with("line ") => reason,
                _ => reason,
            };
            let place = error.location().and_then(|at| {
                let line = yaml.split_inclusive('\n').take(usize::try_from(at.line()).ok()?.checked_sub(1)?);
                let start = line.map(str::len).sum::<usize>();
                let column = usize::try_from(at.column()).ok()?.saturating_sub(1);
                let skipped = yaml.get(start..)?.lines().next()?.chars().take(column);
                let start = yaml_start + start + skipped.map(char::len_utf8).sum::<usize>();
                Some(Span::new(file, start, start))
            });
            let place = place.unwrap_or(front.span.at_start());
            diagnostics.push(
                Diagnostic::error("E0604", place, format!("The front matter cannot be read: {reason}."))
                    .help("It is YAML: one `key: value` a line."),
            );
            return (front, body, diagnostics);
        }
    };
    let Value::Object(map) = value else {
        diagnostics.push(Diagnostic::error(
            "E0604",
            front.span,
            "The front matter is not a map of `key: value`.",
        ));
        return (front, body, diagnostics);
    };
    let mut reader = Reader { file, yaml, yaml_start, ids, diagnostics };
    for (key, value) in &map {
        reader.entry(&mut front, key, value);
    }
    (front, body, reader.diagnostics)
}

/// Where the YAML stands and where the body starts.
fn bounds(text: &str) -> Option<(usize, usize, usize)> {
    let rest = text.strip_prefix("---")?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
    let start = text.len() - rest.len();
    let mut at = start;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((start, at, at + line.len()));
        }
        at += line.len();
    }
    None
}

struct Reader<'a> {
    file: FileId,
    yaml: &'a str,
    yaml_start: usize,
    ids: &'a mut NodeIds,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Where a key stands: the first line that starts with it, or mentions it.
    fn place(&self, key: &str) -> Span {
        let mut at = 0;
        for line in self.yaml.split_inclusive('\n') {
            let trimmed = line.trim_start().trim_start_matches(['{', '"', '\'']);
            if let Some(rest) = trimmed.strip_prefix(key)
                && rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':')
            {
                let start = at + (line.len() - trimmed.len());
                return Span::new(self.file, self.yaml_start + start, self.yaml_start + start + key.len());
            }
            at += line.len();
        }
        let start = self.yaml.find(key).unwrap_or(0);
        Span::new(
            self.file,
            self.yaml_start + start,
            self.yaml_start + start + key.len().min(self.yaml.len() - start),
        )
    }

    /// Where a text stands in the list under a key, in the document: behind the entries before it, which `behind` counts
    /// past, and as a word of its own. One that is written in another way, with escapes, has the key's place.
    fn entry_place(&self, key: &str, text: &str, behind: &mut usize) -> usize {
        let key = self.place(key);
        let from = (*behind).max((key.end as usize).saturating_sub(self.yaml_start));
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let rest = self.yaml.get(from..).unwrap_or_default();
        let found = rest.match_indices(text).find(|(at, _)| {
            let before = rest.get(..*at).and_then(|before| before.chars().next_back());
            let after = rest.get(at + text.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        });
        match found {
            Some((at, _)) => {
                *behind = from + at + text.len();
                self.yaml_start + from + at
            }
            None => key.start as usize,
        }
    }

    fn wrong(&mut self, key: &str, expected: &str, found: &Value) {
        let span = self.place(key);
        let message = format!("`{key}` expects {expected}, found {}.", describe(found));
        self.diagnostics.push(Diagnostic::error("E0604", span, message));
    }

    fn entry(&mut self, front: &mut FrontMatter, key: &str, value: &Value) {
        match (key, value) {
            ("title", Value::String(title)) => front.title = Some(title.clone()),
            ("title", other) => self.wrong(key, "a text", other),
            ("cassette", Value::String(file)) => front.cassette = Some(file.clone()),
            ("cassette", other) => self.wrong(key, "a file's path", other),
            ("seed", value) => match value.as_u64() {
                Some(seed) => front.seed = Some(seed),
                None => self.wrong(key, "a whole number from 0", value),
            },
            ("inputs", Value::Object(map)) => {
                for (name, value) in map {
                    self.input(front, name, value);
                }
            }
            ("inputs", other) => self.wrong(key, "a map of names", other),
            ("grants", Value::Array(list)) => {
                let mut behind = 0;
                for value in list {
                    match value {
                        Value::String(text) => {
                            let at = self.entry_place(key, text, &mut behind);
                            self.grant(front, text, at);
                        }
                        other => self.wrong(
                            key,
                            "a list of grants as text, such as `fs.read path \"data/*\"`",
                            other,
                        ),
                    }
                }
            }
            ("grants", other) => self.wrong(key, "a list of grants", other),
            ("providers", Value::Object(map)) => {
                for (alias, value) in map {
                    match value {
                        Value::String(provider) => front.providers.push((alias.clone(), provider.clone())),
                        other => self.wrong(alias, "a provider's name", other),
                    }
                }
            }
            ("providers", other) => self.wrong(key, "a map of model aliases", other),
            ("given", Value::Object(map)) => {
                for (text, value) in map {
                    match value {
                        Value::String(source) => {
                            front.given.push(Given { text: text.clone(), source: source.clone() });
                        }
                        other => self.wrong(text, "the source as text", other),
                    }
                }
            }
            ("given", other) => self.wrong(key, "a map from a number to its source", other),
            ("lumen", Value::String(text)) => {
                let at = self.entry_place(key, text, &mut 0);
                self.directive(front, text, at);
            }
            ("lumen", Value::Array(list)) => {
                let mut behind = 0;
                for value in list {
                    match value {
                        Value::String(text) => {
                            let at = self.entry_place(key, text, &mut behind);
                            self.directive(front, text, at);
                        }
                        other => self.wrong(key, "a list of directives, such as `deterministic`", other),
                    }
                }
            }
            ("lumen", other) => self.wrong(key, "a list of directives", other),
            (unknown, _) => {
                let span = self.place(unknown);
                let mut diagnostic =
                    Diagnostic::error("E0604", span, format!("`{unknown}` is no key of the front matter."));
                diagnostic = match crate::suggest::nearest(unknown, KEYS.iter().copied()) {
                    Some(near) => diagnostic.help(format!("Did you mean `{near}`?")),
                    None => diagnostic.help(format!("The keys are {}.", KEYS.join(", "))),
                };
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn input(&mut self, front: &mut FrontMatter, name: &str, value: &Value) {
        let span = self.place(name);
        let well_named = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !well_named {
            let message = format!("`{name}` cannot be read as `inputs.{name}`.");
            self.diagnostics.push(
                Diagnostic::error("E0604", span, message)
                    .help("Names are lower-case letters, digits and `_`."),
            );
            return;
        }
        let value = match value {
            Value::Object(map) if map.len() == 1 && map.contains_key("file") => match &map["file"] {
                Value::String(path) => InputValue::File(path.clone()),
                other => return self.wrong("file", "a path", other),
            },
            Value::Bool(b) => InputValue::Bool(*b),
            Value::String(text) => InputValue::Text(text.clone()),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => InputValue::Int(int),
                (None, Some(float)) => InputValue::Float(float),
                (None, None) => return self.wrong(name, "a number", value),
            },
            other => return self.wrong(name, "`{file: PATH}` or a plain value", other),
        };
        front.inputs.push(Input { name: name.to_string(), value, span });
    }

    /// `deterministic` or `"@deterministic"`, as at the head of the first code.
    fn directive(&mut self, front: &mut FrontMatter, text: &str, offset: usize) {
        let span = Span::new(self.file, offset, offset + text.len());
        let (source, before) = match text.starts_with('@') {
            true => (text.to_string(), offset),
            // The mark is not in the text, which spans count from.
            false => (format!("@{text}"), offset.saturating_sub("@".len())),
        };
        let part = parse_part(self.file, &source, before, None, self.ids);
        let alone = part.items.is_empty() && part.diagnostics.is_empty();
        match <[Attr; 1]>::try_from(part.directives) {
            Ok([directive]) if alone => front.directives.push(directive),
            _ => self.diagnostics.push(
                Diagnostic::error("E0604", span, format!("`{text}` is no directive."))
                    .help(format!("The directives are {}.", DIRECTIVES.join(", "))),
            ),
        }
    }

    fn grant(&mut self, front: &mut FrontMatter, text: &str, offset: usize) {
        let span = Span::new(self.file, offset, offset + text.len());
        // The word is not in the text, which spans count from.
        let source = format!("grant {text}");
        let before = offset.saturating_sub("grant ".len());
        let part = parse_part(self.file, &source, before, None, self.ids);
        let fault = part.diagnostics.first().map(|d| d.message.clone());
        match part.items.into_iter().next().map(|i| i.kind) {
            Some(ItemKind::Grant(grant)) if fault.is_none() => front.grants.push(*grant),
            _ => {
                let why = fault.unwrap_or_else(|| "it names no effect".to_string());
                self.diagnostics.push(
                    Diagnostic::error("E0604", span, format!("`{text}` is no grant: {why}")).help(
                        "A grant is an effect and its limits: `fs.read path \"data/*\" max_bytes 1000000`.",
                    ),
                );
            }
        }
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_string(),
        Value::Bool(b) => format!("`{b}`"),
        Value::Number(n) => format!("`{n}`"),
        Value::String(s) => format!("\"{s}\""),
        Value::Array(_) => "a list".to_string(),
        Value::Object(_) => "a map".to_string(),
    }
}
