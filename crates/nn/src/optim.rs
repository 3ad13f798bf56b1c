//! Optimizers: one fused pass over each parameter, in PyTorch's order of operations.

mod rules;

use autograd::{Error, Result, Scalar, Tensor, Variable, no_grad};
use tensor::update;

use crate::codec::{Reader, Writer};
use rules::{AdagradStep, AdamStep, Momentum, NAdamStep, RmsPropStep, SgdStep};

const MAGIC: &str = "lumen.nn.optimizer.1";

/// Options of stochastic gradient descent; the defaults are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdOptions {
    /// Learning rate.
    pub lr: f64,
    /// Share of the last step that is kept.
    pub momentum: f64,
    /// Share of the gradient that momentum leaves out.
    pub dampening: f64,
    /// Pull of weights toward 0.
    pub weight_decay: f64,
    /// Whether momentum looks ahead.
    pub nesterov: bool,
}

impl Default for SgdOptions {
    fn default() -> Self {
        SgdOptions { lr: 1e-3, momentum: 0.0, dampening: 0.0, weight_decay: 0.0, nesterov: false }
    }
}

/// Options of Adam and AdamW; the default weight decay is Adam's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamOptions {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the two running means.
    pub betas: (f64, f64),
    /// Added to the root.
    pub eps: f64,
    /// Pull of weights toward 0.
    pub weight_decay: f64,
}

impl Default for AdamOptions {
    fn default() -> Self {
        AdamOptions { lr: 1e-3, betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0 }
    }
}

/// Options of RMSprop; the defaults are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsPropOptions {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the running mean of squares.
    pub alpha: f64,
    /// Added to the root.
    pub eps: f64,
    /// Pull of weights toward 0.
    pub weight_decay: f64,
    /// Share of the last step that is kept.
    pub momentum: f64,
}

impl Default for RmsPropOptions {
    fn default() -> Self {
        RmsPropOptions { lr: 1e-2, alpha: 0.99, eps: 1e-8, weight_decay: 0.0, momentum: 0.0 }
    }
}

/// Options of Adagrad; the defaults are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdagradOptions {
    /// Learning rate.
    pub lr: f64,
    /// How fast the learning rate falls.
    pub lr_decay: f64,
    /// Pull of weights toward 0.
    pub weight_decay: f64,
    /// Where the sums of squares start.
    pub initial_accumulator_value: f64,
    /// Added to the root.
    pub eps: f64,
}

impl Default for AdagradOptions {
    fn default() -> Self {
        AdagradOptions {
            lr: 1e-2,
            lr_decay: 0.0,
            weight_decay: 0.0,
            initial_accumulator_value: 0.0,
            eps: 1e-10,
        }
    }
}

/// Options of NAdam; the defaults are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NAdamOptions {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the two running means.
    pub betas: (f64, f64),
    /// Added to the root.
    pub eps: f64,
    /// Pull of weights toward 0.
    pub weight_decay: f64,
    /// How fast momentum rises to the first decay.
    pub momentum_decay: f64,
    /// Whether the pull acts on the weights before the step, as in AdamW.
    pub decoupled_weight_decay: bool,
}

impl Default for NAdamOptions {
    fn default() -> Self {
        NAdamOptions {
            lr: 2e-3,
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 0.0,
            momentum_decay: 4e-3,
            decoupled_weight_decay: false,
        }
    }
}

impl NAdamOptions {
    /// The share of momentum in a step (Dozat).
    fn momentum(&self, step: u64) -> f64 {
        self.betas.0 * (1.0 - 0.5 * libm::pow(0.96, step as f64 * self.momentum_decay))
    }
}

/// How an optimizer steps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Rule {
    Sgd(SgdOptions),
    Adam(AdamOptions),
    /// Adam whose weight decay acts on the weights before the step.
    AdamW(AdamOptions),
    RmsProp(RmsPropOptions),
    Adagrad(AdagradOptions),
    NAdam(NAdamOptions),
}

