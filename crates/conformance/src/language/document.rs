//! Documents: which numbers of the prose nobody produced, what is marked as given, what bound ones show.

use checker::Program;
use evidence::compare::Rule;
use evidence::value::{Cell, Tree, Value};
use report::format::{self, Format};
use serde::Deserialize;
use syntax::ast::NodeIds;
use syntax::{Diagnostic, Document, FileId, Severity, Source, parse_document};
use vm::Vm;

use super::program::Silent;
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "language.document",
    reference: Reference::Spec("the language's specification: documents"),
    inputs: &[Input::one("text", &[Kind::Text])],
    params: Params::of::<Read>(),
    run: document,
    rule: Rule::Exact,
    hardened: &[],
    api: &["syntax::parse_document(text, strict)", "vm::Vm::eval_binding", "report::format::format_number"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    /// Whether an unbound number is an error.
    strict: bool,
}

const UNBOUND: [&str; 2] = ["E0601", "W0601"];

fn document(call: &Call<'_>) -> Result<Value, Failure> {
    let Read { strict } = call.params()?;
    let text = call.text("text")?;
    let mut ids = NodeIds::default();
    let document = parse_document(FileId(0), text, strict, &mut ids);
    let source = Source::new("case.lm.md", text.as_str());
    let (unbound, mut faults): (Vec<Diagnostic>, Vec<Diagnostic>) =
        document.diagnostics.iter().cloned().partition(|found| UNBOUND.contains(&found.code));
    let unbound = unbound.iter().map(|found| {
        let number = text.get(found.span.start as usize..found.span.end as usize).unwrap_or_default();
        format!("{} {number}", found.code)
    });
    let unbound: Vec<String> = unbound.collect();
    let given = document.given.iter().map(|(number, by)| format!("{number} by {by}")).collect();
    let shown = shown(&document, &source, ids.len(), &mut faults)?;
    let faults = faults.iter().filter(|found| found.severity == Severity::Error);
    let faults = faults.map(|found| format!("{} {}", source.line_column(found.span.start).0, found.code));
    let list = |key: &str, texts: Vec<String>| {
        (Cell::Text(key.into()), Value::Tree(Tree::Items(texts.into_iter().map(Value::Text).collect())))
    };
    let faults = faults.collect();
    Ok(Value::Tree(Tree::Entries(vec![
        list("unbound", unbound),
        list("given", given),
        list("shown", shown),
        list("faults", faults),
    ])))
}

/// What the bound numbers show, in the order of the prose; nothing of a document with faults.
fn shown(
    document: &Document,
    source: &Source,
    node_count: usize,
    faults: &mut Vec<Diagnostic>,
) -> Result<Vec<String>, Failure> {
    let program = Program {
        bindings: &document.bindings,
        ..Program::new(std::slice::from_ref(&document.module), node_count)
    };
    let checked = checker::check(&program);
    faults.extend(checked.diagnostics.iter().cloned());
    if faults.iter().any(|found| found.severity == Severity::Error) {
        return Ok(Vec::new());
    }
    let module = lower::lower(&program, &checked, std::slice::from_ref(source))
        .map_err(|limits| Failure::Malformed(format!("{} limits of the format", limits.len())))?;
    let module = bytecode::verify(module).map_err(|why| Failure::Malformed(why.to_string()))?;
    let raised = |fault: vm::Fault| Failure::raised(fault.code, fault.message);
    let (mut machine, mut host) = (Vm::new(&module).map_err(raised)?, Silent::default());
    for node in 0..module.module().nodes.len() {
        machine.run_node(&mut host, node).map_err(raised)?;
    }
    let bound = (0..).zip(&document.bindings).map(|(place, binding)| {
        let value = machine.eval_binding(&mut host, place).map_err(raised)?;
        match &binding.format {
            None => vm::show(&value).map_err(raised),
            Some(written) => formatted(&value, written),
        }
    });
    bound.collect()
}

fn formatted(value: &vm::Value, written: &str) -> Result<String, Failure> {
    let refused = |why: String| Failure::raised("FormatError", why);
    let number = match value {
        vm::Value::Int(x) => format::Value::Int(*x),
        vm::Value::Float(x) => format::Value::Float(*x),
        vm::Value::DateTime(x) => format::Value::DateTime(*x),
        vm::Value::Duration(x) => format::Value::Duration(*x),
        other => return Err(refused(format!("a {} is no number", other.type_name()))),
    };
    let format = Format::parse(written).map_err(|why| refused(why.to_string()))?;
    format::format_number(number, &format).map_err(|why| refused(why.to_string()))
}
