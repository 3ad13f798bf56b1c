//! A run from what is asked to what is kept of it, whoever asks: a person at the command line or a client of
//! `lumen serve`.

use recorder::history::History;
use recorder::program::{Loader, Program, Settings, compile};
use recorder::run::{self, Finished, Request};
use recorder::state::inherit::Parent;
use recorder::world::{Observer, World};
use syntax::Diagnostic;

use crate::project::{Project, RunFolder, options};
use crate::terminal::Failure;
use crate::world::Files;

/// What is to be run, and how.
#[derive(Debug)]
pub struct Asked {
    pub file: String,
    /// The text of a program that is no file.
    pub written: Option<String>,
    pub request: Request,
    /// Compute everything anew.
    pub fresh: bool,
    /// Keep nothing.
    pub no_record: bool,
}

impl Asked {
    /// The program, with what is wrong with it.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn program(&self) -> Result<Program, Failure> {
        let settings = Settings {
            strict: self.request.strict,
            inputs: self.request.inputs.clone(),
            grants: self.request.grants.clone(),
            runs: true,
            ..Settings::default()
        };
        Ok(match &self.written {
            None => compile(&self.file, &mut Files, &settings)?,
            Some(text) => compile(&self.file, &mut Written { file: &self.file, text }, &settings)?,
        })
    }

    /// Finds what the run begins with: the run before, whose state is taken over whatever is computed anew.
    ///
    /// # Errors
    /// A run before whose state is needed and cannot be read; a cell that cannot be called.
    pub fn ready<'a>(&'a self, program: &'a Program) -> Result<Ready<'a>, Failure> {
        recorder::run::check_cell(program, &self.request)?;
        let project = Project::find();
        let sites = program.code.as_ref().map_or(&[][..], |code| &code.module().sites);
        let has_state = sites.iter().any(|site| site.name.starts_with("state."));
        let is_apart = (self.no_record || self.fresh && project.keeps_nothing(&self.file)?) && !has_state;
        let before = match is_apart {
            true => None,
            false => project.last_of(&self.file, None, has_state)?,
        };
        Ok(Ready { asked: self, program, project, before })
    }
}

/// A program that is no file, beside the files that it names.
struct Written<'a> {
    file: &'a str,
    text: &'a str,
}

impl Loader for Written<'_> {
    fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match path == self.file {
            true => Ok(Some(self.text.as_bytes().to_vec())),
            false => Files.load(path),
        }
    }

    fn exists(&mut self, path: &str) -> bool {
        path == self.file || Files.exists(path)
    }
}

/// A run that can begin.
pub struct Ready<'a> {
    asked: &'a Asked,
    program: &'a Program,
    project: Project,
    before: Option<(RunFolder, History)>,
}

impl Ready<'_> {
    fn parent(&self) -> Result<Option<Parent>, Failure> {
        let before = self.before.as_ref();
        Ok(before.map(|(run, history)| Parent::of(&run.name, history)).transpose()?)
    }

    /// Runs it without a log.
    ///
    /// # Errors
    /// As [`run::unrecorded`].
    pub fn unrecorded(
        &self,
        world: &mut dyn World,
        observer: &mut dyn Observer,
    ) -> Result<Finished, Failure> {
        let parent = self.parent()?;
        Ok(run::unrecorded(self.program, &self.asked.request, parent.as_ref(), world, observer)?)
    }

    /// Makes the folder of the run.
    ///
    /// # Errors
    /// As [`Project::new_run`].
    pub fn folder(&self) -> Result<RunFolder, Failure> {
        self.project.new_run(&run::run_id(self.program, &self.asked.request))
    }

    /// Runs it into its folder, and keeps what stands beside the log.
    ///
    /// # Errors
    /// As [`run::start`] and [`RunFolder::keep`].
    pub fn recorded(
        &self,
        folder: &RunFolder,
        world: &mut dyn World,
        observer: &mut dyn Observer,
    ) -> Result<Finished, Failure> {
        let parent = self.parent()?;
        let earlier = self
            .before
            .as_ref()
            .filter(|(_, history)| !self.asked.fresh && history.start.engine == run::ENGINE)
            .map(|(folder, history)| (folder.name.as_str(), history));
        let ending = run::start(
            self.program,
            &self.asked.request,
            folder.new_vfs(),
            options(),
            earlier,
            parent.as_ref(),
            world,
            observer,
        )?;
        folder.keep(ending)
    }
}

/// Whether there is something to resume.
///
/// # Errors
/// A run that came to its end; what its log cannot be read for.
pub fn expect_open(folder: &RunFolder) -> Result<(), Failure> {
    if folder.check_pin()?
        && let Some(end) = folder.history()?.end
    {
        return Err(Failure::usage(format!("the run is already {}", end.status))
            .code("E0704")
            .help("`lumen run` starts a new one."));
    }
    Ok(())
}

/// Goes on with a run that was killed or ended early.
///
/// # Errors
/// As [`run::resume`] and [`RunFolder::keep`].
pub fn resume(
    folder: &RunFolder,
    repeat: bool,
    world: &mut dyn World,
    observer: &mut dyn Observer,
) -> Result<Finished, Failure> {
    let ending = run::resume(folder.vfs(), repeat, options(), world, observer)?;
    folder.keep(ending)
}

/// The exit code that a run's end means.
pub fn exit_code(finished: &Finished) -> u8 {
    match &finished.outcome.fault {
        None => 0,
        Some((_, fault)) => match fault.kind {
            vm::FaultKind::Exit(code) => u8::try_from(code).unwrap_or(6),
            vm::FaultKind::Effect if matches!(fault.code.as_str(), "R0106" | "R0907") => 7,
            vm::FaultKind::Internal => 5,
            _ => 6,
        },
    }
}

/// What a program that runs gave otherwise than its output fences say.
pub fn differences(finished: &Finished) -> Vec<Diagnostic> {
    finished.differences.iter().map(recorder::fence::Difference::diagnostic).collect()
}
