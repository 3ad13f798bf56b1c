//! `lumen why`

use crate::args::WhyOptions;
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn why(options: &WhyOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let project = Project::find();
    let history = project.run(options.run.as_deref())?.history()?;
    let why = match recorder::why::why(&history, &options.name) {
        Ok(why) => why,
        Err(unknown) if unknown.explained_as() == "E0705" => {
            return match recorder::state::tell::why(&history, &options.name)? {
                Some(why) => entry(why, &options.name, &project, options.json, terminal),
                None => Err(unknown.into()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    if options.json {
        terminal.out(&format!("{:#}\n", why.json()));
        return Ok(0);
    }
    for line in why.lines(terminal.width) {
        terminal.out(&format!("{}\n", clean(&line)));
    }
    Ok(0)
}

/// Where an entry of the state comes from: back to the run that changed it, as far as the runs before are here.
fn entry(
    mut why: recorder::state::tell::Why,
    name: &str,
    project: &Project,
    json: bool,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let mut chain = Vec::new();
    while let Some((parent, _)) = &why.parent {
        let (run, parent) = (why.run.clone(), parent.clone());
        // A parent that is not here, or cannot be read, ends the way back, and its name is shown.
        let Ok(history) = project.run(Some(&parent)).and_then(|folder| folder.history()) else { break };
        let Some(before) = recorder::state::tell::why(&history, name)? else { break };
        chain.push(run);
        why = before;
    }
    if json {
        let mut answer = why.json();
        answer["inherited_by"] = chain.into();
        terminal.out(&format!("{answer:#}\n"));
        return Ok(0);
    }
    for line in why.lines(terminal.width) {
        terminal.out(&format!("{}\n", clean(&line)));
    }
    if let [newest, ..] = chain.as_slice() {
        let runs = report::format::counted(chain.len(), "later run");
        terminal
            .out(&format!("{}\n", clean(&format!("  since    unchanged over {runs}, up to {newest:.12}"))));
    }
    Ok(0)
}
