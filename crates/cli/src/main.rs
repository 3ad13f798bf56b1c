//! The `lumen` binary: arguments, dispatch, exit codes.

mod args;
mod bind;
mod command;
mod ending;
mod execution;
mod group;
mod http;
mod junit;
mod manifest;
mod mend;
mod models;
mod neighbour;
mod process;
mod project;
mod serve;
mod terminal;
mod tool;
mod web;
mod workers;
mod world;
mod wrap;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Checking and running recurse with the nesting of the source, which is bounded; the main thread's stack is not
/// ours to choose.
pub const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    // The process ends where it ran: a thread that returns gives its memory back first, page by page.
    let ended = || std::process::exit(run().into());
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(ended);
    match worker.map(std::thread::JoinHandle::<()>::join) {
        // Only a panic comes back.
        Ok(_) => {
            let what = "this is a defect of lumen, not of your program";
            terminal::Terminal::detect().error(
                &terminal::Failure::new(5, what)
                    .code("R0999")
                    .help("Please report it with the document that shows it."),
            );
            ExitCode::from(5)
        }
        Err(error) => {
            terminal::Terminal::detect().error(&terminal::Failure::io("cannot start a thread", &error));
            ExitCode::from(5)
        }
    }
}

fn run() -> u8 {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not errors; a closed pipe is none either.
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    let terminal = terminal::Terminal::detect();
    let json = arguments.verb.as_ref().is_some_and(args::Verb::answers_json);
    let result = match arguments.verb {
        None => command::home::home(&terminal),
        Some(args::Verb::New(options)) => command::new::new(&options, &terminal),
        Some(args::Verb::Run(options)) => command::run::run(&options, &terminal),
        Some(args::Verb::Record(options)) => command::record::record(&options, &terminal),
        Some(args::Verb::Watch(options)) => command::watch::watch(&options, &terminal),
        Some(args::Verb::Resume(options)) => command::run::resume(&options, &terminal),
        Some(args::Verb::Why(options)) => command::why::why(&options, &terminal),
        Some(args::Verb::Ask(options)) => command::ask::ask(&options, &terminal),
        Some(args::Verb::Calls(options)) => command::calls::calls(&options, &terminal),
        Some(args::Verb::State(options)) => command::state::state(&options, &terminal),
        Some(args::Verb::Verify(options)) => command::verify::verify(&options, &terminal),
        Some(args::Verb::Diff(options)) => command::diff::diff(&options, &terminal),
        Some(args::Verb::Bundle(options)) => command::bundle::bundle(&options, &terminal),
        Some(args::Verb::Conformance(options)) => command::conformance::conformance(&options, &terminal),
        Some(args::Verb::Export(options)) => command::export::export(&options, &terminal),
        Some(args::Verb::Repair(options)) => command::repair::repair(&options, &terminal),
        Some(args::Verb::Store(options)) => command::store::store(&options, &terminal),
        Some(args::Verb::Check(options)) => command::check::check(&options, &terminal),
        Some(args::Verb::Lint(options)) => command::check::lint(&options, &terminal),
        Some(args::Verb::Test(options)) => command::test::test(&options, &terminal),
        Some(args::Verb::Fmt(options)) => command::fmt::fmt(&options, &terminal),
        Some(args::Verb::Lsp(options)) => command::lsp::lsp(&options),
        Some(args::Verb::Serve(options)) => command::serve::serve(&options),
        Some(args::Verb::Repl(options)) => command::repl::repl(&options, &terminal),
        Some(args::Verb::Docs(options)) => command::docs::docs(&options, &terminal),
        Some(args::Verb::Doc(options)) => command::doc::doc(&options, &terminal),
        Some(args::Verb::Trace(options)) => command::trace::trace(&options, &terminal),
        Some(args::Verb::Emit(options)) => command::emit::emit(&options, &terminal),
        Some(args::Verb::Ci(options)) => command::ci::ci(&options, &terminal),
        Some(args::Verb::AgentCard) => command::agent_card::agent_card(&terminal),
        Some(args::Verb::Explain(options)) => command::explain::explain(&options, &terminal),
        Some(args::Verb::Schema(options)) => command::schema::schema(&options, &terminal),
        Some(args::Verb::Doctor(options)) => command::doctor::doctor(&options, &terminal),
        Some(args::Verb::Cache(options)) => command::cache::cache(&options, &terminal),
        Some(args::Verb::Completions(options)) => command::completions::completions(&options, &terminal),
    };
    match result.and_then(|code| terminal.finish().map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            if json {
                terminal.out(&format!("{:#}\n", error.json()));
            }
            terminal.error(&error);
            error.exit
        }
    }
}
