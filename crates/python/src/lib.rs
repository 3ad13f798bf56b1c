//! The module `lumen._engine`: what Python holds of the engines.
//!
//! The main types are [`series::Series`], [`frame::DataFrame`], [`index::Index`] and [`column::Column`], base classes of
//! those that `lumen.pandas` shows. A hot call (an operator, an element, a reduction) runs here without a Python frame;
//! what needs Python's own objects falls back to a method of the facade, by name. Conversions stand in `scalar.rs` and
//! `values.rs`, exceptions and warnings in `error.rs`; `registry.rs` holds the classes that the facade binds.
//!
//! `torch` is `lumen._engine.torch`, what `lumen.torch` holds of the tensors.
//!
//! The crate refuses semantics of its own: what a call means is decided in `column`, `frame` and `nn`.

mod arrow;
mod column;
mod digest;
mod error;
mod foreign;
mod frame;
mod groupby;
mod index;
mod indexing;
mod intervals;
mod io;
mod kernels;
mod labels;
mod memory;
mod merge;
mod methods;
mod module;
mod multi;
mod operators;
mod registry;
mod resample;
mod reshape;
mod scalar;
mod series;
mod text;
mod torch;
mod values;
mod window;
