//! `lumen state` and `lumen why` of an entry, over runs that follow each other.

use crate::{Project, code, text};

const BOOK: &str = "---
grants: [state name \"cash\", state name \"open\"]
---
```lumen book
record Moved(cents: Int, by: String)
state cash: map[String, Int]
state open: Bool = false
let opened = upsert
  cash[\"a\"] = 100
  cash[\"b\"] = 0
  open = true
  because Moved(cents: 100, by: \"open\")
end
let moved = upsert
  cash[\"a\"] -= 30
  cash[\"b\"] += 30
  where cash[\"a\"] >= 30 and open
  because Moved(cents: 30, by: \"me\")
end
let refused = upsert
  cash[\"a\"] -= 900
  where cash[\"a\"] >= 900
  because Moved(cents: 900, by: \"thief\")
end
let left = cash[\"a\"]
```

Left are `{lumen} left` cents.
";

fn json(project: &Project, args: &[&str]) -> serde_json::Value {
    let output = project.lumen(args);
    assert_eq!(code(&output), 0, "{}", text(&output));
    serde_json::from_slice(&output.stdout).expect("the answer is JSON")
}

#[test]
fn a_runs_state_is_told_with_its_reasons() {
    let project = Project::with("book.lm.md", BOOK);
    assert_eq!(code(&project.lumen(&["state"])), 2, "there is no run yet");
    let run = project.lumen(&["run", "book.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    let state = project.lumen(&["state"]);
    let said = text(&state);
    for part in ["cash[\"a\"]  70 ", "cash[\"b\"]  30 ", "open       true", "3 entries at seq ", "Moved"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let all = json(&project, &["state", "--json"]);
    assert_eq!(all["state_hash"], project.run_json()["state_hash"]);
    assert_eq!(all["entries"][0]["value"], 70);
    assert_eq!(all["entries"][0]["intent"]["by"], "me");

    // The state at the seq of the first upsert, and what the second changed.
    let first = json(&project, &["state", "open", "--json"])["entries"][0]["seq"].to_string();
    let last = all["entries"][0]["seq"].to_string();
    assert_eq!(json(&project, &["state", "cash[a]", "--at", &first, "--json"])["entries"][0]["value"], 100);
    let changes = json(&project, &["state", "--diff", &first, &last, "--json"]);
    let expected = serde_json::json!([
        {"entry": "cash[\"a\"]", "old": 100, "new": 70}, {"entry": "cash[\"b\"]", "old": 0, "new": 30},
    ]);
    assert_eq!(changes["changes"], expected);
    let intents = json(&project, &["state", "--intents", "schema=Moved", "--json"]);
    let told: Vec<_> = intents["intents"].as_array().expect("a list").iter().collect();
    assert_eq!(
        (told.len(), &told[2]["refused"], &told[2]["intent"]["by"]),
        (3, &"guard".into(), &"thief".into())
    );
    assert_eq!(
        json(&project, &["state", "cash[b]", "--intents", "all", "--json"])["intents"][1]["seq"],
        all["entries"][0]["seq"]
    );

    let wrong = project.lumen(&["state", "cahs"]);
    assert_eq!(code(&wrong), 2);
    assert!(
        text(&wrong).contains("error[E0705]") && text(&wrong).contains("Did you mean `cash`?"),
        "{}",
        text(&wrong)
    );
    let wrong = project.lumen(&["state", "--at", "9999"]);
    assert!(text(&wrong).contains("and not to 9999"), "{}", text(&wrong));
}

#[test]
fn an_entry_leads_back_to_the_run_that_changed_it() {
    let project = Project::with("book.lm.md", BOOK);
    assert_eq!(code(&project.lumen(&["run", "book.lm.md"])), 0);
    let first = json(&project, &["state", "--json"])["entries"].clone();
    let run = project.last_run().file_name().expect("it has a name").to_string_lossy().into_owned();
    let again = project.lumen(&["run", "book.lm.md"]);
    assert!(!text(&again).contains(" ran "), "nothing is done twice:\n{}", text(&again));
    let verify = project.lumen(&["verify"]);
    assert_eq!(code(&verify), 0, "{}", text(&verify));
    let second = json(&project, &["state", "--json"])["entries"].clone();
    for key in ["value", "because", "intent", "author"] {
        assert_eq!(second[0][key], first[0][key], "{second}");
    }
    assert_eq!(second[0]["from"], serde_json::json!({"run": run, "seq": first[0]["seq"]}));
    assert!(first[0]["from"].is_null() && second[0]["seq"] != first[0]["seq"], "{second}");
    let state = text(&project.lumen(&["state", "cash[a]"]));
    for part in ["Moved {\"cents\":30,\"by\":\"me\"}", &format!("of run {run}")] {
        assert!(state.contains(part), "{part}: {state}");
    }

    let why = project.lumen(&["why", "cash[a]"]);
    let said = text(&why);
    for part in [
        "cash[\"a\"]: 70",
        "before   100 (seq ",
        "because  Moved {\"cents\":30,\"by\":\"me\"}",
        "cell     book at book.lm.md:",
        "unchanged over 1 later run",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.lines().count() <= 12, "{said}");
    assert_eq!(json(&project, &["why", "cash[a]", "--json"])["effect"]["node"], "moved");
    assert_eq!(code(&project.lumen(&["why", "cash[zz]"])), 2);
    // Computing anew changes the state that is there, and forgets none.
    assert_eq!(code(&project.lumen(&["run", "--fresh", "book.lm.md"])), 0);
    assert_eq!(json(&project, &["state", "cash[b]", "--json"])["entries"][0]["value"], 30);
    // All its changes, the last one first: two by the run made anew, two by the first one.
    let past = json(&project, &["state", "cash[a]", "--history", "--json"]);
    let told = |key: &str| -> Vec<serde_json::Value> {
        past["changes"].as_array().expect("a list").iter().map(|change| change[key].clone()).collect()
    };
    assert_eq!(told("value"), [70, 100, 70, 100], "{past}");
    assert_eq!((&told("run")[3], &told("because")[3]), (&run.clone().into(), &"Moved".into()), "{past}");
    let said = text(&project.lumen(&["state", "cash[a]", "--history"]));
    assert!(said.contains("4 changes of cash[\"a\"], the last one first."), "{said}");
    assert_eq!(code(&project.lumen(&["state", "--history"])), 2, "of which entry?");
    // Runs that are gone are remembered by those that followed.
    assert_eq!(code(&project.lumen(&["run", "book.lm.md"])), 0);
    let runs = project.folder.join(".lumen/runs");
    let newest = project.last_run();
    for run in std::fs::read_dir(&runs).expect("there are runs").flatten().filter(|run| run.path() != newest)
    {
        std::fs::remove_dir_all(run.path()).expect("it is ours");
    }
    let said = text(&project.lumen(&["why", "cash[a]"]));
    let past = text(&project.lumen(&["state", "cash[a]", "--history"]));
    assert!(past.contains("0 changes of cash[\"a\"]; the run "), "{past}");
    for part in ["cash[\"a\"]: 70", "because  Moved {\"cents\":30,\"by\":\"me\"}", "  from     seq "] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let bundle = project.lumen(&["bundle", "--sidecar", "0"]);
    assert_eq!(code(&bundle), 0, "{}", text(&bundle));
    let verify = project.lumen(&["verify", "book.lumen-bundle"]);
    assert_eq!(code(&verify), 0, "{}", text(&verify));
}

#[test]
fn a_damaged_run_before_is_named_and_not_passed_over() {
    let project = Project::with("book.lm.md", BOOK);
    assert_eq!(code(&project.lumen(&["run", "book.lm.md"])), 0);
    let name = project.last_run().file_name().expect("it has a name").to_string_lossy().into_owned();
    let segment = project.last_run().join("log/00000000000000000001.seg");
    let mut bytes = std::fs::read(&segment).expect("the log is there");
    bytes[4_200] ^= 1;
    std::fs::write(&segment, bytes).expect("it is damaged");
    let run = project.lumen(&["run", "book.lm.md"]);
    assert_eq!(code(&run), 4, "{}", text(&run));
    assert!(text(&run).contains(&format!("the run before, {name}: ")), "{}", text(&run));
}
