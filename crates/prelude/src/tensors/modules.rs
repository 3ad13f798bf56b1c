//! Modules: handles on networks, and the layers that make them.

use std::any::Any;
use std::cell::{Cell, RefCell};

use autograd::Variable;
use nn::{
    Activation, BatchNorm1d, Dropout, Embedding, Flatten, LayerNorm, Linear, Module, NormOptions, Part,
};
use tensor::Generator;
use vm::{Fault, Opaque, Value};

use super::bytes::{Reader, Writer, resume};
use super::files::named_tensors;
use super::frozen;
use super::image::Pool;
use super::states::{copied, map_of};
use super::value::{TensorValue, refused, tensor_of, tensor_value};
use crate::args::Args;
use crate::convert::items;
use crate::host::{Context, Table};

/// A network. Its identity is the handle's; its parameters are shared with every tensor that `parameters` gave.
pub(crate) struct ModuleValue {
    module: RefCell<Module>,
    frozen: Cell<bool>,
}

impl ModuleValue {
    pub fn new(module: Module) -> ModuleValue {
        ModuleValue { module: RefCell::new(module), frozen: Cell::new(false) }
    }

    pub fn freeze(&self) {
        self.frozen.set(true);
    }

    pub fn forward(&self, operation: &str, x: &Variable) -> Result<Variable, Fault> {
        let module = self.module.borrow();
        if !self.frozen.get() {
            return module.forward(x).map_err(refused(operation));
        }
        if changes_when_applied(&module) {
            return Err(frozen(operation).help(
                "its dropout or batch normalisation is in training mode; call `eval()` on it in the fence that makes it",
            ));
        }
        constant(&module).forward(x).map_err(refused(operation))
    }

    fn named_parameters(&self) -> Vec<(String, Value)> {
        let parameters = self.module.borrow().named_parameters();
        parameters
            .into_iter()
            .map(|(name, parameter)| {
                let tensor = TensorValue::new(parameter);
                if self.frozen.get() {
                    tensor.freeze();
                }
                (name, Value::opaque(tensor))
            })
            .collect()
    }

    fn train(&self, operation: &str, mode: bool) -> Result<(), Fault> {
        if self.frozen.get() && !is_in_mode(&self.module.borrow(), mode) {
            return Err(frozen(operation));
        }
        self.module.borrow_mut().train(mode);
        Ok(())
    }

    fn zero_grad(&self, operation: &str) -> Result<(), Fault> {
        if self.frozen.get() {
            return Err(frozen(operation));
        }
        self.module.borrow().zero_grad();
        Ok(())
    }

    pub fn summary(&self) -> String {
        let module = self.module.borrow();
        let count = module.parameter_count();
        format!("{}, {count} parameter{}", module.name(), if count == 1 { "" } else { "s" })
    }

    /// The network and the numbers of its parts.
    pub(super) fn keep(&self, out: &mut Writer, pool: &mut Pool) {
        let mut module = self.module.borrow().clone();
        out.flag(self.frozen.get());
        out.part(&module.to_bytes().unwrap_or_default());
        module.each_part(&mut |part| {
            out.number(match part {
                Part::Parameter(variable) => pool.variable(variable),
                Part::Buffer(tensor) => pool.tensor(tensor),
                Part::Generator(generator) => pool.generator(generator),
            });
        });
    }

    pub(super) fn restore(reader: &mut Reader<'_>, pool: &Pool) -> Result<Value, String> {
        let frozen = reader.flag()?;
        let mut module = Module::from_bytes(reader.part()?, &Generator::new(0)).map_err(|e| e.to_string())?;
        let mut put = |part: Part<'_>| -> Result<(), String> {
            let number = reader.number()?;
            match part {
                Part::Parameter(variable) => variable.clone_from(pool.variable_at(number)?),
                Part::Buffer(tensor) => tensor.clone_from(pool.tensor_at(number)?),
                Part::Generator(generator) => generator.clone_from(pool.generator_at(number)?),
            }
            Ok(())
        };
        let mut done = Ok(());
        module.each_part(&mut |part| {
            if done.is_ok() {
                done = put(part);
            }
        });
        done?;
        let value = ModuleValue::new(module);
        value.frozen.set(frozen);
        Ok(Value::opaque(value))
    }

    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let mut reader = Reader::new(bytes);
        // A stored network is read in evaluation mode only, so its dropout draws nothing.
        let module = Module::from_bytes(reader.part()?, &Generator::new(0)).map_err(|e| e.to_string())?;
        for parameter in module.parameters() {
            resume(&parameter, reader.training()?)?;
        }
        reader.end()?;
        Ok(Value::opaque(ModuleValue::new(module)))
    }
}

