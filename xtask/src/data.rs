//! The example data: which published package each committed file is, and the proof of it.
//!
//! [`SOURCES`] and the `DATA.md` beside each file state the same digests; `prove` fetches the packages again, a test
//! compares table, documents and files without a network.

use crate::Outcome;
use crate::process::{output, run, scratch_dir};
use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A committed data file and the member of a published package it was made of.
pub struct Source {
    /// Path in this repository; `.gz` means the original went through `gzip -9n`.
    pub path: &'static str,
    pub package: Package,
    /// Path inside the package.
    pub member: &'static str,
    /// SHA-256 of the package's member.
    pub original: &'static str,
    /// SHA-256 of the committed file.
    pub committed: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Package {
    VegaDatasets,
    PalmerPenguins,
}

pub const SOURCES: &[Source] = &[
    Source {
        path: "examples/birdstrikes/data/birdstrikes.csv.gz",
        package: Package::VegaDatasets,
        member: "package/data/birdstrikes.csv",
        original: "45777edf69984b37599e73dbfb34dbc976055243547407214261a4fcb9466462",
        committed: "1bd25f5c2e336014ae9152283c3475ace4cfde7d3f1679a2a0cc217216c737c1",
    },
    Source {
        path: "examples/birdstrikes/data/airports.csv.gz",
        package: Package::VegaDatasets,
        member: "package/data/airports.csv",
        original: "903c7169e6d558eefb95295fe2947ec8503135fbb855ea5c737cf4a90ea603ad",
        committed: "0eca7f1e33600df2dafc6bfaba0e49525929f434da213298e51690fb9a6ccfe6",
    },
    Source {
        path: "crates/cli/templates/weather/data/seattle-weather.csv",
        package: Package::VegaDatasets,
        member: "package/data/seattle-weather.csv",
        original: "0845078a290b48e3149ab8639966824110a251db4e06fc144c06ebb534af23be",
        committed: "0845078a290b48e3149ab8639966824110a251db4e06fc144c06ebb534af23be",
    },
    Source {
        path: "crates/cli/templates/penguins/data/penguins.csv",
        package: Package::PalmerPenguins,
        member: "palmerpenguins/data/penguins.csv",
        original: "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93",
        committed: "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93",
    },
];

/// Fetches both packages with their ordinary clients and compares every byte and digest.
pub fn prove(root: &Path) -> Result<Outcome> {
    let scratch = scratch_dir("data")?;
    let proved = prove_in(root, &scratch);
    std::fs::remove_dir_all(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))?;
    proved
}

fn prove_in(root: &Path, scratch: &Path) -> Result<Outcome> {
    let vega = scratch.join("vega");
    let penguins = scratch.join("penguins");
    fetch_npm("vega-datasets@3.2.1", &vega)?;
    fetch_wheel("palmerpenguins==0.1.6", &penguins)?;
    for source in SOURCES {
        check_committed(root, source)?;
        let folder = match source.package {
            Package::VegaDatasets => &vega,
            Package::PalmerPenguins => &penguins,
        };
        let fetched = read(&folder.join(source.member))?;
        expect_digest(source.member, source.original, &fetched)?;
        println!("proved {}", source.path);
    }
    println!("{} files are what their packages publish", SOURCES.len());
    Ok(Outcome::Done)
}

/// Compares a committed file, packed and unpacked, with its two digests.
pub fn check_committed(root: &Path, source: &Source) -> Result<()> {
    let bytes = read(&root.join(source.path))?;
    expect_digest(source.path, source.committed, &bytes)?;
    if source.path.ends_with(".gz") {
        let mut unpacked = Vec::new();
        GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut unpacked)
            .with_context(|| format!("cannot unpack {}", source.path))?;
        expect_digest(source.path, source.original, &unpacked)?;
    }
    Ok(())
}

fn expect_digest(name: &str, expected: &str, bytes: &[u8]) -> Result<()> {
    let found = sha256(bytes);
    if found != expected {
        bail!("{name}: expected SHA-256 {expected}, found {found}");
    }
    Ok(())
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn fetch_npm(package: &str, into: &Path) -> Result<()> {
    std::fs::create_dir_all(into)?;
    let packed = output(Command::new("npm").args(["pack", "--silent", package]).current_dir(into))?;
    let archive = String::from_utf8(packed)?;
    let archive = archive.lines().last().context("npm pack named no archive")?;
    run(Command::new("tar").args(["-xzf", archive]).current_dir(into))
}

fn fetch_wheel(requirement: &str, into: &Path) -> Result<()> {
    std::fs::create_dir_all(into)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", requirement]);
    run(pip.current_dir(into))?;
    let wheel = only_file(into)?;
    // A wheel is a zip archive; Python's own module unpacks it where no `unzip` is installed.
    run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(".").current_dir(into))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file.path()),
        _ => bail!("expected one file in {}", folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_data_is_what_its_document_says() {
        let root = crate::workspace::root();
        for source in SOURCES {
            check_committed(root, source).unwrap();
            let document = root.join(source.path).with_file_name("DATA.md");
            let document = std::fs::read_to_string(&document).unwrap();
            for digest in [source.original, source.committed] {
                assert!(document.contains(digest), "DATA.md of {} lacks {digest}", source.path);
            }
        }
    }

    #[test]
    fn an_altered_file_is_refused() {
        let scratch = scratch_dir("data-test").unwrap();
        let source = &SOURCES[3];
        let copy = scratch.join(source.path);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        let mut bytes = read(&crate::workspace::root().join(source.path)).unwrap();
        bytes[100] ^= 1;
        std::fs::write(&copy, bytes).unwrap();
        let refused = check_committed(&scratch, source).unwrap_err().to_string();
        assert!(refused.contains("expected SHA-256 f204db2c"), "{refused}");
        std::fs::remove_dir_all(&scratch).unwrap();
    }
}
