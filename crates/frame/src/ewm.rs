//! Exponentially weighted means, sums, variances and covariances.
//!
//! The weight of a value falls by a constant factor from row to row (West, "Updating Mean and Variance Estimates: An
//! Improved Method", 1979, with weights that decay). With times the factor is raised to the distance in half-lives.

use crate::error::{Error, Result};

/// Options of `ewm`, with pandas' names and defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Ewm {
    /// The centre of mass: the weight falls by `com / (1 + com)` a row.
    pub com: f64,
    /// Values that must have been seen for a result.
    pub min_periods: usize,
    /// Whether early weights are divided by their sum, or the recursion starts from the first value.
    pub adjust: bool,
    /// Whether missing rows take no part in the distance between values.
    pub ignore_na: bool,
    /// The distance from each row to the one before, in half-lives; rows are one apart where there are none.
    pub deltas: Option<Vec<f64>>,
}

impl Ewm {
    /// The centre of mass of one of the four ways in which pandas takes the decay.
    ///
    /// # Errors
    /// `ValueError` for none or several of them, and for one out of its range.
    pub fn center_of_mass(
        com: Option<f64>,
        span: Option<f64>,
        halflife: Option<f64>,
        alpha: Option<f64>,
    ) -> Result<f64> {
        match (com, span, halflife, alpha) {
            (Some(com), None, None, None) if com >= 0.0 => Ok(com),
            (Some(_), None, None, None) => Err(Error::value("comass must satisfy: comass >= 0")),
            (None, Some(span), None, None) if span >= 1.0 => Ok((span - 1.0) / 2.0),
            (None, Some(_), None, None) => Err(Error::value("span must satisfy: span >= 1")),
            (None, None, Some(halflife), None) if halflife > 0.0 => {
                let decay = 1.0 - (0.5f64.ln() / halflife).exp();
                Ok(1.0 / decay - 1.0)
            }
            (None, None, Some(_), None) => Err(Error::value("halflife must satisfy: halflife > 0")),
            (None, None, None, Some(alpha)) if alpha > 0.0 && alpha <= 1.0 => Ok((1.0 - alpha) / alpha),
            (None, None, None, Some(_)) => Err(Error::value("alpha must satisfy: 0 < alpha <= 1")),
            (None, None, None, None) => {
                Err(Error::value("Must pass one of comass, span, halflife, or alpha"))
            }
            _ => Err(Error::value("comass, span, halflife, and alpha are mutually exclusive")),
        }
    }

    fn alpha(&self) -> f64 {
        1.0 / (1.0 + self.com)
    }

    /// By what old weights are multiplied when this row comes.
    fn decay(&self, row: usize) -> f64 {
        let factor = 1.0 - self.alpha();
        match self.deltas.as_ref().and_then(|deltas| deltas.get(row.wrapping_sub(1))) {
            Some(&delta) => factor.powf(delta),
            None => factor,
        }
    }

    /// The weight of a new value.
    fn entering(&self) -> f64 {
        if self.adjust { 1.0 } else { self.alpha() }
    }

    /// Weighted means of the values up to each row, or with `is_sum` their weighted sums.
    pub fn mean(&self, values: &[f64], is_sum: bool) -> Vec<f64> {
        let mut weighted = f64::NAN;
        let mut weight = 1.0;
        let mut seen = 0;
        let step = |(row, &value): (usize, &f64)| {
            let present = !value.is_nan();
            seen += usize::from(present);
            if weighted.is_nan() {
                if present {
                    weighted = value;
                }
            } else if present || !self.ignore_na {
                let factor = self.decay(row);
                if is_sum {
                    weighted *= factor;
                    if present {
                        weighted += if self.adjust { value } else { self.alpha() * value };
                    }
                } else {
                    weight *= factor;
                    if present {
                        // What decays over times gives its weight to the value that comes.
                        let entering = match self.deltas {
                            Some(_) if !self.adjust => 1.0 - weight,
                            _ => self.entering(),
                        };
                        // Equal values stay what they are, whatever the weights round to.
                        if weighted != value {
                            weighted = (weight * weighted + entering * value) / (weight + entering);
                        }
                        weight = if self.adjust { weight + entering } else { 1.0 };
                    }
                }
            }
            if seen >= self.min_periods { weighted } else { f64::NAN }
        };
        values.iter().enumerate().map(step).collect()
    }

    /// Weighted covariances of the pairs of values up to each row, corrected for bias unless `bias`.
    pub fn cov(&self, left: &[f64], right: &[f64], bias: bool) -> Vec<f64> {
        let mut pairs = Pairs::default();
        let mut seen = 0;
        let step = |(row, (&x, &y)): (usize, (&f64, &f64))| {
            let present = !x.is_nan() && !y.is_nan();
            seen += usize::from(present);
            if !pairs.started {
                if present {
                    pairs = Pairs::starting(x, y);
                }
            } else if present || !self.ignore_na {
                pairs.fade(self.decay(row));
                if present {
                    pairs.enter(x, y, self.entering(), self.adjust);
                }
            }
            if seen >= self.min_periods && pairs.started { pairs.covariance(bias) } else { f64::NAN }
        };
        left.iter().zip(right).enumerate().map(step).collect()
    }

    /// Weighted correlations of the pairs of values up to each row.
    pub fn corr(&self, left: &[f64], right: &[f64]) -> Vec<f64> {
        // A value whose partner is missing takes part in neither spread.
        let paired = |own: &[f64], other: &[f64]| -> Vec<f64> {
            own.iter().zip(other).map(|(&own, other)| if other.is_nan() { f64::NAN } else { own }).collect()
        };
        let (x, y) = (paired(left, right), paired(right, left));
        let (shared, own, others) = (self.cov(&x, &y, true), self.cov(&x, &x, true), self.cov(&y, &y, true));
        shared.iter().zip(own.iter().zip(&others)).map(|(shared, (x, y))| shared / (x * y).sqrt()).collect()
    }
}

/// Weighted means of two sides and the weighted product of their deviations.
#[derive(Debug, Default)]
struct Pairs {
    started: bool,
    means: (f64, f64),
    covariance: f64,
    weights: f64,
    squares: f64,
    weight: f64,
}

impl Pairs {
    fn starting(x: f64, y: f64) -> Self {
        Self { started: true, means: (x, y), covariance: 0.0, weights: 1.0, squares: 1.0, weight: 1.0 }
    }

    fn fade(&mut self, factor: f64) {
        self.weights *= factor;
        self.squares *= factor * factor;
        self.weight *= factor;
    }

    fn enter(&mut self, x: f64, y: f64, entering: f64, adjust: bool) {
        let (old_x, old_y) = self.means;
        let total = self.weight + entering;
        let mean = |old: f64, new: f64| {
            if old == new { old } else { (self.weight * old + entering * new) / total }
        };
        let (new_x, new_y) = (mean(old_x, x), mean(old_y, y));
        self.covariance = (self.weight * (self.covariance + (old_x - new_x) * (old_y - new_y))
            + entering * ((x - new_x) * (y - new_y)))
            / total;
        self.means = (new_x, new_y);
        self.weights += entering;
        self.squares += entering * entering;
        self.weight = total;
        if !adjust {
            self.weights /= self.weight;
            self.squares /= self.weight * self.weight;
            self.weight = 1.0;
        }
    }

    fn covariance(&self, bias: bool) -> f64 {
        if bias {
            return self.covariance;
        }
        let all = self.weights * self.weights;
        let freedom = all - self.squares;
        if freedom > 0.0 { all / freedom * self.covariance } else { f64::NAN }
    }
}
