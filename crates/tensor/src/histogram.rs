//! Histograms over one or several coordinates.

use crate::arithmetic::kernel_missing;
use crate::element::{Element, Number, with_float};
use crate::layout::{contiguous_strides, element_count};
use crate::storage::filled;
use crate::{Error, Result, Tensor};

const NAME: &str = "histogramdd";

fn refuse<T>(text: String) -> Result<T> {
    Err(Error::runtime(NAME, format!("torch.histogramdd: {text}")))
}

/// The first position in a sequence whose element exceeds `x`, by halving: where the sequence does not ascend, what is
/// found depends on the order of the comparisons, which is that of `std::upper_bound`.
fn upper_bound<T: Element>(edges: &[T], x: T) -> usize {
    let (mut first, mut len) = (0, edges.len());
    while len > 0 {
        let half = len / 2;
        if edges.get(first + half).is_some_and(|&edge| x < edge) {
            len = half;
        } else {
            first += half + 1;
            len -= half + 1;
        }
    }
    first
}

/// The bin of a coordinate: the last one is closed, and outside of all there is none.
fn bin<T: Element>(edges: &[T], x: T) -> Option<usize> {
    let (&low, &high) = (edges.first()?, edges.last()?);
    if !(x >= low && x <= high) {
        return None;
    }
    let at = upper_bound(edges, x).checked_sub(1)?;
    Some(if at + 1 == edges.len() { at.checked_sub(1)? } else { at })
}

impl Tensor {
    /// The edges of equal bins along each coordinate, which is the last dimension: within a range for each, or between
    /// the extremes.
    ///
    /// # Errors
    /// `RuntimeError` for a count of bins that is not positive or of another number of coordinates, and for bounds that
    /// are not finite or descend.
    pub fn histogram_edges(&self, bins: &[i64], range: Option<&[f64]>) -> Result<Vec<Tensor>> {
        let coordinates = self.coordinates()?;
        if bins.len() != coordinates {
            let text = "histogramdd: The size of bins must be equal to the innermost dimension of the input.";
            return Err(Error::runtime(NAME, text).shapes(&[self.sizes()]));
        }
        if let Some(range) = range.filter(|range| range.len() != 2 * coordinates) {
            return refuse(format!(
                "for a {coordinates}-dimensional histogram range should have {} elements, but got {}",
                2 * coordinates,
                range.len()
            ));
        }
        let points = self.contiguous()?.reshape_to(&[self.numel() / coordinates.max(1), coordinates])?;
        let mut edges = Vec::with_capacity(coordinates);
        for (k, &count) in bins.iter().enumerate() {
            if count <= 0 {
                let text = format!("torch.histogram(): bins must be > 0, but got {count} for dimension {k}");
                return Err(Error::runtime(NAME, text).expected("at least 1").found(count.to_string()));
            }
            let (low, high) = match range.and_then(|range| range.get(2 * k..2 * k + 2)) {
                Some(&[low, high]) => (low, high),
                _ if points.numel() == 0 => (0.0, 1.0),
                _ => {
                    let column = points.select(1, k as i64)?;
                    (column.min()?.item()?.to_f64(), column.max()?.item()?.to_f64())
                }
            };
            if !low.is_finite() || !high.is_finite() {
                return refuse(format!("dimension {k}'s range [{low}, {high}] is not finite"));
            }
            if low > high {
                return refuse(format!(
                    "min should not exceed max, but got min {low} max {high} for dimension {k}"
                ));
            }
            // numpy's way out of a range without width.
            let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
            edges.push(Tensor::linspace(low, high, count + 1, Some(self.dtype()))?);
        }
        Ok(edges)
    }

    fn coordinates(&self) -> Result<usize> {
        if !self.dtype().is_float() {
            return Err(kernel_missing(NAME, NAME, self.dtype()));
        }
        match self.sizes() {
            [_, .., last] => Ok(*last),
            _ => {
                Err(Error::runtime(NAME, "torch.histogramdd: input tensor should have at least 2 dimensions")
                    .shapes(&[self.sizes()]))
            }
        }
    }

