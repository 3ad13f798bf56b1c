//! `lumen run` and `lumen resume`.

use std::path::Path;
use std::time::Instant;

use anstyle::AnsiColor;
use recorder::fence::Difference;
use recorder::program::Program;
use recorder::run::{FaultPlace, Finished, Request};
use recorder::session::NodeOutcome;
use recorder::why::cut;
use recorder::world::{NodeNews, Observer};
use report::format::counted;

use crate::args::{ResumeOptions, RunOptions};
use crate::bind;
use crate::execution::{self, Asked};
use crate::models;
use crate::project::{Project, RunFolder};
use crate::terminal::{Failure, Terminal, clean};
use crate::workers;
use crate::world::{self, System, fresh_entropy};

pub fn run(options: &RunOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    let inputs = options.inputs.iter().map(|i| split_input(i)).collect::<Result<Vec<_>, _>>()?;
    let asked = Asked {
        file: options.file.clone(),
        written: None,
        request: Request {
            inputs,
            grants: options.grants.clone(),
            arguments: options.arguments.clone(),
            cell: options.cell.clone(),
            strict: options.strict,
            refresh: options.refresh.clone(),
            fuel: options.fuel,
            entropy: fresh_entropy(),
            repeat: false,
        },
        fresh: options.fresh,
        no_record: options.no_record,
    };
    let mut program = asked.program()?;
    bind::offer(&options.file, &program.sources, &mut program.diagnostics);
    if !report_diagnostics(&program, terminal) {
        return Ok(1);
    }
    let mut system = System::new().answering(models::of(&program, &options.models)?);
    let mut watcher = Watcher::new(terminal, options.json);
    let ready = asked.ready(&program)?;
    let (finished, folder) = if options.no_record {
        (ready.unrecorded(&mut system, &mut watcher)?, None)
    } else {
        let folder = ready.folder()?;
        (ready.recorded(&folder, &mut system, &mut watcher)?, Some(folder))
    };
    let code = conclude(&finished, folder.as_ref(), terminal, options.json, options.print_result);
    Ok(code.max(hold_outputs(&program, &finished, options.update, terminal)?))
}

/// Shows fences that gave something else than the output behind them says, or rewrites that output. Gives 1 if a
/// difference is left.
fn hold_outputs(
    program: &Program,
    finished: &Finished,
    update: bool,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let (Some(source), false) = (program.sources.first(), finished.differences.is_empty()) else {
        return Ok(0);
    };
    if update {
        update_outputs(source, &finished.differences, terminal)?;
        return Ok(0);
    }
    let found = execution::differences(finished);
    let text = syntax::render::terminal(&found, &program.sources, terminal.color_err, terminal.width);
    terminal.say(&format!("\n{}", text.trim_end()));
    Ok(1)
}

/// Rewrites output fences, last first so that places hold.
pub fn update_outputs(
    source: &syntax::Source,
    differences: &[Difference],
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut text = source.text.clone();
    for difference in differences.iter().rev() {
        let edit = difference.edit(&source.text);
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    world::save(Path::new(&source.name), text.as_bytes())?;
    terminal.say(&format!("Updated {} in {}.", counted(differences.len(), "output fence"), source.name));
    Ok(())
}

pub fn resume(request: &ResumeOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&request.threads)?;
    let project = Project::find();
    let folder = project.run(request.run.as_deref())?;
    execution::expect_open(&folder)?;
    let program = recorder::run::recorded_program(&folder.history()?)?;
    let mut system = System::new().answering(models::of(&program, &request.models)?);
    let mut watcher = Watcher::new(terminal, request.json);
    let finished = execution::resume(&folder, request.repeat, &mut system, &mut watcher)?;
    Ok(conclude(&finished, Some(&folder), terminal, request.json, false))
}

fn split_input(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_string(), value.to_string())),
        None => Err(Failure::usage(format!("--input expects NAME=VALUE, found `{text}`"))
            .code("E0702")
            .help("Such as `--input limit=200`.")),
    }
}

