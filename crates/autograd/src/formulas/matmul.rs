//! Matrix products.

use tensor::{DType, Error, Result, Scalar, Seen, Tensor, seen_keys};

use super::Grads;
use crate::formula::{Formula, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["mm"], "MmBackward0", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        Ok(vec![
            if c.needs(0) { Some(g.mm(&b.t()?)?) } else { None },
            if c.needs(1) { Some(a.t()?.mm(&g)?) } else { None },
        ])
    }),
    row(&["bmm"], "BmmBackward0", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        Ok(vec![
            if c.needs(0) { Some(g.bmm(&b.transpose(1, 2)?)?) } else { None },
            if c.needs(1) { Some(a.transpose(1, 2)?.bmm(&g)?) } else { None },
        ])
    }),
    row(&["matmul"], "MmBackward0", &[0, 1], &[], |c| {
        product(&c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?, c.needs(0), c.needs(1))
    }),
    row(&["mv"], "MvBackward0", &[0, 1], &[], |c| {
        product(&c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?, c.needs(0), c.needs(1))
    }),
    row(&["dot"], "DotBackward0", &[0, 1], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        Ok(vec![Some(g.mul(b)?), Some(g.mul(a)?)])
    }),
    row(&["addmm"], "AddmmBackward0", &[1, 2], &[], |c| {
        let (g, a, b) = (c.grad()?, c.args.tensor(1)?, c.args.tensor(2)?);
        let (beta, alpha) = (c.args.scalar(3)?, c.args.scalar(4)?);
        let scale = |t: Value, s: Scalar| if s.to_f64() == 1.0 { Ok(t) } else { t.mul(s) };
        Ok(vec![
            if c.needs(0) { Some(scale(g.clone(), beta)?) } else { None },
            if c.needs(1) { Some(scale(g.mm(&b.t()?)?, alpha)?) } else { None },
            if c.needs(2) { Some(scale(a.t()?.mm(&g)?, alpha)?) } else { None },
        ])
    }),
    row(&["linear"], "AddmmBackward0", &[0, 1], &[], |c| {
        let (g, x, w) = (c.grad()?, c.args.tensor(0)?, c.args.tensor(1)?);
        // A vector of weights gives one result for each row.
        if w.dim() == 1 {
            let (g, width) = (g.unsqueeze(-1)?, w.numel() as i64);
            let input = if c.needs(0) { Some(g.mul(w)?) } else { None };
            let weight = if c.needs(1) {
                Some(g.mul(x)?.reshape(&[(x.numel() / w.numel().max(1)) as i64, width])?.sum_dims(
                    &[0],
                    false,
                    None,
                )?)
            } else {
                None
            };
            return Ok(vec![input, weight, if c.needs(2) { Some(c.grad()?.sum(None)?) } else { None }]);
        }
        let input = if c.needs(0) { Some(g.matmul(w)?) } else { None };
        let (rows, outs) = if x.dim() == 1 {
            (x.unsqueeze(0)?, g.unsqueeze(0)?)
        } else {
            (x.flatten(0, -2)?, g.flatten(0, -2)?)
        };
        let weight = if c.needs(1) { Some(outs.t()?.mm(&rows)?) } else { None };
        let bias = if c.needs(2) { Some(outs.sum_dims(&[0], false, None)?) } else { None };
        Ok(vec![input, weight, bias])
    }),
    row(
        &["_scaled_dot_product_flash_attention_for_cpu"],
        "ScaledDotProductFlashAttentionForCpuBackward0",
        &[0, 1, 2, 5],
        &[0, 1],
        attention,
    )
    .with_constants(&[1]),
];

