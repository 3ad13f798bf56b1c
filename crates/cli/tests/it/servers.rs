//! Tools of servers that speak the Model Context Protocol, written by the tests in Python.

use std::process::Output;
use std::time::{Duration, Instant};

use crate::{Project, code, lumen, text};

/// Greets, lists two tools in two pieces, and carries them out. `OWN` stands for what a test adds.
const SERVER: &str = r#"
import json, os, sys, time

def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

ADD = {"name": "add", "description": "Adds.", "inputSchema": {"type": "object", "required": ["a", "b"],
       "properties": {"a": {"type": "integer", "maximum": 100}, "b": {"type": "integer"}, "note": {"type": "string"}}},
       "outputSchema": {"type": "object", "required": ["sum"], "properties": {"sum": {"type": "integer"}}}}
TELL = {"name": "tell-all", "inputSchema": {"type": "object", "properties": {"who": {"type": "string"}}}}
calls = 0

def add(given):
    if given["a"] > 100:
        return {"content": [{"type": "text", "text": "a is too large"}], "isError": True}
    return {"content": [], "structuredContent": {"sum": given["a"] + given["b"]}}

def tell(given):
    words = " ".join([given.get("who", "nobody"), str(calls), *(k for k in ("PATH", "TOKEN", "SECRET") if k in os.environ)])
    return {"content": [{"type": "text", "text": words}]}

def answer(method, params):
    global calls
    if method == "initialize":
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}}
    if method == "tools/list":
        return {"tools": [TELL]} if params.get("cursor") == "2" else {"tools": [ADD], "nextCursor": "2"}
    calls += 1
    return {"add": add, "tell-all": tell}[params["name"]](params["arguments"])

for line in sys.stdin:
    asked = json.loads(line)
    if "method" not in asked or "id" not in asked:
        continue
    id, method, params = asked["id"], asked["method"], asked.get("params", {})
    # OWN
    say({"id": id, "result": answer(method, params)})
"#;

const MANIFEST: &str = "[tools.sums]\nprogram = \"python3\"\nargs = [\"server.py\"]\nenv = [\"TOKEN\"]\nschema = \"sums.json\"\nnames = { tell = \"tell-all\" }\n";

const HEAD: &str = "use tool sums.add as add\nuse tool sums.tell as tell\n";

fn project(program: &str, own: &str) -> Project {
    let project = Project::with("a.lm", &format!("{HEAD}{program}"));
    write(&project, "server.py", SERVER);
    write(&project, "lumen.toml", MANIFEST);
    let written = schema(&project);
    assert_eq!(code(&written), 0, "{}", text(&written));
    write(&project, "server.py", &SERVER.replace("# OWN", own));
    project
}

fn write(project: &Project, name: &str, held: &str) {
    std::fs::write(project.folder.join(name), held).expect("written");
}

fn with_token(project: &Project, args: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lumen"));
    command.args(args).current_dir(&project.folder).env("COLUMNS", "100");
    command.env("TOKEN", "1").env("SECRET", "1").output().expect("the binary starts")
}

fn schema(project: &Project) -> Output {
    with_token(project, &["schema", "--server", "sums"])
}

fn run(project: &Project) -> Output {
    with_token(project, &["run", "--fresh", "a.lm"])
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).to_string()
}

/// What `add.try(1, 2)` gives with a server that does `own` on each request.
fn answered(own: &str) -> String {
    let project = project("grant sums\nlet got = add.try(1, 2)\nprint(got)\n", own);
    let output = run(&project);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
    stdout(&output)
}

