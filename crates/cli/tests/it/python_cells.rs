//! Python cells of documents, run by the machine's own Python. Where there is none that can be confined, they are not
//! evaluated.

use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use crate::{Project, code, text};

/// The strictest level that this machine holds.
pub fn level() -> Option<&'static str> {
    static LEVEL: OnceLock<Option<&'static str>> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let found = ["strict", "standard"].into_iter().find(|level| {
            let document = format!(
                "```lumen\ngrant python level \"{level}\"\n```\n```python one outputs=x:Int\nx = 1\n```\n"
            );
            code(&Project::with("a.lm.md", &document).lumen(&["run", "a.lm.md"])) == 0
        });
        if found.is_none() {
            eprintln!("not evaluated: there is no Python that can be confined");
        }
        found
    })
}

/// A document that may run Python, with what stands behind the grant.
fn granted(keys: &str, rest: &str) -> Option<Project> {
    let document = format!("```lumen\ngrant python level \"{}\" {keys}\n```\n{rest}", level()?);
    Some(Project::with("a.lm.md", &document))
}

fn cell(line: &str, code: &str) -> String {
    format!("\n```python {line}\n{code}\n```\n")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).to_string()
}

/// Runs with another interpreter.
fn with_python(project: &Project, python: &str, args: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(args)
        .current_dir(&project.folder)
        .env("NO_COLOR", "1")
        .env("LUMEN_PYTHON", python)
        .output()
        .expect("the binary starts")
}

const NO_PYTHON: &str = "/nowhere/python3";