impl Opaque for ModuleValue {
    fn type_name(&self) -> &'static str {
        "Module"
    }

    fn display(&self) -> String {
        repr(&self.module.borrow())
    }

    fn encode(&self) -> Vec<u8> {
        let module = self.module.borrow();
        let mut out = Writer::default();
        out.part(&module.to_bytes().unwrap_or_default());
        module.parameters().iter().for_each(|p| out.training(p));
        out.finish()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    /// Handles are equal to themselves alone.
    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.as_any().downcast_ref::<ModuleValue>().is_some_and(|o| std::ptr::eq(self, o)))
    }
}

/// Whether applying the network draws random numbers or moves running statistics.
fn changes_when_applied(module: &Module) -> bool {
    match module {
        Module::Dropout(layer) => layer.training && layer.p > 0.0,
        Module::BatchNorm1d(layer) => layer.training,
        Module::Sequential(list) => list.modules.iter().any(changes_when_applied),
        _ => false,
    }
}

/// Whether `train(mode)` would change nothing.
fn is_in_mode(module: &Module, mode: bool) -> bool {
    match module {
        Module::Dropout(layer) => layer.training == mode,
        Module::BatchNorm1d(layer) => layer.training == mode,
        Module::Sequential(list) => list.modules.iter().all(|m| is_in_mode(m, mode)),
        _ => true,
    }
}

/// The same network over constants, so that no gradient reaches the parameters of a frozen one.
fn constant(module: &Module) -> Module {
    let detached = |parameter: &Option<Variable>| parameter.as_ref().map(Variable::detach);
    let mut module = module.clone();
    match &mut module {
        Module::Linear(layer) => {
            layer.weight = layer.weight.detach();
            layer.bias = detached(&layer.bias);
        }
        Module::LayerNorm(layer) => {
            layer.weight = detached(&layer.weight);
            layer.bias = detached(&layer.bias);
        }
        Module::BatchNorm1d(layer) => {
            layer.weight = detached(&layer.weight);
            layer.bias = detached(&layer.bias);
        }
        Module::Embedding(layer) => layer.weight = layer.weight.detach(),
        Module::Sequential(list) => list.modules.iter_mut().for_each(|m| *m = constant(m)),
        Module::Activation(_) | Module::Dropout(_) | Module::Flatten(_) | Module::Identity => {}
    }
    module
}

