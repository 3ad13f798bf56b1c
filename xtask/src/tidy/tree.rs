//! What may lie in the tree: no large blob, now or in its history, and no fixture that nothing reads.

use super::{File, expect_none, files, git};
use crate::data::SOURCES;
use std::io::Write;
use std::process::{Command, Stdio};

const LARGEST_BLOB_BYTES: u64 = 256 * 1024;

fn too_large<'a>(blobs: impl IntoIterator<Item = (&'a str, u64)>) -> Vec<String> {
    let licensed = |path: &str| SOURCES.iter().any(|source| source.path == path);
    blobs
        .into_iter()
        .filter(|(path, size)| *size > LARGEST_BLOB_BYTES && !licensed(path))
        .map(|(path, size)| format!("{path} has {size} bytes, more than {LARGEST_BLOB_BYTES}"))
        .collect()
}

/// Path and size of every blob that the current commit's history holds.
fn history() -> Vec<(String, u64)> {
    let objects = git(&["rev-list", "--objects", "HEAD"]);
    let mut batch = Command::new("git")
        .args(["cat-file", "--batch-check=%(objecttype) %(objectsize) %(rest)"])
        .current_dir(crate::workspace::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git runs");
    let mut input = batch.stdin.take().expect("the input is piped");
    // A thread of its own: both pipes are full long before either end is done.
    let writer = std::thread::spawn(move || input.write_all(objects.as_bytes()));
    let output = batch.wait_with_output().expect("git answers");
    writer.join().expect("no panic").expect("git reads all");
    let answer = String::from_utf8(output.stdout).expect("git answers in UTF-8");
    let lines = answer.lines().filter_map(|line| line.strip_prefix("blob "));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(n, path)| (path.to_string(), n.parse().unwrap()))
        .collect()
}

/// Fixtures and cases that no source names: by file name, by path, or by a folder above that is walked.
fn unreferenced(files: &[File]) -> Vec<String> {
    let sources: Vec<&File> = files
        .iter()
        .filter(|file| [".rs", ".py", ".toml", ".mjs"].iter().any(|end| file.path.ends_with(end)))
        .collect();
    let named = |text: &str, except: &str| {
        sources.iter().any(|file| file.path != except && file.text().contains(text))
    };
    let fixtures = files
        .iter()
        .filter(|file| file.path.starts_with("cases/") || (file.path.contains("/tests/") && !file.is_rust()));
    let packets: Vec<&str> = files.iter().filter_map(|file| file.path.strip_suffix("/packet.yaml")).collect();
    let mut found = Vec::new();
    for file in fixtures {
        // A packet's folder is built into `conformance` whole, and the packet refuses a file that it does not list.
        if file.path.starts_with("cases/")
            && file.path.rsplit_once('/').is_some_and(|(folder, _)| packets.contains(&folder))
        {
            continue;
        }
        let parts: Vec<&str> = file.path.split('/').collect();
        // `cases/frame` reads everything below it; `cases` alone would excuse any file.
        let folders = (2..parts.len()).map(|n| parts[..n].join("/"));
        let walked =
            file.path.starts_with("cases/") && folders.into_iter().any(|dir| named(&dir, &file.path));
        let near = parts.len() >= 3 && file.path.contains("/tests/") && {
            let start = parts.iter().rposition(|part| *part == "tests").unwrap_or(0);
            (start + 2..parts.len()).any(|n| named(&parts[start..n].join("/"), &file.path))
        };
        // proptest itself looks for the seeds of `model.rs` in `proptest-regressions/model.txt`.
        let seeds = file.path.contains("/proptest-regressions/") && {
            let source = file.name().replace(".txt", ".rs");
            sources.iter().any(|other| other.name() == source && other.text().contains("proptest"))
        };
        if !walked && !near && !seeds && !named(file.name(), &file.path) {
            found.push(format!("{} is read by nothing", file.path));
        }
    }
    found
}

#[test]
fn no_blob_is_large() {
    let files = files();
    expect_none(too_large(files.iter().map(|file| (file.path.as_str(), file.size_bytes))));
}

#[test]
fn no_blob_of_the_history_is_large() {
    let blobs = history();
    assert!(blobs.len() > 50, "git lists only {} blobs", blobs.len());
    expect_none(too_large(blobs.iter().map(|(path, size)| (path.as_str(), *size))));
}

#[test]
fn a_large_blob_is_found_unless_it_is_licensed_data() {
    let planted = [
        ("a.bin", LARGEST_BLOB_BYTES + 1),
        ("b.bin", LARGEST_BLOB_BYTES),
        ("examples/birdstrikes/data/birdstrikes.csv.gz", LARGEST_BLOB_BYTES + 1),
    ];
    assert_eq!(too_large(planted), ["a.bin has 262145 bytes, more than 262144"]);
}

#[test]
fn every_fixture_is_read() {
    expect_none(unreferenced(&files()));
}

#[test]
fn a_fixture_that_nothing_reads_is_found() {
    let planted = [
        File::planted("cases/frame/a.json", "a.json"),
        File::planted("cases/store/b.json", ""),
        File::planted("cases/store/P-1/packet.yaml", ""),
        File::planted("cases/store/P-1/c.json", ""),
        File::planted(
            "crates/x/tests/it/main.rs",
            "walk(\"cases/frame\"); include_str!(\"read.txt\"); open(\"tests/d\")",
        ),
        File::planted("crates/x/tests/it/read.txt", ""),
        File::planted("crates/x/tests/it/lost.txt", ""),
        File::planted("crates/x/tests/d/walked.txt", ""),
        File::planted("crates/x/tests/it/model.rs", "proptest! {}"),
        File::planted("crates/x/tests/proptest-regressions/model.txt", ""),
        File::planted("crates/x/tests/proptest-regressions/gone.txt", ""),
    ];
    let expected = [
        "cases/store/b.json is read by nothing",
        "crates/x/tests/it/lost.txt is read by nothing",
        "crates/x/tests/proptest-regressions/gone.txt is read by nothing",
    ];
    assert_eq!(unreferenced(&planted), expected);
}
