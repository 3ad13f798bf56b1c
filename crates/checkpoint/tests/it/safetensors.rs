//! Safetensors, against a file of its own library (`data/README.md`) and its specification.

use checkpoint::{ErrorKind, safetensors};
use tensor::Tensor;

pub const STATE: &[u8] = include_bytes!("data/state.safetensors");

#[test]
fn what_the_library_wrote_is_written_again_byte_for_byte() {
    let read = safetensors::read(STATE).unwrap();
    assert_eq!(read.metadata, [("made".to_string(), "by \"hand\"".to_string())]);
    let again = safetensors::write(&read.tensors, &read.metadata).unwrap();
    assert!(again == STATE, "{} and {} bytes", again.len(), STATE.len());
    let view = &read.tensors.iter().find(|(name, _)| name == "view").unwrap().1;
    assert_eq!(view.to_vec::<f32>().unwrap(), [1.0, 5.0, 9.0, 2.0, 6.0, 10.0, 3.0, 7.0, 11.0]);
}

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

#[track_caller]
fn refused(bytes: &[u8], kind: ErrorKind, text: &str) {
    let error = safetensors::read(bytes).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(text), "{error}");
}

#[test]
fn headers_that_break_the_specification_are_refused() {
    use ErrorKind::{NotImplemented, Runtime};
    let one = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    assert_eq!(safetensors::read(&file(one, &[0; 4])).unwrap().tensors.len(), 1);
    refused(b"\x01\0\0", Runtime, "header too small");
    refused(&u64::MAX.to_le_bytes(), Runtime, "header too large");
    refused(&100_000_001u64.to_le_bytes(), Runtime, "header too large");
    refused(&[9, 0, 0, 0, 0, 0, 0, 0, b'{', b'}'], Runtime, "invalid header length");
    refused(&file(" {}", b""), Runtime, "begins with no {");
    refused(&file("{", b""), Runtime, "invalid JSON");
    refused(&file("{\"\u{0}", b""), Runtime, "invalid JSON");
    refused(&file(one, &[0; 3]), Runtime, "ends at byte 4");
    refused(&file(one, &[0; 5]), Runtime, "not fully covered: 4 of 5");
    let twice = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    refused(&file(twice, &[0; 8]), Runtime, "stands twice");
    let described = |entry: &str| file(&format!("{{\"a\":{entry}}}"), &[0; 8]);
    let overlap = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#;
    refused(&file(overlap, &[0; 8]), Runtime, "invalid offset for tensor `b`");
    refused(&described(r#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#), Runtime, "invalid offset");
    refused(
        &described(r#"{"dtype":"F32","shape":[1],"data_offsets":[0,8]}"#),
        Runtime,
        "does not fill 8 bytes",
    );
    refused(&described(r#"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#), Runtime, "invalid offset");
    refused(&described(r#"{"dtype":"F33","shape":[2],"data_offsets":[0,8]}"#), Runtime, "no dtype");
    refused(
        &described(r#"{"dtype":"F16","shape":[4],"data_offsets":[0,8]}"#),
        NotImplemented,
        "F16 is not built",
    );
    refused(&described(r#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#), Runtime, "invalid JSON");
    refused(&described(r#"{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}"#), Runtime, "invalid JSON");
    let wide = r#"{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,8]}"#;
    refused(&described(wide), Runtime, "does not fill");
    refused(&file(r#"{"b":{"c":"d"}}"#, b""), Runtime, "not described as a tensor");
}

#[test]
fn what_the_format_cannot_say_is_refused() {
    let a = Tensor::from_vec(vec![1.0f32, 2.0], &[2]).unwrap();
    let shared = [("a".to_string(), a.clone()), ("b".to_string(), a.view(&[1, 2]).unwrap())];
    let error = safetensors::write(&shared, &[]).unwrap_err();
    assert!(
        error.message().starts_with("Some tensors share memory") && error.message().contains("{'a', 'b'}"),
        "{error}"
    );
    let error = safetensors::write(&[("__metadata__".to_string(), a)], &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
}
