//! Order statistics along a dimension: the k-th value, medians, the mode, both extremes at once. NaN counts as the
//! largest value.

use crate::element::{Element, with_element};
use crate::layout::wrap_dim;
use crate::sort::{order, sorted_places};
use crate::{Error, Result, Tensor, selection};

impl Tensor {
    /// For each row along a dimension one position that `choose` finds; the values there and the positions.
    fn chosen_along<T: Element>(
        &self,
        operator: &'static str,
        d: usize,
        keepdim: bool,
        choose: impl Fn(&[T]) -> usize + Sync,
    ) -> Result<(Tensor, Tensor)> {
        let places = self.along(operator, d, |row: &[T], out: &mut Vec<i64>| out.push(choose(row) as i64))?;
        if self.dim() == 0 {
            return Ok((self.copy()?, places));
        }
        let values = self.gather(d as i64, &places)?;
        if keepdim {
            return Ok((values, places));
        }
        let dims = [d as i64];
        Ok((values.squeeze_dims(&dims)?, places.squeeze_dims(&dims)?))
    }

    fn check_row(&self, operator: &'static str, d: usize) -> Result<()> {
        if self.sizes().get(d) == Some(&0) {
            let text = format!("{operator}(): Expected reduction dim {d} to have non-zero size.");
            return Err(Error::index(operator, text).shapes(&[self.sizes()]));
        }
        Ok(())
    }

    /// The k-th smallest value along a dimension, counted from 1, and where it came from.
    ///
    /// # Errors
    /// `RuntimeError` for k outside the dimension; `IndexError` outside the dimensions.
    pub fn kthvalue(&self, k: i64, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
        let d = wrap_dim("kthvalue", dim, self.dim())?;
        self.check_row("kthvalue", d)?;
        let size = self.sizes().get(d).copied().unwrap_or(1);
        if k < 1 || k > size as i64 {
            return Err(Error::runtime(
                "kthvalue",
                format!("kthvalue(): selected number k out of range for dimension {d}"),
            )
            .expected(format!("[1, {size}]"))
            .found(k.to_string()));
        }
        with_element!(self.dtype(), T => self.chosen_along("kthvalue", d, keepdim, |row: &[T]| {
            let (mut places, rank) = ((0..row.len()).collect::<Vec<_>>(), k as usize - 1);
            selection::quick_select(&mut places, rank, &|a, b| order(row[a], row[b]).is_gt());
            places.get(rank).copied().unwrap_or(0)
        }))
    }

    /// The lower of the middle values along a dimension, and where it came from; NaN if there is one, unless NaN is
    /// to be left out.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions or along one of size 0.
    pub fn median_dim(&self, dim: i64, keepdim: bool, skip_nan: bool) -> Result<(Tensor, Tensor)> {
        let operator = if skip_nan { "nanmedian" } else { "median" };
        let d = wrap_dim(operator, dim, self.dim())?;
        self.check_row(operator, d)?;
        with_element!(self.dtype(), T => self.chosen_along(operator, d, keepdim, |row: &[T]| middle(row, skip_nan)))
    }

    /// The lower of the middle values of all elements; of none, NaN.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn median(&self, skip_nan: bool) -> Result<Tensor> {
        if self.numel() == 0 {
            return Ok(Tensor::scalar(f64::NAN.into(), self.dtype()));
        }
        Ok(self.reshape_to(&[self.numel()])?.median_dim(0, false, skip_nan)?.0)
    }

    /// The most frequent value along a dimension, the smallest of several, and one of its positions.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions or along one of size 0.
    pub fn mode(&self, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
        let d = wrap_dim("mode", dim, self.dim())?;
        self.check_row("mode", d)?;
        with_element!(self.dtype(), T => self.chosen_along("mode", d, keepdim, |row: &[T]| {
            let mut places: Vec<usize> = (0..row.len()).collect();
            selection::sort(&mut places, &|a, b| order(row[a], row[b]).is_lt());
            let runs = places.chunk_by(|&a, &b| order(row[a], row[b]).is_eq());
            let longest = runs.fold((0, 0), |(length, place), run| match run.last() {
                Some(&last) if run.len() > length => (run.len(), last),
                _ => (length, place),
            });
            longest.1
        }))
    }

    /// The smallest and the largest values along a dimension, or of all elements.
    ///
    /// # Errors
    /// As [`Tensor::amax`]; `RuntimeError` for no elements at all.
    pub fn aminmax(&self, dim: Option<i64>, keepdim: bool) -> Result<(Tensor, Tensor)> {
        if dim.is_none() && self.numel() == 0 {
            let text =
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.";
            return Err(Error::runtime("aminmax", text).shapes(&[self.sizes()]));
        }
        let dims: Vec<i64> = dim.into_iter().collect();
        if let Some(&dim) = dims.first() {
            self.check_row("aminmax", wrap_dim("aminmax", dim, self.dim())?)?;
        }
        Ok((self.amin(&dims, keepdim)?, self.amax(&dims, keepdim)?))
    }
}

/// Where the lower middle value of a row stands.
fn middle<T: Element>(row: &[T], skip_nan: bool) -> usize {
    let first_nan = row.iter().position(|x| x.is_nan());
    if let (Some(at), false) = (first_nan, skip_nan) {
        return at;
    }
    let count = row.iter().filter(|x| !x.is_nan()).count();
    let places = sorted_places(row, false);
    places.get(count.saturating_sub(1) / 2).copied().unwrap_or(0)
}
