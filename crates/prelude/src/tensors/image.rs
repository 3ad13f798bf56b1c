//! The handles of a program that `checkpoint` keeps, with all that they share.
//!
//! A parameter stands in its network, in its optimizer and in tensors of the program; a random stream in the node, in
//! layers and in loaders. Such parts are written once, in a [`Pool`], and handles number them, so that what is read again
//! shares what was shared. What a tensor was computed from is not kept: read again it is a constant.

use std::collections::BTreeMap;

use autograd::{Tensor, Variable};
use tensor::Generator;
use vm::{Fault, Handle, Value};

use super::bytes::{Reader, Writer, resume};
use super::data::{LoaderValue, RowsValue};
use super::modules::ModuleValue;
use super::optimizers::{OptimizerValue, SchedulerValue};
use super::value::{TensorValue, tensor_value};
use crate::random::GeneratorValue;

/// Parts by number.
#[derive(Default)]
pub(super) struct Pool {
    tensors: Vec<Tensor>,
    variables: Vec<Variable>,
    generators: Vec<Generator>,
    /// Numbers by storage and layout.
    views: BTreeMap<(usize, usize, Vec<usize>, Vec<usize>), u64>,
    /// Numbers by identity.
    known: BTreeMap<usize, u64>,
}

impl Pool {
    pub fn tensor(&mut self, tensor: &Tensor) -> u64 {
        let layout = tensor.layout();
        let view =
            (tensor.storage_address(), layout.offset(), tensor.sizes().to_vec(), tensor.strides().to_vec());
        let next = self.tensors.len() as u64;
        // One without elements may have the address of another.
        let number = match tensor.numel() {
            0 => next,
            _ => *self.views.entry(view).or_insert(next),
        };
        if number == next {
            self.tensors.push(tensor.clone());
        }
        number
    }

    pub fn variable(&mut self, variable: &Variable) -> u64 {
        let next = self.variables.len() as u64;
        let number = *self.known.entry(variable.identity()).or_insert(next);
        if number == next {
            self.variables.push(variable.clone());
        }
        number
    }

    pub fn generator(&mut self, generator: &Generator) -> u64 {
        let at = self.generators.iter().position(|known| known.is(generator)).unwrap_or_else(|| {
            self.generators.push(generator.clone());
            self.generators.len() - 1
        });
        at as u64
    }

    pub fn tensor_at(&self, number: u64) -> Result<&Tensor, String> {
        of(&self.tensors, number)
    }

    pub fn variable_at(&self, number: u64) -> Result<&Variable, String> {
        of(&self.variables, number)
    }

    pub fn generator_at(&self, number: u64) -> Result<&Generator, String> {
        of(&self.generators, number)
    }

