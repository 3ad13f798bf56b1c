//! Optimizers and learning rate schedules: handles on the parameters that they move.

use std::any::Any;
use std::cell::{Cell, RefCell};

use autograd::{Tensor, Variable};
use nn::{
    AdagradOptions, AdamOptions, NAdamOptions, Optimizer, RmsPropOptions, Rule, Schedule, Scheduler,
    SgdOptions,
};
use vm::{Fault, Opaque, Value};

use super::bytes::{Reader, Writer};
use super::image::Pool;
use super::value::{TensorValue, fresh, refused, required_float, tensors_of};
use super::{frozen, states};
use crate::args::Args;
use crate::convert::items;
use crate::host::Table;

/// An optimizer. Stored, it has parameters of its own: whose they were is not kept.
pub(crate) struct OptimizerValue {
    optimizer: RefCell<Optimizer>,
    parameters: Vec<Variable>,
    rule: &'static str,
    frozen: Cell<bool>,
}

fn rule_name(rule: &Rule) -> &'static str {
    match rule {
        Rule::Sgd(_) => "SGD",
        Rule::Adam(_) => "Adam",
        Rule::AdamW(_) => "AdamW",
        Rule::NAdam(_) => "NAdam",
        Rule::RmsProp(_) => "RMSprop",
        Rule::Adagrad(_) => "Adagrad",
    }
}

const RULES: [&str; 6] = ["SGD", "Adam", "AdamW", "NAdam", "RMSprop", "Adagrad"];

impl OptimizerValue {
    fn new(optimizer: Optimizer, parameters: Vec<Variable>, rule: &'static str) -> OptimizerValue {
        OptimizerValue { optimizer: RefCell::new(optimizer), parameters, rule, frozen: Cell::new(false) }
    }

    pub fn freeze(&self) {
        self.frozen.set(true);
    }

    fn thawed(&self, operation: &str) -> Result<(), Fault> {
        if self.frozen.get() { Err(frozen(operation)) } else { Ok(()) }
    }

    pub fn summary(&self) -> String {
        let count: usize = self.parameters.iter().map(Variable::numel).sum();
        format!("{}, {count} parameter{}", self.rule, if count == 1 { "" } else { "s" })
    }

    fn write(&self, out: &mut Writer) {
        out.part(self.rule.as_bytes());
        out.number(self.parameters.len() as u64);
        self.parameters.iter().for_each(|p| out.variable(p));
        out.part(&self.optimizer.borrow().to_bytes().unwrap_or_default());
    }

    fn read(reader: &mut Reader<'_>) -> Result<OptimizerValue, String> {
        let name = reader.part()?;
        let rule = RULES.into_iter().find(|rule| rule.as_bytes() == name);
        let rule = rule.ok_or_else(|| reader.refuse("an optimizer's name"))?;
        let mut parameters = Vec::new();
        for _ in 0..reader.number()? {
            parameters.push(reader.variable()?);
        }
        let optimizer =
            Optimizer::from_bytes(reader.part()?, parameters.clone()).map_err(|e| e.to_string())?;
        Ok(OptimizerValue::new(optimizer, parameters, rule))
    }

    /// The optimizer and the numbers of its parameters.
    pub(super) fn keep(&self, out: &mut Writer, pool: &mut Pool) -> Result<(), Fault> {
        let state = self.optimizer.borrow().to_bytes().map_err(refused("checkpoint"))?;
        out.flag(self.frozen.get());
        out.part(self.rule.as_bytes());
        out.number(self.parameters.len() as u64);
        self.parameters.iter().for_each(|p| out.number(pool.variable(p)));
        out.part(&state);
        Ok(())
    }

    pub(super) fn restore(reader: &mut Reader<'_>, pool: &Pool) -> Result<Value, String> {
        let frozen = reader.flag()?;
        let name = reader.part()?;
        let rule = RULES.into_iter().find(|rule| rule.as_bytes() == name);
        let rule = rule.ok_or_else(|| reader.refuse("an optimizer's name"))?;
        let mut parameters = Vec::new();
        for _ in 0..reader.number()? {
            parameters.push(pool.variable_at(reader.number()?)?.clone());
        }
        let optimizer =
            Optimizer::from_bytes(reader.part()?, parameters.clone()).map_err(|e| e.to_string())?;
        let value = OptimizerValue::new(optimizer, parameters, rule);
        value.frozen.set(frozen);
        Ok(Value::opaque(value))
    }

    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let mut reader = Reader::new(bytes);
        let optimizer = OptimizerValue::read(&mut reader)?;
        reader.end()?;
        Ok(Value::opaque(optimizer))
    }
}

