//! Convolution, pools, interpolation and sampling against naive loops and against the identities that define them.

use tensor::{
    GridMode, GridPadding, GridSampling, Interpolation, Pool, Result, Slide, Tensor, adaptive_averages,
    adaptive_windows,
};

fn waves(sizes: &[usize]) -> Result<Tensor> {
    let count: usize = sizes.iter().product();
    Tensor::from_vec((0..count).map(|i| (i as f64 * 0.7).sin() * 3.0).collect::<Vec<f64>>(), sizes)
}

fn near(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (at, (x, y)) in found.iter().zip(wanted).enumerate() {
        assert!((x - y).abs() < 1e-9 || (x.is_nan() && y.is_nan()), "{what} at {at}: {x} {y}");
    }
}

fn inner(a: &Tensor, b: &Tensor) -> Result<f64> {
    Ok(a.mul(b)?.sum(None)?.item()?.to_f64())
}

/// The definition: every result is the sum over its group's channels and the kernel's positions.
fn naive_convolution(x: &Tensor, w: &Tensor, [rows, columns]: [Slide; 2], groups: usize) -> Result<Vec<f64>> {
    let (&[images, _, height, width], &[outs, channels, ..]) = (x.sizes(), w.sizes()) else {
        panic!("sizes")
    };
    let (xs, ws) = (x.to_vec::<f64>()?, w.to_vec::<f64>()?);
    let count = |slide: Slide, size: usize| {
        (size + 2 * slide.padding - slide.dilation * (slide.kernel - 1) - 1) / slide.stride + 1
    };
    let mut out = Vec::new();
    for image in 0..images {
        for o in 0..outs {
            for (r, c) in
                (0..count(rows, height)).flat_map(|r| (0..count(columns, width)).map(move |c| (r, c)))
            {
                let mut sum = 0.0;
                for channel in 0..channels {
                    let source = image * channels * groups + o / (outs / groups) * channels + channel;
                    for (i, j) in (0..rows.kernel).flat_map(|i| (0..columns.kernel).map(move |j| (i, j))) {
                        let y = (r * rows.stride + i * rows.dilation).checked_sub(rows.padding);
                        let x = (c * columns.stride + j * columns.dilation).checked_sub(columns.padding);
                        if let (Some(y), Some(x)) = (y.filter(|&y| y < height), x.filter(|&x| x < width)) {
                            let weight = ((o * channels + channel) * rows.kernel + i) * columns.kernel + j;
                            sum += xs[(source * height + y) * width + x] * ws[weight];
                        }
                    }
                }
                out.push(sum);
            }
        }
    }
    Ok(out)
}

/// Input sizes, weight sizes, how both dimensions slide, and groups.
type Case = ([usize; 4], [usize; 4], [Slide; 2], usize);

const CASES: [Case; 7] = [
    ([2, 3, 5, 4], [4, 3, 2, 3], [slide(2, 1, 0, 1), slide(3, 1, 1, 1)], 1),
    ([1, 4, 6, 7], [6, 2, 3, 2], [slide(3, 2, 1, 1), slide(2, 3, 0, 2)], 2),
    ([3, 2, 4, 4], [2, 1, 2, 2], [slide(2, 1, 2, 2), slide(2, 2, 1, 1)], 2),
    ([1, 1, 3, 3], [1, 1, 3, 3], [slide(3, 1, 0, 1), slide(3, 1, 0, 1)], 1),
    // More columns than are unfolded at a time.
    ([1, 3, 60, 50], [5, 3, 3, 5], [slide(3, 1, 1, 1), slide(5, 1, 2, 1)], 1),
    // One image whose outputs are cut into tasks; columns that are the image itself.
    ([1, 33, 7, 6], [70, 33, 1, 1], [slide(1, 1, 0, 1), slide(1, 1, 0, 1)], 1),
    // Two kernels for each channel.
    ([2, 2, 6, 5], [4, 1, 3, 2], [slide(3, 1, 1, 1), slide(2, 2, 0, 1)], 2),
];

const fn slide(kernel: usize, stride: usize, padding: usize, dilation: usize) -> Slide {
    Slide { kernel, stride, padding, dilation }
}

