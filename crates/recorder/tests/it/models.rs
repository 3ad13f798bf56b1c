//! Models that a document asks, over real HTTP from a scripted server: what they cost, what the log holds, and what a
//! replay, a resumed run and an edited document ask again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use provider::scripted::{Act, Asked, Server};
use provider::{Backoff, Endpoints, Family, Prices, System};
use recorder::history::History;
use recorder::model::{Call, Models, SecretString, Setup, Taped, calls};
use recorder::program::{Loader, Program, Settings, compile};
use recorder::python::Pools;
use recorder::run::{self, Finished, Request};
use recorder::world::{Silent, Work, World};
use store::{Durability, Reader};
use testkit::disk::{FaultyDisk, Survival};

use crate::scene::{complete, options};

/// Looks like no key of a maker, so that only the redactor's knowledge of it can take it out.
pub const KEY: &str = "canary-7f3a91c2d4e5b608";

const DOCUMENT: &str = "---
grants: [model max_calls 50]
providers: {labeller: small}
---
```lumen label
enum Severity
  Minor
  Major
end
record Strike
  severity: Severity
  cost: Int where cost >= 0 and cost <= 100
end
@model(\"labeller\", max_tokens: 20)
cell severity(remarks: String) -> Severity
  \"\"\"How badly was the aircraft hurt?\"\"\"
end
@model(\"labeller\")
cell strike(remarks: String) -> Strike
  \"Describe the strike.\"
end
@model(\"labeller\")
cell motto(topic: String) -> String
  \"A motto.\"
end
let one = severity(\"bent blade\")
let labels = llm_batch(severity, [\"a\", \"b\", \"c\"], in_flight: 2)
let tried = strike.try(\"too dear\")
let whole = strike(\"dented nose\")
cell asked() -> String
  role system: Be brief.
  motto(\"birds\")
end
let said = asked()
```
";

pub fn manifest(server: &Server) -> String {
    format!(
        "[providers.here]\nkind = \"openai\"\nbase_url = \"{}\"\nkey_env = \"THE_KEY\"\n\
         [models.small]\nprovider = \"here\"\nmodel = \"tiny-1\"\n",
        server.base_url(Family::Chat)
    )
}

pub fn program(document: &str, manifest: &str) -> Program {
    let program = read(document, manifest);
    assert!(!program.has_errors(), "{:?}", told(&program));
    program
}

/// What is said of a document, each with its code.
pub fn diagnostics(document: &str, manifest: &str) -> Vec<String> {
    told(&read(document, manifest))
}

fn told(program: &Program) -> Vec<String> {
    program.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

fn read(document: &str, manifest: &str) -> Program {
    struct Files<'a>(&'a str, &'a str);
    impl Loader for Files<'_> {
        fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(match path {
                "a.lm.md" => Some(self.0.as_bytes().to_vec()),
                "lumen.toml" => Some(self.1.as_bytes().to_vec()),
                _ => None,
            })
        }
    }
    compile("a.lm.md", &mut Files(document, manifest), &Settings::default()).expect("it is read")
}

/// One interpreter for all tests: it is looked for once.
pub fn python() -> Arc<Pools> {
    static PYTHON: OnceLock<Arc<Pools>> = OnceLock::new();
    Arc::clone(PYTHON.get_or_init(|| Arc::new(Pools::new("python3"))))
}

/// The strictest level at which this machine runs Python.
pub fn level() -> Option<&'static str> {
    static LEVEL: OnceLock<Option<&'static str>> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        ["strict", "standard"].into_iter().find(|level| {
            let text = format!(
                "---\ngrants: [python level \"{level}\"]\n---\n```python one outputs=x:Int\nx = 1\n```\n"
            );
            let program = program(&text, "");
            let finished = start(&program, &FaultyDisk::new(), None, &mut Asking::new(&program, None));
            finished.outcome.fault.is_none()
        })
    })
}

/// A world that has models and Python, and nothing else.
pub struct Asking(Models);

impl Asking {
    pub fn new(program: &Program, taped: Option<Taped>) -> Asking {
        let clock = Arc::new(System::new());
        let mut backoff = Backoff::new(7);
        backoff.retries = 0;
        let setup = Setup {
            secret: Box::new(|name| (name == "THE_KEY").then(|| SecretString::from(KEY.to_owned()))),
            file: Box::new(|path| std::fs::read_to_string(path)),
            endpoints: Endpoints::new(clock.clone()),
            clock,
            backoff,
            prices: Arc::new(
                Prices::parse(
                    "[models.tiny-1]\ninput = 3\noutput = 5\nas_of = \"2026-01-01\"\nsource = \"this test\"\n\
                     [models.tiny-0]\ninput = 0\noutput = 0\nas_of = \"2026-01-01\"\nsource = \"this test\"\n",
                )
                .expect("a table"),
            ),
            taped,
        };
        Asking(Models::new(program.models.clone(), setup).expect("sockets"))
    }
}

