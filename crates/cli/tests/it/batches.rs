//! `batch.start` of `lumen serve --stdio`: prompts that a client sends over a pipe, to a scripted server over real HTTP.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use provider::scripted::{Act, Asked, Fault, Server};
use provider::{Family, System};
use serde_json::{Value, json};

use crate::serve::Client;
use crate::{Project, code};

/// A server that says each prompt backwards, refuses what is `bad`, and hangs for what is `slow` until it is told to
/// go on.
struct Scripted {
    server: Server,
    heard: Arc<Mutex<Vec<String>>>,
    goes_on: Arc<AtomicBool>,
}

impl Scripted {
    fn start() -> Scripted {
        let (heard, goes_on): (Arc<Mutex<Vec<String>>>, Arc<AtomicBool>) = Default::default();
        let (ears, free) = (heard.clone(), goes_on.clone());
        let script = move |asked: &Asked| {
            // The arguments are one JSON object.
            let given: Value = serde_json::from_str(asked.prompt()).expect("JSON");
            let prompt = given["prompt"].as_str().expect("a prompt").to_owned();
            ears.lock().expect("no test failed").push(prompt.clone());
            match prompt.as_str() {
                "bad" => Act::status(400),
                "slow" if !free.load(Ordering::SeqCst) => Act::fail(Fault::Hang),
                prompt => Act::say(prompt.chars().rev().collect::<String>()),
            }
        };
        let server = Server::start(script, Arc::new(System::new())).expect("a server");
        Scripted { server, heard, goes_on }
    }

    fn project(&self) -> Project {
        let manifest = format!(
            "[providers.here]\nkind = \"openai\"\nbase_url = \"{}\"\n[models.default]\nprovider = \"here\"\nmodel = \"tiny\"\n",
            self.server.base_url(Family::Chat)
        );
        Project::with("lumen.toml", &manifest)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("no test failed"))
    }
}

/// The events of a kind that came so far.
fn events(client: &Client, event: &str) -> Vec<Value> {
    let of_kind = client.events.iter().map(|found| found["params"].clone());
    of_kind.filter(|found| found["event"] == event).collect()
}

fn values(results: &Value) -> Vec<Option<&str>> {
    results["value"].as_array().expect("a list").iter().map(|told| told["value"].as_str()).collect()
}

