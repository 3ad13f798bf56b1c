//! `lumen ci`: all that a change must pass, in one call.

use serde_json::{Value as Json, json};

use super::check::{check, lint};
use super::test::{Which, run};
use crate::args::answer::AnswerOptions;
use crate::args::{CheckOptions, CiOptions, LintOptions, TestOptions};
use crate::terminal::{Failure, Terminal};

/// What of the exit code each step sets where its answer is no.
const CHECK: u8 = 1;
const LINT: u8 = 2;
const TEST: u8 = 4;
const DOC: u8 = 8;
/// Something could not be read.
const INPUT: u8 = 16;

/// Name, bit, and what it does.
type Step<'a> = (&'a str, u8, &'a dyn Fn() -> Result<u8, Failure>);

pub fn ci(options: &CiOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let kept = terminal.keeping();
    let out = if options.json { &kept } else { terminal };
    let answer = || AnswerOptions::as_json(options.json);
    let files = || options.paths.clone();
    let tests = || TestOptions {
        paths: files(),
        filter: None,
        update: false,
        record: false,
        jobs: options.jobs,
        verbose: false,
        strict: true,
        answer: answer(),
    };
    let steps: [Step<'_>; 4] = [
        ("check", CHECK, &|| {
            check(&CheckOptions { files: files(), fix: false, strict: true, answer: answer() }, out)
        }),
        ("lint", LINT, &|| lint(&LintOptions { files: files(), fix: false, answer: answer() }, out)),
        ("test", TEST, &|| run(&tests(), Which::Own, out)),
        ("doc", DOC, &|| run(&tests(), Which::Documented, out)),
    ];
    let (mut code, mut none) = (0, 0);
    let mut told = Vec::new();
    for (name, bit, step) in &steps {
        if !options.json {
            terminal.say(&format!("== {name}"));
        }
        let result = step();
        // Taken whatever became of the step: what one left behind is no part of the next one's answer.
        let kept = kept.kept();
        let (came, mut answer) = match result {
            Ok(0) => ("passed", Json::Null),
            // What has no tests is not tested, and is said to be so; it is no answer of no.
            Ok(3) => {
                none += 1;
                ("not evaluated", Json::Null)
            }
            Ok(_) => {
                code |= bit;
                ("failed", Json::Null)
            }
            Err(why) => {
                if !options.json {
                    terminal.error(&why);
                }
                code |= INPUT;
                ("not read", why.json())
            }
        };
        if answer.is_null() {
            answer = serde_json::from_str(&kept).unwrap_or_default();
        }
        told.push(json!({"name": name, "bit": bit, "status": came, "answer": answer}));
    }
    if options.json {
        let all = json!({"schema": "lumen.ci.1", "exit": code, "steps": told});
        terminal.out(&format!("{all:#}\n"));
        return Ok(code);
    }
    let failed: Vec<&str> =
        steps.iter().filter(|(_, bit, _)| code & bit != 0).map(|(name, _, _)| *name).collect();
    terminal.say(&match (failed.as_slice(), code & INPUT != 0) {
        ([], false) if none > 0 => format!("== nothing failed; {none} of 4 steps had nothing to do"),
        ([], false) => "== all steps passed".to_string(),
        ([], true) => "== not all could be read".to_string(),
        (failed, _) => format!("== failed: {}", failed.join(", ")),
    });
    Ok(code)
}
