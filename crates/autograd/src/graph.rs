//! Nodes and edges of the recorded graph, and what a node saves for its formula.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tensor::{Arg, Args, DType, Error, Layout, Result, Tensor};

use crate::custom::CustomBackward;
use crate::formula::{Backward, Formula};
use crate::variable::Leaf;

/// Locks; a poisoned lock still guards valid data because every critical section only moves values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
}

fn next_sequence() -> u64 {
    SEQUENCE.replace(SEQUENCE.get() + 1)
}

/// An output of a node, where a gradient flows to.
#[derive(Clone)]
pub(crate) struct Edge {
    pub node: Arc<Node>,
    pub output: usize,
}

/// Layout and dtype of a tensor that is not itself kept.
#[derive(Clone)]
pub(crate) struct Shape {
    pub layout: Layout,
    pub dtype: DType,
}

impl Shape {
    pub fn of(t: &Tensor) -> Shape {
        Shape { layout: t.layout().clone(), dtype: t.dtype() }
    }
}

/// A tensor kept for the backward pass and the version it must still have.
pub(crate) struct SavedTensor {
    tensor: Tensor,
    version: u64,
    /// Name of the node and its output that made the tensor; leaves have none.
    origin: Option<(&'static str, usize)>,
}

impl SavedTensor {
    pub fn new(tensor: Tensor, origin: Option<(&'static str, usize)>) -> SavedTensor {
        SavedTensor { version: tensor.version(), tensor, origin }
    }

    fn unpack(&self) -> Result<&Tensor> {
        let found = self.tensor.version();
        if found == self.version {
            return Ok(&self.tensor);
        }
        let origin = self.origin.map_or(String::new(), |(node, output)| {
            format!(", which is output {output} of {},", forward_name(node))
        });
        Err(Error::runtime(
            "backward",
            format!(
                "one of the variables needed for gradient computation has been modified by an inplace operation: \
                 [{} {:?}]{origin} is at version {found}; expected version {} instead. Hint: enable anomaly detection \
                 to find the operation that failed to compute its gradient, with \
                 torch.autograd.set_detect_anomaly(True, check_nan=False).",
                tensor::type_text(&self.tensor),
                self.tensor.sizes(),
                self.version
            ),
        )
        .shapes(&[self.tensor.sizes()])
        .expected(format!("version {}", self.version))
        .found(format!("version {found}")))
    }
}

/// PyTorch names the forward operator in this text: `Sum1` for `SumBackward1`, `Sin` for `SinBackward0`.
fn forward_name(node: &str) -> String {
    let (operator, overload) = node.split_once("Backward").unwrap_or((node, ""));
    format!("{operator}{}", overload.trim_start_matches('0'))
}

/// What a node keeps until it has run.
pub(crate) struct Saved {
    /// Arguments in the schema's order; tensors that the formula does not read are left out.
    pub args: Vec<Arg<SavedTensor>>,
    /// Results that the formula reads.
    pub results: Vec<SavedTensor>,
}

/// What a node does with the gradients of its outputs.
pub(crate) enum Role {
    /// Applies an operator's formula.
    Operator { formula: &'static Formula, backward: Backward, saved: Mutex<Option<Saved>> },
    /// Calls a function's own backward.
    Custom { name: &'static str, backward: CustomBackward },
    /// Adds to a leaf's `.grad`.
    Accumulate(Arc<Leaf>),
}

/// A step of the backward pass.
pub(crate) struct Node {
    pub role: Role,
    /// Order of creation on its thread; later nodes run first.
    pub sequence: u64,
    /// One per tensor among the operator's arguments; `None` where no gradient is wanted.
    pub next: Vec<Option<Edge>>,
    /// Of the arguments, in the same order.
    pub inputs: Vec<Shape>,
    /// Of the results.
    pub outputs: Vec<Shape>,
    /// Computed variables that keep the gradient of an output.
    retained: Mutex<Vec<(usize, Weak<Leaf>)>>,
}

impl Node {
    pub fn operator(
        formula: &'static Formula,
        backward: Backward,
        saved: Saved,
        next: Vec<Option<Edge>>,
        inputs: Vec<Shape>,
        outputs: Vec<Shape>,
    ) -> Node {
        let role = Role::Operator { formula, backward, saved: Mutex::new(Some(saved)) };
        Node { role, sequence: next_sequence(), next, inputs, outputs, retained: Mutex::default() }
    }

    pub fn custom(
        name: &'static str,
        backward: CustomBackward,
        next: Vec<Option<Edge>>,
        inputs: Vec<Shape>,
        outputs: Vec<Shape>,
    ) -> Node {
        let role = Role::Custom { name, backward };
        Node { role, sequence: next_sequence(), next, inputs, outputs, retained: Mutex::default() }
    }

    pub fn accumulate(leaf: Arc<Leaf>, shape: Shape) -> Node {
        let role = Role::Accumulate(leaf);
        Node {
            role,
            sequence: u64::MAX,
            next: Vec::new(),
            inputs: Vec::new(),
            outputs: vec![shape],
            retained: Mutex::default(),
        }
    }

    pub fn name(&self) -> &'static str {
        match &self.role {
            Role::Operator { formula, .. } => formula.node,
            Role::Custom { name, .. } => name,
            Role::Accumulate(_) => "AccumulateGrad",
        }
    }

    /// Keeps the gradient of an output for a computed variable.
    pub fn retain(&self, output: usize, leaf: Weak<Leaf>) {
        lock(&self.retained).push((output, leaf));
    }

    /// Hands the arrived gradients to the variables that keep them.
    pub fn keep_retained(&self, grads: &[Option<Tensor>]) {
        for (output, leaf) in lock(&self.retained).iter() {
            if let (Some(leaf), Some(Some(grad))) = (leaf.upgrade(), grads.get(*output)) {
                leaf.retain(grad.clone());
            }
        }
    }

    /// Gradients of the inputs from those of the outputs, each with its input's sizes and dtype.
    pub fn apply(&self, grads: &[Option<Tensor>], keep: bool) -> Result<Vec<Option<Tensor>>> {
        let (backward, saved) = match &self.role {
            Role::Operator { backward, saved, .. } => (backward, saved),
            Role::Custom { backward, .. } => return self.fitted(backward(grads)?),
            Role::Accumulate(_) => return Ok(Vec::new()),
        };
        let mut slot = lock(saved);
        let kept = slot.as_ref().ok_or_else(|| {
            Error::runtime(
                "backward",
                "Trying to backward through the graph a second time (or directly access saved tensors after they have \
                 already been freed). Saved intermediate values of the graph are freed when you call .backward() or \
                 autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or \
                 if you need to access saved tensors after calling backward.",
            )
        })?;
        let args = kept.args.iter().map(unpack_arg).collect::<Result<Vec<Arg>>>()?;
        let results = kept.results.iter().map(|r| r.unpack().cloned()).collect::<Result<Vec<_>>>()?;
        let context = Context { node: self, args: Args::new(self.name(), &args), results: &results, grads };
        let found = backward(&context)?;
        let wanted = self.fitted(found)?;
        let saves_nothing = results.is_empty() && args.iter().all(|a| a.tensors().next().is_none());
        if !keep && !saves_nothing {
            *slot = None;
        }
        Ok(wanted)
    }
}

impl Node {
    /// The gradients that are due, each with its input's sizes and dtype.
    fn fitted(&self, found: Vec<Option<Tensor>>) -> Result<Vec<Option<Tensor>>> {
        let mut found = found.into_iter();
        let due = self.inputs.iter().zip(&self.next);
        due.map(|(shape, next)| match found.next().flatten().filter(|_| next.is_some()) {
            Some(grad) => Ok(Some(grad.to_dtype(shape.dtype)?.sum_to_size(shape.layout.sizes())?)),
            None => Ok(None),
        })
        .collect()
    }
}

fn unpack_arg(arg: &Arg<SavedTensor>) -> Result<Arg> {
    arg.try_map(&mut |saved| saved.unpack().cloned())
}

/// A chain of a million nodes must not be dropped by a million nested calls.
impl Drop for Node {
    fn drop(&mut self) {
        let mut left: Vec<Edge> = std::mem::take(&mut self.next).into_iter().flatten().collect();
        while let Some(edge) = left.pop() {
            if let Some(mut node) = Arc::into_inner(edge.node) {
                left.extend(std::mem::take(&mut node.next).into_iter().flatten());
            }
        }
    }
}

fn no_such_tensor() -> Error {
    Error::runtime("backward", "a formula asks for a tensor that its operator does not have")
}

/// What a formula reads.
pub(crate) struct Context<'a> {
    node: &'a Node,
    /// The operator's arguments; tensors only where the formula saves them.
    pub args: Args<'a>,
    /// The results the formula saves.
    pub results: &'a [Tensor],
    grads: &'a [Option<Tensor>],
}

impl Context<'_> {
    /// Whether the gradient of the k-th tensor among the arguments is wanted.
    pub fn needs(&self, k: usize) -> bool {
        self.node.next.get(k).is_some_and(Option::is_some)
    }

