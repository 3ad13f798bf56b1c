//! The backward pass: dependency counts, then a ready queue by sequence number. No recursion anywhere.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use tensor::{Error, Result, Scalar, Tensor};

use crate::anomaly::{self, anomaly};
use crate::graph::{Edge, Node, Role};
use crate::hooks::variables;
use crate::mode::{enable_grad, no_grad};
use crate::reentrancy::deeper;
use crate::report::note;
use crate::value::Value;
use crate::variable::{Leaf, Variable};

/// What a pass leaves of the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Saved tensors stay, so that another pass can follow.
    pub retain_graph: bool,
    /// The gradients are variables with a graph of their own.
    pub create_graph: bool,
}

/// A node that a gradient has reached.
struct Pending {
    node: Arc<Node>,
    grads: Vec<Option<Value>>,
}

/// Adds the gradients of `roots` to the `.grad` of every leaf below them.
///
/// A gradient of `None` stands for 1 and needs a root of one element. If the pass fails, no `.grad` has changed but
/// those of leaves with hooks that follow the addition, which have to see it.
///
/// # Errors
/// `RuntimeError` with PyTorch's texts: no graph, a root of several elements, a graph whose saved tensors were
/// freed or written in place.
pub fn backward(roots: &[&Variable], grads: &[Option<Tensor>], retain_graph: bool) -> Result<()> {
    let grads: Vec<Option<Variable>> = grads.iter().cloned().map(|grad| grad.map(Variable::from)).collect();
    backward_pass(roots, &grads, None, Pass { retain_graph, create_graph: false })
}

/// As [`backward`], for some of the variables below the roots if `inputs` names them, and with a graph of the
/// gradients if the pass creates one.
///
/// ```
/// use autograd::{Pass, Tensor, Variable, backward_pass, grad_pass};
/// let x = Variable::parameter(Tensor::from_vec(vec![3.0f64], &[])?)?;
/// let y = x.mul(&x)?.mul(&x)?;
/// let create = Pass { retain_graph: true, create_graph: true };
/// let slope = grad_pass(&[&y], &[&x], &[], create, false)?.remove(0).unwrap();
/// backward_pass(&[&slope], &[], None, Pass::default())?;
/// assert_eq!(x.grad().unwrap().to_vec::<f64>()?, [18.0]);
/// # Ok::<(), autograd::Error>(())
/// ```
///
/// # Errors
/// As [`backward`]; `NotImplementedError` for a gradient of a gradient that is not built, naming its node.
pub fn backward_pass(
    roots: &[&Variable],
    grads: &[Option<Variable>],
    inputs: Option<&[&Variable]>,
    pass: Pass,
) -> Result<()> {
    let starts = starts(roots, grads)?;
    let targets = inputs.map(|inputs| Targets::of("backward", &starts, inputs)).transpose()?;
    let mut sums: Vec<(Arc<Leaf>, Value)> = Vec::new();
    within(pass.create_graph, || {
        run(starts, pass.retain_graph, targets.as_ref(), |node, output, grad| {
            let leaf = match (&node.role, inputs) {
                (Role::Accumulate(leaf), _) => Arc::clone(leaf),
                (_, Some(inputs)) => {
                    let is_it = |v: &&&Variable| {
                        v.edge().is_some_and(|edge| Arc::ptr_eq(&edge.node, node) && edge.output == output)
                    };
                    let Some(input) = inputs.iter().find(is_it) else { return Ok(()) };
                    Arc::clone(input.leaf())
                }
                _ => return Ok(()),
            };
            if leaf.has_accumulated_hooks() {
                leaf.accumulate(grad)?;
                return Variable::after_accumulation(&leaf);
            }
            sums.push((leaf, grad));
            Ok(())
        })?;
        sums.into_iter().try_for_each(|(leaf, grad)| leaf.accumulate(grad))
    })
}

