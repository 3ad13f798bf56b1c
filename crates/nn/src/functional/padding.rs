//! Padding: elements before and behind the last dimensions. A negative count takes elements away.

use autograd::{Arg, Composite, Error, Result, Scalar, Tensor, Variable, call_one};

use super::arguments::Given;
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.pad(Tensor input, int[] pad, str mode=\"constant\", float? value=None) -> Tensor",
        body: |a| {
            let (x, pad) = (a.tensor(0)?, a.ints(1)?);
            let mode = a.text(2)?.unwrap_or("None");
            if mode == "constant" {
                let value = a.scalar_or_none(3)?.unwrap_or(Scalar::Float(0.0));
                return one(constant_pad(x, &pad, value));
            }
            if a.scalar_or_none(3)?.is_some_and(|value| value.to_f64() != 0.0) {
                let text = format!("Padding mode \"{mode}\" doesn't take in value argument");
                return Err(Error::runtime("pad", text));
            }
            let source = match mode {
                "reflect" => Source::Reflect,
                "replicate" => Source::Replicate,
                "circular" => Source::Circular,
                _ => {
                    let text = format!("Unrecognised padding mode {mode}");
                    return Err(Error::not_implemented("pad", text));
                }
            };
            let dims = pad.len() / 2;
            if pad.len() % 2 == 1
                || !(1..=3).contains(&dims)
                || !matches!(x.dim().checked_sub(dims), Some(1 | 2))
            {
                let text = "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now";
                return Err(Error::not_implemented("pad", text).shapes(&[x.sizes()]));
            }
            one(padded(source, x, &pad))
        },
    },
    by_source("reflection_pad1d(Tensor self, SymInt[2] padding) -> Tensor", |a| named(Source::Reflect, a)),
    by_source("reflection_pad2d(Tensor self, SymInt[4] padding) -> Tensor", |a| named(Source::Reflect, a)),
    by_source("reflection_pad3d(Tensor self, SymInt[6] padding) -> Tensor", |a| named(Source::Reflect, a)),
    by_source("replication_pad1d(Tensor self, SymInt[2] padding) -> Tensor", |a| named(Source::Replicate, a)),
    by_source("replication_pad2d(Tensor self, SymInt[4] padding) -> Tensor", |a| named(Source::Replicate, a)),
    by_source("replication_pad3d(Tensor self, SymInt[6] padding) -> Tensor", |a| named(Source::Replicate, a)),
];

const fn by_source(schema: &'static str, body: fn(&Given<'_>) -> Result<Vec<Variable>>) -> Composite {
    Composite { schema, body }
}

fn named(source: Source, a: &Given<'_>) -> Result<Vec<Variable>> {
    one(padded(source, a.tensor(0)?, &a.ints(1)?))
}

/// Where an element outside comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Mirrored at the border element.
    Reflect,
    /// The border element.
    Replicate,
    /// The other end.
    Circular,
}

/// A number around the last dimensions: pairs of counts from the last dimension on.
pub(super) fn constant_pad(x: &Variable, pad: &[i64], value: Scalar) -> Result<Variable> {
    call_one("constant_pad_nd", vec![x.into(), pad.into(), value.into()])
}

fn padded(source: Source, x: &Variable, pad: &[i64]) -> Result<Variable> {
    let dims = pad.len() / 2;
    let Some(lead) = x.dim().checked_sub(dims) else {
        let text = format!("padding of {dims} dimensions for an input of {}", x.dim());
        return Err(Error::runtime("pad", text).shapes(&[x.sizes()]));
    };
    if x.sizes().get(lead..).unwrap_or_default().contains(&0) {
        let text = format!("Expected a non-empty plane for padding, but got sizes {:?}", x.sizes());
        return Err(Error::runtime("pad", text).shapes(&[x.sizes()]));
    }
    let mut result = x.clone();
    for (pair, &[before, behind]) in pad.as_chunks::<2>().0.iter().enumerate() {
        let dim = x.dim() - 1 - pair;
        let size = x.sizes()[dim] as i64;
        if before == 0 && behind == 0 {
            continue;
        }
        refuse_width(source, x, dim, [before, behind])?;
        let count = size + before + behind;
        if count < 1 {
            let text = format!("The size of dimension {dim} after padding is {count}, which is not positive");
            return Err(Error::runtime("pad", text).shapes(&[x.sizes()]));
        }
        // Elements taken away in front move the border to the first one left.
        let (first, last) = ((-before).max(0), size - 1 - (-behind).max(0));
        let places = (0..count).map(|at| {
            let at = at - before;
            match source {
                Source::Replicate if first <= last => at.clamp(first, last),
                Source::Replicate => at.clamp(0, size - 1),
                Source::Reflect if at < 0 => -at,
                Source::Reflect if at >= size => 2 * (size - 1) - at,
                Source::Reflect => at,
                Source::Circular => (at - first).rem_euclid((last - first + 1).max(1)) + first,
            }
        });
        let places = Variable::from(Tensor::from_vec(places.collect::<Vec<i64>>(), &[count as usize])?);
        result = result.index_select(dim as i64, &places)?;
    }
    if pad.iter().all(|&count| count == 0) {
        return call_one("clone", vec![x.into(), Arg::None]);
    }
    Ok(result)
}

fn refuse_width(source: Source, x: &Variable, dim: usize, pair: [i64; 2]) -> Result<()> {
    let size = x.sizes()[dim] as i64;
    let text = match source {
        Source::Reflect if pair.iter().any(|&count| count >= size) => format!(
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding ({}, {}) \
             at dimension {dim} of input {:?}",
            pair[0],
            pair[1],
            x.sizes()
        ),
        Source::Circular if pair.iter().any(|&count| count > size) => {
            "Padding value causes wrapping around more than once.".to_string()
        }
        _ => return Ok(()),
    };
    Err(Error::runtime("pad", text).shapes(&[x.sizes()]))
}
