//! `lumen repl`, from a pipe and at a pseudo-terminal.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::pty::Session;
use crate::{Project, code};

/// What a session says to the lines of `input`: what it printed, and what it said beside that.
fn session(folder: &Path, args: &[&str], input: impl AsRef<[u8]>) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .arg("repl")
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the session starts");
    let mut stdin = child.stdin.take().expect("the input is piped");
    // A session that has ended takes no more.
    let _ = stdin.write_all(input.as_ref());
    drop(stdin);
    let output: Output = child.wait_with_output().expect("the session ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (code(&output), text(&output.stdout), text(&output.stderr))
}

fn printed(input: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, out, err) = session(folder.path(), &[], input);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    out
}

#[test]
fn the_models_are_those_of_the_manifest_above() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("lumen.toml"), "[models.m]\nprovider = \"nowhere\"\n")
        .expect("written");
    let inner = folder.path().join("a").join("b");
    std::fs::create_dir_all(&inner).expect("folders");
    let (code, _, err) = session(&inner, &[], "1\n");
    assert!(code == 2 && err.contains("nowhere") && err.contains("lumen.toml"), "{code} {err}");
}

#[test]
fn values_are_shown_with_their_types() {
    assert_eq!(printed("1 + 1\n"), "2: Int\n");
    assert_eq!(
        printed("let xs = [1, 2]\nxs.map(fn(x) => x * 2.5)\n"),
        "xs: list[Int] = [1, 2]\n[2.5, 5.0]: list[Float]\n"
    );
    assert_eq!(printed("\"a\"\nnull\nprint(\"b\")\n"), "\"a\": String\nb\n");
    assert_eq!(printed("let (a, b) = (1, \"x\")\n"), "a: Int = 1\nb: String = \"x\"\n");
    assert_eq!(printed("let x: Int? = 3\nx\n"), "x: Int? = 3\n3: Int?\n");
}

#[test]
fn a_block_that_is_not_closed_goes_on() {
    let program = "cell double(n: Int) -> Int\n  n * 2\nend\nlet xs = [\n  1,\n  double(2),\n]\nif double(1) == 2\n  \"two\"\nelse\n  \"other\"\nend\n";
    assert_eq!(printed(program), "xs: list[Int] = [1, 4]\n\"two\": String\n");
    assert_eq!(printed(":type if true\n  1\nelse\n  2\nend\n"), "Int\n");
    assert_eq!(printed("cell repl() -> Int = 3\nrepl()\n"), "3: Int\n", "no name is taken");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, out, err) = session(folder.path(), &[], "cell f() -> Int\n  1\n");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("E0013"), "the input ends in the middle: {err}");
}

#[test]
fn an_entered_test_runs_at_once() {
    let test = "let x = 2\ntest \"two\"\n  assert x == 2\nend\n";
    assert_eq!(printed(test), "x: Int = 2\n\"passed\": String\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, out, err) = session(folder.path(), &[], "test \"three\"\n  assert 1 + 1 == 3\nend\n");
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("R0302") && err.contains("left 2 and right 3"), "{err}");
}

#[test]
fn variables_change_and_are_defined_anew() {
    assert_eq!(printed("let mut n = 1\nn += 2\nn\n"), "n: Int = 1\nn: Int = 3\n3: Int\n");
    assert_eq!(printed("let a = 1\nlet a = \"{a}\"\n"), "a: Int = 1\na: String = \"1\"\n");
    assert_eq!(
        printed("let mut xs = [1]\nfor i in 0..3\n  xs = append(xs, i)\nend\nxs[0] = 9\nxs\n"),
        "xs: list[Int] = [1]\nxs: list[Int] = [1, 0, 1, 2]\nxs: list[Int] = [9, 0, 1, 2]\n[9, 0, 1, 2]: list[Int]\n"
    );
    // A cell sees what a variable is when it is called.
    assert_eq!(
        printed("let k = 2\ncell times(n: Int) -> Int = n * k\ntimes(3)\nlet k = 5\ntimes(3)\n"),
        "k: Int = 2\n6: Int\nk: Int = 5\n15: Int\n"
    );
    assert_eq!(
        printed("cell f() -> Int = 1\nf()\ncell f() -> String = \"s\"\nf()\n"),
        "1: Int\n\"s\": String\n"
    );
}

