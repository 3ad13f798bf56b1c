//! Convolutions over images with or without a batch dimension, and the columns that they multiply.

use autograd::{Arg, Composite, Error, Result, Variable, call_one};
use tensor::for_each_dim;

use super::arguments::{Given, signed};
use super::one;
use super::padding::constant_pad;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "conv1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], SymInt[1] \
                 padding=[0], SymInt[1] dilation=[1], SymInt groups=1) -> Tensor",
        body: |a| one(convolved("conv1d", a, 1, &a.ints(4)?)),
    },
    Composite {
        schema: "conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], str \
                 padding=\"valid\", SymInt[1] dilation=[1], SymInt groups=1) -> Tensor",
        body: |a| one(convolved_by_name("conv1d", a, 1)),
    },
    Composite {
        schema: "conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] \
                 padding=[0, 0], SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor",
        body: |a| one(convolved("conv2d", a, 2, &a.ints(4)?)),
    },
    Composite {
        schema: "conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], str \
                 padding=\"valid\", SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor",
        body: |a| one(convolved_by_name("conv2d", a, 2)),
    },
    Composite {
        schema: "conv3d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] \
                 padding=[0, 0, 0], SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor",
        body: |a| one(convolved("conv3d", a, 3, &a.ints(4)?)),
    },
    Composite {
        schema: "conv3d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], str \
                 padding=\"valid\", SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor",
        body: |a| one(convolved_by_name("conv3d", a, 3)),
    },
    Composite {
        schema: "conv_transpose1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], \
                 SymInt[1] padding=[0], SymInt[1] output_padding=[0], SymInt groups=1, SymInt[1] dilation=[1]) \
                 -> Tensor",
        body: |a| one(transposed("conv_transpose1d", a, 1)),
    },
    Composite {
        schema: "conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, \
                 1], SymInt[2] padding=[0, 0], SymInt[2] output_padding=[0, 0], SymInt groups=1, SymInt[2] \
                 dilation=[1, 1]) -> Tensor",
        body: |a| one(transposed("conv_transpose2d", a, 2)),
    },
    Composite {
        schema: "conv_transpose3d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, \
                 1], SymInt[3] padding=[0, 0, 0], SymInt[3] output_padding=[0, 0, 0], SymInt groups=1, SymInt[3] \
                 dilation=[1, 1, 1]) -> Tensor",
        body: |a| one(transposed("conv_transpose3d", a, 3)),
    },
    Composite {
        schema: "nn.functional.unfold(Tensor input, int[2] kernel_size, int[2] dilation=1, int[2] padding=0, int[2] \
                 stride=1) -> Tensor",
        body: |a| one(batched(a.tensor(0)?, 2, |x| columns("im2col", x, a, vec![], 1))),
    },
    Composite {
        schema: "nn.functional.fold(Tensor input, int[2] output_size, int[2] kernel_size, int[2] dilation=1, int[2] \
                 padding=0, int[2] stride=1) -> Tensor",
        body: |a| one(batched(a.tensor(0)?, 1, |x| columns("col2im", x, a, vec![Arg::Ints(a.ints(1)?)], 2))),
    },
];

/// Runs `f` on a batch: an input with one dimension less is a batch of one.
fn batched(x: &Variable, dims: usize, f: impl FnOnce(&Variable) -> Result<Variable>) -> Result<Variable> {
    if x.dim() == dims + 1 { f(&x.unsqueeze(0)?)?.squeeze_dim(0) } else { f(x) }
}

fn columns(
    name: &'static str,
    x: &Variable,
    a: &Given<'_>,
    sizes: Vec<Arg<Variable>>,
    from: usize,
) -> Result<Variable> {
    let mut args = vec![x.into()];
    args.extend(sizes);
    // Python pairs a single number, also in a list.
    for k in from..from + 4 {
        args.push(Arg::Ints(signed(&for_each_dim(name, "a parameter", &a.ints(k)?, 2)?)));
    }
    call_one(name, args)
}

/// Stride at argument 3, dilation at 5, groups at 6.
fn convolved(operator: &'static str, a: &Given<'_>, dims: usize, padding: &[i64]) -> Result<Variable> {
    batched(a.tensor(0)?, dims, |x| convolve(operator, x, a, dims, padding))
}

fn convolve(
    operator: &'static str,
    x: &Variable,
    a: &Given<'_>,
    dims: usize,
    padding: &[i64],
) -> Result<Variable> {
    let list = |what: &str, numbers: &[i64]| -> Result<Arg<Variable>> {
        Ok(Arg::Ints(signed(&for_each_dim(operator, what, numbers, dims)?)))
    };
    call_one(
        "convolution",
        vec![
            x.into(),
            a.tensor(1)?.into(),
            a.tensor_or_none(2)?.into(),
            list("stride", &a.ints(3)?)?,
            list("padding", padding)?,
            list("dilation", &a.ints(5)?)?,
            false.into(),
            Arg::Ints(vec![0; dims]),
            a.int(6)?.into(),
        ],
    )
}

/// Padding `valid` is none; `same` keeps the input's sizes, with the odd zero behind.
fn convolved_by_name(operator: &'static str, a: &Given<'_>, dims: usize) -> Result<Variable> {
    match a.text(4)? {
        Some("valid") => convolved(operator, a, dims, &[0]),
        Some("same") => {
            if a.ints(3)?.iter().any(|&stride| stride != 1) {
                return Err(Error::runtime(
                    operator,
                    "padding='same' is not supported for strided convolutions",
                ));
            }
            let dilation = for_each_dim(operator, "dilation", &a.ints(5)?, dims)?;
            let kernel = a.tensor(1)?.sizes().get(2..).unwrap_or_default();
            let total: Vec<i64> = kernel
                .iter()
                .zip(&dilation)
                .map(|(&kernel, &dilation)| (kernel.saturating_sub(1) * dilation) as i64)
                .collect();
            let half: Vec<i64> = total.iter().map(|total| total / 2).collect();
            batched(a.tensor(0)?, dims, |x| {
                // Zeros are listed from the last dimension on, each before and behind.
                let odd: Vec<i64> = total.iter().rev().flat_map(|total| [0, total % 2]).collect();
                if odd.iter().all(|&zeros| zeros == 0) {
                    return convolve(operator, x, a, dims, &half);
                }
                convolve(operator, &constant_pad(x, &odd, 0i64.into())?, a, dims, &half)
            })
        }
        other => {
            let text = format!(
                "Invalid padding string: '{}'. Supported values are 'same' and 'valid'",
                other.unwrap_or("None")
            );
            Err(Error::runtime(operator, text))
        }
    }
}

/// Stride, padding and output padding at arguments 3 to 5, groups at 6, dilation at 7.
fn transposed(operator: &'static str, a: &Given<'_>, dims: usize) -> Result<Variable> {
    let list = |what: &str, k: usize| -> Result<Arg<Variable>> {
        Ok(Arg::Ints(signed(&for_each_dim(operator, what, &a.ints(k)?, dims)?)))
    };
    batched(a.tensor(0)?, dims, |x| {
        call_one(
            "convolution",
            vec![
                x.into(),
                a.tensor(1)?.into(),
                a.tensor_or_none(2)?.into(),
                list("stride", 3)?,
                list("padding", 4)?,
                list("dilation", 7)?,
                true.into(),
                list("output_padding", 5)?,
                a.int(6)?.into(),
            ],
        )
    })
}
