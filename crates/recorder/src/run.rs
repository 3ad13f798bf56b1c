//! Starting, resuming and replaying a run.

use std::sync::Arc;

use bytecode::Span;
use store::{LogEnd, Options, Reader, Store};
use syntax::document::FenceKind;

use crate::door::{Door, NodeState, Prompts};
use crate::error::{Error, ErrorKind, Result};
use crate::fence::{self, Difference};
use crate::grant::Grants;
use crate::hash::{Fields, blake3_hex};
use crate::history::History;
use crate::journal::{Journal, Kept, check_retention};
use crate::page;
use crate::program::{Loader, Program, Settings, compile};
use crate::python::Pools;
use crate::record::{self, End, SourceRef, Start};
use crate::session::{Outcome, Reuse, Session};
use crate::state::State;
use crate::state::inherit::{Parent, plans};
use crate::waiting::Waiting;
use crate::world::{Observer, World};
use crate::writer::Decided;

/// Name and version of the engines: results of another one are never taken.
pub const ENGINE: &str = concat!("lumen ", env!("CARGO_PKG_VERSION"));

/// Runs a program without a log: nothing of it can be traced afterwards, and what it changes of the state is gone with
/// it. For measuring what recording costs.
///
/// # Errors
/// As [`start`].
pub fn unrecorded(
    program: &Program,
    request: &Request,
    parent: Option<&Parent>,
    world: &mut dyn World,
    observer: &mut dyn Observer,
) -> Result<Finished> {
    let start = unrecorded_start(program, request);
    let journal = Journal::nowhere();
    let state = inherit(&journal, &start, parent)?;
    drive(program, request, start, journal, state, Some(world), None, Reuse::Nothing, None, observer)?.close()
}

/// Takes over the state of the run before.
pub(crate) fn inherit(journal: &Journal, start: &Start, parent: Option<&Parent>) -> Result<State> {
    let mut state = State::default();
    for plan in parent.map(|parent| plans(&start.run, parent)).transpose()?.unwrap_or_default() {
        let Decided { outcome, state: view, past } = journal.decide(plan)?;
        if let store::Outcome::Refused { refusal, .. } = outcome {
            return Err(Error::internal(format!(
                "the state of the run before cannot be taken over: {refusal}"
            )));
        }
        state = State { view: Some(view), past: Some(past) };
    }
    Ok(state)
}

/// The start of a run that follows no other, as far as it is known without a log.
pub(crate) fn unrecorded_start(program: &Program, request: &Request) -> Start {
    Start {
        run: run_id(program, request),
        engine: ENGINE.to_string(),
        document: program.sources.first().map_or(String::new(), |s| s.name.clone()),
        sources: Vec::new(),
        inputs: request.inputs.clone(),
        grants: request.grants.clone(),
        arguments: request.arguments.clone(),
        cell: request.cell.clone(),
        seed: program.seed.unwrap_or(request.entropy),
        strict: request.strict,
        previous: None,
        script: None,
    }
}

/// What the command line says of a run.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub inputs: Vec<(String, String)>,
    pub grants: Vec<String>,
    pub arguments: Vec<String>,
    /// The cell to call instead of `main`.
    pub cell: Option<String>,
    pub strict: bool,
    /// Nodes or kinds of effects to compute anew.
    pub refresh: Vec<String>,
    pub fuel: Option<u64>,
    /// Where generators start when the document has no `seed`: fresh entropy, recorded.
    pub entropy: u64,
    /// Repeats effects whose outcome is unknown (`resume --repeat`).
    pub repeat: bool,
}

impl Request {
    fn settings(&self) -> Settings {
        Settings {
            strict: self.strict,
            inputs: self.inputs.clone(),
            grants: self.grants.clone(),
            ..Settings::default()
        }
    }
}

/// Whether a program has the cell that a request wants called.
///
/// # Errors
/// A program with statements of its own; a cell that is not there, or takes something.
pub fn check_cell(program: &Program, request: &Request) -> Result<()> {
    session(program, request, &unrecorded_start(program, request))?.entry().map(|_| ())
}

/// A run that came to its end, good or bad.
pub struct Finished {
    pub start: Start,
    pub outcome: Outcome,
    pub end: End,
    /// The report, for a document.
    pub html: Option<String>,
    /// How far the run's log goes; `None` where nothing was recorded.
    pub log: Option<LogEnd>,
    pub fault_place: Option<FaultPlace>,
    /// Fences that printed and showed something else than the output behind them says.
    pub differences: Vec<Difference>,
    /// How Python cells that a replay ran again differed from their records, in words.
    pub python_differences: Vec<String>,
}

