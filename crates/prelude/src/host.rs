//! The host: one table from names to bindings.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use bytecode::{FieldDesc, RecordDesc, Span, TRIED, TypeDesc};
use tensor::Generator;
use vm::{Callback, Fault, Handle, Host, HostCall, Print, Value};

use crate::args::Args;
use crate::effects::{Answer, Ask, Effects};

/// What a binding may use beside its arguments.
pub(crate) struct Context<'c> {
    pub effects: &'c mut dyn Effects,
    pub operation: &'c str,
    pub site: u32,
    pub span: Span,
    pub types: &'c [Rc<TypeDesc>],
    /// The error that a tried call gives for a fault, where it says more than any.
    pub error: Option<Value>,
    draws: &'c mut Draws,
    callback: &'c mut dyn Callback,
}

impl Context<'_> {
    pub fn ask(&mut self, ask: Ask) -> Result<Answer, Fault> {
        self.effects.within(&self.callback.within());
        self.effects.perform(self.operation, self.site, self.span, ask)
    }

    pub fn ask_state(&mut self, request: crate::state::Request) -> Result<Value, Fault> {
        self.effects.within(&self.callback.within());
        self.effects.state(self.operation, self.site, self.span, request)
    }

    /// Calls a closure of the program.
    pub fn call(&mut self, closure: &Value, args: &[Value]) -> Result<Value, Fault> {
        self.with_host(|callback, host| callback.call(host, closure, args))
    }

    /// What a task among the arguments came to; nothing while it did not end.
    pub fn result(&mut self, task: &Value) -> Option<Result<Value, Fault>> {
        self.with_host(|callback, host| callback.result(host, task))
    }

    /// What the running task asked for and was not told of is not needed any more.
    pub fn leave(&mut self) {
        self.effects.leave(self.draws.task);
    }

    /// Nobody needs the task any more.
    pub fn cancel(&mut self, task: &Value) {
        self.with_host(|callback, host| callback.cancel(host, task));
    }

    fn with_host<T>(&mut self, f: impl FnOnce(&mut dyn Callback, &mut dyn Host) -> T) -> T {
        let mut host = Prelude { effects: self.effects, draws: std::mem::take(self.draws) };
        let value = f(self.callback, &mut host);
        *self.draws = host.draws;
        value
    }

    /// Has the program kept where it waits in this call, which is made again then.
    pub fn checkpoint(&mut self, name: String) -> Result<Value, Fault> {
        if let Keeping::Kept = self.draws.keeping {
            self.draws.keeping = Keeping::Nothing;
            return Ok(Value::Null);
        }
        let (operation, site, span) = (self.operation.to_string(), self.site, self.span);
        self.draws.keeping = Keeping::Wanted(Wish { operation, site, span, name });
        Err(Fault::waiting())
    }

    /// Draws from the generator of the running node, or of its running task, which starts at a seed that only their
    /// names and places decide.
    pub fn with_default_generator<T>(
        &mut self,
        f: impl FnOnce(&Generator) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Draws { task, generators, .. } = &mut *self.draws;
        let effects = &mut *self.effects;
        f(generators.entry(*task).or_insert_with(|| Generator::new(effects.seed())))
    }
}

/// How far a checkpoint is.
#[derive(Default)]
enum Keeping {
    #[default]
    Nothing,
    Wanted(Wish),
    /// The machine makes the image.
    Taken(Wish),
    /// The call is made again.
    Kept,
}

struct Wish {
    operation: String,
    site: u32,
    span: Span,
    name: String,
}

/// The generators of a node, by the numbers of its tasks: what one draws does not depend on when others do.
#[derive(Default)]
struct Draws {
    /// The task that runs.
    task: u64,
    generators: BTreeMap<u64, Generator>,
    keeping: Keeping,
}

/// A builtin's implementation.
pub(crate) type Binding = fn(&mut Context<'_>, &mut Args<'_>) -> Result<Value, Fault>;

/// A module's bindings.
pub(crate) type Table = &'static [(&'static str, Binding)];

fn table() -> &'static BTreeMap<&'static str, Binding> {
    static TABLE: OnceLock<BTreeMap<&'static str, Binding>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let tables: [&[Table]; 9] = [
            crate::frames::TABLES,
            crate::tensors::TABLES,
            &[crate::plot::TABLE],
            &[crate::random::TABLE],
            &[crate::world::TABLE, crate::web::TABLE],
            &[crate::tool::TABLE],
            &[crate::model::TABLE],
            &[crate::python::TABLE],
            &[crate::state::TABLE],
        ];
        tables.into_iter().flatten().flat_map(|t| t.iter().copied()).collect()
    })
}

/// All names that the prelude carries out, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    table().keys().copied()
}

/// The host of a program's run.
pub struct Prelude<'a> {
    effects: &'a mut dyn Effects,
    draws: Draws,
}

