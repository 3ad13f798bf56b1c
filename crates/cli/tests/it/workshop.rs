//! What a workshop has beside checking and running: lints, documentation, listings, traces, all steps at once.

use serde_json::Value;

use crate::{Project, code, text};

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

/// Codes and the text that each stands at, as `lumen lint` finds them.
fn lints(source: &str) -> Vec<(String, String)> {
    let project = Project::with("a.lm", source);
    std::fs::write(
        project.folder.join("lib.lm"),
        "pub cell one() -> Int = 1\npub cell two() -> Int = 2\npub enum Way\n  Up\nend\n",
    )
    .expect("written");
    let output = project.lumen(&["lint", "--json", "a.lm"]);
    let value = json(&output);
    let found = value["diagnostics"].as_array().expect("a list").clone();
    assert_eq!(code(&output), i32::from(!found.is_empty()), "{value:#}");
    found
        .iter()
        .map(|found| {
            let at = |end: &str, key: &str| found["range"][end][key].as_u64().expect("a place") as usize - 1;
            let (line, from) = (at("start", "line"), at("start", "column"));
            let text = source.lines().nth(line).unwrap_or_default();
            let to = if at("end", "line") == line { at("end", "column") } else { text.len() };
            (found["code"].as_str().expect("a code").to_string(), text[from..to].to_string())
        })
        .collect()
}

fn one(source: &str, code: &str, at: &str) {
    assert_eq!(lints(source), [(code.to_string(), at.to_string())], "{source}");
}

#[test]
fn each_lint_finds_what_it_is_for() {
    one("cell f() -> Int\n  let x = 1\n  2\nend\n", "W0201", "x");
    one("import lib\nprint(1)\n", "W0802", "lib");
    one("import lib: one, two\nprint(one())\n", "W0802", "two");
    one("let len = 3\nprint(len)\n", "W0803", "len");
    one("record point(x: Int)\nprint(point(1))\n", "W0804", "point");
    one("cell addOne(n: Int) -> Int = n + 1\nprint(addOne(1))\n", "W0804", "addOne");
    one("cell f() -> Int\n  if true\n    return 1\n    print(2)\n  end\n  3\nend\n", "W0805", "print(2)");
    one("for i in 0..3\nend\n", "W0806", "for");
    one("cell f(n: Int) -> Int\n  print(n)\n  return n\nend\n", "W0807", "return n");
    one("cell f() -> Null\n  while true\n    print(1)\n  end\nend\n", "W0808", "while");
    let long = format!("cell f() -> Null\n{}end\n", "  print(1)\n".repeat(60));
    one(&long, "W0809", "f");
    one("test \"nothing\"\n  print(1)\nend\n", "W0810", "");
}

#[test]
fn what_is_well_written_has_no_lint() {
    for source in [
        "import lib\nprint(lib.one())\n",
        "import lib: Way\nlet way: Way = Way.Up\nprint(way)\n",
        "import lib: *\nprint(1)\n",
        "const LIMIT = 3\nconst per_page = 4\nprint(LIMIT + per_page)\n",
        "let mut n = 0\nwhile true\n  n += 1\n  if n > 3\n    break\n  end\nend\nprint(n)\n",
        "cell f() -> Int\n  loop\n    return 1\n  end\nend\nprint(f())\n",
        "cell f(x: Int?) -> Int\n  if x == null\n    return 0\n  end\n  x\nend\nprint(f(1))\n",
        "cell holds(n: Int) -> Null\n  assert n > 0\nend\ntest \"through a cell\"\n  holds(1)\nend\n",
        "test \"equal\"\n  assert_eq(1, 1)\nend\ncell test_value() -> Bool = true\n",
        // Who handles an operation need not come back.
        "effect Abort\n  cell stop(n: Int) -> Int\nend\ncell step(n: Int) -> Int / {Abort} = perform Abort.stop(n)\n\
         cell run() -> Int / {Abort}\n  loop\n    step(1)\n  end\nend\nlet r = handle run() with\n  Abort.stop(n) => n\n\
         end\nprint(r)\n",
        "import lib: one\n\n```\nTwo.\n\n~~~\nassert two() == one() + 1\n~~~\n```\npub cell two() -> Int = 2\n",
    ] {
        assert_eq!(lints(source), [], "{source}");
    }
}

