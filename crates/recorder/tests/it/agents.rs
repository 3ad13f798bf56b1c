//! Settings of processes that a model is told: `system`, `prompt`, `schema` and `tools`, heard by a scripted server.

use std::sync::{Arc, Mutex};

use provider::System;
use provider::scripted::{Act, Asked, Server};
use serde_json::{Value as Json, json};
use testkit::disk::FaultyDisk;

use crate::models::{Asking, diagnostics, history, manifest, program, shown, start};

const DOCUMENT: &str = "---
grants: [model max_calls 20]
providers: {labeller: small}
---
```lumen trade
record Price(cents: Int where cents >= 0)
@desc(\"The stock of a thing.\")
cell stock(thing: String, size: Int?) -> Int
  len(thing) * (size ?? 10)
end
agent Trader
  model: \"labeller\"
  system: \"You trade.\"
  prompt: \"Be quick.\"
  schema: Price
  tools: [stock, doubled]
  factor: 2
  cell doubled(price: Price) -> Price = Price(price.cents * self.factor)
  @model
  cell offer(thing: String) = \"What does it cost?\"
  @model(max_tokens: 9)
  cell motto(thing: String) -> String = \"A motto.\"
end
let trader = Trader(factor: 3)
let offer = trader.offer(\"oak\")
let motto = trader.motto(\"ash\")
```
";

type Heard = Arc<Mutex<Vec<Json>>>;

/// A server that says these, one after the other, and what it heard.
fn listen(lines: &'static [&'static str]) -> (Server, Heard) {
    let heard: Heard = Arc::default();
    let ears = heard.clone();
    let server = Server::start(
        move |asked: &Asked| {
            let mut heard = ears.lock().expect("no test failed");
            let line = lines.get(heard.len()).copied().unwrap_or("out of lines");
            heard.push(asked.body.clone());
            Act::say(line)
        },
        Arc::new(System::new()),
    );
    (server.expect("a server"), heard)
}

/// The messages of a request: who spoke, and what.
fn messages(body: &Json) -> Vec<(String, String)> {
    let text = |message: &Json, name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let all = body["messages"].as_array().expect("messages");
    all.iter().map(|message| (text(message, "role"), text(message, "content"))).collect()
}

#[test]
fn a_model_calls_tools_until_it_answers() {
    let (server, heard) = listen(&[
        r#"{"call": {"stock": {"thing": "oak", "size": null}, "doubled": null}, "answer": null}"#,
        r#"{"call": {"stock": null, "doubled": {"price": {"cents": 7}}}, "answer": null}"#,
        r#"{"call": null, "answer": {"value": {"cents": 21}}}"#,
        r#"{"call": null, "answer": {"value": "Ash lasts."}}"#,
    ]);
    let program = program(DOCUMENT, &manifest(&server));
    let disk = FaultyDisk::new();
    let finished = start(&program, &disk, None, &mut Asking::new(&program, None));
    let first = shown(&finished);
    assert_eq!(first["offer"], "Price(cents: 21)");
    assert_eq!(first["motto"], "\"Ash lasts.\"");
    let heard = heard.lock().expect("no test failed").clone();
    assert_eq!(heard.len(), 4);
    let told = messages(&heard[2]);
    let said: Vec<(&str, &str)> = told.iter().map(|(role, text)| (role.as_str(), text.as_str())).collect();
    assert_eq!((said[0], said[2]), (("system", "You trade."), ("system", "What does it cost?")));
    assert!(said[1].1.contains("- stock(thing: String, size: Int?) -> Int: The stock of a thing."));
    assert!(said[1].1.ends_with("- doubled(price: Price) -> Price"), "{}", said[1].1);
    assert_eq!((said[3], said[4]), (("user", "Be quick."), ("user", "{\"thing\":\"oak\"}")));
    // By hand: 3 letters times 10, and 7 times the trader's factor.
    assert_eq!((said[6], said[8]), (("user", "{\"result\":30}"), ("user", "{\"result\":{\"cents\":21}}")));
    let call: Json = serde_json::from_str(said[5].1).expect("what the model said");
    assert_eq!((said[5].0, &call["call"]["stock"]["thing"]), ("assistant", &json!("oak")));
    assert_eq!(said.len(), 9);
    assert_eq!(heard[3]["max_tokens"].as_u64().or(heard[3]["max_completion_tokens"].as_u64()), Some(9));
    // A run that goes on from this one is told what this one was told.
    let again = start(&program, &FaultyDisk::new(), Some(&history(&disk)), &mut Asking::new(&program, None));
    assert_eq!(shown(&again), first);
}

#[test]
fn what_does_not_fit_a_tool_is_told_to_the_model() {
    let (server, heard) = listen(&[
        r#"{"call": null, "answer": null}"#,
        r#"{"call": {"stock": null, "doubled": {"price": {"cents": 1}}}, "answer": {"value": {"cents": 1}}}"#,
        r#"{"call": null, "answer": {"value": {"cents": 5}}}"#,
        r#"{"call": null, "answer": {"value": "Ash."}}"#,
    ]);
    let program = program(DOCUMENT, &manifest(&server));
    let finished = start(&program, &FaultyDisk::new(), None, &mut Asking::new(&program, None));
    assert_eq!(shown(&finished)["offer"], "Price(cents: 5)");
    let heard = heard.lock().expect("no test failed").clone();
    let told = messages(&heard[2]);
    let wrong = "{\"error\":\"Reply with the call of one tool, or with an answer.\"}";
    assert_eq!((told[6].1.as_str(), told[8].1.as_str()), (wrong, wrong));
}

#[test]
fn a_model_that_never_answers_is_stopped() {
    let (server, heard) =
        listen(&[r#"{"call": {"stock": {"thing": "", "size": 1}, "doubled": null}, "answer": null}"#; 20]);
    let program = program(DOCUMENT, &manifest(&server));
    let finished = start(&program, &FaultyDisk::new(), None, &mut Asking::new(&program, None));
    let fault = finished.outcome.fault.as_ref().map(|(_, fault)| fault.to_string()).unwrap_or_default();
    assert!(fault.contains("`offer` called tools in 16 turns and did not answer"), "{fault}");
    assert_eq!(heard.lock().expect("no test failed").len(), 16);
}

#[test]
fn what_a_tool_does_the_model_cell_does() {
    let document = DOCUMENT.replace("len(thing) * (size ?? 10)", "len(get_env(thing) ?? \"\")");
    let told = diagnostics(&document, "");
    assert!(told.iter().any(|line| line.starts_with("E0106") && line.contains("env")), "{told:?}");
}
