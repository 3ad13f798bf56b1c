//! Labels as small integers: the one way by which grouping, joining, lookups and set operations compare values.
//!
//! Codes are given in the order of first appearance, so no result depends on the order of a hash table. Equality is
//! Python's: NaN equals NaN, −0.0 equals 0.0, and in `object` columns `1`, `1.0` and `True` are one key.

use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use column::{Column, DType, Key};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::error::Result;

/// What becomes of missing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Code −1.
    Drop,
    /// One code for all of them.
    Keep,
    /// One code for each kind: None, NaN, NA and NaT stay apart in `object` columns.
    Distinct,
}

/// Rows as codes, and the row at which each code first appears.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    pub codes: Vec<i64>,
    pub firsts: Vec<usize>,
}

impl Codes {
    /// Number of different keys.
    pub fn count(&self) -> usize {
        self.firsts.len()
    }

    /// Rows of each code, in row order: offsets into the second vector, one more than there are codes.
    pub fn rows(&self) -> (Vec<usize>, Vec<usize>) {
        let mut offsets = vec![0usize; self.count() + 1];
        for &code in self.codes.iter().filter(|&&code| code >= 0) {
            offsets[code as usize + 1] += 1;
        }
        for place in 1..offsets.len() {
            offsets[place] += offsets[place - 1];
        }
        let mut next = offsets.clone();
        let mut rows = vec![0usize; offsets.last().copied().unwrap_or(0)];
        for (row, &code) in self.codes.iter().enumerate() {
            if code >= 0 {
                let slot = &mut next[code as usize];
                rows[*slot] = row;
                *slot += 1;
            }
        }
        (offsets, rows)
    }
}

/// Ranges of integer keys up to this multiple of the row count are looked up in a table instead of hashed.
const DENSE_SLACK: usize = 4;

/// Width of a table with a slot for each integer from `low` to `high`; `None` where hashing so many rows is cheaper.
pub(crate) fn dense_width(low: i64, high: i64, rows: usize) -> Option<usize> {
    let width = usize::try_from(high.abs_diff(low)).ok()?.checked_add(1)?;
    (width <= rows.saturating_mul(DENSE_SLACK).saturating_add(1024)).then_some(width)
}

/// Rows by which it shows whether keys repeat: fewer would take ten thousand keys for a new one each row.
const SAMPLE: usize = 1 << 16;

/// Codes by hash.
fn hashed<K: Hash + Eq + Send + Sync>(len: usize, key: impl Fn(usize) -> Option<K> + Sync) -> Codes {
    if len >= PARTITIONED && u32::try_from(len).is_ok() && is_mostly_new(&key) {
        return by_partition(len, &key);
    }
    by_pieces(
        len,
        |rows| hashed_rows(rows, &key),
        |candidates| hashed_rows(0..candidates.len(), &|place| key(candidates[place])),
    )
}

/// Codes of rows whose pieces number their own keys: the pieces' keys are numbered together in the order of the pieces,
/// and the rows get those numbers. That is the order of first appearance, whatever the pieces are. `joint` numbers the
/// keys of single rows.
fn by_pieces(
    len: usize,
    piece: impl Fn(Range<usize>) -> Codes + Sync,
    joint: impl FnOnce(&[usize]) -> Codes,
) -> Codes {
    let size = threads::current().rows_a_piece.get();
    // One thread has nothing to gain from looking up keys twice.
    if threads::current().threads.get() == 1 || len <= size {
        return piece(0..len);
    }
    let parts = threads::map_pieces(len, piece);
    // Keys are looked up once a piece from here on, not once a row.
    let candidates: Vec<usize> = parts.iter().flat_map(|part| &part.firsts).copied().collect();
    let joint = joint(&candidates);
    let mut numbers = Vec::with_capacity(parts.len());
    let mut rest = joint.codes.as_slice();
    for part in &parts {
        let (own, others) = rest.split_at(part.count());
        numbers.push(own);
        rest = others;
    }
    let mut codes = vec![0i64; len];
    let pieces = codes.chunks_mut(size).zip(parts.iter().zip(numbers));
    threads::for_each(pieces, |(codes, (part, numbers))| {
        for (code, &own) in codes.iter_mut().zip(&part.codes) {
            *code = usize::try_from(own).map_or(-1, |own| numbers[own]);
        }
    });
    Codes { codes, firsts: joint.firsts.iter().map(|&place| candidates[place]).collect() }
}

