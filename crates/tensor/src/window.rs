//! Largest elements of windows: max pooling in one to three dimensions, plain, adaptive and fractional alike. A pool is a
//! list of windows along each dimension; every combination of them gives one result.

use std::ops::Range;

use crate::element::{Number, with_element, with_signed};
use crate::layout::element_count;
use crate::spread::{each_task, piece_len};
use crate::storage::{filled, reserve};
use crate::vectors::{Loop, widest};
use crate::{DType, Error, Result, Tensor};

/// A window along one dimension: the positions it covers and the step between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// From the first position to behind the last.
    pub range: Range<usize>,
    /// Distance of two neighbours.
    pub step: usize,
}

impl Window {
    fn positions(&self) -> impl Iterator<Item = usize> + Clone {
        self.range.clone().step_by(self.step.max(1))
    }
}

/// Windows over planes of some lines, and room for the best of each line.
struct Lines<'a, T> {
    windows: [&'a [Window]; 3],
    /// Lines of a layer.
    height: usize,
    width: usize,
    /// For each line and window along it: the largest element, and its place in the plane.
    best: Vec<(T, i64)>,
}

/// Writes the largest elements of a plane's windows, first those of each line: windows that overlap share them.
struct Largest<'a, 'b, T> {
    lines: &'a mut Lines<'b, T>,
    plane: &'a [T],
    values: &'a mut [T],
    places: &'a mut [i64],
}

/// Whether an element behind the best one takes its place.
#[inline(always)]
fn wins<T: Number>(value: T, best: T) -> bool {
    (value > best) | value.is_nan()
}

impl<T: Number> Loop for Largest<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Largest { lines: Lines { windows: [depth, rows, columns], height, width, best }, plane, .. } =
            self;
        let (height, width) = (*height, *width);
        best.clear();
        for (number, line) in plane.chunks_exact(width).enumerate() {
            let before = (number * width) as i64;
            best.extend(columns.iter().map(|window| {
                let mut found = (line[window.range.start], window.range.start);
                for x in window.positions().skip(1) {
                    found = if wins(line[x], found.0) { (line[x], x) } else { found };
                }
                (found.0, before + found.1 as i64)
            }));
        }
        let count = columns.len();
        let results = self.values.chunks_exact_mut(count).zip(self.places.chunks_exact_mut(count));
        let windows = depth.iter().flat_map(|z| rows.iter().map(move |y| (z, y)));
        for ((z, y), (values, places)) in windows.zip(results) {
            let mut lines = z.positions().flat_map(|z| y.positions().map(move |y| z * height + y));
            let first = lines.next().unwrap_or_default();
            for ((value, place), found) in
                values.iter_mut().zip(places.iter_mut()).zip(&best[first * count..])
            {
                (*value, *place) = *found;
            }
            for line in lines {
                let found = &best[line * count..(line + 1) * count];
                for ((value, place), &found) in values.iter_mut().zip(places.iter_mut()).zip(found) {
                    (*value, *place) = if wins(found.0, *value) { found } else { (*value, *place) };
                }
            }
        }
    }
}

impl Tensor {
    /// The largest element of each combination of windows over the last dimensions, and its row-major position in them.
    /// The first of equal elements wins, the last NaN beats all, as in PyTorch.
    ///
    /// # Errors
    /// `NotImplementedError` for bool; `RuntimeError` for more dimensions than the tensor has.
    pub fn window_max(&self, operator: &'static str, windows: &[Vec<Window>]) -> Result<(Tensor, Tensor)> {
        let lead = self.dim().checked_sub(windows.len());
        let lead = lead.ok_or_else(|| Error::runtime(operator, "more windows than dimensions"))?;
        let (outer_sizes, plane) = self.sizes().split_at(lead);
        let outside =
            windows.iter().zip(plane).any(|(along, &size)| along.iter().any(|w| w.range.end > size));
        if outside {
            return Err(Error::runtime(operator, "a window leaves the input").shapes(&[self.sizes()]));
        }
        let plane_len = element_count(plane)?;
        let sizes: Vec<usize> = outer_sizes.iter().copied().chain(windows.iter().map(Vec::len)).collect();
        let count = element_count(&sizes)?;
        // Three dimensions of windows, of which leading ones may be the whole of a dimension of size 1.
        let whole = vec![Window { range: 0..1, step: 1 }];
        let at = |back: usize| windows.len().checked_sub(back).and_then(|k| windows.get(k)).unwrap_or(&whole);
        let (depth, rows, columns) = (at(3), at(2), at(1));
        let side =
            |back: usize| plane.len().checked_sub(back).and_then(|k| plane.get(k)).copied().unwrap_or(1);
        let (height, width) = (side(2), side(1));
        let depth_and_height = plane_len / width.max(1);
        let per_plane = depth.len() * rows.len() * columns.len();
        if count > 0 && windows.iter().flatten().any(|window| window.range.is_empty()) {
            return Err(Error::runtime(operator, "a window without an element"));
        }
        with_signed!(self.dtype(), T => {
            let source = self.contiguous()?;
            let source = source.read::<T>()?;
            let mut values = filled(operator, count, T::ZERO)?;
            let mut places = filled(operator, count, 0i64)?;
            let together = (piece_len() / plane_len.max(1)).max(1);
            let planes = source.chunks((together * plane_len).max(1));
            let results = values.chunks_mut((together * per_plane).max(1));
            let at = places.chunks_mut((together * per_plane).max(1));
            each_task(planes.zip(results).zip(at), |((planes, values), places)| {
                let lines = reserve(operator, depth_and_height * columns.len())?;
                let mut lines = Lines { windows: [depth, rows, columns], height, width, best: lines };
                let results = values.chunks_mut(per_plane).zip(places.chunks_mut(per_plane));
                for (plane, (values, places)) in planes.chunks(plane_len.max(1)).zip(results) {
                    widest(Largest { lines: &mut lines, plane, values, places });
                }
                Ok(())
            })?;
            Ok((Tensor::from_rows(values, &sizes), Tensor::from_rows(places, &sizes)))
        }, else => Err(crate::arithmetic::kernel_missing(operator, operator, DType::Bool)))
    }

