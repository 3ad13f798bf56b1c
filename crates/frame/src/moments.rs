//! Third and fourth moments of groups, updated value by value (Pébay, "Formulas for Robust, One-Pass Parallel
//! Computation of Covariances and Arbitrary-Order Statistical Moments", 2008): the algorithm whose bits pandas gives.

use column::Column;

use crate::aggregation::Aggregation;
use crate::grouping::Grouping;

/// Count, mean and sums of powers of the deviations from it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    second: f64,
    third: f64,
    fourth: f64,
}

impl Moments {
    /// The moments of each group's present values.
    pub fn of(column: &Column, values: &[f64], grouping: Grouping<'_>) -> Vec<Self> {
        let mut moments = vec![Self::default(); grouping.count];
        grouping.each_present(column, |group, row| moments[group].add(values[row]));
        moments
    }

    pub fn add(&mut self, value: f64) {
        let before = self.count;
        self.count += 1.0;
        let count = self.count;
        let delta = value - self.mean;
        let share = delta / count;
        let term = delta * share * before;
        self.mean += share;
        self.fourth += term * share * share * (count * count - 3.0 * count + 3.0)
            + 6.0 * share * share * self.second
            - 4.0 * share * self.third;
        self.third += term * share * (count - 2.0) - 3.0 * share * self.second;
        self.second += term;
    }

    /// Skewness or excess kurtosis, corrected for bias; NaN for too few values and for values that are all equal.
    pub fn standardised(&self, how: Aggregation) -> f64 {
        let count = self.count;
        match how {
            Aggregation::Skew if count < 3.0 => f64::NAN,
            Aggregation::Kurt if count < 4.0 => f64::NAN,
            _ if self.second == 0.0 => f64::NAN,
            Aggregation::Skew => {
                count * (count - 1.0).sqrt() / (count - 2.0) * (self.third / self.second.powf(1.5))
            }
            _ => {
                let (low, lower) = (count - 2.0, count - 3.0);
                let normal = 3.0 * (count - 1.0) * (count - 1.0) / (low * lower);
                let ratio = self.fourth / (self.second * self.second);
                count * (count + 1.0) * (count - 1.0) / (low * lower) * ratio - normal
            }
        }
    }
}
