//! `lumen test`

use anstyle::AnsiColor;
use recorder::program::{Program, Settings, compile};
use recorder::run::Request;
use recorder::test::{Tested, test as run_tests};
use report::format::counted;
use serde_json::{Value, json};

use super::check::compile_whole;
use super::run::update_outputs;
use crate::args::TestOptions;
use crate::project::sources;
use crate::terminal::{Failure, Terminal, clean};
use crate::world::{Files, System, entropy};

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    /// Files with errors, whose tests did not run.
    faulty: usize,
    updated: usize,
}

pub fn test(options: &TestOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let files = sources(&options.paths)?;
    let mut counts = Counts::default();
    let (mut tests, mut diagnostics) = (Vec::new(), Vec::new());
    for file in &files {
        let settings = Settings { strict: options.strict, ..Settings::default() };
        let program = compile_whole(file, &mut Files, &settings)?;
        if program.has_errors() {
            counts.faulty += 1;
            diagnostics.extend(say_errors(&program, options, terminal));
            continue;
        }
        let program = compile(file, &mut Files, &Settings { tests: true, ..settings })?;
        let request = Request {
            strict: options.strict,
            entropy: u64::from_le_bytes(entropy(8).try_into().unwrap_or_default()),
            ..Request::default()
        };
        let mut results = run_tests(&program, &request, options.filter.as_deref(), &mut System::new())?;
        if options.update {
            counts.updated += update(&program, &mut results, terminal)?;
        }
        for tested in &results {
            match tested.failure {
                Some(_) => counts.failed += 1,
                None => counts.passed += 1,
            }
            if options.json {
                tests.push(value(&program, file, tested));
            } else {
                say(&program, file, tested, options.verbose, terminal);
            }
        }
    }
    let evaluated = counts.passed + counts.failed + counts.faulty > 0;
    if options.json {
        let value = json!({
            "schema": "lumen.test.1", "files": files, "evaluated": evaluated,
            "passed": counts.passed, "failed": counts.failed, "faulty_files": counts.faulty,
            "updated": counts.updated, "tests": tests, "diagnostics": diagnostics,
        });
        terminal.out(&format!("{value:#}\n"));
    } else {
        terminal.say(&sentence(&counts, files.len(), options.filter.as_deref()));
    }
    Ok(match (evaluated, counts.failed + counts.faulty) {
        (false, _) => 3,
        (true, 0) => 0,
        (true, _) => 1,
    })
}

fn say_errors(program: &Program, options: &TestOptions, terminal: &Terminal) -> Vec<Value> {
    let errors: Vec<_> = program.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    if options.json {
        return errors.iter().map(|d| syntax::render::json(d, &program.sources)).collect();
    }
    let text = syntax::render::terminal(&errors, &program.sources, terminal.color_out, terminal.width);
    terminal.out(&text);
    Vec::new()
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

fn say(program: &Program, file: &str, tested: &Tested, verbose: bool, terminal: &Terminal) {
    let title = format!("{file}:{} {} {}", line(program, tested), tested.kind.name(), clean(&tested.name));
    let Some(failure) = &tested.failure else {
        if verbose {
            terminal.out(&format!("{} {title}\n", terminal.paint_out("ok    ", AnsiColor::Green)));
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
    terminal.out(&format!("{}\n", lines.join("\n")));
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
                 a `test` fence, an `error=CODE` fence, or a fence with its `output`.",
                counted(files, "file")
            ),
        };
    }
    let faulty = match counts.faulty {
        0 => String::new(),
        n => format!("; {} with errors did not run", counted(n, "file")),
    };
    format!(
        "{} in {}: {} passed, {} failed{faulty}.",
        counted(tests, "test"),
        counted(files, "file"),
        counts.passed,
        counts.failed
    )
}