impl Rule {
    /// How many tensors are remembered of each parameter.
    fn buffers(&self) -> usize {
        match self {
            Rule::Sgd(o) => usize::from(o.momentum != 0.0),
            Rule::Adam(_) | Rule::AdamW(_) | Rule::NAdam(_) => 2,
            Rule::RmsProp(o) => 1 + usize::from(o.momentum > 0.0),
            Rule::Adagrad(_) => 1,
        }
    }

    fn numbers(&self) -> Vec<(&'static str, f64)> {
        match self {
            Rule::Sgd(o) => vec![
                ("learning rate", o.lr),
                ("momentum value", o.momentum),
                ("dampening", o.dampening),
                ("weight_decay value", o.weight_decay),
                ("nesterov", f64::from(u8::from(o.nesterov))),
            ],
            Rule::Adam(o) | Rule::AdamW(o) => vec![
                ("learning rate", o.lr),
                ("epsilon value", o.eps),
                ("beta parameter at index 0", o.betas.0),
                ("beta parameter at index 1", o.betas.1),
                ("weight_decay value", o.weight_decay),
            ],
            Rule::RmsProp(o) => vec![
                ("learning rate", o.lr),
                ("epsilon value", o.eps),
                ("momentum value", o.momentum),
                ("weight_decay value", o.weight_decay),
                ("alpha value", o.alpha),
            ],
            Rule::Adagrad(o) => vec![
                ("learning rate", o.lr),
                ("lr_decay value", o.lr_decay),
                ("weight_decay value", o.weight_decay),
                ("initial_accumulator_value value", o.initial_accumulator_value),
                ("epsilon value", o.eps),
            ],
            Rule::NAdam(o) => vec![
                ("learning rate", o.lr),
                ("epsilon value", o.eps),
                ("beta parameter at index 0", o.betas.0),
                ("beta parameter at index 1", o.betas.1),
                ("weight_decay value", o.weight_decay),
                ("momentum_decay value", o.momentum_decay),
                ("decoupled_weight_decay", f64::from(u8::from(o.decoupled_weight_decay))),
            ],
        }
    }

    fn code(&self) -> u64 {
        match self {
            Rule::Sgd(_) => 0,
            Rule::Adam(_) => 1,
            Rule::AdamW(_) => 2,
            Rule::RmsProp(_) => 3,
            Rule::Adagrad(_) => 4,
            Rule::NAdam(_) => 5,
        }
    }

    fn check(&self) -> Result<()> {
        for (name, value) in self.numbers() {
            let below_one = !name.starts_with("beta") || value < 1.0;
            if name != "dampening" && (value.is_nan() || value < 0.0 || !below_one) {
                let text = format!("Invalid {name}: {}", Scalar::Float(value));
                return Err(Error::value("optimizer", text).found(value.to_string()));
            }
        }
        if let Rule::Sgd(o) = self
            && o.nesterov
            && (o.momentum <= 0.0 || o.dampening != 0.0)
        {
            return Err(Error::value(
                "optimizer",
                "Nesterov momentum requires a momentum and zero dampening",
            ));
        }
        Ok(())
    }

    fn lr_mut(&mut self) -> &mut f64 {
        match self {
            Rule::Sgd(o) => &mut o.lr,
            Rule::Adam(o) | Rule::AdamW(o) => &mut o.lr,
            Rule::RmsProp(o) => &mut o.lr,
            Rule::Adagrad(o) => &mut o.lr,
            Rule::NAdam(o) => &mut o.lr,
        }
    }
}

/// What an optimizer remembers of one parameter.
#[derive(Clone, Debug, Default)]
struct State {
    steps: u64,
    buffers: Vec<Tensor>,
    /// Of NAdam: the product of momentum so far, once there is a step. PyTorch keeps it in single precision.
    momentum: Option<f32>,
}

