//! Convolution, pools and interpolation.

use super::{one, two};
use crate::operator::{Args, Row};
use crate::{
    Error, GridSampling, Interpolation, Pool, Result, Slide, Taps, Tensor, adaptive_averages,
    adaptive_windows, for_each_dim,
};

/// How the weights of a convolution slide; stride, padding and dilation start at argument 3.
///
/// # Errors
/// `RuntimeError` for numbers that do not fit the weight.
pub fn convolution_slides<T>(a: &Args<'_, T>, weight: &[usize]) -> Result<Vec<Slide>> {
    const OP: &str = "convolution";
    let kernel = weight.get(2..).unwrap_or_default();
    let dims = kernel.len();
    let stride = for_each_dim(OP, "stride", &a.ints(3)?, dims)?;
    let padding = for_each_dim(OP, "padding", &a.ints(4)?, dims)?;
    let dilation = for_each_dim(OP, "dilation", &a.ints(5)?, dims)?;
    if stride.contains(&0) {
        return Err(Error::runtime(OP, "non-positive stride is not supported"));
    }
    if dilation.contains(&0) {
        return Err(Error::runtime(OP, "dilation should be greater than zero"));
    }
    let slide =
        |d: usize| Slide { kernel: kernel[d], stride: stride[d], padding: padding[d], dilation: dilation[d] };
    Ok((0..dims).map(slide).collect())
}

fn convolution(a: &Args<'_>) -> Result<Vec<Tensor>> {
    const OP: &str = "convolution";
    let (input, weight, bias) = (a.tensor(0)?, a.tensor(1)?, a.tensor_or_none(2)?);
    let groups = usize::try_from(a.int(8)?).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or_else(|| Error::runtime(OP, "non-positive groups is not supported"))?;
    let transposed = a.bool(6)?;
    if weight.dim() < 3 || input.dim() != weight.dim() {
        let text = format!(
            "Expected {}D input to convolution with weight of size {:?}, but got input of size: {:?}",
            weight.dim(),
            weight.sizes(),
            input.sizes()
        );
        return Err(Error::runtime(OP, text).shapes(&[input.sizes(), weight.sizes()]));
    }
    if input.dtype() != weight.dtype() {
        let text = format!(
            "Input type ({}) and weight type ({}) should be the same",
            input.dtype().cpp_name(),
            weight.dtype().cpp_name()
        );
        return Err(Error::runtime(OP, text).dtypes(&[input.dtype(), weight.dtype()]));
    }
    let (outputs, channels) = (weight.sizes()[0], input.sizes()[1]);
    let expected = if transposed { outputs } else { weight.sizes()[1] * groups };
    if channels != expected || !outputs.is_multiple_of(groups) {
        let text = format!(
            "Given groups={groups}, {}weight of size {:?}, expected input{:?} to have {expected} channels, but got \
             {channels} channels instead",
            if transposed { "transposed=1, " } else { "" },
            weight.sizes(),
            input.sizes()
        );
        return Err(Error::runtime(OP, text).shapes(&[input.sizes(), weight.sizes()]));
    }
    let slides = convolution_slides(a, weight.sizes())?;
    let result = if transposed {
        let extra = for_each_dim(OP, "output_padding", &a.ints(7)?, slides.len())?;
        input.convolve_transposed(
            weight,
            &transposed_sizes(input.sizes(), &slides, &extra)?,
            &slides,
            groups,
        )?
    } else {
        input.convolve(weight, &slides, groups)?
    };
    let Some(bias) = bias else { return Ok(vec![result]) };
    let mut sizes = vec![1i64; input.dim()];
    sizes[1] = bias.numel() as i64;
    one(result.add(&bias.reshape(&sizes)?))
}

