use super::*;
use serde_json::json;

#[test]
fn a_shape_names_every_field_and_what_stands_in_it() {
    let gate = shape::<Gate>();
    let at = |pointer: &str| gate.pointer(pointer).cloned().unwrap_or_default();
    // By hand, from the struct.
    assert_eq!(at("/additionalProperties"), json!(false));
    assert_eq!(at("/properties/cases_min"), json!({"type": "integer", "minimum": 0}));
    assert_eq!(at("/properties/lanes"), json!({"type": "array", "items": {"enum": ["recorded", "live"]}}));
    assert_eq!(at("/properties/hardened/properties/allowed_max_percent"), json!({"type": "string"}));
    assert_eq!(at("/properties/release_blocking"), json!({"type": "boolean"}));
}

#[test]
fn every_field_of_every_format_is_seen() {
    for (name, (_, schema)) in schemas() {
        let text = schema.to_string();
        assert!(!text.contains("null,") && !text.contains(":null"), "{name}: {text}");
        assert!(schema["properties"].as_object().is_some_and(|fields| fields.len() > 1), "{name}: {text}");
    }
}

#[test]
fn a_schema_that_changes_under_its_version_is_another_entry() {
    let mut lock = Lock { schemas: entries(), ..Lock::default() };
    assert_eq!(lock.schema_differences(&entries()), []);
    let report = lock.schemas.get_mut("report").expect("a format");
    report.digest = "0".repeat(64);
    assert_eq!(lock.schema_differences(&entries()).len(), 1);
    lock.schemas.remove("gate");
    assert_eq!(lock.schema_differences(&entries()).len(), 2);
}