impl Finished {
    /// `run.json`: what a program reads of a run, and what pins its log's end.
    pub fn json(&self) -> String {
        page::run_json(&self.start, &self.outcome, &self.end, self.log.as_ref())
    }
}

/// A run whose results are all there while the end of its log is on its way to the disk.
pub struct Ending {
    finished: Finished,
    journal: Journal,
}

impl Ending {
    pub(crate) fn new(finished: Finished, journal: Journal) -> Ending {
        Ending { finished, journal }
    }

    /// The report, for a document. It may be written meanwhile, and is the run's once [`Ending::close`] says so.
    pub fn html(&self) -> Option<&str> {
        self.finished.html.as_deref()
    }

    /// Waits until the run is on disk whole.
    ///
    /// # Errors
    /// The log could not be written to its end.
    pub fn close(self) -> Result<Finished> {
        let log = self.journal.close()?;
        Ok(Finished { log: log.or(self.finished.log), ..self.finished })
    }
}

/// Where a fault stands.
#[derive(Clone, Debug)]
pub struct FaultPlace {
    /// `FILE:LINE:COLUMN`
    pub place: String,
    /// The source's line, and which of its characters are at fault.
    pub line: String,
    pub marked: std::ops::Range<usize>,
}

impl FaultPlace {
    pub(crate) fn of(program: &Program, span: Span) -> Option<FaultPlace> {
        let source = program.sources.get(span.file as usize)?;
        let (line, column) = source.line_column(span.start);
        let text = source.text.lines().nth(line.checked_sub(1)?)?.to_string();
        let first = column.saturating_sub(1);
        let marked = source.text.get(span.start as usize..span.end as usize)?.lines().next();
        let length = marked.map_or(0, |text| text.chars().count());
        Some(FaultPlace {
            place: format!("{}:{line}:{column}", source.name),
            marked: first..first + length.max(1),
            line: text,
        })
    }
}

/// 128 bits over the sources, the arguments and the engine: the same work has the same name.
pub fn run_id(program: &Program, request: &Request) -> String {
    let mut fields = Fields::new("run").text(ENGINE);
    for source in &program.sources {
        fields = fields.text(&source.name).text(&source.text);
    }
    for (name, value) in &request.inputs {
        fields = fields.text(name).text(value);
    }
    for text in request.grants.iter().chain(&request.arguments).chain(&request.cell) {
        fields = fields.text(text);
    }
    format!("{:032x}", fields.number(u64::from(request.strict)).id())
}

/// Runs a program into an empty directory `store_at`, taking what it can from an earlier run, and beginning with the
/// durable state of its parent.
///
/// # Errors
/// The log cannot be written; a grant that makes no sense. A fault of the program is in [`Finished::outcome`].
/// What strikes the log's last entries is found by [`Ending::close`].
#[allow(clippy::too_many_arguments)]
pub fn start(
    program: &Program,
    request: &Request,
    store_at: Arc<dyn store::Vfs>,
    options: Options,
    earlier: Option<(&str, &History)>,
    parent: Option<&Parent>,
    world: &mut dyn World,
    observer: &mut dyn Observer,
) -> Result<Ending> {
    let journal = Journal::create(store_at, options)?;
    let mut sources = Vec::new();
    let mut blobs = Vec::new();
    for source in &program.sources {
        let kept = Kept::new("source", source.text.as_bytes().to_vec());
        sources.push(SourceRef { name: source.name.clone(), blob: kept.name() });
        blobs.push(kept);
    }
    let mut start = Start { sources, ..unrecorded_start(program, request) };
    if let Some((name, history)) = earlier {
        start.seed = program.seed.unwrap_or(history.start.seed);
        start.previous = Some(name.to_string());
    }
    // A log that holds the start holds all that was inherited: who resumes it needs no parent.
    let state = inherit(&journal, &start, parent)?;
    journal.run_entry(record::run::START, start_id(&start), 0, &start, blobs, false)?;
    let reuse = earlier.map_or(Reuse::Nothing, |(_, history)| Reuse::Earlier(history));
    drive(program, request, start, journal, state, Some(world), None, reuse, None, observer)
}