/// The gradients of `outputs` with respect to `inputs`, without touching any `.grad`; `None` for an input that
/// the outputs do not depend on.
///
/// # Errors
/// As [`backward`]; `RuntimeError` for an input that wants no gradient, or an unused one unless allowed.
pub fn grad(
    outputs: &[&Variable],
    inputs: &[&Variable],
    grads: &[Option<Tensor>],
    retain_graph: bool,
    allow_unused: bool,
) -> Result<Vec<Option<Tensor>>> {
    let grads: Vec<Option<Variable>> = grads.iter().cloned().map(|grad| grad.map(Variable::from)).collect();
    let pass = Pass { retain_graph, create_graph: false };
    let found = grad_pass(outputs, inputs, &grads, pass, allow_unused)?;
    Ok(found.into_iter().map(|grad| grad.map(Variable::into_data)).collect())
}

/// As [`grad`]; the gradients have a graph of their own if the pass creates one. Only nodes that lead to an input run.
///
/// # Errors
/// As [`grad`] and [`backward_pass`].
pub fn grad_pass(
    outputs: &[&Variable],
    inputs: &[&Variable],
    grads: &[Option<Variable>],
    pass: Pass,
    allow_unused: bool,
) -> Result<Vec<Option<Variable>>> {
    let starts = starts(outputs, grads)?;
    let targets = Targets::of("grad", &starts, inputs)?;
    let mut found: Vec<Option<Variable>> = vec![None; inputs.len()];
    let mut slots: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
    for (slot, edge) in targets.edges.iter().enumerate() {
        slots.entry((address(&edge.node), edge.output)).or_default().push(slot);
    }
    within(pass.create_graph, || {
        run(starts, pass.retain_graph, Some(&targets), |node, output, grad| {
            for &slot in slots.get(&(address(node), output)).into_iter().flatten() {
                if let Some(slot) = found.get_mut(slot) {
                    *slot = Some(grad.to_variable());
                }
            }
            Ok(())
        })
    })?;
    if !allow_unused && found.iter().any(Option::is_none) {
        return Err(Error::runtime(
            "grad",
            "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if \
             this is the desired behavior.",
        ));
    }
    Ok(found)
}

/// A pass records if it creates a graph, and may stand inside another.
fn within(create_graph: bool, body: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    deeper(|| if create_graph { enable_grad(body) } else { no_grad(body) })
}

/// The variables that a pass is for, and the nodes on the way to them.
struct Targets {
    edges: Vec<Edge>,
    /// The nodes of those edges.
    nodes: HashSet<usize>,
    /// Nodes that run, because a target lies below them.
    needed: HashSet<usize>,
}

fn address(node: &Arc<Node>) -> usize {
    Arc::as_ptr(node) as usize
}

impl Targets {
    fn of(operator: &'static str, roots: &[(Edge, Value)], inputs: &[&Variable]) -> Result<Targets> {
        let edge = |v: &&Variable| {
            v.edge().ok_or_else(|| {
                Error::runtime(operator, "One of the differentiated Tensors does not require grad")
            })
        };
        let edges: Vec<Edge> = inputs.iter().map(edge).collect::<Result<_>>()?;
        let mut above: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut seen: HashSet<usize> = HashSet::new();
        let mut left: Vec<&Arc<Node>> = roots.iter().map(|(edge, _)| &edge.node).collect();
        while let Some(node) = left.pop() {
            if !seen.insert(address(node)) {
                continue;
            }
            for edge in node.next.iter().flatten() {
                above.entry(address(&edge.node)).or_default().push(address(node));
                left.push(&edge.node);
            }
        }
        let nodes: HashSet<usize> = edges.iter().map(|edge| address(&edge.node)).collect();
        let mut needed = HashSet::new();
        let mut left: Vec<usize> = nodes.iter().copied().collect();
        while let Some(node) = left.pop() {
            for &parent in above.get(&node).into_iter().flatten() {
                if needed.insert(parent) {
                    left.push(parent);
                }
            }
        }
        Ok(Targets { edges, nodes, needed })
    }

    fn runs(&self, node: &Arc<Node>) -> bool {
        self.needed.contains(&address(node))
    }

    fn has(&self, node: &Arc<Node>) -> bool {
        self.nodes.contains(&address(node))
    }
}

/// Whether a pass runs a node, so that gradients flow on from it.
fn runs(targets: Option<&Targets>, node: &Arc<Node>) -> bool {
    targets.is_none_or(|targets| targets.runs(node))
}

