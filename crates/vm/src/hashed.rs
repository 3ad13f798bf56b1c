//! A hash table that keeps its entries in the order in which they were added: what maps and sets are made of.
//!
//! The entries stand in one vector. A second one, the slots, finds them: a slot holds 32 bits of a key's hash and the
//! place of its entry, and stands at the position that the hash's top bits give, or behind it. So a key that is there
//! costs one read of a slot and one of its entry, one that is not mostly a slot alone; and when the slots are doubled,
//! both the old and the new ones are walked from start to end, without a look at the keys. Few entries are searched one
//! by one and need no slots.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::map::Key;
use crate::order;
use crate::value::Value;

/// As many entries as are searched without slots.
const SCANNED_MAX: usize = 8;

/// A slot without an entry: no entry has the highest place, long before which memory ends.
const EMPTY: u64 = u64::MAX;

#[derive(Clone, Debug)]
pub(crate) struct Hashed<T> {
    entries: Vec<(Key, T)>,
    /// None, or a power of two of them, at most three quarters of them full. The hash stands above the place.
    slots: Vec<u64>,
}

impl<T> Default for Hashed<T> {
    fn default() -> Hashed<T> {
        Hashed { entries: Vec::new(), slots: Vec::new() }
    }
}

/// The 32 bits of a key's hash that slots hold. Keys that are equal have equal ones: a whole Float is its Int's.
#[inline]
fn hash(key: &Value) -> u32 {
    match key {
        Value::Int(x) => hash_int(*x),
        Value::Str(s) => hash_str(s),
        Value::Float(x) if *x == (*x as i64) as f64 => hash_int(*x as i64),
        other => {
            let mut state = FixedState::default().build_hasher();
            order::hash(other, &mut state);
            high(std::hash::Hasher::finish(&state))
        }
    }
}

/// Both halves of a long product: each bit of the number reaches each bit of the hash.
#[inline]
fn hash_int(x: i64) -> u32 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let product = u128::from(x.cast_unsigned() ^ 0x243F_6A88_85A3_08D3) * u128::from(ODD);
    high((product as u64) ^ ((product >> 64) as u64))
}

#[inline]
fn hash_str(text: &str) -> u32 {
    high(FixedState::default().hash_one(text))
}

