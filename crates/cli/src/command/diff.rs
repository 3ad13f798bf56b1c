//! `lumen diff`

use crate::args::DiffOptions;
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn diff(options: &DiffOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let project = Project::find();
    let (a, b) = match (&options.a, &options.b) {
        (Some(a), b) => (project.run(Some(a))?, project.run(b.as_deref())?),
        (None, _) => {
            let newest = project.run(None)?;
            let document = newest.history()?.start.document;
            match project.last_of(&document, Some(newest.number), false)? {
                Some((before, _)) => (before, newest),
                None => {
                    return Err(Failure::usage("there is only one run of this document")
                        .code("E0703")
                        .help("Change something and run it again."));
                }
            }
        }
    };
    let diff = recorder::diff::diff(&a.history()?, &b.history()?)?;
    if options.json {
        terminal.out(&format!("{:#}\n", diff.json()));
    } else {
        terminal.tell(&format!("{} -> {}\n", a.name, b.name));
        for line in diff.lines(terminal.width) {
            terminal.tell(&format!("{}\n", clean(&line)));
        }
    }
    Ok(u8::from(!diff.is_empty()))
}
