//! Files of cases for the language: Markdown and faulty sources, read into the same [`Case`] as JSON.
//!
//! In Markdown a `##` section is a program, its `lumen` fences one file and those with `file=a/b.lm` what it imports;
//! `Class: edge` and `Source: hand (why)` stand above them. Comments `# error: CODE "part of the message"`,
//! `# warning: ...` and `# revealed: T` bind to their line and make a case of `language.check`; an `output` or `fault`
//! fence makes one of `language.run`, whose id ends in `-run`; a `formatted` fence one of `language.format`; a `fixed`
//! fence, what the safe fixes leave of a text with at least three faults, one of `language.recover` and, with `-fixed`
//! behind its id, one of `language.mend`.
//!
//! A faulty source `x.lm` is one case of `language.recover`: `# error: CODE` binds to its line, `# error-at LINE: CODE`
//! to another one, and `# fixable` in the first line promises that the safe fixes mend it.

use super::{Case, CaseFile, Class, Expect, Expectation, Input, Source};
use crate::json::Json;
use crate::place::{Malformed, Place};
use crate::value::{Cell, Outcome, Tree, Value};
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// The folder that a file of cases lies in: its packet.
fn packet(file: &str) -> String {
    file.rsplit('/').nth(1).unwrap_or_default().to_string()
}

fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Malformed> {
    std::str::from_utf8(bytes).map_err(|why| Place::file(file).malformed("UTF-8", why.to_string()))
}

fn lines(lines: impl IntoIterator<Item = String>) -> Value {
    Value::Tree(Tree::Items(lines.into_iter().map(Value::Text).collect()))
}

fn expect(value: Value) -> Expectation {
    Expectation { answer: Expect::Value(value), warnings: Vec::new() }
}

/// A parser that stops at its first fault, or repeats it, is seen.
const FAULTS_MIN: usize = 3;

/// The line and code of each fault that comments in the text tell.
fn told(text: &str) -> Result<Vec<(usize, &str)>, (&'static str, String)> {
    let mut faults: Vec<(usize, &str)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, code)) = line.split_once("# error: ") {
            faults.push((number, code.trim()));
        }
        if let Some((_, place)) = line.split_once("# error-at ") {
            let found = place.split_once(": ").and_then(|(at, code)| Some((at.parse().ok()?, code.trim())));
            faults.push(found.ok_or_else(|| ("`# error-at LINE: CODE`", format!("{line:?}")))?);
        }
    }
    if faults.len() < FAULTS_MIN {
        return Err(("at least 3 `# error: CODE`", faults.len().to_string()));
    }
    faults.sort_unstable();
    Ok(faults)
}

/// What `language.recover` gives for a text whose faults are these, and whose mended form has none.
fn recovered(faults: &[(usize, &str)]) -> Value {
    let shown = lines(faults.iter().map(|(line, code)| format!("{line} {code}")));
    Value::Tree(Tree::Entries(vec![
        (Cell::Text("faults".into()), shown),
        (Cell::Text("left".into()), lines([])),
    ]))
}

/// One faulty source.
pub(super) fn read_faulty(file: &str, bytes: &[u8]) -> Result<CaseFile, Malformed> {
    let text = text(file, bytes)?;
    let faults = told(text).map_err(|(expected, found)| Place::file(file).malformed(expected, found))?;
    let is_fixable = text.starts_with("# fixable");
    let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".lm");
    let case = Case {
        id: stem.to_string(),
        op: "language.recover".into(),
        class: if is_fixable { Class::Edge } else { Class::Adversarial },
        inputs: [("text".to_string(), Input::Value(Value::Text(text.to_string())))].into(),
        params: Map::from_iter([("mend".to_string(), Json::Bool(is_fixable))]),
        expect: expect(recovered(&faults)),
        hardened: None,
        source: Source::Spec("the language's specification: recovery and diagnostics".into()),
        retired: None,
    };
    Ok(CaseFile { packet: packet(file), cases: vec![case] })
}

