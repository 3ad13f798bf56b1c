//! The model that is kept: its card, its answers, and a training whose bits do not depend on threads.

use std::num::NonZeroUsize;

use offline::{ANSWERED, CARD, Lessons, Reader, Recipe, Task, WEIGHTS, digest, read, train};

/// A recipe that a test has time for.
const SMALL: Recipe = Recipe { state: 7, steps: 3, lessons: 2, bytes: 96, rate: 3e-3 };

#[test]
fn a_training_has_the_same_bits_for_any_number_of_threads() {
    let trained = |count: usize| {
        let setting = threads::Setting::new(NonZeroUsize::new(count).expect("a number"));
        threads::with(setting, || {
            digest(&train(&SMALL, SMALL.steps, &mut |_| ()).expect("trained")).expect("a digest")
        })
    };
    let one = trained(1);
    assert!([2, 4].into_iter().all(|count| trained(count) == one));
    let other = Recipe { state: 8, ..SMALL };
    assert_ne!(digest(&train(&other, 3, &mut |_| ()).expect("trained")).expect("a digest"), one);
}

#[test]
fn the_card_says_which_tasks_are_answered() {
    for task in Task::ALL {
        let row = CARD.lines().find(|line| line.starts_with(&format!("| {} |", task.name()))).expect("a row");
        assert_eq!(row.ends_with("| yes |"), ANSWERED.contains(&task), "{row}");
    }
    assert!(CARD.contains(&blake3::hash(WEIGHTS).to_hex().to_string()));
}

#[test]
fn a_bird_that_no_list_has_is_quoted() {
    let reader = Reader::new(WEIGHTS).expect("the weights are read");
    let text =
        "At dusk. wing damage: small crack; wing bird: zorblax. tail bird: crow; tail damage: torn skin.";
    assert_eq!(reader.quote(text, "wing bird").expect("a quote"), "zorblax");
    assert_eq!(reader.quote(text, "tail bird").expect("a quote"), "crow");
    assert!(reader.quote("", "wing bird").is_err());
    assert!(reader.quote(&"x".repeat(600), "wing bird").is_err());
}

#[test]
fn damaged_weights_are_refused() {
    assert!(read(WEIGHTS).is_ok());
    for (what, bytes) in
        [("cut", &WEIGHTS[..1000]), ("empty", &[]), ("no file of weights", b"not this".as_slice())]
    {
        assert!(read(bytes).is_err(), "{what}");
    }
}

#[test]
fn what_is_held_out_is_never_learnt_from() {
    let known = |is_held_out: bool| {
        let lessons = Lessons::new(3, is_held_out).take(400);
        lessons.map(|lesson| lesson.text).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(known(true).is_disjoint(&known(false)));
}
