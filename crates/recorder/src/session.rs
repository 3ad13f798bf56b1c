//! One execution of a program: node by node of the results graph, each taken from an earlier run or computed, then
//! the numbers of the prose.

use std::collections::BTreeMap;

use bytecode::{NodeCode, VerifiedModule};
use prelude::Prelude;
use syntax::document::{FenceKind, InputValue};
use vm::{Fault, Value, Vm};

use crate::checkpoint::Point;
use crate::door::Door;
use crate::error::{Error, Result};
use crate::hash::{Fields, blake3_hex, to_hex};
use crate::history::History;
use crate::journal::Kept;
use crate::number;
use crate::program::Program;
use crate::record::{self, End, FaultRecord, NodeRecord, NumberRecord, ValueRef};
use crate::state::Look;
use crate::world::NodeNews;

/// Values of at most so many bytes stand in their node's record; larger ones are blobs beside the log.
const INLINE_BYTES_MAX: usize = 4096;

/// What a run takes instead of computing.
#[derive(Clone, Copy)]
pub enum Reuse<'a> {
    /// Nothing: everything is computed.
    Nothing,
    /// Results of an earlier run of the same document whose keys are equal and whose files are unchanged.
    Earlier(&'a History),
    /// Nodes that this run completed before it was killed.
    Own(&'a History),
}

/// What a run came to.
#[derive(Default)]
pub struct Outcome {
    pub nodes: Vec<NodeOutcome>,
    pub numbers: Vec<NumberRecord>,
    pub fault: Option<Faulted>,
    pub trace_hash: String,
    pub results_hash: String,
    pub state_hash: String,
}

/// A fault of the program, as the log keeps it and as a person is shown it.
pub type Faulted = (FaultRecord, Fault);

/// What a part of a run came to: its value or a fault, unless the log failed.
type Ran<T> = Result<std::result::Result<T, Faulted>>;

/// A completed node with the values that a report shows.
pub struct NodeOutcome {
    pub record: NodeRecord,
    pub seq: u64,
    pub shown: Option<Value>,
    pub values: Vec<(String, Value)>,
    pub printed: String,
}

/// What a node shows, and the values it defines.
type Loaded = (Option<Value>, Vec<(String, Value)>);

/// What stays the same over the nodes of a run.
pub struct Session<'p> {
    pub program: &'p Program,
    pub code: &'p VerifiedModule,
    pub engine: String,
    /// Kinds of effects or names of nodes that are computed anew (`--refresh`).
    pub refresh: Vec<String>,
    pub fuel: Option<u64>,
    /// The cell that is called instead of `main`.
    pub cell: Option<String>,
}

