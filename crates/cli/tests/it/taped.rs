//! Models and tools in tests: an example of a documentation block, and the code of a Python cell, are told by the test's
//! cassette, by a model that the program carries itself, or not at all. Nothing reaches a server unless `--record` says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provider::scripted::{Act, Asked, Server};
use provider::{Family, System};

use crate::python_cells::level;
use crate::{Project, code, text};

/// A server that counts the letters of what it is asked, and how often it was.
fn server() -> (Server, Arc<AtomicUsize>) {
    let heard: Arc<AtomicUsize> = Arc::default();
    let ears = heard.clone();
    let script = move |asked: &Asked| {
        ears.fetch_add(1, Ordering::SeqCst);
        let count = asked.prompt().matches('l').count();
        Act::say(match asked.body.get("response_format") {
            Some(_) => format!("{{\"value\": {count}}}"),
            None => format!("{count} times"),
        })
    };
    (Server::start(script, Arc::new(System::new())).expect("a server"), heard)
}

fn manifest(server: &Server) -> String {
    format!(
        "[providers.here]\nkind = \"openai\"\nbase_url = \"{}\"\n\
         [providers.own]\nkind = \"offline\"\n\
         [models.default]\nprovider = \"here\"\nmodel = \"tiny\"\n\
         [models.reader]\nprovider = \"own\"\nmodel = \"strike-reader-1\"\n",
        server.base_url(Family::Chat)
    )
}

fn project(name: &str, content: &str, server: &Server) -> Project {
    let project = Project::with(name, content);
    std::fs::write(project.folder.join("lumen.toml"), manifest(server)).expect("written");
    project
}

