//! Tools: programs that answer, hang, lie and flood, written by the tests.

use std::time::{Duration, Instant};

use crate::{Project, code, text};

/// Takes a text and a number, and a mode that a grant may bind; gives how it was called.
const FILE: &str = r#"{
  "program": "python3",
  "args": ["tool.py"],
  "parameters": {
    "type": "object",
    "properties": {"text": {"type": "string"}, "times": {"type": "integer"}, "mode": {"type": "string"}},
    "required": ["text"]
  },
  "returns": {
    "type": "object",
    "properties": {"said": {"type": "string"}, "calls": {"type": "integer"}, "note": {"type": "string"}},
    "required": ["said", "calls"]
  }
}"#;

/// Answers with its arguments, and counts its calls.
const ECHO: &str = r#"
import json, sys
calls = 0
for line in sys.stdin:
    call = json.loads(line)
    calls += 1
    said = json.dumps(call["arguments"], sort_keys=True)
    print(json.dumps({"id": call["id"], "result": {"said": said, "calls": calls}}), flush=True)
"#;

const HEAD: &str = "use tool echo.say as say from \"tools/echo.json\"\n";

fn project(program: &str, tool: &str) -> Project {
    let project = Project::with("a.lm", &format!("{HEAD}{program}"));
    std::fs::create_dir(project.folder.join("tools")).expect("a folder");
    std::fs::write(project.folder.join("tools/echo.json"), FILE).expect("written");
    std::fs::write(project.folder.join("tools/tool.py"), tool).expect("written");
    project
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).to_string()
}

/// What a program prints whose tool answers each call as this expression of Python says, `i` being its id.
fn answered(answer: &str) -> String {
    let tool = format!(
        "import json, sys\nfor line in sys.stdin:\n    i = json.loads(line)[\"id\"]\n    print({answer}, flush=True)\n"
    );
    let project = project("grant echo\nlet said = say.try(\"a\")\nprint(said)\n", &tool);
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
    stdout(&output)
}