impl Session<'_> {
    /// Runs everything. A fault of the program is in the outcome.
    ///
    /// # Errors
    /// The log cannot be written or read.
    pub fn run(&self, door: &mut Door<'_>, reuse: Reuse<'_>) -> Result<Outcome> {
        let main = self.entry()?;
        let mut vm = self.machine()?;
        if door.interruption().is_some() {
            vm.listen();
        }
        vm.watch(door.grants.processes());
        let module = self.code.module();
        let mut hashes: BTreeMap<u32, String> = BTreeMap::new();
        if let Some(slot) = self.inputs_slot() {
            hashes.insert(slot as u32, self.inputs_hash());
        }
        let mut outcome = Outcome::default();
        let mut ordinals: BTreeMap<String, usize> = BTreeMap::new();
        for (index, node) in module.nodes.iter().enumerate() {
            let cell = self.cell_name(node);
            // A fence for tests runs by itself, after the document.
            if self.is_test(node) {
                continue;
            }
            let ordinal = ordinals.entry(cell.clone()).or_default();
            *ordinal += 1;
            let name = match node.defines.first().and_then(|g| module.globals.get(*g as usize)) {
                Some(name) => name.clone(),
                None => format!("{cell}:{ordinal}"),
            };
            door.begin(&name, &cell);
            if door.is_interrupted() {
                return Err(Error::interrupted());
            }
            door.observer.node_started(&name, &cell);
            let key = self.key(node, &hashes, door);
            let taken = match reuse {
                Reuse::Nothing => None,
                Reuse::Own(history) => self.own(&mut vm, door, history, index, &name)?,
                Reuse::Earlier(history) => self.earlier(&mut vm, door, history, index, &name, &key)?,
            };
            let done = match taken {
                Some(done) => done,
                None => match self.compute(&mut vm, door, reuse, index, &name, key)? {
                    Ok(done) => done,
                    Err(fault) => {
                        outcome.fault = Some(fault);
                        break;
                    }
                },
            };
            for (slot, value) in node.defines.iter().zip(&done.record.values) {
                hashes.insert(*slot, value.hash.clone());
            }
            let summary = done
                .record
                .values
                .first()
                .or(done.record.shown.as_ref())
                .map_or(String::new(), |v| v.summary.clone());
            door.observer.node_done(&NodeNews {
                name: done.record.name.clone(),
                cell: done.record.cell.clone(),
                recorded: done.record.recorded,
                summary,
            });
            outcome.nodes.push(done);
        }
        if module.nodes.is_empty() && module.exports.iter().any(|e| e.name == main) {
            match self.main(main, &mut vm, door, reuse)? {
                Ok(done) => outcome.nodes.push(done),
                Err(fault) => outcome.fault = Some(fault),
            }
        }
        if outcome.fault.is_none() {
            match self.numbers(&mut vm, door, reuse)? {
                Ok(numbers) => outcome.numbers = numbers,
                Err(fault) => outcome.fault = Some(fault),
            }
        }
        door.order_effects();
        outcome.trace_hash = crate::door::trace_hash(&door.effects);
        outcome.results_hash = results_hash(&outcome);
        outcome.state_hash = door.state.hash();
        Ok(outcome)
    }

    /// A machine that knows the inputs.
    fn machine(&self) -> Result<Vm<'_>> {
        let mut vm = Vm::new(self.code).map_err(|f| Error::internal(f.to_string()))?;
        vm.set_fuel(self.fuel);
        if let Some(slot) = self.inputs_slot() {
            vm.set_global(slot, self.inputs()).map_err(|f| Error::internal(f.to_string()))?;
        }
        Ok(vm)
    }

    fn inputs_slot(&self) -> Option<usize> {
        self.code.module().globals.iter().position(|g| g == "inputs")
    }

    /// A machine as the document left it: what runs in it changes nothing for another one.
    ///
    /// # Errors
    /// Only for a defect.
    pub fn machine_after(&self, outcome: &Outcome) -> Result<Vm<'_>> {
        let mut vm = self.machine()?;
        let globals = &self.code.module().globals;
        for (name, value) in outcome.nodes.iter().flat_map(|n| &n.values) {
            if let Some(slot) = globals.iter().position(|g| g == name) {
                vm.set_global(slot, value.clone()).map_err(|f| Error::internal(f.to_string()))?;
            }
        }
        Ok(vm)
    }

    pub(crate) fn is_test(&self, node: &NodeCode) -> bool {
        let fences = self.program.document.as_ref().map_or(&[][..], |d| &d.fences);
        node.fence.and_then(|f| fences.get(f as usize)).is_some_and(|f| f.kind == FenceKind::Test)
    }

    /// The cell that a program without top-level statements is.
    pub(crate) fn entry(&self) -> Result<&str> {
        let Some(cell) = &self.cell else { return Ok("main") };
        let wrong = |what: String| Error::usage(format!("--cell {cell}: {what}")).code("E0702");
        let module = self.code.module();
        if !module.nodes.is_empty() {
            let help = "A cell is called by a statement there, or move it to a file of its own.";
            return Err(wrong("the file has statements, which run from the top down".to_string()).help(help));
        }
        let Some(export) = module.exports.iter().find(|export| export.name == *cell) else {
            let error = wrong("the file has no such cell".to_string());
            return Err(
                match syntax::suggest::nearest(cell, module.exports.iter().map(|e| e.name.as_str())) {
                    Some(near) => error.help(format!("Did you mean `{near}`?")),
                    None => error,
                },
            );
        };
        match module.functions.get(export.function as usize).map_or(0, |function| function.params.len()) {
            0 => Ok(cell),
            count => Err(wrong(format!("it takes {}", report::format::counted(count, "parameter")))
                .help("What is called so takes none: write a cell that calls it with values.")),
        }
    }

    /// A program without top-level statements is its cell `main`, or the one asked for, as one node.
    fn main(&self, name: &str, vm: &mut Vm<'_>, door: &mut Door<'_>, reuse: Reuse<'_>) -> Ran<NodeOutcome> {
        door.begin(name, name);
        door.observer.node_started(name, name);
        let own = match reuse {
            Reuse::Own(history) => self.own(vm, door, history, 0, name)?,
            Reuse::Nothing | Reuse::Earlier(_) => None,
        };
        if let Some(done) = own {
            return Ok(Ok(done));
        }
        let value = match vm.call_function(&mut Prelude::new(door), name, &[]) {
            Ok(value) => value,
            Err(fault) => return faulted(door, name, fault).map(Err),
        };
        let key = Fields::new("main").text(&self.engine).text(&door.run).hex();
        let done = self.finish(door, 0, key, Vec::new(), Some(value), Vec::new())?;
        let summary = done.record.shown.as_ref().map_or(String::new(), |v| v.summary.clone());
        door.observer.node_done(&NodeNews {
            name: name.to_string(),
            cell: name.to_string(),
            recorded: false,
            summary,
        });
        Ok(Ok(done))
    }

    /// The entry that ends a run.
    pub fn end(&self, outcome: &Outcome, report_hash: Option<String>) -> End {
        End {
            status: if outcome.fault.is_some() { "failed" } else { "complete" }.to_string(),
            fault: outcome.fault.as_ref().map(|(record, _)| record.clone()),
            trace_hash: outcome.trace_hash.clone(),
            results_hash: Some(outcome.results_hash.clone()),
            state_hash: outcome.state_hash.clone(),
            report_hash,
        }
    }

    /// The fence's name, or its place among the fences; `main` in a plain source.
    pub(crate) fn cell_name(&self, node: &NodeCode) -> String {
        let fences = self.program.document.as_ref().map(|d| d.fences.as_slice()).unwrap_or_default();
        match node.fence.and_then(|i| fences.get(i as usize).map(|f| (i, f))) {
            Some((_, fence)) if fence.name.is_some() => fence.name.clone().unwrap_or_default(),
            Some((i, _)) => format!("fence-{}", i + 1),
            None => "main".to_string(),
        }
    }

    fn inputs(&self) -> Value {
        let fields = self.program.inputs.iter().map(|(name, value)| {
            let (ty, value) = match value {
                InputValue::File(path) => (bytecode::TypeDesc::Path, Value::Path(path.as_str().into())),
                InputValue::Int(x) => (bytecode::TypeDesc::Int, Value::Int(*x)),
                InputValue::Float(x) => (bytecode::TypeDesc::Float, Value::Float(*x)),
                InputValue::Bool(x) => (bytecode::TypeDesc::Bool, Value::Bool(*x)),
                InputValue::Text(x) => (bytecode::TypeDesc::String, Value::str(x.as_str())),
            };
            let field = bytecode::FieldDesc {
                name: name.clone(),
                column: name.clone(),
                ty: std::rc::Rc::new(ty),
                has_default: false,
                has_constraint: false,
            };
            (field, value)
        });
        let (descs, values): (Vec<_>, Vec<_>) = fields.unzip();
        Value::record(
            std::rc::Rc::new(bytecode::RecordDesc {
                module: String::new(),
                name: "inputs".to_string(),
                fields: descs,
            }),
            values,
        )
    }

    fn inputs_hash(&self) -> String {
        self.program
            .inputs
            .iter()
            .fold(Fields::new("inputs"), |h, (name, value)| h.text(name).text(&format!("{value:?}")))
            .hex()
    }

    /// What a node's result follows from, beside the effects it has.
    fn key(&self, node: &NodeCode, hashes: &BTreeMap<u32, String>, door: &Door<'_>) -> String {
        let globals = &self.code.module().globals;
        let mut fields = Fields::new("result").text(&self.engine).bytes(&node.code_digest);
        for read in &node.reads {
            let name = globals.get(*read as usize).map_or("", String::as_str);
            fields = fields.text(name).text(hashes.get(read).map_or("", String::as_str));
        }
        if node.effects.iter().any(|e| !e.is_empty()) {
            fields = fields.text(&door.grants.fingerprint());
        }
        if node.effects.iter().any(|effect| effect == "model") {
            fields = fields.text(&self.program.models.fingerprint());
        }
        // The code of a Python cell names its tools as the document does.
        if !door.cell_tools.is_empty() && node.effects.iter().any(|effect| effect == "python") {
            fields = fields.text(&format!("{:?}", door.cell_tools));
        }
        fields.number(door.seed).text(&door.arguments.join("\u{0}")).hex()
    }

    fn compute(
        &self,
        vm: &mut Vm<'_>,
        door: &mut Door<'_>,
        reuse: Reuse<'_>,
        index: usize,
        name: &str,
        key: String,
    ) -> Ran<NodeOutcome> {
        let module = self.code.module();
        let Some(node) = module.nodes.get(index) else { return Err(Error::internal("a node is missing")) };
        let point = match reuse {
            Reuse::Own(history) => Point::newest(history, name)?.map(|point| (point, history)),
            Reuse::Nothing | Reuse::Earlier(_) => None,
        };
        let ran = match point {
            None => vm.run_node(&mut Prelude::new(door), index),
            Some((point, history)) => {
                door.take_up(&point, history)?;
                vm.run_node_from(&mut Prelude::of_image(door), index, &point.image)
            }
        };
        let shown = match ran {
            Ok(shown) => shown,
            Err(fault) => return faulted(door, name, fault).map(Err),
        };
        let mut values = Vec::new();
        for slot in &node.defines {
            let value = vm.global(*slot as usize);
            Prelude::freeze(&value);
            values.push((module.globals.get(*slot as usize).cloned().unwrap_or_default(), value));
        }
        let reads = node.reads.iter().filter_map(|g| module.globals.get(*g as usize).cloned()).collect();
        self.finish(door, index, key, values, shown.filter(|_| node.shows), reads).map(Ok)
    }

    /// Keeps what the node that just ran came to, and logs it.
    fn finish(
        &self,
        door: &mut Door<'_>,
        index: usize,
        key: String,
        values: Vec<(String, Value)>,
        shown: Option<Value>,
        reads: Vec<String>,
    ) -> Result<NodeOutcome> {
        let mut blobs = Vec::new();
        let mut refs = Vec::new();
        for (name, value) in &values {
            refs.push(self.keep(name, value, &key, &mut blobs));
        }
        let shown_ref = shown.as_ref().map(|value| self.keep("", value, &key, &mut blobs));
        door.order_effects();
        let state = door.end();
        let printed = match state.printed.is_empty() {
            true => None,
            false => {
                let kept = Kept::new("printed", state.printed.clone().into_bytes());
                let name = kept.name();
                blobs.push(kept);
                Some(name)
            }
        };
        let record = NodeRecord {
            index,
            name: state.name,
            cell: state.cell,
            key,
            recorded: false,
            values: refs,
            shown: shown_ref,
            printed,
            effects: state.effects,
            reads,
            tables: state.tables,
            state: seen(state.looks),
            lines: None,
        };
        let seq = self.log(door, &record, blobs)?;
        Ok(NodeOutcome { record, seq, shown, values, printed: state.printed })
    }

    fn log(&self, door: &Door<'_>, record: &NodeRecord, blobs: Vec<Kept>) -> Result<u64> {
        let id = Fields::new("node").text(&door.run).number(record.index as u64).text(&record.name).id();
        door.journal.result_entry(record::result::NODE, id, door.start_id, record, blobs)
    }

    /// Gives a value's reference, and keeps it as a blob if it is large. A function has no bytes: it is named by
    /// what made it, and is made anew in every run.
    fn keep(&self, name: &str, value: &Value, key: &str, blobs: &mut Vec<Kept>) -> ValueRef {
        let summary = prelude::summary(value);
        let type_name = value.type_name().to_string();
        let named =
            |hash, inline, blob| ValueRef { name: name.to_string(), type_name, hash, inline, blob, summary };
        let Ok(bytes) = vm::codec::encode(value) else {
            return named(Fields::new("made").text(key).text(name).hex(), None, false);
        };
        if bytes.len() <= INLINE_BYTES_MAX {
            return named(blake3_hex(&bytes), Some(to_hex(&bytes)), false);
        }
        let kept = Kept::new("value", bytes);
        let hash = kept.name();
        blobs.push(kept);
        named(hash, None, true)
    }

    /// A node that this run completed before it was killed.
    fn own(
        &self,
        vm: &mut Vm<'_>,
        door: &mut Door<'_>,
        history: &History,
        index: usize,
        name: &str,
    ) -> Result<Option<NodeOutcome>> {
        let Some((seq, record)) = history.nodes.iter().find(|(_, n)| n.index == index && n.name == name)
        else {
            return Ok(None);
        };
        let Some((shown, values)) = self.load(vm, door, history, record)? else { return Ok(None) };
        for id in &record.effects {
            if let Some(effect) = history.effect_named(id) {
                door.count(effect, history)?;
            }
        }
        let printed = self.printed(history, record)?;
        Ok(Some(NodeOutcome { record: record.clone(), seq: *seq, shown, values, printed }))
    }

    /// A node of an earlier run with the same key, if what it read is unchanged.
    fn earlier(
        &self,
        vm: &mut Vm<'_>,
        door: &mut Door<'_>,
        history: &History,
        index: usize,
        name: &str,
        key: &str,
    ) -> Result<Option<NodeOutcome>> {
        let Some((_, record)) = history.nodes.iter().find(|(_, n)| n.name == name && n.key == key) else {
            return Ok(None);
        };
        if self.refresh.iter().any(|r| r == name) {
            return Ok(None);
        }
        for look in &record.state {
            if !door.state.still_is(look)? {
                return Ok(None);
            }
        }
        let mut effects = Vec::new();
        for id in &record.effects {
            let Some(effect) = history.effect_named(id) else {
                return Ok(None);
            };
            let is_refreshed =
                |effect: &str, operation: &str| self.refresh.iter().any(|r| r == effect || r == operation);
            let called = crate::python::called(history, effect);
            let mut below = history.entries(effect.id).iter();
            let asked_model = below.any(|entry| matches!(entry, crate::recursion::Entry::Asked { .. }));
            if is_refreshed(&effect.intent.effect, &effect.intent.operation)
                || (asked_model && is_refreshed("model", "model"))
                || called.iter().any(|(effect, tool)| is_refreshed(effect, tool))
                || !door.still_holds(effect)
            {
                return Ok(None);
            }
            effects.push(effect);
        }
        let Some((shown, values)) = self.load(vm, door, history, record)? else { return Ok(None) };
        // In the order in which the answers came: a replay of this run gives them in that order too.
        effects.sort_by_key(|effect| history.arrival(effect.id));
        for effect in effects {
            door.adopt(effect, history)?;
        }
        door.order_effects();
        door.node.effects.clear();
        let mut blobs = Vec::new();
        for reference in record.values.iter().chain(&record.shown).filter(|r| r.blob) {
            blobs.push(Kept::new("value", history.blob(&reference.hash)?));
        }
        let printed = self.printed(history, record)?;
        if !printed.is_empty() {
            blobs.push(Kept::new("printed", printed.clone().into_bytes()));
            door.observer.printed(vm::Print::Out, &printed);
        }
        let record = NodeRecord { index, recorded: true, cell: door.node.cell.clone(), ..record.clone() };
        let seq = self.log(door, &record, blobs)?;
        Ok(Some(NodeOutcome { record, seq, shown, values, printed }))
    }

    fn printed(&self, history: &History, record: &NodeRecord) -> Result<String> {
        match &record.printed {
            Some(blob) => String::from_utf8(history.blob(blob)?)
                .map_err(|_| Error::damaged("printed text is not UTF-8")),
            None => Ok(String::new()),
        }
    }

    /// Reads a node's values and sets its globals; `None` if one of them is not stored.
    fn load(
        &self,
        vm: &mut Vm<'_>,
        door: &mut Door<'_>,
        history: &History,
        record: &NodeRecord,
    ) -> Result<Option<Loaded>> {
        if record.values.iter().chain(&record.shown).any(|v| !v.blob && v.inline.is_none()) {
            return Ok(None);
        }
        let module = self.code.module();
        let mut values = Vec::new();
        let host = Prelude::new(door);
        let decode = |reference: &ValueRef| -> Result<Value> {
            let bytes = history.value(reference)?.unwrap_or_default();
            vm::codec::decode(&bytes, &host).map_err(|why| {
                Error::damaged(format!("the value of `{}` cannot be read: {why}", record.name))
            })
        };
        for reference in &record.values {
            let Some(slot) = module.globals.iter().position(|g| *g == reference.name) else {
                return Ok(None);
            };
            let value = decode(reference)?;
            Prelude::freeze(&value);
            vm.set_global(slot, value.clone()).map_err(|f| Error::internal(f.to_string()))?;
            values.push((reference.name.clone(), value));
        }
        let shown = match &record.shown {
            Some(reference) => Some(decode(reference)?),
            None => None,
        };
        Ok(Some((shown, values)))
    }

    fn numbers(&self, vm: &mut Vm<'_>, door: &mut Door<'_>, reuse: Reuse<'_>) -> Ran<Vec<NumberRecord>> {
        let module = self.code.module();
        let Some(document) = &self.program.document else { return Ok(Ok(Vec::new())) };
        let mut numbers = Vec::new();
        for (index, binding) in document.bindings.iter().enumerate() {
            let name = format!("number {}", binding.number);
            door.begin(&name, "prose");
            let value = match vm.eval_binding(&mut Prelude::new(door), index) {
                Ok(value) => value,
                Err(fault) => return faulted(door, &name, fault).map(Err),
            };
            let source = self.program.sources.first();
            let text = match number::text(&value, binding.format.as_deref()) {
                Ok(text) => text,
                Err(why) => {
                    let mut fault = Fault::new("R0601", format!("{name} cannot be shown: {why}"));
                    let syntax::Span { file, start, end } = binding.span;
                    fault.span = Some(bytecode::Span { file: file.0, start, end });
                    return faulted(door, &name, fault).map(Err);
                }
            };
            let reads =
                self.program.checked.bindings.get(index).map(|b| b.reads.as_slice()).unwrap_or_default();
            let expression = source.map_or("", |s| s.slice(binding.expr.span)).trim().to_string();
            let bytes = vm::codec::encode(&value).unwrap_or_default();
            let record = NumberRecord {
                number: binding.number,
                expression: match &binding.format {
                    Some(format) => format!("{expression} | {format}"),
                    None => expression,
                },
                text,
                value: ValueRef {
                    name: String::new(),
                    type_name: value.type_name().to_string(),
                    hash: blake3_hex(&bytes),
                    inline: None,
                    blob: false,
                    summary: prelude::summary(&value),
                },
                reads: reads.iter().filter_map(|g| module.globals.get(g.0 as usize).cloned()).collect(),
                line: source.map_or(0, |s| s.line_column(binding.span.start).0 as u32),
            };
            let known =
                matches!(reuse, Reuse::Own(h) if h.numbers.iter().any(|(_, n)| n.number == record.number));
            if !known {
                let id = Fields::new("number").text(&door.run).number(record.number as u64).id();
                door.journal.run_entry(record::run::NUMBER, id, door.start_id, &record, Vec::new(), false)?;
            }
            door.observer.number_bound(&record);
            numbers.push(record);
        }
        Ok(Ok(numbers))
    }
}

