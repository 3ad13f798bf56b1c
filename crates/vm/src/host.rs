//! The one door to the world and to the engines.

use std::any::Any;
use std::rc::Rc;

use bytecode::{Span, TypeDesc};

use crate::fault::{Fault, FaultKind};
use crate::value::{Handle, Value};

/// A value that an engine owns: a frame, a tensor, a figure, a module.
pub trait Opaque: Any {
    /// As the language calls its type.
    fn type_name(&self) -> &'static str;

    /// What `print` shows.
    fn display(&self) -> String;

    /// Canonical bytes: equal values, equal bytes. [`Host::decode_opaque`] reads them.
    fn encode(&self) -> Vec<u8>;

    fn as_any(&self) -> &dyn Any;

    /// `==`, or why it is not defined.
    fn equals(&self, other: &dyn Opaque) -> Result<bool, String>;
}

/// Which of the program's streams a text goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    Out,
    Err,
}

/// A call of an engine builtin or an effect.
#[derive(Debug)]
pub struct HostCall<'a> {
    /// As in `builtins.lm`: `read_csv`, `nn.Linear`, `Series.mean`, `op.+`.
    pub name: &'a str,
    /// The place that calls, by index into the module's sites.
    pub site: u32,
    pub args: &'a [Value],
    /// Names of the last `names.len()` arguments.
    pub names: &'a [Rc<str>],
    pub types: &'a [Rc<TypeDesc>],
    pub span: Span,
}

/// Carries out engine builtins and effects.
pub trait Host {
    /// `vm` calls the closures among the arguments. What is not there yet is [`Fault::waiting`].
    fn call(&mut self, vm: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault>;

    /// What a call costs beside its place in the code, by the sizes of what it is given; asked where fuel is limited to
    /// what is left.
    fn cost(&self, _call: &HostCall<'_>, _left: u64) -> u64 {
        0
    }

    /// The task that runs from now on: its number in the order of spawning, and its place in the tree of tasks, which
    /// is empty for the program itself.
    fn enter(&mut self, _number: u64, _place: &[u32]) {}

    /// Waits until there is something for one of the tasks whose calls gave [`Fault::waiting`]: that task's number. The
    /// call is then made again, and answers.
    ///
    /// # Errors
    /// What ends the whole run: a divergence from a log, or a log that cannot be written.
    fn next(&mut self) -> Result<u64, Fault> {
        Err(Fault::new("R0999", "this host answers at once").kind(FaultKind::Internal))
    }

    /// Asked every so often of a machine that [listens](crate::Vm::listen): whether the run goes on.
    ///
    /// # Errors
    /// What ends the whole run.
    fn pause(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Whether the program is to be kept where it waits: asked when it can go on no further by itself.
    fn wants_image(&mut self) -> bool {
        false
    }

    /// Keeps the program, which then makes its call again.
    ///
    /// # Errors
    /// What ends the whole run.
    fn keep_image(&mut self, _image: &[u8]) -> Result<(), Fault> {
        Err(Fault::new("R0999", "this host keeps no programs").kind(FaultKind::Internal))
    }

    /// The handles of a program as bytes, with what they share, and what the host itself holds for it.
    ///
    /// # Errors
    /// Why one cannot be kept.
    fn encode_handles(&mut self, _handles: Vec<Handle>) -> Result<Vec<u8>, Fault> {
        Err(Fault::new("R0999", "this host keeps no programs").kind(FaultKind::Internal))
    }

    /// Reads what [`Host::encode_handles`] wrote: the handles in their order.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    fn decode_handles(&mut self, _bytes: &[u8]) -> Result<Vec<Value>, String> {
        Err("this host keeps no programs".into())
    }

    /// The task does not go on: what it asked for and was not told of is not needed.
    fn leave(&mut self, _number: u64) {}

    /// A piece of output; lines bring their own `\n`.
    fn print(&mut self, to: Print, text: &str);

    /// Reads what [`Opaque::encode`] wrote for a type of that name.
    fn decode_opaque(&self, type_name: &str, bytes: &[u8]) -> Result<Value, String>;
}

/// The machine, as a host calls back into it.
pub trait Callback {
    /// Calls a closure. The host hands itself over for the effects of the closure's body.
    fn call(&mut self, host: &mut dyn Host, closure: &Value, args: &[Value]) -> Result<Value, Fault>;

    /// What a task among the arguments came to, which is then seen; nothing while it did not end.
    fn result(&mut self, host: &mut dyn Host, task: &Value) -> Option<Result<Value, Fault>>;

    /// The watched declarations whose code waits for this call, by their places, ascending.
    fn within(&self) -> Rc<[usize]> {
        Rc::new([])
    }

    /// Nobody needs a task among the arguments any more.
    fn cancel(&mut self, host: &mut dyn Host, task: &Value);
}