#[test]
fn convolutions_are_the_naive_sums() -> Result<()> {
    for (x, w, slides, groups) in CASES {
        let (x, w) = (waves(&x)?, waves(&w)?.mul(0.3)?);
        let wanted = naive_convolution(&x, &w, slides, groups)?;
        near(&x.convolve(&w, &slides, groups)?.to_vec::<f64>()?, &wanted, "dense");
        // The same numbers through strides.
        let turned = x.transpose(1, 3)?.contiguous()?.transpose(1, 3)?;
        near(&turned.convolve(&w, &slides, groups)?.to_vec::<f64>()?, &wanted, "strided");
    }
    Ok(())
}

/// <conv(x, w), y> = <x, conv_transpose(y, w)> = <w, weight_grad(x, y)> for every y.
#[test]
fn transposed_convolutions_and_weight_gradients_are_adjoint() -> Result<()> {
    for (x, w, slides, groups) in CASES {
        let (x, w) = (waves(&x)?, waves(&w)?.mul(0.3)?);
        let result = x.convolve(&w, &slides, groups)?;
        let y = waves(result.sizes())?.cos()?;
        let wanted = inner(&result, &y)?;
        let back = y.convolve_transposed(&w, &x.sizes()[2..], &slides, groups)?;
        let weight = x.convolve_weight_grad(&y, w.sizes(), &slides, groups)?;
        near(&[inner(&x, &back)?, inner(&w, &weight)?], &[wanted; 2], "adjoint");
    }
    Ok(())
}

#[test]
fn convolutions_do_not_depend_on_threads() -> Result<()> {
    let (x, w) = (waves(&[4, 8, 40, 40])?.to_dtype(tensor::DType::F32)?, waves(&[16, 8, 3, 3])?);
    let w = w.to_dtype(tensor::DType::F32)?;
    let run = |count: usize| -> Result<Vec<u32>> {
        let setting = threads::Setting::new(count.try_into().expect("not zero"));
        let found = threads::with(setting, || x.convolve(&w, &[slide(3, 1, 1, 1); 2], 1))?;
        Ok(found.to_vec::<f32>()?.into_iter().map(f32::to_bits).collect())
    };
    let one = run(1)?;
    assert!(one == run(2)? && one == run(4)?);
    Ok(())
}

#[test]
fn unfolded_columns_are_the_windows() -> Result<()> {
    let x = Tensor::from_vec((0..9).map(f64::from).collect::<Vec<_>>(), &[1, 1, 3, 3])?;
    // Two by two windows, written down by hand: kernel position by kernel position.
    let columns = x.unfold_images("im2col", &[slide(2, 1, 0, 1); 2])?;
    let wanted = [0., 1., 3., 4., 1., 2., 4., 5., 3., 4., 6., 7., 4., 5., 7., 8.];
    assert_eq!(columns.to_vec::<f64>()?, wanted);
    // Folded back, each element counts as often as a window holds it.
    let folded = columns.fold_images("col2im", &[3, 3], &[slide(2, 1, 0, 1); 2])?;
    assert_eq!(folded.to_vec::<f64>()?, [0., 2., 2., 6., 16., 10., 6., 14., 8.]);
    Ok(())
}

/// Largest element and mean of each window, by the definition.
#[test]
fn pools_are_the_naive_windows() -> Result<()> {
    for (kernel, stride, padding, ceil) in
        [(2, 2, 0, false), (3, 1, 1, false), (3, 2, 1, true), (2, 3, 1, true)]
    {
        let x = waves(&[2, 2, 7, 5])?;
        let xs = x.to_vec::<f64>()?;
        let pool = Pool::new("pool", 2, [&[kernel], &[stride], &[padding], &[1]], ceil)?;
        let (largest, places) = x.window_max("pool", &pool.windows(x.sizes())?)?;
        let means = x.resample("pool", &pool.averages(x.sizes(), true, None)?)?;
        let &[_, _, rows, columns] = largest.sizes() else { panic!("sizes") };
        let (mut wanted, mut wanted_places, mut wanted_means) = (Vec::new(), Vec::new(), Vec::new());
        for plane in 0..4usize {
            for (r, c) in (0..rows as i64).flat_map(|r| (0..columns as i64).map(move |c| (r, c))) {
                let (mut best, mut place, mut sum) = (f64::NEG_INFINITY, 0, 0.0);
                let span = |at: i64, size: i64| {
                    (at * stride - padding, (at * stride - padding + kernel).min(size + padding))
                };
                let ((top, bottom), (left, right)) = (span(r, 7), span(c, 5));
                for (y, x) in (top..bottom).flat_map(|y| (left..right).map(move |x| (y, x))) {
                    if (0..7).contains(&y) && (0..5).contains(&x) {
                        let value = xs[plane * 35 + (y * 5 + x) as usize];
                        sum += value;
                        if value > best {
                            (best, place) = (value, y * 5 + x);
                        }
                    }
                }
                wanted.push(best);
                wanted_places.push(place);
                wanted_means.push(sum / ((bottom - top) * (right - left)) as f64);
            }
        }
        near(&largest.to_vec::<f64>()?, &wanted, "largest");
        assert_eq!(places.to_vec::<i64>()?, wanted_places);
        near(&means.to_vec::<f64>()?, &wanted_means, "mean");
    }
    Ok(())
}

