//! What must hold of any text that parser, formatter and checker are given, and of programs that have a meaning: the
//! machine does what a plain walk over the tree does. Shared by the fuzz targets and the tests of the crate `lower`.

#[path = "language/generate.rs"]
mod generate;
#[path = "language/walk.rs"]
mod walk;

use checker::{Checked, Program};
use syntax::ast::{Module, NodeIds};
use syntax::format::{format_document, format_source};
use syntax::kind::SyntaxNode;
use syntax::{Diagnostic, FileId, Source, parse, parse_document, parse_lossless};
use vm::{Callback, Fault, FaultKind, Host, HostCall, Print, Value, Vm};

const ROOT: FileId = FileId(0);

/// Any text as a source: no panic, no byte lost, nothing points outside, and formatting is a fixed point that parses to
/// the same tree.
pub fn source(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(SyntaxNode::new_root(parse_lossless(text)).text().to_string(), text, "the tree lost text");
    let mut ids = NodeIds::default();
    let parsed = parse(ROOT, text, &mut ids);
    inside(text, &parsed.diagnostics);
    if let Ok(formatted) = format_source(text) {
        assert_eq!(format_source(&formatted).as_deref(), Ok(formatted.as_str()), "no fixed point of\n{text}");
        let again = parse(ROOT, &formatted, &mut NodeIds::default());
        assert!(!again.diagnostics.iter().any(Diagnostic::is_error), "{formatted}");
    }
    let broken = parsed.diagnostics.iter().any(Diagnostic::is_error);
    let modules = [parsed.module];
    let program = whole(&modules, ids.len());
    let checked = checker::check(&program);
    inside(text, &checked.diagnostics);
    if !broken && !checked.diagnostics.iter().any(Diagnostic::is_error) {
        // Refused as too large or as a module that verifies: nothing between.
        if let Ok(module) = lower::lower(&program, &checked, &[Source::new("fuzz.lm", text)]) {
            assert!(bytecode::verify(module).is_ok(), "what is lowered verifies:\n{text}");
        }
    }
}

/// Any text as a document.
pub fn document(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let document = parse_document(ROOT, text, false, &mut NodeIds::default());
    inside(text, &document.diagnostics);
    if let Ok(formatted) = format_document(text) {
        assert_eq!(
            format_document(&formatted).as_deref(),
            Ok(formatted.as_str()),
            "no fixed point of\n{text}"
        );
    }
}

/// A program made from the bytes: the machine prints what the walk prints, and ends as it ends. Says whether the walk
/// came to an end, and whether it faulted.
pub fn program(data: &[u8]) -> Option<bool> {
    let text = generate::program(data);
    let mut ids = NodeIds::default();
    let parsed = parse(ROOT, &text, &mut ids);
    refuse_errors(&text, &parsed.diagnostics);
    let modules = [parsed.module];
    let program = whole(&modules, ids.len());
    let checked = checker::check(&program);
    refuse_errors(&text, &checked.diagnostics);
    let (expected, fault) = walk::run(&modules[0])?;
    let ran = ran(&program, &checked, &text);
    assert_eq!((ran.0.as_str(), ran.1.as_deref()), (expected.as_str(), fault), "of\n{text}");
    Some(fault.is_some())
}

fn ran(program: &Program<'_>, checked: &Checked, text: &str) -> (String, Option<String>) {
    let module = lower::lower(program, checked, &[Source::new("fuzz.lm", text)]).expect("it is small");
    let module = bytecode::Module::decode(&module.encode()).expect("what is encoded decodes");
    let module = bytecode::verify(module).expect("what is lowered verifies");
    let mut machine = Vm::new(&module).expect("a machine");
    let mut host = Printed::default();
    match machine.call_function(&mut host, "main", &[]) {
        Ok(_) => (host.0, None),
        Err(fault) => {
            assert_eq!(fault.kind, FaultKind::Program, "{fault:?} of\n{text}");
            (host.0, Some(fault.code))
        }
    }
}

fn whole(modules: &[Module], node_count: usize) -> Program<'_> {
    Program::new(modules, node_count)
}

fn refuse_errors(text: &str, diagnostics: &[Diagnostic]) {
    if let Some(d) = diagnostics.iter().find(|d| d.is_error()) {
        let place = &text[d.span.start as usize..d.span.end as usize];
        panic!("{}: {} at `{place}` in\n{text}", d.code, d.message);
    }
}

fn inside(text: &str, diagnostics: &[Diagnostic]) {
    for d in diagnostics {
        let edits = d.fixes.iter().flat_map(|f| &f.edits).map(|e| e.span);
        for span in [d.span].into_iter().chain(d.labels.iter().map(|l| l.span)).chain(edits) {
            let there = span.file != ROOT || text.get(span.start as usize..span.end as usize).is_some();
            assert!(there, "{span:?} in {text:?}: {d:?}");
        }
    }
}

/// Keeps what is printed; there is nothing else in its world.
#[derive(Default)]
struct Printed(String);

impl Host for Printed {
    fn call(&mut self, _: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        Err(Fault::new("R0701", format!("nothing answers {}", call.name)))
    }

    fn print(&mut self, _: Print, text: &str) {
        self.0.push_str(text);
    }

    fn decode_opaque(&self, _: &str, _: &[u8]) -> Result<Value, String> {
        Err("nothing is opaque here".to_string())
    }
}