fn transposed_sizes(input: &[usize], slides: &[Slide], extra: &[usize]) -> Result<Vec<usize>> {
    const OP: &str = "convolution";
    let sides = input.get(2..).unwrap_or_default();
    sides.iter().zip(slides).zip(extra).map(|((&side, slide), &extra)| {
        if extra >= slide.stride.max(slide.dilation) {
            return Err(Error::runtime(
                OP,
                format!(
                    "output padding must be smaller than either stride or dilation, but got output_padding: {extra} \
                     stride: {} dilation: {}",
                    slide.stride, slide.dilation
                ),
            ));
        }
        let full = side.saturating_sub(1) * slide.stride + slide.dilation * slide.kernel.saturating_sub(1) + extra + 1;
        full.checked_sub(2 * slide.padding).filter(|&size| size > 0 && side > 0).ok_or_else(|| {
            Error::runtime(OP, "Given transposed convolution, calculated output size is too small").shapes(&[input])
        })
    }).collect()
}

/// The pool of an operator whose kernel, stride and padding stand at arguments 1 to 3, dilation at 4 if it has one.
pub(crate) fn pool<T>(operator: &'static str, a: &Args<'_, T>, dims: usize, dilated: bool) -> Result<Pool> {
    let dilation = if dilated { a.ints(4)? } else { vec![1] };
    let ceil = a.bool(if dilated { 5 } else { 4 })?;
    Pool::new(operator, dims, [&a.ints(1)?, &a.ints(2)?, &a.ints(3)?, &dilation], ceil)
}

