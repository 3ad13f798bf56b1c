//! A tensor that takes part in gradients.

use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use tensor::{DType, Error, Layout, Result, Tensor};

use crate::grad_fn::GradFn;
use crate::graph::{Edge, Node, Shape, lock};
use crate::hooks::{AccumulatedHook, HookId, TensorHook};
use crate::mode::is_grad_enabled;
use crate::value::Value;

/// A tensor and its place in the graph. Cloning shares both, as a Python reference does.
///
/// ```
/// use autograd::{Tensor, Variable};
/// let x = Variable::parameter(Tensor::from_vec(vec![1.0f32, 2.0, 3.0], &[3])?)?;
/// let y = x.mul(&x)?.sum()?;
/// y.backward()?;
/// assert_eq!(x.grad().unwrap().to_vec::<f32>()?, [2.0, 4.0, 6.0]);
/// # Ok::<(), autograd::Error>(())
/// ```
#[derive(Clone)]
pub struct Variable {
    data: Tensor,
    leaf: Arc<Leaf>,
}

/// What all clones of a variable share.
pub(crate) struct Leaf {
    state: Mutex<State>,
}

struct State {
    /// Where the elements lie: a gradient lies likewise.
    layout: Layout,
    requires_grad: bool,
    grad: Option<Variable>,
    /// Where the variable came from; leaves have none.
    edge: Option<Edge>,
    accumulator: Weak<Node>,
    view: Option<View>,
    /// Of a leaf; a computed variable's stand at its node.
    hooks: Vec<(HookId, TensorHook)>,
    /// With the tensor that they see.
    accumulated: Vec<(HookId, Tensor, AccumulatedHook)>,
}

/// What a view remembers of its making.
#[derive(Clone, Copy)]
struct View {
    /// The storage's version.
    version: u64,
    /// Whether the base, or the base of the base, is a leaf that wants a gradient.
    of_leaf: bool,
}

impl From<Tensor> for Variable {
    /// A leaf that wants no gradient.
    fn from(data: Tensor) -> Variable {
        let state = State {
            layout: data.layout().clone(),
            requires_grad: false,
            grad: None,
            edge: None,
            accumulator: Weak::new(),
            view: None,
            hooks: Vec::new(),
            accumulated: Vec::new(),
        };
        let leaf = Arc::new(Leaf { state: Mutex::new(state) });
        Variable { data, leaf }
    }
}

impl Variable {
    /// A leaf that wants a gradient.
    ///
    /// # Errors
    /// `RuntimeError` unless the dtype is a float.
    pub fn parameter(data: Tensor) -> Result<Variable> {
        let variable = Variable::from(data);
        variable.requires_grad_(true)?;
        Ok(variable)
    }

    /// The result of a recorded operator.
    pub(crate) fn computed(data: Tensor, edge: Edge) -> Variable {
        let variable = Variable::from(data);
        {
            let mut state = lock(&variable.leaf.state);
            state.requires_grad = true;
            state.edge = Some(edge);
        }
        variable
    }

    /// Marks a view, so that a later write to its base is noticed.
    pub(crate) fn mark_view(&self, base: &Variable) {
        let of_leaf = base.is_view_of_leaf() || (base.is_leaf() && base.requires_grad());
        lock(&self.leaf.state).view = Some(View { version: self.data.version(), of_leaf });
    }

    pub(crate) fn is_view(&self) -> bool {
        lock(&self.leaf.state).view.is_some()
    }

    /// Whether this is a view of a leaf that wants a gradient.
    pub(crate) fn is_view_of_leaf(&self) -> bool {
        lock(&self.leaf.state).view.is_some_and(|view| view.of_leaf)
    }

    /// Whether the base of this view was written after the view was made.
    pub(crate) fn is_stale_view(&self) -> bool {
        let state = lock(&self.leaf.state);
        state.requires_grad && state.view.is_some_and(|view| view.version != self.data.version())
    }

    pub(crate) fn leaf(&self) -> &Arc<Leaf> {
        &self.leaf
    }

    /// Whether both are one variable: the same gradient, the same place in the graph.
    pub fn is(&self, other: &Variable) -> bool {
        Arc::ptr_eq(&self.leaf, &other.leaf)
    }

