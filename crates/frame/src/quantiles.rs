//! Medians and quantiles of groups.

use column::{Column, DType, Interpolation};

use crate::aggregation::Aggregation;
use crate::error::{Error, Result};
use crate::grouping::{Grouping, float_result, floats_or_ticks, ticks_of};

/// Median or quantile.
pub(crate) fn middle(
    column: &Column,
    grouping: Grouping<'_>,
    how: Aggregation,
    interpolation: Interpolation,
) -> Result<Column> {
    if how != Aggregation::Median && column.dtype() == DType::Bool {
        return Err(Error::type_("Cannot use quantile with bool dtype"));
    }
    let (offsets, mut values) = grouping.values(column, &floats_or_ticks(column, how.name())?);
    let rows = values.len();
    let mut groups = Vec::with_capacity(grouping.count);
    let mut rest = values.as_mut_slice();
    for pair in offsets.windows(2) {
        let (own, others) = rest.split_at_mut(pair[1] - pair[0]);
        groups.push(own);
        rest = others;
    }
    let mut found = vec![0.0; grouping.count];
    let reduce = |(groups, found): (&mut [&mut [f64]], &mut [f64])| {
        for (values, found) in groups.iter_mut().zip(found) {
            *found = match how {
                Aggregation::Quantile(q) => {
                    values.sort_unstable_by(f64::total_cmp);
                    quantile(values, q, interpolation)
                }
                _ => middlemost(values),
            };
        }
    };
    match rows < threads::current().rows_a_piece.get() {
        true => reduce((&mut groups, &mut found)),
        false => {
            threads::for_each(groups.chunks_mut(GROUPS_AT_ONCE).zip(found.chunks_mut(GROUPS_AT_ONCE)), reduce)
        }
    }
    let whole = matches!(how, Aggregation::Quantile(_))
        && !matches!(interpolation, Interpolation::Linear | Interpolation::Midpoint)
        && column.dtype().is_integer()
        && !found.iter().any(|value| value.is_nan());
    match column.dtype() {
        dtype if dtype.is_time() => Ok(Column::from_ticks(dtype, found.into_iter().map(ticks_of).collect())),
        dtype if whole => Ok(Column::from(found).cast(dtype)?),
        // numpy's percentiles are float64 whatever the column is.
        DType::FLOAT32 if matches!(how, Aggregation::Quantile(_)) => Ok(Column::from(found)),
        _ => float_result(column, found),
    }
}

/// Groups that a thread takes at a time.
const GROUPS_AT_ONCE: usize = 64;

/// Median of values in any order, which it changes: only the middle ones are put in their places. NaN of none.
fn middlemost(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return f64::NAN;
    }
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return upper;
    }
    let below = below.iter().copied().max_by(f64::total_cmp).unwrap_or(upper);
    (below + upper) / 2.0
}

/// Median of sorted values; NaN of none.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// Quantile of sorted values; NaN of none.
fn quantile(sorted: &[f64], q: f64, interpolation: Interpolation) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q * last as f64;
    let low = sorted[(place.floor() as usize).min(last)];
    let high = sorted[(place.ceil() as usize).min(last)];
    let fraction = place.fract();
    match interpolation {
        Interpolation::Lower => low,
        Interpolation::Higher => high,
        Interpolation::Midpoint if fraction > 0.0 => (low + high) / 2.0,
        // Between two places pandas takes the even one.
        Interpolation::Nearest if fraction > 0.5 => high,
        Interpolation::Nearest if fraction == 0.5 && (place.floor() as usize) % 2 == 1 => high,
        Interpolation::Linear if fraction > 0.0 => low + (high - low) * fraction,
        _ => low,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// hand: sorting all values is the judge.
        #[test]
        fn the_middle_of_any_values_is_that_of_the_sorted_ones(
            values in prop::collection::vec(prop_oneof![any::<f64>(), Just(0.0), Just(-0.0), Just(1.5)], 0..300),
        ) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let mut values = values;
            prop_assert_eq!(middlemost(&mut values).to_bits(), median(&sorted).to_bits());
        }
    }
}
