//! Frames, series and columns against pandas.

mod arithmetic;
pub(crate) mod convert;

use crate::row::Row;

/// The family's rows.
pub(crate) const ROWS: &[Row] = arithmetic::ROWS;