/// Parameters, the rule that moves them, and what it remembers.
///
/// ```
/// use nn::{AdamOptions, Optimizer, Rule, Tensor, Variable};
/// let w = Variable::parameter(Tensor::from_vec(vec![1.0f32, 2.0], &[2])?)?;
/// let mut adam = Optimizer::new(vec![w.clone()], Rule::Adam(AdamOptions { lr: 0.1, ..Default::default() }))?;
/// w.square()?.sum()?.backward()?;
/// adam.step()?;
/// // The first step is the learning rate, up to the last bit of an f32.
/// assert_eq!(w.data().to_vec::<f32>()?, [0.900_000_04, 1.9]);
/// # Ok::<(), nn::Error>(())
/// ```
#[derive(Debug)]
pub struct Optimizer {
    parameters: Vec<Variable>,
    rule: Rule,
    states: Vec<State>,
}

impl Optimizer {
    /// An optimizer that has not stepped yet.
    ///
    /// # Errors
    /// `ValueError` without parameters or for options outside their ranges.
    pub fn new(parameters: Vec<Variable>, rule: Rule) -> Result<Optimizer> {
        if parameters.is_empty() {
            return Err(Error::value("optimizer", "optimizer got an empty parameter list"));
        }
        if parameters.iter().any(|p| !p.is_leaf()) {
            return Err(Error::value("optimizer", "can't optimize a non-leaf Tensor"));
        }
        rule.check()?;
        let states = vec![State::default(); parameters.len()];
        Ok(Optimizer { parameters, rule, states })
    }

    /// The learning rate.
    pub fn lr(&self) -> f64 {
        let mut rule = self.rule;
        *rule.lr_mut()
    }

    /// Changes the learning rate; the schedulers' way in.
    pub fn set_lr(&mut self, lr: f64) {
        *self.rule.lr_mut() = lr;
    }

    /// The rule with its options.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// One over the same parameters that remembers nothing.
    pub fn fresh(&self) -> Optimizer {
        let states = vec![State::default(); self.parameters.len()];
        Optimizer { parameters: self.parameters.clone(), rule: self.rule, states }
    }

    /// Of NAdam: what the momenta of a parameter's steps multiplied to.
    pub fn momentum_product(&self, at: usize) -> Option<f32> {
        self.states.get(at).and_then(|state| state.momentum)
    }

    /// Changes options; a host may keep them elsewhere.
    ///
    /// # Errors
    /// `ValueError` for options outside their ranges or those of another rule.
    pub fn set_rule(&mut self, rule: Rule) -> Result<()> {
        rule.check()?;
        if rule.code() != self.rule.code() {
            return Err(Error::value("optimizer", "options of another optimizer"));
        }
        self.rule = rule;
        Ok(())
    }

    /// How often a parameter was moved and what is remembered of it; `None` where it never was.
    pub fn state(&self, at: usize) -> Option<(u64, &[Tensor])> {
        self.states
            .get(at)
            .filter(|state| state.steps > 0)
            .map(|state| (state.steps, state.buffers.as_slice()))
    }

    /// Puts back what [`Optimizer::state`] gave.
    ///
    /// # Errors
    /// `ValueError` for a parameter that does not exist, buffers of other sizes or dtype, or another number of them
    /// than the rule keeps.
    pub fn set_state(&mut self, at: usize, steps: u64, buffers: Vec<Tensor>) -> Result<()> {
        let wanted = self.rule.buffers();
        let (Some(state), Some(parameter)) = (self.states.get_mut(at), self.parameters.get(at)) else {
            return Err(Error::value("optimizer", format!("no parameter at {at}")));
        };
        if buffers.len() != wanted {
            let text = format!("expected {wanted} buffers of a parameter, found {}", buffers.len());
            return Err(Error::value("optimizer", text));
        }
        if let Some(odd) =
            buffers.iter().find(|b| b.sizes() != parameter.sizes() || b.dtype() != parameter.dtype())
        {
            return Err(Error::value("optimizer", "a buffer does not fit its parameter")
                .shapes(&[odd.sizes(), parameter.sizes()])
                .dtypes(&[odd.dtype(), parameter.dtype()]));
        }
        (state.steps, state.buffers) = (steps, buffers);
        state.momentum = match self.rule {
            Rule::NAdam(o) if steps > 0 => {
                Some((1..=steps).fold(1.0, |product, k| product * o.momentum(k) as f32))
            }
            _ => None,
        };
        Ok(())
    }

