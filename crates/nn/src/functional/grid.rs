//! Images sampled at places, and the places of affine maps.

use autograd::{Composite, Error, Result, Scalar, Tensor, Variable, call_one};

use super::arguments::Given;
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.grid_sample(Tensor input, Tensor grid, str mode=\"bilinear\", str \
                 padding_mode=\"zeros\", bool? align_corners=None) -> Tensor",
        body: |a| one(grid_sample(a)),
    },
    Composite {
        schema: "nn.functional.affine_grid(Tensor theta, int[] size, bool? align_corners=None) -> Tensor",
        body: |a| {
            let aligned = a.scalar_or_none(2)?.is_some_and(|flag| flag.to_bool());
            one(affine_grid(a.tensor(0)?, &a.ints(1)?, aligned))
        },
    },
];

fn grid_sample(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "grid_sample";
    let mode = a.text(2)?.unwrap_or("None");
    let padding = a.text(3)?.unwrap_or("None");
    let position =
        |names: [&str; 3], name: &str| names.iter().position(|&own| own == name).map(|at| at as i64);
    let mode = position(["bilinear", "nearest", "bicubic"], mode).ok_or_else(|| {
        let text = format!(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        );
        Error::value(OP, text)
    })?;
    let padding = position(["zeros", "border", "reflection"], padding).ok_or_else(|| {
        let text = format!(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: \
             '{padding}'"
        );
        Error::value(OP, text)
    })?;
    let aligned = a.scalar_or_none(4)?.is_some_and(|flag| flag.to_bool());
    let name = if a.tensor(0)?.dim() == 5 { "grid_sampler_3d" } else { "grid_sampler_2d" };
    call_one(
        name,
        vec![a.tensor(0)?.into(), a.tensor(1)?.into(), mode.into(), padding.into(), aligned.into()],
    )
}

/// Where the positions of images of these sizes lie after an affine map: `[N, sizes…, dims]`.
fn affine_grid(theta: &Variable, size: &[i64], aligned: bool) -> Result<Variable> {
    const OP: &str = "affine_grid";
    let [images, _, plane @ ..] = size else {
        return Err(Error::value(
            OP,
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms",
        ));
    };
    let dims = plane.len();
    if !matches!(dims, 2 | 3) || theta.sizes() != [*images as usize, dims, dims + 1] {
        let text = format!(
            "Expected a batch of {dims}D affine matrices of shape Nx{dims}x{} for size {size:?}. Got {:?}.",
            dims + 1,
            theta.sizes()
        );
        return Err(Error::value(OP, text).shapes(&[theta.sizes()]));
    }
    if !theta.dtype().is_float() {
        let text = format!("Expected theta to have floating point type, but got {}", theta.dtype());
        return Err(Error::value(OP, text).dtypes(&[theta.dtype()]));
    }
    // The last dimension is the first coordinate.
    let mut places = Vec::with_capacity(dims + 1);
    for (d, &count) in plane.iter().enumerate().rev() {
        let line = if count <= 1 {
            Tensor::zeros(&[count], theta.dtype())?
        } else {
            let line = Tensor::linspace(-1.0, 1.0, count, Some(theta.dtype()))?;
            if aligned { line } else { line.mul((count - 1) as f64)?.div(count as f64)? }
        };
        let mut sizes = vec![1; dims];
        sizes[d] = count;
        places.push(line.reshape(&sizes)?.expand(plane)?);
    }
    places.push(Tensor::full(plane, Scalar::Int(1), Some(theta.dtype()))?);
    let count: i64 = plane.iter().product();
    let base = Tensor::stack(&places, -1)?.reshape(&[1, count, dims as i64 + 1])?;
    let sizes = [&[*images], plane, &[dims as i64]].concat();
    Variable::from(base.expand(&[*images, count, dims as i64 + 1])?)
        .matmul(&theta.transpose(1, 2)?)?
        .reshape(&sizes)
}
