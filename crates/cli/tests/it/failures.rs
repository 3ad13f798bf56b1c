//! What goes wrong around a run: each failure has its code in words and in JSON, and none is a panic.

use std::process::{Command, Stdio};

use crate::{Project, code, lumen, text};

/// Standard output of a verb that failed, as JSON.
#[track_caller]
fn fails(project: &Project, args: &[&str], exit: i32, expected: &str) {
    let output = project.lumen(args);
    let said = text(&output);
    assert_eq!(code(&output), exit, "{args:?}: {said}");
    assert!(said.contains(&format!("error[{expected}]: ")), "{args:?}: {said}");
    if args.contains(&"--json") {
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the answer is JSON");
        assert_eq!((&json["code"], &json["exit"]), (&expected.into(), &exit.into()), "{json}");
        assert!(said.contains(json["message"].as_str().expect("a message")), "{json}");
    }
}

#[test]
fn a_failure_has_its_code_in_words_and_in_json() {
    let project = Project::with("a.lm", "let x = 1\n");
    fails(&project, &["verify", "--json"], 2, "E0703");
    fails(&project, &["run", "--json", "b.lm"], 2, "E0701");
    fails(&project, &["run", "--json", "--input", "y=1", "a.lm"], 2, "E0702");
    fails(&project, &["run", "--json", "--grant", "fs.raed", "a.lm"], 2, "E0108");
    let threads = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(["run", "a.lm"])
        .current_dir(&project.folder)
        .env("LUMEN_THREADS", "many")
        .output()
        .expect("the binary starts");
    assert!(text(&threads).contains("error[E0700]: LUMEN_THREADS"), "{}", text(&threads));
    assert_eq!(code(&project.lumen(&["run", "a.lm"])), 0);
    fails(&project, &["why", "--json", "z"], 2, "E0705");
    fails(&project, &["resume", "--json"], 2, "E0704");
    fails(&project, &["diff", "--json"], 2, "E0703");
    fails(&project, &["explain", "E9999"], 2, "E0706");
    std::fs::write(project.last_run().join("FORMAT"), "?").expect("written");
    fails(&project, &["verify", "--json"], 4, "R0811");
}

#[test]
fn a_run_that_never_began_says_so() {
    let project = Project::with("a.lm", "let x = 1\n");
    std::fs::create_dir_all(project.folder.join(".lumen/runs/0123456789ab-1")).expect("a folder");
    for verb in ["verify", "resume", "bundle"] {
        fails(&project, &[verb], 2, "E0704");
    }
    assert_eq!(code(&project.lumen(&["run", "a.lm"])), 0);
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn a_report_that_cannot_be_read_is_not_taken_for_none() {
    let project = Project::with("a.lm.md", "```lumen\nlet x = 1\n```\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    let report = project.last_run().join("report.html");
    std::fs::remove_file(&report).expect("it was there");
    std::fs::create_dir(&report).expect("a folder in its place");
    for verb in ["verify", "bundle"] {
        fails(&project, &[verb], 5, "R0813");
    }
}

#[test]
fn a_stream_that_takes_nothing_is_no_panic() {
    let project = Project::with("a.lm", "eprint(\"to the other stream\")\nlet x = 1\n");
    let shell = |command: &str| {
        Command::new("sh")
            .args(["-c", command, env!("CARGO_BIN_EXE_lumen")])
            .current_dir(&project.folder)
            .stdin(Stdio::null())
            .output()
            .expect("a shell starts")
    };
    assert_eq!(code(&shell("exec \"$0\" run a.lm 2>/dev/full")), 0);
    let script = shell("exec \"$0\" completions bash >/dev/full");
    assert_eq!(code(&script), 5, "{}", text(&script));
    assert!(!text(&script).contains("panicked"), "{}", text(&script));
    let cut = shell("\"$0\" completions bash | head -1");
    assert!(!text(&cut).contains("panicked"), "{}", text(&cut));
}

#[test]
fn an_empty_list_of_paths_grants_none() {
    let project =
        Project::with("a.lm.md", "```lumen\ngrant fs.read path []\nlet t = read_text(\"secret.txt\")\n```\n");
    std::fs::write(project.folder.join("secret.txt"), "secret").expect("written");
    let run = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&run), 7, "{}", text(&run));
    assert!(text(&run).contains("R0106"), "{}", text(&run));
}

#[test]
fn a_long_document_is_reported_in_proportion() {
    // Each result follows from all before it: a chain that is walked anew for each step of each entry takes minutes.
    let lets: Vec<String> = (1..3000).map(|i| format!("let x{i} = x{} + 1", i - 1)).collect();
    let project = Project::with("a.lm.md", &format!("```lumen\nlet x0 = 1\n{}\n```\n", lets.join("\n")));
    assert_eq!(code(&project.lumen(&["run", "--json", "a.lm.md"])), 0);
    let why = lumen(&project.folder, &["why", "x2999"]);
    assert!(text(&why).contains("x2999: Int 3000"), "{}", text(&why));
}
