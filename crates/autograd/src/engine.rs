//! The backward pass: dependency counts, then a ready queue by sequence number. No recursion anywhere.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use tensor::{Error, Result, Scalar, Tensor};

use crate::graph::{Edge, Node, Role};
use crate::mode::no_grad;
use crate::reentrancy::deeper;
use crate::report::note;
use crate::variable::{Leaf, Variable};

/// A node that a gradient has reached.
struct Pending {
    node: Arc<Node>,
    grads: Vec<Option<Tensor>>,
}

/// Adds the gradients of `roots` to the `.grad` of every leaf below them.
///
/// A gradient of `None` stands for 1 and needs a root of one element. If the pass fails, no `.grad` has changed.
///
/// # Errors
/// `RuntimeError` with PyTorch's texts: no graph, a root of several elements, a graph whose saved tensors were
/// freed or written in place.
pub fn backward(roots: &[&Variable], grads: &[Option<Tensor>], retain_graph: bool) -> Result<()> {
    let starts = starts(roots, grads)?;
    let mut sums: Vec<(Arc<Leaf>, Tensor)> = Vec::new();
    pass(|| {
        run(starts, retain_graph, |node, arrived| {
            if let (Role::Accumulate(leaf), Some(Some(grad))) = (&node.role, arrived.first_mut()) {
                let grad = std::mem::replace(grad, Tensor::scalar(Scalar::Int(0), grad.dtype()));
                sums.push((Arc::clone(leaf), grad));
            }
        })
    })?;
    sums.into_iter().try_for_each(|(leaf, grad)| leaf.accumulate(grad))
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
    let starts = starts(outputs, grads)?;
    let edges: Vec<Edge> = inputs
        .iter()
        .map(|v| {
            v.edge().ok_or_else(|| {
                Error::runtime("grad", "One of the differentiated Tensors does not require grad")
            })
        })
        .collect::<Result<_>>()?;
    let mut found: Vec<Option<Tensor>> = vec![None; inputs.len()];
    pass(|| {
        run(starts, retain_graph, |node, arrived| {
            for (slot, edge) in found.iter_mut().zip(&edges) {
                if Arc::ptr_eq(&edge.node, node) {
                    *slot = arrived.get(edge.output).cloned().flatten();
                }
            }
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

/// A pass does not record, and may stand inside another.
fn pass(body: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    deeper(|| no_grad(body))
}

fn starts(roots: &[&Variable], grads: &[Option<Tensor>]) -> Result<Vec<(Edge, Tensor)>> {
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
                Some(grad) => grad.to_dtype(root.dtype())?,
                None if root.numel() != 1 => {
                    return Err(Error::runtime("backward", "grad can be implicitly created only for scalar outputs")
                        .shapes(&[root.sizes()])
                        .expected("1 element")
                        .found(format!("{} elements", root.numel())));
                }
                None => root.data().full_like(Scalar::Int(1))?,
            };
            Ok((edge, grad))
        })
        .collect()
}

/// How many gradients each reachable node waits for.
fn dependencies(roots: &[(Edge, Tensor)]) -> HashMap<*const Node, usize> {
    let mut counts: HashMap<*const Node, usize> = HashMap::new();
    let mut left: Vec<&Arc<Node>> = Vec::new();
    for (edge, _) in roots {
        let count = counts.entry(Arc::as_ptr(&edge.node)).or_insert(0);
        *count += 1;
        if *count == 1 {
            left.push(&edge.node);
        }
    }
    while let Some(node) = left.pop() {
        for edge in node.next.iter().flatten() {
            let count = counts.entry(Arc::as_ptr(&edge.node)).or_insert(0);
            *count += 1;
            if *count == 1 {
                left.push(&edge.node);
            }
        }
    }
    counts
}

fn run(
    roots: Vec<(Edge, Tensor)>,
    retain_graph: bool,
    mut visit: impl FnMut(&Arc<Node>, &mut Vec<Option<Tensor>>),
) -> Result<()> {
    let mut counts = dependencies(&roots);
    note(|report| report.dependencies += counts.values().sum::<usize>());
    let mut pending: HashMap<*const Node, Pending> = HashMap::new();
    // Later nodes first; among equals the one that was ready first.
    let mut ready: BinaryHeap<(u64, Reverse<usize>)> = BinaryHeap::new();
    let mut queue: Vec<Option<Pending>> = Vec::new();
    let broken = |text: &str| Error::runtime("backward", format!("internal: {text}"));

    let mut deliver = |edge: Edge, grad: Option<Tensor>, ready: &mut BinaryHeap<_>, queue: &mut Vec<_>| {
        let key = Arc::as_ptr(&edge.node);
        let entry = pending.entry(key).or_insert_with(|| Pending {
            grads: vec![None; edge.node.outputs.len()],
            node: Arc::clone(&edge.node),
        });
        let slot = entry
            .grads
            .get_mut(edge.output)
            .ok_or_else(|| broken("an edge to an output that is not there"))?;
        if let Some(grad) = grad {
            *slot = Some(match slot.take() {
                Some(sum) if sum.is_unshared() && sum.is_contiguous() => {
                    sum.add_(&grad, Scalar::Int(1))?;
                    sum
                }
                Some(sum) => sum.add(&grad)?,
                None => grad,
            });
        }
        let count = counts.get_mut(&key).ok_or_else(|| broken("an unknown node"))?;
        *count = count.checked_sub(1).ok_or_else(|| broken("a dependency count below zero"))?;
        if *count == 0 {
            let entry = pending.remove(&key).ok_or_else(|| broken("a ready node without gradients"))?;
            ready.push((entry.node.sequence, Reverse(queue.len())));
            queue.push(Some(entry));
            note(|report| {
                report.queue_pushes += 1;
                report.queue_len_max = report.queue_len_max.max(ready.len());
            });
        }
        Ok::<(), Error>(())
    };

    for (edge, grad) in roots {
        deliver(edge, Some(grad), &mut ready, &mut queue)?;
    }
    while let Some((_, Reverse(at))) = ready.pop() {
        let Some(Pending { node, mut grads }) = queue.get_mut(at).and_then(Option::take) else {
            return Err(broken("a node that ran twice"));
        };
        note(|report| {
            report.queue_pops += 1;
            report.execution_order.push(node.name());
        });
        node.keep_retained(&grads);
        visit(&node, &mut grads);
        // A node that no gradient reached passes none on, but its dependants must still be counted down.
        let found = if grads.iter().all(Option::is_none) {
            vec![None; node.next.len()]
        } else {
            node.apply(&grads, retain_graph)?
        };
        drop(grads);
        for (edge, grad) in node.next.iter().zip(found) {
            if let Some(edge) = edge {
                deliver(edge.clone(), grad, &mut ready, &mut queue)?;
            }
        }
    }
    if pending.is_empty() { Ok(()) } else { Err(broken("nodes that never became ready")) }
}
