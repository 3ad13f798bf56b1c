//! The signature that a struct says. Expectations by hand from the marks.

use derive::{Choice, Signature};
use rlm::typed::{Field, Typed};
use rlm::{Extra, Submission, SubmitResult};
use serde_json::{Value, json};

#[derive(Choice, Clone, Copy, Debug, PartialEq)]
enum Damage {
    None,
    Minor,
    #[choice(name = "written off")]
    Total,
    BladeOnly,
}

#[derive(Signature, Debug, PartialEq)]
#[signature(instructions = "Classify the strike.", extra = "drop")]
struct Strike {
    #[input(desc = "free text", max_length = 1000)]
    remarks: String,
    #[output(desc = "damage class")]
    damage: Damage,
    #[output(min = 0)]
    cost: Option<i64>,
    #[output(min = -0.5, max = 1, name = "share")]
    part: f64,
    #[output(min_items = 1, max_items = 3)]
    birds: Vec<String>,
    #[output(pattern = "^[A-Z]+$")]
    code: Option<String>,
    #[output(min = -5)]
    count: u32,
    #[output]
    sure: bool,
}

#[test]
fn the_marks_are_the_schema() {
    let signature = Strike::signature().unwrap();
    assert_eq!(signature.instructions(), "Classify the strike.");
    assert_eq!(signature.extra(), Extra::Drop);
    let expected = json!({
        "type": "object",
        "properties": {
            "damage": {"type": "string", "enum": ["none", "minor", "written off", "blade_only"], "description": "damage class"},
            "cost": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
            "share": {"type": "number", "minimum": -0.5, "maximum": 1},
            "birds": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
            "code": {"anyOf": [{"type": "string", "pattern": "^[A-Z]+$"}, {"type": "null"}]},
            // The type's own bound is the tighter one.
            "count": {"type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32},
            "sure": {"type": "boolean"},
        },
        "required": ["damage", "share", "birds", "count", "sure"],
        "additionalProperties": false,
    });
    assert_eq!(signature.outputs().to_json(), expected);
    let inputs = signature.inputs().to_json();
    assert_eq!(
        inputs["properties"]["remarks"],
        json!({"type": "string", "maxLength": 1000, "description": "free text"})
    );
}

#[test]
fn an_accepted_answer_is_the_struct() {
    let signature = Strike::signature().unwrap();
    let fields = json!({
        "damage": "written off", "share": 1, "birds": ["gull"], "count": 7.0, "sure": true, "cost": null, "more": 1,
    });
    let submission = Submission::of(fields.as_object().unwrap().clone());
    let SubmitResult::Success { outputs } = submission.judge(Some(&signature)) else { panic!("refused") };
    let inputs = json!({"remarks": "bang"});
    let strike = Strike::from_fields(inputs.as_object().unwrap(), &outputs).unwrap();
    let expected = Strike {
        remarks: "bang".into(),
        damage: Damage::Total,
        cost: None,
        part: 1.0,
        birds: vec!["gull".into()],
        code: None,
        count: 7,
        sure: true,
    };
    assert_eq!(strike, expected);
    assert!(Strike::from_fields(&outputs, &outputs).is_none());
}

#[test]
fn a_choice_survives_json() {
    for choice in [Damage::None, Damage::Minor, Damage::Total, Damage::BladeOnly] {
        assert_eq!(Damage::from_json(&choice.to_json()), Some(choice));
    }
    assert_eq!(Damage::BladeOnly.to_json(), json!("blade_only"));
    assert_eq!(Damage::from_json(&Value::from("None")), None);
    assert_eq!(Option::<Damage>::from_json(&Value::Null), Some(None));
}

#[derive(Signature)]
#[signature(instructions = "Nothing a cell can name.")]
struct Unnamable {
    #[input]
    r#while: String,
    #[output(pattern = "(")]
    text: String,
}

#[test]
fn what_only_registration_sees_is_an_error_of_it() {
    let pattern = Unnamable::signature().unwrap_err();
    assert_eq!(pattern[0].pointer, "/outputs/properties/text/pattern");
    let read = Unnamable::from_fields(
        json!({"while": "a"}).as_object().unwrap(),
        json!({"text": "b"}).as_object().unwrap(),
    );
    assert_eq!(read.map(|read| (read.r#while, read.text)), Some(("a".into(), "b".into())));
}
