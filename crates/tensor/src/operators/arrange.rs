//! Windows, diagonals, other arrangements, and copies with a part replaced.

use super::one;
use crate::operator::Row;

pub(super) const ROWS: &[Row] = &[
    Row("diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)", |a| {
        one(a.tensor(0)?.diagonal(a.int(1)?, a.int(2)?, a.int(3)?))
    }),
    Row("diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor", |a| {
        one(a.tensor(0)?.diag_embed(a.int(1)?, a.int(2)?, a.int(3)?))
    }),
    Row("tril(Tensor self, SymInt diagonal=0) -> Tensor", |a| one(a.tensor(0)?.tril(a.int(1)?))),
    Row("triu(Tensor self, SymInt diagonal=0) -> Tensor", |a| one(a.tensor(0)?.triu(a.int(1)?))),
    Row("trace(Tensor self) -> Tensor", |a| one(a.tensor(0)?.trace())),
    Row("unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)", |a| {
        one(a.tensor(0)?.unfold(a.int(1)?, a.int(2)?, a.int(3)?))
    }),
    Row(
        "as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a)",
        |a| one(a.tensor(0)?.restrided(&a.ints(1)?, &a.ints(2)?, a.int_or_none(3)?)),
    ),
    Row("flip(Tensor self, int[] dims) -> Tensor", |a| one(a.tensor(0)?.flip(&a.ints(1)?))),
    Row("roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor", |a| {
        one(a.tensor(0)?.roll(&a.ints(1)?, &a.ints(2)?))
    }),
    Row("repeat(Tensor self, SymInt[] repeats) -> Tensor", |a| one(a.tensor(0)?.repeat(&a.ints(1)?))),
    Row("repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor", |a| {
        one(a.tensor(0)?.repeat_interleave(a.int_or_none(1)?))
    }),
    Row("select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor", |a| {
        let (dim, index) = (a.int(2)?, a.int(3)?);
        one(a.tensor(0)?.with_written("select_scatter", a.tensor(1)?, |t| t.select(dim, index)))
    }),
    Row(
        "slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor",
        |a| {
            let (dim, start, end, step) = (a.int(2)?, a.int_or_none(3)?, a.int_or_none(4)?, a.int(5)?);
            one(a.tensor(0)?.with_written("slice_scatter", a.tensor(1)?, |t| t.slice(dim, start, end, step)))
        },
    ),
    Row("diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor", |a| {
        let (offset, dim1, dim2) = (a.int(2)?, a.int(3)?, a.int(4)?);
        one(a.tensor(0)?.with_written("diagonal_scatter", a.tensor(1)?, |t| t.diagonal(offset, dim1, dim2)))
    }),
    Row(
        "as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor",
        |a| {
            let (sizes, strides, offset) = (a.ints(2)?, a.ints(3)?, a.int_or_none(4)?);
            one(a
                .tensor(0)?
                .with_written("as_strided_scatter", a.tensor(1)?, |t| t.restrided(&sizes, &strides, offset)))
        },
    ),
];
