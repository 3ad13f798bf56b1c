//! The network: a tree of layers that can be run, trained, and written as bytes.

use autograd::{Generator, Result, Tensor, Variable};

use crate::codec::{Reader, Writer};
use crate::modules::{Activation, BatchNorm1d, Dropout, Embedding, Flatten, LayerNorm, Linear, Sequential};

const MAGIC: &str = "lumen.nn.module.1";

/// A layer, or several in sequence.
///
/// ```
/// use nn::{Activation, Generator, Linear, Module, Sequential, Tensor, Variable};
/// let g = Generator::new(0);
/// let net = Module::from(Sequential::new(vec![
///     Linear::new(4, 8, true, &g)?.into(),
///     Activation::Relu.into(),
///     Linear::new(8, 1, true, &g)?.into(),
/// ]));
/// let x = Variable::from(Tensor::ones(&[2, 4], nn::DType::F32)?);
/// assert_eq!(net.forward(&x)?.sizes(), [2, 1]);
/// let again = Module::from_bytes(&net.to_bytes()?, &g)?;
/// assert_eq!(again.to_bytes()?, net.to_bytes()?);
/// # Ok::<(), nn::Error>(())
/// ```
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Module {
    Linear(Linear),
    Activation(Activation),
    Dropout(Dropout),
    LayerNorm(LayerNorm),
    BatchNorm1d(BatchNorm1d),
    Embedding(Embedding),
    Flatten(Flatten),
    Identity,
    Sequential(Sequential),
}

/// A parameter and its dotted name, `0.weight`.
pub type Parameter = (String, Variable);

macro_rules! from_layer {
    ($($layer:ident),*) => {$(
        impl From<$layer> for Module {
            fn from(layer: $layer) -> Module {
                Module::$layer(layer)
            }
        }
    )*};
}
from_layer!(Linear, Activation, Dropout, LayerNorm, BatchNorm1d, Embedding, Flatten, Sequential);

