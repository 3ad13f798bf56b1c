//! Flips, turns and diagonals under numpy's names.

use tensor::{Error, MemoryFormat, Result, wrap_dim};

use super::one;
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

fn flip(x: &Variable, dims: &[i64]) -> Result<Variable> {
    call_one("flip", vec![x.into(), dims.into()])
}

fn flip_of_at_least(name: &'static str, x: &Variable, least: usize) -> Result<Variable> {
    if x.dim() < least {
        return Err(Error::runtime(name, format!("Input must be >= {least}-d.")).shapes(&[x.sizes()]));
    }
    flip(x, &[least as i64 - 1])
}

/// Quarter turns in a plane, from its first dimension towards its second.
fn rot90(x: &Variable, turns: i64, dims: &[i64]) -> Result<Variable> {
    const NAME: &str = "rot90";
    let &[from, to] = dims else {
        let text = format!("expected total rotation dims == 2, but got dims = {}", dims.len());
        return Err(Error::runtime(NAME, text).expected("2").found(dims.len().to_string()));
    };
    if x.dim() < 2 {
        let text = format!("expected total dims >= 2, but got total dims = {}", x.dim());
        return Err(Error::runtime(NAME, text).shapes(&[x.sizes()]));
    }
    if from == to || (from - to).abs() == x.dim() as i64 {
        let text = format!("expected rotation dims to be different, but got dim0 = {from} and dim1 = {to}");
        return Err(Error::runtime(NAME, text));
    }
    for (dim, which) in [(from, "dim0"), (to, "dim1")] {
        if wrap_dim(NAME, dim, x.dim()).is_err() {
            let text = format!("Rotation {which} out of range, {which} = {dim}");
            return Err(Error::runtime(NAME, text).shapes(&[x.sizes()]));
        }
    }
    match turns.rem_euclid(4) {
        1 => flip(x, &[to])?.transpose(from, to),
        2 => flip(x, dims),
        3 => flip(x, &[from])?.transpose(from, to),
        _ => call_one("clone", vec![x.into(), MemoryFormat::Contiguous.into()]),
    }
}

/// A matrix with a vector on a diagonal, or the diagonal of a matrix.
fn diag(x: &Variable, offset: i64) -> Result<Variable> {
    match x.dim() {
        1 => call_one("diag_embed", vec![x.into(), offset.into(), 0i64.into(), 1i64.into()]),
        2 => {
            let view = call_one("diagonal", vec![x.into(), offset.into(), 0i64.into(), 1i64.into()])?;
            call_one("clone", vec![(&view).into(), MemoryFormat::Contiguous.into()])
        }
        n => {
            let text = format!("diag(): Supports 1D or 2D tensors. Got {n}D");
            Err(Error::runtime("diag", text).shapes(&[x.sizes()]))
        }
    }
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "fliplr(Tensor self) -> Tensor",
        body: |a| one(flip_of_at_least("fliplr", a.tensor(0)?, 2)),
    },
    Composite {
        schema: "flipud(Tensor self) -> Tensor",
        body: |a| one(flip_of_at_least("flipud", a.tensor(0)?, 1)),
    },
    Composite {
        schema: "rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor",
        body: |a| one(rot90(a.tensor(0)?, a.int(1)?, &a.ints(2)?)),
    },
    Composite {
        schema: "diag(Tensor self, int diagonal=0) -> Tensor",
        body: |a| one(diag(a.tensor(0)?, a.int(1)?)),
    },
    Composite {
        schema: "diagflat(Tensor self, int offset=0) -> Tensor",
        body: |a| one(diag(&a.tensor(0)?.reshape(&[-1])?, a.int(1)?)),
    },
];
