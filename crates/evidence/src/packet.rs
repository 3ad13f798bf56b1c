//! A packet: cases under a stated scope and contract, `packet.yaml`.

use crate::case::{CaseFile, Pattern, read_name};
use crate::fields::Fields;
use crate::json::{Json, parse_yaml};
use crate::place::{Malformed, Place};
use std::collections::{BTreeMap, BTreeSet};

/// A packet, as `packet.yaml` says it. Every key is there; lists may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// Its id, `packet` in the file: `FP-P2C-001`.
    pub id: String,
    /// What it is about, in a line.
    pub title: String,
    /// The suite it counts in.
    pub suite: String,
    /// What its cases cover. A scope never changes under its id.
    pub scope: String,
    /// What they leave out.
    pub not_in_scope: Vec<String>,
    /// Who answers: a reference's name, `naive` or `spec`.
    pub oracle: String,
    /// Where the reference says or does it.
    pub anchors: Vec<Anchor>,
    /// What is promised.
    pub contract: Vec<ContractRow>,
    /// The files of cases beside it, by name.
    pub files: Vec<String>,
    /// The API names and parameters covered.
    pub api: Vec<String>,
    /// The benchmarks that watch its speed.
    pub sentinels: Vec<String>,
    /// What could still be wrong.
    pub risks: Vec<String>,
}

/// Where the reference says or does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What is said something about.
    pub subject: String,
    /// The page, section or function.
    pub source: String,
    /// What it says or does.
    pub behaviour: String,
}

/// One promise.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractRow {
    /// Its id, unique in the packet.
    pub id: String,
    /// The situation.
    pub given: String,
    /// What comes of it.
    pub then: String,
    /// What strict mode does.
    pub strict: String,
    /// What hardened mode does.
    pub hardened: String,
    /// Where the promise ends.
    pub boundary: String,
    /// What is not known about the reference.
    pub uncertainty: String,
    /// What shows it.
    pub cases: RowCases,
}

/// What shows a promise.
#[derive(Clone, Debug, PartialEq)]
pub enum RowCases {
    /// Nothing yet: `cases: open`.
    Open,
    /// The cases whose ids match one of these, at least one.
    Listed(Vec<Pattern>),
}

/// What does not fit between a packet and its files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Orphan {
    /// A file of cases that the packet does not list.
    UnlistedFile(String),
    /// A listed file that is not there.
    MissingFile(String),
    /// A file that belongs to another packet.
    ForeignFile {
        /// The file.
        file: String,
        /// The packet it names.
        packet: String,
    },
    /// An id that two files use.
    DoubledCase(String),
    /// A case that serves no row of the contract.
    CaseWithoutRow(String),
    /// A row, and the id or pattern in it that no case matches.
    RowWithoutCase {
        /// The row.
        row: String,
        /// The id or pattern.
        pattern: String,
    },
}