#[test]
fn functions_and_declared_types_last() {
    assert_eq!(printed("let half = fn(x: Float) => x / 2.0\nhalf(3.0)\n"), "1.5: Float\n");
    let shapes = "record Point(x: Int, y: Int)\nlet p = Point(1, 2)\nenum Way\n  Up\n  Down(Int)\nend\nlet w = Way.Down(3)\np.x = 4\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("lib.lm"),
        "pub record Item(name: String)\npub cell made() -> Item = Item(\"a\")\n",
    )
    .expect("written");
    let input = format!("{shapes}import lib: Item, made\nlet item = made()\nlet again: Item = item\nw\np\n");
    let (code, out, err) = session(folder.path(), &[], &input);
    assert_eq!(code, 0);
    assert!(err.contains("W0207") && !err.contains("error"), "{err}");
    assert_eq!(
        out,
        "p: Point = Point(x: 1, y: 2)\nw: Way = Down(3)\np: Point = Point(x: 4, y: 2)\nitem: Item = Item(name: \"a\")\n\
         again: Item = Item(name: \"a\")\nDown(3): Way\nPoint(x: 4, y: 2): Point\n"
    );
    // Of a type that is declared anew no value is left, and a function inside a value lasts one entry.
    let (_, out, err) = session(
        folder.path(),
        &[],
        "record P(x: Int)\nlet p = P(1)\nrecord P(x: String)\np\nlet fs = [fn(n: Int) => n]\nfs\n",
    );
    assert_eq!(out, "p: P = P(x: 1)\n");
    for part in ["`p` is gone", "`fs: list[fn(Int) -> Int]` holds a function", "E0201"] {
        assert!(err.contains(part), "no {part} in {err}");
    }
}

/// By hand: what is entered later means what it says, and what was entered before goes on meaning what it said.
#[test]
fn a_declaration_gives_way_to_a_variable_unless_it_is_needed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("lib.lm"),
        "pub record A(a: Int)\npub cell x() -> Int = 1\npub cell y() -> Int = 2\n",
    )
    .expect("written");
    for (input, expected) in [
        // The other names of an import stay.
        ("import lib: x, y\nlet x = 5\nx + y()\n", "x: Int = 5\n7: Int\n"),
        ("import lib: x, y\ncell x() -> Int = 7\nx() + y()\n", "9: Int\n"),
        // With the import the types of its file are gone, and values keep theirs.
        (
            "import lib: x\nrecord B(b: Int)\nlet b = B(1)\nlet x = 5\nb.b\nlet c: B = b\n",
            "b: B = B(b: 1)\nx: Int = 5\n1: Int\nc: B = B(b: 1)\n",
        ),
        // As in a file, a definition hides what `*` brings.
        ("import lib: *\nx()\nlet x = 5\nx\ny()\n", "1: Int\nx: Int = 5\n5: Int\n2: Int\n"),
        ("cell f() -> Int = 1\nlet f = f() + 1\nf\n", "f: Int = 2\n2: Int\n"),
    ] {
        let (_, out, err) = session(folder.path(), &[], input);
        assert_eq!((out.as_str(), err.as_str()), (expected, ""), "{input}");
    }
    for (input, expected) in [
        ("cell f() -> Int = 1\ncell g() -> Int = f() + 1\nlet f = 5\ng()\n", "2: Int\n"),
        ("record point(x: Int)\nlet point = point(1)\npoint(2)\n", "point(x: 2): point\n"),
    ] {
        let (_, out, err) = session(folder.path(), &[], input);
        assert_eq!(out, expected, "{err}");
        assert!(err.contains("E0105") && err.contains("something else needs it"), "{err}");
    }
}

#[test]
fn nothing_that_is_wrong_ends_the_session() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input =
        "let a = 1\nlet b: String = a\n[1][a]\na + nope\nlet c = )\nlet mut a = 5\na = [1][7]\nreturn 1\na\n";
    let (code, out, err) = session(folder.path(), &[], input);
    assert_eq!(code, 6);
    assert_eq!(out, "a: Int = 1\na: Int = 5\n5: Int\n", "{err}");
    for part in ["E0200", "input:1:17", "R0101", "input:1:1", "E0201", "E0202", "is no cell"] {
        let part = if part == "is no cell" { "stands in no cell" } else { part };
        assert!(err.contains(part), "no {part} in {err}");
    }
    assert!(!err.contains("repl") && !err.contains("__"), "what is shown stands in the entry: {err}");
}

#[test]
fn the_exit_code_tells_a_pipe_what_was_wrong() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (input, expected) in [
        (&b"let a = 1\n"[..], 0),
        (b"let a = 1 +\n", 1),
        (b"nope\n1\n", 1),
        (b":nope\n", 1),
        (b"[1][2]\n1\n", 6),
        (b"[1][2]\nnope\n:quit\n", 6),
        (b"\"\xff\"\n1\n", 1),
    ] {
        let (code, out, err) = session(folder.path(), &[], input);
        assert_eq!(code, expected, "{out}{err}");
    }
    let (_, out, err) = session(folder.path(), &[], b"\"\xff\"\n1 + 1\n");
    assert!(out == "2: Int\n" && err.contains("not UTF-8"), "{out}{err}");
}