#[derive(Default)]
struct Section {
    name: String,
    line: usize,
    class: Option<Class>,
    source: Option<Source>,
    program: String,
    files: Vec<(String, String)>,
    output: Option<String>,
    fault: Option<String>,
    formatted: Option<String>,
    fixed: Option<String>,
}

/// The sections of a Markdown file.
pub(super) fn read_markdown(file: &str, bytes: &[u8]) -> Result<CaseFile, Malformed> {
    let place = Place::file(file);
    let mut cases = Vec::new();
    for section in sections(&place, text(file, bytes)?)? {
        let at = |expected: &str, found: &str| {
            place.malformed(expected, format!("{found} in the section at line {}", section.line))
        };
        let made = section.cases().map_err(|(expected, found)| at(expected, &found))?;
        if made.is_empty() {
            return Err(at("something that the section expects", "nothing"));
        }
        cases.extend(made);
    }
    let mut seen = BTreeSet::new();
    if let Some(case) = cases.iter().find(|case| !seen.insert(case.id.as_str())) {
        return Err(place.malformed("each section's name once", format!("{:?} again", case.id)));
    }
    if cases.is_empty() {
        return Err(place.malformed("at least one section", "none"));
    }
    Ok(CaseFile { packet: packet(file), cases })
}

fn sections(place: &Place<'_>, text: &str) -> Result<Vec<Section>, Malformed> {
    let mut sections: Vec<Section> = Vec::new();
    let mut fence: Option<(&str, &str, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((marks, tag, body)) = &mut fence {
            if line != *marks {
                body.push_str(line);
                body.push('\n');
                continue;
            }
            let body = std::mem::take(body);
            if let Some(section) = sections.last_mut() {
                match *tag {
                    "lumen" => section.program.push_str(&body),
                    "output" => section.output = Some(body),
                    "fault" => section.fault = Some(body.trim().to_string()),
                    "formatted" => section.formatted = Some(body),
                    "fixed" => section.fixed = Some(body),
                    tag => match tag.strip_prefix("lumen file=") {
                        Some(name) => section.files.push((name.to_string(), body)),
                        None => {
                            let expected = "a fence lumen, output, fault, formatted or fixed";
                            return Err(place.malformed(expected, format!("{tag:?} above line {number}")));
                        }
                    },
                }
            }
            fence = None;
        } else if line.starts_with("```") {
            let tag = line.trim_start_matches('`');
            fence = Some((&line[..line.len() - tag.len()], tag.trim(), String::new()));
        } else if let Some(name) = line.strip_prefix("## ") {
            sections.push(Section { name: name.trim().into(), line: number, ..Section::default() });
        } else if let (Some(section), Some((key, word))) = (sections.last_mut(), line.split_once(": ")) {
            match key {
                "Class" => section.class = Class::ALL.into_iter().find(|class| class.name() == word.trim()),
                "Source" => section.source = source(word.trim()),
                _ => {}
            }
        }
    }
    match fence {
        None => Ok(sections),
        Some((marks, ..)) => Err(place.malformed(format!("{marks} at the end of a fence"), "the file's end")),
    }
}

/// `spec`, `hand`, or either with words in parentheses.
fn source(word: &str) -> Option<Source> {
    let (kind, words) = word.split_once(" (").unwrap_or((word, ""));
    let words = words.trim_end_matches(')');
    let words = |without: &str| if words.is_empty() { without.to_string() } else { words.to_string() };
    match kind {
        "spec" => Some(Source::Spec(words("the language's specification"))),
        "hand" => Some(Source::Hand(words("worked out from the program"))),
        _ => None,
    }
}

