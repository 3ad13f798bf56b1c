//! What cells ask: models, batches, children, tools; retries, budgets. Expectations by hand from the tables.

use rlm::*;
use scenarios::{Asked, World, code, over, reply};
use serde_json::{Value, json};

fn text() -> Value {
    json!({"type": "string"})
}

/// Runs one cell and submits what it left in `r`, as text.
fn cell(
    cell: &'static str,
    change: impl Fn(&mut Task),
    sub: impl Fn(&Asked<'_>, u32) -> Result<Reply, AttemptError> + Send + Sync + 'static,
) -> (Finished, World) {
    let (mut task, inputs) = over("alpha\nbeta\ngamma", text());
    change(&mut task);
    let mut world =
        World::new((task, inputs), vec![], move |asked, attempt| match (asked.model, asked.turn) {
            ("root", 0) => code(&format!("{cell}\nprint(r)")),
            ("root", _) => {
                let shown = asked.text.rsplit_once("print(r)\n```\n").unwrap().1;
                let shown = shown.split_once("bytes):\n").map_or(shown, |(_, shown)| shown);
                code(&format!("SUBMIT(answer={})", json!(shown.trim())))
            }
            _ => sub(asked, attempt),
        });
    world.tool = |name, with| match name {
        "double" => Ok(json!(with["n"].as_i64().unwrap() * 2)),
        _ => Ok(json!("no number")),
    };
    (world.run(), world)
}

fn answer(finished: &Finished) -> &str {
    finished.closing.outputs["answer"].as_str().unwrap()
}

fn failing(class: ProviderClass) -> Result<Reply, AttemptError> {
    Err(AttemptError { class, message: "no".into(), latency_ms: 1, retry_after_ms: Some(9) })
}

#[test]
fn a_query_returns_the_models_text_and_fences_its_context() {
    let (finished, world) = cell(
        "r = llm_query(\"Name it.\", context=context)",
        |_| {},
        |asked, _| {
            let (before, after) = asked.text.split_once("alpha\nbeta\ngamma").unwrap();
            let nonce = before.trim_end().rsplit(' ').next().unwrap();
            assert_eq!(nonce.len(), 16);
            assert!(after.contains(&format!("{nonce} data>>>")));
            reply("Greek")
        },
    );
    assert_eq!(answer(&finished), "Greek");
    let roles: Vec<Role> = world
        .journal
        .iter()
        .filter_map(|record| match &record.body {
            Body::ModelIntent { role, .. } => Some(*role),
            _ => None,
        })
        .collect();
    assert_eq!(roles, [Role::Root, Role::Sub, Role::Root]);
}

#[test]
fn a_batch_answers_in_the_order_of_its_prompts() {
    let batch = "r = llm_batch(prefixed(\"p\", lines(context)))";
    for reversed in [false, true] {
        let (task, inputs) = over("1\n2\n3", text());
        let mut world = World::new((task, inputs), vec![], move |asked, _| match (asked.model, asked.turn) {
            ("root", 0) => code(batch),
            ("root", _) => code("SUBMIT(answer=joined(r, \"-\"))"),
            _ => reply(asked.text.replace('p', "a")),
        });
        let finished = world.run_by(|choices| if reversed { choices.saturating_sub(2) } else { choices - 1 });
        assert_eq!(answer(&finished), "a1-a2-a3");
    }
}

#[test]
fn a_typed_answer_is_asked_for_twice_more() {
    let typed = "r = llm_query(\"How many?\", schema={\"type\": \"integer\"})";
    let (finished, world) = cell(
        typed,
        |_| {},
        |asked, _| match asked.answers {
            0 => reply("many"),
            1 => {
                assert!(asked.text.contains("many") && asked.text.contains("Answer again"));
                reply("[3]")
            }
            _ => reply("3"),
        },
    );
    assert_eq!(answer(&finished), "3");
    assert_eq!(world.sent.len(), 2 + 3);
    let (finished, world) = cell(typed, |_| {}, |_, _| reply("many"));
    assert!(answer(&finished).contains("does not fit"), "{}", answer(&finished));
    assert_eq!(world.sent.len(), 2 + 3);
}

#[test]
fn a_failing_item_raises_or_is_returned() {
    let sub = |asked: &Asked<'_>, _: u32| match asked.text.as_str() {
        "beta" => failing(ProviderClass::Refused),
        _ => reply("ok"),
    };
    let (finished, _) = cell("r = llm_batch(lines(context), errors=\"return\")", |_| {}, sub);
    assert_eq!(answer(&finished), r#"[{"ok":"ok"},{"err":"provider"},{"ok":"ok"}]"#);
    let (finished, _) = cell("r = llm_batch(lines(context))", |_| {}, sub);
    assert!(answer(&finished).contains("BatchError: no"), "{}", answer(&finished));
}

#[test]
fn what_may_pass_is_tried_five_times_under_one_key() {
    let query = "r = llm_query(\"x\")";
    let (finished, world) = cell(
        query,
        |_| {},
        |_, attempt| match attempt {
            4 => reply("late"),
            _ => failing(ProviderClass::Overloaded),
        },
    );
    assert_eq!(answer(&finished), "late");
    let attempts: Vec<u32> = world.sent[1..6].iter().map(|(_, attempt)| *attempt).collect();
    assert_eq!(attempts, [0, 1, 2, 3, 4]);
    assert!(world.sent[1..6].iter().all(|(id, _)| *id == world.sent[1].0));
    // An error status costs nothing: two turns and one answer.
    assert_eq!(finished.spent.calls, 3);
    let (finished, world) = cell(query, |_| {}, |_, _| failing(ProviderClass::Unavailable));
    assert!(answer(&finished).starts_with("Provider: no"), "{}", answer(&finished));
    assert_eq!(world.sent.len(), 2 + 5);
    let (_, world) = cell(query, |_| {}, |_, _| failing(ProviderClass::Auth));
    assert_eq!(world.sent.len(), 2 + 1);
    // A cut stream may have been charged: its worst case is booked.
    let (finished, _) = cell(
        query,
        |_| {},
        |_, attempt| match attempt {
            1 => reply("whole"),
            _ => failing(ProviderClass::CutStream),
        },
    );
    assert_eq!(finished.spent.calls, 4);
    // One byte of prompt and a frame of 16, beside 10 tokens reported for each of the three answers.
    assert_eq!(finished.spent.input_tokens, 1 + 16 + 30);
}

#[test]
fn depth_decides_what_code_may_call() {
    let llm = "r = llm_query(\"x\")";
    let rlm = "r = rlm_query(\"x\", context=\"y\")";
    let at = |depth: u32| move |task: &mut Task| task.limits.depth = depth;
    let (finished, _) = cell(llm, at(0), |_, _| reply("s"));
    assert!(answer(&finished).starts_with("Depth: DepthExceeded"), "{}", answer(&finished));
    let (finished, _) = cell(rlm, at(1), |_, _| reply("s"));
    assert!(answer(&finished).starts_with("Depth: DepthExceeded"), "{}", answer(&finished));
    let (finished, _) = cell(rlm, at(2), |asked, _| {
        assert!(asked.text.contains("context (str, 1 bytes): y"), "{}", asked.text);
        assert!(asked.text.contains("llm_query(") && !asked.text.contains("rlm_query("));
        code("SUBMIT(answer=\"from the child\")")
    });
    assert_eq!(answer(&finished), "from the child");
}

#[test]
fn children_have_turns_workers_and_answers_of_their_own() {
    let batch = "r = rlm_batch(prefixed(\"Count \", lines(context)), contexts=lines(context), schema={\"type\": \"integer\"})";
    let deep = |task: &mut Task| {
        task.limits.depth = 2;
        task.budget.output_tokens = Some(60_000);
    };
    let (finished, world) = cell(batch, deep, |asked, _| match (asked.model, asked.turn) {
        ("sub", 0) if asked.text.contains("Task: Count beta") => code("fail(\"first\")"),
        ("sub", _) => code("SUBMIT(answer=int(find(\"n 5\", \"n \")))"),
        _ => reply("never"),
    });
    assert_eq!(answer(&finished), "[5,5,5]");
    assert_eq!(world.started, 1 + 3);
    // Two root turns, three children's turns and one more for the child that raised.
    assert_eq!(finished.spent.calls, 2 + 3 + 1);
    // A child's time passes inside its caller's cell: 3 + 7 and 3 + 4 of the root.
    assert_eq!(finished.spent.wall_ms, 17);
}

#[test]
fn children_have_time_where_time_is_limited() {
    let batch = "r = rlm_batch(lines(context), contexts=lines(context))";
    let timed = |task: &mut Task| {
        task.limits.depth = 2;
        task.budget.wall_ms = Some(10_000);
        task.budget.active_ms = Some(1_000);
    };
    let (finished, world) = cell(batch, timed, |_, _| code("SUBMIT(answer=\"x\")"));
    assert_eq!(answer(&finished), r#"["x","x","x"]"#);
    let grants: Vec<Budget> = world
        .journal
        .iter()
        .filter_map(|record| match &record.body {
            Body::BudgetGranted { grant, .. } => Some(*grant),
            _ => None,
        })
        .collect();
    // Of 10,000 ms the first turn took 3 and a quarter is kept for a turn and for an extraction each: what is left is
    // the cell's, and each child's. Of 1,000 ms of computing the cell has half, and three children a third of the rest.
    assert_eq!((grants[1].wall_ms, grants[1].active_ms), (Some(10_000 - 3 - 5_000), Some(500 / 3)));
}

#[test]
fn a_call_has_as_many_children_as_it_may() {
    let batch = "r = rlm_batch(lines(context), contexts=lines(context))";
    let narrow = |task: &mut Task| {
        task.limits.depth = 2;
        task.limits.fan_out = 2;
    };
    let (finished, world) = cell(batch, narrow, |_, _| code("SUBMIT(answer=\"x\")"));
    assert!(answer(&finished).starts_with("FanOut: a call starts at most 2"), "{}", answer(&finished));
    assert_eq!(world.started, 1);
}

#[test]
fn a_child_without_an_answer_is_an_error_in_its_callers_cell() {
    let child = "r = rlm_query(\"x\", context=\"y\")";
    let deep = |task: &mut Task| {
        task.limits.depth = 2;
        task.limits.turns = 2;
    };
    let (finished, _) = cell(child, deep, |_, _| reply("I only talk."));
    assert!(
        answer(&finished).starts_with("Provider: the extracted answer does not fit"),
        "{}",
        answer(&finished)
    );
}

#[test]
fn tools_are_granted_by_name_and_typed_both_ways() {
    let grant = |task: &mut Task| {
        let schema = |value: Value| Schema::register(&value).unwrap();
        let arguments =
            schema(json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}));
        let result = schema(json!({"type": "integer"}));
        task.tools = ["double", "broken"]
            .map(|name| ToolGrant {
                name: name.into(),
                description: "Doubles.".into(),
                arguments: arguments.clone(),
                result: result.clone(),
            })
            .to_vec();
    };
    let none = |_: &Asked<'_>, _: u32| reply("never");
    assert_eq!(answer(&cell("r = tool(\"double\", n=21)", grant, none).0), "42");
    for (call, expected) in [
        ("r = tool(\"double\", n=\"x\")", "InvalidArguments: the arguments of `double` do not fit"),
        ("r = tool(\"other\", n=1)", "InvalidArguments: no tool `other` is granted"),
        ("r = tool(\"broken\", n=1)", "Provider: the result of `broken` does not fit"),
        (
            "r = llm_query(\"x\", model=\"gpt\")",
            "InvalidArguments: no model `gpt` is granted; there are: sub",
        ),
        (
            "r = llm_query(\"x\", schema={\"type\": \"date\"})",
            "InvalidArguments: the schema cannot be registered",
        ),
    ] {
        let (finished, _) = cell(call, grant, none);
        assert!(answer(&finished).starts_with(expected), "{}", answer(&finished));
    }
}

