//! The loops behind elementwise operators: one operand, two operands, three operands, with broadcasting.
//! A result keeps its operands' memory order, as PyTorch's iterator does.

use crate::element::Element;
use crate::layout::broadcast_sizes;
use crate::spread::{Piece, spread, spread_rows};
use crate::traverse::{broadcast_strides, memory_order, strides_in_order};
use crate::vectors::{Loop, Step, widest};
use crate::{DType, Error, Result, ResultType, Scalar, Tensor};

/// The right-hand side of a binary operator: a tensor or a plain number.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// A tensor.
    Tensor(&'a Tensor),
    /// A plain number, which lifts only the category of the result.
    Scalar(Scalar),
}

impl<'a> From<&'a Tensor> for Operand<'a> {
    fn from(t: &'a Tensor) -> Self {
        Operand::Tensor(t)
    }
}
impl<S: Into<Scalar>> From<S> for Operand<'_> {
    fn from(s: S) -> Self {
        Operand::Scalar(s.into())
    }
}

impl Operand<'_> {
    /// Adds this operand to a promotion.
    pub(crate) fn promote(self, types: ResultType) -> ResultType {
        match self {
            Operand::Tensor(t) => types.tensor(t.dtype(), t.dim()),
            Operand::Scalar(s) => types.scalar(s),
        }
    }
    /// The dtype, a number's default one.
    pub(crate) fn dtype(self) -> DType {
        match self {
            Operand::Tensor(t) => t.dtype(),
            Operand::Scalar(s) => s.default_dtype(),
        }
    }
    /// The operand as a tensor of a dtype.
    pub(crate) fn to_tensor(self, dtype: DType) -> Result<Tensor> {
        match self {
            Operand::Tensor(t) => t.to_dtype(dtype),
            Operand::Scalar(s) => Ok(Tensor::scalar(s, dtype)),
        }
    }
}

/// The common dtype of a tensor and an operand.
pub(crate) fn common_dtype(a: &Tensor, b: Operand<'_>) -> DType {
    b.promote(ResultType::new().tensor(a.dtype(), a.dim())).finish()
}

/// One result per element.
pub(crate) fn map<T: Element, U: Element>(
    operator: &'static str,
    t: &Tensor,
    f: impl Fn(T) -> U + Sync,
) -> Result<Tensor> {
    if t.layout().is_dense() {
        return map_dense(operator, t, |values, out| out.extend(values.iter().map(|&x| f(x))));
    }
    let order = memory_order(t.sizes(), &[t.strides().to_vec()]);
    let walk = t.permuted(&order);
    let source = t.read_storage::<T>()?;
    let source: &[T] = &source;
    let offset = walk.layout().offset();
    let values =
        spread_rows(operator, walk.sizes(), [walk.strides()], [offset], |[at], len, [step], out| {
            out.extend((0..len).map(|i| f(source[at + i * step])));
        })?;
    Ok(Tensor::from_parts(values, t.sizes().to_vec(), strides_in_order(t.sizes(), &order)))
}

/// As [`map`], by vectors: for a function without branches and calls, which is inlined, and of which a loop is worth a copy
/// for each width.
pub(crate) fn map_vectors<T: Element, U: Element>(
    operator: &'static str,
    t: &Tensor,
    f: impl Step<T, U>,
) -> Result<Tensor> {
    map_dense(operator, &gapless(t)?, |values, out| widest(Mapped { values, out, f: &f }))
}

/// The same elements without gaps between them.
fn gapless(t: &Tensor) -> Result<Tensor> {
    if t.layout().is_dense() {
        return Ok(t.clone());
    }
    t.copy_as(&strides_in_order(t.sizes(), &memory_order(t.sizes(), &[t.strides().to_vec()])))
}

/// As [`map_vectors`], for a function that `holds` where a test without branches says so; other elements, which are few, are
/// given to `other`.
pub(crate) fn map_vectors_where<T: Element, U: Element>(
    operator: &'static str,
    t: &Tensor,
    f: impl Step<T, U>,
    holds: impl Step<T, bool>,
    other: impl Fn(T) -> U + Sync,
) -> Result<Tensor> {
    map_dense(operator, &gapless(t)?, |values, out| {
        widest(MappedWhere { values, out, f: &f, holds: &holds, other: &other });
    })
}

