//! The rules of the source tree, held by ordinary tests.
//!
//! Each rule is a function from plain data to a list of violations. Two tests go with it: the tree has none, and a
//! planted violation is found, so that no rule can rot into one that never fails.

mod documents;
mod edges;
mod licences;
mod names;
mod pipeline;
mod sources;
mod tree;

use crate::workspace::root;
use std::process::Command;

/// Fails with every violation at once.
fn expect_none(violations: Vec<String>) {
    assert!(violations.is_empty(), "{} violations:\n  {}", violations.len(), violations.join("\n  "));
}

/// What the repository holds: tracked files and new ones that are not ignored, each with its text when it has one.
fn files() -> Vec<File> {
    let listed = git(&["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    // A path deleted but not yet committed is listed still.
    let files: Vec<File> = paths
        .filter_map(|path| {
            let bytes = std::fs::read(root().join(path)).ok()?;
            Some(File {
                path: path.to_string(),
                size_bytes: bytes.len() as u64,
                text: String::from_utf8(bytes).ok(),
            })
        })
        .collect();
    assert!(files.len() > 50, "git lists only {} files, so the rules would hold of nothing", files.len());
    files
}

/// A file of the tree; `text` is absent for other bytes than UTF-8.
struct File {
    path: String,
    size_bytes: u64,
    text: Option<String>,
}

impl File {
    #[cfg(test)]
    fn planted(path: &str, text: &str) -> File {
        File { path: path.to_string(), size_bytes: text.len() as u64, text: Some(text.to_string()) }
    }

    fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The crate whose sources the file belongs to.
    fn owner(&self) -> Option<&str> {
        match self.path.split('/').collect::<Vec<_>>()[..] {
            ["crates", name, "src", ..] => Some(name),
            _ => None,
        }
    }

    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(root()).output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("git answers in UTF-8")
}
