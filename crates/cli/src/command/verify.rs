//! `lumen verify`

use std::path::Path;
use std::sync::Arc;

use recorder::bundle;
use recorder::verify::{self, Verdict};
use recorder::world::Silent;
use report::format::counted;

use crate::args::VerifyOptions;
use crate::command::{record, repair};
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};
use crate::{workers, world};

pub fn verify(options: &VerifyOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    let verdict = verdict(options.target.as_deref(), options.reexecute_python)?;
    show(&verdict, options.json, terminal);
    Ok(verdict.exit_code())
}

/// Replays a run or bundle, by default the last run, and compares; the code of its Python cells too where asked.
///
/// # Errors
/// A run that is not there or did not end; damage.
pub fn verdict(target: Option<&str>, reexecute_python: bool) -> Result<Verdict, Failure> {
    let mut from_disk = |path: &str| {
        let path = Path::new(path);
        if path.is_file() { world::read(path).map(Some) } else { Ok(None) }
    };
    let python = reexecute_python.then(world::python);
    let verdict = match target.filter(|p| Path::new(p).is_file()) {
        Some(path) => {
            let bytes = world::read_named(path)?;
            let bundle = bundle::unpack(&bytes).map_err(|error| {
                let failure = Failure::from(error);
                let failure = Failure { message: format!("`{path}`: {}", failure.message), ..failure };
                match repair::advice(Path::new(path)) {
                    Some(advice) => failure.help(advice),
                    None => failure,
                }
            })?;
            let beside =
                |name: &str| bundle.beside.iter().find(|(n, _)| n == name).map(|(_, b)| b.as_slice());
            let (html, json) = (beside("report.html"), beside("run.json"));
            let store = Arc::new(bundle.store);
            verify::verify_with(store, None, html, json, python.as_ref(), &mut record::again, &mut Silent)?
        }
        None => {
            let folder = Project::find().run(target)?;
            let (html, json) = (folder.beside("report.html")?, folder.beside("run.json")?);
            let (html, json) = (html.as_deref(), json.as_deref());
            let (store, inputs) = (folder.vfs(), Some(&mut from_disk as &mut verify::ReadFile<'_>));
            let python = python.as_ref();
            verify::verify_with(store, inputs, html, json, python, &mut record::again, &mut Silent)?
        }
    };
    Ok(verdict)
}

fn show(verdict: &Verdict, json: bool, terminal: &Terminal) {
    if json {
        terminal.out(&format!("{:#}\n", verdict.json()));
        return;
    }
    for difference in &verdict.differences {
        terminal.tell(&format!("{}\n", clean(difference)));
    }
    if let Some(cells) = verdict.python_cells {
        terminal.say(&format!("Ran again: {}.", counted(cells, "Python cell")));
    }
    if verdict.inputs_absent > 0 {
        let absent = counted(verdict.inputs_absent, "input");
        terminal.say(&format!("Not on this machine, and taken from the log: {absent}."));
    }
    if !verdict.unrecorded.is_empty() {
        let list = verdict.unrecorded.join(", ");
        terminal.say(&format!("Not recorded, and done again by the replay: {list}."));
    }
    terminal.tell(&format!("{}\n", verdict.sentence()));
}
