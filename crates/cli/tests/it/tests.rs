//! `lumen test`: what counts as a test, what fails, and what is said.

use std::process::Command;

use crate::{Project, code, text};

const SOURCE: &str = r#"cell double(n: Int) -> Int = n * 2
test "doubles"
  assert double(2) == 4
end
test "halves"
  print("about to halve")
  assert double(3) == 3, "no half"
end
cell test_truth() -> Bool = double(1) == 2
cell test_lie() -> Bool = double(1) == 3
cell test_refused() -> result[Int, String] = err("no")
cell test_of(n: Int) -> Bool = n == n
test "faults"
  print([1][double(2)])
end
"#;

#[test]
fn each_test_passes_or_fails_by_itself() {
    let project = Project::with("a.lm", SOURCE);
    let output = project.lumen(&["test", "a.lm"]);
    let said = text(&output);
    assert_eq!(code(&output), 1, "{said}");
    assert!(said.contains("7 tests in 1 file: 2 passed, 5 failed."), "{said}");
    for part in [
        "a.lm:5 test halves",
        "no half",
        "about to halve",
        "It gave false",
        "err(\"no\")",
        "no parameters",
        "R0101",
        "a.lm:14",
    ] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    assert!(!said.contains("doubles"), "what passes is not listed:\n{said}");
    assert!(text(&project.lumen(&["test", "-v"])).contains("a.lm:2 test doubles"));

    let filtered = project.lumen(&["test", "--filter", "truth"]);
    assert_eq!(code(&filtered), 0, "{}", text(&filtered));
    assert!(text(&filtered).contains("1 test in 1 file: 1 passed, 0 failed."), "{}", text(&filtered));
    let nothing = project.lumen(&["test", "--filter", "trooth"]);
    assert_eq!(code(&nothing), 3, "{}", text(&nothing));
    assert!(text(&nothing).contains("Not evaluated"), "{}", text(&nothing));
}

#[test]
fn tests_are_told_apart_in_json() {
    let output = Project::with("a.lm", SOURCE).lumen(&["test", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["schema"], "lumen.test.1");
    assert_eq!((&value["passed"], &value["failed"]), (&2.into(), &5.into()));
    let halves = &value["tests"][1];
    assert_eq!(
        (&halves["name"], &halves["line"], &halves["kind"]),
        (&"halves".into(), &5.into(), &"test".into())
    );
    assert_eq!(halves["passed"], false);
    assert_eq!(halves["printed"], "about to halve\n");
}

const DOCUMENT: &str = r#"```lumen load
let xs = [1, 2, 3]
len(xs)
```
```output
3
```
```lumen test sums
assert sum(xs) == 6
let ys = xs
```
```lumen test again
let ys = append(xs, 4)
sum(ys)
```
```output
10
```
```lumen error=E0200
let s: String = xs
```
"#;

#[test]
fn the_fences_of_a_document_are_tests() {
    let project = Project::with("a.lm.md", &DOCUMENT.replace("let ys = xs\n", ""));
    let output = project.lumen(&["test", "-v"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(text(&output).contains("4 tests in 1 file: 4 passed, 0 failed."), "{}", text(&output));

    let wrong = Project::with("a.lm.md", &DOCUMENT.replace("let ys = xs\n", "").replace("10", "11"));
    let output = wrong.lumen(&["test"]);
    assert_eq!(code(&output), 1, "{}", text(&output));
    assert!(text(&output).contains("fence again") && text(&output).contains("+ 10"), "{}", text(&output));
    let updated = wrong.lumen(&["test", "--update"]);
    assert_eq!(code(&updated), 0, "{}", text(&updated));
    assert_eq!(code(&wrong.lumen(&["test"])), 0);
}

#[test]
fn a_test_fence_is_checked_but_never_run_with_the_document() {
    let project = Project::with("a.lm.md", "```lumen\nlet x = 1\n```\n```lumen test\nassert x == 2\n```\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    assert_eq!(code(&project.lumen(&["check"])), 0);
    assert_eq!(code(&project.lumen(&["test"])), 1);
    let faulty = Project::with("a.lm.md", "```lumen\nlet x = 1\n```\n```lumen test\nassert y == 2\n```\n");
    assert_eq!(code(&faulty.lumen(&["check"])), 1);
    let output = faulty.lumen(&["test"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output).contains("1 file with errors did not run"), "{}", text(&output));
}

#[test]
fn a_document_of_tests_alone_is_checked_and_tested_but_does_not_run() {
    let fences =
        "# Notes\n\n```lumen test\nassert 1 + 1 == 2\n```\n\n```lumen error=E0200\nlet x: Int = \"a\"\n```\n";
    let project = Project::with("a.lm.md", fences);
    let check = project.lumen(&["check"]);
    assert_eq!(code(&check), 0, "{}", text(&check));
    let test = project.lumen(&["test"]);
    assert_eq!(code(&test), 0, "{}", text(&test));
    assert!(text(&test).contains("2 passed, 0 failed"), "{}", text(&test));
    let run = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&run), 1);
    assert!(text(&run).contains("E0600") && text(&run).contains("`lumen test`"), "{}", text(&run));
    let faulty = Project::with("a.lm.md", &fences.replace("\"a\"", "1"));
    assert_eq!(code(&faulty.lumen(&["check"])), 1);
}

