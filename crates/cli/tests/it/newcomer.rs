//! Mistakes that people make in their first hour: each gets its code, its place and a next step, at 60 columns too.

use std::process::Command;

const TYPED: &str = "---\ninputs: {d: {file: d.csv}}\n---\n```lumen\nrecord R\n  name: String\n  size: Int\nend\nlet t = read_csv[R](inputs.d)\n```\n";

/// A document with the code in its one fence, which starts at line 5.
fn fenced(code: &str) -> String {
    format!("---\ninputs: {{d: {{file: d.csv}}}}\n---\n```lumen\n{code}\n```\n")
}

/// Runs `lumen` on a document beside a CSV file and an import, in a narrow terminal; gives exit code and all it said.
fn lumen(args: &[&str], document: &[u8], csv: &[u8]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    write("a.lm.md", document);
    write("b.lm", b"import c\ncell hidden() -> Int = 1\n");
    write("c.lm", b"import b\n");
    if !csv.is_empty() {
        write("d.csv", csv);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(args)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "60")
        .output()
        .expect("the binary starts");
    (output.status.code().unwrap_or(-1), crate::text(&output))
}

#[track_caller]
fn gets(found: &(i32, String), exit: i32, parts: &[&str]) {
    assert_eq!(found.0, exit, "{}", found.1);
    for part in parts {
        assert!(found.1.contains(part), "no `{part}` in\n{}", found.1);
    }
    assert!(!found.1.contains("panicked"), "{}", found.1);
}

fn run(document: impl AsRef<[u8]>, exit: i32, parts: &[&str]) {
    gets(&lumen(&["run", "a.lm.md"], document.as_ref(), b"name,size\na,1\nb,2\n"), exit, parts);
}

fn read(csv: &[u8], parts: &[&str]) {
    gets(&lumen(&["run", "a.lm.md"], TYPED.as_bytes(), csv), 6, parts);
}

#[test]
fn names_get_the_nearest_one() {
    run(fenced("prnt(\"x\")"), 1, &["E0201", "a.lm.md:5:1", "`print`"]);
    run(
        fenced("let t = read_csv(inputs.d)\nlet m = t[\"sise\"].mean()"),
        6,
        &["R0401", "a.lm.md:6:9", "`size`"],
    );
    run(fenced("let t = read_csv(inputs.d)\nlet g = t.gruopby(\"name\")"), 1, &["E0204", "`groupby`"]);
    run(fenced("let t = read_csv(inputs.dd)"), 1, &["E0204", "a.lm.md:5:", "inputs", "d"]);
}

#[test]
fn habits_of_other_languages_are_answered() {
    run(fenced("def f(x):\n    return x"), 1, &["E0201", "A function is a cell"]);
    run(
        fenced("for i in range(0, 3):\n  print(i)\nend"),
        1,
        &["E0010", "a.lm.md:5:", "A block opens without `:`"],
    );
    run(fenced("let x = 1\nif x = 1 then print(\"a\") end"), 1, &["E0010", "to compare, write `==`"]);
    run(fenced("let x = 'abc'"), 1, &["E0001", "`'abc'`", "double quotes"]);
    run(fenced("let x = 1\nprint(f\"{x}\")"), 1, &["E0011", "Every string interpolates"]);
    run(fenced("let x = \"n: \" + 3"), 1, &["E0200", "String and Int"]);
}

#[test]
fn a_mistake_is_said_once() {
    let found = lumen(
        &["check", "a.lm.md"],
        fenced("cell f(x: Int) -> Int\n  if x > 0\n    return 1\n  2\nend").as_bytes(),
        b"x",
    );
    gets(&found, 1, &["E0013", "1 error, 0 warnings"]);
    let found = lumen(
        &["check", "a.lm.md"],
        fenced("import nosuch: a, B\nlet x = a(1)\nlet y: B? = null").as_bytes(),
        b"x",
    );
    gets(&found, 1, &["E0121", "1 error, 0 warnings"]);
    let found = lumen(&["check", "a.lm.md"], b"```lumen\nlet x = 1\n\nText that goes on.\n", b"x");
    gets(&found, 1, &["E0002", "a.lm.md:1:1", "fence", "1 error, 0 warnings"]);
}

#[test]
fn front_matter_is_read_strictly() {
    run("---\ntitle: [x\ninputs: 3\n---\n```lumen\nlet x = 1\n```\n", 1, &["E0604", "a.lm.md:3:"]);
    run("---\ninputs:\n\ta: 1\n---\n```lumen\nlet x = 1\n```\n", 1, &["E0604", "a.lm.md:3:", "tabs"]);
    run("---\ninptus: {a: 1}\n---\n```lumen\nlet x = 1\n```\n", 1, &["E0604", "a.lm.md:2:1", "`inputs`"]);
    run("---\ntitle: x\n```lumen\nlet x = 1\n```\n", 1, &["E0604", "not closed"]);
    run(
        "---\ngrants: [fs.raed path \"x\"]\n---\n```lumen\nlet x = 1\n```\n",
        1,
        &["E0108", "a.lm.md:2:10", "`fs.read`"],
    );
    run(
        "---\ngrants: [fs.read pth \"x\"]\n---\n```lumen\nlet x = 1\n```\n",
        1,
        &["E0131", "a.lm.md:2:18", "`path`"],
    );
    run(
        "---\ngrants: [fs.read max_calls \"x\"]\n---\n```lumen\nlet x = 1\n```\n",
        1,
        &["E0131", "a whole number"],
    );
}

