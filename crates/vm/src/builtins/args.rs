//! What a builtin gets.

use crate::cost::{Meter, Tank};
use crate::fault::{Fault, SIZE_MAX};
use crate::host::Host;
use crate::iterate::Iter;
use crate::machine::{Vm, unbox_bool, unbox_float, unbox_int};
use crate::value::Value;

/// The arguments, which the builtin may take out.
pub(crate) struct Args<'a>(&'a mut [Value]);

impl<'a> Args<'a> {
    pub(crate) fn new(values: &'a mut [Value]) -> Args<'a> {
        Args(values)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Null when it was not given.
    pub(crate) fn take(&mut self, i: usize) -> Value {
        self.0.get_mut(i).map(std::mem::take).unwrap_or_default()
    }

    pub(crate) fn value(&self, i: usize) -> &Value {
        self.0.get(i).unwrap_or(&Value::Null)
    }

    pub(crate) fn int(&self, i: usize) -> Result<i64, Fault> {
        unbox_int(self.value(i))
    }

    pub(crate) fn float(&self, i: usize) -> Result<f64, Fault> {
        unbox_float(self.value(i))
    }

    pub(crate) fn bool(&self, i: usize) -> Result<bool, Fault> {
        unbox_bool(self.value(i))
    }

    pub(crate) fn str(&self, i: usize) -> Result<&str, Fault> {
        self.value(i).as_str().ok_or_else(|| unexpected("String", self.value(i)))
    }

    /// The bytes of a Bytes or a String.
    pub(crate) fn bytes(&self, i: usize) -> Result<&[u8], Fault> {
        match self.value(i) {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Str(s) => Ok(s.as_bytes()),
            other => Err(unexpected("Bytes", other)),
        }
    }

    /// A number of elements: not negative, not beyond what one operation may make.
    pub(crate) fn count(&self, i: usize, what: &str) -> Result<usize, Fault> {
        let count = self.int(i)?;
        match usize::try_from(count) {
            Ok(count) if count <= SIZE_MAX => Ok(count),
            Ok(_) => Err(Fault::size(what, count)),
            Err(_) => Err(Fault::new("R0101", format!("{what}: {count} is negative"))),
        }
    }
}

pub(crate) fn unexpected(expected: &str, found: &Value) -> Fault {
    let code = if found.is_null() { "R0103" } else { "R0104" };
    Fault::new(code, format!("expected {expected}, found {}", found.type_name()))
}

/// The machine and the host, for builtins that print or call closures.
pub(crate) struct Calls<'v, 'm> {
    pub(crate) vm: &'v mut Vm<'m>,
    pub(crate) host: &'v mut dyn Host,
}

impl Calls<'_, '_> {
    pub(crate) fn call(&mut self, closure: &Value, args: &[Value]) -> Result<Value, Fault> {
        self.vm.call_closure(self.host, closure, args)
    }

    /// Charges for what nobody could count before: what a function gave.
    pub(crate) fn charge(&mut self, count: impl FnOnce(&mut Meter)) -> Result<(), Fault> {
        let listens = self.vm.listens && !self.vm.computes;
        Tank { fuel: &mut self.vm.fuel, kept: &mut self.vm.kept, listens }.charge(count)
    }

    /// Calls a predicate.
    pub(crate) fn test(&mut self, closure: &Value, arg: &Value) -> Result<bool, Fault> {
        unbox_bool(&self.call(closure, std::slice::from_ref(arg))?)
    }

    /// The next element of a collection or generator.
    pub(crate) fn next(&mut self, iter: &mut Iter) -> Result<Option<Value>, Fault> {
        let Some(walk) = iter.walk() else { return Ok(iter.next()) };
        let (value, rest) = self.vm.step(self.host, std::mem::take(walk))?;
        *walk = rest;
        Ok(value)
    }
}
