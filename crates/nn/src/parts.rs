//! What a network shares with others that hold the same: parameters, buffers and random streams.

use autograd::{Generator, Tensor, Variable};

use crate::Module;

/// A part of a network that another network, or an optimizer, may hold too.
#[derive(Debug)]
pub enum Part<'a> {
    /// Trained, and known by its identity.
    Parameter(&'a mut Variable),
    /// Not trained, and written in place.
    Buffer(&'a mut Tensor),
    /// What a layer draws from.
    Generator(&'a mut Generator),
}

impl Module {
    /// Shows every part, in one order for every network of the same architecture. What is put in a part's place has to
    /// have its sizes and its dtype.
    pub fn each_part(&mut self, see: &mut dyn FnMut(Part<'_>)) {
        match self {
            Module::Linear(m) => {
                see(Part::Parameter(&mut m.weight));
                m.bias.iter_mut().for_each(|bias| see(Part::Parameter(bias)));
            }
            Module::LayerNorm(m) => {
                m.weight.iter_mut().chain(&mut m.bias).for_each(|part| see(Part::Parameter(part)));
            }
            Module::BatchNorm1d(m) => {
                m.weight.iter_mut().chain(&mut m.bias).for_each(|part| see(Part::Parameter(part)));
                m.buffers_mut().into_iter().for_each(|buffer| see(Part::Buffer(buffer)));
            }
            Module::Embedding(m) => see(Part::Parameter(&mut m.weight)),
            Module::Dropout(m) => see(Part::Generator(&mut m.generator)),
            Module::Sequential(list) => list.modules.iter_mut().for_each(|m| m.each_part(see)),
            Module::Activation(_) | Module::Flatten(_) | Module::Identity => {}
        }
    }
}