    /// Clears the gradients.
    pub fn zero_grad(&self) {
        self.parameters.iter().for_each(|p| p.set_grad(None));
    }

    /// Moves each parameter that has a gradient.
    ///
    /// # Errors
    /// `RuntimeError` if a gradient does not fit its parameter.
    pub fn step(&mut self) -> Result<()> {
        let rule = self.rule;
        no_grad(|| {
            for (parameter, state) in self.parameters.iter().zip(&mut self.states) {
                if let Some(grad) = parameter.grad() {
                    step(rule, parameter.data(), &grad, state)?;
                }
            }
            Ok(())
        })
    }

    /// Rule, options and what is remembered; equal states give equal bytes.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out = Writer::default();
        out.text(MAGIC);
        out.u64(self.rule.code());
        let numbers = self.rule.numbers();
        numbers.iter().for_each(|(_, value)| out.f64(*value));
        out.u64(self.states.len() as u64);
        for state in &self.states {
            out.u64(state.steps);
            out.u64(state.buffers.len() as u64);
            state.buffers.iter().try_for_each(|t| out.tensor(t))?;
            if matches!(self.rule, Rule::NAdam(_)) {
                out.f64(state.momentum.map_or(1.0, f64::from));
            }
        }
        Ok(out.0)
    }

    /// An optimizer over these parameters that continues from the bytes.
    ///
    /// # Errors
    /// `ValueError` with the offset if the bytes are damaged or belong to other parameters.
    pub fn from_bytes(bytes: &[u8], parameters: Vec<Variable>) -> Result<Optimizer> {
        let mut reader = Reader::new(bytes);
        reader.magic(MAGIC)?;
        let code = reader.u64()?;
        let n = [reader.f64()?, reader.f64()?, reader.f64()?, reader.f64()?, reader.f64()?];
        let adam = AdamOptions { lr: n[0], eps: n[1], betas: (n[2], n[3]), weight_decay: n[4] };
        let rule = match code {
            0 => Rule::Sgd(SgdOptions {
                lr: n[0],
                momentum: n[1],
                dampening: n[2],
                weight_decay: n[3],
                nesterov: n[4] != 0.0,
            }),
            1 => Rule::Adam(adam),
            2 => Rule::AdamW(adam),
            3 => Rule::RmsProp(RmsPropOptions {
                lr: n[0],
                eps: n[1],
                momentum: n[2],
                weight_decay: n[3],
                alpha: n[4],
            }),
            4 => Rule::Adagrad(AdagradOptions {
                lr: n[0],
                lr_decay: n[1],
                weight_decay: n[2],
                initial_accumulator_value: n[3],
                eps: n[4],
            }),
            5 => Rule::NAdam(NAdamOptions {
                lr: n[0],
                eps: n[1],
                betas: (n[2], n[3]),
                weight_decay: n[4],
                momentum_decay: reader.f64()?,
                decoupled_weight_decay: reader.f64()? != 0.0,
            }),
            other => return Err(reader.refuse("an optimizer's code", &other.to_string())),
        };
        let mut optimizer = Optimizer::new(parameters, rule)?;
        let count = reader.u64()?;
        if count != optimizer.states.len() as u64 {
            return Err(reader.refuse(&format!("{} parameters", optimizer.states.len()), &count.to_string()));
        }
        for (state, parameter) in optimizer.states.iter_mut().zip(&optimizer.parameters) {
            state.steps = reader.u64()?;
            for _ in 0..reader.u64()? {
                let buffer = reader.tensor()?;
                if buffer.sizes() != parameter.sizes() || buffer.dtype() != parameter.dtype() {
                    return Err(
                        reader.refuse(&format!("{:?}", parameter.sizes()), &format!("{:?}", buffer.sizes()))
                    );
                }
                state.buffers.push(buffer);
            }
            if code == 5 {
                state.momentum = Some(reader.f64()? as f32);
            }
        }
        reader.end()?;
        Ok(optimizer)
    }
}

