//! Figures, heat and traces: what is shown of a store is what its log holds.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Durability, Edit, Filter, GraphEdit, Memory, Metrics, Options, Reader, Store};

use crate::pages::{commit, open};
use crate::support::options;
use crate::upsert::take;

/// Writes in each encoding, refusals, a derived page.
fn workload(store: &Store) {
    store.derive().register("copy@1", |parents| Ok(parents.concat()));
    let pages = vec![Edit::create(0, 64, Some("a")), Edit::create(1, 64, None), Edit::create(2, 64, None)];
    commit(store, pages);
    let copy = GraphEdit::derive(3, "copy@1", [1]);
    store.derive().edit(&[copy]).unwrap();
    for round in 0..10u8 {
        commit(store, vec![Edit::write(1, 0, [round + 1; 8])]);
        commit(store, vec![Edit::write(2, 0, [round; 64])]);
        store.upsert().submit(&take(u128::from(round) + 1, 2, u64::MAX.into())).unwrap();
    }
}

/// The lines of some figures, as Prometheus reads them.
fn lines<'a>(text: &'a str, names: &[&str]) -> Vec<&'a str> {
    text.lines()
        .filter(|line| names.iter().any(|name| line.starts_with(&format!("lumen_store_{name}"))))
        .collect()
}

#[test]
fn a_log_has_the_figures_that_its_process_counted() {
    let disk = Memory::new();
    let store = open(&disk);
    workload(&store);
    let counted = store.metrics().render();
    store.checkpoint().unwrap();
    commit(&store, vec![Edit::write(1, 0, [99])]);
    let open = store.metrics().render();
    store.close().unwrap();
    let read = Metrics::of_log(&Reader::open(Arc::new(disk)).unwrap()).unwrap().render();
    let same =
        ["commits_total", "refusals_total", "encoded_bytes_total", "last_seq", "pages", "checkpoint_age"];
    assert_eq!(lines(&open, &same), lines(&read, &same));
    assert_eq!(lines(&read, &same).len(), 13);
    assert!(read.contains("lumen_store_checkpoint_age 1\n") && counted != open);
    // Times and waits are a process' own.
    assert!(lines(&read, &["sync_seconds", "durable_lag", "recomputes"]).is_empty());
    for text in [open, read] {
        held_by_promtool(&text);
    }
}

/// A stopwatch that a test winds on.
fn wound(options: Options) -> (Options, Arc<AtomicU64>) {
    let elapsed_ns = Arc::new(AtomicU64::new(0));
    let shown = Arc::clone(&elapsed_ns);
    (options.stopwatch(move || shown.load(Ordering::Relaxed)), elapsed_ns)
}

