//! Random zeroing while training.

use autograd::{Error, Generator, Result, Scalar, Variable};

use crate::codec::{Reader, Writer};

/// Zeroes elements with probability p while training, and scales the others by 1 / (1 - p).
#[derive(Clone, Debug)]
pub struct Dropout {
    /// Probability of a zero.
    pub p: f64,
    /// Whether elements are dropped at all.
    pub training: bool,
    pub(crate) generator: Generator,
}

impl Dropout {
    /// A layer that draws from the generator.
    ///
    /// # Errors
    /// `ValueError` for a probability outside [0, 1].
    pub fn new(p: f64, generator: &Generator) -> Result<Dropout> {
        if !(0.0..=1.0).contains(&p) {
            let text = format!("dropout probability has to be between 0 and 1, but got {}", Scalar::Float(p));
            return Err(Error::value("dropout", text).expected("[0, 1]").found(p.to_string()));
        }
        Ok(Dropout { p, training: true, generator: generator.clone() })
    }

    /// Applies the layer.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        if self.training { x.dropout(self.p, &self.generator) } else { Ok(x.clone()) }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.f64(self.p);
        out.bool(self.training);
    }

    pub(crate) fn read(reader: &mut Reader<'_>, generator: &Generator) -> Result<Dropout> {
        let mut layer = Dropout::new(reader.f64()?, generator)?;
        layer.training = reader.bool()?;
        Ok(layer)
    }
}
