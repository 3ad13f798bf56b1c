//! Lines from a person at a terminal: edited, completed, remembered.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use ide::Analysis;
use recorder::interactive::Interactive;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Helper};
use syntax::FileId;

use super::meta;
use crate::terminal::{Failure, Terminal};
use crate::world::Files;

/// Entries that are remembered from session to session.
const HISTORY_MAX: usize = 1_000;

pub struct Editor {
    lines: rustyline::Editor<Aid, FileHistory>,
    /// `None` where no home folder is known.
    history: Option<PathBuf>,
}

/// What came of asking.
pub enum Line {
    Entered(String),
    Interrupted,
    End,
}

impl Editor {
    pub fn new(program: Rc<RefCell<Interactive>>, terminal: &Terminal) -> Result<Editor, Failure> {
        let failed = |error: ReadlineError| Failure::storage(format!("cannot talk to the terminal: {error}"));
        let config = Config::builder()
            .max_history_size(HISTORY_MAX)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(failed)?
            .auto_add_history(true)
            .build();
        let mut lines = rustyline::Editor::with_config(config).map_err(failed)?;
        lines.set_helper(Some(Aid(program)));
        let history = history_file();
        // Without a file of earlier entries there are none yet.
        if let Some(path) = history.as_deref().filter(|path| path.is_file())
            && let Err(error) = lines.load_history(path)
        {
            terminal.say(&format!("The entries of earlier sessions cannot be read: {error}."));
        }
        Ok(Editor { lines, history })
    }

    pub fn line(&mut self) -> Result<Line, Failure> {
        match self.lines.readline("> ") {
            Ok(text) => Ok(Line::Entered(text)),
            Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(Failure::storage(format!("cannot read a line: {error}"))),
        }
    }

    /// Remembers what was entered.
    pub fn keep(&mut self, terminal: &Terminal) {
        let Some(path) = &self.history else { return };
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(ReadlineError::from);
        if let Err(error) = made.and_then(|()| self.lines.append_history(path)) {
            terminal.say(&format!("What was entered is not remembered: {error}."));
        }
    }
}

/// `LUMEN_HISTORY`, else a file where the system keeps such things.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("LUMEN_HISTORY").or_else(|| {
        let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
        Some(state.join("lumen/repl-history"))
    })
}

/// What is asked while a line is typed.
struct Aid(Rc<RefCell<Interactive>>);

impl Helper for Aid {}
impl Highlighter for Aid {}

impl Hinter for Aid {
    type Hint = String;
}

impl Validator for Aid {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match meta::goes_on(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Completer for Aid {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        if let Some(name) = line.get(..at).and_then(|line| line.strip_prefix(':'))
            && !name.contains(char::is_whitespace)
        {
            let found = meta::names().filter(|known| known.starts_with(name));
            return Ok((1, found.map(str::to_string).collect()));
        }
        // An expression behind a command is one of the program.
        let skipped = match line.strip_prefix(':') {
            Some(rest) => 1 + rest.find(char::is_whitespace).unwrap_or(rest.len()),
            None => 0,
        };
        let Some(text) = line.get(skipped..) else { return Ok((at, Vec::new())) };
        let sketch = self.0.borrow().sketch(text, at.saturating_sub(skipped), &mut Files);
        let Ok((program, place)) = sketch else { return Ok((at, Vec::new())) };
        let recorder::program::Program { sources, modules, document, checked, diagnostics, .. } = program;
        let analysis = Analysis::new(sources, modules, document, checked, diagnostics);
        let found = analysis.completions(FileId(0), place as u32);
        let written = found.first().map_or(0, |first| place.saturating_sub(first.replaces.start as usize));
        let start = at.saturating_sub(written);
        let begun = line.get(start..at).unwrap_or_default();
        let fits = found.into_iter().map(|found| found.label).filter(|label| label.starts_with(begun));
        Ok((start, fits.collect()))
    }
}
