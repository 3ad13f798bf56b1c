//! The partner of each row by a key that stands once on the other side.
//!
//! Most joins look rows up in a table whose key is unique. Then no codes are needed and no rows are counted: each row
//! has one partner or none, found in a table of the other side's keys.

use std::hash::BuildHasher;

use column::{Column, DType};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::keys::dense_width;

/// A slot of a table that no row has taken.
const FREE: u32 = u32::MAX;

/// For each row of `own` the row of `other` with an equal key, −1 where there is none. `None` where keys of `other`
/// stand twice, or are missing on either side, or are of dtypes that are looked up in another way.
pub(crate) fn partners(own: &Column, other: &Column) -> Option<Vec<i64>> {
    let plain = own.validity().is_none() && other.validity().is_none() && own.dtype() == other.dtype();
    if !plain || own.dtype() == DType::Category || u32::try_from(other.len()).is_err() {
        return None;
    }
    if let (Some(own), Some(other)) = (own.as_i64(), other.as_i64()) {
        return of_integers(own, other);
    }
    let (text, others) = (own.as_text()?, other.as_text()?);
    let state = FixedState::default();
    if text.is_short() && others.is_short() {
        let keys: Vec<u128> = (0..others.len()).map(|row| others.short_key(row)).collect();
        let hash = |key: u128| state.hash_one(key);
        let table = unique(keys.len(), |row| hash(keys[row]), |a, b| keys[a] == keys[b])?;
        return Some(looked_up(text.len(), |row| {
            let key = text.short_key(row);
            table.find(hash(key), |&held| keys[held as usize] == key).copied()
        }));
    }
    let hash = |key: &str| state.hash_one(key.as_bytes());
    let table = unique(others.len(), |row| hash(others.get(row)), |a, b| others.get(a) == others.get(b))?;
    Some(looked_up(text.len(), |row| {
        let key = text.get(row);
        table.find(hash(key), |&held| others.get(held as usize) == key).copied()
    }))
}

fn of_integers(own: &[i64], other: &[i64]) -> Option<Vec<i64>> {
    let (Some(&low), Some(&high)) = (other.iter().min(), other.iter().max()) else {
        return Some(vec![-1; own.len()]);
    };
    let Some(width) = dense_width(low, high, other.len()) else {
        let state = FixedState::default();
        let table = unique(other.len(), |row| state.hash_one(other[row]), |a, b| other[a] == other[b])?;
        return Some(looked_up(own.len(), |row| {
            table.find(state.hash_one(own[row]), |&held| other[held as usize] == own[row]).copied()
        }));
    };
    let mut table = vec![FREE; width];
    let mut again = false;
    for (row, &key) in (0u32..).zip(other) {
        let held = &mut table[key.abs_diff(low) as usize];
        again |= *held != FREE;
        *held = row;
    }
    if again {
        return None;
    }
    Some(looked_up(own.len(), |row| {
        // A key below the lowest is a place beyond the table.
        let place = usize::try_from(own[row].wrapping_sub(low) as u64).unwrap_or(usize::MAX);
        table.get(place).copied().filter(|&held| held != FREE)
    }))
}

/// The rows by their keys; `None` where a key stands twice.
fn unique(
    len: usize,
    hash: impl Fn(usize) -> u64,
    equal: impl Fn(usize, usize) -> bool,
) -> Option<HashTable<u32>> {
    let mut table = HashTable::with_capacity(len);
    for (row, place) in (0u32..).zip(0..len) {
        let found =
            table.entry(hash(place), |&held| equal(held as usize, place), |&held| hash(held as usize));
        match found {
            hashbrown::hash_table::Entry::Occupied(_) => return None,
            hashbrown::hash_table::Entry::Vacant(free) => free.insert(row),
        };
    }
    Some(table)
}

fn looked_up(len: usize, partner: impl Fn(usize) -> Option<u32> + Sync) -> Vec<i64> {
    let mut rows = vec![0i64; len];
    threads::fill(&mut rows, |start, piece| {
        for (row, found) in piece.iter_mut().enumerate() {
            *found = partner(start + row).map_or(-1, i64::from);
        }
    });
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// hand: a search through all rows is the judge.
    fn check<T: PartialEq + Clone>(own: &[T], other: &[T])
    where
        Column: From<Vec<T>>,
    {
        let again = (0..other.len()).any(|row| other[..row].contains(&other[row]));
        let wanted: Vec<i64> = own
            .iter()
            .map(|key| other.iter().position(|held| held == key).map_or(-1, |row| row as i64))
            .collect();
        let found = partners(&Column::from(own.to_vec()), &Column::from(other.to_vec()));
        assert_eq!(found, (!again).then_some(wanted));
    }

    proptest! {
        #[test]
        fn each_row_has_the_partner_that_a_search_finds(
            own in prop::collection::vec(prop_oneof![any::<i64>(), -30..30i64], 0..60),
            mut other in prop::collection::vec(prop_oneof![any::<i64>(), -30..30i64], 0..60),
            distinct in any::<bool>(),
        ) {
            if distinct {
                other.sort_unstable();
                other.dedup();
                other.reverse();
            }
            check(&own, &other);
            for width in [0, 15, 16] {
                let text = |keys: &[i64]| keys.iter().map(|key| format!("{key:0width$}")).collect::<Vec<String>>();
                let (own, other) = (text(&own), text(&other));
                check(
                    &own.iter().map(String::as_str).collect::<Vec<_>>(),
                    &other.iter().map(String::as_str).collect::<Vec<_>>(),
                );
            }
        }
    }

    #[test]
    fn many_rows_find_their_partners_whatever_the_range() {
        for step in [1i64, 1_000_003] {
            let other: Vec<i64> = (0..100_000).rev().map(|key| key * step).collect();
            let own: Vec<i64> = (0..100_000).map(|row| (row * 7_919) % 150_000 * step).collect();
            let found = partners(&own.clone().into(), &other.clone().into()).expect("unique keys");
            for (key, partner) in own.iter().zip(found) {
                assert_eq!(
                    usize::try_from(partner).ok().map(|row| other[row]),
                    (*key < 100_000 * step).then_some(*key)
                );
            }
        }
    }
}
