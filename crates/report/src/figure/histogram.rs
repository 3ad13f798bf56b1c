//! Binning.

/// Edges and counts of `bins` equal bins over the finite values, by `numpy.histogram`'s rules: edges from the
/// smallest to the largest value (half a unit to both sides when these are equal, 0 to 1 when there is none), each
/// bin closed at its left edge, the last at both.
///
/// A value is first placed by its distance from the left edge, then moved by at most one bin where the rounding of
/// an edge put it on the other side. No bins, and values further apart than the largest float, give no edges.
pub fn histogram(values: &[f64], bins: usize) -> (Vec<f64>, Vec<f64>) {
    if bins == 0 {
        return (Vec::new(), Vec::new());
    }
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (mut low, mut high) =
        finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        (low, high) = (0.0, 1.0);
    } else if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let span = high - low;
    if span.is_infinite() {
        return (Vec::new(), Vec::new());
    }
    let step = span / bins as f64;
    let edge = |i: usize| if i == bins { high } else { low + i as f64 * step };
    let edges: Vec<f64> = (0..=bins).map(edge).collect();
    let mut counts = vec![0.0; bins];
    for value in finite() {
        let mut bin = ((value - low) / span * bins as f64) as usize;
        bin = bin.min(bins - 1);
        if value < edge(bin) {
            bin = bin.saturating_sub(1);
        } else if bin + 1 < bins && value >= edge(bin + 1) {
            bin += 1;
        }
        if let Some(count) = counts.get_mut(bin) {
            *count += 1.0;
        }
    }
    (edges, counts)
}
