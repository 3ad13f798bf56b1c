//! Scripted escapes and denials of service: all blocked, the host unharmed.

use crate::host::{Echo, evaluated, options, value};
use sandbox::{Cell, Level, Worker};
use std::time::Duration;

struct Script {
    name: String,
    kinds: Vec<String>,
    types: Vec<String>,
    code: String,
}

fn scripts() -> Vec<Script> {
    let text = include_str!("../escapes.txt");
    let mut scripts: Vec<Script> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("=== ") {
            let (name, expected) = head.split_once(": ").expect("a script says how it ends");
            let (kinds, types) = expected.split_once(' ').unwrap_or((expected, ""));
            let words =
                |text: &str| text.split('|').filter(|word| !word.is_empty()).map(str::to_string).collect();
            scripts.push(Script {
                name: name.into(),
                kinds: words(kinds),
                types: words(types),
                code: String::new(),
            });
        } else if let Some(script) = scripts.last_mut() {
            script.code.push_str(line);
            script.code.push('\n');
        }
    }
    scripts
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("proc").count()
}

/// Runs every script; the fresh worker after one that died shows that the host goes on.
fn all_blocked(level: Level, types: bool) {
    if !evaluated(level) {
        return;
    }
    let mut options = options(level);
    options.limits.active = Duration::from_secs(2);
    options.limits.memory_bytes = 256 << 20;
    options.limits.printed_bytes = 32 << 20;
    let start = || Worker::start(&options).unwrap_or_else(|error| panic!("{error}"));
    let scripts = scripts();
    assert!(scripts.len() >= 80, "{} scripts", scripts.len());
    let mut wrong = Vec::new();
    let mut worker = start();
    for script in &scripts {
        let outcome = worker.exec(&Cell { code: &script.code, seed: "00" }, &mut Echo::default());
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", script.name));
        match &outcome.error {
            None => wrong.push(format!("{}: succeeded with {:?}", script.name, outcome.value)),
            Some(failure) => {
                let found = failure.data.get("type").and_then(|found| found.as_str()).unwrap_or("");
                let typed = script.types.is_empty() || !types || script.types.iter().any(|one| one == found);
                if !script.kinds.iter().any(|kind| kind == failure.kind.name()) || !typed {
                    wrong.push(format!("{}: {failure} {}", script.name, failure.data));
                }
            }
        }
        // What a script leaves behind in its worker is no concern of the next one.
        if worker.dead().is_some()
            || level == Level::Strict && script.code.contains("/tmp/")
            || spoils(script)
        {
            worker = start();
        }
    }
    assert!(wrong.is_empty(), "{level}, {} of {}:\n{}", wrong.len(), scripts.len(), wrong.join("\n"));
    assert_eq!(value(&mut start(), "1 + 1"), 2);
}

/// Scripts after which a living worker has no memory, descriptors or modules left.
fn spoils(script: &Script) -> bool {
    ["kept", "os.dup", "os.pipe", "signal", "builtins", "lumen_", "recursion", "id"]
        .iter()
        .any(|word| script.code.contains(word))
}

// The scripts hold machine code and numbers of system calls of this architecture.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_strict_worker_blocks_every_script() {
    let before = descriptors();
    all_blocked(Level::Strict, true);
    // Other tests run beside this one and hold some.
    assert!(descriptors() < before + 64, "{} descriptors became {}", before, descriptors());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_standard_worker_blocks_every_script() {
    all_blocked(Level::Standard, false);
}

#[test]
fn without_layers_the_same_scripts_succeed() {
    // The scripts would be worthless if they failed anyway; these do no harm.
    let mut worker = Worker::start(&options(Level::None)).unwrap_or_else(|error| panic!("{error}"));
    let harmless = [
        "read the users",
        "list the root",
        "a socket",
        "a pair of sockets",
        "run a program",
        "run a shell",
        "a thread",
        "an event loop",
        "a file in memory",
        "a pickle that runs a shell",
    ];
    for script in scripts().iter().filter(|script| harmless.contains(&script.name.as_str())) {
        let outcome =
            worker.exec(&Cell { code: &script.code, seed: "00" }, &mut Echo::default()).expect("it runs");
        assert_eq!(outcome.error, None, "{}", script.name);
    }
}
