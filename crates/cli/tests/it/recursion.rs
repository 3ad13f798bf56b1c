//! Questions over a long text, from the command line and from a document. What stands for models is a scripted policy;
//! the Python is real and confined. Where there is none, they are not evaluated.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use provider::scripted::{Act, Asked, Server};
use provider::{Family, System};

use crate::python_cells::level;
use crate::{Project, code, lumen, text};

const QUESTION: &str = "On how many nights did the light fail, and for how many minutes in all?";

/// The code of the question: a question of its own about each month.
const ROOT: &str = "\
days = context.splitlines()
months = sorted({day[:7] for day in days})
parts = rlm_batch(
    [f\"On which nights of {month} did the light fail, and how long? For each a line: the date and the minutes.\" for month in months],
    contexts=[\"\\n\".join(day for day in days if day.startswith(month)) for month in months],
)
for month, part in zip(months, parts):
    print(month, part.splitlines())";

const SUM: &str = "\
minutes = [int(line.split()[1]) for part in parts for line in part.splitlines()]
SUBMIT(answer=f\"The light failed on {len(minutes)} nights, for {sum(minutes)} minutes in all.\")";

/// The code of a month's question: only lines that speak of the lamp go to the second model.
const MONTH: &str = "\
words = (\"lamp\", \"flame\", \"light gone\", \"The light\")
lines = [line for line in context.splitlines() if any(word in line for word in words)]
told = llm_batch([f\"Did our light fail that night? Say the minutes of darkness, or no.\\n{line}\" for line in lines])
SUBMIT(answer=\"\\n\".join(f\"{line[:10]} {minutes}\" for line, minutes in zip(lines, told) if minutes != \"no\"))";

/// The number before the word `minutes`, if a line has one.
fn minutes(line: &str) -> Option<u64> {
    let before = line.split(" minutes").next().filter(|before| before.len() < line.len())?;
    before.rsplit(' ').next()?.parse().ok()
}

fn policy(asked: &Asked) -> Act {
    let text = |at: usize| asked.body["messages"][at]["content"].as_str().unwrap_or_default().to_owned();
    if asked.body["model"] == "scripted-reader" && asked.body["messages"][0]["role"] != "system" {
        let asked = text(0);
        let told = minutes(asked.lines().last().unwrap_or_default());
        return Act::say(told.map_or("no".to_owned(), |minutes| minutes.to_string()));
    }
    let shown = text(1);
    let code = match (shown.contains(QUESTION), shown.contains("\nTurn ")) {
        (true, false) => ROOT,
        (true, true) => SUM,
        (false, _) => MONTH,
    };
    Act::say(format!("```python\n{code}\n```"))
}

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/logbook")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(example().join(name)).expect("the example is there")
}

/// The answer by a plain walk over the text: the only right one, as the policy's reader errs nowhere.
fn truth() -> String {
    let found: Vec<u64> = read("logbook.txt").lines().filter_map(minutes).collect();
    assert_eq!((found.len(), found.iter().sum::<u64>()), (22, 516), "what the logbook was written with");
    format!("The light failed on {} nights, for {} minutes in all.", found.len(), found.iter().sum::<u64>())
}

/// A folder with the logbook, and a server that answers for its models.
fn project() -> Option<(Project, Server)> {
    let document = read("logbook.lm.md").replace("\"strict\"", &format!("\"{}\"", level()?));
    let project = Project::with("logbook.lm.md", &document);
    let server = Server::start(policy, Arc::new(System::new())).expect("a server");
    let live = read("lumen.toml").replace("http://127.0.0.1:9/v1", &server.base_url(Family::Chat));
    std::fs::write(project.folder.join("lumen.toml"), live).expect("written");
    std::fs::write(project.folder.join("logbook.txt"), read("logbook.txt")).expect("written");
    Some((project, server))
}

/// What a cassette says, without what the order of arrival decides: the lines' places, and the ids of the replies.
fn said(text: &str) -> Vec<(String, String, String)> {
    let line = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let body = line["reply"]["chunks"][0].as_str().expect("a body").to_owned();
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let content = body["choices"][0]["message"]["content"].to_string();
        (line["question"].to_string(), line["lane"].to_string(), content)
    };
    let mut said: Vec<_> = text.lines().skip(1).map(line).collect();
    said.sort();
    said
}

/// With LUMEN_UPDATE=1 the cassette of the example is written anew.
#[test]
fn the_cassette_of_the_logbook_is_what_the_policy_says_and_answers_without_it() {
    let Some((project, server)) = project() else { return };
    let recorded = project.lumen(&["run", "logbook.lm.md", "--cassette-mode", "record"]);
    assert_eq!(code(&recorded), 0, "{}", text(&recorded));
    let made = std::fs::read_to_string(project.folder.join("logbook.cassette")).expect("it is written");
    let shipped = example().join("logbook.cassette");
    let kept = std::fs::read_to_string(&shipped).unwrap_or_default();
    let is_same = said(&kept) == said(&made);
    if !is_same && std::env::var_os("LUMEN_UPDATE").is_some() {
        std::fs::write(&shipped, &made).expect("written");
    }
    assert!(
        is_same || std::env::var_os("LUMEN_UPDATE").is_some(),
        "the cassette is not what the policy says; LUMEN_UPDATE=1 writes it"
    );

    drop(server);
    std::fs::write(project.folder.join("lumen.toml"), read("lumen.toml")).expect("written");
    std::fs::copy(&shipped, project.folder.join("logbook.cassette")).expect("copied");
    let ran = project.lumen(&["run", "logbook.lm.md", "--fresh", "--strict"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran));
    assert_eq!(project.run_json()["numbers"][0]["text"], truth());
    let shown = text(&project.lumen(&["calls"]));
    // By hand: the question has two turns, and each of its twelve months one.
    assert_eq!(
        shown.lines().filter(|line| line.trim_start().starts_with("reader  submitted")).count(),
        12,
        "{shown}"
    );
    assert!(shown.contains("keeper  submitted  2 turns, 2 calls of models"), "{shown}");
    let why = text(&project.lumen(&["why", "answer"]));
    assert!(why.contains("13 calls in 1 question, 1 deep, 14 turns"), "{why}");

    // A replay needs neither the cassette nor Python.
    std::fs::remove_file(project.folder.join("logbook.cassette")).expect("removed");
    let verified = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(["verify"])
        .current_dir(&project.folder)
        .env("LUMEN_PYTHON", "/nowhere/python3")
        .output()
        .expect("the binary starts");
    assert_eq!(code(&verified), 0, "{}", text(&verified));
}

/// The question at the command line, of a depth at which its code asks questions of its own.
fn asked(file: &'static str) -> [&'static str; 11] {
    let level = level().unwrap_or_default();
    ["ask", file, QUESTION, "--model", "keeper", "--sub", "reader", "--depth", "2", "--level", level]
}

#[test]
fn a_question_is_asked_from_the_command_line_recorded_and_replayed_from_a_cassette() {
    let Some((project, server)) = project() else { return };
    let level = level().unwrap_or_default();
    let asked = asked("logbook.txt");
    let with = |more: &[&str]| project.lumen(&[&asked[..], more].concat());
    let live = with(&["--cassette", "c.jsonl", "--cassette-mode", "record"]);
    assert_eq!(code(&live), 0, "{}", text(&live));
    assert_eq!(String::from_utf8_lossy(&live.stdout).trim_end(), truth());
    assert!(text(&live).contains("13 calls, 14 turns"), "{}", text(&live));

    drop(server);
    // An equal question is not asked again, and a cassette answers one that is.
    let same = with(&[]);
    assert_eq!((code(&same), String::from_utf8_lossy(&same.stdout).trim_end()), (0, truth().as_str()));
    let taped = with(&["--fresh", "--cassette", "c.jsonl", "--json"]);
    assert_eq!(code(&taped), 0, "{}", text(&taped));
    let told: serde_json::Value = serde_json::from_slice(&taped.stdout).expect("JSON");
    assert_eq!((&told["answer"], &told["call"]["status"]), (&truth().into(), &"submitted".into()));
    assert_eq!(told["call"]["attempts"], 0, "no server was asked");
    assert_eq!(told["call"]["tree"]["nodes"].as_array().map(Vec::len), Some(13));
    assert_eq!(code(&project.lumen(&["verify"])), 0);

    let other = [
        "ask",
        "logbook.txt",
        "Who?",
        "--model",
        "keeper",
        "--level",
        level,
        "--cassette",
        "c.jsonl",
        "--json",
    ];
    let missed = project.lumen(&other);
    let told: serde_json::Value = serde_json::from_slice(&missed.stdout).expect("JSON");
    assert_eq!((code(&missed), &told["error"]["code"]), (6, &"R0802".into()), "{}", text(&missed));
}

/// What an agent asks is recorded as what the command line asks; the policy's answer to a prompt is its own.
#[test]
fn an_agent_asks_about_a_text_and_sends_prompts() {
    let Some((project, server)) = project() else { return };
    let mut client = crate::mcp::ready(&project.folder);
    let line = asked("logbook.txt");
    let option =
        |name: &str| line.iter().position(|word| *word == name).and_then(|at| line.get(at + 1)).copied();
    let arguments = serde_json::json!({
        "file": "logbook.txt", "question": line[2], "model": option("--model"), "sub": option("--sub"),
        "depth": option("--depth").and_then(|depth| depth.parse::<u64>().ok()), "level": level(),
    });
    let told = crate::mcp::call(&mut client, "lumen_ask", arguments.clone());
    let given = &told["structuredContent"];
    assert_eq!((&told["isError"], &given["answer"]), (&false.into(), &truth().into()), "{told}");
    assert!(given["usage"]["attempts"].as_u64() > Some(13), "{given}");
    assert_eq!(code(&project.lumen(&["verify"])), 0);

    let prompts = serde_json::json!({"prompts": ["one", "two \"quoted\" {x}"], "model": option("--sub")});
    let told = crate::mcp::call(&mut client, "lumen_batch", prompts.clone());
    let given = told["structuredContent"].clone();
    let results = given["results"].as_array().expect("a list");
    assert!(results.len() == 2 && results.iter().all(|result| result["value"].is_string()), "{told}");
    // Nobody is asked twice.
    drop(server);
    let again = crate::mcp::call(&mut client, "lumen_batch", prompts);
    assert_eq!(again["structuredContent"]["results"], given["results"], "{again}");
    let same = crate::mcp::call(&mut client, "lumen_ask", arguments);
    assert_eq!(same["structuredContent"]["answer"], truth(), "{same}");

    let wrong = crate::mcp::call(&mut client, "lumen_batch", serde_json::json!({"prompts": []}));
    let text = wrong["content"][0]["text"].as_str().expect("a text");
    assert!(wrong["isError"] == true && text.contains("`prompts`"), "{wrong}");
}

#[test]
fn a_session_asks_the_models_of_the_folder() {
    let Some((project, _server)) = project() else { return };
    let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args([
            "repl",
            "--grant",
            "model",
            "--grant",
            &format!("python level \"{}\"", level().unwrap_or_default()),
        ])
        .current_dir(&project.folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the session starts");
    let day = "1894-01-01 The light failed at one and stood dead 9 minutes.";
    let entered = format!(
        "llm_query(\"{day}\", model: \"reader\")\n\
         rlm_query(\"{QUESTION}\", context: \"{day}\", model: \"keeper\", sub: \"reader\", depth: 2)\n"
    );
    let mut input = child.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut input, entered.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    // The reader says the minutes of a line; one night of nine is the whole of this text.
    assert_eq!(said, "\"9\": String\n\"The light failed on 1 nights, for 9 minutes in all.\": String\n");
}

#[test]
fn a_question_has_budgets_and_takes_its_text_from_standard_input() {
    let Some((project, _server)) = project() else { return };
    let (asked, asked_of_input) = (asked("logbook.txt"), asked("-"));
    let poor = project.lumen(&[&asked[..], &["--max-tokens", "5000"]].concat());
    assert!(code(&poor) == 7 && text(&poor).contains("R0907"), "{}", text(&poor));
    let unpriced = project.lumen(&[&asked[..], &["--max-cost", "1"]].concat());
    assert!(code(&unpriced) == 7 && text(&unpriced).contains("price"), "{}", text(&unpriced));

    let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(asked_of_input)
        .current_dir(&project.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let two = "1894-01-01 The light failed at one and stood dead 9 minutes.\n1894-02-01 Calm.\n";
    std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), two.as_bytes())
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim_end(), "The light failed on 1 nights, for 9 minutes in all.");

    let nobody = lumen(&project.folder, &["ask", "logbook.txt", QUESTION, "--model", "keper"]);
    assert!(code(&nobody) == 1 && text(&nobody).contains("keeper"), "{}", text(&nobody));
}
