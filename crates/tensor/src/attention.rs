//! Scaled dot product attention, head by head and some queries at a time: their scores fit a core's cache, and no matrix of
//! all scores is ever kept. The backward pass makes them again from the logarithms of their sums.

use crate::element::{Float, Number, with_float};
use crate::layout::{broadcast_sizes, element_count};
use crate::matmul::{Matrix, multiply_band, same_dtype};
use crate::pointwise::choose;
use crate::spread::each_task;
use crate::storage::{filled, reserve};
use crate::vectors::{Loop, widest};
use crate::{DType, Error, Result, Scalar, Tensor};

const OP: &str = "scaled_dot_product_attention";

/// Queries that are taken at a time.
const QUERIES: usize = 64;

/// Which keys a query sees, and how scores are scaled.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Added to the scores: numbers of the queries' dtype, whose sizes broadcast to `[…, L, S]`.
    pub bias: Option<Tensor>,
    /// Query `i` sees the keys up to `i`.
    pub causal: bool,
    /// What scores are multiplied by.
    pub scale: f64,
}

impl Seen {
    /// A mask as a bias: where it is false, minus infinity.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn bias_of(mask: &Tensor, dtype: DType) -> Result<Tensor> {
        if mask.dtype() != DType::Bool {
            return Ok(mask.clone());
        }
        let (zero, hidden) = (Scalar::Float(0.0), Scalar::Float(f64::NEG_INFINITY));
        with_float!(dtype, T => {
            choose::<T>(mask, &Tensor::scalar(zero, dtype), &Tensor::scalar(hidden, dtype))
        }, else => Err(Error::runtime(OP, "expected a float dtype").dtypes(&[dtype])))
    }
}

/// The sizes of queries `[…, L, E]`, keys `[…, S, E]` and values `[…, S, V]`.
struct Heads {
    outer: Vec<usize>,
    count: usize,
    queries: usize,
    keys: usize,
    width: usize,
    values: usize,
}

impl Heads {
    fn of(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Heads> {
        let fail = || {
            let text = "query, key and value need equal outer sizes, keys as wide as queries, and as many values as keys";
            Error::runtime(OP, text).shapes(&[query.sizes(), key.sizes(), value.sizes()])
        };
        same_dtype(OP, query, key)?;
        same_dtype(OP, query, value)?;
        let ([q @ .., queries, width], [k @ .., keys, width_k], [v @ .., keys_v, values]) =
            (query.sizes(), key.sizes(), value.sizes())
        else {
            return Err(fail());
        };
        if q != k || q != v || width != width_k || keys != keys_v {
            return Err(fail());
        }
        let [queries, keys, width, values] = [*queries, *keys, *width, *values];
        Ok(Heads { outer: q.to_vec(), count: element_count(q)?, queries, keys, width, values })
    }

    fn sized(&self, last: &[usize]) -> Vec<usize> {
        [&self.outer, last].concat()
    }

    /// The bias expanded to the scores' sizes, in a storage that none of the others shares.
    fn bias(&self, bias: &Tensor, others: &[Tensor]) -> Result<Tensor> {
        let sizes = self.sized(&[self.queries, self.keys]);
        if broadcast_sizes(OP, bias.sizes(), &sizes)? != sizes {
            let text = "a mask does not broadcast to the scores";
            return Err(Error::runtime(OP, text).shapes(&[bias.sizes(), &sizes]));
        }
        let wanted: Vec<i64> = sizes.iter().map(|&s| s as i64).collect();
        let shared = others.iter().any(|other| bias.shares_storage(other));
        if shared { bias.copy()?.expand(&wanted) } else { bias.expand(&wanted) }
    }
}

/// Row-major tensors of which no two share a storage: each storage is locked once.
fn separate(tensors: &[&Tensor]) -> Result<Vec<Tensor>> {
    let mut own: Vec<Tensor> = Vec::with_capacity(tensors.len());
    for t in tensors {
        let t = t.contiguous()?;
        let shared = own.iter().any(|other| t.shares_storage(other));
        own.push(if shared { t.copy()? } else { t });
    }
    Ok(own)
}

/// A head's bias: its elements, where it begins, and the steps between queries and between keys.
#[derive(Clone, Copy)]
struct Bias<'a, T> {
    values: &'a [T],
    start: usize,
    by_query: usize,
    by_key: usize,
}

impl<'a, T> Bias<'a, T> {
    fn of(values: &'a [T], bias: &Tensor, mut head: usize) -> Option<Bias<'a, T>> {
        let ([sizes @ .., _, _], [strides @ .., by_query, by_key]) = (bias.sizes(), bias.strides()) else {
            return None;
        };
        let mut start = bias.layout().offset();
        for (&size, &step) in sizes.iter().zip(strides).rev() {
            start += head % size * step;
            head /= size;
        }
        Some(Bias { values, start, by_query: *by_query, by_key: *by_key })
    }
}

/// Scores of some queries of a head become weights.
struct Weights<'a, T> {
    /// Rows of scores, then of weights.
    rows: &'a mut [T],
    keys: usize,
    /// The first query.
    first: usize,
    causal: bool,
    scale: T,
    bias: Option<Bias<'a, T>>,
    /// The logarithm of each row's sum; found, or, where `known`, used.
    sums: &'a mut [T],
    known: bool,
}

