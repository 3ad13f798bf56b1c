//! The machine: stacks, globals and the ways in.
//!
//! A frame is a window over two stacks, one of unboxed scalars and one of values; a callee's window begins inside its
//! caller's, where the arguments already stand, so a call copies and allocates nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytecode::{Constant, Function, Module, Repr, TypeDesc, VerifiedModule};

use crate::builtins::{self, Builtin};
use crate::comptime;
use crate::cost::{self, Cost};
use crate::fault::{Fault, FaultKind, TOO_DEEP};
use crate::fiber::Exit;
use crate::handle::Context;
use crate::host::{Callback, Host};
use crate::leave::Leaving;
use crate::schedule::Schedule;
use crate::value::Value;
use crate::within::Watch;

/// Register operands have 16 bits: with this many slots above a frame's base no access needs a bounds check.
pub(crate) const WINDOW: usize = 1 << 16;
/// Most frames at once.
pub(crate) const FRAMES_MAX: usize = 10_000;
/// Builtins that call closures take room on the thread's own stack.
const NESTING_MAX: u32 = 150;

/// A machine that listens asks its host after so much fuel: some milliseconds.
const QUESTION: u64 = 1 << 18;

/// Runs a verified module.
pub struct Vm<'m> {
    pub(crate) verified: &'m VerifiedModule,
    pub(crate) module: &'m Module,
    pub(crate) globals: Vec<Value>,
    pub(crate) scalars: Vec<u64>,
    pub(crate) refs: Vec<Value>,
    pub(crate) frames: Vec<Frame>,
    /// By index of the module's constants: texts and bytes as values.
    pub(crate) constants: Vec<Value>,
    /// By index of the module's cores.
    pub(crate) builtins: Vec<Builtin>,
    /// What those cost, by the same index.
    pub(crate) costs: Vec<Cost>,
    pub(crate) sites: Rc<[SiteTexts]>,
    /// First scalar and value slot that no frame uses.
    pub(crate) top: (usize, usize),
    pub(crate) fuel: Option<u64>,
    /// Whether the host is asked every so often if the run goes on. Then `fuel` is what may be used up to the next
    /// question, and `kept` what is left behind that, if it is limited.
    pub(crate) listens: bool,
    pub(crate) kept: Option<u64>,
    /// Who handles what, and whose clause runs.
    pub(crate) context: Context,
    pub(crate) schedule: Schedule,
    /// Faults that wait for what was deferred, outermost first.
    pub(crate) leaving: Vec<Leaving>,
    /// What was deferred went too deep: nothing more of it runs before the fault is through.
    pub(crate) spent: bool,
    /// What `comptime` blocks came to, by their functions.
    pub(crate) comptimes: BTreeMap<u32, Value>,
    /// Whether one runs.
    pub(crate) computes: bool,
    /// How many runs are inside each other.
    pub(crate) nesting: u32,
    pub(crate) watch: Watch,
    /// The node that runs, where it is one.
    pub(crate) node: Option<usize>,
    /// What the module's numbers mean, once an image asked.
    pub(crate) numbering: OnceCell<[u8; 32]>,
}

/// A caller that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) function: u32,
    /// The instruction after the call.
    pub(crate) pc: u32,
    pub(crate) scalar_base: u32,
    pub(crate) ref_base: u32,
}

/// What a host call hands over beside its arguments.
#[derive(Debug)]
pub(crate) struct SiteTexts {
    pub(crate) names: Vec<Rc<str>>,
    pub(crate) types: Vec<Rc<TypeDesc>>,
}

