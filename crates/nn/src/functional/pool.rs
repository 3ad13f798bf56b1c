//! Pools. One-dimensional ones are pools over images of one row.

use autograd::{Arg, Composite, Error, Result, Scalar, Tensor, Variable, call, call_one};
use tensor::for_each_dim;

use super::arguments::{Given, signed};
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.max_pool1d(Tensor input, int[1] kernel_size, int[1]? stride=None, int[1] padding=0, \
                 int[1] dilation=1, bool ceil_mode=False, bool return_indices=False) -> (Tensor, Tensor)",
        body: |a| {
            let row = a.tensor(0)?.unsqueeze(-2)?;
            chosen(max_pool("max_pool2d_with_indices", &row, a, 1)?, a.bool(6)?, Some(-2))
        },
    },
    Composite {
        schema: "nn.functional.max_pool2d(Tensor input, int[2] kernel_size, int[2]? stride=None, int[2] padding=0, \
                 int[2] dilation=1, bool ceil_mode=False, bool return_indices=False) -> (Tensor, Tensor)",
        body: |a| chosen(max_pool("max_pool2d_with_indices", a.tensor(0)?, a, 2)?, a.bool(6)?, None),
    },
    Composite {
        schema: "nn.functional.max_pool3d(Tensor input, int[3] kernel_size, int[3]? stride=None, int[3] padding=0, \
                 int[3] dilation=1, bool ceil_mode=False, bool return_indices=False) -> (Tensor, Tensor)",
        body: |a| chosen(max_pool("max_pool3d_with_indices", a.tensor(0)?, a, 3)?, a.bool(6)?, None),
    },
    Composite {
        schema: "avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], bool \
                 ceil_mode=False, bool count_include_pad=True) -> Tensor",
        body: |a| {
            let row = a.tensor(0)?.unsqueeze(-2)?;
            let [kernel, stride, padding] = one_row("avg_pool1d", [a.ints(1)?, a.ints(2)?, a.ints(3)?])?;
            let (ceil, counted) = (a.bool(4)?, a.bool(5)?);
            let args = vec![
                (&row).into(),
                Arg::Ints(kernel),
                Arg::Ints(stride),
                Arg::Ints(padding),
                ceil.into(),
                counted.into(),
                Arg::None,
            ];
            one(call_one("avg_pool2d", args)?.squeeze_dim(-2))
        },
    },
    Composite {
        schema: "adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor",
        body: |a| {
            let row = a.tensor(0)?.unsqueeze(-2)?;
            let size = single("adaptive_avg_pool1d", &a.ints(1)?)?;
            one(call_one("adaptive_avg_pool2d", vec![(&row).into(), Arg::Ints(vec![1, size])])?
                .squeeze_dim(-2))
        },
    },
    Composite {
        schema: "nn.functional.adaptive_avg_pool2d(Tensor input, Any output_size) -> Tensor",
        body: |a| one(call_one("adaptive_avg_pool2d", vec![a.tensor(0)?.into(), adaptive_sizes(a, 2)?])),
    },
    Composite {
        schema: "nn.functional.adaptive_avg_pool3d(Tensor input, Any output_size) -> Tensor",
        body: |a| one(call_one("adaptive_avg_pool3d", vec![a.tensor(0)?.into(), adaptive_sizes(a, 3)?])),
    },
    Composite {
        schema: "nn.functional.adaptive_max_pool1d(Tensor input, int[1] output_size, bool return_indices=False) -> \
                 (Tensor, Tensor)",
        body: |a| {
            let row = a.tensor(0)?.unsqueeze(-2)?;
            let size = single("adaptive_max_pool1d", &a.ints(1)?)?;
            let found = call("adaptive_max_pool2d", vec![(&row).into(), Arg::Ints(vec![1, size])])?;
            chosen(found, a.bool(2)?, Some(-2))
        },
    },
    Composite {
        schema: "nn.functional.adaptive_max_pool2d(Tensor input, Any output_size, bool return_indices=False) -> \
                 (Tensor, Tensor)",
        body: |a| {
            let found = call("adaptive_max_pool2d", vec![a.tensor(0)?.into(), adaptive_sizes(a, 2)?])?;
            chosen(found, a.bool(2)?, None)
        },
    },
    Composite {
        schema: "nn.functional.adaptive_max_pool3d(Tensor input, Any output_size, bool return_indices=False) -> \
                 (Tensor, Tensor)",
        body: |a| {
            let found = call("adaptive_max_pool3d", vec![a.tensor(0)?.into(), adaptive_sizes(a, 3)?])?;
            chosen(found, a.bool(2)?, None)
        },
    },
    Composite {
        schema: "nn.functional.lp_pool1d(Tensor input, float norm_type, int kernel_size, int? stride=None, bool \
                 ceil_mode=False) -> Tensor",
        body: |a| {
            let args = vec![0i64.into(), a.bool(4)?.into()];
            one(power_pool("avg_pool1d", a, 1, args))
        },
    },
    Composite {
        schema: "nn.functional.lp_pool2d(Tensor input, float norm_type, int[2] kernel_size, int[2]? stride=None, bool \
                 ceil_mode=False) -> Tensor",
        body: |a| {
            let args = vec![0i64.into(), a.bool(4)?.into()];
            one(power_pool("avg_pool2d", a, 2, args))
        },
    },
    Composite {
        schema: "nn.functional.lp_pool3d(Tensor input, float norm_type, int[3] kernel_size, int[3]? stride=None, bool \
                 ceil_mode=False) -> Tensor",
        body: |a| {
            let args = vec![0i64.into(), a.bool(4)?.into()];
            one(power_pool("avg_pool3d", a, 3, args))
        },
    },
    Composite {
        schema: "nn.functional.max_unpool1d(Tensor input, Tensor indices, int[1] kernel_size, int[1]? stride=None, \
                 int[1] padding=0, int[]? output_size=None) -> Tensor",
        body: |a| {
            let (mut size, ..) = unpooled(a, 1)?;
            size.push(1);
            let (row, places) = (a.tensor(0)?.unsqueeze(-1)?, a.tensor(1)?.unsqueeze(-1)?);
            one(call_one("max_unpool2d", vec![(&row).into(), (&places).into(), Arg::Ints(size)])?
                .squeeze_dim(-1))
        },
    },
    Composite {
        schema: "nn.functional.max_unpool2d(Tensor input, Tensor indices, int[2] kernel_size, int[2]? stride=None, \
                 int[2] padding=0, int[]? output_size=None) -> Tensor",
        body: |a| {
            let (size, ..) = unpooled(a, 2)?;
            one(call_one("max_unpool2d", vec![a.tensor(0)?.into(), a.tensor(1)?.into(), Arg::Ints(size)]))
        },
    },
    Composite {
        schema: "nn.functional.max_unpool3d(Tensor input, Tensor indices, int[3] kernel_size, int[3]? stride=None, \
                 int[3] padding=0, int[]? output_size=None) -> Tensor",
        body: |a| {
            let (size, stride, padding) = unpooled(a, 3)?;
            let args = vec![a.tensor(0)?.into(), a.tensor(1)?.into(), Arg::Ints(size)];
            one(call_one("max_unpool3d", [args, vec![Arg::Ints(stride), Arg::Ints(padding)]].concat()))
        },
    },
    Composite {
        schema: "nn.functional.fractional_max_pool2d(Tensor input, int[2] kernel_size, int[2]? output_size=None, \
                 float[2]? output_ratio=None, bool return_indices=False, Tensor? _random_samples=None, *, Generator? \
                 generator=None) -> (Tensor, Tensor)",
        body: |a| fractional(a, "fractional_max_pool2d", 2),
    },
    Composite {
        schema: "nn.functional.fractional_max_pool3d(Tensor input, int[3] kernel_size, int[3]? output_size=None, \
                 float[3]? output_ratio=None, bool return_indices=False, Tensor? _random_samples=None, *, Generator? \
                 generator=None) -> (Tensor, Tensor)",
        body: |a| fractional(a, "fractional_max_pool3d", 3),
    },
    Composite {
        schema: "nn.functional.fractional_max_pool2d_with_indices(Tensor input, int[2] kernel_size, int[2]? \
                 output_size=None, float[2]? output_ratio=None, bool return_indices=True, Tensor? _random_samples=None, *, \
                 Generator? generator=None) -> (Tensor, Tensor)",
        body: |a| fractional(a, "fractional_max_pool2d", 2),
    },
    Composite {
        schema: "nn.functional.fractional_max_pool3d_with_indices(Tensor input, int[3] kernel_size, int[3]? \
                 output_size=None, float[3]? output_ratio=None, bool return_indices=True, Tensor? _random_samples=None, *, \
                 Generator? generator=None) -> (Tensor, Tensor)",
        body: |a| fractional(a, "fractional_max_pool3d", 3),
    },
];