impl<T: Float> Loop for Weights<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let hidden = T::of(f64::NEG_INFINITY);
        for (number, row) in self.rows.chunks_exact_mut(self.keys).enumerate() {
            let query = self.first + number;
            let seen = if self.causal { (query + 1).min(self.keys) } else { self.keys };
            let (row, beyond) = row.split_at_mut(seen);
            beyond.fill(T::ZERO);
            row.iter_mut().for_each(|x| *x = x.times(self.scale));
            if let Some(Bias { values, start, by_query, by_key }) = self.bias {
                let from = start + query * by_query;
                row.iter_mut().enumerate().for_each(|(k, x)| *x = x.plus(values[from + k * by_key]));
            }
            let sum = &mut self.sums[number];
            if self.known {
                let shift = *sum;
                // A query that sees nothing has no weight.
                let empty = shift == hidden;
                row.iter_mut().for_each(|x| *x = if empty { T::ZERO } else { x.minus(shift).exponential() });
                continue;
            }
            let max = crate::softmax::largest(row);
            if max == hidden {
                row.fill(T::ZERO);
                *sum = hidden;
                continue;
            }
            row.iter_mut().for_each(|x| *x = x.minus(max).exponential());
            let total = crate::reduce::tree_sum(row, |x| x);
            row.iter_mut().for_each(|x| *x = x.over(total));
            *sum = max.plus(T::of(libm::log(total.wide())));
        }
    }
}

/// The gradient of scores from weights, and from the gradient of weights, which it replaces.
struct ScoreGrads<'a, T> {
    grads: &'a mut [T],
    weights: &'a [T],
    keys: usize,
    /// Of each query, the sum of its result's elements times their gradients.
    along: &'a [T],
    scale: T,
}

impl<T: Float> Loop for ScoreGrads<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.grads.chunks_exact_mut(self.keys).zip(self.weights.chunks_exact(self.keys));
        for ((grads, weights), &along) in rows.zip(self.along) {
            for (grad, &weight) in grads.iter_mut().zip(weights) {
                *grad = weight.times(grad.minus(along)).times(self.scale);
            }
        }
    }
}

fn matrix<T>(values: &[T], columns: usize) -> Matrix<'_, T> {
    Matrix { values, start: 0, row_step: columns, column_step: 1 }
}

fn turned<T>(values: &[T], columns: usize) -> Matrix<'_, T> {
    Matrix { values, start: 0, row_step: 1, column_step: columns }
}

impl Tensor {
    /// Values weighed by the softmax of scaled products of queries `self` `[…, L, E]` and keys `[…, S, E]`: `[…, L, V]`,
    /// and `[…, L]` logarithms of the sums that the weights were divided by. A query that sees no key gets zeros, and
    /// minus infinity.
    ///
    /// # Errors
    /// `RuntimeError` unless all have one float dtype and the sizes fit.
    pub fn attend(&self, key: &Tensor, value: &Tensor, seen: &Seen) -> Result<(Tensor, Tensor)> {
        let heads = Heads::of(self, key, value)?;
        let own = separate(&[self, key, value])?;
        let bias = seen.bias.as_ref().map(|bias| heads.bias(bias, &own)).transpose()?;
        with_float!(self.dtype(), T => {
            let reads = own.iter().map(Tensor::read::<T>).collect::<Result<Vec<_>>>()?;
            let [q, k, v]: [&[T]; 3] = std::array::from_fn(|at| &*reads[at]);
            let biased = bias.as_ref().map(Tensor::read_storage::<T>).transpose()?;
            let bias_of = |head| bias.as_ref().zip(biased.as_deref()).and_then(|(t, values)| Bias::of(values, t, head));
            let Heads { count, queries, keys, width, values, .. } = heads;
            let mut out = filled(OP, element_count(&[count, queries, values])?, T::ZERO)?;
            let mut sums = filled(OP, element_count(&[count, queries])?, T::of(f64::NEG_INFINITY))?;
            let mut tasks = Vec::new();
            if keys > 0 && values > 0 {
                let per_head = out.chunks_mut((queries * values).max(1)).zip(sums.chunks_mut(queries.max(1)));
                for (head, (out, sums)) in per_head.enumerate() {
                    let blocks = out.chunks_mut(QUERIES * values).zip(sums.chunks_mut(QUERIES));
                    tasks.extend(blocks.enumerate().map(|(block, (out, sums))| (head, block * QUERIES, out, sums)));
                }
            }
            each_task(tasks.into_iter(), |(head, first, out, sums)| {
                let m = sums.len();
                // A causal block sees no key behind its last query.
                let n = if seen.causal { keys.min(first + m) } else { keys };
                let mut rows = filled(OP, m * n, T::ZERO)?;
                let q = &q[(head * queries + first) * width..];
                let (k, v) = (&k[head * keys * width..], &v[head * keys * values..]);
                multiply_band(&mut rows, n, matrix(q, width), turned(k, width), [m, width, n])?;
                let bias = bias_of(head);
                let scale = T::of(seen.scale);
                widest(Weights {
                    rows: &mut rows, keys: n, first, causal: seen.causal, scale, bias, sums, known: false,
                });
                multiply_band(out, values, matrix(&rows, n), matrix(v, values), [m, n, values])
            })?;
            Ok((
                Tensor::from_rows(out, &heads.sized(&[queries, values])),
                Tensor::from_rows(sums, &heads.sized(&[queries])),
            ))
        }, else => Err(Error::runtime(OP, "expected a float dtype").dtypes(&[self.dtype()])))
    }

