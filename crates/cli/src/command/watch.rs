//! `lumen watch`: runs a file, and again each time it or something it reads changes.
//!
//! Each run is a process of its own, so that it has its own threads and may end as it likes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use recorder::program::{Settings, compile};
use recorder::world::World;
use syntax::document::InputValue;

use crate::args::WatchOptions;
use crate::manifest;
use crate::terminal::{Failure, Terminal};
use crate::world::{Files, System};

/// How long it waits between two looks, and after a change for the rest of it.
const LOOK_MS: i64 = 200;

/// When a file was changed and how long it is; nothing where it is not there.
type Mark = Option<(Option<SystemTime>, u64)>;

pub fn watch(options: &WatchOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::io("cannot find this program", &error))?;
    let mut system = System::new();
    let mut runs = 0u32;
    loop {
        let files = files(&options.file);
        let before = marks(&files);
        let mut run = Command::new(&program);
        run.arg("run").arg(&options.file).args(&options.run);
        let status = run.status().map_err(|error| Failure::io("cannot start the run", &error))?;
        runs += 1;
        if options.times.is_some_and(|times| runs >= times.get()) {
            return Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(5));
        }
        let count = report::format::counted(files.len(), "file");
        terminal.say(&format!("Watching {count}; Ctrl-C ends it."));
        let changed = loop {
            let now = marks(&files);
            if let Some((path, _)) = now.iter().find(|(path, mark)| before.get(*path) != Some(*mark)) {
                break path.clone();
            }
            system.sleep(LOOK_MS);
        };
        // Whoever writes several files, or one in pieces, is let finish.
        let mut last = marks(&files);
        loop {
            system.sleep(LOOK_MS);
            let now = marks(&files);
            if now == last {
                break;
            }
            last = now;
        }
        terminal.say(&format!("\n`{}` changed.", changed.display()));
    }
}

/// What a run reads: the file, what it imports, its inputs, the manifest. Of a file that cannot be read that alone.
fn files(file: &str) -> Vec<PathBuf> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut files = vec![PathBuf::from(file)];
    if let Ok(program) = compile(file, &mut Files, &Settings::default()) {
        files.extend(program.sources.iter().map(|source| PathBuf::from(&source.name)));
        files.extend(program.inputs.iter().filter_map(|(_, value)| match value {
            InputValue::File(path) => Some(folder.join(path)),
            _ => None,
        }));
    }
    files.extend([folder.join(manifest::FILE), PathBuf::from(manifest::FILE)]);
    files.sort();
    files.dedup();
    files
}

fn marks(files: &[PathBuf]) -> BTreeMap<PathBuf, Mark> {
    let mark = |path: &PathBuf| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.modified().ok(), meta.len()))
    };
    files.iter().map(|path| (path.clone(), mark(path))).collect()
}
