//! Convolution, pools and interpolation: linear maps, whose gradients are the transposed maps, and choices of elements,
//! whose gradients go to where the elements came from.

use tensor::{
    GridSampling, Interpolation, Result, Scalar, Taps, Tensor, adaptive_averages, average_maps,
    convolution_slides, fold_slides, for_each_dim, interpolation_maps,
};

use super::{Grads, one};
use crate::formula::{Formula, row};
use crate::graph::Context;

pub(super) const ROWS: &[Formula] = &[
    row(&["convolution"], "ConvolutionBackward0", &[0, 1], &[], convolution),
    row(&["im2col"], "Im2ColBackward0", &[], &[], |c| {
        let sizes = sizes_of(c, 0);
        let plane = sizes.get(2..).unwrap_or_default();
        one(c.grad()?.fold_images("im2col_backward", plane, &fold_slides("im2col", &c.args, 1)?))
    }),
    row(&["col2im"], "Col2ImBackward0", &[], &[], |c| {
        one(c.grad()?.unfold_images("col2im_backward", &fold_slides("col2im", &c.args, 2)?))
    }),
    row(
        &["max_pool2d_with_indices", "adaptive_max_pool2d", "fractional_max_pool2d"],
        "MaxPool2DWithIndicesBackward0",
        &[],
        &[1],
        |c| one(to_chosen(c, 2)),
    ),
    row(
        &["max_pool3d_with_indices", "adaptive_max_pool3d", "fractional_max_pool3d"],
        "MaxPool3DWithIndicesBackward0",
        &[],
        &[1],
        |c| one(to_chosen(c, 3)),
    ),
    row(&["max_pool2d_with_indices_backward"], "MaxPool2DWithIndicesBackwardBackward0", &[7], &[], |c| {
        Ok(vec![Some(c.grad()?.take_from_places(c.args.tensor(7)?, 2)?), Some(c.zeros(1)?)])
    }),
    row(&["max_unpool2d"], "MaxUnpool2DBackward0", &[1], &[], |c| {
        one(c.grad()?.take_from_places(c.args.tensor(1)?, 2))
    }),
    row(&["max_unpool3d"], "MaxUnpool3DBackward0", &[1], &[], |c| {
        one(c.grad()?.take_from_places(c.args.tensor(1)?, 3))
    }),
    row(&["avg_pool2d"], "AvgPool2DBackward0", &[], &[], |c| average(c, 2)),
    row(&["avg_pool3d"], "AvgPool3DBackward0", &[], &[], |c| average(c, 3)),
    row(&["adaptive_avg_pool2d"], "AdaptiveAvgPool2DBackward0", &[], &[], |c| adaptive(c, 2)),
    row(&["adaptive_avg_pool3d"], "AdaptiveAvgPool3DBackward0", &[], &[], |c| adaptive(c, 3)),
    row(&["upsample_linear1d"], "UpsampleLinear1DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Linear, 1)
    }),
    row(&["upsample_bilinear2d"], "UpsampleBilinear2DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Linear, 2)
    }),
    row(&["upsample_bicubic2d"], "UpsampleBicubic2DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Cubic, 2)
    }),
    row(&["upsample_trilinear3d"], "UpsampleTrilinear3DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Linear, 3)
    }),
    row(&["_upsample_bilinear2d_aa"], "UpsampleBilinear2DAaBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Antialiased, 2)
    }),
    row(&["upsample_nearest1d"], "UpsampleNearest1DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Nearest, 1)
    }),
    row(&["upsample_nearest2d"], "UpsampleNearest2DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Nearest, 2)
    }),
    row(&["upsample_nearest3d"], "UpsampleNearest3DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::Nearest, 3)
    }),
    row(&["_upsample_nearest_exact1d"], "UpsampleNearestExact1DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::NearestExact, 1)
    }),
    row(&["_upsample_nearest_exact2d"], "UpsampleNearestExact2DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::NearestExact, 2)
    }),
    row(&["_upsample_nearest_exact3d"], "UpsampleNearestExact3DBackward0", &[], &[], |c| {
        interpolated(c, Interpolation::NearestExact, 3)
    }),
    row(&["grid_sampler_2d", "grid_sampler_3d"], "GridSamplerBackward0", &[0, 1], &[], |c| {
        const OP: &str = "grid_sampler_backward";
        let sampling = GridSampling::of(OP, c.args.int(2)?, c.args.int(3)?, c.args.bool(4)?)?;
        let (image, grid) =
            c.args.tensor(0)?.grid_sample_grads(OP, c.args.tensor(1)?, &c.grad()?, sampling)?;
        Ok(vec![Some(image), Some(grid)])
    }),
    row(&["constant_pad_nd"], "ConstantPadNdBackward0", &[], &[], |c| {
        let back: Vec<i64> = c.args.ints(1)?.iter().map(|count| -count).collect();
        one(c.grad()?.constant_pad(&back, Scalar::Int(0)))
    }),
];

fn sizes_of(c: &Context<'_>, k: usize) -> Vec<usize> {
    c.sizes(k).into_iter().map(|size| size as usize).collect()
}

fn convolution(c: &Context<'_>) -> Grads {
    let (g, x, w) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
    let (transposed, groups) = (c.args.bool(6)?, c.args.int(8)? as usize);
    let slides = convolution_slides(&c.args, w.sizes())?;
    let input = match (c.needs(0), transposed) {
        (false, _) => None,
        (true, true) => Some(g.convolve_to(w, &slides, x.sizes().get(2..).unwrap_or_default(), groups)?),
        (true, false) => {
            Some(g.convolve_transposed(w, x.sizes().get(2..).unwrap_or_default(), &slides, groups)?)
        }
    };
    let weight = match (c.needs(1), transposed) {
        (false, _) => None,
        (true, true) => Some(g.convolve_weight_grad(x, w.sizes(), &slides, groups)?),
        (true, false) => Some(x.convolve_weight_grad(&g, w.sizes(), &slides, groups)?),
    };
    let bias = if c.needs(2) {
        let dims: Vec<i64> = (0..g.dim() as i64).filter(|&d| d != 1).collect();
        Some(g.sum_dims(&dims, false, None)?)
    } else {
        None
    };
    Ok(vec![input, weight, bias])
}

/// Each gradient at the place of the element that was chosen.
fn to_chosen(c: &Context<'_>, dims: usize) -> Result<Tensor> {
    let sizes = sizes_of(c, 0);
    let plane = sizes.get(sizes.len().saturating_sub(dims)..).unwrap_or_default();
    c.grad()?.add_to_places("max_pool_backward", c.result()?, plane)
}

fn back(c: &Context<'_>, maps: Vec<(usize, Taps)>) -> Grads {
    let maps: Vec<(usize, Taps)> = maps.into_iter().map(|(dim, taps)| (dim, taps.transposed())).collect();
    one(c.grad()?.resample("backward", &maps))
}

fn average(c: &Context<'_>, dims: usize) -> Grads {
    back(c, average_maps("avg_pool_backward", &c.args, &sizes_of(c, 0), dims)?)
}

fn adaptive(c: &Context<'_>, dims: usize) -> Grads {
    const OP: &str = "adaptive_avg_pool_backward";
    let results = for_each_dim(OP, "output_size", &c.args.ints(1)?, dims)?;
    back(c, adaptive_averages(OP, &sizes_of(c, 0), &results)?)
}

fn interpolated(c: &Context<'_>, kind: Interpolation, dims: usize) -> Grads {
    let dtype = c.grad()?.dtype();
    back(c, interpolation_maps("upsample_backward", kind, &c.args, &sizes_of(c, 0), dims, dtype)?)
}
