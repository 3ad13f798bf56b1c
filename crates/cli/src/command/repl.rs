//! `lumen repl`: a program that is entered piece by piece.
//!
//! On a terminal lines are edited, completed and remembered; from a pipe they are read as they come. Either way a piece
//! that stops in the middle goes on with the next line, and nothing that is wrong ends the session. A person saw what was
//! wrong; who pipes lines in learns from the exit code: 6 where a piece faulted, else 1 where something was refused.

mod editor;
mod meta;

use std::cell::RefCell;
use std::io::{BufRead, IsTerminal};
use std::rc::Rc;
use std::time::Instant;

use recorder::interactive::{Entered, Interactive};
use recorder::run::Request;
use recorder::world::Observer;

use crate::args::ReplOptions;
use crate::terminal::{Failure, Terminal, clean, reason};
use crate::workers;
use crate::world::{Files, System, fresh_entropy};
use editor::{Editor, Line};
use meta::Meta;

pub fn repl(options: &ReplOptions, terminal: &Terminal) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    let request = Request {
        grants: options.grants.clone(),
        arguments: options.arguments.clone(),
        cell: None,
        strict: options.strict,
        fuel: options.fuel,
        entropy: fresh_entropy(),
        ..Request::default()
    };
    let program = Rc::new(RefCell::new(Interactive::new(request.clone(), &mut Files)?));
    let world = System::new().answering(crate::models::here()?);
    let mut session = Session { program, request, world, entered: Vec::new(), worst: 0, terminal };
    match std::io::stdin().is_terminal() && terminal.is_interactive() {
        true => session.talk(),
        false => session.read(),
    }
}

struct Session<'t> {
    program: Rc<RefCell<Interactive>>,
    request: Request,
    world: System,
    /// What was entered, commands included, the oldest first.
    entered: Vec<String>,
    /// The exit code of the gravest that was said.
    worst: u8,
    terminal: &'t Terminal,
}

/// Whether the session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Quit,
}

