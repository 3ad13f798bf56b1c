//! What can be shown, each thing with a name: the same places are pages, JSON and screens.

use evidence::mismatch::{self, Mismatch};
use evidence::report::Check;
use evidence::snapshot::{PacketCard, SCHEMA, Snapshot, VERSION};
use serde_json::{Value as Json, json};

use crate::site::{case_path, mismatch_path, packet_path};
use crate::{case, overview, packet, record};

/// One thing of a snapshot that a reader can look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place<'s> {
    /// The run, its areas and packets.
    Overview,
    /// The ledger's last rows and its faults.
    Ledger,
    /// Stored artifacts and their repair symbols.
    Sidecars,
    /// One packet.
    Packet(&'s PacketCard),
    /// One case of a packet: its checks, one a mode.
    Case(&'s PacketCard, &'s [Check]),
    /// One failed check with both payloads.
    Mismatch(&'s PacketCard, &'s Mismatch),
}

/// How a place is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page for people.
    Page,
    /// The same facts as JSON with a `schema_version`.
    Json,
}

impl<'s> Place<'s> {
    /// The place that a URL's path means: `/conformance`, `/ledger`, `/sidecars`, `/packets/ID`,
    /// `/packets/ID/cases/CASE` and `/mismatches/KEY`, each below `/api/v1` as JSON, with ids percent-encoded or not.
    /// What the pages of [`site()`](crate::site()) link to means the same. None where the snapshot has no such thing;
    /// no file is ever named by a path.
    #[must_use]
    pub fn named(snapshot: &'s Snapshot, path: &str) -> Option<(Place<'s>, Form)> {
        let path = decoded(path)?;
        let (path, form) = match path.strip_prefix("/api/v1/") {
            Some(rest) => (rest, Form::Json),
            None => (path.strip_prefix('/')?, Form::Page),
        };
        let suffix = match form {
            Form::Page => ".html",
            Form::Json => ".json",
        };
        // An id may itself end like a file, so the whole name is tried first.
        let shorter = path.strip_suffix(suffix);
        let place = [Some(path), shorter].into_iter().flatten().find_map(|path| Place::at(snapshot, path))?;
        Some((place, form))
    }

    fn at(snapshot: &'s Snapshot, path: &str) -> Option<Place<'s>> {
        match path {
            "" | "conformance" => return Some(Place::Overview),
            "ledger" => return Some(Place::Ledger),
            "sidecars" => return Some(Place::Sidecars),
            _ => {}
        }
        let file = format!("{path}.html");
        if let Some(key) = path.strip_prefix("mismatches/") {
            return snapshot.packets.iter().find_map(|card| {
                let found = card.mismatches.iter().find(|one| {
                    mismatch::key(&card.packet, &one.case, one.mode) == key
                        || mismatch_path(&card.packet, &one.case, one.mode) == file
                })?;
                Some(Place::Mismatch(card, found))
            });
        }
        let rest = path.strip_prefix("packets/")?;
        snapshot.packets.iter().find_map(|card| {
            if rest == card.packet || packet_path(&card.packet) == file {
                return Some(Place::Packet(card));
            }
            let asked = rest.strip_prefix(&format!("{}/cases/", card.packet));
            cases(card).find_map(|checks| {
                let id = &checks.first()?.case;
                let found = asked == Some(id) || case_path(&card.packet, id) == file;
                found.then_some(Place::Case(card, checks))
            })
        })
    }

    /// Where the place's page stands in [`site()`](crate::site()).
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Place::Overview => "conformance.html".to_string(),
            Place::Ledger => "ledger.html".to_string(),
            Place::Sidecars => "sidecars.html".to_string(),
            Place::Packet(card) => packet_path(&card.packet),
            Place::Case(card, checks) => {
                case_path(&card.packet, checks.first().map_or("", |check| check.case.as_str()))
            }
            Place::Mismatch(card, one) => mismatch_path(&card.packet, &one.case, one.mode),
        }
    }

    /// The place as a complete page.
    #[must_use]
    pub fn page(&self, snapshot: &Snapshot) -> String {
        match self {
            Place::Overview => overview::page(snapshot),
            Place::Ledger => record::ledger(snapshot),
            Place::Sidecars => record::sidecars(snapshot),
            Place::Packet(card) => packet::page(snapshot, card),
            Place::Case(card, checks) => case::page(snapshot, card, checks),
            Place::Mismatch(card, mismatch) => case::mismatch(snapshot, card, mismatch),
        }
    }

    /// The place as JSON: the overview is the whole snapshot, any other place what belongs to it.
    #[must_use]
    pub fn json(&self, snapshot: &Snapshot) -> String {
        let json = match self {
            Place::Overview => evidence::typed::to_json(snapshot),
            Place::Ledger => part(snapshot, json!({"ledger": snapshot.ledger})),
            Place::Sidecars => part(snapshot, json!({"sidecars": snapshot.sidecars})),
            Place::Packet(card) => part(snapshot, json!({"packet": card})),
            Place::Case(card, checks) => part(snapshot, json!({"packet": card.packet, "checks": checks})),
            Place::Mismatch(_, mismatch) => part(snapshot, json!({"mismatch": mismatch})),
        };
        format!("{json:#}\n")
    }
}

/// A packet's checks, a slice a case.
pub(crate) fn cases(card: &PacketCard) -> impl Iterator<Item = &[Check]> {
    card.checks.chunk_by(|a, b| a.case == b.case)
}

fn part(snapshot: &Snapshot, what: Json) -> Json {
    json!({"schema": format!("{SCHEMA}.part"), "schema_version": VERSION, "run": snapshot.run.id, "part": what})
}

/// RFC 3986, section 2.1; none where a `%` stands before anything but two hex digits, or the bytes are no UTF-8.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}
