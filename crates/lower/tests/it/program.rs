//! Runs one program on a host that only prints.

use bytecode::{Module, VerifiedModule, verify};
use checker::Program;
use syntax::ast::NodeIds;
use syntax::{FileId, Severity, Source};
use vm::{Callback, Fault, Host, HostCall, Print, Value, Vm};

/// What a program printed and showed, and the fault that ended it.
#[derive(Debug, Default)]
pub struct Ran {
    pub output: String,
    pub fault: Option<Fault>,
}

#[derive(Default)]
struct Printer {
    output: String,
}

impl Host for Printer {
    fn call(&mut self, _vm: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        Err(Fault::new("R0700", format!("this host has no {}", call.name)))
    }

    fn print(&mut self, to: Print, text: &str) {
        if to == Print::Out {
            self.output.push_str(text);
        }
    }

    fn decode_opaque(&self, type_name: &str, _bytes: &[u8]) -> Result<Value, String> {
        Err(format!("this host has no {type_name}"))
    }
}

/// The module of a program, or what is wrong with the text.
pub fn compile(text: &str) -> Result<Module, String> {
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), text, &mut ids);
    let mut diagnostics = parse.diagnostics;
    let modules = [parse.module];
    let program = Program {
        modules: &modules,
        imports: Default::default(),
        bindings: &[],
        inputs: Vec::new(),
        grants: Vec::new(),
        schemas: Default::default(),
        node_count: ids.len(),
        strict: false,
    };
    let checked = checker::check(&program);
    diagnostics.extend(checked.diagnostics.iter().cloned());
    let sources = [Source::new("case.lm", text)];
    if diagnostics.iter().all(|d| d.severity != Severity::Error) {
        match lower::lower(&program, &checked, &sources) {
            Ok(module) => return Ok(module),
            Err(limits) => diagnostics.extend(limits),
        }
    }
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    Err(errors
        .map(|d| {
            let (line, column) = sources[0].line_column(d.span.start);
            format!("{line}:{column}: {} {}\n", d.code, d.message)
        })
        .collect())
}

pub fn verified(text: &str) -> Result<VerifiedModule, String> {
    verify(compile(text)?).map_err(|e| e.to_string())
}

/// Runs the results in order, or `main` if there are none.
pub fn run(module: &VerifiedModule) -> Ran {
    let mut host = Printer::default();
    let fault = execute(module, &mut host).err();
    Ran { output: host.output, fault }
}

fn execute(verified: &VerifiedModule, host: &mut Printer) -> Result<(), Fault> {
    let mut vm = Vm::new(verified)?;
    let module = verified.module();
    if module.nodes.is_empty() && module.exports.iter().any(|e| e.name == "main") {
        vm.call_function(host, "main", &[])?;
        return Ok(());
    }
    for node in 0..module.nodes.len() {
        if let Some(value) = vm.run_node(host, node)?
            && !value.is_null()
        {
            host.output.push_str(&vm::show(&value)?);
            host.output.push('\n');
        }
    }
    Ok(())
}
