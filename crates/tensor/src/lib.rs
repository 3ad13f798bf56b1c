//! Eager tensors with PyTorch's semantics on CPU: storage, layout, dtypes, promotion, kernels, random streams.
//!
//! The main type is [`Tensor`]: a checked [`Layout`] over a shared storage with one version counter. Every view
//! aliases. The crate knows nothing of gradients, layers, frames or files. Results have the same bits on every
//! run and for any number of threads: sums follow a tree that depends on the length only, elementary functions use no
//! system library.
//!
//! Start reading at `tensor.rs` and `layout.rs`, then `pointwise.rs` and `reduce.rs` for the two shapes of kernel.

mod tensor;

mod dots;
mod dtype;
mod error;
mod layout;
mod scalar;
mod storage;
mod view;

mod arithmetic;
mod arrange;
mod attention;
mod binary;
mod compare;
mod convolution;
mod create;
mod diagonal;
mod element;
mod elementary;
mod foreign;
mod grid;
mod histogram;
mod index;
mod interpolation;
mod join;
mod kept;
mod like;
mod linalg;
mod math;
mod matmul;
mod memory_format;
mod normalization;
mod order;
mod pad;
mod pointwise;
mod pooling;
mod reduce;
mod scan;
mod scatter;
mod search;
mod selection;
mod softmax;
mod sort;
mod spread;
mod strided;
mod taps;
mod transposition;
mod traverse;
mod unary;
mod unfolding;
mod update;
mod vectors;
mod window;

mod distribution;
mod generator;
mod random;

pub mod special;

mod dispatch;
mod operator;
mod operators;

mod bytes;
mod display;

pub use arithmetic::Rounding;
pub use attention::Seen;
pub use dispatch::{Choice, Decision, DispatchKey, DispatchKeySet, DispatchTable, Registration};
pub use display::repr_with;
pub use dtype::{Category, DType, ResultType};
pub use element::{Element, Float, Number, Signed};
pub use error::{Error, ErrorKind, Result};
pub use foreign::{Elements, Foreign};
pub use generator::{DEFAULT_SEED, Generator, STATE_SIZE_BYTES};
pub use grid::{GridMode, GridPadding, GridSampling};
pub use interpolation::Interpolation;
pub use kept::{kept_memory, release_memory};
pub use layout::{DIM_MAX, Layout, broadcast_sizes, contiguous_strides, wrap_dim};
pub use linalg::Triangle;
pub use memory_format::MemoryFormat;
pub use operator::{
    Arg, Args, Kernel, Operator, Param, bind, default, operator, operators, parse_schema, unknown_operator,
};
pub use operators::image::{average_maps, convolution_slides, fold_slides, interpolation_maps};
pub use operators::matmul::seen_keys;
pub use pointwise::Operand;
pub use pooling::{Pool, adaptive_averages, adaptive_windows, for_each_dim};
pub use scalar::Scalar;
pub use scatter::Combine;
pub use search::Search;
pub use storage::{Buffer, Read, Storage};
pub use taps::Taps;
pub use tensor::{Tensor, infer_sizes};
pub use unary::Gelu;
pub use unfolding::Slide;
pub use update::{UpdateRule, update};
pub use view::type_text;
pub use window::Window;
