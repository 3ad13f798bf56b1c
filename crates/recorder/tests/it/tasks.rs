//! Effects that take time while other tasks run: their order, bounds, times, and what a replay makes of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use recorder::history::History;
use recorder::program::{Loader, Program, Settings, compile};
use recorder::run::{self, Finished, Request};
use recorder::world::{Cancel, Failed, Observer, Silent, Work, World};
use store::{Durability, Reader};
use testkit::disk::FaultyDisk;

use crate::scene::options;

/// Generous: a machine that is busy elsewhere must not fail a test.
const LONG: Duration = Duration::from_secs(20);

/// What the programs that a document runs see of each other.
#[derive(Default)]
struct Seen {
    running: AtomicUsize,
    most: AtomicUsize,
    begun: Mutex<BTreeMap<String, usize>>,
    changed: Condvar,
    /// Whose turn takes long.
    slow: &'static str,
    cancelled: Mutex<Vec<(String, Duration)>>,
}

impl Seen {
    fn begun(&self) -> usize {
        self.begun.lock().expect("no test failed").values().sum()
    }

    /// Waits until so many works have begun.
    fn await_begun(&self, count: usize) {
        let begun = self.begun.lock().expect("no test failed");
        let fewer = |begun: &mut BTreeMap<String, usize>| begun.values().sum::<usize>() < count;
        drop(self.changed.wait_timeout_while(begun, LONG, fewer).expect("no test failed"));
    }
}

/// Programs by what they do: `sleep MS`, `hang`, `fail N` (so often
/// first), `meet N` (until so many have begun), `turn NAME` (long for one).
struct Providers {
    seen: Arc<Seen>,
    started: Instant,
}

impl Providers {
    #[expect(clippy::disallowed_methods, reason = "a world of a test keeps time")]
    fn new(slow: &'static str) -> Providers {
        let seen = Seen { slow, ..Seen::default() };
        Providers { seen: Arc::new(seen), started: Instant::now() }
    }
}

#[expect(clippy::disallowed_methods, reason = "a provider takes its time")]
fn provide(seen: &Seen, program: &str, args: &[String], cancel: &Cancel) -> Result<Vec<u8>, Failed> {
    let number = |at: usize| args.get(at).and_then(|arg| arg.parse().ok()).unwrap_or(0);
    let name = format!("{program} {}", args.join(" "));
    let times = {
        let mut begun = seen.begun.lock().expect("no test failed");
        let times = begun.entry(name.clone()).or_default();
        *times += 1;
        let times = *times;
        seen.changed.notify_all();
        times
    };
    let running = seen.running.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most.fetch_max(running, Ordering::SeqCst);
    let result = match program {
        "sleep" => {
            std::thread::sleep(Duration::from_millis(number(0)));
            Ok(name.into_bytes())
        }
        "turn" => {
            let is_slow = args.first().is_some_and(|arg| arg == seen.slow);
            std::thread::sleep(Duration::from_millis(if is_slow { 300 } else { 1 }));
            Ok(name.into_bytes())
        }
        "meet" => {
            seen.await_begun(number(0) as usize);
            std::thread::sleep(Duration::from_millis(5));
            Ok(name.into_bytes())
        }
        "fail" if times as u64 <= number(0) => Err(Failed::because("it fails at first")),
        "hang" => {
            let from = Instant::now();
            while !cancel.is_cancelled() && from.elapsed() < LONG {
                std::thread::sleep(Duration::from_millis(1));
            }
            seen.cancelled.lock().expect("no test failed").push((name, from.elapsed()));
            seen.changed.notify_all();
            Err(Failed::because("it hung"))
        }
        _ => Ok(name.into_bytes()),
    };
    seen.running.fetch_sub(1, Ordering::SeqCst);
    result
}

impl World for Providers {
    fn execution(&mut self, program: &str, args: &[String]) -> Option<Work> {
        let (seen, program, args) = (self.seen.clone(), program.to_owned(), args.to_vec());
        Some(Arc::new(move |cancel| provide(&seen, &program, &args, cancel)))
    }

    fn keeps_time(&self) -> bool {
        true
    }

    fn ticks(&mut self) -> i64 {
        self.started.elapsed().as_nanos() as i64
    }

    fn entropy(&mut self, count: usize) -> Vec<u8> {
        vec![7; count]
    }

    fn resolve(&mut self, path: &str) -> String {
        path.to_owned()
    }

    fn read_file(&mut self, _: &str) -> Result<Vec<u8>, String> {
        unreachable!("the documents do not ask")
    }

    fn write_file(&mut self, _: &str, _: &[u8]) -> Result<(), String> {
        unreachable!("the documents do not ask")
    }

    fn exists(&mut self, _: &str) -> bool {
        unreachable!("the documents do not ask")
    }

