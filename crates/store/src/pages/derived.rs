//! The part of a state that is made from other pages: what is derived, what of it lags, and who may change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use plan::{Change, Delta, Malformation, Malformed};

use super::lags::{Lag, Watermark};
use super::{Entry, Pages};
use crate::derive::Derived;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Follows, Graph, GraphEdit};
use crate::record::{Body, Record};
use crate::validate;

impl Pages {
    /// Whether no page is derived.
    pub(crate) fn graph_is_empty(&self) -> bool {
        self.graph.is_empty()
    }

    pub(crate) fn graph(&self) -> Arc<Graph> {
        Arc::clone(&self.graph)
    }

    /// How far a derived page lags; `None` for one that has all that its parents are.
    pub(crate) fn lag(&self, page: u64) -> Option<Lag> {
        self.lags.get(page)
    }

    /// All that lags from a page on, by page.
    pub(crate) fn lags(&self, first: u64) -> impl Iterator<Item = (u64, Lag)> {
        self.lags.iter_from(first)
    }

    pub(crate) fn lag_count(&self) -> u64 {
        self.lags.len()
    }

    /// Changes the graph. What may lag was never computed as it is said now.
    ///
    /// # Errors
    /// `Malformed`, `UnknownPage`, `Cycle`, with nothing changed.
    pub(crate) fn edit_graph(&mut self, edits: &[GraphEdit]) -> Result<()> {
        let after = self.graph.edited(edits, &|page| self.get(page).is_some())?;
        self.hash = self.hash.wrapping_sub(self.graph.hash()).wrapping_add(after.hash());
        for page in edits.iter().map(GraphEdit::page) {
            let node = after.node(page).filter(|node| node.may_lag());
            self.lags.set(page, node.map(|node| Lag { watermark: 0, due: node.asynchronous }));
        }
        self.graph = Arc::new(after);
        Ok(())
    }

    /// Puts back how far a page lags, as a checkpoint has it.
    ///
    /// # Errors
    /// `Malformed` for a page that never lags.
    pub(crate) fn restore_lag(&mut self, page: u64, lag: Option<Lag>) -> Result<()> {
        let may_lag = self.graph.node(page).is_some_and(|node| node.may_lag());
        if !may_lag && lag.is_some() {
            return Err(misplaced("watermark", page));
        }
        if may_lag {
            self.lags.set(page, lag);
        }
        Ok(())
    }

    /// Refuses a write to a derived page, and the end of a page that is in the graph.
    pub(super) fn check_graph(&self, deltas: &[Delta]) -> Result<()> {
        if self.graph.is_empty() {
            return Ok(());
        }
        let held = |delta: &&Delta| match delta.change {
            Change::Create { .. } | Change::Metadata(_) => false,
            Change::Write(_) => self.graph.node(delta.page).is_some(),
            Change::Delete => {
                self.graph.node(delta.page).is_some() || !self.graph.dependents(delta.page).is_empty()
            }
        };
        match deltas.iter().find(held) {
            None => Ok(()),
            Some(delta) => Err(misplaced("derived page", delta.page)
                .expected("a page outside the graph; derived pages change with their parents")),
        }
    }

    /// Makes everything that a record of the log says.
    ///
    /// # Errors
    /// `Corrupt` with its place and seq where it does not fit the state.
    pub(crate) fn replay(&mut self, record: &Record) -> Result<()> {
        let made = match &record.body {
            Body::Transaction { deltas, derived, watermarks, .. } => {
                self.commit(record.seq, deltas, derived, watermarks)
            }
            Body::Graph { edits } => self.edit_graph(edits),
            Body::Refused { .. } | Body::Namespace { .. } => Ok(()),
        };
        made.map_err(|error| {
            Error::new(ErrorKind::Corrupt, error.to_string())
                .in_segment(record.position.segment)
                .at(record.position.offset)
                .at_seq(record.seq)
        })
    }

