//! Distances and similarities of vectors.

use autograd::{Arg, Composite, Error, Result, Scalar, Tensor, Variable, call_one};

use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07, bool \
                 keepdim=False) -> Tensor",
        body: |a| one(pairwise_distance(a.tensor(0)?, a.tensor(1)?, a.float(2)?, a.float(3)?, a.bool(4)?)),
    },
    Composite {
        schema: "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
        body: |a| one(cosine_similarity(a.tensor(0)?, a.tensor(1)?, a.int(2)?, a.float(3)?)),
    },
    Composite {
        schema: "pdist(Tensor self, float p=2.) -> Tensor",
        body: |a| {
            let x = a.tensor(0)?;
            let p = a.float(1)?;
            if x.dim() != 2 {
                let text = format!("pdist only supports 2D tensors, got: {}D", x.dim());
                return Err(Error::runtime("pdist", text).shapes(&[x.sizes()]));
            }
            refuse_negative("pdist", p)?;
            let count = x.sizes()[0] as i64;
            let pairs = || (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j)));
            let rows = |places: Vec<i64>| -> Result<Variable> {
                let len = places.len();
                x.index_select(0, &Variable::from(Tensor::from_vec(places, &[len])?))
            };
            let left = rows(pairs().map(|(i, _)| i).collect())?;
            one(norm(&left.sub(&rows(pairs().map(|(_, j)| j).collect())?)?, p, -1, false))
        },
    },
    Composite {
        schema: "cdist(Tensor x1, Tensor x2, float p=2., str? \
                 compute_mode=\"use_mm_for_euclid_dist_if_necessary\") -> Tensor",
        body: |a| {
            let by_product = match a.text(3)? {
                Some("use_mm_for_euclid_dist_if_necessary") => None,
                Some("use_mm_for_euclid_dist") => Some(true),
                Some("donot_use_mm_for_euclid_dist") => Some(false),
                other => {
                    let text = format!("{} is not a valid value for compute_mode", other.unwrap_or("None"));
                    return Err(Error::value("cdist", text));
                }
            };
            one(cdist(a.tensor(0)?, a.tensor(1)?, a.float(2)?, by_product))
        },
    },
];

fn refuse_negative(operator: &'static str, p: f64) -> Result<()> {
    if p >= 0.0 {
        return Ok(());
    }
    Err(Error::runtime(operator, format!("{operator} only supports non-negative p values"))
        .found(p.to_string()))
}

pub(super) fn norm(x: &Variable, p: f64, dim: i64, keepdim: bool) -> Result<Variable> {
    call_one("linalg_vector_norm", vec![x.into(), p.into(), Arg::Ints(vec![dim]), keepdim.into(), Arg::None])
}

/// The p-norm of `x - y + eps` over the last dimension.
pub(super) fn pairwise_distance(
    x: &Variable,
    y: &Variable,
    p: f64,
    eps: f64,
    keepdim: bool,
) -> Result<Variable> {
    norm(&x.sub(y)?.add(eps)?, p, -1, keepdim)
}

/// The cosine of the angle, lengths bounded from below; gradients ignore that bound.
fn cosine_similarity(x: &Variable, y: &Variable, dim: i64, eps: f64) -> Result<Variable> {
    let unit = |x: &Variable| -> Result<Variable> {
        let length = norm(x, 2.0, dim, true)?;
        let raised = length.data().clamp(Some(Scalar::Float(eps)), None)?.sub(length.data())?;
        x.div(&length.add(&Variable::from(raised))?)
    };
    // Both of the common sizes first: the dimension counts in those.
    let sizes = tensor::broadcast_sizes("cosine_similarity", x.sizes(), y.sizes())?;
    let sizes = super::arguments::signed(&sizes);
    unit(&x.expand(&sizes)?)?.mul(&unit(&y.expand(&sizes)?)?)?.sum_dims(&[dim], false)
}

/// Every row of `x` against every row of `y`.
fn cdist(x: &Variable, y: &Variable, p: f64, by_product: Option<bool>) -> Result<Variable> {
    const OP: &str = "cdist";
    if x.dim() < 2 || y.dim() < 2 {
        let text =
            format!("cdist only supports at least 2D tensors, X1 got: {}D, X2 got: {}D", x.dim(), y.dim());
        return Err(Error::runtime(OP, text).shapes(&[x.sizes(), y.sizes()]));
    }
    if x.sizes().last() != y.sizes().last() {
        let text = format!(
            "X1 and X2 must have the same number of columns. X1: {} X2: {}",
            x.sizes().last().unwrap_or(&0),
            y.sizes().last().unwrap_or(&0)
        );
        return Err(Error::runtime(OP, text).shapes(&[x.sizes(), y.sizes()]));
    }
    refuse_negative(OP, p)?;
    let many = x.sizes()[x.dim() - 2].max(y.sizes()[y.dim() - 2]) > 25;
    if p == 2.0
        && x.numel() > 0
        && y.numel() > 0
        && (by_product == Some(true) || (by_product.is_none() && many))
    {
        return euclidean(x, y);
    }
    norm(&x.unsqueeze(-2)?.sub(&y.unsqueeze(-3)?)?, p, -1, false)
}

/// √(|x|² + |y|² - 2 x·y) by one product of matrices. The gradient divides by that distance, not by the exact one.
fn euclidean(x: &Variable, y: &Variable) -> Result<Variable> {
    let square = |t: &Tensor| t.square()?.sum_dims(&[-1], true, None);
    let (a, b) = (x.data(), y.data());
    let (length_a, length_b) = (square(a)?, square(b)?);
    let one = Scalar::Int(1);
    let left = Tensor::cat(&[a.mul(-2.0)?, length_a.clone(), length_a.full_like(one)?], -1)?;
    let right = Tensor::cat(&[b.clone(), length_b.full_like(one)?, length_b], -1)?;
    let found = left.matmul(&right.transpose(-2, -1)?)?.clamp(Some(Scalar::Int(0)), None)?.sqrt()?;
    let (kept_x, kept_y, distance) = (a.clone(), b.clone(), found.clone());
    let backward = move |grads: &[Option<Tensor>]| -> Result<Vec<Option<Tensor>>> {
        let Some(Some(grad)) = grads.first() else { return Ok(vec![None, None]) };
        let ratio = grad.div(&distance)?.masked_fill(&distance.eq(0i64)?, Scalar::Int(0))?;
        let to_x = kept_x.mul(&ratio.sum_dims(&[-1], true, None)?)?.sub(&ratio.matmul(&kept_y)?)?;
        let turned = ratio.transpose(-2, -1)?;
        let to_y = kept_y.mul(&turned.sum_dims(&[-1], true, None)?)?.sub(&turned.matmul(&kept_x)?)?;
        Ok(vec![Some(to_x), Some(to_y)])
    };
    let results = autograd::custom("EuclideanDistBackward0", &[x, y], vec![found], Box::new(backward));
    results.into_iter().next().ok_or_else(|| Error::runtime("cdist", "no result"))
}
