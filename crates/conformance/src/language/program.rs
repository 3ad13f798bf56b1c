//! Programs from text to a machine that may run them, without a world around them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytecode::{Span, VerifiedModule};
use checker::Program;
use checker::checked::Checked;
use prelude::Prelude;
use prelude::effects::{Answer, Ask, Effects};
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
            imports: self.imports.clone(),
            names: checker::module_names(self.sources.last().map_or("", |root| &root.name), &self.sources),
            ..Program::new(&self.modules, self.node_count)
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
    times: Times,
}

/// Times that tasks wait for, in a world in which time goes on as soon as all tasks wait.
#[derive(Default)]
struct Times {
    now: i64,
    /// The task that runs.
    task: u64,
    /// When a task's time is over, and how many began to wait before it.
    waiting: BTreeMap<(i64, u64), u64>,
    begun: u64,
    over: BTreeSet<u64>,
}

impl Effects for Silent {
    fn perform(&mut self, operation: &str, _: u32, _: Span, ask: Ask) -> Result<Answer, Fault> {
        let times = &mut self.times;
        let (Ask::Sleep { ms } | Ask::Timer { ms }) = ask else {
            return Err(Fault::new("R0126", format!("this host has no {operation}")));
        };
        if times.over.remove(&times.task) {
            return Ok(Answer::Done);
        }
        if !times.waiting.values().any(|task| *task == times.task) {
            times.begun += 1;
            times.waiting.insert((times.now.saturating_add(ms.max(0)), times.begun), times.task);
        }
        Err(Fault::waiting())
    }

    fn enter(&mut self, number: u64, _: &[u32]) {
        self.times.task = number;
    }

    fn next(&mut self) -> Result<u64, Fault> {
        let Some(((due, _), task)) = self.times.waiting.pop_first() else {
            return Err(Fault::new("R0126", "this host has nothing to wait for"));
        };
        self.times.now = due;
        self.times.over.insert(task);
        Ok(task)
    }

    fn leave(&mut self, number: u64) {
        self.times.waiting.retain(|_, task| *task != number);
        self.times.over.remove(&number);
    }

    fn print(&mut self, to: Print, text: &str) {
        Host::print(self, to, text);
    }

    fn seed(&mut self) -> u64 {
        0
    }

    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }

    fn trace_reference(&self) -> String {
        String::new()
    }

    fn table_read(&mut self, _: u32, _: usize, _: usize) {}
}

impl Host for Silent {
    fn call(&mut self, vm: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        if call.name.starts_with("state.") {
            let answer = &mut |request| self.state.answer(request);
            return prelude::state::carry_out(call.name, call.args, call.types, answer);
        }
        if matches!(call.name, "timeout" | "sleep") {
            return Prelude::new(self).call(vm, call);
        }
        Err(Fault::new("R0126", format!("this host has no {}", call.name)))
    }

    fn enter(&mut self, number: u64, place: &[u32]) {
        Effects::enter(self, number, place);
    }

    fn next(&mut self) -> Result<u64, Fault> {
        Effects::next(self)
    }

    fn leave(&mut self, number: u64) {
        Effects::leave(self, number);
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
