//! What must hold for any bytes that the readers of evidence are given: no panic, and what is read is written as text
//! that reads back as the same. Shared by the fuzz targets and the tests of the crate `evidence`.

use evidence::case::CaseFile;
use evidence::json::{canonical, parse};
use evidence::packet::Packet;
use evidence::value::Value;

/// Any text; canonical text is a fixed point.
pub fn json(data: &[u8]) {
    if let Ok(json) = parse("fuzz", data) {
        let text = canonical(&json);
        if let Ok(again) = parse("fuzz", text.as_bytes()) {
            assert_eq!(canonical(&again), text);
        }
    }
}

/// A value.
pub fn value(data: &[u8]) {
    if let Ok(value) = Value::parse("fuzz", data) {
        let text = value.canonical();
        let again = Value::parse("fuzz", text.as_bytes());
        assert_eq!(again.as_ref(), Ok(&value), "{text}");
        assert_eq!(again.map(|value| value.canonical()), Ok(text));
    }
}

/// A file of cases.
pub fn case(data: &[u8]) {
    if let Ok(file) = CaseFile::parse("fuzz", data) {
        let text = file.to_text();
        if text.len() <= evidence::case::CASE_FILE_BYTES_MAX {
            assert_eq!(CaseFile::parse("fuzz", text.as_bytes()), Ok(file));
        }
    }
}

/// A packet.
pub fn packet(data: &[u8]) {
    if let Ok(packet) = Packet::parse("fuzz", data) {
        let _ = packet.orphans(&Default::default());
    }
}