/// Gradients of `a @ b` for every combination of dimensions; the engine sums over broadcast batches.
fn product(g: &Value, a: &Value, b: &Value, needs_a: bool, needs_b: bool) -> Grads {
    if a.dim() == 1 && b.dim() == 1 {
        return Ok(vec![Some(g.mul(b)?), Some(g.mul(a)?)]);
    }
    let (left, right) = (if a.dim() == 1 { a.unsqueeze(0)? } else { a.clone() }, column(b)?);
    let mut grad = g.clone();
    if a.dim() == 1 {
        grad = grad.unsqueeze(-2)?;
    }
    if b.dim() == 1 {
        grad = grad.unsqueeze(-1)?;
    }
    // A gradient of rank 1 appears where the other operand was a vector.
    if a.dim() == 1 && b.dim() > 1 {
        grad = g.unsqueeze(-2)?;
    }
    let for_a = if needs_a {
        let full = grad.matmul(&right.transpose(-2, -1)?)?;
        Some(if a.dim() == 1 { to_vector(&full, a)? } else { full })
    } else {
        None
    };
    let for_b = if needs_b {
        if right.dim() == 2 && left.dim() > 2 {
            let full = left.flatten(0, -2)?.t()?.mm(&grad.flatten(0, -2)?)?;
            Some(if b.dim() == 1 { full.squeeze_dims(&[-1])? } else { full })
        } else {
            let full = left.transpose(-2, -1)?.matmul(&grad)?;
            Some(if b.dim() == 1 { to_vector(&full, b)? } else { full })
        }
    } else {
        None
    };
    Ok(vec![for_a, for_b])
}

fn column(t: &Value) -> Result<Value> {
    if t.dim() == 1 { t.unsqueeze(1) } else { Ok(t.clone()) }
}

/// Sums everything but the one dimension of a vector operand.
fn to_vector(full: &Value, vector: &Value) -> Result<Value> {
    let len = vector.numel() as i64;
    let keep_last = full.size(-1)? == vector.numel() && full.size(-2)? == 1;
    let flat =
        if keep_last { full.reshape(&[-1, len])? } else { full.transpose(-2, -1)?.reshape(&[-1, len])? };
    flat.sum_dims(&[0], false, None)
}

/// Gradients of an attention. Where they are recorded themselves, by products that are: the kernel's own have no gradient.
fn attention(c: &Context<'_>) -> Grads {
    let [q, k, v] = [c.args.tensor(0)?, c.args.tensor(1)?, c.args.tensor(2)?];
    let (grad, seen) = (c.grad()?, seen_keys(&c.args, Value::data)?);
    if c.needs(3) {
        let text = "the mask of this operator has no gradient";
        return Err(Error::not_implemented(c.name(), text));
    }
    let [result, sums] = c.results else {
        return Err(Error::runtime("backward", "an attention keeps its result and its sums"));
    };
    if ![q, k, v, &grad].iter().any(|x| x.is_recorded()) {
        let results = [result.data(), sums.data()];
        let found = q.data().attend_backward([k.data(), v.data()], &seen, results, grad.data())?;
        return Ok(found.into_iter().map(|grad| Some(Value::from(grad))).collect());
    }
    let scores = q.matmul(&k.transpose(-2, -1)?)?.mul(seen.scale)?;
    let (rows, columns) = (q.size(-2)? as i64, k.size(-2)? as i64);
    let mut hidden = seen.bias;
    if seen.causal {
        let behind = Tensor::ones(&[rows, columns], DType::Bool)?.tril(0)?;
        hidden = Some(Seen::bias_of(&behind, q.dtype())?);
    }
    let scores = match hidden {
        Some(bias) => scores.add(&Value::from(bias))?,
        None => scores,
    };
    // Shifted by what the sums were; a query that saw nothing keeps no weight.
    let sums = sums.data();
    let empty = sums.eq(f64::NEG_INFINITY)?;
    let shift = Value::from(sums.masked_fill(&empty, Scalar::Float(0.0))?.unsqueeze(-1)?);
    let powers = scores.sub(&shift)?.exp()?;
    let empty = Value::from(empty.to_dtype(q.dtype())?.unsqueeze(-1)?);
    let weights = powers.div(&powers.sum_dims(&[-1], true, None)?.add(&empty)?)?;
    let for_weights = grad.matmul(&v.transpose(-2, -1)?)?;
    let along = for_weights.mul(&weights)?.sum_dims(&[-1], true, None)?;
    let for_scores = weights.mul(&for_weights.sub(&along)?)?.mul(seen.scale)?;
    Ok(vec![
        Some(for_scores.matmul(k)?),
        Some(for_scores.transpose(-2, -1)?.matmul(q)?),
        Some(weights.transpose(-2, -1)?.matmul(&grad)?),
    ])
}
