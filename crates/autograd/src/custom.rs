//! Functions with a backward of their own.

use std::sync::Arc;

use tensor::{Result, Tensor};

use crate::grad_fn::GradFn;
use crate::graph::{Edge, Function, Node, SavedTensor, Shape};
use crate::hooks::variables;
use crate::mode::is_grad_enabled;
use crate::value::Value;
use crate::variable::Variable;

/// Gradients of the inputs from those of the outputs; absent where none arrived or none is due.
pub type CustomBackward = Box<dyn Fn(&[Option<Tensor>]) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

/// As [`CustomBackward`] over variables: what it calls records where a gradient of the gradient is wanted. The node is
/// that of the function; [`GradFn::output`] makes its outputs again.
pub type RecordedBackward =
    Box<dyn Fn(&[Option<Variable>], &GradFn) -> Result<Vec<Option<Variable>>> + Send + Sync>;

/// A tensor that a function's backward reads. Who writes to it in between gets PyTorch's error from the pass.
pub struct Saved(SavedTensor);

impl Saved {
    /// Keeps a variable's tensor.
    pub fn of(variable: &Variable) -> Saved {
        let origin = variable.origin().map(|edge| (edge.node.name(), edge.output));
        Saved(SavedTensor::new(variable.data().clone(), origin))
    }

    /// The tensor as it was kept.
    ///
    /// # Errors
    /// `RuntimeError` if it was written to since.
    pub fn get(&self) -> Result<&Tensor> {
        self.0.unpack()
    }
}

/// Records a function that was computed outside the graph: `outputs` from `inputs`. The backward runs without
/// recording and may itself start a pass; its results cannot be differentiated, and a pass that would is an error.
///
/// ```
/// use autograd::{Tensor, Variable, custom};
/// let x = Variable::parameter(Tensor::from_vec(vec![2.0f32], &[1])?)?;
/// let y = custom("Tripled", &[&x], vec![Tensor::from_vec(vec![6.0f32], &[1])?], Box::new(|grads| {
///     Ok(vec![grads[0].as_ref().map(|g| g.mul(3.0)).transpose()?])
/// }));
/// y[0].backward()?;
/// assert_eq!(x.grad().unwrap().to_vec::<f32>()?, [3.0]);
/// # Ok::<(), autograd::Error>(())
/// ```
pub fn custom(
    name: &'static str,
    inputs: &[&Variable],
    outputs: Vec<Tensor>,
    backward: CustomBackward,
) -> Vec<Variable> {
    attach(inputs, outputs, |next, shapes, out_shapes| Node::custom(name, backward, next, shapes, out_shapes))
}

/// As [`custom`] with a backward that can be differentiated itself.
pub fn custom_recorded(
    name: &'static str,
    inputs: &[&Variable],
    outputs: Vec<Tensor>,
    backward: RecordedBackward,
) -> Vec<Variable> {
    let function: Function = Box::new(move |node, grads| {
        let found = backward(&variables(grads), &GradFn(Arc::clone(node)))?;
        Ok(found.into_iter().map(|grad| grad.map(Value::from)).collect())
    });
    attach(inputs, outputs, |next, shapes, out_shapes| {
        Node::function(name, function, next, shapes, out_shapes)
    })
}

fn attach(
    inputs: &[&Variable],
    outputs: Vec<Tensor>,
    node: impl FnOnce(Vec<Option<Edge>>, Vec<Shape>, Vec<Shape>) -> Node,
) -> Vec<Variable> {
    if !is_grad_enabled() || !inputs.iter().any(|v| v.requires_grad()) {
        return outputs.into_iter().map(Variable::from).collect();
    }
    let next = inputs.iter().map(|v| v.edge()).collect();
    let shapes = inputs.iter().map(|v| Shape::of(v.data())).collect();
    let node = Arc::new(node(next, shapes, outputs.iter().map(Shape::of).collect()));
    let outputs = outputs.into_iter().enumerate();
    outputs
        .map(|(output, t)| {
            if t.dtype().is_float() {
                Variable::computed(t, Edge { node: Arc::clone(&node), output })
            } else {
                Variable::from(t)
            }
        })
        .collect()
}
