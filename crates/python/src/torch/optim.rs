//! Optimizers: the engine's rules over one group of parameters.

use autograd::Variable;
use nn::{AdagradOptions, AdamOptions, NAdamOptions, RmsPropOptions, Rule, SgdOptions};
use pyo3::exceptions::{PyNotImplementedError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::convert::raised;
use super::tensor::{Tensor, wrapped};

fn number(options: &Bound<'_, PyDict>, name: &str) -> PyResult<f64> {
    match options.get_item(name)? {
        Some(value) => value.extract(),
        None => Err(PyRuntimeError::new_err(format!("internal: an optimizer without {name}"))),
    }
}

fn rule(name: &str, options: &Bound<'_, PyDict>) -> PyResult<Rule> {
    let lr = number(options, "lr")?;
    let weight_decay = number(options, "weight_decay")?;
    let betas = || -> PyResult<(f64, f64)> {
        let betas = options.get_item("betas")?.map(|betas| betas.extract::<(f64, f64)>()).transpose()?;
        Ok(betas.unwrap_or((0.9, 0.999)))
    };
    let adam = || -> PyResult<AdamOptions> {
        Ok(AdamOptions { lr, betas: betas()?, eps: number(options, "eps")?, weight_decay })
    };
    let on =
        |name: &str| -> PyResult<bool> { options.get_item(name)?.map_or(Ok(false), |on| on.is_truthy()) };
    Ok(match name {
        "SGD" => Rule::Sgd(SgdOptions {
            lr,
            momentum: number(options, "momentum")?,
            dampening: number(options, "dampening")?,
            weight_decay,
            nesterov: on("nesterov")?,
        }),
        "Adam" => Rule::Adam(adam()?),
        "AdamW" => Rule::AdamW(adam()?),
        "NAdam" => Rule::NAdam(NAdamOptions {
            lr,
            betas: betas()?,
            eps: number(options, "eps")?,
            weight_decay,
            momentum_decay: number(options, "momentum_decay")?,
            decoupled_weight_decay: on("decoupled_weight_decay")?,
        }),
        "RMSprop" => Rule::RmsProp(RmsPropOptions {
            lr,
            alpha: number(options, "alpha")?,
            eps: number(options, "eps")?,
            weight_decay,
            momentum: number(options, "momentum")?,
        }),
        "Adagrad" => Rule::Adagrad(AdagradOptions {
            lr,
            lr_decay: number(options, "lr_decay")?,
            weight_decay,
            initial_accumulator_value: number(options, "initial_accumulator_value")?,
            eps: number(options, "eps")?,
        }),
        other => return Err(PyNotImplementedError::new_err(format!("lumen.torch: optim.{other}"))),
    })
}

/// The rule of one parameter group and what it remembers.
#[pyclass(module = "lumen._engine")]
pub struct Optimizer(nn::Optimizer);

#[pymethods]
impl Optimizer {
    #[new]
    fn new(
        py: Python<'_>,
        name: &str,
        parameters: Vec<PyRef<'_, Tensor>>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let parameters = parameters.iter().map(|parameter| parameter.variable.clone()).collect();
        let made = nn::Optimizer::new(parameters, rule(name, options)?);
        made.map(Optimizer).map_err(|error| raised(py, &error))
    }
    /// Moves each parameter that has a gradient, by the options as they are now.
    fn step(&mut self, py: Python<'_>, name: &str, options: &Bound<'_, PyDict>) -> PyResult<()> {
        let rule = rule(name, options)?;
        let optimizer = &mut self.0;
        let done = py.detach(|| {
            optimizer.set_rule(rule)?;
            optimizer.step()
        });
        done.map_err(|error| raised(py, &error))
    }
    /// Steps and buffers of a parameter.
    fn state(&self, py: Python<'_>, at: usize) -> PyResult<Option<(u64, Py<PyAny>)>> {
        let Some((steps, buffers)) = self.0.state(at) else { return Ok(None) };
        let list = PyList::empty(py);
        for buffer in buffers {
            list.append(wrapped(py, Variable::from(buffer.clone()))?)?;
        }
        Ok(Some((steps, list.into_any().unbind())))
    }
    /// Puts steps and buffers back.
    fn set_state(
        &mut self,
        py: Python<'_>,
        at: usize,
        steps: u64,
        buffers: Vec<PyRef<'_, Tensor>>,
    ) -> PyResult<()> {
        let mut copies = Vec::with_capacity(buffers.len());
        for buffer in &buffers {
            copies.push(buffer.variable.data().copy().map_err(|error| raised(py, &error))?);
        }
        self.0.set_state(at, steps, copies).map_err(|error| raised(py, &error))
    }
}

/// Scales all gradients so that their common norm is at most `max_norm`; gives the norm before.
#[pyfunction]
pub fn clip_grad_norm_(
    py: Python<'_>,
    parameters: Vec<PyRef<'_, Tensor>>,
    max_norm: f64,
    norm_type: f64,
) -> PyResult<Py<PyAny>> {
    let parameters: Vec<Variable> = parameters.iter().map(|parameter| parameter.variable.clone()).collect();
    let norm = py.detach(|| nn::clip_grad_norm_(&parameters, max_norm, norm_type));
    wrapped(py, norm.map_err(|error| raised(py, &error))?.into())
}
