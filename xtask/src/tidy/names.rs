//! Names that say nothing: a file, module or type is called what its field calls it.

use super::{File, expect_none, files};

const REFUSED: &[&str] = &[
    "manager",
    "helper",
    "helpers",
    "util",
    "utils",
    "utility",
    "utilities",
    "common",
    "core",
    "base",
    "enhanced",
    "improved",
    "misc",
    "stuff",
    "v1",
    "v2",
    "v3",
];

/// Modules that PyTorch's users import by these names.
const THEIRS: [&str; 2] = ["python/lumen/torch/nn/utils/", "python/lumen/torch/utils/"];

/// `CsvReader`, `csv_reader` and `csv-reader` are the words csv and reader.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
        } else {
            if c.is_uppercase() && lower {
                words.push(String::new());
            }
            lower = c.is_lowercase() || c.is_numeric();
            words.iter_mut().next_back().expect("never empty").extend(c.to_lowercase());
        }
    }
    words
}

fn refused(name: &str) -> bool {
    words(name).iter().any(|word| REFUSED.contains(&word.as_str()))
}

/// The name a line declares, if it declares a module or a type.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub").map_or(line, |rest| match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')').map_or("", |(_, rest)| rest),
        None => rest,
    });
    let (keyword, rest) = line.trim_start().split_once(' ')?;
    if !["mod", "struct", "enum", "trait", "type", "union"].contains(&keyword) {
        return None;
    }
    rest.trim_start().split(|c: char| !(c.is_alphanumeric() || c == '_')).next()
}

fn empty_names(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let theirs = THEIRS.iter().find(|folder| file.path.starts_with(**folder));
        for part in file.path.get(theirs.map_or(0, |folder| folder.len())..).unwrap_or_default().split('/') {
            let stem = part.trim_start_matches('.').split('.').next().unwrap_or(part);
            if refused(stem) {
                found.push(format!("{} has the name {part}", file.path));
            }
        }
        if file.is_rust() {
            for (n, line) in file.text().lines().enumerate() {
                if let Some(name) = declared(line).filter(|name| refused(name)) {
                    found.push(format!("{}:{} declares {name}", file.path, n + 1));
                }
            }
        }
    }
    found
}

#[test]
fn names_say_what_a_thing_is() {
    expect_none(empty_names(&files()));
}

#[test]
fn empty_names_are_found() {
    let planted = [
        File::planted("crates/vm/src/utils.rs", ""),
        File::planted(
            "crates/vm/src/a.rs",
            "pub(crate) struct PageManager;\nmod csv_helper;\nlet core = 1;\n",
        ),
        File::planted("python/lumen/torch/utils/data.py", ""),
        File::planted("python/lumen/torch/utils/helper.py", ""),
        File::planted(
            "crates/vm/src/based.rs",
            "enum Base64 {}\ntype Database = u8;\npub trait ReaderV2 {}\n",
        ),
    ];
    let expected = [
        "crates/vm/src/utils.rs has the name utils.rs",
        "crates/vm/src/a.rs:1 declares PageManager",
        "crates/vm/src/a.rs:2 declares csv_helper",
        "python/lumen/torch/utils/helper.py has the name helper.py",
        "crates/vm/src/based.rs:3 declares ReaderV2",
    ];
    assert_eq!(empty_names(&planted), expected);
}