/// torch's `repr`.
fn repr(module: &Module) -> String {
    let python = |flag: bool| if flag { "True" } else { "False" };
    let float = |x: f64| autograd::Scalar::Float(x).to_string();
    let name = module.name();
    match module {
        Module::Linear(layer) => {
            let sizes = layer.weight.sizes();
            let (rows, columns) = (sizes.first().unwrap_or(&0), sizes.get(1).unwrap_or(&0));
            format!(
                "Linear(in_features={columns}, out_features={rows}, bias={})",
                python(layer.bias.is_some())
            )
        }
        Module::Activation(Activation::Gelu { tanh }) => {
            format!("GELU(approximate='{}')", if *tanh { "tanh" } else { "none" })
        }
        Module::Activation(Activation::LeakyRelu { negative_slope }) => {
            format!("LeakyReLU(negative_slope={})", float(*negative_slope))
        }
        Module::Activation(Activation::Softmax { dim } | Activation::LogSoftmax { dim }) => {
            format!("{name}(dim={dim})")
        }
        Module::Activation(Activation::Relu | Activation::Sigmoid | Activation::Tanh) | Module::Identity => {
            format!("{name}()")
        }
        Module::Dropout(layer) => format!("Dropout(p={}, inplace=False)", float(layer.p)),
        Module::LayerNorm(layer) => {
            let sizes: Vec<String> = layer.normalized_shape.iter().map(i64::to_string).collect();
            let comma = if sizes.len() == 1 { "," } else { "" };
            format!(
                "LayerNorm(({}{comma}), eps={}, elementwise_affine={}, bias={})",
                sizes.join(", "),
                float(layer.eps),
                python(layer.weight.is_some()),
                python(layer.bias.is_some())
            )
        }
        Module::BatchNorm1d(layer) => format!(
            "BatchNorm1d({}, eps={}, momentum={}, affine={}, bias={}, track_running_stats=True)",
            layer.features,
            float(layer.eps),
            layer.momentum.map_or("None".to_string(), float),
            python(layer.weight.is_some()),
            python(layer.bias.is_some())
        ),
        Module::Embedding(layer) => {
            let sizes = layer.weight.sizes();
            let (rows, width) = (sizes.first().unwrap_or(&0), sizes.get(1).unwrap_or(&0));
            let padding = layer.padding_idx.map_or(String::new(), |at| format!(", padding_idx={at}"));
            format!("Embedding({rows}, {width}{padding})")
        }
        Module::Flatten(layer) => {
            format!("Flatten(start_dim={}, end_dim={})", layer.start_dim, layer.end_dim)
        }
        Module::Sequential(list) if list.modules.is_empty() => "Sequential()".to_string(),
        Module::Sequential(list) => {
            let mut text = "Sequential(\n".to_string();
            for (at, part) in list.modules.iter().enumerate() {
                text += &format!("  ({at}): {}\n", repr(part).replace('\n', "\n  "));
            }
            text + ")"
        }
    }
}

/// The next argument, which is a module.
fn module_of<'a>(args: &mut Args<'a>) -> Result<(&'a Value, &'a ModuleValue), Fault> {
    let value = args.required("self")?;
    match value.downcast::<ModuleValue>() {
        Some(module) => Ok((value, module)),
        None => Err(args.wrong("self", "a Module", value)),
    }
}

fn made(module: impl Into<Module>) -> Result<Value, Fault> {
    Ok(Value::opaque(ModuleValue::new(module.into())))
}

/// A layer whose first parameters are drawn from the node's own generator.
fn drawn<L: Into<Module>>(
    context: &mut Context<'_>,
    layer: impl FnOnce(&Generator) -> autograd::Result<L>,
) -> Result<Value, Fault> {
    let operation = context.operation;
    context.with_default_generator(|g| made(layer(g).map_err(refused(operation))?))
}

fn required_size(args: &mut Args<'_>, name: &str) -> Result<usize, Fault> {
    let size = args.required_int(name)?;
    usize::try_from(size).map_err(|_| args.wrong(name, "an Int from 0", &Value::Int(size)))
}

/// Modules one after another. They share their parameters with the handles given; of a frozen one a copy is taken,
/// which trains on its own.
fn sequential(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let value = args.required("modules")?;
    let list = items(value).ok_or_else(|| args.wrong("modules", "a list of Module", value))?;
    let mut parts = Vec::with_capacity(list.len());
    for item in &list {
        let Some(part) = item.downcast::<ModuleValue>() else {
            return Err(args.wrong("modules", "a list of Module", item));
        };
        let module = part.module.borrow();
        if part.frozen.get() {
            let refuse = refused(args.operation());
            parts.push(context.with_default_generator(|g| {
                module.to_bytes().and_then(|bytes| Module::from_bytes(&bytes, g)).map_err(refuse)
            })?);
        } else {
            parts.push(module.clone());
        }
    }
    made(nn::Sequential::new(parts))
}

