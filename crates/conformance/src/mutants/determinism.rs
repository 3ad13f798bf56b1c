//! Faults that another number of threads shows.

use evidence::value::{Cell, Column, Value};

use super::Mutant;
use super::packets::planted;

pub(super) const MUTANTS: &[Mutant] = &[Mutant {
    name: "determinism.sum-split-by-threads",
    plant: || {
        planted(|toy| {
            toy.echo = |call| {
                // Each thread sums its share: another number of shares rounds otherwise.
                let numbers: Vec<f64> = (0..1000).map(|n| 0.1 + f64::from(n) * 1e-3).collect();
                let share = numbers.len().div_ceil(call.threads());
                let sum: f64 = numbers.chunks(share).map(|part| part.iter().sum::<f64>()).sum();
                Ok(Value::Column(Column::new("float64", vec![Cell::Float(sum)])?))
            };
        })
        .filter(|red| red.contains("threads"))
    },
}];