#[test]
fn effects_need_grants() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("a.txt"), "hello").expect("written");
    let (_, out, err) = session(
        folder.path(),
        &[],
        "read_text(\"a.txt\")\ngrant fs.read path [\"*\"]\nread_text(\"a.txt\")\n",
    );
    assert_eq!(out, "\"hello\": String\n", "{err}");
    assert!(err.contains("0106"), "{err}");
    let granted = session(folder.path(), &["--grant", "fs.read path \"*.txt\""], "read_text(\"a.txt\")\n");
    assert_eq!(granted, (0, "\"hello\": String\n".to_string(), String::new()));
    let wrong = session(folder.path(), &["--grant", "nonsense"], "");
    assert_eq!(wrong.0, 2, "{}", wrong.2);
}

#[test]
fn commands_tell_load_and_forget() {
    let project = Project::with("lib.lm", "cell double(n: Int) -> Int = n * 2\nlet base = double(4)\n");
    std::fs::write(project.folder.join("doc.lm.md"), "# Text\n\n```lumen\nlet inside = 3\n```\n")
        .expect("written");
    let input = ":load lib.lm\ndouble(base)\n:load doc.lm.md\ninside\n:type xs\n:type [base, 1.5]\n:env\n:reset\nbase\n:time 1 + 1\n:history\n:qui\n:load gone.lm\n:type\n:quit\n7\n";
    let (code, out, err) = session(&project.folder, &[], input);
    assert_eq!(code, 1, "{err}");
    for part in [
        "16: Int\n3: Int\n",
        "list[Float]\n",
        "cell double(n: Int)",
        "let base: Int",
        "   2  double(base)",
        "2: Int",
    ] {
        assert!(out.contains(part), "no {part} in\n{out}");
    }
    assert!(!out.contains("7: Int"), "the session is over:\n{out}");
    for part in [
        "Defined double, base.",
        "Nothing is defined any more.",
        "E0201",
        " ms\n",
        "`:quit`",
        "gone.lm",
        "expects `:type EXPRESSION`",
    ] {
        assert!(err.contains(part), "no {part} in\n{err}");
    }
    assert!(printed(":help\n").contains(":load FILE"));
    assert!(printed(":doc upper\n").contains("upper(s: String) -> String"));
    std::fs::write(project.folder.join("open.lm.md"), "# Text\n\n```lumen\nlet inside = 3\n")
        .expect("written");
    let (_, out, err) = session(&project.folder, &[], ":load open.lm.md\n:type let a = 1\n");
    assert_eq!(out, "");
    for part in ["E0002", "open.lm.md:3:1", "expects one expression, found `let a = 1`"] {
        assert!(err.contains(part), "no {part} in\n{err}");
    }
    let unknown = session(&project.folder, &[], ":doc uper\n").2;
    assert!(unknown.contains("Did you mean `upper`?"), "{unknown}");
}

/// Lines come from one input: what the program reads is not entered.
#[test]
fn the_program_reads_behind_its_entry() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let answer = session(folder.path(), &["--grant", "stdin"], "let line = read_line()\nfirst words\nline\n");
    assert_eq!(
        answer,
        (0, "line: String? = \"first words\"\n\"first words\": String?\n".to_string(), String::new())
    );
}

#[test]
fn a_person_at_a_terminal_gets_lines_that_are_completed_and_remembered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let history = folder.path().join("state/history");
    let variables = [("LUMEN_HISTORY", history.as_path()), ("NO_COLOR", Path::new("1"))];
    let mut terminal = Session::start(folder.path(), &["repl"], &variables);
    // The editor says that it takes keys by asking for pasted text to be marked.
    const READY: &str = "\u{1b}[?2004h";
    terminal.until(READY);
    terminal.press("let number_of_birds = 3\r");
    terminal.until("number_of_birds: Int = 3");
    terminal.until(READY);
    terminal.press("cell f(n: Int) -> Int\r  n + 1\rend\r");
    terminal.until(READY);
    terminal.press("f(number_of\t)\r");
    terminal.until("4: Int");
    terminal.until(READY);
    terminal.press(":ty\t number_of_birds\r");
    terminal.until("\nInt");
    terminal.until(READY);
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), 0);
    let kept = std::fs::read_to_string(&history).expect("the history is there");
    assert!(kept.contains("let number_of_birds = 3") && kept.contains("f(number_of_birds)"), "{kept}");
    let mut again = Session::start(folder.path(), &["repl"], &variables);
    again.until(READY);
    // The line before the last one, from the session before.
    again.press("\u{1b}[A\u{1b}[A");
    again.until("f(number_of_birds)");
    again.press("\u{3}");
    again.until(READY);
    again.press("\u{4}");
    assert_eq!(again.end(), 0);
}