    /// Sizes of the k-th tensor among the arguments.
    pub fn sizes(&self, k: usize) -> Vec<i64> {
        self.node.inputs.get(k).map_or(Vec::new(), |s| s.layout.sizes().iter().map(|&n| n as i64).collect())
    }

    /// Layout of the k-th tensor among the arguments.
    pub fn layout(&self, k: usize) -> Result<Layout> {
        self.node.inputs.get(k).map(|s| s.layout.clone()).ok_or_else(no_such_tensor)
    }

    /// Layout of the k-th result.
    pub fn output_layout(&self, k: usize) -> Result<Layout> {
        self.node.outputs.get(k).map(|s| s.layout.clone()).ok_or_else(no_such_tensor)
    }

    /// Number of tensors among the arguments.
    pub fn input_count(&self) -> usize {
        self.node.inputs.len()
    }

    /// Zeros like the k-th tensor among the arguments.
    pub fn zeros(&self, k: usize) -> Result<Tensor> {
        let dtype = self.node.inputs.get(k).map_or(DType::F32, |s| s.dtype);
        Tensor::zeros(&self.sizes(k), dtype)
    }

    /// Whether a gradient of output k arrived.
    pub fn arrived(&self, k: usize) -> bool {
        self.grads.get(k).is_some_and(Option::is_some)
    }

    /// The gradient of output k, zeros if none arrived.
    pub fn grad_of(&self, k: usize) -> Result<Tensor> {
        match (self.grads.get(k), self.node.outputs.get(k)) {
            (Some(Some(g)), _) => Ok(g.clone()),
            (_, Some(shape)) => {
                let sizes: Vec<i64> = shape.layout.sizes().iter().map(|&n| n as i64).collect();
                Tensor::zeros(&sizes, shape.dtype)
            }
            _ => {
                Err(Error::runtime("backward", "a node was given the gradient of an output it does not have"))
            }
        }
    }

    /// The gradient of the first output.
    pub fn grad(&self) -> Result<Tensor> {
        self.grad_of(0)
    }

    /// The first saved result.
    pub fn result(&self) -> Result<&Tensor> {
        self.results
            .first()
            .ok_or_else(|| Error::runtime("backward", "a formula reads a result that it does not save"))
    }
}
