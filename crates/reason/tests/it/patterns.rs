//! What each pattern does to a state. Expected states are by hand.

use plan::{PageView, Read, View};
use proptest::prelude::*;

use crate::naive::{State, carry_out, i64_at, lowered, state};

fn done(schema: &str, body: &str, before: &State) -> State {
    let plan = lowered(schema, body, before).unwrap_or_else(|| panic!("{schema} {body} changes something"));
    carry_out(&plan, before).unwrap_or_else(|| panic!("{schema} {body} is not refused"))
}

#[test]
fn set_writes_every_kind_of_value() {
    let body = r#"{"page": "a", "why": ["any", {"thing": 1e400}], "fields": [
        {"offset": 0, "type": "u16be", "value": 258},
        {"offset": 2, "type": "i8", "value": -1},
        {"offset": 8, "type": "f64le", "value": -0.5},
        {"offset": 16, "type": "f64be", "value": {"bits": "7ff8000000000001"}},
        {"offset": 24, "type": "text:6", "value": "h\u00e9"},
        {"offset": 30, "type": "bytes:2", "value": "00ff"},
        {"offset": 32, "type": "u64le", "value": 18446744073709551615}]}"#;
    let after = done("set", body, &state());
    let bytes = &after[&7].bytes;
    assert_eq!(bytes[..3], [1, 2, 0xff]);
    assert_eq!(bytes[8..16], [0, 0, 0, 0, 0, 0, 0xe0, 0xbf], "IEEE 754: -2^-1");
    assert_eq!(bytes[16..24], [0x7f, 0xf8, 0, 0, 0, 0, 0, 1]);
    assert_eq!(bytes[24..32], *b"h\xc3\xa9\0\0\0\x00\xff");
    assert_eq!(bytes[32..41], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]);
    assert_eq!(lowered("set", body, &after), None, "nothing would change");
}