#[test]
fn the_page_runs_replays_without_python_and_runs_its_code_again() {
    let Some(_) = level() else { return };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/python-cells.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let strict = format!("level \"{}\"", level().unwrap_or("strict"));
    let project = Project::with("a.lm.md", &page.replacen("level \"strict\"", &strict, 1));
    let run = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    let report = std::fs::read_to_string(project.last_run().join("report.html")).expect("a report");
    for part in ["linear_regression", "fitted 5 points", "[-1.86, -1.16, 0.04, 0.84, 2.14]"] {
        assert!(report.contains(part), "no `{part}` in the report");
    }
    let verified = with_python(&project, NO_PYTHON, &["verify"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
    let again = project.lumen(&["verify", "--reexecute-python"]);
    assert_eq!(code(&again), 0, "{}", text(&again));
    assert!(text(&again).contains("Ran again: 3 Python cells."), "{}", text(&again));
    // Equal keys are taken from the log: no interpreter is asked.
    let second = with_python(&project, NO_PYTHON, &["run", "a.lm.md"]);
    assert_eq!(code(&second), 0, "{}", text(&second));
    let statuses: Vec<String> = project.run_json()["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| result["status"].as_str().unwrap_or_default().to_string())
        .collect();
    assert!(!statuses.is_empty() && statuses.iter().all(|status| status == "recorded"), "{statuses:?}");
}

#[test]
fn values_cross_both_ways_by_their_types() {
    let head = "\n```lumen\nrecord Point(x: Float, tag: String?)\nenum Side\n  Port\n  Starboard\nend\n\
                let point = Point(x: 0.1, tag: null)\nlet counts = {\"é\": [1, 2]}\nlet side = Port\n```\n";
    let line = "swap inputs=point,counts,side outputs=p:Point,c:map[String,list[Int]],s:Side,n:Int?,t:(Int,String),f:Float";
    let python = "assert point == {'x': 0.1, 'tag': None} and counts == {'é': [1, 2]} and side == 'Port'\n\
                  p = {'x': 3, 'tag': 'b'}\nc = {k: v[::-1] for k, v in counts.items()}\ns = 'Starboard'\nn = None\n\
                  t = (2**63 - 1, 'z')\nf = 0.1 + 0.2";
    let tail = "\n```lumen\nprint(p, c, s, n, t, f)\n```\n";
    let Some(project) = granted("", &format!("{head}{}{tail}", cell(line, python))) else { return };
    let run = project.lumen(&["run", "a.lm.md"]);
    // By hand: the types' own printing; 0.1 + 0.2 is 0.30000000000000004 in IEEE 754 doubles.
    let expected = "Point(x: 3.0, tag: \"b\") {\"é\": [2, 1]} Starboard null (9223372036854775807, \"z\") 0.30000000000000004\n";
    assert_eq!(stdout(&run), expected, "{}", text(&run));
}

#[test]
fn tables_cross_with_the_dtypes_of_their_type() {
    let head = "\n```lumen\nrecord Row(n: Int, x: Float?, s: String)\n\
                let given = Frame(n: [1, 2], s: [\"a\", \"b\"])\n```\n";
    let twice = cell(
        "twice inputs=given outputs=rows:Frame[Row],back:Table",
        "rows = {'s': given['s'], 'x': [None, 1], 'n': [2 * n for n in given['n']]}\nback = given",
    );
    let tail = "\n```lumen\nprint(rows)\nprint(rows.n.sum(), back.n.sum())\n```\n";
    let Some(project) = granted("", &format!("{head}{twice}{tail}")) else { return };
    let run = project.lumen(&["run", "a.lm.md"]);
    // As pandas 3 prints such a frame.
    let expected = "   n    x  s\n0  2  NaN  a\n1  4  1.0  b\n6 3\n";
    assert_eq!(stdout(&run), expected, "{}", text(&run));
    assert_eq!(code(&with_python(&project, NO_PYTHON, &["verify"])), 0);
    assert_eq!(code(&project.lumen(&["verify", "--reexecute-python"])), 0);
    for (python, said) in [
        ("rows = {'n': [1], 's': ['a']}", "has no column `x`"),
        ("rows = {'n': [1], 's': ['a'], 'x': [1.0], 'y': [1]}", "which its type does not have"),
        ("rows = {'n': [None], 's': ['a'], 'x': [1.0]}", "has missing values"),
        ("rows = {'n': ['1'], 's': ['a'], 'x': [1.0]}", "expected Int"),
        ("rows = 1", "expected a Table"),
    ] {
        let wrong = cell("twice outputs=rows:Frame[Row]", python);
        let Some(project) = granted("", &format!("{head}{wrong}")) else { return };
        let shown = text(&project.lumen(&["run", "a.lm.md"]));
        assert!(shown.contains("R0711") && shown.contains(said), "{python}: {shown}");
    }
}

/// What a cell of these lines faults with, and where: code, what is said, the line within the document.
#[test]
fn each_fault_has_its_code_and_the_documents_line() {
    // The grant's fence has three lines, an empty one follows, and the cell's own line is the fifth.
    for (keys, line, python, fault, said, place) in [
        (
            "",
            "a outputs=x:Int",
            "x = 1\ny = 1 / 0",
            "R0710",
            "raised ZeroDivisionError: division by zero",
            "a.lm.md:7:1",
        ),
        (
            "",
            "a outputs=x:Int",
            "x = 1\nif x\n  pass",
            "R0710",
            "does not compile: SyntaxError",
            "a.lm.md:7:1",
        ),
        ("", "a outputs=x:Int", "y = 1", "R0711", "leaves no `x`", "a.lm.md:5:1"),
        ("", "a outputs=x:Int", "x = True", "R0711", "expected Int", "a.lm.md:5:1"),
        ("", "a outputs=x:Int", "x = 2**63", "R0711", "an integer of 64 bits", "a.lm.md:5:1"),
        ("", "a outputs=x:Float", "x = float('nan')", "R0711", "a finite number", "a.lm.md:5:1"),
        (
            "",
            "a outputs=x:list[Int]",
            "x = [1, '2']",
            "R0711",
            "`x`[1] is \"2\", expected Int",
            "a.lm.md:5:1",
        ),
        ("timeout_ms 300", "a outputs=x:Int", "while True: pass", "R0712", "longer than 300 ms", ""),
        (
            "memory 200000000",
            "a outputs=x:Int",
            "x = len(bytes(10**9))",
            "R0712",
            "200000000 bytes of memory",
            "a.lm.md:6:1",
        ),
        (
            "max_output 9",
            "a outputs=x:Int",
            "x = 1\nprint('ten bytes!')",
            "R0712",
            "printed more than 9 bytes",
            "",
        ),
        ("", "a outputs=x:Int", "import os\nos._exit(3)", "R0713", "was ended", ""),
        ("", "a outputs=x:String", "x = open('/etc/passwd').read()", "R0710", "raised ", "a.lm.md:6:1"),
        (
            "",
            "a outputs=x:String",
            "x = llm_query('hello')",
            "R0106",
            "no grant allows `model`",
            "a.lm.md:6:1",
        ),
        (
            "",
            "a outputs=x:Int",
            "try:\n  llm_query('a')\nexcept Exception:\n  x = 1",
            "R0106",
            "llm_query",
            "",
        ),
        ("", "a outputs=x:Int", "SUBMIT(x=1)", "R0710", "nobody to submit to", ""),
        ("max_calls 0", "a outputs=x:Int", "x = 1", "R0907", "allows 0 calls", ""),
    ] {
        let Some(project) = granted(keys, &cell(line, python)) else { return };
        let run = project.lumen(&["run", "a.lm.md"]);
        let shown = text(&run);
        for part in [fault, said, place] {
            assert!(shown.contains(part), "{python}: no `{part}` in\n{shown}");
        }
        assert!(matches!(code(&run), 6 | 7), "{python}: {} {shown}", code(&run));
        // The fault is recorded, and comes out the same.
        let verified = with_python(&project, NO_PYTHON, &["verify", "--json"]);
        let verdict: serde_json::Value =
            serde_json::from_slice(&verified.stdout).unwrap_or_else(|_| panic!("{}", text(&verified)));
        assert_eq!(verdict["differences"], serde_json::json!([]), "{python}");
    }
}

#[test]
fn a_prelude_defines_for_later_cells_and_its_faults_stand_in_it() {
    let prelude = "\n```python prelude\ndef half(x):\n    return x / 0\n```\n";
    let Some(project) = granted("", &format!("{prelude}{}", cell("a outputs=x:Float", "x = half(3)"))) else {
        return;
    };
    let shown = text(&project.lumen(&["run", "a.lm.md"]));
    // It stopped in the prelude's function, and the cell's line called it.
    assert!(shown.contains("ZeroDivisionError") && shown.contains("a.lm.md:11:1"), "{shown}");
    let broken = "\n```python prelude\na = 1\nraise OSError('no')\n```\n";
    let Some(project) = granted("", &format!("{broken}{}", cell("a outputs=x:Int", "x = a"))) else { return };
    let shown = text(&project.lumen(&["run", "a.lm.md"]));
    assert!(shown.contains("OSError: no") && shown.contains("a.lm.md:7:1"), "{shown}");
}

#[test]
fn no_cell_knows_what_another_defined() {
    let cells =
        format!("{}{}", cell("a outputs=x:Int", "x = secret = 1"), cell("b outputs=y:Int", "y = secret"));
    let Some(project) = granted("", &cells) else { return };
    let shown = text(&project.lumen(&["run", "a.lm.md"]));
    assert!(shown.contains("NameError: name 'secret' is not defined"), "{shown}");
}

#[test]
fn only_what_a_cell_follows_from_runs_it_again() {
    let document = |prose: &str, prelude: &str, k: i64, code: &str| {
        format!(
            "{prose}\n\n```lumen\ngrant python level \"{}\"\nlet k = {k}\n```\n```python prelude\n{prelude}\n```\n{}",
            level().unwrap_or("strict"),
            cell("a inputs=k outputs=x:Int", code)
        )
    };
    let Some(_) = level() else { return };
    let project = Project::with("a.lm.md", &document("Text.", "one = 1", 2, "x = k + one"));
    let status = |content: &str| {
        std::fs::write(project.folder.join("a.lm.md"), content).expect("written");
        let run = project.lumen(&["run", "a.lm.md"]);
        assert_eq!(code(&run), 0, "{}", text(&run));
        let json = project.run_json();
        let results = json["results"].as_array().expect("results").clone();
        let x = results.iter().find(|result| result["name"] == "x").expect("the result x");
        x["status"].as_str().unwrap_or_default().to_string()
    };
    assert_eq!(status(&document("Text.", "one = 1", 2, "x = k + one")), "ran");
    assert_eq!(status(&document("Longer.\n\nText.", "one = 1", 2, "x = k + one")), "recorded");
    assert_eq!(status(&document("Text.", "one = 1", 3, "x = k + one")), "ran");
    assert_eq!(status(&document("Text.", "one = 2", 3, "x = k + one")), "ran");
    assert_eq!(status(&document("Text.", "one = 2", 3, "x = k - one")), "ran");
    assert_eq!(status(&document("Text.", "one = 2", 3, "x = k - one")), "recorded");
}

#[test]
fn code_that_gives_something_else_the_second_time_is_told() {
    // Where an object lies differs from process to process.
    let Some(project) = granted("", &cell("a outputs=x:Int", "x = id(object())")) else { return };
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    assert_eq!(code(&project.lumen(&["verify"])), 0);
    let again = project.lumen(&["verify", "--reexecute-python"]);
    let shown = text(&again);
    assert!(shown.contains("Python cell `a`, output `x`: recorded") && code(&again) == 1, "{shown}");
    // Random numbers and the clock are those of the record.
    let python = "import random, time, uuid\nx = [random.random(), time.time()]\ny = str(uuid.uuid4())";
    let Some(project) = granted("", &cell("a outputs=x:list[Float],y:String", python)) else { return };
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    let again = project.lumen(&["verify", "--reexecute-python"]);
    assert_eq!(code(&again), 0, "{}", text(&again));
}

#[test]
fn why_goes_through_a_cell() {
    let rest = format!(
        "\n```lumen\nlet speeds = [120, 143]\n```\n{}\nThe middle is `{{lumen}} middle`.\n",
        cell("fit inputs=speeds outputs=middle:Float", "middle = sum(speeds) / 2")
    );
    let Some(project) = granted("", &rest) else { return };
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    let why = project.lumen(&["why", "n1"]);
    let shown = text(&why);
    assert!(shown.contains("131.5") && shown.contains("middle") && shown.contains("fit"), "{shown}");
}

#[test]
fn without_python_the_fault_says_what_helps() {
    let Some(project) = granted("", &cell("a outputs=x:Int", "x = 1")) else { return };
    let run = with_python(&project, NO_PYTHON, &["run", "a.lm.md"]);
    let shown = text(&run);
    for part in ["R0714", NO_PYTHON, "install Python 3.11 or newer", "LUMEN_PYTHON"] {
        assert!(shown.contains(part), "no `{part}` in\n{shown}");
    }
    // A program that says it is an older Python.
    let old = project.folder.join("old");
    std::fs::write(&old, "#!/bin/sh\necho '{\"version\": [3, 9, 2]}'\n").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&old, mode).expect("it may run");
    let shown = text(&with_python(&project, &old.to_string_lossy(), &["run", "a.lm.md"]));
    assert!(shown.contains("R0714") && shown.contains("found 3.9.2"), "{shown}");
}

#[test]
fn nothing_is_confined_less_than_its_grant_says() {
    let python = cell("a outputs=x:Int", "x = 1");
    let check = |head: &str, args: &[&str]| {
        let project = Project::with("a.lm.md", &format!("{head}{python}"));
        text(&project.lumen(&[&["run", "a.lm.md"], args].concat()))
    };
    let shown = check("", &[]);
    assert!(shown.contains("E0106") && shown.contains("grant python level \"strict\""), "{shown}");
    let none = "```lumen\ngrant python level \"none\"\n```\n";
    let shown = check(none, &[]);
    assert!(shown.contains("E0131") && shown.contains("--grant"), "{shown}");
    let shown = check("```lumen\ngrant python level \"lax\"\n```\n", &[]);
    assert!(shown.contains("E0131") && shown.contains("`strict`, `standard` and `none`"), "{shown}");
    let Some(_) = level() else { return };
    let shown = check("", &["--grant", "python level \"none\""]);
    assert!(shown.contains("`a` ran without confinement"), "{shown}");
    // The document's own grant stays the narrower one.
    let own = format!("```lumen\ngrant python level \"{}\"\n```\n", level().unwrap_or("strict"));
    let shown = check(&own, &["--grant", "python level \"none\""]);
    assert!(!shown.contains("without confinement"), "{shown}");
}

#[test]
fn each_word_of_the_line_means_something() {
    let head = "```lumen\ngrant python level \"strict\"\nlet speeds = [1]\nlet f = fn(x: Int) => x\n```\n";
    for (line, found, said) in [
        ("a input=speeds", "E0609", "Did you mean `inputs`?"),
        ("a level=strict", "E0609", "Limits stand in the grant"),
        ("a b", "E0609", "a second name, `b`"),
        ("inputs=speeds", "E0609", "has a name"),
        ("a outputs=x", "E0609", "The output `x` has no type"),
        ("a outputs=x:", "E0609", "The output `x` has no type"),
        ("a outputs=x:Int,x:Int", "E0609", "`x` stands twice"),
        ("a inputs=speeds,speeds", "E0609", "`speeds` stands twice"),
        ("a inputs=1", "E0609", "`1` is no input"),
        ("a outputs=lambda:Int", "E0609", "keyword of Python"),
        ("prelude outputs=x:Int", "E0609", "no inputs and no outputs"),
        ("a skip", "E0609", "no meaning"),
        ("a inputs=speds", "E0201", "speeds"),
        ("a inputs=f", "E0610", "cannot be given"),
        ("a outputs=x:set[Int]", "E0610", "cannot give"),
        ("a outputs=x:Inn", "E0100", "Int"),
        ("a outputs=speeds:Int", "E0130", "defined twice"),
    ] {
        let project = Project::with("a.lm.md", &format!("{head}{}", cell(line, "x = 1")));
        let shown = text(&project.lumen(&["check", "a.lm.md"]));
        assert!(shown.contains(&format!("error[{found}]")) && shown.contains(said), "{line}:\n{shown}");
        assert!(shown.contains("a.lm.md:7:"), "{line}: another line in\n{shown}");
    }
}

#[test]
fn the_formatter_leaves_python_as_it_is() {
    let document =
        "```lumen\nlet  a=1\n```\n\n```python fit  inputs=a outputs=x:Int\nx  =  a\n\n\ny=1\n```\n";
    let project = Project::with("a.lm.md", document);
    assert_eq!(code(&project.lumen(&["fmt", "a.lm.md"])), 0);
    let formatted = std::fs::read_to_string(project.folder.join("a.lm.md")).expect("it is there");
    assert_eq!(formatted, document.replace("let  a=1", "let a = 1"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the kill comes at a moment of its own")]
fn a_killed_run_goes_on_with_the_cell_that_was_not_done() {
    // The second cell works long enough for the kill to find it at work.
    let first = cell("a outputs=x:Int", "x = 7\nprint('first')");
    let second =
        cell("b inputs=x outputs=y:Int", "y = 0\nfor n in range(12_000_000):\n    y = (y + n * x) % 1000003");
    // What writes is on disk, with everything before it, before it is done.
    let written = "grant fs.write path \"mark.txt\"\nwrite_text(\"mark.txt\", \"{x}\")\nlet k = x + 1";
    let rest = format!("{first}\n```lumen\n{written}\n```\n{second}");
    let (Some(whole), Some(killed)) = (granted("", &rest), granted("", &rest)) else { return };
    assert_eq!(code(&whole.lumen(&["run", "a.lm.md"])), 0);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(["run", "a.lm.md"])
        .current_dir(&killed.folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary starts");
    while !killed.folder.join("mark.txt").is_file() {
        assert!(child.try_wait().expect("its state is known").is_none(), "the run ended before it wrote");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
    let resumed = killed.lumen(&["resume"]);
    assert_eq!(code(&resumed), 0, "{}", text(&resumed));
    assert_eq!(killed.run_json()["results_hash"], whole.run_json()["results_hash"]);
    assert_eq!(killed.run_json()["trace_hash"], whole.run_json()["trace_hash"]);
    assert_eq!(code(&with_python(&killed, NO_PYTHON, &["verify"])), 0);
}

/// An interpreter with pandas: the one of the references, where it is set up.
fn with_pandas() -> Option<String> {
    let named = std::env::var("LUMEN_ORACLE_PYTHON").ok();
    let cache = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/lumen"));
    let made = cache.and_then(|cache| {
        let folders = std::fs::read_dir(cache).ok()?.filter_map(Result::ok);
        let is_ours = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("oracle-");
        let pythons =
            folders.filter(|entry| is_ours(&entry.file_name())).map(|entry| entry.path().join("bin/python"));
        pythons.filter(|python| python.exists()).max().map(|python| python.to_string_lossy().into_owned())
    });
    let found = named.or(made);
    if found.is_none() {
        assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "there is no Python with pandas");
        println!("NOT EVALUATED: there is no Python with pandas");
    }
    found
}

const GROUPED: &str = "import pandas\n\
     frame = pandas.DataFrame({name: list(t[name]) for name in t})\n\
     sums = frame.groupby(\"kind\", as_index=False)[\"size\"].sum().to_dict(\"list\")";

/// By hand: 1 + 4 of kind a, 2 of kind b.
#[test]
fn a_granted_package_can_be_imported_and_its_absence_is_told() {
    let table = "```lumen data\nlet t = Frame(kind: [\"a\", \"b\", \"a\"], size: [1, 2, 4])\n```\n";
    let text = format!(
        "{table}{}```lumen told\nlet sizes = sums[\"size\"].to_list()\nprint(sizes)\n```\n",
        cell("grouped inputs=t outputs=sums:Table", GROUPED)
    );
    if let (Some(python), Some(project)) = (with_pandas(), granted(" packages [\"pandas\"]", &text)) {
        let ran = with_python(&project, &python, &["run", "a.lm.md"]);
        assert_eq!(code(&ran), 0, "{}", crate::text(&ran));
        assert_eq!(stdout(&ran).trim_end(), "[5, 2]", "{}", crate::text(&ran));
    }
    // Not granted, it is not there, whatever the interpreter has.
    if let (Some(python), Some(project)) = (with_pandas(), granted("", &text)) {
        let ran = with_python(&project, &python, &["run", "a.lm.md"]);
        let said = crate::text(&ran);
        assert!(said.contains("R0710") && said.contains("ModuleNotFoundError"), "{said}");
    }
    let Some(project) = granted(" packages [\"no-such-package\"]", &text) else { return };
    let said = crate::text(&project.lumen(&["run", "a.lm.md"]));
    for part in ["R0714", "no-such-package", "LUMEN_PYTHON"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let Some(project) = granted(" packages [\"../pandas\"]", &text) else { return };
    let said = crate::text(&project.lumen(&["run", "a.lm.md"]));
    assert!(said.contains("which no package is called"), "{said}");
}

/// A copy of the program, far from any source tree and with nothing in its environment but a path.
#[test]
fn an_installed_program_carries_all_that_a_cell_needs() {
    let Some(project) = granted("", &cell("one outputs=x:Int", "x = 41 + 1")) else { return };
    let place = tempfile::tempdir().expect("a folder");
    let copy = place.path().join("lumen");
    std::fs::copy(env!("CARGO_BIN_EXE_lumen"), &copy).expect("copied");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for args in [&["run", "a.lm.md"][..], &["verify", "--reexecute-python"]] {
        let mut command = std::process::Command::new(&copy);
        command.args(args).current_dir(&project.folder).env_clear().env("PATH", &path);
        let output = command.output().expect("the copy starts");
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
}
