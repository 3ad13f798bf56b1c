//! Every page of a snapshot, by path.

use std::collections::BTreeMap;

use evidence::report::Mode;
use evidence::snapshot::Snapshot;

use crate::place::{self, Place};

/// All files of a static site: `conformance.html` is where a reader starts, `api/v1/conformance.json` is the whole
/// snapshot. Links are relative, so the folder can stand anywhere.
pub fn site(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut page = |place: Place<'_>| files.insert(place.path(), place.page(snapshot));
    page(Place::Overview);
    page(Place::Ledger);
    page(Place::Sidecars);
    for card in &snapshot.packets {
        page(Place::Packet(card));
        for checks in place::cases(card) {
            page(Place::Case(card, checks));
        }
        for mismatch in &card.mismatches {
            page(Place::Mismatch(card, mismatch));
        }
    }
    files.insert("api/v1/conformance.json".to_string(), Place::Overview.json(snapshot));
    files
}

/// Where a packet's page stands.
pub fn packet_path(packet: &str) -> String {
    format!("packets/{}.html", segment(packet))
}

/// Where a case's page stands.
pub fn case_path(packet: &str, case: &str) -> String {
    format!("packets/{}/cases/{}.html", segment(packet), segment(case))
}

/// Where the page of a failed check with both payloads stands.
pub fn mismatch_path(packet: &str, case: &str, mode: Mode) -> String {
    format!("mismatches/{}/{}/{}.html", segment(packet), segment(case), mode.name())
}

/// An id as one part of a path and of a URL: letters, digits, `-` and `.` stay, all else becomes `_` and its code, and
/// so does a dot in front, so that no id leads out of the folder and no two ids meet.
fn segment(id: &str) -> String {
    let mut out = String::new();
    for (at, c) in id.char_indices() {
        match c {
            '.' if at == 0 => out.push_str("_2e"),
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') => out.push(c),
            c => out.push_str(&format!("_{:02x}_", u32::from(c))),
        }
    }
    out
}