    fn check_histogram(&self, edges: &[Tensor], weight: Option<&Tensor>, coordinates: usize) -> Result<()> {
        if edges.len() != coordinates {
            return refuse(format!(
                "expected {coordinates} sequences of bin edges for a {coordinates}-dimensional histogram but got {}",
                edges.len()
            ));
        }
        for (k, edge) in edges.iter().enumerate() {
            if edge.dtype() != self.dtype() {
                return refuse(format!(
                    "input tensor and bins tensors should have the same dtype, but got input with dtype {} and bins for \
                     dimension {k} with dtype {}",
                    self.dtype().cpp_name(),
                    edge.dtype().cpp_name()
                ));
            }
            if edge.dim() != 1 {
                return refuse(format!(
                    "bins tensor should have one dimension, but got {} dimensions in the bins tensor for dimension {k}",
                    edge.dim()
                ));
            }
            if edge.numel() == 0 {
                return refuse(format!(
                    "bins tensor should have at least 1 element, but got 0 elements in the bins tensor for dimension {k}"
                ));
            }
        }
        let Some(weight) = weight else { return Ok(()) };
        if weight.dtype() != self.dtype() {
            return refuse(format!(
                "if weight tensor is provided, input tensor and weight tensor should have the same dtype, but got \
                 input({}), and weight({})",
                self.dtype().cpp_name(),
                weight.dtype().cpp_name()
            ));
        }
        if self.sizes().split_last().is_some_and(|(_, lead)| lead != weight.sizes()) {
            return refuse(format!(
                "if weight tensor is provided it should have the same shape as the input tensor excluding its innermost \
                 dimension, but got input with shape {:?} and weight with shape {:?}",
                self.sizes(),
                weight.sizes()
            ));
        }
        Ok(())
    }

    /// How many points, or how much weight, fall into each cell between edges along the coordinates, which are the last
    /// dimension; as a density, divided by the whole and by each cell's extent.
    ///
    /// # Errors
    /// `RuntimeError` for edges or weights of other dtypes or sizes; `NotImplementedError` for integers.
    pub fn histogramdd(&self, edges: &[Tensor], weight: Option<&Tensor>, density: bool) -> Result<Tensor> {
        let coordinates = self.coordinates()?;
        self.check_histogram(edges, weight, coordinates)?;
        let sizes: Vec<usize> = edges.iter().map(|edge| edge.numel() - 1).collect();
        let strides = contiguous_strides(&sizes);
        let mut cells = with_float!(self.dtype(), T => {
            let edges = edges.iter().map(Tensor::to_vec::<T>).collect::<Result<Vec<_>>>()?;
            let weights = weight.map(Tensor::to_vec::<T>).transpose()?;
            let mut cells = filled(NAME, element_count(&sizes)?, T::ZERO)?;
            for (at, point) in self.to_vec::<T>()?.chunks_exact(coordinates.max(1)).enumerate() {
                let bins = point.iter().zip(&edges).zip(&strides);
                let cell: Option<usize> = bins.map(|((&x, edges), &step)| Some(bin(edges, x)? * step)).sum();
                let mass = weights.as_ref().map_or(Some(T::ONE), |weights| weights.get(at).copied());
                if let (Some(cell), Some(mass)) = (cell.and_then(|cell| cells.get_mut(cell)), mass) {
                    *cell = cell.plus(mass);
                }
            }
            Tensor::from_vec(cells, &sizes)?
        }, else => return Err(kernel_missing(NAME, NAME, self.dtype())));
        if !density {
            return Ok(cells);
        }
        cells = cells.div(&cells.sum(None)?)?;
        for (k, edge) in edges.iter().enumerate() {
            let bins = sizes.get(k).map_or(0, |&size| size as i64);
            let widths = edge.narrow(0, 1, bins)?.sub(&edge.narrow(0, 0, bins)?)?;
            let mut along = vec![1; sizes.len()];
            if let Some(slot) = along.get_mut(k) {
                *slot = bins;
            }
            cells = cells.div(&widths.reshape(&along)?)?;
        }
        Ok(cells)
    }

    /// The edges and cells of a histogram of all elements.
    ///
    /// # Errors
    /// As [`Tensor::histogramdd`].
    pub fn histogram(&self, edges: &Tensor, weight: Option<&Tensor>, density: bool) -> Result<Tensor> {
        let points = self.contiguous()?.reshape_to(&[self.numel(), 1])?;
        let weight = weight.map(|weight| weight.contiguous()?.reshape_to(&[weight.numel()])).transpose()?;
        points.histogramdd(std::slice::from_ref(edges), weight.as_ref(), density)
    }
}
