//! Every verb on a terminal of 60 columns.

use crate::pty::Session;
use crate::{Project, code, lumen, text};

const COLUMNS: u16 = 60;

/// Results, numbers, an effect, a table, and a cell with a long line.
const DOCUMENT: &str = "---
title: A document with a title that is longer than the lines of a narrow terminal are
grants: [env name \"HOME\"]
---
```lumen data
record Row
  a_rather_long_name_of_a_column: Int
  another_rather_long_name_of_a_column: String
end
let numbers = [1234567890, 2345678901, 3456789012, 4567890123, 5678901234, 6789012345]
let total_of_all_of_the_numbers = numbers.map(fn(n) => n * 2).filter(fn(n) => n > 0).sum()
let home = get_env(\"HOME\")
total_of_all_of_the_numbers
```
The total is `{lumen} total_of_all_of_the_numbers` in all.
";

const FAULTY: &str = "let words: list[Int] = [\"a text that is rather long and stands where a number is expected, as everybody can see\"]
let count: Int = missing_name_that_nobody_declared + another_missing_name_that_nobody_declared + 1
cell f(x: Int) -> Int
  get_env(\"HOME\")
  x
end
";

const FAULTS: &str = "cell part(numbers: list[Int], at: Int) -> Int
  let value = numbers[at] + numbers[at] + numbers[at] + numbers[at] + numbers[at] + numbers[at]
  assert value > 100000000, \"the value of the part is expected to be larger than a hundred million, and it is not\"
  value
end
print(part([1, 2, 3], 0))
";

const TESTS: &str = "cell double(n: Int) -> Int = n * 2
test \"doubling a number gives twice the number, which is what everybody expects of doubling it\"
  assert_eq(\"a text that is rather long and does not fit a line\", \"another text that is rather long, {double(2)}\")
end
";

/// What a verb shows, a line each; also those that others replaced.
fn shown(project: &Project, args: &[&str]) -> Vec<String> {
    let mut session = Session::wide(COLUMNS, &project.folder, args, &[]);
    while session.read() {}
    let all = String::from_utf8_lossy(&session.bytes).into_owned();
    assert!(!all.is_empty(), "{args:?} shows nothing");
    all.split(['\n', '\r']).map(plain).collect()
}

/// Without what sets colours.
fn plain(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |out, part| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        out + &part[end..]
    })
}

#[test]
fn no_verb_writes_a_line_that_is_wider_than_the_terminal() {
    let project = Project::with("a.lm.md", DOCUMENT);
    for (name, held) in [("faulty.lm", FAULTY), ("faults.lm", FAULTS), ("tests.lm", TESTS)] {
        std::fs::write(project.folder.join(name), held).expect("written");
    }
    let first = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&first), 0, "{}", text(&first));
    std::fs::write(project.folder.join("a.lm.md"), DOCUMENT.replace("n * 2", "n * 3")).expect("written");
    let verbs: &[&[&str]] = &[
        &["run", "a.lm.md"],
        &["run", "faulty.lm"],
        &["run", "faults.lm"],
        &["run", "a.lm.md"],
        &["check", "faulty.lm"],
        &["lint", "faulty.lm"],
        &["why", "total_of_all_of_the_numbers"],
        &["diff"],
        &["verify"],
        &["test", "tests.lm"],
        &["ci", "tests.lm"],
        &["trace", "show"],
        &["calls"],
        &["state"],
        &["explain"],
        &["explain", "E0106"],
        &["explain", "no-such-code"],
        &["docs", "json_parse"],
        &["docs", "String"],
        &["docs", "no_such_name"],
        &["--help"],
        &["run", "--help"],
        &["conformance", "--help"],
        &["doctor"],
        &["store", "verify", "no-such-store"],
        &["run", "a-file-with-a-rather-long-name-that-is-not-there-at-all.lm"],
        &[],
    ];
    let mut wide = Vec::new();
    for args in verbs {
        for line in shown(&project, args) {
            if line.chars().count() > usize::from(COLUMNS) {
                wide.push(format!("{args:?}: {line}"));
            }
        }
    }
    assert!(wide.is_empty(), "{} lines are wider:\n{}", wide.len(), wide.join("\n"));
}

#[test]
fn a_pipe_gets_whole_lines() {
    let project = Project::with("faults.lm", FAULTS);
    let said = text(&lumen(&project.folder, &["run", "faults.lm"]));
    assert!(said.contains("expected to be larger than a hundred million, and it is not"), "{said}");
}
