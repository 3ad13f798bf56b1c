//! Several processes start runs in one folder at the same instant.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use crate::{Project, code, text};

/// Each process has a document of its own and one that all run: equal ids and different ones must both get numbers of
/// their own, and every log one writer.
const PROCESSES: usize = 6;

#[test]
fn runs_of_several_processes_have_numbers_of_their_own_and_all_verify() {
    let project = Project::with("all.lm", "let x = 1\nlet y = x + 1\n");
    for i in 0..PROCESSES {
        std::fs::write(project.folder.join(format!("own{i}.lm")), format!("let x = {i}\n")).expect("written");
    }
    // They wait for each other at their program, which is a pipe that is closed once all are there.
    let start = |file: &str| -> Child {
        Command::new("sh")
            .args(["-c", "read -r go; exec \"$0\" run --fresh \"$1\"", env!("CARGO_BIN_EXE_lumen"), file])
            .current_dir(&project.folder)
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell starts")
    };
    let mut children: Vec<Child> = Vec::new();
    for i in 0..PROCESSES {
        children.push(start("all.lm"));
        children.push(start(&format!("own{i}.lm")));
    }
    for child in &mut children {
        drop(child.stdin.take());
    }
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
    let names: Vec<String> = std::fs::read_dir(project.folder.join(".lumen/runs"))
        .expect("there are runs")
        .map(|entry| entry.expect("listed").file_name().to_string_lossy().into_owned())
        .collect();
    let numbers: BTreeSet<&str> = names.iter().filter_map(|name| Some(name.rsplit_once('-')?.1)).collect();
    assert_eq!((names.len(), numbers.len()), (2 * PROCESSES, 2 * PROCESSES), "{names:?}");
    for number in numbers {
        let verify = project.lumen(&["verify", number]);
        assert_eq!(code(&verify), 0, "run {number}: {}", text(&verify));
    }
}
