//! A node of the graph as a host sees it.

use std::sync::Arc;

use tensor::Tensor;

use crate::graph::{Edge, Node, lock};
use crate::hooks::{HookId, NodePostHook, NodePreHook};
use crate::variable::Variable;

/// The node that made a variable, or the one that adds to a leaf's gradient.
#[derive(Clone)]
pub struct GradFn(pub(crate) Arc<Node>);

impl GradFn {
    /// Its name in PyTorch, `AddBackward0`.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Where its gradients flow to: for each tensor among the operator's arguments the node and which of its outputs,
    /// or nothing where no gradient is wanted.
    pub fn next_functions(&self) -> Vec<Option<(GradFn, usize)>> {
        let next = self.0.next.iter();
        next.map(|edge| edge.as_ref().map(|edge| (GradFn(Arc::clone(&edge.node)), edge.output))).collect()
    }

    /// Calls a hook before the node with the gradients of its outputs.
    pub fn register_prehook(&self, hook: NodePreHook) -> HookId {
        lock(&self.0.hooks).add_pre(hook)
    }

    /// Calls a hook after the node with the gradients of its inputs and outputs.
    pub fn register_hook(&self, hook: NodePostHook) -> HookId {
        lock(&self.0.hooks).add_post(hook)
    }

    /// Removes a hook of the node or of a tensor that it made; one that is gone is no error.
    pub fn remove_hook(&self, id: HookId) {
        lock(&self.0.hooks).remove(id);
    }

    /// An output of the node, by number: `data` with its place in the graph.
    pub fn output(&self, output: usize, data: Tensor) -> Variable {
        Variable::computed(data, Edge { node: Arc::clone(&self.0), output })
    }

    /// Whether both are one node.
    pub fn is(&self, other: &GradFn) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that tells nodes apart as long as they live.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}
