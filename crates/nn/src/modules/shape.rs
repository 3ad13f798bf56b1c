//! Layers that reshape, and layers in sequence.

use autograd::{Result, Variable};

use crate::Module;
use crate::codec::{Reader, Writer};

/// Merges dimensions into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten {
    /// First dimension merged.
    pub start_dim: i64,
    /// Last dimension merged.
    pub end_dim: i64,
}

impl Default for Flatten {
    /// Everything but the batch.
    fn default() -> Self {
        Flatten { start_dim: 1, end_dim: -1 }
    }
}

impl Flatten {
    /// Applies the layer.
    ///
    /// # Errors
    /// The operator's.
    pub fn forward(&self, x: &Variable) -> Result<Variable> {
        x.flatten(self.start_dim, self.end_dim)
    }
    pub(crate) fn write(&self, out: &mut Writer) {
        out.u64(self.start_dim as u64);
        out.u64(self.end_dim as u64);
    }
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Flatten> {
        Ok(Flatten { start_dim: reader.u64()? as i64, end_dim: reader.u64()? as i64 })
    }
}

/// Modules one after another.
#[derive(Clone, Debug, Default)]
pub struct Sequential {
    /// The modules, first applied first.
    pub modules: Vec<Module>,
}

impl Sequential {
    /// The modules in order.
    pub fn new(modules: Vec<Module>) -> Sequential {
        Sequential { modules }
    }
}
