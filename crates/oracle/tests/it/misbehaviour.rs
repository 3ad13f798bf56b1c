//! Every way in which a worker can fail is detected and named. The worker is a script of plain Python, so that no
//! reference has to be installed.

use evidence::value::Value;
use oracle::{Answer, Ask, FaultKind, Limits, Oracle, Origin, Pins, Process, Program, Setup};
use std::path::Path;
use std::time::Duration;

use crate::started;

const FAKE: &str = include_str!("fake.py");

fn setup(start: &str) -> Setup {
    let limits =
        Limits { answer: Duration::from_secs(5), start: Duration::from_secs(60), ..Limits::default() };
    let program = Program::of(&[("worker", &FAKE.replace("@START@", start))]);
    let pins = Pins { python: None, packages: [("pandas".into(), "3.1.1".into())].into() };
    Setup { program, pins, limits, adapters: vec![], ..Setup::new("python3") }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_string())
}

fn echo(value: &str) -> Ask {
    Ask::new("echo").input("value", text(value))
}

fn answered(value: &str) -> Answer {
    Answer { result: Ok(text(value)), warnings: vec![] }
}

fn said(answer: &Answer) -> String {
    match &answer.result {
        Ok(Value::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// The fault stands in the place of the one question; the questions around it are answered.
fn blames(op: &str, kind: FaultKind, words: &str) {
    let Some(mut oracle) = started(setup("well")) else { return };
    let results = oracle.ask_all(&[echo("before"), Ask::new(op), echo("after")]);
    let fault = results[1].as_ref().expect_err(op);
    assert_eq!(fault.kind(), kind, "{op}: {fault}");
    assert!(fault.to_string().contains(words), "{op}: expected {words:?} in {fault}");
    assert_eq!((&results[0], &results[2]), (&Ok(answered("before")), &Ok(answered("after"))), "{op}");
    assert_eq!(oracle.ask(&echo("again")), Ok(answered("again")), "{op}");
    oracle.finish().unwrap();
}

#[test]
fn questions_are_answered_in_order_and_in_flight() {
    let Some(mut oracle) = started(setup("well")) else { return };
    let asks: Vec<Ask> = (0..300).map(|n| echo(&n.to_string())).collect();
    let expected: Vec<_> = (0..300).map(|n| Ok(answered(&n.to_string()))).collect();
    assert_eq!(oracle.ask_all(&asks), expected);
    assert_eq!(oracle.identity().packages["pandas"], "3.1.1");
    oracle.finish().unwrap();
}

#[test]
fn prints_do_not_break_the_protocol() {
    let Some(mut oracle) = started(setup("well")) else { return };
    assert_eq!(
        oracle.ask_all(&[Ask::new("noise"), echo("after")]),
        [Ok(answered("noisy")), Ok(answered("after"))]
    );
    oracle.finish().unwrap();
}

#[test]
fn a_hang_is_a_timeout() {
    blames("hang", FaultKind::TimedOut, "no answer within 5s");
}

#[test]
fn a_second_death_blames_the_question_and_keeps_its_last_words() {
    blames("crash", FaultKind::Died, "giving up on this one");
    blames("cut", FaultKind::Died, "ended twice on this question");
}

#[test]
fn a_first_death_asks_again() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let Some(mut oracle) = started(setup("well")) else { return };
    let once = Ask::new("crash once").param("mark", mark.to_str().unwrap());
    let results = oracle.ask_all(&[echo("before"), once, echo("after")]);
    assert_eq!(results, [Ok(answered("before")), Ok(answered("survived")), Ok(answered("after"))]);
    assert!(mark.exists());
}

#[test]
fn a_broken_protocol_is_named() {
    blames("garbage", FaultKind::Protocol, "expected a frame header");
    blames("no json", FaultKind::Protocol, "key must be a string at line 1 column 2 (in \"{'id': 1}\")");
    blames("doubled", FaultKind::Protocol, "message#/id");
    blames("stray blob", FaultKind::Protocol, "a blob that nothing announced");
    blames("huge", FaultKind::Protocol, "found one of 2147483648");
    blames("other", FaultKind::Protocol, "expected the answer to question 2, found one to question 3");
    blames("malformed", FaultKind::Malformed, r#"expected the key "dtype""#);
    blames("both", FaultKind::Protocol, "exactly one of `value` and `error`");
    blames("neither", FaultKind::Protocol, "exactly one of `value` and `error`");
}

#[test]
fn a_second_answer_is_found_by_the_next_question_or_at_the_end() {
    let Some(mut oracle) = started(setup("well")) else { return };
    let results = oracle.ask_all(&[Ask::new("twice"), echo("next"), echo("after")]);
    assert_eq!((&results[0], &results[2]), (&Ok(answered("first")), &Ok(answered("after"))));
    let fault = results[1].as_ref().unwrap_err();
    assert!(fault.to_string().contains("found a second answer to question 1"), "{fault}");
    oracle.finish().unwrap();

    let Some(mut oracle) = started(setup("well")) else { return };
    assert_eq!(oracle.ask(&Ask::new("twice")), Ok(answered("first")));
    let fault = oracle.finish().unwrap_err();
    assert!(fault.to_string().contains("an answer that nobody asked for"), "{fault}");
}

#[test]
fn only_the_reference_attests_an_error() {
    let Some(mut oracle) = started(setup("well")) else { return };
    for (name, origin) in [
        ("oracle", Origin::Reference),
        ("adapter", Origin::Adapter),
        ("request", Origin::Request),
        ("unexpected", Origin::Unexpected),
    ] {
        match oracle.ask(&Ask::new("origin").param("origin", name)).unwrap().result {
            Err(failure) => {
                assert_eq!((failure.origin, &*failure.class), (origin, "pandas.errors.MergeError"));
            }
            Ok(value) => panic!("{value:?}"),
        }
    }
    let fault = oracle.ask(&Ask::new("origin").param("origin", "engine")).unwrap_err();
    assert!(fault.to_string().contains("expected an error origin, found \"engine\""), "{fault}");
}

#[test]
fn a_question_too_large_is_refused_before_it_is_sent() {
    let Some(mut oracle) = started(setup("well")) else { return };
    let huge = echo(&"x".repeat((64 << 20) + 1));
    let results = oracle.ask_all(&[huge, echo("after")]);
    assert_eq!(results[0].as_ref().unwrap_err().kind(), FaultKind::TooLarge);
    assert_eq!(results[1], Ok(answered("after")));
}

#[test]
fn an_old_or_large_worker_is_replaced() {
    let limits = Limits { asks: 3, ..setup("well").limits };
    let Some(mut oracle) = started(Setup { limits, ..setup("well") }) else { return };
    let results = oracle.ask_all(&vec![Ask::new("pid"); 7]);
    let mut pids: Vec<String> = results.iter().map(|result| said(result.as_ref().unwrap())).collect();
    assert_eq!(pids.len(), 7);
    pids.dedup();
    assert_eq!(pids.len(), 3, "three questions a worker");
    oracle.finish().unwrap();

    if !Path::new("/proc/self/status").exists() {
        return;
    }
    let limits = Limits { memory: 100 << 20, ..setup("well").limits };
    let Some(mut oracle) = started(Setup { limits, ..setup("well") }) else { return };
    // Its memory is looked at with every 64th answer.
    let results = oracle.ask_all(&vec![Ask::new("eat"); 200]);
    let mut pids: Vec<String> = results.iter().map(|result| said(result.as_ref().unwrap())).collect();
    pids.dedup();
    assert!(pids.len() > 1, "the large worker was never replaced");
    oracle.finish().unwrap();
}

#[test]
fn a_worker_that_only_fails_is_given_up() {
    let Some(mut oracle) = started(setup("well")) else { return };
    let results = oracle.ask_all(&vec![Ask::new("garbage"); 30]);
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|f| f.kind() == FaultKind::Protocol)));
    // Given up means without starting another worker for an honest question.
    assert_eq!(oracle.ask(&echo("late")).unwrap_err().kind(), FaultKind::Protocol);
}

