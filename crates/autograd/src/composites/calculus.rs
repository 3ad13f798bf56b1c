//! Differences, numerical gradients and areas under samples.

use tensor::{Arg, Args, DType, Error, Result, Scalar, Tensor};

use super::terms::{constant, front, len, slice};
use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

/// Each element less the one before it.
fn steps(x: &Variable, dim: i64) -> Result<Variable> {
    let (left, right) = neighbours(x, dim)?;
    if x.dtype() == DType::Bool {
        return call_one("logical_xor", vec![(&right).into(), (&left).into()]);
    }
    right.sub(&left)
}

/// All elements but the last, and all but the first.
fn neighbours(x: &Variable, dim: i64) -> Result<(Variable, Variable)> {
    let count = len(x, dim)?;
    Ok((x.narrow(dim, 0, (count - 1).max(0))?, x.narrow(dim, count.min(1), (count - 1).max(0))?))
}

fn diff(a: &Args<'_, Variable>) -> Result<Variable> {
    let (x, n, dim) = (a.tensor(0)?, a.int(1)?, a.int(2)?);
    if x.dim() == 0 {
        return Err(Error::runtime("diff", "diff expects input to be at least one-dimensional"));
    }
    front("diff", x, dim)?;
    if n < 0 {
        return Err(Error::runtime("diff", format!("order must be non-negative but got {n}")));
    }
    if n == 0 {
        // PyTorch does not look at the parts around it then.
        return call_one("clone", vec![x.into()]);
    }
    let mut parts = vec![x.clone()];
    if let Some(before) = a.tensor_or_none(3)? {
        parts.insert(0, before.clone());
    }
    parts.extend(a.tensor_or_none(4)?.cloned());
    if let Some(other) = parts.iter().find(|part| part.dim() != x.dim()) {
        let text = format!(
            "diff expects prepend or append to be the same dimension as input, but got {} and {}",
            other.dim(),
            x.dim()
        );
        return Err(Error::runtime("diff", text).shapes(&[x.sizes(), other.sizes()]));
    }
    let mut found = if parts.len() > 1 { Variable::cat(&parts, dim)? } else { x.clone() };
    for _ in 0..n.min(len(&found, dim)?) {
        found = steps(&found, dim)?;
    }
    Ok(found)
}

/// The distances of `x` beside the samples `y`, and their dimension.
fn spacing(operator: &'static str, y: &Variable, x: &Variable, dim: i64) -> Result<Variable> {
    let d = front(operator, y, dim)?;
    let mut sizes = vec![1i64; y.dim()];
    let lies_along = x.dim() == 1;
    if lies_along {
        if x.numel() as i64 != len(y, dim)? {
            let text = format!("{operator}: There must be one `x` value for each sample point");
            return Err(Error::runtime(operator, text).shapes(&[y.sizes(), x.sizes()]));
        }
        sizes[d] = x.numel() as i64;
        return steps(&x.reshape(&sizes)?, dim);
    }
    if x.dim() < y.dim() {
        let lead = y.dim() - x.dim();
        for (size, &found) in sizes[lead..].iter_mut().zip(x.sizes()) {
            *size = found as i64;
        }
        return steps(&x.reshape(&sizes)?, dim);
    }
    steps(x, dim)
}

fn without_scalar_y(operator: &'static str, y: &Variable, x: Option<&Variable>) -> Result<()> {
    if x.is_some_and(|x| x.dim() == 0) {
        let text = format!("{operator}: The provided `x` has no dimensions");
        return Err(Error::runtime(operator, text));
    }
    if operator == "cumulative_trapezoid" && y.dtype() == DType::Bool {
        return Err(Error::runtime(operator, "cumulative_trapezoid: received a bool input for `y`"));
    }
    Ok(())
}

/// The area under samples at distances: the number itself, or one distance each.
fn trapezoid(y: &Variable, x: Option<&Variable>, dx: Scalar, dim: i64) -> Result<Variable> {
    const OPERATOR: &str = "trapezoid";
    without_scalar_y(OPERATOR, y, x)?;
    let d = front(OPERATOR, y, dim)?;
    if len(y, dim)? == 0 {
        let mut sizes = signed(y.sizes());
        sizes.remove(d);
        return constant(Tensor::zeros(&sizes, y.dtype()));
    }
    match x {
        Some(x) => {
            let (left, right) = neighbours(y, dim)?;
            left.add(&right)?.mul(&spacing(OPERATOR, y, x, dim)?)?.sum_dims(&[dim], false)?.div(2.0)
        }
        None => {
            let ends = y.select(dim, 0)?.add(&y.select(dim, -1)?)?.mul(0.5)?;
            y.sum_dims(&[dim], false)?.sub(&ends)?.mul(dx)
        }
    }
}

