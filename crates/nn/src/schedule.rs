//! Learning rates over epochs, in PyTorch's recursive forms.

use autograd::{Error, Result};

use crate::Optimizer;

/// How the learning rate changes from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// `StepLR`: times `gamma` every `step_size` epochs.
    Step {
        /// Epochs between two changes.
        step_size: u64,
        /// Factor of a change.
        gamma: f64,
    },
    /// `ExponentialLR`: times `gamma` every epoch.
    Exponential {
        /// Factor of a change.
        gamma: f64,
    },
    /// `CosineAnnealingLR`: half a cosine down to `eta_min` and back.
    CosineAnnealing {
        /// Epochs from the top to the bottom.
        t_max: u64,
        /// Learning rate at the bottom.
        eta_min: f64,
    },
}

/// A schedule and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduler {
    schedule: Schedule,
    base_lr: f64,
    epoch: u64,
}

impl Scheduler {
    /// A schedule that starts from the optimizer's learning rate.
    ///
    /// # Errors
    /// `ValueError` for a period of 0.
    pub fn new(schedule: Schedule, optimizer: &Optimizer) -> Result<Scheduler> {
        let period = match schedule {
            Schedule::Step { step_size, .. } => step_size,
            Schedule::CosineAnnealing { t_max, .. } => t_max,
            Schedule::Exponential { .. } => 1,
        };
        if period == 0 {
            return Err(Error::value("scheduler", "a schedule's period must be at least 1 epoch").found("0"));
        }
        Ok(Scheduler { schedule, base_lr: optimizer.lr(), epoch: 0 })
    }

    /// A schedule that has come so far from its first learning rate.
    ///
    /// # Errors
    /// As [`Scheduler::new`].
    pub fn at(schedule: Schedule, optimizer: &Optimizer, base_lr: f64, epoch: u64) -> Result<Scheduler> {
        Ok(Scheduler { base_lr, epoch, ..Scheduler::new(schedule, optimizer)? })
    }

    /// Epochs so far.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Ends an epoch: changes the optimizer's learning rate and gives it.
    pub fn step(&mut self, optimizer: &mut Optimizer) -> f64 {
        self.epoch += 1;
        let lr = self.next(optimizer.lr());
        optimizer.set_lr(lr);
        lr
    }

    fn next(&self, lr: f64) -> f64 {
        match self.schedule {
            Schedule::Step { step_size, gamma } => {
                if self.epoch.is_multiple_of(step_size) {
                    lr * gamma
                } else {
                    lr
                }
            }
            Schedule::Exponential { gamma } => lr * gamma,
            Schedule::CosineAnnealing { t_max, eta_min } => {
                let angle = |epoch: f64| std::f64::consts::PI * epoch / t_max as f64;
                let epoch = self.epoch as f64;
                if (self.epoch as i128 - 1 - t_max as i128) % (2 * t_max as i128) == 0 {
                    return lr
                        + (self.base_lr - eta_min) * (1.0 - libm::cos(std::f64::consts::PI / t_max as f64))
                            / 2.0;
                }
                (1.0 + libm::cos(angle(epoch))) / (1.0 + libm::cos(angle(epoch - 1.0))) * (lr - eta_min)
                    + eta_min
            }
        }
    }
}
