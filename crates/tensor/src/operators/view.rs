//! View operators, and copies.

use super::one;
use crate::MemoryFormat;
use crate::operator::Row;

pub(super) const ROWS: &[Row] = &[
    Row("view(Tensor(a) self, SymInt[] size) -> Tensor(a)", |a| one(a.tensor(0)?.view(&a.ints(1)?))),
    Row("reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)", |a| one(a.tensor(0)?.reshape(&a.ints(1)?))),
    Row("permute(Tensor(a) self, int[] dims) -> Tensor(a)", |a| one(a.tensor(0)?.permute(&a.ints(1)?))),
    Row("transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", |a| {
        one(a.tensor(0)?.transpose(a.int(1)?, a.int(2)?))
    }),
    Row("t(Tensor(a) self) -> Tensor(a)", |a| one(a.tensor(0)?.t())),
    Row("narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)", |a| {
        one(a.tensor(0)?.narrow(a.int(1)?, a.int(2)?, a.int(3)?))
    }),
    Row("select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)", |a| {
        one(a.tensor(0)?.select(a.int(1)?, a.int(2)?))
    }),
    Row(
        "slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)",
        |a| one(a.tensor(0)?.slice(a.int(1)?, a.int_or_none(2)?, a.int_or_none(3)?, a.int(4)?)),
    ),
    Row("squeeze(Tensor(a) self) -> Tensor(a)", |a| one(Ok(a.tensor(0)?.squeeze()))),
    Row("squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)", |a| {
        one(a.tensor(0)?.squeeze_dims(&[a.int(1)?]))
    }),
    Row("squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)", |a| {
        one(a.tensor(0)?.squeeze_dims(&a.ints(1)?))
    }),
    Row("unsqueeze(Tensor(a) self, int dim) -> Tensor(a)", |a| one(a.tensor(0)?.unsqueeze(a.int(1)?))),
    Row("expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)", |a| {
        a.refuse(2, "implicit")?;
        one(a.tensor(0)?.expand(&a.ints(1)?))
    }),
    Row("flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)", |a| {
        one(a.tensor(0)?.flatten(a.int(1)?, a.int(2)?))
    }),
    Row("split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]", |a| {
        a.tensor(0)?.split(a.int(1)?, a.int(2)?)
    }),
    Row("split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]", |a| {
        a.tensor(0)?.split_with_sizes(&a.ints(1)?, a.int(2)?)
    }),
    Row("chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]", |a| {
        a.tensor(0)?.chunk(a.int(1)?, a.int(2)?)
    }),
    Row("unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]", |a| a.tensor(0)?.unbind(a.int(1)?)),
    Row("contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)", |a| {
        let format = a.memory_format(1)?.unwrap_or(MemoryFormat::Contiguous);
        one(a.tensor(0)?.contiguous_in(format))
    }),
    Row("clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor", |a| {
        one(a.tensor(0)?.copy_in(a.memory_format(1)?.unwrap_or(MemoryFormat::Preserve)))
    }),
    Row("detach(Tensor(a) self) -> Tensor(a)", |a| one(Ok(a.tensor(0)?.clone()))),
];
