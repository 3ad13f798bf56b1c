//! What is refused at registration, with the place. Source: the subset as the crate's documentation states it.

use rlm::{Extra, Schema, Signature, ViolationKind};
use serde_json::{Value, json};

fn refused(schema: Value) -> Vec<String> {
    Schema::register(&schema).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn keywords_outside_the_subset_are_refused_where_they_stand() {
    let schema = json!({"type": "object", "properties": {"a/b": {"type": "string", "format": "date"}}});
    assert_eq!(refused(schema), ["/properties/a~1b/format: the keyword `format` is not in the subset"]);
    for keyword in ["oneOf", "allOf", "not", "if", "title", "default", "uniqueItems", "multipleOf", "$schema"]
    {
        assert_eq!(refused(json!({"type": "integer", keyword: true})).len(), 1, "{keyword}");
    }
}

#[test]
fn a_keyword_of_another_type_is_refused() {
    assert_eq!(
        refused(json!({"type": "integer", "minLength": 2})),
        ["/minLength: `minLength` says nothing about this type"]
    );
    assert_eq!(refused(json!({"type": "array", "items": {"type": "string"}, "enum": [[]]})).len(), 2);
}

#[test]
fn contradictions_are_refused() {
    for schema in [
        json!({"type": "integer", "minimum": 2, "maximum": 1}),
        json!({"type": "string", "minLength": 2, "maxLength": 1}),
        json!({"type": "object", "properties": {}, "required": ["a"]}),
        json!({"type": "string", "enum": [1]}),
        json!({"enum": []}),
        json!({"enum": [1, 1.0]}),
        json!({"enum": [1], "const": 1}),
        json!({"type": "integer", "minimum": "0"}),
        json!({"type": ["integer", "null"]}),
        json!({"type": "null"}),
        json!({"type": "decimal"}),
        json!({"type": "array"}),
        json!({}),
        json!(true),
        json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        json!({"anyOf": [{"type": "null"}, {"type": "null"}]}),
    ] {
        assert_eq!(refused(schema.clone()).len(), 1, "{schema}: {:?}", refused(schema.clone()));
    }
}

#[test]
fn references_are_local_known_and_lead_on() {
    assert_eq!(refused(json!({"$ref": "#/$defs/a"})), ["/$ref: `$defs` has no `a`"]);
    assert_eq!(refused(json!({"$ref": "https://example.com"})).len(), 1);
    let circle =
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
    assert_eq!(refused(circle).len(), 2);
    let tree = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {
        "type": "object",
        "properties": {"left": {"$ref": "#/$defs/tree"}, "n": {"type": "integer"}},
        "required": ["n"],
    }}});
    let tree = Schema::register(&tree).unwrap();
    assert!(tree.validate(&json!({"n": 1, "left": {"n": 2}}), Extra::Refuse).is_ok());
    let wrong = tree.validate(&json!({"n": 1, "left": {"n": "2"}}), Extra::Refuse).unwrap_err();
    assert_eq!((wrong[0].pointer.as_str(), wrong[0].kind), ("/left/n", ViolationKind::TypeMismatch));
}

#[test]
fn nesting_ends_at_32() {
    let nested = |levels: usize| {
        (1..levels).fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}))
    };
    assert!(Schema::register(&nested(32)).is_ok());
    assert!(refused(nested(33))[0].ends_with("nested more than 32 deep"));
    let tree =
        json!({"$ref": "#/$defs/t", "$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}});
    let tree = Schema::register(&tree).unwrap();
    let deep = (0..40).fold(json!([]), |inner, _| json!([inner]));
    assert_eq!(tree.validate(&deep, Extra::Refuse).unwrap_err()[0].kind, ViolationKind::TooLarge);
}

#[test]
fn patterns_that_two_languages_read_differently_are_refused() {
    for pattern in ["(?i)a", "[a&&b]", "[[a]", r"\A", "(?=a)", r"a\z", "("] {
        assert_eq!(refused(json!({"type": "string", "pattern": pattern})).len(), 1, "{pattern}");
    }
    // ECMA-262: \d is ASCII only, so the Arabic-Indic digit three is none.
    let digit = Schema::register(&json!({"type": "string", "pattern": r"^\d$"})).unwrap();
    assert!(digit.validate(&json!("3"), Extra::Refuse).is_ok());
    assert!(digit.validate(&json!("\u{663}"), Extra::Refuse).is_err());
}

#[test]
fn a_signature_names_fields_that_python_can_name() {
    let outputs = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    assert!(Signature::of_outputs("", &outputs("answer")).is_ok());
    for name in ["class", "2nd", "a-b", "", "SUBMIT", "llm_query"] {
        assert_eq!(Signature::of_outputs("", &outputs(name)).unwrap_err().len(), 1, "{name}");
    }
    assert!(Signature::of_outputs("", &json!({"type": "object", "properties": {}})).is_err());
    assert!(Signature::of_outputs("", &json!({"type": "string"})).is_err());
    let both = Signature::new("", &outputs("x"), &outputs("x"), Extra::Refuse).unwrap_err();
    assert_eq!(both[0].to_string(), "/outputs/properties/x: an input has this name too");
    let open =
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true});
    assert!(Signature::of_outputs("", &open).is_err());
    let malformed =
        Signature::of_outputs("", &json!({"type": "object", "properties": {"a": {"type": "date"}}}));
    assert_eq!(malformed.unwrap_err()[0].pointer, "/outputs/properties/a/type");
}
