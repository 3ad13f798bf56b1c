//! Typed values out of replies. Expectations by hand from the list of repairs.

use rlm::{Reading, Repair, ReplyError, Schema, reply};
use serde_json::{Value, json};

fn schema() -> Schema {
    Schema::register(&json!({
        "type": "object",
        "properties": {"damage": {"enum": ["none", "minor"]}, "cost": {"type": "integer"}},
        "required": ["damage"],
    }))
    .unwrap()
}

fn hardened(text: &str) -> (Value, Vec<Repair>) {
    let typed = reply::parse(text, &schema(), Reading::Hardened).unwrap();
    (typed.value, typed.repairs)
}

#[test]
fn strict_takes_one_value_and_nothing_else() {
    let value = json!({"damage": "none"});
    for text in [
        r#"{"damage": "none"}"#,
        " {\"damage\":\"none\"}\n",
        "```json\n{\"damage\": \"none\"}\n```",
        "```\n{\"damage\":\"none\"}```",
    ] {
        let typed = reply::parse(text, &schema(), Reading::Strict).unwrap();
        assert_eq!((typed.value, typed.repairs), (value.clone(), vec![]), "{text}");
    }
    for text in [
        r#"Here: {"damage": "none"}"#,
        r#"{"damage": "none",}"#,
        r#"{"damage": "None"}"#,
        r#"{"damage": "none", "cost": "1"}"#,
        r#"{"damage": "none"} {"damage": "none"}"#,
        "```python\n{\"damage\": \"none\"}\n```",
        "",
        "{\"damage\": NaN}",
    ] {
        assert!(reply::parse(text, &schema(), Reading::Strict).is_err(), "{text}");
    }
}

#[test]
fn hardened_mends_and_says_so() {
    assert_eq!(hardened(r#"{"damage": "none"}"#), (json!({"damage": "none"}), vec![]));
    let prose = "I looked at it.\n```json\n{\"damage\": \"minor\"}\n```\nDone {that is}.";
    assert_eq!(hardened(prose), (json!({"damage": "minor"}), vec![Repair::Prose]));
    assert_eq!(
        hardened("{\"damage\": \"none\" , }"),
        (json!({"damage": "none"}), vec![Repair::TrailingCommas])
    );
    assert_eq!(
        hardened(r#"So: {"damage": "NONE", "cost": "12",}"#),
        (
            json!({"damage": "none", "cost": 12}),
            vec![
                Repair::Prose,
                Repair::TrailingCommas,
                Repair::EnumCase { pointer: "/damage".into(), from: "NONE".into() },
                Repair::NumericString { pointer: "/cost".into(), from: "12".into() },
            ]
        )
    );
    // A comma and a bracket inside a text are the text's own.
    let text = Schema::register(&json!({"type": "array", "items": {"type": "string"}})).unwrap();
    let typed = reply::parse(r#"["a,]", ]"#, &text, Reading::Hardened).unwrap();
    assert_eq!(typed.value, json!(["a,]"]));
}

#[test]
fn what_could_be_either_is_neither() {
    let two = r#"Either {"damage": "none"} or {"damage": "minor"}."#;
    assert_eq!(reply::parse(two, &schema(), Reading::Hardened), Err(ReplyError::Ambiguous(2)));
    let same = r#"{"damage": "none"}, I repeat: {"damage": "none"}"#;
    assert_eq!(hardened(same).0, json!({"damage": "none"}));
    let cases = Schema::register(&json!({"enum": ["ok", "OK"]})).unwrap();
    assert!(reply::parse(r#""Ok""#, &cases, Reading::Hardened).is_err());
}

#[test]
fn scalars_are_found_in_prose() {
    let integer = Schema::register(&json!({"type": "integer"})).unwrap();
    let read = |text: &str| reply::parse(text, &integer, Reading::Hardened).map(|typed| typed.value);
    assert_eq!(read("The answer is 42."), Ok(json!(42)));
    assert_eq!(read("It is -7, surely"), Ok(json!(-7)));
    assert_eq!(read("abc12 has no number of its own, 5 is one"), Ok(json!(5)));
    assert!(matches!(read("3 or 4"), Err(ReplyError::Ambiguous(2))));
    assert!(matches!(read("none"), Err(ReplyError::NotJson(_))));
    // A numeric text is a number of JSON or nothing: no underscores, no signs of money, no infinities.
    for text in ["\"1_000\"", "\"$5\"", "\"inf\"", "\"\"", "\"1.5\""] {
        assert!(read(text).is_err(), "{text}");
    }
    let flag = Schema::register(&json!({"type": "boolean"})).unwrap();
    assert_eq!(reply::parse("That is true.", &flag, Reading::Hardened).unwrap().value, json!(true));
}

#[test]
fn odd_input_is_an_error_and_never_a_panic() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ",",
        ":",
        "1",
        "-",
        ".",
        "e",
        "ä",
        "\u{1f600}",
        "`",
        "```",
        "\n",
        "null",
        "damage",
    ];
    let mut random = scenarios::Random(7);
    for _ in 0..20_000 {
        let length = random.below(12);
        let text: String = (0..length).map(|_| *random.pick(&pieces)).collect();
        for reading in [Reading::Strict, Reading::Hardened] {
            let _ = reply::parse(&text, &schema(), reading);
        }
    }
}