fn cumulative_trapezoid(y: &Variable, x: Option<&Variable>, dx: Scalar, dim: i64) -> Result<Variable> {
    const OPERATOR: &str = "cumulative_trapezoid";
    without_scalar_y(OPERATOR, y, x)?;
    let (left, right) = neighbours(y, dim)?;
    let between = left.add(&right)?;
    let areas = match x {
        Some(x) => spacing(OPERATOR, y, x, dim)?.mul(&between)?.div(2.0)?,
        None => between.mul(dx.to_f64() / 2.0)?,
    };
    call_one("cumsum", vec![(&areas).into(), dim.into(), Arg::None])
}

/// Slopes along a dimension by central differences over even steps, one-sided at the ends.
fn even_slope(x: &Variable, dim: i64, step: f64, edge_order: i64) -> Result<Variable> {
    let at = |position: i64| x.narrow(dim, if position < 0 { len(x, dim)? + position } else { position }, 1);
    let inner = slice(x, dim, 2, None)?.sub(&slice(x, dim, 0, Some(-2))?)?.div(step)?.div(2i64)?;
    let (first, last) = if edge_order == 1 {
        (at(1)?.sub(&at(0)?)?.div(step)?, at(-1)?.sub(&at(-2)?)?.div(step)?)
    } else {
        let one_sided = |a: &Variable, b: &Variable, c: &Variable| {
            a.mul(-1.5)?.add(&b.mul(2.0)?)?.sub(&c.mul(0.5)?)?.div(step)
        };
        (one_sided(&at(0)?, &at(1)?, &at(2)?)?, one_sided(&at(-1)?, &at(-2)?, &at(-3)?)?.neg()?)
    };
    Variable::cat(&[first, inner, last], dim)
}

/// As [`even_slope`] over samples at given places.
fn uneven_slope(x: &Variable, dim: i64, places: &Variable, edge_order: i64) -> Result<Variable> {
    let d = front("gradient", x, dim)?;
    let mut sizes = vec![1i64; x.dim()];
    sizes[d] = -1;
    let gaps = steps(&places.reshape(&sizes)?, dim)?;
    let at = |v: &Variable, position: i64| {
        v.narrow(dim, if position < 0 { len(v, dim)? + position } else { position }, 1)
    };
    // The slope at the middle of three samples; `before` and `after` are the gaps between them.
    let middle = |f: [&Variable; 3], before: &Variable, after: &Variable| -> Result<Variable> {
        let both = before.add(after)?;
        let a = after.neg()?.div(&before.mul(&both)?)?;
        let b = after.sub(before)?.div(&before.mul(after)?)?;
        let c = before.div(&after.mul(&both)?)?;
        f[0].mul(&a)?.add(&f[1].mul(&b)?)?.add(&f[2].mul(&c)?)
    };
    // The slope at the first of three samples.
    let outer = |f: [&Variable; 3], near: &Variable, far: &Variable| -> Result<Variable> {
        let both = near.add(far)?;
        let a = near.mul(2.0)?.add(far)?.neg()?.div(&near.mul(&both)?)?;
        let b = both.div(&near.mul(far)?)?;
        let c = near.neg()?.div(&far.mul(&both)?)?;
        f[0].mul(&a)?.add(&f[1].mul(&b)?)?.add(&f[2].mul(&c)?)
    };
    let samples = [&slice(x, dim, 0, Some(-2))?, &slice(x, dim, 1, Some(-1))?, &slice(x, dim, 2, None)?];
    let inner = middle(samples, &slice(&gaps, dim, 0, Some(-1))?, &slice(&gaps, dim, 1, None)?)?;
    let (first, last) = if edge_order == 1 {
        (at(x, 1)?.sub(&at(x, 0)?)?.div(&at(&gaps, 0)?)?, at(x, -1)?.sub(&at(x, -2)?)?.div(&at(&gaps, -1)?)?)
    } else {
        (
            outer([&at(x, 0)?, &at(x, 1)?, &at(x, 2)?], &at(&gaps, 0)?, &at(&gaps, 1)?)?,
            outer([&at(x, -1)?, &at(x, -2)?, &at(x, -3)?], &at(&gaps, -1)?, &at(&gaps, -2)?)?.neg()?,
        )
    };
    Variable::cat(&[first, inner, last], dim)
}

/// The distances between samples along one dimension.
enum Spacing<'a> {
    Even(f64),
    At(&'a Variable),
}

