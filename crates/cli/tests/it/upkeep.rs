//! `lumen watch` and `lumen cache`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::text;

#[test]
fn a_file_runs_again_when_what_it_reads_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("parts.lm", "pub cell size() -> Int = 4\n");
    write("main.lm", "import parts\ncell main()\n  print(\"size\", parts.size())\nend\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(["watch", "main.lm", "--times", "3", "--", "--no-record"])
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("another line").expect("a text");
    assert_eq!(next(), "size 4");
    write("parts.lm", "pub cell size() -> Int = 4000\n");
    assert_eq!(next(), "size 4000");
    // A file with a mistake is watched, too.
    write("main.lm", "import parts\ncell main()\n  print(\"size\", parts.size()\nend\n");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let said = text(&output);
    for part in ["Watching", "`parts.lm` changed", "`main.lm` changed", "E0012"] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

#[test]
fn a_cache_is_cleared_of_what_is_ours_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = folder.path().join("lumen");
    let runs = folder.path().join(".lumen/runs/x-1");
    for made in [cache.join("oracle-0123/lib"), cache.join("mine"), runs.clone()] {
        std::fs::create_dir_all(made).expect("the folder is made");
    }
    std::fs::write(cache.join("oracle-0123.lock"), "").expect("written");
    let clear = || {
        Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(["cache", "clear"])
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            .output()
            .expect("the binary starts")
    };
    let output = clear();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("1 environment removed"), "{}", text(&output));
    assert!(!cache.join("oracle-0123").exists() && !cache.join("oracle-0123.lock").exists());
    assert!(cache.join("mine").exists() && runs.exists());
    let again = clear();
    assert!(again.status.success() && text(&again).contains("Nothing to clear"), "{}", text(&again));
}
