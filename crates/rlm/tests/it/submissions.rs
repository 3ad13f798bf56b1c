//! Typed submits. Expectations by hand from the rules: booleans are no integers, integers have 64 bits, floats are
//! finite, objects are closed.

use rlm::{Extra, Signature, Submission, SubmitResult, ViolationKind};
use serde_json::{Value, json};

fn signature(field: Value) -> Signature {
    let outputs = json!({"type": "object", "properties": {"x": field}, "required": ["x"]});
    Signature::of_outputs("Answer.", &outputs).unwrap()
}

fn judged(field: Value, x: Value) -> Result<Value, (String, ViolationKind)> {
    let submission = Submission::of(json!({"x": x}).as_object().unwrap().clone());
    match submission.judge(Some(&signature(field))) {
        SubmitResult::Success { outputs } => Ok(outputs["x"].clone()),
        SubmitResult::ValidationError { errors, .. } => Err((errors[0].pointer.clone(), errors[0].kind)),
        SubmitResult::NotSubmitted { reason } => panic!("{reason}"),
    }
}

fn wrong(kind: ViolationKind) -> Result<Value, (String, ViolationKind)> {
    Err(("/x".into(), kind))
}

#[test]
fn integers_have_sixty_four_bits_and_are_no_booleans() {
    use ViolationKind::{OutOfRange, TypeMismatch};
    let integer = || json!({"type": "integer"});
    assert_eq!(judged(integer(), json!(i64::MIN)), Ok(json!(i64::MIN)));
    assert_eq!(judged(integer(), json!(i64::MAX)), Ok(json!(i64::MAX)));
    assert_eq!(judged(integer(), json!(9_223_372_036_854_775_808_u64)), wrong(OutOfRange));
    assert_eq!(judged(integer(), json!(-9.3e18)), wrong(OutOfRange));
    assert_eq!(judged(integer(), json!(1e300)), wrong(OutOfRange));
    assert_eq!(judged(integer(), json!(true)), wrong(TypeMismatch));
    assert_eq!(judged(integer(), json!("1")), wrong(TypeMismatch));
    assert_eq!(judged(integer(), json!(1.5)), wrong(TypeMismatch));
    assert_eq!(judged(integer(), json!(null)), wrong(TypeMismatch));
    // JSON Schema 2020-12 calls a float without fraction an integer; the accepted value is one.
    assert_eq!(judged(integer(), json!(2.0)).unwrap().to_string(), "2");
    assert_eq!(judged(json!({"type": "boolean"}), json!(1)), wrong(TypeMismatch));
}

#[test]
fn bounds_compare_exactly() {
    use ViolationKind::OutOfRange;
    // 2^53 and 2^53 + 1 are the same float.
    let most = || json!({"type": "integer", "maximum": 9_007_199_254_740_992_i64});
    assert!(judged(most(), json!(9_007_199_254_740_992_i64)).is_ok());
    assert_eq!(judged(most(), json!(9_007_199_254_740_993_i64)), wrong(OutOfRange));
    assert_eq!(judged(json!({"type": "number", "minimum": 1}), json!(0.999)), wrong(OutOfRange));
    assert_eq!(judged(json!({"type": "integer", "maximum": 1.5}), json!(2)), wrong(OutOfRange));
    assert!(judged(json!({"type": "number", "maximum": i64::MAX}), json!(-1e300)).is_ok());
    assert_eq!(judged(json!({"type": "number", "maximum": i64::MAX}), json!(1e300)), wrong(OutOfRange));
}

#[test]
fn a_float_that_is_not_finite_is_named() {
    let submission = Submission {
        fields: json!({"x": null}).as_object().unwrap().clone(),
        not_finite: vec![("/x".into(), "nan".into())],
    };
    for field in [json!({"type": "number"}), json!({"anyOf": [{"type": "number"}, {"type": "null"}]})] {
        let SubmitResult::ValidationError { errors, original_outputs } =
            submission.judge(Some(&signature(field)))
        else {
            panic!("accepted")
        };
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].kind, ViolationKind::NotFinite);
        assert_eq!(errors[0].to_string(), "/x: expected a finite number, got nan: nan");
        assert_eq!(original_outputs, submission.fields);
    }
}

