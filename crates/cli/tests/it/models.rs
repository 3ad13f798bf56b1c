//! Documents that ask models, over real HTTP from a scripted server and from cassettes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use provider::scripted::{Act, Asked, Server};
use provider::{Family, System};

use crate::{Project, code, lumen, text};

/// Looks like no key of a maker, so that only what is known of it can take it out.
const KEY: &str = "canary-2f9c64ab81d05e37";

const DOCUMENT: &str = "---
grants: [model]
providers: {labeller: small}
---
```lumen label
@model(\"labeller\")
cell length(word: String) -> Int
  \"How many letters has the word?\"
end
@model(\"labeller\")
cell greet(name: String) -> String
  \"Greet.\"
end
let lengths = llm_batch(length, [\"crow\", \"gull\"])
let said = greet(\"KEY\")
```
";

type Heard = Arc<Mutex<Vec<String>>>;

fn listen() -> (Server, Heard) {
    let heard: Heard = Arc::default();
    let ears = heard.clone();
    let script = move |asked: &Asked| {
        assert_eq!(asked.authorization, format!("Bearer {KEY}"));
        ears.lock().expect("no test failed").push(asked.prompt().to_owned());
        Act::say(match asked.prompt().contains("\"word\"") {
            true => "{\"value\": 4}".to_owned(),
            // A server that repeats what it was sent.
            false => format!("Hello {KEY}"),
        })
    };
    (Server::start(script, Arc::new(System::new())).expect("a server"), heard)
}

fn project(server: &Server) -> Project {
    let project = Project::with("a.lm.md", DOCUMENT);
    let manifest = format!(
        "[providers.here]\nkind = \"openai\"\nbase_url = \"{}\"\nkey_env = \"CANARY_KEY\"\n\
         [models.small]\nprovider = \"here\"\nmodel = \"tiny-1\"\n",
        server.base_url(Family::Chat)
    );
    std::fs::write(project.folder.join("lumen.toml"), manifest).expect("written");
    project
}

fn with_key(project: &Project, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lumen"));
    command.args(args).current_dir(&project.folder).env("NO_COLOR", "1").env("COLUMNS", "100");
    command.env("CANARY_KEY", KEY).output().expect("the binary starts")
}

/// The files below a folder that hold the key.
fn leaks(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(leaks(&path));
        } else if std::fs::read(&path).expect("read").windows(KEY.len()).any(|part| part == KEY.as_bytes()) {
            found.push(path);
        }
    }
    found
}