impl Opaque for OptimizerValue {
    fn type_name(&self) -> &'static str {
        "Optimizer"
    }

    /// Shorter than torch's, which lists settings that have no part here.
    fn display(&self) -> String {
        let lr = autograd::Scalar::Float(self.optimizer.borrow().lr());
        format!("{} (lr: {lr}, {} tensors)", self.rule, self.parameters.len())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.as_any().downcast_ref::<OptimizerValue>().is_some_and(|o| std::ptr::eq(self, o)))
    }
}

/// A schedule over an optimizer's learning rate.
pub(crate) struct SchedulerValue {
    scheduler: RefCell<Scheduler>,
    schedule: Schedule,
    base_lr: f64,
    /// An [`OptimizerValue`]; the handle is shared with the program.
    optimizer: Value,
    frozen: Cell<bool>,
}

impl SchedulerValue {
    fn new(schedule: Schedule, optimizer: &Value) -> Option<autograd::Result<SchedulerValue>> {
        let handle = optimizer.downcast::<OptimizerValue>()?;
        let base_lr = handle.optimizer.borrow().lr();
        let scheduler = Scheduler::new(schedule, &handle.optimizer.borrow());
        Some(scheduler.map(|scheduler| SchedulerValue {
            scheduler: RefCell::new(scheduler),
            schedule,
            base_lr,
            optimizer: optimizer.clone(),
            frozen: Cell::new(false),
        }))
    }

    pub fn freeze(&self) {
        self.frozen.set(true);
        if let Some(optimizer) = self.optimizer.downcast::<OptimizerValue>() {
            optimizer.freeze();
        }
    }

    fn lr(&self) -> f64 {
        self.optimizer.downcast::<OptimizerValue>().map_or(self.base_lr, |o| o.optimizer.borrow().lr())
    }

    fn step(&self, operation: &str) -> Result<(), Fault> {
        if self.frozen.get() {
            return Err(frozen(operation));
        }
        if let Some(optimizer) = self.optimizer.downcast::<OptimizerValue>() {
            optimizer.thawed(operation)?;
            self.scheduler.borrow_mut().step(&mut optimizer.optimizer.borrow_mut());
        }
        Ok(())
    }

    /// The handle that it moves.
    pub(super) fn optimizer(&self) -> &Value {
        &self.optimizer
    }

    /// How far it came, without its optimizer.
    pub(super) fn keep(&self, out: &mut Writer) {
        let (code, numbers) = match self.schedule {
            Schedule::Step { step_size, gamma } => (0, [step_size, gamma.to_bits()]),
            Schedule::Exponential { gamma } => (1, [0, gamma.to_bits()]),
            Schedule::CosineAnnealing { t_max, eta_min } => (2, [t_max, eta_min.to_bits()]),
        };
        out.flag(self.frozen.get());
        out.number(code);
        numbers.into_iter().for_each(|number| out.number(number));
        out.float(self.base_lr);
        out.number(self.scheduler.borrow().epoch());
    }

    pub(super) fn restore(reader: &mut Reader<'_>, optimizer: &Value) -> Result<Value, String> {
        let frozen = reader.flag()?;
        let (code, count, bits) = (reader.number()?, reader.number()?, reader.number()?);
        let float = f64::from_bits(bits);
        let schedule = match code {
            0 => Schedule::Step { step_size: count, gamma: float },
            1 => Schedule::Exponential { gamma: float },
            2 => Schedule::CosineAnnealing { t_max: count, eta_min: float },
            _ => return Err(reader.refuse("a schedule's number")),
        };
        let (base_lr, epoch) = (f64::from_bits(reader.number()?), reader.number()?);
        SchedulerValue::reached(schedule, optimizer, base_lr, epoch, frozen)
    }

    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let mut reader = Reader::new(bytes);
        let float = |reader: &mut Reader<'_>| reader.number().map(f64::from_bits);
        let schedule = match reader.part()? {
            b"StepLR" => Schedule::Step { step_size: reader.number()?, gamma: float(&mut reader)? },
            b"ExponentialLR" => Schedule::Exponential { gamma: float(&mut reader)? },
            b"CosineAnnealingLR" => {
                Schedule::CosineAnnealing { t_max: reader.number()?, eta_min: float(&mut reader)? }
            }
            _ => return Err(reader.refuse("a schedule's name")),
        };
        let (base_lr, epoch) = (float(&mut reader)?, reader.number()?);
        let optimizer = OptimizerValue::read(&mut reader)?;
        reader.end()?;
        SchedulerValue::reached(schedule, &Value::opaque(optimizer), base_lr, epoch, false)
    }

    /// A schedule that came so far.
    fn reached(
        schedule: Schedule,
        optimizer: &Value,
        base_lr: f64,
        epoch: u64,
        frozen: bool,
    ) -> Result<Value, String> {
        let Some(handle) = optimizer.downcast::<OptimizerValue>() else {
            return Err("a schedule without an optimizer".to_string());
        };
        let scheduler = Scheduler::at(schedule, &handle.optimizer.borrow(), base_lr, epoch);
        Ok(Value::opaque(SchedulerValue {
            scheduler: RefCell::new(scheduler.map_err(|e| e.to_string())?),
            schedule,
            base_lr,
            optimizer: optimizer.clone(),
            frozen: Cell::new(frozen),
        }))
    }
}