/// Goes on with a run that was killed. Completed effects and nodes are taken from its log; of a run that is complete
/// only the answers are made again, as [`restore`] does.
///
/// # Errors
/// As [`start`] and [`restore`].
pub fn resume(
    store_at: Arc<dyn store::Vfs>,
    repeat: bool,
    options: Options,
    world: &mut dyn World,
    observer: &mut dyn Observer,
) -> Result<Ending> {
    // Opening for writing settles what the killed process left behind the last sync; only then the log is whole.
    check_retention(&options)?;
    let level = options.durability;
    let store = Store::open(Arc::clone(&store_at), options)?;
    let history = &History::read(Reader::open(Arc::clone(&store_at))?)?;
    if history.start.script.is_some() {
        return Err(Error::usage(
            "a script's run cannot be gone on with: Python keeps no place to go on from",
        )
        .code("E0704")
        .help("`lumen record` runs the script anew."));
    }
    if history.end.is_some() {
        // What is pinned is the log's end, so it has to be on disk.
        store.close()?;
        let finished = restore(store_at, observer)?
            .ok_or_else(|| Error::internal("a run lost its end when its log was opened"))?;
        return Ok(Ending { finished, journal: Journal::nowhere() });
    }
    let program = recorded_program(history)?;
    let request = Request { repeat, ..recorded_request(history) };
    let journal = Journal::go_on(store, level, history)?;
    let (start, state) = (history.start.clone(), inherited(history)?);
    drive(
        &program,
        &request,
        start,
        journal,
        state,
        Some(world),
        Some(history),
        Reuse::Own(history),
        None,
        observer,
    )
}

/// The state that a recorded run began with.
fn inherited(history: &History) -> Result<State> {
    let mut state = State::default();
    if history.inherited_seq > 0 {
        state.follow(&history.past(), history.inherited_seq)?;
    }
    Ok(state)
}

/// Recomputes a recorded run with its effects answered from its log.
///
/// # Errors
/// The log cannot be read; its program does not check any more.
pub fn replay(history: &History, observer: &mut dyn Observer) -> Result<Finished> {
    replay_with(history, None, observer)
}

/// The same, and the code of Python cells runs once more: how that differs is in [`Finished::python_differences`].
///
/// # Errors
/// As [`replay`].
pub fn replay_with(
    history: &History,
    python: Option<&Arc<Pools>>,
    observer: &mut dyn Observer,
) -> Result<Finished> {
    let program = recorded_program(history)?;
    let request = recorded_request(history);
    let (start, state) = (history.start.clone(), inherited(history)?);
    let journal = Journal::nowhere();
    let python = python.map(Arc::clone);
    drive(&program, &request, start, journal, state, None, Some(history), Reuse::Nothing, python, observer)?
        .close()
}

/// What stands beside the log of a complete run, made anew from the log: a run that was killed after its end, or on
/// a full disk, may lack it. `None` for a run that is not complete.
///
/// # Errors
/// As [`replay`]; `Different` when the report does not come out as the one whose hash the log holds.
pub fn restore(store_at: Arc<dyn store::Vfs>, observer: &mut dyn Observer) -> Result<Option<Finished>> {
    let log = store::verify(&*store_at)?.end;
    let history = History::read(Reader::open(store_at)?)?;
    let Some(end) = &history.end else { return Ok(None) };
    let finished = replay(&history, observer)?;
    if finished.end.report_hash != end.report_hash {
        return Err(Error::new(ErrorKind::Different, "the report does not come out as it was recorded")
            .help("`lumen verify` says what differs."));
    }
    Ok(Some(Finished { end: end.clone(), log: Some(log), ..finished }))
}

fn recorded_request(history: &History) -> Request {
    let start = &history.start;
    Request {
        inputs: start.inputs.clone(),
        grants: start.grants.clone(),
        arguments: start.arguments.clone(),
        cell: start.cell.clone(),
        strict: start.strict,
        entropy: start.seed,
        ..Request::default()
    }
}

/// The program that a run was made of, from its own log.
///
/// # Errors
/// A source's blob is damaged; the program does not check with this release.
pub fn recorded_program(history: &History) -> Result<Program> {
    if history.start.script.is_some() {
        return Err(Error::usage("this run is a script's, and has no program of the language").code("E0704"));
    }
    struct Recorded<'a>(&'a History);
    impl Loader for Recorded<'_> {
        fn load(&mut self, path: &str) -> std::result::Result<Option<Vec<u8>>, String> {
            match self.0.start.sources.iter().any(|s| s.name == path) {
                true => self.0.source(path).map(|text| Some(text.into_bytes())).map_err(|e| e.to_string()),
                false => Ok(None),
            }
        }
    }
    let program =
        compile(&history.start.document, &mut Recorded(history), &recorded_request(history).settings())?;
    match program.diagnostics.iter().find(|d| d.is_error()) {
        Some(fault) => Err(Error::new(
            ErrorKind::Different,
            format!("the recorded program does not check with {ENGINE}: {} {}", fault.code, fault.message),
        )
        .help(format!("It was recorded with {}.", history.start.engine))),
        None => Ok(program),
    }
}

pub(crate) fn start_id(start: &Start) -> u128 {
    Fields::new("start").text(&start.run).id()
}