impl<'m> Vm<'m> {
    /// Computes the `comptime` blocks; globals are null at first. An error names a builtin that this machine does not
    /// have, or is the fault of a block.
    pub fn new(verified: &'m VerifiedModule) -> Result<Vm<'m>, Fault> {
        let module = verified.module();
        let builtins = module
            .cores
            .iter()
            .map(|name| {
                builtins::find(name)
                    .ok_or_else(|| Fault::internal(format!("the machine has no builtin named {name}")))
            })
            .collect::<Result<_, _>>()?;
        let constants = module
            .constants
            .iter()
            .map(|constant| match constant {
                Constant::Str(s) => Value::str(s.as_str()),
                Constant::Bytes(b) => Value::bytes(b.clone()),
                Constant::Int(x) => Value::Int(*x),
                Constant::Float(x) => Value::Float(*x),
                Constant::Variant { .. } | Constant::Format(_) => Value::Null,
            })
            .collect();
        let sites = module
            .sites
            .iter()
            .map(|site| SiteTexts {
                names: site.names.iter().map(|n| n.as_str().into()).collect(),
                types: site.types.iter().filter_map(|t| module.types.get(*t as usize).cloned()).collect(),
            })
            .collect();
        let mut machine = Vm {
            verified,
            module,
            globals: vec![Value::Null; module.globals.len()],
            scalars: vec![0; WINDOW],
            refs: vec![Value::Null; WINDOW],
            frames: Vec::new(),
            constants,
            builtins,
            costs: module.cores.iter().map(|name| cost::of(name)).collect(),
            sites,
            top: (0, 0),
            fuel: None,
            listens: false,
            kept: None,
            context: Context::default(),
            schedule: Schedule::default(),
            leaving: Vec::new(),
            spent: false,
            comptimes: BTreeMap::new(),
            computes: false,
            nesting: 0,
            watch: Watch::default(),
            node: None,
            numbering: OnceCell::new(),
        };
        for function in comptime::functions(verified) {
            machine.comptime(function)?;
        }
        Ok(machine)
    }

    /// From now on blocks are charged; when the amount is used up the run faults with R0901.
    pub fn set_fuel(&mut self, fuel: Option<u64>) {
        (self.fuel, self.kept) = if self.listens { (Some(0), fuel) } else { (fuel, None) };
    }

    /// What is left, if it is limited.
    pub fn fuel(&self) -> Option<u64> {
        match self.listens {
            true => self.kept.map(|kept| kept + self.fuel.unwrap_or(0)),
            false => self.fuel,
        }
    }

    /// From now on the host is asked every so often whether the run goes on ([`Host::pause`]), so that a loop that
    /// asks it nothing can be ended too. What the program computes, and where its fuel is used up, stays the same.
    pub fn listen(&mut self) {
        if !self.listens {
            self.listens = true;
            self.kept = self.fuel.replace(0);
        }
    }

    /// Fuel for a block, up to the next question to the host.
    #[cold]
    pub(crate) fn more_fuel(&mut self, host: &mut dyn Host, cost: u64) -> Result<u64, Fault> {
        let mut left = self.fuel.unwrap_or(u64::MAX);
        if !self.listens || self.computes {
            return Err(out_of_fuel());
        }
        while cost > left {
            let part = self.kept.map_or(QUESTION, |kept| kept.min(QUESTION));
            if part == 0 {
                return Err(out_of_fuel());
            }
            host.pause()?;
            self.kept = self.kept.map(|kept| kept - part);
            left += part;
            self.fuel = Some(left);
        }
        Ok(left)
    }

    pub fn module(&self) -> &'m Module {
        self.module
    }

    /// Sets a top-level variable; an unknown number is ignored by no one: it is an error.
    pub fn set_global(&mut self, index: usize, value: Value) -> Result<(), Fault> {
        match self.globals.get_mut(index) {
            Some(global) => {
                *global = value;
                Ok(())
            }
            None => Err(Fault::internal(format!("there is no global {index}"))),
        }
    }

    /// Null for an unknown number.
    pub fn global(&self, index: usize) -> Value {
        self.globals.get(index).cloned().unwrap_or(Value::Null)
    }

    /// Runs a node of the results graph, which sets the globals it defines. The value is what the document shows.
    pub fn run_node(&mut self, host: &mut dyn Host, node: usize) -> Result<Option<Value>, Fault> {
        self.node_with(node, |vm, function| vm.run_program(host, function, &[]))
    }

    /// Goes on with a node where its image was made, by a machine that has the globals which the node reads.
    pub fn run_node_from(
        &mut self,
        host: &mut dyn Host,
        node: usize,
        image: &[u8],
    ) -> Result<Option<Value>, Fault> {
        self.node_with(node, |vm, _| vm.go_on_from(host, image))
    }

