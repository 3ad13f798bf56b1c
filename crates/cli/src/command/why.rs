//! `lumen why`

use recorder::state::tell;
use serde_json::Value;

use crate::args::WhyOptions;
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn why(options: &WhyOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let answer = Answer::find(options.run.as_deref(), &options.name)?;
    if options.json {
        terminal.out(&format!("{:#}\n", answer.json()));
        return Ok(0);
    }
    for line in answer.lines(terminal.width) {
        terminal.tell(&format!("{}\n", clean(&line)));
    }
    Ok(0)
}

/// Where something comes from.
pub enum Answer {
    Result(recorder::why::Why),
    /// An entry of the state, and the later runs over which it is unchanged, newest first.
    Entry(tell::Why, Vec<String>),
}

impl Answer {
    /// Asks a run, by default the last one.
    ///
    /// # Errors
    /// A run or name that is not there; a log that cannot be read.
    pub fn find(run: Option<&str>, name: &str) -> Result<Answer, Failure> {
        let project = Project::find();
        let history = project.run(run)?.history()?;
        match recorder::why::why(&history, name) {
            Ok(why) => Ok(Answer::Result(why)),
            Err(unknown) if unknown.explained_as() == "E0705" => match tell::why(&history, name)? {
                Some(why) => Answer::entry(why, name, &project),
                None => Err(unknown.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Where an entry of the state comes from: back to the run that changed it, as far as the runs before are here.
    fn entry(mut why: tell::Why, name: &str, project: &Project) -> Result<Answer, Failure> {
        let mut chain = Vec::new();
        while let Some((parent, _)) = &why.parent {
            let (run, parent) = (why.run.clone(), parent.clone());
            // A parent that is not here, or cannot be read, ends the way back, and its name is shown.
            let Ok(history) = project.run(Some(&parent)).and_then(|folder| folder.history()) else { break };
            let Some(before) = tell::why(&history, name)? else { break };
            chain.push(run);
            why = before;
        }
        Ok(Answer::Entry(why, chain))
    }

    pub fn json(&self) -> Value {
        match self {
            Answer::Result(why) => why.json(),
            Answer::Entry(why, chain) => {
                let mut answer = why.json();
                answer["inherited_by"] = chain.clone().into();
                answer
            }
        }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        match self {
            Answer::Result(why) => why.lines(width),
            Answer::Entry(why, chain) => {
                let mut lines = why.lines(width);
                if let [newest, ..] = chain.as_slice() {
                    let runs = report::format::counted(chain.len(), "later run");
                    lines.push(format!("  since    unchanged over {runs}, up to {newest:.12}"));
                }
                lines
            }
        }
    }
}
