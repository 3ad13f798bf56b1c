//! `lumen check` and `lumen lint`: what is wrong with files, without running them.

use std::path::Path;

use ide::{Analysis, LINTS};
use recorder::program::{Loader, Program, Settings, compile};
use report::format::counted;
use serde_json::{Value, json};
use syntax::document::FenceKind;
use syntax::{Diagnostic, Source};

use crate::args::answer::{AnswerOptions, Form};
use crate::args::{CheckOptions, LintOptions};
use crate::bind;
use crate::junit::{self, Case, Suite};
use crate::project::sources;
use crate::terminal::{Failure, Terminal};
use crate::world::{self, Files};

pub fn check(options: &CheckOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let found = Findings { lints: false, fix: options.fix, strict: options.strict };
    found.tell(&options.files, &options.answer, terminal)
}

pub fn lint(options: &LintOptions, terminal: &Terminal) -> Result<u8, Failure> {
    Findings { lints: true, fix: options.fix, strict: false }.tell(&options.files, &options.answer, terminal)
}

/// What is looked for.
struct Findings {
    /// Lints alone, and errors where there are any; else all that the checker finds.
    lints: bool,
    fix: bool,
    strict: bool,
}

/// What is wrong with a program, and the sources that it stands in.
type Found = (Vec<Diagnostic>, Vec<Source>);

impl Findings {
    fn tell(&self, paths: &[String], answer: &AnswerOptions, terminal: &Terminal) -> Result<u8, Failure> {
        use_small_pages();
        let files = sources(paths)?;
        let (mut errors, mut warnings, mut fixed) = (0, 0, 0);
        let (mut all, mut suites) = (Vec::new(), Vec::new());
        for (at, file) in files.iter().enumerate() {
            let ends = at + 1 == files.len() && !self.fix;
            let (mut found, mut sources) = self.of(file, ends)?;
            if self.fix {
                // A fix may make room for the next one; a few rounds settle it.
                for _ in 0..8 {
                    let Some(source) = sources.first() else { break };
                    let (text, count) =
                        syntax::render::apply_safe_fixes(syntax::FileId(0), &source.text, &found);
                    if count == 0 {
                        break;
                    }
                    fixed += count;
                    world::save(Path::new(file), text.as_bytes())?;
                    (found, sources) = self.of(file, false)?;
                }
            }
            errors += found.iter().filter(|d| d.is_error()).count();
            warnings += found.iter().filter(|d| !d.is_error()).count();
            match answer.form() {
                Form::Json => all.extend(found.iter().map(|d| syntax::render::json(d, &sources))),
                Form::Junit => suites.push(self.suite(file, &found, &sources)),
                Form::Text if found.is_empty() => {}
                Form::Text => {
                    let (color, width) = (terminal.color_out, terminal.width);
                    terminal.tell(&syntax::render::terminal(&found, &sources, color, width));
                }
            }
        }
        let (schema, verb) = match self.lints {
            true => ("lumen.lint.1", "Linted"),
            false => ("lumen.check.1", "Checked"),
        };
        match answer.form() {
            Form::Json => {
                let value = told(schema, &files, (errors, warnings, fixed), &all);
                terminal.out(&format!("{value:#}\n"));
            }
            Form::Junit => terminal.out(&junit::xml(&suites)),
            Form::Text => {
                let fixes =
                    if fixed > 0 { format!(", fixed {}", counted(fixed, "place")) } else { String::new() };
                terminal.say(&format!(
                    "{verb} {}: {}, {}{fixes}.",
                    counted(files.len(), "file"),
                    counted(errors, "error"),
                    counted(warnings, "warning")
                ));
            }
        }
        Ok(u8::from(errors > 0 || (self.lints && warnings > 0)))
    }

    /// Where the process ends behind it, the tree is left to the system, which takes it back as a whole.
    fn of(&self, file: &str, ends: bool) -> Result<Found, Failure> {
        let settings =
            Settings { strict: self.strict, sniff: !self.lints, without_code: true, ..Settings::default() };
        if !self.lints {
            let mut program = compile_whole(file, &mut Files, &settings)?;
            bind::offer(file, &program.sources, &mut program.diagnostics);
            let found = (std::mem::take(&mut program.diagnostics), std::mem::take(&mut program.sources));
            if ends {
                std::mem::forget(program);
            }
            return Ok(found);
        }
        let analysis = analysed(compile_with_tests(file, &mut Files, &settings)?);
        let errors = analysis.diagnostics.iter().any(Diagnostic::is_error);
        let is_lint = |found: &&Diagnostic| match errors {
            true => found.is_error(),
            false => LINTS.iter().any(|(code, _)| *code == found.code),
        };
        let found = analysis.diagnostics.iter().filter(is_lint).cloned().collect();
        Ok((found, analysis.sources))
    }