#[test]
fn a_blind_set_is_not_refused_when_somebody_wrote_first() {
    let plan =
        lowered("set", r#"{"page": 7, "fields": [{"offset": 0, "type": "u8", "value": 5}]}"#, &state());
    let plan = plan.unwrap();
    assert_eq!((plan.reads.len(), &plan.guard), (0, &None));
    let other = done("set", r#"{"page": 7, "fields": [{"offset": 0, "type": "u8", "value": 6}]}"#, &state());
    assert_eq!(carry_out(&plan, &other).unwrap()[&7].bytes[0], 5);
}

#[test]
fn adds_of_one_state_all_count_and_overflow_refuses() {
    let add = |amount: i64| format!(r#"{{"page": 7, "offset": 8, "type": "i64le", "amount": {amount}}}"#);
    let before = state();
    let plans = [5, -7, i64::MAX].map(|amount| lowered("add", &add(amount), &before).unwrap());
    let after = plans.iter().fold(before.clone(), |state, plan| carry_out(plan, &state).unwrap());
    assert_eq!(i64_at(&after, 7, 8), i64::MAX - 2);
    assert_eq!(carry_out(&plans[0], &after), None, "overflow");
    assert_eq!(lowered("add", &add(0), &before), None);
}

#[test]
fn compare_and_set_leaves_the_decision_to_the_guard() {
    let swap = |from, to| {
        format!(r#"{{"page": "b", "offset": 0, "type": "u32be", "expected": {from}, "value": {to}}}"#)
    };
    let before = state();
    let after = done("compare-and-set", &swap(0, 9), &before);
    assert_eq!(after[&8].bytes[..4], [0, 0, 0, 9]);
    let stale = lowered("compare-and-set", &swap(0, 5), &after).expect("a plan to be refused on record");
    assert_eq!(carry_out(&stale, &after), None);
    assert_eq!(lowered("compare-and-set", &swap(9, 9), &after), None);
    assert!(lowered("compare-and-set", &swap(8, 8), &after).is_some(), "it is not 8");
}

#[test]
fn a_ring_keeps_the_last_values_and_one_of_two_writers_is_refused() {
    let append = |value: i32| {
        format!(
            r#"{{"page": 9, "counter": {{"offset": 0, "type": "u64le"}}, "first": 8, "slots": 3, "type": "i32le",
                "value": {value}}}"#
        )
    };
    let mut now = state();
    for value in 1..=5 {
        now = done("ring-append", &append(value), &now);
    }
    assert_eq!(now[&9].bytes[..20], [5, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0]);
    let [one, other] = [6, 7].map(|value| lowered("ring-append", &append(value), &now).unwrap());
    assert_eq!(one.reads, [Read::of_range(9, 0, &[5, 0, 0, 0, 0, 0, 0, 0])], "the read set is recorded");
    let after = carry_out(&one, &now).unwrap();
    assert_eq!(carry_out(&other, &after), None, "made from a counter that moved");
}

#[test]
fn a_move_takes_no_leg_below_its_floor() {
    let funded = done("add", r#"{"page": 7, "offset": 0, "type": "i64le", "amount": 10}"#, &state());
    let legs = |give: i64, floor: &str| {
        format!(
            r#"{{"type": "i64le", {floor} "legs": [{{"page": "a", "offset": 0, "amount": -{give}}},
                {{"page": 8, "offset": 8, "amount": {}}}, {{"page": 9, "offset": 0, "amount": 1}}]}}"#,
            give - 1
        )
    };
    let after = done("move", &legs(10, ""), &funded);
    assert_eq!((i64_at(&after, 7, 0), i64_at(&after, 8, 8), i64_at(&after, 9, 0)), (0, 9, 1));
    let refused = |body: &str| carry_out(&lowered("move", body, &funded).unwrap(), &funded).is_none();
    assert!(refused(&legs(11, "")));
    assert!(refused(&legs(10, r#""floor": 1,"#)));
    assert!(!refused(&legs(11, r#""floor": -1,"#)));
    let nothing = r#"{"type": "i64le", "legs": [{"page": 7, "offset": 0, "amount": 0}]}"#;
    assert_eq!(lowered("move", nothing, &funded), None);
}

#[test]
fn a_page_is_created_once_and_deleted_once() {
    let create = r#"{"name": "c", "size_bytes": 16, "metadata": "6c", "fields":
        [{"offset": 8, "type": "i64be", "value": -2}]}"#;
    let before = state();
    let plan = lowered("create-if-absent", create, &before).unwrap();
    assert_eq!(plan.query.names, ["c"]);
    let after = carry_out(&plan, &before).unwrap();
    let id = after.page_named("c").unwrap().unwrap();
    assert_eq!(after[&id].bytes[8..], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]);
    assert_eq!(*after[&id].metadata, *b"l");
    assert_eq!(carry_out(&plan, &after), None, "somebody was first");
    assert_eq!(lowered("create-if-absent", create, &after), None);

    let gone = done("delete", r#"{"page": "c"}"#, &after);
    assert_eq!(gone, before);
    assert_eq!(lowered("delete", r#"{"page": "c"}"#, &gone), None);
    assert_eq!(lowered("delete", r#"{"page": 77}"#, &gone), None);
    let guarded =
        |version| lowered("delete", &format!(r#"{{"page": 8, "version": {version}}}"#), &before).unwrap();
    assert_eq!(carry_out(&guarded(1), &before), None);
    assert!(carry_out(&guarded(2), &before).is_some());
}

#[test]
fn no_op_has_no_plan() {
    assert_eq!(lowered("no-op", r#"{"why": "looked, and it is fine"}"#, &state()), None);
    assert_eq!(lowered("no-op", "{}", &State::new()), None);
}

proptest! {
    #[test]
    fn moves_keep_the_sum_whatever_they_are(
        funds in prop::collection::vec(-100..1000i64, 3),
        moves in prop::collection::vec((0..3u64, 1..3u64, -50..600i64, -100..100i64), 0..30),
    ) {
        let mut now = state();
        for (page, amount) in (7..).zip(&funds) {
            let page: &mut PageView<'_> = now.get_mut(&page).unwrap();
            page.bytes.to_mut()[..8].copy_from_slice(&amount.to_le_bytes());
        }
        let stale = now.clone();
        let sum = |state: &State| (7..10).map(|page| i64_at(state, page, 0)).sum::<i64>();
        for (from, distance, amount, floor) in moves {
            let (from, to) = (7 + from, 7 + (from + distance) % 3);
            let body = format!(
                r#"{{"type": "i64le", "floor": {floor}, "legs": [{{"page": {from}, "offset": 0, "amount": {}}},
                    {{"page": {to}, "offset": 0, "amount": {amount}}}]}}"#,
                -amount
            );
            // Made from the first state, carried out on the newest.
            if let Some(plan) = lowered("move", &body, &stale)
                && let Some(after) = carry_out(&plan, &now)
            {
                let giver = if amount > 0 { from } else { to };
                prop_assert!(i64_at(&after, giver, 0) >= floor);
                now = after;
            }
        }
        prop_assert_eq!(sum(&now), funds.iter().sum::<i64>());
    }
}
