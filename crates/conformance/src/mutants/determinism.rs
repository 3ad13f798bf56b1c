//! Faults that another number of threads shows.

use evidence::value::{Cell, Column, Misfit, Value};

use super::Mutant;
use super::packets::planted;

pub(super) const MUTANTS: &[Mutant] = &[Mutant {
    name: "determinism.sum-split-by-threads",
    plant: || {
        // One thread's sum is what is expected, so that nothing but the number of threads can turn it red.
        let expected = sum_in_shares(1).ok()?.to_json();
        planted(|toy| {
            toy.expect("series", "/expect/value", expected.clone());
            toy.echo = |call| match call.input("value")? {
                Value::Series(_) => Ok(sum_in_shares(call.threads())?),
                _ => super::toy::echo(call),
            };
        })
        .filter(|red| red.contains(".threads"))
    },
}];

/// Each thread sums its share: another number of shares rounds otherwise.
fn sum_in_shares(threads: usize) -> Result<Value, Misfit> {
    let numbers: Vec<f64> = (1..=1000).map(|n| 1.0 / f64::from(n)).collect();
    let share = numbers.len().div_ceil(threads.max(1));
    let sum: f64 = numbers.chunks(share).map(|part| part.iter().sum::<f64>()).sum();
    Ok(Value::Column(Column::new("float64", vec![Cell::Float(sum)])?))
}
