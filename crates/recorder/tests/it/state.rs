//! Durable state in runs. Expected values come from the contract: what an upsert does, and what a run begins with.

use std::sync::Arc;

use recorder::history::History;
use recorder::program::{Loader, Program, Settings, compile};
use recorder::run::{self, Finished, Request};
use recorder::state::inherit::Parent;
use recorder::state::tell::{self, Wanted};
use recorder::verify::verify;
use recorder::world::Silent;
use store::{Durability, Memory, Reader};
use testkit::disk::FaultyDisk;

use crate::scene::{Scene, options};

const HEAD: &str = "grant state name [\"cash\", \"total\", \"mood\", \"notes\"]
enum Mood
  Low
  High
end
record Moved(cents: Int, by: String)
state cash: map[String, Int]
state total: Int = 0
state mood: Mood = Low
state notes: map[Int, String]
";

const OPENED: &str = "let opened = upsert
  cash[\"a\"] = 100
  cash[\"b\"] = 0
  total += 100
  because Moved(cents: 100, by: \"open\")
end
";

const MOVED: &str = "let moved = upsert
  cash[\"a\"] -= 30
  cash[\"b\"] += 30
  where cash[\"a\"] >= 30 and mood == Low
  because Moved(cents: 30, by: \"me\")
end
";

fn program(code: &str) -> Program {
    struct One(String);
    impl Loader for One {
        fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok((path == "a.lm.md").then(|| self.0.as_bytes().to_vec()))
        }
    }
    let text = format!("```lumen book\n{code}```\n");
    let program = compile("a.lm.md", &mut One(text), &Settings::default()).expect("the document is read");
    let found: Vec<String> =
        program.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    assert!(!program.has_errors(), "{found:?}");
    program
}

/// Runs a body behind the state of `parent`; gives the store and what the run came to.
fn run(body: &str, parent: Option<&(Memory, Finished)>) -> (Memory, Finished) {
    run_code(&format!("{HEAD}{body}"), parent)
}

fn run_code(code: &str, parent: Option<&(Memory, Finished)>) -> (Memory, Finished) {
    let store = Memory::new();
    let earlier = parent.map(|(store, _)| history(store));
    let inherited = earlier.as_ref().map(|history| Parent::of("before-1", history).expect("the log is read"));
    let earlier = earlier.as_ref().map(|history| ("before-1", history));
    let mut scene = Scene::new(&FaultyDisk::new());
    let (level, vfs) = (Durability::Buffered { sync_after_ms: 50 }, Arc::new(store.clone()));
    let ending = run::start(
        &program(code),
        &Request::default(),
        vfs,
        options(level),
        earlier,
        inherited.as_ref(),
        &mut scene,
        &mut Silent,
    );
    let finished = ending.and_then(run::Ending::close).expect("the run is recorded");
    let verdict = verify(Arc::new(store.clone()), None, None, None, &mut Silent).expect("the log is whole");
    assert!(verdict.differences.is_empty(), "{:?}", verdict.differences);
    (store, finished)
}

fn history(store: &Memory) -> History {
    History::read(Reader::open(Arc::new(store.clone())).expect("the log is read")).expect("it is a run's")
}

/// The printed forms of all results, by name.
fn results(finished: &Finished) -> Vec<(String, String)> {
    assert!(finished.outcome.fault.is_none(), "{:?}", finished.outcome.fault);
    let values = finished.outcome.nodes.iter().flat_map(|node| &node.values);
    values.map(|(name, value)| (name.clone(), vm::repr(value).expect("it prints"))).collect()
}

fn result(finished: &Finished, name: &str) -> String {
    let found = results(finished).into_iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("no result {name}")).1
}

fn listed(store: &Memory, at: Option<u64>) -> Vec<String> {
    let listing = tell::list(&history(store), at, None).expect("there is a state");
    listing.entries.iter().map(|told| format!("{} = {}", told.entry.shown(), told.form.shown())).collect()
}

#[test]
fn upserts_are_transactions_that_a_replay_decides_again() {
    let body = format!(
        "{OPENED}{MOVED}let refused = upsert
  cash[\"a\"] -= 1000
  where cash[\"a\"] >= 1000
  because Moved(cents: 1000, by: \"thief\")
end
let absent = upsert
  cash[\"c\"] += 1
  because Moved(cents: 1, by: \"me\")
end
let either = upsert
  cash[\"a\"] = 1
  where total < 0 and cash[\"d\"] > 0
  because Moved(cents: 1, by: \"me\")
end
let all = cash
let sum = cash[\"a\"] + cash[\"b\"]
let whole = total
"
    );
    let (store, finished) = run(&body, None);
    assert_eq!(result(&finished, "moved"), "ok(null)");
    assert!(
        result(&finished, "refused").starts_with("err(Refused(reason: \"the guard does not hold\", seq: ")
    );
    assert!(
        result(&finished, "absent").contains("there is no entry cash[\\\"c\\\"]"),
        "{:?}",
        results(&finished)
    );
    // The side that decides needs no entry.
    let either = result(&finished, "either");
    assert!(either.contains("the guard does not hold, or asks for the entry cash[\\\"d\\\"]"), "{either}");
    assert_eq!(result(&finished, "all"), "{\"a\": 70, \"b\": 30}");
    assert_eq!(
        (result(&finished, "sum"), result(&finished, "whole")),
        ("100".to_string(), "100".to_string())
    );
    assert_eq!(listed(&store, None), ["cash[\"a\"] = 70", "cash[\"b\"] = 30", "total = 100"]);
    // run.json's hash is the store's own.
    let hash = Reader::open(Arc::new(store.clone())).expect("the log is read").snapshot().state_hash();
    assert_eq!(finished.end.state_hash, format!("{hash:032x}"));
    let stated = tell::intents(&history(&store), &Wanted::default()).expect("the log is read");
    let told: Vec<_> = stated.iter().map(|s| (s.intent.schema.as_str(), s.refusal.is_some())).collect();
    let refused = ("Moved", true);
    assert_eq!(told, [("Moved", false), ("Moved", false), refused, refused, refused]);
    assert_eq!(stated[1].intent.body, "{\"cents\":30,\"by\":\"me\"}");
}

#[test]
fn a_run_begins_with_its_parents_state_and_does_nothing_twice() {
    let first = run(&format!("{OPENED}{MOVED}let a = cash[\"a\"]\n"), None);
    let again = run(&format!("{OPENED}{MOVED}let a = cash[\"a\"]\n"), Some(&first));
    assert!(again.1.outcome.nodes.iter().all(|node| node.record.recorded), "nothing was done again");
    assert_eq!(listed(&again.0, None), ["cash[\"a\"] = 70", "cash[\"b\"] = 30", "total = 100"]);
    // Another reason is another upsert, and what read the entry it changes runs again.
    let other = MOVED.replace("by: \"me\"", "by: \"you\"");
    let third = run(&format!("{OPENED}{other}let a = cash[\"a\"]\n"), Some(&again));
    let ran: Vec<_> =
        third.1.outcome.nodes.iter().map(|n| (n.record.name.as_str(), n.record.recorded)).collect();
    assert_eq!(ran, [("opened", true), ("moved", false), ("a", false)]);
    assert_eq!(result(&third.1, "a"), "40");
    assert_eq!(listed(&third.0, None), ["cash[\"a\"] = 40", "cash[\"b\"] = 60", "total = 100"]);
    let why = tell::why(&history(&third.0), "total").expect("the log is read").expect("it is there");
    assert_eq!(why.parent.map(|(run, _)| run).as_deref(), Some("before-1"));
    let why = tell::why(&history(&third.0), "cash[a]").expect("the log is read").expect("it is there");
    let lines = why.lines(60);
    assert_eq!(lines[0], "cash[\"a\"]: 40");
    assert!(
        lines.iter().any(|line| line.contains("because  Moved {\"cents\":30,\"by\":\"you\"}")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.starts_with("  cell     book at a.lm.md:")), "{lines:?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 60) && lines.len() <= 12, "{lines:?}");
    // The reason is told in full, over several lines.
    let words = lines.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ");
    assert!(words.contains("for `moved`, allowed by grant state name cash total mood notes cell"), "{words}");
}

#[test]
fn an_upsert_that_faults_does_so_again_in_a_replay() {
    let long = "let written = upsert
  notes[1] = pad_left(\"the end\", 2_000_000)
  because Moved(cents: 0, by: \"me\")
end
";
    let (_, finished) = run(long, None);
    assert_eq!(finished.outcome.fault.expect("a page is smaller").1.code, "R0820");
}

#[test]
fn what_was_taken_away_is_not_inherited_and_its_run_says_why() {
    let first = run(
        &format!(
            "{OPENED}let noted = upsert\n  notes[1] = \"{}\"\n  because Moved(cents: 0, by: \"me\")\nend\n",
            "x".repeat(3_000)
        ),
        None,
    );
    let closed = "let closed = upsert
  cash[\"a\"] = null
  notes[1] = null
  where cash[\"a\"] == 100
  because Moved(cents: 0, by: \"closer\")
end
let there = \"a\" in cash
";
    let second = run(closed, Some(&first));
    assert_eq!(
        (result(&second.1, "closed"), result(&second.1, "there")),
        ("ok(null)".into(), "false".into())
    );
    assert_eq!(listed(&second.0, None), ["cash[\"b\"] = 0", "total = 100"]);
    let why = tell::why(&history(&second.0), "cash[a]").expect("the log is read").expect("it was there");
    let lines = why.lines(80);
    assert_eq!(lines[0], "cash[\"a\"]: (absent)");
    assert!(lines[1].starts_with("  before   100 (seq "), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("\"closer\"")), "{lines:?}");
    let third = run("let all = cash\nlet one = notes?[1]\nlet past = history(cash, \"a\")\n", Some(&second));
    let found = ["all", "one", "past"].map(|name| result(&third.1, name));
    assert_eq!(found, ["{\"b\": 0}", "null", "[]"]);
    assert_eq!(history(&third.0).state().page_count(), 2, "only what is there is copied");
}

#[test]
fn reasons_are_inherited_however_many_runs_follow() {
    let first = run(&format!("{OPENED}{MOVED}"), None);
    let told =
        |store: &Memory| tell::list(&history(store), None, Some("cash[a]")).expect("it is there").entries;
    let changed = told(&first.0).remove(0);
    assert_eq!(changed.origin, None);
    let second = run("let one = 1\n", Some(&first));
    let third = run(
        "let who = blame(cash, \"a\")!\nlet past = history(cash, \"a\").map(fn(c) => (c.value, c.because))\n",
        Some(&second),
    );
    for store in [&second.0, &third.0] {
        let found = told(store).remove(0);
        let origin = found.origin.clone().expect("another run left it");
        assert_eq!((origin.run.as_str(), origin.seq), ("before-1", changed.version));
        assert_eq!((found.reason(), found.author()), (changed.reason(), changed.author()));
    }
    assert_eq!(result(&third.1, "past"), "[(70, \"Moved\")]");
    assert!(result(&third.1, "who").contains("intent: \"{\\\"cents\\\":30,\\\"by\\\":\\\"me\\\"}\""));
}

/// Long reasons fill the intents of several plans, and too long ones are left where they are.
#[test]
fn many_and_long_reasons_are_inherited() {
    let mut body = String::new();
    for at in 0..40 {
        let by = "\\n".repeat(if at == 7 { 5_000 } else { 1_500 });
        body.push_str(&format!(
            "let u{at} = upsert\n  notes[{at}] = \"{at}\"\n  because Moved(cents: {at}, by: \"{by}\")\nend\n"
        ));
    }
    let first = run(&body, None);
    let second = run("let one = 1\n", Some(&first));
    let reasons = |store: &Memory| {
        let told = tell::list(&history(store), None, None).expect("there is a state").entries;
        told.iter().map(|told| told.reason().map(|(_, intent)| intent.to_string())).collect::<Vec<_>>()
    };
    let (here, there) = (reasons(&second.0), reasons(&first.0));
    for (at, (here, there)) in here.iter().zip(&there).enumerate() {
        let expected = if at == 7 { Some(String::new()) } else { there.clone() };
        assert_eq!(*here, expected, "notes[{at}]");
    }
    let inherited = tell::intents(&history(&second.0), &Wanted::parse("schema=Inherited").expect("a filter"));
    assert!(inherited.expect("the log is read").len() > 3);
}

#[test]
fn values_of_any_size_and_kind_come_back() {
    let long = "x".repeat(3_000);
    let body = format!(
        "let set = upsert
  notes[1] = \"{long}\"
  notes[2] = \"short\"
  mood = High
  because Moved(cents: 0, by: \"me\")
end
let grown = upsert
  notes[2] = \"{long}{long}\"
  notes[1] = \"\"
  where mood > Low and notes[2] == \"short\" and notes[1] != \"short\"
  because Moved(cents: 0, by: \"me\")
end
let one = notes[1]
let two = len(notes[2])
let high = mood == High
let known = 1 in notes and not (3 in notes)
"
    );
    let (store, finished) = run(&body, None);
    assert_eq!(result(&finished, "grown"), "ok(null)");
    assert_eq!(
        (result(&finished, "one"), result(&finished, "two")),
        ("\"\"".to_string(), "6000".to_string())
    );
    assert_eq!(
        (result(&finished, "high"), result(&finished, "known")),
        ("true".to_string(), "true".to_string())
    );
    let (_, second) = run("let two = len(notes[2])\nlet low = mood == Low\n", Some(&(store, finished)));
    assert_eq!((result(&second, "two"), result(&second, "low")), ("6000".to_string(), "false".to_string()));
}

#[test]
fn results_are_kept_and_variants_may_be_added() {
    let declared = |variants: &str| {
        format!(
            "grant state name [\"last\", \"outcome\", \"moods\"]
enum Mood
{variants}
end
record Noted(by: String)
state last: result[Int, String] = ok(1)
state outcome: result[Null, Refused] = ok(null)
state moods: list[Mood] = []
"
        )
    };
    let noted = "let refused = upsert
  last = ok(2)
  where 1 < 0
  because Noted(by: \"me\")
end
let noted = upsert
  last = err(\"none\")
  outcome = refused
  moods = [High, Low]
  because Noted(by: \"me\")
end
";
    let first = run_code(&format!("{}{noted}", declared("  Low\n  High")), None);
    let read = "let l = last\nlet o = outcome\nlet m = moods\nlet high = moods[0] == High\n";
    let (_, second) = run_code(&format!("{}{read}", declared("  Low\n  High\n  Middle")), Some(&first));
    let found = ["l", "o", "m", "high"].map(|name| result(&second, name));
    let refused = result(&first.1, "refused");
    assert!(refused.starts_with("err(Refused(reason: \"the guard does not hold\", seq: "), "{refused}");
    assert_eq!(found, ["err(\"none\")", refused.as_str(), "[High, Low]", "true"]);
}

#[test]
fn a_state_of_another_type_is_refused() {
    let parent = run(OPENED, None);
    let earlier = history(&parent.0);
    let inherited = Parent::without_past("before-1", earlier.state());
    let program = program("grant state name \"total\"\nstate total: String = \"\"\nlet t = total\n");
    let mut scene = Scene::new(&FaultyDisk::new());
    let finished = run::unrecorded(&program, &Request::default(), Some(&inherited), &mut scene, &mut Silent)
        .expect("it runs");
    let fault = finished.outcome.fault.expect("the type is another").1;
    assert_eq!(fault.code, "R0821");
    assert_eq!(
        fault.message,
        "the state `total` holds a value of type Int, and the program gives it the type String"
    );
}

/// Runs a program that has nothing but a state, which the reference keeps.
#[derive(Default)]
struct Kept(prelude::state::Memory);

impl vm::Host for Kept {
    fn call(&mut self, _: &mut dyn vm::Callback, call: vm::HostCall<'_>) -> Result<vm::Value, vm::Fault> {
        prelude::state::carry_out(call.name, call.args, call.types, &mut |request| self.0.answer(request))
    }

    fn print(&mut self, _: vm::Print, _: &str) {}

    fn decode_opaque(&self, name: &str, _: &[u8]) -> Result<vm::Value, String> {
        Err(format!("no {name} here"))
    }
}

/// The printed forms of results of a body, as the reference has them.
fn referred(body: &str, names: &[(String, String)]) -> Vec<(String, String)> {
    let program = program(&format!("{HEAD}{body}"));
    let code = program.code.as_ref().expect("it is compiled");
    let (mut machine, mut host) = (vm::Vm::new(code).expect("a machine"), Kept::default());
    for node in 0..code.module().nodes.len() {
        machine.run_node(&mut host, node).expect("it runs");
    }
    let value = |(name, _): &(String, String)| {
        let place = code.module().globals.iter().position(|global| global == name).expect("a result");
        (name.clone(), vm::repr(&machine.global(place)).expect("it prints"))
    };
    names.iter().map(value).collect()
}

/// Draws upserts: a generator of its own, so that a seed says all.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: u64) -> u64 {
        // The multiplier and increment of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    fn one(&mut self, of: &[&str]) -> String {
        of[self.below(of.len() as u64) as usize].to_string()
    }

    fn int(&mut self) -> String {
        self.one(&["0", "1", "7", "-3", "9_000_000_000_000_000_000", "-9_000_000_000_000_000_000"])
    }

    fn key(&mut self) -> String {
        self.one(&["\"a\"", "\"b\"", "\"c\""])
    }

    fn write(&mut self) -> String {
        match self.below(10) {
            8 => format!("cash[{}] = null", self.key()),
            9 => format!("notes[{}] = null", self.below(2)),
            0 => format!("mood = {}", self.one(&["Low", "High"])),
            1 => format!("total {} {}", self.one(&["=", "+=", "-="]), self.int()),
            2 => format!("notes[{}] = \"{}\"", self.below(2), "x".repeat(self.below(700) as usize)),
            _ => format!("cash[{}] {} {}", self.key(), self.one(&["=", "+=", "-="]), self.int()),
        }
    }

    fn number(&mut self) -> String {
        match self.below(6) {
            0 | 1 => self.int(),
            2 => "total".to_string(),
            3 | 4 => format!("cash[{}]", self.key()),
            _ => {
                // What has no state in it would be computed before, and could fault.
                let (left, right) = (format!("cash[{}]", self.key()), self.number());
                format!("({left} {} {right})", self.one(&["+", "-", "*"]))
            }
        }
    }

    fn guard(&mut self, depth: u32) -> String {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => format!("{} {} cash", self.key(), self.one(&["in", "not in"])),
            1 => {
                format!("mood {} {}", self.one(&["==", "!=", "<", ">="]), self.one(&["Low", "High", "mood"]))
            }
            2 => format!("cash?[{}] {} null", self.key(), self.one(&["==", "!="])),
            3 => format!("notes?[{}] {} \"xxx\"", self.below(2), self.one(&["==", "!="])),
            4 | 5 => {
                let (left, right) = (self.number(), self.number());
                format!("{left} {} {right}", self.one(&["==", "!=", "<", "<=", ">", ">="]))
            }
            6 => format!("not ({})", self.guard(depth - 1)),
            _ => {
                let (left, right) = (self.guard(depth - 1), self.guard(depth - 1));
                format!("({left}) {} ({right})", self.one(&["and", "or"]))
            }
        }
    }
}

#[test]
fn the_store_decides_as_the_reference_does() {
    let (mut committed, mut refused) = (0, 0);
    for seed in 0..12 {
        let mut draw = Draw(seed);
        let mut body = String::new();
        for at in 0..30 {
            let writes: String = (0..=draw.below(3)).map(|_| format!("  {}\n", draw.write())).collect();
            let guard =
                if draw.below(3) > 0 { format!("  where {}\n", draw.guard(3)) } else { String::new() };
            body.push_str(&format!(
                "let u{at} = is_ok(upsert\n{writes}{guard}  because Moved(cents: {at}, by: \"me\")\nend)\n\
                 let s{at} = (cash, total, mood, notes)\n"
            ));
        }
        for key in ["a", "b", "c"] {
            body.push_str(&format!("let h{key} = history(cash, \"{key}\").map(fn(c) => c.value)\n"));
        }
        let (_, finished) = run(&body, None);
        let found = results(&finished);
        let expected = referred(&body, &found);
        assert_eq!(found, expected, "seed {seed}:\n{body}");
        committed += found.iter().filter(|(name, value)| name.starts_with('u') && value == "true").count();
        refused += found.iter().filter(|(name, value)| name.starts_with('u') && value == "false").count();
    }
    println!("{committed} upserts carried out, {refused} refused");
    assert!(committed > 60 && refused > 60, "{committed} upserts carried out, {refused} refused");
}
