//! The loop: replies, cells, submits, limits, fallback. Expectations by hand from the table of limits.

use rlm::*;
use scenarios::{Asked, World, code, over, reply};
use serde_json::{Value, json};

fn integer() -> Value {
    json!({"type": "integer"})
}

fn run(
    answer: Value,
    limits: Limits,
    policy: impl Fn(&Asked<'_>) -> Result<Reply, AttemptError> + Send + Sync + 'static,
) -> (Finished, World) {
    let (mut task, inputs) = over("one\ntwo 2\nthree", answer);
    task.limits = limits;
    let mut world = World::new((task, inputs), vec![], move |asked, _| policy(asked));
    (world.run(), world)
}

fn kinds(world: &World, kind: Kind) -> usize {
    world.journal.iter().filter(|record| record.body.kind() == kind).count()
}

#[test]
fn a_submit_ends_the_run() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match asked.turn {
        0 => reply(
            "I look.\n```python\nx = find(context, \"two \")\nprint(x)\n```\nand\n```python\ny = int(x)\n```",
        ),
        _ => {
            assert!(asked.text.contains("stdout (2 bytes):\n2"), "{}", asked.text);
            assert!(asked.text.contains("y (int, ): 2"), "{}", asked.text);
            code("SUBMIT(answer=y)")
        }
    });
    assert_eq!(finished.closing.status, Status::Submitted);
    assert_eq!(finished.closing.outputs["answer"], json!(2));
    let listed = [
        (Kind::CallOpened, 1),
        (Kind::BudgetGranted, 1),
        (Kind::ModelIntent, 2),
        (Kind::ModelOutcome, 2),
        (Kind::CellIntent, 2),
        (Kind::CellOutcome, 2),
        (Kind::SubmitAttempted, 1),
        (Kind::BudgetSettled, 4),
        (Kind::CallClosed, 1),
    ];
    for (kind, count) in listed {
        assert_eq!(kinds(&world, kind), count, "{kind:?}");
    }
    assert_eq!(world.journal.len(), 16);
    // 10 tokens in for each of two turns, by the scripted usage; the first cell's 5 ms, the second's 2 at its SUBMIT.
    assert_eq!((finished.spent.input_tokens, finished.spent.calls), (20, 2));
    assert_eq!((finished.spent.active_ms, finished.spent.wall_ms), (7, 3 + 7 + 3 + 4));
}

#[test]
fn the_prompt_never_holds_the_context() {
    let context = format!("{}needle", "hay ".repeat(5_000));
    let (task, inputs) = over(&context, integer());
    let mut world = World::new((task, inputs), vec![], |asked, _| {
        assert!(!asked.text.contains("needle"));
        assert!(asked.text.contains("context (str, 20006 characters): hay hay"));
        assert!(asked.text.len() < 4_000);
        code("SUBMIT(answer=1)")
    });
    world.run();
}

#[test]
fn a_reply_without_code_is_reminded_and_five_end_the_turns() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match asked.model {
        "extract" => reply(r#"{"answer": 2}"#),
        _ => {
            assert_eq!(asked.text.contains("had no fenced block"), asked.turn > 0);
            reply("I would rather talk.")
        }
    });
    assert_eq!(finished.closing.status, Status::Extracted);
    assert_eq!(finished.closing.fallback, Some(Cause::InvalidTurns));
    assert_eq!(world.sent.len(), 5 + 1);
    assert_eq!(world.started, 0);
    // "two 2" stands in the variable.
    assert_eq!(finished.closing.confidence, Some(Confidence { found: 1, of: 1 }));
}

#[test]
fn a_cell_that_does_not_compile_has_no_effect() {
    let (finished, _) = run(integer(), Limits::default(), |asked| match asked.turn {
        0 => code("x = 1\ny = (((\nSUBMIT(answer=1)"),
        1 => {
            assert!(asked.text.contains("line 2, column 1"), "{}", asked.text);
            code("print(x)")
        }
        _ => {
            assert!(asked.text.contains("name 'x' is not defined"));
            code("SUBMIT(answer=3)")
        }
    });
    assert_eq!(finished.closing.outputs["answer"], json!(3));
}

#[test]
fn a_wrong_type_is_refused_and_the_right_one_taken() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match asked.turn {
        0 => code("SUBMIT(answer=\"seven\")"),
        _ => {
            assert!(
                asked.text.contains("SUBMIT was refused:\n- /answer: expected an integer"),
                "{}",
                asked.text
            );
            code("SUBMIT(answer=7)")
        }
    });
    assert_eq!(finished.closing.outputs["answer"], json!(7));
    assert_eq!(kinds(&world, Kind::SubmitAttempted), 2);
}

#[test]
fn three_refused_submits_in_a_row_end_the_turns() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match (asked.model, asked.turn) {
        ("extract", _) => reply(r#"{"answer": 9}"#),
        // A turn between them begins the row again.
        (_, 1) => code("print(1)"),
        _ => code("SUBMIT(answer=\"no\")"),
    });
    assert_eq!(finished.closing.fallback, Some(Cause::Rejections));
    assert_eq!(kinds(&world, Kind::SubmitAttempted), 4);
    // No 9 stands anywhere.
    assert_eq!(finished.closing.confidence, Some(Confidence { found: 0, of: 1 }));
}

