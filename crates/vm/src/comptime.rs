//! `comptime` blocks: functions that are called once, before anything runs.
//!
//! They are as pure as the checker says, and have no world: whatever asks for one faults. Each has the same amount of
//! fuel, whatever the run is given; one inside of another has a part of that one's.

use bytecode::{Op, VerifiedModule};

use crate::fault::Fault;
use crate::host::{Callback, Host, HostCall, Print};
use crate::machine::Vm;
use crate::order::check_key;
use crate::value::Value;

/// What each block may use.
const FUEL: u64 = 10_000_000;

/// Computes all `comptime` blocks of a module, as [`Vm::new`] does; the fault is that of the first that fails. A module
/// without any costs nothing.
pub fn comptime(verified: &VerifiedModule) -> Result<(), Fault> {
    match functions(verified).next() {
        Some(_) => Vm::new(verified).map(drop),
        None => Ok(()),
    }
}

/// The functions of the blocks, some more than once.
pub(crate) fn functions(verified: &VerifiedModule) -> impl Iterator<Item = u32> + '_ {
    let code = verified.module().functions.iter().flat_map(|function| &function.code);
    code.filter(|instr| instr.op == Op::Comptime).map(|instr| u32::from(instr.b))
}

impl Vm<'_> {
    /// What the block comes to.
    pub(crate) fn comptime(&mut self, function: u32) -> Result<Value, Fault> {
        if let Some(value) = self.comptimes.get(&function) {
            return Ok(value.clone());
        }
        // A block inside of another one uses that one's fuel, so that none multiplies it.
        let is_outer = !std::mem::replace(&mut self.computes, true);
        let fuel = if is_outer { self.fuel.replace(FUEL) } else { None };
        let mut host = Nothing { printed: false };
        let result = self.run_program(&mut host, function, &[]);
        if is_outer {
            self.computes = false;
            self.fuel = fuel;
        }
        let value = result?;
        // What is wrong with the whole of it is told where it begins.
        let spans = self.module.functions.get(function as usize).map(|function| &function.spans);
        let place = spans.and_then(|spans| spans.first()).map(|(_, span)| *span);
        if host.printed {
            let message = "a `comptime` block prints nothing: the program does not run yet";
            return Err(Fault { span: place, ..Fault::new("R0106", message) });
        }
        if check_key(&value).is_err() {
            let found = value.type_name();
            let fault = Fault::new("R0104", format!("a `comptime` block gives a plain value, found {found}"))
                .help("numbers, texts, collections, records and variants are plain; functions and engine values are not");
            return Err(Fault { span: place, ..fault });
        }
        self.comptimes.insert(function, value.clone());
        Ok(value)
    }
}

/// No world.
struct Nothing {
    printed: bool,
}

impl Host for Nothing {
    fn call(&mut self, _: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        Err(Fault::new("R0126", format!("`{}` is not built in a `comptime` block", call.name))
            .help("compute it when the program runs, outside of the block"))
    }

    fn print(&mut self, _: Print, _: &str) {
        self.printed = true;
    }

    fn decode_opaque(&self, type_name: &str, _: &[u8]) -> Result<Value, String> {
        Err(format!("a {type_name} is not read in a `comptime` block"))
    }
}
