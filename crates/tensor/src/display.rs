//! A tensor's text, as PyTorch prints it with default options.

use std::fmt;

use crate::element::with_element;
use crate::{DType, Result, Scalar, Tensor};

const PRECISION: usize = 4;
const THRESHOLD: usize = 1000;
const EDGE: usize = 3;
const LINE_WIDTH: usize = 80;
const PREFIX: &str = "tensor(";

/// Python's `repr` of a float.
pub(crate) fn python_float(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.into();
    }
    let magnitude = x.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        return python_exponent(format!("{x:e}"));
    }
    let text = format!("{x}");
    if text.contains('.') { text } else { text + ".0" }
}

/// Rust writes `1e-5`, Python `1e-05`.
fn python_exponent(text: String) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn fixed(x: f64, digits: usize) -> String {
    if x.is_finite() { format!("{x:.digits$}") } else { python_float(x) }
}

struct Formatter {
    float: bool,
    integers: bool,
    scientific: bool,
    width: usize,
}

impl Formatter {
    fn new(values: &[Scalar], float: bool) -> Formatter {
        let mut formatter = Formatter { float, integers: true, scientific: false, width: 1 };
        if !float {
            formatter.width = values.iter().map(|v| v.to_string().len()).max().unwrap_or(1).max(1);
            return formatter;
        }
        let shown: Vec<f64> =
            values.iter().map(|v| v.to_f64()).filter(|v| v.is_finite() && *v != 0.0).collect();
        if shown.is_empty() {
            return formatter;
        }
        let magnitudes = || shown.iter().map(|v| v.abs());
        let (min, max) = (magnitudes().fold(f64::INFINITY, f64::min), magnitudes().fold(0.0, f64::max));
        formatter.integers = shown.iter().all(|v| *v == v.ceil());
        formatter.scientific = max / min > 1000.0 || max > 1.0e8 || (!formatter.integers && min < 1.0e-4);
        let widest = shown.iter().map(|v| formatter.bare(*v).len()).max().unwrap_or(1);
        formatter.width = widest.max(1);
        formatter
    }

    fn bare(&self, x: f64) -> String {
        if self.scientific {
            if x.is_finite() { python_exponent(format!("{x:.PRECISION$e}")) } else { python_float(x) }
        } else if self.integers {
            fixed(x, 0) + if x.is_finite() { "." } else { "" }
        } else {
            fixed(x, PRECISION)
        }
    }

    fn format(&self, value: Scalar) -> String {
        let text = if self.float { self.bare(value.to_f64()) } else { value.to_string() };
        format!("{text:>width$}", width = self.width)
    }
}

/// The entries of a dimension that are shown; `None` stands for the gap.
fn shown_entries(size: usize, summarize: bool) -> Vec<Option<usize>> {
    if summarize && size > 2 * EDGE {
        (0..EDGE).map(Some).chain([None]).chain((size - EDGE..size).map(Some)).collect()
    } else {
        (0..size).map(Some).collect()
    }
}

fn collect_shown(t: &Tensor, summarize: bool, out: &mut Vec<Scalar>) -> Result<()> {
    if t.dim() == 0 {
        out.push(t.item()?);
        return Ok(());
    }
    if !summarize {
        with_element!(t.dtype(), T => {
            out.extend(t.to_vec::<T>()?.into_iter().map(<T as crate::element::Element>::to_scalar));
        });
        return Ok(());
    }
    for i in shown_entries(t.sizes()[0], summarize).into_iter().flatten() {
        collect_shown(&t.select(0, i as i64)?, summarize, out)?;
    }
    Ok(())
}

fn body(t: &Tensor, indent: usize, summarize: bool, formatter: &Formatter) -> Result<String> {
    match t.dim() {
        0 => Ok(formatter.format(t.item()?)),
        1 => {
            let per_line = (LINE_WIDTH.saturating_sub(indent) / (formatter.width + 2)).max(1);
            let mut entries = Vec::new();
            for entry in shown_entries(t.sizes()[0], summarize) {
                entries.push(match entry {
                    Some(i) => formatter.format(t.select(0, i as i64)?.item()?),
                    None => " ...".to_string(),
                });
            }
            let lines: Vec<String> = entries.chunks(per_line).map(|line| line.join(", ")).collect();
            Ok(format!("[{}]", lines.join(&format!(",\n{}", " ".repeat(indent + 1)))))
        }
        dim => {
            let mut slices = Vec::new();
            for entry in shown_entries(t.sizes()[0], summarize) {
                slices.push(match entry {
                    Some(i) => body(&t.select(0, i as i64)?, indent + 1, summarize, formatter)?,
                    None => "...".to_string(),
                });
            }
            let gap = format!(",{}{}", "\n".repeat(dim - 1), " ".repeat(indent + 1));
            Ok(format!("[{}]", slices.join(&gap)))
        }
    }
}

/// PyTorch's `repr` with further suffixes such as `requires_grad=True`.
///
/// # Errors
/// Never for a valid tensor.
pub fn repr_with(t: &Tensor, extra: &[&str]) -> Result<String> {
    let indent = PREFIX.len();
    let mut suffixes: Vec<String> = Vec::new();
    let text = if t.numel() == 0 {
        if t.dim() != 1 {
            let sizes: Vec<String> = t.sizes().iter().map(usize::to_string).collect();
            suffixes.push(format!("size=({})", sizes.join(", ")));
        }
        if t.dtype() != DType::F32 {
            suffixes.push(format!("dtype={}", t.dtype()));
        }
        "[]".to_string()
    } else {
        if !matches!(t.dtype(), DType::F32 | DType::I64 | DType::Bool) {
            suffixes.push(format!("dtype={}", t.dtype()));
        }
        let summarize = t.numel() > THRESHOLD;
        let mut values = Vec::new();
        collect_shown(t, summarize, &mut values)?;
        body(t, indent, summarize, &Formatter::new(&values, t.dtype().is_float()))?
    };
    let mut result = format!("{PREFIX}{text}");
    let mut line = result.len() - result.rfind('\n').map_or(0, |at| at + 1) + 1;
    if !result.contains('\n') {
        line = result.len() + 2;
    }
    for suffix in suffixes.iter().map(String::as_str).chain(extra.iter().copied()) {
        if line + suffix.len() + 2 > LINE_WIDTH {
            result += &format!(",\n{}{suffix}", " ".repeat(indent));
            line = indent + suffix.len();
        } else {
            result += &format!(", {suffix}");
            line += suffix.len() + 2;
        }
    }
    Ok(result + ")")
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr_with(self, &[]).map_err(|_| fmt::Error)?)
    }
}
