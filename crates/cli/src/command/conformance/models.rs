//! `lumen conformance --models`: which versions of its surfaces this program speaks, each with what shows it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use conformance::verbs::{self, Compatibility};
use evidence::gate::Verdict;
use evidence::place::escape;
use evidence::report::Status;
use serde_json::{Value as Json, json};

use super::Desk;
use crate::serve::{mcp, stdio};
use crate::terminal::Failure;

/// Sessions with the two servers, written by hand.
const STDIO: &str = include_str!("../../../../../cases/models/wire/stdio.json");
const MCP: &str = include_str!("../../../../../cases/models/wire/mcp.json");

/// Runs the packets of the model runtime and the sessions, and folds both.
pub(super) fn models(desk: Desk<'_>) -> Result<u8, Failure> {
    let mut settings = desk.settings()?;
    settings.area = Some("models".to_string());
    // Nothing of a surface depends on how many threads an engine has.
    if desk.options.run.threads.is_empty() {
        settings.threads = vec![1];
    }
    let outcome = verbs::run(desk.session, &settings)?;
    let mut rows = verbs::matrix(desk.session, &outcome);
    for (at, (name, protocol, text)) in [(2, ("stdio", "--stdio", STDIO)), (3, ("MCP", "--mcp", MCP))] {
        rows.insert(at.min(rows.len()), served(name, protocol, text)?);
    }
    let checkout = desk.session.checkout.as_ref();
    let commit = checkout.map_or("unknown", |checkout| checkout.commit.as_str());
    // Nobody knows of a program outside its checkout that nothing was changed.
    let dirty = checkout.is_none_or(|checkout| checkout.dirty);
    let versions: Vec<String> = rows.iter().map(|row| version(&row.surface)).collect();
    desk.answer(
        || {
            let rows = rows.iter().zip(&versions).map(|(row, version)| {
                json!({
                    "surface": row.surface, "version": version, "verdict": row.verdict.name(),
                    "cases": row.cases, "tests": row.tests, "reason": row.reason, "commit": commit, "dirty": dirty,
                })
            });
            json!({
                "schema": "lumen.evidence.models", "schema_version": 1, "commit": commit, "dirty": dirty,
                "rows": rows.collect::<Vec<_>>(),
            })
        },
        |terminal| {
            terminal.tell(&format!(
                "{:<16} {:<24} {:<14} {:>5}  tests\n",
                "surface", "version", "verdict", "cases"
            ));
            for (row, version) in rows.iter().zip(&versions) {
                terminal.tell(&format!(
                    "{:<16} {:<24} {:<14} {:>5}  {}\n",
                    row.surface,
                    escape(version),
                    row.verdict.name(),
                    row.cases,
                    row.tests.join(", ")
                ));
                if let Some(reason) = &row.reason {
                    terminal.tell(&format!("    {}\n", escape(reason)));
                }
            }
            let state = if dirty { ", dirty: no evidence for a release" } else { "" };
            terminal.tell(&format!("commit {commit}{state}\n"));
        },
    );
    let has = |verdict| rows.iter().any(|row| row.verdict == verdict);
    Ok(match (has(Verdict::Fail), has(Verdict::NotEvaluated), desk.options.run.lenient) {
        (true, ..) => verbs::RED,
        (false, true, false) => verbs::NOT_EVALUATED,
        _ => verbs::PASS,
    })
}

/// What this program speaks there.
fn version(surface: &str) -> String {
    match surface {
        "binary" => recorder::run::ENGINE.to_string(),
        "worker protocol" => sandbox::PROTOCOL.to_string(),
        "stdio" => stdio::version(),
        "MCP" => mcp::REVISIONS.join(", "),
        "journal" => recorder::record::VERSION.to_string(),
        "cassette" => provider::CASSETTE_VERSION.to_string(),
        "interop" => recorder::interop::Version::OURS.to_string(),
        "interpreter" => match sandbox::Interpreter::find(crate::world::python_name()) {
            Ok(found) => format!("CPython {}", found.version().map(|part| part.to_string()).join(".")),
            Err(_) => "none that runs cells".to_string(),
        },
        _ => "unknown".to_string(),
    }
}