/// Values alone, or with the places they came from; a dimension added for the kernel is taken out again.
fn chosen(found: Vec<Variable>, indices: bool, row: Option<i64>) -> Result<Vec<Variable>> {
    let found = found.into_iter().map(|t| row.map_or(Ok(t.clone()), |dim| t.squeeze_dim(dim)));
    found.take(if indices { 2 } else { 1 }).collect()
}

fn single(operator: &'static str, numbers: &[i64]) -> Result<i64> {
    match numbers {
        [one] => Ok(*one),
        _ => Err(Error::runtime(operator, format!("{operator}: expected one number, but got {numbers:?}"))),
    }
}

/// Kernel, stride and padding of a pool over images of one row.
fn one_row(operator: &'static str, lists: [Vec<i64>; 3]) -> Result<[Vec<i64>; 3]> {
    let [kernel, stride, padding] = lists;
    let stride = if stride.is_empty() { kernel.clone() } else { stride };
    Ok([
        vec![1, single(operator, &kernel)?],
        vec![1, single(operator, &stride)?],
        vec![0, single(operator, &padding)?],
    ])
}

fn max_pool(name: &'static str, x: &Variable, a: &Given<'_>, dims: usize) -> Result<Vec<Variable>> {
    let mut lists = [a.ints(1)?, a.ints(2)?, a.ints(3)?, a.ints(4)?];
    if dims == 1 {
        let [kernel, stride, padding] = one_row("max_pool1d", [a.ints(1)?, a.ints(2)?, a.ints(3)?])?;
        lists = [kernel, stride, padding, vec![1, single("max_pool1d", &a.ints(4)?)?]];
    }
    let mut args = vec![x.into()];
    args.extend(lists.map(Arg::Ints));
    args.push(a.bool(5)?.into());
    call(name, args)
}

