//! `lumen test`

mod documented;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anstyle::AnsiColor;
use recorder::cassette::Cassette;
use recorder::program::{Program, Settings, compile};
use recorder::run::Request;
use recorder::test::{Tested, test as run_tests};
use report::format::counted;
use serde_json::{Value, json};

use super::check::{analysed, compile_whole};
use super::run::update_outputs;
use crate::args::TestOptions;
use crate::args::answer::Form;
use crate::junit::{self, Case, Suite};
use crate::project::sources;
use crate::terminal::{Failure, Terminal, clean};
use crate::world::{self, Files, System, fresh_entropy};

/// What a file's cassette is called behind the file's own name.
const CASSETTE: &str = ".cassette";

/// The code of the lint that `lumen test` says itself: such a test counts for nothing.
const VACUOUS: &str = "W0810";

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    /// Files with errors, whose tests did not run.
    faulty: usize,
    updated: usize,
    /// Tests that assert nothing.
    vacuous: usize,
}

/// What the tests of one file came to.
#[derive(Default)]
struct Report {
    counts: Counts,
    /// What a person reads.
    text: String,
    tests: Vec<Value>,
    diagnostics: Vec<Value>,
    cases: Vec<Case>,
}

/// Which tests run: the file's own, or those in its documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    Own,
    Documented,
}

pub fn test(options: &TestOptions, terminal: &Terminal) -> Result<u8, Failure> {
    run(options, Which::All, terminal)
}

/// Runs some of the tests.
pub fn run(options: &TestOptions, which: Which, terminal: &Terminal) -> Result<u8, Failure> {
    let files = sources(&options.paths)?;
    let mut counts = Counts::default();
    let (mut tests, mut diagnostics, mut suites) = (Vec::new(), Vec::new(), Vec::new());
    for (file, report) in files.iter().zip(each(&files, options, which)?) {
        counts.passed += report.counts.passed;
        counts.failed += report.counts.failed;
        counts.faulty += report.counts.faulty;
        counts.updated += report.counts.updated;
        counts.vacuous += report.counts.vacuous;
        match options.answer.form() {
            Form::Text => terminal.tell(&report.text),
            Form::Json => {
                tests.extend(report.tests);
                diagnostics.extend(report.diagnostics);
            }
            Form::Junit => suites.push(Suite { name: file.clone(), cases: report.cases }),
        }
    }
    let evaluated = counts.passed + counts.failed + counts.faulty > 0;
    match options.answer.form() {
        Form::Json => {
            let value = json!({
                "schema": "lumen.test.1", "files": files, "evaluated": evaluated,
                "passed": counts.passed, "failed": counts.failed, "faulty_files": counts.faulty,
                "updated": counts.updated, "vacuous": counts.vacuous, "tests": tests, "diagnostics": diagnostics,
            });
            terminal.out(&format!("{value:#}\n"));
        }
        Form::Junit => terminal.out(&junit::xml(&suites)),
        Form::Text => terminal.say(&sentence(&counts, files.len(), options.filter.as_deref())),
    }
    Ok(match (evaluated, counts.failed + counts.faulty) {
        (false, _) => 3,
        (true, 0) => 0,
        (true, _) => 1,
    })
}

/// Runs the tests of each file, several files at once; the reports are in the order of the files.
fn each(files: &[String], options: &TestOptions, which: Which) -> Result<Vec<Report>, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = options.jobs.map_or(cores, usize::from).clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Result<Report, Failure>>>> = files.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        let terminal = Terminal::detect();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(file), Some(place)) = (files.get(at), done.get(at)) else { return };
            let report = examine(file, options, which, &terminal);
            *place.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(report);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let spawned =
                std::thread::Builder::new().stack_size(crate::STACK_BYTES).spawn_scoped(scope, work);
            spawned.map_err(|error| Failure::io("cannot start a thread", &error))?;
        }
        Ok::<_, Failure>(())
    })?;
    let lost = || Err(Failure::new(5, "a file's tests gave no answer").code("R0999"));
    done.into_iter()
        .map(|place| {
            place.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).unwrap_or_else(lost)
        })
        .collect()
}