    fn glob(&mut self, _: &str) -> Result<Vec<String>, String> {
        unreachable!("the documents do not ask")
    }

    fn make_directory(&mut self, _: &str) -> Result<(), String> {
        unreachable!("the documents do not ask")
    }

    fn now(&mut self) -> i64 {
        unreachable!("the documents do not ask")
    }

    fn sleep(&mut self, _: i64) {
        unreachable!("this world keeps time")
    }

    fn environment(&mut self, _: &str) -> Option<String> {
        unreachable!("the documents do not ask")
    }

    fn read_line(&mut self) -> Result<Option<String>, String> {
        unreachable!("the documents do not ask")
    }

    fn execute(&mut self, _: &str, _: &[String]) -> Result<Vec<u8>, String> {
        unreachable!("this world has threads")
    }
}

#[derive(Default)]
struct Printed(String);

impl Observer for Printed {
    fn printed(&mut self, _: vm::Print, text: &str) {
        self.0.push_str(text);
    }
}

fn program(text: &str) -> Program {
    struct One<'a>(&'a str);
    impl Loader for One<'_> {
        fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok((path == "a.lm").then(|| self.0.as_bytes().to_vec()))
        }
    }
    let program = compile("a.lm", &mut One(text), &Settings::default()).expect("the program is read");
    let found: Vec<String> =
        program.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    assert!(!program.has_errors(), "{found:?}");
    program
}

struct Ran {
    seen: Arc<Seen>,
    finished: Finished,
    history: History,
    printed: String,
}

impl Ran {
    fn of(text: &str) -> Ran {
        Ran::with(text, "")
    }

    fn with(text: &str, slow: &'static str) -> Ran {
        let (disk, mut world, mut printed) = (FaultyDisk::new(), Providers::new(slow), Printed::default());
        let vfs = Arc::new(disk.clone());
        let ending = run::start(
            &program(text),
            &Request::default(),
            vfs,
            options(Durability::Durable),
            None,
            None,
            &mut world,
            &mut printed,
        );
        let finished = ending.and_then(run::Ending::close).expect("the log is written");
        let history =
            History::read(Reader::open(Arc::new(disk)).expect("the log opens")).expect("it is read");
        Ran { seen: world.seen, finished, history, printed: printed.0 }
    }

    /// The seq of the outcome of the first effect whose request holds a text.
    fn arrival(&self, request: &str) -> u64 {
        let found = self.history.effects.iter().find(|e| e.intent.request.to_string().contains(request));
        let id = found.unwrap_or_else(|| panic!("nothing asks for {request}")).id;
        self.history.arrival(id).expect("it came back")
    }

    fn fault(&self) -> (&str, &str) {
        let fault = self.finished.outcome.fault.as_ref().map(|(record, _)| record).expect("it faults");
        (&fault.code, &fault.message)
    }

    /// A replay prints the same and has the same hashes, without a world.
    fn repeats(&self) {
        for _ in 0..3 {
            let mut printed = Printed::default();
            let again = run::replay(&self.history, &mut printed).expect("the log is replayed");
            assert_eq!(printed.0, self.printed);
            assert_eq!(again.end, self.finished.end);
        }
    }
}

const SLOW_PROVIDER: &str = r#"
grant process
grant random
cell work(n: Int) -> String
  let mut sum = 0
  for i in 0..200
    sum += i * n
  end
  print("task", n, sum)
  uuid()
end
let all = await parallel
  exec("sleep", ["500"])
  work(1)
  work(2)
  work(3)
  work(4)
end
print(len(unwrap(all)))
"#;

#[test]
fn four_tasks_compute_and_finish_while_a_provider_sleeps() {
    let ran = Ran::of(SLOW_PROVIDER);
    assert!(ran.finished.outcome.fault.is_none());
    let outcomes: Vec<u64> = ran.history.effects.iter().filter_map(|e| ran.history.arrival(e.id)).collect();
    assert_eq!(outcomes.len(), 5);
    let slept = ran.arrival("sleep");
    assert_eq!(outcomes.iter().filter(|seq| **seq < slept).count(), 4, "{outcomes:?}");
    assert_eq!(ran.printed, "task 1 19900\ntask 2 39800\ntask 3 59700\ntask 4 79600\n5\n");
    ran.repeats();
}

const TURNS: &str = r#"
grant process
grant random
cell ask(name: String) -> Int
  let said = exec("turn", [name])
  print(said, random_int(0, 1000000))
  len(uuid())
end
let both = await parallel
  ask("a")
  ask("b")
end
print(both)
"#;

#[test]
fn prints_and_hashes_do_not_depend_on_arrival() {
    let (one, other) = (Ran::with(TURNS, "a"), Ran::with(TURNS, "b"));
    assert!(one.arrival("\"a\"") > one.arrival("\"b\""));
    assert!(other.arrival("\"a\"") < other.arrival("\"b\""));
    assert_eq!(one.printed, other.printed);
    assert_eq!(one.finished.end, other.finished.end);
    for ran in [&one, &other] {
        ran.repeats();
    }
}