pub(crate) const TABLE: Table = &[
    ("Module.eval", |_, a| {
        let (value, module) = module_of(a)?;
        module.train(a.operation(), false)?;
        Ok(value.clone())
    }),
    ("Module.forward", |_, a| {
        let (_, module) = module_of(a)?;
        let x = tensor_of(a, "input")?;
        module.forward(a.operation(), &x).map(tensor_value)
    }),
    ("Module.load_state_dict", |_, a| {
        let (_, module) = module_of(a)?;
        let state = a.required("state_dict")?;
        let strict = a.flag("strict", true)?;
        let state = named_tensors(a, "state_dict", state)?;
        if module.frozen.get() {
            return Err(frozen(a.operation()));
        }
        let loaded = module.module.borrow().load_state_dict(&state, strict);
        loaded.map_err(refused(a.operation()))?;
        Ok(Value::Null)
    }),
    ("Module.named_parameters", |_, a| {
        let (_, module) = module_of(a)?;
        let pairs = module.named_parameters();
        Ok(Value::list(pairs.into_iter().map(|(n, v)| Value::tuple(vec![Value::str(n), v])).collect()))
    }),
    ("Module.parameters", |_, a| {
        let (_, module) = module_of(a)?;
        Ok(Value::list(module.named_parameters().into_iter().map(|(_, v)| v).collect()))
    }),
    ("Module.state_dict", |_, a| {
        let (_, module) = module_of(a)?;
        let state = module.module.borrow().state_dict();
        let state = state.into_iter().map(|(name, tensor)| Ok((name, copied(a.operation(), &tensor)?)));
        map_of(state.collect::<Result<_, Fault>>()?)
    }),
    ("Module.train", |_, a| {
        let (value, module) = module_of(a)?;
        let mode = a.flag("mode", true)?;
        module.train(a.operation(), mode)?;
        Ok(value.clone())
    }),
    ("Module.zero_grad", |_, a| {
        let (_, module) = module_of(a)?;
        module.zero_grad(a.operation())?;
        Ok(Value::Null)
    }),
    ("nn.BatchNorm1d", |_, a| {
        let features = required_size(a, "num_features")?;
        let eps = a.float("eps", 1e-5)?;
        let momentum = Some(a.float("momentum", 0.1)?);
        let options = NormOptions { eps, momentum, ..NormOptions::default() };
        made(BatchNorm1d::new(features, options).map_err(refused(a.operation()))?)
    }),
    ("nn.Dropout", |c, a| {
        let p = a.float("p", 0.5)?;
        drawn(c, |g| Dropout::new(p, g))
    }),
    ("nn.Embedding", |c, a| {
        let rows = required_size(a, "num_embeddings")?;
        let width = required_size(a, "embedding_dim")?;
        drawn(c, |g| Embedding::new(rows, width, None, g))
    }),
    ("nn.Flatten", |_, a| {
        made(Flatten { start_dim: a.int("start_dim", 1)?, end_dim: a.int("end_dim", -1)? })
    }),
    ("nn.GELU", |_, _| made(Activation::Gelu { tanh: false })),
    ("nn.Identity", |_, _| made(Module::Identity)),
    ("nn.LayerNorm", |_, a| {
        let sizes = a.ints("normalized_shape")?;
        let options = NormOptions { eps: a.float("eps", 1e-5)?, ..NormOptions::default() };
        made(LayerNorm::new(&sizes, options).map_err(refused(a.operation()))?)
    }),
    ("nn.LeakyReLU", |_, a| made(Activation::LeakyRelu { negative_slope: a.float("negative_slope", 0.01)? })),
    ("nn.Linear", |c, a| {
        let inputs = required_size(a, "in_features")?;
        let outputs = required_size(a, "out_features")?;
        let bias = a.flag("bias", true)?;
        drawn(c, |g| Linear::new(inputs, outputs, bias, g))
    }),
    ("nn.LogSoftmax", |_, a| made(Activation::LogSoftmax { dim: a.required_int("dim")? })),
    ("nn.ReLU", |_, _| made(Activation::Relu)),
    ("nn.Sequential", sequential),
    ("nn.Sigmoid", |_, _| made(Activation::Sigmoid)),
    ("nn.Softmax", |_, a| made(Activation::Softmax { dim: a.required_int("dim")? })),
    ("nn.Tanh", |_, _| made(Activation::Tanh)),
];
