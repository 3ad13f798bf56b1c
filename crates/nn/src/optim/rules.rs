//! The loops of the optimizers. Where PyTorch's vector code fuses a product into a sum, the sum is taken in f64 and
//! rounded once, which has the same result.

use tensor::{Float, UpdateRule};

use super::{AdagradOptions, AdamOptions, NAdamOptions, RmsPropOptions, SgdOptions};

/// a + b c with one rounding.
#[inline]
fn fused<T: Float>(a: T, b: T, c: T) -> T {
    T::of(a.wide() + b.wide() * c.wide())
}

/// The gradient with the weights' pull added.
#[inline]
fn decayed<T: Float>(grad: T, parameter: T, weight_decay: T) -> T {
    if weight_decay.wide() == 0.0 { grad } else { fused(grad, parameter, weight_decay) }
}

/// Gradient descent without momentum.
pub(super) struct SgdStep {
    pub options: SgdOptions,
}

impl UpdateRule<1, 1> for SgdStep {
    fn apply<T: Float>(&self, [p]: [&mut [T]; 1], [g]: [&[T]; 1]) {
        let (rate, decay) = (T::of(-self.options.lr), T::of(self.options.weight_decay));
        for (p, &g) in p.iter_mut().zip(g) {
            *p = fused(*p, rate, decayed(g, *p, decay));
        }
    }
}

/// Gradient descent with momentum; the first buffer is the gradient itself.
pub(super) struct Momentum {
    pub options: SgdOptions,
    pub first: bool,
}

impl UpdateRule<2, 1> for Momentum {
    fn apply<T: Float>(&self, [p, b]: [&mut [T]; 2], [g]: [&[T]; 1]) {
        let o = self.options;
        let (rate, decay) = (T::of(-o.lr), T::of(o.weight_decay));
        let (momentum, share) = (T::of(o.momentum), T::of(1.0 - o.dampening));
        for ((p, b), &g) in p.iter_mut().zip(b.iter_mut()).zip(g) {
            let g = decayed(g, *p, decay);
            *b = if self.first { g } else { fused(b.times(momentum), share, g) };
            let step = if o.nesterov { fused(g, momentum, *b) } else { *b };
            *p = fused(*p, rate, step);
        }
    }
}

/// Adam and AdamW.
pub(super) struct AdamStep {
    options: AdamOptions,
    decoupled: bool,
    step_size: f64,
    root_correction: f64,
}

impl AdamStep {
    pub fn new(options: AdamOptions, decoupled: bool, steps: u64) -> AdamStep {
        let correction = |beta: f64| 1.0 - libm::pow(beta, steps as f64);
        let step_size = options.lr / correction(options.betas.0);
        AdamStep { options, decoupled, step_size, root_correction: correction(options.betas.1).sqrt() }
    }
}

impl UpdateRule<3, 1> for AdamStep {
    fn apply<T: Float>(&self, [p, m, v]: [&mut [T]; 3], [g]: [&[T]; 1]) {
        let o = self.options;
        let (share1, beta2, share2) = (T::of(1.0 - o.betas.0), T::of(o.betas.1), T::of(1.0 - o.betas.1));
        let (root, eps, rate) = (T::of(self.root_correction), T::of(o.eps), T::of(-self.step_size));
        let shrink = if self.decoupled { T::of(1.0 - o.lr * o.weight_decay) } else { T::ONE };
        let decay = if self.decoupled { T::ZERO } else { T::of(o.weight_decay) };
        for (((p, m), v), &g) in p.iter_mut().zip(m.iter_mut()).zip(v.iter_mut()).zip(g) {
            *p = p.times(shrink);
            let g = decayed(g, *p, decay);
            *m = fused(*m, share1, g.minus(*m));
            *v = fused(v.times(beta2), share2.times(g), g);
            let denominator = v.root().over(root).plus(eps);
            *p = p.plus(rate.times(*m).over(denominator));
        }
    }
}

/// NAdam: one step by the gradient, one by its running mean.
pub(super) struct NAdamStep {
    options: NAdamOptions,
    correction: f64,
    by_gradient: f64,
    by_mean: f64,
}