/// One size for each dimension; where none is named the input's own.
fn adaptive_sizes(a: &Given<'_>, dims: usize) -> Result<Arg<Variable>> {
    const OP: &str = "adaptive_pool";
    let Arg::List(items) = a.value(1) else {
        return Ok(Arg::Ints(signed(&for_each_dim(OP, "output_size", &a.ints(1)?, dims)?)));
    };
    let sizes = signed(a.tensor(0)?.sizes());
    let own = sizes.len().checked_sub(dims).and_then(|lead| sizes.get(lead..)).unwrap_or_default();
    if items.len() != dims || own.len() != dims {
        let text =
            format!("{OP}: output_size must name {dims} sizes of an input of as many or more dimensions");
        return Err(Error::value(OP, text).shapes(&[a.tensor(0)?.sizes()]));
    }
    let chosen = items.iter().zip(own).map(|(item, own)| match item {
        Arg::None => Ok(*own),
        Arg::Scalar(Scalar::Int(size)) => Ok(*size),
        _ => Err(Error::type_error(OP, "output_size must hold integers or None")),
    });
    Ok(Arg::Ints(chosen.collect::<Result<_>>()?))
}

/// The p-norm of windows, from the average of powers.
fn power_pool(name: &'static str, a: &Given<'_>, dims: usize, rest: Vec<Arg<Variable>>) -> Result<Variable> {
    let (x, p) = (a.tensor(0)?, a.float(1)?);
    let kernel = for_each_dim("lp_pool", "kernel_size", &a.ints(2)?, dims)?;
    let mut args = vec![(&x.pow(p)?).into(), Arg::Ints(signed(&kernel)), Arg::Ints(a.ints(3)?)];
    args.extend(rest);
    let mean = match dims {
        1 => crate::call::call_public(name, args, Vec::new())?.swap_remove(0),
        _ => call_one(name, args)?,
    };
    let sign = call_one("sign", vec![(&mean).into()])?;
    let count: usize = kernel.iter().product();
    sign.mul(&mean.abs()?.relu()?)?.mul(count as i64)?.pow(1.0 / p)
}

