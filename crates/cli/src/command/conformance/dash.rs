//! `lumen conformance dash`

use std::path::Path;

use conformance::verbs;

use super::{Desk, browse};
use crate::args::conformance::DashOptions;
use crate::terminal::Failure;
use crate::world;

/// Shows what a run stored; the exit code is the run's own, so that a red dashboard is no success.
pub fn dash(desk: Desk<'_>, options: &DashOptions) -> Result<u8, Failure> {
    let snapshot = verbs::snapshot(desk.session, options.of.as_deref())?;
    let json = desk.options.place.json;
    if let Some(folder) = &options.html {
        let files = dashboard::site(&snapshot);
        for (path, content) in &files {
            write(&Path::new(folder).join(path), content.as_bytes())?;
        }
        desk.terminal.say(&format!("Wrote {} files; open {folder}/conformance.html.", files.len()));
    } else if !json && desk.terminal.is_interactive() {
        browse::browse(desk, &snapshot)?;
    } else {
        desk.answer(
            || evidence::typed::to_json(&snapshot),
            |terminal| terminal.tell(&dashboard::text(&snapshot, terminal.width)),
        );
    }
    Ok(verbs::exit(&snapshot, false))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::io(format!("cannot make `{}`", folder.display()), &e))?;
    world::save(path, bytes)
}