impl Opaque for SchedulerValue {
    fn type_name(&self) -> &'static str {
        "Scheduler"
    }

    fn display(&self) -> String {
        let name = match self.schedule {
            Schedule::Step { .. } => "StepLR",
            Schedule::Exponential { .. } => "ExponentialLR",
            Schedule::CosineAnnealing { .. } => "CosineAnnealingLR",
        };
        let lr = autograd::Scalar::Float(self.lr());
        format!("{name} (epoch: {}, lr: {lr})", self.scheduler.borrow().epoch())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        match self.schedule {
            Schedule::Step { step_size, gamma } => {
                out.part(b"StepLR");
                out.number(step_size);
                out.float(gamma);
            }
            Schedule::Exponential { gamma } => {
                out.part(b"ExponentialLR");
                out.float(gamma);
            }
            Schedule::CosineAnnealing { t_max, eta_min } => {
                out.part(b"CosineAnnealingLR");
                out.number(t_max);
                out.float(eta_min);
            }
        }
        out.float(self.base_lr);
        out.number(self.scheduler.borrow().epoch());
        if let Some(optimizer) = self.optimizer.downcast::<OptimizerValue>() {
            optimizer.write(&mut out);
        }
        out.finish()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.as_any().downcast_ref::<SchedulerValue>().is_some_and(|o| std::ptr::eq(self, o)))
    }
}

fn optimizer(parameters: &[Value], rule: Rule, operation: &str) -> Result<Value, Fault> {
    let tensors = parameters.iter().filter_map(Value::downcast::<TensorValue>);
    if tensors.clone().any(TensorValue::is_frozen) {
        return Err(frozen(operation));
    }
    let parameters: Vec<Variable> = tensors.map(|t| t.leaf().clone()).collect();
    let optimizer = Optimizer::new(parameters.clone(), rule).map_err(refused(operation))?;
    Ok(Value::opaque(OptimizerValue::new(optimizer, parameters, rule_name(&rule))))
}

/// The decays of Adam's two running means.
fn betas(args: &mut Args<'_>) -> Result<(f64, f64), Fault> {
    let Some(value) = args.optional("betas") else { return Ok(AdamOptions::default().betas) };
    let numbers: Option<Vec<f64>> = items(value).and_then(|list| list.iter().map(Value::as_number).collect());
    match numbers.as_deref() {
        Some([first, second]) => Ok((*first, *second)),
        _ => Err(args.wrong("betas", "two numbers", value)),
    }
}

fn adam(args: &mut Args<'_>, rule: fn(AdamOptions) -> Rule, decay: f64) -> Result<Value, Fault> {
    let parameters = tensors_of(args, "params")?;
    let lr = args.float("lr", 1e-3)?;
    let betas = betas(args)?;
    let eps = args.float("eps", 1e-8)?;
    let weight_decay = args.float("weight_decay", decay)?;
    optimizer(&parameters, rule(AdamOptions { lr, betas, eps, weight_decay }), args.operation())
}

fn scheduler(
    args: &mut Args<'_>,
    schedule: impl FnOnce(&mut Args<'_>) -> Result<Schedule, Fault>,
) -> Result<Value, Fault> {
    let value = args.required("optimizer")?;
    let schedule = schedule(args)?;
    match SchedulerValue::new(schedule, value) {
        Some(made) => made.map(Value::opaque).map_err(refused(args.operation())),
        None => Err(args.wrong("optimizer", "an Optimizer", value)),
    }
}

/// A count of epochs.
fn epochs(args: &mut Args<'_>, name: &str) -> Result<u64, Fault> {
    let count = args.required_int(name)?;
    u64::try_from(count).map_err(|_| args.wrong(name, "an Int from 0", &Value::Int(count)))
}

fn optimizer_of<'a>(args: &mut Args<'a>) -> Result<&'a OptimizerValue, Fault> {
    let value = args.required("self")?;
    value.downcast().ok_or_else(|| args.wrong("self", "an Optimizer", value))
}

fn scheduler_of<'a>(args: &mut Args<'a>) -> Result<&'a SchedulerValue, Fault> {
    let value = args.required("self")?;
    value.downcast().ok_or_else(|| args.wrong("self", "a Scheduler", value))
}

