//! Products of rows of f32 with columns that lie one after the other, as a layer's weights do. Each element is a scalar
//! product, summed in sixteen lanes that are added in pairs: the same bits for any number of rows, threads and vectors.
//! `gemm` would first turn the columns, which costs as much as a product of few rows.

use pulp::{Simd, WithSimd};

const LANES: usize = 16;
/// Rows and columns that are taken at a time: as many sums as a machine has registers for.
const TILE: usize = 4;
/// Elements of the rows that stay in a core's cache while all columns pass by.
const ROWS_ELEMENTS: usize = 1 << 17;

/// Whether a product of `m` by `k` and `k` by `n` is one for [`add`].
pub(crate) fn suits([m, k, n]: [usize; 3]) -> bool {
    m >= TILE && n >= TILE && k >= 4 * LANES
}

/// Rows of length `k` that are best taken at a time.
pub(crate) fn rows_together(k: usize) -> usize {
    (ROWS_ELEMENTS / k.max(1)).clamp(4 * TILE, 64 * TILE)
}

/// Adds to `out` the scalar products of all rows with all columns, of which there are at least four of one length.
pub(crate) fn add(out: &mut [f32], rows: &[&[f32]], columns: &[&[f32]]) {
    let (m, k) = (rows.len(), rows.first().map_or(0, |row| row.len()));
    // The lanes of four rows stand one behind the other; what is missing is 0.
    let pieces = k.div_ceil(LANES);
    let mut packed = vec![0.0; m.div_ceil(TILE) * pieces * TILE * LANES];
    for (i, row) in rows.iter().enumerate() {
        for (piece, lanes) in row.chunks(LANES).enumerate() {
            let at = ((i / TILE * pieces + piece) * TILE + i % TILE) * LANES;
            packed[at..at + lanes.len()].copy_from_slice(lanes);
        }
    }
    pulp::Arch::new().dispatch(Dots { out, packed: &packed, columns, m });
}

struct Dots<'a> {
    out: &'a mut [f32],
    packed: &'a [f32],
    columns: &'a [&'a [f32]],
    m: usize,
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.run::<S, 1>(simd),
            8 => self.run::<S, 2>(simd),
            4 => self.run::<S, 4>(simd),
            _ => self.run::<S, 16>(simd),
        }
    }
}

impl Dots<'_> {
    /// With so many registers for the lanes.
    #[inline(always)]
    fn run<S: Simd, const REGISTERS: usize>(self, simd: S) {
        let n = self.columns.len();
        let k = self.columns.first().map_or(0, |column| column.len());
        let (lanes, _) = S::as_simd_f32s(self.packed);
        let (tiles, _) = lanes.as_chunks::<REGISTERS>().0.as_chunks::<TILE>();
        let whole = k / LANES;
        for at in (0..n).step_by(TILE) {
            // The last tile has the columns of the one before once more where they are missing.
            let from = at.min(n - TILE);
            let columns: [&[f32]; TILE] = std::array::from_fn(|j| self.columns[from + j]);
            let [a, b, c, d] = columns.map(|column| S::as_simd_f32s(column).0.as_chunks::<REGISTERS>().0);
            let mut rest = [[0.0f32; LANES]; TILE];
            for (rest, column) in rest.iter_mut().zip(columns) {
                rest[..k % LANES].copy_from_slice(&column[whole * LANES..]);
            }
            for (number, left) in tiles.chunks_exact(k.div_ceil(LANES)).enumerate() {
                let mut sums = [[[simd.splat_f32s(0.0); REGISTERS]; TILE]; TILE];
                for ((((left, &a), &b), &c), &d) in left.iter().zip(a).zip(b).zip(c).zip(d) {
                    add_products(simd, &mut sums, left, [a, b, c, d]);
                }
                if let Some(left) = left.get(whole) {
                    let rest = std::array::from_fn(|j| S::as_simd_f32s(&rest[j]).0.as_chunks().0[0]);
                    add_products(simd, &mut sums, left, rest);
                }
                for (i, sums) in sums.iter().enumerate().take(self.m.saturating_sub(number * TILE)) {
                    let row = &mut self.out[(number * TILE + i) * n..][..n];
                    let found = totals(sums.each_ref().map(|sums| pulp::bytemuck::cast_slice(sums)));
                    for (x, found) in row[from..].iter_mut().zip(found).skip(at - from) {
                        *x += found;
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add_products<S: Simd, const REGISTERS: usize>(
    simd: S,
    sums: &mut [[[S::f32s; REGISTERS]; TILE]; TILE],
    left: &[[S::f32s; REGISTERS]; TILE],
    right: [[S::f32s; REGISTERS]; TILE],
) {
    for (sums, left) in sums.iter_mut().zip(left) {
        for (sums, right) in sums.iter_mut().zip(&right) {
            for ((sum, &left), &right) in sums.iter_mut().zip(left).zip(right) {
                *sum = simd.mul_add_f32s(left, right, *sum);
            }
        }
    }
}

/// The sums of all lanes, in pairs, of some columns at a time.
#[inline(always)]
fn totals(sums: [&[f32]; TILE]) -> [f32; TILE] {
    let mut lanes = [[0.0; LANES]; TILE];
    for (lanes, sums) in lanes.iter_mut().zip(sums) {
        lanes.copy_from_slice(sums);
    }
    let mut half = [[0.0; LANES / 2]; TILE];
    for (half, lanes) in half.iter_mut().zip(&lanes) {
        for l in 0..LANES / 2 {
            half[l] = lanes[l] + lanes[l + LANES / 2];
        }
    }
    let mut quarter = [[0.0; LANES / 4]; TILE];
    for (quarter, half) in quarter.iter_mut().zip(&half) {
        for l in 0..LANES / 4 {
            quarter[l] = half[l] + half[l + LANES / 4];
        }
    }
    quarter.map(|[a, b, c, d]| (a + c) + (b + d))
}