#[test]
fn check_warns_of_files_that_are_not_there() {
    let document = "---\ninputs: {d: {file: data/d.csv}}\n---\n```lumen\ngrant fs.read path [\"*\"]\n\
        grant fs.write path [\"*\"]\nwrite_text(\"made.txt\", \"x\")\nlet a = read_text(\"made.txt\")\n\
        let b = read_text(\"there.txt\")\nlet c = read_text(\"gone.txt\")\nlet d = exists(\"gone.txt\")\n```\n";
    let project = Project::with("a.lm.md", document);
    std::fs::write(project.folder.join("there.txt"), "x").expect("written");
    let output = project.lumen(&["check"]);
    let said = text(&output);
    assert_eq!(code(&output), 0, "{said}");
    assert_eq!(said.matches("W0609").count(), 2, "{said}");
    for part in ["a.lm.md:2:", "`data/d.csv`", "a.lm.md:10:19", "`gone.txt`", "--input NAME=PATH"] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
}

#[test]
fn no_tests_are_not_a_success() {
    let project = Project::with("a.lm", "let x = 1\n");
    let output = project.lumen(&["test"]);
    assert_eq!(code(&output), 3, "{}", text(&output));
    assert!(text(&output).contains("Not evaluated: there is no test in 1 file."), "{}", text(&output));
}

#[test]
fn a_document_that_faults_fails_its_tests() {
    let project = Project::with("a.lm", "let x = [1][2]\ntest \"x\"\n  assert x == 1\nend\n");
    let output = project.lumen(&["test"]);
    assert_eq!(code(&output), 1, "{}", text(&output));
    assert!(text(&output).contains("R0101") && text(&output).contains("did not run"), "{}", text(&output));
}

#[test]
fn tests_are_told_from_a_cassette_what_the_world_said_once() {
    let source = "grant env name \"LUMEN_SAID\"\ngrant clock\ngrant random\n\
                  test \"what the world says\"\n  \
                  let at = timestamp()\n  assert at > 0.0\n  assert len(entropy(3)) == 3\n  \
                  assert get_env(\"LUMEN_SAID\") == \"once\"\nend\n\
                  test \"nothing of it\"\n  assert 1 + 1 == 2\nend\n";
    let project = Project::with("main.lm", source);
    let tests = |args: &[&str], said: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .arg("test")
            .args(args)
            .current_dir(&project.folder)
            .env("LUMEN_SAID", said)
            .output()
            .expect("the binary starts");
        (code(&output), text(&output))
    };
    let tape = project.folder.join("main.lm.cassette");
    // Without a cassette nothing is asked.
    let (exit, said) = tests(&["main.lm"], "once");
    assert!(exit == 1 && said.contains("R0802") && said.contains("--record"), "{said}");
    assert!(!tape.exists());
    let (exit, said) = tests(&["--record", "main.lm"], "once");
    assert_eq!(exit, 0, "{said}");
    let kept = std::fs::read_to_string(&tape).expect("the cassette");
    assert!(kept.contains("lumen.cassette.1") && kept.contains("test what the world says"), "{kept}");
    assert!(!kept.contains("nothing of it"), "{kept}");
    // The world says something else now, and nobody hears it.
    let (exit, said) = tests(&["main.lm"], "twice");
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = tests(&["--record", "main.lm"], "twice");
    assert!(exit == 1 && said.contains("R0302"), "{said}");
    // A test that asks something else than it did.
    std::fs::write(&tape, kept.replace("\"entropy\": 3", "\"entropy\": 4")).expect("written");
    let (exit, said) = tests(&["main.lm"], "once");
    assert!(exit == 1 && said.contains("R0802") && said.contains("answers something else"), "{said}");
    std::fs::write(&tape, "{}").expect("written");
    let (exit, said) = tests(&["main.lm"], "once");
    assert!(exit == 4 && said.contains("cassette"), "{said}");
    // What no test asks any more leaves no file.
    std::fs::write(&tape, &kept).expect("written");
    std::fs::write(project.folder.join("main.lm"), "test \"sum\"\n  assert 1 + 1 == 2\nend\n")
        .expect("written");
    let (exit, said) = tests(&["--record", "main.lm"], "once");
    assert!(exit == 0 && !tape.exists(), "{said}");
}