impl Module {
    /// The layer's name in PyTorch.
    pub fn name(&self) -> &'static str {
        match self {
            Module::Linear(_) => "Linear",
            Module::Activation(a) => a.name(),
            Module::Dropout(_) => "Dropout",
            Module::LayerNorm(_) => "LayerNorm",
            Module::BatchNorm1d(_) => "BatchNorm1d",
            Module::Embedding(_) => "Embedding",
            Module::Flatten(_) => "Flatten",
            Module::Identity => "Identity",
            Module::Sequential(_) => "Sequential",
        }
    }

    /// Applies the network.
    ///
    /// # Errors
    /// Those of the layers' operators.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        match self {
            Module::Linear(m) => m.forward(x),
            Module::Activation(m) => m.forward(x),
            Module::Dropout(m) => m.forward(x),
            Module::LayerNorm(m) => m.forward(x),
            Module::BatchNorm1d(m) => m.forward(x),
            Module::Embedding(m) => m.forward(x),
            Module::Flatten(m) => m.forward(x),
            Module::Identity => Ok(x.clone()),
            Module::Sequential(m) => m.modules.iter().try_fold(x.clone(), |x, m| m.forward(&x)),
        }
    }

    /// Switches between training (true) and evaluation.
    pub fn train(&mut self, mode: bool) {
        match self {
            Module::Dropout(m) => m.training = mode,
            Module::BatchNorm1d(m) => m.training = mode,
            Module::Sequential(m) => m.modules.iter_mut().for_each(|m| m.train(mode)),
            _ => {}
        }
    }

    /// `train(false)`.
    pub fn eval(&mut self) {
        self.train(false);
    }

    /// All parameters with their names, in PyTorch's order.
    pub fn named_parameters(&self) -> Vec<Parameter> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found
    }

    /// All parameters, in PyTorch's order.
    pub fn parameters(&self) -> Vec<Variable> {
        self.named_parameters().into_iter().map(|(_, v)| v).collect()
    }

    /// Number of trained elements.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(Variable::numel).sum()
    }

    fn collect(&self, prefix: &str, found: &mut Vec<Parameter>) {
        let mut add = |name: &str, value: Option<&Variable>| {
            found.extend(value.map(|v| (format!("{prefix}{name}"), v.clone())));
        };
        match self {
            Module::Linear(m) => {
                add("weight", Some(&m.weight));
                add("bias", m.bias.as_ref());
            }
            Module::LayerNorm(m) => {
                add("weight", m.weight.as_ref());
                add("bias", m.bias.as_ref());
            }
            Module::BatchNorm1d(m) => {
                add("weight", m.weight.as_ref());
                add("bias", m.bias.as_ref());
            }
            Module::Embedding(m) => add("weight", Some(&m.weight)),
            Module::Sequential(m) => {
                for (i, module) in m.modules.iter().enumerate() {
                    module.collect(&format!("{prefix}{i}."), found);
                }
            }
            Module::Activation(_) | Module::Dropout(_) | Module::Flatten(_) | Module::Identity => {}
        }
    }

    /// All buffers (state that is not trained) with their names.
    pub fn named_buffers(&self) -> Vec<(String, Tensor)> {
        match self {
            Module::BatchNorm1d(m) => m.buffers(),
            Module::Sequential(m) => {
                let parts = m.modules.iter().enumerate();
                parts
                    .flat_map(|(i, m)| {
                        m.named_buffers().into_iter().map(move |(n, t)| (format!("{i}.{n}"), t))
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Clears the gradients of all parameters.
    pub fn zero_grad(&self) {
        self.parameters().iter().for_each(|p| p.set_grad(None));
    }

    /// Architecture, parameters, buffers and mode; equal networks give equal bytes.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out = Writer::default();
        out.text(MAGIC);
        self.write(&mut out)?;
        Ok(out.0)
    }

    /// The network of these bytes; its dropout layers draw from the generator.
    ///
    /// # Errors
    /// `ValueError` with the offset, what was expected and what was found.
    pub fn from_bytes(bytes: &[u8], generator: &Generator) -> Result<Module> {
        let mut reader = Reader::new(bytes);
        reader.magic(MAGIC)?;
        let module = Self::read(&mut reader, generator, 0)?;
        reader.end()?;
        Ok(module)
    }

    fn write(&self, out: &mut Writer) -> Result<()> {
        out.text(self.name());
        match self {
            Module::Linear(m) => m.write(out),
            Module::Activation(m) => {
                m.write(out);
                Ok(())
            }
            Module::Dropout(m) => {
                m.write(out);
                Ok(())
            }
            Module::LayerNorm(m) => m.write(out),
            Module::BatchNorm1d(m) => m.write(out),
            Module::Embedding(m) => m.write(out),
            Module::Flatten(m) => {
                m.write(out);
                Ok(())
            }
            Module::Identity => Ok(()),
            Module::Sequential(m) => {
                out.u64(m.modules.len() as u64);
                m.modules.iter().try_for_each(|m| m.write(out))
            }
        }
    }

    fn read(reader: &mut Reader<'_>, generator: &Generator, depth: usize) -> Result<Module> {
        const DEPTH_MAX: usize = 64;
        if depth > DEPTH_MAX {
            return Err(reader.refuse(&format!("at most {DEPTH_MAX} nested modules"), "more"));
        }
        Ok(match reader.text()? {
            "Linear" => Linear::read(reader)?.into(),
            "Dropout" => Dropout::read(reader, generator)?.into(),
            "LayerNorm" => LayerNorm::read(reader)?.into(),
            "BatchNorm1d" => BatchNorm1d::read(reader)?.into(),
            "Embedding" => Embedding::read(reader)?.into(),
            "Flatten" => Flatten::read(reader)?.into(),
            "Identity" => Module::Identity,
            "Sequential" => {
                let count = reader.u64()?;
                let mut modules = Vec::new();
                for _ in 0..count {
                    modules.push(Self::read(reader, generator, depth + 1)?);
                }
                Sequential::new(modules).into()
            }
            other => Activation::read(other, reader)?.into(),
        })
    }
}
