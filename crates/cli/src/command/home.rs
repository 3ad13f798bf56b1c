//! `lumen` alone: what to do next, here.

use std::path::Path;

use crate::project::{Project, sources_below};
use crate::terminal::{Failure, Terminal};

pub fn home(terminal: &Terminal) -> Result<u8, Failure> {
    let mut lines = vec!["Lumen is the flight recorder for data and AI work.".to_string(), String::new()];
    let project = Project::find();
    let sources = sources_below(Path::new(".")).unwrap_or_default();
    match (project.runs()?.last(), sources.as_slice()) {
        (Some(run), _) => {
            lines.push(format!("The last run here is {}.", run.name));
            // A run that ended says so beside its log, which may be long.
            if let Some(told) = run.run_json() {
                if let Some(name) = told.suggestion() {
                    lines.push(format!("  lumen why {name:<12} where a number comes from"));
                }
                lines.push("  lumen verify           replay it and compare".to_string());
                lines.extend(told.document().map(|document| format!("  lumen run {document}")));
            } else if let Ok(history) = run.history() {
                lines.push("  lumen resume           finish it: it was killed".to_string());
                lines.push(format!("  lumen run {}", history.start.document));
            }
        }
        (None, [first, ..]) => {
            lines.push("There is a document here that was not run yet:".to_string());
            lines.push(format!("  lumen run {first}"));
        }
        (None, []) => {
            lines.push("This folder holds no document yet. Start with real data:".to_string());
            lines.push("  lumen new penguins     344 penguins: measure, plot, classify".to_string());
            lines.push("  lumen new weather      four years of Seattle weather".to_string());
            lines.push("  lumen new blank        one page".to_string());
        }
    }
    lines.push(String::new());
    lines.push("lumen --help lists all verbs.".to_string());
    terminal.tell(&format!("{}\n", lines.join("\n")));
    Ok(0)
}
