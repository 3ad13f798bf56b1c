//! The terms of everything that is linked.

use super::expect_none;
use crate::workspace::{array, metadata, root, text};
use anyhow::Result;
use serde_json::Value;

const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    // A BSD licence under the name of its program: libbz2-rs-sys.
    "bzip2-1.0.6",
    "0BSD",
    "Zlib",
    "CC0-1.0",
    "Unlicense",
];

/// Other terms, each for the one package that may bring them.
const EXCEPTIONS: &[(&str, &str)] = &[
    // Permissive; the tables inside come from the Unicode Consortium. Runs at build time only.
    ("unicode-ident", "Unicode-3.0"),
    // Permissive: the Boost licence asks nothing of binaries.
    ("xxhash-rust", "BSL-1.0"),
    ("clipboard-win", "BSL-1.0"),
    ("error-code", "BSL-1.0"),
    // TLS. The ISC licence is the two-clause BSD one in fewer words; the other covers data, the certificates of
    // the authorities that browsers trust, and asks to be passed on with them.
    ("ring", "ISC"),
    ("rustls-webpki", "ISC"),
    ("untrusted", "ISC"),
    ("webpki-roots", "CDLA-Permissive-2.0"),
    // Weak copyleft on their own files; the first runs at build time only.
    ("cbindgen", "MPL-2.0"),
    ("pubgrub", "MPL-2.0"),
];

/// Whether the terms of an SPDX expression can be met. `AND` binds tighter than `OR`; an old `/` means `OR`.
fn acceptable(package: &str, expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { package, words: &words };
    parser.alternatives().is_some_and(|verdict| verdict && parser.words.is_empty())
}

struct Parser<'a> {
    package: &'a str,
    words: &'a [&'a str],
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<bool> {
        let mut verdict = self.conjunction()?;
        while self.take("OR") {
            verdict |= self.conjunction()?;
        }
        Some(verdict)
    }

    fn conjunction(&mut self) -> Option<bool> {
        let mut verdict = self.term()?;
        while self.take("AND") {
            verdict &= self.term()?;
        }
        Some(verdict)
    }

    fn term(&mut self) -> Option<bool> {
        if self.take("(") {
            let verdict = self.alternatives()?;
            return self.take(")").then_some(verdict);
        }
        let (name, rest) = self.words.split_first()?;
        self.words = rest;
        let mut licence = name.to_string();
        if self.take("WITH") {
            let (exception, rest) = self.words.split_first()?;
            self.words = rest;
            licence = format!("{licence} WITH {exception}");
        }
        Some(ALLOWED.contains(&licence.as_str()) || EXCEPTIONS.contains(&(self.package, &licence)))
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

fn unlicensed(metadata: &Value) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for package in array(metadata, "packages")? {
        let name = text(package, "name")?;
        match package["license"].as_str() {
            Some(expression) if acceptable(name, expression) => {}
            Some(expression) => found.push(format!("{name} is under {expression}")),
            None => found.push(format!("{name} states no licence expression")),
        }
    }
    Ok(found)
}

#[test]
fn every_package_has_acceptable_terms() {
    // Packages for other systems may not have been fetched, so the answer is narrowed to this one.
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let answer = metadata(root(), &["--filter-platform", &triple]).unwrap();
    assert!(array(&answer, "packages").unwrap().len() > 50, "cargo resolved almost nothing");
    expect_none(unlicensed(&answer).unwrap());
}

#[test]
fn unacceptable_terms_are_found() {
    let planted = serde_json::json!({"packages": [
        {"name": "a", "license": "GPL-3.0-only"},
        {"name": "b", "license": null},
        {"name": "c", "license": "MIT OR GPL-3.0-only"},
        {"name": "d", "license": "MIT AND GPL-3.0-only"},
        {"name": "e", "license": "MPL-2.0"},
        {"name": "pubgrub", "license": "MPL-2.0"},
        {"name": "f", "license": "(MIT OR Apache-2.0) AND Unicode-3.0"},
        {"name": "unicode-ident", "license": "(MIT OR Apache-2.0) AND Unicode-3.0"},
        {"name": "g", "license": "MIT AND"},
    ]});
    let found = unlicensed(&planted).unwrap();
    let names: Vec<&str> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["a", "b", "d", "e", "f", "g"]);
}
