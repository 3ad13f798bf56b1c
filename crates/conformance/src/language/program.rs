//! Programs from text to a machine that may run them, without a world around them.

use std::collections::HashMap;

use bytecode::VerifiedModule;
use checker::Program;
use checker::checked::Checked;
use prelude::state::Memory;
use syntax::ast::{Module, NodeIds};
use syntax::{Diagnostic, FileId, Severity, Source};
use vm::{Callback, Fault, Host, HostCall, Print, Value};

/// Parsed and checked files, the root last; `a/b.lm` is imported as `a.b`.
pub(crate) struct Front {
    sources: Vec<Source>,
    modules: Vec<Module>,
    imports: HashMap<(FileId, String), FileId>,
    node_count: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Front {
    /// Parses files of a program.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Front {
        let files: Vec<(&str, &str)> = files.into_iter().collect();
        let (mut ids, mut diagnostics) = (NodeIds::default(), Vec::new());
        let (mut modules, mut imports, mut sources) = (Vec::new(), HashMap::new(), Vec::new());
        for (index, (name, text)) in (0u32..).zip(&files) {
            let parse = syntax::parse(FileId(index), text, &mut ids);
            diagnostics.extend(parse.diagnostics);
            modules.push(parse.module);
            sources.push(Source::new(*name, *text));
            for (other, (name, _)) in (0u32..).zip(&files) {
                let path = name.trim_end_matches(".lm").replace('/', ".");
                imports.insert((FileId(index), path), FileId(other));
            }
        }
        Front { sources, modules, imports, node_count: ids.len(), diagnostics }
    }

    fn program(&self) -> Program<'_> {
        Program {
            modules: &self.modules,
            imports: self.imports.clone(),
            names: checker::module_names(self.sources.last().map_or("", |root| &root.name), &self.sources),
            bindings: &[],
            inputs: Vec::new(),
            grants: Vec::new(),
            schemas: HashMap::new(),
            node_count: self.node_count,
            strict: false,
        }
    }

    fn check(&self) -> (Checked, Vec<Diagnostic>) {
        let checked = checker::check(&self.program());
        let all = self.diagnostics.iter().chain(&checked.diagnostics).cloned().collect();
        (checked, all)
    }

    /// Every diagnostic of parser and checker.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.check().1
    }

    /// The file of a diagnostic.
    pub fn source(&self, file: FileId) -> Option<&Source> {
        self.sources.get(file.0 as usize)
    }

    /// The module for the machine, after its encoding was read back.
    pub fn compile(&self) -> Result<VerifiedModule, String> {
        let (checked, mut diagnostics) = self.check();
        if diagnostics.iter().all(|found| found.severity != Severity::Error) {
            match lower::lower(&self.program(), &checked, &self.sources) {
                Ok(module) => {
                    let read = bytecode::Module::decode(&module.encode());
                    let read = read.map_err(|why| format!("the module's bytes cannot be read: {why}"))?;
                    if read != module {
                        return Err("the module's bytes say something else".into());
                    }
                    return bytecode::verify(read).map_err(|why| why.to_string());
                }
                Err(limits) => diagnostics.extend(limits),
            }
        }
        let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
        Err(errors.map(|found| format!("{} {}", found.code, found.message)).collect::<Vec<_>>().join("; "))
    }
}

/// A host without a world: it keeps what is printed, and the state of one run.
#[derive(Default)]
pub(crate) struct Silent {
    pub output: String,
    state: Memory,
}

impl Host for Silent {
    fn call(&mut self, _: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        if call.name.starts_with("state.") {
            let answer = &mut |request| self.state.answer(request);
            return prelude::state::carry_out(call.name, call.args, call.types, answer);
        }
        Err(Fault::new("R0126", format!("this host has no {}", call.name)))
    }

    fn print(&mut self, to: Print, text: &str) {
        if to == Print::Out {
            self.output.push_str(text);
        }
    }

    fn decode_opaque(&self, type_name: &str, _: &[u8]) -> Result<Value, String> {
        Err(format!("this host has no {type_name}"))
    }
}