    /// A file is one case: it fails where the verb's answer is no.
    fn suite(&self, file: &str, found: &[Diagnostic], sources: &[Source]) -> Suite {
        let counts = |d: &&Diagnostic| self.lints || d.is_error();
        let failure = found.iter().find(counts).map(|first| {
            let text = syntax::render::terminal(found, sources, false, 100);
            (format!("{}: {}", first.code, first.message), text)
        });
        let name = if self.lints { "lint" } else { "check" };
        Suite { name: file.to_string(), cases: vec![Case { name: name.to_string(), failure }] }
    }
}

/// A check makes many small things and is as fast on small pages; huge ones hold a fifth of its memory in vain. Where
/// the system has no such choice, it stays as it is.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn told(
    schema: &str,
    files: &[String],
    (errors, warnings, fixed): (usize, usize, usize),
    all: &[Value],
) -> Value {
    json!({"schema": schema, "files": files, "errors": errors, "warnings": warnings, "fixed": fixed, "diagnostics": all})
}

/// What `lumen check --json` says of files, by default all below this folder.
///
/// # Errors
/// A file that cannot be read.
pub fn checked(paths: &[String], strict: bool) -> Result<Value, Failure> {
    let files = sources(paths)?;
    let look = Findings { lints: false, fix: false, strict };
    let (mut errors, mut all) = (0, Vec::new());
    for file in &files {
        let (found, sources) = look.of(file, false)?;
        errors += found.iter().filter(|d| d.is_error()).count();
        all.extend(found.iter().map(|d| syntax::render::json(d, &sources)));
    }
    let warnings = all.len() - errors;
    Ok(told("lumen.check.1", &files, (errors, warnings, 0), &all))
}

/// A program as an editor asks about it, with its lints among what is wrong.
pub fn analysed(program: Program) -> Analysis {
    let Program { sources, modules, document, checked, diagnostics, .. } = program;
    let mut analysis = Analysis::new(sources, modules, document, checked, diagnostics);
    analysis.diagnostics.extend(analysis.lints());
    analysis.diagnostics.sort_by_key(|found| (found.span.file, found.span.start, found.span.end));
    analysis
}

/// Compiles a file, and adds what is wrong in fences that run under the test command only.
pub fn compile_whole(file: &str, loader: &mut dyn Loader, settings: &Settings) -> Result<Program, Failure> {
    Ok(compile_both(file, loader, settings)?.0)
}

/// The same for who asks what the file's names mean: if nothing is wrong, with these fences, since what they use is used.
pub fn compile_with_tests(
    file: &str,
    loader: &mut dyn Loader,
    settings: &Settings,
) -> Result<Program, Failure> {
    let (program, with) = compile_both(file, loader, settings)?;
    Ok(with.filter(|_| !program.has_errors()).unwrap_or(program))
}

/// A program as [`compile_whole`] gives it, and, if it has such fences and no errors outside them, with them.
fn compile_both(
    file: &str,
    loader: &mut dyn Loader,
    settings: &Settings,
) -> Result<(Program, Option<Program>), Failure> {
    let mut program = compile(file, loader, settings)?;
    let fences = program.document.as_ref().map_or(&[][..], |d| &d.fences);
    let tests: Vec<_> = fences.iter().filter(|f| f.kind == FenceKind::Test).map(|f| f.code).collect();
    if tests.is_empty() || program.has_errors() {
        return Ok((program, None));
    }
    let with = compile(file, loader, &Settings { tests: true, ..settings.clone() })?;
    let inside = |d: &Diagnostic| {
        tests.iter().any(|t| t.file == d.span.file && t.start <= d.span.start && d.span.end <= t.end)
    };
    let found = with.diagnostics.iter().filter(|d| d.is_error() || inside(d));
    program.diagnostics.extend(found.cloned());
    program.diagnostics.sort_by_key(|d| (d.span.file, d.span.start, d.span.end));
    Ok((program, Some(with)))
}
