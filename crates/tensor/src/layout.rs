//! Layout: how sizes, strides and an offset select elements of a storage. Checked before anything is
//! allocated, in arithmetic that cannot overflow unseen.

use crate::{Error, Result};

/// Most dimensions a tensor can have, as in PyTorch's iterators.
pub const DIM_MAX: usize = 64;

/// Sizes, strides in elements, and the offset of the first element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    sizes: Vec<usize>,
    strides: Vec<usize>,
    offset: usize,
}

/// Product of the sizes.
///
/// # Errors
/// `RuntimeError` when it does not fit the address space.
pub fn element_count(sizes: &[usize]) -> Result<usize> {
    // A zero anywhere makes the count zero even if the other sizes alone would overflow.
    if sizes.contains(&0) {
        return Ok(0);
    }
    let count = sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
    count.filter(|&n| n <= isize::MAX as usize / 8).ok_or_else(|| {
        Error::runtime("layout", "Storage size calculation overflowed")
            .shapes(&[sizes])
            .expected("fewer elements")
    })
}

/// Row-major strides; a size of 0 counts as 1, as in PyTorch.
pub fn contiguous_strides(sizes: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; sizes.len()];
    let mut step = 1usize;
    for (stride, &size) in strides.iter_mut().zip(sizes).rev() {
        *stride = step;
        step = step.saturating_mul(size.max(1));
    }
    strides
}

impl Layout {
    /// Row-major layout from offset 0.
    ///
    /// # Errors
    /// `RuntimeError` for more than 64 dimensions or too many elements.
    pub fn contiguous(sizes: &[usize]) -> Result<Layout> {
        element_count(sizes)?;
        check_rank(sizes.len())?;
        Ok(Layout { sizes: sizes.to_vec(), strides: contiguous_strides(sizes), offset: 0 })
    }

    /// Any layout that stays inside a storage of `storage_len` elements.
    ///
    /// # Errors
    /// `RuntimeError` named `RankStrideMismatch`, `StrideOverflow`, `OffsetOverflow` or `OutOfStorage`.
    pub fn strided(sizes: &[usize], strides: &[usize], offset: usize, storage_len: usize) -> Result<Layout> {
        let refuse = |name: &str, expected: String, found: String| {
            Error::runtime("layout", format!("{name}: expected {expected}, found {found}"))
                .shapes(&[sizes, strides])
                .expected(expected)
                .found(found)
        };
        check_rank(sizes.len())?;
        if sizes.len() != strides.len() {
            return Err(refuse(
                "RankStrideMismatch",
                format!("{} strides", sizes.len()),
                strides.len().to_string(),
            ));
        }
        let count = element_count(sizes)?;
        let mut span = 0usize;
        for (&size, &stride) in sizes.iter().zip(strides) {
            span = stride.checked_mul(size.saturating_sub(1)).and_then(|s| s.checked_add(span)).ok_or_else(
                || refuse("StrideOverflow", "strides within memory".into(), format!("{strides:?}")),
            )?;
        }
        let last = span
            .checked_add(offset)
            .ok_or_else(|| refuse("OffsetOverflow", "an offset within memory".into(), offset.to_string()))?;
        if count > 0 && last >= storage_len {
            return Err(refuse("OutOfStorage", format!("at most element {storage_len}"), last.to_string()));
        }
        Ok(Layout { sizes: sizes.to_vec(), strides: strides.to_vec(), offset })
    }

    /// A layout derived from a checked one by an operation that selects a subset of its elements.
    pub(crate) fn derived(sizes: Vec<usize>, strides: Vec<usize>, offset: usize) -> Layout {
        debug_assert_eq!(sizes.len(), strides.len());
        Layout { sizes, strides, offset }
    }

    /// Sizes of the dimensions.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }
    /// Steps between neighbours, in elements.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }
    /// Position of the first element in the storage.
    pub fn offset(&self) -> usize {
        self.offset
    }
    /// Number of dimensions.
    pub fn dim(&self) -> usize {
        self.sizes.len()
    }
    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Whether elements lie in row-major order without gaps; sizes of 1 do not count, empty is contiguous.
    pub fn is_contiguous(&self) -> bool {
        if self.sizes.contains(&0) {
            return true;
        }
        let mut step = 1;
        for (&size, &stride) in self.sizes.iter().zip(&self.strides).rev() {
            if size != 1 {
                if stride != step {
                    return false;
                }
                step *= size;
            }
        }
        true
    }