impl Packet {
    /// Reads `packet.yaml`.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, Malformed> {
        Packet::from_json(&parse_yaml(file, text)?, &Place::file(file))
    }

    fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json, place)?;
        let packet = Packet {
            id: read_name(&mut fields, "packet")?,
            title: fields.filled_text("title")?.to_string(),
            suite: read_name(&mut fields, "suite")?,
            scope: fields.filled_text("scope")?.to_string(),
            not_in_scope: fields.texts("not_in_scope")?,
            oracle: read_name(&mut fields, "oracle")?,
            anchors: fields.each("anchors", read_anchor)?,
            contract: fields.each("contract", read_row)?,
            files: fields.each("files", read_file_name)?,
            api: fields.texts("api")?,
            sentinels: fields.texts("sentinels")?,
            risks: fields.texts("risks")?,
        };
        fields.finish()?;
        check_once(packet.contract.iter().map(|row| row.id.as_str()), &place.key("contract"))?;
        check_once(packet.files.iter().map(String::as_str), &place.key("files"))?;
        if packet.contract.is_empty() {
            return Err(place.key("contract").malformed("at least one row", "none"));
        }
        Ok(packet)
    }

    /// What does not fit between the packet and the files of cases that lie beside it, sorted: empty for a packet that
    /// may run.
    pub fn orphans(&self, files: &BTreeMap<String, CaseFile>) -> Vec<Orphan> {
        let listed: BTreeSet<&String> = self.files.iter().collect();
        let mut orphans = Vec::new();
        orphans.extend(files.keys().filter(|f| !listed.contains(f)).map(|f| Orphan::UnlistedFile(f.clone())));
        orphans.extend(
            self.files.iter().filter(|f| !files.contains_key(*f)).map(|f| Orphan::MissingFile(f.clone())),
        );
        let mut ids = BTreeSet::new();
        for (file, cases) in files {
            if cases.packet != self.id {
                orphans.push(Orphan::ForeignFile { file: file.clone(), packet: cases.packet.clone() });
            }
            let doubled = cases.cases.iter().filter(|case| !ids.insert(case.id.as_str()));
            orphans.extend(doubled.map(|case| Orphan::DoubledCase(case.id.clone())));
        }
        let mut served = BTreeSet::new();
        for row in &self.contract {
            let RowCases::Listed(patterns) = &row.cases else { continue };
            for pattern in patterns {
                let matching: Vec<&str> = ids.iter().copied().filter(|id| pattern.matches(id)).collect();
                served.extend(&matching);
                if matching.is_empty() {
                    orphans.push(Orphan::RowWithoutCase {
                        row: row.id.clone(),
                        pattern: pattern.text().to_string(),
                    });
                }
            }
        }
        orphans.extend(ids.difference(&served).map(|id| Orphan::CaseWithoutRow(id.to_string())));
        orphans.sort();
        orphans
    }
}

fn check_once<'a>(names: impl Iterator<Item = &'a str>, place: &Place<'_>) -> Result<(), Malformed> {
    let mut seen = BTreeSet::new();
    for (position, name) in names.enumerate() {
        if !seen.insert(name) {
            return Err(place.item(position).malformed("each name once", format!("{name:?} again")));
        }
    }
    Ok(())
}

fn read_anchor(json: &Json, place: &Place<'_>) -> Result<Anchor, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let anchor = Anchor {
        subject: fields.filled_text("subject")?.to_string(),
        source: fields.filled_text("source")?.to_string(),
        behaviour: fields.filled_text("behaviour")?.to_string(),
    };
    fields.finish()?;
    Ok(anchor)
}

fn read_row(json: &Json, place: &Place<'_>) -> Result<ContractRow, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let row = ContractRow {
        id: read_name(&mut fields, "id")?,
        given: fields.filled_text("given")?.to_string(),
        then: fields.filled_text("then")?.to_string(),
        strict: fields.filled_text("strict")?.to_string(),
        hardened: fields.filled_text("hardened")?.to_string(),
        boundary: fields.filled_text("boundary")?.to_string(),
        uncertainty: fields.filled_text("uncertainty")?.to_string(),
        cases: fields.read("cases", read_row_cases)?,
    };
    fields.finish()?;
    Ok(row)
}

fn read_row_cases(json: &Json, place: &Place<'_>) -> Result<RowCases, Malformed> {
    let expected = "`open`, or at least one case id or pattern such as `join-*`";
    match json {
        Json::String(word) if word == "open" => Ok(RowCases::Open),
        Json::Array(items) if !items.is_empty() => {
            let patterns =
                items.iter().enumerate().map(|(position, item)| match item.as_str().map(Pattern::new) {
                    Some(pattern) if pattern.is_specific() => Ok(pattern),
                    _ => Err(place.item(position).unexpected(expected, item)),
                });
            Ok(RowCases::Listed(patterns.collect::<Result<_, _>>()?))
        }
        other => Err(place.unexpected(expected, other)),
    }
}

fn read_file_name(json: &Json, place: &Place<'_>) -> Result<String, Malformed> {
    let plain = |name: &&str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    let name = json.as_str().filter(plain);
    name.map(str::to_string).ok_or_else(|| place.unexpected("the name of a file beside packet.yaml", json))
}
