//! Distinct values by first appearance: the ground of group-by, joins, `unique` and categories.

use std::hash::{BuildHasher, Hash};

use hashbrown::{HashSet, HashTable};

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::number::Native;
use crate::scalar::Key;
use crate::values::{Values, for_number};

/// What [`Column::factorize`] finds.
#[derive(Clone, Debug)]
pub struct Factorized {
    /// For each row the number of its distinct value, counted by first appearance; −1 where missing.
    pub codes: Vec<i64>,
    /// For each distinct value the first row that holds it.
    pub first_rows: Vec<usize>,
}

/// Assigns codes to values while rows pass by in order.
struct Coder {
    codes: Vec<i64>,
    first_rows: Vec<usize>,
    missing: Option<i64>,
}

impl Coder {
    fn new(len: usize, missing_is_value: bool) -> Self {
        // −2 marks "missing is a value that has no code yet".
        Self {
            codes: Vec::with_capacity(len),
            first_rows: Vec::new(),
            missing: missing_is_value.then_some(-2),
        }
    }

    #[inline]
    fn fresh(&mut self, row: usize) -> i64 {
        self.first_rows.push(row);
        self.first_rows.len() as i64 - 1
    }

    fn push_missing(&mut self, row: usize) {
        let code = match self.missing {
            None => -1,
            Some(-2) => {
                let code = self.fresh(row);
                self.missing = Some(code);
                code
            }
            Some(code) => code,
        };
        self.codes.push(code);
    }

    /// Codes by hash; `hash` and `equal` see rows that are present.
    fn hashed(
        &mut self,
        len: usize,
        present: impl Fn(usize) -> bool,
        hash: impl Fn(usize) -> u64,
        equal: impl Fn(usize, usize) -> bool,
    ) {
        let mut table: HashTable<(usize, i64)> = HashTable::new();
        for row in 0..len {
            if !present(row) {
                self.push_missing(row);
                continue;
            }
            let entry = table.entry(hash(row), |&(seen, _)| equal(seen, row), |&(seen, _)| hash(seen));
            let code = match entry {
                hashbrown::hash_table::Entry::Occupied(found) => found.get().1,
                hashbrown::hash_table::Entry::Vacant(free) => {
                    let code = self.first_rows.len() as i64;
                    self.first_rows.push(row);
                    free.insert((row, code));
                    code
                }
            };
            self.codes.push(code);
        }
    }

    /// Codes through a table indexed by value, for small ranges of integers.
    fn dense(
        &mut self,
        len: usize,
        present: impl Fn(usize) -> bool,
        slot: impl Fn(usize) -> usize,
        slots: usize,
    ) {
        let mut table = vec![-1i64; slots];
        for row in 0..len {
            if !present(row) {
                self.push_missing(row);
                continue;
            }
            let slot = slot(row);
            let code = match table[slot] {
                -1 => {
                    let code = self.fresh(row);
                    table[slot] = code;
                    code
                }
                code => code,
            };
            self.codes.push(code);
        }
    }

    fn finish(self) -> Factorized {
        Factorized { codes: self.codes, first_rows: self.first_rows }
    }
}

/// One hasher for the whole crate: results never depend on it, its seed is fixed all the same.
pub(crate) fn hash_of<T: Hash>(value: T) -> u64 {
    foldhash::fast::FixedState::default().hash_one(value)
}

