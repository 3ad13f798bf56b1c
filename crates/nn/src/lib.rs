//! Neural networks over [`autograd`]: modules, losses, optimizers, learning rate schedules and data loading, with
//! PyTorch's semantics, initial draws and update order.
//!
//! The main type is [`Module`], a network that is also data: its architecture, parameters and buffers have one
//! canonical byte form. The crate knows nothing of frames, documents or files.
//!
//! Start reading at `module.rs`, then `functional.rs` (functions of layers, one file a family) and `optim.rs`.

mod module;

mod binding;
mod call;
mod codec;
mod data;
mod functional;
mod init;
mod loss;
mod modules;
mod norm;
mod optim;
mod parts;
mod schedule;
mod state;
mod variants;

pub use autograd::{Arg, DType, Error, ErrorKind, Generator, Result, Scalar, Tensor, Variable};
pub use call::{Answer, call_answered, call_public, is_known};
pub use data::{DataLoader, Subset, TensorDataset, random_split};
pub use functional::{
    CrossEntropy, Reduction, binary_cross_entropy, binary_cross_entropy_with_logits, call, composites,
    cross_entropy, huber_loss, l1_loss, layer_norm, mse_loss, nll_loss, smooth_l1_loss,
};
pub use loss::Loss;
pub use module::{Module, Parameter};
pub use modules::{
    Activation, BatchNorm1d, Dropout, Embedding, Flatten, LayerNorm, Linear, NormOptions, Sequential,
};
pub use optim::{
    AdagradOptions, AdamOptions, NAdamOptions, Optimizer, RmsPropOptions, Rule, SgdOptions, clip_grad_norm_,
};
pub use parts::Part;
pub use schedule::{Schedule, Scheduler};
pub use state::KeyReport;