#[test]
fn calls_are_recorded_told_and_replayed_and_no_key_is_kept() {
    let (server, heard) = listen();
    let project = project(&server);
    let keyless = project.lumen(&["run", "a.lm.md"]);
    assert!(code(&keyless) == 6 && text(&keyless).contains("CANARY_KEY"), "{}", text(&keyless));
    assert_eq!(heard.lock().expect("no test failed").len(), 0, "without a key nothing is sent");

    let ran = with_key(&project, &["run", "a.lm.md"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran));
    assert_eq!(heard.lock().expect("no test failed").len(), 3);

    let told = project.lumen(&["calls", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let calls = told["calls"].as_array().expect("a list");
    let statuses: Vec<&str> = calls.iter().filter_map(|call| call["status"].as_str()).collect();
    assert_eq!(statuses, ["ok", "ok", "ok"]);
    assert_eq!(calls[1]["prompt"]["messages"][1]["content"], "{\"word\":\"gull\"}");
    assert_eq!((&calls[1]["reply"], &calls[1]["attempts"]), (&4.into(), &1.into()));

    let why = text(&project.lumen(&["why", "lengths"]));
    assert!(why.contains("labeller is tiny-1: 2 calls, all ok"), "{why}");
    assert!(why.contains("2 attempts") && why.contains("How many letters has the word?"), "{why}");

    let bundled = project.lumen(&["bundle", "--output", "run.lumen"]);
    assert_eq!(code(&bundled), 0, "{}", text(&bundled));
    drop(server);
    let verified = project.lumen(&["verify"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
    assert_eq!(leaks(&project.folder), Vec::<PathBuf>::new());

    // What is equal is not asked again: nobody could answer.
    let again = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&again), 0, "{}", text(&again));
}

#[test]
fn a_process_asks_with_its_settings_and_is_no_part_of_the_prompt() {
    let (server, heard) = listen();
    let project = project(&server);
    let text_of = "---
grants: [model max_calls 4]
---
```lumen read
agent Reader
  model: \"small\"
  max_tokens: 20
  longest: 3
  @model
  cell length(word: String) -> Int = \"How many letters has the word?\"
  @model(\"small\", max_tokens: 7)
  cell greet(name: String) -> String = \"Greet.\"
  cell both(word: String) -> (Int, Int)
    (length(slice(word, 0, self.longest)), greet(word).len())
  end
end
let found = Reader().both(\"crow\")
```
";
    std::fs::write(project.folder.join("a.lm.md"), text_of).expect("written");
    let ran = with_key(&project, &["run", "a.lm.md"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran));
    assert_eq!(heard.lock().expect("no test failed").len(), 2);
    let told = project.lumen(&["calls", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let calls = told["calls"].as_array().expect("a list");
    assert_eq!(calls[0]["prompt"]["messages"][1]["content"], "{\"word\":\"cro\"}");
    assert_eq!(calls[1]["prompt"]["messages"][1]["content"], "{\"name\":\"crow\"}");
    let limits: Vec<_> = calls.iter().map(|call| call["prompt"]["max_tokens"].as_u64()).collect();
    assert_eq!(limits, [Some(20), Some(7)], "{told}");
}

#[test]
fn a_cassette_is_recorded_and_answers_without_a_key_and_a_server() {
    let (server, heard) = listen();
    let project = project(&server);
    let recorded =
        with_key(&project, &["run", "a.lm.md", "--cassette", "c.jsonl", "--cassette-mode", "record"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    assert_eq!(heard.lock().expect("no test failed").len(), 3);
    drop(server);
    let replayed = project.lumen(&["run", "a.lm.md", "--fresh", "--cassette", "c.jsonl"]);
    assert_eq!(code(&replayed), 0, "{}", text(&replayed));
    assert_eq!(leaks(&project.folder), Vec::<PathBuf>::new());

    let other = DOCUMENT.replace("name: String", "name: String, more: Int").replace("\"KEY\"", "\"KEY\", 1");
    std::fs::write(project.folder.join("a.lm.md"), other).expect("written");
    let missed = project.lumen(&["run", "a.lm.md", "--fresh", "--cassette", "c.jsonl"]);
    let said = text(&missed);
    assert!(code(&missed) == 6 && said.contains("fault[R0802]") && said.contains("the nearest"), "{said}");
    let nameless = project.lumen(&["run", "a.lm.md", "--cassette-mode", "replay"]);
    assert_eq!(code(&nameless), 2, "{}", text(&nameless));
}

#[test]
fn a_model_needs_a_grant() {
    let (server, _) = listen();
    let project = project(&server);
    let without = DOCUMENT.replace("grants: [model]\n", "");
    std::fs::write(project.folder.join("a.lm.md"), without).expect("written");
    let refused = with_key(&project, &["run", "a.lm.md"]);
    assert!(code(&refused) == 1 && text(&refused).contains("error[E0106]"), "{}", text(&refused));
    assert!(text(&refused).contains("grant model"), "{}", text(&refused));
}

/// What is written by hand: the start of a remark, and the reply.
const BY_HAND: [(&str, &str); 7] = [
    ("HIT A GULL", "{\"damage\": \"Nothing\", \"bird\": \"gull\", \"certainty\": 95}"),
    ("2 GEESE", "{\"damage\": \"Substantial\", \"bird\": \"goose\", \"certainty\": 98}"),
    ("SMALL DENT", "{\"damage\": \"Minor\", \"bird\": null, \"certainty\": 90}"),
    ("FEATHERS", "{\"damage\": \"nothing\", \"bird\": \"starling\", \"certainty\": 60}"),
    ("WINDSHIELD", "{\"damage\": \"Substantial\", \"bird\": \"hawk\", \"certainty\": 93}"),
    ("HEARD", "{\"damage\": \"Nothing\", \"bird\": null, \"certainty\": 70}"),
    ("BIRD WENT", "{\"damage\": \"Minor\", \"bird\": null, \"certainty\": 250}"),
];

/// With LUMEN_UPDATE=1 the cassette of the example is written anew.
#[test]
fn the_cassette_of_the_example_is_what_was_written_by_hand() {
    let script = |asked: &Asked| {
        let shown = asked.body["messages"][1]["content"].as_str().unwrap_or_default().to_owned();
        let known = BY_HAND.iter().find(|(start, _)| shown.contains(start));
        Act::say(known.map_or("", |(_, reply)| reply))
    };
    let server = Server::start(script, Arc::new(System::new())).expect("a server");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/remarks");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).expect("the example is there");
    let project = Project::with("remarks.lm.md", &read("remarks.lm.md"));
    let manifest = read("lumen.toml");
    let live = manifest.replace("http://127.0.0.1:9/v1", &server.base_url(Family::Chat));
    std::fs::write(project.folder.join("lumen.toml"), live).expect("written");
    // One at a time, so that the lines have the order of the remarks.
    let document = read("remarks.lm.md").replace("in_flight: 4", "in_flight: 1");
    std::fs::write(project.folder.join("remarks.lm.md"), document).expect("written");
    let recorded = project.lumen(&["run", "remarks.lm.md", "--cassette-mode", "record"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    let made = std::fs::read_to_string(project.folder.join("remarks.cassette")).expect("it is written");
    let shipped = example.join("remarks.cassette");
    if std::env::var_os("LUMEN_UPDATE").is_some() {
        std::fs::write(&shipped, &made).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&shipped).expect("it is there"), made);

    drop(server);
    let replayed = Project::with("remarks.lm.md", &read("remarks.lm.md"));
    std::fs::write(replayed.folder.join("lumen.toml"), manifest).expect("written");
    std::fs::copy(&shipped, replayed.folder.join("remarks.cassette")).expect("copied");
    let ran = lumen(&replayed.folder, &["run", "remarks.lm.md", "--strict"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran));
    let run = replayed.run_json();
    let numbers: Vec<&str> =
        run["numbers"].as_array().expect("a list").iter().filter_map(|n| n["text"].as_str()).collect();
    // By hand, from the table above: six fit, three of them tell of damage, four name a bird, and 250 percent do not fit.
    assert_eq!(numbers, ["7", "6", "3", "4", "1"]);
}
