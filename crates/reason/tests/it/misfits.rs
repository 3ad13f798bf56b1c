//! What has no plan, by kind of error. Expected kinds are by hand.

use plan::{Malformation, PageView, View, ViewError};
use reason::{ErrorKind, lower};

use crate::naive::{intent, state};

fn refused(schema: &str, body: &str) -> (ErrorKind, Option<Malformation>) {
    let error = lower(&intent(schema, body), &state()).expect_err(body);
    assert!(!error.to_string().is_empty());
    (error.kind(), error.malformed().map(|why| why.code))
}

fn set(field: &str) -> String {
    format!(r#"{{"page": 7, "fields": [{field}]}}"#)
}

#[test]
fn unknown_schemas_and_versions_have_no_pattern() {
    assert_eq!(refused("become-rich", "{}").0, ErrorKind::UnknownSchema);
    let mut newer = intent("no-op", "{}");
    newer.schema_version = 2;
    assert_eq!(lower(&newer, &state()).unwrap_err().kind(), ErrorKind::UnknownSchema);
}

#[test]
fn bodies_say_what_their_schema_asks_for_and_nothing_else() {
    for (schema, body) in [
        ("set", "{}"),
        ("set", "[]"),
        ("set", r#"{"page": 7, "fields": []}"#),
        ("set", r#"{"page": 7, "page": 8, "fields": [{"offset": 0, "type": "u8", "value": 1}]}"#),
        ("set", r#"{"page": -1, "fields": [{"offset": 0, "type": "u8", "value": 1}]}"#),
        ("set", r#"{"page": 7.0, "fields": [{"offset": 0, "type": "u8", "value": 1}]}"#),
        ("set", &set(r#"{"offset": 0, "type": "u8", "value": 1, "valve": 2}"#)),
        ("set", &set(r#"{"offset": 0, "type": "u7", "value": 1}"#)),
        ("set", &set(r#"{"offset": 4294967296, "type": "u8", "value": 1}"#)),
        ("set", &set(r#"{"offset": 0, "type": "u8", "value": 1.0}"#)),
        ("set", &set(r#"{"offset": 0, "type": "u8", "value": "1"}"#)),
        ("set", &set(r#"{"offset": 0, "type": "u64le", "value": 18446744073709551616}"#)),
        ("set", &set(r#"{"offset": 0, "type": "f64le", "value": 9007199254740993}"#)),
        ("set", &set(r#"{"offset": 0, "type": "f64le", "value": {"bits": "7ff8"}}"#)),
        ("set", &set(r#"{"offset": 0, "type": "bytes:1", "value": "0"}"#)),
        ("set", &set(r#"{"offset": 0, "type": "bytes:1", "value": "+1"}"#)),
        ("set", &set(r#"{"offset": 0, "type": "text:1", "value": null}"#)),
        ("add", r#"{"page": 7, "offset": 0, "type": "f64le", "amount": 1}"#),
        ("add", r#"{"page": 7, "offset": 0, "type": "u8", "amount": 1.5}"#),
        ("move", r#"{"type": "i64le", "legs": [{"page": 7, "offset": 0, "amount": 1}]}"#),
        ("move", r#"{"type": "text:8", "legs": []}"#),
        (
            "ring-append",
            r#"{"page": 7, "counter": {"offset": 0, "type": "u8"}, "first": 8, "slots": 0, "type": "u8", "value": 1}"#,
        ),
        (
            "ring-append",
            r#"{"page": 7, "counter": {"offset": 0, "type": "i8"}, "first": 8, "slots": 1, "type": "u8", "value": 1}"#,
        ),
        (
            "ring-append",
            r#"{"page": 7, "counter": {"offset": 8, "type": "u8"}, "first": 8, "slots": 1, "type": "u8", "value": 1}"#,
        ),
        ("create-if-absent", r#"{"name": "c", "size_bytes": 1, "metadata": "0g"}"#),
        ("no-op", r#"{"page": 7}"#),
    ] {
        assert_eq!(refused(schema, body), (ErrorKind::BadBody, None), "{body}");
    }
}

#[test]
fn values_fit_their_fields_and_fields_their_pages() {
    use Malformation::*;
    for (code, schema, body) in [
        (PayloadMismatch, "set", set(r#"{"offset": 0, "type": "u8", "value": 256}"#)),
        (PayloadMismatch, "set", set(r#"{"offset": 0, "type": "u8", "value": -1}"#)),
        (PayloadMismatch, "set", set(r#"{"offset": 0, "type": "text:2", "value": "abc"}"#)),
        (PayloadMismatch, "set", set(r#"{"offset": 0, "type": "bytes:2", "value": "00"}"#)),
        (OutOfPage, "set", set(r#"{"offset": 64, "type": "u8", "value": 1}"#)),
        (OutOfPage, "set", set(r#"{"offset": 57, "type": "u64le", "value": 1}"#)),
        (OutOfPage, "set", set(r#"{"offset": 4294967295, "type": "u64le", "value": 1}"#)),
        (OutOfPage, "add", r#"{"page": 7, "offset": 64, "type": "u8", "amount": 0}"#.to_owned()),
        (
            OutOfPage,
            "ring-append",
            r#"{"page": 7, "counter": {"offset": 0, "type": "u8"}, "first": 1,
            "slots": 64, "type": "u8", "value": 1}"#
                .to_owned(),
        ),
        (
            OutOfPage,
            "ring-append",
            r#"{"page": 7, "counter": {"offset": 0, "type": "u8"}, "first": 4294967295,
            "slots": 4294967295, "type": "bytes:1048576", "value": ""}"#
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(schema, &body), (ErrorKind::Misfit, Some(code)), "{body}");
    }
    let overlap =
        set(r#"{"offset": 0, "type": "u16le", "value": 1}, {"offset": 1, "type": "u8", "value": 1}"#);
    assert_eq!(refused("set", &overlap), (ErrorKind::Malformed, Some(Overlap)));
    let twice = r#"{"type": "i64le", "legs": [{"page": 7, "offset": 0, "amount": 1},
        {"page": "a", "offset": 0, "amount": -1}]}"#;
    assert_eq!(refused("move", twice), (ErrorKind::Malformed, Some(Order)));
    let beyond = r#"{"name": "c", "size_bytes": 1, "fields": [{"offset": 1, "type": "u8", "value": 1}]}"#;
    assert_eq!(refused("create-if-absent", beyond), (ErrorKind::Malformed, Some(OutOfPage)));
    assert_eq!(refused("set", "{"), (ErrorKind::Malformed, Some(BadJson)));
}

#[test]
fn pages_must_exist() {
    for body in [
        r#"{"page": 6, "offset": 0, "type": "u8", "amount": 1}"#,
        r#"{"page": "nobody", "offset": 0, "type": "u8", "amount": 1}"#,
    ] {
        assert_eq!(refused("add", body).0, ErrorKind::UnknownPage);
    }
}

#[test]
fn a_state_that_cannot_be_read_is_an_error_and_not_an_empty_one() {
    struct Gone;
    impl View for Gone {
        fn seq(&self) -> u64 {
            0
        }
        fn page(&self, _: u64) -> Result<Option<PageView<'_>>, ViewError> {
            Err(ViewError::new("too old"))
        }
        fn page_named(&self, _: &str) -> Result<Option<u64>, ViewError> {
            Err(ViewError::new("too old"))
        }
        fn pages_within(&self, _: u64, _: u64) -> Result<Vec<u64>, ViewError> {
            Err(ViewError::new("too old"))
        }
        fn pages_with_metadata(&self, _: &[u8]) -> Result<Vec<u64>, ViewError> {
            Err(ViewError::new("too old"))
        }
    }
    for body in [r#"{"page": 7}"#, r#"{"page": "a"}"#] {
        let error = lower(&intent("delete", body), &Gone).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::View);
        assert!(error.to_string().contains("too old"), "{error}");
    }
}
