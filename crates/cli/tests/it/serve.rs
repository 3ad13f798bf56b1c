//! `lumen serve --stdio`, driven by a client over pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

use crate::{Project, code, text};

/// A client of a server that speaks lines of JSON.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<Box<dyn Read>>,
    last_id: u64,
    /// What came while an answer was awaited.
    pub events: Vec<Value>,
}

impl Client {
    pub fn start(folder: &Path, protocol: &str) -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(["serve", protocol])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        let output: BufReader<Box<dyn Read>> = BufReader::new(Box::new(output));
        Client { child, input, output, last_id: 0, events: Vec::new() }
    }

    /// One that has shaken hands.
    pub fn ready(folder: &Path) -> Client {
        let mut client = Client::start(folder, "--stdio");
        let answer = client.ask("initialize", json!({"protocol": "1.0", "client": "a test"}));
        assert_eq!(answer["result"]["supported"], json!(["1.0", "1.1", "1.2"]), "{answer}");
        client
    }

    pub fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    /// The next line, which is a message whatever happens.
    pub fn receive(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).expect("the server writes") > 0, "the server ended");
        let message: Value = serde_json::from_str(&line).expect("every line is JSON");
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    pub fn send(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.write(format!("{message}\n").as_bytes());
        id
    }

    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.receive();
            match message.get("id") {
                Some(found) if *found == json!(id) => return message,
                Some(_) => panic!("an answer to another request: {message}"),
                None => self.events.push(message),
            }
        }
    }

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    pub fn result(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    fn code(&mut self, method: &str, params: Value) -> i64 {
        let answer = self.ask(method, params);
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
    }

    /// Reads events up to one of this kind, which comes last.
    pub fn until(&mut self, event: &str) -> Value {
        if let Some(at) = self.events.iter().position(|found| found["params"]["event"] == event) {
            return self.events[at]["params"].clone();
        }
        loop {
            let message = self.receive();
            assert_eq!(message["method"], "run.event", "{message}");
            self.events.push(message.clone());
            let found = &message["params"]["event"];
            assert!(found == event || found != "finished", "no {event}: {:?}", self.events);
            if found == event {
                return message["params"].clone();
            }
        }
    }

    /// Closes the end that the server writes to.
    pub fn deafen(&mut self) {
        self.output = BufReader::new(Box::new(std::io::empty()));
    }

    /// Kills the server where it stands.
    pub fn kill(mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("the server is killed");
    }

    /// Closes the input and waits for the end; what else came.
    pub fn end(mut self) -> (ExitStatus, Vec<Value>) {
        drop(self.input.take());
        let rest = self.output.by_ref().lines();
        let rest = rest.map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("JSON")).collect();
        (self.child.wait().expect("the server ends"), rest)
    }
}

fn empty() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

const TABLE: &str = "---\ninputs: {most: 3}\n---\n```lumen sums\nlet xs = [x for x in 1..=4 if x <= inputs.most]\nprint(\"three\", len(xs))\nlet total = sum(xs)\n```\n\nThe total is `{lumen} total`.\n";

#[test]
fn a_version_that_is_not_spoken_is_refused_by_its_kind() {
    let folder = empty();
    let mut client = Client::start(folder.path(), "--stdio");
    assert_eq!(client.code("capabilities", json!({})), -32022);
    for asked in ["2.0", "1.3", "0.9"] {
        let refused = client.ask("initialize", json!({"protocol": asked}));
        assert_eq!(refused["error"]["code"], -32014, "{refused}");
        assert_eq!(refused["error"]["data"], json!({"asked": asked, "supported": ["1.0", "1.1", "1.2"]}));
    }
    assert_eq!(client.code("initialize", json!({"protocol": "one"})), -32602);
    assert_eq!(client.code("initialize", json!({})), -32602);
    let shaken = client.result("initialize", json!({"protocol": "1.0"}));
    assert_eq!(shaken["protocol"], "1.2");
    assert_eq!(client.code("initialize", json!({"protocol": "1.0"})), -32600);
    let (status, rest) = client.end();
    assert!(status.success() && rest.is_empty(), "{rest:?}");
}