#[test]
fn adaptive_pools_cover_the_input() -> Result<()> {
    // Five positions into three: 0–1, 1–3, 3–4 (PyTorch: [.5, 2, 3.5] and [1, 3, 4]).
    let x = Tensor::from_vec(vec![0f64, 1., 2., 3., 4.], &[1, 5])?;
    let means = x.resample("pool", &adaptive_averages("pool", &[1, 5], &[3])?)?;
    assert_eq!(means.to_vec::<f64>()?, [0.5, 2.0, 3.5]);
    let (largest, places) = x.window_max("pool", &adaptive_windows("pool", &[1, 5], &[3])?)?;
    assert_eq!((largest.to_vec::<f64>()?, places.to_vec::<i64>()?), (vec![1., 3., 4.], vec![1, 3, 4]));
    Ok(())
}

#[test]
fn a_window_with_nan_gives_nan() -> Result<()> {
    let x = Tensor::from_vec(vec![1f64, f64::NAN, 3., 2.], &[1, 4])?;
    let pool = Pool::new("pool", 1, [&[2], &[2], &[0], &[1]], false)?;
    let (largest, places) = x.window_max("pool", &pool.windows(&[1, 4])?)?;
    near(&largest.to_vec::<f64>()?, &[f64::NAN, 3.0], "nan");
    assert_eq!(places.to_vec::<i64>()?, [1, 2]);
    Ok(())
}

/// PyTorch's values: `interpolate(arange(…), …)` in its five kinds.
#[test]
fn interpolation_reads_the_right_neighbours() -> Result<()> {
    let line =
        |count: usize| Tensor::from_vec((0..count).map(|i| i as f64).collect::<Vec<_>>(), &[1, 1, count]);
    let map = |kind: Interpolation, size, results, aligned| {
        kind.taps("interpolate", size, results, aligned, None, tensor::DType::F64)
    };
    for (kind, aligned, size, results, wanted) in [
        (Interpolation::Nearest, false, 5, 3, vec![0., 1., 3.]),
        (Interpolation::NearestExact, false, 5, 3, vec![0., 2., 4.]),
        (Interpolation::Linear, false, 2, 4, vec![0., 0.25, 0.75, 1.]),
        (Interpolation::Linear, true, 3, 4, vec![0., 2. / 3., 4. / 3., 2.]),
        (Interpolation::Antialiased, false, 4, 2, vec![5. / 7., 16. / 7.]),
    ] {
        let found = line(size)?.resample("interpolate", &[(2, map(kind, size, results, aligned)?)])?;
        near(&found.to_vec::<f64>()?, &wanted, &format!("{kind:?}"));
    }
    let image = Tensor::from_vec((0..6).map(f64::from).collect::<Vec<_>>(), &[1, 1, 2, 3])?;
    let maps = [(2, map(Interpolation::Cubic, 2, 3, false)?), (3, map(Interpolation::Cubic, 3, 4, false)?)];
    let found = image.resample("interpolate", &maps)?.to_vec::<f64>()?;
    let wanted = [
        -0.332_194_12,
        0.269_368_47,
        1.209_798_3,
        1.811_360_9,
        1.428_222_6,
        2.029_785_1,
        2.970_214_8,
        3.571_777_3,
        3.188_638_9,
        3.790_201_6,
        4.730_631_3,
        5.332_193_8,
    ];
    for (x, y) in found.iter().zip(wanted) {
        assert!((x - y).abs() < 1e-6, "{x} {y}");
    }
    Ok(())
}

/// The gradient of a map of weighted positions is its transpose.
#[test]
fn transposed_maps_are_adjoint() -> Result<()> {
    let x = waves(&[2, 3, 7])?;
    let taps = Interpolation::Cubic.taps("interpolate", 7, 4, false, None, tensor::DType::F64)?;
    let result = x.resample("interpolate", &[(2, taps.clone())])?;
    let y = waves(result.sizes())?.cos()?;
    let back = y.resample("interpolate", &[(2, taps.transposed())])?;
    near(&[inner(&x, &back)?], &[inner(&result, &y)?], "adjoint");
    Ok(())
}