    /// Makes the changes of one record: those that were asked for, those of derived pages in the order in which they
    /// were computed, and what that says about others.
    ///
    /// # Errors
    /// Those of validation, and `Malformed`, `UnknownPage` for what no propagation makes; as [`Pages::apply`].
    pub(crate) fn commit(
        &mut self,
        seq: u64,
        deltas: &[Delta],
        derived: &[Derived],
        watermarks: &[Watermark],
    ) -> Result<()> {
        self.check_graph(deltas)?;
        // All that has to be read first: what cannot be read leaves the state as it was, and may be tried again.
        let changed = deltas.iter().chain(derived.iter().map(|made| &made.delta));
        changed.map(|delta| delta.page).try_for_each(|page| self.hold(page))?;
        validate::batch(self, deltas)?.iter().try_for_each(|delta| self.apply(seq, delta))?;
        for Derived { function, delta } in derived {
            let known = self.graph.node(delta.page).is_some_and(|node| *node.function == **function);
            if !known {
                return Err(misplaced("derived page", delta.page));
            }
            self.derive(seq, delta)?;
        }
        self.note(seq, deltas, derived, watermarks)
    }

    /// Makes the change of a derived page.
    ///
    /// # Errors
    /// As [`Pages::commit`].
    pub(crate) fn derive(&mut self, seq: u64, delta: &Delta) -> Result<()> {
        if !matches!(delta.change, Change::Write(_)) {
            return Err(misplaced("derived page", delta.page));
        }
        let valid = validate::one(self, delta)?;
        self.apply(seq, valid)
    }

    /// Notes what falls behind through the changes of a transaction, and what it brought up: a page that follows at
    /// once from a changed one was computed with it, and the watermarks tell of others. All of it follows from the
    /// record, so that a replay knows it without a function.
    ///
    /// # Errors
    /// `Malformed` for watermarks of pages that never lag, or that go back.
    pub(crate) fn note(
        &mut self,
        seq: u64,
        deltas: &[Delta],
        derived: &[Derived],
        watermarks: &[Watermark],
    ) -> Result<()> {
        let graph = self.graph();
        if graph.may_lag() {
            let written = deltas.iter().chain(derived.iter().map(|made| &made.delta));
            let written = written.filter(|delta| matches!(delta.change, Change::Write(_)));
            let mut computed = BTreeSet::new();
            for node in written.flat_map(|delta| graph.dependents(delta.page)).filter(|node| node.may_lag) {
                match node.follows {
                    Follows::AtOnce => {
                        computed.insert(node.page);
                    }
                    Follows::Soon => self.fall_behind(node.page, seq, true),
                    Follows::OnDemand => self.fall_behind(node.page, seq, false),
                }
            }
            computed.into_iter().for_each(|page| self.lags.set(page, None));
        }
        if !watermarks.is_sorted_by(|a, b| a.page < b.page) {
            return Err(Error::malformed(Malformed::new(Malformation::Order, "watermarks", 0)));
        }
        watermarks.iter().try_for_each(|watermark| self.bring_up(seq, *watermark))
    }

    /// An input of the page changed at `seq`.
    fn fall_behind(&mut self, page: u64, seq: u64, due: bool) {
        let lag = match self.lags.get(page) {
            Some(lag) => Lag { due: lag.due || due, ..lag },
            None => Lag { watermark: seq.saturating_sub(1), due },
        };
        self.lags.set(page, Some(lag));
    }

    /// The page was computed from the state at the watermark. It still lags if a parent changed since.
    fn bring_up(&mut self, seq: u64, Watermark { page, seq: watermark }: Watermark) -> Result<()> {
        let graph = self.graph();
        let Some(node) = graph.node(page).filter(|node| node.may_lag() && watermark <= seq) else {
            return Err(misplaced("watermark", page));
        };
        let Some(lag) = self.lags.get(page) else { return Ok(()) };
        if watermark <= lag.watermark {
            return Err(misplaced("watermark", page)
                .expected(format!("a seq behind {}: a watermark never goes back", lag.watermark))
                .found(watermark.to_string()));
        }
        let mut versions = node.parents.iter().filter_map(|parent| self.get(*parent)).map(Entry::version);
        let moved_on = versions.any(|version| version > watermark);
        self.lags.set(page, moved_on.then_some(Lag { watermark, ..lag }));
        Ok(())
    }
}

fn misplaced(what: &'static str, page: u64) -> Error {
    Error::malformed(Malformed::new(Malformation::Overlap, what, 0)).on_page(page)
}
