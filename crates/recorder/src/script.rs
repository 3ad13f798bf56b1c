//! Python scripts: what the process that runs one says of its calls, files and results, in a log like any run's.
//!
//! The process (`python -m lumen.record`) talks in lines of JSON over two streams: it asks for every file that the
//! script's engine reads and hands over every one that it writes, and tells what each call and each statement gave, by
//! type and digest. So a script's log has the effects and nodes of a document's: a node is a call of the engine or a
//! statement, named by what it binds and its line, `joined@12`. A replay runs the script again and answers its effects
//! from the log. What the script does around the engine (files that it opens itself, clocks, the network) is not
//! carried out here; what of it can be noticed stands in the log as an effect `unrecorded`. Start reading at `said.rs`.

mod log;
mod said;

use std::sync::Arc;

use store::Options;

pub use log::{Files, OsError};
pub use said::Talk;

use crate::error::{Error, ErrorKind, Result};
use crate::hash::Fields;
use crate::history::History;
use crate::journal::{Journal, Kept};
use crate::record::{self, SourceRef, Start};
use crate::run::{ENGINE, Ending, Finished, start_id};
use crate::world::Observer;
use log::{Log, Outside};

/// A script that is to be run.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its path, as the user gave it.
    pub path: String,
    pub text: String,
    pub arguments: Vec<String>,
}

/// Replays a script's run: starts a process that runs it and calls [`replay`].
pub type Again<'a> = dyn FnMut(&History, &mut dyn Observer) -> Result<Finished> + 'a;

/// For where no interpreter can be started.
///
/// # Errors
/// Always, `Usage`.
pub fn unable(_: &History, _: &mut dyn Observer) -> Result<Finished> {
    Err(Error::usage("this run is a script's, and nothing here runs Python").code("E0704"))
}

impl Script {
    /// The script of a recorded run.
    ///
    /// # Errors
    /// Its text is damaged.
    pub fn recorded(history: &History) -> Result<Script> {
        Ok(Script {
            path: history.start.document.clone(),
            text: history.source(&history.start.document)?,
            arguments: history.start.arguments.clone(),
        })
    }

    /// 128 bits over the script, its arguments and what runs it.
    pub fn run_id(&self, interpreter: &str) -> String {
        let fields = Fields::new("script").text(ENGINE).text(interpreter).text(&self.path).text(&self.text);
        let fields = self.arguments.iter().fold(fields, |fields, argument| fields.text(argument));
        format!("{:032x}", fields.id())
    }

    fn start(&self, interpreter: &str) -> Start {
        Start {
            run: self.run_id(interpreter),
            engine: ENGINE.to_string(),
            document: self.path.clone(),
            sources: Vec::new(),
            inputs: Vec::new(),
            grants: Vec::new(),
            arguments: self.arguments.clone(),
            cell: None,
            seed: 0,
            strict: false,
            previous: None,
            script: Some(interpreter.to_string()),
        }
    }
}

/// Follows a process that runs a script, carries its effects out, and writes a run's log into the empty directory
/// `store_at`. `interpreter` is what [`Talk::hello`] gave.
///
/// # Errors
/// The log cannot be written; the process says what it must not. What the script raised is in the outcome.
pub fn record(
    script: &Script,
    interpreter: &str,
    talk: &mut Talk<'_>,
    store_at: Arc<dyn store::Vfs>,
    options: Options,
    files: &mut dyn Files,
    observer: &mut dyn Observer,
) -> Result<Ending> {
    let journal = Journal::create(store_at, options)?;
    let mut start = script.start(interpreter);
    let kept = Kept::new("source", script.text.as_bytes().to_vec());
    start.sources.push(SourceRef { name: script.path.clone(), blob: kept.name() });
    journal.run_entry(record::run::START, start_id(&start), 0, &start, vec![kept], false)?;
    talk.give(&script.text)?;
    let mut log = Log::new(journal, &start, Outside::World(files), observer);
    log.follow(talk)?;
    log.end(start, &script.text)
}

/// Follows a process that runs a recorded script once more, and answers its effects from the log.
///
/// # Errors
/// `Different` where the script asks for something else than it did; the log cannot be read.
pub fn replay(history: &History, talk: &mut Talk<'_>, observer: &mut dyn Observer) -> Result<Finished> {
    let interpreter = talk.hello()?;
    let recorded = history.start.script.as_deref().unwrap_or_default();
    if interpreter != recorded {
        let what = format!("the interpreter: recorded with {recorded}, replayed with {interpreter}");
        return Err(Error::new(ErrorKind::Different, what));
    }
    let (start, text) = (history.start.clone(), history.source(&history.start.document)?);
    talk.give(&text)?;
    let mut log = Log::new(Journal::nowhere(), &start, Outside::Log(history), observer);
    log.follow(talk)?;
    log.end(start, &text)?.close()
}

/// The name that a script's value is bound to, `joined` of `joined@31`; none for what a call gave.
pub fn plain(name: &str) -> Option<&str> {
    let (plain, place) = name.split_once('@')?;
    (!plain.contains('.') && place.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')).then_some(plain)
}

/// The last binding of a name in a script's run: `joined@31` for `joined`.
pub(crate) fn last_of<'h>(history: &'h History, name: &str) -> Option<&'h str> {
    history.start.script.as_ref()?;
    let values = history.nodes.iter().rev().flat_map(|(_, node)| &node.values);
    let mut names = values.map(|value| value.name.as_str());
    names.find(|bound| plain(bound) == Some(name))
}
