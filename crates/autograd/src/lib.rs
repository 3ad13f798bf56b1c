//! Gradients over [`tensor`]'s operators: the graph, the engine that walks it backward, and one formula per
//! operator.
//!
//! The main type is [`Variable`]: a tensor that remembers how it was computed. [`call`] runs an operator by its
//! schema and records a node when a gradient is wanted. The crate knows nothing of layers, losses or optimizers.
//!
//! Start reading at `variable.rs`, then `dispatch.rs` (forward) and `engine.rs` (backward); the formulas are data
//! in `formulas/`.

mod variable;

mod anomaly;
mod composite;
mod composites;
mod custom;
mod dispatch;
mod engine;
mod formula;
mod formulas;
mod grad_fn;
mod graph;
mod hooks;
mod methods;
mod mode;
mod reentrancy;
mod report;
mod value;

mod gradcheck;

pub use anomaly::{Anomaly, Detected, anomaly, detect_anomaly, set_anomaly};
pub use composite::Composite;
pub use composites::composites;
pub use custom::{CustomBackward, RecordedBackward, Saved, custom, custom_recorded};
pub use dispatch::{call, call_named, call_one};
pub use engine::{Pass, backward, backward_pass, grad, grad_pass};
pub use formula::{Formula, Gradient, formulas};
pub use grad_fn::GradFn;
pub use gradcheck::{gradcheck, gradgradcheck};
pub use hooks::{AccumulatedHook, HookId, NodePostHook, NodePreHook, TensorHook};
pub use methods::Input;
pub use mode::{enable_grad, is_grad_enabled, no_grad, set_grad_enabled};
pub use reentrancy::{Reentrancy, with_reentrancy};
pub use report::{BackwardReport, reported};
pub use tensor::{Arg, DType, Error, ErrorKind, Generator, MemoryFormat, Result, Scalar, Tensor};
pub use variable::Variable;