/// The sizes that a pool's values came from, with stride and padding.
fn unpooled(a: &Given<'_>, dims: usize) -> Result<(Vec<i64>, Vec<i64>, Vec<i64>)> {
    const OP: &str = "max_unpool";
    let kernel = signed(&for_each_dim(OP, "kernel_size", &a.ints(2)?, dims)?);
    let stride = match a.ints(3)?.as_slice() {
        [] => kernel.clone(),
        given => signed(&for_each_dim(OP, "stride", given, dims)?),
    };
    let padding = signed(&for_each_dim(OP, "padding", &a.ints(4)?, dims)?);
    let sizes = a.tensor(0)?.sizes();
    let Some(plane) = sizes.len().checked_sub(dims).and_then(|lead| sizes.get(lead..)) else {
        let text = format!(
            "Input to max_unpooling{dims}d should have at least {dims} dimensions, but got {sizes:?}"
        );
        return Err(Error::runtime(OP, text).shapes(&[sizes]));
    };
    let expected: Vec<i64> = plane
        .iter()
        .zip(kernel.iter().zip(stride.iter().zip(&padding)))
        .map(|(&size, (kernel, (stride, padding)))| (size as i64 - 1) * stride + kernel - 2 * padding)
        .collect();
    let given = a.ints(5)?;
    if given.is_empty() {
        return Ok((expected, stride, padding));
    }
    let wanted = given.get(given.len().saturating_sub(dims)..).unwrap_or_default().to_vec();
    if wanted.len() != dims || !matches!(given.len() - dims, 0 | 2) {
        let text = format!(
            "output_size should be a sequence containing {dims} or {} elements, but it has a length of '{}'",
            dims + 2,
            given.len()
        );
        return Err(Error::value(OP, text));
    }
    for (wanted, (expected, stride)) in wanted.iter().zip(expected.iter().zip(&stride)) {
        if *wanted <= expected - stride || *wanted >= expected + stride {
            let text = format!("invalid output_size {given:?} (dim {wanted} must be near {expected})");
            return Err(Error::value(OP, text));
        }
    }
    Ok((wanted, stride, padding))
}

fn fractional(a: &Given<'_>, name: &'static str, dims: usize) -> Result<Vec<Variable>> {
    let x = a.tensor(0)?;
    let sizes = x.sizes();
    let lead = sizes.len().checked_sub(dims).filter(|lead| matches!(lead, 1 | 2));
    let lead = lead.ok_or_else(|| {
        let text = format!("{name}: Expected {}D or {}D input", dims + 1, dims + 2);
        Error::runtime(name, text).shapes(&[sizes])
    })?;
    let results = match a.ints(2)?.as_slice() {
        [] => {
            let ratios = match a.floats_or_none(3)?.as_deref() {
                Some([one]) => vec![*one; dims],
                Some(given) if given.len() == dims => given.to_vec(),
                _ => {
                    let text = format!("{name} requires specifying either an output_size or an output_ratio");
                    return Err(Error::value(name, text));
                }
            };
            sizes[lead..].iter().zip(ratios).map(|(&size, ratio)| (size as f64 * ratio) as i64).collect()
        }
        given => signed(&for_each_dim(name, "output_size", given, dims)?),
    };
    let samples = match a.tensor_or_none(5)? {
        Some(samples) => samples.clone(),
        None => {
            let images = if lead == 2 { sizes[0] } else { 1 };
            let shape = [images as i64, sizes[lead - 1] as i64, dims as i64];
            Variable::from(Tensor::rand(&shape, x.dtype(), a.generator(6)?)?)
        }
    };
    let args = vec![x.into(), Arg::Ints(a.ints(1)?), Arg::Ints(results), (&samples).into()];
    chosen(call(name, args)?, a.bool(4)?, None)
}
