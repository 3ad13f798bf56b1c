//! Which transaction brought which id: what tells a request that comes again from a new one.
//!
//! The table only grows, and every checkpoint holds all of it, so it stands in layers: one list that the newest
//! checkpoint has, and maps of what came since. A copy shares the layers. That a checkpoint is made costs nobody who
//! appends a copy of all ids.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A transaction that an id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) seq: u64,
    /// The first 16 bytes of the BLAKE3 over the request's entries.
    pub(crate) request: [u8; 16],
}

/// Ids and their transactions, ascending.
pub(crate) type Listed = Arc<Vec<(u128, Known)>>;

/// So many layers are looked through one by one.
const FROZEN_MAX: usize = 8;

/// The ids of a log. None stands in two layers.
#[derive(Clone, Default)]
pub(crate) struct Ids {
    listed: Listed,
    /// What checkpoints that are not finished shall have, oldest first; more than one only where some failed.
    frozen: Vec<Arc<BTreeMap<u128, Known>>>,
    recent: BTreeMap<u128, Known>,
}

impl Ids {
    /// The ids of an ascending list; `None` for one that is not.
    pub(crate) fn of(listed: Listed) -> Option<Ids> {
        let ascends = listed.is_sorted_by(|(one, _), (other, _)| one < other);
        ascends.then(|| Ids { listed, ..Ids::default() })
    }

    pub(crate) fn get(&self, id: u128) -> Option<Known> {
        let frozen = self.frozen.iter().rev().map(|layer| &**layer);
        let newer = std::iter::once(&self.recent).chain(frozen).find_map(|layer| layer.get(&id));
        newer.copied().or_else(|| {
            let at = self.listed.binary_search_by_key(&id, |(id, _)| *id).ok()?;
            self.listed.get(at).map(|(_, known)| *known)
        })
    }

    /// Adds an id that is new.
    pub(crate) fn insert(&mut self, id: u128, known: Known) {
        self.recent.insert(id, known);
    }

    /// Makes copies cheap: they share all that is there by now. Copies that were made before cannot be settled any more.
    pub(crate) fn freeze(&mut self) {
        if self.frozen.len() == FROZEN_MAX {
            let all = self.frozen.drain(..).flat_map(|layer| (*layer).clone());
            self.frozen = vec![Arc::new(all.collect())];
        }
        if !self.recent.is_empty() {
            self.frozen.push(Arc::new(std::mem::take(&mut self.recent)));
        }
    }

    /// All of them in one ascending list.
    pub(crate) fn listed(&self) -> Listed {
        let newer = self.frozen.iter().map(|layer| &**layer).chain([&self.recent]);
        let newer: BTreeMap<u128, Known> = newer.flatten().map(|(id, known)| (*id, *known)).collect();
        if newer.is_empty() {
            return Arc::clone(&self.listed);
        }
        let mut all = Vec::with_capacity(self.listed.len() + newer.len());
        let mut rest = self.listed.as_slice();
        for (id, known) in newer {
            let (before, behind) = rest.split_at(rest.partition_point(|(other, _)| *other < id));
            all.extend_from_slice(before);
            all.push((id, known));
            rest = behind;
        }
        all.extend_from_slice(rest);
        Arc::new(all)
    }

    /// Takes the list of an earlier copy of itself, which was frozen and which nothing but additions separates from it.
    pub(crate) fn settle(&mut self, copy: &Ids, listed: Listed) {
        self.listed = listed;
        self.frozen.drain(..copy.frozen.len().min(self.frozen.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A walk over ids, with checkpoints that succeed, fail and take a while, against a map.
    #[test]
    fn layers_agree_with_a_map() {
        let (mut ids, mut map) = (Ids::default(), BTreeMap::new());
        let mut begun: Option<Ids> = None;
        for step in 1..3_000u64 {
            let id = u128::from(step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let known = Known { seq: step, request: [step as u8; 16] };
            assert_eq!(ids.get(id), None);
            ids.insert(id, known);
            map.insert(id, known);
            match step % 97 {
                // Nine in a row fail, then one succeeds.
                13 => {
                    ids.freeze();
                    begun = (step / 97 % 10 == 9).then(|| ids.clone());
                }
                31 => {
                    if let Some(copy) = begun.take() {
                        let listed = copy.listed();
                        assert_eq!(listed.len() as u64, step - 18, "as of then");
                        ids.settle(&copy, listed);
                    }
                }
                50 => {
                    let listed = ids.listed();
                    assert!(listed.iter().map(|(id, known)| (id, known)).eq(map.iter()), "step {step}");
                    let again = Ids::of(listed).expect("it ascends");
                    assert!(map.iter().all(|(id, known)| again.get(*id) == Some(*known)));
                }
                _ => {}
            }
            if step % 10 == 0 {
                assert!(map.iter().all(|(id, known)| ids.get(*id) == Some(*known)), "step {step}");
            }
        }
        assert!(Ids::of(Arc::new(vec![(2, Known { seq: 1, request: [0; 16] }); 2])).is_none());
    }
}
