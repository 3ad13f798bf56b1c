//! Engines in processes of their own: one that aborts fails its case, and everything else comes out as without them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use conformance::runner::{PacketRun, Run, Settings};
use conformance::{Call, Failure, Library, Params, Program, Reference, Row, registry};
use evidence::compare::Rule;
use evidence::report::Status;
use evidence::typed;
use evidence::value::Value;

const ROWS: &[Row] = &[
    row("test.abort", |_| std::process::abort()),
    row("test.exit", |_| std::process::exit(7)),
    row("test.overflow", |_| Ok(Value::Text(deeper(&[0; 4096], u64::MAX).to_string()))),
    row("test.endless", |_| {
        loop {
            std::thread::park();
        }
    }),
    row("test.lives", |_| Ok(Value::Text("lives".into()))),
];

const fn row(op: &'static str, run: fn(&Call<'_>) -> Result<Value, Failure>) -> Row {
    Row {
        op,
        reference: Reference::Spec("this test"),
        inputs: &[],
        params: Params::NONE,
        run,
        rule: Rule::Exact,
        hardened: &[],
        api: &["test"],
    }
}

/// Recursion that no optimiser turns into a loop, and no stack holds.
fn deeper(bytes: &[u8; 4096], levels: u64) -> u64 {
    let mut more = *bytes;
    more[0] = more[0].wrapping_add(1);
    let more = std::hint::black_box(&more);
    if levels == 0 { 0 } else { u64::from(more[0]) + deeper(more, levels - 1) }
}

fn find(op: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.op == op).or_else(|| registry::find(op))
}

/// What the tests start: this very program, told to run this function.
#[test]
#[ignore = "the other tests start it as a process"]
fn engine() {
    conformance::serve_rows(&find).expect("a caller");
}

fn program() -> Program {
    let arguments = ["contained::engine", "--exact", "--ignored", "--nocapture"].map(String::from).into();
    Program { path: std::env::current_exe().expect("this program"), arguments }
}

fn library(ops: &[&str]) -> Library {
    let case = |op: &&str| {
        format!(
            r#"{{"id":"{op}","op":"test.{op}","class":"edge","inputs":{{}},"params":{{}},"expect":{{"value":{{"kind":"text","value":"lives"}}}},"source":{{"hand":"this test"}}}}"#
        )
    };
    let cases: Vec<String> = ops.iter().map(case).collect();
    let packet = format!(
        "packet: T-1\ntitle: t\nsuite: t\nscope: t\nnot_in_scope: []\noracle: spec\nanchors: []\ncontract: [{{id: all, \
         given: a, then: b, strict: c, hardened: d, boundary: e, uncertainty: f, cases: [{}]}}]\nfiles: [t.json]\n\
         api: [test]\nsentinels: []\nrisks: []\n",
        ops.join(", ")
    );
    Library::of(BTreeMap::from([
        ("t/T-1/packet.yaml".to_string(), packet.into_bytes()),
        (
            "t/T-1/t.json".to_string(),
            format!(r#"{{"packet":"T-1","cases":[{}]}}"#, cases.join(",")).into_bytes(),
        ),
    ]))
}

fn run(library: &Library, packet: &str, settings: &Settings<'_>) -> PacketRun {
    let mut run = Run::of(library, &BTreeSet::from([packet.to_string()]), settings, None);
    assert!(run.troubles.is_empty(), "{:?}", run.troubles);
    run.packets.pop().expect("a packet")
}

#[test]
fn a_process_that_dies_fails_its_case_and_the_others_go_on() {
    let settings = Settings { engine: Some(program()), threads: vec![1, 2], ..Settings::new(&find) };
    let packet = run(&library(&["abort", "exit", "lives", "overflow"]), "T-1", &settings);
    let found: Vec<(&str, Status, &str)> = packet
        .report
        .checks
        .iter()
        .map(|check| (check.case.as_str(), check.status, check.reason.as_deref().unwrap_or_default()))
        .collect();
    let died = |how: &str| format!("the engine took its process down: {how}");
    // By the signals of POSIX; the words are the standard library's.
    let (abort, exit) = (died("signal 6"), died("exit status 7"));
    let overflow = died("signal 6: fatal runtime error: stack overflow, aborting");
    let twice = |case, status, reason| [(case, status, reason), (case, status, reason)];
    let expected = [
        twice("abort", Status::Fail, abort.as_str()),
        twice("exit", Status::Fail, exit.as_str()),
        twice("lives", Status::Pass, ""),
        twice("overflow", Status::Fail, overflow.as_str()),
    ];
    assert_eq!(found, expected.concat());
    assert!(
        packet.report.checks.iter().all(|check| (check.outcome == "crash") == (check.status == Status::Fail))
    );
}

#[test]
fn a_call_without_end_is_ended_with_its_process() {
    let settings =
        Settings { engine: Some(program()), limit: Duration::from_millis(500), ..Settings::new(&find) };
    let packet = run(&library(&["endless"]), "T-1", &settings);
    assert!(
        packet.report.checks.iter().all(|check| check.outcome == "timeout"),
        "{:?}",
        packet.report.checks
    );
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let program = Program { path: "/nowhere/engine".into(), arguments: Vec::new() };
    let settings = Settings { engine: Some(program), ..Settings::new(&find) };
    let packet = run(&library(&["lives"]), "T-1", &settings);
    let reason = packet.report.checks[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("cannot start /nowhere/engine"), "{reason}");
}

#[test]
fn processes_give_the_bytes_that_threads_give() {
    let library = Library::embedded();
    for packet in ["FT-P2C-004", "MB-002"] {
        let bytes = |engine| {
            let settings = Settings { engine, threads: vec![1, 2], ..Settings::new(&find) };
            let packet = run(&library, packet, &settings);
            (typed::file_bytes(&packet.report), typed::file_bytes(&packet.golden))
        };
        assert!(bytes(None) == bytes(Some(program())), "{packet}");
    }
}
