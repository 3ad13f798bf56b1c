//! `lumen why`

use crate::args::WhyOptions;
use crate::project::Project;
use crate::terminal::{Failure, Terminal, clean};

pub fn why(options: &WhyOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let history = Project::find().run(options.run.as_deref())?.history()?;
    let why = recorder::why::why(&history, &options.name)?;
    if options.json {
        terminal.out(&format!("{:#}\n", why.json()));
        return Ok(0);
    }
    for line in why.lines(terminal.width) {
        terminal.out(&format!("{}\n", clean(&line)));
    }
    Ok(0)
}