fn max_pool(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<(Tensor, Tensor)> {
    let windows = pool(operator, a, dims, true)?.windows(a.tensor(0)?.sizes())?;
    let (values, places) = a.tensor(0)?.window_max(operator, &windows)?;
    Ok((values.lay_as(a.tensor(0)?)?, places.lay_as(a.tensor(0)?)?))
}

fn avg_pool(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<Tensor> {
    let maps = average_maps(operator, a, a.tensor(0)?.sizes(), dims)?;
    a.tensor(0)?.resample(operator, &maps)?.lay_as(a.tensor(0)?)
}

/// The sums of `avg_pool2d` and `avg_pool3d` over an input of these sizes.
///
/// # Errors
/// The operator's.
pub fn average_maps<T>(
    operator: &'static str,
    a: &Args<'_, T>,
    sizes: &[usize],
    dims: usize,
) -> Result<Vec<(usize, Taps)>> {
    pool(operator, a, dims, false)?.averages(sizes, a.bool(5)?, a.int_or_none(6)?)
}

fn results(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<Vec<usize>> {
    for_each_dim(operator, "output_size", &a.ints(1)?, dims)
}

fn adaptive_max(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<(Tensor, Tensor)> {
    let x = a.tensor(0)?;
    let (values, places) =
        x.window_max(operator, &adaptive_windows(operator, x.sizes(), &results(operator, a, dims)?)?)?;
    Ok((values.lay_as(x)?, places.lay_as(x)?))
}

fn adaptive_avg(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<Tensor> {
    let x = a.tensor(0)?;
    x.resample(operator, &adaptive_averages(operator, x.sizes(), &results(operator, a, dims)?)?)?.lay_as(x)
}

fn fractional(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<(Tensor, Tensor)> {
    let kernel = for_each_dim(operator, "kernel_size", &a.ints(1)?, dims)?;
    let results = for_each_dim(operator, "output_size", &a.ints(2)?, dims)?;
    a.tensor(0)?.fractional_max_pool(operator, &kernel, &results, a.tensor(3)?)
}

fn unpool(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<Tensor> {
    let results = for_each_dim(operator, "output_size", &a.ints(2)?, dims)?;
    if a.tensor(0)?.dim() < dims + 1 {
        let text = format!("{operator}: expected {}D or {}D input", dims + 1, dims + 2);
        return Err(Error::runtime(operator, text).shapes(&[a.tensor(0)?.sizes()]));
    }
    a.tensor(0)?.put_to_places(operator, a.tensor(1)?, &results)
}

/// The maps of an interpolation over the last `dims` dimensions of these sizes: results at argument 1, then whether
/// corners are aligned where values lie between positions, then scales.
///
/// # Errors
/// The operator's.
pub fn interpolation_maps<T>(
    operator: &'static str,
    kind: Interpolation,
    a: &Args<'_, T>,
    sizes: &[usize],
    dims: usize,
    dtype: crate::DType,
) -> Result<Vec<(usize, Taps)>> {
    let results = for_each_dim(operator, "output_size", &a.ints(1)?, dims)?;
    if sizes.len() != dims + 2 {
        let text = format!(
            "{operator}: It is expected input_size equals to {}, but got size {}",
            dims + 2,
            sizes.len()
        );
        return Err(Error::runtime(operator, text).shapes(&[sizes]));
    }
    let (aligned, scales) = if kind.is_nearest() { (false, 2) } else { (a.bool(2)?, 3) };
    let maps = results.iter().enumerate().map(|(d, &results)| {
        let scale = a.scalar_or_none(scales + d)?.map(crate::Scalar::to_f64);
        let size = sizes[2 + d];
        Ok((2 + d, kind.taps(operator, size, results, aligned, scale, dtype)?))
    });
    maps.collect()
}

fn interpolate(operator: &'static str, kind: Interpolation, a: &Args<'_>, dims: usize) -> Result<Tensor> {
    let x = a.tensor(0)?;
    x.resample(operator, &interpolation_maps(operator, kind, a, x.sizes(), dims, x.dtype())?)?.lay_as(x)
}

fn grid_sample(operator: &'static str, a: &Args<'_>, dims: usize) -> Result<Tensor> {
    let (image, grid) = (a.tensor(0)?, a.tensor(1)?);
    if image.dim() != dims || grid.dim() != dims {
        let text = format!(
            "{operator}(): expected {dims}D input and grid with same number of dimensions, but got input with sizes {:?} \
             and grid with sizes {:?}",
            image.sizes(),
            grid.sizes()
        );
        return Err(Error::runtime(operator, text).shapes(&[image.sizes(), grid.sizes()]));
    }
    image.grid_sample(operator, grid, GridSampling::of(operator, a.int(2)?, a.int(3)?, a.bool(4)?)?)
}

pub(super) const ROWS: &[Row] = &[
    Row(
        "convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups) -> Tensor",
        convolution,
    ),
    Row(
        "im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
        |a| {
            let x = a.tensor(0)?;
            one(x.unfold_images("im2col", &fold_slides("im2col", a, 1)?))
        },
    ),
    Row(
        "col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
        |a| {
            let sizes = for_each_dim("col2im", "output_size", &a.ints(1)?, 2)?;
            one(a.tensor(0)?.fold_images("col2im", &sizes, &fold_slides("col2im", a, 2)?))
        },
    ),
    Row(
        "max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
        |a| two(max_pool("max_pool2d", a, 2)),
    ),
    Row(
        "max_pool3d_with_indices(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
        |a| two(max_pool("max_pool3d", a, 3)),
    ),
    Row(
        "max_pool2d_with_indices_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, int[2] dilation, bool ceil_mode, Tensor indices) -> Tensor",
        |a| {
            let plane = a.tensor(1)?.sizes();
            let plane = plane.get(plane.len().saturating_sub(2)..).unwrap_or_default();
            one(a
                .tensor(0)?
                .add_to_places("max_pool2d_with_indices_backward", a.tensor(7)?, plane)?
                .lay_as(a.tensor(1)?))
        },
    ),
    Row("adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)", |a| {
        two(adaptive_max("adaptive_max_pool2d", a, 2))
    }),
    Row("adaptive_max_pool3d(Tensor self, int[3] output_size) -> (Tensor, Tensor)", |a| {
        two(adaptive_max("adaptive_max_pool3d", a, 3))
    }),
    Row(
        "fractional_max_pool2d(Tensor self, int[2] kernel_size, int[2] output_size, Tensor random_samples) -> (Tensor, Tensor)",
        |a| two(fractional("fractional_max_pool2d", a, 2)),
    ),
    Row(
        "fractional_max_pool3d(Tensor self, int[3] kernel_size, int[3] output_size, Tensor random_samples) -> (Tensor, Tensor)",
        |a| two(fractional("fractional_max_pool3d", a, 3)),
    ),
    Row("max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size) -> Tensor", |a| {
        one(unpool("max_unpool2d", a, 2)?.lay_as(a.tensor(0)?))
    }),
    Row(
        "max_unpool3d(Tensor self, Tensor indices, SymInt[3] output_size, int[3] stride, int[3] padding) -> Tensor",
        |a| one(unpool("max_unpool3d", a, 3)),
    ),
    Row(
        "avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
        |a| one(avg_pool("avg_pool2d", a, 2)),
    ),
    Row(
        "avg_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor",
        |a| one(avg_pool("avg_pool3d", a, 3)),
    ),
    Row("adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor", |a| {
        one(adaptive_avg("adaptive_avg_pool2d", a, 2))
    }),
    Row("adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor", |a| {
        one(adaptive_avg("adaptive_avg_pool3d", a, 3))
    }),
    Row(
        "upsample_linear1d(Tensor self, SymInt[1] output_size, bool align_corners, float? scales=None) -> Tensor",
        |a| one(interpolate("upsample_linear1d", Interpolation::Linear, a, 1)),
    ),
    Row(
        "upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("upsample_bilinear2d", Interpolation::Linear, a, 2)),
    ),
    Row(
        "upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("upsample_bicubic2d", Interpolation::Cubic, a, 2)),
    ),
    Row(
        "upsample_trilinear3d(Tensor self, SymInt[3] output_size, bool align_corners, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("upsample_trilinear3d", Interpolation::Linear, a, 3)),
    ),
    Row(
        "_upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("_upsample_bilinear2d_aa", Interpolation::Antialiased, a, 2)),
    ),
    Row("upsample_nearest1d(Tensor self, SymInt[1] output_size, float? scales=None) -> Tensor", |a| {
        one(interpolate("upsample_nearest1d", Interpolation::Nearest, a, 1))
    }),
    Row(
        "upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("upsample_nearest2d", Interpolation::Nearest, a, 2)),
    ),
    Row(
        "upsample_nearest3d(Tensor self, SymInt[3] output_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("upsample_nearest3d", Interpolation::Nearest, a, 3)),
    ),
    Row("_upsample_nearest_exact1d(Tensor self, SymInt[1] output_size, float? scales=None) -> Tensor", |a| {
        one(interpolate("_upsample_nearest_exact1d", Interpolation::NearestExact, a, 1))
    }),
    Row(
        "_upsample_nearest_exact2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("_upsample_nearest_exact2d", Interpolation::NearestExact, a, 2)),
    ),
    Row(
        "_upsample_nearest_exact3d(Tensor self, SymInt[3] output_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor",
        |a| one(interpolate("_upsample_nearest_exact3d", Interpolation::NearestExact, a, 3)),
    ),
    Row(
        "grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor",
        |a| one(grid_sample("grid_sampler_2d", a, 4)),
    ),
    Row(
        "grid_sampler_3d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor",
        |a| one(grid_sample("grid_sampler_3d", a, 5)),
    ),
    Row("constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor", |a| {
        one(a.tensor(0)?.constant_pad(&a.ints(1)?, a.scalar(2)?))
    }),
];

/// The slides of `im2col` and `col2im`: kernel, dilation, padding, stride from an argument on.
///
/// # Errors
/// The operator's.
pub fn fold_slides<T>(operator: &'static str, a: &Args<'_, T>, from: usize) -> Result<Vec<Slide>> {
    let list = |k: usize, what: &str| for_each_dim(operator, what, &a.ints(from + k)?, 2);
    let (kernel, dilation, padding, stride) =
        (list(0, "kernel_size")?, list(1, "dilation")?, list(2, "padding")?, list(3, "stride")?);
    for (what, numbers) in [("kernel size", &kernel), ("dilation", &dilation), ("stride", &stride)] {
        if numbers.contains(&0) {
            return Err(Error::runtime(
                operator,
                format!("{what} should be greater than zero, but got {numbers:?}"),
            ));
        }
    }
    let slide =
        |d: usize| Slide { kernel: kernel[d], stride: stride[d], padding: padding[d], dilation: dilation[d] };
    Ok((0..2).map(slide).collect())
}