/// By hand: `hello` has two of the letter.
const ASKS: &str = "grant model max_calls 9
```
How often the letter l stands in a word.

~~~
letters(\"hello\")
~~~

~~~output
2
~~~

~~~
llm_query(\"hello\", model: \"default\")
~~~

~~~output
2 times
~~~
```
@model(\"default\")
cell letters(word: String) -> Int
  \"How often does the letter l stand in the word?\"
end
";

#[test]
fn an_example_asks_a_model_by_its_tape_and_the_network_only_to_record() {
    let (server, heard) = server();
    let project = project("a.lm", ASKS, &server);
    let untaped = project.lumen(&["test", "a.lm"]);
    let said = text(&untaped);
    assert!(code(&untaped) == 1 && said.contains("R0802") && said.contains("lumen test --record"), "{said}");
    assert!(said.contains("0 passed, 2 failed"), "{said}");
    assert_eq!(heard.load(Ordering::SeqCst), 0, "a test asks no server by itself");

    let recorded = project.lumen(&["test", "--record", "a.lm"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    assert_eq!(heard.load(Ordering::SeqCst), 2);
    drop(server);
    let taped = project.lumen(&["test", "a.lm"]);
    assert_eq!(code(&taped), 0, "{}", text(&taped));
    // Another question is not on the tape.
    std::fs::write(project.folder.join("a.lm"), ASKS.replace("(\"hello\")", "(\"hall\")")).expect("written");
    let other = project.lumen(&["test", "a.lm"]);
    let said = text(&other);
    assert!(code(&other) == 1 && said.contains("R0802") && said.contains("1 passed, 1 failed"), "{said}");
}

#[test]
fn an_example_needs_no_tape_for_the_model_that_the_program_carries() {
    let source = "grant model max_calls 9
record Birds(wing_bird: String)
```
The bird of a report.

~~~
bird(\"At dusk. wing damage: small crack; wing bird: zorblax.\").wing_bird
~~~

~~~output
zorblax
~~~
```
@model(\"reader\", max_tokens: 200)
cell bird(report: String) -> Birds
  \"Which birds?\"
end
test \"a report\"
  assert bird(\"At dusk. wing damage: small crack; wing bird: zorblax.\").wing_bird == \"zorblax\"
end
";
    let (server, heard) = server();
    let project = project("a.lm", source, &server);
    for args in [&["test", "a.lm"][..], &["test", "--record", "a.lm"]] {
        let tested = project.lumen(args);
        let said = text(&tested);
        assert!(code(&tested) == 0 && said.contains("2 passed, 0 failed"), "{said}");
        assert!(!project.folder.join("a.lm.cassette").exists(), "nothing came from outside");
    }
    assert_eq!(heard.load(Ordering::SeqCst), 0);
}

const TOOL: &str = "{
  \"program\": \"python3\", \"args\": [\"-c\", \"import json, sys\\nfor line in sys.stdin:\\n call = json.loads(line)\\n print(json.dumps({'id': call['id'], 'result': len(call['arguments']['text'].split())}), flush=True)\"],
  \"parameters\": {\"type\": \"object\", \"properties\": {\"text\": {\"type\": \"string\"}}, \"required\": [\"text\"]},
  \"returns\": {\"type\": \"integer\"}
}";

/// By hand: three words; two letters, and one.
fn cell() -> Option<String> {
    Some(format!(
        "---\ngrants: [python level \"{}\", model max_calls 9, text max_calls 2]\n---\n\
         ```lumen tools\nuse tool text.count as words from \"count.json\"\n```\n\
         ```python asked outputs=letters:list[String],count:Int\n\
         letters = llm_batch([\"hello\", \"al\"])\ncount = tool(\"words\", text=\"to be well\")\n```\n\
         ```lumen shown\nprint(letters, count)\n```\n```output\n[\"2 times\", \"1 times\"] 3\n```\n",
        level()?
    ))
}

#[test]
fn the_code_of_a_tested_cell_asks_and_calls_by_its_tape() {
    let Some(document) = cell() else { return };
    let (server, heard) = server();
    let project = project("a.lm.md", &document, &server);
    std::fs::write(project.folder.join("count.json"), TOOL).expect("written");
    let untaped = project.lumen(&["test", "a.lm.md"]);
    let said = text(&untaped);
    assert!(code(&untaped) == 1 && said.contains("R0802") && said.contains("lumen test --record"), "{said}");
    assert_eq!(heard.load(Ordering::SeqCst), 0, "a test asks no server by itself");

    let recorded = project.lumen(&["test", "--record", "a.lm.md"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    assert_eq!(heard.load(Ordering::SeqCst), 2);
    drop(server);
    // Neither the server nor the tool is there any more; other code that asks the same is told the same.
    std::fs::write(project.folder.join("count.json"), TOOL.replace("python3", "no-such-program"))
        .expect("written");
    std::fs::write(project.folder.join("a.lm.md"), document.replace("count = ", "count = 0 + "))
        .expect("written");
    let taped = project.lumen(&["test", "a.lm.md"]);
    assert_eq!(code(&taped), 0, "{}", text(&taped));
    let other = document.replace("to be well", "to be");
    std::fs::write(project.folder.join("a.lm.md"), other).expect("written");
    let missed = project.lumen(&["test", "a.lm.md"]);
    let said = text(&missed);
    assert!(code(&missed) == 1 && said.contains("R0802"), "{said}");
}

/// The same cell in a run, with its tool as a real program.
#[test]
fn a_cell_calls_a_tool_that_is_a_program() {
    let Some(document) = cell() else { return };
    let (server, _) = server();
    let project = project("a.lm.md", &document, &server);
    std::fs::write(project.folder.join("count.json"), TOOL).expect("written");
    let ran = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran));
    drop(server);
    std::fs::write(project.folder.join("count.json"), TOOL.replace("python3", "no-such-program"))
        .expect("written");
    for args in [&["verify"][..], &["verify", "--reexecute-python"]] {
        let verified = project.lumen(args);
        assert_eq!(code(&verified), 0, "{}", text(&verified));
    }
    let why = text(&project.lumen(&["why", "count"]));
    assert!(why.contains("tools    by Python: text.count (1 call)"), "{why}");
}