/// What a node saw of the state, each once and in the order of their names.
fn seen(mut looks: Vec<Look>) -> Vec<Look> {
    looks.sort_by(|a, b| (&a.entry, &a.hash).cmp(&(&b.entry, &b.hash)));
    looks.dedup();
    looks
}

/// A fault of the node or number `name`.
///
/// # Errors
/// What the log failed with, if the fault only stands for that.
fn faulted(door: &mut Door<'_>, name: &str, fault: Fault) -> Result<Faulted> {
    door.order_effects();
    match door.broken.take() {
        Some(broken) => Err(broken),
        None => {
            let record = FaultRecord {
                node: name.to_string(),
                code: fault.code.clone(),
                message: fault.message.clone(),
            };
            Ok((record, fault))
        }
    }
}

/// Over everything that a reader of the report can see: equal for a run that was killed and resumed, for any number
/// of threads, on any machine.
pub(crate) fn results_hash(outcome: &Outcome) -> String {
    let mut fields = Fields::new("state");
    for node in &outcome.nodes {
        fields = fields.text(&node.record.name);
        for value in node.record.values.iter().chain(&node.record.shown) {
            fields = fields.text(&value.name).text(&value.type_name).text(&value.hash);
        }
        fields = fields.text(&node.printed);
    }
    for number in &outcome.numbers {
        fields = fields.text(&number.text).text(&number.value.hash);
    }
    if let Some((fault, _)) = &outcome.fault {
        fields = fields.text(&fault.node).text(&fault.code).text(&fault.message);
    }
    fields.hex()
}