/// The codes are those of JSON-RPC 2.0, section 5.1.
#[test]
fn what_is_no_request_is_answered_and_the_next_line_is_heard() {
    let folder = empty();
    let mut client = Client::ready(folder.path());
    let lines: [(&[u8], Value, i64); 6] = [
        (b"{\"jsonrpc\":\n", Value::Null, -32700),
        (b"\xff\xfe\n", Value::Null, -32700),
        (b"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"capabilities\"}]\n", Value::Null, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"capabilities\"}\n", Value::Null, -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":\"a\"}\n", json!("a"), -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"why\",\"params\":[\"x\"]}\n", json!("a"), -32602),
    ];
    for (line, id, code) in lines {
        client.write(line);
        let answer = client.receive();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{answer}");
    }
    // A line beyond the limit, 16 MiB.
    client.write(&vec![b'x'; (16 << 20) + 1]);
    client.write(b"\n");
    let answer = client.receive();
    assert_eq!(answer["error"]["code"], -32600);
    assert_eq!(answer["error"]["data"]["limit_bytes"], 16 << 20);
    // Field by field: what is missing, wrong, unknown.
    let answer = client.ask("run.start", json!({"inputs": [1], "fuel": -1, "grant": "clock"}));
    assert_eq!(answer["error"]["code"], -32602);
    let fields: Vec<&String> = answer["error"]["data"].as_object().expect("by field").keys().collect();
    assert_eq!(fields, ["inputs", "fuel", "document", "grant"]);
    let unknown = client.ask("run.strat", json!({}));
    assert_eq!(unknown["error"]["code"], -32601);
    assert_eq!(unknown["error"]["data"]["nearest"], "run.start");
    // A notification is never answered.
    client.write(b"{\"jsonrpc\":\"2.0\",\"method\":\"nobody\"}\n");
    assert_eq!(client.result("capabilities", json!({}))["protocol"], "1.2");
    // Half a line at the end.
    client.write(b"{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"capabilities\"}");
    let (status, rest) = client.end();
    assert!(status.success());
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["error"]["code"], -32700, "{rest:?}");
}

/// What each version of the protocol added.
const BY_VERSION: [(&str, &str); 3] = [
    (
        "1.0",
        "initialize capabilities run.start run.resume run.cancel run.status result.get why verify check repl.open \
         repl.exec repl.get_var repl.set_var repl.list_vars repl.register_signature repl.clear_signature repl.close shutdown",
    ),
    // The end of an output that is cut, no method.
    ("1.1", ""),
    ("1.2", "batch.start"),
];