#[test]
fn a_race_takes_the_first_logged_outcome_and_cancels_the_rest() {
    let ran = Ran::of(
        r#"
grant process
print(await race
  exec("hang", [])
  exec("sleep", ["20"])
end)
print(timeout(30, exec("hang", ["again"])))
"#,
    );
    assert_eq!(ran.printed, "ok(\"sleep 20\")\nerr(Timeout(ms: 30))\n");
    let cancelled = |e: &&recorder::history::EffectRecord| {
        e.outcome.as_ref().is_some_and(|o| !o.ok && o.answer == serde_json::json!({"cancelled": true}))
    };
    assert_eq!(ran.history.effects.iter().filter(cancelled).count(), 2);
    let told = ran.seen.cancelled.lock().expect("no test failed");
    let (told, _) = ran.seen.changed.wait_timeout_while(told, LONG, |told| told.len() < 2).expect("told");
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|(_, after)| *after < LONG), "{told:?}");
    drop(told);
    ran.repeats();
}

#[test]
fn a_grant_bounds_how_many_are_on_their_way() {
    let few = Ran::of(
        r#"
grant process max_in_flight 3
let all = await parallel for n in 0..9
  exec("meet", ["3", to_string(n)])
end
print(len(unwrap(all)))
"#,
    );
    assert_eq!(few.printed, "9\n");
    assert_eq!(few.seen.most.load(Ordering::SeqCst), 3);
    let most = Ran::of(
        r#"
grant process
let all = await parallel for n in 0..40
  exec("meet", ["16", to_string(n)])
end
print(len(unwrap(all)))
"#,
    );
    assert_eq!(most.printed, "40\n");
    assert_eq!(most.seen.most.load(Ordering::SeqCst), 16, "sixteen for one tool");
    let all = Ran::of(
        r#"
grant process max_in_flight 1000
let all = await parallel for n in 0..100
  exec("meet", ["64", to_string(n)])
end
print(len(unwrap(all)))
"#,
    );
    assert_eq!(all.seen.most.load(Ordering::SeqCst), 64, "sixty-four of a run");
    all.repeats();
}

#[test]
fn patience_ends_an_attempt_and_reaches_the_provider() {
    let ran = Ran::of(
        r#"
grant process timeout_ms 50
print(exec.try("hang", []))
exec("hang", ["more"])
"#,
    );
    assert!(ran.printed.starts_with("err(ToolError(code: \"R0702\""), "{}", ran.printed);
    let (code, message) = ran.fault();
    assert_eq!((code, message), ("R0702", "`hang` failed: it gave no answer within 50 ms"));
    let told = ran.seen.cancelled.lock().expect("no test failed");
    let (told, _) = ran.seen.changed.wait_timeout_while(told, LONG, |told| told.len() < 2).expect("told");
    assert_eq!(told.len(), 2);
    drop(told);
    ran.repeats();
}

#[test]
fn what_fails_is_tried_so_often_as_the_grant_says() {
    let text = |retries: u32| format!("grant process retries {retries}\nprint(exec(\"fail\", [\"2\"]))\n");
    let enough = Ran::of(&text(2));
    assert_eq!((enough.printed.as_str(), enough.seen.begun()), ("fail 2\n", 3));
    enough.repeats();
    let short = Ran::of(&text(1));
    assert_eq!(short.seen.begun(), 2);
    assert_eq!(short.fault(), ("R0701", "`fail` failed: it fails at first (attempt 2)"));
    short.repeats();
}

#[test]
fn a_grant_counts_calls_not_attempts() {
    let ran = Ran::of(
        r#"
grant process max_calls 2 retries 1
let all = await parallel for n in 0..2
  exec("fail", ["1", to_string(n)])
end
print(len(unwrap(all)))
exec("fine", [])
"#,
    );
    assert_eq!((ran.printed.as_str(), ran.fault().0), ("2\n", "R0907"));
    ran.repeats();
}

#[test]
fn a_run_that_ends_early_tells_its_providers() {
    let ran = Ran::of(
        r#"
grant process
cell main() -> Null
  let _task = spawn exec("hang", [])
  sleep(10)
  exit(3)
end
grant clock
main()
"#,
    );
    let told = ran.seen.cancelled.lock().expect("no test failed");
    let (told, _) = ran.seen.changed.wait_timeout_while(told, LONG, |told| told.is_empty()).expect("told");
    assert_eq!(told.len(), 1);
    drop(told);
    ran.repeats();
    let mut silent = Silent;
    assert!(run::replay(&ran.history, &mut silent).is_ok());
}