fn examine(file: &str, options: &TestOptions, which: Which, terminal: &Terminal) -> Result<Report, Failure> {
    let mut report = Report::default();
    let settings = Settings { strict: options.strict, ..Settings::default() };
    let program = compile_whole(file, &mut Files, &settings)?;
    if program.has_errors() {
        report.errors(file, &program, terminal);
        return Ok(report);
    }
    let request = Request { strict: options.strict, entropy: fresh_entropy(), ..Request::default() };
    let filter = options.filter.as_deref();
    let mut results = Vec::new();
    let tape = PathBuf::from(format!("{file}{CASSETTE}"));
    let known = read_cassette(&tape)?;
    let known = known.as_deref();
    let mut cassette = if options.record { Cassette::record(known)? } else { Cassette::replay(known)? };
    if which != Which::Documented {
        let program = compile(file, &mut Files, &Settings { tests: true, ..settings.clone() })?;
        let models = crate::models::of(&program, &crate::args::ModelOptions::default())?;
        let mut system = System::new().answering(models);
        results = run_tests(&program, &request, filter, &mut system, &mut cassette)?;
        if options.update {
            report.counts.updated = update(&program, &mut results, terminal)?;
        }
    }
    if which != Which::Own {
        results.extend(documented::test(&program, &request, filter, &mut cassette)?);
        results.sort_by_key(|tested| tested.span.start);
    }
    if options.record {
        keep_cassette(&tape, known, &cassette)?;
    }
    for tested in &results {
        match tested.failure {
            Some(_) => report.counts.failed += 1,
            None => report.counts.passed += 1,
        }
        report.tests.push(value(&program, file, tested));
        report.cases.push(case(tested));
        say(&program, file, tested, options.verbose, terminal, &mut report.text);
    }
    if which != Which::Documented && filter.is_none() {
        let program = compile(file, &mut Files, &Settings { tests: true, ..settings })?;
        report.vacuous(program, terminal);
    }
    Ok(report)
}

fn read_cassette(path: &Path) -> Result<Option<String>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let shown = path.display();
    let bytes = world::read(path).map_err(|why| Failure::usage(format!("cannot read `{shown}`: {why}")))?;
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| Failure::usage(format!("`{shown}` is not UTF-8")).code("E0701"))
}

/// A cassette that nothing is on is no file.
fn keep_cassette(path: &Path, known: Option<&str>, cassette: &Cassette) -> Result<(), Failure> {
    match cassette.text() {
        Some(text) if known == Some(text.as_str()) => Ok(()),
        Some(text) => world::save(path, text.as_bytes()),
        None if known.is_some() => std::fs::remove_file(path)
            .map_err(|error| Failure::io(format!("cannot remove `{}`", path.display()), &error)),
        None => Ok(()),
    }
}

impl Report {
    fn errors(&mut self, file: &str, program: &Program, terminal: &Terminal) {
        self.counts.faulty = 1;
        let errors: Vec<_> = program.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
        self.diagnostics = errors.iter().map(|d| syntax::render::json(d, &program.sources)).collect();
        self.text = syntax::render::terminal(&errors, &program.sources, terminal.color_out, terminal.width);
        let message =
            errors.first().map_or(String::new(), |first| format!("{}: {}", first.code, first.message));
        let text = syntax::render::terminal(&errors, &program.sources, false, 100);
        self.cases.push(Case { name: file.to_string(), failure: Some((message, text)) });
    }

    /// Says which tests hold nothing.
    fn vacuous(&mut self, program: Program, terminal: &Terminal) {
        let mut analysis = analysed(program);
        analysis.diagnostics.retain(|found| found.code == VACUOUS);
        let found = &analysis.diagnostics;
        self.counts.vacuous = found.len();
        self.diagnostics.extend(found.iter().map(|d| syntax::render::json(d, &analysis.sources)));
        let (color, width) = (terminal.color_out, terminal.width);
        self.text.push_str(&syntax::render::terminal(found, &analysis.sources, color, width));
    }
}