/// Shows what was found. False if the program cannot run.
pub fn report_diagnostics(program: &Program, terminal: &Terminal) -> bool {
    let errors = program.diagnostics.iter().filter(|d| d.is_error()).count();
    let shown: Vec<_> = program.diagnostics.iter().filter(|d| errors == 0 || d.is_error()).cloned().collect();
    if !shown.is_empty() {
        let text = syntax::render::terminal(&shown, &program.sources, terminal.color_err, terminal.width);
        terminal.say(text.trim_end());
    }
    if errors > 0 {
        terminal.say(&format!(
            "\n{}. `lumen explain {}` says more.",
            counted(errors, "error"),
            shown.first().map_or("", |d| d.code)
        ));
    }
    errors == 0
}

/// Shows how a run goes: a line a result, with its time.
pub struct Watcher<'a> {
    terminal: &'a Terminal,
    started: Instant,
    quiet: bool,
}

impl<'a> Watcher<'a> {
    #[expect(clippy::disallowed_methods, reason = "times are shown to a person and kept nowhere")]
    pub fn new(terminal: &'a Terminal, quiet: bool) -> Watcher<'a> {
        Watcher { terminal, started: Instant::now(), quiet }
    }
}

impl Observer for Watcher<'_> {
    #[expect(clippy::disallowed_methods, reason = "times are shown to a person and kept nowhere")]
    fn node_started(&mut self, name: &str, _: &str) {
        self.started = Instant::now();
        if self.terminal.color_err && !self.quiet {
            self.terminal.err(&format!("  {name} …\r"));
        }
    }

    fn node_done(&mut self, node: &NodeNews) {
        if self.quiet {
            return;
        }
        let ms = self.started.elapsed().as_secs_f64() * 1000.0;
        let status = match node.recorded {
            true => self.terminal.paint("cached", AnsiColor::Cyan),
            false => self.terminal.paint("ran   ", AnsiColor::Green),
        };
        let time = if ms < 10.0 { format!("{ms:6.1} ms") } else { format!("{ms:6.0} ms") };
        let width = self.terminal.width.saturating_sub(40).max(12);
        let summary = cut(&clean(&node.summary), width);
        self.terminal.say(&format!("  {:<18} {status} {time}  {summary}", node.name));
    }

    fn printed(&mut self, to: vm::Print, text: &str) {
        if self.quiet {
            return;
        }
        match to {
            vm::Print::Out => self.terminal.out(text),
            vm::Print::Err => self.terminal.err(text),
        }
    }
}

/// Shows tables, a plot and what to do next; gives the exit code.
pub fn conclude(
    finished: &Finished,
    folder: Option<&RunFolder>,
    terminal: &Terminal,
    json: bool,
    print_result: bool,
) -> u8 {
    if json {
        terminal.out(&finished.json());
    } else {
        let main = finished.start.cell.as_deref().unwrap_or("main");
        show_values(&finished.outcome.nodes, main, terminal, print_result);
    }
    let code = execution::exit_code(finished);
    if let Some((record, fault)) = &finished.outcome.fault
        && !matches!(fault.kind, vm::FaultKind::Exit(_))
    {
        show_fault(finished, &record.node, fault, terminal);
    }
    if json {
        return code;
    }
    if let Some(folder) = folder {
        if finished.html.is_some() {
            terminal.say(&format!("\nReport  {}", folder.shown("report.html")));
        }
        let outcome = &finished.outcome;
        let stated = outcome.numbers.iter().filter_map(|n| {
            let (expression, type_name) = (n.expression.as_str(), n.value.type_name.as_str());
            Some(Stated { expression, result: n.reads.first()?, type_name })
        });
        let results = outcome.nodes.iter().flat_map(|n| &n.record.values).map(|value| value.name.as_str());
        let suggested = match finished.start.script {
            None => suggestion(stated, results),
            // What a script binds last, by its plain name.
            Some(_) => {
                let bound = outcome.nodes.iter().rev().filter(|n| n.record.cell.starts_with("line "));
                let mut names = bound.filter_map(|n| recorder::script::plain(&n.record.values.first()?.name));
                names.find(|name| !name.starts_with('_'))
            }
        };
        if let Some(name) = suggested {
            terminal
                .say(&format!("Next    {}", terminal.paint(&format!("lumen why {name}"), AnsiColor::Cyan)));
        }
    }
    code
}

