//! Convolution, pools and interpolation: linear maps, whose gradients are the transposed maps, and choices of elements,
//! whose gradients go to where the elements came from.

use std::sync::Arc;

use tensor::{
    GridSampling, Interpolation, Result, Scalar, Taps, adaptive_averages, average_maps, convolution_slides,
    fold_slides, for_each_dim, interpolation_maps,
};

use super::{Grads, one};
use crate::formula::{Formula, row};
use crate::graph::Context;
use crate::value::{Sliding, Value};

pub(super) const ROWS: &[Formula] = &[
    row(&["convolution"], "ConvolutionBackward0", &[0, 1], &[], convolution),
    row(&["im2col"], "Im2ColBackward0", &[], &[], |c| {
        let sizes = sizes_of(c, 0);
        let plane = sizes.get(2..).unwrap_or_default().to_vec();
        let slides = fold_slides("im2col", &c.args, 1)?;
        let again = slides.clone();
        one(c.grad()?.linear(
            "Im2ColBackward0",
            move |t| t.fold_images("im2col_backward", &plane, &slides),
            move |t| t.unfold_images("im2col_backward", &again),
        ))
    }),
    row(&["col2im"], "Col2ImBackward0", &[], &[], |c| {
        let slides = fold_slides("col2im", &c.args, 2)?;
        let (again, plane) = (slides.clone(), for_each_dim("col2im", "output_size", &c.args.ints(1)?, 2)?);
        one(c.grad()?.linear(
            "Col2ImBackward0",
            move |t| t.unfold_images("col2im_backward", &slides),
            move |t| t.fold_images("col2im_backward", &plane, &again),
        ))
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
        Ok(vec![Some(taken(c, 7, 2, 0)?), Some(c.zeros(1)?)])
    }),
    row(&["max_unpool2d"], "MaxUnpool2DBackward0", &[1], &[], |c| one(taken(c, 1, 2, 0))),
    row(&["max_unpool3d"], "MaxUnpool3DBackward0", &[1], &[], |c| one(taken(c, 1, 3, 0))),
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
        let (image, grid, g) = (c.args.tensor(0)?, c.args.tensor(1)?, c.grad()?);
        let (for_image, for_grid) = image.data().grid_sample_grads(OP, grid.data(), g.data(), sampling)?;
        let once = |found| Some(Value::once("GridSamplerBackward0", &[image, grid, &g], found));
        Ok(vec![once(for_image), once(for_grid)])
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
    let plane = |t: &Value| t.sizes().get(2..).unwrap_or_default().to_vec();
    let (images, results) = if transposed { (plane(&g), plane(x)) } else { (plane(x), plane(&g)) };
    let sliding = Arc::new(Sliding { slides, groups, images, results, weights: w.sizes().to_vec() });
    let input = match (c.needs(0), transposed) {
        (false, _) => None,
        (true, true) => Some(sliding.results(&g, w)?),
        (true, false) => Some(sliding.images(&g, w)?),
    };
    let weight = match (c.needs(1), transposed) {
        (false, _) => None,
        (true, true) => Some(sliding.weights(&g, x)?),
        (true, false) => Some(sliding.weights(x, &g)?),
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
fn to_chosen(c: &Context<'_>, dims: usize) -> Result<Value> {
    let sizes = sizes_of(c, 0);
    let plane = sizes.get(sizes.len().saturating_sub(dims)..).unwrap_or_default().to_vec();
    let (places, again) = (c.result()?.data().clone(), c.result()?.data().clone());
    c.grad()?.linear(
        c.name(),
        move |t| t.add_to_places("max_pool_backward", &places, &plane),
        move |t| t.take_from_places(&again, dims),
    )
}

/// The gradient at the places that argument `at` names, for the k-th tensor.
fn taken(c: &Context<'_>, at: usize, dims: usize, k: usize) -> Result<Value> {
    let sizes = sizes_of(c, k);
    let plane = sizes_of_result(c, dims)?;
    let (places, again) = (c.args.tensor(at)?.data().clone(), c.args.tensor(at)?.data().clone());
    let shape: Vec<i64> = sizes.iter().map(|&n| n as i64).collect();
    c.grad()?.linear(
        c.name(),
        move |t| t.take_from_places(&places, dims),
        move |t| t.reshape(&shape)?.add_to_places("max_unpool_backward", &again, &plane),
    )
}

fn sizes_of_result(c: &Context<'_>, dims: usize) -> Result<Vec<usize>> {
    let layout = c.output_layout(0)?;
    let sizes = layout.sizes();
    Ok(sizes.get(sizes.len().saturating_sub(dims)..).unwrap_or_default().to_vec())
}

fn back(c: &Context<'_>, maps: Vec<(usize, Taps)>) -> Grads {
    let back: Vec<(usize, Taps)> = maps.iter().map(|(dim, taps)| (*dim, taps.transposed())).collect();
    one(c.grad()?.linear(
        c.name(),
        move |t| t.resample("backward", &back),
        move |t| t.resample("backward", &maps),
    ))
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