    /// These elements in memory as PyTorch lays out a result for an image: channels innermost if the image's are.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub(crate) fn lay_as(&self, image: &Tensor) -> Result<Tensor> {
        let order: &[usize] = match (image.dim(), self.dim()) {
            (4, 4) => &[1, 3, 2, 0],
            (5, 5) => &[1, 4, 3, 2, 0],
            _ => return Ok(self.clone()),
        };
        if !has_channels_innermost(image, order) {
            return Ok(self.clone());
        }
        let (mut strides, mut step) = (vec![1; self.dim()], 1);
        for &d in order {
            strides[d] = step;
            step *= self.sizes()[d].max(1);
        }
        self.copy_as(&strides)
    }

    /// Adds each element at its place in a plane of these sizes, the last dimensions of the result; places count in
    /// row-major order. Elements for one place are added in order.
    ///
    /// # Errors
    /// `IndexError` for a place outside the plane; `RuntimeError` if sizes differ.
    pub fn add_to_places(&self, operator: &'static str, places: &Tensor, plane: &[usize]) -> Result<Tensor> {
        self.to_places(operator, places, plane, true)
    }

    /// As [`Tensor::add_to_places`], but the last element for a place takes it.
    ///
    /// # Errors
    /// As [`Tensor::add_to_places`].
    pub fn put_to_places(&self, operator: &'static str, places: &Tensor, plane: &[usize]) -> Result<Tensor> {
        self.to_places(operator, places, plane, false)
    }

    fn to_places(
        &self,
        operator: &'static str,
        places: &Tensor,
        plane: &[usize],
        add: bool,
    ) -> Result<Tensor> {
        if self.sizes() != places.sizes() || self.dim() < plane.len() {
            return Err(Error::runtime(operator, "indices must have the same sizes as the input")
                .shapes(&[self.sizes(), places.sizes()]));
        }
        let lead = self.dim() - plane.len();
        let plane_len = element_count(plane)?;
        let taken = element_count(self.sizes().get(lead..).unwrap_or_default())?;
        let sizes = [self.sizes().get(..lead).unwrap_or_default(), plane].concat();
        let count = element_count(&sizes)?;
        let places = places.to_vec::<i64>()?;
        with_element!(self.dtype(), T => {
            let source = self.to_vec::<T>()?;
            let mut values = filled(operator, count, T::ZERO)?;
            for (at, (&value, &place)) in source.iter().zip(&places).enumerate() {
                let slot = usize::try_from(place).ok().filter(|&place| place < plane_len);
                let slot = slot.and_then(|place| values.get_mut(at / taken.max(1) * plane_len + place));
                let slot = slot.ok_or_else(|| {
                    Error::index(operator, format!("found an invalid max index: {place} (output volumes are of size {plane:?})"))
                })?;
                *slot = if add { slot.plus(value) } else { value };
            }
            Ok(Tensor::from_rows(values, &sizes))
        })
    }

    /// The elements at the places of a plane, the last `plane_dims` dimensions: the reverse of
    /// [`Tensor::put_to_places`].
    ///
    /// # Errors
    /// `IndexError` for a place outside the plane.
    pub fn take_from_places(&self, places: &Tensor, plane_dims: usize) -> Result<Tensor> {
        let lead = self.dim().saturating_sub(plane_dims) as i64;
        let (source, index) = if lead == self.dim() as i64 {
            (self.clone(), places.clone())
        } else {
            (self.flatten(lead, -1)?, places.flatten(lead, -1)?)
        };
        source.gather(-1, &index)?.reshape_to(places.sizes())
    }
}

/// Whether the strides ascend in this order of dimensions, channels first: PyTorch's `is_channels_last_strides`.
fn has_channels_innermost(image: &Tensor, order: &[usize]) -> bool {
    let (sizes, strides) = (image.sizes(), image.strides());
    let mut least = 0;
    if strides[1] == 0 {
        return false;
    }
    for &d in order {
        if sizes[d] == 0 || strides[d] < least || (d == 0 && least == strides[1]) {
            return false;
        }
        least = strides[d] * sizes[d].max(1);
    }
    true
}