/// Whether most of the first keys differ from each other.
fn is_mostly_new<K: Hash + Eq>(key: &impl Fn(usize) -> Option<K>) -> bool {
    hashed_rows(0..SAMPLE, key).count() > SAMPLE / 2
}

/// Rows from which mostly different keys are numbered by parts: a table of all would not fit the cache.
const PARTITIONED: usize = 1 << 17;

/// Parts of the keys, whatever the number of threads.
const PARTS: usize = 16;

/// Stands for the part of a row without a key.
const NO_PART: u8 = u8::MAX;

/// Codes by hash where most keys are new: rows are dealt out to parts by their keys, the keys of each part are numbered by
/// themselves, in tables that fit the cache, and then all rows in their order.
fn by_partition<K: Hash + Eq + Send>(len: usize, key: &(impl Fn(usize) -> Option<K> + Sync)) -> Codes {
    let state = FixedState::default();
    let dealt = threads::map_pieces(len, |rows| {
        let mut parts = vec![NO_PART; rows.len()];
        let mut hands: Vec<Vec<(u64, u32)>> =
            (0..PARTS).map(|_| Vec::with_capacity(rows.len() / PARTS * 5 / 4)).collect();
        for (part, row) in parts.iter_mut().zip(rows) {
            if let Some(key) = key(row) {
                let hash = state.hash_one(&key);
                // Bits that the table looks at neither for a place nor for a mark.
                *part = (hash >> 40) as u8 % PARTS as u8;
                hands[usize::from(*part)].push((hash, row as u32));
            }
        }
        (parts, hands)
    });
    let numbered = threads::map(PARTS, len, |part| {
        let rows = || dealt.iter().flat_map(|(_, hands)| &hands[part]);
        let count = dealt.iter().map(|(_, hands)| hands[part].len()).sum();
        let mut table: HashTable<(K, u32)> = HashTable::with_capacity(count);
        let mut codes = Vec::with_capacity(count);
        for &(hash, row) in rows() {
            let Some(key) = key(row as usize) else { continue };
            let next = table.len() as u32;
            let entry = table.entry(hash, |(held, _)| *held == key, |(held, _)| state.hash_one(held));
            codes.push(match entry {
                hashbrown::hash_table::Entry::Occupied(found) => found.get().1,
                hashbrown::hash_table::Entry::Vacant(slot) => {
                    slot.insert((key, next));
                    next
                }
            });
        }
        codes
    });
    let mut firsts = Vec::new();
    let mut parts: Vec<(std::vec::IntoIter<u32>, Vec<i64>)> =
        numbered.into_iter().map(|codes| (codes.into_iter(), Vec::new())).collect();
    let codes = dealt.iter().flat_map(|(parts, _)| parts).enumerate().map(|(row, &part)| {
        let Some((codes, numbers)) = parts.get_mut(usize::from(part)) else { return -1 };
        let Some(code) = codes.next() else { return -1 };
        if code as usize == numbers.len() {
            numbers.push(firsts.len() as i64);
            firsts.push(row);
        }
        numbers[code as usize]
    });
    let codes = codes.collect();
    Codes { codes, firsts }
}

/// Codes of the rows `rows`; `firsts` are row numbers of the whole.
fn hashed_rows<K: Hash + Eq>(rows: Range<usize>, key: &impl Fn(usize) -> Option<K>) -> Codes {
    let state = FixedState::default();
    let mut table: HashTable<(K, i64)> = HashTable::new();
    let mut codes = Vec::with_capacity(rows.len());
    let mut firsts = Vec::new();
    for row in rows {
        let Some(key) = key(row) else {
            codes.push(-1);
            continue;
        };
        let hash = state.hash_one(&key);
        let entry = table.entry(hash, |(held, _)| *held == key, |(held, _)| state.hash_one(held));
        let code = match entry {
            hashbrown::hash_table::Entry::Occupied(found) => found.get().1,
            hashbrown::hash_table::Entry::Vacant(slot) => {
                let code = firsts.len() as i64;
                firsts.push(row);
                slot.insert((key, code));
                code
            }
        };
        codes.push(code);
    }
    Codes { codes, firsts }
}

