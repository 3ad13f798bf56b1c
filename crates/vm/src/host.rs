//! The one door to the world and to the engines.

use std::any::Any;
use std::rc::Rc;

use bytecode::{Span, TypeDesc};

use crate::fault::Fault;
use crate::value::Value;

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
    /// `vm` calls the closures among the arguments.
    fn call(&mut self, vm: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault>;

    /// A piece of output; lines bring their own `\n`.
    fn print(&mut self, to: Print, text: &str);

    /// Reads what [`Opaque::encode`] wrote for a type of that name.
    fn decode_opaque(&self, type_name: &str, bytes: &[u8]) -> Result<Value, String>;
}

/// The machine, as a host calls back into it.
pub trait Callback {
    /// Calls a closure. The host hands itself over for the effects of the closure's body.
    fn call(&mut self, host: &mut dyn Host, closure: &Value, args: &[Value]) -> Result<Value, Fault>;
}