#[test]
fn texts_lists_and_choices() {
    use ViolationKind::{EnumInvalid, OutOfRange, TypeMismatch, ValidationFailed};
    let choice = || json!({"type": "string", "enum": ["none", "minor"]});
    assert!(judged(choice(), json!("minor")).is_ok());
    assert_eq!(judged(choice(), json!("Minor")), wrong(EnumInvalid));
    assert_eq!(judged(json!({"const": 1}), json!(2)), wrong(EnumInvalid));
    assert!(judged(json!({"const": 1}), json!(1.0)).is_ok());
    assert_eq!(judged(json!({"type": "string", "pattern": "^a+$"}), json!("ab")), wrong(ValidationFailed));
    // Lengths count characters: an emoji is one.
    assert!(judged(json!({"type": "string", "maxLength": 1}), json!("\u{1f600}")).is_ok());
    assert_eq!(judged(json!({"type": "string", "minLength": 1}), json!("")), wrong(OutOfRange));
    let list = || json!({"type": "array", "items": {"type": "integer"}, "maxItems": 2});
    assert!(judged(list(), json!([1, 2])).is_ok());
    assert_eq!(judged(list(), json!([1, 2, 3])), wrong(OutOfRange));
    assert_eq!(judged(list(), json!([1, "2"])), Err(("/x/1".into(), TypeMismatch)));
    assert_eq!(judged(list(), json!({"0": 1})), wrong(TypeMismatch));
    let optional = || json!({"anyOf": [{"type": "integer"}, {"type": "null"}]});
    assert_eq!(judged(optional(), json!(null)), Ok(json!(null)));
    assert_eq!(judged(optional(), json!("a")), wrong(TypeMismatch));
}

#[test]
fn absent_and_unknown_fields() {
    let outputs = json!({"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]});
    let none = json!({"type": "object", "properties": {}});
    let submission = Submission::of(json!({"y": 1}).as_object().unwrap().clone());
    let strict = Signature::new("", &none, &outputs, Extra::Refuse).unwrap();
    let SubmitResult::ValidationError { errors, .. } = submission.judge(Some(&strict)) else { panic!() };
    let found: Vec<_> = errors.iter().map(|each| (each.pointer.as_str(), each.kind)).collect();
    assert_eq!(found, [("/x", ViolationKind::MissingField), ("/y", ViolationKind::UnknownField)]);
    let lax = Signature::new("", &none, &outputs, Extra::Drop).unwrap();
    let both = Submission::of(json!({"y": 1, "x": 2}).as_object().unwrap().clone());
    let expected = SubmitResult::Success { outputs: json!({"x": 2}).as_object().unwrap().clone() };
    assert_eq!(both.judge(Some(&lax)), expected);
}

#[test]
fn without_a_signature_and_twice() {
    let submission = Submission::of(json!({"x": 1}).as_object().unwrap().clone());
    let kind = |result| match result {
        SubmitResult::ValidationError { errors, .. } => errors[0].kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(submission.judge(None)), ViolationKind::NoSignature);
    assert_eq!(kind(submission.repeated()), ViolationKind::MultipleSubmits);
}

#[test]
fn what_is_too_large_is_refused_and_previews_are_short() {
    let long = "ä".repeat(9 << 20);
    assert_eq!(judged(json!({"type": "string"}), long.into()).unwrap_err().1, ViolationKind::TooLarge);
    let submission = Submission::of(json!({"x": "ä".repeat(500)}).as_object().unwrap().clone());
    let SubmitResult::ValidationError { errors, .. } =
        submission.judge(Some(&signature(json!({"type": "integer"}))))
    else {
        panic!()
    };
    assert_eq!(errors[0].preview.chars().count(), 100);
}

#[test]
fn the_status_is_spelled_as_the_protocol_spells_it() {
    let submission = Submission::of(json!({"x": true}).as_object().unwrap().clone());
    let text = serde_json::to_value(submission.judge(Some(&signature(json!({"type": "integer"}))))).unwrap();
    assert_eq!(
        text,
        json!({
            "status": "validation_error",
            "errors": [{"pointer": "/x", "kind": "type_mismatch", "expected": "an integer", "got": "a boolean", "preview": "true"}],
            "original_outputs": {"x": true},
        })
    );
}
