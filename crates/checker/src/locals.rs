//! The names in scope inside a body, the innermost last.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::checked::Use;

/// No older name has the same hash.
const NONE: u32 = u32::MAX;

/// Names and what they mean. A body may have as many as a program has lines, so a name is found by its hash: each entry
/// says where the next older one of its hash stands.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    entries: Vec<Entry>,
    newest: HashMap<u64, u32, FixedState>,
    hasher: FixedState,
}

#[derive(Debug)]
struct Entry {
    name: String,
    meaning: Use,
    hash: u64,
    older: u32,
}

impl Locals {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn push(&mut self, name: String, meaning: Use) {
        let hash = self.hasher.hash_one(name.as_str());
        let place = self.entries.len() as u32;
        let older = self.newest.insert(hash, place).unwrap_or(NONE);
        self.entries.push(Entry { name, meaning, hash, older });
    }

    /// What the name means, by the innermost that has it.
    pub(crate) fn find(&self, name: &str) -> Option<&Use> {
        if self.entries.is_empty() {
            return None;
        }
        let mut place = *self.newest.get(&self.hasher.hash_one(name))?;
        while let Some(entry) = self.entries.get(place as usize) {
            if entry.name == name {
                return Some(&entry.meaning);
            }
            place = entry.older;
        }
        None
    }

    /// Leaves scopes: only the outer `len` names stay.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.entries.len() > len {
            let Some(entry) = self.entries.pop() else { break };
            match entry.older {
                NONE => self.newest.remove(&entry.hash),
                older => self.newest.insert(entry.hash, older),
            };
        }
    }

    /// Names and meanings from a place on, the innermost last.
    pub(crate) fn since(&self, start: usize) -> impl DoubleEndedIterator<Item = (&String, &Use)> + '_ {
        self.entries.get(start..).unwrap_or_default().iter().map(|entry| (&entry.name, &entry.meaning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checked::LocalId;

    #[test]
    fn the_innermost_of_a_name_is_found_and_the_outer_one_again_behind_its_scope() {
        let (mut locals, mut naive): (Locals, Vec<(String, Use)>) = (Locals::default(), Vec::new());
        let mut state = 3u32;
        for step in 0..5_000u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let name = format!("x{}", (state >> 16) % 40);
            if state >> 29 == 0 {
                let keep = (state >> 8) as usize % (naive.len() + 1);
                locals.truncate(keep);
                naive.truncate(keep);
            } else {
                locals.push(name.clone(), Use::Local(LocalId(step)));
                naive.push((name.clone(), Use::Local(LocalId(step))));
            }
            let found = naive.iter().rev().find(|(known, _)| *known == name).map(|(_, meaning)| meaning);
            assert_eq!(locals.find(&name), found);
            assert_eq!(locals.len(), naive.len());
        }
        assert!(locals.since(0).eq(naive.iter().map(|(name, meaning)| (name, meaning))));
    }
}
