//! Tables of vectors looked up by index, one by one or summed in bags, and products of two vectors.

use autograd::{Arg, Composite, DType, Error, Result, Scalar, Tensor, Variable, call_one};

use super::arguments::{Given, signed};
use super::one;

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.embedding(Tensor input, Tensor weight, int? padding_idx=None, float? max_norm=None, float \
                 norm_type=2., bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
        body: |a| {
            let (indices, weight) = (a.tensor(0)?, a.tensor(1)?);
            a.refuse(6, "sparse")?;
            let padding = padding_row(a.int_or_none(2)?, weight)?;
            shorten(weight, indices, a.scalar_or_none(3)?, a.float(4)?)?;
            let args = vec![weight.into(), indices.into(), padding.into(), a.bool(5)?.into(), false.into()];
            one(call_one("embedding", args))
        },
    },
    Composite {
        schema: "nn.functional.embedding_bag(Tensor input, Tensor weight, Tensor? offsets=None, float? max_norm=None, \
                 float norm_type=2., bool scale_grad_by_freq=False, str mode=\"mean\", bool sparse=False, Tensor? \
                 per_sample_weights=None, bool include_last_offset=False, int? padding_idx=None) -> Tensor",
        body: |a| one(embedding_bag(a)),
    },
    Composite {
        schema: "bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
        body: |a| one(bilinear(a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.tensor_or_none(3)?)),
    },
];

/// The row that gets no gradient, counted from the front; -1 for none.
fn padding_row(given: Option<i64>, weight: &Variable) -> Result<i64> {
    let rows = weight.sizes().first().map_or(0, |&rows| rows as i64);
    match given {
        None => Ok(-1),
        Some(row) if (-rows..rows).contains(&row) => Ok(if row < 0 { row + rows } else { row }),
        Some(_) => Err(Error::runtime("embedding", "Padding_idx must be within num_embeddings")),
    }
}

/// Scales the rows that are looked up to a p-norm of at most `longest`, in place and outside the graph.
fn shorten(weight: &Variable, indices: &Variable, longest: Option<Scalar>, p: f64) -> Result<()> {
    let Some(longest) = longest.map(Scalar::to_f64) else { return Ok(()) };
    let mut rows = indices.data().to_vec_as::<i64>()?;
    rows.sort_unstable();
    rows.dedup();
    for row in rows {
        let row = weight.data().select(0, row)?;
        let length = row.norm(p, &[], false)?.item()?.to_f64();
        if length > longest {
            row.copy_(&row.mul(longest / (length + 1e-7))?)?;
        }
    }
    Ok(())
}

/// The first index of each bag, and behind the last one.
fn bag_bounds(a: &Given<'_>) -> Result<Vec<i64>> {
    const OP: &str = "embedding_bag";
    let indices = a.tensor(0)?;
    let count = indices.numel() as i64;
    if let [bags, each] = *indices.sizes() {
        if a.tensor_or_none(2)?.is_some() {
            let text = "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length \
                        sequences.";
            return Err(Error::value(OP, text));
        }
        return Ok((0..=bags as i64).map(|bag| bag * each as i64).collect());
    }
    if indices.dim() != 1 {
        let text = format!("input has to be 1D or 2D Tensor, but got Tensor of dimension {}", indices.dim());
        return Err(Error::value(OP, text).shapes(&[indices.sizes()]));
    }
    let Some(offsets) = a.tensor_or_none(2)? else {
        return Err(Error::value(OP, "offsets has to be a 1D Tensor but got None"));
    };
    if offsets.dim() != 1 {
        return Err(Error::value(OP, "offsets has to be a 1D Tensor").shapes(&[offsets.sizes()]));
    }
    let mut bounds = offsets.data().to_vec_as::<i64>()?;
    if let Some(first) = bounds.first().filter(|&&first| first != 0) {
        let text = format!(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got \
             {first}"
        );
        return Err(Error::runtime(OP, text));
    }
    if !a.bool(9)? {
        bounds.push(count);
    }
    let ascending = bounds.iter().zip(bounds.iter().skip(1)).all(|(from, to)| from <= to);
    if !ascending || bounds.last().is_some_and(|&last| last > count) {
        let text = format!("offsets can not be greater than input's length({count}), and must not descend");
        return Err(Error::runtime(OP, text));
    }
    Ok(bounds)
}