impl World for Asking {
    fn model(&mut self, call: Call) -> Option<Work> {
        Some(self.0.work(call))
    }

    fn models(&mut self) -> Option<Models> {
        Some(self.0.clone())
    }

    fn python(&mut self) -> Option<Arc<Pools>> {
        Some(python())
    }

    fn keeps_time(&self) -> bool {
        false
    }

    fn read_file(&mut self, _: &str) -> Result<Vec<u8>, String> {
        unreachable!("the document does not ask")
    }
    fn write_file(&mut self, _: &str, _: &[u8]) -> Result<(), String> {
        unreachable!("the document does not ask")
    }
    fn exists(&mut self, _: &str) -> bool {
        unreachable!("the document does not ask")
    }
    fn glob(&mut self, _: &str) -> Result<Vec<String>, String> {
        unreachable!("the document does not ask")
    }
    fn make_directory(&mut self, _: &str) -> Result<(), String> {
        unreachable!("the document does not ask")
    }
    fn resolve(&mut self, path: &str) -> String {
        path.to_owned()
    }
    fn now(&mut self) -> i64 {
        unreachable!("the document does not ask")
    }
    fn ticks(&mut self) -> i64 {
        unreachable!("the document does not ask")
    }
    fn sleep(&mut self, _: i64) {
        unreachable!("the document does not ask")
    }
    fn entropy(&mut self, _: usize) -> Vec<u8> {
        unreachable!("the document does not ask")
    }
    fn environment(&mut self, _: &str) -> Option<String> {
        unreachable!("the document does not ask")
    }
    fn read_line(&mut self) -> Result<Option<String>, String> {
        unreachable!("the document does not ask")
    }
    fn execute(&mut self, _: &str, _: &[String]) -> Result<Vec<u8>, String> {
        unreachable!("the document does not ask")
    }
}

/// What the scripted model says, by the text that it is shown.
fn say(prompt: &str) -> String {
    let severity = |name: &str| format!("{{\"value\": \"{name}\"}}");
    if prompt.contains("too dear") || prompt.contains("That does not do") {
        "{\"severity\": \"Minor\", \"cost\": 101}".to_owned()
    } else if prompt.contains("dented nose") {
        "{\"severity\": \"major\", \"cost\": 100}".to_owned()
    } else if prompt.contains("birds") {
        format!("Fly {KEY}!")
    } else if prompt.contains("bent blade") || prompt.contains("\"b\"") {
        severity("Major")
    } else {
        severity("Minor")
    }
}

type Heard = Arc<Mutex<Vec<(String, usize)>>>;

/// A server that answers by [`say`], and what it heard: the last message, and how many there were.
fn listen() -> (Server, Heard) {
    let heard: Heard = Arc::default();
    let ears = heard.clone();
    let server = Server::start(
        move |asked: &Asked| {
            let count = asked.body["messages"].as_array().map_or(0, Vec::len);
            ears.lock().expect("no test failed").push((asked.prompt().to_owned(), count));
            Act::say(say(asked.prompt()))
        },
        Arc::new(System::new()),
    );
    (server.expect("a server"), heard)
}

fn take(heard: &Heard) -> Vec<String> {
    std::mem::take(&mut *heard.lock().expect("no test failed"))
        .into_iter()
        .map(|(prompt, _)| prompt)
        .collect()
}

pub fn start(
    program: &Program,
    disk: &FaultyDisk,
    earlier: Option<&History>,
    world: &mut Asking,
) -> Finished {
    start_on(program, Arc::new(disk.clone()), earlier, world)
}

/// On a disk of any kind.
pub fn start_on(
    program: &Program,
    disk: Arc<dyn store::Vfs>,
    earlier: Option<&History>,
    world: &mut Asking,
) -> Finished {
    let earlier = earlier.map(|history| ("before", history));
    let ending = run::start(
        program,
        &Request::default(),
        disk,
        options(Durability::Durable),
        earlier,
        None,
        world,
        &mut Silent,
    );
    ending.and_then(run::Ending::close).expect("the log is written")
}

pub fn shown(finished: &Finished) -> BTreeMap<String, String> {
    let fault = finished.outcome.fault.as_ref().map(|(_, fault)| fault.to_string());
    assert_eq!(fault, None);
    let values = finished.outcome.nodes.iter().flat_map(|node| &node.values);
    values.map(|(name, value)| (name.clone(), vm::repr(value).expect("it is shown"))).collect()
}