/// Rewrites the outputs that differ; such a test then passes.
fn update(program: &Program, results: &mut [Tested], terminal: &Terminal) -> Result<usize, Failure> {
    let mut differences = Vec::new();
    for tested in results.iter_mut() {
        if let Some(difference) = tested.failure.as_mut().and_then(|f| f.difference.take()) {
            differences.push(difference);
            tested.failure = None;
        }
    }
    if let (Some(source), false) = (program.sources.first(), differences.is_empty()) {
        update_outputs(source, &differences, terminal)?;
    }
    Ok(differences.len())
}

fn line(program: &Program, tested: &Tested) -> usize {
    program.sources.get(tested.span.file.0 as usize).map_or(0, |s| s.line_column(tested.span.start).0)
}

fn value(program: &Program, file: &str, tested: &Tested) -> Value {
    let failure = tested.failure.as_ref();
    json!({
        "file": file, "line": line(program, tested), "kind": tested.kind.name(), "name": tested.name,
        "passed": failure.is_none(),
        "message": failure.map(|f| &f.message), "help": failure.and_then(|f| f.help.as_ref()),
        "place": failure.and_then(|f| f.place.as_ref()),
        "printed": failure.map(|f| &f.printed),
        "expected": failure.and_then(|f| f.difference.as_ref()).map(|d| &d.expected),
        "found": failure.and_then(|f| f.difference.as_ref()).map(|d| &d.found),
    })
}

fn case(tested: &Tested) -> Case {
    let failure = tested.failure.as_ref().map(|failure| {
        let parts = [failure.place.clone(), failure.difference.as_ref().map(|d| d.diff())];
        let text: Vec<String> = parts.into_iter().flatten().chain([failure.printed.clone()]).collect();
        (failure.message.clone(), text.join("\n"))
    });
    Case { name: format!("{} {}", tested.kind.name(), tested.name), failure }
}

fn say(
    program: &Program,
    file: &str,
    tested: &Tested,
    verbose: bool,
    terminal: &Terminal,
    text: &mut String,
) {
    let title = format!("{file}:{} {} {}", line(program, tested), tested.kind.name(), clean(&tested.name));
    let Some(failure) = &tested.failure else {
        if verbose {
            text.push_str(&format!("{} {title}\n", terminal.paint_out("ok    ", AnsiColor::Green)));
        }
        return;
    };
    let mut lines = vec![
        format!("{} {title}", terminal.paint_out("FAILED", AnsiColor::Red)),
        format!("  {}", clean(&failure.message)),
    ];
    lines.extend(failure.place.iter().map(|place| format!("  at {place}")));
    if let Some(difference) = &failure.difference {
        lines.extend(difference.diff().lines().map(|l| format!("    {}", clean(l))));
    }
    if !failure.printed.is_empty() {
        lines.push("  It printed:".to_string());
        lines.extend(failure.printed.lines().map(|l| format!("    {}", clean(l))));
    }
    lines.extend(failure.help.iter().map(|help| format!("  help: {}", clean(help))));
    text.push_str(&format!("{}\n", lines.join("\n")));
}

fn sentence(counts: &Counts, files: usize, filter: Option<&str>) -> String {
    let tests = counts.passed + counts.failed;
    if tests + counts.faulty == 0 {
        return match filter {
            Some(filter) => {
                format!("Not evaluated: no test in {} has `{filter}` in its name.", counted(files, "file"))
            }
            None => format!(
                "Not evaluated: there is no test in {}. A test is a `test \"name\"` block, a cell `test_name()`, \
                 a `test` fence, an `error=CODE` fence, a fence with its `output`, or an example in a \
                 documentation block.",
                counted(files, "file")
            ),
        };
    }
    let faulty = match counts.faulty {
        0 => String::new(),
        n => format!("; {} with errors did not run", counted(n, "file")),
    };
    let vacuous = match counts.vacuous {
        0 => String::new(),
        1 => " 1 asserts nothing.".to_string(),
        n => format!(" {n} assert nothing."),
    };
    format!(
        "{} in {}: {} passed, {} failed{faulty}.{vacuous}",
        counted(tests, "test"),
        counted(files, "file"),
        counts.passed,
        counts.failed
    )
}