fn step(rule: Rule, parameter: &Tensor, grad: &Tensor, state: &mut State) -> Result<()> {
    let grad = if grad.is_contiguous() { grad.clone() } else { grad.contiguous()? };
    let buffers = rule.buffers();
    let first = state.steps == 0;
    if state.buffers.len() != buffers {
        let start = match rule {
            Rule::Adagrad(o) => o.initial_accumulator_value,
            _ => 0.0,
        };
        let fresh = || parameter.contiguous()?.full_like(Scalar::Float(start));
        state.buffers = (0..buffers).map(|_| fresh()).collect::<Result<_>>()?;
    }
    let steps = state.steps + 1;
    match (rule, state.buffers.as_slice()) {
        (Rule::Sgd(o), []) => update("sgd", [parameter], [&grad], &SgdStep { options: o })?,
        (Rule::Sgd(o), [buffer]) => {
            update("sgd", [parameter, buffer], [&grad], &Momentum { options: o, first })?;
        }
        (Rule::Adam(o), [mean, square]) => {
            update("adam", [parameter, mean, square], [&grad], &AdamStep::new(o, false, steps))?;
        }
        (Rule::AdamW(o), [mean, square]) => {
            update("adamw", [parameter, mean, square], [&grad], &AdamStep::new(o, true, steps))?;
        }
        (Rule::NAdam(o), [mean, square]) => {
            let product = state.momentum.unwrap_or(1.0) * o.momentum(steps) as f32;
            state.momentum = Some(product);
            let rule =
                NAdamStep::new(o, steps, f64::from(product), [o.momentum(steps), o.momentum(steps + 1)]);
            update("nadam", [parameter, mean, square], [&grad], &rule)?;
        }
        (Rule::RmsProp(o), [square]) => update("rmsprop", [parameter, square], [&grad], &RmsPropStep(o))?,
        (Rule::RmsProp(o), [square, buffer]) => {
            update("rmsprop", [parameter, square, buffer], [&grad], &RmsPropStep(o))?;
        }
        (Rule::Adagrad(o), [sum]) => {
            update("adagrad", [parameter, sum], [&grad], &AdagradStep::new(o, steps))?
        }
        _ => return Err(Error::runtime("optimizer", "internal: a rule with buffers it does not know")),
    }
    state.steps = steps;
    Ok(())
}

/// Scales all gradients so that their common norm is at most `max_norm`; gives the norm before.
///
/// # Errors
/// `RuntimeError` when memory cannot be had.
pub fn clip_grad_norm_(parameters: &[Variable], max_norm: f64, norm_type: f64) -> Result<Tensor> {
    let grads: Vec<Tensor> = parameters.iter().filter_map(Variable::grad).collect();
    if grads.is_empty() {
        return Ok(Tensor::scalar(Scalar::Float(0.0), autograd::DType::F32));
    }
    let norms = grads.iter().map(|g| g.norm(norm_type, &[], false)).collect::<Result<Vec<_>>>()?;
    let total = Tensor::stack(&norms, 0)?.norm(norm_type, &[], false)?;
    let coefficient = total.add(1e-6)?.reciprocal()?.mul(max_norm)?.clamp(None, Some(Scalar::Float(1.0)))?;
    for grad in &grads {
        grad.mul_(&coefficient.to_dtype(grad.dtype())?)?;
    }
    Ok(total)
}
