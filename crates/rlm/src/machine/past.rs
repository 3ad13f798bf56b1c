//! What the log of an earlier life says about money, and about calls that it left open.

use super::Machine;
use crate::amounts::Dimension;
use crate::cell::Closing;
use crate::digest::Digest;
use crate::failure::{ErrorKind, Failure};
use crate::record::{Body, Kind, Place, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Machine {
    /// Sums up what was spent, by each call itself and by its children that ended, and closes the children that an
    /// interruption kept from being closed though nobody will open them again.
    pub(super) fn remember(&mut self) {
        let records: Vec<Arc<Record>> = self.log.values().cloned().collect();
        let mut callers = BTreeMap::new();
        for record in &records {
            match &record.body {
                Body::BudgetSettled { call, booked, provider_contract, .. } => {
                    let past = self.past.entry(*call).or_default();
                    *past = past.plus(booked);
                    if *provider_contract {
                        self.overran = Some(record.place.parent);
                    }
                }
                Body::CallOpened { caller: Some(caller), .. } => {
                    callers.insert(record.id, (*caller, record.place.clone(), record.arguments));
                }
                _ => {}
            }
        }
        let depth = |id: &Digest| {
            std::iter::successors(callers.get(id), |(caller, ..)| callers.get(caller)).take(16).count()
        };
        let mut children: Vec<Digest> = callers.keys().copied().collect();
        children.sort_by_key(depth);
        let mut left: BTreeSet<Digest> = BTreeSet::new();
        for id in &children {
            let Some((caller, place, _)) = callers.get(id) else { continue };
            let closed = self.log.contains_key(&(*id, Kind::CallClosed));
            if !closed && (left.contains(caller) || self.is_left(*caller, place)) {
                left.insert(*id);
            }
        }
        for id in children.iter().rev() {
            let Some((caller, place, arguments)) = callers.get(id) else { continue };
            let spent = match self.logged(*id, Kind::CallClosed).as_ref().map(|record| &record.body) {
                Some(Body::CallClosed { spent, .. }) => *spent,
                _ if left.contains(id) => {
                    let spent = self.past.get(id).copied().unwrap_or_default();
                    let failure = Failure::new(ErrorKind::Cancelled, "the calling cell ended");
                    let body = Body::CallClosed { closing: Closing::failed(failure), spent };
                    self.record(place.clone(), "failed", *arguments, body);
                    spent
                }
                // It is opened again, and closes later.
                _ => continue,
            };
            let past = self.past.entry(*caller).or_default();
            // A child's time passed inside its caller's cell.
            *past = past.plus(&spent.with(Dimension::WallMs, 0));
        }
    }

    /// Whether nobody waits for a child any more: its cell or its caller ended, or the run did.
    fn is_left(&self, caller: Digest, place: &Place) -> bool {
        self.log.contains_key(&(place.parent, Kind::CellOutcome))
            || self.log.contains_key(&(caller, Kind::CallClosed))
            || self.logged_fallback(caller).is_some()
            || self.overran.is_some()
            || self.log.contains_key(&(Place::new(self.root, "cancelled", 0).id(), Kind::Cancelled))
    }
}
