//! The worker's own text with adapters of a toy reference: whose exception it was, what counts as an answer, what
//! poison reaches. Needs plain Python alone.

use evidence::value::Value;
use oracle::{Answer, Ask, Oracle, Origin, Pins, Process, Program, Setup};

use crate::started;

fn process() -> Option<Process> {
    let program = Program::of(&[
        ("worker", include_str!("../../src/worker/worker.py")),
        ("toys", include_str!("toys.py")),
    ]);
    let setup =
        Setup { program, pins: Pins::default(), adapters: vec!["toys".into()], ..Setup::new("python3") };
    started(setup)
}

fn toy(op: &str) -> Ask {
    Ask::new(op).input("text", Value::Text("a".into()))
}

fn text(answer: &Answer) -> &str {
    match &answer.result {
        Ok(Value::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_the_reference_raised_is_the_references() {
    let Some(mut oracle) = process() else { return };
    assert_eq!(text(&oracle.ask(&toy("honest")).unwrap()), "A");
    for (op, origin, class, words) in [
        ("raises", Origin::Reference, "ValueError", "math domain error"),
        ("raises a key", Origin::Reference, "KeyError", "the key"),
        ("raises another class", Origin::Reference, "decimal.InvalidOperation", "InvalidOperation"),
        ("answers itself", Origin::Adapter, "lumen_oracle.worker.Adapter", "without calling the reference"),
        ("breaks", Origin::Adapter, "KeyError", "no such input"),
        ("no form", Origin::Unexpected, "TypeError", "no form for a int"),
        ("half a character", Origin::Unexpected, "UnicodeEncodeError", "surrogates not allowed"),
        ("unknown", Origin::Request, "lumen_oracle.worker.Request", "no adapter for the operation unknown"),
    ] {
        let failure = oracle.ask(&toy(op)).unwrap().result.expect_err(op);
        assert_eq!((failure.origin, &*failure.class), (origin, class), "{op}: {failure:?}");
        assert!(failure.message.contains(words), "{op}: {failure:?}");
    }
    let unreadable = Ask::new("honest").input("text", Value::Text("unreadable".into()));
    let failure = oracle.ask(&unreadable).unwrap().result.unwrap_err();
    assert_eq!(failure.origin, Origin::Request);
    assert!(failure.message.contains("an input is malformed: ValueError: cannot read this"), "{failure:?}");
    oracle.finish().unwrap();
}

#[test]
fn poison_reaches_the_honest_and_finds_the_others() {
    let Some(mut oracle) = process() else { return };
    let root = Ask::new("method").param("number", 4);
    assert_eq!(text(&oracle.ask(&root).unwrap()), "2");
    // A class of C keeps its methods: a subtype stands in for it.
    let covered = oracle.ask(&root.clone().poisoned("decimal.Decimal.sqrt")).unwrap();
    assert_eq!(covered.poisoned_by(), Some("decimal.Decimal.sqrt"));
    let poisoned = oracle.ask(&toy("raises").poisoned("math.sqrt")).unwrap();
    assert_eq!(poisoned.poisoned_by(), Some("math.sqrt"));
    let unmoved = oracle.ask(&toy("honest").poisoned("math.sqrt")).unwrap();
    assert_eq!((unmoved.poisoned_by(), text(&unmoved)), (None, "A"));
    let restored = oracle.ask(&toy("raises")).unwrap().result.unwrap_err();
    assert_eq!(restored.message, "math domain error");
    for path in ["math.no_such_function", "no_such_module.function", "math", ""] {
        let failure = oracle.ask(&toy("raises").poisoned(path)).unwrap().result.unwrap_err();
        assert_eq!(failure.origin, Origin::Request, "{path}: {failure:?}");
    }
}

#[test]
fn warnings_noise_and_long_texts_do_not_disturb_an_answer() {
    let Some(mut oracle) = process() else { return };
    let answer = oracle.ask(&toy("warns")).unwrap();
    assert_eq!(
        answer.warnings.iter().map(|w| (&*w.class, &*w.message)).collect::<Vec<_>>(),
        [("RuntimeWarning", "a")]
    );
    assert_eq!(text(&answer), "a");
    assert_eq!(text(&oracle.ask(&toy("loud")).unwrap()), "a");
    let long = "ä".repeat(100_000);
    let ask = Ask::new("long").input("text", Value::Text(long.clone())).param("times", 3);
    assert_eq!(text(&oracle.ask(&ask).unwrap()), long.repeat(3));
    // An answer beyond a frame is one that has no form, and leaves the worker in order.
    let failure = oracle.ask(&ask.clone().param("times", 400)).unwrap().result.unwrap_err();
    assert_eq!((failure.origin, &*failure.class), (Origin::Unexpected, "OverflowError"));
    assert_eq!(text(&oracle.ask(&toy("honest")).unwrap()), "A");
    oracle.finish().unwrap();
}

#[test]
fn every_question_starts_from_the_same_random_state() {
    let Some(mut oracle) = process() else { return };
    let answers = oracle.ask_all(&vec![toy("random"); 3]);
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
}
