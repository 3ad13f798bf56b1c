//! `lumen export`: a run for programs that know nothing of Lumen but the interop form.

use std::path::Path;
use std::time::Instant;

use recorder::interop::{self, Envelope, Kind};
use report::format::counted;

use super::verify::verdict;
use crate::args::{ExportOptions, InteropKind};
use crate::project::Project;
use crate::terminal::{Failure, Terminal};
use crate::{workers, world};

pub fn export(options: &ExportOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    if let Some(path) = &options.check {
        return check(path, terminal);
    }
    let Some(kind) = options.interop else {
        return Err(Failure::usage("expected --interop KIND or --check FILE"));
    };
    let folder = Project::find().run(options.run.as_deref())?;
    let history = folder.history()?;
    let envelopes = match kind {
        InteropKind::Provenance => interop::provenance(&history)?,
        InteropKind::Trajectory => interop::trajectory(&history)?,
        InteropKind::Verification => {
            let (verdict, elapsed_ms) = timed(|| verdict(Some(&folder.name), false))?;
            vec![interop::verification(&history, &verdict, elapsed_ms)?]
        }
    };
    let lines: String = envelopes.iter().map(|envelope| format!("{}\n", envelope.json())).collect();
    match &options.output {
        None => terminal.out(&lines),
        Some(path) => {
            world::save(Path::new(path), lines.as_bytes())?;
            terminal.say(&format!("Wrote {} to {path}.", counted(envelopes.len(), "envelope")));
        }
    }
    Ok(0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a verification took is told to who asks, and part of no result"
)]
fn timed<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, u64), Failure> {
    let started = Instant::now();
    let done = work()?;
    Ok((done, u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)))
}

/// Reads every line, and says how many envelopes of which kind there are.
fn check(path: &str, terminal: &Terminal) -> Result<u8, Failure> {
    let bytes = world::read_named(path)?;
    let mut counts = [0usize; Kind::ALL.len()];
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty())
    {
        let envelope = Envelope::parse(line).map_err(|error| {
            let failure = Failure::from(error);
            Failure { message: format!("`{path}`, line {}: {}", number + 1, failure.message), ..failure }
        })?;
        for (kind, count) in Kind::ALL.iter().zip(&mut counts) {
            *count += usize::from(*kind == envelope.kind);
        }
    }
    if counts.iter().all(|count| *count == 0) {
        terminal.tell(&format!("Not evaluated: `{path}` holds no envelopes.\n"));
        return Ok(3);
    }
    let told: Vec<String> = Kind::ALL
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} of {}", kind.name()))
        .collect();
    terminal.tell(&format!("Envelopes: {}.\n", told.join(", ")));
    Ok(0)
}
