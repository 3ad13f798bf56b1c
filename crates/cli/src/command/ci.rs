//! `lumen ci`: all that a change must pass, in one call.

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
    let files = || options.paths.clone();
    let tests = || TestOptions {
        paths: files(),
        filter: None,
        update: false,
        record: false,
        jobs: options.jobs,
        verbose: false,
        strict: true,
        answer: AnswerOptions::default(),
    };
    let steps: [Step<'_>; 4] = [
        ("check", CHECK, &|| {
            let answer = AnswerOptions::default();
            check(&CheckOptions { files: files(), fix: false, strict: true, answer }, terminal)
        }),
        ("lint", LINT, &|| {
            lint(&LintOptions { files: files(), fix: false, answer: AnswerOptions::default() }, terminal)
        }),
        ("test", TEST, &|| run(&tests(), Which::Own, terminal)),
        ("doc", DOC, &|| run(&tests(), Which::Documented, terminal)),
    ];
    let mut code = 0;
    let mut none = 0;
    for (name, bit, step) in &steps {
        terminal.say(&format!("== {name}"));
        match step() {
            Ok(0) => {}
            // What has no tests is not tested, and is said to be so; it is no answer of no.
            Ok(3) => none += 1,
            Ok(_) => code |= bit,
            Err(why) => {
                terminal.error(&why);
                code |= INPUT;
            }
        }
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
