use super::{parse, parse_yaml};

/// The error's text after the file's name.
#[track_caller]
fn refused(text: &str) -> String {
    parse("f.json", text.as_bytes()).unwrap_err().to_string().replacen("f.json", "", 1)
}

#[test]
fn a_doubled_key_is_refused_where_it_stands() {
    assert_eq!(refused(r#"{"a": {"b": 1, "b": 2}}"#), "#/a/b: expected each key once, found the key again");
    let yaml = parse_yaml("p.yaml", b"a:\n  b: 1\n  b: 2\n").unwrap_err();
    assert_eq!(yaml.to_string(), "p.yaml#/a/b: expected each key once, found the key again");
}

#[test]
fn depth_ends_at_64() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse("f.json", nested(64).as_bytes()).is_ok());
    let error = parse("f.json", nested(65).as_bytes()).unwrap_err();
    assert_eq!((error.pointer.len(), error.found.as_str()), (64 * 2, "a deeper array or object"));
}

#[test]
fn a_syntax_error_points_at_its_part() {
    let error = refused(r#"{"a": [1, 2x]}"#);
    assert!(error.starts_with("#/a"), "{error}");
    assert!(refused("{} {}").starts_with("#: expected JSON text, found trailing characters"));
    assert!(refused("").starts_with("#: expected "));
    assert!(parse("f.json", &[b'"', 0xff, b'"']).unwrap_err().expected == "UTF-8 text");
}

#[test]
fn minus_zero_is_a_text() {
    assert!(refused("[-0.0]").starts_with("#/0: expected negative zero as the text"));
    assert!(refused("[-0]").starts_with("#/0: expected negative zero as the text"));
}

#[test]
fn yaml_is_read_as_json() {
    let yaml = "a: [1, true, null, \"1.00\", open]\nb:\n  - {c: -3}\n  - 1.5\n";
    let json = r#"{"a": [1, true, null, "1.00", "open"], "b": [{"c": -3}, 1.5]}"#;
    assert_eq!(parse_yaml("p.yaml", yaml.as_bytes()), parse("p.yaml", json.as_bytes()));
    // YAML 1.2: words and padded numbers are no booleans and no octals.
    let words = parse_yaml("p.yaml", b"[no, yes, off, 007, 1_000, '1', ~, True]").unwrap();
    assert_eq!(words, serde_json::json!(["no", "yes", "off", "007", "1_000", "1", null, true]));
    for text in [
        "a: [1",
        "a: .nan",
        "a: 1e999",
        "a: -0.0",
        "a: &x 1\nb: *x",
        "a: &x {b: 1}\nc: {<<: *x}",
        "a: !odd 1",
    ] {
        assert!(parse_yaml("p.yaml", text.as_bytes()).is_err(), "{text}");
    }
}