    /// A number that only clones of one variable share while one of them lives. It reaches no result.
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.leaf).addr()
    }

    /// The tensor, sharing storage.
    pub fn data(&self) -> &Tensor {
        &self.data
    }
    /// The tensor, sharing storage.
    pub fn into_data(self) -> Tensor {
        self.data
    }
    /// Sizes of the dimensions.
    pub fn sizes(&self) -> &[usize] {
        self.data.sizes()
    }
    /// Element type.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }
    /// Number of dimensions.
    pub fn dim(&self) -> usize {
        self.data.dim()
    }
    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.data.numel()
    }

    /// Whether a gradient is wanted.
    pub fn requires_grad(&self) -> bool {
        lock(&self.leaf.state).requires_grad
    }

    /// Whether the user made this variable, rather than an operator that recorded a node.
    pub fn is_leaf(&self) -> bool {
        lock(&self.leaf.state).edge.is_none()
    }

    /// Asks for a gradient, or no longer.
    ///
    /// # Errors
    /// `RuntimeError` for integers, or to stop a computed variable from wanting one.
    pub fn requires_grad_(&self, wanted: bool) -> Result<()> {
        if wanted && !self.dtype().is_float() {
            return Err(Error::runtime(
                "requires_grad_",
                "only Tensors of floating point dtype can require gradients",
            )
            .dtypes(&[self.dtype()])
            .expected("a float dtype")
            .found(self.dtype().name()));
        }
        let mut state = lock(&self.leaf.state);
        if !wanted && state.edge.is_some() {
            return Err(Error::runtime(
                "requires_grad_",
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a \
                 subgraph that doesn't require differentiation use var_no_grad = var.detach().",
            ));
        }
        state.requires_grad = wanted;
        Ok(())
    }

    /// The gradient accumulated so far.
    pub fn grad(&self) -> Option<Tensor> {
        lock(&self.leaf.state).grad.as_ref().map(|grad| grad.data().clone())
    }

    /// As [`Variable::grad`], with its place in the graph if it was computed with `create_graph`. It stays one variable
    /// while passes add to it, until one with `create_graph` replaces it.
    pub fn grad_variable(&self) -> Option<Variable> {
        lock(&self.leaf.state).grad.clone()
    }

    /// Replaces the gradient; `None` clears it.
    pub fn set_grad(&self, grad: Option<Tensor>) {
        self.set_grad_variable(grad.map(Variable::from));
    }

    /// As [`Variable::set_grad`], keeping the variable's place in the graph.
    pub fn set_grad_variable(&self, grad: Option<Variable>) {
        let old = std::mem::replace(&mut lock(&self.leaf.state).grad, grad);
        // A recorded gradient may hold this variable: it is dropped when the lock is open again.
        drop(old);
    }

    /// Calls a hook with the gradient of this variable, once all of it has arrived; what it gives takes its place.
    ///
    /// # Errors
    /// `RuntimeError` if no gradient is wanted.
    pub fn register_hook(&self, hook: TensorHook) -> Result<HookId> {
        let mut state = lock(&self.leaf.state);
        if !state.requires_grad {
            let text = "cannot register a hook on a tensor that doesn't require gradient";
            return Err(Error::runtime("register_hook", text));
        }
        let Some(edge) = state.edge.clone() else {
            let id = HookId::fresh();
            state.hooks.push((id, hook));
            return Ok(id);
        };
        drop(state);
        let id = lock(&edge.node.hooks).add_tensor(edge.output, hook);
        Ok(id)
    }

    /// Calls a hook with this leaf after a pass has added to its gradient.
    ///
    /// # Errors
    /// `RuntimeError` if no gradient is wanted, or for a computed variable.
    pub fn register_post_accumulate_grad_hook(&self, hook: AccumulatedHook) -> Result<HookId> {
        const OP: &str = "register_post_accumulate_grad_hook";
        let mut state = lock(&self.leaf.state);
        if !state.requires_grad {
            let text = "cannot register a hook on a tensor that doesn't require gradient";
            return Err(Error::runtime(OP, text));
        }
        if state.edge.is_some() {
            let text = "post accumulate grad hooks cannot be registered on non-leaf tensors";
            return Err(Error::runtime(OP, text));
        }
        let id = HookId::fresh();
        state.accumulated.push((id, self.data.clone(), hook));
        Ok(id)
    }

    /// Removes a hook of a leaf; one that is gone is no error. Those of a computed variable stand at its node.
    pub fn remove_hook(&self, id: HookId) {
        let mut state = lock(&self.leaf.state);
        state.hooks.retain(|(own, _)| *own != id);
        state.accumulated.retain(|(own, ..)| *own != id);
    }

    /// The node that made this variable.
    pub fn node(&self) -> Option<GradFn> {
        self.origin().map(|edge| GradFn(edge.node))
    }

    /// Whether the gradient of this computed variable is kept.
    pub fn retains_grad(&self) -> bool {
        self.origin().is_some_and(|edge| lock(&edge.node.hooks).is_retained(&self.leaf))
    }

    /// Keeps the gradient of a computed variable too.
    ///
    /// # Errors
    /// `RuntimeError` if no gradient is wanted.
    pub fn retain_grad(&self) -> Result<()> {
        let state = lock(&self.leaf.state);
        if !state.requires_grad {
            return Err(Error::runtime(
                "retain_grad",
                "can't retain_grad on Tensor that has requires_grad=False",
            ));
        }
        let Some(edge) = state.edge.clone() else { return Ok(()) };
        drop(state);
        lock(&edge.node.hooks).retain(edge.output, &self.leaf);
        Ok(())
    }

    /// Name of the node that made this variable, `AddBackward0`.
    pub fn grad_fn(&self) -> Option<&'static str> {
        lock(&self.leaf.state).edge.as_ref().map(|e| e.node.name())
    }

    /// The same tensor outside the graph, sharing storage and version.
    pub fn detach(&self) -> Variable {
        Variable::from(self.data.clone())
    }

    /// The node and output this variable came from.
    pub(crate) fn origin(&self) -> Option<Edge> {
        lock(&self.leaf.state).edge.clone()
    }

    /// Where this variable's gradient flows to; `None` if none is wanted.
    pub(crate) fn edge(&self) -> Option<Edge> {
        let mut state = lock(&self.leaf.state);
        if !state.requires_grad {
            return None;
        }
        if let Some(edge) = &state.edge {
            return Some(edge.clone());
        }
        if let Some(node) = state.accumulator.upgrade() {
            return Some(Edge { node, output: 0 });
        }
        let node = Arc::new(Node::accumulate(Arc::clone(&self.leaf), Shape::of(&self.data)));
        state.accumulator = Arc::downgrade(&node);
        Some(Edge { node, output: 0 })
    }

    /// Moves the variable to another place in the graph after a write in place.
    pub(crate) fn rebase(&self, edge: Edge) {
        let mut state = lock(&self.leaf.state);
        state.requires_grad = true;
        let old = state.edge.replace(edge.clone());
        drop(state);
        // A kept gradient is that of the newest value; hooks stay where they were registered.
        let was_retained = old.is_some_and(|old| lock(&old.node.hooks).release(&self.leaf));
        if was_retained {
            lock(&edge.node.hooks).retain(edge.output, &self.leaf);
        }
    }

    /// This variable over another view of its storage, or over another storage: what an operator gives that changes the
    /// layout in place. Clones made before keep the layout they had; a host replaces the one it shows.
    pub(crate) fn relaid(&self, view: Variable) -> Variable {
        let edge = view.origin();
        let data = view.into_data();
        data.count_write();
        lock(&self.leaf.state).layout = data.layout().clone();
        if let Some(edge) = edge {
            self.rebase(edge);
        }
        Variable { data, leaf: Arc::clone(&self.leaf) }
    }

    /// Runs what follows an addition to a leaf's gradient.
    pub(crate) fn after_accumulation(leaf: &Arc<Leaf>) -> Result<()> {
        let hooks: Vec<_> = {
            let state = lock(&leaf.state);
            state.accumulated.iter().map(|(_, data, hook)| (data.clone(), Arc::clone(hook))).collect()
        };
        hooks.into_iter().try_for_each(|(data, hook)| hook(&Variable { data, leaf: Arc::clone(leaf) }))
    }
}

