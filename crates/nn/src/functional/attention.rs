//! Attention: values weighed by how well keys match queries.

use autograd::{Arg, Composite, DType, Error, Generator, Result, Scalar, Tensor, Variable, call, call_one};

use super::arguments::{Given, choose, signed};

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float \
                 dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
        body: attend,
    },
    Composite {
        schema: "nn.functional.scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? \
                 attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False, \
                 Generator? generator=None) -> Tensor",
        body: attend,
    },
    Composite {
        schema: "nn.functional.multi_head_attention_forward(Tensor query, Tensor key, Tensor value, int \
                 embed_dim_to_check, int num_heads, Tensor? in_proj_weight, Tensor? in_proj_bias, Tensor? bias_k, \
                 Tensor? bias_v, bool add_zero_attn, float dropout_p, Tensor out_proj_weight, Tensor? out_proj_bias, bool \
                 training=True, Tensor? key_padding_mask=None, bool need_weights=True, Tensor? attn_mask=None, bool \
                 use_separate_proj_weight=False, Tensor? q_proj_weight=None, Tensor? k_proj_weight=None, Tensor? \
                 v_proj_weight=None, Tensor? static_k=None, Tensor? static_v=None, bool average_attn_weights=True, bool \
                 is_causal=False, *, Generator? generator=None) -> (Tensor, Tensor?)",
        body: multi_head,
    },
];

fn attend(a: &Given<'_>) -> Result<Vec<Variable>> {
    let [query, key, value] = [a.tensor(0)?, a.tensor(1)?, a.tensor(2)?];
    let dropout = a.float(4)?;
    let options = Attention {
        mask: a.tensor_or_none(3)?,
        causal: a.bool(5)?,
        scale: a.scalar_or_none(6)?.map(Scalar::to_f64),
        dropout,
        generator: if dropout > 0.0 { Some(a.generator(8)?) } else { None },
    };
    let (key, value) =
        if a.bool(7)? { (&grouped(query, key)?, &grouped(query, value)?) } else { (key, value) };
    Ok(vec![options.result(query, key, value)?])
}

/// How scores become weights.
struct Attention<'a> {
    mask: Option<&'a Variable>,
    causal: bool,
    scale: Option<f64>,
    dropout: f64,
    generator: Option<&'a Generator>,
}

impl Attention<'_> {
    /// Scaled and masked products of queries and keys.
    fn scores(&self, query: &Variable, key: &Variable) -> Result<Variable> {
        const OP: &str = "scaled_dot_product_attention";
        if query.dim() < 2 || key.dim() < 2 {
            let text = format!(
                "Both query and key must be at least 2 dimensional, but got query dim: {} and key dim: {}",
                query.dim(),
                key.dim()
            );
            return Err(Error::runtime(OP, text).shapes(&[query.sizes(), key.sizes()]));
        }
        let width = query.sizes().last().copied().unwrap_or(1);
        let scale = self.scale.unwrap_or(1.0 / (width as f64).sqrt());
        // Each side by the root, as PyTorch does against overflow.
        let root = scale.abs().sqrt();
        let left = query.mul(if scale < 0.0 { -root } else { root })?;
        let scores = left.matmul(&key.transpose(-2, -1)?.mul(root)?)?;
        let sizes = signed(scores.sizes());
        if self.causal {
            if self.mask.is_some() {
                let text =
                    "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True";
                return Err(Error::runtime(OP, text));
            }
            let (rows, columns) = (sizes[sizes.len() - 2], sizes[sizes.len() - 1]);
            let count = |n: i64| Tensor::arange(Scalar::Int(0), Scalar::Int(n), Scalar::Int(1), None);
            let hidden = count(columns)?.gt(&count(rows)?.unsqueeze(1)?)?;
            return scores.masked_fill(&Variable::from(hidden), f64::NEG_INFINITY);
        }
        match self.mask {
            None => Ok(scores),
            Some(mask) if mask.dtype() == DType::Bool => choose(mask.data(), &scores, f64::NEG_INFINITY),
            Some(mask) if mask.dtype() == query.dtype() => scores.add(mask),
            Some(mask) => {
                let text = format!(
                    "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and \
                     query.dtype: {}",
                    mask.dtype().cpp_name(),
                    query.dtype().cpp_name()
                );
                Err(Error::runtime(OP, text).dtypes(&[mask.dtype(), query.dtype()]))
            }
        }
    }

    /// The weighed values: by the kernel that keeps no weights, or where that cannot be, as [`Attention::apply`] has them.
    fn result(&self, query: &Variable, key: &Variable, value: &Variable) -> Result<Variable> {
        let outer = |x: &Variable| x.sizes().split_last_chunk::<2>().map(|(outer, _)| outer.to_vec());
        let all = [query, key, value];
        let fits = all.iter().all(|x| x.dim() > 2 && x.dtype().is_float() && x.dtype() == query.dtype())
            && all.iter().all(|x| outer(x) == outer(query));
        if !fits || self.generator.is_some() || self.mask.is_some_and(Variable::requires_grad) {
            return Ok(self.apply(query, key, value)?.0);
        }
        let args = vec![
            query.into(),
            key.into(),
            value.into(),
            Arg::Scalar(Scalar::Float(0.0)),
            Arg::Scalar(Scalar::Bool(self.causal)),
            self.mask.into(),
            self.scale.map_or(Arg::None, |scale| Arg::Scalar(Scalar::Float(scale))),
        ];
        let found = call("_scaled_dot_product_flash_attention_for_cpu", args)?;
        found.into_iter().next().ok_or_else(|| Error::runtime("scaled_dot_product_attention", "no result"))
    }

    /// The weighed values, and the weights. A query that sees no key gets zeros.
    fn apply(&self, query: &Variable, key: &Variable, value: &Variable) -> Result<(Variable, Variable)> {
        let weights = safe_softmax(&self.scores(query, key)?, -1)?;
        let weights = match self.generator {
            Some(generator) => weights.dropout(self.dropout, generator)?,
            None => weights,
        };
        Ok((weights.matmul(value)?, weights))
    }
}

