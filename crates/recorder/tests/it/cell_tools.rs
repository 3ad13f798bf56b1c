//! Tools that the code of a Python cell calls: what it is granted, what the log holds, and what a replay, a resumed run and
//! a refreshed one call again. Python is real and confined; where there is none, nothing is evaluated.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use recorder::history::History;
use recorder::model::Models;
use recorder::program::{Loader, Program, Settings, compile};
use recorder::python::Pools;
use recorder::recursion::Entry;
use recorder::run::{self, Finished, Request};
use recorder::tool::Provider;
use recorder::why::why;
use recorder::world::{Cancel, Failed, Silent, Work, World};
use serde_json::{Value as Json, json};
use store::Durability;
use testkit::disk::{FaultyDisk, Survival, Watched};

use crate::models::{history, level, python, shown};
use crate::scene::{complete, options, verify};

const TOOL: &str = r#"{
  "program": "count",
  "parameters": {
    "type": "object",
    "properties": {"text": {"type": "string"}, "least": {"type": "integer"}},
    "required": ["text"]
  },
  "returns": {"type": "object", "properties": {"words": {"type": "integer"}}, "required": ["words"]}
}"#;

const DOCUMENT: &str = "---
grants: [python level \"LEVEL\", text KEYS]
---
```lumen text
use tool text.count as words from \"tools/count.json\"
```

```python count outputs=counts:list[Int],kinds:list[String]
def kind(**arguments):
    try:
        return str(tool(\"words\", **arguments)[\"words\"])
    except Exception as error:
        return type(error).__name__

counts = [tool(\"words\", text=text)[\"words\"] for text in (\"a bc def\", \"to be\")]
kinds = [kind(text=\"fail\"), kind(text=3), kind(least=2), kind(text=\"x\", wide=1), kind(text=\"lie\"), kind(text=\"a bc\", least=2)]
```
";

fn program(document: &str) -> Program {
    struct Files<'a>(&'a str);
    impl Loader for Files<'_> {
        fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(match path {
                "a.lm.md" => Some(self.0.as_bytes().to_vec()),
                "tools/count.json" => Some(TOOL.as_bytes().to_vec()),
                _ => None,
            })
        }
    }
    let program = compile("a.lm.md", &mut Files(document), &Settings::default()).expect("it is read");
    let told: Vec<String> = program.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    assert!(!program.has_errors(), "{told:?}");
    program
}

fn document(keys: &str) -> Option<String> {
    let level = level();
    if level.is_none() {
        eprintln!("not evaluated: there is no Python that can be confined");
    }
    Some(DOCUMENT.replace("KEYS", keys).replace("LEVEL", level?))
}

/// A world that counts words, and knows what it was called with.
#[derive(Clone, Default)]
struct Counting {
    heard: Arc<Mutex<Vec<Json>>>,
}

impl Counting {
    fn take(&self) -> Vec<Json> {
        std::mem::take(&mut *self.heard.lock().expect("no test failed"))
    }
}

fn count(arguments: &Json) -> Result<Vec<u8>, Failed> {
    let text = arguments["text"].as_str().expect("a text");
    let least = arguments.get("least").and_then(Json::as_u64).unwrap_or(1);
    let words = text.split(' ').filter(|word| word.len() as u64 >= least).count();
    match text {
        "fail" => Err(Failed::because("it has a bad day")),
        "lie" => Ok(json!({"words": "many"}).to_string().into_bytes()),
        _ => Ok(json!({"words": words}).to_string().into_bytes()),
    }
}

