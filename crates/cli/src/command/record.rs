//! `lumen record`: a plain Python script under the recorder.

use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use recorder::error::ErrorKind;
use recorder::history::History;
use recorder::run::Finished;
use recorder::script::{self, Files, OsError, Script, Talk};
use recorder::world::Observer;

use crate::args::RecordOptions;
use crate::command::run::{Watcher, conclude};
use crate::neighbour::Neighbour;
use crate::project::{Project, options as log_options};
use crate::terminal::{Failure, Terminal, reason};
use crate::workers;
use crate::world;

/// The process that runs a script; killed when it is dropped before its end.
struct Interpreter {
    child: Child,
    program: String,
}

impl Interpreter {
    /// Starts it for a script. Texts are hashed alike in every process, so that sets have one order.
    fn start(python: Option<&str>, script: &Script) -> Result<Interpreter, recorder::Error> {
        let program = python.map_or_else(world::python_name, str::to_string);
        let mut command = Command::new(&program);
        command.args(["-X", "utf8", "-m", "lumen.record", &script.path]).args(&script.arguments);
        command.env("PYTHONHASHSEED", "0").stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().map_err(|error| {
            let what = format!("cannot start `{program}`: {}", reason(&error));
            recorder::Error::new(ErrorKind::Usage, what)
                .code("R0714")
                .help("Name a Python that has the package `lumen`, with --python or LUMEN_PYTHON.")
        })?;
        Ok(Interpreter { child, program })
    }

    /// Talks with it until `work` is done.
    fn talk<T, E: From<recorder::Error>>(
        mut self,
        work: impl FnOnce(&mut Talk<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (Some(to), Some(from)) = (self.child.stdin.take(), self.child.stdout.take()) else {
            return Err(recorder::Error::internal(format!("`{}` has no streams", self.program)).into());
        };
        let (mut from, mut to) = (BufReader::new(from), BufWriter::new(to));
        let done = work(&mut Talk::new(&mut from, &mut to))?;
        // It has said its end; what its interpreter still has to clear away is waited for.
        drop((from, to));
        let _ = self.child.wait();
        Ok(done)
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The file system as Python sees it.
struct Disk;

fn os_error(error: &std::io::Error) -> OsError {
    /// EIO, where the system gave no number.
    const OTHER: i32 = 5;
    OsError { errno: error.raw_os_error().unwrap_or(OTHER), message: reason(error) }
}

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, OsError> {
        std::fs::read(path).map_err(|error| os_error(&error))
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), OsError> {
        Neighbour::write(Path::new(path), bytes)
            .and_then(Neighbour::take_place)
            .map_err(|error| os_error(&error))
    }
}

pub fn record(options: &RecordOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    let bytes = world::read_named(&options.script)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("`{}` is not UTF-8", options.script)).code("E0701"))?;
    let script = Script { path: options.script.clone(), text, arguments: options.arguments.clone() };
    let project = Project::find();
    let mut watcher = Watcher::new(terminal, options.json);
    let interpreter = Interpreter::start(options.python.as_deref(), &script)?;
    let (ending, folder) = interpreter.talk(|talk| -> Result<_, Failure> {
        let ran_by = talk.hello()?;
        let folder = project.new_run(&script.run_id(&ran_by))?;
        let store = folder.new_vfs();
        let ending = script::record(&script, &ran_by, talk, store, log_options(), &mut Disk, &mut watcher)?;
        Ok((ending, folder))
    })?;
    let finished = folder.keep(ending)?;
    Ok(conclude(&finished, Some(&folder), terminal, options.json, false))
}

/// Runs a recorded script once more, its effects answered from the log.
///
/// # Errors
/// As [`script::replay`]; an interpreter that does not start.
pub fn again(history: &History, observer: &mut dyn Observer) -> Result<Finished, recorder::Error> {
    let script = Script::recorded(history)?;
    Interpreter::start(None, &script)?.talk(|talk| script::replay(history, talk, observer))
}