/// Whether a pass has a use for gradients at a node.
fn wants(targets: Option<&Targets>, node: &Arc<Node>) -> bool {
    targets.is_none_or(|targets| targets.runs(node) || targets.has(node))
}

fn starts(roots: &[&Variable], grads: &[Option<Variable>]) -> Result<Vec<(Edge, Value)>> {
    roots
        .iter()
        .enumerate()
        .map(|(i, root)| {
            let edge = root.edge().ok_or_else(|| {
                Error::runtime("backward", format!("element {i} of tensors does not require grad and does not have a grad_fn"))
            })?;
            let grad = match grads.get(i).cloned().flatten() {
                Some(grad) if grad.sizes() != root.sizes() => {
                    return Err(Error::runtime(
                        "backward",
                        format!(
                            "Mismatch in shape: grad_output[{i}] has a shape of torch.Size({:?}) and output[{i}] has a \
                             shape of torch.Size({:?}).",
                            grad.sizes(),
                            root.sizes()
                        ),
                    )
                    .shapes(&[grad.sizes(), root.sizes()]));
                }
                Some(grad) => Value::from(grad).to_dtype(root.dtype())?,
                None if root.numel() != 1 => {
                    return Err(Error::runtime("backward", "grad can be implicitly created only for scalar outputs")
                        .shapes(&[root.sizes()])
                        .expected("1 element")
                        .found(format!("{} elements", root.numel())));
                }
                None => root.data().full_like(Scalar::Int(1))?.into(),
            };
            Ok((edge, grad))
        })
        .collect()
}

/// How many gradients each reachable node waits for.
fn dependencies(roots: &[(Edge, Value)], targets: Option<&Targets>) -> HashMap<usize, usize> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let mut left: Vec<&Arc<Node>> = Vec::new();
    let mut count = |node, left: &mut Vec<_>| {
        if !wants(targets, node) {
            return;
        }
        let count = counts.entry(address(node)).or_insert(0);
        *count += 1;
        if *count == 1 && runs(targets, node) {
            left.push(node);
        }
    };
    for (edge, _) in roots {
        count(&edge.node, &mut left);
    }
    while let Some(node) = left.pop() {
        for edge in node.next.iter().flatten() {
            count(&edge.node, &mut left);
        }
    }
    counts
}

fn broken(text: &str) -> Error {
    Error::runtime("backward", format!("internal: {text}"))
}

/// Nodes that wait for gradients, and those that have all of theirs.
struct Queue {
    counts: HashMap<usize, usize>,
    pending: HashMap<usize, Pending>,
    /// Later nodes first; among equals the one that was ready first.
    ready: BinaryHeap<(u64, Reverse<usize>)>,
    slots: Vec<Option<Pending>>,
}

