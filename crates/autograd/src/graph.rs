//! Nodes and edges of the recorded graph, and what a node saves for its formula.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tensor::{Arg, Args, DType, Error, Layout, Result, Tensor};

use crate::custom::CustomBackward;
use crate::formula::{Backward, Formula};
use crate::hooks::Hooks;
use crate::mode::{is_grad_enabled, no_grad};
use crate::value::{Value, not_twice};
use crate::variable::{Leaf, Variable};

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

    pub fn unpack(&self) -> Result<&Tensor> {
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

/// An argument as its node keeps it.
pub(crate) struct SavedArg {
    pub value: Arg<SavedTensor>,
    /// How many tensors were left out in its place.
    pub skipped: usize,
}

/// What a node keeps until it has run.
pub(crate) struct Saved {
    /// Arguments in the schema's order; tensors that the formula does not read are left out.
    pub args: Vec<SavedArg>,
    /// Results that the formula reads.
    pub results: Vec<SavedTensor>,
}

/// A backward whose operations record where that is asked for.
pub(crate) type Function =
    Box<dyn Fn(&Arc<Node>, &[Option<Value>]) -> Result<Vec<Option<Value>>> + Send + Sync>;

/// What a node does with the gradients of its outputs.
pub(crate) enum Role {
    /// Applies an operator's formula.
    Operator { formula: &'static Formula, backward: Backward, saved: Mutex<Option<Saved>> },
    /// Calls a function's own backward on plain tensors.
    Custom { name: &'static str, backward: CustomBackward },
    /// Calls a backward whose operations record.
    Function { name: &'static str, backward: Function },
    /// Adds to a leaf's `.grad`.
    Accumulate(Arc<Leaf>),
    /// What a dropped node has left.
    Gone,
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
    /// What else happens when gradients arrive or leave.
    pub hooks: Mutex<Hooks>,
    /// Where the forward call stood, in anomaly mode.
    pub site: Option<Arc<str>>,
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
        Node::new(role, next_sequence(), next, inputs, outputs)
    }

    fn new(
        role: Role,
        sequence: u64,
        next: Vec<Option<Edge>>,
        inputs: Vec<Shape>,
        outputs: Vec<Shape>,
    ) -> Node {
        Node { role, sequence, next, inputs, outputs, hooks: Mutex::default(), site: crate::anomaly::site() }
    }

    pub fn function(
        name: &'static str,
        backward: Function,
        next: Vec<Option<Edge>>,
        inputs: Vec<Shape>,
        outputs: Vec<Shape>,
    ) -> Node {
        Node::new(Role::Function { name, backward }, next_sequence(), next, inputs, outputs)
    }

    pub fn custom(
        name: &'static str,
        backward: CustomBackward,
        next: Vec<Option<Edge>>,
        inputs: Vec<Shape>,
        outputs: Vec<Shape>,
    ) -> Node {
        Node::new(Role::Custom { name, backward }, next_sequence(), next, inputs, outputs)
    }

    pub fn accumulate(leaf: Arc<Leaf>, shape: Shape) -> Node {
        Node::new(Role::Accumulate(leaf), u64::MAX, Vec::new(), Vec::new(), vec![shape])
    }

    pub fn name(&self) -> &'static str {
        match &self.role {
            Role::Operator { formula, .. } => formula.node,
            Role::Custom { name, .. } | Role::Function { name, .. } => name,
            Role::Accumulate(_) => "AccumulateGrad",
            Role::Gone => "",
        }
    }

    /// Gradients of the inputs from those of the outputs, each with its input's sizes and dtype. Where operators
    /// record, so does what computes them.
    pub fn apply(self: &Arc<Self>, grads: &[Option<Value>], keep: bool) -> Result<Vec<Option<Value>>> {
        let (backward, saved) = match &self.role {
            Role::Operator { backward, saved, .. } => (backward, saved),
            Role::Custom { name, backward } => return self.fitted(self.custom_grads(name, backward, grads)?),
            Role::Function { backward, .. } => return self.fitted(backward(self, grads)?),
            Role::Accumulate(_) | Role::Gone => return Ok(Vec::new()),
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
        let records = is_grad_enabled();
        let mut inputs = self.next.iter();
        let args = kept.args.iter().map(|arg| self.unpack_arg(arg, &mut inputs, records));
        let args = args.collect::<Result<Vec<Arg<Value>>>>()?;
        let results = kept.results.iter().map(|r| self.unpack_result(r, records));
        let results = results.collect::<Result<Vec<_>>>()?;
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
    fn fitted(&self, found: Vec<Option<Value>>) -> Result<Vec<Option<Value>>> {
        let mut found = found.into_iter();
        let due = self.inputs.iter().zip(&self.next);
        due.map(|(shape, next)| match found.next().flatten().filter(|_| next.is_some()) {
            Some(grad) => Ok(Some(grad.to_dtype(shape.dtype)?.sum_to_size(shape.layout.sizes())?)),
            None => Ok(None),
        })
        .collect()
    }
}

impl Node {
    /// A saved argument; with the edge that its gradient flows along if operations record.
    fn unpack_arg(
        &self,
        arg: &SavedArg,
        inputs: &mut std::slice::Iter<'_, Option<Edge>>,
        records: bool,
    ) -> Result<Arg<Value>> {
        // What is not kept still stands among the node's inputs.
        for _ in 0..arg.skipped {
            inputs.next();
        }
        arg.value.try_map(&mut |saved| {
            let edge = inputs.next().cloned().flatten().filter(|_| records);
            let tensor = saved.unpack()?.clone();
            Ok(match edge {
                Some(edge) => Value::Recorded(Variable::computed(tensor, edge)),
                None => Value::Plain(tensor),
            })
        })
    }

    fn unpack_result(self: &Arc<Self>, saved: &SavedTensor, records: bool) -> Result<Value> {
        let tensor = saved.unpack()?.clone();
        Ok(match saved.origin {
            Some((_, output)) if records && tensor.dtype().is_float() => {
                Value::Recorded(Variable::computed(tensor, Edge { node: Arc::clone(self), output }))
            }
            _ => Value::Plain(tensor),
        })
    }

    /// A backward on plain tensors. Where operators record, its results are differentiable by nothing, and say so.
    fn custom_grads(
        &self,
        name: &'static str,
        backward: &CustomBackward,
        grads: &[Option<Value>],
    ) -> Result<Vec<Option<Value>>> {
        let plain: Vec<Option<Tensor>> = grads.iter().map(|g| g.as_ref().map(|g| g.data().clone())).collect();
        let found = no_grad(|| backward(&plain))?;
        if !is_grad_enabled() {
            return Ok(found.into_iter().map(|grad| grad.map(Value::Plain)).collect());
        }
        let mut next = self.next.clone();
        let mut shapes = self.inputs.clone();
        for grad in grads.iter().flatten() {
            next.push(grad.to_variable().edge());
            shapes.push(Shape::of(grad.data()));
        }
        let refuse: Function = Box::new(move |_, _| Err(not_twice(name)));
        let outputs = found.iter().flatten().map(Shape::of).collect();
        let node = Arc::new(Node::function(name, refuse, next, shapes, outputs));
        let mut output = 0;
        let recorded = |tensor: Tensor| {
            let edge = Edge { node: Arc::clone(&node), output };
            output += 1;
            Value::Recorded(Variable::computed(tensor, edge))
        };
        let mut recorded = recorded;
        Ok(found.into_iter().map(|grad| grad.map(&mut recorded)).collect())
    }
}

/// What a node holds that may hold other nodes.
struct Remains {
    _next: Vec<Option<Edge>>,
    _role: Role,
    _hooks: Hooks,
}

thread_local! {
    /// What nodes being dropped on this thread have left, while one of them is emptied.
    static REMAINS: RefCell<Option<Vec<Remains>>> = const { RefCell::new(None) };
}

/// A chain of a million nodes must not be dropped by a million nested calls: a node dropped while another one is only
/// leaves its contents to it.
impl Drop for Node {
    fn drop(&mut self) {
        let remains = Remains {
            _next: std::mem::take(&mut self.next),
            _role: std::mem::replace(&mut self.role, Role::Gone),
            _hooks: std::mem::take(self.hooks.get_mut().unwrap_or_else(PoisonError::into_inner)),
        };
        let is_outermost = REMAINS.try_with(|left| {
            let Ok(mut left) = left.try_borrow_mut() else { return false };
            let is_outermost = left.is_none();
            left.get_or_insert_default().push(remains);
            is_outermost
        });
        // While a thread ends its own storage may be gone; then nodes are dropped as they come.
        if is_outermost != Ok(true) {
            return;
        }
        let next = || REMAINS.with(|left| left.borrow_mut().as_mut().and_then(Vec::pop));
        while let Some(remains) = next() {
            drop(remains);
        }
        REMAINS.with(|left| left.borrow_mut().take());
    }
}

fn no_such_tensor() -> Error {
    Error::runtime("backward", "a formula asks for a tensor that its operator does not have")
}

/// What a formula reads.
pub(crate) struct Context<'a> {
    node: &'a Node,
    /// The operator's arguments; tensors only where the formula saves them.
    pub args: Args<'a, Value>,
    /// The results the formula saves.
    pub results: &'a [Value],
    grads: &'a [Option<Value>],
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

    /// Name of the node.
    pub fn name(&self) -> &'static str {
        self.node.name()
    }

    /// Zeros like the k-th tensor among the arguments.
    pub fn zeros(&self, k: usize) -> Result<Value> {
        let dtype = self.node.inputs.get(k).map_or(DType::F32, |s| s.dtype);
        Value::zeros(&self.sizes(k), dtype)
    }

    /// Whether a gradient of output k arrived.
    pub fn arrived(&self, k: usize) -> bool {
        self.grads.get(k).is_some_and(Option::is_some)
    }

    /// The gradient of output k, zeros if none arrived.
    pub fn grad_of(&self, k: usize) -> Result<Value> {
        match (self.grads.get(k), self.node.outputs.get(k)) {
            (Some(Some(g)), _) => Ok(g.clone()),
            (_, Some(shape)) => {
                let sizes: Vec<i64> = shape.layout.sizes().iter().map(|&n| n as i64).collect();
                Value::zeros(&sizes, shape.dtype)
            }
            _ => {
                Err(Error::runtime("backward", "a node was given the gradient of an output it does not have"))
            }
        }
    }

    /// The gradient of the first output.
    pub fn grad(&self) -> Result<Value> {
        self.grad_of(0)
    }

    /// The first saved result.
    pub fn result(&self) -> Result<&Value> {
        self.results
            .first()
            .ok_or_else(|| Error::runtime("backward", "a formula reads a result that it does not save"))
    }
}