/// Softmax that gives zeros, and takes a gradient of zeros, where every score is minus infinity.
pub(super) fn safe_softmax(x: &Variable, dim: i64) -> Result<Variable> {
    if x.dim() == 0 {
        return x.softmax(dim);
    }
    let empty = x.data().eq(f64::NEG_INFINITY)?.all_dim(dim, true)?;
    let filled = x.masked_fill(&Variable::from(empty.clone()), 0i64)?;
    filled.softmax(dim)?.masked_fill(&Variable::from(empty), 0i64)
}

/// Heads of keys or values repeated for the groups of queries that share them.
fn grouped(query: &Variable, x: &Variable) -> Result<Variable> {
    const OP: &str = "scaled_dot_product_attention";
    let (Some(&wanted), Some(&heads)) = (query.sizes().iter().rev().nth(2), x.sizes().iter().rev().nth(2))
    else {
        return Err(
            Error::runtime(OP, "enable_gqa needs inputs with a dimension of heads").shapes(&[x.sizes()])
        );
    };
    if heads == 0 || wanted % heads != 0 {
        let text = format!(
            "Number of heads in key and value must divide the number of heads in query, but got {heads} and {wanted}"
        );
        return Err(Error::runtime(OP, text).shapes(&[query.sizes(), x.sizes()]));
    }
    let mut sizes = signed(x.sizes());
    let at = sizes.len() - 3;
    let wide = x.unsqueeze(at as i64 + 1)?;
    let mut spread = sizes.clone();
    spread.insert(at + 1, (wanted / heads) as i64);
    sizes[at] = wanted as i64;
    wide.expand(&spread)?.reshape(&sizes)
}

fn linear(x: &Variable, weight: &Variable, bias: Option<&Variable>) -> Result<Variable> {
    call_one("linear", vec![x.into(), weight.into(), bias.into()])
}

/// A mask as numbers that are added to scores: true means hidden.
fn additive(mask: &Variable, dtype: DType) -> Result<Variable> {
    if mask.dtype() != DType::Bool {
        return mask.to_dtype(dtype);
    }
    let zeros = Tensor::zeros(&signed(mask.sizes()), dtype)?;
    Ok(Variable::from(zeros.masked_fill(mask.data(), Scalar::Float(f64::NEG_INFINITY))?))
}