impl Session<'_> {
    /// Asks a person.
    fn talk(&mut self) -> Result<u8, Failure> {
        let mut editor = Editor::new(Rc::clone(&self.program), self.terminal)?;
        self.terminal.say(&format!("lumen {}. `:help` lists the commands.", env!("CARGO_PKG_VERSION")));
        loop {
            match editor.line()? {
                Line::Entered(text) => {
                    if self.take(&text)? == Next::Quit {
                        break;
                    }
                }
                // What was typed is given up.
                Line::Interrupted => {}
                Line::End => break,
            }
        }
        editor.keep(self.terminal);
        Ok(0)
    }

    /// Takes lines as they come. The program's own reading goes on behind them in the same input.
    fn read(&mut self) -> Result<u8, Failure> {
        let mut open = String::new();
        loop {
            let mut line = Vec::new();
            let read = std::io::stdin()
                .lock()
                .read_until(b'\n', &mut line)
                .map_err(|error| Failure::usage(format!("cannot read standard input: {}", reason(&error))))?;
            if read == 0 {
                // What stops in the middle is wrong now, and said to be.
                self.take(&open)?;
                return Ok(self.worst);
            }
            match std::str::from_utf8(&line) {
                Ok(line) => open.push_str(line),
                Err(_) => {
                    let shown = String::from_utf8_lossy(&line);
                    let why = format!("a line is not UTF-8, and is left out: `{}`", shown.trim_end());
                    self.refuse(&Failure::usage(why).code("E0701"));
                    continue;
                }
            }
            if meta::goes_on(&open) {
                continue;
            }
            if self.take(&std::mem::take(&mut open))? == Next::Quit {
                return Ok(self.worst);
            }
        }
    }

    fn refuse(&mut self, why: &Failure) {
        self.terminal.error(why);
        self.worst = self.worst.max(1);
    }

    /// A command or a piece of the program.
    fn take(&mut self, text: &str) -> Result<Next, Failure> {
        let text = text.trim_end();
        if text.trim_start().is_empty() {
            return Ok(Next::GoOn);
        }
        self.entered.push(text.to_string());
        match text.trim_start().strip_prefix(':') {
            None => {
                let entered = self.enter(text)?;
                self.show(&entered);
                Ok(Next::GoOn)
            }
            Some(command) => match Meta::parse(command) {
                Ok(command) => self.obey(&command),
                Err(why) => {
                    self.refuse(&why);
                    Ok(Next::GoOn)
                }
            },
        }
    }

    fn enter(&mut self, text: &str) -> Result<Entered, Failure> {
        let mut printed = Printed(self.terminal);
        let entered = self.program.borrow_mut().enter(text, &mut Files, &mut self.world, &mut printed)?;
        Ok(entered)
    }

    fn show(&mut self, entered: &Entered) {
        let terminal = self.terminal;
        self.worst = self.worst.max(match (&entered.fault, entered.is_done()) {
            (Some(_), _) => 6,
            (None, false) => 1,
            (None, true) => 0,
        });
        if !entered.diagnostics.is_empty() {
            let color = terminal.color_err;
            let text =
                syntax::render::terminal(&entered.diagnostics, &entered.sources, color, terminal.width);
            terminal.say(text.trim_end());
        }
        entered.notes.iter().for_each(|note| terminal.say(&clean(note)));
        if let Some(fault) = &entered.fault {
            let label = terminal.paint(&format!("fault[{}]", fault.code), anstyle::AnsiColor::Red);
            terminal.say(&format!("{label}: {}", clean(&fault.message)));
            entered.fault_place.iter().for_each(|place| terminal.say(&format!("  at {place}")));
            if let Some(help) = &fault.help {
                terminal.say(&format!("  help: {}", clean(help)));
            }
        }
        if !entered.is_done() {
            return;
        }
        match &entered.shown {
            Some((value, _)) if value.is_null() => {}
            Some((value, ty)) => self.value(None, value, ty),
            None => {
                let program = self.program.borrow();
                for name in &entered.defined {
                    if let Some(found) = program.variables().iter().find(|found| found.name == *name) {
                        self.value(Some(name), &found.value, &found.type_name);
                    }
                }
            }
        }
    }

    /// `xs: list[Int] = [1, 2]`, or `[1, 2]: list[Int]` without a name; a table or plot stands below its type.
    fn value(&self, name: Option<&str>, value: &vm::Value, ty: &str) {
        let terminal = self.terminal;
        let typed = terminal.paint_out(ty, anstyle::AnsiColor::Cyan);
        let laid_out = match prelude::shown(value) {
            prelude::Shown::Table(table) => {
                Some(report::terminal::table(&table, terminal.width, terminal.color_out))
            }
            prelude::Shown::Figure(figure) => {
                Some(report::terminal::plot(&figure, terminal.width, terminal.color_out))
            }
            prelude::Shown::Text(_) => None,
        };
        let text = vm::repr(value).unwrap_or_else(|fault| fault.message);
        terminal.out(&match (name, laid_out) {
            (Some(name), None) => format!("{name}: {typed} = {}\n", clean(&text)),
            (None, None) => format!("{}: {typed}\n", clean(&text)),
            (Some(name), Some(drawn)) => format!("{name}: {typed}\n{}\n", drawn.trim_end()),
            (None, Some(drawn)) => format!("{typed}\n{}\n", drawn.trim_end()),
        });
    }

    fn obey(&mut self, command: &Meta) -> Result<Next, Failure> {
        match command {
            Meta::Quit => return Ok(Next::Quit),
            Meta::Help => self.terminal.out(&meta::help()),
            Meta::Type(text) => {
                let (ty, entered) = self.program.borrow_mut().type_of(text, &mut Files)?;
                let is_wrong = !entered.is_done();
                self.show(&Entered { shown: None, defined: Vec::new(), ..entered });
                match ty {
                    Some(ty) => self.terminal.out(&format!("{ty}\n")),
                    None if is_wrong => {}
                    None => {
                        let why = format!("`:type` expects one expression, found `{text}`");
                        self.refuse(&Failure::usage(why).code("E0702"));
                    }
                }
            }
            Meta::Load(path) => self.load(path)?,
            Meta::Env => {
                let program = self.program.borrow();
                for declared in program.declarations() {
                    let code = declared.lines().find(|line| {
                        let line = line.trim_start();
                        !line.is_empty() && !line.starts_with(['#', '`', '@'])
                    });
                    self.terminal.out(&format!("{}\n", clean(code.unwrap_or(declared).trim_end())));
                }
                for found in program.variables() {
                    let mutable = if found.mutable { "mut " } else { "" };
                    let summary = clean(&prelude::summary(&found.value));
                    self.terminal
                        .out(&format!("let {mutable}{}: {} = {summary}\n", found.name, found.type_name));
                }
            }
            Meta::Reset => {
                *self.program.borrow_mut() = Interactive::new(self.request.clone(), &mut Files)?;
                self.terminal.say("Nothing is defined any more.");
            }
            Meta::Time(text) => {
                let seconds = self.timed(text)?;
                self.terminal.say(&format!("{:.3} ms", seconds * 1000.0));
            }
            Meta::Doc(name) => {
                if let Err(why) = super::docs::show(name, self.terminal) {
                    self.refuse(&why);
                }
            }
            Meta::History => {
                for (at, text) in self.entered.iter().enumerate() {
                    let text = clean(text).replace('\n', "\n      ");
                    self.terminal.out(&format!("{:>4}  {text}\n", at + 1));
                }
            }
        }
        Ok(Next::GoOn)
    }

    #[expect(clippy::disallowed_methods, reason = "the time is shown to a person and kept nowhere")]
    fn timed(&mut self, text: &str) -> Result<f64, Failure> {
        let started = Instant::now();
        let entered = self.enter(text)?;
        let seconds = started.elapsed().as_secs_f64();
        self.show(&entered);
        Ok(seconds)
    }

    /// Enters a whole file: a source as it is, of a document the fences that run with it.
    fn load(&mut self, path: &str) -> Result<(), Failure> {
        let bytes = match crate::world::read_named(path) {
            Ok(bytes) => bytes,
            Err(why) => {
                self.refuse(&why);
                return Ok(());
            }
        };
        let Ok(text) = String::from_utf8(bytes) else {
            self.refuse(&Failure::usage(format!("`{path}` is not UTF-8")).code("E0701"));
            return Ok(());
        };
        let code = match syntax::document::is_document(path) {
            false => text,
            true => match code_of(path, text, self.terminal) {
                Some(code) => code,
                None => return Ok(()),
            },
        };
        let mut printed = Printed(self.terminal);
        let entered = self.program.borrow_mut().load(&code, &mut Files, &mut self.world, &mut printed)?;
        let defined = entered.defined.join(", ");
        self.show(&Entered { shown: None, defined: Vec::new(), ..entered });
        if !defined.is_empty() {
            self.terminal.say(&format!("Defined {defined}."));
        }
        Ok(())
    }
}

