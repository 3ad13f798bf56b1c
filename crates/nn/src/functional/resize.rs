//! Images in other sizes.

use autograd::{Arg, Composite, Error, Result, Scalar, Variable, call_one};
use tensor::for_each_dim;

use super::arguments::{Given, signed};
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.interpolate(Tensor input, int[1]? size=None, float[1]? scale_factor=None, str \
                 mode=\"nearest\", bool? align_corners=None, bool? recompute_scale_factor=None, bool antialias=False) \
                 -> Tensor",
        body: |a| {
            let aligned = a.scalar_or_none(4)?.map(|flag| flag.to_bool());
            let recompute = a.scalar_or_none(5)?.is_some_and(|flag| flag.to_bool());
            one(interpolate(a, a.text(3)?.unwrap_or("None"), aligned, recompute, a.bool(6)?))
        },
    },
    Composite {
        schema: "nn.functional.upsample(Tensor input, int[1]? size=None, float[1]? scale_factor=None, str \
                 mode=\"nearest\", bool? align_corners=None) -> Tensor",
        body: |a| {
            let aligned = a.scalar_or_none(4)?.map(|flag| flag.to_bool());
            one(interpolate(a, a.text(3)?.unwrap_or("None"), aligned, false, false))
        },
    },
    Composite {
        schema: "nn.functional.upsample_nearest(Tensor input, int[1]? size=None, float[1]? scale_factor=None) -> Tensor",
        body: |a| one(interpolate(a, "nearest", None, false, false)),
    },
    Composite {
        schema: "nn.functional.upsample_bilinear(Tensor input, int[1]? size=None, float[1]? scale_factor=None) -> Tensor",
        body: |a| one(interpolate(a, "bilinear", Some(true), false, false)),
    },
    Composite {
        schema: "_upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? \
                 scale_factors) -> Tensor",
        body: |a| {
            const OP: &str = "_upsample_bilinear2d_aa";
            let x = a.tensor(0)?;
            let &[_, _, rows, columns] = x.sizes() else {
                return Err(Error::runtime(OP, "expected images with channels").shapes(&[x.sizes()]));
            };
            let scales = a.floats_or_none(3)?;
            let sizes = match (a.ints_or_none(1)?, scales.as_deref()) {
                (Some(sizes), None) => sizes,
                (None, Some([down, along])) => {
                    vec![(rows as f64 * down) as i64, (columns as f64 * along) as i64]
                }
                _ => {
                    return Err(Error::runtime(
                        OP,
                        "Must specify exactly one of output_size and scale_factors",
                    ));
                }
            };
            let scale =
                |k: usize| Arg::from(scales.as_ref().and_then(|s| s.get(k).copied().map(Scalar::Float)));
            one(call_one(OP, vec![x.into(), Arg::Ints(sizes), a.bool(2)?.into(), scale(0), scale(1)]))
        },
    },
];

/// Sizes at argument 1, scales at 2.
fn interpolate(
    a: &Given<'_>,
    mode: &str,
    aligned: Option<bool>,
    recompute: bool,
    antialias: bool,
) -> Result<Variable> {
    const OP: &str = "interpolate";
    let x = a.tensor(0)?;
    let exact = matches!(mode, "nearest" | "area" | "nearest-exact");
    if exact && aligned.is_some() {
        let text = "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | \
                    trilinear";
        return Err(Error::value(OP, text));
    }
    let aligned = aligned.unwrap_or(false);
    let plane = x.sizes().get(2..).unwrap_or_default();
    let scales: Option<Vec<f64>> = a.floats_or_none(2)?.map(|given| match given.as_slice() {
        [one] => vec![*one; plane.len()],
        _ => given,
    });
    let given = a.ints(1)?;
    let scaled = |scales: &[f64]| -> Vec<i64> {
        plane.iter().zip(scales).map(|(&size, scale)| (size as f64 * scale).floor() as i64).collect()
    };
    let (sizes, scales) = match (given.is_empty(), scales) {
        (false, Some(_)) => {
            return Err(Error::value(OP, "only one of size or scale_factor should be defined"));
        }
        (true, None) => return Err(Error::value(OP, "either size or scale_factor should be defined")),
        (_, Some(scales)) if scales.len() != plane.len() => {
            let text = format!(
                "Input and scale_factor must have the same number of spatial dimensions, but got {scales:?}"
            );
            return Err(Error::value(OP, text));
        }
        (false, None) if recompute => {
            let text = "recompute_scale_factor is not meaningful with an explicit size.";
            return Err(Error::value(OP, text));
        }
        (false, None) => (signed(&for_each_dim(OP, "size", &given, plane.len())?), None),
        (true, Some(scales)) if recompute || mode == "area" => (scaled(&scales), None),
        (true, Some(scales)) => (scaled(&scales), Some(scales)),
    };
    if antialias && !matches!((mode, plane.len()), ("bilinear" | "bicubic", 2)) {
        let text = "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input";
        return Err(Error::value(OP, text));
    }
    let name = match (mode, plane.len()) {
        ("nearest", 1) => "upsample_nearest1d",
        ("nearest", 2) => "upsample_nearest2d",
        ("nearest", 3) => "upsample_nearest3d",
        ("nearest-exact", 1) => "_upsample_nearest_exact1d",
        ("nearest-exact", 2) => "_upsample_nearest_exact2d",
        ("nearest-exact", 3) => "_upsample_nearest_exact3d",
        ("area", 1) => "adaptive_avg_pool1d",
        ("area", 2) => "adaptive_avg_pool2d",
        ("area", 3) => "adaptive_avg_pool3d",
        ("linear", 1) => "upsample_linear1d",
        ("bilinear", 2) if antialias => "_upsample_bilinear2d_aa",
        ("bilinear", 2) => "upsample_bilinear2d",
        ("bicubic", 2) if antialias => {
            return Err(Error::not_implemented(OP, "antialias with mode 'bicubic' is not implemented"));
        }
        ("bicubic", 2) => "upsample_bicubic2d",
        ("trilinear", 3) => "upsample_trilinear3d",
        _ => {
            let text = format!(
                "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | linear | \
                 bilinear | bicubic | trilinear | area | nearest-exact (got {mode})",
                x.dim()
            );
            return Err(Error::not_implemented(OP, text).shapes(&[x.sizes()]));
        }
    };
    let mut args = vec![x.into(), Arg::Ints(sizes)];
    if mode == "area" {
        return super::call(name, args, Vec::new())?
            .into_iter()
            .next()
            .ok_or_else(|| Error::runtime(OP, "no result"));
    }
    if !exact {
        args.push(aligned.into());
    }
    match scales {
        Some(scales) => args.extend(scales.into_iter().map(Arg::from)),
        None => args.extend(plane.iter().map(|_| Arg::None)),
    }
    call_one(name, args)
}
