//! The file: JSON Lines. The first names format and version, each other one is a question with its reply.

use serde_json::{Value as Json, json};

use super::question::{Question, digest};
use crate::error::{Error, ErrorKind, Result};
use crate::redact::Redactor;
use crate::reply::Raw;
use crate::wire::Family;

const FORMAT: &str = "lumen.cassette";

/// The version that is written, and the newest that is read.
pub const VERSION: u64 = 1;

/// A recorded reply.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) key: String,
    /// Which of the equal questions it answers.
    pub(super) lane: u64,
    /// The question without keys: for a person, and for finding the nearest one.
    pub(super) question: Question,
    pub(super) raw: Raw,
}

/// The first line.
pub(super) fn header() -> String {
    json!({"format": FORMAT, "version": VERSION}).to_string()
}

/// Reads a whole file. `name` is how errors call it.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut rest: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // What follows the last line's end; text there is a line that was cut.
    let cut = rest.pop().filter(|line| !line.is_empty());
    let mut numbered = rest.into_iter().zip(1usize..);
    let damaged =
        |number: usize, why: &str| Error::new(ErrorKind::Cassette, format!("{name}, line {number}: {why}"));
    let (first, number) = numbered.next().ok_or_else(|| damaged(1, "no header; expected a cassette"))?;
    check_header(first).map_err(|why| damaged(number, &why))?;
    for (line, number) in numbered {
        lines.push(Line::parse(line).map_err(|why| damaged(number, &why))?);
    }
    match cut {
        Some(_) => Err(damaged(lines.len() + 2, "the line was cut before its end")),
        None => Ok(lines),
    }
}

fn check_header(line: &[u8]) -> std::result::Result<(), String> {
    let header: Json = serde_json::from_slice(line).map_err(|error| format!("no header: {error}"))?;
    if header.get("format").and_then(Json::as_str) != Some(FORMAT) {
        return Err(format!("the format is not `{FORMAT}`"));
    }
    match header.get("version").and_then(Json::as_u64) {
        Some(VERSION) => Ok(()),
        Some(version) if version > VERSION => {
            Err(format!("the format has version {version}, this program reads up to {VERSION}"))
        }
        _ => Err("the format has no version that is known".to_string()),
    }
}

impl Line {
    /// The line as it is written: without keys, with a digest of the rest.
    pub(super) fn write(&self, redactor: &Redactor) -> Result<String> {
        let chunks: Vec<Json> =
            redactor.chunks(&self.raw.chunks).iter().map(|chunk| chunk_to_json(chunk)).collect();
        let mut line = json!({
            "key": self.key,
            "lane": self.lane,
            "question": redacted(&self.question.0, redactor),
            "reply": {
                "family": self.raw.family,
                "status": self.raw.status,
                "content_type": redactor.text(&self.raw.content_type),
                "chunks": chunks,
            },
        });
        let digest = digest(&line)?;
        if let Json::Object(members) = &mut line {
            members.insert("digest".into(), digest.into());
        }
        Ok(line.to_string())
    }

    /// Reads a line; what the digest does not cover is refused.
    pub(super) fn parse(line: &[u8]) -> std::result::Result<Line, String> {
        let mut json: Json = serde_json::from_slice(line).map_err(|error| format!("no JSON: {error}"))?;
        let members = json.as_object_mut().ok_or("no object")?;
        let stored = members.shift_remove("digest");
        let stored = stored.as_ref().and_then(Json::as_str).ok_or("`digest` is absent")?.to_string();
        if digest(&json).map_err(|error| error.message().to_string())? != stored {
            return Err("the line is not what was written: its digest differs".to_string());
        }
        let text = |pointer: &str| {
            let found = json.pointer(pointer).and_then(Json::as_str);
            found.ok_or_else(|| format!("{pointer} is no text"))
        };
        let number = |pointer: &str| {
            let found = json.pointer(pointer).and_then(Json::as_u64);
            found.ok_or_else(|| format!("{pointer} is no count"))
        };
        let family = text("/reply/family")?;
        let family =
            Family::from_name(family).ok_or_else(|| format!("the protocol `{family}` is unknown"))?;
        let status = u16::try_from(number("/reply/status")?).map_err(|_| "/reply/status is no status")?;
        let chunks =
            json.pointer("/reply/chunks").and_then(Json::as_array).ok_or("/reply/chunks is no list")?;
        let chunks: Option<Vec<Vec<u8>>> = chunks.iter().map(chunk_from_json).collect();
        Ok(Line {
            key: text("/key")?.to_string(),
            lane: number("/lane")?,
            question: Question(json.get("question").cloned().unwrap_or(Json::Null)),
            raw: Raw {
                family: family.name(),
                status,
                content_type: text("/reply/content_type")?.to_string(),
                chunks: chunks.ok_or("/reply/chunks holds neither text nor hexadecimal digits")?,
            },
        })
    }
}

/// Text as it is; a piece that ends within a character, in hexadecimal digits.
fn chunk_to_json(chunk: &[u8]) -> Json {
    match std::str::from_utf8(chunk) {
        Ok(text) => text.into(),
        Err(_) => json!({"hex": chunk.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
    }
}

fn chunk_from_json(json: &Json) -> Option<Vec<u8>> {
    if let Some(text) = json.as_str() {
        return Some(text.as_bytes().to_vec());
    }
    let digits = json.get("hex")?.as_str()?.as_bytes();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

/// A question without keys.
pub(super) fn redacted(value: &Json, redactor: &Redactor) -> Json {
    match value {
        Json::String(text) => redactor.text(text).into(),
        Json::Array(items) => items.iter().map(|item| redacted(item, redactor)).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| (redactor.text(name), redacted(value, redactor))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_that_end_within_a_character_come_back_as_they_were() {
        let chunks = vec![b"a\xE2".to_vec(), b"\x82\xAC".to_vec(), Vec::new(), "€".as_bytes().to_vec()];
        let raw = Raw { family: "openai.chat", status: 200, content_type: "t".into(), chunks };
        let line = Line { key: "k".into(), lane: 3, question: Question(json!({"a": [1, "b"]})), raw };
        let written = line.write(&Redactor::default()).unwrap();
        assert_eq!(Line::parse(written.as_bytes()).unwrap(), line);
        assert!(written.contains(r#"[{"hex":"61e2"},{"hex":"82ac"},"","€"]"#), "{written}");
    }
}
