//! Generators and the random numbers of the language.

use std::any::Any;

use tensor::Generator;
use vm::{Fault, Opaque, Value};

use crate::args::Args;
use crate::host::{Context, Table};

/// A generator: a handle, so drawing from it changes it for everybody who holds it.
pub(crate) struct GeneratorValue(pub Generator);

impl Opaque for GeneratorValue {
    fn type_name(&self) -> &'static str {
        "Generator"
    }

    fn display(&self) -> String {
        format!("generator({})", self.0.initial_seed())
    }

    fn encode(&self) -> Vec<u8> {
        self.0.get_state()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.type_name() == "Generator" && other.encode() == self.encode())
    }
}

pub(crate) fn decode(type_name: &str, bytes: &[u8]) -> Option<Result<Value, String>> {
    (type_name == "Generator").then(|| {
        let generator = Generator::new(0);
        generator.set_state(bytes).map_err(|e| e.to_string())?;
        Ok(Value::opaque(GeneratorValue(generator)))
    })
}

pub(crate) const TABLE: Table = &[
    ("Generator.get_state", |_, a| {
        let value = a.required("self")?;
        let Some(generator) = value.downcast::<GeneratorValue>() else {
            return Err(a.wrong("self", "a Generator", value));
        };
        crate::tensors::bytes_tensor(a.operation(), generator.0.get_state())
    }),
    ("Generator.set_state", |_, a| {
        let value = a.required("self")?;
        let Some(generator) = value.downcast::<GeneratorValue>() else {
            return Err(a.wrong("self", "a Generator", value));
        };
        let state = a.required("new_state")?;
        let bytes = crate::tensors::tensor_bytes(a, "new_state", state)?;
        generator.0.set_state(&bytes).map_err(crate::tensors::refused(a.operation()))?;
        Ok(value.clone())
    }),
    ("Generator.manual_seed", |_, a| {
        let value = a.required("self")?.clone();
        let seed = a.required_int("seed")?;
        match value.downcast::<GeneratorValue>() {
            Some(generator) => generator.0.manual_seed(seed as u64),
            None => return Err(a.wrong("self", "a Generator", &value)),
        }
        Ok(value)
    }),
    ("generator", |_, a| Ok(Value::opaque(GeneratorValue(Generator::new(a.required_int("seed")? as u64))))),
    ("random", |c, a| with(c, a, |g| Ok(Value::Float(g.uniform_f64())))),
    ("random_int", |c, a| {
        let low = a.required_int("a")?;
        let high = a.required_int("b")?;
        if high < low {
            return Err(Fault::new("R0203", format!("random_int: the range from {low} to {high} is empty")));
        }
        with(c, a, |g| {
            // Both bounds count; the remainder of 64 bits is taken as torch's randint does.
            let width = high.abs_diff(low);
            let draw = match width.checked_add(1) {
                Some(width) => g.random64() % width,
                None => g.random64(),
            };
            Ok(Value::Int(low.wrapping_add(draw as i64)))
        })
    }),
];

/// Runs `f` with the generator that was given, else with the node's own.
pub(crate) fn with<T>(
    context: &mut Context<'_>,
    args: &mut Args<'_>,
    f: impl FnOnce(&Generator) -> Result<T, Fault>,
) -> Result<T, Fault> {
    match args.optional("generator") {
        None => context.with_default_generator(f),
        Some(value) => match value.downcast::<GeneratorValue>() {
            Some(generator) => f(&generator.0),
            None => Err(args.wrong("generator", "a Generator", value)),
        },
    }
}
