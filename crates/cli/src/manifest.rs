//! `lumen.toml`: what a project says once for everybody who works in it.

use std::path::Path;

use clap::ValueEnum;
use toml_edit::{Document, Item, TableLike};

use crate::args::conformance::ModeName;
use crate::terminal::Failure;
use crate::world;

/// The file's name, in the project's folder.
pub const FILE: &str = "lumen.toml";

/// A manifest. Tables of other tools are left to them; an unknown key in one of ours is an error.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `mode` of `[conformance]`: which modes run where no flag says so.
    pub mode: Option<ModeName>,
}

impl Manifest {
    /// Reads a folder's manifest; a folder without one says nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or says something that has no meaning: place, expected, found.
    pub fn read(folder: &Path) -> Result<Manifest, Failure> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Manifest::default());
        }
        let name = path.display().to_string();
        let cannot = |why: String| Failure::usage(format!("cannot read `{name}`: {why}"));
        let text = String::from_utf8(world::read(&path).map_err(cannot)?);
        parse(&name, &text.map_err(|_| cannot("expected UTF-8 text".into()))?)
    }
}

fn parse(name: &str, text: &str) -> Result<Manifest, Failure> {
    let document = Document::parse(text).map_err(|error| {
        let line = line(text, error.span().map(|span| span.start));
        Failure::usage(format!("{name}:{line}: {}", error.message()))
    })?;
    let wrong = |item: &Item, key: &str, expected: &str| {
        let line = line(text, item.span().map(|span| span.start));
        let found = item.span().and_then(|span| text.get(span)).unwrap_or("something else");
        Failure::usage(format!("{name}:{line}: {key}: expected {expected}, found {found}"))
    };
    let mut manifest = Manifest::default();
    let Some(item) = document.get("conformance") else { return Ok(manifest) };
    let table: &dyn TableLike =
        item.as_table_like().ok_or_else(|| wrong(item, "conformance", "a table, `[conformance]`"))?;
    for (key, item) in table.iter() {
        if key != "mode" {
            return Err(wrong(item, &format!("conformance.{key}"), "`mode`, the only key here"));
        }
        let mode = item.as_str().and_then(|text| ModeName::from_str(text, false).ok());
        let expected = r#""strict", "hardened" or "both""#;
        manifest.mode = Some(mode.ok_or_else(|| wrong(item, "conformance.mode", expected))?);
    }
    Ok(manifest)
}

/// The line of a byte, counted from 1.
fn line(text: &str, at: Option<usize>) -> usize {
    let before = text.as_bytes().iter().take(at.unwrap_or(0));
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse("lumen.toml", text).expect_err("malformed").message
    }

    #[test]
    fn the_mode_is_read_and_foreign_tables_are_left_alone() {
        let text = "[package]\nname = \"a\"\n\n[conformance]\nmode = \"strict\"\n";
        assert_eq!(parse("lumen.toml", text).expect("well-formed").mode, Some(ModeName::Strict));
        assert_eq!(parse("lumen.toml", "").expect("well-formed"), Manifest::default());
    }

    #[test]
    fn what_has_no_meaning_is_named_with_its_place() {
        assert_eq!(
            message("[conformance]\nmode = \"loose\"\n"),
            r#"lumen.toml:2: conformance.mode: expected "strict", "hardened" or "both", found "loose""#
        );
        assert_eq!(
            message("[conformance]\n\nmodes = 1\n"),
            "lumen.toml:3: conformance.modes: expected `mode`, the only key here, found 1"
        );
        assert!(message("conformance = 3\n").starts_with("lumen.toml:1: conformance: expected a table"));
        assert!(message("[conformance]\nmode = \n").starts_with("lumen.toml:2: "));
        assert!(message("[conformance]\nmode = \"both\"\nmode = \"both\"\n").starts_with("lumen.toml:3: "));
    }
}