    fn node_with(
        &mut self,
        at: usize,
        run: impl FnOnce(&mut Self, u32) -> Result<Value, Fault>,
    ) -> Result<Option<Value>, Fault> {
        let module = self.module;
        let node = module.nodes.get(at).ok_or_else(|| Fault::internal("there is no such result"))?;
        self.node = Some(at);
        if self.has_checkpoints() {
            self.clean();
        }
        let value = run(self, node.function);
        self.node = None;
        Ok(node.shows.then_some(value?))
    }

    /// The value of a prose binding, by its place in the module's list.
    pub fn eval_binding(&mut self, host: &mut dyn Host, binding: usize) -> Result<Value, Fault> {
        let module = self.module;
        let function =
            module.bindings.get(binding).ok_or_else(|| Fault::internal("there is no such binding"))?;
        self.run_program(host, *function, &[])
    }

    /// Calls an exported cell.
    pub fn call_function(&mut self, host: &mut dyn Host, name: &str, args: &[Value]) -> Result<Value, Fault> {
        let module = self.module;
        let export = module
            .exports
            .iter()
            .find(|e| e.name == name)
            .ok_or_else(|| Fault::new("R0102", format!("there is no cell named {name}")))?;
        self.run_program(host, export.function, args)
    }

    /// Calls a closure; faults when the value is none or takes another number of arguments.
    pub fn call_closure(
        &mut self,
        host: &mut dyn Host,
        closure: &Value,
        args: &[Value],
    ) -> Result<Value, Fault> {
        match closure {
            Value::Closure(closure) => self.enter(host, closure.function, args, &closure.captures),
            other => Err(Fault::new("R0104", format!("a {} cannot be called", other.type_name()))),
        }
    }

    /// Runs a function in a new window above all frames, boxing its result.
    fn enter(
        &mut self,
        host: &mut dyn Host,
        function: u32,
        args: &[Value],
        captures: &[Value],
    ) -> Result<Value, Fault> {
        let start = self.begin(function, args, captures)?;
        match self.run(host, start, self.frames.len())? {
            Exit::Returned(value) => Ok(value),
            Exit::Yielded(..) | Exit::Landed(_) => Err(Fault::internal("a `yield` outside of a walk")),
            Exit::Waits(_) => Err(Fault::internal("a task that waits inside of a builtin")),
        }
    }

    /// Puts a function's arguments into a new window above all frames.
    pub(crate) fn begin(
        &mut self,
        function: u32,
        args: &[Value],
        captures: &[Value],
    ) -> Result<Frame, Fault> {
        let module = self.module;
        let Some(callee) = module.functions.get(function as usize) else {
            return Err(Fault::internal("unknown function"));
        };
        if args.len() != callee.params.len() || captures.len() != usize::from(callee.captures) {
            return Err(arity(callee, args.len()));
        }
        let (scalar_base, ref_base) = self.top;
        self.reserve(scalar_base, ref_base);
        let (mut scalar, mut reference) = (scalar_base, ref_base);
        for (arg, repr) in args.iter().zip(&callee.params) {
            let bits = match repr {
                Repr::Ref => {
                    if let Some(slot) = self.refs.get_mut(reference) {
                        *slot = arg.clone();
                    }
                    reference += 1;
                    continue;
                }
                Repr::Int => unbox_int(arg)?.cast_unsigned(),
                Repr::Float => unbox_float(arg)?.to_bits(),
                Repr::Bool => u64::from(unbox_bool(arg)?),
            };
            if let Some(slot) = self.scalars.get_mut(scalar) {
                *slot = bits;
            }
            scalar += 1;
        }
        for (slot, value) in self.refs.iter_mut().skip(reference).zip(captures) {
            *slot = value.clone();
        }
        Ok(Frame { function, pc: 0, scalar_base: scalar_base as u32, ref_base: ref_base as u32 })
    }

    /// Runs the frames above `floor`, `start` on top of them, until they return or wait. Afterwards the stacks are as
    /// they were before.
    pub(crate) fn run(&mut self, host: &mut dyn Host, start: Frame, floor: usize) -> Result<Exit, Fault> {
        self.run_from(host, start, floor, Vec::new(), None)
    }