    /// The gradients of queries, keys and values of [`Tensor::attend`], from its results and the gradient of the first.
    ///
    /// # Errors
    /// As [`Tensor::attend`].
    pub fn attend_backward(
        &self,
        [key, value]: [&Tensor; 2],
        seen: &Seen,
        [result, sums]: [&Tensor; 2],
        grad: &Tensor,
    ) -> Result<[Tensor; 3]> {
        let heads = Heads::of(self, key, value)?;
        let along = grad.mul(result)?.sum_dims(&[-1], false, None)?;
        let own = separate(&[self, key, value, grad, &along, sums])?;
        let bias = seen.bias.as_ref().map(|bias| heads.bias(bias, &own)).transpose()?;
        with_float!(self.dtype(), T => {
            let reads = own.iter().map(Tensor::read::<T>).collect::<Result<Vec<_>>>()?;
            let [q, k, v, g, along, sums]: [&[T]; 6] = std::array::from_fn(|at| &*reads[at]);
            let biased = bias.as_ref().map(Tensor::read_storage::<T>).transpose()?;
            let bias_of = |head| bias.as_ref().zip(biased.as_deref()).and_then(|(t, values)| Bias::of(values, t, head));
            let Heads { count, queries, keys, width, values, .. } = heads;
            let empty = |sizes: &[usize]| filled(OP, element_count(sizes)?, T::ZERO);
            let mut dq = empty(&[count, queries, width])?;
            let mut dk = empty(&[count, keys, width])?;
            let mut dv = empty(&[count, keys, values])?;
            if queries > 0 && keys > 0 && width > 0 && values > 0 {
                let parts = dq.chunks_mut(queries * width).zip(dk.chunks_mut(keys * width));
                let parts: Vec<_> = parts.zip(dv.chunks_mut(keys * values)).enumerate().collect();
                each_task(parts.into_iter(), |(head, ((dq, dk), dv))| {
                    let (k, v) = (&k[head * keys * width..], &v[head * keys * values..]);
                    for first in (0..queries).step_by(QUERIES) {
                        let m = QUERIES.min(queries - first);
                        let n = if seen.causal { keys.min(first + m) } else { keys };
                        let at = head * queries + first;
                        let (q, g) = (&q[at * width..], &g[at * values..]);
                        let mut weights = filled(OP, m * n, T::ZERO)?;
                        multiply_band(&mut weights, n, matrix(q, width), turned(k, width), [m, width, n])?;
                        let bias = bias_of(head);
                        let mut known = reserve(OP, m)?;
                        known.extend_from_slice(&sums[at..at + m]);
                        let scale = T::of(seen.scale);
                        widest(Weights {
                            rows: &mut weights, keys: n, first, causal: seen.causal, scale, bias,
                            sums: &mut known, known: true,
                        });
                        multiply_band(dv, values, turned(&weights, n), matrix(g, values), [n, m, values])?;
                        let mut grads = filled(OP, m * n, T::ZERO)?;
                        multiply_band(&mut grads, n, matrix(g, values), turned(v, values), [m, values, n])?;
                        widest(ScoreGrads {
                            grads: &mut grads, weights: &weights, keys: n, along: &along[at..at + m], scale,
                        });
                        let rows = &mut dq[first * width..(first + m) * width];
                        multiply_band(rows, width, matrix(&grads, n), matrix(k, width), [m, n, width])?;
                        multiply_band(dk, width, turned(&grads, n), matrix(q, width), [n, m, width])?;
                    }
                    Ok(())
                })?;
            }
            Ok([
                Tensor::from_rows(dq, self.sizes()),
                Tensor::from_rows(dk, key.sizes()),
                Tensor::from_rows(dv, value.sizes()),
            ])
        }, else => Err(Error::runtime(OP, "expected a float dtype").dtypes(&[self.dtype()])))
    }
}
