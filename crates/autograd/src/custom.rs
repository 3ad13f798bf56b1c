//! Functions with a backward of their own.

use std::sync::Arc;

use tensor::{Result, Tensor};

use crate::graph::{Edge, Node, Shape};
use crate::mode::is_grad_enabled;
use crate::variable::Variable;

/// Gradients of the inputs from those of the outputs; absent where none arrived or none is due.
pub type CustomBackward = Box<dyn Fn(&[Option<Tensor>]) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

/// Records a function that was computed outside the graph: `outputs` from `inputs`. The backward runs without
/// recording and may itself start a pass.
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
    if !is_grad_enabled() || !inputs.iter().any(|v| v.requires_grad()) {
        return outputs.into_iter().map(Variable::from).collect();
    }
    let next = inputs.iter().map(|v| v.edge()).collect();
    let shapes = inputs.iter().map(|v| Shape::of(v.data())).collect();
    let out_shapes = outputs.iter().map(Shape::of).collect();
    let node = Arc::new(Node::custom(name, backward, next, shapes, out_shapes));
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