/// A fence that only tests is part of what its document uses, and is held itself.
#[test]
fn fences_that_test_are_read_for_lints() {
    let document = "```lumen\nimport lib: one\nprint(2)\n```\n\n```lumen test\nassert one() == 1\n```\n";
    let project = Project::with("a.lm.md", document);
    std::fs::write(project.folder.join("lib.lm"), "pub cell one() -> Int = 1\n").expect("written");
    let output = project.lumen(&["lint", "--fix", "a.lm.md"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(std::fs::read_to_string(project.folder.join("a.lm.md")).expect("read"), document);
    let vacuous = Project::with("a.lm.md", "```lumen test\nlet q = 1\n```\n");
    let output = vacuous.lumen(&["lint", "a.lm.md"]);
    assert!(code(&output) == 1 && text(&output).contains("W0810"), "{}", text(&output));
}

#[test]
fn lints_are_mended_where_that_is_safe() {
    let source = "import lib: one, two\nimport lib\ncell f(n: Int) -> Int\n  print(n)\n  return n + one()\nend\nprint(f(1))\n";
    let project = Project::with("a.lm", source);
    std::fs::write(project.folder.join("lib.lm"), "pub cell one() -> Int = 1\npub cell two() -> Int = 2\n")
        .expect("written");
    let output = project.lumen(&["lint", "--fix", "a.lm"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let now = std::fs::read_to_string(project.folder.join("a.lm")).expect("read");
    assert_eq!(now, "import lib: one\ncell f(n: Int) -> Int\n  print(n)\n  n + one()\nend\nprint(f(1))\n");
    // Of a program with errors nothing but these is said.
    let faulty = Project::with("a.lm", "let len: Int = \"a\"\n");
    let output = faulty.lumen(&["lint"]);
    assert!(code(&output) == 1 && text(&output).contains("E0200") && !text(&output).contains("W0803"));
}

#[test]
fn a_server_that_collects_tests_reads_the_answers() {
    let project = Project::with("a.lm", "let x: Int = \"<&>\"\n");
    let checked = project.lumen(&["check", "--format", "junit"]);
    let xml = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert_eq!(code(&checked), 1);
    for part in [
        "<testsuites tests=\"1\" failures=\"1\">",
        "classname=\"a.lm\" name=\"check\"",
        "E0200",
        "&lt;&amp;&gt;",
    ] {
        assert!(xml.contains(part), "no {part} in {xml}");
    }
    std::fs::write(
        project.folder.join("a.lm"),
        "test \"one & two\"\n  assert 1 == 2\nend\ntest \"b\"\n  assert true\nend\n",
    )
    .expect("written");
    let tested = project.lumen(&["test", "--format", "junit"]);
    let xml = String::from_utf8_lossy(&tested.stdout).into_owned();
    assert_eq!(code(&tested), 1);
    for part in ["tests=\"2\" failures=\"1\"", "name=\"test one &amp; two\"", "name=\"test b\"/>"] {
        assert!(xml.contains(part), "no {part} in {xml}");
    }
    let both = project.lumen(&["check", "--json", "--format", "text"]);
    assert_eq!(code(&both), 2, "one form at a time");
    let json = project.lumen(&["check", "--format", "json"]);
    assert_eq!(json.stdout, project.lumen(&["check", "--json"]).stdout);
}

const DOCUMENTED: &str = "```\nWhat a library does with <numbers>.\n```\n\n```\nDoubles a number.\n\n~~~\ndouble(2)\nprint(\"x\")\ndouble(base)\n~~~\n~~~output\nx\n6\n~~~\n\n~~~\nassert double(1) == 2\n~~~\n```\npub cell double(n: Int) -> Int = n * 2\n\n```\nNot for others.\n```\nlet base = 3\ncell inner() -> Int = 1\nprint(base + inner())\n";

#[test]
fn examples_in_documentation_are_tests() {
    let project = Project::with("a.lm", DOCUMENTED);
    let output = project.lumen(&["test", "-v"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    for part in ["doc double\n", "doc double 2\n", "2 tests in 1 file: 2 passed"] {
        assert!(text(&output).contains(part), "no {part} in {}", text(&output));
    }
    std::fs::write(project.folder.join("a.lm"), DOCUMENTED.replace("\n6\n", "\n7\n").replace("== 2", "== 3"))
        .expect("written");
    let output = project.lumen(&["test"]);
    assert_eq!(code(&output), 1, "{}", text(&output));
    for part in ["0 passed, 2 failed", "expected: x", "7", "input:1:1"] {
        assert!(text(&output).contains(part), "no {part} in {}", text(&output));
    }
}

#[test]
fn tests_of_many_files_stand_in_their_order() {
    let project = Project::with("a.lm", "");
    for at in 0..12 {
        let source = format!(
            "let mut n = 0\nwhile n < {}\n  n += 1\nend\ntest \"t{at}\"\n  assert false\nend\n",
            (12 - at) * 2000
        );
        std::fs::write(project.folder.join(format!("f{at:02}.lm")), source).expect("written");
    }
    let said = |jobs: &str| {
        let output = project.lumen(&["test", "--jobs", jobs]);
        assert_eq!(code(&output), 1);
        text(&output)
    };
    let (one, many) = (said("1"), said("6"));
    assert_eq!(one, many);
    let places: Vec<usize> =
        (0..12).map(|at| one.find(&format!("f{at:02}.lm:5")).expect("it failed")).collect();
    assert!(places.is_sorted(), "{one}");
}

#[test]
fn a_test_that_asserts_nothing_is_warned_of() {
    let project =
        Project::with("a.lm", "test \"nothing\"\n  print(1)\nend\ntest \"one\"\n  assert true\nend\n");
    let output = project.lumen(&["test"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(
        text(&output).contains("W0810") && text(&output).contains("2 passed, 0 failed. 1 asserts nothing."),
        "{}",
        text(&output)
    );
}

#[test]
fn a_files_own_documentation_is_shown() {
    let project = Project::with("a.lm", DOCUMENTED);
    let md = text(&project.lumen(&["doc", "a.lm"]));
    assert!(md.starts_with("# a.lm\n\nWhat a library does with <numbers>.\n\n## cell double\n\n```lumen\ncell double(n: Int) -> Int\n```\n\nDoubles a number.\n\n```lumen\ndouble(2)"), "{md}");
    assert!(!md.contains("inner"), "{md}");
    assert!(text(&project.lumen(&["doc", "--private", "a.lm"])).contains("## cell inner"));
    let html = text(&project.lumen(&["doc", "--format", "html", "a.lm"]));
    for part in
        ["<!DOCTYPE html>", "with &lt;numbers&gt;.", "<section id=\"double\">", "<pre><code>double(2)"]
    {
        assert!(html.contains(part), "no {part} in {html}");
    }
    let value = json(&project.lumen(&["doc", "--format", "json", "a.lm"]));
    assert_eq!(
        (&value["schema"], &value["entries"][0]["name"], &value["entries"][0]["line"]),
        (&"lumen.doc.1".into(), &"double".into(), &22.into())
    );
    let faulty = Project::with("a.lm", "let x: Int = \"a\"\n");
    assert_eq!(code(&faulty.lumen(&["doc", "a.lm"])), 1);
    let open = Project::with(
        "a.lm",
        "```\nOne.\n\n~~~\none()\n```\npub cell one() -> Int = 1\npub cell two() -> Int = 2\n",
    );
    let md = text(&open.lumen(&["doc", "a.lm"]));
    assert!(md.contains("```lumen\none()\n```\n\n## cell two\n"), "{md}");
    let html = text(&open.lumen(&["doc", "--format", "html", "a.lm"]));
    assert!(html.contains("<pre><code>one()</code></pre>\n</section>"), "{html}");
}

#[test]
fn a_trace_tells_a_run_in_the_order_of_its_log() {
    let project = Project::with(
        "a.lm.md",
        "```lumen first\ngrant fs.read path [\"*\"]\nlet text = read_text(\"a.txt\")\nlet size = len(text)\n```\n\nIt has `{lumen} size` letters.\n",
    );
    std::fs::write(project.folder.join("a.txt"), "hello").expect("written");
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    let value = json(&project.lumen(&["trace", "show", "--json"]));
    let events = value["events"].as_array().expect("events");
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["start", "effect", "result", "result", "number", "end"], "{value:#}");
    let seqs: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert!(seqs.len() == 4 && seqs.is_sorted(), "{seqs:?}");
    // The same id as `why` and the log have, and the effect's own place.
    let effect = &events[1];
    assert_eq!(
        (&effect["operation"], &effect["node"], &effect["outcome"]["size_bytes"]),
        (&"read_text".into(), &"text".into(), &5.into())
    );
    assert_eq!(events[2]["effects"][0], effect["id"], "{value:#}");
    let run = project.run_json();
    assert_eq!(events[5]["trace_hash"], run["trace_hash"]);
    let shown = text(&project.lumen(&["trace", "show", "1"]));
    assert!(shown.contains("read `a.txt` in `first`, for `text`: done"), "{shown}");
    assert_eq!(code(&project.lumen(&["trace", "show", "9"])), 2);
}

#[test]
fn code_is_listed_as_the_machine_runs_it() {
    let project =
        Project::with("a.lm", "cell double(n: Int) -> Int = n * 2\nlet x = double(21)\nprint(x, \"é\")\n");
    let listed = project.lumen(&["emit", "a.lm"]);
    let said = text(&listed);
    assert_eq!(code(&listed), 0, "{said}");
    for part in
        ["`double`(Int) -> Int", "Mul", "export `double`", "defines x, reads nothing, effects none", "\"é\""]
    {
        assert!(said.contains(part), "no {part} in\n{said}");
    }
    assert_eq!(code(&Project::with("a.lm", "let x = y\n").lumen(&["emit", "a.lm"])), 1);
}

#[test]
fn all_steps_at_once_say_by_bits_what_failed() {
    let of = |source: &str| {
        let output = Project::with("a.lm", source).lumen(&["ci"]);
        (code(&output), text(&output))
    };
    let good = "```\nOne.\n\n~~~\nassert one() == 1\n~~~\n```\npub cell one() -> Int = 1\ntest \"one\"\n  assert one() == 1\nend\n";
    let (status, said) = of(good);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("== all steps passed"), "{said}");
    assert_eq!(of("let x: Int = \"a\"\n").0, 1 + 2 + 4 + 8);
    assert_eq!(of(&format!("let len = 1\nprint(len)\n{good}")).0, 2);
    assert_eq!(of(&good.replace("  assert one() == 1", "  assert one() == 2")).0, 4);
    assert_eq!(of(&good.replace("~~~\nassert one() == 1", "~~~\nassert one() == 3")).0, 8);
    let (status, said) = of("print(1)\n");
    assert!(status == 0 && said.contains("2 of 4 steps had nothing to do"), "{status} {said}");
    let absent = Project::with("a.lm", "print(1)\n").lumen(&["ci", "gone.lm"]);
    assert_eq!(code(&absent), 16, "{}", text(&absent));
}

#[test]
fn all_steps_are_one_answer_in_json() {
    let project = Project::with("a.lm", "let x: Int = \"a\"\n");
    let of = |args: &[&str]| {
        let output = project.lumen(args);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
        assert_eq!((&answer["schema"], &answer["exit"]), (&"lumen.ci.1".into(), &code(&output).into()));
        answer
    };
    let answer = of(&["ci", "--json"]);
    assert_eq!(answer["exit"], 1 + 2 + 4 + 8);
    let names: Vec<_> = answer["steps"].as_array().into_iter().flatten().map(|step| &step["name"]).collect();
    assert_eq!(names, ["check", "lint", "test", "doc"]);
    assert_eq!(answer["steps"][0]["status"], "failed");
    assert_eq!(answer["steps"][0]["answer"]["schema"], "lumen.check.1");
    assert_eq!(answer["steps"][0]["answer"]["diagnostics"][0]["code"], "E0200");
    assert_eq!(answer["steps"][2]["answer"]["schema"], "lumen.test.1");
    let answer = of(&["ci", "--json", "gone.lm"]);
    assert_eq!((&answer["exit"], &answer["steps"][3]["status"]), (&16.into(), &"not read".into()));
    assert_eq!(answer["steps"][3]["answer"]["schema"], "lumen.error.1");
    std::fs::write(project.folder.join("a.lm"), "print(1)\n").expect("written");
    let answer = of(&["ci", "--json"]);
    assert_eq!((&answer["exit"], &answer["steps"][2]["status"]), (&0.into(), &"not evaluated".into()));
}

/// Every block of the card is checked, and what has an output prints it.
#[test]
fn the_card_for_agents_is_true_and_fits_two_pages() {
    let project = Project::with("unused.txt", "");
    let output = project.lumen(&["agent-card"]);
    let card = String::from_utf8(output.stdout).expect("text");
    assert!((60..=160).contains(&card.lines().count()), "{} lines are no two pages", card.lines().count());
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in card.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some((info.to_string(), String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((info, body))) => open = Some((info, format!("{body}{line}\n"))),
            (None, None) => {}
        }
    }
    let code_blocks = blocks.iter().filter(|(info, _)| info == "lumen").count();
    assert!(code_blocks >= 6, "only {code_blocks} blocks");
    for (at, (info, body)) in blocks.iter().enumerate() {
        if info != "lumen" {
            assert_eq!(info, "output", "every block is held");
            continue;
        }
        let name = format!("block{at}.lm");
        std::fs::write(project.folder.join(&name), body).expect("written");
        let checked = project.lumen(&["check", &name]);
        assert_eq!(code(&checked), 0, "{body}\n{}", text(&checked));
        if let Some((_, expected)) = blocks.get(at + 1).filter(|(info, _)| info == "output") {
            let run = project.lumen(&["run", "--no-record", &name]);
            assert_eq!(&String::from_utf8_lossy(&run.stdout), expected, "{}", text(&run));
        }
    }
}
