//! From a byte to the change that wrote it, and the changes of a page.

use std::ops::ControlFlow;

use plan::{Change, Delta, Intent, PlanHash};

use super::terms::Term;
use super::{Direction, Past};
use crate::error::{Error, Result};
use crate::patch;
use crate::record::{Body, Record};
use crate::refusal::Refusal;

/// One change of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The version that it made.
    pub seq: u64,
    /// When it was sequenced, nanoseconds since 1970.
    pub time_ns: u64,
    /// Who wanted it, and why; `None` for a change without conditions.
    pub intent: Option<Intent>,
    /// The ids of the client entries beside it.
    pub entries: Vec<u128>,
    /// What it did.
    pub delta: Delta,
    /// What computed it, for a derived page.
    pub function: Option<String>,
}

/// An intent on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Its place in the log's order.
    pub seq: u64,
    /// When it was sequenced, nanoseconds since 1970.
    pub time_ns: u64,
    /// Who wanted what, and why.
    pub intent: Intent,
    /// The hash of its plan.
    pub plan: PlanHash,
    /// Why it was refused; `None` for one that was committed.
    pub refusal: Option<Refusal>,
}

impl Past {
    /// The changes of a page, oldest first; none for an id that no page ever had. It costs what it finds, not what the
    /// log holds: tables beside the segments say where the changes stand.
    ///
    /// # Errors
    /// `SeqTooOld` for a page whose first changes were dropped: [`Past::history_since`] gives the others. Those of
    /// reading.
    pub fn history(&self, page: u64) -> Result<Vec<Touch>> {
        // Ids are given in order, so one that is given later has all its changes behind the horizon.
        let begins_later = page >= self.horizon.next_page;
        self.history_since(page, if begins_later { self.oldest_seq() } else { 0 })
    }

    /// The changes of a page behind a seq, oldest first.
    ///
    /// # Errors
    /// `SeqTooOld` for a seq before the oldest state; those of reading.
    pub fn history_since(&self, page: u64, seq: u64) -> Result<Vec<Touch>> {
        self.check_left(seq)?;
        let mut touches = Vec::new();
        self.about(
            &[Term::page(page)],
            seq.saturating_add(1)..=self.last_seq,
            Direction::Onward,
            &mut |record| {
                touches.extend(touches_of(page, record));
                ControlFlow::Continue(())
            },
        )?;
        Ok(touches)
    }

    /// The seqs of the committed intents that changed a page, ascending, those of dropped segments included. Tables
    /// answer it, and no record is read; [`Past::intents`] with this page tells what they wanted.
    ///
    /// # Errors
    /// Those of reading.
    pub fn intents_on(&self, page: u64) -> Result<Vec<u64>> {
        let mut seqs = Vec::new();
        self.remnants(&(0..=self.last_seq), &mut |remnant| {
            let stated = remnant.intent.is_some() && remnant.refusal.is_none();
            seqs.extend((stated && remnant.pages.contains(&page)).then_some(remnant.seq));
        })?;
        let term = Term::page(page);
        for asked in self.asked() {
            let ordinals = self.tables.stated_ordinals(&*self.vfs, &self.store_id, asked, &term)?;
            seqs.extend(ordinals.into_iter().map(|ordinal| asked.first_seq + u64::from(ordinal)));
        }
        Ok(seqs)
    }

    /// The change that wrote a byte of a page as it is at `seq`: a write, or the creation, which wrote zeros. `None`
    /// where the page does not exist at `seq` or is not so long.
    ///
    /// # Errors
    /// `NotFound` for a seq behind the last; `SeqTooOld` for one before the oldest state, and where the change stood
    /// before it: [`Past::intents`] still tells who wanted to change the page. Those of reading.
    pub fn blame(&self, page: u64, offset: u32, seq: u64) -> Result<Option<Touch>> {
        self.check_known(seq)?;
        let (mut found, mut ended) = (None, false);
        self.about(&[Term::page(page)], 0..=seq, Direction::Back, &mut |record| {
            for touch in touches_of(page, record).into_iter().rev() {
                match &touch.delta.change {
                    Change::Create { size_bytes, .. } => {
                        ended = true;
                        found = (offset < *size_bytes).then_some(touch);
                        return ControlFlow::Break(());
                    }
                    Change::Write(patch) if patch::covers(patch, offset) => {
                        found = Some(touch);
                        return ControlFlow::Break(());
                    }
                    Change::Delete => {
                        ended = true;
                        return ControlFlow::Break(());
                    }
                    Change::Write(_) | Change::Metadata(_) => {}
                }
            }
            ControlFlow::Continue(())
        })?;
        if found.is_none() && !ended && page < self.horizon.next_page {
            return Err(Error::too_old(self.oldest_seq(), self.oldest_seq()).on_page(page));
        }
        Ok(found)
    }
}

/// What a record did to a page, in the order in which it was applied.
fn touches_of(page: u64, record: Record) -> Vec<Touch> {
    let Body::Transaction { decision, deltas, derived, clients, .. } = record.body else { return Vec::new() };
    let asked = deltas.into_iter().map(|delta| (delta, None));
    let computed = derived.into_iter().map(|made| (made.delta, Some(made.function.to_string())));
    let mut of_page: Vec<(Delta, Option<String>)> =
        asked.chain(computed).filter(|(delta, _)| delta.page == page).collect();
    // A creation stands behind the writes in a record, and is made before them.
    of_page.sort_by_key(|(delta, _)| !matches!(delta.change, Change::Create { .. }));
    let touch = |(delta, function)| Touch {
        seq: record.seq,
        time_ns: record.time_ns,
        intent: decision.as_ref().map(|decision| decision.intent.clone()),
        entries: clients.iter().map(|client| client.id).filter(|id| *id != 0).collect(),
        delta,
        function,
    };
    of_page.into_iter().map(touch).collect()
}
