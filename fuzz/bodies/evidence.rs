//! What must hold for any bytes that the readers of evidence are given: no panic, and what is read is written as text
//! that reads back as the same. Shared by the fuzz targets and the tests of the crate `evidence`.

use evidence::case::CaseFile;
use evidence::gate::Gate;
use evidence::hardened::Allowlist;
use evidence::json::{canonical, parse};
use evidence::ledger::Ledger;
use evidence::lock::Lock;
use evidence::log;
use evidence::packet::Packet;
use evidence::threats::Matrix;
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

/// A gate.
pub fn gate(data: &[u8]) {
    let _ = Gate::parse(data);
}

/// A ledger: a row that is read is written as the same line, and a chain without a fault has the head it says.
pub fn ledger(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (ledger, faults) = Ledger::parse(text);
    for row in ledger.rows() {
        let line = evidence::typed::canonical(row) + "\n";
        assert_eq!(Ledger::parse(&line).0.rows(), std::slice::from_ref(row));
    }
    let head = ledger.head();
    if faults.is_empty() && ledger.inspect(None).is_empty() {
        assert!(ledger.inspect(head.as_ref()).is_empty());
    }
}

/// The files of which there is one a tree or a run: the lock, the allowlist, the threat matrix, a log.
pub fn files(data: &[u8]) {
    let _ = Lock::parse(data);
    let _ = Allowlist::parse("fuzz", data);
    let _ = Matrix::parse("fuzz", data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(rows) = log::parse(text)
    {
        let lines: String = rows.iter().map(|row| row.line()).collect();
        assert_eq!(log::parse(&lines).as_ref(), Ok(&rows));
    }
}
