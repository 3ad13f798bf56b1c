//! Patches over bytes: reading their pieces, and choosing the smallest of the four encodings.

use std::borrow::Cow;

use plan::Patch;

use crate::kernel;

/// Calls `visit` with every run of bytes that a patch writes, by ascending offset.
pub(crate) fn for_each_piece<'a>(patch: &'a Patch, visit: &mut dyn FnMut(u32, Cow<'a, [u8]>)) {
    match patch {
        Patch::Runs(runs) => runs.iter().for_each(|(offset, bytes)| visit(*offset, Cow::Borrowed(bytes))),
        Patch::Full(bytes) => visit(0, Cow::Borrowed(bytes)),
        Patch::Fill { offset, len, byte } => visit(*offset, Cow::Owned(vec![*byte; *len as usize])),
        Patch::Bitmap { offset, mask, bytes } => {
            let mut rest = bytes.as_slice();
            for (start, len) in set_bits(mask) {
                let (piece, behind) = rest.split_at_checked(len as usize).unwrap_or((rest, &[]));
                visit(offset + start, Cow::Borrowed(piece));
                rest = behind;
            }
        }
    }
}

/// The runs of set bits, lowest first: start and length.
fn set_bits(mask: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let len = mask.len() as u32 * 8;
    let is_set = move |at: u32| mask.get(at as usize / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    let mut at = 0;
    std::iter::from_fn(move || {
        at = (at..len).find(|at| is_set(*at))?;
        let start = at;
        at = (at..len).find(|at| !is_set(*at)).unwrap_or(len);
        Some((start, at - start))
    })
}

/// Writes a patch, whose bounds were checked, over the bytes of its page.
pub(crate) fn apply(patch: &Patch, page: &mut [u8]) {
    let write = |page: &mut [u8], offset: u32, bytes: &[u8]| {
        let place = page.get_mut(offset as usize..).and_then(|rest| rest.get_mut(..bytes.len()));
        if let Some(place) = place {
            place.copy_from_slice(bytes);
        }
    };
    match patch {
        Patch::Fill { offset, len, byte } => {
            let place = page.get_mut(*offset as usize..).and_then(|rest| rest.get_mut(..*len as usize));
            if let Some(place) = place {
                place.fill(*byte);
            }
        }
        Patch::Bitmap { offset, mask, bytes } => {
            if let Some(place) = page.get_mut(*offset as usize..) {
                kernel::merge(place, mask, bytes);
            }
        }
        patch => for_each_piece(patch, &mut |offset, bytes| write(page, offset, &bytes)),
    }
}

/// The byte behind the last one that the patch writes, and the size it needs exactly if it needs one. Without
/// allocation.
pub(crate) fn extent(patch: &Patch) -> (u64, Option<u64>) {
    match patch {
        Patch::Runs(runs) => {
            (runs.last().map_or(0, |(offset, bytes)| u64::from(*offset) + bytes.len() as u64), None)
        }
        Patch::Bitmap { offset, mask, .. } => {
            let unused = mask.last().map_or(0, |byte| byte.leading_zeros());
            (u64::from(*offset) + mask.len() as u64 * 8 - u64::from(unused), None)
        }
        Patch::Full(bytes) => (bytes.len() as u64, Some(bytes.len() as u64)),
        Patch::Fill { offset, len, .. } => (u64::from(*offset) + u64::from(*len), None),
    }
}

/// Whether the patch writes the byte at `offset`.
pub(crate) fn covers(patch: &Patch, offset: u32) -> bool {
    let mut covered = false;
    for_each_piece(patch, &mut |start, bytes| {
        covered |= offset >= start && u64::from(offset) < u64::from(start) + bytes.len() as u64;
    });
    covered
}

/// The smallest patch that writes exactly these pieces to a page of `size_bytes`. Pieces ascend without overlap, none
/// is empty, and there is at least one.
///
/// Bytes that are written with the value they had count as written: a patch says what its author wrote.
pub(crate) fn smallest<'a>(pieces: impl IntoIterator<Item = (u32, &'a [u8])>, size_bytes: u32) -> Patch {
    let mut runs = joined(pieces);
    let runs_len = 1
        + varint_len(runs.len() as u64)
        + runs
            .iter()
            .map(|(at, bytes)| varint_len(u64::from(*at)) + varint_len(bytes.len() as u64) + bytes.len())
            .sum::<usize>();
    if let [(offset, bytes)] = runs.as_slice() {
        let fill_len = 1 + varint_len(u64::from(*offset)) + varint_len(bytes.len() as u64) + 1;
        let full = bytes.len() == size_bytes as usize;
        let best = runs_len.min(if full { 1 + bytes.len() } else { runs_len });
        let byte = bytes.first().copied().unwrap_or_default();
        if fill_len < best && bytes.iter().all(|other| *other == byte) {
            return Patch::Fill { offset: *offset, len: bytes.len() as u32, byte };
        }
        if full {
            return Patch::Full(runs.pop().map(|(_, bytes)| bytes).unwrap_or_default());
        }
        return Patch::Runs(runs);
    }
    let (Some((first, _)), Some((last, tail))) = (runs.first(), runs.last()) else {
        return Patch::Runs(runs);
    };
    let mask_len = ((last - first) as usize + tail.len()).div_ceil(8);
    let byte_count: usize = runs.iter().map(|(_, bytes)| bytes.len()).sum();
    let bitmap_len = 1 + varint_len(u64::from(*first)) + varint_len(mask_len as u64) + mask_len + byte_count;
    if bitmap_len >= runs_len {
        return Patch::Runs(runs);
    }
    let mut mask = vec![0u8; mask_len];
    let mut bytes = Vec::with_capacity(byte_count);
    for (offset, piece) in &runs {
        for at in (offset - first) as usize..(offset - first) as usize + piece.len() {
            if let Some(byte) = mask.get_mut(at / 8) {
                *byte |= 1 << (at % 8);
            }
        }
        bytes.extend_from_slice(piece);
    }
    Patch::Bitmap { offset: *first, mask, bytes }
}