/// A document's code, with blank lines for what is between, so that places hold; `None` where there is something wrong
/// with it, which is said.
fn code_of(path: &str, text: String, terminal: &Terminal) -> Option<String> {
    let mut ids = syntax::ast::NodeIds::default();
    let document = syntax::parse_document(syntax::FileId(0), &text, false, &mut ids);
    let errors: Vec<_> = document.diagnostics.iter().filter(|found| found.is_error()).cloned().collect();
    if !errors.is_empty() {
        let sources = [syntax::Source::new(path, text)];
        let said = syntax::render::terminal(&errors, &sources, terminal.color_err, terminal.width);
        terminal.say(said.trim_end());
        return None;
    }
    if !document.front_matter.inputs.is_empty() || !document.front_matter.grants.is_empty() {
        let why = format!("`{path}` has inputs or grants in its front matter");
        terminal.error(&Failure::usage(why).code("E0702").help(
            "Start the session with `--grant`, and bind the inputs with `let`; `lumen run` runs the document.",
        ));
        return None;
    }
    let mut code = String::with_capacity(text.len());
    let mut from = 0;
    for fence in document.fences.iter().filter(|fence| fence.kind == syntax::document::FenceKind::Code) {
        let (start, end) = (fence.code.start as usize, fence.code.end as usize);
        code.extend(text.get(from..start).unwrap_or_default().chars().filter(|c| *c == '\n'));
        code.push_str(text.get(start..end).unwrap_or_default());
        from = end;
    }
    Some(code)
}

/// What the program prints, as it prints it.
struct Printed<'t>(&'t Terminal);

impl Observer for Printed<'_> {
    fn printed(&mut self, to: vm::Print, text: &str) {
        match to {
            vm::Print::Out => self.0.out(text),
            vm::Print::Err => self.0.err(text),
        }
    }
}
