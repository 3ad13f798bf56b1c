//! Loops over the bytes of pages: 64 bytes at a step where the data allow it, else words, else single bytes.
//!
//! Each has a twin in [`scalar`] that says the same as plainly as possible, and is its judge. They know no page, delta or
//! store: slices only, so that other hardware can take their place.

/// A word of eight bytes, the first lowest.
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

const STEP: usize = 64;
/// With more edges than this, runs are so short that words cost less.
const EDGES_MAX: u32 = 16;
/// So many runs, as many as 4 KiB can have, are made room for without having been found.
const RESERVED_MAX: usize = 2_048;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Writes `bytes` over the bytes of `page` whose bit is set in `mask`: lowest bit first, one byte for every set bit.
/// Returns how many bytes it took; what `page` or `bytes` does not have is not written.
pub fn merge(page: &mut [u8], mask: &[u8], bytes: &[u8]) -> usize {
    let (mut at, mut taken) = (0, 0);
    while let Some(bits) = mask_word(mask, at) {
        let len = match bits {
            0 => STEP,
            // As long as all bits are set, one copy does.
            u64::MAX => {
                let words = mask.get(at / 8..).unwrap_or_default().chunks_exact(8);
                let len = words.take_while(|word| **word == [0xff; 8]).count() * STEP;
                let (Some(place), Some(run)) = (page.get_mut(at..at + len), bytes.get(taken..taken + len))
                else {
                    let place = page.get_mut(at..).unwrap_or_default();
                    return taken + copy_what_fits(place, bytes.get(taken..).unwrap_or_default());
                };
                place.copy_from_slice(run);
                taken += len;
                len
            }
            _ => {
                let Some(piece) = page.get_mut(at..) else { return taken };
                let end = piece.len().min(STEP);
                let (piece, bytes) = (piece.get_mut(..end).unwrap_or_default(), bytes.get(taken..));
                taken += merge_word(piece, bits, bytes.unwrap_or_default());
                STEP
            }
        };
        at += len;
    }
    taken
}

/// The bits for the 64 bytes from `at` on, which is a multiple of 64; `None` behind the mask.
fn mask_word(mask: &[u8], at: usize) -> Option<u64> {
    let rest = mask.get(at / 8..).filter(|rest| !rest.is_empty())?;
    Some(word(rest, 0).unwrap_or_else(|| {
        rest.iter().zip((0..).step_by(8)).fold(0, |bits, (byte, shift)| bits | u64::from(*byte) << shift)
    }))
}

fn copy_what_fits(place: &mut [u8], bytes: &[u8]) -> usize {
    place.iter_mut().zip(bytes).map(|(place, byte)| *place = *byte).count()
}

/// As [`merge`], for at most 64 bytes of a page.
fn merge_word(piece: &mut [u8], mut bits: u64, bytes: &[u8]) -> usize {
    let mut taken = 0;
    let edges = (bits ^ (bits << 1)).count_ones();
    if edges > EDGES_MAX {
        if let (Some(piece), Some(bytes)) = (piece.first_chunk_mut(), bytes.first_chunk()) {
            return merge_step(piece, bits, bytes);
        }
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            let (Some(place), Some(byte)) = (piece.get_mut(at), bytes.get(taken)) else { return taken };
            *place = *byte;
            taken += 1;
            bits &= bits - 1;
        }
        return taken;
    }
    while bits != 0 {
        let start = bits.trailing_zeros() as usize;
        let len = (bits >> start).trailing_ones() as usize;
        let (Some(place), Some(run)) = (piece.get_mut(start..start + len), bytes.get(taken..taken + len))
        else {
            let place = piece.get_mut(start..).unwrap_or_default();
            let place_len = place.len().min(len);
            let place = place.get_mut(..place_len).unwrap_or_default();
            return taken + copy_what_fits(place, bytes.get(taken..).unwrap_or_default());
        };
        if let ([place], [byte]) = (&mut *place, run) {
            *place = *byte;
        } else {
            place.copy_from_slice(run);
        }
        taken += len;
        bits = without_lowest_run(bits);
    }
    taken
}

/// As [`merge`], for 64 bytes of a page, eight at a time.
fn merge_step(piece: &mut [u8; STEP], bits: u64, bytes: &[u8; STEP]) -> usize {
    let mut taken = 0;
    for (place, bits) in piece.chunks_exact_mut(8).zip(bits.to_le_bytes()) {
        let spread = &SPREADS[usize::from(bits)];
        // At most eight were taken for each place before this one.
        let (Some(before), Some(packed)) = (word(place, 0), word(bytes, taken)) else { break };
        let merged = before & !spread.lanes | spread.lay(packed) & spread.lanes;
        place.copy_from_slice(&merged.to_le_bytes());
        taken += spread.count;
    }
    taken
}

/// How the lowest bytes of a word come to the places that a mask of eight bits says, in order: by four, by two and by one
/// (the expansion of "Hacker's Delight", section 7-5, for bytes).
#[derive(Clone, Copy)]
struct Spread {
    /// The places that take the byte four, two, one below.
    moves: [u64; 3],
    lanes: u64,
    count: usize,
}