const MODES: [GridMode; 3] = [GridMode::Linear, GridMode::Nearest, GridMode::Cubic];
const PADDINGS: [GridPadding; 3] = [GridPadding::Zeros, GridPadding::Border, GridPadding::Reflection];

/// PyTorch's values: `grid_sample(arange(9.).reshape(1, 1, 3, 3), …)` at two places, one of them outside.
#[test]
fn images_are_sampled_inside_and_outside() -> Result<()> {
    let image = Tensor::from_vec((0..9).map(f64::from).collect::<Vec<_>>(), &[1, 1, 3, 3])?;
    let grid = Tensor::from_vec(vec![-1.2f64, 0.3, 0.9, -0.4], &[1, 1, 2, 2])?;
    let wanted = [
        [[0.87, 2.08], [4.35, 3.2], [4.35, 3.2]],
        [[0.0, 2.0], [3.0, 2.0], [3.0, 2.0]],
        [[0.878_442_7, 2.233_471_1], [4.613_719_9, 3.058_906], [4.517_719_7, 3.118_624_6]],
    ];
    for (mode, wanted) in MODES.into_iter().zip(wanted) {
        for (padding, wanted) in PADDINGS.into_iter().zip(wanted) {
            let sampling = GridSampling { mode, padding, align_corners: false };
            let found = image.grid_sample("grid_sampler_2d", &grid, sampling)?.to_vec::<f64>()?;
            for (x, y) in found.iter().zip(wanted) {
                assert!((x - y).abs() < 1e-5, "{sampling:?}: {x} {y}");
            }
        }
    }
    Ok(())
}

/// The gradients are the slopes of the samples, measured by small steps of each element. No place lies on a position,
/// where slopes jump.
#[test]
fn gradients_of_sampling_are_its_slopes() -> Result<()> {
    const STEP: f64 = 1e-6;
    for dims in [2usize, 3] {
        let sizes = [&[1, 2][..], &[4, 3, 3][..dims]].concat();
        let places = [&[1][..], &[2, 2, 1][..dims], &[dims]].concat();
        let (image, grid) = (waves(&sizes)?, waves(&places)?.mul(0.41)?.add(0.013)?);
        for (mode, padding) in MODES.into_iter().flat_map(|m| PADDINGS.into_iter().map(move |p| (m, p))) {
            let sampling = GridSampling { mode, padding, align_corners: true };
            let sample = |image: &Tensor, grid: &Tensor| image.grid_sample("grid_sampler", grid, sampling);
            let grad = sample(&image, &grid)?.cos()?;
            let (to_image, to_grid) = image.grid_sample_grads("grid_sampler", &grid, &grad, sampling)?;
            for (of_grid, found) in [(false, to_image), (true, to_grid)] {
                let varied = if of_grid { &grid } else { &image };
                let mut slopes = Vec::new();
                for at in 0..varied.numel() {
                    let moved = |by: f64| -> Result<f64> {
                        let mut values = varied.to_vec::<f64>()?;
                        values[at] += by;
                        let moved = Tensor::from_vec(values, varied.sizes())?;
                        let result = if of_grid { sample(&image, &moved)? } else { sample(&moved, &grid)? };
                        inner(&result, &grad)
                    };
                    slopes.push((moved(STEP)? - moved(-STEP)?) / (2.0 * STEP));
                }
                for (at, (x, y)) in found.to_vec::<f64>()?.iter().zip(&slopes).enumerate() {
                    assert!((x - y).abs() < 1e-4, "{sampling:?}, grid {of_grid}, {at}: {x} {y}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn padding_adds_and_takes_away() -> Result<()> {
    let x = Tensor::from_vec(vec![1i64, 2, 3, 4, 5, 6], &[2, 3])?;
    let padded = x.constant_pad(&[-1, 1, 0, 1], 9i64.into())?;
    assert_eq!((padded.sizes(), padded.to_vec::<i64>()?), (&[3, 3][..], vec![2, 3, 9, 5, 6, 9, 9, 9, 9]));
    assert!(x.constant_pad(&[-2, -2], 0i64.into()).is_err());
    assert!(x.constant_pad(&[1], 0i64.into()).is_err());
    Ok(())
}
