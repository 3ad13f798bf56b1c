//! What the machine does with a program that touches nothing.

use std::collections::BTreeMap;

use bytecode::VerifiedModule;
use evidence::compare::Rule;
use evidence::value::{Outcome, Value};
use serde::Deserialize;
use vm::{Fault, Vm};

use super::files;
use super::program::{Front, Silent};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROW: Row = Row {
    op: "language.run",
    reference: Reference::Spec("the language's specification: meaning, numbers, printing"),
    inputs: &[Input::one("program", &[Kind::Tree])],
    params: Params::of::<Run>(),
    run,
    rule: Rule::Exact,
    hardened: &[],
    api: &["lower::lower(program)", "bytecode::verify(module)", "vm::Vm::run_node", "vm::Vm::set_fuel"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    /// What the run may use; absent for all it wants.
    fuel: Option<u64>,
    /// A part of the fault's message that the status repeats where it is found; empty for none.
    part: String,
    /// Whether what is printed counts.
    output: bool,
}

/// How often a program runs: each time with the same output, fault and fuel.
const RUNS: usize = 10;

#[derive(PartialEq)]
struct Ran {
    output: String,
    fault: Option<Fault>,
    fuel: Option<u64>,
}

fn run(call: &Call<'_>) -> Result<Value, Failure> {
    let Run { fuel, part, output } = call.params()?;
    let module = Front::read(files(call)?).compile().map_err(Failure::Malformed)?;
    let first = once(&module, fuel);
    for number in 1..RUNS {
        if once(&module, fuel) != first {
            return Err(Failure::raised("Divergence", format!("run {number} is not like the first")));
        }
    }
    let status = match &first.fault {
        None => "finished".to_string(),
        Some(fault) if !part.is_empty() && fault.message.contains(&part) => {
            format!("{} {part:?}", fault.code)
        }
        Some(fault) => fault.code.clone(),
    };
    let outputs = output.then(|| ("output".to_string(), Value::Text(first.output)));
    let outputs = outputs.into_iter().collect();
    Ok(Value::Outcome(Outcome { status, outputs, calls: 0, ledger: BTreeMap::new() }))
}

fn once(module: &VerifiedModule, fuel: Option<u64>) -> Ran {
    let mut host = Silent::default();
    let (fault, fuel) = match Vm::new(module) {
        Ok(mut machine) => {
            machine.set_fuel(fuel);
            let fault = execute(&mut machine, module, &mut host).err();
            (fault, machine.fuel())
        }
        Err(fault) => (Some(fault), fuel),
    };
    Ran { output: host.output, fault, fuel }
}

/// Runs the results in order, or `main` if there are none.
fn execute(machine: &mut Vm<'_>, verified: &VerifiedModule, host: &mut Silent) -> Result<(), Fault> {
    let module = verified.module();
    if module.nodes.is_empty() && module.exports.iter().any(|export| export.name == "main") {
        return machine.call_function(host, "main", &[]).map(drop);
    }
    for node in 0..module.nodes.len() {
        if let Some(value) = machine.run_node(host, node)?
            && !value.is_null()
        {
            host.output.push_str(&vm::show(&value)?);
            host.output.push('\n');
        }
    }
    Ok(())
}
