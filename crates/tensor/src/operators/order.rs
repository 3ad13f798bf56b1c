//! Sorting, order statistics and search.

use super::{one, two};
use crate::operator::{Args, Row};
use crate::{DType, Error, Operand, Result, Search, Tensor};

/// The side as a word and as a flag must not contradict each other.
fn search(a: &Args<'_>, side: Option<usize>) -> Result<Search> {
    let (out_int32, right) = (a.bool(2)?, a.bool(3)?);
    let side = side.map(|at| a.text(at)).transpose()?.flatten();
    match side {
        None => Ok(Search { right, out_int32 }),
        Some("left") if right => {
            let text = "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True";
            Err(Error::runtime("searchsorted", text))
        }
        Some(side @ ("left" | "right")) => Ok(Search { right: side == "right", out_int32 }),
        Some(side) => {
            let text = format!("torch.searchsorted(): side can only be 'left' or 'right' but got {side}");
            Err(Error::runtime("searchsorted", text).found(side))
        }
    }
}

/// A number as a 0-dim tensor for a search among others.
fn number(a: &Args<'_>, at: usize) -> Result<Tensor> {
    let value = a.scalar(at)?;
    Operand::Scalar(value).to_tensor(value.default_dtype())
}

fn three(result: Result<(Tensor, Tensor, Tensor)>) -> Result<Vec<Tensor>> {
    result.map(|(a, b, c)| vec![a, b, c])
}

/// What was not asked for is an empty tensor.
fn asked(
    a: &Args<'_>,
    inverse: usize,
    counts: usize,
    result: Result<(Tensor, Tensor, Tensor)>,
) -> Result<Vec<Tensor>> {
    let (values, found, occurrences) = result?;
    let none = || Tensor::zeros(&[0], DType::I64);
    Ok(vec![
        values,
        if a.bool(inverse)? { found } else { none()? },
        if a.bool(counts)? { occurrences } else { none()? },
    ])
}

/// A histogram over equal bins, and then the edges along each coordinate.
fn over_bins(a: &Args<'_>, bins: &[i64]) -> Result<Vec<Tensor>> {
    let edges = a.tensor(0)?.histogram_edges(bins, a.floats_or_none(2)?.as_deref())?;
    with_edges(a, edges)
}

fn with_edges(a: &Args<'_>, edges: Vec<Tensor>) -> Result<Vec<Tensor>> {
    let mut results = vec![a.tensor(0)?.histogramdd(&edges, a.tensor_or_none(3)?, a.bool(4)?)?];
    results.extend(edges);
    Ok(results)
}

pub(super) const ROWS: &[Row] = &[
    Row(
        "sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)",
        |a| two(a.tensor(0)?.sort(a.int(2)?, a.bool(3)?)),
    ),
    Row("argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor", |a| {
        one(a.tensor(0)?.argsort(a.int(2)?, a.bool(3)?))
    }),
    Row(
        "kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
        |a| two(a.tensor(0)?.kthvalue(a.int(1)?, a.int(2)?, a.bool(3)?)),
    ),
    Row("median(Tensor self) -> Tensor", |a| one(a.tensor(0)?.median(false))),
    Row("median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.median_dim(a.int(1)?, a.bool(2)?, false))
    }),
    Row("nanmedian(Tensor self) -> Tensor", |a| one(a.tensor(0)?.median(true))),
    Row("nanmedian.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.median_dim(a.int(1)?, a.bool(2)?, true))
    }),
    Row("mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)", |a| {
        two(a.tensor(0)?.mode(a.int(1)?, a.bool(2)?))
    }),
    Row("aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)", |a| {
        two(a.tensor(0)?.aminmax(a.int_or_none(1)?, a.bool(2)?))
    }),
    Row(
        "searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
        |a| one(a.tensor(0)?.searchsorted(a.tensor(1)?, search(a, Some(4))?, a.tensor_or_none(5)?)),
    ),
    Row(
        "searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
        |a| one(a.tensor(0)?.searchsorted(&number(a, 1)?, search(a, Some(4))?, a.tensor_or_none(5)?)),
    ),
    Row(
        "bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
        |a| one(a.tensor(0)?.bucketize(a.tensor(1)?, search(a, None)?)),
    ),
    Row(
        "bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
        |a| one(number(a, 0)?.bucketize(a.tensor(1)?, search(a, None)?)),
    ),
    Row(
        "isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> Tensor",
        |a| one(a.tensor(0)?.isin(a.tensor(1)?, a.bool(3)?)),
    ),
    Row(
        "isin.Tensor_Scalar(Tensor elements, Scalar test_element, *, bool assume_unique=False, bool invert=False) -> Tensor",
        |a| one(a.tensor(0)?.isin(&number(a, 1)?, a.bool(3)?)),
    ),
    Row(
        "isin.Scalar_Tensor(Scalar element, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> Tensor",
        |a| one(number(a, 0)?.isin(a.tensor(1)?, a.bool(3)?)),
    ),
    Row("nonzero_static(Tensor self, *, SymInt size, int fill_value=-1) -> Tensor", |a| {
        one(a.tensor(0)?.nonzero_static(a.int(1)?, a.int(2)?))
    }),
    Row(
        "_unique2(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)",
        |a| asked(a, 2, 3, a.tensor(0)?.unique(false)),
    ),
    Row(
        "unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)",
        // Both are computed anyhow, and PyTorch returns them whatever was asked.
        |a| three(a.tensor(0)?.unique_dim(a.int(1)?, false)),
    ),
    Row(
        "unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)",
        |a| match a.int_or_none(3)? {
            None => asked(a, 1, 2, a.tensor(0)?.unique(true)),
            Some(dim) => three(a.tensor(0)?.unique_dim(dim, true)),
        },
    ),
    Row("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor", |a| {
        one(a.tensor(0)?.histc(a.int(1)?, a.scalar(2)?, a.scalar(3)?))
    }),
    Row(
        "histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
        |a| {
            let edges = a.tensor(1)?;
            Ok(vec![a.tensor(0)?.histogram(edges, a.tensor_or_none(2)?, a.bool(3)?)?, edges.copy()?])
        },
    ),
    Row(
        "histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
        |a| {
            let x = a.tensor(0)?;
            let points = x.contiguous()?.reshape(&[x.numel() as i64, 1])?;
            let edges = points.histogram_edges(&[a.int(1)?], a.floats_or_none(2)?.as_deref())?;
            let [edges] = &edges[..] else {
                return Err(Error::runtime("histogram", "one coordinate has one sequence of edges"));
            };
            Ok(vec![x.histogram(edges, a.tensor_or_none(3)?, a.bool(4)?)?, edges.clone()])
        },
    ),
    Row(
        "histogramdd(Tensor self, int[] bins, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
        |a| over_bins(a, &a.ints(1)?),
    ),
    Row(
        "histogramdd.int_bins(Tensor self, int bins, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
        |a| {
            let coordinates = a.tensor(0)?.sizes().last().copied().unwrap_or(0);
            over_bins(a, &vec![a.int(1)?; coordinates])
        },
    ),
    Row(
        "histogramdd.TensorList_bins(Tensor self, Tensor[] bins, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)",
        |a| {
            let edges = a.tensors(1)?;
            with_edges(a, edges)
        },
    ),
];