/// By hand: what is written at once is on disk when somebody waits for that.
#[test]
fn a_transaction_is_timed_to_the_disk_to_readers_and_to_who_follows() {
    let (options, elapsed_ns) = wound(options().durability(Durability::Memory));
    let wind = |ns| elapsed_ns.fetch_add(ns, Ordering::Relaxed);
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    commit(&store, vec![Edit::create(0, 8, None)]);
    wind(1_000);
    let mut following = store.subscribe(0, Filter::default());
    commit(&store, vec![Edit::write(1, 0, [1])]);
    wind(2_000_000);
    commit(&store, vec![Edit::write(1, 0, [2])]);
    // Before anybody followed it, and then two.
    while following.poll().unwrap().is_some() {}
    // Somebody else comes too late to be waited for.
    let mut late = store.subscribe(0, Filter::default());
    wind(1_000_000);
    while late.poll().unwrap().is_some() {}
    store.wait_durable(3).unwrap();
    let text = store.metrics().render();
    for line in [
        "lumen_store_commit_seconds_bucket{stage=\"visible\",le=\"0.000001\"} 3",
        "lumen_store_commit_seconds_sum{stage=\"visible\"} 0",
        "lumen_store_commit_seconds_bucket{stage=\"delivered\",le=\"0.000001\"} 1",
        "lumen_store_commit_seconds_bucket{stage=\"delivered\",le=\"0.004\"} 2",
        "lumen_store_commit_seconds_sum{stage=\"delivered\"} 0.002",
        "lumen_store_commit_seconds_count{stage=\"delivered\"} 2",
        "lumen_store_commit_seconds_sum{stage=\"durable\"} 0.007001",
        "lumen_store_commit_seconds_count{stage=\"durable\"} 3",
        "lumen_store_commits_untimed_total{stage=\"durable\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    held_by_promtool(&text);
    // A store without a stopwatch says nothing about it.
    let store = open(&Memory::new());
    commit(&store, vec![Edit::create(0, 8, None)]);
    assert!(!store.metrics().render().contains("commit_seconds"));
}

/// By hand: of pages of 40 bytes one is replaced with every commit.
#[test]
fn the_oldest_snapshot_is_the_one_that_somebody_looks_at() {
    let (options, elapsed_ns) = wound(options());
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    commit(&store, vec![Edit::create(0, 40, None)]);
    let figures = || {
        let text = store.metrics().render();
        ["snapshot_lag", "snapshot_held_bytes", "snapshot_held_seconds"].map(|name| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("lumen_store_{name} ")));
            line.expect("the figure").to_owned()
        })
    };
    let write = |times: u8| {
        for step in 0..times {
            commit(&store, vec![Edit::write(1, 0, [step])]);
        }
    };
    write(5);
    assert_eq!(figures(), ["0", "0", "0"], "nobody looks");
    let oldest = store.query().snapshot();
    assert_eq!(figures(), ["0", "0", "0"], "what it looks at is the newest");
    write(1);
    elapsed_ns.fetch_add(1_500_000_000, Ordering::Relaxed);
    write(2);
    let newer: Vec<_> = (0..100)
        .map(|_| {
            write(1);
            store.query().snapshot()
        })
        .collect();
    assert_eq!(figures(), ["103", "4120", "1.5"]);
    drop(oldest);
    assert_eq!(figures(), ["99", "3960", "0"], "the first of the others");
    drop(newer);
    write(100);
    assert_eq!(figures(), ["0", "0", "0"]);
}

/// Whatever the stopwatch shows, the files are the same, byte for byte.
#[test]
fn no_reading_of_a_stopwatch_reaches_a_file() {
    let files = |options: Options| {
        let disk = Memory::new();
        let store = Store::open(Arc::new(disk.clone()), options).unwrap();
        let mut following = store.subscribe(0, Filter::default());
        workload(&store);
        while following.poll().unwrap().is_some() {}
        store.checkpoint().unwrap();
        store.close().unwrap();
        disk.files()
    };
    let without = files(options());
    let leap = AtomicU64::new(1);
    let leaping =
        move || leap.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| Some(at * 5 % 7_919)).unwrap();
    assert!(files(options().stopwatch(|| u64::MAX)) == without);
    assert!(files(options().stopwatch(leaping)) == without);
}

fn held_by_promtool(text: &str) {
    use std::io::Write;
    if !testkit::programs::has("promtool") {
        return;
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

/// By hand: page 1 was created and written 10 times with 8 bytes, page 3 followed it, page 2 got all of its 64 bytes,
/// of which the first round changed none.
#[test]
fn heat_counts_every_change_of_a_page() {
    let disk = Memory::new();
    let store = open(&disk);
    workload(&store);
    let past = store.past();
    let heat = past.heat(1..=past.last_seq()).unwrap();
    assert_eq!(heat.pages.get(&1), Some(&(11, 80)));
    assert_eq!(heat.pages.get(&3), Some(&(11, 80)));
    assert_eq!(heat.pages.get(&2), Some(&(11, 640)));
    assert_eq!(heat.to_csv(), "page,changes,bytes\n1,11,80\n2,11,640\n3,11,80\n");
    assert_eq!(heat, store.past().heat(1..=past.last_seq()).unwrap(), "the same for whoever asks");
    assert_eq!(heat.to_html().matches("<i style").count(), 3);
    assert!(past.heat(2..=2).unwrap().pages.is_empty(), "a change of the graph changes no page");
}

#[test]
fn a_trace_is_json_in_the_order_of_the_changes() {
    let store = open(&Memory::new());
    workload(&store);
    let trace: serde_json::Value = serde_json::from_str(&store.past().trace(3).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let found: Vec<_> = events
        .iter()
        .map(|event| (event["name"].as_str().unwrap(), event["args"]["page"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, [("write", 1), ("copy@1", 3)]);
    assert_eq!(events.iter().map(|event| event["ts"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(
        (trace["otherData"]["seq"].as_u64(), &trace["otherData"]["intent"]),
        (Some(3), &serde_json::Value::Null)
    );
}