#[test]
fn the_page_runs_and_repeats_without_its_program() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tools.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let project = Project::with("tools.lm.md", &page);
    std::fs::create_dir(project.folder.join("tools")).expect("a folder");
    let mut files = 0;
    for part in page.split("\n```").filter(|part| part.contains(" file=")) {
        let (tag, body) = part.split_once('\n').expect("a fence has a tag");
        let (_, name) = tag.split_once(" file=").expect("it names a file");
        std::fs::write(project.folder.join(name), body).expect("written");
        files += 1;
    }
    assert_eq!(files, 5);
    let run = project.lumen(&["run", "tools.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    std::fs::remove_dir_all(project.folder.join("tools")).expect("removed");
    std::fs::remove_file(project.folder.join("shop.py")).expect("removed");
    let verified = project.lumen(&["verify"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
}

#[test]
fn arguments_go_by_the_schema_and_one_program_answers_one_call_after_the_other() {
    let project = project(
        "grant echo\nlet a = say(\"x\", times: 2)\nlet b = say(text: \"y\")\nprint(a.said, a.calls, a.note)\nprint(b.said, b.calls)\n",
        ECHO,
    );
    let output = project.lumen(&["run", "a.lm"]);
    let expected = "{\"text\": \"x\", \"times\": 2} 1 null\n{\"text\": \"y\"} 2\n";
    assert_eq!(stdout(&output), expected, "{}", text(&output));
}

#[test]
fn calls_at_the_same_time_have_programs_of_their_own() {
    let slow = ECHO.replace("    calls += 1\n", "    calls += 1\n    import time; time.sleep(0.3)\n");
    let project = project(
        "grant echo\nlet all = unwrap(await parallel for n in 0..3\n  say(\"x\").calls\nend)\nprint(all)\n",
        &slow,
    );
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(stdout(&output), "[1, 1, 1]\n", "{}", text(&output));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn what_does_not_fit_the_schema_is_found_by_check() {
    let project = project(
        "grant echo kind \"x\"\nlet a = say(1)\nlet b = say()\nlet c: Int = say(\"x\").said\nlet d = say(\"x\", much: 1)\n",
        ECHO,
    );
    std::fs::remove_file(project.folder.join("tools/tool.py")).expect("removed");
    let said = text(&project.lumen(&["check", "a.lm"]));
    for part in
        ["error[E0131]", "no key `kind`", "error[E0200]", "found Int", "lacks the argument `text`", "`much`"]
    {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    let ungranted = project_of("let a = say(\"x\")\nlet b = a.said\n");
    let said = text(&ungranted.lumen(&["check", "a.lm"]));
    assert!(said.contains("error[E0106]") && said.contains("`grant echo`"), "{said}");
}

fn project_of(program: &str) -> Project {
    project(program, ECHO)
}

#[test]
fn a_file_that_describes_nothing_is_said_where_it_is_named() {
    let broken = [
        ("{", "is no JSON"),
        ("{\"args\": []}", "names no `program`"),
        ("{\"program\": \"a\", \"color\": 1}", "the key `color`"),
        (
            "{\"program\": \"a\", \"returns\": {\"type\": \"string\", \"pattern\": \"a\"}}",
            "the key `pattern`",
        ),
        ("{\"program\": \"a\", \"parameters\": {\"type\": \"object\", \"required\": [\"b\"]}}", "names `b`"),
    ];
    for (file, part) in broken {
        let project = project_of("grant echo\nprint(say(\"x\"))\n");
        std::fs::write(project.folder.join("tools/echo.json"), file).expect("written");
        let said = text(&project.lumen(&["check", "a.lm"]));
        assert!(said.contains("error[E0104]") && said.contains(part) && said.contains("a.lm:1:"), "{said}");
    }
    let project =
        project_of("bind effect other to sey\nbind effect fs.read to say\ngrant echo\nprint(say(\"x\"))\n");
    let said = text(&project.lumen(&["check", "a.lm"]));
    assert!(
        said.contains("did you mean `say`?") && said.contains("`fs.read` is an effect of the language"),
        "{said}"
    );
}

#[test]
fn a_grant_binds_arguments_and_an_effect_can_have_another_name() {
    let program = "bind effect talk to say\ngrant talk mode \"loud\" times [1, 2]\nprint(say(\"x\", times: 2).said)\nsay(\"x\", times: 3, mode: \"loud\")\n";
    let project = project_of(program);
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(stdout(&output), "{\"mode\": \"loud\", \"text\": \"x\", \"times\": 2}\n", "{}", text(&output));
    assert!(text(&output).contains("R0106") && text(&output).contains("does not allow 3 as `times`"));
}

#[test]
fn the_project_file_names_the_files_of_tools() {
    let project = Project::with(
        "a.lm",
        "use tool echo.say as say\ngrant echo\nlet calls = say(\"x\").calls\nprint(calls)\n",
    );
    assert!(text(&project.lumen(&["check", "a.lm"])).contains("error[E0104]"));
    std::fs::write(project.folder.join("lumen.toml"), "[tools]\n\"echo.say\" = \"t/echo.json\"\n")
        .expect("written");
    std::fs::create_dir(project.folder.join("t")).expect("a folder");
    std::fs::write(project.folder.join("t/echo.json"), FILE).expect("written");
    std::fs::write(project.folder.join("t/tool.py"), ECHO).expect("written");
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(stdout(&output), "1\n", "{}", text(&output));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn a_tool_that_lies_is_told_of_it() {
    let lies = [
        (
            r#"json.dumps({"id": i, "result": {"said": 1, "calls": 2}})"#,
            "its answer.said is 1, expected String",
        ),
        (r#"json.dumps({"id": i, "result": {"calls": 2}})"#, "its answer.said is null, expected String"),
        (r#"json.dumps({"id": i, "result": {"said": "a", "calls": 2, "more": 3}})"#, "has the field"),
        (r#"json.dumps({"id": i + 1, "result": None})"#, "its answer has the id 2, expected 1"),
        (r#""hello""#, "its answer is no line of JSON"),
        (r#"json.dumps({"id": i})"#, "neither `result` nor `error`"),
    ];
    for (answer, part) in lies {
        let said = answered(answer);
        assert!(said.starts_with("err(ToolError(code: \"R0704\"") && said.contains(part), "{said}");
    }
    let refused = answered(r#"json.dumps({"id": i, "error": {"message": "not today"}})"#);
    assert!(refused.contains("R0701") && refused.contains("not today"), "{refused}");
}

#[test]
fn a_tool_that_ends_or_floods_is_bounded() {
    let said = answered(r#"sys.exit("lost my words")"#);
    assert!(said.contains("R0703") && said.contains("lost my words"), "{said}");
    let project = project_of("grant echo\nprint(say.try(\"a\"))\n");
    std::fs::write(
        project.folder.join("tools/tool.py"),
        "import sys\nwhile True:\n    sys.stdout.write('a' * 65536)\n",
    )
    .expect("written");
    let said = text(&project.lumen(&["run", "a.lm"]));
    assert!(said.contains("R0705") && said.contains("16777216 bytes"), "{said}");
    let file = FILE.replace("python3", "no-such-program-here");
    std::fs::write(project.folder.join("tools/echo.json"), file).expect("written");
    let said = text(&project.lumen(&["run", "--fresh", "a.lm"]));
    assert!(said.contains("R0703") && said.contains("no-such-program-here"), "{said}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test holds a bound")]
fn a_tool_that_hangs_is_given_up_and_killed() {
    let hangs = "import time\ntime.sleep(600)\n";
    let project = project(
        "grant echo timeout_ms 200\nprint(say.try(\"a\"))\nprint(await race\n  say(\"b\").calls\n  7\nend)\nlet late = is_err(timeout(50, say(\"c\")))\nprint(late)\n",
        hangs,
    );
    let from = Instant::now();
    let output = project.lumen(&["run", "a.lm"]);
    assert!(from.elapsed() < Duration::from_secs(60), "a hanging program holds nothing up");
    let said = stdout(&output);
    assert!(said.starts_with("err(ToolError(code: \"R0702\""), "{}", text(&output));
    assert!(said.ends_with("ok(7)\ntrue\n"), "{}", text(&output));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn the_declarations_are_formatted_once() {
    let project = Project::with(
        "a.lm",
        "  use   tool   a.b   as  c   from    \"x.json\"\nbind  effect   d.e   to   c\n",
    );
    for _ in 0..2 {
        let output = project.lumen(&["fmt", "a.lm"]);
        assert_eq!(code(&output), 0, "{}", text(&output));
        let formatted = std::fs::read_to_string(project.folder.join("a.lm")).expect("the file is there");
        assert_eq!(formatted, "use tool a.b as c from \"x.json\"\nbind effect d.e to c\n");
    }
}

/// Whether the process with the number in a file has ended, soon.
#[expect(clippy::disallowed_methods, reason = "a test waits for a process to be gone")]
pub fn ends(file: &std::path::Path) -> bool {
    let state = || {
        let pid = std::fs::read_to_string(file).unwrap_or_default();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).ok()?;
        stat.rsplit_once(") ").map(|(_, rest)| rest.starts_with('Z'))
    };
    assert!(file.exists(), "there is a number in {}", file.display());
    (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        state().is_none_or(|is_over| is_over)
    })
}

/// Whether a file is there, within a minute.
#[expect(clippy::disallowed_methods, reason = "a test waits for a process to be there")]
fn comes(file: &std::path::Path) -> bool {
    (0..6000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        file.exists()
    })
}

/// Starts a program that holds its output and says its number, and waits for it.
const FORKS: &str = r#"
import subprocess, sys
child = subprocess.Popen(["sleep", "600"])
open("pid", "w").write(str(child.pid))
child.wait()
"#;

#[test]
fn what_a_tool_started_is_killed_with_it() {
    let project = project("grant echo timeout_ms 2000\nprint(say.try(\"a\"))\n", FORKS);
    let output = project.lumen(&["run", "a.lm"]);
    assert!(stdout(&output).contains("R0702"), "{}", text(&output));
    assert!(ends(&project.folder.join("tools/pid")));
}

#[test]
fn what_a_program_started_is_killed_with_it() {
    let forks = "sleep 600 & echo $! > pid; wait";
    let program = format!(
        "grant process program \"sh\" timeout_ms 2000\nprint(exec.try(\"sh\", [\"-c\", \"{forks}\"]))\n"
    );
    let project = Project::with("a.lm", &program);
    let output = project.lumen(&["run", "a.lm"]);
    assert!(stdout(&output).contains("R0702"), "{}", text(&output));
    assert!(ends(&project.folder.join("pid")));
}

#[test]
fn a_signal_that_ends_a_run_ends_what_it_started() {
    let program = "grant process program \"sh\"\nlet said = exec(\"sh\", [\"-c\", \"sleep 600 & echo $! > new; mv new pid; wait\"])\n";
    let project = Project::with("a.lm", program);
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(["run", "a.lm"])
        .current_dir(&project.folder)
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary starts");
    let pid = project.folder.join("pid");
    assert!(comes(&pid));
    let lumen = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(lumen, rustix::process::Signal::TERM).expect("it runs");
    let status = run.wait().expect("it ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    assert!(ends(&pid));
}

/// What was started under `nohup` outlives its terminal, tools or not.
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so() {
    let program = "grant process program \"sh\"\nlet said = exec(\"sh\", [\"-c\", \"echo > there; while [ -e there ]; do sleep 0.01; done\"])\nprint(1)\n";
    let project = Project::with("a.lm", program);
    let run = std::process::Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" run a.lm", env!("CARGO_BIN_EXE_lumen")])
        .current_dir(&project.folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary starts");
    let there = project.folder.join("there");
    assert!(comes(&there));
    let lumen = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(lumen, rustix::process::Signal::HUP).expect("it runs");
    std::fs::remove_file(&there).expect("it is there");
    let output = run.wait_with_output().expect("it ends");
    assert_eq!((code(&output), stdout(&output).as_str()), (0, "1\n"), "{}", text(&output));
}

#[test]
fn a_tool_sees_of_the_environment_what_its_file_names() {
    let tells = ECHO.replace("import json, sys", "import json, os, sys").replace(
        "json.dumps(call[\"arguments\"], sort_keys=True)",
        "\" \".join(k for k in (\"PATH\", \"LUMEN_TOKEN\", \"LUMEN_SECRET\") if k in os.environ)",
    );
    let project = project("grant echo\nprint(say(\"x\").said)\n", &tells);
    let run = |token: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lumen"));
        command.args(["run", "--fresh", "a.lm"]).current_dir(&project.folder).env("LUMEN_SECRET", "1");
        if let Some(token) = token {
            command.env("LUMEN_TOKEN", token);
        }
        command.output().expect("the binary starts")
    };
    let output = run(Some("1"));
    assert_eq!(stdout(&output), "PATH\n", "{}", text(&output));
    let file = project.folder.join("tools/echo.json");
    let with = |env: &str| FILE.replace("  \"args\"", &format!("  \"env\": {env},\n  \"args\""));
    std::fs::write(&file, with("[\"LUMEN_TOKEN\"]")).expect("written");
    let output = run(Some("1"));
    assert_eq!(stdout(&output), "PATH LUMEN_TOKEN\n", "{}", text(&output));
    let said = text(&run(None));
    assert!(
        said.contains("R0703") && said.contains("`LUMEN_TOKEN`, which its file names, is not set"),
        "{said}"
    );
    std::fs::write(&file, with("[\"A=B\"]")).expect("written");
    let said = text(&project.lumen(&["check", "a.lm"]));
    assert!(said.contains("E0104") && said.contains("no variable's name"), "{said}");
}

#[test]
fn several_grants_of_an_effect_add_up_and_each_limit_holds() {
    let program = "grant echo times [1, 2] max_calls 5\ngrant echo times [2, 3] max_calls 2\n\
        for n in [2, 1, 3]\n  let said = say(\"x\", times: n).said\n  print(said)\nend\n";
    let project = project(program, ECHO);
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(stdout(&output).lines().count(), 3, "{}", text(&output));
    let with = |numbers: &str| {
        let source = format!("{HEAD}{}", program.replace("[2, 1, 3]\n", numbers));
        std::fs::write(project.folder.join("a.lm"), source).expect("written");
        text(&project.lumen(&["run", "a.lm"]))
    };
    // Both grants are about 2, so that the fewer calls hold; neither is about 4.
    let said = with("[2, 2, 2]\n");
    assert!(said.contains("R0907") && said.contains("allows 2 calls"), "{said}");
    let said = with("[4]\n");
    assert!(said.contains("R0106") && said.contains("does not allow 4 as `times`"), "{said}");

    let files = Project::with(
        "b.lm",
        "grant fs.read path \"a.*\"\ngrant fs.read path \"b.*\"\n\
         print(read_text(\"a.txt\"))\nprint(read_text(\"b.txt\"))\nprint(read_text(\"c.txt\"))\n",
    );
    for (name, held) in [("a.txt", "one"), ("b.txt", "two"), ("c.txt", "three")] {
        std::fs::write(files.folder.join(name), held).expect("written");
    }
    let output = files.lumen(&["run", "b.lm"]);
    assert_eq!(stdout(&output), "one\ntwo\n", "{}", text(&output));
    let said = text(&output);
    assert!(said.contains("R0106") && said.contains("is not about `c.txt`"), "{said}");
    // What the command line grants adds to that.
    let output = files.lumen(&["run", "--fresh", "--grant", "fs.read path \"c.*\"", "b.lm"]);
    assert_eq!(stdout(&output), "one\ntwo\nthree\n", "{}", text(&output));
}