/// A server's row, by the sessions that stand in a file.
fn served(name: &str, protocol: &str, sessions: &str) -> Result<Compatibility, Failure> {
    let malformed = |why: String| Failure::usage(format!("cases/models/wire: {why}"));
    let sessions: Vec<Json> = serde_json::from_str(sessions).map_err(|why| malformed(why.to_string()))?;
    let mut judged = Vec::new();
    for session in &sessions {
        let case = session.get("case").and_then(Json::as_str).unwrap_or_default().to_string();
        let (Some(send), Some(expect)) = (
            session.get("send").and_then(Json::as_array),
            session.get("expect").and_then(Json::as_object).filter(|expect| !expect.is_empty()),
        ) else {
            return Err(malformed(format!("`{case}` sends or expects nothing")));
        };
        let said = talk(protocol, send).map_err(|error| Failure::io("the server does not run", &error))?;
        judged.push(match judge(&said, expect) {
            None => (case, Status::Pass, String::new()),
            Some(why) => (case, Status::Fail, why),
        });
    }
    let file = format!("wire/{}.json", name.to_lowercase());
    Ok(Compatibility::of(name, vec![file], &judged))
}

/// Sends all lines to a server, closes its input and reads what it says until it ends.
fn talk(protocol: &str, send: &[Json]) -> std::io::Result<String> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve", protocol])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut lines = String::new();
    for line in send {
        match line {
            // A line as it is, which may be no JSON.
            Json::String(text) => lines.push_str(text),
            message => lines.push_str(&message.to_string()),
        }
        lines.push('\n');
    }
    let wrote = child.stdin.take().map(|mut input| input.write_all(lines.as_bytes()));
    let mut said = String::new();
    // A server that closed early still has its output read.
    let read = child.stdout.take().map(|output| output.take(16 << 20).read_to_string(&mut said));
    child.wait()?;
    wrote.transpose().or_else(|error| if said.is_empty() { Err(error) } else { Ok(None) })?;
    read.transpose()?;
    Ok(said)
}

/// What is wrong with the answers; nothing where they are those that are expected.
fn judge(said: &str, expect: &serde_json::Map<String, Json>) -> Option<String> {
    let mut answers: BTreeMap<String, Json> = BTreeMap::new();
    for line in said.lines() {
        let Ok(message) = serde_json::from_str::<Json>(line) else {
            return Some(format!("a line that is no JSON: {line}"));
        };
        let Some(id) = message.get("id").filter(|_| message.get("method").is_none()) else { continue };
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_string);
        if answers.insert(id.clone(), message).is_some() {
            return Some(format!("two answers to {id}"));
        }
    }
    if let Some(id) = answers.keys().find(|id| !expect.contains_key(*id)) {
        return Some(format!("an answer to {id}, which nobody expects"));
    }
    for (id, wanted) in expect {
        let Some(answer) = answers.get(id) else { return Some(format!("no answer to {id}")) };
        for (pointer, wanted) in wanted.as_object().into_iter().flatten() {
            let found = answer.pointer(pointer).unwrap_or(&Json::Null);
            if found != wanted {
                return Some(format!("{id} {pointer}: expected {wanted}, found {found}"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_too_many_too_few_or_otherwise_is_told() {
        let expect = json!({"1": {"/error/code": -1}});
        let expect = expect.as_object().expect("an object");
        let right = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1}}"#;
        assert_eq!(judge(right, expect), None);
        assert_eq!(judge("", expect).as_deref(), Some("no answer to 1"));
        let other = right.replace("-1", "-2");
        assert_eq!(judge(&other, expect).as_deref(), Some("1 /error/code: expected -1, found -2"));
        let twice = format!("{right}\n{right}");
        assert_eq!(judge(&twice, expect).as_deref(), Some("two answers to 1"));
        let more = format!("{right}\n{}", right.replace(":1,", ":2,"));
        assert_eq!(judge(&more, expect).as_deref(), Some("an answer to 2, which nobody expects"));
        assert!(judge("no JSON", expect).is_some());
    }
}