impl Section {
    fn cases(&self) -> Result<Vec<Case>, (&'static str, String)> {
        let class = self.class.ok_or(("Class: happy, edge or adversarial", "none".to_string()))?;
        let source = self.source.clone().ok_or(("Source: spec or hand", "none".to_string()))?;
        let program = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let program: Vec<(&str, &str)> = program.chain([("main.lm", self.program.as_str())]).collect();
        let tree =
            program.iter().map(|(name, text)| (Cell::Text((*name).into()), Value::Text((*text).into())));
        let program_value = Value::Tree(Tree::Entries(tree.collect()));
        let slug = slug(&self.name);
        let case = |op: &str, id: String, input: (&str, Value), params: Json, value: Value| Case {
            id,
            op: op.into(),
            class,
            inputs: BTreeMap::from([(input.0.to_string(), Input::Value(input.1))]),
            params: params.as_object().cloned().unwrap_or_default(),
            expect: expect(value),
            hardened: None,
            source: source.clone(),
            retired: None,
        };
        if let Some(formatted) = &self.formatted {
            let input = ("text", Value::Text(self.program.clone()));
            return Ok(vec![case("language.format", slug, input, json!({}), Value::Text(formatted.clone()))]);
        }
        if let Some(fixed) = &self.fixed {
            let faults = told(&self.program)?;
            let input = || ("text", Value::Text(self.program.clone()));
            let recover =
                case("language.recover", slug.clone(), input(), json!({"mend": true}), recovered(&faults));
            let mended = Value::Text(fixed.clone());
            let mend = case("language.mend", format!("{slug}-fixed"), input(), json!({}), mended);
            return Ok(vec![recover, mend]);
        }
        let runs = self.output.is_some() || self.fault.is_some();
        let noted: Vec<Noted> = program.iter().flat_map(|(name, text)| noted(name, text)).collect();
        let mut cases = Vec::new();
        if !noted.is_empty() {
            let mentions: Vec<Json> =
                noted.iter().map(|note| json!({"place": note.place(), "part": note.part})).collect();
            let mut expected: Vec<String> = noted.iter().map(Noted::shown).collect();
            expected.sort();
            let params = json!({"mentions": mentions, "warnings": !runs});
            let input = ("program", program_value.clone());
            cases.push(case("language.check", slug.clone(), input, params, lines(expected)));
        }
        if runs {
            let fault = self.fault.as_deref().unwrap_or_default();
            let (code, part) = fault.split_once(' ').unwrap_or((fault, ""));
            let status = match (code, part) {
                ("", _) => "finished".to_string(),
                (code, "") => code.to_string(),
                (code, part) => format!("{code} {part:?}"),
            };
            let output = self.output.iter().map(|text| ("output".to_string(), Value::Text(text.clone())));
            let outcome = Outcome { status, outputs: output.collect(), calls: 0, ledger: BTreeMap::new() };
            let params = json!({"fuel": null, "part": part, "output": self.output.is_some()});
            let input = ("program", program_value);
            cases.push(case("language.run", format!("{slug}-run"), input, params, Value::Outcome(outcome)));
        }
        Ok(cases)
    }
}

/// Letters and digits in lower case, all else one `-`.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// A diagnostic that a line expects.
struct Noted {
    file: String,
    line: usize,
    kind: &'static str,
    code: String,
    part: String,
}

impl Noted {
    fn place(&self) -> String {
        format!("{}:{} {} {}", self.file, self.line, self.kind, self.code)
    }

    fn shown(&self) -> String {
        if self.part.is_empty() { self.place() } else { format!("{} {:?}", self.place(), self.part) }
    }
}

fn noted(file: &str, text: &str) -> Vec<Noted> {
    let mut found = Vec::new();
    for (line, mut rest) in (1..).zip(text.lines()) {
        while let Some(at) = rest.find("# ") {
            rest = &rest[at + 2..];
            for kind in ["error", "warning", "revealed"] {
                let Some(text) = rest.strip_prefix(kind).and_then(|rest| rest.strip_prefix(": ")) else {
                    continue;
                };
                let text = text.split(" # ").next().unwrap_or(text).trim();
                let (code, part) = match kind {
                    // The checker reveals a type by this warning.
                    "revealed" => ("W0200", format!("The type here is {text}.")),
                    _ => {
                        let (code, part) = text.split_once(' ').unwrap_or((text, ""));
                        (code, part.trim().trim_matches('"').to_string())
                    }
                };
                found.push(Noted { file: file.into(), line, kind, code: code.into(), part });
            }
        }
    }
    found
}
