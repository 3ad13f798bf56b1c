//! Axes: ranges, ticks at 1, 2 and 5 times a power of ten, ticks at calendar steps, and the texts beside them.

mod calendar;

#[cfg(test)]
mod tests;

pub(crate) use calendar::calendar_axis;

use crate::format::{Format, Value, format_number, grouped};

/// A stretch of numbers with marks in rising order, all of them inside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) marks: Vec<(f64, String)>,
}

impl Axis {
    /// Where `value` lies between the ends, 0 to 1 inside.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span > 0.0 { (value - self.low) / span } else { 0.5 }
    }
}

/// The largest magnitude an axis shows; beyond it the step would leave the range of floats.
const MAGNITUDE_MAX: f64 = 1e300;

/// The smallest and largest finite value; `None` without any.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |extent, v| match extent {
        None => Some((v, v)),
        Some((low, high)) => Some((low.min(v), high.max(v))),
    })
}

/// An axis with about `target` ticks around `low..=high`: it begins and ends on a tick.
///
/// A range without width is widened: around zero by one, elsewhere by a tenth of the value. A range too narrow for
/// its magnitude to be told apart in an `f64` counts as one without width.
pub(crate) fn number_axis(low: f64, high: f64, target: usize, format: Option<&Format>) -> Axis {
    let clamp = |v: f64| if v.is_finite() { v.clamp(-MAGNITUDE_MAX, MAGNITUDE_MAX) } else { 0.0 };
    let (mut low, mut high) = (clamp(low.min(high)), clamp(low.max(high)));
    let magnitude = low.abs().max(high.abs());
    if high - low <= magnitude * 1e-12 || high - low < 1e-300 {
        let around = if magnitude < 1e-299 { 1.0 } else { magnitude / 10.0 };
        (low, high) = (low - around, high + around);
    }
    let step = Step::near((high - low) / target.max(1) as f64);
    // Below 10^14 in magnitude, so counting steps is exact; a quotient may be off by one step.
    let nearby = |bound: f64| {
        let steps = (bound / step.size()).round() as i64;
        steps - 1..=steps + 1
    };
    let first = nearby(low).rev().find(|k| step.at(*k) <= low);
    let last = nearby(high).find(|k| step.at(*k) >= high);
    let counts: Vec<i64> = (first.unwrap_or(0)..=last.unwrap_or(0)).collect();
    let values: Vec<f64> = counts.iter().map(|k| step.at(*k)).collect();
    let labels = format.and_then(|format| written(&values, format)).unwrap_or_else(|| step.labels(&counts));
    Axis {
        low: values.first().copied().unwrap_or(low),
        high: values.last().copied().unwrap_or(high),
        marks: values.into_iter().zip(labels).collect(),
    }
}

/// Labels in the figure's own format, if it applies and tells all ticks apart.
fn written(values: &[f64], format: &Format) -> Option<Vec<String>> {
    let label = |value: &f64| {
        let whole = value.fract() == 0.0 && value.abs() < 9e15;
        let counted = matches!(format, Format::Ordinal | Format::Bytes | Format::Duration);
        let value = if whole && counted { Value::Int(*value as i64) } else { Value::Float(*value) };
        format_number(value, format).ok()
    };
    let mut labels: Vec<String> = values.iter().map(label).collect::<Option<_>>()?;
    if matches!(format, Format::Fixed(_) | Format::Percent(_)) {
        while labels.iter().all(|label| shortened(label).is_some()) {
            labels = labels.iter().filter_map(|label| shortened(label)).collect();
        }
    }
    labels.windows(2).all(|pair| pair.first() != pair.last()).then_some(labels)
}

/// A label without its last place, if that is a zero behind the point.
fn shortened(label: &str) -> Option<String> {
    let (number, unit) = label.split_at(label.trim_end_matches('%').len());
    let number = number.strip_suffix('0').filter(|n| n.contains('.'))?;
    Some(number.trim_end_matches('.').to_owned() + unit)
}

/// `digit × 10^exponent`, the distance of two ticks.
struct Step {
    digit: i64,
    exponent: i32,
}

impl Step {
    /// The smallest of 1, 2, 5 × 10^k that is not more than a quarter below `width`.
    fn near(width: f64) -> Self {
        let exponent = decimal_exponent(width);
        for exponent in [exponent, exponent + 1] {
            for digit in [1, 2, 5] {
                let step = Self { digit, exponent };
                if step.size() >= width * 0.75 {
                    return step;
                }
            }
        }
        Self { digit: 2, exponent: exponent + 1 }
    }

    fn size(&self) -> f64 {
        self.at(1)
    }

    /// `k` steps from zero, correctly rounded: the decimal text is read back.
    fn at(&self, k: i64) -> f64 {
        format!("{}e{}", k * self.digit, self.exponent).parse().unwrap_or(0.0)
    }

    fn labels(&self, values: &[i64]) -> Vec<String> {
        let largest = values.iter().map(|k| k.unsigned_abs()).max().unwrap_or(0) * self.digit.unsigned_abs();
        let digits = largest.to_string().len() as i32;
        // The power of ten of the largest label's leading digit.
        let leading = digits - 1 + self.exponent;
        let (unit, suffix) = match leading {
            -4..=5 => (0, String::new()),
            6..=8 => (6, "M".to_owned()),
            _ => (leading, format!("e{leading}")),
        };
        values
            .iter()
            .map(|k| match k * self.digit {
                0 => "0".to_owned(),
                n => shifted(n, self.exponent - unit) + &suffix,
            })
            .collect()
    }
}

/// `n × 10^power` in plain digits, those in front of the point in groups of three.
fn shifted(n: i64, power: i32) -> String {
    let sign = if n < 0 { "-" } else { "" };
    let mut digits = n.unsigned_abs().to_string();
    match usize::try_from(power) {
        Ok(zeros) => {
            digits.extend(std::iter::repeat_n('0', zeros));
            format!("{sign}{}", grouped(&digits))
        }
        Err(_) => {
            let places = power.unsigned_abs() as usize;
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            format!("{sign}{}.{fraction}", grouped(whole))
        }
    }
}

/// `k` with `10^k <= x < 10^(k+1)`, taken from the shortest decimal so that it is the same on every machine.
fn decimal_exponent(x: f64) -> i32 {
    format!("{x:e}").split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// A single value beside its mark: three significant digits or the figure's format.
pub(crate) fn value_label(value: f64, format: Option<&Format>) -> String {
    if let Some(text) = format.and_then(|f| format_number(Value::Float(value), f).ok()) {
        return text;
    }
    let magnitude = value.abs();
    let format = if magnitude >= 1e9 || magnitude != 0.0 && magnitude < 1e-4 {
        Format::Scientific(2)
    } else if value.fract() == 0.0 || magnitude >= 1000.0 {
        Format::Thousands
    } else {
        Format::Significant(3)
    };
    format_number(Value::Float(value), &format).unwrap_or_default()
}