#[inline]
fn high(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[inline]
fn slot_of(hash: u32, place: usize) -> u64 {
    (u64::from(hash) << 32) | place as u64
}

#[inline]
fn hash_in(slot: u64) -> u32 {
    high(slot)
}

#[inline]
fn place_in(slot: u64) -> usize {
    slot as u32 as usize
}

impl<T> Hashed<T> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entries(&self) -> &[(Key, T)] {
        &self.entries
    }

    pub(crate) fn into_entries(self) -> Vec<(Key, T)> {
        self.entries
    }

    /// The position where the search for a hash begins.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        // There are at most 2^32 slots and at least 2.
        ((u64::from(hash) * self.slots.len() as u64) >> 32) as usize
    }

    /// The position of the slot whose entry's key passes the test, else of the empty one where the search ended.
    #[inline]
    fn search(&self, hash: u32, is_key: impl Fn(&Key) -> bool) -> (usize, Option<usize>) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = self.home(hash);
        while let Some(slot) = self.slots.get(at).copied().filter(|slot| *slot != EMPTY) {
            let place = place_in(slot);
            if hash_in(slot) == hash && self.entries.get(place).is_some_and(|(key, _)| is_key(key)) {
                return (at, Some(place));
            }
            at = (at + 1) & mask;
        }
        (at, None)
    }

    #[inline]
    fn place(&self, hash: impl Fn() -> u32, is_key: impl Fn(&Key) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return self.entries.iter().position(|(key, _)| is_key(key));
        }
        self.search(hash(), is_key).1
    }

    /// The place of a key, given by its value.
    #[inline]
    pub(crate) fn find(&self, key: &Value) -> Option<usize> {
        match key {
            // The common keys, without the cases of comparing any two.
            Value::Int(x) => {
                let same = |known: &Key| match known.value() {
                    Value::Int(y) => x == y,
                    other => order::compare(other, key).is_eq(),
                };
                self.place(|| hash_int(*x), same)
            }
            Value::Str(text) => self.find_str(text),
            other => self.place(|| hash(other), |known| order::compare(known.value(), other).is_eq()),
        }
    }

    #[inline]
    pub(crate) fn find_str(&self, text: &str) -> Option<usize> {
        let same = |known: &Key| matches!(known.value(), Value::Str(known) if known.as_str() == text);
        self.place(|| hash_str(text), same)
    }

    pub(crate) fn value(&self, place: usize) -> Option<&T> {
        self.entries.get(place).map(|(_, value)| value)
    }

    pub(crate) fn value_mut(&mut self, place: usize) -> Option<&mut T> {
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// Gives back what stood at the key, which keeps its place and its first spelling.
    pub(crate) fn insert(&mut self, key: Key, value: T) -> Option<T> {
        if let Some(known) = self.find(key.value()).and_then(|place| self.value_mut(place)) {
            return Some(std::mem::replace(known, value));
        }
        let place = self.entries.len();
        if self.slots.is_empty() {
            self.entries.push((key, value));
            if place >= SCANNED_MAX {
                self.fill(4 * SCANNED_MAX);
            }
            return None;
        }
        if place >= self.slots.len() / 4 * 3 {
            self.fill(2 * self.slots.len());
        }
        let hash = hash(key.value());
        self.entries.push((key, value));
        let (at, _) = self.search(hash, |_| false);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = slot_of(hash, place);
        }
        None
    }

    /// Makes that many slots, a power of two, and puts all entries into them.
    fn fill(&mut self, count: usize) {
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; count]);
        if old.is_empty() {
            for place in 0..self.entries.len() {
                let hash = self.entries.get(place).map_or(0, |(key, _)| hash(key.value()));
                self.put(slot_of(hash, place));
            }
            return;
        }
        // Slots that the end of the old ones pushed round to their start come last, as they did there.
        let round = old.iter().position(|slot| *slot == EMPTY).unwrap_or(0);
        let (start, rest) = old.split_at(round);
        for slot in rest.iter().chain(start).copied().filter(|slot| *slot != EMPTY) {
            self.put(slot);
        }
    }

    fn put(&mut self, slot: u64) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = self.home(hash_in(slot));
        while let Some(known) = self.slots.get_mut(at) {
            if *known == EMPTY {
                *known = slot;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// Takes an entry out. The others keep their order, which takes linear time but for the last one.
    pub(crate) fn remove(&mut self, key: &Value) -> Option<T> {
        let place = self.find(key)?;
        if !self.slots.is_empty() {
            self.unlink(hash(key), place);
            if place + 1 < self.entries.len() {
                for slot in self.slots.iter_mut().filter(|slot| **slot != EMPTY) {
                    *slot -= u64::from(place_in(*slot) > place);
                }
            }
        }
        Some(self.entries.remove(place).1)
    }

    /// Frees the slot of an entry and closes the gap, so that no search ends too early.
    fn unlink(&mut self, hash: u32, place: usize) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut gap = self.home(hash);
        while self.slots.get(gap).is_some_and(|slot| *slot != EMPTY && place_in(*slot) != place) {
            gap = (gap + 1) & mask;
        }
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let Some(slot) = self.slots.get(at).copied().filter(|slot| *slot != EMPTY) else { break };
            // It may move back if its search passes the gap.
            let home = self.home(hash_in(slot));
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(gap) & mask {
                if let Some(free) = self.slots.get_mut(gap) {
                    *free = slot;
                }
                gap = at;
            }
        }
        if let Some(free) = self.slots.get_mut(gap) {
            *free = EMPTY;
        }
    }
}

#[cfg(test)]
mod tests;