pub fn history(disk: &FaultyDisk) -> History {
    History::read(Reader::open(Arc::new(disk.clone())).expect("a log")).expect("a run")
}

#[test]
fn replies_are_typed_logged_and_replayed_without_a_server() {
    let (server, heard) = listen();
    let program = program(DOCUMENT, &manifest(&server));
    let disk = FaultyDisk::new();
    let finished = start(&program, &disk, None, &mut Asking::new(&program, None));
    let shown = shown(&finished);
    assert_eq!(shown["one"], "Major");
    assert_eq!(shown["labels"], "[ok(Minor), ok(Major), ok(Minor)]");
    assert_eq!(shown["whole"], "Strike(severity: Major, cost: 100)");
    // 101 is beyond what the record's `where` allows, three times.
    assert!(shown["tried"].starts_with("err(") && shown["tried"].contains("misfit"), "{}", shown["tried"]);
    // A model that repeats the key does not bring it into a value.
    assert!(shown["said"].starts_with("\"Fly ") && !shown["said"].contains(KEY), "{}", shown["said"]);

    let all = heard.lock().expect("no test failed").clone();
    let motto = all.iter().find(|(prompt, _)| prompt.contains("birds")).expect("it was asked");
    // Instructions, the `role` line, the arguments.
    assert_eq!(motto, &("{\"topic\":\"birds\"}".to_owned(), 3));
    assert_eq!(take(&heard).len(), 9, "one, three items, three tries, one repaired, one motto");

    let history = history(&disk);
    let calls = calls(&history);
    let told: Vec<(&str, &str, usize)> =
        calls.iter().map(|c| (c.node.as_str(), c.status.as_str(), c.attempts)).collect();
    let wanted = [
        ("one", "ok", 1),
        ("labels", "ok", 1),
        ("labels", "ok", 1),
        ("labels", "ok", 1),
        ("tried", "misfit", 3),
        ("whole", "ok", 1),
        ("said", "ok", 1),
    ];
    assert_eq!(told, wanted);
    // The script counts a token a word on either side: `{"value": "Major"}` has two, so 2 · 3 + 2 · 5 nano-dollars.
    assert_eq!(
        (calls[0].input_tokens, calls[0].output_tokens, calls[0].cost_nanodollars),
        (Some(2), Some(2), Some(16))
    );
    assert_eq!(calls[0].model.as_deref(), Some("tiny-1"));

    // No key is on the disk, in the report or in `run.json`.
    let html = finished.html.clone().unwrap_or_default();
    assert!(!html.contains(KEY) && !finished.json().contains(KEY));
    for (name, bytes) in disk.files() {
        assert!(!bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "{name} holds the key");
    }

    drop(server);
    let verdict = crate::scene::verify(&disk).expect("it is replayed");
    assert!(verdict.is_verified(), "{verdict:?}");
    let why = recorder::why::why(&history, "labels").expect("it is known").lines(100);
    assert!(why.iter().any(|line| line.contains("labeller is tiny-1: 3 calls, all ok")), "{why:?}");
    assert!(
        why.iter().any(|line| line.contains("How badly was the aircraft hurt? | {\"remarks\":\"a\"}")),
        "{why:?}"
    );
}

const ROWS: &str = "---
grants: [model]
providers: {labeller: small}
---
```lumen label
@model(\"labeller\")
cell size(name: String) -> Int where_
  \"How many letters?\"
end
let sizes = llm_batch(size, NAMES, in_flight: 1)
```
";

fn rows(names: &str) -> String {
    ROWS.replace(" where_", "").replace("NAMES", names)
}

#[test]
fn a_killed_batch_asks_only_for_what_is_missing() {
    let disk = FaultyDisk::new();
    let image: Arc<Mutex<Option<FaultyDisk>>> = Arc::default();
    let heard: Heard = Arc::default();
    let (ears, camera, watched) = (heard.clone(), image.clone(), disk.clone());
    let server = Server::start(
        move |asked: &Asked| {
            let mut heard = ears.lock().expect("no test failed");
            heard.push((asked.prompt().to_owned(), 0));
            if heard.len() == 4 {
                // The power goes off while the fourth is on its way.
                *camera.lock().expect("no test failed") = Some(watched.after_crash(Survival::Synced));
            }
            Act::say("{\"value\": 1}")
        },
        Arc::new(System::new()),
    )
    .expect("a server");
    let program = program(&rows("[\"a\", \"b\", \"c\", \"d\", \"e\"]"), &manifest(&server));
    let whole = start(&program, &disk, None, &mut Asking::new(&program, None));
    assert_eq!(take(&heard).len(), 5);

    let cut = image.lock().expect("no test failed").take().expect("the fourth was asked");
    let ending = run::resume(
        Arc::new(cut.clone()),
        false,
        options(Durability::Durable),
        &mut Asking::new(&program, None),
        &mut Silent,
    );
    let resumed = ending.and_then(run::Ending::close).expect("it goes on");
    assert_eq!(take(&heard), ["{\"name\":\"d\"}", "{\"name\":\"e\"}"]);
    assert_eq!(shown(&resumed), shown(&whole));
    assert_eq!(resumed.end.results_hash, whole.end.results_hash);
    let calls = calls(&complete(&cut).expect("a run"));
    let resent: Vec<bool> = calls.iter().map(|call| call.resent).collect();
    // Nobody knows whether the two that were promised had arrived.
    assert_eq!(resent, [false, false, false, true, true]);
}