    fn write(mut self, out: &mut Writer) {
        let variables: Vec<(Variable, u64)> = std::mem::take(&mut self.variables)
            .into_iter()
            .map(|v| (v.clone(), self.tensor(v.data())))
            .collect();
        out.number(self.tensors.len() as u64);
        self.tensors.iter().for_each(|t| out.tensor(t));
        out.number(variables.len() as u64);
        for (variable, data) in &variables {
            out.number(*data);
            out.training(variable);
        }
        out.number(self.generators.len() as u64);
        self.generators.iter().for_each(|g| out.part(&g.get_state()));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Pool, String> {
        let mut pool = Pool::default();
        for _ in 0..reader.number()? {
            pool.tensors.push(reader.tensor()?);
        }
        for _ in 0..reader.number()? {
            let variable = Variable::from(pool.tensor_at(reader.number()?)?.clone());
            resume(&variable, reader.training()?)?;
            pool.variables.push(variable);
        }
        for _ in 0..reader.number()? {
            let generator = Generator::new(0);
            generator.set_state(reader.part()?).map_err(|e| e.to_string())?;
            pool.generators.push(generator);
        }
        Ok(pool)
    }
}

fn of<T>(parts: &[T], number: u64) -> Result<&T, String> {
    let found = usize::try_from(number).ok().and_then(|at| parts.get(at));
    found.ok_or_else(|| format!("part {number} of {}", parts.len()))
}

/// The handles, and the stream that the node draws from if it drew yet.
pub(crate) fn encode(mut handles: Vec<Handle>, own: Option<&Generator>) -> Result<Vec<u8>, Fault> {
    let mut pool = Pool::default();
    let own = own.map(|generator| pool.generator(generator));
    let mut written = Vec::new();
    let mut at = 0;
    // Handles may hold others, which join them.
    while let Some(handle) = handles.get(at).cloned() {
        let value = Value::Opaque(handle.clone());
        let mut out = Writer::default();
        if let Some(tensor) = value.downcast::<TensorValue>() {
            out.number(pool.variable(tensor.leaf()));
            out.flag(tensor.is_frozen());
        } else if let Some(module) = value.downcast::<ModuleValue>() {
            module.keep(&mut out, &mut pool);
        } else if let Some(optimizer) = value.downcast::<OptimizerValue>() {
            optimizer.keep(&mut out, &mut pool)?;
        } else if let Some(scheduler) = value.downcast::<SchedulerValue>() {
            let Value::Opaque(moved) = scheduler.optimizer() else {
                return Err(Fault::new("R0999", "a schedule without an optimizer"));
            };
            let place = handles.iter().position(|known| known.is_same(moved)).unwrap_or_else(|| {
                handles.push(moved.clone());
                handles.len() - 1
            });
            out.number(place as u64);
            scheduler.keep(&mut out);
        } else if let Some(rows) = value.downcast::<RowsValue>() {
            rows.keep(&mut out, &mut pool);
        } else if let Some(loader) = value.downcast::<LoaderValue>() {
            loader.keep(&mut out, &mut pool);
        } else if let Some(generator) = value.downcast::<GeneratorValue>() {
            out.number(pool.generator(&generator.0));
        } else {
            out.part(&handle.get().encode());
        }
        written.push((handle.get().type_name(), out.finish()));
        at += 1;
    }
    let mut out = Writer::default();
    pool.write(&mut out);
    out.flag(own.is_some());
    out.number(own.unwrap_or(0));
    out.number(written.len() as u64);
    for (name, bytes) in written {
        out.part(name.as_bytes());
        out.part(&bytes);
    }
    Ok(out.finish())
}

/// Reads what [`encode`] wrote; `other` reads the handles of other engines.
pub(crate) fn decode(
    bytes: &[u8],
    other: impl Fn(&str, &[u8]) -> Result<Value, String>,
) -> Result<(Vec<Value>, Option<Generator>), String> {
    let mut reader = Reader::new(bytes);
    let pool = Pool::read(&mut reader)?;
    let (has_own, own) = (reader.flag()?, reader.number()?);
    let own = if has_own { Some(pool.generator_at(own)?.clone()) } else { None };
    let mut written = Vec::new();
    for _ in 0..reader.number()? {
        let name = std::str::from_utf8(reader.part()?).map_err(|_| "a type's name is text".to_string())?;
        written.push((name, reader.part()?));
    }
    reader.end()?;
    let mut values = vec![Value::Null; written.len()];
    // A schedule needs its optimizer.
    let (schedules, others): (Vec<_>, Vec<_>) =
        written.into_iter().enumerate().partition(|(_, (name, _))| *name == "Scheduler");
    for (at, (name, bytes)) in others.into_iter().chain(schedules) {
        let mut reader = Reader::new(bytes);
        let value = match name {
            "Tensor" => {
                let value = tensor_value(pool.variable_at(reader.number()?)?.clone());
                if reader.flag()? {
                    super::freeze(&value);
                }
                value
            }
            "Module" => ModuleValue::restore(&mut reader, &pool)?,
            "Optimizer" => OptimizerValue::restore(&mut reader, &pool)?,
            "Scheduler" => {
                let optimizer = of(&values, reader.number()?)?.clone();
                SchedulerValue::restore(&mut reader, &optimizer)?
            }
            "Dataset" => Value::opaque(RowsValue::restore(&mut reader, &pool)?),
            "DataLoader" => LoaderValue::restore(&mut reader, &pool)?,
            "Generator" => Value::opaque(GeneratorValue(pool.generator_at(reader.number()?)?.clone())),
            name => other(name, reader.part()?)?,
        };
        reader.end()?;
        if let Some(slot) = values.get_mut(at) {
            *slot = value;
        }
    }
    Ok((values, own))
}