fn integers(values: &[i64], valid: impl Fn(usize) -> bool + Sync) -> Codes {
    let bounds = threads::map_pieces(values.len(), |rows| {
        let present = rows.filter(|&row| valid(row)).map(|row| values[row]);
        present.fold(None, |bounds: Option<(i64, i64)>, value| {
            Some(bounds.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        })
    });
    let bounds = bounds.into_iter().flatten().reduce(|(a, b), (low, high)| (a.min(low), b.max(high)));
    let Some((low, high)) = bounds else {
        return Codes { codes: vec![-1; values.len()], firsts: Vec::new() };
    };
    let key = |row: usize| valid(row).then(|| values[row]);
    let Some(width) = dense_width(low, high, values.len()) else { return hashed(values.len(), key) };
    let place = |row: usize| key(row).map(|value| value.abs_diff(low) as usize);
    // A table for each piece pays where it is small beside the piece.
    if width > SAMPLE / 2 {
        return dense(0..values.len(), width, place);
    }
    by_pieces(
        values.len(),
        |rows| dense(rows, width, place),
        |candidates| dense(0..candidates.len(), width, |at| place(candidates[at])),
    )
}

/// Codes of the rows `rows` whose keys are places in a table; `firsts` are row numbers of the whole.
fn dense(rows: Range<usize>, width: usize, place: impl Fn(usize) -> Option<usize>) -> Codes {
    let mut table = vec![-1i64; width];
    let mut firsts = Vec::new();
    let code = |row: usize| {
        let Some(place) = place(row) else { return -1 };
        let slot = &mut table[place];
        if *slot < 0 {
            *slot = firsts.len() as i64;
            firsts.push(row);
        }
        *slot
    };
    let codes = rows.map(code).collect();
    Codes { codes, firsts }
}

/// A float's identity as a key: one NaN, one zero.
fn float_bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}

fn without_missing(column: &Column) -> Codes {
    let len = column.len();
    if let Some(codes) = column.codes() {
        let wide: Vec<i64> = codes.iter().map(|&code| i64::from(code)).collect();
        return integers(&wide, |row| wide[row] >= 0);
    }
    if let Some(values) = column.as_i64() {
        return match column.validity() {
            None => integers(values, |_| true),
            Some(bits) => integers(values, |row| bits.get(row)),
        };
    }
    if let Some(values) = column.as_f64() {
        return hashed(len, |row| (!column.is_missing(row)).then(|| float_bits(values[row])));
    }
    if let Some(bits) = column.as_bool() {
        let wide: Vec<i64> = bits.iter().map(i64::from).collect();
        return integers(&wide, |row| !column.is_missing(row));
    }
    if let Some(text) = column.as_text() {
        return match column.validity() {
            None if text.is_short() => hashed(len, |row| Some(text.short_key(row))),
            Some(bits) if text.is_short() => hashed(len, |row| bits.get(row).then(|| text.short_key(row))),
            _ => hashed(len, |row| column.str_at(row)),
        };
    }
    hashed(len, |row| scalar_key(column, row))
}

fn scalar_key(column: &Column, row: usize) -> Option<Key> {
    column.get(row).filter(|scalar| !scalar.is_missing()).map(|scalar| scalar.key())
}

/// Codes of one column.
pub(crate) fn factorize(column: &Column, missing: Missing) -> Codes {
    if missing == Missing::Distinct && column.dtype() == DType::Object {
        return hashed(column.len(), |row| column.get(row).map(|scalar| scalar.key()));
    }
    let found = without_missing(column);
    if missing == Missing::Drop || found.codes.iter().all(|&code| code >= 0) {
        return found;
    }
    // A missing value takes its code in the order of appearance too.
    let first = found.codes.iter().position(|&code| code < 0).unwrap_or(0);
    let own = found.firsts.partition_point(|&row| row < first) as i64;
    let codes = found.codes.iter().map(|&code| match code {
        -1 => own,
        code if code >= own => code + 1,
        code => code,
    });
    let codes = codes.collect();
    let mut firsts = found.firsts;
    firsts.insert(own as usize, first);
    Codes { codes, firsts }
}