#[test]
fn the_command_line_is_read_strictly() {
    let document = b"```lumen\nlet x = 1\n```\n";
    gets(&lumen(&["run", "a.lm.md", "--grant", "fs.raed"], document, b"x"), 2, &["E0108", "`fs.read`"]);
    gets(&lumen(&["run", "d.csv"], document, b"x"), 2, &["no Lumen source", "read_csv"]);
    gets(&lumen(&["run", "."], document, b"x"), 2, &["folder"]);
    gets(&lumen(&["run", "nowhere.lm.md"], document, b"x"), 2, &["nowhere.lm.md"]);
}

#[test]
fn formats_of_the_prose_are_checked_before_the_run() {
    run(
        "```lumen\nlet x = 1\n```\nIt is `{lumen} x | fixd(1)`.\n",
        1,
        &["E0608", "a.lm.md:4:7", "Did you mean `fixed`?"],
    );
    run("```lumen\nlet x = 1.5\n```\nIt is `{lumen} x | fixed(a)`.\n", 1, &["E0608", "digit count"]);
    run("```lumen\nlet x = \"a\"\n```\nIt is `{lumen} x | fixed(1)`.\n", 6, &["R0601", "a.lm.md:4:7"]);
}

#[test]
fn tables_that_do_not_fit_say_where_and_what_to_do() {
    read(b"name;size\na;1\n", &["R0400", "'name;size'", "sep: \";\""]);
    read(b"name,weight\na,1\n", &["R0400", "'size'", "`@column(\"weight\")`", "extra: \"drop\""]);
    read(b"name,size\na,1\nb,many\n", &["R0400", "int64", "\"many\"", "line 3", "help:"]);
    read(b"name,size\na,1\nb,\n", &["R0400", "line 3", "`name: T?`"]);
    read(b"name,size\na,99999999999999999999\n", &["R0400", "line 2", "help:"]);
    read(b"name,size\na,1\nb,2,3\n", &["R0401", "line 3", "help:"]);
    read(b"name,size\n\"a,1\nb,2\n", &["R0401", "EOF inside string", "help:"]);
    read(b"name,size\n\xff,1\n", &["R0401", "line 2", "UTF-8"]);
    read(b"", &["R0701", "`d.csv`", "document's folder"]);
    read(b"\n", &["R0401", "EmptyDataError", "help:"]);
}

#[test]
fn odd_bytes_and_numbers_are_placed() {
    run(b"```lumen\nlet x = \"\xff\"\n```\n", 2, &["line 2", "UTF-8"]);
    run("```lumen\nlet x = 1\0\n```\n", 1, &["E0004", "a.lm.md:2:10"]);
    run("\u{feff}---\ntitle: x\n---\r\n```lumen\r\nlet x = nope\r\n```\r\n", 1, &["E0201", "a.lm.md:5:9"]);
    run("```lumen\nlet x = 1\n\tlet y = x + \"a\"\n```\n", 1, &["E0200", "a.lm.md:3:10"]);
    run(fenced("let x = 99999999999999999999"), 1, &["E0003", "a.lm.md:5:9", "Float"]);
    run("", 1, &["E0600"]);
    run(fenced("import b"), 1, &["E0122", "b.lm imports c.lm imports b.lm"]);
}

#[test]
fn a_fault_shows_its_line_and_a_recursion_once() {
    run(
        fenced("let xs = [1]\nlet x = xs[4]"),
        6,
        &["R0101", "a.lm.md:6:9", "    let x = xs[4]\n            ^^^^^", "lumen explain R0101"],
    );
    let found = lumen(
        &["run", "a.lm.md"],
        fenced("cell f(n: Int) -> Int = f(n + 1) + 1\nlet x = f(0)").as_bytes(),
        b"x",
    );
    gets(&found, 6, &["R0903"]);
    assert_eq!(found.1.matches("in cell `f`").count(), 1, "{}", found.1);
    let long = format!("let x = {} + [1][4]", vec!["1"; 60].join(" + "));
    let found = lumen(&["run", "a.lm.md"], fenced(&long).as_bytes(), b"x");
    gets(&found, 6, &["R0101", "^^^^^^"]);
    let widest = found.1.lines().filter(|l| l.trim_start().starts_with(['^', '1'])).map(str::len).max();
    assert!(widest.is_some_and(|w| w <= 60), "{}", found.1);
}