    /// Whether elements fill one gapless span in some order of the dimensions.
    pub fn is_dense(&self) -> bool {
        let mut order: Vec<usize> = (0..self.dim()).filter(|&d| self.sizes[d] != 1).collect();
        if self.sizes.contains(&0) {
            return true;
        }
        order.sort_by_key(|&d| self.strides[d]);
        let mut step = 1;
        for d in order {
            if self.strides[d] != step {
                return false;
            }
            step *= self.sizes[d];
        }
        true
    }

    /// Whether two index tuples may select the same element (a stride of 0, or overlapping spans).
    pub fn has_internal_overlap(&self) -> bool {
        self.sizes.iter().zip(&self.strides).any(|(&size, &stride)| size > 1 && stride == 0)
    }

    /// Strides that view these elements under other sizes, `None` if none exist (a copy is needed).
    pub fn view_strides(&self, sizes: &[usize]) -> Option<Vec<usize>> {
        if self.numel() == 0 {
            return Some(if self.sizes == sizes { self.strides.clone() } else { contiguous_strides(sizes) });
        }
        let mut strides = vec![1; sizes.len()];
        let mut view = sizes.len();
        let mut base_step = self.strides.last().copied().unwrap_or(1);
        let (mut base_count, mut view_count) = (1, 1);
        for d in (0..self.dim()).rev() {
            base_count *= self.sizes[d];
            let chunk_ends =
                d == 0 || (self.sizes[d - 1] != 1 && self.strides[d - 1] != base_count * base_step);
            if chunk_ends {
                while view > 0 && (view_count < base_count || sizes[view - 1] == 1) {
                    view -= 1;
                    strides[view] = view_count * base_step;
                    view_count *= sizes[view];
                }
                if view_count != base_count {
                    return None;
                }
                if d > 0 {
                    base_step = self.strides[d - 1];
                    (base_count, view_count) = (1, 1);
                }
            }
        }
        // A 0-dim tensor viewed with sizes of 1 keeps the strides of 1 it started with.
        if view > 0 && self.dim() > 0 {
            return None;
        }
        Some(strides)
    }
}

fn check_rank(dim: usize) -> Result<()> {
    if dim <= DIM_MAX {
        return Ok(());
    }
    Err(Error::runtime(
        "layout",
        format!("tensors of more than {DIM_MAX} dimensions are not supported, got {dim}"),
    )
    .expected(format!("at most {DIM_MAX} dimensions"))
    .found(dim.to_string()))
}

/// A dimension counted from the front, from one that may count from the back.
///
/// # Errors
/// `IndexError` outside `[-dim, dim - 1]`; a 0-dim tensor accepts -1 and 0.
pub fn wrap_dim(operator: &'static str, index: i64, dim: usize) -> Result<usize> {
    let range = dim.max(1) as i64;
    if index < -range || index >= range {
        return Err(Error::index(
            operator,
            format!(
                "Dimension out of range (expected to be in range of [{}, {}], but got {index})",
                -range,
                range - 1
            ),
        )
        .expected(format!("[{}, {}]", -range, range - 1))
        .found(index.to_string()));
    }
    Ok(if index < 0 { index + range } else { index } as usize)
}

/// Common sizes of operands by PyTorch's broadcasting rule.
///
/// # Errors
/// `RuntimeError` naming the first dimension from the back that differs.
pub fn broadcast_sizes(operator: &'static str, a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    if a == b {
        return Ok(a.to_vec());
    }
    let dim = a.len().max(b.len());
    let mut sizes = vec![1; dim];
    for back in 1..=dim {
        let size_of = |s: &[usize]| if back <= s.len() { s[s.len() - back] } else { 1 };
        let (x, y) = (size_of(a), size_of(b));
        sizes[dim - back] = match (x, y) {
            _ if x == y => x,
            (1, _) => y,
            (_, 1) => x,
            _ => {
                return Err(Error::runtime(
                    operator,
                    format!(
                        "The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton \
                         dimension {}",
                        dim - back
                    ),
                )
                .shapes(&[a, b])
                .expected(x.to_string())
                .found(y.to_string()));
            }
        };
    }
    Ok(sizes)
}

/// PyTorch's text of sizes, `[2, 3]`.
pub fn sizes_text(sizes: &[usize]) -> String {
    format!("{sizes:?}")
}