impl Column {
    /// Codes of distinct values in order of first appearance. A missing value has code −1, or its own
    /// code if `missing_is_value`. NaN equals NaN, −0.0 equals 0.0, and in `object` columns `1`,
    /// `1.0` and `True` are one value. Expected linear time; small integer ranges use no hashing.
    #[must_use]
    pub fn factorize(&self, missing_is_value: bool) -> Factorized {
        let len = self.len();
        let mut coder = Coder::new(len, missing_is_value);
        let valid = self.validity();
        let present = |row: usize| valid.is_none_or(|bits| bits.get(row));
        match self.values() {
            Values::Bool(bits) => coder.dense(len, present, |row| usize::from(bits.get(row)), 2),
            Values::Text(text) => {
                coder.hashed(len, present, |row| hash_of(text.get(row)), |a, b| text.get(a) == text.get(b));
            }
            Values::Category(category) => {
                let codes = &*category.codes;
                coder.dense(len, present, |row| codes[row] as usize, category.categories.len());
            }
            Values::Interval(intervals) => {
                let keys: Vec<Key> = (0..len).map(|row| intervals.get(row).key()).collect();
                coder.hashed(len, present, |row| hash_of(&keys[row]), |a, b| keys[a] == keys[b]);
            }
            Values::Object(scalars) => {
                let keys: Vec<Option<Key>> =
                    scalars.iter().map(|scalar| (!scalar.is_missing()).then(|| scalar.key())).collect();
                coder.hashed(
                    len,
                    |row| keys[row].is_some(),
                    |row| hash_of(&keys[row]),
                    |a, b| keys[a] == keys[b],
                );
            }
            numbers => {
                for_number!(numbers, buffer => factorize_numbers(&mut coder, buffer, &present), _ => {})
            }
        }
        coder.finish()
    }

    /// Distinct values in order of first appearance, a missing value among them.
    #[must_use]
    pub fn unique(&self) -> Self {
        let rows = match self.values() {
            // None, NaN, NA and NaT are four values here.
            Values::Object(scalars) => {
                let mut seen: HashSet<Key, foldhash::fast::FixedState> = HashSet::default();
                (0..scalars.len()).filter(|&row| seen.insert(scalars[row].key())).collect()
            }
            _ => self.factorize(true).first_rows,
        };
        self.gather(rows.len(), |i| rows[i])
    }

    /// Number of distinct values.
    #[must_use]
    pub fn nunique(&self, skip_missing: bool) -> usize {
        self.factorize(!skip_missing).first_rows.len()
    }

    /// For each row whether its value is among `values` (pandas' `isin`): a missing value matches a
    /// missing value. The result never is missing (for a nullable
    /// number column pandas wraps it as `boolean`).
    #[must_use]
    pub fn isin(&self, values: &Self) -> Bitmap {
        let missing = values.missing_count() > 0;
        if let (Some(text), Some(others)) = (self.as_text(), values.as_text()) {
            let set: HashSet<&str, foldhash::fast::FixedState> =
                (0..values.len()).filter(|&i| !values.is_missing(i)).map(|i| others.get(i)).collect();
            return Bitmap::from_fn(self.len(), |i| {
                if self.is_missing(i) { missing } else { set.contains(text.get(i)) }
            });
        }
        // A value is looked up once, however often it stands in the column.
        let set: HashSet<Key, foldhash::fast::FixedState> =
            values.iter().filter(|scalar| !scalar.is_missing()).map(|scalar| scalar.key()).collect();
        let distinct = self.factorize(false);
        let found: Vec<bool> = distinct
            .first_rows
            .iter()
            .map(|&row| self.get(row).is_some_and(|scalar| set.contains(&scalar.key())))
            .collect();
        Bitmap::from_fn(self.len(), |i| match usize::try_from(distinct.codes[i]) {
            Ok(code) => found[code],
            Err(_) => missing,
        })
    }
}

fn factorize_numbers<T: Native>(coder: &mut Coder, values: &[T], present: &impl Fn(usize) -> bool) {
    let len = values.len();
    if T::NUMBER.is_float() {
        // Adding 0.0 makes −0.0 and 0.0 one key.
        let key = |row: usize| (values[row].to_f64() + 0.0).to_bits();
        coder.hashed(
            len,
            |row| present(row) && !values[row].is_nan(),
            |row| hash_of(key(row)),
            |a, b| key(a) == key(b),
        );
        return;
    }
    let rows = || (0..len).filter(|&row| present(row)).map(|row| values[row].to_i128());
    let (Some(low), Some(high)) = (rows().min(), rows().max()) else {
        (0..len).for_each(|row| coder.push_missing(row));
        return;
    };
    let slots = usize::try_from(high - low + 1).unwrap_or(usize::MAX);
    if slots <= 2 * len + 1_024 {
        coder.dense(len, present, |row| (values[row].to_i128() - low) as usize, slots);
    } else {
        let key = |row: usize| values[row].to_i128() as u64;
        coder.hashed(len, present, |row| hash_of(key(row)), |a, b| key(a) == key(b));
    }
}