struct MappedWhere<'a, 'b, T, U, F, H, O> {
    values: &'a [T],
    out: &'a mut Piece<'b, U>,
    f: &'a F,
    holds: &'a H,
    other: &'a O,
}

impl<T: Element, U: Element, F: Step<T, U>, H: Step<T, bool>, O: Fn(T) -> U> Loop
    for MappedWhere<'_, '_, T, U, F, H, O>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let written = self.out.map(self.values, self.f);
        let values = &self.values[..written.len()];
        if values.iter().fold(true, |all, &x| all & self.holds.of(x)) {
            return;
        }
        for (result, &x) in written.iter_mut().zip(values) {
            if !self.holds.of(x) {
                *result = (self.other)(x);
            }
        }
    }
}

struct Mapped<'a, 'b, T, U, F> {
    values: &'a [T],
    out: &'a mut Piece<'b, U>,
    f: &'a F,
}

impl<T: Element, U: Element, F: Step<T, U>> Loop for Mapped<'_, '_, T, U, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.out.map(self.values, self.f);
    }
}

/// Results of a gapless tensor, written slice by slice.
fn map_dense<T: Element, U: Element>(
    operator: &'static str,
    t: &Tensor,
    slice: impl Fn(&[T], &mut Piece<'_, U>) + Sync,
) -> Result<Tensor> {
    let source = t.read_span::<T>()?;
    let source: &[T] = &source;
    let values = spread(operator, source.len(), 1, |at, piece| slice(&source[at..], piece))?;
    Ok(Tensor::from_parts(values, t.sizes().to_vec(), t.strides().to_vec()))
}

/// The loop over two slices: one copy of it for each operator and dtype, because these copies are most of the
/// crate's build time.
#[inline(never)]
fn zip_slices<T: Element, U: Element>(x: &[T], y: &[T], out: &mut Piece<'_, U>, f: &impl Fn(T, T) -> U) {
    out.extend(x.iter().zip(y).map(|(&x, &y)| f(x, y)));
}

/// One result per pair of elements of two tensors of the same dtype.
pub(crate) fn zip<T: Element, U: Element>(
    operator: &'static str,
    a: &Tensor,
    b: &Tensor,
    f: impl Fn(T, T) -> U + Sync,
) -> Result<Tensor> {
    let same_storage = a.shares_storage(b);
    if !same_storage && a.sizes() == b.sizes() && a.strides() == b.strides() && a.layout().is_dense() {
        let (x, y) = (a.read_span::<T>()?, b.read_span::<T>()?);
        let (x, y): (&[T], &[T]) = (&x, &y);
        let values = spread(operator, a.numel(), 1, |at, piece| zip_slices(&x[at..], &y[at..], piece, &f))?;
        return Ok(Tensor::from_parts(values, a.sizes().to_vec(), a.strides().to_vec()));
    }
    let sizes = broadcast_sizes(operator, a.sizes(), b.sizes())?;
    let strides = [a, b].map(|t| broadcast_strides(t.sizes(), t.strides(), &sizes));
    let order = memory_order(&sizes, &strides);
    let in_order = |s: &[usize]| -> Vec<usize> { order.iter().map(|&d| s[d]).collect() };
    let (walk, sa, sb) = (in_order(&sizes), in_order(&strides[0]), in_order(&strides[1]));
    let x = a.read_storage::<T>()?;
    let y = if same_storage { None } else { Some(b.read_storage::<T>()?) };
    let (x, y): (&[T], &[T]) = (&x, y.as_deref().unwrap_or(&x));
    let offsets = [a.layout().offset(), b.layout().offset()];
    let values = spread_rows(operator, &walk, [&sa, &sb], offsets, |[p, q], len, steps, out| match steps {
        [1, 1] => zip_slices(&x[p..p + len], &y[q..q + len], out, &f),
        [1, 0] => {
            let right = y[q];
            out.extend(x[p..p + len].iter().map(|&x| f(x, right)));
        }
        [s, t] => out.extend((0..len).map(|i| f(x[p + i * s], y[q + i * t]))),
    })?;
    Ok(Tensor::from_parts(values, sizes.clone(), strides_in_order(&sizes, &order)))
}

/// The elements of `a` where the condition holds, of `b` elsewhere; `a` and `b` share a dtype.
pub(crate) fn choose<T: Element>(condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let sizes =
        broadcast_sizes("where", condition.sizes(), &broadcast_sizes("where", a.sizes(), b.sizes())?)?;
    // Operands of one storage are told apart by a copy, so that each storage is locked once.
    let b = b.apart_from(a)?;
    let apart = !condition.shares_storage(a) && !condition.shares_storage(&b);
    let condition = if apart { condition.clone() } else { condition.copy()? };
    let strides = [&condition, a, &b].map(|t| broadcast_strides(t.sizes(), t.strides(), &sizes));
    let order = memory_order(&sizes, &strides);
    let in_order = |s: &[usize]| -> Vec<usize> { order.iter().map(|&d| s[d]).collect() };
    let [sc, sa, sb] = [&strides[0], &strides[1], &strides[2]].map(|s| in_order(s));
    let (c, x, y) = (condition.read_storage::<bool>()?, a.read_storage::<T>()?, b.read_storage::<T>()?);
    let (c, x, y): (&[bool], &[T], &[T]) = (&c, &x, &y);
    let (walk, strides) = (in_order(&sizes), [sc.as_slice(), &sa, &sb]);
    let offsets = [condition.layout().offset(), a.layout().offset(), b.layout().offset()];
    let values = spread_rows("where", &walk, strides, offsets, |[p, q, r], len, [s, t, u], out| {
        out.extend((0..len).map(|i| if c[p + i * s] { x[q + i * t] } else { y[r + i * u] }));
    })?;
    Ok(Tensor::from_parts(values, sizes.clone(), strides_in_order(&sizes, &order)))
}

/// Overwrites a tensor with another one of sizes that broadcast to it, converting the elements.
pub(crate) fn overwrite(operator: &'static str, target: &Tensor, source: &Tensor) -> Result<()> {
    let sizes: Vec<i64> = target.sizes().iter().map(|&s| s as i64).collect();
    let source = source.to_dtype(target.dtype())?;
    let source = source.apart_from(target)?;
    let broadcast = broadcast_sizes(operator, target.sizes(), source.sizes())?;
    if broadcast != target.sizes() {
        let text =
            format!("output with shape {:?} doesn't match the broadcast shape {broadcast:?}", target.sizes());
        return Err(Error::runtime(operator, text).shapes(&[target.sizes(), source.sizes()]));
    }
    let source = source.expand(&sizes)?;
    crate::element::with_element!(target.dtype(), T => {
        let values = source.to_vec::<T>()?;
        let mut next = 0;
        target.write_rows::<T>(operator, |all, at, len, step| {
            if step == 1 {
                all[at..at + len].copy_from_slice(&values[next..next + len]);
            } else {
                for i in 0..len {
                    all[at + i * step] = values[next + i];
                }
            }
            next += len;
        })
    })
}

impl Tensor {
    /// `f` of each element, computed in f64 and rounded once to this float dtype.
    ///
    /// # Errors
    /// `RuntimeError` for integers.
    pub fn map_float(&self, operator: &'static str, f: impl Fn(f64) -> f64 + Sync) -> Result<Tensor> {
        match self.dtype() {
            DType::F32 => map(operator, self, |x: f32| f(f64::from(x)) as f32),
            _ => map(operator, self, f),
        }
    }

    /// `f` of each pair of elements of two tensors of one float dtype, computed in f64 and rounded once.
    ///
    /// # Errors
    /// `RuntimeError` for integers, two dtypes, or sizes that do not broadcast.
    pub fn zip_float(
        &self,
        operator: &'static str,
        other: &Tensor,
        f: impl Fn(f64, f64) -> f64 + Sync,
    ) -> Result<Tensor> {
        match self.dtype() {
            DType::F32 => zip(operator, self, other, |x: f32, y: f32| f(f64::from(x), f64::from(y)) as f32),
            _ => zip(operator, self, other, f),
        }
    }
}