    /// The same, with the faults that wait in these frames, and where a fault came to the innermost.
    pub(crate) fn run_from(
        &mut self,
        host: &mut dyn Host,
        start: Frame,
        floor: usize,
        left: Vec<Leaving>,
        mut fault: Option<Fault>,
    ) -> Result<Exit, Fault> {
        if self.nesting >= NESTING_MAX {
            return Err(too_deep());
        }
        let top = self.top;
        let depth = self.context.depth();
        let leaving = self.leaving.len();
        self.nesting += 1;
        self.watch.below.push((floor, self.watch.calls));
        self.put_back(left, floor);
        let mut next = start;
        let result = loop {
            let result = if let Some(fault) = fault.take() {
                let bottom = self.frames.get(floor).map_or(next.ref_base, |frame| frame.ref_base) as usize;
                self.unwind(fault, next, floor, bottom, false)
            } else if self.fuel.is_some() {
                self.execute::<true>(host, next, floor)
            } else {
                self.execute::<false>(host, next, floor)
            };
            match result {
                Ok(Exit::Landed(pad)) => next = pad,
                result => break result,
            }
        };
        self.nesting -= 1;
        if let Some((_, calls)) = self.watch.below.pop() {
            self.watch.calls = calls;
        }
        self.leaving.truncate(leaving);
        self.top = top;
        self.frames.truncate(floor);
        if result.is_err() {
            self.context.cut(depth);
        }
        result
    }

    /// Makes both stacks large enough for a window at these bases.
    #[inline]
    pub(crate) fn reserve(&mut self, scalar_base: usize, ref_base: usize) {
        if scalar_base + WINDOW > self.scalars.len() || ref_base + WINDOW > self.refs.len() {
            self.grow(scalar_base, ref_base);
        }
    }

    #[cold]
    fn grow(&mut self, scalar_base: usize, ref_base: usize) {
        if scalar_base + WINDOW > self.scalars.len() {
            self.scalars.resize(scalar_base + 2 * WINDOW, 0);
        }
        if ref_base + WINDOW > self.refs.len() {
            self.refs.resize(ref_base + 2 * WINDOW, Value::Null);
        }
    }
}

impl Callback for Vm<'_> {
    fn call(&mut self, host: &mut dyn Host, closure: &Value, args: &[Value]) -> Result<Value, Fault> {
        self.call_closure(host, closure, args)
    }

    fn result(&mut self, host: &mut dyn Host, task: &Value) -> Option<Result<Value, Fault>> {
        let Value::Future(future) = task else { return None };
        self.place(host, future);
        future.result()
    }

    fn within(&self) -> Rc<[usize]> {
        Vm::within(self)
    }

    fn cancel(&mut self, host: &mut dyn Host, task: &Value) {
        if let Value::Future(future) = task {
            Vm::cancel(self, host, future);
        }
    }
}

pub(crate) fn arity(callee: &Function, found: usize) -> Fault {
    let expected = callee.params.len();
    Fault::new("R0104", format!("{} takes {expected} arguments, found {found}", callee.name))
}

pub(crate) fn too_deep() -> Fault {
    Fault::new(
        TOO_DEEP,
        format!("too deep recursion: more than {FRAMES_MAX} calls, or {NESTING_MAX} inside builtins"),
    )
    .help("a loop, or a list used as a stack, has no such limit")
}

pub(crate) fn out_of_fuel() -> Fault {
    Fault::new("R0901", "the fuel is used up").kind(FaultKind::Fuel)
}

#[cold]
fn misfit(expected: &str, found: &Value) -> Fault {
    let code = if found.is_null() { "R0103" } else { "R0104" };
    Fault::new(code, format!("expected {expected}, found {}", found.type_name()))
}

pub(crate) fn unbox_int(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Int(x) => Ok(*x),
        other => Err(misfit("Int", other)),
    }
}

pub(crate) fn unbox_float(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Float(x) => Ok(*x),
        Value::Int(x) => Ok(*x as f64),
        other => Err(misfit("Float", other)),
    }
}

pub(crate) fn unbox_bool(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(x) => Ok(*x),
        other => Err(misfit("Bool", other)),
    }
}
