//! Functions that a host hangs onto tensors and nodes, called while gradients pass.
//!
//! The order at a node is PyTorch's: hooks of the tensors it made, as registered; retained gradients; its hooks before;
//! the node; its hooks after. A leaf's tensor hooks run before its gradient is added to, its others after.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use tensor::{Error, Result};

use crate::graph::{Node, lock};
use crate::value::Value;
use crate::variable::{Leaf, Variable};

/// Sees the gradient of a tensor; what it gives takes its place.
pub type TensorHook = Arc<dyn Fn(&Variable) -> Result<Option<Variable>> + Send + Sync>;
/// Sees the gradients of a node's outputs; what it gives takes their place.
pub type NodePreHook =
    Arc<dyn Fn(&[Option<Variable>]) -> Result<Option<Vec<Option<Variable>>>> + Send + Sync>;
/// Sees the gradients of a node's inputs, then those of its outputs; what it gives takes the place of the former.
pub type NodePostHook = Arc<
    dyn Fn(&[Option<Variable>], &[Option<Variable>]) -> Result<Option<Vec<Option<Variable>>>> + Send + Sync,
>;
/// Sees a leaf whose gradient was added to.
pub type AccumulatedHook = Arc<dyn Fn(&Variable) -> Result<()> + Send + Sync>;

/// A registered hook, to remove it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HookId(u64);

impl HookId {
    pub(crate) fn fresh() -> HookId {
        static LAST: AtomicU64 = AtomicU64::new(0);
        HookId(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// The hooks of a node.
#[derive(Default)]
pub(crate) struct Hooks {
    tensor: Vec<(HookId, usize, TensorHook)>,
    pre: Vec<(HookId, NodePreHook)>,
    post: Vec<(HookId, NodePostHook)>,
    /// Computed variables that keep the gradient of an output.
    retained: Vec<(usize, Weak<Leaf>)>,
}

impl Hooks {
    pub fn add_tensor(&mut self, output: usize, hook: TensorHook) -> HookId {
        let id = HookId::fresh();
        self.tensor.push((id, output, hook));
        id
    }
    pub fn add_pre(&mut self, hook: NodePreHook) -> HookId {
        let id = HookId::fresh();
        self.pre.push((id, hook));
        id
    }
    pub fn add_post(&mut self, hook: NodePostHook) -> HookId {
        let id = HookId::fresh();
        self.post.push((id, hook));
        id
    }
    pub fn remove(&mut self, id: HookId) {
        self.tensor.retain(|(own, ..)| *own != id);
        self.pre.retain(|(own, _)| *own != id);
        self.post.retain(|(own, _)| *own != id);
    }
    pub fn retain(&mut self, output: usize, leaf: &Arc<Leaf>) {
        if !self.is_retained(leaf) {
            self.retained.push((output, Arc::downgrade(leaf)));
        }
    }
    pub fn is_retained(&self, leaf: &Arc<Leaf>) -> bool {
        self.retained.iter().any(|(_, kept)| std::ptr::eq(kept.as_ptr(), Arc::as_ptr(leaf)))
    }
    /// No longer keeps a variable's gradient; whether it did.
    pub fn release(&mut self, leaf: &Arc<Leaf>) -> bool {
        let found = self.is_retained(leaf);
        self.retained.retain(|(_, kept)| !std::ptr::eq(kept.as_ptr(), Arc::as_ptr(leaf)));
        found
    }
}

impl Node {
    /// Runs the hooks of the tensors that this node made, and keeps what they leave where that is asked for.
    pub fn tensor_hooks(&self, grads: &mut [Option<Value>]) -> Result<()> {
        let (hooks, retained) = {
            let hooks = lock(&self.hooks);
            (hooks.tensor.clone(), hooks.retained.clone())
        };
        for (_, output, hook) in hooks {
            apply(&hook, grads.get_mut(output))?;
        }
        if let crate::graph::Role::Accumulate(leaf) = &self.role {
            for hook in leaf.tensor_hooks() {
                apply(&hook, grads.first_mut())?;
            }
        }
        for (output, leaf) in retained {
            if let (Some(leaf), Some(Some(grad))) = (leaf.upgrade(), grads.get(output)) {
                leaf.retain(grad.to_variable());
            }
        }
        Ok(())
    }

    /// Runs the hooks before this node.
    pub fn pre_hooks(&self, grads: &mut Vec<Option<Value>>) -> Result<()> {
        let hooks = lock(&self.hooks).pre.clone();
        for (_, hook) in hooks {
            if let Some(found) = hook(&variables(grads))? {
                *grads = exchanged(grads, found)?;
            }
        }
        Ok(())
    }

    /// Runs the hooks after this node; `arrived` are the gradients that it was given.
    pub fn post_hooks(&self, found: &mut Vec<Option<Value>>, arrived: &[Option<Variable>]) -> Result<()> {
        let hooks = lock(&self.hooks).post.clone();
        for (_, hook) in hooks {
            if let Some(given) = hook(&variables(found), arrived)? {
                *found = exchanged(found, given)?;
            }
        }
        Ok(())
    }

    /// Whether anything follows this node's run.
    pub fn has_post_hooks(&self) -> bool {
        !lock(&self.hooks).post.is_empty()
    }
}

fn apply(hook: &TensorHook, slot: Option<&mut Option<Value>>) -> Result<()> {
    let Some(Some(grad)) = slot else { return Ok(()) };
    if let Some(found) = hook(&grad.to_variable())? {
        check_alike(grad, &found)?;
        *grad = Value::from(found);
    }
    Ok(())
}

pub(crate) fn variables(grads: &[Option<Value>]) -> Vec<Option<Variable>> {
    grads.iter().map(|grad| grad.as_ref().map(Value::to_variable)).collect()
}

/// What a hook gave in the place of gradients.
fn exchanged(grads: &[Option<Value>], given: Vec<Option<Variable>>) -> Result<Vec<Option<Value>>> {
    if given.len() != grads.len() {
        return Err(Error::runtime(
            "backward",
            format!(
                "hook has returned an incorrect number of values (got {}, but expected {})",
                given.len(),
                grads.len()
            ),
        )
        .expected(grads.len().to_string())
        .found(given.len().to_string()));
    }
    grads
        .iter()
        .zip(given)
        .map(|(grad, given)| match (grad, given) {
            (None, None) => Ok(None),
            (None, Some(_)) => {
                Err(Error::runtime("backward", "can't replace a None gradient with a non-None value"))
            }
            (Some(_), None) => Ok(None),
            (Some(grad), Some(given)) => {
                check_alike(grad, &given)?;
                Ok(Some(Value::from(given)))
            }
        })
        .collect()
}

fn check_alike(grad: &Value, given: &Variable) -> Result<()> {
    let changed = |what: &str, expected: String, found: String| {
        Err(Error::runtime("backward", format!("hook has changed the {what} of value"))
            .expected(expected)
            .found(found))
    };
    if given.dtype() != grad.dtype() {
        return changed("type", grad.dtype().name().to_string(), given.dtype().name().to_string());
    }
    if given.sizes() != grad.sizes() {
        return changed("size", format!("{:?}", grad.sizes()), format!("{:?}", given.sizes()));
    }
    Ok(())
}
