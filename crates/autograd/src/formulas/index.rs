//! Joining, indexing and sorting.

use tensor::{Result, wrap_dim};

use super::one;
use super::scatter::{plain, windowed};
use crate::formula::{Formula, none, row};
use crate::graph::Context;
use crate::value::Value;

pub(super) const ROWS: &[Formula] = &[
    row(&["cat"], "CatBackward0", &[], &[], |c| {
        let (g, dim) = (c.grad()?, c.args.int(1)?);
        let mut start = 0;
        let mut grads = Vec::with_capacity(c.input_count());
        for k in 0..c.input_count() {
            let sizes = c.sizes(k);
            // An empty vector joins anything and receives nothing.
            if sizes == [0] && g.dim() != 1 {
                grads.push(Some(c.zeros(k)?));
                continue;
            }
            let length = sizes[wrap_dim("cat", dim, sizes.len())?];
            grads.push(Some(g.narrow(dim, start, length)?));
            start += length;
        }
        Ok(grads)
    }),
    row(&["stack"], "StackBackward0", &[], &[], |c| {
        let g = c.grad()?;
        Ok(g.unbind(c.args.int(1)?)?.into_iter().map(Some).collect())
    }),
    row(&["index_select"], "IndexSelectBackward0", &[2], &[], |c| {
        let zeros = c.zeros(0)?;
        if zeros.dim() == 0 {
            return one(c.grad()?.reshape(&[]));
        }
        let d = wrap_dim("index_select", c.args.int(1)?, zeros.dim())?;
        let mut indices = vec![None; d];
        indices.push(Some(c.args.tensor(2)?.data().reshape(&[-1])?));
        one(zeros.index_put(&indices, &c.grad()?, true))
    }),
    row(&["gather"], "GatherBackward0", &[2], &[], |c| {
        one(c.zeros(0)?.scatter_add(c.args.int(1)?, c.args.tensor(2)?, &c.grad()?))
    }),
    row(&["scatter_add"], "ScatterAddBackward0", &[2], &[], |c| {
        let g = c.grad()?;
        let source = if c.needs(2) {
            Some(windowed(c, 2, &g.gather(c.args.int(1)?, c.args.tensor(2)?)?)?)
        } else {
            None
        };
        Ok(vec![Some(g), None, source])
    }),
    row(&["masked_select"], "MaskedSelectBackward0", &[1], &[], |c| {
        let mask = c.args.tensor(1)?;
        let own: Vec<usize> = c.sizes(0).iter().map(|&s| s as usize).collect();
        let sizes: Vec<i64> =
            tensor::broadcast_sizes("masked_select", &own, mask.sizes())?.iter().map(|&s| s as i64).collect();
        let mask = mask.expand(&sizes)?.contiguous()?;
        let zeros = Value::zeros(&sizes, c.grad()?.dtype())?;
        if mask.dim() == 0 {
            let g = c.grad()?;
            return one(if g.numel() == 1 { g.reshape(&[]) } else { Ok(zeros) });
        }
        one(zeros.index_put(&[Some(mask.into_data())], &c.grad()?, false))
    }),
    row(&["index.Tensor"], "IndexBackward0", &[1], &[], |c| {
        one(c.zeros(0)?.index_put(&plain(c.args.tensors_or_none(1)?), &c.grad()?, true))
    }),
    row(&["embedding"], "EmbeddingBackward0", &[1], &[], |c| {
        let indices = c.args.tensor(1)?.data();
        let mut g = c.grad()?;
        if c.args.bool(3)? {
            // Each row's gradient is divided by how often the row was looked up.
            let ones =
                Value::ones(&indices.sizes().iter().map(|&n| n as i64).collect::<Vec<_>>(), g.dtype())?;
            let rows = Value::zeros(&c.sizes(0)[..1], g.dtype())?;
            let counts = rows.index_put(&[Some(indices.clone())], &ones, true)?;
            g = g.div(&counts.index(&[Some(indices.clone())])?.unsqueeze(-1)?)?;
        }
        let summed = c.zeros(0)?.index_put(&[Some(indices.clone())], &g, true)?;
        let padding = c.args.int(2)?;
        if padding >= 0 {
            return one(summed.without("EmbeddingBackward0", move |t| t.select(0, padding)));
        }
        one(Ok(summed))
    }),
    row(&["sort"], "SortBackward0", &[], &[1], |c| one(to_origin(c, c.args.int(1)?))),
    row(&["topk"], "TopkBackward0", &[], &[1], |c| one(to_origin(c, c.args.int(2)?))),
    none(&["nonzero", "one_hot", "argsort"], "the result holds positions"),
];

/// The gradient sent back to the positions the values came from.
pub(super) fn to_origin(c: &Context<'_>, dim: i64) -> Result<Value> {
    let zeros = c.zeros(0)?;
    if zeros.dim() == 0 {
        return c.grad();
    }
    zeros.scatter_add(dim, c.result()?, &c.grad()?)
}