/// One vector for each bag of indices: the sum, mean or largest elements of their rows; zeros for an empty one. The padding
/// row is in no bag.
fn embedding_bag(a: &Given<'_>) -> Result<Variable> {
    const OP: &str = "embedding_bag";
    let (indices, weight) = (a.tensor(0)?, a.tensor(1)?);
    a.refuse(7, "sparse")?;
    let mode = a.text(6)?.unwrap_or("None");
    if !matches!(mode, "sum" | "mean" | "max") {
        return Err(Error::value(OP, "mode has to be one of sum, mean or max"));
    }
    let scales = a.tensor_or_none(8)?;
    if let Some(scales) = scales {
        if mode != "sum" {
            let text = format!(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got \
                 mode='{mode}'). Please open a feature request on GitHub."
            );
            return Err(Error::not_implemented(OP, text));
        }
        if scales.sizes() != indices.sizes() {
            let text = format!(
                "embedding_bag: If per_sample_weights ({:?}) is not None, then it must have the same shape as the input \
                 ({:?})",
                scales.sizes(),
                indices.sizes()
            );
            return Err(Error::value(OP, text));
        }
    }
    let bounds = bag_bounds(a)?;
    shorten(weight, indices, a.scalar_or_none(3)?, a.float(4)?)?;
    let padding = padding_row(a.int_or_none(10)?, weight)?;
    let flat = indices.data().to_vec_as::<i64>()?;
    let bags = bounds.len().saturating_sub(1);
    // Which bag each index is in, and where it stands.
    let mut places = Vec::with_capacity(flat.len());
    let mut owners = Vec::with_capacity(flat.len());
    for (bag, (&from, &to)) in bounds.iter().zip(bounds.iter().skip(1)).enumerate() {
        for place in from..to {
            if flat.get(place as usize).is_some_and(|&row| row != padding) {
                places.push(place);
                owners.push(bag as i64);
            }
        }
    }
    let vector = |values: Vec<i64>| -> Result<Variable> {
        let len = values.len();
        Ok(Variable::from(Tensor::from_vec(values, &[len])?))
    };
    let chosen = places.iter().map(|&place| flat.get(place as usize).copied().unwrap_or(0)).collect();
    let args =
        vec![weight.into(), (&vector(chosen)?).into(), padding.into(), a.bool(5)?.into(), false.into()];
    let mut rows = call_one("embedding", args)?;
    let width = rows.sizes().get(1).copied().unwrap_or(0) as i64;
    if let Some(scales) = scales {
        let scales = scales.reshape(&[-1])?.index_select(0, &vector(places.clone())?)?;
        rows = rows.mul(&scales.unsqueeze(1)?)?;
    }
    let count = |bag: i64| owners.iter().filter(|&&owner| owner == bag).count();
    if mode == "max" {
        let mut results = Vec::with_capacity(bags);
        let mut start = 0;
        for bag in 0..bags as i64 {
            let len = count(bag) as i64;
            results.push(if len == 0 {
                Variable::from(Tensor::zeros(&[width], weight.dtype())?)
            } else {
                let part = rows.narrow(0, start, len)?.max_dim(0, false)?;
                part.into_iter().next().ok_or_else(|| Error::runtime(OP, "a maximum without values"))?
            });
            start += len;
        }
        return if results.is_empty() {
            Ok(Variable::from(Tensor::zeros(&[0, width], weight.dtype())?))
        } else {
            call_one("stack", vec![Arg::Tensors(results.into_iter().map(Some).collect()), 0i64.into()])
        };
    }
    let zeros = Variable::from(Tensor::zeros(&[bags as i64, width], weight.dtype())?);
    let target = vector(owners.clone())?.unsqueeze(1)?.expand(&[owners.len() as i64, width])?;
    let sums = call_one("scatter_add", vec![(&zeros).into(), 0i64.into(), (&target).into(), (&rows).into()])?;
    if mode == "sum" {
        return Ok(sums);
    }
    let counts: Vec<i64> = (0..bags as i64).map(|bag| count(bag).max(1) as i64).collect();
    sums.div(&vector(counts)?.to_dtype(DType::F64)?.to_dtype(weight.dtype())?.unsqueeze(1)?)
}

/// `x Wₖ y + bₖ` for each k.
fn bilinear(x: &Variable, y: &Variable, weight: &Variable, bias: Option<&Variable>) -> Result<Variable> {
    const OP: &str = "bilinear";
    let [outs, left, right] = *weight.sizes() else {
        let text = format!("bilinear(): weight must have 3 dimensions, but has {:?}", weight.sizes());
        return Err(Error::runtime(OP, text).shapes(&[weight.sizes()]));
    };
    let (Some((&last_x, lead)), Some((&last_y, lead_y))) = (x.sizes().split_last(), y.sizes().split_last())
    else {
        return Err(Error::runtime(OP, "bilinear(): inputs must have at least one dimension"));
    };
    if lead != lead_y || last_x != left || last_y != right {
        let text = format!(
            "bilinear(): inputs of sizes {:?} and {:?} do not fit a weight of size {:?}",
            x.sizes(),
            y.sizes(),
            weight.sizes()
        );
        return Err(Error::runtime(OP, text).shapes(&[x.sizes(), y.sizes(), weight.sizes()]));
    }
    if let Some(bias) = bias.filter(|bias| bias.numel() != outs) {
        let text = format!(
            "bilinear(): bias size does not match weight size: got {} but expected {outs}",
            bias.numel()
        );
        return Err(Error::runtime(OP, text));
    }
    let rows: usize = lead.iter().product();
    let [rows, outs, left, right] = [rows, outs, left, right].map(|n| n as i64);
    let by_left = weight.permute(&[1, 0, 2])?.reshape(&[left, outs * right])?;
    let half = x.reshape(&[rows, left])?.matmul(&by_left)?.reshape(&[rows, outs, right])?;
    let whole = half.mul(&y.reshape(&[rows, 1, right])?)?.sum_dims(&[2], false)?;
    let mut sizes = signed(lead);
    sizes.push(outs);
    let whole = whole.reshape(&sizes)?;
    bias.map_or(Ok(whole.clone()), |bias| whole.add(bias))
}