/// Slopes along each of the dimensions, all of them without a list.
fn gradient(
    x: &Variable,
    dims: Option<Vec<i64>>,
    spacings: &[Spacing<'_>],
    edge_order: i64,
) -> Result<Vec<Variable>> {
    const OPERATOR: &str = "gradient";
    let dims = dims.unwrap_or_else(|| (0..x.dim() as i64).collect());
    let refuse = |text: String| Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    if !(1..=2).contains(&edge_order) {
        return refuse("torch.gradient only supports edge_order=1 and edge_order=2.".to_string());
    }
    if spacings.len() != 1 && spacings.len() != dims.len() {
        return refuse(format!(
            "torch.gradient expected spacing to be unspecified, a scalar, or it's spacing and dim arguments to have the \
             same length, but got a spacing argument of length {} and a dim argument of length {}.",
            spacings.len(),
            dims.len()
        ));
    }
    let mut found = Vec::with_capacity(dims.len());
    for (k, &dim) in dims.iter().enumerate() {
        front(OPERATOR, x, dim)?;
        if len(x, dim)? < edge_order + 1 {
            return refuse(
                "torch.gradient expected each dimension size to be at least edge_order+1".to_string(),
            );
        }
        let spacing = if spacings.len() == 1 { spacings.first() } else { spacings.get(k) };
        found.push(match spacing {
            Some(Spacing::At(places)) => {
                if places.numel() as i64 != len(x, dim)? {
                    return refuse(format!(
                        "torch.gradient expected each element to be equal to the input's size along the given dim, but got \
                         {} and {}",
                        places.numel(),
                        len(x, dim)?
                    ));
                }
                uneven_slope(x, dim, places, edge_order)?
            }
            Some(Spacing::Even(step)) => even_slope(x, dim, *step, edge_order)?,
            None => even_slope(x, dim, 1.0, edge_order)?,
        });
    }
    Ok(found)
}

fn even(spacing: Option<Scalar>) -> [Spacing<'static>; 1] {
    [Spacing::Even(spacing.map_or(1.0, Scalar::to_f64))]
}

fn uneven(spacings: &[Scalar]) -> Vec<Spacing<'static>> {
    spacings.iter().map(|step| Spacing::Even(step.to_f64())).collect()
}

fn at_places<'a>(places: &'a [Variable]) -> Vec<Spacing<'a>> {
    places.iter().map(Spacing::At).collect()
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor",
        body: |a| one(diff(a)),
    },
    Composite {
        schema: "trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
        body: |a| one(trapezoid(a.tensor(0)?, Some(a.tensor(1)?), Scalar::Int(1), a.int(2)?)),
    },
    Composite {
        schema: "trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
        body: |a| one(trapezoid(a.tensor(0)?, None, a.scalar(1)?, a.int(2)?)),
    },
    Composite {
        schema: "trapz.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
        body: |a| one(trapezoid(a.tensor(0)?, Some(a.tensor(1)?), Scalar::Int(1), a.int(2)?)),
    },
    Composite {
        schema: "trapz.dx(Tensor y, *, float dx=1., int dim=-1) -> Tensor",
        body: |a| one(trapezoid(a.tensor(0)?, None, a.scalar(1)?, a.int(2)?)),
    },
    Composite {
        schema: "cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
        body: |a| one(cumulative_trapezoid(a.tensor(0)?, Some(a.tensor(1)?), Scalar::Int(1), a.int(2)?)),
    },
    Composite {
        schema: "cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
        body: |a| one(cumulative_trapezoid(a.tensor(0)?, None, a.scalar(1)?, a.int(2)?)),
    },
    Composite {
        schema: "gradient.scalarint(Tensor self, *, Scalar? spacing=None, int? dim=None, int edge_order=1) -> Tensor[]",
        body: |a| {
            let dims = a.int_or_none(2)?.map(|dim| vec![dim]);
            gradient(a.tensor(0)?, dims, &even(a.scalar_or_none(1)?), a.int(3)?)
        },
    },
    Composite {
        schema: "gradient.scalararray(Tensor self, *, Scalar spacing, int[] dim, int edge_order=1) -> Tensor[]",
        body: |a| gradient(a.tensor(0)?, Some(a.ints(2)?), &even(Some(a.scalar(1)?)), a.int(3)?),
    },
    Composite {
        schema: "gradient.array(Tensor self, *, int[] dim, int edge_order=1) -> Tensor[]",
        body: |a| gradient(a.tensor(0)?, Some(a.ints(1)?), &even(None), a.int(2)?),
    },
    Composite {
        schema: "gradient.scalarrayint(Tensor self, *, Scalar[] spacing, int? dim=None, int edge_order=1) -> Tensor[]",
        body: |a| {
            let dims = a.int_or_none(2)?.map(|dim| vec![dim]);
            gradient(a.tensor(0)?, dims, &uneven(&a.scalars(1)?), a.int(3)?)
        },
    },
    Composite {
        schema: "gradient.scalarrayarray(Tensor self, *, Scalar[] spacing, int[] dim, int edge_order=1) -> Tensor[]",
        body: |a| gradient(a.tensor(0)?, Some(a.ints(2)?), &uneven(&a.scalars(1)?), a.int(3)?),
    },
    Composite {
        schema: "gradient.tensorarrayint(Tensor self, *, Tensor[] spacing, int? dim=None, int edge_order=1) -> Tensor[]",
        body: |a| {
            let dims = a.int_or_none(2)?.map(|dim| vec![dim]);
            gradient(a.tensor(0)?, dims, &at_places(&a.tensors(1)?), a.int(3)?)
        },
    },
    Composite {
        schema: "gradient.tensorarray(Tensor self, *, Tensor[] spacing, int[] dim, int edge_order=1) -> Tensor[]",
        body: |a| gradient(a.tensor(0)?, Some(a.ints(2)?), &at_places(&a.tensors(1)?), a.int(3)?),
    },
];