#[test]
fn an_edited_document_asks_only_for_prompts_that_are_new() {
    let (server, heard) = listen();
    let manifest = manifest(&server);
    let first = program(&rows("[\"a\", \"b\", \"a\"]").replace("-> Int", "-> String"), &manifest);
    let disk = FaultyDisk::new();
    start(&first, &disk, None, &mut Asking::new(&first, None));
    assert_eq!(take(&heard).len(), 3);

    let second = program(&rows("[\"a\", \"c\", \"a\", \"a\"]").replace("-> Int", "-> String"), &manifest);
    let after = FaultyDisk::new();
    let finished = start(&second, &after, Some(&history(&disk)), &mut Asking::new(&second, None));
    shown(&finished);
    // `a` was answered twice before, so the third of the equal prompts is new, as `c` is.
    assert_eq!(take(&heard), ["{\"name\":\"c\"}", "{\"name\":\"a\"}"]);
    drop(server);
    assert!(crate::scene::verify(&after).expect("it is replayed").is_verified());
}

#[test]
fn a_budget_is_never_passed() {
    let heard: Heard = Arc::default();
    let ears = heard.clone();
    let script = move |asked: &Asked| {
        ears.lock().expect("no test failed").push((asked.prompt().to_owned(), 0));
        // The script counts a token a word on either side: 400 of them.
        Act::say("word ".repeat(200))
    };
    let server = Server::start(script, Arc::new(System::new())).expect("a server");
    // A worst case is 1,024 tokens of reply, and a prompt's bytes: one fits 1,400, and beside 400 that are used
    // none does.
    let text =
        rows("[\"a\", \"b\"]").replace("[model]", "[model max_tokens 1400]").replace("-> Int", "-> String");
    let program = program(&text, &manifest(&server));
    let disk = FaultyDisk::new();
    let finished = start(&program, &disk, None, &mut Asking::new(&program, None));
    let (_, fault) = finished.outcome.fault.expect("the second does not fit");
    assert_eq!(fault.code, "R0907");
    assert!(
        fault.message.contains("`grant model max_tokens 1400` allows 1400 tokens; 400 are used"),
        "{}",
        fault.message
    );
    assert_eq!(take(&heard).len(), 1);
    drop(server);
    // It has no result to compare: its fault and its trace come out the same.
    let verdict = crate::scene::verify(&disk).expect("it is replayed");
    assert_eq!(verdict.differences, Vec::<String>::new());
}

#[test]
fn a_cassette_answers_without_a_server_and_a_miss_names_the_nearest() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("replies.cassette");
    let (server, heard) = listen();
    let manifest = manifest(&server);
    let text = rows("[\"a\", \"b\"]").replace("-> Int", "-> String");
    let recorded = program(&text, &manifest);
    let taped = |mode| Some(Taped { path: path.clone(), mode });
    let first = FaultyDisk::new();
    let one = start(&recorded, &first, None, &mut Asking::new(&recorded, taped(provider::Mode::Record)));
    assert_eq!(take(&heard).len(), 2);
    drop(server);
    let kept = std::fs::read_to_string(&path).expect("a cassette");
    assert!(!kept.contains(KEY));

    let two = start(
        &recorded,
        &FaultyDisk::new(),
        None,
        &mut Asking::new(&recorded, taped(provider::Mode::Replay)),
    );
    assert_eq!(shown(&two), shown(&one));

    let other = program(&text.replace("\"b\"", "\"z\""), &manifest);
    let disk = FaultyDisk::new();
    let missed = start(&other, &disk, None, &mut Asking::new(&other, taped(provider::Mode::Replay)));
    let labels = &shown(&missed)["sizes"];
    assert!(labels.contains("R0802") && labels.contains("the nearest"), "{labels}");
}