/// A number of the prose.
pub struct Stated<'a> {
    pub expression: &'a str,
    /// The first result that it reads.
    pub result: &'a str,
    pub type_name: &'a str,
}

/// The result to ask about: the one that the prose states first by its name, else the one behind its first number,
/// else the first of all.
pub fn suggestion<'a>(
    mut numbers: impl Iterator<Item = Stated<'a>> + Clone,
    mut results: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let by_name = numbers.clone().find(|n| {
        let plain = n.expression.split('|').next().unwrap_or("").trim();
        n.result == plain && matches!(n.type_name, "Float" | "Int")
    });
    by_name.or_else(|| numbers.next()).map(|n| n.result).or_else(|| results.next())
}

fn show_values(nodes: &[NodeOutcome], main: &str, terminal: &Terminal, print_result: bool) {
    let mut figures = 0;
    for node in nodes {
        let Some(value) = &node.shown else { continue };
        if value.is_null() || (node.record.name == main && !print_result) {
            continue;
        }
        let title = if node.record.reads.len() == 1 {
            node.record.reads[0].clone()
        } else {
            node.record.cell.clone()
        };
        match prelude::shown(value) {
            prelude::Shown::Table(table) => {
                terminal.out(&format!(
                    "\n{title}\n{}",
                    with_newline(report::terminal::table(&table, terminal.width, terminal.color_out))
                ));
            }
            prelude::Shown::Figure(figure) => {
                figures += 1;
                if figures == 1 {
                    terminal.out(&format!(
                        "\n{}",
                        with_newline(report::terminal::plot(&figure, terminal.width, terminal.color_out))
                    ));
                }
            }
            prelude::Shown::Text(text) => terminal.out(&format!("\n{}", with_newline(clean(&text)))),
        }
    }
    if figures > 1 {
        let stand = if figures == 2 { "stands" } else { "stand" };
        terminal.out(&format!("\n{} {stand} in the report.\n", counted(figures - 1, "more plot")));
    }
}

fn with_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Shows why a run ended, and where.
pub fn show_fault(finished: &Finished, node: &str, fault: &vm::Fault, terminal: &Terminal) {
    let label = terminal.paint(&format!("fault[{}]", fault.code), AnsiColor::Red);
    terminal.say(&format!("\n{label}: {}", clean(&fault.message)));
    if let Some(at) = finished.fault_place.as_ref() {
        terminal.say(&format!("  at {}, in `{node}`", at.place));
        terminal.say(&excerpt(at, terminal.width));
    }
    let mut cells: Vec<&str> =
        fault.stack.iter().map(|frame| frame.cell.as_str()).filter(|cell| *cell != node).collect();
    // A recursion is one line.
    cells.dedup();
    for cell in cells.iter().take(8) {
        terminal.say(&format!("  in cell `{cell}`"));
    }
    if let Some(help) = &fault.help {
        terminal.say(&format!("  {}: {}", terminal.paint("help", AnsiColor::Cyan), clean(help)));
    }
    terminal.say(&format!("  `lumen explain {}` says more.", fault.code));
}

/// The line of a fault with a mark below, cut to the width around the mark.
fn excerpt(at: &FaultPlace, width: usize) -> String {
    let room = width.saturating_sub(4).max(20);
    let left = if at.marked.end <= room { 0 } else { at.marked.start.saturating_sub(8) };
    let line: String =
        at.line.chars().skip(left).take(room).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let start = at.marked.start - left;
    let length = at.marked.len().min(room.saturating_sub(start)).max(1);
    format!("    {}\n    {}{}", clean(&line), " ".repeat(start), "^".repeat(length))
}