#[test]
fn prompts_are_answered_in_order_told_as_they_come_and_kept_as_a_run() {
    let scripted = Scripted::start();
    let project = scripted.project();
    let mut client = Client::ready(&project.folder);
    let prompts = json!(["abc", "bad", "to \"be\" {x}\n---", "é"]);
    let begun =
        client.result("batch.start", json!({"prompts": prompts, "in_flight": 2, "max_tokens": 100_000}));
    let finished = client.until("finished");
    assert_eq!((&finished["status"], &finished["run"]), (&json!("complete"), &begun["run"]), "{finished}");
    assert_eq!(finished["usage"]["attempts"], 4, "{finished}");
    let told = events(&client, "answered");
    let done: Vec<&Value> = told.iter().map(|told| &told["done"]).collect();
    assert_eq!(done, [&json!(1), &json!(2), &json!(3), &json!(4)]);
    let of = |index: u64| told.iter().find(|told| told["index"] == index).expect("it is told");
    assert_eq!((&of(0)["value"], &of(0)["count"]), (&json!("cba"), &json!(4)));
    assert_eq!(of(1)["error"]["kind"], "invalid_request", "{}", of(1));

    // By hand: each prompt backwards, and no value for the one that is refused.
    let results = client.result("result.get", json!({"name": "results", "run": begun["run"]}));
    assert_eq!(values(&results), [Some("cba"), None, Some("---\n}x{ \"eb\" ot"), Some("é")]);
    let refused = &results["value"][1]["error"];
    assert_eq!((&refused["code"], &refused["kind"]), (&json!("R0701"), &json!("invalid_request")));
    let why = client.result("why", json!({"name": "results"}));
    assert_eq!(why["calls"].as_array().map(Vec::len), Some(4));
    assert_eq!(client.result("run.status", json!({"run": begun["run"]}))["state"], "complete");
    assert_eq!(scripted.take().len(), 4);

    // What is equal is answered from the record, without its server.
    drop(scripted);
    client.events.clear();
    client.result("batch.start", json!({"prompts": ["abc", "é"]}));
    assert_eq!(client.until("finished")["status"], "complete");
    assert_eq!(values(&client.result("result.get", json!({"name": "results"}))), [Some("cba"), Some("é")]);
    assert!(client.result("verify", json!({}))["verified"] == true);
    let (status, _) = client.end();
    assert!(status.success());
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn a_killed_batch_goes_on_with_what_has_no_reply() {
    let scripted = Scripted::start();
    let project = scripted.project();
    let mut client = Client::ready(&project.folder);
    let prompts = ["one", "two", "three", "slow", "five", "six"];
    let begun = client.result("batch.start", json!({"prompts": prompts, "in_flight": 1}));
    while events(&client, "answered").len() < 3 {
        let event = client.receive();
        client.events.push(event);
    }
    let status = client.result("run.status", json!({"run": begun["run"]}));
    assert_eq!((&status["state"], &status["items"]), (&json!("running"), &json!({"done": 3, "count": 6})));
    client.kill();
    let before = scripted.take();
    // Whether the fourth had been sent when the process died, nobody knows; none behind it had.
    assert!(before == prompts[..3] || before == prompts[..4], "{before:?}");

    scripted.goes_on.store(true, Ordering::SeqCst);
    let mut client = Client::ready(&project.folder);
    assert_eq!(client.result("run.status", json!({"run": begun["run"]}))["state"], "open");
    client.result("run.resume", json!({"run": begun["run"]}));
    let finished = client.until("finished");
    assert_eq!(finished["status"], "complete", "{finished}");
    let told = events(&client, "answered");
    let done: Vec<(&Value, &Value)> = told.iter().map(|told| (&told["index"], &told["done"])).collect();
    assert_eq!(done, [(&json!(3), &json!(4)), (&json!(4), &json!(5)), (&json!(5), &json!(6))]);
    assert_eq!(scripted.take(), prompts[3..]);
    let results = client.result("result.get", json!({"name": "results"}));
    let backwards = ["eno", "owt", "eerht", "wols", "evif", "xis"];
    assert_eq!(values(&results), backwards.map(Some));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn a_cancelled_batch_keeps_what_it_was_told() {
    let scripted = Scripted::start();
    let project = scripted.project();
    let mut client = Client::ready(&project.folder);
    let begun = client.result("batch.start", json!({"prompts": ["one", "slow"], "in_flight": 2}));
    while events(&client, "answered").is_empty() {
        let event = client.receive();
        client.events.push(event);
    }
    assert_eq!(client.result("run.cancel", json!({"run": begun["run"]}))["cancelled"], true);
    let finished = client.until("finished");
    assert_eq!((&finished["status"], &finished["resumable"]), (&json!("interrupted"), &json!(true)));
    assert_eq!(finished["usage"]["attempts"], 1, "{finished}");
    scripted.take();
    scripted.goes_on.store(true, Ordering::SeqCst);
    client.events.clear();
    client.result("run.resume", json!({"run": begun["run"]}));
    assert_eq!(client.until("finished")["status"], "complete");
    assert_eq!(scripted.take(), ["slow"]);
}

#[test]
fn what_is_no_batch_is_refused_field_by_field() {
    let scripted = Scripted::start();
    let project = scripted.project();
    let mut client = Client::ready(&project.folder);
    for (params, field) in [
        (json!({}), "prompts"),
        (json!({"prompts": []}), "prompts"),
        (json!({"prompts": "one"}), "prompts"),
        (json!({"prompts": ["a"], "in_flight": 0}), "in_flight"),
        (json!({"prompts": ["a"], "max_cost": -1}), "max_cost"),
        (json!({"prompts": ["a"], "reply_tokens": 4_294_967_296_u64}), "reply_tokens"),
        (json!({"prompts": ["a"], "schema": {}}), "schema"),
    ] {
        let answer = client.ask("batch.start", params);
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert!(answer["error"]["data"][field].is_string(), "{answer}");
    }
    // A model that nobody names is told before anything runs.
    let unknown = client.ask("batch.start", json!({"prompts": ["a"], "model": "defalt"}));
    assert!(unknown["error"]["code"] == -32021 && unknown.to_string().contains("default"), "{unknown}");
    // A prompt that its grants do not cover ends the run, and none is sent.
    client.result("batch.start", json!({"prompts": ["a"], "max_tokens": 10}));
    let finished = client.until("finished");
    assert_eq!((&finished["status"], &finished["fault"]["code"]), (&json!("failed"), &json!("R0907")));
    assert_eq!(scripted.take(), Vec::<String>::new());
}