impl Queue {
    fn deliver(&mut self, edge: Edge, grad: Option<Value>) -> Result<()> {
        let key = address(&edge.node);
        let entry = self.pending.entry(key).or_insert_with(|| Pending {
            grads: vec![None; edge.node.outputs.len()],
            node: Arc::clone(&edge.node),
        });
        let slot = entry
            .grads
            .get_mut(edge.output)
            .ok_or_else(|| broken("an edge to an output that is not there"))?;
        if let Some(grad) = grad {
            *slot = Some(match (slot.take(), grad) {
                (Some(Value::Plain(sum)), Value::Plain(grad)) if sum.is_unshared() && sum.is_contiguous() => {
                    sum.add_(&grad, Scalar::Int(1))?;
                    Value::Plain(sum)
                }
                (Some(sum), grad) => sum.add(&grad)?,
                (None, grad) => grad,
            });
        }
        let count = self.counts.get_mut(&key).ok_or_else(|| broken("an unknown node"))?;
        *count = count.checked_sub(1).ok_or_else(|| broken("a dependency count below zero"))?;
        if *count == 0 {
            let entry = self.pending.remove(&key).ok_or_else(|| broken("a ready node without gradients"))?;
            self.ready.push((entry.node.sequence, Reverse(self.slots.len())));
            self.slots.push(Some(entry));
            note(|report| {
                report.queue_pushes += 1;
                report.queue_len_max = report.queue_len_max.max(self.ready.len());
            });
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Pending>> {
        let Some((_, Reverse(at))) = self.ready.pop() else { return Ok(None) };
        let taken = self.slots.get_mut(at).and_then(Option::take);
        taken.map(Some).ok_or_else(|| broken("a node that ran twice"))
    }
}

/// Runs the nodes. `visit` gets each gradient that arrives at a target, or at any leaf where there are none: a
/// node, its output, the gradient.
fn run(
    roots: Vec<(Edge, Value)>,
    retain_graph: bool,
    targets: Option<&Targets>,
    mut visit: impl FnMut(&Arc<Node>, usize, Value) -> Result<()>,
) -> Result<()> {
    let counts = dependencies(&roots, targets);
    note(|report| report.dependencies += counts.values().sum::<usize>());
    let mut queue = Queue { counts, pending: HashMap::new(), ready: BinaryHeap::new(), slots: Vec::new() };
    for (edge, grad) in roots {
        if wants(targets, &edge.node) {
            queue.deliver(edge, Some(grad))?;
        }
    }
    while let Some(Pending { node, mut grads }) = queue.next()? {
        note(|report| {
            report.queue_pops += 1;
            report.execution_order.push(node.name());
        });
        let is_run = runs(targets, &node);
        let is_target =
            targets.map_or(matches!(node.role, Role::Accumulate(_)), |targets| targets.has(&node));
        // A target that other targets lie below is seen as it came; hooks run before the end of the way otherwise.
        if is_target && is_run && targets.is_some() {
            hand_over(&node, &grads, &mut visit)?;
        }
        noticed(&node, || {
            node.tensor_hooks(&mut grads)?;
            if is_run { node.pre_hooks(&mut grads) } else { Ok(()) }
        })?;
        if is_target && !(is_run && targets.is_some()) {
            let arrived = std::mem::take(&mut grads);
            hand_over_all(&node, arrived, &mut visit)?;
            continue;
        }
        if !is_run {
            continue;
        }
        let found = noticed(&node, || step(&node, &grads, retain_graph))?;
        drop(grads);
        for (edge, grad) in node.next.iter().zip(found) {
            if let Some(edge) = edge
                && wants(targets, &edge.node)
            {
                queue.deliver(edge.clone(), grad)?;
            }
        }
    }
    if queue.pending.is_empty() { Ok(()) } else { Err(broken("nodes that never became ready")) }
}

fn hand_over(
    node: &Arc<Node>,
    grads: &[Option<Value>],
    visit: &mut impl FnMut(&Arc<Node>, usize, Value) -> Result<()>,
) -> Result<()> {
    let found = grads.iter().enumerate();
    found
        .filter_map(|(k, grad)| grad.clone().map(|grad| (k, grad)))
        .try_for_each(|(k, grad)| visit(node, k, grad))
}

/// As [`hand_over`], giving the gradients away.
fn hand_over_all(
    node: &Arc<Node>,
    grads: Vec<Option<Value>>,
    visit: &mut impl FnMut(&Arc<Node>, usize, Value) -> Result<()>,
) -> Result<()> {
    let found = grads.into_iter().enumerate();
    found.filter_map(|(k, grad)| grad.map(|grad| (k, grad))).try_for_each(|(k, grad)| visit(node, k, grad))
}

/// One node and what follows it.
fn step(node: &Arc<Node>, grads: &[Option<Value>], retain_graph: bool) -> Result<Vec<Option<Value>>> {
    // A node that no gradient reached passes none on, but its dependants must still be counted down.
    if grads.iter().all(Option::is_none) {
        return Ok(vec![None; node.next.len()]);
    }
    let mut found = node.apply(grads, retain_graph)?;
    if node.has_post_hooks() {
        node.post_hooks(&mut found, &variables(grads))?;
    }
    if anomaly().is_some_and(|mode| mode.check_nan) {
        anomaly::check(node.name(), &found)?;
    }
    Ok(found)
}

/// In anomaly mode the host hears of an error, its node and where the forward call stood.
fn noticed<R>(node: &Arc<Node>, body: impl FnOnce() -> Result<R>) -> Result<R> {
    body().map_err(|error| match anomaly() {
        Some(mode) => (mode.detected)(node.name(), node.site.as_deref(), error),
        None => error,
    })
}