/// Scales gradients down to a common norm, and gives the norm before.
fn clip(args: &mut Args<'_>) -> Result<Value, Fault> {
    let values = tensors_of(args, "parameters")?;
    let tensors = values.iter().filter_map(Value::downcast::<TensorValue>);
    if tensors.clone().any(TensorValue::is_frozen) {
        return Err(frozen(args.operation()));
    }
    let parameters: Vec<Variable> = tensors.map(|t| t.leaf().clone()).collect();
    let norm: autograd::Result<Tensor> =
        nn::clip_grad_norm_(&parameters, required_float(args, "max_norm")?, 2.0);
    fresh(args.operation(), norm)
}

pub(crate) const TABLE: Table = &[
    ("Optimizer.load_state_dict", |_, a| {
        let optimizer = optimizer_of(a)?;
        let state = a.required("state_dict")?;
        optimizer.thawed(a.operation())?;
        let count = optimizer.parameters.len();
        states::to_optimizer(a.operation(), &mut optimizer.optimizer.borrow_mut(), count, state)?;
        Ok(Value::Null)
    }),
    ("Optimizer.state_dict", |_, a| {
        let optimizer = optimizer_of(a)?;
        states::of_optimizer(a.operation(), &optimizer.optimizer.borrow(), optimizer.parameters.len())
    }),
    ("Optimizer.step", |_, a| {
        let optimizer = optimizer_of(a)?;
        optimizer.thawed(a.operation())?;
        optimizer.optimizer.borrow_mut().step().map_err(refused(a.operation()))?;
        Ok(Value::Null)
    }),
    ("Optimizer.zero_grad", |_, a| {
        let optimizer = optimizer_of(a)?;
        optimizer.thawed(a.operation())?;
        optimizer.optimizer.borrow().zero_grad();
        Ok(Value::Null)
    }),
    ("Scheduler.get_last_lr", |_, a| Ok(Value::floats(vec![scheduler_of(a)?.lr()]))),
    ("Scheduler.step", |_, a| {
        let scheduler = scheduler_of(a)?;
        scheduler.step(a.operation())?;
        Ok(Value::Null)
    }),
    ("nn.clip_grad_norm_", |_, a| clip(a)),
    ("optim.Adagrad", |_, a| {
        let parameters = tensors_of(a, "params")?;
        let options = AdagradOptions {
            lr: a.float("lr", 0.01)?,
            lr_decay: a.float("lr_decay", 0.0)?,
            weight_decay: a.float("weight_decay", 0.0)?,
            eps: a.float("eps", 1e-10)?,
            ..AdagradOptions::default()
        };
        optimizer(&parameters, Rule::Adagrad(options), a.operation())
    }),
    ("optim.Adam", |_, a| adam(a, Rule::Adam, 0.0)),
    ("optim.AdamW", |_, a| adam(a, Rule::AdamW, 0.01)),
    ("optim.CosineAnnealingLR", |_, a| {
        scheduler(a, |a| {
            Ok(Schedule::CosineAnnealing { t_max: epochs(a, "T_max")?, eta_min: a.float("eta_min", 0.0)? })
        })
    }),
    ("optim.ExponentialLR", |_, a| {
        scheduler(a, |a| Ok(Schedule::Exponential { gamma: required_float(a, "gamma")? }))
    }),
    ("optim.NAdam", |_, a| {
        let parameters = tensors_of(a, "params")?;
        let options = NAdamOptions {
            lr: a.float("lr", 2e-3)?,
            betas: betas(a)?,
            eps: a.float("eps", 1e-8)?,
            weight_decay: a.float("weight_decay", 0.0)?,
            momentum_decay: a.float("momentum_decay", 4e-3)?,
            decoupled_weight_decay: a.flag("decoupled_weight_decay", false)?,
        };
        optimizer(&parameters, Rule::NAdam(options), a.operation())
    }),
    ("optim.RMSprop", |_, a| {
        let parameters = tensors_of(a, "params")?;
        let options = RmsPropOptions {
            lr: a.float("lr", 0.01)?,
            alpha: a.float("alpha", 0.99)?,
            eps: a.float("eps", 1e-8)?,
            weight_decay: a.float("weight_decay", 0.0)?,
            momentum: a.float("momentum", 0.0)?,
        };
        optimizer(&parameters, Rule::RmsProp(options), a.operation())
    }),
    ("optim.SGD", |_, a| {
        let parameters = tensors_of(a, "params")?;
        let options = SgdOptions {
            lr: a.float("lr", 1e-3)?,
            momentum: a.float("momentum", 0.0)?,
            dampening: a.float("dampening", 0.0)?,
            weight_decay: a.float("weight_decay", 0.0)?,
            nesterov: a.flag("nesterov", false)?,
        };
        optimizer(&parameters, Rule::Sgd(options), a.operation())
    }),
    ("optim.StepLR", |_, a| {
        scheduler(a, |a| {
            Ok(Schedule::Step { step_size: epochs(a, "step_size")?, gamma: a.float("gamma", 0.1)? })
        })
    }),
];
