//! `lumen cache`: what Lumen keeps outside of projects and can make again.
//!
//! Runs are records, not a cache: nothing here touches them.

use std::path::Path;

use report::format::counted;

use crate::args::{CacheOptions, CacheVerb};
use crate::terminal::{Failure, Terminal};

/// How the folders begin that hold the references of `lumen conformance`, and the files that lock them.
const OURS: &str = "oracle-";

pub fn cache(options: &CacheOptions, terminal: &Terminal) -> Result<u8, Failure> {
    match options.verb {
        CacheVerb::Clear => clear(terminal),
    }
}

fn clear(terminal: &Terminal) -> Result<u8, Failure> {
    let Some(folder) = conformance::cache_folder() else {
        return Err(Failure::usage(
            "there is no cache folder: neither XDG_CACHE_HOME nor HOME is an absolute path",
        ));
    };
    let failed = |path: &Path| {
        let what = format!("cannot clear `{}`", path.display());
        move |error: std::io::Error| Failure::io(what.clone(), &error)
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(failed(&folder))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed(&folder)(error)),
    };
    let mut removed = 0;
    let mut ours: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
    ours.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(OURS)));
    ours.sort();
    for path in &ours {
        // A link is removed, not what it leads to.
        let is_folder = std::fs::symlink_metadata(path).map_err(failed(path))?.is_dir();
        let result = if is_folder { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        result.map_err(failed(path))?;
        removed += usize::from(is_folder);
        terminal.tell(&format!("{}\n", path.display()));
    }
    terminal.say(&match removed {
        0 => "Nothing to clear. Runs are records and stay: `--fresh` computes anew.".to_string(),
        n => format!("{} removed; `lumen conformance` says how to make it again.", counted(n, "environment")),
    });
    Ok(0)
}