/// Pieces that touch become one.
fn joined<'a>(pieces: impl IntoIterator<Item = (u32, &'a [u8])>) -> Vec<(u32, Vec<u8>)> {
    let mut runs: Vec<(u32, Vec<u8>)> = Vec::new();
    for (offset, bytes) in pieces {
        match runs.last_mut() {
            Some((at, run)) if *at as usize + run.len() == offset as usize => run.extend_from_slice(bytes),
            _ => runs.push((offset, bytes.to_vec())),
        }
    }
    runs
}

/// The bytes of a LEB128 integer.
pub(crate) fn varint_len(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()).div_ceil(7).max(1) as usize
}

#[cfg(test)]
mod tests {
    use plan::{Change, Delta};

    use super::*;

    fn len(patch: &Patch) -> usize {
        Delta { page: 1, base: 1, change: Change::Write(patch.clone()) }.encode().unwrap().len()
    }

    fn pieces(patch: &Patch) -> Vec<(u32, Vec<u8>)> {
        let mut pieces = Vec::new();
        for_each_piece(patch, &mut |offset, bytes| pieces.push((offset, bytes.into_owned())));
        pieces
    }

    fn borrowed(pieces: &[(u32, Vec<u8>)]) -> impl Iterator<Item = (u32, &[u8])> {
        pieces.iter().map(|(offset, bytes)| (*offset, bytes.as_slice()))
    }

    /// Every set of written bytes of a page up to 10 bytes, with equal and with distinct values.
    #[test]
    fn the_smallest_writes_exactly_what_was_asked() {
        let mut kinds = [0; 4];
        for size in 1..=10u32 {
            for mask in 1u32..1 << size {
                for value in [|_| 7u8, |at: u32| at as u8 + 1] {
                    let asked: Vec<(u32, Vec<u8>)> =
                        (0..size).filter(|at| mask >> at & 1 == 1).map(|at| (at, vec![value(at)])).collect();
                    let patch = smallest(borrowed(&asked), size);
                    let delta = Delta { page: 9, base: 3, change: Change::Write(patch.clone()) };
                    let bytes = delta.encode().unwrap();
                    assert_eq!(Delta::decode(delta.tag(), &bytes).unwrap(), delta);
                    let mut page = vec![0; size as usize];
                    apply(&patch, &mut page);
                    let expected: Vec<u8> =
                        (0..size).map(|at| if mask >> at & 1 == 1 { value(at) } else { 0 }).collect();
                    assert_eq!(page, expected, "{patch:?}");
                    assert_eq!(joined(borrowed(&pieces(&patch))), joined(borrowed(&asked)), "{patch:?}");
                    assert_eq!(extent(&patch).0, u64::from(u32::BITS - mask.leading_zeros()));
                    for at in 0..size {
                        assert_eq!(covers(&patch, at), mask >> at & 1 == 1, "{patch:?} at {at}");
                    }
                    assert!(len(&patch) <= len(&Patch::Runs(joined(borrowed(&asked)))), "{patch:?}");
                    kinds[match patch {
                        Patch::Runs(_) => 0,
                        Patch::Bitmap { .. } => 1,
                        Patch::Full(_) => 2,
                        Patch::Fill { .. } => 3,
                    }] += 1;
                }
            }
        }
        assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
    }

    #[test]
    fn a_run_is_as_long_as_its_bytes_and_at_most_sixteen_more() {
        // Page id, base and offset of the greatest size: 10 + 10 + 3 bytes of the budget would be theirs alone, so the
        // figure is held for ids and versions of up to three bytes.
        let bytes: Vec<u8> = (1..=16).collect();
        let patch = smallest([(4_000, bytes.as_slice())], 4_096);
        let delta = Delta { page: 1 << 20, base: 1 << 20, change: Change::Write(patch) };
        assert!(delta.encode().unwrap().len() <= 32, "{}", delta.encode().unwrap().len());
    }
}