impl World for Counting {
    fn tool(&mut self, provider: &Provider, arguments: &str) -> Option<Work> {
        assert_eq!((provider.program.as_str(), provider.folder.as_str()), ("count", "tools/"));
        let arguments: Json = serde_json::from_str(arguments).expect("JSON");
        let heard = self.heard.clone();
        Some(Arc::new(move |_: &Cancel| {
            heard.lock().expect("no test failed").push(arguments.clone());
            count(&arguments)
        }))
    }
    fn python(&mut self) -> Option<Arc<Pools>> {
        Some(python())
    }
    fn models(&mut self) -> Option<Models> {
        None
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

fn start(
    program: &Program,
    disk: Arc<dyn store::Vfs>,
    earlier: Option<&History>,
    refresh: &[&str],
    world: &mut Counting,
) -> Finished {
    let refresh = refresh.iter().map(ToString::to_string).collect();
    let ending = run::start(
        program,
        &Request { refresh, ..Request::default() },
        disk,
        options(Durability::Durable),
        earlier.map(|history| ("before", history)),
        None,
        world,
        &mut Silent,
    );
    ending.and_then(run::Ending::close).expect("the log is written")
}

/// The calls that stand in a log, and how many of them have an answer.
fn logged(history: &History) -> (Vec<Json>, usize) {
    let entries: Vec<&Entry> = history.effects.iter().flat_map(|effect| history.entries(effect.id)).collect();
    let called = entries.iter().filter_map(|entry| match entry {
        Entry::Called { sent, .. } => Some(sent.clone()),
        _ => None,
    });
    let answered = entries.iter().filter(|entry| matches!(entry, Entry::Answered { .. })).count();
    (called.collect(), answered)
}

/// By hand: what reaches the tool. Three of eight calls have arguments that its file does not allow.
fn sent() -> Vec<Json> {
    vec![
        json!({"text": "a bc def"}),
        json!({"text": "to be"}),
        json!({"text": "fail"}),
        json!({"text": "lie"}),
        json!({"text": "a bc", "least": 2}),
    ]
}

const KINDS: &str =
    "[\"ProviderError\", \"InvalidParams\", \"InvalidParams\", \"InvalidParams\", \"ProviderError\", \"1\"]";

#[test]
fn a_python_cell_calls_tools_and_is_replayed_without_them() {
    let Some(text) = document("max_calls 5") else { return };
    let program = program(&text);
    let (disk, mut world) = (FaultyDisk::new(), Counting::default());
    let finished = start(&program, Arc::new(disk.clone()), None, &[], &mut world);
    let values = shown(&finished);
    assert_eq!((values["counts"].as_str(), values["kinds"].as_str()), ("[3, 2]", KINDS));
    assert_eq!(world.take(), sent());
    let history = history(&disk);
    assert_eq!(logged(&history), (sent(), 5));
    let why = why(&history, "counts").expect("it is a result");
    assert_eq!(why.tools, BTreeMap::from([("text.count".to_owned(), 5)]));
    assert!(why.lines(100).iter().any(|line| line == "  tools    by Python: text.count (5 calls)"));

    // A replay calls nothing, and the code run once more is answered from the log.
    assert!(verify(&disk).expect("it is replayed").is_verified());
    let again = run::replay_with(&history, Some(&python()), &mut Silent).expect("it is replayed");
    assert_eq!(again.python_differences, Vec::<String>::new());

    // The next run takes the result, and one that refreshes the tool does not.
    let second = FaultyDisk::new();
    assert_eq!(shown(&start(&program, Arc::new(second.clone()), Some(&history), &[], &mut world)), values);
    assert_eq!(world.take(), Vec::<Json>::new());
    assert_eq!(logged(&crate::models::history(&second)), (sent(), 5));
    let third = FaultyDisk::new();
    assert_eq!(shown(&start(&program, Arc::new(third), Some(&history), &["text"], &mut world)), values);
    assert_eq!(world.take(), sent());
}

#[test]
fn a_killed_cell_calls_no_tool_twice_unless_it_is_told_to() {
    let Some(text) = document("max_calls 5") else { return };
    let program = program(&text);
    let disk = FaultyDisk::new();
    let images: Arc<Mutex<BTreeMap<(usize, usize), FaultyDisk>>> = Arc::default();
    let (camera, watched) = (images.clone(), disk.clone());
    let watching = Watched::new(disk.clone(), move |_, _| {
        let left = watched.after_crash(Survival::Synced);
        if let Some(history) = complete(&left).filter(|history| history.end.is_none()) {
            let (called, answered) = logged(&history);
            camera.lock().expect("no test failed").entry((called.len(), answered)).or_insert(left);
        }
    });
    let values = shown(&start(&program, Arc::new(watching), None, &[], &mut Counting::default()));
    let images = std::mem::take(&mut *images.lock().expect("no test failed"));
    // Five promises and five answers, and the state before them.
    assert!(images.len() >= 10, "{:?}", images.keys());
    for ((called, answered), image) in images {
        let mut world = Counting::default();
        let resume = |image: FaultyDisk, repeat: bool, world: &mut Counting| {
            run::resume(Arc::new(image), repeat, options(Durability::Durable), world, &mut Silent)
                .and_then(run::Ending::close)
        };
        if called > answered {
            let refused = resume(image.clone(), false, &mut world).err().expect("nobody knows");
            assert_eq!(refused.explained_as(), "R0803", "{called} {answered}");
            assert_eq!(world.take(), Vec::<Json>::new());
        }
        let resumed = resume(image, true, &mut world).expect("it goes on");
        assert_eq!(shown(&resumed), values, "{called} {answered}");
        assert_eq!(world.take(), sent()[answered..], "{called} {answered}");
    }
}

#[test]
fn a_python_cell_calls_no_tool_beyond_its_grants() {
    let fault = |keys: &str, change: (&str, &str)| {
        let text = document(keys)?.replace(change.0, change.1);
        let program = program(&text);
        let mut world = Counting::default();
        let finished = start(&program, Arc::new(FaultyDisk::new()), None, &[], &mut world);
        let fault = finished.outcome.fault.map(|(_, fault)| fault).expect("it is refused");
        let help = fault.help.unwrap_or_default();
        Some((fault.code, fault.message, help, world.take().len()))
    };
    let Some((code, message, _, calls)) = fault("max_calls 4", ("", "")) else { return };
    assert_eq!((code.as_str(), calls), ("R0907", 4), "{message}");
    // No grant names the effect.
    let (code, _, help, calls) = fault("max_calls 9", (", text max_calls 9", "")).expect("there is Python");
    assert_eq!((code.as_str(), calls), ("R0106", 0));
    assert!(help.contains("Add `grant text`"), "{help}");
    // The document uses no such tool, and says which there are.
    let (code, message, help, calls) =
        fault("max_calls 9", ("tool(\"words\", text=text)", "tool(\"look\", text=text)"))
            .expect("there is Python");
    assert_eq!((code.as_str(), calls), ("R0106", 0), "{message}");
    assert!(message.contains("`look`") && help.contains("words"), "{message} {help}");
    // A grant that binds a value: another one is not allowed, and it is that of a call which gives none.
    let (code, message, _, calls) = fault("least 1", ("", "")).expect("there is Python");
    assert_eq!((code.as_str(), calls), ("R0106", 4), "{message}");
}

#[test]
fn what_a_grant_binds_is_put_into_the_call() {
    let Some(text) = document("least 2") else { return };
    let program = program(&text);
    let (disk, mut world) = (FaultyDisk::new(), Counting::default());
    let finished = start(&program, Arc::new(disk.clone()), None, &[], &mut world);
    // By hand: words of at least two letters.
    assert_eq!(shown(&finished)["counts"], "[2, 2]");
    assert!(world.take().iter().all(|sent| sent["least"] == 2));
    let again = run::replay_with(&history(&disk), Some(&python()), &mut Silent).expect("it is replayed");
    assert_eq!(again.python_differences, Vec::<String>::new());
}
