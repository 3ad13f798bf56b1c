//! Medians, their intervals and percentiles, as `bench/measure.py` counts them.

/// Resamples of a bootstrap.
const RESAMPLES: usize = 4_000;

/// A median with its bootstrap interval at 95 %.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// The seed is fixed, so equal data give an equal interval.
pub fn interval(values: &[f64]) -> Interval {
    let mut generator = Generator::new(1);
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let resampled: Vec<f64> =
                values.iter().map(|_| values[generator.below(values.len() as u64) as usize]).collect();
            median(&resampled)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let at = |share: f64| medians[((share * RESAMPLES as f64) as usize).min(RESAMPLES - 1)];
    Interval { median: median(values), low: at(0.025), high: at(0.975) }
}

/// By the nearest rank; 0 of nothing.
pub fn percentile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// SplitMix64: which pages are read and written is the same for everybody, in every run.
pub struct Generator(u64);

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound.max(1)
    }

    /// Bytes that no encoding makes smaller.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len.div_ceil(8)).flat_map(|_| self.word().to_le_bytes()).take(len).collect()
    }
}
