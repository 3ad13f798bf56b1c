//! `lumen bundle`

use std::path::Path;

use sidecar::Overhead;

use crate::args::BundleOptions;
use crate::mend::Pair;
use crate::project::Project;
use crate::terminal::{Failure, Terminal};
use crate::world;

pub fn bundle(options: &BundleOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let folder = Project::find().run(options.run.as_deref())?;
    let history = folder.history()?;
    if history.end.is_none() {
        return Err(Failure::usage("the run did not end, so it cannot be packed")
            .code("E0704")
            .help("`lumen resume` finishes it."));
    }
    let mut beside = Vec::new();
    for name in ["report.html", "run.json"] {
        if let Some(bytes) = folder.beside(name)? {
            beside.push((name, bytes));
        }
    }
    let bytes = recorder::bundle::pack(&*folder.vfs(), &beside)?;
    let stem = Path::new(&history.start.document)
        .file_name()
        .map_or("run".into(), |n| n.to_string_lossy().to_string());
    let stem = stem.split('.').next().unwrap_or("run").to_string();
    let output = options.output.clone().unwrap_or_else(|| format!("{stem}.lumen-bundle"));
    world::save(Path::new(&output), &bytes)?;
    terminal.say(&format!("Packed {} into {output} ({} bytes).", folder.name, bytes.len()));
    let pair = Pair::of(Path::new(&output));
    if options.sidecar == 0 {
        // One that is there belongs to the bundle that was just replaced.
        pair.unprotect()?;
    } else {
        let overhead = Overhead::percent(options.sidecar).map_err(|e| Failure::usage(e.to_string()))?;
        let size = pair.protect(&bytes, overhead)?;
        terminal.say(&format!("Wrote {} ({size} bytes), which mends damage to it.", pair.sidecar.display()));
    }
    terminal.say(&format!("Next    lumen verify {output}"));
    Ok(0)
}