impl Leaf {
    pub fn tensor_hooks(&self) -> Vec<TensorHook> {
        lock(&self.state).hooks.iter().map(|(_, hook)| Arc::clone(hook)).collect()
    }

    pub fn has_accumulated_hooks(&self) -> bool {
        !lock(&self.state).accumulated.is_empty()
    }

    /// Adds to the gradient. The first one is taken over if nobody else holds it and it has the strides of the leaf,
    /// or those of its sizes where the leaf has gaps.
    ///
    /// Where operators record, the sum is a new variable.
    pub fn accumulate(&self, grad: Value) -> Result<()> {
        if is_grad_enabled() {
            let held = lock(&self.state).grad.clone();
            let sum = match held {
                Some(sum) => sum.add(&grad.into_variable())?,
                None if grad.is_recorded() => grad.copy()?.into_variable(),
                None => return self.take(grad.into_data()),
            };
            lock(&self.state).grad = Some(sum);
            return Ok(());
        }
        self.take(grad.into_data())
    }

    fn take(&self, grad: Tensor) -> Result<()> {
        let mut state = lock(&self.state);
        match &state.grad {
            Some(sum) => sum.data().add_(&grad, tensor::Scalar::Int(1)),
            None => {
                let dense =
                    Some(&state.layout).filter(|leaf| leaf.is_dense() && leaf.sizes() == grad.sizes());
                let strides = match dense {
                    Some(leaf) => leaf.strides().to_vec(),
                    None => tensor::contiguous_strides(grad.sizes()),
                };
                // The stride of a dimension of size 1 selects nothing.
                let mut dims = grad.sizes().iter().zip(grad.strides().iter().zip(&strides));
                let fits = dims.all(|(size, (found, wanted))| *size == 1 || found == wanted);
                let own = if fits && grad.is_unshared() { grad } else { grad.copy_as(&strides)? };
                state.grad = Some(own.into());
                Ok(())
            }
        }
    }

    /// Sets the retained gradient of a computed variable.
    pub fn retain(&self, grad: Variable) {
        lock(&self.state).grad = Some(grad);
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grad_fn = self.grad_fn().map(|name| format!("grad_fn=<{name}>"));
        let extra = match &grad_fn {
            Some(text) => vec![text.as_str()],
            None if self.requires_grad() => vec!["requires_grad=True"],
            None => Vec::new(),
        };
        f.write_str(&tensor::repr_with(&self.data, &extra).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
