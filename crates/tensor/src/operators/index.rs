//! Joining, indexing and sorting.

use super::{one, two};
use crate::Tensor;
use crate::operator::Row;

pub(super) const ROWS: &[Row] = &[
    Row("cat(Tensor[] tensors, int dim=0) -> Tensor", |a| one(Tensor::cat(&a.tensors(0)?, a.int(1)?))),
    Row("stack(Tensor[] tensors, int dim=0) -> Tensor", |a| one(Tensor::stack(&a.tensors(0)?, a.int(1)?))),
    Row("index_select(Tensor self, int dim, Tensor index) -> Tensor", |a| {
        one(a.tensor(0)?.index_select(a.int(1)?, a.tensor(2)?))
    }),
    Row("gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor", |a| {
        a.refuse(3, "sparse_grad")?;
        one(a.tensor(0)?.gather(a.int(1)?, a.tensor(2)?))
    }),
    Row("scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", |a| {
        one(a.tensor(0)?.scatter_add(a.int(1)?, a.tensor(2)?, a.tensor(3)?))
    }),
    Row("masked_select(Tensor self, Tensor mask) -> Tensor", |a| {
        one(a.tensor(0)?.masked_select(a.tensor(1)?))
    }),
    Row("index.Tensor(Tensor self, Tensor?[] indices) -> Tensor", |a| {
        one(a.tensor(0)?.index(a.tensors_or_none(1)?))
    }),
    Row("nonzero(Tensor self) -> Tensor", |a| one(a.tensor(0)?.nonzero())),
    Row(
        "embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
        |a| {
            a.refuse(4, "sparse")?;
            one(a.tensor(0)?.embedding(a.tensor(1)?))
        },
    ),
    Row("one_hot(Tensor self, int num_classes=-1) -> Tensor", |a| one(a.tensor(0)?.one_hot(a.int(1)?))),
    Row("sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.sort(a.int(1)?, a.bool(2)?))
    }),
    Row("argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor", |a| {
        one(a.tensor(0)?.argsort(a.int(1)?, a.bool(2)?))
    }),
    Row(
        "topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)",
        |a| two(a.tensor(0)?.topk(a.int(1)?, a.int(2)?, a.bool(3)?)),
    ),
];