#[test]
fn tests_have_names_of_their_own() {
    let source = "test \"a\"\n  assert 1 == 1\nend\ntest \"b\"\n  assert 1 == 1\nend\ntest \"a\"\n  assert 1 == 1\nend\n";
    let project = Project::with("a.lm", source);
    let output = project.lumen(&["check", "a.lm"]);
    let said = text(&output);
    assert_eq!(code(&output), 1, "{said}");
    assert!(
        said.contains("E0105") && said.contains("a.lm:7") && said.contains("The test `a` is declared twice."),
        "{said}"
    );
}

#[test]
fn test_fences_of_one_name_have_tapes_of_their_own() {
    let fence = "```lumen test twice\nlet n = len(entropy(LEN))\nassert n == LEN\n```\n";
    let document = format!(
        "---\ngrants: [random]\n---\n{}{}",
        fence.replace("LEN", "2"),
        fence.replace("LEN", "3").replace("let n", "let m").replace("n ==", "m ==")
    );
    let project = Project::with("a.lm.md", &document);
    let recorded = project.lumen(&["test", "--record"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    let replayed = project.lumen(&["test"]);
    assert_eq!(code(&replayed), 0, "{}", text(&replayed));
}

#[test]
fn examples_are_told_by_the_cassette_too() {
    let source = "grant env name \"LUMEN_SAID\"\n```\nWhat is said.\n\n~~~\nsaid()\n~~~\n\n~~~output\nonce\n~~~\n```\n\
                  cell said() -> String = get_env(\"LUMEN_SAID\") ?? \"nothing\"\n\
                  test \"said\"\n  assert said() == \"once\"\nend\n";
    let project = Project::with("a.lm", source);
    let tests = |args: &[&str], said: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .arg("test")
            .args(args)
            .current_dir(&project.folder)
            .env("LUMEN_SAID", said)
            .output()
            .expect("the binary starts");
        (code(&output), text(&output))
    };
    let (exit, said) = tests(&["a.lm"], "once");
    assert!(exit == 1 && said.contains("0 passed, 2 failed") && said.contains("doc said"), "{said}");
    let (exit, said) = tests(&["--record", "a.lm"], "once");
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = tests(&["a.lm"], "twice");
    assert!(exit == 0 && said.contains("2 passed, 0 failed"), "{said}");
    let kept = std::fs::read_to_string(project.folder.join("a.lm.cassette")).expect("the cassette");
    assert!(kept.contains("\"doc said\"") && kept.contains("\"test said\""), "{kept}");
    // What is no example any more leaves its tape.
    std::fs::write(project.folder.join("a.lm"), source.replace("~~~", "---")).expect("written");
    let (exit, said) = tests(&["--record", "a.lm"], "once");
    assert_eq!(exit, 0, "{said}");
    let kept = std::fs::read_to_string(project.folder.join("a.lm.cassette")).expect("the cassette");
    assert!(!kept.contains("doc said") && kept.contains("test said"), "{kept}");
}

#[test]
fn what_nobody_waited_for_is_on_the_tape_as_such() {
    let source = "grant process program \"sh\"\n\
                  cell slow(n: Int) -> String = exec(\"sh\", [\"-c\", \"sleep {n}\"])\n\
                  test \"time is over\"\n  assert is_err(timeout(100, slow(600)))\nend\n\
                  test \"the first counts\"\n  let first = await race\n    slow(600)\n    exec(\"sh\", [\"-c\", \"echo -n 7\"])\n  end\n\
                  \x20 assert unwrap(first) == \"7\"\nend\n";
    let project = Project::with("a.lm", source);
    let recorded = project.lumen(&["test", "--record"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    let kept = std::fs::read_to_string(project.folder.join("a.lm.cassette")).expect("the cassette");
    assert_eq!(kept.matches("\"cancelled\": true").count(), 2, "{kept}");
    let replayed = project.lumen(&["test"]);
    assert_eq!(code(&replayed), 0, "{}", text(&replayed));
    // Who waits to the end for what nobody waited for is told so.
    let waits = source.replace("is_err(timeout(100, slow(600)))", "len(slow(600)) == 0");
    std::fs::write(project.folder.join("a.lm"), waits).expect("written");
    let replayed = project.lumen(&["test"]);
    let said = text(&replayed);
    assert!(code(&replayed) == 1 && said.contains("R0802") && said.contains("nobody waited"), "{said}");
}