static SPREADS: [Spread; 256] = {
    let mut all = [Spread { moves: [0; 3], lanes: 0, count: 0 }; 256];
    let mut bits = 0;
    while bits < 256 {
        let spread = &mut all[bits];
        let mut lane = 0;
        while lane < 8 {
            if bits >> lane & 1 == 1 {
                let (mut at, distance) = (spread.count, lane - spread.count);
                let mut step = 0;
                while step < 3 {
                    let by = 4 >> step;
                    if distance & by != 0 {
                        at += by;
                        spread.moves[step] |= 0xff << (8 * at);
                    }
                    step += 1;
                }
                spread.lanes |= 0xff << (8 * lane);
                spread.count += 1;
            }
            lane += 1;
        }
        bits += 1;
    }
    all
};

impl Spread {
    /// The bytes of `packed` in their places; what stands in the others means nothing.
    #[inline]
    fn lay(&self, packed: u64) -> u64 {
        let [by_four, by_two, by_one] = self.moves;
        let word = packed & !by_four | (packed << 32) & by_four;
        let word = word & !by_two | (word << 16) & by_two;
        word & !by_one | (word << 8) & by_one
    }
}

/// The runs in which two states of a page differ: start and length, ascending, none touching the next. Bytes that only
/// one of them has are not compared.
pub fn differing(before: &[u8], after: &[u8]) -> Vec<(usize, usize)> {
    let len = before.len().min(after.len());
    let (before, after) = (before.get(..len).unwrap_or_default(), after.get(..len).unwrap_or_default());
    let mut runs: Vec<(usize, usize)> = Vec::new();
    // Where a run began that reaches the end of the step before.
    let mut open: Option<usize> = None;
    for at in (0..len).step_by(STEP) {
        let bits = difference_bits(before, after, at);
        let behind = bits << 1 | u64::from(open.is_some());
        let (mut starts, mut ends) = (bits & !behind, behind & !bits);
        if ends != 0 {
            let room = runs.capacity() - runs.len();
            let count = ends.count_ones() as usize;
            if room < count {
                // As many in the rest as there were so far: growing step by step would copy them again and again. The
                // rest of a long page may be equal, so it is no more than is found soon, or was found.
                let expected = (runs.len() + count) * (len - at) / (at + STEP);
                runs.reserve(count + expected.min(RESERVED_MAX.max(runs.len())));
            }
            if let Some(start) = open.take() {
                runs.push((start, at + ends.trailing_zeros() as usize - start));
                ends &= ends - 1;
            }
        }
        while ends != 0 {
            let (start, end) = (starts.trailing_zeros() as usize, ends.trailing_zeros() as usize);
            runs.push((at + start, end - start));
            (starts, ends) = (starts & (starts - 1), ends & (ends - 1));
        }
        if starts != 0 {
            open = Some(at + starts.trailing_zeros() as usize);
        }
    }
    runs.extend(open.map(|start| (start, len - start)));
    runs
}

/// A bit for each of the 64 bytes from `at` on that differs; none behind the end.
#[inline]
fn difference_bits(before: &[u8], after: &[u8], at: usize) -> u64 {
    let (a, b) = (before.get(at..).unwrap_or_default(), after.get(at..).unwrap_or_default());
    let (Some(a), Some(b)) = (a.first_chunk::<STEP>(), b.first_chunk::<STEP>()) else {
        return (0..).zip(a.iter().zip(b)).fold(0, |bits, (at, (a, b))| bits | u64::from(a != b) << at);
    };
    if a == b {
        return 0;
    }
    (0..STEP).step_by(8).fold(0, |bits, at| {
        let (Some(a), Some(b)) = (word(a, at), word(b, at)) else { return bits };
        let difference = a ^ b;
        // The highest bit of each byte that is not zero, then those eight bits side by side.
        let marked = ((difference & !HIGH_BITS).wrapping_add(!HIGH_BITS) | difference) & HIGH_BITS;
        bits | ((marked >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << at
    })
}

/// Adding the lowest bit carries through its run; a run up to the highest bit leaves none.
fn without_lowest_run(bits: u64) -> u64 {
    bits & bits.wrapping_add(bits & bits.wrapping_neg())
}

/// The same, a byte at a time.
pub mod scalar {
    /// As [`merge`](super::merge).
    pub fn merge(page: &mut [u8], mask: &[u8], bytes: &[u8]) -> usize {
        let mut taken = 0;
        for at in 0..mask.len() * 8 {
            if mask.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1) {
                let (Some(place), Some(byte)) = (page.get_mut(at), bytes.get(taken)) else { break };
                *place = *byte;
                taken += 1;
            }
        }
        taken
    }

    /// As [`differing`](super::differing).
    pub fn differing(before: &[u8], after: &[u8]) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (at, (old, new)) in before.iter().zip(after).enumerate() {
            match runs.last_mut() {
                _ if old == new => {}
                Some((start, len)) if *start + *len == at => *len += 1,
                _ => runs.push((at, 1)),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests;