#[test]
fn every_method_is_listed_documented_and_holds_its_parameters() {
    let folder = empty();
    let mut client = Client::ready(folder.path());
    let told = client.result("capabilities", json!({}));
    let methods = told["methods"].as_array().expect("a list");
    assert!(methods.contains(&json!("run.start")) && methods.contains(&json!("batch.start")));
    // A version is what it was: whoever adds a method raises the minor and says so here, and none goes within a major.
    let (mut known, mut last) = (Vec::new(), "");
    for (version, added) in BY_VERSION {
        known.extend(added.split_whitespace().map(|method| json!(method)));
        last = version;
    }
    let sorted = |list: &[Value]| {
        let mut names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!((sorted(methods), &told["protocol"]), (sorted(&known), &json!(last)));
    // The other name of a function, which a cell is warned of once.
    assert_eq!(told["deprecated"], json!({"llm_query_batched": "llm_batch"}));
    // Each of them is there: whatever else is wrong with the call, it is not the method.
    for method in methods.iter().filter_map(Value::as_str).filter(|method| *method != "shutdown") {
        let answer = client.ask(method, json!({"nonsense": 1}));
        assert_eq!(answer["error"]["code"], -32602, "{method}: {answer}");
        assert_eq!(answer["error"]["data"]["nonsense"], "there is no such parameter", "{method}");
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/serve.md"));
    let page = page.expect("docs/serve.md is there");
    for method in methods.iter().filter_map(Value::as_str) {
        assert!(page.contains(&format!("`{method}`")), "docs/serve.md lacks {method}");
    }
    assert_eq!(client.result("shutdown", json!({})), Value::Null);
    let (status, _) = client.end();
    assert!(status.success());
}

/// What the command line says of the same run is what is expected here.
#[test]
fn a_run_is_told_as_it_goes_and_asked_about_afterwards() {
    let project = Project::with("a.lm.md", TABLE);
    let mut client = Client::ready(&project.folder);
    let begun = client.result("run.start", json!({"document": "a.lm.md", "inputs": {"most": 2}}));
    let run = begun["run"].as_str().expect("a name").to_string();
    let finished = client.until("finished");
    assert_eq!(finished["exit_code"], 0, "{finished}");
    let told: Vec<(String, String)> = client
        .events
        .iter()
        .map(|event| {
            let part = |key: &str| event["params"][key].as_str().unwrap_or_default().to_string();
            (part("event"), part("result") + &part("text"))
        })
        .collect();
    let one = |event: &str, of: &str| (event.to_string(), of.to_string());
    assert_eq!(
        told,
        [
            one("started", "xs"),
            one("ran", "xs"),
            one("started", "sums:2"),
            one("printed", "three 2\n"),
            one("ran", "sums:2"),
            one("started", "total"),
            one("ran", "total"),
            one("number", "3"),
            one("finished", ""),
        ]
    );
    assert_eq!(client.events[0]["params"]["fence"], "sums");
    let kept = project.run_json();
    assert_eq!(finished["results_hash"], kept["results_hash"]);
    let status = client.result("run.status", json!({"run": run}));
    assert_eq!((&status["state"], &status["run"]), (&json!("complete"), &json!(run)));

    let total = client.result("result.get", json!({"run": run, "name": "total"}));
    assert_eq!((&total["value"], &total["type"]), (&json!(3), &json!("Int")), "{total}");
    let by_cli = kept["results"].as_array().expect("results").iter().find(|it| it["name"] == "total");
    assert_eq!(total["hash"], by_cli.expect("the result")["hash"]);
    let list = client.result("result.get", json!({"name": "xs"}));
    assert_eq!(list["value"], json!([1, 2]));
    let missing = client.ask("result.get", json!({"name": "totl"}));
    assert_eq!(missing["error"]["data"]["code"], "E0705", "{missing}");
    assert_eq!(missing["error"]["data"]["help"], "Did you mean `total`?");

    let why = client.result("why", json!({"name": "n1"}));
    let said = project.lumen(&["why", "n1", "--json"]);
    assert_eq!(why, serde_json::from_slice::<Value>(&said.stdout).expect("JSON"));
    let mut verdict = client.result("verify", json!({"target": run}));
    let said = project.lumen(&["verify", "--json"]);
    assert_eq!(verdict["exit_code"], 0);
    verdict.as_object_mut().expect("fields").retain(|key, _| key != "exit_code" && key != "sentence");
    assert_eq!(verdict, serde_json::from_slice::<Value>(&said.stdout).expect("JSON"));

    // Again: everything is looked up.
    client.events.clear();
    client.result("run.start", json!({"document": "a.lm.md", "inputs": {"most": 2}}));
    client.until("finished");
    let recorded = client.events.iter().filter(|event| event["params"]["event"] == "recorded").count();
    assert_eq!(recorded, 3, "{:?}", client.events);
}

#[test]
fn a_document_that_does_not_check_or_faults_says_what_the_command_line_says() {
    let project = Project::with("a.lm.md", "```lumen\nlet x = prnt(1)\n```\n");
    std::fs::write(project.folder.join("b.lm"), "let xs = [1]\nprint(xs[3])\n").expect("written");
    let reads = "grant stdin\nlet line = read_line()\n";
    std::fs::write(project.folder.join("c.lm"), reads).expect("written");
    let mut client = Client::ready(&project.folder);
    let said = project.lumen(&["check", "--json", "a.lm.md"]);
    let said: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(client.result("check", json!({"files": ["a.lm.md"]})), said);
    let refused = client.ask("run.start", json!({"document": "a.lm.md"}));
    assert_eq!(refused["error"]["code"], -32021);
    assert_eq!(refused["error"]["data"]["diagnostics"], said["diagnostics"]);
    let absent = client.ask("run.start", json!({"document": "none.lm"}));
    assert_eq!((&absent["error"]["code"], &absent["error"]["data"]["exit"]), (&json!(-32020), &json!(2)));
    client.result("run.start", json!({"document": "b.lm"}));
    let finished = client.until("finished");
    assert_eq!((&finished["exit_code"], &finished["fault"]["code"]), (&json!(6), &json!("R0101")));
    assert_eq!(i64::from(code(&project.lumen(&["run", "b.lm"]))), 6);
    // What the client writes is not the program's to read.
    client.events.clear();
    client.result("run.start", json!({"document": "c.lm"}));
    let finished = client.until("finished");
    assert_eq!(finished["fault"]["code"], "R0701", "{finished}");
    assert_eq!(client.result("capabilities", json!({}))["protocol"], "1.2");
}

/// Steps that wait, with durable state between them.
const SLOW: &str = "---\ngrants: [clock, state name \"sums\"]\n---\n```lumen steps\nrecord Added(step: String)\nstate sums: map[String, Int]\nlet a = [1, 2, 3]\nlet opened = upsert\n  sums[\"all\"] = 0\n  because Added(step: \"open\")\nend\nlet b = sum(a)\nlet added = upsert\n  sums[\"all\"] += b\n  because Added(step: \"b\")\nend\nsleep(300)\nlet c = b * 2\nlet again = upsert\n  sums[\"all\"] += c\n  where sums[\"all\"] > 0\n  because Added(step: \"c\")\nend\nlet e = c * c + sums[\"all\"]\n```\n\nThe end is `{lumen} e`.\n";

#[test]
fn a_cancelled_run_resumes_to_the_hash_of_one_that_was_not() {
    let whole = Project::with("slow.lm.md", SLOW);
    assert_eq!(code(&whole.lumen(&["run", "slow.lm.md"])), 0);
    let expected = whole.run_json();
    let project = Project::with("slow.lm.md", SLOW);
    let mut client = Client::ready(&project.folder);
    let begun = client.result("run.start", json!({"document": "slow.lm.md"}));
    // The node that sleeps has begun.
    while client.until("started")["result"] != "steps:5" {
        client.events.clear();
    }
    let run = begun["run"].clone();
    let cancelled = client.result("run.cancel", json!({"run": run}));
    assert_eq!(cancelled, json!({"run": run, "cancelled": true}));
    let finished = client.until("finished");
    assert_eq!((&finished["status"], &finished["exit_code"]), (&json!("interrupted"), &json!(130)));
    assert_eq!(finished["error"]["code"], "R0804");
    assert_eq!(client.result("run.status", json!({"run": run}))["state"], "open");
    assert_eq!(client.result("run.cancel", json!({"run": run}))["cancelled"], false);
    client.events.clear();
    client.result("run.resume", json!({"run": run}));
    let finished = client.until("finished");
    assert_eq!(finished["exit_code"], 0, "{finished}");
    for hash in ["results_hash", "trace_hash", "state_hash"] {
        assert_eq!(finished[hash], expected[hash], "{hash}");
    }
    let again = client.ask("run.resume", json!({"run": run}));
    assert_eq!(again["error"]["data"]["code"], "E0704", "{again}");
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

/// Asks the world nothing, and says now and then how far it is.
const LOOP: &str =
    "let mut n = 0\nwhile true\n  n = wrapping_add(n, 1)\n  if n % 10000 == 0\n    print(n)\n  end\nend\n";

#[test]
fn a_loop_that_asks_nothing_can_be_cancelled() {
    let project = Project::with("a.lm", LOOP);
    let mut client = Client::ready(&project.folder);
    let begun = client.result("run.start", json!({"document": "a.lm"}));
    client.until("printed");
    let running = client.result("run.status", json!({}));
    assert_eq!(running["state"], "running", "{running}");
    client.result("run.cancel", json!({"run": begun["run"]}));
    assert_eq!(client.until("finished")["exit_code"], 130);
    // Whoever can be cancelled uses his fuel up at the same place: a million is handed out in four parts.
    client.events.clear();
    client.result("run.start", json!({"document": "a.lm", "fuel": 1_000_000}));
    let finished = client.until("finished");
    assert_eq!(finished["fault"]["code"], "R0901");
    let printed: String = client.events.iter().filter_map(|event| event["params"]["text"].as_str()).collect();
    let by_cli = project.lumen(&["run", "--fuel", "1000000", "a.lm"]);
    assert!(text(&by_cli).contains("R0901"), "{}", text(&by_cli));
    assert_eq!(printed, String::from_utf8_lossy(&by_cli.stdout));
    assert!(printed.lines().count() > 3, "{printed}");
}

#[test]
fn the_end_of_the_input_leaves_a_run_that_resumes() {
    let whole = Project::with("slow.lm.md", SLOW);
    assert_eq!(code(&whole.lumen(&["run", "slow.lm.md"])), 0);
    let project = Project::with("slow.lm.md", SLOW);
    let mut client = Client::ready(&project.folder);
    client.result("run.start", json!({"document": "slow.lm.md"}));
    while client.until("started")["result"] != "steps:5" {
        client.events.clear();
    }
    let (status, rest) = client.end();
    assert!(status.success());
    let last = rest.last().expect("it says how the run ended");
    assert_eq!(last["params"]["status"], "interrupted", "{rest:?}");
    let resumed = project.lumen(&["resume"]);
    assert_eq!(code(&resumed), 0, "{}", text(&resumed));
    assert_eq!(project.run_json()["results_hash"], whole.run_json()["results_hash"]);
}

/// A client that reads nothing more costs the run nothing.
#[test]
fn a_run_whose_client_stopped_listening_comes_to_its_end() {
    let project = Project::with("slow.lm.md", SLOW);
    let mut client = Client::ready(&project.folder);
    client.result("run.start", json!({"document": "slow.lm.md"}));
    client.deafen();
    // The end is on record beside the log.
    let ended = || project.last_run().join("run.json").exists();
    for _ in 0..1000 {
        if ended() {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
    assert!(ended() && project.run_json()["status"] == "complete", "{:?}", project.last_run());
    client.kill();
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn an_interpreter_stays_open_and_confined() {
    let folder = empty();
    let mut client = Client::ready(folder.path());
    let opened = client.ask("repl.open", json!({"context": "one\ntwo\n"}));
    if opened["error"]["data"]["kind"] == "MissingLayer" {
        eprintln!("not evaluated: {opened}");
        return;
    }
    let opened = opened["result"].clone();
    assert_eq!(opened["level"], "strict", "{opened}");
    let repl = opened["repl"].clone();
    let exec =
        |client: &mut Client, code: &str| client.result("repl.exec", json!({"repl": repl, "code": code}));
    let done = exec(&mut client, "x = 6 * 7\nprint('hi')\n[x, None]");
    assert_eq!(done["value"]["value"], json!([42, null]), "{done}");
    assert_eq!((&done["stdout"]["text"], &done["level"]), (&json!("hi\n"), &json!("strict")));
    let long = exec(&mut client, "print('a' * 20_000 + 'the end')")["stdout"].clone();
    assert_eq!((&long["bytes"], &long["cut"]), (&json!(20_008), &json!(true)), "{long}");
    let tail = format!("{}the end\n", "a".repeat(992));
    assert_eq!((&long["text"], &long["tail"]), (&json!("a".repeat(10_000)), &json!(tail)));
    client.result("repl.set_var", json!({"repl": repl, "name": "y", "value": {"a": [1.5]}}));
    assert_eq!(
        client.result("repl.get_var", json!({"repl": repl, "name": "y"}))["value"],
        json!({"a": [1.5]})
    );
    let listed = client.result("repl.list_vars", json!({"repl": repl}));
    let names: Vec<&str> =
        listed["variables"].as_array().expect("a list").iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"x") && names.contains(&"y"), "{names:?}");
    let found = exec(&mut client, "[(m.start, m.line) for m in search('t.o')]");
    assert_eq!(found["value"]["preview"], "[(4, 2)]", "{found}");
    // Nothing of the host is there, and nothing answers for a model.
    assert!(!exec(&mut client, "open('/etc/passwd')")["error"].is_null());
    let asked = exec(&mut client, "llm_query('hello')");
    assert!(asked["error"]["message"].as_str().is_some_and(|why| why.contains("no models")), "{asked}");
    let faulty = exec(&mut client, "1 +");
    assert_eq!(faulty["error"]["kind"], "cell_error", "{faulty}");

    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let register = |client: &mut Client, name: &str| {
        client.result("repl.register_signature", json!({"repl": repl, "name": name, "schema": schema}))
    };
    assert_eq!(register(&mut client, "first"), json!({"registered": "first", "replaced": null}));
    assert_eq!(register(&mut client, "second")["replaced"], "first");
    let odd = json!({"repl": repl, "name": "odd", "schema": {"type": "color"}});
    assert_eq!(client.code("repl.register_signature", odd), -32602);
    let wrong = exec(&mut client, "SUBMIT(n='seven')");
    assert_eq!(wrong["submit_result"]["status"], "validation_error", "{wrong}");
    let right = exec(&mut client, "SUBMIT(n=7)");
    assert_eq!(right["submit_result"], json!({"status": "success", "outputs": {"n": 7}}), "{right}");
    assert_eq!(client.result("repl.clear_signature", json!({"repl": repl}))["cleared"], "second");
    assert_eq!(client.result("repl.clear_signature", json!({"repl": repl}))["cleared"], Value::Null);
    assert_eq!(client.result("repl.close", json!({"repl": repl})), json!({"closed": repl}));
    assert_eq!(client.code("repl.exec", json!({"repl": repl, "code": "1"})), -32602);
    let refused = client.ask("repl.open", json!({"interpreter": "no-such-python"}));
    assert_eq!(refused["error"]["data"]["kind"], "NoInterpreter", "{refused}");
    // An open one that is busy does not hold up the end.
    let busy = client.result("repl.open", json!({}))["repl"].clone();
    client.send("repl.exec", json!({"repl": busy, "code": "while True: pass"}));
    let (status, rest) = client.end();
    assert!(status.success());
    assert_eq!(rest[0]["result"]["error"]["kind"], "cancelled", "{rest:?}");
}