/// Codes of rows that are equal in every part; −1 where any part is −1. All parts have the same length.
pub(crate) fn combine(parts: &[Codes], len: usize) -> Codes {
    let Some((first, rest)) = parts.split_first() else {
        return Codes { codes: vec![0; len], firsts: if len > 0 { vec![0] } else { Vec::new() } };
    };
    let mut joint: Option<Codes> = None;
    let mut rest = rest.iter().peekable();
    let times = |product: i64, part: &Codes| product.checked_mul(part.count() as i64);
    while let Some(part) = rest.next() {
        // Both counts are at most the row count, so the product of two codes fits; as many more keys as fit too are
        // one number with them.
        let start = joint.as_ref().unwrap_or(first);
        let mut numbers = start.codes.clone();
        let mut product = (start.count() as i64).saturating_mul(part.count() as i64);
        append(&mut numbers, part);
        while let Some(part) = rest.next_if(|part| times(product, part).is_some()) {
            product = times(product, part).unwrap_or(i64::MAX);
            append(&mut numbers, part);
        }
        joint = Some(integers(&numbers, |row| numbers[row] >= 0));
    }
    joint.unwrap_or_else(|| first.clone())
}

/// Makes each number the number of a pair: itself, then the code of `part`.
fn append(numbers: &mut [i64], part: &Codes) {
    let width = part.count() as i64;
    threads::fill(numbers, |start, piece| {
        for (number, &code) in piece.iter_mut().zip(&part.codes[start..]) {
            *number = if *number < 0 || code < 0 { -1 } else { number.saturating_mul(width) + code };
        }
    });
}

/// Codes of two columns over one set of keys: the left rows, then the right rows.
pub(crate) fn factorize_pair(left: &Column, right: &Column, missing: Missing) -> Result<Codes> {
    let both = match (left.dtype(), right.dtype()) {
        (a, b) if a == b || (a.is_numeric() && b.is_numeric()) => Column::concat(&[left, right])?,
        (DType::Category, _) | (_, DType::Category) => {
            Column::concat(&[&left.decategorized(), &right.decategorized()])?
        }
        _ => Column::concat(&[left, right])?,
    };
    Ok(factorize(&both, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// hand: one table over all rows is the judge.
    #[test]
    fn keys_numbered_by_parts_are_numbered_by_first_appearance() {
        for len in [0usize, 1, 3, 1_000, 100_000] {
            for count in [1u64, 7, len as u64 / 2 + 1, u64::MAX] {
                for gaps in [false, true] {
                    let key = |row: usize| {
                        let value = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7;
                        (!gaps || !row.is_multiple_of(5)).then_some(value % count)
                    };
                    let (found, wanted) = (by_partition(len, &key), hashed_rows(0..len, &key));
                    assert_eq!(found.codes, wanted.codes, "{len} rows of {count} keys");
                    assert_eq!(found.firsts, wanted.firsts, "{len} rows of {count} keys");
                }
            }
        }
    }

    /// hand: tuples in a table are the judge.
    #[test]
    fn many_keys_are_numbered_as_their_tuples_are() {
        let len = 5_000usize;
        for width in [3usize, 40, 5_000] {
            let parts: Vec<Codes> = (0..9)
                .map(|part| {
                    let key =
                        |row: usize| ((row * (part + 3)) % 11 != 1).then_some((row * (part + 7)) % width);
                    hashed_rows(0..len, &key)
                })
                .collect();
            let tuple = |row: usize| {
                let codes: Vec<i64> = parts.iter().map(|part| part.codes[row]).collect();
                (!codes.contains(&-1)).then_some(codes)
            };
            let (found, wanted) = (combine(&parts, len), hashed_rows(0..len, &tuple));
            assert_eq!(found.codes, wanted.codes);
            assert_eq!(found.firsts, wanted.firsts);
        }
    }
}