impl<'a> Prelude<'a> {
    pub fn new(effects: &'a mut dyn Effects) -> Prelude<'a> {
        Prelude { effects, draws: Draws::default() }
    }

    /// The host of a program that goes on from its image.
    pub fn of_image(effects: &'a mut dyn Effects) -> Prelude<'a> {
        Prelude { effects, draws: Draws { keeping: Keeping::Kept, ..Draws::default() } }
    }

    /// Ends the time in which a handle may change: its node is done, and others may read it.
    pub fn freeze(value: &Value) {
        crate::tensors::freeze(value);
    }
}

/// Whether a fault says that an effect did not succeed, or that what it brought is not what was asked for. A refused
/// grant, a divergence from the recording and a log that cannot be written end the run all the same.
fn is_failure(fault: &Fault) -> bool {
    fault.code.starts_with("R07") || fault.code.starts_with("R04")
}

/// The error of a call that was tried.
fn failure(fault: &Fault) -> Value {
    record(
        "ToolError",
        &[("code", TypeDesc::String), ("message", TypeDesc::String)],
        vec![Value::str(&*fault.code), Value::str(&*fault.message)],
    )
}

/// A record that no program declares.
pub(crate) fn record(name: &str, fields: &[(&str, TypeDesc)], values: Vec<Value>) -> Value {
    let field = |(name, ty): &(&str, TypeDesc)| FieldDesc {
        name: (*name).to_string(),
        column: (*name).to_string(),
        ty: Rc::new(ty.clone()),
        has_default: false,
        has_constraint: false,
    };
    let fields = fields.iter().map(field).collect();
    Value::record(Rc::new(RecordDesc { module: String::new(), name: name.to_string(), fields }), values)
}

impl Host for Prelude<'_> {
    fn call(&mut self, vm: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        let tried = call.name.strip_prefix(TRIED);
        let name = tried.unwrap_or(call.name);
        let Some(binding) = table().get(name) else {
            return Err(Fault::new("R0126", format!("`{name}` is not built yet")));
        };
        let mut context = Context {
            effects: &mut *self.effects,
            operation: name,
            site: call.site,
            span: call.span,
            types: call.types,
            error: None,
            draws: &mut self.draws,
            callback: vm,
        };
        let mut args = Args::new(name, call.args, call.names);
        let value = binding(&mut context, &mut args).and_then(|value| args.finish().map(|()| value));
        match (tried, value) {
            (None, value) => value,
            (Some(_), Ok(value)) => Ok(Value::ok(value)),
            (Some(_), Err(fault)) if is_failure(&fault) => {
                Ok(Value::err(context.error.take().unwrap_or_else(|| failure(&fault))))
            }
            (Some(_), Err(fault)) => Err(fault),
        }
    }

    fn cost(&self, call: &HostCall<'_>, left: u64) -> u64 {
        crate::cost::cost(call, left)
    }

    fn enter(&mut self, number: u64, place: &[u32]) {
        self.draws.task = number;
        self.effects.enter(number, place);
    }

    fn next(&mut self) -> Result<u64, Fault> {
        self.effects.next()
    }

    fn pause(&mut self) -> Result<(), Fault> {
        self.effects.pause()
    }

    fn leave(&mut self, number: u64) {
        self.draws.generators.remove(&number);
        self.effects.leave(number);
    }

    fn wants_image(&mut self) -> bool {
        match std::mem::take(&mut self.draws.keeping) {
            Keeping::Wanted(wish) => {
                self.draws.keeping = Keeping::Taken(wish);
                true
            }
            other => {
                self.draws.keeping = other;
                false
            }
        }
    }

    fn keep_image(&mut self, image: &[u8]) -> Result<(), Fault> {
        let Keeping::Taken(wish) = std::mem::take(&mut self.draws.keeping) else {
            return Err(Fault::new("R0999", "nobody asked for an image").kind(vm::FaultKind::Internal));
        };
        let ask = Ask::Checkpoint { name: wish.name, image: image.to_vec() };
        self.effects.perform(&wish.operation, wish.site, wish.span, ask)?;
        self.draws.keeping = Keeping::Kept;
        Ok(())
    }

    fn encode_handles(&mut self, handles: Vec<Handle>) -> Result<Vec<u8>, Fault> {
        crate::tensors::image::encode(handles, self.draws.generators.get(&0))
    }

    fn decode_handles(&mut self, bytes: &[u8]) -> Result<Vec<Value>, String> {
        let (values, own) = crate::tensors::image::decode(bytes, decode)?;
        self.draws.generators.clear();
        self.draws.generators.extend(own.map(|own| (0, own)));
        Ok(values)
    }

    fn print(&mut self, to: Print, text: &str) {
        self.effects.print(to, text);
    }

    fn decode_opaque(&self, type_name: &str, bytes: &[u8]) -> Result<Value, String> {
        decode(type_name, bytes)
    }
}

/// Reads stored values outside a run.
pub struct Decoder;

impl Host for Decoder {
    fn call(&mut self, _: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        Err(Fault::new("R0999", format!("`{}` was called where values are only read", call.name)))
    }

    fn print(&mut self, _: Print, _: &str) {}

    fn decode_opaque(&self, type_name: &str, bytes: &[u8]) -> Result<Value, String> {
        decode(type_name, bytes)
    }
}

fn decode(type_name: &str, bytes: &[u8]) -> Result<Value, String> {
    let decoded = [crate::frames::decode, crate::tensors::decode, crate::plot::decode, crate::random::decode];
    for decode in decoded {
        if let Some(value) = decode(type_name, bytes) {
            return value;
        }
    }
    Err(format!("`{type_name}` is no type of an engine"))
}
