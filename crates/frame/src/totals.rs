//! Sums, products and means of groups.

use std::ops::Range;

use column::{Arithmetic, Column, Conditions, DType, Scalar, reduceat_sum};

use crate::error::Result;
use crate::grouping::{
    Grouping, float_result, floats, floats_or_ticks, integer_result, integers, narrowed, ticks_of,
};

/// Sums with Kahan's compensation, group by group in row order.
pub(crate) struct Compensated {
    pub sums: Vec<f64>,
    lost: Vec<f64>,
}

impl Compensated {
    pub fn new(groups: usize) -> Self {
        Self { sums: vec![0.0; groups], lost: vec![0.0; groups] }
    }

    pub fn add(&mut self, group: usize, value: f64) {
        let corrected = value - self.lost[group];
        let sum = self.sums[group] + corrected;
        let lost = sum - self.sums[group] - corrected;
        // An infinite sum has no compensation.
        self.lost[group] = if lost.is_nan() { 0.0 } else { lost };
        self.sums[group] = sum;
    }
}

pub(crate) fn sum(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    if let Some(values) = integers(column) {
        let mut sums = vec![0i64; grouping.count];
        grouping.each_present(column, |group, row| sums[group] = sums[group].wrapping_add(values[row]));
        return narrowed(column, integer_result(column, sums)?);
    }
    if let DType::Timedelta(unit) = column.dtype() {
        let values = column.as_i64().unwrap_or_default();
        let mut sums = vec![0i64; grouping.count];
        grouping.each_present(column, |group, row| sums[group] = sums[group].wrapping_add(values[row]));
        return Ok(Column::timedelta(sums, unit));
    }
    if column.as_text().is_some() {
        let mut joined = vec![None::<String>; grouping.count];
        grouping.each_present(column, |group, row| {
            joined[group].get_or_insert_default().push_str(column.str_at(row).unwrap_or_default());
        });
        let texts: Column = joined.iter().map(|text| Some(text.as_deref().unwrap_or_default())).collect();
        return Ok(texts.cast(column.dtype())?);
    }
    if let Some(scalars) = column.as_object() {
        return sum_of_objects(scalars, grouping);
    }
    let values = floats(column, "sum")?;
    if let Some(runs) = runs(column, grouping) {
        let narrow = column.dtype() == DType::FLOAT32;
        let sum = |values: &[f64]| match narrow {
            true => f64::from(reduceat_sum(&values.iter().map(|&value| value as f32).collect::<Vec<_>>())),
            false => reduceat_sum(values),
        };
        let mut sums = vec![0.0; grouping.count];
        let mut met = Conditions::default();
        for (group, rows) in runs {
            sums[group] = sum(&values[rows.clone()]);
            note_conditions(&mut met, sums[group], &values[rows]);
        }
        met.warn("reduceat");
        return float_result(column, sums);
    }
    let mut sums = Compensated::new(grouping.count);
    grouping.each_present(column, |group, row| sums.add(group, values[row]));
    float_result(column, sums.sums)
}

/// Python's `+` over the objects of each group; 0 where there are none.
fn sum_of_objects(scalars: &[Scalar], grouping: Grouping<'_>) -> Result<Column> {
    let mut sums = vec![None::<Column>; grouping.count];
    let mut failed = None;
    grouping.each(|group, row| {
        if failed.is_some() || scalars[row].is_missing() {
            return;
        }
        let value = Column::object(vec![scalars[row].clone()]);
        let next = match &sums[group] {
            None => Ok(value),
            Some(sum) => Column::arithmetic(Arithmetic::Add, sum, &value),
        };
        match next {
            Ok(sum) => sums[group] = Some(sum),
            Err(error) => failed = Some(error),
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let sum = |sum: Option<Column>| sum.and_then(|sum| sum.get(0)).unwrap_or(Scalar::Int(0));
    Ok(Column::object(sums.into_iter().map(sum).collect()))
}

pub(crate) fn prod(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    if let Some(values) = integers(column) {
        let mut products = vec![1i64; grouping.count];
        grouping
            .each_present(column, |group, row| products[group] = products[group].wrapping_mul(values[row]));
        return narrowed(column, integer_result(column, products)?);
    }
    let values = floats(column, "prod")?;
    let mut products = vec![1.0; grouping.count];
    grouping.each_present(column, |group, row| products[group] *= values[row]);
    let mut met = Conditions::default();
    for (group, rows) in runs(column, grouping).unwrap_or_default() {
        note_conditions(&mut met, products[group], &values[rows]);
    }
    met.warn("reduceat");
    float_result(column, products)
}

pub(crate) fn mean(column: &Column, grouping: Grouping<'_>) -> Result<Column> {
    let values = floats_or_ticks(column, "mean")?;
    if let Some(runs) = runs(column, grouping) {
        let mut means = vec![f64::NAN; grouping.count];
        let mut met = Conditions::default();
        for (group, rows) in runs {
            let sum = reduceat_sum(&values[rows.clone()]);
            note_conditions(&mut met, sum, &values[rows.clone()]);
            means[group] = sum / rows.len() as f64;
        }
        met.warn("reduceat");
        return Ok(Column::from(means));
    }
    let mut sums = Compensated::new(grouping.count);
    let mut counts = vec![0u64; grouping.count];
    grouping.each_present(column, |group, row| {
        counts[group] += 1;
        sums.add(group, values[row]);
    });
    let means = sums
        .sums
        .iter()
        .zip(&counts)
        .map(|(&sum, &count)| if count == 0 { f64::NAN } else { sum / count as f64 });
    match column.dtype() {
        dtype if dtype.is_time() => Ok(Column::from_ticks(dtype, means.map(ticks_of).collect())),
        _ => float_result(column, means.collect()),
    }
}

/// The rows of each group, where pandas takes them for runs: the groups stand in order and the values are plain numbers,
/// none missing.
fn runs(column: &Column, grouping: Grouping<'_>) -> Option<Vec<(usize, Range<usize>)>> {
    let is_plain = column.dtype().number().is_some() || column.dtype().is_bool();
    if !is_plain || column.dtype().is_nullable() || column.missing_count() > 0 || !grouping.codes.is_sorted()
    {
        return None;
    }
    let mut start = grouping.codes.partition_point(|&code| code < 0);
    let runs = grouping.codes[start..].chunk_by(|a, b| a == b).filter_map(|run| {
        let rows = start..start + run.len();
        start = rows.end;
        Some((usize::try_from(*run.first()?).ok()?, rows))
    });
    Some(runs.collect())
}

/// Notes what numpy warns of when it reduces a run, in which nothing is missing.
fn note_conditions(met: &mut Conditions, result: f64, run: &[f64]) {
    met.invalid |= result.is_nan();
    met.overflow |= result.is_infinite() && run.iter().all(|value| value.is_finite());
}