/// Projections of queries, keys and values, attention head by head, and a projection of what the heads give together.
/// Inputs are `[length, batch, width]`, or without the batch.
fn multi_head(a: &Given<'_>) -> Result<Vec<Variable>> {
    const OP: &str = "multi_head_attention_forward";
    for (at, name) in [(21, "static_k"), (22, "static_v")] {
        if a.tensor_or_none(at)?.is_some() {
            return Err(Error::not_implemented(OP, format!("{OP}(): argument '{name}' is not implemented")));
        }
    }

    let [mut query, mut key, mut value] = [a.tensor(0)?.clone(), a.tensor(1)?.clone(), a.tensor(2)?.clone()];
    let batched = query.dim() == 3;
    if !matches!(query.dim(), 2 | 3) {
        let text = format!(
            "query should be unbatched 2D or batched 3D tensor but received {}-D query tensor",
            query.dim()
        );
        return Err(Error::runtime(OP, text).shapes(&[query.sizes()]));
    }
    if !batched {
        [query, key, value] = [query.unsqueeze(1)?, key.unsqueeze(1)?, value.unsqueeze(1)?];
    }
    let (&[length, batch, width], &[seen, ..]) = (query.sizes(), key.sizes()) else {
        return Err(Error::runtime(OP, "key must have as many dimensions as query").shapes(&[key.sizes()]));
    };
    let (heads, expected) = (a.int(4)?, a.int(3)?);
    let [length, batch, width, seen] = [length, batch, width, seen].map(|n| n as i64);
    if width != expected {
        let text = format!("was expecting embedding dimension of {expected}, but got {width}");
        return Err(Error::runtime(OP, text));
    }
    if heads <= 0 || width % heads != 0 {
        return Err(Error::runtime(OP, format!("embed_dim {width} not divisible by num_heads {heads}")));
    }
    let each = width / heads;
    let biases: [Option<Variable>; 3] = match a.tensor_or_none(6)? {
        None => [None, None, None],
        Some(b) => [
            Some(b.narrow(0, 0, width)?),
            Some(b.narrow(0, width, width)?),
            Some(b.narrow(0, 2 * width, width)?),
        ],
    };
    let weights = if a.bool(17)? {
        [a.tensor(18)?.clone(), a.tensor(19)?.clone(), a.tensor(20)?.clone()]
    } else {
        let w = a.tensor(5)?;
        [w.narrow(0, 0, width)?, w.narrow(0, width, width)?, w.narrow(0, 2 * width, width)?]
    };
    // A learned key or value, and one of zeros, may stand behind those of the input.
    let project = |x: &Variable, k: usize, more: Option<&Variable>| -> Result<Variable> {
        let mut rows = vec![linear(x, &weights[k], biases[k].as_ref())?];
        if let Some(more) = more {
            rows.push(more.expand(&[1, batch, width])?);
        }
        if k > 0 && a.bool(9)? {
            rows.push(Variable::from(Tensor::zeros(&[1, batch, width], x.dtype())?));
        }
        let all = if rows.len() == 1 { rows.remove(0) } else { Variable::cat(&rows, 0)? };
        all.reshape(&[-1, batch, heads, each])?.permute(&[1, 2, 0, 3])
    };
    let (q, k) = (project(&query, 0, None)?, project(&key, 1, a.tensor_or_none(7)?)?);
    let v = project(&value, 2, a.tensor_or_none(8)?)?;
    let whole = k.sizes()[2] as i64;
    let widened = |mask: Variable| super::padding::constant_pad(&mask, &[0, whole - seen], 0i64.into());
    let mut mask = match a.tensor_or_none(16)? {
        Some(mask) => {
            let mask = widened(additive(mask, query.dtype())?)?;
            Some(if mask.dim() == 3 { mask.reshape(&[batch, heads, length, whole])? } else { mask })
        }
        None if a.bool(24)? => {
            return Err(Error::runtime(OP, "Need attn_mask if specifying the is_causal hint."));
        }
        None => None,
    };
    if let Some(padding) = a.tensor_or_none(14)? {
        let padding = widened(additive(padding, query.dtype())?)?.reshape(&[batch, 1, 1, whole])?;
        mask = Some(mask.map_or(Ok(padding.clone()), |mask| mask.add(&padding))?);
    }
    let dropout = if a.bool(13)? { a.float(10)? } else { 0.0 };
    let options = Attention {
        mask: mask.as_ref(),
        causal: false,
        scale: None,
        dropout,
        generator: if dropout > 0.0 { Some(a.generator(25)?) } else { None },
    };
    let (found, weights) = if a.bool(15)? {
        let (found, weights) = options.apply(&q, &k, &v)?;
        (found, Some(weights))
    } else {
        (options.result(&q, &k, &v)?, None)
    };
    let joined = found.permute(&[2, 0, 1, 3])?.reshape(&[length * batch, width])?;
    let result = linear(&joined, a.tensor(11)?, a.tensor_or_none(12)?)?.reshape(&[length, batch, -1])?;
    let result = if batched { result } else { result.squeeze_dim(1)? };
    let Some(weights) = weights else { return Ok(vec![result]) };
    let weights = if a.bool(23)? { weights.mean_dims(&[1], false)? } else { weights };
    Ok(vec![result, if batched { weights } else { weights.squeeze_dim(0)? }])
}
