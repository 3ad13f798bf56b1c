//! `lumen check`

use std::path::Path;

use recorder::program::{Loader, Program, Settings, compile};
use report::format::counted;
use serde_json::json;
use syntax::document::FenceKind;

use crate::args::CheckOptions;
use crate::project::sources;
use crate::terminal::{Failure, Terminal};
use crate::world::{self, Files};

pub fn check(options: &CheckOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let files = sources(&options.files)?;
    let settings = Settings { strict: options.strict, sniff: true, ..Settings::default() };
    let (mut errors, mut warnings, mut fixed) = (0, 0, 0);
    let mut all = Vec::new();
    for file in &files {
        let mut program = compile_whole(file, &mut Files, &settings)?;
        if options.fix {
            // A fix may make room for the next one; a few rounds settle it.
            for _ in 0..8 {
                let Some(source) = program.sources.first() else { break };
                let root = syntax::FileId(0);
                let (text, count) =
                    syntax::render::apply_safe_fixes(root, &source.text, &program.diagnostics);
                if count == 0 {
                    break;
                }
                fixed += count;
                world::save(Path::new(file), text.as_bytes())?;
                program = compile_whole(file, &mut Files, &settings)?;
            }
        }
        errors += program.diagnostics.iter().filter(|d| d.is_error()).count();
        warnings += program.diagnostics.iter().filter(|d| !d.is_error()).count();
        if options.json {
            all.extend(program.diagnostics.iter().map(|d| syntax::render::json(d, &program.sources)));
        } else if !program.diagnostics.is_empty() {
            let text = syntax::render::terminal(
                &program.diagnostics,
                &program.sources,
                terminal.color_out,
                terminal.width,
            );
            terminal.out(&text);
        }
    }
    if options.json {
        let value = json!({"schema": "lumen.check.1", "files": files, "errors": errors, "warnings": warnings, "fixed": fixed, "diagnostics": all});
        terminal.out(&format!("{value:#}\n"));
    } else {
        let fixes = if fixed > 0 { format!(", fixed {}", counted(fixed, "place")) } else { String::new() };
        terminal.say(&format!(
            "Checked {}: {}, {}{fixes}.",
            counted(files.len(), "file"),
            counted(errors, "error"),
            counted(warnings, "warning")
        ));
    }
    Ok(u8::from(errors > 0))
}

/// Compiles a file, and adds what is wrong in fences that run under the test command only.
pub fn compile_whole(file: &str, loader: &mut dyn Loader, settings: &Settings) -> Result<Program, Failure> {
    let mut program = compile(file, loader, settings)?;
    let fences = program.document.as_ref().map_or(&[][..], |d| &d.fences);
    let tests: Vec<_> = fences.iter().filter(|f| f.kind == FenceKind::Test).map(|f| f.code).collect();
    if !tests.is_empty() && !program.has_errors() {
        let with = compile(file, loader, &Settings { tests: true, ..settings.clone() })?;
        let inside = |d: &syntax::Diagnostic| {
            tests.iter().any(|t| t.file == d.span.file && t.start <= d.span.start && d.span.end <= t.end)
        };
        program.diagnostics.extend(with.diagnostics.into_iter().filter(|d| d.is_error() || inside(d)));
        program.diagnostics.sort_by_key(|d| (d.span.file, d.span.start, d.span.end));
    }
    Ok(program)
}