impl NAdamStep {
    /// `momentum` is this step's and the next one's, `product` that of all steps up to this one.
    pub fn new(options: NAdamOptions, steps: u64, product: f64, momentum: [f64; 2]) -> NAdamStep {
        let [now, next] = momentum;
        NAdamStep {
            options,
            correction: 1.0 - libm::pow(options.betas.1, steps as f64),
            by_gradient: -options.lr * (1.0 - now) / (1.0 - product),
            by_mean: -options.lr * next / (1.0 - product * next),
        }
    }
}

impl UpdateRule<3, 1> for NAdamStep {
    fn apply<T: Float>(&self, [p, m, v]: [&mut [T]; 3], [g]: [&[T]; 1]) {
        let o = self.options;
        let (share1, beta2, share2) = (T::of(1.0 - o.betas.0), T::of(o.betas.1), T::of(1.0 - o.betas.1));
        let (correction, eps) = (T::of(self.correction), T::of(o.eps));
        let (by_gradient, by_mean) = (T::of(self.by_gradient), T::of(self.by_mean));
        let decoupled = o.decoupled_weight_decay;
        let shrink = if decoupled { T::of(1.0 - o.lr * o.weight_decay) } else { T::ONE };
        let decay = if decoupled { T::ZERO } else { T::of(o.weight_decay) };
        for (((p, m), v), &g) in p.iter_mut().zip(m.iter_mut()).zip(v.iter_mut()).zip(g) {
            *p = p.times(shrink);
            let g = decayed(g, *p, decay);
            *m = fused(*m, share1, g.minus(*m));
            *v = fused(v.times(beta2), share2.times(g), g);
            let denominator = v.over(correction).root().plus(eps);
            *p = p.plus(by_gradient.times(g).over(denominator));
            *p = p.plus(by_mean.times(*m).over(denominator));
        }
    }
}

/// RMSprop, with a third slice for momentum.
pub(super) struct RmsPropStep(pub RmsPropOptions);

impl RmsPropStep {
    #[inline]
    fn direction<T: Float>(&self, p: T, s: &mut T, g: T) -> (T, T) {
        let o = self.0;
        let g = decayed(g, p, T::of(o.weight_decay));
        *s = fused(s.times(T::of(o.alpha)), T::of(1.0 - o.alpha).times(g), g);
        (g, s.root().plus(T::of(o.eps)))
    }
}

impl UpdateRule<2, 1> for RmsPropStep {
    fn apply<T: Float>(&self, [p, s]: [&mut [T]; 2], [g]: [&[T]; 1]) {
        let rate = T::of(-self.0.lr);
        for ((p, s), &g) in p.iter_mut().zip(s.iter_mut()).zip(g) {
            let (g, denominator) = self.direction(*p, s, g);
            *p = p.plus(rate.times(g).over(denominator));
        }
    }
}

impl UpdateRule<3, 1> for RmsPropStep {
    fn apply<T: Float>(&self, [p, s, b]: [&mut [T]; 3], [g]: [&[T]; 1]) {
        let (rate, momentum) = (T::of(-self.0.lr), T::of(self.0.momentum));
        for (((p, s), b), &g) in p.iter_mut().zip(s.iter_mut()).zip(b.iter_mut()).zip(g) {
            let (g, denominator) = self.direction(*p, s, g);
            *b = b.times(momentum).plus(g.over(denominator));
            *p = fused(*p, rate, *b);
        }
    }
}

/// Adagrad.
pub(super) struct AdagradStep {
    options: AdagradOptions,
    rate: f64,
}

impl AdagradStep {
    pub fn new(options: AdagradOptions, steps: u64) -> AdagradStep {
        AdagradStep { options, rate: options.lr / (1.0 + (steps as f64 - 1.0) * options.lr_decay) }
    }
}

impl UpdateRule<2, 1> for AdagradStep {
    fn apply<T: Float>(&self, [p, s]: [&mut [T]; 2], [g]: [&[T]; 1]) {
        let (rate, decay, eps) =
            (T::of(-self.rate), T::of(self.options.weight_decay), T::of(self.options.eps));
        for ((p, s), &g) in p.iter_mut().zip(s.iter_mut()).zip(g) {
            let g = decayed(g, *p, decay);
            *s = fused(*s, g, g);
            *p = p.plus(rate.times(g).over(s.root().plus(eps)));
        }
    }
}
