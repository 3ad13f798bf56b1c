//! Sorting, order statistics and search.

use super::index::to_origin;
use super::one;
use super::reduce::{at_positions, shared_by_ties, shared_with};
use crate::formula::{Formula, none, row};

pub(super) const ROWS: &[Formula] = &[
    row(&["sort.stable"], "SortBackward1", &[], &[1], |c| one(to_origin(c, c.args.int(2)?))),
    row(&["kthvalue"], "KthvalueBackward0", &[], &[1], |c| {
        one(at_positions(c, c.args.int(2)?, c.args.bool(3)?))
    }),
    row(&["median"], "MedianBackward0", &[0], &[0], |c| one(shared_by_ties(c, &[], false))),
    row(&["nanmedian"], "NanmedianBackward0", &[0], &[0], |c| one(shared_by_ties(c, &[], false))),
    row(&["median.dim"], "MedianBackward1", &[], &[1], |c| {
        one(at_positions(c, c.args.int(1)?, c.args.bool(2)?))
    }),
    row(&["nanmedian.dim"], "NanmedianBackward1", &[], &[1], |c| {
        one(at_positions(c, c.args.int(1)?, c.args.bool(2)?))
    }),
    row(&["mode"], "ModeBackward0", &[], &[1], |c| one(at_positions(c, c.args.int(1)?, c.args.bool(2)?))),
    row(&["aminmax"], "AminmaxBackward0", &[0], &[0, 1], |c| {
        let dims: Vec<i64> = c.args.int_or_none(1)?.into_iter().collect();
        let mut sum = c.zeros(0)?;
        for (k, result) in c.results.iter().enumerate() {
            sum = sum.add(&shared_with(c, result, &c.grad_of(k)?, &dims, c.args.bool(2)?)?)?;
        }
        one(Ok(sum))
    }),
    none(
        &[
            "argsort.stable",
            "searchsorted.Tensor",
            "searchsorted.Scalar",
            "bucketize.Tensor",
            "bucketize.Scalar",
            "nonzero_static",
        ],
        "the result holds positions",
    ),
    none(
        &["isin.Tensor_Tensor", "isin.Tensor_Scalar", "isin.Scalar_Tensor"],
        "the result holds truth values",
    ),
    none(
        &[
            "histc",
            "histogram.bins_tensor",
            "histogram.bin_ct",
            "histogramdd",
            "histogramdd.int_bins",
            "histogramdd.TensorList_bins",
        ],
        "the result counts",
    ),
    none(&["_unique2", "unique_dim", "unique_consecutive"], "PyTorch has no derivative of these"),
];
