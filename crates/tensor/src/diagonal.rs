//! Diagonals as views, matrices made of diagonals, and the triangles beside them.

use crate::element::{Number, with_element};
use crate::layout::{Layout, wrap_dim};
use crate::{DType, Error, Result, Tensor};

/// Two different dimensions, counted from the front.
fn wrap_pair(operator: &'static str, dim1: i64, dim2: i64, dim: usize) -> Result<(usize, usize)> {
    let (a, b) = (wrap_dim(operator, dim1, dim)?, wrap_dim(operator, dim2, dim)?);
    if a == b {
        return Err(Error::runtime(
            operator,
            format!("diagonal dimensions cannot be identical {dim1}, {dim2}"),
        )
        .found(dim1.to_string()));
    }
    Ok((a, b))
}

impl Tensor {
    /// The elements where the index of `dim2` exceeds that of `dim1` by `offset`, as a last dimension. A view.
    ///
    /// # Errors
    /// `IndexError` outside the dimensions; `RuntimeError` for one dimension named twice.
    pub fn diagonal(&self, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
        let (a, b) = wrap_pair("diagonal", dim1, dim2, self.dim())?;
        let (rows, columns) = (self.sizes()[a] as i64, self.sizes()[b] as i64);
        let length = if offset >= 0 {
            rows.min(columns.saturating_sub(offset))
        } else {
            rows.saturating_add(offset).min(columns)
        };
        let length = usize::try_from(length).unwrap_or(0);
        let mut start = self.layout().offset();
        if length > 0 {
            let stride = self.strides()[if offset >= 0 { b } else { a }];
            start += offset.unsigned_abs() as usize * stride;
        }
        let kept = || (0..self.dim()).filter(|&d| d != a && d != b);
        let sizes = kept().map(|d| self.sizes()[d]).chain([length]).collect();
        let step = self.strides()[a] + self.strides()[b];
        let strides = kept().map(|d| self.strides()[d]).chain([step]).collect();
        Ok(self.alias(Layout::derived(sizes, strides, start)))
    }

    /// Zeros with this tensor's last dimension on a diagonal of two new dimensions.
    ///
    /// # Errors
    /// As [`Tensor::diagonal`], in the dimensions of the result.
    pub fn diag_embed(&self, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
        let (a, b) = wrap_pair("diag_embed", dim1, dim2, self.dim() + 1)?;
        let Some((&last, lead)) = self.sizes().split_last() else {
            return wrap_dim("diag_embed", -1, 0).and_then(|_| self.copy());
        };
        let side = (last as i64).saturating_add(offset.saturating_abs());
        let mut sizes: Vec<i64> = lead.iter().map(|&s| s as i64).collect();
        sizes.insert(a.min(b), side);
        sizes.insert(a.max(b), side);
        let result = Tensor::zeros(&sizes, self.dtype())?;
        result.diagonal(offset, a as i64, b as i64)?.copy_(self)?;
        Ok(result)
    }

    /// The elements on and below a diagonal of the last two dimensions, zeros above it.
    ///
    /// # Errors
    /// `RuntimeError` for fewer than two dimensions.
    pub fn tril(&self, diagonal: i64) -> Result<Tensor> {
        self.triangle("tril", |row, column| column - row <= diagonal)
    }

    /// The elements on and above a diagonal of the last two dimensions, zeros below it.
    ///
    /// # Errors
    /// `RuntimeError` for fewer than two dimensions.
    pub fn triu(&self, diagonal: i64) -> Result<Tensor> {
        self.triangle("triu", |row, column| column - row >= diagonal)
    }

    fn triangle(&self, operator: &'static str, keeps: impl Fn(i64, i64) -> bool) -> Result<Tensor> {
        let &[.., rows, columns] = self.sizes() else {
            let text = format!("{operator}: input tensor must have at least 2 dimensions");
            return Err(Error::runtime(operator, text).shapes(&[self.sizes()]));
        };
        with_element!(self.dtype(), T => {
            let mut values = self.to_vec::<T>()?;
            for (at, value) in values.iter_mut().enumerate() {
                let (row, column) = (at / columns.max(1) % rows.max(1), at % columns.max(1));
                if !keeps(row as i64, column as i64) {
                    *value = T::ZERO;
                }
            }
            Tensor::from_vec(values, self.sizes())
        })
    }

    /// The sum of a matrix's diagonal; integers give int64.
    ///
    /// # Errors
    /// `RuntimeError` for another number of dimensions.
    pub fn trace(&self) -> Result<Tensor> {
        if self.dim() != 2 {
            let text = format!("trace: expected a matrix, but got tensor with dim {}", self.dim());
            return Err(Error::runtime("trace", text).shapes(&[self.sizes()]));
        }
        self.diagonal(0, 0, 1)?.sum(None)
    }

    /// The positions of the elements on and below a diagonal of a matrix: row numbers, then column numbers.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size.
    pub fn tril_indices(rows: i64, columns: i64, offset: i64, dtype: DType) -> Result<Tensor> {
        triangle_indices("tril_indices", rows, columns, dtype, |row, column| column - row <= offset)
    }

    /// The positions of the elements on and above a diagonal of a matrix: row numbers, then column numbers.
    ///
    /// # Errors
    /// `RuntimeError` for a negative size.
    pub fn triu_indices(rows: i64, columns: i64, offset: i64, dtype: DType) -> Result<Tensor> {
        triangle_indices("triu_indices", rows, columns, dtype, |row, column| column - row >= offset)
    }
}

fn triangle_indices(
    operator: &'static str,
    rows: i64,
    columns: i64,
    dtype: DType,
    keeps: impl Fn(i64, i64) -> bool,
) -> Result<Tensor> {
    for (name, size) in [("row", rows), ("col", columns)] {
        if size < 0 {
            return Err(Error::runtime(operator, format!("{name} must be non-negative, got{size}"))
                .expected("at least 0")
                .found(size.to_string()));
        }
    }
    // Refuses what memory cannot hold before walking over it.
    crate::layout::element_count(&[rows as usize, columns as usize])?;
    let cells = || (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let kept: Vec<(i64, i64)> = cells().filter(|&(row, column)| keeps(row, column)).collect();
    let places: Vec<i64> =
        kept.iter().map(|&(row, _)| row).chain(kept.iter().map(|&(_, column)| column)).collect();
    Tensor::from_vec(places, &[2, kept.len()])?.to_dtype(dtype)
}
