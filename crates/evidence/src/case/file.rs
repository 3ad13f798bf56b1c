//! Files of cases.

use super::{Case, language, read_name};
use crate::fields::Fields;
use crate::json::{Json, canonical, parse};
use crate::place::{Malformed, Place};
use std::collections::BTreeSet;

/// The largest file of cases, 256 KiB: what is larger is generated or stored, not reviewed.
pub const CASE_FILE_BYTES_MAX: usize = 256 << 10;

/// A file of cases: `{"packet":id,"cases":[case...]}`, at least one case, each id once. Cases of the language may
/// stand in Markdown (`.md`) and in faulty sources (`.lm`), which belong to the packet whose folder they lie in.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// The packet they belong to.
    pub packet: String,
    /// The cases in the file's order.
    pub cases: Vec<Case>,
}

impl CaseFile {
    /// Reads a file of cases. The first thing that is wrong refuses the whole file.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, Malformed> {
        let place = Place::file(file);
        if text.len() > CASE_FILE_BYTES_MAX {
            let expected = format!("at most {CASE_FILE_BYTES_MAX} bytes");
            return Err(place.malformed(expected, format!("{} bytes", text.len())));
        }
        match file.rsplit('.').next() {
            Some("md") => language::read_markdown(file, text),
            Some("lm") => language::read_faulty(file, text),
            _ => CaseFile::from_json(&parse(file, text)?, &place),
        }
    }

    fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json, place)?;
        let packet = read_name(&mut fields, "packet")?;
        let cases = fields.each("cases", Case::from_json)?;
        fields.finish()?;
        if cases.is_empty() {
            return Err(place.key("cases").malformed("at least one case", "none"));
        }
        let mut seen = BTreeSet::new();
        if let Some(position) = cases.iter().position(|case| !seen.insert(&case.id)) {
            let found = format!("{:?} again", cases[position].id);
            return Err(place.key("cases").item(position).key("id").malformed("each id once", found));
        }
        Ok(CaseFile { packet, cases })
    }

    /// The file's text: canonical JSON, a case a line, so that a change of one case is a change of one line.
    pub fn to_text(&self) -> String {
        let cases: Vec<String> = self.cases.iter().map(|case| canonical(&case.to_json())).collect();
        format!(
            "{{\"packet\":{},\"cases\":[\n{}\n]}}\n",
            canonical(&self.packet.clone().into()),
            cases.join(",\n")
        )
    }
}
