//! Figures, heat and traces: what is shown of a store is what its log holds.

use std::process::{Command, Stdio};
use std::sync::Arc;

use store::{Edit, GraphEdit, Memory, Metrics, Reader, Store};

use crate::pages::{commit, open};
use crate::upsert::take;

/// Writes in each encoding, refusals, a derived page.
fn workload(store: &Store) {
    store.derive().register("copy@1", |parents| Ok(parents.concat()));
    let pages = vec![Edit::create(0, 64, Some("a")), Edit::create(1, 64, None), Edit::create(2, 64, None)];
    commit(store, pages);
    let copy = GraphEdit::Derive { page: 3, function: "copy@1".to_owned(), parents: vec![1] };
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

fn held_by_promtool(text: &str) {
    use std::io::Write;
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        println!("not evaluated: no promtool on the path");
        return;
    };
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