#[test]
fn a_start_that_fails_says_how() {
    for (start, kind, words) in [
        ("crash", FaultKind::NotStarted, "exit status: 7"),
        ("garbage", FaultKind::NotStarted, "did not say that it was ready"),
        ("hang", FaultKind::NotStarted, "was not ready within"),
        ("version", FaultKind::Stale, "pandas: expected 3.1.1, found 3.1.0"),
        ("protocol", FaultKind::Stale, "protocol: expected 1, found 2"),
        ("text", FaultKind::Stale, "worker text: expected"),
    ] {
        let mut setup = setup(start);
        if start == "hang" {
            setup.limits.start = Duration::from_millis(500);
        }
        let Err(fault) = Process::start(setup) else { panic!("{start}: started") };
        if fault.kind() == FaultKind::Unavailable {
            return eprintln!("not evaluated: {fault}");
        }
        assert_eq!(fault.kind(), kind, "{start}: {fault}");
        assert!(fault.to_string().contains(words), "{start}: {fault}");
        if start == "crash" {
            assert_eq!(fault.stderr(), "no module named pandas\n");
        }
    }
}

#[test]
fn an_operation_without_adapter_fails_the_start() {
    let setup = Setup { ops: vec!["echo".into(), "unknown".into()], ..setup("well") };
    match Process::start(setup) {
        Err(fault) if fault.kind() == FaultKind::Unavailable => eprintln!("not evaluated: {fault}"),
        Err(fault) => assert_eq!(fault.kind(), FaultKind::NoAdapter, "{fault}"),
        Ok(_) => panic!("started"),
    }
}

#[test]
fn an_interpreter_that_is_none_is_unavailable() {
    for python in ["/nowhere/python", "/etc/hostname"] {
        let Err(fault) = Process::start(Setup { python: python.into(), ..setup("well") }) else {
            panic!("started")
        };
        assert_eq!(fault.kind(), FaultKind::Unavailable, "{fault}");
    }
}