#[test]
fn who_never_submits_is_asked_once_more_at_the_end() {
    let (finished, world) =
        run(integer(), Limits { turns: 4, ..Limits::default() }, |asked| match asked.model {
            "extract" => {
                assert!(asked.text.contains("\"turns\"") && asked.text.contains("Turn 4"));
                reply("The answer is {\"answer\": \"41\"}.")
            }
            _ => code("n = 41\nprint(n)"),
        });
    assert_eq!(finished.closing.fallback, Some(Cause::Turns));
    assert_eq!(finished.closing.outputs["answer"], json!(41));
    assert_eq!(finished.closing.confidence, Some(Confidence { found: 1, of: 1 }));
    let outcome = world.journal.iter().find_map(|record| match &record.body {
        Body::ModelOutcome { role: Role::Extract, repairs, .. } => Some(repairs.clone()),
        _ => None,
    });
    let from = "41".to_string();
    assert_eq!(outcome.unwrap(), [Repair::Prose, Repair::NumericString { pointer: "/answer".into(), from }]);
}

#[test]
fn an_extraction_that_does_not_fit_fails_the_run() {
    let (finished, _) = run(integer(), Limits { turns: 1, ..Limits::default() }, |asked| match asked.model {
        "extract" => reply("I do not know."),
        _ => code("print(1)"),
    });
    assert_eq!(finished.closing.status, Status::Failed);
    assert!(finished.closing.failure.unwrap().message.contains("does not fit"));
}

#[test]
fn an_accepted_submit_is_final_whatever_the_code_does() {
    let (finished, world) = run(integer(), Limits::default(), |_| {
        code("try: SUBMIT(answer=1)\nexcept BaseException: pass\nSUBMIT(answer=2)")
    });
    assert_eq!(finished.closing.outputs["answer"], json!(1));
    assert_eq!(world.killed.len(), 1);
}

#[test]
fn code_behind_a_swallowed_refusal_is_not_heard() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match asked.turn {
        0 => code(
            "try: SUBMIT(answer=\"x\")\nexcept BaseException: pass\ntry: llm_query(\"hello\")\nexcept BaseException: pass\n\
             try: SUBMIT(answer=5)\nexcept BaseException: pass",
        ),
        _ => {
            assert!(asked.text.contains("submit_swallowed"), "{}", asked.text);
            code("SUBMIT(answer=6)")
        }
    });
    assert_eq!(finished.closing.outputs["answer"], json!(6));
    let verdicts: Vec<ViolationKind> = world
        .journal
        .iter()
        .filter_map(|record| match &record.body {
            Body::SubmitAttempted { result: SubmitResult::ValidationError { errors, .. }, .. } => {
                Some(errors[0].kind)
            }
            _ => None,
        })
        .collect();
    assert_eq!(verdicts, [ViolationKind::TypeMismatch, ViolationKind::MultipleSubmits]);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn an_endless_cell_ends_by_its_timer_and_leaves_nothing() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match asked.turn {
        0 => code("kept = 1"),
        1 => code("lost = 2\nloop()"),
        2 => {
            assert!(
                asked.text.contains("The cell was stopped (the cell's wall time ran out)"),
                "{}",
                asked.text
            );
            code("print(kept)\nprint(lost)")
        }
        _ => {
            assert!(asked.text.contains("name 'lost' is not defined"), "{}", asked.text);
            code("SUBMIT(answer=kept)")
        }
    });
    assert_eq!(finished.closing.outputs["answer"], json!(1));
    // The second worker was built from the log.
    assert_eq!((world.started, world.killed.len()), (2, 2));
    // An unreported cell is booked at what was reserved: 30 s of computing.
    assert_eq!(finished.spent.active_ms, 5 + 30_000 + 5 + 2);
}

#[test]
fn a_worker_that_dies_is_built_again_twice() {
    let (finished, world) = run(integer(), Limits::default(), |asked| match (asked.model, asked.turn) {
        ("extract", _) => reply(r#"{"answer": 0}"#),
        ("sub", _) => reply("s"),
        (_, 0) => code("x = llm_query(\"once\")"),
        _ => code("die()"),
    });
    assert_eq!(finished.closing.fallback, Some(Cause::Worker));
    assert_eq!(world.started, 3);
    // The sub-model was asked once, though the cell ran three times.
    assert_eq!(world.sent.len(), 4 + 1 + 1);
}

#[test]
fn the_user_may_want_an_answer_now() {
    let (mut task, inputs) = over("c", integer());
    task.limits.turns = 3;
    let mut world = World::new((task, inputs), vec![], |asked, _| match asked.model {
        "extract" => reply(r#"{"answer": 5}"#),
        _ => code("print(1)"),
    });
    world.choose(0);
    world.happen(Event::WrapUp);
    let finished = world.run();
    assert_eq!((finished.closing.status, finished.closing.fallback), (Status::Extracted, Some(Cause::User)));
    assert_eq!(finished.closing.outputs["answer"], json!(5));
}

#[test]
fn limits_and_prices_are_checked_before_the_start() {
    let start = |change: &dyn Fn(&mut Task)| {
        let (mut task, _) = over("c", integer());
        change(&mut task);
        Machine::start(task, vec![]).map(|_| ()).unwrap_err()
    };
    assert!(matches!(start(&|task| task.limits.depth = 5), TaskError::Limit(_)));
    let money = |task: &mut Task| task.budget.nano_dollars = Some(1_000_000_000);
    assert!(matches!(start(&money), TaskError::Unpriced { model, .. } if model == "root"));
    assert!(matches!(start(&|task| task.budget.output_tokens = Some(1_999)), TaskError::Unaffordable(_)));
    assert!(matches!(start(&|task| task.inputs.clear()), TaskError::Inputs { .. }));
}
