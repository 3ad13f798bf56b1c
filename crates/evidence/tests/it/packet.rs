//! What belongs to a packet and what does not.

use evidence::case::CaseFile;
use evidence::packet::{Orphan, Packet, RowCases};

use super::seeds;

const PACKET: &str = seeds::PACKETS[0];

fn cases(packet: &str, ids: &[&str]) -> CaseFile {
    let case = |id: &&str| {
        format!(
            r#"{{"id":"{id}","op":"x","class":"happy","inputs":{{}},"params":{{}},"expect":{{"value":{{"kind":"text","value":""}}}},"source":{{"hand":"x"}}}}"#
        )
    };
    let cases: Vec<String> = ids.iter().map(case).collect();
    let text = format!(r#"{{"packet":"{packet}","cases":[{}]}}"#, cases.join(","));
    CaseFile::parse("cases.json", text.as_bytes()).unwrap()
}

fn orphans(files: &[(&str, CaseFile)]) -> Vec<Orphan> {
    let packet = Packet::parse("packet.yaml", PACKET.as_bytes()).unwrap();
    packet.orphans(&files.iter().map(|(name, file)| (name.to_string(), file.clone())).collect())
}

#[test]
fn a_packet_is_read_whole() {
    let packet = Packet::parse("packet.yaml", PACKET.as_bytes()).unwrap();
    assert_eq!((packet.id.as_str(), packet.contract.len(), packet.files.len()), ("FP-P2C-001", 2, 1));
    assert_eq!(packet.contract[1].cases, RowCases::Open);
}

#[test]
fn what_does_not_belong_is_named() {
    for (from, to, pointer) in [
        ("oracle: pandas\n", "", ""),
        ("sentinels", "sentinel", "/sentinel"),
        ("title: Series add", "title: ''", "/title"),
        ("cases: open", "cases: []", "/contract/1/cases"),
        ("cases: open", "cases: ['*']", "/contract/1/cases/0"),
        ("id: later", "id: align", "/contract/1"),
        ("[cases.json]", "[../cases.json]", "/files/0"),
        ("risks: ", "risks: []\nrisks: ", ""),
    ] {
        assert!(PACKET.contains(from), "{from}");
        let error = Packet::parse("packet.yaml", PACKET.replacen(from, to, 1).as_bytes()).unwrap_err();
        // What is missing is asked for before what is unknown is met; a doubled key is found by the YAML reader.
        assert!(error.pointer == pointer || pointer == "/sentinel" || to.contains("\nrisks"), "{error}");
    }
}

#[test]
fn cases_rows_and_files_fit_exactly() {
    assert_eq!(orphans(&[("cases.json", cases("FP-P2C-001", &["add-1", "join-1"]))]), []);
    assert_eq!(
        orphans(&[
            ("cases.json", cases("FP-P2C-001", &["add-1", "mul-1"])),
            ("b.json", cases("X", &["add-1"]))
        ]),
        [
            Orphan::UnlistedFile("b.json".into()),
            Orphan::ForeignFile { file: "b.json".into(), packet: "X".into() },
            Orphan::DoubledCase("add-1".into()),
            Orphan::CaseWithoutRow("mul-1".into()),
            Orphan::RowWithoutCase { row: "align".into(), pattern: "join-1".into() },
        ]
    );
    assert!(orphans(&[]).contains(&Orphan::MissingFile("cases.json".into())));
}
