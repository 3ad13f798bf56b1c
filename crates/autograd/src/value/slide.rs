//! Convolution as one form that is linear in images, weights and results: each of its three products is the gradient
//! of the others, so that gradients of any order stay within it.

use std::sync::Arc;

use tensor::{Result, Slide, Tensor};

use super::Value;

const NAME: &str = "ConvolutionBackward0";

/// The sizes and steps of a convolution.
pub(crate) struct Sliding {
    pub slides: Vec<Slide>,
    pub groups: usize,
    /// Of the images' planes, the results' planes and the weights.
    pub images: Vec<usize>,
    pub results: Vec<usize>,
    pub weights: Vec<usize>,
}

impl Sliding {
    /// Results from images and weights.
    pub fn results(self: &Arc<Self>, images: &Value, weights: &Value) -> Result<Value> {
        let (x, w) = (images.data(), weights.data());
        let found = x.convolve_to(w, &self.slides, &self.results, self.groups)?;
        Ok(self.product(images, weights, found, Sliding::images, Sliding::weights, false))
    }

    /// Images from results and weights: the transposed convolution.
    pub fn images(self: &Arc<Self>, results: &Value, weights: &Value) -> Result<Value> {
        let (g, w) = (results.data(), weights.data());
        let found = g.convolve_transposed(w, &self.images, &self.slides, self.groups)?;
        Ok(self.product(results, weights, found, Sliding::results, Sliding::weights, true))
    }

    /// Weights from images and results.
    pub fn weights(self: &Arc<Self>, images: &Value, results: &Value) -> Result<Value> {
        let (x, g) = (images.data(), results.data());
        let found = x.convolve_weight_grad(g, &self.weights, &self.slides, self.groups)?;
        let this = Arc::clone(self);
        let (x, g) = (images.clone(), results.clone());
        Ok(Value::recorded(NAME, &[images, results], found, move |grad| {
            Ok(vec![due(&x, || this.images(&g, grad))?, due(&g, || this.results(&x, grad))?])
        }))
    }

    /// A product of planes and weights with its two gradients; that of the weights wants the images first, which here
    /// are the planes or, where `turned`, what arrives.
    fn product(
        self: &Arc<Self>,
        planes: &Value,
        weights: &Value,
        found: Tensor,
        to_planes: fn(&Arc<Self>, &Value, &Value) -> Result<Value>,
        to_weights: fn(&Arc<Self>, &Value, &Value) -> Result<Value>,
        turned: bool,
    ) -> Value {
        let (this, p, w) = (Arc::clone(self), planes.clone(), weights.clone());
        Value::recorded(NAME, &[planes, weights], found, move |grad| {
            let (images, results) = if turned { (grad, &p) } else { (&p, grad) };
            let for_weights = due(&w, || to_weights(&this, images, results))?;
            Ok(vec![due(&p, || to_planes(&this, grad, &w))?, for_weights])
        })
    }
}

/// A gradient for what is recorded.
fn due(value: &Value, grad: impl FnOnce() -> Result<Value>) -> Result<Option<Value>> {
    if value.is_recorded() { grad().map(Some) } else { Ok(None) }
}