#[test]
fn a_tool_of_a_server_is_called_by_its_schema_and_replayed_without_it() {
    let program = "grant sums\nlet three: Int = add(1, b: 2).sum\nlet said = tell(who: \"Ada\")\nprint(three, said)\nprint(add.try(101, 0))\n";
    let project = project(program, "# OWN");
    let output = run(&project);
    // The tools of a server share its program, and it sees of the environment what its table names.
    let expected = "3 Ada 2 PATH TOKEN\nerr(ToolError(code: \"R0701\", message: \"the tool `sums.add` failed: a is too large\"))\n";
    assert_eq!(stdout(&output), expected, "{}", text(&output));
    for gone in ["server.py", "sums.json", "lumen.toml"] {
        std::fs::remove_file(project.folder.join(gone)).expect("removed");
    }
    let verified = project.lumen(&["verify"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
}

#[test]
fn checking_knows_the_signature_and_starts_nothing() {
    let project = project(
        "grant sums b 2\ngrant sums c 2\nlet a = add(\"1\", 2)\nlet b = add(1)\nlet c: String = add(1, 2).sum\n",
        "# OWN",
    );
    write(&project, "server.py", "open('started', 'w')\n");
    let said = text(&project.lumen(&["check", "a.lm"]));
    for part in ["error[E0131]", "no key `c`", "found String", "lacks the argument `b`", "found Int"] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    assert!(!project.folder.join("started").exists());
    write(&project, "a.lm", "use tool sums.ad as add\nuse tool sums as all\nuse tool other.x as x\n");
    let said = text(&project.lumen(&["check", "a.lm"]));
    for part in ["the nearest is `add`", "`sums` is a server", "There is no tool `other.x`"] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    std::fs::remove_file(project.folder.join("sums.json")).expect("removed");
    let said = text(&project.lumen(&["check", "a.lm"]));
    assert!(said.contains("E0104") && said.contains("`lumen schema --server sums` writes it"), "{said}");
}

#[test]
fn without_a_file_a_tool_takes_and_gives_json() {
    let project = project("grant sums\nlet got = add(a: 1, b: 2)\nprint(got[\"sum\"])\n", "# OWN");
    write(&project, "lumen.toml", &MANIFEST.replace("schema = \"sums.json\"\n", ""));
    let output = run(&project);
    assert_eq!(stdout(&output), "3\n", "{}", text(&output));
    let listed = schema(&project);
    assert!(stdout(&listed).contains("\"name\": \"tell-all\""), "{}", text(&listed));
}

#[test]
fn the_older_form_of_the_manifest_is_read() {
    let project = project("grant sums\nlet said = add(a: 1, b: 2)\nprint(said)\nlet t = tell()\n", "# OWN");
    let older = "[providers.mcp.sums]\nuri = \"python3 server.py\"\ntools = [\"sums.add\"]\n";
    write(&project, "lumen.toml", older);
    let said = text(&project.lumen(&["check", "a.lm"]));
    assert!(said.contains("E0104") && said.contains("names only sums.add"), "{said}");
    write(
        &project,
        "a.lm",
        "use tool sums.add as add\ngrant sums\nlet said = add(a: 1, b: 2)\nprint(said)\n",
    );
    let output = run(&project);
    assert_eq!(stdout(&output), "{\"sum\": 3}\n", "{}", text(&output));
}

#[test]
fn what_a_server_says_and_asks_meanwhile_changes_no_answer() {
    let own = "say({\"method\": \"notifications/message\", \"params\": {\"data\": 1}})
    say({\"id\": 1, \"method\": \"ping\"})
    assert json.loads(sys.stdin.readline()) == {\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {}} or method == \"initialize\"
    say({\"id\": 2, \"method\": \"sampling/createMessage\"})
    assert \"error\" in json.loads(sys.stdin.readline()) or method == \"initialize\"";
    let said = answered(own);
    assert!(said.starts_with("ok(") && said.contains("sum: 3"), "{said}");
}

#[test]
fn a_server_that_lies_is_told_of_it() {
    let lies = [
        (
            "if method == 'initialize': say({'id': id, 'result': {'protocolVersion': '1999-01-01'}}); continue",
            "speaks the revision 1999-01-01",
        ),
        (
            "if method == 'tools/call': say({'id': id + 1, 'result': {}}); continue",
            "has the id 5, expected 4",
        ),
        ("if method == 'tools/call': print('hello', flush=True); continue", "no line of JSON"),
        ("if method == 'tools/call': say({'id': id}); continue", "neither `result` nor `error`"),
        (
            "if method == 'tools/call': say({'id': id, 'result': {'content': []}}); continue",
            "no `structuredContent`",
        ),
        (
            "if method == 'tools/call': say({'id': id, 'result': {'structuredContent': {'sum': 'x'}}}); continue",
            "its answer.sum is \\\"x\\\", expected Int",
        ),
        (
            "if method == 'tools/list': say({'id': id, 'result': {'tools': [TELL]}}); continue",
            "has no tool `add`; it has tell-all",
        ),
        ("ADD['inputSchema']['required'] = ['a']", "something else than its file does"),
    ];
    for (own, part) in lies {
        let said = answered(own);
        assert!(said.starts_with("err(ToolError(code: \"R0704\"") && said.contains(part), "{own}: {said}");
    }
    let own = "if method == 'tools/call': say({'id': id, 'error': {'code': -32602, 'message': 'not today'}}); continue";
    let refused = answered(own);
    assert!(refused.contains("R0701") && refused.contains("not today"), "{refused}");
}

#[test]
fn a_server_that_floods_or_ends_is_bounded() {
    let floods = [
        "if method == 'tools/call':\n        while True: say({'method': 'notifications/message', 'params': 'a' * 65536})",
        "if method == 'tools/list': say({'id': id, 'result': {'tools': [], 'nextCursor': 'on'}}); continue",
    ];
    for flood in floods {
        let said = answered(flood);
        assert!(said.contains("R0705"), "{flood}: {said}");
    }
    let said = answered("if method == 'tools/call': sys.exit('lost my words')");
    assert!(said.contains("R0703") && said.contains("lost my words"), "{said}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test holds a bound")]
fn a_server_that_hangs_is_given_up_and_killed_with_what_it_started() {
    let own = "if method == 'tools/call':\n        import subprocess\n        child = subprocess.Popen(['sleep', '600'])\n        open('pid', 'w').write(str(child.pid))\n        child.wait()";
    let project = project("grant sums timeout_ms 2000\nprint(add.try(1, 2))\n", own);
    let from = Instant::now();
    let output = run(&project);
    assert!(from.elapsed() < Duration::from_secs(60), "a hanging server holds nothing up");
    assert!(stdout(&output).contains("R0702"), "{}", text(&output));
    assert!(crate::tools::ends(&project.folder.join("pid")));
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let project = Project::with("lumen.toml", &MANIFEST.replace("env = [\"TOKEN\"]\n", ""));
    let said = lumen(&project.folder, &["schema", "--server", "sums"]);
    assert_eq!(code(&said), 6, "{}", text(&said));
    assert!(text(&said).contains("error[R0703]"), "{}", text(&said));
    let said = lumen(&project.folder, &["schema", "--server", "others"]);
    assert_eq!(code(&said), 2, "{}", text(&said));
    assert!(text(&said).contains("names the server `others`"), "{}", text(&said));
}
