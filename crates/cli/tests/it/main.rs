//! The binary as a person uses it.

mod agent;
mod batches;
mod conformance;
mod crowd;
mod damage;
mod dashboard;
mod docs;
mod editors;
mod explain;
mod export;
mod failures;
mod faults;
mod fences;
mod flow;
mod keys;
mod kill;
mod limits;
mod lsp;
mod mcp;
mod models;
mod narrow;
mod newcomer;
mod plane;
mod processes;
mod pty;
mod python_cells;
mod readme;
mod recursion;
mod reference;
mod repair;
mod repl;
mod serve;
mod servers;
mod state;
mod store;
mod story;
mod surface;
mod tables;
mod taped;
mod tests;
mod tools;
mod upkeep;
mod web;
mod workshop;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own, with a template's project in it.
pub struct Project {
    _root: tempfile::TempDir,
    pub folder: PathBuf,
}

impl Project {
    pub fn new(template: &str) -> Project {
        let root = tempfile::tempdir().expect("a temporary folder");
        let made = lumen(root.path(), &["new", template]);
        assert!(made.status.success(), "{}", text(&made));
        Project { folder: root.path().join(template), _root: root }
    }

    /// A folder with one document.
    pub fn with(name: &str, content: &str) -> Project {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().to_path_buf();
        std::fs::write(folder.join(name), content).expect("the document is written");
        Project { _root: root, folder }
    }

    pub fn lumen(&self, args: &[&str]) -> Output {
        lumen(&self.folder, args)
    }

    /// The newest run's folder.
    pub fn last_run(&self) -> PathBuf {
        let runs = std::fs::read_dir(self.folder.join(".lumen/runs")).expect("there are runs");
        let number = |p: &PathBuf| {
            p.file_name().and_then(|n| n.to_str()?.rsplit_once('-')?.1.parse::<u64>().ok()).unwrap_or(0)
        };
        runs.flatten().map(|e| e.path()).max_by_key(number).expect("there is a run")
    }

    /// A field of the newest run's `run.json`.
    pub fn run_json(&self) -> serde_json::Value {
        let bytes = std::fs::read(self.last_run().join("run.json")).expect("run.json is there");
        serde_json::from_slice(&bytes).expect("run.json is JSON")
    }
}

pub fn lumen(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lumen"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()
        .expect("the binary starts")
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}
