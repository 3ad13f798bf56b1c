//! Elements moved between channels and the plane.

use autograd::{Arg, Composite, Error, Result, Variable, call_one};

use super::arguments::signed;
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "pixel_shuffle(Tensor self, int upscale_factor) -> Tensor",
        body: |a| one(pixel_shuffle(a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor",
        body: |a| one(pixel_unshuffle(a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "channel_shuffle(Tensor self, SymInt groups) -> Tensor",
        body: |a| one(channel_shuffle("channel_shuffle", a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "native_channel_shuffle(Tensor self, SymInt groups) -> Tensor",
        body: |a| one(channel_shuffle("native_channel_shuffle", a.tensor(0)?, a.int(1)?)),
    },
];

/// Splits the sizes of an image into what stands before, and channels, rows, columns.
fn image(operator: &'static str, x: &Variable) -> Result<(Vec<i64>, [i64; 3])> {
    let sizes = signed(x.sizes());
    match sizes.split_last_chunk::<3>() {
        Some((lead, last)) => Ok((lead.to_vec(), *last)),
        None => {
            let text = format!(
                "{operator} expects input to have at least 3 dimensions, but got input with {} dimension(s)",
                x.dim()
            );
            Err(Error::runtime(operator, text).shapes(&[x.sizes()]))
        }
    }
}

fn rearrange(x: &Variable, sizes: &[i64], order: &[i64], result: &[i64]) -> Result<Variable> {
    let moved = x.reshape(sizes)?.permute(order)?;
    // A result of its own, also where a view would do.
    call_one("clone", vec![(&moved).into(), Arg::None])?.reshape(result)
}

/// `[*, C r², H, W]` to `[*, C, H r, W r]` (Shi et al.).
fn pixel_shuffle(x: &Variable, factor: i64) -> Result<Variable> {
    const OP: &str = "pixel_shuffle";
    let (lead, [channels, rows, columns]) = image(OP, x)?;
    let square = factor.checked_mul(factor).filter(|_| factor > 0);
    let square = square.ok_or_else(|| {
        Error::runtime(OP, format!("pixel_shuffle expects a positive upscale_factor, but got {factor}"))
    })?;
    if channels % square != 0 {
        let text = format!(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but \
             input.size(-3)={channels} is not divisible by {square}"
        );
        return Err(Error::runtime(OP, text).shapes(&[x.sizes()]));
    }
    let n = lead.len() as i64;
    let split = [&lead[..], &[channels / square, factor, factor, rows, columns]].concat();
    let order: Vec<i64> = (0..n).chain([0, 3, 1, 4, 2].map(|d| n + d)).collect();
    let result = [&lead[..], &[channels / square, rows * factor, columns * factor]].concat();
    rearrange(&call_one("contiguous", vec![x.into()])?, &split, &order, &result)
}

/// The reverse of [`pixel_shuffle`].
fn pixel_unshuffle(x: &Variable, factor: i64) -> Result<Variable> {
    const OP: &str = "pixel_unshuffle";
    let (lead, [channels, rows, columns]) = image(OP, x)?;
    if factor <= 0 {
        let text = format!("pixel_unshuffle expects a positive downscale_factor, but got {factor}");
        return Err(Error::runtime(OP, text));
    }
    for (name, size) in [("height", rows), ("width", columns)] {
        if size % factor != 0 {
            let text = format!(
                "pixel_unshuffle expects {name} to be divisible by downscale_factor, but input has {name} {size} and \
                 downscale_factor is {factor}"
            );
            return Err(Error::runtime(OP, text).shapes(&[x.sizes()]));
        }
    }
    let n = lead.len() as i64;
    let split = [&lead[..], &[channels, rows / factor, factor, columns / factor, factor]].concat();
    let order: Vec<i64> = (0..n).chain([0, 2, 4, 1, 3].map(|d| n + d)).collect();
    let result = [&lead[..], &[channels * factor * factor, rows / factor, columns / factor]].concat();
    rearrange(&call_one("contiguous", vec![x.into()])?, &split, &order, &result)
}

/// Channels `g k + i` to `i groups + g`: each group gives one channel in turn.
fn channel_shuffle(operator: &'static str, x: &Variable, groups: i64) -> Result<Variable> {
    if x.dim() <= 2 {
        let text =
            format!("channel_shuffle expects input with > 2 dims, but got input with sizes {:?}", x.sizes());
        return Err(Error::runtime(operator, text).shapes(&[x.sizes()]));
    }
    let sizes = signed(x.sizes());
    let channels = sizes[1];
    if groups <= 0 || channels % groups != 0 {
        let text = if groups <= 0 {
            format!("Number of groups to divide channels in must be positive. Value of groups:{groups}")
        } else {
            format!(
                "Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
            )
        };
        return Err(Error::runtime(operator, text).shapes(&[x.sizes()]));
    }
    let split = [&[sizes[0], groups, channels / groups], &sizes[2..]].concat();
    let order: Vec<i64> = [0, 2, 1].into_iter().chain(3..split.len() as i64).collect();
    rearrange(x, &split, &order, &sizes)
}