#[test]
fn a_search_returns_places() {
    // "beta" begins behind "alpha\n": bytes 6 to 10, the second line.
    let (finished, _) = cell("r = search(\"beta\")", |_| {}, |_, _| reply(""));
    assert_eq!(answer(&finished), "[[6,10,2,\"beta\"]]");
}

#[test]
fn budget_says_what_is_left_for_code() {
    let limited = |task: &mut Task| task.budget.output_tokens = Some(10_000);
    let (finished, _) = cell("r = budget()", limited, |_, _| reply(""));
    let left: Value = serde_json::from_str(answer(&finished)).unwrap();
    // One turn settled at 7 tokens by the scripted usage; 1,000 each are kept for a turn and an extraction.
    let turn = "```python\nr = budget()\nprint(r)\n```".len() / 4;
    assert_eq!(left["output_tokens"], json!(10_000 - 2_000 - turn));
    assert_eq!((&left["calls"], &left["nano_dollars"]), (&json!(1_000 - 2 - 1), &Value::Null));
}

#[test]
fn calls_wait_for_a_place_in_flight_and_for_others_to_settle() {
    let batch = "r = llm_batch(lines(context))";
    let few = |task: &mut Task| task.limits.in_flight = 2;
    let (finished, world) = cell(batch, few, |asked, _| reply(asked.text.to_uppercase()));
    assert_eq!(answer(&finished), r#"["ALPHA","BETA","GAMMA"]"#);
    assert_eq!(world.most_flying, 2);
    // 2,000 are kept, the first turn settles below 50, so one call of 1,000 fits at a time and none is refused.
    let tight = |task: &mut Task| task.budget.output_tokens = Some(2_000 + 50 + 1_010);
    let (finished, world) = cell(batch, tight, |asked, _| reply(asked.text.to_uppercase()));
    assert_eq!(answer(&finished), r#"["ALPHA","BETA","GAMMA"]"#);
    assert_eq!(world.most_flying, 1);
}

#[test]
fn what_cannot_fit_is_refused_and_an_answer_stays_affordable() {
    let poor = |task: &mut Task| task.budget.output_tokens = Some(2_500);
    let (finished, world) = cell("r = llm_query(\"x\")", poor, |_, _| reply("s"));
    assert!(answer(&finished).starts_with("Budget: 1000 output tokens are needed"), "{}", answer(&finished));
    assert_eq!(world.sent.len(), 2);
    // Where turns run out of calls, the extraction still has one.
    let (mut task, inputs) = over("c 4", json!({"type": "integer"}));
    task.limits.calls = 3;
    let mut world = World::new((task, inputs), vec![], |asked, _| match asked.model {
        "extract" => reply(r#"{"answer": 4}"#),
        _ => code("print(1)"),
    });
    let finished = world.run();
    assert_eq!((finished.closing.status, finished.closing.fallback), (Status::Extracted, Some(Cause::Calls)));
    assert_eq!(finished.spent.calls, 3);
}

#[test]
fn a_provider_that_overruns_its_reservation_stops_the_run() {
    let (task, inputs) = over("c", text());
    let budget = task.whole_budget();
    let mut world = World::new((task, inputs), vec![], |_, _| {
        let usage = Some(Usage { input_tokens: 1, output_tokens: 1_001 });
        Ok(Reply { text: "x".into(), usage, latency_ms: 1, cut: false })
    });
    let finished = world.run();
    assert_eq!(finished.closing.status, Status::Failed);
    assert!(finished.closing.failure.unwrap().message.starts_with("provider_contract"));
    assert_eq!(finished.spent.output_tokens, 1_001);
    assert_eq!(world.sent.len(), 1);
    assert_eq!(budget.exceeded(&finished.spent), None);
}

#[test]
fn a_late_answer_is_no_breach_of_contract() {
    let (mut task, inputs) = over("c", text());
    task.limits.turn_wall_ms = 100;
    let mut world = World::new((task, inputs), vec![], |_, _| {
        code("SUBMIT(answer=\"late\")").map(|reply| Reply { latency_ms: 104, ..reply })
    });
    let finished = world.run();
    assert_eq!(answer(&finished), "late");
    // 100 of the turn, 4 of the cell until its SUBMIT.
    assert_eq!(finished.spent.wall_ms, 104);
}

#[test]
fn money_is_bounded_by_the_priced_worst_case() {
    // A microdollar a token written: 1,000,000 nano-dollars for the 1,000 that a request may write.
    let price = Price { input_nano_dollars: 0, output_nano_dollars: 1_000 };
    let models = ["root", "sub", "extract"].map(|name| (name.to_string(), price)).into_iter().collect();
    let priced = |money: u64| {
        let prices = PriceTable { dated: "2026-11-01".into(), source: "the test".into(), models };
        move |task: &mut Task| {
            task.prices = prices.clone();
            task.budget.nano_dollars = Some(money);
        }
    };
    let (finished, _) = cell("r = llm_query(\"x\")", priced(2_900_000), |_, _| reply("s"));
    assert!(
        answer(&finished).starts_with("Budget: 1000000 nano-dollars are needed"),
        "{}",
        answer(&finished)
    );
    assert_eq!(finished.spent.nano_dollars, finished.spent.output_tokens * 1_000);
}

#[test]
fn cancelling_ends_everything_at_once() {
    let (mut task, inputs) = over("1\n2\n3", text());
    task.limits.depth = 2;
    let mut world =
        World::new((task, inputs), vec![], |asked, _| match (asked.model, asked.text.contains("Task: c")) {
            ("root", _) => code("r = rlm_batch(prefixed(\"c\", lines(context)), contexts=lines(context))"),
            ("sub", true) => code("r = llm_query(\"deep\")"),
            _ => reply("never"),
        });
    while world.flying.len() < 3 || world.started < 4 || world.choices() > 3 {
        // Oldest first, but the log is fast.
        world.choose(if world.choices() > world.pending.len() { world.pending.len() } else { 0 });
    }
    world.happen(Event::Cancelled { message: "enough".into() });
    // What was on its way still arrives and changes nothing.
    let finished = world.run();
    assert_eq!(finished.closing.failure.as_ref().unwrap().kind, ErrorKind::Cancelled);
    assert!(world.flying.is_empty() && world.killed.len() == 4);
    // One root turn and three children's are paid by report, three deep calls at their worst case.
    assert_eq!(finished.spent.calls, 1 + 3 + 3);
    assert_eq!(world.journal.iter().filter(|record| record.body.kind() == Kind::CallClosed).count(), 4);
    let (_, reserved) = world.machine.taken();
    assert!(reserved.is_zero());
}

#[test]
fn a_log_that_cannot_be_written_stops_the_run() {
    let (task, inputs) = over("c", text());
    let mut world = World::new((task, inputs), vec![], |_, _| reply("x"));
    world.choose(0);
    world.happen(Event::AppendFailed { message: "disk full".into() });
    let finished = world.finished.clone().unwrap();
    assert!(finished.closing.failure.unwrap().message.contains("disk full"));
}
