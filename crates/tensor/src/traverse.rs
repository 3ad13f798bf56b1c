//! Walks several strided operands together, row by row, in row-major order of the given dimensions.

/// Calls `f(starts, len, steps)` for each innermost row of `N` operands that share sizes. Neighbouring
/// dimensions that every operand steps through evenly are merged first, so a contiguous walk is one row.
pub(crate) fn for_each_row<const N: usize>(
    sizes: &[usize],
    strides: [&[usize]; N],
    offsets: [usize; N],
    mut f: impl FnMut([usize; N], usize, [usize; N]),
) {
    if sizes.contains(&0) {
        return;
    }
    let mut merged = merged(sizes, strides);
    let (len, steps) = merged.pop().unwrap_or((1, [0; N]));
    let mut index = vec![0usize; merged.len()];
    let mut starts = offsets;
    loop {
        f(starts, len, steps);
        let mut d = merged.len();
        loop {
            let Some(next) = d.checked_sub(1) else { return };
            d = next;
            let (size, step) = merged[d];
            index[d] += 1;
            if index[d] < size {
                (0..N).for_each(|k| starts[k] += step[k]);
                break;
            }
            index[d] = 0;
            (0..N).for_each(|k| starts[k] -= step[k] * (size - 1));
        }
    }
}

/// Sizes and steps of the dimensions, those merged that every operand steps through evenly.
pub(crate) fn merged<const N: usize>(sizes: &[usize], strides: [&[usize]; N]) -> Vec<(usize, [usize; N])> {
    let mut merged: Vec<(usize, [usize; N])> = Vec::with_capacity(sizes.len());
    for (d, &size) in sizes.iter().enumerate() {
        if size == 1 {
            continue;
        }
        let steps = std::array::from_fn(|k| strides[k][d]);
        if let Some((outer_size, outer)) = merged.last_mut()
            && (0..N).all(|k| outer[k] == size * steps[k])
        {
            *outer_size *= size;
            *outer = steps;
            continue;
        }
        merged.push((size, steps));
    }
    merged
}

/// Order of the dimensions, outermost first, in which a result of these operands is laid out: PyTorch's
/// `TensorIterator::reorder_dimensions`. Operands' strides are already broadcast to `sizes`.
pub(crate) fn memory_order(sizes: &[usize], operands: &[Vec<usize>]) -> Vec<usize> {
    let dim = sizes.len();
    // Innermost first, as in the iterator.
    let mut order: Vec<usize> = (0..dim).rev().collect();
    let should_swap = |d0: usize, d1: usize| -> i32 {
        for strides in operands {
            let (s0, s1) = (strides[d0], strides[d1]);
            if s0 == 0 || s1 == 0 {
                continue;
            }
            if s0 < s1 {
                return -1;
            }
            if s0 > s1 {
                return 1;
            }
            if sizes[d0] > sizes[d1] {
                return 1;
            }
        }
        0
    };
    for i in 1..dim {
        let mut at = i;
        for below in (0..i).rev() {
            match should_swap(order[below], order[at]) {
                1 => {
                    order.swap(below, at);
                    at = below;
                }
                -1 => break,
                _ => {}
            }
        }
    }
    order.reverse();
    order
}

/// Strides of a gapless tensor whose dimensions lie in memory in this order, outermost first.
pub(crate) fn strides_in_order(sizes: &[usize], order: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; sizes.len()];
    let mut step = 1usize;
    for &d in order.iter().rev() {
        strides[d] = step;
        step = step.saturating_mul(sizes[d].max(1));
    }
    strides
}

/// An operand's strides under broadcast sizes: 0 where it repeats.
pub(crate) fn broadcast_strides(sizes: &[usize], strides: &[usize], to: &[usize]) -> Vec<usize> {
    let lead = to.len() - sizes.len();
    (0..to.len())
        .map(|d| if d < lead || (sizes[d - lead] == 1 && to[d] != 1) { 0 } else { strides[d - lead] })
        .collect()
}