#[allow(clippy::too_many_arguments)]
fn drive<'a>(
    program: &'a Program,
    request: &Request,
    start: Start,
    journal: Journal,
    state: State,
    world: Option<&'a mut dyn World>,
    recording: Option<&'a History>,
    reuse: Reuse<'a>,
    python_again: Option<Arc<Pools>>,
    observer: &'a mut dyn Observer,
) -> Result<Ending> {
    let session = session(program, request, &start)?;
    let mut door = door(program, request, &start, journal, world, recording, observer)?;
    door.state = state;
    if let Reuse::Earlier(earlier) = reuse {
        door.prompts = Prompts::after(Some(earlier), &request.refresh);
    }
    door.python_again = python_again;
    let mut outcome = session.run(&mut door, reuse)?;
    let replayed = door.world.is_none();
    if let (true, Some(history)) = (replayed, recording) {
        // Where an entry stands and whether its values were taken is no result: a replay repeats what the log says,
        // so that its report and `run.json` are those of the run.
        for (node, (seq, record)) in outcome.nodes.iter_mut().zip(&history.nodes) {
            node.seq = *seq;
            node.record.recorded = record.recorded;
        }
    }
    let html = match &program.document {
        Some(document) => {
            Some(report::html::html(&page::page(program, document, &start, &outcome, &door.effects)))
        }
        None => None,
    };
    let report_hash = html.as_ref().map(|html| blake3_hex(html.as_bytes()));
    let end = session.end(&outcome, report_hash);
    if !replayed {
        let id = Fields::new("end").text(&start.run).id();
        door.journal.run_entry(record::run::END, id, door.start_id, &end, Vec::new(), false)?;
        door.journal.end();
    }
    let fault_place =
        outcome.fault.as_ref().and_then(|(_, fault)| fault.span).and_then(|s| FaultPlace::of(program, s));
    let differences = fence::differences(program, &outcome);
    let python_differences = std::mem::take(&mut door.differences);
    let finished =
        Finished { start, outcome, end, html, log: None, fault_place, differences, python_differences };
    Ok(Ending { finished, journal: door.journal })
}

/// The line of the document for one of a Python cell, or of one of the preludes before it.
fn python_line(program: &Program, cell: Span, prelude: Option<usize>, line: u32) -> Option<Span> {
    let source = program.sources.get(cell.file as usize)?;
    let fences = program.document.as_ref().map_or(&[][..], |document| &document.fences);
    let fence = match prelude {
        Some(place) => fences.iter().filter(|fence| fence.kind == FenceKind::Prelude).nth(place)?,
        None => {
            fences.iter().find(|fence| fence.code.start == cell.start && fence.kind == FenceKind::Python)?
        }
    };
    let (first, _) = source.line_column(fence.span.start);
    let number = first.checked_add(line as usize)?.checked_sub(1)?;
    let mut start = 0;
    for (at, text) in source.text.split_inclusive('\n').enumerate() {
        if at == number {
            let shown = text.trim_end();
            let blanks = shown.len() - shown.trim_start().len();
            let (start, end) = (start + blanks, start + shown.len());
            return Some(Span { file: cell.file, start: start as u32, end: end as u32 });
        }
        start += text.len();
    }
    None
}

pub(crate) fn session<'a>(program: &'a Program, request: &Request, start: &Start) -> Result<Session<'a>> {
    let Some(code) = &program.code else { return Err(Error::internal("a program with errors was run")) };
    Ok(Session {
        program,
        code,
        engine: start.engine.clone(),
        refresh: request.refresh.clone(),
        fuel: request.fuel,
        cell: start.cell.clone(),
    })
}

pub(crate) fn door<'a>(
    program: &'a Program,
    request: &Request,
    start: &Start,
    journal: Journal,
    world: Option<&'a mut dyn World>,
    recording: Option<&'a History>,
    observer: &'a mut dyn Observer,
) -> Result<Door<'a>> {
    let source = program.sources.first().cloned().unwrap_or_else(|| syntax::Source::new("", ""));
    Ok(Door {
        journal,
        world,
        recording,
        cassette: None,
        observer,
        grants: Grants::of(program)?,
        tools: program.tools.clone(),
        cell_tools: Arc::new(crate::python::tools(&program.checked.tools)),
        folder: program.folder(),
        run: start.run.clone(),
        start_id: start_id(start),
        seed: start.seed,
        arguments: start.arguments.clone(),
        line_of: Box::new(move |span: Span| source.line_column(span.start).0 as u32),
        repeat_unknown: request.repeat,
        node: NodeState::default(),
        state: State::default(),
        author: start.document.clone(),
        waiting: Waiting::default(),
        effects: Vec::new(),
        python_again: None,
        differences: Vec::new(),
        python_line: Box::new(move |cell, prelude, line| python_line(program, cell, prelude, line)),
        broken: None,
        prompts: Prompts::default(),
    })
}
